//! The connector from outside: what it asks for and decodes, and how it does against the emulated system.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by them")]

mod article_shapes;
mod articles;
mod conformance;
mod connect;
mod customers;
mod decode;
mod document_shapes;
mod documents;
mod emulated;
mod engine;
mod fault_table;
mod fuzz;
mod invoices;
mod live;
mod orders;
mod price_list;
mod quotes;
mod registers;
mod shapes;
mod support;
mod vendor;
