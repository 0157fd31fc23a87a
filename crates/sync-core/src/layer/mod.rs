//! Wrappers around a connector, kept as an ordered list.
//!
//! ```
//! use std::sync::Arc;
//! use sync_core::connector::Connector;
//! use sync_core::layer::{Checked, ReadOnly, Stack};
//!
//! fn for_reports(connector: Arc<dyn Connector>) -> Arc<dyn Connector> {
//!     Stack::new(connector).with(Checked).with(ReadOnly).build()
//! }
//! ```
//!
//! The first layer is next to the connector, the last is what a caller meets. No layer repeats a call: waiting and
//! repeating happen in the HTTP client alone. Usual orders: `Checked`, `Trace`; for a rehearsal `DryRun`, `Checked`,
//! `Trace`, so that what would be refused is still refused.

mod checked;
mod content;
mod dry_run;
mod read_only;
mod trace;

use std::{fmt, sync::Arc};

pub use checked::Checked;
pub use dry_run::{DryRun, DryRunSink};
pub use read_only::ReadOnly;
pub use trace::{Called, Trace, TraceSink};

use crate::connector::Connector;

/// Makes a wrapper around a connector.
///
/// The wrapper forwards every method of [`Connector`]; put `#[deny(clippy::missing_trait_methods)]` on its
/// implementation, so that a method added later cannot be forgotten.
pub trait Layer: fmt::Debug + Send + Sync {
    /// One word, for printed stacks.
    fn name(&self) -> &'static str;
    /// `inner` with this layer around it.
    fn wrap(&self, inner: Arc<dyn Connector>) -> Arc<dyn Connector>;
}

/// A connector with the layers around it, from the inside out. The list is kept: a stack can be printed, changed and
/// built again.
#[derive(Clone, Debug)]
pub struct Stack {
    base: Arc<dyn Connector>,
    layers: Vec<Arc<dyn Layer>>,
}

impl Stack {
    /// The connector alone.
    pub fn new(base: Arc<dyn Connector>) -> Self {
        Self { base, layers: Vec::new() }
    }
    /// The same with one layer more, outside all others.
    #[must_use]
    pub fn with(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }
    /// The same without the layers of that name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.layers.retain(|layer| layer.name() != name);
        self
    }
    /// The same layers around another connector.
    #[must_use]
    pub fn around(&self, base: Arc<dyn Connector>) -> Self {
        Self { base, layers: self.layers.clone() }
    }
    /// The connector inside.
    pub fn base(&self) -> &Arc<dyn Connector> {
        &self.base
    }
    /// The layers from the inside out.
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        &self.layers
    }
    /// The connector to call.
    pub fn build(&self) -> Arc<dyn Connector> {
        self.layers.iter().fold(self.base.clone(), |inner, layer| layer.wrap(inner))
    }
}

/// From the inside out: `starweb:se, checked, trace`.
impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.base.info().system)?;
        self.layers.iter().try_for_each(|layer| write!(f, ", {}", layer.name()))
    }
}
