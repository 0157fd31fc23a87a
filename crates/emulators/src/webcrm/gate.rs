//! Who gets in: log-in, refresh, tokens, rights and the limit on speed.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::{Cx, Reply, Request};

use super::{
    Settings,
    refusal::{Refusal, too_fast},
    switches::{BAD_AUTH_CODE, LOGIN_COUNTS, RATE_LIMIT, REFRESH_LIFETIME, REFRESH_ROTATES, TOKEN_LIFETIME},
};

/// The system and the application token that a call is made with, by their places in the settings.
pub(super) type Who = (usize, usize);

/// What a token may do in one area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Right {
    None,
    Read,
    Write,
}

#[derive(Clone, Debug)]
struct Given {
    access: String,
    ends: DateTime<Utc>,
    refresh: String,
    refresh_ends: DateTime<Utc>,
    who: Who,
}

#[derive(Debug, Default)]
pub(super) struct Gate {
    tokens: Vec<Given>,
    given: u64,
    /// When calls of the last minute came, by application token.
    recent: BTreeMap<Who, VecDeque<DateTime<Utc>>>,
    rights: BTreeMap<(Who, String), Right>,
}

impl Gate {
    /// `POST /Auth/ApiLogin`: the application token in a form, a form of parts, or the query.
    pub(super) fn log_in(&mut self, cx: &Cx<'_>, settings: &Settings, request: &Request) -> Result<Reply, Reply> {
        let code = auth_code(request).unwrap_or_default();
        let who = settings.systems.iter().enumerate().find_map(|(system, known)| {
            let token = known.tokens.iter().position(|token| token.auth_code.eq_ignore_ascii_case(&code))?;
            Some((system, token))
        });
        let Some(who) = who else { return Err(unknown_code(cx)) };
        if cx.switches.is(&LOGIN_COUNTS, "yes") {
            self.slow_down(cx, who)?;
        }
        let ends = cx.now + TimeDelta::seconds(cx.switches.number(&REFRESH_LIFETIME));
        let refresh = self.fresh("refresh");
        Ok(self.give(cx, settings, who, refresh, ends))
    }

    /// `POST /Auth/ApiRefresh`: the refresh token in a header.
    pub(super) fn refresh(&mut self, cx: &Cx<'_>, settings: &Settings, request: &Request) -> Reply {
        let shown = request.header("refreshtoken").unwrap_or_default();
        let known = self.tokens.iter().find(|given| given.refresh == shown && given.refresh_ends > cx.now).cloned();
        let Some(known) = known else {
            return Reply::json(400, &token_body(&json!(null), &json!(null), Some("invalid_grant"), 0, 0));
        };
        if cx.switches.is(&REFRESH_ROTATES, "no") {
            return self.give(cx, settings, known.who, known.refresh, known.refresh_ends);
        }
        for given in self.tokens.iter_mut().filter(|given| given.refresh == known.refresh) {
            given.refresh_ends = cx.now;
        }
        let ends = cx.now + TimeDelta::seconds(cx.switches.number(&REFRESH_LIFETIME));
        let refresh = self.fresh("refresh");
        self.give(cx, settings, known.who, refresh, ends)
    }

