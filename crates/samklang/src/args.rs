//! What can be written on the command line.

#![allow(rustdoc::invalid_html_tags, reason = "the texts are what --help prints")]

use std::{net::SocketAddr, path::PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
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
    /// The fields that a connection has, for rows of the mapping
    Fields(Fields),
    /// Codes that no row of a table translates, and rows that suggest themselves
    Tables(Tables),
    /// First contact: read everything, bind what belongs together, write nothing
    Adopt(Form),
    /// Allow once what adopt, or a guard, counted
    Approve {
        /// As adopt or run printed it
        id: String,
    },
    /// What a run would write, each with old and new value and why; writes nothing
    Plan(Plan),
    /// Bring the systems into agreement
    Run(Run),
    /// What waits for a decision
    Held(Held),
    /// Records that were set aside because a system refused them or they could not be understood
    Parked(Parked),
    /// All that happened to one record
    Journal {
        /// Any of its numbers, a reference (starweb:se/customers#17), or its id
        record: String,
        #[command(flatten)]
        form: Form,
    },
    /// Records that may be the same as one that could not be matched
    Candidates {
        /// Any of its numbers, a reference (starweb:se/customers#17), or its id
        record: String,
        /// How many, the likeliest first
        #[arg(long, default_value_t = 5)]
        most: usize,
        #[command(flatten)]
        form: Form,
    },
    /// Have records looked at once more by the next run
    Replay(Replay),
    /// Remove all personal data of a record from the state file; what returns under its references is skipped
    Forget {
        /// Any of its numbers, a reference (starweb:se/customers#17), or its id
        record: String,
        /// Do it: it cannot be taken back
        #[arg(long)]
        yes: bool,
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
    #[arg(long, global = true)]
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

/// `fields`.
#[derive(Debug, Args)]
pub(crate) struct Fields {
    /// The connection's name
    pub(crate) connection: String,
    /// A rule set of the configuration, or a kind: organisation, person; all if not given
    pub(crate) entity: Option<String>,
    #[command(flatten)]
    pub(crate) form: Form,
}

/// `tables`.
#[derive(Debug, Args)]
pub(crate) struct Tables {
    /// Only this one: payment_terms
    pub(crate) table: Option<String>,
    #[command(flatten)]
    pub(crate) form: Form,
}

/// `plan`.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) form: Form,
    /// Put all planned writes into this file too, one JSON object a line; what is printed stops at the first thousands
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
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

/// `held`.
#[derive(Debug, Args)]
pub(crate) struct Held {
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(subcommand)]
    pub(crate) what: Option<OfHeld>,
}

/// What can be done with what is held.
#[derive(Debug, Subcommand)]
pub(crate) enum OfHeld {
    /// All that is known of one of them, and how it can be decided
    Show {
        /// Any number of the record, a reference, or its id
        record: String,
    },
    /// Decide; the next run takes it up
    Decide(Box<Decide>),
}

/// `held decide`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("choice").required(true).args(
    ["take", "value", "bind", "create", "same", "remove", "leave", "confirm"])))]
#[command(group(clap::ArgGroup::new("which").required(true).args(["record", "all"])))]
pub(crate) struct Decide {
    /// Any number of the record, a reference, or its id
    pub(crate) record: Option<String>,
    /// Everything that is held and that the choice answers; narrow it with --entity, --field, --why
    #[arg(long)]
    pub(crate) all: bool,
    /// Only of this entity
    #[arg(long)]
    pub(crate) entity: Option<String>,
    /// Only what is held of this field
    #[arg(long)]
    pub(crate) field: Option<String>,
    /// Only what is held for this reason, as held --json has it: conflict, foreign_change, ambiguous
    #[arg(long)]
    pub(crate) why: Option<String>,
    /// What this connection says is right
    #[arg(long, value_name = "CONNECTION")]
    pub(crate) take: Option<String>,
    /// This value is right; may be repeated
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) value: Vec<String>,
    /// It is the same as this record: a number, a reference, or an id
    #[arg(long, value_name = "RECORD")]
    pub(crate) bind: Option<String>,
    /// It is to be made; of one that could not be matched: it is a record of its own
    #[arg(long)]
    pub(crate) create: bool,
    /// It is the record that it was, although its number, name and address changed
    #[arg(long)]
    pub(crate) same: bool,
    /// Its removal stands: it is removed in the other systems too
    #[arg(long)]
    pub(crate) remove: bool,
    /// It is left alone from now on, in this connection or where it is asked about
    #[arg(long, value_name = "CONNECTION", num_args = 0..=1, default_missing_value = "")]
    pub(crate) leave: Option<String>,
    /// The status that its table asks about is to be written
    #[arg(long)]
    pub(crate) confirm: bool,
    /// Show what would be decided, and decide nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `parked`.
#[derive(Debug, Args)]
pub(crate) struct Parked {
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(subcommand)]
    pub(crate) what: Option<OfParked>,
}

/// What can be done with what is set aside.
#[derive(Debug, Subcommand)]
pub(crate) enum OfParked {
    /// All that is known of one of them
    Show {
        /// Any number of the record, or its key or id as listed
        record: String,
    },
    /// Have it tried by the next run, however long it was to rest
    Retry(Which),
    /// Have other values written in place of those that were refused, at the next run
    Edit {
        /// Any number of the record, or its key or id as listed
        record: String,
        /// Field and value: email=info@example.com
        #[arg(required = true, value_name = "FIELD=VALUE")]
        values: Vec<String>,
    },
    /// Do not try it until somebody asks for it with replay
    Drop(Which),
}

/// One, or all.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["record", "all"])))]
pub(crate) struct Which {
    /// Any number of the record, or its key or id as listed
    pub(crate) record: Option<String>,
    /// Everything that is set aside
    #[arg(long)]
    pub(crate) all: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `replay`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["records", "since"])))]
pub(crate) struct Replay {
    /// Numbers, references or ids of records
    pub(crate) records: Vec<String>,
    /// All that changed since: 2026-11-01, or 2026-11-01T08:00:00Z
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) since: Option<DateTime<Utc>>,
    /// With --since: only what this connection has; may be repeated
    #[arg(long, value_name = "NAME", requires = "since")]
    pub(crate) connection: Vec<String>,
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

/// A moment, or a day's begin in UTC.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
    let moment = text.parse::<DateTime<Utc>>().ok().or_else(day);
    moment.ok_or_else(|| "a day as in 2026-11-01, or a moment as in 2026-11-01T08:00:00Z".to_owned())
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

    #[test]
    fn a_day_and_a_moment_are_read() {
        assert_eq!(moment("2026-11-01"), moment("2026-11-01T01:00:00+01:00"));
        assert!(moment("1/11").unwrap_err().contains("2026-11-01"));
    }
}
