//! Much work is decided in batches, so that a run's memory is that of a batch. What may be one record, or is written in
//! one call, stays together.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    finds::{Find, Finds},
    recognise::{MARK, is_part, rule_name},
    told::Told,
    work::Work,
};
use crate::{
    document::rollup::{CREDITED, PARENT},
    error::Result,
    id::{CanonicalId, ExternalRef},
    policy::Entity,
    store::{Binding, MatchKey},
    value::Link,
};

/// Something by which records belong together: a host record, a canonical one, a match key. As a hash: two that are
/// equal by chance only bring records together that need not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tie(u64);

impl Tie {
    pub(super) fn of_name(host: &ExternalRef) -> Self {
        Self::of(&["name", host.at.system.as_str(), host.at.stream.as_str(), &host.id])
    }
    pub(super) fn of_id(id: CanonicalId) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(id.as_uuid().as_bytes()))
    }
    pub(super) fn of_key(key: &MatchKey) -> Self {
        Self::of(&["key", key.entity.as_str(), &key.rule, &key.key])
    }
    fn of(parts: &[&str]) -> Self {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        for part in parts {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        Self(hash.digest())
    }
}

/// What a piece of work has to do with others.
#[derive(Clone, Debug)]
pub(super) struct Ties {
    pub(super) ties: Vec<Tie>,
    /// The first of the entities that it is about.
    pub(super) first: usize,
    /// How many records it is about.
    pub(super) records: usize,
}

impl Default for Ties {
    fn default() -> Self {
        Self { ties: Vec::new(), first: usize::MAX, records: 0 }
    }
}

/// Work that is decided together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) here: Vec<Find>,
    /// Numbers of finds that were put aside.
    pub(super) aside: Vec<u64>,
    /// Bindings that want to be looked at although nothing is reported of them.
    pub(super) due: Vec<CanonicalId>,
}

impl Work<'_> {
    /// All work of a run: in one batch if it is little.
    pub(super) async fn batches(&self, finds: Finds, due: &[(CanonicalId, usize)], told: &Told) -> Result<Vec<Batch>> {
        let Finds { here, aside, .. } = finds;
        let records: usize = here.iter().map(|find| find.sights.len()).sum();
        if aside.is_empty() && records + due.len() <= self.engine.room {
            let due = due.iter().map(|(id, _)| *id).collect();
            return Ok(vec![Batch { here, aside: Vec::new(), due }]);
        }
        let mut pieces = Pieces::default();
        self.ties(&here).await?.into_iter().for_each(|ties| pieces.add(ties.first, ties.records, ties.ties));
        let aside = aside.into_iter().map(|(number, ties)| {
            pieces.add(ties.first, ties.records, ties.ties);
            number
        });
        let aside: Vec<u64> = aside.collect();
        for due in due.chunks(CHUNK) {
            let ids: Vec<CanonicalId> = due.iter().map(|(id, _)| *id).collect();
            let mut names: BTreeMap<CanonicalId, Vec<Tie>> = BTreeMap::new();
            for (id, name) in self.store.names(&ids).await? {
                names.entry(id).or_default().push(Tie::of_name(&self.host_of(&name)));
            }
            for (id, key) in self.store.keys(&ids).await? {
                names.entry(id).or_default().extend(self.tie_of(&key));
            }
            for (name, id) in told.binds.iter().filter(|(_, id)| ids.contains(id)) {
                names.entry(*id).or_default().push(Tie::of_name(&self.host_of(name)));
            }
            for (id, first) in due {
                pieces.add(*first, 1, names.remove(id).into_iter().flatten().chain([Tie::of_id(*id)]));
            }
        }
        let mut here: Vec<Option<Find>> = here.into_iter().map(Some).collect();
        let mut batches = Vec::new();
        for places in pieces.packed(self.engine.room) {
            let mut batch = Batch::default();
            for place in places {
                let after = place.checked_sub(here.len());
                match after.map(|after| (after, after.checked_sub(aside.len()))) {
                    None => batch.here.extend(here.get_mut(place).and_then(Option::take)),
                    Some((at, None)) => batch.aside.extend(aside.get(at)),
                    Some((_, Some(at))) => batch.due.extend(due.get(at).map(|(id, _)| *id)),
                }
            }
            batches.push(batch);
        }
        Ok(batches)
    }
}

