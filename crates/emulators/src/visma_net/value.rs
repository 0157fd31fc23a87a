//! JSON values as Visma.net writes them: plain numbers, business days without an offset, stamps in local time, row
//! versions of eight bytes.

use base64::{Engine, engine::general_purpose};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Europe::Oslo;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use crate::frame::Switches;

use super::switches::STAMP_ZONE;

/// A record's fields by name.
pub(super) type Fields = Map<String, Value>;

/// An amount as a JSON number without needless zeros.
pub(super) fn number(amount: Decimal) -> Value {
    serde_json::from_str(&amount.normalize().to_string()).unwrap_or(Value::Null)
}

/// A JSON number.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else { return None };
    let text = number.to_string();
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// The field's amount; 0 if it has none.
pub(super) fn amount(fields: &Fields, name: &str) -> Decimal {
    fields.get(name).and_then(decimal).unwrap_or_default()
}

/// To cents, halves away from zero.
pub(super) fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The field's text; empty if it has none.
pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The field's flag; false if it has none.
pub(super) fn flag(fields: &Fields, name: &str) -> bool {
    fields.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The field's whole number.
pub(super) fn whole(fields: &Fields, name: &str) -> Option<u64> {
    fields.get(name).and_then(Value::as_u64)
}

/// What stands at a path of names: `customer.number`.
pub(super) fn at<'a>(fields: &'a Fields, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let mut value = fields.get(names.next()?)?;
    for name in names {
        value = value.get(name)?;
    }
    Some(value)
}

/// The text at a path of names; empty if there is none.
pub(super) fn text_at<'a>(fields: &'a Fields, path: &str) -> &'a str {
    at(fields, path).and_then(Value::as_str).unwrap_or_default()
}

/// Sets what stands at a path of names; null removes it.
pub(super) fn set_at(fields: &mut Fields, path: &str, value: Value) {
    match path.split_once('.') {
        None if value.is_null() => drop(fields.remove(path)),
        None => drop(fields.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let inner = fields.entry(first.to_owned()).or_insert_with(|| json!({}));
            if !inner.is_object() {
                *inner = json!({});
            }
            if let Value::Object(inner) = inner {
                set_at(inner, rest, value);
            }
        }
    }
}

/// The fields of an object; none of anything else.
pub(super) fn object(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// The objects of a list.
pub(super) fn rows<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a Fields> + use<'a> {
    fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// A list of objects as a value.
pub(super) fn list(rows: impl IntoIterator<Item = Fields>) -> Value {
    rows.into_iter().map(Value::Object).collect()
}

/// A business day of a client's text, with or without a time of day: nobody's zone counts.
pub(super) fn day(given: &str) -> Option<NaiveDate> {
    let first = given.get(..10)?;
    let day = NaiveDate::parse_from_str(first, "%Y-%m-%d").ok()?;
    let rest = given.get(10..).unwrap_or_default();
    (rest.is_empty() || rest.starts_with(['T', ' ']) && moment(given).is_some()).then_some(day)
}

/// A time of day with or without an offset, which is left out of account.
fn moment(given: &str) -> Option<NaiveDateTime> {
    if let Ok(at) = DateTime::parse_from_rfc3339(given) {
        return Some(at.naive_local());
    }
    let given = given.replace(' ', "T");
    NaiveDateTime::parse_from_str(&given, "%Y-%m-%dT%H:%M:%S%.f").ok()
}

/// A business day as it is kept and shown.
pub(super) fn shown_day(day: NaiveDate) -> Value {
    json!(day.format("%Y-%m-%dT00:00:00").to_string())
}

/// The local time of the company's server: the switch says which.
pub(super) fn local(at: DateTime<Utc>, switches: &Switches) -> NaiveDateTime {
    match switches.word(&STAMP_ZONE) {
        "utc" => at.naive_utc(),
        _ => at.with_timezone(&Oslo).naive_local(),
    }
}

/// The instant of a local time.
pub(super) fn from_local(at: NaiveDateTime, switches: &Switches) -> DateTime<Utc> {
    match switches.word(&STAMP_ZONE) {
        "utc" => at.and_utc(),
        _ => Oslo.from_local_datetime(&at).earliest().map_or_else(|| at.and_utc(), |at| at.to_utc()),
    }
}

/// A stamp as the older service shows it: local time, no offset, milliseconds where there are any.
pub(super) fn shown_stamp(at: DateTime<Utc>, switches: &Switches) -> Value {
    let local = local(at, switches);
    let form = if local.nanosecond() / 1_000_000 == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.3f" };
    json!(local.format(form).to_string())
}

/// A stamp of a seed: with an offset, or local.
pub(super) fn read_stamp(given: &str, switches: &Switches) -> Option<DateTime<Utc>> {
    match DateTime::parse_from_rfc3339(given) {
        Ok(at) => Some(at.to_utc()),
        Err(_) => {
            let whole_day = || NaiveDate::parse_from_str(given, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
            moment(given).or_else(whole_day).map(|at| from_local(at, switches))
        }
    }
}

/// An instant of the order service: UTC where there is no offset.
pub(super) fn utc(given: &str) -> Option<DateTime<Utc>> {
    match DateTime::parse_from_rfc3339(given) {
        Ok(at) => Some(at.to_utc()),
        Err(_) => {
            let whole_day = || NaiveDate::parse_from_str(given, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
            moment(given).or_else(whole_day).map(|at| at.and_utc())
        }
    }
}

/// An instant as the order service shows it.
pub(super) fn shown_utc(at: DateTime<Utc>) -> Value {
    let form = if at.nanosecond() / 1_000_000 == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.3fZ" };
    json!(at.format(form).to_string())
}

/// A row version: eight bytes in base64.
pub(super) fn version(count: u64) -> String {
    general_purpose::STANDARD.encode(count.to_be_bytes())
}

/// The key of a path's segment, which may be written as `b64(…)`.
pub(super) fn key(segment: &str) -> String {
    let inner = segment.strip_prefix("b64(").and_then(|rest| rest.strip_suffix(')'));
    let decoded = inner.and_then(|inner| general_purpose::URL_SAFE_NO_PAD.decode(inner.trim_end_matches('=')).ok());
    decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| segment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_special_characters_are_written_in_base64() {
        assert_eq!(key("b64(Oi8_I1tdQCYqKzs)"), ":/?#[]@&*+;");
        assert_eq!(key("10000"), "10000");
        assert_eq!(key("b64(%%)"), "b64(%%)");
    }

    #[test]
    fn paths_are_set_and_read() {
        let mut fields = Fields::new();
        set_at(&mut fields, "a.b", json!("x"));
        assert_eq!(text_at(&fields, "a.b"), "x");
        set_at(&mut fields, "a.b", Value::Null);
        assert_eq!(json!(fields), json!({ "a": {} }));
    }

    #[test]
    fn days_take_any_time_of_day_and_nothing_else() {
        assert_eq!(day("2020-05-06T10:46:10.777Z"), NaiveDate::from_ymd_opt(2020, 5, 6));
        assert_eq!(day("2020-05-06"), NaiveDate::from_ymd_opt(2020, 5, 6));
        assert_eq!((day("2020-05-06x"), day("06.05.2020")), (None, None));
        assert_eq!(version(0x4D18_2222), "AAAAAE0YIiI=");
    }
}
