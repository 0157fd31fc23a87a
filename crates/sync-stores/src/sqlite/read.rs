//! Answers. Each runs in one read transaction, so that it shows the state before a commit or after it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction};
use serde::de::DeserializeOwned;
use sync_core::{
    CanonicalId, EntityName, ExternalRef, Fingerprint, StreamKey,
    store::{Binding, EffectKey, Held, InboxEntry, Intent, MatchKey, Parked, Staged, Verdict, Waiting, forgotten_hash},
};

use super::{
    fault::Failure,
    open,
    rows::{self, Streams, bodies, ids, limit, set, texts, unpacked},
};

type Answer<T> = Result<T, Failure>;

pub(super) fn bindings(tx: &Transaction<'_>, of: &[CanonicalId]) -> Answer<Vec<Binding>> {
    let sql = "SELECT body FROM bindings WHERE id IN rarray(?1) ORDER BY id";
    unpacked(&mut *tx.prepare_cached(sql)?, [ids(of)])
}

pub(super) fn bound(tx: &Transaction<'_>, references: &[ExternalRef]) -> Answer<Vec<(ExternalRef, CanonicalId)>> {
    let streams = Streams::known(tx)?;
    let mut by_stream: BTreeMap<&StreamKey, Vec<String>> = BTreeMap::new();
    for reference in references {
        by_stream.entry(&reference.at).or_default().push(reference.id.to_string());
    }
    let mut statement = tx.prepare_cached(
        "SELECT r.id, b.id FROM refs r JOIN bindings b ON b.no = r.binding WHERE r.stream = ?1 AND r.id IN rarray(?2)",
    )?;
    let mut found = BTreeMap::new();
    for (at, of_stream) in by_stream {
        let Some(stream) = streams.get(at) else { continue };
        let rows = statement
            .query_map((stream, set(of_stream)), |row| Ok((at.id(row.get_ref(0)?.as_str()?), rows::id(row.get(1)?))))?;
        for row in rows {
            let (reference, id) = row?;
            found.insert(reference, id);
        }
    }
    Ok(found.into_iter().collect())
}

pub(super) fn keyed(tx: &Transaction<'_>, keys: &[MatchKey]) -> Answer<Vec<(MatchKey, CanonicalId)>> {
    let mut by_rule: BTreeMap<(&EntityName, &str), Vec<String>> = BTreeMap::new();
    for key in keys {
        by_rule.entry((&key.entity, &key.rule)).or_default().push(key.key.clone());
    }
    let mut statement = tx.prepare_cached(
        "SELECT k.key, b.id FROM keys k JOIN bindings b ON b.no = k.binding
         WHERE k.entity = ?1 AND k.rule = ?2 AND k.key IN rarray(?3)",
    )?;
    let mut found = BTreeSet::new();
    for ((entity, rule), of_rule) in by_rule {
        let rows = statement.query_map((entity.as_str(), rule, set(of_rule)), |row| {
            let key = MatchKey { entity: entity.clone(), rule: rule.to_owned(), key: row.get(0)? };
            Ok((key, rows::id(row.get(1)?)))
        })?;
        for row in rows {
            found.insert(row?);
        }
    }
    Ok(found.into_iter().collect())
}

