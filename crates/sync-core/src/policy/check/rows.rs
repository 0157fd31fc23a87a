//! Rows of the map.

use std::collections::BTreeSet;

use super::{super::mistake::suggest, Case, Mistake, unknown_connection};
use crate::{
    mapping::{Cell, Direction, MapRow, Mapper, form::converts},
    model::FieldType,
    value::{FieldPath, Value},
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let mut filled = BTreeSet::new(); // (connection, canonical field)
    let mut written = BTreeSet::new(); // (connection, connector's field)
    let own = case.known.own_types(case.set, &case.policy.tables);
    for (number, row) in case.set.map.iter().enumerate() {
        let place = case.at(&format!("map[{number}]"));
        let mapper = row.mapper.as_ref().and_then(|name| case.known.mappers.get(name));
        canonical(case, &place, row, mapper, found);
        let ours = case.leaves.spec(row.field).map(|spec| spec.ty).or_else(|| own.get(&row.field).copied());
        through(case, &place, row, ours, found);
        for (connection, cell) in &row.at {
            let theirs = match cell {
                Cell::Field(theirs) => theirs,
                Cell::Assumed { value } => {
                    assumed(case, &place, row, connection, value, found);
                    continue;
                }
            };
            if system_side(case, &place, row, connection, *theirs, mapper, found) {
                if mapper.is_none()
                    && let Some(ours) = ours
                {
                    form(case, &place, row, connection, (ours, *theirs), found);
                }
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

/// Whether what a field holds can be told as what the canonical one holds.
fn form(
    case: &Case<'_>,
    place: &str,
    row: &MapRow,
    connection: &str,
    (ours, theirs): (FieldType, FieldPath),
    found: &mut Vec<Mistake>,
) {
    let Some(held) = case.known.type_of(connection, case.set.kind, theirs) else { return };
    let place = format!("{place}.{connection}");
    let reads = !row.direction.is_in() || converts(held, ours);
    let writes = !row.direction.is_out() || converts(ours, held);
    if row.table.is_some() || (reads && writes) {
        return;
    }
    let fault = format!("'{theirs}' holds {held}, and '{}' {ours}", row.field);
    let cure = match (ours, held) {
        (FieldType::Bool, FieldType::Text) | (FieldType::Text, FieldType::Bool) => {
            format!(
                "name a table that says what yes and no are called: {connection} = {{ true = \"Y\", false = \"N\" }}"
            )
        }
        _ => "name a field of that kind, or go through a mapper".to_owned(),
    };
    found.push(Mistake::new(place, fault, cure));
}

/// Mapper, table and transform of a row.
fn through(case: &Case<'_>, place: &str, row: &MapRow, ours: Option<FieldType>, found: &mut Vec<Mistake>) {
    if let Some(transform) = row.transform {
        let place = format!("{place}.transform");
        if row.mapper.is_some() || row.direction == Direction::Out {
            let fault = "a transform is for what is read by the row itself";
            found.push(Mistake::new(&place, fault, "take it out, or the mapper, or the direction"));
        } else if let Some(ours) = ours.filter(|ours| *ours != FieldType::Text) {
            let fault = format!("'{}' holds {ours}, and '{}' is for texts", row.field, transform.word());
            found.push(Mistake::new(&place, fault, "take it out"));
        }
    }
    let by_itself = |connection: &str, theirs: FieldPath| {
        let held = case.known.type_of(connection, case.set.kind, theirs);
        held.is_some() && held == ours && ours != Some(FieldType::Text)
    };
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
            let codes = |(at, cell): &(&String, &Cell)| cell.field().is_some_and(|theirs| !by_itself(at, theirs));
            let named = row.at.iter().filter(codes).map(|(connection, _)| connection);
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
        let keys = ["field", "direction", "mapper", "table", "transform"];
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
