//! Against the emulated vendor, through real HTTP.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use connector_visma_net::{Config, Connection, Environment, connect};
use emulators::{
    Emulator, Options,
    frame::{Fault, FaultKind},
    visma_net::{CLIENT_ID, CLIENT_SECRET, CUSTOMER_TENANT, TENANT, VismaNet},
};
use serde_json::{Value as Json, json};
use spec_check::{Exceptions, Spec};
use sync_core::{
    Canonical, Context, ErrorKind, FieldMap, FieldPath, Link, Result, StreamId, Value,
    capability::RemoveMode,
    connector::{Action, Connector, Item, ListFrom, ListQuery, Record, Writable, Write, Written},
    model::{Address, Content, Invoice, Line, LineKind, Lines, Order, Organisation, Person},
};
use sync_http::{Limits, MemoryTokens, Transport, VirtualTime};

use crate::{
    spec::EXCEPTIONS,
    support::{assert_shows, create, dec, part, reference, write},
};

pub(crate) const SO: &str = "orders_SO";

/// An emulated company, a connection to it, and what was said between them.
pub(crate) struct Double {
    pub(crate) emulator: Emulator<VismaNet>,
    pub(crate) time: Arc<VirtualTime>,
    pub(crate) cx: Context,
    /// What nobody has is sent on purpose.
    pub(crate) is_odd: AtomicBool,
}

impl Double {
    pub(crate) async fn start() -> Self {
        let now = "2026-02-17T09:00:00Z".parse().unwrap();
        let emulator = Emulator::start(VismaNet::default(), Options::at(now)).await.unwrap();
        let time = Arc::new(VirtualTime::leaping(now));
        let double = Self { emulator, cx: Context::new(time.clone(), "test"), time, is_odd: AtomicBool::new(false) };
        let item = |number: &str, price: u32, stock: bool| {
            json!({ "inventoryNumber": number, "description": number, "itemClass": if stock { "GOODS" } else { "SERVICE" },
                "defaultPrice": price })
        };
        for (number, price, stock) in [("KAFFE", 100, true), ("KOPP", 50, true), ("RISTING", 200, false)] {
            double.act("create", json!({ "collection": "items", "set": item(number, price, stock) }));
        }
        let customer = json!({ "name": "Fjord Kaffe AS", "customerClassId": "1", "corporateId": "987654321",
            "mainAddress": { "addressLine1": "Kaien 1", "city": "Bergen", "postalCode": "5003", "countryId": "NO" } });
        double.act("create", json!({ "collection": "customers", "set": customer }));
        double
    }
    #[track_caller]
    pub(crate) fn act(&self, action: &str, mut with: Json) -> Json {
        with["action"] = json!(action);
        self.emulator.act(with).unwrap()
    }
    pub(crate) fn switch(&self, name: &str, value: impl Into<Json>) {
        self.emulator.switch(name, value).unwrap();
    }
    pub(crate) fn advance(&self, seconds: u64) {
        self.emulator.advance(Duration::from_secs(seconds)).unwrap();
        self.time.advance(Duration::from_secs(seconds));
    }
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(CLIENT_ID, CLIENT_SECRET.into(), TENANT);
        let base: url::Url = self.emulator.base_url().parse().unwrap();
        (config.base_url, config.order_url, config.identity_url) = (base.clone(), base.clone(), base);
        config
    }
    pub(crate) async fn try_connect(&self, config: Config) -> Result<Connection> {
        let limits = Arc::new(Limits::new(self.time.clone()));
        let mut environment = Environment::new(Transport::new().unwrap(), limits, Arc::new(MemoryTokens::new()));
        environment.timer = self.time.clone();
        connect(&self.cx, "erp", config, environment, None).await
    }
    pub(crate) async fn connect(&self) -> Connection {
        self.try_connect(self.config()).await.unwrap()
    }
    /// The number of the customer that is there from the beginning.
    pub(crate) fn customer(&self) -> String {
        self.emulator.state()["customers"][0]["number"].as_str().unwrap().to_owned()
    }
    pub(crate) async fn records(&self, erp: &Connection, stream: &str, from: ListFrom) -> Vec<Record> {
        let mut query = ListQuery { stream: stream.into(), from, page_size: Some(2) };
        let mut records = Vec::new();
        loop {
            let page = erp.router.list(&self.cx, &query).await.unwrap();
            assert!(page.rejected.is_empty(), "{:?}", page.rejected);
            records.extend(page.items.iter().flat_map(|item| erp.router.decode(item).unwrap()));
            match page.next {
                Some(next) => query.from = ListFrom::Page(next),
                None => return records,
            }
        }
    }
    pub(crate) async fn item(&self, erp: &Connection, stream: &str, id: &str) -> Option<Item> {
        erp.router.get(&self.cx, &stream.into(), &[id.into()]).await.unwrap().remove(0)
    }
    pub(crate) async fn record(&self, erp: &Connection, stream: &str, id: &str) -> Record {
        let item = self.item(erp, stream, id).await.unwrap();
        erp.router.decode(&item).unwrap().remove(0)
    }
    pub(crate) async fn write(&self, erp: &Connection, write: Write) -> Result<Written> {
        erp.router.write(&self.cx, &[write]).await.remove(0)
    }
    /// Changes fields of a record as the engine does: reads it and hands it over.
    pub(crate) async fn update(&self, erp: &Connection, stream: &str, id: &str, wanted: FieldMap) -> Result<Written> {
        let current = self.item(erp, stream, id).await;
        let action = Action::Update { id: id.into(), parts: vec![part(stream, wanted)], if_version: None };
        self.write(erp, Write { current, ..write(stream, action) }).await
    }
    pub(crate) async fn step(&self, erp: &Connection, stream: &str, id: &str, act: &str) -> Result<Written> {
        let current = self.item(erp, stream, id).await;
        let action = Action::Act { id: id.into(), act: act.to_owned(), with: FieldMap::new() };
        self.write(erp, Write { current, ..write(stream, action) }).await
    }
    pub(crate) fn calls(&self) -> Vec<String> {
        self.emulator.requests().iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }
    pub(crate) fn order(&self, lines: Vec<Line>) -> FieldMap {
        let customer = Link::External(reference("customers", &self.customer()));
        let content = Content::new().lines(Lines::from(lines)).currency("NOK").buyer_order_number("PO-1");
        let day: chrono::NaiveDate = "2026-02-16".parse().unwrap();
        Order::new().customer(customer).ordered_on(day).description("Messen").content(content).to_fields()
    }
    pub(crate) fn invoice(&self, lines: Vec<Line>) -> FieldMap {
        let customer = Link::External(reference("customers", &self.customer()));
        let content = Content::new().lines(Lines::from(lines)).currency("NOK");
        let day: chrono::NaiveDate = "2026-02-16".parse().unwrap();
        Invoice::new().customer(customer).invoiced_on(day).content(content).to_fields()
    }
}

