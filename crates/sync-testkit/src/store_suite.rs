//! The contract of [`StateStore`] as named tests, for any store.
//!
//! ```
//! mod contract {
//!     sync_testkit::store_suite!(sync_testkit::MemoryStore::default());
//! }
//! ```
//!
//! The expression gives a [`StoreFixture`] with an empty store; it is asked for once in each test. Beside the named
//! tests, [`agree`] puts the same random calls to two stores and compares all their answers: a store that agrees with
//! [`MemoryStore`] on enough of them keeps the contract.

mod bindings;
mod commits;
mod forget;
mod leases;
mod lists;
mod random;
mod samples;
mod work;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use sync_core::{ErrorKind, Result, store::StateStore};

use crate::MemoryStore;

pub use bindings::*;
pub use commits::*;
pub use forget::*;
pub use leases::*;
pub use lists::*;
pub use random::{agree, everything, random_commit};
pub use work::*;

/// A place for a store, empty when it is made.
#[async_trait]
pub trait StoreFixture: Send + Sync {
    /// The store as another process, or this one after a restart, opens it.
    async fn open(&self) -> Result<Arc<dyn StateStore>>;
}

#[async_trait]
impl StoreFixture for MemoryStore {
    async fn open(&self) -> Result<Arc<dyn StateStore>> {
        Ok(Arc::new(self.clone()))
    }
}

/// What a test of the suite gives back; its findings are panics.
pub type Checked = Result<()>;

/// Waits for a test, on this thread.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    futures_executor::block_on(test)
}

fn refused<T: Debug>(answer: Result<T>, kind: ErrorKind) {
    assert_eq!(answer.as_ref().err().map(sync_core::Error::kind), Some(kind), "{answer:?}");
}

/// One test for each rule of the contract of state stores. See [`mod@crate::store_suite`].
#[macro_export]
macro_rules! store_suite {
    ($fixture:expr) => {
        $crate::store_suite!(
            $fixture,
            a_commit_keeps_all_that_it_names,
            a_commit_is_all_or_nothing,
            a_stale_revision_keeps_nothing_and_is_named,
            what_is_dropped_and_kept_is_kept,
            readers_see_the_state_before_or_after,
            random_commits_read_back_as_the_model_has_them,
            a_reference_has_one_living_owner,
            a_reference_moves_within_a_commit,
            an_ended_binding_gives_its_names_free,
            bindings_come_in_order_and_once,
            names_are_those_of_the_living,
            a_scan_pages_over_bindings_of_any_age,
            match_keys_find_the_living,
            numbers_find_all_ages_latest_change_first,
            wake_ups_come_longest_due_first,
            counts_are_of_living_sides,
            an_index_pages_in_order_of_unsigned_keys,
            facts_are_replaced_by_name,
            held_is_replaced_for_each_subject,
            parked_is_kept_by_key,
            waiting_is_found_by_any_of_its_reasons,
            verdicts_stand_until_retracted,
            staged_plans_are_replaced_and_approved,
            the_journal_is_in_order_and_limited,
            intents_are_durable_and_oldest_first,
            an_effect_happens_once,
            an_intent_may_be_kept_again_while_it_is_open,
            the_inbox_is_in_order_and_needs_no_lease,
            a_lease_has_one_holder_until_it_runs_out,
            a_lease_is_kept_and_given_back,
            what_is_put_aside_goes_with_its_lease,
            a_lease_that_was_taken_over_writes_nothing,
            a_forgotten_record_leaves_a_tombstone_only,
            what_speaks_of_a_forgotten_record_goes,
            what_is_said_of_a_forgotten_record_later_is_reduced,
            a_record_with_an_open_intent_is_not_forgotten,
        );
    };
    ($fixture:expr, $($test:ident),+ $(,)?) => {
        $(
            #[test]
            fn $test() -> $crate::store_suite::Checked {
                let fixture = $fixture;
                $crate::store_suite::run($crate::store_suite::$test(&fixture))
            }
        )+
    };
}
