//! Plays a history of documents: polls the engine by hand, and lets people, time and death come between.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use rust_decimal::Decimal;
use sync_core::{
    ExternalRef, FieldMap, Value,
    engine::{Cancel, Engine, Mode, Report, Silent},
    model::{Content, Fields, Invoice, Item, Order},
    store::StateStore,
};

use super::{
    Act, DocumentHistory, RunPlan, Step, baskets, oracle,
    plan::{ARTICLES, DRAFTS, INVOICES, ORDERS, Plan, STATUS},
};
use crate::{
    Mock, World,
    simulation::{
        Verdict, Wrong,
        act::Crash,
        stage::{nth, outcome},
    },
    world::drive,
};

/// A run that takes more turns than this does not end.
const TURNS: u32 = 20_000;
/// Time between the runs of the end: leases, rests after refusals and timetables have passed.
const REST: i64 = 8 * 86_400;
/// Runs after which all must be settled.
const SETTLE: usize = 8;

/// The world of a history while it is played.
pub(super) struct Stage<'h> {
    pub(super) plan: &'h Plan,
    pub(super) world: World,
    pub(super) verdict: Verdict,
    /// Copies that people made, and whether the engine knew the original by then.
    pub(super) copies: Vec<(ExternalRef, bool)>,
    engine: Option<Engine>,
    asked: Vec<String>,
}

enum End {
    Done(Box<Report>),
    Failed(String),
    Crashed,
}

/// Plays a history; a panic is a failure like others.
pub(super) fn guarded(history: &DocumentHistory) -> Verdict {
    std::panic::catch_unwind(|| play(history)).unwrap_or_else(|_| {
        let mut verdict = Verdict::default();
        verdict.add(Wrong::Failed, "it panicked".to_owned());
        verdict
    })
}

fn play(history: &DocumentHistory) -> Verdict {
    let plan = &history.plan;
    let world = World::new(history.seed)
        .with(plan.shop())
        .with(plan.erp())
        .policy(&plan.policy())
        .at_once(super::super::stage::at_once(history.seed));
    let (verdict, copies, asked) = (Verdict::default(), Vec::new(), Vec::new());
    let mut stage = Stage { plan, world, verdict, copies, engine: None, asked };
    if let Err(mistakes) = stage.world.engine() {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        stage.verdict.add(Wrong::Failed, format!("the policy is wrong: {}", lines.join("; ")));
        return stage.verdict;
    }
    for number in ["A", "B", "FRAKT", "AVG", "RAB", "ORES"] {
        stage.erp().put(ARTICLES, Item::new().number(number).name(number));
    }
    for step in &history.steps {
        stage.step(step);
        if stage.verdict.count(Wrong::Failed) > 0 {
            return stage.verdict;
        }
    }
    stage.settle();
    oracle::judge(stage)
}

