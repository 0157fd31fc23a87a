//! How much of an item shops may sell: what the master has, less what was ordered and is not in its number yet. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::{
    document,
    engine::scope,
    id::{CanonicalId, EntityKind, EntityName, SystemId},
    model::{Fulfilment, Invoice, InvoiceStage, Invoicing, LineKind, Order, OrderStage, PaymentState, StockLevel},
    policy::{Counted, Entity, OrderedTable, StockTable},
    store::{Binding, MatchKey, SideState},
    value::{FieldMap, FieldPath, NormalForm, Value},
};

/// Free to sell.
pub(crate) const AVAILABLE: FieldPath = StockLevel::AVAILABLE;

/// What the hub's number counts: one text for each order, [`Entry`].
pub(crate) const ORDERS: FieldPath = FieldPath::from_static("x.hub.orders");

/// The rule of the keys under which an item's stock finds the orders that count against it.
const ORDERED: &str = "@ordered";
/// The rule of the keys under which an order finds the stock that it counts against.
const STOCKED: &str = "@stocked";

/// One order that is not in the master's number yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) order: CanonicalId,
    pub(crate) quantity: Decimal,
    /// The shops that have it: each counted it by itself when it was placed.
    pub(crate) shops: BTreeSet<SystemId>,
}

impl Entry {
    fn text(&self) -> String {
        let shops: Vec<&str> = self.shops.iter().map(SystemId::as_str).collect();
        format!("{} {} {}", self.order, self.quantity.normalize(), shops.join(" "))
    }
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let order = CanonicalId::from_uuid(words.next()?.parse().ok()?);
        Some(Self { order, quantity: words.next()?.parse().ok()?, shops: words.map(SystemId::new).collect() })
    }
}

/// What the hub's side of a stock level counted when it was computed last.
pub(crate) fn entries(binding: &Binding) -> Vec<Entry> {
    let hub = binding.sides.iter().find(|(key, _)| key.system == SystemId::hub());
    match hub.and_then(|(_, side)| side.shadow.get(ORDERS)) {
        Some(Value::List(all)) => all.iter().filter_map(|one| Entry::read(one.as_text()?)).collect(),
        _ => Vec::new(),
    }
}

/// The hub's word on a stock level.
pub(crate) fn word(table: &StockTable, figure: Decimal, counted: &[Entry]) -> FieldMap {
    let entries = counted.iter().map(|entry| Value::from(entry.text())).collect();
    FieldMap::new().with(AVAILABLE, left(table, figure, counted)).with(ORDERS, Value::List(entries))
}

/// What may be sold: never below zero, and never more than a target that takes fewer decimals could make of it.
pub(crate) fn left(table: &StockTable, figure: Decimal, counted: &[Entry]) -> Decimal {
    let sold = counted.iter().fold(Decimal::ZERO, |sum, entry| sum.saturating_add(entry.quantity));
    let left = figure.saturating_sub(sold).saturating_sub(table.buffer).max(Decimal::ZERO);
    table.scale.map_or(left, |scale| left.round_dp_with_strategy(scale, RoundingStrategy::ToZero))
}

/// An order under the key of an item.
#[derive(Clone, Debug)]
pub(crate) struct Sold {
    pub(crate) entry: Entry,
    /// Since when the master has had it in the state in which its number counts it.
    pub(crate) taken_at: Option<DateTime<Utc>>,
}

/// What came of counting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// What is not in the master's number yet.
    pub(crate) entries: Vec<Entry>,
    /// Shops whose own number moved: whatever we knew of it is out of date.
    pub(crate) moved: BTreeSet<SystemId>,
    /// Orders that the master's number counts by now: they need not be looked at again.
    pub(crate) absorbed: BTreeSet<CanonicalId>,
}

/// Counts the orders of one item. The master's number was read at `read_at`; what arrived there before that is in it, what
/// arrived later, or at the same moment, is not.
pub(crate) fn count(before: &[Entry], orders: Vec<Sold>, read_at: Option<DateTime<Utc>>) -> Count {
    let mut out = Count::default();
    let mut there = BTreeSet::new();
    for Sold { entry, taken_at } in orders {
        there.insert(entry.order);
        if !before.contains(&entry) {
            out.moved.extend(entry.shops.iter().cloned());
        }
        if taken_at.zip(read_at).is_some_and(|(taken, read)| read > taken) {
            out.absorbed.insert(entry.order);
        } else {
            out.entries.push(entry);
        }
    }
    // cancelled: the shop may have put it back by itself, or not
    let gone = before.iter().filter(|entry| !there.contains(&entry.order));
    out.moved.extend(gone.flat_map(|entry| entry.shops.iter().cloned()));
    out.entries.sort();
    out
}

/// Notes since when the master's number counts a record.
pub(crate) fn note(entity: &Entity, binding: &mut Binding, now: DateTime<Utc>) {
    let Some(table) = &entity.ordered else { return };
    if is_taken(table, entity, binding) {
        binding.taken_at.get_or_insert(now);
    } else if !becomes_another(entity, table) {
        binding.taken_at = None;
    }
}

/// Whether orders of this rule set become records of another one at the master: then those tell.
pub(crate) fn becomes_another(entity: &Entity, table: &OrderedTable) -> bool {
    entity.derives.contains_key(&table.master)
}

