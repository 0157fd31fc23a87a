//! From the file's form to the flat tables.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use super::{
    Becomes, BuyerDiffers, CampaignTable, Compiled, Conflict, Create, Differs, DocumentTable, Entity, FieldRule,
    FieldTable, Foreign, Guards, Hooks, Mistake, OrderedTable, Policy, Role, Rule, RuleSet, StockTable, StreamTable,
    Unit, campaign, check, hooks,
    known::{Known, Leaves},
    shape,
};
use crate::{
    capability::{Capabilities, FieldCapability, StreamCapability},
    connector::host_of,
    id::{EntityKind, EntityName, StreamKey, SystemId},
    mapping::{Mapper, StreamMap},
    model::{self, Invoice},
    value::FieldPath,
};

impl Policy {
    /// Checks the policy against what the systems can do and makes the engine's tables. A connection's name in the
    /// policy stands for the system that is called so ([`SystemId::connection`]).
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn compile(
        &self,
        systems: &BTreeMap<SystemId, Capabilities>,
        mappers: &BTreeMap<String, Mapper>,
        hooks: &Hooks,
    ) -> Result<Compiled, Vec<Mistake>> {
        let known = Known::new(systems, mappers, hooks);
        let (policy, taken) = self.with_invoices();
        let policy = &campaign::with_hub_fields(&known, policy);
        let mut entities: Vec<Entity> =
            policy.entities.iter().map(|(name, set)| entity(&known, policy, name, set)).collect();
        let mut mistakes = check::all(&known, policy, &entities);
        mistakes.extend(hooks::bind(policy, hooks, &mut entities));
        if !mistakes.is_empty() {
            return Err(as_written(mistakes, &taken));
        }
        entities.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(Compiled { entities })
    }
}

impl Policy {
    /// The same with what rule sets of invoices take over from orders that become invoices: roles, carriers, accounts,
    /// and the hub as the master of what an order says. What they say themselves stands. With it, which places of the
    /// invoices stand for which of the orders.
    fn with_invoices(&self) -> (Self, Vec<Taken>) {
        let (mut policy, mut taken) = (self.clone(), Vec::new());
        for (from, orders) in &self.entities {
            let becomes = orders.systems.iter().filter(|(_, role)| role.becomes == Some(Becomes::Invoice));
            for (connection, role) in becomes {
                let keeps = |(_, set): &(&EntityName, &mut RuleSet)| {
                    set.kind == EntityKind::Invoice && set.systems.get(connection).is_some_and(|role| role.read)
                };
                if let Some((name, invoices)) = policy.entities.iter_mut().find(keeps) {
                    let keys = invoices.takes_over(orders, connection, role).into_iter();
                    let place = |of: &EntityName, key: String| format!("entities.{of}.{key}");
                    taken
                        .extend(keys.map(|(key, theirs)| Taken { here: place(name, key), there: place(from, theirs) }));
                }
            }
        }
        (policy, taken)
    }
}

/// A place that nobody wrote, and the one that it was taken over from.
struct Taken {
    here: String,
    there: String,
}

/// An entity's limits. What goes up and down by nature comes back to a value that it had.
fn guards(set: &RuleSet, of_all: Guards) -> Guards {
    let guards = set.guards.unwrap_or(of_all);
    Guards { max_rewrites: if set.kind == EntityKind::StockLevel { 0 } else { guards.max_rewrites }, ..guards }
}

/// The mistakes at the places that somebody wrote; what is wrong there is told once.
fn as_written(mistakes: Vec<Mistake>, taken: &[Taken]) -> Vec<Mistake> {
    let mut told: Vec<Mistake> = Vec::new();
    for mut mistake in mistakes {
        let rest = |from: &Taken| {
            let rest = mistake.place.strip_prefix(&from.here)?;
            (rest.is_empty() || rest.starts_with(['.', '['])).then(|| format!("{}{rest}", from.there))
        };
        if let Some(place) = taken.iter().find_map(rest) {
            mistake.place = place;
        }
        if !told.contains(&mistake) {
            told.push(mistake);
        }
    }
    told
}

