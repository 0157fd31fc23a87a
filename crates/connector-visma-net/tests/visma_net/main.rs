//! The connector from outside: what it decodes, what it sends, and what it makes of odd answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod beside;
mod books;
mod conformance;
mod connect;
mod documents;
mod emulated;
mod engine;
mod errors;
mod fault_table;
mod fuzz;
mod lists;
mod login;
mod masters;
mod orders;
mod spec;
mod support;
mod told;
mod unknowns;
