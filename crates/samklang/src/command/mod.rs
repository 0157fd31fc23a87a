//! The commands: each takes the loaded configuration, does its part, prints.

mod adopt;
mod approve;
mod check;
mod conditions;
mod emulate;
mod fields;
mod held;
mod journal;
mod login;
mod parked;
mod plan;
mod prices;
mod records;
mod run;
mod tables;

pub(crate) use run::{once, print};

use std::io::Write;

use crate::{
    args::{Cli, Command},
    demo,
    fail::Failure,
    file::{Asked, Config, Env},
    plugins::Plugins,
    schema,
    session::{Machine, Session},
};

/// What a command is given of the machine.
pub(crate) struct Shell<'a> {
    /// Where results go. Progress and faults go to the error stream.
    pub(crate) out: &'a mut dyn Write,
    pub(crate) env: Env<'a>,
    /// Somebody watches: the error stream is a terminal.
    pub(crate) terminal: bool,
    pub(crate) machine: Machine,
    pub(crate) plugins: Plugins,
}

impl Shell<'_> {
    /// Who decides, for the journal.
    fn person(&self) -> String {
        ["USER", "USERNAME"].iter().find_map(|name| (self.env)(name)).unwrap_or_else(|| "somebody".to_owned())
    }
    /// The configuration, and what the program brings for it to name. With `fetch`, for commands that call systems.
    ///
    /// # Errors
    /// All mistakes at once.
    fn load(&self, asked: &Asked, fetch: bool) -> Result<Config, Failure> {
        Ok(asked.load(self.env, fetch)?.with(&self.plugins))
    }
}

/// Carries out what was asked for; gives the exit code.
///
/// # Errors
/// Whatever kept the command from its end.
pub(crate) async fn run(cli: Cli, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let asked = cli.asked();
    match cli.command {
        Command::Schema => {
            writeln!(shell.out, "{:#}", schema::of_file(&shell.plugins))?;
            Ok(0)
        }
        Command::Demo(what) => Box::pin(demo::demo(&what, &asked.sets, shell)).await,
        Command::Emulate(what) => emulate::emulate(&what, shell).await,
        Command::Login { connection } => login::login(&shell.load(&asked, true)?, &connection, shell).await,
        Command::Check => check::check(&shell.load(&asked, true)?, shell).await,
        Command::Fields(how) => fields::fields(&shell.load(&asked, true)?, &how, shell).await,
        Command::Tables(how) => tables::tables(&shell.load(&asked, true)?, &how, shell).await,
        Command::Adopt(form) => {
            let session = Session::open(&shell.load(&asked, true)?, &shell.machine).await?;
            adopt::adopt(&session, form, shell).await
        }
        Command::Plan(how) => {
            let session = Session::open(&shell.load(&asked, true)?, &shell.machine).await?;
            plan::plan(&session, &how, shell).await
        }
        Command::Run(how) => {
            let session = Session::open(&shell.load(&asked, true)?, &shell.machine).await?;
            run::run(session, &how, shell).await
        }
        Command::Approve { id } => {
            let session = Session::store_only(&shell.load(&asked, false)?, &shell.machine).await?;
            approve::approve(&session, &id, shell).await
        }
        Command::Held(what) => {
            let session = Session::store_only(&shell.load(&asked, false)?, &shell.machine).await?;
            held::held(&session, &what, shell).await
        }
        Command::Parked(what) => {
            let session = Session::store_only(&shell.load(&asked, false)?, &shell.machine).await?;
            parked::parked(&session, &what, shell).await
        }
        Command::Journal { record, form } => {
            let session = Session::store_only(&shell.load(&asked, false)?, &shell.machine).await?;
            journal::journal(&session, &record, form, shell).await
        }
        Command::Candidates { record, most, form } => {
            let session = Session::store_only(&shell.load(&asked, false)?, &shell.machine).await?;
            records::candidates(&session, &record, most, form, shell).await
        }
        Command::Replay(what) => {
            let config = shell.load(&asked, false)?;
            let session = Session::store_only(&config, &shell.machine).await?;
            records::replay(&session, &config, &what, shell).await
        }
        Command::Forget { record, yes } => {
            let session = Session::store_only(&shell.load(&asked, false)?, &shell.machine).await?;
            records::forget(&session, &record, yes, shell).await
        }
    }
}
