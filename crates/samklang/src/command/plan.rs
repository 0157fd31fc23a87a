//! `plan`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use sync_core::{
    StreamKey,
    engine::{Cancel, Mode, Observer},
    plan::Op,
};

use super::Shell;
use crate::{
    args::Plan,
    fail::Failure,
    progress::Progress,
    session::Session,
    show::{self, json, text},
};

/// Shows what a run would write.
///
/// # Errors
/// The store's, and a file that cannot be written.
pub(super) async fn plan(session: &Session, how: &Plan, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let listed = how.file.as_deref().map(File::create).transpose().map_err(|error| unwritten(how, &error))?;
    let told = Told { progress: Progress::new(shell.terminal), list: listed.map(List::new), cancel: Cancel::new() };
    let report = Box::pin(session.engine.run(Mode::DryRun, &told, &told.cancel)).await;
    told.progress.end();
    if let Some(list) = told.list {
        list.end().map_err(|error| unwritten(how, &error))?;
    }
    let report = report?;
    if how.form.json {
        writeln!(shell.out, "{}", json::report(&report))?;
    } else {
        text::plan(shell.out, &report.plan)?;
        text::waiting(shell.out, &report)?;
        text::stops(shell.out, &report)?;
    }
    Ok(show::exit_code(&report))
}

fn unwritten(how: &Plan, error: &io::Error) -> Failure {
    let file = how.file.as_deref().unwrap_or(Path::new("")).display();
    Failure::usage(format!("{file} cannot be written: {error}; name another --file"))
}

/// Shows how the run goes, and writes down all that it plans.
struct Told {
    progress: Progress,
    list: Option<List>,
    cancel: Cancel,
}

/// Planned writes in a file, one JSON object a line: a plan can be longer than memory is large.
struct List(Mutex<io::Result<BufWriter<File>>>);

impl List {
    fn new(file: File) -> Self {
        Self(Mutex::new(Ok(BufWriter::new(file))))
    }
    /// Adds lines; whether they could be written.
    fn add(&self, ops: &[Op]) -> bool {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(file) = &mut *list else { return false };
        let written = ops.iter().try_for_each(|op| {
            serde_json::to_writer(&mut *file, op)?;
            file.write_all(b"\n")
        });
        written.map_err(|error| *list = Err(error)).is_ok()
    }
    fn end(self) -> io::Result<()> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)?.flush()
    }
}

impl Observer for Told {
    fn page(&self, host: &StreamKey, records: usize, differing: usize) {
        self.progress.page(host, records, differing);
    }
    fn planned(&self, writes: &[Op]) {
        self.progress.planned(writes);
        if self.list.as_ref().is_some_and(|list| !list.add(writes)) {
            self.cancel.cancel();
        }
    }
}
