//! The files as JSON, and words to ask them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rust_decimal::Decimal;
use sample_data::SampleData;
use serde_json::Value;

/// Where the repository keeps the files.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sample-data")
}

/// The files of one seed.
pub(crate) struct Files(BTreeMap<String, Value>);

impl Files {
    pub(crate) fn of_repository() -> Self {
        let mut files = BTreeMap::new();
        for system in ["starweb", "eekonomi"] {
            for entry in fs::read_dir(folder().join(system)).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{system}/{}", path.file_stem().unwrap().to_str().unwrap());
                files.insert(name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap());
            }
        }
        let about = fs::read_to_string(folder().join("about.json")).unwrap();
        files.insert("about".to_owned(), serde_json::from_str(&about).unwrap());
        Self(files)
    }
    pub(crate) fn of(data: &SampleData) -> Self {
        let json = data.files().into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "json"));
        let file = |(path, text): (PathBuf, String)| {
            let name = path.with_extension("").to_str().unwrap().replace('\\', "/");
            (name, serde_json::from_str(&text).unwrap())
        };
        Self(json.map(file).collect())
    }
    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.0[name].as_array().unwrap()
    }
    pub(crate) fn about(&self) -> &Value {
        &self.0["about"]
    }
}

/// The text of a member; empty if there is none.
pub(crate) fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}
/// The number of a member, 0 if there is none.
pub(crate) fn amount(record: &Value, name: &str) -> Decimal {
    match &record[name] {
        Value::Null => Decimal::ZERO,
        Value::String(text) => text.parse().unwrap(),
        number => number.to_string().parse().unwrap(),
    }
}
/// An id.
pub(crate) fn id(record: &Value, name: &str) -> u64 {
    record[name].as_u64().unwrap_or_else(|| panic!("{name} of {record}"))
}
/// The list in a member, empty if there is none.
pub(crate) fn rows<'a>(record: &'a Value, name: &str) -> &'a [Value] {
    record[name].as_array().map(Vec::as_slice).unwrap_or_default()
}
/// Records by a text of theirs, which no two may share.
pub(crate) fn by_text<'a>(records: &'a [Value], name: &str) -> BTreeMap<&'a str, &'a Value> {
    let all: BTreeMap<_, _> = records.iter().map(|record| (text(record, name), record)).collect();
    assert_eq!(all.len(), records.len(), "{name} is not of one record only");
    all
}
/// The one variant of a product.
pub(crate) fn variant(product: &Value) -> &Value {
    let [one] = rows(product, "variants") else { panic!("{product} has not one variant") };
    one
}
