//! What is known of fields: values that they take, and what follows them.

use sync_core::{FieldPath, Value};

/// A value for one of the vendor's own fields, by its name.
pub(super) fn own_value(name: &str, nth: usize) -> Value {
    const FLAGS: [&str; 16] = [
        "auto",
        "restrict",
        "currencyOverride",
        "currencyRate",
        "doNot",
        "noM",
        "sameAs",
        "print",
        "send",
        "accept",
        "exclude",
        "invoiceTo",
        "kitItem",
        "paySeparately",
        "landed",
        "retainageApply",
    ];
    const NUMBERS: [&str; 7] = [
        "creditDaysPastDue",
        "numberOfEmployees",
        "contact.id",
        "customer.contactId",
        "priority",
        "paymentLeadTime",
        "retainagePct",
    ];
    let number = i64::try_from(nth).unwrap();
    if FLAGS.iter().any(|start| name.starts_with(start)) {
        Value::Bool(nth % 2 == 1)
    } else if NUMBERS.iter().any(|end| name.ends_with(end)) {
        Value::Decimal((number + 1).into())
    } else if name.ends_with("Date") || matches!(name, "cancelBy" | "requestOn") {
        let day: chrono::NaiveDate = "2026-03-01".parse().unwrap();
        Value::Date(day + chrono::Days::new(u64::try_from(nth).unwrap()))
    } else if name.ends_with("email") {
        Value::from(format!("own{nth}@exempel.example"))
    } else {
        Value::from(format!("Egen {nth}"))
    }
}

/// What of a supplier's main address or contact a field is: the other ones are the main one's until they get values of
/// their own.
fn of_main(name: &str) -> Option<(&'static str, &str)> {
    Some(match name {
        "billing.street" => ("Address", "addressLine1"),
        "billing.street_2" => ("Address", "addressLine2"),
        "billing.city" => ("Address", "city"),
        "billing.postal_code" => ("Address", "postalCode"),
        "billing.country" => ("Address", "country.id"),
        "email" => ("Contact", "email"),
        "phone" => ("Contact", "phone1"),
        "website" => ("Contact", "web"),
        _ => match name.strip_prefix("main")?.split_once('.')? {
            ("Address", rest) => ("Address", rest),
            (_, rest) => ("Contact", rest),
        },
    })
}

