//! Against the emulated system: what is written is there, and what people do in it is seen.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use connector_webcrm::Config;
use emulators::{
    Emulator, Options,
    webcrm::{AUTH_CODE, Settings, WebCrm},
};
use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, FieldMap, Link, Result, StreamKey, Value,
    connector::{Connector, Item, ListFrom, ListQuery, Write, Written},
    handler::Router,
    model::{Order, Organisation, Person},
};

use crate::support::{Bench, assert_shows, config, noon, shown, write};

/// The double with a few records, and a connection to it.
pub(crate) struct System {
    pub(crate) emulator: Emulator<WebCrm>,
    pub(crate) bench: Bench,
    pub(crate) router: Arc<Router>,
}

impl System {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| ()).await
    }
    pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::before(Self::emulator().await, change).await
    }
    pub(crate) async fn emulator() -> Emulator<WebCrm> {
        let emulator = Emulator::start(WebCrm::new(Settings::default()), Options::at(noon())).await.unwrap();
        emulator.seed(records()).unwrap();
        emulator
    }
    pub(crate) async fn before(emulator: Emulator<WebCrm>, change: impl FnOnce(&mut Config)) -> Self {
        let bench = Bench::new();
        let mut config = config(emulator.base_url());
        config.application_token = AUTH_CODE.to_owned().into();
        change(&mut config);
        let router = Arc::new(bench.connect(&config, None).await.unwrap().router);
        emulator.clear_requests();
        Self { emulator, bench, router }
    }
    /// The same connection, for an engine.
    pub(crate) fn again(&self) -> Arc<Router> {
        self.router.clone()
    }
    /// Calls since the last time, signing in left out: `GET /Deliveries/8`.
    pub(crate) fn calls(&self) -> Vec<String> {
        let met = self.emulator.requests();
        self.emulator.clear_requests();
        let calls = met.iter().map(|call| format!("{} {}", call.method, call.path));
        calls.filter(|call| !call.contains("/Auth/")).collect()
    }
    pub(crate) async fn items(&self, stream: &str, mut from: ListFrom) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            let query = ListQuery { stream: stream.into(), from, page_size: None };
            let page = self.router.list(&self.bench.cx, &query).await.unwrap();
            assert!(page.rejected.is_empty());
            items.extend(page.items);
            match page.next {
                Some(next) => from = ListFrom::Page(next),
                None => return items,
            }
        }
    }
    pub(crate) async fn list(&self, stream: &str, from: ListFrom) -> Vec<String> {
        self.items(stream, from).await.iter().map(|item| item.reference.id.to_string()).collect()
    }
    pub(crate) async fn get(&self, stream: &str, id: &str) -> Option<Item> {
        self.router.get(&self.bench.cx, &stream.into(), &[id.into()]).await.unwrap().remove(0)
    }
    pub(crate) async fn shows(&self, stream: &str, id: &str) -> FieldMap {
        self.router.decode(&self.get(stream, id).await.unwrap()).unwrap().remove(0).fields
    }
    pub(crate) async fn write(&self, one: Write) -> Result<Written> {
        self.router.write(&self.bench.cx, &[one]).await.remove(0)
    }
    pub(crate) fn edit(&self, collection: &str, id: u64, set: Json) {
        self.emulator.act(json!({ "action": "edit", "collection": collection, "id": id, "set": set })).unwrap();
    }
    pub(crate) fn advance(&self, seconds: u64) {
        self.emulator.advance(Duration::from_secs(seconds)).unwrap();
        self.bench.time.advance(Duration::from_secs(seconds));
    }
}

fn records() -> Json {
    let line = |id: u64, parent: u64| {
        json!({ "QuotationLineId": id, "QuotationLineOpportunityId": parent, "QuotationLineOrganisationId": 1,
            "QuotationLineData1": "LAMPE-1", "QuotationLineData2": "Lampe", "QuotationLineQuantity": 2,
            "QuotationLineListPrice": 100, "QuotationLinePrice": 200, "QuotationLineSortOrder": 10 })
    };
    json!({
        "organisations": [{ "OrganisationId": 1, "OrganisationName": "Fjord Handel" },
            { "OrganisationId": 2, "OrganisationName": "Bent's Lamper" }],
        "persons": [{ "PersonId": 1, "PersonOrganisationId": 1, "PersonFirstName": "Eva", "PersonLastName": "Holm" }],
        "opportunities": [{ "OpportunityId": 7, "OpportunityOrganisationId": 1, "OpportunityDescription": "Lamper" }],
        "deliveries": [{ "DeliveryId": 8, "DeliveryOrganisationId": 1, "DeliveryNumber": "8101" }],
        "quotation-lines": [line(50, 8), line(51, 7)]
    })
}

#[tokio::test]
async fn connecting_reads_the_fields_and_finds_its_queries_taken() {
    let system = System::open().await;
    let streams = &system.router.capabilities().streams;
    for stream in ["organisations", "persons", "deliveries", "opportunities"] {
        assert!(streams[stream].list.unwrap().since.is_some(), "{stream}");
    }
    let tenant = system.router.check(&system.bench.cx).await.unwrap();
    assert_eq!(tenant.id, "39001");
}

#[tokio::test]
async fn all_are_listed_however_small_the_pages_are() {
    let system = System::open().await;
    system.emulator.switch("size_max", 1).unwrap();
    assert_eq!(system.list("organisations", ListFrom::Beginning).await, ["1", "2"]);
    assert_eq!(system.list("persons", ListFrom::Beginning).await, ["1"]);
    assert_eq!(system.list("deliveries", ListFrom::Beginning).await, ["8"]);
    assert_eq!(system.list("opportunities", ListFrom::Beginning).await, ["7"]);
}

