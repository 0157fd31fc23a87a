//! Deliveries that become invoices, where that is chosen.

use serde_json::json;

use crate::stage::{Stage, amount, put};

#[tokio::test]
async fn a_delivery_becomes_one_invoice_that_nobody_has_booked_and_no_credit_note() {
    let stage = Stage::set_with(|preset| {
        put(preset, "entities.deliveries.systems.erp.becomes", r#""invoice""#);
        put(preset, "entities.deliveries.systems.erp.until", r#""draft""#);
        put(preset, "entities.deliveries.systems.crm.create", r#""never""#);
        put(preset, "entities.deliveries.fields.number", r#"{ rule = "off" }"#);
    })
    .await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("HOUR", 3, "900")]);
    stage.lose_answer_of_erp("POST", "/v1/customerinvoice");
    stage.settles_and_rests().await;
    let invoices = stage.at_erp("invoices");
    assert_eq!((invoices.len(), stage.at_erp("credit-notes").len(), stage.at_erp("orders").len()), (1, 0, 0));
    assert_eq!(amount(&invoices[0], "amount"), 3375.into(), "3 × 900 and VAT");
    assert_eq!(invoices[0]["status"], "Hold");
    // booked by a person, it is told
    stage.erp.act(json!({ "action": "edit", "collection": "invoices", "key": invoices[0]["referenceNumber"], "set": { "hold": false } })).unwrap();
    stage
        .erp
        .act(json!({ "action": "release", "collection": "invoices", "key": invoices[0]["referenceNumber"] }))
        .unwrap();
    stage.settles_and_rests().await;
    let shown = stage.delivered(delivery);
    assert_eq!(shown["DeliveryCustom2"], invoices[0]["referenceNumber"]);
    assert_eq!((stage.at_erp("invoices").len(), stage.at_crm("deliveries").len()), (1, 1));
}
