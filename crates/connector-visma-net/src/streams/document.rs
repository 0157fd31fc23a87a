//! What orders and invoices have in common: how they add up, and which of their rows a line is.

use rust_decimal::Decimal;
use sync_core::{
    Error, ErrorKind, Field, FieldPath, Result,
    capability::{self, DocumentCapability, FieldCapability, StreamCapability},
    model::{Content, Line, LineKind, Order},
};

use crate::{
    columns::within,
    config::{Config, Prices},
    wire::Wire,
};

/// The most decimals that the vendor keeps of anything.
const SCALE_MAX: u32 = 4;

/// `leaf` of a document's content. Orders and invoices have it in the same place.
pub(crate) fn content(leaf: FieldPath) -> FieldPath {
    within(Order::CONTENT, leaf)
}

/// How documents add up. Whether VAT is rounded by row or by rate is not published, and differs by set-up.
pub(crate) fn capability(config: &Config, lines: &[FieldPath], names_items: bool) -> DocumentCapability {
    let mut document = DocumentCapability::default();
    document.arithmetic.prices = match config.prices {
        Prices::WithoutVat => capability::Prices::WithoutVat,
        Prices::WithVat => capability::Prices::WithVat,
    };
    document.arithmetic.price_scale = config.price_decimals;
    document.arithmetic.quantity_scale = config.quantity_decimals;
    document.arithmetic.discount_scale = Some(2);
    document.arithmetic.vat_per_row = None;
    document.lines = lines.iter().copied().collect();
    document.names_items = names_items;
    document
}

/// Declares lines and sums.
pub(crate) fn declare(can: &mut StreamCapability) {
    can.fields.insert(content(Content::LINES), FieldCapability::read_write());
    for path in [Content::NET, Content::VAT, Content::GROSS, Content::ROUNDING, Content::PRICES_INCLUDE_VAT] {
        can.fields.insert(content(path), FieldCapability::read_only());
    }
}

/// The sums of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) net: Decimal,
    pub(crate) vat: Decimal,
    pub(crate) gross: Decimal,
    pub(crate) rounding: Decimal,
}

impl Sums {
    /// Of what a document shows: its total, if it shows one yet (some companies see it after the release only), the sum
    /// of its rows less its discount, its VAT, and the size of its rounding, whose sign nobody tells.
    ///
    /// Whether the rows contain the VAT is not shown: where total, rows and VAT agree in one way, that way it is.
    pub(crate) fn of(total: Option<Decimal>, rows: Decimal, vat: Decimal, rounding: Decimal, with_vat: bool) -> Self {
        let bare = if with_vat { rows } else { rows + vat };
        let gross = total.filter(|total| !total.is_zero() || rows.is_zero()).unwrap_or(bare);
        let fits = |before: Decimal| (gross - before).abs() == rounding.abs();
        let before = [bare, rows + vat, rows].into_iter().find(|before| *before == gross || fits(*before));
        let rounding = before.map_or(Decimal::ZERO, |before| gross - before);
        Self { net: gross - vat - rounding, vat, gross, rounding }
    }
    /// The same with the other sign: a credit note shows what it takes off.
    pub(crate) fn negated(self) -> Self {
        Self { net: -self.net, vat: -self.vat, gross: -self.gross, rounding: -self.rounding }
    }
    /// Writes them into a content.
    pub(crate) fn put(self, content: &mut Content) {
        let plain = |amount: Decimal| Field::Set(amount.normalize());
        content.net = plain(self.net);
        content.vat = plain(self.vat);
        content.gross = plain(self.gross);
        content.rounding = plain(self.rounding);
    }
}

/// The amount in the document's currency, or the plain one where there is no other.
pub(crate) fn in_currency(wire: &Wire, name: &str) -> Result<Field<Decimal>> {
    Ok(match wire.amount(&format!("{name}InCurrency"))? {
        Field::Unknown => wire.amount(name)?,
        other => other,
    })
}

