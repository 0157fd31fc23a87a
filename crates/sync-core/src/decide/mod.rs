//! Which value of a field, or of a group, is agreed from now on. Pure: no clock, no I/O, no chance.
//!
//! Each side remembers what it showed us last, its *shadow*. An edit is `seen ≠ shadow` on one and the same side, never
//! a comparison with the agreed value: so a system that cuts, rounds or recodes what it stores edits nothing. A side
//! that the agreed value has not reached yet (*lagging*), or that is met for the first time (*joining*), was changed
//! without sight of the agreed value: that value then contends with the edit instead of being overruled.

mod side;
mod sum;

use serde::{Deserialize, Serialize};

pub use side::Side;
pub(crate) use side::same_meaning;

use crate::{
    id::SystemId,
    policy::{Foreign, OnEmptyMaster, Rule},
    value::FieldMap,
};

/// The agreed value of a unit and where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Agreed<'a> {
    /// Its leaves.
    pub value: &'a FieldMap,
    /// The system that gave it; [`SystemId::hub`] or [`SystemId::person`].
    pub from: &'a SystemId,
}

/// Why a unit waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// Changed on several sides, and the rule names no winner.
    Conflict,
    /// Changed where another system decides.
    ForeignChange,
    /// Changed where only a cut form of the agreed value is shown: nobody knows if the rest was meant to go.
    CutEdit,
    /// The same amount was added on two sides: perhaps one payment, keyed twice.
    SameAmountTwice,
    /// The sides together exceed the whole.
    OverTotal,
}

/// What becomes of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The agreed value stays.
    Keep,
    /// A new agreed value.
    Settle {
        /// Its leaves; leaves of the old value that are not named stay.
        value: FieldMap,
        /// Where it came from.
        from: SystemId,
        /// What lost, for the journal.
        overridden: Vec<(SystemId, FieldMap)>,
    },
    /// A person decides; the sides stay as they are until then.
    Hold {
        /// Why.
        why: Why,
        /// What contends.
        values: Vec<(SystemId, FieldMap)>,
    },
}

/// Decides one unit over all sides that know it.
pub fn decide(
    rule: &Rule,
    agreed: Option<Agreed<'_>>,
    sides: &[Side<'_>],
    whole: Option<rust_decimal::Decimal>,
) -> Decision {
    match rule {
        Rule::Seed(from) => seed(from, agreed, sides),
        Rule::Master { system, foreign, blank, seeded } => {
            master(&Mastery { system, foreign: *foreign, blank: *blank, seeded: *seeded }, agreed, sides)
        }
        Rule::Prefer(order) => contend(&Winner::First(order), agreed, sides),
        Rule::Newest { otherwise } => contend(&Winner::Newest { otherwise }, agreed, sides),
        Rule::Hold => contend(&Winner::Nobody, agreed, sides),
        Rule::Sum { .. } => sum::add_up(agreed, sides, whole),
    }
}

fn seed(from: &SystemId, agreed: Option<Agreed<'_>>, sides: &[Side<'_>]) -> Decision {
    if agreed.is_some() {
        return Decision::Keep;
    }
    match sides.iter().filter(|side| side.system == from).find_map(|side| side.seen.filter(|v| !v.all_null())) {
        Some(value) => settle(value.clone(), from, &[]),
        None => Decision::Keep,
    }
}

struct Mastery<'a> {
    system: &'a SystemId,
    foreign: Foreign,
    blank: OnEmptyMaster,
    seeded: bool,
}

