//! From an answer, or the lack of one, to an [`Error`]: the status table, and the hook through which a connector adds
//! what only it can read.
//!
//! | what happened | read, or safe to repeat | write | sent again by itself |
//! |---|---|---|---|
//! | 401, after one renewal of the token | `Auth` | `Auth` | no |
//! | 403 | `Permission` | `Permission` | no |
//! | 404, 410 | `NotFound` ([`Client::fetch`](crate::Client::fetch): `None`) | `NotFound` | no |
//! | 409 | `AlreadyExists` for POST without a condition, else `VersionConflict` | the same | no |
//! | 412 | `VersionConflict` | `VersionConflict` | no |
//! | 429 | `RateLimited` | `RateLimited` | both |
//! | 501 | `Unsupported` | `Unsupported` | no |
//! | 503 with `Retry-After` | `Unavailable` | `Unavailable` | both |
//! | 421 (wrong host for this tenant) | `Unavailable` | `Unavailable` | no: the connector finds the host |
//! | 408, 503 without it, other 5xx | `Unavailable` | `AmbiguousWrite` | reads |
//! | other 4xx | `Invalid` | `Invalid` | no |
//! | no connection | `Unavailable` | `Unavailable` | both |
//! | time-out, connection lost | `Unavailable` | `AmbiguousWrite` | reads |
//! | redirect to the same origin | followed | `Config` (301, 307, 308), `AmbiguousWrite` (302, 303) | no |
//! | redirect elsewhere | `Config` | the same | no |
//! | 2xx with a page of HTML | `Protocol`, when it is read | `AmbiguousWrite` | no |
//!
//! A service that says when to come back has refused the call. A bare 503 may be a gateway's word after the service did
//! what it was asked; a vendor of which the contrary is known needs an [`ErrorReader`] that says `Unavailable`.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use sync_core::error::{Error, ErrorKind};

use crate::{
    limit::LimitHint,
    redact::{one_line, without},
    response::{Looks, Place, Response},
    retry::Failure,
};

/// The longest vendor text kept in an error, in characters.
const LONGEST_TEXT: usize = 500;

/// What a vendor's own error says, as its connector read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VendorError {
    /// The vendor's code, as it came; empty where there is none.
    pub code: String,
    /// The vendor's text, as it came; it is made one line and cut at 500 characters.
    pub text: String,
    /// What it means, where the status does not tell. Decides also whether it may be sent again.
    pub kind: Option<ErrorKind>,
    /// Short facts: the field, an id that the vendor's support asks for.
    pub facts: Vec<(&'static str, String)>,
}

impl VendorError {
    /// An error with code and text whose meaning the status tells.
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into(), ..Self::default() }
    }
    /// Says what it means, over the status.
    #[must_use]
    pub fn means(self, kind: ErrorKind) -> Self {
        Self { kind: Some(kind), ..self }
    }
    /// Adds a short fact.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.facts.push((key, value.to_string()));
        self
    }
}

/// What a connector reads from its vendor's answers. Every answer is shown to it, also those with status 200.
pub trait ErrorReader: fmt::Debug + Send + Sync {
    /// The vendor's error. `None`: this answer holds none; the status decides.
    ///
    /// An error found in a 2xx without [`kind`](VendorError::kind) becomes `Invalid`.
    fn error(&self, answer: &Response) -> Option<VendorError>;
    /// Whether the token was refused, so that one renewal and one repetition are worth it. Status 401 if not told
    /// otherwise.
    fn token_refused(&self, answer: &Response) -> bool {
        answer.status() == 401
    }
    /// What the answer says about rate limits beyond `Retry-After`, which is read by itself.
    fn limit(&self, _answer: &Response) -> Option<LimitHint> {
        None
    }
}

/// Reads nothing: the status decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatusOnly;

impl ErrorReader for StatusOnly {
    fn error(&self, _answer: &Response) -> Option<VendorError> {
        None
    }
}

/// For token endpoints: `error` and `error_description` of RFC 6749. Any refusal is a matter for the operator, so each
/// one is `Auth`, and a missing endpoint is `Config`; no record is to blame.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenErrors;

