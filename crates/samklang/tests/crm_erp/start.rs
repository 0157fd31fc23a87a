//! The day from which deliveries are taken over.

use serde_json::{Value, json};

use crate::stage::{Stage, values};

/// Somebody enters an order in the ERP on this day.
fn enters(stage: &Stage, customer: &str, text: &str, day: &str) -> String {
    let order = json!({ "type": "SO", "customer": { "id": customer }, "description": text, "date": format!("{day}T00:00:00Z"),
        "orderLines": [{ "inventoryId": "BOLT", "quantity": 4 }] });
    let made = stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap();
    made["key"].as_str().unwrap().to_owned()
}

/// Somebody writes an invoice in the ERP on this day, and books it.
fn invoices(stage: &Stage, customer: &str, text: &str, day: &str) -> String {
    let set = json!({ "customerNumber": customer, "documentDate": day, "invoiceText": text, "hold": false,
        "invoiceLines": [{ "operation": "Insert", "inventoryNumber": "HOUR", "quantity": 2, "unitPriceInCurrency": 850 }] });
    let invoice = stage.erp_makes("invoices", set);
    stage.erp.act(json!({ "action": "release", "collection": "invoices", "key": invoice })).unwrap();
    invoice
}

#[tokio::test]
async fn what_the_erp_has_from_before_the_start_day_is_left_alone_and_the_rest_comes() {
    let stage = Stage::before_contact(|_| ()).await;
    let customer = stage.customer("Vest Te AS");
    let old = enters(&stage, &customer, "Før", "2025-12-28");
    enters(&stage, &customer, "Etter", "2026-01-01");
    let old_invoice = invoices(&stage, &customer, "Gammel faktura", "2025-12-31");
    invoices(&stage, &customer, "Ny faktura", "2026-01-20");
    stage.adopt().await;
    stage.settles_and_rests().await;
    let described = |stage: &Stage| values(&stage.at_crm("deliveries"), "DeliveryDescription");
    let young = ["Etter", "Ny faktura"].map(str::to_owned);
    assert_eq!(described(&stage), young.clone().into());

    // what happens to the old ones now changes nothing of that
    let order = stage.in_erp("orders", "orderId", old.as_str());
    stage.ships(&order);
    stage.erp.act(json!({ "action": "pay", "invoice": old_invoice })).unwrap();
    enters(&stage, &customer, "Sent inn", "2025-12-30");
    enters(&stage, &customer, "I dag", "2026-02-16");
    stage.settles_and_rests().await;
    assert_eq!(described(&stage), [&young[..], &["I dag".to_owned()]].concat().into_iter().collect());
    assert_eq!(stage.at_crm("deliveries").len(), 3);
}

#[tokio::test]
async fn deliveries_of_the_crm_from_before_the_start_day_stay_there() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    for (day, text) in [("2025-12-31", "Før"), ("2026-01-01", "Etter")] {
        let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
        let set: Value = json!({ "DeliveryOrderDate": format!("{day}T00:00:00Z"), "DeliveryDescription": text });
        stage.crm_edits("deliveries", delivery, set);
    }
    stage.settles_and_rests().await;
    assert_eq!(stage.the_order()["description"], "Etter");
    let old = stage.in_crm("deliveries", "DeliveryDescription", "Før");
    let why = old["DeliveryCustom4"].as_str().unwrap();
    assert!(why.contains("@created_on >= 2026-01-01"), "{why:?}");
    assert_eq!(old["DeliveryCustom1"], "");
}
