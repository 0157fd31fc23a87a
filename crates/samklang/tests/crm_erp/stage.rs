//! A CRM, an ERP, the preset between them and a clock that all of them go by.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use emulators::{
    Emulator, Options,
    frame::{Fault, FaultKind},
    visma_net::{self, VismaNet},
    webcrm::{self, WebCrm},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sync_core::{
    Clock, Context,
    connector::Connector,
    desk::Choice,
    engine::{Cancel, Engine, Mode, Report, Silent},
    policy::Policy,
    store::{Held, Journal, StateStore},
};
use sync_http::{Limits, MemoryTokens, Timer, Transport, VirtualTime};
use sync_stores::SqliteStore;
use toml::Table;
use uuid::Uuid;

const PRESET: &str = include_str!("../../../../examples/presets/webcrm-visma-net.toml");

/// What the preset leaves to the user beside addresses and credentials.
const NO_RULES: fn(&mut Table) = |_| ();

/// Time that passes only when somebody waits, and then for everybody; and what goes by it.
#[derive(Debug)]
struct Time {
    inner: VirtualTime,
    crm: Arc<Emulator<WebCrm>>,
    erp: Arc<Emulator<VismaNet>>,
    /// What all connections of one program share.
    transport: Transport,
    limits: OnceLock<Arc<Limits>>,
}

impl Time {
    fn emulators(&self, length: Duration) {
        self.crm.advance(length).unwrap();
        self.erp.advance(length).unwrap();
    }
}

impl Clock for Time {
    fn now(&self) -> DateTime<Utc> {
        self.inner.now()
    }
}

#[async_trait]
impl Timer for Time {
    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }
    async fn sleep(&self, length: Duration) {
        self.emulators(length);
        self.inner.sleep(length).await;
    }
}

/// Which of the customers of both vendors a stage is.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) token: &'static str,
    pub(crate) company: &'static str,
}

impl Default for Tenant {
    fn default() -> Self {
        Self { token: webcrm::AUTH_CODE, company: visma_net::TENANT }
    }
}

/// The machinery of one test.
pub(crate) struct Stage {
    pub(crate) crm: Arc<Emulator<WebCrm>>,
    pub(crate) erp: Arc<Emulator<VismaNet>>,
    time: Arc<Time>,
    tenant: Tenant,
    preset: Table,
    pub(crate) store: Arc<SqliteStore>,
    engine: Engine,
}

impl Stage {
    /// The preset as it is, with two items in the ERP; everything was adopted.
    pub(crate) async fn set() -> Self {
        Self::set_with(NO_RULES).await
    }
    /// The preset with changes of the user's.
    pub(crate) async fn set_with(change: impl FnOnce(&mut Table)) -> Self {
        let stage = Self::before_contact(change).await;
        stage.adopt().await;
        stage.settles().await;
        stage
    }
    /// The same before the first contact.
    pub(crate) async fn before_contact(change: impl FnOnce(&mut Table)) -> Self {
        let start = "2026-02-16T09:00:00Z".parse().unwrap();
        let crm = Emulator::start(WebCrm::default(), Options::at(start)).await.unwrap();
        let erp = Emulator::start(VismaNet::default(), Options::at(start)).await.unwrap();
        let (crm, erp) = (Arc::new(crm), Arc::new(erp));
        for (number, class, price) in [("BOLT", "GOODS", 12.5), ("HOUR", "SERVICE", 900.0)] {
            let set = json!({ "inventoryNumber": number, "description": format!("Name of {number}"),
                "itemClass": class, "defaultPrice": price });
            erp.act(json!({ "action": "create", "collection": "items", "set": set })).unwrap();
        }
        erp.act(json!({ "action": "stock", "item": "BOLT", "warehouse": "1", "by": 1000 })).unwrap();
        Self::between(crm, erp, Tenant::default(), change).await
    }
    /// Another customer of the same vendors, with a store and an engine of its own, in the same time.
    pub(crate) async fn beside(&self, tenant: Tenant) -> Self {
        let store = Arc::new(SqliteStore::open_in_memory(Uuid::from_u128(8)).await.unwrap());
        let (crm, erp, time) = (self.crm.clone(), self.erp.clone(), self.time.clone());
        let preset = self.preset.clone();
        let engine = engine(&preset, &tenant, &time, store.clone()).await;
        Self { crm, erp, time, tenant, preset, store, engine }
    }
    /// One customer's store and engine between systems that run already.
    pub(crate) async fn between(
        crm: Arc<Emulator<WebCrm>>,
        erp: Arc<Emulator<VismaNet>>,
        tenant: Tenant,
        change: impl FnOnce(&mut Table),
    ) -> Self {
        let mut preset: Table = PRESET.parse().unwrap();
        preset["connections"]["crm"].as_table_mut().unwrap().insert("line_price".into(), "unit".into());
        change(&mut preset);
        let inner = VirtualTime::leaping(crm.now());
        let time = Arc::new(Time {
            inner,
            crm: crm.clone(),
            erp: erp.clone(),
            transport: Transport::new().unwrap(),
            limits: OnceLock::new(),
        });
        let store = Arc::new(SqliteStore::open_in_memory(Uuid::from_u128(7)).await.unwrap());
        let engine = engine(&preset, &tenant, &time, store.clone()).await;
        Self { crm, erp, time, tenant, preset, store, engine }
    }
    /// The user changes the configuration, and the program is started anew with the same store.
    pub(crate) async fn reconfigure(&mut self, change: impl FnOnce(&mut Table)) {
        change(&mut self.preset);
        self.restart().await;
    }
    /// The program is started anew with the same store.
    pub(crate) async fn restart(&mut self) {
        self.engine = engine(&self.preset, &self.tenant, &self.time, self.store.clone()).await;
    }

