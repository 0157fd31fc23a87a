//! Judges a history of documents at its end, from the systems' own logs. What the engine's store says is held or set
//! aside is taken for a claim that excuses what is missing, and for nothing else.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sync_core::{
    CanonicalId, ExternalRef, FieldMap, FieldPath, Value,
    model::Invoice,
    store::{Held, Parked, StateStore},
    value::Link,
};

use super::{
    lineage::{Facts, Made, Ordered},
    plan::{ORDERS, PAY, STATUS},
    play::{Stage, amount, word},
};
use crate::{
    mock::{Look, Who},
    simulation::{Verdict, Wrong},
    world::drive,
};

const GROSS: FieldPath = FieldPath::from_static("content.gross");
/// A row read so lately need not be read again before a step.
const FRESH: TimeDelta = TimeDelta::seconds(30);
const ROUNDING: FieldPath = FieldPath::from_static("content.rounding");

pub(super) fn judge(stage: Stage<'_>) -> Verdict {
    let mut verdict = stage.verdict.clone();
    let facts = Facts::gather(&stage);
    let claims = Claims::gather(&stage, &facts);
    verdict.held = u64::try_from(claims.held.len()).unwrap_or_default();
    verdict.parked = u64::try_from(claims.parked.len()).unwrap_or_default();
    verdict.writes = u64::try_from(facts.log.iter().filter(|change| change.who == Who::Engine).count()).unwrap_or(0);
    doubled(&facts, &mut verdict);
    strangers(&stage, &facts, &mut verdict);
    arrived(&stage, &facts, &claims, &mut verdict);
    steps(&stage, &facts, &mut verdict);
    payments(&stage, &facts, &claims, &mut verdict);
    effects(&stage, &mut verdict);
    locked(&stage, &facts, &mut verdict);
    verdict
}

/// What the engine says of itself.
struct Claims {
    held: Vec<Held>,
    parked: Vec<Parked>,
    /// Records by the mark of the order that they belong to.
    ids: BTreeMap<String, BTreeSet<CanonicalId>>,
}

impl Claims {
    fn gather(stage: &Stage<'_>, facts: &Facts) -> Self {
        let store = stage.world.store();
        let invoices = drive(store.scan(&"invoices".into(), None, 10_000)).unwrap_or_default();
        let invoices = drive(store.bindings(&invoices)).unwrap_or_default();
        let mut ids: BTreeMap<String, BTreeSet<CanonicalId>> = BTreeMap::new();
        for (mark, order) in &facts.orders {
            let bound = drive(store.bound(std::slice::from_ref(&order.reference))).unwrap_or_default();
            let own: BTreeSet<CanonicalId> = bound.into_iter().map(|(_, id)| id).collect();
            let derived = invoices.iter().filter(|b| b.derived_from.is_some_and(|of| own.contains(&of)));
            let all = derived.map(|binding| binding.id).chain(own.iter().copied()).collect();
            ids.insert(mark.clone(), all);
        }
        let held = drive(store.held(None)).unwrap_or_default();
        let parked = drive(store.parked(None)).unwrap_or_default();
        Self { held, parked, ids }
    }
    /// Somebody is told of an order, or of what it became.
    fn tells(&self, mark: &str) -> bool {
        let Some(ids) = self.ids.get(mark) else { return false };
        self.held.iter().any(|held| ids.contains(&held.subject))
            || self.parked.iter().any(|parked| parked.subject.is_some_and(|id| ids.contains(&id)))
    }
}

/// Before what the vendor rounds.
fn payable(fields: &FieldMap) -> Decimal {
    amount(fields, GROSS) - amount(fields, ROUNDING)
}

