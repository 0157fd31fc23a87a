//! What was read: kept in memory while it is little, put aside in the store when it is much.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    batches::{Tie, Ties},
    subject::Sight,
    work::Work,
};
use crate::{
    connector::Item,
    error::{Error, ErrorKind, Result},
    id::{CanonicalId, EntityKind, ExternalRef},
    store::Indexed,
    value::Fingerprint,
};

/// A host record that was read, with what it says.
#[derive(Clone, Debug)]
pub(super) struct Find {
    pub(super) item: Item,
    /// What the index is to know it by.
    pub(super) hash: Fingerprint,
    /// When it was read, by our clock.
    pub(super) at: DateTime<Utc>,
    /// It could be decoded.
    pub(super) is_readable: bool,
    /// One for each facet.
    pub(super) sights: Vec<Sight>,
}

/// Host records that were read.
#[derive(Debug, Default)]
pub(super) struct Finds {
    pub(super) here: Vec<Find>,
    /// Those that were put aside: under which number, and what they have to do with others.
    pub(super) aside: Vec<(u64, Ties)>,
    /// How many records those are about, by kind.
    counted: BTreeMap<EntityKind, u64>,
}

/// What is put aside of a find, before its text.
#[derive(Serialize, Deserialize)]
struct Head {
    reference: ExternalRef,
    listed: Fingerprint,
    hash: Fingerprint,
    partial: bool,
    at: DateTime<Utc>,
    is_readable: bool,
}

impl Finds {
    pub(super) fn append(&mut self, more: Finds) {
        self.here.extend(more.here);
        self.aside.extend(more.aside);
        for (kind, records) in more.counted {
            *self.counted.entry(kind).or_default() += records;
        }
    }
}

impl Find {
    /// A record that is proven to be gone, as its host and its facets say.
    pub(super) fn gone(host: ExternalRef, at: DateTime<Utc>, sights: Vec<Sight>) -> Self {
        let hash = Indexed::unseen();
        let item = Item { reference: host, hash, raw: Arc::from(""), partial: false };
        Self { item, hash, at, is_readable: false, sights }
    }
    fn row(&self) -> Result<String> {
        let head = Head {
            reference: self.item.reference.clone(),
            listed: self.item.hash,
            hash: self.hash,
            partial: self.item.partial,
            at: self.at,
            is_readable: self.is_readable,
        };
        let head = serde_json::to_string(&head).map_err(unreadable)?;
        Ok(format!("{head}\n{}", self.item.raw))
    }
    fn of_row(row: &str) -> Result<Self> {
        let (head, raw) = row.split_once('\n').unwrap_or((row, ""));
        let head: Head = serde_json::from_str(head).map_err(unreadable)?;
        let item = Item { reference: head.reference, hash: head.listed, raw: Arc::from(raw), partial: head.partial };
        Ok(Self { item, hash: head.hash, at: head.at, is_readable: head.is_readable, sights: Vec::new() })
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "put aside", "what was read cannot be put aside").with_source(error)
}

