//! What people, and webhooks, told this run.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Group, work::Work};
use crate::{
    error::Result,
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    store::{Approval, Binding, Inbox, InboxEntry, Parked, Verdict},
    value::{FieldMap, FieldPath},
};

/// What people, and webhooks, told this run.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) hints: BTreeSet<ExternalRef>,
    /// What people said of single records.
    pub(super) of: BTreeMap<CanonicalId, Words>,
    /// Records that people said to be a known one.
    pub(super) binds: BTreeMap<ExternalRef, CanonicalId>,
    /// Records of the hub's own that something they are computed from changed of.
    pub(super) looks: BTreeSet<CanonicalId>,
    /// From when on changes of a system are read once more.
    pub(super) since: BTreeMap<SystemId, DateTime<Utc>>,
    pub(super) approved: Approval,
    pub(super) used_approvals: Vec<String>,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) retracted: Vec<Verdict>,
    /// What is no longer set aside, since somebody wants it tried or does not want it at all.
    pub(super) unparked: Vec<String>,
    pub(super) consumed: Vec<u64>,
}

/// What people said of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Words {
    /// Units with the values that they are to have, and who said so.
    pub(crate) takes: Vec<(FieldPath, FieldMap, String)>,
    /// Where it is to be made.
    pub(crate) creates: BTreeSet<StreamKey>,
    /// It is one of its own.
    pub(crate) own: bool,
    /// It is the one that it was.
    pub(crate) same: bool,
    /// Its removal stands.
    pub(crate) removes: bool,
    /// The status that is asked about is to be written.
    pub(crate) confirms: bool,
    /// Where it is tried again.
    pub(crate) retries: BTreeSet<StreamKey>,
    /// Where it is not tried again.
    pub(crate) drops: BTreeSet<StreamKey>,
    /// All of it for the journal: who, and what.
    pub(crate) said: Vec<(String, String)>,
}

pub(super) fn merge(into: &mut Approval, more: Approval) {
    into.creates.extend(more.creates);
    into.changes.extend(more.changes);
    into.removals.extend(more.removals);
    into.short_listings.extend(more.short_listings);
}

/// What becomes of an entry.
enum Fate {
    /// This run takes it up.
    Taken,
    /// It is another run's, or not its time yet.
    Stays,
}