/// No document is made twice, unless somebody removed the first.
fn doubled(facts: &Facts, verdict: &mut Verdict) {
    let ours: Vec<&Made> = facts.made.iter().filter(|made| !made.twin).collect();
    for (place, one) in ours.iter().enumerate() {
        let earlier = facts
            .made
            .iter()
            .take(place)
            .find(|other| other.mark == one.mark && other.removed.is_none_or(|removed| removed >= one.began));
        if let Some(other) = earlier {
            let line = format!("{} was made for {} although {} was there", one.first, one.mark, other.name());
            verdict.add(Wrong::Doubled, line);
        }
    }
}

/// Nothing is done with what people made: their copies, their invoices, their credits.
fn strangers(stage: &Stage<'_>, facts: &Facts, verdict: &mut Verdict) {
    let homes: Vec<_> = stage.plan.homes().iter().map(|stream| stage.erp().at(stream)).collect();
    let known_copy = |name: &ExternalRef| stage.copies.iter().find(|(copy, _)| copy == name).map(|(_, known)| *known);
    let changed = facts.log.iter().filter(|c| c.who == Who::Engine && homes.contains(&c.reference.at));
    let acted = facts.acts.iter().filter(|acted| acted.who == Who::Engine).map(|acted| (&acted.reference, acted.at));
    for (name, at) in changed.map(|change| (&change.reference, change.at)).chain(acted) {
        // whose copy was made before the answer came cannot be told from the original
        if facts.owner(name).is_none() && known_copy(name) != Some(false) {
            verdict.add(Wrong::Master, format!("{name}, which people made, was touched at {at}"));
        }
    }
}

/// What became of each order: its document is there, as far as it is to go, and comes to the same; or somebody is told.
fn arrived(stage: &Stage<'_>, facts: &Facts, claims: &Claims, verdict: &mut Verdict) {
    for (mark, order) in facts.orders.iter().filter(|(_, order)| !order.removed) {
        if claims.tells(mark) {
            continue;
        }
        let own: Vec<&Made> = facts.made.iter().filter(|made| made.mark == *mark).collect();
        // a copy that somebody made may have been taken for the first one: that one of the two is right is enough
        let shown = |made: &&&Made| {
            let fields = stage.erp().fields(made.name().at.stream.as_str(), &made.name().id).unwrap_or_default();
            (amount(&order.now(), GROSS) == payable(&fields), rank(word(&fields)), !made.twin)
        };
        if !own.is_empty() && own.iter().all(|made| made.removed.is_some()) && stands_in(stage, mark) {
            verdict.window += 1; // somebody deleted ours and booked a copy of it: it looks like ours that was booked
            continue;
        }
        let Some(made) = own.iter().filter(|made| made.removed.is_none()).max_by_key(shown) else {
            let line = if own.is_empty() { "was never made" } else { "is gone" };
            verdict.add(Wrong::Lost, format!("the document of {mark} {line}, and nobody is told"));
            continue;
        };
        let name = made.name();
        let Some(fields) = stage.erp().fields(name.at.stream.as_str(), &name.id) else { continue };
        if rank(word(&fields)) < rank(Some(stage.plan.until())) {
            let line = format!("{name} of {mark} is {:?} and nobody is told", word(&fields).unwrap_or_default());
            verdict.add(Wrong::Stuck, line);
        }
        let (due, comes_to) = (amount(&order.now(), GROSS), payable(&fields));
        let theirs = stage.plan.foreign == "ignore" && facts.edited_by_people(made);
        if due != comes_to && !theirs {
            verdict.add(Wrong::Money, format!("{mark} comes to {due}, and {name} to {comes_to}; nobody is told"));
        }
        back(stage, made, order, mark, verdict);
    }
}

impl Facts {
    fn paid_by_hand(&self, made: &Made, paid: Decimal) -> bool {
        let of = self.acts.iter().filter(|acted| acted.act == PAY && acted.who == Who::User);
        of.filter(|acted| made.names.contains(&acted.reference))
            .any(|acted| amount(&acted.with, "paid.amount".into()) >= paid)
    }
    fn edited_by_people(&self, made: &Made) -> bool {
        let by_people = |change: &&crate::mock::Change| change.who == Who::User && !change.before.is_empty();
        self.log.iter().filter(by_people).any(|change| made.names.contains(&change.reference))
    }
}

