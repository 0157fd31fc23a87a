//! A client of the emulated shop for tests: signs in, calls, and holds all that passes against the vendor's own
//! description if it is given one.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock},
};

use chrono::{DateTime, Utc};
use emulators::{
    Emulator, Options,
    starweb::{Settings, Starweb},
};
use reqwest::Client;
use serde_json::{Value, json};
use spec_check::{Problem, Spec};

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// What is inside the answer's `data`.
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    pub(crate) fn ids(&self, key: &str) -> Vec<u64> {
        self.data().as_array().unwrap().iter().map(|row| row[key].as_u64().unwrap()).collect()
    }

    pub(crate) fn total(&self) -> u64 {
        self.body["meta"]["pagination"]["total"].as_u64().unwrap()
    }
}

pub(crate) struct Shop {
    pub(crate) emulator: Emulator<Starweb>,
    client: Client,
    token: String,
    pub(crate) spec: Option<Spec>,
    pub(crate) problems: Mutex<Vec<Problem>>,
    /// Operations that were answered with 2xx.
    pub(crate) used: Mutex<BTreeSet<String>>,
}

fn client() -> Client {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    PROVIDER.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::builder().build().unwrap()
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2024-03-01T11:00:00Z".parse().unwrap()
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(None).await
    }

    pub(crate) async fn open_with(spec: Option<Spec>) -> Self {
        let emulator = Emulator::start(Starweb::new(Settings::default()), Options::at(noon())).await.unwrap();
        let (problems, used) = (Mutex::default(), Mutex::default());
        let mut shop = Self { emulator, client: client(), token: String::new(), spec, problems, used };
        shop.sign_in().await;
        shop
    }

    pub(crate) async fn sign_in(&mut self) {
        let answer = self.ask_token("samklang", "secret").await;
        assert_eq!(answer.status, 200);
        self.token = answer.body["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn ask_token(&self, id: &str, secret: &str) -> Answer {
        let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let url = format!("{}/api/v2/token", self.emulator.base_url());
        let kind = "application/x-www-form-urlencoded";
        let request = self.client.post(url).header("content-type", kind).body(body.clone());
        self.exchange("POST", "token", &body, request).await
    }

    /// Calls `/api/v2/<target>`; a null body is none.
    pub(crate) async fn call(&self, method: &str, target: &str, body: Value) -> Answer {
        let url = format!("{}/api/v2/{target}", self.emulator.base_url());
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(&self.token);
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let request = if text.is_empty() { request } else { request.body(text.clone()) };
        self.exchange(method, target, &text, request.header("content-type", "application/json")).await
    }

    /// Uploads a file in a form.
    pub(crate) async fn upload(&self, method: &str, target: &str, name: &str, mime: &str, bytes: &[u8]) -> Answer {
        let url = format!("{}/api/v2/{target}", self.emulator.base_url());
        let head = format!(
            "--border\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {mime}\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--border--\r\n"].concat();
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(&self.token).body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=border");
        let answer = self.exchange(method, target, "(a form)", request).await;
        assert!(answer.status < 300, "{method} {target}: {}", answer.body);
        answer
    }

    async fn exchange(&self, method: &str, target: &str, sent: &str, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        if let Some(spec) = &self.spec {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let path = format!("/api/v2/{path}");
            let mut problems = spec.check_response(method, &path, status, &text);
            if status < 300 {
                problems.extend(spec.check_request(method, &path, query, sent));
                self.used.lock().unwrap().extend(spec.operation_name(method, &path));
            }
            self.problems.lock().unwrap().extend(problems);
        }
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.call("GET", target, Value::Null).await
    }

    /// A call that must answer with this status.
    pub(crate) async fn expect(&self, status: u16, method: &str, target: &str, body: Value) -> Answer {
        let answer = self.call(method, target, body).await;
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.body);
        answer
    }

    pub(crate) fn switch(&self, name: &str, value: impl Into<Value>) {
        self.emulator.switch(name, value).unwrap();
    }

    pub(crate) fn act(&self, action: Value) -> Value {
        self.emulator.act(action).unwrap()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.emulator.advance(std::time::Duration::from_secs(seconds)).unwrap();
    }

    /// A shopper's order of one row.
    pub(crate) fn placed(&self) -> u64 {
        self.placed_with(json!({}))
    }

    pub(crate) fn placed_with(&self, more: Value) -> u64 {
        let mut order = json!({
            "action": "place_order",
            "originalCustomerEmail": "anna@example.com",
            "items": [{ "sku": "MUGG-1", "quantity": 2 }],
            "addresses": { "originalInvoice": address("Anna", "Andersson") },
        });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.act(order)["orderId"].as_u64().unwrap()
    }

    /// The id of a standard status.
    pub(crate) async fn status(&self, code: &str) -> u64 {
        let statuses = self.get("order-statuses").await;
        let found = statuses.data().as_array().unwrap().iter().find(|status| status["idCode"] == code).cloned();
        found.unwrap()["statusId"].as_u64().unwrap()
    }

    /// How many of a journal of side effects there are: `mails`, `captures`, `cancellations`.
    pub(crate) fn journal(&self, name: &str) -> usize {
        self.emulator.state()[name].as_array().unwrap().len()
    }

    /// The events of webhook deliveries so far.
    pub(crate) fn events(&self) -> Vec<String> {
        let deliveries = self.emulator.webhooks();
        deliveries.as_array().unwrap().iter().map(|d| d["body"]["eventId"].as_str().unwrap_or("?").to_owned()).collect()
    }

    pub(crate) fn seed(&self) {
        self.emulator.seed(sample()).unwrap();
    }
}

