//! A process may die at any moment: what is in the file then is the state before a commit or after it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a test fails by them")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use chrono::{DateTime, Utc};
use proptest::{collection::vec, prelude::*};
use rusqlite::Connection;
use sync_core::{
    CanonicalId, EntityKind, Error, FieldMap, FieldPath, Fingerprint, Result, StreamKey, Value,
    store::{Binding, Checkpoint, Commit, Committed, Event, Indexed, Journal, Lease, StateStore},
};
use sync_stores::SqliteStore;
use sync_testkit::store_suite::{everything, random_commit, run};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(7);
const COUNT: FieldPath = FieldPath::from_static("count");
const THEN: DateTime<Utc> = DateTime::UNIX_EPOCH;

async fn lease(store: &SqliteStore) -> Result<Lease> {
    let lease = store.acquire("registers", THEN, Duration::ZERO).await?;
    Ok(lease.unwrap())
}

/// The database with a log of which only a part was written; the rest is missing, or zeros.
async fn after_a_crash(from: &Path, log: &[u8], zeros: usize) -> Result<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    std::fs::copy(from, &path).unwrap();
    let mut log = log.to_vec();
    log.resize(log.len() + zeros, 0);
    std::fs::write(dir.path().join("a.db-wal"), log).unwrap();
    everything(&SqliteStore::open(&path, Uuid::nil()).await?).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]
    /// The log is cut between any two pages of a commit, and inside of each.
    #[test]
    fn a_log_that_was_cut_anywhere_holds_whole_commits(dice in vec(any::<u64>(), 4..7)) {
        const FRAME: usize = 4096 + 24;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let log = || std::fs::read(dir.path().join("a.db-wal")).unwrap();
        run(async {
            let store = SqliteStore::open(&path, ID).await?;
            let lease = lease(&store).await?;
            let mut cuts = 0;
            for roll in dice {
                let mut commit = random_commit(roll);
                commit.journal.push(Journal {
                    at: THEN, run: "r".into(), subject: CanonicalId::from_uuid(ID),
                    event: Event::Decided { by: "kim".into(), what: roll.to_string() },
                });
                for binding in &mut commit.bindings {
                    binding.rev = store.bindings(&[binding.id]).await?.first().map_or(0, |kept| kept.rev);
                }
                let (before, old) = (everything(&store).await?, log().len());
                let done = store.commit(&lease, commit).await;
                let (after, new) = (everything(&store).await?, log());
                if !matches!(done, Ok(Committed::Done)) {
                    assert_eq!(before, after);
                    continue;
                }
                assert!(before != after && new.len() > old);
                for frame in (old..new.len()).step_by(FRAME) {
                    assert_eq!(after_a_crash(&path, &new[..frame], 0).await?, before);
                    assert_eq!(after_a_crash(&path, &new[..frame + FRAME / 2], FRAME / 2).await?, before);
                    cuts += 2;
                }
                assert_eq!(after_a_crash(&path, &new[..new.len() - 1], 0).await?, before);
                assert_eq!(after_a_crash(&path, &new, 0).await?, after);
            }
            eprintln!("{cuts} cuts");
            Ok::<_, Error>(())
        }).unwrap();
    }
}

#[test]
fn a_caller_that_goes_away_leaves_a_whole_commit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    run(async {
        let store = SqliteStore::open(&path, ID).await?;
        let lease = lease(&store).await?;
        for n in 1..=50 {
            let mut call = store.commit(&lease, counted(&store, n).await?);
            let _handed_in = call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
            drop(call);
            assert_eq!(state(&store).await?, n, "the next call comes after it");
        }
        let entry = counted(&store, 51).await?;
        let mut call = store.commit(&lease, entry);
        let _handed_in = call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        drop(call);
        drop(store); // waits for it
        assert!(!dir.path().join("a.db-wal").exists(), "the last connection takes the log with it");
        assert_eq!(state(&SqliteStore::open(&path, ID).await?).await?, 51);
        Ok::<_, Error>(())
    })
    .unwrap();
}

