//! Each switch of the emulated vendor, at each of its settings.

use std::collections::BTreeMap;

use emulators::visma_net::{CLIENT_ID, CLIENT_SECRET, CUSTOMER_TENANT, REDIRECT_URI, TENANT};
use serde_json::{Value, json};

use crate::{
    access::base64_of,
    client::{ERP, Net, wrapped},
    others::{events, subscribe},
};

const ORDER: &str = "api/v3/SalesOrders/SO/000900";
const DRAFT: &str = "v1/customerinvoice/000801";

async fn net_at(name: &str, value: impl Into<Value>) -> Net {
    let net = Net::open().await;
    net.switch(name, value);
    net
}

/// Runs the same story at each setting and gives what came of it.
macro_rules! at_each {
    ($name:literal, [$($value:expr => $expected:expr),+ $(,)?], |$net:ident| $story:block) => {
        $({
            #[allow(unused_mut, reason = "some stories change the token")]
            let mut $net = net_at($name, $value).await;
            let found = async { $story }.await;
            assert_eq!(json!(found), json!($expected), "{} at {:?}", $name, $value);
        })+
    };
}

#[tokio::test]
async fn all_switches_are_tested_here() {
    let net = Net::open().await;
    let url = format!("{}/_emulator/switches", net.emulator.base_url());
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let known: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let tested = include_str!("switches.rs");
    for (name, switch) in known {
        let (_, story) = tested.split_once(&format!("at_each!(\"{name}\"")).unwrap_or_else(|| panic!("{name}"));
        let settings = story.split_once("|net|").unwrap().0;
        for word in switch["allowed"].as_array().into_iter().flatten() {
            assert!(settings.contains(&word.to_string()), "{name} at {word}");
        }
        assert!(settings.matches("=>").count() > 1, "{name}");
        assert!(!switch["about"].as_str().unwrap().is_empty(), "{name}");
    }
}

async fn refresh_token(net: &Net) -> Value {
    let pairs = [
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "offline_access"),
        ("company", TENANT),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let back = url::Url::parse(net.send("GET", &format!("connect/consent?{query}"), b"", &[]).await.header("location"))
        .unwrap();
    let code = back.query_pairs().next().unwrap().1.into_owned();
    net.ask(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI)]).await.body["refresh_token"].clone()
}