/// The rule of keys that name the record which another one is part of, in some system: a price of its article.
const PART_OF: &str = "@part_of";

/// The key that names the record which this one is part of.
pub(super) fn part_of(entity: &Entity, binding: &Binding) -> Option<MatchKey> {
    let mut links = binding.agreed.iter().filter(|_| is_part(entity)).filter_map(|(_, value)| value.as_link());
    let whole = links.find_map(|link| match link {
        Link::Canonical(id) => Some(id.to_string()),
        Link::External(_) => None,
    })?;
    Some(MatchKey { entity: entity.name.clone(), rule: PART_OF.to_owned(), key: whole })
}

/// The rule of keys that name our mark on records that nobody could match: the original and its copies are looked at
/// together.
const CARRIES: &str = "@carries";

/// The keys that name the marks on the sides of a record that could not be matched.
pub(super) fn carried(entity: &Entity, binding: &Binding) -> BTreeSet<MatchKey> {
    let marks = binding.sides.iter().filter(|_| binding.ambiguous).filter_map(|(_, side)| side.mark.clone());
    marks.map(|mark| MatchKey { entity: entity.name.clone(), rule: CARRIES.to_owned(), key: mark }).collect()
}

impl Work<'_> {
    /// What a key of a record ties it to: what is recognised by the same, what it is part of. Others say what counts
    /// against a record.
    pub(super) fn tie_of(&self, key: &MatchKey) -> Option<Tie> {
        if key.rule == CARRIES {
            return Some(Tie::of_key(&MatchKey { rule: MARK.to_owned(), ..key.clone() }));
        }
        if [PART_OF, PARENT, CREDITED].contains(&key.rule.as_str()) {
            return key.key.parse().ok().map(|id| Tie::of_id(CanonicalId::from_uuid(id)));
        }
        let entities = self.group.entities.iter().filter_map(|place| self.entity(*place));
        let mut rules = entities.filter(|entity| entity.name == key.entity).flat_map(|entity| &entity.matches);
        (key.rule == MARK || rules.any(|rule| rule_name(&rule.on) == key.rule)).then(|| Tie::of_key(key))
    }
}

/// Names are asked for so many at a time.
const CHUNK: usize = 2_000;

/// Bits of a place: so many pieces can be told apart. What is left of a tie's hash stands before them.
const PLACE: u32 = 28;

/// Pieces of work, by their places: there may be millions, so each takes few bytes.
#[derive(Debug, Default)]
struct Pieces {
    /// Ties, each with its place behind it. Two whose hashes begin alike only bring records together that need not be.
    shared: Vec<u64>,
    /// The first entity of each, and how many records it is about.
    of: Vec<(u32, u32)>,
}

impl Pieces {
    fn add(&mut self, first: usize, records: usize, ties: impl IntoIterator<Item = Tie>) {
        let place = u64::try_from(self.of.len()).unwrap_or(u64::MAX) & ((1 << PLACE) - 1);
        self.shared.extend(ties.into_iter().map(|Tie(hash)| (hash >> PLACE << PLACE) | place));
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.of.push((short(first), short(records)));
    }

