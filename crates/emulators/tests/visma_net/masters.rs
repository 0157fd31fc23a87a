//! Customers, persons, delivery places, items, prices, suppliers, projects.

use serde_json::{Value, json};

use crate::client::{Net, wrapped};

#[tokio::test]
async fn a_customer_is_made_read_and_changed_in_part() {
    let net = Net::open().await;
    let address =
        json!({ "addressLine1": "Fjordgata 2", "postalCode": "7010", "city": "Trondheim", "countryId": "NO" });
    let body =
        json!({ "name": "Fjord AS", "mainAddress": address, "mainContact": { "phone1": "73" }, "corporateId": "999" });
    let made = net.expect(201, "POST", "v1/customer", wrapped(body)).await;
    assert_eq!(made.text, "");
    assert!(made.header("location").ends_with("/v1/customer/10003"), "{}", made.header("location"));
    let read = net.expect(200, "GET", "v1/customer/10003", Value::Null).await;
    let known = &read.body;
    assert_eq!(known["mainAddress"]["country"], json!({ "id": "NO", "name": "Norway" }));
    assert_eq!(known["invoiceAddress"]["city"], "Trondheim");
    assert_eq!((&known["status"], &known["currencyId"]), (&json!("Active"), &json!("NOK")));
    assert_eq!((&known["vatZone"]["id"], &known["creditTerms"]["description"]), (&json!("01"), &json!("30 days")));
    assert_eq!(known["lastModifiedDateTime"], "2024-11-20T13:00:00");
    assert_eq!(read.header("etag"), format!("\"{}\"", known["timeStamp"].as_str().unwrap()));
    assert_eq!(net.get("v1/location/10003").await.all("/locationId"), json!(["Main"]));

    net.advance(60);
    let part = wrapped(json!({ "mainAddress": { "city": "Oslo" } }));
    let changed = net.expect(204, "PUT", "v1/Customer/10003", part).await;
    assert_ne!(changed.header("etag"), read.header("etag"));
    let after = net.get("v1/customer/10003").await.body;
    assert_eq!(
        (&after["mainAddress"]["city"], &after["mainAddress"]["addressLine1"]),
        (&json!("Oslo"), &json!("Fjordgata 2"))
    );
    assert_eq!((&after["invoiceAddress"]["city"], &after["name"]), (&json!("Oslo"), &json!("Fjord AS")));
    assert_eq!(after["lastModifiedDateTime"], "2024-11-20T13:01:00");
    assert_eq!((&after["createdDateTime"], &after["internalId"]), (&known["createdDateTime"], &known["internalId"]));
}

#[tokio::test]
async fn what_is_not_wrapped_counts_for_nothing() {
    let net = Net::open().await;
    for body in [
        json!({ "name": "A" }),
        json!({ "name": { "value": 3 } }),
        json!([]),
        json!({ "mainAddress": { "city": { "value": "Oslo" } } }),
    ] {
        let answer = net.call("POST", "v1/customer", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().starts_with("Data received not recognized as CustomerUpdateDto"), "{}", answer.text);
    }
    assert_eq!(net.with("POST", "v1/customer", json!("x"), &[]).await.status, 400);
    assert_eq!(net.get("v1/customer").await.rows().len(), 3);
}

#[tokio::test]
async fn broken_rules_are_named_and_nothing_is_kept() {
    let net = Net::open().await;
    let body = json!({ "creditTermsId": "TT", "vatZoneId": "9", "mainAddress": { "countryId": "XX" } });
    let answer = net.expect(400, "POST", "v1/customer", wrapped(body)).await;
    let message = answer.message();
    assert!(message.starts_with("VismaId: "), "{message}");
    for rule in [
        "Error: Terms 'TT' cannot be found in the system.",
        "\r\nError: Tax Zone '9'",
        "Country 'XX'",
        "'Customer name' cannot be empty.",
    ] {
        assert!(message.contains(rule), "{rule} in {message}");
    }
    let other = net.expect(400, "PUT", "v1/customer/10000", wrapped(json!({ "creditTermsId": "V60" }))).await;
    assert!(other.message().contains("Terms 'V60'") && other.message()[..50] != message[..50], "{}", other.message());
    assert_eq!(net.get("v1/customer/10000").await.body["creditTerms"]["id"], "30");
    net.expect(404, "PUT", "v1/customer/1", wrapped(json!({ "name": "x" }))).await;
    net.expect(405, "DELETE", "v1/customer/10000", Value::Null).await;
}

