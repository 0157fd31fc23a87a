//! The client: one per connection, all on one [`Transport`] and one set of [`Limits`].

use std::{fmt, sync::Arc, time::Duration};

use secrecy::SecretString;
use sync_core::{
    context::{Context, Lane},
    error::{Error, ErrorKind, Result, Retry},
};
use tracing::Instrument;
use url::Url;

use crate::{
    auth::{Auth, Pass},
    error::{Broken, ErrorReader, StatusOnly, TokenErrors, Verdict, judge},
    limit::{Limit, LimitHint, LimitKey, Limits, Quota},
    request::{Body, Request, Text, encode_form, same_origin},
    response::{Looks, Place, Response},
    retry::{Attempts, Failure, Jitter, Next, RetryPolicy, retry_after},
    time::{Timer, TokioTimer, until},
    transport::{Transport, Wire, is_this_machine},
};

/// How many redirects a read follows.
const MOST_HOPS: u32 = 5;

/// Calls one vendor in the name of one connection. Cloning it is cheap and shares everything.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    transport: Transport,
    base: Url,
    auth: Auth,
    reader: Option<Arc<dyn ErrorReader>>,
    limits: Arc<Limits>,
    each_call: Vec<Limit>,
    each_path: Option<(String, Quota)>,
    retry: RetryPolicy,
    timer: Arc<dyn Timer>,
    jitter: Arc<Jitter>,
    timeout: Duration,
    headers: Vec<(String, Text)>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("host", &self.0.base.host_str())
            .field("auth", &self.0.auth)
            .field("retry", &self.0.retry)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`Client`]; see [`Client::builder`].
