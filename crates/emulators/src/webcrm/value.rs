//! JSON values as webCRM writes them: instants in London time to the whole second, year 1 for none, plain numbers.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, TimeZone, Timelike, Utc};
use chrono_tz::Europe::{Copenhagen, London};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::frame::Switches;

use super::switches::{DATE_ONLY, STAMP_OFFSET, ZONELESS};

/// A record's fields by name.
pub(super) type Fields = Map<String, Value>;

/// How a record keeps "no date".
pub(super) const NO_DATE: &str = "0001-01-01T00:00:00Z";

/// An amount as a JSON number without needless zeros.
pub(super) fn number(amount: Decimal) -> Value {
    serde_json::from_str(&amount.normalize().to_string()).unwrap_or(Value::Null)
}

/// A number, or a number in text.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
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

/// The field's id, written as a number or as text; 0 and less are none.
pub(super) fn id(fields: &Fields, name: &str) -> Option<u64> {
    let id = match fields.get(name)? {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_u64()?,
    };
    (id > 0).then_some(id)
}

/// The fields of an object; none of anything else.
pub(super) fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// An instant as a record keeps it: UTC, whole seconds.
pub(super) fn kept(at: DateTime<Utc>) -> Value {
    json!(at.trunc_subsecs(0).format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A kept instant.
pub(super) fn instant(kept: &Value) -> Option<DateTime<Utc>> {
    let text = kept.as_str().filter(|text| *text != NO_DATE)?;
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// A client's instant: with an offset, without one (the switch says which zone is meant), or a day alone. Year 1 is
/// none; the outer none is no instant at all.
pub(super) fn parsed(given: &str, switches: &Switches) -> Option<Option<DateTime<Utc>>> {
    let given = given.trim();
    if given.starts_with("0001-01-01") {
        return Some(None);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(given) {
        return Some(Some(at.to_utc()));
    }
    let naive = NaiveDateTime::parse_from_str(&given.replace(' ', "T"), "%Y-%m-%dT%H:%M:%S%.f").ok();
    let naive = naive.or_else(|| NaiveDate::parse_from_str(given, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    Some(Some(match switches.word(&ZONELESS) {
        "london" => London.from_local_datetime(&naive).earliest()?.to_utc(),
        "copenhagen" => Copenhagen.from_local_datetime(&naive).earliest()?.to_utc(),
        _ => naive.and_utc(),
    }))
}

/// A client's instant as a record keeps it.
pub(super) fn read_instant(given: &str, switches: &Switches) -> Option<Value> {
    parsed(given, switches).map(|at| at.map_or(json!(NO_DATE), kept))
}

/// A kept instant as the API shows it. `day_only`: the field holds a day, kept as midnight UTC.
pub(super) fn shown(kept: &Value, day_only: bool, switches: &Switches) -> Value {
    if kept.is_null() {
        return Value::Null;
    }
    let Some(at) = instant(kept) else { return json!("0001-01-01T00:00:00+00:00") };
    const FORM: &str = "%Y-%m-%dT%H:%M:%S%:z";
    if switches.is(&STAMP_OFFSET, "utc") {
        return json!(at.format(FORM).to_string());
    }
    let midnight = at.num_seconds_from_midnight() == 0;
    let local = if day_only && midnight && switches.is(&DATE_ONLY, "midnight_london") {
        London.from_local_datetime(&at.naive_utc()).earliest()
    } else {
        None
    };
    json!(local.unwrap_or_else(|| at.with_timezone(&London)).format(FORM).to_string())
}

/// One row of a record's history, as its screen has it: Danish time.
pub(super) fn history_row(at: DateTime<Utc>, author: &str, what: &str) -> String {
    let at = at.with_timezone(&Copenhagen).format("%d-%m-%Y&nbsp;%H:%M");
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<tr><td>{at}&nbsp;</td><td>{}&nbsp;</td><td>{}</td></tr>", escape(author), escape(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcrm::switches::ALL;

    #[test]
    fn stamps_are_london_time_and_year_one_is_none() {
        let switches = Switches::new(ALL);
        let summer = read_instant("2022-08-11T09:45:34.900+02:00", &switches).unwrap();
        assert_eq!(shown(&summer, false, &switches), "2022-08-11T08:45:34+01:00");
        let winter = read_instant("2015-12-13T12:17:47", &switches).unwrap();
        assert_eq!(shown(&winter, false, &switches), "2015-12-13T12:17:47+00:00");
        let none = read_instant("0001-01-01T01:00:00+01:00", &switches).unwrap();
        assert_eq!(shown(&none, false, &switches), "0001-01-01T00:00:00+00:00");
        assert!(instant(&none).is_none() && read_instant("soon", &switches).is_none());
        assert_eq!(shown(&Value::Null, false, &switches), Value::Null);
    }

    #[test]
    fn numbers_keep_no_needless_zeros_and_ids_may_be_text() {
        assert_eq!(number(Decimal::new(40_500, 1)).to_string(), "4050");
        let body = fields(json!({ "a": "17", "b": 0, "c": "0", "d": 5 }));
        assert_eq!([id(&body, "a"), id(&body, "b"), id(&body, "c"), id(&body, "d")], [Some(17), None, None, Some(5)]);
    }
}
