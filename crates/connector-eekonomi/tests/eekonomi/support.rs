//! An emulated company, a connection to it, and what was said between them.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use connector_eekonomi::{Config, Connection, Environment, connect};
use emulators::{
    Emulator, Options,
    eekonomi::{CLIENT_ID, CLIENT_SECRET, Eekonomi, REDIRECT_URI},
};
use serde_json::{Value as Json, json};
use spec_check::{Exception, Exceptions, Spec};
use sync_core::{
    Context, FieldMap, FieldPath, Result, StreamId,
    connector::{Action, Connector, Item, ListFrom, ListQuery, Part, Record, Write, Written},
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Token, TokenStore, Transport, VirtualTime};

/// The company of the emulator.
pub(crate) const COMPANY: &str = "556677-8899";

pub(crate) struct Erp {
    pub(crate) emulator: Emulator<Eekonomi>,
    pub(crate) time: Arc<VirtualTime>,
    pub(crate) tokens: Arc<MemoryTokens>,
    pub(crate) cx: Context,
    /// Ids and amounts that nobody has are sent on purpose.
    pub(crate) is_odd: bool,
}

impl Erp {
    /// Nine in the morning of 17 February 2026, UTC; somebody has logged in.
    pub(crate) async fn start() -> Self {
        let now = "2026-02-17T09:00:00Z".parse().unwrap();
        let emulator = Emulator::start(Eekonomi::default(), Options::at(now)).await.unwrap();
        let time = Arc::new(VirtualTime::leaping(now));
        let erp =
            Self { emulator, cx: Context::new(time.clone(), "test"), time, tokens: Arc::default(), is_odd: false };
        erp.sign_in(json!({})).await;
        erp
    }
    /// Somebody logs in.
    pub(crate) async fn sign_in(&self, with: Json) {
        let tokens = self.act("sign_in", with);
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let token = Token::new(text("access_token").into(), self.emulator.now(), Some(Duration::from_secs(3600)));
        let token = token.with_refresh(Some(text("refresh_token").into()));
        self.tokens.save("erp", &token).await.unwrap();
    }
    #[track_caller]
    pub(crate) fn act(&self, action: &str, mut with: Json) -> Json {
        with["action"] = json!(action);
        self.emulator.act(with).unwrap()
    }
    #[track_caller]
    pub(crate) fn switch(&self, name: &str, value: impl Into<Json>) {
        self.emulator.switch(name, value).unwrap();
    }
    pub(crate) fn advance(&self, seconds: u64) {
        self.emulator.advance(Duration::from_secs(seconds)).unwrap();
        self.time.advance(Duration::from_secs(seconds));
    }
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(CLIENT_ID, CLIENT_SECRET.into(), COMPANY);
        config.redirect_url = Some(REDIRECT_URI.to_owned());
        config.base_url = Some(format!("{}/v2/", self.emulator.base_url()).parse().unwrap());
        config.identity_url = Some(format!("{}/", self.emulator.base_url()).parse().unwrap());
        config
    }
    pub(crate) fn environment(&self) -> Environment {
        let limits = Arc::new(Limits::new(self.time.clone()));
        let mut environment = Environment::new(Transport::new().unwrap(), limits, self.tokens.clone());
        environment.timer = self.time.clone();
        environment
    }
    pub(crate) async fn try_connect(&self, config: Config, snapshot: Option<Snapshot>) -> Result<Connection> {
        connect(&self.cx, "erp", config, self.environment(), snapshot).await
    }
    pub(crate) async fn connect(&self) -> Connection {
        self.try_connect(self.config(), None).await.unwrap()
    }
    /// All records of a stream, decoded.
    pub(crate) async fn records(&self, connection: &Connection, stream: &str) -> Vec<Record> {
        self.records_from(connection, stream, ListFrom::Beginning).await
    }
    pub(crate) async fn records_from(&self, connection: &Connection, stream: &str, from: ListFrom) -> Vec<Record> {
        let mut query = ListQuery { stream: stream.into(), from, page_size: Some(2) };
        let mut records = Vec::new();
        loop {
            let page = connection.router.list(&self.cx, &query).await.unwrap();
            assert!(page.rejected.is_empty(), "{:?}", page.rejected);
            for item in &page.items {
                records.extend(connection.router.decode(item).unwrap());
            }
            match page.next {
                Some(next) => query.from = ListFrom::Page(next),
                None => return records,
            }
        }
    }
    pub(crate) async fn item(&self, connection: &Connection, stream: &str, id: &str) -> Option<Item> {
        let found = connection.router.get(&self.cx, &stream.into(), &[Arc::from(id)]).await.unwrap();
        found.into_iter().next().unwrap()
    }
    /// Writes one thing.
    pub(crate) async fn write(&self, connection: &Connection, write: Write) -> Result<Written> {
        connection.router.write(&self.cx, &[write]).await.remove(0)
    }
    /// Changes fields of a record as the engine does: reads it and hands it over.
    pub(crate) async fn update(
        &self,
        connection: &Connection,
        stream: &str,
        id: &str,
        parts: Vec<Part>,
    ) -> Result<Written> {
        let current = self.item(connection, stream, id).await;
        let action = Action::Update { id: Arc::from(id), parts, if_version: None };
        self.write(connection, Write { current, ..write(stream, action) }).await
    }
    /// The company as the emulator holds it.
    pub(crate) fn stored(&self, collection: &str) -> Vec<Json> {
        self.emulator.state()["companies"][0][collection].as_array().unwrap().clone()
    }
    /// The id of an entry of a code list.
    pub(crate) fn code(&self, list: &str, name: &str) -> String {
        let found = self.stored(list).into_iter().find(|entry| entry["Name"] == name).unwrap();
        found["Id"].as_str().unwrap().to_owned()
    }
    /// Requests since the log was emptied: `GET /v2/customers`.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.emulator.requests().iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }
}

