//! What people read while a demo is played.

use std::io::Write;

use sync_core::engine::Report;

use super::{
    summary::{SecondRun, Summary, Waiting},
    systems::Present,
    totals::Compared,
};
use crate::{
    command::Shell,
    fail::{Failure, words},
};

type Done = Result<(), Failure>;

/// Numbers the steps. With `--json` they go to the error stream, so that the other has nothing but the object.
pub(super) struct Teller<'a> {
    out: Box<dyn Write + 'a>,
    steps: u32,
}

impl<'a> Teller<'a> {
    pub(super) fn new(shell: &'a mut Shell<'_>, json: bool) -> Self {
        let out: Box<dyn Write + 'a> = if json { Box::new(std::io::stderr()) } else { Box::new(&mut *shell.out) };
        Self { out, steps: 0 }
    }
    pub(super) fn title(&mut self, flow: &str, seed: u64) -> Done {
        writeln!(
            self.out,
            "{flow}, with made-up data (seed {seed}) in emulators of this program. No real system is called."
        )?;
        Ok(())
    }
    /// The next step.
    pub(super) fn step(&mut self, what: &str) -> Done {
        self.steps = self.steps.saturating_add(1);
        writeln!(self.out, "\n{:>2}. {what}", self.steps)?;
        self.out.flush()?;
        Ok(())
    }
    /// A line of the step.
    pub(super) fn line(&mut self, what: &str) -> Done {
        writeln!(self.out, "    {what}")?;
        Ok(())
    }
    /// Which systems there are, and what is in them.
    pub(super) fn systems(&mut self, all: &[Present]) -> Done {
        self.step("the systems are started, as they were before anybody connected them")?;
        all.iter().try_for_each(|Present { connection, system, address, holds }| {
            self.line(&format!("{connection:<4} {system:<14} {address:<24} {holds}"))
        })
    }
    /// What a pass of the engine did.
    pub(super) fn report(&mut self, report: &Report) -> Done {
        let mut rows: Vec<(String, u64)> =
            report.read.iter().map(|(kind, count)| (format!("read {kind}"), *count)).collect();
        rows.push(("bound".to_owned(), report.bound));
        let planned = report.plan.words().into_iter();
        rows.extend(planned.map(|((host, word), count)| (format!("would {word} {host}"), count)));
        rows.extend(report.written.iter().map(|(stream, count)| (format!("written {stream}"), *count)));
        rows.extend(report.effects.iter().map(|(effect, count)| (format!("effect {effect}"), *count)));
        if report.written.is_empty() {
            rows.push(("written".to_owned(), 0));
        }
        rows.into_iter().try_for_each(|(name, count)| self.line(&format!("{name:<40} {count:>6}")))
    }
    /// How many calls a run made.
    pub(super) fn requests(&mut self, run: &SecondRun) -> Done {
        let rows = run.reads.iter();
        rows.into_iter().try_for_each(|(connection, count)| {
            self.line(&format!("{:<40} {count:>6}", format!("calls to {connection}")))
        })
    }
    /// What waits for a person.
    pub(super) fn waiting(&mut self, held: &[Waiting], report: &Report) -> Done {
        self.step("what waits for a person")?;
        if held.is_empty() {
            self.line("nothing")?;
        }
        for waiting in held {
            match waiting.why.contains(&waiting.number) {
                true => self.line(&waiting.why)?,
                false => self.line(&format!("{}: {}", waiting.number, waiting.why))?,
            }
            let cures = report.held.iter().filter(|held| waiting.why.contains(&held.text));
            cures.into_iter().try_for_each(|held| self.line(&format!("    {}", held.cure)))?;
        }
        Ok(())
    }
    /// How many documents have the totals that they should.
    pub(super) fn totals(&mut self, compared: &Compared, wanted: usize) -> Done {
        self.step("totals, read back from both systems")?;
        self.line(&format!("{} of {wanted} orders come to the same in both, to the smallest unit", compared.equal))?;
        compared.others.iter().try_for_each(|line| self.line(line))
    }
    /// What was set off.
    pub(super) fn effects(&mut self, summary: &Summary) -> Done {
        self.step("what was set off on the way")?;
        let said = |(name, count): (&&str, &u64)| format!("{name} {count}");
        let all: Vec<String> = summary.effects.iter().map(said).collect();
        self.line(if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }.as_str())?;
        self.out.flush()?;
        Ok(())
    }
}

/// What kept a pass from its end: a line each.
pub(super) fn hindrances(what: &str, report: &Report) -> Vec<String> {
    let what = what.split(':').next().unwrap_or(what);
    let mut lines: Vec<String> = Vec::new();
    let stopped = report.stopped_systems.iter().map(|(system, error)| (system.to_string(), error));
    for (at, error) in stopped.chain(report.stopped.iter().map(|(stream, error)| (stream.to_string(), error))) {
        lines.push(format!("{what}: {at} stopped: {}", words(error)));
    }
    lines.extend(report.tripped.values().flatten().map(|tripped| format!("{what}: a guard tripped: {tripped}")));
    lines.extend(report.adopt_first.iter().map(|(entity, why)| format!("{what}: {entity}: {why}")));
    lines.extend(report.busy.iter().map(|group| format!("{what}: {group} was busy")));
    lines
}

/// Writes whose answer left open what became of them: a line each.
pub(super) fn unclear(what: &str, report: &Report) -> Vec<String> {
    let what = what.split(':').next().unwrap_or(what);
    let count = (report.unclear > 0).then(|| format!("{what}: {} writes have an unclear answer", report.unclear));
    let each = report.unclear_writes.iter().map(|write| format!("{what}: {write}: unclear"));
    count.into_iter().chain(each).collect()
}
