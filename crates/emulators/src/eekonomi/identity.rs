//! The identity server: a consent page where a company is chosen, codes, tokens.
//!
//! OAuth 2 with authorization code only. A token opens the one company that was chosen for it.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::call::Mint;
use super::consent;
use super::switches;

/// How long a code can be used.
const CODE_MINUTES: i64 = 5;
/// How long an access token opens its company.
const ACCESS_SECONDS: i64 = 3600;
/// How long a refresh token lives; said by one client only.
const REFRESH_DAYS: i64 = 730;
/// All scopes that there are.
const SCOPES: [&str; 9] = [
    "ea:api",
    "offline_access",
    "ea:sales",
    "ea:sales_readonly",
    "ea:accounting",
    "ea:accounting_readonly",
    "ea:purchase",
    "ea:purchase_readonly",
    "vls:api",
];

/// A registered client.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Client {
    /// Its public name.
    pub(crate) client_id: String,
    /// Its password.
    pub(crate) client_secret: String,
    /// Where a code may be sent, letter for letter.
    pub(crate) redirect_uris: Vec<String>,
    /// Whether it was made for the sandbox.
    #[serde(default)]
    pub(crate) sandbox: bool,
}

/// What was agreed to: this client may do that in this company.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    /// The client.
    pub(crate) client: String,
    /// The company.
    pub(crate) company: String,
    /// The scopes.
    pub(crate) scopes: Vec<String>,
}

impl Grant {
    /// Whether it has a scope.
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }
}

#[derive(Debug)]
struct Code {
    grant: Grant,
    redirect_uri: String,
    until: DateTime<Utc>,
}

#[derive(Debug)]
struct Token {
    grant: Grant,
    until: DateTime<Utc>,
}

/// An access token and, with the scope for it, a refresh token.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    /// Opens the company for an hour.
    pub(crate) access: String,
    /// Gets the next one.
    pub(crate) refresh: Option<String>,
}

/// Clients, codes and tokens.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The registered clients.
    pub(crate) clients: Vec<Client>,
    /// The company that a user with a default company ends up in when not asked.
    pub(crate) default_company: Option<String>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Token>,
    refresh: HashMap<String, Token>,
}

