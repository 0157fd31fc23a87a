//! How a token is obtained: client credentials here, consent of a person in [`consent`](crate::consent), anything else by
//! a connector's own [`Grant`].
//!
//! *Why not the `oauth2` crate.* It refuses token answers whose content type is not `application/json` and those without
//! `token_type`; both occur among the vendors here, and one spells the fields `AccessToken`. What is left for it, the
//! login address with state and PKCE, is twenty lines over *ring*, which TLS brings anyway; the crate would bring a second
//! `base64`, `rand` and `thiserror`, and chrono's clock, which this workspace keeps out.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sync_core::{
    context::Context,
    error::{Error, ErrorKind, Result},
};

use crate::{
    client::Client,
    redact::{one_line, without},
    request::Request,
    response::Response,
    token::Token,
};

/// A way to a token.
#[async_trait]
pub trait Grant: fmt::Debug + Send + Sync {
    /// A new token. `old` is the one kept in the store, with its refresh token if the vendor gave one.
    ///
    /// Called by one caller at a time. Errors: `Auth` when the vendor refuses; then the store is read again, since
    /// another process may have renewed, and this is called once more if it did.
    async fn obtain(&self, cx: &Context, old: Option<&Token>) -> Result<Token>;
}

/// Makes a signed statement of who we are (RFC 7523) for the given moment; it goes out as `client_assertion`.
pub type Sign = Arc<dyn Fn(DateTime<Utc>) -> Result<SecretString> + Send + Sync>;

/// How the program proves who it is at the token endpoint.
#[derive(Clone)]
pub enum Proof {
    /// By nothing: a public client with PKCE.
    Public,
    /// By a secret in the form body.
    Body(SecretString),
    /// By a secret in the header `Authorization: Basic`, encoded as RFC 6749 says.
    Basic(SecretString),
    /// By a statement signed with a private key.
    Assertion(Sign),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Body(_) => "secret in the body",
            Self::Basic(_) => "secret in Basic",
            Self::Assertion(_) => "signed assertion",
        })
    }
}

/// What a program registered with the vendor is known by.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    pub(crate) id: String,
    pub(crate) proof: Proof,
    pub(crate) scopes: Vec<String>,
    params: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

impl OAuthClient {
    /// A client without scopes.
    pub fn new(id: impl Into<String>, proof: Proof) -> Self {
        Self { id: id.into(), proof, scopes: Vec::new(), params: Vec::new(), headers: Vec::new() }
    }
    /// Asks for these scopes.
    #[must_use]
    pub fn scopes<I: IntoIterator<Item = S>, S: Into<String>>(mut self, scopes: I) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }
    /// Adds a form parameter to each token request, such as `tenant_id`. Not for secrets.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }
    /// Adds a header to each token request, such as `TenantId`. Not for secrets.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
    /// A request to the token endpoint, which is the base URL of the client that sends it.
    pub(crate) fn request(&self, operation: &'static str, grant_type: &str, now: DateTime<Utc>) -> Result<Request> {
        let mut request = Request::post(operation, "").form("grant_type", grant_type);
        request = match &self.proof {
            Proof::Basic(secret) => {
                let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                request.basic(encode(&self.id), encode(secret.expose_secret()).into())
            }
            Proof::Public => request.form("client_id", &self.id),
            Proof::Body(secret) => request.form("client_id", &self.id).secret_form("client_secret", secret.clone()),
            Proof::Assertion(sign) => request
                .form("client_id", &self.id)
                .form("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                .secret_form("client_assertion", sign(now)?),
        };
        for (name, value) in &self.params {
            request = request.form(name, value);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(request)
    }
}

/// The grant `client_credentials`: a new token for the asking, no refresh token.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    http: Client,
    client: OAuthClient,
}

impl ClientCredentials {
    /// `http` is a client without sign-in whose base URL is the token endpoint. Unless it was given an error reader, it
    /// reads [`TokenErrors`](crate::TokenErrors).
    pub fn new(http: Client, client: OAuthClient) -> Self {
        Self { http: http.for_tokens(), client }
    }
}

#[async_trait]
impl Grant for ClientCredentials {
    async fn obtain(&self, cx: &Context, _old: Option<&Token>) -> Result<Token> {
        let mut request = self.client.request("get token", "client_credentials", cx.clock.now())?;
        if !self.client.scopes.is_empty() {
            request = request.form("scope", self.client.scopes.join(" "));
        }
        request_token(&self.http, cx, request.safe_to_repeat()).await
    }
}

