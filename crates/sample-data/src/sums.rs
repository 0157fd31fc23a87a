//! What rows add up to: in the shop, and in an ERP that takes them over.

use rust_decimal::Decimal;

use crate::money::{gross_price, rounded, vat_on, without_vat};

/// What is taken off a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Discount {
    #[default]
    None,
    /// Of the row.
    Percent(Decimal),
    /// Once for the whole row, without VAT.
    Amount(Decimal),
}

/// What a row, freight or a fee is worth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Priced {
    pub(crate) quantity: Decimal,
    /// Without VAT, two decimals.
    pub(crate) net: Decimal,
    /// What the shopper saw, where that is with VAT: then it decides.
    pub(crate) gross: Option<Decimal>,
    pub(crate) rate: u32,
    pub(crate) discount: Discount,
}

/// The sums of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) net: Decimal,
    pub(crate) vat: Decimal,
    pub(crate) gross: Decimal,
}

impl Sums {
    /// As the shop works them out: exactly, and rounded at the end.
    pub(crate) fn of_shop(rows: &[Priced]) -> Self {
        let (mut exact_net, mut exact_vat) = (Decimal::ZERO, Decimal::ZERO);
        for row in rows {
            let (net, vat) = in_shop(row);
            exact_net += net;
            exact_vat += vat;
        }
        let (gross, vat) = (rounded(exact_net + exact_vat), rounded(exact_vat));
        Self { net: gross - vat, vat, gross }
    }
    /// Whether the order can be taken over: the differences are such as rounded prices make, half an öre a piece with
    /// its VAT, in each way in which an ERP may add up.
    pub(crate) fn can_be_met(&self, rows: &[Priced], pieces: Decimal) -> bool {
        let most = Decimal::new(1, 2) + Decimal::new(65, 4) * pieces;
        let near = |other: Self| {
            let off = [other.net - self.net, other.vat - self.vat, other.gross - self.gross];
            off.iter().all(|off| off.abs() <= most)
        };
        let ways = [(false, false), (false, true), (true, false), (true, true)];
        near(exactly(rows)) && ways.into_iter().all(|(with_vat, by_row)| near(in_erp(rows, with_vat, by_row)))
    }
}

fn in_shop(row: &Priced) -> (Decimal, Decimal) {
    match row.gross {
        None => {
            let net = after(row.quantity * row.net, row.discount, Decimal::ONE);
            (net, vat_on(net, row.rate))
        }
        Some(price) => {
            let off = Decimal::ONE + Decimal::from(row.rate) / Decimal::ONE_HUNDRED;
            let gross = after(row.quantity * price, row.discount, off);
            let net = without_vat(gross, row.rate);
            (net, gross - net)
        }
    }
}

/// What the rows say, to be read without knowing what the shopper saw.
fn exactly(rows: &[Priced]) -> Sums {
    let shown = rows.iter().map(|row| in_shop(&Priced { gross: None, ..*row }));
    let (net, vat) = shown.fold((Decimal::ZERO, Decimal::ZERO), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    Sums { net, vat, gross: net + vat }
}

/// Sums in an ERP whose prices have two decimals, with VAT or without, and whose VAT is rounded by row or by rate. A
/// discount in money is a row of its own there.
fn in_erp(rows: &[Priced], with_vat: bool, by_row: bool) -> Sums {
    let mut amounts: Vec<(u32, Decimal)> = Vec::new();
    for row in rows {
        let price = |net: Decimal| if with_vat { gross_price(net, row.rate) } else { net };
        let (percent, own_row) = match row.discount {
            Discount::None => (Discount::None, None),
            Discount::Percent(_) => (row.discount, None),
            Discount::Amount(amount) => (Discount::None, Some(-price(amount))),
        };
        amounts.push((row.rate, rounded(after(row.quantity * price(row.net), percent, Decimal::ONE))));
        amounts.extend(own_row.map(|amount| (row.rate, amount)));
    }
    let vat_of = |rate: u32, amount: Decimal| {
        rounded(if with_vat { amount - without_vat(amount, rate) } else { vat_on(amount, rate) })
    };
    let all: Decimal = amounts.iter().map(|(_, amount)| amount).sum();
    let vat: Decimal = if by_row {
        amounts.iter().map(|(rate, amount)| vat_of(*rate, *amount)).sum()
    } else {
        let of_rate = |rate: u32| amounts.iter().filter(|(own, _)| *own == rate).map(|(_, amount)| amount).sum();
        [25, 12, 6, 0].into_iter().map(|rate| vat_of(rate, of_rate(rate))).sum()
    };
    let net = if with_vat { all - vat } else { all };
    Sums { net, vat, gross: net + vat }
}

/// What is left; `worth` is what one unit of a discount in money takes off.
fn after(whole: Decimal, discount: Discount, worth: Decimal) -> Decimal {
    match discount {
        Discount::None => whole,
        Discount::Percent(percent) => whole * (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED,
        Discount::Amount(amount) => whole - amount * worth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }
    fn row(quantity: i64, net: &str, gross: &str, rate: u32) -> Priced {
        Priced { quantity: quantity.into(), net: dec(net), gross: Some(dec(gross)), rate, discount: Discount::None }
    }

    #[test]
    fn what_the_shopper_saw_decides() {
        let sums = Sums::of_shop(&[row(3, "88.39", "99", 12)]);
        assert_eq!((sums.net, sums.vat, sums.gross), (dec("265.18"), dec("31.82"), dec("297")));
    }

    #[test]
    fn half_an_ore_a_piece_can_be_met_and_a_krona_cannot() {
        let rows = [row(3, "88.39", "99", 12)];
        let sums = Sums::of_shop(&rows);
        assert!(sums.can_be_met(&rows, 3.into()));
        let other = Sums { net: sums.net + Decimal::ONE, gross: sums.gross + Decimal::ONE, ..sums };
        assert!(!other.can_be_met(&rows, 3.into()));
    }

    #[test]
    fn a_price_that_does_not_come_back_with_its_vat_is_found() {
        // 149.02 is 119.22 without VAT, and that is 149.03 with it
        let rows = [row(10, "119.22", "149.02", 25)];
        assert!(!Sums::of_shop(&rows).can_be_met(&rows, 10.into()));
    }
}
