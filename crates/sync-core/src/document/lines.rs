//! The lines that a target is to get: priced as it prices, with articles for what is no item, and a row that rounds.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{
    Trouble,
    sums::{self, How},
};
use crate::{
    capability::{Arithmetic, Prices},
    model::{Content, Field, Line, LineKind, Lines, Money},
    policy::DocumentTable,
    value::{FieldPath, Value},
};

/// Lines and sums for a target. `shown` is what its record shows now; of one that is to be made, nothing.
pub(crate) fn outgoing(
    table: &DocumentTable,
    source: &Content,
    shown: &Content,
    private: Option<bool>,
) -> Result<Content, Trouble> {
    let arithmetic = &table.cap.arithmetic;
    let decimals = source.currency.value().map_or(2, |currency| Money::decimals(currency));
    let with_vat = with_vat(arithmetic.prices, source, shown, private);
    let how = How { with_vat, per_row: per_row(arithmetic, shown, with_vat, decimals), decimals };
    let priced = Pricing { table, from_vat: source.prices_include_vat.value() == Some(&true), how };
    let mut lines = Vec::new();
    for line in source.lines.value().into_iter().flatten() {
        lines.extend(priced.lines(line)?);
    }
    let expected = sums::of(&lines, how)?;
    let mut gross = expected.gross;
    if let Some(due) = source.gross.value() {
        let off = Money::checked_sub(*due, expected.gross)?;
        if !off.is_zero() {
            lines.push(rounding(table, &lines, off, how).ok_or(Trouble::Totals { source: *due, target: gross })?);
            gross = *due;
        }
    }
    let lines: Vec<Line> = lines.into_iter().map(|line| only(line, &table.cap.lines)).collect();
    let net = Money::checked_sub(gross, expected.vat)?;
    Ok(Content::new()
        .lines(Lines::from(lines))
        .prices_include_vat(with_vat)
        .net(net.normalize())
        .vat(expected.vat.normalize())
        .gross(gross.normalize()))
}

fn with_vat(prices: Prices, source: &Content, shown: &Content, private: Option<bool>) -> bool {
    match prices {
        Prices::AsGiven => source.prices_include_vat.value() == Some(&true),
        Prices::WithoutVat => false,
        Prices::WithVat => true,
        Prices::ByBuyer => shown.prices_include_vat.value().copied().or(private).unwrap_or(false),
    }
}

/// Where nobody says how VAT is rounded, the record shows it: that way of adding up its lines which makes its total.
fn per_row(arithmetic: &Arithmetic, shown: &Content, with_vat: bool, decimals: u32) -> bool {
    arithmetic.vat_per_row.unwrap_or_else(|| {
        let lines: &[Line] = shown.lines.value().map_or(&[], |lines| lines);
        let due = shown.gross.value().map(|gross| gross - shown.rounding.value().copied().unwrap_or_default());
        let comes_to = |per_row| sums::of(lines, How { with_vat, per_row, decimals }).ok().map(|sums| sums.gross);
        due.is_some() && comes_to(false) != due && comes_to(true) == due
    })
}

/// The row that makes up what is left, if it is switched on and small enough.
fn rounding(table: &DocumentTable, lines: &[Line], off: Decimal, how: How) -> Option<Line> {
    let row = table.carriers.rounding.as_ref().filter(|row| row.enabled)?;
    if off.abs() > sums::limit(lines, how.decimals).ok()? {
        return None;
    }
    let line = Line::new().key("rounding".to_owned()).kind(LineKind::Rounding).sku(row.article.clone());
    Some(line.quantity(1).unit_price(off.normalize()).vat_rate(Decimal::ZERO))
}

struct Pricing<'a> {
    table: &'a DocumentTable,
    /// The source's prices include VAT.
    from_vat: bool,
    how: How,
}

