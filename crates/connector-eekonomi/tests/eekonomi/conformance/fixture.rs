//! A company with somebody at the desk.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use connector_eekonomi::PriceListWrites;
use emulators::frame::{Entry, Fault, FaultKind};
use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, Context, ExternalRef, FieldMap, FieldPath, Link, Result, StreamId, StreamKey, Value,
    connector::{Action, Connector, ListQuery},
    layer::{Checked, Stack},
    model::{
        Address, Content, Invoice, Item, Line, LineKind, Lines, Money, Order, Organisation, Party, Payment, Person,
        Price, Project,
    },
};
use sync_http::{Token, TokenStore};
use sync_testkit::connector_suite::{
    ConnectorFixture, Redirected, Sample, Sent, StepCase, Stranger, Trouble, TroubleKind,
};

#[path = "../../../../sync-http/tests/faults/redirect.rs"]
mod redirect;

use redirect::Redirects;

use crate::support::{Erp, create, dec, part, write};

const SCOPES: &str = "ea:api offline_access ea:sales ea:accounting ea:purchase";

pub(super) struct Desk {
    erp: Erp,
    connector: Arc<dyn Connector>,
    customer: ExternalRef,
    /// The company's lists, read once: it takes long to tell all that it has.
    lists: Json,
    nth: AtomicU64,
    lag: AtomicU64,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let mut erp = Erp::start().await;
        erp.is_odd = true;
        let list = json!([{ "Name": "Grossist", "CurrencyCode": "SEK", "IsActive": true }]);
        let labels = json!([{ "Name": "Kaffe" }, { "Name": "Te" }]);
        erp.emulator.seed(json!({ "salespricelists": list, "articlelabels": labels })).unwrap();
        let lists = erp.emulator.state()["companies"][0].clone();
        erp.emulator.seed(json!({ "customers": [customer(&lists, 0)] })).unwrap();
        erp.sign_in(json!({ "scopes": SCOPES })).await;
        let connector = Self::connect(&erp).await.unwrap();
        let customer = StreamKey::new("eekonomi:erp", "customers").id(id_of("customer", 0));
        Self { erp, connector, customer, lists, nth: AtomicU64::new(1), lag: AtomicU64::new(0) }
    }
    async fn connect(erp: &Erp) -> Result<Arc<dyn Connector>> {
        let mut config = erp.config();
        config.scopes = SCOPES.split(' ').map(str::to_owned).collect();
        config.more_streams = ["quotes", "quotedrafts", "suppliers"].map(str::to_owned).into();
        config.price_list_writes = PriceListWrites::Whole;
        let router = erp.try_connect(config, None).await?.router;
        Ok(Stack::new(Arc::new(router)).with(Checked).build())
    }
    fn next(&self) -> u64 {
        self.nth.fetch_add(1, Ordering::Relaxed)
    }
    fn id_at(&self, list: &str, nth: usize) -> Value {
        let entries = self.lists[list].as_array().unwrap();
        Value::from(entries[nth % entries.len()]["Id"].as_str().unwrap())
    }
    fn article(&self) -> String {
        let nth = self.next();
        let id = id_of("article", nth);
        let article = json!({ "Id": id, "Number": format!("A-{nth}"), "Name": format!("Artikel {nth}"), "IsActive": true,
            "IsStock": false, "CodingId": code(&self.lists, "articleaccountcodings", "Varor 25 %"),
            "UnitId": code(&self.lists, "units", "Styck"), "NetPrice": 100, "GrossPrice": 125, "StockBalance": 50 });
        self.erp.emulator.seed(json!({ "articles": [article] })).unwrap();
        id
    }
    fn content(&self) -> Content {
        let article = |id: String| Link::External(StreamKey::new("eekonomi:erp", "articles").id(id));
        let item = |id: String| Line::new().kind(LineKind::Item).item(article(id));
        let (first, second) = (self.article(), self.article());
        let lines = Lines::new()
            .with(item(first).key("11").quantity(2).unit_price(100).discount_percent(10).text("Två stycken"))
            .with(item(second).key("12").quantity(1).unit_price(dec("50.25")).text("En"))
            .with(Line::new().key("13").kind(LineKind::Text).text("Tack för er order"));
        Content::new().lines(lines).prices_include_vat(false)
    }
    async fn make(&self, stream: &str) -> Arc<str> {
        let sample = self.sample(&StreamId::new(stream), 0).await.unwrap();
        let parts = sample.iter().map(|(stream, fields)| part(stream.as_str(), fields.clone())).collect();
        self.done(create(stream, parts)).await
    }
    async fn act_on(&self, stream: &str, id: &str, act: &str) -> Arc<str> {
        self.done(write(stream, Action::Act { id: id.into(), act: act.to_owned(), with: FieldMap::new() })).await
    }
    async fn done(&self, write: sync_core::connector::Write) -> Arc<str> {
        self.connector.write(&self.erp.cx, &[write]).await.remove(0).unwrap().reference.id
    }
    async fn invoice(&self) -> Arc<str> {
        let draft = self.make("customerinvoicedrafts").await;
        self.act_on("customerinvoicedrafts", &draft, "book").await
    }
    async fn listed(&self, stream: &StreamId) -> Vec<Arc<str>> {
        self.erp.switch("listing_lag_s", 0);
        let page = self.connector.list(&self.erp.cx, &ListQuery::all(stream.as_str())).await.unwrap();
        self.erp.switch("listing_lag_s", self.lag.load(Ordering::Relaxed));
        page.items.into_iter().map(|item| item.reference.id).collect()
    }
    async fn quote(&self) -> Arc<str> {
        let draft = self.make("quotedrafts").await;
        self.act_on("quotedrafts", &draft, "convert").await
    }
}

