//! What is asked for, letter by letter, and what is made of answers that are not as they should be.

use std::sync::Arc;

use connector_eekonomi::{Config, Connection, Environment, connect};
use mockito::{Matcher, Server, ServerGuard};
use serde_json::json;
use sync_core::{
    Context, ErrorKind, FieldMap, Retry,
    connector::{Action, Connector, Item, ListFrom, ListQuery, Part, Write},
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Token, TokenStore, Transport, VirtualTime};

struct Vendor {
    server: ServerGuard,
    cx: Context,
    time: Arc<VirtualTime>,
    connection: Connection,
}

async fn vendor() -> Vendor {
    let server = Server::new_async().await;
    let now = "2026-02-17T09:00:00Z".parse().unwrap();
    let time = Arc::new(VirtualTime::leaping(now));
    let cx = Context::new(time.clone(), "test");
    let tokens = Arc::new(MemoryTokens::new());
    tokens.save("erp", &Token::new("acc".into(), now, None)).await.unwrap();
    let mut environment = Environment::new(Transport::new().unwrap(), Arc::new(Limits::new(time.clone())), tokens);
    environment.timer = time.clone();
    let content = serde_json::from_str(include_str!("../fixtures/company.json")).unwrap();
    let mut config = Config::new("client", "hush-hush".into(), "556677-8899");
    config.base_url = Some(format!("{}/v2/", server.url()).parse().unwrap());
    config.identity_url = Some(server.url().parse().unwrap());
    let connection = connect(&cx, "erp", config, environment, Some(Snapshot { at: now, content })).await.unwrap();
    Vendor { server, cx, time, connection }
}

fn page(page: u32, pages: u32, ids: &[&str]) -> String {
    let data: Vec<_> = ids.iter().map(|id| json!({ "Id": id, "Name": "X" })).collect();
    let meta = json!({ "CurrentPage": page, "PageSize": 2, "TotalNumberOfPages": pages,
        "TotalNumberOfResults": 3, "ServerTimeUtc": "2026-02-17T09:00:00Z" });
    json!({ "Meta": meta, "Data": data }).to_string()
}

impl Vendor {
    async fn list(&self, from: ListFrom) -> sync_core::Result<sync_core::connector::Page> {
        self.connection.router.list(&self.cx, &ListQuery { stream: "customers".into(), from, page_size: Some(2) }).await
    }
    async fn create(&self) -> sync_core::Result<sync_core::connector::Written> {
        self.write(Action::Create { parts: vec![part()] }, None).await
    }
    async fn write(&self, action: Action, current: Option<Item>) -> sync_core::Result<sync_core::connector::Written> {
        let write = Write {
            stream: "customers".into(),
            action,
            idempotency_key: "key".to_owned(),
            mark: None,
            effects: Default::default(),
            current,
        };
        self.connection.router.write(&self.cx, &[write]).await.remove(0)
    }
}

fn part() -> Part {
    let wanted = FieldMap::new()
        .with("name", "Exempel & Co")
        .with("party", "company")
        .with("billing.city", "Lund")
        .with("billing.postal_code", "222 22");
    let changed = wanted.paths().collect();
    Part { stream: "customers".into(), wanted, changed }
}

#[tokio::test]
async fn a_listing_of_changes_asks_page_by_page_with_the_same_filter() {
    let mut vendor = vendor().await;
    let filter = "$filter=ChangedUtc%20ge%202026-02-17T08%3A58%3A00.500Z&$orderby=Id";
    let first = vendor
        .server
        .mock("GET", format!("/v2/customers?$page=1&$pagesize=2&{filter}").as_str())
        .match_header("authorization", "Bearer acc")
        .match_header("accept", "application/json")
        .with_body(page(1, 2, &["a", "b"]))
        .create_async()
        .await;
    let second = vendor
        .server
        .mock("GET", format!("/v2/customers?$page=2&$pagesize=2&{filter}").as_str())
        .with_body(page(2, 2, &["c"]))
        .create_async()
        .await;
    let since = "2026-02-17T08:58:00.5Z".parse().unwrap();
    let one = vendor.list(ListFrom::ModifiedSince(since)).await.unwrap();
    let two = vendor.list(ListFrom::Page(one.next.unwrap())).await.unwrap();
    assert_eq!((one.items.len(), two.items.len(), two.next), (2, 1, None));
    first.assert_async().await;
    second.assert_async().await;
}

