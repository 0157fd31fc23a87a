//! Shows that the simulation can fail: plays histories against an engine with one deliberate fault after the other, until
//! each is found.
//!
//! `cargo run --release -p sync-testkit --features faults --example faults [-- --histories 20000] [--only NAME]`

#![allow(clippy::print_stdout, reason = "its report is its output")]

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use sync_core::fault::{Fault, choose};
use sync_testkit::simulation::{Breadth, DocumentHistory, History, Verdict};

/// All of them.
const FAULTS: [Fault; 18] = [
    Fault::ShadowIsAgreed,
    Fault::NoIntent,
    Fault::NoWait,
    Fault::OneLook,
    Fault::CursorBeforeDecision,
    Fault::LaggingForgotten,
    Fault::LaggingIsNoWork,
    Fault::AgreedDoesNotContend,
    Fault::JoiningWins,
    Fault::LosersShadowNotKept,
    Fault::OpenIntentDoesNotLock,
    Fault::FacetsWrittenApart,
    Fault::EffectKeyNotStored,
    Fault::GuardOff,
    Fault::AbsenceFromPartialListing,
    Fault::TotalsUnchecked,
    Fault::AliasMergedFrom,
    Fault::ScopeExitIsRemoval,
];

/// Faults that only documents can show.
const OF_DOCUMENTS: [Fault; 3] = [Fault::OneLook, Fault::EffectKeyNotStored, Fault::TotalsUnchecked];

const THREADS: u64 = 2;

fn main() -> ExitCode {
    let (most, only) = match asked() {
        Ok(asked) => asked,
        Err(fault) => {
            eprintln!("{fault}; write [--histories N] [--only NAME]");
            return ExitCode::from(1);
        }
    };
    println!("| fault | histories needed | found as |\n|---|---|---|");
    let mut all = true;
    for fault in FAULTS {
        let name = format!("{fault:?}");
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        match found(fault, most) {
            Some((number, how)) => println!("| {name} | {number} | {how} |"),
            None => {
                println!("| {name} | not in {most} | |");
                all = false;
            }
        }
    }
    if all { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// The first history that goes wrong with a fault and not without it.
fn found(fault: Fault, most: u64) -> Option<(u64, String)> {
    let next = AtomicU64::new(1);
    let found: Mutex<BTreeMap<u64, String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > most || !found.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                        return;
                    }
                    choose(Some(fault));
                    let verdict = play(fault, seed);
                    choose(None);
                    if let Some(wrong) = verdict.first()
                        && play(fault, seed).is_clean()
                    {
                        found.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, wrong.word().to_owned());
                    }
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().next()
}

fn play(fault: Fault, seed: u64) -> Verdict {
    if OF_DOCUMENTS.contains(&fault) {
        return DocumentHistory::from_seed(seed).run();
    }
    History::within(seed, Breadth::Everything).run()
}

fn asked() -> Result<(u64, Option<String>), String> {
    let (mut most, mut only) = (20_000, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a value"))?;
        match word.as_str() {
            "--histories" => most = value.parse().map_err(|_| format!("'{value}' is no number"))?,
            "--only" => only = Some(value),
            _ => return Err(format!("'{word}' is not known")),
        }
    }
    Ok((most, only))
}
