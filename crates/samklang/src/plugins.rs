//! Code that the program was given beside its own, by the names that the file knows it by.

use std::collections::BTreeMap;

use sync_core::{mapping::Mapper, policy::Hooks};

/// Mappers and hooks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plugins {
    pub(crate) mappers: BTreeMap<String, Mapper>,
    pub(crate) hooks: Hooks,
}
