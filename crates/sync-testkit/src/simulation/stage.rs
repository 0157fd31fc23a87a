//! Plays a history: polls the engine by hand, and lets users, time and death come between.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use chrono::{DateTime, Utc};
use sync_core::{
    Clock, FieldMap, FieldPath, Link, StreamKey, Value,
    engine::{Cancel, Engine, Mode, Report, Silent},
    store::{Inbox, StateStore},
};

use super::{
    History, Verdict, Wrong,
    act::{Crash, During, RunPlan, Step, UserAct},
    oracle,
    rules::{Kind, policy},
    system::{SystemPlan, name},
    values,
};
use crate::{
    Mock, World,
    memory::{Outcome, Step as StoreStep},
    world::drive,
};

/// A run that takes more turns than this does not end.
const TURNS: u32 = 20_000;
/// Time between the runs of the end: leases, rests after refusals and timetables have passed.
const REST: i64 = 8 * 86_400;
/// Runs after which all must be settled.
const SETTLE: usize = 6;

/// A run as it went.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    pub(super) began: DateTime<Utc>,
    /// Length of each system's log before and after, in order of the systems.
    pub(super) logs: Vec<(usize, usize)>,
    /// The same of what the engine was shown.
    pub(super) looks: Vec<(usize, usize)>,
    /// It came to its end, so that it remembers what it was shown.
    pub(super) done: bool,
    /// A person had approved something that this run could use.
    pub(super) approved: bool,
}

/// The world of a history while it is played.
pub(super) struct Stage<'h> {
    pub(super) history: &'h History,
    pub(super) world: World,
    pub(super) runs: Vec<Ran>,
    pub(super) verdict: Verdict,
    /// Values that people saw when they decided: those that lost are no loss.
    pub(super) decided: Vec<(FieldPath, FieldMap)>,
    engine: Option<Engine>,
    asked: Vec<String>,
}

/// How a run ended.
enum End {
    Done(Box<Report>),
    Failed(String),
    Crashed,
}

/// Plays a history; a panic is a failure like others.
pub(super) fn guarded(history: &History) -> Verdict {
    std::panic::catch_unwind(|| play(history)).unwrap_or_else(|_| {
        let mut verdict = Verdict::default();
        verdict.add(Wrong::Failed, "it panicked".to_owned());
        verdict
    })
}

/// How much is decided at once: every record by itself, a few, or all.
pub(super) fn at_once(seed: u64) -> usize {
    match seed % 4 {
        0 => 1,
        1 => 3,
        2 => 9,
        _ => usize::MAX,
    }
}

fn world(history: &History) -> World {
    let mut world = World::new(history.seed).policy(&policy(&history.entities)).at_once(at_once(history.seed));
    for system in &history.systems {
        world = world.with(system.mock());
    }
    world
}

/// What is wrong with the policy: the places.
pub(super) fn mistakes(history: &History) -> Vec<String> {
    world(history).engine().err().unwrap_or_default().into_iter().map(|mistake| mistake.place).collect()
}

