//! Units that one system decides.

use super::{
    Agreed, Decision, Side, Why,
    contend::{Winner, contend},
    hold, settle,
};
use crate::{
    id::SystemId,
    policy::{Foreign, OnEmptyMaster},
    value::{FieldMap, FieldPath, Value},
};

pub(super) struct Mastery<'a> {
    pub(super) system: &'a SystemId,
    pub(super) foreign: Foreign,
    pub(super) blank: OnEmptyMaster,
    pub(super) seeded: bool,
}

pub(super) fn master(rule: &Mastery<'_>, agreed: Option<Agreed<'_>>, sides: &[Side<'_>]) -> Decision {
    let (masters, others): (Vec<_>, Vec<_>) =
        sides.iter().filter(|side| side.knows()).partition(|side| side.system == rule.system);
    let edited: Vec<&&Side<'_>> = masters.iter().filter(|side| side.edited()).collect();
    let chief = edited.first().copied().or_else(|| masters.iter().find(|side| !side.shown().all_null()));
    let Some(chief) = chief.or(masters.first()) else {
        return in_its_place(rule, agreed, &others);
    };
    let spoken = agreed.is_some_and(|agreed| agreed.from == rule.system);
    if rule.blank == OnEmptyMaster::Keep && !spoken && edited.is_empty() && chief.shown().all_null() {
        // the master has the record and says nothing in it: that blanks nobody
        return if agreed.is_some() { in_its_place(rule, agreed, &others) } else { Decision::Keep };
    }
    let value = word(rule, chief, agreed, &others);
    let another = |side: &&&Side<'_>| !std::ptr::eq(**side, *chief);
    let torn = |side: &&Side<'_>| match edited.is_empty() {
        true => denies(side, &value),
        false => side.edited() && side.claim(agreed) != value,
    };
    if (chief.joins() || chief.edited()) && masters.iter().filter(another).any(torn) {
        return hold(Why::Conflict, masters.iter().map(|side| contender(side, agreed)).collect());
    }
    let rest = || sides.iter().filter(|side| !std::ptr::eq(*side, *chief));
    match agreed {
        Some(before) if !(chief.edited() || chief.adds(agreed) || unheard(rule, chief, before)) => {
            answer(rule, agreed, foreign(before.value, agreed, rest()))
        }
        _ => speak(rule, chief, &value, agreed, foreign(&value, agreed, rest())),
    }
}

/// What becomes of what others say while the master says nothing new.
fn answer(rule: &Mastery<'_>, agreed: Option<Agreed<'_>>, foreign: Vec<(SystemId, FieldMap)>) -> Decision {
    match (agreed, foreign.is_empty(), rule.foreign) {
        (Some(agreed), false, Foreign::Revert) => settle(agreed.value, agreed.from, Some(agreed), &foreign),
        (Some(_), false, Foreign::Hold) => hold(Why::ForeignChange, foreign),
        _ => Decision::Keep,
    }
}

