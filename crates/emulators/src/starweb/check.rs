//! Bodies held against the vendor's models: types, lengths, ranges, what may be null, what may be written.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::frame::{Request, Switches};

use super::{
    refusal::Refusal,
    switches::{EXTRA_FIELDS, READ_ONLY_FIELDS},
    value::{Fields, decimal, instant, unwrapped},
};

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A whole number, written without decimals.
    Integer { min: i64, max: i64 },
    /// Any number of at least `min`, if there is one, and at most `max`.
    Number { min: Option<i64>, max: Option<i64> },
    /// Text of `min` to `max` characters.
    Text { min: usize, max: usize },
    /// An e-mail address of at most 255 characters, or nothing.
    Email,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An instant with an offset.
    Stamp,
    /// An object of this model.
    Object(&'static [Field]),
    /// A bare list of objects of this model.
    List(&'static [Field]),
    /// A list of objects of this model, bare or with `data` around it: the description has it wrapped in a body.
    LooseList(&'static [Field]),
    /// A bare list of ids.
    Ids,
    /// A number in a text, of at least 0 and at most `max`, if there is one.
    NumberText { max: Option<i64> },
}

/// One field of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    kind: Kind,
    nullable: bool,
    read_only: bool,
}

impl Field {
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, nullable: false, read_only: false }
    }
    pub(super) const fn text(name: &'static str, max: usize) -> Self {
        Self::new(name, Kind::Text { min: 0, max })
    }
    pub(super) const fn integer(name: &'static str) -> Self {
        Self::new(name, Kind::Integer { min: i64::MIN, max: i64::MAX })
    }
    pub(super) const fn number(name: &'static str) -> Self {
        Self::new(name, Kind::Number { min: None, max: None })
    }
    pub(super) const fn amount(name: &'static str) -> Self {
        Self::new(name, Kind::Number { min: Some(0), max: None })
    }
    pub(super) const fn id(name: &'static str) -> Self {
        Self::new(name, Kind::Integer { min: 1, max: i64::MAX })
    }
    pub(super) const fn flag(name: &'static str) -> Self {
        Self::new(name, Kind::Flag)
    }
    pub(super) const fn read_only(name: &'static str) -> Self {
        Self { name, kind: Kind::Flag, nullable: true, read_only: true }
    }
    pub(super) const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// The body's fields that `model` lets be written.
///
/// # Errors
/// 400: no JSON object, an object with `data` around it, or a field that the model refuses.
pub(super) fn body(request: &Request, model: &[Field], switches: &Switches) -> Result<Fields, Refusal> {
    let Ok(Value::Object(body)) = request.json() else {
        return Err(Refusal::invalid("The body must be a JSON object"));
    };
    if body.len() == 1 && body.get("data").is_some_and(Value::is_object) {
        return Err(Refusal::invalid("The body must be the object itself, without data around it"));
    }
    object(body, model, switches, "")
}

/// Refuses a body that lacks one of these fields.
pub(super) fn required(body: &Fields, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| !body.contains_key(**name)) {
        Some(name) => Err(Refusal::invalid(format!("{name}: is required"))),
        None => Ok(()),
    }
}

/// As [`body`], for an object within one; `path` is where it stands.
pub(super) fn object(body: Fields, model: &[Field], switches: &Switches, path: &str) -> Result<Fields, Refusal> {
    let mut kept = Fields::new();
    for (name, value) in body {
        let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match model.iter().find(|field| field.name == name) {
            None if switches.is(&EXTRA_FIELDS, "refused") => {
                return Err(Refusal::invalid(format!("{place}: there is no such field")));
            }
            Some(field) if field.read_only && switches.is(&READ_ONLY_FIELDS, "refused") => {
                return Err(Refusal::invalid(format!("{place}: is read-only")));
            }
            Some(field) if !field.read_only => {
                kept.insert(name, checked(value, field, switches, &place)?);
            }
            _ => {}
        }
    }
    Ok(kept)
}

fn checked(value: Value, field: &Field, switches: &Switches, place: &str) -> Result<Value, Refusal> {
    let refused = |what: &str| Err(Refusal::invalid(format!("{place}: must be {what}")));
    match (field.kind, value) {
        (_, Value::Null) if field.nullable => Ok(Value::Null),
        (Kind::Object(model), Value::Object(inner)) => object(inner, model, switches, place).map(Value::Object),
        (Kind::Object(_), _) => refused("an object"),
        (Kind::List(model), Value::Array(rows)) => list(rows, model, switches, place),
        (Kind::LooseList(model), value) => match unwrapped(value) {
            Value::Array(rows) => list(rows, model, switches, place),
            _ => refused("a list"),
        },
        (Kind::List(_), _) => refused("a list"),
        (kind, value) => match fault(kind, &value) {
            Some(what) => refused(&what),
            None => Ok(value),
        },
    }
}

fn list(rows: Vec<Value>, model: &[Field], switches: &Switches, place: &str) -> Result<Value, Refusal> {
    let checked = |(at, row)| match row {
        Value::Object(row) => object(row, model, switches, &format!("{place}.{at}")).map(Value::Object),
        _ => Err(Refusal::invalid(format!("{place}.{at}: must be an object"))),
    };
    rows.into_iter().enumerate().map(checked).collect()
}

