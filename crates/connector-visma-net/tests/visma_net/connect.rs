use serde_json::{Value as Json, json};
use sync_core::{ErrorKind, StreamId, connector::Connector};

use crate::support::{Erp, SECRET, TENANT, config, kept, noon};

/// The answers to all that connecting asks.
async fn company(erp: &mut Erp) {
    let organization = json!([{ "organizationCd": "1", "name": "Nordlys AS", "baseCurrency": "NOK" }]);
    let class = json!([{ "id": "1", "description": "Norske", "attributes": [{ "attributeId": "BRANSJE" }] }]);
    let types = json!([
        { "orderType": "SO", "description": "Ordre", "behavior": "SalesOrder", "active": true },
        { "orderType": "CM", "description": "Kreditt", "behavior": "CreditMemo", "active": true },
        { "orderType": "QT", "description": "Tilbud", "behavior": "Quote", "active": true }]);
    let terms_of = |id: &str, name: &str| json!({ "pageNumber": 1, "pageSize": 1000, "totalCount": 1, "records": [{ id: "30", name: "30 dager" }] });
    let terms = terms_of("termsId", "description");
    let attribute = json!([{ "attributeID": "BRANSJE", "description": "Bransje",
        "details": [{ "valueId": "KAFE", "description": "Kafé" }] }]);
    for (path, body) in [
        ("/v1/organization", organization),
        (r"/v1/creditTerm\?.*", terms),
        (r"/v1/vatZone\?pageNumber=1.*", json!([{ "id": "01", "description": "Innland" }])),
        (r"/v1/vatZone\?pageNumber=2.*", json!([])),
        ("/v1/vatCategory", json!([{ "vatCategoryId": "3", "description": "25 %" }])),
        ("/v1/customer/customerClass", class.clone()),
        ("/v1/inventory/itemClass", json!([])),
        ("/v1/currency", json!([{ "id": "NOK", "isBaseCurrency": true }])),
        ("/v1/branch", json!([{ "number": "1", "name": "Hoved" }])),
        (r"/v1/salesperson\?.*", terms_of("salespersonID", "name")),
        ("/v1/warehouse", json!([{ "warehouseID": "1", "description": "Lager" }])),
        ("/v1/paymentmethod", json!([{ "paymentMethodID": "1", "description": "Bank" }])),
        ("/v1/inventory/itemPostClass", json!([])),
        ("/v1/cashaccount", json!([{ "number": "1920", "description": "Bank" }])),
        ("/v1/supplier/supplierClass", json!([])),
        ("/v1/account", json!([{ "accountCD": "3000", "description": "Salg" }])),
        (r"/v1/attribute\?pageNumber=1.*", attribute),
        (r"/v1/attribute\?pageNumber=2.*", json!([])),
        (r"/v1/salesordertype\?pageNumber=1.*", types),
        (r"/v1/salesordertype\?pageNumber=2.*", json!([])),
    ] {
        erp.answers("GET", path, 200, body.to_string()).await;
    }
}

#[tokio::test]
async fn connecting_reads_the_company_once_a_day() {
    let mut erp = Erp::open().await;
    company(&mut erp).await;
    let config = config(&erp.server.url());
    let connection = erp.bench.connect(&config, None).await.unwrap();
    let known = &connection.company;
    assert_eq!((known.name.as_str(), known.currency.as_deref()), ("Nordlys AS", Some("NOK")));
    assert_eq!(known.lists["creditTerm"][0].id, "30");
    assert_eq!(known.order_types["QT"].behavior, "Quote");
    assert_eq!(known.attributes["BRANSJE"].values[0].id, "KAFE");
    assert!(known.customer_attributes.contains("BRANSJE") && known.closed.is_empty());
    // pages of rows without a count end with an empty one
    assert_eq!(erp.lines().len(), 20);
    let again = erp.bench.connect(&config, Some(connection.snapshot.clone())).await.unwrap();
    assert_eq!(again.company, connection.company);
    assert!(erp.lines().is_empty(), "what is of today is not asked for again");
    let mut old = connection.snapshot;
    old.at = noon() - chrono::TimeDelta::hours(25);
    erp.bench.connect(&config, Some(old)).await.unwrap();
    assert_eq!(erp.lines().len(), 20);
}

#[tokio::test]
async fn a_snapshot_of_another_company_is_none() {
    let mut erp = Erp::open().await;
    company(&mut erp).await;
    let mut config = config(&erp.server.url());
    config.tenant_id = "tenant-2".to_owned();
    erp.bench.connect(&config, Some(kept(&erp.server.url()))).await.unwrap();
    assert_eq!(erp.lines().len(), 20);
}

#[tokio::test]
async fn a_list_that_may_not_be_seen_is_noted_and_not_missed() {
    let mut erp = Erp::open().await;
    erp.answers("GET", "/v1/vatCategory", 403, "").await;
    company(&mut erp).await;
    let connection = erp.bench.connect(&config(&erp.server.url()), None).await.unwrap();
    assert!(connection.company.closed.contains_key("vatCategory"));
    assert!(!connection.company.lists.contains_key("vatCategory"));
}

