//! The vendor's fields beside ours: one row gives the capability, the reading and the writing of a field, so that the
//! three cannot differ. Reading and writing differ in names: what is `creditTerms.id` when read is `creditTermsId` when
//! written.

use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;
use sync_core::{
    Error, ErrorKind, Field, FieldMap, FieldPath, Result, Value,
    capability::{FieldCapability, StreamCapability},
    model::FieldType,
};

use crate::wire::{self, Body, Dialect, Wire, number};

/// How a field is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text; empty text empties it.
    Text,
    /// The code of an entry of one of the vendor's lists; null empties it.
    Code,
    /// True or false.
    Flag,
    /// A number; zero empties it.
    Number,
    /// The number of another record; null empties it.
    Id,
    /// A calendar date.
    Day,
    /// A moment; read only.
    Moment,
}

impl Form {
    /// What is shown of such a field.
    fn holds(self) -> FieldType {
        match self {
            Self::Text | Self::Code => FieldType::Text,
            Self::Flag => FieldType::Bool,
            Self::Number | Self::Id => FieldType::Decimal,
            Self::Day => FieldType::Date,
            Self::Moment => FieldType::Instant,
        }
    }
}

/// One field of the vendor's and where it lies with us.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Where it stands when read.
    at: &'static str,
    /// What it is called when written.
    to: Option<&'static str>,
    pub(crate) path: FieldPath,
    form: Form,
    can: FieldCapability,
}

/// A field that is shown.
pub(crate) fn column(at: &'static str, path: FieldPath, form: Form) -> Column {
    Column { at, to: None, path, form, can: FieldCapability::read_only() }
}

/// Fields of the vendor's own, by the names under which they are read and, where they can be, written.
pub(crate) fn own_columns(fields: &[(&'static str, Form, Option<&'static str>)]) -> Vec<Column> {
    let one = |(at, form, to): &(&'static str, Form, Option<&'static str>)| {
        let shown = column(at, own(at), *form);
        to.map_or_else(|| shown.clone(), |to| shown.clone().to(to))
    };
    fields.iter().map(one).collect()
}

/// The path of one of the vendor's own fields.
pub(crate) fn own(name: &str) -> FieldPath {
    FieldPath::new(&format!("x.visma-net.{name}"))
}

/// `leaf` of the group `group`.
pub(crate) fn within(group: FieldPath, leaf: FieldPath) -> FieldPath {
    group.join(leaf.as_str())
}

impl Column {
    /// Where it stands when read.
    pub(crate) fn at(&self) -> &'static str {
        self.at
    }
    /// The same, written under this name, at any time.
    pub(crate) fn to(mut self, name: &'static str) -> Self {
        self.to = Some(name);
        (self.can.write_on_create, self.can.write_on_update) = (true, true);
        self
    }
    /// The same, given when the record is made and never later.
    pub(crate) fn once(mut self) -> Self {
        self.can.write_on_update = false;
        self
    }
    /// The same, cut to `max` characters.
    pub(crate) fn cut(mut self, max: u32) -> Self {
        self.can = self.can.cut_to(max);
        self
    }
    /// The same; text longer than `max` is refused, for half of it would be wrong.
    pub(crate) fn exact(mut self, max: u32) -> Self {
        self.can = self.can.cut_to(max).exact();
        self
    }
    /// The same; a create needs it.
    pub(crate) fn required(mut self) -> Self {
        self.can = self.can.required();
        self
    }
    /// The same, shown only.
    pub(crate) fn read_only(mut self) -> Self {
        self.to = None;
        self.can = FieldCapability::read_only();
        self
    }
    /// The same, one of these words.
    pub(crate) fn one_of(mut self, words: &[&str]) -> Self {
        self.can.one_of = Some(words.iter().map(|word| (*word).to_owned()).collect());
        self
    }

    /// What can be done with it, with what people want to know of it. The path of an own field is the vendor's name.
    fn told(&self) -> FieldCapability {
        let can = self.can.clone();
        if self.path.is_extension() { can.holding(self.form.holds()) } else { can.called(self.at) }
    }
    fn read(&self, wire: &Wire, zone: Tz) -> Result<Field<Value>> {
        let at = self.at;
        Ok(match self.form {
            Form::Text | Form::Code => wire.text(at)?.map(Value::from),
            Form::Flag => wire.flag(at)?.map(Value::Bool),
            Form::Number | Form::Id => wire.amount(at)?.map(Value::Decimal),
            Form::Day => wire.day(at, zone)?.map(Value::Date),
            Form::Moment => wire.moment(at, zone)?.map(Value::Instant),
        })
    }

    fn write(&self, value: &Value) -> Result<Json> {
        Ok(match (self.form, value) {
            (Form::Text, Value::Null) => Json::from(""),
            (Form::Flag, Value::Null) => {
                let what = format!("'{}' is yes or no in Visma.net and cannot be empty; give one of them", self.path);
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", self.path));
            }
            (Form::Number, Value::Null) => number(Decimal::ZERO),
            (_, Value::Null) => Json::Null,
            (Form::Text | Form::Code, Value::Text(text)) => Json::from(self.kept(text)),
            (Form::Flag, Value::Bool(yes)) => Json::from(*yes),
            (Form::Number | Form::Id, Value::Decimal(amount)) => number(self.rounds(*amount)),
            (Form::Number | Form::Id, Value::Int(whole)) => Json::from(*whole),
            (Form::Day, Value::Date(day)) => wire::day(*day),
            _ => {
                let what = format!("'{}' has a value of another type than {} takes", self.path, self.at);
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", self.path));
            }
        })
    }
    fn rounds(&self, amount: Decimal) -> Decimal {
        let away = RoundingStrategy::MidpointAwayFromZero;
        self.can.max_scale.map_or(amount, |scale| amount.round_dp_with_strategy(scale, away))
    }
    /// What of a text there is room for, where it may be cut.
    fn kept<'t>(&self, text: &'t str) -> &'t str {
        let max = self.can.max_len.filter(|_| !self.can.exact).and_then(|max| usize::try_from(max).ok());
        match max.and_then(|max| text.char_indices().nth(max)) {
            Some((end, _)) => text.get(..end).unwrap_or(text).trim_end(),
            None => text,
        }
    }
}

