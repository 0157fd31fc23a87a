//! The calls: one request each, to the ERP API or to the order service, with the sign-in, the limits and the pages of
//! each.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Context, Error, ErrorKind, Result,
    connector::ListFrom,
    handler::{Answer, RawPage},
};
use sync_http::{
    Auth, AuthorizationCode, Client, ClientCredentials, Environment, Grant, Limit, LimitKey, OAuthClient, Position,
    Proof, Renewal, Request, Response, RetryPolicy,
    page::{At, End},
};

use crate::{
    codes::{filter_stamp, utc_stamp},
    config::{Config, SignIn},
    errors::{ErpErrors, OrderErrors, SignInErrors, again, explained},
    wire::{Body, Wire},
};

/// Rows asked for in a page. The vendor's largest pages are published for few lists; what is too much is cut.
pub(crate) const PAGE_MAX: u32 = 1000;
/// The vendor ends a call after four minutes.
const LONGEST_CALL: Duration = Duration::from_secs(240);
/// The same call that failed twice within five minutes was refused once: nobody says whether it still is.
const TRIES: u32 = 2;

/// Paths of one resource of the ERP API, what its calls are named in errors, and what its list takes.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    pub(crate) all: &'static str,
    pub(crate) one: &'static str,
    pub(crate) create_at: &'static str,
    pub(crate) list: &'static str,
    pub(crate) get: &'static str,
    pub(crate) find: &'static str,
    pub(crate) create: &'static str,
    pub(crate) update: &'static str,
    pub(crate) remove: &'static str,
    /// The key of a new record, where it may be given.
    pub(crate) given: Option<&'static str>,
    /// Its list comes in pages.
    pub(crate) paged: bool,
    /// Its list can be asked for what was created since.
    pub(crate) created: bool,
    /// What goes with each listing. What is to be shown, and what is not, is always said: defaults are announced to change.
    pub(crate) with: &'static [(&'static str, &'static str)],
}

/// Both services as one connection sees them.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    reads: Client,
    writes: Client,
    orders: Client,
    pub(crate) zone: Tz,
}

/// How a token is had: for the ERP API, or for the order service.
fn oauth(config: &Config, scopes: Vec<String>) -> OAuthClient {
    let proof = Proof::Body(config.client_secret.clone());
    OAuthClient::new(&config.client_id, proof).param("tenant_id", config.tenant_id.trim()).scopes(scopes)
}

/// The grant of a user's consent.
pub(crate) fn consent(config: &Config, environment: &Environment, scopes: Vec<String>) -> Result<AuthorizationCode> {
    let scopes = scopes.into_iter().chain(["offline_access".to_owned()]).collect();
    let redirect = config.redirect_url.clone().unwrap_or_default();
    let authorize = config.identity("/connect/authorize");
    Ok(AuthorizationCode::new(tokens(config, environment)?, oauth(config, scopes), authorize, redirect))
}

/// A client for the token endpoint.
fn tokens(config: &Config, environment: &Environment) -> Result<Client> {
    let Environment { transport, limits, timer, .. } = environment;
    let client = Client::builder(transport.clone(), config.identity("/connect/token"));
    client.limits(limits.clone()).timer(timer.clone()).errors(Arc::new(SignInErrors)).build()
}

