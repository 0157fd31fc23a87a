//! A system with somebody at the desk.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use connector_webcrm::{Config, LinePrice, Numbers};
use emulators::{
    Emulator, Options,
    frame::{Entry, Fault, FaultKind},
    webcrm::{AUTH_CODE, Settings, WebCrm},
};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use sync_core::{
    Canonical, Context, FieldMap, FieldPath, Link, Result, StreamId, StreamKey, Value,
    connector::Connector,
    layer::{Checked, Stack},
    model::{Content, FieldType, Item, Line, LineKind, Lines, Order, Organisation, Person, Price},
};
use sync_testkit::connector_suite::{
    ConnectorFixture, Redirected, Sample, Sent, StepCase, Stranger, Trouble, TroubleKind,
};

#[path = "../../../../sync-http/tests/faults/redirect.rs"]
mod redirect;

use redirect::Redirects;

use crate::support::{Bench, SECRET, TOKEN, noon};

pub(super) struct Desk {
    emulator: Emulator<WebCrm>,
    bench: Bench,
    connector: Arc<dyn Connector>,
    nth: AtomicU64,
}

/// Vendor's name of a record, its place in paths, and that of the double's collection.
fn names(stream: &str) -> (&'static str, &'static str) {
    match stream {
        "organisations" => ("Organisation", "organisations"),
        "persons" => ("Person", "persons"),
        "deliveries" => ("Delivery", "deliveries"),
        "opportunities" => ("Opportunity", "opportunities"),
        _ => ("QuotationLineLinkedDataItem", "linked-data"),
    }
}

/// The vendor's name of one of its own fields: `x.webcrm.extra_custom_2` is `ExtraCustom2`.
fn name_of(path: FieldPath) -> Option<String> {
    let capital = |part: &str| part.chars().take(1).flat_map(char::to_uppercase).chain(part.chars().skip(1)).collect();
    let own = path.as_str().strip_prefix("x.webcrm.")?;
    Some(own.split('_').map(capital).collect::<Vec<String>>().concat())
}

fn organisation() -> Link {
    Link::External(StreamKey::new("webcrm:crm", "organisations").id("1"))
}

