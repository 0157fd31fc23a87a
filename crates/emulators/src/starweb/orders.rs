//! The calls on `/orders` and `/orders/{id}`.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    By, Starweb,
    check::{self, Field},
    customer::address_name,
    effects::Effects,
    hooks::Event,
    listing::{Includes, Query, paged},
    lists::title,
    models::ORDER,
    order::{INCLUDES, Item, Order, WITH_VAT, defaults},
    refusal::Refusal,
    stocks::ecommerce,
    switches::{API_ORDERS_STOCK, ORDER_COMPLETED, PATCH_ITEMS, PUT_LEFT_OUT, READ_MODEL_FIELDS, TRACKING_NO},
    totals,
    value::{Fields, amount, data, decimal, flag, id, instant, number, rows, text, whole_addresses, whole_seconds},
};

const SORT_KEYS: [&str; 9] = [
    "orderId",
    "createdAt",
    "modifiedAt",
    "customer",
    "paymentMethodName",
    "shippingMethodName",
    "totalAmount",
    "status",
    "read",
];

/// Fields on which an order's totals hang.
const MONEY: [&str; 6] =
    ["paymentFee", "paymentVatRate", "shippingCost", "shippingVatRate", "currencyPrecision", "currencyExchangeRate"];

/// Fields that the model of PUT lacks.
const PATCH_ONLY: [&str; 2] = ["externalId", "externalIdType"];

/// A body from the API without what the vendor may not take from it.
fn sent(mut body: Fields, cx: &Cx<'_>) -> Fields {
    if cx.switches.is(&READ_MODEL_FIELDS, "ignored") {
        body.retain(|name, _| name != "sendEmailsOnStatusChange" && name != "stockLocationId");
    }
    body
}

impl Starweb {
    pub(super) fn list_orders(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let query = Query::new(request, cx);
        let includes = query.includes(&INCLUDES)?;
        let all = query.flag("includeNonCompletePayments")?;
        let (after, before) = (query.since("ordersCreatedAfter")?, query.until("ordersCreatedBefore")?);
        let ids = [
            ("statusId", query.id("statusFilter")?),
            ("paymentMethodId", query.id("filterPaymentMethodId")?),
            ("shippingMethodId", query.id("filterShippingMethodId")?),
        ];
        let words = query.text("filterQuery").map(str::to_lowercase);
        let (key, descends) = query.sort(&SORT_KEYS, true)?;
        let hides = self.births.any(cx);
        let wanted = |order: &&Order| {
            !(hides && self.births.hides(cx, "orders", order.id))
                && (all || flag(&order.fields, "isComplete", false))
                && query.within(after, order.created)
                && query.within(before, order.created)
                && ids.iter().all(|(name, wanted)| wanted.is_none() || id(&order.fields, name) == *wanted)
                && words.as_deref().is_none_or(|words| self.mentions(order, words))
        };
        let mut found = self.orders.values().filter(wanted).collect::<Vec<_>>();
        found.sort_by(|a, b| {
            let ascending = self.compare(key, a, b).then(a.id.cmp(&b.id));
            if descends { ascending.reverse() } else { ascending }
        });
        let (page, meta) = query.page(found)?;
        let views = page.into_iter().map(|order| self.order_view(cx, order, &includes));
        Ok(Reply::json(200, &paged(views, meta)))
    }

    fn mentions(&self, order: &Order, words: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(words);
        let rows =
            order.items.iter().any(|item| has(text(&item.fields, "sku")) || has(text(&item.fields, "description")));
        rows || has(&self.buyer(order))
    }

    /// The buyer's name, from the customer or from the order's own addresses.
    fn buyer(&self, order: &Order) -> String {
        let customer = order.customer().and_then(|id| self.customers.get(&id)).map(|customer| customer.name());
        let own = || order.addresses.get("originalInvoice").and_then(Value::as_object).map(address_name);
        customer.filter(|name| !name.is_empty()).or_else(own).unwrap_or_default()
    }

    fn compare(&self, key: &str, a: &Order, b: &Order) -> Ordering {
        match key {
            "createdAt" => a.created.cmp(&b.created),
            "modifiedAt" => a.modified.cmp(&b.modified),
            "customer" => self.buyer(a).cmp(&self.buyer(b)),
            "paymentMethodName" | "shippingMethodName" => text(&a.fields, key).cmp(text(&b.fields, key)),
            "totalAmount" => amount(&a.fields, key).cmp(&amount(&b.fields, key)),
            "status" => a.status().cmp(&b.status()),
            "read" => flag(&a.fields, "isRead", false).cmp(&flag(&b.fields, "isRead", false)),
            _ => Ordering::Equal,
        }
    }

