//! Webhooks: who subscribed in the portal, and the calls that come of what happens.
//!
//! A subscription is made by hand, so it is seeded (`webhook-subscriptions`): `event` (as the portal lists them, `*` for
//! all), `url`, `secret`. "Changed" means created or updated: with `Changed` and `Created` subscribed, a creation calls
//! twice. There are no events for persons, prices, payments, stock and credit notes; of deletions only for shipments and
//! orders.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::{Value, json};

use crate::frame::{Call, Cx, Switches};

use super::{
    switches::{WEBHOOK_HEADER, WEBHOOK_ORDER, WEBHOOK_PAYLOAD, WEBHOOK_TIMES, WEBHOOK_TRIES},
    value::{Fields, text},
};

#[derive(Debug)]
struct HookCall {
    id: String,
    event: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    tries: i64,
    status: Option<u16>,
    waits: bool,
}

/// The subscriptions of one company and the calls made.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    subscribed: Vec<Fields>,
    calls: Vec<HookCall>,
    made: u64,
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    Created,
    Updated,
    Deleted,
    /// Its status moved.
    Status,
}

/// The portal's names of events for a collection; none where nothing is told.
fn events(collection: &str, happened: Happened) -> Vec<String> {
    use Happened::{Created, Deleted, Status, Updated};
    let noun = match collection {
        "customers" => "Customer",
        "suppliers" => "Supplier",
        "items" => "Inventory Item",
        "accounts" => "Account",
        "projects" => "Project",
        "invoices" => "AR Invoice",
        "shipments" => "Shipment",
        "orders" => {
            return match happened {
                Created => vec!["SALESORDER_CREATED".into()],
                Updated | Status => vec!["SALESORDER_UPDATED".into()],
                Deleted => vec!["SALESORDER_DELETED".into()],
            };
        }
        _ => return Vec::new(),
    };
    let words: &[&str] = match (collection, happened) {
        ("projects", Created) => return vec!["Project Changed".into(), "PM Project Created".into()],
        ("projects", Updated) => return vec!["Project Changed".into(), "PM Project Updated".into()],
        ("invoices" | "shipments", Created | Updated) => &["Changed"],
        ("invoices" | "shipments", Status) => &["Changed", "Status Changed"],
        ("accounts" | "shipments", Deleted) => &["Deleted"],
        (_, Deleted) => &[],
        (_, Created) => &["Changed", "Created"],
        (_, Updated | Status) => &["Changed", "Updated"],
    };
    words.iter().map(|word| format!("{noun} {word}")).collect()
}

impl Hooks {
    pub(super) fn subscribe(&mut self, subscription: Fields) -> Result<(), String> {
        for name in ["event", "url"] {
            if text(&subscription, name).is_empty() {
                return Err(format!("{name}: is required"));
            }
        }
        self.subscribed.push(subscription);
        Ok(())
    }

    pub(super) fn subscriptions(&self) -> Value {
        super::value::list(self.subscribed.iter().cloned())
    }

    /// Notes the calls for what happened. `uri` is the record's address, `key` its name in there.
    pub(super) fn happened(
        &mut self,
        cx: &Cx<'_>,
        tenant: &str,
        collection: &str,
        happened: Happened,
        uri: &str,
        key: &str,
    ) {
        for event in events(collection, happened) {
            self.emit(cx, tenant, &event, uri, key, &[]);
        }
    }

    /// Notes the calls for one event.
    pub(super) fn emit(
        &mut self,
        cx: &Cx<'_>,
        tenant: &str,
        event: &str,
        uri: &str,
        key: &str,
        extra: &[(String, String)],
    ) {
        let wanted =
            self.subscribed.iter().filter(|known| matches!(text(known, "event"), "*") || text(known, "event") == event);
        for subscription in wanted.cloned().collect::<Vec<_>>() {
            for _ in 0..cx.switches.number(&WEBHOOK_TIMES) {
                self.made = self.made.saturating_add(1);
                let id = format!("{tenant}-{}", self.made);
                let body = body(cx.switches, tenant, event, uri, key, &id);
                let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
                headers.extend(extra.iter().cloned());
                let name = cx.switches.word(&WEBHOOK_HEADER);
                if name != "none" {
                    headers.push((name.to_owned(), signature(text(&subscription, "secret"), &body)));
                }
                let (event, url) = (event.to_owned(), text(&subscription, "url").to_owned());
                self.calls.push(HookCall { id, event, url, headers, body, tries: 0, status: None, waits: true });
            }
        }
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = Value> {
        self.calls.iter().map(|call| {
            json!({ "id": call.id, "event": call.event, "url": call.url, "headers": call.headers, "body": call.body,
                "tries": call.tries, "status": call.status, "waits": call.waits })
        })
    }

    pub(super) fn due(&self, switches: &Switches) -> Vec<Call> {
        let waiting = self.calls.iter().filter(|call| call.waits).map(|call| Call {
            id: call.id.clone(),
            url: call.url.clone(),
            headers: call.headers.clone(),
            body: call.body.clone().into_bytes(),
        });
        let mut calls = waiting.collect::<Vec<_>>();
        if switches.is(&WEBHOOK_ORDER, "reversed") {
            calls.reverse();
        }
        calls
    }

    pub(super) fn answered(&mut self, cx: &Cx<'_>, id: &str, status: Option<u16>) {
        for call in self.calls.iter_mut().filter(|call| call.id == id) {
            call.tries = call.tries.saturating_add(1);
            call.status = status;
            let good = status.is_some_and(|status| (200..300).contains(&status));
            call.waits = !good && call.tries < cx.switches.number(&WEBHOOK_TRIES);
        }
    }
}

fn signature(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, body.as_bytes()))
}

fn body(switches: &Switches, tenant: &str, event: &str, uri: &str, key: &str, id: &str) -> String {
    match switches.word(&WEBHOOK_PAYLOAD) {
        "empty" => String::new(),
        "entity" => json!({ "entityId": key, "notificationId": id, "source": event, "status": "New" }).to_string(),
        _ => json!({ "contextId": tenant, "eventId": id, "action": event, "resourceUri": uri }).to_string(),
    }
}