impl ErrorReader for TokenErrors {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        let kind = match answer.status() {
            404 | 405 | 410 => ErrorKind::Config,
            408 | 421 | 429 => return None,
            400..500 => ErrorKind::Auth,
            _ => return None,
        };
        let body = answer.value();
        let text = |key: &str| {
            let value = body.as_ref()?.get(key)?;
            value.as_str().map(str::to_owned)
        };
        let code = text("error").unwrap_or_default();
        Some(VendorError::new(code, text("error_description").unwrap_or_default()).means(kind))
    }
}

/// What to do with an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    Good,
    /// A redirect that a read may follow; the address is not checked yet.
    Follow(String),
    Bad(Failure),
}

/// `secrets` are those that went out with the call: a vendor that echoes one must not bring it into an error.
pub(crate) fn judge(
    answer: &Response,
    reader: &dyn ErrorReader,
    wait: Option<Duration>,
    secrets: &[SecretString],
) -> Verdict {
    let place = &answer.place;
    let said = reader.error(answer);
    let kind = match &said {
        Some(VendorError { kind: Some(kind), .. }) => Some(*kind),
        Some(_) if answer.status() < 300 => Some(ErrorKind::Invalid),
        _ => None,
    };
    let redirect = match answer.status() {
        200..=299 if kind.is_none() && place.writes && answer.looks() == Looks::Html => {
            return Verdict::Bad(page(answer));
        }
        200..=299 | 304 if kind.is_none() => return Verdict::Good,
        301 | 302 | 303 | 307 | 308 => answer.header("location"),
        _ => None,
    };
    if let (Some(to), false, None) = (redirect, place.writes, kind) {
        return Verdict::Follow(to.to_owned());
    }
    let kind = kind.unwrap_or_else(|| by_status(answer.status(), place, wait.is_some()));
    let what = match answer.looks() {
        Looks::Json => String::new(),
        looks => format!(" {looks}"),
    };
    let cure = if redirect.is_some() && kind == ErrorKind::Config {
        "it sends calls elsewhere, which is not followed: set base_url to where the service is now"
    } else {
        cure(kind)
    };
    let message = format!("{place} answered {}{what}; {cure}", answer.status());
    let mut error = Error::new(kind, place.operation, message).with_context("status", answer.status());
    if let Some(VendorError { code, text, facts, .. }) = said {
        if !(code.is_empty() && text.is_empty()) {
            error = error
                .with_vendor(one_line(&without(&code, secrets), 80), one_line(&without(&text, secrets), LONGEST_TEXT));
        }
        for (key, value) in facts {
            error = error.with_context(key, one_line(&without(&value, secrets), 80));
        }
    }
    let again = answer.status() != 421 && may_repeat(kind);
    Verdict::Bad(Failure { error, again, wait })
}

/// A page for people in place of the answer to a write: whatever stands before the service said yes to something.
fn page(answer: &Response) -> Failure {
    let kind = ErrorKind::AmbiguousWrite;
    Failure { error: answer.error(kind, format_args!("{}; {}", answer.looks(), cure(kind))), again: false, wait: None }
}

/// Certainly not applied, or harmless if applied: the status table makes nothing else of these two kinds.
fn may_repeat(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable)
}

fn by_status(status: u16, place: &Place, comes_back: bool) -> ErrorKind {
    let unclear = if place.writes { ErrorKind::AmbiguousWrite } else { ErrorKind::Unavailable };
    match status {
        301 | 307 | 308 => ErrorKind::Config,
        302 | 303 if place.writes => ErrorKind::AmbiguousWrite,
        302 | 303 => ErrorKind::Config,
        401 => ErrorKind::Auth,
        403 => ErrorKind::Permission,
        404 | 410 => ErrorKind::NotFound,
        408 => unclear,
        409 if place.method == "POST" && !place.conditional => ErrorKind::AlreadyExists,
        409 | 412 => ErrorKind::VersionConflict,
        421 => ErrorKind::Unavailable,
        503 if comes_back => ErrorKind::Unavailable,
        429 => ErrorKind::RateLimited,
        400..500 => ErrorKind::Invalid,
        501 => ErrorKind::Unsupported,
        500..600 => unclear,
        _ => ErrorKind::Protocol,
    }
}

