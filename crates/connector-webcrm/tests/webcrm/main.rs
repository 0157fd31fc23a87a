//! The connector from outside: what it decodes, what it sends, and what it makes of odd answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod conformance;
mod connect;
mod documents;
mod emulated;
mod engine;
mod fault_table;
mod faults;
mod fuzz;
mod items;
mod listing;
mod live;
mod orders;
mod organisations;
mod persons;
mod quotes;
mod silences;
mod spec;
mod support;
mod vendor_faults;
mod writes;
