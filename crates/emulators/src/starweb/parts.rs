//! The calls below `/orders/{id}` and `/customers/{id}`: rows, addresses, external services, comments.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    By, Starweb,
    catalogue::{found, member},
    check,
    hooks::Event,
    listing::Query,
    models::{ADDRESS, COMMENT, CUSTOMER_ADDRESS_TYPES, EXTERNAL_SERVICE, ITEM, ORDER_ADDRESS_TYPES},
    order::{Item, Order},
    refusal::Refusal,
    switches::{ANNOTATIONS_BUMP, DELETE_INVOICE_ADDRESS, DUPLICATE_SERVICE, PUT_CREATES_ADDRESS, PUT_LEFT_OUT},
    value::{Fields, data, fields, flag, instant, list, stamp, text, whole_address, whole_seconds},
};

fn one(status: u16, object: Fields) -> Reply {
    Reply::json(status, &data(Value::Object(object)))
}

fn number(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::not_found())
}

impl Starweb {
    fn order_mut(&mut self, id: u64) -> Result<&mut Order, Refusal> {
        self.orders.get_mut(&id).ok_or_else(Refusal::not_found)
    }

    /// `/orders/{id}/items…`
    pub(super) fn order_items(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let order = self.orders.get(&id).ok_or_else(Refusal::not_found)?;
        let (item, reply) = match (request.method.as_str(), path) {
            ("GET", []) => return Ok(Reply::json(200, &data(order.item_views(false)))),
            ("POST", []) => {
                let body = check::body(request, ITEM, cx.switches)?;
                let item = self.ids.item();
                let order = self.order_mut(id)?;
                order.items.push(Item::new(item, body, order.items.len()));
                (item, 201)
            }
            (method, [item]) => {
                let item = number(item)?;
                let place = order.items.iter().position(|known| known.id == item).ok_or_else(Refusal::not_found)?;
                match method {
                    "GET" => return self.get_item(cx, id, item, request),
                    "PUT" | "PATCH" => {
                        let body = check::body(request, ITEM, cx.switches)?;
                        let clears = method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
                        self.write_item(id, item, body, clears)?;
                        (item, 200)
                    }
                    "DELETE" => {
                        self.order_mut(id)?.items.remove(place);
                        (item, 204)
                    }
                    _ => return Err(Refusal::not_found()),
                }
            }
            _ => return Err(Refusal::not_found()),
        };
        self.recompute(cx, id);
        self.touched(cx, id, By::Api);
        let shown = self.orders.get(&id).and_then(|order| order.items.iter().find(|known| known.id == item));
        Ok(shown.map_or(Reply::empty(reply), |item| one(reply, item.view())))
    }

    fn get_item(&self, cx: &Cx<'_>, id: u64, item: u64, request: &Request) -> Result<Reply, Refusal> {
        let includes = Query::new(request, cx).includes(&["bundledItems"])?;
        let order = self.orders.get(&id).ok_or_else(Refusal::not_found)?;
        let item = order.items.iter().find(|known| known.id == item).ok_or_else(Refusal::not_found)?;
        let mut view = item.view();
        if includes.has("bundledItems") {
            view.insert("bundledItems".into(), data(list(item.bundled.iter().cloned())));
        }
        Ok(one(200, view))
    }

    /// Writes checked fields of a row; a price sent is one without VAT.
    pub(super) fn write_item(&mut self, order: u64, item: u64, body: Fields, clears: bool) -> Result<(), Refusal> {
        let order = self.order_mut(order)?;
        let found = order.items.iter_mut().enumerate().find(|(_, known)| known.id == item);
        let (place, item) = found.ok_or_else(Refusal::not_found)?;
        if clears || body.contains_key("unitPrice") || body.contains_key("vatRate") {
            item.with_vat = None;
        }
        if clears {
            *item = Item::new(item.id, body, place);
        } else {
            item.fields.extend(body);
        }
        Ok(())
    }

    /// `/orders/{id}/addresses…`
    pub(super) fn order_addresses(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let order = self.order_mut(id)?;
        if path.is_empty() && request.method == "GET" {
            return Ok(Reply::json(200, &data(order.address_view())));
        }
        let reply = address(&mut order.addresses, &ORDER_ADDRESS_TYPES, path, cx, request)?;
        if request.method != "GET" {
            self.touched(cx, id, By::Api);
        }
        Ok(reply)
    }

