//! Many records: what it costs to list them when nothing has changed, when a little has, and to plan when a mapper has.

mod part;
mod rows;
mod seed;
mod show;

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::{Failure, child::Role, measure};
use part::{Scenario, Took};
pub(crate) use part::{Setting, serve};

/// What is measured.
#[derive(Clone, Debug, Args)]
pub(crate) struct Scale {
    /// Bound records; it is measured with twice as many too
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..=20_000_000))]
    records: u64,
    /// Prints one JSON object in place of the text
    #[arg(long)]
    json: bool,
}

/// All scenarios with so many records.
struct Size {
    records: u64,
    /// Microseconds that filling the store took, and its bytes afterwards.
    filled_us: u64,
    stored: u64,
    unchanged: Took,
    mapper: Took,
    changed: Took,
}

/// Measures both sizes, and shows what came of them.
pub(crate) fn scale(asked: &Scale) -> Result<(), Failure> {
    if !asked.json {
        show::settings();
    }
    let mut sizes = Vec::new();
    for records in [asked.records, asked.records.saturating_mul(2)] {
        let size = measured(records)?;
        if !asked.json {
            show::text(&size);
        }
        sizes.push(size);
    }
    let wrong: Vec<String> = sizes.iter().flat_map(faults).collect();
    if asked.json {
        show::json(&sizes);
    } else {
        show::summary(&sizes);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn measured(records: u64) -> Result<Size, Failure> {
    let folder = tempfile::Builder::new().prefix("samklang-bench").tempdir()?;
    let start = std::time::Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(seed::fill(folder.path(), records))?;
    let filled_us = measure::micros(start.elapsed());
    let store = folder.path().join("samklang.db");
    let stored = std::fs::metadata(&store)?.len();
    let run = |scenario| run(&store, records, scenario);
    let (unchanged, mapper) = (run(Scenario::Unchanged)?, run(Scenario::Mapper)?);
    Ok(Size { records, filled_us, stored, unchanged, mapper, changed: run(Scenario::Changed)? })
}

fn run(store: &Path, records: u64, scenario: Scenario) -> Result<Took, Failure> {
    let name = scenario.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let of = [("--store", store.display().to_string()), ("--records", records.to_string()), ("--scenario", name)];
    let mut arguments = vec!["scaled".to_owned()];
    arguments.extend(of.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
    let mut role = Role::start(&arguments)?;
    let _ready: String = role.hear()?;
    role.ask(&"go")
}

/// What did not go as it should: then the figures mean nothing.
fn faults(size: &Size) -> Vec<String> {
    let changed = size.records.div_ceil(100);
    let scenarios = [
        ("unchanged", &size.unchanged, 0, 0),
        ("changed", &size.changed, changed, changed),
        ("mapper", &size.mapper, 0, size.records),
    ];
    let mut faults = Vec::new();
    for (name, took, differing, operations) in scenarios {
        let found = (took.listed, took.differing, took.operations);
        // with another mapper every record is decided upon, equal or not
        let as_listed = name == "mapper" || took.differing == differing;
        if took.listed != size.records || !as_listed || took.operations != operations {
            faults.push(format!("{} records, {name}: (listed, differing, operations) are {found:?}", size.records));
        }
        faults.extend(took.wrong.iter().map(|wrong| format!("{} records, {name}: {wrong}", size.records)));
    }
    faults
}
