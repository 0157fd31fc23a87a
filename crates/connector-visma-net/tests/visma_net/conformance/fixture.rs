//! A company with somebody at the desk.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use emulators::{
    frame::{Entry, Fault, FaultKind},
    visma_net::CLIENT_SECRET,
};
use serde_json::json;
use sync_core::{
    Canonical, Context, ExternalRef, FieldMap, FieldPath, Link, Result, StreamId, Value,
    connector::{Action, Connector},
    layer::{Checked, Stack},
    model::{Address, Content, Invoice, Item, Line, LineKind, Lines, Order, Organisation, Person, Price},
};
use sync_testkit::connector_suite::{
    ConnectorFixture, Redirected, Sample, Sent, StepCase, Stranger, Trouble, TroubleKind,
};

#[path = "../../../../sync-http/tests/faults/redirect.rs"]
mod redirect;

use redirect::Redirects;

use crate::{
    emulated::Double,
    support::{dec, part, reference, write},
};

pub(super) struct Desk {
    double: Double,
    connector: Arc<dyn Connector>,
    customer: ExternalRef,
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
        Self { double, connector, customer, nth: AtomicU64::new(1) }
    }
    async fn connect(double: &Double) -> Result<Arc<dyn Connector>> {
        let mut config = double.config();
        config.line_account = Some("3000".to_owned());
        config.text_item = Some("TIME-4".to_owned());
        config.make_credit_notes = true;
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
    fn collection(stream: &StreamId) -> Option<&'static str> {
        Some(match stream.as_str() {
            "customers" => "customers",
            "contacts" => "contacts",
            "inventory" => "items",
            "invoices" => "invoices",
            "credit_notes" => "credit-notes",
            _ => return None,
        })
    }
}

/// Fields that take codes of the company's lists only.
const FORMS: [&str; 6] =
    ["content.currency", "payment_method", "payment_terms", "content.salesperson", "delivery_terms", "delivery_method"];

