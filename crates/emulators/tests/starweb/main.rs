//! The emulated Starweb shop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod api;
mod catalogue;
mod catalogue_switches;
mod client;
mod shop_side;
mod switches;
