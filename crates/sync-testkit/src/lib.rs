//! Doubles and suites for tests.
pub mod memory;
#[allow(clippy::indexing_slicing, reason = "these are tests, which others run")]
pub mod store_suite;

pub use memory::MemoryStore;
