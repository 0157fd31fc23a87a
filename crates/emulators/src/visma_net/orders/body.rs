//! Bodies of the order service: plain values within their limits, and no property that is not known.

use serde_json::Value;

use crate::frame::{Request, Switches};

use super::super::{
    refusal::Refusal,
    shape::{Field, Kind, Shape, shape},
    switches::V3_UNKNOWN_PROPERTY,
    value::{Fields, decimal, utc},
};
use super::problem::{Problems, plain};

/// The body's fields; nulls are left in, since a patch may mean them.
pub(in super::super) fn accept(name: &str, request: &Request, switches: &Switches) -> Result<Fields, Refusal> {
    let body: Value = request.json().map_err(|_| plain(400, "The body is no JSON."))?;
    accept_value(name, &body, switches)
}

/// The same for a body that is there already.
pub(in super::super) fn accept_value(name: &str, body: &Value, switches: &Switches) -> Result<Fields, Refusal> {
    let mut problems = Problems::default();
    let strict = switches.is(&V3_UNKNOWN_PROPERTY, "refused");
    let fields = object(shape(name), body, "", strict, &mut problems);
    problems.done()?;
    Ok(fields)
}

fn object(shape: &Shape, body: &Value, place: &str, strict: bool, problems: &mut Problems) -> Fields {
    let mut out = Fields::new();
    let Some(given) = body.as_object() else {
        problems.add("0003-InvalidValue", place, "An object is expected.");
        return out;
    };
    for (name, value) in given {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        match shape.field(name) {
            Some(field) => {
                let value = taken(field, value, &place, strict, problems);
                out.insert(name.clone(), value);
            }
            None if strict => problems.add("0003-InvalidValue", place, "There is no such property."),
            None => {}
        }
    }
    out
}

fn taken(field: &Field, value: &Value, place: &str, strict: bool, problems: &mut Problems) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    let good = match (&field.kind, value) {
        (Kind::Text(max), Value::String(text)) => {
            if text.chars().count() > *max {
                problems.add("0002-InvalidLength", place, format!("At most {max} characters."));
            }
            true
        }
        (Kind::Int, value) => value.is_i64(),
        (Kind::Num, value) => {
            let bounds: Option<(i64, i64)> = match field.name.as_str() {
                "discountPercent" => Some((-100, 100)),
                "overshipThreshold" => Some((100, 999)),
                "undershipThreshold" => Some((0, 100)),
                _ => None,
            };
            let outside =
                decimal(value).zip(bounds).is_some_and(|(value, (min, max))| value < min.into() || value > max.into());
            if outside {
                problems.add("0100-OutsideValidRange", place, "The value is outside its range.");
            }
            value.is_number()
        }
        (Kind::Bool, value) => value.is_boolean(),
        (Kind::Date, Value::String(text)) => utc(text).is_some(),
        (Kind::Words(words), Value::String(word)) => words.contains(word),
        (Kind::Any, value) => value.is_object(),
        (Kind::One(inner), value) => return Value::Object(object(shape(inner), value, place, strict, problems)),
        (Kind::Many(inner), Value::Array(rows)) => {
            let row = |(number, row): (usize, &Value)| {
                Value::Object(object(shape(inner), row, &format!("{place}[{number}]"), strict, problems))
            };
            return rows.iter().enumerate().map(row).collect();
        }
        _ => false,
    };
    if !good {
        problems.add("0003-InvalidValue", place, "The value is not valid.");
    }
    value.clone()
}