/// While the master has nothing to say, what others say stands, where the rule allows that.
fn in_its_place(rule: &Mastery<'_>, agreed: Option<Agreed<'_>>, others: &[&Side<'_>]) -> Decision {
    if !rule.seeded {
        let said = agreed.map(|agreed| foreign(agreed.value, Some(agreed), others.iter().copied()));
        return answer(rule, agreed, said.unwrap_or_default());
    }
    let others: Vec<Side<'_>> = others.iter().map(|side| (*side).clone()).collect();
    match contend(&Winner::Nobody, agreed, &others) {
        Decision::Settle { value, from, mut overridden } => {
            // what others had in leaves of which the master had said nothing was never decided
            for unheard in foreign(&value, agreed, others.iter().filter(|side| *side.system != from)) {
                let known = overridden.iter().any(|(system, _)| *system == unheard.0);
                overridden.extend((!known).then_some(unheard));
            }
            Decision::Settle { value, from, overridden }
        }
        other => other,
    }
}

/// What the master would have everybody show. Emptiness that is met with it fills nothing and empties nothing, unless
/// others show another value as a whole: then half of theirs would make one that nobody wrote.
fn word(rule: &Mastery<'_>, chief: &Side<'_>, agreed: Option<Agreed<'_>>, others: &[&Side<'_>]) -> FieldMap {
    if rule.blank == OnEmptyMaster::Blank {
        return chief.claim_with_blanks(agreed);
    }
    let value = chief.claim(agreed);
    let said = value.filter(|path| !chief.is_silent(path, agreed));
    // what the master merely shows in its own way is no other value
    let another = |side: &Side<'_>, path: FieldPath, now: &Value| {
        let wanted = said.filled(path).filter(|_| !now.is_null());
        wanted.is_some_and(|wanted| !side.shows_at(path, now, wanted) && !chief.shows_at(path, wanted, now))
    };
    let differs = others.iter().any(|side| side.shown().iter().any(|(path, now)| another(side, path, now)));
    let before = |agreed: Agreed<'_>| {
        said.differs(agreed.value)
            .iter()
            .any(|path| said.filled(*path).is_some() && agreed.value.filled(*path).is_some())
    };
    if differs || agreed.is_some_and(before) { value } else { said }
}

/// The agreed value came from elsewhere while the master had no record; now the master has the word. A person's
/// decision is no such value.
fn unheard(rule: &Mastery<'_>, chief: &Side<'_>, agreed: Agreed<'_>) -> bool {
    agreed.from != rule.system && *agreed.from != SystemId::person() && !chief.lagging && !chief.shows(agreed.value)
}

/// A side shows something else, not just nothing.
fn denies(side: &Side<'_>, said: &FieldMap) -> bool {
    let against =
        |path: FieldPath, now: &Value| said.filled(path).is_some_and(|wanted| !side.shows_at(path, now, wanted));
    side.shown().iter().any(|(path, now)| !now.is_null() && against(path, now))
}

fn speak(
    rule: &Mastery<'_>,
    chief: &Side<'_>,
    value: &FieldMap,
    agreed: Option<Agreed<'_>>,
    mut foreign: Vec<(SystemId, FieldMap)>,
) -> Decision {
    if let Some(agreed) = agreed {
        let before = (agreed.from.clone(), agreed.value.clone());
        if chief.cuts(agreed.value, value) {
            let all = [contender(chief, Some(agreed))].into_iter().chain(foreign).chain([before]);
            return hold(Why::CutEdit, all.collect());
        }
        if (!chief.edited() || chief.unaware(Some(agreed))) && overrules(value, agreed) && !foreign.contains(&before) {
            foreign.push(before); // the master had not seen it
        }
    }
    settle(value, rule.system, agreed, &foreign)
}

fn overrules(value: &FieldMap, agreed: Agreed<'_>) -> bool {
    !value.differs(agreed.value).is_empty()
}

/// What others say against the master's word: what they changed, and what they are met with.
fn foreign<'s>(
    value: &FieldMap,
    agreed: Option<Agreed<'_>>,
    others: impl Iterator<Item = &'s Side<'s>>,
) -> Vec<(SystemId, FieldMap)> {
    let met = |side: &Side<'_>, path: FieldPath, now: &Value| {
        let unsettled = agreed.is_none_or(|agreed| agreed.value.get(path).is_none());
        !now.is_null() && (side.is_first(path) || unsettled)
    };
    let mut all: Vec<(SystemId, FieldMap)> = others
        .filter(|side| {
            side.shown().iter().any(|(path, now)| {
                let stays = agreed.and_then(|agreed| agreed.value.get(path));
                let against = value.get(path).or(stays).is_some_and(|wanted| !side.shows_at(path, now, wanted));
                against && (side.edited_at(path) || met(side, path, now))
            })
        })
        .map(|side| contender(side, agreed))
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

fn contender(side: &Side<'_>, agreed: Option<Agreed<'_>>) -> (SystemId, FieldMap) {
    (side.system.clone(), side.claim(agreed))
}
