//! What is sent to an order, seen in the bodies alone.

use std::collections::BTreeSet;

use mockito::{Matcher, Server};
use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, FieldPath,
    capability::UpdateMode,
    connector::{Connector, Write},
    handler::Router,
    layer::{Checked, Stack},
    model::Order,
};

use crate::support::{Bench, MARKER, STATUS, changed, config, fixture, item, offline, update};

const TOKEN: &str = r#"{"access_token":"t-1","expires_in":3600}"#;

fn carrier() -> FieldPath {
    Order::TRACKING.join("carrier")
}
fn number() -> FieldPath {
    Order::TRACKING.join("number")
}

/// A connector before a server that answers tokens and reading back.
async fn server() -> (mockito::ServerGuard, Bench, Router) {
    let mut server = Server::new_async().await;
    server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
    let order = format!(r#"{{"data":{}}}"#, fixture("order_company"));
    server.mock("GET", Matcher::Regex("^/api/v2/orders/7001".into())).with_body(order).create_async().await;
    let bench = Bench::new();
    let router = bench.connect_kept("se", &config(&server.url())).await;
    (server, bench, router)
}

/// The body of the PATCH that this write makes; null if it makes none.
async fn body(write: Write) -> Json {
    let (mut server, bench, router) = server().await;
    let sent = std::sync::Arc::new(std::sync::Mutex::new(Json::Null));
    let keep = sent.clone();
    let patched = server
        .mock("PATCH", "/api/v2/orders/7001")
        .match_header("content-type", "application/json")
        .match_header("authorization", "Bearer t-1")
        .with_body_from_request(move |request| {
            *keep.lock().unwrap() = serde_json::from_slice(request.body().unwrap()).unwrap();
            br#"{"data":{"orderId":7001}}"#.to_vec()
        })
        .expect_at_most(1)
        .create_async()
        .await;
    router.write(&bench.cx, &[write]).await.remove(0).unwrap();
    patched.assert_async().await;
    sent.lock().unwrap().clone()
}

#[tokio::test]
async fn both_flags_are_in_every_change_of_status_and_false_unless_named() {
    for (effects, mail, payment) in [
        (&[][..], false, false),
        (&["notify_buyer"], true, false),
        (&["capture"], false, true),
        (&["notify_buyer", "capture"], true, true),
    ] {
        let expected = json!({ "statusId": 43, "onOrderStatusChangeSendEmail": mail,
            "onOrderStatusChangeProcessPayment": payment });
        assert_eq!(body(update("7001", &[(STATUS, "completed")], effects)).await, expected, "{effects:?}");
    }
    let cancelled = body(update("7001", &[(STATUS, "canceled")], &["cancel_payment"])).await;
    let expected = json!({ "statusId": 44, "onOrderStatusChangeSendEmail": false,
        "onOrderStatusChangeProcessPayment": true });
    assert_eq!(cancelled, expected);
    let own = body(update("7001", &[(STATUS, "Väntar på tyg")], &["capture"])).await;
    assert_eq!((&own["statusId"], &own["onOrderStatusChangeProcessPayment"]), (&json!(57), &json!(true)));
}

#[tokio::test]
async fn tracking_goes_with_the_status_and_carrier_and_number_together() {
    let with_status = update("7001", &[(STATUS, "completed"), (carrier(), "2"), (number(), "0037")], &["notify_buyer"]);
    let expected = json!({ "statusId": 43, "onOrderStatusChangeSendEmail": true,
        "onOrderStatusChangeProcessPayment": false, "shippingTrackerType": 2, "shippingTrackingNo": "0037" });
    assert_eq!(body(with_status).await, expected);
    // only the number changed: the carrier that is settled goes along, and the flags are there all the same
    let mut number_only = update("7001", &[(carrier(), "1"), (number(), "0038")], &[]);
    if let sync_core::connector::Action::Update { parts, .. } = &mut number_only.action {
        parts[0].changed = BTreeSet::from([number()]);
    }
    let expected = json!({ "onOrderStatusChangeSendEmail": false, "onOrderStatusChangeProcessPayment": false,
        "shippingTrackerType": 1, "shippingTrackingNo": "0038" });
    assert_eq!(body(number_only).await, expected);
    let emptied = body(update("7001", &[(carrier(), ""), (number(), "")], &[])).await;
    assert_eq!((&emptied["shippingTrackingNo"], emptied.get("shippingTrackerType")), (&json!(""), None));
}

#[tokio::test]
async fn a_status_that_the_order_has_is_not_written_again_and_sets_nothing_off() {
    let with_current = |status: &str, effects: &[&str]| {
        let mut write = update("7001", &[(STATUS, status)], effects);
        write.current = Some(item("orders", "7001", &fixture("order_company")));
        write
    };
    assert_eq!(body(with_current("picking", &[])).await, Json::Null);
    assert_eq!(body(with_current("picking", &["notify_buyer", "capture"])).await, Json::Null);
    assert_eq!(body(with_current("completed", &[])).await["statusId"], 43);
    // the rest of the write goes out, with nothing set off
    let mut tracked = update("7001", &[(STATUS, "picking"), (carrier(), "2"), (number(), "0037")], &["notify_buyer"]);
    tracked.current = Some(item("orders", "7001", &fixture("order_company")));
    let sent = body(tracked).await;
    assert_eq!((sent.get("statusId"), &sent["onOrderStatusChangeSendEmail"]), (None, &json!(false)));
    assert_eq!(sent["shippingTrackingNo"], "0037");
}

#[tokio::test]
async fn tracking_and_mark_as_they_are_make_no_request() {
    let raw = changed("order_company", json!({ "shippingTrackerType": 2, "shippingTrackingNo": "0037" }));
    let mut same = update("7001", &[(carrier(), "2"), (number(), "0037"), (MARKER, "SO-100")], &[]);
    same.current = Some(item("orders", "7001", &raw));
    assert_eq!(body(same).await, Json::Null);
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_before_anything_is_sent() {
    let router = offline().await;
    let cx = Bench::new().cx;
    for (write, word) in [
        (update("7001", &[(STATUS, "shipped")], &[]), "created, picking, completed, canceled, Väntar på tyg"),
        (update("7001", &[(STATUS, "")], &[]), "an order always has a status"),
        (update("7001", &[(carrier(), "9"), (number(), "1")], &[]), "1 (Ett bud), 2 (Ett annat bud)"),
        (update("7001", &[(number(), "1")], &["notify_buyer"]), "with a change of status only"),
        (update("7001", &[(STATUS, "canceled")], &["capture"]), "cancel_payment"),
        (update("7001", &[(STATUS, "completed")], &["cancel_payment"]), "capture"),
        (update("7001", &[(STATUS, "completed")], &["capture", "cancel_payment"]), "exclude each other"),
        (update("7001", &[(MARKER, &"m".repeat(41))], &[]), "41 characters"),
    ] {
        let error = router.write(&cx, &[write]).await.remove(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(word), "{error}");
    }
    let checked = Stack::new(std::sync::Arc::new(offline().await)).with(Checked).build();
    let long = update("7001", &[(carrier(), "1"), (number(), &"9".repeat(51))], &[]);
    let error = checked.write(&cx, &[long]).await.remove(0).unwrap_err();
    assert!(error.message().contains("51 characters, 50 fit"), "{error}");
}

#[tokio::test]
async fn what_is_not_claimed_is_refused_without_a_call() {
    let router = offline().await;
    let orders = &router.capabilities().streams["orders"];
    assert!(!orders.create && orders.remove.is_empty() && orders.update == UpdateMode::Merge);
    assert!(!router.capabilities().streams.values().any(|can| can.write_returns_record || can.update_if_version));
    let writable: Vec<&str> =
        orders.fields.iter().filter(|(_, field)| field.write_on_update).map(|(path, _)| path.as_str()).collect();
    assert_eq!(writable, ["tracking.carrier", "tracking.number", "x.starweb.marker", "x.starweb.status"]);
    let contact = &router.capabilities().streams["customer_contact"];
    assert_eq!(contact.update, UpdateMode::None);
    let error = router.write(&Bench::new().cx, &[update("7001", &[(STATUS, "completed")], &["send"])]).await.remove(0);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported);
}
