//! What records are recognised by, and all that is known when they are. Pure.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    moved::Moved,
    subject::{Links, Sight},
};
use crate::{
    capability::Shows,
    id::{CanonicalId, ExternalRef, StreamKey},
    mapping::Problems,
    model,
    policy::{Duplicates, Entity, StreamTable},
    store::{Binding, Intent, MatchKey, Verdict},
    value::{FieldMap, FieldPath, Link},
};

/// All that matching looks at.
pub(crate) struct Known {
    /// Makes canonical ids.
    pub(crate) store: Uuid,
    /// Who each reference belongs to, aliases included.
    pub(crate) links: Links,
    /// Bindings that were met so far, by id.
    pub(crate) bindings: BTreeMap<CanonicalId, Binding>,
    /// Living bindings by match key.
    pub(crate) keyed: BTreeMap<MatchKey, BTreeSet<CanonicalId>>,
    /// What people said for good.
    pub(crate) verdicts: BTreeSet<Verdict>,
    /// Records that people said to be a known one.
    pub(crate) binds: BTreeMap<ExternalRef, CanonicalId>,
    /// Records that people said to be of their own.
    pub(crate) own: BTreeSet<CanonicalId>,
    /// Creates that may have been made: a record that fits one is not a new one.
    pub(crate) creates: Vec<Intent>,
    /// Documents of ours that people moved on.
    pub(crate) moved: Moved,
}

impl Known {
    /// Whether people said that this record, which stands alone, is another known one.
    pub(super) fn joins(&self, binding: &Binding, reference: &ExternalRef) -> bool {
        let others = || binding.sides.iter().any(|(at, side)| *at != reference.at && side.id.is_some());
        self.binds.get(reference).is_some_and(|id| *id != binding.id && self.bindings.contains_key(id)) && !others()
    }
    pub(super) fn not_same(&self, reference: &ExternalRef, binding: &Binding) -> bool {
        binding.references().any(|other| {
            let (a, b) = if *reference <= other { (reference.clone(), other) } else { (other, reference.clone()) };
            self.verdicts.contains(&Verdict::NotSame(a, b))
        })
    }
}

/// The keys under which a record can be recognised, in the order of the rules.
pub(crate) fn keys(entity: &Entity, ours: &FieldMap, mark: Option<&str>) -> Vec<MatchKey> {
    let of_mark =
        mark.map(|mark| MatchKey { entity: entity.name.clone(), rule: MARK.to_owned(), key: mark.to_owned() });
    let of_rules = entity.matches.iter().filter_map(|rule| {
        let forms: Option<Vec<String>> = rule
            .on
            .iter()
            .map(|path| model::key_part(entity.kind, *path, ours.get(*path)?, rule.on.len() > 1))
            .collect();
        Some(MatchKey { entity: entity.name.clone(), rule: rule_name(&rule.on), key: forms?.join("\u{1f}") })
    });
    of_mark.into_iter().chain(of_rules).collect()
}

/// The keys of a record in its own stream's terms, and the records that these keys speak of, or that it is part of.
pub(super) fn recognised_by(entity: &Entity, sight: &Sight) -> (Vec<MatchKey>, Vec<ExternalRef>) {
    let inbound = |table: &StreamTable| table.inbound(&sight.fields, &mut Problems::default()).ok();
    let ours = entity.streams.get(&sight.reference.at).and_then(inbound).unwrap_or_default();
    let says = |path: &FieldPath| is_part(entity) || entity.matches.iter().any(|rule| rule.on.contains(path));
    let linked = ours.iter().filter(|(path, _)| says(path)).filter_map(|(_, value)| match value.as_link()? {
        Link::External(reference) => Some(reference.clone()),
        Link::Canonical(_) => None,
    });
    let linked = linked.collect();
    (keys(entity, &ours, sight.mark.as_deref()), linked)
}

/// The rule of our own mark, before all others.
pub(crate) const MARK: &str = "@mark";

pub(super) fn rule_name(paths: &[FieldPath]) -> String {
    paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join("+")
}

/// A copy made at one moment is no second record, so several of them are never a fault.
pub(super) fn duplicates(entity: &Entity, at: &StreamKey, key: &MatchKey) -> Duplicates {
    if entity.streams.get(at).is_some_and(|table| table.cap.shows == Shows::Snapshot) {
        return Duplicates::Alias;
    }
    entity.matches.iter().find(|rule| rule_name(&rule.on) == key.rule).map_or(Duplicates::Hold, |rule| rule.duplicates)
}

/// Whether records of an entity are facets somewhere: what they link to is written with them.
pub(super) fn is_part(entity: &Entity) -> bool {
    entity.streams.values().any(|table| table.key != table.host)
}
