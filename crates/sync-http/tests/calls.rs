//! Shapes of requests, sign-in, limits and pages, over the wire.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by them")]

mod common;

use std::{sync::Arc, time::Duration};

use common::{Does, Server, builder, context, leaping, start};
use mockito::Matcher;
use secrecy::ExposeSecret;
use serde_json::json;
use sync_core::{Context, ErrorKind, Lane, Retry};
use sync_http::{
    Auth, AuthorizationCode, Client, ClientCredentials, ErrorReader, FileTokens, Grant, Limit, LimitHint, LimitKey,
    Limits, MemoryTokens, OAuthClient, Proof, Quota, Redirected, Renewal, Request, Response, Token, TokenStore,
    Transport, VendorError, VirtualTime,
    page::{At, End, Position},
    request_token,
};
use url::Url;

#[tokio::test]
async fn a_request_arrives_as_it_was_built() {
    let mut server = mockito::Server::new_async().await;
    let mock = server
        .mock("PUT", "/api/v2/orders/a%2Fb/rows?$filter=At%20ge%20%2B01%3A00&n=1")
        .match_header("accept", "application/json")
        .match_header("content-type", "application/merge-patch+json")
        .match_header("companykey", "k-2")
        .match_header("so-apptoken", "hush")
        .match_header("user-agent", Matcher::Regex("^samklang/".into()))
        .match_body(r#"{"quantity":2.50}"#)
        .with_status(204)
        .create_async()
        .await;
    let time = leaping();
    let client = builder(&format!("{}/api/v2", server.url()), &time)
        .header("CompanyKey", "k-1")
        .secret_header("SO-AppToken", "hush".into())
        .build()
        .unwrap();
    let request = Request::put("update rows", "/orders/{id}/rows")
        .path("id", "a/b")
        .query("$filter", "At ge +01:00")
        .query("n", 1)
        .header("companykey", "k-2")
        .json(&serde_json::from_str::<serde_json::Value>(r#"{"quantity":2.50}"#).unwrap())
        .content_type("application/merge-patch+json");
    let answer = client.send(&context(&time), request).await.unwrap();
    assert_eq!(answer.status(), 204);
    mock.assert_async().await;
}

#[tokio::test]
async fn an_answer_that_is_not_modified_is_an_answer() {
    let mut server = mockito::Server::new_async().await;
    let mock = server.mock("GET", "/a").with_status(304).create_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    assert_eq!(client.send(&context(&time), Request::get("read", "/a")).await.unwrap().status(), 304);
    mock.assert_async().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_sent() {
    let server = Server::with(&[Does::Hang]).await;
    let time = leaping();
    let client = builder(&server.url, &time).build().unwrap();
    for (request, kind) in [
        (Request::get("read", "/a/{id}").path("id", ".."), ErrorKind::Invalid),
        (Request::get("read", "/a/{id}"), ErrorKind::Internal),
        (Request::post("create", "/a").header("x", "line\nbreak"), ErrorKind::Internal),
        (Request::link("list", "https://elsewhere.example.com/a"), ErrorKind::Protocol),
    ] {
        assert_eq!(client.send(&context(&time), request).await.unwrap_err().kind(), kind);
    }
    let mut cx = context(&time);
    cx.deadline = Some(start());
    let error = client.send(&cx, Request::post("create", "/a")).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Later { after: None }));
    assert_eq!(*server.connections.lock().unwrap(), 0);
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_in_time_and_a_write_is_then_unclear() {
    let server = Server::with(&[Does::Hang]).await;
    let time = leaping();
    let client = builder(&server.url, &time).timeout(Duration::from_millis(1)).build().unwrap();
    let error = client.send(&context(&time), Request::post("create", "/a")).await.unwrap_err();
    // on a slow machine even the connection may take longer than that
    assert!(matches!(error.kind(), ErrorKind::AmbiguousWrite), "{error}");
    let error = client.send(&context(&time), Request::get("read", "/a")).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Exhausted));
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let mut server = mockito::Server::new_async().await;
    server.mock("GET", "/a").with_body("x".repeat(2000)).create_async().await;
    let time = leaping();
    let transport = Transport::new().unwrap().with_largest_answer(1000);
    let client = Client::builder(transport, server.url().parse().unwrap()).timer(time.clone()).build().unwrap();
    let error = client.send(&context(&time), Request::get("read", "/a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[test]
fn a_base_url_that_would_give_secrets_away_is_refused() {
    let transport = Transport::new().unwrap();
    let build = |url: &str| Client::builder(transport.clone(), url.parse().unwrap()).build();
    for bad in ["http://api.example.com", "ftp://api.example.com", "https://user:hush@api.example.com", "file:///tmp"] {
        let error = build(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
        assert!(!error.to_string().contains("hush"));
    }
    for good in ["https://api.example.com/v1", "http://127.0.0.1:80", "http://[::1]/", "http://localhost:8080/x"] {
        build(good).unwrap();
    }
    Client::builder(transport.clone(), "http://emulator:80".parse().unwrap()).allow_plain_http().build().unwrap();
    let client = build("https://api.example.com").unwrap();
    assert!(client.at("http://api2.example.com".parse().unwrap()).is_err());
    assert_eq!(
        client.at("https://api2.example.com".parse().unwrap()).unwrap().base_url().host_str(),
        Some("api2.example.com")
    );
}

#[tokio::test]
async fn client_credentials_go_as_each_vendor_wants_them() {
    let sign: sync_http::grant::Sign = Arc::new(|now| Ok(format!("jwt-{}", now.timestamp()).into()));
    for (proof, header, body) in [
        (Proof::Body("s+/=".into()), Matcher::Missing, vec![("client_id", "id:1"), ("client_secret", "s+/=")]),
        (Proof::Basic("s+/=".into()), Matcher::Exact("Basic aWQlM0ExOnMlMkIlMkYlM0Q=".into()), vec![]),
        (
            Proof::Assertion(sign),
            Matcher::Missing,
            vec![
                ("client_id", "id:1"),
                ("client_assertion", "jwt-1767225600"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ],
        ),
    ] {
        let mut server = mockito::Server::new_async().await;
        let fields = [("grant_type", "client_credentials"), ("scope", "a b"), ("tenant_id", "t-1")];
        let wanted = fields.into_iter().chain(body).map(|(k, v)| Matcher::UrlEncoded(k.into(), v.into())).collect();
        let mock = server
            .mock("POST", "/connect/token")
            .match_header("authorization", header)
            .match_header("tenantid", "42")
            .match_body(Matcher::AllOf(wanted))
            .with_header("content-type", "text/html")
            .with_body(r#"{"access_token":"t","expires_in":3600,"scope":"a b"}"#)
            .create_async()
            .await;
        let time = leaping();
        let http = builder(&format!("{}/connect/token", server.url()), &time).build().unwrap();
        let client =
            OAuthClient::new("id:1", proof).scopes(["a", "b"]).param("tenant_id", "t-1").header("TenantId", "42");
        let token = ClientCredentials::new(http, client).obtain(&context(&time), None).await.unwrap();
        assert_eq!(token.access.expose_secret(), "t");
        assert_eq!(token.expires_at, Some(start() + Duration::from_secs(3600)));
        mock.assert_async().await;
    }
}

fn consent_grant(server: &str, time: &Arc<VirtualTime>) -> AuthorizationCode {
    AuthorizationCode::new(
        builder(&format!("{server}/token"), time).build().unwrap(),
        OAuthClient::new("id", Proof::Basic("s".into())).scopes(["ea:api", "offline_access"]),
        Url::parse("https://login.example.com/authorize?x=1").unwrap(),
        "http://localhost:8080",
    )
    .param("prompt", "select_account")
}

#[tokio::test]
async fn a_login_goes_from_the_address_to_a_stored_token() {
    let mut server = mockito::Server::new_async().await;
    let time = leaping();
    let grant = consent_grant(&server.url(), &time);
    let consent = grant.begin().unwrap();
    let query: std::collections::HashMap<String, String> = consent.url().query_pairs().into_owned().collect();
    for (name, value) in [
        ("x", "1"),
        ("response_type", "code"),
        ("client_id", "id"),
        ("redirect_uri", "http://localhost:8080"),
        ("scope", "ea:api offline_access"),
        ("prompt", "select_account"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[name], value);
    }
    assert_ne!(grant.begin().unwrap().url(), consent.url(), "each login has a state of its own");
    let mock = server
        .mock("POST", "/token")
        .match_body(Matcher::AllOf(vec![
            Matcher::UrlEncoded("grant_type".into(), "authorization_code".into()),
            Matcher::UrlEncoded("code".into(), "c/1".into()),
            Matcher::UrlEncoded("redirect_uri".into(), "http://localhost:8080".into()),
            Matcher::Regex("code_verifier=[A-Za-z0-9_-]{43}".into()),
        ]))
        .with_body(r#"{"access_token":"t","refresh_token":"r","expires_in":3600,"id_token":"who"}"#)
        .create_async()
        .await;
    let back = |state: &str| Redirected::parse(&format!("http://localhost:8080/?code=c%2F1&state={state}")).unwrap();
    let foreign = grant.exchange_code(&context(&time), &consent, &back("other")).await.unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::Auth);
    let token = grant.exchange_code(&context(&time), &consent, &back(&query["state"])).await.unwrap();
    mock.assert_async().await;
    assert_eq!(token.identity.as_ref().unwrap().expose_secret(), "who");

    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileTokens::new(folder.path()));
    let auth = Auth::renewing(Renewal::new(Arc::new(grant), store.clone(), "books"));
    auth.accept(token).await.unwrap();
    assert_eq!(store.load("books").await.unwrap().unwrap().refresh.unwrap().expose_secret(), "r");
    let shown = format!("{consent:?} {auth:?}");
    assert!(!shown.contains(&query["state"]) && !shown.contains("\"s\""), "{shown}");
}

#[tokio::test]
async fn a_code_whose_answer_is_lost_is_not_sent_again() {
    let server = Server::with(&[Does::ReadAndClose]).await;
    let time = leaping();
    let grant = consent_grant(&server.url, &time).without_pkce();
    let consent = grant.begin().unwrap();
    let (_, state) = consent.url().query_pairs().find(|(name, _)| name == "state").unwrap();
    let redirected = Redirected::parse(&format!("code=c&state={state}")).unwrap();
    let error = grant.exchange_code(&context(&time), &consent, &redirected).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.message().contains("log in again"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

/// As an accounting system writes it: `… maximum admitted 3 per Minute. Try again in 55 seconds.`
#[derive(Debug)]
struct InText;
impl ErrorReader for InText {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        let body = answer.value()?;
        Some(VendorError::new(body.get("ErrorCode")?.to_string(), body.get("Text")?.as_str()?))
    }
    fn limit(&self, answer: &Response) -> Option<LimitHint> {
        if let (Some("0"), Some(reset)) = (answer.header("x-ratelimit-remaining"), answer.header("x-ratelimit-reset")) {
            return Some(LimitHint { wait: reset.parse().ok().map(Duration::from_secs), ..LimitHint::default() });
        }
        let text = self.error(answer)?.text;
        let number = |after: &str| {
            let (_, rest) = text.split_once(after)?;
            rest.split(' ').next()?.parse::<u32>().ok()
        };
        Some(LimitHint {
            wait: number("again in ").map(|seconds| Duration::from_secs(seconds.into())),
            quota: number("admitted ").map(Quota::per_minute),
            key: None,
        })
    }
}

#[tokio::test]
async fn a_limit_told_in_a_text_is_learnt_and_shared_by_all_clients() {
    let mut server = mockito::Server::new_async().await;
    let limited = server
        .mock("POST", "/orders")
        .with_status(429)
        .with_body(r#"{"ErrorCode":4010,"Text":"maximum admitted 3 per Minute. Try again in 55 seconds."}"#)
        .expect(1)
        .create_async()
        .await;
    let good = server.mock("POST", "/orders").with_body("{}").expect(4).create_async().await;
    let time = leaping();
    let limits = Arc::new(Limits::new(time.clone()));
    let client = |tenant: &str| {
        builder(&server.url(), &time)
            .limits(limits.clone())
            .limit_each_path("books:client-1", Quota::per_minute(600))
            .errors(Arc::new(InText))
            .header("CompanyKey", tenant)
            .build()
            .unwrap()
    };
    let (one, two) = (client("1"), client("2"));
    let create = || Request::post("create order", "/orders").json(&json!({}));
    one.send(&context(&time), create()).await.unwrap();
    let after_first = time.now_s();
    assert!((55..58).contains(&after_first), "{after_first}");
    let key = LimitKey::new("books:client-1 /orders");
    assert_eq!(limits.quota(&key), Some(Quota::per_minute(3)));
    // the refused call and the good one count; one more fits into this minute, the next ones must wait for slots
    for _ in 0..3 {
        two.send(&context(&time), create()).await.unwrap();
    }
    assert!(time.now_s() >= 60, "{}", time.now_s());
    limited.assert_async().await;
    good.assert_async().await;
}

#[tokio::test]
async fn customers_on_one_transport_never_get_each_others_token() {
    let mut server = mockito::Server::new_async().await;
    let (time, transport, tokens) = (leaping(), Transport::new().unwrap(), Arc::new(MemoryTokens::new()));
    let base = Url::parse(&server.url()).unwrap();
    let (mut clients, mut mocks) = (Vec::new(), Vec::new());
    for customer in 0..4 {
        // whoever comes with another one's token finds no such path
        let token = format!("Bearer token-{customer}");
        let path = format!("/customers/{customer}");
        let answer = server.mock("GET", path.as_str()).match_header("authorization", token.as_str()).with_body("{}");
        mocks.push(answer.expect(25).create_async().await);
        let body = format!(r#"{{"access_token":"token-{customer}","expires_in":3600}}"#);
        let path = format!("/token/{customer}");
        mocks.push(server.mock("POST", path.as_str()).with_body(body).expect(1).create_async().await);
        let build = |base: Url| Client::builder(transport.clone(), base).timer(time.clone());
        let sign_in = build(base.join(&format!("token/{customer}")).unwrap()).build().unwrap();
        let grant = ClientCredentials::new(sign_in, OAuthClient::new("id", Proof::Body("hush".into())));
        let renewal = Renewal::new(Arc::new(grant), tokens.clone(), format!("customer-{customer}"));
        clients.push(build(base.clone()).auth(Auth::renewing(renewal)).build().unwrap());
    }
    let context = context(&time);
    let call = |nth: usize| {
        let request = Request::get("read", "/customers/{id}").path("id", nth % 4);
        clients[nth % 4].send(&context, request)
    };
    for answer in futures_util::future::join_all((0..100).map(call)).await {
        answer.unwrap();
    }
    for mock in mocks {
        mock.assert_async().await;
    }
}

trait Seconds {
    fn now_s(&self) -> u64;
}
impl Seconds for Arc<VirtualTime> {
    fn now_s(&self) -> u64 {
        sync_http::Timer::elapsed(&**self).as_secs()
    }
}

#[tokio::test]
async fn a_limit_told_in_the_headers_of_a_good_answer_is_kept() {
    let mut server = mockito::Server::new_async().await;
    let mock = server
        .mock("GET", "/orders")
        .with_body("{}")
        .with_header("x-ratelimit-remaining", "0")
        .with_header("x-ratelimit-reset", "1800")
        .expect(1)
        .create_async()
        .await;
    let time = leaping();
    let limit = Limit::learnt(LimitKey::new("erp:tenant-1"));
    let client = builder(&server.url(), &time).errors(Arc::new(InText)).limit(limit).build().unwrap();
    let list = || Request::get("list orders", "/orders");
    client.send(&context(&time), list()).await.unwrap();
    let error = client.send(&context(&time).in_lane(Lane::Desk), list()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Later { after: Some(Duration::from_secs(1800)) });
    mock.assert_async().await;
}

#[tokio::test]
async fn pages_are_read_one_call_at_a_time_over_stored_cursors() {
    #[derive(serde::Deserialize)]
    struct Page {
        total: u64,
        rows: Vec<u32>,
    }
    let mut server = mockito::Server::new_async().await;
    let mut mocks = Vec::new();
    for (page, rows) in [(1, "[1,2]"), (2, "[3,4]"), (3, "[5]")] {
        let body = format!(r#"{{"total":5,"rows":{rows}}}"#);
        let path = format!("/orders?page={page}");
        mocks.push(server.mock("GET", path.as_str()).with_body(body).create_async().await);
    }
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    let (mut read, mut cursor) = (Vec::<u32>::new(), None);
    loop {
        let here = Position::resume("list orders", cursor.as_ref(), Position::page(1)).unwrap();
        let At::Page(number) = here.at() else { panic!() };
        let request = Request::get("list orders", "/orders").query("page", number);
        let page: Page = client.send(&context(&time), request).await.unwrap().json().unwrap();
        read.extend(&page.rows);
        match here.turn("list orders", page.rows.iter().map(u32::to_string), End::Total(page.total)).unwrap() {
            Some(next) => cursor = Some(next.to_json()),
            None => break,
        }
    }
    assert_eq!(read, [1, 2, 3, 4, 5]);
    for mock in mocks {
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn a_context_without_patience_ends_the_retries() {
    let mut server = mockito::Server::new_async().await;
    let mock =
        server.mock("GET", "/a").with_status(503).with_header("retry-after", "30").expect(1).create_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    let cx = Context { deadline: Some(start() + Duration::from_secs(25)), ..context(&time) };
    let error = client.send(&cx, Request::get("read", "/a")).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Later { after: Some(Duration::from_secs(30)) });
    mock.assert_async().await;
}

/// A login by one form field, answered in the vendor's own spelling; a proprietary ticket header; 403 for a dead token.
#[tokio::test]
async fn a_connectors_own_grant_header_and_refusal_fit_in() {
    #[derive(Debug)]
    struct ByCode(Client);
    #[async_trait::async_trait]
    impl Grant for ByCode {
        async fn obtain(&self, cx: &Context, _old: Option<&Token>) -> sync_core::Result<Token> {
            let request = Request::post("sign in", "/Auth/ApiLogin").secret_form("authCode", "guid".into());
            request_token(&self.0, cx, request.safe_to_repeat()).await
        }
    }
    #[derive(Debug)]
    struct Refuses403;
    impl ErrorReader for Refuses403 {
        fn error(&self, _: &Response) -> Option<VendorError> {
            None
        }
        fn token_refused(&self, answer: &Response) -> bool {
            matches!(answer.status(), 401 | 403)
        }
    }
    let mut server = mockito::Server::new_async().await;
    let login = server
        .mock("POST", "/Auth/ApiLogin")
        .match_body("authCode=guid")
        .with_body(r#"{"AccessToken":"7T:a=","ExpiresIn":3600,"IsError":false}"#)
        .expect(2)
        .create_async()
        .await;
    let dead = server
        .mock("GET", "/a")
        .match_header("authorization", "SOTicket 7T:a=")
        .with_status(403)
        .expect(2)
        .create_async()
        .await;
    let time = leaping();
    let grant = ByCode(builder(&server.url(), &time).build().unwrap());
    let renewal =
        Renewal::new(Arc::new(grant), Arc::new(MemoryTokens::new()), "crm").with_header("Authorization", "SOTicket");
    let client =
        builder(&server.url(), &time).auth(Auth::renewing(renewal)).errors(Arc::new(Refuses403)).build().unwrap();
    let error = client.send(&context(&time), Request::get("read", "/a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "refused again by a new token: it is a matter of rights");
    login.assert_async().await;
    dead.assert_async().await;
}
