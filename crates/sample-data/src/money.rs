//! Amounts with and without VAT.

use rust_decimal::{Decimal, RoundingStrategy};

/// To two decimals, halves away from zero.
pub(crate) fn rounded(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
/// What is left without VAT of `rate` percent, exactly.
pub(crate) fn without_vat(gross: Decimal, rate: u32) -> Decimal {
    gross * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + Decimal::from(rate))
}
/// The VAT on a net amount, exactly.
pub(crate) fn vat_on(net: Decimal, rate: u32) -> Decimal {
    net * Decimal::from(rate) / Decimal::ONE_HUNDRED
}
/// The price without VAT as a shop keeps it: two decimals.
pub(crate) fn net_price(gross: Decimal, rate: u32) -> Decimal {
    rounded(without_vat(gross, rate))
}
/// The price with VAT, two decimals.
pub(crate) fn gross_price(net: Decimal, rate: u32) -> Decimal {
    rounded(net + vat_on(net, rate))
}
