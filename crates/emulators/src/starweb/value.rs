//! JSON values as Starweb writes them: decimals as numbers, local stamps, `data` around nested things.

use chrono::{DateTime, SubsecRound, Utc};
use chrono_tz::Europe::Stockholm;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// A record's fields by name.
pub(super) type Fields = Map<String, Value>;

/// An amount as a JSON number without needless zeros.
pub(super) fn number(amount: Decimal) -> Value {
    serde_json::from_str(&amount.normalize().to_string()).unwrap_or(Value::Null)
}

/// A number, or a number in text.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// The field's amount; 0 if it has none.
pub(super) fn amount(fields: &Fields, name: &str) -> Decimal {
    fields.get(name).and_then(decimal).unwrap_or_default()
}

/// The field's text; empty if it has none.
pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The field's flag; `default` if it has none.
pub(super) fn flag(fields: &Fields, name: &str, default: bool) -> bool {
    fields.get(name).and_then(Value::as_bool).unwrap_or(default)
}

/// The field's id.
pub(super) fn id(fields: &Fields, name: &str) -> Option<u64> {
    fields.get(name).and_then(Value::as_u64)
}

/// An instant as Starweb writes it: local time of the shop's country with its offset, to the second.
pub(super) fn stamp(at: DateTime<Utc>) -> Value {
    json!(at.with_timezone(&Stockholm).format("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// Starweb keeps whole seconds.
pub(super) fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

/// A stamp with an offset.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    Some(whole_seconds(DateTime::parse_from_rfc3339(text).ok()?.to_utc()))
}

/// What is inside `{"data": …}`, or the value itself.
pub(super) fn unwrapped(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.len() == 1 && object.contains_key("data") => {
            object.remove("data").unwrap_or_default()
        }
        other => other,
    }
}

/// The fields of an object; none of anything else.
pub(super) fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// The objects in a list, `data` around it or not.
pub(super) fn rows(value: Option<Value>) -> Vec<Fields> {
    match value.map(unwrapped) {
        Some(Value::Array(rows)) => rows.into_iter().map(fields).collect(),
        _ => Vec::new(),
    }
}

/// `{"data": …}`
pub(super) fn data(value: impl Into<Value>) -> Value {
    json!({ "data": value.into() })
}

/// An address with all its fields: the vendor shows empty text where nothing is known, but no empty country.
pub(super) fn whole_address(given: Fields) -> Fields {
    let names = ["companyName", "firstName", "lastName", "careOf", "attention", "reference", "address", "postalCode"];
    let names = names.iter().chain(&["city", "state", "phoneNo", "mobilePhoneNo"]);
    let mut whole: Fields = names.map(|name| ((*name).to_owned(), json!(""))).collect();
    whole.extend(given);
    whole
}

/// Addresses by type, each with all its fields.
pub(super) fn whole_addresses(given: Value) -> Fields {
    fields(given).into_iter().map(|(name, address)| (name, Value::Object(whole_address(fields(address))))).collect()
}

/// A list of objects as a value.
pub(super) fn list(rows: impl IntoIterator<Item = Fields>) -> Value {
    rows.into_iter().map(Value::Object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_follow_the_country_through_the_year() {
        let winter = instant("2019-11-28T12:38:17.900Z").unwrap();
        assert_eq!(stamp(winter), "2019-11-28T13:38:17+01:00");
        let summer = instant("2024-07-01T00:00:00+02:00").unwrap();
        assert_eq!(stamp(summer), "2024-07-01T00:00:00+02:00");
    }

    #[test]
    fn amounts_are_read_from_numbers_and_text_and_written_as_numbers() {
        assert_eq!(decimal(&json!("12.50")), Some(Decimal::new(125, 1)));
        assert_eq!(number(Decimal::new(12_500, 3)).to_string(), "12.5");
        assert_eq!(decimal(&serde_json::from_str("1e2").unwrap()), Some(Decimal::from(100)));
        assert_eq!(decimal(&json!(true)), None);
    }
}
