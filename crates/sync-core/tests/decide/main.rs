//! What is agreed: the settled points one by one, and a merge model with many histories.
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

mod groups;
mod masters;
mod model;
mod points;
mod properties;
mod side;
mod sums;
mod wrong;
