//! Fields of the vendor's own: which there are, what they are called in ours, and how they are read and written.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};
use sync_core::{
    Field, FieldMap, FieldPath, Value,
    capability::{Choice, FieldCapability, StreamCapability},
    error::{Error, ErrorKind, Result},
    model::FieldType,
};

use crate::{
    codes::Lists,
    wire::{NO_MOMENT, Wire, midnight, moment, number},
};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    /// The id of a user or of an entry somewhere else; 0 is none.
    Id,
    Flag,
    Moment,
    /// A moment of which the day counts.
    Day,
    /// A day as text: how it is written depends on the family of the field.
    DayText,
    /// Yes or no as text.
    FlagText,
    /// A number as text.
    NumberText,
    Word(&'static [&'static str]),
}

impl Form {
    /// As the model would have it.
    fn holds(self) -> FieldType {
        match self {
            Self::Text | Self::Word(_) => FieldType::Text,
            Self::Number | Self::Id | Self::NumberText => FieldType::Decimal,
            Self::Flag | Self::FlagText => FieldType::Bool,
            Self::Moment => FieldType::Instant,
            Self::Day | Self::DayText => FieldType::Date,
        }
    }
}

/// One field of the vendor's.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    /// The vendor's name: `OrganisationCustom3`.
    pub(crate) key: String,
    /// Ours: `x.webcrm.custom_3`.
    pub(crate) path: FieldPath,
    form: Form,
    can: FieldCapability,
}

/// All of one entity.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnFields(Vec<Own>);