impl Work<'_> {
    pub(super) async fn told(&self) -> Result<Told> {
        let mut told = Told::default();
        for (number, entry) in self.store.inbox().await? {
            if let Fate::Taken = self.hear(&mut told, entry).await? {
                told.consumed.push(number);
            }
        }
        Ok(told)
    }

    async fn hear(&self, told: &mut Told, InboxEntry { by, what, .. }: InboxEntry) -> Result<Fate> {
        let said = what.to_string();
        match what {
            Inbox::Hint(reference) => return Ok(self.hinted(told, &reference)),
            Inbox::Approve(id) => {
                let Some(staged) = self.store.staged(Some(&id)).await?.pop() else { return Ok(Fate::Taken) };
                if staged.group != self.group.name {
                    return Ok(Fate::Stays);
                }
                merge(&mut told.approved, staged.counted);
                told.used_approvals.push(id);
            }
            Inbox::Look(subject) => {
                if !self.owns(subject).await? {
                    return Ok(Fate::Stays);
                }
                told.looks.insert(subject);
            }
            Inbox::Take { subject, unit, value } => {
                return self.of(told, subject, (by.clone(), said), |words| words.takes.push((unit, value, by))).await;
            }
            Inbox::Create { subject, at } => {
                if !self.tables.contains_key(&at) {
                    return Ok(Fate::Stays);
                }
                return self.of(told, subject, (by, said), |words| words.creates.extend([at])).await;
            }
            Inbox::Own(subject) => return self.of(told, subject, (by, said), |words| words.own = true).await,
            Inbox::Same(subject) => return self.of(told, subject, (by, said), |words| words.same = true).await,
            Inbox::Remove(subject) => return self.of(told, subject, (by, said), |words| words.removes = true).await,
            Inbox::Confirm(subject) => return self.of(told, subject, (by, said), |words| words.confirms = true).await,
            Inbox::Bind(reference, subject) => return self.bind(told, (by, said), reference, subject).await,
            Inbox::Verdict(verdict) | Inbox::Retract(verdict) if self.is_elsewhere(&verdict) => return Ok(Fate::Stays),
            Inbox::Verdict(verdict) => {
                told.retracted.retain(|other| *other != verdict);
                self.judged(told, (by, said), &verdict).await?;
                if let Verdict::NotSame(a, b) = &verdict {
                    told.binds.retain(|reference, _| reference != a && reference != b); // that was said before
                }
                told.verdicts.push(verdict);
            }
            Inbox::Retract(verdict) => {
                told.verdicts.retain(|other| *other != verdict);
                self.judged(told, (by, said), &verdict).await?;
                told.retracted.push(verdict);
            }
            Inbox::Retry(key) => return self.parked(told, (by, said), key, true).await,
            Inbox::Drop(key) => return self.parked(told, (by, said), key, false).await,
            Inbox::Since(system, from) => {
                let mine = self.group.hosts.iter().any(|host| host.system == system);
                if !mine || self.group.is_second {
                    return Ok(Fate::Stays);
                }
                let is_last = self.is_last_of(&system);
                let since = told.since.entry(system).or_insert(from);
                *since = from.min(*since);
                return Ok(if is_last { Fate::Taken } else { Fate::Stays }); // other groups have streams there too
            }
        }
        Ok(Fate::Taken)
    }

    /// Whether no later group of a run reads streams of this system.
    fn is_last_of(&self, system: &SystemId) -> bool {
        let reads = |group: &&Group| !group.is_second && group.hosts.iter().any(|host| host.system == *system);
        let last = self.engine.groups.iter().rev().find(reads);
        last.is_none_or(|last| last.name == self.group.name)
    }

    /// Whether another group has the records that a verdict is about.
    fn is_elsewhere(&self, verdict: &Verdict) -> bool {
        let (Verdict::NotSame(about, _) | Verdict::Ignored(about)) = verdict;
        let entities = &self.engine.policy.entities;
        !self.tables.contains_key(&about.at) && entities.iter().any(|entity| entity.streams.contains_key(&about.at))
    }

    /// A record that is to be looked at.
    fn hinted(&self, told: &mut Told, reference: &ExternalRef) -> Fate {
        let entities = &self.engine.policy.entities;
        match entities.iter().find_map(|entity| entity.streams.get(&reference.at)).map(|table| &table.host) {
            Some(host) if self.group.hosts.contains(host) && !self.group.is_second => {
                told.hints.insert(host.id(&reference.id));
                Fate::Taken
            }
            Some(_) => Fate::Stays, // of another group
            None => Fate::Taken,    // no entity reads it
        }
    }

    /// Something said of one record: for the run that has it.
    async fn of(
        &self,
        told: &mut Told,
        subject: CanonicalId,
        said: (String, String),
        note: impl FnOnce(&mut Words),
    ) -> Result<Fate> {
        if !self.owns(subject).await? {
            return Ok(Fate::Stays);
        }
        let words = told.of.entry(subject).or_default();
        note(words);
        words.said.push(said);
        Ok(Fate::Taken)
    }

    /// Two are said to be one. It stays in the inbox until it is so, or can never be.
    async fn bind(
        &self,
        told: &mut Told,
        (by, said): (String, String),
        reference: ExternalRef,
        subject: CanonicalId,
    ) -> Result<Fate> {
        if !self.owns(subject).await? {
            return Ok(Fate::Stays);
        }
        let known = self.store.bound(std::slice::from_ref(&reference)).await?.pop().map(|(_, id)| id);
        let there = known.into_iter().chain([subject]).collect::<Vec<_>>();
        let there = self.store.bindings(&there).await?;
        if known == Some(subject) || there.iter().all(|binding| binding.id != subject || !binding.is_live()) {
            return Ok(Fate::Taken);
        }
        if self.creates.iter().flat_map(|intent| &intent.shares).any(|share| Some(share.subject) == known) {
            return Ok(Fate::Stays); // it may be becoming known elsewhere just now
        }
        let elsewhere = |binding: &Binding| {
            let mut others = binding.sides.iter().filter(|(at, _)| **at != reference.at);
            others.any(|(_, side)| side.id.is_some())
        };
        let words = told.of.entry(subject).or_default();
        if there.iter().any(|binding| Some(binding.id) == known && elsewhere(binding)) {
            words.said.push((by, format!("not done, since it is known elsewhere too: {said}")));
            return Ok(Fate::Taken);
        }
        words.said.push((by, said));
        match known {
            Some(id) => {
                told.of.entry(id).or_default(); // it is looked at too
            }
            None => {
                self.hinted(told, &reference);
            }
        }
        told.binds.insert(reference, subject);
        Ok(Fate::Stays)
    }

    /// What is said for good is told in the journal of whom it is about, and he is looked at.
    async fn judged(&self, told: &mut Told, said: (String, String), verdict: &Verdict) -> Result<()> {
        let about = match verdict {
            Verdict::NotSame(a, b) => vec![a.clone(), b.clone()],
            Verdict::Ignored(a) => vec![a.clone()],
        };
        let known = self.store.bound(&about).await?;
        for reference in about.iter().filter(|reference| known.iter().all(|(bound, _)| bound != *reference)) {
            self.hinted(told, reference);
        }
        for (_, id) in known {
            if self.owns(id).await? {
                told.of.entry(id).or_default().said.push(said.clone());
            }
        }
        Ok(())
    }

    /// What was set aside is tried now, or not at all. What could not be understood is read once more.
    async fn parked(&self, told: &mut Told, said: (String, String), key: String, again: bool) -> Result<Fate> {
        let parked = self.store.parked(Some(std::slice::from_ref(&key))).await?.pop();
        let Some((subject, at)) = side_of(&key, parked.as_ref()) else {
            if let Some(reference) = key.parse::<ExternalRef>().ok().filter(|_| again) {
                return Ok(self.hinted(told, &reference));
            }
            told.unparked.push(key); // what it shows when it changes is read anew
            return Ok(Fate::Taken);
        };
        let fate = self.of(told, subject, said, |words| {
            let places = if again { &mut words.retries } else { &mut words.drops };
            places.insert(at);
        });
        let fate = fate.await?;
        if let Fate::Taken = fate {
            told.unparked.push(key);
        }
        Ok(fate)
    }

    pub(super) async fn owns(&self, subject: CanonicalId) -> Result<bool> {
        let found = self.load(&BTreeSet::from([subject])).await?;
        let names = |place: &usize| self.entity(*place).map(|entity| &entity.name);
        Ok(found
            .values()
            .any(|binding| self.group.entities.iter().filter_map(names).any(|name| *name == binding.entity)))
    }
}

/// The record and the side that a refused write was for; nothing for what could not be understood. One that was dropped is
/// in no list any more, and is named by its record and stream.
fn side_of(key: &str, parked: Option<&Parked>) -> Option<(CanonicalId, StreamKey)> {
    let named = || {
        let parked = parked.filter(|parked| parked.raw.is_none())?;
        Some((parked.subject?, key.parse::<ExternalRef>().ok()?.at))
    };
    Parked::side_of(key).or_else(named)
}
