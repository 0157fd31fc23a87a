//! Fields of deliveries beside their lines: days and texts go both ways, the ERP's numbers one.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn days_and_description_of_a_delivery_go_to_its_order_and_change_there() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("BOLT", 5, "12.5")]);
    let set = json!({ "DeliveryOrderDate": "2026-02-10T00:00:00Z", "DeliveryCustom5": "2026-03-02",
        "DeliveryDescription": "Vårbestilling" });
    stage.crm_edits("deliveries", delivery, set);
    stage.settles_and_rests().await;
    let order = stage.the_order();
    let day = |value: &serde_json::Value| value.as_str().unwrap_or_default().chars().take(10).collect::<String>();
    assert_eq!(order["description"], "Vårbestilling");
    assert_eq!(
        (day(&order["date"]), day(&order["shipping"]["scheduledDate"])),
        ("2026-02-10".into(), "2026-03-02".into())
    );
    stage.crm_edits("deliveries", delivery, json!({ "DeliveryCustom5": "2026-03-09" }));
    stage.settles_and_rests().await;
    assert_eq!(day(&stage.the_order()["shipping"]["scheduledDate"]), "2026-03-09");
    let set = json!({ "description": "Ring før levering" });
    stage.erp.act(json!({ "action": "edit_order", "type": "SO", "key": order["orderId"], "set": set })).unwrap();
    stage.settles_and_rests().await;
    assert_eq!(stage.delivered(delivery)["DeliveryDescription"], "Ring før levering");
}

#[tokio::test]
async fn days_of_an_order_of_the_erp_come() {
    let stage = Stage::set().await;
    let number = stage.customer("Vest Te AS");
    stage.settles().await;
    let order = json!({ "type": "SO", "customer": { "id": number }, "description": "På telefon", "date": "2026-02-11T00:00:00Z",
        "shipping": { "scheduledDate": "2026-03-03T00:00:00Z" }, "orderLines": [{ "inventoryId": "BOLT", "quantity": 4 }] });
    stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap();
    stage.settles_and_rests().await;
    let delivery = stage.in_crm("deliveries", "DeliveryDescription", "På telefon");
    assert!(delivery["DeliveryOrderDate"].as_str().unwrap().starts_with("2026-02-11"));
    assert!(delivery["DeliveryCustom5"].as_str().unwrap().starts_with("2026-03-03"), "{}", delivery["DeliveryCustom5"]);
    // its lines are made of the catalogue
    let lines = stage.at_crm("quotation-lines");
    let item = stage.in_crm("linked-data", "QuotationLineLinkedDataItemData1", "BOLT");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["QuotationLineLinkedDataId"], item["QuotationLineLinkedDataItemId"], "{:#?}", lines[0]);
    assert_eq!(lines[0]["QuotationLineData2"], "Name of BOLT");
}

#[tokio::test]
async fn numbers_of_the_erp_that_somebody_types_over_are_put_back_and_go_nowhere() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("BOLT", 5, "12.5")]);
    stage.settles().await;
    let invoice = stage.ships(&stage.the_order());
    stage.settles().await;
    let before = (stage.the_order(), stage.in_erp("invoices", "referenceNumber", invoice.as_str()));
    let fields = ["DeliveryCustom1", "DeliveryCustom2", "DeliveryCustom3"];
    let told = fields.map(|field| stage.delivered(delivery)[field].clone());
    let set = json!({ "DeliveryCustom1": "4711", "DeliveryCustom2": "4712", "DeliveryCustom3": "2020-01-01" });
    stage.crm_edits("deliveries", delivery, set);
    stage.settles_and_rests().await;
    assert_eq!(fields.map(|field| stage.delivered(delivery)[field].clone()), told);
    assert_eq!((stage.the_order(), stage.in_erp("invoices", "referenceNumber", invoice.as_str())), before);
}
