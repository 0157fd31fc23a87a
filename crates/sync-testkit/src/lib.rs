//! Doubles and suites for tests: systems and stores in memory, time and chance that a test decides, the rules for
//! connectors and for stores.
pub mod connector_suite;
pub mod memory;
pub mod mock;
pub mod simulation;
#[allow(clippy::indexing_slicing, reason = "these are tests, which others run")]
pub mod store_suite;
pub mod time;
pub mod world;

pub use memory::MemoryStore;
pub use mock::Mock;
pub use time::{Dice, VirtualClock};
pub use world::{World, drive};
