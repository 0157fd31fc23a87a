//! From the order to the payment.

use serde_json::{Value, json};

use crate::client::{Net, wrapped};

const ORDER: &str = "api/v3/SalesOrders/SO/000900";

async fn status(net: &Net, target: &str) -> Value {
    let body = net.get(target).await.body;
    body["status"].get("description").unwrap_or(&body["status"]).clone()
}

fn ship(warehouse: &str) -> Value {
    json!({ "orderType": "SO", "shipmentDate": "2024-11-21", "shipmentWarehouse": warehouse, "returnShipmentDto": true })
}

#[tokio::test]
async fn an_order_is_shipped_invoiced_and_paid() {
    let net = Net::open().await;
    let made = net.expect(200, "POST", "v2/salesorder/000900/action/createShipment", ship("1")).await.body;
    assert_eq!((&made["referenceNumber"], &made["shipmentDto"]["status"]), (&json!("000001"), &json!("Open")));
    assert_eq!(status(&net, ORDER).await, "Shipping");
    let shipment = "v1/shipment/000001";
    let known = net.expect(200, "GET", shipment, Value::Null).await.body;
    assert_eq!(
        (&known["shippedQuantity"], &known["shipmentDetailLines"][0]["orderNbr"]),
        (&json!(6), &json!("000900"))
    );
    net.expect(400, "POST", "v2/salesorder/SO/000900/action/prepareInvoice", Value::Null).await;
    let version = net.get(shipment).await.header("etag").to_owned();
    let package = wrapped(
        json!({ "shipmentPackageLines": [{ "operation": "Insert", "trackingNumber": "370" }], "customStr1": "x" }),
    );
    assert_eq!(net.with("PUT", shipment, package, &[("if-match", &version)]).await.status, 204);
    assert_eq!(net.with("PUT", shipment, json!({}), &[("if-match", &version)]).await.status, 412);
    assert_eq!(net.get(shipment).await.body["shipmentPackageLines"][0]["trackingNumber"], "370");
    net.expect(200, "POST", &format!("{shipment}/action/confirmShipment"), Value::Null).await;
    assert_eq!((status(&net, shipment).await, status(&net, ORDER).await), (json!("Confirmed"), json!("Completed")));
    assert_eq!(net.get("v1/inventory/HAT").await.body["warehouseDetails"][0]["available"], 6);

    let invoice = net.expect(200, "POST", "v2/salesorder/SO/000900/action/prepareInvoice", Value::Null).await.body;
    let number = invoice["referenceNumber"].as_str().unwrap().to_owned();
    let target = format!("v1/customerinvoice/{number}");
    let known = net.get(&target).await.body;
    let link = ["soOrderType", "soOrderNbr", "soShipmentNbr"].map(|name| known["invoiceLines"][0][name].clone());
    assert_eq!(link, [json!("SO"), json!("000900"), json!("000001")]);
    assert_eq!(
        (&known["amount"], &known["customerRefNumber"], &known["externalReference"]),
        (&json!(2375), &json!("PO-1"), &json!("EVA"))
    );
    let shown = net.get(&format!("{ORDER}/shipment")).await;
    assert_eq!((&shown.rows()[0]["id"], &shown.rows()[0]["invoiceId"]), (&json!("000001"), &json!(number)));
    assert_eq!(status(&net, shipment).await, "Invoiced");
    net.expect(400, "POST", "v2/salesorder/SO/000900/action/prepareInvoice", Value::Null).await;

    net.expect(200, "POST", &format!("{target}/action/release"), Value::Null).await;
    net.advance(2);
    assert_eq!(status(&net, &target).await, "Open");
    net.act(json!({ "action": "pay", "invoice": number }));
    assert_eq!(status(&net, &target).await, "Closed");
    assert_eq!(net.get("v1/customer/10000/balance").await.body["balance"], 1250);
}

