//! Sales price lists and their rows: in the edition Pro alone.

use rust_decimal::Decimal;
use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::intake::Problems;
use super::problem::Refusal;
use super::record::{Record, copy, decimal, filled, flag, has, int, number, put, text};
use super::switches;
use super::tables::trade::{SALES_PRICE_LIST, SALES_PRICE_LIST_ROW};
use super::totals::round;

/// The most rows that one call may write.
const MAX_ROWS: usize = 1000;

/// Creates a list. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let mut list = call.accept(&SALES_PRICE_LIST, body)?;
    currency(company, &mut list)?;
    let last = company.all(Resource::PriceLists).map(|list| int(list, "Number")).max().unwrap_or(0);
    let id = call.mint.id();
    put(&mut list, "Id", id.as_str());
    put(&mut list, "Number", last.saturating_add(1));
    if !has(&list, "IsActive") {
        put(&mut list, "IsActive", true);
    }
    put(&mut list, "ChangedUtc", call.stamp());
    company.of_mut(Resource::PriceLists).put(list);
    Ok(id)
}

fn currency(company: &Company, list: &mut Record) -> Result<(), Refusal> {
    if filled(list, "CurrencyCode").is_none() {
        put(list, "CurrencyCode", company.currency());
    }
    match text(list, "CurrencyCode").is_some_and(|code| company.has_currency(code)) {
        true => Ok(()),
        false => Err(Refusal::field("CurrencyCode", "is no currency of the company")),
    }
}

/// Replaces a list; its rows stay.
pub(crate) fn replace(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::PriceLists, id)?.clone();
    let mut list = call.accept(&SALES_PRICE_LIST, body)?;
    currency(company, &mut list)?;
    copy(&old, &mut list, &["Id", "Number", "IsStandard"]);
    put(&mut list, "ChangedUtc", call.stamp());
    company.of_mut(Resource::PriceLists).put(list);
    Ok(())
}

/// Deletes a list that no customer has; the standard list stays.
pub(crate) fn delete(company: &mut Company, id: &str) -> Result<(), Refusal> {
    let list = company.find(Resource::PriceLists, id)?;
    let id = text(list, "Id").unwrap_or_default().to_owned();
    let linked = |customer: &Record| text(customer, "SalesPriceListId") == Some(id.as_str());
    if flag(list, "IsStandard") || company.all(Resource::Customers).any(linked) {
        return Err(Refusal::cannot_delete("the price list is the standard one, or customers have it"));
    }
    company.of_mut(Resource::PriceLists).remove(&id);
    remove_rows(company, &id);
    Ok(())
}

fn remove_rows(company: &mut Company, list: &str) {
    let of_list = |row: &&Record| text(row, "SalesPriceListId") == Some(list);
    let keys: Vec<String> =
        company.all(Resource::PriceRows).filter(of_list).map(|row| key_of(row).to_owned()).collect();
    for key in keys {
        company.of_mut(Resource::PriceRows).remove(&key);
    }
}

fn key_of(row: &Record) -> &str {
    text(row, "key").unwrap_or_default()
}

/// The name of a row: the vendor gives it none.
pub(crate) fn key(list: &str, article: &str) -> String {
    format!("{list} {article}")
}

