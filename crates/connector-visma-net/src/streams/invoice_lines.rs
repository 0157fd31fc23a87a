//! Rows of invoices and credit notes. They have numbers that stay, and a write says of each row what is to become of it;
//! a row that is not named stays as it is.

use rust_decimal::Decimal;
use serde_json::Value as Json;
use sync_core::{
    Field, FieldPath, Result,
    model::{Content, Line, LineKind, Lines},
};

use super::{
    Shared,
    document::{self, amount, in_currency, item_number, refused, says_text},
    inventory::INVENTORY,
};
use crate::wire::{Body, Wire, number};

/// What of a line is sent. Unit and, with an item, accounts and VAT follow from the item.
pub(crate) const LEAVES: [FieldPath; 8] = [
    Line::ITEM,
    Line::SKU,
    Line::TEXT,
    Line::QUANTITY,
    Line::UNIT_PRICE,
    Line::DISCOUNT_PERCENT,
    Line::VAT_CODE,
    Line::ACCOUNT,
];
const NUMBER: &str = "lineNumber";

/// Lines as they are shown, with the other sign for a credit note.
pub(crate) fn decode(shared: &Shared, rows: Field<Vec<Wire>>, sign: Decimal) -> Result<Field<Lines<Line>>> {
    Ok(match rows {
        Field::Unknown => Field::Unknown,
        Field::Empty => Field::Empty,
        Field::Set(rows) => {
            let lines: Result<Vec<Line>> = rows.iter().map(|row| line(shared, row, sign)).collect();
            lines?.into()
        }
    })
}

fn line(shared: &Shared, row: &Wire, sign: Decimal) -> Result<Line> {
    let signed = |amount: Field<Decimal>| amount.map(|amount| (sign * amount).normalize());
    let item = row.text("inventoryNumber")?;
    let (quantity, price) = (row.amount("quantity")?, in_currency(row, "unitPrice")?);
    let net = in_currency(row, "amount")?;
    let nothing = |amount: &Field<Decimal>| amount.value().is_none_or(Decimal::is_zero);
    let kind = match row.text("lineType")?.as_deref() {
        Some("FR") => LineKind::Freight,
        Some("DS") => LineKind::Discount,
        _ if !item.is_set() && nothing(&net) && nothing(&price) => LineKind::Text,
        _ => LineKind::Item,
    };
    let mut line = Line::new().kind(kind).text(row.text("description")?);
    line.key = row.text(NUMBER)?;
    if kind == LineKind::Text {
        return Ok(line);
    }
    line.item = shared.linked(INVENTORY, item.clone());
    line.sku = item;
    line.quantity = signed(quantity);
    line.unit = row.text("uom")?;
    line.unit_price = price;
    line.vat_code = row.text("vatCode.id")?;
    line.account = row.text("account.number")?;
    line.net = signed(net);
    let percent = row.amount("discountPercent")?;
    let off = in_currency(row, "discountAmount")?;
    if nothing(&percent) && !nothing(&off) {
        line.discount_amount = signed(off);
    } else {
        line.discount_percent = percent;
    }
    Ok(line)
}

/// What is to become of the rows of a document, so that they are those lines.
pub(crate) fn encode(shared: &Shared, content: &Content, old: &[Wire], sign: Decimal) -> Result<Vec<Json>> {
    let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
    let mut left: Vec<Option<&Wire>> = old.iter().map(Some).collect();
    let mut rows = Vec::new();
    for (line, place) in lines.iter().zip(1_usize..) {
        document::check_discount(place, line)?;
        let wanted = wanted(shared, line, place, sign)?;
        let same_item = |row: &Wire| {
            let item = row.text("inventoryNumber").ok().and_then(Field::into_value);
            let named = item_number(line).filter(|_| !says_text(line));
            item.as_deref().map(str::to_lowercase) == named.map(str::to_lowercase)
        };
        match document::taken(&mut left, line, NUMBER, same_item) {
            None => rows.push(row("Insert", None, wanted)),
            Some(current) => {
                let changed: Vec<_> = wanted.into_iter().filter(|value| value.differs(current)).collect();
                if !changed.is_empty() {
                    rows.push(row("Update", current.get(NUMBER), changed));
                }
            }
        }
    }
    rows.extend(left.into_iter().flatten().map(|gone| row("Delete", gone.get(NUMBER), Vec::new())));
    Ok(rows)
}

fn row(operation: &str, number: Option<&Json>, values: Vec<Wanted>) -> Json {
    let mut body = Body::default();
    body.bare("operation", operation);
    if let Some(number) = number {
        body.wrapped(NUMBER, number.clone());
    }
    for value in values {
        body.wrapped(value.to, value.value);
    }
    body.json()
}

/// A value that a row is to have: where it stands when read, what it is called when written.
struct Wanted {
    at: &'static str,
    to: &'static str,
    value: Json,
}

impl Wanted {
    fn differs(&self, row: &Wire) -> bool {
        let amount = |json: &Json| json.as_number().and_then(|number| number.to_string().parse::<Decimal>().ok());
        match (row.get(self.at), &self.value) {
            (Some(is), wanted) if wanted.is_number() => amount(is) != amount(wanted),
            (None | Some(Json::Null), Json::String(wanted)) => !wanted.is_empty(),
            (is, wanted) => is != Some(wanted),
        }
    }
}

/// What a line says, in the vendor's words.
fn wanted(shared: &Shared, line: &Line, place: usize, sign: Decimal) -> Result<Vec<Wanted>> {
    let text = |at, to, value: &str| Wanted { at, to, value: Json::from(value) };
    let given = |at, to, value: Decimal| Wanted { at, to, value: number(value) };
    let mut wanted = Vec::new();
    let item = item_number(line).filter(|_| !says_text(line));
    if let Some(item) = item {
        wanted.push(text("inventoryNumber", "inventoryNumber", item));
    }
    match (&line.text, item) {
        (Field::Set(words), _) => wanted.push(text("description", "description", words)),
        // a row without an item is nothing but its text
        (_, None) => wanted.push(text("description", "description", "-")),
        _ => {}
    }
    if says_text(line) {
        wanted.push(given("quantity", "quantity", Decimal::ZERO));
    } else {
        let quantity = amount(place, "the quantity", line.quantity.value())?;
        let price = amount(place, "the unit price", line.unit_price.value())?;
        wanted.push(given("quantity", "quantity", (sign * quantity).normalize()));
        wanted.push(given("unitPriceInCurrency", "unitPriceInCurrency", price));
        let percent = line.discount_percent.value().copied().unwrap_or_default();
        let percent = amount(place, "the discount in percent", Some(&percent))?;
        wanted.push(given("discountPercent", "discountPercent", percent));
        if let Some(code) = line.vat_code.value() {
            wanted.push(text("vatCode.id", "vatCodeId", code));
        }
    }
    let account = line.account.as_deref().or(shared.config.line_account.as_deref().filter(|_| item.is_none()));
    match account {
        Some(account) => wanted.push(text("account.number", "accountNumber", account)),
        None if item.is_none() && !says_text(line) => {
            let what = "it names neither an item of Visma.net nor an account; link its item, or set line_account";
            return Err(refused(place, what));
        }
        None => {}
    }
    Ok(wanted)
}
