//! The arithmetic of an order.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::json;

use crate::frame::Switches;

use super::{
    order::{Item, Order},
    switches::FEES_ARE,
    value::{amount, number, text},
};

/// Net and VAT of one part of an order, not rounded.
#[derive(Clone, Copy, Default)]
struct Part {
    net: Decimal,
    vat: Decimal,
}

impl Part {
    fn of_net(net: Decimal, rate: Decimal) -> Self {
        Self { net, vat: net * rate / Decimal::ONE_HUNDRED }
    }

    fn of_gross(gross: Decimal, rate: Decimal) -> Self {
        let net = without_vat(gross, rate);
        Self { net, vat: gross - net }
    }
}

/// What is left of an amount with VAT when the VAT is taken out.
pub(super) fn without_vat(gross: Decimal, rate: Decimal) -> Decimal {
    gross * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate)
}

/// Halves go away from zero.
pub(super) fn rounded(amount: Decimal, digits: u32) -> Decimal {
    amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

fn row(item: &Item) -> Part {
    let fields = &item.fields;
    let (quantity, rate) = (amount(fields, "quantity"), amount(fields, "vatRate"));
    let discount = amount(fields, "discount");
    let percent = text(fields, "discountType") != "amount";
    let left = |whole: Decimal, once: Decimal| {
        if percent { whole * (Decimal::ONE_HUNDRED - discount) / Decimal::ONE_HUNDRED } else { whole - once }
    };
    match item.with_vat {
        Some(price) => Part::of_gross(left(quantity * price, discount + Part::of_net(discount, rate).vat), rate),
        None => Part::of_net(left(quantity * amount(fields, "unitPrice"), discount), rate),
    }
}

/// Writes the totals that follow from the order's rows, freight and fee.
pub(super) fn write(order: &mut Order, switches: &Switches) {
    let fee = |cost: &str, rate: &str| {
        let (cost, rate) = (amount(&order.fields, cost), amount(&order.fields, rate));
        if switches.is(&FEES_ARE, "net") { Part::of_net(cost, rate) } else { Part::of_gross(cost, rate) }
    };
    let fees = [fee("shippingCost", "shippingVatRate"), fee("paymentFee", "paymentVatRate")];
    let parts = order.items.iter().map(row).chain(fees);
    let exact = parts.fold(Part::default(), |sum, part| Part { net: sum.net + part.net, vat: sum.vat + part.vat });

    let digits = order.fields.get("currencyPrecision").and_then(|digits| u32::try_from(digits.as_u64()?).ok());
    let digits = digits.unwrap_or(2);
    let to_pay = rounded(exact.net + exact.vat, digits);
    let vat = rounded(exact.vat, digits);
    let amounts = [("amountToPay", to_pay), ("totalVat", vat), ("totalAmount", to_pay - vat)];
    for (name, amount) in amounts {
        order.fields.insert(name.into(), number(amount));
    }
    write_in_base(order);
}

/// Writes the amounts in the shop's currency. The rate is the order's currency for one of the shop's.
pub(super) fn write_in_base(order: &mut Order) {
    let rate = Some(amount(&order.fields, "currencyExchangeRate")).filter(|rate| !rate.is_zero());
    for name in ["totalAmount", "totalVat", "amountToPay", "amountPaid"] {
        let in_base = rounded(amount(&order.fields, name) / rate.unwrap_or(Decimal::ONE), 2);
        order.fields.insert(format!("{name}InBaseCurrency"), number(in_base));
    }
    order.fields.entry("totalWeight").or_insert(json!(0));
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::starweb::{order::defaults, switches::ALL, value::fields};

    fn order(rows: serde_json::Value) -> Order {
        let at = DateTime::UNIX_EPOCH;
        let items = rows.as_array().unwrap().iter().map(|row| Item::new(1, fields(row.clone()), 0)).collect();
        let none = Vec::new;
        let (fields, addresses) = (defaults(), Default::default());
        Order { id: 1, created: at, modified: at, fields, items, addresses, services: none(), comments: none() }
    }

    fn sums(order: &Order) -> [String; 3] {
        ["totalAmount", "totalVat", "amountToPay"].map(|name| amount(&order.fields, name).to_string())
    }

    #[test]
    fn discounts_fees_and_vat_rates_add_up() {
        let mut order = order(json!([
            { "quantity": 2, "unitPrice": 100, "vatRate": 25, "discount": 10 },
            { "quantity": 1, "unitPrice": 50, "vatRate": 12 },
            { "quantity": 3, "unitPrice": 10, "vatRate": 25, "discount": 5, "discountType": "amount" },
        ]));
        order.fields.insert("shippingCost".into(), json!(39.2));
        order.fields.insert("shippingVatRate".into(), json!(25));
        write(&mut order, &Switches::new(ALL));
        assert_eq!(sums(&order), ["294.2", "67.05", "361.25"]);
    }

    #[test]
    fn fees_with_vat_are_taken_apart_when_the_switch_says_so() {
        let mut order = order(json!([]));
        order.fields.insert("paymentFee".into(), json!(125));
        order.fields.insert("paymentVatRate".into(), json!(25));
        let mut switches = Switches::new(ALL);
        switches.set(&fields(json!({ "fees_are": "gross" }))).unwrap();
        write(&mut order, &switches);
        assert_eq!(sums(&order), ["100", "25", "125"]);
    }

    #[test]
    fn prices_with_vat_make_round_totals_from_rounded_rows() {
        let mut order = order(json!([{ "quantity": 3, "unitPrice": 88.39, "vatRate": 12 }]));
        order.items[0].with_vat = Some(Decimal::from(99));
        write(&mut order, &Switches::new(ALL));
        assert_eq!(sums(&order), ["265.18", "31.82", "297"]);
    }

    #[test]
    fn another_currency_is_told_in_the_shops_own_too() {
        let mut order = order(json!([{ "quantity": 1, "unitPrice": 97, "vatRate": 0 }]));
        order.fields.insert("currencyExchangeRate".into(), json!(0.97));
        write(&mut order, &Switches::new(ALL));
        assert_eq!(order.fields["amountToPayInBaseCurrency"], json!(100));
    }
}
