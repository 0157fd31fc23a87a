//! The surroundings of one call to the API, or of one action of a person in the web client.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::{Cx, Switch};

use super::intake::Intake;
use super::problem::Refusal;
use super::record::{Precision, Record, stamp};
use super::schema::{self, Schema};
use super::switches;
use super::view::View;

/// Makes ids, the same ones in each run of a test.
#[derive(Debug, Default)]
pub(crate) struct Mint {
    made: u64,
}

impl Mint {
    /// A fresh id.
    pub(crate) fn id(&mut self) -> String {
        self.made = self.made.saturating_add(1);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("eekonomi {}", self.made).as_bytes()).to_string()
    }
}

/// One call.
pub(crate) struct Call<'a> {
    /// The emulator's instant.
    pub(crate) now: DateTime<Utc>,
    /// How the switches stand.
    pub(crate) cx: &'a Cx<'a>,
    /// Where ids come from.
    pub(crate) mint: &'a mut Mint,
    /// What was sent to people.
    pub(crate) mails: &'a mut Vec<Value>,
    /// The query's pairs.
    pub(crate) params: &'a [(String, String)],
    /// Where the emulator is, as `http://127.0.0.1:8080`.
    pub(crate) host: String,
    /// A number that differs from call to call.
    pub(crate) serial: usize,
}

impl Call<'_> {
    /// Whether a switch stands at a word.
    pub(crate) fn is(&self, switch: &Switch, word: &str) -> bool {
        self.cx.switches.is(switch, word)
    }

    /// The word that a switch stands at.
    pub(crate) fn word(&self, switch: &Switch) -> &'static str {
        self.cx.switches.word(switch)
    }

    /// The number that a switch stands at.
    pub(crate) fn number(&self, switch: &Switch) -> i64 {
        self.cx.switches.number(switch)
    }

    /// A query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that is true or false; false when absent.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.param(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::field(name, "must be true or false")),
        }
    }

    /// How exact stamps are.
    pub(crate) fn precision(&self) -> Precision {
        if self.is(&switches::STAMP_PRECISION, "millis") { Precision::Millis } else { Precision::Seconds }
    }

    /// Now, as it is stored and printed.
    pub(crate) fn stamp(&self) -> Value {
        stamp(self.now, self.precision())
    }

    /// The `ModifiedUtc` of a new document.
    pub(crate) fn first_modified(&self) -> Value {
        if self.is(&switches::MODIFIED_NEW, "created") { self.stamp() } else { Value::Null }
    }

    /// A fresh id.
    pub(crate) fn id(&mut self) -> Value {
        Value::String(self.mint.id())
    }

    /// The forms of printed values.
    pub(crate) fn view(&self) -> View {
        View::new(self.cx.switches)
    }

    /// Takes a body in.
    ///
    /// # Errors
    /// 2000 with all broken rules, or 6001 when only dates are wrong.
    pub(crate) fn accept(&self, schema: &Schema, body: &Value) -> Result<Record, Refusal> {
        schema::accept(schema, body, Intake::new(self.cx.switches)).map_err(Refusal::from)
    }

    /// Code 3000 for something that a body refers to.
    pub(crate) fn no_such(&self, field: &str, id: &str) -> Refusal {
        let status = if self.is(&switches::BAD_REFERENCE, "404") { 404 } else { 400 };
        Refusal::not_found(format!("{field}: there is no {id:?}")).with_status(status)
    }

    /// Notes that something was sent to somebody.
    pub(crate) fn sent(&mut self, company: &str, mut mail: Value) {
        if let Some(mail) = mail.as_object_mut() {
            mail.insert("at".to_owned(), json!(self.now));
            mail.insert("company".to_owned(), json!(company));
        }
        self.mails.push(mail);
    }
}
