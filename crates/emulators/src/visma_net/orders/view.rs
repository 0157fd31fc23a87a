//! Orders as the order service answers them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::super::{
    listing::Query,
    refusal::Refusal,
    store::{Company, ORDERS, Record},
    switches::{MAX_V3, V3_LINES_INLINE},
    value::{Fields, at, list as as_list, object, rows, shown_utc, text, text_at, utc, version},
    write::etag,
};
use super::problem::plain;

/// A page's bounds, of which the first page is number 0.
pub(super) fn bounds(cx: &Cx<'_>, query: &Query, default: usize) -> Result<(usize, usize), Refusal> {
    let wrong = || plain(400, "pageSize or pageIndex is out of range.");
    let max = usize::try_from(cx.switches.number(&MAX_V3)).unwrap_or(1);
    let size = query.number("pageSize").map_err(|_| wrong())?.unwrap_or(default.min(max));
    let index = query.number("pageIndex").map_err(|_| wrong())?.unwrap_or(0);
    if size == 0 || size > max { Err(wrong()) } else { Ok((size, index)) }
}

/// What `modifiedSince` says, if it is there: UTC where it has no offset.
pub(super) fn since(query: &Query) -> Result<Option<DateTime<Utc>>, Refusal> {
    let wrong = || plain(400, "modifiedSince is no time.");
    // A plus that was not encoded comes as a space.
    let read = |given: &str| utc(&given.replace(' ', "+")).or_else(|| utc(given)).ok_or_else(wrong);
    query.get("modifiedSince").map(read).transpose()
}

/// One page with the address of the next.
pub(super) fn paged(request: &Request, rows: Vec<Fields>, (size, index): (usize, usize)) -> Reply {
    let total = rows.len();
    let first = index.saturating_mul(size);
    let more = first.saturating_add(size) < total;
    let next = more.then(|| {
        let mut pairs = request.query_pairs();
        pairs.retain(|(name, _)| !name.eq_ignore_ascii_case("pageIndex") && !name.eq_ignore_ascii_case("pageSize"));
        pairs.push(("pageSize".into(), size.to_string()));
        pairs.push(("pageIndex".into(), index.saturating_add(1).to_string()));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("http://{}{}?{query}", request.header("host").unwrap_or("localhost"), request.path)
    });
    let page = as_list(rows.into_iter().skip(first).take(size));
    Reply::json(200, &json!({ "totalCount": total, "nextPage": next, "value": page }))
}

/// A list of orders, of one type or of all.
pub(super) fn list(company: &Company, cx: &Cx<'_>, kind: Option<&str>, request: &Request) -> Result<Reply, Refusal> {
    let query = Query::of(request);
    let bounds = bounds(cx, &query, 100)?;
    let since = since(&query)?;
    let fits = |id: u64, record: &Record| {
        let fields = &record.fields;
        let is = |name: &str, path: &str| {
            query.get(name).is_none_or(|wanted| text_at(fields, path).eq_ignore_ascii_case(wanted))
        };
        let part = query
            .get("filter")
            .is_none_or(|wanted| text(fields, "orderId").to_lowercase().contains(&wanted.to_lowercase()));
        !company.hidden(cx, ORDERS, id)
            && kind.is_none_or(|kind| text(fields, "type").eq_ignore_ascii_case(kind))
            && is("customerId", "customer.id")
            && is("status", "status")
            && part
            && since.is_none_or(|since| record.modified.timestamp_millis() >= since.timestamp_millis())
    };
    let mut found =
        company.all(ORDERS).filter(|(id, record)| fits(*id, record)).map(|(_, record)| record).collect::<Vec<_>>();
    if let Some(order) = query.get("orderBy") {
        let mut words = order.split([' ', ',']).filter(|word| !word.is_empty());
        match words.next().map(str::to_lowercase).as_deref() {
            Some("created") => found.sort_by_key(|record| record.created),
            Some("lastmodified") => found.sort_by_key(|record| record.modified),
            Some("orderid") => found.sort_by_key(|record| text(&record.fields, "orderId").to_owned()),
            _ => return Err(plain(400, "orderBy is not valid.")),
        }
        match words.next().map(str::to_lowercase).as_deref() {
            None | Some("asc") => {}
            Some("desc") => found.reverse(),
            Some(_) => return Err(plain(400, "orderBy is not valid.")),
        }
    }
    Ok(paged(request, found.into_iter().map(item).collect(), bounds))
}

