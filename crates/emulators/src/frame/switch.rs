//! Named settings for what a vendor's documentation leaves open.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Refused;

/// One thing that a vendor's documentation leaves open, or in which tenants differ. A vendor keeps each as a constant,
/// asks for it by that (`cx.switches.is(&ECHO, "on")`) and lists them all in [`Vendor::switches`](super::Vendor::switches).
#[derive(Debug)]
pub struct Switch {
    /// The name in `POST /_emulator/switches`.
    pub name: &'static str,
    /// What it decides and why it is open.
    pub about: &'static str,
    /// The values that it takes, with the default.
    pub allowed: Allowed,
}

/// A switch between words; the first is the default.
#[cfg(any(feature = "starweb", feature = "visma-net", feature = "webcrm"))]
pub(crate) const fn words(name: &'static str, words: &'static [&'static str], about: &'static str) -> Switch {
    Switch { name, about, allowed: Allowed::Words(words) }
}

/// A switch with a number.
#[cfg(any(feature = "starweb", feature = "visma-net", feature = "webcrm"))]
pub(crate) const fn number(name: &'static str, min: i64, max: i64, default: i64, about: &'static str) -> Switch {
    Switch { name, about, allowed: Allowed::Number { min, max, default } }
}

/// Constants for the switches of a vendor, and `ALL` of them for the control interface.
#[cfg(any(feature = "starweb", feature = "visma-net", feature = "webcrm"))]
macro_rules! switches {
    ($($constant:ident = $switch:expr;)*) => {
        $(pub(super) const $constant: Switch = $switch;)*
        /// All of them, for the control interface.
        pub(super) static ALL: &[Switch] = &[$($constant),*];
    };
}
#[cfg(any(feature = "starweb", feature = "visma-net", feature = "webcrm"))]
pub(crate) use switches;

/// The values that a switch takes.
#[derive(Debug)]
pub enum Allowed {
    /// One of these words; the first is the default.
    Words(&'static [&'static str]),
    /// A whole number.
    Number {
        /// The least allowed.
        min: i64,
        /// The greatest allowed.
        max: i64,
        /// What it is unless set.
        default: i64,
    },
}

impl Allowed {
    fn default_value(&self) -> Value {
        match self {
            Self::Words(words) => json!(words.first()),
            Self::Number { default, .. } => json!(default),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Words(words) => words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", "),
            Self::Number { min, max, .. } => format!("a whole number from {min} to {max}"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Setting {
    Word(&'static str),
    Number(i64),
}

/// How the switches of one emulator stand.
#[derive(Debug)]
pub struct Switches {
    known: &'static [Switch],
    set: BTreeMap<&'static str, Setting>,
}

impl Switches {
    /// All of `known` at their defaults.
    pub fn new(known: &'static [Switch]) -> Self {
        Self { known, set: BTreeMap::new() }
    }

    /// The word that `switch` stands at; empty for a switch that takes a number.
    pub fn word(&self, switch: &Switch) -> &'static str {
        match (self.set.get(switch.name), &switch.allowed) {
            (Some(Setting::Word(word)), _) => word,
            (_, Allowed::Words(words)) => words.first().copied().unwrap_or_default(),
            _ => "",
        }
    }

    /// Whether `switch` stands at `word`.
    pub fn is(&self, switch: &Switch, word: &str) -> bool {
        self.word(switch) == word
    }

    /// The number that `switch` stands at; 0 for a switch that takes a word.
    pub fn number(&self, switch: &Switch) -> i64 {
        match (self.set.get(switch.name), &switch.allowed) {
            (Some(Setting::Number(number)), _) => *number,
            (_, Allowed::Number { default, .. }) => *default,
            _ => 0,
        }
    }

    /// Sets all of `values` or, if one is not allowed, none.
    ///
    /// # Errors
    /// An unknown name or a value that the switch does not take; the text lists what is known or allowed.
    pub fn set(&mut self, values: &Map<String, Value>) -> Result<(), Refused> {
        let checked = values.iter().map(|(name, value)| self.check(name, value)).collect::<Result<Vec<_>, _>>()?;
        self.set.extend(checked);
        Ok(())
    }

    fn check(&self, name: &str, value: &Value) -> Result<(&'static str, Setting), Refused> {
        let Some(switch) = self.known.iter().find(|switch| switch.name == name) else {
            let names = self.known.iter().map(|switch| switch.name).collect::<Vec<_>>().join(", ");
            return Err(Refused::new(format!("there is no switch {name:?}; there are: {names}")));
        };
        let setting = match &switch.allowed {
            Allowed::Words(words) => words.iter().find(|word| value == **word).map(|word| Setting::Word(word)),
            Allowed::Number { min, max, .. } => {
                value.as_i64().filter(|number| (min..=max).contains(&number)).map(Setting::Number)
            }
        };
        let refused = || format!("switch {name:?} does not take {value}; allowed: {}", switch.allowed.describe());
        setting.map(|setting| (switch.name, setting)).ok_or_else(|| Refused::new(refused()))
    }

    /// Every switch with its value, default, what is allowed and what it is about.
    pub fn describe(&self) -> Value {
        let entry = |switch: &Switch| {
            let value = match self.set.get(switch.name) {
                Some(Setting::Word(word)) => json!(word),
                Some(Setting::Number(number)) => json!(number),
                None => switch.allowed.default_value(),
            };
            let allowed = match &switch.allowed {
                Allowed::Words(words) => json!(words),
                Allowed::Number { min, max, .. } => json!({ "min": min, "max": max }),
            };
            let default = switch.allowed.default_value();
            json!({ "value": value, "default": default, "allowed": allowed, "about": switch.about })
        };
        Value::Object(self.known.iter().map(|switch| (switch.name.to_owned(), entry(switch))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECHO: Switch = Switch { name: "echo", about: "a word", allowed: Allowed::Words(&["off", "on"]) };
    const SIZE: Switch =
        Switch { name: "size", about: "a number", allowed: Allowed::Number { min: 1, max: 9, default: 5 } };
    static KNOWN: &[Switch] = &[ECHO, SIZE];

    fn values(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn defaults_hold_until_set() {
        let mut switches = Switches::new(KNOWN);
        assert_eq!((switches.word(&ECHO), switches.number(&SIZE)), ("off", 5));
        switches.set(&values(json!({ "echo": "on", "size": 9 }))).unwrap();
        assert!(switches.is(&ECHO, "on"));
        assert_eq!(switches.number(&SIZE), 9);
        assert_eq!(switches.describe()["size"]["value"], json!(9));
    }

    #[test]
    fn one_bad_value_refuses_them_all_in_words() {
        let mut switches = Switches::new(KNOWN);
        let error = switches.set(&values(json!({ "echo": "on", "size": 10 }))).unwrap_err();
        assert_eq!(error.0, "switch \"size\" does not take 10; allowed: a whole number from 1 to 9");
        assert!(switches.is(&ECHO, "off"));
        let error = switches.set(&values(json!({ "loud": true }))).unwrap_err();
        assert_eq!(error.0, "there is no switch \"loud\"; there are: echo, size");
        assert!(switches.set(&values(json!({ "echo": "maybe" }))).is_err());
    }
}
