//! The emulated webCRM.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod acts;
mod api;
mod client;
mod gate;
mod hooks;
mod queries;
mod rules;
mod switches;