impl Pricing<'_> {
    /// A line of the source: itself, and a row for a discount that the target cannot take on the line.
    fn lines(&self, line: &Line) -> Result<Vec<Line>, Trouble> {
        let kind = line.kind.value().copied().unwrap_or(LineKind::Item);
        if kind == LineKind::Text {
            return Ok(vec![line.clone()]);
        }
        let rate = line.vat_rate.value().copied().unwrap_or_default().normalize();
        let mut own = line.clone().kind(kind);
        if let Field::Set(price) = line.unit_price {
            own = own.unit_price(self.price(price, rate)?);
        }
        if !(kind == LineKind::Item || line.item.is_set() || line.sku.is_set()) {
            own = own.sku(self.carrier(kind, rate)?);
        }
        let takes_amounts = self.table.cap.lines.contains(&Line::DISCOUNT_AMOUNT);
        let scale = self.table.cap.arithmetic.discount_scale;
        let percent = line.discount_percent.value().copied().unwrap_or_default().normalize();
        let takes_percent = percent.is_zero() || scale.is_some_and(|scale| percent.scale() <= scale);
        let mut off = line.discount_amount.value().copied().unwrap_or_default();
        if !takes_percent {
            let whole = Line { discount_amount: Field::Unknown, discount_percent: Field::Unknown, ..line.clone() };
            let before = sums::amount(&whole, self.how.decimals)?;
            let after = sums::amount(&Line { discount_percent: line.discount_percent, ..whole }, self.how.decimals)?;
            off = Money::checked_add(off, Money::checked_sub(before, after)?)?;
            own = own.discount_percent(Decimal::ZERO);
        }
        if off.is_zero() {
            return Ok(vec![own]);
        }
        let off = self.price(off, rate)?;
        if takes_amounts {
            return Ok(vec![own.discount_amount(off)]);
        }
        let key = format!("{}-discount", line.key.as_deref().unwrap_or_default());
        let row = Line::new().key(key).kind(LineKind::Discount).sku(self.carrier(LineKind::Discount, rate)?);
        let row = row.quantity(1).unit_price(-off).vat_rate(rate);
        Ok(vec![own.discount_amount(Field::Unknown), row])
    }

    /// A price of the source's in the target's terms.
    fn price(&self, price: Decimal, rate: Decimal) -> Result<Decimal, Trouble> {
        let hundred = Decimal::ONE_HUNDRED;
        let price = match (self.from_vat, self.how.with_vat) {
            (false, true) => Money::checked_mul(price, hundred + rate)?.checked_div(hundred),
            (true, false) => Money::checked_mul(price, hundred)?.checked_div(hundred + rate),
            _ => Some(price),
        };
        let price = price.ok_or_else(|| Trouble::Unreadable("a price is too large".to_owned()))?;
        Ok(Money::round(price, self.table.cap.arithmetic.price_scale).normalize())
    }

    fn carrier(&self, kind: LineKind, rate: Decimal) -> Result<String, Trouble> {
        let article = self.table.carriers.article(kind, rate);
        article.map(str::to_owned).ok_or(Trouble::Carrier { kind, rate })
    }
}

/// A line without the leaves that the target does not take. What it is, and what it comes to, stays for whoever makes
/// the request of it.
fn only(line: Line, takes: &BTreeSet<FieldPath>) -> Line {
    let keep = |path: FieldPath| takes.is_empty() || takes.contains(&path);
    Line {
        text: if keep(Line::TEXT) { line.text } else { Field::Unknown },
        unit: if keep(Line::UNIT) { line.unit } else { Field::Unknown },
        account: if keep(Line::ACCOUNT) { line.account } else { Field::Unknown },
        cost_centre: if keep(Line::COST_CENTRE) { line.cost_centre } else { Field::Unknown },
        project: if keep(Line::PROJECT) { line.project } else { Field::Unknown },
        vat_code: if keep(Line::VAT_CODE) { line.vat_code } else { Field::Unknown },
        net: Field::Unknown,
        vat: Field::Unknown,
        ..line
    }
}

/// Leaves that say what a line is, and not what is written of it.
const SILENT: [FieldPath; 4] = [Line::KEY, Line::KIND, Line::NET, Line::VAT];

/// Whether lines are the same in every leaf that the target takes, of those that are wanted and shown.
pub(super) fn same(takes: &BTreeSet<FieldPath>, stored: &Value, wanted: &Value) -> bool {
    let (stored, wanted) = match (stored, wanted) {
        (Value::List(stored), Value::List(wanted)) => (stored.as_slice(), wanted.as_slice()),
        (Value::Null, Value::List(wanted)) => (&[][..], wanted.as_slice()),
        (Value::List(stored), Value::Null) => (stored.as_slice(), &[][..]),
        _ => return stored == wanted,
    };
    stored.len() == wanted.len()
        && stored.iter().zip(wanted).all(|pair| match pair {
            (Value::Map(stored), Value::Map(wanted)) => same_line(takes, stored, wanted),
            (stored, wanted) => stored == wanted,
        })
}

fn same_line(takes: &BTreeSet<FieldPath>, stored: &BTreeMap<String, Value>, wanted: &BTreeMap<String, Value>) -> bool {
    let (sku, item) = (Line::SKU.as_str(), Line::ITEM.as_str());
    let known = |line: &BTreeMap<String, Value>, name: &str| line.get(name).is_some_and(|value| !value.is_null());
    // an item is known by its number; its link may not be looked up yet
    let by_number = known(stored, sku) && known(wanted, sku);
    wanted.iter().filter(|(name, _)| !SILENT.iter().any(|path| path.as_str() == name.as_str())).all(|(name, wanted)| {
        let path = FieldPath::new(name);
        if (name == item && by_number) || !(takes.is_empty() || takes.contains(&path) || name == sku) {
            return true;
        }
        match (stored.get(name), wanted) {
            (None, _) | (_, Value::Null) => true,
            (Some(Value::Text(stored)), Value::Text(wanted)) if *name == Line::TEXT.as_str() => {
                // a text is cut to what fits
                stored == wanted || (!stored.is_empty() && wanted.starts_with(stored.as_str()))
            }
            (Some(Value::Null), Value::Decimal(wanted)) => wanted.is_zero(),
            (Some(stored), wanted) => match (stored.as_decimal(), wanted.as_decimal()) {
                (Some(stored), Some(wanted)) => stored == wanted,
                _ => stored == wanted,
            },
        }
    })
}
