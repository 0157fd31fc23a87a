//! The checks C-70 to C-75 of connectors, on the client that all of them stand on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by them")]

mod common;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use common::{Does, Server, builder, context, leaping, nobody};
use mockito::Matcher;
use secrecy::ExposeSecret;
use serde_json::json;
use sync_core::{ErrorKind, Result, Retry};
use sync_http::{
    Auth, ClientCredentials, Grant, MemoryTokens, Method, OAuthClient, Proof, Renewal, Request, Token, TokenStore,
};

const HTML: &str = "<!DOCTYPE html><html><body>anna@example.com</body></html>";

#[tokio::test]
async fn c70_each_status_has_its_kind_whatever_the_body() {
    use ErrorKind::*;
    use Method::*;
    let table: &[(Method, usize, ErrorKind, usize)] = &[
        // method, status, kind, requests made
        (Get, 400, Invalid, 1),
        (Post, 422, Invalid, 1),
        (Get, 401, Auth, 1),
        (Post, 401, Auth, 1),
        (Get, 403, Permission, 1),
        (Get, 404, NotFound, 1),
        (Put, 404, NotFound, 1),
        (Delete, 410, NotFound, 1),
        (Post, 409, AlreadyExists, 1),
        (Put, 409, VersionConflict, 1),
        (Patch, 412, VersionConflict, 1),
        (Get, 408, Unavailable, 3),
        (Post, 408, AmbiguousWrite, 1),
        (Get, 421, Unavailable, 1),
        (Put, 421, Unavailable, 1),
        (Get, 429, RateLimited, 3),
        (Post, 429, RateLimited, 3),
        (Get, 500, Unavailable, 3),
        (Post, 500, AmbiguousWrite, 1),
        (Get, 502, Unavailable, 3),
        (Put, 502, AmbiguousWrite, 1),
        (Get, 503, Unavailable, 3),
        (Patch, 503, AmbiguousWrite, 1),
        (Get, 504, Unavailable, 3),
        (Delete, 504, AmbiguousWrite, 1),
        (Post, 501, Unsupported, 1),
    ];
    let mut server = mockito::Server::new_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).retry(sync_http::RetryPolicy::default().with_tries(3)).build().unwrap();
    for (method, status, kind, requests) in table {
        for (body, word) in [
            (r#"{"message":"anna@example.com"}"#, ""),
            (HTML, "HTML"),
            ("", "without a body"),
            (r#"{"mess"#, "cut off"),
        ] {
            let name = match method {
                Get => "GET",
                Head => "HEAD",
                Post => "POST",
                Put => "PUT",
                Patch => "PATCH",
                Delete => "DELETE",
            };
            let mock = server
                .mock(name, "/orders/7")
                .with_status(*status)
                .with_body(body)
                .expect(*requests)
                .create_async()
                .await;
            let request = Request::new(*method, "touch order", "/orders/{id}").path("id", 7);
            let error = client.send(&context(&time), request).await.unwrap_err();
            mock.assert_async().await;
            mock.remove_async().await;
            let text = error.to_string();
            assert_eq!(error.kind(), *kind, "{name} {status} {body}: {text}");
            assert!(text.contains(&format!("{name} /orders/{{id}} at 127.0.0.1:")), "{text}");
            assert!(text.contains(&format!(" answered {status}")), "{text}");
            assert!(text.contains(word) && !text.contains('\n'), "{text}");
            assert!(!format!("{error:?}{text}").contains("anna"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn c70_a_conflict_under_a_condition_is_one_of_versions() {
    let mut server = mockito::Server::new_async().await;
    let mock = server.mock("POST", "/orders").match_header("if-match", "\"1\"").with_status(409).create_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    let request = Request::post("change order", "/orders").header("If-Match", "\"1\"").json(&json!({}));
    assert_eq!(client.send(&context(&time), request).await.unwrap_err().kind(), ErrorKind::VersionConflict);
    mock.assert_async().await;
}

#[tokio::test]
async fn c70_a_write_that_claims_to_be_safe_is_repeated_like_a_read() {
    let mut server = mockito::Server::new_async().await;
    let mock = server.mock("POST", "/search").with_status(502).expect(5).create_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    let request = Request::post("search", "/search").json(&json!({})).safe_to_repeat();
    let error = client.send(&context(&time), request).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Exhausted));
    mock.assert_async().await;
}

#[tokio::test]
async fn c70_an_answer_of_200_that_cannot_be_read_is_protocol_for_a_read_and_unclear_for_a_write() {
    let mut server = mockito::Server::new_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    for body in ["", HTML, r#"[{"id":1},{"i"#, r#"{"id":"x"}"#] {
        let read = server.mock("GET", "/orders").with_body(body).create_async().await;
        let wrote = server.mock("POST", "/orders").with_status(201).with_body(body).create_async().await;
        let answer = client.send(&context(&time), Request::get("list orders", "/orders")).await.unwrap();
        assert_eq!(answer.json::<Vec<u32>>().unwrap_err().kind(), ErrorKind::Protocol, "{body}");
        let answer = client.send(&context(&time), Request::post("create order", "/orders")).await;
        let read_it = answer.and_then(|answer| answer.json::<Vec<u32>>());
        assert_eq!(read_it.unwrap_err().kind(), ErrorKind::AmbiguousWrite, "{body}");
        for mock in [read, wrote] {
            mock.assert_async().await;
            mock.remove_async().await;
        }
    }
}

#[tokio::test]
async fn c70_a_page_for_people_is_no_answer_to_a_write_even_if_nobody_reads_it() {
    let mut server = mockito::Server::new_async().await;
    let mock = server.mock("DELETE", "/orders/7").with_body(HTML).expect(1).create_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    let request = Request::delete("remove order", "/orders/{id}").path("id", 7);
    let error = client.send(&context(&time), request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AmbiguousWrite);
    assert!(error.message().contains("HTML") && !error.to_string().contains("anna"), "{error}");
    mock.assert_async().await;
}

#[tokio::test]
async fn c70_a_refusal_whose_words_broke_off_is_a_refusal() {
    let cut = Does::Answer("HTTP/1.1 400 Bad Request\r\ncontent-length: 90\r\n\r\n{\"error\"");
    let (server, time) = (Server::with(Box::leak(Box::new([cut]))).await, leaping());
    let http = builder(&server.url, &time).build().unwrap();
    let grant = ClientCredentials::new(http.clone(), OAuthClient::new("a", Proof::Body("b".to_owned().into())));
    let error = grant.obtain(&context(&time), None).await.unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Auth, 1), "no record is to blame: {error}");
    let error = http.send(&context(&time), Request::put("change order", "/orders/7")).await.unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Invalid, 2), "{error}");
}

