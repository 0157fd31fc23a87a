//! The rows of orders, drafts and invoices.

use rust_decimal::Decimal;
use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::intake::Problems;
use super::price_lists;
use super::problem::Refusal;
use super::projects;
use super::record::{Record, copy, decimal, filled, flag, has, number, put, rows, text};
use super::switches;
use super::totals::{self, Arithmetic, Line, Totals};
use super::vat::{self, Sale};

/// What the buyer and the document decide about rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Where the sale goes.
    pub(crate) sale: Sale,
    /// Buyer and currency are domestic: prices have two decimals, else four.
    pub(crate) domestic: bool,
    /// Texts are in English.
    pub(crate) english: bool,
    /// Prices include VAT.
    pub(crate) includes_vat: bool,
    /// A price of zero is replaced by the article's.
    pub(crate) replace_zero: bool,
    /// The sign of quantities is turned.
    pub(crate) turned: bool,
    /// Rows are numbered by the server even where they have a number.
    pub(crate) renumber: bool,
    /// The place of the buyer's price list.
    pub(crate) price_list: Option<u64>,
    /// The row field that asks for reverse charge, where the document allows it.
    pub(crate) reversed_by: Option<&'static str>,
}

/// Fills and checks the rows of a document that a body brought.
///
/// Text rows carry no money. Article rows get what the article knows: number, unit, VAT rate, text where it is empty.
///
/// # Errors
/// 2000 for broken rules, 3000 for an article that does not exist.
pub(crate) fn settle(company: &Company, call: &mut Call<'_>, record: &mut Record, terms: Terms) -> Result<(), Refusal> {
    let mut problems = Problems::default();
    let mut settled = Vec::new();
    let first = call.number(&switches::FIRST_LINE);
    let given: Vec<Record> = rows(record, "Rows").cloned().collect();
    for (at, mut row) in given.into_iter().enumerate() {
        let path = format!("Rows[{at}]");
        put(&mut row, "Id", call.id());
        if terms.renumber || !has(&row, "LineNumber") {
            put(&mut row, "LineNumber", first.saturating_add(i64::try_from(at).unwrap_or(i64::MAX)));
        }
        if flag(&row, "IsTextRow") {
            text_row(&mut row, &path, &mut problems);
        } else {
            article_row(company, call, &mut row, &path, terms, &mut problems)?;
        }
        settled.push(Value::Object(row));
    }
    problems.into_result()?;
    put(record, "Rows", settled);
    Ok(())
}

fn text_row(row: &mut Record, path: &str, problems: &mut Problems) {
    if filled(row, "Text").is_none() {
        problems.add(&format!("{path}.Text"), "a text row needs at least one character");
    }
    for field in ["Quantity", "DeliveredQuantity", "UnitPrice", "DiscountPercentage", "Amount"] {
        put(row, field, 0);
    }
    put(row, "ArticleId", Value::Null);
    put(row, "VatRate", Value::Null);
}