#[tokio::test]
async fn what_is_not_there_is_not_shipped() {
    let net = Net::open().await;
    net.act(json!({ "action": "stock", "item": "HAT", "warehouse": "1", "by": -7 }));
    net.expect(200, "POST", "v2/salesorder/000900/action/createShipment", ship("1")).await;
    net.expect(200, "POST", "v1/shipment/000001/action/confirmShipment", Value::Null).await;
    assert_eq!(status(&net, ORDER).await, "BackOrder");
    let line = net.get(&format!("{ORDER}/lines/1")).await.body;
    assert_eq!(
        (&line["quantityOnShipments"], &line["openQuantity"], &line["completed"]),
        (&json!(3), &json!(1), &json!(false))
    );
    let none = net.expect(400, "POST", "v2/salesorder/000900/action/createShipment", ship("1")).await;
    assert!(none.message().contains("no lines to ship"), "{}", none.message());
    net.act(json!({ "action": "stock", "item": "HAT", "warehouse": "1", "by": 1 }));
    net.expect(200, "POST", "v2/salesorder/000900/action/createShipment", ship("1")).await;
    net.expect(200, "POST", "v1/shipment/000002/action/confirmShipment", Value::Null).await;
    assert_eq!(status(&net, ORDER).await, "Completed");
    net.expect(200, "POST", "v2/salesorder/SO/000900/action/prepareInvoice", Value::Null).await;
    assert_eq!(net.get("v1/customerinvoice/000001").await.body["invoiceLines"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_order_to_be_shipped_whole_waits() {
    let net = Net::open().await;
    let rule = json!({ "lines": [{ "lineId": 1, "shippingRule": "ShipComplete", "quantity": 11 }] });
    assert_eq!(net.order("PATCH", &format!("{ORDER}/lines"), rule).await.status, 202);
    net.expect(409, "POST", "v2/salesorder/000900/action/createShipment", ship("1")).await;
    assert_eq!(status(&net, ORDER).await, "Open");
    for (path, body, code) in [
        ("000900", json!({ "orderType": "IN", "shipmentDate": "2024-11-21", "shipmentWarehouse": "1" }), 404),
        ("999999", ship("1"), 404),
        ("000900", ship("9"), 400),
        ("000900", json!({ "orderType": "SO" }), 400),
        ("000900", json!({ "orderType": { "value": "SO" } }), 400),
    ] {
        net.expect(code, "POST", &format!("v2/salesorder/{path}/action/createShipment"), body).await;
    }
}

#[tokio::test]
async fn a_shipment_is_opened_again_and_cancelled() {
    let net = Net::open().await;
    net.expect(200, "POST", "v2/salesorder/000900/action/createShipment", ship("1")).await;
    let action = |word: &str| format!("v1/shipment/000001/action/{word}");
    net.expect(200, "POST", &action("confirmShipment"), Value::Null).await;
    net.expect(400, "POST", &action("cancelShipment"), Value::Null).await;
    net.expect(200, "POST", &action("correctShipment"), Value::Null).await;
    assert_eq!(net.get("v1/inventory/HAT").await.body["warehouseDetails"][0]["quantityOnHand"], 10);
    assert_eq!(status(&net, ORDER).await, "Shipping");
    net.expect(200, "POST", &action("cancelShipment"), Value::Null).await;
    assert_eq!(
        (status(&net, ORDER).await, status(&net, "v1/shipment/000001").await),
        (json!("Open"), json!("Cancelled"))
    );
    assert_eq!(net.get(&format!("{ORDER}/lines/1")).await.body["quantityOnShipments"], 0);
    assert_eq!(net.get(&format!("{ORDER}/shipment")).await.text, "[]");
}

#[tokio::test]
async fn an_invoice_that_is_deleted_can_be_made_again() {
    let net = Net::open().await;
    net.act(json!({ "action": "ship_order", "type": "SO", "key": "000900", "invoice": true }));
    net.expect(204, "DELETE", "v1/customerinvoice/000001", Value::Null).await;
    assert_eq!(net.get(&format!("{ORDER}/shipment")).await.all("/invoiceId"), json!([null]));
    assert_eq!(status(&net, "v1/shipment/000001").await, "Confirmed");
    net.expect(200, "POST", "v2/salesorder/SO/000900/action/prepareInvoice", Value::Null).await;
    assert_eq!(net.get(&format!("{ORDER}/shipment")).await.all("/invoiceId"), json!(["000002"]));
}

#[tokio::test]
async fn an_order_that_is_an_invoice_needs_no_shipment() {
    let net = Net::open().await;
    let order =
        json!({ "type": "IN", "customer": { "id": "10000" }, "orderLines": [{ "inventoryId": "HAT", "quantity": 1 }] });
    let key = net.expect(201, "POST", "api/v3/SalesOrders", order).await.key();
    let made =
        net.expect(200, "POST", &format!("v2/salesorder/IN/{key}/action/prepareInvoice"), Value::Null).await.body;
    let target = format!("api/v3/SalesOrders/IN/{key}");
    assert_eq!(status(&net, &target).await, "Invoiced");
    let invoice = format!("v1/customerinvoice/{}", made["referenceNumber"].as_str().unwrap());
    assert_eq!(net.get(&invoice).await.body["amount"], 312.5);
    net.expect(200, "POST", &format!("{invoice}/action/release"), Value::Null).await;
    net.advance(2);
    assert_eq!(status(&net, &target).await, "Completed");
}

#[tokio::test]
async fn an_order_is_cancelled_and_reopened() {
    let net = Net::open().await;
    let body = json!({ "orderType": "SO" });
    net.expect(200, "POST", "v2/salesorder/000900/action/cancelSalesOrder", body.clone()).await;
    let known = net.get(ORDER).await.body;
    assert_eq!(known["status"], json!({ "description": "Cancelled", "hold": false, "cancelled": true }));
    assert_eq!(net.order("PATCH", ORDER, json!({ "description": "x" })).await.status, 405);
    net.expect(400, "POST", "v2/salesorder/000900/action/cancelSalesOrder", body.clone()).await;
    net.expect(200, "POST", "v2/salesorder/000900/action/reopenSalesOrder", body).await;
    assert_eq!(status(&net, ORDER).await, "Open");
}
