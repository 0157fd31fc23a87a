//! The `samklang` program: reads one TOML file, connects the systems that it names, and lets the engine run.

mod args;
mod command;
mod demo;
mod fail;
mod file;
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

use args::Cli;
use command::Shell;
use fail::{Failure, USAGE};
use session::Machine;

fn main() -> ExitCode {
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

#[allow(clippy::disallowed_methods, reason = "the one place where the program reads its environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
