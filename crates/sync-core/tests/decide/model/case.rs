//! One history: the systems, the rule, and what happens, step by step. All chance lies in here, so that a history can
//! be run again and steps can be left out.

use std::collections::BTreeMap;

use sync_core::{
    SystemId,
    policy::{FieldTable, Foreign, OnEmptyMaster, Rule},
};

use super::{
    Chance,
    store::{Holds, Keeping, Unit},
};

pub(crate) const MOST: usize = 4;

/// The rules that histories are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Hold,
    Prefer,
    Newest,
    Master(Foreign, OnEmptyMaster, bool),
    Seed,
    Sum,
}

impl RuleKind {
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Hold, Self::Prefer, Self::Newest, Self::Seed, Self::Sum];
        for foreign in [Foreign::Revert, Foreign::Ignore, Foreign::Hold] {
            for blank in [OnEmptyMaster::Keep, OnEmptyMaster::Blank] {
                all.extend([true, false].map(|seeded| Self::Master(foreign, blank, seeded)));
            }
        }
        all
    }
}

#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) id: SystemId,
    /// `None` where it does not have the leaf.
    pub(crate) keeps: Vec<Option<Keeping>>,
    pub(crate) table: FieldTable,
}

/// What a record holds when it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Empty,
    /// What all have that start so, each in its own way.
    Common,
    /// Something of its own; leaves whose bit is not set are empty.
    Own {
        n: usize,
        filled: u8,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Somebody types a value; for sums, adds an amount.
    Edit {
        system: usize,
        leaf: usize,
        n: usize,
    },
    /// Systems are read: leaves whose bit is set. 0 = not read.
    Read([u8; MOST]),
    /// The unit is decided; beside it in the record, something else was changed where a bit is set.
    Decide {
        others_changed: u8,
    },
    /// Lagging sides are written; refused or not read back where a bit is set.
    Write {
        refused: u8,
        silent: u8,
    },
    /// A person looks at what is held.
    Person {
        takes: usize,
    },
    Join {
        system: usize,
        start: Start,
    },
    Leave {
        system: usize,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) systems: Vec<System>,
    pub(crate) unit: Unit,
    pub(crate) kind: RuleKind,
    pub(crate) rule: Rule,
    pub(crate) steps: Vec<Step>,
}

impl Case {
    pub(crate) fn new(kind: RuleKind, seed: u64) -> Self {
        let chance = &mut Chance::new(seed);
        let count = 2 + chance.below(3);
        let unit = if kind == RuleKind::Sum { Unit::amount() } else { Unit::by_chance(chance) };
        let systems: Vec<System> = (0..count).map(|i| system(i, kind, &unit, chance)).collect();
        let rule = rule(kind, &systems, chance);
        let steps = steps(count, kind, &unit, chance);
        Self { systems, unit, kind, rule, steps }
    }
    pub(crate) fn leaf(&self, leaf: usize) -> Holds {
        self.unit.leaves[leaf].1
    }
}

fn system(i: usize, kind: RuleKind, unit: &Unit, chance: &mut Chance) -> System {
    let keeps: Vec<Option<Keeping>> = unit
        .leaves
        .iter()
        .enumerate()
        .map(|(leaf, (_, holds))| match kind {
            RuleKind::Sum => Some(Keeping::exactly(*holds)),
            // the first leaf everywhere, so that all know something of the unit; a master knows all of it
            _ if leaf > 0 && i > 0 && chance.percent(12) => None,
            _ => Some(Keeping::by_chance(*holds, chance)),
        })
        .collect();
    let fields: BTreeMap<_, _> = unit
        .leaves
        .iter()
        .zip(&keeps)
        .filter_map(|((path, _), keeps)| Some((*path, keeps.as_ref()?.cap.clone())))
        .collect();
    System { id: SystemId::new(format!("mock:{}", ["a", "b", "c", "d"][i])), keeps, table: FieldTable(fields) }
}

fn rule(kind: RuleKind, systems: &[System], chance: &mut Chance) -> Rule {
    let mut ids: Vec<SystemId> = systems.iter().map(|system| system.id.clone()).collect();
    match kind {
        RuleKind::Hold => Rule::Hold,
        RuleKind::Prefer => {
            for i in (1..ids.len()).rev() {
                ids.swap(i, chance.below(i + 1));
            }
            if chance.percent(20) {
                ids.pop();
            }
            Rule::Prefer(ids)
        }
        RuleKind::Newest => Rule::Newest { otherwise: chance.of(&ids) },
        // the first one has every leaf
        RuleKind::Master(foreign, blank, seeded) => Rule::Master { system: ids[0].clone(), foreign, blank, seeded },
        RuleKind::Seed => Rule::Seed(ids[0].clone()),
        RuleKind::Sum => Rule::Sum { up_to: None },
    }
}

fn start(chance: &mut Chance) -> Start {
    match chance.below(10) {
        0..3 => Start::Empty,
        3..7 => Start::Common,
        _ => Start::Own { n: chance.below(900), filled: if chance.percent(60) { 7 } else { mask(chance) } },
    }
}

fn mask(chance: &mut Chance) -> u8 {
    u8::try_from(chance.below(8)).unwrap()
}

/// A bit for each system, set so often.
fn bits(chance: &mut Chance, percent: usize) -> u8 {
    (0..MOST).filter(|_| chance.percent(percent)).fold(0, |all, i| all | 1 << i)
}

fn steps(count: usize, kind: RuleKind, unit: &Unit, chance: &mut Chance) -> Vec<Step> {
    let late = chance.percent(50).then(|| chance.below(count));
    let mut steps: Vec<Step> = (0..count)
        .filter(|i| Some(*i) != late)
        .map(|system| Step::Join { system, start: if kind == RuleKind::Sum { Start::Common } else { start(chance) } })
        .collect();
    let edits = |steps: &mut Vec<Step>, chance: &mut Chance| {
        while chance.percent(40) {
            let (system, leaf) = (chance.below(count), chance.below(unit.leaves.len()));
            steps.push(Step::Edit { system, leaf, n: chance.below(900) });
        }
    };
    let runs = 2 + chance.below(6);
    let joins_in = chance.below(runs);
    for run in 0..runs {
        edits(&mut steps, chance);
        if let Some(system) = late.filter(|_| run == joins_in) {
            steps.push(Step::Join { system, start: start(chance) });
        }
        if chance.percent(4) {
            steps.push(Step::Leave { system: chance.below(count) });
        }
        let read = [(); MOST].map(|()| match chance.below(100) {
            0..10 => 0,
            10..25 => mask(chance),
            _ => 7,
        });
        steps.push(Step::Read(read));
        edits(&mut steps, chance);
        steps.push(Step::Decide { others_changed: bits(chance, 20) });
        edits(&mut steps, chance);
        steps.push(Step::Write { refused: bits(chance, 30), silent: bits(chance, 15) });
        if chance.percent(40) {
            steps.push(Step::Person { takes: chance.below(8) });
        }
    }
    steps
}
