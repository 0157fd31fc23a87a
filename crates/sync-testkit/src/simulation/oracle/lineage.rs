//! Edits and what became of them. Every edit left a value of its own; whoever changed that value had it before him.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use sync_core::{ExternalRef, FieldMap, FieldPath, SystemId, Value, store::Event};

use super::{
    super::{
        rules::{EntityPlan, FieldPlan, Kind},
        stage::Ran,
        values::{self, Tag, tag_at},
        verdict::{Verdict, Wrong},
    },
    facts::{Facts, Seen},
};
use crate::mock::{Change, Who};

/// A row read so lately need not be read again before a write.
const FRESH: TimeDelta = TimeDelta::seconds(30);

/// One edit of one field.
struct Edit<'f> {
    n: Tag,
    field: FieldPath,
    seen: &'f Seen<'f>,
    reference: &'f ExternalRef,
    /// Its place in its system's log.
    place: usize,
    change: &'f Change,
}

/// What is known of one field of one kind.
struct Field<'f> {
    facts: &'f Facts<'f>,
    entity: &'f EntityPlan,
    kind: Kind,
    path: FieldPath,
    /// What each author who wrote a value had before him.
    before: BTreeMap<Tag, BTreeSet<Tag>>,
    /// Values that an author replaced with his own, or emptied.
    replaced: BTreeSet<Tag>,
    /// Values that an author emptied.
    emptied: BTreeSet<Tag>,
    /// Values that the engine says it knows, or that a person was shown.
    known: BTreeSet<Tag>,
}

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    for entity in &facts.stage.history.entities {
        for path in values::fields(entity.kind).iter().filter(|path| path.as_str() != "category") {
            let field = Field::new(facts, entity, *path);
            for edit in field.edits() {
                verdict.edits += 1;
                match field.fate(&edit) {
                    Fate::Fine => {}
                    Fate::Window => verdict.window += 1,
                    Fate::Bad(wrong, line) => verdict.add(wrong, line),
                }
            }
            field.overruled(verdict);
        }
    }
}

enum Fate {
    Fine,
    Window,
    Bad(Wrong, String),
}

impl<'f> Field<'f> {
    fn new(facts: &'f Facts<'f>, entity: &'f EntityPlan, path: FieldPath) -> Self {
        let mut field = Self {
            facts,
            entity,
            kind: entity.kind,
            path,
            before: BTreeMap::new(),
            replaced: BTreeSet::new(),
            emptied: BTreeSet::new(),
            known: BTreeSet::new(),
        };
        let mut emptied: BTreeMap<&ExternalRef, Tag> = BTreeMap::new();
        for (_, change) in field.changes() {
            let (old, new) = (tag_at(&change.before, path), tag_at(&change.after, path));
            if let Some(old) = old.filter(|_| new.is_none()) {
                emptied.insert(&change.reference, old);
            }
            if change.who == Who::Engine || change.removed || old == new {
                continue;
            }
            field.replaced.extend(old);
            field.emptied.extend(old.filter(|_| new.is_none()));
            // who fills an empty field knows what was there before, as far as the record tells
            if let (Some(new), Some(old)) = (new, old.or(emptied.get(&change.reference).copied())) {
                field.before.entry(new).or_default().insert(old);
            }
        }
        field.known = field.claims();
        field
    }

    fn changes(&self) -> Vec<(&'f Seen<'f>, &'f Change)> {
        let stream = self.kind.stream();
        let mut all = Vec::new();
        for seen in &self.facts.systems {
            let own = seen.log.iter().filter(|c| c.reference.at.stream.as_str() == stream);
            all.extend(own.map(|change| (seen, change)));
        }
        all
    }

