//! An order's rows as lines: what was sold, freight, fee, and discounts that came as rows.
//!
//! Everything is without VAT. Of freight and fee the vendor does not say whether they are: both readings are added up,
//! and the one that comes nearer to the order's own totals counts, the one without VAT where both are as near. A bundle
//! is one line, as it was sold. What is left between the lines and the totals is not explained away here: the engine
//! compares them before it writes a document.

use rust_decimal::Decimal;
use sync_core::{
    Field,
    error::{Error, ErrorKind, Result},
    model::{Line, LineKind, Money},
};

use super::wire::{Item, Order};

/// Key of the line for freight; rows have numbers.
pub(super) const FREIGHT: &str = "shipping";
/// Key of the line for the fee of the way to pay.
pub(super) const FEE: &str = "payment";

/// Whether freight and fee have VAT in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fees {
    Net,
    Gross,
}

/// A line with its exact amounts.
struct Exact {
    line: Line,
    net: Decimal,
    vat: Decimal,
}

/// The lines in the order of the shop's rows; unknown if rows were not asked for.
pub(super) fn lines(order: &Order) -> Result<Option<Vec<Line>>> {
    let Some(items) = order.items.0.value() else {
        return Ok(order.items.0.is_empty().then(Vec::new));
    };
    let mut items: Vec<&Item> = items.iter().collect();
    items.sort_by_key(|item| (item.sort_index.get().unwrap_or(i64::MAX), item.item_id.get().unwrap_or(i64::MAX)));
    let rows = items.into_iter().map(row).collect::<Result<Vec<Exact>>>()?;
    let fees = |how| fees(order, how);
    let (net, gross) = (fees(Fees::Net)?, fees(Fees::Gross)?);
    let nearer = match (off(order, &rows, &net)?, off(order, &rows, &gross)?) {
        (Some(with_net), Some(with_gross)) if with_gross < with_net && with_gross <= allowed(order)? => gross,
        _ => net,
    };
    let decimals = Money::decimals(order.currency_code.text());
    let rounded = |exact: Exact| {
        let known = exact.line.vat_rate.is_set();
        let vat = if known { Field::Set(Money::round(exact.vat, decimals)) } else { Field::Unknown };
        exact.line.net(Money::round(exact.net, decimals)).vat(vat)
    };
    Ok(Some(rows.into_iter().chain(nearer).map(rounded).collect()))
}

fn row(item: &Item) -> Result<Exact> {
    let key = item.item_id.get().ok_or_else(|| missing("itemId"))?;
    let place = |error: Error| error.with_context("row", key);
    let quantity = item.quantity.get().ok_or_else(|| place(missing("quantity")))?;
    let price = item.unit_price.get().unwrap_or_default();
    let discount = item.discount.get().unwrap_or_default();
    let before = Money::checked_mul(quantity, price).map_err(place)?;
    let mut line = Line::new();
    let off = match item.discount_type.text() {
        "amount" => {
            line = line.discount_amount(discount);
            discount
        }
        "percent" | "" => {
            line = line.discount_percent(discount);
            percent_of(before, discount).map_err(place)?
        }
        other => {
            let what = format!("discountType '{other}' of a row is none of percent, amount; report it");
            return Err(place(Error::new(ErrorKind::Invalid, "decode", what).with_context("field", "discountType")));
        }
    };
    let net = Money::checked_sub(before, off).map_err(place)?;
    let vat = percent_of(net, item.vat_rate.get().unwrap_or_default()).map_err(place)?;
    let line = line
        .key(key.to_string())
        .kind(kind(item, price, net))
        .sku(item.sku.0.clone())
        .text(item.description.0.clone())
        .quantity(quantity)
        .unit(item.unit_symbol.0.clone())
        .unit_price(price)
        .vat_rate(item.vat_rate.0);
    Ok(Exact { line, net, vat })
}

/// Discounts on whole orders come as rows below zero; so do returned goods, but those have a number and a quantity
/// below zero.
fn kind(item: &Item, price: Decimal, net: Decimal) -> LineKind {
    let numbered = item.sku.0.is_set();
    if net < Decimal::ZERO && (!numbered || price < Decimal::ZERO) {
        LineKind::Discount
    } else if !numbered && price.is_zero() {
        LineKind::Text
    } else {
        LineKind::Item
    }
}

