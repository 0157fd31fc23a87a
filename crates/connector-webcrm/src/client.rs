//! Signing in, the vendor's errors, its limit, and its calls, on the workspace's HTTP client.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json, value::RawValue};
use sync_core::{
    Fingerprint,
    connector::Tenant,
    context::Context,
    error::{Error, ErrorKind, Result},
};
use sync_http::{
    Auth, Client, Environment, ErrorReader, Grant, Limit, LimitKey, Position, Quota, Redaction, Renewal, Request,
    Response, Token, TokenErrors, VendorError,
    page::{At, End},
    request_token,
};

use crate::{config::Config, wire};

/// The vendor's largest page.
pub(crate) const PAGE_MAX: u32 = 1000;
/// A token is renewed so long before its end: it lives an hour, and is used for fifty minutes.
const MARGIN: Duration = Duration::from_secs(600);
const SIGN_IN: &str = "sign in";

/// Paths and names of one resource.
#[derive(Debug)]
pub(crate) struct Resource {
    /// What the vendor's names of its fields begin with, and its table in queries.
    pub(crate) entity: &'static str,
    pub(crate) all: &'static str,
    pub(crate) one: &'static str,
    pub(crate) list: &'static str,
    pub(crate) get: &'static str,
    pub(crate) find: &'static str,
    pub(crate) create: &'static str,
    pub(crate) update: &'static str,
}

impl Resource {
    /// A field of this resource.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.entity)
    }
}

/// Calls one system.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: Client,
    tokens: Client,
    application_token: SecretString,
    base_url: Arc<str>,
    tenant: String,
}