impl Desk {
    pub(super) async fn open() -> Self {
        let emulator = Emulator::start(WebCrm::new(Settings::default()), Options::at(noon())).await.unwrap();
        emulator.switch("rate_limit_per_minute", 0).unwrap();
        emulator.switch("drift", "beside").unwrap();
        emulator.switch("organisation_answer", "id").unwrap();
        let plus = ["Organisation", "Person", "Delivery", "Opportunity"].iter().flat_map(|entity| {
            (1..=20).map(
                move |nth| json!({ "FieldMetadataFriendlyFieldName": format!("{entity}Plus{nth}"), "kind": "text" }),
            )
        });
        emulator.seed(json!({ "fields-metadata": plus.collect::<Vec<_>>() })).unwrap();
        let keeper = json!([{ "OrganisationId": 1, "OrganisationName": "Fjord Handel" }]);
        // when the connection is made, as many as show that a page holds more than the few records of a check; one stays
        let person = |id: u64| json!({ "PersonId": id, "PersonOrganisationId": 1, "PersonLastName": "Holm" });
        let persons: Vec<Json> = (1..=50).map(person).collect();
        emulator.seed(json!({ "organisations": keeper, "persons": persons })).unwrap();
        let bench = Bench::new();
        let connection = bench.connect(&config(emulator.base_url(), AUTH_CODE), None).await.unwrap();
        for id in 2..=50 {
            emulator.act(json!({ "action": "delete", "collection": "persons", "id": id })).unwrap();
        }
        let connector = Stack::new(Arc::new(connection.router)).with(Checked).build();
        Self { emulator, bench, connector, nth: AtomicU64::new(1000) }
    }
    fn next(&self) -> u64 {
        self.nth.fetch_add(1, Ordering::Relaxed)
    }
    /// A record with a value in every field that the stream shows.
    fn filled(&self, stream: &str, id: u64) -> Json {
        let (entity, _) = names(stream);
        let mut record = Map::new();
        for (path, field) in &self.connector.capabilities().streams[stream].fields {
            let Some(name) = name_of(*path).filter(|name| name != "Discount") else { continue };
            let text = || field.choices.first().map_or_else(|| format!("F{id}"), |choice| choice.code.clone());
            let value = match field.holds {
                Some(FieldType::Decimal) => json!(3),
                Some(FieldType::Bool) => json!(true),
                Some(FieldType::Instant) => json!("2024-06-01T10:00:00+01:00"),
                Some(FieldType::Date) => json!("2024-06-02T00:00:00+00:00"),
                _ => json!(text()),
            };
            record.insert(format!("{entity}{name}"), value);
        }
        for name in texts(stream) {
            record.insert(format!("{entity}{name}"), json!(format!("F{id}")));
        }
        record.insert(format!("{entity}Id"), json!(id));
        let stamp = |record: &mut Map<String, Json>, name: &str| {
            let now = self.emulator.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            record.insert(format!("{entity}{name}"), json!(now));
        };
        if entity != "QuotationLineLinkedDataItem" {
            stamp(&mut record, "CreatedAt");
            stamp(&mut record, "UpdatedAt");
        }
        for (key, value) in special(stream, id) {
            record.insert(key.to_owned(), value);
        }
        Json::Object(record)
    }
    fn lines(&self, parent: u64) -> Vec<Json> {
        let line = |nth: u64| {
            json!({ "QuotationLineId": parent * 10 + nth, "QuotationLineOpportunityId": parent,
                "QuotationLineOrganisationId": 1, "QuotationLineData1": format!("L-{nth}"),
                "QuotationLineData2": "Lampe", "QuotationLineData4": "stk", "QuotationLineQuantity": 2,
                "QuotationLineListPrice": 100, "QuotationLineDiscount": 10, "QuotationLinePrice": 180,
                "QuotationLineVatPercentage": 25, "QuotationLineSortOrder": nth * 10 })
        };
        vec![line(1), line(2)]
    }
    fn put(&self, stream: &str) -> Arc<str> {
        let id = self.next();
        let (_, collection) = names(stream);
        self.emulator.seed(json!({ collection: [self.filled(stream, id)] })).unwrap();
        if matches!(stream, "deliveries" | "opportunities") {
            self.emulator.seed(json!({ "quotation-lines": self.lines(id) })).unwrap();
        }
        id.to_string().into()
    }
    fn edit(&self, stream: &str, id: &str, set: Json) {
        let (_, collection) = names(stream);
        let id: u64 = id.parse().unwrap();
        self.emulator.act(json!({ "action": "edit", "collection": collection, "id": id, "set": set })).unwrap();
    }
    fn content(&self) -> Content {
        let nth = self.next();
        let item = |sku: String| Line::new().kind(LineKind::Item).sku(sku).unit("stk".to_owned()).vat_rate(25);
        let lines = Lines::new()
            .with(item(format!("A-{nth}")).key("11").quantity(2).unit_price(100).discount_percent(10).text("To"))
            .with(item("B".to_owned()).key("12").quantity(1).unit_price(Decimal::new(5025, 2)).text("En"))
            .with(Line::new().key("13").kind(LineKind::Text).text("Tak for ordren"));
        Content::new().lines(lines)
    }
}

/// Texts that the model has names for.
fn texts(stream: &str) -> &'static [&'static str] {
    match stream {
        "organisations" => &["Telephone", "Www", "VatNumber", "VatGroup", "Comment", "PostCode", "City", "State"],
        "persons" => &["FirstName", "LastName", "Title", "Email", "DirectPhone", "MobilePhone", "Comment"],
        "deliveries" | "opportunities" => &["Number", "Description", "Note"],
        _ => &["DataMemo", "ItemGroup"],
    }
}

