//! What a document takes from its customer.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, copy, decimal, filled, flag, has, put, text};
use super::rows::Terms;
use super::vat;

const DELIVERY: [&str; 6] = [
    "DeliveryCustomerName",
    "DeliveryAddress1",
    "DeliveryAddress2",
    "DeliveryPostalCode",
    "DeliveryCity",
    "DeliveryCountryCode",
];

/// Takes a field from the customer where the document has none.
pub(crate) fn fill(customer: &Record, document: &mut Record, fields: &[&str]) {
    for field in fields {
        if !has(document, field) {
            copy(customer, document, &[field]);
        }
    }
}

/// Fills number, name, addresses, terms and delivery from the customer where the document may and does not say
/// otherwise.
///
/// # Errors
/// 3000 for terms of payment that do not exist; 2000 for house work, whose deductions this emulator does not work out.
pub(crate) fn from_customer(
    company: &Company,
    call: &Call<'_>,
    customer: &Record,
    document: &mut Record,
) -> Result<(), Refusal> {
    if super::record::int(document, "RotReducedInvoicingType") != 0 || flag(document, "UsesGreenTechnology") {
        return Err(Refusal::field("RotReducedInvoicingType", "the emulator does not work out tax deductions"));
    }
    put(document, "CustomerName", text(customer, "Name"));
    copy(customer, document, &["CustomerNumber"]);
    if !has(document, "InvoiceCustomerName") {
        put(document, "InvoiceCustomerName", text(customer, "Name"));
    }
    fill(customer, document, &["InvoiceAddress1", "InvoiceAddress2", "InvoicePostalCode", "InvoiceCity"]);
    fill(customer, document, &["InvoiceCountryCode", "TermsOfPaymentId"]);
    fill(customer, document, &DELIVERY);
    company.referred(call, Resource::Terms, document, "TermsOfPaymentId")?;
    delivery(company, customer, document, Resource::DeliveryMethods, "DeliveryMethod");
    delivery(company, customer, document, Resource::DeliveryTerms, "DeliveryTerm");
    Ok(())
}

/// Delivery methods and terms are texts on a document; the id shows only where the text is that of a known one.
fn delivery(company: &Company, customer: &Record, document: &mut Record, list: Resource, stem: &str) {
    let (id, name, code) = (format!("{stem}Id"), format!("{stem}Name"), format!("{stem}Code"));
    if !has(document, &name)
        && !has(document, &code)
        && let Some(own) = text(customer, &id).and_then(|own| company.get(list, own))
    {
        put(document, &name, text(own, "Name"));
        put(document, &code, text(own, "Code"));
    }
    let same = |known: &&Record| {
        filled(document, &name).is_some_and(|given| text(known, "Name") == Some(given))
            || filled(document, &code).is_some_and(|given| text(known, "Code") == Some(given))
    };
    let known = company.all(list).find(same).and_then(|known| known.get("Id")).cloned();
    put(document, &id, known.unwrap_or(Value::Null));
}

/// What the customer decides about rows.
pub(crate) fn terms(company: &Company, customer: &Record, document: &Record, currency: &str) -> Terms {
    let private = flag(document, "CustomerIsPrivatePerson");
    let country = filled(customer, "InvoiceCountryCode").unwrap_or(company.country());
    Terms {
        sale: vat::sale(company, customer, private, flag(document, "EuThirdParty")),
        domestic: country == company.country() && currency == company.currency(),
        english: filled(customer, "SalesDocumentLanguage").is_some_and(|code| code.eq_ignore_ascii_case("en")),
        includes_vat: flag(document, "IncludesVat"),
        replace_zero: flag(document, "ReplaceUnitPriceWhenZero"),
        turned: false,
        renumber: false,
        price_list: filled(customer, "SalesPriceListId")
            .and_then(|list| company.of(Resource::PriceLists)?.place_of(list)),
        reversed_by: None,
    }
}

/// What each customer still has to pay, in the company's currency, and when each was last invoiced.
pub(crate) fn ledger_facts(company: &Company) -> HashMap<&str, (Decimal, Option<&str>)> {
    let mut facts: HashMap<&str, (Decimal, Option<&str>)> = HashMap::new();
    for invoice in company.all(Resource::Invoices) {
        let of = facts.entry(text(invoice, "CustomerId").unwrap_or_default()).or_default();
        of.0 += decimal(invoice, "RemainingAmount");
        of.1 = of.1.max(text(invoice, "InvoiceDate"));
    }
    facts
}