#[tokio::test]
async fn a_list_that_has_pages_all_the_same_is_read_whole() {
    let mut erp = Erp::open().await;
    let row = |id: &str| json!({ "warehouseID": id, "metadata": { "totalCount": 2, "maxPageSize": 1 } });
    for (path, id) in
        [("/v1/warehouse", "A"), (r"/v1/warehouse\?pageNumber=1.*", "A"), (r"/v1/warehouse\?pageNumber=2.*", "B")]
    {
        erp.answers("GET", path, 200, json!([row(id)]).to_string()).await;
    }
    company(&mut erp).await;
    let connection = erp.bench.connect(&config(&erp.server.url()), None).await.unwrap();
    let ids: Vec<&str> = connection.company.lists["warehouse"].iter().map(|code| code.id.as_str()).collect();
    assert_eq!(ids, ["A", "B"]);
}

#[tokio::test]
async fn order_types_that_are_none_are_refused_with_those_that_are() {
    let mut erp = Erp::open().await;
    company(&mut erp).await;
    for wrong in ["XX", "CM"] {
        let mut config = config(&erp.server.url());
        config.order_types = vec!["SO".to_owned(), wrong.to_owned()];
        let error = erp.bench.connect(&config, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(wrong) && error.message().contains("QT (Tilbud)"), "{error}");
    }
}

#[tokio::test]
async fn each_order_type_is_a_stream_and_what_is_not_asked_for_is_not_there() {
    let erp = Erp::open_with(|config| {
        config.order_types = vec!["SO".to_owned(), "QT".to_owned()];
        config.more_streams.clear();
    })
    .await;
    let streams: Vec<&str> = erp.router.capabilities().streams.keys().map(|stream| stream.as_str()).collect();
    let expected =
        ["contacts", "credit_notes", "customers", "inventory", "inventory_price", "invoices", "orders_QT", "orders_SO"];
    assert_eq!(streams, expected);
    let can = |stream: &str| &erp.router.capabilities().streams[&StreamId::new(stream)];
    assert_eq!(can("orders_QT").holds.text("stage".into()), Some("quote"));
    assert!(can("orders_SO").create && !can("orders_QT").create, "new orders go to the first type");
}

#[tokio::test]
async fn without_the_order_service_there_are_no_orders_and_no_call_to_it() {
    let erp = Erp::open_with(|config| config.order_scopes.clear()).await;
    let capabilities = erp.router.capabilities();
    assert!(!capabilities.streams.keys().any(|stream| stream.as_str().starts_with("orders")));
}

#[tokio::test]
async fn one_token_for_each_service_is_asked_for_by_tenant() {
    let mut erp = Erp::open().await;
    let token = json!({ "access_token": "t-2", "expires_in": "3600" }).to_string();
    erp.forget_token().await;
    erp.answers("POST", "/connect/token", 200, token).await;
    erp.answers("GET", "/v1/contact", 200, "[]").await;
    erp.answers(
        "GET",
        r"/api/v3/SalesOrders/SO\?.*",
        200,
        json!({ "totalCount": 0, "nextPage": null, "value": [] }).to_string(),
    )
    .await;
    for stream in ["contacts", "orders_SO", "contacts"] {
        erp.list(stream, sync_core::connector::ListFrom::Beginning).await;
    }
    let met = erp.met();
    let asked: Vec<&str> = met.iter().filter(|met| met.path == "/connect/token").map(|met| met.body.as_str()).collect();
    assert_eq!(asked.len(), 2);
    for (body, scope) in asked.iter().zip(["vismanet_erp_service_api%3Aread", "visma.net.erp.salesorder%3Aread"]) {
        assert!(body.contains("grant_type=client_credentials") && body.contains(scope), "{body}");
        assert!(body.contains(&format!("tenant_id={TENANT}")) && body.contains("client_id=isv_ours"));
    }
}

async fn refused(status: usize, body: Json) -> sync_core::Error {
    let mut erp = Erp::open().await;
    erp.forget_token().await;
    erp.answers("POST", "/connect/token", status, body.to_string()).await;
    let error = erp.router.check(&erp.bench.cx).await.unwrap_err();
    assert!(!format!("{error:?}").contains(SECRET));
    error
}

#[tokio::test]
async fn who_is_refused_hears_what_is_wrong() {
    assert_eq!(refused(400, json!({ "error": "invalid_client" })).await.kind(), ErrorKind::Auth);
    assert_eq!(refused(400, json!({ "error": "invalid_scope" })).await.kind(), ErrorKind::Permission);
    assert_eq!(refused(400, json!({ "error": "invalid_tenant" })).await.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_token_for_a_tenant_that_is_no_company_opens_nothing() {
    let mut erp = Erp::open().await;
    let refuses = erp.answers("GET", "/v1/organization", 401, "").await;
    let error = erp.router.check(&erp.bench.cx).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Auth && error.message().contains("Company Tenant ID"), "{error}");
    refuses.remove_async().await;
    let licence = json!({ "ExceptionType": "IPPException", "ExceptionMessage": "No license for this company.",
        "ExceptionFaultCode": "12027", "ExceptionMessageID": "12027_1" });
    erp.answers("GET", "/v1/organization", 403, licence.to_string()).await;
    let error = erp.router.check(&erp.bench.cx).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Auth && error.vendor_code() == Some("12027"), "{error:?}");
    assert!(error.message().contains("tenant_id"), "{error}");
}

#[tokio::test]
async fn check_tells_the_company() {
    let mut erp = Erp::open().await;
    company(&mut erp).await;
    let tenant = erp.router.check(&erp.bench.cx).await.unwrap();
    assert_eq!((tenant.id.as_str(), tenant.name.as_str()), (TENANT, "Nordlys AS"));
    assert_eq!(tenant.base_currency.as_deref(), Some("NOK"));
}
