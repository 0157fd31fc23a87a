//! Edits in the shop go to the ERP for as long as they can, and are held with the cure from then on.

use rust_decimal::Decimal;
use serde_json::json;

use crate::stage::{BOARD, INVOICES, Stage, amount, payable};

fn two_of_them(stage: &Stage, order: u64) {
    stage.in_shop(json!({ "action": "edit_row", "orderId": order, "sku": "HEM-1002", "set": { "quantity": 2 } }));
}

fn elsewhere(stage: &Stage, order: u64) {
    let address = json!({
        "firstName": "Siv", "lastName": "Åström", "address": "Hamngatan 12", "postalCode": "97231", "city": "Luleå",
        "countryCode": "SE",
    });
    stage.in_shop(json!({ "action": "set_address", "orderId": order, "type": "originalDelivery", "address": address }));
}

#[test]
fn quantity_and_address_arrive_while_the_order_is_open() {
    let stage = Stage::set(&[]);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    two_of_them(&stage, order);
    stage.runs();
    let document = stage.document("orders", order);
    assert_eq!((payable(&document), &document["Rows"][0]["Quantity"]), (Decimal::from(2030), &json!(2)));
    elsewhere(&stage, order);
    stage.runs();
    let document = stage.document("orders", order);
    assert_eq!((document["DeliveryCity"].as_str(), payable(&document)), (Some("Luleå"), Decimal::from(2030)));
    stage.rests();
}

#[test]
fn edits_of_a_shipped_order_are_held_with_the_cure_and_arrive_once_it_is_open_again() {
    let stage = Stage::set(&[]);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let other = stage.guest_buys("eva@example.org", &[BOARD]);
    stage.runs();
    stage.deliver(order);
    stage.runs();
    two_of_them(&stage, order);
    elsewhere(&stage, order);
    two_of_them(&stage, other);
    stage.run().holds("shipped", "take the delivery back");
    assert_eq!(payable(&stage.document("orders", order)), Decimal::from(1015));
    assert_eq!(payable(&stage.document("orders", other)), Decimal::from(2030), "the other one went through");
    stage.rests_with_something_held();
    stage.in_erp(json!({"action": "reopen_order", "id": stage.document("orders", order)["Id"]}));
    stage.run();
    let document = stage.document("orders", order);
    assert_eq!((payable(&document), document["DeliveryCity"].as_str()), (Decimal::from(2030), Some("Luleå")));
}

#[test]
fn edits_of_an_invoiced_order_are_held_with_the_cure() {
    let stage = Stage::set(&[]);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    stage.invoice(order);
    stage.runs();
    two_of_them(&stage, order);
    stage.run().holds("invoiced", "credit the invoice");
    stage.rests_with_something_held();
    let totals: Vec<Decimal> = stage.at_erp("customerinvoices").iter().map(|one| amount(one, "TotalAmount")).collect();
    assert_eq!(totals, [Decimal::from(1015)]);
}

#[test]
fn edits_of_a_booked_invoice_are_held_with_the_cure() {
    let stage = Stage::set(INVOICES);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    two_of_them(&stage, order);
    elsewhere(&stage, order);
    let report = stage.run();
    assert_eq!((report.code, report.held().len()), (3, 1), "{report:#?}");
    assert!(format!("{:?}", report.held()).contains("credit"), "{report:#?}");
    assert_eq!(payable(&stage.document("customerinvoices", order)), Decimal::from(1015));
    stage.rests_with_something_held();
}

#[test]
fn edits_of_a_draft_arrive() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("entities.orders.systems.erp.until=draft");
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    two_of_them(&stage, order);
    elsewhere(&stage, order);
    stage.runs();
    let draft = stage.document("customerinvoicedrafts", order);
    assert_eq!((payable(&draft), draft["DeliveryCity"].as_str()), (Decimal::from(2030), Some("Luleå")));
    stage.rests();
}