#[tokio::test]
async fn c70_what_is_not_there_is_no_error_unless_a_gateway_says_so() {
    let mut server = mockito::Server::new_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).build().unwrap();
    for (status, body, found) in
        [(404, "", Ok(false)), (410, "{}", Ok(false)), (200, "{}", Ok(true)), (404, HTML, Err(ErrorKind::Protocol))]
    {
        let mock = server.mock("GET", "/orders/7").with_status(status).with_body(body).create_async().await;
        let request = Request::get("read order", "/orders/{id}").path("id", 7);
        let answer = client.fetch(&context(&time), request).await;
        assert_eq!(answer.map(|answer| answer.is_some()).map_err(|error| error.kind()), found, "{status} {body}");
        mock.assert_async().await;
        mock.remove_async().await;
    }
}

#[tokio::test]
async fn c71_the_wait_of_a_429_is_honoured_for_reads_and_writes() {
    // the virtual clock stands at 2026-01-01 00:00:00
    for (header, at_least) in [(Some("14"), 14), (Some("Thu, 01 Jan 2026 00:00:20 GMT"), 20), (None, 2)] {
        for method in [Method::Get, Method::Post] {
            let mut server = mockito::Server::new_async().await;
            let time = leaping();
            let name = if method == Method::Get { "GET" } else { "POST" };
            let mut limited = server.mock(name, "/orders").with_status(429).expect(1);
            if let Some(header) = header {
                // without a date of its own the answer is measured from our clock
                limited = limited.with_header("retry-after", header).with_header("date", "");
            }
            let limited = limited.create_async().await;
            let good = server.mock(name, "/orders").with_body("{}").create_async().await;
            let client = builder(&server.url(), &time).build().unwrap();
            client.send(&context(&time), Request::new(method, "call", "/orders")).await.unwrap();
            limited.assert_async().await;
            good.assert_async().await;
            let waited: Duration = time.slept().iter().sum();
            let at_least = Duration::from_secs(at_least);
            assert!(at_least <= waited && waited <= at_least + Duration::from_secs(3), "{header:?}: {waited:?}");
        }
    }
}

