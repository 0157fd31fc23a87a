//! Between a connector's fields and the canonical ones: rows, code tables, mappers. Pure.

#![allow(clippy::disallowed_types, reason = "the derived readers of flattened and untagged forms name floats")]

pub(crate) mod codes;
pub(crate) mod form;
mod mapper;
mod stream;

use std::collections::{BTreeMap, BTreeSet};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};

pub use form::Transform;
pub use mapper::{MapFn, Mapper};
pub use stream::StreamMap;

use crate::{
    model::FieldSpec,
    value::{FieldPath, Value},
};

/// One row of `[[entities.<name>.map]]`: a canonical field and, per connection, the field that holds it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRow {
    /// The canonical field: of the model, or `x.<name>` of one's own.
    pub field: FieldPath,
    /// Only into the hub, only out of it, or both.
    #[serde(default)]
    pub direction: Direction,
    /// A named mapper between the two, instead of a plain copy.
    #[serde(default)]
    pub mapper: Option<String>,
    /// The code table that translates.
    #[serde(default)]
    pub table: Option<String>,
    /// What is made of a text that is read.
    #[serde(default)]
    pub transform: Option<Transform>,
    /// Connection name → that system's field, or what is taken to stand there.
    #[serde(flatten)]
    pub at: BTreeMap<String, Cell>,
}

/// What a row says of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// The field that holds it there.
    Field(FieldPath),
    /// There is no such field. All records from there are taken to have this value, as a person would type it, until
    /// another system or a person says otherwise: `{ value = "customer" }`.
    Assumed {
        /// The canonical value, as a person types it.
        value: Value,
    },
}

impl Cell {
    /// What is assumed of a canonical field, in its own type.
    ///
    /// # Errors
    /// What the field holds instead.
    pub(crate) fn assumed(value: &Value, spec: Option<&FieldSpec>) -> Result<Value, String> {
        let typed = match value {
            Value::Text(text) => text.to_string(),
            Value::Bool(yes) => yes.to_string(),
            other => other.to_string(),
        };
        spec.map_or_else(|| Ok(value.clone()), |spec| spec.typed(&typed))
    }
    /// The field, if it names one.
    pub fn field(&self) -> Option<FieldPath> {
        match self {
            Self::Field(path) => Some(*path),
            Self::Assumed { .. } => None,
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(path) => path.fmt(f),
            Self::Assumed { value } => write!(f, "= {value}"),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Cell;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a field, or { value = ... }")
            }
            fn visit_str<E: Error>(self, path: &str) -> Result<Cell, E> {
                Ok(Cell::Field(FieldPath::new(path)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
                let mut value = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "value" => value = Some(map.next_value::<Typed>()?.0),
                        other => return Err(A::Error::unknown_field(other, &["value"])),
                    }
                }
                Ok(Cell::Assumed { value: value.ok_or_else(|| A::Error::missing_field("value"))? })
            }
        }
        from.deserialize_any(Form)
    }
}

/// Text, a whole number, or yes and no.
struct Typed(Value);

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Typed;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text in quotes, a whole number, true or false")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Typed, E> {
                Ok(Typed(text.into()))
            }
            fn visit_bool<E: Error>(self, yes: bool) -> Result<Typed, E> {
                Ok(Typed(Value::Bool(yes)))
            }
            fn visit_i64<E: Error>(self, whole: i64) -> Result<Typed, E> {
                Ok(Typed(Value::Int(whole)))
            }
        }
        from.deserialize_any(Any)
    }
}

/// Which way a mapping row works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From the system into the hub.
    In,
    /// From the hub to the system.
    Out,
}

/// One code table: connection name → canonical code → that system's code or codes. The first code of several is the
/// one that is written; the others are understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tables(pub BTreeMap<String, BTreeMap<String, Codes>>);

/// A system's code, or several that mean the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Codes {
    /// One.
    One(String),
    /// Several; the first is written.
    Several(Vec<String>),
}

impl Codes {
    /// All of them; the first is written.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::Several(codes) => codes,
        }
    }
}

/// A code that no table row translates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unmapped {
    /// The table: `vat`.
    pub table: String,
    /// The code.
    pub code: String,
    /// The field that holds it.
    pub field: FieldPath,
}

/// What a mapping could not do; collected, so that a person sees all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// Codes without a row.
    pub unmapped: BTreeSet<Unmapped>,
}
