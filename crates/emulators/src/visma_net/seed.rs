//! Records put in place as they are, keys and stamps included, in the shapes of the vendor's answers.
//!
//! `_tenant` names the company by its tenant; without it the first is meant. Orders are the order service's single order
//! with all its parts, its lines under `orderLines` and its shipments under `shipments`. An invoice or credit note
//! without `amount` gets its sums from its lines, and an order its totals. `webhook-subscriptions` are described in
//! `hooks.rs`. Rates of currencies and the set-up of item classes and order types are fields of the emulator's own, with
//! `_` in front: see `tables/company.json`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::frame::{Cx, Refused, Switches};

use super::{
    VismaNet,
    collection::{self, Collection},
    documents, masters, orders,
    shape::{Kind, Shape, shape},
    store::{Company, ORDERS},
    value::{Fields, at, read_stamp, set_at, text, text_at, whole},
    write::Draft,
};

/// What answers have beside a record's own fields.
const BESIDE: [&str; 4] = ["metadata", "timeStamp", "timestamp", "errorInfo"];

/// In the order in which they lean on one another.
pub(super) fn collections() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let names = collection::ALL.iter().map(|known| known.name).collect::<Vec<_>>();
        // Payments and shipments may name orders, and orders items, customers and projects.
        let (before, after) = names.split_at(names.iter().position(|name| *name == "invoices").unwrap_or(0));
        [before, &[ORDERS], after, &["webhook-subscriptions"]].concat()
    });
    &NAMES
}

/// The seed of one collection; the text names the record at fault by its place.
pub(super) fn seed(vendor: &mut VismaNet, cx: &Cx<'_>, name: &str, records: Vec<Value>) -> Result<(), Refused> {
    for (place, value) in records.into_iter().enumerate() {
        let Value::Object(mut row) = value else {
            return Err(Refused::new(format!("record {place} is no object")));
        };
        let at_record = |refused: Refused| Refused::new(format!("record {place}: {refused}"));
        let company = vendor.company_of(&mut row, "_tenant").map_err(at_record)?;
        let seeded = match (name, collection::named(name)) {
            ("webhook-subscriptions", _) => company.hooks.subscribe(row),
            (ORDERS, _) => orders::seed::order(company, cx, row),
            (_, Some(known)) => {
                let row = summed(company, cx, known, row);
                record(company, cx.switches, cx.now, known, row).map(|id| {
                    if known.name == "customers" {
                        masters::main_place(company, id);
                    }
                })
            }
            _ => Err("there is no such collection".to_owned()),
        };
        seeded.map_err(|why| Refused::new(format!("record {place}: {why}")))?;
    }
    Ok(())
}

/// An invoice or credit note without sums gets them.
fn summed(company: &Company, cx: &Cx<'_>, known: &Collection, row: Fields) -> Fields {
    if !matches!(known.name, "invoices" | "credit-notes") || row.contains_key("amount") {
        return row;
    }
    let given = Fields::new();
    let status = row.get("status").cloned();
    let mut draft = Draft { company, cx, given: &given, old: None, new: row, errors: Vec::new() };
    documents::settle(&mut draft, known.name == "invoices");
    let mut row = draft.new;
    row.extend(status.map(|status| ("status".to_owned(), status)));
    row
}

