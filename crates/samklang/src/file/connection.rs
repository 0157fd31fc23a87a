//! `[connections.<name>]`: which system, and the settings that it takes. Secrets come from outside the file.

use std::{fmt, path::Path, sync::Arc};

use sync_core::policy::Mistake;
use toml::{Table, Value};

use super::{nearest, suggest};
use crate::system::{self, Settings, Slip, System};

/// Reads the surroundings of the program.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Stands where a value is missing or is not fetched, until all mistakes are found. Good as text and as an address.
const STAND_IN: &str = "https://stand-in.invalid/";

/// One connection as configured.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) system: &'static System,
    pub(crate) settings: Arc<dyn Settings>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("system", &self.system.name).finish_non_exhaustive()
    }
}

/// What reading a connection needs beside its table.
pub(super) struct Surroundings<'a> {
    pub(super) env: Env<'a>,
    /// Paths of files are seen from here.
    pub(super) folder: &'a Path,
    /// Whether the values behind `env` and `file` are fetched; commands that call no system do without.
    pub(super) fetch: bool,
}

/// Checks one connection; whatever is wrong goes to `mistakes`.
pub(super) fn read(
    name: &str,
    value: &Value,
    around: &Surroundings<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Connection> {
    let place = format!("connections.{name}");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        let cure = "use letters, digits, - and _: the name becomes part of marks and files";
        mistakes.push(Mistake::new(&place, format!("'{name}' cannot name a connection"), cure));
    }
    let Value::Table(table) = value else {
        mistakes.push(Mistake::new(&place, "a connection is a table", format!("write [connections.{name}]")));
        return None;
    };
    let system = which(&place, table, mistakes)?;
    let mut settings = table.clone();
    settings.remove("system");
    for (key, value) in &mut settings {
        if let Err((fault, cure)) = take(system, key, value, around) {
            mistakes.push(Mistake::new(format!("{place}.{key}"), fault, cure));
            *value = STAND_IN.into();
        }
    }
    let settings = checked(system, &place, settings, mistakes)?;
    Some(Connection { system, settings })
}

fn which(place: &str, table: &Table, mistakes: &mut Vec<Mistake>) -> Option<&'static System> {
    let names: Vec<&str> = system::ALL.iter().map(|system| system.name).collect();
    let Some(value) = table.get("system") else {
        let cure = format!("add system = \"...\", one of {}", names.join(", "));
        mistakes.push(Mistake::new(place, "the key 'system' is missing", cure));
        return None;
    };
    let found = value.as_str().and_then(system::named);
    if found.is_none() {
        let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let place = format!("{place}.system");
        mistakes.push(Mistake::new(place, format!("unknown system '{word}'"), suggest(&word, &names)));
    }
    found
}

type Wrong = (String, String);

/// Puts what stands outside the file in its place; refuses a secret that stands in it.
fn take(system: &System, key: &str, value: &mut Value, around: &Surroundings<'_>) -> Result<(), Wrong> {
    let kept = match &*value {
        Value::Table(table) => table.get_key_value("env").or_else(|| table.get_key_value("file")),
        _ => None,
    };
    if let Some((kind, place)) = kept {
        *value = outside(key, kind, place, around)?.into();
    } else if system.secrets.contains(&key) {
        let variable = key.to_uppercase();
        let cure = format!(
            "write {key} = {{ env = \"{variable}\" }} or {{ file = \"...\" }}, and change the secret: whoever has seen the file knows it"
        );
        return Err(("a secret must not stand here in clear".to_owned(), cure));
    }
    Ok(())
}

/// A value that is kept outside of the file.
fn outside(key: &str, kind: &str, place: &Value, around: &Surroundings<'_>) -> Result<String, Wrong> {
    let Value::String(place) = place else {
        let cure = format!("write {key} = {{ env = \"NAME\" }} or {{ file = \"path\" }}");
        return Err(("this names no place to take the value from".to_owned(), cure));
    };
    if !around.fetch {
        return Ok(STAND_IN.to_owned());
    }
    let value = if kind == "env" {
        let cure = format!("set {place} before the program starts, or name another");
        (around.env)(place).ok_or((format!("the environment has no variable {place}"), cure))?
    } else {
        let path = around.folder.join(place);
        std::fs::read_to_string(&path).map_err(|error| {
            let cure = "make the file, with the value as its only line, or name another".to_owned();
            (format!("the file {} cannot be read: {error}", path.display()), cure)
        })?
    };
    match value.trim() {
        "" => Err((format!("there is nothing in {place}"), "put the value there".to_owned())),
        value => Ok(value.to_owned()),
    }
}

