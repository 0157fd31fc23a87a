//! The vendor's three forms of errors, what its headers say of limits, and what a person is told.

use std::time::Duration;

use serde_json::Value as Json;
use sync_core::{Error, ErrorKind};
use sync_http::{ErrorReader, LimitHint, Quota, Response, TokenErrors, VendorError};

/// No window of the vendor's is longer.
const HOUR: Duration = Duration::from_secs(3600);
/// The policy whose window is published as an hour.
const HOURLY: &str = "4-fixed-window";
/// How many broken rules of one answer are told.
const MOST_TOLD: usize = 5;
/// The fault of a token for a tenant that is no company.
const NO_LICENCE: &str = "12027";

/// Errors of the ERP API: `{"message": "VismaId: … Error: …"}`, and of the gateway before it: `{"ExceptionMessage", …}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErpErrors {
    /// A refusal of the content may come with status 500: in answers to writes it is one.
    pub(crate) writes: bool,
}

impl ErrorReader for ErpErrors {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        if answer.is_success() {
            return None;
        }
        let body = answer.value()?;
        if let Some(code) = text(&body, "exceptionFaultCode") {
            let said = VendorError::new(code, text(&body, "exceptionMessage").unwrap_or_default());
            let said = if said.code == NO_LICENCE { said.means(ErrorKind::Auth) } else { said };
            return Some(match text(&body, "exceptionMessageID") {
                Some(id) => said.with("visma_id", id),
                None => said,
            });
        }
        let message = text(&body, "message")?;
        let (id, words) = split_id(message);
        let mut said = VendorError::new("", words.replace("\r\n", " ").trim());
        said.kind = meaning(answer.status(), words, self.writes);
        Some(match id {
            Some(id) => said.with("visma_id", id),
            None => said,
        })
    }
    fn limit(&self, answer: &Response) -> Option<LimitHint> {
        limit(answer)
    }
}

/// What a message means where its status does not tell.
fn meaning(status: u16, words: &str, writes: bool) -> Option<ErrorKind> {
    let has = |text: &str| words.to_ascii_lowercase().contains(text);
    match status {
        400 | 409 | 500 if writes && has("already exists") => Some(ErrorKind::AlreadyExists),
        // a refused content, in the words of the ERP: it was looked at as a whole and nothing of it is kept
        500 if writes && has("error:") => Some(ErrorKind::Invalid),
        428 => Some(ErrorKind::VersionConflict),
        _ => None,
    }
}

/// `VismaId: <guid>. words`
fn split_id(message: &str) -> (Option<&str>, &str) {
    let split = message.strip_prefix("VismaId:").and_then(|rest| rest.trim_start().split_once(". "));
    match split {
        Some((id, words)) => (Some(id), words),
        None => (None, message),
    }
}

/// Errors of the order service: RFC 7807 with `errors` and `details` beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderErrors;

impl ErrorReader for OrderErrors {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        if answer.is_success() {
            return None;
        }
        let body = answer.value()?;
        let details = body.get("details").and_then(Json::as_array);
        let details: Vec<&Json> = details.into_iter().flatten().collect();
        let first = details.first();
        let code = first.and_then(|detail| text(detail, "code")).unwrap_or_default();
        let mut told: Vec<String> =
            details.iter().filter_map(|detail| text(detail, "message")).map(str::to_owned).collect();
        if told.is_empty() {
            let fields = body.get("errors").and_then(Json::as_object);
            let line = |(field, said): (&String, &Json)| {
                let said = said.get(0).and_then(Json::as_str).unwrap_or_default();
                format!("{field}: {said}")
            };
            told.extend(fields.into_iter().flatten().map(line));
        }
        told.truncate(MOST_TOLD);
        let title = ["detail", "title", "message"].into_iter().find_map(|name| text(&body, name));
        if told.is_empty() {
            told.extend(title.map(str::to_owned));
        }
        if told.is_empty() {
            return None;
        }
        let mut said = VendorError::new(code, told.join("; "));
        said.kind = (answer.status() == 428).then_some(ErrorKind::VersionConflict);
        let field = first.and_then(|detail| detail.get("parameters")?.get("property")?.as_str());
        Some(match field {
            Some(field) => said.with("field", field),
            None => said,
        })
    }
    fn limit(&self, answer: &Response) -> Option<LimitHint> {
        limit(answer)
    }
}

/// Errors of the token endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignInErrors;

impl ErrorReader for SignInErrors {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        let said = TokenErrors.error(answer)?;
        let kind = match said.code.as_str() {
            "invalid_scope" => ErrorKind::Permission,
            "invalid_tenant" => ErrorKind::Config,
            _ => return Some(said),
        };
        Some(said.means(kind))
    }
}

/// A member of an object, whatever the case of its name.
fn text<'j>(body: &'j Json, name: &str) -> Option<&'j str> {
    let members = body.as_object()?;
    members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1.as_str()
}

/// `X-RateLimit-…`: how many calls a window has, and when the next one begins if this one is used up.
fn limit(answer: &Response) -> Option<LimitHint> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u32>().ok();
    let hourly = answer.header("x-ratelimit-policy").is_some_and(|policy| policy.trim() == HOURLY);
    let quota = number("x-ratelimit-limit").filter(|calls| hourly && *calls > 0).map(|calls| Quota::new(calls, HOUR));
    // an older generation gave the moment in seconds of the epoch, which is no time to wait
    let reset = number("x-ratelimit-reset").map(|seconds| Duration::from_secs(seconds.into()));
    let used_up = number("x-ratelimit-remaining") == Some(0) && answer.header("retry-after").is_none();
    let wait = reset.filter(|reset| used_up && *reset <= HOUR);
    (quota.is_some() || wait.is_some()).then_some(LimitHint { key: None, wait, quota })
}

/// The same error with a line that says what a person can do, where there is more to say than its kind does.
pub(crate) fn explained(error: Error) -> Error {
    let status = error.context().iter().find(|(key, _)| *key == "status").map(|(_, value)| value.as_str());
    let refused = error.kind() == ErrorKind::Auth && (error.vendor_code() == Some(NO_LICENCE) || status == Some("401"));
    if refused {
        let line = "the token is refused: see that tenant_id is the Company Tenant ID of the company in Visma.net (the \
                    Customer Tenant ID gets a token too, which opens nothing), and that the company has approved the application";
        return again(&error, ErrorKind::Auth, line);
    }
    error
}

/// The same error of another kind and with another line; the line that it had is kept for developers.
pub(crate) fn again(error: &Error, kind: ErrorKind, line: impl Into<String>) -> Error {
    let mut told = Error::new(kind, error.operation(), line).with_detail(match error.detail() {
        Some(detail) => format!("{}; {detail}", error.message()),
        None => error.message().to_owned(),
    });
    if kind == error.kind() {
        told = told.with_retry(error.retry());
    }
    if let (Some(code), Some(text)) = (error.vendor_code(), error.vendor_text()) {
        told = told.with_vendor(code, text);
    }
    error.context().iter().fold(told, |told, (key, value)| told.with_context(key, value))
}
