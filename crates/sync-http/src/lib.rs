//! The one HTTP client of all connectors: sign-in, retries, rate limits, paging, redaction.
//!
//! A connector builds one [`Client`] per connection and says what is special about its vendor: how to [sign in](Auth),
//! how to [read its errors](ErrorReader), which [limits](Limit) its calls share. All clients of a process stand on one
//! [`Transport`] (connections) and one set of [`Limits`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use sync_core::{Context, Result};
//! use sync_http::*;
//!
//! /// Reads `{"code": "...", "message": "..."}`.
//! #[derive(Debug)]
//! struct ShopErrors;
//! impl ErrorReader for ShopErrors {
//!     fn error(&self, answer: &Response) -> Option<VendorError> {
//!         let body = answer.value()?;
//!         Some(VendorError::new(body.get("code")?.as_str()?, body.get("message")?.as_str()?))
//!     }
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Order { id: u64 }
//!
//! # fn main() -> Result<()> { tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(async {
//! // once per process
//! let transport = Transport::new()?;
//! let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));
//!
//! // once per connection
//! let base = url::Url::parse("https://shop.example.com/api/v2").expect("an address");
//! let token_url = url::Url::parse("https://shop.example.com/api/v2/token").expect("an address");
//! let grant = ClientCredentials::new(
//!     Client::builder(transport.clone(), token_url).limits(limits.clone()).build()?,
//!     OAuthClient::new("client-1", Proof::Body("the secret".into())),
//! );
//! let auth = Auth::renewing(Renewal::new(Arc::new(grant), Arc::new(MemoryTokens::new()), "shop"));
//! let shop = Client::builder(transport, base)
//!     .auth(auth)
//!     .errors(Arc::new(ShopErrors))
//!     .limits(limits)
//!     .limit(Limit::known(LimitKey::new("shop:client-1"), Quota::per_minute(800)))
//!     .build()?;
//!
//! // per call
//! let cx = Context::new(Arc::new(SystemClock), "run-1");
//! let order = shop.fetch(&cx, Request::get("read order", "/orders/{id}").path("id", 4711)).await?;
//! let order: Option<Order> = order.map(|answer| answer.json()).transpose()?;
//! # let _ = order; Ok(()) }) }
//! ```
//!
//! # What is promised
//!
//! - **A write is sent twice only if it was certainly not applied**, or claims to be [safe](Request::safe_to_repeat).
//!   Otherwise one request is made and the error is `AmbiguousWrite`. The table: [`error`].
//! - **No window of a vendor's sees more calls than its quota**, and who waits is served by lane: [`limit`].
//! - **A token is stored before it is used**, and renewed once however many calls need it: [`Auth`].
//! - **Credentials go to the configured host only**, over TLS; redirects and links elsewhere are not followed.
//! - **Errors, traces and `Debug` hold no body, no secret and no personal data**: places are named by their template.
//!   The vendor's own words, kept in an error for the operator, are the exception; [`redact`] masks them for journals.
//! - **A dropped future leaves everything usable**: places in line, slots and connections are given back.
//!
//! Time comes from the context's clock and a [`Timer`]; in tests both are a [`VirtualTime`], and nothing waits. Only the
//! time-outs of requests on the wire run on the machine's own time.

pub mod auth;
pub mod client;
pub mod consent;
mod environment;
pub mod error;
pub mod grant;
pub mod limit;
pub mod page;
pub mod redact;
pub mod request;
pub mod response;
pub mod retry;
pub mod time;
pub mod token;
pub mod transport;

pub use auth::{Auth, Renewal};
pub use client::{Client, ClientBuilder};
pub use consent::{AuthorizationCode, Consent, Redirected};
pub use environment::Environment;
pub use error::{ErrorReader, StatusOnly, TokenErrors, VendorError};
pub use grant::{ClientCredentials, Grant, OAuthClient, Proof, request_token};
pub use limit::{Limit, LimitHint, LimitKey, Limits, Quota};
pub use page::Position;
pub use redact::Redaction;
pub use request::{Method, Request};
pub use response::{Looks, Response};
pub use retry::{Jitter, RetryPolicy};
pub use time::{SystemClock, Timer, TokioTimer, VirtualTime};
pub use token::{FileTokens, MemoryTokens, Token, TokenStore};
pub use transport::Transport;