impl Api {
    /// With tokens that renew themselves: one for each service, for a scope that is not granted spoils the whole token.
    pub(crate) fn new(connection: &str, config: &Config, environment: &Environment) -> Result<Self> {
        let auth = |key: String, scopes: Vec<String>| -> Result<Auth> {
            let grant: Arc<dyn Grant> = match config.sign_in {
                SignIn::Service => {
                    Arc::new(ClientCredentials::new(tokens(config, environment)?, oauth(config, scopes)))
                }
                SignIn::Interactive => Arc::new(consent(config, environment, scopes)?),
            };
            Ok(Auth::renewing(Renewal::new(grant, environment.tokens.clone(), key)))
        };
        let erp = auth(connection.to_owned(), config.erp_scopes())?;
        // a user consents once, to all scopes together
        let orders = match config.sign_in {
            SignIn::Service => auth(format!("{connection}.orders"), config.order_scopes.clone())?,
            SignIn::Interactive => erp.clone(),
        };
        Self::signed_in(config, environment, erp, orders)
    }
    /// With these sign-ins.
    pub(crate) fn signed_in(config: &Config, environment: &Environment, erp: Auth, orders: Auth) -> Result<Self> {
        // the vendor counts by client and company; whether it counts the two services together is not published
        let limit = Limit::learnt(LimitKey::new(format!("visma-net:{}:{}", config.client_id, config.tenant_id)));
        let client = |url: &url::Url, auth: Auth| {
            let client = Client::builder(environment.transport.clone(), url.clone())
                .auth(auth)
                .limits(environment.limits.clone())
                .limit(limit.clone())
                .timer(environment.timer.clone())
                .timeout(LONGEST_CALL)
                .retry(RetryPolicy::default().with_tries(TRIES));
            match &config.branch {
                Some(branch) => client.header("branchid", branch),
                None => client,
            }
        };
        let erp_client =
            |writes: bool| client(&config.base_url, erp.clone()).errors(Arc::new(ErpErrors { writes })).build();
        Ok(Self {
            reads: erp_client(false)?,
            writes: erp_client(true)?,
            orders: client(&config.order_url, orders).errors(Arc::new(OrderErrors)).build()?,
            zone: config.time_zone,
        })
    }