fn play(history: &History) -> Verdict {
    let world = world(history);
    let mut stage = Stage {
        history,
        world,
        runs: Vec::new(),
        verdict: Verdict::default(),
        decided: Vec::new(),
        engine: None,
        asked: Vec::new(),
    };
    if let Err(mistakes) = stage.world.engine() {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        stage.verdict.add(Wrong::Failed, format!("the policy is wrong: {}", lines.join("; ")));
        return stage.verdict;
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
    pub(super) fn mock(&self, place: usize) -> Option<&Mock> {
        let there = self.history.systems.iter().any(|plan| plan.place == place);
        there.then(|| self.world.system(&name(place)))
    }
    pub(super) fn mocks(&self) -> impl Iterator<Item = &Mock> {
        self.history.systems.iter().map(|plan| self.world.system(&plan.name()))
    }
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.world.clock().now()
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::User(act) => self.user(act),
            Step::Pass(seconds) => self.world.pass(*seconds),
            Step::Run(plan) => {
                self.world.pass(1);
                self.run(plan);
            }
            Step::Hints { system, kind, pick, times } => {
                let Some((mock, id)) = self.pick(*system, *kind, *pick) else { return };
                let line = format!("{}\n", mock.at(kind.stream()).id(&id));
                let body = line.repeat(usize::try_from(*times).unwrap_or(1));
                let system = mock.system().clone();
                if let Some(engine) = self.engine() {
                    let _ = drive(engine.hint(&system, &[], body.as_bytes()));
                }
            }
            Step::Down { system, down } => {
                if let Some(mock) = self.mock(*system) {
                    mock.set_down(*down);
                }
            }
            Step::Clock { system, seconds } => {
                if let Some(mock) = self.mock(*system) {
                    mock.put_clock(*seconds);
                }
            }
            Step::Decide { pick, choice } => self.decide(*pick, *choice),
            Step::Approve => self.approve(),
        }
    }

    fn engine(&mut self) -> Option<&Engine> {
        if self.engine.is_none() {
            self.engine = self.world.engine().ok();
        }
        self.engine.as_ref()
    }

    fn approve(&mut self) {
        for id in std::mem::take(&mut self.asked) {
            if let Some(engine) = self.engine() {
                let _ = drive(engine.approve(&id, "anna"));
            }
        }
    }

    /// A person looks at what is held and chooses one of the values.
    fn decide(&mut self, pick: u64, choice: u64) {
        let held = drive(self.world.store().held(None)).unwrap_or_default();
        let held: Vec<_> = held.into_iter().filter(|one| one.unit.is_some() && !one.values.is_empty()).collect();
        let Some(one) = nth(&held, pick) else { return };
        let (Some(unit), Some((_, value))) = (one.unit, nth(&one.values, choice)) else { return };
        let what = Inbox::Take { subject: one.subject, unit, value: value.clone() };
        let seen: Vec<_> = one.values.iter().map(|(_, value)| (unit, value.clone())).collect();
        self.decided.extend(seen);
        if let Some(engine) = self.engine() {
            let _ = drive(engine.post("anna", what));
        }
    }

    /// Edits and troubles stop; time passes; clean runs.
    fn settle(&mut self) {
        self.mocks().for_each(Mock::calm);
        let mut adopt = false;
        for _ in 0..SETTLE {
            self.world.pass(REST);
            self.approve();
            let report = self.clean(adopt);
            adopt = report.is_some_and(|report| !report.adopt_first.is_empty());
        }
        let before: Vec<u64> = self.mocks().map(writes).collect();
        self.world.pass(60);
        self.clean(false);
        let between: Vec<u64> = self.mocks().map(writes).collect();
        self.world.pass(60);
        self.clean(false);
        let after: Vec<u64> = self.mocks().map(writes).collect();
        if before != after {
            let line = format!("writes after everything was settled: {before:?}, then {between:?}, then {after:?}");
            self.verdict.add(Wrong::Echo, line);
        }
    }

    fn clean(&mut self, adopt: bool) -> Option<Report> {
        let plan = RunPlan { adopt, chance: 1, during: Vec::new(), crash: None };
        let report = self.run(&plan)?;
        for (stream, error) in &report.stopped {
            self.verdict.add(Wrong::Failed, format!("{stream} stopped in a clean run: {error}"));
        }
        for (system, error) in &report.stopped_systems {
            self.verdict.add(Wrong::Failed, format!("{system} stopped in a clean run: {error}"));
        }
        Some(report)
    }

    fn run(&mut self, plan: &RunPlan) -> Option<Report> {
        self.world.dice().reseed(plan.chance);
        let began = self.now();
        let lengths = |mock: &Mock| (mock.log().len(), mock.looks().len());
        let before: Vec<(usize, usize)> = self.mocks().map(lengths).collect();
        let inbox = drive(self.world.store().inbox()).unwrap_or_default();
        let approved = inbox.iter().any(|(_, entry)| matches!(entry.what, Inbox::Approve(_)));
        self.engine()?;
        let end = self.poll(plan);
        self.world.store().undisturbed();
        let after: Vec<(usize, usize)> = self.mocks().map(lengths).collect();
        let logs = before.iter().zip(&after).map(|(from, to)| (from.0, to.0)).collect();
        let looks = before.iter().zip(&after).map(|(from, to)| (from.1, to.1)).collect();
        self.runs.push(Ran { began, logs, looks, done: matches!(end, End::Done(_)), approved });
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
            for (_, during) in plan.during.iter().filter(|(at, _)| *at == turn) {
                match during {
                    During::User(act) => self.user(act),
                    During::Pass(seconds) => self.world.pass(*seconds),
                }
            }
        };
        drop(future);
        self.engine = Some(engine);
        end
    }

    // ---- users ---------------------------------------------------------------------------------------------------

    fn pick(&self, system: usize, kind: Kind, pick: u64) -> Option<(&Mock, Arc<str>)> {
        let mock = self.mock(system)?;
        let host = self.plan(system)?.host(kind);
        let ids: Vec<Arc<str>> = mock.all(host.stream()).into_keys().collect();
        nth(&ids, pick).map(|id| (mock, id.clone()))
    }

    fn user(&self, act: &UserAct) {
        let _done = self.try_user(act);
    }

    fn plan(&self, system: usize) -> Option<&SystemPlan> {
        self.history.systems.iter().find(|plan| plan.place == system)
    }

    fn try_user(&self, act: &UserAct) -> Option<()> {
        let facet = act.systems().into_iter().any(|system| self.plan(system).is_some_and(|plan| plan.facet));
        let edits = matches!(act, UserAct::Edit { .. } | UserAct::Blank { .. });
        if facet && !edits && (act.kind() == Kind::Person || matches!(act, UserAct::Copy { .. })) {
            return None; // a contact comes and goes with its company
        }
        match act {
            UserAct::Create { system, kind, n } => self.create(*system, *kind, values::record(*kind, *n), *n),
            UserAct::Edit { system, kind, pick, field, n } => {
                let (mock, id) = self.pick(*system, *kind, *pick)?;
                let field = values::fields(*kind).get(*field)?;
                mock.edit_fields(kind.stream(), &id, &FieldMap::new().with(*field, values::value(*field, *n)));
                Some(())
            }
            UserAct::Blank { system, kind, pick, field } => {
                let (mock, id) = self.pick(*system, *kind, *pick)?;
                let field = values::fields(*kind).get(*field)?;
                mock.edit_fields(kind.stream(), &id, &FieldMap::new().with(*field, Value::Null));
                Some(())
            }
            UserAct::Relink { system, pick, to } => {
                let (mock, id) = self.pick(*system, Kind::Person, *pick)?;
                let link = self.company(*system, *to)?;
                mock.edit_fields(Kind::Person.stream(), &id, &FieldMap::new().with("organisation", link));
                Some(())
            }
            UserAct::Delete { system, kind, pick } => {
                let (mock, id) = self.pick(*system, *kind, *pick)?;
                mock.delete(kind.stream(), &id).then_some(())
            }
            UserAct::Copy { system, kind, pick } => {
                let (mock, id) = self.pick(*system, *kind, *pick)?;
                mock.copy(kind.stream(), &id).map(|_| ())
            }
            UserAct::Twin { from, to, kind, pick, same, n } => {
                let (mock, id) = self.pick(*from, *kind, *pick)?;
                let known = mock.fields(kind.stream(), &id)?;
                let mut fields = if *same { known.clone() } else { values::record(*kind, *n) };
                for path in ["email", "registration_number", "note"].map(FieldPath::from_static) {
                    if let Some(value) = known.get(path) {
                        fields.set(path, value.clone());
                    }
                }
                fields.remove(FieldPath::from_static("organisation"));
                self.create(*to, *kind, fields, *n)?;
                self.same_contact(mock, &id, *to)
            }
            UserAct::Lock { system, kind, pick, lock } => {
                let (mock, id) = self.pick(*system, *kind, *pick)?;
                mock.lock_record(kind.stream(), &id, lock.then_some("booked; credit it and make it anew"));
                Some(())
            }
        }
    }

    fn create(&self, system: usize, kind: Kind, mut fields: FieldMap, n: u64) -> Option<()> {
        let plan = self.plan(system)?;
        if plan.facet {
            let contact = values::record(Kind::Person, n);
            let parts =
                BTreeMap::from([(Kind::Company.stream().into(), fields), (Kind::Person.stream().into(), contact)]);
            let mock = self.mock(system)?;
            let id = mock.put_parts(Kind::Company.stream(), parts);
            let link = Value::Link(Link::External(mock.at(Kind::Company.stream()).id(&id)));
            mock.edit_fields(Kind::Person.stream(), &id, &FieldMap::new().with("organisation", link));
            return Some(());
        }
        if !plan.has(kind) {
            return None;
        }
        if kind == Kind::Person
            && let Some(link) = self.company(system, n)
        {
            fields.set(FieldPath::from_static("organisation"), link);
        }
        let _id = self.mock(system)?.put_fields(kind.stream(), fields);
        Some(())
    }

    /// The twin of a company names the same contact.
    fn same_contact(&self, from: &Mock, id: &str, to: usize) -> Option<()> {
        let known = from.fields(Kind::Person.stream(), id).filter(|_| self.plan(to).is_some_and(|plan| plan.facet))?;
        let mock = self.mock(to)?;
        let last =
            mock.all(Kind::Company.stream()).into_keys().max_by_key(|id| id.parse::<u64>().unwrap_or_default())?;
        let own = known.filter(|path| path.as_str() == "email" || path == values::NOTE);
        mock.edit_fields(Kind::Person.stream(), &last, &own).then_some(())
    }

    fn company(&self, system: usize, pick: u64) -> Option<Value> {
        let (mock, id) = self.pick(system, Kind::Company, pick)?;
        let at: StreamKey = mock.at(Kind::Company.stream());
        Some(Value::Link(Link::External(at.id(&id))))
    }
}

/// What becomes of a call of the store in a run that ends so.
pub(super) fn outcome(crash: Crash, step: StoreStep, dead: &AtomicBool) -> Outcome {
    match crash {
        Crash::Store { call, after } if call == step.nth => {
            dead.store(true, Ordering::Relaxed);
            if after { Outcome::HangAfter } else { Outcome::HangBefore }
        }
        Crash::Fails { call, after } if call == step.nth => {
            if after {
                Outcome::FailAfter
            } else {
                Outcome::FailBefore
            }
        }
        _ => Outcome::Proceed,
    }
}

fn writes(mock: &Mock) -> u64 {
    mock.calls().iter().filter(|(call, _)| call.starts_with("write ")).map(|(_, times)| *times).sum()
}

/// One of these, whatever the number.
pub(super) fn nth<T>(all: &[T], pick: u64) -> Option<&T> {
    let count = u64::try_from(all.len()).ok().filter(|count| *count > 0)?;
    all.get(usize::try_from(pick % count).ok()?)
}
