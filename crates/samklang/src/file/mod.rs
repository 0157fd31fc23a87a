//! The configuration: one TOML file, perhaps on top of a preset, perhaps with a key replaced on the command line.

mod connection;
mod layers;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use std::sync::Arc;

use sync_core::{
    Clock, Engine,
    engine::Builder,
    policy::{Mistake, Policy},
    store::StateStore,
};
use toml::{Table, Value};

use connection::Surroundings;
pub(crate) use connection::{Connection, Env};
use layers::Layers;

use crate::{fail::Failure, plugins::Plugins, preset};

/// The file's top-level keys: ours, then the policy's.
pub(crate) const KEYS: [&str; 7] = ["preset", "store", "tokens", "connections", "entities", "tables", "guards"];
/// Those of them that the policy does not know.
const OURS: [&str; 4] = ["preset", "store", "tokens", "connections"];

/// A configuration without mistakes of form.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) connections: BTreeMap<String, Connection>,
    pub(crate) policy: Policy,
    /// The state file.
    pub(crate) store: PathBuf,
    /// The folder that tokens of logins are kept in.
    pub(crate) tokens: PathBuf,
    pub(crate) plugins: Plugins,
    path: PathBuf,
    layers: Layers,
}

/// Where a configuration comes from.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `--config`.
    pub(crate) path: PathBuf,
    /// `--set`, in order.
    pub(crate) sets: Vec<String>,
}

impl Asked {
    /// Reads and checks everything that can be checked without calling a system. With `fetch`, what `{ env }` and
    /// `{ file }` stand for is looked up too.
    ///
    /// # Errors
    /// All mistakes at once.
    pub(crate) fn load(&self, env: Env<'_>, fetch: bool) -> Result<Config, Failure> {
        let text = std::fs::read_to_string(&self.path).map_err(|error| {
            let path = self.path.display();
            Failure::usage(format!("the configuration {path} cannot be read: {error}; name another with --config"))
        })?;
        self.read(&text, env, fetch).map_err(|mistakes| self.told(&mistakes))
    }

    fn read(&self, text: &str, env: Env<'_>, fetch: bool) -> Result<Config, Vec<Mistake>> {
        let layers = self.layers(text)?;
        let folder = self.path.parent().unwrap_or(Path::new("")).to_owned();
        let mut mistakes = Vec::new();
        let mut table = layers.merged().clone();
        strangers(&mut table, &mut mistakes);
        switched_off(&mut table);
        let around = Surroundings { env, folder: &folder, fetch };
        let connections = connections(&table, &around, &mut mistakes);
        let mut path = |key: &str, default: &str| match table.get(key) {
            None => folder.join(default),
            Some(Value::String(path)) if !path.is_empty() => folder.join(path),
            Some(_) => {
                mistakes.push(Mistake::new(
                    key,
                    "this is no path",
                    format!("write text in quotes: {key} = \"{default}\""),
                ));
                folder.join(default)
            }
        };
        let (store, tokens) = (path("store", "samklang.db"), path("tokens", "samklang.tokens"));
        let policy = match Policy::from_toml_beside(&table.to_string(), &OURS) {
            Ok(policy) => policy,
            Err(more) => {
                mistakes.extend(more);
                Policy::default()
            }
        };
        if !mistakes.is_empty() {
            return Err(layers.place(mistakes));
        }
        let plugins = Plugins::default();
        Ok(Config { connections, policy, store, tokens, plugins, path: self.path.clone(), layers })
    }

