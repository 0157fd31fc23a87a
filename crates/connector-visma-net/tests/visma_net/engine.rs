//! A CRM, the engine and the emulated ERP: what a run writes, what it costs, and what an answer that is lost does.

use std::sync::Arc;

use emulators::frame::{Fault, FaultKind};
use serde_json::json;
use sync_core::{
    Canonical, ExternalRef,
    engine::{Cancel, Engine, Mode, Report, Silent},
    model::{Address, Content, Fulfilment, Item, Line, LineKind, Lines, Order, Organisation, Person},
    policy::Policy,
};
use sync_testkit::{MemoryStore, Mock};
use uuid::Uuid;

use crate::{emulated::Double, support::dec};

const POLICY: &str = r#"
    [entities.customers]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["registration_number"] }]
    systems.crm = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.number = { rule = "master", system = "erp" }
    fields.posting_group = { rule = "off" }
    fields.vat_group = { rule = "off" }
    fields.payment_terms = { rule = "off" }
    fields.currency = { rule = "off" }

    [entities.persons]
    kind = "person"
    master = "crm"
    match = [{ on = ["email"] }]
    systems.crm = { read = true }
    systems.erp = { read = true, create = "always", update = true }

    [entities.items]
    kind = "item"
    master = "erp"
    match = [{ on = ["number"] }]
    systems.erp = { read = true }
    systems.crm = { read = true, create = "always", update = true }

    [entities.orders]
    kind = "order"
    master = "crm"
    systems.crm = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true, BECOMES }
    fields.number = { rule = "off" }
    fields.content = { rule = "master", system = "crm" }
    fields.fulfilment = { rule = "shared", on_conflict = { prefer = ["erp", "crm"] } }
    fields.invoicing = { rule = "master", system = "@hub" }
    fields.invoice_numbers = { rule = "master", system = "@hub" }
    [[entities.orders.scope]]
    at = "erp"
    when = ["fulfilment in [open, picking]"]

    [entities.invoices]
    kind = "invoice"
    master = "erp"
    systems.erp = { read = true }
"#;

struct House {
    double: Double,
    crm: Mock,
    engine: Engine,
}

impl House {
    async fn build(becomes: &str) -> Self {
        Self::build_of(&POLICY.replace("BECOMES", becomes), &[]).await
    }
    async fn build_of(policy: &str, more: &[&str]) -> Self {
        let double = Double::start().await;
        let crm = Mock::new("crm")
            .stream::<Organisation>("company", |stream| stream)
            .stream::<Person>("person", |stream| stream)
            .stream::<Item>("item", |stream| stream)
            .stream::<Order>("delivery", |stream| stream);
        let mut config = double.config();
        config.more_streams = more.iter().map(|stream| (*stream).to_owned()).collect();
        let router = double.try_connect(config).await.unwrap().router;
        let policy = Policy::from_toml(policy).unwrap();
        let engine = Engine::builder(Arc::new(MemoryStore::new(Uuid::from_u128(7))), double.time.clone())
            .system(Arc::new(crm.clone()))
            .system(Arc::new(router))
            .policy(policy)
            .build()
            .map_err(|mistakes| format!("{mistakes:#?}"))
            .unwrap_or_else(|mistakes| panic!("{mistakes}"));
        Self { double, crm, engine }
    }
    fn company(&self) -> ExternalRef {
        let at = Address::new().street("Gata 2").postal_code("0150").city("Oslo").country("NO");
        let company = Organisation::new().name("Vest Te AS").registration_number("111222333").billing(at);
        let id = self.crm.put("company", company.email("post@vest.example").is_customer(true));
        self.crm.at("company").id(&id)
    }
    fn person(&self, company: &ExternalRef) {
        let person = Person::new().first_name("Eva").last_name("Holm").name("Eva Holm").email("eva@vest.example");
        self.crm.put("person", person.organisation(company.clone()).is_active(true));
    }
    fn delivery(&self, company: &ExternalRef, number: &str, sku: &str) -> Arc<str> {
        let line = |sku: &str, quantity: &str, price: &str| {
            Line::new().kind(LineKind::Item).sku(sku).quantity(dec(quantity)).unit_price(dec(price)).vat_rate(25)
        };
        let lines = Lines::new()
            .with(line(sku, "2", "90.50").key("1").discount_percent(dec("10")))
            .with(line(sku, "1", "50").key("2"));
        let content = Content::new().lines(lines).currency("NOK").prices_include_vat(false);
        let content = content.net(dec("212.90")).vat(dec("53.23")).gross(dec("266.13"));
        let day: chrono::NaiveDate = "2026-02-16".parse().unwrap();
        let order = Order::new().number(number).customer(company.clone()).ordered_on(day).content(content);
        self.crm.put("delivery", order.fulfilment(Fulfilment::Open))
    }
    async fn run(&self, mode: Mode) -> Report {
        self.double.advance(60);
        self.double.emulator.clear_requests();
        let report = self.engine.run(mode, &Silent, &Cancel::new()).await.unwrap();
        assert!(report.stopped.is_empty() && report.stopped_systems.is_empty(), "{:?}", report.stopped);
        assert!(report.parked.is_empty(), "{:?}", report.parked);
        report
    }
    fn writes(&self) -> Vec<String> {
        self.double.calls().into_iter().filter(|call| !call.starts_with("GET") && !call.contains("/connect/")).collect()
    }
    fn reads(&self) -> usize {
        self.double.calls().iter().filter(|call| call.starts_with("GET")).count()
    }
}

