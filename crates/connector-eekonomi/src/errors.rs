//! The vendor's error body, and what a person is told about it.

use std::time::Duration;

use serde_json::Value as Json;
use sync_core::{Error, ErrorKind};
use sync_http::{ErrorReader, LimitHint, Quota, Response, VendorError};

use crate::codes;

/// How long a refusal for too many calls holds where its text does not say.
const MINUTE: Duration = Duration::from_secs(60);
/// How many broken field rules of one answer are told.
const MOST_FIELDS: usize = 5;

/// Reads `{"ErrorCode", "DeveloperErrorMessage", "ErrorId", "Errors"}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errors;

impl ErrorReader for Errors {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        if answer.is_success() {
            return None;
        }
        let body = answer.value()?;
        let code = body.get("ErrorCode")?.as_i64()?;
        let text = body.get("DeveloperErrorMessage").and_then(Json::as_str).unwrap_or_default();
        let mut said = VendorError::new(code.to_string(), format!("{text}{}", fields(&body, text)));
        said.kind = codes::meaning(code, text, answer.status());
        if let Some(field) = first_field(&body) {
            said = said.with("field", field);
        }
        match body.get("ErrorId").and_then(Json::as_str) {
            Some(id) => Some(said.with("error_id", id)),
            None => Some(said),
        }
    }

    /// The seconds stand in the text; a header is said to be absent often.
    fn limit(&self, answer: &Response) -> Option<LimitHint> {
        if answer.status() != 429 {
            return None;
        }
        let body = answer.value().unwrap_or_default();
        let text = body.get("DeveloperErrorMessage").and_then(Json::as_str).unwrap_or_default();
        let number_after = |words: &str| -> Option<u64> {
            let (_, rest) = text.split_once(words)?;
            rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let header = answer.header("retry-after").and_then(|told| told.trim().parse().ok());
        let wait = number_after("Try again in").or(header).map_or(MINUTE, Duration::from_secs);
        let quota = number_after("maximum admitted").and_then(|calls| u32::try_from(calls).ok());
        Some(LimitHint { key: None, wait: Some(wait), quota: quota.map(Quota::per_minute) })
    }
}

fn errors(body: &Json) -> impl Iterator<Item = (&str, &str)> {
    body.get("Errors").and_then(Json::as_array).into_iter().flatten().map(|error| {
        let text = |name| error.get(name).and_then(Json::as_str).unwrap_or_default();
        (text("Field"), text("Message"))
    })
}

/// What the answer's own text does not say already.
fn fields(body: &Json, text: &str) -> String {
    let new = |message: &str| message.is_empty() || !text.contains(message);
    let told = errors(body).filter(|(field, message)| (!field.is_empty() || !message.is_empty()) && new(message));
    told.take(MOST_FIELDS).map(|(field, message)| format!("; {field}: {message}")).collect()
}

fn first_field(body: &Json) -> Option<String> {
    errors(body).map(|(field, _)| field.to_owned()).find(|field| !field.is_empty())
}

/// The code of the vendor's that an error carries.
pub(crate) fn code(error: &Error) -> Option<i64> {
    error.vendor_code()?.parse().ok()
}

/// The same error with a line that says what a person can do, where the vendor's code is known to have one.
pub(crate) fn explained(error: Error) -> Error {
    let text = error.vendor_text().unwrap_or_default();
    match code(&error).and_then(|code| codes::cure(code, text)) {
        Some(line) => again(&error, error.kind(), line),
        None => error,
    }
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
