//! Checks of a policy against what the systems can do. All of them run, whatever the others find.

mod campaign;
mod conditions;
mod documents;
mod fields;
mod hooks;
mod roles;
mod rows;
mod status;
mod stock;
mod tables;

use std::collections::BTreeSet;

use super::{
    Becomes, Entity, Guards, Mistake, Policy, Role, RuleSet, StreamTable,
    known::{Known, Leaves},
    mistake::suggest,
};
use crate::{id::SystemId, value::FieldPath};

/// All mistakes of a policy; `entities` are its rule sets as far as they can be looked up, in the same order.
pub(super) fn all(known: &Known<'_>, policy: &Policy, entities: &[Entity]) -> Vec<Mistake> {
    let mut found = Vec::new();
    twice_named(known, &mut found);
    tables::check(known, policy, &mut found);
    guards("guards", &policy.guards, &mut found);
    for ((name, set), entity) in policy.entities.iter().zip(entities) {
        let leaves = Leaves::of(set, known.mappers);
        let case = Case {
            known,
            policy,
            set,
            entity,
            leaves,
            refused: refused(known, set),
            place: format!("entities.{name}"),
        };
        roles::check(&case, &mut found);
        fields::check(&case, &mut found);
        rows::check(&case, &mut found);
        conditions::check(&case, &mut found);
        status::check(&case, &mut found);
        documents::check(&case, &mut found);
        stock::check(&case, &mut found);
        campaign::check(&case, &mut found);
        hooks::check(&case, &mut found);
        if let Some(own) = &set.guards {
            guards(&case.at("guards"), own, &mut found);
        }
    }
    never_reached(entities, &mut found);
    found
}

/// One rule set under the lens.
struct Case<'a> {
    known: &'a Known<'a>,
    policy: &'a Policy,
    set: &'a RuleSet,
    entity: &'a Entity,
    leaves: Leaves,
    /// Systems of which it is told already that they, or streams of theirs, are not there.
    refused: BTreeSet<&'a str>,
    place: String,
}

/// Systems whose part in a rule set names something that is not there. What follows from that alone is not told: it goes
/// with its cause.
fn refused<'a>(known: &Known<'_>, set: &'a RuleSet) -> BTreeSet<&'a str> {
    let is_refused = |(name, role): &(&'a String, &Role)| {
        let lacks = |stream: &String| !known.streams(name, set.kind).any(|(there, _)| there.as_str() == stream);
        match (known.system(name), role.becomes) {
            (None, _) => true,
            (_, Some(Becomes::Invoice)) => false,
            _ => {
                (roles::acts(role) && known.streams(name, set.kind).next().is_none()) || role.streams.iter().any(lacks)
            }
        }
    };
    set.systems.iter().filter(is_refused).map(|(name, _)| name.as_str()).collect()
}

