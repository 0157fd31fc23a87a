//! Quotes that are written elsewhere: a system in memory, the engine, and the emulated webCRM.

use std::sync::Arc;

use emulators::frame::{Fault, FaultKind};
use serde_json::{Value as Json, json};
use sync_core::{
    engine::{Cancel, Engine, Mode, Report, Silent},
    model::{Content, Line, Lines, Order, OrderStage, Organisation},
    policy::Policy,
};
use sync_testkit::{MemoryStore, Mock};
use uuid::Uuid;

use crate::{emulated::System, engine::line};

const POLICY: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["vat_number"] }]
    systems.crm = { read = true }
    systems.desk = { read = true }
    [entities.quotes]
    kind = "order"
    master = "desk"
    systems.desk = { read = true }
    systems.crm = { read = true, create = "always", update = true, streams = ["opportunities"] }
    map = [
      { field = "number", crm = "x.webcrm.custom_1", desk = "number" },
      { field = "x.level", crm = "x.webcrm.level", desk = { value = 2 } },
    ]
    [guards]
    max_change_percent = 100
"#;

struct Desk {
    crm: System,
    quotes: Mock,
    engine: Engine,
}

impl Desk {
    async fn open() -> Self {
        let crm = System::open_with(|config| config.make_opportunities = true).await;
        let quotes = Mock::new("desk")
            .stream::<Organisation>("customer", |s| s.since(1_000).only(&["name", "vat_number"]))
            .stream::<Order>("quote", |s| {
                s.since(1_000).only(&["content", "number", "customer", "description", "stage"]).holds("stage", "quote")
            });
        quotes.put("customer", Organisation::new().name("Fjord Handel").vat_number("DK1"));
        crm.edit("organisations", 1, json!({ "OrganisationVatNumber": "DK1" }));
        let builder = Engine::builder(Arc::new(MemoryStore::new(Uuid::from_u128(8))), crm.bench.time.clone());
        let builder = builder.system(Arc::new(quotes.clone())).system(crm.again());
        let engine = builder.policy(Policy::from_toml(POLICY).unwrap()).build().unwrap();
        let desk = Self { crm, quotes, engine };
        desk.run(Mode::Adopt).await;
        desk
    }
    async fn run(&self, mode: Mode) -> Report {
        self.crm.advance(120);
        let report = self.engine.run(mode, &Silent, &Cancel::new()).await.unwrap();
        assert!(report.stopped.is_empty() && report.parked.is_empty(), "{:?} {:?}", report.stopped, report.parked);
        report
    }
    fn opportunity(&self) -> Json {
        let all = self.crm.emulator.state()["opportunities"].as_array().unwrap().clone();
        let mut ours: Vec<Json> = all.into_iter().filter(|one| one["OpportunityCustom1"] == "T-1").collect();
        assert_eq!(ours.len(), 1, "{ours:?}");
        ours.remove(0)
    }
    fn lines(&self) -> Vec<(Json, Json)> {
        let id = self.opportunity()["OpportunityId"].clone();
        let all = self.crm.emulator.state()["quotation-lines"].as_array().unwrap().clone();
        let ours = all.into_iter().filter(|one| one["QuotationLineOpportunityId"] == id);
        ours.map(|one| (one["QuotationLineData1"].clone(), one["QuotationLineQuantity"].clone())).collect()
    }
}

fn content(lines: Vec<Line>) -> Content {
    let keyed = (1..).zip(lines).map(|(place, line): (u32, Line)| line.key(place.to_string()));
    Content::new().lines(keyed.collect::<Lines<Line>>()).currency("DKK").prices_include_vat(false)
}

#[tokio::test]
async fn a_quote_becomes_one_opportunity_and_what_changes_in_it_arrives_whatever_breaks() {
    for kind in [None, Some(FaultKind::DropAfter), Some(FaultKind::Status { code: 503, handled: false })] {
        for (method, path) in [("POST", "/Opportunities"), ("PATCH", "/QuotationLines")] {
            let desk = Desk::open().await;
            let customer = desk.quotes.all("customer").into_keys().next().unwrap();
            let quote =
                Order::new().number("T-1").stage(OrderStage::Quote).description("Lamper til kontoret".to_owned());
            let quote = quote.customer(desk.quotes.at("customer").id(&customer));
            let id = desk.quotes.put("quote", quote.content(content(vec![line("A", 2, 100), line("B", 1, 50)])));
            if let Some(kind) = &kind {
                desk.crm.emulator.fault(Fault::new(kind.clone()).on(method, path).times(1));
            }
            for _ in 0..3 {
                desk.run(Mode::Sync).await;
            }
            let made = desk.opportunity();
            assert_eq!((&made["OpportunityOrganisationId"], &made["OpportunityLevel"]), (&json!(1), &json!(2)));
            assert_eq!(made["OpportunityDescription"], "Lamper til kontoret");
            assert_eq!(desk.lines(), [(json!("A"), json!(2)), (json!("B"), json!(1))], "{kind:?} {method}");
            desk.quotes.edit::<Order>("quote", &id, |mut quote| {
                quote.content = content(vec![line("A", 5, 100)]);
                quote
            });
            desk.run(Mode::Sync).await;
            assert_eq!(desk.lines(), [(json!("A"), json!(5))], "{kind:?} {method}");
            assert_eq!(desk.run(Mode::Sync).await.writes(), 0, "{kind:?} {method}");
        }
    }
}
