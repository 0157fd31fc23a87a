//! Background calls, files, webhooks, seeds.

use emulators::visma_net::OTHER_TENANT;
use serde_json::{Value, json};

use crate::client::{ERP, Net, wrapped};

async fn in_background(net: &Net, method: &str, target: &str, body: Value, way: &str) -> String {
    let taken = net.with(method, target, body, &[("erp-api-background", way)]).await;
    assert_eq!(taken.status, 202, "{}", taken.text);
    let id = taken.body["id"].as_str().unwrap().to_owned();
    assert!(taken.body["stateLocation"].as_str().unwrap().ends_with(&format!("/v1/background/{id}")));
    format!("v1/background/{id}")
}

#[tokio::test]
async fn a_call_in_the_background_is_done_later_and_kept_for_a_day() {
    let mut net = Net::open().await;
    net.switch("token_lifetime_s", 86_400);
    net.token = net.token_for(emulators::visma_net::TENANT, ERP).await;
    let state = in_background(&net, "POST", "v1/customer", wrapped(json!({ "name": "Later AS" })), "none").await;
    let begun = net.get(&state).await.body;
    assert_eq!(
        (&begun["status"], &begun["statusCode"], begun.get("finishedUtc")),
        (&json!("Started"), &json!(0), None)
    );
    net.expect(404, "GET", &format!("{state}/content"), Value::Null).await;
    assert_eq!(net.get("v1/customer").await.rows().len(), 3);
    net.advance(2);
    let done = net.get(&state).await.body;
    assert_eq!(
        (&done["status"], &done["statusCode"], &done["finishedUtc"]),
        (&json!("Finished"), &json!(201), &json!("2024-11-20T13:00:02+01:00"))
    );
    assert!(done["responseHeaders"]["location"].as_str().unwrap().ends_with("/10003"));
    assert_eq!(net.get("v1/customer").await.rows().len(), 4);
    let failed = in_background(&net, "POST", "v1/customer", wrapped(json!({})), "none").await;
    net.advance(2);
    assert_eq!(
        (&net.get(&failed).await.body["status"], &net.get(&failed).await.body["statusCode"]),
        (&json!("Finished"), &json!(400))
    );
    assert!(net.get(&format!("{failed}/content")).await.message().contains("cannot be empty"));
    let mine = net.token.clone();
    net.token = net.token_for(OTHER_TENANT, ERP).await;
    net.expect(403, "GET", &state, Value::Null).await;
    net.token = mine;
    net.expect(404, "GET", "v1/background/00000000-0000-0000-0000-000000000000", Value::Null).await;
    net.advance(86_300);
    net.expect(200, "GET", &state, Value::Null).await;
    net.advance(97);
    net.token = net.token_for(emulators::visma_net::TENANT, ERP).await;
    net.expect(410, "GET", &state, Value::Null).await;
}

#[tokio::test]
async fn an_address_is_no_longer_taken_for_the_background() {
    let net = Net::open().await;
    for way in ["https://example.com/hook", "subscription:name", "soon"] {
        assert_eq!(
            net.with("GET", "v1/branch", Value::Null, &[("erp-api-background", way)]).await.status,
            400,
            "{way}"
        );
    }
}

#[tokio::test]
async fn a_file_of_the_same_name_is_a_new_revision() {
    let net = Net::open().await;
    let form = |part: &str, text: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--x--\r\n"
        )
    };
    let bearer = format!("Bearer {}", net.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=x")];
    let target = "v1/customerinvoice/000801";
    for text in ["one", "two\r\nlines"] {
        let made = net.send("POST", &format!("{target}/attachment"), form("", text).as_bytes(), &headers).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let read = net.get(&format!("v1/attachment/{}", made.key())).await;
        assert_eq!((read.text.as_str(), read.header("content-type")), (text, "text/plain"));
        net.expect(
            204,
            "PUT",
            &format!("v1/attachment/{}", made.key()),
            json!({ "sendToAutoinvoice": { "value": true } }),
        )
        .await;
    }
    let files = net.get(target).await.body["attachments"].clone();
    assert_eq!((files.as_array().unwrap().len(), &files[0]["revision"]), (1, &json!(2)));
    let on_line = net.send("POST", &format!("{target}/1/attachment"), form("file", "x").as_bytes(), &headers).await;
    assert_eq!(on_line.status, 201);
    assert_eq!(net.get(target).await.body["invoiceLines"][0]["attachments"][0]["name"], "a.txt");
    assert_eq!(
        net.send("POST", &format!("{target}/9/attachment"), form("v", "x").as_bytes(), &headers).await.status,
        404
    );
    assert_eq!(net.send("POST", &format!("{target}/attachment"), b"x", &headers).await.status, 400);
    net.expect(404, "GET", "v1/attachment/x", Value::Null).await;
    assert_eq!(net.emulator.state()["files"].as_array().unwrap().len(), 3);
}

pub(crate) fn subscribe(net: &Net, event: &str) {
    let row = json!({ "event": event, "url": "http://127.0.0.1:1/hooks/net", "secret": "s3cret" });
    net.emulator.seed(json!({ "webhook-subscriptions": [row] })).unwrap();
}

pub(crate) fn events(net: &Net) -> Value {
    net.emulator.webhooks().as_array().unwrap().iter().map(|call| call["event"].clone()).collect()
}