    /// `/customers/{id}/addresses…`
    pub(super) fn customer_addresses(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let customer = self.customers.get_mut(&id).ok_or_else(Refusal::not_found)?;
        if path.is_empty() && request.method == "GET" {
            return Ok(Reply::json(200, &data(customer.address_view())));
        }
        let keeps = cx.switches.is(&DELETE_INVOICE_ADDRESS, "forbidden");
        if request.method == "DELETE" && path == ["invoice"] && customer.addresses.contains_key("invoice") && keeps {
            return Err(Refusal::forbidden("The invoice address cannot be deleted"));
        }
        let reply = address(&mut customer.addresses, &CUSTOMER_ADDRESS_TYPES, path, cx, request)?;
        if request.method != "GET" {
            customer.modified = whole_seconds(cx.now);
            self.fire_customer(cx, Event::CustomerUpdated, id, By::Api);
        }
        Ok(reply)
    }

    /// `/customers/{id}/external-services…`, only to be read.
    pub(super) fn customer_services(&self, id: u64, path: &[&str]) -> Result<Reply, Refusal> {
        let customer = self.customers.get(&id).ok_or_else(Refusal::not_found)?;
        let answer = match path {
            [] => data(list(customer.services.iter().cloned())),
            [name] => found(&customer.services, "serviceName", name)?,
            _ => return Err(Refusal::not_found()),
        };
        Ok(Reply::json(200, &answer))
    }

    /// `/orders/{id}/external-services…`: one per service name.
    pub(super) fn order_services(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let reply = services(&mut self.order_mut(id)?.services, path, cx, request)?;
        self.annotated(cx, id, request);
        Ok(reply)
    }

    /// `/orders/{id}/comments…`
    pub(super) fn order_comments(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let order = self.orders.get_mut(&id).ok_or_else(Refusal::not_found)?;
        let reply = if request.method == "POST" && path.is_empty() {
            let body = check::body(request, COMMENT, cx.switches)?;
            let start =
                json!({ "commentId": self.ids.comment(), "createdAt": stamp(cx.now), "text": "", "from": "admin" });
            let comment = with_stamp(fields(start), body);
            order.comments.push(comment.clone());
            one(201, comment)
        } else {
            comments(&mut order.comments, path, cx, request)?
        };
        self.annotated(cx, id, request);
        Ok(reply)
    }

    /// After a write to what hangs on an order without being of it.
    fn annotated(&mut self, cx: &Cx<'_>, id: u64, request: &Request) {
        if request.method != "GET" && cx.switches.is(&ANNOTATIONS_BUMP, "yes") {
            self.touched(cx, id, By::Api);
        }
    }
}

/// Keeps a sent stamp in the shop's own offset.
fn with_stamp(mut comment: Fields, mut body: Fields) -> Fields {
    if let Some(at) = body.get("createdAt").and_then(Value::as_str).and_then(instant) {
        body.insert("createdAt".into(), stamp(at));
    }
    comment.extend(body);
    comment
}

/// All comment calls but POST.
fn comments(comments: &mut Vec<Fields>, path: &[&str], cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
    let method = request.method.as_str();
    if path.is_empty() && method == "GET" {
        return Ok(Reply::json(200, &data(list(comments.iter().cloned()))));
    }
    let [wanted] = path else { return Err(Refusal::not_found()) };
    let wanted = number(wanted)?;
    let mut all = comments.iter_mut().enumerate();
    let found = all.find(|(_, known)| super::value::id(known, "commentId") == Some(wanted));
    let (place, comment) = found.ok_or_else(Refusal::not_found)?;
    match method {
        "GET" => Ok(one(200, comment.clone())),
        "PUT" | "PATCH" => {
            let body = check::body(request, COMMENT, cx.switches)?;
            *comment = with_stamp(comment.clone(), body);
            Ok(one(200, comment.clone()))
        }
        "DELETE" => {
            comments.remove(place);
            Ok(Reply::empty(204))
        }
        _ => Err(Refusal::not_found()),
    }
}

