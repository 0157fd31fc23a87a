//! The steps of a history, kept by the rules: decide first, a loser's sight is its shadow, lagging is work, look before
//! a write.

use rust_decimal::Decimal;
use sync_core::{
    EntityKind, FieldMap, SystemId, Value,
    decide::{Agreed, Decision, Side, Why, decide},
    policy::{Foreign, OnEmptyMaster, Rule},
};

use super::{
    case::{MOST, RuleKind, Step},
    ledger::{Bits, Cell, Cells, Deal, Failed, Failure, Ledger, Wrong},
};

impl Ledger<'_> {
    /// All steps, then two rounds in which nothing fails and nobody edits.
    pub(crate) fn history(mut self) -> Result<(), Failure> {
        for step in &self.case.steps {
            self.step(*step)?;
        }
        for round in 1..=2 {
            self.log.push(format!("clean round {round}"));
            (self.writes, self.changes) = (0, 0);
            self.step(Step::Read([7; MOST]))?;
            self.step(Step::Decide { others_changed: 0 })?;
            self.step(Step::Write { refused: 0, silent: 0 })?;
        }
        if self.writes + self.changes > 0 {
            return self.failed(Failed::Echo, format!("{} writes, {} decisions", self.writes, self.changes));
        }
        self.in_the_end()
    }

    fn step(&mut self, step: Step) -> Result<(), Failure> {
        match step {
            Step::Edit { system, leaf, n } => self.edit(system, leaf, n),
            Step::Read(masks) => self.read(masks),
            Step::Decide { others_changed } => return self.decide(others_changed),
            Step::Write { refused, silent } => return self.write(refused, silent),
            Step::Person { takes } => self.person(takes),
            Step::Join { system, start } => {
                if !self.accounts[system].live {
                    self.joined(system, start);
                    self.tick(system);
                    let fields = self.fields(&self.accounts[system].record);
                    self.log.push(format!("{} is met with {fields:?}", self.case.systems[system].id));
                }
            }
            Step::Leave { system } => self.leave(system),
        }
        Ok(())
    }

    fn edit(&mut self, i: usize, leaf: usize, n: usize) {
        let (Some(keeps), true) = (&self.case.systems[i].keeps[leaf], self.accounts[i].live) else { return };
        let before = self.accounts[i].record[leaf].clone().map_or(Value::Null, |cell| cell.value);
        let (value, amount) = if self.is_sum() {
            let added = Decimal::from(n) - Decimal::from(300);
            if added.is_zero() {
                return;
            }
            let total = before.as_decimal().unwrap_or_default() + added;
            (Value::Decimal(total), Value::Decimal(added))
        } else {
            (keeps.kept(&self.case.leaf(leaf).typed(n)), Value::Null)
        };
        if value == before {
            return;
        }
        self.log.push(format!("{} types {value:?} in leaf {leaf}", self.case.systems[i].id));
        let bit = self.bit(amount);
        let bits = self.accounts[i].record[leaf].as_ref().map_or(0, |cell| cell.bits) | bit;
        self.accounts[i].record[leaf] = Some(Cell { value, bits, typed: true });
        self.tick(i);
    }

    fn read(&mut self, masks: [u8; MOST]) {
        for (account, mask) in self.accounts.iter_mut().zip(masks).filter(|(account, _)| account.live) {
            for (leaf, cell) in account.record.iter().enumerate() {
                let Some(cell) = cell.as_ref().filter(|_| mask & (1 << leaf) != 0) else { continue };
                let met_empty = account.shadow[leaf].is_none() && cell.value.is_null();
                self.waived |= unseen(cell, account.shadow[leaf].as_ref());
                account.seen[leaf] = Some(Cell { typed: cell.typed && !met_empty, ..cell.clone() });
            }
        }
        self.log.push(format!("read {masks:?}"));
    }

    fn leave(&mut self, i: usize) {
        let account = &mut self.accounts[i];
        if !account.live {
            return;
        }
        self.waived |= account.record.iter().chain(&account.seen).flatten().fold(0, |all, cell| all | cell.bits);
        let nothing = vec![None; account.record.len()];
        (account.live, account.lagging) = (false, false);
        (account.record, account.seen, account.shadow) = (nothing.clone(), nothing.clone(), nothing);
        self.log.push(format!("{} leaves", self.case.systems[i].id));
    }

    fn decide(&mut self, others_changed: u8) -> Result<(), Failure> {
        self.merge_what_agrees();
        let agreed = self.agreed.as_ref().map(|deal| (self.fields(&deal.cells), deal.from.clone()));
        let agreed = agreed.as_ref().map(|(value, from)| Agreed { value, from });
        let kind = if self.is_sum() { EntityKind::Invoice } else { EntityKind::Organisation };
        let parts: Vec<(usize, FieldMap, FieldMap)> = (0..self.accounts.len())
            .filter(|i| self.accounts[*i].live)
            .map(|i| (i, self.fields(&self.accounts[i].seen), self.shadow_of(i)))
            .collect();
        let sides: Vec<Side<'_>> = parts
            .iter()
            .map(|(i, seen, shadow)| Side {
                system: &self.case.systems[*i].id,
                kind,
                seen: (!seen.is_empty()).then_some(seen),
                shadow: (!shadow.is_empty()).then_some(shadow),
                lagging: self.accounts[*i].lagging && !self.is(Wrong::AgreedDoesNotContend),
                modified_at: Some(self.accounts[*i].stamp),
                only_change: others_changed & (1 << i) == 0,
                fields: &self.case.systems[*i].table,
            })
            .collect();
        let decision = decide(&self.case.rule, agreed, &sides, None);
        self.log.push(format!("{decision:?}"));
        let mut turned = sides.clone();
        for _ in 1..sides.len() {
            turned.rotate_left(1);
            let mirrored: Vec<_> = turned.iter().rev().cloned().collect();
            for other in [&turned, &mirrored] {
                let other = decide(&self.case.rule, agreed, other, None);
                if other != decision {
                    return self.failed(Failed::Order, format!("{decision:?} or {other:?}"));
                }
            }
        }
        self.one_sided(&decision)?;
        match decision {
            Decision::Keep => self.keep(),
            Decision::Settle { value, from, overridden } => self.settle(&value, from, &overridden)?,
            Decision::Hold { why, values } => self.hold(why, values)?,
        }
        Ok(())
    }

    fn shadow_of(&self, i: usize) -> FieldMap {
        let mut shadow = self.fields(&self.accounts[i].shadow);
        if self.is(Wrong::JoiningWins) {
            for leaf in self.leaves().filter(|leaf| self.joins(i, *leaf)) {
                shadow.set(self.case.unit.leaves[leaf].0, Value::Null);
            }
        }
        shadow
    }

    fn keep(&mut self) {
        let before = self.agreed_cells();
        self.waive_what_is_met_twice();
        let foreign_is_left = matches!(self.case.kind, RuleKind::Master(Foreign::Ignore, ..));
        for i in self.live() {
            if foreign_is_left && i > 0 {
                self.waived |= self.all_bits(i);
            }
            let account = &self.accounts[i];
            let first =
                account.seen.iter().zip(&account.shadow).any(|(seen, shadow)| seen.is_some() && shadow.is_none());
            if first || self.accounts[i].lagging {
                self.lag(i, &before);
            }
            self.advance(i, false);
        }
        self.settled();
    }

    /// Who empties a leaf of which nothing is agreed yet has emptied his own; it may be filled.
    fn empty_and_unsaid(&self, i: usize) -> Bits {
        let unsaid = |leaf: &usize| self.agreed.as_ref().is_none_or(|deal| deal.cells[*leaf].is_none());
        let empty =
            self.leaves().filter(unsaid).filter_map(|leaf| self.shown(i, leaf)).filter(|cell| cell.value.is_null());
        empty.fold(0, |all, cell| all | cell.bits)
    }

    /// The common end of decisions that leave nothing open.
    fn settled(&mut self) {
        self.merge_what_agrees();
        self.waived = self.live().into_iter().fold(self.waived, |all, i| all | self.empty_and_unsaid(i));
        self.decided = self.live().into_iter().fold(self.decided, |all, i| all | self.all_bits(i));
        (self.held, self.held_bits) = (None, 0);
    }

    fn settle(&mut self, value: &FieldMap, from: SystemId, overridden: &[(SystemId, FieldMap)]) -> Result<(), Failure> {
        self.check_settled(value, &from)?;
        let cells = self.new_cells(value, &from)?;
        let before = self.agreed_cells();
        self.waive_what_is_met_twice();
        let reported = self.told(overridden);
        let losers: Vec<usize> = overridden.iter().filter_map(|(system, _)| self.place(system)).collect();
        self.reported |= reported;
        self.changes +=
            usize::from(self.agreed.as_ref().map(|deal| self.fields(&deal.cells)) != Some(self.fields(&cells)));
        self.agreed = Some(Deal { cells, from });
        for i in self.live() {
            self.lag(i, &before);
            self.advance(i, losers.contains(&i));
        }
        self.settled();
        Ok(())
    }

    fn hold(&mut self, why: Why, values: Vec<(SystemId, FieldMap)>) -> Result<(), Failure> {
        self.check_held(why, &values)?;
        self.held_bits = self.told(&values);
        self.held = Some(values);
        Ok(())
    }

    /// Whether a side lacks something of the agreed value. What means the same is not lacking where it is met, and
    /// where nothing new was agreed.
    pub(crate) fn lag(&mut self, i: usize, before: &Cells) {
        let lacks = self.leaves().any(|leaf| {
            let now = self.agreed.as_ref().and_then(|deal| deal.cells[leaf].as_ref()).map(|cell| &cell.value);
            let met = self.accounts[i].shadow[leaf].is_none();
            self.lacks(i, leaf, met || before[leaf].as_ref().map(|cell| &cell.value) == now)
        });
        let keeps_its_own = self.case.kind == RuleKind::Seed
            && !self.is(Wrong::SeedOverwrites)
            && self.leaves().any(|leaf| self.shown(i, leaf).is_some_and(|cell| !cell.value.is_null()));
        self.accounts[i].lagging = lacks && !keeps_its_own;
    }

    pub(crate) fn lacks(&self, i: usize, leaf: usize, meaning: bool) -> bool {
        let (Some(keeps), Some(agreed)) = (&self.case.systems[i].keeps[leaf], &self.agreed) else { return false };
        let Some(wanted) = &agreed.cells[leaf] else { return false };
        match self.shown(i, leaf) {
            Some(shown) if meaning => !keeps.means(&shown.value, &wanted.value),
            Some(shown) => !keeps.fits(&shown.value, &wanted.value),
            None => !wanted.value.is_null(),
        }
    }

    /// What is agreed, or nothing in each leaf.
    pub(crate) fn agreed_cells(&self) -> Cells {
        self.agreed.as_ref().map_or_else(|| vec![None; self.leaves().len()], |deal| deal.cells.clone())
    }

    fn advance(&mut self, i: usize, lost: bool) {
        let forgets = lost && self.is(Wrong::LosersShadowNotKept);
        let account = &mut self.accounts[i];
        for (seen, shadow) in account.seen.iter_mut().zip(&mut account.shadow) {
            if let Some(seen) = seen.take()
                && !(forgets && shadow.is_some())
            {
                *shadow = Some(seen);
            }
        }
    }

    fn write(&mut self, refused: u8, silent: u8) -> Result<(), Failure> {
        self.log.push(format!("write: refused {refused:04b}, unread {silent:04b}"));
        for i in self.live() {
            let waits = self.held.is_some() && !self.is(Wrong::HeldIsWritten);
            if !self.accounts[i].lagging || waits {
                continue;
            }
            if refused & (1 << i) != 0 {
                if self.is(Wrong::LaggingForgotten) {
                    self.accounts[i].lagging = false;
                }
                continue;
            }
            if self.as_wanted(i) {
                self.is_there(i);
            } else if !self.moved(i) {
                self.write_to(i, silent & (1 << i) != 0)?;
            }
        }
        Ok(())
    }

    /// The look before the write: everything is there already.
    fn as_wanted(&self, i: usize) -> bool {
        let Some(agreed) = &self.agreed else { return true };
        self.leaves().all(|leaf| match (&agreed.cells[leaf], &self.accounts[i].record[leaf]) {
            (Some(wanted), Some(now)) => self.fits(i, leaf, &now.value, &wanted.value),
            _ => true,
        })
    }

    fn is_there(&mut self, i: usize) {
        for leaf in self.leaves() {
            if self.agreed.as_ref().is_some_and(|deal| deal.cells[leaf].is_some()) {
                let now = self.accounts[i].record[leaf].clone();
                if let (true, Some(now)) = (self.is_sum(), &now) {
                    // an amount that is met with the amount agreed is the same
                    let bits = now.bits & !self.agreed_bits();
                    (self.waived, self.twice) = (self.waived | bits, self.twice | bits);
                }
                self.accounts[i].seen[leaf] = None;
                self.accounts[i].shadow[leaf] = now;
            }
        }
        self.accounts[i].lagging = false;
        self.merge_what_agrees();
    }

    /// The look before the write: it is not what the decision rests on.
    fn moved(&self, i: usize) -> bool {
        let account = &self.accounts[i];
        account.record.iter().zip(&account.shadow).zip(&account.seen).any(|((now, shadow), pending)| {
            match (now, shadow) {
                (Some(_), _) if pending.is_some() && self.is(Wrong::HeldIsWritten) => false,
                (Some(now), Some(shadow)) => now.value != shadow.value,
                (Some(now), None) => !now.value.is_null() && !self.is(Wrong::UnseenIsOverwritten),
                _ => false,
            }
        })
    }

    fn write_to(&mut self, i: usize, silent: bool) -> Result<(), Failure> {
        let Some(agreed) = self.agreed.clone() else { return Ok(()) };
        self.check_master(i, &agreed)?;
        for leaf in self.leaves() {
            let (Some(keeps), Some(wanted)) = (&self.case.systems[i].keeps[leaf], &agreed.cells[leaf]) else {
                continue;
            };
            let stored = Cell { value: keeps.kept(&wanted.value), ..wanted.clone() };
            let account = &self.accounts[i];
            let before = account.record[leaf].as_ref();
            self.waived |= before.map_or(0, |cell| unseen(cell, account.shadow[leaf].as_ref()));
            if self.case.kind == RuleKind::Seed {
                self.waived |= before.filter(|cell| cell.value.is_null()).map_or(0, |cell| cell.bits); // it is filled
            }
            let shadow = if self.is(Wrong::ShadowIsAgreed) { wanted.clone() } else { stored.clone() };
            self.accounts[i].record[leaf] = Some(stored);
            self.accounts[i].seen[leaf] = None;
            self.accounts[i].shadow[leaf] = (!silent).then_some(shadow);
        }
        self.log.push(format!("{} is written", self.case.systems[i].id));
        self.accounts[i].lagging = false;
        self.writes += 1;
        self.tick(i);
        Ok(())
    }

    /// A person takes one of the values that are held; of amounts, what they really add up to.
    fn person(&mut self, takes: usize) {
        let Some(held) = self.held.take() else { return };
        let (_, value) = &held[takes % held.len()];
        let before = self.agreed_cells();
        let mut cells = before.clone();
        if self.is_sum() {
            let bits = self.live().into_iter().fold(self.agreed_bits(), |all, i| all | self.all_bits(i));
            cells[0] = Some(Cell { value: Value::Decimal(self.total(bits)), bits, typed: true });
        } else {
            for leaf in self.leaves() {
                let path = self.case.unit.leaves[leaf].0;
                if let Some(value) = value.get(path) {
                    let bits = self.bits_of(leaf, value);
                    cells[leaf] = Some(Cell { value: value.clone(), bits, typed: true });
                }
            }
        }
        self.log.push(format!("a person takes {:?}", self.fields(&cells)));
        self.reported |= std::mem::take(&mut self.held_bits);
        self.agreed = Some(Deal { cells, from: SystemId::person() });
        for i in self.live() {
            self.reported |= self.all_bits(i); // he looked at all of them
            self.lag(i, &before);
            self.advance(i, false);
        }
        self.settled();
    }

    pub(crate) fn live(&self) -> Vec<usize> {
        (0..self.accounts.len()).filter(|i| self.accounts[*i].live).collect()
    }
    pub(crate) fn all_bits(&self, i: usize) -> Bits {
        let account = &self.accounts[i];
        account.seen.iter().chain(&account.shadow).flatten().fold(0, |all, cell| all | cell.bits)
    }
    pub(crate) fn agreed_bits(&self) -> Bits {
        self.agreed.iter().flat_map(|deal| deal.cells.iter().flatten()).fold(0, |all, cell| all | cell.bits)
    }
    pub(crate) fn total(&self, bits: Bits) -> Decimal {
        let each = self.amounts.iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0);
        each.filter(|(i, _)| self.twice & (1 << i) == 0).filter_map(|(_, amount)| amount.as_decimal()).sum()
    }
    pub(crate) fn keeps_blank(&self) -> bool {
        !matches!(self.case.rule, Rule::Master { blank: OnEmptyMaster::Blank, .. })
    }
}

/// Edits that no reading can tell of: a value that was changed and changed back, one that was emptied before anybody
/// had looked.
fn unseen(cell: &Cell, shadow: Option<&Cell>) -> Bits {
    match shadow {
        Some(shadow) if shadow.value == cell.value => cell.bits & !shadow.bits,
        None if cell.value.is_null() => cell.bits,
        _ => 0,
    }
}
