//! Who gets in: tokens, companies and scopes.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, TimeDelta, Utc};
use ring::digest;
use serde_json::json;
use uuid::Uuid;

use crate::frame::{Cx, Reply, Request};

use super::{
    Settings, consent,
    refusal::Refusal,
    switches::{ACTION_SCOPE, REFRESH_LIFETIME, REFRESH_ROTATES, SECRET_IN, TENANT_TRAP, TOKEN_LIFETIME},
};

/// The company that a token is for, by its place in the settings, or one that no call gets into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tenant {
    Company(usize),
    Customer,
}

/// Whose call it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) company: usize,
    pub(super) client_id: String,
    scopes: Vec<String>,
}

#[derive(Clone, Debug)]
struct Given {
    access: String,
    ends: DateTime<Utc>,
    refresh: Option<(String, DateTime<Utc>)>,
    tenant: Tenant,
    client_id: String,
    scopes: Vec<String>,
}

#[derive(Clone, Debug)]
struct Code {
    code: String,
    tenant: Tenant,
    scopes: Vec<String>,
    redirect: String,
    challenge: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Access {
    given: Vec<Given>,
    codes: Vec<Code>,
    count: u64,
    /// Companies in which the person of the consent page may not use the API.
    pub(super) without_role: Vec<usize>,
}

/// The prefixes of the older service's scopes: of its two flavours.
const ERP: [&str; 2] = ["vismanet_erp_service_api:", "vismanet_erp_interactive_api:"];
const ORDERS: &str = "visma.net.erp.salesorder:";
/// What a consent may be asked for beside the vendor's own scopes.
const IDENTITY: [&str; 5] = ["openid", "profile", "email", "tenants", "offline_access"];

fn refused(error: &str) -> Reply {
    Reply::json(400, &json!({ "error": error }))
}

impl Access {
    /// Answers what the identity server answers; none for other addresses.
    pub(super) fn answer(
        &mut self,
        cx: &Cx<'_>,
        settings: &Settings,
        path: &[&str],
        request: &Request,
    ) -> Option<Reply> {
        Some(match (request.method.as_str(), path) {
            ("POST", ["connect", "token"]) => self.token(cx, settings, request).unwrap_or_else(refused),
            ("GET", ["connect", "authorize"]) => match self.asked(settings, request) {
                Ok(_) => consent::page(request, settings),
                Err(error) => refused(error),
            },
            ("GET", ["connect", "consent"]) => self.consent(settings, request).unwrap_or_else(refused),
            _ => return None,
        })
    }

    fn fresh(&mut self, sort: &str) -> String {
        self.count = self.count.saturating_add(1);
        let name = format!("visma-net {sort} {}", self.count);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).simple().to_string()
    }

