//! From lagging sides to operations, one for each host record. Pure: the same input gives the same plan.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::diff::{Diffed, name_of};
use crate::{
    capability::{RemoveMode, Shows, UpdateMode},
    connector::Writable,
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey},
    mapping::Problems,
    plan::{Doing, Op},
    policy::{Apply, Entity, OnRemove, Recreate, StreamTable},
    store::{Binding, BoundSide, EffectKey, Event, Held, HeldWhy, Share, SideState},
    value::{FieldMap, FieldPath, Fingerprint, Link, Value},
};

/// What must not be touched: host records with an open intent, and creates that may be under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks {
    pub(crate) hosts: BTreeSet<ExternalRef>,
    pub(crate) creates: BTreeSet<(CanonicalId, StreamKey)>,
}

/// Plans one record; what it cannot plan is added to what is held.
pub(crate) fn operations(entity: &Entity, diffed: &mut Diffed, locks: &Locks, now: DateTime<Utc>) -> Vec<Op> {
    let mut ops = Vec::new();
    if diffed.binding.ambiguous || !diffed.binding.is_live() {
        return ops;
    }
    removals(entity, diffed, locks, now, &mut ops);
    let binding = diffed.binding.clone();
    // what waits for a person is not written, although it lags
    let waiting: BTreeSet<FieldPath> = diffed.held.iter().filter_map(|held| held.unit).collect();
    for (key, side) in &binding.sides {
        let Some(table) = entity.streams.get(key) else { continue };
        let mut side = side.clone();
        side.lagging.retain(|unit| !waiting.contains(unit));
        let quiet = side.lagging.is_empty() || side.frozen || side.not_before.is_some_and(|at| at > now);
        if quiet || side.state == SideState::Removed || table.cap.shows == Shows::Snapshot {
            continue;
        }
        let op = match &side.id {
            Some(id) => update(entity, table, &binding, &side, id, locks, diffed, now),
            None => create(entity, table, &binding, &side, locks, diffed, now),
        };
        ops.extend(op);
    }
    ops
}

/// What the loss of one side means for the others.
fn removals(entity: &Entity, diffed: &mut Diffed, locks: &Locks, now: DateTime<Utc>, ops: &mut Vec<Op>) {
    let binding = diffed.binding.clone();
    let gone: Vec<&StreamKey> = dead(&binding).collect();
    if gone.is_empty() {
        return;
    }
    let live: Vec<(&StreamKey, &BoundSide)> =
        binding.sides.iter().filter(|(_, side)| side.state != SideState::Removed && side.id.is_some()).collect();
    if live.is_empty() && !binding.aliases.is_empty() {
        let names: Vec<String> = binding.aliases.iter().map(ToString::to_string).collect();
        let text = format!("{} was removed, and {} is one more name of it", name_of(&binding), names.join(", "));
        diffed.held.push(held(&binding, None, HeldWhy::Removed, text, "remove that one too, or leave it", now));
        return;
    }
    if live.is_empty() {
        diffed.binding.ended_at = Some(now);
        diffed.binding.sides.retain(|_, side| side.id.is_some());
        diffed.changed = true;
        return;
    }
    let of_master = gone.iter().any(|key| key.system == entity.master);
    let edited = diffed.events.iter().any(|event| match event {
        Event::Settled { from, .. } => gone.iter().all(|key| key.system != *from),
        _ => false,
    });
    let held =
        |why, text: &str, cure: &str| held(&binding, None, why, format!("{} {text}", name_of(&binding)), cure, now);
    match (of_master, entity.on_remove) {
        (true, OnRemove::Ignore) => {}
        (true, OnRemove::Hold) => diffed.held.push(held(
            HeldWhy::Removed,
            &format!("was removed at {}", gone.iter().map(|k| k.to_string()).collect::<Vec<_>>().join(", ")),
            "remove it in the other systems, or leave it",
        )),
        (true, rule) if edited => diffed.held.push(held(
            HeldWhy::RemovedAndChanged,
            &format!("was removed in one system and changed in another; the rule says {rule:?}"),
            "say which of the two is to stand",
        )),
        (true, rule) => {
            let mode = if rule == OnRemove::Archive { RemoveMode::Archive } else { RemoveMode::Delete };
            for (key, side) in live {
                let (Some(table), Some(id)) = (entity.streams.get(key), &side.id) else { continue };
                let allowed = table.role.remove && table.cap.remove.contains(&mode) && !side.frozen;
                if !allowed || locks.hosts.contains(&table.host.id(id)) || side.not_before.is_some_and(|at| at > now) {
                    continue;
                }
                ops.push(op(entity, table, &binding, Doing::Remove { id: id.clone(), mode }, BTreeSet::new()));
            }
        }
        (false, _) if entity.recreate == Recreate::Ask && creates_there(entity, &gone) => diffed.held.push(held(
            HeldWhy::Removed,
            &format!("was removed at {}", gone.iter().map(|k| k.to_string()).collect::<Vec<_>>().join(", ")),
            "have it made again, or leave it",
        )),
        (false, _) => {}
    }
}

