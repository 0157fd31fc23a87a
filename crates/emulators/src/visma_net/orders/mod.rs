//! The order service, `/api/v3`: plain JSON, versions required, lines at an address of their own.

pub(super) mod body;
mod catalogue;
pub(super) mod fill;
pub(super) mod problem;
pub(super) mod seed;
pub(super) mod view;

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    hooks::Happened,
    listing::Query,
    refusal::Refusal,
    store::{Company, ORDERS, Record},
    switches::BRANCH_HEADER,
    value::{Fields, amount, flag, list, rows, set_at, shown_utc, text, whole},
    write::{etag, location, same_version},
};
use fill::Making;
use problem::{Problems, plain};

/// Statuses in which an order can be changed.
const OPEN: [&str; 5] = ["Open", "Hold", "BackOrder", "CreditHold", "PendingApproval"];

impl Company {
    /// The order of this type and number.
    pub(super) fn order(&self, kind: &str, number: &str) -> Option<u64> {
        let fits = |fields: &Fields| {
            text(fields, "type").eq_ignore_ascii_case(kind) && text(fields, "orderId").eq_ignore_ascii_case(number)
        };
        self.all(ORDERS).find(|(_, record)| fits(&record.fields)).map(|(id, _)| id)
    }

    /// A call to the order service; `path` is what follows `/api/v3`, in small letters but for keys.
    pub(super) fn order_service(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        let first = path.first().map(|word| word.to_lowercase()).unwrap_or_default();
        let rest = path.get(1..).unwrap_or_default();
        match (first.as_str(), request.method.as_str(), rest) {
            ("customers", "GET", []) => self.v3_customers(cx, request),
            ("customers", "GET", [id, "locations"]) => self.v3_locations(cx, id),
            ("inventory", "GET", []) => self.v3_inventory(cx, request),
            ("salesorders", "GET", []) => view::list(self, cx, None, request),
            ("salesorders", "GET", [kind]) => view::list(self, cx, Some(kind), request),
            ("salesorders", "POST", []) => {
                let given = body::accept("newOrder", request, cx.switches)?;
                let id = self.new_order(cx, &given, Some(request))?;
                let fields = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
                let key = format!("{}/{}", text(&fields, "type"), text(&fields, "orderId"));
                Ok(Reply::empty(201).with_header("location", location(cx, request, "api/v3/SalesOrders", &key)))
            }
            ("salesorders", method, [kind, number, rest @ ..]) => {
                let missing = || plain(404, "The order cannot be found.");
                let id = self.order(kind, number).ok_or_else(missing)?;
                self.one_order(cx, id, method, rest, request)
            }
            _ => Err(plain(404, "There is no such address.")),
        }
    }

    fn one_order(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        method: &str,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let record = self.get(ORDERS, id).ok_or_else(|| plain(404, "The order cannot be found."))?;
        match (method, path) {
            ("GET", []) => view::single(cx, record, request),
            ("GET", ["lines"]) => view::lines(cx, record, request),
            ("GET", ["lines", line]) => {
                let found = rows(&record.fields, "lines")
                    .find(|row| whole(row, "lineId").map(|id| id.to_string()).as_deref() == Some(*line));
                let found = found.ok_or_else(|| plain(404, "The line cannot be found."))?;
                Ok(Reply::json(200, &view::line(found)))
            }
            ("GET", ["shipment"]) => Ok(Reply::json(200, &view::shipments(record))),
            ("GET", ["tax"]) => Ok(Reply::json(200, &record.fields.get("taxes").cloned().unwrap_or(json!([])))),
            ("GET", ["commissions" | "discounts"]) => Ok(Reply::json(200, &json!([]))),
            ("GET", ["rotrut"]) => Ok(Reply::json(200, &json!({ "distribution": [] }))),
            ("PATCH" | "POST" | "DELETE", _) => {
                expected(cx, record, request)?;
                self.change_order(cx, id, method, path, request)
            }
            _ => Err(plain(405, "The method is not allowed here.")),
        }
    }

    fn change_order(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        method: &str,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        if !OPEN.contains(&text(&order, "status")) {
            return Err(plain(405, "The order cannot be changed in its status."));
        }
        match (method, path) {
            ("PATCH", []) => self.patch_order(cx, id, &body::accept("patchOrder", request, cx.switches)?)?,
            ("DELETE", []) => {
                self.delete_order(cx, id)?;
                return Ok(Reply::empty(202));
            }
            ("POST", ["lines"]) => self.add_lines(cx, id, &body::accept("newOrderLines", request, cx.switches)?)?,
            ("PATCH", ["lines"]) => {
                self.patch_lines(cx, id, &body::accept("patchOrderLines", request, cx.switches)?)?
            }
            ("DELETE", ["lines"]) => self.delete_lines(cx, id, &Query::of(request))?,
            _ => return Err(plain(405, "The method is not allowed here.")),
        }
        let reply = Reply::empty(202);
        Ok(match self.get(ORDERS, id) {
            Some(record) => reply.with_header("etag", etag(record)),
            None => reply,
        })
    }

