//! What needs a hand on the connection.

use sync_core::{Error, ErrorKind, Retry, store::Inbox};
use sync_testkit::store_suite::{everything, random_commit, run};

use super::*;

const ID: Uuid = Uuid::from_u128(7);

async fn pragma(store: &SqliteStore, name: &'static str, value: i64) -> Result<()> {
    store
        .0
        .call("pragma", move |connection| Ok(connection.pragma_update_and_check(None, name, value, |_| Ok(()))?))
        .await
}

/// The file may not grow: SQLite's own way to have a full disk. A little more room each time, so that the commit fails
/// in each of its tables.
#[test]
fn a_full_disk_is_told_of_and_nothing_is_half_kept() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let store = SqliteStore::open(dir.path().join("a.db"), ID).await?;
        let lease = store.acquire("registers", DateTime::UNIX_EPOCH, Duration::from_secs(1)).await?.unwrap();
        let mut commit = random_commit(3);
        commit.bindings = (0..40).flat_map(|dice| random_commit(dice).bindings).collect();
        let mut once = std::collections::BTreeSet::new();
        commit.bindings.retain(|binding| once.insert(binding.id));
        for (n, binding) in commit.bindings.iter_mut().enumerate() {
            binding.sides.clear();
            binding.aliases = [StreamKey::new("shop:se", "customers").id("i".repeat(900) + &n.to_string())].into();
            binding.numbers = (0..9).map(|digit| digit.to_string().repeat(400)).collect();
            binding.ended_at = None;
        }
        let text = "j".repeat(3000);
        commit.journal = (0..20)
            .map(|_| Journal {
                at: DateTime::UNIX_EPOCH,
                run: "r".to_owned(),
                subject: CanonicalId::from_uuid(ID),
                event: sync_core::store::Event::Decided { by: "kim".to_owned(), what: text.clone() },
            })
            .collect();
        let before = everything(&store).await?;
        let pages = store
            .0
            .call("pragma", |connection| {
                Ok(connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))?)
            })
            .await?;
        let mut refused = 0;
        for more in 0..1000 {
            pragma(&store, "max_page_count", pages + more).await?;
            match store.commit(&lease, commit.clone()).await {
                Ok(done) => {
                    assert_eq!(done, Committed::Done);
                    break;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Store);
                    assert!(error.message().contains("is full; free some space"), "{error}");
                    assert_eq!(everything(&store).await?, before);
                    refused += 1;
                }
            }
        }
        assert!(refused > 10, "{refused}");
        assert_ne!(everything(&store).await?, before);
        Ok::<_, Error>(())
    })
    .unwrap();
}

#[test]
fn a_lock_is_told_of_and_gone_later() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    run(async {
        let store = SqliteStore::open(&path, ID).await?;
        pragma(&store, "busy_timeout", 0).await?;
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let what = Inbox::Approve("p".to_owned());
        let entries = [InboxEntry { at: DateTime::UNIX_EPOCH, by: "kim".to_owned(), what }];
        assert_eq!(store.inbox().await?, [], "readers do not wait for writers");
        let error = store.post(&entries).await.unwrap_err();
        assert!(error.message().contains("is locked by another program"), "{error}");
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Store, Retry::Later { after: None }));
        other.execute_batch("COMMIT").unwrap();
        store.post(&entries).await?;
        assert_eq!(store.inbox().await?.len(), 1);
        Ok::<_, Error>(())
    })
    .unwrap();
}

#[test]
fn a_job_that_panics_is_an_error_for_all_that_come_after() {
    run(async {
        let store = SqliteStore::open_in_memory(ID).await?;
        let error = store.0.call("x", |_| -> Result<(), Failure> { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(store.identity().await.unwrap_err().kind(), ErrorKind::Internal);
        Ok::<_, Error>(())
    })
    .unwrap();
}