async fn refreshed(net: &Net, token: &Value) -> u16 {
    net.ask(&[("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())]).await.status
}

#[tokio::test]
async fn at_the_gate() {
    at_each!("token_lifetime_s", [3600 => json!([200, 200]), 60 => json!([200, 401])], |net| {
        net.token = net.token_for(TENANT, ERP).await;
        net.advance(59);
        let before = net.get("v1/branch").await.status;
        net.advance(1);
        json!([before, net.get("v1/branch").await.status])
    });
    at_each!("refresh_lifetime_s", [60 => 400, 120 => 200], |net| {
        let token = refresh_token(&net).await;
        net.advance(60);
        refreshed(&net, &token).await
    });
    at_each!("refresh_rotates", ["yes" => json!([200, 400]), "no" => json!([200, 200])], |net| {
        let token = refresh_token(&net).await;
        json!([refreshed(&net, &token).await, refreshed(&net, &token).await])
    });
    at_each!("client_secret_in", ["form_or_basic" => 200, "form" => 400], |net| {
        let basic = format!("Basic {}", base64_of(&format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        let pairs = [("grant_type", "client_credentials"), ("tenant_id", TENANT), ("scope", ERP)];
        net.form(&pairs, &[("authorization", &basic)]).await.status
    });
    at_each!("action_scope", ["create" => json!([200, 403]), "update" => json!([403, 200])], |net| {
        let mut found = Vec::new();
        for right in ["create", "update"] {
            net.token = net.token_for(TENANT, &format!("vismanet_erp_service_api:{right}")).await;
            found.push(net.call("POST", &format!("{DRAFT}/action/sendToAutoInvoice"), Value::Null).await.status);
        }
        found
    });
    at_each!("customer_tenant", ["401" => json!([401, null]), "licence_fault" => json!([401, "12027"])], |net| {
        net.token = net.token_for(CUSTOMER_TENANT, ERP).await;
        let answer = net.get("v1/branch").await;
        json!([answer.status, answer.body["ExceptionFaultCode"]])
    });
    at_each!("company_header", ["ignored" => json!([3, 3]), "checked" => json!([0, 3])], |net| {
        let right = net.with("GET", "v1/customer", Value::Null, &[("ipp-company-id", "4001")]).await;
        json!([net.get("v1/customer").await.rows().len(), right.rows().len()])
    });
    at_each!("v3_branch_header", ["none" => 201, "branchid" => 400], |net| {
        let body = json!({ "type": "SO", "customer": { "id": "10000" } });
        net.with("POST", "api/v3/SalesOrders", body, &[("branchid", "9")]).await.status
    });
    at_each!("gateway_body", ["empty" => "", "text" => "Unauthorized", "message" => "{\"message\":\"Unauthorized\"}"], |net| {
        net.send("GET", "v1/branch", b"", &[]).await.text
    });
    at_each!("rate_limit_per_hour", [0 => json!(["", 200]), 1 => json!(["0", 429])], |net| {
        let first = net.get("v1/branch").await.header("x-ratelimit-remaining").to_owned();
        json!([first, net.get("v1/vat").await.status])
    });
    at_each!("old_rate_limit_per_hour", [500 => json!([200, 200]), 1 => json!([429, 200])], |net| {
        net.get("API/controller/api/v1/branch").await;
        json!([net.get("API/controller/api/v1/vat").await.status, net.get("v1/branch").await.status])
    });
    at_each!("rate_limit_shared", ["no" => 200, "yes" => 429], |net| {
        net.switch("rate_limit_per_hour", 1);
        net.get("v1/branch").await;
        net.get("api/v3/Customers").await.status
    });
    at_each!("same_request_rule", ["off" => json!([200, 404, 200]), "on" => json!([429, 429, 200])], |net| {
        for _ in 0..5 {
            net.get("v1/branch").await;
        }
        let many = net.get("v1/branch").await.status;
        net.get("v1/vat/none").await;
        net.get("v1/vat/none").await;
        let failed = net.get("v1/vat/none").await.status;
        net.advance(300);
        json!([many, failed, net.get("v1/branch").await.status])
    });
}

#[tokio::test]
async fn reading() {
    at_each!("listing_lag_s", [0 => json!([4, 200]), 10 => json!([3, 200])], |net| {
        let key = net.expect(201, "POST", "v1/customer", wrapped(json!({ "name": "New" }))).await.key();
        let listed = net.get("v1/customer").await.rows().len();
        json!([listed, net.get(&format!("v1/customer/{key}")).await.status])
    });
    at_each!("max_page_size", [1000 => 3, 2 => 2], |net| { net.get("v1/customer?pageNumber=1&pageSize=10").await.rows().len() });
    at_each!("max_page_size_inventory", [5000 => 4, 2 => 2], |net| { net.get("v1/inventory?pageNumber=1&pageSize=10").await.rows().len() });
    at_each!("v3_max_page_size", [10_000 => 200, 5 => 400], |net| { net.get("api/v3/SalesOrders?pageSize=6").await.status });
    at_each!("page_not_asked_for", ["whole" => 3, "first" => 2], |net| {
        net.switch("max_page_size", 2);
        net.get("v1/customer").await.rows().len()
    });
    at_each!("list_order", [
        "created" => json!(["10000", "10001", "10002"]),
        "newest_first" => json!(["10002", "10001", "10000"]),
        "modified" => json!(["10001", "10002", "10000"])], |net| {
        net.act(json!({ "action": "edit", "collection": "customers", "key": "10000", "set": {} }));
        net.get("v1/customer").await.all("/number")
    });
    at_each!("stamp_zone", ["oslo" => "2024-11-20T13:00:00", "utc" => "2024-11-20T12:00:00"], |net| {
        net.expect(204, "PUT", "v1/customer/10000", wrapped(json!({ "gln": "1" }))).await;
        net.get("v1/customer/10000").await.body["lastModifiedDateTime"].clone()
    });
    at_each!("greater_than", ["exclusive" => 1, "inclusive" => 2], |net| {
        net.get("v1/customer?lastModifiedDateTime=2024-11-02T08:00:00.123&lastModifiedDateTimeCondition=%3E").await.rows().len()
    });
    at_each!("modified_without_condition", ["everything" => 200, "refused" => 400], |net| {
        net.get("v1/customer?lastModifiedDateTime=2024-11-02").await.status
    });
    at_each!("unknown_key", ["404" => 404, "400" => 400], |net| { net.get("v1/customer/none").await.status });
    at_each!("unset_fields", ["left_out" => false, "null" => true], |net| {
        net.get("v1/customer/10000").await.body.as_object().unwrap().contains_key("gln")
    });
    at_each!("amount_scale", ["plain" => "1250", "four" => "1250.0000"], |net| {
        net.get("v1/customerinvoice/000800").await.body["amount"].to_string()
    });
    at_each!("amount_pairs", ["by_name" => json!([950, 1000]), "swapped" => json!([1000, 950])], |net| {
        let lines = json!([{ "operation": "Insert", "inventoryNumber": "HOUR", "quantity": 1, "unitPriceInCurrency": 1000 }]);
        let body = wrapped(json!({ "customerNumber": "10001", "invoiceLines": lines }));
        let key = net.expect(201, "POST", "v2/customerinvoice", body).await.key();
        let known = net.get(&format!("v1/customerinvoice/{key}")).await.body;
        json!([known["amount"], known["amountInCurrency"]])
    });
    at_each!("invoice_by_number", ["object" => false, "list" => true], |net| {
        net.get("v1/customerinvoice/000800").await.body.is_array()
    });
    at_each!("etags", ["2026" => json!([true, true, true]), "2025" => json!([false, false, true])], |net| {
        let customer = net.get("v1/customer/10000").await;
        let supplier = net.get("v1/supplier/50000").await;
        json!([!customer.header("etag").is_empty(), customer.body["timeStamp"].is_string(), !supplier.header("etag").is_empty()])
    });
    at_each!("amount_before_release", ["shown" => json!([1250, 1250]), "empty" => json!([null, 1250])], |net| {
        json!([net.get(DRAFT).await.body["amount"], net.get("v1/customerinvoice/000800").await.body["amount"]])
    });
    at_each!("v3_lines_inline", ["no" => 0, "yes" => 2], |net| {
        net.get(ORDER).await.body["orderLines"].as_array().map_or(0, Vec::len)
    });
    at_each!("v3_extended_price", ["before_discount" => 1000, "after_discount" => 900], |net| {
        net.order("PATCH", ORDER, json!({ "description": "x" })).await;
        net.get(&format!("{ORDER}/lines/2")).await.body["extendedPrice"].clone()
    });
}

#[tokio::test]
async fn writing() {
    at_each!("no_delete", ["405" => 405, "404" => 404], |net| { net.call("DELETE", "v1/customer/10000", Value::Null).await.status });
    at_each!("business_error", ["400" => json!([400, 400]), "500" => json!([500, 400])], |net| {
        let create = net.call("POST", "v1/customer", wrapped(json!({}))).await.status;
        json!([create, net.call("PUT", "v1/customer/10000", wrapped(json!({ "creditTermsId": "?" }))).await.status])
    });
    at_each!("unknown_property", ["ignored" => 204, "refused" => 400], |net| {
        net.call("PUT", "v1/customer/10000", json!({ "colour": { "value": "red" } })).await.status
    });
    at_each!("v3_unknown_property", ["refused" => 400, "ignored" => 202], |net| {
        net.order("PATCH", ORDER, json!({ "colour": "red" })).await.status
    });
    at_each!("field_lengths", [
        "free" => json!([204, 60]), "refused" => json!([400, 4]), "cut" => json!([204, 50])], |net| {
        let body = wrapped(json!({ "mainAddress": { "city": "å".repeat(60) } }));
        let status = net.call("PUT", "v1/customer/10000", body).await.status;
        let city = net.get("v1/customer/10000").await.body["mainAddress"]["city"].as_str().unwrap().chars().count();
        json!([status, city])
    });
    at_each!("null_means", ["clears" => Value::Null, "kept" => json!("910000")], |net| {
        net.expect(204, "PUT", "v1/customer/10000", json!({ "corporateId": { "value": null } })).await;
        net.get("v1/customer/10000").await.body["corporateId"].clone()
    });
    at_each!("create_body", ["empty" => "", "object" => "{}"], |net| {
        net.expect(201, "POST", "v1/customer", wrapped(json!({ "name": "N" }))).await.text
    });
    at_each!("location_host", ["same" => false, "other" => true], |net| {
        let made = net.expect(201, "POST", "v1/customer", wrapped(json!({ "name": "N" }))).await;
        made.header("location") == "http://integration.visma.net/API/controller/api/v1/customer/10003"
    });
    at_each!("location_slash", ["coded" => "A%2F1", "plain" => "A/1"], |net| {
        let body = wrapped(json!({ "name": "N", "number": "A/1", "overrideNumberSeries": true }));
        let made = net.expect(201, "POST", "v1/customer", body).await;
        net.expect(200, "GET", "v1/customer/A%2F1", Value::Null).await;
        made.header("location").rsplit_once("/customer/").unwrap().1.to_owned()
    });
    at_each!("if_match_checked", ["always" => json!([412, 202, 412]), "background" => json!([204, 202, 412])], |net| {
        let stale = ("if-match", "\"AAAAAAAAAAA=\"");
        let body = || wrapped(json!({ "name": "x" }));
        let plain = net.with("PUT", "v1/customer/10000", body(), &[stale]).await.status;
        let taken = net.with("PUT", "v1/customer/10001", body(), &[stale, ("erp-api-background", "none")]).await;
        net.advance(2);
        let state = net.get(&format!("v1/background/{}", taken.body["id"].as_str().unwrap())).await;
        json!([plain, taken.status, state.body["statusCode"]])
    });
    at_each!("if_match_form", ["both" => json!([204, 204]), "quoted" => json!([204, 412])], |net| {
        let mut found = Vec::new();
        for quoted in [true, false] {
            let version = net.get("v1/customer/10000").await.header("etag").to_owned();
            let version = if quoted { version } else { version.trim_matches('"').to_owned() };
            found.push(net.with("PUT", "v1/customer/10000", wrapped(json!({ "name": "x" })), &[("if-match", &version)]).await.status);
        }
        found
    });
    at_each!("number_without_override", ["ignored" => "000001", "used" => "156589"], |net| {
        let body = json!({ "customerNumber": "10000", "referenceNumber": "156589" });
        net.expect(201, "POST", "v1/customerinvoice", wrapped(body)).await.key()
    });
    at_each!("price_order", ["nearest" => 350, "cheapest" => 300], |net| {
        net.act(json!({ "action": "edit", "collection": "prices", "key": 5, "set": { "price": 350 } }));
        let order = json!({ "type": "SO", "customer": { "id": "10000" }, "orderLines": [{ "inventoryId": "HAT", "quantity": 1 }] });
        let key = net.expect(201, "POST", "api/v3/SalesOrders", order).await.key();
        net.get(&format!("api/v3/SalesOrders/SO/{key}/lines/1")).await.body["unitPrice"].clone()
    });
    at_each!("vat_not_found", ["no_vat" => 201, "refused" => 400], |net| {
        let lines = json!([{ "operation": "Insert", "vatCodeId": "0", "unitPriceInCurrency": 1 }]);
        net.call("POST", "v2/customerinvoice", wrapped(json!({ "customerNumber": "10000", "invoiceLines": lines }))).await.status
    });
}

#[tokio::test]
async fn actions() {
    at_each!("release_delay_s", [0 => "Open", 2 => "Balanced"], |net| {
        net.expect(200, "POST", &format!("{DRAFT}/action/release"), Value::Null).await;
        net.get(DRAFT).await.body["status"].clone()
    });
    at_each!("action_result", ["Queued" => "Queued", "InProcess" => "InProcess", "Done" => "Done"], |net| {
        net.expect(200, "POST", &format!("{DRAFT}/action/release"), Value::Null).await.body["actionResult"].clone()
    });
    at_each!("release_fails", [
        "no" => json!(["Queued", "Open", null]),
        "at_once" => json!(["Failed", "Balanced", null]),
        "later" => json!(["Queued", "Balanced", "The document could not be released."])], |net| {
        let result = net.expect(200, "POST", &format!("{DRAFT}/action/release"), Value::Null).await.body["actionResult"].clone();
        net.advance(2);
        let known = net.get(DRAFT).await.body;
        json!([result, known["status"], known["errorInfo"]])
    });
    at_each!("order_action_status", ["200" => json!([200, false]), "204" => json!([204, true])], |net| {
        let body = json!({ "orderType": "SO", "shipmentDate": "2024-11-21", "shipmentWarehouse": "1" });
        let made = net.call("POST", "v2/salesorder/000900/action/createShipment", body).await;
        json!([made.status, made.text.is_empty()])
    });
    at_each!("journal_release", ["Unposted" => "Unposted", "Posted" => "Posted"], |net| {
        net.act(json!({ "action": "create", "collection": "journals", "set": {} }));
        net.act(json!({ "action": "release", "collection": "journals", "key": "000001" }));
        net.get("v2/journaltransaction/000001").await.body["status"].clone()
    });
    at_each!("invoice_order_ships", ["no" => 200, "yes" => 400], |net| {
        let order = json!({ "type": "IN", "customer": { "id": "10000" }, "orderLines": [{ "inventoryId": "HAT", "quantity": 1 }] });
        let key = net.expect(201, "POST", "api/v3/SalesOrders", order).await.key();
        net.call("POST", &format!("v2/salesorder/IN/{key}/action/prepareInvoice"), Value::Null).await.status
    });
    at_each!("background_event", [
        "Background API Operation Response Ready" => json!(["Background API Operation Response Ready"]),
        "BACKGROUND_API_RESPONSE" => json!(["BACKGROUND_API_RESPONSE"])], |net| {
        subscribe(&net, "*");
        net.with("GET", "v1/branch", Value::Null, &[("erp-api-background", "subscription")]).await;
        net.advance(2);
        net.get("v1/branch").await;
        events(&net)
    });
    at_each!("background_delay_s", [0 => "Finished", 2 => "Started"], |net| {
        let taken = net.with("GET", "v1/branch", Value::Null, &[("erp-api-background", "none")]).await;
        net.get(&format!("v1/background/{}", taken.body["id"].as_str().unwrap())).await.body["status"].clone()
    });
}

#[tokio::test]
async fn webhooks() {
    at_each!("webhook_header", [
        "x-signature" => "x-signature", "signature" => "signature", "x-visma-signature" => "x-visma-signature", "none" => Value::Null], |net| {
        subscribe(&net, "Customer Changed");
        net.act(json!({ "action": "edit", "collection": "customers", "key": "10000", "set": {} }));
        net.emulator.webhooks()[0]["headers"][1][0].clone()
    });
    at_each!("webhook_payload", [
        "resource" => "{\"action\":\"Customer Changed\",",
        "entity" => "{\"entityId\":\"10000\",\"notifica",
        "empty" => ""], |net| {
        subscribe(&net, "Customer Changed");
        net.act(json!({ "action": "edit", "collection": "customers", "key": "10000", "set": {} }));
        let body = net.emulator.webhooks()[0]["body"].as_str().unwrap().to_owned();
        body.chars().take(29).collect::<String>()
    });
    at_each!("webhook_order", ["as_happened" => json!([1, 2]), "reversed" => json!([2, 1])], |net| {
        subscribe(&net, "Customer Changed");
        for key in ["10000", "10001"] {
            net.act(json!({ "action": "edit", "collection": "customers", "key": key, "set": {} }));
        }
        net.emulator.with(|vendor, cx| {
            use emulators::frame::Vendor;
            let calls = vendor.due_calls(cx).into_iter().map(|call| call.id.rsplit('-').next().unwrap().parse::<u64>().unwrap());
            calls.collect::<Vec<_>>()
        })
    });
    at_each!("webhook_times", [1 => 1, 3 => 3], |net| {
        subscribe(&net, "Customer Changed");
        net.act(json!({ "action": "edit", "collection": "customers", "key": "10000", "set": {} }));
        events(&net).as_array().unwrap().len()
    });
    at_each!("webhook_tries", [1 => json!([1, false]), 2 => json!([2, false]), 3 => json!([2, true])], |net| {
        subscribe(&net, "Customer Changed");
        net.act(json!({ "action": "edit", "collection": "customers", "key": "10000", "set": {} }));
        for _ in 0..2 {
            net.emulator.with(|vendor, cx| {
                use emulators::frame::Vendor;
                for call in vendor.due_calls(cx) {
                    vendor.call_answered(cx, &call.id, Some(500));
                }
            });
        }
        let call = net.emulator.webhooks()[0].clone();
        json!([call["tries"], call["waits"]])
    });
}
