//! The map of a record's fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FieldPath, Value};

/// The fields of a record, or some of them. A missing path means *unknown* (not read, not mapped);
/// [`Value::Null`] means *known to be empty*.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldMap(Vec<(FieldPath, Value)>); // sorted by path, each once

impl FieldMap {
    /// Knows nothing.
    pub fn new() -> Self {
        Self::default()
    }
    /// The value, if it is known.
    pub fn get(&self, path: FieldPath) -> Option<&Value> {
        self.at(path).ok().and_then(|i| self.0.get(i)).map(|(_, value)| value)
    }
    /// The value, if it is known and not empty.
    pub fn filled(&self, path: FieldPath) -> Option<&Value> {
        self.get(path).filter(|value| !value.is_null())
    }
    /// Text of a field, if it is known, not empty and text.
    pub fn text(&self, path: FieldPath) -> Option<&str> {
        self.get(path).and_then(Value::as_text)
    }
    /// Sets a value; empty text becomes [`Value::Null`].
    pub fn set(&mut self, path: FieldPath, value: impl Into<Value>) {
        let value = match value.into() {
            Value::Text(text) if text.is_empty() => Value::Null,
            other => other,
        };
        match self.at(path) {
            Ok(i) => {
                if let Some(slot) = self.0.get_mut(i) {
                    slot.1 = value;
                }
            }
            Err(i) => self.0.insert(i, (path, value)),
        }
    }
    /// The same map with one value more.
    #[must_use]
    pub fn with(mut self, path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        self.set(path.into(), value);
        self
    }
    /// Forgets a value: unknown again.
    pub fn remove(&mut self, path: FieldPath) -> Option<Value> {
        self.at(path).ok().map(|i| self.0.remove(i).1)
    }
    /// Known fields in order of their paths.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FieldPath, &Value)> + Clone {
        self.0.iter().map(|(path, value)| (*path, value))
    }
    /// Paths of known fields in order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = FieldPath> + Clone + '_ {
        self.0.iter().map(|(path, _)| *path)
    }
    /// How many fields are known.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The known fields at or under `prefix`.
    #[must_use]
    pub fn under(&self, prefix: FieldPath) -> Self {
        self.filter(|path| path.is_under(prefix))
    }
    /// The known fields that `keep` chooses.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(FieldPath) -> bool) -> Self {
        Self(self.0.iter().filter(|(path, _)| keep(*path)).cloned().collect())
    }
    /// This map where `newer` knows nothing, `newer` elsewhere.
    pub fn overlay(&mut self, newer: &FieldMap) {
        for (path, value) in newer.iter() {
            self.set(path, value.clone());
        }
    }
    /// Paths that both know and that differ.
    pub fn differs(&self, other: &FieldMap) -> Vec<FieldPath> {
        self.iter()
            .filter(|(path, value)| other.get(*path).is_some_and(|o| o != *value))
            .map(|(path, _)| path)
            .collect()
    }
    /// What `newer` says differently from this map: its fields that are unknown here or have another value.
    #[must_use]
    pub fn diff(&self, newer: &FieldMap) -> FieldMap {
        newer.filter(|path| self.get(path) != newer.get(path))
    }
    /// Whether every known field is empty.
    pub fn all_null(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_null())
    }

    fn at(&self, path: FieldPath) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(&path))
    }
}

impl FromIterator<(FieldPath, Value)> for FieldMap {
    fn from_iter<I: IntoIterator<Item = (FieldPath, Value)>>(fields: I) -> Self {
        let mut map = Self::default();
        for (path, value) in fields {
            map.set(path, value);
        }
        map
    }
}
impl Serialize for FieldMap {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}
impl<'de> Deserialize<'de> for FieldMap {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<FieldPath, Value>::deserialize(from)?.into_iter().collect())
    }
}