/// What a simple value must be and is not.
fn fault(kind: Kind, value: &Value) -> Option<String> {
    let within = |min: Option<i64>, max: Option<i64>| {
        let number = value.as_number().and_then(|_| decimal(value));
        number.is_some_and(|number| {
            min.is_none_or(|min| number >= Decimal::from(min)) && max.is_none_or(|max| number <= Decimal::from(max))
        })
    };
    let (good, what) = match kind {
        Kind::Integer { min, max } => {
            let good = value.as_i64().is_some_and(|number| (min..=max).contains(&number));
            let range = if min == i64::MIN { String::new() } else { format!(" from {min} to {max}") };
            (good, format!("a whole number{range}"))
        }
        Kind::Number { min, max } => (within(min, max), number_text(min, max)),
        Kind::Text { min, max } => {
            let good = value.as_str().is_some_and(|text| (min..=max).contains(&text.chars().count()));
            (good, format!("text of {min} to {max} characters"))
        }
        Kind::Email => {
            let good = value.as_str().is_some_and(|text| text.chars().count() <= 255 && is_email(text));
            (good, "an e-mail address of at most 255 characters".into())
        }
        Kind::Flag => (value.is_boolean(), "true or false".into()),
        Kind::Word(words) => (words.iter().any(|word| value == word), format!("one of {}", words.join(", "))),
        Kind::Stamp => (value.as_str().is_some_and(|text| instant(text).is_some()), "an ISO 8601 time".into()),
        Kind::Ids => {
            let ids = value.as_array().is_some_and(|ids| ids.iter().all(|id| id.as_u64().is_some_and(|id| id > 0)));
            (ids, "a list of ids".into())
        }
        Kind::NumberText { max } => {
            let number = value.as_str().and_then(|_| decimal(value));
            let good = |number: Decimal| number >= Decimal::ZERO && max.is_none_or(|max| number <= Decimal::from(max));
            (number.is_some_and(good), format!("in quotes, {}", number_text(Some(0), max)))
        }
        Kind::Object(_) | Kind::List(_) | Kind::LooseList(_) => (false, "something else".into()),
    };
    (!good).then_some(what)
}

fn number_text(min: Option<i64>, max: Option<i64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("a number from {min} to {max}"),
        (Some(min), None) => format!("a number of at least {min}"),
        _ => "a number".into(),
    }
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.is_empty() || parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !text.contains(' '))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROW: &[Field] = &[Field::text("sku", 4)];
    const MODEL: &[Field] = &[
        Field::read_only("id"),
        Field::new("count", Kind::Integer { min: -5, max: 5 }),
        Field::amount("price"),
        Field::new("rate", Kind::Number { min: Some(0), max: Some(100) }),
        Field::text("name", 3),
        Field::text("note", 3).or_null(),
        Field::new("country", Kind::Text { min: 2, max: 2 }),
        Field::new("email", Kind::Email),
        Field::flag("open"),
        Field::new("type", Kind::Word(&["a", "b"])),
        Field::new("at", Kind::Stamp),
        Field::new("row", Kind::Object(ROW)),
        Field::new("rows", Kind::List(ROW)),
        Field::new("loose", Kind::LooseList(ROW)),
        Field::new("ids", Kind::Ids),
        Field::new("share", Kind::NumberText { max: Some(100) }),
    ];

    fn said(body: Value) -> String {
        let switches = Switches::new(super::super::switches::ALL);
        match object(super::super::value::fields(body), MODEL, &switches, "") {
            Ok(kept) => Value::Object(kept).to_string(),
            Err(refusal) => refusal.description,
        }
    }

    #[test]
    fn good_values_pass_as_they_came() {
        let good = json!({ "count": -5, "price": 0.5, "rate": 100, "name": "åäö", "note": null, "country": "SE",
            "email": "a@b.se", "open": false, "type": "b", "at": "2019-11-28T13:38:17+01:00",
            "row": { "sku": "A" }, "rows": [{ "sku": "B" }], "loose": [{ "sku": "B" }], "ids": [1], "share": "25" });
        assert_eq!(said(json!({ "loose": { "data": [{ "sku": "B" }] } })), r#"{"loose":[{"sku":"B"}]}"#);
        assert_eq!(said(good.clone()), good.to_string());
    }

    #[test]
    fn each_rule_refuses_in_words() {
        for (bad, says) in [
            (json!({ "id": 1 }), "id: is read-only"),
            (json!({ "nmae": 1 }), "nmae: there is no such field"),
            (json!({ "count": 6 }), "count: must be a whole number from -5 to 5"),
            (json!({ "count": 1.5 }), "count: must be a whole number from -5 to 5"),
            (json!({ "count": "1" }), "count: must be a whole number from -5 to 5"),
            (json!({ "price": -1 }), "price: must be a number of at least 0"),
            (json!({ "rate": 101 }), "rate: must be a number from 0 to 100"),
            (json!({ "name": "abcd" }), "name: must be text of 0 to 3 characters"),
            (json!({ "name": null }), "name: must be text of 0 to 3 characters"),
            (json!({ "country": "S" }), "country: must be text of 2 to 2 characters"),
            (json!({ "email": "nobody" }), "email: must be an e-mail address of at most 255 characters"),
            (json!({ "open": 1 }), "open: must be true or false"),
            (json!({ "type": "c" }), "type: must be one of a, b"),
            (json!({ "at": "2019-11-28" }), "at: must be an ISO 8601 time"),
            (json!({ "row": [] }), "row: must be an object"),
            (json!({ "rows": { "data": [] } }), "rows: must be a list"),
            (json!({ "loose": {} }), "loose: must be a list"),
            (json!({ "ids": [0] }), "ids: must be a list of ids"),
            (json!({ "share": 25 }), "share: must be in quotes, a number from 0 to 100"),
            (json!({ "share": "101" }), "share: must be in quotes, a number from 0 to 100"),
            (json!({ "rows": [{ "sku": "ABCDE" }] }), "rows.0.sku: must be text of 0 to 4 characters"),
        ] {
            assert_eq!(said(bad), says);
        }
    }
}
