//! What a program lends to its connections.

use std::{fmt, sync::Arc};

use crate::{Limits, MemoryTokens, Timer, TokenStore, TokioTimer, Transport};

/// What a program lends to its connections, whatever the vendor.
#[derive(Clone)]
pub struct Environment {
    /// Connections of the process.
    pub transport: Transport,
    /// Rate limits of the process: some vendors count per client over all tenants.
    pub limits: Arc<Limits>,
    /// How waits are waited.
    pub timer: Arc<dyn Timer>,
    /// Where tokens are kept, under the connection's name. Of a vendor that gives a new one for the asking, memory will do.
    pub tokens: Arc<dyn TokenStore>,
}

impl Environment {
    /// With the machine's timer.
    pub fn new(transport: Transport, limits: Arc<Limits>, tokens: Arc<dyn TokenStore>) -> Self {
        Self { transport, limits, timer: Arc::new(TokioTimer::new()), tokens }
    }
    /// The same with tokens that are forgotten with it: for vendors that give a new one for the asking. One that is kept
    /// would hide credentials that are no longer good.
    #[must_use]
    pub fn without_tokens(&self) -> Self {
        Self { tokens: Arc::new(MemoryTokens::new()), ..self.clone() }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}
