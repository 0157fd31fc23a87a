//! What happens to documents in the ERP goes back to the shop as a status, with the effects that the table names.

use serde_json::json;

use crate::stage::{BOARD, BOOK, Rules, Stage};

/// The status table with these effects on delivery and cancellation.
fn table(delivered: &str, cancelled: &str) -> String {
    format!(
        "entities.orders.status.se.write=[\
         {{ when = {{ invoicing = \"invoiced\", payment = \"paid\" }}, status = \"Betald\", effects = [] }}, \
         {{ when = {{ fulfilment = \"delivered\" }}, status = \"completed\", effects = {delivered} }}, \
         {{ when = {{ fulfilment = \"cancelled\" }}, status = \"canceled\", effects = {cancelled} }}]"
    )
}

/// Two orders are in the ERP; the numbers of both.
fn two_orders(rules: Rules<'_>) -> (Stage, u64, u64) {
    let stage = Stage::set(rules);
    let (one, other) =
        (stage.guest_buys_with_klarna("siv@example.org", &[BOARD]), stage.guest_buys("eva@example.org", &[BOOK]));
    stage.runs();
    stage.rests();
    (stage, one, other)
}

#[test]
fn what_is_delivered_is_completed_and_nobody_hears_of_it() {
    let (stage, order, other) = two_orders(&[]);
    let before = stage.effects();
    stage.deliver(order);
    stage.runs();
    assert_eq!((stage.shop_status(order), stage.shop_status(other)), ("completed".to_owned(), "created".to_owned()));
    assert_eq!(stage.effects_since(before), [0, 0, 0]);
    stage.rests();
}

#[test]
fn with_mail_the_buyer_gets_one() {
    let (stage, order, _) = two_orders(&[&table("[\"notify_buyer\"]", "[]")]);
    let before = stage.effects();
    stage.deliver(order);
    let report = stage.runs();
    assert_eq!((stage.shop_status(order).as_str(), report.effect("notify_buyer")), ("completed", 1));
    assert_eq!(stage.effects_since(before), [1, 0, 0]);
    stage.rests();
    assert_eq!(stage.effects_since(before), [1, 0, 0]);
}

#[test]
fn a_delivery_that_is_taken_back_and_made_again_mails_once() {
    let (stage, order, _) = two_orders(&[&table("[\"notify_buyer\"]", "[]")]);
    let before = stage.effects();
    stage.deliver(order);
    stage.runs();
    stage.in_erp(json!({"action": "reopen_order", "id": stage.document("orders", order)["Id"]}));
    stage.run();
    stage.in_shop(json!({"action": "set_status", "orderId": order, "status": "created"}));
    stage.run();
    stage.deliver(order);
    stage.run();
    stage.run();
    assert_eq!(stage.effects_since(before), [1, 0, 0]);
}

#[test]
fn capture_takes_the_reserved_money_once() {
    let (stage, order, _) = two_orders(&[&table("[\"capture\"]", "[]")]);
    let before = stage.effects();
    stage.deliver(order);
    stage.runs();
    assert_eq!(stage.effects_since(before), [0, 1, 0]);
    assert_eq!(stage.shop_order(order)["paymentStatus"], "captured");
    stage.rests();
    assert_eq!(stage.effects_since(before), [0, 1, 0]);
}

#[test]
fn what_is_invoiced_and_paid_gets_the_shops_own_status() {
    let (stage, order, other) = two_orders(&[]);
    let before = stage.effects();
    let invoice = stage.invoice(order);
    stage.runs();
    assert_eq!(stage.shop_status(order), "created", "it is not paid yet");
    stage.rests();
    stage.in_erp(json!({"action": "register_payment", "id": invoice}));
    stage.runs();
    assert_eq!((stage.shop_status(order), stage.shop_status(other)), ("Betald".to_owned(), "created".to_owned()));
    assert_eq!(stage.effects_since(before), [0, 0, 0]);
    stage.rests();
}

