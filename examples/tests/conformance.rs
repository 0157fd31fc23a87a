//! The guide's connector keeps the rules for connectors: a fixture as its last part describes one.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::duplicate_mod, reason = "the program keeps its box to itself")]

#[path = "../cardbox/mod.rs"]
#[allow(dead_code, reason = "the program looks into the box, these tests do not")]
mod cardbox;
#[path = "../write_a_connector.rs"]
#[allow(dead_code, reason = "the program's own run is not wanted here")]
mod guide;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use cardbox::{Cardbox, KEY};
use emulators::frame::{Emulator, Options};
use secrecy::SecretString;
use serde_json::json;
use sync_core::connector::Connector;
use sync_core::model::Organisation;
use sync_core::{Canonical, Context, Result, StreamId};
use sync_http::SystemClock;
use sync_testkit::connector_suite::{CHECKS, ConnectorFixture, Sample, Sent, Stranger, findings};

struct Cards {
    double: Emulator<Cardbox>,
    cards: Arc<dyn Connector>,
    nth: AtomicU64,
}

impl Cards {
    async fn open() -> Self {
        let double = Emulator::start(Cardbox::default(), Options::default()).await.unwrap();
        let cards = guide::connect("box", double.base_url(), &SecretString::from(KEY)).unwrap();
        Self { double, cards, nth: AtomicU64::new(1) }
    }
}

#[async_trait]
impl ConnectorFixture for Cards {
    fn connector(&self) -> Arc<dyn Connector> {
        self.cards.clone()
    }
    fn context(&self) -> Context {
        Context::new(Arc::new(SystemClock), "suite")
    }
    async fn sample(&self, stream: &StreamId, _: usize) -> Option<Sample> {
        let nth = self.nth.fetch_add(1, Ordering::Relaxed);
        let card = Organisation::new().number(format!("K{nth}")).name(format!("Card {nth}")).phone("08 1");
        Some(vec![(stream.clone(), card.email(format!("k{nth}@exempel.example")).to_fields())])
    }
    fn requests(&self) -> Option<Vec<Sent>> {
        let sent = |entry: emulators::frame::Entry| Sent {
            line: format!("{} {}", entry.method, entry.path),
            writes: entry.method != "GET",
            signs_in: false,
        };
        Some(self.double.requests().into_iter().map(sent).collect())
    }
    async fn touch(&self, _: &StreamId, id: &str) -> bool {
        self.double.act(json!({ "action": "edit", "id": id, "phone": "08 2" })).is_ok()
    }
    fn volatile(&self, _: &StreamId) -> &[&str] {
        &["changed"]
    }
    async fn stranger(&self, who: Stranger) -> Option<Result<Arc<dyn Connector>>> {
        let (address, key) = match who {
            Stranger::WrongCredentials => (self.double.base_url(), "another-key"),
            Stranger::Nobody => ("http://127.0.0.1:9", KEY),
        };
        Some(guide::connect("box", address, &SecretString::from(key)))
    }
    fn secrets(&self) -> Vec<String> {
        vec![KEY.to_owned(), "another-key".to_owned()]
    }
}

#[tokio::test]
async fn the_guides_connector_keeps_the_rules() {
    // retries wait for real here, so trouble is left to connectors whose time a test moves
    for check in CHECKS.iter().flat_map(|family| family.iter()).filter(|check| !check.makes_trouble()) {
        let found = findings(check.id(), Arc::new(Cards::open().await)).await.unwrap();
        assert!(found.is_empty(), "{}, {}: {found:#?}", check.id(), check.what());
    }
}