impl RuleSet {
    /// Whether none of its orders is made as such in a system.
    pub(super) fn made_as_invoices(&self, role: &Role) -> bool {
        role.becomes == Some(Becomes::Invoice) && !self.buyer_differs.has(Differs::AsOrder)
    }
    /// Gives back the keys that were taken over, and those of the orders that they come from.
    fn takes_over(&mut self, orders: &RuleSet, connection: &str, role: &Role) -> Vec<(String, String)> {
        let mut taken = Vec::new();
        let mut same = |key: String| taken.push((key.clone(), key));
        if let Some(own) = self.systems.get_mut(connection) {
            if own.create == Create::Never {
                own.create = role.create;
                same(format!("systems.{connection}.create"));
            }
            if role.update && !own.update {
                own.update = true;
                same(format!("systems.{connection}.update"));
            }
            if own.until.is_none() {
                own.until = role.until;
                same(format!("systems.{connection}.until"));
            }
        }
        if let Some(rows) = orders.rows.get(connection).filter(|_| !self.rows.contains_key(connection)) {
            self.rows.insert(connection.to_owned(), rows.clone());
            same(format!("rows.{connection}"));
        }
        if let Some(accounts) = orders.accounts.get(connection).filter(|_| !self.accounts.contains_key(connection)) {
            self.accounts.insert(connection.to_owned(), accounts.clone());
            same(format!("accounts.{connection}"));
        }
        if self.buyer_differs == BuyerDiffers::default() {
            self.buyer_differs = orders.buyer_differs;
            same("buyer_differs".to_owned());
        }
        for path in [Invoice::CONTENT, Invoice::CUSTOMER, Invoice::CONTACT, Invoice::ORDER, Invoice::DESCRIPTION] {
            let hub = SystemId::hub().as_str().to_owned();
            let rule = FieldRule::Master { system: hub, on_foreign_change: Foreign::default() };
            if let Entry::Vacant(free) = self.fields.entry(path) {
                free.insert(rule);
                taken.push((format!("fields.{path}"), format!("systems.{connection}.becomes")));
            }
        }
        taken
    }
}

/// What names nothing is left out: the checks that follow tell of it.
fn entity(known: &Known<'_>, policy: &Policy, name: &EntityName, set: &RuleSet) -> Entity {
    let leaves = Leaves::of(set, known.mappers);
    let units = units(known, set, &leaves);
    let systems = set.systems.iter().filter_map(|(name, role)| Some((known.system(name)?.clone(), role.clone())));
    let mut scope: BTreeMap<SystemId, Vec<_>> = BTreeMap::new();
    let mut tells: BTreeMap<FieldPath, BTreeSet<SystemId>> = BTreeMap::new();
    for rule in &set.scope {
        if let Some(system) = known.system(&rule.at) {
            scope.entry(system.clone()).or_default().extend(rule.when.iter().cloned());
            if let Some(told) = rule.tell {
                tells.entry(told).or_default().insert(system.clone());
            }
        }
    }
    Entity {
        name: name.clone(),
        kind: set.kind,
        filter: set.filter.clone(),
        master: system_of(known, &set.master).unwrap_or_else(SystemId::hub),
        systems: systems.collect(),
        streams: set.systems.iter().flat_map(|(at, role)| streams(known, policy, name, set, at, role)).collect(),
        matches: set.matches.clone(),
        scope,
        tells,
        on_remove: set.on_remove,
        recreate: set.recreate,
        on_empty_master: set.on_empty_master,
        guards: guards(set, policy.guards),
        every_s: set.every.map_or(0, super::Span::as_secs),
        complete_every_s: set.complete_every.as_secs(),
        hub: hub(policy, name, set, &units),
        derives: derives(known, policy, set),
        stock: StockTable::compile(known, set),
        ordered: OrderedTable::compile(known, policy, name, set),
        campaign: CampaignTable::compile(known, set),
        shape: shape::of_entity(known, set),
        unit_shapes: shape::of_units(known, policy, set, &leaves, &units),
        units,
    }
}

/// What the hub says: of the fields that a rule leaves to it, and of all of them where records are derived.
fn hub(policy: &Policy, name: &EntityName, set: &RuleSet, units: &[Unit]) -> Option<StreamTable> {
    let system = SystemId::hub();
    let derived = policy.entities.values().any(|orders| {
        let becomes = orders.systems.iter().filter(|(_, role)| role.becomes == Some(Becomes::Invoice));
        becomes.into_iter().any(|(connection, _)| invoices(policy, connection).is_some_and(|(known, _)| known == name))
    });
    let named = |unit: &&Unit| derived || unit.rule.names(&system);
    let mut cap = StreamCapability::new(set.kind);
    for unit in units.iter().filter(named) {
        let leaves = model::spec(set.kind).iter().filter(|leaf| leaf.path.is_under(unit.path));
        let own = unit.path.is_extension().then_some(unit.path);
        let leaves = leaves.map(|leaf| leaf.path).chain(own);
        cap.fields.extend(leaves.map(|leaf| (leaf, FieldCapability::read_only())));
    }
    let key = StreamKey::new(system, name.as_str());
    (!cap.fields.is_empty()).then(|| StreamTable {
        key: key.clone(),
        host: key,
        role: Role::reads(),
        fields: FieldTable(cap.fields.clone()),
        cap,
        map: StreamMap::default(),
        status: None,
        document: None,
        entity: name.clone(),
        hooks: Vec::new(),
    })
}

