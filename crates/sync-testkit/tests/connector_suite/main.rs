//! The rules for connectors prove something: an honest connector keeps all of them, and each one notices its own lie.

mod fixture;
mod handlers;
mod liar;
mod vendor;

use std::sync::Arc;

use fixture::Library;
use sync_testkit::{
    connector_suite::{CHECKS, Check, ConnectorFixture, findings, prove, unexercised, waivers_make_sense},
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

#[test]
fn every_check_notices_its_own_lie() {
    let mut blind = Vec::new();
    for id in CHECKS.iter().flat_map(|family| family.iter().map(Check::id)) {
        if drive(findings(id, lying(id))).unwrap().is_empty() {
            blind.push(id);
        }
    }
    assert!(blind.is_empty(), "these checks notice nothing when their claim is false: {blind:?}");
    assert!(!drive(unexercised(async || lying("C-04"))).is_empty(), "C-04");
}

#[test]
fn a_lie_is_noticed_by_few_others() {
    // a lie about one rule must not make the suite cry everywhere: then nobody could tell what is wrong
    let ids: Vec<&'static str> = CHECKS.iter().flat_map(|family| family.iter().map(Check::id)).collect();
    let mut noticed = 0;
    for lie in &ids {
        noticed += ids.iter().filter(|id| !drive(findings(id, lying(lie))).unwrap().is_empty()).count();
    }
    assert!(noticed < ids.len() * 4, "{} lies are noticed {noticed} times", ids.len());
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