/// Whatever a test was about: every request to the ERP API is held against the vendor's own description.
impl Drop for Double {
    fn drop(&mut self) {
        let file = "visma-net/spec/visma-net-erp-openapi-2025-04.json";
        let spec = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), file).unwrap();
        let odd = self.is_odd.load(Ordering::Relaxed);
        let Some(spec) = spec.filter(|_| !std::thread::panicking() && !odd) else { return };
        let mut exceptions = Exceptions::new(EXCEPTIONS);
        let mut wrong = Vec::new();
        for sent in self.emulator.requests().iter().filter(|sent| sent.path.starts_with("/v")) {
            let problems = spec.check_request(&sent.method, &sent.path, &sent.query, &sent.body);
            wrong.extend(exceptions.filter(problems).iter().map(|problem| format!("{problem}\n  {}", sent.body)));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

pub(crate) fn line(sku: &str, quantity: &str, price: &str) -> Line {
    let item = Link::External(reference("inventory", sku));
    Line::new().kind(LineKind::Item).item(item).sku(sku).quantity(dec(quantity)).unit_price(dec(price))
}
pub(crate) fn marked(mark: &str, write: Write) -> Write {
    Write { mark: Some(mark.to_owned()), ..write }
}

#[tokio::test]
async fn a_company_is_connected_to_and_told() {
    let double = Double::start().await;
    let erp = double.connect().await;
    assert_eq!(erp.company.order_types["SO"].behavior, "SalesOrder");
    assert!(erp.company.closed.is_empty(), "{:?}", erp.company.closed);
    assert!(erp.company.customer_attributes.contains("SEGMENT"));
    let customers = &erp.router.capabilities().streams[&StreamId::new("customers")];
    let segment = &customers.fields[&FieldPath::new("x.visma-net.attributes.SEGMENT")];
    let choices: Vec<&str> = segment.choices.iter().map(|choice| choice.label.as_str()).collect();
    assert_eq!((segment.label.as_deref(), choices), (Some("Segment"), vec!["Large", "Small"]));
    assert_eq!(erp.company.currency.as_deref(), Some("NOK"));
    let tenant = erp.router.check(&double.cx).await.unwrap();
    assert_eq!((tenant.id.as_str(), tenant.base_currency.as_deref()), (TENANT, Some("NOK")));
    for trap in ["401", "licence_fault"] {
        double.switch("customer_tenant", trap);
        let mut config = double.config();
        config.tenant_id = CUSTOMER_TENANT.to_owned();
        let error = double.try_connect(config).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Auth && error.message().contains("Company Tenant ID"), "{trap}: {error}");
    }
}