/// The rule set that keeps the invoices made at a connection.
pub(super) fn invoices<'p>(policy: &'p Policy, connection: &str) -> Option<(&'p EntityName, &'p RuleSet)> {
    policy.entities.iter().find(|(_, set)| {
        let makes = |role: &Role| role.read && role.create != Create::Never;
        set.kind == EntityKind::Invoice && set.systems.get(connection).is_some_and(makes)
    })
}

fn derives(known: &Known<'_>, policy: &Policy, set: &RuleSet) -> BTreeMap<SystemId, EntityName> {
    let becomes = set.systems.iter().filter(|(_, role)| role.becomes == Some(Becomes::Invoice));
    let found = becomes.filter_map(|(connection, _)| {
        Some((known.system(connection)?.clone(), invoices(policy, connection)?.0.clone()))
    });
    found.collect()
}

fn streams(
    known: &Known<'_>,
    policy: &Policy,
    entity: &EntityName,
    set: &RuleSet,
    connection: &str,
    role: &Role,
) -> BTreeMap<StreamKey, StreamTable> {
    let Some((system, capabilities)) = known.system(connection).and_then(|system| known.systems.get_key_value(system))
    else {
        return BTreeMap::new();
    };
    if set.made_as_invoices(role) && role.streams.is_empty() {
        return BTreeMap::new(); // the orders that are there are not ours, unless they are named
    }
    let wanted = |stream: &str| role.streams.is_empty() || role.streams.iter().any(|name| name == stream);
    let own = known.own_types(set, &policy.tables);
    let tables = known.streams(connection, set.kind).filter(|(stream, _)| wanted(stream.as_str()));
    let tables = tables.map(|(stream, cap)| {
        let key = StreamKey::new(system.clone(), stream.clone());
        let status = set.status.get(connection).filter(|table| cap.fields.contains_key(&table.field));
        let map = StreamMap::compile(connection, cap, &set.map, &policy.tables, known.mappers, &own);
        let map = status.iter().fold(map, |map, table| map.with_mapper(&table.mapper(connection)));
        let table = StreamTable {
            key: key.clone(),
            host: host_of(capabilities, &key),
            role: role.clone(),
            cap: cap.clone(),
            fields: FieldTable(map.capabilities(cap)),
            map,
            status: status.map(|table| Arc::new(table.clone())),
            document: DocumentTable::compile(policy, set, connection, cap),
            entity: entity.clone(),
            hooks: Vec::new(),
        };
        (key, table)
    });
    tables.collect()
}

fn units(known: &Known<'_>, set: &RuleSet, leaves: &Leaves) -> Vec<Unit> {
    let unit = |path: FieldPath| Some(Unit { path, rule: rule(known, set, rule_at(set, path))? });
    leaves.units().into_iter().filter_map(unit).collect()
}

/// The rule with the longest path that covers a unit.
pub(super) fn rule_at(set: &RuleSet, unit: FieldPath) -> Option<&FieldRule> {
    let covering = set.fields.iter().filter(|(path, _)| unit.is_under(**path));
    covering.max_by_key(|(path, _)| path.as_str().len()).map(|(_, rule)| rule)
}

/// Who is meant by a name that decides: a connection, the hub, or wherever a record was met first.
fn system_of(known: &Known<'_>, name: &str) -> Option<SystemId> {
    let reserved = [SystemId::hub(), SystemId::origin()].into_iter().find(|system| system.as_str() == name);
    reserved.or_else(|| known.system(name).cloned())
}

fn rule(known: &Known<'_>, set: &RuleSet, rule: Option<&FieldRule>) -> Option<Rule> {
    let system = |name: &str| system_of(known, name);
    let master = |name: &str, foreign: Foreign, seeded: bool| {
        Some(Rule::Master { system: system(name)?, foreign, blank: set.on_empty_master, seeded })
    };
    match rule {
        None => master(&set.master, Foreign::default(), true),
        Some(FieldRule::Master { system, on_foreign_change }) => {
            // of an invoice that is made of no order the hub has no word, and what its system says stands
            let by_hub = set.kind == EntityKind::Invoice && system == SystemId::hub().as_str();
            master(system, *on_foreign_change, by_hub)
        }
        Some(FieldRule::Shared { on_conflict: Conflict::Prefer(names) }) => {
            Some(Rule::Prefer(names.iter().filter_map(|name| system(name)).collect()))
        }
        Some(FieldRule::Shared { on_conflict: Conflict::Newest { otherwise } }) => {
            Some(Rule::Newest { otherwise: system(otherwise)? })
        }
        Some(FieldRule::Shared { on_conflict: Conflict::Hold }) => Some(Rule::Hold),
        Some(FieldRule::Seed { from }) => Some(Rule::Seed(system(from)?)),
        Some(FieldRule::Sum { up_to }) => Some(Rule::Sum { up_to: *up_to }),
        Some(FieldRule::Off {}) => None,
    }
}