impl Api {
    /// A client for the system. Nothing is sent yet.
    pub(crate) fn new(connection: &str, config: &Config, environment: &Environment) -> Result<Self> {
        // the vendor counts by application token, which has no place in a name
        let token = Fingerprint::of_bytes(config.application_token.expose_secret().trim().as_bytes());
        let tenant = format!("{:032x}", token.bits());
        let limit = Limit::known(LimitKey::new(format!("webcrm:{tenant}")), Quota::per_minute(config.calls_per_minute));
        let client = |url| {
            Client::builder(environment.transport.clone(), url)
                .limits(environment.limits.clone())
                .limit(limit.clone())
                .timer(environment.timer.clone())
        };
        let mut login = config.base_url.clone();
        login.set_path(&format!("{}/Auth/ApiLogin", config.base_url.path().trim_end_matches('/')));
        let tokens = client(login).errors(Arc::new(LoginAnswers)).build()?;
        let application_token = config.application_token.clone();
        let grant = SignIn { tokens: tokens.clone(), application_token: application_token.clone() };
        let renewal = Renewal::new(Arc::new(grant), environment.tokens.clone(), connection).with_margin(MARGIN);
        let http = client(config.base_url.clone()).errors(Arc::new(Answers)).auth(Auth::renewing(renewal)).build()?;
        Ok(Self { http, tokens, application_token, base_url: config.base_url.as_str().into(), tenant })
    }
    /// Where it is, and by which token: what was read there says nothing of another system.
    pub(crate) fn place(&self) -> String {
        format!("{}#{}", self.base_url, self.tenant)
    }
    /// Signs in anew: only the answer to that tells which system it is, and older ones do not even then.
    pub(crate) async fn tenant(&self, cx: &Context) -> Result<Tenant> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Login {
            #[serde(default)]
            is_error: bool,
            #[serde(default)]
            system_id: Option<Json>,
        }
        let answer = self.tokens.send(cx, login(&self.application_token)).await.map_err(|error| explained(&error))?;
        let login: Login = answer.json()?;
        if login.is_error {
            return Err(explained(&answer.error(ErrorKind::Auth, "with an error inside")));
        }
        let id = login.system_id.as_ref().and_then(wire::text).filter(|id| !id.is_empty());
        let name = id.as_ref().map_or_else(|| "webCRM".to_owned(), |id| format!("webCRM {id}"));
        Ok(Tenant { id: id.unwrap_or_else(|| format!("token-{}", self.tenant)), name, base_currency: None })
    }
    /// Any object or list.
    pub(crate) async fn read<T: DeserializeOwned>(&self, cx: &Context, request: Request) -> Result<T> {
        self.http.send(cx, request).await?.json()
    }
    /// One record as text. How the vendor says that there is none is not documented: 404, 204 and null are taken for it.
    pub(crate) async fn record(&self, cx: &Context, request: Request) -> Result<Option<Box<RawValue>>> {
        match self.http.fetch(cx, request).await? {
            Some(answer) if answer.status() != 204 => {
                let record: Option<Box<RawValue>> = answer.json()?;
                Ok(record.filter(|record| record.get() != "null"))
            }
            _ => Ok(None),
        }
    }
    /// All rows of a query. Pages end with an empty one, or with one that has fewer rows than a page is sure to hold.
    pub(crate) async fn query(
        &self,
        cx: &Context,
        operation: &'static str,
        script: &str,
        whole: usize,
    ) -> Result<Vec<Box<RawValue>>> {
        Ok(self.pages(cx, operation, whole, || query(operation, script)).await?.0)
    }
    /// All rows of a list, and how many its largest page had.
    pub(crate) async fn pages(
        &self,
        cx: &Context,
        operation: &'static str,
        whole: usize,
        request: impl Fn() -> Request,
    ) -> Result<(Vec<Box<RawValue>>, usize)> {
        let (mut rows, mut largest) = (Vec::new(), 0);
        let mut position = Position::page(1);
        loop {
            let At::Page(number) = position.at() else { return Ok((rows, largest)) };
            let request = request().query("Page", number).query("Size", PAGE_MAX);
            let page: Vec<Box<RawValue>> = self.read(cx, request).await?;
            let next = position.turn(operation, page.iter().map(|row| row.get()), End::Empty)?;
            let is_last = page.len() < whole;
            largest = largest.max(page.len());
            rows.extend(page);
            match next.filter(|_| !is_last) {
                Some(next) => position = next,
                None => return Ok((rows, largest)),
            }
        }
    }
    /// A new record: its id. The vendor answers with that alone, with an object that has it, or with nothing at all; the last
    /// leaves open which one it is, and it is looked for.
    pub(crate) async fn made(&self, cx: &Context, of: &Resource, body: &Map<String, Json>) -> Result<Option<String>> {
        self.id_of(cx, Request::post(of.create, of.all).json(body), &of.key("Id")).await
    }
    /// The id that a call answers with, alone or under this name in an object.
    pub(crate) async fn id_of(&self, cx: &Context, request: Request, key: &str) -> Result<Option<String>> {
        let answer = self.http.send(cx, request).await?;
        let said = answer.value().unwrap_or_default();
        let id = match &said {
            Json::Object(record) => record.get(key).and_then(wire::text),
            other => wire::text(other),
        };
        Ok(id.filter(|id| is_id(id)))
    }
    /// Adds records: one by itself, several in one call. Those that fail are told inside an answer that says yes.
    pub(crate) async fn add(&self, cx: &Context, of: &Resource, bodies: &[Map<String, Json>]) -> Result<()> {
        if let [one] = bodies {
            return self.made(cx, of, one).await.map(drop);
        }
        let sent = self.http.send(cx, Request::patch(of.create, of.all).json(bodies)).await?;
        let said: Vec<Json> = sent.json()?;
        if said.len() != bodies.len() {
            return Err(unclear(of.create));
        }
        said.iter().try_for_each(|said| match wire::text(said).filter(|id| is_id(id.trim())) {
            Some(_) => Ok(()),
            None => told(of.create, "", said).and(Err(unclear(of.create))),
        })
    }
    /// Changes records by the id in each: one by itself, several in one call.
    pub(crate) async fn change_rows(&self, cx: &Context, of: &Resource, bodies: &[Map<String, Json>]) -> Result<()> {
        let id = |body: &Map<String, Json>| body.get(&of.key("Id")).and_then(wire::text).unwrap_or_default();
        if let [one] = bodies {
            return self.change(cx, of, &id(one), one).await;
        }
        let ids: Vec<String> = bodies.iter().map(id).collect();
        let changes: Vec<(&str, &Map<String, Json>)> = ids.iter().map(String::as_str).zip(bodies).collect();
        self.change_all(cx, of, &changes).await.into_iter().collect()
    }
    /// Removes a record; one that is gone already is no error.
    pub(crate) async fn remove(&self, cx: &Context, of: &Resource, id: &str) -> Result<()> {
        match self.http.send(cx, Request::delete("remove line", of.one).path("id", id)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other.map(drop),
        }
    }
    /// A change. It is answered with nothing.
    pub(crate) async fn change(&self, cx: &Context, of: &Resource, id: &str, body: &Map<String, Json>) -> Result<()> {
        let request = Request::put(of.update, of.one).path("id", id).json(body);
        self.http.send(cx, request).await.map(drop)
    }
    /// Several changes in one call; one answer for each, in order. Records that fail are told inside an answer that says yes.
    pub(crate) async fn change_all(
        &self,
        cx: &Context,
        of: &Resource,
        changes: &[(&str, &Map<String, Json>)],
    ) -> Vec<Result<()>> {
        let bodies: Vec<&Map<String, Json>> = changes.iter().map(|(_, body)| *body).collect();
        let sent = self.http.send(cx, Request::patch(of.update, of.all).json(&bodies)).await;
        let said: Result<Vec<Json>> = sent.and_then(|answer| answer.json());
        match said {
            Ok(said) if said.len() == changes.len() => {
                let each = changes.iter().zip(&said).map(|((id, _), said)| told(of.update, id, said));
                let each: Vec<Result<()>> = each.collect();
                // an id that is another record's means that the order is not ours: then nobody knows whose answer is whose
                if each.iter().any(|one| one.as_ref().is_err_and(|error| error.kind() == ErrorKind::AmbiguousWrite)) {
                    return changes.iter().map(|_| Err(unclear(of.update))).collect();
                }
                each
            }
            Ok(_) => changes.iter().map(|_| Err(unclear(of.update))).collect(),
            Err(error) => changes.iter().map(|_| Err(again(&error, error.message()))).collect(),
        }
    }
}

