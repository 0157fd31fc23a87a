//! The SQLite store keeps the contract, and agrees with the memory store.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a test fails by them")]

use std::sync::Arc;

use async_trait::async_trait;
use proptest::{collection::vec, prelude::*};
use sync_core::{Result, store::StateStore};
use sync_stores::SqliteStore;
use sync_testkit::{
    MemoryStore,
    store_suite::{StoreFixture, agree, run},
};
use tempfile::TempDir;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(7);

struct File(TempDir);

#[async_trait]
impl StoreFixture for File {
    async fn open(&self) -> Result<Arc<dyn StateStore>> {
        Ok(Arc::new(SqliteStore::open(self.0.path().join("a.db"), ID).await?))
    }
}

mod contract {
    sync_testkit::store_suite!(super::File(tempfile::tempdir().unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_calls_have_the_answers_of_the_memory_store(dice in vec(any::<u64>(), 1..40)) {
        run(async {
            agree(&MemoryStore::new(ID), &SqliteStore::open_in_memory(ID).await?, &dice).await
        }).unwrap();
    }
}