impl Work<'_> {
    /// How many records of each kind were read.
    pub(super) fn kinds(&self, finds: &Finds) -> BTreeMap<EntityKind, u64> {
        let mut counted = finds.counted.clone();
        for sight in finds.here.iter().flat_map(|find| &find.sights) {
            if let Some(entity) = self.entities_of(&sight.reference.at).first() {
                *counted.entry(entity.kind).or_default() += 1;
            }
        }
        counted
    }

    /// Puts what was read aside once it is more than is decided at once.
    pub(super) async fn relieve(&self, finds: &mut Finds) -> Result<()> {
        let here: usize = finds.here.iter().map(|find| find.sights.len()).sum();
        if here <= self.engine.room {
            return Ok(());
        }
        let ties = self.ties(&finds.here).await?;
        finds.counted = self.kinds(finds);
        let mut rows = Vec::with_capacity(finds.here.len());
        for (find, mut ties) in std::mem::take(&mut finds.here).into_iter().zip(ties) {
            ties.ties.shrink_to_fit(); // there may be many
            let number = self.aside.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            rows.push((number, find.row()?));
            finds.aside.push((number, ties));
        }
        self.store.spill(&self.lease, rows).await
    }

    /// Takes up again what was put aside, but for what was forgotten meanwhile.
    pub(super) async fn take_up(&self, numbers: &[u64]) -> Result<Vec<Find>> {
        let mut finds = Vec::with_capacity(numbers.len());
        for row in self.store.spilled(&self.lease, numbers).await? {
            let mut find = Find::of_row(&row)?;
            if find.is_readable {
                let connector = self.engine.connector(&find.item.reference.at.system)?;
                find.sights = connector.decode(&find.item)?.into_iter().map(Sight::new).collect();
            }
            finds.push(find);
        }
        let names: Vec<ExternalRef> =
            finds.iter().flat_map(|find| find.sights.iter().map(|sight| sight.reference.clone())).collect();
        let forgotten = self.store.forgotten(&names).await?;
        for find in &mut finds {
            find.sights.retain(|sight| !forgotten.contains(&sight.reference));
        }
        Ok(finds)
    }

    /// What finds have to do with others: whoever shares a tie is decided together.
    pub(super) async fn ties(&self, finds: &[Find]) -> Result<Vec<Ties>> {
        let sights = || finds.iter().flat_map(|find| &find.sights);
        let mut all: Vec<Ties> = Vec::with_capacity(finds.len());
        let bound: BTreeMap<ExternalRef, CanonicalId> = {
            let names: Vec<ExternalRef> = sights().map(|sight| sight.reference.clone()).collect();
            self.store.bound(&names).await?.into_iter().collect()
        };
        let mut parts: BTreeMap<CanonicalId, Vec<Tie>> = BTreeMap::new();
        let ids: Vec<CanonicalId> = bound.values().copied().collect();
        for (id, key) in self.store.keys(&ids).await? {
            parts.entry(id).or_default().extend(self.tie_of(&key));
        }
        let mut links: BTreeMap<ExternalRef, Vec<usize>> = BTreeMap::new();
        let mut keyed = BTreeMap::new();
        for (place, find) in finds.iter().enumerate() {
            let mut ties = Ties { ties: vec![Tie::of_name(&find.item.reference)], ..Ties::default() };
            for sight in &find.sights {
                let entities = self.entities_of(&sight.reference.at);
                ties.first = ties.first.min(self.first_place(&sight.reference.at));
                ties.records += 1;
                if let Some(into) = &sight.merged_into {
                    links.entry(into.clone()).or_default().push(place);
                }
                if let Some(id) = bound.get(&sight.reference) {
                    ties.ties.push(Tie::of_id(*id));
                    ties.ties.extend(parts.get(id).into_iter().flatten());
                    continue;
                }
                for entity in entities {
                    let (keys, linked) = super::recognise::recognised_by(entity, sight);
                    for key in keys {
                        ties.ties.push(Tie::of_key(&key));
                        keyed.entry(key).or_insert_with(Vec::new).push(place);
                    }
                    for link in linked {
                        links.entry(link).or_default().push(place);
                    }
                }
            }
            all.push(ties);
        }
        let mut tie = |places: &[usize], tie: Tie| {
            for place in places {
                all.get_mut(*place).into_iter().for_each(|ties| ties.ties.push(tie));
            }
        };
        let keys: Vec<_> = keyed.keys().cloned().collect();
        for (key, id) in self.store.keyed(&keys).await? {
            tie(keyed.get(&key).map_or(&[], Vec::as_slice), Tie::of_id(id));
        }
        let names: Vec<ExternalRef> = links.keys().cloned().collect();
        let known: BTreeMap<ExternalRef, _> = self.store.bound(&names).await?.into_iter().collect();
        for (name, places) in &links {
            tie(places, Tie::of_name(&self.host_of(name)));
            known.get(name).into_iter().for_each(|id| tie(places, Tie::of_id(*id)));
        }
        Ok(all)
    }

    /// The host record that a name stands for.
    pub(super) fn host_of(&self, name: &ExternalRef) -> ExternalRef {
        self.table(&name.at).map_or_else(|| name.clone(), |table| table.host.id(&name.id))
    }

    /// The first entity of this group that a stream belongs to.
    pub(super) fn first_place(&self, at: &crate::id::StreamKey) -> usize {
        let mut places = self.group.entities.iter().copied();
        places.find(|place| self.entity(*place).is_some_and(|e| e.streams.contains_key(at))).unwrap_or(usize::MAX)
    }
}
