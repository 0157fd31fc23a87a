//! A store with many bound records, without a first contact of all of them.
//!
//! One record goes the whole way in a store of its own: adopt, approve, run. What that left (binding, index, checkpoint,
//! entity, tenants) is the pattern; the same is put into the store for every record, with its number in place of the
//! pattern's, in large commits. The first run on it shows whether that is as if each had gone the way: it lists all, and
//! nothing differs.

use std::{path::Path, time::Duration};

use sync_core::{
    CanonicalId, Clock, Fingerprint, StreamKey,
    engine::{Cancel, Mode, Silent},
    store::{Binding, Commit, Committed, Indexed, StateStore},
};
use sync_http::SystemClock;
use sync_stores::SqliteStore;

use super::{
    part::{STORE, engine, hindrances},
    rows::Shows,
};
use crate::Failure;

/// Records in a commit.
const COMMIT: usize = 5000;
/// Nothing else in a binding has these digits.
const PATTERN: u64 = 47_114_711;
const FOR_A_DAY: Duration = Duration::from_secs(86_400);

/// Fills a new store, `samklang.db` in this folder, with so many records.
pub(crate) async fn fill(folder: &Path, records: u64) -> Result<(), Failure> {
    let pattern = pattern(folder).await?;
    let store = SqliteStore::open(folder.join("samklang.db"), STORE).await?;
    let lease = store.acquire("seed", SystemClock.now(), FOR_A_DAY).await?.ok_or("the new store is taken")?;
    let mut commit = Commit::default();
    let shows = Shows { first: 0, records, one_in: 0 };
    let mut row = String::new();
    for number in 0..records {
        row.clear();
        shows.row(number, &mut row);
        let (binding, indexed) = pattern.with(number, &row)?;
        commit.bindings.push(binding);
        commit.indexed.push(indexed);
        if commit.bindings.len() == COMMIT {
            kept(store.commit(&lease, std::mem::take(&mut commit)).await?)?;
        }
    }
    commit.entities = pattern.rest.entities;
    commit.tenants = pattern.rest.tenants;
    commit.checkpoints = pattern.rest.checkpoints;
    commit.checkpoints.iter_mut().for_each(|(_, checkpoint)| checkpoint.listed = records);
    kept(store.commit(&lease, commit).await?)?;
    store.release(lease).await?;
    Ok(())
}

fn kept(committed: Committed) -> Result<(), Failure> {
    match committed {
        Committed::Done => Ok(()),
        Committed::Stale(_) => Err("somebody else writes to the new store".into()),
    }
}

struct Pattern {
    /// The binding as text, with the pattern's number in it.
    binding: String,
    id: CanonicalId,
    at: StreamKey,
    rest: Commit,
}

impl Pattern {
    /// The binding of another number, and its row's place in the index.
    fn with(&self, number: u64, row: &str) -> Result<(Binding, Indexed), Failure> {
        let reference = self.at.id(format!("{number:08}"));
        let id = CanonicalId::derive(STORE, &reference, 0);
        let text = self.binding.replace(&PATTERN.to_string(), &format!("{number:08}"));
        let mut binding: Binding = serde_json::from_str(&text.replace(&self.id.to_string(), &id.to_string()))?;
        binding.rev = 0;
        Ok((binding, Indexed { reference, hash: Fingerprint::of_bytes(row.as_bytes()) }))
    }
}

/// What a first contact of one record leaves.
async fn pattern(folder: &Path) -> Result<Pattern, Failure> {
    let shows = Shows { first: PATTERN, records: 1, one_in: 0 };
    let (engine, store) = Box::pin(engine(&folder.join("pattern.db"), shows, 1)).await?;
    let adopted = Box::pin(engine.run(Mode::Adopt, &Silent, &Cancel::new())).await?;
    for id in &adopted.adopted {
        engine.approve(id, "bench").await?;
    }
    let report = Box::pin(engine.run(Mode::Sync, &Silent, &Cancel::new())).await?;
    let wrong = hindrances(&report);
    if report.writes() != 1 || !wrong.is_empty() {
        return Err(format!("the first record made {} writes: {}", report.writes(), wrong.join("; ")).into());
    }
    let id = store.scan(&"articles".into(), None, 1).await?;
    let binding = store.bindings(&id).await?.pop().ok_or("the first record was not bound")?;
    let at = binding.origin.clone();
    let at = StreamKey::new(at, "articles");
    let systems: Vec<_> = binding.sides.keys().map(|side| side.system.clone()).collect();
    let rest = Commit {
        entities: store.entities(&["articles".into()]).await?,
        tenants: store.tenants(&systems).await?,
        checkpoints: store.checkpoints(std::slice::from_ref(&at)).await?,
        ..Commit::default()
    };
    Ok(Pattern { binding: serde_json::to_string(&binding)?, id: binding.id, at, rest })
}
