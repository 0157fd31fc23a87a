//! A company with somebody at the desk.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use connector_visma_net::OrderShipments;
use emulators::{
    frame::{Entry, Fault, FaultKind},
    visma_net::CLIENT_SECRET,
};
use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, Context, ExternalRef, FieldMap, FieldPath, Link, Result, StreamId, Value,
    connector::{Action, Connector},
    layer::{Checked, Stack},
    model::{Address, Content, Invoice, Item, Line, LineKind, Lines, Order, Organisation, Person, Price, Project},
};
use sync_testkit::connector_suite::{
    ConnectorFixture, HookCase, Redirected, Sample, Sent, StepCase, Stranger, Trouble, TroubleKind,
};

#[path = "facts.rs"]
mod facts;
#[path = "../../../../sync-http/tests/faults/redirect.rs"]
mod redirect;
#[path = "seeds.rs"]
mod seeds;

use facts::own_value;
use redirect::Redirects;

use crate::{
    emulated::Double,
    support::{dec, part, reference, write},
};

pub(super) struct Desk {
    double: Double,
    connector: Arc<dyn Connector>,
    customer: ExternalRef,
    supplier: ExternalRef,
    nth: AtomicU64,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let double = Double::start().await;
        double.is_odd.store(true, Ordering::Relaxed);
        for number in 1..5 {
            let set = json!({ "inventoryNumber": format!("TIME-{number}"), "description": "Time", "itemClass": "SERVICE",
                "defaultPrice": 100 });
            double.act("create", json!({ "collection": "items", "set": set }));
        }
        let connector = Self::connect(&double).await.unwrap();
        let customer = reference("customers", &double.customer());
        let supplier = json!({ "name": "Grossist AS", "supplierClassId": "1" });
        let supplier = double.act("create", json!({ "collection": "suppliers", "set": supplier }));
        let supplier = reference("suppliers", supplier["key"].as_str().unwrap());
        Self { double, connector, customer, supplier, nth: AtomicU64::new(1) }
    }
    async fn connect(double: &Double) -> Result<Arc<dyn Connector>> {
        let mut config = double.config();
        config.line_account = Some("3000".to_owned());
        config.text_item = Some("TIME-4".to_owned());
        config.make_credit_notes = true;
        config.more_streams = MORE.map(str::to_owned).into();
        config.project_subaccount = [(1, "0".to_owned())].into();
        config.order_shipments = OrderShipments::Read;
        (config.webhook_secret, config.webhook_header) = (Some(HOOK_SECRET.into()), Some("X-Signature".to_owned()));
        let router = double.try_connect(config).await?.router;
        Ok(Stack::new(Arc::new(router)).with(Checked).build())
    }
    fn next(&self) -> u64 {
        self.nth.fetch_add(1, Ordering::Relaxed)
    }
    /// Rows of items that a direct invoice takes too.
    fn content(&self, sign: i64) -> Content {
        let item = |number: &str| {
            let item = Link::External(reference("inventory", number));
            Line::new().kind(LineKind::Item).item(item).sku(number)
        };
        let lines = Lines::new()
            .with(
                item("TIME-1")
                    .key("11")
                    .quantity(2 * sign)
                    .unit_price(100)
                    .discount_percent(10)
                    .text("To stykker")
                    .vat_code("3")
                    .account("3000"),
            )
            .with(item("TIME-2").key("12").quantity(sign).unit_price(dec("50.25")).discount_percent(0).text("En"));
        Content::new().lines(lines).currency("NOK")
    }
    async fn done(&self, write: sync_core::connector::Write) -> Arc<str> {
        self.connector.write(&self.double.cx, &[write]).await.remove(0).unwrap().reference.id
    }
    async fn make(&self, stream: &str) -> Arc<str> {
        let sample = self.sample(&StreamId::new(stream), 0).await.unwrap();
        let parts = sample.iter().map(|(stream, fields)| part(stream.as_str(), fields.clone())).collect();
        self.done(write(stream, Action::Create { parts })).await
    }
    async fn release(&self, stream: &str) -> Arc<str> {
        let id = self.make(stream).await;
        self.double.switch("release_delay_s", 0);
        self.done(write(stream, Action::Act { id: id.clone(), act: "release".to_owned(), with: FieldMap::new() }))
            .await;
        self.double.advance(5);
        id
    }
    /// Where the double keeps the records of a stream, and the key of this one there.
    fn place<'i>(stream: &StreamId, id: &'i str) -> Option<(&'static str, &'i str)> {
        let key = match stream.as_str() {
            "payments" => id.split('/').nth(1)?,
            "journal" => id.split('/').nth(1)?,
            _ => id,
        };
        Some((Self::collection(stream)?, key))
    }
    fn collection(stream: &StreamId) -> Option<&'static str> {
        Some(match stream.as_str() {
            "customer_balances" => "customers",
            "suppliers" => "suppliers",
            "projects" => "projects",
            "sales_prices" => "prices",
            "payments" => "payments",
            "journal" => "journals",
            "customers" => "customers",
            "contacts" => "contacts",
            "inventory" => "items",
            "invoices" => "invoices",
            "credit_notes" => "credit-notes",
            _ => return None,
        })
    }
}

