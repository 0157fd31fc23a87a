//! `held`: what waits for a person, and what he says of it.

use std::collections::BTreeSet;

use sync_core::{
    CanonicalId, ErrorKind,
    desk::Choice,
    store::{Held, HeldWhy, Inbox},
};

use super::{Shell, records};
use crate::{
    args::{self, Decide, Form, OfHeld},
    fail::Failure,
    session::Session,
    show::{json, text},
};

/// Lists what is held, shows one record's, or decides.
///
/// # Errors
/// The store's, a record of which nothing is held, and a choice that does not answer what is asked.
pub(super) async fn held(session: &Session, what: &args::Held, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    match &what.what {
        None => list(session, what.form, shell).await,
        Some(OfHeld::Show { record }) => show(session, record, what.form, shell).await,
        Some(OfHeld::Decide(decide)) => decided(session, decide, what.form, shell).await,
    }
}

async fn list(session: &Session, form: Form, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let all = session.engine.held(None).await?;
    if form.json {
        writeln!(shell.out, "{}", json::lines("held", &all)?)?;
    } else if all.is_empty() {
        writeln!(shell.out, "Nothing is held.")?;
    } else {
        all.iter().try_for_each(|held: &Held| {
            text::entry(shell.out, &text::numbers(&held.numbers), &held.text, Some(&held.cure))
        })?;
        writeln!(shell.out, "\nHow one of them can be decided: samklang held show <record>")?;
    }
    Ok(records::waits(all.is_empty()))
}

async fn show(session: &Session, record: &str, form: Form, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let all = of_record(session, record).await?;
    if form.json {
        writeln!(shell.out, "{}", json::lines("held", &all)?)?;
        return Ok(records::waits(false));
    }
    for held in &all {
        text::held(shell.out, held)?;
        if held.why == HeldWhy::Ambiguous {
            let candidates = session.engine.candidates(held.subject, records::FEW).await?;
            candidates.iter().try_for_each(|one| text::candidate(shell.out, one))?;
        }
    }
    Ok(records::waits(false))
}

/// What is held of the records that a text may mean.
///
/// # Errors
/// Nothing is.
async fn of_record(session: &Session, record: &str) -> Result<Vec<Held>, Failure> {
    let meant: BTreeSet<CanonicalId> = session.engine.meant(record).await?.records.into_iter().collect();
    let mut all = session.engine.held(None).await?;
    all.retain(|held| held.numbers.contains(record) || meant.contains(&held.subject));
    records::found(!all.is_empty(), record, "held")?;
    Ok(all)
}

/// What a decision comes to, each with the record that it is about.
#[derive(Default)]
struct Answers {
    entries: Vec<(Held, Vec<Inbox>)>,
    refused: Vec<(Held, String)>,
}

async fn decided(session: &Session, how: &Decide, form: Form, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let choice = choice(session, how).await?;
    let mut all = match &how.record {
        Some(record) => of_record(session, record).await?,
        None => session.engine.held(None).await?,
    };
    let answers = |held: &Held| held.why.choices().contains(&choice.word());
    let matches = |held: &Held| {
        how.entity.as_ref().is_none_or(|name| held.entity.as_str() == name)
            && how.field.as_ref().is_none_or(|field| held.unit.is_some_and(|unit| unit.as_str() == field))
            && how.why.as_ref().is_none_or(|why| held.why.word() == why)
    };
    all.retain(matches);
    if let Some(held) = all.first().filter(|_| !all.iter().any(answers)) {
        let can = held.why.choices().iter().map(|word| format!("--{word}")).collect::<Vec<_>>().join(", ");
        let line = format!("--{} does not answer this: {}; what can: {can}", choice.word(), held.text);
        return Err(Failure::usage(line));
    }
    all.retain(answers);
    if all.is_empty() {
        return Err(Failure::usage("nothing that is held fits; samklang held lists what is"));
    }
    let mut answers = Answers::default();
    for held in all {
        match session.engine.answers(&held, &choice).await {
            Ok(entries) => answers.entries.push((held, entries)),
            Err(error) if error.kind() == ErrorKind::Invalid && how.all => {
                answers.refused.push((held, error.message().to_owned()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !how.dry_run {
        let entries = answers.entries.iter().flat_map(|(_, entries)| entries.iter().cloned()).collect();
        session.engine.post_all(&shell.person(), entries).await?;
    }
    tell(&answers, how.dry_run, form, shell)?;
    Ok(records::waits(answers.refused.is_empty()))
}

fn tell(answers: &Answers, dry_run: bool, form: Form, shell: &mut Shell<'_>) -> Result<(), Failure> {
    if form.json {
        let lines = |(held, entries): &(Held, Vec<Inbox>)| {
            let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
            json::decision(held, &entries)
        };
        let refused = |(held, why): &(Held, String)| json::decision(held, std::slice::from_ref(why));
        let decided: Vec<_> = answers.entries.iter().map(lines).collect();
        let refused: Vec<_> = answers.refused.iter().map(refused).collect();
        writeln!(shell.out, "{}", serde_json::json!({"dry_run": dry_run, "decided": decided, "refused": refused}))?;
        return Ok(());
    }
    for (held, entries) in &answers.entries {
        for entry in entries {
            writeln!(shell.out, "{} {}: {entry}", held.entity, text::numbers(&held.numbers))?;
        }
    }
    for (held, why) in &answers.refused {
        writeln!(shell.out, "{} {}: not decided: {why}", held.entity, text::numbers(&held.numbers))?;
    }
    let count = answers.entries.len();
    let end = match dry_run {
        true => format!("{count} would be decided; nothing was, without --dry-run it is."),
        false => format!("{count} decided; the next run takes it up."),
    };
    writeln!(shell.out, "{end}")?;
    Ok(())
}

/// The one choice that was made.
async fn choice(session: &Session, how: &Decide) -> Result<Choice, Failure> {
    if let Some(connection) = &how.take {
        return Ok(Choice::Take(connection.clone()));
    }
    if let Some(connection) = &how.leave {
        return Ok(Choice::Leave(Some(connection.clone()).filter(|name| !name.is_empty())));
    }
    if let Some(record) = &how.bind {
        let meant = session.engine.meant(record).await?;
        return match (meant.records.as_slice(), meant.reference) {
            (_, Some(reference)) => Ok(Choice::BindTo(reference)),
            ([one], None) => Ok(Choice::Bind(*one)),
            ([], None) => Err(Failure::usage(records::unknown(record))),
            (several, None) => {
                let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(Failure::usage(format!("'{record}' may be any of {}; give one of these ids", ids.join(", "))))
            }
        };
    }
    Ok(match how {
        Decide { create: true, .. } => Choice::Create,
        Decide { same: true, .. } => Choice::Same,
        Decide { remove: true, .. } => Choice::Remove,
        Decide { confirm: true, .. } => Choice::Confirm,
        _ => Choice::Value(records::fields(&how.value)?),
    })
}