#[tokio::test]
async fn customers_are_read_made_changed_and_found() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let wanted = FieldMap::new()
        .with(Organisation::NAME, "Vest Te AS")
        .with(Organisation::EMAIL, "post@vest.example")
        .with(Organisation::VAT_NUMBER, "NO111222333MVA")
        .with(Organisation::POSTING_GROUP, "1")
        .with(Organisation::BILLING.join(Address::CITY.as_str()), "Oslo")
        .with(Organisation::BILLING.join(Address::COUNTRY.as_str()), "NO")
        .with("x.visma-net.attributes.SEGMENT", "A");
    let made = double.write(&erp, create("customers", wanted)).await.unwrap();
    let id = made.reference.id.clone();
    let record = double.record(&erp, "customers", &id).await;
    assert_shows(
        &record.fields,
        &[
            ("name", "'Vest Te AS'"),
            ("email", "'post@vest.example'"),
            ("billing.city", "'Oslo'"),
            ("payment_terms", "'30'"),
            ("is_active", "true"),
            ("x.visma-net.attributes.SEGMENT", "'A'"),
        ],
    );
    let change = FieldMap::new().with(Organisation::NAME, "Vest AS").with(Organisation::EMAIL, Value::Null);
    double.update(&erp, "customers", &id, change).await.unwrap();
    let record = double.record(&erp, "customers", &id).await;
    assert_shows(&record.fields, &[("name", "'Vest AS'"), ("email", "(empty)"), ("billing.city", "'Oslo'")]);
    let by = FieldMap::new().with(Organisation::VAT_NUMBER, "NO111222333MVA");
    assert_eq!(erp.router.find(&double.cx, &"customers".into(), &by).await.unwrap().len(), 1);
    assert_eq!(double.records(&erp, "customers", ListFrom::Beginning).await.len(), 2);
    let number = FieldMap::new()
        .with(Organisation::NAME, "Ny")
        .with(Organisation::NUMBER, "A/7")
        .with(Organisation::POSTING_GROUP, "1");
    let made = double.write(&erp, create("customers", number.clone())).await.unwrap();
    assert_eq!(&*made.reference.id, "A/7");
    let again = double.write(&erp, create("customers", number)).await.unwrap_err();
    assert!(matches!(again.kind(), ErrorKind::AlreadyExists | ErrorKind::Invalid), "{again}");
}

#[tokio::test]
async fn contacts_belong_to_customers() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let owner = Value::Link(Link::External(reference("customers", &double.customer())));
    let wanted = FieldMap::new()
        .with(Person::NAME, "Eva Holm")
        .with(Person::EMAIL, "eva@fjord.example")
        .with(Person::ORGANISATION, owner.clone());
    let made = double.write(&erp, create("contacts", wanted)).await.unwrap();
    let record = double.record(&erp, "contacts", &made.reference.id).await;
    assert_shows(&record.fields, &[("name", "'Eva Holm'"), ("is_active", "true")]);
    assert_eq!(record.fields.get(Person::ORGANISATION), Some(&owner));
    let by = FieldMap::new().with(Person::EMAIL, "eva@fjord.example");
    assert_eq!(erp.router.find(&double.cx, &"contacts".into(), &by).await.unwrap().len(), 1);
    double.update(&erp, "contacts", &made.reference.id, FieldMap::new().with(Person::TITLE, "Sjef")).await.unwrap();
    assert_shows(&double.record(&erp, "contacts", &made.reference.id).await.fields, &[("title", "'Sjef'")]);
}

