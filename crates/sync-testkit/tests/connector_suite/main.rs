//! The rules for connectors prove something: an honest connector keeps all of them, and each one notices its own lie.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by them")]

mod fixture;
mod handlers;
mod liar;
mod vendor;

use std::{collections::BTreeSet, sync::Arc};

use fixture::Library;
use sync_core::StreamId;
use sync_testkit::{
    connector_suite::{
        CHECKS, Check, ConnectorFixture, Live, findings, prove, prove_live, unexercised, waivers_make_sense,
    },
    drive,
};

mod honest {
    sync_testkit::connector_suite! {
        fixture: crate::Library::honest(),
        run: sync_testkit::drive,
        waivers: &[],
    }
}

fn lying(about: &'static str) -> Arc<dyn ConnectorFixture> {
    Arc::new(Library::lying(about))
}

/// Lies that other checks trip over too, since they rest on what is claimed there; all other lies are noticed by their
/// own check alone.
const ALSO: &[(&str, &[&str])] = &[
    ("C-02", &["C-40", "C-50"]),
    ("C-10", &["C-12", "C-20"]),
    ("C-11", &["C-12"]),
    ("C-18", &["C-19"]),
    ("C-19", &["C-40", "C-47", "C-50", "C-56"]),
    ("C-21", &["C-22"]),
    ("C-23", &["C-25"]),
    ("C-25", &["C-23"]),
    ("C-30", &["C-31", "C-60"]),
    ("C-32", &["C-33"]),
    ("C-40", &["C-47"]),
    ("C-41", &["C-42", "C-57"]),
    ("C-43", &["C-32"]),
    ("C-45", &["C-12", "C-26", "C-49", "C-59", "C-60", "C-61"]),
    ("C-48", &["C-40", "C-45", "C-46", "C-47"]),
    ("C-50", &["C-51"]),
    ("C-56", &["C-47", "C-72"]),
    ("C-59", &["C-60"]),
    ("C-60", &["C-26", "C-49", "C-59"]),
    ("C-72", &["C-70"]),
    ("C-80", &["C-42", "C-50", "C-56"]),
    ("C-81", &["C-40", "C-47", "C-50", "C-51"]),
    ("C-55", &["C-50"]),
    ("C-94", &["C-40", "C-47", "C-50"]),
];