/// The number of the item that a line names: the record it is linked to, else what its source wrote.
pub(crate) fn item_number(line: &Line) -> Option<&str> {
    let linked = line.item.value().and_then(|link| link.external()).map(|item| &*item.id);
    linked.or(line.sku.as_deref()).filter(|number| !number.trim().is_empty())
}

/// Whether a line is text: it says so; or it says nothing of what it is, names nothing, and has no money.
pub(crate) fn says_text(line: &Line) -> bool {
    let nothing = |amount: &Field<Decimal>| amount.value().is_none_or(Decimal::is_zero);
    match line.kind.value() {
        Some(kind) => *kind == LineKind::Text,
        None => item_number(line).is_none() && nothing(&line.quantity) && nothing(&line.unit_price),
    }
}

/// The row of `old` that a line stands in for: the one with its key, else the next with the same item.
pub(crate) fn taken<'w>(
    old: &mut [Option<&'w Wire>],
    line: &Line,
    key: &str,
    same_item: impl Fn(&Wire) -> bool,
) -> Option<&'w Wire> {
    let wanted = line.key.as_deref();
    let same_key = |row: &Wire| row.text(key).ok().and_then(Field::into_value).as_deref() == wanted && wanted.is_some();
    let by_key = old.iter().position(|row| row.is_some_and(|row| same_key(row) && same_item(row)));
    let found = by_key.or_else(|| old.iter().position(|row| row.is_some_and(&same_item)))?;
    old.get_mut(found)?.take()
}

/// An amount of a line, with no more decimals than the vendor keeps.
pub(crate) fn amount(place: usize, what: &str, given: Option<&Decimal>) -> Result<Decimal> {
    let Some(amount) = given.map(Decimal::normalize) else {
        return Err(refused(place, &format!("{what} is missing")));
    };
    if amount.scale() > SCALE_MAX {
        return Err(refused(place, &format!("{what} {amount} has more than {SCALE_MAX} decimals; round it")));
    }
    Ok(amount)
}

/// A line that cannot be said in the vendor's words.
pub(crate) fn refused(place: usize, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, "encode", format!("line {place}: {what}")).with_context("field", "content.lines")
}

/// The discount of a line that cannot be sent as an amount: the core makes a row of it where it can.
pub(crate) fn check_discount(place: usize, line: &Line) -> Result<()> {
    match line.discount_amount.value().filter(|amount| !amount.is_zero()) {
        None => Ok(()),
        Some(amount) => {
            let what = format!("a discount of {amount} as an amount cannot be sent; give it as a line of its own");
            Err(refused(place, &what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn sums_are_read_in_each_form_that_may_be_met() {
        let zero = Decimal::ZERO;
        let right = Sums { net: dec("1800"), vat: dec("450"), gross: dec("2250"), rounding: zero };
        for (total, rows, with_vat) in
            [(Some("2250"), "1800", false), (Some("2250"), "2250", false), (None, "1800", false), (None, "2250", true)]
        {
            let sums = Sums::of(total.map(dec), dec(rows), dec("450"), zero, with_vat);
            assert_eq!(sums, right, "{total:?} {rows}");
        }
        // a total of zero before the release says nothing, and of nothing it is right
        assert_eq!(Sums::of(Some(zero), dec("1800"), dec("450"), zero, false), right);
        assert_eq!(Sums::of(Some(zero), zero, zero, zero, false).gross, zero);
        assert_eq!(right.negated().gross, dec("-2250"));
    }

    #[test]
    fn a_rounding_is_found_whatever_its_sign() {
        for sign in ["0.40", "-0.40"] {
            let sums = Sums::of(Some(dec("125.00")), dec("100.32"), dec("25.08"), dec(sign), false);
            assert_eq!(
                sums,
                Sums { net: dec("100.32"), vat: dec("25.08"), gross: dec("125.00"), rounding: dec("-0.40") }
            );
        }
        // rows that disagree do not replace the vendor's total
        let sums = Sums::of(Some(dec("500")), dec("1"), dec("100"), Decimal::ZERO, false);
        assert_eq!((sums.net, sums.gross, sums.rounding), (dec("400"), dec("500"), Decimal::ZERO));
    }
}
