//! One write: resolving its links, reading before it where that can save something, calling, understanding the answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    act::{self, Stands},
    aside::tells,
    outcome::{Outcome, Trust, as_wanted, sent},
    subject::{Links, Sight},
};
use crate::{
    capability::{Capabilities, Shows, UpdateMode, kept},
    connector::{Action, Connector, Item, Part, Record, Write},
    context::Context,
    error::{Disposition, Error, ErrorKind},
    hook::{Outbound, Verdict},
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    mapping::Problems,
    plan::{Doing, Op},
    policy::{Entity, Foreign, Rule, StreamTable},
    store::{Binding, BoundSide, Intent, Share},
    value::{FieldMap, FieldPath, Link, Value},
};

/// A row read so lately need not be read again before a write.
const FRESH: TimeDelta = TimeDelta::seconds(30);

/// Why a call cannot be made now.
#[derive(Clone, Debug)]
pub(super) enum Blocked {
    /// It points to a record that has no name in the target system.
    MissingLink(Link),
    /// A hook wants a person to look.
    Hold(String),
    /// A hook leaves it out this time.
    Skip(String),
    /// A hook failed.
    Failed(String),
}

/// What can be sent of an operation.
pub(super) struct Sendable {
    pub(super) action: Action,
    pub(super) shares: Vec<Share>,
    /// Units that go on lagging, since they point to a record that has no name in the target system.
    pub(super) missing: Vec<(CanonicalId, FieldPath, Link)>,
}

/// The call that an operation stands for, with links in the target system's terms.
///
/// # Errors
/// A record that a create cannot do without is not there, or a hook's verdict; with the subject that it is about.
pub(super) fn action(
    op: &Op,
    tables: &BTreeMap<StreamKey, &StreamTable>,
    bindings: &BTreeMap<CanonicalId, Binding>,
    caps: &Capabilities,
) -> Result<Sendable, (CanonicalId, Blocked)> {
    let mut parts: Vec<Part> = Vec::new();
    let mut shares: Vec<Share> = Vec::new();
    let mut missing = Vec::new();
    let acts = matches!(op.doing, Doing::Act { .. });
    if acts {
        shares.clone_from(&op.shares);
    }
    for share in op.shares.iter().filter(|_| !acts) {
        let (Some(table), Some(binding)) = (tables.get(&share.at), bindings.get(&share.subject)) else { continue };
        let (part, own, lost) = part(share, table, binding, bindings, caps, matches!(op.doing, Doing::Create))
            .map_err(|blocked| (share.subject, blocked))?;
        missing.extend(lost.into_iter().map(|(unit, link)| (share.subject, unit, link)));
        parts.push(part);
        shares.push(own);
    }
    parts.sort_by_key(|part| part.stream != op.host.stream); // the host's own share first
    let action = match &op.doing {
        Doing::Create => Action::Create { parts },
        Doing::Update { id } => {
            let side = op.shares.first().and_then(|share| bindings.get(&share.subject)?.sides.get(&share.at));
            let checks = caps.streams.get(&op.host.stream).is_some_and(|cap| cap.update_if_version);
            Action::Update {
                id: id.clone(),
                parts,
                if_version: side.filter(|_| checks).map(|side| side.version.clone()),
            }
        }
        Doing::Act { id, act, with } => Action::Act { id: id.clone(), act: act.clone(), with: with.clone() },
        Doing::Remove { id, mode } => Action::Remove { id: id.clone(), mode: *mode },
    };
    Ok(Sendable { action, shares, missing })
}

/// Units of one share that are left out, and the links that have no name there.
type LeftOut = Vec<(FieldPath, Link)>;