    fn token(&mut self, cx: &Cx<'_>, settings: &Settings, request: &Request) -> Result<Reply, &'static str> {
        let form = request.form();
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        let (id, secret) = match basic(request) {
            Some(pair) if cx.switches.is(&SECRET_IN, "form_or_basic") => pair,
            _ => (field("client_id").to_owned(), field("client_secret").to_owned()),
        };
        if id != settings.client_id || secret != settings.client_secret {
            return Err("invalid_client");
        }
        match field("grant_type") {
            "client_credentials" => {
                let tenant = settings.tenant(field("tenant_id")).ok_or("invalid_tenant")?;
                let scopes = granted(settings, field("scope"), false)?;
                Ok(self.give(cx, &id, tenant, scopes, false))
            }
            "authorization_code" => {
                let place = self.codes.iter().position(|known| known.code == field("code")).ok_or("invalid_grant")?;
                let code = self.codes.remove(place);
                let proven = code.challenge.as_deref().is_none_or(|challenge| fits(field("code_verifier"), challenge));
                if code.redirect != field("redirect_uri") || !proven {
                    return Err("invalid_grant");
                }
                if matches!(code.tenant, Tenant::Company(place) if self.without_role.contains(&place)) {
                    return Err("invalid_tenant");
                }
                let refresh = code.scopes.iter().any(|scope| scope == "offline_access");
                Ok(self.give(cx, &id, code.tenant, code.scopes, refresh))
            }
            "refresh_token" => self.refresh(cx, &id, field("refresh_token")),
            _ => Err("unsupported_grant_type"),
        }
    }

    fn refresh(&mut self, cx: &Cx<'_>, id: &str, shown: &str) -> Result<Reply, &'static str> {
        let good =
            |given: &&Given| given.refresh.as_ref().is_some_and(|(known, ends)| known == shown && *ends > cx.now);
        let known = self.given.iter().find(good).cloned().ok_or("invalid_grant")?;
        if cx.switches.is(&REFRESH_ROTATES, "no") {
            return Ok(self.hand_out(cx, id, known.tenant, known.scopes, known.refresh));
        }
        for given in &mut self.given {
            given.refresh.take_if(|(known, _)| known == shown);
        }
        Ok(self.give(cx, id, known.tenant, known.scopes, true))
    }

    fn give(&mut self, cx: &Cx<'_>, id: &str, tenant: Tenant, scopes: Vec<String>, refresh: bool) -> Reply {
        let ends = cx.now + TimeDelta::seconds(cx.switches.number(&REFRESH_LIFETIME));
        let refresh = refresh.then(|| (self.fresh("refresh"), ends));
        self.hand_out(cx, id, tenant, scopes, refresh)
    }

    fn hand_out(
        &mut self,
        cx: &Cx<'_>,
        id: &str,
        tenant: Tenant,
        scopes: Vec<String>,
        refresh: Option<(String, DateTime<Utc>)>,
    ) -> Reply {
        let lifetime = cx.switches.number(&TOKEN_LIFETIME);
        let access = self.fresh("access");
        let mut body = json!({ "access_token": access, "expires_in": lifetime, "token_type": "Bearer",
            "scope": scopes.join(" ") });
        if let (Some((token, _)), Some(body)) = (&refresh, body.as_object_mut()) {
            body.insert("refresh_token".into(), json!(token));
        }
        let ends = cx.now + TimeDelta::seconds(lifetime);
        let alive =
            |given: &Given| given.ends > cx.now || given.refresh.as_ref().is_some_and(|(_, ends)| *ends > cx.now);
        self.given.retain(alive);
        self.given.push(Given { access, ends, refresh, tenant, client_id: id.to_owned(), scopes });
        Reply::json(200, &body)
    }

    /// What a consent page was asked for, if it may be shown.
    fn asked(&self, settings: &Settings, request: &Request) -> Result<Vec<String>, &'static str> {
        let param = |name: &str| request.param(name).unwrap_or_default();
        if param("client_id") != settings.client_id {
            return Err("unauthorized_client");
        }
        if param("redirect_uri") != settings.redirect_uri {
            return Err("invalid_redirect_uri");
        }
        if param("response_type") != "code" {
            return Err("unsupported_response_type");
        }
        granted(settings, &param("scope"), true)
    }

    /// A company was chosen, or none.
    fn consent(&mut self, settings: &Settings, request: &Request) -> Result<Reply, &'static str> {
        let scopes = self.asked(settings, request)?;
        let param = |name: &str| request.param(name);
        let redirect = param("redirect_uri").unwrap_or_default();
        let tenant = param("company").and_then(|company| settings.tenant(&company));
        let mut answer = url::form_urlencoded::Serializer::new(String::new());
        match tenant {
            Some(tenant) => {
                let code = self.fresh("code");
                answer.append_pair("code", &code);
                let challenge = param("code_challenge");
                self.codes.push(Code { code, tenant, scopes, redirect: redirect.clone(), challenge });
            }
            None => drop(answer.append_pair("error", "access_denied")),
        }
        if let Some(state) = param("state") {
            answer.append_pair("state", &state);
        }
        Ok(Reply::empty(302).with_header("location", format!("{redirect}?{}", answer.finish())))
    }

    /// Whose call this is.
    pub(super) fn who(&self, cx: &Cx<'_>, request: &Request) -> Result<Who, Refusal> {
        let shown = request.bearer().ok_or(Refusal::Token)?;
        let known =
            self.given.iter().find(|given| given.access == shown && given.ends > cx.now).ok_or(Refusal::Token)?;
        match known.tenant {
            Tenant::Company(company) => {
                Ok(Who { company, client_id: known.client_id.clone(), scopes: known.scopes.clone() })
            }
            Tenant::Customer if cx.switches.is(&TENANT_TRAP, "licence_fault") => Err(Refusal::Licence),
            Tenant::Customer => Err(Refusal::Token),
        }
    }

    /// Ends all tokens.
    pub(super) fn revoke(&mut self) {
        self.given.clear();
    }
}

impl Who {
    /// Whether the token's scopes let a call to the older service through.
    pub(super) fn may(&self, cx: &Cx<'_>, method: &str, action: bool) -> Result<(), Refusal> {
        let needed = match method {
            "GET" => "read",
            "POST" if action => cx.switches.word(&ACTION_SCOPE),
            "POST" => "create",
            "DELETE" => "delete",
            _ => "update",
        };
        let has = |scope: &String| ERP.iter().any(|prefix| scope.strip_prefix(prefix) == Some(needed));
        if self.scopes.iter().any(has) { Ok(()) } else { Err(Refusal::Scope) }
    }

    /// Whether they let a call to the order service through.
    pub(super) fn may_order(&self, method: &str) -> Result<(), Refusal> {
        let needed = if method == "GET" { "read" } else { "write" };
        let has = self.scopes.iter().any(|scope| scope.strip_prefix(ORDERS) == Some(needed));
        if has { Ok(()) } else { Err(Refusal::Scope) }
    }
}

/// The scopes asked for, if the client has them all.
fn granted(settings: &Settings, asked: &str, person: bool) -> Result<Vec<String>, &'static str> {
    let asked = asked.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let known = |scope: &String| settings.scopes.contains(scope) || person && IDENTITY.contains(&scope.as_str());
    if asked.is_empty() || !asked.iter().all(known) { Err("invalid_scope") } else { Ok(asked) }
}

fn basic(request: &Request) -> Option<(String, String)> {
    let (scheme, coded) = request.header("authorization")?.split_once(' ')?;
    let plain = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (id, secret) = plain.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
}

fn fits(verifier: &str, challenge: &str) -> bool {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())) == challenge
}