/// What the ERP changes when this field is.
pub(super) fn follows(stream: &str, path: FieldPath) -> Vec<String> {
    let own = |names: &[&str]| names.iter().map(|name| format!("x.visma-net.{name}")).collect::<Vec<_>>();
    let ours = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let sums = || {
        own(&[
            "amount",
            "amountInCurrency",
            "balance",
            "balanceInCurrency",
            "detailTotal",
            "vatTaxableTotal",
            "vatTaxableTotalInCurrency",
            "vatExemptTotal",
            "vatExemptTotalInCurrency",
            "vatTotal",
            "vatTotalInCurrency",
        ])
    };
    let of_order = || own(&["totals.orderTotalInBaseCurrency", "totals.taxTotalInBaseCurrency"]);
    let terms = || [ours(&["due_on"]), own(&["creditTerms.description", "cashDiscountDate"])].concat();
    let period = || own(&["financialPeriod", "postPeriod"]);
    match (stream, path.as_str().strip_prefix("x.visma-net.").unwrap_or(path.as_str())) {
        ("customers" | "inventory" | "suppliers", "is_active") => own(&["status"]),
        ("customers" | "inventory" | "suppliers", "status") => ours(&["is_active"]),
        ("projects", "status") => ours(&["is_finished"]),
        ("projects", "defAccount.number") => own(&["defAccount.description"]),
        ("projects", "defAccrualAccount.number") => own(&["defAccrualAccount.description"]),
        ("suppliers", name) if of_main(name).is_some() => {
            let (part, rest) = of_main(name).unwrap();
            let mut follow = own(&[&format!("remit{part}.{rest}"), &format!("supplier{part}.{rest}")]);
            if rest == "country.id" {
                let names = ["main", "remit", "supplier"].map(|of| format!("x.visma-net.{of}Address.country.name"));
                follow.extend(names);
            }
            follow
        }
        ("suppliers", "remitAddress.country.id") => own(&["remitAddress.country.name"]),
        ("suppliers", "supplierAddress.country.id") => own(&["supplierAddress.country.name"]),
        ("suppliers", "payment_terms") => own(&["creditTerms.description"]),
        ("suppliers", "vat_group") => own(&["vatZone.description"]),
        ("contacts", "first_name" | "last_name" | "name") => {
            [ours(&["name", "first_name", "last_name"]), own(&["displayName"])].concat()
        }
        ("contacts", name) if name.starts_with("address.") => own(&["sameAsAccount", "address.country.name"]),
        ("contacts", "sameAsAccount") => own(&["address.addressLine1", "address.city", "address.postalCode"]),
        // the other addresses and contacts of a customer are the main one's until they get values of their own
        ("customers", "billing.street") => [ours(&["delivery.street"]), own(&["invoiceAddress.addressLine1"])].concat(),
        ("customers", "billing.street_2") => {
            [ours(&["delivery.street_2"]), own(&["invoiceAddress.addressLine2"])].concat()
        }
        ("customers", "billing.city") => [ours(&["delivery.city"]), own(&["invoiceAddress.city"])].concat(),
        ("customers", "billing.postal_code") => {
            [ours(&["delivery.postal_code"]), own(&["invoiceAddress.postalCode"])].concat()
        }
        ("customers", "billing.country" | "delivery.country" | "invoiceAddress.country.id") => [
            ours(&["delivery.country"]),
            own(&[
                "invoiceAddress.country.id",
                "invoiceAddress.country.name",
                "deliveryAddress.country.name",
                "mainAddress.country.name",
            ]),
        ]
        .concat(),
        ("customers", "email") => [ours(&["invoice_email"]), own(&["deliveryContact.email"])].concat(),
        ("customers", "phone") => own(&["invoiceContact.phone1", "deliveryContact.phone1"]),
        ("customers", "website") => own(&["invoiceContact.web", "deliveryContact.web"]),
        ("customers", name) if name.starts_with("main") => {
            let rest = name.split_once('.').unwrap().1;
            let part = if name.starts_with("mainAddress") { "Address" } else { "Contact" };
            own(&[&format!("invoice{part}.{rest}"), &format!("delivery{part}.{rest}")])
        }
        ("customers", "payment_terms") => own(&["creditTerms.description"]),
        ("customers", "posting_group") => own(&["customerClass.description"]),
        ("customers", "vat_group") => own(&["vatZone.description"]),
        ("inventory", "posting_group") => own(&["postingClass.description"]),
        ("inventory", "vat_code") => own(&["vatCode.description"]),
        ("inventory", "defaultWarehouse.id") => own(&["defaultWarehouse.description"]),
        ("invoices" | "credit_notes", "content.billing.country") => own(&["invoiceAddress.country.name"]),
        ("invoices" | "credit_notes", "content.currency") => [ours(&["content.exchange_rate"]), sums()].concat(),
        ("invoices" | "credit_notes", "content.salesperson") => own(&["salesPerson.description"]),
        ("invoices" | "credit_notes", "content.payment_terms") => terms(),
        ("invoices" | "credit_notes", "invoiced_on") => [terms(), period()].concat(),
        ("invoices" | "credit_notes", "financialPeriod") => period(),
        ("invoices" | "credit_notes", "customerVatZone.id") => {
            [ours(&["content.gross", "content.vat"]), own(&["customerVatZone.description"]), sums()].concat()
        }
        ("orders_SO", "content.currency") => of_order(),
        ("orders_SO", "customer.taxZone.id") => [ours(&["content.gross", "content.vat"]), of_order()].concat(),
        ("orders_SO", "content.salesperson") => own(&["salesPerson.description"]),
        ("orders_SO", "project.id") => own(&["project.description"]),
        ("orders_SO", "customer") => [
            ours(&[
                "content.billing.street",
                "content.billing.street_2",
                "content.billing.city",
                "content.billing.postal_code",
                "content.billing.country",
                "content.billing.name",
                "content.delivery.street",
                "content.delivery.street_2",
                "content.delivery.city",
                "content.delivery.postal_code",
                "content.delivery.country",
                "content.delivery.name",
                "content.payment_terms",
            ]),
            own(&[
                "billing.contact.email",
                "billing.contact.phone1",
                "billing.contact.attention",
                "shipping.contact.email",
                "shipping.contact.attention",
                "customer.contactId",
            ]),
        ]
        .concat(),
        _ => Vec::new(),
    }
}
