//! Where the engine keeps its memory: implementations of [`sync_core::store::StateStore`].
//!
//! * [`SqliteStore`] (feature `sqlite`, on by default): one file per tenant, nothing to install or to run.
//!
//! Whoever writes another one proves it with `sync_testkit::store_suite!`.

#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