fn cure(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Config => "check base_url and the other settings of this connection",
        ErrorKind::Auth => "the sign-in is refused: check the credentials, or log in again",
        ErrorKind::Permission => {
            "the sign-in may not do this: give it the right or the scope, or the company the module"
        }
        ErrorKind::NotFound => "there is nothing of that id; it may have been removed",
        ErrorKind::AlreadyExists => "there is one already: link to it, or give another number",
        ErrorKind::VersionConflict => "it was changed meanwhile: it is read again and decided again",
        ErrorKind::Invalid => "the content is refused: correct the record as the vendor says",
        ErrorKind::Unsupported => "the service does not offer this",
        ErrorKind::RateLimited => "too many calls; nothing was done, a later run goes on from here",
        ErrorKind::Unavailable => "the service is not ready; nothing was changed, a later run tries again",
        ErrorKind::AmbiguousWrite => "it may have been done: look at the record before anything is sent again",
        _ => "this is no answer to the call: if it stays so, report it with this line",
    }
}

/// What follows when the way was at fault, of which the status says nothing.
fn broken_off(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unavailable => "nothing was changed, a later run tries again",
        kind => cure(kind),
    }
}

/// How a call broke without a whole answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Could not be made: a header or address that cannot be written.
    Unsent(String),
    /// No connection: certainly nothing was sent.
    Unreached(Box<dyn std::error::Error + Send + Sync>),
    /// Nobody answered in time.
    TimedOut,
    /// The connection ended before the answer did.
    Lost { status: Option<u16>, source: Box<dyn std::error::Error + Send + Sync> },
    /// More than allowed.
    TooLarge { limit: usize },
}

impl Broken {
    /// The status of a refusal whose words were lost; an answer that says yes is worth nothing without them.
    pub(crate) fn bare(&self, place: &Place) -> Option<Response> {
        match self {
            Self::Lost { status: Some(status), .. } if !(200..300).contains(status) => {
                Some(Response { place: place.clone(), status: *status, headers: Vec::new(), body: Vec::new() })
            }
            _ => None,
        }
    }
    /// `reader` knows what a status alone means.
    pub(crate) fn judge(self, place: &Place, reader: &dyn ErrorReader) -> Failure {
        let said = self.bare(place).and_then(|answer| reader.error(&answer)).and_then(|said| said.kind);
        let unclear = if place.writes { ErrorKind::AmbiguousWrite } else { ErrorKind::Unavailable };
        let unreached = matches!(self, Self::Unreached(_));
        let (kind, what, source) = match self {
            Self::Unsent(what) => (ErrorKind::Internal, format!("{place} was not sent: {what}"), None),
            Self::Unreached(source) => (
                ErrorKind::Unavailable,
                format!(
                    "{} cannot be reached: see that the address is right and the network is up; nothing was sent, a later run tries again",
                    place.host
                ),
                Some(source),
            ),
            Self::TimedOut => (unclear, format!("{place} did not answer in time; {}", broken_off(unclear)), None),
            Self::Lost { status: None, source } => (
                unclear,
                format!("{place}: the connection was lost before an answer came; {}", broken_off(unclear)),
                Some(source),
            ),
            Self::Lost { status: Some(status), source } => {
                let by_status = || if (200..300).contains(&status) { unclear } else { by_status(status, place, false) };
                let kind = said.unwrap_or_else(by_status);
                (
                    kind,
                    format!("{place} answered {status}, but the rest was lost on the way; {}", broken_off(kind)),
                    Some(source),
                )
            }
            Self::TooLarge { limit } => {
                let kind = if place.writes { ErrorKind::AmbiguousWrite } else { ErrorKind::Protocol };
                (kind, format!("{place} answered with more than {limit} bytes; {}", cure(kind)), None)
            }
        };
        let mut error = Error::new(kind, place.operation, what);
        if let Some(source) = source {
            error = error.with_detail(chain(source.as_ref()));
        }
        if unreached {
            error = error.with_context("reached", "no"); // nothing of this system will answer just now
        }
        Failure { error, again: may_repeat(kind), wait: None }
    }
}

