//! A client of the emulated webCRM for tests: logs in, calls, and holds all that passes against the vendor's own
//! description if it is given one.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock},
};

use emulators::{
    Emulator, Options,
    webcrm::{AUTH_CODE, ApplicationToken, Settings, SystemSettings, WebCrm},
};
use reqwest::Client;
use serde_json::{Value, json};
use spec_check::{Problem, Spec};

pub(crate) const OTHER_CODE: &str = "11111111-2222-3333-4444-555555555555";

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) body: Value,
    pub(crate) retry_after: Option<u64>,
}

impl Answer {
    pub(crate) fn rows(&self) -> &Vec<Value> {
        self.body.as_array().unwrap_or_else(|| panic!("no list: {} {}", self.status, self.text))
    }

    /// One field of each row.
    pub(crate) fn all(&self, field: &str) -> Vec<Value> {
        self.rows().iter().map(|row| row[field].clone()).collect()
    }

    pub(crate) fn id(&self) -> u64 {
        self.body.as_u64().unwrap_or_else(|| panic!("no id: {} {}", self.status, self.text))
    }

    /// What the refusal says.
    pub(crate) fn message(&self) -> &str {
        self.body["Message"].as_str().unwrap_or_default()
    }
}

pub(crate) struct Crm {
    pub(crate) emulator: Emulator<WebCrm>,
    client: Client,
    pub(crate) token: String,
    spec: Option<Spec>,
    pub(crate) problems: Mutex<Vec<Problem>>,
    /// Operations that were answered with 2xx.
    pub(crate) used: Mutex<BTreeSet<String>>,
}

fn client() -> Client {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    PROVIDER.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::builder().build().unwrap()
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    let token = ApplicationToken { auth_code: OTHER_CODE.into(), name: "other".into() };
    settings.systems.push(SystemSettings { system_id: 39_002, tokens: vec![token], first_id: 5000 });
    settings
}

impl Crm {
    /// With the sample, at noon of a day in summer.
    pub(crate) async fn open() -> Self {
        Self::open_with(None).await
    }

    pub(crate) async fn open_with(spec: Option<Spec>) -> Self {
        let options = Options::at("2024-07-01T11:00:00Z".parse().unwrap());
        let emulator = Emulator::start(WebCrm::new(settings()), options).await.unwrap();
        emulator.seed(sample()).unwrap();
        let (problems, used) = (Mutex::default(), Mutex::default());
        let mut crm = Self { emulator, client: client(), token: String::new(), spec, problems, used };
        crm.log_in().await;
        crm
    }

