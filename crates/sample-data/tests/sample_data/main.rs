//! The sample data, looked at from outside: nothing here asks the generator what it meant to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests are tests too"
)]

mod arithmetic;
mod articles;
mod buyers;
mod bytes;
mod emulated;
mod moved;
mod orders;
mod records;

use records::Files;

/// Everything that must be so whatever the seed.
fn check(files: &Files) {
    articles::check(files);
    orders::check(files);
    buyers::check(files);
    arithmetic::check(files);
}

#[test]
fn the_repositorys_files_are_as_promised() {
    check(&Files::of_repository());
}

#[test]
fn so_are_those_of_other_seeds() {
    for seed in (0..20).chain([u64::MAX]) {
        eprintln!("seed {seed}");
        check(&Files::of(&sample_data::generate(seed)));
    }
}
