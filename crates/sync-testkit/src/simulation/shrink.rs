//! Makes a failing history small: fewest steps, fewest systems, plainest habits.

use super::{
    History, Verdict, Wrong,
    act::{During, Step},
    rules::FieldPlan,
    system::StreamPlan,
};

/// How many histories may be tried.
const TRIES: usize = 4_000;

struct Shrinker {
    best: History,
    wrong: Wrong,
    tries: usize,
}

pub(super) fn shrink(history: &History, failure: &Verdict) -> History {
    let Some(wrong) = failure.first() else { return history.clone() };
    let mut shrinker = Shrinker { best: history.clone(), wrong, tries: TRIES };
    loop {
        let before = shrinker.best.clone();
        shrinker.steps();
        shrinker.within_steps();
        shrinker.systems();
        shrinker.habits();
        shrinker.rules();
        if shrinker.best == before || shrinker.tries == 0 {
            return shrinker.best;
        }
    }
}

impl Shrinker {
    /// Takes a candidate over if it fails in the same way.
    fn take(&mut self, candidate: History) -> bool {
        let fair = candidate.systems.iter().flat_map(|system| system.streams.values()).all(StreamPlan::is_fair);
        if self.tries == 0 || candidate == self.best || !fair {
            return false;
        }
        self.tries -= 1;
        let fails = super::stage::mistakes(&candidate).is_empty()
            && super::stage::guarded(&candidate).first() == Some(self.wrong);
        if fails {
            self.best = candidate;
        }
        fails
    }
    fn with(&mut self, change: impl FnOnce(&mut History)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.take(candidate)
    }

    /// Leaves steps out: half of them, a quarter, one by one.
    fn steps(&mut self) {
        let mut size = self.best.steps.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < self.best.steps.len() {
                let to = (from + size).min(self.best.steps.len());
                if !self.with(|history| drop(history.steps.drain(from..to))) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    fn within_steps(&mut self) {
        for at in 0..self.best.steps.len() {
            let run = |history: &mut History, change: &dyn Fn(&mut super::act::RunPlan)| {
                if let Some(Step::Run(run)) = history.steps.get_mut(at) {
                    change(run);
                }
            };
            self.with(|history| run(history, &|run| run.crash = None));
            self.with(|history| run(history, &|run| run.during.clear()));
            for place in (0..3).rev() {
                self.with(|history| {
                    run(history, &|run| {
                        if place < run.during.len() {
                            run.during.remove(place);
                        }
                    });
                });
            }
            self.with(|history| run(history, &|run| run.chance = 1));
            self.with(|history| match history.steps.get_mut(at) {
                Some(Step::Hints { times, .. }) => *times = 1,
                Some(Step::Pass(seconds)) => *seconds = 1,
                _ => {}
            });
        }
    }

    /// Leaves systems out, with all that happens there.
    fn systems(&mut self) {
        for place in [3, 2, 1, 0] {
            if self.best.systems.len() > 2 && self.best.systems.iter().any(|system| system.place == place) {
                self.with(|history| without(history, place));
            }
        }
        for at in (1..self.best.entities.len()).rev() {
            self.with(|history| {
                let kind = history.entities.remove(at).kind;
                history.systems.iter_mut().for_each(|system| system.streams.retain(|other, _| *other != kind));
                history.steps.retain(|step| !matches!(step, Step::User(act) if act.kind() == kind));
            });
        }
    }

    fn habits(&mut self) {
        for at in 0..self.best.systems.len() {
            self.with(|history| {
                if let Some(system) = history.systems.get_mut(at) {
                    system.skew_s = 0;
                }
            });
            let kinds: Vec<_> =
                self.best.systems.get(at).map(|s| s.streams.keys().copied().collect()).unwrap_or_default();
            for kind in kinds {
                for plain in PLAIN {
                    self.with(|history| {
                        if let Some(stream) = history.systems.get_mut(at).and_then(|s| s.streams.get_mut(&kind)) {
                            plain(stream);
                        }
                    });
                }
            }
        }
    }

    fn rules(&mut self) {
        for at in 0..self.best.entities.len() {
            let fields = self.best.entities.get(at).map_or(0, |entity| entity.fields.len());
            let matches = self.best.entities.get(at).map_or(0, |entity| entity.matches.len());
            for field in (0..fields).rev() {
                self.with(|history| {
                    if let Some(entity) = history.entities.get_mut(at) {
                        entity.fields.remove(field);
                    }
                });
            }
            for rule in (0..matches).rev() {
                self.with(|history| {
                    if let Some(entity) = history.entities.get_mut(at) {
                        entity.matches.remove(rule);
                    }
                });
            }
            type Change = fn(&mut super::rules::EntityPlan);
            let changes: [Change; 6] = [
                |entity| entity.every_s = 0,
                |entity| entity.max_create = 1000,
                |entity| entity.blank = false,
                |entity| entity.complete_every_s = 60,
                |entity| entity.recreate = false,
                |entity| entity.scope = None,
            ];
            for change in changes {
                self.with(|history| {
                    if let Some(entity) = history.entities.get_mut(at) {
                        change(entity);
                    }
                });
            }
        }
    }
}

/// Every habit back to the plain one, one after the other.
const PLAIN: [fn(&mut StreamPlan); 27] = [
    |s| *s = StreamPlan::default(),
    |s| s.cut = None,
    |s| s.rounds = None,
    |s| s.upper = false,
    |s| s.recodes = false,
    |s| s.since_ms = None,
    |s| s.late_s = 0,
    |s| s.page = 0,
    |s| s.partial = false,
    |s| s.tombstones = false,
    |s| s.replaces = false,
    |s| s.versions = false,
    |s| s.idempotent = false,
    |s| s.marks = false,
    |s| s.finds = false,
    |s| s.incomplete = false,
    |s| s.silent = false,
    |s| s.batch = (0, 0),
    |s| s.slow = 0,
    |s| s.loses = 0,
    |s| s.doubles = 0,
    |s| s.unavailable = 0,
    |s| s.limited = 0,
    |s| {
        s.short = 0;
        s.empty = 0;
    },
    |s| s.shuffles = 0,
    |s| s.refuses = None,
    |s| s.read_only = false,
];

fn without(history: &mut History, place: usize) {
    history.systems.retain(|system| system.place != place);
    for entity in &mut history.entities {
        entity.roles.retain(|(at, _)| *at != place);
        if entity.master == place {
            entity.master = entity.roles.first().map_or(entity.master, |(at, _)| *at);
        }
        entity.fields.retain_mut(|(_, plan)| match plan {
            FieldPlan::Master { system, .. } | FieldPlan::Newest(system) | FieldPlan::Seed(system) => *system != place,
            FieldPlan::Prefer(order) => {
                order.retain(|at| *at != place);
                !order.is_empty()
            }
            FieldPlan::Hold | FieldPlan::Off => true,
        });
    }
    let concerns = |act: &super::act::UserAct| act.systems().contains(&place);
    history.steps.retain(|step| match step {
        Step::User(act) => !concerns(act),
        Step::Hints { system, .. } | Step::Down { system, .. } | Step::Clock { system, .. } => *system != place,
        _ => true,
    });
    for step in &mut history.steps {
        if let Step::Run(run) = step {
            run.during.retain(|(_, during)| !matches!(during, During::User(act) if concerns(act)));
        }
    }
}
