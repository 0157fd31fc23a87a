//! Every fault of the double at every call that the connector offers: what the design names comes of it, and nothing is
//! sent twice whose fate is not known.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use connector_visma_net::{Config, Connection, Environment, NewInvoices, connect};
use emulators::{Emulator, visma_net::VismaNet};
use serde_json::json;
use sync_core::{
    Canonical, Context, FieldMap, FieldPath, Link,
    connector::{Action, Connector, ListFrom, ListQuery, Write},
    model::{Invoice, Item, Order, Organisation, Person, Project},
};
use sync_http::{Limits, MemoryTokens, Transport};

use crate::{
    emulated::{Double, line},
    support::{create, part, reference, write},
};

#[path = "../../../sync-http/tests/faults/table.rs"]
mod table;

use table::{Case, Operation, PATIENCE_MS, Ready, Traits, What};

/// A customer whose number is no number.
const ALWAYS_THERE: &str = "FAST";

/// The company with every stream on.
struct Bench {
    double: Double,
    connection: Connection,
    /// The same connection, which waits a moment only.
    hasty: Connection,
    numbers: AtomicU32,
}

impl Bench {
    async fn set() -> Self {
        let double = Double::start().await;
        double.switch("rate_limit_per_hour", 0);
        double.switch("release_delay_s", 0);
        let set =
            json!({ "name": "Fast AS", "customerClassId": "1", "number": ALWAYS_THERE, "overrideNumberSeries": true });
        double.act("create", json!({ "collection": "customers", "set": set }));
        let mut config = double.config();
        config.more_streams = ["suppliers", "sales_prices", "payments", "projects", "journal", "customer_balances"]
            .map(str::to_owned)
            .into();
        config.make_credit_notes = true;
        config.project_subaccount = [(1, "0".to_owned())].into();
        // what is not on hold is released in one call
        config.new_invoices = NewInvoices::Balanced;
        let tokens = Arc::new(MemoryTokens::new());
        let environment = |transport: Transport| {
            let limits = Arc::new(Limits::new(double.time.clone()).with_patience(Duration::from_secs(3600)));
            let mut environment = Environment::new(transport, limits, tokens.clone());
            environment.timer = double.time.clone();
            environment
        };
        let open = async |config: Config, transport, kept| {
            connect(&double.cx, "erp", config, environment(transport), kept).await.unwrap()
        };
        let connection = open(config.clone(), Transport::new().unwrap(), None).await;
        let patience = Duration::from_millis(PATIENCE_MS);
        let kept = Some(connection.snapshot.clone());
        let hasty = open(config, Transport::new().unwrap().with_patience(patience), kept).await;
        Self { double, connection, hasty, numbers: AtomicU32::new(70_000) }
    }
    fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
    /// Something new for a stream.
    fn fresh(&self, stream: &str) -> Write {
        let number = self.number();
        let fields = match stream {
            "customers" => Organisation::new().name(format!("Kunde {number}")).posting_group("1").to_fields(),
            "suppliers" => Organisation::new().name(format!("Leverandør {number}")).to_fields(),
            "contacts" => {
                let owner = Link::External(reference("customers", &self.double.customer()));
                Person::new().last_name(format!("Holm {number}")).organisation(owner).to_fields()
            }
            "projects" => {
                let day: chrono::NaiveDate = "2026-03-01".parse().unwrap();
                Project::new().number(number.to_string()).name("Nytt").starts_on(day).to_fields()
            }
            "inventory" => Item::new().number(number.to_string()).name("Ny").category("SERVICE").to_fields(),
            "orders_SO" => self.double.order(vec![line("KAFFE", "1", "10")]),
            "invoices" => self.double.invoice(vec![line("RISTING", "1", "200")]),
            "credit_notes" => self.double.invoice(vec![line("RISTING", "-1", "200")]),
            other => panic!("nobody says what a new record of {other} is: a hole"),
        };
        create(stream, fields)
    }
    fn change(&self, stream: &str) -> FieldMap {
        let text = format!("Ny {}", self.number());
        let path: FieldPath = match stream {
            "customers" | "suppliers" => Organisation::PHONE,
            "contacts" => Person::TITLE,
            "inventory" => Item::NAME,
            "projects" => Project::NAME,
            "orders_SO" => Order::DESCRIPTION,
            "invoices" | "credit_notes" => Invoice::DESCRIPTION,
            other => panic!("nobody says what a change of {other} is: a hole"),
        };
        FieldMap::new().with(path, text.as_str())
    }
    /// A record that something can be done to.
    async fn target(&self, stream: &str) -> Arc<str> {
        if stream == "customer_balances" {
            return self.double.customer().into();
        }
        self.double.write(&self.connection, self.fresh(stream)).await.unwrap().reference.id
    }
}

/// Whether a field is the key of its records.
fn is_key(by: FieldPath) -> bool {
    by.as_str() == "number"
}

impl table::Bench for Bench {
    type Vendor = VismaNet;

    fn double(&self) -> &Emulator<VismaNet> {
        &self.double.emulator
    }
    fn connector(&self, hasty: bool) -> &dyn Connector {
        if hasty { &self.hasty.router } else { &self.connection.router }
    }
    fn context(&self) -> &Context {
        &self.double.cx
    }
    fn token(&self) -> (&str, &str) {
        ("customers", "/connect/token")
    }
    async fn ready(&self, case: &Case) -> Ready {
        let stream = case.stream.as_str();
        let id = match case.operation {
            Operation::List | Operation::Token => return Ready::List,
            Operation::Create => return Ready::Write(Box::new(self.fresh(stream))),
            Operation::Find => match &case.what {
                What::By(by) => {
                    let id = if is_key(*by) { self.target(stream).await } else { "1001".into() };
                    return Ready::Find(FieldMap::new().with(*by, &*id));
                }
                what => panic!("{what:?}"),
            },
            // a star for its number would strike the balances below it too
            Operation::Get if stream == "customers" => return Ready::Get(ALWAYS_THERE.to_owned()),
            Operation::Get => return Ready::Get(self.target(stream).await.to_string()),
            Operation::Update | Operation::Act | Operation::Remove => self.target(stream).await,
        };
        let current = self.double.item(&self.connection, stream, &id).await;
        let action = match &case.what {
            What::Act(act) => Action::Act { id, act: act.clone(), with: FieldMap::new() },
            What::Remove(mode) => Action::Remove { id, mode: *mode },
            _ => Action::Update { id, parts: vec![part(stream, self.change(stream))], if_version: None },
        };
        Ready::Write(Box::new(Write { current, ..write(stream, action) }))
    }
    fn traits(&self, case: &Case, method: &str) -> Traits {
        Traits {
            // what failed twice is not asked a third time: the vendor once refused it then
            tries: Some(2),
            // what is looked for by its key is read by it
            absent_is_nothing: matches!(case.what, What::By(by) if is_key(by)),
            // the vendor answers writes with nothing, but for the step that runs on by itself
            bodyless: case.operation.writes() && !matches!(&case.what, What::Act(act) if act == "release"),
            posts: method == "POST",
            ..Traits::default()
        }
    }
    async fn token_ends(&self) {
        self.token_again().await;
        self.double.advance(3600);
    }
    async fn token_again(&self) {
        let query = ListQuery { stream: "customers".into(), from: ListFrom::Beginning, page_size: None };
        self.connection.router.list(&self.double.cx, &query).await.unwrap();
    }
}

#[tokio::test]
async fn each_fault_at_each_call_ends_as_the_design_says() {
    table::play("Visma.net", &Bench::set().await).await;
}
