//! What a wire record says, in our words.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::{
    connector::{Version, Writable},
    id::StreamId,
    model::Canonical,
    value::{FieldMap, FieldPath, Value},
};

/// What a wire record says of itself, beside its fields; it holds for the facets too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How old it is.
    pub version: Version,
    /// When it was made, by the vendor's clock.
    pub created_at: Option<DateTime<Utc>>,
    /// It is marked as removed.
    pub deleted: bool,
    /// It lacks fields that `get` would give. A row of a partial listing is so in any case.
    pub partial: bool,
    /// What may be written to it just now; a facet's [`Shown::writable`] goes before it.
    pub writable: Writable,
    /// The id of the record that it was merged into.
    pub merged_into: Option<String>,
    /// Our mark, if it carries one.
    pub mark: Option<String>,
}

/// One canonical record inside a wire record: the host's, or a facet's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whose it is.
    pub stream: StreamId,
    /// What it shows.
    pub fields: FieldMap,
    /// What may be written to it, if that differs from the rest of the wire record.
    pub writable: Option<Writable>,
}

impl Shown {
    /// What a typed record knows.
    pub fn of(stream: impl Into<StreamId>, record: &impl Canonical) -> Self {
        Self::fields(stream, record.to_fields())
    }
    /// What a field map knows.
    pub fn fields(stream: impl Into<StreamId>, fields: FieldMap) -> Self {
        Self { stream: stream.into(), fields, writable: None }
    }
    /// The same with one field of the vendor's own, `x.<vendor>.<name>`.
    #[must_use]
    pub fn extra(mut self, path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        self.fields.set(path.into(), value);
        self
    }
    /// The same with all of these, see [`extras`].
    #[must_use]
    pub fn extras(mut self, extras: &FieldMap) -> Self {
        self.fields.overlay(extras);
        self
    }
    /// The same with a limit of its own on what may be written.
    #[must_use]
    pub fn writable(mut self, writable: Writable) -> Self {
        self.writable = Some(writable);
        self
    }
}

/// The scalars among `rest` that have one of these names, as `x.<vendor>.<name>`.
///
/// A name that `rest` lacks stays unknown; null and empty text are empty. Numbers become decimals, since a vendor that
/// writes `10` today and `10.0` tomorrow means the same. Lists and objects have no place in an own field and are left
/// out.
///
/// ```
/// use sync_core::{FieldPath, Value, handler::extras};
///
/// let rest = serde_json::from_str(r#"{"custom_3":"North","custom_4":7,"hidden":1}"#).unwrap();
/// let fields = extras("webcrm", &rest, ["custom_3", "custom_4"]);
/// assert_eq!(fields.text(FieldPath::new("x.webcrm.custom_3")), Some("North"));
/// assert_eq!(fields.get(FieldPath::new("x.webcrm.custom_4")), Some(&Value::Decimal(7.into())));
/// assert_eq!(fields.len(), 2);
/// ```
pub fn extras<'a>(
    vendor: &str,
    rest: &serde_json::Map<String, Json>,
    names: impl IntoIterator<Item = &'a str>,
) -> FieldMap {
    let one = |name: &str| Some((FieldPath::new(&format!("x.{vendor}.{name}")), scalar(rest.get(name)?)?));
    names.into_iter().filter_map(one).collect()
}

fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::Null => Some(Value::Null),
        Json::Bool(yes) => Some(Value::Bool(*yes)),
        Json::String(text) => Some(Value::from(text.as_str())),
        Json::Number(number) => {
            let text = number.to_string();
            let amount = text.parse().or_else(|_| Decimal::from_scientific(&text));
            // beyond 28 digits it is no amount but a number of somebody's: kept as it is written
            Some(amount.map_or_else(|_| Value::from(text), Value::Decimal))
        }
        Json::Array(_) | Json::Object(_) => None,
    }
}
