//! Error answers in Starweb's shape: flat, `error` and `error_description`.

use serde_json::{Map, Value, json};

use crate::frame::Reply;

/// An answer that is an error. The codes beside the documented ones are made up: only their shape is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    error: Option<&'static str>,
    pub(super) description: String,
}

impl Refusal {
    /// 400: the body or a parameter is wrong.
    pub(super) fn invalid(description: impl Into<String>) -> Self {
        Self { status: 400, error: Some("validation_error"), description: description.into() }
    }
    /// 400 of the token address.
    pub(super) fn client(error: &'static str, description: &str) -> Self {
        Self { status: 400, error: Some(error), description: description.into() }
    }
    /// 401: no token, or one that is not good any more.
    pub(super) fn token() -> Self {
        Self { status: 401, error: Some("invalid_token"), description: String::new() }
    }
    /// 403: not for this record.
    pub(super) fn forbidden(description: impl Into<String>) -> Self {
        Self { status: 403, error: Some("forbidden"), description: description.into() }
    }
    /// 405: not for records of this kind.
    pub(super) fn not_allowed(description: impl Into<String>) -> Self {
        Self { status: 405, error: Some("method_not_allowed"), description: description.into() }
    }
    /// 404 with the description alone, as the official client's test data has it.
    pub(super) fn not_found() -> Self {
        Self { status: 404, error: None, description: "Not Found".into() }
    }

    /// The answer. `both`: a 404 has both fields.
    pub(super) fn reply(self, both: bool) -> Reply {
        let mut body = Map::new();
        let error = self.error.or((both && self.status == 404).then_some("not_found"));
        if let Some(error) = error {
            body.insert("error".into(), json!(error));
        }
        if !self.description.is_empty() {
            body.insert("error_description".into(), Value::String(self.description));
        }
        Reply::json(self.status, &body)
    }
}

/// The vendor's refusal for speed.
pub(super) fn too_fast(status: u16) -> Reply {
    Reply::json(status, &json!({ "error": "Too Many Requests" }))
}

/// The body that the official client's test data has for server errors.
pub(super) fn failure(status: u16) -> Reply {
    let description = match status {
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Error",
    };
    Reply::json(status, &json!({ "error_description": description }))
}