#[must_use]
pub struct ClientBuilder {
    inner: Inner,
    own_limits: bool,
    plain_http: bool,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("host", &self.inner.base.host_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the service at `base_url`; a path in it stands before that of every request.
    pub fn builder(transport: Transport, base_url: Url) -> ClientBuilder {
        let timer: Arc<dyn Timer> = Arc::new(TokioTimer::new());
        let inner = Inner {
            transport,
            base: base_url,
            auth: Auth::none(),
            reader: None,
            limits: Arc::new(Limits::new(timer.clone())),
            each_call: Vec::new(),
            each_path: None,
            retry: RetryPolicy::default(),
            timer,
            jitter: Arc::new(Jitter::random()),
            timeout: Duration::from_secs(100),
            headers: Vec::new(),
        };
        ClientBuilder { inner, own_limits: true, plain_http: false }
    }
    /// The same connection at another address, such as the host that a tenant was moved to.
    ///
    /// Errors: `Config` as for [`ClientBuilder::build`].
    pub fn at(&self, base_url: Url) -> Result<Self> {
        let plain_http = self.0.base.scheme() == "http";
        let inner = Inner { base: base_url, ..(*self.0).clone() };
        ClientBuilder { inner, own_limits: false, plain_http }.build()
    }
    /// The address that requests are put under.
    pub fn base_url(&self) -> &Url {
        &self.0.base
    }
    /// The sign-in, for a login to be [taken over](Auth::accept).
    pub fn auth(&self) -> &Auth {
        &self.0.auth
    }
    /// Sends a request: waits for its limits, signs it in, renews the token once if it is refused, repeats what may be
    /// repeated.
    ///
    /// Gives an answer with status 2xx or 304 in which the error reader found no error. Errors: the table in
    /// [`error`](crate::error). Dropping the future gives up the call and leaves the client usable; whether a write had
    /// left is then unknown to the caller.
    pub async fn send(&self, cx: &Context, request: Request) -> Result<Response> {
        let operation = request.operation;
        self.call(cx, request, false).await?.ok_or_else(|| {
            Error::new(ErrorKind::Internal, operation, "an absent record where absence was not asked for; report this")
        })
    }
    /// The same for reads of one record: `None` when there is none (404, 410, or an error that the reader calls
    /// `NotFound`).
    ///
    /// A 404 with a page of HTML is `Protocol`: some gateway said it, not the service, and nothing may be taken as removed
    /// for that.
    pub async fn fetch(&self, cx: &Context, request: Request) -> Result<Option<Response>> {
        self.call(cx, request, true).await
    }

    /// The same client for a token endpoint.
    pub(crate) fn for_tokens(&self) -> Self {
        let mut inner = (*self.0).clone();
        inner.reader.get_or_insert_with(|| Arc::new(TokenErrors));
        Self(Arc::new(inner))
    }

    async fn call(&self, cx: &Context, request: Request, absent_is_fine: bool) -> Result<Option<Response>> {
        let call = self.0.prepare(cx, request)?;
        let span = tracing::debug_span!(
            "http",
            operation = call.place.operation,
            method = call.place.method,
            path = call.place.template,
            host = &*call.place.host,
            lane = ?call.lane,
            run = &*cx.run,
        );
        // kept off the caller's stack: futures of connectors grow large as it is
        Box::pin(self.0.run(cx, call, absent_is_fine).instrument(span)).await
    }
}

impl ClientBuilder {
    /// How calls are signed in.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.inner.auth = auth;
        self
    }
    /// Who reads the vendor's errors. [`StatusOnly`] if not set.
    pub fn errors(mut self, reader: Arc<dyn ErrorReader>) -> Self {
        self.inner.reader = Some(reader);
        self
    }
    /// The process's limits. Without them the client counts for itself alone.
    pub fn limits(mut self, limits: Arc<Limits>) -> Self {
        self.inner.limits = limits;
        self.own_limits = false;
        self
    }
    /// Each call counts against this limit.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.inner.each_call.push(limit);
        self
    }
    /// Each call counts against a limit of its own path template, named `prefix` and the template.
    pub fn limit_each_path(mut self, prefix: impl Into<String>, quota: Quota) -> Self {
        self.inner.each_path = Some((prefix.into(), quota));
        self
    }
    /// How calls are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.inner.retry = policy;
        self
    }
    /// How waits are waited; also for limits of the client's own.
    pub fn timer(mut self, timer: Arc<dyn Timer>) -> Self {
        self.inner.timer = timer;
        self
    }
    /// The chance that spreads waits.
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.inner.jitter = Arc::new(jitter);
        self
    }
    /// How long one request may take, its answer included. 100 seconds if not set; never longer than the context's
    /// deadline.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.inner.timeout = timeout;
        self
    }
    /// Sends this header with each call, such as the tenant's key.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inner.headers.push((name.into(), Text::Plain(value.into())));
        self
    }
    /// Sends a secret in this header with each call.
    pub fn secret_header(mut self, name: impl Into<String>, value: SecretString) -> Self {
        self.inner.headers.push((name.into(), Text::Secret(value)));
        self
    }
    /// Allows `http://` to other machines, in clear for all on the way. For emulators in containers.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }
    /// The client.
    ///
    /// Errors: `Config` for a base URL that is not `https` (or `http` to this machine), or that has credentials in it.
    pub fn build(mut self) -> Result<Client> {
        let base = &self.inner.base;
        let wrong = |what: &str| {
            let message = format!("base_url ({}) {what}", base.host_str().unwrap_or("no host"));
            Err(Error::new(ErrorKind::Config, "start the HTTP client", message))
        };
        match base.scheme() {
            "https" => {}
            "http" if self.plain_http || is_this_machine(base) => {}
            "http" => return wrong("would send the credentials in clear: use https"),
            _ => return wrong("must begin with https://"),
        }
        if base.host_str().is_none_or(str::is_empty) {
            return wrong("has no host");
        }
        if !base.username().is_empty() || base.password().is_some() {
            return wrong("has a user or password in it: put credentials into their own settings");
        }
        if self.own_limits {
            self.inner.limits = Arc::new(Limits::new(self.inner.timer.clone()));
        }
        Ok(Client(Arc::new(self.inner)))
    }
}

/// A request made ready: all that can be wrong with it has been found.
struct Call {
    place: Place,
    request: Request,
    url: Url,
    headers: Vec<(String, Text)>,
    lane: Lane,
    limits: Vec<Limit>,
    timeout: Duration,
    hops: u32,
}

