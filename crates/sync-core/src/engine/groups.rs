//! Which entities run together, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use super::Group;
use crate::{
    id::{EntityKind, EntityName, StreamKey, SystemId},
    policy::{Compiled, Differs, Entity},
};
/// Entities that share a host stream come into one group, named after its first.
pub(super) fn groups(policy: &Compiled) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // the hub computes orders from invoices and makes invoices of orders
    let documents = StreamKey::new(SystemId::hub(), "documents");
    let rolls_up = policy.entities.iter().any(|entity| entity.hub.is_some() || !entity.derives.is_empty());
    // a document may have its buyer corrected
    let buyers = StreamKey::new(SystemId::hub(), "buyers");
    let corrects = |entity: &Entity| {
        let mut documents = entity.streams.values().filter_map(|table| table.document.as_ref());
        documents.any(|document| document.buyer_differs.has(Differs::UpdateRegister))
    };
    let corrected = policy.entities.iter().any(corrects);
    for (place, entity) in policy.entities.iter().enumerate() {
        let mut hosts: BTreeSet<StreamKey> = entity.streams.values().map(|table| table.host.clone()).collect();
        if entity.hub.is_some() || !entity.derives.is_empty() || (entity.kind == EntityKind::Invoice && rolls_up) {
            hosts.insert(documents.clone());
        }
        if corrects(entity) || (entity.kind == EntityKind::Organisation && corrected) {
            hosts.insert(buyers.clone());
        }
        let (shared, mut rest): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(|group| !group.hosts.is_disjoint(&hosts));
        let mut group = Group {
            name: entity.name.to_string(),
            lease: String::new(),
            entities: vec![place],
            hosts,
            later: BTreeSet::new(),
            is_second: false,
        };
        for other in shared.into_iter().rev() {
            group.name = other.name;
            group.entities.splice(0..0, other.entities);
            group.hosts.extend(other.hosts);
        }
        group.entities.sort_unstable();
        rest.push(group);
        groups = rest;
    }
    for group in &mut groups {
        group.hosts.remove(&documents);
        group.hosts.remove(&buyers);
        group.lease.clone_from(&group.name);
    }
    second_rounds(policy, in_order(policy, groups))
}

/// In the order of their first entities, but whoever has the items that lines name goes before the documents.
fn in_order(policy: &Compiled, mut groups: Vec<Group>) -> Vec<Group> {
    let entities = |group: &Group| -> Vec<&Entity> {
        group.entities.iter().filter_map(|place| policy.entities.get(*place)).collect()
    };
    let first = |group: &Group| group.entities.first().copied();
    let mut needed: BTreeMap<EntityName, Option<usize>> = BTreeMap::new();
    for group in &groups {
        for table in entities(group).into_iter().flat_map(|entity| entity.streams.values()) {
            if let Some(items) = table.document.as_ref().and_then(|document| document.items.clone()) {
                let at = needed.entry(items).or_insert(first(group));
                *at = (*at).min(first(group));
            }
        }
    }
    groups.sort_by_key(|group| {
        let needed = entities(group).into_iter().filter_map(|entity| needed.get(&entity.name).copied()).min();
        (needed.unwrap_or(first(group)).min(first(group)), needed.is_none(), first(group))
    });
    groups
}

/// Stock that shops are told of is written after their orders were read: where it shares its host records with entities
/// that go before the orders, it gets a round of its own after them.
fn second_rounds(policy: &Compiled, mut groups: Vec<Group>) -> Vec<Group> {
    let of = |group: &Group, counts: &dyn Fn(&Entity) -> bool| -> Vec<usize> {
        let places = group.entities.iter().copied();
        places.filter(|place| policy.entities.get(*place).is_some_and(counts)).collect()
    };
    let orders = |names: &BTreeSet<&EntityName>| {
        let counted = |entity: &Entity| {
            names.contains(&entity.name) || (entity.kind == EntityKind::Invoice && entity.ordered.is_some())
        };
        groups.iter().rposition(|group| !of(group, &counted).is_empty())
    };
    let mut rounds: Vec<(usize, usize, usize)> = Vec::new(); // (after, first round, entity)
    for (at, group) in groups.iter().enumerate() {
        for place in of(group, &|entity| entity.stock.is_some()) {
            let names = policy.entities.get(place).and_then(|entity| entity.stock.as_ref());
            let names: BTreeSet<&EntityName> = names.iter().flat_map(|table| &table.orders).collect();
            rounds.extend(orders(&names).filter(|after| *after > at).map(|after| (after, at, place)));
        }
    }
    rounds.sort_unstable_by(|a, b| b.cmp(a));
    for (after, at, place) in rounds {
        let (Some(entity), Some(first)) = (policy.entities.get(place), groups.get_mut(at)) else { continue };
        first.later.insert(place);
        let second = Group {
            name: entity.name.to_string(),
            lease: first.lease.clone(),
            entities: vec![place],
            hosts: entity.streams.values().map(|table| table.host.clone()).collect(),
            later: BTreeSet::new(),
            is_second: true,
        };
        groups.insert(after + 1, second);
    }
    groups
}