/// What a record needs beside its plain fields.
fn special(stream: &str, id: u64) -> Vec<(&'static str, Json)> {
    match stream {
        "organisations" => vec![
            ("OrganisationName", json!(format!("Handel {id}"))),
            ("OrganisationType", json!("Customer")),
            ("OrganisationCountry", json!("Danmark")),
            ("OrganisationAddress", json!("Havnegade 4\r\n2. sal")),
            ("OrganisationDeliveryAddress", json!("Kaj 1\r\nPort 3")),
            ("OrganisationDeliveryPostCode", json!("5000")),
            ("OrganisationDeliveryCity", json!("Odense")),
            ("OrganisationVatCountry", json!("DK")),
            ("OrganisationLastItemType", json!("Delivery")),
        ],
        "persons" => vec![
            ("PersonOrganisationId", json!(1)),
            ("PersonStatus", json!("Active")),
            ("PersonPassword", json!("hush-password")),
        ],
        "deliveries" => vec![
            ("DeliveryOrganisationId", json!(1)),
            ("DeliveryPersonId", json!(1)),
            ("DeliveryErpReadOnly", json!("false")),
            ("DeliveryOrderDate", json!("2024-06-02T00:00:00+00:00")),
            ("DeliveryCurrencyName", json!("00")),
            ("DeliveryCustom2", json!("2024-06-13")),
            ("DeliveryPlus3", json!("20240701")),
            ("DeliveryCustom4", json!("invoiced")),
            ("DeliveryNextFollowUp", json!("2024-06-14T00:00:00+00:00")),
        ],
        "opportunities" => vec![
            ("OpportunityOrganisationId", json!(1)),
            ("OpportunityPersonId", json!(1)),
            ("OpportunityErpReadOnly", json!("false")),
            ("OpportunityOrderDate", json!("2024-06-02T00:00:00+00:00")),
            ("OpportunityCurrencyName", json!("00")),
            ("OpportunityLevel", json!(2)),
        ],
        _ => vec![
            ("QuotationLineLinkedDataItemEntityType", json!("Product")),
            ("QuotationLineLinkedDataItemPrice", json!(3)),
            ("QuotationLineLinkedDataItemCostPrice", json!(3)),
        ],
    }
}

pub(crate) fn config(base: &str, token: &str) -> Config {
    let config = Config::new(base.parse().unwrap(), token.to_owned(), LinePrice::LineTotalAfterDiscount);
    let mut config = config.with_columns(1, 2, Some(4), Some(5));
    config.catalogue_currency = Some("DKK".to_owned());
    config.countries =
        [("DK", "Danmark"), ("SE", "Sverige")].map(|(code, name)| (code.to_owned(), name.to_owned())).into();
    config.numbers = Numbers::Others;
    config.make_opportunities = true;
    config.calls_per_minute = 1_000_000;
    config.prices_include_vat = Some(false);
    let places = [
        ("invoice_numbers", "Custom1"),
        ("invoiced_on", "Custom2"),
        ("content.delivery_on", "Plus3"),
        ("invoicing", "Custom4"),
    ];
    config.deliveries = places.map(|(path, name)| (path.to_owned(), name.to_owned())).into();
    config
}

