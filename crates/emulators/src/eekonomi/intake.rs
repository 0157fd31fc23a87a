//! The rules that a value in a body must keep.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::frame::Switches;

use super::problem::{FieldProblem, Refusal};
use super::record::{number, to_decimal};
use super::schema::{Field, Kind, accept_object};
use super::switches;

/// How strict bodies are read, from the switches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intake {
    /// Required truth values and numbers may be left out.
    pub(crate) lenient_required: bool,
    /// A required text may be empty.
    pub(crate) blank_required: bool,
    /// A read-only field in a body is a mistake.
    pub(crate) refuses_read_only: bool,
    /// It is a seed: nothing is required, and what the server gives is taken from it too.
    pub(crate) seed: bool,
}

/// The rules that a body broke.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    fields: Vec<FieldProblem>,
    /// How many of them are dates that are none.
    dates: usize,
}

impl Problems {
    /// Notes a broken rule.
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.fields.push(FieldProblem { field: field.to_owned(), message: message.into() });
    }

    /// Whether nothing was broken.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The refusal that tells them all, if there are any.
    pub(crate) fn into_result(self) -> Result<(), Refusal> {
        if self.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        let text = problems
            .fields
            .iter()
            .map(|problem| format!("{}: {}", problem.field, problem.message))
            .collect::<Vec<_>>()
            .join("; ");
        let mut refusal = if problems.dates == problems.fields.len() { Self::input(text) } else { Self::invalid(text) };
        refusal.fields = problems.fields;
        refusal
    }
}

impl Intake {
    /// Reads the switches.
    pub(crate) fn new(switches: &Switches) -> Self {
        Self {
            lenient_required: switches.is(&switches::REQUIRED, "defaulted"),
            blank_required: switches.is(&switches::BLANK, "accepted"),
            refuses_read_only: switches.is(&switches::READ_ONLY, "refused"),
            seed: false,
        }
    }

    /// How seeds are read.
    pub(crate) fn of_seed() -> Self {
        Self { lenient_required: true, blank_required: true, refuses_read_only: false, seed: true }
    }

    /// Whether a required field that was left out is missed.
    pub(crate) fn wants_required(self, field: &Field) -> bool {
        let may_miss = self.lenient_required && matches!(field.kind, Kind::Flag | Kind::Int(..));
        !self.seed && !may_miss
    }

    /// Takes one value in.
    pub(crate) fn value(self, field: &Field, value: &Value, path: &str, problems: &mut Problems) -> Value {
        if value.is_null() {
            let may = field.nullable || self.seed || matches!(field.kind, Kind::Object(_));
            if !may {
                problems.add(path, "must not be null");
            }
            return Value::Null;
        }
        let taken = match field.kind {
            Kind::Text(max) => self.text(field, value, max),
            Kind::Int(min, max) => int(value, min, max),
            Kind::Number(min, max, decimals) => decimal(value, min, max, decimals),
            Kind::Rate | Kind::Percent => fraction(value),
            Kind::Flag => value.as_bool().map(Value::from).ok_or_else(|| "must be true or false".to_owned()),
            Kind::Guid => guid(value),
            Kind::Stamp => instant(value),
            Kind::Date => {
                let taken = calendar_date(value);
                problems.dates += usize::from(taken.is_err());
                taken
            }
            Kind::Texts => list(value, |item| item.as_str().map(Value::from).ok_or_else(|| "must be text".to_owned())),
            Kind::Guids => list(value, guid),
            Kind::Ints => list(value, |item| int(item, i64::MIN, i64::MAX)),
            Kind::Object(schema) => Ok(Value::Object(accept_object(schema, value, self, path, problems))),
            Kind::Rows(schema) => match value {
                Value::Array(rows) => Ok(rows
                    .iter()
                    .enumerate()
                    .map(|(at, row)| {
                        let path = format!("{path}[{at}]");
                        Value::Object(accept_object(schema, row, self, &path, problems))
                    })
                    .collect()),
                _ => Err("must be a list".to_owned()),
            },
        };
        taken.unwrap_or_else(|message| {
            problems.add(path, message);
            Value::Null
        })
    }

    fn text(self, field: &Field, value: &Value, max: usize) -> Result<Value, String> {
        let Value::String(given) = value else {
            return Err("must be text".to_owned());
        };
        if given.chars().count() > max {
            return Err(format!("is longer than {max} characters"));
        }
        if field.required && !self.blank_required && given.trim().is_empty() {
            return Err("is required".to_owned());
        }
        Ok(value.clone())
    }
}

fn int(value: &Value, min: i64, max: i64) -> Result<Value, String> {
    match value.as_i64() {
        Some(given) if (min..=max).contains(&given) => Ok(Value::from(given)),
        Some(_) => Err(format!("must be {min} to {max}")),
        None => Err("must be a whole number".to_owned()),
    }
}

fn decimal(value: &Value, min: i64, max: i64, decimals: u32) -> Result<Value, String> {
    let given = to_decimal(value).ok_or_else(|| "must be a number".to_owned())?;
    if given < Decimal::from(min) || given > Decimal::from(max) {
        return Err(format!("must be {min} to {max}"));
    }
    if given.normalize().scale() > decimals {
        return Err(format!("has more than {decimals} decimals"));
    }
    Ok(number(given))
}

/// Rates are read-only; in a seed, what is 1 or more is a percentage.
fn fraction(value: &Value) -> Result<Value, String> {
    let given = to_decimal(value).ok_or_else(|| "must be a number".to_owned())?;
    Ok(number(if given < Decimal::ONE { given } else { given / Decimal::ONE_HUNDRED }))
}

fn guid(value: &Value) -> Result<Value, String> {
    value
        .as_str()
        .and_then(|given| Uuid::parse_str(given).ok())
        .map(|id| Value::String(id.to_string()))
        .ok_or_else(|| "must be a GUID".to_owned())
}

/// A calendar date: `YYYY-MM-DD`, alone or with a time, which is cut off.
fn calendar_date(value: &Value) -> Result<Value, String> {
    value
        .as_str()
        .and_then(|given| {
            given
                .parse::<NaiveDate>()
                .ok()
                .or_else(|| DateTime::parse_from_rfc3339(given).ok().map(|at| at.date_naive()))
                .or_else(|| given.parse::<NaiveDateTime>().ok().map(|at| at.date()))
        })
        .map(|date| Value::String(date.to_string()))
        .ok_or_else(|| "must be a date".to_owned())
}

/// Stamps are set by the server; a seed may give them.
fn instant(value: &Value) -> Result<Value, String> {
    let given = value.as_str().filter(|given| DateTime::parse_from_rfc3339(given).is_ok());
    given.map(Value::from).ok_or_else(|| "must be an instant as 2026-01-01T00:00:00Z".to_owned())
}

fn list(value: &Value, item: impl Fn(&Value) -> Result<Value, String>) -> Result<Value, String> {
    match value {
        Value::Array(items) => items.iter().map(item).collect(),
        _ => Err("must be a list".to_owned()),
    }
}
