//! A vendor that sends whoever calls it to a stranger, who writes down what he is told.

use std::sync::{Arc, Mutex};

use mockito::{Matcher, Server, ServerGuard};

/// The two of them. What else the vendor is to answer is added to it.
pub(crate) struct Redirects {
    pub(crate) vendor: ServerGuard,
    _stranger: ServerGuard,
    heard: Arc<Mutex<String>>,
}

impl Redirects {
    /// The stranger answers with `body`: what the vendor itself might say.
    pub(crate) async fn start(body: &'static str) -> Self {
        let (mut vendor, mut stranger) = (Server::new_async().await, Server::new_async().await);
        let heard: Arc<Mutex<String>> = Arc::default();
        let hears = heard.clone();
        let any = || Matcher::Regex(".*".to_owned());
        stranger
            .mock("GET", any())
            .with_body_from_request(move |request| {
                for (name, value) in request.headers() {
                    let line = format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
                    hears.lock().unwrap().push_str(&line);
                }
                body.as_bytes().to_vec()
            })
            .create_async()
            .await;
        let there = format!("{}/elsewhere", stranger.url());
        vendor.mock("GET", any()).with_status(302).with_header("location", &there).create_async().await;
        Self { vendor, _stranger: stranger, heard }
    }
    /// The headers that the stranger was sent.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}
