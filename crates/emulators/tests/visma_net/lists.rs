//! Pages, filters and what each item tells.

use serde_json::{Value, json};

use crate::client::{Net, wrapped};

#[tokio::test]
async fn pages_are_cut_in_silence_and_each_item_tells_how_many_there_are() {
    let net = Net::open().await;
    net.switch("max_page_size", 2);
    let page = net.expect(200, "GET", "v1/customer?pageNumber=1&pageSize=500", Value::Null).await;
    assert_eq!(page.all("/number"), json!(["10000", "10001"]));
    assert_eq!(
        page.all("/metadata"),
        json!([{ "totalCount": 3, "maxPageSize": 2 }, { "totalCount": 3, "maxPageSize": 2 }])
    );
    assert_eq!(net.get("v1/customer?pageNumber=2&pageSize=500").await.all("/number"), json!(["10002"]));
    assert_eq!(net.get("v1/customer?pageNumber=3&pageSize=500").await.text, "[]");
    net.expect(400, "GET", "v1/customer?pageNumber=0&pageSize=1", Value::Null).await;
    net.expect(400, "GET", "v1/customer?pageNumber=x", Value::Null).await;
    let terms = net.get("v1/creditTerm?pageNumber=2&pageSize=2").await.body;
    assert_eq!(
        (&terms["totalCount"], &terms["pageNumber"], &terms["records"][0]["termsId"]),
        (&json!(3), &json!(2), &json!("V60"))
    );
}

#[tokio::test]
async fn a_list_that_is_not_paged_gives_all_and_tells_nothing() {
    let net = Net::open().await;
    let all = net.get("v1/contact?pageNumber=2&pageSize=1").await;
    assert_eq!(all.rows().len(), 2);
    assert_eq!(all.rows()[0].get("metadata"), None);
    assert!(all.rows()[0]["timeStamp"].is_string());
}

#[tokio::test]
async fn the_filter_for_changes_needs_both_parameters_and_no_zone() {
    let net = Net::open().await;
    let at = |stamp: &str, condition: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("lastModifiedDateTime", stamp)
            .append_pair("lastModifiedDateTimeCondition", condition)
            .finish();
        format!("v1/customer?{query}")
    };
    for (stamp, condition, found) in [
        ("2024-11-02", ">=", 2),
        ("2024-11-02 08:00:00", ">", 2),
        ("2024-11-02 08:00:00.123", ">", 1),
        ("2024-11-02T08:00:00.123", ">=", 2),
        ("2024-11-02T08:00:00", "<", 1),
        ("2024-11-02T08:00:00.123", "<=", 2),
    ] {
        assert_eq!(net.get(&at(stamp, condition)).await.rows().len(), found, "{condition} {stamp}");
    }
    for (stamp, condition) in
        [("2024-11-02T08:00:00Z", ">"), ("2024-11-02T08:00:00+01:00", ">"), ("soon", ">"), ("2024-11-02", "=")]
    {
        let answer = net.expect(400, "GET", &at(stamp, condition), Value::Null).await;
        assert!(answer.message().contains("lastModifiedDateTime"), "{}", answer.text);
    }
    assert_eq!(net.get("v1/customer?lastModifiedDateTime=2024-11-03").await.rows().len(), 3);
    assert_eq!(net.get("v1/customer?createdDateTime=2024-01-03&createdDateTimeCondition=%3E").await.rows().len(), 0);
}

#[tokio::test]
async fn a_changed_part_moves_the_stamp() {
    let net = Net::open().await;
    net.expect(204, "PUT", "v1/customer/10000", wrapped(json!({ "invoiceContact": { "email": "new@example.com" } })))
        .await;
    let since = "v1/customer?lastModifiedDateTime=2024-11-20&lastModifiedDateTimeCondition=%3E%3D";
    assert_eq!(net.get(since).await.all("/number"), json!(["10000"]));
    net.act(json!({ "action": "upgrade" }));
    assert_eq!(net.get(since).await.rows().len(), 3);
}

#[tokio::test]
async fn lists_are_filtered_by_fields() {
    let net = Net::open().await;
    for (target, field, found) in [
        ("v1/customer?corporateId=910001", "/number", json!(["10001"])),
        ("v1/customer?email=10000@example.com", "/number", json!(["10000"])),
        ("v1/contact?email=EVA@example.com&active=true", "/contactId", json!([7])),
        (
            "v1/inventory?inventoryTypes=NonStockItem&inventoryTypes=ServiceItem",
            "/inventoryNumber",
            json!(["HOUR", "OLD"]),
        ),
        ("v1/inventory?inventoryNumber=hat", "/inventoryNumber", json!(["HAT"])),
        ("v1/customerinvoice?status=Open", "/referenceNumber", json!(["000800"])),
        ("v1/customerinvoice?released=0", "/referenceNumber", json!(["000801"])),
        (
            "v1/customerinvoice?customerRefNumber=PO-7&documentDate=2024-11-01&documentDateCondition=%3E",
            "/referenceNumber",
            json!([]),
        ),
        ("v1/customerdocument?documentType=Invoice&status=Open", "/referenceNumber", json!(["000800"])),
        ("v1/account?active=true&publicCode=9", "/accountCD", json!([])),
    ] {
        assert_eq!(net.get(target).await.all(field), found, "{target}");
    }
}