/// Whatever a test was about: every request that was sent is held against the vendor's own description.
impl Drop for Erp {
    fn drop(&mut self) {
        let file = "eekonomi/spec/eaccounting-v2-openapi-3.1-2026-02.json";
        let spec = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), file).unwrap();
        let Some(spec) = spec.filter(|_| !std::thread::panicking()) else { return };
        let spec = spec.with_base("/v2");
        let odd = if self.is_odd { &ODD[..] } else { &[] };
        let mut exceptions = Exceptions::new(&[&KNOWN[..], odd].concat());
        let mut wrong = Vec::new();
        for sent in self.emulator.requests().iter().filter(|sent| sent.path.starts_with("/v2/")) {
            let problems = spec.check_request(&sent.method, &sent.path, &sent.query, &sent.body);
            wrong.extend(exceptions.filter(problems).iter().map(|problem| format!("{problem}\n  {}", sent.body)));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Where a request differs from the description, and why that is right.
pub(crate) const KNOWN: [Exception; 4] = [
    Exception {
        place: "GET * query",
        at: "$*",
        keyword: "unknown",
        reason: "the description leaves out paging, filter and order, which the vendor's pages about them describe",
    },
    Exception {
        place: "* body",
        at: "*Date*",
        keyword: "format",
        reason: "declared as date-time; the field's own text asks for YYYY-MM-DD",
    },
    Exception {
        place: "* body",
        at: "/ArticleLabels/*/Id",
        keyword: "readOnly",
        reason: "by which of id and name the server links a label is not published, so both are sent",
    },
    Exception {
        place: "* body",
        at: "/TermsOfPayment/Id",
        keyword: "readOnly",
        reason: "the field's own text says that it can be set on quotes and their drafts",
    },
];

/// What the rules for connectors try on purpose: the vendor is to refuse it.
const ODD: [Exception; 3] = [
    Exception { place: "* path", at: "*", keyword: "format", reason: "an id that nobody has is asked for" },
    Exception { place: "* body", at: "*", keyword: "minimum", reason: "an amount below what the vendor takes" },
    Exception { place: "* body", at: "*", keyword: "maximum", reason: "an amount above what the vendor takes" },
];

pub(crate) fn write(stream: &str, action: Action) -> Write {
    Write {
        stream: stream.into(),
        action,
        idempotency_key: "key".to_owned(),
        mark: None,
        effects: BTreeSet::new(),
        current: None,
    }
}
/// A share with everything in it changed.
pub(crate) fn part(stream: &str, wanted: FieldMap) -> Part {
    let changed = wanted.paths().collect();
    Part { stream: stream.into(), wanted, changed }
}
pub(crate) fn create(stream: &str, parts: Vec<Part>) -> Write {
    write(stream, Action::Create { parts })
}
pub(crate) fn path(text: &str) -> FieldPath {
    FieldPath::new(text)
}
pub(crate) fn of<'a>(records: &'a [Record], stream: &str) -> Vec<&'a Record> {
    records.iter().filter(|record| record.reference.at.stream == StreamId::from(stream)).collect()
}

