//! Conditions of `where` and `scope`: `fulfilment in [open, picking]`, `@created_on >= 2026-01-01`.

use std::{cmp::Ordering, fmt, str::FromStr};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    id::EntityKind,
    model::{self, FieldType},
    value::{FieldPath, Value},
};

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
    /// The field: of the record, of a linked record (`customer.x.type`), or `@origin`, `@created_on`.
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

/// A field of a linked record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The link: `customer`.
    pub link: FieldPath,
    /// What it points to.
    pub kind: EntityKind,
    /// The field there: `x.type`.
    pub field: FieldPath,
}

impl Predicate {
    /// The linked record that the field belongs to, if it is not of the record itself: for orders `customer.x.type` is
    /// `x.type` of the organisation that `customer` points to. One hop, never more.
    pub fn hop(&self, kind: EntityKind) -> Option<Hop> {
        model::spec(kind).iter().find_map(|row| match row.ty {
            FieldType::Link(kind) => {
                let field = self.field.as_str().strip_prefix(row.path.as_str())?.strip_prefix('.')?;
                Some(Hop { link: row.path, kind, field: FieldPath::new(field) })
            }
            _ => None,
        })
    }
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
        Value::Text(text) => **text == *operand,
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
        if field.is_empty() {
            return Err(wrong("no field"));
        }
        let (operator, operand) = FORMS
            .iter()
            .find_map(|(form, operator)| rest.trim_start().strip_prefix(form).map(|rest| (*operator, rest.trim())))
            .ok_or_else(|| wrong("no comparison that is known"))?;
        let operands = match operator {
            Operator::In => {
                let inner = operand.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
                operands(inner.ok_or_else(|| wrong("'in' needs a list in brackets"))?).map_err(wrong)?
            }
            _ if operand.starts_with(['=', '<', '>', '!']) => return Err(wrong("no comparison that is known")),
            _ => vec![whole_operand(operand).map_err(wrong)?],
        };
        Ok(Self { field: FieldPath::new(field), operator, operands })
    }
}

const FORMS: [(&str, Operator); 6] = [
    (">=", Operator::AtLeast),
    ("!=", Operator::IsNot),
    ("=", Operator::Is),
    ("<", Operator::Below),
    ("prefix ", Operator::Prefix),
    ("in ", Operator::In),
];
const NOTHING: &str = "a value is missing (\"\" is the empty one)";

/// One operand and nothing after it. Without quotes it may hold anything but quotes.
fn whole_operand(text: &str) -> Result<String, &'static str> {
    match quoted(text)? {
        Some((operand, rest)) if rest.trim().is_empty() => Ok(operand),
        Some(_) => Err("something follows the closing quote"),
        None if text.is_empty() => Err(NOTHING),
        None => Ok(text.to_owned()),
    }
}

/// Operands with commas between them.
fn operands(mut text: &str) -> Result<Vec<String>, &'static str> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start();
        let (operand, rest) = match quoted(text)? {
            Some(found) => found,
            None => {
                let (word, rest) = text.split_at(text.find(',').unwrap_or(text.len()));
                (word.trim().to_owned(), rest)
            }
        };
        if operand.is_empty() && !text.starts_with(['"', '\'']) {
            return Err(NOTHING);
        }
        found.push(operand);
        text = match rest.trim_start() {
            "" => return Ok(found),
            rest => rest.strip_prefix(',').ok_or("a comma is missing between two values")?,
        };
    }
}

/// The text in quotes at the start, and what follows. In `"` a backslash keeps the next character; in `'` nothing does.
fn quoted(text: &str) -> Result<Option<(String, &str)>, &'static str> {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else { return Ok(None) };
    let mut operand = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => operand.extend(chars.next().map(|(_, kept)| kept)),
            c if c == quote => return Ok(Some((operand, text.get(at + 1..).unwrap_or_default()))),
            c => operand.push(c),
        }
    }
    Err("a quote is not closed")
}

/// Bare where nothing in it could be misread.
fn write_operand(f: &mut fmt::Formatter<'_>, operand: &str) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || "_-.:@/+".contains(c);
    if !operand.is_empty() && operand.chars().all(plain) {
        return f.write_str(operand);
    }
    write!(f, "\"{}\"", operand.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = FORMS.iter().find(|(_, operator)| *operator == self.operator).map_or("", |(form, _)| form.trim());
        write!(f, "{} {form} ", self.field)?;
        let is_list = self.operator == Operator::In;
        f.write_str(if is_list { "[" } else { "" })?;
        for (place, operand) in self.operands.iter().enumerate() {
            f.write_str(if place > 0 { ", " } else { "" })?;
            write_operand(f, operand)?;
        }
        f.write_str(if is_list { "]" } else { "" })
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
