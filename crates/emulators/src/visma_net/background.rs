//! Calls that run in the background (`erp-api-background`): taken at once, done later, kept for a day.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::{Cx, Reply, Request};

use super::{access::Who, refusal::Refusal};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) id: Uuid,
    pub(super) who: Who,
    pub(super) request: Request,
    received: DateTime<Utc>,
    pub(super) due: DateTime<Utc>,
    /// When it ended, and with what.
    ended: Option<(DateTime<Utc>, Reply)>,
    /// Names and values that go back with the webhook; none where nobody subscribed.
    pub(super) pairs: Option<Vec<(String, String)>>,
}

#[derive(Debug, Default)]
pub(super) struct Background {
    calls: Vec<Call>,
}

/// What the header asks for: none, or the pairs of a subscription.
///
/// # Errors
/// An address, which is no longer taken, or anything else.
pub(super) fn asked(request: &Request) -> Result<Option<Vec<(String, String)>>, Refusal> {
    let Some(given) = request.header("erp-api-background") else { return Ok(None) };
    let (way, pairs) = given.split_once(':').unwrap_or((given, ""));
    match way.trim().to_lowercase().as_str() {
        "none" if pairs.is_empty() => Ok(Some(Vec::new())),
        "subscription" => {
            let pairs = pairs.split(',').filter(|pair| !pair.trim().is_empty()).map(|pair| pair.split_once('='));
            let pairs = pairs.map(|pair| pair.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())));
            pairs.collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

fn wrong() -> Refusal {
    Refusal::Query("The value for 'erp-api-background' is not valid.".into())
}

fn base(request: &Request) -> String {
    format!("http://{}", request.header("host").unwrap_or("localhost"))
}

impl Background {
    /// Takes a call; `seconds` is how long it will be.
    pub(super) fn take(
        &mut self,
        cx: &Cx<'_>,
        who: Who,
        request: &Request,
        pairs: Vec<(String, String)>,
        seconds: i64,
    ) -> Reply {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("visma-net background {}", self.calls.len()).as_bytes());
        let state = format!("{}/v1/background/{id}", base(request));
        let subscribed =
            request.header("erp-api-background").is_some_and(|way| way.to_lowercase().starts_with("subscription"));
        self.calls.push(Call {
            id,
            who,
            request: request.clone(),
            received: cx.now,
            due: cx.now + TimeDelta::seconds(seconds),
            ended: None,
            pairs: subscribed.then_some(pairs),
        });
        Reply::json(202, &json!({ "id": id, "stateLocation": state }))
    }

    /// The next call that is due.
    pub(super) fn due(&self, now: DateTime<Utc>) -> Option<Call> {
        let waiting = self.calls.iter().filter(|call| call.ended.is_none() && call.due <= now);
        waiting.min_by_key(|call| call.due).cloned()
    }

    /// A call has ended.
    pub(super) fn ended(&mut self, id: Uuid, at: DateTime<Utc>, reply: Reply) {
        for call in self.calls.iter_mut().filter(|call| call.id == id) {
            call.ended = Some((at, reply.clone()));
        }
    }

    /// `/v1/background/{id}`, and its `/content`.
    pub(super) fn answer(&self, cx: &Cx<'_>, who: &Who, id: &str, content: bool) -> Result<Reply, Refusal> {
        let known = Uuid::parse_str(id).ok().and_then(|id| self.calls.iter().find(|call| call.id == id));
        let call = known.ok_or_else(|| Refusal::Key("The request cannot be found in the system.".into()))?;
        if call.who.company != who.company || call.who.client_id != who.client_id {
            return Ok(Reply::empty(403));
        }
        if call.received + KEPT < cx.now {
            return Ok(Reply::empty(410));
        }
        match (&call.ended, content) {
            (None, true) => Err(Refusal::Key("The request has no content yet.".into())),
            (Some((_, reply)), true) => {
                Ok(Reply { status: 200, headers: reply.headers.clone(), body: reply.body.clone() })
            }
            (_, false) => Ok(Reply::json(200, &call.state())),
        }
    }
}

impl Call {
    fn state(&self) -> Value {
        let shown = |at: DateTime<Utc>| {
            json!(at.with_timezone(&chrono_tz::Europe::Oslo).format("%Y-%m-%dT%H:%M:%S%:z").to_string())
        };
        let query = if self.request.query.is_empty() { String::new() } else { format!("?{}", self.request.query) };
        let (ended, reply) = match &self.ended {
            Some((at, reply)) => (shown(*at), Some(reply)),
            None => (Value::Null, None),
        };
        let has_content = reply.is_some_and(|reply| !reply.body.is_empty());
        let status = match reply {
            None => "Started",
            Some(reply) if reply.status >= 500 => "Failed",
            Some(_) => "Finished",
        };
        let headers = reply.map(|reply| {
            let names = reply.headers.iter().map(|(name, value)| (name.clone(), json!(value)));
            Value::Object(names.collect())
        });
        let content = has_content.then(|| format!("{}/v1/background/{}/content", base(&self.request), self.id));
        let mut state = json!({ "id": self.id, "status": status, "statusCode": reply.map_or(0, |reply| reply.status),
            "receivedUtc": shown(self.received), "startedUtc": shown(self.received), "finishedUtc": ended,
            "originalUri": format!("{}{}{query}", base(&self.request), self.request.path),
            "hasRequestContent": !self.request.body.is_empty(), "hasResponseContent": has_content,
            "contentLocation": content, "responseHeaders": headers, "errorMessage": null, "reference": null });
        if let Some(state) = state.as_object_mut() {
            state.retain(|_, value| !value.is_null());
        }
        state
    }
}
