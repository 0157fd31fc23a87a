//! Records that a mapper or a hook cannot read: they are set aside for people to see, and the others go on.

use super::{
    subject::Sight,
    work::{Tally, Work},
};
use crate::{
    error::{Error, Result},
    id::{CanonicalId, ExternalRef},
    mapping::Problems,
    policy::Entity,
    store::{Indexed, Parked},
};
use std::collections::BTreeSet;

impl Work<'_> {
    /// The sights that can be understood in canonical terms.
    pub(super) async fn readable(
        &mut self,
        tally: &mut Tally,
        entity: &Entity,
        sights: Vec<Sight>,
    ) -> Result<Vec<Sight>> {
        let mut readable = Vec::with_capacity(sights.len());
        for sight in sights {
            let table = entity.streams.get(&sight.reference.at).filter(|_| !sight.deleted);
            let read = table.map(|table| (table, table.inbound(&sight.fields, &mut Problems::default())));
            match read {
                Some((table, Err(error))) => {
                    let record = table.host.id(&sight.reference.id);
                    self.cannot_read(tally, &sight, record, &error).await?;
                }
                _ => readable.push(sight),
            }
        }
        Ok(readable)
    }

    /// Every complete listing tries again, so what a corrected mapper can read needs nobody to say so.
    async fn cannot_read(
        &mut self,
        tally: &mut Tally,
        sight: &Sight,
        record: ExternalRef,
        error: &Error,
    ) -> Result<()> {
        let key = record.to_string();
        if tally.report.parked.iter().any(|parked| parked.key == key) {
            return Ok(());
        }
        let mut parked = Parked::new(key, error);
        parked.raw = self.items.get(&record).map(|(item, _)| item.raw.clone());
        parked.subject = self.links.0.get(&sight.reference).copied();
        if let Some(id) = parked.subject {
            let known = self.load(&BTreeSet::<CanonicalId>::from([id])).await?;
            parked.numbers = known.into_values().flat_map(|binding| binding.numbers).collect();
        }
        self.note_unread(std::slice::from_ref(&parked));
        self.unseen.push(Indexed { reference: record, hash: Indexed::unseen() });
        tally.report.park([parked.clone()]);
        self.unreadable.push(parked);
        Ok(())
    }
}
