//! Which value of a field, or of a group, is agreed from now on. Pure: no clock, no I/O, no chance.
//!
//! Each side remembers what it showed us last, its *shadow*. An edit is `seen ≠ shadow` on one and the same side, never
//! a comparison with the agreed value: so a system that cuts, rounds or recodes what it stores edits nothing. A side
//! that the agreed value has not reached yet (*lagging*), or that is met for the first time (*joining*), was changed
//! without sight of the agreed value: that value then contends with the edit instead of being overruled.

mod contend;
mod master;
mod side;
mod sum;

use serde::{Deserialize, Serialize};

pub use side::Side;
pub(crate) use side::same_meaning;

use self::{
    contend::{Winner, contend},
    master::{Mastery, master},
};
use crate::{id::SystemId, policy::Rule, value::FieldMap};

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
        /// All its leaves.
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

/// Copied once: of what the others already have, only leaves that were never read before come after.
fn seed(from: &SystemId, agreed: Option<Agreed<'_>>, sides: &[Side<'_>]) -> Decision {
    let given = sides.iter().filter(|side| side.system == from).find_map(|side| {
        let value = match agreed {
            None => side.shown(),
            Some(agreed) => side.shown().filter(|path| side.is_first(path) && agreed.value.get(path).is_none()),
        };
        let value = value.filter(|path| value.filled(path).is_some());
        (!value.is_empty()).then_some(value)
    });
    given.map_or(Decision::Keep, |value| settle(&value, from, agreed, &[]))
}

/// A new agreed value; leaves that it does not name stay as they were agreed.
fn settle(
    value: &FieldMap,
    from: &SystemId,
    agreed: Option<Agreed<'_>>,
    contenders: &[(SystemId, FieldMap)],
) -> Decision {
    let mut whole = agreed.map(|agreed| agreed.value.clone()).unwrap_or_default();
    whole.overlay(value);
    let in_it = |other: &FieldMap| {
        other.iter().all(|(path, leaf)| whole.get(path).map_or(leaf.is_null(), |settled| settled == leaf))
    };
    let overridden = contenders.iter().filter(|(_, other)| !in_it(other)).cloned().collect();
    Decision::Settle { value: whole, from: from.clone(), overridden }
}

fn hold(why: Why, values: Vec<(SystemId, FieldMap)>) -> Decision {
    let mut all: Vec<(SystemId, FieldMap)> = Vec::new();
    for one in values {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Decision::Hold { why, values: all }
}
