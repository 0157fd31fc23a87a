//! Requests and replies as vendors see them.

use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

/// One request to the vendor's API.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// In capitals: `GET`.
    pub method: String,
    /// As sent: percent-encoded, without query.
    pub path: String,
    /// As sent, without `?`; empty if there was none.
    pub query: String,
    /// In the order sent; names in lower case.
    pub headers: Vec<(String, String)>,
    /// As sent.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The token of an `Authorization: Bearer` header.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// The path's segments, decoded: `/a/b%20c` is `["a", "b c"]`.
    pub fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|segment| !segment.is_empty()).map(percent_decoded).collect()
    }

    /// The query's pairs, decoded as forms are: `+` is a space.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The first value of this query parameter.
    pub fn param(&self, name: &str) -> Option<String> {
        self.query_pairs().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The body as `application/x-www-form-urlencoded`.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// A body that is none.
    pub fn json(&self) -> serde_json::Result<Value> {
        serde_json::from_slice(&self.body)
    }
}

/// In paths, unlike in forms, `+` is a plus.
fn percent_decoded(segment: &str) -> String {
    let guarded = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(guarded.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names and values; the length is set by the frame.
    pub headers: Vec<(String, String)>,
    /// As it will be sent.
    pub body: Vec<u8>,
}

impl Reply {
    /// `status` with a JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self { status, headers: vec![("content-type".into(), "application/json".into())], body },
            Err(error) => Self::text(500, "text/plain", &format!("the emulator could not write its answer: {error}")),
        }
    }

    /// `status` without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// `status` with a body of another type.
    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_space_in_queries_and_a_plus_in_paths() {
        let request = Request {
            path: "/orders/a+b%20c&d=e".into(),
            query: "since=2019-11-28T13:38:17+01:00&x=%2B".into(),
            ..Request::default()
        };
        assert_eq!(request.segments(), ["orders", "a+b c&d=e"]);
        assert_eq!(request.param("since").unwrap(), "2019-11-28T13:38:17 01:00");
        assert_eq!(request.param("x").unwrap(), "+");
    }

    #[test]
    fn the_bearer_token_is_found_whatever_the_case() {
        let request = Request { headers: vec![("authorization".into(), "bearer abc".into())], ..Request::default() };
        assert_eq!(request.bearer(), Some("abc"));
    }
}