#[tokio::test]
async fn a_new_organisation_is_bound_or_can_be_looked_for_whatever_the_answer() {
    for answer in ["empty", "id", "object"] {
        let system = System::open().await;
        system.emulator.switch("organisation_answer", answer).unwrap();
        let wanted = FieldMap::new().with(Organisation::NAME, "O'Hara & Søn").with(Organisation::PHONE, "+45 1");
        let made = system.write(write("organisations", None, wanted)).await;
        let by = FieldMap::new().with(Organisation::NAME, "O'Hara & Søn");
        let found = system.router.find(&system.bench.cx, &"organisations".into(), &by).await.unwrap();
        assert_eq!(found.len(), 1, "{answer}");
        match made {
            Ok(made) => {
                assert_eq!(made.reference, found[0].reference);
                let records = system.router.decode(&made.item.unwrap()).unwrap();
                assert_shows(&records[0].fields, &[("name", "'O'Hara & Søn'"), ("phone", "'+45 1'")]);
            }
            Err(error) => assert_eq!((answer, error.kind()), ("empty", ErrorKind::AmbiguousWrite)),
        }
    }
}

#[tokio::test]
async fn what_changed_is_found_whatever_zone_moments_are_read_in() {
    for zone in ["utc", "london", "copenhagen"] {
        let system = System::open().await;
        system.emulator.switch("zoneless_times", zone).unwrap();
        system.advance(86_400);
        let since = || ListFrom::ModifiedSince(system.emulator.now() - TimeDelta::seconds(5));
        assert!(system.list("organisations", since()).await.is_empty(), "{zone}");
        system.edit("organisations", 2, json!({ "OrganisationTelephone": "+45 2" }));
        system.edit("persons", 1, json!({ "PersonTitle": "Chef" }));
        assert_eq!(system.list("organisations", since()).await, ["2"], "{zone}");
        assert_eq!(system.list("persons", since()).await, ["1"], "{zone}");
    }
}

#[tokio::test]
async fn a_line_that_people_change_names_its_document() {
    let system = System::open().await;
    system.advance(86_400);
    let since = || ListFrom::ModifiedSince(system.emulator.now() - TimeDelta::seconds(5));
    assert!(system.list("deliveries", since()).await.is_empty());
    system.edit("quotation-lines", 50, json!({ "QuotationLineMemo": "Haster" }));
    assert_eq!(system.list("deliveries", since()).await, ["8"]);
    assert!(system.list("opportunities", since()).await.is_empty());
    let fields = system.shows("deliveries", "8").await;
    assert_eq!((shown(&fields, "content.lines"), shown(&fields, "number")), ("1 lines".into(), "'8101'".into()));
}

#[tokio::test]
async fn persons_are_made_changed_together_and_read_back() {
    let system = System::open().await;
    let link = Value::Link(Link::External(StreamKey::new("webcrm:crm", "organisations").id("2")));
    let wanted = FieldMap::new().with(Person::NAME, "Bo Lund").with(Person::ORGANISATION, link);
    let made = system.write(write("persons", None, wanted)).await.unwrap();
    let id = made.reference.id.to_string();
    let title = |id: &str, title: &str| write("persons", Some(id), FieldMap::new().with(Person::TITLE, title));
    let written = system.router.write(&system.bench.cx, &[title("1", "Chef"), title(&id, "Sælger")]).await;
    assert!(written.iter().all(Result::is_ok), "{written:?}");
    assert_shows(&system.shows("persons", "1").await, &[("title", "'Chef'"), ("last_name", "'Holm'")]);
    let expected = [("title", "'Sælger'"), ("name", "'Bo Lund'"), ("organisation", "→webcrm:crm/organisations#2")];
    assert_shows(&system.shows("persons", &id).await, &expected);
}

#[tokio::test]
async fn the_handshake_arrives_and_leaves_the_rest() {
    let system = System::open().await;
    let wanted = FieldMap::new()
        .with("x.webcrm.erp_id", "SO-77")
        .with("x.webcrm.erp_status", "Synchronized")
        .with("x.webcrm.erp_sync_date_time", Value::Instant(noon()))
        .with(Order::DESCRIPTION, "Sendt til ERP");
    system.write(write("deliveries", Some("8"), wanted)).await.unwrap();
    let expected = [
        ("number", "'8101'"),
        ("description", "'Sendt til ERP'"),
        ("x.webcrm.erp_id", "'SO-77'"),
        ("x.webcrm.erp_status", "'Synchronized'"),
        ("x.webcrm.erp_sync_date_time", "2024-06-12T11:00:00Z"),
    ];
    assert_shows(&system.shows("deliveries", "8").await, &expected);
}

#[tokio::test]
async fn what_is_not_there_is_none_however_that_is_said() {
    for said in ["404", "200_null", "204"] {
        let system = System::open().await;
        system.emulator.switch("missing_id", said).unwrap();
        for stream in ["organisations", "persons", "deliveries", "opportunities"] {
            assert_eq!(system.get(stream, "999").await, None, "{stream} {said}");
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_to_who_typed_it() {
    for said in ["400", "401", "200_is_error"] {
        let emulator = Emulator::start(WebCrm::default(), Options::at(noon())).await.unwrap();
        emulator.switch("bad_auth_code", said).unwrap();
        let error = Bench::new().connect(&config(emulator.base_url()), None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{said}");
    }
}
