//! Suppliers: in all editions but Fakturering.

use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, copy, filled, put, text};
use super::tables::trade::SUPPLIER;

fn prepare(company: &Company, call: &Call<'_>, body: &Value, own: Option<&str>) -> Result<Record, Refusal> {
    let mut supplier = call.accept(&SUPPLIER, body)?;
    company.referred(call, Resource::Terms, &supplier, "TermsOfPaymentId")?;
    company.referred(call, Resource::BankAccounts, &supplier, "PayFromBankAccountId")?;
    for (field, default) in [("CurrencyCode", company.currency()), ("CountryCode", company.country())] {
        if filled(&supplier, field).is_none() {
            put(&mut supplier, field, default);
        }
    }
    if !text(&supplier, "CurrencyCode").is_some_and(|code| company.has_currency(code)) {
        return Err(Refusal::field("CurrencyCode", "is no currency of the company"));
    }
    if let Some(number) = filled(&supplier, "SupplierNumber")
        && let Some(other) = company.of(Resource::Suppliers).and_then(|all| all.by_key(number))
        && text(other, "Id") != own
    {
        return Err(Refusal::conflict(format!("there is a supplier with number {number}")));
    }
    Ok(supplier)
}

/// Creates a supplier. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let mut supplier = prepare(company, call, body, None)?;
    while filled(&supplier, "SupplierNumber").is_none() {
        let next = company.next_number("NextSupplierNumber").map(|number| number.to_string()).unwrap_or_default();
        if company.of(Resource::Suppliers).and_then(|all| all.by_key(&next)).is_none() {
            put(&mut supplier, "SupplierNumber", next);
        }
    }
    if body.get("IsActive").is_none() {
        put(&mut supplier, "IsActive", true);
    }
    let id = call.mint.id();
    put(&mut supplier, "Id", id.as_str());
    put(&mut supplier, "CreatedUtc", call.stamp());
    put(&mut supplier, "ModifiedUtc", call.first_modified());
    company.of_mut(Resource::Suppliers).put(supplier);
    Ok(id)
}

/// Replaces a supplier; its number is never lost.
pub(crate) fn replace(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::Suppliers, id)?.clone();
    let mut supplier = prepare(company, call, body, text(&old, "Id"))?;
    if filled(&supplier, "SupplierNumber").is_none() {
        copy(&old, &mut supplier, &["SupplierNumber"]);
    }
    copy(&old, &mut supplier, &["Id", "CreatedUtc", "Notes", "MessageThreads"]);
    put(&mut supplier, "ModifiedUtc", call.stamp());
    company.of_mut(Resource::Suppliers).put(supplier);
    Ok(())
}

/// Deletes a supplier of no article.
pub(crate) fn delete(company: &mut Company, id: &str) -> Result<(), Refusal> {
    let id = text(company.find(Resource::Suppliers, id)?, "Id").unwrap_or_default().to_owned();
    if company.all(Resource::Articles).any(|article| text(article, "SupplierId") == Some(id.as_str())) {
        return Err(Refusal::cannot_delete("articles have the supplier"));
    }
    company.of_mut(Resource::Suppliers).remove(&id);
    Ok(())
}
