//! `run`.

use sync_core::engine::{Cancel, Engine, Mode, Report};

use super::Shell;
use crate::{
    args::{Form, Run},
    fail::Failure,
    progress::Progress,
    session::Session,
    show::{self, json, text},
    watch,
};

/// One run, or one after the other until somebody says stop.
///
/// # Errors
/// The store's, and an address that cannot be listened on.
pub(super) async fn run(session: Session, how: &Run, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    match how.every {
        Some(every) => watch::watch(session, every, how, shell).await,
        None => {
            let cancel = Cancel::new();
            let (report, _stopped) =
                watch::until_stopped(Box::pin(once(&session.engine, Mode::Sync, shell.terminal, &cancel)), &cancel)
                    .await?;
            let report = report?;
            print(&report, how.form, shell)?;
            Ok(show::exit_code(&report))
        }
    }
}

/// One run with its progress shown.
///
/// # Errors
/// The store's.
pub(crate) async fn once(engine: &Engine, mode: Mode, terminal: bool, cancel: &Cancel) -> Result<Report, Failure> {
    let progress = Progress::new(terminal);
    let report = Box::pin(engine.run(mode, &progress, cancel)).await;
    progress.end();
    Ok(report?)
}

/// What a run did.
///
/// # Errors
/// The output is closed.
pub(crate) fn print(report: &Report, form: Form, shell: &mut Shell<'_>) -> Result<(), Failure> {
    if form.json {
        writeln!(shell.out, "{}", json::report(report))?;
    } else {
        text::summary(shell.out, report)?;
        text::waiting(shell.out, report)?;
        text::stops(shell.out, report)?;
    }
    shell.out.flush()?;
    Ok(())
}
