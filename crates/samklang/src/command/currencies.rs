//! Prices that can never arrive, since nothing at their source is in the currency in which they are to be written.

use std::collections::BTreeSet;

use sync_core::{
    EntityKind,
    engine::Engine,
    model::Price,
    policy::{Create, Entity, StreamTable},
};

/// A line for each of them.
pub(super) fn without_source(engine: &Engine) -> Vec<String> {
    engine.policy().entities.iter().filter(|entity| entity.kind == EntityKind::Price).flat_map(of).collect()
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
