//! Values and field maps: what the engine compares, stores and sends.

mod compact;
mod fields;
mod fingerprint;
mod normal;
mod path;

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use fields::FieldMap;
pub use fingerprint::Fingerprint;
pub use normal::{NormalForm, phone};
pub use path::FieldPath;

use crate::id::{CanonicalId, ExternalRef};

/// A value of one field.
///
/// In readable forms its type stands beside it (`{"t":"decimal","v":"10.10"}`), so that a decimal stays a decimal in every
/// form; binary forms are compact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Known to be empty.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number that is no amount: a count, a position.
    Int(i64),
    /// Money, quantity, rate.
    Decimal(Decimal),
    /// Text. Empty text is [`Value::Null`]: see [`FieldMap::set`]. Copies share it.
    Text(Arc<str>),
    /// A day without a time zone.
    Date(NaiveDate),
    /// A moment.
    Instant(DateTime<Utc>),
    /// Another record.
    Link(Link),
    /// Several values in order: the lines of a document.
    List(Vec<Value>),
    /// Named values: one line.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Whether the value says "empty".
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
    /// Text as it is, if this is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The decimal, if this is one.
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Decimal(amount) => Some(*amount),
            Self::Int(whole) => Some(Decimal::from(*whole)),
            _ => None,
        }
    }
    /// The link, if this is one.
    pub fn as_link(&self) -> Option<&Link> {
        match self {
            Self::Link(link) => Some(link),
            _ => None,
        }
    }
    /// Whether there is a link in this value, inside a list or a map too.
    pub fn has_link(&self) -> bool {
        match self {
            Self::Link(_) => true,
            Self::List(values) => values.iter().any(Self::has_link),
            Self::Map(values) => values.values().any(Self::has_link),
            _ => false,
        }
    }
    /// Every link in this value, those inside lists and maps too.
    pub fn links(&self) -> Vec<&Link> {
        match self {
            Self::Link(link) => vec![link],
            Self::List(values) => values.iter().flat_map(Self::links).collect(),
            Self::Map(values) => values.values().flat_map(Self::links).collect(),
            _ => Vec::new(),
        }
    }
    /// The same value with every link replaced by what `change` makes of it.
    #[must_use]
    pub fn map_links(&self, change: &mut dyn FnMut(&Link) -> Value) -> Self {
        match self {
            Self::Link(link) => change(link),
            Self::List(values) => Self::List(values.iter().map(|v| v.map_links(change)).collect()),
            Self::Map(values) => Self::Map(values.iter().map(|(k, v)| (k.clone(), v.map_links(change))).collect()),
            other => other.clone(),
        }
    }
}

/// For people: `10.10`, `2026-11-21`, `(empty)`, `3 lines`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("(empty)"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Int(whole) => write!(f, "{whole}"),
            Self::Decimal(amount) => write!(f, "{amount}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Date(day) => write!(f, "{day}"),
            Self::Instant(moment) => f.write_str(&moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
            Self::Link(Link::Canonical(id)) => write!(f, "→{id}"),
            Self::Link(Link::External(reference)) => write!(f, "→{reference}"),
            Self::List(values) => write!(f, "{} lines", values.len()),
            Self::Map(values) => {
                let parts: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
                f.write_str(&parts.join(", "))
            }
        }
    }
}

/// Another record. Connectors speak of external ones; the engine makes them canonical on the way in and back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// A record by our id.
    Canonical(CanonicalId),
    /// A record by a vendor's id.
    External(ExternalRef),
}

macro_rules! from {
    ($($ty:ty => $variant:ident;)*) => { $(impl From<$ty> for Value {
        fn from(value: $ty) -> Self { Self::$variant(value) }
    })* };
}
from! { bool => Bool; i64 => Int; Decimal => Decimal; NaiveDate => Date; DateTime<Utc> => Instant; Link => Link; }

/// Empty text is [`Value::Null`]: no business system tells them apart, and those that try cause echoes.
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(Arc::from(text)) }
    }
}