/// The same id in each run.
fn id_of(what: &str, nth: u64) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{what} {nth}").as_bytes()).to_string()
}

/// The id of an entry of a code list.
fn code(lists: &Json, list: &str, name: &str) -> String {
    let found = lists[list].as_array().unwrap().iter().find(|entry| entry["Name"] == name).unwrap();
    found["Id"].as_str().unwrap().to_owned()
}

/// A customer with a value in every field, those too that the connector does not know.
fn customer(lists: &Json, nth: u64) -> Json {
    json!({ "Id": id_of("customer", nth), "CustomerNumber": format!("K{nth}"), "Name": format!("Exempel {nth} AB"), "IsActive": true,
        "IsPrivatePerson": false, "CorporateIdentityNumber": "556677-8899", "VatNumber": "SE556677889901",
        "InvoiceAddress1": "Registergatan 9", "InvoiceAddress2": "Port B", "InvoiceCity": "Lund",
        "InvoicePostalCode": "222 22", "InvoiceCountryCode": "SE", "DeliveryCustomerName": "Lagret",
        "DeliveryAddress1": "Vägen 1", "DeliveryAddress2": "Lastkaj", "DeliveryCity": "Lund", "DeliveryPostalCode": "222 23",
        "DeliveryCountryCode": "SE", "CurrencyCode": "SEK", "TermsOfPaymentId": code(lists, "termsofpayments", "30 dagar"),
        "EmailAddress": format!("k{nth}@exempel.example"), "EmailAddressOrder": "order@exempel.example",
        "EmailAddressQuote": "offert@exempel.example", "Telephone": "08 123", "MobilePhone": "070 1",
        "WwwAddress": "www.exempel.example", "ContactPersonName": "Karin Ek", "ContactPersonEmail": "karin@exempel.example",
        "ContactPersonMobile": "070 2", "ContactPersonPhone": "08 2", "Note": "Ring först", "GLN": "7300000000001",
        "WebshopCustomerNumber": 77, "DiscountPercentage": 0.1, "ReverseChargeOnConstructionServices": true })
}

