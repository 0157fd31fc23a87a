//! Units that belong to nobody: whoever changes one, changes it for all; a rule for when two did.

use super::{Agreed, Decision, Side, Why, hold, settle};
use crate::{
    id::SystemId,
    value::{FieldMap, FieldPath, Value},
};

/// Who wins if several contend.
pub(super) enum Winner<'a> {
    Nobody,
    First(&'a [SystemId]),
    Newest { otherwise: &'a SystemId },
}

/// One that would have its value agreed: a side, or the agreed value itself.
struct Contender<'a> {
    system: &'a SystemId,
    value: FieldMap,
    side: Option<&'a Side<'a>>,
}

impl Contender<'_> {
    fn told(&self) -> (SystemId, FieldMap) {
        (self.system.clone(), self.value.clone())
    }
    /// What it says of the leaf.
    fn says(&self, path: FieldPath, agreed: Option<Agreed<'_>>) -> Option<&Value> {
        self.value
            .get(path)
            .filter(|leaf| !(leaf.is_null() && self.side.is_some_and(|side| side.is_silent(path, agreed))))
    }
    /// Would not miss anything if the leaf were `value`.
    fn grants(&self, path: FieldPath, value: &Value, agreed: Option<Agreed<'_>>) -> bool {
        let Some(own) = self.says(path, agreed) else { return true };
        let shown = self.side.map(Side::shown);
        let now = shown.as_ref().and_then(|shown| shown.get(path));
        own == value || self.side.zip(now).is_some_and(|(side, now)| own == now && side.shows_at(path, now, value))
    }
}

pub(super) fn contend(winner: &Winner<'_>, agreed: Option<Agreed<'_>>, sides: &[Side<'_>]) -> Decision {
    let mut all: Vec<Contender<'_>> = sides
        .iter()
        .filter(|side| side.edited() || side.adds(agreed))
        .map(|side| Contender { system: side.system, value: side.claim(agreed), side: Some(side) })
        .collect();
    all.sort_by_key(|one| one.system);
    if all.is_empty() {
        return Decision::Keep;
    }
    let uninformed = all.iter().filter_map(|one| one.side).all(|side| side.unaware(agreed));
    let mut dated = true;
    if let Some(agreed) = agreed.filter(|a| uninformed && all.iter().any(|one| one.value != *a.value)) {
        // none of them had seen the agreed value: it contends, with the rank of where it came from
        all.push(Contender { system: agreed.from, value: agreed.value.clone(), side: None });
        dated = false;
    }
    let decision = match common(&all, agreed) {
        Some((value, from)) => {
            let known = agreed.filter(|agreed| value.iter().all(|(path, leaf)| agreed.value.get(path) == Some(leaf)));
            settle(&value, known.map_or(from, |agreed| agreed.from), agreed, &[])
        }
        None => {
            let chosen = match winner {
                Winner::Nobody => None,
                Winner::First(order) => order.iter().find(|s| all.iter().any(|one| one.system == *s)),
                Winner::Newest { otherwise } => newest(&all).filter(|_| dated).or(Some(*otherwise)),
            };
            match chosen.and_then(|system| word_of(system, &all)) {
                Some(one) => {
                    let value = whole(one, &all, agreed);
                    match split(&value, &all, agreed) {
                        true => hold(Why::Conflict, told(&all)),
                        false => settle(&value, one.system, agreed, &told(&all)),
                    }
                }
                None => hold(Why::Conflict, told(&all)),
            }
        }
    };
    match (&decision, agreed) {
        (Decision::Settle { value, .. }, Some(agreed))
            if all.iter().filter_map(|one| one.side).any(|side| side.cuts(agreed.value, value)) =>
        {
            let before = (agreed.from.clone(), agreed.value.clone());
            hold(Why::CutEdit, told(&all).into_iter().chain([before]).collect())
        }
        _ => decision,
    }
}

/// What one system says; nothing if it speaks with two tongues.
fn word_of<'c>(system: &SystemId, all: &'c [Contender<'c>]) -> Option<&'c Contender<'c>> {
    let mut own = all.iter().filter(|one| one.system == system);
    let first = own.next()?;
    own.all(|other| other.value == first.value).then_some(first)
}

/// The winner's value. Emptiness that it is met with empties nothing, unless others show another value as a whole: then
/// half of theirs would make one that nobody wrote.
fn whole(winner: &Contender<'_>, all: &[Contender<'_>], agreed: Option<Agreed<'_>>) -> FieldMap {
    let said = winner.value.filter(|path| winner.says(path, agreed).is_some());
    let another = |other: &Contender<'_>| {
        let theirs = said.iter().filter_map(|(path, leaf)| Some((path, leaf, other.value.filled(path)?)));
        let mut both = theirs.filter(|(_, leaf, _)| !leaf.is_null());
        both.any(|(path, ours, theirs)| !other.grants(path, ours, agreed) && !winner.grants(path, theirs, agreed))
    };
    if all.iter().any(another) { winner.value.clone() } else { said }
}

