//! Rows of orders. They lie beside the order, under ids that stay; new ones, changed ones and gone ones are three calls.

use rust_decimal::Decimal;
use serde_json::Value as Json;
use sync_core::{
    Field, FieldPath, Result,
    model::{Content, DeliveredLine, Line, LineKind, Lines},
};

use super::{
    Shared,
    document::{self, amount, item_number, refused, says_text},
    inventory::INVENTORY,
};
use crate::{
    config::Prices,
    wire::{Body, Wire, number},
};

/// What of a line is sent. Unit and VAT follow from the item.
pub(crate) const LEAVES: [FieldPath; 5] =
    [Line::ITEM, Line::TEXT, Line::QUANTITY, Line::UNIT_PRICE, Line::DISCOUNT_PERCENT];
/// Room for a row's text.
const TEXT_MAX: usize = 256;
const ID: &str = "lineId";
/// Keys of the rows that stand on no row of the order.
const FREIGHT: &str = "freight";
const DISCOUNT: &str = "discount";

/// The rows of an order and what its head adds to them.
pub(crate) struct Shown {
    pub(crate) lines: Field<Lines<Line>>,
    pub(crate) delivered: Field<Lines<DeliveredLine>>,
    /// Ordered and billed, over all rows, where the order tells.
    pub(crate) billed: Option<(Decimal, Decimal)>,
    /// Something has left, and something is still to.
    pub(crate) partly: bool,
    /// Sum of all lines.
    pub(crate) net: Decimal,
}

/// What the rows of an order show.
pub(crate) fn decode(shared: &Shared, rows: &[Wire], read: &Wire) -> Result<Shown> {
    let (mut lines, mut delivered) = (Vec::new(), Vec::new());
    let (mut ordered, mut billed, mut left, mut net) = (Decimal::ZERO, None, Decimal::ZERO, Decimal::ZERO);
    for row in rows {
        let line = line(shared, row)?;
        net += line.net.value().copied().unwrap_or_default();
        if let (Field::Set(quantity), Field::Set(open)) = (row.amount("quantity")?, row.amount("openQuantity")?)
            && line.kind.value() == Some(&LineKind::Item)
        {
            let gone = (quantity - open).normalize();
            left += gone.abs();
            ordered += quantity.abs();
            let mut one = DeliveredLine::new().delivered(gone).remaining(open);
            (one.key, one.sku) = (line.key.clone(), line.sku.clone());
            delivered.push(one);
        }
        if let Field::Set(amount) = row.amount("billedQuantity")? {
            billed = Some(billed.unwrap_or(Decimal::ZERO) + amount.abs());
        }
        lines.push(line);
    }
    let extra = head_rows(shared, read, net)?;
    net += extra.iter().filter_map(|line| line.net.value()).sum::<Decimal>();
    lines.extend(extra);
    Ok(Shown {
        lines: lines.into(),
        delivered: if delivered.is_empty() { Field::Unknown } else { delivered.into() },
        billed: billed.map(|billed| (ordered, billed)),
        partly: !left.is_zero() && left < ordered,
        net,
    })
}

/// Freight, and the discount on the whole order, which stand on no row: the discount only where the total shows that the
/// rows do not contain it.
fn head_rows(shared: &Shared, read: &Wire, rows: Decimal) -> Result<Vec<Line>> {
    let total = |name: &str| Ok::<_, sync_core::Error>(read.amount(name)?.into_value().unwrap_or_default());
    let (freight, off) = (total("totals.freightTotal")?, total("totals.discountTotal")?);
    let (gross, vat) = (total("totals.orderTotal")?, total("totals.taxTotal")?);
    let bare = if shared.config.prices == Prices::WithVat { gross } else { gross - vat };
    let one = |key: &str, kind, price: Decimal| {
        Line::new().key(key).kind(kind).quantity(Decimal::ONE).unit_price(price.normalize()).net(price.normalize())
    };
    let mut lines = Vec::new();
    if !freight.is_zero() {
        lines.push(one(FREIGHT, LineKind::Freight, freight));
    }
    if !off.is_zero() && rows + freight - off == bare {
        lines.push(one(DISCOUNT, LineKind::Discount, -off));
    }
    Ok(lines)
}

fn line(shared: &Shared, row: &Wire) -> Result<Line> {
    let sign = match row.text("operation")?.as_deref() {
        Some("Receipt") => Decimal::NEGATIVE_ONE, // goods that come back
        _ => Decimal::ONE,
    };
    let signed = |amount: Field<Decimal>| amount.map(|amount| (sign * amount).normalize());
    let item = row.text("inventory.id")?;
    let price = row.amount("unitPrice")?;
    let is_text = shared.config.text_item.is_some()
        && item.as_deref() == shared.config.text_item.as_deref()
        && price.value().is_none_or(Decimal::is_zero);
    let mut line = Line::new().kind(if is_text { LineKind::Text } else { LineKind::Item });
    line.key = row.text(ID)?;
    line.text = row.text("description")?;
    if is_text {
        return Ok(line);
    }
    line.item = shared.linked(INVENTORY, item.clone());
    line.sku = item;
    line.quantity = signed(row.amount("quantity")?);
    line.unit = row.text("unitOfMeasure")?;
    line.unit_price = price;
    line.vat_code = row.text("taxCategoryId")?;
    line.account = row.text("salesAccountId")?;
    let (percent, off) = (row.amount("discountPercent")?, row.amount("discountAmount")?);
    let nothing = |amount: &Field<Decimal>| amount.value().is_none_or(Decimal::is_zero);
    line.net = match (row.amount("lineTotalBeforeDiscount")?, row.amount("extendedPrice")?) {
        (_, price) if nothing(&off) => signed(price),
        (Field::Set(whole), _) => signed(Field::Set(whole - off.value().copied().unwrap_or_default())),
        _ => Field::Unknown,
    };
    if nothing(&percent) && !nothing(&off) {
        line.discount_amount = signed(off);
    } else {
        line.discount_percent = percent;
    }
    Ok(line)
}

