//! One call for each host record. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fault::{self, Fault},
    id::{CanonicalId, StreamKey},
    plan::{Doing, Op},
    value::{Fingerprint, Link, Value},
};

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
            Doing::Act { .. } | Doing::Remove { .. } => None,
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
    // what is removed is not written first, nor told anything at the same time
    let removed: BTreeSet<(StreamKey, String)> = joined
        .iter()
        .filter_map(|op| match &op.doing {
            Doing::Remove { id, .. } => Some((op.host.clone(), id.to_string())),
            _ => None,
        })
        .collect();
    joined.retain(|op| match &op.doing {
        Doing::Update { id } | Doing::Act { id, .. } => !removed.contains(&(op.host.clone(), id.to_string())),
        Doing::Create | Doing::Remove { .. } => true,
    });
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
