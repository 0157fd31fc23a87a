//! Tokens and where they are kept.

use std::{
    collections::HashMap,
    fmt, fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use sync_core::error::{Error, ErrorKind, Result};

use crate::time::{later, until};

const LOAD: &str = "load token";
const SAVE: &str = "save token";

/// What a sign-in gave. `Debug` shows none of it.
#[derive(Clone)]
pub struct Token {
    /// Goes with each call.
    pub access: SecretString,
    /// Renews it, where the vendor gives one. It may change with every renewal.
    pub refresh: Option<SecretString>,
    /// When it was asked for.
    pub obtained_at: DateTime<Utc>,
    /// When it ends; `None`: unknown, used until it is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// The identity token of a login with `openid`; for the connector to read, never stored.
    pub identity: Option<SecretString>,
}

impl Token {
    /// A token asked for at `obtained_at` that lives for `lifetime`.
    pub fn new(access: SecretString, obtained_at: DateTime<Utc>, lifetime: Option<Duration>) -> Self {
        let expires_at = lifetime.map(|lifetime| later(obtained_at, lifetime));
        Self { access, refresh: None, obtained_at, expires_at, identity: None }
    }
    /// Adds what renews it.
    #[must_use]
    pub fn with_refresh(self, refresh: Option<SecretString>) -> Self {
        Self { refresh, ..self }
    }
    /// Whether it may still be used at `now`: it ends later than `margin` from then, or than a quarter of its life if
    /// that is less, since a margin must not make a short token useless.
    pub fn is_fresh(&self, now: DateTime<Utc>, margin: Duration) -> bool {
        let Some(end) = self.expires_at else { return true };
        let margin = margin.min(until(self.obtained_at, end) / 4);
        later(now, margin) < end
    }
    /// Whether both have the same access token.
    pub(crate) fn same_access(&self, other: &Self) -> bool {
        self.access.expose_secret() == other.access.expose_secret()
    }
    /// Whether both renew with the same refresh token.
    pub(crate) fn same_refresh(&self, other: &Self) -> bool {
        let text = |token: &Self| token.refresh.as_ref().map(|refresh| refresh.expose_secret().to_owned());
        text(self) == text(other)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("obtained_at", &self.obtained_at)
            .field("expires_at", &self.expires_at)
            .field("renewable", &self.refresh.is_some())
            .finish_non_exhaustive()
    }
}

/// Where tokens survive the program. One entry per connection, under the connection's name.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The token kept under `key`; `None` if there is none.
    ///
    /// Errors: `Config` when it is kept unsafely, `Store` when it cannot be read.
    async fn load(&self, key: &str) -> Result<Option<Token>>;
    /// Keeps `token` under `key`, for good when this comes back: the old one may be dead already.
    ///
    /// Errors: `Config` for an unusable key, `Store` when it cannot be written.
    async fn save(&self, key: &str, token: &Token) -> Result<()>;
}

/// Tokens that live as long as the program: for vendors that give a new one for the asking, and for tests.
#[derive(Debug, Default)]
pub struct MemoryTokens(Mutex<HashMap<String, Token>>);

impl MemoryTokens {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl TokenStore for MemoryTokens {
    async fn load(&self, key: &str) -> Result<Option<Token>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }
    async fn save(&self, key: &str, token: &Token) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), token.clone());
        Ok(())
    }
}

/// One file per connection in a folder: `<key>.token.json`, readable by its owner alone, replaced in one step.
///
/// Needs a tokio runtime: files are read and written beside it.
#[derive(Clone, Debug)]
pub struct FileTokens {
    folder: PathBuf,
}

/// The stored form, version 1. Read as long as the versions that wrote it are supported.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
    obtained_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl FileTokens {
    /// Tokens in `folder`, which is made when the first one is saved.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
    fn path(&self, operation: &'static str, key: &str) -> Result<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.is_empty() || key.starts_with('.') || !key.chars().all(plain) {
            let message = format!("«{key}» cannot name a token file: use letters, digits, '-', '_' and '.'");
            return Err(Error::new(ErrorKind::Config, operation, message));
        }
        Ok(self.folder.join(format!("{key}.token.json")))
    }
}

#[async_trait]
impl TokenStore for FileTokens {
    async fn load(&self, key: &str) -> Result<Option<Token>> {
        let path = self.path(LOAD, key)?;
        beside(LOAD, move || read(&path)).await
    }
    async fn save(&self, key: &str, token: &Token) -> Result<()> {
        let path = self.path(SAVE, key)?;
        let (folder, token) = (self.folder.clone(), token.clone());
        beside(SAVE, move || write(&folder, &path, &token)).await
    }
}

async fn beside<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Internal, operation, "the work on the token file was broken off; run it again"))
    })
}

