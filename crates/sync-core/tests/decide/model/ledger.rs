//! The books of one history: records, what was seen of them, what is agreed, and where every edit is.

use chrono::{DateTime, Utc};
use sync_core::{FieldMap, SystemId, Value};

use super::{Case, case::Start};

/// Edits, one bit each.
pub(crate) type Bits = u128;

/// A value with all the edits that its author had before him.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) value: Value,
    pub(crate) bits: Bits,
    /// Somebody typed it, here or elsewhere; else it is just what a record was met with.
    pub(crate) typed: bool,
}

pub(crate) type Cells = Vec<Option<Cell>>;

/// One side as the books have it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) live: bool,
    /// What the system holds.
    pub(crate) record: Cells,
    /// What was read and waits for a decision.
    pub(crate) seen: Cells,
    /// What it showed when that was settled last.
    pub(crate) shadow: Cells,
    pub(crate) lagging: bool,
    pub(crate) stamp: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub(crate) struct Deal {
    pub(crate) cells: Cells,
    pub(crate) from: SystemId,
}

/// A deliberate fault of the bookkeeping, to show that the model finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    AgreedDoesNotContend,
    JoiningWins,
    LosersShadowNotKept,
    LaggingForgotten,
    ShadowIsAgreed,
    /// A side that waits for a person is written all the same.
    HeldIsWritten,
    /// The look before a write takes what was never seen for nothing.
    UnseenIsOverwritten,
    /// A seed is written over what a system has of its own.
    SeedOverwrites,
}

/// What went wrong in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// An edit is neither in the agreed value nor reported.
    Lost,
    /// A side does not show what is agreed, and nobody was told.
    Stuck,
    /// Emptiness that was met, not made, emptied others.
    Blanked,
    /// Something was written although all was quiet.
    Echo,
    /// The master's own value was written over.
    MasterWritten,
    /// A cut value came back cut, untouched.
    CutTravels,
    /// The order of sides changed the decision.
    Order,
    /// An edit on one side only, made in sight of what was agreed, did not become what is agreed.
    NotTaken,
    /// A value that nobody has.
    Invented,
    /// What was decided before was decided again, and differently.
    Stale,
    /// The amounts do not add up.
    Sum,
    /// Two values were held that both show one and the same.
    NeedlesslyHeld,
}

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) what: Failed,
    pub(crate) how: String,
    pub(crate) log: Vec<String>,
}

