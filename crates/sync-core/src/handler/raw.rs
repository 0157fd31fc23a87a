//! Rows as the vendor sent them: split, hashed, not understood.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{connector::Cursor, value::Fingerprint};

/// One page of a listing: the text of each row, and where the next page starts.
///
/// An envelope that holds the rows as raw text splits a page without understanding it:
///
/// ```
/// use serde_json::value::RawValue;
///
/// #[derive(serde::Deserialize)]
/// struct Envelope {
///     data: Vec<Box<RawValue>>,
///     total: u32,
/// }
/// let page: Envelope = serde_json::from_str(r#"{"data":[{"id":1, "sum":10.10}],"total":1}"#).unwrap();
/// assert_eq!(page.data[0].get(), r#"{"id":1, "sum":10.10}"#);
/// ```
#[derive(Debug, Default)]
pub struct RawPage {
    /// The text of each record.
    pub rows: Vec<Box<RawValue>>,
    /// The next page, if there is one.
    pub next: Option<Cursor>,
}

impl RawPage {
    /// Rows after which there are none.
    pub fn last(rows: Vec<Box<RawValue>>) -> Self {
        Self { rows, next: None }
    }
    /// Rows with more to come.
    pub fn more(rows: Vec<Box<RawValue>>, next: serde_json::Value) -> Self {
        Self { rows, next: Some(Cursor(next)) }
    }
}

/// Of the row's text, without the values at these paths.
pub(super) fn hash(row: &str, volatile: &[&str]) -> Fingerprint {
    if volatile.is_empty() {
        return Fingerprint::of_bytes(row.as_bytes());
    }
    let mut kept = String::with_capacity(row.len());
    cut(row, volatile, &mut kept);
    Fingerprint::of_bytes(kept.as_bytes())
}

/// Appends `value`, which is JSON, without what lies at `paths`.
fn cut(value: &str, paths: &[&str], out: &mut String) {
    match value.as_bytes().first() {
        Some(b'{') => match serde_json::from_str::<Members<'_>>(value) {
            Ok(Members(members)) => {
                out.push('{');
                for (key, member) in members {
                    if paths.contains(&key.as_ref()) {
                        continue;
                    }
                    let inner: Vec<&str> =
                        paths.iter().filter_map(|path| path.strip_prefix(key.as_ref())?.strip_prefix('.')).collect();
                    // quotes and commas could be left out: this text is hashed, never read
                    out.push('"');
                    out.push_str(&key);
                    out.push_str("\":");
                    if inner.is_empty() {
                        out.push_str(member.get())
                    } else {
                        cut(member.get(), &inner, out)
                    }
                    out.push(',');
                }
                out.push('}');
            }
            Err(_) => out.push_str(value),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(value) {
            Ok(elements) => {
                out.push('[');
                for element in elements {
                    cut(element.get(), paths, out);
                    out.push(',');
                }
                out.push(']');
            }
            Err(_) => out.push_str(value),
        },
        _ => out.push_str(value),
    }
}

/// The members of an object in their order, values as text.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder<'a>(PhantomData<&'a str>);
        impl<'de> Visitor<'de> for InOrder<'de> {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = from.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(InOrder(PhantomData))
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads `row`, or tells what is wrong with it without repeating its content.
pub(super) fn read<T: DeserializeOwned>(row: &str) -> Result<T, String> {
    serde_json::from_str(row).map_err(|error| without_values(&error))
}

/// serde quotes the value that it did not expect; values are somebody's data and have no place in an error.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_a_key = ["missing field `", "duplicate field `"].iter().any(|start| text.starts_with(start));
    if names_a_key {
        return text;
    }
    let place = format!("at line {} column {}", error.line(), error.column());
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => {
            let expected = expected.rsplit_once(" at line ").map_or(expected, |(words, _)| words);
            format!("expected {expected} {place}")
        }
        None => format!("not understood {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volatile_keys_do_not_count_wherever_they_are() {
        let volatile = ["seen", "meta.at", "lines.stock"];
        let with = |seen: u8, at: u8, stock: u8, price: &str| {
            let row = format!(
                r#"{{"id":1,"seen":{seen},"meta":{{"at":{at},"by":"x"}},"lines":[{{"stock":{stock},"price":{price}}}]}}"#
            );
            hash(&row, &volatile)
        };
        assert_eq!(with(1, 1, 1, "10.10"), with(2, 3, 4, "10.10"));
        assert_ne!(with(1, 1, 1, "10.10"), with(1, 1, 1, "10.1"), "the text of what stays counts");
        assert_ne!(hash(r#"{"seen":1,"a":1}"#, &volatile), hash(r#"{"seen":1,"a":2}"#, &volatile));
        assert_ne!(hash(r#"{"meta":{"seen":1}}"#, &volatile), hash(r#"{"meta":{"seen":2}}"#, &volatile));
    }

    #[test]
    fn order_of_keys_counts() {
        let volatile = ["seen"];
        assert_ne!(hash(r#"{"a":1,"b":2}"#, &volatile), hash(r#"{"b":2,"a":1}"#, &volatile));
        assert_eq!(hash(r#"{"a":1,"seen":1,"b":2}"#, &volatile), hash(r#"{"seen":7,"a":1,"b":2}"#, &volatile));
    }

    #[test]
    fn keys_and_values_with_escapes_are_cut_and_kept() {
        assert_eq!(hash(r#"{"se\u0065n":1,"a":"\"}"}"#, &["seen"]), hash(r#"{"a":"\"}"}"#, &["seen"]));
        assert_ne!(hash(r#"{"a":"\"}"}"#, &["seen"]), hash(r#"{"a":"\"]"}"#, &["seen"]));
        assert_eq!(hash("7", &["seen"]), hash("7", &[]));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_content() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "only the reading counts")]
        struct Row {
            id: u64,
        }
        for row in [r#"{"id":"secret"}"#, r#"{"id":-4711}"#, r#"{"id":[4711]}"#] {
            let wrong = read::<Row>(row).unwrap_err();
            assert!(wrong.contains("expected") && wrong.contains("column"), "{wrong}");
            assert!(!wrong.contains("secret") && !wrong.contains("4711"), "{wrong}");
        }
        assert!(read::<Row>("{}").unwrap_err().contains("missing field `id`"));
    }
}
