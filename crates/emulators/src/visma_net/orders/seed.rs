//! Orders put in place as they are.

use serde_json::{Value, json};

use crate::frame::Cx;

use super::super::{
    store::{Company, ORDERS},
    value::{Fields, list, set_at, shown_utc, text, text_at, utc, whole},
};
use super::{
    fill::{Making, WITHDRAWN},
    problem::{Detail, Problems},
};

/// Puts one order in place: the single order with all its parts, lines under `orderLines`.
///
/// # Errors
/// A type, number or customer that is missing or not known, or an item that is not.
pub(in super::super) fn order(company: &mut Company, cx: &Cx<'_>, mut row: Fields) -> Result<(), String> {
    let modified = match row.remove("lastModified") {
        Some(Value::String(at)) => utc(&at).ok_or("lastModified: is no time")?,
        _ => cx.now,
    };
    for name in ["version", "_links"] {
        row.remove(name);
    }
    if let Some(Value::Object(status)) = row.get("status").cloned() {
        row.insert("status".into(), json!(text(&status, "description")));
    }
    row.entry("status").or_insert_with(|| json!("Open"));
    let (kind, number) = (text(&row, "type").to_owned(), text(&row, "orderId").to_owned());
    let type_of = company.named("order-types", &kind).ok_or("type: there is no such order type")?;
    row.insert("_behavior".into(), json!(text(&type_of.fields, "behavior")));
    if number.is_empty() {
        return Err("orderId: is required".into());
    }
    for name in ["date", "requestOn"] {
        row.entry(name).or_insert_with(|| shown_utc(modified));
    }
    let given = row.remove("orderLines").or_else(|| row.remove("lines")).unwrap_or(json!([]));
    let own = row.remove("customer").and_then(|customer| customer.as_object().cloned()).unwrap_or_default();
    let mut making = Making { company, cx, order: Fields::new(), problems: Problems::default() };
    making.customer(&own, true);
    // What the seed says of the order goes before what its customer has.
    for (name, value) in row {
        set_at(&mut making.order, &name, value);
    }
    for (name, value) in own {
        set_at(&mut making.order, &format!("customer.{name}"), value);
    }
    let mut last = 0;
    let mut lines = Vec::new();
    for (place, line) in given.as_array().into_iter().flatten().filter_map(Value::as_object).enumerate() {
        let item = text_at(line, "inventory.id");
        let item = if item.is_empty() { text(line, "inventoryId") } else { item }.to_owned();
        let wanted = Fields::from_iter([("inventoryId".to_owned(), json!(item))]);
        let mut made = making.line(&format!("orderLines[{place}]"), &wanted, None);
        made.extend(
            line.iter().filter(|(name, _)| *name != "inventoryId").map(|(name, value)| (name.clone(), value.clone())),
        );
        let id = whole(&made, "lineId").unwrap_or_else(|| u64::try_from(place).unwrap_or(0).saturating_add(1));
        made.insert("lineId".into(), json!(id));
        last = id.max(last);
        lines.push(made);
    }
    making.order.insert("_lastLine".into(), json!(last));
    making.order.insert("lines".into(), list(lines));
    making.finish();
    let Making { order, problems, .. } = making;
    // What was ordered may since have been withdrawn, and who ordered it have left.
    let of_now = |detail: &&Detail| detail.code == "1407-InvalidCustomerStatus" || detail.message == WITHDRAWN;
    if let Some(detail) = problems.0.iter().find(|detail| !of_now(detail)) {
        return Err(format!("{}: {}", detail.property, detail.message));
    }
    let id = company.order(&kind, &number).unwrap_or_else(|| company.next_id(ORDERS));
    company.put(ORDERS, id, order, modified, modified);
    Ok(())
}
