//! Checks of the stock that shops are told of.

use rust_decimal::Decimal;

use super::{super::mistake::suggest, Case, Mistake, conditions};
use crate::{
    id::{EntityKind, SystemId},
    model::StockLevel,
    policy::{Conflict, Create, FieldRule, RuleSet, StreamTable, compile::rule_at, stock},
    value::FieldPath,
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let Some(reserve) = &case.set.reserve else { return };
    let place = case.at("reserve");
    if case.set.kind != EntityKind::StockLevel {
        let fault = format!("only stock is reserved for orders, and this is of kind {}", case.set.kind);
        found.push(Mistake::new(place, fault, "take it out"));
        return;
    }
    if reserve.buffer < Decimal::ZERO {
        let fault = format!("a buffer of {} would sell more than there is", reserve.buffer);
        found.push(Mistake::new(format!("{place}.buffer"), fault, "write 0 or more"));
    }
    orders(case, &place, found);
    master(case, &place, found);
    rule(case, found);
}

fn orders(case: &Case<'_>, place: &str, found: &mut Vec<Mistake>) {
    let Some(reserve) = &case.set.reserve else { return };
    let place = format!("{place}.orders");
    if reserve.orders.is_empty() {
        let cure = "name the rule sets whose orders count: orders = [\"orders\"]";
        found.push(Mistake::new(&place, "no rule set of orders is named", cure));
    }
    for (number, name) in reserve.orders.iter().enumerate() {
        let place = format!("{place}[{number}]");
        let all = case.policy.entities.iter().filter(|(_, set)| set.kind == EntityKind::Order);
        let Some(set) = case.policy.entities.get(name) else {
            let cure = suggest(name.as_str(), all.map(|(name, _)| name.as_str()));
            found.push(Mistake::new(place, format!("there is no rule set '{name}'"), cure));
            continue;
        };
        if set.kind != EntityKind::Order {
            let fault = format!("'{name}' is of kind {}, and only orders count against stock", set.kind);
            found.push(Mistake::new(place, fault, suggest("order", all.map(|(name, _)| name.as_str()))));
            continue;
        }
        if case.known.system(&case.set.master).is_some() && !set.systems.contains_key(&case.set.master) {
            let fault = format!("orders of '{name}' never reach '{}', so they would count for ever", case.set.master);
            let cure = format!("let {} take part in '{name}'", case.set.master);
            found.push(Mistake::new(&place, fault, cure));
        }
        alike(case, &place, name.as_str(), found);
        when(case, set, name.as_str(), found);
    }
}

/// An order counts in one way, whatever counts it.
fn alike(case: &Case<'_>, place: &str, name: &str, found: &mut Vec<Mistake>) {
    let Some(own) = &case.set.reserve else { return };
    let another = stock::reserves(case.policy).find(|(_, set, other)| {
        let differs = set.master != case.set.master || other.counted != own.counted || other.when != own.when;
        other.orders.iter().any(|orders| orders.as_str() == name) && differs
    });
    if let Some((other, ..)) = another {
        let fault = format!("'{other}' counts the orders of '{name}' too, in another way");
        let cure = "give both one master, one 'counted' and one 'when'";
        found.push(Mistake::new(place, fault, cure));
    }
}

/// Conditions are those of the orders, over their own fields.
fn when(case: &Case<'_>, orders: &RuleSet, name: &str, found: &mut Vec<Mistake>) {
    let Some(reserve) = &case.set.reserve else { return };
    let entity = crate::policy::Entity { kind: orders.kind, ..case.entity.clone() };
    let leaves = super::Leaves::of(orders, case.known.mappers);
    let of = Case {
        set: orders,
        entity: &entity,
        leaves,
        place: format!("entities.{name}"),
        refused: case.refused.clone(),
        ..*case
    };
    for (number, condition) in reserve.when.iter().enumerate() {
        let place = case.at(&format!("reserve.when[{number}]"));
        if condition.hop(orders.kind).is_some() {
            let fault = format!("'{}' is a field of another record", condition.field);
            found.push(Mistake::new(place, fault, "name a field of the order itself"));
        } else {
            conditions::one(&of, &place, condition, found);
        }
    }
}

fn master(case: &Case<'_>, place: &str, found: &mut Vec<Mistake>) {
    let name = &case.set.master;
    let (Some(system), Some(role)) = (case.known.system(name), case.set.systems.get(name)) else { return };
    for leaf in [StockLevel::AVAILABLE, StockLevel::SKU] {
        if role.read && !case.showing(leaf).any(|table| table.key.system == *system) {
            let fault = format!("the hub starts from the stock of '{name}', which does not show '{leaf}'");
            found.push(Mistake::new(place, fault, "fill it by a map row"));
        }
    }
    let takes = |table: &StreamTable| table.fields.takes(StockLevel::AVAILABLE, false);
    let mut own = case.entity.streams.values().filter(|table| table.key.system == *system);
    if role.update && own.any(takes) {
        let fault = format!("the hub starts from the stock of '{name}', and would write what is left back to it");
        found.push(Mistake::new(case.at(&format!("systems.{name}.update")), fault, "set update = false"));
    }
    let mut others = case.entity.streams.values().filter(|table| table.key.system != *system);
    if !others.any(|table| (table.role.update || table.role.create != Create::Never) && takes(table)) {
        let cure = "let a shop update its stock, or take reserve out";
        found.push(Mistake::new(place, "no system is told what is left", cure));
    }
}

fn rule(case: &Case<'_>, found: &mut Vec<Mistake>) {
    if let Some(fault) = not_the_hub(case.set, StockLevel::AVAILABLE) {
        let cure = "take the rule out, or take out reserve";
        found.push(Mistake::new(case.at(&format!("fields.{}", StockLevel::AVAILABLE)), fault, cure));
    }
}

/// A rule of one's own where the hub computes the field.
pub(super) fn not_the_hub(set: &RuleSet, path: FieldPath) -> Option<String> {
    let hub = SystemId::hub();
    let of_hub = |rule: &FieldRule| match rule {
        FieldRule::Master { system, .. } => system == hub.as_str(),
        FieldRule::Shared { on_conflict: Conflict::Prefer(names) } => names.first().is_some_and(|n| n == hub.as_str()),
        _ => false,
    };
    let rule = rule_at(set, path)?;
    (!of_hub(rule)).then(|| format!("the hub computes '{path}', and this rule leaves it to somebody else"))
}