#[test]
fn part_of_the_money_is_not_paid() {
    let (stage, order, _) = two_orders(&[]);
    let invoice = stage.invoice(order);
    stage.in_erp(json!({"action": "register_payment", "id": invoice, "amount": 15}));
    stage.runs();
    assert_eq!(stage.shop_status(order), "created");
    stage.in_erp(json!({"action": "register_payment", "id": invoice, "type": 2}));
    stage.runs();
    assert_eq!(stage.shop_status(order), "Betald");
    stage.rests();
}

#[test]
fn invoiced_alone_has_a_status_where_the_table_has_one() {
    let rule =
        "entities.orders.status.se.write=[{ when = { invoicing = \"invoiced\" }, status = \"Betald\", effects = [] }]";
    let read = "entities.orders.status.se.read=[{ status = \"created\", means = { fulfilment = \"open\" } }, \
                { status = \"Betald\", means = { invoicing = \"invoiced\" } }]";
    let (stage, order, other) = two_orders(&[rule, read]);
    stage.invoice(order);
    stage.runs();
    assert_eq!((stage.shop_status(order), stage.shop_status(other)), ("Betald".to_owned(), "created".to_owned()));
    stage.rests();
}

#[test]
fn an_order_that_is_deleted_in_the_erp_is_cancelled_and_its_money_given_up() {
    let (stage, order, other) = two_orders(&[&table("[]", "[\"cancel_payment\"]")]);
    let before = stage.effects();
    stage.in_erp(json!({"action": "delete_order", "id": stage.document("orders", order)["Id"]}));
    stage.run();
    stage.run();
    assert_eq!((stage.shop_status(order), stage.shop_status(other)), ("canceled".to_owned(), "created".to_owned()));
    assert_eq!(stage.effects_since(before), [0, 0, 1]);
    stage.run();
    stage.run();
    assert_eq!((stage.effects_since(before), stage.documents(order).len()), ([0, 0, 1], 0));
}

#[test]
fn a_cancellation_that_is_to_be_confirmed_is_held() {
    let write = "entities.orders.status.se.write=[\
                 { when = { fulfilment = \"cancelled\" }, status = \"canceled\", effects = [], apply = \"hold\" }]";
    let (stage, order, _) = two_orders(&[write]);
    stage.in_erp(json!({"action": "delete_order", "id": stage.document("orders", order)["Id"]}));
    stage.run();
    let report = stage.run();
    assert_eq!((report.code, stage.shop_status(order).as_str()), (3, "created"), "{report:#?}");
    assert_eq!(report.held().len(), 1, "{report:#?}");
    assert!(report.held()[0].0.contains("is to become 'canceled'"), "{report:#?}");
}

#[test]
fn a_parcels_number_goes_to_the_shop() {
    // eEkonomi has no field of its own for it: people type it where the rules say
    let rules: Rules<'_> = &[
        "connections.erp.own_fields.orders=[\"OurReference\"]",
        "entities.orders.map=[{ field = \"tracking.number\", erp = \"x.eekonomi.OurReference\", se = \"tracking.number\" }]",
        "entities.orders.fields.tracking={ rule = \"shared\", on_conflict = { prefer = [\"erp\", \"se\"] } }",
    ];
    let (stage, order, other) = two_orders(rules);
    let before = stage.effects();
    let id = stage.document("orders", order)["Id"].clone();
    stage.in_erp(json!({"action": "edit_order", "id": id, "set": { "OurReference": "SE12345" }}));
    stage.runs();
    assert_eq!(stage.shop_order(order)["shippingTrackingNo"], "SE12345");
    assert_eq!(stage.shop_order(other)["shippingTrackingNo"], "");
    assert_eq!((stage.shop_status(order).as_str(), stage.effects_since(before)), ("created", [0, 0, 0]));
    stage.rests();
}
