use serde_json::json;
use sync_core::{
    ErrorKind, StreamId,
    connector::{Connector, ListFrom, ListQuery, Writable},
};

use crate::support::{Erp, assert_shows, fixture_json, noon};

fn customers(numbers: &[&str], total: u64, max: u64) -> String {
    let rows: Vec<_> = numbers
        .iter()
        .map(|number| json!({ "number": number, "metadata": { "totalCount": total, "maxPageSize": max } }))
        .collect();
    json!(rows).to_string()
}

#[tokio::test]
async fn pages_end_by_the_count_even_where_a_page_is_cut_in_silence() {
    let mut erp = Erp::open().await;
    // two were asked for, one is the most
    for (number, customer) in [(1, "A"), (2, "B"), (3, "C")] {
        let page = customers(&[customer], 3, 1);
        erp.answers("GET", &format!(r"/v1/customer\?.*pageNumber={number}&.*"), 200, page).await;
    }
    assert_eq!(erp.list("customers", ListFrom::Beginning).await, ["A", "B", "C"]);
    assert_eq!(erp.met().len(), 3);
}

#[tokio::test]
async fn an_empty_page_is_the_end() {
    let mut erp = Erp::open().await;
    erp.answers("GET", r"/v1/customer\?.*pageNumber=1&.*", 200, r#"[{"number":"A"},{"number":"B"}]"#).await;
    erp.answers("GET", r"/v1/customer\?.*pageNumber=2&.*", 200, "[]").await;
    assert_eq!(erp.list("customers", ListFrom::Beginning).await, ["A", "B"]);
    assert_eq!(erp.met().len(), 2);
}

#[tokio::test]
async fn what_changed_is_asked_for_with_both_parameters_in_local_time_without_a_letter() {
    let mut erp = Erp::open().await;
    for path in
        ["customer", "contact", "inventory", "supplier", "customerinvoice", "customerCreditNote", "customerPayment"]
    {
        erp.answers("GET", &format!(r"/v1/{path}\?.*"), 200, "[]").await;
    }
    let streams = ["customers", "contacts", "inventory", "suppliers", "invoices", "credit_notes", "payments"];
    for stream in streams {
        erp.list(stream, ListFrom::ModifiedSince(noon())).await;
        let met = erp.met();
        assert_eq!(met.len(), 1, "{stream}: {met:?}");
        let query = &met[0].query;
        assert!(query.contains("lastModifiedDateTime=2026-02-17T12%3A00%3A00.000&"), "{query}");
        assert!(query.contains("lastModifiedDateTimeCondition=%3E%3D"), "{query}");
        assert_eq!(query.contains("pageNumber=1&pageSize=2"), stream != "contacts", "contacts have no pages: {query}");
    }
}

#[tokio::test]
async fn orders_are_asked_for_in_utc_from_page_zero_on() {
    let mut erp = Erp::open().await;
    let page = |more: bool, id: &str| {
        json!({ "totalCount": 2, "nextPage": more.then_some("x"), "value": [{ "orderId": id }] }).to_string()
    };
    erp.answers("GET", r"/api/v3/SalesOrders/SO\?.*pageIndex=0", 200, page(true, "1")).await;
    erp.answers("GET", r"/api/v3/SalesOrders/SO\?.*pageIndex=1", 200, page(false, "2")).await;
    assert_eq!(erp.list("orders_SO", ListFrom::ModifiedSince(noon())).await, ["1", "2"]);
    let met = erp.met();
    assert!(met.iter().all(|met| met.query.contains("modifiedSince=2026-02-17T11%3A00%3A00.000Z")), "{met:?}");
}

#[tokio::test]
async fn an_idle_run_is_one_call_for_each_stream() {
    let mut erp = Erp::open_with(|config| {
        config.more_streams.clear();
        config.order_types = vec!["SO".to_owned(), "QT".to_owned()];
    })
    .await;
    erp.answers("GET", r"/v1/.*", 200, "[]").await;
    let orders = json!({ "totalCount": 0, "nextPage": null, "value": [] }).to_string();
    erp.answers("GET", r"/api/v3/SalesOrders/.*", 200, orders).await;
    let capabilities = erp.router.capabilities().clone();
    for (stream, can) in capabilities.streams.iter().filter(|(_, can)| can.facet_of.is_none()) {
        assert!(can.list.unwrap().since.is_some());
        erp.list(stream.as_str(), ListFrom::ModifiedSince(noon())).await;
    }
    assert_eq!(erp.met().len(), 7);
}

#[tokio::test]
async fn stock_that_moved_is_asked_for_by_its_own_stamp() {
    let mut erp = Erp::open_with(|config| config.stock = connector_visma_net::Stock::AvailableForShipment).await;
    let item = json!([fixture_json("item")]).to_string();
    erp.answers("GET", r"/v1/inventory\?.*", 200, "[]").await;
    erp.answers("GET", r"/v1/inventory\?.*availability.*", 200, item).await;
    assert_eq!(erp.list("inventory", ListFrom::ModifiedSince(noon())).await, ["KAFFE-1"]);
    let met = erp.met();
    assert_eq!(met.len(), 2);
    assert!(met[1].query.contains("availabilityLastModifiedDateTimeCondition=%3E%3D"), "{met:?}");
    assert!(!met[1].query.contains("&lastModifiedDateTime="), "{met:?}");
}

#[tokio::test]
async fn what_was_created_since_is_asked_where_it_can_be() {
    let mut erp = Erp::open().await;
    erp.answers("GET", r"/v1/.*", 200, "[]").await;
    erp.list("invoices", ListFrom::CreatedSince(noon())).await;
    assert!(erp.met()[0].query.contains("createdDateTime=2026-02-17T12%3A00%3A00.000&createdDateTimeCondition=%3E%3D"));
    let error = erp.page("contacts", ListFrom::CreatedSince(noon())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(erp.met().is_empty());
}

#[tokio::test]
async fn balances_come_in_one_call_and_so_do_those_that_moved() {
    let mut erp = Erp::open().await;
    erp.answers("GET", r"/v1/customer/balance.*", 200, json!([fixture_json("balance")]).to_string()).await;
    erp.answers("GET", "/v1/customer/10001/balance", 200, fixture_json("balance").to_string()).await;
    let page = erp.page("customer_balances", ListFrom::Beginning).await.unwrap();
    assert!(page.next.is_none());
    let record = erp.router.decode(&page.items[0]).unwrap().remove(0);
    assert_eq!((&*record.reference.id, record.version.modified_at), ("10001", "2026-02-16T11:00:00Z".parse().ok()));
    assert_shows(
        &record.fields,
        &[
            ("number", "'10001'"),
            ("is_customer", "true"),
            ("statistics.balance", "1250.5"),
            ("statistics.turnover", "-"),
            ("x.visma-net.totalSaleYear", "24000"),
            ("x.visma-net.customer.name", "'Fjord Kaffe AS'"),
        ],
    );
    assert!(matches!(record.writable, Writable::Nothing(_)));
    assert_eq!(erp.list("customer_balances", ListFrom::ModifiedSince(noon())).await, ["10001"]);
    assert!(erp.get("customer_balances", "10001").await.unwrap().is_some());
    let lines = erp.lines();
    let since = "lastModifiedDateTime=2026-02-17T12%3A00%3A00.000&lastModifiedDateTimeCondition=%3E%3D";
    let expected =
        ["GET /v1/customer/balance", &format!("GET /v1/customer/balance?{since}"), "GET /v1/customer/10001/balance"];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn prices_are_those_of_today_and_always_read_whole() {
    let mut erp = Erp::open().await;
    erp.answers("GET", r"/v1/customerSalesPrice\?.*", 200, json!([fixture_json("price")]).to_string()).await;
    assert_eq!(erp.list("sales_prices", ListFrom::Beginning).await, ["9"]);
    assert!(erp.met()[0].query.contains("effectiveAsOf=2026-02-17T00%3A00%3A00"));
    assert!(erp.router.capabilities().streams[&StreamId::new("sales_prices")].list.unwrap().since.is_none());
}

#[tokio::test]
async fn the_count_in_each_row_is_no_content() {
    let mut erp = Erp::open().await;
    let mut hashes = Vec::new();
    for total in [1, 2] {
        let page = customers(&["A"], total, 1000);
        let mock = erp.answers("GET", r"/v1/customer\?.*pageNumber=1.*", 200, page).await;
        let query = ListQuery::all("customers");
        hashes.push(erp.router.list(&erp.bench.cx, &query).await.unwrap().items[0].hash);
        mock.remove_async().await;
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn a_page_that_is_none_is_no_empty_page() {
    let mut erp = Erp::open().await;
    for body in ["", "<html>", "[{", r#"{"value":1}"#] {
        let mock = erp.answers("GET", r"/v1/customer\?.*", 200, body).await;
        let error = erp.page("customers", ListFrom::Beginning).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}");
        mock.remove_async().await;
    }
}