/// Whether a booked document carries an order's mark.
fn stands_in(stage: &Stage<'_>, mark: &str) -> bool {
    let streams = stage.plan.homes();
    streams.iter().any(|stream| {
        let all = stage.erp().all(stream);
        all.values()
            .any(|fields| rank(word(fields)) > 0 && fields.iter().any(|(_, value)| value.as_text() == Some(mark)))
    })
}

/// The order's status and numbers say what its invoice says.
fn back(stage: &Stage<'_>, made: &Made, order: &Ordered, mark: &str, verdict: &mut Verdict) {
    if !stage.plan.as_invoice || stage.plan.drafts_only {
        return;
    }
    let Some(fields) = stage.erp().fields(made.name().at.stream.as_str(), &made.name().id) else { return };
    let now = order.now();
    let number = fields.text(Invoice::NUMBER).unwrap_or_default();
    if now.text(sync_core::model::Order::INVOICE_NUMBERS).unwrap_or_default() != number {
        verdict.add(Wrong::Stuck, format!("the number '{number}' of {} did not reach {mark}", made.name()));
    }
    if is_credited(stage, made.name()) {
        return; // its table has no word for that, and it may have come to that before anything else was told
    }
    let paid = fields.text(Invoice::PAYMENT) == Some("paid");
    let wanted = if paid { 2 } else { 1 };
    if rank_of_status(now.text(FieldPath::new(STATUS))) < wanted {
        let line =
            format!("{mark} is {:?}, though {} is booked, paid: {paid}", now.text(FieldPath::new(STATUS)), made.name());
        verdict.add(Wrong::Stuck, line);
    }
}

/// Whether a credit note takes a document back.
fn is_credited(stage: &Stage<'_>, name: &ExternalRef) -> bool {
    let credits = Value::Link(Link::External(name.clone()));
    let notes =
        |stream: &&str| stage.erp().all(stream).into_values().any(|f| f.get(Invoice::CREDITS) == Some(&credits));
    stage.plan.homes().iter().any(notes)
}

fn rank(word: Option<&str>) -> usize {
    usize::from(matches!(word, Some("booked" | "open" | "sent")))
}

fn rank_of_status(word: Option<&str>) -> usize {
    ["created", "invoiced", "paid"].iter().position(|known| Some(*known) == word).unwrap_or(0)
}

