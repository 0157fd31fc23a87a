//! Signing in, the vendor's errors, its limits, and its envelopes, on the workspace's HTTP client.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use sync_core::{
    context::Context,
    error::{Error, ErrorKind, Result},
};
use sync_http::{
    Auth, Client, ClientCredentials, Environment, ErrorReader, Grant, Limit, LimitKey, OAuthClient, Proof, Quota,
    Renewal, Request, Response, RetryPolicy, Token, TokenErrors, VendorError,
};

use crate::{config::Config, wire::Data};

/// The text that tells a refusal for speed from others; the status beside it is not documented.
const TOO_MANY: &str = "Too Many Requests";

/// Calls one shop.
#[derive(Clone, Debug)]
pub(crate) struct Shop(Client, Arc<str>);

/// A page of a list: rows as text, and how many pages there are.
#[derive(Debug, Deserialize)]
pub(crate) struct ListPage {
    pub(crate) data: Vec<Box<RawValue>>,
    #[serde(default)]
    pub(crate) meta: Option<Meta>,
}
#[derive(Debug, Deserialize)]
pub(crate) struct Meta {
    pub(crate) pagination: Pagination,
}
#[derive(Debug, Deserialize)]
pub(crate) struct Pagination {
    /// The number of pages, whatever the vendor's description says.
    pub(crate) total_pages: u64,
}

impl Shop {
    /// A client for the shop. Nothing is sent yet.
    pub(crate) fn new(connection: &str, config: &Config, environment: &Environment) -> Result<Self> {
        let host = config.base_url.host_str().unwrap_or_default();
        let port = config.base_url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let mut retry = RetryPolicy::default();
        retry.cap = Duration::from_secs(60);
        let quota = Quota::per_minute(config.calls_per_minute);
        let client = |url| {
            // whether the vendor counts by shop or by client is not documented: both are kept
            Client::builder(environment.transport.clone(), url)
                .limits(environment.limits.clone())
                .limit(Limit::known(LimitKey::new(format!("starweb:shop:{host}{port}")), quota))
                .limit(Limit::known(LimitKey::new(format!("starweb:client:{}", config.client_id)), quota))
                .retry(retry)
                .timer(environment.timer.clone())
        };
        let mut token_url = config.base_url.clone();
        token_url.set_path(&format!("{}/token", config.base_url.path().trim_end_matches('/')));
        let tokens = client(token_url).errors(Arc::new(TokenAnswers)).build()?;
        let credentials = OAuthClient::new(&config.client_id, Proof::Body(config.secret()));
        let grant = SignIn { grant: ClientCredentials::new(tokens, credentials), host: format!("{host}{port}") };
        let renewal = Renewal::new(Arc::new(grant), environment.tokens.clone(), connection);
        let shop = client(config.base_url.clone()).errors(Arc::new(Answers)).auth(Auth::renewing(renewal)).build()?;
        Ok(Self(shop, config.base_url.as_str().into()))
    }

    /// Where it is.
    pub(crate) fn base_url(&self) -> &str {
        &self.1
    }
    /// One page of a list.
    pub(crate) async fn page(&self, cx: &Context, request: Request) -> Result<ListPage> {
        self.0.send(cx, request).await?.json()
    }
    /// A list that is not paged, or one object, in its envelope.
    pub(crate) async fn read<T: DeserializeOwned>(&self, cx: &Context, request: Request) -> Result<T> {
        let answer: Data<T> = self.0.send(cx, request).await?.json()?;
        Ok(answer.data)
    }
    /// One record as text; `None` if there is none of that id.
    pub(crate) async fn record(&self, cx: &Context, request: Request) -> Result<Option<Box<RawValue>>> {
        let answer: Option<Data<Box<RawValue>>> =
            self.0.fetch(cx, request).await?.map(|answer| answer.json()).transpose()?;
        Ok(answer.map(|answer| answer.data))
    }
    /// A write that makes something: what it shows of that. Once the vendor has said yes, an answer that cannot be read leaves
    /// open what was made.
    pub(crate) async fn made(&self, cx: &Context, request: Request) -> Result<Box<RawValue>> {
        let answer = self.0.send(cx, request).await?;
        let read: Result<Data<Box<RawValue>>> = answer.json();
        read.map(|answer| answer.data).map_err(|error| {
            let line = "the vendor made a record, but its answer cannot be read; it is looked for";
            Error::new(ErrorKind::AmbiguousWrite, error.operation(), line).with_detail(error.message())
        })
    }
    /// A write. What it answers is not looked at: it shows the record without its children.
    pub(crate) async fn write(&self, cx: &Context, request: Request) -> Result<()> {
        self.0.send(cx, request).await.map(drop)
    }
}

/// `{"error": "<code>", "error_description": "<text>"}`; sometimes only the text, sometimes no JSON at all.
#[derive(Debug)]
struct Answers;

impl ErrorReader for Answers {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        if answer.status() < 400 {
            return None;
        }
        let body = answer.value()?;
        let text = |key: &str| body.get(key).and_then(|text| text.as_str()).unwrap_or_default();
        let said = VendorError::new(text("error"), text("error_description"));
        if said.code.is_empty() && said.text.is_empty() {
            return None;
        }
        Some(if answer.status() < 500 && said.code.eq_ignore_ascii_case(TOO_MANY) {
            said.means(ErrorKind::RateLimited)
        } else {
            said
        })
    }
}

/// The same for the token address, where every other refusal is a matter for an operator.
#[derive(Debug)]
struct TokenAnswers;

impl ErrorReader for TokenAnswers {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        let said = Answers.error(answer);
        match said {
            Some(VendorError { kind: Some(ErrorKind::RateLimited), .. }) => said,
            _ => TokenErrors.error(answer),
        }
    }
}

/// Client credentials, with words for the person who typed them.
#[derive(Debug)]
struct SignIn {
    grant: ClientCredentials,
    host: String,
}

#[async_trait]
impl Grant for SignIn {
    async fn obtain(&self, cx: &Context, old: Option<&Token>) -> Result<Token> {
        self.grant.obtain(cx, old).await.map_err(|error| {
            let line = match error.kind() {
                ErrorKind::Auth => format!(
                    "{} refuses client_id and client_secret; compare both with the list of API clients in the shop's admin",
                    self.host
                ),
                ErrorKind::Config => format!(
                    "no Starweb shop answers at {}; base_url is https://<shop>.starwebserver.se/api/v2, with the shop's own id",
                    self.host
                ),
                _ => return error,
            };
            in_other_words(&error, line)
        })
    }
}

fn in_other_words(error: &Error, line: String) -> Error {
    let mut told = Error::new(error.kind(), error.operation(), line).with_detail(error.message());
    if let (Some(code), Some(text)) = (error.vendor_code(), error.vendor_text()) {
        told = told.with_vendor(code, text);
    }
    error.context().iter().fold(told, |told, (key, value)| told.with_context(key, value))
}
