//! A history of documents from a seed.

use super::{Act, DocumentHistory, RunPlan, Step, plan::Plan};
use crate::{simulation::act::Crash, time::Dice};

struct Chance {
    dice: Dice,
    next: u64,
}

pub(super) fn history(seed: u64) -> DocumentHistory {
    let mut chance = Chance { dice: Dice::new(seed ^ 0x0d0c_0000_0000), next: seed.wrapping_mul(1_000) };
    let plan = chance.plan();
    let steps = chance.steps(&plan);
    DocumentHistory { seed, plan, steps }
}

impl Chance {
    fn roll(&self, sides: usize) -> usize {
        self.dice.roll(sides)
    }
    fn one_in(&self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
    fn of<T: Clone + Default>(&self, from: &[T]) -> T {
        self.dice.pick(from).cloned().unwrap_or_default()
    }
    fn number(&self, below: usize) -> u64 {
        u64::try_from(self.roll(below)).unwrap_or_default()
    }
    fn often(&self, sides: usize) -> u32 {
        if self.one_in(sides) { self.of(&[30_u32, 150, 400]) } else { 0 }
    }
    fn tag(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn plan(&self) -> Plan {
        let as_invoice = !self.one_in(3);
        let late_s = if self.one_in(2) { self.of(&[2_u32, 60, 400]) } else { 0 };
        Plan {
            as_invoice,
            moves: !self.one_in(3),
            prices: self.roll(5),
            per_row: self.one_in(2),
            untold: self.one_in(3),
            whole_units: self.one_in(4),
            price_scale: self.of(&[2_u32, 2, 4]),
            takes: (!self.one_in(4), self.one_in(3)),
            names_items: !self.one_in(3),
            searched: !self.one_in(3),
            idempotent: self.one_in(6),
            checks: self.one_in(3),
            pays: !self.one_in(4),
            sum: self.one_in(2),
            drafts_only: self.one_in(6),
            rounding: !self.one_in(6),
            foreign: self.of(&["revert", "revert", "hold", "ignore"]),
            late_s,
            gap_s: if self.one_in(2) { self.of(&[1_u32, 30, 300]).min(late_s) } else { 0 },
            since_ms: self.one_in(2).then(|| self.of(&[1_u32, 1_000, 86_400_000])),
            silent: self.one_in(3),
            slow: self.of(&[0_usize, 0, 1, 4]),
            loses: self.often(2),
            doubles: self.often(5),
            unavailable: self.often(4),
            limited: self.often(5),
            short: self.often(5),
            shop_loses: self.often(4),
            shop_unavailable: self.often(5),
        }
    }

    fn steps(&mut self, plan: &Plan) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..1 + self.roll(2) {
            steps.push(Step::User(Act::Place { n: self.tag() }));
        }
        let mut adopt = RunPlan { adopt: true, chance: self.number(1 << 30), during: Vec::new(), crash: None };
        if self.one_in(4) {
            adopt.crash = Some(self.crash());
        }
        steps.push(Step::Run(adopt));
        for _ in 0..4 + self.roll(12) {
            let step = match self.roll(10) {
                0..=3 => Step::User(self.act(plan)),
                4 => Step::Pass(self.of(&[1_i64, 30, 90, 500, 7_200])),
                5 if self.one_in(4) => Step::Down(self.one_in(2)),
                _ => Step::Run(self.run(plan)),
            };
            steps.push(step);
        }
        steps
    }

    fn run(&mut self, plan: &Plan) -> RunPlan {
        let mut run = RunPlan { adopt: false, chance: self.number(1 << 30), during: Vec::new(), crash: None };
        for _ in 0..if self.one_in(2) { self.roll(3) } else { 0 } {
            run.during.push((u32::try_from(1 + self.roll(40)).unwrap_or(1), self.act(plan)));
        }
        if self.one_in(3) {
            run.crash = Some(self.crash());
        }
        run
    }

    fn crash(&self) -> Crash {
        let after = self.one_in(2);
        let call = self.number(30);
        match self.roll(4) {
            0 => Crash::Store { call, after },
            1 => Crash::Fails { call, after },
            _ => Crash::Turn(u32::try_from(1 + self.roll(60)).unwrap_or(1)),
        }
    }

    fn act(&mut self, plan: &Plan) -> Act {
        let pick = self.number(8);
        let percent = self.of(&[40_u32, 100, 100]);
        match self.roll(20) {
            0..=3 => Act::Place { n: self.tag() },
            4 | 5 => Act::EditOrder { pick, n: self.tag() },
            6 | 7 => Act::PayShop { pick, percent },
            8 => Act::SetBack { pick },
            9 if self.one_in(3) => Act::DeleteOrder { pick },
            10 | 11 => Act::Book { pick },
            12 => Act::Copy { pick },
            13 | 14 => Act::PayErp { pick, percent },
            15 if self.one_in(2) => Act::DeleteDraft { pick },
            16 => Act::EditDraft { pick, n: self.tag() },
            17 if self.one_in(2) => Act::Credit { pick },
            18 if !plan.as_invoice => Act::Invoice { pick, part: self.one_in(2) },
            19 => Act::AddItem,
            _ if !plan.as_invoice => Act::Invoice { pick, part: self.one_in(3) },
            _ => Act::Place { n: self.tag() },
        }
    }
}
