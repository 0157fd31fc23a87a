//! The path table: every field of every kind, with its type, group and normal form.

use std::{cmp::Ordering, collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::field::{Canonical, ROOT};
use super::words::{self, Word};
use super::{Invoice, Item, LedgerEntry, Order, Organisation, Payment, Person, Price, Project, StockLevel};
use crate::{
    EntityKind, FieldPath,
    value::{NormalForm, Value},
};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldType {
    /// Yes or no.
    Bool,
    /// A whole number that is no amount.
    Int,
    /// Money, quantity, rate.
    Decimal,
    /// Text, or one of [`FieldSpec::words`].
    Text,
    /// A day.
    Date,
    /// A moment.
    Instant,
    /// A record of this kind.
    Link(EntityKind),
    /// A list of lines.
    Lines,
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("yes or no"),
            Self::Int => f.write_str("a whole number"),
            Self::Decimal => f.write_str("a decimal number"),
            Self::Text => f.write_str("text"),
            Self::Date => f.write_str("a date"),
            Self::Instant => f.write_str("a moment"),
            Self::Link(kind) => write!(f, "a link to {kind}"),
            Self::Lines => f.write_str("lines"),
        }
    }
}

/// One row of the path table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldSpec {
    /// The whole path: `billing.city`.
    pub path: FieldPath,
    /// What it holds.
    pub ty: FieldType,
    /// The prefix of all that is decided together with it; none if it is decided alone.
    pub group: Option<FieldPath>,
    /// How two values are found to mean the same.
    pub form: NormalForm,
    /// The only words it may be, in their order; empty for a free value.
    pub words: &'static [Word],
}

impl FieldSpec {
    /// The order of two words of this field, as `>=` in a predicate sees it. None where they cannot be compared: an
    /// end such as `cancelled` equals itself only, and a word that is not allowed compares with nothing.
    pub fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        words::compare(self.words, left, right)
    }
    /// Whether a status may go from one word to the other without going back: it stays, takes a later step, or ends.
    pub fn is_forward(&self, from: &str, to: &str) -> bool {
        words::is_forward(self.words, from, to)
    }
}

impl FieldSpec {
    /// The value that a person typed for this field; nothing typed is empty. Links and lines cannot be typed.
    ///
    /// # Errors
    /// What the field holds instead.
    pub fn typed(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let read = match self.ty {
            FieldType::Text if self.words.is_empty() => Some(Value::from(text)),
            FieldType::Text => self.words.iter().any(|word| word.name == text).then(|| Value::from(text)),
            FieldType::Bool => match text {
                "yes" | "true" => Some(Value::Bool(true)),
                "no" | "false" => Some(Value::Bool(false)),
                _ => None,
            },
            FieldType::Int => text.parse().ok().map(Value::Int),
            FieldType::Decimal => text.parse().ok().map(Value::Decimal),
            FieldType::Date => text.parse().ok().map(Value::Date),
            FieldType::Instant => text.parse().ok().map(Value::Instant),
            FieldType::Link(_) | FieldType::Lines => None,
        };
        read.ok_or_else(|| {
            let words: Vec<&str> = self.words.iter().map(|word| word.name).collect();
            let holds = if words.is_empty() { self.ty.to_string() } else { words.join(", ") };
            format!("{} cannot be '{text}': it holds {holds}", self.path)
        })
    }
}

/// What a declaration says of a field beside its type, handed down from a group to its leaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    /// The group that it belongs to.
    pub(crate) group: Option<FieldPath>,
    /// Its normal form.
    pub(crate) form: NormalForm,
}

static TABLES: LazyLock<BTreeMap<EntityKind, Vec<FieldSpec>>> =
    LazyLock::new(|| EntityKind::ALL.into_iter().map(|kind| (kind, table(kind))).collect());

fn table(kind: EntityKind) -> Vec<FieldSpec> {
    match kind {
        EntityKind::Organisation => table_of::<Organisation>(),
        EntityKind::Person => table_of::<Person>(),
        EntityKind::Project => table_of::<Project>(),
        EntityKind::Item => table_of::<Item>(),
        EntityKind::Order => table_of::<Order>(),
        EntityKind::Invoice => table_of::<Invoice>(),
        EntityKind::Payment => table_of::<Payment>(),
        EntityKind::StockLevel => table_of::<StockLevel>(),
        EntityKind::Price => table_of::<Price>(),
        EntityKind::LedgerEntry => table_of::<LedgerEntry>(),
    }
}

fn table_of<K: Canonical>() -> Vec<FieldSpec> {
    let mut out = Vec::new();
    K::spec(ROOT, Mark::default(), &mut out);
    out.sort_by_key(|row| row.path);
    out
}

/// All fields of a kind, in order of their paths. Against this list capabilities, policies and mappers are checked.
pub fn spec(kind: EntityKind) -> &'static [FieldSpec] {
    TABLES.get(&kind).map_or(&[], Vec::as_slice)
}

/// One field of a kind; none for a group's own path and for extension fields.
pub fn field(kind: EntityKind, path: FieldPath) -> Option<&'static FieldSpec> {
    let rows = spec(kind);
    rows.binary_search_by_key(&path, |row| row.path).ok().and_then(|i| rows.get(i))
}

/// The group that a path is decided with: `billing` for `billing.city` and for `billing` itself, `content` for
/// `content.billing`. None for a field that is decided alone, and for a path that the kind does not have.
pub fn group_of(kind: EntityKind, path: FieldPath) -> Option<FieldPath> {
    spec(kind)
        .iter()
        .find(|row| row.path.is_under(path))
        .and_then(|row| row.group)
        .filter(|group| path.is_under(*group))
}