    pub(crate) async fn log_in(&mut self) {
        self.token = self.token_for(AUTH_CODE).await.body["AccessToken"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn token_for(&self, code: &str) -> Answer {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", "Auth/ApiLogin", &format!("authCode={code}"), &form).await
    }

    /// A call with these headers and no others.
    pub(crate) async fn send(&self, method: &str, target: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let url = format!("{}/{target}", self.emulator.base_url());
        let mut request = self.client.request(method.parse().unwrap(), url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let text = answer.text().await.unwrap();
        if let Some(spec) = &self.spec {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let path = format!("/{path}");
            let mut problems = spec.check_response(method, &path, status, &text);
            if status < 300 {
                problems.extend(spec.check_request(method, &path, query, body));
                self.used.lock().unwrap().extend(spec.operation_name(method, &path));
            }
            self.problems.lock().unwrap().extend(problems);
        }
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, text, body, retry_after }
    }

    /// A call with the token; a null body is none.
    pub(crate) async fn call(&self, method: &str, target: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, target, &text, &headers).await
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

    pub(crate) async fn query(&self, script: &str) -> Answer {
        let pairs = url::form_urlencoded::Serializer::new(String::new()).append_pair("script", script).finish();
        self.get(&format!("Queries?{pairs}&Page=1&Size=1000")).await
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
}

/// Three organisations, two persons, a delivery of two rows, an opportunity, two items, a user; a checkbox, a unique
/// field and a list of their own.
pub(crate) fn sample() -> Value {
    let item = |id: u64, code: &str, name: &str| {
        let mut item = json!({ "QuotationLineLinkedDataItemId": id, "QuotationLineLinkedDataItemEntityType": "Product",
            "QuotationLineLinkedDataItemPrice": 300, "QuotationLineLinkedDataItemCostPrice": 120.5 });
        for place in 1..=9 {
            item[format!("QuotationLineLinkedDataItemData{place}")] = json!("-");
        }
        item["QuotationLineLinkedDataItemData1"] = json!(code);
        item["QuotationLineLinkedDataItemData2"] = json!(name);
        item
    };
    json!({
        "fields-metadata": [
            { "FieldMetadataFriendlyFieldName": "PersonCustom4", "FieldMetadataLabel": "Relevant for ERP", "kind": "checkbox" },
            { "FieldMetadataFriendlyFieldName": "OrganisationExtraCustom8", "FieldMetadataLabel": "ERP id", "unique": true },
            { "FieldMetadataFriendlyFieldName": "OrganisationCustom6", "FieldMetadataLabel": "Terms",
                "FieldMetadataDisplayType": "D",
                "FieldMetadataDropdownListData": ["--Velg--", "01: 30 dage", "02: 60 dage"] },
            { "FieldMetadataFriendlyFieldName": "OrganisationCustom7", "FieldMetadataLabel": "Tags", "kind": "multi",
                "FieldMetadataDropdownListData": ["a", "b"] },
        ],
        "users": [{ "UserId": 3, "UserName": "Anne Jensen", "UserEmail": "anne@example.com" }],
        "organisations": [
            { "OrganisationId": 1, "OrganisationName": "Nordlys AS", "OrganisationType": "Customer",
                "OrganisationTelephone": "55 10 20 30", "OrganisationExtraCustom8": "70012", "OrganisationOwner": 3,
                "OrganisationPlus1": "17", "OrganisationCreatedAt": "2024-01-10T09:00:00+00:00",
                "OrganisationUpdatedAt": "2024-06-01T09:00:00+01:00" },
            { "OrganisationId": 2, "OrganisationName": "O'Brien Ltd", "OrganisationType": "Prospect",
                "OrganisationCreatedAt": "2024-02-10T09:00:00+00:00" },
            { "OrganisationId": 3, "OrganisationName": "Bakkeland", "OrganisationCreatedAt": "2024-03-10T09:00:00Z" },
        ],
        "persons": [
            { "PersonId": 1, "PersonOrganisationId": 1, "PersonFirstName": "Eva", "PersonLastName": "Berg",
                "PersonEmail": "eva@example.com", "PersonCustom4": "Yes", "PersonCheckMark7": true },
            { "PersonId": 2, "PersonOrganisationId": 2, "PersonLastName": "Dahl" },
        ],
        "opportunities": [
            { "OpportunityId": 7, "OpportunityOrganisationId": 2, "OpportunityLevel": 2, "OpportunityNumber": "T-7",
                "OpportunityCustom1": "x" },
        ],
        "deliveries": [
            { "DeliveryId": 8, "DeliveryOrganisationId": 1, "DeliveryPersonId": 1, "DeliveryNumber": "8101",
                "DeliveryCurrencyName": "00", "DeliveryOrderDate": "2024-06-12T00:00:00Z", "DeliveryDescription": "Order",
                "DeliveryUpdatedAt": "2024-06-12T08:00:00Z", "DeliveryErpStatus": "ReadyForSynchronization" },
        ],
        "linked-data": [item(1, "100", "Hat"), item(2, "200", "Coat")],
        "quotation-lines": [
            { "QuotationLineId": 50, "QuotationLineOpportunityId": 8, "QuotationLineOrganisationId": 1,
                "QuotationLineData1": "200", "QuotationLineListPrice": 300, "QuotationLineQuantity": 4,
                "QuotationLineDiscount": 25, "QuotationLinePrice": 900, "QuotationLineSortOrder": 20 },
            { "QuotationLineId": 51, "QuotationLineOpportunityId": 8, "QuotationLineOrganisationId": 1,
                "QuotationLineData1": "100", "QuotationLinePrice": 400, "QuotationLineSortOrder": 10 },
        ],
    })
}
