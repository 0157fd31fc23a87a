//! What people, and webhooks, told this run.

use std::collections::{BTreeMap, BTreeSet};

use super::work::Work;
use crate::{
    error::Result,
    id::{CanonicalId, ExternalRef, StreamKey},
    store::{Approval, Inbox, Verdict},
    value::FieldPath,
};

/// What people, and webhooks, told this run.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) hints: BTreeSet<ExternalRef>,
    pub(super) takes: BTreeMap<CanonicalId, Vec<(FieldPath, crate::value::FieldMap, String)>>,
    pub(super) creates: BTreeMap<CanonicalId, BTreeSet<StreamKey>>,
    /// Records of the hub's own that something they are computed from changed of.
    pub(super) looks: BTreeSet<CanonicalId>,
    pub(super) approved: Approval,
    pub(super) used_approvals: Vec<String>,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) retracted: Vec<Verdict>,
    pub(super) consumed: Vec<u64>,
}

pub(super) fn merge(into: &mut Approval, more: Approval) {
    into.creates.extend(more.creates);
    into.changes.extend(more.changes);
    into.removals.extend(more.removals);
    into.short_listings.extend(more.short_listings);
}

impl Work<'_> {
    pub(super) async fn told(&self) -> Result<Told> {
        let mut told = Told::default();
        for (number, entry) in self.store.inbox().await? {
            match entry.what {
                Inbox::Hint(reference) => {
                    let entities = &self.engine.policy.entities;
                    match entities.iter().find_map(|entity| entity.streams.get(&reference.at)).map(|table| &table.host)
                    {
                        Some(host) if self.group.hosts.contains(host) && !self.group.is_second => {
                            told.hints.insert(host.id(&reference.id));
                        }
                        Some(_) => continue, // of another group
                        None => {}           // no entity reads it
                    }
                }
                Inbox::Approve(id) => {
                    let Some(staged) = self.store.staged(&id).await? else {
                        told.consumed.push(number);
                        continue;
                    };
                    if staged.group != self.group.name {
                        continue;
                    }
                    merge(&mut told.approved, staged.counted);
                    told.used_approvals.push(id);
                }
                Inbox::Take { subject, unit, value } => {
                    if !self.owns(subject).await? {
                        continue;
                    }
                    told.takes.entry(subject).or_default().push((unit, value, entry.by));
                }
                Inbox::Create { subject, at } => {
                    if !self.tables.contains_key(&at) {
                        continue;
                    }
                    told.creates.entry(subject).or_default().insert(at);
                }
                Inbox::Look(subject) => {
                    if !self.owns(subject).await? {
                        continue;
                    }
                    told.looks.insert(subject);
                }
                Inbox::Verdict(verdict) => told.verdicts.push(verdict),
                Inbox::Retract(verdict) => told.retracted.push(verdict),
                Inbox::Bind(..) | Inbox::Retry(_) => continue, // taken up with the work lists
            }
            told.consumed.push(number);
        }
        Ok(told)
    }
    pub(super) async fn owns(&self, subject: CanonicalId) -> Result<bool> {
        let found = self.load(&BTreeSet::from([subject])).await?;
        let names = |place: &usize| self.entity(*place).map(|entity| &entity.name);
        Ok(found
            .values()
            .any(|binding| self.group.entities.iter().filter_map(names).any(|name| *name == binding.entity)))
    }
}
