//! One world: people and kills in turns, and a judgement every few kills.

use std::path::PathBuf;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    Failure,
    kill::{self, Ended, Usual},
    ledger::Ledger,
    oracle,
    people::People,
    stage::{Becomes, Stage},
    tell::Told,
};

/// Kills between two judgements.
const PERIOD: u32 = 10;
/// Runs in which the program must come to rest.
const RUNS: u32 = 12;

/// How a world is played.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    pub(crate) seed: u64,
    pub(crate) kills: u32,
    /// Which of the worlds it is: it decides what becomes of orders.
    pub(crate) number: u64,
    pub(crate) program: Option<PathBuf>,
    pub(crate) fault: Option<String>,
    /// Where a world is kept that went wrong.
    pub(crate) keep: Option<PathBuf>,
    pub(crate) verbose: bool,
}

/// The systems, the people, and what is known so far.
pub(crate) struct World {
    play: Play,
    stage: Stage,
    ledger: Ledger,
    rng: Rng,
    usual: Usual,
    told: Told,
}

impl World {
    /// Everything stands, and the first contact was made.
    ///
    /// # Errors
    /// The machine gives no ports, or the program does not take the configuration.
    pub(crate) fn set(play: Play) -> Result<Self, Failure> {
        let becomes = Becomes::of(play.number);
        let stage = Stage::set(becomes, play.program.clone(), play.fault.clone())?;
        let (rng, ledger) = (Rng::with_seed(play.seed), Ledger::new(becomes));
        let mut world = Self { play, stage, ledger, rng, usual: Usual::default(), told: Told::default() };
        world.people().begin()?;
        let (_, report) = world.stage.told(&["adopt", "--json"])?;
        for id in report.get("adopted").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            world.stage.told(&["approve", id])?;
        }
        Ok(world)
    }
    fn people(&mut self) -> People<'_> {
        People { stage: &self.stage, ledger: &mut self.ledger, rng: &mut self.rng }
    }
    /// Plays it to its last kill and judgement.
    ///
    /// # Errors
    /// The program does not start, or people cannot do what they must be able to.
    pub(crate) fn played(mut self) -> Result<Told, Failure> {
        while self.told.kills() < self.play.kills {
            let until = self.play.kills.min(self.told.kills() + PERIOD);
            while self.told.kills() < until {
                self.told.acts += self.people().bout()?;
                self.kill()?;
            }
            self.judge()?;
            if !self.told.clean() {
                break; // what follows from a fault is no other fault
            }
            self.ledger.period += 1;
        }
        self.told.looked_at = self.ledger.records();
        Ok(self.told)
    }

    fn kill(&mut self) -> Result<(), Failure> {
        self.stage.forget_calls();
        let command = self.stage.command(&["run", "--json"])?;
        match kill::run(command, self.usual, &mut self.rng, || self.stage.calls())? {
            Ended::Killed(when) => *self.told.kills.entry(when).or_default() += 1,
            Ended::ByItself(length, calls) => {
                self.told.ended += 1;
                self.usual.saw(length, calls);
            }
        }
        Ok(())
    }

    /// Leaves the program alone until it has nothing to do, and compares.
    fn judge(&mut self) -> Result<(), Failure> {
        let rested = self.rests()?;
        let (shop, erp) = (self.stage.shop(), self.stage.erp());
        let mut verdict = oracle::judge(&self.ledger, &shop, &erp);
        verdict.lost.extend(rested.err());
        self.told.judged += 1;
        if self.play.verbose {
            println!(
                "world {} {:?} period {}: {} kills, {} orders, {} buyers, {} articles: {verdict:?}",
                self.play.number,
                self.ledger.becomes,
                self.ledger.period,
                self.told.kills(),
                self.ledger.orders.len(),
                self.ledger.buyers.len(),
                self.ledger.articles.len(),
            );
        }
        let place = format!("world {} (seed {}) period {}", self.play.number, self.play.seed, self.ledger.period);
        if let Some(folder) = self.play.keep.as_ref().filter(|_| !verdict.is_clean()) {
            self.stage.keep(&folder.join(format!("world-{}", self.play.number)), &format!("{:#?}", self.ledger))?;
        }
        self.told.found.add(verdict.at(&place));
        Ok(())
    }
    /// Runs until one has nothing to write and leaves nothing to anybody; if there is none, what the last one said.
    fn rests(&mut self) -> Result<Result<(), String>, Failure> {
        let mut last = Value::Null;
        for _ in 0..RUNS {
            let (code, report) = self.stage.told(&["run", "--json"])?;
            self.told.runs += 1;
            if code == 0 && report.get("written") == Some(&json!({})) {
                return Ok(Ok(()));
            }
            last = report;
        }
        let named =
            ["exit_code", "written", "held", "parked", "unclear", "stopped", "stopped_systems", "tripped", "busy"];
        let said: Vec<String> = named
            .iter()
            .filter_map(|name| Some((name, last.get(name)?)))
            .filter(|(_, value)| !matches!(value, Value::Array(all) if all.is_empty()))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        Ok(Err(format!("the program does not come to rest: {}", said.join(", "))))
    }
}