/// A commit that says the same number in every table that it touches.
async fn counted(store: &SqliteStore, n: u64) -> Result<Commit> {
    let at = StreamKey::new("shop:se", "customers");
    let mut commit = Commit::default();
    for who in 0..20 {
        let id = CanonicalId::from_uuid(Uuid::from_u128(who));
        let known = store.bindings(&[id]).await?.pop();
        let mut binding =
            known.unwrap_or_else(|| Binding::new(id, "buyers".into(), EntityKind::Organisation, "shop:se".into()));
        binding.agreed =
            FieldMap::new().with(COUNT, Value::Int(n.cast_signed())).with("name", "x".repeat(500).as_str());
        binding.numbers = [n.to_string()].into();
        binding.aliases = [at.id(format!("{who} {n}"))].into();
        commit
            .indexed
            .push(Indexed { reference: at.id(who.to_string()), hash: Fingerprint::of_bytes(&n.to_le_bytes()) });
        commit.bindings.push(binding);
    }
    let mut checkpoint = Checkpoint::default();
    checkpoint.listed = n;
    commit.checkpoints.push((at, checkpoint));
    let event = Event::Decided { by: "kim".to_owned(), what: n.to_string() };
    commit.journal.push(Journal { at: THEN, run: "r".into(), subject: CanonicalId::from_uuid(ID), event });
    Ok(commit)
}

/// The number of the last such commit, which every table has to agree on.
async fn state(store: &SqliteStore) -> Result<u64> {
    let at = StreamKey::new("shop:se", "customers");
    let bindings = store.bindings(&store.scan(&"buyers".into(), None, 99).await?).await?;
    let n = store.checkpoints(std::slice::from_ref(&at)).await?.first().map_or(0, |(_, checkpoint)| checkpoint.listed);
    let hash = Fingerprint::of_bytes(&n.to_le_bytes());
    for binding in &bindings {
        assert_eq!(binding.agreed.get(COUNT), Some(&Value::Int(n.cast_signed())));
        assert_eq!(binding.rev, n);
    }
    let names: Vec<_> = bindings.iter().flat_map(Binding::references).collect();
    assert_eq!(store.bound(&names).await?.len(), bindings.len());
    assert_eq!(store.numbered(&n.to_string()).await?.len(), bindings.len());
    assert!(store.index(&at, None, 99).await?.iter().all(|(_, known)| *known == hash));
    let journal = store.journal(&[], usize::MAX).await?;
    assert_eq!(u64::try_from(journal.len()).unwrap(), n);
    assert_eq!(bindings.len(), if n == 0 { 0 } else { 20 });
    Ok(n)
}

/// The other process of the next test; does nothing on its own.
#[test]
#[ignore = "the child process of the test below, which starts it: cargo test -p sync-stores --test crash a_killed"]
fn commits_until_it_is_killed() {
    let path = std::env::var_os("SAMKLANG_TEST_STORE").unwrap();
    run(async {
        let store = SqliteStore::open(path, ID).await?;
        let lease = lease(&store).await?;
        let mut n = state(&store).await?;
        println!("ready");
        for _ in 0..2000 {
            n += 1;
            assert_eq!(store.commit(&lease, counted(&store, n).await?).await?, Committed::Done);
            println!("kept {n}");
        }
        Ok::<_, Error>(())
    })
    .unwrap();
}

#[test]
fn a_killed_process_leaves_whole_commits_and_all_that_it_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let mut last = 0;
    for kill in 0..20_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "commits_until_it_is_killed", "--ignored", "--nocapture"])
            .env("SAMKLANG_TEST_STORE", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // the kill falls wherever the child happens to be when this many commits were told of
        let mut told = 0;
        let wanted = kill * 7 % 5;
        let mut ready = false;
        while let Some(line) = lines.next().filter(|_| !ready || told < wanted) {
            let line = line.unwrap();
            ready |= line.ends_with("ready");
            if let Some(n) = line.strip_prefix("kept ") {
                last = n.parse().unwrap();
                told += 1;
            }
            if ready && told >= wanted {
                break;
            }
        }
        assert!(ready && told >= wanted, "the child ended by itself");
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        for line in lines.map_while(|line| line.ok()) {
            last = line.strip_prefix("kept ").and_then(|n| n.parse().ok()).unwrap_or(last);
        }
        let raw = Connection::open(&path).unwrap();
        let sound: String = raw.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        let broken: i64 = raw.query_row("SELECT count(*) FROM pragma_foreign_key_check", (), |row| row.get(0)).unwrap();
        assert_eq!(broken, 0);
        drop(raw);
        run(async {
            let n = state(&SqliteStore::open(&path, ID).await?).await?;
            assert!(n == last || n == last + 1, "{n} commits are kept, and {last} were told of");
            last = n;
            Ok::<_, Error>(())
        })
        .unwrap();
    }
    assert!(last >= 30, "{last} commits in all");
}
