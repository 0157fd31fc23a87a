//! The model can fail: each deliberate fault of the bookkeeping is found, and in how many histories.

use crate::model::{Case, RuleKind, Wrong, run, shrunk};

const MOST: u64 = 20_000;

/// How many histories it takes until one goes wrong that goes right without the fault.
fn needed(wrong: Wrong) -> Option<(u64, String)> {
    let kinds = RuleKind::all();
    (1..=MOST).find_map(|n| {
        let kind = kinds[usize::try_from(n).unwrap() % kinds.len()];
        let case = Case::new(kind, n);
        let failure = run(&case, Some(wrong)).err()?;
        run(&case, None).ok()?;
        let (case, failure) = shrunk(case, Some(wrong), failure);
        Some((n, format!("{kind:?}, seed {n}, {} steps: {:?}", case.steps.len(), failure.what)))
    })
}

fn found(wrong: Wrong) {
    let (n, how) = needed(wrong).unwrap_or_else(|| panic!("{wrong:?} is not found in {MOST} histories"));
    eprintln!("{wrong:?}: found after {n} histories: {how}");
}

#[test]
fn an_agreed_value_that_does_not_contend_is_found() {
    found(Wrong::AgreedDoesNotContend);
}

#[test]
fn a_joining_side_that_wins_by_itself_is_found() {
    found(Wrong::JoiningWins);
}

#[test]
fn a_loser_whose_sight_is_not_its_shadow_is_found() {
    found(Wrong::LosersShadowNotKept);
}

#[test]
fn lagging_that_is_forgotten_is_found() {
    found(Wrong::LaggingForgotten);
}

#[test]
fn a_shadow_replaced_by_the_agreed_value_is_found() {
    found(Wrong::ShadowIsAgreed);
}

#[test]
fn a_write_to_a_side_that_waits_for_a_person_is_found() {
    found(Wrong::HeldIsWritten);
}

#[test]
fn a_look_that_passes_over_what_was_never_seen_is_found() {
    found(Wrong::UnseenIsOverwritten);
}

#[test]
fn a_seed_that_is_written_over_what_is_there_is_found() {
    found(Wrong::SeedOverwrites);
}
