//! What is to be written, as data: shown by a dry run, counted by the guards, carried out by the engine.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    capability::RemoveMode,
    connector::Action,
    id::{CanonicalId, EntityName, StreamKey},
    policy::Guards,
    store::{Approval, EffectKey, Share},
    value::FieldMap,
};

/// What is done to a host record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doing {
    /// It is made.
    Create,
    /// It is changed.
    Update {
        /// The vendor's id.
        id: std::sync::Arc<str>,
    },
    /// A business step is taken with it.
    Act {
        /// The vendor's id.
        id: std::sync::Arc<str>,
        /// The vendor's word for the step.
        act: String,
        /// What the step is told.
        with: FieldMap,
    },
    /// It is removed.
    Remove {
        /// The vendor's id.
        id: std::sync::Arc<str>,
        /// How.
        mode: RemoveMode,
    },
}

impl Doing {
    /// What an action does.
    pub(crate) fn of(action: &Action) -> Self {
        match action {
            Action::Create { .. } => Self::Create,
            Action::Update { id, .. } => Self::Update { id: id.clone() },
            Action::Act { id, act, with } => Self::Act { id: id.clone(), act: act.clone(), with: with.clone() },
            Action::Remove { id, mode } => Self::Remove { id: id.clone(), mode: *mode },
        }
    }
}

/// One planned write to one host record: all facets' changes go in one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Op {
    /// The same each time the same write is planned; also the intent's and the idempotency key.
    pub key: String,
    /// Whose record.
    pub entity: EntityName,
    /// Where.
    pub host: StreamKey,
    /// What.
    pub doing: Doing,
    /// For which records and units, with the agreed values. Links are canonical.
    pub shares: Vec<Share>,
    /// Records that must have been made in this system before.
    pub after: BTreeSet<CanonicalId>,
    /// Our mark, for creates in streams that keep one.
    pub mark: Option<String>,
    /// Side effects that it is told to have.
    pub effects: BTreeSet<EffectKey>,
    /// Why, one line for each unit: `name: 'a' → 'b', from superoffice:acme`.
    pub because: Vec<String>,
}

impl Op {
    /// The vendor's id, if the record has one already.
    pub fn id(&self) -> Option<&std::sync::Arc<str>> {
        match &self.doing {
            Doing::Create => None,
            Doing::Update { id } | Doing::Act { id, .. } | Doing::Remove { id, .. } => Some(id),
        }
    }
    /// One word for people.
    pub fn word(&self) -> &str {
        match &self.doing {
            Doing::Create => "create",
            Doing::Update { .. } => "update",
            Doing::Act { act, .. } => act,
            Doing::Remove { .. } => "remove",
        }
    }
}

/// A guard that the plan exceeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tripped {
    /// `max_create`, `max_change_percent`, `max_remove_percent`, `min_listed_percent`.
    pub guard: String,
    /// Where.
    pub stream: StreamKey,
    /// What is allowed.
    pub limit: u64,
    /// What was found.
    pub found: u64,
}

impl std::fmt::Display for Tripped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} at {}, allowed are {}", self.guard, self.found, self.stream, self.limit)
    }
}

/// All that a run would write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order of a run; the first of them, where there are more than are decided at once.
    pub ops: Vec<Op>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "Approval::is_empty")]
    pub more: Approval,
    /// Guards that it exceeds. With one of these nothing is written before a person approves.
    pub tripped: Vec<Tripped>,
}

/// Removals that are always allowed, and changes: small tenants would trip over percentages.
const FREE_REMOVALS: u64 = 3;
const FREE_CHANGES: u64 = 20;

