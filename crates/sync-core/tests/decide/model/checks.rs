//! What must hold at each decision, at each write, and in the end.

use sync_core::{
    FieldMap, SystemId, Value,
    decide::{Decision, Why},
    policy::{Foreign, Rule},
};

use super::{
    case::RuleKind,
    ledger::{Bits, Cell, Cells, Deal, Failed, Failure, Ledger},
};

impl Ledger<'_> {
    /// Edits behind a value of one leaf, wherever it is shown.
    pub(crate) fn bits_of(&self, leaf: usize, value: &Value) -> Bits {
        let agreed =
            self.agreed.iter().filter_map(|deal| deal.cells[leaf].as_ref()).filter(|cell| cell.value == *value);
        let shown = self.live().into_iter().filter_map(|i| self.shown(i, leaf).map(|cell| (i, cell)));
        let shown = shown.filter(|(i, cell)| self.fits(*i, leaf, &cell.value, value)).map(|(_, cell)| cell);
        agreed.chain(shown).fold(0, |all, cell| all | cell.bits)
    }

    /// Edits that a report names, with those that show the same in their own way.
    pub(crate) fn told(&self, values: &[(SystemId, FieldMap)]) -> Bits {
        let mut bits = 0;
        for (leaf, (_, value)) in self.leaves().flat_map(|leaf| values.iter().map(move |told| (leaf, told))) {
            bits |= value.get(self.case.unit.leaves[leaf].0).map_or(0, |value| self.bits_of(leaf, value));
        }
        bits
    }

    /// The cells of a new agreed value; leaves that it does not name stay.
    pub(crate) fn new_cells(&self, value: &FieldMap, from: &SystemId) -> Result<Cells, Failure> {
        let mut cells = self.agreed_cells();
        for leaf in self.leaves() {
            let Some(value) = value.get(self.case.unit.leaves[leaf].0) else { continue };
            if self.is_sum() {
                let bits = self
                    .live()
                    .into_iter()
                    .filter(|i| self.counts(*i))
                    .fold(self.agreed_bits(), |all, i| self.shown(i, leaf).map_or(all, |cell| all | cell.bits));
                cells[leaf] = Some(Cell { value: value.clone(), bits, typed: true });
                continue;
            }
            let old = cells[leaf].as_ref().filter(|cell| cell.value == *value);
            let owner = self.live().into_iter().filter_map(|i| self.shown(i, leaf)).find(|cell| cell.value == *value);
            let Some(known) = old.or(owner) else {
                return self.failed(Failed::Invented, format!("{value:?} in leaf {leaf}, from {from}"));
            };
            let typed = old.is_some_and(|cell| cell.typed)
                || self.live().into_iter().filter_map(|i| self.shown(i, leaf)).any(|c| c.value == *value && c.typed);
            cells[leaf] = Some(Cell { value: known.value.clone(), bits: self.bits_of(leaf, value), typed });
        }
        Ok(cells)
    }

    /// Whether a side adds an amount: it was changed, or it is met with one that nobody had told.
    fn counts(&self, i: usize) -> bool {
        let value = |i: usize| self.shown(i, 0).map(|cell| &cell.value);
        let agreed = self.agreed.as_ref().and_then(|deal| deal.cells[0].as_ref()).map(|cell| &cell.value);
        let told = agreed == value(i) || (0..i).any(|k| self.joins(k, 0) && value(k) == value(i));
        let nothing = value(i).and_then(Value::as_decimal).is_some_and(|amount| amount.is_zero());
        self.edited(i, 0) || (self.joins(i, 0) && !told && !nothing)
    }

    /// Amounts that are equal when they are met are one.
    pub(crate) fn waive_what_is_met_twice(&mut self) {
        for i in self.live() {
            if self.is_sum() && self.joins(i, 0) && !self.counts(i) {
                let bits = self.all_bits(i) & !self.agreed_bits();
                (self.waived, self.twice) = (self.waived | bits, self.twice | bits);
            }
        }
    }

    /// A side that shows the agreed value had it before it: from now on it is in the history of both.
    pub(crate) fn merge_what_agrees(&mut self) {
        if self.is_sum() {
            return;
        }
        for leaf in self.leaves() {
            let Some(agreed) = self.agreed.as_ref().and_then(|deal| deal.cells[leaf].clone()) else { continue };
            let mut bits = agreed.bits;
            let fits = |i: usize, cell: &Cell| self.fits(i, leaf, &cell.value, &agreed.value);
            let shows = |i: &usize| self.shown(*i, leaf).is_some_and(|cell| fits(*i, cell));
            let showed = |i: &usize| self.accounts[*i].shadow[leaf].as_ref().is_some_and(|cell| fits(*i, cell));
            let same: Vec<usize> = self.live().into_iter().filter(shows).collect();
            // who edited it had it before him
            let had: Vec<usize> = self.live().into_iter().filter(showed).chain(same.clone()).collect();
            for i in &same {
                bits |= self.shown(*i, leaf).map_or(0, |cell| cell.bits);
            }
            for i in had {
                let account = &mut self.accounts[i];
                let cells = [&mut account.record[leaf], &mut account.shadow[leaf], &mut account.seen[leaf]];
                cells.into_iter().flatten().for_each(|cell| cell.bits |= bits);
            }
            if let Some(cell) = self.agreed.as_mut().and_then(|deal| deal.cells[leaf].as_mut()) {
                cell.bits = bits;
            }
        }
    }

    fn changed(&self) -> Vec<usize> {
        self.live()
            .into_iter()
            .filter(|i| self.leaves().any(|leaf| self.edited(*i, leaf) || self.joins(*i, leaf)))
            .collect()
    }

    /// P-6: an edit on one side only, made in sight of what is agreed, becomes what is agreed, unless a cut form of it
    /// was edited.
    pub(crate) fn one_sided(&self, decision: &Decision) -> Result<(), Failure> {
        let shared = matches!(self.case.kind, RuleKind::Hold | RuleKind::Prefer | RuleKind::Newest);
        let changed = self.changed();
        let ([one], true) = (changed.as_slice(), shared) else { return Ok(()) };
        let fresh = self.leaves().any(|leaf| self.joins(*one, leaf));
        if self.accounts[*one].lagging || fresh || self.wrong.is_some() {
            return Ok(());
        }
        let taken = match decision {
            Decision::Settle { value, .. } => self.leaves().all(|leaf| {
                let path = self.case.unit.leaves[leaf].0;
                let edited = self.shown(*one, leaf).filter(|_| self.edited(*one, leaf));
                edited.is_none_or(|cell| value.get(path).is_some_and(|v| self.fits(*one, leaf, &cell.value, v)))
            }),
            Decision::Hold { why: Why::CutEdit, .. } => true,
            _ => false,
        };
        if taken { Ok(()) } else { self.failed(Failed::NotTaken, format!("{decision:?}")) }
    }

    pub(crate) fn check_settled(&self, value: &FieldMap, from: &SystemId) -> Result<(), Failure> {
        if self.is_sum() {
            return Ok(());
        }
        let old = self.agreed.as_ref();
        for leaf in self.leaves() {
            let Some(new) = value.get(self.case.unit.leaves[leaf].0) else { continue };
            let before = old.and_then(|deal| deal.cells[leaf].as_ref());
            if before.is_some_and(|cell| cell.value == *new) {
                continue;
            }
            let owners: Vec<(usize, &Cell)> = self
                .live()
                .into_iter()
                .filter_map(|i| Some((i, self.shown(i, leaf)?)))
                .filter(|(_, c)| c.value == *new)
                .collect();
            let moved =
                |i: usize| self.edited(i, leaf) || self.joins(i, leaf) || self.accounts[i].shadow[leaf].is_none();
            if let Some(before) = before
                && !owners.is_empty()
                && owners.iter().all(|(i, cell)| !moved(*i) && self.fits(*i, leaf, &cell.value, &before.value))
            {
                return self.failed(Failed::CutTravels, format!("{new:?} for {:?}", before.value));
            }
            let known =
                |(i, _): &(usize, &Cell)| self.accounts[*i].shadow[leaf].is_some() && self.case.systems[*i].id == *from;
            let whole = owners.iter().any(known)
                && self.leaves().any(|leaf| self.place(from).is_some_and(|i| self.edited(i, leaf)));
            let met = new.is_null() && self.keeps_blank() && !whole && !owners.iter().any(|(_, cell)| cell.typed);
            let fills = self
                .live()
                .into_iter()
                .filter_map(|i| self.shown(i, leaf))
                .chain(before)
                .any(|cell| !cell.value.is_null());
            if met && fills && !self.another_value(from, old) {
                return self.failed(Failed::Blanked, format!("leaf {leaf} by {from}"));
            }
        }
        let changes =
            old.is_some_and(|deal| value.iter().any(|(path, v)| self.fields(&deal.cells).get(path) != Some(v)));
        let fresh = self
            .changed()
            .into_iter()
            .any(|i| self.all_bits(i) & !self.decided != 0 || self.leaves().any(|leaf| self.joins(i, leaf)));
        if changes && !fresh && self.held.is_none() && !self.master_speaks(from) {
            return self.failed(Failed::Stale, format!("{value:?} from {from}"));
        }
        Ok(())
    }

    /// A master whose word was not heard yet, since others had it first.
    fn master_speaks(&self, from: &SystemId) -> bool {
        matches!(&self.case.rule, Rule::Master { system, .. } if system == from)
    }

    /// A group that shows another value as a whole, not just less of the same, is taken as it is.
    fn another_value(&self, from: &SystemId, old: Option<&Deal>) -> bool {
        let Some(i) = self.place(from) else { return false };
        self.leaves().any(|leaf| {
            let Some(shown) = self.shown(i, leaf).filter(|cell| !cell.value.is_null()) else { return false };
            let against = |k: usize| {
                let other = self.shown(k, leaf).filter(|cell| !cell.value.is_null());
                other.is_some_and(|cell| !self.fits(k, leaf, &cell.value, &shown.value))
            };
            let before = old.and_then(|deal| deal.cells[leaf].as_ref()).filter(|cell| !cell.value.is_null());
            self.live().into_iter().any(|k| k != i && against(k))
                || before.is_some_and(|cell| !self.fits(i, leaf, &shown.value, &cell.value))
        })
    }

    /// What is held as a conflict differs.
    pub(crate) fn check_held(&self, why: Why, values: &[(SystemId, FieldMap)]) -> Result<(), Failure> {
        if values.is_empty() {
            return self.failed(Failed::NeedlesslyHeld, "nothing contends");
        }
        let first = &values[0].1;
        if why == Why::Conflict && values.len() > 1 && values.iter().all(|(_, value)| value == first) && !self.is_sum()
        {
            return self.failed(Failed::NeedlesslyHeld, format!("{values:?}"));
        }
        Ok(())
    }

    /// P-3: what the master holds of its own is not written over.
    pub(crate) fn check_master(&self, i: usize, agreed: &Deal) -> Result<(), Failure> {
        let Rule::Master { system, .. } = &self.case.rule else { return Ok(()) };
        if self.case.systems[i].id != *system || agreed.from == SystemId::person() {
            return Ok(());
        }
        for leaf in self.leaves() {
            let (Some(wanted), Some(now)) = (&agreed.cells[leaf], &self.accounts[i].record[leaf]) else { continue };
            if !now.value.is_null() && !self.fits(i, leaf, &now.value, &wanted.value) {
                return self.failed(Failed::MasterWritten, format!("{:?} over {:?}", wanted.value, now.value));
            }
        }
        Ok(())
    }

    pub(crate) fn in_the_end(&self) -> Result<(), Failure> {
        // where a rule leaves every system its own, an edit that stands where it was made is not lost; nor is one in a
        // leaf of which the master says nothing
        let mastered = matches!(self.case.kind, RuleKind::Master(..));
        let unsaid = |leaf: usize| self.agreed.as_ref().is_none_or(|deal| deal.cells[leaf].is_none());
        let own = match self.case.kind {
            RuleKind::Seed => true,
            RuleKind::Master(foreign, ..) => foreign == Foreign::Ignore || !self.master_has_spoken(),
            _ => false,
        };
        let mut kept = self.agreed_bits() | self.reported | self.waived | self.held_bits;
        for (i, leaf) in self.live().into_iter().flat_map(|i| self.leaves().map(move |leaf| (i, leaf))) {
            let Some(cell) = &self.accounts[i].record[leaf] else { continue };
            if own || (unsaid(leaf) && (mastered || cell.value.is_null())) {
                kept |= cell.bits;
            }
        }
        let lost = self.made & !kept;
        if lost != 0 {
            return self.failed(Failed::Lost, format!("edits {lost:b}"));
        }
        if self.held.is_some() {
            return Ok(());
        }
        if let (true, Some(agreed)) = (self.is_sum(), &self.agreed) {
            let (now, all) =
                (agreed.cells[0].as_ref().and_then(|cell| cell.value.as_decimal()), self.total(self.agreed_bits()));
            if now != Some(all) {
                return self.failed(Failed::Sum, format!("{now:?} for {all}"));
            }
        }
        match self.live().into_iter().find(|i| self.leaves().any(|leaf| self.lacks(*i, leaf, true))) {
            Some(i) if !own => self.failed(Failed::Stuck, format!("{}", self.case.systems[i].id)),
            _ => Ok(()),
        }
    }

    /// The master, or somebody in its place, gave a value.
    fn master_has_spoken(&self) -> bool {
        let Rule::Master { system, .. } = &self.case.rule else { return false };
        self.agreed.as_ref().is_some_and(|deal| deal.from == *system || deal.from == SystemId::person())
    }
}
