//! What came back, without a type of the HTTP library.

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::Value;
use sync_core::error::{Error, ErrorKind, Result};

use crate::redact::Redaction;

/// Where a call went: what errors and traces may say about it. No ids, no query, no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    pub(crate) host: Arc<str>,
    /// Sending it twice may do harm.
    pub(crate) writes: bool,
    /// It was sent under a condition (`If-Match`, `If-Unmodified-Since`).
    pub(crate) conditional: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let template = if self.template.is_empty() { "/" } else { self.template };
        write!(f, "{} {template} at {}", self.method, self.host)
    }
}

/// An answer: status, headers, body. `Debug` shows neither header values nor the body.
#[derive(Clone)]
pub struct Response {
    pub(crate) place: Place,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("from", &format_args!("{}", self.place))
            .field("status", &self.status)
            .field("body", &self.looks())
            .finish_non_exhaustive()
    }
}

impl Response {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// The first header of that name, whatever its case. Bytes that are no text are left out.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
    /// All headers, names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
    /// The body as it came, after decompression.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }
    /// What the body looks like, whatever the content type says: some servers call JSON `text/html`.
    pub fn looks(&self) -> Looks {
        Looks::of(&self.body)
    }
    /// The body as loose JSON, if it is any. For error readers: an answer that is no JSON is no fault there.
    pub fn value(&self) -> Option<Value> {
        serde_json::from_slice(self.text_bytes()).ok()
    }
    /// The body as `T`.
    ///
    /// Errors: `Protocol` in one line that tells where in the body the fault is, never its content. After a write that may
    /// not be sent twice: `AmbiguousWrite`, since the vendor said yes and only its answer cannot be read.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.text_bytes()).map_err(|error| self.unreadable::<T>(&error))
    }
    /// The last segment of the `Location` header, percent-decoded: the id of a new record. The rest of that address is
    /// not to be trusted; some vendors name another host there.
    pub fn location_id(&self) -> Option<String> {
        let location = self.header("location")?;
        let path = location.split(['?', '#']).next()?.trim_end_matches('/');
        let last = path.rsplit('/').next().filter(|last| !last.is_empty())?;
        percent_encoding::percent_decode_str(last).decode_utf8().ok().map(|text| text.into_owned())
    }
    /// An error about this answer, for connectors that find its content wrong: a page without its envelope.
    pub fn error(&self, kind: ErrorKind, what: impl fmt::Display) -> Error {
        Error::new(kind, self.place.operation, format!("{} answered {} {what}", self.place, self.status))
            .with_context("status", self.status)
    }

    fn text_bytes(&self) -> &[u8] {
        self.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.body)
    }
    fn unreadable<T: DeserializeOwned>(&self, error: &serde_json::Error) -> Error {
        let what = match self.looks() {
            Looks::Json => format!(
                "with JSON that does not have the expected shape ({}); the vendor's interface may have changed",
                shape_fault::<T>(self.text_bytes())
            ),
            looks => format!("{looks} (line {}, column {})", error.line(), error.column()),
        };
        if self.place.writes {
            return self.error(
                ErrorKind::AmbiguousWrite,
                format_args!("{what}; the write was accepted, look at the record before anything is sent again"),
            );
        }
        self.error(ErrorKind::Protocol, format_args!("{what}; nothing was taken over"))
    }
}

/// Reads once more with the path in mind: slower, hence only after a failure.
fn shape_fault<T: DeserializeOwned>(body: &[u8]) -> String {
    let reader = &mut serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(reader) {
        Ok(_) => "more text after its end".to_owned(),
        Err(error) => {
            let path = error.path().to_string();
            let place = if path == "." { "at the top".to_owned() } else { format!("at {path}") };
            format!("{place}: {}", without_values(&error.inner().to_string()))
        }
    }
}

/// serde quotes the value that it did not expect; values are somebody's data.
fn without_values(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('"').enumerate() {
        match (index, index % 2) {
            (0, _) => out.push_str(part),
            (_, 1) => out.push('…'),
            _ => out.push_str(part),
        }
    }
    // the line and column count in what was read, which the operator does not see
    let out = out.split(" at line ").next().unwrap_or_default();
    Redaction::default().text(out)
}

/// What a body looks like, for one clear word about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Nothing but white space.
    Empty,
    /// A page for people.
    Html,
    /// JSON, whole.
    Json,
    /// JSON that stops in the middle.
    CutOff,
    /// Something else.
    Other,
}

impl Looks {
    fn of(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii();
        match body.first() {
            None => Self::Empty,
            Some(b'<') => Self::Html,
            Some(_) => match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
                Ok(_) => Self::Json,
                Err(error) if error.is_eof() && matches!(body.first(), Some(b'{' | b'[' | b'"')) => Self::CutOff,
                Err(_) => Self::Other,
            },
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "without a body",
            Self::Html => "with a page of HTML instead of JSON",
            Self::Json => "with JSON",
            Self::CutOff => "with JSON that is cut off",
            Self::Other => "with something that is not JSON",
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str, writes: bool) -> Response {
        Response {
            place: Place {
                operation: "list orders",
                method: "GET",
                template: "/orders/{id}",
                host: "api.example.com".into(),
                writes,
                conditional: false,
            },
            status,
            headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[derive(Debug, serde::Deserialize)]
    struct Row {
        #[allow(dead_code, reason = "only its shape is read")]
        rows: Vec<Inner>,
    }
    #[derive(Debug, serde::Deserialize)]
    struct Inner {
        #[allow(dead_code, reason = "only its shape is read")]
        price: u32,
    }

    #[test]
    fn a_fault_tells_its_place_and_never_the_value() {
        let body = r#"{"rows":[{"price":1},{"price":"anna ek"}]}"#;
        let error = answer(200, &[], body, false).json::<Row>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("at rows[1].price"), "{error}");
        assert!(!format!("{error:?}{error}").contains("anna"), "{error:?}");
    }

    #[test]
    fn each_kind_of_broken_body_has_one_line() {
        for (body, word) in [
            ("", "without a body"),
            ("<!DOCTYPE html><html>secret", "a page of HTML"),
            (r#"{"rows":[{"pri"#, "cut off"),
            ("teapot 4711", "not JSON"),
        ] {
            let error = answer(200, &[], body, false).json::<Row>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{body}");
            assert!(error.message().contains(word), "{error}");
            assert!(!error.to_string().contains('\n') && !error.to_string().contains("secret"));
            let error = answer(201, &[], body, true).json::<Row>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AmbiguousWrite, "{body}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_fault() {
        assert_eq!(answer(200, &[], "\u{feff}[1]", false).json::<Vec<u8>>().unwrap(), [1]);
    }

    #[test]
    fn the_new_id_is_the_last_segment_of_the_location() {
        for (location, id) in [
            ("https://other.example.com/v1/customer/10%2F20", Some("10/20")),
            ("http://other.example.com/v1/customer/10/?a=b", Some("10")),
            ("7", Some("7")),
            ("", None),
        ] {
            assert_eq!(answer(201, &[("Location", location)], "", true).location_id().as_deref(), id, "{location}");
        }
    }
}