    // ---- runs ------------------------------------------------------------------------------------------------------
    /// First contact, and whatever it counted is allowed.
    pub(crate) async fn adopt(&self) -> Report {
        let report = self.run_now(Mode::Adopt).await;
        for id in &report.adopted {
            self.engine.approve(id, "anna").await.unwrap();
        }
        report
    }
    pub(crate) fn pass(&self, seconds: u64) {
        let length = Duration::from_secs(seconds);
        self.time.inner.advance(length);
        self.time.emulators(length);
    }
    /// A run at once, in which no system stops; the requests since its beginning are in the logs.
    #[track_caller]
    pub(crate) fn run_now(&self, mode: Mode) -> impl Future<Output = Report> {
        self.crm.clear_requests();
        self.erp.clear_requests();
        async move {
            let report = self.engine.run(mode, &Silent, &Cancel::new()).await.unwrap();
            assert!(report.stopped.is_empty() && report.stopped_systems.is_empty(), "{report:#?}");
            assert!(report.tripped.is_empty() && report.unmapped.is_empty(), "{report:#?}");
            report
        }
    }
    /// A run when the next one is due, whatever stops in it.
    pub(crate) async fn run_in_trouble(&self) -> Report {
        self.pass(150);
        self.engine.run(Mode::Sync, &Silent, &Cancel::new()).await.unwrap()
    }
    /// A run when the next one is due.
    pub(crate) async fn run(&self) -> Report {
        self.pass(150);
        self.run_now(Mode::Sync).await
    }
    /// Runs until nothing is left to do, and nothing waits for anybody.
    pub(crate) async fn settles(&self) {
        let report = self.comes_to_an_end().await;
        let waiting: Vec<String> = report.waiting().collect();
        assert!(waiting.is_empty() && report.set_aside == 0, "{waiting:#?}");
    }
    /// Runs until nothing is left to do but for people.
    pub(crate) async fn comes_to_an_end(&self) -> Report {
        let mut idle = 0;
        for _ in 0..12 {
            let report = self.run().await;
            idle = if report.writes() == 0 && report.unclear == 0 && report.put_off.is_empty() { idle + 1 } else { 0 };
            if idle == 2 {
                return report;
            }
        }
        panic!("it comes to no end: {:#?}", self.run().await);
    }
    /// Nothing echoes: a day goes by, with the catalogue read again, and nothing is written.
    pub(crate) async fn rests(&self) {
        for seconds in [150, 900, 7 * 3600, 25 * 3600] {
            self.pass(seconds);
            let report = self.run_now(Mode::Sync).await;
            assert_eq!(report.writes(), 0, "after {seconds} s: {:#?}\n{:#?}", report.written, self.sent());
        }
        assert!(self.sent().is_empty(), "{:#?}", self.sent());
    }
    pub(crate) async fn settles_and_rests(&self) {
        self.settles().await;
        self.rests().await;
    }

