//! The map of a record's fields.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use super::{FieldPath, Value, compact};

/// The fields of a record, or some of them. A missing path means *unknown* (not read, not mapped);
/// [`Value::Null`] means *known to be empty*.
///
/// Copies share their content until one of them is changed.
#[derive(Clone, Default)]
pub struct FieldMap(Option<Arc<Vec<(FieldPath, Value)>>>); // sorted by path, each once; `None` is empty

impl FieldMap {
    /// Knows nothing.
    pub fn new() -> Self {
        Self::default()
    }
    /// The value, if it is known.
    pub fn get(&self, path: FieldPath) -> Option<&Value> {
        self.at(path).ok().and_then(|i| self.fields().get(i)).map(|(_, value)| value)
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
        let value = plain(value.into());
        let is_last = self.fields().last().is_none_or(|(last, _)| *last < path); // as when they come in order
        let at = if is_last { Err(self.len()) } else { self.at(path) };
        let fields = self.own();
        match at {
            Ok(i) => {
                if let Some(slot) = fields.get_mut(i) {
                    slot.1 = value;
                }
            }
            Err(i) => fields.insert(i, (path, value)),
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
        let at = self.at(path).ok()?;
        let removed = self.own().remove(at).1;
        self.0.take_if(|fields| fields.is_empty());
        Some(removed)
    }
    /// Known fields in order of their paths.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FieldPath, &Value)> + Clone {
        self.fields().iter().map(|(path, value)| (*path, value))
    }
    /// Paths of known fields in order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = FieldPath> + Clone + '_ {
        self.fields().iter().map(|(path, _)| *path)
    }
    /// How many fields are known.
    pub fn len(&self) -> usize {
        self.fields().len()
    }
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
    /// Whether a field at or under `prefix` is known.
    pub fn knows(&self, prefix: FieldPath) -> bool {
        self.near(prefix).iter().any(|(path, _)| path.is_under(prefix))
    }
    /// The known fields at or under `prefix`.
    #[must_use]
    pub fn under(&self, prefix: FieldPath) -> Self {
        let (fields, near) = (self.fields(), self.near(prefix));
        if !near.iter().all(|(path, _)| path.is_under(prefix)) {
            return Self::of(near.iter().filter(|(path, _)| path.is_under(prefix)).cloned().collect());
        }
        if near.len() == fields.len() { self.clone() } else { Self::of(near.to_vec()) }
    }
    /// The known fields that `keep` chooses.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(FieldPath) -> bool) -> Self {
        let Some(first) = self.paths().position(|path| !keep(path)) else { return self.clone() };
        let (before, after) = self.fields().split_at(first);
        let after = after.iter().skip(1).filter(|(path, _)| keep(*path));
        Self::of(before.iter().chain(after).cloned().collect())
    }
    /// This map where `newer` knows nothing, `newer` elsewhere.
    pub fn overlay(&mut self, newer: &FieldMap) {
        if self.is_empty() {
            self.clone_from(newer);
        }
        if newer.iter().all(|(path, value)| self.get(path) == Some(value)) {
            return;
        }
        let mut merged = Vec::with_capacity(self.len() + newer.len());
        let mut newer = newer.fields().iter().peekable();
        for field in std::mem::take(self.own()) {
            while let Some(new) = newer.next_if(|(path, _)| *path < field.0) {
                merged.push(new.clone());
            }
            let same = newer.next_if(|(path, _)| *path == field.0);
            merged.push(same.cloned().unwrap_or(field));
        }
        merged.extend(newer.cloned());
        *self = Self::of(merged);
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
        self.fields().iter().all(|(_, value)| value.is_null())
    }

    /// The fields whose paths begin as `prefix` does, and perhaps go on in another way.
    fn near(&self, prefix: FieldPath) -> &[(FieldPath, Value)] {
        let fields = self.fields();
        let from = fields.partition_point(|(path, _)| *path < prefix);
        let near = fields.get(from..).unwrap_or_default();
        let to = near.partition_point(|(path, _)| path.as_str().starts_with(prefix.as_str()));
        near.get(..to).unwrap_or_default()
    }
    fn of(fields: Vec<(FieldPath, Value)>) -> Self {
        Self((!fields.is_empty()).then(|| Arc::new(fields)))
    }
    fn fields(&self) -> &[(FieldPath, Value)] {
        self.0.as_ref().map_or(&[], |fields| fields.as_slice())
    }
    fn own(&mut self) -> &mut Vec<(FieldPath, Value)> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
    fn at(&self, path: FieldPath) -> Result<usize, usize> {
        self.fields().binary_search_by(|(known, _)| known.cmp(&path))
    }
}

/// Empty text is no text.
fn plain(value: Value) -> Value {
    match value {
        Value::Text(text) if text.is_empty() => Value::Null,
        other => other,
    }
}

impl fmt::Debug for FieldMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FieldMap").field(&self.fields()).finish()
    }
}
impl PartialEq for FieldMap {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
            (one, other) => one.is_none() == other.is_none(),
        }
    }
}
impl Eq for FieldMap {}

/// Of a path that comes twice, the last value counts.
impl FromIterator<(FieldPath, Value)> for FieldMap {
    fn from_iter<I: IntoIterator<Item = (FieldPath, Value)>>(fields: I) -> Self {
        let mut all: Vec<(FieldPath, Value)> = fields.into_iter().map(|(path, value)| (path, plain(value))).collect();
        if !all.is_sorted_by(|(one, _), (next, _)| one < next) {
            all.reverse(); // stable: the last one comes first
            all.sort_by_key(|(path, _)| *path);
            all.dedup_by_key(|(path, _)| *path);
        }
        Self::of(all)
    }
}
impl Serialize for FieldMap {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_map(self.iter()) } else { compact::write_fields(self, to) }
    }
}
impl<'de> Deserialize<'de> for FieldMap {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = FieldMap;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from field paths to values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldMap, A::Error> {
                let mut fields = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields.into_iter().collect())
            }
        }
        if from.is_human_readable() { from.deserialize_map(Fields) } else { compact::read_fields(from) }
    }
}