    fn fresh(&mut self, sort: &str) -> String {
        self.given = self.given.saturating_add(1);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("webcrm {sort} {}", self.given).as_bytes()).simple().to_string()
    }

    fn give(
        &mut self,
        cx: &Cx<'_>,
        settings: &Settings,
        who: Who,
        refresh: String,
        refresh_ends: DateTime<Utc>,
    ) -> Reply {
        let lifetime = cx.switches.number(&TOKEN_LIFETIME);
        self.tokens.retain(|given| given.ends > cx.now || given.refresh_ends > cx.now);
        let access = self.fresh("access");
        let system = settings.systems.get(who.0).map_or(0, |system| system.system_id);
        let body = token_body(&json!(access), &json!(refresh), None, lifetime, system);
        self.tokens.push(Given { access, ends: cx.now + TimeDelta::seconds(lifetime), refresh, refresh_ends, who });
        Reply::json(200, &body)
    }

    /// Whose call this is.
    pub(super) fn who(&self, cx: &Cx<'_>, request: &Request) -> Result<Who, Refusal> {
        let shown = request.bearer().ok_or_else(Refusal::token)?;
        let good = self.tokens.iter().find(|given| given.access == shown && given.ends > cx.now);
        good.map(|given| given.who).ok_or_else(Refusal::token)
    }

    /// Refuses what comes too fast: the window slides, and what was refused does not count.
    pub(super) fn slow_down(&mut self, cx: &Cx<'_>, who: Who) -> Result<(), Reply> {
        let limit = usize::try_from(cx.switches.number(&RATE_LIMIT)).unwrap_or(0);
        let recent = self.recent.entry(who).or_default();
        let minute = TimeDelta::seconds(60);
        while recent.front().is_some_and(|at| *at + minute <= cx.now) {
            recent.pop_front();
        }
        if limit > 0 && recent.len() >= limit {
            let first = recent.front().copied().unwrap_or(cx.now);
            let left = (first + minute - cx.now).num_milliseconds();
            let seconds = left.saturating_add(999).checked_div(1000).unwrap_or(60);
            return Err(too_fast(cx.switches, seconds.max(1)));
        }
        recent.push_back(cx.now);
        Ok(())
    }

    /// Whether the token's rights in `area` (the first word of the path, in small letters) are enough.
    pub(super) fn allow(&self, who: Who, area: &str, needed: Right) -> Result<(), Refusal> {
        let right = self.rights.get(&(who, area.to_owned())).copied().unwrap_or(Right::Write);
        if right >= needed { Ok(()) } else { Err(Refusal::rights(area)) }
    }

    pub(super) fn set_right(&mut self, who: Who, area: &str, right: Right) {
        self.rights.insert((who, area.to_lowercase()), right);
    }

    /// Ends all access and refresh tokens of a system.
    pub(super) fn revoke(&mut self, system: usize) {
        self.tokens.retain(|given| given.who.0 != system);
    }
}

fn token_body(access: &Value, refresh: &Value, error: Option<&str>, lifetime: i64, system: u64) -> Value {
    json!({
        "AccessToken": access, "RefreshToken": refresh, "Error": error, "ErrorDescription": error,
        "IsError": error.is_some(), "ExpiresIn": lifetime, "TokenType": error.is_none().then_some("Bearer"),
        "SystemId": system,
    })
}

fn unknown_code(cx: &Cx<'_>) -> Reply {
    match cx.switches.word(&BAD_AUTH_CODE) {
        "200_is_error" => Reply::json(200, &token_body(&json!(null), &json!(null), Some("invalid_grant"), 0, 0)),
        "401" => Reply::empty(401),
        _ => Reply::json(400, &token_body(&json!(null), &json!(null), Some("invalid_grant"), 0, 0)),
    }
}

/// The field `authCode`, whatever its case.
fn auth_code(request: &Request) -> Option<String> {
    let named = |pairs: Vec<(String, String)>| {
        pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("authcode")).map(|(_, value)| value)
    };
    let kind = request.header("content-type").unwrap_or_default();
    let in_body = match kind.split_once("boundary=") {
        Some((_, boundary)) if kind.to_ascii_lowercase().starts_with("multipart/form-data") => {
            named(parts(&String::from_utf8_lossy(&request.body), boundary.trim_matches('"')))
        }
        _ => named(request.form()),
    };
    in_body.or_else(|| named(request.query_pairs())).map(|code| code.trim().to_owned())
}

/// The text fields of a form of parts.
fn parts(body: &str, boundary: &str) -> Vec<(String, String)> {
    let part = |part: &str| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let (_, name) = head.split_once("name=")?;
        let name = name.trim_start_matches('"').split(['"', ';', '\r']).next()?;
        Some((name.to_owned(), value.trim_end_matches("\r\n").to_owned()))
    };
    body.split(&format!("--{boundary}")).filter_map(part).collect()
}