    // ---- what was asked --------------------------------------------------------------------------------------------
    /// Calls to the CRM since the last run began, signing in left out.
    pub(crate) fn crm_calls(&self) -> Vec<String> {
        let calls = self.crm.requests().into_iter().map(|call| format!("{} {}", call.method, call.path));
        calls.filter(|call| !call.contains("/Auth/")).collect()
    }
    /// The same of the ERP.
    pub(crate) fn erp_calls(&self) -> Vec<String> {
        let calls = self.erp.requests().into_iter().map(|call| format!("{} {}", call.method, call.path));
        calls.filter(|call| !call.contains("/connect/")).collect()
    }
    /// What was written in the last run.
    fn sent(&self) -> Vec<String> {
        let all = self.crm_calls().into_iter().chain(self.erp_calls());
        all.filter(|call| !call.starts_with("GET ")).collect()
    }
    pub(crate) fn lose_answer_of_crm(&self, method: &str, path: &str) {
        self.crm.fault(Fault::new(FaultKind::DropAfter).on(method, path).times(1));
    }
    pub(crate) fn lose_answer_of_erp(&self, method: &str, path: &str) {
        self.erp.fault(Fault::new(FaultKind::DropAfter).on(method, path).times(1));
    }

    // ---- people ----------------------------------------------------------------------------------------------------
    /// Somebody makes a record in the CRM.
    #[track_caller]
    pub(crate) fn crm_makes(&self, collection: &str, set: Value) -> u64 {
        let made = self.crm.act(json!({ "action": "create", "collection": collection, "set": set })).unwrap();
        made["id"].as_u64().unwrap()
    }
    #[track_caller]
    pub(crate) fn crm_edits(&self, collection: &str, id: u64, set: Value) {
        self.crm.act(json!({ "action": "edit", "collection": collection, "id": id, "set": set })).unwrap();
    }
    /// Somebody makes a record in the ERP; gives its number.
    #[track_caller]
    pub(crate) fn erp_makes(&self, collection: &str, set: Value) -> String {
        let made = self.erp.act(json!({ "action": "create", "collection": collection, "set": set })).unwrap();
        made["key"].as_str().map_or_else(|| made["key"].to_string(), str::to_owned)
    }
    #[track_caller]
    pub(crate) fn erp_edits(&self, collection: &str, key: &str, set: Value) {
        self.erp.act(json!({ "action": "edit", "collection": collection, "key": key, "set": set })).unwrap();
    }
    /// A company with this name and type, complete enough for the ERP.
    pub(crate) fn company(&self, name: &str, kind: &str) -> u64 {
        self.crm_makes(
            "organisations",
            json!({ "OrganisationName": name, "OrganisationType": kind, "OrganisationAddress": "Gata 1",
                "OrganisationPostCode": "0150", "OrganisationCity": "Oslo", "OrganisationCountry": "Norge" }),
        )
    }
    /// A customer of the ERP's own.
    pub(crate) fn customer(&self, name: &str) -> String {
        let address = json!({ "addressLine1": "Kaien 1", "city": "Bergen", "postalCode": "5003", "countryId": "NO" });
        self.erp_makes("customers", json!({ "name": name, "customerClassId": "1", "mainAddress": address }))
    }
    /// A customer of the ERP's own, in the books of another of its companies.
    pub(crate) fn customer_of(&self, company: &str, name: &str) {
        let set = json!({ "name": name, "customerClassId": "1" });
        let act = json!({ "action": "create", "tenant": company, "collection": "customers", "set": set });
        self.erp.act(act).unwrap();
    }
    /// A customer abroad, whose orders bear no VAT.
    pub(crate) fn abroad(&self, name: &str) -> String {
        let address =
            json!({ "addressLine1": "Kajen 1", "city": "Göteborg", "postalCode": "41103", "countryId": "SE" });
        self.erp_makes("customers", json!({ "name": name, "customerClassId": "2", "mainAddress": address }))
    }
    /// Somebody ships what there is of an order, invoices it, and books the invoice; gives the invoice's number.
    #[track_caller]
    pub(crate) fn ships(&self, order: &Value) -> String {
        let key = &order["orderId"];
        let act = json!({ "action": "ship_order", "type": "SO", "key": key, "invoice": true, "release": true });
        self.erp.act(act).unwrap()["invoice"].as_str().unwrap().to_owned()
    }
    /// A delivery in the ERP's currency with these lines: item, quantity, price.
    pub(crate) fn delivery(&self, organisation: u64, lines: &[(&str, u64, &str)]) -> u64 {
        let head = json!({ "DeliveryOrganisationId": organisation, "DeliveryDescription": "Til lageret",
            "DeliveryOrderDate": "2026-02-16T00:00:00", "DeliveryStatus": "New", "DeliveryCurrencyName": "03" });
        let id = self.crm_makes("deliveries", head);
        for (nth, (sku, quantity, price)) in lines.iter().enumerate() {
            self.line(id, organisation, nth, (sku, *quantity, price));
        }
        id
    }
    /// A line of a deal, made of the catalogue.
    pub(crate) fn line(&self, deal: u64, organisation: u64, nth: usize, (sku, quantity, price): (&str, u64, &str)) {
        let item = self.at_crm("linked-data").into_iter().find(|item| item["QuotationLineLinkedDataItemData1"] == sku);
        let item = item.unwrap_or_else(|| panic!("{sku} is not in the catalogue"));
        let price: Value = serde_json::from_str(price).unwrap();
        let line = json!({ "QuotationLineOpportunityId": deal, "QuotationLineOrganisationId": organisation,
            "QuotationLineLinkedDataItemId": item["QuotationLineLinkedDataItemId"], "QuotationLineData1": sku,
            "QuotationLineData2": item["QuotationLineLinkedDataItemData2"], "QuotationLineQuantity": quantity,
            "QuotationLineListPrice": price, "QuotationLinePrice": price, "QuotationLineVatPercentage": 25,
            "QuotationLineSortOrder": 10 * (nth + 1) });
        self.crm_makes("quotation-lines", line);
    }
    /// Somebody decides for what this system says.
    pub(crate) async fn take(&self, held: &Held, system: &str) {
        let choice = Choice::Take(system.into());
        let entries = self.engine.answers(held, &choice).await.unwrap();
        self.engine.post_all("anna", entries).await.unwrap();
    }