/// Reads the settings again and again, each time without the slip that was found last.
fn checked(
    system: &System,
    place: &str,
    mut settings: Table,
    mistakes: &mut Vec<Mistake>,
) -> Option<Arc<dyn Settings>> {
    let mut slipped = false;
    loop {
        let slip = match (system.read)(settings.clone()) {
            Ok(settings) => return (!slipped).then_some(settings),
            Err(slip) => slip,
        };
        if slipped && let Some(word) = word_for(&settings, &slip) {
            // what is missing takes one of a few words, and now they are known
            let missing = format!("the key '{}' is missing", word.0);
            let told = mistakes.iter_mut().rev().find(|told| told.place == place && told.fault == missing);
            if let (Some(told), Slip::Wrong { cure: Some(cure), .. }) = (told, &slip) {
                told.cure = format!("add {} = \"...\": {cure}", word.0);
            }
            settings.extend([word]);
            continue;
        }
        slipped = true;
        let mistake = match &slip {
            Slip::Unknown { path, key, allowed } => {
                let mut allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
                if path.is_empty() {
                    allowed.insert(0, "system");
                }
                Mistake::new(joined(place, path, Some(key)), format!("unknown key '{key}'"), suggest(key, &allowed))
            }
            Slip::Missing { path, key } => {
                let value = if system.secrets.contains(&key.as_str()) { "{ env = \"...\" }" } else { "..." };
                let fault = format!("the key '{key}' is missing");
                Mistake::new(joined(place, path, None), fault, format!("add {key} = {value}"))
            }
            Slip::Wrong { path, fault, cure } => Mistake::new(
                joined(place, path, None),
                fault,
                cure.clone().unwrap_or_else(|| format!("see docs/guide/command-line.md, {}", system.name)),
            ),
        };
        // a wrong value was taken out, to see what else there is: that its key is missing now is no mistake of anybody's
        let wrong_before = match &slip {
            Slip::Missing { path, key } => {
                let place = joined(place, path, Some(key));
                mistakes.iter().any(|told| told.place == place)
            }
            _ => false,
        };
        if !wrong_before {
            mistakes.push(mistake);
        }
        if !without(&mut settings, &slip) {
            return None;
        }
    }
}

fn joined(place: &str, path: &[String], key: Option<&String>) -> String {
    let steps = std::iter::once(place).chain(path.iter().chain(key).map(String::as_str));
    steps.fold(String::new(), |place, step| match step {
        step if place.is_empty() || step.starts_with('[') => place + step,
        step => place + "." + step,
    })
}

/// A key was missing, and takes none but some words: one of these stands in for it then.
fn word_for(settings: &Table, slip: &Slip) -> Option<(String, Value)> {
    let Slip::Wrong { path, cure: Some(cure), .. } = slip else { return None };
    let [key] = path.as_slice() else { return None };
    let stands_in = settings.get(key).and_then(Value::as_str) == Some(STAND_IN);
    let word = cure.strip_prefix("write one of ")?.split(", ").next()?;
    stands_in.then(|| (key.clone(), word.into()))
}

/// Takes the slip out, so that the next one can be seen. False if that cannot be done.
fn without(settings: &mut Table, slip: &Slip) -> bool {
    match slip {
        Slip::Unknown { path, key, allowed } => at(settings, path).is_some_and(|table| {
            let removed = table.remove(key).is_some();
            // a key that was only misspelt is not missing
            if let Some(meant) = nearest(key, allowed.iter().map(String::as_str))
                && !table.contains_key(meant)
            {
                table.insert(meant.to_owned(), STAND_IN.into());
            }
            removed
        }),
        Slip::Missing { path, key } => {
            at(settings, path).is_some_and(|table| table.insert(key.clone(), STAND_IN.into()).is_none())
        }
        Slip::Wrong { path, .. } => path.first().is_some_and(|key| match settings.get(key) {
            Some(Value::String(text)) if text == STAND_IN => false, // no text: what else is wrong shows next time
            Some(_) => settings.remove(key).is_some(),
            None => false,
        }),
    }
}

fn at<'a>(table: &'a mut Table, path: &[String]) -> Option<&'a mut Table> {
    path.iter().try_fold(table, |table, key| table.get_mut(key)?.as_table_mut())
}
