//! Kills the program at random moments, and looks at what it leaves in the systems.
//!
//! `cargo run --release -p examples --bin crashes -- --kills 1000 --seed 1` plays worlds, one after the other: a Starweb
//! shop and Visma eEkonomi are emulated in this process, and `samklang run` is a process of its own, with its store in a
//! file and real HTTP between them. People place orders, edit buyers, articles, prices and stock, book, deliver and pay;
//! after each bout of edits a run is killed, early or late. Every few kills the program is left alone until it has nothing
//! to do any more, and what the systems hold is compared with what people did. The last line is
//! `kills 1000 lost 0 doubled 0`; anything else ends with 1. What is judged: `docs/trust.md`.
//!
//! A seed gives the same people and the same choice of moments; the machine decides what a run has done by then.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

mod kill;
mod ledger;
mod oracle;
mod people;
mod stage;
mod tell;
mod world;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

use tell::Told;
use world::{Play, World};

/// Whatever stops the program, in one line.
pub(crate) type Failure = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
#[command(about = "Kills samklang at random moments and looks at what it leaves in the systems")]
struct Cli {
    /// Kills in all
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    kills: u32,
    /// What people do and when is decided by this number
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Kills in one world
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    world: u32,
    /// The number of the first world: to play one again that went wrong
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Keeps what is in a world that went wrong, in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// The program that is killed; without it, this one plays it
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// A deliberate fault of the engine, by its name
    #[cfg(feature = "faults")]
    #[arg(long, value_name = "NAME", conflicts_with = "program")]
    fault: Option<String>,
    /// Prints what each judgement found
    #[arg(long)]
    verbose: bool,
}

impl Cli {
    #[cfg(feature = "faults")]
    fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
    #[cfg(not(feature = "faults"))]
    #[allow(clippy::unused_self, reason = "with the feature there is something to look at")]
    const fn fault(&self) -> Option<&str> {
        None
    }
}

fn main() -> ExitCode {
    // started under its name, this process is the program that is to be killed
    if let Some(fault) = stage::played() {
        return stage::samklang(&fault);
    }
    match crashes(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was lost or doubled.
fn crashes(cli: &Cli) -> Result<bool, Failure> {
    let mut told = Told::default();
    let mut number = cli.first;
    while told.kills() < cli.kills {
        let play = Play {
            seed: cli.seed.wrapping_mul(1_000_003).wrapping_add(number),
            kills: cli.world.min(cli.kills - told.kills()),
            number,
            program: cli.program.clone(),
            fault: cli.fault().map(str::to_owned),
            keep: cli.keep.clone(),
            verbose: cli.verbose,
        };
        told.add(World::set(play)?.played()?);
        number += 1;
    }
    told.print();
    Ok(told.clean())
}
