//! What a demo asks of the systems that a flow is played between. A pair of vendors is one implementation.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use url::Url;

use super::{edit::Edit, sample::About, summary::Waiting, time::Time, totals::Compared};
use crate::fail::Failure;

/// Emulators with the sample data in them, and what is known of them.
pub(super) trait Systems {
    /// What they hold, read from the emulators and never asked of the engine.
    type States;

    /// The clock of all of them and of the engine.
    fn time(&self) -> &Arc<Time>;
    /// What they hold now.
    fn states(&self) -> Self::States;
    /// Which there are.
    fn present(&self) -> Vec<Present>;
    /// Writes the configuration: the preset, the addresses and credentials of the emulators, and what the demo adds.
    ///
    /// # Errors
    /// The folder cannot be written to.
    fn configure(&self, flow: &str, folder: &Path) -> Result<PathBuf, Failure>;
    /// Agrees to a login as a person does on the vendor's page; gives the address that the browser is sent back to.
    ///
    /// # Errors
    /// The address is another vendor's, or the vendor refuses.
    fn agree(&self, address: &Url) -> Result<String, Failure>;
    /// Why the first run leaves open what became of some new records, where it does.
    fn looks_again(&self) -> Option<&'static str> {
        None
    }
    /// Forgets the requests so far.
    fn clear_requests(&self);
    /// Requests since, by connection, those for tokens not counted.
    fn requests(&self) -> BTreeMap<String, u64>;
    /// What was set off so far, as the systems' own journals tell it.
    fn effects(&self) -> BTreeMap<&'static str, u64>;
    /// Does what people do in the systems' own screens.
    ///
    /// # Errors
    /// There is nothing that an edit fits, or a system would not let them.
    fn edits(&self, about: &About) -> Result<Vec<Edit<Self::States>>, Failure>;
    /// Holds what is there in the end against what the sample data says.
    fn judge(&self, about: &About, become_invoices: bool, held: &[Waiting]) -> Verdict;
}

/// One of the systems.
pub(super) struct Present {
    pub(super) connection: &'static str,
    /// The vendor's name for it.
    pub(super) system: &'static str,
    pub(super) address: String,
    /// What is in it, for people.
    pub(super) holds: String,
}

impl Present {
    pub(super) fn new(connection: &'static str, system: &'static str, address: &str, holds: String) -> Self {
        Self { connection, system, address: address.to_owned(), holds }
    }
}

/// What came of a flow.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Documents whose totals were compared, and how many there should be; none of a flow without documents.
    pub(super) compared: Option<(Compared, usize)>,
    /// A line for each thing that is not as it should be.
    pub(super) wrong: Vec<String>,
}