pub(crate) struct Ledger<'a> {
    pub(crate) case: &'a Case,
    pub(crate) wrong: Option<Wrong>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) agreed: Option<Deal>,
    /// What is held, as it was told.
    pub(crate) held: Option<Vec<(SystemId, FieldMap)>>,
    pub(crate) held_bits: Bits,
    /// Edits that lost, and this was said.
    pub(crate) reported: Bits,
    /// Edits that the rule leaves alone, or that went with their record.
    pub(crate) waived: Bits,
    /// Amounts that were met with others equal to them, and are the same.
    pub(crate) twice: Bits,
    /// Edits that were part of a decision.
    pub(crate) decided: Bits,
    pub(crate) made: Bits,
    pub(crate) count: u32,
    pub(crate) amounts: Vec<Value>,
    pub(crate) clock: i64,
    pub(crate) writes: usize,
    pub(crate) changes: usize,
    pub(crate) log: Vec<String>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(case: &'a Case, wrong: Option<Wrong>) -> Self {
        let empty: Cells = vec![None; case.unit.leaves.len()];
        let account = Account {
            live: false,
            record: empty.clone(),
            seen: empty.clone(),
            shadow: empty,
            lagging: false,
            stamp: DateTime::UNIX_EPOCH,
        };
        let mut ledger = Self {
            case,
            wrong,
            accounts: vec![account; case.systems.len()],
            agreed: None,
            held: None,
            held_bits: 0,
            reported: 0,
            waived: 0,
            twice: 0,
            decided: 0,
            made: 0,
            count: 0,
            amounts: Vec::new(),
            clock: 0,
            writes: 0,
            changes: 0,
            log: Vec::new(),
        };
        for _ in &case.unit.leaves {
            ledger.bit(Value::Null); // what all have that start with the common value
        }
        ledger.made = 0;
        ledger
    }
    /// A new edit.
    pub(crate) fn bit(&mut self, amount: Value) -> Bits {
        let bit = 1 << self.count;
        self.count += 1;
        self.made |= bit;
        self.amounts.push(amount);
        bit
    }
    pub(crate) fn is(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }
    pub(crate) fn failed<T>(&self, what: Failed, how: impl Into<String>) -> Result<T, Failure> {
        Err(Failure { what, how: how.into(), log: self.log.clone() })
    }
    pub(crate) fn tick(&mut self, i: usize) {
        self.clock += 1;
        self.accounts[i].stamp = DateTime::from_timestamp(self.clock, 0).unwrap();
    }
    pub(crate) fn leaves(&self) -> std::ops::Range<usize> {
        0..self.case.unit.leaves.len()
    }
    /// What a side shows: what was read over what it showed before.
    pub(crate) fn shown(&self, i: usize, leaf: usize) -> Option<&Cell> {
        self.accounts[i].seen[leaf].as_ref().or(self.accounts[i].shadow[leaf].as_ref())
    }
    pub(crate) fn place(&self, system: &SystemId) -> Option<usize> {
        self.case.systems.iter().position(|one| one.id == *system)
    }
    pub(crate) fn fields(&self, cells: &Cells) -> FieldMap {
        self.leaves()
            .filter_map(|leaf| Some((self.case.unit.leaves[leaf].0, cells[leaf].as_ref()?.value.clone())))
            .collect()
    }
    pub(crate) fn fits(&self, i: usize, leaf: usize, shown: &Value, wanted: &Value) -> bool {
        self.case.systems[i].keeps[leaf].as_ref().is_some_and(|keeps| keeps.means(shown, wanted))
    }
    /// Whether a side changed this leaf since it was settled last.
    pub(crate) fn edited(&self, i: usize, leaf: usize) -> bool {
        let account = &self.accounts[i];
        match (&account.seen[leaf], &account.shadow[leaf]) {
            (Some(seen), Some(shadow)) => seen.value != shadow.value,
            _ => false,
        }
    }
    /// Whether a side shows something in this leaf for the first time.
    pub(crate) fn joins(&self, i: usize, leaf: usize) -> bool {
        let account = &self.accounts[i];
        account.shadow[leaf].is_none() && account.seen[leaf].as_ref().is_some_and(|cell| !cell.value.is_null())
    }
    pub(crate) fn joined(&mut self, i: usize, start: Start) {
        let record = (0..self.case.unit.leaves.len()).map(|leaf| self.first_value(i, leaf, start)).collect();
        let account = &mut self.accounts[i];
        account.live = true;
        account.record = record;
    }
    fn first_value(&mut self, i: usize, leaf: usize, start: Start) -> Option<Cell> {
        let keeps = self.case.systems[i].keeps[leaf].as_ref()?;
        let holds = self.case.leaf(leaf);
        let (value, own) = match start {
            Start::Common if holds == super::store::Holds::Amount && self.is_sum() => (Value::Decimal(0.into()), false),
            Start::Common => (keeps.kept(&holds.typed(5)), false),
            Start::Own { n, filled } if filled & (1 << leaf) != 0 => (keeps.kept(&holds.typed(n + leaf)), true),
            Start::Own { .. } | Start::Empty => (Value::Null, false),
        };
        let bits = match (own && !value.is_null(), start) {
            (true, _) => self.bit(value.clone()),
            (false, Start::Common) if !self.is_sum() => 1 << leaf,
            _ => 0,
        };
        self.made |= bits;
        Some(Cell { value, bits, typed: false })
    }
    pub(crate) fn is_sum(&self) -> bool {
        self.case.kind == super::RuleKind::Sum
    }
}
