//! A stored record: the vendor's object, field by field, as JSON.
//!
//! Names that the vendor's schema does not have are the emulator's own notes about the record
//! (written in lower case, as `backordered`); they are never printed, because answers are made
//! from the schema.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

/// The fields of one object, by the vendor's names.
pub(crate) type Record = Map<String, Value>;

/// How exact stamps are (switch `stamp_precision`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Whole seconds, as in the sample of the vendor's document.
    Seconds,
    /// Milliseconds.
    Millis,
}

/// The text in a field; `None` when absent, null or no text.
pub(crate) fn text<'a>(record: &'a Record, field: &str) -> Option<&'a str> {
    record.get(field).and_then(Value::as_str)
}

/// The text in a field, when there is one that is not empty.
pub(crate) fn filled<'a>(record: &'a Record, field: &str) -> Option<&'a str> {
    text(record, field).filter(|found| !found.is_empty())
}

/// The number in a field; zero when there is none.
pub(crate) fn decimal(record: &Record, field: &str) -> Decimal {
    record.get(field).and_then(to_decimal).unwrap_or(Decimal::ZERO)
}

/// The whole number in a field; zero when there is none.
pub(crate) fn int(record: &Record, field: &str) -> i64 {
    record.get(field).and_then(Value::as_i64).unwrap_or(0)
}

/// The truth in a field; false when there is none.
pub(crate) fn flag(record: &Record, field: &str) -> bool {
    record.get(field).and_then(Value::as_bool).unwrap_or(false)
}

/// Whether a field has a value other than null.
pub(crate) fn has(record: &Record, field: &str) -> bool {
    record.get(field).is_some_and(|value| !value.is_null())
}

/// The objects in a list field.
pub(crate) fn rows<'a>(record: &'a Record, field: &str) -> impl Iterator<Item = &'a Record> {
    record
        .get(field)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_object)
}

/// The calendar date in a field, which is stored as `YYYY-MM-DD`.
pub(crate) fn date(record: &Record, field: &str) -> Option<NaiveDate> {
    text(record, field).and_then(|found| found.parse().ok())
}

/// Sets a field.
pub(crate) fn put(record: &mut Record, field: &str, value: impl Into<Value>) {
    record.insert(field.to_owned(), value.into());
}

/// Copies fields from one record to another; what the source lacks becomes null.
pub(crate) fn copy(from: &Record, to: &mut Record, fields: &[&str]) {
    for field in fields {
        put(to, field, from.get(*field).cloned().unwrap_or_default());
    }
}

/// A JSON number without needless zeros.
pub(crate) fn number(value: Decimal) -> Value {
    value.normalize().to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

/// A JSON number as a decimal; `None` when it is none or has more digits than a decimal holds.
pub(crate) fn to_decimal(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else {
        return None;
    };
    let digits = number.to_string();
    digits.parse().or_else(|_| Decimal::from_scientific(&digits)).ok()
}

/// A calendar date as it is stored.
pub(crate) fn date_value(date: NaiveDate) -> Value {
    Value::String(date.to_string())
}

/// An instant as it is stored and printed.
pub(crate) fn stamp(at: DateTime<Utc>, precision: Precision) -> Value {
    let form = match precision {
        Precision::Seconds => SecondsFormat::Secs,
        Precision::Millis => SecondsFormat::Millis,
    };
    Value::String(at.to_rfc3339_opts(form, true))
}

/// The instant of a stored stamp.
pub(crate) fn instant(stamp: &str) -> Option<DateTime<Utc>> {
    whole_second(stamp).or_else(|| stamp.parse().ok())
}

/// A stamp in the one form that most have, `2026-02-17T09:00:00Z`, read in a fraction of the time.
fn whole_second(stamp: &str) -> Option<DateTime<Utc>> {
    let bytes: &[u8; 20] = stamp.as_bytes().try_into().ok()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', i1, i2, b':', s1, s2, b'Z'] = *bytes else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
    Some(day.and_hms_opt(number(&[h1, h2])?, number(&[i1, i2])?, number(&[s1, s2])?)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_reading_a_stamp_agree() {
        for stamp in ["2026-02-17T09:00:00Z", "2026-12-31T23:59:59Z", "2026-02-30T09:00:00Z", "2026-02-17 09:00:00Z"] {
            let parsed = stamp.parse::<DateTime<Utc>>().ok().filter(|_| stamp.contains('T'));
            assert_eq!(whole_second(stamp), parsed, "{stamp}");
        }
        assert_eq!(whole_second("2026-02-17T09:00:00.5Z"), None);
    }

    #[test]
    fn decimals_survive_both_ways() {
        for digits in ["10.1", "0.1", "-1.05", "12345678901234567.89", "2500"] {
            let value: Value = serde_json::from_str(digits).unwrap();
            assert_eq!(number(to_decimal(&value).unwrap()).to_string(), digits);
        }
        let value: Value = serde_json::from_str("1e2").unwrap();
        assert_eq!(to_decimal(&value), Some(Decimal::ONE_HUNDRED));
    }
}