    // ---- what the systems hold -------------------------------------------------------------------------------------
    pub(crate) fn at_crm(&self, collection: &str) -> Vec<Value> {
        self.crm.state()[collection].as_array().unwrap().clone()
    }
    pub(crate) fn at_erp(&self, collection: &str) -> Vec<Value> {
        self.erp.state()[collection].as_array().unwrap().clone()
    }
    /// The one record of the CRM with this value.
    #[track_caller]
    pub(crate) fn in_crm(&self, collection: &str, field: &str, value: impl Into<Value>) -> Value {
        only(self.at_crm(collection), field, &value.into())
    }
    /// The one record of the ERP with this value.
    #[track_caller]
    pub(crate) fn in_erp(&self, collection: &str, field: &str, value: impl Into<Value>) -> Value {
        only(self.at_erp(collection), field, &value.into())
    }
    #[track_caller]
    pub(crate) fn organisation(&self, id: u64) -> Value {
        self.in_crm("organisations", "OrganisationId", id)
    }
    #[track_caller]
    pub(crate) fn delivered(&self, id: u64) -> Value {
        self.in_crm("deliveries", "DeliveryId", id)
    }
    /// The one order that the ERP has.
    #[track_caller]
    pub(crate) fn the_order(&self) -> Value {
        let mut orders = self.at_erp("orders");
        assert_eq!(orders.len(), 1, "{orders:#?}");
        orders.remove(0)
    }
    /// All that the journal says, newest last.
    pub(crate) async fn journal(&self) -> String {
        let all: Vec<Journal> = self.store.journal(&[], 10_000).await.unwrap();
        all.iter().map(|entry| format!("{:?}\n", entry.event)).collect()
    }
}

