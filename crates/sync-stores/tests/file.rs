//! The SQLite file: its rights, its format, faults in words, and what is left in it when something is forgotten.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a test fails by them")]

use std::{path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use sync_core::{
    CanonicalId, EntityKind, Error, ErrorKind, FieldMap, StreamKey,
    store::{Binding, Commit, Committed, FORMAT, Journal, StateStore},
};
use sync_stores::SqliteStore;
use sync_testkit::store_suite::run;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(7);

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}
fn open(path: &Path) -> Result<SqliteStore, Error> {
    open_as(path, ID)
}
fn open_as(path: &Path, id: Uuid) -> Result<SqliteStore, Error> {
    run(SqliteStore::open(path, id))
}
fn refusal(path: &Path) -> String {
    let error = open(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert!(!error.message().contains('\n'), "{error}");
    error.message().to_owned()
}

#[test]
fn the_id_is_given_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    for other in [ID, Uuid::from_u128(8)] {
        let store = open_as(&path, other).unwrap();
        run(async {
            let identity = store.identity().await?;
            assert_eq!((identity.id, identity.format), (ID, FORMAT));
            Ok::<_, Error>(())
        })
        .unwrap();
    }
}

#[test]
fn many_may_open_a_new_file_at_once() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let together = std::sync::Barrier::new(8);
        let ids: Vec<Uuid> = std::thread::scope(|scope| {
            let opened: Vec<_> = (0..8_u128)
                .map(|n| {
                    let (path, together) = (&path, &together);
                    scope.spawn(move || {
                        together.wait();
                        let store = open_as(path, Uuid::from_u128(n)).unwrap();
                        run(store.identity()).unwrap().id
                    })
                })
                .collect();
            opened.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "one of them made it: {ids:?}");
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("a.db")).unwrap();
    run(store.post(&[])).unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        seen += 1;
    }
    assert!(seen >= 2, "the log beside it, too");
}

#[test]
fn what_is_no_state_file_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in [("short", "x".repeat(3)), ("page", "no database\n".repeat(1000))] {
        let path = dir.path().join(name);
        std::fs::write(&path, &content).unwrap();
        assert!(refusal(&path).contains("is no state file"), "{name}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    let other = dir.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let before = std::fs::read(&other).unwrap();
    assert!(refusal(&other).contains("database of another program"));
    assert_eq!(std::fs::read(&other).unwrap(), before);
    assert!(refusal(&dir.path().join("nowhere/a.db")).contains("see that its folder exists"));
    assert!(refusal(dir.path()).contains("see that its folder exists"));
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    drop(open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", FORMAT + 6).unwrap();
    let text = refusal(&path);
    assert!(text.contains(&format!("has format {}", FORMAT + 6)) && text.contains("install a newer release"), "{text}");
}

#[test]
fn a_body_that_was_changed_by_hand_is_an_error_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = open(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("INSERT INTO inbox (body) VALUES ('{}')").unwrap();
    run(async {
        let error = store.inbox().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.message().contains("changed by hand"), "{error}");
        assert!(store.identity().await.is_ok(), "the store goes on");
        Ok::<_, Error>(())
    })
    .unwrap();
}

/// Not in the file, not in the log, not in pages that are free by now.
#[test]
fn what_is_forgotten_is_not_in_the_files_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = open(&path).unwrap();
    let needle = "Pernilla Sjögren-Åkerman";
    let there = || {
        let files = std::fs::read_dir(dir.path()).unwrap();
        let bytes: Vec<u8> = files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    let id = |n: u64| CanonicalId::from_uuid(Uuid::from_u64_pair(1, n));
    run(async {
        let lease = store.acquire("g", now(), Duration::from_secs(60)).await?.unwrap();
        for round in 0..30_usize {
            // bodies of changing size move about in the file
            let mut commit = Commit::default();
            for n in 0..20 {
                let mut binding = Binding::new(id(n), "buyers".into(), EntityKind::Organisation, "shop:se".into());
                binding.rev = u64::try_from(round).unwrap_or_default();
                let name = if n == 5 { needle } else { "somebody" };
                let text = format!("{name} {}", "x".repeat((round * 977 + 13) % 9000));
                binding.agreed = FieldMap::new().with("name", text.as_str());
                binding.aliases.insert(StreamKey::new("shop:se", "customers").id(format!("{name} {n} {round}")));
                let what = text;
                let event = sync_core::store::Event::Decided { by: "kim".to_owned(), what };
                commit.journal.push(Journal { at: now(), run: "r".to_owned(), subject: binding.id, event });
                commit.bindings.push(binding);
            }
            assert_eq!(store.commit(&lease, commit).await?, Committed::Done);
        }
        assert!(there());
        store.forget(id(5), now()).await?;
        assert!(!there());
        drop(store);
        assert!(!there());
        Ok::<_, Error>(())
    })
    .unwrap();
}

#[test]
fn a_lease_whose_holder_is_gone_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let hour = std::time::Duration::from_secs(3600);
    let held = {
        let first = open(&path).unwrap();
        let held = run(first.acquire("orders", now(), hour)).unwrap();
        let second = open(&path).unwrap();
        assert!(run(second.acquire("orders", now(), hour)).unwrap().is_none(), "the holder is there");
        held.unwrap() // never given back
    };
    let later = open(&path).unwrap();
    let taken = run(later.acquire("orders", now(), hour)).unwrap().unwrap();
    assert!(taken.token > held.token, "what the dead holder might still send is refused");
}
