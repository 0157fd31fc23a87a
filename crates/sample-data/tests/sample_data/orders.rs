//! 63 orders: what is about them, counted from what they say.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    arithmetic::adds_up,
    records::{Files, amount, by_text, id, rows, text, variant},
};

/// What becomes of an order, as anybody can see who has the files.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
pub(crate) enum Fate {
    Before,
    Arrives,
    UnknownSku,
    UnmappedPayment,
    WrongSums,
}

/// The orders that must arrive.
pub(crate) fn arriving(files: &Files) -> Vec<&Value> {
    let orders = files.list("starweb/orders").iter();
    orders.filter(|order| fate(files, order) == Fate::Arrives).collect()
}

fn fate(files: &Files, order: &Value) -> Fate {
    let known: BTreeSet<&str> =
        files.list("starweb/products").iter().map(|product| text(variant(product), "sku")).collect();
    let unknown = |row: &Value| !text(row, "sku").is_empty() && !known.contains(text(row, "sku"));
    let methods = files.list("starweb/payment-methods");
    let paid = methods.iter().find(|method| method["paymentMethodId"] == order["paymentMethodId"]).unwrap();
    let reasons = [
        (text(order, "createdAt") < "2026-01-01", Fate::Before),
        (rows(order, "items").iter().any(unknown), Fate::UnknownSku),
        (!["Klarna", "Faktura", "Swish"].contains(&text(&paid["languages"]["data"][0], "name")), Fate::UnmappedPayment),
        (!adds_up(order), Fate::WrongSums),
    ];
    let mut met = reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, fate)| fate);
    let fate = met.next().unwrap_or(Fate::Arrives);
    assert_eq!(met.next(), None, "one reason is enough: {order}");
    fate
}

/// Members are compared with what `about.json` says: keys under `arriving`, and who has the property.
type Property = (&'static str, usize, fn(&Value) -> bool);

const PROPERTIES: [Property; 11] = [
    ("only_12_or_6", 12, |order| rates(order).iter().all(|rate| matches!(rate.to_string().as_str(), "12" | "6"))),
    ("mixed_rates", 10, |order| rates(order).len() > 1),
    ("discount_in_money", 8, |order| has_row(order, |row| discount(row, "amount"))),
    ("discount_in_percent", 6, |order| has_row(order, |row| discount(row, "percent"))),
    ("discount_code", 4, |order| !text(order, "discountCode").is_empty()),
    ("discount_code", 4, |order| has_row(order, |row| text(row, "sku").is_empty())),
    ("discount_code", 4, |order| has_row(order, |row| amount(row, "unitPrice") < Decimal::ZERO)),
    ("negative_row", 2, |order| has_row(order, |row| amount(row, "quantity") < Decimal::ZERO)),
    ("bundle", 1, |order| has_row(order, |row| !rows(row, "bundledItems").is_empty())),
    ("fee", 9, |order| amount(order, "paymentFee") > Decimal::ZERO),
    ("freight", 57, |order| {
        amount(order, "shippingCost") > Decimal::ZERO && rates(order).last() == Some(&amount(order, "shippingVatRate"))
    }),
];

fn rates(order: &Value) -> BTreeSet<Decimal> {
    rows(order, "items").iter().map(|row| amount(row, "vatRate")).collect()
}
fn has_row(order: &Value, wanted: fn(&Value) -> bool) -> bool {
    rows(order, "items").iter().any(wanted)
}
fn discount(row: &Value, kind: &str) -> bool {
    text(row, "discountType") == kind && amount(row, "discount") > Decimal::ZERO
}

/// The numbers under a key of `about.json`.
pub(crate) fn told(files: &Files, group: &str, key: &str) -> Vec<u64> {
    rows(&files.about()[group], key).iter().map(|number| number.as_u64().unwrap()).collect()
}
/// The orders' numbers.
pub(crate) fn numbers<'a>(orders: impl IntoIterator<Item = &'a &'a Value>) -> Vec<u64> {
    orders.into_iter().map(|order| id(order, "orderId")).collect()
}

