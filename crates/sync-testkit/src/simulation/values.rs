//! Values that tell which edit they come from: each begins with the edit's number, whatever a system cuts or rounds off
//! its end.

use rust_decimal::Decimal;
use sync_core::{FieldMap, FieldPath, Value};

use super::rules::Kind;

/// What is known of where a value came from.
pub(super) type Tag = u64;

/// The field that is never edited: which record a user first made.
pub(super) const NOTE: FieldPath = FieldPath::from_static("note");

/// Fields of each kind that users fill and edit.
pub(super) fn fields(kind: Kind) -> &'static [FieldPath] {
    const COMPANY: &[FieldPath] = &[
        FieldPath::from_static("name"),
        FieldPath::from_static("email"),
        FieldPath::from_static("website"),
        FieldPath::from_static("discount_percent"),
        FieldPath::from_static("category"),
        FieldPath::from_static("billing.street"),
        FieldPath::from_static("billing.city"),
        FieldPath::from_static("registration_number"),
    ];
    const PERSON: &[FieldPath] =
        &[FieldPath::from_static("name"), FieldPath::from_static("email"), FieldPath::from_static("title")];
    match kind {
        Kind::Company => COMPANY,
        Kind::Person => PERSON,
    }
}

/// The value that edit number `n` gives a field.
pub(super) fn value(field: FieldPath, n: Tag) -> Value {
    match field.as_str() {
        "email" => Value::from(format!("{n}@Example.com")),
        "website" => Value::from(format!("{n}.example.com/start/page")),
        "discount_percent" => Value::Decimal(Decimal::new(i64::try_from(n).unwrap_or_default() * 1000 + 125, 3)),
        "category" => Value::from(match n % 3 {
            0 => "gold",
            1 => "silver",
            _ => "bronze",
        }),
        "billing.street" => Value::from(format!("{n} Storgatan i staden")),
        "billing.city" => Value::from(format!("{n} Lilla Edet")),
        "registration_number" => Value::from(format!("{n}-77")),
        "title" => Value::from(format!("{n} Head of everything")),
        _ => Value::from(format!("{n} Nordic Widgets Aktiebolag")),
    }
}

/// The edit that a value comes from; none for values that do not tell.
pub(super) fn tag(value: &Value) -> Option<Tag> {
    let text = match value {
        Value::Text(text) => text.to_string(),
        Value::Decimal(amount) => amount.trunc().to_string(),
        _ => return None,
    };
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The edit behind one field of a record.
pub(super) fn tag_at(fields: &FieldMap, path: FieldPath) -> Option<Tag> {
    fields.get(path).and_then(tag)
}

/// Which record a user first made.
pub(super) fn note(n: Tag) -> Value {
    Value::from(format!("rec {n}"))
}

/// What a record says of who was made first.
pub(super) fn origin(fields: &FieldMap) -> Option<&str> {
    fields.text(NOTE)
}

/// A whole new record; `n` marks all its values.
pub(super) fn record(kind: Kind, n: Tag) -> FieldMap {
    let own = fields(kind).iter().map(|field| (*field, value(*field, n)));
    own.chain([(NOTE, note(n))]).collect()
}