/// Puts one record in place; gives its internal number.
///
/// # Errors
/// A field that answers do not have, or one of another type.
pub(super) fn record(
    company: &mut Company,
    switches: &Switches,
    now: DateTime<Utc>,
    known: &'static Collection,
    mut row: Fields,
) -> Result<u64, String> {
    row.retain(|name, _| !BESIDE.contains(&name.as_str()));
    fits(shape(known.read), &row, "")?;
    let stamp = |row: &mut Fields, name: &str| match row.remove(name) {
        Some(Value::String(at)) => read_stamp(&at, switches).map(Some).ok_or(format!("{name}: is no time")),
        _ => Ok(None),
    };
    let modified = stamp(&mut row, "lastModifiedDateTime")?.unwrap_or(now);
    let created = stamp(&mut row, "createdDateTime")?.unwrap_or(modified);
    match known.name {
        "locations" => {
            let key = format!("{}/{}", text_at(&row, "baccount.number"), text(&row, "locationId"));
            row.insert("_key".into(), json!(key));
        }
        "invoices" | "credit-notes" => {
            let kind = if known.name == "invoices" { "Invoice" } else { "CreditNote" };
            row.entry("documentType").or_insert_with(|| json!(kind));
            let open = matches!(text(&row, "status"), "Open" | "Closed" | "Voided");
            row.insert("_released".into(), json!(open));
        }
        _ => {}
    }
    let key = at(&row, known.key).cloned().unwrap_or_default();
    let existing = (!key.is_null() && known.name != "units").then(|| {
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        company.by_key(known, &key).map(|(id, _)| id)
    });
    let id = whole(&row, known.id).or(existing.flatten()).unwrap_or_else(|| company.next_id(known.name));
    if !known.id.is_empty() {
        row.insert(known.id.into(), json!(id));
    }
    if key.is_null() && known.key != known.id {
        return Err(format!("{}: is required", known.key));
    }
    complete(company, known, &mut row);
    company.put(known.name, id, row, created, modified);
    Ok(id)
}

/// References that have only their key get the rest.
fn complete(company: &Company, known: &Collection, row: &mut Fields) {
    let known_references = [
        ("customer", "customers"),
        ("baccount", "customers"),
        ("vatZone", "vat-zones"),
        ("customerVatZone", "vat-zones"),
        ("creditTerms", "credit-terms"),
        ("customerClass", "customer-classes"),
        ("itemClass", "item-classes"),
        ("vatCode", "vat-categories"),
    ];
    for (name, collection) in known_references {
        let Some(Kind::One(part)) = shape(known.read).field(name).map(|field| &field.kind) else { continue };
        let Some(Value::Object(given)) = row.get(name) else { continue };
        let key = given.get("number").or_else(|| given.get("id")).and_then(Value::as_str).unwrap_or_default();
        let Some(target) = collection::named(collection) else { continue };
        if let Some((_, record)) = company.by_key(target, key) {
            let mut whole = super::value::object(Company::reference(target, record, shape(part)));
            whole.extend(given.clone());
            set_at(row, name, Value::Object(whole));
        }
    }
}

fn fits(shape_of: &Shape, row: &Fields, place: &str) -> Result<(), String> {
    for (name, value) in row.iter().filter(|(name, value)| !name.starts_with('_') && !value.is_null()) {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        if BESIDE.contains(&name.as_str()) {
            continue;
        }
        let Some(field) = shape_of.field(name) else { return Err(format!("{place}: there is no such field")) };
        let good = match (&field.kind, value) {
            (Kind::One(inner), Value::Object(part)) => fits(shape(inner), part, &place).map(|()| true)?,
            (Kind::Many(inner), Value::Array(rows)) => {
                for (number, row) in rows.iter().enumerate() {
                    let place = format!("{place}.{number}");
                    fits(shape(inner), row.as_object().ok_or(format!("{place}: is no object"))?, &place)?;
                }
                true
            }
            (Kind::Text(_) | Kind::Uuid, value) => value.is_string(),
            (Kind::Date, Value::String(text)) => super::value::utc(text).is_some(),
            (Kind::Int, value) => value.is_i64(),
            (Kind::Num, value) => value.is_number(),
            (Kind::Bool, value) => value.is_boolean(),
            (Kind::Words(words), value) => words.iter().any(|word| value == word.as_str()),
            (kind, _) => *kind == Kind::Any,
        };
        if !good {
            return Err(format!("{place}: is of another type"));
        }
    }
    Ok(())
}