fn dead(binding: &Binding) -> impl Iterator<Item = &StreamKey> {
    binding.sides.iter().filter(|(_, side)| side.state == SideState::Removed).map(|(key, _)| key)
}

fn creates_there(entity: &Entity, gone: &[&StreamKey]) -> bool {
    gone.iter()
        .any(|key| entity.systems.get(&key.system).is_some_and(|role| role.create == crate::policy::Create::Always))
}

#[allow(clippy::too_many_arguments, reason = "one call site; a struct would only rename the arguments")]
fn update(
    entity: &Entity,
    table: &StreamTable,
    binding: &Binding,
    side: &BoundSide,
    id: &std::sync::Arc<str>,
    locks: &Locks,
    diffed: &mut Diffed,
    now: DateTime<Utc>,
) -> Option<Op> {
    if !table.role.update || table.cap.update == UpdateMode::None || locks.hosts.contains(&table.host.id(id)) {
        return None;
    }
    let mut units = side.lagging.clone();
    match &side.writable {
        Writable::All => {}
        Writable::Nothing(why) => {
            let text = format!("{} lags at {}, which is locked: {why}", name_of(binding), table.key);
            diffed.held.push(held(binding, None, HeldWhy::Locked, text, why, now));
            return None;
        }
        Writable::Except(paths) => {
            let locked = |unit: &FieldPath| {
                let leaves = table.fields.writable(*unit, false);
                !leaves.is_empty()
                    && leaves.iter().all(|leaf| {
                        table.map.theirs(*leaf).iter().all(|field| paths.iter().any(|path| field.is_under(*path)))
                    })
            };
            let (shut, open) = units.into_iter().partition(locked);
            units = open;
            let shut: BTreeSet<FieldPath> = shut;
            for unit in shut {
                let text = format!("{unit} of {} cannot be changed at {} now", name_of(binding), table.key);
                diffed.held.push(held(binding, Some(unit), HeldWhy::Locked, text, "change it there by hand", now));
            }
        }
    }
    if fault::on(Fault::LaggingForgotten) && side.refusals > 0 {
        return None;
    }
    units = mapped(table, binding, side, units, diffed, now);
    let effects = effects(table, binding, &mut units, diffed, now);
    (!units.is_empty()).then(|| {
        let mut op = op(entity, table, binding, Doing::Update { id: id.clone() }, units);
        op.effects = effects;
        op
    })
}

/// Units whose codes can be translated; the others are held.
fn mapped(
    table: &StreamTable,
    binding: &Binding,
    side: &BoundSide,
    units: BTreeSet<FieldPath>,
    diffed: &mut Diffed,
    now: DateTime<Utc>,
) -> BTreeSet<FieldPath> {
    let mut problems = Problems::default();
    if let Err(error) = table.map.outbound(&binding.agreed, Some(&side.shadow), &mut problems) {
        let text = format!("{} cannot be written to {}: {}", name_of(binding), table.key, error.message());
        diffed.held.push(held(binding, None, HeldWhy::Incomplete, text, "correct the field in its source", now));
        return BTreeSet::new();
    }
    let code_of = |unit: &FieldPath| problems.unmapped.iter().find(|code| code.field.is_under(*unit)).cloned();
    let (shut, open): (BTreeSet<FieldPath>, BTreeSet<FieldPath>) =
        units.into_iter().partition(|u| code_of(u).is_some());
    for (unit, code) in shut.iter().filter_map(|unit| Some((*unit, code_of(unit)?))) {
        let text =
            format!("{}: {} \"{}\" has no code at {}", name_of(binding), code.table, code.code, table.key.system);
        let cure = format!("add a row for \"{}\" to the table {}", code.code, code.table);
        diffed.held.push(held(binding, Some(unit), HeldWhy::Unmapped, text, &cure, now));
    }
    open
}

