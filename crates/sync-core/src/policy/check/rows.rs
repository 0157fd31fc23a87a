//! Rows of the map.

use std::collections::BTreeSet;

use super::{super::mistake::suggest, Case, Mistake, unknown_connection};
use crate::{
    mapping::{Cell, Direction, MapRow, Mapper},
    value::{FieldPath, Value},
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let mut filled = BTreeSet::new(); // (connection, canonical field)
    let mut written = BTreeSet::new(); // (connection, connector's field)
    for (number, row) in case.set.map.iter().enumerate() {
        let place = case.at(&format!("map[{number}]"));
        let mapper = row.mapper.as_ref().and_then(|name| case.known.mappers.get(name));
        canonical(case, &place, row, mapper, found);
        through(case, &place, row, found);
        for (connection, cell) in &row.at {
            let theirs = match cell {
                Cell::Field(theirs) => theirs,
                Cell::Assumed { value } => {
                    assumed(case, &place, row, connection, value, found);
                    continue;
                }
            };
            if system_side(case, &place, row, connection, *theirs, mapper, found) {
                let ours = mapper.map_or(vec![row.field], |mapper| mapper.ours.clone());
                let theirs = mapper.map_or(vec![*theirs], |mapper| mapper.theirs.clone());
                if row.direction.is_in() {
                    twice(&place, connection, &ours, filled_twice, &mut filled, found);
                }
                if row.direction.is_out() {
                    twice(&place, connection, &theirs, written_twice, &mut written, found);
                }
            }
        }
    }
}

/// The canonical side of a row.
fn canonical(case: &Case<'_>, place: &str, row: &MapRow, mapper: Option<&Mapper>, found: &mut Vec<Mistake>) {
    let (mapper_place, place) = (format!("{place}.mapper"), format!("{place}.field"));
    if row.at.is_empty() {
        let cure = "name the field of at least one: crm = \"x.crm.district\"";
        found.push(Mistake::new(&place, "the row names no system", cure));
    }
    if !case.leaves.contains(row.field) {
        found.push(case.unknown_leaf(&place, row.field));
    }
    let Some(mapper) = mapper else { return };
    for path in mapper.ours.iter().filter(|path| !case.leaves.contains(**path)) {
        found.push(case.unknown_leaf(&mapper_place, *path));
    }
    if !mapper.ours.is_empty() && !mapper.ours.contains(&row.field) {
        let ours = mapper.ours.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", ");
        found.push(Mistake::new(
            &place,
            format!("the mapper does not fill '{}'", row.field),
            format!("name one of its fields: {ours}"),
        ));
    }
}

/// Mapper and table of a row.
fn through(case: &Case<'_>, place: &str, row: &MapRow, found: &mut Vec<Mistake>) {
    if let Some(name) = row.mapper.as_ref().filter(|name| !case.known.mappers.contains_key(*name)) {
        let cure = match case.known.mappers.is_empty() {
            true => "the program that runs the policy brings mappers, and this one brings none".to_owned(),
            false => suggest(name, case.known.mappers.keys().map(String::as_str)),
        };
        found.push(Mistake::new(format!("{place}.mapper"), format!("there is no mapper '{name}'"), cure));
    }
    let Some(name) = &row.table else { return };
    let place = format!("{place}.table");
    if row.mapper.is_some() {
        let fault = "a row goes through a mapper or a table, not both";
        found.push(Mistake::new(&place, fault, "let the mapper translate, or take it out"));
    }
    match case.policy.tables.get(name) {
        None => found.push(Mistake::new(
            &place,
            format!("there is no table '{name}'"),
            suggest(name, case.policy.tables.keys().map(String::as_str)),
        )),
        Some(table) => {
            let named = row.at.iter().filter(|(_, cell)| cell.field().is_some()).map(|(connection, _)| connection);
            for connection in named.filter(|connection| !table.0.contains_key(*connection)) {
                found.push(Mistake::new(
                    &place,
                    format!("the table '{name}' has no column for '{connection}'"),
                    format!("add [tables.{name}] {connection} = {{ ... }}"),
                ));
            }
        }
    }
}