/// Freight and fee, where there are any.
fn fees(order: &Order, how: Fees) -> Result<Vec<Exact>> {
    let freight =
        (FREIGHT, LineKind::Freight, &order.shipping_method_name, &order.shipping_cost, &order.shipping_vat_rate);
    let fee = (FEE, LineKind::Fee, &order.payment_method_name, &order.payment_fee, &order.payment_vat_rate);
    let mut lines = Vec::new();
    for (key, kind, text, cost, rate) in [freight, fee] {
        let Some(cost) = cost.get().filter(|cost| !cost.is_zero()) else { continue };
        let percent = rate.get().unwrap_or_default();
        let net = match how {
            Fees::Net => cost,
            Fees::Gross => without_vat(cost, percent, Money::decimals(order.currency_code.text()))?,
        };
        let vat = match how {
            Fees::Net => percent_of(net, percent)?,
            Fees::Gross => Money::checked_sub(cost, net)?,
        };
        let line = Line::new().key(key.to_owned()).kind(kind).text(text.0.clone()).quantity(1);
        lines.push(Exact { line: line.unit_price(net).vat_rate(rate.0), net, vat });
    }
    Ok(lines)
}

/// How far the lines are from the order's totals, added up over net, VAT and gross; `None` if a total is not told.
fn off(order: &Order, rows: &[Exact], fees: &[Exact]) -> Result<Option<Decimal>> {
    let (Some(net), Some(vat), Some(gross)) =
        (order.total_amount.get(), order.total_vat.get(), order.amount_to_pay.get())
    else {
        return Ok(None);
    };
    let all = || rows.iter().chain(fees);
    let nets = Money::checked_sum(all().map(|line| line.net))?;
    let vats = Money::checked_sum(all().map(|line| line.vat))?;
    let sum = Money::checked_add(nets, vats)?;
    let pairs = [(nets, net), (vats, vat), (sum, gross)];
    let differences = pairs.map(|(ours, theirs)| Money::checked_sub(ours, theirs).map(|left| left.abs()));
    differences.into_iter().try_fold(Decimal::ZERO, |sum, one| Money::checked_add(sum, one?)).map(Some)
}

/// What may be left of three differences by rounding: prices have two decimals, so that half an öre a piece and its VAT
/// may be missing from each.
fn allowed(order: &Order) -> Result<Decimal> {
    let pieces = order.items.0.value().into_iter().flatten().filter_map(|item| item.quantity.get()).map(|q| q.abs());
    let each = Money::checked_mul(Money::checked_sum(pieces)?, Decimal::new(65, 4))?;
    Money::checked_mul(Money::checked_add(each, Decimal::new(1, 2))?, Decimal::from(3))
}

fn percent_of(amount: Decimal, percent: Decimal) -> Result<Decimal> {
    Money::checked_mul(amount, Money::checked_mul(percent, Decimal::new(1, 2))?)
}

fn without_vat(amount: Decimal, percent: Decimal, decimals: u32) -> Result<Decimal> {
    let factor = Money::checked_add(Decimal::ONE, Money::checked_mul(percent, Decimal::new(1, 2))?)?;
    let net = amount.checked_div(factor);
    let net = net.ok_or_else(|| Error::new(ErrorKind::Invalid, "decode", "a VAT rate of -100 percent is none"))?;
    Ok(Money::round(net, decimals))
}

