//! What became of an order's invoices, in the words of the CRM.

use serde_json::{Value, json};

use crate::stage::Stage;

/// The words of a delivery: its invoices', their payment's, and whether there is one.
fn shown(stage: &Stage, delivery: u64) -> [String; 3] {
    let delivery = stage.delivered(delivery);
    ["DeliveryCustom8", "DeliveryCustom6", "DeliveryCustom7"]
        .map(|field| delivery[field].as_str().unwrap_or_default().to_owned())
}

/// A delivery whose order was shipped, with its invoice, which nobody has released.
async fn drafted(stage: &Stage) -> (u64, Value) {
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("BOLT", 5, "12.5")]);
    stage.settles().await;
    assert_eq!(shown(stage, delivery)[0], "", "nothing is invoiced");
    let act = json!({ "action": "ship_order", "type": "SO", "key": stage.the_order()["orderId"], "invoice": true });
    let invoice = stage.erp.act(act).unwrap()["invoice"].clone();
    stage.settles().await;
    (delivery, invoice)
}

#[tokio::test]
async fn a_draft_awaits_a_released_one_is_approved_then_paid_in_parts_and_whole() {
    let stage = Stage::set().await;
    let (delivery, invoice) = drafted(&stage).await;
    assert_eq!(shown(&stage, delivery)[0], "Awaiting");
    assert_eq!(stage.delivered(delivery)["DeliveryCustom2"], "", "it has no number that counts");
    stage.erp.act(json!({ "action": "release", "collection": "invoices", "key": invoice })).unwrap();
    stage.settles().await;
    assert_eq!(shown(&stage, delivery), ["Approved", "Unpaid", "Yes"]);
    stage.erp.act(json!({ "action": "pay", "invoice": invoice, "amount": 10 })).unwrap();
    stage.settles().await;
    assert_eq!(shown(&stage, delivery), ["Approved", "Partly paid", "Yes"]);
    stage.erp.act(json!({ "action": "pay", "invoice": invoice })).unwrap();
    stage.settles_and_rests().await;
    assert_eq!(shown(&stage, delivery), ["Approved", "Paid", "Yes"]);
}

#[tokio::test]
async fn a_void_one_is_cancelled() {
    let stage = Stage::set().await;
    let (delivery, invoice) = drafted(&stage).await;
    let fields = json!({ "status": "Voided" });
    stage.erp.act(json!({ "action": "set", "collection": "invoices", "key": invoice, "fields": fields })).unwrap();
    stage.settles_and_rests().await;
    assert_eq!(shown(&stage, delivery)[0], "Cancelled");
}

#[tokio::test]
async fn one_that_a_credit_note_takes_back_is_credited() {
    let stage = Stage::set().await;
    let (delivery, invoice) = drafted(&stage).await;
    stage.erp.act(json!({ "action": "release", "collection": "invoices", "key": invoice })).unwrap();
    stage.settles().await;
    stage.erp.act(json!({ "action": "reverse", "collection": "invoices", "key": invoice, "apply": true })).unwrap();
    stage.settles_and_rests().await;
    assert_eq!(shown(&stage, delivery)[0], "Credited");
    assert_eq!(stage.at_crm("deliveries").len(), 1);
}

#[tokio::test]
async fn what_somebody_types_over_the_word_goes_nowhere() {
    let stage = Stage::set().await;
    let (delivery, invoice) = drafted(&stage).await;
    stage.crm_edits("deliveries", delivery, json!({ "DeliveryCustom8": "Approved", "DeliveryCustom6": "?" }));
    stage.settles_and_rests().await;
    assert_eq!(stage.in_erp("invoices", "referenceNumber", invoice)["status"], "Balanced");
}
