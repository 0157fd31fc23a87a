//! Webhooks: who asked for what, and the deliveries that come of it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::{Call, Cx, Reply, Request};

use super::{
    By, Starweb, check,
    listing::Query,
    models::{EVENTS, WEB_HOOK},
    order::{Order, linked},
    refusal::Refusal,
    switches::{EVENT_ID, HOOK_AMOUNT, HOOK_RETRY, OWN_WRITES_FIRE, PUT_LEFT_OUT},
    value::{Fields, data, fields, id, list, stamp, text},
};

/// The events that happen here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    OrderCreated,
    OrderCompleted,
    OrderUpdated,
    OrderDeleted,
    OrderStatusChanged,
    CustomerCreated,
    CustomerUpdated,
    CustomerDeleted,
    ProductCreated,
    ProductUpdated,
    ProductRemoved,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::OrderCreated => "order-created",
            Self::OrderCompleted => "order-completed",
            Self::OrderUpdated => "order-updated",
            Self::OrderDeleted => "order-deleted",
            Self::OrderStatusChanged => "order-status-changed",
            Self::CustomerCreated => "customer-created",
            Self::CustomerUpdated => "customer-updated",
            Self::CustomerDeleted => "customer-deleted",
            Self::ProductCreated => "product-created",
            Self::ProductUpdated => "product-updated",
            Self::ProductRemoved => "product-removed",
        }
    }
}

/// How often the vendor tries.
const TRIES: u32 = 10;

#[derive(Debug)]
struct Delivery {
    uuid: String,
    url: String,
    body: Value,
    tries: u32,
    /// When it is due; none once it was taken or given up.
    due: Option<DateTime<Utc>>,
    taken: bool,
}

#[derive(Debug, Default)]
pub(super) struct Hooks {
    registered: BTreeMap<u64, Fields>,
    deliveries: Vec<Delivery>,
}

impl Hooks {
    pub(super) fn register(&mut self, id: u64, hook: Fields) {
        self.registered.insert(id, hook);
    }

    pub(super) fn registered(&self) -> impl Iterator<Item = Fields> {
        self.registered.values().cloned()
    }

    /// All deliveries, oldest first.
    pub(super) fn deliveries(&self) -> Value {
        let state = |delivery: &Delivery| match (delivery.taken, delivery.due) {
            (true, _) => "delivered",
            (false, Some(_)) => "waiting",
            (false, None) => "given_up",
        };
        let entry = |delivery: &Delivery| {
            json!({ "uuid": delivery.uuid, "url": delivery.url, "body": delivery.body, "tries": delivery.tries,
                "state": state(delivery), "due": delivery.due })
        };
        self.deliveries.iter().map(entry).collect()
    }

    pub(super) fn due(&self, now: DateTime<Utc>) -> Vec<Call> {
        let due = self.deliveries.iter().filter(|delivery| delivery.due.is_some_and(|due| due <= now));
        due.map(|delivery| Call {
            id: delivery.uuid.clone(),
            url: delivery.url.clone(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: delivery.body.to_string().into_bytes(),
        })
        .collect()
    }

    /// Only 20x counts as taken; then no more tries follow.
    pub(super) fn answered(&mut self, cx: &Cx<'_>, uuid: &str, status: Option<u16>) {
        let wait = TimeDelta::seconds(cx.switches.number(&HOOK_RETRY));
        for delivery in self.deliveries.iter_mut().filter(|delivery| delivery.uuid == uuid) {
            delivery.tries = delivery.tries.saturating_add(1);
            delivery.taken |= status.is_some_and(|status| (200..210).contains(&status));
            delivery.due = (!delivery.taken && delivery.tries < TRIES).then_some(cx.now + wait);
        }
    }

    /// Queues a call for every hook on this event.
    fn queue(&mut self, cx: &Cx<'_>, event: Event, shop: &str, status: Option<u64>, about: &Fields) {
        for hook in self.registered.values() {
            let narrowed = id(hook, "statusId").filter(|_| event == Event::OrderStatusChanged);
            if text(hook, "event") != event.name() || narrowed.is_some_and(|wanted| Some(wanted) != status) {
                continue;
            }
            let name = format!("{shop} delivery {}", self.deliveries.len());
            let uuid = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
            let number = EVENTS.iter().position(|known| *known == event.name()).map_or(0, |place| place + 1);
            let event_id = if cx.switches.is(&EVENT_ID, "number") { json!(number) } else { json!(event.name()) };
            let mut body = about.clone();
            body.extend(fields(json!({
                "uuid": uuid, "eventId": event_id, "shopIdCode": shop, "eventTimestamp": stamp(cx.now),
            })));
            let (url, body) = (text(hook, "url").to_owned(), Value::Object(body));
            self.deliveries.push(Delivery { uuid, url, body, tries: 0, due: Some(cx.now), taken: false });
        }
    }
}

impl Starweb {
    /// Fires an event about an order that is still there.
    pub(super) fn fire_order(&mut self, cx: &Cx<'_>, event: Event, order: u64, by: By) {
        if self.silent(cx, by) {
            return;
        }
        let Some(order) = self.orders.get(&order) else { return };
        let about = self.hook_order(cx, order);
        let shop = text(&self.lists.shop, "idCode");
        self.hooks.queue(cx, event, shop, order.status(), &about);
    }