/// Why no token was given.
struct Denied(&'static str, u16);

impl Identity {
    /// With one client.
    pub(crate) fn new(client: Client) -> Self {
        Self {
            clients: vec![client],
            default_company: None,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
        }
    }

    /// Answers what goes to the identity server: paths under `/connect/`. `companies` are ids and names.
    pub(crate) fn answer(
        &mut self,
        cx: &Cx<'_>,
        mint: &mut Mint,
        request: &Request,
        companies: &[(String, String)],
    ) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/connect/authorize") => self.authorize(cx, mint, request, companies),
            ("GET", "/connect/consent") => self.consent(cx, mint, request, companies),
            ("POST", "/connect/token") => self.token(cx, mint, request),
            ("POST", "/connect/revocation") => self.revoke(cx, request),
            _ => Reply::empty(404),
        }
    }

    fn authorize(&mut self, cx: &Cx<'_>, mint: &mut Mint, request: &Request, companies: &[(String, String)]) -> Reply {
        let asked = match self.asked(request) {
            Ok(asked) => asked,
            Err(reply) => return reply,
        };
        let must_choose =
            request.param("prompt").is_some_and(|prompt| prompt.split(' ').any(|one| one == "select_account"));
        match &self.default_company {
            Some(company) if !must_choose => {
                let company = company.clone();
                self.give_code(cx, mint, &asked, &company)
            }
            _ => consent::page(request, companies),
        }
    }

    /// The choice made on the page.
    fn consent(&mut self, cx: &Cx<'_>, mint: &mut Mint, request: &Request, companies: &[(String, String)]) -> Reply {
        let asked = match self.asked(request) {
            Ok(asked) => asked,
            Err(reply) => return reply,
        };
        match request.param("company") {
            Some(company) if companies.iter().any(|(id, _)| *id == company) => {
                self.give_code(cx, mint, &asked, &company)
            }
            Some(_) => Reply::text(400, "text/plain", "no such company"),
            None => asked.back(&[("error", "access_denied")]),
        }
    }

    /// What a client asks for; a page instead of a redirect where the address to go back to is not to be trusted.
    fn asked(&self, request: &Request) -> Result<Asked, Reply> {
        let param = |name: &str| request.param(name).unwrap_or_default();
        let Some(client) = self.clients.iter().find(|client| client.client_id == param("client_id")) else {
            return Err(Reply::text(400, "text/html", "<h1>unauthorized_client</h1>"));
        };
        let redirect_uri = param("redirect_uri");
        if !client.redirect_uris.contains(&redirect_uri) {
            return Err(Reply::text(400, "text/html", "<h1>invalid redirect_uri</h1>"));
        }
        let asked = Asked {
            client: client.client_id.clone(),
            redirect_uri,
            state: request.param("state"),
            scopes: param("scope").split_whitespace().map(str::to_owned).collect(),
        };
        if param("response_type") != "code" {
            return Err(asked.back(&[("error", "unsupported_response_type")]));
        }
        if asked.scopes.is_empty() || asked.scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(asked.back(&[("error", "invalid_scope")]));
        }
        Ok(asked)
    }

    fn give_code(&mut self, cx: &Cx<'_>, mint: &mut Mint, asked: &Asked, company: &str) -> Reply {
        let code = mint.id();
        let grant = Grant { client: asked.client.clone(), company: company.to_owned(), scopes: asked.scopes.clone() };
        let until = later(cx.now, TimeDelta::minutes(CODE_MINUTES));
        self.codes.insert(code.clone(), Code { grant, redirect_uri: asked.redirect_uri.clone(), until });
        asked.back(&[("code", &code)])
    }

    fn token(&mut self, cx: &Cx<'_>, mint: &mut Mint, request: &Request) -> Reply {
        let form = request.form();
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let pair = self.client(cx, request, &form).and_then(|client| match field("grant_type") {
            Some("authorization_code") => self.by_code(cx, mint, &client, field("code"), field("redirect_uri")),
            Some("refresh_token") => self.by_refresh(cx, mint, &client, field("refresh_token")),
            _ => Err(Denied("unsupported_grant_type", 400)),
        });
        match pair {
            Ok(pair) => {
                let mut answer = json!({
                    "access_token": pair.access,
                    "token_type": "bearer",
                    "expires_in": ACCESS_SECONDS,
                });
                if let (Some(refresh), Value::Object(answer)) = (pair.refresh, &mut answer) {
                    answer.insert("refresh_token".to_owned(), json!(refresh));
                }
                Reply::json(200, &answer)
            }
            Err(Denied(error, status)) => Reply::json(status, &json!({ "error": error })),
        }
    }

    /// The client that the request names, in the header or in the form.
    fn client(&self, cx: &Cx<'_>, request: &Request, form: &[(String, String)]) -> Result<String, Denied> {
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let (id, secret) = match request.header("authorization") {
            Some(header) => basic(header).unwrap_or_default(),
            None => (field("client_id").unwrap_or_default(), field("client_secret").unwrap_or_default()),
        };
        let known = self.clients.iter().find(|client| client.client_id == id && client.client_secret == secret);
        let status = if cx.switches.is(&switches::INVALID_CLIENT, "400") { 400 } else { 401 };
        known.map(|client| client.client_id.clone()).ok_or(Denied("invalid_client", status))
    }

    fn by_code(
        &mut self,
        cx: &Cx<'_>,
        mint: &mut Mint,
        client: &str,
        code: Option<&str>,
        redirect_uri: Option<&str>,
    ) -> Result<Pair, Denied> {
        const NO: Denied = Denied("invalid_grant", 400);
        // Taken out whatever comes of it: it is for one use.
        let code = code.and_then(|code| self.codes.remove(code)).ok_or(NO)?;
        if code.until <= cx.now || code.grant.client != client || redirect_uri != Some(code.redirect_uri.as_str()) {
            return Err(NO);
        }
        Ok(self.issue(cx, mint, code.grant))
    }

    fn by_refresh(
        &mut self,
        cx: &Cx<'_>,
        mint: &mut Mint,
        client: &str,
        refresh: Option<&str>,
    ) -> Result<Pair, Denied> {
        let refresh = refresh.unwrap_or_default();
        let alive = |token: &&Token| token.until > cx.now && token.grant.client == client;
        let grant = self.refresh.get(refresh).filter(alive).map(|token| token.grant.clone());
        let grant = grant.ok_or(Denied("invalid_grant", 400))?;
        if cx.switches.is(&switches::REFRESH, "reusable") {
            let access = self.open(cx, mint, &grant);
            return Ok(Pair { access, refresh: Some(refresh.to_owned()) });
        }
        self.refresh.remove(refresh);
        Ok(self.issue(cx, mint, grant))
    }

    /// Gives tokens for a grant.
    pub(crate) fn issue(&mut self, cx: &Cx<'_>, mint: &mut Mint, grant: Grant) -> Pair {
        let access = self.open(cx, mint, &grant);
        let refresh = grant.has("offline_access").then(|| {
            let refresh = mint.id();
            let until = later(cx.now, TimeDelta::days(REFRESH_DAYS));
            self.refresh.insert(refresh.clone(), Token { grant, until });
            refresh
        });
        Pair { access, refresh }
    }

    fn open(&mut self, cx: &Cx<'_>, mint: &mut Mint, grant: &Grant) -> String {
        let until = later(cx.now, TimeDelta::seconds(ACCESS_SECONDS));
        let token = jwt(cx.now, until, grant, &mint.id());
        self.access.insert(token.clone(), Token { grant: grant.clone(), until });
        token
    }

    fn revoke(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        let form = request.form();
        if let Err(Denied(error, status)) = self.client(cx, request, &form) {
            return Reply::json(status, &json!({ "error": error }));
        }
        for (_, token) in form.iter().filter(|(name, _)| name == "token") {
            self.access.remove(token);
            self.refresh.remove(token);
        }
        Reply::empty(200)
    }

    /// The user changes the password: refresh tokens die, access tokens live out their hour.
    pub(crate) fn password_changed(&mut self) {
        self.refresh.clear();
    }

    /// What a bearer token stands for, as long as it lives.
    pub(crate) fn grant(&self, now: DateTime<Utc>, token: &str) -> Option<&Grant> {
        self.access.get(token).filter(|token| token.until > now).map(|token| &token.grant)
    }

    /// Whether a client was made for the sandbox.
    pub(crate) fn is_sandbox(&self, client: &str) -> bool {
        self.clients.iter().any(|known| known.client_id == client && known.sandbox)
    }
}