fn article_row(
    company: &Company,
    call: &Call<'_>,
    row: &mut Record,
    path: &str,
    terms: Terms,
    problems: &mut Problems,
) -> Result<(), Refusal> {
    let article_id = format!("{path}.ArticleId");
    if !has(row, "ArticleId") {
        problems.add(&article_id, "is required when the row is no text row");
        return Ok(());
    }
    let article = company.referred(call, Resource::Articles, row, "ArticleId")?;
    let Some(article) = article else { return Ok(()) };
    projects::check_row(company, call, row, path)?;
    for field in ["CostCenterItemId1", "CostCenterItemId2", "CostCenterItemId3"] {
        if let Some(id) = text(row, field) {
            return Err(call.no_such(&format!("{path}.{field}"), id));
        }
    }
    let decimals = if terms.domestic { 2 } else { 4 };
    if decimal(row, "UnitPrice").normalize().scale() > decimals {
        problems.add(&format!("{path}.UnitPrice"), format!("has more than {decimals} decimals"));
    }
    if decimal(row, "UnitPrice").is_zero() && terms.replace_zero {
        put(row, "UnitPrice", number(list_price(company, article, terms)));
    }
    if filled(row, "Text").is_none() {
        let name = filled(article, "NameEnglish").filter(|_| terms.english).or(text(article, "Name"));
        put(row, "Text", name.unwrap_or_default());
    }
    if terms.turned {
        put(row, "Quantity", number(-decimal(row, "Quantity")));
    }
    put(row, "ArticleNumber", text(article, "Number"));
    copy(
        article,
        row,
        &["UnitId", "UnitName", "UnitAbbreviation", "IsServiceArticle", "PurchasePrice", "FreightCosts"],
    );
    let unit = text(article, "UnitId").and_then(|id| company.get(Resource::Units, id));
    put(row, "UnitAbbreviationEnglish", unit.and_then(|unit| text(unit, "AbbreviationEnglish")));
    let coding = text(article, "CodingId").and_then(|id| company.get(Resource::Codings, id));
    let rate = coding.map_or(Decimal::ZERO, |coding| vat::rate(coding, row_sale(row, terms)));
    put(row, "VatRate", number(rate));
    put(row, "VatRateId", text(article, "CodingId"));
    Ok(())
}

/// What the buyer pays for an article: the price of the buyer's list, else the article's own.
fn list_price(company: &Company, article: &Record, terms: Terms) -> Decimal {
    let row = terms.price_list.and_then(|list| company.of(Resource::PriceLists)?.at(list)).and_then(|list| {
        let key = price_lists::key(text(list, "Id")?, text(article, "Id")?);
        company.get(Resource::PriceRows, &key)
    });
    match (row, terms.includes_vat) {
        (Some(row), false) => decimal(row, "NetPrice"),
        (Some(row), true) => price_lists::with_vat(company, Some(article), decimal(row, "NetPrice")),
        (None, true) => decimal(article, "GrossPrice"),
        (None, false) => decimal(article, "NetPrice"),
    }
}

/// The sale that one row makes: reverse charge is asked for row by row.
pub(crate) fn row_sale(row: &Record, terms: Terms) -> Sale {
    match terms.reversed_by {
        Some(field) if flag(row, field) && terms.sale == Sale::Domestic => Sale::Reversed,
        _ => terms.sale,
    }
}

/// The sums of a document over one of its quantities, and its rows' own sums where that is `Quantity`.
pub(crate) fn sum(company: &Company, call: &Call<'_>, record: &mut Record, currency: &str, quantity: &str) -> Totals {
    let how = Arithmetic {
        includes_vat: flag(record, "IncludesVat"),
        per_row: call.is(&switches::VAT_ROUNDING, "per_row"),
        whole: super::record::int(&company.settings, "DomesticCurrencyRounding") == 1 && currency == company.currency(),
    };
    let carries = |row: &&Record| has(row, "ArticleId");
    let lines: Vec<Line> = rows(record, "Rows")
        .filter(carries)
        .map(|row| Line {
            quantity: decimal(row, quantity),
            price: decimal(row, "UnitPrice"),
            discount: decimal(row, "DiscountPercentage"),
            rate: decimal(row, "VatRate"),
        })
        .collect();
    let totals = totals::sum(&lines, how);
    if quantity == "Quantity"
        && let Some(Value::Array(stored)) = record.get_mut("Rows")
    {
        let priced = stored.iter_mut().filter_map(Value::as_object_mut).filter(|row| has(row, "ArticleId"));
        for (row, sum) in priced.zip(&totals.rows) {
            put(row, "Amount", number(sum.amount));
            put(row, "AmountNoVat", number(sum.net));
            put(row, "gross", number(sum.gross));
        }
    }
    totals
}

/// The printed total: with the rounding to whole units, or beside it.
pub(crate) fn printed_total(call: &Call<'_>, totals: &Totals) -> Decimal {
    if call.is(&switches::TOTAL_ROUNDINGS, "beside") { totals.net + totals.vat } else { totals.payable() }
}
