//! Error answers in webCRM's shape, as far as it is known: `Message` and `Type`, the name of an exception.

use serde_json::json;

use crate::frame::{Reply, Switches};

use super::switches::{ERROR_BODY, MISSING_ID, NO_DELETE, QUERY_STATUS, RATE_LIMIT, RIGHTS_REFUSAL, VALIDATION_STATUS};

/// An answer that is an error. Only the refusal for speed is documented; the names of the others are made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    sort: Sort,
    pub(super) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Invalid,
    Parameter,
    Query,
    Missing,
    Token,
    Rights,
    Undeletable,
    NoPath,
    Server,
}

impl Refusal {
    /// The body breaks a rule.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { sort: Sort::Invalid, message: message.into() }
    }
    /// 400: a parameter, or what should be JSON.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self { sort: Sort::Parameter, message: message.into() }
    }
    /// A faulty query.
    pub(super) fn query(message: impl Into<String>) -> Self {
        Self { sort: Sort::Query, message: message.into() }
    }
    /// There is no such record.
    pub(super) fn missing() -> Self {
        Self { sort: Sort::Missing, message: "The record was not found".into() }
    }
    /// 401: no token, or one that is not good any more.
    pub(super) fn token() -> Self {
        Self { sort: Sort::Token, message: String::new() }
    }
    /// The token may not do this.
    pub(super) fn rights(area: &str) -> Self {
        Self { sort: Sort::Rights, message: format!("Access to {area} is denied") }
    }
    /// Records of this kind cannot be deleted.
    pub(super) fn undeletable() -> Self {
        Self { sort: Sort::Undeletable, message: "The method is not allowed".into() }
    }
    /// 404: no such path.
    pub(super) fn no_path() -> Self {
        Self { sort: Sort::NoPath, message: "Not Found".into() }
    }
    /// 500: the vendor's own trouble.
    pub(super) fn server(message: impl Into<String>) -> Self {
        Self { sort: Sort::Server, message: message.into() }
    }

    pub(super) fn reply(self, switches: &Switches) -> Reply {
        let word = |switch| switches.word(switch).parse().unwrap_or(400);
        let (status, kind) = match self.sort {
            Sort::Missing => match switches.word(&MISSING_ID) {
                "200_null" => return Reply::json(200, &json!(null)),
                "204" => return Reply::empty(204),
                _ => (404, "EntityNotFoundException"),
            },
            Sort::Token => return Reply::empty(401),
            Sort::Invalid => (word(&VALIDATION_STATUS), "ValidationException"),
            Sort::Parameter => (400, "ArgumentException"),
            Sort::Query => (word(&QUERY_STATUS), "QueryException"),
            Sort::Rights => (word(&RIGHTS_REFUSAL), "AccessDeniedException"),
            Sort::Undeletable => (word(&NO_DELETE), "NotSupportedException"),
            Sort::NoPath => (404, "NotFoundException"),
            Sort::Server => (500, "DatabaseException"),
        };
        body(status, &self.message, kind, switches)
    }
}

fn body(status: u16, message: &str, kind: &str, switches: &Switches) -> Reply {
    match switches.word(&ERROR_BODY) {
        "text" => Reply::text(status, "text/plain", message),
        "error_description" => Reply::json(status, &json!({ "Error": kind, "ErrorDescription": message })),
        "empty" => Reply::empty(status),
        _ => Reply::json(status, &json!({ "Message": message, "Type": kind })),
    }
}

/// The documented refusal for speed.
pub(super) fn too_fast(switches: &Switches, seconds: i64) -> Reply {
    let limit = switches.number(&RATE_LIMIT);
    let message = format!("The request was throttled. The limit of {limit} requests per minute is reached");
    let body = json!({ "RetryAfterSeconds": seconds, "Message": message, "Type": "TooManyRequestsException" });
    Reply::json(429, &body).with_header("Retry-After", seconds.to_string())
}

/// The body of an ordered failure.
pub(super) fn failure(status: u16) -> Reply {
    match status {
        401 => Reply::empty(401),
        _ => Reply::json(status, &json!({ "Message": "An error has occurred", "Type": "Exception" })),
    }
}
