//! Handlers, router, layers and hooks against a small vendor in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod hooks;
mod layers;
mod read;
mod vendor;
mod write;