impl Call {
    fn secrets(&self, pass: &Pass) -> Vec<SecretString> {
        let secret = |text: &Text| match text {
            Text::Secret(secret) => Some(secret.clone()),
            Text::Plain(_) => None,
        };
        let form: &[(String, Text)] = match &self.request.body {
            Some(Body::Form(fields)) => fields,
            _ => &[],
        };
        let own = self.headers.iter().chain(form).filter_map(|(_, text)| secret(text));
        let basic = self.request.basic.iter().map(|(_, password)| password.clone());
        own.chain(basic).chain(pass.secrets()).collect()
    }
    /// Goes on at a redirect's address, if it is on the same server.
    fn follow(&mut self, to: &str) -> Result<(), Failure> {
        let there = self.url.join(to).ok().filter(|there| same_origin(&self.url, there));
        self.hops = self.hops.saturating_add(1);
        match there {
            Some(url) if self.hops <= MOST_HOPS => {
                self.url = url;
                Ok(())
            }
            found => {
                let what = if found.is_some() {
                    "goes round in redirects"
                } else {
                    "sends calls to another host, which is not followed: set base_url to where the service is now"
                };
                let error = Error::new(ErrorKind::Config, self.place.operation, format!("{} {what}", self.place));
                Err(Failure { error, again: false, wait: None })
            }
        }
    }
}

impl Inner {
    fn reader(&self) -> &dyn ErrorReader {
        self.reader.as_deref().unwrap_or(&StatusOnly)
    }

