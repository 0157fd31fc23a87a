//! What people want to know of fields: what the vendor calls them, what they hold, and what can be chosen.

use sync_core::{FieldPath, connector::Connector, model::FieldType};

use crate::emulated::{Double, SO};

#[tokio::test]
async fn every_field_that_can_be_mapped_is_told_with_its_name_and_choices() {
    let double = Double::start().await;
    let mut config = double.config();
    config.more_streams =
        ["suppliers", "sales_prices", "payments", "sold_by_invoice", "projects", "journal", "customer_balances"]
            .map(str::to_owned)
            .into();
    let erp = double.try_connect(config).await.unwrap();
    let streams = &erp.router.capabilities().streams;
    for (stream, path, name, list) in [
        ("customers", "payment_terms", "creditTerms.id", "creditTerm"),
        ("customers", "vat_group", "vatZone.id", "vatZone"),
        ("customers", "posting_group", "customerClass.id", "customerClass"),
        ("customers", "currency", "currencyId", "currency"),
        ("inventory", "category", "itemClass.id", "itemClass"),
        ("inventory", "vat_code", "vatCode.id", "vatCategory"),
        (SO, "content.payment_terms", "financialInformation.terms.id", "creditTerm"),
        ("invoices", "content.currency", "currencyId", "currency"),
        ("suppliers", "posting_group", "supplierClass.id", "supplierClass"),
        ("inventory", "posting_group", "postingClass.id", "itemPostClass"),
        ("payments", "method", "paymentMethod.id", "paymentmethod"),
        ("payments", "account", "cashAccount", "cashaccount"),
        (SO, "content.payment_method", "paymentSettings.paymentMethod.id", "paymentmethod"),
        (SO, "content.salesperson", "salesPerson.id", "salesperson"),
        ("invoices", "content.salesperson", "salesPerson.id", "salesperson"),
        ("journal", "account", "journalTransactionLines.accountNumber", "account"),
        ("journal", "vat_code", "journalTransactionLines.vatCode.id", "vatCategory"),
    ] {
        let field = &streams[stream].fields[&FieldPath::new(path)];
        assert_eq!(field.vendor_name.as_deref(), Some(name), "{stream} {path}");
        let listed = |code: &connector_visma_net::Code| (code.id.clone(), code.name.clone());
        let listed: Vec<_> = erp.company.lists[list].iter().map(listed).collect();
        let chosen: Vec<_> = field.choices.iter().map(|choice| (choice.code.clone(), choice.label.clone())).collect();
        assert!(!listed.is_empty() && listed == chosen, "{stream} {path}: {chosen:?}");
    }
    let own = |stream: &str, name: &str| &streams[stream].fields[&FieldPath::new(&format!("x.visma-net.{name}"))];
    let kinds = &own(SO, "type").choices;
    assert!(kinds.iter().any(|kind| kind.code == "SO" && !kind.label.is_empty()), "{kinds:?}");
    assert!(own("inventory", "type").choices.is_empty(), "of items a type is something else");
    for (stream, name) in [
        ("invoices", "branchNumber.number"),
        ("projects", "branch.number"),
        ("projects", "defAccount.number"),
        ("journal", "journalTransactionLines.branch"),
        ("inventory", "defaultWarehouse.id"),
        (SO, "shipping.preferredWarehouse.id"),
    ] {
        assert!(!own(stream, name).choices.is_empty(), "{stream} {name}");
    }
    for (name, holds) in [
        ("printInvoices", FieldType::Bool),
        ("numberOfEmployees", FieldType::Decimal),
        ("createdDateTime", FieldType::Instant),
        ("attributes.SEGMENT", FieldType::Text),
    ] {
        assert_eq!(own("customers", name).holds, Some(holds), "{name}");
    }
    // nothing of the vendor's own is without a type
    for (stream, can) in streams {
        for (path, field) in can.fields.iter().filter(|(path, _)| path.is_extension()) {
            assert!(field.holds.is_some(), "{stream}: {path}");
        }
    }
}
