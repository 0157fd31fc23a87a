//! A client of the emulated Visma.net for tests: gets tokens, calls, and holds all that passes against the vendor's own
//! descriptions if it is given them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, OnceLock},
};

use emulators::{
    Emulator, Options,
    visma_net::{CLIENT_ID, CLIENT_SECRET, TENANT, VismaNet},
};
use reqwest::Client;
use serde_json::{Value, json};
use spec_check::{Problem, Spec};

pub(crate) const ERP: &str = "vismanet_erp_service_api:read vismanet_erp_service_api:create vismanet_erp_service_api:update vismanet_erp_service_api:delete";
pub(crate) const ORDERS: &str = "visma.net.erp.salesorder:read visma.net.erp.salesorder:write";

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) body: Value,
    pub(crate) headers: BTreeMap<String, String>,
}

impl Answer {
    pub(crate) fn rows(&self) -> &Vec<Value> {
        self.body.as_array().unwrap_or_else(|| panic!("no list: {} {}", self.status, self.text))
    }

    /// One field of each row, by its pointer.
    pub(crate) fn all(&self, pointer: &str) -> Value {
        self.rows().iter().map(|row| row.pointer(pointer).cloned().unwrap_or_default()).collect()
    }

    /// What the refusal says.
    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The last segment of the new record's address.
    pub(crate) fn key(&self) -> String {
        let address = self.header("location");
        address.rsplit('/').next().filter(|key| !key.is_empty()).unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }

    /// The codes of a refusal of the order service, each with its property.
    pub(crate) fn codes(&self) -> Value {
        let details = self.body["details"].as_array().cloned().unwrap_or_default();
        details.iter().map(|detail| json!([detail["code"], detail["parameters"]["property"]])).collect()
    }
}

pub(crate) struct Net {
    pub(crate) emulator: Emulator<VismaNet>,
    client: Client,
    pub(crate) token: String,
    /// The descriptions of the older service and of the order service.
    specs: Option<(Spec, Spec)>,
    pub(crate) problems: Mutex<Vec<Problem>>,
    /// Operations that were answered with 2xx.
    pub(crate) used: Mutex<BTreeSet<String>>,
}

