//! How a run goes, on the error stream: a moving line on a terminal, plain lines elsewhere.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sync_core::{StreamKey, engine::Observer, plan::Op};

/// Observes one run.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Records read and records that differ, by host stream, since the last line.
    read: BTreeMap<StreamKey, (usize, usize)>,
    /// Writes done and writes refused, by what was done where.
    wrote: BTreeMap<String, (usize, usize)>,
}

impl Progress {
    /// A moving line if somebody watches.
    pub(crate) fn new(terminal: bool) -> Self {
        let bar = terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // the pattern is a constant; without it the bar is only plainer
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, seen: Mutex::default() }
    }

    /// The run is over: the moving line goes, the last plain lines are written.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            return;
        }
        self.with(|seen| lines(&seen.take()));
    }

    fn with<T>(&self, with: impl FnOnce(&mut Seen) -> T) -> T {
        with(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Seen {
    fn take(&mut self) -> Vec<String> {
        let read = std::mem::take(&mut self.read).into_iter();
        let mut told: Vec<String> =
            read.map(|(host, (records, differing))| format!("{host}: {records} read, {differing} differ")).collect();
        let wrote = std::mem::take(&mut self.wrote).into_iter();
        told.extend(wrote.map(|(what, (done, refused))| match refused {
            0 => format!("{what}: {done} done"),
            _ => format!("{what}: {done} done, {refused} not"),
        }));
        told
    }
}

impl Observer for Progress {
    fn page(&self, host: &StreamKey, records: usize, differing: usize) {
        let (all, _) = self.with(|seen| {
            let counts = seen.read.entry(host.clone()).or_default();
            *counts = (counts.0 + records, counts.1 + differing);
            *counts
        });
        if let Some(bar) = &self.bar {
            bar.set_message(format!("reading {host}: {all}"));
            bar.tick();
        }
    }
    fn planned(&self, writes: &[Op]) {
        let writes = writes.len();
        match &self.bar {
            Some(bar) => {
                bar.set_message("writing");
                bar.inc_length(u64::try_from(writes).unwrap_or(u64::MAX));
            }
            None => self.with(|seen| {
                lines(&seen.take());
                lines(&[format!("{writes} to write")]);
            }),
        }
    }
    fn wrote(&self, host: &StreamKey, action: &str, ok: bool) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
            return;
        }
        self.with(|seen| {
            let counts = seen.wrote.entry(format!("{host}: {action}")).or_default();
            if ok {
                counts.0 += 1;
            } else {
                counts.1 += 1;
            }
        });
    }
}

fn lines(lines: &[String]) {
    let mut err = io::stderr().lock();
    for line in lines {
        // a run does not end because nobody reads along
        let _ = writeln!(err, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_stream_become_one_line() {
        let (progress, host) = (Progress::new(false), StreamKey::new("starweb:se", "customers"));
        progress.page(&host, 100, 3);
        progress.page(&host, 20, 0);
        progress.wrote(&host, "create", true);
        progress.wrote(&host, "create", false);
        let told = progress.with(Seen::take);
        assert_eq!(told, ["starweb:se/customers: 120 read, 3 differ", "starweb:se/customers: create: 1 done, 1 not"]);
        assert!(progress.with(Seen::take).is_empty(), "told once");
    }
}