pub(super) fn numbered(tx: &Transaction<'_>, number: &str) -> Answer<Vec<CanonicalId>> {
    let mut statement = tx.prepare_cached(
        "SELECT b.id FROM numbers n JOIN bindings b ON b.no = n.binding WHERE n.number = ?1 ORDER BY b.changed DESC",
    )?;
    let rows = statement.query_map([number], |row| row.get(0).map(rows::id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn names(tx: &Transaction<'_>, of: &[CanonicalId]) -> Answer<Vec<(CanonicalId, ExternalRef)>> {
    let streams = Streams::known(tx)?;
    let mut statement = tx.prepare_cached(
        "SELECT b.id, r.stream, r.id FROM bindings b JOIN refs r ON r.binding = b.no WHERE b.id IN rarray(?1)",
    )?;
    let mut rows = statement.query([ids(of)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(at) = streams.name(row.get(1)?) {
            found.push((rows::id(row.get(0)?), at.id(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)));
        }
    }
    found.sort_unstable();
    Ok(found)
}

pub(super) fn keys(tx: &Transaction<'_>, of: &[CanonicalId]) -> Answer<Vec<(CanonicalId, MatchKey)>> {
    let mut statement = tx.prepare_cached(
        "SELECT b.id, k.entity, k.rule, k.key FROM bindings b JOIN keys k ON k.binding = b.no WHERE b.id IN rarray(?1)",
    )?;
    let rows = statement.query_map([ids(of)], |row| {
        let entity = row.get_ref(1)?.as_str()?.into();
        Ok((rows::id(row.get(0)?), MatchKey { entity, rule: row.get(2)?, key: row.get(3)? }))
    })?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable();
    Ok(found)
}

pub(super) fn scan(
    tx: &Transaction<'_>,
    entity: &EntityName,
    after: Option<CanonicalId>,
    most: usize,
) -> Answer<Vec<CanonicalId>> {
    let after = after.map(|id| id.as_uuid().as_bytes().to_vec());
    let sql = "SELECT id FROM bindings WHERE entity = ?1
               AND no > coalesce((SELECT no FROM bindings WHERE id = ?2), 0) ORDER BY no LIMIT ?3";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map((entity.as_str(), after, limit(most)), |row| row.get(0).map(rows::id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn spilled(tx: &Transaction<'_>, lease: &str, numbers: &[u64]) -> Answer<Vec<String>> {
    let mut statement = tx.prepare_cached("SELECT text FROM temp.spilled WHERE lease = ?1 AND number = ?2")?;
    let mut texts = Vec::with_capacity(numbers.len());
    for number in numbers {
        texts.extend(statement.query_row((lease, number.cast_signed()), |row| row.get(0)).optional()?);
    }
    Ok(texts)
}

pub(super) fn counts(tx: &Transaction<'_>, streams: &[StreamKey]) -> Answer<Vec<u64>> {
    let mut statement = tx.prepare_cached("SELECT key, bound FROM streams WHERE key IN rarray(?1)")?;
    let rows = statement.query_map([texts(streams)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let bound = rows.collect::<Result<BTreeMap<String, i64>, _>>()?;
    let count = |stream: &StreamKey| bound.get(&stream.to_string()).copied().unwrap_or_default();
    Ok(streams.iter().map(|stream| u64::try_from(count(stream)).unwrap_or_default()).collect())
}

pub(super) fn due(
    tx: &Transaction<'_>,
    entity: &EntityName,
    now: DateTime<Utc>,
    most: usize,
) -> Answer<Vec<CanonicalId>> {
    let mut statement =
        tx.prepare_cached("SELECT id FROM bindings WHERE entity = ?1 AND wake_at <= ?2 ORDER BY wake_at, no LIMIT ?3")?;
    let rows = statement.query_map((entity.as_str(), rows::nanos(now), limit(most)), |row| row.get(0).map(rows::id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn index(
    tx: &Transaction<'_>,
    host: &StreamKey,
    after: Option<u64>,
    most: usize,
) -> Answer<Vec<(u64, Fingerprint)>> {
    let Some(no) = Streams::known(tx)?.get(host) else { return Ok(Vec::new()) };
    // the first page asks for all from the least key on, others for what comes after the last one
    let from = match after {
        None => i64::MIN,
        Some(u64::MAX) => return Ok(Vec::new()),
        Some(key) => rows::signed(key + 1),
    };
    let sql = "SELECT key, hash FROM listed WHERE host = ?1 AND key >= ?2 ORDER BY key LIMIT ?3";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map((no, from, limit(most)), |row| {
        let hash = u128::from_be_bytes(row.get(1)?);
        Ok((rows::unsigned(row.get(0)?), Fingerprint::from_bits(hash)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn index_refs(tx: &Transaction<'_>, host: &StreamKey, keys: &[u64]) -> Answer<Vec<ExternalRef>> {
    let Some(no) = Streams::known(tx)?.get(host) else { return Ok(Vec::new()) };
    let mut statement = tx.prepare_cached("SELECT id FROM listed WHERE host = ?1 AND key IN rarray(?2) ORDER BY id")?;
    let keys = set(keys.iter().map(|key| rows::signed(*key)));
    let rows = statement.query_map((no, keys), |row| Ok(host.id(row.get_ref(0)?.as_str()?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The rows of one of the tables that have a name and a body.
pub(super) fn named<K, T>(tx: &Transaction<'_>, table: &'static str, names: &[K]) -> Answer<Vec<(K, T)>>
where
    K: Ord + Clone + Display,
    T: DeserializeOwned,
{
    let sql = format!("SELECT name, body FROM {table} WHERE name IN rarray(?1)");
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map([texts(names)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = rows.collect::<Result<BTreeMap<String, String>, _>>()?;
    let mut answer = Vec::new();
    for name in names.iter().collect::<BTreeSet<_>>() {
        if let Some(body) = found.get(&name.to_string()) {
            answer.push((name.clone(), serde_json::from_str(body)?));
        }
    }
    Ok(answer)
}

pub(super) fn intents(tx: &Transaction<'_>, group: &str) -> Answer<Vec<Intent>> {
    unpacked(&mut *tx.prepare_cached("SELECT body FROM intents WHERE lease_group = ?1 ORDER BY at, key")?, [group])
}

pub(super) fn effects_used(tx: &Transaction<'_>, keys: &[EffectKey]) -> Answer<Vec<EffectKey>> {
    let mut asked: BTreeMap<&CanonicalId, BTreeSet<&EffectKey>> = BTreeMap::new();
    for key in keys {
        asked.entry(&key.subject).or_default().insert(key);
    }
    let sql = "SELECT subject, effect, occasion FROM effects WHERE subject IN rarray(?1)";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([ids(asked.keys().copied())], |row| {
        Ok(EffectKey { subject: rows::id(row.get(0)?), effect: row.get(1)?, trigger: row.get(2)? })
    })?;
    let mut used = BTreeSet::new();
    for row in rows {
        let key = row?;
        if asked.get(&key.subject).is_some_and(|keys| keys.contains(&key)) {
            used.insert(key);
        }
    }
    Ok(used.into_iter().collect())
}

pub(super) fn held(tx: &Transaction<'_>, of: Option<&[CanonicalId]>) -> Answer<Vec<Held>> {
    match of {
        Some(of) => {
            let sql = "SELECT body FROM held WHERE subject IN rarray(?1) ORDER BY subject, place";
            bodies(&mut *tx.prepare_cached(sql)?, [ids(of)])
        }
        None => bodies(&mut *tx.prepare_cached("SELECT body FROM held ORDER BY subject, place")?, ()),
    }
}

pub(super) fn parked(tx: &Transaction<'_>, keys: Option<&[String]>) -> Answer<Vec<Parked>> {
    match keys {
        Some(keys) => {
            let sql = "SELECT body FROM parked WHERE key IN rarray(?1) ORDER BY key";
            bodies(&mut *tx.prepare_cached(sql)?, [texts(keys)])
        }
        None => bodies(&mut *tx.prepare_cached("SELECT body FROM parked ORDER BY key")?, ()),
    }
}

pub(super) fn staged(tx: &Transaction<'_>, id: Option<&str>) -> Answer<Vec<Staged>> {
    match id {
        Some(id) => bodies(&mut *tx.prepare_cached("SELECT body FROM staged WHERE id = ?1")?, [id]),
        None => bodies(&mut *tx.prepare_cached("SELECT body FROM staged ORDER BY id")?, ()),
    }
}

pub(super) fn waiting(tx: &Transaction<'_>, on: &[String]) -> Answer<Vec<Waiting>> {
    let sql = "SELECT body FROM waiting WHERE reference IN
               (SELECT reference FROM waiting_on WHERE what IN rarray(?1))";
    let mut found: Vec<Waiting> = bodies(&mut *tx.prepare_cached(sql)?, [texts(on)])?;
    found.sort_by(|a, b| a.reference.cmp(&b.reference));
    Ok(found)
}

pub(super) fn inbox(tx: &Transaction<'_>) -> Answer<Vec<(u64, InboxEntry)>> {
    let mut statement = tx.prepare_cached("SELECT id, body FROM inbox ORDER BY id")?;
    let mut rows = statement.query(())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let entry = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        found.push((row.get::<_, i64>(0)?.cast_unsigned(), entry));
    }
    Ok(found)
}

pub(super) fn verdicts(tx: &Transaction<'_>, of: &[ExternalRef]) -> Answer<Vec<Verdict>> {
    let sql = "SELECT DISTINCT body FROM verdicts WHERE reference IN rarray(?1)";
    let mut found: Vec<Verdict> = bodies(&mut *tx.prepare_cached(sql)?, [texts(of)])?;
    found.sort();
    Ok(found)
}

/// The body of the one row with this name.
pub(super) fn one<T: DeserializeOwned>(tx: &Transaction<'_>, sql: &str, name: &str) -> Answer<Option<T>> {
    let body: Option<String> = tx.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

pub(super) fn journal(tx: &Transaction<'_>, of: &[CanonicalId], most: usize) -> Answer<Vec<sync_core::store::Journal>> {
    let newest_first: Vec<rows::Moment<'_>> = if of.is_empty() {
        let sql = "SELECT body FROM journal ORDER BY no DESC LIMIT ?1";
        unpacked(&mut *tx.prepare_cached(sql)?, [limit(most)])?
    } else {
        let sql = "SELECT body FROM journal WHERE subject IN rarray(?1) ORDER BY no DESC LIMIT ?2";
        unpacked(&mut *tx.prepare_cached(sql)?, (ids(of), limit(most)))?
    };
    let mut entries: Vec<_> = newest_first.into_iter().flat_map(|moment| moment.entries().rev()).take(most).collect();
    entries.reverse();
    Ok(entries)
}

pub(super) fn forgotten(tx: &Transaction<'_>, references: &[ExternalRef]) -> Answer<Vec<ExternalRef>> {
    let any: bool = tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM forgotten)")?.query_row((), |row| row.get(0))?;
    if !any {
        return Ok(Vec::new());
    }
    let store = open::identity(tx)?;
    let hashes: BTreeMap<&ExternalRef, [u8; 16]> =
        references.iter().map(|reference| (reference, forgotten_hash(store, reference).into_bytes())).collect();
    let mut statement = tx.prepare_cached("SELECT hash FROM forgotten WHERE hash IN rarray(?1)")?;
    let rows = statement.query_map([set(hashes.values().map(|hash| hash.to_vec()))], |row| row.get(0))?;
    let known = rows.collect::<Result<BTreeSet<[u8; 16]>, _>>()?;
    Ok(hashes.into_iter().filter(|(_, hash)| known.contains(hash)).map(|(reference, _)| reference.clone()).collect())
}
