//! Rows and totals: net rows, freight and fee are the net total, the same with each rate the VAT, and both the gross
//! total, to half an öre a piece with its VAT.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::records::{Files, amount, rows, text};

fn hundredth(percent: Decimal) -> Decimal {
    percent / Decimal::ONE_HUNDRED
}

/// Net and VAT of rows, freight and fee, with freight and fee as they are or with VAT in them.
fn sums(order: &Value, fees_have_vat: bool) -> [Decimal; 3] {
    let mut parts: Vec<(Decimal, Decimal)> = Vec::new();
    for row in rows(order, "items") {
        let whole = amount(row, "quantity") * amount(row, "unitPrice");
        let off = match text(row, "discountType") {
            "amount" => amount(row, "discount"),
            _ => whole * hundredth(amount(row, "discount")),
        };
        parts.push((whole - off, amount(row, "vatRate")));
    }
    for (cost, rate) in [("shippingCost", "shippingVatRate"), ("paymentFee", "paymentVatRate")] {
        let (cost, rate) = (amount(order, cost), amount(order, rate));
        parts.push((if fees_have_vat { cost / (Decimal::ONE + hundredth(rate)) } else { cost }, rate));
    }
    let net: Decimal = parts.iter().map(|(net, _)| net).sum();
    let vat: Decimal = parts.iter().map(|(net, rate)| net * hundredth(*rate)).sum();
    [net, vat, net + vat]
}

/// What rounded prices can make of so many pieces.
pub(crate) fn limit(order: &Value) -> Decimal {
    let pieces: Decimal = rows(order, "items").iter().map(|row| amount(row, "quantity")).sum();
    Decimal::new(1, 2) + Decimal::new(65, 4) * pieces
}

fn fits(order: &Value, fees_have_vat: bool) -> bool {
    let told = ["totalAmount", "totalVat", "amountToPay"].map(|name| amount(order, name));
    let limit = limit(order);
    sums(order, fees_have_vat).into_iter().zip(told).all(|(sum, told)| (sum - told).abs() <= limit)
}

/// Whether the rows add up to the totals in one of the two ways to read freight and fee.
pub(crate) fn adds_up(order: &Value) -> bool {
    fits(order, false) || fits(order, true)
}

pub(crate) fn check(files: &Files) {
    for order in files.list("starweb/orders") {
        let told = ["totalAmount", "totalVat", "amountToPay"].map(|name| amount(order, name));
        assert_eq!(told[0] + told[1], told[2], "{order}");
        assert!(told[2] > Decimal::ZERO && told.iter().all(|sum| sum.scale() <= 2), "{order}");
        if adds_up(order) {
            assert!(fits(order, false), "freight and fee are without VAT: {order}");
        }
    }
    let off = |order: &&&Value| sums(order, false)[2].round_dp(2) != amount(order, "amountToPay");
    let arriving = crate::orders::arriving(files);
    let count = arriving.iter().filter(off).count();
    eprintln!("{count} of {} orders are an öre or more off", arriving.len());
    assert!(count >= 5, "not only easy cases: {count}");
}
