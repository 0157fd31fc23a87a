//! Articles.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::orders;
use super::price_lists;
use super::problem::Refusal;
use super::record::{Record, copy, decimal, filled, flag, has, int, number, put, rows, text};
use super::registers;
use super::switches;
use super::tables::register::ARTICLE;
use super::totals::round;

/// The empty id, which clears the supplier.
const EMPTY: &str = "00000000-0000-0000-0000-000000000000";

/// How much of each article is promised to orders that are not invoiced yet.
pub(crate) fn reserved(company: &Company) -> HashMap<String, Decimal> {
    let mut reserved = HashMap::new();
    let open = |order: &&Record| matches!(orders::status(order), orders::ONGOING | orders::SHIPPED);
    for row in company.all(Resource::Orders).filter(open).flat_map(|order| rows(order, "Rows")) {
        if let Some(id) = text(row, "ArticleId") {
            *reserved.entry(id.to_owned()).or_insert(Decimal::ZERO) += decimal(row, "Quantity");
        }
    }
    reserved
}

/// What is worked out when an article is read, for one customer if one is named.
pub(crate) fn computed(company: &Company, article: &Record, customer: Option<&Record>) -> Record {
    let id = text(article, "Id").unwrap_or_default();
    let reserved = company.reserved().get(id).copied().unwrap_or_default();
    let balance = decimal(article, "StockBalance");
    let service = flag(article, "IsServiceArticle");
    let mut computed = Record::new();
    put(&mut computed, "StockBalanceReserved", number(reserved));
    put(&mut computed, "StockBalanceAvailable", number(balance - reserved));
    put(&mut computed, "StockValue", number(round(balance * decimal(article, "PurchasePrice"), 2)));
    put(&mut computed, "ShowStockInformation", !service && (!company.stock_module || flag(article, "IsStock")));
    let Some(customer) = customer else {
        put(&mut computed, "NetPriceWithDiscount", article.get("NetPrice").cloned().unwrap_or_default());
        return computed;
    };
    let net = price_lists::price_for(company, customer, article);
    let agreement = text(customer, "DiscountAgreementId").and_then(|id| company.get(Resource::DiscountAgreements, id));
    let discount = agreement.map_or(Decimal::ZERO, |agreement| decimal(agreement, "percent"));
    put(&mut computed, "NetPrice", number(net));
    put(&mut computed, "GrossPrice", number(price_lists::with_vat(company, Some(article), net)));
    put(&mut computed, "DiscountPercentage", number(discount));
    put(&mut computed, "NetPriceWithDiscount", number(round(net * (Decimal::ONE - discount), 2)));
    computed
}

/// Checks an article, and fills in what its coding and unit say. `old` is the id of the article that it replaces;
/// `computes` works out the other price where the body has one only.
pub(crate) fn prepare(
    company: &Company,
    call: &Call<'_>,
    mut article: Record,
    body: &Value,
    old: Option<&str>,
    computes: bool,
) -> Result<Record, Refusal> {
    if text(&article, "SupplierId") == Some(EMPTY) {
        put(&mut article, "SupplierId", Value::Null);
    }
    let coding = company.referred(call, Resource::Codings, &article, "CodingId")?.cloned().unwrap_or_default();
    let unit = company.referred(call, Resource::Units, &article, "UnitId")?.cloned().unwrap_or_default();
    prices(&mut article, body, decimal(&coding, "VatRatePercent"), computes)?;
    describe(&mut article, &coding, &unit);
    details(company, call, &article)?;
    registers::link_labels(company, call, Resource::ArticleLabels, &mut article, "ArticleLabels")?;
    if body.get("SendToWebshop").is_none() {
        put(&mut article, "SendToWebshop", true);
    }
    for field in ["PurchasePrice", "FreightCosts"] {
        let rounded = round(decimal(&article, field), 2);
        put(&mut article, field, number(rounded));
    }
    let taken = text(&article, "Number").unwrap_or_default();
    if let Some(other) = company.of(Resource::Articles).and_then(|all| all.by_key(taken))
        && text(other, "Id") != old
    {
        return Err(Refusal::conflict(format!("there is an article with number {taken}")));
    }
    Ok(article)
}

/// What an article shows of its coding and its unit.
pub(crate) fn describe(article: &mut Record, coding: &Record, unit: &Record) {
    put(article, "CodingName", text(coding, "Name"));
    put(article, "UnitName", text(unit, "Name"));
    put(article, "UnitAbbreviation", text(unit, "Abbreviation"));
    let service = text(coding, "Type") == Some("Service");
    put(article, "IsServiceArticle", service);
    put(article, "CodingType", if service { 2 } else { 1 });
}