#[track_caller]
fn only(all: Vec<Value>, field: &str, value: &Value) -> Value {
    let names: Vec<String> = all.iter().map(|record| record[field].to_string()).collect();
    let mut fitting = all.into_iter().filter(|record| record[field] == *value);
    let (found, more) = (fitting.next(), fitting.count());
    assert_eq!(more, 0, "{field} {value} is there more than once: {names:?}");
    found.unwrap_or_else(|| panic!("{field} {value} is not among {names:?}"))
}

/// The preset's policy over its two connections.
async fn engine(preset: &Table, tenant: &Tenant, time: &Arc<Time>, store: Arc<SqliteStore>) -> Engine {
    let mut policy = preset.clone();
    let connections = policy.remove("connections").unwrap();
    let settings = |name: &str, more: &[(&str, &str)]| {
        let mut settings = connections[name].as_table().unwrap().clone();
        settings.remove("system");
        for (key, value) in more {
            settings.insert((*key).to_owned(), (*value).into());
        }
        settings
    };
    let clock: Arc<dyn Clock> = time.clone();
    let timer: Arc<dyn Timer> = time.clone();
    let cx = Context::new(clock.clone(), "connect");
    let (limits, transport) =
        (time.limits.get_or_init(|| Arc::new(Limits::new(timer.clone()))).clone(), time.transport.clone());

    let crm = [("base_url", time.crm.base_url()), ("application_token", tenant.token)];
    let crm: connector_webcrm::Config = settings("crm", &crm).try_into().unwrap();
    let tokens = Arc::new(MemoryTokens::new());
    let mut lent = connector_webcrm::Environment::new(transport.clone(), limits.clone(), tokens);
    lent.timer = timer.clone();
    let crm = connector_webcrm::connect(&cx, "crm", crm, lent, None).await.unwrap().router;

    let url = time.erp.base_url();
    let erp = [
        ("base_url", url),
        ("order_url", url),
        ("identity_url", url),
        ("client_id", visma_net::CLIENT_ID),
        ("client_secret", visma_net::CLIENT_SECRET),
        ("tenant_id", tenant.company),
    ];
    let erp: connector_visma_net::Config = settings("erp", &erp).try_into().unwrap();
    let tokens = Arc::new(MemoryTokens::new());
    let mut lent = connector_visma_net::Environment::new(transport, limits, tokens);
    lent.timer = timer;
    let erp = connector_visma_net::connect(&cx, "erp", erp, lent, None).await.unwrap().router;

    let both: [Arc<dyn Connector>; 2] = [Arc::new(crm), Arc::new(erp)];
    let policy = Policy::from_toml(&policy.to_string()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    let builder = Engine::builder(store, clock).policy(policy);
    let built = both.into_iter().fold(builder, |builder, system| builder.system(system)).build();
    built.unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// Changes one key of the preset: a path with dots, and a value as TOML has it.
#[track_caller]
pub(crate) fn put(preset: &mut Table, path: &str, value: &str) {
    let mut whole: Table = format!("value = {value}").parse().unwrap();
    let (table, key) = path.rsplit_once('.').unwrap();
    let at = table.split('.').fold(preset, |at, step| at.get_mut(step).unwrap().as_table_mut().unwrap());
    at.insert(key.to_owned(), whole.remove("value").unwrap());
}

/// One more row for fields that a system has elsewhere.
#[track_caller]
pub(crate) fn row(preset: &mut Table, entity: &str, row: &str) {
    let row: Table = row.parse().unwrap();
    let rows =
        preset["entities"][entity].as_table_mut().unwrap().entry("map").or_insert(toml::Value::Array(Vec::new()));
    rows.as_array_mut().unwrap().push(row.into());
}

/// A number of a record, whatever its decimals.
#[track_caller]
pub(crate) fn amount(of: &Value, name: &str) -> Decimal {
    let text = of[name].to_string();
    text.parse::<Decimal>().unwrap_or_else(|_| panic!("{name} is {text}")).normalize()
}

/// Values of a field, each once.
pub(crate) fn values(of: &[Value], field: &str) -> BTreeSet<String> {
    of.iter().map(|record| record[field].as_str().map_or_else(|| record[field].to_string(), str::to_owned)).collect()
}
