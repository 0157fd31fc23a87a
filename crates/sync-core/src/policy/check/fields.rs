//! Who decides which field.

use std::collections::BTreeSet;

use super::{Case, Mistake};
use crate::{
    capability::Shows,
    document::rollup::COMPUTED,
    id::{EntityKind, SystemId},
    model::{self, FieldType},
    policy::{Conflict, Create, FieldRule, StreamTable, campaign, stock},
    value::FieldPath,
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let units = case.leaves.units();
    for (path, rule) in &case.set.fields {
        let place = case.at(&format!("fields.{path}"));
        let covered: Vec<FieldPath> = units.iter().copied().filter(|unit| unit.is_under(*path)).collect();
        if covered.is_empty() {
            found.push(misplaced(case, &place, *path));
        }
        let covered = Covered { place: &place, path: *path, leaves: leaves(case, &covered), units: covered };
        one(case, &covered, rule, found);
    }
}

struct Covered<'a> {
    place: &'a str,
    path: FieldPath,
    units: Vec<FieldPath>,
    leaves: Vec<FieldPath>,
}

fn leaves(case: &Case<'_>, units: &[FieldPath]) -> Vec<FieldPath> {
    units.iter().flat_map(|unit| case.leaves.under(*unit)).collect()
}

/// A rule that covers nothing: inside a group, on a vendor's own field, or on no field at all.
fn misplaced(case: &Case<'_>, place: &str, path: FieldPath) -> Mistake {
    if let Some(group) = model::group_of(case.set.kind, path) {
        return Mistake::new(
            place,
            format!("'{path}' is part of '{group}', which is decided as one value"),
            format!("set the rule on '{group}'"),
        );
    }
    let connections = case.set.systems.keys();
    match connections.into_iter().find(|name| case.known.their_fields(name, case.set.kind).contains(&path)) {
        Some(name) => Mistake::new(
            place,
            format!("'{path}' is a field of '{name}' alone"),
            format!("name it by a row first: [[{}.map]] field = \"{path}\", {name} = \"{path}\"", case.place),
        ),
        None => case.unknown_unit(place, path),
    }
}

fn one(case: &Case<'_>, covered: &Covered<'_>, rule: &FieldRule, found: &mut Vec<Mistake>) {
    let place = covered.place;
    match rule {
        FieldRule::Master { system, .. } if system == SystemId::hub().as_str() => computed(case, covered, found),
        FieldRule::Master { system, .. } if system == SystemId::origin().as_str() => shown(case, covered, found),
        FieldRule::Master { system, .. } => decider(case, covered, system, found),
        FieldRule::Seed { from } if from == SystemId::origin().as_str() => {
            shown(case, covered, found);
            taken(case, covered, None, found);
        }
        FieldRule::Seed { from } => {
            decider(case, covered, from, found);
            taken(case, covered, case.known.system(from), found);
        }
        FieldRule::Shared { on_conflict } => {
            match on_conflict {
                Conflict::Prefer(names) => prefer(case, covered, names, found),
                Conflict::Newest { otherwise } => {
                    case.reader(place, otherwise, found);
                    stamped(case, covered, found);
                }
                Conflict::Hold => {}
            }
            taken(case, covered, None, found);
        }
        FieldRule::Sum { up_to } => sum(case, covered, *up_to, found),
        FieldRule::Off {} => {}
    }
}

/// A system that decides must be read and show the field.
fn decider(case: &Case<'_>, covered: &Covered<'_>, name: &str, found: &mut Vec<Mistake>) {
    let Some(system) = case.reader(covered.place, name, found) else { return };
    let shown = |leaf: &FieldPath| case.is_worded(*leaf) || case.showing(*leaf).any(|t| t.key.system == system);
    if !case.is_refused(name) && !covered.leaves.is_empty() && !covered.leaves.iter().any(shown) {
        let others: BTreeSet<&str> =
            covered.leaves.iter().flat_map(|leaf| case.showing(*leaf)).map(|t| t.key.system.connection()).collect();
        let cure = if others.is_empty() {
            "take the rule out: no system shows it".to_owned()
        } else {
            format!("name a system that shows it: {}", others.into_iter().collect::<Vec<_>>().join(", "))
        };
        found.push(Mistake::new(covered.place, format!("'{name}' does not show '{}'", covered.path), cure));
    }
}

