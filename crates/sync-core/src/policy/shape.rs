//! Short names for the parts of a policy whose change has consequences: an entity to be adopted anew, a field at
//! first sight again.
//!
//! The form that is hashed says only what is set, so that a key which a later release adds moves nothing until it is
//! used. It rests on the policy, the model and the mappers, never on capabilities: a new ability moves nothing.

use std::collections::BTreeMap;

use super::{
    Conflict, Create, Differs, Duplicates, FieldRule, Foreign, Policy, RuleSet, Unit,
    compile::rule_at,
    known::{Known, Leaves},
};
use crate::{
    mapping::{Direction, MapRow, Tables, codes::implied_table},
    model::FieldType,
    value::{FieldPath, Fingerprint},
};

/// Master, match, systems with their roles, `where` and scope.
pub(super) fn of_entity(known: &Known<'_>, set: &RuleSet) -> Fingerprint {
    let mut says = vec![format!("kind {}", set.kind), format!("master {}", id(known, &set.master))];
    for (name, role) in &set.systems {
        let create = match role.create {
            Create::Never => "",
            Create::Asked => "asked",
            Create::Always => "always",
        };
        let can = [("read", role.read), ("update", role.update), ("remove", role.remove)];
        let can: Vec<&str> = can.into_iter().filter(|(_, yes)| *yes).map(|(word, _)| word).collect();
        says.push(format!("system {} {} create={create}", id(known, name), can.join(" ")));
        says.extend(role.becomes.map(|becomes| format!("becomes {} {becomes:?}", id(known, name))));
        says.extend(role.streams.iter().map(|stream| format!("stream {} {stream}", id(known, name))));
    }
    says.extend(set.buyer_differs.has(Differs::AsOrder).then(|| "buyer_differs as_order".to_owned()));
    for rule in &set.matches {
        let on: Vec<&str> = rule.on.iter().map(|path| path.as_str()).collect();
        let alias = if rule.duplicates == Duplicates::Alias { " alias" } else { "" };
        says.push(format!("match {}{alias}", on.join(" ")));
    }
    says.extend(set.filter.iter().map(|condition| format!("where {condition}")));
    for scope in &set.scope {
        says.extend(scope.when.iter().map(|condition| format!("scope {} {condition}", id(known, &scope.at))));
    }
    hash(says)
}

/// For each unit its rule, and the rows, mappers and tables that its leaves pass.
pub(super) fn of_units(
    known: &Known<'_>,
    policy: &Policy,
    set: &RuleSet,
    leaves: &Leaves,
    units: &[Unit],
) -> BTreeMap<FieldPath, Fingerprint> {
    let shape = |unit: &Unit| {
        let mut says = vec![rule(known, set, unit.path)];
        for leaf in leaves.under(unit.path) {
            says.extend(rows(known, policy, set, leaf));
            says.extend(implied(known, policy, set, leaves, leaf));
            says.extend(statuses(known, set, leaf));
        }
        says.extend(super::stock::shape(set, unit.path));
        says.extend(super::campaign::shape(set, unit.path));
        (unit.path, hash(says))
    };
    units.iter().map(shape).collect()
}

/// The words that an axis is read from and written as; not what a written word brings about.
fn statuses(known: &Known<'_>, set: &RuleSet, leaf: FieldPath) -> Vec<String> {
    let mut says = Vec::new();
    for (name, table) in set.status.iter().filter(|(_, table)| table.axes().contains(&leaf)) {
        let at = id(known, name);
        let pairs = |map: &BTreeMap<FieldPath, String>| {
            map.iter().map(|(axis, value)| format!("{axis}={value}")).collect::<Vec<_>>().join(" ")
        };
        says.extend(
            table.read.iter().map(|row| format!("status {at} {} < {} {}", table.field, row.status, pairs(&row.means))),
        );
        says.extend(
            table.write.iter().map(|row| format!("status {at} {} > {} {}", table.field, row.status, pairs(&row.when))),
        );
    }
    says
}

