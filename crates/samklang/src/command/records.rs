//! `candidates`, `replay`, `forget`; and what all commands about single records share.

use sync_core::{CanonicalId, FieldPath, store::Inbox};

use super::Shell;
use crate::{
    args::{Form, Replay},
    fail::Failure,
    file::Config,
    session::{Session, id_of},
    show::{json, text},
};

/// Candidates that are shown where nobody said how many.
pub(super) const FEW: usize = 3;

/// Lists records that may be the same as one.
///
/// # Errors
/// The store's, and a text that means no record.
pub(super) async fn candidates(
    session: &Session,
    record: &str,
    most: usize,
    form: Form,
    shell: &mut Shell<'_>,
) -> Result<u8, Failure> {
    let mut found = Vec::new();
    for id in known(session, record).await? {
        found.extend(session.engine.candidates(id, most).await?);
    }
    if form.json {
        writeln!(shell.out, "{}", json::candidates(&found))?;
    } else if found.is_empty() {
        writeln!(shell.out, "Nothing is like it.")?;
    } else {
        found.iter().try_for_each(|one| text::candidate(shell.out, one))?;
    }
    Ok(0)
}

/// Has records looked at once more.
///
/// # Errors
/// The store's, a text that means no record, and a connection that there is none of.
pub(super) async fn replay(
    session: &Session,
    config: &Config,
    what: &Replay,
    shell: &mut Shell<'_>,
) -> Result<u8, Failure> {
    let mut entries = Vec::new();
    for record in &what.records {
        for id in known(session, record).await? {
            entries.extend(session.engine.replays(id).await?);
        }
    }
    if let Some(since) = what.since {
        let unknown = what.connection.iter().find(|name| !config.connections.contains_key(*name));
        if let Some(name) = unknown {
            let names: Vec<&str> = config.connections.keys().map(String::as_str).collect();
            return Err(Failure::usage(format!("there is no connection '{name}'; there are {}", names.join(", "))));
        }
        let asked = config.connections.iter();
        let asked = asked.filter(|(name, _)| what.connection.is_empty() || what.connection.contains(name));
        let systems: Vec<_> = asked.map(|(name, connection)| id_of(name, connection)).collect();
        entries.extend(session.engine.replays_since(&systems, since));
    }
    post(session, entries, false, Form { json: false }, shell).await
}

/// Removes all personal data of a record, once that was said twice.
///
/// # Errors
/// The store's, and a text that means no record or several.
pub(super) async fn forget(session: &Session, record: &str, yes: bool, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let ids = known(session, record).await?;
    let [id] = ids.as_slice() else {
        let all: Vec<String> = ids.iter().map(ToString::to_string).collect();
        return Err(Failure::usage(format!("'{record}' may be any of {}; give one of these ids", all.join(", "))));
    };
    let Some(binding) = session.store.bindings(&[*id]).await?.pop() else {
        return Err(Failure::usage(unknown(record)));
    };
    let names: Vec<String> = binding.references().map(|reference| reference.to_string()).collect();
    let who = format!("{} {} ({})", binding.entity, text::numbers(&binding.numbers), names.join(", "));
    if !yes {
        writeln!(
            shell.out,
            "{who} would be forgotten: what is kept of it here, its journal included; what returns under"
        )?;
        writeln!(shell.out, "these references is skipped. It cannot be taken back. To do it: add --yes")?;
        return Ok(0);
    }
    session.engine.forget(*id).await?;
    writeln!(shell.out, "{who} is forgotten here. Its systems still have it: delete it there too.")?;
    Ok(0)
}

/// The records that a text may mean.
///
/// # Errors
/// There is none.
pub(super) async fn known(session: &Session, record: &str) -> Result<Vec<CanonicalId>, Failure> {
    let meant = session.engine.meant(record).await?.records;
    if meant.is_empty() { Err(Failure::usage(unknown(record))) } else { Ok(meant) }
}

pub(super) fn unknown(record: &str) -> String {
    format!("no record is known by '{record}'; give one of its numbers, or a reference as in starweb:se/customers#17")
}

pub(super) fn found(any: bool, record: &str, list: &str) -> Result<(), Failure> {
    let line = || format!("nothing of {record} is {list}; samklang {list} lists what is");
    any.then_some(()).ok_or_else(|| Failure::usage(line()))
}

/// Something waits for a person: 3, as after a run.
pub(super) fn waits(nothing: bool) -> u8 {
    if nothing { 0 } else { 3 }
}

/// `email=info@example.com`: fields and what was typed for them.
///
/// # Errors
/// A text without `=`.
pub(super) fn fields(texts: &[String]) -> Result<Vec<(FieldPath, String)>, Failure> {
    let one = |text: &String| {
        let pair = text.split_once('=').filter(|(field, _)| !field.trim().is_empty());
        let (field, value) = pair.ok_or_else(|| {
            Failure::usage(format!("'{text}' is no field with its value; write it as in email=info@example.com"))
        })?;
        Ok((FieldPath::new(field.trim()), value.to_owned()))
    };
    texts.iter().map(one).collect()
}

/// Puts entries into the inbox and says so.
///
/// # Errors
/// The store's, and if there are none.
pub(super) async fn post(
    session: &Session,
    entries: Vec<Inbox>,
    dry_run: bool,
    form: Form,
    shell: &mut Shell<'_>,
) -> Result<u8, Failure> {
    let lines: Vec<String> = entries.iter().map(ToString::to_string).collect();
    if !dry_run {
        session.engine.post_all(&shell.person(), entries).await?;
    }
    if form.json {
        writeln!(shell.out, "{}", serde_json::json!({"dry_run": dry_run, "posted": lines}))?;
        return Ok(0);
    }
    lines.iter().try_for_each(|line| writeln!(shell.out, "{line}"))?;
    let end = match (lines.is_empty(), dry_run) {
        (true, _) => "Nothing is to be done.",
        (false, true) => "Nothing was done; without --dry-run it is.",
        (false, false) => "The next run takes it up.",
    };
    writeln!(shell.out, "{end}")?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_and_its_value_are_told_apart_at_the_first_sign() {
        let read = fields(&["note=a=b".to_owned()]).unwrap();
        assert_eq!(read, [(FieldPath::new("note"), "a=b".to_owned())]);
        assert!(fields(&["note".to_owned()]).unwrap_err().line.contains("email=info@example.com"));
    }
}