    fn prepare(&self, cx: &Context, request: Request) -> Result<Call> {
        let url = request.url(&self.base)?;
        let mut headers: Vec<(String, Text)> = Vec::new();
        // the request's own headers take the place of the client's
        for (name, value) in request.headers.iter().chain(&self.headers) {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                headers.push((name.clone(), value.clone()));
            }
        }
        let has = |wanted: &str| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let conditional = has("if-match") || has("if-unmodified-since");
        if !has("accept") {
            headers.push(("accept".to_owned(), Text::Plain("application/json".to_owned())));
        }
        let path = self
            .each_path
            .iter()
            .map(|(prefix, quota)| Limit::known(LimitKey::new(format!("{prefix} {}", request.template)), *quota));
        let limits = self.each_call.iter().cloned().chain(path).chain(request.limits.iter().cloned()).collect();
        Ok(Call {
            place: Place {
                operation: request.operation,
                method: request.method.name(),
                template: request.template,
                host: host_and_port(&self.base).into(),
                writes: !request.safe,
                conditional,
            },
            url,
            headers,
            lane: request.lane.unwrap_or(cx.lane),
            limits,
            timeout: request.timeout.unwrap_or(self.timeout),
            hops: 0,
            request,
        })
    }

    async fn run(&self, cx: &Context, mut call: Call, absent_is_fine: bool) -> Result<Option<Response>> {
        let mut attempts = Attempts::new(&self.retry, &self.jitter, &self.timer, cx);
        let mut renewed: Option<Pass> = None;
        let mut may_renew = true;
        loop {
            let pass = match renewed.take() {
                Some(pass) => pass,
                None => self.auth.pass(cx).await?,
            };
            let ended = self.once(cx, &call, &pass, &mut attempts).await?;
            let refused = match &ended {
                Ok(answer) => self.reader().token_refused(answer),
                // a refusal is one, whatever became of its words
                Err(broken) => broken.bare(&call.place).is_some_and(|answer| self.reader().token_refused(&answer)),
            };
            if refused && may_renew && pass.is_renewable() {
                may_renew = false;
                renewed = Some(self.auth.renewed(cx, pass).await?);
                continue;
            }
            let failure = match ended {
                Err(broken) => broken.judge(&call.place, self.reader()),
                Ok(answer) => {
                    match judge(&answer, self.reader(), self.told_wait(cx, &call, &answer), &call.secrets(&pass)) {
                        Verdict::Good => return Ok(Some(answer)),
                        Verdict::Follow(to) => match call.follow(&to) {
                            Ok(()) => continue,
                            Err(failure) => failure,
                        },
                        Verdict::Bad(failure) if absent_is_fine && failure.error.kind() == ErrorKind::NotFound => {
                            return absent(&answer);
                        }
                        Verdict::Bad(failure) => failure,
                    }
                }
            };
            self.after(&mut attempts, &call, failure).await?;
        }
    }

    /// One request on the wire.
    async fn once(
        &self,
        cx: &Context,
        call: &Call,
        pass: &Pass,
        attempts: &mut Attempts<'_>,
    ) -> Result<Result<Response, Broken>> {
        let within = cx.deadline.map(|end| until(cx.clock.now(), end));
        let mut permits = self.limits.acquire(call.place.operation, &call.limits, call.lane, within).await?;
        let left = cx.deadline.map_or(call.timeout, |end| until(cx.clock.now(), end).min(call.timeout));
        if left.is_zero() {
            let message =
                format!("{} was not sent: the time for it is over, a later run goes on from here", call.place);
            return Err(Error::new(ErrorKind::Unavailable, call.place.operation, message)
                .with_retry(Retry::Later { after: None }));
        }
        let signed = pass.header.iter().map(|(name, value)| (name.clone(), Text::Secret(value.clone())));
        let headers: Vec<(String, Text)> = call.headers.iter().cloned().chain(signed).collect();
        let headers: Vec<(&str, &str, bool)> = headers
            .iter()
            .map(|(name, text)| (name.as_str(), text.expose(), matches!(text, Text::Secret(_))))
            .collect();
        let wire = Wire {
            method: call.request.method,
            url: &call.url,
            headers: &headers,
            basic: call
                .request
                .basic
                .as_ref()
                .map(|(user, password)| (user.as_str(), secrecy::ExposeSecret::expose_secret(password))),
            body: call.request.body.as_ref().map(|body| match body {
                Body::Bytes { content_type, bytes } => (content_type.as_ref(), bytes.clone()),
                Body::Form(fields) => ("application/x-www-form-urlencoded", encode_form(fields).into_bytes()),
            }),
            timeout: left,
        };
        permits.sent();
        attempts.sent();
        let number = attempts.number();
        let started = self.timer.elapsed();
        let outcome = self.transport.exchange(wire).await;
        drop(permits);
        let ms = u64::try_from(self.timer.elapsed().saturating_sub(started).as_millis()).unwrap_or(u64::MAX);
        cx.note(|| {
            let ended = outcome.as_ref().map_or_else(|_| "no answer".to_owned(), |raw| raw.status.to_string());
            format!("{} {}: {ended}", call.place.method, call.place.template)
        });
        Ok(match outcome {
            Ok(raw) => {
                tracing::debug!(status = raw.status, ms, "try" = number, bytes = raw.body.len(), "answered");
                let place = call.place.clone();
                Ok(Response { place, status: raw.status, headers: raw.headers, body: raw.body })
            }
            Err(broken) => {
                tracing::debug!(ms, "try" = number, "no answer");
                Err(broken)
            }
        })
    }

    /// What the answer says about waiting. Limits that it tells are taken over at once.
    fn told_wait(&self, cx: &Context, call: &Call, answer: &Response) -> Option<Duration> {
        let hint = self.reader().limit(answer);
        if let Some(hint) = &hint {
            self.tell_limits(call, hint);
        }
        let read = || matches!(answer.status(), 429 | 503).then(|| retry_after(answer, cx.clock.now())).flatten();
        hint.and_then(|hint| hint.wait).or_else(read)
    }

    fn tell_limits(&self, call: &Call, hint: &LimitHint) {
        match &hint.key {
            Some(key) => self.limits.learn(key, hint),
            None => call.limits.iter().for_each(|limit| self.limits.learn(&limit.key, hint)),
        }
    }

    /// Waits until the call may be made again, or gives the error that ends it.
    async fn after(&self, attempts: &mut Attempts<'_>, call: &Call, failure: Failure) -> Result<()> {
        let kind = failure.error.kind();
        let limited = kind == ErrorKind::RateLimited && !call.limits.is_empty();
        let pause = |wait| self.tell_limits(call, &LimitHint { wait: Some(wait), ..LimitHint::default() });
        if let (true, Some(wait)) = (limited, failure.wait) {
            pause(wait);
        }
        match attempts.after(failure) {
            Next::GiveUp(error) => Err(error),
            Next::After(length) => {
                let ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(why = kind.name(), wait_ms = ms, "again");
                if limited {
                    // all who share the limit wait in their lanes, this call among them
                    pause(length);
                } else {
                    attempts.wait(length).await;
                }
                Ok(())
            }
        }
    }
}

fn absent(answer: &Response) -> Result<Option<Response>> {
    if answer.looks() == Looks::Html {
        let what =
            "with a page of HTML: that was not the service itself, so nothing is taken as removed; check base_url";
        return Err(answer.error(ErrorKind::Protocol, what));
    }
    Ok(None)
}

/// As a person would write it: the port only where it is not the usual one.
fn host_and_port(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