/// An order of a list.
fn item(record: &Record) -> Fields {
    let fields = &record.fields;
    let mut out = Fields::new();
    for (name, path) in [
        ("type", "type"),
        ("orderId", "orderId"),
        ("status", "status"),
        ("date", "date"),
        ("requestOn", "requestOn"),
        ("shippingScheduledDate", "shipping.scheduledDate"),
        ("customerId", "customer.id"),
        ("customerName", "customer.name"),
        ("location", "customer.location.id"),
        ("customerOrder", "customer.order"),
        ("customerRefNo", "customer.refNo"),
        ("description", "description"),
        ("currency", "currencyId"),
        ("orderQty", "orderQty"),
        ("orderTotal", "orderTotal"),
    ] {
        out.insert(name.into(), at(fields, path).cloned().unwrap_or_default());
    }
    out.insert("lastModified".into(), shown_utc(record.modified));
    let address = format!("/api/v3/SalesOrders/{}/{}", text(fields, "type"), text(fields, "orderId"));
    out.insert(
        "_links".into(),
        json!({ "self": { "href": address }, "lines": { "href": format!("{address}/lines") } }),
    );
    out
}

/// What `expand` adds to the single order.
const PARTS: [(&str, &[&str]); 10] = [
    ("Billing", &["billing"]),
    ("Payment", &["paymentSettings"]),
    ("FinancialInformation", &["financialInformation"]),
    ("Shipping", &["shipping"]),
    ("Customer", &["customer"]),
    ("Owner", &["owner"]),
    ("Origin", &["origin"]),
    ("Note", &["note"]),
    ("Freight", &["freight"]),
    ("Attachments", &["attachments"]),
];

/// What the single order always has.
const HEAD: [&str; 16] = [
    "type",
    "orderId",
    "date",
    "requestOn",
    "cancelBy",
    "currencyId",
    "description",
    "orderQty",
    "branch",
    "originalOrderType",
    "originalOrderId",
    "project",
    "salesPerson",
    "print",
    "totals",
    "useReplacementCostForMarginAndProfit",
];

/// The single order.
pub(super) fn single(cx: &Cx<'_>, record: &Record, request: &Request) -> Result<Reply, Refusal> {
    let query = Query::of(request);
    let mut wanted = Vec::new();
    for word in query.all("expand").flat_map(|words| words.split(',')).map(str::trim).filter(|word| !word.is_empty()) {
        let known = PARTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        match known {
            Some((_, parts)) => wanted.extend_from_slice(parts),
            None if word.eq_ignore_ascii_case("All") => wanted.extend(PARTS.iter().flat_map(|(_, parts)| *parts)),
            None if word.eq_ignore_ascii_case("None") => {}
            None => return Err(plain(400, "expand is not valid.")),
        }
    }
    let body = whole(cx, record, &wanted);
    Ok(Reply::json(200, &body).with_header("etag", etag(record)))
}

fn whole(cx: &Cx<'_>, record: &Record, wanted: &[&str]) -> Fields {
    let fields = &record.fields;
    let mut out = Fields::new();
    for name in HEAD {
        out.insert(name.into(), fields.get(name).cloned().unwrap_or_default());
    }
    for name in wanted {
        let value = fields.get(*name).cloned().unwrap_or_default();
        let value = if *name == "attachments" && value.is_null() { json!([]) } else { value };
        out.insert((*name).into(), value);
    }
    let status = text(fields, "status");
    let status = json!({ "description": status, "hold": status == "Hold", "cancelled": status == "Cancelled" });
    out.insert("status".into(), status);
    out.insert("version".into(), json!(version(record.version)));
    out.insert("lastModified".into(), shown_utc(record.modified));
    out.insert("createdBy".into(), fields.get("createdBy").cloned().unwrap_or(json!("")));
    out.insert("isRotRutDeductable".into(), json!(false));
    if cx.switches.is(&V3_LINES_INLINE, "yes") {
        out.insert("orderLines".into(), as_list(rows(fields, "lines").map(line)));
    }
    out
}

/// A line without what is the emulator's own.
pub(super) fn line(row: &Fields) -> Fields {
    row.iter().filter(|(name, _)| !name.starts_with('_')).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The lines of an order.
pub(super) fn lines(cx: &Cx<'_>, record: &Record, request: &Request) -> Result<Reply, Refusal> {
    let bounds = bounds(cx, &Query::of(request), 1000)?;
    Ok(paged(request, rows(&record.fields, "lines").map(line).collect(), bounds))
}

/// What was shipped and invoiced of an order.
pub(super) fn shipments(record: &Record) -> Value {
    record.fields.get("shipments").cloned().unwrap_or(json!([]))
}

/// The order as it can be seeded again.
pub(in super::super) fn state(record: &Record) -> Fields {
    let mut out = record.fields.clone();
    let lines = out.remove("lines").unwrap_or_default();
    out.insert("orderLines".into(), lines);
    out.insert("lastModified".into(), shown_utc(record.modified));
    out.insert("version".into(), json!(version(record.version)));
    object(Value::Object(out))
}
