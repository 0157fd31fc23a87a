//! A shop with somebody behind the counter.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use emulators::{
    Emulator, Options,
    frame::{Fault, FaultKind},
    starweb::{Settings, Starweb},
};
use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, Context, FieldMap, FieldPath, Result, StreamId, StreamKey, Value,
    connector::Connector,
    layer::{Checked, Stack},
    model::{Address, Item, Organisation, Party, Price, StockLevel},
};
use sync_testkit::connector_suite::{
    ConnectorFixture, EffectCase, HookCase, Redirected, Sample, Sent, Stranger, Trouble, TroubleKind,
};

#[path = "../../../../sync-http/tests/faults/redirect.rs"]
mod redirect;

use redirect::Redirects;

use crate::{
    double::TOKEN,
    support::{Bench, STATUS, config, noon},
};

const SECRET: &str = "hush-hush-4711";

pub(super) struct Counter {
    emulator: Emulator<Starweb>,
    bench: Bench,
    connector: Arc<dyn Connector>,
    nth: AtomicU64,
}

impl Counter {
    pub(super) async fn open() -> Self {
        let settings = Settings { client_secret: SECRET.to_owned(), ..Settings::default() };
        let emulator = Emulator::start(Starweb::new(settings), Options::at(noon())).await.unwrap();
        emulator.switch("page_size", 2).unwrap();
        emulator.seed(registers()).unwrap();
        let bench = Bench::new();
        let connector = Self::connect(&bench, emulator.base_url(), SECRET).await.unwrap();
        Self { emulator, bench, connector, nth: AtomicU64::new(1) }
    }
    async fn connect(bench: &Bench, base: &str, secret: &str) -> Result<Arc<dyn Connector>> {
        let mut config = config(base);
        config.client_secret = secret.to_owned().into();
        let router = bench.connect_with("se", &config, None).await?.router;
        Ok(Stack::new(Arc::new(router)).with(Checked).build())
    }
    fn next(&self) -> u64 {
        self.nth.fetch_add(1, Ordering::Relaxed)
    }
    fn act(&self, action: Json) -> Json {
        self.emulator.act(action).unwrap()
    }
    fn state(&self, collection: &str) -> Vec<Json> {
        self.emulator.state()[collection].as_array().cloned().unwrap_or_default()
    }
    fn customer(&self) -> String {
        let nth = self.next();
        let address = json!({ "companyName": format!("Fjell {nth} AB"), "firstName": "Kari", "lastName": "Nilsson",
            "careOf": "Berg", "attention": "Inköp", "reference": "R 1", "address": "Storgatan 1", "postalCode": "111 11",
            "city": "Stockholm", "state": "Uppland", "countryCode": "SE", "phoneNo": "08 123", "mobilePhoneNo": "070 1" });
        let made =
            self.act(json!({ "action": "create_customer", "type": "company", "email": format!("k{nth}@fjell.example"),
            "nationalIdNo": format!("5566778{nth:03}"), "vatNo": format!("SE5566778{nth:03}01"), "customInfo1": "A",
            "customInfo2": "B", "externalId": format!("E-{nth}"), "externalIdType": "ERP",
            "addresses": { "invoice": address.clone(), "delivery": address } }));
        let id = made["customerId"].to_string();
        if nth.is_multiple_of(2) {
            return id;
        }
        // what only the shop's own pages set
        let mut whole =
            self.state("customers").into_iter().find(|one| one["customerId"] == made["customerId"]).unwrap();
        whole["langCode"] = json!("sv");
        self.emulator.seed(json!({ "customers": [whole] })).unwrap();
        id
    }
    fn product(&self) -> String {
        let nth = self.next();
        let made = self.act(json!({ "action": "create_product", "sku": format!("SAK-{nth}"), "name": format!("Sak {nth}"),
            "visibility": "visible", "defaultVatRate": "25", "accounting": 3001, "externalId": format!("A-{nth}"),
            "externalIdType": "ERP", "moreInfoUrl": "https://exempel.example/a", "unitId": self.first("product-units", "unitId"),
            "manufacturerId": 21, "categories": [{ "categoryId": 31 }],
            "mediaFiles": [{ "mediaFileId": 71 }],
            "variant": { "ean": "7350000000011", "mpn": "GL-9", "isActive": true, "weightInKg": 1.25, "costPrice": "212.50",
                "externalId": format!("V-{nth}"), "externalIdType": "ERP" } }));
        self.act(json!({ "action": "set_price", "sku": format!("SAK-{nth}"), "price": 399.2, "special": 320 }));
        self.act(json!({ "action": "set_stock", "sku": format!("SAK-{nth}"), "quantity": 14,
            "stockStatusId": self.first("product-stock-statuses", "stockStatusId") }));
        format!("{}-{}", made["productId"], made["variantId"])
    }
    fn first(&self, register: &str, key: &str) -> Json {
        self.state(register).first().map(|entry| entry[key].clone()).unwrap_or_default()
    }
    fn order(&self) -> String {
        let address = json!({ "companyName": "Fjell AB", "firstName": "Kari", "lastName": "Nilsson", "careOf": "Berg",
            "attention": "Inköp", "address": "Storgatan 1", "postalCode": "111 11", "city": "Stockholm", "state": "Uppland",
            "countryCode": "SE", "phoneNo": "08 123", "mobilePhoneNo": "070 1" });
        let mut order = json!({ "action": "place_order", "items": [{ "sku": "MUGG-1", "description": "Mugg",
            "quantity": 2, "unitPrice": 80, "vatRate": 25 }], "originalCustomerEmail": "eva@exempel.example",
            "originalCustomerNationalIdNo": "19121212", "originalCustomerVatNo": "SE1",
            "shippingMethodId": 206, "paymentMethodId": 205, "shippingCost": 49, "shippingVatRate": 25,
            "addresses": { "originalInvoice": address.clone(), "originalDelivery": address } });
        if self.next().is_multiple_of(2) {
            order["customerId"] = json!(number(&self.customer())); // the other ones are guests
        }
        let order = self.act(order);
        let parcel = json!({ "shippingTrackerType": 1, "shippingTrackingNo": "0001" });
        self.act(json!({ "action": "edit_order", "orderId": order["orderId"], "set": parcel }));
        order["orderId"].to_string()
    }
    fn make(&self, stream: &str) -> String {
        match stream {
            "customers" => self.customer(),
            "products" => self.product(),
            _ => self.order(),
        }
    }
}

