//! From lagging sides to operations, one for each host record. Pure: the same input gives the same plan.

mod buyer;
mod codes;
mod documents;
mod join;
mod removals;
mod status;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};

pub(super) use codes::unmapped;
pub(super) use documents::is_short;
pub(super) use join::by_host_record;

use super::{
    diff::{Diffed, name_of},
    repeats,
};
use crate::{
    capability::{Shows, UpdateMode},
    connector::Writable,
    document,
    fault::{self, Fault},
    id::{CanonicalId, EntityName, ExternalRef, StreamKey, SystemId},
    mapping::Problems,
    plan::{Doing, Op},
    policy::{Entity, StreamTable},
    stock::AVAILABLE,
    store::{Binding, BoundSide, Held, HeldWhy, Share, SideState},
    value::{FieldMap, FieldPath, Fingerprint, Link, Value},
};

/// What must not be touched: host records with an open intent, and creates that may be under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks {
    pub(crate) hosts: BTreeSet<ExternalRef>,
    pub(crate) creates: BTreeSet<(CanonicalId, StreamKey)>,
}

/// What the plan has to know beyond the record itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) locks: Locks,
    /// Items by the entity that has them and their number.
    pub(crate) items: BTreeMap<(EntityName, String), CanonicalId>,
    /// What is agreed of records that documents link to.
    pub(crate) linked: BTreeMap<CanonicalId, FieldMap>,
    /// What each system that has one of them, or of those items, shows of it: canonical.
    pub(crate) registered: BTreeMap<(SystemId, CanonicalId), FieldMap>,
    /// Linked records whose systems have not got yet what is agreed.
    pub(crate) unsettled: BTreeSet<(SystemId, CanonicalId)>,
    /// Invoices that are not made yet, or not booked, and whose orders are gone; not made yet, and out of scope by now.
    pub(crate) withdrawn: BTreeSet<CanonicalId>,
    /// Documents with a step to come whose source could not be read in this run, or was not listed.
    pub(crate) unsure: BTreeSet<CanonicalId>,
    /// Rule sets of stock that is counted from orders of which some could not be read in this run.
    pub(crate) orders_unheard: BTreeSet<EntityName>,
}

/// One side of one record.
struct Place<'a> {
    entity: &'a Entity,
    table: &'a StreamTable,
    binding: &'a Binding,
    side: &'a BoundSide,
    facts: &'a Facts,
    now: DateTime<Utc>,
}

/// Plans one record; what it cannot plan is added to what is held.
pub(crate) fn operations(entity: &Entity, diffed: &mut Diffed, facts: &Facts, now: DateTime<Utc>) -> Vec<Op> {
    let mut ops = Vec::new();
    if diffed.binding.ambiguous || !diffed.binding.is_live() {
        return ops;
    }
    removals::removals(entity, diffed, facts, now, &mut ops);
    let binding = diffed.binding.clone();
    // what waits for a person is not written, although it lags
    let waiting: BTreeSet<FieldPath> = diffed.held.iter().filter_map(|held| held.unit).collect();
    for (key, side) in &binding.sides {
        let Some(table) = entity.streams.get(key) else { continue };
        let mut side = Cow::Borrowed(side);
        if side.lagging.iter().any(|unit| waiting.contains(unit)) {
            side.to_mut().lagging.retain(|unit| !waiting.contains(unit));
        }
        let rests = side.frozen || side.not_before.is_some_and(|at| at > now);
        if rests || side.state == SideState::Removed || table.cap.shows == Shows::Snapshot {
            continue;
        }
        let at = Place { entity, table, binding: &binding, side: &side, facts, now };
        let op = match &side.id {
            None if side.lagging.is_empty() || facts.withdrawn.contains(&binding.id) => None,
            None => create(&at, diffed),
            Some(id) => {
                let written = (!side.lagging.is_empty()).then(|| update(&at, id, diffed)).flatten();
                written.or_else(|| documents::payment(&at, id, diffed)).or_else(|| documents::step(&at, id, diffed))
            }
        };
        ops.extend(op);
    }
    ops
}

fn update(at: &Place<'_>, id: &Arc<str>, diffed: &mut Diffed) -> Option<Op> {
    let table = at.table;
    if !table.role.update || table.cap.update == UpdateMode::None || at.facts.locks.hosts.contains(&table.host.id(id)) {
        return None;
    }
    let mut units = at.side.lagging.clone();
    if table.document.as_ref().is_some_and(|document| document.cap.pays.is_some()) {
        units.remove(&document::SETTLED); // by a payment of its own
    }
    let units = if units.is_empty() { units } else { unlocked(at, units, diffed)? };
    if fault::on(Fault::LaggingForgotten) && at.side.refusals > 0 {
        return None;
    }
    if at.facts.orders_unheard.contains(&at.entity.name) && tells_of_more(at) {
        return None; // some of it may be sold
    }
    let units = stays(at, units, diffed);
    let mut units = codes::mapped(at, units, diffed);
    let effects = status::effects(at, &mut units, diffed);
    let mut instead = FieldMap::new();
    if table.document.is_some() && units.contains(&document::CONTENT) {
        match documents::outgoing(at, diffed) {
            Some(out) => instead = out,
            None => {
                units.remove(&document::CONTENT);
            }
        }
    }
    (!units.is_empty()).then(|| {
        let mut op = op(at.entity, table, at.binding, Doing::Update { id: id.clone() }, units);
        op.effects = effects;
        send_instead(&mut op, instead);
        op
    })
}