/// The texts of an error and of those underneath, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = error.source();
    }
    one_line(&texts.join(": "), LONGEST_TEXT)
}

/// The same error once more, for each of several callers who waited for one attempt. The source is left out.
pub(crate) fn copy(error: &Error) -> Error {
    worded(error, error.message())
}

/// The same error with another line for the person who must act.
pub(crate) fn worded(error: &Error, message: &str) -> Error {
    let mut copy = Error::new(error.kind(), error.operation(), message).with_retry(error.retry());
    if let Some(detail) = error.detail() {
        copy = copy.with_detail(detail);
    }
    if let (Some(code), Some(text)) = (error.vendor_code(), error.vendor_text()) {
        copy = copy.with_vendor(code, text);
    }
    for (key, value) in error.context() {
        copy = copy.with_context(key, value);
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::tests::answer;

    fn bad(answer: &Response, reader: &dyn ErrorReader) -> Failure {
        match judge(answer, reader, None, &["hush-hush".into()]) {
            Verdict::Bad(failure) => failure,
            other => panic!("{} is {other:?}", answer.status()),
        }
    }

    #[derive(Debug)]
    struct InBody;
    impl ErrorReader for InBody {
        fn error(&self, answer: &Response) -> Option<VendorError> {
            let body = answer.value()?;
            let code = body.get("ErrorCode")?.to_string();
            let kind = (code == "5003").then_some(ErrorKind::Invalid);
            let text = body.get("Message").and_then(|text| text.as_str()).unwrap_or_default();
            Some(VendorError { kind, ..VendorError::new(code, text) }.with("error_id", "e-1"))
        }
    }

    #[test]
    fn a_vendors_error_is_read_whatever_the_status_and_its_meaning_wins() {
        let refused = |status, writes| answer(status, &[], r#"{"ErrorCode":5003,"Message":"still\nin stock"}"#, writes);
        for (status, writes) in [(200, false), (500, false), (500, true), (503, true)] {
            let failure = bad(&refused(status, writes), &InBody);
            assert_eq!(failure.error.kind(), ErrorKind::Invalid, "{status}");
            assert!(!failure.again);
            assert_eq!(failure.error.vendor_code(), Some("5003"));
            assert_eq!(failure.error.vendor_text(), Some("still in stock"));
            assert!(failure.error.context().contains(&("error_id", "e-1".to_owned())));
        }
        assert!(matches!(judge(&answer(200, &[], r#"{"Id":1}"#, true), &InBody, None, &[]), Verdict::Good));
        let unknown = answer(200, &[], r#"{"ErrorCode":1}"#, false);
        assert_eq!(bad(&unknown, &InBody).error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a_secret_that_a_vendor_echoes_does_not_come_into_the_error() {
        let echoed = answer(400, &[], r#"{"ErrorCode":1,"Message":"bad token hush-hush given"}"#, false);
        let error = bad(&echoed, &InBody).error;
        assert!(!format!("{error:?}{error}").contains("hush-hush"), "{error}");
        assert!(error.vendor_text().unwrap().contains("bad token"));
    }

    #[test]
    fn token_endpoints_blame_the_sign_in_and_never_a_record() {
        for (status, body, kind, code) in [
            (400, r#"{"error":"invalid_grant","error_description":"x"}"#, ErrorKind::Auth, Some("invalid_grant")),
            (401, "", ErrorKind::Auth, None),
            (404, "<html>", ErrorKind::Config, None),
            (409, "{}", ErrorKind::Auth, None),
            (429, r#"{"error":"slow down"}"#, ErrorKind::RateLimited, None),
            (500, "", ErrorKind::Unavailable, None),
        ] {
            let error = bad(&answer(status, &[], body, false), &TokenErrors).error;
            assert_eq!((error.kind(), error.vendor_code()), (kind, code), "{status}");
        }
    }

    #[test]
    fn a_copy_says_the_same() {
        let error = Error::new(ErrorKind::Auth, "sign in", "refused")
            .with_vendor("1", "no")
            .with_detail("d")
            .with_context("status", 400);
        assert_eq!(format!("{:?}", copy(&error)), format!("{error:?}"));
    }
}