#[async_trait]
impl ConnectorFixture for Desk {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connector.clone()
    }
    fn context(&self) -> Context {
        self.erp.cx.clone()
    }
    async fn sample(&self, stream: &StreamId, _: usize) -> Option<Sample> {
        let nth = self.next();
        let link = || Link::External(self.customer.clone());
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let fields = match stream.as_str() {
            "customers" => {
                let at = Address::new().street("Vägen 2").postal_code("222 22").city("Lund").country("SE");
                let customer = Organisation::new().name(format!("Berg {nth} AB")).party(Party::Company).billing(at);
                customer.number(format!("B{nth}")).email(format!("b{nth}@berg.example")).is_active(true).to_fields()
            }
            "articles" => {
                let item = Item::new().number(format!("L-{nth}")).name(format!("Lampa {nth}")).is_active(true);
                let coding = code(&self.lists, "articleaccountcodings", "Varor 25 %");
                item.unit(code(&self.lists, "units", "Styck"))
                    .posting_group(coding)
                    .vat_rate(25)
                    .is_service(false)
                    .to_fields()
            }
            "orders" => {
                let content = self.content().currency("SEK");
                Order::new().customer(link()).content(content).ordered_on(day("2026-02-16")).to_fields()
            }
            "quotedrafts" | "quotes" => {
                Order::new().customer(link()).content(self.content()).ordered_on(day("2026-02-16")).to_fields()
            }
            "customerinvoicedrafts" => {
                let content = self.content().delivery_on(day("2026-02-20"));
                Invoice::new().customer(link()).content(content).invoiced_on(day("2026-02-16")).to_fields()
            }
            "projects" => {
                let project = Project::new().number(format!("P-{nth}")).name(format!("Kontor {nth}"));
                project.starts_on(day("2026-01-01")).to_fields()
            }
            "suppliers" => {
                let supplier = Organisation::new().name(format!("Rosteriet {nth} AB")).number(format!("S{nth}"));
                supplier.billing(Address::new().city("Lund")).email(format!("r{nth}@exempel.example")).to_fields()
            }
            "salespricelistprices" => {
                let article = StreamKey::new("eekonomi:erp", "articles").id(self.article());
                let list = code(&self.lists, "salespricelists", "Grossist");
                Price::new().item(article).list(list).amount(dec("90.50")).currency("SEK").to_fields()
            }
            _ => return None,
        };
        let mut parts = vec![(stream.clone(), fields)];
        if stream.as_str() == "suppliers" {
            parts
                .push(("supplier_contact".into(), Person::new().name("Karin Ek").email("karin@r.example").to_fields()));
        }
        if stream.as_str() == "articles" {
            let price = Price::new().sku(format!("L-{nth}")).amount(dec("90.50")).currency("SEK").includes_vat(false);
            parts.push(("article_price".into(), price.to_fields()));
        }
        Some(parts)
    }
    fn requests(&self) -> Option<Vec<Sent>> {
        let sent = |entry: Entry| Sent {
            line: format!("{} {}?{}", entry.method, entry.path, entry.query),
            writes: entry.method != "GET",
            signs_in: entry.path.starts_with("/connect/"),
        };
        Some(self.erp.emulator.requests().into_iter().map(sent).collect())
    }
    fn value(&self, _: &StreamId, path: FieldPath, nth: usize) -> Option<Value> {
        let coding = |nth: usize| code(&self.lists, "articleaccountcodings", ["Varor 25 %", "Varor 12 %"][nth % 2]);
        Some(match path.as_str() {
            "payment_terms" | "content.payment_terms" => self.id_at("termsofpayments", nth),
            "delivery_terms" | "content.delivery_terms" => self.id_at("deliveryterms", nth),
            "delivery_method" | "content.delivery_method" => self.id_at("deliverymethods", nth),
            "price_list" => self.id_at("salespricelists", nth),
            "category" => self.id_at("articlelabels", nth),
            "unit" => self.id_at("units", nth),
            "posting_group" => Value::from(coding(nth)),
            "vat_rate" => Value::Decimal([25, 12][nth % 2].into()),
            "language" => Value::from(["sv", "en"][nth % 2]),
            "currency" | "cost.currency" | "content.currency" => Value::from("SEK"),
            "includes_vat" | "content.prices_include_vat" => Value::Bool(false),
            "vat_number" => Value::from(["SE556677889901", "SE556036079301"][nth % 2]),
            "registration_number" => Value::from(["556677-8899", "556036-0793"][nth % 2]),
            "fulfilment" => Value::from("open"),
            "barcode" => Value::from(format!("731086500470{}", nth % 10)),
            "customer" => Value::Link(Link::External(self.customer.clone())),
            "content.lines" if nth > 0 => self.content().lines.value().map(|_| {
                let fields = Order::new().content(self.content()).to_fields();
                fields.get(FieldPath::new("content.lines")).cloned().unwrap()
            })?,
            _ => return None,
        })
    }
    /// Fields of the wire that two of ours show, and what the vendor derives.
    fn follows(&self, stream: &StreamId, path: FieldPath) -> Vec<String> {
        let named: &[&str] = match (stream.as_str(), path.as_str()) {
            ("articles", "number") => &["article_price:sku", "article_stock:sku"],
            ("articles", "posting_group") => &["sales_account", "vat_rate", "is_service"],
            ("articles", "vat_rate") => &["sales_account", "posting_group"],
            ("orders", "content.lines") => &["delivered"],
            _ => &[],
        };
        named.iter().map(|name| (*name).to_owned()).collect()
    }
    fn has_form(&self, _: &StreamId, path: FieldPath) -> bool {
        matches!(path.as_str(), "vat_number" | "registration_number" | "vat_rate" | "currency" | "content.currency")
    }
    async fn seed(&self, stream: &StreamId, count: usize) -> Option<Vec<Arc<str>>> {
        let mut made: Vec<Arc<str>> = Vec::new();
        for _ in 0..count {
            made.push(match stream.as_str() {
                "customers" => {
                    let nth = self.next();
                    self.erp.emulator.seed(json!({ "customers": [customer(&self.lists, nth)] })).unwrap();
                    id_of("customer", nth).into()
                }
                "customerinvoices" => {
                    let id = self.invoice().await;
                    if made.len() % 2 == 1 {
                        self.erp.act("register_payment", json!({ "id": &*id }));
                    }
                    id
                }
                "quotes" => self.quote().await,
                "customerledgeritems" | "vouchers" => {
                    let before = self.listed(stream).await;
                    self.invoice().await;
                    let now = self.listed(stream).await;
                    now.into_iter().find(|id| !before.contains(id)).unwrap()
                }
                _ => return None,
            });
        }
        Some(made)
    }
    async fn touch(&self, stream: &StreamId, id: &str) -> bool {
        let (action, set) = match stream.as_str() {
            "customers" => ("edit_customer", json!({ "Note": "Ny" })),
            "articles" => ("edit_article", json!({ "Note": "Ny" })),
            "orders" => ("edit_order", json!({ "YourReference": "Ny" })),
            "suppliers" => ("edit_supplier", json!({ "Note": "Ny" })),
            "projects" => ("edit_project", json!({ "Notes": "Ny" })),
            _ => return false,
        };
        self.erp.act(action, json!({ "id": id, "set": set }));
        true
    }
    async fn remove_behind(&self, stream: &StreamId, id: &str) -> bool {
        let action = match stream.as_str() {
            "orders" => "delete_order",
            "customerinvoicedrafts" => "delete_draft",
            _ => return false,
        };
        self.erp.act(action, json!({ "id": id }));
        true
    }
    async fn inactive(&self, stream: &StreamId) -> Option<Arc<str>> {
        let (action, set) = match stream.as_str() {
            "customers" => ("edit_customer", json!({ "IsActive": false })),
            "articles" => ("edit_article", json!({ "IsActive": false })),
            "suppliers" => ("edit_supplier", json!({ "IsActive": false })),
            "projects" => ("edit_project", json!({ "Status": 2 })),
            _ => return None,
        };
        let id = self.make(stream.as_str()).await;
        self.erp.act(action, json!({ "id": &*id, "set": set }));
        Some(id)
    }
    async fn locked(&self, stream: &StreamId) -> Option<Arc<str>> {
        if stream.as_str() != "orders" {
            return None;
        }
        let id = self.make("orders").await;
        for step in ["start_order", "deliver_order", "invoice_order"] {
            self.erp.act(step, json!({ "id": &*id }));
        }
        Some(id)
    }
    fn volatile(&self, stream: &StreamId) -> &[&str] {
        match stream.as_str() {
            "customers" | "suppliers" | "projects" | "salespricelistprices" => &["ChangedUtc", "ModifiedUtc"],
            "articles" => &["ChangedUtc", "PurchasePriceManuallyChangedUtc"],
            _ => &["ModifiedUtc", "Id"], // rows get new ids when a document is replaced
        }
    }
    fn pages_are_fixed(&self, stream: &StreamId) -> bool {
        stream.as_str() == "vouchers" // a page counts vouchers, and each row of one is a record
    }
    fn advance(&self, seconds: u64) -> bool {
        self.erp.advance(seconds);
        true
    }
    fn lists_late(&self, seconds: u32) -> bool {
        self.lag.store(seconds.into(), Ordering::Relaxed);
        self.erp.emulator.switch("listing_lag_s", seconds).is_ok()
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
        let methods: &[&str] = if trouble.on_writes { &["POST", "PATCH", "PUT", "DELETE"] } else { &["GET"] };
        for method in methods {
            self.erp.emulator.fault(Fault::new(kind.clone()).on(method, "/v2/*").times(trouble.times));
        }
        true
    }
    fn calm(&self) {
        self.erp.emulator.clear_faults();
    }
    async fn stranger(&self, who: Stranger) -> Option<Result<Arc<dyn Connector>>> {
        let other = Erp::start().await;
        let mut config = other.config();
        match who {
            Stranger::WrongCredentials => {
                let now = other.emulator.now();
                let token = Token::new("wrong-token".to_owned().into(), now, Some(Duration::from_secs(3600)));
                other.tokens.save("erp", &token.with_refresh(Some("wrong".to_owned().into()))).await.unwrap();
            }
            Stranger::Nobody => config.base_url = Some("http://127.0.0.1:9/v2/".parse().unwrap()),
        }
        let connection = other.try_connect(config, None).await;
        Some(connection.map(|connection| -> Arc<dyn Connector> { Arc::new(connection.router) }))
    }
    fn expire_token(&self) -> bool {
        self.erp.emulator.advance(Duration::from_secs(3601)).unwrap();
        true
    }
    fn secrets(&self) -> Vec<String> {
        vec![emulators::eekonomi::CLIENT_SECRET.to_owned(), "wrong-token".to_owned()]
    }
    async fn redirected(&self) -> Option<Redirected> {
        let redirects = Redirects::start("{}").await;
        let mut config = self.erp.config();
        config.base_url = Some(format!("{}/v2/", redirects.vendor.url()).parse().unwrap());
        let answer = self.erp.try_connect(config, None).await.map(drop).map_err(|error| error.to_string());
        let heard = redirects.heard();
        Some(Redirected { answer, heard })
    }
    async fn steps(&self, stream: &StreamId) -> Vec<StepCase> {
        let case = |act: &str, ready: Arc<str>, unready: Option<Arc<str>>| StepCase {
            act: act.to_owned(),
            with: FieldMap::new(),
            ready,
            unready,
            shows: FieldMap::new(),
        };
        match stream.as_str() {
            "customerinvoicedrafts" => vec![case("book", self.make("customerinvoicedrafts").await, None)],
            "quotedrafts" => vec![case("convert", self.make("quotedrafts").await, None)],
            "quotes" => {
                let (open, yes, order) = (self.quote().await, self.quote().await, self.quote().await);
                self.erp.act("accept_quote", json!({ "id": &*yes }));
                self.erp.act("accept_quote", json!({ "id": &*order }));
                vec![
                    case("accept", open, Some(yes.clone())),
                    case("converttoorder", yes, None),
                    case("converttocustomerinvoice", order, None),
                ]
            }
            "orders" => {
                let mut draft = Order::new()
                    .ordered_on("2026-02-16".parse::<chrono::NaiveDate>().unwrap())
                    .customer(Link::External(self.customer.clone()))
                    .content(self.content().currency("SEK"));
                draft.fulfilment = sync_core::model::Fulfilment::Draft.into();
                let draft = self.done(create("orders", vec![part("orders", draft.to_fields())])).await;
                let (open, sent, next) =
                    (self.make("orders").await, self.make("orders").await, self.make("orders").await);
                for order in [&open, &sent, &next] {
                    self.erp.act("start_order", json!({ "id": &**order }));
                }
                self.erp.act("deliver_order", json!({ "id": &*sent }));
                vec![
                    case("open", draft, Some(open.clone())),
                    case("deliver", open.clone(), Some(sent.clone())),
                    case("take_back", sent, Some(next.clone())),
                    case("invoice", next, None),
                ]
            }
            "customerinvoices" => {
                let (paid, void, mailed) = (self.invoice().await, self.invoice().await, self.invoice().await);
                let money = Money::new().amount(dec("100")).currency("SEK");
                let payment = Payment::new().paid(money).paid_on("2026-02-17".parse::<chrono::NaiveDate>().unwrap());
                let account = self.lists["bankaccounts"][0]["Id"].as_str().unwrap().to_owned();
                let with = payment.account(account).to_fields();
                vec![
                    StepCase { with, ..case("payments", paid, None) },
                    case("void", void, None),
                    case("email", mailed, None),
                ]
            }
            _ => Vec::new(),
        }
    }
}
