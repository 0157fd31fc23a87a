//! Amounts: a group of amount and currency, and arithmetic to the smallest unit.

use rust_decimal::{Decimal, RoundingStrategy};

use super::declare::fields;
use super::field::Field;
use crate::{Error, ErrorKind, Result};

fields! {
    /// An amount in a currency. It is decided as one value.
    pub struct Money {
        /// The amount, in whole units of the currency: `10.50`.
        amount: Field<Decimal>,
        /// Currency, ISO 4217: `SEK`.
        currency: Field<String>,
    }
}

impl Money {
    /// An amount in a currency.
    pub fn of(amount: impl Into<Field<Decimal>>, currency: &str) -> Self {
        Self::new().amount(amount).currency(currency)
    }
    /// Decimals of a currency's smallest unit by ISO 4217; 2 for all that are not known to differ.
    pub fn decimals(currency: &str) -> u32 {
        match currency {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
    /// Rounds half away from zero, as invoices do: 0.125 to two decimals is 0.13, -0.125 is -0.13.
    pub fn round(amount: Decimal, decimals: u32) -> Decimal {
        amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
    }
    /// The sum.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is too large for a decimal.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Decimal>) -> Result<Decimal> {
        amounts.into_iter().try_fold(Decimal::ZERO, Self::checked_add)
    }
    /// `left + right`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is too large for a decimal.
    pub fn checked_add(left: Decimal, right: Decimal) -> Result<Decimal> {
        left.checked_add(right).ok_or_else(|| too_large("add amounts"))
    }
    /// `left - right`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is too large for a decimal.
    pub fn checked_sub(left: Decimal, right: Decimal) -> Result<Decimal> {
        left.checked_sub(right).ok_or_else(|| too_large("subtract amounts"))
    }
    /// `left * right`: a price times a quantity, an amount times a rate.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is too large for a decimal.
    pub fn checked_mul(left: Decimal, right: Decimal) -> Result<Decimal> {
        left.checked_mul(right).ok_or_else(|| too_large("multiply amounts"))
    }
    /// Splits `total` in proportion to `weights`, in steps of the smallest unit (`decimals` 2: 0.01). The parts add up
    /// to the total exactly and each lies less than one smallest unit from its exact share: what remains after
    /// rounding down goes to the largest remainders, the first among equals. Weights below zero (returned goods) count
    /// as such.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the total is finer than the smallest unit, the weights add up to nothing while the
    /// total does not, or a product is too large for a decimal.
    pub fn allocate(total: Decimal, weights: &[Decimal], decimals: u32) -> Result<Vec<Decimal>> {
        if Self::round(total, decimals) != total {
            return Err(refused(format!("{total} is finer than {decimals} decimals and cannot be split exactly")));
        }
        if total.is_zero() {
            return Ok(vec![Decimal::ZERO; weights.len()]);
        }
        let whole = Self::checked_sum(weights.iter().copied())?;
        if whole.is_zero() {
            return Err(refused(format!("{total} cannot be split: the weights add up to nothing")));
        }
        let unit = Decimal::try_new(1, decimals).map_err(|_| refused(format!("{decimals} decimals are too many")))?;
        let units = total.checked_div(unit).ok_or_else(|| too_large(ALLOCATE))?;
        let mut parts = Vec::with_capacity(weights.len());
        for weight in weights {
            let share = units.checked_mul(*weight).and_then(|part| part.checked_div(whole));
            let share = share.ok_or_else(|| too_large(ALLOCATE))?;
            parts.push((share.floor(), share - share.floor()));
        }
        let mut left = Self::checked_sub(units, Self::checked_sum(parts.iter().map(|(down, _)| *down))?)?;
        let mut by_remainder: Vec<&mut (Decimal, Decimal)> = parts.iter_mut().collect();
        by_remainder.sort_by_key(|(_, remainder)| std::cmp::Reverse(*remainder)); // stable: the first among equals
        for (down, _) in by_remainder {
            if left < Decimal::ONE {
                break;
            }
            *down = Self::checked_add(*down, Decimal::ONE)?;
            left = Self::checked_sub(left, Decimal::ONE)?;
        }
        if !left.is_zero() {
            return Err(too_large(ALLOCATE)); // the shares had more digits than a decimal holds
        }
        parts.into_iter().map(|(part, _)| Self::checked_mul(part, unit)).collect()
    }
}

const ALLOCATE: &str = "split an amount";

fn refused(why: String) -> Error {
    Error::new(ErrorKind::Invalid, ALLOCATE, why)
}
fn too_large(operation: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, operation, "the result is too large for a decimal number")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(total: &str, weights: &[i64], decimals: u32) -> Vec<String> {
        let weights: Vec<Decimal> = weights.iter().copied().map(Decimal::from).collect();
        let parts = Money::allocate(total.parse().unwrap(), &weights, decimals).unwrap();
        parts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_odd_unit_goes_to_the_largest_remainder_and_the_first_among_equals() {
        assert_eq!(split("10.00", &[1, 1, 1], 2), ["3.34", "3.33", "3.33"]);
        assert_eq!(split("-10.00", &[1, 1, 1], 2), ["-3.33", "-3.33", "-3.34"]);
        assert_eq!(split("0.05", &[30, 70], 2), ["0.02", "0.03"]);
        assert_eq!(split("100", &[3, 0, 4], 0), ["43", "0", "57"]);
        assert_eq!(split("40.00", &[500, -100], 2), ["50.00", "-10.00"]);
        assert_eq!(split("0", &[0, 0], 2), ["0", "0"]);
    }

    #[test]
    fn what_cannot_be_split_exactly_is_refused() {
        let one = Decimal::ONE;
        let huge = Decimal::MAX / Decimal::TWO;
        for (total, weights) in [
            ("0.001", vec![one]),
            ("1", vec![]),
            ("1", vec![one, -one]),
            ("79228162514264337593543950335", vec![one, one]),
            ("1000", vec![huge, one]),
        ] {
            let refused = Money::allocate(total.parse().unwrap(), &weights, 2).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Invalid, "{total} {weights:?}");
        }
        assert!(Money::checked_add(Decimal::MAX, one).is_err());
        assert!(Money::checked_sub(Decimal::MIN, one).is_err());
        assert!(Money::checked_mul(Decimal::MAX, Decimal::TWO).is_err());
        assert!(Money::checked_sum([Decimal::MAX, one]).is_err());
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (exact, rounded) in [("0.125", "0.13"), ("-0.125", "-0.13"), ("0.124", "0.12"), ("2.675", "2.68")] {
            assert_eq!(Money::round(exact.parse().unwrap(), 2).to_string(), rounded);
        }
        assert_eq!((Money::decimals("SEK"), Money::decimals("ISK"), Money::decimals("KWD")), (2, 0, 3));
    }

    proptest! {
        #[test]
        fn parts_add_up_and_lie_within_one_unit_of_their_share(
            total in -100_000_000_i64..100_000_000,
            weights in prop::collection::vec(0_i64..1_000_000, 1..30),
            decimals in 0_u32..4,
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let total = Decimal::new(total, decimals);
            let weights: Vec<Decimal> = weights.into_iter().map(|weight| Decimal::new(weight, 2)).collect();
            let whole: Decimal = weights.iter().sum();
            let parts = Money::allocate(total, &weights, decimals).unwrap();
            prop_assert_eq!(parts.iter().sum::<Decimal>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                let share = total * weight / whole;
                prop_assert!((part - share).abs() < Decimal::new(1, decimals), "{} for {}", part, share);
                prop_assert_eq!(Money::round(*part, decimals), *part);
            }
        }
    }
}
