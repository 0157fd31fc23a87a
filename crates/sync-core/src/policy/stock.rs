//! What a policy says of the stock that shops are told of.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Becomes, FieldRule, Foreign, Policy, Predicate, RuleSet, compile::invoices, known::Known};
use crate::{
    id::{EntityKind, EntityName, SystemId},
    model::StockLevel,
    value::FieldPath,
};

/// `[entities.<name>.reserve]`, in a rule set of stock: what shops are told is the master's number, less what was ordered
/// in shops and is not in that number yet, less a buffer, and never below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Reserve {
    /// The rule sets whose orders count.
    pub orders: Vec<EntityName>,
    /// So much is kept back of every item, in units of the item.
    #[serde(default)]
    pub buffer: Decimal,
    /// From when on the master's own number counts an order. If not said: `arrived` where orders stay orders at the
    /// master, `booked` where they become invoices.
    #[serde(default)]
    pub counted: Option<Counted>,
    /// Only orders of which all this holds count; every one that stands if empty.
    #[serde(default)]
    pub when: Vec<Predicate>,
}

/// From when on the number of a system counts an order by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// As soon as it is there, in whatever state.
    Arrived,
    /// When it is invoiced there, and the invoice is booked.
    Booked,
    /// When it is delivered.
    Delivered,
}

impl Counted {
    fn word(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Booked => "booked",
            Self::Delivered => "delivered",
        }
    }
}

/// Of a rule set of stock with `reserve`, all that is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockTable {
    /// The rule sets whose orders count.
    pub orders: Vec<EntityName>,
    /// The system whose number is what the hub starts from.
    pub master: SystemId,
    /// What is kept back.
    pub buffer: Decimal,
    /// The fewest decimals that a target takes.
    pub scale: Option<u32>,
}

/// Of a rule set whose records count against stock, all that is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedTable {
    /// The rule sets of stock that they count against.
    pub stock: Vec<EntityName>,
    /// The system whose number they are missing from.
    pub master: SystemId,
    /// From when on that number counts them.
    pub counted: Counted,
    /// Only those of which all this holds: what the policy says, and the floor below which orders are never transferred.
    pub when: Vec<Predicate>,
}

impl StockTable {
    pub(super) fn compile(known: &Known<'_>, set: &RuleSet) -> Option<Arc<Self>> {
        let reserve = set.reserve.as_ref().filter(|_| set.kind == EntityKind::StockLevel)?;
        let targets = set.systems.iter().filter(|(name, role)| **name != set.master && role.update);
        let caps = targets.flat_map(|(name, _)| known.streams(name, set.kind));
        let scale = caps.filter_map(|(_, cap)| cap.fields.get(&StockLevel::AVAILABLE)?.max_scale).min();
        let master = known.system(&set.master)?.clone();
        Some(Arc::new(Self { orders: reserve.orders.clone(), master, buffer: reserve.buffer, scale }))
    }
}

impl OrderedTable {
    pub(super) fn compile(known: &Known<'_>, policy: &Policy, name: &EntityName, set: &RuleSet) -> Option<Arc<Self>> {
        let mut found: Option<Self> = None;
        for (stock, by, reserve) in reserves(policy) {
            let named = reserve.orders.iter().filter_map(|orders| Some((orders, policy.entities.get(orders)?)));
            let becomes = |orders: &RuleSet| {
                orders.systems.get(&by.master).is_some_and(|role| role.becomes == Some(Becomes::Invoice))
            };
            let keeps = invoices(policy, &by.master).is_some_and(|(known, _)| known == name);
            let mut own = named.filter(|(orders, of)| match set.kind {
                EntityKind::Order => *orders == name,
                EntityKind::Invoice => keeps && becomes(of),
                _ => false,
            });
            let (Some((_, orders)), Some(master)) = (own.next(), known.system(&by.master)) else { continue };
            let usual = if becomes(orders) { Counted::Booked } else { Counted::Arrived };
            let floor = orders.scope.iter().filter(|scope| scope.at == by.master).flat_map(|scope| &scope.when);
            let floor = floor.filter(|predicate| ["@created_on", "@origin"].contains(&predicate.field.as_str()));
            let table = found.get_or_insert_with(|| Self {
                stock: Vec::new(),
                master: master.clone(),
                counted: reserve.counted.unwrap_or(usual),
                when: reserve.when.iter().chain(floor).cloned().collect(),
            });
            table.stock.push(stock.clone());
        }
        found.map(Arc::new)
    }
}

/// Rule sets of stock that reserve.
pub(super) fn reserves(policy: &Policy) -> impl Iterator<Item = (&EntityName, &RuleSet, &Reserve)> {
    let of = policy.entities.iter().filter(|(_, set)| set.kind == EntityKind::StockLevel);
    of.filter_map(|(name, set)| Some((name, set, set.reserve.as_ref()?)))
}

/// The hub is the master of what it counts; a shop counts by itself, so what changes there is no edit.
pub(super) fn take_over(set: &mut RuleSet) {
    if set.reserve.is_some() && set.kind == EntityKind::StockLevel {
        let system = SystemId::hub().as_str().to_owned();
        let rule = FieldRule::Master { system, on_foreign_change: Foreign::Ignore };
        set.fields.entry(StockLevel::AVAILABLE).or_insert(rule);
    }
}

/// Whether the hub computes a field of this rule set.
pub(super) fn computes(set: &RuleSet, leaf: FieldPath) -> bool {
    set.kind == EntityKind::StockLevel && set.reserve.is_some() && leaf == StockLevel::AVAILABLE
}

/// What changes the numbers although no record does.
pub(super) fn shape(set: &RuleSet, unit: FieldPath) -> Option<String> {
    let reserve = set.reserve.as_ref().filter(|_| computes(set, unit))?;
    let orders: Vec<&str> = reserve.orders.iter().map(EntityName::as_str).collect();
    let when: Vec<String> = reserve.when.iter().map(ToString::to_string).collect();
    let counted = reserve.counted.map_or("", Counted::word);
    Some(format!("reserve {} {} {counted} {}", orders.join(" "), reserve.buffer.normalize(), when.join(" ")))
}