pub(crate) fn check(files: &Files) {
    let orders = files.list("starweb/orders");
    assert_eq!(orders.len(), 63);
    let fates = [
        (Fate::Before, "before_start", 3),
        (Fate::Arrives, "must_arrive", 57),
        (Fate::UnknownSku, "held_unknown_sku", 1),
        (Fate::UnmappedPayment, "held_unmapped_payment", 1),
        (Fate::WrongSums, "held_wrong_sums", 1),
    ];
    for (wanted, key, count) in fates {
        let found: Vec<&Value> = orders.iter().filter(|order| fate(files, order) == wanted).collect();
        assert_eq!((found.len(), numbers(&found)), (count, told(files, "fates", key)), "{key}");
    }
    let arriving = arriving(files);
    for (key, count, holds) in PROPERTIES {
        let found: Vec<&Value> = arriving.iter().filter(|order| holds(order)).copied().collect();
        assert_eq!((found.len(), numbers(&found)), (count, told(files, "arriving", key)), "{key}");
    }
    for order in orders {
        whole(files, order);
    }
    days(orders);
    ids(orders);
}

/// What every order has, whatever becomes of it.
fn whole(files: &Files, order: &Value) {
    let number = id(order, "orderId");
    let highest = *rates(order).last().unwrap();
    assert!(amount(order, "shippingCost") > Decimal::ZERO, "{number}");
    assert_eq!(amount(order, "shippingVatRate"), highest, "{number}");
    let fee = amount(order, "paymentFee") > Decimal::ZERO;
    assert!(!fee || (amount(order, "paymentVatRate") == 25.into() && highest == 25.into()), "{number}");
    assert_eq!(order["isComplete"], Value::Bool(true), "{number}");
    let statuses = files.list("starweb/order-statuses");
    let status = statuses.iter().find(|status| status["statusId"] == order["statusId"]).unwrap();
    assert!(["created", "picking"].contains(&text(status, "idCode")), "{number}");
    let delivers = |method: &Value| method["shippingMethodId"] == order["shippingMethodId"];
    assert!(files.list("starweb/shipping-methods").iter().any(delivers), "{number}");

    let articles = by_text(files.list("eekonomi/articles"), "Number");
    let products = files.list("starweb/products");
    for row in rows(order, "items").iter().filter(|row| !text(row, "sku").is_empty()) {
        let sku = text(row, "sku");
        let Some(product) = products.iter().find(|product| text(variant(product), "sku") == sku) else {
            assert!(!articles.contains_key(sku), "the ERP does not know it either");
            continue;
        };
        assert_eq!(articles[sku]["IsActive"], Value::Bool(true), "{number}: {sku} is not sold");
        let exempt = ["NOK", "EUR"].contains(&text(order, "currencyCode")) && amount(row, "vatRate").is_zero();
        assert!(exempt || amount(row, "vatRate") == crate::articles::rate(product), "{number}: {sku}");
        let is_bundle = text(product, "type") == "bundle";
        assert_eq!(rows(row, "bundledItems").len(), rows(product, "bundledProducts").len(), "{number}: {is_bundle}");
    }
}

/// The edges of the start date are hit in the shop's own time.
fn days(orders: &[Value]) {
    let created: Vec<&str> = orders.iter().map(|order| text(order, "createdAt")).collect();
    assert!(created.is_sorted() && created.iter().all(|at| at.ends_with("+01:00")), "{created:?}");
    let last = created.iter().rfind(|at| **at < "2026").unwrap();
    let first = created.iter().find(|at| **at > "2026").unwrap();
    assert!(last.starts_with("2025-12-31T23:") && first.starts_with("2026-01-01T00:"), "{last} {first}");
    assert!(created.iter().all(|at| *at < "2026-02-01"));
    assert!(orders.iter().all(|order| text(order, "modifiedAt") >= text(order, "createdAt")));
}

fn ids(orders: &[Value]) {
    let orders_ids: BTreeSet<u64> = orders.iter().map(|order| id(order, "orderId")).collect();
    assert_eq!(orders_ids.len(), orders.len());
    let items: Vec<&Value> = orders.iter().flat_map(|order| rows(order, "items")).collect();
    let inner = items.iter().flat_map(|item| rows(item, "bundledItems"));
    let all: Vec<u64> = items.iter().copied().chain(inner).map(|item| id(item, "itemId")).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}
