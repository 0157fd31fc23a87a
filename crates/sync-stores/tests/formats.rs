//! Files of older releases open. Each format that was ever released has its fixture here, and none is ever changed.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a test fails by them")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::DateTime;
use rusqlite::Connection;
use sync_core::{
    Error,
    store::{Commit, Committed, FORMAT, Inbox, InboxEntry, StateStore},
};
use sync_stores::SqliteStore;
use sync_testkit::{
    MemoryStore,
    store_suite::{agree, everything, random_commit, run},
};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(7);

fn fixture(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{format}.sql"))
}

/// A database as SQL text: pragmas, tables, rows.
fn dump(connection: &Connection) -> String {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    let mut text = String::new();
    let mut schema = connection
        .prepare(
            "SELECT name, sql, type FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
             ORDER BY type = 'index', rowid",
        )
        .unwrap();
    let parts: Vec<(String, String, String)> =
        schema.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
    for (_, sql, _) in &parts {
        text += &format!("{sql};\n");
    }
    for (name, _, _) in parts.iter().filter(|(_, _, kind)| kind == "table") {
        let mut columns = connection.prepare(&format!("SELECT name FROM pragma_table_info('{name}')")).unwrap();
        let columns: Vec<String> = columns.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let mut rows =
            connection.prepare(&format!("SELECT {} FROM {name} ORDER BY 1", quoted.join(" || ', ' || "))).unwrap();
        for row in rows.query_map((), |row| row.get::<_, String>(0)).unwrap() {
            text += &format!("INSERT INTO {name} VALUES ({});\n", row.unwrap());
        }
    }
    let sequence: i64 =
        connection.query_row("SELECT coalesce(max(seq), 0) FROM sqlite_sequence", (), |row| row.get(0)).unwrap();
    text += &format!("DELETE FROM sqlite_sequence;\nINSERT INTO sqlite_sequence VALUES ('inbox', {sequence});\n");
    text += &format!("PRAGMA application_id = {};\n", pragma("application_id"));
    text + &format!("PRAGMA user_version = {};\n", pragma("user_version"))
}

/// Makes the fixture of a new format; run by hand, once for each.
#[test]
#[ignore = "writes a fixture: cargo test -p sync-stores --test formats -- --ignored"]
fn make_the_fixture_of_this_format() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    run(async {
        let store = SqliteStore::open(&path, ID).await?;
        agree(&MemoryStore::new(ID), &store, &(0..80).collect::<Vec<_>>()).await?;
        let lease = store.acquire("fixture", DateTime::UNIX_EPOCH, Duration::from_secs(1)).await?.unwrap();
        for n in 100..125 {
            let mut commit = random_commit(n);
            for binding in &mut commit.bindings {
                binding.rev = store.bindings(&[binding.id]).await?.first().map_or(0, |kept| kept.rev);
            }
            let _refused_if_chance_says_so = store.commit(&lease, commit).await;
        }
        let what = Inbox::Approve("p1".to_owned());
        store.post(&[InboxEntry { at: DateTime::UNIX_EPOCH, by: "kim".to_owned(), what }]).await?;
        Ok::<_, Error>(())
    })
    .unwrap();
    assert!(!fixture(FORMAT).exists(), "a released fixture is not changed");
    std::fs::write(fixture(FORMAT), dump(&Connection::open(&path).unwrap())).unwrap();
}

/// How many things the rows of the journal tell.
fn events(raw: &Connection) -> usize {
    #[derive(serde::Deserialize)]
    struct Moment {
        events: Vec<serde::de::IgnoredAny>,
    }
    let mut rows = raw.prepare("SELECT body FROM journal").unwrap();
    let bodies = rows.query_map((), |row| row.get::<_, Vec<u8>>(0)).unwrap();
    bodies.map(|body| rmp_serde::from_slice::<Moment>(&body.unwrap()).unwrap().events.len()).sum()
}

#[test]
fn files_of_every_format_open_and_say_what_they_said() {
    for format in 1..=FORMAT {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let sql = std::fs::read_to_string(fixture(format)).unwrap();
        let raw = Connection::open(&path).unwrap();
        raw.execute_batch(&sql).unwrap();
        let count = |sql: &str| usize::try_from(raw.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap()).unwrap();
        run(async {
            let store = SqliteStore::open(&path, Uuid::nil()).await?;
            let identity = store.identity().await?;
            assert_eq!((identity.id, identity.format), (ID, FORMAT));
            // every body is read on the way
            let told = everything(&store).await?;
            let topics: BTreeSet<&str> = told.iter().filter_map(|line| line.split(':').next()).collect();
            for topic in topics {
                let empty = [format!("{topic}: []"), format!("{topic}: None")];
                let said = told.iter().filter(|line| line.starts_with(&format!("{topic}: ")));
                assert!(said.clone().any(|line| !empty.contains(line)), "format {format} has an example of {topic}");
            }
            assert_eq!(store.journal(&[], usize::MAX).await?.len(), events(&raw));
            assert_eq!(store.parked(None).await?.len(), count("SELECT count(*) FROM parked"));
            assert_eq!(store.held(None).await?.len(), count("SELECT count(*) FROM held"));
            assert_eq!(store.inbox().await?.len(), count("SELECT count(*) FROM inbox"));

            let bindings = store.bindings(&store.scan(&"buyers".into(), None, 99).await?).await?;
            assert_eq!(bindings.len(), count("SELECT count(*) FROM bindings WHERE entity = 'buyers'"));
            let lease = store.acquire("new", DateTime::UNIX_EPOCH, Duration::from_secs(1)).await?.unwrap();
            let revs: Vec<u64> = bindings.iter().map(|binding| binding.rev).collect();
            assert_eq!(store.commit(&lease, Commit { bindings, ..Commit::default() }).await?, Committed::Done);
            let next = store.bindings(&store.scan(&"buyers".into(), None, 99).await?).await?;
            assert!(next.iter().map(|binding| binding.rev - 1).eq(revs), "its revisions are those of the file");
            Ok::<_, Error>(())
        })
        .unwrap();
        assert_eq!(count("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    }
}

/// Else files made by this release would differ from those that the fixture stands for.
#[test]
fn a_new_file_has_the_tables_of_the_newest_fixture() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    run(async { SqliteStore::open(&path, ID).await.map(drop) }).unwrap();
    let old = Connection::open_in_memory().unwrap();
    old.execute_batch(&std::fs::read_to_string(fixture(FORMAT)).unwrap()).unwrap();
    let tables = |connection: &Connection| {
        let mut schema = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name").unwrap();
        schema.query_map((), |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(tables(&old), tables(&Connection::open(&path).unwrap()));
}