/// A value for one of the vendor's own fields, by its name.
fn own_value(name: &str, nth: usize) -> Value {
    const FLAGS: [&str; 12] = [
        "doNot",
        "noM",
        "sameAs",
        "print",
        "send",
        "accept",
        "exclude",
        "invoiceTo",
        "kitItem",
        "paySeparately",
        "landed",
        "retainageApply",
    ];
    const NUMBERS: [&str; 5] =
        ["creditDaysPastDue", "numberOfEmployees", "contact.id", "customer.contactId", "priority"];
    let number = i64::try_from(nth).unwrap();
    if FLAGS.iter().any(|start| name.starts_with(start)) {
        Value::Bool(nth % 2 == 1)
    } else if NUMBERS.iter().any(|end| name.ends_with(end)) {
        Value::Decimal((number + 1).into())
    } else if name.ends_with("Date") || matches!(name, "cancelBy" | "requestOn") {
        let day: chrono::NaiveDate = "2026-03-01".parse().unwrap();
        Value::Date(day + chrono::Days::new(u64::try_from(nth).unwrap()))
    } else if name.ends_with("email") {
        Value::from(format!("own{nth}@exempel.example"))
    } else {
        Value::from(format!("Egen {nth}"))
    }
}

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
                Invoice::new().customer(link()).content(self.content(1)).invoiced_on(day("2026-02-16")).to_fields()
            }
            "credit_notes" => {
                Invoice::new().customer(link()).content(self.content(-1)).invoiced_on(day("2026-02-16")).to_fields()
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
            "posting_group" => one(&["1", "2"]),
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
            "status" | "title" | "contactMethod" | "creditVerification" | "statementType" | "shipping.rule" => None,
            _ if name.ends_with("ountry.id") => one(&["NO", "SE"]),
            _ if name.ends_with("county.id") => one(&["1601", "1602"]),
            _ if !path.is_extension() => None,
            _ => Some(own_value(name, nth)),
        }
    }
    fn follows(&self, stream: &StreamId, path: FieldPath) -> Vec<String> {
        let own = |names: &[&str]| names.iter().map(|name| format!("x.visma-net.{name}")).collect::<Vec<_>>();
        let ours = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let sums = || {
            own(&[
                "amount",
                "amountInCurrency",
                "balance",
                "balanceInCurrency",
                "detailTotal",
                "vatTaxableTotal",
                "vatTaxableTotalInCurrency",
                "vatExemptTotal",
                "vatExemptTotalInCurrency",
                "vatTotal",
                "vatTotalInCurrency",
            ])
        };
        let of_order = || own(&["totals.orderTotalInBaseCurrency", "totals.taxTotalInBaseCurrency"]);
        let terms = || [ours(&["due_on"]), own(&["creditTerms.description", "cashDiscountDate"])].concat();
        let period = || own(&["financialPeriod", "postPeriod"]);
        match (stream.as_str(), path.as_str().strip_prefix("x.visma-net.").unwrap_or(path.as_str())) {
            ("customers" | "inventory", "is_active") => own(&["status"]),
            ("customers" | "inventory", "status") => ours(&["is_active"]),
            ("contacts", "first_name" | "last_name" | "name") => {
                [ours(&["name", "first_name", "last_name"]), own(&["displayName"])].concat()
            }
            ("contacts", name) if name.starts_with("address.") => own(&["sameAsAccount", "address.country.name"]),
            ("contacts", "sameAsAccount") => own(&["address.addressLine1", "address.city", "address.postalCode"]),
            // the other addresses and contacts of a customer are the main one's until they get values of their own
            ("customers", "billing.street") => {
                [ours(&["delivery.street"]), own(&["invoiceAddress.addressLine1"])].concat()
            }
            ("customers", "billing.street_2") => {
                [ours(&["delivery.street_2"]), own(&["invoiceAddress.addressLine2"])].concat()
            }
            ("customers", "billing.city") => [ours(&["delivery.city"]), own(&["invoiceAddress.city"])].concat(),
            ("customers", "billing.postal_code") => {
                [ours(&["delivery.postal_code"]), own(&["invoiceAddress.postalCode"])].concat()
            }
            ("customers", "billing.country" | "delivery.country" | "invoiceAddress.country.id") => [
                ours(&["delivery.country"]),
                own(&[
                    "invoiceAddress.country.id",
                    "invoiceAddress.country.name",
                    "deliveryAddress.country.name",
                    "mainAddress.country.name",
                ]),
            ]
            .concat(),
            ("customers", "email") => [ours(&["invoice_email"]), own(&["deliveryContact.email"])].concat(),
            ("customers", "phone") => own(&["invoiceContact.phone1", "deliveryContact.phone1"]),
            ("customers", "website") => own(&["invoiceContact.web", "deliveryContact.web"]),
            ("customers", name) if name.starts_with("main") => {
                let rest = name.split_once('.').unwrap().1;
                let part = if name.starts_with("mainAddress") { "Address" } else { "Contact" };
                own(&[&format!("invoice{part}.{rest}"), &format!("delivery{part}.{rest}")])
            }
            ("customers", "payment_terms") => own(&["creditTerms.description"]),
            ("customers", "posting_group") => own(&["customerClass.description"]),
            ("customers", "vat_group") => own(&["vatZone.description"]),
            ("inventory", "posting_group") => own(&["postingClass.description"]),
            ("inventory", "vat_code") => own(&["vatCode.description"]),
            ("inventory", "defaultWarehouse.id") => own(&["defaultWarehouse.description"]),
            ("invoices" | "credit_notes", "content.billing.country") => own(&["invoiceAddress.country.name"]),
            ("invoices" | "credit_notes", "content.currency") => [ours(&["content.exchange_rate"]), sums()].concat(),
            ("invoices" | "credit_notes", "content.salesperson") => own(&["salesPerson.description"]),
            ("invoices" | "credit_notes", "content.payment_terms") => terms(),
            ("invoices" | "credit_notes", "invoiced_on") => [terms(), period()].concat(),
            ("invoices" | "credit_notes", "financialPeriod") => period(),
            ("invoices" | "credit_notes", "customerVatZone.id") => {
                [ours(&["content.gross", "content.vat"]), own(&["customerVatZone.description"]), sums()].concat()
            }
            ("orders_SO", "content.currency") => of_order(),
            ("orders_SO", "customer.taxZone.id") => [ours(&["content.gross", "content.vat"]), of_order()].concat(),
            ("orders_SO", "content.salesperson") => own(&["salesPerson.description"]),
            ("orders_SO", "project.id") => own(&["project.description"]),
            ("orders_SO", "customer") => [
                ours(&[
                    "content.billing.street",
                    "content.billing.street_2",
                    "content.billing.city",
                    "content.billing.postal_code",
                    "content.billing.country",
                    "content.billing.name",
                    "content.delivery.street",
                    "content.delivery.street_2",
                    "content.delivery.city",
                    "content.delivery.postal_code",
                    "content.delivery.country",
                    "content.delivery.name",
                    "content.payment_terms",
                ]),
                own(&[
                    "billing.contact.email",
                    "billing.contact.phone1",
                    "billing.contact.attention",
                    "shipping.contact.email",
                    "shipping.contact.attention",
                    "customer.contactId",
                ]),
            ]
            .concat(),
            _ => Vec::new(),
        }
    }
    fn has_form(&self, _: &StreamId, path: FieldPath) -> bool {
        let path = path.as_str();
        path.ends_with("country") || FORMS.iter().any(|name| path.ends_with(name))
    }
    async fn touch(&self, stream: &StreamId, id: &str) -> bool {
        let set = match stream.as_str() {
            "customers" => json!({ "accountReference": "Ny" }),
            "contacts" => json!({ "position": "Ny" }),
            "inventory" => json!({ "description": "Ny" }),
            "invoices" | "credit_notes" => json!({ "invoiceText": "Ny" }),
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
        match Self::collection(stream) {
            Some(collection) => self.double.act("delete", json!({ "collection": collection, "key": id })),
            None => self.double.act("delete_order", json!({ "type": "SO", "key": id })),
        };
        true
    }
    async fn inactive(&self, stream: &StreamId) -> Option<Arc<str>> {
        let set = match stream.as_str() {
            "customers" | "inventory" => json!({ "status": "Inactive" }),
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
            "orders_SO" => {
                let id = self.make("orders_SO").await;
                self.double.act("cancel_order", json!({ "type": "SO", "key": &*id }));
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
        stream.as_str() == "contacts" // there are no pages
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
        vec![CLIENT_SECRET.to_owned(), "wrong-secret".to_owned()]
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
