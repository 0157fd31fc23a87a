//! Checks requests and answers against a vendor's OpenAPI 3.0 or 3.1 or Swagger 2.0 description, in tests.
//!
//! ```
//! # let description = serde_json::json!({ "openapi": "3.0.0", "paths": { "/orders/{id}": { "get": {
//! #     "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } }],
//! #     "responses": { "200": { "description": "", "content": { "application/json": { "schema": {
//! #         "type": "object", "properties": { "orderId": { "type": "integer" } } } } } } } } } } });
//! let spec = spec_check::Spec::from_value(description)?; // or Spec::load(path)
//! assert!(spec.check_request("GET", "/orders/1", "", "").is_empty());
//! let problems = spec.check_response("GET", "/orders/1", 200, r#"{"orderId":"1","oderNo":2}"#);
//! assert_eq!(problems.len(), 2);
//! # Ok::<(), spec_check::LoadError>(())
//! ```
//!
//! It is stricter than the OpenAPI rules in one respect: a field that the description does not know is a problem
//! (keyword `unknown`), since it is most often a slip of the pen. Where a description is known to be wrong, a table of
//! [`Exceptions`] says so with a reason, and an entry that was never needed is reported as well.

mod exception;
mod glob;
mod load;
mod operation;
mod rewrite;
mod swagger;

use std::fmt;

pub use exception::{Exception, Exceptions};
pub use load::{LoadError, Spec};

/// One difference between a message and the description.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Method and path template, then what was looked at: `GET /orders/{orderId} 200`, `POST /orders body`,
    /// `GET /orders query`, `GET /orders path`.
    pub place: String,
    /// JSON pointer into the body, or the name of the parameter.
    pub at: String,
    /// The broken rule's keyword in the description (`type`, `maxLength`, `required` …), or `unknown` for a field or
    /// parameter that is not described, `readOnly` for one that must not be sent, `writeOnly` for one that must not be
    /// answered, `status` for a status that is not described, `operation` for a path or method that is not, `body` for
    /// a body that is missing, not expected or no JSON, `description` where the description itself cannot be used.
    pub keyword: String,
    /// The difference in words.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?} [{}]: {}", self.place, self.at, self.keyword, self.message)
    }
}
