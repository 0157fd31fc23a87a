//! What can be written on the command line.

#![allow(rustdoc::invalid_html_tags, reason = "the texts are what --help prints")]

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use sync_core::policy::Span;

use crate::file::Asked;

/// Keeps CRM, ERP and e-commerce systems in agreement.
#[derive(Debug, Parser)]
#[command(name = "samklang", version, after_help = EXITS, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", default_value = "samklang.toml")]
    config: PathBuf,
    /// Replace one key of the file, as in --set guards.max_create=50; may be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXITS: &str = "Exit codes: 0 done; 1 usage or configuration; 2 a system stopped, or an unclear answer waits for its \
second look: try later; 3 done, but something waits for a person; 7 a guard tripped, nothing was written.\n\nThe \
configuration is described in docs/guide/command-line.md; `samklang schema` prints its JSON Schema.";

impl Cli {
    /// Where the configuration is.
    pub(crate) fn asked(&self) -> Asked {
        Asked { path: self.config.clone(), sets: self.sets.clone() }
    }
}

/// All commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play a flow through between emulators with made-up data, step by step; needs no account
    Demo(Demo),
    /// Sign in to a system where a person must give consent; keeps the tokens
    Login {
        /// The connection's name
        connection: String,
    },
    /// Look at credentials, companies, and whether the systems can do what the configuration asks for
    Check,
    /// First contact: read everything, bind what belongs together, write nothing
    Adopt(Form),
    /// Allow once what adopt, or a guard, counted
    Approve {
        /// As adopt or run printed it
        id: String,
    },
    /// What a run would write, each with old and new value and why; writes nothing
    Plan(Form),
    /// Bring the systems into agreement
    Run(Run),
    /// What waits for a decision
    Held(Records),
    /// Records that were set aside because a system refused them or they could not be understood
    Parked(Records),
    /// All that happened to one record
    Journal {
        /// Any of its numbers, a reference (starweb:se/customers#17), or its id
        record: String,
        #[command(flatten)]
        form: Form,
    },
    /// Start an emulator of a vendor's system, for tests in any language
    Emulate(Emulate),
    /// Print the JSON Schema of the configuration
    Schema,
}

/// How output is written.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Form {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The flow: the name of a preset
    #[arg(default_value = crate::demo::USUAL)]
    pub(crate) flow: String,
    /// The last line of standard output is one JSON object; the steps go to the error stream
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep configuration, state file and tokens in this new or empty folder, to look into with held and journal
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

/// `run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) form: Form,
    /// Run again and again, so long apart: 30s, 5m, 1h
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) every: Option<Span>,
    /// Take webhooks at http://ADDR/hooks/<connection>; what they name is looked at by the next run
    #[arg(long, value_name = "ADDR", requires = "every")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `held` and `parked`.
#[derive(Debug, Args)]
pub(crate) struct Records {
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(subcommand)]
    pub(crate) only: Option<Show>,
}

/// One of a list.
#[derive(Debug, Subcommand)]
pub(crate) enum Show {
    /// All that is known of one of them
    Show {
        /// Any number of the record, or its key or id as listed
        record: String,
    },
}

/// `emulate`.
#[derive(Debug, Args)]
pub(crate) struct Emulate {
    /// The vendor's system
    pub(crate) system: String,
    /// The port on 127.0.0.1; a free one if not given
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// A folder with sample data: one JSON array per collection, orders.json and so on
    #[arg(long, value_name = "DIR")]
    pub(crate) seed: Option<PathBuf>,
}

fn span(text: &str) -> Result<Span, String> {
    match Span::try_from(text.to_owned())? {
        span if span.as_secs() == 0 => Err("there must be some time between two runs".to_owned()),
        span => Ok(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_time_between_runs_is_read_and_zero_is_none() {
        assert_eq!(span("5m"), Ok(Span::from_secs(300)));
        assert!(span("0s").is_err());
        assert!(span("soon").unwrap_err().contains("30s"));
    }
}