fn registers() -> Json {
    json!({
        "payment-methods": [{ "paymentMethodId": 205, "idCode": "card", "active": true, "externalId": "KORT",
            "languages": { "data": [{ "langCode": "sv", "name": "Kort", "title": "Kort" }] } }],
        "shipping-methods": [{ "shippingMethodId": 206, "active": true, "externalId": null,
            "languages": { "data": [{ "langCode": "sv", "name": "Ombud", "title": "Ombud" }] } }],
        "product-manufacturers": [{ "manufacturerId": 21, "name": "Glimma" }, { "manufacturerId": 22, "name": "Glans" }],
        "product-categories": [{ "categoryId": 31, "languages": [{ "langCode": "sv", "name": "Lampor" }] }],
        "media-files": [{ "mediaFileId": 71, "fileName": "lampa.png" }],
        "product-attributes": [{ "attributeId": 81, "languages": [{ "langCode": "sv", "name": "Färg" }],
            "values": [{ "attributeValueId": 91, "languages": [{ "langCode": "sv", "name": "Röd" }] }] }],
    })
}

fn number(id: &str) -> u64 {
    id.split('-').next().unwrap().parse().unwrap()
}

#[async_trait]
impl ConnectorFixture for Counter {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connector.clone()
    }
    fn context(&self) -> Context {
        self.bench.cx.clone()
    }
    async fn sample(&self, stream: &StreamId, _: usize) -> Option<Sample> {
        let nth = self.next();
        let part = |stream: &str, fields: FieldMap| (StreamId::new(stream), fields);
        match stream.as_str() {
            "customers" => {
                let customer = Organisation::new().name(format!("Berg {nth} AB")).party(Party::Company);
                let customer = customer.email(format!("b{nth}@berg.example")).phone("08 123");
                let at = Address::new().street("Vägen 2").postal_code("222 22").city("Lund").country("SE");
                Some(vec![part("customers", customer.billing(at).to_fields())])
            }
            "products" => {
                let item = Item::new().number(format!("LAMPA-{nth}")).name(format!("Lampa {nth}")).is_active(true);
                let item = item.vat_rate(25).unit("st");
                Some(vec![
                    part("products", item.to_fields()),
                    part("prices", Price::new().amount(560).to_fields()),
                    part("stock", StockLevel::new().available(12).to_fields()),
                ])
            }
            _ => None,
        }
    }
    fn requests(&self) -> Option<Vec<Sent>> {
        let sent = |entry: emulators::frame::Entry| Sent {
            line: format!("{} {}?{}", entry.method, entry.path, entry.query),
            writes: entry.method != "GET",
            signs_in: entry.path.ends_with("/token"),
        };
        Some(self.emulator.requests().into_iter().map(sent).collect())
    }
    fn value(&self, _: &StreamId, path: FieldPath, nth: usize) -> Option<Value> {
        let nth = nth.max(1);
        Some(match path.as_str() {
            "price_list" => Value::from(self.first("pricelists", "pricelistId").to_string()),
            "manufacturer" => Value::from(["Glimma", "Glans"][nth % 2]),
            "sales_account" => Value::from((3000 + nth).to_string()),
            "category" => Value::from("31"),
            "includes_vat" => Value::Bool(false), // the shop's prices are without
            "is_sold_online" => Value::Bool(nth % 2 == 1),
            "x.starweb.visibility" => Value::from(["hidden", "visible"][nth % 2]),
            "vat_rate" => Value::Decimal([25, 12][nth % 2].into()),
            "available" => Value::Decimal((10 + nth).into()),
            "tracking.number" => Value::from(format!("003{nth}")),
            "x.starweb.more_info_url" => Value::from(format!("https://exempel.example/{nth}")),
            path if path.starts_with("x.starweb.") && path != STATUS.as_str() => Value::from(format!("Eget {nth}")),
            _ => return None,
        })
    }
    /// Fields of the wire that two of ours show.
    fn follows(&self, stream: &StreamId, path: FieldPath) -> Vec<String> {
        let named: &[&str] = match (stream.as_str(), path.as_str()) {
            ("customers", "email") => &["customer_contact:email"],
            ("customers", "phone") => &["customer_contact:phone"],
            ("customers", "mobile") => &["billing.phone", "customer_contact:mobile"],
            ("customers", "name") => &["billing.name"],
            ("orders", "x.starweb.status") => &["fulfilment", "x.starweb.status_id"],
            ("products", "is_sold_online") => &["x.starweb.visibility"],
            ("products", "x.starweb.visibility") => &["is_sold_online"],
            ("products", "manufacturer") => &["x.starweb.manufacturer_id"],
            ("products", "name") => &["x.starweb.product_name"],
            ("products", "number") => &["prices:sku", "stock:sku"],
            ("products", "vat_rate") => &["x.starweb.default_vat_rate"],
            ("stock", "status") => &["products:x.starweb.stock_status_id"],
            _ => &[],
        };
        named.iter().map(|name| (*name).to_owned()).collect()
    }
    fn has_form(&self, _: &StreamId, path: FieldPath) -> bool {
        matches!(path.as_str(), "email")
    }
    async fn seed(&self, stream: &StreamId, count: usize) -> Option<Vec<Arc<str>>> {
        Some((0..count).map(|_| Arc::from(self.make(stream.as_str()))).collect())
    }
    async fn touch(&self, stream: &StreamId, id: &str) -> bool {
        let id = number(id);
        self.act(match stream.as_str() {
            "customers" => {
                json!({ "action": "edit_customer", "customerId": id, "set": { "email": "ny@fjell.example" } })
            }
            "products" => json!({ "action": "edit_product", "productId": id, "set": { "accounting": 3002 } }),
            _ => json!({ "action": "set_status", "orderId": id, "status": "picking" }),
        });
        true
    }
    async fn remove_behind(&self, stream: &StreamId, id: &str) -> bool {
        let id = number(id);
        self.act(match stream.as_str() {
            "customers" => json!({ "action": "delete_customer", "customerId": id }),
            "products" => json!({ "action": "delete_product", "productId": id }),
            _ => json!({ "action": "delete_order", "orderId": id }),
        });
        true
    }
    async fn inactive(&self, stream: &StreamId) -> Option<Arc<str>> {
        let id = self.make(stream.as_str());
        match stream.as_str() {
            "customers" => {
                let made = self
                    .act(json!({ "action": "create_customer", "type": "person", "email": "g@exempel.example",
                    "hasAccount": false }));
                return Some(Arc::from(made["customerId"].to_string()));
            }
            "products" => {
                let hidden = json!({ "visibility": "hidden" });
                self.act(json!({ "action": "edit_product", "productId": number(&id), "set": hidden }));
            }
            _ => _ = self.act(json!({ "action": "set_status", "orderId": number(&id), "status": "canceled" })),
        }
        Some(Arc::from(id))
    }
    async fn locked(&self, stream: &StreamId) -> Option<Arc<str>> {
        if stream.as_str() != "products" {
            return None;
        }
        let id = self.product();
        let variant = json!({ "sku": format!("{id}-B"), "attributeValueLinks": [91], "isActive": true });
        let made = self.act(json!({ "action": "add_variant", "productId": number(&id), "variant": variant }));
        Some(Arc::from(format!("{}-{}", number(&id), made["variantId"])))
    }
    fn volatile(&self, _: &StreamId) -> &[&str] {
        &["modifiedAt"]
    }
    fn requests_of_a_write(&self, stream: &StreamId) -> usize {
        // a product, its variant, its texts, its price and its stock have addresses of their own
        if stream.as_str() == "products" { 5 } else { 1 }
    }
    fn pages_are_fixed(&self, _: &StreamId) -> bool {
        true // a list takes a number of a page, and no size
    }
    fn advance(&self, seconds: u64) -> bool {
        self.emulator.advance(Duration::from_secs(seconds)).unwrap();
        self.bench.time.advance(Duration::from_secs(seconds));
        true
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
        let methods: &[&str] = if trouble.on_writes { &["POST", "PATCH", "PUT", "DELETE"] } else { &["GET"] };
        for method in methods {
            for path in ["customers", "products", "orders"] {
                let fault = Fault::new(kind.clone()).on(method, &format!("/api/v2/{path}*"));
                self.emulator.fault(fault.times(trouble.times));
            }
        }
        true
    }
    fn calm(&self) {
        self.emulator.clear_faults();
    }
    async fn stranger(&self, who: Stranger) -> Option<Result<Arc<dyn Connector>>> {
        Some(match who {
            Stranger::WrongCredentials => Self::connect(&Bench::new(), self.emulator.base_url(), "wrong").await,
            Stranger::Nobody => {
                let router = Bench::new().connect_kept("se", &config("http://127.0.0.1:9")).await;
                Ok(Arc::new(router))
            }
        })
    }
    fn expire_token(&self) -> bool {
        self.emulator.advance(Duration::from_secs(3600)).unwrap();
        true
    }
    fn secrets(&self) -> Vec<String> {
        vec![SECRET.to_owned(), "t-1-token".to_owned()]
    }
    async fn redirected(&self) -> Option<Redirected> {
        let mut redirects = Redirects::start("{}").await;
        redirects
            .vendor
            .mock("POST", "/api/v2/token")
            .with_body(TOKEN.replace("t-1", "t-1-token"))
            .create_async()
            .await;
        let router = self.bench.connect_kept("se", &config(&redirects.vendor.url())).await;
        let answer = router.check(&self.bench.cx).await.map(drop).map_err(|error| error.to_string());
        let heard = redirects.heard();
        Some(Redirected { answer, heard })
    }
    fn effects(&self) -> Option<BTreeMap<String, usize>> {
        let statuses = self.state("order-statuses");
        let created = statuses.iter().find(|one| one["idCode"] == "created").unwrap()["statusId"].clone();
        // the mail that confirms an order when it is placed is none of ours
        let count = |name: &str| self.state(name).iter().filter(|entry| entry["statusId"] != created).count();
        let named = [("notify_buyer", "mails"), ("capture", "captures"), ("cancel_payment", "cancellations")];
        Some(named.into_iter().map(|(ours, theirs)| (ours.to_owned(), count(theirs))).collect())
    }
    async fn effect(&self, _: &StreamId, effect: &str) -> Option<EffectCase> {
        let status = if effect == "cancel_payment" { "canceled" } else { "completed" };
        let change = FieldMap::new().with(STATUS, status);
        Some(EffectCase { id: Arc::from(self.order()), change })
    }
    async fn hook(&self) -> Option<HookCase> {
        let body = |shop: &str| {
            json!({ "uuid": "5f1c", "eventId": "order-status-changed", "shopIdCode": shop,
                "eventTimestamp": "2024-03-01T12:00:00+01:00", "orderId": 7, "totalAmount": "1.00" })
        };
        let names = vec![StreamKey::new("starweb:se", "orders").id("7")];
        let forged = (Vec::new(), body("annan").to_string().into_bytes());
        Some(HookCase { headers: Vec::new(), body: body("exempelbutiken").to_string().into_bytes(), names, forged })
    }
}
