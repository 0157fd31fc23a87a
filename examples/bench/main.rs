//! What the engine costs beside the calls that it makes.
//!
//! `cargo run --release -p examples --bin bench -- items` takes 20 000 articles from an emulated Visma eEkonomi to an
//! emulated Starweb shop, then changes the price of 1 % of them. The emulators run in a process of their own, and so does
//! each run of the engine, so that time and memory are those of the engine alone. The *bare loop* sends the requests that
//! the engine had sent once more, through the same HTTP client, without engine and store. What is counted, and how it
//! came out: `docs/performance.md`.
//!
//! `-- scale` measures the engine and the SQLite store on a million bound records, and on two, between systems that hold
//! nothing: a complete listing in which nothing, or a little, has changed, and the plan for a changed mapper.
//!
//! `-- pair` counts the calls of single runs between an emulated webCRM and an emulated Visma.net.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

mod bare;
mod calls;
mod child;
mod emulated;
mod engine;
mod measure;
mod pair;
mod play;
mod rules;
mod scale;
mod show;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use url::Url;

/// Whatever stops a measurement, in one line.
pub(crate) type Failure = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
#[command(about = "Measures the engine between emulated systems")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Articles, prices and stock from eEkonomi to Starweb
    Items(Items),
    /// The calls of runs between webCRM and Visma.net
    Pair(pair::Pair),
    /// Many bound records: listings in which little has changed
    Scale(scale::Scale),
    #[command(hide = true)]
    Emulators(emulated::Setting),
    #[command(hide = true)]
    Engine(engine::Setting),
    #[command(hide = true)]
    Bare(bare::Setting),
    #[command(hide = true)]
    Scaled(scale::Setting),
}

/// What is measured.
#[derive(Clone, Debug, Args)]
pub(crate) struct Items {
    /// Articles in the ERP
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(10..=200_000))]
    pub(crate) articles: u64,
    /// Milliseconds that each answer of the emulators takes; it is measured without delay too
    #[arg(long, default_value_t = 5)]
    pub(crate) delay_ms: u64,
    /// Records that are written at the same time, by both sides
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) concurrency: u32,
    /// Times that engine and bare loop take turns; the best of each counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) rounds: u32,
    /// Prints one JSON object in place of the text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the emulated systems are, and who may enter.
#[derive(Clone, Debug, Args)]
pub(crate) struct Systems {
    #[arg(long)]
    pub(crate) shop: Url,
    #[arg(long)]
    pub(crate) erp: Url,
    #[arg(long)]
    pub(crate) token: String,
    #[arg(long)]
    pub(crate) concurrency: u32,
}

/// A file or folder that a child process works with.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    #[arg(long)]
    pub(crate) file: PathBuf,
}

fn main() -> ExitCode {
    let done = match Cli::parse().what {
        What::Items(items) => play::items(&items),
        What::Pair(asked) => pair::pair(&asked),
        What::Scale(asked) => scale::scale(&asked),
        What::Emulators(setting) => emulated::serve(&setting),
        What::Engine(setting) => engine::serve(&setting),
        What::Bare(setting) => bare::serve(&setting),
        What::Scaled(setting) => scale::serve(&setting),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
