//! Doubles and suites for tests.
pub mod memory;

pub use memory::MemoryStore;