/// What `columns` say of a record. A field that it does not carry stays unknown.
pub(crate) fn read(columns: &[Column], wire: &Wire, zone: Tz) -> Result<FieldMap> {
    let mut fields = FieldMap::new();
    for column in columns {
        match column.read(wire, zone)? {
            Field::Unknown => {}
            Field::Empty => fields.set(column.path, Value::Null),
            Field::Set(value) => fields.set(column.path, value),
        }
    }
    Ok(fields)
}

/// Writes those of `sent` that have a column into `body`. What is empty is left out of a new record.
pub(crate) fn write(
    columns: &[Column],
    sent: &FieldMap,
    is_create: bool,
    dialect: Dialect,
    body: &mut Body,
) -> Result<()> {
    for column in columns.iter().filter(|column| column.can.writable(is_create)) {
        let (Some(to), Some(value)) = (column.to, sent.get(column.path)) else { continue };
        if is_create && value.is_null() {
            continue;
        }
        body.put(to, column.write(value)?, dialect);
    }
    Ok(())
}

/// Declares `columns` in a capability.
pub(crate) fn declare(columns: &[Column], can: &mut StreamCapability) {
    can.fields.extend(columns.iter().map(|column| (column.path, column.told())));
}

/// Says what the vendor calls fields that no column declares, and that those of its own among them hold texts.
pub(crate) fn call(can: &mut StreamCapability, names: &[(FieldPath, &str)]) {
    for (path, field) in &mut can.fields {
        if let Some((_, name)) = names.iter().find(|(called, _)| called == path) {
            field.vendor_name = Some((*name).to_owned());
        } else if path.is_extension() && field.holds.is_none() {
            field.holds = Some(FieldType::Text);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Oslo;

    use super::*;

    fn columns() -> Vec<Column> {
        vec![
            column("name", "name".into(), Form::Text).to("name").cut(5),
            column("creditTerms.id", "terms".into(), Form::Code).to("creditTermsId"),
            column("number", "number".into(), Form::Text).to("number").once(),
            column("total", "total".into(), Form::Number),
            column("documentDate", "day".into(), Form::Day).to("documentDate"),
        ]
    }
    fn written(fields: &FieldMap, is_create: bool) -> String {
        let mut body = Body::default();
        write(&columns(), fields, is_create, Dialect::Wrapped, &mut body).unwrap();
        serde_json::to_string(&body).unwrap()
    }

    #[test]
    fn names_differ_between_reading_and_writing() {
        let wire: Wire = serde_json::from_str(
            r#"{"name":"Ann","creditTerms":{"id":"30","description":"30 dager"},"documentDate":"2026-02-17T00:00:00","total":10.5000}"#,
        )
        .unwrap();
        let fields = read(&columns(), &wire, Oslo).unwrap();
        assert_eq!(fields.get("total".into()).unwrap().to_string(), "10.5");
        let text =
            r#"{"creditTermsId":{"value":"30"},"documentDate":{"value":"2026-02-17T00:00:00"},"name":{"value":"Ann"}}"#;
        assert_eq!(written(&fields, false), text);
    }

    #[test]
    fn empty_empties_and_is_left_out_of_a_new_record() {
        let fields = FieldMap::new().with("name", Value::Null).with("terms", Value::Null).with("number", "7");
        assert_eq!(written(&fields, false), r#"{"creditTermsId":{"value":null},"name":{"value":""}}"#);
        assert_eq!(written(&fields, true), r#"{"number":{"value":"7"}}"#);
    }

    #[test]
    fn texts_are_cut_and_values_of_another_type_refused_by_name() {
        assert_eq!(written(&FieldMap::new().with("name", "Ann Björk"), false), r#"{"name":{"value":"Ann B"}}"#);
        let fields = FieldMap::new().with("day", "soon");
        let error = write(&columns(), &fields, true, Dialect::Wrapped, &mut Body::default()).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.message().contains("'day'"), "{error}");
    }
}
