//! Every fault of the double at every call that the connector offers: what the design names comes of it, and nothing is
//! sent twice whose fate is not known.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use connector_webcrm::Connection;
use emulators::{
    Emulator, Options,
    webcrm::{AUTH_CODE, Settings, WebCrm},
};
use serde_json::json;
use sync_core::{
    Canonical, Context, FieldMap, FieldPath, Link, StreamKey,
    connector::{Action, Connector, ListFrom, ListQuery, Part, Write},
    model::{Content, Item, Line, LineKind, Lines, Order, Organisation, Person},
};
use sync_http::Transport;

use crate::{
    conformance::config,
    support::{Bench as Side, noon, write},
};

#[path = "../../../sync-http/tests/faults/table.rs"]
mod table;

use table::{Case, Operation, PATIENCE_MS, Ready, Traits, What};

/// The system with a record of each kind, and every stream on.
struct Bench {
    emulator: Emulator<WebCrm>,
    side: Side,
    connection: Connection,
    /// The same connection, which waits a moment only.
    hasty: Connection,
    numbers: AtomicU32,
}

fn organisation() -> Link {
    Link::External(StreamKey::new("webcrm:crm", "organisations").id("1"))
}

impl Bench {
    async fn set() -> Self {
        let emulator = Emulator::start(WebCrm::new(Settings::default()), Options::at(noon())).await.unwrap();
        emulator.switch("rate_limit_per_minute", 0).unwrap();
        emulator.switch("organisation_answer", "id").unwrap();
        emulator.seed(json!({ "organisations": [{ "OrganisationId": 1, "OrganisationName": "Fjord" }] })).unwrap();
        let side = Side::new();
        let mut config = config(emulator.base_url(), AUTH_CODE);
        config.deliveries.clear();
        let mut kept = side.connect(&config, None).await.unwrap().snapshot;
        // what can be searched is searched by one and the same call: one own field stands for all
        let fields = kept.content["fields"].as_object_mut().unwrap();
        fields.retain(|name, _| !name.contains("Custom") || name.ends_with("ExtraCustom1"));
        let connection = side.connect(&config, Some(kept)).await.unwrap();
        let mut environment = side.environment.clone();
        environment.transport = Transport::new().unwrap().with_patience(Duration::from_millis(PATIENCE_MS));
        let kept = Some(connection.snapshot.clone());
        let hasty = connector_webcrm::connect(&side.cx, "crm", config, environment, kept).await.unwrap();
        Self { emulator, side, connection, hasty, numbers: AtomicU32::new(2000) }
    }
    fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
    /// Something new for a stream.
    fn fresh(&self, stream: &str) -> Write {
        let number = self.number();
        let fields = match stream {
            "organisations" => Organisation::new().name(format!("Kunde {number}")).to_fields(),
            "persons" => Person::new().last_name(format!("Holm {number}")).organisation(organisation()).to_fields(),
            "items" => Item::new().number(format!("N-{number}")).name("Lampe").to_fields(),
            "deliveries" | "opportunities" => {
                let line = Line::new().kind(LineKind::Item).sku("A-1".to_owned()).quantity(2).unit_price(90);
                let content = Content::new().lines(Lines::new().with(line));
                Order::new().customer(organisation()).content(content).to_fields()
            }
            other => panic!("nobody says what a new record of {other} is: a hole"),
        };
        write(stream, None, fields)
    }
    fn change(&self, stream: &str) -> FieldMap {
        let text = format!("Ny {}", self.number());
        let path: FieldPath = match stream {
            "organisations" => Organisation::PHONE,
            "persons" => Person::TITLE,
            "items" => Item::DESCRIPTION,
            "deliveries" | "opportunities" => Order::NOTE,
            other => panic!("nobody says what a change of {other} is: a hole"),
        };
        FieldMap::new().with(path, text.as_str())
    }
    /// A record that something can be done to.
    fn target(&self, stream: &str) -> String {
        let id = self.number();
        let record = match stream {
            "organisations" => json!({ "OrganisationId": id, "OrganisationName": "Kunde" }),
            "persons" => json!({ "PersonId": id, "PersonOrganisationId": 1, "PersonLastName": "Holm" }),
            "deliveries" => json!({ "DeliveryId": id, "DeliveryOrganisationId": 1 }),
            "opportunities" => json!({ "OpportunityId": id, "OpportunityOrganisationId": 1 }),
            _ => {
                let mut item = json!({ "QuotationLineLinkedDataItemId": id });
                for nth in 1..=9 {
                    item[format!("QuotationLineLinkedDataItemData{nth}")] = json!("-");
                }
                item
            }
        };
        let collection = if stream == "items" { "linked-data" } else { stream };
        self.emulator.seed(json!({ collection: [record] })).unwrap();
        id.to_string()
    }
}

impl table::Bench for Bench {
    type Vendor = WebCrm;

    fn double(&self) -> &Emulator<WebCrm> {
        &self.emulator
    }
    fn connector(&self, hasty: bool) -> &dyn Connector {
        if hasty { &self.hasty.router } else { &self.connection.router }
    }
    fn context(&self) -> &Context {
        &self.side.cx
    }
    fn token(&self) -> (&str, &str) {
        ("organisations", "/Auth/ApiLogin")
    }
    async fn ready(&self, case: &Case) -> Ready {
        let stream = case.stream.as_str();
        let action = match (case.operation, &case.what) {
            (Operation::List | Operation::Token, _) => return Ready::List,
            (Operation::Get, _) => return Ready::Get(self.target(stream)),
            (Operation::Find, What::By(by)) => return Ready::Find(FieldMap::new().with(*by, "1001")),
            (Operation::Create, _) => return Ready::Write(Box::new(self.fresh(stream))),
            (Operation::Update, _) => {
                let wanted = self.change(stream);
                let parts = vec![Part { stream: stream.into(), changed: wanted.paths().collect(), wanted }];
                Action::Update { id: self.target(stream).into(), parts, if_version: None }
            }
            (Operation::Act, What::Act(act)) => {
                Action::Act { id: self.target(stream).into(), act: act.clone(), with: FieldMap::new() }
            }
            (operation, what) => panic!("{operation:?} {what:?}"),
        };
        Ready::Write(Box::new(Write { action, ..write(stream, Some("0"), FieldMap::new()) }))
    }
    fn traits(&self, _: &Case, method: &str) -> Traits {
        Traits {
            // the vendor answers changes with nothing
            bodyless: method == "PUT",
            posts: method == "POST",
            ..Traits::default()
        }
    }
    async fn token_ends(&self) {
        self.token_again().await;
        self.side.time.advance(Duration::from_secs(3600));
        self.emulator.advance(Duration::from_secs(3600)).unwrap();
    }
    async fn token_again(&self) {
        let query = ListQuery { stream: "organisations".into(), from: ListFrom::Beginning, page_size: None };
        self.connection.router.list(&self.side.cx, &query).await.unwrap();
    }
}

#[tokio::test]
async fn each_fault_at_each_call_ends_as_the_design_says() {
    table::play("webCRM", &Bench::set().await).await;
}
