//! The connector from outside: what it decodes, what it sends, and how it does against the emulated shop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod catalogue;
mod catalogue_reads;
mod conformance;
mod customer_writes;
mod customers;
mod double;
mod emulated;
mod fault_table;
mod faults;
mod flows;
mod fuzz;
mod live;
mod orders;
mod products;
mod requests;
mod shelf;
mod spec;
mod support;
mod writes;
