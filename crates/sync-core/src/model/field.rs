//! Three-state fields and the traits that tie typed structs to field maps.

use std::{fmt, ops::Deref};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::spec::{FieldSpec, FieldType, Mark};
use super::words::Word;
use crate::{EntityKind, Error, ErrorKind, FieldMap, FieldPath, Result, Value};

/// What is known of one field of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// Not read, or not mapped: it says nothing and changes nothing.
    #[default]
    Unknown,
    /// Known to be empty.
    Empty,
    /// Known to have this value.
    Set(T),
}

impl<T> Field<T> {
    /// The value, if it is known and not empty.
    pub fn value(&self) -> Option<&T> {
        self.as_ref().into_value()
    }
    /// The value itself, if it is known and not empty.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unknown | Self::Empty => None,
        }
    }
    /// What the value points to, if it is known and not empty: `&str` for text.
    pub fn as_deref(&self) -> Option<&T::Target>
    where
        T: Deref,
    {
        self.value().map(Deref::deref)
    }
    /// The same, borrowed.
    pub fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Unknown => Field::Unknown,
            Self::Empty => Field::Empty,
            Self::Set(value) => Field::Set(value),
        }
    }
    /// The same state with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Unknown => Field::Unknown,
            Self::Empty => Field::Empty,
            Self::Set(value) => Field::Set(change(value)),
        }
    }
    /// This field if it is known, else the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_unknown() { other } else { self }
    }
    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
    /// Whether it is known to be empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
    /// Whether there is a value.
    pub fn is_set(&self) -> bool {
        matches!(self, Self::Set(_))
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}
/// `None` is known to be empty. A value that was never asked for is [`Field::Unknown`], which no conversion makes.
impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Self::Set)
    }
}
/// Empty text is [`Field::Empty`].
impl From<&str> for Field<String> {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Set(text.to_owned()) }
    }
}
/// `None` and empty text are [`Field::Empty`].
impl From<Option<&str>> for Field<String> {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::from)
    }
}
impl From<i32> for Field<Decimal> {
    fn from(whole: i32) -> Self {
        Self::Set(Decimal::from(whole))
    }
}
impl From<i64> for Field<Decimal> {
    fn from(whole: i64) -> Self {
        Self::Set(Decimal::from(whole))
    }
}

/// A value that can sit in a [`Field`].
pub trait Scalar: Sized + Clone {
    /// Its type in the path table.
    const TYPE: FieldType;
    /// The only words it may be, in their order; none for a free value.
    const WORDS: &'static [Word] = &[];
    /// As it stands in a field map.
    fn to_value(&self) -> Value;
    /// Back from a field map.
    ///
    /// # Errors
    /// What is wrong with the value, in words: another type, or a word that is not allowed.
    fn from_value(value: &Value) -> Result<Self, String>;
}

/// Anything with a place in a field map: a leaf, a group such as `billing`, a whole record.
pub trait Fields: Sized {
    /// Writes what is known into `out`, at or under `at`.
    fn put(&self, at: FieldPath, out: &mut FieldMap);
    /// Reads what stands at or under `at`; paths that it does not know are left alone.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with the path, if a value has another type or is a word that is not allowed.
    fn take(at: FieldPath, from: &FieldMap) -> Result<Self>;
    /// Adds the leaves at or under `at` to the path table.
    fn spec(at: FieldPath, mark: Mark, out: &mut Vec<FieldSpec>);
}

/// A canonical record: one struct for each [`EntityKind`].
pub trait Canonical: Fields + Default + Clone + fmt::Debug + Send + Sync + 'static {
    /// Its kind.
    const KIND: EntityKind;
    /// Everything known, as a field map.
    fn to_fields(&self) -> FieldMap {
        let mut out = FieldMap::new();
        self.put(ROOT, &mut out);
        out
    }
    /// Typed, from a field map. Extension fields (`x.*`) live in the map only.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with the path, if a value has another type or is a word that is not allowed.
    fn from_fields(fields: &FieldMap) -> Result<Self> {
        Self::take(ROOT, fields)
    }
}

/// The place of a whole record.
pub(crate) const ROOT: FieldPath = FieldPath::from_static("");

/// The place of `leaf` under `at`.
pub(crate) fn place(at: FieldPath, leaf: &'static str) -> FieldPath {
    if at.as_str().is_empty() { FieldPath::from_static(leaf) } else { at.join(leaf) }
}

impl<T: Scalar> Fields for Field<T> {
    fn put(&self, at: FieldPath, out: &mut FieldMap) {
        match self {
            Self::Unknown => {}
            Self::Empty => out.set(at, Value::Null),
            Self::Set(value) => out.set(at, value.to_value()),
        }
    }
    fn take(at: FieldPath, from: &FieldMap) -> Result<Self> {
        match from.get(at) {
            None => Ok(Self::Unknown),
            Some(Value::Null) => Ok(Self::Empty),
            Some(value) => T::from_value(value).map(Self::Set).map_err(|wrong| {
                Error::new(ErrorKind::Invalid, "decode field", format!("{at}: {wrong}")).with_context("field", at)
            }),
        }
    }
    fn spec(at: FieldPath, mark: Mark, out: &mut Vec<FieldSpec>) {
        out.push(FieldSpec { path: at, ty: T::TYPE, group: mark.group, form: mark.form, words: T::WORDS });
    }
}

/// "expected date, found text 'x'": one wording for all types.
pub(super) fn expected(what: impl fmt::Display, found: &Value) -> String {
    format!("expected {what}, found {found}")
}

macro_rules! scalar {
    ($($ty:ty => $variant:ident, $name:literal;)*) => { $(
        impl Scalar for $ty {
            const TYPE: FieldType = FieldType::$variant;
            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }
            fn from_value(value: &Value) -> Result<Self, String> {
                match value {
                    Value::$variant(inner) => Ok(inner.clone()),
                    other => Err(expected($name, other)),
                }
            }
        }
    )* };
}
scalar! {
    bool => Bool, "yes or no";
    i64 => Int, "a whole number";
    NaiveDate => Date, "a date";
    DateTime<Utc> => Instant, "a moment";
}

impl Scalar for String {
    const TYPE: FieldType = FieldType::Text;
    fn to_value(&self) -> Value {
        Value::Text(self.as_str().into())
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_text().map(str::to_owned).ok_or_else(|| expected("text", value))
    }
}

/// Whole numbers are read as decimals too.
impl Scalar for Decimal {
    const TYPE: FieldType = FieldType::Decimal;
    fn to_value(&self) -> Value {
        Value::Decimal(*self)
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_decimal().ok_or_else(|| expected("a decimal number", value))
    }
}
