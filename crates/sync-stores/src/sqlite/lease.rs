//! The right to write for a while, and the number that tells who has it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction};
use sync_core::{Error, ErrorKind, store::Lease};

use super::{fault::Failure, rows::nanos};

pub(super) fn check(tx: &Transaction<'_>, operation: &'static str, lease: &Lease) -> Result<(), Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM leases WHERE name = ?1 AND token = ?2 AND until IS NOT NULL)";
    let ours: bool = tx.prepare_cached(sql)?.query_row((&lease.name, lease.token.cast_signed()), |row| row.get(0))?;
    if ours {
        return Ok(());
    }
    let text = format!("another run has taken over '{}'; this one stops", lease.name);
    Err(Error::new(ErrorKind::VersionConflict, operation, text).with_context("token", lease.token).into())
}

pub(super) fn acquire(
    tx: &Transaction<'_>,
    name: &str,
    now: DateTime<Utc>,
    ttl: Duration,
) -> Result<Option<Lease>, Failure> {
    let last: Option<(i64, Option<i64>)> = tx
        .prepare_cached("SELECT token, until FROM leases WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (token, until) = last.unwrap_or_default();
    if until.is_some_and(|until| until > nanos(now)) {
        return Ok(None);
    }
    let lease = Lease { name: name.to_owned(), token: token.cast_unsigned() + 1, until: later(now, ttl) };
    grant(tx, &lease)?;
    tx.prepare_cached("DELETE FROM temp.spilled WHERE lease = ?1")?.execute([name])?;
    Ok(Some(lease))
}

pub(super) fn renew(tx: &Transaction<'_>, lease: &Lease, now: DateTime<Utc>, ttl: Duration) -> Result<Lease, Failure> {
    check(tx, "renew", lease)?;
    let lease = Lease { until: later(now, ttl), ..lease.clone() };
    grant(tx, &lease)?;
    Ok(lease)
}

pub(super) fn release(tx: &Transaction<'_>, lease: &Lease) -> Result<(), Failure> {
    let sql = "UPDATE leases SET until = NULL WHERE name = ?1 AND token = ?2";
    let given_back = tx.prepare_cached(sql)?.execute((&lease.name, lease.token.cast_signed()))?;
    if given_back > 0 {
        tx.prepare_cached("DELETE FROM temp.spilled WHERE lease = ?1")?.execute([&lease.name])?;
    }
    Ok(())
}

/// Puts texts aside. The table is one of this connection alone, outside the file and its log, and gone with it.
pub(super) fn spill(tx: &Transaction<'_>, lease: &Lease, rows: Vec<(u64, String)>) -> Result<(), Failure> {
    check(tx, "spill", lease)?;
    let mut statement =
        tx.prepare_cached("INSERT OR REPLACE INTO temp.spilled (lease, number, text) VALUES (?1, ?2, ?3)")?;
    for (number, text) in rows {
        statement.execute((&lease.name, number.cast_signed(), text))?;
    }
    Ok(())
}

fn grant(tx: &Transaction<'_>, lease: &Lease) -> Result<(), Failure> {
    let sql = "INSERT OR REPLACE INTO leases (name, token, until) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((&lease.name, lease.token.cast_signed(), nanos(lease.until)))?;
    Ok(())
}

fn later(now: DateTime<Utc>, ttl: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(ttl).ok().and_then(|ttl| now.checked_add_signed(ttl)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
