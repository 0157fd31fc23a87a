//! `held` and `parked`: what waits for a person.

use sync_core::store::{Held, Parked};

use super::Shell;
use crate::{
    args::{Records, Show},
    fail::Failure,
    session::Session,
    show::{json, text},
};

/// Lists what is held, or shows one record's.
///
/// # Errors
/// The store's, and a record of which nothing is held.
pub(super) async fn held(session: &Session, what: &Records, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let mut all = session.store.held(None).await?;
    if let Some(Show::Show { record }) = &what.only {
        all.retain(|held| held.numbers.contains(record) || held.subject.to_string() == *record);
        found(!all.is_empty(), record, "held")?;
    }
    if what.form.json {
        writeln!(shell.out, "{}", json::lines("held", &all)?)?;
    } else if what.only.is_some() {
        all.iter().try_for_each(|held| text::held(shell.out, held))?;
    } else if all.is_empty() {
        writeln!(shell.out, "Nothing is held.")?;
    } else {
        all.iter().try_for_each(|held: &Held| {
            text::entry(shell.out, &text::numbers(&held.numbers), &held.text, Some(&held.cure))
        })?;
    }
    Ok(waits(all.is_empty()))
}

/// Lists what is parked, or shows one record's.
///
/// # Errors
/// The store's, and a record that is not parked.
pub(super) async fn parked(session: &Session, what: &Records, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let mut all = session.store.parked(None).await?;
    if let Some(Show::Show { record }) = &what.only {
        let subject = |parked: &Parked| parked.subject.is_some_and(|subject| subject.to_string() == *record);
        all.retain(|parked| parked.numbers.contains(record) || parked.key == *record || subject(parked));
        found(!all.is_empty(), record, "parked")?;
    }
    if what.form.json {
        writeln!(shell.out, "{}", json::lines("parked", &all)?)?;
    } else if what.only.is_some() {
        all.iter().try_for_each(|parked| text::parked(shell.out, parked))?;
    } else if all.is_empty() {
        writeln!(shell.out, "Nothing is parked.")?;
    } else {
        all.iter().try_for_each(|parked| {
            let record = if parked.numbers.is_empty() {
                parked.key.clone()
            } else {
                format!("{} ({})", text::numbers(&parked.numbers), parked.key)
            };
            text::entry(shell.out, &record, &parked.refusal(), None)
        })?;
    }
    Ok(waits(all.is_empty()))
}

fn found(any: bool, record: &str, list: &str) -> Result<(), Failure> {
    let line = || format!("nothing of {record} is {list}; samklang {list} lists what is");
    any.then_some(()).ok_or_else(|| Failure::usage(line()))
}

/// Something waits for a person: 3, as after a run.
fn waits(nothing: bool) -> u8 {
    if nothing { 0 } else { 3 }
}