#[tokio::test]
async fn items_come_with_all_parts_unless_told_otherwise() {
    let net = Net::open().await;
    assert!(net.get("v1/inventory?inventoryNumber=HAT").await.rows()[0]["warehouseDetails"].is_array());
    let lean = net.get("v1/inventory?inventoryNumber=HAT&expandWarehouseDetail=false&expandAttribute=FALSE").await;
    assert_eq!((lean.rows()[0].get("warehouseDetails"), lean.rows()[0].get("attributes")), (None, None));
    assert_eq!(lean.rows()[0].get("costPriceStatistics"), None);
    let costs = net.get("v1/inventory?addCostPriceStatistics=true").await;
    assert_eq!(costs.all("/costPriceStatistics/averageCost"), json!([60, 60, null, null]));
    assert_eq!(net.get("v1/customerinvoice").await.rows()[0].get("taxDetails"), None);
    assert_eq!(net.get("v1/customerinvoice?expandTaxDetails=true").await.rows()[0]["taxDetails"][0]["vatAmount"], 250);
}

#[tokio::test]
async fn stock_that_changed_is_found_by_its_own_stamp() {
    let net = Net::open().await;
    let since =
        "v1/inventory?availabilityLastModifiedDateTime=2024-11-20&availabilityLastModifiedDateTimeCondition=%3E%3D";
    assert_eq!(net.get(since).await.rows().len(), 0);
    assert_eq!(net.get(&since.replace("11-20", "11-01")).await.all("/inventoryNumber"), json!(["HAT", "COAT"]));
    net.expect(400, "GET", "v1/customerinvoice?released=true", Value::Null).await;
    net.act(json!({ "action": "stock", "item": "HAT", "warehouse": "1", "by": 2.5 }));
    let found = net.get(since).await;
    assert_eq!(found.all("/warehouseDetails/0/quantityOnHand"), json!([12.5]));
    let newer = net.get("api/v3/Inventory?modifiedSince=2024-11-20T00:00:00Z").await.body;
    assert_eq!(
        (&newer["totalCount"], &newer["value"][0]["availability"][0]["quantityAvailableForShipment"]),
        (&json!(1), &json!(12.5))
    );
    assert_eq!(newer["value"][0]["availability"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn code_lists_are_there_from_the_first_day() {
    let net = Net::open().await;
    assert_eq!(net.get("v1/dimension").await.body, json!(["SUBACCOUNT", "CUSTOMER"]));
    assert_eq!(net.get("v1/dimension/SUBACCOUNT/1/1").await.body["description"], "Sales");
    net.expect(404, "GET", "v1/dimension/SUBACCOUNT/9", Value::Null).await;
    assert_eq!(net.get("v1/customer/customerClass/1").await.body["requiredTaxzoneId"], true);
    assert_eq!(net.get("v1/salesperson").await.body["records"][0]["salespersonID"], "1");
    assert_eq!(net.get("v2/salesperson?isActive=false").await.all("/metadata/totalCount"), json!([1]));
    assert_eq!(net.get("v1/salesordertype/QT").await.body["behavior"], "Quote");
    net.expect(404, "GET", "v1/vatZone/77", Value::Null).await;
    net.expect(404, "GET", "v1/nothing", Value::Null).await;
    net.expect(404, "POST", "v1/vatZone", json!({})).await;
}

#[tokio::test]
async fn journals_are_paged_by_their_lines() {
    let net = Net::open().await;
    let batch = |amounts: &[(&str, &str, i64)]| {
        let lines = amounts
            .iter()
            .map(|(account, side, amount)| json!({ "operation": "Insert", "accountNumber": account, *side: amount }));
        wrapped(json!({ "transactionDate": "2024-11-10", "journalTransactionLines": lines.collect::<Vec<_>>() }))
    };
    let (debit, credit) = ("debitAmountInCurrency", "creditAmountInCurrency");
    net.expect(201, "POST", "v2/journaltransaction", batch(&[("4300", debit, 10), ("1920", credit, 10)])).await;
    net.expect(
        201,
        "POST",
        "v2/journaltransaction",
        batch(&[("4300", debit, 9), ("4300", debit, 1), ("1920", credit, 10)]),
    )
    .await;
    net.expect(400, "GET", "v2/journaltransaction", Value::Null).await;
    net.expect(400, "GET", "v2/journaltransaction?lastModifiedDateTime=2024-11-10T00:00:00Z", Value::Null).await;
    let page = net.get("v2/journaltransaction?periodId=202411&pageNumber=1&pageSize=3").await;
    assert_eq!(page.all("/batchNumber"), json!(["000001", "000002"]));
    assert_eq!(page.all("/metadata/totalCount"), json!([5, 5]));
    assert_eq!(page.all("/journalTransactionLines/0/lineNumber"), json!([1, 1]));
    assert_eq!(page.rows()[1]["journalTransactionLines"].as_array().unwrap().len(), 1);
    let rest = net.get("v2/journaltransaction?periodId=202411&pageNumber=2&pageSize=3").await;
    assert_eq!(rest.all("/journalTransactionLines/1/lineNumber"), json!([3]));
    assert_eq!(rest.rows()[0]["debitTotal"], 10);
    assert_eq!(net.get("v2/journaltransaction?periodId=202411&module=AR").await.text, "[]");
    assert_eq!(net.get("v2/journaltransaction?lastModifiedDateTime=2024-11-20T13:00:00").await.text, "[]");
    assert_eq!(net.get("v2/journaltransaction?lastModifiedDateTime=2024-11-20").await.rows().len(), 2);
}
