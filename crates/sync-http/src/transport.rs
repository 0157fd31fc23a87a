//! The wire: the only module that knows the HTTP library.

use std::{fmt, time::Duration};

use reqwest::redirect::Policy;
use sync_core::error::{Error, ErrorKind, Result};
use url::{Host, Url};

use crate::{error::Broken, request::Method};

/// How long the making of a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept: shorter than the shortest habit of servers (five seconds). A connection that
/// the server closes at the very moment of a write would make that write unclear.
const IDLE: Duration = Duration::from_secs(4);

/// Connections to all vendors, shared by all clients of a process. Cloning it shares it.
///
/// TLS is rustls with the *ring* provider and the machine's certificates; HTTP/1.1; proxies as `HTTPS_PROXY` and its kin
/// say, never for this machine itself; no cookies; redirects are not followed here.
#[derive(Clone)]
pub struct Transport {
    outside: reqwest::Client,
    inside: reqwest::Client,
    largest: usize,
    patience: Duration,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("largest", &self.largest).finish_non_exhaustive()
    }
}

/// What goes out once.
pub(crate) struct Wire<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a [(&'a str, &'a str, bool)],
    pub(crate) basic: Option<(&'a str, &'a str)>,
    pub(crate) body: Option<(&'a str, Vec<u8>)>,
    pub(crate) timeout: Duration,
}

/// What came back.
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Transport {
    /// A transport that takes answers of up to 64 MiB.
    ///
    /// Errors: `Config` when TLS cannot be set up, for instance without root certificates on the machine.
    pub fn new() -> Result<Self> {
        install_tls();
        let outside = build(reqwest::Client::builder())?;
        let inside = build(reqwest::Client::builder().no_proxy())?;
        Ok(Self { outside, inside, largest: 64 * 1024 * 1024, patience: Duration::MAX })
    }
    /// Takes answers of up to so many bytes, counted after decompression; a longer one is `Protocol`.
    #[must_use]
    pub fn with_largest_answer(self, bytes: usize) -> Self {
        Self { largest: bytes, ..self }
    }

    /// Waits no longer than this for an answer, whatever a client or a request allows. The default sets no limit of its
    /// own.
    #[must_use]
    pub fn with_patience(self, longest: Duration) -> Self {
        Self { patience: longest, ..self }
    }

    pub(crate) async fn exchange(&self, wire: Wire<'_>) -> Result<Raw, Broken> {
        let client = if is_this_machine(wire.url) { &self.inside } else { &self.outside };
        let method = match wire.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = client.request(method, wire.url.clone()).timeout(wire.timeout.min(self.patience));
        for &(name, value, secret) in wire.headers {
            let mut value = reqwest::header::HeaderValue::from_str(value).map_err(|_| {
                Broken::Unsent(format!("the value of the header {name} has characters that headers cannot have"))
            })?;
            value.set_sensitive(secret);
            builder = builder.header(name, value);
        }
        if let Some((user, password)) = wire.basic {
            builder = builder.basic_auth(user, Some(password));
        }
        if let Some((content_type, bytes)) = wire.body {
            builder = builder.header(reqwest::header::CONTENT_TYPE, content_type).body(bytes);
        }
        let request = builder.build().map_err(|error| Broken::Unsent(error.without_url().to_string()))?;
        let answer = client.execute(request).await.map_err(|error| broken(error, None))?;
        self.read(answer).await
    }

    async fn read(&self, mut answer: reqwest::Response) -> Result<Raw, Broken> {
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(error, Some(status)))? {
            if body.len().saturating_add(chunk.len()) > self.largest {
                return Err(Broken::TooLarge { limit: self.largest });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Raw { status, headers, body })
    }
}

fn broken(error: reqwest::Error, status: Option<u16>) -> Broken {
    // the address may hold somebody's data
    let error = error.without_url();
    if error.is_builder() {
        Broken::Unsent(error.to_string())
    } else if error.is_connect() {
        Broken::Unreached(Box::new(error))
    } else if error.is_timeout() && status.is_none() {
        Broken::TimedOut
    } else {
        Broken::Lost { status, source: Box::new(error) }
    }
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    builder
        .redirect(Policy::none())
        // what may be sent again is decided in one place, and not there
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("samklang/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| {
            let message = "TLS cannot be set up on this machine: see that its root certificates are installed";
            Error::new(ErrorKind::Config, "start the HTTP client", message).with_detail(error.to_string())
        })
}

/// Once per process. A program that has chosen its own provider before keeps it.
fn install_tls() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Whether the address is this very machine: emulators, and redirects of a login.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