impl Stage<'_> {
    pub(super) fn shop(&self) -> &Mock {
        self.world.system("shop")
    }
    pub(super) fn erp(&self) -> &Mock {
        self.world.system("erp")
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::User(act) => {
                self.world.pass(1);
                let _done = self.act(act);
            }
            Step::Pass(seconds) => self.world.pass(*seconds),
            Step::Run(plan) => {
                self.world.pass(1);
                self.run(plan);
            }
            Step::Down(down) => self.erp().set_down(*down),
        }
    }

    // ---- people --------------------------------------------------------------------------------------------------

    fn order(&self, pick: u64) -> Option<(Arc<str>, FieldMap)> {
        let all: Vec<_> = self.shop().all(ORDERS).into_iter().collect();
        nth(&all, pick).cloned()
    }
    /// One of the documents in the ERP.
    fn document(&self, pick: u64) -> Option<(&'static str, Arc<str>, FieldMap)> {
        let all: Vec<_> = [DRAFTS, INVOICES]
            .into_iter()
            .filter(|stream| !(self.plan.as_invoice && !self.plan.moves && *stream == INVOICES))
            .flat_map(|stream| self.erp().all(stream).into_iter().map(move |(id, fields)| (stream, id, fields)))
            .collect();
        nth(&all, pick).cloned()
    }

    fn act(&mut self, act: &Act) -> Option<()> {
        match act {
            Act::Place { n } => {
                let bought = baskets::order(*n).with(STATUS, "created");
                self.verdict.edits += 1;
                let _id = self.shop().put_fields(ORDERS, bought);
            }
            Act::EditOrder { pick, n } => {
                let (id, _) = self.order(*pick)?;
                self.shop().edit_fields(ORDERS, &id, &baskets::order(*n));
                self.verdict.edits += 1;
            }
            Act::PayShop { pick, percent } => {
                let (id, fields) = self.order(*pick)?;
                let paid = amount(&fields, Order::PAID);
                let left = amount(&fields, "content.gross".into()) - paid;
                (left > Decimal::ZERO).then_some(())?; // who has paid too much since the order shrank pays no more
                let paid = (paid + share(left, *percent)).normalize();
                self.shop().edit_fields(ORDERS, &id, &FieldMap::new().with(Order::PAID, Value::Decimal(paid)));
            }
            Act::SetBack { pick } => {
                let (id, _) = self.order(*pick)?;
                self.shop().edit_fields(ORDERS, &id, &FieldMap::new().with(STATUS, "created"));
            }
            Act::DeleteOrder { pick } => {
                let (id, _) = self.order(*pick)?;
                self.shop().delete(ORDERS, &id);
            }
            Act::AddItem => {
                let late = self.erp().all(ARTICLES).values().any(|item| item.text(Item::NUMBER) == Some(baskets::LATE));
                if !late {
                    self.erp().put(ARTICLES, Item::new().number(baskets::LATE).name(baskets::LATE));
                }
            }
            _ => return self.act_in_erp(act),
        }
        Some(())
    }

    fn act_in_erp(&mut self, act: &Act) -> Option<()> {
        match act {
            Act::Book { pick } => {
                let (stream, id, _) = self.document(*pick)?;
                let word = if self.plan.as_invoice { "book" } else { "start" };
                self.erp().step(stream, &id, word).map(drop)
            }
            Act::Copy { pick } => {
                let (stream, id, _) = self.document(*pick)?;
                let original = self.erp().at(stream).id(&id);
                let known = !drive(self.world.store().bound(&[original])).unwrap_or_default().is_empty();
                let copy = self.erp().copy(stream, &id)?;
                self.copies.push((self.erp().at(stream).id(&copy), known));
                Some(())
            }
            Act::PayErp { pick, percent } => {
                let (stream, id, fields) = self.document(*pick)?;
                let left = amount(&fields, Invoice::REMAINING);
                let paid = share(left, *percent);
                self.erp().pay(stream, &id, paid).then_some(())
            }
            Act::DeleteDraft { pick } => {
                let (stream, id, fields) = self.document(*pick)?;
                let draft = word(&fields) == Some("draft");
                (draft && self.erp().delete(stream, &id)).then_some(())
            }
            Act::EditDraft { pick, n } => {
                let (stream, id, fields) = self.document(*pick)?;
                let with_vat = fields.get("content.prices_include_vat".into()) == Some(&Value::Bool(true));
                let rows = Content::new().lines(baskets::content(*n, with_vat).lines);
                let mut edit = FieldMap::new();
                rows.put("content".into(), &mut edit);
                let draft = word(&fields) == Some("draft");
                self.verdict.edits += 1;
                (draft && self.erp().edit_fields(stream, &id, &edit)).then_some(())
            }
            Act::Credit { pick } => {
                let (stream, id, fields) = self.document(*pick)?;
                let booked = word(&fields) == Some("booked");
                if booked { self.erp().credit(stream, &id).map(drop) } else { None }
            }
            Act::Invoice { pick, part } => {
                let all: Vec<Arc<str>> = self.erp().all(DRAFTS).into_keys().collect();
                let id = nth(&all, *pick)?;
                self.erp().invoice(DRAFTS, id, INVOICES, part.then_some(&[0])).map(drop)
            }
            _ => None,
        }
    }

    // ---- runs ----------------------------------------------------------------------------------------------------

    /// People and troubles stop; time passes; clean runs.
    fn settle(&mut self) {
        self.shop().calm();
        self.erp().calm();
        let mut adopt = false;
        for _ in 0..SETTLE {
            self.world.pass(REST);
            self.approve();
            let report = self.clean(adopt);
            adopt = report.is_some_and(|report| !report.adopt_first.is_empty());
        }
        let before = self.writes();
        self.world.pass(60);
        self.clean(false);
        self.world.pass(60);
        let last = self.clean(false);
        let after = self.writes();
        if before != after {
            self.verdict.add(Wrong::Echo, format!("writes after everything was settled: {before:?}, then {after:?}"));
        }
        if let Some(unclear) = last.map(|report| report.unclear).filter(|unclear| *unclear > 0)
            && drive(self.world.store().held(None)).unwrap_or_default().is_empty()
        {
            self.verdict.add(Wrong::Stuck, format!("{unclear} writes are unclear for good, and nobody is told"));
        }
    }

    fn writes(&self) -> Vec<u64> {
        let of = |mock: &Mock| {
            mock.calls().iter().filter(|(call, _)| call.starts_with("write ")).map(|(_, times)| *times).sum()
        };
        vec![of(self.shop()), of(self.erp())]
    }

    fn approve(&mut self) {
        for id in std::mem::take(&mut self.asked) {
            if let Some(engine) = self.engine() {
                let _ = drive(engine.approve(&id, "anna"));
            }
        }
    }

    fn clean(&mut self, adopt: bool) -> Option<Report> {
        let report = self.run(&RunPlan { adopt, chance: 1, during: Vec::new(), crash: None })?;
        let stopped = report.stopped.iter().map(|(at, error)| format!("{at} stopped in a clean run: {error}"));
        let systems = report.stopped_systems.iter().map(|(at, error)| format!("{at} stopped in a clean run: {error}"));
        for line in stopped.chain(systems) {
            self.verdict.add(Wrong::Failed, line);
        }
        Some(report)
    }

    fn engine(&mut self) -> Option<&Engine> {
        if self.engine.is_none() {
            self.engine = self.world.engine().ok();
        }
        self.engine.as_ref()
    }

    fn run(&mut self, plan: &RunPlan) -> Option<Report> {
        self.world.dice().reseed(plan.chance);
        self.engine()?;
        let end = self.poll(plan);
        self.world.store().undisturbed();
        match end {
            End::Done(report) => {
                self.asked.extend(report.tripped.keys().cloned());
                self.asked.extend(report.adopted.iter().cloned());
                Some(*report)
            }
            End::Crashed => {
                self.verdict.crashes += 1;
                self.engine = None;
                None
            }
            End::Failed(line) => {
                if !matches!(plan.crash, Some(Crash::Fails { .. })) {
                    self.verdict.add(Wrong::Failed, format!("a run ended by itself: {line}"));
                }
                None
            }
        }
    }

    fn poll(&mut self, plan: &RunPlan) -> End {
        let dead = Arc::new(AtomicBool::new(false));
        if let Some(crash) = plan.crash {
            let dead = dead.clone();
            self.world.store().on_step(move |step| outcome(crash, step, &dead));
        }
        let Some(engine) = self.engine.take() else { return End::Crashed };
        let mode = if plan.adopt { Mode::Adopt } else { Mode::Sync };
        let cancel = Cancel::new();
        let mut future: Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(engine.run(mode, &Silent, &cancel));
        let mut cx = Context::from_waker(Waker::noop());
        let mut turn = 0;
        let end = loop {
            match future.as_mut().poll(&mut cx) {
                Poll::Ready(Ok(report)) => break End::Done(Box::new(report)),
                Poll::Ready(Err(error)) => break End::Failed(format!("{error} {:?}", error.detail())),
                Poll::Pending => {}
            }
            turn += 1;
            if dead.load(Ordering::Relaxed) || plan.crash == Some(Crash::Turn(turn)) {
                break End::Crashed;
            }
            if turn > TURNS {
                break End::Failed("it does not end".to_owned());
            }
            for (_, act) in plan.during.iter().filter(|(at, _)| *at == turn) {
                self.world.pass(1);
                let _done = self.act(act);
                self.world.pass(1);
            }
        };
        drop(future);
        self.engine = Some(engine);
        end
    }
}

/// An amount among fields; 0 where there is none.
pub(super) fn amount(fields: &FieldMap, path: sync_core::FieldPath) -> Decimal {
    fields.get(path).and_then(Value::as_decimal).unwrap_or_default()
}

/// The word of a document's axis.
pub(super) fn word(fields: &FieldMap) -> Option<&str> {
    fields.text(Invoice::STAGE).or_else(|| fields.text(Order::FULFILMENT))
}

fn share(of: Decimal, percent: u32) -> Decimal {
    (of * Decimal::from(percent) / Decimal::ONE_HUNDRED).round_dp(2)
}
