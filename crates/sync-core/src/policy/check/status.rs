//! Checks of status tables.

use super::{Case, suggest};
use crate::{
    model,
    policy::{Mistake, status::StatusTable},
    value::FieldPath,
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    for (connection, table) in &case.set.status {
        let place = case.at(&format!("status.{connection}"));
        if case.role(&place, connection, found).is_none() {
            continue;
        }
        let lacks = case.lacks_kind(connection);
        if !lacks {
            fields(case, &place, connection, table, found);
        }
        words(case, &place, table, found);
        for row in table.write.iter().filter(|row| !comes_back(table, row)) {
            let fault =
                format!("'{}' is written, but reading it back does not mean what it was written for", row.status);
            let cure = format!("add a row for '{}' to read that means the same", row.status);
            found.push(Mistake::new(format!("{place}.write"), fault, cure));
        }
        if !lacks {
            effects(case, &place, connection, table, found);
        }
    }
}

/// Else the same status would be written for ever.
fn comes_back(table: &StatusTable, row: &crate::policy::status::Outcome) -> bool {
    let meaning = table.meaning(&row.status);
    meaning.is_some_and(|meaning| row.when.iter().all(|(axis, value)| meaning.means.get(axis) == Some(value)))
}

fn fields(case: &Case<'_>, place: &str, connection: &str, table: &StatusTable, found: &mut Vec<Mistake>) {
    let streams: Vec<_> = case.known.streams(connection, case.set.kind).collect();
    if !streams.iter().any(|(_, cap)| cap.fields.contains_key(&table.field)) {
        let known = streams.iter().flat_map(|(_, cap)| cap.fields.keys().map(|path| path.as_str()));
        let fault = format!("'{connection}' has no field '{}'", table.field);
        found.push(Mistake::new(format!("{place}.field"), fault, suggest(table.field.as_str(), known)));
    }
}

fn words(case: &Case<'_>, place: &str, table: &StatusTable, found: &mut Vec<Mistake>) {
    let read = table.read.iter().flat_map(|row| row.means.iter().map(|pair| ("read", pair)));
    let write = table.write.iter().flat_map(|row| row.when.iter().map(|pair| ("write", pair)));
    for (part, (axis, value)) in read.chain(write) {
        let allowed: Vec<&str> = words_of(case, *axis);
        if allowed.is_empty() {
            let axes = model::spec(case.set.kind).iter().filter(|field| !field.words.is_empty());
            let cure = suggest(axis.as_str(), axes.map(|field| field.path.as_str()));
            found.push(Mistake::new(
                format!("{place}.{part}"),
                format!("'{axis}' is no status of {}", case.set.kind),
                cure,
            ));
        } else if !allowed.contains(&value.as_str()) {
            let cure = suggest(value, allowed.iter().copied());
            found.push(Mistake::new(format!("{place}.{part}"), format!("'{value}' is no value of '{axis}'"), cure));
        }
    }
}

fn words_of(case: &Case<'_>, axis: FieldPath) -> Vec<&'static str> {
    model::field(case.set.kind, axis)
        .map(|field| field.words.iter().map(|word| word.name).collect())
        .unwrap_or_default()
}

fn effects(case: &Case<'_>, place: &str, connection: &str, table: &StatusTable, found: &mut Vec<Mistake>) {
    let offered: Vec<&str> = case
        .known
        .streams(connection, case.set.kind)
        .flat_map(|(_, cap)| cap.effects.iter().map(String::as_str))
        .collect();
    for effect in table.write.iter().flat_map(|row| &row.effects) {
        if !offered.contains(&effect.as_str()) {
            let fault = format!("'{connection}' has no effect '{effect}'");
            found.push(Mistake::new(format!("{place}.write"), fault, suggest(effect, offered.iter().copied())));
        }
    }
}
