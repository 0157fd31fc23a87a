//! A history from a seed.

use std::collections::BTreeMap;

use super::{
    Breadth, History,
    act::{Crash, During, RunPlan, Step, UserAct},
    rules::{EntityPlan, FieldPlan, Kind, RolePlan},
    stage,
    system::{StreamPlan, SystemPlan},
    values,
};
use crate::time::Dice;

struct Chance {
    dice: Dice,
    breadth: Breadth,
    next: u64,
}

pub(super) fn history(seed: u64, breadth: Breadth) -> History {
    let mut chance = Chance { dice: Dice::new(seed), breadth, next: 100 };
    let count = if breadth >= Breadth::Rules { 2 + chance.roll(3) } else { 2 };
    let persons = breadth >= Breadth::Records && chance.one_in(2);
    let facet = persons && breadth >= Breadth::Everything && chance.one_in(2);
    let mut systems: Vec<SystemPlan> = (0..count).map(|place| chance.system(place, persons)).collect();
    if facet {
        systems.iter_mut().for_each(carry_contacts);
    }
    let mut entities = vec![chance.entity(Kind::Company, &systems)];
    if systems.iter().filter(|system| system.has(Kind::Person)).count() > 1 {
        entities.push(chance.entity(Kind::Person, &systems));
    }
    if facet {
        entities.iter_mut().for_each(match_contacts);
    }
    let steps = chance.steps(&systems);
    let mut history = History { seed, systems, entities, steps };
    repair(&mut history);
    history
}

/// Companies carry their contacts: the host says how they are listed and written.
fn carry_contacts(system: &mut SystemPlan) {
    system.facet = true;
    let own = system.streams.remove(&Kind::Person).unwrap_or_default();
    let contact = StreamPlan { cut: own.cut, upper: own.upper, ..StreamPlan::default() };
    system.streams.insert(Kind::Person, contact);
    if let Some(host) = system.streams.get_mut(&Kind::Company) {
        host.batch = (host.batch.0.max(1), host.batch.1.max(2));
    }
}

/// A contact is never made by itself, so people make both records and the rules recognise them.
fn match_contacts(entity: &mut EntityPlan) {
    entity.on_remove = "hold";
    entity.roles.iter_mut().for_each(|(_, role)| role.remove = false);
    match entity.kind {
        Kind::Company => entity.matches = vec![(vec!["registration_number"], false)],
        Kind::Person => {
            entity.matches = vec![(vec!["email"], false)];
            entity.roles.iter_mut().for_each(|(_, role)| role.create = false);
        }
    }
}

/// Chance may name a rule that the systems cannot follow: it is taken out, one after the other.
fn repair(history: &mut History) {
    for _ in 0..20 {
        let Some(place) = stage::mistakes(history).into_iter().next() else { return };
        for entity in &mut history.entities {
            let own = place.strip_prefix(&format!("entities.{}.", entity.kind.entity())).unwrap_or_default();
            let before = entity.fields.len();
            entity.fields.retain(|(field, _)| !own.starts_with(&format!("fields.{field}")));
            if own.starts_with("scope") {
                entity.scope = None;
            } else if own.starts_with("on_remove") {
                entity.on_remove = "hold";
            } else if own.starts_with("fields") && entity.fields.len() == before {
                entity.fields.clear();
            }
        }
    }
}

