//! Systems and what they are to do.

use std::collections::BTreeSet;

use super::{super::mistake::suggest, Case, Mistake, unknown_connection};
use crate::{
    capability::{Listing, RemoveMode, Shows, StreamCapability, UpdateMode},
    id::{EntityKind, SystemId},
    policy::{Becomes, Create, FieldRule, OnRemove, Role, Rule, RuleSet, StreamTable, compile::rule_at},
    value::FieldPath,
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    master(case, found);
    for (name, role) in &case.set.systems {
        let place = case.at(&format!("systems.{name}"));
        match case.known.system(name) {
            None => found.push(unknown_connection(case.known, &place, name)),
            Some(system) => {
                abilities(case, &place, name, system, role, found);
                creates(case, &place, name, system, role, found);
            }
        }
    }
    removals(case, found);
}

fn master(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let place = case.at("master");
    if case.set.master != SystemId::origin().as_str() {
        case.reader(&place, &case.set.master, found);
        return;
    }
    if let Some(what) = starts_from_one(case.set) {
        let fault = format!("'@origin' may be another system for each record, and {what} starts from one");
        found.push(Mistake::new(&place, fault, "name the connection"));
    }
    if !case.set.systems.values().any(|role| role.read) {
        let cure = "set read = true for the systems that records may come from";
        found.push(Mistake::new(&place, "no system is read, so no record has an origin", cure));
    }
}

/// What is computed from the numbers of one system.
fn starts_from_one(set: &RuleSet) -> Option<&'static str> {
    match set.kind {
        EntityKind::StockLevel if set.reserve.is_some() => Some("what is left of a stock"),
        EntityKind::Price => Some("a price with its campaign"),
        _ => None,
    }
}

/// Whether a system is to do anything at all.
pub(super) fn acts(role: &Role) -> bool {
    role.read || role.update || role.remove || role.create != Create::Never
}

fn streams<'a>(case: &'a Case<'_>, system: &'a SystemId) -> impl Iterator<Item = &'a StreamTable> + Clone {
    case.entity.streams.values().filter(move |table| table.key.system == *system)
}

/// The stream that is read for it: a facet is read with its host.
fn host<'a>(case: &'a Case<'_>, table: &StreamTable) -> Option<&'a StreamCapability> {
    case.known.systems.get(&table.host.system)?.streams.get(&table.host.stream)
}

fn abilities(case: &Case<'_>, place: &str, name: &str, system: &SystemId, role: &Role, found: &mut Vec<Mistake>) {
    if role.becomes == Some(Becomes::Invoice) && streams(case, system).next().is_none() {
        return; // its streams are those of the entity that keeps the invoices
    }
    let known: Vec<&str> = case.known.streams(name, case.set.kind).map(|(stream, _)| stream.as_str()).collect();
    for stream in role.streams.iter().filter(|stream| !known.contains(&stream.as_str())) {
        found.push(Mistake::new(
            format!("{place}.streams"),
            format!("'{name}' has no stream '{stream}' of kind {}", case.set.kind),
            suggest(stream, known.iter().copied()),
        ));
    }
    if known.is_empty() && acts(role) {
        found.push(Mistake::new(place, format!("'{name}' has no {}", case.set.kind), "take it out of systems"));
        return;
    }
    let read = |table: &StreamTable| host(case, table).is_some_and(|cap| cap.list.is_some() || cap.get_max > 0);
    let mut lacks = |key: &str, asked: bool, can: &dyn Fn(&StreamTable) -> bool, fault: &str, cure: &str| {
        if asked && !case.is_refused(name) && !streams(case, system).any(can) {
            found.push(Mistake::new(format!("{place}.{key}"), format!("'{name}' {fault}"), cure));
        }
    };
    lacks("read", role.read, &read, "cannot show its records", "set read = false");
    let (create, change) = match case.set.made_as_invoices(role) {
        true => (false, false), // the entity that keeps the invoices is asked for that
        false => (role.create != Create::Never, role.update),
    };
    // a facet is made with its host
    let makes = |t: &StreamTable| t.cap.create || (t.cap.facet_of.is_some() && host(case, t).is_some_and(|h| h.create));
    lacks("create", create, &makes, "cannot create such records", "set create = \"never\"");
    let update = |table: &StreamTable| table.cap.update != UpdateMode::None;
    lacks("update", change, &update, "cannot change such records", "set update = false");
    lacks("remove", role.remove, &|t| !t.cap.remove.is_empty(), "cannot remove such records", "set remove = false");
}