/// Side effects of a status that is to be written; a status that a person is to confirm is held instead.
fn effects(
    table: &StreamTable,
    binding: &Binding,
    units: &mut BTreeSet<FieldPath>,
    diffed: &mut Diffed,
    now: DateTime<Utc>,
) -> BTreeSet<EffectKey> {
    let Some(status) = &table.status else { return BTreeSet::new() };
    let axes = status.axes();
    let Some(row) = status.outcome(&binding.agreed).filter(|_| units.iter().any(|unit| axes.contains(unit))) else {
        return BTreeSet::new();
    };
    if row.apply == Apply::Hold {
        units.retain(|unit| !axes.contains(unit));
        let text = format!("{} is to become '{}' at {}", name_of(binding), row.status, table.key);
        diffed.held.push(held(
            binding,
            None,
            HeldWhy::Confirm,
            text,
            "set it there by hand, or let the table write it",
            now,
        ));
        return BTreeSet::new();
    }
    let trigger = format!("{}={}", table.key, row.status);
    let key = |effect: &String| EffectKey { subject: binding.id, effect: effect.clone(), trigger: trigger.clone() };
    row.effects.iter().map(key).collect()
}

fn create(
    entity: &Entity,
    table: &StreamTable,
    binding: &Binding,
    side: &BoundSide,
    locks: &Locks,
    diffed: &mut Diffed,
    now: DateTime<Utc>,
) -> Option<Op> {
    if locks.creates.contains(&(binding.id, table.key.clone())) {
        return None;
    }
    let mut problems = Problems::default();
    let theirs = match table.map.outbound(&binding.agreed, Some(&side.shadow), &mut problems) {
        Ok(theirs) => theirs,
        Err(error) => {
            let text = format!("{} cannot be written to {}: {}", name_of(binding), table.key, error.message());
            diffed.held.push(held(binding, None, HeldWhy::Incomplete, text, "correct the field in its source", now));
            return None;
        }
    };
    if let Some(code) = problems.unmapped.iter().next() {
        let text =
            format!("{}: {} \"{}\" has no code at {}", name_of(binding), code.table, code.code, table.key.system);
        let cure = format!("add a row for \"{}\" to the table {}", code.code, code.table);
        diffed.held.push(held(binding, None, HeldWhy::Unmapped, text, &cure, now));
        diffed.unmapped.extend(problems.unmapped);
        return None;
    }
    let given = |path: FieldPath| theirs.filled(path).is_some() || table.cap.holds.get(path).is_some();
    let missing: Vec<&str> = table
        .cap
        .fields
        .iter()
        .filter(|(path, cap)| cap.required_on_create && !given(**path))
        .map(|(path, _)| path.as_str())
        .collect();
    if !missing.is_empty() {
        let text = format!("{} cannot be made at {}: {} is missing", name_of(binding), table.key, missing.join(", "));
        diffed.held.push(held(binding, None, HeldWhy::Incomplete, text, "fill it in its source", now));
        return None;
    }
    let mut op = op(entity, table, binding, Doing::Create, side.lagging.clone());
    op.key = format!("c-{}-{}-{}", binding.id, table.key, side.refusals);
    if side.gone > 0 {
        op.key.push_str(&format!("-{}", side.gone)); // else the vendor answers with the one that is gone
    }
    Some(op)
}

