//! `approve`: allows once what was counted.

use super::Shell;
use crate::{fail::Failure, session::Session, show::text};

/// Puts the approval into the inbox; the next run takes it up.
///
/// # Errors
/// Nothing waits under this id.
pub(super) async fn approve(session: &Session, id: &str, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let by = ["USER", "USERNAME"].iter().find_map(|name| (shell.env)(name)).unwrap_or_else(|| "somebody".to_owned());
    session.engine.approve(id, &by).await?;
    let counted = session.store.staged(id).await?.map(|staged| text::counted(&staged.counted)).unwrap_or_default();
    writeln!(shell.out, "The next run may write this once: {counted}.")?;
    Ok(0)
}
