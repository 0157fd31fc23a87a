//! Bindings and the tables that are made from them. Only rows that differ are touched: most commits change values, not
//! names.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{ErrorCode, Row, Transaction, types::Value};
use sync_core::{
    CanonicalId, Error, ErrorKind, StreamKey,
    store::{Binding, MatchKey},
};
use xxhash_rust::xxh3::Xxh3;

use super::{
    fault::Failure,
    rows::{self, Streams, ids, nanos, set},
};

/// Where a binding is kept, and what of it stands there.
#[derive(Clone, Debug)]
pub(super) struct Place {
    no: i64,
    rev: u64,
    entity: String,
    named: [u8; 16],
}
pub(super) type Places = BTreeMap<CanonicalId, Place>;

/// Those of these bindings that are there.
pub(super) fn places(tx: &Transaction<'_>, bindings: &[Binding]) -> Result<Places, Failure> {
    if bindings.is_empty() {
        return Ok(Places::new());
    }
    let mut statement = tx.prepare_cached("SELECT id, no, rev, entity, named FROM bindings WHERE id IN rarray(?1)")?;
    let rows = statement.query_map([ids(bindings.iter().map(|binding| &binding.id))], |row| {
        let rev = row.get::<_, i64>(2)?.cast_unsigned();
        Ok((rows::id(row.get(0)?), Place { no: row.get(1)?, rev, entity: row.get(3)?, named: row.get(4)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Bindings whose revision is not the one that they were read at, or that come twice.
pub(super) fn stale(places: &Places, bindings: &[Binding]) -> Vec<CanonicalId> {
    let mut seen = BTreeSet::new();
    let mut stale = BTreeSet::new();
    for binding in bindings {
        let rev = places.get(&binding.id).map_or(0, |place| place.rev);
        if rev != binding.rev || !seen.insert(binding.id) {
            stale.insert(binding.id);
        }
    }
    stale.into_iter().collect()
}

/// Keeps bindings with their next revision. Names are compared only where their fingerprint is another one.
pub(super) fn keep(tx: &Transaction<'_>, places: &Places, bindings: Vec<Binding>) -> Result<(), Failure> {
    if bindings.is_empty() {
        return Ok(());
    }
    let mut streams = Streams::known(tx)?;
    let mut changed = places_in_order(tx, bindings.len())?;
    let mut renamed = Vec::new();
    let mut new = Names::default();
    for mut binding in bindings {
        binding.rev += 1;
        changed += 1;
        let place = places.get(&binding.id);
        let named = named(&binding);
        let no = keep_body(tx, place, &binding, changed, named)?;
        if place.is_none_or(|place| place.named != named) {
            renamed.push(no);
            new.add(tx, &mut streams, no, &binding)?;
        }
    }
    replace(tx, &Names::stored(tx, renamed)?, &new, &streams)
}

/// A fingerprint of all that a binding is found by.
fn named(binding: &Binding) -> [u8; 16] {
    let mut hasher = Xxh3::new();
    let mut put = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(&[0xff]); // in no text
    };
    binding.numbers.iter().for_each(|number| put(number));
    if binding.is_live() {
        for MatchKey { entity, rule, key } in &binding.keys {
            ["key", entity.as_str(), rule, key].into_iter().for_each(&mut put);
        }
        let there = |at: &StreamKey| if binding.live_side(at).is_some() { "there" } else { "gone" };
        let sides = binding.sides.iter().filter_map(|(at, side)| Some((there(at), at, side.id.as_ref()?)));
        let aliases = binding.aliases.iter().map(|alias| ("alias", &alias.at, &alias.id));
        for (what, at, id) in sides.chain(aliases) {
            [what, at.system.as_str(), at.stream.as_str(), id].into_iter().for_each(&mut put);
        }
    }
    hasher.digest128().to_be_bytes()
}

/// How often bindings had been changed before these.
fn places_in_order(tx: &Transaction<'_>, more: usize) -> Result<i64, Failure> {
    let more = rows::limit(more);
    let after: i64 = tx
        .prepare_cached("UPDATE store SET changes = changes + ?1 RETURNING changes")?
        .query_row([more], |row| row.get(0))?;
    Ok(after - more)
}

fn keep_body(
    tx: &Transaction<'_>,
    place: Option<&Place>,
    binding: &Binding,
    changed: i64,
    named: [u8; 16],
) -> Result<i64, Failure> {
    let wake_at = binding.wake_at.filter(|_| binding.is_live()).map(nanos);
    let rev = binding.rev.cast_signed();
    let body = rows::packed(binding)?;
    let id = binding.id.as_uuid();
    let entity = binding.entity.as_str();
    match place {
        Some(Place { no, entity: before, .. }) => {
            if before != entity {
                // by itself, since it is rare: an index over what is named is written anew
                tx.prepare_cached("UPDATE bindings SET entity = ?2 WHERE no = ?1")?.execute((no, entity))?;
            }
            let sql = "UPDATE bindings SET rev = ?2, changed = ?3, wake_at = ?4, named = ?5, body = ?6 WHERE no = ?1";
            tx.prepare_cached(sql)?.execute((no, rev, changed, wake_at, named, body))?;
            Ok(*no)
        }
        None => {
            let sql = "INSERT INTO bindings (id, entity, rev, changed, wake_at, named, body)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            tx.prepare_cached(sql)?.execute((id.as_bytes(), entity, rev, changed, wake_at, named, body))?;
            Ok(tx.last_insert_rowid())
        }
    }
}

/// Rows of the tables over bindings, by their table's key. `no` is the binding's.
#[derive(Default)]
struct Names {
    /// (stream, id) → (no, counted).
    refs: BTreeMap<(i64, String, i64), bool>,
    keys: BTreeSet<(MatchKey, i64)>,
    numbers: BTreeSet<(String, i64)>,
}

impl Names {
    fn stored(tx: &Transaction<'_>, of: Vec<i64>) -> Result<Self, Failure> {
        let of = set(of);
        let mut names = Self::default();
        if of.is_empty() {
            return Ok(names);
        }
        let sql = "SELECT stream, id, binding, counted FROM refs WHERE binding IN rarray(?1)";
        let row = |row: &Row<'_>| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?));
        names.refs = tx.prepare_cached(sql)?.query_map([of.clone()], row)?.collect::<Result<_, _>>()?;
        let sql = "SELECT entity, rule, key, binding FROM keys WHERE binding IN rarray(?1)";
        let row = |row: &Row<'_>| {
            let entity = row.get_ref(0)?.as_str()?.into();
            Ok((MatchKey { entity, rule: row.get(1)?, key: row.get(2)? }, row.get(3)?))
        };
        names.keys = tx.prepare_cached(sql)?.query_map([of.clone()], row)?.collect::<Result<_, _>>()?;
        let sql = "SELECT number, binding FROM numbers WHERE binding IN rarray(?1)";
        let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        names.numbers = tx.prepare_cached(sql)?.query_map([of], row)?.collect::<Result<_, _>>()?;
        Ok(names)
    }

    fn add(&mut self, tx: &Transaction<'_>, streams: &mut Streams, no: i64, binding: &Binding) -> Result<(), Failure> {
        self.numbers.extend(binding.numbers.iter().map(|number| (number.clone(), no)));
        if !binding.is_live() {
            return Ok(());
        }
        self.keys.extend(binding.keys.iter().map(|key| (key.clone(), no)));
        for alias in &binding.aliases {
            self.refs.insert((streams.number(tx, &alias.at)?, alias.id.to_string(), no), false);
        }
        for (at, side) in &binding.sides {
            if let Some(id) = &side.id {
                let there = binding.live_side(at).is_some();
                self.refs.insert((streams.number(tx, at)?, id.to_string(), no), there);
            }
        }
        Ok(())
    }
}

/// Takes out the rows that are no more, then enters those that are new, so that a name can move within a commit.
fn replace(tx: &Transaction<'_>, old: &Names, new: &Names, streams: &Streams) -> Result<(), Failure> {
    let mut bound: BTreeMap<i64, i64> = BTreeMap::new();
    let mut out = tx.prepare_cached("DELETE FROM refs WHERE stream = ?1 AND id = ?2")?;
    for ((stream, id, no), counted) in &old.refs {
        if new.refs.get(&(*stream, id.clone(), *no)) != Some(counted) {
            out.execute((stream, id))?;
            *bound.entry(*stream).or_default() -= i64::from(*counted);
        }
    }
    let mut enter = tx.prepare_cached("INSERT INTO refs (stream, id, binding, counted) VALUES (?1, ?2, ?3, ?4)")?;
    for ((stream, id, no), counted) in &new.refs {
        if old.refs.get(&(*stream, id.clone(), *no)) != Some(counted) {
            let entered = enter.execute((stream, id, no, counted));
            entered.map_err(|error| taken(error, streams, *stream, id))?;
            *bound.entry(*stream).or_default() += i64::from(*counted);
        }
    }
    let mut count = tx.prepare_cached("UPDATE streams SET bound = bound + ?2 WHERE no = ?1")?;
    for (stream, more) in bound.into_iter().filter(|(_, more)| *more != 0) {
        count.execute((stream, more))?;
    }
    let sql = "DELETE FROM keys WHERE entity = ?1 AND rule = ?2 AND key = ?3 AND binding = ?4";
    each(tx, sql, old.keys.difference(&new.keys).map(key_row))?;
    let sql = "INSERT INTO keys (entity, rule, key, binding) VALUES (?1, ?2, ?3, ?4)";
    each(tx, sql, new.keys.difference(&old.keys).map(key_row))?;
    let number_row = |(number, no): &(String, i64)| [Value::Text(number.clone()), Value::Integer(*no)];
    let sql = "DELETE FROM numbers WHERE number = ?1 AND binding = ?2";
    each(tx, sql, old.numbers.difference(&new.numbers).map(number_row))?;
    let sql = "INSERT INTO numbers (number, binding) VALUES (?1, ?2)";
    each(tx, sql, new.numbers.difference(&old.numbers).map(number_row))
}

fn key_row((key, no): &(MatchKey, i64)) -> [Value; 4] {
    let text = |text: &str| Value::Text(text.to_owned());
    [text(key.entity.as_str()), text(&key.rule), text(&key.key), Value::Integer(*no)]
}

fn each<const N: usize>(
    tx: &Transaction<'_>,
    sql: &str,
    rows: impl Iterator<Item = [Value; N]>,
) -> Result<(), Failure> {
    let mut statement = tx.prepare_cached(sql)?;
    for row in rows {
        statement.execute(rusqlite::params_from_iter(row))?;
    }
    Ok(())
}

/// What it means when a reference cannot be entered.
fn taken(error: rusqlite::Error, streams: &Streams, stream: i64, id: &str) -> Failure {
    if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) {
        return error.into();
    }
    let at = streams.name(stream).map(|at| at.id(id).to_string()).unwrap_or_default();
    let text = format!("{at} belongs to another record already");
    Error::new(ErrorKind::AlreadyExists, "commit", text).with_source(error).into()
}