/// Others show different values of a leaf that the winner does not have, and nothing is agreed of it: the winner decides
/// nothing there, and without a word they would stay different.
fn split(value: &FieldMap, all: &[Contender<'_>], agreed: Option<Agreed<'_>>) -> bool {
    let open =
        |path: FieldPath| value.get(path).is_none() && agreed.is_none_or(|agreed| agreed.value.get(path).is_none());
    let disputed = |(path, leaf): (FieldPath, &Value)| {
        open(path) && !leaf.is_null() && all.iter().any(|other| !other.grants(path, leaf, agreed))
    };
    all.iter().any(|one| one.value.iter().any(disputed))
}

/// The value that takes nothing from anybody: each leaf is what everyone shows, if some in a shorter way or not at all.
fn common<'c>(all: &[Contender<'c>], agreed: Option<Agreed<'_>>) -> Option<(FieldMap, &'c SystemId)> {
    let mut value = FieldMap::new();
    for path in all.iter().flat_map(|one| one.value.paths()) {
        if value.get(path).is_some() {
            continue;
        }
        let mut said = all.iter().filter_map(|one| one.says(path, agreed)).peekable();
        if said.peek().is_none() {
            if agreed.is_none_or(|agreed| agreed.value.get(path).is_none()) {
                value.set(path, Value::Null); // empty wherever it is known
            }
            continue;
        }
        let one = said.find(|leaf| all.iter().all(|other| other.grants(path, leaf, agreed)))?;
        value.set(path, one.clone());
    }
    let filled = value.filter(|path| value.filled(path).is_some());
    let gives = |one: &&Contender<'c>| filled.iter().all(|(path, leaf)| one.value.get(path) == Some(leaf));
    if !all.iter().any(|one| gives(&one)) && all.iter().any(|one| all.iter().any(|other| halves(one, other))) {
        return None;
    }
    let agrees = |one: &&Contender<'c>| value.iter().any(|(path, leaf)| one.says(path, agreed) == Some(leaf));
    let from = all.iter().find(gives).or_else(|| all.iter().find(agrees)).or_else(|| all.first())?.system;
    Some((value, from))
}

/// Two values without anything in common: together they would be one that nobody wrote.
fn halves(one: &Contender<'_>, other: &Contender<'_>) -> bool {
    let shares = |path: FieldPath| one.value.filled(path).is_some() && other.value.filled(path).is_some();
    !one.value.all_null() && !other.value.all_null() && !one.value.paths().any(shares)
}

/// The one whose record was changed last; stamps are per record, so only where this unit is all that changed in each.
fn newest<'c>(all: &[Contender<'c>]) -> Option<&'c SystemId> {
    let who: Vec<&Side<'c>> = all.iter().filter_map(|one| one.side).collect();
    if who.iter().any(|side| !side.edited() || !side.only_change || side.modified_at.is_none()) {
        return None;
    }
    let last = who.iter().filter_map(|side| side.modified_at).max()?;
    let mut top = who.iter().filter(|side| side.modified_at == Some(last));
    match (top.next(), top.next()) {
        (Some(one), None) => Some(one.system),
        _ => None,
    }
}

fn told(all: &[Contender<'_>]) -> Vec<(SystemId, FieldMap)> {
    all.iter().map(Contender::told).collect()
}