/// Writes rows of a list, at most a thousand: those that are there already are replaced.
///
/// # Errors
/// 2000 for broken rules, 3000 for an article that does not exist; nothing is written then.
pub(crate) fn put_rows(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<String, Refusal> {
    call.flag("updateRecurringInvoices")?;
    let list = company.find(Resource::PriceLists, id)?.clone();
    let id = text(&list, "Id").unwrap_or_default().to_owned();
    let Value::Array(given) = body else {
        return Err(Refusal::invalid("a list of rows is expected"));
    };
    if given.len() > MAX_ROWS {
        return Err(Refusal::invalid(format!("{} rows are more than {MAX_ROWS}", given.len())));
    }
    let mut rows = Vec::with_capacity(given.len());
    for row in given {
        let mut row = call.accept(&SALES_PRICE_LIST_ROW, row)?;
        if !has(&row, "ArticleId") {
            return Err(Refusal::field("ArticleId", "is required"));
        }
        company.referred(call, Resource::Articles, &row, "ArticleId")?;
        name_row(&mut row, &list);
        put(&mut row, "ChangedUtc", call.stamp());
        rows.push(row);
    }
    if call.is(&switches::PUT_PRICES, "replace") {
        remove_rows(company, &id);
    }
    for row in rows {
        company.of_mut(Resource::PriceRows).put(row);
    }
    Ok(id)
}

/// Gives a row its list, its currency and its name.
pub(crate) fn name_row(row: &mut Record, list: &Record) {
    let id = text(list, "Id").unwrap_or_default();
    put(row, "SalesPriceListId", id);
    put(row, "key", key(id, text(row, "ArticleId").unwrap_or_default()));
    put(row, "CurrencyCode", text(list, "CurrencyCode"));
}

/// The price with VAT follows from the article's coding.
pub(crate) fn computed(company: &Company, row: &Record) -> Record {
    let article = text(row, "ArticleId").and_then(|id| company.get(Resource::Articles, id));
    let mut computed = Record::new();
    put(&mut computed, "GrossPrice", number(with_vat(company, article, decimal(row, "NetPrice"))));
    computed
}

/// A net price of an article with its VAT.
pub(crate) fn with_vat(company: &Company, article: Option<&Record>, net: Decimal) -> Decimal {
    let coding = article.and_then(|article| text(article, "CodingId"));
    let coding = coding.and_then(|id| company.get(Resource::Codings, id));
    let rate = coding.map_or(Decimal::ZERO, |coding| decimal(coding, "VatRatePercent"));
    round(net * (Decimal::ONE + rate), 2)
}

/// Rows of the standard list that nobody wrote, where the switch says that it follows the articles. Nobody changed them
/// by hand, so they carry no stamp.
pub(crate) fn following(company: &Company, call: &Call<'_>, of: Option<&str>) -> Vec<Record> {
    let standard = company.all(Resource::PriceLists).find(|list| flag(list, "IsStandard"));
    let Some(list) = standard.filter(|_| call.is(&switches::STANDARD_LIST, "follows_articles")) else {
        return Vec::new();
    };
    if of.is_some_and(|wanted| text(list, "Id") != Some(wanted)) {
        return Vec::new();
    }
    let row = |article: &Record| {
        let mut row = Record::new();
        copy(article, &mut row, &["NetPrice"]);
        put(&mut row, "ArticleId", text(article, "Id"));
        name_row(&mut row, list);
        company.get(Resource::PriceRows, key_of(&row)).is_none().then_some(row)
    };
    company.all(Resource::Articles).filter_map(row).collect()
}

/// What a customer pays for an article before any discount: the price of the customer's list, else the article's own.
pub(crate) fn price_for(company: &Company, customer: &Record, article: &Record) -> Decimal {
    let list = text(customer, "SalesPriceListId").unwrap_or_default();
    let row = company.get(Resource::PriceRows, &key(list, text(article, "Id").unwrap_or_default()));
    row.map_or_else(|| decimal(article, "NetPrice"), |row| decimal(row, "NetPrice"))
}

/// Checks what a customer names of Pro's registers.
pub(crate) fn check_customer(company: &Company, call: &Call<'_>, customer: &Record) -> Result<(), Refusal> {
    company.referred(call, Resource::PriceLists, customer, "SalesPriceListId")?;
    company.referred(call, Resource::DiscountAgreements, customer, "DiscountAgreementId")?;
    let list = text(customer, "SalesPriceListId").and_then(|id| company.get(Resource::PriceLists, id));
    let mut problems = Problems::default();
    if list.is_some_and(|list| text(list, "CurrencyCode") != text(customer, "CurrencyCode")) {
        problems.add("SalesPriceListId", "is a list in another currency than the customer's");
    }
    problems.into_result()
}