/// The last time that the engine was shown a record before a moment; long ago, if never.
fn last_look(looks: &[Look], name: &ExternalRef, before: DateTime<Utc>) -> DateTime<Utc> {
    let of = looks.iter().filter(|look| look.reference == *name && look.at <= before).map(|look| look.at);
    of.max().unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// A step is taken only with a document that comes to what its order comes to.
fn steps(stage: &Stage<'_>, facts: &Facts, verdict: &mut Verdict) {
    let (shop_looks, erp_looks) = (stage.shop().looks(), stage.erp().looks());
    for acted in facts.acts.iter().filter(|acted| acted.who == Who::Engine && acted.act != PAY) {
        let Some(made) = facts.owner(&acted.reference) else { continue };
        let Some(order) = facts.orders.get(&made.mark) else { continue };
        let seen = last_look(&shop_looks, &order.reference, acted.began);
        let sums = order.grosses(seen.min(acted.began), acted.at);
        if sums.contains(&payable(&acted.before)) {
            continue;
        }
        let mut looks = erp_looks.iter().filter(|look| look.reference == acted.reference);
        let looked = looks.rfind(|look| look.changes <= acted.place);
        let unseen = facts.log.iter().take(acted.place).skip(looked.map_or(0, |look| look.changes));
        let mut unseen = unseen.filter(|change| change.reference == acted.reference);
        let lately = looked.is_some_and(|look| acted.began.signed_duration_since(look.at) <= FRESH);
        if lately && unseen.any(|change| change.who == Who::User) {
            verdict.window += 1;
        } else {
            let line = format!(
                "{} was taken to {} with {}, and {} comes to {sums:?}",
                acted.reference,
                acted.act,
                payable(&acted.before),
                made.mark
            );
            verdict.add(Wrong::Money, line);
        }
    }
}

/// What was paid in the shop is registered once.
fn payments(stage: &Stage<'_>, facts: &Facts, claims: &Claims, verdict: &mut Verdict) {
    for made in &facts.made {
        let of = |who: Who| -> Decimal {
            let own = facts.acts.iter().filter(|a| a.act == PAY && a.who == who && made.names.contains(&a.reference));
            own.map(|acted| amount(&acted.with, "paid.amount".into())).sum()
        };
        let (ours, theirs) = (of(Who::Engine), of(Who::User));
        let Some(order) = facts.orders.get(&made.mark) else { continue };
        if ours > order.paid() {
            let line =
                format!("{ours} were registered on {}, and {} were paid on {}", made.name(), order.paid(), made.mark);
            verdict.add(Wrong::Paid, line);
        }
        let pays = stage.plan.as_invoice && stage.plan.pays && !stage.plan.drafts_only;
        let twins = facts.made.iter().any(|other| other.twin && other.mark == made.mark);
        if !pays || twins || claims.tells(&made.mark) || made.removed.is_some() || order.removed {
            continue;
        }
        let wanted = if stage.plan.sum { order.paid() + theirs } else { order.paid().max(theirs) };
        let due = stage.erp().fields(made.name().at.stream.as_str(), &made.name().id).map_or(wanted, |f| payable(&f));
        let missing = wanted.min(due.max(order.paid())) - ours - theirs;
        if missing > Decimal::ZERO && facts.paid_by_hand(made, missing) {
            // registered by hand while we were about to: it cannot be told from our own
            verdict.window += 1;
        } else if missing > Decimal::ZERO {
            let line = format!("{} of {wanted} are settled on {}, and nobody is told", ours + theirs, made.name());
            verdict.add(Wrong::Stuck, line);
        }
    }
}

/// A status goes forward, and brings about its effect once.
fn effects(stage: &Stage<'_>, verdict: &mut Verdict) {
    let at = stage.shop().at(ORDERS);
    let status = FieldPath::new(STATUS);
    let mut written: BTreeMap<ExternalRef, BTreeSet<String>> = BTreeMap::new();
    let log = stage.shop().log();
    for change in log.iter().filter(|change| change.reference.at == at && change.who == Who::Engine) {
        let (before, after) = (change.before.text(status), change.after.text(status));
        if before == after {
            continue;
        }
        if rank_of_status(after) < rank_of_status(before) {
            verdict.add(Wrong::Status, format!("{} went from {before:?} to {after:?}", change.reference));
        }
        written.entry(change.reference.clone()).or_default().extend(after.map(str::to_owned));
    }
    let mut asked: BTreeMap<ExternalRef, usize> = BTreeMap::new();
    for (reference, _) in stage.shop().effects_of() {
        *asked.entry(reference).or_default() += 1;
    }
    for (reference, times) in asked {
        let words = written.get(&reference).map_or(0, BTreeSet::len);
        if times > words {
            let line = format!("{reference}: its buyer was notified {times} times, for {words} statuses");
            verdict.add(Wrong::Effect, line);
        }
    }
}

/// Nothing is written to what was shown as locked.
fn locked(stage: &Stage<'_>, facts: &Facts, verdict: &mut Verdict) {
    let looks = stage.erp().looks();
    for (began, name) in stage.erp().turned_away() {
        let by_step = facts.acts.iter().filter(|acted| acted.became == name && acted.act != PAY).map(|acted| acted.at);
        let Some(since) = by_step.min() else { continue };
        if looks.iter().any(|look| look.reference == name && look.at > since && look.at < began) {
            verdict.add(Wrong::Locked, format!("{name} was written at {began}, locked since {since}"));
        }
    }
}