/// Where the system is decided that a record comes from, one at least must show the field.
fn shown(case: &Case<'_>, covered: &Covered<'_>, found: &mut Vec<Mistake>) {
    let shown = |leaf: &FieldPath| case.is_worded(*leaf) || case.showing(*leaf).next().is_some();
    if !case.in_doubt() && !covered.leaves.is_empty() && !covered.leaves.iter().any(shown) {
        let fault = format!("no system shows '{}'", covered.path);
        found.push(Mistake::new(covered.place, fault, "take the rule out"));
    }
}

/// Somebody must take what another decides.
fn taken(case: &Case<'_>, covered: &Covered<'_>, except: Option<&SystemId>, found: &mut Vec<Mistake>) {
    let takes = |table: &StreamTable, unit: FieldPath| {
        (table.role.create != Create::Never && table.fields.takes(unit, true))
            || (table.role.update && table.fields.takes(unit, false))
    };
    let tables = || case.entity.streams.values().filter(|table| Some(&table.key.system) != except);
    let by_word = covered.leaves.iter().any(|leaf| case.is_worded(*leaf));
    if !case.in_doubt()
        && !covered.units.is_empty()
        && !by_word
        && !covered.units.iter().any(|unit| tables().any(|t| takes(t, *unit)))
    {
        found.push(Mistake::new(
            covered.place,
            format!("no system can be given '{}'", covered.path),
            "let a system that can take it create or update, or write rule = \"off\"",
        ));
    }
}

/// Where the hub has a say: the fields of orders that follow from invoices, and all of an invoice that an order becomes.
fn computed(case: &Case<'_>, covered: &Covered<'_>, found: &mut Vec<Mistake>) {
    let can = match case.set.kind {
        EntityKind::Order => covered.leaves.iter().any(|leaf| COMPUTED.contains(leaf)),
        EntityKind::Invoice => case.entity.hub.is_some(),
        _ => covered.leaves.iter().any(|leaf| stock::computes(case.set, *leaf) || campaign::computes(case.set, *leaf)),
    };
    let told = covered.leaves.iter().any(|leaf| case.set.scope.iter().any(|scope| scope.tell == Some(*leaf)));
    if !(can || told) {
        let computed: Vec<&str> = COMPUTED.iter().map(|path| path.as_str()).collect();
        let cure = format!("name a connection; '@hub' computes {} of orders", computed.join(", "));
        found.push(Mistake::new(covered.place, format!("'@hub' does not compute '{}'", covered.path), cure));
    }
}

fn prefer(case: &Case<'_>, covered: &Covered<'_>, names: &[String], found: &mut Vec<Mistake>) {
    let place = covered.place;
    if names.is_empty() {
        let cure = "name the systems in the order in which they win, or write on_conflict = \"hold\"";
        found.push(Mistake::new(place, "prefer names no system", cure));
    }
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            found.push(Mistake::new(place, format!("prefer names '{name}' twice"), "name it once"));
            continue;
        }
        match name == SystemId::hub().as_str() {
            true => computed(case, covered, found),
            false => drop(case.reader(place, name, found)),
        }
    }
}

fn stamped(case: &Case<'_>, covered: &Covered<'_>, found: &mut Vec<Mistake>) {
    let showing = covered.leaves.iter().flat_map(|leaf| case.showing(*leaf));
    let stampless = showing.filter(|table| table.cap.shows == Shows::Record && !table.cap.stamps);
    let keys: BTreeSet<String> = stampless.map(|table| table.key.to_string()).collect();
    for key in keys {
        found.push(Mistake::new(
            covered.place,
            format!("{key} does not tell when a record was changed, so the newest cannot be found"),
            "write on_conflict = { prefer = [...] } or \"hold\"",
        ));
    }
}

fn sum(case: &Case<'_>, covered: &Covered<'_>, up_to: Option<FieldPath>, found: &mut Vec<Mistake>) {
    let is_amount = |leaf: FieldPath| case.leaves.spec(leaf).is_some_and(|row| row.ty == FieldType::Decimal);
    for leaf in covered.leaves.iter().filter(|leaf| !is_amount(**leaf)) {
        let holds = case.leaves.spec(*leaf).map_or("of no certain type".to_owned(), |row| row.ty.to_string());
        found.push(Mistake::new(
            covered.place,
            format!("'{leaf}' is {holds}, and only decimal numbers can be summed"),
            "write another rule",
        ));
    }
    let Some(limit) = up_to else { return };
    let place = format!("{}.up_to", covered.place);
    if !case.leaves.contains(limit) {
        found.push(case.unknown_leaf(&place, limit));
    } else if !is_amount(limit) {
        let cure = "name the field with the total, content.gross for example";
        found.push(Mistake::new(place, format!("'{limit}' is no decimal number"), cure));
    }
}
