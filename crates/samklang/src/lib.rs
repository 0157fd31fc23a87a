//! The `samklang` program, for those who bring code of their own to it.
//!
//! The program reads one TOML file, connects the systems that it names, and lets the engine run. What a file cannot say,
//! an odd field or a step that only this house has, is Rust: a [`Mapper`] between fields of a system and canonical
//! ones, or a hook that is asked before something is decided or written. Both get a name here and are put to use by
//! that name in the file. The rest, every command and every key, is the program's own:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use samklang::{
//!     Program,
//!     sync_core::{
//!         FieldMap, FieldPath, Result,
//!         hook::{Hook, Outbound, Place, Verdict},
//!         mapping::Mapper,
//!     },
//! };
//! use serde::Deserialize;
//!
//! /// New customers wait for a person, whose name stands in the file.
//! #[derive(Debug, Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct AskFirst {
//!     whom: String,
//! }
//!
//! impl Hook for AskFirst {
//!     fn before_write(&self, _: &Place<'_>, write: &Outbound<'_>) -> Result<Verdict> {
//!         Ok(if write.creates { Verdict::Hold(format!("ask {} first", self.whom)) } else { Verdict::Keep })
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     Program::new()
//!         .mapper("region", Mapper::joined("x.erp.region", "-", ["district", "salesperson"]))
//!         .hook::<AskFirst>("ask_first")
//!         .run()
//! }
//! ```
//!
//! ```toml
//! [[entities.customers.map]]
//! field  = "district"
//! erp    = "x.erp.region"
//! mapper = "region"
//!
//! [[entities.customers.hooks]]
//! hook = "ask_first"
//! at   = "erp"
//! with = { whom = "Anna" }
//! ```
//!
//! What is brought and named nowhere does nothing; `samklang check` tells which hooks are on. A name that the program
//! does not bring is told like every other mistake of the file, with its line. `docs/guide/plug-ins.md` goes through it
//! step by step, `examples/plugin` is a whole program with its tests.

mod args;
mod command;
mod demo;
mod fail;
mod file;
mod plugins;
mod preset;
mod progress;
mod schema;
mod session;
mod show;
mod system;
mod watch;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use serde::de::DeserializeOwned;
pub use sync_core;
use sync_core::{hook::Hook, mapping::Mapper};

use args::Cli;
use command::Shell;
use fail::{Failure, USAGE};
use plugins::Plugins;
use session::Machine;

/// The program, and what it is given beside its own.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens before it is run"]
pub struct Program {
    plugins: Plugins,
}

impl Program {
    /// As it comes.
    pub fn new() -> Self {
        Self::default()
    }
    /// Brings a mapper, which rows of `[[entities.<name>.map]]` name in `mapper`. Of two under one name the later one
    /// counts.
    pub fn mapper(mut self, name: impl Into<String>, mapper: Mapper) -> Self {
        self.plugins.mappers.insert(name.into(), mapper);
        self
    }
    /// Brings a hook, which rows of `[[entities.<name>.hooks]]` name in `hook`. Each row makes one of its own and calls
    /// it where it says: `H` reads itself from the row's `with`, so its fields are the settings that the file can have
    /// (`struct MyHook {}` if there are none). What it cannot read is a mistake of the file. Of two under one name the
    /// later one counts.
    pub fn hook<H: Hook + DeserializeOwned + 'static>(mut self, name: impl Into<String>) -> Self {
        self.plugins.hooks = self.plugins.hooks.with::<H>(name);
        self
    }
    /// Does what the command line of this process asks for, and tells how it ended: 0 done; 1 usage or configuration;
    /// 2 a system stopped, or an unclear answer waits for its second look; 3 done, but something waits for a person;
    /// 7 a guard tripped, nothing was written.
    pub fn run(self) -> ExitCode {
        let cli = match Cli::try_parse() {
            Ok(cli) => cli,
            Err(answer) => {
                // help and version are answers too; a stream that is closed cannot be told so
                let _ = answer.print();
                return ExitCode::from(if answer.use_stderr() { USAGE } else { 0 });
            }
        };
        let ended = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::stopped(format!("the machine gives no runtime: {error}")))
            .and_then(|runtime| {
                let mut out = io::stdout().lock();
                let mut shell = Shell {
                    out: &mut out,
                    env: &environment,
                    terminal: io::stderr().is_terminal(),
                    machine: Machine::real(),
                    plugins: self.plugins,
                };
                let ended = runtime.block_on(Box::pin(command::run(cli, &mut shell)));
                out.flush()?;
                ended
            });
        match ended {
            Ok(code) => ExitCode::from(code),
            Err(failure) => {
                // nobody is left to hear of a closed error stream
                let _ = writeln!(io::stderr(), "{failure}");
                ExitCode::from(failure.code)
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place where the program reads its environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