#[tokio::test]
async fn what_changed_since_is_found_in_winter_in_summer_and_in_the_hour_that_comes_twice() {
    for start in ["2026-02-17T09:00:00Z", "2026-07-17T09:00:00Z", "2026-10-25T00:30:00Z"] {
        let now: chrono::DateTime<chrono::Utc> = start.parse().unwrap();
        let mut double = Double::start().await;
        let span = (now - double.emulator.now()).to_std().unwrap();
        double.advance(span.as_secs());
        double.cx = Context::new(double.time.clone(), "test");
        let erp = double.connect().await;
        let key = double.customer();
        for step in [0_u64, 1800, 1800, 3600] {
            double.advance(step);
            let before = double.emulator.now();
            double.act("edit", json!({ "collection": "customers", "key": key, "set": { "gln": format!("{step}") } }));
            let found = double.records(&erp, "customers", ListFrom::ModifiedSince(before)).await;
            assert_eq!(found.len(), 1, "{start} {step}");
            let stamp = found[0].version.modified_at.unwrap();
            let again = double.records(&erp, "customers", ListFrom::ModifiedSince(stamp)).await;
            assert_eq!(again.len(), 1, "the place that is kept finds it again: {start} {step}");
        }
        let later = double.emulator.now() + chrono::TimeDelta::hours(3);
        assert!(double.records(&erp, "customers", ListFrom::ModifiedSince(later)).await.is_empty());
    }
}

#[tokio::test]
async fn an_order_goes_in_held_is_opened_and_comes_back_with_its_sums() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let lines = vec![line("KAFFE", "2", "90.50").discount_percent(dec("10")).text("Kaffe"), line("KOPP", "1", "50")];
    let made = double.write(&erp, marked("shop-1", create(SO, double.order(lines)))).await.unwrap();
    let id = made.reference.id.clone();
    let record = double.record(&erp, SO, &id).await;
    assert_eq!(record.mark.as_deref(), Some("shop-1"));
    assert_shows(
        &record.fields,
        &[
            ("fulfilment", "'draft'"),
            ("description", "'Messen'"),
            ("content.buyer_order_number", "'PO-1'"),
            ("content.net", "212.9"),
            ("content.rounding", "0"),
            ("x.visma-net.status", "'Hold'"),
        ],
    );
    double.step(&erp, SO, &id, "open").await.unwrap();
    let record = double.record(&erp, SO, &id).await;
    assert_shows(&record.fields, &[("fulfilment", "'open'")]);
    // rows: one stays and changes, one goes, one comes
    let read = Order::from_fields(&record.fields).unwrap();
    let first = read.content.lines.value().unwrap()[0].clone();
    let lines = vec![first.clone().quantity(3), line("KOPP", "4", "45").key("new")];
    let mut content = Content::new();
    content.lines = lines.into();
    double.update(&erp, SO, &id, Order::new().content(content).to_fields()).await.unwrap();
    let record = double.record(&erp, SO, &id).await;
    let read = Order::from_fields(&record.fields).unwrap();
    let shown: Vec<String> = read
        .content
        .lines
        .value()
        .unwrap()
        .iter()
        .map(|line| {
            format!(
                "{} {} {}",
                line.sku.as_deref().unwrap(),
                line.quantity.value().unwrap(),
                line.unit_price.value().unwrap()
            )
        })
        .collect();
    assert_eq!(shown, ["KAFFE 3 90.5", "KOPP 4 45"]);
    assert_eq!(read.content.lines.value().unwrap()[0].key, first.key);
    for item in ["KAFFE", "KOPP"] {
        double.act("stock", json!({ "item": item, "warehouse": "1", "by": 10 }));
    }
    double.act("ship_order", json!({ "type": "SO", "key": &*id, "warehouse": "1", "invoice": true, "release": true }));
    let record = double.record(&erp, SO, &id).await;
    assert!(matches!(record.writable, Writable::Nothing(_)), "{:?}", record.fields.get("x.visma-net.status".into()));
    assert_shows(&record.fields, &[("fulfilment", "'delivered'")]);
    let invoices = double.records(&erp, "invoices", ListFrom::Beginning).await;
    assert_eq!(invoices.len(), 1);
    let order = Value::Link(Link::External(reference(SO, &id)));
    assert_eq!(invoices[0].fields.get(Invoice::ORDER), Some(&order));
}