#[tokio::test]
async fn an_empty_list_ends_whichever_number_of_pages_it_names() {
    for pages in [0, 1] {
        let mut vendor = vendor().await;
        vendor.server.mock("GET", Matcher::Any).with_body(page(1, pages, &[])).create_async().await;
        let listed = vendor.list(ListFrom::Beginning).await.unwrap();
        assert!(listed.items.is_empty() && listed.next.is_none(), "{pages}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_not_an_empty_one() {
    for (status, body) in [
        (200, "{}".to_owned()),
        (200, String::new()),
        (200, "<html>Logga in</html>".to_owned()),
        (200, r#"{"Meta":{"TotalNumberOfPages":1},"Data":[{"Id":"a""#.to_owned()),
        (200, r#"{"Meta":{},"Data":[]}"#.to_owned()),
        (200, page(1, 3, &[])),
        (400, r#"{"ErrorCode":6000,"DeveloperErrorMessage":"bad filter","Errors":null}"#.to_owned()),
    ] {
        let mut vendor = vendor().await;
        vendor.server.mock("GET", Matcher::Any).with_status(status).with_body(&body).create_async().await;
        let error = vendor.list(ListFrom::Beginning).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}: {error}");
    }
}

#[tokio::test]
async fn a_row_without_id_is_left_out_alone() {
    let mut vendor = vendor().await;
    let body = page(1, 1, &["a", "b"]).replace("\"Id\":\"a\"", "\"Id\":17");
    vendor.server.mock("GET", Matcher::Any).with_body(body).create_async().await;
    let listed = vendor.list(ListFrom::Beginning).await.unwrap();
    assert_eq!((listed.items.len(), listed.rejected.len()), (1, 1));
}

#[tokio::test]
async fn a_page_that_comes_again_ends_the_listing() {
    let mut vendor = vendor().await;
    vendor.server.mock("GET", Matcher::Any).with_body(page(1, 9, &["a", "b"])).expect_at_least(2).create_async().await;
    let mut from = ListFrom::Beginning;
    let error = loop {
        match vendor.list(from).await {
            Ok(page) => from = ListFrom::Page(page.next.unwrap()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_create_says_what_it_must_and_no_more() {
    let mut vendor = vendor().await;
    let body = json!({ "Name": "Exempel & Co", "IsPrivatePerson": false, "IsActive": true, "InvoiceCity": "Lund",
        "InvoicePostalCode": "222 22", "TermsOfPaymentId": "70000000-0000-4000-8000-000000000030" });
    let mock = vendor
        .server
        .mock("POST", "/v2/customers")
        .match_header("content-type", "application/json")
        .match_body(Matcher::Json(body))
        .with_status(201)
        .with_body(r#"{"Id":"new","Name":"Exempel & Co","IsPrivatePerson":false}"#)
        .create_async()
        .await;
    let written = vendor.create().await.unwrap();
    assert_eq!((&*written.reference.id, written.item.is_some()), ("new", true));
    mock.assert_async().await;
}

#[tokio::test]
async fn answers_to_writes_that_tell_nothing() {
    // a create must tell which record it made
    let mut vendor = vendor().await;
    vendor.server.mock("POST", "/v2/customers").with_status(201).create_async().await;
    assert_eq!(vendor.create().await.unwrap_err().kind(), ErrorKind::AmbiguousWrite);
    // a change need not
    let raw =
        r#"{"Id":"c1","Name":"Old","IsActive":true,"TermsOfPaymentId":"t","InvoiceCity":"A","InvoicePostalCode":"1"}"#;
    vendor.server.mock("PUT", "/v2/customers/c1").with_status(200).expect(1).create_async().await;
    let read = vendor.server.mock("GET", "/v2/customers/c1").with_body(raw).expect(2).create_async().await;
    let got = vendor.connection.router.get(&vendor.cx, &"customers".into(), &[Arc::from("c1")]).await.unwrap();
    let action = Action::Update { id: Arc::from("c1"), parts: vec![part()], if_version: None };
    let written = vendor.write(action, got[0].clone()).await.unwrap();
    assert!(written.item.is_some(), "it is read back");
    read.assert_async().await;
}

#[tokio::test]
async fn a_servers_fault_is_unclear_for_writes_and_passing_for_reads() {
    for body in ["", r#"{"ErrorCode":5000,"DeveloperErrorMessage":"InternalServerError","ErrorId":"e-1"}"#] {
        let mut vendor = vendor().await;
        let post = vendor.server.mock("POST", Matcher::Any).with_status(500).with_body(body).create_async().await;
        assert_eq!(vendor.create().await.unwrap_err().kind(), ErrorKind::AmbiguousWrite, "{body}");
        post.assert_async().await;
        vendor
            .server
            .mock("GET", Matcher::Any)
            .with_status(500)
            .with_body(body)
            .expect_at_least(2)
            .create_async()
            .await;
        let error = vendor.list(ListFrom::Beginning).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Exhausted), "{body}");
    }
    // a business refusal whose number looks like a fault
    let mut vendor = vendor().await;
    let body = r#"{"ErrorCode":5005,"DeveloperErrorMessage":"ProjectEnded","ErrorId":"e-2","Errors":[]}"#;
    vendor.server.mock("POST", Matcher::Any).with_status(500).with_body(body).create_async().await;
    let error = vendor.create().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("project"), "{error}");
}

#[tokio::test]
async fn broken_rules_are_told_field_by_field() {
    let mut vendor = vendor().await;
    let body = json!({ "ErrorCode": 2000, "DeveloperErrorMessage": "DataModelValidationError - see Errors", "ErrorId": "e-3",
        "Errors": [{ "Field": "Name", "ErrorCode": "2000", "Message": "is too long", "Key": null },
                   { "Field": "InvoiceCity", "ErrorCode": "2000", "Message": "is required", "Key": null }] });
    vendor.server.mock("POST", Matcher::Any).with_status(400).with_body(body.to_string()).create_async().await;
    let error = vendor.create().await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Invalid, Some("2000")));
    assert!(error.vendor_text().unwrap().contains("Name: is too long; InvoiceCity: is required"), "{error}");
    assert!(
        error.context().contains(&("field", "Name".to_owned()))
            && error.context().contains(&("error_id", "e-3".to_owned()))
    );
}

#[tokio::test]
async fn how_long_to_wait_stands_in_the_text_else_in_the_header_else_it_is_a_minute() {
    let text = "API calls quota exceeded! maximum admitted 600 per Minute. Try again in 41 seconds.";
    for (text, header, seconds) in [(text, None, 41), ("Slow down", Some("7"), 7), ("Slow down", None, 60)] {
        let mut vendor = vendor().await;
        let body = json!({ "ErrorCode": 4010, "DeveloperErrorMessage": text, "ErrorId": "e" }).to_string();
        let mut mock = vendor.server.mock("GET", Matcher::Any).with_status(429).with_body(body).expect(1);
        if let Some(header) = header {
            mock = mock.with_header("retry-after", header);
        }
        mock.create_async().await;
        vendor.server.mock("GET", Matcher::Any).with_body(page(1, 1, &["a"])).create_async().await;
        vendor.list(ListFrom::Beginning).await.unwrap();
        let waited: std::time::Duration = vendor.time.slept().iter().sum();
        assert_eq!(waited.as_secs(), seconds, "{text}");
    }
}

#[tokio::test]
async fn a_gateways_page_takes_nothing_for_gone() {
    let mut vendor = vendor().await;
    vendor.server.mock("GET", Matcher::Any).with_status(404).with_body("<html>not here</html>").create_async().await;
    let error = vendor.connection.router.get(&vendor.cx, &"customers".into(), &[Arc::from("c1")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}
