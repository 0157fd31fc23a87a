//! A record as the vendor writes it: PascalCase names, integer enums, GUIDs, calendar dates in a form that is not
//! promised.
//!
//! It is kept as it came and read field by field, for three reasons. An update replaces the whole record, so whatever
//! we do not know must go back unchanged. A field that is not there is something else than one that is null. And the
//! vendor adds fields without a new version.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value as Json};
use sync_core::{Error, ErrorKind, Field, Result};

/// What the vendor writes for "no record" where null is not taken.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// One JSON object of the vendor's.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Wire(Map<String, Json>);

impl Wire {
    /// The value under `name`, if it is there at all.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }
    /// All names and values.
    pub(crate) fn map(&self) -> &Map<String, Json> {
        &self.0
    }
    /// Sets a value.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.0.insert(name.to_owned(), value.into());
    }
    /// Sets a value where there is none.
    pub(crate) fn set_default(&mut self, name: &str, value: impl Into<Json>) {
        if self.get(name).is_none_or(Json::is_null) {
            self.set(name, value);
        }
    }
    /// The same without these fields.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
        self
    }
    /// Writes calendar dates in the only form that the vendor's texts ask for, whatever form they came in.
    pub(crate) fn with_plain_days(mut self, names: &[&str]) -> Self {
        for name in names {
            if let Ok(Field::Set(day)) = self.day(name) {
                self.set(name, day.to_string());
            }
        }
        self
    }

    fn read<T>(&self, name: &str, what: &str, read: impl FnOnce(&Json) -> Option<T>) -> Result<Field<T>> {
        match self.get(name) {
            None => Ok(Field::Unknown),
            Some(Json::Null) => Ok(Field::Empty),
            Some(value) => match read(value) {
                Some(value) => Ok(Field::Set(value)),
                None => Err(Error::new(ErrorKind::Invalid, "decode", format!("{name} is not {what}"))
                    .with_context("field", name)),
            },
        }
    }
    /// Text; empty text is empty. A number is taken as its text.
    pub(crate) fn text(&self, name: &str) -> Result<Field<String>> {
        let text = self.read(name, "text", |value| match value {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        })?;
        Ok(match text {
            Field::Set(text) if text.is_empty() => Field::Empty,
            other => other,
        })
    }
    /// The id of another record; one of zeros only is none.
    pub(crate) fn id(&self, name: &str) -> Result<Field<String>> {
        Ok(match self.text(name)? {
            Field::Set(id) if id == NO_ID => Field::Empty,
            other => other,
        })
    }
    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> Result<Field<bool>> {
        self.read(name, "true or false", Json::as_bool)
    }
    /// A decimal number with the scale in which it came.
    pub(crate) fn number(&self, name: &str) -> Result<Field<Decimal>> {
        self.read(name, "a number", decimal)
    }
    /// A whole number: a code of a closed list.
    pub(crate) fn whole(&self, name: &str) -> Result<Field<i64>> {
        self.read(name, "a whole number", Json::as_i64)
    }
    /// A calendar date: the first ten characters, for the rest is nowhere described.
    pub(crate) fn day(&self, name: &str) -> Result<Field<NaiveDate>> {
        self.read(name, "a date", |value| value.as_str()?.get(..10)?.parse().ok())
    }
    /// A moment. Names that end in `Utc` are moments of that zone, whether the value says so or not.
    pub(crate) fn moment(&self, name: &str) -> Result<Field<DateTime<Utc>>> {
        self.read(name, "a moment", |value| {
            let text = value.as_str()?;
            let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
            zoned.ok().or_else(|| text.parse::<NaiveDateTime>().ok().map(|at| at.and_utc()))
        })
    }
    /// The objects of a list; null is none.
    pub(crate) fn rows(&self, name: &str) -> Result<Field<Vec<Wire>>> {
        self.read(name, "a list of objects", |value| {
            let rows = value.as_array()?.iter().map(|row| Some(Self(row.as_object()?.clone())));
            rows.collect()
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(text: &str) -> Wire {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn absent_null_and_empty_are_told_apart() {
        let wire = wire(r#"{"A":null,"B":"","C":"x"}"#);
        assert_eq!(wire.text("A").unwrap(), Field::Empty);
        assert_eq!(wire.text("B").unwrap(), Field::Empty);
        assert_eq!(wire.text("C").unwrap(), Field::Set("x".to_owned()));
        assert_eq!(wire.text("D").unwrap(), Field::Unknown);
    }

    #[test]
    fn numbers_keep_their_digits_both_ways() {
        let text = r#"{"A":10.10,"B":1e+2,"C":12345678901234.56}"#;
        let read = wire(text);
        assert_eq!(read.number("A").unwrap().into_value().unwrap().to_string(), "10.10");
        assert_eq!(read.number("B").unwrap(), Field::Set(Decimal::ONE_HUNDRED));
        assert_eq!(serde_json::to_string(&number("10.10".parse().unwrap())).unwrap(), "10.10");
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn days_and_moments_are_read_in_every_form_that_is_met() {
        for form in ["2026-02-17", "2026-02-17T00:00:00", "2026-02-17T00:00:00Z"] {
            let wire = wire(&format!(r#"{{"Day":"{form}"}}"#));
            assert_eq!(wire.day("Day").unwrap().into_value(), NaiveDate::from_ymd_opt(2026, 2, 17), "{form}");
            assert_eq!(wire.with_plain_days(&["Day", "Other"]).get("Day").unwrap(), "2026-02-17");
        }
        for form in ["2026-02-17T09:16:00Z", "2026-02-17T10:16:00+01:00", "2026-02-17T09:16:00"] {
            let at = wire(&format!(r#"{{"At":"{form}"}}"#)).moment("At").unwrap().into_value().unwrap();
            assert_eq!(at.to_rfc3339(), "2026-02-17T09:16:00+00:00", "{form}");
        }
    }

    #[test]
    fn a_wrong_value_is_named_and_not_shown() {
        let error = wire(r#"{"IsActive":"maybe"}"#).flag("IsActive").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains("IsActive") && !format!("{error:?}").contains("maybe"), "{error:?}");
        assert!(wire(r#"{"Day":"17/2"}"#).day("Day").is_err());
        assert!(wire(r#"{"Rows":{}}"#).rows("Rows").is_err());
    }

    #[test]
    fn a_reference_to_nothing_is_empty() {
        let read = wire(r#"{"SupplierId":"00000000-0000-0000-0000-000000000000"}"#);
        assert_eq!(read.id("SupplierId").unwrap(), Field::Empty);
    }
}
