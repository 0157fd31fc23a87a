//! The emulated Visma.net.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod access;
mod acts;
mod client;
mod documents;
mod lists;
mod masters;
mod orders;
mod others;
mod switches;
mod trade;