#[tokio::test]
async fn c71_a_wait_over_the_cap_is_handed_on_and_not_shortened() {
    let mut server = mockito::Server::new_async().await;
    let mock = server
        .mock("GET", "/orders")
        .with_status(429)
        .with_header("retry-after", "3000")
        .expect(1)
        .create_async()
        .await;
    let time = leaping();
    let limit = sync_http::Limit::learnt(sync_http::LimitKey::new("shop"));
    let client = builder(&server.url(), &time).limit(limit).build().unwrap();
    // the second call knows it without asking
    for _ in 0..2 {
        let error = client.send(&context(&time), Request::get("list orders", "/orders")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry(), Retry::Later { after: Some(Duration::from_secs(3000)) });
    }
    assert_eq!(time.slept(), []);
    mock.assert_async().await;
}

#[tokio::test]
async fn c72_no_connection_is_unavailable_for_reads_and_writes() {
    let time = leaping();
    let client = builder(&nobody().await, &time).build().unwrap();
    for method in [Method::Get, Method::Post, Method::Delete] {
        let error = client.send(&context(&time), Request::new(method, "call", "/orders")).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Exhausted), "{error}");
        assert!(error.context().contains(&("tries", "5".to_owned())));
    }
}

#[tokio::test]
async fn c72_a_tls_handshake_that_fails_sent_nothing() {
    let server = Server::with(&[Does::CloseAtOnce]).await;
    let time = leaping();
    let client = builder(&server.url.replace("http:", "https:"), &time).build().unwrap();
    let error = client.send(&context(&time), Request::post("create order", "/orders")).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Exhausted), "{error}");
}

#[tokio::test]
async fn c72_a_write_whose_answer_is_lost_is_unclear_and_was_sent_once() {
    for does in [
        &[Does::ReadAndClose][..],
        &[Does::Answer("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":")],
        &[Does::Answer("HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\n{")],
        &[Does::Answer("garbage\r\n\r\n")],
    ] {
        let server = Server::with(does).await;
        let time = leaping();
        let client = builder(&server.url, &time).build().unwrap();
        let request = Request::post("create order", "/orders").json(&json!({"number": 7}));
        let error = client.send(&context(&time), request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AmbiguousWrite, "{does:?}: {error}");
        assert_eq!(server.requests().len(), 1, "{does:?}");
        assert!(server.requests()[0].ends_with("{\"number\":7}"));
        assert_eq!(time.slept(), []);
    }
    // closed without being read looks the same from here: what had left may have been read
    let server = Server::with(&[Does::CloseAtOnce]).await;
    let time = leaping();
    let client = builder(&server.url, &time).build().unwrap();
    let error =
        client.send(&context(&time), Request::post("create order", "/orders").json(&json!({}))).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::AmbiguousWrite | ErrorKind::Unavailable), "{error}");
    assert_eq!(*server.connections.lock().unwrap(), if error.kind() == ErrorKind::AmbiguousWrite { 1 } else { 5 });
}

