//! Values and field maps in stored forms: readable ones, and binary ones for what stores keep by the hundred thousand.
//!
//! In binary forms the commonest values are what the form has of its own: nothing, yes and no, a whole number, a text; bytes are a
//! decimal. Any other value is a map of one entry, whose key says what it is. Names of fields come in order and begin
//! alike, so that each says only what differs from the one before it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Unexpected, Visitor},
    ser::{SerializeMap, SerializeSeq},
};

use super::{FieldMap, FieldPath, Link, Value};

/// A value in readable forms: its type stands beside it.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Value", tag = "t", content = "v", rename_all = "snake_case")]
enum Readable {
    Null,
    Bool(bool),
    Int(i64),
    #[serde(with = "rust_decimal::serde::str")]
    Decimal(Decimal),
    Text(Arc<str>),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    Link(Link),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// Keys of values that binary forms have no own form for. Stored: none is ever used anew.
const DATE: u8 = 0;
const INSTANT: u8 = 1;
const CANONICAL: u8 = 2;
const EXTERNAL: u8 = 3;
const MAP: u8 = 4;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            return Readable::serialize(self, to);
        }
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(yes) => to.serialize_bool(*yes),
            Self::Int(whole) => to.serialize_i64(*whole),
            Self::Decimal(amount) => {
                let (bytes, used) = bytes_of(*amount);
                to.serialize_bytes(bytes.get(..used).unwrap_or(&bytes))
            }
            Self::Text(text) => to.serialize_str(text),
            Self::List(values) => values.serialize(to),
            Self::Date(day) => one(to, DATE, &day.num_days_from_ce()),
            Self::Instant(at) => one(to, INSTANT, &(at.timestamp(), at.timestamp_subsec_nanos())),
            Self::Link(Link::Canonical(id)) => one(to, CANONICAL, id),
            Self::Link(Link::External(reference)) => one(to, EXTERNAL, reference),
            Self::Map(values) => one(to, MAP, values),
        }
    }
}

fn one<S: Serializer>(to: S, key: u8, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(1))?;
    map.serialize_entry(&key, value)?;
    map.end()
}

/// Sign and scale, then the digits as a whole number, small end first, without its empty bytes; and how many bytes count.
fn bytes_of(amount: Decimal) -> ([u8; 17], usize) {
    let scale = u8::try_from(amount.scale()).unwrap_or_default(); // at most 28
    let digits = amount.mantissa().unsigned_abs().to_le_bytes();
    let mut bytes = [0; 17];
    let sign = if amount.is_sign_negative() { 0x80 } else { 0 };
    bytes.iter_mut().zip([scale | sign].iter().chain(&digits)).for_each(|(place, byte)| *place = *byte);
    let used = bytes.iter().skip(1).rposition(|byte| *byte != 0).map_or(1, |last| last + 2);
    (bytes, used)
}

fn decimal_of(bytes: &[u8]) -> Option<Decimal> {
    let (first, digits) = bytes.split_first()?;
    let mut whole = [0; 16];
    whole.get_mut(..digits.len())?.copy_from_slice(digits);
    let mut amount = Decimal::try_from_i128_with_scale(i128::from_le_bytes(whole), u32::from(first & 0x7f)).ok()?;
    amount.set_sign_negative(first & 0x80 != 0);
    Some(amount)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return Readable::deserialize(from);
        }
        from.deserialize_any(Compact)
    }
}

struct Compact;

impl<'de> Visitor<'de> for Compact {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }
    fn visit_i64<E: Error>(self, whole: i64) -> Result<Value, E> {
        Ok(Value::Int(whole))
    }
    fn visit_u64<E: Error>(self, whole: u64) -> Result<Value, E> {
        i64::try_from(whole).map(Value::Int).map_err(|_| E::invalid_value(Unexpected::Unsigned(whole), &self))
    }
    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Value, E> {
        decimal_of(bytes).map(Value::Decimal).ok_or_else(|| E::invalid_value(Unexpected::Bytes(bytes), &self))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let key = map.next_key::<u8>()?;
        let wrong = |number: u8| A::Error::invalid_value(Unexpected::Unsigned(number.into()), &"a kind of value");
        Ok(match key.ok_or_else(|| A::Error::invalid_length(0, &self))? {
            DATE => Value::Date(NaiveDate::from_num_days_from_ce_opt(map.next_value()?).ok_or_else(|| wrong(DATE))?),
            INSTANT => {
                let (seconds, nanos) = map.next_value()?;
                Value::Instant(DateTime::from_timestamp(seconds, nanos).ok_or_else(|| wrong(INSTANT))?)
            }
            CANONICAL => Value::Link(Link::Canonical(map.next_value()?)),
            EXTERNAL => Value::Link(Link::External(map.next_value()?)),
            MAP => Value::Map(map.next_value()?),
            other => return Err(wrong(other)),
        })
    }
}

/// Room is made ahead for so many parts at most: what is spoilt may speak of any number.
const MANY: usize = 1000;

/// For each field: how many bytes of its name are those of the one before, the rest of it, the value.
pub(super) fn write_fields<S: Serializer>(fields: &FieldMap, to: S) -> Result<S::Ok, S::Error> {
    let mut all = to.serialize_seq(Some(fields.len() * 3))?;
    let mut before = "";
    for (path, value) in fields.iter() {
        let name = path.as_str();
        let mut same = name.bytes().zip(before.bytes()).take_while(|(one, other)| one == other).count().min(127);
        while !name.is_char_boundary(same) {
            same -= 1;
        }
        all.serialize_element(&u8::try_from(same).unwrap_or_default())?;
        all.serialize_element(name.get(same..).unwrap_or_default())?;
        all.serialize_element(value)?;
        before = name;
    }
    all.end()
}

pub(super) fn read_fields<'de, D: Deserializer<'de>>(from: D) -> Result<FieldMap, D::Error> {
    struct Fields;
    impl<'de> Visitor<'de> for Fields {
        type Value = FieldMap;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("names of fields, each with its value")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<FieldMap, A::Error> {
            let mut fields = Vec::with_capacity(all.size_hint().unwrap_or_default().min(MANY) / 3);
            let mut name = String::new();
            while let Some(same) = all.next_element::<u8>()? {
                let same = usize::from(same);
                if !name.is_char_boundary(same) {
                    return Err(A::Error::invalid_value(Unexpected::Str(&name), &"a name that begins like the next"));
                }
                name.truncate(same);
                let missing = || A::Error::invalid_length(0, &self);
                all.next_element_seed(Rest(&mut name))?.ok_or_else(missing)?;
                fields.push((FieldPath::new(&name), all.next_element()?.ok_or_else(missing)?));
            }
            Ok(fields.into_iter().collect())
        }
    }
    from.deserialize_seq(Fields)
}

/// The rest of a name, put behind its beginning.
struct Rest<'n>(&'n mut String);

impl<'de> DeserializeSeed<'de> for Rest<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}
impl Visitor<'_> for Rest<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rest of a name")
    }
    fn visit_str<E: Error>(self, rest: &str) -> Result<(), E> {
        self.0.push_str(rest);
        Ok(())
    }
}
