//! Code tables.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::mistake::suggest, Known, Mistake, Policy, unknown_connection};
use crate::mapping::{Codes, codes::implied_tables};

pub(super) fn check(known: &Known<'_>, policy: &Policy, found: &mut Vec<Mistake>) {
    let rows = policy.entities.values().flat_map(|set| &set.map);
    let mut used: BTreeSet<&str> = rows.filter_map(|row| row.table.as_deref()).collect();
    for table in implied_tables() {
        used.insert(table);
    }
    for (name, table) in &policy.tables {
        let place = format!("tables.{name}");
        if !used.contains(name.as_str()) {
            let near = suggest(name, used.iter().copied());
            found.push(Mistake::new(
                &place,
                "no field is translated by this table",
                format!("{near} Or name it by table = \"{name}\" in a map row"),
            ));
        }
        for (connection, codes) in &table.0 {
            let place = format!("{place}.{connection}");
            if known.system(connection).is_none() {
                found.push(unknown_connection(known, &place, connection));
            }
            column(&place, codes, is_read(policy, name, connection), found);
        }
    }
}

/// Whether codes of this column are read anywhere. A table of rows that only write may give several codes the same word.
fn is_read(policy: &Policy, table: &str, connection: &str) -> bool {
    let rows = policy.entities.values().flat_map(|set| &set.map);
    let mut named = rows.filter(|row| row.table.as_deref() == Some(table) && row.at.contains_key(connection));
    implied_tables().any(|implied| implied == table) || named.any(|row| row.direction.is_in())
}

fn column(place: &str, codes: &BTreeMap<String, Codes>, is_read: bool, found: &mut Vec<Mistake>) {
    let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
    for (ours, theirs) in codes {
        if theirs.all().is_empty() {
            let fault = format!("'{ours}' has an empty list of codes");
            found.push(Mistake::new(place, fault, "write the code, or take the row out"));
        }
        for code in theirs.all() {
            if let Some(other) = owner.insert(code, ours).filter(|other| is_read && *other != ours) {
                found.push(Mistake::new(
                    place,
                    format!("the code '{code}' stands for both '{other}' and '{ours}'"),
                    "leave it to one of them, so that it can be read",
                ));
            }
        }
    }
}
