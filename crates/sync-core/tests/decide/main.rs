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

#[cfg(test)]
mod groups;
#[cfg(test)]
mod masters;
#[cfg(test)]
mod model;
#[cfg(test)]
mod points;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod side;
#[cfg(test)]
mod sums;
#[cfg(test)]
mod wrong;
