//! How webCRM writes values: numbers as numbers or as texts, nothing as null, as an empty text or as the year 1.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use sync_core::{
    Field,
    error::{Error, ErrorKind, Result},
};

/// A moment that is none.
pub(crate) const NO_MOMENT: &str = "0001-01-01T00:00:00+00:00";

/// A record by the vendor's names. It has no `Debug`: it is somebody's data.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Wire(pub(crate) Map<String, Json>);

impl Wire {
    /// What stands under a name: left out is unknown, null and blank are empty. `read` gives none for what it cannot read.
    fn told<T>(&self, key: &str, what: &str, read: impl Fn(&Json) -> Option<T>) -> Result<Field<T>> {
        match self.0.get(key) {
            None => Ok(Field::Unknown),
            Some(Json::Null) => Ok(Field::Empty),
            Some(Json::String(text)) if text.trim().is_empty() => Ok(Field::Empty),
            Some(value) => read(value).map(Field::Set).ok_or_else(|| wrong(key, &format!("is no {what}"))),
        }
    }
    /// A text; a number counts as one.
    pub(crate) fn text(&self, key: &str) -> Result<Field<String>> {
        self.told(key, "text", text)
    }
    /// A number.
    pub(crate) fn decimal(&self, key: &str) -> Result<Field<Decimal>> {
        self.told(key, "number", decimal)
    }
    /// A whole number.
    pub(crate) fn whole(&self, key: &str) -> Result<Field<i64>> {
        self.told(key, "whole number", |json| whole(&decimal(json)?))
    }
    /// The id of another record; 0 is none.
    pub(crate) fn link(&self, key: &str) -> Result<Field<i64>> {
        Ok(match self.whole(key)? {
            Field::Set(0) => Field::Empty,
            other => other,
        })
    }
    /// Yes or no; queries may write it as a number.
    pub(crate) fn flag(&self, key: &str) -> Result<Field<bool>> {
        self.told(key, "yes or no", |json| match json {
            Json::Bool(yes) => Some(*yes),
            other => match text(other)?.to_ascii_lowercase().as_str() {
                "1" | "true" => Some(true),
                "0" | "false" => Some(false),
                _ => None,
            },
        })
    }
    /// A word of a closed list; queries write its place in the list instead.
    pub(crate) fn word(&self, key: &str, words: &[&'static str]) -> Result<Field<&'static str>> {
        self.told(key, &format!("word of {}", words.join(", ")), |json| {
            let said = text(json)?;
            let named = words.iter().find(|word| word.eq_ignore_ascii_case(&said));
            named.or_else(|| words.get(said.parse::<usize>().ok()?)).copied()
        })
    }
    /// A moment. The year 1 is none; one without an offset is unknown, since nobody tells its zone.
    pub(crate) fn moment(&self, key: &str) -> Result<Field<DateTime<Utc>>> {
        Ok(match self.stamp(key)? {
            Field::Set(Stamp::Moment(at)) => Field::Set(at.to_utc()),
            Field::Empty => Field::Empty,
            _ => Field::Unknown,
        })
    }
    /// A day, written as its midnight: in the offset that stands there, else in UTC.
    pub(crate) fn day(&self, key: &str) -> Result<Field<NaiveDate>> {
        Ok(self.stamp(key)?.map(|stamp| match stamp {
            Stamp::Local(at) => at.date(),
            Stamp::Moment(at) if at.time() == NaiveTime::MIN => at.date_naive(),
            Stamp::Moment(at) if at.naive_utc().time() == NaiveTime::MIN => at.naive_utc().date(),
            Stamp::Moment(at) => at.date_naive(),
        }))
    }
    /// A day in a text, with or without dashes.
    pub(crate) fn written_day(&self, key: &str) -> Result<Field<NaiveDate>> {
        self.told(key, "day", |json| {
            let text = json.as_str()?.trim();
            ["%Y-%m-%d", "%Y%m%d"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())
        })
    }
    fn stamp(&self, key: &str) -> Result<Field<Stamp>> {
        let stamp = self.told(key, "moment", |json| stamp(json.as_str()?))?;
        Ok(match stamp {
            Field::Set(Stamp::Moment(at)) if at.year() <= 1 => Field::Empty,
            Field::Set(Stamp::Local(at)) if at.year() <= 1 => Field::Empty,
            other => other,
        })
    }
    /// The lists of records under a name, if there is one.
    pub(crate) fn rows(&self, key: &str) -> Result<Option<Vec<Wire>>> {
        let Some(rows) = self.0.get(key) else { return Ok(None) };
        serde_json::from_value(rows.clone()).map(Some).map_err(|_| wrong(key, "is no list of records"))
    }
}

enum Stamp {
    Moment(DateTime<FixedOffset>),
    Local(NaiveDateTime),
}

fn stamp(text: &str) -> Option<Stamp> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Stamp::Moment(at));
    }
    let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    at.or_else(|| Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN))).map(Stamp::Local)
}

