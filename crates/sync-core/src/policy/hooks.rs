//! Hooks that a rule set names, and those that the program brings.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use toml::Table;

use super::{Entity, Mistake, Policy, read};
use crate::hook::Hook;

/// One row of `[[entities.<name>.hooks]]`: a hook that is on. Rows are called in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table: { hook = \"...\", at = \"...\" }")]
pub struct HookRow {
    /// The name that the program brings it under: [`Hooks::with`].
    pub hook: String,
    /// The connection: it is called when a record of the rule set is read from there, and when one is written there.
    pub at: String,
    /// What the hook itself is to know. It stands in a table of its own, so that no name in it can ever be one of ours.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    pub with: Table,
}

/// Makes a hook out of the `with` of a row.
type Make = Arc<dyn Fn(&Table) -> Result<Arc<dyn Hook>, Mistake> + Send + Sync>;

/// Hooks by the names that rule sets know them by. One that no rule set names is never called.
///
/// ```
/// use serde::Deserialize;
/// use sync_core::hook::{Hook, Outbound, Place, Verdict};
/// use sync_core::policy::{Hooks, Policy};
///
/// /// New records wait for a person.
/// #[derive(Debug, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct AskFirst {
///     whom: String,
/// }
///
/// impl Hook for AskFirst {
///     fn before_write(&self, _: &Place<'_>, write: &Outbound<'_>) -> sync_core::Result<Verdict> {
///         Ok(if write.creates { Verdict::Hold(format!("ask {}", self.whom)) } else { Verdict::Keep })
///     }
/// }
///
/// let policy = Policy::from_toml(r#"
///     [entities.customers]
///     kind   = "organisation"
///     master = "crm"
///     hooks  = [{ hook = "ask_first", at = "erp", with = { whom = "Anna" } }]
///     systems.crm = { read = true }
///     systems.erp = { read = true, create = "always" }
/// "#).unwrap();
/// let brought = Hooks::default().with::<AskFirst>("ask_first"); // for `Builder::hooks`, beside `policy`
/// assert!(policy.entities.values().flat_map(|set| &set.hooks).all(|row| brought.contains(&row.hook)));
/// ```
#[derive(Clone, Default)]
pub struct Hooks(BTreeMap<String, Make>);

impl Hooks {
    /// The same with one more, of two under one name the later. Each row that names it makes a hook of its own out of
    /// the row's `with`; what `H` cannot read of that is a mistake of the policy, told with its line. Checks that serde
    /// does not make belong into `#[serde(try_from = "...")]`; the message that they give is best written as
    /// `what is wrong; what to do`.
    #[must_use]
    pub fn with<H: Hook + DeserializeOwned + 'static>(mut self, name: impl Into<String>) -> Self {
        let make: Make = Arc::new(|with| Ok(Arc::new(read::settings::<H>(with)?)));
        self.0.insert(name.into(), make);
        self
    }
    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
    /// Whether there is one of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// By their names: of code nobody can tell whether it is the same.
impl PartialEq for Hooks {
    fn eq(&self, other: &Self) -> bool {
        self.0.keys().eq(other.0.keys())
    }
}

/// Makes the hooks of all rows and puts them where they are called; gives the mistakes in what they are to know. Rows
/// that name nothing that is there are left to the checks.
pub(super) fn bind(policy: &Policy, brought: &Hooks, entities: &mut [Entity]) -> Vec<Mistake> {
    let mut found = Vec::new();
    for ((name, set), entity) in policy.entities.iter().zip(entities) {
        for (number, row) in set.hooks.iter().enumerate() {
            let Some(make) = brought.0.get(&row.hook) else { continue };
            match make(&row.with) {
                Ok(hook) => {
                    let tables = entity.streams.values_mut();
                    for table in tables.filter(|table| table.key.system.connection() == row.at) {
                        table.hooks.push(hook.clone());
                    }
                }
                Err(mistake) => {
                    let dot = if mistake.place.is_empty() { "" } else { "." };
                    let place = format!("entities.{name}.hooks[{number}].with{dot}{}", mistake.place);
                    found.push(Mistake { place, ..mistake });
                }
            }
        }
    }
    found
}
