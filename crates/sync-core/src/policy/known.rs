//! What a policy may name: connections, and the fields of a rule set's kind.

use std::collections::{BTreeMap, BTreeSet};

use super::{Hooks, RuleSet};
use crate::{
    capability::{Capabilities, StreamCapability},
    id::{EntityKind, StreamId, SystemId},
    mapping::{Mapper, Tables},
    model::{self, FieldSpec, FieldType},
    value::FieldPath,
};

/// The systems at hand, found by their connections' names.
pub(super) struct Known<'a> {
    pub(super) systems: &'a BTreeMap<SystemId, Capabilities>,
    pub(super) mappers: &'a BTreeMap<String, Mapper>,
    pub(super) hooks: &'a Hooks,
    by_connection: BTreeMap<&'a str, &'a SystemId>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        systems: &'a BTreeMap<SystemId, Capabilities>,
        mappers: &'a BTreeMap<String, Mapper>,
        hooks: &'a Hooks,
    ) -> Self {
        let by_connection = systems.keys().map(|system| (system.connection(), system)).collect();
        Self { systems, mappers, hooks, by_connection }
    }
    /// The system that a connection's name stands for.
    pub(super) fn system(&self, connection: &str) -> Option<&'a SystemId> {
        self.by_connection.get(connection).copied()
    }
    /// Names of all connections, in order.
    pub(super) fn connections(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.by_connection.keys().copied()
    }
    /// Streams of a kind at a connection, by name.
    pub(super) fn streams(
        &self,
        connection: &str,
        kind: EntityKind,
    ) -> impl Iterator<Item = (&'a StreamId, &'a StreamCapability)> + use<'a> {
        let capabilities = self.system(connection).and_then(|system| self.systems.get(system));
        capabilities.into_iter().flat_map(|all| &all.streams).filter(move |(_, cap)| cap.kind == kind)
    }
    /// What a field of a connection's streams of a kind holds, if one of them tells.
    pub(super) fn type_of(&self, connection: &str, kind: EntityKind, field: FieldPath) -> Option<FieldType> {
        self.streams(connection, kind)
            .filter(|(_, cap)| cap.fields.contains_key(&field))
            .find_map(|(_, c)| c.type_of(field))
    }
    /// What the fields of one's own hold, as far as that is known: what the fields beside them hold that hold more than
    /// texts. What goes through a table is one of its words, whatever systems keep it as.
    pub(super) fn own_types(&self, set: &RuleSet, tables: &BTreeMap<String, Tables>) -> BTreeMap<FieldPath, FieldType> {
        let mut own = BTreeMap::new();
        for row in set.map.iter().filter(|row| row.field.is_extension() && row.mapper.is_none()) {
            if let Some(table) = row.table.as_ref().and_then(|name| tables.get(name)) {
                let mut words = table.0.values().flat_map(BTreeMap::keys);
                let is_mark = words.all(|word| word.parse::<bool>().is_ok());
                own.insert(row.field, if is_mark { FieldType::Bool } else { FieldType::Text });
                continue;
            }
            let cells =
                row.at.iter().filter_map(|(connection, cell)| self.type_of(connection, set.kind, cell.field()?));
            for ty in cells {
                let known = own.entry(row.field).or_insert(ty);
                if matches!((*known, ty), (FieldType::Text, _) | (FieldType::Int, FieldType::Decimal)) {
                    *known = ty;
                }
            }
        }
        own
    }
    /// Every field that any stream of a kind at a connection has, in the connector's own names.
    pub(super) fn their_fields(&self, connection: &str, kind: EntityKind) -> BTreeSet<FieldPath> {
        self.streams(connection, kind).flat_map(|(_, cap)| cap.fields.keys().copied()).collect()
    }
}

/// The canonical fields that a rule set decides: the model's, and those of one's own that its rows name.
pub(super) struct Leaves {
    pub(super) kind: EntityKind,
    own: BTreeSet<FieldPath>,
}

impl Leaves {
    pub(super) fn of(set: &RuleSet, mappers: &BTreeMap<String, Mapper>) -> Self {
        let by_mapper = set.map.iter().filter_map(|row| mappers.get(row.mapper.as_ref()?)).flat_map(|m| &m.ours);
        let named = set.map.iter().map(|row| &row.field).chain(by_mapper);
        Self { kind: set.kind, own: named.copied().filter(|path| path.is_extension()).collect() }
    }
    /// The row of the model's table, if the field is the model's.
    pub(super) fn spec(&self, path: FieldPath) -> Option<&'static FieldSpec> {
        model::field(self.kind, path)
    }
    pub(super) fn contains(&self, path: FieldPath) -> bool {
        self.own.contains(&path) || self.spec(path).is_some()
    }
    pub(super) fn iter(&self) -> impl Iterator<Item = FieldPath> + '_ {
        model::spec(self.kind).iter().map(|row| row.path).chain(self.own.iter().copied())
    }
    /// What is decided as one: the group of a leaf, or the leaf.
    pub(super) fn unit(&self, leaf: FieldPath) -> FieldPath {
        self.spec(leaf).and_then(|row| row.group).unwrap_or(leaf)
    }
    /// All units in order of their paths.
    pub(super) fn units(&self) -> BTreeSet<FieldPath> {
        self.iter().map(|leaf| self.unit(leaf)).collect()
    }
    /// Leaves of a unit.
    pub(super) fn under(&self, unit: FieldPath) -> impl Iterator<Item = FieldPath> + '_ {
        self.iter().filter(move |leaf| leaf.is_under(unit))
    }
}
