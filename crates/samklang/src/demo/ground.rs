//! What every flow needs to be played: emulators that are started, the demo's own settings, a configuration file, and a
//! folder for it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use emulators::{
    Emulator, Options,
    frame::{Entry, Vendor},
};
use tempfile::TempDir;
use toml::Table;

use super::sample;
use crate::fail::Failure;

/// The file that the configuration is written to.
const CONFIG: &str = "samklang.toml";

/// What the demo adds to presets because it belongs to the sample data.
pub(super) struct Own {
    table: Table,
    /// The instant at which a demo begins.
    pub(super) start: DateTime<Utc>,
}

impl Own {
    /// # Errors
    /// The sample data is broken.
    pub(super) fn read() -> Result<Self, Failure> {
        let table: Table = toml::from_str(sample::OWN).map_err(|error| broken(&error))?;
        let start = table.get("start").and_then(toml::Value::as_str).unwrap_or_default();
        Ok(Self { start: start.parse().map_err(|error| broken(&error))?, table })
    }
    /// What stands under a preset's name.
    pub(super) fn of(&self, flow: &str) -> Table {
        self.table.get(flow).and_then(toml::Value::as_table).cloned().unwrap_or_default()
    }
}

/// Writes the configuration of a flow; gives its place.
///
/// # Errors
/// The folder cannot be written to.
pub(super) fn configuration(flow: &str, mut config: Table, folder: &Path) -> Result<PathBuf, Failure> {
    config.insert("preset".to_owned(), flow.into());
    let path = folder.join(CONFIG);
    write(&path, &config.to_string())?;
    Ok(path)
}

/// How many calls there are in a log, those for tokens not counted.
pub(super) fn calls(log: &[Entry]) -> u64 {
    const SIGNING_IN: [&str; 2] = ["/token", "/Auth/ApiLogin"];
    let calls = log.iter().filter(|entry| !SIGNING_IN.iter().any(|path| entry.path.ends_with(path))).count();
    u64::try_from(calls).unwrap_or(u64::MAX)
}

pub(super) async fn started<V: Vendor>(vendor: V, start: DateTime<Utc>) -> Result<Arc<Emulator<V>>, Failure> {
    let started = Emulator::start(vendor, Options::at(start)).await;
    started.map(Arc::new).map_err(|error| Failure::stopped(format!("this machine gives no port: {error}")))
}

pub(super) fn broken(why: &dyn std::fmt::Display) -> Failure {
    Failure::stopped(format!("the sample data is broken: {why}"))
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::stopped(format!("{} cannot be written: {error}", path.display())))
}

/// Sets what leads a connection to its emulator, beside what the demo says of it already; `secret` is the key of what stands
/// in the connection's file of secrets.
pub(super) fn connect(config: &mut Table, name: &str, secret: &str, settings: &[(&str, String)]) {
    let connections = config.entry("connections").or_insert_with(|| Table::new().into());
    let Some(connections) = connections.as_table_mut() else { return };
    let connection = connections.entry(name).or_insert_with(|| Table::new().into());
    let Some(connection) = connection.as_table_mut() else { return };
    for (key, value) in settings {
        connection.insert((*key).to_owned(), value.clone().into());
    }
    let file = Table::from_iter([("file".to_owned(), format!("{name}.secret").into())]);
    connection.insert(secret.to_owned(), file.into());
}

/// Where configuration, state file and tokens lie: a folder that goes when the demo ends, or one to keep.
pub(super) enum Folder {
    Passing(TempDir),
    Kept(PathBuf),
}

impl Folder {
    /// # Errors
    /// It cannot be made, or there is something in it.
    pub(super) fn make(keep: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            let made = tempfile::Builder::new().prefix("samklang-demo").tempdir();
            return made
                .map(Self::Passing)
                .map_err(|error| Failure::stopped(format!("this machine gives no folder for a while: {error}")));
        };
        let cannot = |error| Failure::usage(format!("--keep {} cannot be used: {error}", path.display()));
        fs::create_dir_all(path).map_err(cannot)?;
        if fs::read_dir(path).map_err(cannot)?.next().is_some() {
            let line = format!("--keep {}: there is something in it; name a new or empty folder", path.display());
            return Err(Failure::usage(line));
        }
        Ok(Self::Kept(path.to_owned()))
    }
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Passing(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}
