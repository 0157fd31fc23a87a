//! A record as the vendor writes it: camelCase names, references as small objects, stamps without a zone.
//!
//! It is kept as it came and read field by field: a field that is not there is something else than one that is null, and
//! the vendor adds fields without a new version. Names are dotted where they lie deeper: `mainAddress.country.id`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value as Json, json, value::RawValue};
use sync_core::{Error, ErrorKind, Field, Result};

use crate::codes;

/// One JSON object of the vendor's. It has no `Debug`: it is somebody's data.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Wire(Map<String, Json>);

impl Wire {
    /// The value under a dotted name. What lies in a null is null.
    pub(crate) fn get(&self, at: &str) -> Option<&Json> {
        let mut parts = at.split('.');
        let mut here = self.0.get(parts.next()?)?;
        for part in parts {
            match here {
                Json::Null => return Some(here),
                Json::Object(members) => here = members.get(part)?,
                _ => return None,
            }
        }
        Some(here)
    }
    /// Sets a value at the top.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.0.insert(name.to_owned(), value.into());
    }
    /// It as a value.
    pub(crate) fn into_json(self) -> Json {
        Json::Object(self.0)
    }
    /// Its text.
    pub(crate) fn raw(&self) -> Option<Box<RawValue>> {
        // a map of what was parsed: this cannot fail
        serde_json::value::to_raw_value(&self.0).ok()
    }

    fn read<T>(&self, at: &str, what: &str, read: impl FnOnce(&Json) -> Option<T>) -> Result<Field<T>> {
        match self.get(at) {
            None => Ok(Field::Unknown),
            Some(Json::Null) => Ok(Field::Empty),
            Some(value) => read(value).map(Field::Set).ok_or_else(|| wrong(at, &format!("is not {what}"))),
        }
    }
    /// Text; blank text is empty. A number is taken as its text.
    pub(crate) fn text(&self, at: &str) -> Result<Field<String>> {
        let text = self.read(at, "text", |value| match value {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        })?;
        Ok(match text {
            Field::Set(text) if text.trim().is_empty() => Field::Empty,
            other => other,
        })
    }
    /// Yes or no.
    pub(crate) fn flag(&self, at: &str) -> Result<Field<bool>> {
        self.read(at, "true or false", Json::as_bool)
    }
    /// A decimal number with the scale in which it came.
    pub(crate) fn number(&self, at: &str) -> Result<Field<Decimal>> {
        self.read(at, "a number", decimal)
    }
    /// The same without the zeros at its end: the vendor prints four decimals of everything.
    pub(crate) fn amount(&self, at: &str) -> Result<Field<Decimal>> {
        Ok(self.number(at)?.map(|amount| amount.normalize()))
    }
    /// A calendar date. Most come as midnight of nowhere; one with an offset is the day that it is midnight of in `zone`,
    /// else the day that it is written with.
    pub(crate) fn day(&self, at: &str, zone: Tz) -> Result<Field<NaiveDate>> {
        self.read(at, "a date", |value| {
            let text = value.as_str()?;
            let there = DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&zone));
            match there.filter(|there| there.time() == NaiveTime::MIN) {
                Some(there) => Some(there.date_naive()),
                None => text.get(..10)?.parse().ok(),
            }
        })
    }
    /// A moment; one without an offset is of `zone`.
    pub(crate) fn moment(&self, at: &str, zone: Tz) -> Result<Field<DateTime<Utc>>> {
        self.read(at, "a moment", |value| {
            let text = value.as_str()?;
            let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
            zoned.or_else(|| Some(codes::from_local(text.parse::<NaiveDateTime>().ok()?, zone)))
        })
    }
    /// The objects of a list; null is none.
    pub(crate) fn rows(&self, at: &str) -> Result<Field<Vec<Wire>>> {
        self.read(at, "a list of objects", |value| {
            let rows = value.as_array()?.iter().map(|row| Some(Self(row.as_object()?.clone())));
            rows.collect()
        })
    }
    /// A word of a closed list, without blanks and whatever its case.
    pub(crate) fn word(&self, at: &str, words: &[&'static str]) -> Result<Field<&'static str>> {
        self.read(at, &format!("one of {}", words.join(", ")), |value| {
            let said = value.as_str()?.replace(' ', "");
            words.iter().find(|word| word.eq_ignore_ascii_case(&said)).copied()
        })
    }
}

fn wrong(at: &str, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, "decode", format!("{at} {what}")).with_context("field", at)
}

fn decimal(value: &Json) -> Option<Decimal> {
    let Json::Number(number) = value else { return None };
    let text = number.to_string();
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// A decimal as a JSON number, digit for digit.
pub(crate) fn number(amount: Decimal) -> Json {
    // digits with a point are a JSON number: this cannot fail
    amount.to_string().parse::<Number>().map_or(Json::Null, Json::Number)
}

/// A calendar date as both services take it.
pub(crate) fn day(day: NaiveDate) -> Json {
    Json::from(format!("{day}T00:00:00"))
}

/// How a service wants values written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Each value in `{"value": …}`, objects too: the ERP API.
    Wrapped,
    /// As they are: the order service.
    Plain,
}