    pub(super) fn fire_customer(&mut self, cx: &Cx<'_>, event: Event, customer: u64, by: By) {
        if self.silent(cx, by) {
            return;
        }
        let about = fields(json!({ "customerId": customer }));
        self.hooks.queue(cx, event, text(&self.lists.shop, "idCode"), None, &about);
    }

    pub(super) fn fire_product(&mut self, cx: &Cx<'_>, event: Event, product: u64, by: By) {
        if self.silent(cx, by) {
            return;
        }
        let about = fields(json!({ "productId": product }));
        self.hooks.queue(cx, event, text(&self.lists.shop, "idCode"), None, &about);
    }

    fn silent(&self, cx: &Cx<'_>, by: By) -> bool {
        by == By::Api && cx.switches.is(&OWN_WRITES_FIRE, "no")
    }

    fn hook_order(&self, cx: &Cx<'_>, order: &Order) -> Fields {
        let of = |name: &str| order.fields.get(name).cloned().unwrap_or(Value::Null);
        let status = order.status().and_then(|status| self.lists.statuses.get(&status));
        let total = of("totalAmount");
        let total = if cx.switches.is(&HOOK_AMOUNT, "text") { json!(total.to_string()) } else { total };
        fields(json!({
            "orderId": order.id,
            "shippingMethodId": of("shippingMethodId"),
            "paymentMethodId": of("paymentMethodId"),
            "orderStatusId": of("statusId"),
            "orderStatusIdCode": status.and_then(|status| status.get("idCode")).cloned().unwrap_or(Value::Null),
            "totalAmount": total,
            "currencyCode": of("currencyCode"),
        }))
    }

    /// The calls under `/web-hooks`.
    pub(super) fn web_hooks(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        let view = |id: u64, hook: &Fields| linked(cx.switches, hook.clone(), &format!("/web-hooks/{id}"));
        match (request.method.as_str(), path) {
            ("GET", []) => {
                let (_, descends) = Query::new(request, cx).sort(&["webHookId"], false)?;
                let mut hooks = self.hooks.registered.iter().map(|(id, hook)| view(*id, hook)).collect::<Vec<_>>();
                if descends {
                    hooks.reverse();
                }
                Ok(Reply::json(200, &data(list(hooks))))
            }
            ("POST", []) => {
                let body = check::body(request, WEB_HOOK, cx.switches)?;
                let id = self.ids.hook();
                let hook = hook(id, body)?;
                let shown = view(id, &hook);
                self.hooks.register(id, hook);
                Ok(Reply::json(201, &data(Value::Object(shown))))
            }
            (method, [id]) => {
                let id = id.parse().ok().filter(|id| self.hooks.registered.contains_key(id));
                let id = id.ok_or_else(Refusal::not_found)?;
                match method {
                    "GET" => {}
                    "DELETE" => {
                        self.hooks.registered.remove(&id);
                        return Ok(Reply::empty(204));
                    }
                    "PUT" | "PATCH" => self.write_hook(cx, id, request)?,
                    _ => return Err(Refusal::not_found()),
                }
                let shown = self.hooks.registered.get(&id).map(|hook| view(id, hook));
                Ok(Reply::json(200, &data(shown.map_or(Value::Null, Value::Object))))
            }
            _ => Err(Refusal::not_found()),
        }
    }

    fn write_hook(&mut self, cx: &Cx<'_>, id: u64, request: &Request) -> Result<(), Refusal> {
        let body = check::body(request, WEB_HOOK, cx.switches)?;
        let clears = request.method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
        let mut whole =
            if clears { Fields::new() } else { self.hooks.registered.get(&id).cloned().unwrap_or_default() };
        whole.extend(body);
        self.hooks.register(id, hook(id, whole)?);
        Ok(())
    }
}

/// A whole hook. Without event or address it could never be called.
fn hook(id: u64, given: Fields) -> Result<Fields, Refusal> {
    let mut hook = fields(json!({ "name": "", "statusId": null }));
    hook.extend(given);
    hook.insert("webHookId".into(), json!(id));
    match hook.contains_key("event") && hook.contains_key("url") {
        true => Ok(hook),
        false => Err(Refusal::invalid("event and url are required")),
    }
}