#[test]
fn a_lie_is_noticed_by_its_own_check_and_by_those_that_rest_on_it() {
    let ids: Vec<&str> = CHECKS.iter().flat_map(|family| family.iter().map(Check::id)).collect();
    let mut wrong = Vec::new();
    for lie in &ids {
        let notices = |id: &&&str| !drive(findings(id, lying(lie))).unwrap().is_empty();
        let noticed: BTreeSet<&str> = ids.iter().filter(notices).copied().collect();
        let also = ALSO.iter().find(|(of, _)| of == lie).map_or(&[][..], |(_, also)| also);
        let expected: BTreeSet<&str> = also.iter().chain([lie]).copied().collect();
        if noticed != expected {
            wrong.push(format!("{lie} is noticed by {noticed:?}, not by {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!drive(unexercised(async || lying("C-04"))).is_empty(), "C-04");
}

#[test]
fn a_real_account_keeps_what_was_there_and_loses_what_was_made() {
    let library = Arc::new(Library::lying(""));
    let theirs: Vec<_> = ["cards", "tasks", "papers", "bills"].map(StreamId::new).into();
    for stream in &theirs {
        drive(library.seed(stream, 4));
    }
    let all = |stream: &StreamId| {
        let alive = library.vendor.visible(stream).into_iter().filter(|wire| !wire.removed);
        alive.map(|wire| serde_json::to_string(&wire).unwrap()).collect::<Vec<_>>()
    };
    let before: Vec<Vec<String>> = theirs.iter().map(all).collect();
    let of = library.clone();
    let samples = Arc::new(move |stream: &StreamId, _: &str, _: usize| drive(of.sample(stream, 0)));
    let of = library.clone();
    let values = Arc::new(move |stream: &StreamId, path, nth| of.value(stream, path, nth));
    let live = Live::new(library.connector(), library.context(), "run-1", samples).with_values(values);
    let live = live.with_volatile(["changed", "revision"]);
    assert_eq!(drive(prove_live(&live, &[])), Ok(()));
    let made = library.vendor.kept().log.iter().filter(|sent| sent.writes && !sent.signs_in).count();
    assert!(made > 100, "it tried hardly anything: {made}");
    let after: Vec<Vec<String>> = theirs.iter().map(all).collect();
    assert_eq!(before, after);
}

#[test]
fn a_real_account_shows_a_lie_too() {
    for lie in ["C-10", "C-40", "C-50", "C-60", "C-90"] {
        let library = Arc::new(Library::lying(lie));
        let of = library.clone();
        let samples = Arc::new(move |stream: &StreamId, _: &str, _: usize| drive(of.sample(stream, 0)));
        let of = library.clone();
        let values = Arc::new(move |stream: &StreamId, path, nth| of.value(stream, path, nth));
        let live = Live::new(library.connector(), library.context(), "run-1", samples).with_values(values);
        let live = live.with_volatile(["changed", "revision"]);
        // steps need somebody at the vendor's side: a real account shows nothing of them
        assert_eq!(drive(prove_live(&live, &[])).is_err(), lie != "C-90", "{lie}");
    }
}

#[test]
fn a_waiver_covers_its_finding_and_an_unused_one_fails() {
    let open = async || lying("C-42");
    let told = drive(prove("C-42", open, &[])).unwrap_err();
    assert!(told.contains("cards/name"), "{told}");
    assert_eq!(drive(prove("C-42", open, &[("C-42", "cards/name", "names are short here")])), Ok(()));
    assert_eq!(drive(prove("C-42", open, &[("C-42", "cards/*", "texts are short here")])), Ok(()));
    let other = [("C-42", "cards/name", "names are short here"), ("C-42", "cards/phone", "so are telephones here")];
    let told = drive(prove("C-42", open, &other)).unwrap_err();
    assert!(told.contains("cards/phone") && told.contains("nothing to waive"), "{told}");
    let told = drive(prove("C-10", async || lying(""), &[("C-10", "cards", "it was so once")])).unwrap_err();
    assert!(told.contains("take the waiver out"), "{told}");
}

#[test]
fn a_waiver_needs_a_check_a_place_and_a_reason() {
    assert_eq!(waivers_make_sense(&[("C-10", "cards", "pages are numbers there")]), Ok(()));
    for waiver in [
        ("C-999", "cards", "pages are numbers there"),
        ("C-10", "", "pages are numbers there"),
        ("C-10", "cards", "so"),
    ] {
        assert!(waivers_make_sense(&[waiver]).is_err(), "{waiver:?}");
    }
}

#[test]
fn the_numbers_are_each_there_once() {
    let mut ids: Vec<&str> = CHECKS.iter().flat_map(|family| family.iter().map(Check::id)).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(
        CHECKS
            .iter()
            .flat_map(|family| family.iter())
            .all(|check| !check.gate().is_empty() && !check.what().is_empty())
    );
}

#[test]
fn the_page_of_rules_names_each_check_as_it_is() {
    let page = include_str!("../../../../docs/spec/connector.md");
    for check in CHECKS.iter().flat_map(|family| family.iter()) {
        let line = format!("| {} | {} | {} |", check.id(), check.gate(), check.what());
        assert!(page.contains(&line), "docs/spec/connector.md lacks: {line}");
    }
    let named = page.lines().filter(|line| line.starts_with("| C-")).count();
    assert_eq!(named, CHECKS.iter().map(|family| family.len()).sum::<usize>() + 1, "and C-04");
}