/// A script, without its page.
pub(crate) fn query(operation: &'static str, script: &str) -> Request {
    Request::get(operation, "/Queries").query("script", script).query("formatCustomFields", true)
}

/// A text inside a script.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn login(application_token: &SecretString) -> Request {
    let token: SecretString = application_token.expose_secret().trim().to_owned().into();
    Request::post(SIGN_IN, "").secret_form("authCode", token).safe_to_repeat()
}

fn is_id(text: &str) -> bool {
    text.parse::<u32>().is_ok_and(|id| id > 0)
}

/// What is said of one change in a batch: nothing or its id is yes, anything else is why not.
fn told(operation: &'static str, id: &str, said: &Json) -> Result<()> {
    let text = match said {
        Json::Null => String::new(),
        other => wire::text(other).unwrap_or_else(|| other.to_string()),
    };
    let text = text.trim();
    if text.is_empty() || text == id {
        return Ok(());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unclear(operation));
    }
    let line = "webCRM refuses this record among others; see its own words";
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect::<String>();
    Err(Error::new(ErrorKind::Invalid, operation, line).with_vendor("", Redaction::default().text(words)))
}

fn unclear(operation: &'static str) -> Error {
    let line = "webCRM's answer to several changes does not tell which is which; the records are read again";
    Error::new(ErrorKind::AmbiguousWrite, operation, line)
}

/// `{"Message": "<text>", "Type": "<exception>"}`, of which only the refusal for speed was ever seen; `{"Error",
/// "ErrorDescription"}`, a text, or nothing.
#[derive(Debug)]
struct Answers;

impl ErrorReader for Answers {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        if answer.status() < 400 {
            return None;
        }
        let said = match answer.value()? {
            Json::String(text) => VendorError::new("", text),
            body => {
                let text = |keys: [&str; 2]| {
                    let said = keys.iter().find_map(|key| body.get(key)?.as_str());
                    said.unwrap_or_default().to_owned()
                };
                VendorError::new(text(["Type", "Error"]), text(["Message", "ErrorDescription"]))
            }
        };
        if said.code.is_empty() && said.text.is_empty() {
            return None;
        }
        // with which status a right that is missing is told is not documented. A token that ended was renewed before this is
        // read, so the application token is good: what is refused with words is this call, and not the others
        if answer.status() == 401 {
            return Some(said.means(ErrorKind::Permission));
        }
        let too_fast = answer.status() < 500 && said.code.eq_ignore_ascii_case("TooManyRequestsException");
        Some(if too_fast { said.means(ErrorKind::RateLimited) } else { said })
    }
}

/// The same where tokens are, where every other refusal is a matter for an operator.
#[derive(Debug)]
struct LoginAnswers;

impl ErrorReader for LoginAnswers {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        match Answers.error(answer) {
            Some(said) if said.kind == Some(ErrorKind::RateLimited) => Some(said),
            _ => TokenErrors.error(answer),
        }
    }
}

/// The application token for one that lives an hour. It is never refreshed: signing in again does the same with less.
#[derive(Debug)]
struct SignIn {
    tokens: Client,
    application_token: SecretString,
}

#[async_trait]
impl Grant for SignIn {
    async fn obtain(&self, cx: &Context, _old: Option<&Token>) -> Result<Token> {
        request_token(&self.tokens, cx, login(&self.application_token)).await.map_err(|error| explained(&error))
    }
}

/// With words for the person who typed the token.
fn explained(error: &Error) -> Error {
    match error.kind() {
        ErrorKind::Auth => {
            again(error, "webCRM refuses application_token; compare it with the list under Integration, API, REST")
        }
        ErrorKind::Config => {
            again(error, "no webCRM answers at base_url; it is https://api.webcrm.com for all systems")
        }
        _ => again(error, error.message()),
    }
}

/// The same error once more, in these words.
pub(crate) fn again(error: &Error, line: &str) -> Error {
    let mut told = Error::new(error.kind(), error.operation(), line).with_retry(error.retry());
    told = told.with_detail(error.detail().unwrap_or(error.message()));
    if let (Some(code), Some(text)) = (error.vendor_code(), error.vendor_text()) {
        told = told.with_vendor(code, text);
    }
    error.context().iter().fold(told, |told, (key, value)| told.with_context(key, value))
}
