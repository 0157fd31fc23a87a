//! Values to try, and whether a field shows what it was given.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use sync_core::{
    FieldMap, FieldPath, NormalForm, StreamId, Value,
    capability::{FieldCapability, StreamCapability, represents},
    model::{self, FieldType},
};

use super::{
    bench::{Bench, Stream},
    fixture::Sample,
    report::{Wrong, sure},
};

/// A value that the field's type suggests; none for links, lines and own fields, which only a fixture knows.
fn typical(can: &StreamCapability, path: FieldPath, field: &FieldCapability, nth: usize) -> Option<Value> {
    let number = i64::try_from(nth).unwrap_or_default();
    if let Some(words) = &field.one_of {
        return words.iter().nth(nth % words.len().max(1)).map(|word| Value::from(word.as_str()));
    }
    let spec = model::field(can.kind, path)?;
    if !spec.words.is_empty() {
        return spec.words.get(nth % spec.words.len()).map(|word| Value::from(word.name));
    }
    let text = match spec.form {
        NormalForm::Email => format!("prov{nth}@exempel.example"),
        NormalForm::Phone => format!("+46 8 123 45 {:02}", nth % 100),
        NormalForm::PostalCode => format!("111 {:02}", nth % 100),
        NormalForm::Country => ["SE", "NO"].get(nth % 2).map(|code| (*code).to_owned())?,
        _ if path.as_str().ends_with("currency") => "SEK".to_owned(),
        _ => format!("Prov {nth}"),
    };
    let cut = |max: u32| text.chars().rev().take(usize::try_from(max).unwrap_or(usize::MAX)).collect::<Vec<_>>();
    Some(match spec.ty {
        FieldType::Bool => Value::Bool(nth.is_multiple_of(2)),
        FieldType::Int => Value::Int(number + 1),
        FieldType::Decimal => {
            Value::Decimal(Decimal::new(number * 100 + 1250, 2).round_dp(field.max_scale.unwrap_or(2)))
        }
        FieldType::Text => {
            let end = field.max_len.map_or_else(|| text.chars().rev().collect(), cut);
            Value::from(end.into_iter().rev().collect::<String>())
        }
        FieldType::Date => Value::Date(
            NaiveDate::from_ymd_opt(2026, 3, 29)?
                .checked_add_days(Days::new(u64::try_from(nth).unwrap_or_default()))?,
        ),
        FieldType::Instant => Value::Instant(chrono::DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + number)),
        _ => return None,
    })
}

/// What the fixture wants tried, else what the type suggests.
pub(super) fn value(
    bench: &Bench,
    stream: &StreamId,
    can: &StreamCapability,
    path: FieldPath,
    nth: usize,
) -> Option<Value> {
    let own = || can.fields.get(&path).and_then(|field| typical(can, path, field, nth));
    bench.fixture.value(stream, path, nth).or_else(own)
}

/// The sample with every other field that can be given when a record is made.
pub(super) fn full(bench: &Bench, stream: &Stream, sample: Sample, nth: usize) -> Sample {
    let mut parts: BTreeMap<StreamId, FieldMap> = sample.into_iter().collect();
    for (id, can) in stream.parts() {
        for (path, _) in can.fields.iter().filter(|(_, field)| field.write_on_create) {
            let given = parts.get(id).is_some_and(|fields| fields.get(*path).is_some());
            if let Some(value) = value(bench, id, can, *path, nth).filter(|_| !given) {
                parts.entry(id.clone()).or_default().set(*path, value);
            }
        }
    }
    parts.into_iter().filter(|(_, fields)| !fields.is_empty()).collect()
}

/// Whether `stored` is what the field shows after `wanted` was written to it.
pub(super) fn kept(
    bench: &Bench,
    stream: &StreamId,
    can: &StreamCapability,
    path: FieldPath,
    wanted: &Value,
    stored: Option<&Value>,
) -> Result<(), Wrong> {
    let Some(field) = can.fields.get(&path).filter(|field| field.read) else { return Ok(()) };
    let wanted = bench.fixture.kept(stream, path, wanted).unwrap_or_else(|| wanted.clone());
    let holds = match (stored, &wanted) {
        (None | Some(Value::Null), Value::Null) => true,
        (Some(Value::List(stored)), Value::List(wanted)) => lines_kept(can, path, stored, wanted),
        (Some(stored), wanted) => represents(stored, wanted, field),
        (None, _) => false,
    };
    sure(holds, || format!("{wanted} was written, and {} is shown", shown(stored)))
}

/// Of lines, the leaves count that the stream declares: others are neither sent nor compared.
fn lines_kept(can: &StreamCapability, path: FieldPath, stored: &[Value], wanted: &[Value]) -> bool {
    let declared = can.document.as_ref().map(|document| &document.lines);
    let one = |(stored, wanted): (&Value, &Value)| match (stored, wanted) {
        (Value::Map(stored), Value::Map(wanted)) => wanted.iter().all(|(leaf, value)| {
            let is_declared = declared.is_none_or(|leaves| leaves.iter().any(|known| known.as_str() == leaf));
            let field = can.fields.get(&path.join(leaf)).cloned().unwrap_or_default();
            // a row's key is the vendor's own
            leaf == "key" || !is_declared || stored.get(leaf).is_some_and(|stored| represents(stored, value, &field))
        }),
        (stored, wanted) => stored == wanted,
    };
    stored.len() == wanted.len() && stored.iter().zip(wanted).all(one)
}

pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// Amounts without needless zeros: 12.50 and "12.5" are one, whichever way a vendor writes them.
fn plain(leaf: &Json) -> Json {
    let text = match leaf {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        _ => return leaf.clone(),
    };
    let amount = text.parse::<Decimal>().ok().filter(|_| text.contains('.'));
    amount.map_or_else(|| leaf.clone(), |amount| Json::String(amount.normalize().to_string()))
}

/// All leaves of a wire record by their place, without those under volatile keys.
pub(super) fn leaves(raw: &str, volatile: &[&str]) -> Result<BTreeMap<String, Json>, Wrong> {
    fn walk(json: &Json, at: &str, volatile: &[&str], out: &mut BTreeMap<String, Json>) {
        match json {
            Json::Object(members) => {
                for (key, member) in members.iter().filter(|(key, _)| !volatile.contains(&key.as_str())) {
                    walk(member, &format!("{at}/{key}"), volatile, out);
                }
            }
            Json::Array(members) => {
                for (place, member) in members.iter().enumerate() {
                    walk(member, &format!("{at}/{place}"), volatile, out);
                }
            }
            Json::Null => {} // left out or null: whichever way a vendor says "nothing"
            leaf => _ = out.insert(at.to_owned(), plain(leaf)),
        }
    }
    let mut out = BTreeMap::new();
    walk(&serde_json::from_str(raw).map_err(Wrong::new)?, "", volatile, &mut out);
    Ok(out)
}