/// All external service calls of one order.
fn services(services: &mut Vec<Fields>, path: &[&str], cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
    let name = match (request.method.as_str(), path) {
        ("GET", []) => return Ok(Reply::json(200, &data(list(services.iter().cloned())))),
        ("GET", [name]) => return Ok(Reply::json(200, &found(services, "serviceName", name)?)),
        ("POST", []) => {
            let body = check::body(request, EXTERNAL_SERVICE, cx.switches)?;
            return Ok(one(201, add_service(services, body, cx)?));
        }
        (_, [name]) => *name,
        _ => return Err(Refusal::not_found()),
    };
    let place = place_of(services, name).ok_or_else(Refusal::not_found)?;
    let service = services.get(place).cloned().unwrap_or_default();
    if flag(&service, "readOnly", false) {
        return Err(Refusal::invalid("The external service is read-only"));
    }
    services.remove(place);
    match request.method.as_str() {
        "DELETE" => Ok(Reply::empty(204)),
        "PUT" | "PATCH" => {
            let written = rewritten(services, &service, cx, request);
            services.insert(place, written.as_ref().unwrap_or(&service).clone());
            Ok(one(200, written?))
        }
        _ => {
            services.insert(place, service);
            Err(Refusal::not_found())
        }
    }
}

fn place_of(services: &[Fields], name: &str) -> Option<usize> {
    services.iter().position(|known| text(known, "serviceName").eq_ignore_ascii_case(name))
}

fn add_service(services: &mut Vec<Fields>, body: Fields, cx: &Cx<'_>) -> Result<Fields, Refusal> {
    let mut service = fields(json!({ "externalIdValue": "", "readOnly": false }));
    service.extend(body);
    let name = text(&service, "serviceName").to_owned();
    if name.is_empty() {
        return Err(Refusal::invalid("serviceName: is required"));
    }
    if let Some(place) = place_of(services, &name) {
        let taken = services.get(place).is_some_and(|known| flag(known, "readOnly", false));
        if taken || cx.switches.is(&DUPLICATE_SERVICE, "refused") {
            return Err(Refusal::invalid(format!("serviceName: {name} is there already")));
        }
        services.remove(place);
    }
    services.push(service.clone());
    Ok(service)
}

/// The service as PUT or PATCH leave it. `others` are the order's other ones.
fn rewritten(others: &[Fields], service: &Fields, cx: &Cx<'_>, request: &Request) -> Result<Fields, Refusal> {
    let body = check::body(request, EXTERNAL_SERVICE, cx.switches)?;
    let mut new = service.clone();
    if request.method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared") {
        new.insert("externalIdValue".into(), json!(""));
        new.remove("agent");
    }
    new.extend(body);
    let name = text(&new, "serviceName");
    if name.is_empty() || member(others, "serviceName", name).is_some() {
        return Err(Refusal::invalid("serviceName: is empty or there already"));
    }
    Ok(new)
}

/// One address of an order or a customer.
fn address(
    addresses: &mut Fields,
    types: &[&str],
    path: &[&str],
    cx: &Cx<'_>,
    request: &Request,
) -> Result<Reply, Refusal> {
    let [name] = path else { return Err(Refusal::not_found()) };
    if !types.contains(name) {
        return Err(Refusal::not_found());
    }
    let there = addresses.get(*name).and_then(Value::as_object).cloned();
    match request.method.as_str() {
        "GET" => there.map(|address| one(200, address)).ok_or_else(Refusal::not_found),
        "DELETE" => {
            there.ok_or_else(Refusal::not_found)?;
            addresses.remove(*name);
            Ok(Reply::empty(204))
        }
        method @ ("PUT" | "PATCH") => {
            let creates = method == "PUT" && cx.switches.is(&PUT_CREATES_ADDRESS, "yes");
            if there.is_none() && !creates {
                return Err(Refusal::not_found());
            }
            let body = check::body(request, ADDRESS, cx.switches)?;
            let clears = method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
            let mut whole = whole_address(there.filter(|_| !clears).unwrap_or_default());
            whole.extend(body);
            addresses.insert((*name).to_owned(), Value::Object(whole.clone()));
            Ok(one(200, whole))
        }
        _ => Err(Refusal::not_found()),
    }
}