    pub(super) fn get_order(&self, cx: &Cx<'_>, id: u64, request: &Request) -> Result<Reply, Refusal> {
        let includes = Query::new(request, cx).includes(&INCLUDES)?;
        let order = self.orders.get(&id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(200, &data(Value::Object(self.order_view(cx, order, &includes)))))
    }

    pub(super) fn post_order(&mut self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let body = sent(check::body(request, ORDER, cx.switches)?, cx);
        let id = self.create_order(cx, body, By::Api)?;
        Ok(self.order_reply(cx, 201, id))
    }

    /// PUT and PATCH.
    pub(super) fn write_order(&mut self, cx: &Cx<'_>, id: u64, request: &Request) -> Result<Reply, Refusal> {
        if !self.orders.contains_key(&id) {
            return Err(Refusal::not_found());
        }
        let replaces = request.method == "PUT";
        let in_model = |field: &&Field| !replaces || !PATCH_ONLY.contains(&field.name);
        let model = ORDER.iter().filter(in_model).copied().collect::<Vec<_>>();
        let body = sent(check::body(request, &model, cx.switches)?, cx);
        if replaces && !body.contains_key("statusId") {
            return Err(Refusal::invalid("statusId: is required"));
        }
        self.update_order(cx, id, body, replaces, By::Api)?;
        Ok(self.order_reply(cx, 200, id))
    }

    fn order_reply(&self, cx: &Cx<'_>, status: u16, id: u64) -> Reply {
        let view = self.orders.get(&id).map(|order| self.order_view(cx, order, &Includes::default()));
        Reply::json(status, &data(view.map_or(Value::Null, Value::Object)))
    }

    pub(super) fn delete_order(&mut self, cx: &Cx<'_>, id: u64, by: By) -> Result<Reply, Refusal> {
        if !self.orders.contains_key(&id) {
            return Err(Refusal::not_found());
        }
        self.fire_order(cx, Event::OrderDeleted, id, by);
        self.orders.remove(&id);
        Ok(Reply::empty(204))
    }

    /// Makes an order from checked fields.
    pub(super) fn create_order(&mut self, cx: &Cx<'_>, mut body: Fields, by: By) -> Result<u64, Refusal> {
        self.refuse_unknown(cx, &body)?;
        let effects = Effects::take(&mut body);
        let now = whole_seconds(cx.now);
        let created = self.lists.status("created").unwrap_or_default();
        let status = super::value::id(&body, "statusId").unwrap_or(created);
        body.remove("statusId");

        let mut fields = defaults();
        let shop = |name: &str| self.lists.shop.get(name).cloned().unwrap_or_default();
        for (name, of_shop) in [
            ("currencyCode", "baseCurrency"),
            ("baseCurrencyCode", "baseCurrency"),
            ("shopCountryCode", "shopCountryCode"),
            ("langCode", "defaultLangCode"),
        ] {
            fields.insert(name.into(), shop(of_shop));
        }
        fields.insert("stockLocationId".into(), json!(ecommerce(&self.registers)));
        let carrier = self.lists.tracking_types.first().and_then(|kind| kind.get("type")).cloned();
        fields.insert("shippingTrackerType".into(), carrier.unwrap_or_default());
        let id = self.ids.order();
        let (items, addresses) = (Vec::new(), Fields::new());
        let (services, comments) = (Vec::new(), Vec::new());
        let order = Order { id, created: now, modified: now, fields, items, addresses, services, comments };
        self.orders.insert(id, order);
        self.apply(cx, id, body);
        self.recompute(cx, id);
        if let Err(refusal) = self.enter_status(cx, id, None, status, effects, by) {
            self.orders.remove(&id);
            return Err(refusal);
        }
        if by == By::Shop || cx.switches.is(&API_ORDERS_STOCK, "yes") {
            self.move_stock_of(cx, id, -1);
        }
        self.births.note(cx, "orders", id);
        self.fire_order(cx, Event::OrderCreated, id, by);
        self.fire_if_paid(cx, id, false, by);
        Ok(id)
    }

    /// Writes checked fields. `replaces`: as PUT does.
    pub(super) fn update_order(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        mut body: Fields,
        replaces: bool,
        by: By,
    ) -> Result<(), Refusal> {
        self.refuse_unknown(cx, &body)?;
        let effects = Effects::take(&mut body);
        let status = body.remove("statusId").as_ref().and_then(Value::as_u64);
        let order = self.orders.get_mut(&id).ok_or_else(Refusal::not_found)?;
        let (before, original) = (order.status(), order.clone());
        let was_complete = flag(&order.fields, "isComplete", false);
        let cleared = replaces && cx.switches.is(&PUT_LEFT_OUT, "cleared");
        if cleared {
            order.fields.extend(defaults());
            order.items.clear();
            order.addresses.clear();
        }
        let money = cleared || body.contains_key("items") || MONEY.iter().any(|name| body.contains_key(*name));
        self.apply(cx, id, body);
        if money {
            self.recompute(cx, id);
        } else if let Some(order) = self.orders.get_mut(&id) {
            totals::write_in_base(order);
        }
        if let Some(status) = status {
            let entered = self.enter_status(cx, id, before, status, effects, by);
            if entered.is_err() {
                self.orders.insert(id, original);
            }
            entered?;
        }
        self.fire_if_paid(cx, id, was_complete, by);
        self.touched(cx, id, by);
        Ok(())
    }