    /// Everything that the engine says it took into account.
    fn claims(&self) -> BTreeSet<Tag> {
        let unit = EntityPlan::unit(self.path);
        let mut known = BTreeSet::new();
        let mut note = |fields: &FieldMap| known.extend(tag_at(fields, self.path));
        for entry in &self.facts.journal {
            if let Event::Settled { unit: at, old, new, overridden, .. } = &entry.event
                && *at == unit
            {
                note(old);
                note(new);
                overridden.iter().for_each(|(_, value)| note(value));
            }
        }
        for held in self.facts.held.iter().filter(|held| held.unit == Some(unit)) {
            held.values.iter().for_each(|(_, value)| note(value));
        }
        for (_, value) in self.facts.stage.decided.iter().filter(|(at, _)| *at == unit) {
            note(value);
        }
        for binding in self.facts.bindings.iter().filter(|b| b.entity.as_str() == self.kind.entity()) {
            note(&binding.agreed);
        }
        known
    }

    fn edits(&self) -> Vec<Edit<'f>> {
        let mut edits = Vec::new();
        for seen in &self.facts.systems {
            for (place, change) in seen.log.iter().enumerate() {
                let mine = change.who == Who::User && change.reference.at.stream.as_str() == self.kind.stream();
                if !mine || change.removed {
                    continue;
                }
                let new = tag_at(&change.after, self.path);
                if let Some(n) = new.filter(|_| new != tag_at(&change.before, self.path)) {
                    edits.push(Edit { n, field: self.path, seen, reference: &change.reference, place, change });
                }
            }
        }
        edits
    }

    fn fate(&self, edit: &Edit<'f>) -> Fate {
        let role = self.entity.role(edit.seen.plan.place);
        let by_rule = match self.entity.rule(self.path) {
            FieldPlan::Off | FieldPlan::Seed(_) => true,
            FieldPlan::Master { system, foreign } => foreign == "ignore" && system != edit.seen.plan.place,
            _ => false,
        };
        let noted = self.replaced.contains(&edit.n) || self.known.contains(&edit.n);
        if !role.read || by_rule || noted || edit.seen.removed_by_user(edit.reference) {
            return Fate::Fine;
        }
        let after = edit.seen.log.iter().enumerate().skip(edit.place + 1);
        let mut after = after.filter(|(_, change)| change.reference == *edit.reference);
        match after.find(|(_, change)| tag_at(&change.after, self.path) != Some(edit.n)) {
            Some((place, change)) => self.overwritten(edit, place, change),
            None => self.unseen(edit),
        }
    }

    /// The value stands where it was put, and the engine says nothing of it.
    fn unseen(&self, edit: &Edit<'f>) -> Fate {
        let Some(owner) = self.facts.owners.get(edit.reference) else {
            return Fate::Fine; // that the record is not bound is told elsewhere
        };
        let unit = EntityPlan::unit(self.path);
        let alias = self.facts.binding(*owner).is_some_and(|b| b.aliases.contains(edit.reference) || b.ambiguous);
        let frozen = self
            .facts
            .binding(*owner)
            .and_then(|binding| binding.sides.get(&edit.reference.at))
            .is_some_and(|side| side.frozen);
        let silent = self.facts.binding(*owner).is_some_and(|b| self.facts.master_is_silent(self.entity, b, self.path));
        if alias || frozen || silent || self.facts.told(*owner, Some(unit), Some(edit.reference)) {
            return Fate::Fine;
        }
        Fate::Bad(Wrong::Stuck, format!("edit {edit} stands there, and nobody took notice of it"))
    }

    /// The engine wrote over it.
    fn overwritten(&self, edit: &Edit<'f>, place: usize, by: &Change) -> Fate {
        let line = || format!("edit {edit} was overwritten by the engine at {}", by.at.format("%d %H:%M:%S"));
        let Some(plan) = self.facts.host(&edit.reference.at) else { return Fate::Fine };
        let host = edit.seen.host(edit.reference);
        let index = self.facts.systems.iter().position(|seen| seen.plan.place == edit.seen.plan.place);
        let ranges = |run: &Ran| {
            let index = index.unwrap_or(usize::MAX);
            Some((run.logs.get(index).copied()?, run.looks.get(index).copied()?))
        };
        let runs: Vec<_> = self.facts.stage.runs.iter().filter_map(|run| Some((run, ranges(run)?))).collect();
        let by_run = runs.iter().find(|(_, ((from, to), _))| (*from..*to).contains(&place));
        let Some((run, _)) = by_run else { return Fate::Bad(Wrong::Lost, line()) };
        let saw = edit.seen.looks.iter().enumerate().any(|(at, look)| {
            // a run that died remembers nothing
            let kept = runs.iter().any(|(other, (_, (from, to)))| {
                (*from..*to).contains(&at) && (other.done || std::ptr::eq(*other, *run))
            });
            kept && look.reference == host && look.changes > edit.place && look.changes <= place
        });
        if saw && by.removed {
            return Fate::Fine; // it went with its record, which had to go
        }
        if saw || (plan.versions && !by.removed) {
            return Fate::Bad(Wrong::Lost, format!("{}, which could have known", line()));
        }
        let looks = edit.seen.looks.iter().filter(|l| l.reference == host && l.changes <= edit.place);
        let own = edit.seen.log.iter().take(edit.place).filter(|change| change.reference == *edit.reference);
        let last = looks
            .map(|look| look.at)
            .chain(own.filter(|change| change.who == Who::Engine).map(|change| change.at))
            .max();
        let mastered = matches!(self.entity.rule(self.path), FieldPlan::Master { .. });
        let must_look = plan.replaces || !mastered;
        let late = TimeDelta::seconds(i64::from(plan.late_s));
        // where the master's word stands anyway, only the journal is the poorer for it
        let reverted = matches!(self.entity.rule(self.path), FieldPlan::Master { foreign: "revert", .. });
        let unavoidable = if must_look {
            last.is_some_and(|at| by.began.signed_duration_since(at) <= FRESH)
        } else {
            reverted || edit.change.at + late >= run.began
        };
        if unavoidable { Fate::Window } else { Fate::Bad(Wrong::Lost, line()) }
    }

    /// An agreed value may only give way to one whose author knew it, or as the journaled loser of a conflict.
    fn overruled(&self, verdict: &mut Verdict) {
        let unit = EntityPlan::unit(self.path);
        for entry in &self.facts.journal {
            let Event::Settled { unit: at, old, new, from, overridden, because } = &entry.event else { continue };
            let of_kind = self.facts.binding(entry.subject).is_some_and(|b| b.entity.as_str() == self.kind.entity());
            let (Some(was), Some(is)) = (tag_at(old, self.path), tag_at(new, self.path)) else { continue };
            if *at != unit || was == is || !of_kind || *from == SystemId::person() {
                continue;
            }
            let by_master = match self.entity.rule(self.path) {
                FieldPlan::Master { system, .. } => {
                    self.facts.system(from).is_some_and(|seen| seen.plan.place == system)
                }
                _ => false,
            };
            let contended =
                overridden.iter().any(|(_, value)| tag_at(value, self.path).is_some_and(|loser| self.knew(loser, was)));
            let blank = |(_, value): &(SystemId, FieldMap)| value.get(self.path).is_some_and(Value::is_null);
            let emptied = || self.emptied.iter().any(|emptied| self.knew(*emptied, was));
            let contended = contended || (overridden.iter().any(blank) && emptied());
            if by_master || contended || self.knew(is, was) {
                continue;
            }
            let line = format!(
                "{} of {}: {was} gave way to {is} from {from}, whose author had not seen it, and no journal says so ({because})",
                self.path, entry.subject
            );
            verdict.add(Wrong::Lost, line);
        }
    }

    /// Whether whoever made one value had the other before him, or one that came from it.
    fn knew(&self, made: Tag, earlier: Tag) -> bool {
        let mut open = vec![made];
        let mut met = BTreeSet::new();
        while let Some(next) = open.pop() {
            if next == earlier {
                return true;
            }
            if met.insert(next) {
                open.extend(self.before.get(&next).into_iter().flatten());
            }
        }
        false
    }
}

impl std::fmt::Display for Edit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { n, field, reference, change, .. } = self;
        write!(f, "{n} of {field} at {reference} ({})", change.at.format("%d %H:%M:%S"))
    }
}
