//! `journal`: what happened to one record, found by any of its numbers.

use super::{Shell, records};
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
    let ids = records::known(session, record).await?;
    let bindings = session.store.bindings(&ids).await?;
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