    /// After any write to an order or its rows.
    pub(super) fn touched(&mut self, cx: &Cx<'_>, id: u64, by: By) {
        if let Some(order) = self.orders.get_mut(&id) {
            order.modified = whole_seconds(cx.now);
        }
        self.fire_order(cx, Event::OrderUpdated, id, by);
    }

    fn fire_if_paid(&mut self, cx: &Cx<'_>, id: u64, was_complete: bool, by: By) {
        let complete = self.orders.get(&id).is_some_and(|order| flag(&order.fields, "isComplete", false));
        if complete && !was_complete && cx.switches.is(&ORDER_COMPLETED, "payment") {
            self.fire_order(cx, Event::OrderCompleted, id, by);
        }
    }

    /// The totals and the weight that follow from what the order holds now.
    pub(super) fn recompute(&mut self, cx: &Cx<'_>, id: u64) {
        let Some(weight) = self.orders.get(&id).map(|order| self.weight(&order.items)) else { return };
        if let Some(order) = self.orders.get_mut(&id) {
            order.fields.insert("totalWeight".into(), number(weight));
            totals::write(order, cx.switches);
        }
    }

    fn refuse_unknown(&self, cx: &Cx<'_>, body: &Fields) -> Result<(), Refusal> {
        let refused = |name: &str| Err(Refusal::invalid(format!("{name}: there is none with this id")));
        let in_list = |list: &[Fields], key: &str, wanted| list.iter().any(|row| id(row, key) == wanted);
        let lists = &self.lists;
        for name in ["statusId", "customerId", "paymentMethodId", "shippingMethodId"] {
            let Some(wanted) = id(body, name) else { continue };
            let known = match name {
                "statusId" => lists.statuses.contains_key(&wanted),
                "customerId" => self.customers.contains_key(&wanted),
                "paymentMethodId" => in_list(&lists.payment_methods, name, Some(wanted)),
                _ => in_list(&lists.shipping_methods, name, Some(wanted)),
            };
            if !known {
                return refused(name);
            }
        }
        let carrier = body.get("shippingTrackerType");
        if carrier.is_some() && !lists.tracking_types.iter().any(|kind| kind.get("type") == carrier) {
            return refused("shippingTrackerType");
        }
        if !text(body, "shippingTrackingNo").is_empty() && cx.switches.is(&TRACKING_NO, "refused") {
            return Err(Refusal::invalid("shippingTrackingNo: does not fit the carrier's format"));
        }
        Ok(())
    }

    /// Puts checked fields into the order; titles of methods follow their ids unless they are sent.
    fn apply(&mut self, cx: &Cx<'_>, id: u64, mut body: Fields) {
        for (key, name, list) in [
            ("paymentMethodId", "paymentMethodName", &self.lists.payment_methods),
            ("shippingMethodId", "shippingMethodName", &self.lists.shipping_methods),
        ] {
            let chosen = list.iter().find(|method| method.get(key).is_some() && method.get(key) == body.get(key));
            if let (Some(method), false) = (chosen, body.contains_key(name)) {
                body.insert(name.into(), json!(title(method)));
            }
        }
        let items = body.remove("items").map(|items| rows(Some(items)));
        let ids = items.iter().flatten().map(|_| self.ids.item()).collect::<Vec<_>>();
        let parts = |item: &Fields| self.bundled_items(text(item, "sku"), amount(item, "quantity"));
        let bundled = items.iter().flatten().map(parts).collect::<Vec<_>>();
        let Some(order) = self.orders.get_mut(&id) else { return };
        if let Some(items) = items {
            if cx.switches.is(&PATCH_ITEMS, "replace") {
                order.items.clear();
            }
            for ((id, bundled), mut item) in ids.into_iter().zip(bundled).zip(items) {
                // Only rows from the shop's own checkout have it: the model of the API has no such field.
                let with_vat = item.remove(WITH_VAT).as_ref().and_then(decimal);
                let mut item = Item { bundled, ..Item::new(id, item, order.items.len()) };
                if let Some(price) = with_vat {
                    item.set_price_with_vat(price);
                }
                order.items.push(item);
            }
        }
        if let Some(addresses) = body.remove("addresses") {
            order.addresses.extend(whole_addresses(addresses));
        }
        if let Some(created) = body.remove("createdAt").as_ref().and_then(Value::as_str).and_then(instant) {
            order.created = created;
        }
        order.fields.extend(body);
    }
}