/// What is taken to stand at a system that has no such field.
fn assumed(case: &Case<'_>, place: &str, row: &MapRow, connection: &str, value: &Value, found: &mut Vec<Mistake>) {
    let place = format!("{place}.{connection}");
    if case.known.system(connection).is_none() {
        found.push(unknown_connection(case.known, &place, connection));
        return;
    }
    if case.role(&place, connection, found).is_some_and(|role| !role.read) {
        let cure = format!("read = true in systems.{connection}, or take it out");
        found.push(Mistake::new(&place, format!("nothing comes from '{connection}'"), cure));
    }
    if row.mapper.is_some() || row.direction == Direction::Out {
        let fault = "what is assumed is only read, and through no mapper";
        found.push(Mistake::new(&place, fault, "take the mapper or the direction out, or name a field"));
    }
    if let Err(fault) = Cell::assumed(value, case.leaves.spec(row.field)) {
        found.push(Mistake::new(&place, fault, "write a value that the field can have"));
    }
}

/// One system's side of a row; whether it can be looked at further.
fn system_side(
    case: &Case<'_>,
    place: &str,
    row: &MapRow,
    connection: &str,
    theirs: FieldPath,
    mapper: Option<&Mapper>,
    found: &mut Vec<Mistake>,
) -> bool {
    let place = format!("{place}.{connection}");
    if case.known.system(connection).is_none() {
        let mut mistake = unknown_connection(case.known, &place, connection);
        let keys = ["field", "direction", "mapper", "table"];
        if !mistake.cure.starts_with("did you mean") {
            mistake.cure = format!("{}; keys of a row are {}", mistake.cure, keys.join(", "));
        }
        if let Some(key) = keys.iter().find(|key| strsim::osa_distance(key, connection) <= 2) {
            mistake =
                Mistake::new(&place, format!("'{connection}' is no key of a row"), format!("did you mean '{key}'?"));
        }
        found.push(mistake);
        return false;
    }
    if case.role(&place, connection, found).is_none() || case.lacks_kind(connection) {
        return false;
    }
    let known = case.known.their_fields(connection, case.set.kind);
    let named: Vec<FieldPath> = mapper.map_or(vec![theirs], |mapper| mapper.theirs.clone());
    let all: BTreeSet<FieldPath> = named.iter().copied().chain([theirs]).collect();
    for path in all.iter().filter(|path| !known.contains(*path)) {
        found.push(Mistake::new(
            &place,
            format!("'{connection}' has no field '{path}' on {}", case.set.kind),
            suggest(path.as_str(), known.iter().map(|path| path.as_str())),
        ));
    }
    if !named.contains(&theirs) {
        let theirs: Vec<&str> = named.iter().map(|path| path.as_str()).collect();
        found.push(Mistake::new(
            &place,
            format!("the mapper '{}' does not use it", row.mapper.as_deref().unwrap_or_default()),
            format!("name one of its fields: {}", theirs.join(", ")),
        ));
    }
    true
}

fn filled_twice(path: FieldPath, connection: &str) -> String {
    format!("'{path}' is filled from '{connection}' by another row already")
}
fn written_twice(path: FieldPath, connection: &str) -> String {
    format!("'{path}' of '{connection}' is written by another row already")
}

fn twice(
    place: &str,
    connection: &str,
    paths: &[FieldPath],
    fault: fn(FieldPath, &str) -> String,
    seen: &mut BTreeSet<(String, FieldPath)>,
    found: &mut Vec<Mistake>,
) {
    for path in paths.iter().filter(|path| !seen.insert((connection.to_owned(), **path))) {
        let cure = "keep one of the rows, or give one direction = \"in\" and the other \"out\"; a mapper needs one row";
        found.push(Mistake::new(place, fault(*path, connection), cure));
    }
}
