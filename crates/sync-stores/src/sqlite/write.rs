//! Changes. Each is one transaction that takes the right to write at its beginning.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Transaction};
use serde::Serialize;
use sync_core::{
    CanonicalId, Error, ErrorKind, ExternalRef,
    store::{
        Commit, Committed, EffectKey, Held, InboxEntry, Indexed, Intent, Journal, Lease, Parked, Verdict, Waiting,
    },
};

use super::{
    bindings,
    fault::Failure,
    lease,
    rows::{self, Streams, ids, nanos, set, texts},
};

type Done = Result<(), Failure>;

pub(super) fn intend(tx: &Transaction<'_>, held: &Lease, intents: &[Intent]) -> Done {
    lease::check(tx, "intend", held)?;
    keep_intents(tx, "intend", intents)
}

pub(super) fn commit(tx: &Transaction<'_>, held: &Lease, commit: Commit) -> Result<Committed, Failure> {
    lease::check(tx, "commit", held)?;
    let places = bindings::places(tx, &commit.bindings)?;
    let stale = bindings::stale(&places, &commit.bindings);
    if !stale.is_empty() {
        return Ok(Committed::Stale(stale));
    }
    bindings::keep(tx, &places, commit.bindings)?;
    keep_index(tx, &commit.unindexed, &commit.indexed)?;
    keep_named(tx, "checkpoints", &commit.checkpoints)?;
    keep_named(tx, "entities", &commit.entities)?;
    keep_named(tx, "tenants", &commit.tenants)?;
    keep_named(tx, "snapshots", &commit.snapshots)?;
    drop_rows(tx, "DELETE FROM intents WHERE key IN rarray(?1)", &commit.finished)?;
    release_effects(tx, &commit.released)?;
    keep_intents(tx, "commit", &commit.intents)?;
    let tombs = tombs(tx, &commit.held, &commit.parked, &commit.journal)?;
    keep_held(tx, &commit.held, &tombs)?;
    keep_parked(tx, &commit.unparked, &commit.parked, &tombs)?;
    keep_waiting(tx, &commit.unwaiting, &commit.waiting)?;
    if !commit.consumed.is_empty() {
        let consumed = set(commit.consumed.iter().map(|id| id.cast_signed()));
        tx.prepare_cached("DELETE FROM inbox WHERE id IN rarray(?1)")?.execute([consumed])?;
    }
    each_name(tx, "DELETE FROM verdicts WHERE reference = ?1 AND body = ?2", &commit.retracted)?;
    each_name(tx, "INSERT OR IGNORE INTO verdicts (reference, body) VALUES (?1, ?2)", &commit.verdicts)?;
    drop_rows(tx, "DELETE FROM staged WHERE id IN rarray(?1)", &commit.unstaged)?;
    for staged in &commit.staged {
        let sql = "INSERT OR REPLACE INTO staged (id, body) VALUES (?1, ?2)";
        tx.prepare_cached(sql)?.execute((&staged.id, rows::body(staged)?))?;
    }
    keep_journal(tx, commit.journal, &tombs)?;
    Ok(Committed::Done)
}

pub(super) fn post(tx: &Transaction<'_>, entries: &[InboxEntry]) -> Done {
    let mut statement = tx.prepare_cached("INSERT INTO inbox (body) VALUES (?1)")?;
    for entry in entries {
        statement.execute([rows::body(entry)?])?;
    }
    Ok(())
}

fn keep_index(tx: &Transaction<'_>, gone: &[ExternalRef], listed: &[Indexed]) -> Done {
    unlist(tx, gone)?;
    if listed.is_empty() {
        return Ok(());
    }
    let mut streams = Streams::known(tx)?;
    let mut enter = tx.prepare_cached(
        "INSERT INTO listed (host, key, hash, id) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET hash = excluded.hash, id = excluded.id",
    )?;
    for Indexed { reference, hash } in listed {
        let host = streams.number(tx, &reference.at)?;
        let key = rows::signed(Indexed::key_of(&reference.id));
        enter.execute((host, key, hash.bits().to_be_bytes(), &*reference.id))?;
    }
    Ok(())
}