fn missing(field: &'static str) -> Error {
    let line = format!("a row has no {field}; it cannot be taken over without");
    Error::new(ErrorKind::Invalid, "decode", line).with_context("field", field)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as (sku, quantity, price, VAT, discount, type), then the order's other members.
    fn order(rows: &[(&str, &str, &str, &str, &str, &str)], more: &str) -> Order {
        let rows: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(place, (sku, quantity, price, vat, discount, kind))| {
                format!(
                    r#"{{"itemId":{},"sku":"{sku}","quantity":{quantity},"unitPrice":{price},"vatRate":{vat},"discount":{discount},"discountType":"{kind}","sortIndex":{place}}}"#,
                    place + 10
                )
            })
            .collect();
        let json = format!(r#"{{"currencyCode":"SEK","items":{{"data":[{}]}},{more}}}"#, rows.join(","));
        serde_json::from_str(&json).unwrap()
    }
    fn told(order: &Order) -> Vec<(LineKind, String, String)> {
        let lines = lines(order).unwrap().unwrap();
        let text = |amount: &Field<Decimal>| amount.value().unwrap().normalize().to_string();
        lines.iter().map(|line| (*line.kind.value().unwrap(), text(&line.net), text(&line.vat))).collect()
    }
    fn line(kind: LineKind, net: &str, vat: &str) -> (LineKind, String, String) {
        (kind, net.to_owned(), vat.to_owned())
    }

    #[test]
    fn a_discount_counts_for_the_whole_row() {
        let order = order(
            &[
                ("A", "2", "100.0", "25", "10", "percent"),
                ("B", "3", "100", "25", "10", "amount"),
                ("C", "1", "50", "12", "0", ""),
            ],
            r#""shippingCost":39.2,"shippingVatRate":25,"paymentFee":0"#,
        );
        let expected = [
            line(LineKind::Item, "180", "45"),
            line(LineKind::Item, "290", "72.5"),
            line(LineKind::Item, "50", "6"),
            line(LineKind::Freight, "39.2", "9.8"),
        ];
        assert_eq!(told(&order), expected);
        let lines = lines(&order).unwrap().unwrap();
        assert_eq!((lines[0].discount_percent, lines[0].discount_amount), (10.into(), Field::Unknown));
        assert_eq!((lines[1].discount_percent, lines[1].discount_amount), (Field::Unknown, 10.into()));
    }

    #[test]
    fn returned_goods_discounts_and_texts_are_told_apart() {
        let order = order(
            &[
                ("A", "-1", "100", "25", "0", "percent"),
                ("", "1", "-20", "25", "0", "percent"),
                ("RAB", "1", "-5", "12", "0", "percent"),
                ("", "-1", "7", "6", "0", "percent"),
                ("", "1", "0", "25", "0", "percent"),
                ("", "1", "9", "25", "0", "percent"),
            ],
            r#""paymentFee":0"#,
        );
        let kinds: Vec<LineKind> = told(&order).into_iter().map(|(kind, ..)| kind).collect();
        use LineKind::{Discount, Item, Text};
        assert_eq!(kinds, [Item, Discount, Discount, Discount, Text, Item]);
    }

    #[test]
    fn freight_and_fee_are_read_so_that_the_totals_fit() {
        let rows = [("A", "2", "100", "25", "0", "percent")];
        let net = r#""shippingCost":49,"shippingVatRate":25,"paymentFee":29,"paymentVatRate":25,"totalAmount":278,"totalVat":69.5,"amountToPay":347.5"#;
        assert_eq!(
            told(&order(&rows, net))[1..],
            [line(LineKind::Freight, "49", "12.25"), line(LineKind::Fee, "29", "7.25")]
        );
        let gross = r#""shippingCost":49,"shippingVatRate":25,"paymentFee":29,"paymentVatRate":25,"totalAmount":262.4,"totalVat":65.6,"amountToPay":328"#;
        assert_eq!(
            told(&order(&rows, gross))[1..],
            [line(LineKind::Freight, "39.2", "9.8"), line(LineKind::Fee, "23.2", "5.8")]
        );
    }

    #[test]
    fn where_neither_reading_fits_the_likelier_one_stays_and_nothing_is_made_up() {
        let rows = [("A", "2", "100", "25", "0", "percent")];
        let neither = r#""shippingCost":49,"shippingVatRate":25,"totalAmount":100,"totalVat":25,"amountToPay":125"#;
        assert_eq!(told(&order(&rows, neither))[1..], [line(LineKind::Freight, "49", "12.25")]);
    }

    #[test]
    fn a_shop_that_shows_prices_with_vat_is_off_by_less_than_half_an_ore_a_piece() {
        // 7 pieces at 9.90 with 12 % VAT: 8.84 without, 61.88 in all, while the order says 61.87
        let rows = [("A", "7", "8.84", "12", "0", "percent")];
        let more = r#""shippingCost":39,"shippingVatRate":12,"totalAmount":96.69,"totalVat":11.61,"amountToPay":108.3"#;
        assert_eq!(told(&order(&rows, more))[1..], [line(LineKind::Freight, "34.82", "4.18")]);
    }

    #[test]
    fn amounts_beyond_a_decimal_and_rows_without_id_are_refused_by_name() {
        let huge =
            order(&[("A", "1000000", "79228162514264337593543950335", "25", "0", "percent")], r#""paymentFee":0"#);
        assert_eq!(lines(&huge).unwrap_err().kind(), ErrorKind::Invalid);
        let bare: Order = serde_json::from_str(r#"{"items":{"data":[{"quantity":1}]}}"#).unwrap();
        assert!(lines(&bare).unwrap_err().message().contains("itemId"));
        let odd = order(&[("A", "1", "1", "25", "0", "half")], r#""paymentFee":0"#);
        assert!(lines(&odd).unwrap_err().message().contains("discountType"));
    }

    #[test]
    fn rows_that_were_not_asked_for_are_unknown_and_none_is_none() {
        assert_eq!(lines(&Order::default()).unwrap(), None);
        let none: Order = serde_json::from_str(r#"{"items":{"data":null}}"#).unwrap();
        assert_eq!(lines(&none).unwrap(), Some(Vec::new()));
    }
}