fn client() -> Client {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    PROVIDER.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Net {
    /// With the sample, at noon UTC of a day in winter: one o'clock in Oslo.
    pub(crate) async fn open() -> Self {
        Self::open_with(None).await
    }

    pub(crate) async fn open_with(specs: Option<(Spec, Spec)>) -> Self {
        let options = Options::at("2024-11-20T12:00:00Z".parse().unwrap());
        let emulator = Emulator::start(VismaNet::default(), options).await.unwrap();
        emulator.seed(sample()).unwrap();
        let (problems, used) = (Mutex::default(), Mutex::default());
        let mut net = Self { emulator, client: client(), token: String::new(), specs, problems, used };
        net.token = net.token_for(TENANT, &format!("{ERP} {ORDERS}")).await;
        net
    }

    /// A token for a company with these scopes.
    pub(crate) async fn token_for(&self, tenant: &str, scope: &str) -> String {
        let answer = self.ask(&[("grant_type", "client_credentials"), ("tenant_id", tenant), ("scope", scope)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    /// The token endpoint, with the client's id and secret.
    pub(crate) async fn ask(&self, pairs: &[(&str, &str)]) -> Answer {
        let all = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
        self.form(&all.iter().chain(pairs).copied().collect::<Vec<_>>(), &[]).await
    }

    pub(crate) async fn form(&self, pairs: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.send("POST", "connect/token", form.as_bytes(), &all).await
    }

    /// A call with these headers and no others.
    pub(crate) async fn send(&self, method: &str, target: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        let url = format!("{}/{target}", self.emulator.base_url());
        let mut request = self.client.request(method.parse().unwrap(), url).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let known = answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let headers = known.collect();
        let text = answer.text().await.unwrap();
        self.hold(method, target, body, status, &text);
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, text, body, headers }
    }

    fn hold(&self, method: &str, target: &str, body: &[u8], status: u16, text: &str) {
        let Some((erp, orders)) = &self.specs else { return };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let spec = match path.split('/').next() {
            Some("api") => orders,
            Some("connect") => return,
            _ => erp,
        };
        let (path, sent) = (format!("/{path}"), String::from_utf8_lossy(body));
        let mut problems = spec.check_response(method, &path, status, text);
        if status < 300 {
            let form = sent.starts_with("--");
            problems.extend(spec.check_request(method, &path, query, if form { "" } else { &sent }));
            self.used.lock().unwrap().extend(spec.operation_name(method, &path));
        }
        self.problems.lock().unwrap().extend(problems);
    }

    /// A call with the token and more headers; a null body is none.
    pub(crate) async fn with(&self, method: &str, target: &str, body: Value, more: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        headers.extend(more);
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, target, text.as_bytes(), &headers).await
    }

    pub(crate) async fn call(&self, method: &str, target: &str, body: Value) -> Answer {
        self.with(method, target, body, &[]).await
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.call("GET", target, Value::Null).await
    }

    /// A call that must answer with this status.
    pub(crate) async fn expect(&self, status: u16, method: &str, target: &str, body: Value) -> Answer {
        let answer = self.call(method, target, body).await;
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.text);
        answer
    }

    /// A write to an order in its present version.
    pub(crate) async fn order(&self, method: &str, target: &str, body: Value) -> Answer {
        let order = target.split('/').take(5).collect::<Vec<_>>().join("/");
        let version = self.get(&order).await.header("etag").to_owned();
        self.with(method, target, body, &[("if-match", &version)]).await
    }

    pub(crate) fn switch(&self, name: &str, value: impl Into<Value>) {
        self.emulator.switch(name, value).unwrap();
    }

    pub(crate) fn act(&self, action: Value) -> Value {
        self.emulator.act(action.clone()).unwrap_or_else(|why| panic!("{action}: {why}"))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.emulator.advance(std::time::Duration::from_secs(seconds)).unwrap();
    }
}

/// Wraps every value of an object, as bodies of the older service have them.
pub(crate) fn wrapped(plain: Value) -> Value {
    let plain = plain.as_object().unwrap().clone();
    let each = |(name, value): (String, Value)| {
        let bare = name == "operation" || value.is_array();
        let value = match value {
            Value::Object(_) => json!({ "value": wrapped(value) }),
            Value::Array(rows) => rows.into_iter().map(wrapped).collect(),
            value if bare => value,
            value => json!({ "value": value }),
        };
        (name, value)
    };
    Value::Object(plain.into_iter().map(each).collect())
}

/// Three customers, a supplier, two persons, four items, prices, an order, a released invoice of 1250 and a draft.
pub(crate) fn sample() -> Value {
    let item = |number: &str, about: &str, price: i64, stock: i64| {
        let goods = stock >= 0;
        let mut item = json!({ "inventoryNumber": number, "description": about, "status": "Active",
            "type": if goods { "FinishedGoodItem" } else { "NonStockItem" }, "stockItem": goods, "defaultPrice": price,
            "lastCost": 60, "baseUnit": "STK", "salesUnit": "STK",
            "itemClass": { "id": if goods { "GOODS" } else { "SERVICE" } }, "vatCode": { "id": "3" },
            "lastModifiedDateTime": "2024-11-01T08:00:00" });
        if goods {
            item["warehouseDetails"] = json!([
                { "isDefault": true, "warehouse": "1", "quantityOnHand": stock, "available": stock,
                    "availableForShipment": stock, "lastModifiedDateTime": "2024-11-01T08:00:00" },
                { "isDefault": false, "warehouse": "2", "quantityOnHand": 0, "available": 0,
                    "availableForShipment": 0, "lastModifiedDateTime": "2024-11-01T08:00:00" }]);
        }
        item
    };
    let customer = |number: &str, name: &str, zone: &str, currency: &str, stamp: &str| {
        json!({ "number": number, "name": name, "status": "Active", "currencyId": currency, "vatZone": { "id": zone },
            "creditTerms": { "id": "30" }, "customerClass": { "id": "1" }, "corporateId": format!("9{number}"),
            "location": { "countryId": "NO", "id": "Main", "name": "Primary Location" },
            "mainAddress": { "addressId": 1, "addressLine1": "Storgata 1", "postalCode": "0155", "city": "Oslo",
                "country": { "id": "NO", "name": "Norway" } },
            "mainContact": { "contactId": 1, "name": name, "email": format!("{number}@example.com"), "phone1": "22" },
            "invoiceAddress": { "addressId": 2, "addressLine1": "Postboks 1", "postalCode": "0101", "city": "Oslo",
                "country": { "id": "NO", "name": "Norway" } },
            "invoiceContact": { "contactId": 2, "name": name, "email": "invoice@example.com" },
            "lastModifiedDateTime": stamp, "createdDateTime": "2024-01-02T03:04:05" })
    };
    let invoice = |number: &str, status: &str| {
        json!({ "referenceNumber": number, "status": status, "hold": false, "customer": { "number": "10000" },
            "documentDate": "2024-11-01T00:00:00", "currencyId": "NOK", "exchangeRate": 1, "customerRefNumber": "PO-7",
            "customerVatZone": { "id": "01" }, "creditTerms": { "id": "30" },
            "lastModifiedDateTime": "2024-11-01T08:00:00",
            "invoiceLines": [{ "lineNumber": 1, "inventoryNumber": "HOUR", "description": "Work", "quantity": 2,
                "unitPriceInCurrency": 500, "vatCode": { "id": "3" }, "account": { "number": "3000" } }] })
    };
    json!({
        "items": [item("HAT", "Hat", 300, 10), item("COAT", "Coat", 900, 3), item("HOUR", "Work", 500, -1), item("OLD", "Old", 1, -1)],
        "customers": [
            customer("10000", "Nordlys AS", "01", "NOK", "2024-11-01T08:00:00"),
            customer("10001", "Svea AB", "02", "SEK", "2024-11-02T08:00:00.123"),
            customer("10002", "Bakke", "01", "NOK", "2024-11-03T08:00:00"),
        ],
        "suppliers": [{ "number": "50000", "name": "Garn AS", "status": "Active", "currencyId": "NOK" }],
        "contacts": [
            { "contactId": 7, "displayName": "Berg, Eva", "firstName": "Eva", "lastName": "Berg", "active": true,
                "businessAccount": "10000", "email": "eva@example.com", "lastModifiedDateTime": "2024-11-01T08:00:00" },
            { "contactId": 8, "displayName": "Dahl", "lastName": "Dahl", "active": true, "businessAccount": "10001" },
        ],
        "prices": [{ "recordId": 5, "priceType": "Customer", "priceCode": "10000", "inventoryId": "HAT", "uoM": "STK",
            "breakQty": 0, "price": 250, "currency": "NOK", "effectiveDate": "2024-01-01T00:00:00" }],
        "orders": [{ "type": "SO", "orderId": "000900", "status": "Open", "date": "2024-11-01T00:00:00Z",
            "lastModified": "2024-11-01T07:00:00Z", "description": "Autumn", "note": "by hand",
            "customer": { "id": "10000", "order": "PO-1", "refNo": "EVA" },
            "orderLines": [
                { "inventory": { "id": "HAT" }, "quantity": 4, "unitPrice": 250, "hasManualPrice": true },
                { "inventory": { "id": "HOUR" }, "quantity": 2, "unitPrice": 500, "discountPercent": 10 }] }],
        "invoices": [invoice("000800", "Open"), invoice("000801", "Balanced")],
    })
}
