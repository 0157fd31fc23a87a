//! Rows of orders, drafts and invoices.
//!
//! A row has an id, but an update replaces all rows, and no word of the vendor's says that ids outlive it: a line is
//! keyed by its number in the document. What a row knows beyond our lines (cost centres, projects, house work) is
//! carried over to the row that takes its place.

use rust_decimal::Decimal;
use serde_json::Value as Json;
use sync_core::{
    Error, ErrorKind, Field, FieldPath, Link, Result,
    connector::Writable,
    model::{Content, Line, LineKind, Lines},
};

use super::Shared;
use crate::{
    codes,
    columns::{fraction, percent},
    wire::{Wire, number},
};

/// Decimals of a price where buyer and currency are at home, and where one of them is not.
const PRICE_SCALE: (u32, u32) = (2, 4);
/// Room for a row's text.
const TEXT_MAX: usize = 2000;
/// The highest number of a row.
const MOST_ROWS: usize = 1000;
/// The scale of a discount in percent: the vendor keeps four decimals of the fraction.
pub(crate) const DISCOUNT_SCALE: u32 = 2;
/// What of a line is sent. Number, unit and VAT follow from the article.
pub(crate) const LEAVES: [FieldPath; 6] =
    [Line::ITEM, Line::TEXT, Line::QUANTITY, Line::UNIT_PRICE, Line::DISCOUNT_PERCENT, Line::COST_CENTRE];

/// What differs between the rows of orders and of drafts.
#[derive(Debug)]
pub(crate) struct RowKind {
    /// Decimals of a quantity.
    pub(crate) quantity_scale: u32,
    /// Flags that a new row needs, all of them off.
    pub(crate) flags: &'static [&'static str],
    /// What the vendor computes, or repeats of the article.
    pub(crate) computed: &'static [&'static str],
}

/// Lines as they are shown. Unknown where a document with sums shows no rows: such a listing is not the whole of it.
pub(crate) fn decode(shared: &Shared, wire: &Wire, total: &str) -> Result<Field<Lines<Line>>> {
    let includes_vat = wire.flag("IncludesVat")?.into_value().unwrap_or(false);
    let rows = match wire.rows("Rows")? {
        Field::Set(rows) if !rows.is_empty() => rows,
        _ if are_left_out(wire, total) => return Ok(Field::Unknown),
        Field::Unknown => return Ok(Field::Unknown),
        _ => return Ok(Field::Empty),
    };
    let lines = rows.iter().zip(1_i64..).map(|(row, at)| line(shared, row, at, includes_vat));
    Ok(Field::from(lines.collect::<Result<Vec<Line>>>()?))
}

/// Whether a document has sums but shows no rows.
pub(crate) fn are_left_out(wire: &Wire, total: &str) -> bool {
    let some = wire.rows("Rows").ok().and_then(Field::into_value).is_some_and(|rows| !rows.is_empty());
    let total = wire.number(total).ok().and_then(Field::into_value).unwrap_or_default();
    !some && !total.is_zero()
}

/// Refuses to replace a document by what a listing without rows showed of it: the rows would be gone.
pub(crate) fn check_whole(current: Option<&Wire>, total: &str) -> Result<()> {
    if current.is_some_and(|current| are_left_out(current, total)) {
        let what = "the document at hand lacks its rows, as listings may; nothing was sent, it is to be read by id";
        return Err(Error::new(ErrorKind::VersionConflict, "encode", what));
    }
    Ok(())
}

/// A row that has its discount as an amount is shown, but cannot be sent back: a replace would lose the discount.
pub(crate) fn lock_of_fixed_discounts(wire: &Wire) -> Writable {
    let rows = wire.rows("Rows").ok().and_then(Field::into_value).unwrap_or_default();
    let fixed = |row: &Wire| row.flag("IsDiscountInFixedAmount").ok().and_then(Field::into_value) == Some(true);
    if rows.iter().any(fixed) {
        let why = "a row has its discount as an amount, which the interface cannot send back; change it in eEkonomi";
        return Writable::Nothing(why.to_owned());
    }
    Writable::All
}

/// A row without article is text, whether it says so or not.
fn is_text(row: &Wire) -> Result<bool> {
    Ok(row.flag("IsTextRow")?.into_value() == Some(true) || !row.id("ArticleId")?.is_set())
}

