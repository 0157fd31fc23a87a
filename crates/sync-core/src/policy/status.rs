//! Status tables: a vendor's status words beside the three axes of a document, and what a written status brings about.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    mapping::{Mapper, Unmapped},
    value::{FieldMap, FieldPath, Value},
};

/// `[entities.<name>.status.<connection>]`: one vendor's words. A word without a row is left alone and reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StatusTable {
    /// The vendor's field that holds the word: `x.starweb.status`.
    pub field: FieldPath,
    /// What each word means.
    #[serde(default)]
    pub read: Vec<Meaning>,
    /// What is written; the first row that fits wins.
    #[serde(default)]
    pub write: Vec<Outcome>,
}

/// What a vendor's word means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Meaning {
    /// The vendor's word.
    pub status: String,
    /// Axis → its value: `fulfilment = "delivered"`. Axes that are not named stay unknown.
    pub means: BTreeMap<FieldPath, String>,
}

/// What is written to a vendor, and what that brings about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Outcome {
    /// Axis → value; all must hold.
    pub when: BTreeMap<FieldPath, String>,
    /// The vendor's word.
    pub status: String,
    /// Side effects that the write is to have. Those that are not named are switched off, in words.
    #[serde(default)]
    pub effects: BTreeSet<String>,
    /// Whether it is written, or a person is asked.
    #[serde(default)]
    pub apply: Apply,
}

/// Whether a status is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Apply {
    /// Yes.
    #[default]
    Write,
    /// A person is asked.
    Hold,
}

/// How a table of status words is called where one of them is unmapped. Such a word is left alone, and told.
pub(crate) const STATUS_OF: &str = "status of ";

impl StatusTable {
    /// The axes that it speaks of.
    pub fn axes(&self) -> BTreeSet<FieldPath> {
        let read = self.read.iter().flat_map(|row| row.means.keys());
        read.chain(self.write.iter().flat_map(|row| row.when.keys())).copied().collect()
    }
    /// What a vendor's word means.
    pub fn meaning(&self, status: &str) -> Option<&Meaning> {
        self.read.iter().find(|row| row.status == status)
    }
    /// What is to be written for these axis values.
    pub fn outcome(&self, ours: &FieldMap) -> Option<&Outcome> {
        self.write.iter().find(|row| row.when.iter().all(|(axis, value)| ours.text(*axis) == Some(value)))
    }
    /// The table as a mapper between the vendor's field and the axes.
    pub(super) fn mapper(&self, connection: &str) -> Mapper {
        let (inbound, outbound) = (self.clone(), self.clone());
        let table = format!("{STATUS_OF}{connection}");
        let field = self.field;
        Mapper::new(1).theirs([field]).ours(self.axes()).with(
            move |theirs, problems| {
                let Some(word) = theirs.text(field) else { return Ok(FieldMap::new()) };
                let Some(meaning) = inbound.meaning(word) else {
                    problems.unmapped.insert(Unmapped { table: table.clone(), code: word.to_owned(), field });
                    return Ok(FieldMap::new());
                };
                Ok(meaning.means.iter().map(|(axis, value)| (*axis, Value::from(value.as_str()))).collect())
            },
            move |ours, _| {
                let word = outbound.outcome(ours).map(|row| row.status.as_str());
                Ok(word.map(|word| FieldMap::new().with(field, word)).unwrap_or_default())
            },
        )
    }
}