fn part(
    share: &Share,
    table: &StreamTable,
    binding: &Binding,
    bindings: &BTreeMap<CanonicalId, Binding>,
    caps: &Capabilities,
    create: bool,
) -> Result<(Part, Share, LeftOut), Blocked> {
    let system = &share.at.system;
    let asked = ask_hooks(share, table, binding, create)?;
    let mut agreed = binding.agreed.clone();
    agreed.overlay(&asked);
    let mut lost: BTreeMap<FieldPath, Link> = BTreeMap::new();
    let linked = agreed.iter().any(|(_, value)| value.has_link());
    let mut named = |(path, value): (FieldPath, &Value)| {
        let value = value.map_links(&mut |link| match resolve(link, system, bindings, caps) {
            Some(reference) => Value::Link(Link::External(reference)),
            None => {
                lost.insert(path, link.clone());
                Value::Null
            }
        });
        (!lost.contains_key(&path)).then_some((path, value))
    };
    let ours = if linked { agreed.iter().filter_map(&mut named).collect() } else { agreed };
    let writable = |path: &FieldPath| table.fields.get(*path).writable(create);
    // what the system refused to make may be had later: without it, this would be made as nobody's
    let refused = |link: &Link| match link {
        Link::Canonical(id) => bindings.get(id).is_some_and(|linked| is_refused(linked, system)),
        Link::External(_) => false,
    };
    let needed = |(path, link): &(&FieldPath, &Link)| {
        create && writable(path) && (table.fields.get(**path).required_on_create || refused(link))
    };
    if let Some((_, link)) = lost.iter().find(needed) {
        return Err(Blocked::MissingLink(link.clone()));
    }
    // a link that cannot be given yet is left out, and its unit goes on lagging
    let mut own = Share { instead: asked.clone(), ..share.clone() };
    own.units.retain(|unit| !lost.keys().any(|path| path.is_under(*unit)));
    own.ours = own.ours.filter(|path| own.units.iter().any(|unit| path.is_under(*unit)));
    let left_out = share.units.iter().filter_map(|unit| {
        let link = lost.iter().find(|(path, _)| path.is_under(*unit) && writable(path))?.1;
        (!create).then(|| (*unit, link.clone()))
    });
    let shadow = binding.sides.get(&share.at).map(|side| &side.shadow);
    let theirs = table.map.outbound(&ours, shadow, &mut Problems::default());
    let theirs = theirs.map_err(|error| Blocked::Failed(error.message().to_owned()))?; // a hook changed what it was given
    let mut wanted = theirs.filter(|path| table.cap.fields.get(&path).is_some_and(|cap| cap.writable(create)));
    if create {
        wanted.overlay(&table.cap.holds.clone());
    }
    let goes = |path: FieldPath| own.units.iter().any(|unit| path.is_under(*unit)) || asked.get(path).is_some();
    let changed: BTreeSet<FieldPath> = ours
        .paths()
        .filter(|path| goes(*path))
        .flat_map(|leaf| table.map.theirs(leaf))
        .filter(|field| wanted.get(*field).is_some())
        .collect();
    Ok((Part { stream: share.at.stream.clone(), wanted, changed }, own, left_out.collect()))
}

/// Whether a system was asked for a record and would not make it.
fn is_refused(binding: &Binding, system: &SystemId) -> bool {
    let at = |(key, side): (&StreamKey, &BoundSide)| key.system == *system && side.id.is_none() && side.refusals > 0;
    binding.sides.iter().any(at)
}

/// What hooks say of a write: canonical fields that go out instead of, or beside, the settled ones.
fn ask_hooks(share: &Share, table: &StreamTable, binding: &Binding, creates: bool) -> Result<FieldMap, Blocked> {
    let mut fields = binding.agreed.clone();
    let mut instead = share.instead.clone();
    fields.overlay(&instead);
    for hook in &table.hooks {
        let reference = binding.reference(&share.at);
        let place = table.place().bound(binding.id);
        let place = reference.as_ref().map_or(place, |reference| place.called(reference));
        let changed = share.ours.paths().collect();
        match hook.before_write(&place, &Outbound::new(creates, &fields, &changed)) {
            Ok(Verdict::Keep) => {}
            Ok(Verdict::Change(other)) => {
                fields.overlay(&other);
                instead.overlay(&other);
            }
            Ok(Verdict::Hold(why)) => return Err(Blocked::Hold(why)),
            Ok(Verdict::Skip(why)) => return Err(Blocked::Skip(why)),
            Err(error) => return Err(Blocked::Failed(error.message().to_owned())),
        }
    }
    Ok(instead)
}

/// A record's name in a system: of its own register first.
pub(super) fn resolve(
    link: &Link,
    system: &SystemId,
    bindings: &BTreeMap<CanonicalId, Binding>,
    caps: &Capabilities,
) -> Option<ExternalRef> {
    match link {
        Link::External(reference) => (reference.at.system == *system).then(|| reference.clone()),
        Link::Canonical(id) => {
            let binding = bindings.get(id)?;
            binding
                .sides
                .keys()
                .filter(|key| key.system == *system && binding.live_side(key).is_some())
                .filter(|key| caps.streams.get(&key.stream).is_some_and(|cap| cap.shows == Shows::Record))
                .find_map(|key| binding.reference(key))
        }
    }
}

