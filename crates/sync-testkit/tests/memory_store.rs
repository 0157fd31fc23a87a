//! The memory store keeps the contract, and its faults are what they say.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use proptest::{collection::vec, prelude::*};
use sync_core::{
    Error, ErrorKind,
    store::{Committed, StateStore},
};
use sync_testkit::{
    MemoryStore,
    memory::{Image, Outcome, Step},
    store_suite::{random_commit, run},
};

mod contract {
    sync_testkit::store_suite!(sync_testkit::MemoryStore::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    /// A crash at each step of a random sequence: the state is the one before or the one after.
    #[test]
    fn a_crash_leaves_the_state_before_or_after(dice in vec(any::<u64>(), 1..20)) {
        run(async {
            let store = MemoryStore::default();
            let lease = store.acquire("g", chrono::DateTime::UNIX_EPOCH, std::time::Duration::MAX).await?.unwrap();
            for roll in dice {
                let mut commit = random_commit(roll);
                for binding in &mut commit.bindings {
                    binding.rev = store.bindings(&[binding.id]).await?.first().map_or(0, |kept| kept.rev);
                }
                let before = store.image();
                let crashed = |outcome: Outcome| {
                    let (store, lease, commit) = (store.clone(), lease.clone(), commit.clone());
                    async move {
                        store.on_step(move |_| outcome);
                        let answer = store.commit(&lease, commit).await;
                        store.undisturbed();
                        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Store);
                        store.image()
                    }
                };
                assert!(crashed(Outcome::FailBefore).await == before);
                let after: Image = crashed(Outcome::FailAfter).await;
                store.restore(&before);
                let done = matches!(store.commit(&lease, commit).await, Ok(Committed::Done));
                assert!(store.image() == after);
                assert!(done || after == before, "what was refused changed something");
            }
            Ok::<_, Error>(())
        }).unwrap();
    }
}

#[test]
fn clones_share_and_images_do_not() {
    run(async {
        let store = MemoryStore::default();
        let other = store.clone();
        let empty = store.image();
        let lease = other.acquire("g", chrono::DateTime::UNIX_EPOCH, std::time::Duration::from_secs(1)).await?;
        assert!(lease.is_some());
        assert!(store.image() != empty && store.image() == other.image());
        other.restore(&empty);
        assert!(store.image() == empty);
        Ok::<_, Error>(())
    })
    .unwrap();
}

#[test]
fn a_hook_sees_each_call_and_may_let_it_hang() {
    let store = MemoryStore::default();
    let seen = Arc::new(AtomicU64::new(0));
    let (counted, image) = (seen.clone(), store.clone());
    store.on_step(move |step: Step| {
        assert_eq!(step.nth, counted.fetch_add(1, Ordering::Relaxed));
        let _a_hook_may_look = image.image();
        match (step.call, step.writes) {
            ("post", true) => Outcome::HangAfter,
            ("release", true) => Outcome::HangBefore,
            ("inbox" | "acquire", _) => Outcome::Proceed,
            other => panic!("{other:?}"),
        }
    });
    let waker = std::task::Waker::noop();
    let mut poll = std::task::Context::from_waker(waker);
    let entry = sync_core::store::InboxEntry {
        at: chrono::DateTime::UNIX_EPOCH,
        by: "kim".to_owned(),
        what: sync_core::store::Inbox::Approve("p".to_owned()),
    };
    let entries = [entry];
    let mut post = store.post(&entries);
    assert!(post.as_mut().poll(&mut poll).is_pending());
    drop(post);
    run(async {
        assert_eq!(store.inbox().await?.len(), 1, "it hung after it took effect");
        let lease = store.acquire("g", chrono::DateTime::UNIX_EPOCH, std::time::Duration::from_secs(1)).await?.unwrap();
        let mut release = store.release(lease);
        assert!(release.as_mut().poll(&mut poll).is_pending());
        drop(release);
        assert_eq!(store.acquire("g", chrono::DateTime::UNIX_EPOCH, std::time::Duration::ZERO).await?, None);
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 5);
}
