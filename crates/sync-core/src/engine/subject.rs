//! What a run knows of one record before it decides.

use std::collections::{BTreeMap, BTreeSet};

use super::told::Words;
use crate::{
    connector::{Record, Version, Writable},
    id::{CanonicalId, ExternalRef, StreamKey},
    store::Binding,
    value::{FieldMap, FieldPath, Link, Value},
};

/// One record of one stream as it was read in this run.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub(crate) reference: ExternalRef,
    /// The connector's fields.
    pub(crate) fields: FieldMap,
    pub(crate) version: Version,
    pub(crate) deleted: bool,
    pub(crate) writable: Writable,
    pub(crate) mark: Option<String>,
    pub(crate) merged_into: Option<ExternalRef>,
}

impl Sight {
    pub(crate) fn new(record: Record) -> Self {
        Self {
            reference: record.reference,
            fields: record.fields,
            version: record.version,
            deleted: record.deleted,
            writable: record.writable,
            mark: record.mark,
            merged_into: record.merged_into,
        }
    }
}

/// A record with all that was read of it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) binding: Binding,
    /// As it was before this run.
    pub(crate) stored: Binding,
    pub(crate) sights: BTreeMap<StreamKey, Sight>,
    /// Units that are at first sight again, since their rule, mapping or table changed.
    pub(crate) again: BTreeSet<FieldPath>,
    /// What people said of it.
    pub(crate) told: Words,
    /// Its names that people want left alone.
    pub(crate) left: BTreeSet<ExternalRef>,
    /// What documents say of it for one system.
    pub(crate) corrections: Vec<super::diff::Correction>,
    /// Streams in which people asked for it to be made.
    pub(crate) asked: BTreeSet<StreamKey>,
    /// Why it cannot be matched, if it cannot.
    pub(crate) ambiguous: Option<String>,
    /// What became of its references in this run.
    pub(crate) bound: Vec<ExternalRef>,
    pub(crate) aliased: Vec<ExternalRef>,
}

impl Subject {
    pub(crate) fn of(binding: Binding) -> Self {
        Self {
            stored: binding.clone(),
            binding,
            sights: BTreeMap::new(),
            again: BTreeSet::new(),
            told: Words::default(),
            left: BTreeSet::new(),
            corrections: Vec::new(),
            asked: BTreeSet::new(),
            ambiguous: None,
            bound: Vec::new(),
            aliased: Vec::new(),
        }
    }
}

/// Who external references belong to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links(pub(crate) BTreeMap<ExternalRef, CanonicalId>);

impl Links {
    /// The same fields with every link canonical whose record is known.
    pub(crate) fn canonical(&self, fields: &FieldMap) -> FieldMap {
        if !fields.iter().any(|(_, value)| value.has_link()) {
            return fields.clone();
        }
        let one = |link: &Link| match link {
            Link::External(reference) => match self.0.get(reference) {
                Some(id) => Value::Link(Link::Canonical(*id)),
                None => Value::Link(link.clone()),
            },
            Link::Canonical(_) => Value::Link(link.clone()),
        };
        fields.iter().map(|(path, value)| (path, value.map_links(&mut |link| one(link)))).collect()
    }
}
