//! How a mock's documents add up: the vendor's own arithmetic, which shares no code with the engine's.

use rust_decimal::{Decimal, RoundingStrategy};
use sync_core::{
    Field,
    model::{Line, LineKind},
};

/// Net, VAT and gross of a document, in its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Without VAT.
    pub(crate) net: Decimal,
    /// VAT.
    pub(crate) vat: Decimal,
    /// Both.
    pub(crate) gross: Decimal,
}

/// Rounds half away from zero.
pub(crate) fn rounded(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

fn of(field: &Field<Decimal>) -> Decimal {
    field.value().copied().unwrap_or_default()
}

/// What a line comes to after its discounts, as it is priced.
fn priced(line: &Line, Sizes { decimals, rounds_first }: Sizes) -> Decimal {
    let before = of(&line.quantity) * of(&line.unit_price);
    let before = if rounds_first { rounded(before, decimals) } else { before };
    let kept = (Decimal::ONE_HUNDRED - of(&line.discount_percent)) / Decimal::ONE_HUNDRED;
    rounded(before * kept - of(&line.discount_amount), decimals)
}

fn vat_of(amount: Decimal, rate: Decimal, with_vat: bool, decimals: u32) -> Decimal {
    let whole = if with_vat { Decimal::ONE_HUNDRED + rate } else { Decimal::ONE_HUNDRED };
    rounded(amount * rate / whole, decimals)
}

/// What amounts are rounded to, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Decimals of the currency.
    pub(crate) decimals: u32,
    /// A row's amount is rounded before its discount is taken off, and again after it.
    pub(crate) rounds_first: bool,
}

/// Adds lines up; `with_vat` says that their prices include it, `per_row` that VAT is rounded for each of them.
pub(crate) fn sums<'l>(lines: impl IntoIterator<Item = &'l Line>, with_vat: bool, per_row: bool, sizes: Sizes) -> Sums {
    let decimals = sizes.decimals;
    let money = lines.into_iter().filter(|line| line.kind.value() != Some(&LineKind::Text));
    let rows: Vec<(Decimal, Decimal)> = money.map(|line| (of(&line.vat_rate), priced(line, sizes))).collect();
    let whole: Decimal = rows.iter().map(|(_, amount)| *amount).sum();
    let vat: Decimal = if per_row {
        rows.iter().map(|(rate, amount)| vat_of(*amount, *rate, with_vat, decimals)).sum()
    } else {
        let mut rates: Vec<Decimal> = rows.iter().map(|(rate, _)| *rate).collect();
        rates.sort();
        rates.dedup();
        let of_rate = |rate: &Decimal| rows.iter().filter(|(own, _)| own == rate).map(|(_, amount)| *amount).sum();
        rates.iter().map(|rate| vat_of(of_rate(rate), *rate, with_vat, decimals)).sum()
    };
    if with_vat { Sums { net: whole - vat, vat, gross: whole } } else { Sums { net: whole, vat, gross: whole + vat } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Sizes = Sizes { decimals: 2, rounds_first: false };

    fn line(price: &str, rate: i64) -> Line {
        Line::new().quantity(1).unit_price(price.parse::<Decimal>().unwrap()).vat_rate(Decimal::from(rate))
    }

    #[test]
    fn vat_is_rounded_row_by_row_or_once_for_each_rate() {
        let lines = [line("0.54", 12), line("0.54", 12), line("0.54", 12)];
        assert_eq!(sums(&lines, false, true, TWO).gross.to_string(), "1.80");
        assert_eq!(sums(&lines, false, false, TWO).gross.to_string(), "1.81");
        assert_eq!(sums(&lines, true, true, TWO).gross.to_string(), "1.62");
    }
}