#[tokio::test]
async fn an_order_that_somebody_changed_meanwhile_is_a_conflict() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let made = double.write(&erp, create(SO, double.order(vec![line("KAFFE", "1", "10")]))).await.unwrap();
    let id = made.reference.id;
    let current = double.item(&erp, SO, &id).await;
    double.act("edit_order", json!({ "type": "SO", "key": &*id, "set": { "description": "Andre" } }));
    let wanted = Order::new().description("Vi").to_fields();
    let action = Action::Update { id: id.clone(), parts: vec![part(SO, wanted)], if_version: None };
    let error = double.write(&erp, Write { current, ..write(SO, action) }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::VersionConflict);
    assert_shows(&double.record(&erp, SO, &id).await.fields, &[("description", "'Andre'")]);
    let remove = || write(SO, Action::Remove { id: id.clone(), mode: RemoveMode::Delete });
    double.write(&erp, remove()).await.unwrap();
    assert!(double.item(&erp, SO, &id).await.is_none());
    assert_eq!(double.write(&erp, remove()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_lost_answer_is_unclear_and_what_was_made_is_found_by_its_mark() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let invoice = double.invoice(vec![line("RISTING", "1", "200")]);
    for (stream, path, wanted) in [
        (SO, "/api/v3/SalesOrders", double.order(vec![line("KAFFE", "1", "10")])),
        ("invoices", "/v2/customerinvoice", invoice),
    ] {
        double.emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", path));
        let error = double.write(&erp, marked("shop-9", create(stream, wanted))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AmbiguousWrite, "{stream}");
        let sent = double.calls().iter().filter(|call| **call == format!("POST {path}")).count();
        assert_eq!(sent, 1, "{stream}: it is sent once");
        let found: Vec<Record> = double.records(&erp, stream, ListFrom::Beginning).await;
        assert_eq!(found.iter().filter(|record| record.mark.as_deref() == Some("shop-9")).count(), 1, "{stream}");
    }
    let by = FieldMap::new().with("x.visma-net.externalReference", "shop-9");
    assert_eq!(erp.router.find(&double.cx, &"invoices".into(), &by).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_invoice_goes_in_held_is_released_and_is_locked_then() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let text = Line::new().kind(LineKind::Text).text("Takk");
    let lines = vec![line("RISTING", "2", "200").discount_percent(dec("5")), text];
    let made = double.write(&erp, marked("shop-2", create("invoices", double.invoice(lines)))).await.unwrap();
    let id = made.reference.id.clone();
    let record = double.record(&erp, "invoices", &id).await;
    assert_shows(
        &record.fields,
        &[
            ("stage", "'draft'"),
            ("x.visma-net.status", "'Hold'"),
            ("content.net", "380"),
            ("content.vat", "95"),
            ("content.gross", "475"),
        ],
    );
    let read = Invoice::from_fields(&record.fields).unwrap();
    assert_eq!(read.content.lines.value().unwrap()[1].kind.value(), Some(&LineKind::Text));
    let mut content = Content::new();
    content.lines = vec![line("RISTING", "3", "200").key("1")].into();
    double.update(&erp, "invoices", &id, Invoice::new().content(content).to_fields()).await.unwrap();
    assert_shows(&double.record(&erp, "invoices", &id).await.fields, &[("content.net", "600")]);
    let error = double.step(&erp, "invoices", &id, "release").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnderWay, "it runs on by itself: {error}");
    assert_shows(&double.record(&erp, "invoices", &id).await.fields, &[("stage", "'draft'")]);
    double.advance(5);
    let record = double.record(&erp, "invoices", &id).await;
    assert_shows(&record.fields, &[("stage", "'booked'"), ("payment", "'unpaid'"), ("remaining", "750")]);
    assert!(matches!(record.writable, Writable::Nothing(_)));
    let change = Invoice::new().description("Ny").to_fields();
    let error = double.update(&erp, "invoices", &id, change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let remove = write("invoices", Action::Remove { id: id.clone(), mode: RemoveMode::Delete });
    assert_eq!(double.write(&erp, remove).await.unwrap_err().kind(), ErrorKind::Invalid);
    double.act("pay", json!({ "invoice": &*id, "amount": 250 }));
    assert_shows(
        &double.record(&erp, "invoices", &id).await.fields,
        &[("payment", "'partly_paid'"), ("remaining", "500")],
    );
    let credit = double.act("reverse", json!({ "key": &*id, "apply": true }));
    let notes = double.records(&erp, "credit_notes", ListFrom::Beginning).await;
    assert_eq!(notes.len(), 1, "{credit}");
    assert_shows(&notes[0].fields, &[("is_credit", "true"), ("content.gross", "-750")]);
}

#[tokio::test]
async fn a_release_that_fails_says_so_or_leaves_a_draft() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let made = double.write(&erp, create("invoices", double.invoice(vec![line("RISTING", "1", "200")]))).await.unwrap();
    let id = made.reference.id;
    double.switch("release_fails", "at_once");
    assert_eq!(double.step(&erp, "invoices", &id, "release").await.unwrap_err().kind(), ErrorKind::Invalid);
    double.switch("release_fails", "later");
    double.step(&erp, "invoices", &id, "release").await.unwrap_err();
    double.advance(60);
    assert_shows(&double.record(&erp, "invoices", &id).await.fields, &[("stage", "'draft'")]);
    double.switch("release_fails", "no");
    double.switch("release_delay_s", 0);
    double.step(&erp, "invoices", &id, "release").await.unwrap();
    double.advance(60);
    assert_shows(&double.record(&erp, "invoices", &id).await.fields, &[("stage", "'booked'")]);
}

#[tokio::test]
async fn refusals_are_refusals_with_either_status() {
    let double = Double::start().await;
    let erp = double.connect().await;
    for status in ["400", "500"] {
        double.switch("business_error", status);
        let wrong = FieldMap::new().with(Organisation::NAME, "X").with(Organisation::PAYMENT_TERMS, "nope");
        let error = double.write(&erp, create("customers", wrong)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{status}: {error}");
        assert!(error.vendor_text().unwrap().contains("nope"), "{error:?}");
    }
    // goods cannot stand on a direct invoice
    let error =
        double.write(&erp, create("invoices", double.invoice(vec![line("KAFFE", "1", "10")]))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn an_idle_run_makes_seven_calls() {
    let double = Double::start().await;
    let mut config = double.config();
    config.order_types = vec!["SO".to_owned(), "IN".to_owned()];
    let erp = double.try_connect(config).await.unwrap();
    let now = double.emulator.now();
    erp.router.check(&double.cx).await.unwrap();
    double.records(&erp, SO, ListFrom::Beginning).await; // both tokens are there
    let before = double.calls().len();
    let capabilities = erp.router.capabilities().clone();
    for stream in capabilities.streams.iter().filter(|(_, can)| can.facet_of.is_none()).map(|(stream, _)| stream) {
        double.records(&erp, stream.as_str(), ListFrom::ModifiedSince(now + chrono::TimeDelta::hours(1))).await;
    }
    assert_eq!(double.calls().len() - before, 7, "{:?}", double.calls());
}

#[tokio::test]
async fn items_show_what_the_erp_has() {
    let double = Double::start().await;
    let mut config = double.config();
    config.stock = connector_visma_net::Stock::AvailableForShipment;
    let erp = double.try_connect(config).await.unwrap();
    double.act("stock", json!({ "item": "KAFFE", "warehouse": "1", "by": 7 }));
    let records = double.records(&erp, "inventory", ListFrom::Beginning).await;
    let of = |stream: &str, id: &str| {
        let found =
            records.iter().find(|record| record.reference.at.stream.as_str() == stream && &*record.reference.id == id);
        found.unwrap().fields.clone()
    };
    assert_shows(&of("inventory", "KAFFE"), &[("unit", "'STK'"), ("is_stocked", "true"), ("is_active", "true")]);
    assert_shows(&of("inventory_price", "KAFFE"), &[("amount", "100"), ("currency", "'NOK'")]);
    assert_shows(&of("inventory_stock", "KAFFE"), &[("on_hand", "7")]);
    let since = double.emulator.now();
    double.advance(600);
    double.act("stock", json!({ "item": "KAFFE", "warehouse": "1", "by": -2 }));
    let moved =
        double.records(&erp, "inventory", ListFrom::ModifiedSince(since + chrono::TimeDelta::seconds(300))).await;
    assert!(moved.iter().any(|record| record.fields.get(FieldPath::new("on_hand")) == Some(&Value::Decimal(dec("5")))));
}