#[tokio::test]
async fn a_day_with_a_crm() {
    let house = House::build(r#"becomes = "order", until = "open""#).await;
    let company = house.company();
    house.person(&company);
    house.run(Mode::Adopt).await;
    assert!(house.writes().is_empty(), "{:?}", house.writes());
    let report = house.run(Mode::Sync).await;
    assert_eq!(house.writes(), ["POST /v1/customer", "POST /v1/contact"], "{report:?}");
    let company_number = house.crm.get::<Organisation>("company", &company.id).unwrap().number;
    assert!(company_number.is_set(), "the number of the ERP is in the CRM");
    house.run(Mode::Sync).await;
    assert!(house.writes().is_empty(), "{:?}", house.writes());

    let delivery = house.delivery(&company, "1001", "KAFFE");
    let report = house.run(Mode::Sync).await;
    assert_eq!(house.writes().first().map(String::as_str), Some("POST /api/v3/SalesOrders"), "{report:?}");
    house.run(Mode::Sync).await;
    house.run(Mode::Sync).await;
    assert!(house.writes().is_empty(), "{:?}", house.writes());
    let order = &house.double.emulator.state()["orders"][0];
    assert_eq!(order["status"], "Open", "{order}");
    assert!(order["customer"]["refNo"].as_str().unwrap().starts_with("crm-"), "{order}");

    house.double.advance(1200); // so long a row that shows a head only is not trusted
    house.run(Mode::Sync).await;
    house.run(Mode::Sync).await;
    assert_eq!(house.reads(), 6, "an idle run: {:?}", house.double.calls());

    house.double.act("stock", json!({ "item": "KAFFE", "warehouse": "1", "by": 10 }));
    let key = order["orderId"].clone();
    house
        .double
        .act("ship_order", json!({ "type": "SO", "key": key, "warehouse": "1", "invoice": true, "release": true }));
    house.double.advance(60);
    house.run(Mode::Sync).await;
    let delivery = house.crm.get::<Order>("delivery", &delivery).unwrap();
    assert_eq!(delivery.fulfilment.value(), Some(&Fulfilment::Delivered));
    assert!(delivery.invoice_numbers.is_set(), "the delivery shows its invoice");
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_order() {
    let house = House::build(r#"becomes = "order", until = "open""#).await;
    let company = house.company();
    house.run(Mode::Adopt).await;
    house.run(Mode::Sync).await;
    house.delivery(&company, "1002", "KAFFE");
    house.double.emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", "/api/v3/SalesOrders"));
    let report = house.run(Mode::Sync).await;
    assert_eq!(report.unclear, 1, "{report:?}");
    for _ in 0..3 {
        house.double.advance(120);
        house.run(Mode::Sync).await;
        assert!(!house.writes().contains(&"POST /api/v3/SalesOrders".to_owned()), "{:?}", house.writes());
    }
    let orders = house.double.emulator.state()["orders"].as_array().unwrap().clone();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0]["status"], "Open");
}

#[tokio::test]
async fn a_delivery_can_become_an_invoice_that_is_released() {
    let house = House::build(r#"becomes = "invoice", until = "booked""#).await;
    let company = house.company();
    house.run(Mode::Adopt).await;
    house.run(Mode::Sync).await;
    house.delivery(&company, "1003", "RISTING");
    let mut writes = Vec::new();
    for _ in 0..5 {
        house.run(Mode::Sync).await;
        writes.extend(house.writes());
    }
    let release = "POST /v1/customerinvoice/000001/action/release";
    assert_eq!(writes, ["POST /v2/customerinvoice", "PUT /v1/customerinvoice/000001", release]);
    let invoices = house.double.emulator.state()["invoices"].as_array().unwrap().clone();
    assert_eq!(invoices.len(), 1);
    assert_eq!((&invoices[0]["status"], &invoices[0]["externalReference"]), (&json!("Open"), &json!("crm-5")));
    house.run(Mode::Sync).await;
    assert!(house.writes().is_empty(), "{:?}", house.writes());
}

#[tokio::test]
async fn a_number_that_is_changed_in_the_erp_makes_nobody_twice() {
    let house = House::build(r#"becomes = "order", until = "open""#).await;
    let company = house.company();
    house.run(Mode::Adopt).await;
    house.run(Mode::Sync).await;
    let number = house.crm.get::<Organisation>("company", &company.id).unwrap().number.into_value().unwrap();
    house.double.act("renumber", json!({ "key": number, "number": "K-9" }));
    for hours in [0, 25, 25] {
        house.double.advance(hours * 3600);
        let report = house.run(Mode::Sync).await;
        assert!(house.writes().is_empty() && report.writes() == 0, "{report:?}");
        assert!(
            report.held.iter().any(|held| held.text.contains("K-9")),
            "a person says whose number it is: {report:?}"
        );
    }
    assert_eq!(house.double.emulator.state()["customers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_erp_invoices_without_an_order_becomes_a_delivery() {
    const ORDERS: &str = r#"kind = "order"
    master = "crm"
    systems.crm = { read = true, update = true }"#;
    const DECIDED: &str = r#"fields.content = { rule = "master", system = "crm" }"#;
    assert!(POLICY.contains(ORDERS) && POLICY.contains(DECIDED));
    let policy = POLICY
        .replace(
            ORDERS,
            r#"kind = "order"
    master = "@origin"
    systems.crm = { read = true, create = "always", update = true }"#,
        )
        .replace(DECIDED, "")
        .replace("BECOMES", r#"becomes = "order", until = "open""#);
    let house = House::build_of(&policy, &["sold_by_invoice"]).await;
    let company = house.company();
    house.run(Mode::Adopt).await;
    house.run(Mode::Sync).await;
    let own = house.delivery(&company, "1004", "KAFFE");
    house.run(Mode::Sync).await;
    assert_eq!(house.writes().first().map(String::as_str), Some("POST /api/v3/SalesOrders"));
    house.run(Mode::Sync).await;
    let number = house.crm.get::<Organisation>("company", &company.id).unwrap().number.into_value().unwrap();
    let set = json!({ "customerNumber": number, "documentDate": "2026-02-16", "invoiceText": "Ristekurs", "hold": false,
        "invoiceLines": [{ "operation": "Insert", "inventoryNumber": "RISTING", "quantity": 2, "unitPriceInCurrency": 200 }] });
    let made = house.double.act("create", json!({ "collection": "invoices", "set": set }));
    house.run(Mode::Sync).await;
    assert_eq!(house.crm.all("delivery").len(), 1, "a draft is none yet");
    house.double.act("release", json!({ "collection": "invoices", "key": made["key"] }));
    for _ in 0..3 {
        let report = house.run(Mode::Sync).await;
        assert!(report.held.is_empty(), "{:?}", report.held);
        assert!(house.writes().is_empty(), "{:?}", house.writes());
    }
    let deliveries = house.crm.all("delivery");
    assert_eq!(deliveries.len(), 2);
    let (_, sold) = deliveries.into_iter().find(|(id, _)| *id != own).unwrap();
    let sold = Order::from_fields(&sold).unwrap();
    assert_eq!(sold.fulfilment.value(), Some(&Fulfilment::Delivered));
    assert_eq!(sold.invoice_numbers.as_deref(), made["key"].as_str());
    assert_eq!((sold.description.as_deref(), sold.content.net.value()), (Some("Ristekurs"), Some(&dec("400"))));
    house.double.act("pay", json!({ "invoice": made["key"] }));
    house.run(Mode::Sync).await;
    assert!(house.writes().is_empty() && house.crm.all("delivery").len() == 2);
    assert_eq!(house.double.emulator.state()["orders"].as_array().unwrap().len(), 1);
}

/// What customers owe is a record of its own in the ERP: its number makes it one with the customer, and it reaches the CRM.
#[tokio::test]
async fn what_a_customer_owes_reaches_the_company_in_the_crm() {
    let policy = r#"
        [entities.customers]
        kind = "organisation"
        master = "erp"
        match = [{ on = ["number"] }]
        systems.erp = { read = true }
        systems.crm = { read = true, create = "always", update = true }
    "#;
    let house = House::build_of(policy, &["customer_balances"]).await;
    let balance = |report: &Report| {
        assert!(report.held.is_empty(), "{:?}", report.held);
        let companies = house.crm.all("company");
        assert_eq!(companies.len(), 1, "one customer is one company");
        let company = Organisation::from_fields(companies.values().next().unwrap()).unwrap();
        assert_eq!(company.name.as_deref(), Some("Fjord Kaffe AS"));
        company.statistics.balance.into_value().unwrap_or_default()
    };
    house.run(Mode::Adopt).await;
    assert_eq!(balance(&house.run(Mode::Sync).await), dec("0"));
    let lines = json!([{ "operation": "Insert", "inventoryNumber": "RISTING", "quantity": 2 }]);
    let set = json!({ "customerNumber": house.double.customer(), "invoiceLines": lines });
    let key = house.double.act("create", json!({ "collection": "invoices", "set": set }))["key"].clone();
    house.double.act("release", json!({ "collection": "invoices", "key": key }));
    assert_eq!(balance(&house.run(Mode::Sync).await), dec("500"));
    house.double.act("pay", json!({ "invoice": key, "amount": 200 }));
    assert_eq!(balance(&house.run(Mode::Sync).await), dec("300"));
    house.run(Mode::Sync).await;
    assert_eq!(house.reads(), 2, "an idle run is one call for the balances");
}
