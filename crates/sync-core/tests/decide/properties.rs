//! Histories for each rule: nothing lost, stuck, blanked, echoed; and the other properties of the model.

use crate::model::{Case, RuleKind, run, shrunk};

/// Histories for each rule; more with `SAMKLANG_HISTORIES`.
#[allow(clippy::disallowed_methods, reason = "how long to test is the tester's choice")]
fn histories() -> u64 {
    std::env::var("SAMKLANG_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000)
}

/// The first seed; another one with `SAMKLANG_SEED`, to run one history again or others.
#[allow(clippy::disallowed_methods, reason = "which histories to test is the tester's choice")]
fn first_seed() -> u64 {
    std::env::var("SAMKLANG_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

fn hold_for(kinds: &[RuleKind]) {
    let first = first_seed();
    for kind in kinds {
        eprintln!("{kind:?}: seeds {first} to {}", first + histories() - 1);
        for seed in first..first + histories() {
            let case = Case::new(*kind, seed);
            if let Err(failure) = run(&case, None) {
                let (case, failure) = shrunk(case, None, failure);
                panic!(
                    "{kind:?}, seed {seed}: {:?}: {}\n{:#?}\nwith {:?}\n{}",
                    failure.what,
                    failure.how,
                    case.systems,
                    case.rule,
                    failure.log.join("\n")
                );
            }
        }
    }
}

#[test]
fn shared_and_held() {
    hold_for(&[RuleKind::Hold]);
}

#[test]
fn shared_and_preferred() {
    hold_for(&[RuleKind::Prefer]);
}

#[test]
fn shared_and_newest() {
    hold_for(&[RuleKind::Newest]);
}

#[test]
fn mastered() {
    let mastered = |kind: &RuleKind| matches!(kind, RuleKind::Master(..));
    hold_for(&RuleKind::all().into_iter().filter(mastered).collect::<Vec<_>>());
}

#[test]
fn seeded() {
    hold_for(&[RuleKind::Seed]);
}

#[test]
fn summed() {
    hold_for(&[RuleKind::Sum]);
}