fn read(path: &Path) -> Result<Option<Token>> {
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(LOAD, path, "cannot be opened", error)),
    };
    check_mode(path, &file)?;
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(|error| failed(LOAD, path, "cannot be read", error))?;
    let damaged = || {
        let message = format!("the token file {} is damaged; remove it and log in again", path.display());
        Error::new(ErrorKind::Config, LOAD, message)
    };
    // the number first: a later form may have other fields
    let Format { format } = serde_json::from_str(&text).map_err(|_| damaged())?;
    if format != 1 {
        let message = format!("the token file {} was written by a newer version; use that one", path.display());
        return Err(Error::new(ErrorKind::Config, LOAD, message));
    }
    let stored: Stored = serde_json::from_str(&text).map_err(|_| damaged())?;
    Ok(Some(Token {
        access: stored.access.into(),
        refresh: stored.refresh.map(SecretString::from),
        obtained_at: stored.obtained_at,
        expires_at: stored.expires_at,
        identity: None,
    }))
}

#[cfg(unix)]
fn check_mode(path: &Path, file: &fs::File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(|error| failed(LOAD, path, "cannot be looked at", error))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = format!(
        "the token file {path} may be read by others (mode {:03o}); whoever did read it can act in your name: \
         run «chmod 600 {path}», and log in again if others use this machine",
        mode & 0o777,
        path = path.display(),
    );
    Err(Error::new(ErrorKind::Config, LOAD, message))
}

#[cfg(not(unix))]
fn check_mode(_path: &Path, _file: &fs::File) -> Result<()> {
    Ok(())
}

fn write(folder: &Path, path: &Path, token: &Token) -> Result<()> {
    let fault = |error| failed(SAVE, path, "cannot be written", error);
    make_folder(folder).map_err(fault)?;
    let stored = Stored {
        format: 1,
        access: token.access.expose_secret().to_owned(),
        refresh: token.refresh.as_ref().map(|refresh| refresh.expose_secret().to_owned()),
        obtained_at: token.obtained_at,
        expires_at: token.expires_at,
    };
    let text = Zeroizing::new(serde_json::to_vec(&stored).map_err(|error| fault(error.into()))?);
    // tempfile makes it readable by the owner alone, and beside its goal, so that the rename is one step
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
    file.write_all(&text).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    file.persist(path).map_err(|error| fault(error.error))?;
    // the rename itself must survive a power cut too
    #[cfg(unix)]
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault)?;
    Ok(())
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn failed(operation: &'static str, path: &Path, what: &str, error: io::Error) -> Error {
    let message = format!("the token file {} {what}: {error}", path.display());
    Error::new(ErrorKind::Store, operation, message).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn token() -> Token {
        Token::new("acc-1".into(), at(0), Some(Duration::from_secs(3600))).with_refresh(Some("ref-1".into()))
    }

    #[test]
    fn a_token_ends_a_margin_early_and_a_short_one_is_still_of_use() {
        let minute = Duration::from_secs(60);
        assert!(token().is_fresh(at(3539), minute));
        assert!(!token().is_fresh(at(3540), minute));
        let short = Token::new("x".into(), at(0), Some(Duration::from_secs(40)));
        assert!(short.is_fresh(at(29), minute) && !short.is_fresh(at(30), minute));
        assert!(Token::new("x".into(), at(0), None).is_fresh(at(1 << 40), minute));
    }

    #[tokio::test]
    async fn a_file_keeps_a_token_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileTokens::new(folder.path().join("deep/er"));
        assert!(store.load("shop").await.unwrap().is_none());
        store.save("shop", &token()).await.unwrap();
        store.save("shop", &token().with_refresh(Some("ref-2".into()))).await.unwrap();
        let read = store.load("shop").await.unwrap().unwrap();
        assert_eq!(read.access.expose_secret(), "acc-1");
        assert_eq!(read.refresh.unwrap().expose_secret(), "ref-2");
        assert_eq!(read.expires_at, Some(at(3600)));
        let files: Vec<_> = fs::read_dir(folder.path().join("deep/er")).unwrap().collect();
        assert_eq!(files.len(), 1, "no temporary file stays behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = folder.path().join("deep/er/shop.token.json");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            let error = store.load("shop").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains("mode 640") && error.message().contains("chmod 600"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_damaged_file_is_said_to_be_so_and_its_content_stays_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileTokens::new(folder.path());
        for text in ["", "{\"access\":\"acc-1\"", r#"{"format":2,"access":{"key":"acc-1"}}"#] {
            let path = folder.path().join("shop.token.json");
            fs::write(&path, text).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            let error = store.load("shop").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
            assert!(!format!("{error:?}").contains("acc-1"));
        }
    }

    #[tokio::test]
    async fn a_key_cannot_leave_the_folder() {
        let store = FileTokens::new("/nowhere");
        for key in ["", "../x", ".x", "a/b", "å"] {
            assert_eq!(store.load(key).await.unwrap_err().kind(), ErrorKind::Config, "{key}");
            assert_eq!(store.save(key, &token()).await.unwrap_err().kind(), ErrorKind::Config, "{key}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?}", token());
        assert!(!shown.contains("acc-1") && !shown.contains("ref-1"), "{shown}");
    }
}
