//! The order service.

use serde_json::{Value, json};

use crate::client::Net;

const ORDER: &str = "api/v3/SalesOrders/SO/000900";

#[tokio::test]
async fn an_order_is_made_priced_and_read() {
    let net = Net::open().await;
    let body = json!({ "type": "SO", "customer": { "id": "10000", "order": "PO-9", "refNo": "R9" }, "description": "New", "date": "2024-11-19T00:00:00",
        "orderLines": [
            { "inventoryId": "HAT", "quantity": 2 },
            { "inventoryId": "COAT", "quantity": 1, "unitPrice": 850, "discountPercent": 10, "externalLink": "row 2" },
            { "inventoryId": "HOUR", "quantity": 1, "unitPrice": 1, "hasManualPrice": false, "discountPercent": 50, "hasManualDiscount": false }] });
    let made = net.expect(201, "POST", "api/v3/SalesOrders", body).await;
    assert!(made.text.is_empty() && made.header("location").ends_with("/api/v3/SalesOrders/SO/000001"), "{made:?}");
    let target = "api/v3/SalesOrders/so/000001";
    let bare = net.expect(200, "GET", target, Value::Null).await;
    assert_eq!(bare.header("etag"), format!("\"{}\"", bare.body["version"].as_str().unwrap()));
    assert_eq!(bare.body["status"], json!({ "description": "Open", "hold": false, "cancelled": false }));
    for part in ["customer", "shipping", "note", "orderLines", "financialInformation"] {
        assert_eq!(bare.body.get(part), None, "{part}");
    }
    let totals = &bare.body["totals"];
    assert_eq!(
        (&totals["orderTotal"], &totals["taxTotal"], &totals["discountTotal"]),
        (&json!(2206.25), &json!(441.25), &json!(85))
    );
    assert_eq!((&bare.body["orderQty"], &bare.body["date"]), (&json!(4), &json!("2024-11-19T00:00:00Z")));
    let whole = net.get(&format!("{target}?expand=Customer,Shipping&expand=FinancialInformation")).await.body;
    assert_eq!((&whole["customer"]["order"], &whole["customer"]["taxZone"]["id"]), (&json!("PO-9"), &json!("01")));
    assert_eq!(
        (&whole["shipping"]["address"]["line1"], &whole["financialInformation"]["terms"]["id"]),
        (&json!("Storgata 1"), &json!("30"))
    );
    net.expect(400, "GET", &format!("{target}?expand=Everything"), Value::Null).await;
    let lines = net.get(&format!("{target}/lines")).await.body;
    assert_eq!((&lines["totalCount"], &lines["nextPage"]), (&json!(3), &Value::Null));
    let prices = lines["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| json!([line["lineId"], line["unitPrice"], line["hasManualPrice"], line["discountAmount"]]));
    assert_eq!(prices.collect::<Value>(), json!([[1, 250, false, 0], [2, 850, true, 85], [3, 500, false, 0]]));
    assert_eq!(net.get(&format!("{target}/lines/2")).await.body["externalLink"], "row 2");
    net.expect(404, "GET", &format!("{target}/lines/9"), Value::Null).await;
    assert_eq!(net.get(&format!("{target}/tax")).await.all("/taxAmount"), json!([441.25]));
}

#[tokio::test]
async fn a_list_has_flat_rows_in_pages_from_zero() {
    let net = Net::open().await;
    for day in 1..=3 {
        net.advance(60);
        let body = json!({ "type": "SO", "customer": { "id": "10001", "order": format!("PO{day}") } });
        net.expect(201, "POST", "api/v3/SalesOrders", body).await;
    }
    let page = net.get("api/v3/SalesOrders?pageSize=2&orderBy=lastModified%20desc").await.body;
    assert_eq!((&page["totalCount"], &page["value"][0]["customerOrder"]), (&json!(4), &json!("PO3")));
    let next = page["nextPage"].as_str().unwrap().split_once("/api").unwrap().1.to_owned();
    let last = net.get(&format!("api{next}")).await.body;
    assert_eq!((last["value"].as_array().unwrap().len(), &last["nextPage"]), (2, &Value::Null));
    assert_eq!(last["value"][1]["orderId"], "000900");
    assert_eq!(net.get("api/v3/SalesOrders/SO?modifiedSince=2024-11-20T12:02:00").await.body["totalCount"], 2);
    assert_eq!(net.get("api/v3/SalesOrders/SO?modifiedSince=2024-11-20T13:02:00%2B01:00").await.body["totalCount"], 2);
    assert_eq!(net.get("api/v3/SalesOrders/IN").await.body["totalCount"], 0);
    assert_eq!(net.get("api/v3/SalesOrders?customerId=10000&status=open&filter=009").await.body["totalCount"], 1);
    for wrong in ["pageSize=0", "pageSize=x", "pageIndex=-1", "pageSize=99999", "orderBy=price", "modifiedSince=soon"] {
        let answer = net.expect(400, "GET", &format!("api/v3/SalesOrders?{wrong}"), Value::Null).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn every_write_names_the_version_it_changes() {
    let net = Net::open().await;
    assert_eq!(net.call("PATCH", ORDER, json!({ "description": "x" })).await.status, 428);
    assert_eq!(
        net.with("PATCH", ORDER, json!({ "description": "x" }), &[("if-match", "\"AAAAAAAAAAA=\"")]).await.status,
        412
    );
    let first = net.get(ORDER).await.header("etag").to_owned();
    let changed = net
        .with(
            "PATCH",
            ORDER,
            json!({ "description": "x", "shipping": { "scheduledDate": "2024-12-01" } }),
            &[("if-match", &first)],
        )
        .await;
    assert_eq!((changed.status, changed.text.as_str()), (202, ""));
    assert_ne!(changed.header("etag"), first);
    // One version leads to the next.
    let lines = json!({ "lines": [{ "lineId": 1, "quantity": 5 }] });
    let next =
        net.with("PATCH", &format!("{ORDER}/lines"), lines.clone(), &[("if-match", changed.header("etag"))]).await;
    assert_eq!(next.status, 202);
    assert_eq!(
        net.with("PATCH", &format!("{ORDER}/lines"), lines, &[("if-match", changed.header("etag"))]).await.status,
        412
    );
    let known = net.get(&format!("{ORDER}?expand=All")).await.body;
    assert_eq!(
        (&known["description"], &known["shipping"]["scheduledDate"]),
        (&json!("x"), &json!("2024-12-01T00:00:00Z"))
    );
    assert_eq!((&known["note"], &known["customer"]["refNo"]), (&json!("by hand"), &json!("EVA")));
    assert_eq!(known["totals"]["orderTotal"], 2687.5);
}

#[tokio::test]
async fn lines_are_added_changed_and_taken_away() {
    let net = Net::open().await;
    let lines = format!("{ORDER}/lines");
    assert_eq!(
        net.order("POST", &lines, json!({ "lines": [{ "inventoryId": "COAT", "quantity": 1 }] })).await.status,
        202
    );
    let none = net.order("PATCH", &lines, json!({})).await;
    assert_eq!((none.status, none.body["detail"].as_str()), (400, Some("There are no lines set to patch")));
    for (body, codes) in [
        (json!({ "lines": [{ "lineId": 9 }] }), json!([["0200-LineIdDoesNotExist", "lines[0].lineId"]])),
        (json!({ "lines": [{ "quantity": 1 }] }), json!([["0001-NullNotAllowed", "lines[0].lineId"]])),
        (
            json!({ "lines": [{ "lineId": 1, "discountPercent": 101 }] }),
            json!([["0100-OutsideValidRange", "lines[0].discountPercent"]]),
        ),
        (
            json!({ "lines": [{ "lineId": 1, "quantity": -1 }] }),
            json!([["1809-InvalidQuantityForType", "lines[0].quantity"]]),
        ),
        (
            json!({ "lines": [{ "lineId": 1, "warehouseId": "9" }] }),
            json!([["1802-InvalidWarehouseId", "lines[0].warehouseId"]]),
        ),
        (
            json!({ "lines": [{ "lineId": 1, "inventoryId": "HAT" }] }),
            json!([["0003-InvalidValue", "lines[0].inventoryId"]]),
        ),
    ] {
        let answer = net.order("PATCH", &lines, body).await;
        assert_eq!((answer.status, answer.codes()), (400, codes), "{}", answer.text);
    }
    let mixed = json!({ "lines": [{ "lineId": 1, "quantity": 7 }, { "lineId": 3, "taxCategoryId": "9" }] });
    assert_eq!(net.order("PATCH", &lines, mixed).await.status, 400);
    assert_eq!(net.get(&format!("{lines}/1")).await.body["quantity"], 4);
    assert_eq!(net.order("DELETE", &format!("{lines}?ids=1,3"), Value::Null).await.status, 202);
    assert_eq!(
        net.order("DELETE", &format!("{lines}?ids=1"), Value::Null).await.codes()[0][0],
        "0200-LineIdDoesNotExist"
    );
    assert_eq!(net.order("DELETE", &lines, Value::Null).await.status, 400);
    assert_eq!(net.order("POST", &lines, json!({ "lines": [{ "inventoryId": "HAT" }] })).await.status, 202);
    let left = net.get(&lines).await.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["lineId"].clone())
        .collect::<Value>();
    assert_eq!(left, json!([2, 4]));
}

#[tokio::test]
async fn what_a_new_order_refuses() {
    let net = Net::open().await;
    let long = "x".repeat(41);
    for (change, code, property) in [
        (json!({ "type": null }), "0001-NullNotAllowed", "type"),
        (json!({ "type": "ZZ" }), "0003-InvalidValue", "type"),
        (json!({ "type": "CM" }), "0003-InvalidValue", "type"),
        (json!({ "customer": null }), "0001-NullNotAllowed", "customer"),
        (json!({ "customer": { "id": "?" } }), "1400-CustomerLookupException", "customer"),
        (json!({ "customer": { "id": "10000", "order": long } }), "0002-InvalidLength", "customer.order"),
        (json!({ "orderId": "1" }), "0004-ValueNotAllowed", "orderId"),
        (json!({ "type": "SM" }), "0001-NullNotAllowed", "orderId"),
        (json!({ "status": "BackOrder" }), "0003-InvalidValue", "status"),
        (json!({ "colour": "red" }), "0003-InvalidValue", "colour"),
        (json!({ "date": "soon" }), "0003-InvalidValue", "date"),
        (json!({ "currencyId": "XXX" }), "0003-InvalidValue", "currencyId"),
        (json!({ "projectId": "9" }), "1904-ProjectNotFound", "project"),
        (json!({ "salesPersonId": "2" }), "1901-InactiveSalesPerson", "salesPersonId"),
        (json!({ "salesPersonId": "9" }), "1902-SalesPersonNotFound", "salesPerson"),
        (json!({ "shipping": { "address": { "line1": "A" } } }), "0001-NullNotAllowed", "shipping.address.countryId"),
        (json!({ "orderLines": [{ "quantity": 1 }] }), "0001-NullNotAllowed", "orderLines[0].inventoryId"),
        (json!({ "orderLines": [{ "inventoryId": "?" }] }), "1804-InventoryIdNotFound", "orderLines[0].inventoryId"),
        (
            json!({ "orderLines": [{ "inventoryId": "HAT", "quantity": "1" }] }),
            "0003-InvalidValue",
            "orderLines[0].quantity",
        ),
    ] {
        let mut body = json!({ "type": "SO", "customer": { "id": "10000" } });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = net.expect(400, "POST", "api/v3/SalesOrders", body).await;
        assert_eq!(answer.codes()[0], json!([code, property]), "{change}: {}", answer.text);
        assert!(answer.body["errors"][property].is_array(), "{}", answer.text);
    }
    net.expect(
        201,
        "POST",
        "api/v3/SalesOrders",
        json!({ "type": "SM", "orderId": "M1", "customer": { "id": "10000" } }),
    )
    .await;
    net.expect(
        409,
        "POST",
        "api/v3/SalesOrders",
        json!({ "type": "SM", "orderId": "M1", "customer": { "id": "10000" } }),
    )
    .await;
    net.act(json!({ "action": "edit", "collection": "customers", "key": "10002", "set": { "status": "Inactive" } }));
    let inactive =
        net.expect(400, "POST", "api/v3/SalesOrders", json!({ "type": "SO", "customer": { "id": "10002" } })).await;
    assert_eq!(inactive.codes()[0][0], "1407-InvalidCustomerStatus");
    assert_eq!(net.call("POST", "api/v3/SalesOrders", json!("x")).await.status, 400);
}

#[tokio::test]
async fn orders_from_before_may_name_what_is_no_longer_sold() {
    let net = Net::open().await;
    net.act(json!({ "action": "edit", "collection": "items", "key": "OLD", "set": { "status": "Inactive" } }));
    net.act(json!({ "action": "edit", "collection": "customers", "key": "10002", "set": { "status": "Inactive" } }));
    let order = json!({ "type": "SO", "orderId": "1", "status": "Completed", "customer": { "id": "10002" },
        "orderLines": [{ "inventory": { "id": "OLD" }, "quantity": 1, "unitPrice": 10 }] });
    net.emulator.seed(json!({ "orders": [order] })).unwrap();
    let known = net.get("api/v3/SalesOrders/SO/1").await.body;
    assert_eq!((&known["status"]["description"], &known["orderQty"]), (&json!("Completed"), &json!(1)));
}

#[tokio::test]
async fn a_given_address_is_the_whole_address() {
    let net = Net::open().await;
    let body = json!({ "type": "SO", "customer": { "id": "10000" }, "shipping": { "address": { "line1": "Elsewhere", "countryId": "SE" } } });
    let key = net.expect(201, "POST", "api/v3/SalesOrders", body).await.key();
    let address =
        net.get(&format!("api/v3/SalesOrders/SO/{key}?expand=Shipping")).await.body["shipping"]["address"].clone();
    assert_eq!(
        address,
        json!({ "line1": "Elsewhere", "country": { "id": "SE", "name": "Sweden" }, "overridesDefault": true })
    );
    let patch = json!({ "shipping": { "address": { "city": "Malmö" } } });
    assert_eq!(net.order("PATCH", &format!("api/v3/SalesOrders/SO/{key}"), patch).await.status, 202);
    let address =
        net.get(&format!("api/v3/SalesOrders/SO/{key}?expand=Shipping")).await.body["shipping"]["address"].clone();
    assert_eq!((&address["line1"], &address["city"]), (&json!("Elsewhere"), &json!("Malmö")));
}

#[tokio::test]
async fn an_order_is_deleted_while_nothing_is_shipped() {
    let net = Net::open().await;
    assert_eq!(net.call("DELETE", ORDER, Value::Null).await.status, 428);
    net.act(json!({ "action": "ship_order", "type": "SO", "key": "000900", "confirm": false }));
    assert_eq!(net.order("DELETE", ORDER, Value::Null).await.status, 405);
    let other = net.act(json!({ "action": "enter_order", "order": { "type": "SO", "customer": { "id": "10000" } } }));
    let target = format!("api/v3/SalesOrders/SO/{}", other["key"].as_str().unwrap());
    assert_eq!(net.order("DELETE", &target, Value::Null).await.status, 202);
    net.expect(404, "GET", &target, Value::Null).await;
}

#[tokio::test]
async fn customers_and_stock_are_looked_up() {
    let net = Net::open().await;
    assert_eq!(net.get("api/v3/Customers?filter=SVEA").await.body["value"][0]["id"], "10001");
    assert_eq!(net.get("api/v3/Customers").await.body["totalCount"], 3);
    net.expect(404, "GET", "api/v3/Customers/1/locations", Value::Null).await;
    let stock = net.get("api/v3/Inventory?inventoryId=HAT&inventoryId=COAT&warehouseId=1&expand=Location").await.body;
    assert_eq!((&stock["totalCount"], &stock["value"][1]["availability"][0]["quantityOnHand"]), (&json!(2), &json!(3)));
    assert_eq!(stock["value"][0]["availability"][0]["locations"][0]["quantityOnHand"], 10);
    assert_eq!(net.get("api/v3/Inventory").await.body["value"][0]["availability"][0].get("locations"), None);
}
