//! Policies: read, checked, compiled.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    reason = "tests may"
)]
#![cfg(test)]

mod compile;
mod conditions;
mod file;
mod hooks;
mod mistakes;
mod predicates;
mod shapes;
mod stock;
mod world;