/// Takes records out of the index.
pub(super) fn unlist(tx: &Transaction<'_>, gone: &[ExternalRef]) -> Done {
    if gone.is_empty() {
        return Ok(());
    }
    let streams = Streams::known(tx)?;
    let mut out = tx.prepare_cached("DELETE FROM listed WHERE host = ?1 AND key = ?2")?;
    for reference in gone {
        if let Some(host) = streams.get(&reference.at) {
            out.execute((host, rows::signed(Indexed::key_of(&reference.id))))?;
        }
    }
    Ok(())
}

fn keep_named<K: ToString, T: Serialize>(tx: &Transaction<'_>, table: &'static str, named: &[(K, T)]) -> Done {
    if named.is_empty() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(&format!("INSERT OR REPLACE INTO {table} (name, body) VALUES (?1, ?2)"))?;
    for (name, value) in named {
        statement.execute((name.to_string(), rows::body(value)?))?;
    }
    Ok(())
}

fn drop_rows(tx: &Transaction<'_>, sql: &'static str, keys: &[String]) -> Done {
    if !keys.is_empty() {
        tx.prepare_cached(sql)?.execute([texts(keys)])?;
    }
    Ok(())
}

fn keep_intents(tx: &Transaction<'_>, operation: &'static str, intents: &[Intent]) -> Done {
    if intents.is_empty() {
        return Ok(());
    }
    let mut open = tx.prepare_cached("SELECT key FROM intents WHERE key IN rarray(?1)")?;
    let open = open.query_map([texts(intents.iter().map(|intent| &intent.key))], |row| row.get(0))?;
    let mut open = open.collect::<Result<BTreeSet<String>, _>>()?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO intents (key, lease_group, at, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET lease_group = excluded.lease_group, at = excluded.at, body = excluded.body",
    )?;
    for intent in intents {
        for effect in &intent.effects {
            use_effect(tx, operation, effect, &intent.key, open.contains(&intent.key))?;
        }
        open.insert(intent.key.clone());
        statement.execute((&intent.key, &intent.group, nanos(intent.at), rows::packed(intent)?))?;
    }
    Ok(())
}

/// Gives back effect keys of writes that were certainly not made.
fn release_effects(tx: &Transaction<'_>, keys: &[EffectKey]) -> Done {
    if keys.is_empty() {
        return Ok(());
    }
    let mut statement =
        tx.prepare_cached("DELETE FROM effects WHERE subject = ?1 AND effect = ?2 AND occasion = ?3")?;
    for key in keys {
        statement.execute((key.subject.as_uuid().as_bytes(), &key.effect, &key.trigger))?;
    }
    Ok(())
}

/// Takes an effect key for an intent; one that is open may have it already.
fn use_effect(tx: &Transaction<'_>, operation: &'static str, effect: &EffectKey, key: &str, open: bool) -> Done {
    let subject = effect.subject.as_uuid();
    let sql = "SELECT intent FROM effects WHERE subject = ?1 AND effect = ?2 AND occasion = ?3";
    let by: Option<String> = tx
        .prepare_cached(sql)?
        .query_row((subject.as_bytes(), &effect.effect, &effect.trigger), |row| row.get(0))
        .optional()?;
    match by {
        None => {
            let sql = "INSERT INTO effects (subject, effect, occasion, intent) VALUES (?1, ?2, ?3, ?4)";
            tx.prepare_cached(sql)?.execute((subject.as_bytes(), &effect.effect, &effect.trigger, key))?;
            Ok(())
        }
        Some(by) if open && by == key => Ok(()),
        Some(by) => {
            let text = format!("'{}' was done before for {}", effect.effect, effect.trigger);
            let error = Error::new(ErrorKind::AlreadyExists, operation, text);
            Err(error.with_detail(format!("effect of {} in intent {by}, now in {key}", effect.subject)).into())
        }
    }
}