fn creates(case: &Case<'_>, place: &str, name: &str, system: &SystemId, role: &Role, found: &mut Vec<Mistake>) {
    if role.create == Create::Never || case.set.made_as_invoices(role) {
        return;
    }
    let creating = streams(case, system).filter(|t| t.cap.create);
    let own = creating.clone().filter(|t| t.cap.shows == Shows::Record && t.cap.facet_of.is_none());
    let own: Vec<&StreamTable> = own.collect();
    let alike = |a: &StreamTable, b: &StreamTable| a.cap.holds == b.cap.holds || a.cap.holds.is_empty();
    if own.iter().any(|a| own.iter().any(|b| a.key != b.key && alike(a, b))) {
        let names: Vec<&str> = own.iter().map(|table| table.key.stream.as_str()).collect();
        found.push(Mistake::new(
            format!("{place}.create"),
            format!("a new record could go to any of {} at '{name}', and nothing tells which", names.join(", ")),
            "name one of them in streams",
        ));
    }
    if role.create == Create::Always {
        for table in creating {
            for leaf in table.fields.required().filter(|leaf| !is_supplied(case, system, *leaf)) {
                found.push(unsupplied(case, place, table, leaf));
            }
        }
    }
}

fn is_supplied(case: &Case<'_>, target: &SystemId, leaf: FieldPath) -> bool {
    let path = case.leaves.unit(leaf);
    let Some(unit) = case.entity.units.iter().find(|unit| unit.path == path) else {
        // the rule names nobody, which is told already, or is off
        return case.leaves.contains(leaf) && !is_off(case, path);
    };
    let by_hub = matches!(&unit.rule, Rule::Master { system, .. } if *system == SystemId::hub());
    by_hub || case.in_doubt() || case.is_worded(leaf) || case.showing(leaf).any(|table| table.key.system != *target)
}

fn is_off(case: &Case<'_>, unit: FieldPath) -> bool {
    matches!(rule_at(case.set, unit), Some(FieldRule::Off {}))
}

fn unsupplied(case: &Case<'_>, place: &str, table: &StreamTable, leaf: FieldPath) -> Mistake {
    let fault = format!("{} refuses a new record without '{leaf}'", table.key);
    let unit = case.leaves.unit(leaf);
    let (why, cure) = if !case.leaves.contains(leaf) {
        ("which nothing fills", "fill it by a map row, or set create = \"asked\"")
    } else if is_off(case, unit) {
        ("whose rule is off", "give it another rule, or set create = \"asked\"")
    } else {
        ("which no other system shows", "fill it by a map row, or set create = \"asked\"")
    };
    Mistake::new(format!("{place}.create"), format!("{fault}, {why}"), cure)
}

fn removals(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let (mode, word) = match case.set.on_remove {
        OnRemove::Archive => (RemoveMode::Archive, "archive"),
        OnRemove::Propagate => (RemoveMode::Delete, "remove"),
        OnRemove::Hold | OnRemove::Ignore => return,
    };
    let place = case.at("on_remove");
    let targets: BTreeSet<&str> =
        case.set.systems.iter().filter(|(_, role)| role.remove).map(|(name, _)| name.as_str()).collect();
    if targets.is_empty() {
        let cure = "set remove = true for a system, or on_remove = \"hold\"";
        found.push(Mistake::new(&place, "no system lets its records be removed", cure));
    }
    for name in &targets {
        let Some(system) = case.known.system(name) else { continue };
        if !case.is_refused(name) && !streams(case, system).any(|table| table.cap.remove.contains(&mode)) {
            found.push(Mistake::new(
                &place,
                format!("'{name}' cannot {word} such records"),
                format!("set remove = false for '{name}', or on_remove = \"hold\""),
            ));
        }
    }
    let proves = |table: &&StreamTable| {
        let proven = |list: &Listing, get_max| list.complete || (list.with_deleted && get_max > 0);
        let host = host(case, table).filter(|_| table.role.read);
        host.is_some_and(|cap| cap.list.as_ref().is_some_and(|list| proven(list, cap.get_max)))
    };
    let sources: BTreeSet<&str> =
        case.entity.streams.values().filter(proves).map(|table| table.key.system.connection()).collect();
    let proven = |target: &&str| sources.iter().any(|source| source != target);
    for name in targets.iter().filter(|name| !case.in_doubt() && !proven(name)) {
        found.push(Mistake::new(
            &place,
            format!("no other system can prove that a record is gone, so nothing is ever removed in '{name}'"),
            "set on_remove = \"hold\"",
        ));
    }
}
