//! What went wrong, for the person who must act and for the engine that decides what happens next.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// What went wrong, in the words that decide what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is wrong or missing; an operator must act.
    Config,
    /// Signing in failed; an operator must act.
    Auth,
    /// Signed in, but not allowed; an operator must act.
    Permission,
    /// A write to a record that is gone. A read that finds nothing is no error.
    NotFound,
    /// A create with a key that the vendor has already.
    AlreadyExists,
    /// The record moved since it was read.
    VersionConflict,
    /// The vendor, or a check before sending, refuses the content.
    Invalid,
    /// The stream does not offer this operation; nothing was sent.
    Unsupported,
    /// Too many calls; certainly not applied.
    RateLimited,
    /// Not reached or not ready; certainly not applied.
    Unavailable,
    /// May have been applied: look before trying again.
    AmbiguousWrite,
    /// The vendor took the order for a step and carries it out by itself: a later look shows whether it is done.
    UnderWay,
    /// The vendor answered something that cannot be an answer.
    Protocol,
    /// The state store failed.
    Store,
    /// A fault of our own.
    Internal,
}

impl ErrorKind {
    /// The stored name: `rate_limited`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::VersionConflict => "version_conflict",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::AmbiguousWrite => "ambiguous_write",
            Self::UnderWay => "under_way",
            Self::Protocol => "protocol",
            Self::Store => "store",
            Self::Internal => "internal",
        }
    }
}

/// Whether the same call may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same call will fail again.
    Never,
    /// It may succeed later, at the earliest after the given time.
    Later {
        /// The vendor's own word for how long, if it gave one.
        after: Option<Duration>,
    },
    /// It was repeated as often as allowed and still fails.
    Exhausted,
}

/// What the engine does with an error; decided by [`Error::disposition`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Leave the work where it is; the next run takes it up.
    RetryLater,
    /// Look at the vendor before anything is sent again.
    LookFirst,
    /// Set this record aside with its reason; the others go on.
    ParkRecord,
    /// Stop this stream; its cursor stays.
    StopStream,
    /// Stop this system; the others go on.
    StopSystem,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    retry: Retry,
    operation: &'static str,
    message: String,
    detail: Option<String>,
    vendor_code: Option<String>,
    vendor_text: Option<String>,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// One error type for all crates.
///
/// [`message`](Error::message) is one line for the person who must act: place, fault, cure.
/// [`detail`](Error::detail) and the source chain are for developers. Neither holds bodies or secrets.
#[derive(Debug)]
pub struct Error(Box<Inner>);

/// The result of most functions here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` in `operation` (`"list orders"`), with one line for the person who must act.
    pub fn new(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        let retry = match kind {
            ErrorKind::RateLimited | ErrorKind::Unavailable => Retry::Later { after: None },
            _ => Retry::Never,
        };
        Self(Box::new(Inner {
            kind,
            retry,
            operation,
            message: message.into(),
            detail: None,
            vendor_code: None,
            vendor_text: None,
            context: Vec::new(),
            source: None,
        }))
    }
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// Whether the same call may be made again.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }
    /// What was being done.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }
    /// One line for the person who must act.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// One line for the developer.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }
    /// The vendor's own code, as it came.
    pub fn vendor_code(&self) -> Option<&str> {
        self.0.vendor_code.as_deref()
    }
    /// The vendor's own text, as it came.
    pub fn vendor_text(&self) -> Option<&str> {
        self.0.vendor_text.as_deref()
    }
    /// Short facts beside the message: HTTP status, field, request id.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }
    /// Adds a line for the developer.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }
    /// Adds the vendor's own code and text.
    #[must_use]
    pub fn with_vendor(mut self, code: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.vendor_code = Some(code.into());
        self.0.vendor_text = Some(text.into());
        self
    }
    /// Adds a short fact. Never a body, never a secret.
    #[must_use]
    pub fn with_context(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }
    /// Replaces the answer to "may it be tried again".
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }
    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }
    /// What the engine does with this error.
    pub fn disposition(&self) -> Disposition {
        use ErrorKind::*;
        match (self.0.kind, self.0.retry) {
            (AmbiguousWrite | UnderWay, _) => Disposition::LookFirst,
            (Config | Auth | Permission, _) => Disposition::StopSystem,
            (Protocol | Store | Internal, _) => Disposition::StopStream,
            (RateLimited | Unavailable | VersionConflict, _) | (_, Retry::Later { .. }) => Disposition::RetryLater,
            (NotFound | AlreadyExists | Invalid | Unsupported, _) => Disposition::ParkRecord,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, self.0.message)?;
        if let (Some(code), Some(text)) = (&self.0.vendor_code, &self.0.vendor_text) {
            write!(f, " (vendor: {code} {text})")?;
        }
        for (key, value) in &self.0.context {
            write!(f, " [{key}={value}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unclear_write_is_looked_at_whatever_else_is_known() {
        let error = Error::new(ErrorKind::AmbiguousWrite, "create order", "the answer was lost")
            .with_retry(Retry::Later { after: Some(Duration::from_secs(3)) });
        assert_eq!(error.disposition(), Disposition::LookFirst);
    }

    #[test]
    fn what_was_certainly_not_applied_is_tried_in_a_later_run_even_when_retries_are_used_up() {
        for kind in [ErrorKind::RateLimited, ErrorKind::Unavailable, ErrorKind::VersionConflict] {
            assert_eq!(
                Error::new(kind, "x", "y").with_retry(Retry::Exhausted).disposition(),
                Disposition::RetryLater,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_refusal_parks_its_record_only() {
        for kind in [ErrorKind::NotFound, ErrorKind::AlreadyExists, ErrorKind::Invalid, ErrorKind::Unsupported] {
            assert_eq!(Error::new(kind, "x", "y").disposition(), Disposition::ParkRecord, "{kind:?}");
        }
        for kind in [ErrorKind::Config, ErrorKind::Auth, ErrorKind::Permission] {
            assert_eq!(Error::new(kind, "x", "y").disposition(), Disposition::StopSystem, "{kind:?}");
        }
    }

    #[test]
    fn display_is_one_line_with_the_vendors_words() {
        let error = Error::new(ErrorKind::Invalid, "create customer", "the name is over 50 characters; shorten it")
            .with_vendor("4001", "Name too long")
            .with_context("status", 400)
            .with_source(std::io::Error::other("inner"));
        assert_eq!(
            error.to_string(),
            "create customer: the name is over 50 characters; shorten it (vendor: 4001 Name too long) [status=400]"
        );
        assert!(std::error::Error::source(&error).is_some());
    }
}