impl Case<'_> {
    /// Whether what no stream shows, or takes, may be what a stream would that was refused.
    fn in_doubt(&self) -> bool {
        !self.refused.is_empty()
    }
    fn is_refused(&self, connection: &str) -> bool {
        self.refused.contains(connection)
    }
    /// Whether it was refused since it has no stream of the kind at all.
    fn lacks_kind(&self, connection: &str) -> bool {
        self.is_refused(connection) && self.known.streams(connection, self.set.kind).next().is_none()
    }
    fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }
    /// The role of a connection that must take part; tells what is wrong if it does not.
    fn role(&self, place: &str, connection: &str, found: &mut Vec<Mistake>) -> Option<&Role> {
        if self.known.system(connection).is_none() {
            // what stands under systems is told there
            if !self.set.systems.contains_key(connection) {
                found.push(unknown_connection(self.known, place, connection));
            }
            return None;
        }
        let role = self.set.systems.get(connection);
        if role.is_none() {
            let names: Vec<&str> = self.set.systems.keys().map(String::as_str).collect();
            found.push(Mistake::new(
                place,
                format!("'{connection}' takes no part in this entity"),
                format!("add it to systems, or name one of {}", names.join(", ")),
            ));
        }
        role
    }
    /// The same for a connection that must be read.
    fn reader(&self, place: &str, connection: &str, found: &mut Vec<Mistake>) -> Option<SystemId> {
        if !self.role(place, connection, found)?.read {
            found.push(Mistake::new(
                place,
                format!("'{connection}' decides here, but its records are not read"),
                format!("set read = true for '{connection}' under systems"),
            ));
            return None;
        }
        self.known.system(connection).cloned()
    }
    /// Streams that are read and show a leaf.
    fn showing(&self, leaf: FieldPath) -> impl Iterator<Item = &StreamTable> {
        self.entity.streams.values().filter(move |table| table.role.read && table.fields.get(leaf).read)
    }
    /// A leaf of a few words may come from and go to a vendor's status by a table, so what the streams say of it does
    /// not settle whether it is there.
    fn is_worded(&self, leaf: FieldPath) -> bool {
        self.leaves.spec(leaf).is_some_and(|row| !row.words.is_empty())
    }
    /// A name of no single field, with the nearest one that there is.
    fn unknown_leaf(&self, place: &str, path: FieldPath) -> Mistake {
        match self.leaves.under(path).next() {
            Some(leaf) => Mistake::new(
                place,
                format!("'{path}' is a group of fields"),
                format!("name one of them, '{leaf}' for example"),
            ),
            None => self.unknown(place, path, BTreeSet::new()),
        }
    }
    /// A name of neither field nor group, with the nearest one that there is.
    fn unknown_unit(&self, place: &str, path: FieldPath) -> Mistake {
        self.unknown(place, path, self.leaves.units())
    }
    fn unknown(&self, place: &str, path: FieldPath, more: BTreeSet<FieldPath>) -> Mistake {
        let names = self.leaves.iter().chain(more).map(FieldPath::as_str);
        Mistake::new(place, format!("{} has no field '{path}'", self.set.kind), suggest(path.as_str(), names))
    }
}

fn unknown_connection(known: &Known<'_>, place: &str, connection: &str) -> Mistake {
    if connection == SystemId::origin().as_str() {
        let fault = "'@origin' is no connection: it can be a master, and nothing else";
        return Mistake::new(place, fault, "name a connection");
    }
    if connection == SystemId::hub().as_str() {
        let fault = "'@hub' is no system: it can decide fields, and nothing else";
        return Mistake::new(place, fault, "name a connection");
    }
    Mistake::new(place, format!("there is no connection '{connection}'"), suggest(connection, known.connections()))
}

fn twice_named(known: &Known<'_>, found: &mut Vec<Mistake>) {
    for system in known.systems.keys() {
        let name = system.connection();
        if known.system(name) != Some(system) {
            found.push(Mistake::new(
                format!("connections.{name}"),
                format!("two systems are called '{name}'"),
                "give each connection a name of its own",
            ));
        }
    }
}

fn guards(place: &str, guards: &Guards, found: &mut Vec<Mistake>) {
    let percents = [
        ("max_remove_percent", guards.max_remove_percent),
        ("max_change_percent", guards.max_change_percent),
        ("min_listed_percent", guards.min_listed_percent),
    ];
    for (name, percent) in percents.into_iter().filter(|(_, percent)| *percent > 100) {
        found.push(Mistake::new(
            format!("{place}.{name}"),
            format!("{percent} percent is more than all"),
            "write a number from 0 to 100",
        ));
    }
}

/// The first rule set that fits takes a record: what comes after one without `where` in the same stream gets none.
fn never_reached(entities: &[Entity], found: &mut Vec<Mistake>) {
    for (place, later) in entities.iter().enumerate() {
        let shares = |earlier: &&Entity| {
            earlier.kind == later.kind
                && earlier.filter.is_empty()
                && earlier.streams.keys().any(|key| later.streams.contains_key(key))
        };
        if let Some(earlier) = entities.iter().take(place).find(shares) {
            found.push(Mistake::new(
                format!("entities.{}", later.name),
                format!(
                    "'{}' comes first and takes every {}, so nothing is left for this one",
                    earlier.name, later.kind
                ),
                format!("give '{}' a where; rule sets of one kind are tried in order of their names", earlier.name),
            ));
        }
    }
}