/// `ExtraCustom3` as `extra_custom_3`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut before: Option<char> = None;
    for letter in name.chars() {
        let breaks = before.is_some_and(|before| {
            letter.is_ascii_uppercase() && !before.is_ascii_uppercase()
                || letter.is_ascii_digit() && !before.is_ascii_digit()
                || letter.is_ascii_uppercase() && before == 'X'
        });
        if breaks {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    out
}

/// The path of a vendor's name, without the entity in front.
pub(crate) fn own_path(name: &str) -> FieldPath {
    FieldPath::new(&format!("x.webcrm.{}", snake(name)))
}

/// Fields that come in a row: `Custom` 1 to 15.
pub(crate) fn family(name: &str, count: u8) -> impl Iterator<Item = String> {
    (1..=count).map(move |nth| format!("{name}{nth}"))
}

impl OwnFields {
    fn add(&mut self, entity: &str, name: &str, form: Form, can: FieldCapability) {
        self.0.push(Own { key: format!("{entity}{name}"), path: own_path(name), form, can });
    }
    /// Adds fields that are only read.
    pub(crate) fn reads(&mut self, entity: &str, form: Form, names: impl IntoIterator<Item = impl AsRef<str>>) {
        for name in names {
            self.add(entity, name.as_ref(), form, FieldCapability::read_only());
        }
    }
    /// Adds fields that a new record is given, and that are only read from then on.
    pub(crate) fn gives(&mut self, entity: &str, form: Form, names: impl IntoIterator<Item = impl AsRef<str>>) {
        for name in names {
            let mut once = FieldCapability::read_only();
            once.write_on_create = true;
            self.add(entity, name.as_ref(), form, once);
        }
    }
    /// Adds fields that are written too. Texts are as long as the system says, else as the vendor's description does.
    pub(crate) fn writes(
        &mut self,
        entity: &str,
        form: Form,
        max: Option<u32>,
        lists: &Lists,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) {
        for name in names {
            let key = format!("{entity}{}", name.as_ref());
            let can = match form {
                Form::Text => text_capability(lists, &key, max),
                Form::Word(words) => {
                    let mut can = FieldCapability::read_write();
                    can.one_of = Some(words.iter().map(|word| (*word).to_owned()).collect());
                    can.choices(words.iter().map(|word| Choice::new(*word, "")))
                }
                _ => FieldCapability::read_write(),
            };
            self.add(entity, name.as_ref(), form, can);
        }
    }
    /// The same for fields that an administrator sets up: those that are not set up are only read.
    pub(crate) fn set_up(
        &mut self,
        entity: &str,
        max: Option<u32>,
        lists: &Lists,
        names: impl Iterator<Item = String>,
    ) {
        let known = lists.knows(entity);
        for name in names {
            if known && !lists.fields.contains_key(&format!("{entity}{name}")) {
                self.add(entity, &name, Form::Text, FieldCapability::read_only());
            } else {
                self.writes(entity, Form::Text, max, lists, [name]);
            }
        }
    }
    /// Says that a field of the vendor's holds what the model has a name for; as an own field it is then only read.
    pub(crate) fn place(&mut self, entity: &str, name: &str, path: FieldPath, lists: &Lists) {
        let key = format!("{entity}{name}");
        let spec = sync_core::model::field(sync_core::EntityKind::Order, path);
        let form = match spec.map(|spec| spec.ty) {
            Some(FieldType::Date) if DAYS.contains(&name) => Form::Day,
            Some(FieldType::Date) => Form::DayText,
            Some(FieldType::Bool) => Form::FlagText,
            Some(FieldType::Decimal) => Form::NumberText,
            _ => Form::Text,
        };
        let mut can =
            if form == Form::Text { text_capability(lists, &key, None) } else { FieldCapability::read_write() };
        if let Some(spec) = spec.filter(|spec| !spec.words.is_empty()) {
            can.one_of = Some(spec.words.iter().map(|word| word.name.to_owned()).collect());
        }
        *self = std::mem::take(self).only_read(&key);
        self.0.push(Own { key, path, form, can });
    }
    /// The same, with this one of the vendor's fields only read.
    pub(crate) fn only_read(mut self, key: &str) -> Self {
        for own in self.0.iter_mut().filter(|own| own.key == key) {
            own.can = FieldCapability::read_only();
        }
        self
    }
    /// Vendor's names by ours.
    pub(crate) fn keys(&self) -> BTreeMap<FieldPath, String> {
        self.0.iter().map(|own| (own.path, own.key.clone())).collect()
    }
    /// Takes back what is written at creation, for records that are not made.
    pub(crate) fn never_made(mut self) -> Self {
        for own in &mut self.0 {
            own.can.write_on_create = false;
        }
        self
    }
    pub(crate) fn declare(&self, can: &mut StreamCapability) {
        can.fields.extend(self.0.iter().map(|own| (own.path, own.can.clone().holding(own.form.holds()))));
    }
    /// Whether it can be written in a new record, so that it may be what the record is known by.
    pub(crate) fn is_set_up(&self, path: FieldPath) -> bool {
        self.0.iter().any(|own| own.path == path && own.can.write_on_create)
    }
    /// The vendor's name.
    pub(crate) fn key_of(&self, path: FieldPath) -> Option<&str> {
        self.0.iter().find(|own| own.path == path).map(|own| own.key.as_str())
    }
    /// What a record shows.
    pub(crate) fn read(&self, wire: &Wire, lists: &Lists) -> Result<FieldMap> {
        let mut fields = FieldMap::new();
        for own in &self.0 {
            let value = match own.form {
                Form::Text => chosen(wire.text(&own.key)?, lists, &own.key).map(Value::from),
                Form::Number => wire.decimal(&own.key)?.map(Value::Decimal),
                Form::Id => wire.link(&own.key)?.map(|id| Value::Decimal(id.into())),
                Form::Flag => wire.flag(&own.key)?.map(Value::Bool),
                Form::Moment => wire.moment(&own.key)?.map(Value::Instant),
                Form::Day => wire.day(&own.key)?.map(Value::Date),
                Form::DayText => wire.written_day(&own.key)?.map(Value::Date),
                Form::NumberText => wire.decimal(&own.key)?.map(Value::Decimal),
                Form::FlagText => wire.word(&own.key, &["No", "Yes"])?.map(|word| Value::Bool(word == "Yes")),
                Form::Word(words) => wire.word(&own.key, words)?.map(Value::from),
            };
            match value {
                Field::Unknown => {}
                Field::Empty => fields.set(own.path, Value::Null),
                Field::Set(value) => fields.set(own.path, value),
            }
        }
        Ok(fields)
    }
    /// What is sent of `sent`.
    pub(crate) fn write(
        &self,
        sent: &FieldMap,
        lists: &Lists,
        is_create: bool,
        body: &mut Map<String, Json>,
    ) -> Result<()> {
        for own in &self.0 {
            let Some(value) = sent.get(own.path) else { continue };
            if is_create && value.is_null() {
                continue;
            }
            body.insert(own.key.clone(), own.sent(value, lists)?);
        }
        Ok(())
    }
}

impl Own {
    fn sent(&self, value: &Value, lists: &Lists) -> Result<Json> {
        let wrong = |what: &str| {
            let line = format!("{} takes {what}", self.path);
            Err(Error::new(ErrorKind::Invalid, "encode", line).with_context("field", self.path))
        };
        Ok(match (self.form, value) {
            (Form::Text, Value::Null) => emptied(lists, &self.key),
            (Form::Text, Value::Text(text)) => cut(text, self.can.max_len).into(),
            (Form::Text, Value::Decimal(amount)) => amount.normalize().to_string().into(),
            (Form::Text | Form::FlagText, Value::Bool(yes)) => if *yes { "Yes" } else { "No" }.into(),
            (Form::Text | Form::DayText, Value::Date(day)) => written_day(&self.key, *day).into(),
            (Form::DayText, Value::Null) => "".into(),
            (Form::FlagText, Value::Null) => "No".into(),
            (Form::NumberText, Value::Null) => "".into(),
            (Form::DayText, _) => return wrong("a day"),
            (Form::FlagText, _) => return wrong("yes or no"),
            (Form::NumberText, value) => match value.as_decimal() {
                Some(amount) => amount.normalize().to_string().into(),
                None => return wrong("a number"),
            },
            (Form::Text, _) => return wrong("a text"),
            (Form::Number | Form::Id, Value::Null) => number(Decimal::ZERO),
            (Form::Number | Form::Id, value) => match value.as_decimal() {
                Some(amount) => number(amount),
                None => return wrong("a number"),
            },
            (Form::Flag, Value::Bool(yes)) => (*yes).into(),
            (Form::Flag, Value::Null) => false.into(),
            (Form::Flag, _) => return wrong("yes or no"),
            (Form::Moment, Value::Null) => NO_MOMENT.into(),
            (Form::Moment, Value::Instant(at)) => moment(*at).into(),
            (Form::Moment, _) => return wrong("a moment"),
            (Form::Day, Value::Null) => NO_MOMENT.into(),
            (Form::Day, Value::Date(day)) => midnight(*day).into(),
            (Form::Day, _) => return wrong("a day"),
            (Form::Word(words), Value::Text(text)) if words.contains(&&**text) => (&**text).into(),
            (Form::Word(words), _) => return wrong(&format!("one of {}", words.join(", "))),
        })
    }
}

/// Adds what people want to know of fields: the vendor's name, what users of this system call them, and what can be chosen
/// there, the entry that stands for nothing left out. `keys` are the vendor's names.
pub(crate) fn describe(can: &mut StreamCapability, keys: &BTreeMap<FieldPath, String>, lists: &Lists) {
    for (path, field) in &mut can.fields {
        let Some(key) = keys.get(path) else { continue };
        field.vendor_name = Some(key.clone());
        field.label = lists.label(key).map(str::to_owned);
        let empty = lists.placeholder(key);
        let by_number = field.holds == Some(FieldType::Decimal);
        let listed = lists.choices(key).iter().filter(|choice| Some(choice.text.as_str()) != empty);
        field.choices.extend(listed.map(|choice| match by_number {
            true => Choice::new(choice.value.as_str(), choice.text.as_str()),
            false => Choice::new(choice.text.as_str(), ""),
        }));
    }
}

/// Fields that hold moments, of which the day is meant.
const DAYS: [&str; 3] = ["NextFollowUp", "WonDate", "LostDate"];

/// A day in a text: `2018-06-28` in most fields, `20180628` in those that are called plus.
fn written_day(key: &str, day: NaiveDate) -> String {
    if key.contains("Plus") { day.format("%Y%m%d").to_string() } else { day.to_string() }
}

/// What a text field takes: so many characters, or one of a list.
pub(crate) fn text_capability(lists: &Lists, key: &str, max: Option<u32>) -> FieldCapability {
    let mut can = FieldCapability::read_write();
    let choices = lists.choices(key);
    if choices.is_empty() {
        can.max_len = lists.max_len(key).or(max);
        can.exact = can.max_len.is_some();
        return can;
    }
    let empty = lists.placeholder(key);
    let texts = choices.iter().map(|choice| choice.text.clone());
    can.one_of = Some(texts.filter(|text| Some(text.as_str()) != empty && !text.is_empty()).collect());
    can
}

/// The text of a list without its placeholder.
pub(crate) fn chosen(text: Field<String>, lists: &Lists, key: &str) -> Field<String> {
    match text {
        Field::Set(text) if lists.is_nothing(key, &text) => Field::Empty,
        other => other,
    }
}

/// What empties a text: nothing, or the placeholder of a list.
pub(crate) fn emptied(lists: &Lists, key: &str) -> Json {
    lists.placeholder(key).unwrap_or_default().into()
}

/// So many characters of it.
pub(crate) fn cut(text: &str, max: Option<u32>) -> String {
    let max = max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    text.chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ours() {
        for (theirs, ours) in [
            ("Custom3", "custom_3"),
            ("ExtraCustom12", "extra_custom_12"),
            ("XText1", "x_text_1"),
            ("ErpSyncDateTime", "erp_sync_date_time"),
            ("Owner2", "owner_2"),
            ("Email2Bounces", "email_2_bounces"),
        ] {
            assert_eq!(snake(theirs), ours);
        }
    }
}