/// What else an article must keep.
fn details(company: &Company, call: &Call<'_>, article: &Record) -> Result<(), Refusal> {
    company.referred(call, Resource::Suppliers, article, "SupplierId")?;
    if filled(article, "CurrencyCode").is_some_and(|code| !company.has_currency(code)) {
        return Err(Refusal::field("CurrencyCode", "is no currency of the company"));
    }
    let barcodes: Vec<&Record> = rows(article, "Barcodes").collect();
    match barcodes.as_slice() {
        [] => Ok(()),
        [one] if int(one, "BarcodeType") == 0 => Ok(()),
        [_] => Err(Refusal::field("Barcodes[0].BarcodeType", "must be 0")),
        _ => Err(Refusal::field("Barcodes", "takes one barcode")),
    }
}

/// Fields that need the stock module, or goods: without it they are refused or stay as they are, by the switch.
fn stock_fields(company: &Company, call: &Call<'_>, article: &mut Record, body: &Value) -> Result<(), Refusal> {
    let service = flag(article, "IsServiceArticle");
    for field in ["IsStock", "OrderingPoint", "SupplierId"] {
        let asked = body.get(field).is_some_and(|value| !value.is_null() && value != false && value != EMPTY);
        if !asked || company.stock_module && !(service && field == "IsStock") {
            continue;
        }
        if call.is(&switches::STOCK_FIELDS, "refused") {
            return Err(Refusal::field(field, "needs the stock module, and goods"));
        }
        put(article, field, if field == "IsStock" { Value::Bool(false) } else { Value::Null });
    }
    Ok(())
}

/// Net and gross price must agree with the VAT rate, to the rounding of either.
fn prices(article: &mut Record, body: &Value, rate: Decimal, computes: bool) -> Result<(), Refusal> {
    let factor = Decimal::ONE + rate;
    let (net, gross) = (decimal(article, "NetPrice"), decimal(article, "GrossPrice"));
    let given = |field: &str| body.get(field).is_some();
    if given("NetPrice") != given("GrossPrice") && computes {
        let (field, price) = if given("NetPrice") {
            ("GrossPrice", round(net * factor, 2))
        } else {
            ("NetPrice", round(gross / factor, 2))
        };
        put(article, field, number(price));
        return Ok(());
    }
    if round(net * factor, 2) != gross && round(gross / factor, 2) != net {
        return Err(Refusal::field("GrossPrice", format!("{gross} is not {net} with VAT of {rate}")));
    }
    Ok(())
}

/// Creates an article. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let computes = call.is(&switches::SINGLE_PRICE, "computed");
    create_as(company, call, body, computes)
}

/// Creates an article; `computes` works out the other price where the body has one only. Gives its id.
pub(crate) fn create_as(
    company: &mut Company,
    call: &mut Call<'_>,
    body: &Value,
    computes: bool,
) -> Result<String, Refusal> {
    let article = call.accept(&ARTICLE, body)?;
    let mut article = prepare(company, call, article, body, None, computes)?;
    stock_fields(company, call, &mut article, body)?;
    if company.stock_module && call.is(&switches::STOCK_WRITABLE, "read_only") {
        put(&mut article, "StockBalance", 0);
    }
    let id = call.mint.id();
    put(&mut article, "Id", id.as_str());
    put(&mut article, "CreatedUtc", call.stamp());
    put(&mut article, "ChangedUtc", call.stamp());
    company.of_mut(Resource::Articles).put(article);
    Ok(id)
}

/// Replaces an article. With the stock module on, its balance is not taken from the body.
pub(crate) fn replace(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::Articles, id)?.clone();
    let article = call.accept(&ARTICLE, body)?;
    let computes = call.is(&switches::SINGLE_PRICE, "computed");
    let mut article = prepare(company, call, article, body, text(&old, "Id"), computes)?;
    stock_fields(company, call, &mut article, body)?;
    not_empty(&old, &article)?;
    copy(&old, &mut article, &["Id", "CreatedUtc", "Notes", "MessageThreads"]);
    let stamps = [
        ("StockBalance", "StockBalanceManuallyChangedUtc"),
        ("PurchasePrice", "PurchasePriceManuallyChangedUtc"),
        ("FreightCosts", "FreightCostsManuallyChangedUtc"),
    ];
    if company.stock_module && call.is(&switches::STOCK_WRITABLE, "read_only") {
        copy(&old, &mut article, &["StockBalance"]);
    }
    for (field, stamp) in stamps {
        copy(&old, &mut article, &[stamp]);
        if has(&article, field) && decimal(&article, field) != decimal(&old, field) {
            put(&mut article, stamp, call.stamp());
        }
    }
    put(&mut article, "ChangedUtc", call.stamp());
    company.of_mut(Resource::Articles).put(article);
    Ok(())
}

/// An article with a balance stays what it is.
fn not_empty(old: &Record, article: &Record) -> Result<(), Refusal> {
    let stops = |field: &str, from: bool| flag(old, field) == from && flag(article, field) != from;
    if decimal(old, "StockBalance").is_zero() || !flag(old, "IsStock") {
        return Ok(());
    }
    if stops("IsServiceArticle", false) {
        return Err(Refusal::service_not_empty("the article still has a stock balance"));
    }
    if stops("IsStock", true) {
        return Err(Refusal::stock_not_empty("the article still has a stock balance"));
    }
    Ok(())
}