fn rule(known: &Known<'_>, set: &RuleSet, unit: FieldPath) -> String {
    let master = |system: &str, foreign: Foreign| {
        let foreign = match foreign {
            Foreign::Revert => "",
            Foreign::Ignore => " ignore",
            Foreign::Hold => " hold",
        };
        format!("master {}{foreign}", id(known, system))
    };
    match rule_at(set, unit) {
        None => master(&set.master, Foreign::default()),
        Some(FieldRule::Master { system, on_foreign_change }) => master(system, *on_foreign_change),
        Some(FieldRule::Shared { on_conflict: Conflict::Prefer(names) }) => {
            let names: Vec<&str> = names.iter().map(|name| id(known, name)).collect();
            format!("prefer {}", names.join(" "))
        }
        Some(FieldRule::Shared { on_conflict: Conflict::Newest { otherwise } }) => {
            format!("newest {}", id(known, otherwise))
        }
        Some(FieldRule::Shared { on_conflict: Conflict::Hold }) => "hold".to_owned(),
        Some(FieldRule::Seed { from }) => format!("seed {}", id(known, from)),
        Some(FieldRule::Sum { up_to }) => format!("sum {}", up_to.map_or("", FieldPath::as_str)),
        Some(FieldRule::Off {}) => "off".to_owned(),
    }
}

fn rows(known: &Known<'_>, policy: &Policy, set: &RuleSet, leaf: FieldPath) -> Vec<String> {
    let mapper = |row: &MapRow| known.mappers.get(row.mapper.as_ref()?);
    let concerns = |row: &&MapRow| mapper(row).map_or(row.field == leaf, |mapper| mapper.ours.contains(&leaf));
    let mut says = Vec::new();
    for row in set.map.iter().filter(concerns) {
        let direction = match row.direction {
            Direction::Both => "",
            Direction::In => " in",
            Direction::Out => " out",
        };
        for (name, theirs) in &row.at {
            says.push(format!("row {leaf} {} {theirs}{direction}", id(known, name)));
            says.extend(row.table.as_deref().and_then(|table| column(known, policy, table, name)));
        }
        says.extend(row.transform.map(|transform| format!("transform {leaf} {}", transform.word())));
        if let Some(name) = &row.mapper {
            says.push(format!("mapper {name} {}", mapper(row).map_or(0, |mapper| mapper.version)));
        }
    }
    says
}

/// Columns of the tables that translate the leaf by its name, or codes inside it if it is a list of lines.
fn implied(known: &Known<'_>, policy: &Policy, set: &RuleSet, leaves: &Leaves, leaf: FieldPath) -> Vec<String> {
    let lines = leaves.spec(leaf).is_some_and(|row| row.ty == FieldType::Lines);
    let tables: Vec<&str> = match implied_table(leaf) {
        _ if lines => crate::mapping::codes::implied_tables().collect(),
        table => table.into_iter().collect(),
    };
    let columns = tables.into_iter().flat_map(|table| set.systems.keys().map(move |name| (table, name)));
    columns.filter_map(|(table, name)| column(known, policy, table, name)).collect()
}

fn column(known: &Known<'_>, policy: &Policy, table: &str, connection: &str) -> Option<String> {
    let Tables(columns) = policy.tables.get(table)?;
    let codes = columns.get(connection)?.iter().map(|(ours, theirs)| {
        serde_json::Value::from_iter(std::iter::once(ours).chain(theirs.all()).map(String::as_str)).to_string()
    });
    Some(format!("table {table} {} {}", id(known, connection), codes.collect::<Vec<_>>().join(" ")))
}

fn id<'a>(known: &Known<'a>, connection: &'a str) -> &'a str {
    known.system(connection).map_or(connection, |system| system.as_str())
}

fn hash(says: Vec<String>) -> Fingerprint {
    Fingerprint::of_bytes(serde_json::Value::from(says).to_string().as_bytes())
}
