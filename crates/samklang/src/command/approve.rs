//! `approve`: allows once what was counted.

use super::Shell;
use crate::{fail::Failure, session::Session, show::text};

/// Puts the approval into the inbox; the next run takes it up.
///
/// # Errors
/// Nothing waits under this id.
pub(super) async fn approve(session: &Session, id: &str, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    session.engine.approve(id, &shell.person()).await?;
    let counted = session.store.staged(id).await?.map(|staged| text::counted(&staged.counted)).unwrap_or_default();
    writeln!(shell.out, "The next run may write this once: {counted}.")?;
    Ok(0)
}
