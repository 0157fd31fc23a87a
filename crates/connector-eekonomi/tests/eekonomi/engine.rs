//! A house that leads the assortment, the engine, and the emulated eEkonomi: what its facets cost in calls.

use std::sync::Arc;

use serde_json::json;
use sync_core::{
    engine::{Cancel, Engine, Mode, Report, Silent},
    model::{Item, Price},
    policy::Policy,
};
use sync_testkit::{MemoryStore, Mock};
use uuid::Uuid;

use crate::support::{Stage, dec};

const POLICY: &str = r#"
    [entities.items]
    kind = "item"
    master = "pim"
    match = [{ on = ["number"] }]
    systems.pim = { read = true }
    systems.erp = { read = true, create = "always", update = true }
    [entities.prices]
    kind = "price"
    master = "pim"
    match = [{ on = ["sku", "list"] }]
    systems.pim = { read = true }
    systems.erp = { read = true, create = "always", update = true }
"#;

struct House {
    stage: Stage,
    pim: Mock,
    engine: Engine,
}

impl House {
    async fn build() -> Self {
        let mut stage = Stage::set().await;
        let pim = Mock::new("pim").stream::<Item>("item", |s| s).stream::<Price>("price", |s| s);
        let connection = stage.erp.connect().await;
        let router = std::mem::replace(&mut stage.connection, connection).router;
        let store = MemoryStore::new(Uuid::from_u128(7));
        let builder = Engine::builder(Arc::new(store), stage.erp.time.clone());
        let builder = builder.system(Arc::new(pim.clone())).system(Arc::new(router));
        let engine = builder.policy(Policy::from_toml(POLICY).unwrap()).build().unwrap();
        Self { stage, pim, engine }
    }
    fn sells(&self, number: &str, price: &str) -> (Arc<str>, Arc<str>) {
        let unit = self.stage.erp.code("units", "Styck");
        let item = Item::new().number(number).name(format!("Artikel {number}").as_str()).unit(unit.as_str());
        let item = self.pim.put("item", item.vat_rate(25).is_active(true));
        let price = Price::new().sku(number).amount(dec(price)).currency("SEK").includes_vat(false);
        (item.clone(), self.pim.put("price", price.item(self.pim.at("item").id(&item))))
    }
    async fn run(&self, mode: Mode) -> Report {
        self.stage.erp.advance(60);
        self.stage.erp.sign_in(json!({})).await;
        self.stage.erp.emulator.clear_requests();
        let report = self.engine.run(mode, &Silent, &Cancel::new()).await.unwrap();
        assert!(report.stopped.is_empty() && report.stopped_systems.is_empty(), "{:?}", report.stopped);
        assert!(report.parked.is_empty(), "{:?}", report.parked);
        report
    }
    fn writes(&self) -> Vec<String> {
        self.stage.erp.calls().into_iter().filter(|call| !call.starts_with("GET")).collect()
    }
    fn stored(&self, number: &str) -> serde_json::Value {
        self.stage.erp.stored("articles").into_iter().find(|article| article["Number"] == number).unwrap()
    }
}

#[tokio::test]
async fn a_new_article_and_its_price_are_one_call_and_so_is_a_change_of_both() {
    let house = House::build().await;
    let (item, price) = house.sells("V-1", "299");
    house.sells("A-1", "100");
    house.run(Mode::Adopt).await;
    assert!(house.writes().is_empty());
    let report = house.run(Mode::Sync).await;
    assert_eq!(house.writes(), ["POST /v2/articles"], "{report:?}");
    let stored = house.stored("V-1");
    assert_eq!((stored["NetPrice"].to_string(), stored["GrossPrice"].to_string()), ("299".into(), "373.75".into()));
    house.run(Mode::Sync).await;
    assert!(house.writes().is_empty(), "{:?}", house.writes());

    house.pim.edit::<Item>("item", &item, |item| item.name("Vattenkokare"));
    house.pim.edit::<Price>("price", &price, |price| price.amount(dec("249.50")));
    house.run(Mode::Sync).await;
    let writes = house.writes();
    assert_eq!(writes.len(), 1, "two full replaces would undo each other: {writes:?}");
    let stored = house.stored("V-1");
    assert_eq!((&stored["Name"], stored["NetPrice"].to_string()), (&json!("Vattenkokare"), "249.5".to_owned()));
    house.run(Mode::Sync).await;
    assert!(house.writes().is_empty());
}
