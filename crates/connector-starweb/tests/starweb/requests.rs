//! The exact form of requests and odd answers, before a server that says only what the test wrote.

use mockito::{Matcher, Server};
use sync_core::{
    ErrorKind,
    connector::{Connector, ListFrom, ListQuery},
    handler::Router,
};

use crate::support::{Bench, config};

const TOKEN: &str = r#"{"access_token":"t-1","expires_in":3600,"scope":""}"#;

async fn connected(server: &Server) -> (Bench, Router) {
    let bench = Bench::new();
    let router = bench.connect_kept("se", &config(&server.url())).await;
    (bench, router)
}

fn query(stream: &str, from: ListFrom) -> ListQuery {
    ListQuery { stream: stream.into(), from, page_size: Some(7) }
}

#[tokio::test]
async fn the_token_is_asked_for_with_a_form_and_used_as_bearer() {
    let mut server = Server::new_async().await;
    let token = server
        .mock("POST", "/api/v2/token")
        .match_header("content-type", "application/x-www-form-urlencoded")
        .match_body("grant_type=client_credentials&client_id=samklang&client_secret=secret")
        .with_body(TOKEN)
        .expect(1)
        .create_async()
        .await;
    let shop = server
        .mock("GET", "/api/v2/shop")
        .match_header("authorization", "Bearer t-1")
        .match_header("accept", "application/json")
        .with_body(r#"{"data":{"idCode":"lampor","name":null,"somethingNew":{}}}"#)
        .expect(2)
        .create_async()
        .await;
    let (bench, router) = connected(&server).await;
    for _ in 0..2 {
        let tenant = router.check(&bench.cx).await.unwrap();
        assert_eq!((tenant.id.as_str(), tenant.name.as_str(), tenant.base_currency), ("lampor", "", None));
    }
    token.assert_async().await;
    shop.assert_async().await;
}

#[tokio::test]
async fn a_window_of_customers_is_asked_for_with_an_escaped_offset() {
    let mut server = Server::new_async().await;
    server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
    let list = server
        .mock(
            "GET",
            "/api/v2/customers?include=addresses&includeWithoutAccount=true&sortBy=customerId&sortOrder=ASC&page=1\
             &updatedSince=2024-03-01T10%3A00%3A00%2B00%3A00",
        )
        .with_body(r#"{"data":[],"meta":{"pagination":{"total_pages":0}}}"#)
        .expect(1)
        .create_async()
        .await;
    let (bench, router) = connected(&server).await;
    let since = ListFrom::ModifiedSince("2024-03-01T10:00:00Z".parse().unwrap());
    let page = router.list(&bench.cx, &query("customers", since)).await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
    list.assert_async().await;
}

#[tokio::test]
async fn a_row_without_an_id_is_left_out_and_one_with_a_fault_stays_on_its_page() {
    let mut server = Server::new_async().await;
    server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
    let body = r#"{"data":[{"orderId":1,"items":7},{"modifiedAt":"x"},{"orderId":2}],"meta":{"pagination":{"total_pages":1}}}"#;
    server.mock("GET", Matcher::Regex("^/api/v2/orders".into())).with_body(body).create_async().await;
    let (bench, router) = connected(&server).await;
    let page = router.list(&bench.cx, &query("orders", ListFrom::Beginning)).await.unwrap();
    let ids: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
    assert_eq!((ids, page.rejected.len()), (vec!["1", "2"], 1));
    assert_eq!(router.decode(&page.items[0]).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(router.decode(&page.items[1]).is_ok());
}

#[tokio::test]
async fn a_list_without_its_envelope_is_no_list() {
    for body in ["[]", r#"{"orders":[]}"#, r#"{"error":"odd"}"#, ""] {
        let mut server = Server::new_async().await;
        server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
        server.mock("GET", Matcher::Regex("^/api/v2/orders".into())).with_body(body).create_async().await;
        let (bench, router) = connected(&server).await;
        let error = router.list(&bench.cx, &query("orders", ListFrom::Beginning)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}");
    }
}

#[tokio::test]
async fn an_id_cannot_lead_anywhere_else() {
    let mut server = Server::new_async().await;
    server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
    let odd = server
        .mock("GET", Matcher::Regex("^/api/v2/orders/7%2Fitems%3Fa%26b".into()))
        .with_status(404)
        .with_body(r#"{"error_description":"Not Found"}"#)
        .expect(1)
        .create_async()
        .await;
    let (bench, router) = connected(&server).await;
    let found = router.get(&bench.cx, &"orders".into(), &["7/items?a&b".into()]).await.unwrap();
    assert_eq!(found, [None]);
    odd.assert_async().await;
}

#[tokio::test]
async fn a_refusal_for_speed_at_the_token_address_is_no_matter_of_credentials() {
    let mut server = Server::new_async().await;
    let refused = server
        .mock("POST", "/api/v2/token")
        .with_status(400)
        .with_body(r#"{"error":"Too Many Requests"}"#)
        .expect_at_least(2)
        .create_async()
        .await;
    let (bench, router) = connected(&server).await;
    let error = router.check(&bench.cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    refused.assert_async().await;
}

#[tokio::test]
async fn a_refusal_for_speed_is_known_by_its_text_whatever_its_status() {
    for status in [400, 403, 429] {
        let mut server = Server::new_async().await;
        server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
        let shop = server.mock("GET", "/api/v2/shop").with_status(status);
        let refused = shop.with_body(r#"{"error":"Too Many Requests"}"#).expect_at_least(2).create_async().await;
        let (bench, router) = connected(&server).await;
        let error = router.check(&bench.cx).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.vendor_code()),
            (ErrorKind::RateLimited, Some("Too Many Requests")),
            "{status}"
        );
        assert!(!bench.time.slept().is_empty());
        refused.assert_async().await;
    }
}
