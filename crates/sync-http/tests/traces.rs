//! What a call leaves behind in traces, errors and `Debug`. A process of its own: tracing remembers for the whole process
//! whether anybody listened when an event was first met.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by them")]

mod common;

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};

use common::{Does, Server, builder, context, leaping};
use mockito::Matcher;
use secrecy::SecretString;
use sync_core::ErrorKind;
use sync_http::{Auth, ClientCredentials, MemoryTokens, OAuthClient, Proof, Renewal, Request};

/// Keeps all that is traced, as a subscriber of a program would see it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0.lock().unwrap(), "{}={value:?} ", field.name()).unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("sync_http")
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut self.clone());
        tracing::span::Id::from_u64(1)
    }
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn traces_errors_and_debug_hold_no_secret_and_nobodys_data() {
    const PRIVATE: &[&str] = &["hush-secret", "hush-token", "hush-key", "anna", "19800101", "4711"];
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let errors = runtime.block_on(async {
        let mut server = mockito::Server::new_async().await;
        server.mock("POST", "/token").with_body(r#"{"access_token":"hush-token"}"#).create_async().await;
        server
            .mock("GET", Matcher::Regex("^/people/".into()))
            .with_status(503)
            .with_body(r#"{"mail":"anna@example.com","token":"hush-token"}"#)
            .expect_at_least(2)
            .create_async()
            .await;
        let time = leaping();
        let http = builder(&format!("{}/token", server.url()), &time).build().unwrap();
        let grant = ClientCredentials::new(http, OAuthClient::new("id", Proof::Body("hush-secret".into())));
        let store = Arc::new(MemoryTokens::new());
        let auth = Auth::renewing(Renewal::new(Arc::new(grant), store, "crm"));
        let client = builder(&server.url(), &time)
            .auth(auth)
            .secret_header("x-app", SecretString::from("hush-key"))
            .build()
            .unwrap();
        let request =
            Request::get("read person", "/people/{id}").path("id", "19800101-4711").query("mail", "anna@example.com");
        let shown = format!("{client:?} {request:?}");
        let error = client.send(&context(&time), request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let lost = Server::with(&[Does::ReadAndClose]).await;
        let client = client.at(lost.url.parse().unwrap()).unwrap();
        let request = Request::post("find person", "/find").query("mail", "anna@example.com");
        let broken = client.send(&context(&time), request).await.unwrap_err();
        assert!(broken.detail().is_some());
        format!("{shown} {error:?} {error} {broken:?} {broken}")
    });
    drop(guard);
    let traced = log.0.lock().unwrap().clone();
    for wanted in [
        "operation=\"read person\"",
        "method=\"GET\"",
        "path=\"/people/{id}\"",
        "status=503",
        "try=2",
        "why=\"unavailable\"",
        "run=\"test\"",
    ] {
        assert!(traced.contains(wanted), "{wanted}: {traced}");
    }
    for private in PRIVATE {
        assert!(!traced.contains(private), "{private}: {traced}");
        assert!(!errors.contains(private), "{private}: {errors}");
    }
}
