//! What is sent, without a type of the HTTP library.

use std::{borrow::Cow, fmt, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sync_core::{
    context::Lane,
    error::{Error, ErrorKind, Result},
};
use url::Url;

use crate::limit::Limit;

/// Only what every server takes as it stands stays as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In a query, `$` too: some vendors' parameters begin with it.
const QUERY: &AsciiSet = &UNRESERVED.remove(b'$');

/// What is done to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the headers only.
    Head,
    /// Creates, or whatever the vendor makes of it.
    Post,
    /// Replaces, or merges, as the vendor does.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
    /// Whether it changes nothing, by its nature.
    pub fn only_reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// A text that goes out, secret or not.
#[derive(Clone)]
pub(crate) enum Text {
    Plain(String),
    Secret(SecretString),
}

impl Text {
    pub(crate) fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(text) => text.expose_secret(),
        }
    }
    pub(crate) fn secret(&self) -> Option<SecretString> {
        match self {
            Self::Plain(_) => None,
            Self::Secret(text) => Some(text.clone()),
        }
    }
}

#[derive(Clone)]
pub(crate) enum Body {
    Bytes { content_type: Cow<'static, str>, bytes: Vec<u8> },
    Form(Vec<(String, Text)>),
}

/// One call, built by a connector: see [`get`](Request::get) and the others. `Debug` shows names, never values.
///
/// ```
/// use sync_http::Request;
///
/// let request = Request::put("update order", "/orders/{order}/rows/{row}")
///     .path("order", 4711)
///     .path("row", "a/b")
///     .query("notify", false)
///     .json(&serde_json::json!({"quantity": 2}));
/// assert_eq!(
///     format!("{request:?}"),
///     r#"Request { operation: "update order", call: PUT /orders/{order}/rows/{row}, query: ["notify"], headers: [], body: true }"#
/// );
/// ```
#[derive(Clone)]
#[must_use]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) operation: &'static str,
    pub(crate) template: &'static str,
    link: Option<String>,
    path: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, Text)>,
    pub(crate) basic: Option<(String, SecretString)>,
    pub(crate) body: Option<Body>,
    pub(crate) lane: Option<Lane>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) safe: bool,
    pub(crate) timeout: Option<Duration>,
    fault: Option<String>,
}