    /// Preset, file and command line on top of each other.
    fn layers(&self, text: &str) -> Result<Layers, Vec<Mistake>> {
        let mut own = Layers::default();
        own.lay("", text)?;
        self.sets.iter().try_for_each(|pair| own.set(pair))?;
        let Some(name) = own.merged().get("preset") else { return Ok(own) };
        let known = name.as_str().and_then(preset::named);
        let Some(preset) = known else {
            let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
            let names: Vec<&str> = preset::ALL.iter().map(|preset| preset.name).collect();
            let mistake = Mistake::new("preset", format!("unknown preset '{name}'"), suggest(&name, &names));
            return Err(own.place(vec![mistake]));
        };
        let mut layers = Layers::default();
        layers.lay(&format!("preset {}", preset.name), preset.text)?;
        layers.lay("", text)?;
        self.sets.iter().try_for_each(|pair| layers.set(pair))?;
        Ok(layers)
    }

    fn told(&self, mistakes: &[Mistake]) -> Failure {
        told(&self.path, mistakes)
    }
}

impl Config {
    /// The same where the program brings code that the file can name.
    pub(crate) fn with(mut self, plugins: &Plugins) -> Self {
        self.plugins = plugins.clone();
        self
    }
    /// An engine that lacks only its systems.
    pub(crate) fn engine(&self, store: Arc<dyn StateStore>, clock: Arc<dyn Clock>) -> Builder {
        let builder = Engine::builder(store, clock).policy(self.policy.clone()).hooks(self.plugins.hooks.clone());
        self.plugins.mappers.iter().fold(builder, |builder, (name, mapper)| builder.mapper(name, mapper.clone()))
    }
    /// Mistakes that showed only when the systems said what they can do.
    pub(crate) fn mistakes(&self, mistakes: Vec<Mistake>) -> Failure {
        told(&self.path, &self.layers.place(mistakes))
    }
}

fn told(path: &Path, mistakes: &[Mistake]) -> Failure {
    let count = match mistakes.len() {
        1 => "1 mistake".to_owned(),
        n => format!("{n} mistakes"),
    };
    let mut failure = Failure::usage(format!("{count} in {}", path.display()));
    failure.more = mistakes.iter().map(ToString::to_string).collect();
    failure
}

/// Takes out top-level keys that nobody reads.
fn strangers(table: &mut Table, mistakes: &mut Vec<Mistake>) {
    let strange: Vec<String> = table.keys().filter(|key| !KEYS.contains(&key.as_str())).cloned().collect();
    for key in strange {
        table.remove(&key);
        mistakes.push(Mistake::new(&key, format!("unknown key '{key}'"), suggest(&key, &KEYS)));
    }
}

/// Takes out rule sets that are switched off: `people = false` under `[entities]`. What a preset brings cannot be left out
/// in another way.
fn switched_off(table: &mut Table) {
    if let Some(Value::Table(entities)) = table.get_mut("entities") {
        entities.retain(|_, entity| *entity != Value::Boolean(false));
    }
}

fn connections(table: &Table, around: &Surroundings<'_>, mistakes: &mut Vec<Mistake>) -> BTreeMap<String, Connection> {
    let table = match table.get("connections") {
        Some(Value::Table(table)) if !table.is_empty() => table,
        _ => {
            let cure = "add [connections.<name>] with system = \"…\", or start from a preset";
            mistakes.push(Mistake::new("connections", "there is no connection", cure));
            return BTreeMap::new();
        }
    };
    let mut read = |(name, value)| Some((String::clone(name), connection::read(name, value, around, mistakes)?));
    table.iter().filter_map(&mut read).collect()
}

/// The word that was meant, and all that are allowed.
pub(crate) fn suggest(word: &str, allowed: &[&str]) -> String {
    match nearest(word, allowed.iter().copied()) {
        Some(near) => format!("did you mean '{near}'? (allowed: {})", allowed.join(", ")),
        None => format!("write one of {}", allowed.join(", ")),
    }
}

/// The word that is so like this one that it was a slip of the hand.
fn nearest<'a>(word: &str, allowed: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let near = allowed.map(|candidate| (strsim::osa_distance(word, candidate), candidate));
    near.filter(|(distance, _)| *distance <= limit).min().map(|(_, near)| near)
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
