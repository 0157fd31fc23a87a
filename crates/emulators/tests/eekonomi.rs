//! What the emulated eEkonomi does, by topic, over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers of tests are tests too")]

#[path = "eekonomi/access.rs"]
mod access;
#[path = "eekonomi/articles.rs"]
mod articles;
#[path = "eekonomi/client.rs"]
mod client;
#[path = "eekonomi/customers.rs"]
mod customers;
#[path = "eekonomi/drafts.rs"]
mod drafts;
#[path = "eekonomi/identity.rs"]
mod identity;
#[path = "eekonomi/invoices.rs"]
mod invoices;
#[path = "eekonomi/lists.rs"]
mod lists;
#[path = "eekonomi/orders.rs"]
mod orders;
#[path = "eekonomi/people.rs"]
mod people;
#[path = "eekonomi/price_lists.rs"]
mod price_lists;
#[path = "eekonomi/settlement.rs"]
mod settlement;
#[path = "eekonomi/stock.rs"]
mod stock;
#[path = "eekonomi/sums.rs"]
mod sums;
#[path = "eekonomi/trade.rs"]
mod trade;