pub(crate) fn address(first: &str, last: &str) -> Value {
    json!({ "firstName": first, "lastName": last, "address": "Storgatan 1", "postalCode": "111 22",
        "city": "Stockholm", "countryCode": "SE" })
}

/// A mug with two variants, a book at 12 %, a company and a private customer.
pub(crate) fn sample() -> Value {
    let price = |net: &str| json!({ "data": [{ "pricelistId": 108, "priceExVat": net.parse::<i64>().unwrap() }] });
    json!({
        "products": [
            {
                "productId": 1, "createdAt": "2024-01-01T08:00:00+01:00", "modifiedAt": "2024-02-01T08:00:00+01:00",
                "visibility": "visible", "unitId": 1, "type": "basic", "accounting": 3001,
                "languages": { "data": [
                    { "langCode": "sv", "name": "Mugg", "shortDescription": "", "longDescription": "En mugg", "permalink": "mugg" },
                    { "langCode": "en", "name": "Mug" },
                ] },
                "vatRates": { "data": [{ "countryCode": "se", "vatRate": 25 }] },
                "categories": { "data": [{ "categoryId": 1, "sortIndex": 0 }] },
                "variants": { "data": [
                    { "variantId": 11, "sku": "MUGG-1", "stockQuantity": 10, "weightInKg": 0.4, "costPrice": "40.00", "prices": price("80") },
                    { "variantId": 12, "sku": "MUGG-2", "stockQuantity": 5, "weightInKg": 0.5, "prices": price("100") },
                ] },
            },
            {
                "productId": 2, "defaultVatRate": "12", "visibility": "hidden",
                "languages": [{ "langCode": "sv", "name": "Bok" }],
                "variants": [{ "variantId": 13, "sku": "BOK-1", "stockQuantity": 3, "prices": price("50") }],
            },
        ],
        "customers": [
            {
                "customerId": 1, "createdAt": "2024-01-10T09:00:00+01:00", "modifiedAt": "2024-02-10T09:00:00+01:00",
                "type": "company", "email": "inkop@bolaget.example", "nationalIdNo": "556677-0001",
                "addresses": { "data": { "invoice": { "companyName": "Bolaget AB", "address": "Ågatan 2", "postalCode": "582 22", "city": "Linköping", "countryCode": "SE" } } },
                "externalServices": [{ "serviceName": "ERP", "externalIdValue": "C-1" }],
            },
            { "customerId": 2, "email": "anna@example.com", "createdAt": "2024-01-11T09:00:00+01:00", "hasAccount": false },
        ],
    })
}