#[tokio::test]
async fn c72_a_refusal_that_was_cut_off_is_still_that_refusal() {
    let server = Server::with(&[Does::Answer("HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\n{\"why")]).await;
    let time = leaping();
    let client = builder(&server.url, &time).build().unwrap();
    let error = client.send(&context(&time), Request::post("create order", "/orders")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn c72_a_read_is_repeated_until_it_comes_through() {
    let server = Server::with(&[
        Does::CloseAtOnce,
        Does::ReadAndClose,
        Does::Answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,"),
        Does::Answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]"),
    ])
    .await;
    let time = leaping();
    let client = builder(&server.url, &time).build().unwrap();
    let answer = client.send(&context(&time), Request::get("list orders", "/orders")).await.unwrap();
    assert_eq!(answer.json::<Vec<u8>>().unwrap(), [1]);
    assert_eq!(time.slept().len(), 3);
}

/// A store that notes what it was told, and when the token was first used.
#[derive(Debug, Default)]
struct Watched {
    inner: MemoryTokens,
    saved: std::sync::Mutex<Vec<String>>,
}

#[async_trait]
impl TokenStore for Watched {
    async fn load(&self, key: &str) -> Result<Option<Token>> {
        self.inner.load(key).await
    }
    async fn save(&self, key: &str, token: &Token) -> Result<()> {
        self.saved.lock().unwrap().push(token.access.expose_secret().to_owned());
        self.inner.save(key, token).await
    }
}

#[tokio::test]
async fn c73_ten_calls_with_a_dead_token_make_one_refresh_and_it_is_stored_first() {
    let mut server = mockito::Server::new_async().await;
    let store = Arc::new(Watched::default());
    let old = Token::new("old".into(), common::start(), None).with_refresh(Some("r1".into()));
    store.inner.save("shop", &old).await.unwrap();
    let refresh = server
        .mock("POST", "/token")
        .match_body(Matcher::AllOf(vec![
            Matcher::UrlEncoded("grant_type".into(), "refresh_token".into()),
            Matcher::UrlEncoded("refresh_token".into(), "r1".into()),
            Matcher::UrlEncoded("client_secret".into(), "s".into()),
        ]))
        .with_body(r#"{"access_token":"new","refresh_token":"r2","expires_in":3600}"#)
        .expect(1)
        .create_async()
        .await;
    let refused = server
        .mock("GET", "/orders")
        .match_header("authorization", "Bearer old")
        .with_status(401)
        .with_body(r#"{"error":"invalid_token"}"#)
        .expect_at_least(1)
        .create_async()
        .await;
    let seen = store.clone();
    let good = server
        .mock("GET", "/orders")
        .match_header("authorization", "Bearer new")
        .with_body_from_request(move |_| {
            assert_eq!(*seen.saved.lock().unwrap(), ["new"], "used before it was stored");
            b"{}".to_vec()
        })
        .expect(10)
        .create_async()
        .await;
    let time = leaping();
    let http = builder(&format!("{}/token", server.url()), &time).build().unwrap();
    let grant = sync_http::AuthorizationCode::new(
        http,
        OAuthClient::new("id", Proof::Body("s".into())),
        "https://login.example.com/authorize".parse().unwrap(),
        "http://localhost/callback",
    );
    let auth = Auth::renewing(Renewal::new(Arc::new(grant), store.clone(), "shop"));
    let client = builder(&server.url(), &time).auth(auth).build().unwrap();
    let cx = context(&time);
    let calls = (0..10).map(|_| client.send(&cx, Request::get("list orders", "/orders")));
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap();
    }
    for mock in [refresh, refused, good] {
        mock.assert_async().await;
    }
    let kept = store.load("shop").await.unwrap().unwrap();
    assert_eq!(kept.refresh.unwrap().expose_secret(), "r2");
}

#[tokio::test]
async fn c73_a_token_refused_again_is_auth_after_one_renewal_also_for_a_write() {
    let mut server = mockito::Server::new_async().await;
    let token = server.mock("POST", "/token").with_body(r#"{"access_token":"t"}"#).expect(2).create_async().await;
    let call = server.mock("POST", "/orders").with_status(401).expect(2).create_async().await;
    let time = leaping();
    let grant = ClientCredentials::new(
        builder(&format!("{}/token", server.url()), &time).build().unwrap(),
        OAuthClient::new("id", Proof::Body("s".into())),
    );
    let auth = Auth::renewing(Renewal::new(Arc::new(grant), Arc::new(MemoryTokens::new()), "shop"));
    let client = builder(&server.url(), &time).auth(auth).build().unwrap();
    let error = client.send(&context(&time), Request::post("create order", "/orders")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    token.assert_async().await;
    call.assert_async().await;
}

#[tokio::test]
async fn c74_a_redirect_to_another_host_is_not_followed() {
    let time = leaping();
    for status in [301, 302, 303, 307, 308] {
        let mut there = mockito::Server::new_async().await;
        let mut here = mockito::Server::new_async().await;
        let elsewhere = there.mock("GET", Matcher::Any).expect(0).create_async().await;
        let elsewhere_post = there.mock("POST", Matcher::Any).expect(0).create_async().await;
        for method in ["GET", "POST"] {
            here.mock(method, "/orders")
                .with_status(status)
                .with_header("location", &format!("{}/orders", there.url()))
                .create_async()
                .await;
        }
        let client = builder(&here.url(), &time).auth(Auth::bearer(&"hush".into())).build().unwrap();
        let error = client.send(&context(&time), Request::get("list orders", "/orders")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{status}");
        assert!(error.message().contains("base_url"), "{error}");
        let error = client.send(&context(&time), Request::post("create order", "/orders")).await.unwrap_err();
        let unclear = matches!(status, 302 | 303);
        assert_eq!(error.kind(), if unclear { ErrorKind::AmbiguousWrite } else { ErrorKind::Config }, "{status}");
        elsewhere.assert_async().await;
        elsewhere_post.assert_async().await;
    }
}

#[tokio::test]
async fn c74_a_redirect_on_the_same_host_is_followed_by_reads_and_a_circle_ends() {
    let mut server = mockito::Server::new_async().await;
    let time = leaping();
    let client = builder(&server.url(), &time).auth(Auth::bearer(&"hush".into())).build().unwrap();
    server.mock("GET", "/old").with_status(301).with_header("location", "/new?a=1").create_async().await;
    let new = server
        .mock("GET", "/new?a=1")
        .match_header("authorization", "Bearer hush")
        .with_body("{}")
        .create_async()
        .await;
    client.send(&context(&time), Request::get("list", "/old")).await.unwrap();
    new.assert_async().await;
    let circle =
        server.mock("GET", "/round").with_status(302).with_header("location", "/round").expect(6).create_async().await;
    let error = client.send(&context(&time), Request::get("list", "/round")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    circle.assert_async().await;
}

#[tokio::test]
async fn c75_a_dropped_future_leaves_the_client_usable() {
    let server =
        Server::with(&[Does::Hang, Does::Hang, Does::Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]).await;
    let time = leaping();
    let limit = sync_http::Limit::known(sync_http::LimitKey::new("shop"), sync_http::Quota::per_minute(100).at_once(1));
    let client = builder(&server.url, &time).limit(limit).build().unwrap();
    let cx = context(&time);
    for number in 1..=2 {
        let mut call = Box::pin(client.send(&cx, Request::post("create order", "/orders").json(&json!({}))));
        tokio::select! {
            answer = &mut call => panic!("{answer:?}"),
            () = async { while server.requests().len() < number { tokio::task::yield_now().await } } => {}
        }
        drop(call);
    }
    client.send(&cx, Request::get("list orders", "/orders")).await.unwrap();
    assert_eq!(server.requests().len(), 3, "nothing was sent again behind our back");
}

#[tokio::test]
async fn c75_a_call_dropped_while_it_signs_in_leaves_the_sign_in_usable() {
    #[derive(Debug)]
    struct Slow(tokio::sync::Semaphore);
    #[async_trait]
    impl Grant for Slow {
        async fn obtain(&self, cx: &sync_core::Context, _old: Option<&Token>) -> Result<Token> {
            self.0.acquire().await.unwrap().forget();
            Ok(Token::new("t".into(), cx.clock.now(), None))
        }
    }
    let mut server = mockito::Server::new_async().await;
    let mock =
        server.mock("GET", "/orders").match_header("authorization", "Bearer t").with_body("{}").create_async().await;
    let time = leaping();
    let grant = Arc::new(Slow(tokio::sync::Semaphore::new(0)));
    let auth = Auth::renewing(Renewal::new(grant.clone(), Arc::new(MemoryTokens::new()), "shop"));
    let client = builder(&server.url(), &time).auth(auth).build().unwrap();
    let cx = context(&time);
    let mut call = Box::pin(client.send(&cx, Request::get("list orders", "/orders")));
    assert!(futures_util::FutureExt::now_or_never(&mut call).is_none());
    drop(call);
    grant.0.add_permits(1);
    client.send(&cx, Request::get("list orders", "/orders")).await.unwrap();
    mock.assert_async().await;
}