/// Sends a request to a token endpoint and reads the token from its answer: for grants of connectors.
///
/// Names are compared without case and underscores (`access_token`, `AccessToken`); `token_type` is not asked for;
/// `expires_in` may be a number or a text. A request that is not [safe to repeat](Request::safe_to_repeat) and whose
/// answer is lost gives `Auth`: what it carried is used up.
pub async fn request_token(http: &Client, cx: &Context, request: Request) -> Result<Token> {
    let asked_at = cx.clock.now();
    let operation = request.operation;
    let secrets = request.secrets();
    let answer = http.send(cx, request).await.map_err(|error| match error.kind() {
        ErrorKind::AmbiguousWrite => Error::new(
            ErrorKind::Auth,
            operation,
            "the answer to the login was lost, and what it was made with can be used only once: log in again",
        )
        .with_detail(error.to_string()),
        _ => error,
    })?;
    read_token(&answer, asked_at, secrets)
}

/// `secrets` are those that went out with the request.
fn read_token(answer: &Response, asked_at: DateTime<Utc>, mut secrets: Vec<SecretString>) -> Result<Token> {
    let fields = match answer.value() {
        Some(Value::Object(fields)) => fields,
        _ => {
            let what =
                format!("{} where a token should be; check the token address of this connection", answer.looks());
            return Err(answer.error(ErrorKind::Config, what));
        }
    };
    let secret = |name| text(&fields, name).map(SecretString::from);
    let refused = field(&fields, "iserror").and_then(Value::as_bool) == Some(true);
    let Some(access) = secret("accesstoken").filter(|_| !refused) else {
        let error = answer.error(ErrorKind::Auth, "without a token: check the credentials, or log in again");
        return Err(match text(&fields, "error") {
            Some(code) => {
                // a token may lie anywhere in such an answer, and its words may repeat it
                for (_, value) in fields.iter().filter(|(key, _)| !plain(key).starts_with("error")) {
                    texts(value, &mut secrets);
                }
                let said = text(&fields, "errordescription").unwrap_or_default();
                error.with_vendor(one_line(&without(&code, &secrets), 80), one_line(&without(&said, &secrets), 500))
            }
            None => error,
        });
    };
    let lifetime = text(&fields, "expiresin").and_then(|seconds| seconds.split('.').next()?.parse().ok());
    let mut token =
        Token::new(access, asked_at, lifetime.map(Duration::from_secs)).with_refresh(secret("refreshtoken"));
    token.identity = secret("idtoken");
    Ok(token)
}

fn plain(key: &str) -> String {
    key.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// All texts in a value.
fn texts(value: &Value, out: &mut Vec<SecretString>) {
    match value {
        Value::String(text) => out.push(SecretString::from(text.clone())),
        Value::Array(values) => values.iter().for_each(|value| texts(value, out)),
        Value::Object(values) => values.values().for_each(|value| texts(value, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.iter().find(|(key, _)| plain(key) == name).map(|(_, value)| value)
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match field(fields, name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::tests::answer;

    fn read(body: &str) -> Result<Token> {
        read_token(&answer(200, &[("content-type", "text/html")], body, false), DateTime::UNIX_EPOCH, Vec::new())
    }

    #[test]
    fn tokens_are_read_in_each_vendors_spelling() {
        for body in [
            r#"{"access_token":"a","expires_in":3600,"refresh_token":"r","token_type":"bearer"}"#,
            r#"{"access_token":"a","expires_in":"3600","refresh_token":"r"}"#,
            r#"{"AccessToken":"a","ExpiresIn":3600,"RefreshToken":"r","IsError":false,"Error":null,"SystemId":1}"#,
        ] {
            let token = read(body).unwrap();
            assert_eq!(token.access.expose_secret(), "a");
            assert_eq!(token.refresh.unwrap().expose_secret(), "r");
            assert_eq!(token.expires_at, DateTime::from_timestamp(3600, 0), "{body}");
        }
        assert_eq!(read(r#"{"access_token":"a"}"#).unwrap().expires_at, None);
    }

    #[test]
    fn an_answer_without_a_token_says_why() {
        let error =
            read(r#"{"IsError":true,"AccessToken":"x","Error":"invalid_grant","ErrorDescription":"no"}"#).unwrap_err();
        assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Auth, Some("invalid_grant")));
        let nested = read(r#"{"access_token":["hush-77"],"error":"hush-77","error_description":"token hush-77"}"#);
        assert!(
            !format!("{:?}", nested.unwrap_err()).contains("hush-77"),
            "an error repeats what is a token elsewhere"
        );
        assert_eq!(read(r#"{"error":"invalid_client"}"#).unwrap_err().vendor_code(), Some("invalid_client"));
        for body in ["", "<html>", "[]", "{\"access_tok"] {
            assert_eq!(read(body).unwrap_err().kind(), ErrorKind::Config, "{body}");
        }
    }
}
