//! `adopt`: first contact.

use std::collections::BTreeMap;

use sync_core::{
    engine::{Cancel, Mode, Report},
    store::{Approval, HeldWhy},
};

use super::{Shell, prices};
use crate::{
    args::Form,
    fail::Failure,
    progress::Progress,
    session::Session,
    show::{self, json, text},
};

/// Reads everything, binds, writes nothing; prints what a run would meet.
///
/// # Errors
/// The store's. A system that stops is part of the report.
pub(super) async fn adopt(session: &Session, form: Form, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let progress = Progress::new(shell.terminal);
    let report = Box::pin(session.engine.run(Mode::Adopt, &progress, &Cancel::new())).await?;
    progress.end();
    let mut counted = BTreeMap::new();
    for id in &report.adopted {
        if let Some(staged) = session.store.staged(Some(id)).await?.pop() {
            counted.insert(id.clone(), staged.counted);
        }
    }
    if form.json {
        writeln!(shell.out, "{}", json::report(&report))?;
    } else {
        told(session, &report, &counted, shell)?;
    }
    Ok(show::exit_code(&report))
}

fn told(
    session: &Session,
    report: &Report,
    counted: &BTreeMap<String, Approval>,
    shell: &mut Shell<'_>,
) -> Result<(), Failure> {
    let out = &mut *shell.out;
    text::summary(out, report)?;
    let of = |why: &dyn Fn(HeldWhy) -> bool| report.held.iter().filter(|held| why(held.why)).count();
    let rows = vec![
        vec!["conflicts".to_owned(), of(&|why| matches!(why, HeldWhy::Field(_))).to_string()],
        vec!["duplicates".to_owned(), of(&|why| why == HeldWhy::Ambiguous).to_string()],
    ];
    writeln!(out, "\n{}", text::table(&["to decide", ""], rows))?;
    text::waiting(out, report)?;
    if !report.empty_at_master.is_empty() {
        writeln!(out, "\nEmpty at the master, so kept elsewhere:")?;
        report.empty_at_master.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    let without = prices::without_source(&session.engine);
    if !without.is_empty() {
        writeln!(out, "\nPrices that cannot arrive:")?;
        without.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    text::plan_counts(out, "A run would write", &report.plan)?;
    for (id, counted) in counted {
        writeln!(
            out,
            "\nNothing was written. To allow just this once, however much the guards allow: samklang approve {id}"
        )?;
        writeln!(out, "  ({})", text::counted(counted))?;
    }
    if counted.is_empty() && report.stopped_systems.is_empty() && report.stopped.is_empty() {
        writeln!(out, "\nNothing is to be written.")?;
    }
    text::stops(out, report)
}
