//! A server that says only what a test wrote, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use mockito::{Matcher, Server, ServerGuard};
use serde_json::{Value as Json, json};
use sync_core::handler::Router;

use crate::support::{Bench, config};

pub(crate) const TOKEN: &str = r#"{"access_token":"t-1","expires_in":3600}"#;
pub(crate) const INCLUDE: &str = "include=primaryVariant%2CprimaryVariant.prices%2Clanguages%2Ccategories%2CmediaFiles";

/// The calls that a server has met: `PATCH /products/501 {…}`.
#[derive(Clone, Default)]
pub(crate) struct Met(Arc<Mutex<Vec<(String, Json)>>>);

impl Met {
    pub(crate) fn calls(&self) -> Vec<(String, Json)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
    pub(crate) fn lines(&self) -> Vec<String> {
        self.calls().into_iter().map(|(line, _)| line).collect()
    }
    /// Answers calls of that method whose path ends so.
    pub(crate) async fn answers(&self, server: &mut Server, method: &str, path: &str, status: usize, body: &str) {
        let (met, name, body) = (self.clone(), method.to_owned(), body.to_owned());
        let path = Matcher::Regex(format!("^/api/v2{path}(\\?.*)?$"));
        server
            .mock(method, path)
            .with_status(status)
            .with_body_from_request(move |request| {
                let sent = serde_json::from_slice(request.body().unwrap()).unwrap_or_default();
                let line = format!("{name} {}", request.path_and_query().trim_start_matches("/api/v2"));
                met.0.lock().unwrap().push((line, sent));
                body.clone().into_bytes()
            })
            .create_async()
            .await;
    }
}

/// A connector to it that keeps one more list, and prices from ten pieces.
pub(crate) async fn shop() -> (ServerGuard, Bench, Router, Met) {
    let mut server = Server::new_async().await;
    server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
    let bench = Bench::new();
    let mut config = config(&server.url());
    config.price_lists = vec!["12".into()];
    config.volume_quantities = vec![10];
    let router = bench.connect_kept("se", &config).await;
    (server, bench, router, Met::default())
}

pub(crate) fn answer(record: &Json) -> String {
    json!({ "data": record }).to_string()
}