    /// One page of a list of the ERP API.
    pub(crate) async fn page(&self, cx: &Context, of: &Resource, from: &ListFrom, size: u32) -> Result<RawPage> {
        let place = Place::of(of.list, from, of.created)?;
        let request = |request: Request| {
            let request = of.with.iter().fold(request, |request, (name, value)| request.query(*name, value));
            self.since(request, place.since)
        };
        self.paged(cx, of, request(Request::get(of.list, of.all)), &place, size).await
    }
    /// The page at `place` of what `request` lists.
    pub(crate) async fn paged(
        &self,
        cx: &Context,
        of: &Resource,
        request: Request,
        place: &Place,
        size: u32,
    ) -> Result<RawPage> {
        if !of.paged {
            return Ok(RawPage::last(self.reads.send(cx, request).await.map_err(explained)?.json()?));
        }
        let position = Position::resume(of.list, place.position.as_ref(), Position::page(1))?;
        let At::Page(number) = position.at() else { return Err(strange(of.list)) };
        let request = request.query("pageNumber", number).query("pageSize", size);
        let rows: Vec<Box<RawValue>> = self.reads.send(cx, request).await.map_err(explained)?.json()?;
        let next = position.turn(of.list, rows.iter().map(|row| row.get()), end(&rows, size))?;
        Ok(match next {
            Some(next) => RawPage::more(rows, Place { since: place.since, position: Some(next.to_json()) }.json()),
            None => RawPage::last(rows),
        })
    }
    /// Both parameters are needed: the first one alone filters nothing.
    fn since(&self, request: Request, since: Option<Since>) -> Request {
        let (name, condition, at) = match since {
            None => return request,
            Some(Since::Modified(at)) => ("lastModifiedDateTime", "lastModifiedDateTimeCondition", at),
            Some(Since::Created(at)) => ("createdDateTime", "createdDateTimeCondition", at),
            Some(Since::Available(at)) => {
                ("availabilityLastModifiedDateTime", "availabilityLastModifiedDateTimeCondition", at)
            }
        };
        request.query(name, filter_stamp(at, self.zone)).query(condition, ">=")
    }
    /// All rows of a list, with these parameters: for lists that fit in memory.
    pub(crate) async fn all(
        &self,
        cx: &Context,
        of: &Resource,
        operation: &'static str,
        with: &[(&'static str, &str)],
    ) -> Result<Vec<Box<RawValue>>> {
        let mut rows = Vec::new();
        let mut place = Place::default();
        loop {
            let request = Request::get(operation, of.all);
            let request = of.with.iter().fold(request, |request, (name, value)| request.query(*name, value));
            let request = with.iter().fold(request, |request, (name, value)| request.query(*name, value));
            let page = self.paged(cx, of, request, &place, PAGE_MAX).await?;
            rows.extend(page.rows);
            match page.next {
                Some(next) => place = Place::of(operation, &ListFrom::Page(next), of.created)?,
                None => return Ok(rows),
            }
        }
    }
    /// Any list in one of the two shapes: rows, or rows in an envelope. Some that had no pages got them in 2026, and then
    /// show the first one to whoever asks for none: what tells of more rows than it shows is read anew by pages.
    pub(crate) async fn code_list(
        &self,
        cx: &Context,
        path: &'static str,
        mut pages: Option<bool>,
    ) -> Result<Vec<Wire>> {
        const OPERATION: &str = "read code lists";
        let mut rows = Vec::new();
        let mut position = Position::page(1);
        loop {
            let At::Page(number) = position.at() else { return Err(strange(OPERATION)) };
            let mut request = Request::get(OPERATION, path);
            if pages.is_some() {
                request = request.query("pageNumber", number).query("pageSize", PAGE_MAX);
            }
            let answer = self.reads.send(cx, request).await.map_err(explained)?;
            let (page, total) = match pages {
                Some(true) => {
                    let page: Envelope = answer.json()?;
                    (page.records, Some(page.total_count))
                }
                _ => (answer.json()?, None),
            };
            let is_cut = |(total, _): (Option<u64>, _)| total > u64::try_from(page.len()).ok();
            if pages.is_none() && told(&page).is_some_and(is_cut) {
                pages = Some(false);
                continue;
            }
            let end = total.map_or_else(|| end(&page, PAGE_MAX), End::Total);
            let next = position.turn(OPERATION, page.iter().map(|row| row.get()), end)?;
            for row in &page {
                rows.push(serde_json::from_str(row.get()).map_err(|_| {
                    Error::new(ErrorKind::Protocol, OPERATION, "an entry of a code list is no JSON object")
                })?);
            }
            match next.filter(|_| pages.is_some()) {
                Some(next) => position = next,
                None => return Ok(rows),
            }
        }
    }
    /// A read whose answer the caller knows.
    pub(crate) async fn read(&self, cx: &Context, request: Request) -> Result<Response> {
        self.reads.send(cx, request).await.map_err(explained)
    }
    /// The same for what may not be there.
    pub(crate) async fn read_if_there(&self, cx: &Context, request: Request) -> Result<Option<Response>> {
        self.reads.fetch(cx, request).await.map_err(explained)
    }
    /// A write whose answer the caller knows.
    pub(crate) async fn send(&self, cx: &Context, request: Request) -> Result<Response> {
        self.writes.send(cx, request).await.map_err(explained)
    }
    /// A record by its key; none if there is none. Some were seen in a list of one.
    pub(crate) async fn get(&self, cx: &Context, of: &Resource, id: &str) -> Result<Option<Box<RawValue>>> {
        let request = Request::get(of.get, of.one).path("id", key(id));
        let Some(answer) = self.reads.fetch(cx, request).await.map_err(explained)? else { return Ok(None) };
        let record: Box<RawValue> = answer.json()?;
        if !record.get().trim_start().starts_with('[') {
            return Ok(Some(record).filter(|record| record.get() != "null"));
        }
        let rows: Vec<Box<RawValue>> = answer.json()?;
        Ok(rows.into_iter().next())
    }
    /// Makes a record. The answer has no body; the new key ends the address in `Location`, whose host may be another one.
    pub(crate) async fn create(&self, cx: &Context, of: &Resource, body: &Body) -> Result<Answer> {
        let request = Request::post(of.create, of.create_at).json(body);
        let answer = self.writes.send(cx, request).await.map_err(explained)?;
        // a number that was given may have signs in it that make several segments of it
        let given = of.given.and_then(|name| body.0.get(name)?.get("value")?.as_str());
        let there = answer.header("location").map(|there| percent_decode_str(there).decode_utf8_lossy().into_owned());
        let is_there = |number: &&str| there.as_ref().is_some_and(|there| there.ends_with(&format!("/{number}")));
        Ok(given.filter(is_there).map_or_else(|| made(&answer), Answer::id))
    }
    /// Changes what is sent of a record.
    pub(crate) async fn change(&self, cx: &Context, of: &Resource, id: &str, body: &Body) -> Result<Answer> {
        let request = Request::put(of.update, of.one).path("id", key(id)).json(body);
        self.writes.send(cx, request).await.map_err(explained)?;
        Ok(Answer::id(id))
    }
    /// Deletes a record.
    pub(crate) async fn remove(&self, cx: &Context, of: &Resource, id: &str) -> Result<()> {
        let request = Request::delete(of.remove, of.one).path("id", key(id));
        self.writes.send(cx, request).await.map(drop).map_err(explained)
    }
    /// Takes a step that runs on by itself: the answer says that it was accepted, and a later look at the record whether
    /// it was done.
    pub(crate) async fn step(&self, cx: &Context, operation: &'static str, path: &'static str, id: &str) -> Result<()> {
        let request = Request::post(operation, path).path("id", key(id));
        let answer = self.writes.send(cx, request).await.map_err(explained)?;
        let said = answer.value().unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Json::as_str).unwrap_or_default();
        if text("actionResult").eq_ignore_ascii_case("Failed") {
            let line = format!("{operation}: Visma.net could not do it; see its words, and correct the record there");
            return Err(Error::new(ErrorKind::Invalid, operation, line).with_vendor("Failed", text("errorInfo")));
        }
        Ok(())
    }

    /// A call to the order service, answered with a body.
    pub(crate) async fn order_service(&self, cx: &Context, request: Request) -> Result<Response> {
        self.orders.send(cx, request).await.map_err(explained)
    }
    /// The same for a record that may not be there.
    pub(crate) async fn order_record(&self, cx: &Context, request: Request) -> Result<Option<Response>> {
        self.orders.fetch(cx, request).await.map_err(explained)
    }
    /// One page of orders.
    pub(crate) async fn order_page(
        &self,
        cx: &Context,
        operation: &'static str,
        order_type: &str,
        from: &ListFrom,
        size: u32,
    ) -> Result<RawPage> {
        let place = Place::of(operation, from, false)?;
        let position = Position::resume(operation, place.position.as_ref(), Position::page(0))?;
        let At::Page(index) = position.at() else { return Err(strange(operation)) };
        let mut request = Request::get(operation, "/api/v3/SalesOrders/{type}").path("type", order_type);
        if let Some(Since::Modified(at)) = place.since {
            request = request.query("modifiedSince", utc_stamp(at));
        }
        let request = request.query("pageSize", size).query("pageIndex", index);
        let page: OrderPage = self.orders.send(cx, request).await.map_err(explained)?.json()?;
        let more = page.next_page.is_some_and(|next| !next.is_empty());
        let next = position.turn(operation, page.value.iter().map(|row| row.get()), End::More(more))?;
        Ok(match next {
            Some(next) => RawPage::more(page.value, Place { position: Some(next.to_json()), ..place }.json()),
            None => RawPage::last(page.value),
        })
    }
    /// All rows of an order.
    pub(crate) async fn order_lines(
        &self,
        cx: &Context,
        operation: &'static str,
        order_type: &str,
        id: &str,
    ) -> Result<Vec<Json>> {
        let mut lines = Vec::new();
        let mut position = Position::page(0);
        loop {
            let At::Page(index) = position.at() else { return Err(strange(operation)) };
            let request = Request::get(operation, "/api/v3/SalesOrders/{type}/{id}/lines");
            let request = request.path("type", order_type).path("id", id);
            let request = request.query("pageSize", PAGE_MAX).query("pageIndex", index);
            let page: OrderPage = self.orders.send(cx, request).await.map_err(explained)?.json()?;
            let more = page.next_page.is_some_and(|next| !next.is_empty());
            let next = position.turn(operation, page.value.iter().map(|row| row.get()), End::More(more))?;
            lines.extend(page.value.iter().filter_map(|row| serde_json::from_str::<Json>(row.get()).ok()));
            match next {
                Some(next) => position = next,
                None => return Ok(lines),
            }
        }
    }
}

/// The key of a new record.
pub(crate) fn made(answer: &Response) -> Answer {
    made_id(answer).map_or_else(Answer::done, Answer::id)
}

/// The same, if the answer tells it.
pub(crate) fn made_id(answer: &Response) -> Option<String> {
    answer.location_id().map(|id| plain_key(&id)).filter(|id| !id.is_empty())
}

/// A key as it goes into a path: one with signs that mean something there is sent in base 64, as the vendor wants it.
pub(crate) fn key(id: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | ' ');
    if id.chars().all(is_plain) && !matches!(id, "." | "..") {
        return id.to_owned();
    }
    format!("b64({})", URL_SAFE_NO_PAD.encode(id))
}