/// What a write sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Body(pub(crate) Map<String, Json>);

impl Body {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// A value under a dotted name.
    pub(crate) fn put(&mut self, at: &str, value: Json, dialect: Dialect) {
        let mut here = &mut self.0;
        let mut parts = at.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                here.insert(
                    part.to_owned(),
                    if dialect == Dialect::Wrapped { json!({ "value": value }) } else { value },
                );
                return;
            }
            let mut next = here.entry(part).or_insert_with(|| json!({}));
            if let (Dialect::Wrapped, Json::Object(wrapper)) = (dialect, &mut *next) {
                wrapper.entry("value").or_insert_with(|| json!({}));
            }
            if dialect == Dialect::Wrapped {
                next = &mut next["value"];
            }
            // what was made here is an object; a name is never that of a value and of an object at once
            let Json::Object(members) = next else { return };
            here = members;
        }
    }
    /// A value that is never wrapped: lists, `operation`.
    pub(crate) fn bare(&mut self, name: &str, value: impl Into<Json>) {
        self.0.insert(name.to_owned(), value.into());
    }
    /// A wrapped value.
    pub(crate) fn wrapped(&mut self, at: &str, value: impl Into<Json>) {
        self.put(at, value.into(), Dialect::Wrapped);
    }
    /// A plain value.
    pub(crate) fn plain(&mut self, at: &str, value: impl Into<Json>) {
        self.put(at, value.into(), Dialect::Plain);
    }
    pub(crate) fn json(self) -> Json {
        Json::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Oslo;

    use super::*;

    fn wire(text: &str) -> Wire {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn absent_null_and_empty_are_told_apart_at_any_depth() {
        let wire = wire(r#"{"a":{"b":{"c":"x"},"n":null},"e":" ","n":null}"#);
        assert_eq!(wire.text("a.b.c").unwrap(), Field::Set("x".to_owned()));
        assert_eq!(wire.text("a.n.c").unwrap(), Field::Empty);
        assert_eq!(wire.text("e").unwrap(), Field::Empty);
        assert_eq!(wire.text("n").unwrap(), Field::Empty);
        for absent in ["z", "a.z", "a.b.c.d"] {
            assert_eq!(wire.text(absent).unwrap(), Field::Unknown, "{absent}");
        }
    }

    #[test]
    fn a_wrong_value_is_named_and_not_shown() {
        let wire = wire(r#"{"status":"Secret","hold":"maybe"}"#);
        let error = wire.word("status", &["Open", "Hold"]).unwrap_err();
        assert!(error.message().contains("status") && error.message().contains("Open, Hold"), "{error}");
        assert!(!format!("{error:?}{:?}", wire.flag("hold").unwrap_err()).contains("Secret"));
        assert_eq!(wire.flag("hold").unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn words_are_met_with_blanks_and_in_any_case() {
        for said in ["Pending Print", "pendingprint", "PendingPrint"] {
            let wire = wire(&json!({ "status": said }).to_string());
            assert_eq!(wire.word("status", &["Open", "PendingPrint"]).unwrap(), Field::Set("PendingPrint"));
        }
    }

    #[test]
    fn days_and_stamps_are_read_in_every_form_that_is_met() {
        for (text, day) in [
            ("2023-12-31T00:00:00", "2023-12-31"),
            ("2023-12-31", "2023-12-31"),
            ("2023-12-31T00:00:00Z", "2023-12-31"),
            ("2023-12-30T23:00:00Z", "2023-12-31"),
            ("2023-12-31T00:00:00+01:00", "2023-12-31"),
        ] {
            let read = wire(&json!({ "d": text }).to_string()).day("d", Oslo).unwrap();
            assert_eq!(read.into_value().unwrap().to_string(), day, "{text}");
        }
        for (text, at) in [
            ("2026-02-17T10:16:00.123", "2026-02-17T09:16:00.123Z"),
            ("2026-07-17T10:16:00", "2026-07-17T08:16:00Z"),
            ("2026-02-17T10:16:00+01:00", "2026-02-17T09:16:00Z"),
        ] {
            let read = wire(&json!({ "d": text }).to_string()).moment("d", Oslo).unwrap();
            assert_eq!(read, Field::Set(at.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn values_are_wrapped_objects_too_and_numbers_keep_their_digits() {
        let mut body = Body::default();
        body.wrapped("mainAddress.city", "Oslo");
        body.wrapped("mainAddress.countryId", "NO");
        body.wrapped("creditLimit", number("10.50".parse().unwrap()));
        body.plain("customer.id", "10001");
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"creditLimit":{"value":10.50},"customer":{"id":"10001"},"mainAddress":{"value":{"city":{"value":"Oslo"},"countryId":{"value":"NO"}}}}"#
        );
    }
}
