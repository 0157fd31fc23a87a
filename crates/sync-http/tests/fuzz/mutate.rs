//! Records and answers with something wrong in them: structure and bytes, drawn so that a failure shrinks.
//!
//! `SAMKLANG_FUZZ=100000 cargo test -p <crate> fuzz` plays so many cases of each kind instead of the usual few.

use std::path::{Path, PathBuf};

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;

/// JSON that no reader may stumble over, in place of any other.
const POOL: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "-0",
    "0.1",
    "1.5",
    "10.10",
    "1e5",
    "1E-30",
    "1e400",
    "-1e400",
    "1e999999999",
    "1E-999999999",
    "12345678901234567890123456789012345678901234567890",
    "0.00000000000000000000000000000000000000000000000001",
    "9223372036854775808",
    "79228162514264337593543950336",
    r#""""#,
    r#"" ""#,
    r#""0""#,
    r#""-1""#,
    r#""1e5""#,
    r#""NaN""#,
    r#""null""#,
    r#""\u0000""#,
    r#""\ud83d\ude00 åäö ß ﷽""#,
    r#""' OR 1=1; <b>&amp;%2F/../""#,
    r#""2024-02-30""#,
    r#""0000-00-00""#,
    r#""9999-12-31T23:59:59.999999999Z""#,
    r#""-262144-01-01T00:00:00Z""#,
    r#""+262143-12-31T23:59:59+23:59""#,
    r#""2024-03-31T02:30:00""#,
    r#""00000000-0000-0000-0000-000000000000""#,
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[{}]",
    r#"{"data":null}"#,
    r#"{"data":[]}"#,
    r#"{"data":{}}"#,
    r#"{"data":[null]}"#,
];

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    /// Something else stands at a place.
    Replace(Index, Index),
    /// The place is gone.
    Remove(Index),
    /// A key is called otherwise.
    Rename(Index),
    /// A place is there again: an element of a list, or the whole in a list.
    Repeat(Index),
    /// The place lies so deep in lists or objects.
    Nest(Index, u16, bool),
    /// A text is this long.
    Long(Index, u32),
    /// Bytes are others.
    Bytes(Index, Vec<u8>),
    /// The text ends here.
    Cut(Index),
    /// A piece of the text stands there twice.
    Double(Index, Index),
}

/// A few changes of the structure.
pub(crate) fn structure() -> impl Strategy<Value = Vec<Mutation>> {
    let index = any::<Index>;
    let one = prop_oneof![
        6 => (index(), index()).prop_map(|(place, what)| Mutation::Replace(place, what)),
        3 => index().prop_map(Mutation::Remove),
        1 => index().prop_map(Mutation::Rename),
        1 => index().prop_map(Mutation::Repeat),
        1 => (index(), 1_u16..600, any::<bool>()).prop_map(|(place, depth, list)| Mutation::Nest(place, depth, list)),
        1 => (index(), 1_u32..100_000).prop_map(|(place, length)| Mutation::Long(place, length)),
    ];
    prop::collection::vec(one, 1..5)
}

/// The same, and changes of the text besides.
pub(crate) fn anything() -> impl Strategy<Value = Vec<Mutation>> {
    let index = any::<Index>;
    let bytes = prop_oneof![
        3 => (index(), prop::collection::vec(any::<u8>(), 1..4)).prop_map(|(at, with)| Mutation::Bytes(at, with)),
        1 => index().prop_map(Mutation::Cut),
        1 => (index(), index()).prop_map(|(from, to)| Mutation::Double(from, to)),
    ];
    (structure(), prop::collection::vec(bytes, 0..3)).prop_map(|(mut all, bytes)| {
        all.extend(bytes);
        all
    })
}

/// The text with all that wrong in it; changes of structure that come after it is no JSON any more do nothing.
pub(crate) fn mutated(text: &str, mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for mutation in mutations {
        match mutation {
            Mutation::Bytes(at, with) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes.splice(at..(at + with.len()).min(bytes.len()), with.iter().copied());
            }
            Mutation::Cut(at) if !bytes.is_empty() => bytes.truncate(at.index(bytes.len())),
            Mutation::Double(from, to) if !bytes.is_empty() => {
                let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from.min(to)..from.min(to), piece);
            }
            structural => {
                let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else { continue };
                change(&mut value, structural);
                bytes = value.to_string().into_bytes();
            }
        }
    }
    bytes
}

