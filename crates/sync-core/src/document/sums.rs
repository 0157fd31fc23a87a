//! How lines add up at a target. Money is decimal, rounded half away from zero.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Trouble, content, totals};
use crate::{
    Result,
    model::{Line, LineKind, Money},
    value::FieldMap,
};

/// The sums of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) net: Decimal,
    pub(crate) vat: Decimal,
    pub(crate) gross: Decimal,
}

/// How a target adds up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// Prices on lines include VAT.
    pub(crate) with_vat: bool,
    /// VAT is rounded row by row.
    pub(crate) per_row: bool,
    /// Decimals of the currency.
    pub(crate) decimals: u32,
}

const HUNDRED: Decimal = Decimal::ONE_HUNDRED;

/// Quantity times price less the discount, as priced.
///
/// # Errors
/// `Invalid` for a number that is too large.
pub(crate) fn amount(line: &Line, decimals: u32) -> Result<Decimal> {
    let of = |field: &crate::Field<Decimal>| field.value().copied().unwrap_or_default();
    let whole = Money::checked_mul(of(&line.quantity), of(&line.unit_price))?;
    let percent = Money::checked_mul(whole, of(&line.discount_percent))? / HUNDRED;
    let left = Money::checked_sub(Money::checked_sub(whole, percent)?, of(&line.discount_amount))?;
    Ok(Money::round(left, decimals))
}

/// VAT on an amount, or in it.
///
/// # Errors
/// `Invalid` for a number that is too large.
pub(crate) fn vat(amount: Decimal, rate: Decimal, how: How) -> Result<Decimal> {
    let whole = if how.with_vat { HUNDRED + rate } else { HUNDRED };
    let share = Money::checked_mul(amount, rate)?;
    let share = share.checked_div(whole).unwrap_or_default(); // a rate of -100 % does not exist
    Ok(Money::round(share, how.decimals))
}

/// Adds lines up as the target does.
///
/// # Errors
/// `Invalid` for a number that is too large.
pub(crate) fn of(lines: &[Line], how: How) -> Result<Sums> {
    // by rate: what is priced, and the VAT of its rows
    let mut rates: BTreeMap<Decimal, (Decimal, Decimal)> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.kind.value() != Some(&LineKind::Text)) {
        let rate = line.vat_rate.value().copied().unwrap_or_default().normalize();
        let priced = amount(line, how.decimals)?;
        let own = vat(priced, rate, how)?;
        let (all, of_rows) = rates.entry(rate).or_default();
        *all = Money::checked_add(*all, priced)?;
        *of_rows = Money::checked_add(*of_rows, own)?;
    }
    let mut sums = Sums::default();
    for (rate, (priced, of_rows)) in rates {
        let vat = if how.per_row { of_rows } else { vat(priced, rate, how)? };
        let net = if how.with_vat { Money::checked_sub(priced, vat)? } else { priced };
        sums.net = Money::checked_add(sums.net, net)?;
        sums.vat = Money::checked_add(sums.vat, vat)?;
    }
    sums.gross = Money::checked_add(sums.net, sums.vat)?;
    Ok(sums)
}

/// Whether a target's record comes to what its source says, the vendor's own rounding taken out; and to the same VAT,
/// but for what each row may be rounded by.
///
/// # Errors
/// The two sums that differ.
pub(crate) fn agree(source: &FieldMap, shown: &FieldMap) -> std::result::Result<(), Trouble> {
    if let Some((source, target)) = totals(source, shown).filter(|(source, target)| source != target) {
        return Err(Trouble::Totals { source, target });
    }
    let (ours, theirs) = (content(source)?, content(shown)?);
    let lines: &[Line] = theirs.lines.value().map_or(&[], |lines| lines);
    let decimals = ours.currency.value().map_or(2, |currency| Money::decimals(currency));
    match (ours.vat.value(), theirs.vat.value()) {
        (Some(source), Some(target)) if (*source - *target).abs() > limit(lines, decimals)? => {
            Err(Trouble::Vat { source: *source, target: *target })
        }
        _ => Ok(()),
    }
}

/// How much a rounding row may make up: half a smallest unit for each piece, with VAT, and one for the total.
///
/// # Errors
/// `Invalid` for a number that is too large.
pub(crate) fn limit(lines: &[Line], decimals: u32) -> Result<Decimal> {
    let unit = Decimal::try_new(1, decimals).unwrap_or(Decimal::ONE);
    let pieces = Money::checked_sum(lines.iter().filter_map(|line| line.quantity.value()).map(Decimal::abs))?;
    let each = Money::checked_mul(unit, Decimal::new(65, 2))?;
    Money::checked_add(unit, Money::checked_mul(each, pieces)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }
    fn line(quantity: &str, price: &str, percent: &str, rate: &str) -> Line {
        let line = Line::new().kind(LineKind::Item).quantity(dec(quantity)).unit_price(dec(price));
        line.discount_percent(dec(percent)).vat_rate(dec(rate))
    }
    fn gross(lines: &[Line], with_vat: bool, per_row: bool) -> String {
        of(lines, How { with_vat, per_row, decimals: 2 }).unwrap().gross.normalize().to_string()
    }

    #[test]
    fn vat_per_row_and_per_rate_differ_by_the_roundings() {
        let lines = [line("1", "0.42", "0", "12"), line("1", "0.42", "0", "12"), line("1", "0.42", "0", "12")];
        assert_eq!(gross(&lines, false, true), "1.41"); // 3 × 0.05
        assert_eq!(gross(&lines, false, false), "1.41"); // 0.1512
        let lines = [line("1", "0.54", "0", "12"), line("1", "0.54", "0", "12"), line("1", "0.54", "0", "12")];
        assert_eq!(gross(&lines, false, true), "1.8"); // 3 × 0.06
        assert_eq!(gross(&lines, false, false), "1.81"); // 0.1944
    }

    #[test]
    fn prices_with_vat_add_up_to_what_is_paid_whatever_the_vat() {
        let lines = [line("3", "99.90", "10", "25"), line("1", "49", "0", "6"), line("-1", "10", "0", "25")];
        for per_row in [true, false] {
            assert_eq!(gross(&lines, true, per_row), "308.73");
        }
    }

    #[test]
    fn text_carries_no_money_and_a_discount_in_money_is_taken_off_once() {
        let text = Line::new().kind(LineKind::Text).unit_price(dec("5")).quantity(1);
        let row = line("2", "100", "0", "25").discount_amount(dec("20"));
        assert_eq!(gross(&[text, row], false, false), "225");
    }

    proptest! {
        #[test]
        fn net_and_vat_make_the_gross_and_the_ways_differ_by_less_than_a_unit_a_row(
            rows in prop::collection::vec((1_i64..5, 1_i64..100_000, prop::sample::select(vec![25, 12, 6, 0])), 1..8),
            with_vat: bool,
        ) {
            let lines: Vec<Line> = rows.iter().map(|(quantity, price, rate)| {
                Line::new().quantity(Decimal::from(*quantity)).unit_price(Decimal::new(*price, 2)).vat_rate(Decimal::from(*rate))
            }).collect();
            let [per_row, per_rate] = [true, false].map(|per_row| of(&lines, How { with_vat, per_row, decimals: 2 }).unwrap());
            prop_assert_eq!(per_row.net + per_row.vat, per_row.gross);
            prop_assert_eq!(per_rate.net + per_rate.vat, per_rate.gross);
            prop_assert!((per_row.vat - per_rate.vat).abs() <= Decimal::new(1, 2) * Decimal::from(lines.len()));
        }
    }
}
