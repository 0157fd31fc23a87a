//! What can go wrong with a file, in words for whoever must act.

use std::path::Path;

use rusqlite::ErrorCode;
use sync_core::{Error, ErrorKind, Retry};

/// Why a job of the store failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite says so.
    Sqlite(rusqlite::Error),
    /// A stored body cannot be read, or one cannot be written.
    Body(serde_json::Error),
    /// A packed one cannot be read.
    Packed(rmp_serde::decode::Error),
    /// A packed one cannot be written.
    Packing(rmp_serde::encode::Error),
    /// The file cannot be made.
    File(std::io::Error),
    /// Said in full already.
    Said(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Body(error)
    }
}
impl From<rmp_serde::encode::Error> for Failure {
    fn from(error: rmp_serde::encode::Error) -> Self {
        Self::Packing(error)
    }
}
impl From<rmp_serde::decode::Error> for Failure {
    fn from(error: rmp_serde::decode::Error) -> Self {
        Self::Packed(error)
    }
}
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Said(error)
    }
}

impl Failure {
    /// The error that leaves the store.
    pub(super) fn told(self, operation: &'static str, path: &Path) -> Error {
        match self {
            Self::Said(error) => error,
            Self::Body(error) => spoilt(operation, path, error),
            Self::Packed(error) => spoilt(operation, path, error),
            Self::Packing(error) => spoilt(operation, path, error),
            Self::File(error) => {
                let text = format!("{} cannot be made: {error}; see that its folder exists and may be written to", {
                    path.display()
                });
                Error::new(ErrorKind::Store, operation, text).with_source(error)
            }
            Self::Sqlite(error) => {
                let code = error.sqlite_error_code();
                let mut told = Error::new(ErrorKind::Store, operation, line(code, path)).with_detail(error.to_string());
                if matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) {
                    told = told.with_retry(Retry::Later { after: None });
                }
                told.with_source(error)
            }
        }
    }
}

fn spoilt(operation: &'static str, path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let text = format!("an entry in {} cannot be read; was it changed by hand? Restore it", path.display());
    Error::new(ErrorKind::Store, operation, text).with_detail(error.to_string()).with_source(error)
}

fn line(code: Option<ErrorCode>, path: &Path) -> String {
    let path = path.display();
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("{path} is locked by another program; close what has it open, or try again")
        }
        Some(ErrorCode::NotADatabase) => {
            format!("{path} is no state file; name another file as `store`, or restore this one")
        }
        Some(ErrorCode::DiskFull) => {
            format!("the disk of {path} is full; free some space and try again, nothing was half written")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            format!("{path} may not be written to; give this user the right to write the file and its folder")
        }
        Some(ErrorCode::CannotOpen) => {
            format!("{path} cannot be opened; see that its folder exists and that this user may write there")
        }
        Some(ErrorCode::DatabaseCorrupt) => format!("{path} is damaged; restore it from a copy"),
        Some(ErrorCode::SystemIoFailure) => {
            format!("reading or writing {path} failed; see that the disk is in order and connected")
        }
        _ => format!("{path} did not do what it was asked; try again, and report it if that does not help"),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_fault_of_a_file_says_what_to_do() {
        for (code, what) in [
            (ffi::SQLITE_BUSY, "locked"),
            (ffi::SQLITE_NOTADB, "no state file"),
            (ffi::SQLITE_FULL, "free some space"),
            (ffi::SQLITE_READONLY, "right to write"),
            (ffi::SQLITE_READONLY_DIRECTORY, "right to write"),
            (ffi::SQLITE_CANTOPEN, "folder exists"),
            (ffi::SQLITE_CORRUPT, "restore"),
            (ffi::SQLITE_IOERR, "the disk is in order"),
            (ffi::SQLITE_MISUSE, "report it"),
        ] {
            let failure = Failure::Sqlite(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            let error = failure.told("commit", Path::new("/srv/a.db"));
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(error.message().contains("/srv/a.db") && error.message().contains(what), "{error}");
            assert!(!error.message().contains('\n') && error.detail().is_some());
        }
    }
}
