//! What an answer means for the binding that the write was made for. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::subject::{Links, Sight};
use crate::{
    document,
    error::Error,
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey},
    mapping::Problems,
    policy::StreamTable,
    store::{Allowed, Binding, Event, Intent, Parked, Share, SideState},
    value::{FieldMap, FieldPath},
};

/// What a share sends: the agreed values, or what a hook put in their place.
pub(super) fn sent(share: &Share) -> FieldMap {
    let mut sent = share.ours.clone();
    sent.overlay(&share.instead);
    sent
}

/// Where what is known of a record after a write is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// It was read: somebody else's edit may be in it.
    Read,
    /// It is what that very write left.
    Left,
    /// It is what was sent. Nobody looked, and the connector says that nobody need to.
    Sent,
}

/// How a write ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was made, or everything was as wanted already.
    Done {
        reference: ExternalRef,
        /// What the record and its facets show; empty if nobody could see.
        sights: Vec<Sight>,
        trust: Trust,
    },
    /// The record is not what the decision rests on: decide again.
    Moved(Vec<Sight>),
    /// Certainly not made; the work stays. With what was in the way, where that is not only that somebody was faster.
    Later(Option<Error>),
    /// Refused for its content, or for a record that is gone.
    Refused(Error),
    /// Perhaps made: the intent stays open until somebody has looked.
    Unclear,
    /// The system carries it out by itself: the intent stays open until it is done.
    UnderWay,
    /// The stream or the system is out of order.
    Stop(Error),
    /// The removal was made.
    Removed,
}

/// A refused write rests no longer than this.
pub(super) const LONGEST_REST: TimeDelta = TimeDelta::days(1);

/// Longer than anybody waits: only a person's decision ends it.
pub(super) const NEVER: TimeDelta = TimeDelta::days(36_500);

/// How long a refused write rests: longer each time, a day at most.
pub(super) fn rest(refusals: u32) -> TimeDelta {
    match refusals {
        0 | 1 => TimeDelta::minutes(1),
        2 => TimeDelta::minutes(5),
        3 => TimeDelta::minutes(30),
        4 => TimeDelta::hours(3),
        _ => LONGEST_REST,
    }
}

/// The key under which a refused write is set aside.
pub(super) fn parked_key(share: &Share, reference: Option<&ExternalRef>) -> String {
    reference.map_or_else(|| created_key(share.subject, &share.at), ToString::to_string)
}

/// The same of a create: see [`Parked::side_of`].
pub(super) fn created_key(subject: CanonicalId, at: &StreamKey) -> String {
    format!("{subject}@{at}")
}

/// Takes a successful write over into the binding of one share.
pub(super) fn done(
    binding: &mut Binding,
    share: &Share,
    table: &StreamTable,
    reference: &ExternalRef,
    sights: &[Sight],
    trust: Trust,
    links: &Links,
) -> Vec<Event> {
    let mut events = Vec::new();
    let ours_now = binding.agreed.clone();
    binding.allowed.retain(|allowed| !matches!(allowed, Allowed::Status(at, _) if *at == share.at));
    let side = binding.sides.entry(share.at.clone()).or_default();
    let new = side.id.is_none();
    if side.id.is_none() || side.state == SideState::Removed {
        side.id = Some(reference.id.clone());
        events.push(Event::Bound(share.at.id(&reference.id)));
    }
    side.state = SideState::Live;
    side.outlived = false;
    side.refusals = 0;
    side.not_before = None;
    let sight = sights.iter().find(|sight| sight.reference.at == share.at);
    if let Some(sight) = sight.filter(|_| trust != Trust::Sent) {
        side.version = sight.version.clone();
        side.writable = sight.writable.clone();
    }
    for unit in &share.units {
        let current = links.canonical(&share.ours.under(*unit)) == links.canonical(&ours_now.under(*unit));
        if current {
            side.lagging.remove(unit);
        }
        let wrote = sent(share).under(*unit);
        let fields = theirs(table, &wrote);
        for field in &fields {
            side.pending.remove(*field);
        }
        let shown = sight.map(|sight| sight.fields.filter(|path| fields.contains(&path)));
        let exact = trust == Trust::Left;
        match shown {
            // what it may hold in several forms is not known until it is read
            Some(shown) if trust == Trust::Sent => {
                for field in &fields {
                    side.shadow.remove(*field);
                }
                side.shadow.overlay(&shown);
            }
            Some(shown) if exact || fault::on(Fault::ShadowIsAgreed) || shows(table, &shown, &wrote, links) => {
                side.shadow.overlay(&shown);
                if exact && !shows(table, &shown, &wrote, links) {
                    let sent = table.map.outbound(&wrote, None, &mut Problems::default()).unwrap_or_default();
                    events.push(Event::Altered { at: share.at.id(&reference.id), sent, shown });
                }
            }
            // not seen, or perhaps somebody else's edit: the next reading tells, as at first sight
            shown => {
                for field in &fields {
                    side.shadow.remove(*field);
                }
                side.pending.overlay(&shown.unwrap_or_default());
            }
        }
        // something else was agreed while this was under way, perhaps what the side showed before it
        let wanted = ours_now.under(*unit);
        let lacks = || !as_wanted(table, &side.shadow.filter(|path| fields.contains(&path)), &wanted, links);
        if !current && table.role.update && table.fields.takes(*unit, false) && lacks() {
            side.lagging.insert(*unit);
        }
    }
    if new && share.units.contains(&document::CONTENT) && !adds_up(table, &ours_now, sight) {
        // its vendor prices otherwise than was guessed: now it is known how, and the lines are sent once more
        side.lagging.insert(document::CONTENT);
    }
    events
}

