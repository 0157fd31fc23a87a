//! The vendor in memory as a fixture.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use sync_core::{
    Canonical, Context, FieldMap, FieldPath, Result, StreamId, StreamKey, SystemId, Value,
    connector::{Connector, ConnectorInfo},
    handler::Router,
    layer::{Checked, Stack},
    model::{Content, Invoice, Line, LineKind, Lines, Money, Order, Organisation, Payment, Person, Project},
};
use sync_testkit::connector_suite::{
    ConnectorFixture, EffectCase, HookCase, Redirected, Sample, Sent, StepCase, Stranger, Trouble,
};

use crate::{
    handlers::{BILLS, CARDS, CONTACT, Desk, PAPERS, Shelf, TASKS},
    liar::Liar,
    vendor::Vendor,
};

const KEY: &str = "opens-the-shelf-4711";

pub(crate) struct Library {
    pub(crate) vendor: Vendor,
    connector: Arc<dyn Connector>,
    nth: AtomicU64,
}

fn connect(vendor: &Vendor, key: &str) -> Arc<dyn Connector> {
    let info = ConnectorInfo::new("shelf", SystemId::new("shelf:one"), "1");
    let mut router = Router::new(Desk { info, vendor: vendor.clone(), key: key.to_owned() });
    for name in [CARDS, TASKS, PAPERS, BILLS] {
        router = router.with(Shelf { vendor: vendor.clone(), name }).unwrap();
    }
    let inner: Arc<dyn Connector> = Arc::new(router);
    let inner = if vendor.lies("C-41") { inner } else { Stack::new(inner).with(Checked).build() };
    let (count, is_busy, last) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::new(None));
    Arc::new(Liar { inner, vendor: vendor.clone(), count, is_busy, last })
}

impl Library {
    pub(crate) fn lying(about: &'static str) -> Self {
        let vendor = Vendor::new(about);
        let connector = connect(&vendor, KEY);
        Self { vendor, connector, nth: AtomicU64::new(1) }
    }
    pub(crate) async fn honest() -> Self {
        Self::lying("")
    }
    fn next(&self) -> u64 {
        self.nth.fetch_add(1, Ordering::Relaxed)
    }
    fn put(&self, stream: &str) -> Arc<str> {
        let nth = self.next();
        let stream = StreamId::new(stream);
        let id = self.vendor.new_id();
        let mut parts: BTreeMap<StreamId, FieldMap> = self.parts(&stream, nth).into_iter().collect();
        let id = match stream.as_str() {
            TASKS => format!("T{nth}"),
            BILLS => {
                let bill = Invoice::new().number(nth.to_string()).settled(0);
                parts.insert(stream.clone(), bill.to_fields());
                id
            }
            PAPERS => {
                let fields = parts.entry(stream.clone()).or_default();
                fields.set(Order::FULFILMENT, "draft");
                fields.overlay(&Order::new().content(Content::new().net(0).vat(0).gross(0)).to_fields());
                fields.set(FieldPath::new("content.prices_include_vat"), false);
                id
            }
            _ => id,
        };
        self.vendor.put(&stream, id.clone(), parts, None);
        Arc::from(id)
    }
    fn parts(&self, stream: &StreamId, nth: u64) -> Sample {
        let fields = match stream.as_str() {
            CARDS => {
                let card = Organisation::new().number(format!("K{nth}")).name(format!("Card {nth}"));
                let card =
                    card.email(format!("k{nth}@exempel.example")).phone("08 1").is_active(true).discount_percent(5);
                let contact = Person::new().name("Karin").email("karin@exempel.example");
                let host = (stream.clone(), card.to_fields());
                return vec![host, (CONTACT.into(), contact.to_fields())];
            }
            TASKS => {
                let day = "2026-01-01".parse::<chrono::NaiveDate>().unwrap();
                Project::new()
                    .number(format!("T{nth}"))
                    .name(format!("Task {nth}"))
                    .starts_on(day)
                    .is_finished(false)
                    .to_fields()
            }
            PAPERS => {
                let item = |sku: &str, price: i64| {
                    let line = Line::new().kind(LineKind::Item).sku(sku).text("Sak").quantity(2).unit_price(price);
                    line.key("x")
                };
                let lines = Lines::new().with(item("A", 100)).with(item("B", 50));
                Order::new().content(Content::new().lines(lines).buyer_reference("Karin")).to_fields()
            }
            _ => FieldMap::new(),
        };
        vec![(stream.clone(), fields)]
    }
}

