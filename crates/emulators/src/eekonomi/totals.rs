//! The sums of a document from its rows.

use std::cmp::Reverse;

use rust_decimal::{Decimal, RoundingStrategy};

/// One row that carries money.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Pieces; negative to take back.
    pub(crate) quantity: Decimal,
    /// Per piece, with or without VAT as the document says.
    pub(crate) price: Decimal,
    /// A fraction of the price.
    pub(crate) discount: Decimal,
    /// VAT as a fraction.
    pub(crate) rate: Decimal,
}

/// How a document is summed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arithmetic {
    /// Prices include VAT.
    pub(crate) includes_vat: bool,
    /// VAT is rounded row by row, else once per rate.
    pub(crate) per_row: bool,
    /// The total is rounded to whole units.
    pub(crate) whole: bool,
}

/// The sums of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowSum {
    /// Quantity × price − discount, as priced.
    pub(crate) amount: Decimal,
    /// Without VAT.
    pub(crate) net: Decimal,
    /// With VAT.
    pub(crate) gross: Decimal,
}

/// The sums of a document. `net + vat + rounding` is what is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Row by row.
    pub(crate) rows: Vec<RowSum>,
    /// Without VAT.
    pub(crate) net: Decimal,
    /// VAT.
    pub(crate) vat: Decimal,
    /// What rounding to whole units adds.
    pub(crate) rounding: Decimal,
    /// Rate, net and VAT of each rate met, the highest first.
    pub(crate) rates: Vec<(Decimal, Decimal, Decimal)>,
}

impl Totals {
    /// What is to be paid.
    pub(crate) fn payable(&self) -> Decimal {
        self.net + self.vat + self.rounding
    }
}

/// Half away from zero, the one rule that the vendor names.
pub(crate) fn round(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// The VAT on (or in) an amount.
fn vat_of(amount: Decimal, rate: Decimal, includes_vat: bool) -> Decimal {
    let vat = if includes_vat { amount * rate / (Decimal::ONE + rate) } else { amount * rate };
    round(vat, 2)
}

/// Sums a document.
pub(crate) fn sum(lines: &[Line], how: Arithmetic) -> Totals {
    let mut rows = Vec::with_capacity(lines.len());
    // Per rate: what is priced, and the VAT of its rows.
    let mut rates: Vec<(Decimal, Decimal, Decimal)> = Vec::new();
    for line in lines {
        let amount = round(line.quantity * line.price * (Decimal::ONE - line.discount), 2);
        let vat = vat_of(amount, line.rate, how.includes_vat);
        let (net, gross) = if how.includes_vat { (amount - vat, amount) } else { (amount, amount + vat) };
        rows.push(RowSum { amount, net, gross });
        match rates.iter_mut().find(|(rate, _, _)| *rate == line.rate) {
            Some((_, priced, of_rows)) => {
                *priced += amount;
                *of_rows += vat;
            }
            None => rates.push((line.rate, amount, vat)),
        }
    }
    rates.sort_by_key(|(rate, _, _)| Reverse(*rate));
    let rates: Vec<_> = rates
        .into_iter()
        .map(|(rate, priced, of_rows)| {
            let vat = if how.per_row { of_rows } else { vat_of(priced, rate, how.includes_vat) };
            let net = if how.includes_vat { priced - vat } else { priced };
            (rate, net, vat)
        })
        .collect();
    let net = rates.iter().map(|(_, net, _)| *net).sum::<Decimal>();
    let vat = rates.iter().map(|(_, _, vat)| *vat).sum::<Decimal>();
    let rounding = if how.whole { round(net + vat, 0) - (net + vat) } else { Decimal::ZERO };
    Totals { rows, net, vat, rounding, rates }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn line(quantity: &str, price: &str, discount: &str, rate: &str) -> Line {
        Line { quantity: dec(quantity), price: dec(price), discount: dec(discount), rate: dec(rate) }
    }

    const NET: Arithmetic = Arithmetic { includes_vat: false, per_row: false, whole: false };

    #[test]
    fn net_prices_and_a_discount() {
        let totals = sum(&[line("2", "1000", "0.1", "0.25"), line("1", "0", "0", "0.25")], NET);
        assert_eq!((totals.net, totals.vat, totals.payable()), (dec("1800.00"), dec("450.00"), dec("2250.00")));
        assert_eq!(totals.rates, vec![(dec("0.25"), dec("1800"), dec("450"))]);
    }

    #[test]
    fn rounding_vat_per_row_differs_from_rounding_it_per_rate() {
        let lines = [line("1", "0.10", "0", "0.25"), line("1", "0.10", "0", "0.25")];
        assert_eq!(sum(&lines, NET).vat, dec("0.05"));
        assert_eq!(sum(&lines, Arithmetic { per_row: true, ..NET }).vat, dec("0.06"));
    }

    #[test]
    fn gross_prices_keep_their_sum_in_either_way() {
        let lines = [line("3", "19.90", "0", "0.12"), line("1", "49", "0", "0.12"), line("1", "9.90", "0", "0.06")];
        for per_row in [false, true] {
            let totals = sum(&lines, Arithmetic { includes_vat: true, per_row, whole: false });
            assert_eq!(totals.payable(), dec("118.60"));
        }
    }

    #[test]
    fn whole_units_round_half_away_from_zero() {
        let whole = Arithmetic { whole: true, ..NET };
        assert_eq!(sum(&[line("1", "100.40", "0", "0.25")], whole).rounding, dec("0.50"));
        let back = sum(&[line("-1", "100.40", "0", "0.25")], whole);
        assert_eq!((back.rounding, back.payable()), (dec("-0.50"), dec("-126.00")));
    }
}
