//! Prices that can never arrive: nothing at their source is in the currency in which they are to be written, or they are
//! looked for in a list that there is none of.

use std::collections::BTreeSet;

use sync_core::{
    EntityKind, Value,
    engine::Engine,
    model::Price,
    policy::{Create, Entity, Policy, StreamTable},
};

/// The table of codes of price lists.
const TABLE: &str = "price_list";

fn entities(engine: &Engine) -> impl Iterator<Item = &Entity> {
    engine.policy().entities.iter().filter(|entity| entity.kind == EntityKind::Price)
}

/// A line for each target that no price of its currency can reach.
pub(super) fn without_source(engine: &Engine) -> Vec<String> {
    entities(engine).flat_map(of).collect()
}

/// A line for each code of the table of price lists that is no list of its system.
pub(super) fn unknown_lists(policy: &Policy, engine: &Engine) -> Vec<String> {
    let mut lines = Vec::new();
    for (connection, codes) in policy.tables.get(TABLE).into_iter().flat_map(|table| &table.0) {
        let streams: Vec<&StreamTable> = entities(engine)
            .flat_map(|entity| entity.streams.values())
            .filter(|table| table.key.system.connection() == connection)
            .collect();
        let known: Option<Vec<BTreeSet<String>>> = streams.iter().map(|table| lists(table)).collect();
        let Some(known) = known.filter(|known| !known.is_empty()) else { continue };
        let known: BTreeSet<String> = known.into_iter().flatten().collect();
        for code in codes.values().flat_map(|codes| codes.all()).filter(|code| !known.contains(*code)) {
            let there: Vec<String> = known.iter().map(|list| format!("'{list}'")).collect();
            lines.push(format!(
                "tables.{TABLE}.{connection}: '{code}' is no price list of {connection} that takes part in a rule set of \
                 prices; there are {}",
                there.join(", ")
            ));
        }
    }
    lines
}

/// The lists whose prices a stream holds, `""` for a system's own prices; `None` where it does not tell.
fn lists(table: &StreamTable) -> Option<BTreeSet<String>> {
    match table.cap.holds.get(Price::LIST) {
        Some(Value::Null) => Some([String::new()].into()),
        Some(list) => list.as_text().map(|list| [list.to_owned()].into()),
        None => table.cap.fields.get(&Price::LIST)?.one_of.clone(),
    }
}

fn of(entity: &Entity) -> Vec<String> {
    let gives = |table: &&StreamTable| table.key.system == entity.master && table.role.read;
    let given: Option<Vec<&BTreeSet<String>>> = entity.streams.values().filter(gives).map(currencies).collect();
    // where one of them may be in any currency nobody can say
    let Some(given) = given else { return Vec::new() };
    let given: BTreeSet<&str> = given.into_iter().flatten().map(String::as_str).collect();
    let takes = |table: &&StreamTable| {
        let role = &table.role;
        table.key.system != entity.master && (role.update || role.create != Create::Never)
    };
    let line = |table: &StreamTable| {
        let wanted: Vec<&str> = currencies(table)?.iter().map(String::as_str).collect();
        let lacks = !wanted.is_empty() && !wanted.iter().any(|currency| given.contains(currency));
        let (wanted, master) = (wanted.join(", "), entity.master.connection());
        lacks.then(|| {
            format!(
                "entities.{}: {} takes prices in {wanted}, and no price of {master} is in {wanted}: make a price list in \
                 {wanted} in {master}, or take {} out of entities.{}.systems",
                entity.name,
                table.key,
                table.key.system.connection(),
                entity.name
            )
        })
    };
    entity.streams.values().filter(takes).filter_map(line).collect()
}

fn currencies(table: &StreamTable) -> Option<&BTreeSet<String>> {
    table.cap.fields.get(&Price::CURRENCY)?.one_of.as_ref()
}
