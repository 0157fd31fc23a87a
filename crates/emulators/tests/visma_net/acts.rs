//! What people do in the system's own screens.

use serde_json::{Value, json};

use crate::client::{ERP, Net};

#[tokio::test]
async fn people_make_change_and_delete_records() {
    let net = Net::open().await;
    let made = net.act(json!({ "action": "create", "collection": "customers", "set": { "name": "By hand", "mainAddress": { "city": "Bodø" } } }));
    let key = made["key"].as_str().unwrap().to_owned();
    net.advance(60);
    net.act(json!({ "action": "edit", "collection": "customers", "key": key, "set": { "name": "Renamed" } }));
    let known = net.get(&format!("v1/customer/{key}")).await.body;
    assert_eq!(
        (&known["name"], &known["mainAddress"]["city"], &known["lastModifiedDateTime"]),
        (&json!("Renamed"), &json!("Bodø"), &json!("2024-11-20T13:01:00"))
    );
    net.act(json!({ "action": "edit", "collection": "contacts", "key": 7, "set": { "email": "eva2@example.com" } }));
    assert_eq!(net.get("v1/contact/7").await.body["email"], "eva2@example.com");
    net.act(json!({ "action": "set", "collection": "items", "key": "HAT", "fields": { "lastCost": 70.5 } }));
    assert_eq!(net.get("v1/inventory/HAT").await.body["lastCost"], 70.5);
    net.act(json!({ "action": "delete", "collection": "contacts", "key": 7 }));
    net.expect(404, "GET", "v1/contact/7", Value::Null).await;
    net.act(json!({ "action": "renumber", "key": "10000", "number": "N1" }));
    net.expect(200, "GET", "v1/customer/N1", Value::Null).await;
}

#[tokio::test]
async fn people_deal_with_orders_and_money() {
    let net = Net::open().await;
    let order =
        json!({ "type": "SO", "customer": { "id": "10000" }, "orderLines": [{ "inventoryId": "HAT", "quantity": 2 }] });
    let order = net.act(json!({ "action": "enter_order", "order": order }));
    net.act(json!({ "action": "edit_order", "type": "SO", "key": order["key"], "set": { "description": "By phone" }, "lines": [{ "lineId": 1, "quantity": 3 }] }));
    let target = format!("api/v3/SalesOrders/SO/{}", order["key"].as_str().unwrap());
    let known = net.get(&target).await.body;
    assert_eq!((&known["description"], &known["orderQty"]), (&json!("By phone"), &json!(3)));
    let shipped =
        net.act(json!({ "action": "ship_order", "type": "SO", "key": order["key"], "invoice": true, "release": true }));
    let invoice = shipped["invoice"].as_str().unwrap().to_owned();
    assert_eq!(net.get(&format!("v1/customerinvoice/{invoice}")).await.body["status"], "Open");
    let paid = net.act(json!({ "action": "pay", "invoice": invoice, "amount": 100 }));
    assert_eq!(net.get(&format!("v1/customerinvoice/{invoice}")).await.body["balance"], 837.5);
    net.act(json!({ "action": "void", "key": paid["key"] }));
    let note = net.act(json!({ "action": "reverse", "key": invoice, "apply": true }));
    assert_eq!(
        net.get(&format!("v1/customerCreditNote/{}", note["key"].as_str().unwrap())).await.body["status"],
        "Closed"
    );
    net.act(json!({ "action": "release", "collection": "invoices", "key": "000801" }));
    assert_eq!(net.get("v1/customerinvoice/000801").await.body["status"], "Open");
    net.act(json!({ "action": "cancel_order", "type": "SO", "key": "000900" }));
    net.act(json!({ "action": "reopen_order", "type": "SO", "key": "000900" }));
}

#[tokio::test]
async fn the_other_company_is_named_by_its_tenant() {
    let mut net = Net::open().await;
    let tenant = emulators::visma_net::OTHER_TENANT;
    net.act(json!({ "action": "create", "tenant": tenant, "collection": "customers", "set": { "name": "Svensk AB" } }));
    net.token = net.token_for(tenant, ERP).await;
    assert_eq!(net.get("v1/customer").await.all("/currencyId"), json!(["SEK"]));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_words() {
    let net = Net::open().await;
    for (action, why) in [
        (json!({ "action": "dance" }), "visma-net knows no action \"dance\""),
        (json!({ "action": "create", "collection": "planets", "set": {} }), "collection: there is no \"planets\""),
        (json!({ "action": "create", "collection": "vats", "set": {} }), "collection: vats are seeded"),
        (
            json!({ "action": "create", "collection": "customers", "set": {} }),
            "Error inserting the customer. 'Customer name' cannot be empty.",
        ),
        (
            json!({ "action": "edit", "collection": "customers", "key": "?", "set": {} }),
            "key: there is no \"?\" in customers",
        ),
        (
            json!({ "action": "release", "collection": "invoices", "key": "000800" }),
            "Error releasing the document. Invoice can't be released because it has the status 'Open'.",
        ),
        (json!({ "action": "pay", "invoice": "?" }), "invoice: there is no \"?\""),
        (json!({ "action": "cancel_order", "type": "SO", "key": "?" }), "key: there is no order SO/?"),
        (json!({ "action": "stock", "tenant": "?" }), "tenant: there is no such company"),
    ] {
        assert_eq!(net.emulator.act(action.clone()).unwrap_err().0, why, "{action}");
    }
}
