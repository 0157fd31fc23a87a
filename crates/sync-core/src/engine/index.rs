//! The compact index of a host stream: 24 bytes and a bit for each record that was listed before.

use crate::{
    error::Result,
    id::{ExternalRef, StreamKey},
    store::{Indexed, StateStore},
    value::Fingerprint,
};

const BATCH: usize = 10_000;

/// Hashes of known records, and which of them a listing has named.
#[derive(Debug, Default)]
pub(super) struct Index {
    keys: Vec<u64>,
    hashes: Vec<Fingerprint>,
    seen: Vec<bool>,
}

impl Index {
    pub(super) async fn load(store: &dyn StateStore, host: &StreamKey) -> Result<Self> {
        let mut index = Self::default();
        let mut after = None;
        loop {
            let batch = store.index(host, after, BATCH).await?;
            after = batch.last().map(|(key, _)| *key);
            let full = batch.len() == BATCH;
            for (key, hash) in batch {
                index.keys.push(key);
                index.hashes.push(hash);
            }
            if !full {
                index.seen = vec![false; index.keys.len()];
                return Ok(index);
            }
        }
    }
    /// Notes that a record was listed; whether it is just as it was listed last.
    pub(super) fn meet(&mut self, id: &str, hash: Fingerprint) -> bool {
        let Ok(at) = self.keys.binary_search(&Indexed::key_of(id)) else { return false };
        if let Some(seen) = self.seen.get_mut(at) {
            *seen = true;
        }
        self.hashes.get(at) == Some(&hash)
    }
    /// What is known of a record.
    pub(super) fn hash(&self, id: &str) -> Option<Fingerprint> {
        self.hashes.get(self.keys.binary_search(&Indexed::key_of(id)).ok()?).copied()
    }
    /// Records that a complete listing did not name.
    pub(super) async fn absent(&self, store: &dyn StateStore, host: &StreamKey) -> Result<Vec<ExternalRef>> {
        let absent: Vec<u64> =
            self.keys.iter().zip(&self.seen).filter(|(_, seen)| !**seen).map(|(key, _)| *key).collect();
        let mut references = Vec::new();
        for keys in absent.chunks(BATCH) {
            references.extend(store.index_refs(host, keys).await?);
        }
        Ok(references)
    }
}