fn op(entity: &Entity, table: &StreamTable, binding: &Binding, doing: Doing, units: BTreeSet<FieldPath>) -> Op {
    let ours: FieldMap = units
        .iter()
        .flat_map(|unit| binding.agreed.under(*unit).iter().map(|(p, v)| (p, v.clone())).collect::<Vec<_>>())
        .collect();
    let shown =
        binding.sides.get(&table.key).and_then(|side| table.inbound(&side.shadow, &mut Problems::default()).ok());
    let shown = shown.unwrap_or_default();
    let tell = |unit: &FieldPath| {
        let from = binding.origins.get(unit)?;
        let (old, new) = (values(&shown.under(*unit)), values(&binding.agreed.under(*unit)));
        (new != old).then(|| {
            format!("{unit}: {} → {new}, from {}", if old.is_empty() { "(nothing)" } else { &old }, from.connection())
        })
    };
    let because = units.iter().filter_map(tell).collect();
    let id = match &doing {
        Doing::Update { id } | Doing::Remove { id, .. } => id.to_string(),
        Doing::Create => String::new(),
    };
    let content =
        Fingerprint::of_bytes(format!("{}#{id}@{}:{}", table.key, binding.rev, ours.fingerprint()).as_bytes());
    let word = if matches!(doing, Doing::Remove { .. }) { "r" } else { "u" };
    Op {
        key: format!("{word}-{content}"),
        entity: entity.name.clone(),
        host: table.host.clone(),
        doing,
        after: links(&ours),
        shares: vec![Share { subject: binding.id, at: table.key.clone(), units, ours, instead: FieldMap::new() }],
        mark: None,
        effects: BTreeSet::new(),
        because,
    }
}

/// The values of a unit for people; empty ones are left out.
fn values(of: &FieldMap) -> String {
    of.iter().filter(|(_, value)| !value.is_null()).map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(", ")
}

/// Records that the written values point to.
fn links(ours: &FieldMap) -> BTreeSet<CanonicalId> {
    ours.iter()
        .flat_map(|(_, value)| value.links())
        .filter_map(|link| match link {
            Link::Canonical(id) => Some(*id),
            Link::External(_) => None,
        })
        .collect()
}

fn held(
    binding: &Binding,
    unit: Option<FieldPath>,
    why: HeldWhy,
    text: String,
    cure: &str,
    now: DateTime<Utc>,
) -> Held {
    let mut held = Held::new(binding.id, binding.entity.clone(), why, text, cure, now);
    held.unit = unit;
    held.numbers = binding.numbers.clone();
    held
}

/// Joins what belongs to one host record: the changes of all its facets are one call. Two full replaces of one record
/// undo each other.
pub(crate) fn by_host_record(ops: Vec<Op>, facets_of: &BTreeMap<StreamKey, StreamKey>) -> Vec<Op> {
    if fault::on(Fault::FacetsWrittenApart) {
        return ops;
    }
    let mut joined: Vec<Op> = Vec::new();
    let mut places: BTreeMap<(StreamKey, String), usize> = BTreeMap::new();
    for op in ops {
        let place = match &op.doing {
            Doing::Update { id } => Some((op.host.clone(), id.to_string())),
            Doing::Create => Some((op.host.clone(), format!("new {}", host_subject(&op, facets_of)))),
            Doing::Remove { .. } => None,
        };
        let known = place.as_ref().and_then(|place| places.get(place)).and_then(|at| joined.get_mut(*at));
        match (known, place) {
            (Some(first), _) if first.doing == op.doing => {
                first.shares.extend(op.shares);
                first.after.extend(op.after);
                first.because.extend(op.because);
                first.effects.extend(op.effects);
                if !matches!(first.doing, Doing::Create) {
                    first.key = format!("u-{}", Fingerprint::of_bytes(format!("{}{}", first.key, op.key).as_bytes()));
                }
            }
            (_, place) => {
                if let Some(place) = place {
                    places.insert(place, joined.len());
                }
                joined.push(op);
            }
        }
    }
    // a facet is never made by itself: its host carries it, now or when it is there
    joined.retain(|op| !matches!(op.doing, Doing::Create) || op.shares.iter().any(|share| share.at == op.host));
    for op in &mut joined {
        let own: BTreeSet<CanonicalId> = op.shares.iter().map(|share| share.subject).collect();
        op.after.retain(|id| !own.contains(id));
    }
    joined
}

/// The record that a create makes: for a facet, the one that it links to.
fn host_subject(op: &Op, facets_of: &BTreeMap<StreamKey, StreamKey>) -> String {
    let Some(share) = op.shares.first() else { return op.key.clone() };
    if facets_of.contains_key(&share.at) {
        let link = share.ours.iter().find_map(|(_, value)| match value {
            Value::Link(Link::Canonical(id)) => Some(id.to_string()),
            _ => None,
        });
        return link.unwrap_or_else(|| op.key.clone());
    }
    share.subject.to_string()
}
