//! What is sold in the ERP alone becomes a delivery of the CRM.

use serde_json::json;

use crate::stage::{Stage, amount, put};

#[tokio::test]
async fn what_is_sold_in_the_erp_alone_becomes_one_delivery_with_its_lines() {
    let stage = Stage::set().await;
    let number = stage.abroad("Vest Te AS");
    stage.settles().await;
    let order = json!({ "type": "SO", "customer": { "id": number }, "description": "På telefon",
        "orderLines": [{ "inventoryId": "BOLT", "quantity": 4 }, { "inventoryId": "HOUR", "quantity": 1, "unitPrice": 800 }] });
    let order = stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap();
    stage.settles_and_rests().await;
    let delivery = stage.in_crm("deliveries", "DeliveryCustom1", order["key"].clone());
    let company = stage.in_crm("organisations", "OrganisationName", "Vest Te AS");
    assert_eq!(delivery["DeliveryOrganisationId"], company["OrganisationId"]);
    assert_eq!(delivery["DeliveryDescription"], "På telefon");
    let lines = stage.at_crm("quotation-lines");
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["QuotationLineData1"].as_str().unwrap(),
                amount(line, "QuotationLineQuantity"),
                amount(line, "QuotationLinePrice"),
            )
        })
        .collect();
    assert_eq!(seen, [("BOLT", 4.into(), "12.5".parse().unwrap()), ("HOUR", 1.into(), 800.into())]);
    assert_eq!((stage.at_crm("deliveries").len(), stage.at_erp("orders").len()), (1, 1));
    // its invoice fills the same delivery
    let invoice = stage.ships(&stage.the_order());
    stage.settles_and_rests().await;
    assert_eq!(stage.in_crm("deliveries", "DeliveryCustom1", order["key"].clone())["DeliveryCustom2"], json!(invoice));
    assert_eq!(stage.at_crm("deliveries").len(), 1);
}

#[tokio::test]
async fn orders_of_every_type_that_is_named_become_deliveries() {
    let stage = Stage::set_with(|preset| put(preset, "connections.erp.order_types", r#"["SO", "IN"]"#)).await;
    let number = stage.abroad("Vest Te AS");
    for kind in ["SO", "IN", "QT"] {
        let lines = json!([{ "inventoryId": "HOUR", "quantity": 4 }]);
        let order = json!({ "type": kind, "customer": { "id": number }, "description": kind, "orderLines": lines });
        stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap();
    }
    stage.settles_and_rests().await;
    let deliveries = stage.at_crm("deliveries");
    assert_eq!(deliveries.len(), 2, "a quote is none: {deliveries:#?}");
    for kind in ["SO", "IN"] {
        let delivery = stage.in_crm("deliveries", "DeliveryDescription", kind);
        let order = stage.in_erp("orders", "description", kind);
        assert_eq!(delivery["DeliveryCustom1"], order["orderId"], "{kind}");
    }
    assert_eq!(stage.at_crm("quotation-lines").len(), 2);
}

#[tokio::test]
async fn a_delivery_is_made_once_though_an_answer_is_lost_and_is_whole() {
    for (method, path) in [("POST", "/Deliveries"), ("PATCH", "/QuotationLines")] {
        let stage = Stage::set().await;
        let number = stage.abroad("Vest Te AS");
        stage.settles().await;
        let lines = json!([{ "inventoryId": "BOLT", "quantity": 4 }, { "inventoryId": "HOUR", "quantity": 1 }]);
        let order = json!({ "type": "SO", "customer": { "id": number }, "orderLines": lines });
        stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap();
        stage.lose_answer_of_crm(method, path);
        stage.settles_and_rests().await;
        assert_eq!(stage.crm.faults()[0]["met"], 1, "{path}");
        assert_eq!((stage.at_crm("deliveries").len(), stage.at_crm("quotation-lines").len()), (1, 2), "{path}");
        assert_eq!(stage.at_crm("deliveries")[0]["DeliveryCustom1"], stage.the_order()["orderId"], "{path}");
    }
}
