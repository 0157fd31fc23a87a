//! Orders become orders.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::json;
use sync_core::Clock;
use sync_http::SystemClock;

use crate::stage::{BOARD, BOOK, CRISPBREAD, Stage, amount, home, payable};

#[test]
fn an_order_becomes_an_order_with_its_total() {
    let stage = Stage::set(&[]);
    let order = stage.guest_buys("siv@example.org", &[BOARD, CRISPBREAD, BOOK]);
    stage.runs();
    let document = stage.document("orders", order);
    assert_eq!(document["Status"], 2, "it is ongoing");
    assert_eq!(payable(&document), amount(&stage.shop_order(order), "amountToPay"));
    assert_eq!(payable(&document), "1803.80".parse::<Decimal>().unwrap());
    stage.rests();
    assert_eq!(stage.documents_in_all(), 1);
}

#[test]
fn what_was_ordered_before_the_start_stays_in_the_shop() {
    let stage = Stage::before_contact(&[]);
    let at = |days| (SystemClock.now() - TimeDelta::days(days)).to_rfc3339();
    let placed = |days| {
        json!({
            "createdAt": at(days), "originalCustomerEmail": format!("{days}@example.org"),
            "addresses": { "originalInvoice": home() },
        })
    };
    let early = stage.buys(placed(40), &[BOARD]);
    let late = stage.buys(placed(20), &[BOARD]);
    stage.adopt();
    stage.runs();
    assert_eq!(stage.documents(early), []);
    stage.document("orders", late);
    // a change of the old one does not bring it over
    stage.in_shop(json!({ "action": "edit_row", "orderId": early, "sku": "HEM-1002", "set": { "quantity": 2 } }));
    stage.rests();
    assert_eq!(stage.documents(early), []);
    assert_eq!(stage.documents_in_all(), 1);
}