/// The same backwards.
pub(crate) fn plain_key(segment: &str) -> String {
    let inner = segment.strip_prefix("b64(").and_then(|rest| rest.strip_suffix(')'));
    let bytes = inner.and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| segment.to_owned())
}

/// How a list of the ERP API ends. Each of its rows tells how many there are and how many a page can have: a larger page
/// is cut in silence. An empty page tells nothing, and is the end.
fn end(rows: &[Box<RawValue>], size: u32) -> End<'static> {
    match told(rows) {
        Some((Some(total), _)) => End::Total(total),
        Some((None, Some(max))) if max > 0 => End::Short(u64::from(size).min(max)),
        _ => End::Empty,
    }
}

/// What the rows of a page tell of the list: how many there are in all, and how many a page can have.
pub(crate) fn told(rows: &[Box<RawValue>]) -> Option<(Option<u64>, Option<u64>)> {
    #[derive(Deserialize)]
    struct Row {
        metadata: Option<Meta>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        total_count: Option<u64>,
        max_page_size: Option<u64>,
    }
    let told = rows.iter().find_map(|row| serde_json::from_str::<Row>(row.get()).ok()?.metadata);
    told.map(|told| (told.total_count, told.max_page_size))
}

pub(crate) fn strange(operation: &'static str) -> Error {
    Error::new(ErrorKind::Internal, operation, "a place in a list that is counted otherwise than in pages; report this")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    total_count: u64,
    records: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderPage {
    next_page: Option<String>,
    value: Vec<Box<RawValue>>,
}

/// A place in a listing: the filter goes with it, since the next page is another call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) since: Option<Since>,
    pub(crate) position: Option<Json>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Since {
    Modified(DateTime<Utc>),
    Created(DateTime<Utc>),
    /// Items whose stock moved.
    Available(DateTime<Utc>),
}

impl Place {
    pub(crate) fn of(operation: &'static str, from: &ListFrom, created: bool) -> Result<Self> {
        Ok(match from {
            ListFrom::Beginning => Self::default(),
            ListFrom::ModifiedSince(at) => Self { since: Some(Since::Modified(*at)), position: None },
            ListFrom::CreatedSince(at) if created => Self { since: Some(Since::Created(*at)), position: None },
            ListFrom::CreatedSince(_) => {
                let what = "this list does not tell what was created since; list all of it";
                return Err(Error::new(ErrorKind::Unsupported, operation, what));
            }
            ListFrom::Page(cursor) => Self::deserialize(&cursor.0).map_err(|error| {
                let what = "the stored place in the list cannot be read; start the listing from the beginning";
                Error::new(ErrorKind::Protocol, operation, what).with_detail(error.to_string())
            })?,
        })
    }
    pub(crate) fn json(self) -> Json {
        // plain fields with text keys: this cannot fail
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A write of an order that was refused because of its state.
pub(crate) fn unmodifiable(error: Error) -> Error {
    let is = |wanted: &str| error.context().iter().any(|(key, value)| *key == "status" && value == wanted);
    if is("405") {
        let line = "the order cannot be changed in its state; change it in Visma.net, or write another order";
        return again(&error, ErrorKind::Invalid, line);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_signs_go_in_base_64_and_come_back() {
        assert_eq!(key("10-001 A.b_~Å"), "10-001 A.b_~Å");
        assert_eq!(key(":/?#[]@&*+;"), "b64(Oi8_I1tdQCYqKzs)");
        for id in [":/?#[]@&*+;", "10%", "..", ".", "10001", "a/b"] {
            assert_eq!(plain_key(&key(id)), id);
        }
        assert_eq!(plain_key("b64(*)"), "b64(*)");
    }

    #[test]
    fn a_list_ends_as_its_rows_say() {
        let rows = |text: &str| serde_json::from_str::<Vec<Box<RawValue>>>(text).unwrap();
        assert_eq!(end(&rows(r#"[{"metadata":{"totalCount":450,"maxPageSize":10}}]"#), 1000), End::Total(450));
        assert_eq!(end(&rows(r#"[{"metadata":{"maxPageSize":10}}]"#), 1000), End::Short(10));
        assert_eq!(end(&rows(r#"[{"number":"1"},{}]"#), 1000), End::Empty);
        assert_eq!(end(&[], 1000), End::Empty);
    }
}