fn is_taken(table: &OrderedTable, entity: &Entity, binding: &Binding) -> bool {
    let mut sides = binding.sides.iter().filter(|(key, side)| {
        key.system == table.master && side.state != SideState::Removed && entity.streams.contains_key(*key)
    });
    let there = sides.clone().any(|(_, side)| side.id.is_some());
    let is = |path: FieldPath, word: &str| binding.agreed.text(path) == Some(word);
    if entity.kind == EntityKind::Invoice {
        let void = binding.agreed.get(Invoice::IS_CANCELLED) == Some(&Value::Bool(true));
        let booked = match binding.agreed.text(Invoice::STAGE) {
            Some(stage) => stage != InvoiceStage::Draft.word(),
            None => binding.agreed.filled(Invoice::NUMBER).is_some(),
        };
        return there && !void && (booked || table.counted == Counted::Arrived);
    }
    let delivered = is(Order::FULFILMENT, Fulfilment::Delivered.word());
    let to_come = sides.any(|(_, side)| side.id.is_none());
    // what has left the house without ever going there is in no number that will be read from now on
    let left = delivered && !there && !to_come;
    left || match table.counted {
        Counted::Arrived => there,
        Counted::Booked => there && is(Order::INVOICING, Invoicing::Invoiced.word()),
        Counted::Delivered => delivered,
    }
}

/// Keys of a record for the counting of stock.
pub(crate) fn keys(entity: &Entity, binding: &Binding) -> BTreeSet<MatchKey> {
    let mut all = BTreeSet::new();
    if entity.stock.is_some() {
        all.extend(binding.agreed.get(StockLevel::SKU).and_then(form).map(|sku| stocked(&entity.name, sku)));
    }
    if let Some(table) = entity.ordered.as_ref().filter(|_| entity.kind == EntityKind::Order)
        && stands(entity, table, binding)
    {
        let own = quantities(binding).into_keys().map(|sku| ordered(&entity.name, sku));
        // what was counted by the master once need not be looked at again
        all.extend(own.filter(|key| binding.taken_at.is_none() || binding.keys.contains(key)));
    }
    all
}

/// The item that a stock level is of.
pub(crate) fn sku(level: &Binding) -> Option<String> {
    level.agreed.get(StockLevel::SKU).and_then(form)
}
pub(crate) fn ordered(orders: &EntityName, sku: String) -> MatchKey {
    MatchKey { entity: orders.clone(), rule: ORDERED.to_owned(), key: sku }
}
fn stocked(stock: &EntityName, sku: String) -> MatchKey {
    MatchKey { entity: stock.clone(), rule: STOCKED.to_owned(), key: sku }
}
/// Keys of the stock that an order counts against, whatever becomes of it now.
pub(crate) fn levels(table: &OrderedTable, order: &Binding) -> BTreeSet<MatchKey> {
    let skus = quantities(order).into_keys();
    skus.flat_map(|sku| table.stock.iter().map(move |stock| stocked(stock, sku.clone()))).collect()
}

fn form(sku: &Value) -> Option<String> {
    NormalForm::Number.of(sku)
}

/// Units of each item that an order takes. What it gives back is not there before the master says so.
pub(crate) fn quantities(order: &Binding) -> BTreeMap<String, Decimal> {
    let mut all: BTreeMap<String, Decimal> = BTreeMap::new();
    let content = document::content(&order.agreed).unwrap_or_default();
    for line in content.lines.value().into_iter().flatten() {
        let goods = line.kind.value().is_none_or(|kind| *kind == LineKind::Item);
        let sku = line.sku.value().and_then(|sku| form(&Value::from(sku.as_str())));
        let quantity = line.quantity.value().copied().unwrap_or(Decimal::ONE);
        if let Some(sku) = sku.filter(|_| goods && quantity > Decimal::ZERO) {
            let sum = all.entry(sku).or_default();
            *sum = sum.saturating_add(quantity);
        }
    }
    all
}

/// Shops that have an order.
pub(crate) fn shops(table: &OrderedTable, order: &Binding) -> BTreeSet<SystemId> {
    let sides = order
        .sides
        .iter()
        .filter(|(key, side)| side.id.is_some() && side.state != SideState::Removed && key.system != table.master);
    sides.map(|(key, _)| key.system.clone()).filter(|system| *system != SystemId::hub()).collect()
}

/// Whether an order takes stock at all: it was not cancelled, credited, paid back or removed in its shop, is more than a
/// quote, and is not older than what is ever transferred.
fn stands(entity: &Entity, table: &OrderedTable, order: &Binding) -> bool {
    let is = |path: FieldPath, word: &str| order.agreed.text(path) == Some(word);
    let over = is(Order::FULFILMENT, Fulfilment::Cancelled.word())
        || is(Order::INVOICING, Invoicing::Credited.word())
        || is(Order::PAYMENT, PaymentState::Refunded.word())
        || is(Order::STAGE, OrderStage::Quote.word());
    let meant = scope::belongs(&table.when, entity.kind, scope::fields_of(order), &order.origin);
    order.is_live() && !over && meant && !shops(table, order).is_empty()
}

/// Whether an order counts at a stock level's place: one that names no place counts everywhere.
pub(crate) fn is_here(level: &Binding, order: &Binding) -> bool {
    let places = level.agreed.filled(StockLevel::LOCATION).zip(order.agreed.filled(Order::LOCATION));
    places.is_none_or(|(level, order)| level == order)
}

/// Whether a stock level is to be computed again at the next run: orders are missing from the master's number.
pub(crate) fn is_open(entity: &Entity, binding: &Binding) -> bool {
    entity.stock.is_some() && !entries(binding).is_empty()
}

#[cfg(test)]
mod tests;