fn line(shared: &Shared, row: &Wire, at: i64, includes_vat: bool) -> Result<Line> {
    let key = row.whole("LineNumber")?.into_value().unwrap_or(at);
    let line = Line::new().key(key.to_string()).text(row.text("Text")?);
    if is_text(row)? {
        return Ok(line.kind(LineKind::Text));
    }
    let article = row.id("ArticleId")?.into_value().unwrap_or_default();
    let fixed = row.flag("IsDiscountInFixedAmount")?.into_value() == Some(true);
    // what an article stands for, freight or goods, eEkonomi does not say
    let mut line = line.kind(LineKind::Item).sku(row.text("ArticleNumber")?).unit(row.id("UnitId")?);
    line.item = Link::External(shared.link("articles", article)).into();
    line.quantity = row.number("Quantity")?;
    line.unit_price = row.number("UnitPrice")?;
    line.vat_rate = row.number("VatRate")?.map(codes::vat_percent);
    line.cost_centre = row.id("CostCenterItemId1")?;
    if fixed {
        line.discount_amount = row.number("DiscountFixedAmount")?;
    } else {
        line.discount_percent = row.number("DiscountPercentage")?.map(percent);
    }
    // an amount without VAT is shown as such on invoices; elsewhere it is one only if prices are without VAT
    line.net = match row.number("AmountNoVat")? {
        Field::Unknown if !includes_vat => row.number("Amount")?,
        other => other,
    };
    Ok(line)
}

/// Sum of what the rows show under `name`; none where there are no rows with money.
pub(crate) fn sum(wire: &Wire, name: &str) -> Result<Option<Decimal>> {
    let mut sum = None;
    for row in wire.rows("Rows")?.into_value().unwrap_or_default() {
        if let (false, Field::Set(amount)) = (is_text(&row)?, row.number(name)?) {
            sum = Some(sum.unwrap_or(Decimal::ZERO) + amount);
        }
    }
    Ok(sum)
}

/// The rows of a document that is to be written, in place of `old` ones.
pub(crate) fn encode(
    shared: &Shared,
    kind: &RowKind,
    content: &Content,
    currency: Option<&str>,
    old: &[Wire],
) -> Result<Vec<Json>> {
    let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
    if lines.len() > MOST_ROWS {
        return Err(refused(0, &format!("there are {} lines, eEkonomi takes {MOST_ROWS}", lines.len())));
    }
    let mut old: Vec<Option<&Wire>> = old.iter().map(Some).collect();
    let encoder = Encoder { shared, kind, price_scale: price_scale(shared, content, currency) };
    let rows = lines.iter().zip(1_usize..).map(|(line, place)| {
        let row = encoder.row(line, place, &mut old)?;
        serde_json::to_value(row).map_err(|error| refused(place, "it cannot be written").with_source(error))
    });
    rows.collect()
}

/// Two decimals at home, four abroad. Where it is not known whether the buyer is at home the vendor decides.
fn price_scale(shared: &Shared, content: &Content, currency: Option<&str>) -> u32 {
    let company = &shared.company;
    let foreign_currency = currency.is_some_and(|currency| currency != company.currency);
    let at_home = content.billing.country.value().is_some_and(|country| country.eq_ignore_ascii_case(&company.country));
    if foreign_currency || !at_home { PRICE_SCALE.1 } else { PRICE_SCALE.0 }
}

struct Encoder<'a> {
    shared: &'a Shared,
    kind: &'a RowKind,
    price_scale: u32,
}

