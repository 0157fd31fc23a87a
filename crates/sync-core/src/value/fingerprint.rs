//! A short, stable name for the content of a record.

use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::{FieldMap, Link, Value};

/// 128 bits over canonical fields, form 1. Equal content gives equal bits in every process and release: decimals count
/// by value (10.1 = 10.10), order of setting does not count, unknown and empty differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(#[serde(with = "hex")] u128);

impl Fingerprint {
    /// Of raw bytes: a listed item as the vendor sent it.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }
    /// The bits, for stores.
    pub fn bits(self) -> u128 {
        self.0
    }
    /// From stored bits.
    pub fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl FieldMap {
    /// The fingerprint of all known fields.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut into = Xxh3Default::new();
        for (path, value) in self.iter() {
            text(&mut into, path.as_str());
            feed(&mut into, value);
        }
        Fingerprint(into.digest128())
    }
}

fn text(into: &mut Xxh3Default, text: &str) {
    into.update(text.as_bytes());
    into.update(&[0xff]); // no UTF-8 text holds this byte, so "ab" + "c" and "a" + "bc" differ
}

fn feed(into: &mut Xxh3Default, value: &Value) {
    match value {
        Value::Null => into.update(b"0"),
        Value::Bool(yes) => into.update(if *yes { b"1" } else { b"2" }),
        Value::Int(whole) => {
            into.update(b"i");
            into.update(&whole.to_le_bytes());
        }
        Value::Decimal(amount) => {
            into.update(b"d");
            text(into, &amount.normalize().to_string());
        }
        Value::Text(content) => {
            into.update(b"t");
            text(into, content);
        }
        Value::Date(day) => {
            into.update(b"y");
            text(into, &day.to_string());
        }
        Value::Instant(moment) => {
            into.update(b"m");
            into.update(&moment.timestamp_micros().to_le_bytes());
        }
        Value::Link(Link::Canonical(id)) => {
            into.update(b"c");
            into.update(id.as_uuid().as_bytes());
        }
        Value::Link(Link::External(reference)) => {
            into.update(b"e");
            text(into, &reference.to_string());
        }
        Value::List(values) => {
            into.update(b"[");
            values.iter().for_each(|v| feed(into, v));
            into.update(b"]");
        }
        Value::Map(values) => {
            into.update(b"{");
            for (name, value) in values {
                text(into, name);
                feed(into, value);
            }
            into.update(b"}");
        }
    }
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bits: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{bits:032x}"))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}
