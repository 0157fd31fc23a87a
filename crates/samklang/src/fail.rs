//! How a command ends when it cannot do what it was asked for: lines for people, and an exit code.

use std::fmt;

use sync_core::{Disposition, Error, ErrorKind, SystemId, error::Retry};

/// 1: usage or configuration.
pub(crate) const USAGE: u8 = 1;
/// 2: a system or the store stopped; try later.
pub(crate) const STOPPED: u8 = 2;

/// Why a command ended.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    /// One line: what, where, what to do.
    pub(crate) line: String,
    /// More lines of the same rank, as when a file has many mistakes.
    pub(crate) more: Vec<String>,
}

impl Failure {
    /// The command or the configuration is wrong.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self { code: USAGE, line: line.into(), more: Vec::new() }
    }
    /// Something did not answer as it should.
    pub(crate) fn stopped(line: impl Into<String>) -> Self {
        Self { code: STOPPED, line: line.into(), more: Vec::new() }
    }
    /// Both, as one: `first` if there was one before.
    pub(crate) fn after(self, first: Option<Self>) -> Self {
        let Some(mut first) = first else { return self };
        first.code = first.code.min(self.code);
        first.more.push(self.line);
        first.more.extend(self.more);
        first
    }
    /// A system could not be reached or refused us.
    pub(crate) fn of_system(system: &SystemId, error: &Error) -> Self {
        let line = format!("{}: {}", system.connection(), words_of(system, error));
        match error.kind() {
            ErrorKind::Config => Self::usage(line),
            _ => Self::stopped(line),
        }
    }
    /// The state file cannot be opened. One that another program has open at this moment is worth another try.
    pub(crate) fn of_store(error: &Error) -> Self {
        match error.retry() {
            Retry::Never => Self::usage(words(error)),
            _ => Self::stopped(words(error)),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let line = words(&error);
        match error.kind() {
            ErrorKind::Config | ErrorKind::Invalid => Self::usage(line),
            _ => Self::stopped(line),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::stopped(format!("the output cannot be written: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.line)?;
        self.more.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// An error for the person who must act: what was being done, what is wrong, the vendor's own words, what follows.
pub(crate) fn words(error: &Error) -> String {
    let mut line = format!("{}: {}", error.operation(), error.message());
    if let (Some(code), Some(text)) = (error.vendor_code(), error.vendor_text()) {
        let said = [code, text].iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ");
        line.push_str(&format!(" (it says: {said})"));
    }
    match error.retry() {
        Retry::Later { after: Some(wait) } => line.push_str(&format!("; it asks to wait {} s", wait.as_secs())),
        _ if error.disposition() == Disposition::RetryLater && !line.contains("later run") => {
            line.push_str("; try again later");
        }
        _ => {}
    }
    line
}

/// The same, with the command that signs in where that is what is missing.
pub(crate) fn words_of(system: &SystemId, error: &Error) -> String {
    let words = words(error);
    let takes_login = || crate::system::of(system).is_some_and(|system| system.login);
    if error.kind() == ErrorKind::Auth && error.message().contains("log in") && takes_login() {
        return format!("{words}; to log in: samklang login {}", system.connection());
    }
    words
}