#[async_trait]
impl ConnectorFixture for Library {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connector.clone()
    }
    fn context(&self) -> Context {
        Context::new(Arc::new(self.vendor.clock.clone()), "suite")
    }
    async fn sample(&self, stream: &StreamId, _: usize) -> Option<Sample> {
        (stream.as_str() != BILLS).then(|| self.parts(stream, self.next()))
    }
    fn requests(&self) -> Option<Vec<Sent>> {
        Some(self.vendor.kept().log.clone())
    }
    fn value(&self, stream: &StreamId, path: FieldPath, nth: usize) -> Option<Value> {
        let lines = |nth| {
            let fields = self.parts(stream, nth).remove(0).1;
            fields.get(FieldPath::new("content.lines")).cloned()
        };
        if path.as_str() == "content.lines" { lines(u64::try_from(nth).unwrap()) } else { None }
    }
    fn follows(&self, _: &StreamId, path: FieldPath) -> Vec<String> {
        let sums = ["content.net", "content.vat", "content.gross"].map(str::to_owned);
        if path.as_str() == "content.lines" { sums.into() } else { Vec::new() }
    }
    async fn seed(&self, stream: &StreamId, count: usize) -> Option<Vec<Arc<str>>> {
        Some((0..count).map(|_| self.put(stream.as_str())).collect())
    }
    async fn touch(&self, stream: &StreamId, id: &str) -> bool {
        self.vendor.change(stream, id, |_| {}).is_ok()
    }
    async fn remove_behind(&self, stream: &StreamId, id: &str) -> bool {
        stream.as_str() != TASKS && self.vendor.change(stream, id, |wire| wire.removed = true).is_ok()
    }
    async fn inactive(&self, stream: &StreamId) -> Option<Arc<str>> {
        let id = self.put(stream.as_str());
        self.vendor.change(stream, &id, |wire| wire.idle = true).unwrap();
        Some(id)
    }
    async fn locked(&self, stream: &StreamId) -> Option<Arc<str>> {
        let id = self.put(stream.as_str());
        self.vendor.change(stream, &id, |wire| wire.locked = Some("it is on loan".to_owned())).unwrap();
        Some(id)
    }
    fn volatile(&self, _: &StreamId) -> &[&str] {
        &["changed", "revision"]
    }
    fn advance(&self, seconds: u64) -> bool {
        self.vendor.clock.advance(TimeDelta::seconds(i64::try_from(seconds).unwrap()));
        true
    }
    fn lists_late(&self, seconds: u32) -> bool {
        self.vendor.kept().lag_s = seconds.into();
        true
    }
    fn order(&self, trouble: Trouble) -> bool {
        self.vendor.order(trouble);
        true
    }
    fn calm(&self) {
        self.vendor.calm();
    }
    async fn stranger(&self, who: Stranger) -> Option<Result<Arc<dyn Connector>>> {
        let key = match who {
            Stranger::WrongCredentials => "wrong",
            Stranger::Nobody => "",
        };
        Some(Ok(connect(&self.vendor, key)))
    }
    fn expire_token(&self) -> bool {
        self.vendor.forget_token();
        true
    }
    fn secrets(&self) -> Vec<String> {
        vec![KEY.to_owned()]
    }
    async fn redirected(&self) -> Option<Redirected> {
        let heard = if self.vendor.lies("C-74") { format!("x-key: {KEY}") } else { String::new() };
        Some(Redirected { answer: Err("not followed".to_owned()), heard })
    }
    async fn steps(&self, stream: &StreamId) -> Vec<StepCase> {
        let case = |act: &str, with, ready, unready| {
            vec![StepCase { act: act.to_owned(), with, ready, unready, shows: FieldMap::new() }]
        };
        match stream.as_str() {
            PAPERS => {
                let (ready, open) = (self.put(PAPERS), self.put(PAPERS));
                let opened = |wire: &mut crate::vendor::Wire| {
                    wire.parts.entry(stream.clone()).or_default().set(Order::FULFILMENT, "open");
                };
                self.vendor.change(stream, &open, opened).unwrap();
                case("open", FieldMap::new(), ready, Some(open))
            }
            BILLS => {
                let paid = Payment::new().paid(Money::new().amount(Decimal::from(40))).to_fields();
                case("pay", paid, self.put(BILLS), None)
            }
            _ => Vec::new(),
        }
    }
    fn effects(&self) -> Option<BTreeMap<String, usize>> {
        Some(BTreeMap::from([("mail".to_owned(), self.vendor.kept().mails)]))
    }
    async fn effect(&self, _: &StreamId, _: &str) -> Option<EffectCase> {
        let change = FieldMap::new().with(Organisation::PHONE, "08 2");
        Some(EffectCase { id: self.put(CARDS), change })
    }
    async fn hook(&self) -> Option<HookCase> {
        let signed = |by: &str| vec![("signature".to_owned(), by.to_owned())];
        let body = br#"{"card":"7"}"#.to_vec();
        let names = vec![StreamKey::new("shelf:one", CARDS).id("7")];
        Some(HookCase { headers: signed("right"), body: body.clone(), names, forged: (signed("wrong"), body) })
    }
}
