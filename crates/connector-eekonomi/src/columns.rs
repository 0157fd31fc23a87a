//! The vendor's fields beside ours: one row gives the capability, the reading and the writing of a field, so that the
//! three cannot differ.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;
use sync_core::{
    Error, ErrorKind, Field, FieldMap, FieldPath, Result, Value,
    capability::{FieldCapability, StreamCapability},
};

use crate::wire::{Wire, number};

/// How a field is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text; null is empty.
    Text,
    /// Text whose null means "as the customer has it": empty is sent as empty text.
    OwnText,
    /// The id of an entry of one of the vendor's lists: a code.
    Code,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A fraction of one, four decimals: `0.1` is our 10 percent.
    Fraction,
    /// A calendar date.
    Day,
}

/// One field of the vendor's and where it lies with us.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) path: FieldPath,
    form: Form,
    can: FieldCapability,
}

/// A field that can be read and written at any time.
pub(crate) fn column(name: &'static str, path: FieldPath, form: Form) -> Column {
    let can = FieldCapability::read_write();
    let can = match form {
        Form::Fraction => can.rounded_to(2),
        _ => can,
    };
    Column { name, path, form, can }
}

/// `leaf` of the group `group`.
pub(crate) fn within(group: FieldPath, leaf: FieldPath) -> FieldPath {
    group.join(leaf.as_str())
}

impl Column {
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
    /// The same, a number rounded to `scale` decimals.
    pub(crate) fn rounded(mut self, scale: u32) -> Self {
        self.can = self.can.rounded_to(scale);
        self
    }
    /// The same; a create needs it.
    pub(crate) fn required(mut self) -> Self {
        self.can = self.can.required();
        self
    }
    /// The same, needed by a create if `yes`.
    pub(crate) fn required_if(self, yes: bool) -> Self {
        if yes { self.required() } else { self }
    }
    /// The same, shown only.
    pub(crate) fn read_only(mut self) -> Self {
        self.can = FieldCapability::read_only();
        self
    }

    fn read(&self, wire: &Wire) -> Result<Field<Value>> {
        let name = self.name;
        Ok(match self.form {
            Form::Text | Form::OwnText => wire.text(name)?.map(Value::from),
            Form::Code => wire.id(name)?.map(Value::from),
            Form::Flag => wire.flag(name)?.map(Value::Bool),
            Form::Number => wire.number(name)?.map(Value::Decimal),
            Form::Fraction => wire.number(name)?.map(|part| Value::Decimal(percent(part))),
            Form::Day => wire.day(name)?.map(Value::Date),
        })
    }

    fn write(&self, value: &Value) -> Result<Json> {
        Ok(match (self.form, value) {
            (Form::OwnText, Value::Null) => Json::from(""),
            (Form::Fraction | Form::Number, Value::Null) => number(Decimal::ZERO),
            (_, Value::Null) => Json::Null,
            (Form::Text | Form::OwnText | Form::Code, Value::Text(text)) => Json::from(self.kept(text)),
            (Form::Flag, Value::Bool(yes)) => Json::from(*yes),
            (Form::Number, Value::Decimal(amount)) => number(self.rounds(*amount)),
            (Form::Fraction, Value::Decimal(percent)) => number(fraction(*percent)),
            (Form::Day, Value::Date(day)) => Json::from(day.to_string()),
            _ => {
                let what = format!("'{}' has a value of another type than {} takes", self.path, self.name);
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", self.path));
            }
        })
    }
    fn rounds(&self, amount: Decimal) -> Decimal {
        let away = RoundingStrategy::MidpointAwayFromZero;
        self.can.max_scale.map_or(amount, |scale| amount.round_dp_with_strategy(scale, away))
    }
    /// What of a text the vendor has room for, where it may be cut.
    fn kept<'t>(&self, text: &'t str) -> &'t str {
        let max = self.can.max_len.filter(|_| !self.can.exact).and_then(|max| usize::try_from(max).ok());
        match max.and_then(|max| text.char_indices().nth(max)) {
            Some((end, _)) => text.get(..end).unwrap_or(text).trim_end(),
            None => text,
        }
    }
}

/// A fraction of one as percent, without the zeros that the factor brings.
pub(crate) fn percent(fraction: Decimal) -> Decimal {
    (fraction * Decimal::ONE_HUNDRED).normalize()
}

/// Percent as a fraction of one, with the vendor's four decimals.
pub(crate) fn fraction(percent: Decimal) -> Decimal {
    (percent / Decimal::ONE_HUNDRED).round_dp(4).normalize()
}

/// What `columns` say of a record. A field that it does not carry stays unknown.
pub(crate) fn read(columns: &[Column], wire: &Wire) -> Result<FieldMap> {
    let mut fields = FieldMap::new();
    for column in columns {
        match column.read(wire)? {
            Field::Unknown => {}
            Field::Empty => fields.set(column.path, Value::Null),
            Field::Set(value) => fields.set(column.path, value),
        }
    }
    Ok(fields)
}

/// Writes those of `fields` that have a column into `body`. What it says already stays as it came, digit for digit.
pub(crate) fn write(columns: &[Column], fields: &FieldMap, body: &mut Wire) -> Result<()> {
    for column in columns.iter().filter(|column| column.can.write_on_create || column.can.write_on_update) {
        let Some(value) = fields.get(column.path) else { continue };
        let said = match column.read(body)? {
            Field::Unknown => None,
            Field::Empty => Some(Value::Null),
            Field::Set(said) => Some(said),
        };
        if said.as_ref() != Some(value) {
            body.set(column.name, column.write(value)?);
        }
    }
    Ok(())
}

/// Declares `columns` in a capability.
pub(crate) fn declare(columns: &[Column], can: &mut StreamCapability) {
    can.fields.extend(columns.iter().map(|column| (column.path, column.can.clone())));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        vec![
            column("Name", "name".into(), Form::Text).cut(5),
            column("City", "city".into(), Form::OwnText),
            column("Discount", "discount_percent".into(), Form::Fraction),
            column("Day", "day".into(), Form::Day),
            column("Total", "total".into(), Form::Number).read_only(),
        ]
    }
    fn wire(text: &str) -> Wire {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_said_already_goes_back_as_it_came() {
        let body = r#"{"City":null,"Day":"2026-02-17T00:00:00","Discount":0.1000,"Name":"Anna","Other":[1]}"#;
        let mut changed = wire(body);
        let fields = read(&columns(), &changed).unwrap();
        write(&columns(), &fields, &mut changed).unwrap();
        assert_eq!(serde_json::to_string(&changed).unwrap(), body);
    }

    #[test]
    fn texts_are_cut_fractions_scaled_and_own_texts_never_null() {
        let fields = FieldMap::new()
            .with("name", "Ann Björk")
            .with("city", "")
            .with("discount_percent", Value::Decimal("12.345".parse().unwrap()))
            .with("total", Value::Decimal(Decimal::ONE));
        let mut body = Wire::default();
        write(&columns(), &fields, &mut body).unwrap();
        assert_eq!(serde_json::to_string(&body).unwrap(), r#"{"City":"","Discount":0.1234,"Name":"Ann B"}"#);
        let shown = read(&columns(), &wire(r#"{"Discount":0.125}"#)).unwrap();
        assert_eq!(shown.get("discount_percent".into()).unwrap().to_string(), "12.5");
    }

    #[test]
    fn a_value_of_another_type_is_refused_by_name() {
        let error = write(&columns(), &FieldMap::new().with("day", "soon"), &mut Wire::default()).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.message().contains("'day'"), "{error}");
    }
}
