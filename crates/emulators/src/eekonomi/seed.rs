//! Seeds: records in the vendor's shapes, ids and read-only fields included.
//!
//! Documents go through the same hands as those of the API, so a seed may leave out whatever follows from the rest;
//! read-only fields that it gives stand. `$company` names the company by its id; the first one is meant without it.

use serde_json::Value;

use super::articles;
use super::booking::{self, Booking};
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::drafts;
use super::intake::Intake;
use super::orders;
use super::price_lists;
use super::quotes;
use super::record::{Record, date, filled, has, int, put, text};
use super::schema::{Schema, accept};
use super::tables::company::COMPANY_SETTINGS;

/// Takes settings over those that stand.
pub(crate) fn settings(company: &mut Company, value: &Value) -> Result<(), String> {
    let given = read(&COMPANY_SETTINGS, value)?;
    overlay(&mut company.settings, &given, value);
    Ok(())
}

/// Adds or replaces one record.
///
/// # Errors
/// In words, what is wrong with it.
pub(crate) fn record(
    company: &mut Company,
    call: &mut Call<'_>,
    resource: Resource,
    value: &Value,
) -> Result<(), String> {
    let given = read(resource.schema(), value)?;
    let refused = |refusal: super::problem::Refusal| refusal.text;
    match resource {
        Resource::Articles => {
            let old = text(&given, "Id");
            let mut article = articles::prepare(company, call, given.clone(), value, old, true).map_err(refused)?;
            for field in ["CreatedUtc", "ChangedUtc"] {
                put(&mut article, field, call.stamp());
            }
            store(company, call, resource, article, &given, value);
        }
        Resource::Orders => {
            let mut order = orders::prepare(company, call, given.clone(), None).map_err(refused)?;
            put(&mut order, "CreatedUtc", call.stamp());
            put(&mut order, "ModifiedUtc", call.first_modified());
            bump(company, &given, "Number", "NextOrderNumber");
            if !has(&given, "Number") && orders::status(&order) != orders::DRAFT {
                put(&mut order, "Number", company.next_number("NextOrderNumber"));
            }
            store(company, call, resource, order, &given, value);
        }
        Resource::Quotes | Resource::QuoteDrafts => {
            let quote = quotes::prepare(company, call, given.clone(), None).map_err(refused)?;
            bump(company, &given, "Number", "NextQuoteNumber");
            let id = quotes::store_new(company, call, resource, quote);
            restore(company, resource, &id, &given, value);
        }
        Resource::PriceRows => {
            let list = text(&given, "SalesPriceListId").and_then(|id| company.get(Resource::PriceLists, id));
            let mut row = given.clone();
            price_lists::name_row(&mut row, list.ok_or("there is no such price list")?);
            company.of_mut(Resource::PriceRows).put(row);
        }
        Resource::Drafts => {
            let draft = drafts::prepare(company, call, given.clone(), None).map_err(refused)?;
            let id = drafts::store_new(company, call, draft);
            restore(company, resource, &id, &given, value);
        }
        Resource::Invoices => {
            let id = invoice(company, call, &given).map_err(refused)?;
            restore(company, resource, &id, &given, value);
        }
        Resource::Customers => {
            let mut customer = given.clone();
            if filled(&customer, "CurrencyCode").is_none() {
                put(&mut customer, "CurrencyCode", company.currency());
            }
            if filled(&customer, "CustomerNumber").is_none() {
                let next = company.next_number("NextCustomerNumber").map(|number| number.to_string());
                put(&mut customer, "CustomerNumber", next);
            }
            if filled(&customer, "TermsOfPaymentId").is_none() {
                let terms = company.settings.get("TermsOfPaymentId").cloned();
                put(&mut customer, "TermsOfPaymentId", terms.unwrap_or_default());
            }
            put(&mut customer, "ChangedUtc", call.stamp());
            store(company, call, resource, customer, &given, value);
        }
        _ => {
            let mut record = given.clone();
            // What an agreement gives is seen nowhere but in prices; a seed says it by a key of the emulator's own.
            if let Some(percent) = value.get("percent") {
                put(&mut record, "percent", percent.clone());
            }
            for field in ["CreatedUtc", "ModifiedUtc", "ChangedUtc"] {
                if resource.schema().field(field).is_some() {
                    put(&mut record, field, call.stamp());
                }
            }
            store(company, call, resource, record, &given, value);
        }
    }
    Ok(())
}

fn read(schema: &Schema, value: &Value) -> Result<Record, String> {
    accept(schema, value, Intake::of_seed()).map_err(|problems| super::problem::Refusal::from(problems).text)
}

/// What the seed says in so many words stands.
fn overlay(record: &mut Record, given: &Record, value: &Value) {
    for (field, taken) in given {
        if field != "Rows" && value.get(field).is_some_and(|said| !said.is_null()) {
            put(record, field, taken.clone());
        }
    }
}

fn store(
    company: &mut Company,
    call: &mut Call<'_>,
    resource: Resource,
    mut record: Record,
    given: &Record,
    value: &Value,
) {
    overlay(&mut record, given, value);
    if !has(&record, resource.id()) {
        put(&mut record, resource.id(), call.id());
    }
    company.of_mut(resource).put(record);
}

/// The same for a record that was stored already under an id of its own.
fn restore(company: &mut Company, resource: Resource, id: &str, given: &Record, value: &Value) {
    if let Some(mut record) = company.of_mut(resource).remove(id) {
        overlay(&mut record, given, value);
        company.of_mut(resource).put(record);
    }
}

/// The series goes on after the highest number that was seeded.
fn bump(company: &mut Company, given: &Record, field: &str, series: &str) {
    let next = int(given, field).saturating_add(1).max(int(&company.settings, series));
    put(&mut company.settings, series, next);
}

/// Books an invoice on its own date and under its own number.
fn invoice(company: &mut Company, call: &mut Call<'_>, given: &Record) -> Result<String, super::problem::Refusal> {
    const SERIES: &str = "NextCustomerInvoiceNumber";
    let mut body = given.clone();
    rows_of_body(&mut body);
    let invoice = drafts::prepare(company, call, body, None)?;
    let day = date(&invoice, "InvoiceDate").unwrap_or_else(|| company.today(call.now));
    let currency = text(&invoice, "InvoiceCurrencyCode").unwrap_or_default().to_owned();
    let next = int(&company.settings, SERIES);
    if has(given, "InvoiceNumber") && int(given, "InvoiceNumber") > 0 {
        put(&mut company.settings, SERIES, int(given, "InvoiceNumber"));
    }
    let id = booking::book(company, call, Booking { invoice, currency, day, reversed_by: None });
    let after = int(&company.settings, SERIES).max(next);
    put(&mut company.settings, SERIES, after);
    id
}

/// A row without an article is a text row.
fn rows_of_body(body: &mut Record) {
    orders::each_row(body, |row| {
        let is_text = !has(row, "ArticleId");
        put(row, "IsTextRow", is_text);
    });
}