/// Those of the subjects that were forgotten: nothing of them is kept but what happened, without texts.
fn tombs(
    tx: &Transaction<'_>,
    held: &[(CanonicalId, Vec<Held>)],
    parked: &[Parked],
    journal: &[Journal],
) -> Result<BTreeSet<CanonicalId>, Failure> {
    let subjects: BTreeSet<&CanonicalId> = held
        .iter()
        .map(|(subject, _)| subject)
        .chain(parked.iter().filter_map(|parked| parked.subject.as_ref()))
        .chain(journal.iter().map(|entry| &entry.subject))
        .collect();
    if subjects.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut statement = tx.prepare_cached("SELECT id FROM bindings WHERE forgotten = 1 AND id IN rarray(?1)")?;
    let rows = statement.query_map([ids(subjects)], |row| row.get(0).map(rows::id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn keep_held(tx: &Transaction<'_>, held: &[(CanonicalId, Vec<Held>)], tombs: &BTreeSet<CanonicalId>) -> Done {
    if held.is_empty() {
        return Ok(());
    }
    // of a subject that is named twice, the last one counts
    let held: BTreeMap<&CanonicalId, &Vec<Held>> = held.iter().map(|(subject, held)| (subject, held)).collect();
    tx.prepare_cached("DELETE FROM held WHERE subject IN rarray(?1)")?.execute([ids(held.keys().copied())])?;
    let mut statement = tx.prepare_cached("INSERT INTO held (subject, place, body) VALUES (?1, ?2, ?3)")?;
    for (subject, held) in held.into_iter().filter(|(subject, _)| !tombs.contains(*subject)) {
        for (place, one) in held.iter().enumerate() {
            statement.execute((subject.as_uuid().as_bytes(), rows::limit(place), rows::body(one)?))?;
        }
    }
    Ok(())
}

fn keep_parked(tx: &Transaction<'_>, gone: &[String], parked: &[Parked], tombs: &BTreeSet<CanonicalId>) -> Done {
    drop_rows(tx, "DELETE FROM parked WHERE key IN rarray(?1)", gone)?;
    for parked in parked.iter().filter(|parked| !parked.subject.is_some_and(|subject| tombs.contains(&subject))) {
        let subject = parked.subject.map(|subject| subject.as_uuid().into_bytes());
        let sql = "INSERT OR REPLACE INTO parked (key, subject, body) VALUES (?1, ?2, ?3)";
        tx.prepare_cached(sql)?.execute((&parked.key, subject, rows::body(parked)?))?;
    }
    Ok(())
}

fn keep_waiting(tx: &Transaction<'_>, gone: &[ExternalRef], waiting: &[Waiting]) -> Done {
    if gone.is_empty() && waiting.is_empty() {
        return Ok(());
    }
    // of a reference that is named twice, the last one counts; what it waited for goes with its row
    let waiting: BTreeMap<String, &Waiting> = waiting.iter().map(|w| (w.reference.to_string(), w)).collect();
    let old = texts(gone.iter().map(ToString::to_string).chain(waiting.keys().cloned()));
    tx.prepare_cached("DELETE FROM waiting WHERE reference IN rarray(?1)")?.execute([old])?;
    let mut statement = tx.prepare_cached("INSERT INTO waiting (reference, body) VALUES (?1, ?2)")?;
    let mut on = tx.prepare_cached("INSERT INTO waiting_on (what, reference) VALUES (?1, ?2)")?;
    for (reference, waiting) in &waiting {
        statement.execute((reference, rows::body(waiting)?))?;
        for what in &waiting.on {
            on.execute((what, reference))?;
        }
    }
    Ok(())
}

fn each_name(tx: &Transaction<'_>, sql: &'static str, verdicts: &[Verdict]) -> Done {
    for verdict in verdicts {
        let body = rows::body(verdict)?;
        let names = match verdict {
            Verdict::NotSame(a, b) => vec![a, b],
            Verdict::Ignored(a) => vec![a],
        };
        for name in names {
            tx.prepare_cached(sql)?.execute((name.to_string(), &body))?;
        }
    }
    Ok(())
}

fn keep_journal(tx: &Transaction<'_>, mut journal: Vec<Journal>, tombs: &BTreeSet<CanonicalId>) -> Done {
    for entry in journal.iter_mut().filter(|entry| tombs.contains(&entry.subject)) {
        entry.event = entry.event.forgotten();
    }
    let mut statement = tx.prepare_cached("INSERT INTO journal (subject, body) VALUES (?1, ?2)")?;
    for entries in journal.chunk_by(rows::of_one_moment) {
        if let Some(first) = entries.first() {
            statement.execute((first.subject.as_uuid().as_bytes(), rows::Moment::body(first, entries)?))?;
        }
    }
    Ok(())
}
