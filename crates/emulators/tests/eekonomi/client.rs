//! A started emulator with one signed-in client.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{cell::RefCell, time::Duration};

use emulators::{Emulator, Options, eekonomi::Eekonomi};
use reqwest::Client;
use serde_json::{Value, json};

/// One request and its answer.
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) sent: String,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(String, String)>,
}

impl Answer {
    /// The body, of an answer with this status.
    #[track_caller]
    pub(crate) fn of(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The error code, of an answer with this status.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: u16) -> Value {
        assert_eq!((self.status, &self.body["ErrorCode"]), (status, &json!(code)), "{}", self.body);
        self.body
    }
}

pub(crate) struct Erp {
    pub(crate) emulator: Emulator<Eekonomi>,
    pub(crate) http: Client,
    pub(crate) token: RefCell<String>,
    pub(crate) exchanges: RefCell<Vec<Exchange>>,
}

pub(crate) fn http() -> Client {
    // A second test of this process finds the provider installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Erp {
    /// Starts at nine in the morning of 17 February 2026, UTC.
    pub(crate) async fn start() -> Self {
        Self::start_at("2026-02-17T09:00:00Z").await
    }

    pub(crate) async fn start_at(now: &str) -> Self {
        let emulator = Emulator::start(Eekonomi::default(), Options::at(now.parse().unwrap())).await.unwrap();
        let token = RefCell::new(String::new());
        let erp = Self { emulator, http: http(), token, exchanges: RefCell::default() };
        erp.sign_in(json!({}));
        erp
    }

    /// Signs in with these arguments.
    pub(crate) fn sign_in(&self, with: Value) -> Value {
        let tokens = self.act("sign_in", with);
        *self.token.borrow_mut() = tokens["access_token"].as_str().unwrap().to_owned();
        tokens
    }

    /// Does what a person does.
    #[track_caller]
    pub(crate) fn act(&self, action: &str, with: Value) -> Value {
        self.try_act(action, with).unwrap()
    }

    pub(crate) fn try_act(&self, action: &str, mut with: Value) -> Result<Value, String> {
        with["action"] = json!(action);
        self.emulator.act(with).map_err(|refused| refused.0)
    }

    #[track_caller]
    pub(crate) fn switch(&self, name: &str, value: impl Into<Value>) {
        self.emulator.switch(name, value).unwrap();
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.emulator.advance(Duration::from_secs(seconds)).unwrap();
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}/v2{path}", self.emulator.base_url());
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(self.token.borrow());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap_or_default().to_owned())
        };
        let headers: Vec<_> = answer.headers().iter().map(header).collect();
        let text = answer.text().await.unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.exchanges.borrow_mut().push(Exchange {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            sent: body.map(Value::to_string).unwrap_or_default(),
            status,
            body: text.clone(),
        });
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)), headers }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&body)).await
    }

    /// A POST without a body.
    pub(crate) async fn act_on(&self, path: &str) -> Answer {
        self.send("POST", path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// All records that a list gives on its first page.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).await.of(200)["Data"].as_array().unwrap().clone()
    }

    /// The id of the record of a list whose field has this value.
    pub(crate) async fn id(&self, path: &str, field: &str, value: &str) -> String {
        let found = self.list(path).await.into_iter().find(|record| record[field] == value);
        found.unwrap_or_else(|| panic!("no {value} in {path}"))["Id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn terms(&self, name: &str) -> String {
        self.id("/termsofpayments", "Name", name).await
    }

    pub(crate) async fn customer(&self, changes: Value) -> Value {
        let mut body = json!({
            "Name": "Exempel AB",
            "IsPrivatePerson": false,
            "IsActive": true,
            "InvoiceCity": "Helsingborg",
            "InvoicePostalCode": "252 34",
            "TermsOfPaymentId": self.terms("30 dagar").await,
        });
        merge(&mut body, changes);
        self.post("/customers", body).await.of(201)
    }

    pub(crate) async fn article_body(&self, number: &str, coding: &str, net: &str, gross: &str) -> Value {
        json!({
            "Number": number,
            "Name": format!("Artikel {number}"),
            "IsActive": true,
            "CodingId": self.id("/articleaccountcodings", "Name", coding).await,
            "UnitId": self.id("/units", "Abbreviation", "st").await,
            "NetPrice": decimal(net),
            "GrossPrice": decimal(gross),
        })
    }

    /// An article of 100.00 with 25 % VAT.
    pub(crate) async fn article(&self, number: &str) -> Value {
        let body = self.article_body(number, "Varor 25 %", "100", "125").await;
        self.post("/articles", body).await.of(201)
    }

    pub(crate) async fn order_body(&self, customer: &Value, article: &Value, changes: Value) -> Value {
        let mut body = json!({
            "CustomerId": customer["Id"],
            "CurrencyCode": "SEK",
            "OrderDate": "2026-02-17",
            "EuThirdParty": false,
            "Status": 2,
            "RotReducedInvoicingType": 0,
            "ReverseChargeOnConstructionServices": false,
            "Rows": [order_row(1, article, "2", "100")],
        });
        merge(&mut body, changes);
        body
    }

    /// An ongoing order of two pieces at 100.00.
    pub(crate) async fn order(&self, customer: &Value, article: &Value, changes: Value) -> Value {
        let body = self.order_body(customer, article, changes).await;
        self.post("/orders", body).await.of(201)
    }

    pub(crate) fn draft_body(&self, customer: &Value, article: &Value, changes: Value) -> Value {
        let mut body = json!({
            "CustomerId": customer["Id"],
            "RotReducedInvoicingType": 0,
            "EuThirdParty": false,
            "Rows": [{
                "IsTextRow": false,
                "ArticleId": article["Id"],
                "Quantity": 2,
                "UnitPrice": 100,
                "ReversedConstructionServicesVatFree": false,
            }],
        });
        merge(&mut body, changes);
        body
    }

    pub(crate) fn invoice_body(&self, customer: &Value, article: &Value, changes: Value) -> Value {
        let mut body = json!({
            "CustomerId": customer["Id"],
            "RotReducedInvoicingType": 0,
            "EuThirdParty": false,
            "Rows": [{ "ArticleId": article["Id"], "Quantity": 2, "UnitPrice": 100 }],
        });
        merge(&mut body, changes);
        body
    }

    /// A booked invoice of 250.00.
    pub(crate) async fn invoice(&self, customer: &Value, article: &Value, changes: Value) -> Value {
        self.post("/customerinvoices", self.invoice_body(customer, article, changes)).await.of(201)
    }

    pub(crate) async fn payment_body(&self, amount: &str, changes: Value) -> Value {
        let mut body = json!({
            "CompanyBankAccountId": self.id("/bankaccounts", "Name", "Företagskonto").await,
            "PaymentDate": "2026-02-17",
            "PaymentAmount": decimal(amount),
            "PaymentCurrency": "SEK",
            "PaymentType": 1,
        });
        merge(&mut body, changes);
        body
    }

    pub(crate) fn mails(&self) -> Vec<Value> {
        self.emulator.state()["mails"].as_array().unwrap().clone()
    }
}

pub(crate) fn order_row(line: i64, article: &Value, quantity: &str, price: &str) -> Value {
    json!({
        "LineNumber": line,
        "IsTextRow": false,
        "ArticleId": article["Id"],
        "Quantity": decimal(quantity),
        "UnitPrice": decimal(price),
        "IsWorkCost": false,
        "EligibleForReverseChargeOnVat": false,
    })
}

/// A number as it is written.
pub(crate) fn decimal(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Sets fields; null removes them.
pub(crate) fn merge(body: &mut Value, changes: Value) {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name] = value.clone();
        }
    }
}

pub(crate) fn path(list: &str, record: &Value) -> String {
    format!("/{list}/{}", record["Id"].as_str().unwrap())
}
