//! Conditions of `where` and `scope`: `fulfilment in [open, picking]`, `@created_on >= 2026-01-01`.

use std::{cmp::Ordering, fmt, str::FromStr};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::value::{FieldPath, Value};

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `in [a, b]`
    In,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `prefix`
    Prefix,
}

/// One condition. A field that is unknown satisfies none, not even `!=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Predicate {
    /// The field: of the record, of a linked record (`organisation.x.type`), or `@origin`, `@created_on`.
    pub field: FieldPath,
    /// How it is compared.
    pub operator: Operator,
    /// With what; several for `in`.
    pub operands: Vec<String>,
}

/// Where a predicate finds its fields.
pub trait Scene {
    /// The value of a field, of a linked record's field or of an `@` name; `None` if it is not known.
    fn value(&self, field: FieldPath) -> Option<Value>;
}

/// Words with an order, for `>=` and `<` over a status axis.
pub trait Ranked {
    /// The rank of a word of a field; `None` for a word that is an end, or has no order.
    fn rank(&self, field: FieldPath, word: &str) -> Option<i64>;
}

impl Predicate {
    /// Whether it holds.
    pub fn holds(&self, scene: &dyn Scene, ranks: &dyn Ranked) -> bool {
        let Some(value) = scene.value(self.field) else { return false };
        match self.operator {
            Operator::Is | Operator::In => self.operands.iter().any(|operand| equals(&value, operand)),
            Operator::IsNot => !self.operands.iter().any(|operand| equals(&value, operand)),
            Operator::Prefix => match &value {
                Value::Text(text) => self.operands.iter().any(|operand| text.starts_with(operand.as_str())),
                _ => false,
            },
            Operator::AtLeast => self.compare(&value, ranks).is_some_and(Ordering::is_ge),
            Operator::Below => self.compare(&value, ranks).is_some_and(Ordering::is_lt),
        }
    }

    fn compare(&self, value: &Value, ranks: &dyn Ranked) -> Option<Ordering> {
        let operand = self.operands.first()?;
        match value {
            Value::Int(whole) => Some(whole.cmp(&operand.parse().ok()?)),
            Value::Decimal(amount) => Some(amount.cmp(&operand.parse::<Decimal>().ok()?)),
            Value::Date(day) => Some(day.cmp(&operand.parse::<NaiveDate>().ok()?)),
            Value::Instant(moment) => Some(moment.date_naive().cmp(&operand.parse::<NaiveDate>().ok()?)),
            Value::Text(word) => Some(ranks.rank(self.field, word)?.cmp(&ranks.rank(self.field, operand)?)),
            _ => None,
        }
    }
}

fn equals(value: &Value, operand: &str) -> bool {
    match value {
        Value::Null => operand.is_empty(),
        Value::Bool(yes) => operand.parse() == Ok(*yes),
        Value::Int(whole) => operand.parse() == Ok(*whole),
        Value::Decimal(amount) => operand.parse() == Ok(*amount),
        Value::Text(text) => text == operand,
        Value::Date(day) => operand.parse() == Ok(*day),
        Value::Instant(moment) => operand.parse() == Ok(moment.date_naive()),
        Value::Link(_) | Value::List(_) | Value::Map(_) => false,
    }
}

impl FromStr for Predicate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("'{text}' is no condition: {why}; write field = value, !=, >=, <, prefix value, or in [a, b]")
        };
        let text = text.trim();
        let end = text.find(|c: char| c.is_whitespace() || "=!<>".contains(c)).ok_or_else(|| wrong("no comparison"))?;
        let (field, rest) = text.split_at(end);
        let rest = rest.trim_start();
        const FORMS: [(&str, Operator); 6] = [
            (">=", Operator::AtLeast),
            ("!=", Operator::IsNot),
            ("=", Operator::Is),
            ("<", Operator::Below),
            ("prefix ", Operator::Prefix),
            ("in ", Operator::In),
        ];
        let (operator, operand) = FORMS
            .iter()
            .find_map(|(form, operator)| rest.strip_prefix(form).map(|operand| (*operator, operand.trim())))
            .ok_or_else(|| wrong("no comparison that is known"))?;
        if field.is_empty() {
            return Err(wrong("no field"));
        }
        let unquoted = |word: &str| word.trim().trim_matches(['"', '\'']).to_owned();
        let operands = match operator {
            Operator::In => operand
                .strip_prefix('[')
                .and_then(|inner| inner.strip_suffix(']'))
                .ok_or_else(|| wrong("'in' needs a list in brackets"))?
                .split(',')
                .map(unquoted)
                .collect(),
            _ => vec![unquoted(operand)],
        };
        Ok(Self { field: FieldPath::new(field), operator, operands })
    }
}
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = self.operands.join(", ");
        match self.operator {
            Operator::Is => write!(f, "{} = {operand}", self.field),
            Operator::IsNot => write!(f, "{} != {operand}", self.field),
            Operator::In => write!(f, "{} in [{operand}]", self.field),
            Operator::AtLeast => write!(f, "{} >= {operand}", self.field),
            Operator::Below => write!(f, "{} < {operand}", self.field),
            Operator::Prefix => write!(f, "{} prefix {operand}", self.field),
        }
    }
}
impl From<Predicate> for String {
    fn from(predicate: Predicate) -> Self {
        predicate.to_string()
    }
}
impl TryFrom<String> for Predicate {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
