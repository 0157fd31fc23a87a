//! The fields of each resource, from the vendor's document of February 2026.
//!
//! What lists can be filtered by is no part of that document; the marks are those of this project's reference.

pub(crate) mod codes;
pub(crate) mod company;
pub(crate) mod draft;
pub(crate) mod invoice;
pub(crate) mod ledger;
pub(crate) mod order;
pub(crate) mod quote;
pub(crate) mod register;
pub(crate) mod trade;