/// What was asked at the authorize address, and where the answer goes.
struct Asked {
    client: String,
    redirect_uri: String,
    state: Option<String>,
    scopes: Vec<String>,
}

impl Asked {
    fn back(&self, pairs: &[(&str, &str)]) -> Reply {
        let Ok(mut target) = url::Url::parse(&self.redirect_uri) else { return Reply::empty(400) };
        target.query_pairs_mut().extend_pairs(pairs);
        if let Some(state) = &self.state {
            target.query_pairs_mut().append_pair("state", state);
        }
        Reply::empty(302).with_header("location", target)
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(decoded).ok()?;
    decoded.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn later(from: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    from.checked_add_signed(by).unwrap_or(from)
}

/// A token in the form that the vendor's have, with its claims; nobody can check its signature.
fn jwt(now: DateTime<Utc>, until: DateTime<Utc>, grant: &Grant, signature: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({ "alg": "RS256", "typ": "JWT" }));
    let claims = part(json!({
        "iss": "https://identity.vismaonline.com",
        "aud": "https://identity.vismaonline.com/resources",
        "nbf": now.timestamp(),
        "exp": until.timestamp(),
        "client_id": grant.client,
        "scope": grant.scopes,
        "sub": "emulated-user",
        "auth_time": now.timestamp(),
        "idp": "idsrv",
        "customer_id": grant.company,
        "email": "user@example.se",
        "amr": ["password"],
    }));
    format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
}
