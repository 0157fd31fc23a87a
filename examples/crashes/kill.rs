//! One run of the program that is killed while it is under way.

use std::{
    fs::File,
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;

use crate::{Failure, stage::Calls};

/// What a run was doing when it died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// It had called nobody yet.
    Starting,
    /// It had read and written nothing.
    Reading,
    /// It had written, and its last call was to read something.
    Writing,
    /// Its last call was a write: nobody had time to note the answer, or hardly any.
    InWrite,
}

/// When a run is to die.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after its start.
    After(Duration),
    /// When so many calls were made, and so long after.
    Calls(u64, Duration),
    /// When so many writes were made, and so long after.
    Writes(u64, Duration),
}

/// What an undisturbed run is like: from it the moments are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usual {
    length: Duration,
    calls: u64,
    writes: u64,
}

impl Default for Usual {
    fn default() -> Self {
        Self { length: Duration::from_millis(300), calls: 20, writes: 10 }
    }
}

impl Usual {
    /// Learns from a run that came to its end.
    pub(crate) fn saw(&mut self, length: Duration, calls: Calls) {
        self.length = (self.length * 3 + length) / 4;
        self.calls = (self.calls * 3 + calls.all).div_ceil(4).max(4);
        self.writes = (self.writes * 3 + calls.writes).div_ceil(4).max(3);
    }
    fn moment(self, rng: &mut Rng) -> Moment {
        // a write to a system in this machine lasts about a millisecond
        let after = Duration::from_micros(rng.u64(0..1500));
        match rng.u8(0..4) {
            0 => Moment::After(Duration::from_micros(rng.u64(0..=micros(self.length)))),
            1 => Moment::Calls(rng.u64(1..=self.calls), after),
            _ => Moment::Writes(rng.u64(1..=self.writes), after),
        }
    }
}

fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX - 1)
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It was killed under way.
    Killed(When),
    /// It was faster.
    ByItself(Duration, Calls),
}

/// Starts a run and kills it at a moment of chance.
///
/// # Errors
/// The machine starts no process.
pub(crate) fn run(
    mut command: Command,
    usual: Usual,
    rng: &mut Rng,
    calls: impl Fn() -> Calls,
) -> Result<Ended, Failure> {
    let report = tempfile::NamedTempFile::new()?;
    let start = Instant::now();
    let mut child = command.stdout(Stdio::from(report.reopen()?)).stderr(Stdio::null()).spawn()?;
    if !waited(&mut child, start, usual.moment(rng), &calls)? {
        return Ok(Ended::ByItself(start.elapsed(), calls()));
    }
    child.kill()?;
    let status = child.wait()?;
    let made = calls();
    // who has told what came of the run is at its end, whether the process lives or not
    let mut told = String::new();
    File::open(report.path())?.read_to_string(&mut told)?;
    if !by_us(status) || !told.is_empty() {
        return Ok(Ended::ByItself(start.elapsed(), made));
    }
    Ok(Ended::Killed(match made {
        Calls { all: 0, .. } => When::Starting,
        Calls { writes: 0, .. } => When::Reading,
        Calls { last_is_write: true, .. } => When::InWrite,
        Calls { .. } => When::Writing,
    }))
}

/// Waits until the moment has come; not if the process ends before.
#[allow(clippy::disallowed_methods, reason = "another process is watched, on the machine's own clock")]
fn waited(child: &mut Child, start: Instant, moment: Moment, calls: &impl Fn() -> Calls) -> Result<bool, Failure> {
    loop {
        let (come, rest) = match moment {
            Moment::After(length) => (start.elapsed() >= length, Duration::ZERO),
            Moment::Calls(count, rest) => (calls().all >= count, rest),
            Moment::Writes(count, rest) => (calls().writes >= count, rest),
        };
        if come {
            thread::sleep(rest);
            return Ok(true);
        }
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
        thread::sleep(Duration::from_micros(200));
    }
}

/// Whether our signal ended the process.
#[cfg(unix)]
fn by_us(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(9)
}
#[cfg(not(unix))]
fn by_us(status: ExitStatus) -> bool {
    status.code() == Some(1)
}