    /// Makes an order of a body.
    pub(super) fn new_order(&mut self, cx: &Cx<'_>, given: &Fields, request: Option<&Request>) -> Result<u64, Refusal> {
        let mut making = Making { company: self, cx, order: Fields::new(), problems: Problems::default() };
        let kind = text(given, "type").to_owned();
        let found = making.company.named("order-types", &kind).filter(|record| flag(&record.fields, "active"));
        let manual = found.is_some_and(|record| {
            let series = making.company.named("number-sequences", text(&record.fields, "_numbering"));
            series.is_some_and(|series| flag(&series.fields, "manualNumbering"))
        });
        let behavior = found.map(|record| text(&record.fields, "behavior").to_owned()).unwrap_or_default();
        match found {
            Some(record) => set_at(&mut making.order, "type", json!(text(&record.fields, "orderType"))),
            None if kind.is_empty() => making.problems.add("0001-NullNotAllowed", "type", "The type is required."),
            None => making.problems.add("0003-InvalidValue", "type", "There is no such order type."),
        }
        let number = text(given, "orderId").to_owned();
        match (manual, number.is_empty()) {
            (true, true) => making.problems.add("0001-NullNotAllowed", "orderId", "The type numbers by hand."),
            (false, false) => making.problems.add("0004-ValueNotAllowed", "orderId", "The type numbers by itself."),
            _ => {}
        }
        let status = given.get("status").and_then(Value::as_str).unwrap_or("Open");
        set_at(&mut making.order, "status", json!(status));
        for name in ["date", "requestOn"] {
            let today = making.cx.now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
            set_at(&mut making.order, name, shown_utc(today));
        }
        let branch = request
            .and_then(|request| request.header("branchid"))
            .filter(|_| cx.switches.is(&BRANCH_HEADER, "branchid"));
        let first = making.company.all("branches").next().map(|(_, record)| text(&record.fields, "number").to_owned());
        if let Some(branch) = branch.map(str::to_owned).or(first) {
            making.head(&Fields::from_iter([("branchId".to_owned(), json!(branch))]), true);
        }
        match given.get("customer") {
            Some(Value::Object(customer)) => making.customer(customer, true),
            _ => making.problems.add("0001-NullNotAllowed", "customer", "The customer is required."),
        }
        making.head(given, true);
        let lines = rows(given, "orderLines").enumerate().map(|(place, row)| {
            let mut line = making.line(&format!("orderLines[{place}]"), row, None);
            line.insert("lineId".into(), json!(place.saturating_add(1)));
            line
        });
        let lines = lines.collect::<Vec<_>>();
        making.order.insert("_lastLine".into(), json!(lines.len()));
        making.order.insert("lines".into(), list(lines));
        making.finish();
        let Making { mut order, problems, .. } = making;
        problems.done()?;
        order.insert("_behavior".into(), json!(behavior));
        let number = if manual {
            if self.order(&kind, &number).is_some() {
                return Err(plain(409, "There is an order with this number."));
            }
            number
        } else {
            self.next_number(&format!("order {kind}"), 1, |company, number| company.order(&kind, number).is_some())
        };
        order.insert("orderId".into(), json!(number));
        let id = self.next_id(ORDERS);
        self.add(cx, ORDERS, id, order);
        self.tell_order(cx, id, Happened::Created);
        Ok(id)
    }

    /// Changes an order's head.
    pub(super) fn patch_order(&mut self, cx: &Cx<'_>, id: u64, given: &Fields) -> Result<(), Refusal> {
        let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        let mut making = Making { company: self, cx, order, problems: Problems::default() };
        if let Some(Value::Object(customer)) = given.get("customer") {
            making.customer(customer, false);
        }
        if let Some(status) = given.get("status").filter(|status| !status.is_null()) {
            set_at(&mut making.order, "status", status.clone());
        }
        making.head(given, false);
        self.keep_order(cx, id, making_done(making)?);
        Ok(())
    }

    fn add_lines(&mut self, cx: &Cx<'_>, id: u64, given: &Fields) -> Result<(), Refusal> {
        let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        let mut making = Making { company: self, cx, order, problems: Problems::default() };
        let mut lines = rows(&making.order, "lines").cloned().collect::<Vec<_>>();
        let mut last = whole(&making.order, "_lastLine").unwrap_or(0);
        let news = rows(given, "lines").cloned().collect::<Vec<_>>();
        if news.is_empty() {
            return Err(plain(400, "There are no lines set to add"));
        }
        for (place, row) in news.iter().enumerate() {
            let mut line = making.line(&format!("lines[{place}]"), row, None);
            last = last.saturating_add(1);
            line.insert("lineId".into(), json!(last));
            lines.push(line);
        }
        making.order.insert("_lastLine".into(), json!(last));
        making.order.insert("lines".into(), list(lines));
        self.keep_order(cx, id, making_done(making)?);
        Ok(())
    }

