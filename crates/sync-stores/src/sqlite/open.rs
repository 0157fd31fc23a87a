//! Making and opening the file: its rights, its format, and the steps from older formats to this one.

use std::{fs::File, path::Path};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, vtab::array};
use sync_core::{Error, ErrorKind};
use uuid::Uuid;

use super::fault::Failure;

/// "Samk": tells `file` and us whose database this is.
pub(super) const APPLICATION: i32 = 0x5361_6d6b;

/// What leads from each format to the next; the first from nothing to format 1.
pub(super) const STEPS: &[&str] = &[include_str!("format-1.sql")];

/// What runs put aside: in a file of SQLite's own that has no name and goes with the connection.
const SPILLED: &str =
    "CREATE TEMP TABLE spilled (lease TEXT, number INTEGER, text TEXT, UNIQUE (lease, number)) STRICT";

/// A connection, and for a file that somebody has it open.
pub(super) type Opened = (Connection, Option<Presence>);

/// Opens the file, or makes it with this store id.
pub(super) fn file(path: &Path, id_if_new: Uuid) -> Result<Opened, Failure> {
    make(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = prepared(Connection::open_with_flags(path, flags)?, path, id_if_new)?;
    let presence = Presence::announce(path)?;
    if presence.was_alone {
        // whoever held a lease is gone: it has run out
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute("UPDATE leases SET until = 0 WHERE until IS NOT NULL", ())?;
        step.commit()?;
    }
    Ok((connection, Some(presence)))
}

/// A lock beside the file that lasts as long as its process: every process that has the store open shares it, so that
/// whoever can have it for itself is alone.
#[derive(Debug)]
pub(super) struct Presence {
    was_alone: bool,
    _lock: File,
}

impl Presence {
    fn announce(path: &Path) -> Result<Self, Failure> {
        let mut beside = path.as_os_str().to_owned();
        beside.push("-open");
        let mut how = File::options();
        how.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
        let lock = how.open(beside)?;
        let was_alone = lock.try_lock().is_ok();
        if was_alone {
            lock.unlock()?;
        }
        lock.lock_shared()?;
        Ok(Self { was_alone, _lock: lock })
    }
}

/// A store that is gone when it is closed.
pub(super) fn memory(id: Uuid) -> Result<Connection, Failure> {
    prepared(Connection::open_in_memory()?, Path::new(":memory:"), id)
}

/// The file holds personal data, and SQLite would make it readable for everybody.
fn make(path: &Path) -> Result<(), Failure> {
    let mut how = std::fs::OpenOptions::new();
    how.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    match how.open(path) {
        Ok(_) => Ok(()),
        Err(there) if there.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn prepared(mut connection: Connection, path: &Path, id_if_new: Uuid) -> Result<Connection, Failure> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(96);
    // before anything is changed, and at one moment: another process may be making the file right now
    refuse_strangers(&*connection.transaction()?, path, STEPS.len())?;
    log_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // a page that many commits change goes from the log to the file once
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    // KiB: what a batch of records touches has room
    connection.pragma_update(None, "cache_size", -4096)?;
    // what is deleted is overwritten: `forget` must reach copies that earlier changes left in the file too
    connection.pragma_update(None, "secure_delete", true)?;
    array::load_module(&connection)?;
    migrate(&mut connection, path, STEPS, id_if_new)?;
    connection.execute_batch(SPILLED)?;
    Ok(connection)
}

/// Switches to the write-ahead log, which lets readers go on beside a writer. SQLite does not wait by itself when several
/// processes switch a new file at once; it does wait for the right to write, and by then another one has switched.
fn log_ahead(connection: &Connection) -> Result<(), Failure> {
    for _ in 0..20 {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
            }
            switched => return Ok(switched?),
        }
    }
    Ok(connection.pragma_update(None, "journal_mode", "WAL")?)
}

/// The format of the file: 0 for an empty one.
fn format_of(connection: &Connection) -> Result<usize, Failure> {
    let format: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(format).unwrap_or(usize::MAX))
}

fn refuse_strangers(connection: &Connection, path: &Path, newest: usize) -> Result<(), Failure> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let format = format_of(connection)?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    let empty = application == 0 && format == 0 && tables == 0;
    let path = path.display();
    if application != APPLICATION && !empty {
        let text = format!("{path} is the database of another program; name another file as `store`");
        return Err(Error::new(ErrorKind::Store, "open the store", text).into());
    }
    if format > newest {
        let text = format!(
            "{path} has format {format}, and this release knows formats up to {newest}; install a newer release"
        );
        return Err(Error::new(ErrorKind::Store, "open the store", text).into());
    }
    Ok(())
}

fn migrate(connection: &mut Connection, path: &Path, steps: &[&str], id_if_new: Uuid) -> Result<(), Failure> {
    if format_of(connection)? == steps.len() {
        return Ok(());
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    refuse_strangers(&step, path, steps.len())?; // another process may have been faster
    let before = format_of(&step)?;
    for text in steps.iter().skip(before) {
        step.execute_batch(text)?;
    }
    if before == 0 {
        step.execute("INSERT INTO store (one, id, changes) VALUES (1, ?1, 0)", [id_if_new.as_bytes()])?;
        step.pragma_update(None, "application_id", APPLICATION)?;
    }
    step.pragma_update(None, "user_version", super::rows::limit(steps.len()))?;
    Ok(step.commit()?)
}

/// The id that the store was made with.
pub(super) fn identity(transaction: &Transaction<'_>) -> Result<Uuid, Failure> {
    let id: [u8; 16] = transaction.prepare_cached("SELECT id FROM store")?.query_row((), |row| row.get(0))?;
    Ok(Uuid::from_bytes(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "a.db";

    #[test]
    fn each_format_has_its_step() {
        assert_eq!(u32::try_from(STEPS.len()).unwrap(), sync_core::store::FORMAT);
    }

    #[test]
    fn an_older_format_is_brought_forward_and_keeps_its_content() {
        let mut connection = memory(Uuid::from_u128(7)).unwrap();
        let steps = [STEPS[0], "CREATE TABLE more (n INTEGER) STRICT; INSERT INTO more SELECT changes + 5 FROM store;"];
        migrate(&mut connection, Path::new(PLACE), &steps, Uuid::nil()).unwrap();
        assert_eq!(format_of(&connection).unwrap(), 2);
        let (n, id): (i64, [u8; 16]) =
            connection.query_row("SELECT n, id FROM more, store", (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!((n, Uuid::from_bytes(id)), (5, Uuid::from_u128(7)));
        migrate(&mut connection, Path::new(PLACE), &steps, Uuid::nil()).unwrap();

        let refused = migrate(&mut connection, Path::new(PLACE), STEPS, Uuid::nil()).unwrap_err();
        assert!(refused.told("x", Path::new(PLACE)).message().contains("has format 2"));
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let mut connection = memory(Uuid::from_u128(7)).unwrap();
        let steps = [STEPS[0], "CREATE TABLE more (n INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"];
        assert!(migrate(&mut connection, Path::new(PLACE), &steps, Uuid::nil()).is_err());
        assert_eq!(format_of(&connection).unwrap(), 1);
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'more'", (), |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn the_settings_that_durability_rests_on_are_on() {
        let dir = tempfile::tempdir().unwrap();
        let (connection, _presence) = file(&dir.path().join(PLACE), Uuid::nil()).unwrap();
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((mode.as_str(), number("synchronous"), number("foreign_keys")), ("wal", 2, 1));
        assert_eq!((number("secure_delete"), number("busy_timeout")), (1, 5000));
        assert_eq!(number("application_id"), i64::from(APPLICATION));
    }
}