#[tokio::test]
async fn subscribers_are_told_and_calls_are_signed() {
    let net = Net::open().await;
    for event in ["Customer Changed", "Customer Created", "AR Invoice Status Changed", "SALESORDER_DELETED"] {
        subscribe(&net, event);
    }
    net.expect(201, "POST", "v1/customer", wrapped(json!({ "name": "New" }))).await;
    assert_eq!(events(&net), json!(["Customer Changed", "Customer Created"]));
    let call = net.emulator.webhooks()[0].clone();
    let body: Value = serde_json::from_str(call["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["resourceUri"], "https://api.finance.visma.net/v1/customer/10003");
    // HMAC-SHA256 of the body with the secret, in base64, worked out elsewhere.
    assert_eq!(call["headers"][1], json!(["x-signature", "cWXxCNwQ0Cjyu3gg/oElOjDYVxYnQ6nDmsmaxdqQZDY="]));
    net.expect(201, "POST", "v1/contact", wrapped(json!({ "lastName": "Lie" }))).await;
    net.expect(200, "POST", "v1/customerinvoice/000801/action/release", Value::Null).await;
    net.advance(2);
    net.get("v1/branch").await;
    let order = net.act(json!({ "action": "enter_order", "order": { "type": "SO", "customer": { "id": "10000" } } }));
    net.act(json!({ "action": "delete_order", "type": "SO", "key": order["key"] }));
    assert_eq!(
        events(&net),
        json!(["Customer Changed", "Customer Created", "AR Invoice Status Changed", "SALESORDER_DELETED"])
    );
}

#[tokio::test]
async fn a_background_call_is_told_with_its_pairs() {
    let net = Net::open().await;
    subscribe(&net, "*");
    in_background(&net, "GET", "v1/branch", Value::Null, "subscription:order=7, kind=x").await;
    net.advance(2);
    net.get("v1/branch").await;
    let call = net.emulator.webhooks()[0].clone();
    assert_eq!(call["event"], "Background API Operation Response Ready");
    assert!(call["headers"].as_array().unwrap().contains(&json!(["order", "7"])), "{call}");
}

#[tokio::test]
async fn seeds_are_checked_and_the_state_can_be_seeded_again() {
    let net = Net::open().await;
    for (seed, why) in [
        (json!({ "customers": [{ "number": "1", "nmae": "x" }] }), "customers: record 0: nmae: there is no such field"),
        (json!({ "customers": [{ "name": "x" }] }), "customers: record 0: number: is required"),
        (
            json!({ "customers": [{ "number": "1", "mainAddress": { "city": 5 } }] }),
            "customers: record 0: mainAddress.city: is of another type",
        ),
        (
            json!({ "customers": [{ "number": "1", "_tenant": "x" }] }),
            "customers: record 0: _tenant: there is no such company",
        ),
        (
            json!({ "orders": [{ "type": "SO", "orderId": "1", "customer": { "id": "?" } }] }),
            "orders: record 0: customer: The customer cannot be found.",
        ),
        (json!({ "webhook-subscriptions": [{ "event": "*" }] }), "webhook-subscriptions: record 0: url: is required"),
    ] {
        assert_eq!(net.emulator.seed(seed).unwrap_err().0, why);
    }
    net.emulator.seed(json!({ "customers": [{ "number": "S1", "name": "Svensk", "_tenant": OTHER_TENANT }] })).unwrap();
    let mut state = net.emulator.state();
    assert_eq!(state["companies"][OTHER_TENANT]["customers"][0]["name"], "Svensk");
    state.as_object_mut().unwrap().retain(|name, _| name != "companies" && name != "files");
    let other = Net::open().await;
    other.emulator.seed(state.clone()).unwrap_or_else(|why| panic!("{why}"));
    let again = other.emulator.state();
    for name in ["customers", "items", "invoices", "prices", "contacts"] {
        let bare = |state: &Value| {
            let mut rows = state[name].clone();
            for row in rows.as_array_mut().unwrap() {
                row.as_object_mut().unwrap().retain(|name, _| !name.eq_ignore_ascii_case("timestamp"));
            }
            rows
        };
        assert_eq!(bare(&again), bare(&state), "{name}");
    }
}

#[tokio::test]
async fn paths_are_compared_without_regard_to_case() {
    let net = Net::open().await;
    for target in
        ["v1/CustomerInvoice/000800", "V1/customerinvoice/000800", "API/V3/salesorders/so/000900", "v1/vatcategory/3"]
    {
        net.expect(200, "GET", target, Value::Null).await;
    }
}

#[tokio::test]
async fn ordered_failures_have_the_vendors_forms() {
    use emulators::frame::{Fault, FaultKind};
    let net = Net::open().await;
    net.emulator.fault(Fault::new(FaultKind::Status { code: 500, handled: false }).on("GET", "/v1/*"));
    let failed = net.expect(500, "GET", "v1/branch", Value::Null).await;
    assert!(failed.message().starts_with("VismaId: "), "{}", failed.text);
    net.emulator.fault(Fault::new(FaultKind::RateLimit).on("GET", "/v1/*"));
    let slow = net.expect(429, "GET", "v1/branch", Value::Null).await;
    assert_eq!((slow.header("retry-after"), slow.header("x-ratelimit-remaining")), ("60", "0"));
    net.expect(200, "GET", "v1/branch", Value::Null).await;
}

#[tokio::test]
async fn the_old_address_has_the_same_records_and_its_own_limit() {
    let net = Net::open().await;
    let old = net.expect(200, "GET", "API/controller/api/v1/customer/10000", Value::Null).await;
    assert_eq!(old.body["name"], "Nordlys AS");
    assert_eq!((old.header("x-ratelimit-policy"), old.header("x-ratelimit-limit")), ("6-fixed-window", "500"));
    assert_eq!(net.get("v1/branch").await.header("x-ratelimit-remaining"), "14999");
    net.expect(404, "GET", "API/controller/v1/customer", Value::Null).await;
}
