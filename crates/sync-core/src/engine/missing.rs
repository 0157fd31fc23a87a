//! Records that complete listings do not name, and the proof that they are gone.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    call::decoded,
    finds::Find,
    subject::Sight,
    work::{Tally, Work},
};
use crate::{
    error::Result,
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey},
    store::{Binding, Indexed, SideState},
    value::FieldMap,
};

/// Records that complete listings did not name.
#[derive(Debug, Default)]
pub(super) struct Missing {
    pub(super) missed: BTreeMap<CanonicalId, (Binding, BTreeMap<StreamKey, u32>)>,
    /// Host records that are proven to be gone.
    pub(super) gone: Vec<Find>,
    /// Those that are there all the same, as they are.
    pub(super) shown: Vec<Find>,
}

impl Missing {
    /// Whether a listing that should have named this record did not: what it showed before says nothing then.
    pub(super) fn names(&self, reference: &ExternalRef) -> bool {
        let missed = self.missed.values().any(|(binding, streams)| {
            streams.contains_key(&reference.at) && binding.reference(&reference.at).as_ref() == Some(reference)
        });
        missed || self.gone.iter().flat_map(|find| &find.sights).any(|sight| sight.reference == *reference)
    }
}

/// Complete listings that must have missed a record before anybody asks for it by id.
pub(super) const ABSENCES: u32 = 2;

impl Work<'_> {
    /// Records that a complete listing did not name: counted, and asked for by id once that was so often enough.
    pub(super) async fn missing(&mut self, tally: &mut Tally, absent: &[ExternalRef]) -> Result<Missing> {
        let mut missing = Missing::default();
        let mut ask: BTreeMap<StreamKey, BTreeSet<std::sync::Arc<str>>> = BTreeMap::new();
        let mut facets: BTreeMap<ExternalRef, Vec<ExternalRef>> = BTreeMap::new();
        for host in absent {
            let of_host = self.tables.values().filter(|table| table.host == host.at);
            facets.insert(host.clone(), of_host.map(|table| table.key.id(&host.id)).collect());
        }
        self.resolve(facets.values().flatten().cloned()).await?;
        let ids: BTreeSet<CanonicalId> =
            facets.values().flatten().filter_map(|r| self.links.0.get(r).copied()).collect();
        let bindings = self.load(&ids).await?;
        for (host, references) in facets {
            for reference in references {
                let Some(binding) = self.links.0.get(&reference).and_then(|id| bindings.get(id)) else { continue };
                if binding.aliases.contains(&reference) {
                    // nothing of it is kept but its name, so it is asked for at once
                    ask.entry(host.at.clone()).or_default().insert(host.id.clone());
                    continue;
                }
                let Some(side) =
                    binding.sides.get(&reference.at).filter(|side| side.id.as_ref() == Some(&reference.id))
                else {
                    continue;
                };
                let times = match side.state {
                    SideState::Live => 1,
                    SideState::Missing(before) => before + 1,
                    SideState::Removed => continue,
                };
                if times >= ABSENCES || fault::on(Fault::AbsenceFromPartialListing) {
                    ask.entry(host.at.clone()).or_default().insert(host.id.clone());
                }
                let entry = missing.missed.entry(binding.id).or_insert_with(|| (binding.clone(), BTreeMap::new()));
                entry.1.insert(reference.at.clone(), times);
            }
            self.unseen.push(Indexed { reference: host, hash: Indexed::unseen() });
        }
        for (host, ids) in ask {
            self.prove(tally, &host, &ids, &mut missing).await?;
        }
        Ok(missing)
    }
    /// Asks for missing records by id: only a system that says "none" proves that one is gone.
    pub(super) async fn prove(
        &self,
        tally: &mut Tally,
        host: &StreamKey,
        ids: &BTreeSet<std::sync::Arc<str>>,
        missing: &mut Missing,
    ) -> Result<()> {
        let connector = self.engine.connector(&host.system)?;
        let cap = connector.capabilities().streams.get(&host.stream);
        let max = cap.map_or(0, |cap| cap.get_max);
        let ids: Vec<std::sync::Arc<str>> = ids.iter().cloned().collect();
        let gone = |id: &std::sync::Arc<str>| {
            self.tables.values().filter(|table| table.host == *host).map(|table| table.key.id(id)).collect::<Vec<_>>()
        };
        for ids in ids.chunks(usize::try_from(max.max(1)).unwrap_or(1)) {
            let found = if fault::on(Fault::AbsenceFromPartialListing) {
                ids.iter().map(|_| None).collect()
            } else if max == 0 {
                return Ok(()); // without a proof it stays missing
            } else {
                match connector.get(self.cx, &host.stream, ids).await {
                    Ok(found) => found,
                    Err(error) => {
                        tally.stop(host, error);
                        return Ok(());
                    }
                }
            };
            for (id, item) in ids.iter().zip(found) {
                if let Some(item) = item {
                    // late, not gone; and what it shows now counts
                    let records = decoded(connector.as_ref(), &item);
                    let (is_readable, sights) = (records.is_ok(), records.unwrap_or_default());
                    missing.shown.push(Find { item, hash: Indexed::unseen(), at: self.now(), is_readable, sights });
                    continue;
                }
                let deleted = |reference| {
                    let mut record = crate::connector::Record::new(reference, FieldMap::new());
                    record.deleted = true;
                    Sight::new(record)
                };
                let sights = gone(id).into_iter().map(deleted).collect();
                missing.gone.push(Find::gone(host.id(id), self.now(), sights));
            }
        }
        Ok(())
    }
}
