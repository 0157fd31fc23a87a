//! `journal`: what happened to one record, found by any of its numbers.

use std::collections::BTreeSet;

use sync_core::{CanonicalId, ExternalRef};
use uuid::Uuid;

use super::Shell;
use crate::{
    args::Form,
    fail::Failure,
    session::Session,
    show::{json, text},
};

/// More than anybody reads.
const MOST: usize = 1000;

/// Prints the journal of every record that the text may mean.
///
/// # Errors
/// The store's, and a text that means no record.
pub(super) async fn journal(session: &Session, record: &str, form: Form, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let ids = meant(session, record).await?;
    let bindings = session.store.bindings(&ids).await?;
    if bindings.is_empty() {
        let line = format!(
            "no record is known by '{record}'; give one of its numbers, or a reference as in starweb:se/customers#17"
        );
        return Err(Failure::usage(line));
    }
    let mut told = Vec::new();
    for (count, binding) in bindings.iter().enumerate() {
        let events = session.store.journal(&[binding.id], MOST).await?;
        if form.json {
            told.push(json::history(binding, &events)?);
            continue;
        }
        if count > 0 {
            writeln!(shell.out)?;
        }
        text::history(shell.out, binding, &events)?;
    }
    if form.json {
        writeln!(shell.out, "{}", serde_json::Value::from(told))?;
    }
    Ok(0)
}

async fn meant(session: &Session, record: &str) -> Result<Vec<CanonicalId>, Failure> {
    if let Ok(id) = record.parse::<Uuid>() {
        return Ok(vec![CanonicalId::from_uuid(id)]);
    }
    if let Ok(reference) = record.parse::<ExternalRef>() {
        let bound = session.store.bound(&[reference]).await?;
        if !bound.is_empty() {
            return Ok(bound.into_iter().map(|(_, id)| id).collect());
        }
    }
    let mut seen = BTreeSet::new();
    let numbered = session.store.numbered(record).await?;
    Ok(numbered.into_iter().filter(|id| seen.insert(*id)).collect())
}