fn master(rule: &Mastery<'_>, agreed: Option<Agreed<'_>>, sides: &[Side<'_>]) -> Decision {
    let (masters, others): (Vec<_>, Vec<_>) =
        sides.iter().filter(|s| s.knows()).partition(|side| side.system == rule.system);
    let edited: Vec<&&Side<'_>> = masters.iter().filter(|side| side.edited()).collect();
    let Some(chief) = edited.first().copied().or(masters.first()) else {
        // the master has no such record yet: what others say stands until it has, where the rule allows that
        let others: Vec<Side<'_>> = others.into_iter().cloned().collect();
        return if rule.seeded { contend(&Winner::Nobody, agreed, &others) } else { Decision::Keep };
    };
    let value = chief.claim(agreed);
    if edited.iter().any(|other| other.claim(agreed) != value) {
        return hold(Why::Conflict, edited.iter().map(|side| contender(side, agreed)));
    }
    let foreign: Vec<(SystemId, FieldMap)> = others
        .iter()
        .filter(|side| {
            // while nothing was agreed, what others had is no edit and yet goes under
            let had = agreed.is_none() && !side.shown().all_null();
            side.edited() || ((side.joins() || had) && !side.shows_at_first(&value))
        })
        .map(|side| contender(side, agreed))
        .collect();
    if chief.edited() {
        return settle(value, rule.system, &foreign);
    }
    let Some(agreed) = agreed.filter(|_| !chief.joins()) else {
        let blanks = value.all_null() && rule.blank == OnEmptyMaster::Keep;
        return if blanks { Decision::Keep } else { settle(value, rule.system, &foreign) };
    };
    let by_person = *agreed.from == SystemId::person();
    if agreed.from != rule.system && !by_person && !chief.lagging && !chief.shows_at_first(agreed.value) {
        // it came from elsewhere while the master had no record; now the master has the word
        return settle(value, rule.system, &foreign);
    }
    match (foreign.is_empty(), rule.foreign) {
        (false, Foreign::Revert) => settle(agreed.value.clone(), agreed.from, &foreign),
        (false, Foreign::Hold) => hold(Why::ForeignChange, foreign.into_iter()),
        _ => Decision::Keep,
    }
}

enum Winner<'a> {
    Nobody,
    First(&'a [SystemId]),
    Newest { otherwise: &'a SystemId },
}

fn contend(winner: &Winner<'_>, agreed: Option<Agreed<'_>>, sides: &[Side<'_>]) -> Decision {
    let mut who: Vec<&Side<'_>> = sides
        .iter()
        .filter(|side| side.edited() || (side.joins() && !agreed.is_some_and(|a| side.shows_at_first(a.value))))
        .collect();
    who.sort_by_key(|side| side.system);
    if who.is_empty() {
        return Decision::Keep;
    }
    let mut all: Vec<(SystemId, FieldMap)> = who.iter().map(|side| contender(side, agreed)).collect();
    let uninformed = who.iter().all(|side| side.uninformed());
    let mut dated = true;
    if let Some(agreed) = agreed.filter(|a| uninformed && all.iter().any(|(_, value)| value != a.value)) {
        // none of them had seen the agreed value: it contends, with the rank of where it came from
        all.push((agreed.from.clone(), agreed.value.clone()));
        dated = false;
    }
    if let ([one], Some(agreed)) = (who.as_slice(), agreed)
        && one.cut(agreed.value)
    {
        return hold(Why::CutEdit, all.into_iter().chain([(agreed.from.clone(), agreed.value.clone())]));
    }
    if let Some((from, value)) = fullest(&all, &who) {
        return settle(value, &from, &[]);
    }
    let pick = |system: &SystemId| all.iter().find(|(s, _)| s == system).cloned();
    let chosen = match winner {
        Winner::Nobody => None,
        Winner::First(order) => order.iter().find_map(pick),
        Winner::Newest { otherwise } => newest(&who, agreed).filter(|_| dated).or_else(|| pick(otherwise)),
    };
    match chosen {
        Some((from, value)) => settle(value, &from, &all),
        None => hold(Why::Conflict, all.into_iter()),
    }
}

/// One value that every other contender merely shows in its own, shorter way.
fn fullest(all: &[(SystemId, FieldMap)], who: &[&Side<'_>]) -> Option<(SystemId, FieldMap)> {
    all.iter()
        .find(|(_, value)| {
            who.iter().all(|side| if side.joins() { side.shows_at_first(value) } else { side.shows(value) })
                && all.iter().all(|(system, other)| other == value || who.iter().any(|side| side.system == system))
        })
        .cloned()
}

/// The one whose record was changed last; stamps are per record, so only where this unit is all that changed in each.
fn newest(who: &[&Side<'_>], agreed: Option<Agreed<'_>>) -> Option<(SystemId, FieldMap)> {
    if who.iter().any(|side| side.joins() || !side.only_change || side.modified_at.is_none()) {
        return None;
    }
    let last = who.iter().filter_map(|side| side.modified_at).max()?;
    let mut top = who.iter().filter(|side| side.modified_at == Some(last));
    match (top.next(), top.next()) {
        (Some(one), None) => Some(contender(one, agreed)),
        _ => None,
    }
}

fn contender(side: &Side<'_>, agreed: Option<Agreed<'_>>) -> (SystemId, FieldMap) {
    (side.system.clone(), side.claim(agreed))
}

fn settle(value: FieldMap, from: &SystemId, contenders: &[(SystemId, FieldMap)]) -> Decision {
    let overridden = contenders.iter().filter(|(_, other)| *other != value).cloned().collect();
    Decision::Settle { value, from: from.clone(), overridden }
}

fn hold(why: Why, values: impl Iterator<Item = (SystemId, FieldMap)>) -> Decision {
    let mut all: Vec<(SystemId, FieldMap)> = Vec::new();
    for one in values {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Decision::Hold { why, values: all }
}
