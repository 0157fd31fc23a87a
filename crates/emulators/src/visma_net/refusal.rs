//! What the services answer when they refuse.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::{Reply, Switches};

use super::switches::{BUSINESS_ERROR, GATEWAY_BODY, NO_DELETE, UNKNOWN_KEY};

/// A refusal before it has its status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A rule of business was broken: what was tried, and each rule.
    Business(String, Vec<String>),
    /// The same in a create, which may be another status.
    Create(String, Vec<String>),
    /// The body is not what the call takes: the type expected.
    Shape(String),
    /// A parameter of the query.
    Query(String),
    /// The gateway knows no such token, or it is over.
    Token,
    /// The classic gateway's word for the wrong tenant.
    Licence,
    /// The token lacks a scope.
    Scope,
    /// There is no such record.
    Key(String),
    /// There is no such address.
    Path,
    /// Masters stay.
    Undeletable,
    /// A status with a message.
    Status(u16, String),
    /// An answer of the order service, which has its own form.
    Ready(Reply),
}

impl Refusal {
    pub(super) fn business(tried: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Business(tried.into(), vec![rule.into()])
    }

    /// What a person in the vendor's screens is told.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Business(tried, rules) | Self::Create(tried, rules) => format!("{tried} {}", rules.join("; ")),
            Self::Shape(expected) => format!("the body is no {expected}"),
            Self::Query(why) | Self::Key(why) | Self::Status(_, why) => why.clone(),
            Self::Ready(reply) => String::from_utf8_lossy(&reply.body).into_owned(),
            other => format!("{other:?}"),
        }
    }

    /// The answer. `serial` makes its id unlike all others.
    pub(super) fn reply(self, switches: &Switches, serial: u64) -> Reply {
        match self {
            Self::Business(tried, rules) => form_a(400, serial, &tried, &rules),
            Self::Create(tried, rules) => {
                let status = if switches.is(&BUSINESS_ERROR, "500") { 500 } else { 400 };
                form_a(status, serial, &tried, &rules)
            }
            Self::Shape(expected) => {
                let text = format!("Data received not recognized as {expected}. Value cannot be null.");
                Reply::json(400, &json!({ "message": format!("{text} Parameter name: {}", parameter(&expected)) }))
            }
            Self::Query(why) => form_a(400, serial, &why, &[]),
            Self::Token => gateway(switches, 401, "Unauthorized"),
            Self::Licence => Reply::json(401, &licence(serial)),
            Self::Scope => Reply::empty(403),
            Self::Key(what) => {
                let status = if switches.is(&UNKNOWN_KEY, "400") { 400 } else { 404 };
                form_a(status, serial, &what, &[])
            }
            Self::Path => Reply::empty(404),
            Self::Undeletable => Reply::empty(if switches.is(&NO_DELETE, "404") { 404 } else { 405 }),
            Self::Status(status, message) => form_a(status, serial, &message, &[]),
            Self::Ready(reply) => reply,
        }
    }
}

fn parameter(expected: &str) -> String {
    let mut letters = expected.trim_end_matches("Dto").chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn visma_id(serial: u64) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("visma-net error {serial}").as_bytes())
}

/// One text: an id for the vendor's support, what was tried, and each rule after a mark of its own.
fn form_a(status: u16, serial: u64, tried: &str, rules: &[String]) -> Reply {
    let mut message = format!("VismaId: {}. {tried}", visma_id(serial));
    for (place, rule) in rules.iter().enumerate() {
        message.push_str(if place == 0 { " " } else { "\r\n" });
        message.push_str(&format!("Error: {rule}"));
    }
    Reply::json(status, &json!({ "message": message }))
}

fn licence(serial: u64) -> Value {
    json!({ "ExceptionType": "IPPException", "ExceptionMessage": "No license for this company.",
        "ExceptionFaultCode": "12027", "ExceptionMessageID": format!("12027_{}", visma_id(serial)),
        "ExceptionDetails": "" })
}

/// An answer of the gateway itself, whose body is anybody's guess.
pub(super) fn gateway(switches: &Switches, status: u16, message: &str) -> Reply {
    match switches.word(&GATEWAY_BODY) {
        "text" => Reply::text(status, "text/plain", message),
        "message" => Reply::json(status, &json!({ "message": message })),
        _ => Reply::empty(status),
    }
}

/// The body of an ordered failure.
pub(super) fn failure(status: u16) -> Reply {
    match status {
        401 | 403 | 429 => Reply::empty(status),
        _ => form_a(status, u64::from(status), "An error has occurred.", &[]),
    }
}