impl Request {
    /// A call to `template` under the client's base URL, such as `/orders/{id}`; [`path`](Self::path) fills the braces.
    /// An empty template is the base URL itself. `operation` is what errors say was being done: `"list orders"`.
    ///
    /// The template stands in traces and errors in place of the real path, which may hold a key of somebody's.
    pub fn new(method: Method, operation: &'static str, template: &'static str) -> Self {
        Self {
            method,
            operation,
            template,
            link: None,
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            basic: None,
            body: None,
            lane: None,
            limits: Vec::new(),
            safe: method.only_reads(),
            timeout: None,
            fault: None,
        }
    }
    /// A read.
    pub fn get(operation: &'static str, template: &'static str) -> Self {
        Self::new(Method::Get, operation, template)
    }
    /// A POST.
    pub fn post(operation: &'static str, template: &'static str) -> Self {
        Self::new(Method::Post, operation, template)
    }
    /// A PUT.
    pub fn put(operation: &'static str, template: &'static str) -> Self {
        Self::new(Method::Put, operation, template)
    }
    /// A PATCH.
    pub fn patch(operation: &'static str, template: &'static str) -> Self {
        Self::new(Method::Patch, operation, template)
    }
    /// A DELETE.
    pub fn delete(operation: &'static str, template: &'static str) -> Self {
        Self::new(Method::Delete, operation, template)
    }
    /// A read of an address that the vendor gave, such as the next page's. It must lead to the base URL's scheme, host
    /// and port, else nothing is sent and the error is `Protocol`.
    pub fn link(operation: &'static str, link: impl Into<String>) -> Self {
        Self { link: Some(link.into()), ..Self::new(Method::Get, operation, "(link)") }
    }
    /// Fills `{name}` in the template; every character that could mean something in a path is encoded.
    ///
    /// An empty value, `.` and `..` would name another resource: the call is refused with `Invalid`.
    pub fn path(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.path.push((name, value.to_string()));
        self
    }
    /// Adds a query parameter; `+`, `&`, spaces and the like are encoded, so that a time with an offset survives.
    pub fn query(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }
    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Text::Plain(value.into())));
        self
    }
    /// Adds a header with a secret.
    pub fn secret_header(mut self, name: impl Into<String>, value: SecretString) -> Self {
        self.headers.push((name.into(), Text::Secret(value)));
        self
    }
    /// Signs in with `Authorization: Basic`. Nothing is encoded before: see RFC 6749 2.3.1 where it is for OAuth.
    pub fn basic(mut self, user: impl Into<String>, password: SecretString) -> Self {
        self.basic = Some((user.into(), password));
        self
    }
    /// Sends `body` as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.bytes("application/json", bytes),
            Err(error) => {
                self.fault = Some(format!("its body cannot be written as JSON: {error}"));
                self
            }
        }
    }
    /// Sends `bytes` as they are.
    pub fn bytes(mut self, content_type: impl Into<Cow<'static, str>>, bytes: Vec<u8>) -> Self {
        self.body = Some(Body::Bytes { content_type: content_type.into(), bytes });
        self
    }
    /// Says another content type of the body set before, such as `application/json-patch+json`.
    pub fn content_type(mut self, wanted: impl Into<Cow<'static, str>>) -> Self {
        if let Some(Body::Bytes { content_type, .. }) = &mut self.body {
            *content_type = wanted.into();
        }
        self
    }
    /// Adds a field to a form body (`application/x-www-form-urlencoded`).
    pub fn form(self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.field(name.into(), Text::Plain(value.to_string()))
    }
    /// Adds a form field with a secret.
    pub fn secret_form(self, name: impl Into<String>, value: SecretString) -> Self {
        self.field(name.into(), Text::Secret(value))
    }
    fn field(mut self, name: String, value: Text) -> Self {
        match &mut self.body {
            Some(Body::Form(fields)) => fields.push((name, value)),
            _ => self.body = Some(Body::Form(vec![(name, value)])),
        }
        self
    }
    /// Another lane than the context's.
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = Some(lane);
        self
    }
    /// Counts against this limit beside those of the client.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }
    /// Claims that sending it twice does no more than sending it once: a read made by POST, or a write with a key that
    /// the vendor keeps apart. Without this claim a write whose answer is lost is never sent again.
    pub fn safe_to_repeat(mut self) -> Self {
        self.safe = true;
        self
    }
    /// Another time-out than the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The secrets that go out with it: an answer that repeats one must not bring it into an error.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let form: &[(String, Text)] = match &self.body {
            Some(Body::Form(fields)) => fields,
            _ => &[],
        };
        let own = self.headers.iter().chain(form).filter_map(|(_, text)| text.secret());
        own.chain(self.basic.iter().map(|(_, password)| password.clone())).collect()
    }
    /// The full address. Errors: see [`path`](Self::path) and [`link`](Self::link); `Internal` for a template whose
    /// braces are not filled.
    pub(crate) fn url(&self, base: &Url) -> Result<Url> {
        if let Some(fault) = &self.fault {
            return Err(self.refused(ErrorKind::Internal, fault));
        }
        let mut url = match &self.link {
            Some(link) => self.linked(base, link)?,
            None => {
                let mut url = base.clone();
                if !self.template.is_empty() {
                    let path = format!("{}{}", base.path().trim_end_matches('/'), self.filled()?);
                    url.set_path(&path);
                }
                url
            }
        };
        if !self.query.is_empty() {
            let pairs = self.query.iter().map(|(name, value)| {
                format!("{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(value, UNRESERVED))
            });
            let query: Vec<String> = url.query().map(str::to_owned).into_iter().chain(pairs).collect();
            url.set_query(Some(&query.join("&")));
        }
        Ok(url)
    }
    fn linked(&self, base: &Url, link: &str) -> Result<Url> {
        let url = base.join(link).map_err(|_| self.refused(ErrorKind::Protocol, "the vendor's link is no address"))?;
        if !same_origin(base, &url) {
            return Err(self.refused(ErrorKind::Protocol, "the vendor's link leads to another host"));
        }
        Ok(url)
    }
    fn filled(&self) -> Result<String> {
        let mut filled = String::new();
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let Some((_, value)) = self.path.iter().find(|(known, _)| *known == name) else {
                return Err(self.refused(ErrorKind::Internal, &format!("«{name}» of its path was not given")));
            };
            if matches!(value.as_str(), "" | "." | "..") {
                let what = format!("«{value}» cannot be the {name} of a record; nothing was looked up or changed");
                return Err(self.refused(ErrorKind::Invalid, &what));
            }
            filled.push_str(before);
            filled.extend(utf8_percent_encode(value, UNRESERVED));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
    fn refused(&self, kind: ErrorKind, what: &str) -> Error {
        Error::new(kind, self.operation, format!("{} {} was not sent: {what}", self.method.name(), self.template))
    }
}

/// Whether a call to `other` goes to the very server that `base` names, with no sign-in hidden in the address.
pub(crate) fn same_origin(base: &Url, other: &Url) -> bool {
    other.origin() == base.origin() && other.username().is_empty() && other.password().is_none()
}

/// A form body, encoded.
pub(crate) fn encode_form(fields: &[(String, Text)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value.expose());
    }
    form.finish()
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, Text)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("call", &format_args!("{} {}", self.method.name(), self.template))
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("headers", &names(&self.headers))
            .field("body", &self.body.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Url {
        Url::parse("https://api.example.com/api/v2/").unwrap()
    }

    #[test]
    fn templates_stand_under_the_base() {
        let url = Request::get("x", "/orders/{id}/rows/b64({row})").path("id", "a/ö+b").path("row", 7).url(&base());
        assert_eq!(url.unwrap().as_str(), "https://api.example.com/api/v2/orders/a%2F%C3%B6%2Bb/rows/b64(7)");
        assert_eq!(Request::post("x", "").url(&base()).unwrap(), base());
    }

    #[test]
    fn a_query_keeps_dollars_and_encodes_the_rest() {
        let url = Request::get("x", "/a")
            .query("$filter", "Name eq 'A+B & C' and At ge 2026-01-01T00:00:00+01:00")
            .query("$page", 2)
            .url(&base())
            .unwrap();
        let query = url.query().unwrap();
        assert!(query.starts_with("$filter=Name%20eq%20"), "{query}");
        assert!(query.contains("A%2BB%20%26%20C") && query.ends_with("%2B01%3A00&$page=2"), "{query}");
    }

    #[test]
    fn a_path_that_would_name_something_else_is_refused() {
        for value in ["", ".", ".."] {
            let error = Request::delete("remove", "/orders/{id}").path("id", value).url(&base()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        let error = Request::get("get", "/orders/{id}").url(&base()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }

    #[test]
    fn links_stay_on_the_host() {
        let url = Request::link("list", "/api/v2/orders?page=2").url(&base()).unwrap();
        assert_eq!(url.as_str(), "https://api.example.com/api/v2/orders?page=2");
        for link in [
            "https://evil.example.com/",
            "http://api.example.com/",
            "https://u:p@api.example.com/",
            "https://[",
            "//evil.example.com",
        ] {
            assert_eq!(Request::link("list", link).url(&base()).unwrap_err().kind(), ErrorKind::Protocol, "{link}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let request = Request::post("x", "/a/{id}")
            .path("id", "hush1")
            .query("q", "hush2")
            .header("h", "hush3")
            .secret_form("client_secret", "hush4".into())
            .basic("u", "hush5".into());
        assert!(!format!("{request:?}").contains("hush"));
    }

    proptest! {
        #[test]
        fn any_id_survives_as_one_segment(id in "\\PC{1,20}") {
            prop_assume!(id != "." && id != "..");
            let url = Request::get("x", "/orders/{id}/rows").path("id", &id).url(&base()).unwrap();
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 5);
            prop_assert_eq!(percent_encoding::percent_decode_str(segments[3]).decode_utf8().unwrap(), id);
        }
        #[test]
        fn any_query_survives(name in "[a-z$]{1,8}", value in "\\PC{0,20}") {
            let url = Request::get("x", "/a").query(&name, &value).url(&base()).unwrap();
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, vec![(name, value)]);
        }
    }
}