fn change(value: &mut Value, mutation: &Mutation) {
    let mut places = Vec::new();
    collect(value, String::new(), &mut places);
    let at = |index: &Index| places[index.index(places.len())].clone();
    match mutation {
        Mutation::Replace(place, what) => {
            let new = serde_json::from_str(POOL[what.index(POOL.len())]).unwrap();
            *value.pointer_mut(&at(place)).unwrap() = new;
        }
        Mutation::Remove(place) => drop(taken(value, &at(place))),
        Mutation::Rename(place) => {
            let place = at(place);
            let Some((parent, key)) = place.rsplit_once('/') else { return };
            if let Some(Value::Object(fields)) = value.pointer_mut(parent)
                && let Some(moved) = fields.remove(&unescaped(key))
            {
                fields.insert(unescaped(key).to_uppercase(), moved);
            }
        }
        Mutation::Repeat(place) => {
            let place = value.pointer_mut(&at(place)).unwrap();
            match place {
                Value::Array(all) => all.extend(all.first().cloned()),
                one => *one = Value::Array(vec![one.clone(), one.clone()]),
            }
        }
        Mutation::Nest(place, depth, list) => {
            let place = value.pointer_mut(&at(place)).unwrap();
            for _ in 0..*depth {
                let inner = place.take();
                *place = if *list { Value::Array(vec![inner]) } else { serde_json::json!({ "data": inner }) };
            }
        }
        Mutation::Long(place, length) => {
            let length = usize::try_from(*length).unwrap();
            *value.pointer_mut(&at(place)).unwrap() = Value::String("å".repeat(length));
        }
        Mutation::Bytes(..) | Mutation::Cut(_) | Mutation::Double(..) => {}
    }
}

fn collect(value: &Value, here: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(inner, format!("{here}/{key}"), places);
            }
        }
        Value::Array(all) => {
            for (place, inner) in all.iter().enumerate() {
                collect(inner, format!("{here}/{place}"), places);
            }
        }
        _ => {}
    }
    places.push(here);
}

fn taken(value: &mut Value, place: &str) -> Option<Value> {
    let (parent, key) = place.rsplit_once('/')?;
    match value.pointer_mut(parent)? {
        Value::Object(fields) => fields.remove(&unescaped(key)),
        Value::Array(all) => Some(all.remove(key.parse().ok()?)),
        _ => None,
    }
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

/// How many cases are played of each kind: `usual`, or what the environment says.
#[allow(clippy::disallowed_methods, reason = "tests have no configuration")]
pub(crate) fn cases(usual: u32) -> u32 {
    std::env::var("SAMKLANG_FUZZ").ok().and_then(|told| told.parse().ok()).unwrap_or(usual)
}

/// Plays cases; a failure is shrunk, and printed with what is wrong in it.
#[track_caller]
pub(crate) fn play<S: Strategy>(usual: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: std::fmt::Debug,
{
    let config = Config { cases: cases(usual), failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&strategy, test).unwrap_or_else(|failure| panic!("{failure}"));
}

/// Texts of a record that are somebody's data.
pub(crate) fn personal(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        told("", &value, &mut found);
    }
    found
}

fn told(key: &str, value: &Value, found: &mut Vec<String>) {
    const OURS: [&str; 7] = ["email", "name", "address", "phone", "city", "postal", "note"];
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| told(key, value, found)),
        Value::Array(all) => all.iter().for_each(|value| told(key, value, found)),
        // one word may be the vendor's own
        Value::String(text)
            if text.chars().count() > 4
                && text.contains([' ', '@', '1', '2', '3'])
                && OURS.iter().any(|own| key.to_ascii_lowercase().contains(own)) =>
        {
            found.push(text.clone());
        }
        _ => {}
    }
}

/// Every JSON file among a vendor's examples, by name; none, and a loud line, where they are not there.
#[allow(clippy::disallowed_methods, reason = "tests have no configuration")]
pub(crate) fn examples(manifest_dir: &str, vendor: &str) -> Vec<(String, String)> {
    let folder = match std::env::var("SAMKLANG_VENDORS") {
        Ok(folder) => PathBuf::from(folder),
        Err(_) => Path::new(manifest_dir).join("../../../shared/vendors"),
    };
    let folder = folder.join(vendor).join("examples");
    let mut found = Vec::new();
    files(&folder, &mut found);
    if found.is_empty() {
        eprintln!("FUZZED WITHOUT the vendor's examples: {} is not there", folder.display());
    }
    found
}

fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