/// The units whose values stay where they are written. The others are held: somebody changes them back each time.
fn stays(at: &Place<'_>, units: BTreeSet<FieldPath>, diffed: &mut Diffed) -> BTreeSet<FieldPath> {
    let too_often = |unit: &FieldPath| repeats::too_often(at.side, *unit, &at.entity.guards).is_some();
    let (stopped, units): (BTreeSet<FieldPath>, BTreeSet<FieldPath>) = units.into_iter().partition(too_often);
    for unit in stopped {
        let times = repeats::too_often(at.side, unit, &at.entity.guards).unwrap_or_default();
        let span = String::from(at.entity.guards.rewrites_within);
        let text = format!(
            "{unit} of {} was written anew to {} {times} times within {span} and does not stay",
            name_of(at.binding),
            at.table.key
        );
        let cure =
            "find out what changes it there, another program or the system itself, then decide; it is left alone";
        diffed.held.push(held(at, Some(unit), HeldWhy::Loop, text, cure));
    }
    units
}

/// The units that may be written to this very record; `None` if none may. What is locked is held.
fn unlocked(at: &Place<'_>, units: BTreeSet<FieldPath>, diffed: &mut Diffed) -> Option<BTreeSet<FieldPath>> {
    let (table, binding) = (at.table, at.binding);
    match &at.side.writable {
        Writable::All => Some(units),
        Writable::Nothing(why) => {
            let text = format!("{} lags at {}, which is locked: {why}", name_of(binding), table.key);
            diffed.held.push(held(at, None, HeldWhy::Locked, text, why));
            None
        }
        Writable::Except(paths) => {
            let locked = |unit: &FieldPath| {
                table.fields.takes(*unit, false)
                    && table.fields.writable(*unit, false).all(|leaf| {
                        table.map.theirs(leaf).iter().all(|field| paths.iter().any(|path| field.is_under(*path)))
                    })
            };
            let (shut, open): (BTreeSet<FieldPath>, BTreeSet<FieldPath>) = units.into_iter().partition(locked);
            for unit in shut {
                let text = format!("{unit} of {} cannot be changed at {} now", name_of(binding), table.key);
                diffed.held.push(held(at, Some(unit), HeldWhy::Locked, text, "change it there by hand"));
            }
            Some(open)
        }
    }
}

/// Whether a shop would be told of more stock than it shows.
fn tells_of_more(at: &Place<'_>) -> bool {
    let shown = at.table.inbound(&at.side.shadow, &mut Problems::default()).unwrap_or_default();
    let number = |fields: &FieldMap| fields.get(AVAILABLE).and_then(Value::as_decimal);
    number(&shown).is_none_or(|shown| number(&at.binding.agreed).is_some_and(|agreed| agreed > shown))
}

fn create(at: &Place<'_>, diffed: &mut Diffed) -> Option<Op> {
    let (table, binding, side) = (at.table, at.binding, at.side);
    if at.facts.locks.creates.contains(&(binding.id, table.key.clone())) {
        return None;
    }
    let (theirs, unmapped) = codes::outbound(at, diffed)?;
    if !codes::all_mapped(at, unmapped, diffed) {
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
        diffed.held.push(held(at, None, HeldWhy::Incomplete, text, "fill it in its source"));
        return None;
    }
    let mut instead = FieldMap::new();
    if table.document.is_some() {
        instead = documents::outgoing(at, diffed)?;
        instead.overlay(&documents::least_binding(at));
    }
    let mut op = op(at.entity, table, binding, Doing::Create, side.lagging.clone());
    op.key = format!("c-{}-{}-{}", binding.id, table.key, side.refusals);
    if side.gone > 0 {
        op.key.push_str(&format!("-{}", side.gone)); // else the vendor answers with the one that is gone
    }
    send_instead(&mut op, instead);
    Some(op)
}

fn send_instead(op: &mut Op, instead: FieldMap) {
    op.after.extend(links(&instead));
    for share in &mut op.shares {
        share.instead.overlay(&instead);
    }
}

pub(super) fn op(
    entity: &Entity,
    table: &StreamTable,
    binding: &Binding,
    doing: Doing,
    units: BTreeSet<FieldPath>,
) -> Op {
    let ours = binding.agreed.filter(|path| units.iter().any(|unit| path.is_under(*unit)));
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
        Doing::Update { id } | Doing::Act { id, .. } | Doing::Remove { id, .. } => id.to_string(),
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

fn held(at: &Place<'_>, unit: Option<FieldPath>, why: HeldWhy, text: String, cure: &str) -> Held {
    let mut held = Held::new(at.binding.id, at.binding.entity.clone(), why, text, cure, at.now);
    held.unit = unit;
    held.numbers = at.binding.numbers.clone();
    if let Some(unit) = unit.filter(|unit| *unit != document::CONTENT) {
        let shown = at.table.inbound(&at.side.shadow, &mut Problems::default()).unwrap_or_default();
        let from = at.binding.origins.get(&unit).map(|from| (from.clone(), at.binding.agreed.under(unit)));
        held.values = from.into_iter().chain([(at.table.key.system.clone(), shown.under(unit))]).collect();
    }
    held
}
