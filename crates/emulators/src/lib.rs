//! Stateful HTTP doubles of the vendors, for tests in any language.
//!
//! Each is written from its vendor's own description and enforces what that vendor enforces; none shares code with the
//! connectors that it tests. [`frame`] is what all of them share and describes the control interface.

#[cfg(feature = "eekonomi")]
pub mod eekonomi;
pub mod frame;
#[cfg(feature = "starweb")]
pub mod starweb;
#[cfg(feature = "visma-net")]
pub mod visma_net;
#[cfg(feature = "webcrm")]
pub mod webcrm;

pub use frame::{Emulator, Options};
