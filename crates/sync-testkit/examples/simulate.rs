//! Plays many histories and stops at the first that goes wrong.
//!
//! `cargo run --release -p sync-testkit --example simulate -- --histories 100000 [--seed N] [--threads 2] [--level 0..5]`
//!
//! Without `--level` it plays level 4, everything but documents. 0 is a master and one other system without trouble, 1 adds
//! trouble and crashes, 2 every field rule and up to four systems, 3 removals, copies, match rules, links and scopes, 4
//! facets. 5 plays documents: orders and invoices between a shop and an ERP.
//!
//! `--seed N`, or `SAMKLANG_SEED`, is the first seed; with `--histories 1` it repeats one history. `--all` goes on after
//! a failure and counts.

#![allow(clippy::print_stdout, reason = "its report is its output")]

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use sync_testkit::simulation::{Breadth, DocumentHistory, History, Verdict, Wrong};

struct Asked {
    histories: u64,
    seed: u64,
    threads: u64,
    level: u64,
    all: bool,
    /// How many failures of each sort are shown.
    show: usize,
}

#[derive(Default)]
struct Sums {
    wrong: BTreeMap<Wrong, u64>,
    histories: u64,
    edits: u64,
    writes: u64,
    crashes: u64,
    held: u64,
    parked: u64,
    window: u64,
    failed: BTreeMap<Wrong, Vec<u64>>,
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(fault) => {
            eprintln!("{fault}; write --histories N [--seed N] [--threads N] [--level 0..5] [--all]");
            return ExitCode::from(1);
        }
    };
    let level = asked.level;
    let sums = Mutex::new(Sums::default());
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..asked.threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= asked.histories {
                        return;
                    }
                    let seed = asked.seed.wrapping_add(number);
                    let verdict = play(seed, level);
                    let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
                    sums.add(seed, &verdict);
                    if !verdict.is_clean() && !asked.all {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (wrong, seeds) in &sums.failed {
        let mut seeds = seeds.clone();
        seeds.sort_unstable();
        for seed in seeds.iter().take(asked.show) {
            tell(*seed, level, *wrong);
        }
    }
    if asked.all {
        for (wrong, seeds) in &sums.failed {
            eprintln!(
                "{}: {} histories, seeds {:?}",
                wrong.word(),
                seeds.len(),
                seeds.iter().take(12).collect::<Vec<_>>()
            );
        }
    }
    let counts: Vec<String> = Wrong::ALL
        .iter()
        .map(|wrong| format!("{} {}", wrong.word(), sums.wrong.get(wrong).copied().unwrap_or_default()))
        .collect();
    println!(
        "histories {} {} window {} edits {} writes {} crashes {} held {} parked {}",
        sums.histories,
        counts.join(" "),
        sums.window,
        sums.edits,
        sums.writes,
        sums.crashes,
        sums.held,
        sums.parked
    );
    if sums.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

impl Sums {
    fn add(&mut self, seed: u64, verdict: &Verdict) {
        self.histories += 1;
        for (wrong, lines) in &verdict.wrong {
            *self.wrong.entry(*wrong).or_default() += u64::try_from(lines.len()).unwrap_or_default();
        }
        if let Some(wrong) = verdict.first() {
            eprintln!("seed {seed} is {}", wrong.word());
            self.failed.entry(wrong).or_default().push(seed);
        }
        self.edits += verdict.edits;
        self.writes += verdict.writes;
        self.crashes += verdict.crashes;
        self.held += verdict.held;
        self.parked += verdict.parked;
        self.window += verdict.window;
        if self.histories.is_multiple_of(1000) {
            eprintln!("{} histories, {} failed", self.histories, self.failed.values().map(Vec::len).sum::<usize>());
        }
    }
}

/// The level that plays documents.
const DOCUMENTS: u64 = 5;

fn play(seed: u64, level: u64) -> Verdict {
    match level {
        DOCUMENTS.. => DocumentHistory::from_seed(seed).run(),
        _ => History::within(seed, Breadth::from_level(level)).run(),
    }
}

fn tell(seed: u64, level: u64, wrong: Wrong) {
    let verdict = play(seed, level);
    let (small, again) = match level {
        DOCUMENTS.. => {
            let small = DocumentHistory::from_seed(seed).shrink(&verdict);
            (small.to_string(), small.run())
        }
        _ => {
            let small = History::within(seed, Breadth::from_level(level)).shrink(&verdict);
            (small.to_string(), small.run())
        }
    };
    println!("seed {seed} is {}:\n{verdict}\n\nthe smallest history that is so:\n{small}\n{again}\n", wrong.word());
}

fn asked() -> Result<Asked, String> {
    let seed = from_environment()?;
    let mut asked = Asked { histories: 1_000, seed, threads: 2, level: 4, all: false, show: 1 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--all" {
            asked.all = true;
            continue;
        }
        let number = words.next().ok_or(format!("{word} needs a number"))?;
        let number: u64 = number.parse().map_err(|_| format!("'{number}' is no number"))?;
        match word.as_str() {
            "--histories" => asked.histories = number,
            "--seed" => asked.seed = number,
            "--threads" => asked.threads = number.max(1),
            "--level" => asked.level = number,
            "--show" => asked.show = usize::try_from(number).unwrap_or(1),
            _ => return Err(format!("'{word}' is not known")),
        }
    }
    Ok(asked)
}

#[allow(clippy::disallowed_methods, reason = "a program for tests, not a library")]
fn from_environment() -> Result<u64, String> {
    match std::env::var("SAMKLANG_SEED") {
        Ok(text) => text.parse().map_err(|_| format!("SAMKLANG_SEED is '{text}', which is no number")),
        Err(_) => Ok(1),
    }
}
