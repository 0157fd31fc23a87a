//! Mappings between a connector's fields and the canonical ones.
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

mod codes;
mod mappers;
mod parts;
mod rows;