/// All that one call needs.
pub(super) struct Call<'a> {
    pub(super) connector: &'a dyn Connector,
    pub(super) cx: &'a Context,
    pub(super) op: &'a Op,
    pub(super) intent: &'a Intent,
    pub(super) entities: &'a [Entity],
    pub(super) tables: &'a BTreeMap<StreamKey, &'a StreamTable>,
    pub(super) bindings: &'a BTreeMap<CanonicalId, Binding>,
    /// The host record as it was read in this run.
    pub(super) read: Option<&'a (Item, DateTime<Utc>)>,
    pub(super) links: &'a Links,
}

impl Call<'_> {
    /// Reads first where that can save something, and gives what that showed; `Err` is an outcome that ends the call
    /// before it is made.
    pub(super) async fn prepare(&self) -> Result<(Write, Vec<Sight>), Outcome> {
        let mut write = Write {
            stream: self.op.host.stream.clone(),
            action: self.intent.action.clone(),
            idempotency_key: self.intent.key.clone(),
            mark: self.intent.mark.clone(),
            effects: self.intent.effects.iter().map(|key| key.effect.clone()).collect(),
            current: None,
        };
        let id = match &self.intent.action {
            Action::Update { id, .. } | Action::Act { id, .. } if self.must_look() => id,
            Action::Remove { id, .. } if self.listens() => id,
            _ => return Ok((write, Vec::new())),
        };
        let removes = matches!(self.intent.action, Action::Remove { .. });
        let acts = matches!(self.intent.action, Action::Act { .. });
        let now = self.cx.clock.now();
        let item = match self.fresh(now) {
            // a step cannot be taken back: nothing older than this moment will do
            Some(item) if !acts => item.clone(),
            _ => match self.look(&self.op.host, id).await {
                Ok(Some(item)) => item,
                // somebody took the step, or removed the record: the next listing tells which
                Ok(None) if acts => return Err(Outcome::Later(None)),
                Ok(None) if removes => return Err(Outcome::Removed),
                Ok(None) => return Err(Outcome::Refused(gone(&self.op.host, id))),
                Err(error) => return Err(before_sending(error)),
            },
        };
        let sights = decoded(self.connector, &item).map_err(before_sending)?;
        if acts {
            let stands = self
                .each(&sights)
                .map(|(share, table, sight)| act::stands(table, &self.intent.action, share, &sight.fields));
            return match stands.min() {
                Some(Stands::Taken) => {
                    Err(Outcome::Done { reference: item.reference.clone(), sights, trust: Trust::Read })
                }
                Some(Stands::Otherwise) | None => Err(Outcome::Moved(sights)),
                // its sums are not those that the step was decided on
                Some(Stands::Ahead) if self.sums_differ(&sights) => Err(Outcome::Moved(sights)),
                Some(Stands::Ahead) => Ok((Write { current: Some(item), ..write }, sights)),
            };
        }
        if removes {
            let edited =
                self.each(&sights).any(|(share, _, sight)| self.side(share).is_some_and(|side| tells(side, sight)));
            return if edited { Err(Outcome::Moved(sights)) } else { Ok((write, sights)) };
        }
        if self.as_wanted(&sights) {
            return Err(Outcome::Done { reference: item.reference.clone(), sights, trust: Trust::Read });
        }
        if self.moved(&sights) {
            return Err(Outcome::Moved(sights));
        }
        write.current = Some(item);
        Ok((write, sights))
    }

    /// The record as it was read so lately that it need not be read again. Where all of it is replaced and nothing but our
    /// look protects what people typed since, none was.
    fn fresh(&self, now: DateTime<Utc>) -> Option<&Item> {
        let (item, at) = self.read?;
        let cap = self.connector.capabilities().streams.get(&self.op.host.stream)?;
        if cap.update == UpdateMode::Replace && !cap.update_if_version && cap.get_max > 0 {
            return None;
        }
        (now.signed_duration_since(*at) <= FRESH && !item.partial).then_some(item)
    }

    /// The id of the record that is to be read before it is changed.
    pub(super) fn wants_look(&self) -> Option<&Arc<str>> {
        match &self.intent.action {
            Action::Update { id, .. } if self.must_look() && self.fresh(self.cx.clock.now()).is_none() => Some(id),
            _ => None,
        }
    }

    async fn look(&self, host: &StreamKey, id: &Arc<str>) -> Result<Option<Item>, Error> {
        let found = self.connector.get(self.cx, &host.stream, std::slice::from_ref(id)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// Whether an edit of a record that is to be removed would be somebody's business.
    fn listens(&self) -> bool {
        let cap = self.connector.capabilities().streams.get(&self.op.host.stream);
        let reads = self.tables.get(&self.op.host).is_some_and(|table| table.role.read);
        reads && cap.is_some_and(|cap| cap.get_max > 0)
    }

    /// A field that others may change, or whose change elsewhere a person is to see, a full replace, a side effect: there
    /// a look can save an edit or a mail.
    fn must_look(&self) -> bool {
        let Some(cap) = self.connector.capabilities().streams.get(&self.op.host.stream) else { return false };
        if cap.get_max == 0 {
            return false;
        }
        if matches!(self.intent.action, Action::Act { .. }) {
            return true;
        }
        if self.op.shares.iter().any(|share| self.side(share).is_some_and(|side| side.shadow.is_empty())) {
            return true; // nobody has seen it under this name yet
        }
        if cap.update_if_version && cap.update == UpdateMode::Merge {
            return false;
        }
        let shared = |share: &Share| {
            self.entities.iter().filter(|entity| entity.streams.contains_key(&share.at)).any(|entity| {
                entity.units.iter().any(|unit| {
                    let heard = match &unit.rule {
                        Rule::Master { foreign, .. } => *foreign == Foreign::Hold,
                        rule => !matches!(rule, Rule::Seed(_)),
                    };
                    heard && share.units.contains(&unit.path)
                })
            })
        };
        cap.update == UpdateMode::Replace || !self.intent.effects.is_empty() || self.op.shares.iter().any(shared)
    }

    fn sums_differ(&self, sights: &[Sight]) -> bool {
        self.each(sights).any(|(_, table, sight)| !act::sums_stand(table, &self.intent.action, &sight.fields))
    }

    fn each<'s>(&'s self, sights: &'s [Sight]) -> impl Iterator<Item = (&'s Share, &'s StreamTable, &'s Sight)> {
        self.op.shares.iter().filter_map(move |share| {
            let sight = sights.iter().find(|sight| sight.reference.at == share.at)?;
            Some((share, *self.tables.get(&share.at)?, sight))
        })
    }

    fn as_wanted(&self, sights: &[Sight]) -> bool {
        let mut any = false;
        for (share, table, sight) in self.each(sights) {
            any = true;
            if !as_wanted(table, &sight.fields, &sent(share), self.links) {
                return false;
            }
        }
        any && self.intent.effects.is_empty()
    }

    fn side(&self, share: &Share) -> Option<&BoundSide> {
        self.bindings.get(&share.subject)?.sides.get(&share.at)
    }

    /// A field to be written shows something else than the decision rests on. What was never seen before counts unless
    /// it is empty, or as wanted.
    fn moved(&self, sights: &[Sight]) -> bool {
        self.each(sights).any(|(share, table, sight)| {
            let Some(side) = self.side(share) else { return false };
            let sent = sent(share);
            sight.fields.iter().any(|(path, now)| {
                let leaves = table.map.ours(path);
                let written = leaves.iter().any(|leaf| share.units.iter().any(|unit| leaf.is_under(*unit)));
                written
                    && match side.shadow.get(path) {
                        Some(before) => before != now,
                        None => {
                            let wanted = sent.filter(|leaf| leaves.iter().any(|own| leaf.is_under(*own)));
                            !now.is_null()
                                && !wanted.is_empty()
                                && !as_wanted(table, &sight.fields, &wanted, self.links)
                        }
                    }
            })
        })
    }

    /// Makes sense of the answer to a write.
    pub(super) async fn understand(&self, answer: crate::Result<crate::connector::Written>) -> Outcome {
        let written = match answer {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::VersionConflict => return self.look_again(error).await,
            Err(error) => return self.failed(error),
        };
        for share in &self.op.shares {
            let Some(table) = self.tables.get(&share.at) else { continue };
            let place = table.place().bound(share.subject).called(&written.reference);
            table.hooks.iter().for_each(|hook| hook.after_write(&place, &written));
        }
        if matches!(self.op.doing, Doing::Remove { .. }) {
            return Outcome::Removed;
        }
        let own = self.connector.capabilities().streams.get(&self.op.host.stream);
        // under a key that was used before, the answer is the first try's record, which others may have changed since
        let again = matches!(self.op.doing, Doing::Create) && own.is_some_and(|cap| cap.create_with_idempotency_key);
        let exact = written.item.is_some() && own.is_some_and(|cap| cap.write_returns_record) && !again;
        let item = match written.item {
            Some(item) => Some(item),
            None if written.as_sent && !again && self.may_trust(&written.reference) => {
                let sights = self.as_sent(&written.reference.id);
                return Outcome::Done { reference: written.reference, sights, trust: Trust::Sent };
            }
            // once the system has said yes, nothing here may turn the write into an error
            None if own.is_some_and(|cap| cap.get_max > 0) => {
                self.look(&written.reference.at, &written.reference.id).await.ok().flatten()
            }
            None => None,
        };
        let sights = item.and_then(|item| decoded(self.connector, &item).ok()).unwrap_or_default();
        let trust = if exact { Trust::Left } else { Trust::Read };
        Outcome::Done { reference: written.reference, sights, trust }
    }

    /// Whether a connector may say that a record need not be read. The sums of documents are always looked at, and where
    /// versions are checked the next change needs the new one.
    fn may_trust(&self, reference: &ExternalRef) -> bool {
        let checks =
            self.connector.capabilities().streams.get(&self.op.host.stream).is_some_and(|cap| cap.update_if_version);
        let mut tables = self.op.shares.iter().filter_map(|share| self.tables.get(&share.at));
        reference.at == self.op.host && !checks && tables.all(|table| table.document.is_none())
    }

    /// What was sent, as far as the fields can hold it in one way only.
    fn as_sent(&self, id: &Arc<str>) -> Vec<Sight> {
        let parts = self.intent.action.parts().iter();
        parts
            .filter_map(|part| {
                let at = StreamKey { stream: part.stream.clone(), ..self.op.host.clone() };
                let fields = &self.tables.get(&at)?.cap.fields;
                let sent = part.changed.iter().filter_map(|path| {
                    let cap = fields.get(path).filter(|cap| cap.read)?;
                    Some((*path, kept(part.wanted.get(*path)?, cap)?))
                });
                Some(Sight::new(Record::new(at.id(id), sent.collect())))
            })
            .collect()
    }

    /// Somebody was faster: what he left is decided upon in this run, if the record can be read.
    async fn look_again(&self, error: Error) -> Outcome {
        let can = self.connector.capabilities().streams.get(&self.op.host.stream).is_some_and(|cap| cap.get_max > 0);
        let Some(id) = self.op.id().filter(|_| can) else { return self.failed(error) };
        match self.look(&self.op.host, id).await {
            Ok(Some(item)) => decoded(self.connector, &item).map_or(Outcome::Later(None), Outcome::Moved),
            Ok(None) => Outcome::Refused(gone(&self.op.host, id)),
            Err(error) => Outcome::Later(Some(error)),
        }
    }

    fn failed(&self, error: Error) -> Outcome {
        if error.kind() == ErrorKind::NotFound && matches!(self.op.doing, Doing::Remove { .. }) {
            return Outcome::Removed;
        }
        match error.disposition() {
            Disposition::LookFirst if error.kind() == ErrorKind::UnderWay => Outcome::UnderWay,
            Disposition::LookFirst => Outcome::Unclear,
            Disposition::RetryLater => Outcome::Later(Some(error)),
            Disposition::ParkRecord => Outcome::Refused(error),
            // an answer that cannot be understood may follow a write that was made
            Disposition::StopStream if error.kind() == ErrorKind::Protocol => Outcome::Unclear,
            Disposition::StopStream | Disposition::StopSystem => Outcome::Stop(error),
        }
    }
}

/// An error before anything was sent is never unclear.
fn before_sending(error: Error) -> Outcome {
    match error.disposition() {
        Disposition::ParkRecord => Outcome::Refused(error),
        Disposition::StopSystem | Disposition::StopStream => Outcome::Stop(error),
        Disposition::LookFirst | Disposition::RetryLater => Outcome::Later(Some(error)),
    }
}

fn gone(host: &StreamKey, id: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        "read before write",
        format!("{host}#{id} is gone; the next full listing will show it"),
    )
}

/// What an item says, facet by facet.
pub(super) fn decoded(connector: &dyn Connector, item: &Item) -> crate::Result<Vec<Sight>> {
    Ok(connector.decode(item)?.into_iter().map(Sight::new).collect())
}