/// Where a page sends the browser; by hand, since the connector's client follows nothing.
pub(crate) async fn location(url: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let url: url::Url = url.parse().unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let target = format!("{}?{}", url.path(), url.query().unwrap());
    let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("location:"));
    line.unwrap_or_else(|| panic!("{answer}")).split_once(':').unwrap().1.trim().to_owned()
}

/// What documents need: a customer, and articles of 25 % and 12 % VAT at 100 kronor.
pub(crate) struct Stage {
    pub(crate) erp: Erp,
    pub(crate) connection: Connection,
    pub(crate) customer: sync_core::ExternalRef,
    pub(crate) article: sync_core::ExternalRef,
    pub(crate) food: sync_core::ExternalRef,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let erp = Erp::start().await;
        let config = erp.config();
        Self::set_with(erp, config).await
    }
    pub(crate) async fn set_with(erp: Erp, config: Config) -> Self {
        seed(&erp);
        let connection = erp.try_connect(config, None).await.unwrap();
        let reference = |stream: &str, collection: &str, number: &str| {
            let key = if collection == "customers" { "CustomerNumber" } else { "Number" };
            let found = erp.stored(collection).into_iter().find(|record| record[key] == number).unwrap();
            sync_core::StreamKey::new("eekonomi:erp", stream).id(found["Id"].as_str().unwrap())
        };
        let customer = reference("customers", "customers", "1001");
        let (article, food) = (reference("articles", "articles", "A-1"), reference("articles", "articles", "F-1"));
        erp.emulator.clear_requests();
        Self { erp, connection, customer, article, food }
    }
    /// Two articles at 100, less ten percent; one at 50.25; and a line of text.
    pub(crate) fn lines(&self) -> sync_core::model::Lines<sync_core::model::Line> {
        use sync_core::{
            Link,
            model::{Line, LineKind, Lines},
        };
        let item = |reference: &sync_core::ExternalRef| {
            Line::new().kind(LineKind::Item).item(Link::External(reference.clone()))
        };
        Lines::new()
            .with(item(&self.article).key("11").quantity(2).unit_price(100).discount_percent(10).text("Två stycken"))
            .with(item(&self.food).key("12").quantity(1).unit_price(dec("50.25")).sku("F-1"))
            .with(Line::new().key("13").kind(LineKind::Text).text("Tack för er order"))
    }
    /// A line that names this article.
    pub(crate) fn item(&self, number: &str) -> sync_core::model::Line {
        let found = self.erp.stored("articles").into_iter().find(|article| article["Number"] == number).unwrap();
        let article = sync_core::StreamKey::new("eekonomi:erp", "articles").id(found["Id"].as_str().unwrap());
        sync_core::model::Line::new().item(sync_core::Link::External(article))
    }
    pub(crate) fn content(&self) -> sync_core::model::Content {
        sync_core::model::Content::new().lines(self.lines()).currency("SEK").prices_include_vat(false)
    }
}

pub(crate) fn dec(text: &str) -> rust_decimal::Decimal {
    text.parse().unwrap()
}

fn seed(erp: &Erp) {
    let terms = erp.code("termsofpayments", "30 dagar");
    let unit = erp.code("units", "Styck");
    let article = |number: &str, coding: &str, gross: i64| {
        json!({ "Number": number, "Name": format!("Artikel {number}"), "IsActive": true, "IsStock": false,
            "CodingId": erp.code("articleaccountcodings", coding), "UnitId": unit.as_str(),
            "NetPrice": 100, "GrossPrice": gross, "StockBalance": 50 })
    };
    let customer = json!({ "CustomerNumber": "1001", "Name": "Exempel AB", "IsActive": true, "IsPrivatePerson": false,
        "InvoiceAddress1": "Registergatan 9", "InvoiceAddress2": "Port B", "InvoiceCity": "Lund",
        "InvoicePostalCode": "222 22", "InvoiceCountryCode": "SE", "CurrencyCode": "SEK", "TermsOfPaymentId": terms,
        "EmailAddress": "faktura@exempel.example" });
    let private = json!({ "CustomerNumber": "2001", "Name": "Anna Berg", "IsActive": true, "IsPrivatePerson": true,
        "InvoiceAddress1": "Ågatan 3", "InvoiceCity": "Kiruna", "InvoicePostalCode": "111 11",
        "InvoiceCountryCode": "SE", "CurrencyCode": "SEK", "TermsOfPaymentId": customer["TermsOfPaymentId"] });
    let articles =
        [article("A-1", "Varor 25 %", 125), article("F-1", "Varor 12 %", 112), article("FRAKT", "Tjänster 25 %", 125)];
    erp.emulator.seed(json!({ "customers": [customer, private], "articles": articles })).unwrap();
}