    /// Places, packed into batches of about so many records: what shares a tie is in one batch, the entities that go
    /// first are in the first ones.
    fn packed(self, room: usize) -> Vec<Vec<usize>> {
        let Self { shared, of } = self;
        let roots = roots(shared, of.len());
        let mut firsts: Vec<u32> = of.iter().map(|(first, _)| *first).collect();
        for (place, root) in roots.iter().enumerate() {
            let own = firsts.get(place).copied().unwrap_or(u32::MAX);
            firsts.get_mut(wide(*root)).into_iter().for_each(|first| *first = own.min(*first));
        }
        let first = |root: u32| firsts.get(wide(root)).copied().unwrap_or(u32::MAX);
        let mut sorted: Vec<(u32, u32)> = roots.into_iter().zip(0..).collect();
        sorted.sort_unstable_by_key(|(root, place)| (first(*root), *root, *place));
        let mut batches: Vec<Vec<usize>> = vec![Vec::new()];
        let mut used = 0;
        for together in sorted.chunk_by(|(one, _), (other, _)| one == other) {
            let records: usize = together.iter().filter_map(|(_, place)| Some(wide(of.get(wide(*place))?.1))).sum();
            if used > 0 && used + records > room {
                batches.push(Vec::new());
                used = 0;
            }
            used += records;
            let places = together.iter().map(|(_, place)| wide(*place));
            batches.last_mut().into_iter().for_each(|batch| batch.extend(places.clone()));
        }
        batches
    }
}

fn wide(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// For each of so many places the first of those that share ties with it, directly or through others.
fn roots(mut shared: Vec<u64>, places: usize) -> Vec<u32> {
    shared.sort_unstable();
    let place = |tie: u64| u32::try_from(tie & ((1 << PLACE) - 1)).unwrap_or(u32::MAX);
    let mut roots: Vec<u32> = (0..).take(places).collect();
    for pair in shared.windows(2) {
        if let [one, other] = pair
            && one >> PLACE == other >> PLACE
        {
            let (a, b) = (root(&mut roots, place(*one)), root(&mut roots, place(*other)));
            roots.get_mut(wide(a.max(b))).into_iter().for_each(|of| *of = a.min(b));
        }
    }
    (0..).take(places).map(|place| root(&mut roots, place)).collect()
}

fn root(roots: &mut [u32], place: u32) -> u32 {
    let mut at = place;
    while let Some(above) = roots.get(wide(at)).copied().filter(|above| *above != at) {
        let next = roots.get(wide(above)).copied().unwrap_or(above);
        roots.get_mut(wide(at)).into_iter().for_each(|of| *of = next); // shorter for whoever comes next
        at = above;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(pieces: &[(Vec<u64>, usize)], room: usize) -> Vec<Vec<usize>> {
        let mut all = Pieces::default();
        pieces.iter().for_each(|(ties, first)| all.add(*first, 1, ties.iter().map(|tie| Tie(tie << PLACE))));
        all.packed(room)
    }

    #[test]
    fn what_shares_a_tie_is_together_and_first_entities_go_first() {
        let ties = [(vec![1], 2), (vec![7, 2], 1), (vec![2, 3], 5), (vec![9], 0), (vec![3], 5)];
        assert_eq!(packed(&ties, 3), [vec![3], vec![1, 2, 4], vec![0]]);
        assert_eq!(packed(&ties, 100), [vec![3, 1, 2, 4, 0]]);
    }

    proptest! {
        #[test]
        fn every_piece_is_in_one_batch_and_ties_are_never_cut(
            ties in prop::collection::vec((prop::collection::vec(0u64..40, 0..4), 0usize..3), 0..60),
            room in 1usize..20,
        ) {
            let batches = packed(&ties, room);
            let mut all: Vec<usize> = batches.iter().flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..ties.len()).collect::<Vec<_>>());
            let of = |place: usize| batches.iter().position(|batch| batch.contains(&place));
            for (a, one) in ties.iter().enumerate() {
                for (b, other) in ties.iter().enumerate() {
                    if one.0.iter().any(|tie| other.0.contains(tie)) {
                        prop_assert_eq!(of(a), of(b));
                    }
                }
            }
        }
    }
}