impl Chance {
    fn roll(&self, sides: usize) -> usize {
        self.dice.roll(sides)
    }
    fn one_in(&self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
    fn number(&self, below: u64) -> u64 {
        u64::try_from(self.roll(usize::try_from(below).unwrap_or(usize::MAX))).unwrap_or_default()
    }
    fn of<T: Clone + Default>(&self, from: &[T]) -> T {
        self.dice.pick(from).cloned().unwrap_or_default()
    }
    fn tag(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    // ---- systems -------------------------------------------------------------------------------------------------

    fn system(&self, place: usize, persons: bool) -> SystemPlan {
        let trouble = self.breadth >= Breadth::Trouble;
        let skew_s = if trouble && self.one_in(5) { self.of(&[-3_700_i64, -40, 3, 90, 4_000]) } else { 0 };
        let mut streams = BTreeMap::from([(Kind::Company, self.stream())]);
        if persons && !self.one_in(5) {
            streams.insert(Kind::Person, self.stream());
        }
        SystemPlan { place, skew_s, facet: false, streams }
    }

    fn stream(&self) -> StreamPlan {
        let mut plan = StreamPlan {
            cut: self.one_in(3).then(|| self.of(&[6_u32, 10, 12])),
            rounds: self.one_in(3).then(|| self.of(&[0_u32, 1, 2])),
            upper: self.one_in(6),
            since_ms: self.one_in(2).then(|| self.of(&[1_u32, 1_000, 86_400_000])),
            page: self.of(&[0_u32, 0, 1, 2, 3]),
            replaces: self.one_in(4),
            versions: self.one_in(4),
            ..StreamPlan::default()
        };
        if self.breadth >= Breadth::Trouble {
            self.trouble(&mut plan);
        }
        if self.breadth >= Breadth::Rules {
            plan.recodes = !plan.silent && self.one_in(6);
            plan.partial = self.one_in(6);
            plan.read_only = self.one_in(8);
            plan.refuses = self.one_in(8).then(|| 101 + self.number(20));
        }
        plan
    }

    fn trouble(&self, plan: &mut StreamPlan) {
        let often = |chance: &Self, sides: usize| if chance.one_in(sides) { chance.of(&[30_u32, 150, 400]) } else { 0 };
        plan.late_s = if self.one_in(4) { self.of(&[2_u32, 30, 400]) } else { 0 };
        plan.tombstones = self.one_in(4);
        plan.idempotent = self.one_in(4);
        plan.marks = self.one_in(4);
        plan.finds = self.one_in(4);
        plan.incomplete = self.one_in(10);
        plan.silent = self.one_in(3);
        plan.batch = (self.of(&[1_u32, 1, 2, 10]), self.of(&[1_u32, 1, 2, 4]));
        plan.slow = self.of(&[0_usize, 0, 1, 4]);
        plan.loses = often(self, 3);
        plan.doubles = often(self, 5);
        plan.unavailable = often(self, 4);
        plan.limited = often(self, 5);
        plan.short = often(self, 4);
        plan.empty = often(self, 5);
        plan.shuffles = often(self, 4);
        if !plan.is_fair() {
            (plan.short, plan.empty) = (0, 0);
        }
    }

    // ---- rules ---------------------------------------------------------------------------------------------------

    fn entity(&self, kind: Kind, systems: &[SystemPlan]) -> EntityPlan {
        let members: Vec<usize> = systems.iter().filter(|s| s.has(kind)).map(|s| s.place).collect();
        let master = self.of(&members);
        let wide = self.breadth >= Breadth::Rules;
        let mut roles: Vec<(usize, RolePlan)> = members
            .iter()
            .map(|place| {
                let role = match (*place == master, wide) {
                    (true, true) => self.master_role(),
                    (true, false) => RolePlan { read: true, ..RolePlan::default() },
                    (false, true) => self.role(),
                    (false, false) => RolePlan { read: true, create: true, update: true, remove: false },
                };
                (*place, role)
            })
            .collect();
        let records = self.breadth >= Breadth::Records;
        let mut on_remove = if records { self.of(&["hold", "ignore", "propagate", "archive"]) } else { "hold" };
        if !matches!(on_remove, "propagate" | "archive") || !roles.iter().any(|(at, r)| *at != master && r.remove) {
            on_remove = if on_remove == "ignore" { "ignore" } else { "hold" };
            roles.iter_mut().for_each(|(_, role)| role.remove = false);
        }
        EntityPlan {
            kind,
            master,
            fields: if wide { self.field_rules(kind, &roles, systems) } else { Vec::new() },
            matches: if records { self.matches(kind) } else { Vec::new() },
            on_remove,
            recreate: records && self.one_in(2),
            blank: wide && self.one_in(4),
            every_s: if wide && self.one_in(5) { 120 } else { 0 },
            complete_every_s: self.of(&[60_u64, 3_600, 86_400, 604_800]),
            scope: self.scope(kind, master, &members),
            max_create: if wide && self.one_in(5) { 2 } else { 1000 },
            min_listed_percent: self.of(&[50_u64, 50, 90]),
            roles,
        }
    }
    fn scope(&self, kind: Kind, master: usize, members: &[usize]) -> Option<(usize, &'static str)> {
        let wanted = self.breadth >= Breadth::Records && kind == Kind::Company && self.one_in(4);
        let others: Vec<usize> = members.iter().copied().filter(|at| *at != master).collect();
        let at = self.dice.pick(&others).copied().filter(|_| wanted)?;
        Some((at, self.of(&["gold", "silver", "bronze"])))
    }
    fn master_role(&self) -> RolePlan {
        RolePlan { read: true, create: self.one_in(3), update: !self.one_in(3), remove: false }
    }
    fn role(&self) -> RolePlan {
        RolePlan { read: !self.one_in(6), create: !self.one_in(4), update: !self.one_in(6), remove: self.one_in(2) }
    }

    fn field_rules(
        &self,
        kind: Kind,
        roles: &[(usize, RolePlan)],
        systems: &[SystemPlan],
    ) -> Vec<(&'static str, FieldPlan)> {
        let readers: Vec<usize> = roles.iter().filter(|(_, role)| role.read).map(|(at, _)| *at).collect();
        let units: &[&'static str] = match kind {
            Kind::Company => &["name", "email", "website", "discount_percent", "category", "billing"],
            Kind::Person => &["name", "email", "title"],
        };
        let mut rules = Vec::new();
        for unit in units {
            let plan = match self.roll(8) {
                0 => FieldPlan::Master {
                    system: self.of(&readers),
                    foreign: self.of(&["revert", "revert", "ignore", "hold"]),
                },
                1 | 2 => {
                    let mut order = readers.clone();
                    self.dice.shuffle(&mut order);
                    FieldPlan::Prefer(order)
                }
                3 => FieldPlan::Newest(self.of(&readers)),
                4 => FieldPlan::Hold,
                5 if self.one_in(2) => FieldPlan::Seed(self.of(&readers)),
                6 if self.one_in(4) => FieldPlan::Off,
                _ => continue,
            };
            rules.push((*unit, plan));
        }
        let _ = systems;
        rules
    }

    fn matches(&self, kind: Kind) -> Vec<(Vec<&'static str>, bool)> {
        let mut rules = Vec::new();
        if kind == Kind::Company && !self.one_in(3) {
            rules.push((vec!["registration_number"], self.one_in(4)));
        }
        if !self.one_in(2) {
            rules.push((vec!["email"], self.one_in(3)));
        }
        rules
    }

    // ---- steps ---------------------------------------------------------------------------------------------------

    fn steps(&mut self, systems: &[SystemPlan]) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..1 + self.roll(3) {
            steps.push(Step::User(self.create(systems)));
        }
        if systems.iter().any(|system| system.facet) {
            let n = self.tag();
            let (from, to) = (self.roll(systems.len()), self.roll(systems.len()));
            steps.push(Step::User(UserAct::Create { system: from, kind: Kind::Company, n }));
            let pick = self.number(100);
            let same = self.one_in(2);
            steps.push(Step::User(UserAct::Twin { from, to, kind: Kind::Company, pick, same, n: self.tag() }));
        }
        steps.push(Step::Pass(self.seconds()));
        steps.push(Step::Run(self.run(systems, true)));
        let count = 6 + self.roll(18);
        for _ in 0..count {
            if systems.iter().any(|system| system.facet) && self.one_in(3) {
                // both facets of a record change at once
                let (system, pick) = (self.roll(systems.len()), self.number(100));
                for kind in [Kind::Company, Kind::Person] {
                    let field = self.roll(3);
                    steps.push(Step::User(UserAct::Edit { system, kind, pick, field, n: self.tag() }));
                }
            }
            let step = self.step(systems);
            let runs = matches!(step, Step::Run(_));
            steps.push(step);
            if runs {
                steps.push(Step::Pass(self.seconds()));
            }
        }
        steps
    }

    fn step(&mut self, systems: &[SystemPlan]) -> Step {
        let trouble = self.breadth >= Breadth::Trouble;
        let rules = self.breadth >= Breadth::Rules;
        match self.roll(20) {
            0..=7 => Step::User(self.act(systems)),
            8 | 9 => Step::Pass(self.seconds()),
            10 if trouble => {
                let (system, kind) = self.place(systems);
                Step::Hints { system, kind, pick: self.number(100), times: self.of(&[1_u32, 3, 50]) }
            }
            11 if trouble => Step::Down { system: self.roll(systems.len()), down: self.one_in(2) },
            12 if trouble && self.one_in(3) => {
                Step::Clock { system: self.roll(systems.len()), seconds: self.of(&[-3_600_i64, 3_600, -86_400, 30]) }
            }
            13 | 14 if rules => Step::Decide { pick: self.number(100), choice: self.number(100) },
            15 if rules => Step::Approve,
            _ => Step::Run(self.run(systems, false)),
        }
    }

    fn seconds(&self) -> i64 {
        match self.roll(10) {
            0 => 0,
            1..=4 => 1 + self.of(&[1_i64, 20, 45]),
            5..=7 => 60 * self.of(&[1_i64, 6, 15]),
            8 => 3_600 * self.of(&[1_i64, 7]),
            _ => 86_400 * self.of(&[1_i64, 8]),
        }
    }

    fn run(&mut self, systems: &[SystemPlan], adopt: bool) -> RunPlan {
        let mut run = RunPlan { adopt, chance: self.number(1 << 40), during: Vec::new(), crash: None };
        if self.breadth < Breadth::Trouble {
            return run;
        }
        if self.one_in(2) {
            for _ in 0..1 + self.roll(3) {
                let turn = u32::try_from(1 + self.roll(25)).unwrap_or(1);
                let during = if self.one_in(4) {
                    During::Pass(self.of(&[1_i64, 5, 20, 40, 700]))
                } else {
                    During::User(self.act(systems))
                };
                run.during.push((turn, during));
            }
        }
        if self.one_in(4) {
            let call = self.number(30);
            run.crash = Some(match self.roll(5) {
                0 | 1 => Crash::Turn(u32::try_from(1 + self.roll(25)).unwrap_or(1)),
                2 | 3 => Crash::Store { call, after: self.one_in(2) },
                _ => Crash::Fails { call, after: self.one_in(2) },
            });
        }
        run
    }

    fn place(&self, systems: &[SystemPlan]) -> (usize, Kind) {
        let system = self.roll(systems.len());
        let persons = systems.iter().any(|plan| plan.place == system && plan.has(Kind::Person));
        (system, if persons && self.one_in(2) { Kind::Person } else { Kind::Company })
    }

    fn create(&mut self, systems: &[SystemPlan]) -> UserAct {
        let (system, kind) = self.place(systems);
        UserAct::Create { system, kind, n: self.tag() }
    }

    fn act(&mut self, systems: &[SystemPlan]) -> UserAct {
        let (system, kind) = self.place(systems);
        let pick = self.number(100);
        let field = self.roll(values::fields(kind).len());
        let records = self.breadth >= Breadth::Records;
        match self.roll(24) {
            0..=3 => self.create(systems),
            4 => UserAct::Blank { system, kind, pick, field },
            5 | 6 if records => UserAct::Delete { system, kind, pick },
            7 if records => UserAct::Copy { system, kind, pick },
            8 | 9 if records && kind == Kind::Person => UserAct::Relink { system, pick, to: self.number(100) },
            10 | 11 if records => {
                let to = self.roll(systems.len());
                UserAct::Twin { from: system, to, kind, pick, same: self.one_in(2), n: self.tag() }
            }
            12 if records && self.one_in(3) => UserAct::Lock { system, kind, pick, lock: self.one_in(2) },
            _ => UserAct::Edit { system, kind, pick, field, n: self.tag() },
        }
    }
}
