//! What SQLite does when a record is to be forgotten.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};
use sync_core::{
    CanonicalId, Error, ErrorKind, ExternalRef,
    store::{Binding, Intent, Journal, forgotten_hash},
};

use super::{
    bindings,
    fault::Failure,
    open, read,
    rows::{self, ids, set, texts, unpacked},
    write,
};

pub(super) fn forget(tx: &Transaction<'_>, id: CanonicalId, now: DateTime<Utc>) -> Result<(), Failure> {
    let Some(binding) = read::bindings(tx, &[id])?.into_iter().next() else {
        return Err(Error::new(ErrorKind::NotFound, "forget", "there is no such record").with_context("id", id).into());
    };
    let open: Vec<Intent> = unpacked(&mut *tx.prepare_cached("SELECT body FROM intents")?, ())?;
    if open.iter().any(|intent| intent.serves(id)) {
        let text = "a write of this record is not settled yet; let a run finish it, then forget the record";
        return Err(Error::new(ErrorKind::Unavailable, "forget", text).with_context("id", id).into());
    }
    let names: Vec<ExternalRef> = binding.references().collect();
    bury(tx, &binding, &names, now)?;
    write::unlist(tx, &names)?;
    drop_what_speaks_of(tx, id, &names)?;
    empty_journal(tx, id)
}

fn bury(tx: &Transaction<'_>, binding: &Binding, names: &[ExternalRef], now: DateTime<Utc>) -> Result<(), Failure> {
    let store = open::identity(tx)?;
    for name in names {
        let hash = forgotten_hash(store, name);
        tx.prepare_cached("INSERT OR IGNORE INTO forgotten (hash) VALUES (?1)")?.execute([hash.as_bytes()])?;
    }
    let tombstone = vec![binding.forgotten(now)];
    bindings::keep(tx, &bindings::places(tx, &tombstone)?, tombstone)?;
    tx.prepare_cached("UPDATE bindings SET forgotten = 1 WHERE id IN rarray(?1)")?.execute([ids([&binding.id])])?;
    Ok(())
}

fn drop_what_speaks_of(tx: &Transaction<'_>, id: CanonicalId, names: &[ExternalRef]) -> Result<(), Failure> {
    let text = id.to_string();
    let named = texts(names);
    let this = ids([&id]);
    tx.execute("DELETE FROM held WHERE subject IN rarray(?1)", [this.clone()])?;
    let sql = "DELETE FROM parked WHERE subject IN rarray(?1) OR key IN rarray(?2) OR instr(key, ?3 || '@') = 1";
    tx.execute(sql, (this, named.clone(), &text))?;
    tx.execute("DELETE FROM waiting WHERE reference IN rarray(?1)", [named.clone()])?;
    let sql = "DELETE FROM verdicts WHERE body IN (SELECT body FROM verdicts WHERE reference IN rarray(?1))";
    tx.execute(sql, [named])?;
    tx.execute("DELETE FROM staged WHERE instr(body, ?1)", [&text])?;
    let inbox = read::inbox(tx)?;
    let about = inbox.iter().filter(|(_, entry)| entry.what.is_about(id, names));
    tx.execute("DELETE FROM inbox WHERE id IN rarray(?1)", [set(about.map(|(id, _)| id.cast_signed()))])?;
    Ok(())
}

fn empty_journal(tx: &Transaction<'_>, id: CanonicalId) -> Result<(), Failure> {
    let mut find = tx.prepare_cached("SELECT no, body FROM journal WHERE subject IN rarray(?1)")?;
    let rows = find.query_map([ids([&id])], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let mut keep = tx.prepare_cached("UPDATE journal SET body = ?2 WHERE no = ?1")?;
    for (no, body) in rows.collect::<Result<Vec<_>, _>>()? {
        let moment: rows::Moment<'_> = rmp_serde::from_slice(&body)?;
        let reduced = |entry: Journal| Journal { event: entry.event.forgotten(), ..entry };
        let entries: Vec<Journal> = moment.entries().map(reduced).collect();
        if let Some(first) = entries.first() {
            keep.execute((no, rows::Moment::body(first, &entries)?))?;
        }
    }
    Ok(())
}

/// Brings what was overwritten out of the log that lies beside the file. Another reader may be in the way; its last
/// checkpoint then does the same.
pub(super) fn empty_log(connection: &Connection) -> Result<(), Failure> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?)
}