/// What is to become of the rows of an order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) new: Vec<Json>,
    pub(crate) changed: Vec<Json>,
    pub(crate) gone: Vec<String>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.gone.is_empty()
    }
}

/// How the rows of an order become those lines.
pub(crate) fn encode(shared: &Shared, content: &Content, old: &[Wire]) -> Result<Changes> {
    let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
    let mut left: Vec<Option<&Wire>> = old.iter().map(Some).collect();
    let mut changes = Changes::default();
    // what stands on the head of an order is no row of it
    let of_head = |line: &Line| matches!(line.key.as_deref(), Some(FREIGHT | DISCOUNT)) && item_number(line).is_none();
    for (line, place) in lines.iter().zip(1_usize..).filter(|(line, _)| !of_head(line)) {
        document::check_discount(place, line)?;
        let wanted = wanted(shared, line, place)?;
        let named = wanted.0.get("inventoryId").and_then(Json::as_str).map(str::to_lowercase);
        let same_item = |row: &Wire| {
            let item = row.text("inventory.id").ok().and_then(Field::into_value);
            item.map(|item| item.to_lowercase()) == named
        };
        match document::taken(&mut left, line, ID, same_item) {
            None => changes.new.push(wanted.json()),
            Some(row) => changes.changed.extend(changed(wanted, row)),
        }
    }
    let ids = left.into_iter().flatten().map(|row| row.text(ID));
    changes.gone = ids.filter_map(|id| id.map(Field::into_value).transpose()).collect::<Result<_>>()?;
    Ok(changes)
}

/// The values of a row that are others than it has, with its id.
fn changed(wanted: Body, row: &Wire) -> Option<Json> {
    let amount = |json: &Json| json.as_number().and_then(|number| number.to_string().parse::<Decimal>().ok());
    let differs = |name: &str, value: &Json| match row.get(name) {
        Some(is) if value.is_number() => amount(is) != amount(value),
        is => is != Some(value),
    };
    let mut body = Body::default();
    for (name, value) in wanted.0 {
        // the item of a row is what it was matched by; the other two go with what they are about
        let beside = ["inventoryId", "hasManualPrice", "hasManualDiscount"].contains(&name.as_str());
        if !beside && differs(&name, &value) {
            body.plain(&name, value);
        }
    }
    let (price, discount) = (body.0.contains_key("unitPrice"), body.0.contains_key("discountPercent"));
    if body.is_empty() {
        return None;
    }
    // without this word a price or a discount that is given is thrown away
    if price {
        body.plain("hasManualPrice", true);
    }
    if discount {
        body.plain("hasManualDiscount", true);
    }
    body.plain(ID, row.get(ID)?.clone());
    Some(body.json())
}

/// A row in the vendor's words.
fn wanted(shared: &Shared, line: &Line, place: usize) -> Result<Body> {
    let mut body = Body::default();
    let cut = |text: &str| text.chars().take(TEXT_MAX).collect::<String>();
    if says_text(line) {
        let Some(item) = &shared.config.text_item else {
            let what = "it is text, and the order service takes no line without an item: set text_item";
            return Err(refused(place, what));
        };
        body.plain("inventoryId", item.as_str());
        body.plain("description", cut(line.text.as_deref().unwrap_or("-")));
        for name in ["quantity", "unitPrice", "discountPercent"] {
            body.plain(name, number(Decimal::ZERO));
        }
    } else {
        let Some(item) = item_number(line) else {
            return Err(refused(place, "it names no item of Visma.net; create the item there, or link it"));
        };
        body.plain("inventoryId", item);
        if let Field::Set(text) = &line.text {
            body.plain("description", cut(text));
        }
        let quantity = amount(place, "the quantity", line.quantity.value())?;
        let price = amount(place, "the unit price", line.unit_price.value())?;
        let percent = line.discount_percent.value().copied().unwrap_or_default();
        let percent = amount(place, "the discount in percent", Some(&percent))?;
        if quantity.is_sign_negative() && !quantity.is_zero() {
            body.plain("operation", "Receipt");
        }
        body.plain("quantity", number(quantity.abs()));
        body.plain("unitPrice", number(price));
        body.plain("discountPercent", number(percent));
    }
    body.plain("hasManualPrice", true);
    body.plain("hasManualDiscount", true);
    Ok(body)
}