impl Encoder<'_> {
    fn row(&self, line: &Line, place: usize, old: &mut [Option<&Wire>]) -> Result<Wire> {
        if let Some(amount) = line.discount_amount.value().filter(|amount| !amount.is_zero()) {
            let what = format!("a discount of {amount} as an amount cannot be sent; give it as a line of its own");
            return Err(refused(place, &what));
        }
        let article = if says_text(line) { None } else { Some(self.article(line, place)?) };
        let mut row = taken(old, line, place, article.as_deref())
            .map(|old| old.clone().without(self.kind.computed))
            .unwrap_or_default();
        for flag in self.kind.flags {
            row.set_default(flag, false);
        }
        row.set("LineNumber", place);
        row.set("IsTextRow", article.is_none());
        match article {
            Some(article) => self.article_row(&mut row, line, place, &article)?,
            // a text row needs a character
            None => row.set("Text", line.text.as_deref().map_or_else(|| "-".to_owned(), cut)),
        }
        Ok(row)
    }

    fn article_row(&self, row: &mut Wire, line: &Line, place: usize, article: &str) -> Result<()> {
        row.set("ArticleId", article);
        match &line.text {
            Field::Set(text) => row.set("Text", cut(text)),
            // empty text becomes the article's name
            Field::Empty => row.set("Text", ""),
            Field::Unknown => {}
        }
        let quantity = amount(place, "the quantity", line.quantity.value(), self.kind.quantity_scale)?;
        let price = amount(place, "the unit price", line.unit_price.value(), self.price_scale)?;
        let zero = Decimal::ZERO;
        let discount = line.discount_percent.value().unwrap_or(&zero);
        let discount = amount(place, "the discount in percent", Some(discount), DISCOUNT_SCALE)?;
        for (name, value) in [("Quantity", quantity), ("UnitPrice", price), ("DiscountPercentage", fraction(discount))]
        {
            if row.number(name)? != Field::Set(value) {
                row.set(name, number(value));
            }
        }
        match &line.cost_centre {
            Field::Set(centre) => row.set("CostCenterItemId1", centre.as_str()),
            Field::Empty => row.set("CostCenterItemId1", Json::Null),
            Field::Unknown => {}
        }
        Ok(())
    }

    /// The article that the line names: a row without one carries no money.
    fn article(&self, line: &Line, place: usize) -> Result<String> {
        let named = line.item.value().and_then(|link| link.external());
        let ours = named.filter(|item| item.at == self.shared.link("articles", String::new()).at);
        if let Some(item) = ours {
            return Ok(item.id.to_string());
        }
        let sku = line.sku.value().or(line.text.value()).map_or_else(String::new, |name| format!(" '{name}'"));
        Err(refused(
            place,
            &match line.kind.value().copied().unwrap_or(LineKind::Item) {
                LineKind::Item => {
                    format!("the item{sku} is linked to no article in eEkonomi; create it there, or link it")
                }
                kind => format!(
                    "the {kind}{sku} is carried by no article in eEkonomi; name one in the configuration for lines of \
                     the kind {kind}"
                ),
            },
        ))
    }
}

/// Whether a line is text: it says so; or it says nothing of what it is, names nothing, and has no money.
fn says_text(line: &Line) -> bool {
    let nothing = |amount: &Field<Decimal>| amount.value().is_none_or(Decimal::is_zero);
    match line.kind.value() {
        Some(kind) => *kind == LineKind::Text,
        None => !line.item.is_set() && nothing(&line.quantity) && nothing(&line.unit_price),
    }
}

/// The old row that a line stands in for: the one with its key, else the next with the same article.
fn taken<'w>(old: &mut [Option<&'w Wire>], line: &Line, place: usize, article: Option<&str>) -> Option<&'w Wire> {
    let same_article = |row: &Wire| row.id("ArticleId").ok().and_then(Field::into_value).as_deref() == article;
    let key = line.key.value().cloned().unwrap_or_else(|| place.to_string());
    let same_key = |row: &Wire| {
        row.whole("LineNumber").ok().and_then(Field::into_value).is_some_and(|number| number.to_string() == key)
    };
    let by_key = old.iter().position(|row| row.is_some_and(|row| same_article(row) && same_key(row)));
    let found = by_key.or_else(|| old.iter().position(|row| row.is_some_and(same_article)))?;
    old.get_mut(found)?.take()
}

fn amount(place: usize, what: &str, given: Option<&Decimal>, scale: u32) -> Result<Decimal> {
    let Some(amount) = given.map(Decimal::normalize) else {
        return Err(refused(place, &format!("{what} is missing")));
    };
    if amount.scale() > scale {
        return Err(refused(
            place,
            &format!("{what} {amount} has more decimals than eEkonomi takes ({scale}); round it"),
        ));
    }
    Ok(amount)
}

fn cut(text: impl AsRef<str>) -> String {
    text.as_ref().chars().take(TEXT_MAX).collect()
}

fn refused(place: usize, what: &str) -> Error {
    let place = if place == 0 { String::new() } else { format!("line {place}: ") };
    Error::new(ErrorKind::Invalid, "encode", format!("{place}{what}")).with_context("field", "content.lines")
}