/// Whether a document comes to what its source says, as far as both tell.
fn adds_up(table: &StreamTable, ours: &FieldMap, sight: Option<&Sight>) -> bool {
    let shown = sight
        .filter(|_| table.document.is_some())
        .and_then(|sight| table.inbound(&sight.fields, &mut Problems::default()).ok());
    shown.and_then(|shown| document::totals(ours, &shown)).is_none_or(|(due, shown)| due == shown)
}

/// The connector's fields that were written for some canonical leaves.
fn theirs(table: &StreamTable, wrote: &FieldMap) -> BTreeSet<FieldPath> {
    wrote
        .paths()
        .filter(|leaf| table.fields.takes(*leaf, true) || table.fields.takes(*leaf, false))
        .flat_map(|leaf| table.map.theirs(leaf))
        .collect()
}

/// Units of a create of which a record that was found for it shows nothing, though it could: somebody else may have made
/// it, so they go on lagging.
pub(super) fn untold(table: &StreamTable, shown: &FieldMap, share: &Share) -> BTreeSet<FieldPath> {
    let Ok(ours) = table.inbound(shown, &mut Problems::default()) else { return BTreeSet::new() };
    let sent = sent(share);
    let silent = |unit: &&FieldPath| {
        let wanted = sent.under(**unit);
        wanted.iter().any(|(path, value)| {
            !value.is_null() && ours.get(path).is_none() && {
                let table = table.fields.get(path);
                table.read && table.writable(false)
            }
        })
    };
    share.units.iter().filter(silent).copied().collect()
}

/// Whether the connector's fields show what was written, of all that they tell.
fn shows(table: &StreamTable, shown: &FieldMap, wrote: &FieldMap, links: &Links) -> bool {
    compare(table, shown, wrote, links, true)
}

/// Whether the connector's fields are as wanted: what is unknown is not.
pub(super) fn as_wanted(table: &StreamTable, shown: &FieldMap, wanted: &FieldMap, links: &Links) -> bool {
    compare(table, shown, wanted, links, false)
}

fn compare(table: &StreamTable, shown: &FieldMap, wrote: &FieldMap, links: &Links, unknown: bool) -> bool {
    let Ok(ours) = table.inbound(shown, &mut Problems::default()) else { return false };
    let (ours, wrote) = (links.canonical(&ours), links.canonical(wrote));
    wrote.iter().filter(|(path, _)| table.fields.get(*path).read).all(|(path, wanted)| match ours.get(path) {
        Some(stored) => document::represents(table, path, stored, wanted),
        None => unknown || wanted.is_null(),
    })
}

/// Notes a refusal: the write rests, and is set aside for people to see.
pub(super) fn refused(
    binding: &mut Binding,
    share: &Share,
    intent: &Intent,
    error: &Error,
    now: DateTime<Utc>,
) -> Parked {
    let reference = intent.action.id().map(|id| intent.host.id(id));
    let mut parked = Parked::new(parked_key(share, reference.as_ref()), error);
    let side = binding.sides.entry(share.at.clone()).or_default();
    side.refusals += 1;
    side.not_before = Some(now + rest(side.refusals));
    parked.subject = Some(binding.id);
    parked.numbers = binding.numbers.clone();
    parked.attempts = side.refusals;
    parked.not_before = side.not_before;
    parked
}
