//! Customers.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::control_digit;
use super::intake::Problems;
use super::price_lists;
use super::problem::Refusal;
use super::record::{Record, copy, filled, flag, has, number, put, text};
use super::registers;
use super::switches;
use super::tables::register::CUSTOMER;

/// What each customer owes and when each was last invoiced.
pub(crate) type Facts<'a> = HashMap<&'a str, (Decimal, Option<&'a str>)>;

/// How many addresses a customer may have for copies.
const MAX_COPIES: usize = 5;

/// What is worked out when a customer is read.
pub(crate) fn computed(company: &Company, facts: &Facts<'_>, customer: &Record) -> Record {
    let (unpaid, last) = facts.get(text(customer, "Id").unwrap_or_default()).copied().unwrap_or_default();
    let mut computed = Record::new();
    put(&mut computed, "UnpaidInvoicesAmount", number(unpaid));
    put(&mut computed, "LastInvoiceDate", last);
    let terms = text(customer, "TermsOfPaymentId").and_then(|id| company.get(Resource::Terms, id));
    if let Some(terms) = terms {
        put(&mut computed, "TermsOfPayment", terms.clone());
    }
    computed
}

/// Checks a customer against the rules that reach over more than one field, and fills its defaults.
fn prepare(company: &Company, call: &Call<'_>, mut customer: Record, own: Option<&str>) -> Result<Record, Refusal> {
    let mut problems = Problems::default();
    for (resource, field) in [
        (Resource::Terms, "TermsOfPaymentId"),
        (Resource::DeliveryMethods, "DeliveryMethodId"),
        (Resource::DeliveryTerms, "DeliveryTermId"),
    ] {
        company.referred(call, resource, &customer, field)?;
    }
    if filled(&customer, "CurrencyCode").is_none() {
        put(&mut customer, "CurrencyCode", company.currency());
    }
    if !text(&customer, "CurrencyCode").is_some_and(|code| company.has_currency(code)) {
        problems.add("CurrencyCode", "is no currency of the company");
    }
    if flag(&customer, "ReverseChargeOnConstructionServices") && filled(&customer, "VatNumber").is_none() {
        problems.add("VatNumber", "is required with ReverseChargeOnConstructionServices");
    }
    if flag(&customer, "DeliveryBasedVat") {
        for field in ["DeliveryCity", "DeliveryCountryCode", "DeliveryPostalCode"] {
            if filled(&customer, field).is_none() {
                problems.add(field, "is required with DeliveryBasedVat");
            }
        }
    }
    let copies = customer.get("EmailAddresses").and_then(Value::as_array).map_or(0, Vec::len);
    if copies > MAX_COPIES {
        problems.add("EmailAddresses", format!("takes {MAX_COPIES} addresses"));
    }
    if copies > 0 && filled(&customer, "EmailAddress").is_none() {
        problems.add("EmailAddresses", "needs EmailAddress");
    }
    problems.into_result()?;
    price_lists::check_customer(company, call, &customer)?;
    forced_vat(company, &customer)?;
    vat_number(call, &customer)?;
    let org_number = filled(&customer, "CorporateIdentityNumber");
    if call.is(&switches::ORG_NUMBERS, "on") && org_number.is_some_and(|number| !control_digit::is_right(number)) {
        return Err(Refusal::control_digit("CorporateIdentityNumber has a wrong control digit"));
    }
    registers::link_labels(company, call, Resource::CustomerLabels, &mut customer, "CustomerLabels")?;
    if let Some(number) = filled(&customer, "CustomerNumber")
        && let Some(other) = company.of(Resource::Customers).and_then(|all| all.by_key(number))
        && text(other, "Id") != own
    {
        return Err(Refusal::conflict(format!("there is a customer with number {number}")));
    }
    Ok(customer)
}

fn forced_vat(company: &Company, customer: &Record) -> Result<(), Refusal> {
    let country = filled(customer, "InvoiceCountryCode").unwrap_or(company.country());
    let in_eu = company.get(Resource::Countries, country).is_some_and(|found| flag(found, "IsEuMember"));
    if flag(customer, "ForceBookkeepVat") && in_eu {
        return Err(Refusal::force_vat("ForceBookkeepVat is for customers outside the EU"));
    }
    Ok(())
}

/// VAT numbers are asked of VIES; the emulator lets pass what has the form of one.
fn vat_number(call: &Call<'_>, customer: &Record) -> Result<(), Refusal> {
    let Some(number) = filled(customer, "VatNumber") else { return Ok(()) };
    if call.is(&switches::VIES, "down") {
        return Err(Refusal::dependency("the VAT number could not be checked"));
    }
    let (country, rest) = number.split_at_checked(2).unwrap_or_default();
    let right = country.chars().all(|letter| letter.is_ascii_uppercase())
        && (8..=12).contains(&rest.len())
        && rest.chars().all(|letter| letter.is_ascii_alphanumeric());
    if right { Ok(()) } else { Err(Refusal::vat_number(format!("{number:?} is no VAT number"))) }
}

/// Creates a customer. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let customer = call.accept(&CUSTOMER, body)?;
    let mut customer = prepare(company, call, customer, None)?;
    if filled(&customer, "CustomerNumber").is_none() {
        put(&mut customer, "CustomerNumber", free_number(company));
    }
    Ok(store_new(company, call, customer))
}

/// The next number of the series that nobody has.
fn free_number(company: &mut Company) -> Option<String> {
    loop {
        let number = company.next_number("NextCustomerNumber")?.to_string();
        if company.of(Resource::Customers).and_then(|all| all.by_key(&number)).is_none() {
            return Some(number);
        }
    }
}

fn store_new(company: &mut Company, call: &mut Call<'_>, mut customer: Record) -> String {
    let id = call.mint.id();
    put(&mut customer, "Id", id.as_str());
    put(&mut customer, "ChangedUtc", call.stamp());
    company.of_mut(Resource::Customers).put(customer);
    id
}

/// Replaces a customer. Two fields are documented to keep what is stored when they are left out; the number is never
/// lost either.
pub(crate) fn replace(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::Customers, id)?.clone();
    let customer = call.accept(&CUSTOMER, body)?;
    let mut customer = prepare(company, call, customer, text(&old, "Id"))?;
    for keeper in ["Iban", "IsDirectDebitEnabled"] {
        if body.get(keeper).is_none() {
            copy(&old, &mut customer, &[keeper]);
        }
    }
    if filled(&customer, "CustomerNumber").is_none() {
        copy(&old, &mut customer, &["CustomerNumber"]);
    }
    copy(&old, &mut customer, &["Id", "Notes", "MessageThreads"]);
    put(&mut customer, "ChangedUtc", call.stamp());
    company.of_mut(Resource::Customers).put(customer);
    Ok(())
}

/// Deletes a customer that nothing hangs on.
pub(crate) fn delete(company: &mut Company, id: &str) -> Result<(), Refusal> {
    let id = text(company.find(Resource::Customers, id)?, "Id").unwrap_or_default().to_owned();
    let documents = [Resource::Orders, Resource::Drafts, Resource::Invoices, Resource::LedgerItems];
    let hangs = |record: &Record| has(record, "CustomerId") && text(record, "CustomerId") == Some(id.as_str());
    if documents.into_iter().any(|resource| company.all(resource).any(hangs)) {
        return Err(Refusal::cannot_delete("the customer has transactions"));
    }
    company.of_mut(Resource::Customers).remove(&id);
    Ok(())
}
