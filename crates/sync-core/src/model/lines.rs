//! A list of lines as one field.

use std::ops::Deref;

use super::field::{Field, Fields, ROOT, Scalar, expected};
use super::spec::FieldType;
use crate::{FieldMap, FieldPath, Result, Value};

/// Lines in their order. They stand as one value in the field map, a list of maps, and are decided together.
///
/// No lines at all is [`Field::Empty`]: business systems do not tell an empty list from none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines<T>(Vec<T>);

impl<T> Lines<T> {
    /// No lines yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a line at the end.
    #[must_use]
    pub fn with(mut self, line: T) -> Self {
        self.0.push(line);
        self
    }
}
impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
impl<T> Deref for Lines<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}
impl<T> From<Vec<T>> for Lines<T> {
    fn from(lines: Vec<T>) -> Self {
        Self(lines)
    }
}
impl<T> From<Vec<T>> for Field<Lines<T>> {
    fn from(lines: Vec<T>) -> Self {
        if lines.is_empty() { Self::Empty } else { Self::Set(Lines(lines)) }
    }
}
impl<T> FromIterator<T> for Lines<T> {
    fn from_iter<I: IntoIterator<Item = T>>(lines: I) -> Self {
        Self(lines.into_iter().collect())
    }
}
impl<T> IntoIterator for Lines<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
impl<'a, T> IntoIterator for &'a Lines<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Fields + Clone> Scalar for Lines<T> {
    const TYPE: FieldType = FieldType::Lines;
    fn to_value(&self) -> Value {
        if self.0.is_empty() { Value::Null } else { Value::List(self.0.iter().map(line_to_value).collect()) }
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        let Value::List(lines) = value else { return Err(expected("lines", value)) };
        let lines = lines.iter().zip(1_u32..);
        lines.map(|(line, number)| line_from_value(line).map_err(|wrong| format!("line {number}: {wrong}"))).collect()
    }
}

fn line_to_value<T: Fields>(line: &T) -> Value {
    let mut fields = FieldMap::new();
    line.put(ROOT, &mut fields);
    Value::Map(fields.iter().map(|(path, value)| (path.as_str().to_owned(), value.clone())).collect())
}

fn line_from_value<T: Fields>(value: &Value) -> Result<T, String> {
    let Value::Map(named) = value else { return Err(expected("named values", value)) };
    let fields: FieldMap = named.iter().map(|(name, value)| (FieldPath::new(name), value.clone())).collect();
    T::take(ROOT, &fields).map_err(|error| error.message().to_owned())
}