    pub(super) fn patch_lines(&mut self, cx: &Cx<'_>, id: u64, given: &Fields) -> Result<(), Refusal> {
        let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        let mut making = Making { company: self, cx, order, problems: Problems::default() };
        let mut lines = rows(&making.order, "lines").cloned().collect::<Vec<_>>();
        let changed = rows(given, "lines").cloned().collect::<Vec<_>>();
        if changed.is_empty() {
            return Err(plain(400, "There are no lines set to patch"));
        }
        let mut seen = Vec::new();
        for (number, row) in changed.iter().enumerate() {
            let property = format!("lines[{number}]");
            let wanted = whole(row, "lineId");
            if wanted.is_none() {
                making.problems.add("0001-NullNotAllowed", format!("{property}.lineId"), "The line's id is required.");
                continue;
            }
            if seen.contains(&wanted) {
                making.problems.add("1817-LineIdIsNotUnique", format!("{property}.lineId"), "The line is there twice.");
            }
            seen.push(wanted);
            let Some(place) = lines.iter().position(|line| whole(line, "lineId") == wanted) else {
                making.problems.add("0200-LineIdDoesNotExist", format!("{property}.lineId"), "There is no such line.");
                continue;
            };
            let before = lines.remove(place);
            if flag(&before, "completed") {
                making.problems.add("1810-LineAlreadyCompleted", property.clone(), "The line is completed.");
            }
            let line = making.line(&property, row, Some(before));
            let place = whole(row, "sortOrder")
                .and_then(|order| usize::try_from(order).ok())
                .map_or(place, |order| order.saturating_sub(1));
            lines.insert(place.min(lines.len()), line);
        }
        making.order.insert("lines".into(), list(lines));
        self.keep_order(cx, id, making_done(making)?);
        Ok(())
    }

    fn delete_lines(&mut self, cx: &Cx<'_>, id: u64, query: &Query) -> Result<(), Refusal> {
        let ids = query
            .all("ids")
            .flat_map(|ids| ids.split(','))
            .map(|id| id.trim().parse::<u64>())
            .collect::<Result<Vec<_>, _>>();
        let ids = ids.map_err(|_| Problems::one("0003-InvalidValue", "ids", "Line ids with commas between."))?;
        if ids.is_empty() || ids.len() > 1000 {
            return Err(Problems::one("0100-OutsideValidRange", "ids", "From 1 to 1000 line ids."));
        }
        let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        let mut making = Making { company: self, cx, order, problems: Problems::default() };
        let mut lines = rows(&making.order, "lines").cloned().collect::<Vec<_>>();
        for wanted in ids {
            match lines.iter().position(|line| whole(line, "lineId") == Some(wanted)) {
                None => {
                    making.problems.add("0200-LineIdDoesNotExist", "ids", format!("Line {wanted} cannot be found."))
                }
                Some(place) if lines.get(place).is_some_and(|line| !amount(line, "quantityOnShipments").is_zero()) => {
                    making.problems.add("1823-DeleteLineWhichIsAlreadyShipped", "ids", "The line has been shipped.");
                }
                Some(place) => drop(lines.remove(place)),
            }
        }
        making.order.insert("lines".into(), list(lines));
        self.keep_order(cx, id, making_done(making)?);
        Ok(())
    }

    /// Takes an order away.
    pub(super) fn delete_order(&mut self, cx: &Cx<'_>, id: u64) -> Result<(), Refusal> {
        let order = self.get(ORDERS, id).map(|record| record.fields.clone()).unwrap_or_default();
        if rows(&order, "lines").any(|line| !amount(line, "quantityOnShipments").is_zero()) {
            return Err(Problems::one("1825-DeleteSalesOrderWithShippedLines", "orderId", "Lines have been shipped."));
        }
        self.tell_order(cx, id, Happened::Deleted);
        self.remove(ORDERS, id);
        Ok(())
    }

    /// Keeps a changed order: its version and stamp move.
    pub(super) fn keep_order(&mut self, cx: &Cx<'_>, id: u64, order: Fields) {
        self.change(cx, ORDERS, id, |fields| *fields = order);
        self.tell_order(cx, id, Happened::Updated);
    }

    fn tell_order(&mut self, cx: &Cx<'_>, id: u64, happened: Happened) {
        let Some(record) = self.get(ORDERS, id) else { return };
        let key = format!("{}/{}", text(&record.fields, "type"), text(&record.fields, "orderId"));
        let uri = format!("https://salesorder.visma.net/api/v3/SalesOrders/{key}");
        let tenant = self.settings.tenant_id.clone();
        self.hooks.happened(cx, &tenant, ORDERS, happened, &uri, &key);
    }
}

/// The order, if nothing is wrong with it.
fn making_done(mut making: Making<'_>) -> Result<Fields, Refusal> {
    making.finish();
    let Making { order, problems, .. } = making;
    problems.done()?;
    Ok(order)
}

/// Every write to an order names its version.
fn expected(cx: &Cx<'_>, record: &Record, request: &Request) -> Result<(), Refusal> {
    match request.header("if-match") {
        None => Err(plain(428, "If-Match is required.")),
        Some(given) if same_version(cx.switches, given, record) => Ok(()),
        Some(_) => Err(plain(412, "The order has another version.")),
    }
}