#[async_trait]
impl ConnectorFixture for Desk {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connector.clone()
    }
    fn context(&self) -> Context {
        self.bench.cx.clone()
    }
    async fn sample(&self, stream: &StreamId, _: usize) -> Option<Sample> {
        let nth = self.next();
        let fields = match stream.as_str() {
            "organisations" => Organisation::new().name(format!("Berg {nth}")).to_fields(),
            "persons" => Person::new().last_name(format!("Holm {nth}")).organisation(organisation()).to_fields(),
            "items" => Item::new().number(format!("L-{nth}")).name(format!("Lampe {nth}")).to_fields(),
            "deliveries" | "opportunities" => Order::new().customer(organisation()).content(self.content()).to_fields(),
            _ => return None,
        };
        let mut parts = vec![(stream.clone(), fields)];
        if stream.as_str() == "items" {
            let price = Price::new().sku(format!("L-{nth}")).amount(Decimal::new(9050, 2)).currency("DKK");
            parts.push(("item_prices".into(), price.to_fields()));
        }
        Some(parts)
    }
    fn requests(&self) -> Option<Vec<Sent>> {
        let sent = |entry: Entry| Sent {
            line: format!("{} {}?{}", entry.method, entry.path, entry.query),
            writes: entry.method != "GET",
            signs_in: entry.path.starts_with("/Auth/"),
        };
        Some(self.emulator.requests().into_iter().map(sent).collect())
    }
    fn value(&self, stream: &StreamId, path: FieldPath, nth: usize) -> Option<Value> {
        let field = self.connector.capabilities().streams[stream].fields.get(&path)?.clone();
        let day = || Value::Date(chrono::NaiveDate::from_ymd_opt(2026, 3, 1 + u32::try_from(nth).unwrap()).unwrap());
        Some(match path.as_str() {
            "organisation" | "customer" => Value::Link(organisation()),
            "contact" => Value::Link(Link::External(StreamKey::new("webcrm:crm", "persons").id("1"))),
            "billing.country" => Value::from(["DK", "SE"][nth % 2]),
            "name" if stream.as_str() == "persons" => Value::from(format!("Eva Prov{nth}")),
            "currency" | "cost.currency" => Value::from("DKK"),
            "content.lines" => {
                let fields = Order::new().content(self.content()).to_fields();
                fields.get(FieldPath::new("content.lines")).cloned()?
            }
            own if own.starts_with("x.webcrm.") && field.one_of.is_none() => match field.holds? {
                FieldType::Decimal => Value::Decimal(Decimal::from(nth + 1)),
                FieldType::Bool => Value::Bool(nth.is_multiple_of(2)),
                FieldType::Date => day(),
                FieldType::Instant => {
                    let first: chrono::DateTime<chrono::Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
                    Value::Instant(first + chrono::TimeDelta::days(i64::try_from(nth).unwrap()))
                }
                _ => {
                    let max = field.max_len.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
                    Value::from(format!("P{nth}").chars().take(max).collect::<String>())
                }
            },
            _ => return None,
        })
    }
    /// Fields of the wire that two of ours show, and what the vendor derives.
    fn follows(&self, stream: &StreamId, path: FieldPath) -> Vec<String> {
        let mut named: Vec<String> = vec!["x.webcrm.updated_at".to_owned(), "x.webcrm.updated_by".to_owned()];
        let more: &[&str] = match (stream.as_str(), path.as_str()) {
            ("organisations", "name" | "x.webcrm.division_name") => &["x.webcrm.compare_name"],
            ("organisations", "phone") => &["x.webcrm.telephone_search"],
            ("persons", "name" | "first_name" | "last_name" | "x.webcrm.middle_name") => {
                &["name", "first_name", "last_name", "x.webcrm.name"]
            }
            ("persons", "phone" | "mobile") => &["x.webcrm.telephone_search"],
            ("persons", "is_active") => &["x.webcrm.status"],
            ("persons", "x.webcrm.status") => &["is_active"],
            ("deliveries", "invoice_numbers") => &["x.webcrm.custom_1"],
            ("deliveries", "invoiced_on") => &["x.webcrm.custom_2"],
            ("deliveries", "invoicing") => &["x.webcrm.custom_4"],
            ("deliveries", "content.delivery_on") => &["x.webcrm.plus_3"],
            ("items", "name") => &["x.webcrm.data_2"],
            ("items", "unit") => &["x.webcrm.data_4"],
            ("items", "barcode") => &["x.webcrm.data_5"],
            ("deliveries" | "opportunities", "content.currency") => {
                &["x.webcrm.currency_name", "x.webcrm.currency_symbol"]
            }
            ("items", "number") => &["x.webcrm.data_1", "item_prices:sku"],
            _ => &[],
        };
        named.extend(more.iter().map(|name| (*name).to_owned()));
        named
    }
    fn has_form(&self, _: &StreamId, path: FieldPath) -> bool {
        matches!(path.as_str(), "billing.country" | "currency" | "cost.currency")
    }
    async fn seed(&self, stream: &StreamId, count: usize) -> Option<Vec<Arc<str>>> {
        Some((0..count).map(|_| self.put(stream.as_str())).collect())
    }
    async fn touch(&self, stream: &StreamId, id: &str) -> bool {
        let (entity, _) = names(stream.as_str());
        let name = match stream.as_str() {
            "organisations" => "Comment",
            "persons" => "Title",
            "items" => "DataMemo",
            _ => "Note",
        };
        self.edit(stream.as_str(), id, json!({ format!("{entity}{name}"): format!("Ny {}", self.next()) }));
        true
    }
    async fn remove_behind(&self, stream: &StreamId, id: &str) -> bool {
        let (_, collection) = names(stream.as_str());
        let id: u64 = id.parse().unwrap();
        self.emulator.act(json!({ "action": "delete", "collection": collection, "id": id })).is_ok()
    }
    async fn inactive(&self, stream: &StreamId) -> Option<Arc<str>> {
        let id = self.put(stream.as_str());
        match stream.as_str() {
            "persons" => self.edit("persons", &id, json!({ "PersonStatus": "Resigned" })),
            "deliveries" => self.edit("deliveries", &id, json!({ "DeliveryStatus": "Completed" })),
            _ => return None,
        }
        Some(id)
    }
    fn volatile(&self, stream: &StreamId) -> &[&str] {
        match stream.as_str() {
            "organisations" => &["OrganisationUpdatedAt", "OrganisationUpdatedBy", "OrganisationHistory"],
            "persons" => &["PersonUpdatedAt", "PersonUpdatedBy", "PersonHistory"],
            "deliveries" => &["DeliveryUpdatedAt", "DeliveryUpdatedBy", "DeliveryHistory"],
            _ => &["OpportunityUpdatedAt", "OpportunityUpdatedBy", "OpportunityHistory"],
        }
    }
    fn pages_are_fixed(&self, stream: &StreamId) -> bool {
        stream.as_str() == "items" // the catalogue comes at once
    }
    fn advance(&self, seconds: u64) -> bool {
        self.bench.time.advance(Duration::from_secs(seconds));
        self.emulator.advance(Duration::from_secs(seconds)).is_ok()
    }
    fn lists_late(&self, seconds: u32) -> bool {
        self.emulator.switch("listing_lag_s", seconds).is_ok()
    }
    fn order(&self, trouble: Trouble) -> bool {
        let handled = trouble.carried_out;
        let kind = match trouble.kind {
            TroubleKind::Status(code) => FaultKind::Status { code, handled },
            TroubleKind::Html(code) => FaultKind::Html { code, handled },
            TroubleKind::Empty(code) => FaultKind::Empty { code, handled },
            TroubleKind::Truncated => FaultKind::Truncate,
            TroubleKind::TooFast => FaultKind::RateLimit,
            TroubleKind::Closed if handled => FaultKind::DropAfter,
            TroubleKind::Closed => FaultKind::DropBefore,
        };
        // reading never signs in, which is a POST
        let places: &[&str] = match trouble.on_writes {
            true => &["/Organisations*", "/Persons*", "/Deliveries*", "/Opportunities*", "/QuotationLines*"],
            false => &["/*"],
        };
        let methods: &[&str] = if trouble.on_writes { &["POST", "PATCH", "PUT", "DELETE"] } else { &["GET"] };
        for method in methods {
            for path in places {
                self.emulator.fault(Fault::new(kind.clone()).on(method, path).times(trouble.times));
            }
        }
        true
    }
    fn calm(&self) {
        self.emulator.clear_faults();
    }
    async fn stranger(&self, who: Stranger) -> Option<Result<Arc<dyn Connector>>> {
        let config = match who {
            Stranger::WrongCredentials => config(self.emulator.base_url(), SECRET),
            Stranger::Nobody => config("http://127.0.0.1:9/", AUTH_CODE),
        };
        let connection = Bench::new().connect(&config, None).await;
        Some(connection.map(|connection| -> Arc<dyn Connector> { Arc::new(connection.router) }))
    }
    fn expire_token(&self) -> bool {
        self.emulator.advance(Duration::from_secs(3601)).is_ok()
    }
    fn secrets(&self) -> Vec<String> {
        vec![AUTH_CODE.to_owned(), SECRET.to_owned(), "hush-password".to_owned()]
    }
    async fn redirected(&self) -> Option<Redirected> {
        let mut redirects = Redirects::start("[]").await;
        redirects.vendor.mock("POST", "/Auth/ApiLogin").with_body(TOKEN).create_async().await;
        let config = config(&redirects.vendor.url(), AUTH_CODE);
        let answer = Bench::new().connect(&config, None).await.map(drop).map_err(|error| error.to_string());
        let heard = redirects.heard();
        Some(Redirected { answer, heard })
    }
    async fn steps(&self, stream: &StreamId) -> Vec<StepCase> {
        if stream.as_str() != "opportunities" {
            return Vec::new();
        }
        let shows = FieldMap::new().with(Order::STAGE, "order");
        let ready = self.put("opportunities");
        vec![StepCase { act: "convert".to_owned(), with: FieldMap::new(), ready, unready: None, shows }]
    }
}