fn wrong(key: &str, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, "decode", format!("{key} {what}")).with_context("field", key)
}

pub(crate) fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn decimal(json: &Json) -> Option<Decimal> {
    let text = text(json)?;
    let text = text.trim();
    text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
}

fn whole(amount: &Decimal) -> Option<i64> {
    if amount.is_integer() { (*amount).try_into().ok() } else { None }
}

/// A number as JSON, with no digit more than it has.
pub(crate) fn number(amount: Decimal) -> Json {
    amount.normalize().to_string().parse().map_or(Json::Null, Json::Number)
}

/// A moment as the vendor writes it.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// A day as the vendor writes it: its midnight in UTC.
pub(crate) fn midnight(day: NaiveDate) -> String {
    moment(day.and_time(NaiveTime::MIN).and_utc())
}

/// Whether two values are the same to the vendor: null is an empty text, and `10` is `10.0`.
pub(crate) fn same(one: &Json, other: &Json) -> bool {
    let blank = |json: &Json| json.is_null() || json.as_str().is_some_and(str::is_empty);
    match (one, other) {
        (Json::Number(_), Json::Number(_)) => decimal(one).is_some_and(|one| Some(one) == decimal(other)),
        (Json::String(a), Json::String(b)) if a != b => match (stamp(a), stamp(b)) {
            // one moment may be written with any offset; days and words are what stands there
            (Some(Stamp::Moment(a)), Some(Stamp::Moment(b))) => a == b || a.year() <= 1 && b.year() <= 1,
            _ => false,
        },
        _ => one == other || blank(one) && blank(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wire(json: Json) -> Wire {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn left_out_empty_and_there_are_three_things() {
        let wire = wire(json!({ "A": null, "B": "", "C": "x", "D": 12.50 }));
        assert_eq!(wire.text("A").unwrap(), Field::Empty);
        assert_eq!(wire.text("B").unwrap(), Field::Empty);
        assert_eq!(wire.text("Z").unwrap(), Field::Unknown);
        assert_eq!(wire.text("C").unwrap(), Field::Set("x".to_owned()));
        assert_eq!(wire.decimal("D").unwrap(), Field::Set("12.50".parse().unwrap()));
        assert_eq!(wire.decimal("C").unwrap_err().kind(), ErrorKind::Invalid);
        assert!(!wire.decimal("C").unwrap_err().message().contains('x'));
    }

    #[test]
    fn the_year_one_is_no_moment_and_an_offset_is_read() {
        let wire = wire(json!({ "A": "0001-01-01T01:00:00+01:00", "B": "2022-08-11T08:45:34+01:00",
            "C": "2022-08-11T08:45:34", "D": "0001-01-01T00:00:00", "E": "yesterday" }));
        assert_eq!(wire.moment("A").unwrap(), Field::Empty);
        assert_eq!(wire.moment("D").unwrap(), Field::Empty);
        assert_eq!(wire.moment("B").unwrap(), Field::Set("2022-08-11T07:45:34Z".parse().unwrap()));
        assert_eq!(wire.moment("C").unwrap(), Field::Unknown, "nobody tells its zone");
        assert!(wire.moment("E").is_err());
    }

    #[test]
    fn a_day_is_midnight_where_it_was_written_or_in_utc() {
        let day = |text: &str| wire(json!({ "A": text })).day("A").unwrap().into_value().unwrap().to_string();
        assert_eq!(day("2018-06-12T00:00:00+01:00"), "2018-06-12");
        assert_eq!(day("2018-06-12T02:00:00+02:00"), "2018-06-12");
        assert_eq!(day("2018-06-12T01:00:00+01:00"), "2018-06-12");
        assert_eq!(day("2018-06-12T23:30:00+02:00"), "2018-06-12");
        assert_eq!(day("2018-06-12"), "2018-06-12");
    }

    #[test]
    fn words_of_closed_lists_come_by_name_or_by_place() {
        let words = ["Active", "Resigned"];
        for said in [json!("Resigned"), json!(1), json!("1")] {
            assert_eq!(wire(json!({ "A": said })).word("A", &words).unwrap(), Field::Set("Resigned"));
        }
        let error = wire(json!({ "A": "Retired" })).word("A", &words).unwrap_err();
        assert!(error.message().contains("Active, Resigned"), "{error}");
    }

    #[test]
    fn null_is_an_empty_text_and_ten_is_ten() {
        assert!(same(&Json::Null, &json!("")) && !same(&json!("0"), &json!("")));
        let (ten, also): (Json, Json) = (serde_json::from_str("10").unwrap(), serde_json::from_str("10.0").unwrap());
        assert!(same(&ten, &also) && !same(&ten, &json!(11)));
    }
}
