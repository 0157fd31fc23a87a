//! Refusals of the order service: problem details, with codes where a body breaks a rule.

use serde_json::{Map, Value, json};

use crate::frame::Reply;

use super::super::refusal::Refusal;

/// A broken rule: its code, the property, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Detail {
    pub(in super::super) code: &'static str,
    pub(in super::super) property: String,
    pub(in super::super) message: String,
}

/// The broken rules of a body.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Problems(pub(in super::super) Vec<Detail>);

impl Problems {
    pub(in super::super) fn add(
        &mut self,
        code: &'static str,
        property: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.0.push(Detail { code, property: property.into(), message: message.into() });
    }

    /// One rule alone.
    pub(in super::super) fn one(code: &'static str, property: &str, message: &str) -> Refusal {
        let mut problems = Self::default();
        problems.add(code, property, message);
        problems.refusal()
    }

    /// All is well, or the refusal.
    pub(in super::super) fn done(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    pub(in super::super) fn refusal(self) -> Refusal {
        let mut errors = Map::new();
        for detail in &self.0 {
            let texts = errors.entry(detail.property.clone()).or_insert_with(|| json!([]));
            if let Some(texts) = texts.as_array_mut() {
                texts.push(json!(detail.message));
            }
        }
        let details = self.0.iter().map(|detail| {
            json!({ "code": detail.code, "message": detail.message, "parameters": { "property": detail.property } })
        });
        let mut body = base(400, "One or more validation errors occurred.", "See the errors.");
        if let Some(body) = body.as_object_mut() {
            body.insert("errors".into(), Value::Object(errors));
            body.insert("details".into(), details.collect());
        }
        Refusal::Ready(problem(400, &body))
    }
}

fn base(status: u16, title: &str, detail: &str) -> Value {
    json!({ "type": format!("https://httpstatuses.com/{status}"), "title": title, "status": status, "detail": detail,
        "instance": "/api/v3" })
}

fn problem(status: u16, body: &Value) -> Reply {
    let mut reply = Reply::json(status, body);
    reply.headers = vec![("content-type".into(), "application/problem+json".into())];
    reply
}

/// A refusal without codes.
pub(in super::super) fn plain(status: u16, detail: &str) -> Refusal {
    let title = match status {
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        428 => "Precondition Required",
        _ => "Error",
    };
    Refusal::Ready(problem(status, &base(status, title, detail)))
}