#[tokio::test]
async fn a_number_of_ones_own_needs_the_override_and_is_there_once() {
    let net = Net::open().await;
    let own = json!({ "name": "A", "number": "CRM-1", "overrideNumberSeries": true });
    assert_eq!(net.expect(201, "POST", "v1/customer", wrapped(own.clone())).await.key(), "CRM-1");
    let again = net.expect(400, "POST", "v1/customer", wrapped(own)).await;
    assert!(again.message().contains("Customer 'CRM-1' already exists."), "{}", again.message());
    let slash = json!({ "name": "S", "number": "A/7", "overrideNumberSeries": true });
    let made = net.expect(201, "POST", "v1/customer", wrapped(slash)).await;
    assert_eq!(made.key(), "A%2F7");
    assert_eq!(net.get("v1/customer/A%2F7").await.body["name"], "S");
    let odd = json!({ "name": "B", "number": ":/?#[]@&*+;", "overrideNumberSeries": true });
    net.expect(201, "POST", "v1/customer", wrapped(odd)).await;
    assert_eq!(net.get("v1/customer/b64(Oi8_I1tdQCYqKzs)").await.body["name"], "B");
    net.emulator.seed(json!({ "number-sequences": [{ "numberingId": "CUSTOMER", "manualNumbering": true }] })).unwrap();
    net.expect(400, "POST", "v1/customer", wrapped(json!({ "name": "C" }))).await;
    assert_eq!(
        net.expect(201, "POST", "v1/customer", wrapped(json!({ "name": "C", "number": "C1" }))).await.key(),
        "C1"
    );
}

