//! Who gets in: the token address, tokens and the limit on speed.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::frame::{Cx, Reply, Request};

use super::{
    Settings,
    refusal::{Refusal, too_fast},
    switches::{RATE_LIMIT, RATE_LIMIT_STATUS, SEVERAL_TOKENS, TOKEN_LIFETIME},
};

#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Tokens with the instant when they end.
    tokens: Vec<(String, DateTime<Utc>)>,
    given: u64,
    /// When requests of the last minute came.
    recent: VecDeque<DateTime<Utc>>,
}

impl Gate {
    /// Refuses what comes too fast.
    pub(super) fn slow_down(&mut self, cx: &Cx<'_>) -> Option<Reply> {
        let limit = usize::try_from(cx.switches.number(&RATE_LIMIT)).unwrap_or(0);
        while self.recent.front().is_some_and(|at| *at + TimeDelta::seconds(60) <= cx.now) {
            self.recent.pop_front();
        }
        if limit > 0 && self.recent.len() >= limit {
            return Some(too_fast(u16::try_from(cx.switches.number(&RATE_LIMIT_STATUS)).unwrap_or(429)));
        }
        self.recent.push_back(cx.now);
        None
    }

    /// `POST /token`: client credentials in a form, a token for them.
    pub(super) fn token(&mut self, cx: &Cx<'_>, settings: &Settings, request: &Request) -> Result<Reply, Refusal> {
        let form = request.form();
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        if field("grant_type") != "client_credentials" {
            return Err(Refusal::client("unsupported_grant_type", "only client_credentials is allowed"));
        }
        if field("client_id") != settings.client_id || field("client_secret") != settings.client_secret {
            return Err(Refusal::client("invalid_client", "invalid credentials"));
        }
        let lifetime = cx.switches.number(&TOKEN_LIFETIME);
        if cx.switches.is(&SEVERAL_TOKENS, "newest_only") {
            self.tokens.clear();
        }
        self.tokens.retain(|(_, ends)| *ends > cx.now);
        self.given = self.given.saturating_add(1);
        let name = format!("{} {}", settings.shop_id_code, self.given);
        let token = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).simple().to_string();
        self.tokens.push((token.clone(), cx.now + TimeDelta::seconds(lifetime)));
        Ok(Reply::json(200, &json!({ "access_token": token, "expires_in": lifetime, "scope": "" })))
    }

    /// Lets through whoever shows a token that is good.
    pub(super) fn check(&self, cx: &Cx<'_>, request: &Request) -> Result<(), Refusal> {
        let shown = request.bearer().ok_or_else(Refusal::token)?;
        let good = self.tokens.iter().any(|(token, ends)| token == shown && *ends > cx.now);
        if good { Ok(()) } else { Err(Refusal::token()) }
    }
}