impl Plan {
    /// Creates, changes and removals per host stream.
    pub fn counted(&self) -> Approval {
        let mut counted = self.more.clone();
        self.ops.iter().for_each(|op| count(&mut counted, op));
        counted
    }
    /// How many operations of each word go to each host stream. Steps that are counted only are told as updates.
    pub fn words(&self) -> BTreeMap<(StreamKey, &str), u64> {
        let mut words: BTreeMap<(StreamKey, &str), u64> = BTreeMap::new();
        for op in &self.ops {
            *words.entry((op.host.clone(), op.word())).or_default() += 1;
        }
        let more = [("create", &self.more.creates), ("update", &self.more.changes), ("remove", &self.more.removals)];
        for (word, counts) in more {
            for (host, count) in counts {
                *words.entry((host.clone(), word)).or_default() += count;
            }
        }
        words
    }
    /// Adds operations; those beyond `room` are counted only.
    pub(crate) fn add(&mut self, ops: &[Op], room: usize) {
        let (shown, more) = ops.split_at(room.saturating_sub(self.ops.len()).min(ops.len()));
        self.ops.extend_from_slice(shown);
        more.iter().for_each(|op| count(&mut self.more, op));
    }
    /// Adds another plan.
    pub(crate) fn append(&mut self, other: Plan) {
        self.ops.extend(other.ops);
        self.more.add(other.more);
        self.tripped.extend(other.tripped);
    }
}

fn count(counted: &mut Approval, op: &Op) {
    let count = match op.doing {
        Doing::Create => &mut counted.creates,
        Doing::Update { .. } | Doing::Act { .. } => &mut counted.changes,
        Doing::Remove { .. } => &mut counted.removals,
    };
    *count.entry(op.host.clone()).or_default() += 1;
}

/// The guards that a plan exceeds, beyond what was approved.
pub fn tripped(
    counted: &Approval,
    guards: &BTreeMap<StreamKey, Guards>,
    bound: &BTreeMap<StreamKey, u64>,
    approved: &Approval,
) -> Vec<Tripped> {
    let mut tripped = Vec::new();
    for (stream, guards) in guards {
        let of = |counts: &BTreeMap<StreamKey, u64>| counts.get(stream).copied().unwrap_or_default();
        let bound = bound.get(stream).copied().unwrap_or_default();
        let percent = |share: u64, free: u64| (bound.saturating_mul(share) / 100).max(free);
        let checks = [
            ("max_create", guards.max_create, of(&counted.creates), of(&approved.creates)),
            (
                "max_change_percent",
                percent(guards.max_change_percent, FREE_CHANGES),
                of(&counted.changes),
                of(&approved.changes),
            ),
            (
                "max_remove_percent",
                percent(guards.max_remove_percent, FREE_REMOVALS),
                of(&counted.removals),
                of(&approved.removals),
            ),
        ];
        for (guard, limit, found, approved) in checks {
            if found > limit.max(approved) {
                tripped.push(Tripped { guard: guard.to_owned(), stream: stream.clone(), limit, found });
            }
        }
    }
    tripped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(creates: u64, changes: u64, removals: u64) -> (Approval, StreamKey) {
        let at = StreamKey::new("erp:a", "customer");
        let one = |n| BTreeMap::from([(at.clone(), n)]);
        (Approval { creates: one(creates), changes: one(changes), removals: one(removals), ..Approval::default() }, at)
    }

    #[test]
    fn a_guard_trips_just_above_its_limit_and_not_when_approved() {
        let limits = Guards { max_create: 10, ..Guards::default() };
        let names = |counts: &Approval, bound: u64, approved: &Approval, at: &StreamKey| -> Vec<String> {
            let guards = BTreeMap::from([(at.clone(), limits)]);
            tripped(counts, &guards, &BTreeMap::from([(at.clone(), bound)]), approved)
                .into_iter()
                .map(|t| t.guard)
                .collect()
        };
        let none = Approval::default();
        let (calm, at) = counted(10, 50, 5);
        assert!(names(&calm, 100, &none, &at).is_empty());
        let (wild, at) = counted(11, 51, 6);
        assert_eq!(names(&wild, 100, &none, &at), ["max_create", "max_change_percent", "max_remove_percent"]);
        assert!(names(&wild, 100, &wild, &at).is_empty());
        let (more, at) = counted(12, 51, 6);
        assert_eq!(names(&more, 100, &wild, &at), ["max_create"]);
    }

    #[test]
    fn small_tenants_are_not_stopped_by_percentages() {
        let (few, at) = counted(0, 20, 3);
        let guards = BTreeMap::from([(at.clone(), Guards::default())]);
        assert!(tripped(&few, &guards, &BTreeMap::from([(at, 4)]), &Approval::default()).is_empty());
    }
}