#[tokio::test]
async fn attributes_are_written_one_by_one_and_checked() {
    let net = Net::open().await;
    let lines = |id: &str, value: &str| json!({ "attributeLines": [{ "attributeId": { "value": id }, "attributeValue": { "value": value } }] });
    net.expect(204, "PUT", "v1/customer/10000", lines("SEGMENT", "A")).await;
    net.expect(204, "PUT", "v1/customer/10000", lines("CRMID", "77")).await;
    let known = net.get("v1/customer/10000").await.body["attributes"].clone();
    assert_eq!(
        known,
        json!([{ "id": "SEGMENT", "value": "A", "description": "Large" }, { "id": "CRMID", "value": "77", "description": "77" }])
    );
    net.expect(400, "PUT", "v1/customer/10000", lines("SEGMENT", "Z")).await;
    net.expect(400, "PUT", "v1/customer/10000", lines("NONE", "Z")).await;
    net.expect(204, "PUT", "v1/customer/10000", lines("CRMID", "")).await;
    assert_eq!(net.get("v1/customer/10000").await.body["attributes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_person_belongs_to_a_customer() {
    let net = Net::open().await;
    assert_eq!(net.get("v1/customer/10000/contact").await.all("/contactId"), json!([7]));
    let body = json!({ "firstName": "Ola", "lastName": "Lie", "businessAccount": "10000", "sameAsAccount": true });
    let made = net.expect(201, "POST", "v1/contact", wrapped(body)).await;
    assert!(!made.header("etag").is_empty());
    let known = net.get(&format!("v1/contact/{}", made.key())).await.body;
    assert_eq!(
        (&known["displayName"], &known["businessAccountType"], &known["active"]),
        (&json!("Lie, Ola"), &json!("Customer"), &json!(true))
    );
    assert_eq!(known["address"]["city"], "Oslo");
    net.expect(400, "POST", "v1/contact", wrapped(json!({ "firstName": "Ola" }))).await;
    net.expect(400, "POST", "v1/contact", wrapped(json!({ "lastName": "Lie", "businessAccount": "1" }))).await;
    let of_supplier = wrapped(json!({ "lastName": "Lie", "businessAccount": "50000" }));
    let key = net.expect(201, "POST", "v1/contact", of_supplier).await.key();
    assert_eq!(net.get(&format!("v1/contact/{key}")).await.body["businessAccountType"], "Vendor");
    assert_eq!(net.get("v1/supplier/50000/contact").await.rows().len(), 1);
}

#[tokio::test]
async fn delivery_places_keep_their_keys() {
    let net = Net::open().await;
    let place =
        wrapped(json!({ "baccountId": "10000", "locationId": "SHOP", "locationName": "Shop", "vatZone": "01" }));
    assert!(
        net.expect(201, "POST", "v1/location", place.clone())
            .await
            .header("location")
            .ends_with("/v1/location/10000/SHOP")
    );
    net.expect(400, "POST", "v1/location", place).await;
    net.expect(
        204,
        "PUT",
        "v1/location/10000/shop",
        wrapped(json!({ "baccountId": "10001", "locationId": "X", "active": false })),
    )
    .await;
    let known = net.get("v1/location/10000/SHOP").await.body;
    assert_eq!(
        (&known["active"], &known["baccount"]["number"], &known["vatZone"]["description"]),
        (&json!(false), &json!("10000"), &json!("Domestic"))
    );
    net.expect(400, "POST", "v1/location", wrapped(json!({ "locationId": "Y" }))).await;
    net.expect(404, "GET", "v1/location/10000/NONE", Value::Null).await;
    assert!(net.get("v1/location/10000/SHOP").await.header("etag").is_empty());
}

#[tokio::test]
async fn an_items_class_gives_what_is_left_out() {
    let net = Net::open().await;
    let body =
        json!({ "inventoryNumber": "SCARF", "itemClass": "GOODS", "description": "Scarf", "defaultPrice": 99.5 });
    assert_eq!(net.expect(201, "POST", "v1/inventory", wrapped(body.clone())).await.key(), "SCARF");
    let known = net.get("v1/inventory/scarf").await;
    assert!(
        known.header("etag").is_empty() && known.body["timestamp"].is_string() && known.body.get("timeStamp").is_none()
    );
    let known = known.body;
    assert_eq!((&known["type"], &known["stockItem"]), (&json!("FinishedGoodItem"), &json!(true)));
    assert_eq!(
        (&known["vatCode"]["id"], &known["baseUnit"], &known["postingClass"]["id"]),
        (&json!("3"), &json!("STK"), &json!("1"))
    );
    assert_eq!(known["warehouseDetails"].as_array().unwrap().len(), 2);
    net.expect(400, "POST", "v1/inventory", wrapped(body)).await;
    for wrong in [
        json!({ "inventoryNumber": "A" }),
        json!({ "itemClass": "GOODS" }),
        json!({ "inventoryNumber": "A", "itemClass": "GOODS", "type": "NonStockItem" }),
        json!({ "inventoryNumber": "A", "itemClass": "GOODS", "expenseAccount": "4300" }),
        json!({ "inventoryNumber": "A", "itemClass": "SERVICE", "cogsAccount": "4300" }),
    ] {
        net.expect(400, "POST", "v1/inventory", wrapped(wrong)).await;
    }
    net.expect(204, "PUT", "v1/inventory/SCARF", wrapped(json!({ "inventoryNumber": "OTHER", "status": "NoSales" })))
        .await;
    let id = net.get("v1/inventory/SCARF").await.body["inventoryId"].clone();
    assert_eq!(net.get(&format!("v1/inventory/internal/{id}")).await.body["status"], "NoSales");
}

#[tokio::test]
async fn prices_are_made_and_changed_by_their_number() {
    let net = Net::open().await;
    let body = json!({ "priceType": "Customer", "priceCode": "10001", "inventoryId": "HAT", "price": 22.5, "currency": "SEK", "effectiveDate": "2024-11-01" });
    let made = net.expect(201, "POST", "v1/customerSalesPrice", wrapped(body)).await;
    let target = format!("v1/customerSalesPrice/{}", made.key());
    assert_eq!(net.get(&target).await.header("etag"), made.header("etag"));
    let stale = net.with("PUT", &target, wrapped(json!({ "price": 20 })), &[("if-match", "\"AAAAAAAAAAA=\"")]).await;
    assert_eq!(stale.status, 412);
    let fresh = net
        .with(
            "PUT",
            &target,
            wrapped(json!({ "price": 20, "expirationDate": "2024-12-31" })),
            &[("if-match", made.header("etag"))],
        )
        .await;
    assert_eq!((fresh.status, fresh.header("etag") == made.header("etag")), (204, false));
    assert_eq!(
        net.get("v1/customerSalesPrice?priceCode=10001&effectiveAsOf=2024-12-31").await.all("/price"),
        json!([20])
    );
    assert_eq!(net.get("v1/customerSalesPrice?priceCode=10001&effectiveAsOf=2025-01-01").await.rows().len(), 0);
    assert_eq!(net.get("v1/customerSalesPrice?priceType=All&inventoryId=HAT").await.rows().len(), 2);
    for wrong in [
        json!({ "inventoryId": "HAT" }),
        json!({ "priceType": "Base", "inventoryId": "NONE" }),
        json!({ "priceType": "Customer", "priceCode": "1", "inventoryId": "HAT" }),
        json!({ "priceType": "All", "inventoryId": "HAT" }),
    ] {
        net.expect(400, "POST", "v1/customerSalesPrice", wrapped(wrong)).await;
    }
}

#[tokio::test]
async fn a_customers_number_changes_everywhere_and_its_internal_one_stays() {
    let net = Net::open().await;
    let id = net.get("v1/customer/10000").await.body["internalId"].clone();
    let taken = json!({ "customerCd": "10001" });
    net.expect(400, "POST", &format!("v1/customer/action/changeCustomerCd/{id}"), taken).await;
    net.expect(200, "POST", &format!("v1/customer/action/changeCustomerCd/{id}"), json!({ "customerCd": "N1" })).await;
    net.expect(404, "GET", "v1/customer/10000", Value::Null).await;
    assert_eq!(net.get("v1/customer/N1").await.body["internalId"], id);
    assert_eq!(net.get("v1/customer/N1/contact").await.rows().len(), 1);
    assert_eq!(net.get("v1/customerinvoice?customer=N1").await.rows().len(), 2);
    assert_eq!(net.get("api/v3/SalesOrders?customerId=N1").await.body["totalCount"], 1);
}

#[tokio::test]
async fn projects_have_tasks_in_lines() {
    let net = Net::open().await;
    let mut body = wrapped(json!({ "projectID": "P1", "description": "Hall", "startDate": "2024-11-01" }));
    net.expect(400, "POST", "v1/project", body.clone()).await;
    body["defSub"] = json!([{ "segmentId": 1, "segmentValue": "1" }]);
    body["tasks"] = json!([{ "operation": "Insert", "taskId": { "value": "T1" }, "description": { "value": "Walls" } }, { "taskId": { "value": "T9" } }]);
    body["restricEmployees"] = json!({ "value": true });
    net.expect(201, "POST", "v1/project", body).await;
    let known = net.get("v1/project/P1").await.body;
    assert_eq!((&known["tasks"][0]["taskId"], known["tasks"].as_array().unwrap().len()), (&json!("T1"), 1));
    assert_eq!((&known["restrictEmployees"], &known["defSub"]["id"]), (&json!(true), &json!("1")));
    let change =
        json!({ "tasks": [{ "operation": "Update", "taskId": { "value": "T1" }, "status": { "value": "Active" } }] });
    net.expect(204, "PUT", "v1/project/P1", change).await;
    assert_eq!(net.get("v1/projecttask?projectId=P1").await.all("/status"), json!(["Active"]));
    net.expect(
        204,
        "PUT",
        "v1/project/P1",
        json!({ "tasks": [{ "operation": "Delete", "taskId": { "value": "T1" } }] }),
    )
    .await;
    assert_eq!(net.get("v1/project/P1").await.body["tasks"], json!([]));
    assert_eq!(net.get("v1/project").await.all("/projectID"), json!(["P1"]));
    assert_eq!(net.get("v1/project?nonProject=true").await.all("/projectID"), json!(["X"]));
    net.expect(404, "POST", "v1/projecttask/999", wrapped(json!({ "taskId": "T", "description": "d" }))).await;
}

#[tokio::test]
async fn a_project_can_be_made_by_a_template_which_is_none_itself() {
    let net = Net::open().await;
    let template = json!({ "projectID": "MAL", "description": "Mal", "systemTemplate": true });
    net.emulator.seed(json!({ "projects": [template] })).unwrap();
    let body = json!({ "description": "Hall", "startDate": "2024-11-01", "template": "MAL", "defAccount": "3000",
        "rateTable": "R1", "allocationRule": "A1" });
    let made = net.expect(201, "POST", "v1/project", wrapped(body)).await.key();
    let known = net.get(&format!("v1/project/{made}")).await.body;
    assert_eq!(
        (&known["template"]["number"], &known["defAccount"]["description"], &known["rateTable"]["id"]),
        (&json!("MAL"), &json!("Sales"), &json!("R1"))
    );
    assert_eq!(net.get("v1/project").await.all("/projectID"), json!(["MAL", made]));
    assert_eq!(net.get("v1/project?systemTemplate=false").await.all("/projectID"), json!([made]));
    assert_eq!(net.get("v1/project?systemTemplate=true").await.all("/projectID"), json!(["MAL"]));
    let wrong = json!({ "description": "Hall", "startDate": "2024-11-01", "template": "MAL", "defAccount": "9999" });
    net.expect(400, "POST", "v1/project", wrapped(wrong)).await;
}