/// Streams that are there on demand.
const MORE: [&str; 7] =
    ["suppliers", "sales_prices", "payments", "sold_by_invoice", "projects", "journal", "customer_balances"];
/// What the portal showed.
const HOOK_SECRET: &str = "hush-hook-4711";

/// Fields that take codes of the company's lists only.
const FORMS: [&str; 6] =
    ["content.currency", "payment_method", "payment_terms", "content.salesperson", "delivery_terms", "delivery_method"];

#[async_trait]
impl ConnectorFixture for Desk {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connector.clone()
    }
    fn context(&self) -> Context {
        self.double.cx.clone()
    }
    async fn sample(&self, stream: &StreamId, _: usize) -> Option<Sample> {
        let nth = self.next();
        let link = || Link::External(self.customer.clone());
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let fields = match stream.as_str() {
            "customers" => {
                let at = Address::new().street("Veien 2").postal_code("0150").city("Oslo").country("NO");
                let customer = Organisation::new().name(format!("Berg {nth} AS")).billing(at).posting_group("1");
                customer.number(format!("B{nth}")).email(format!("b{nth}@berg.example")).is_active(true).to_fields()
            }
            "contacts" => {
                let person = Person::new().first_name("Eva").last_name(format!("Holm{nth}")).organisation(link());
                person.email(format!("eva{nth}@berg.example")).is_active(true).to_fields()
            }
            "inventory" => {
                let item = Item::new().number(format!("L-{nth}")).name(format!("Lampe {nth}")).category("GOODS");
                item.is_active(true).to_fields()
            }
            "orders_SO" => {
                Order::new().customer(link()).content(self.content(1)).ordered_on(day("2026-02-16")).to_fields()
            }
            "invoices" => {
                let content = self.content(1).salesperson("1");
                let invoice = Invoice::new().customer(link()).content(content).description("Messen");
                invoice.invoiced_on(day("2026-02-16")).to_fields()
            }
            "credit_notes" => {
                Invoice::new().customer(link()).content(self.content(-1)).invoiced_on(day("2026-02-16")).to_fields()
            }
            "suppliers" => {
                let at = Address::new().street("Veien 2").postal_code("0150").city("Oslo").country("NO");
                Organisation::new().name(format!("Import {nth} AS")).billing(at).is_active(true).to_fields()
            }
            "projects" => {
                let project = Project::new().number(format!("P{nth}")).name(format!("Ombygging {nth}"));
                project.customer(link()).starts_on(day("2026-02-01")).to_fields()
            }
            _ => return None,
        };
        let mut parts = vec![(stream.clone(), fields)];
        if stream.as_str() == "inventory" {
            parts.push(("inventory_price".into(), Price::new().amount(dec("90.50")).to_fields()));
        }
        Some(parts)
    }
    fn requests(&self) -> Option<Vec<Sent>> {
        let sent = |entry: Entry| Sent {
            line: format!("{} {}?{}", entry.method, entry.path, entry.query),
            writes: entry.method != "GET",
            signs_in: entry.path.starts_with("/connect/"),
        };
        Some(self.double.emulator.requests().into_iter().map(sent).collect())
    }
    fn value(&self, stream: &StreamId, path: FieldPath, nth: usize) -> Option<Value> {
        let one = |words: &[&str]| Some(Value::from(words[nth % words.len()]));
        let name = path.as_str().strip_prefix("x.visma-net.").unwrap_or(path.as_str());
        match name {
            "payment_terms" | "content.payment_terms" => one(&["30", "14"]),
            "vat_group" | "customerVatZone.id" | "customer.taxZone.id" => one(&["01", "02"]),
            "posting_group" if stream.as_str() == "suppliers" => one(&["1"]),
            "posting_group" => one(&["1", "2"]),
            "parent" if stream.as_str() == "suppliers" => Some(Value::Link(Link::External(self.supplier.clone()))),
            "parentRecord.number" if stream.as_str() == "suppliers" => Some(Value::from(&*self.supplier.id)),
            "currency" | "content.currency" => one(&["NOK", "SEK"]),
            "category" => one(&["GOODS"]),
            "vat_code" => one(&["3", "31"]),
            "unit" | "baseUnit" | "purchaseUnit" => one(&["STK", "TIME"]),
            "salesPerson.id" | "content.salesperson" | "branch.id" => one(&["1"]),
            "sameAsAccount" => Some(Value::Bool(false)),
            "content.payment_method" | "paymentMethod.id" | "branchNumber.number" | "customer.location.id" => {
                one(&["1"])
            }
            "attributes.SEGMENT" => one(&["A", "B"]),
            "content.lines" if nth > 0 => {
                let sign = if stream.as_str() == "credit_notes" { -1 } else { 1 };
                let fields = Order::new().content(self.content(sign)).to_fields();
                fields.get(FieldPath::new("content.lines")).cloned()
            }
            "customer" | "parent" | "organisation" => Some(Value::Link(Link::External(self.customer.clone()))),
            "defAccount.number" | "defAccrualAccount.number" => one(&["3000", "1920"]),
            "branch.number" => one(&["1"]),
            "parentRecord.number" => Some(Value::from(&*self.customer.id)),
            "project.id" => one(&["X"]),
            "cashAccount" => one(&["1920"]),
            "financialPeriod" => one(&["202602", "202603"]),
            "financialInformation.postPeriod" => one(&["202602", "202603"]),
            "defaultIssueFrom.id"
            | "defaultReceiptTo.id"
            | "defaultWarehouse.id"
            | "shipping.preferredWarehouse.id" => one(&["1", "2"]),
            "type" if stream.as_str() == "inventory" => one(&["FinishedGoodItem"]),
            "status"
            | "title"
            | "contactMethod"
            | "creditVerification"
            | "statementType"
            | "shipping.rule"
            | "billingPeriod"
            | "accountUsedForPayment"
            | "chargeBearer"
            | "paymentBy" => None,
            _ if name.ends_with("ountry.id") => one(&["NO", "SE"]),
            _ if name.ends_with("county.id") => one(&["1601", "1602"]),
            _ if !path.is_extension() => None,
            _ => Some(own_value(name, nth)),
        }
    }
    fn follows(&self, stream: &StreamId, path: FieldPath) -> Vec<String> {
        facts::follows(stream.as_str(), path)
    }
    fn has_form(&self, _: &StreamId, path: FieldPath) -> bool {
        let path = path.as_str();
        path.ends_with("country") || FORMS.iter().any(|name| path.ends_with(name))
    }
    async fn seed(&self, stream: &StreamId, count: usize) -> Option<Vec<Arc<str>>> {
        self.seeded(stream, count).await
    }
    async fn hook(&self) -> Option<HookCase> {
        let subscription =
            json!({ "event": "Customer Created", "url": "http://127.0.0.1:1/hooks/erp", "secret": HOOK_SECRET });
        self.double.emulator.seed(json!({ "webhook-subscriptions": [subscription] })).unwrap();
        let id = self.make("customers").await;
        let calls = self.double.emulator.webhooks();
        let call = calls.as_array().unwrap().last().unwrap().clone();
        let pair = |header: &Json| {
            let text = |at: usize| header[at].as_str().unwrap().to_owned();
            (text(0), text(1))
        };
        let headers: Vec<_> = call["headers"].as_array().unwrap().iter().map(pair).collect();
        let body = call["body"].as_str().unwrap().as_bytes().to_vec();
        let forged = (headers.clone(), body.to_ascii_uppercase());
        Some(HookCase { headers, body, names: vec![reference("customers", &id)], forged })
    }
    async fn touch(&self, stream: &StreamId, id: &str) -> bool {
        if let "payments" | "journal" | "sales_prices" | "invoices" = stream.as_str() {
            let (collection, key) = Self::place(stream, id).unwrap();
            let field = match collection {
                "payments" | "invoices" => "invoiceText",
                _ => "description",
            };
            let fields = json!({ field: format!("Ny {}", self.next()) });
            self.double.act("set", json!({ "collection": collection, "key": key, "fields": fields }));
            return true;
        }
        let set = match stream.as_str() {
            "customer_balances" => json!({ "name": "Ny" }),
            "suppliers" => json!({ "accountReference": "Ny" }),
            "projects" => json!({ "description": "Ny" }),
            "customers" => json!({ "accountReference": "Ny" }),
            "contacts" => json!({ "position": "Ny" }),
            "inventory" => json!({ "description": "Ny" }),
            "credit_notes" => json!({ "invoiceText": "Ny" }),
            _ => {
                self.double.act("edit_order", json!({ "type": "SO", "key": id, "set": { "description": "Ny" } }));
                return true;
            }
        };
        let collection = Self::collection(stream).unwrap();
        self.double.act("edit", json!({ "collection": collection, "key": id, "set": set }));
        true
    }
    async fn remove_behind(&self, stream: &StreamId, id: &str) -> bool {
        match Self::place(stream, id) {
            Some((collection, key)) => self.double.act("delete", json!({ "collection": collection, "key": key })),
            None => self.double.act("delete_order", json!({ "type": "SO", "key": id })),
        };
        true
    }
    async fn inactive(&self, stream: &StreamId) -> Option<Arc<str>> {
        let set = match stream.as_str() {
            "customers" | "inventory" | "suppliers" => json!({ "status": "Inactive" }),
            "projects" => json!({ "status": "Completed" }),
            "contacts" => json!({ "active": false }),
            _ => return None,
        };
        let id = self.make(stream.as_str()).await;
        let collection = Self::collection(stream)?;
        self.double.act("edit", json!({ "collection": collection, "key": &*id, "set": set }));
        Some(id)
    }
    async fn locked(&self, stream: &StreamId) -> Option<Arc<str>> {
        match stream.as_str() {
            "invoices" | "credit_notes" => Some(self.release(stream.as_str()).await),
            "journal" | "customer_balances" => Some(self.seed(stream, 1).await?.remove(0)),
            "orders_SO" => {
                // it has left, in a parcel, and is invoiced
                let id = self.make("orders_SO").await;
                let order = json!({ "type": "SO", "key": &*id, "set": { "status": "Open" } });
                self.double.act("edit_order", order);
                let ship = json!({ "type": "SO", "key": &*id, "warehouse": "1", "invoice": true });
                let shipment = self.double.act("ship_order", ship)["shipment"].clone();
                let fields = json!({ "shipVia": { "id": "BUD", "description": "Budbil" },
                    "shipmentPackageLines": [{ "lineNumber": 1, "trackingNumber": "PAKKE-1" }] });
                self.double.act("set", json!({ "collection": "shipments", "key": shipment, "fields": fields }));
                Some(id)
            }
            _ => None,
        }
    }
    fn volatile(&self, _: &StreamId) -> &[&str] {
        const KEYS: [&str; 11] = [
            "lastModifiedDateTime",
            "timeStamp",
            "timestamp",
            "lastModified",
            "version",
            "etag",
            "overrideAddress",
            "overrideContact",
            "overridesDefault",
            "addressId",
            "contactId",
        ];
        &KEYS
    }
    fn requests_of_a_write(&self, stream: &StreamId) -> usize {
        if stream.as_str() == "orders_SO" { 4 } else { 1 }
    }
    fn pages_are_fixed(&self, stream: &StreamId) -> bool {
        matches!(stream.as_str(), "contacts" | "customer_balances") // there are no pages
    }
    fn advance(&self, seconds: u64) -> bool {
        self.double.advance(seconds);
        true
    }
    fn lists_late(&self, seconds: u32) -> bool {
        self.double.emulator.switch("listing_lag_s", seconds).is_ok()
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
            for path in ["/v1/*", "/v2/*", "/api/*"] {
                self.double.emulator.fault(Fault::new(kind.clone()).on(method, path).times(trouble.times));
            }
        }
        true
    }
    fn calm(&self) {
        self.double.emulator.clear_faults();
    }
    async fn stranger(&self, who: Stranger) -> Option<Result<Arc<dyn Connector>>> {
        let mut config = self.double.config();
        match who {
            Stranger::WrongCredentials => config.client_secret = "wrong-secret".into(),
            Stranger::Nobody => config.base_url = "http://127.0.0.1:9/".parse().unwrap(),
        }
        let connection = self.double.try_connect(config).await;
        Some(connection.map(|connection| -> Arc<dyn Connector> { Arc::new(connection.router) }))
    }
    fn expire_token(&self) -> bool {
        self.double.act("revoke_tokens", json!({}));
        true
    }
    fn secrets(&self) -> Vec<String> {
        vec![CLIENT_SECRET.to_owned(), "wrong-secret".to_owned(), HOOK_SECRET.to_owned()]
    }
    async fn redirected(&self) -> Option<Redirected> {
        let redirects = Redirects::start("[]").await;
        let mut config = self.double.config();
        config.base_url = redirects.vendor.url().parse().unwrap();
        let answer = self.double.try_connect(config).await.map(drop).map_err(|error| error.to_string());
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
        self.double.switch("release_delay_s", 0);
        match stream.as_str() {
            "invoices" | "credit_notes" => {
                let unready = self.release(stream.as_str()).await;
                vec![case("release", self.make(stream.as_str()).await, Some(unready))]
            }
            "orders_SO" => {
                let cancelled = self.locked(stream).await;
                vec![case("open", self.make("orders_SO").await, cancelled)]
            }
            _ => Vec::new(),
        }
    }
}
