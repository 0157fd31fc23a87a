//! `parked`: records that were set aside, and what becomes of them.

use std::collections::BTreeSet;

use sync_core::{
    CanonicalId,
    store::{Inbox, Parked},
};

use super::{Shell, records};
use crate::{
    args::{self, Form, OfParked, Which},
    fail::Failure,
    session::Session,
    show::{json, text},
};

/// Lists what is parked, shows one of them, has them tried again, edited or dropped.
///
/// # Errors
/// The store's, and a record that is not parked.
pub(super) async fn parked(session: &Session, what: &args::Parked, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    match &what.what {
        None => list(session, what.form, shell).await,
        Some(OfParked::Show { record }) => {
            let all = of_record(session, record).await?;
            if what.form.json {
                writeln!(shell.out, "{}", json::lines("parked", &all)?)?;
            } else {
                all.iter().try_for_each(|parked| text::parked(shell.out, parked))?;
            }
            Ok(records::waits(false))
        }
        Some(OfParked::Retry(which)) => each(session, which, Inbox::Retry, what.form, shell).await,
        Some(OfParked::Drop(which)) => each(session, which, Inbox::Drop, what.form, shell).await,
        Some(OfParked::Edit { record, values }) => edit(session, record, values, what.form, shell).await,
    }
}

async fn list(session: &Session, form: Form, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let all = session.store.parked(None).await?;
    if form.json {
        writeln!(shell.out, "{}", json::lines("parked", &all)?)?;
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
        writeln!(shell.out, "\nTo try one of them at the next run: samklang parked retry <record>")?;
    }
    Ok(records::waits(all.is_empty()))
}

/// What is parked of the records that a text may mean.
///
/// # Errors
/// Nothing is.
async fn of_record(session: &Session, record: &str) -> Result<Vec<Parked>, Failure> {
    let meant: BTreeSet<CanonicalId> = session.engine.meant(record).await?.records.into_iter().collect();
    let mut all = session.store.parked(None).await?;
    all.retain(|parked| {
        let known = parked.subject.is_some_and(|subject| meant.contains(&subject));
        parked.numbers.contains(record) || parked.key == *record || known
    });
    records::found(!all.is_empty(), record, "parked")?;
    Ok(all)
}

/// Says the same of one record, or of all.
async fn each(
    session: &Session,
    which: &Which,
    what: fn(String) -> Inbox,
    form: Form,
    shell: &mut Shell<'_>,
) -> Result<u8, Failure> {
    let all = match &which.record {
        Some(record) => of_record(session, record).await?,
        None => session.store.parked(None).await?,
    };
    let entries: Vec<Inbox> = all.into_iter().map(|parked| what(parked.key)).collect();
    records::post(session, entries, which.dry_run, form, shell).await
}

async fn edit(
    session: &Session,
    record: &str,
    values: &[String],
    form: Form,
    shell: &mut Shell<'_>,
) -> Result<u8, Failure> {
    let fields = records::fields(values)?;
    let parked = of_record(session, record).await?;
    let mut entries: Vec<Inbox> = Vec::new();
    for parked in &parked {
        let more = session.engine.edits(parked, &fields).await?;
        entries.extend(more.into_iter().filter(|entry| !entries.contains(entry)).collect::<Vec<_>>());
    }
    records::post(session, entries, false, form, shell).await
}
