//! The calls: one request each, errors in the vendor's shape, pages of `{"Meta", "Data"}`.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Context, Error, ErrorKind, Result,
    connector::ListFrom,
    handler::{Answer, RawPage},
};
use sync_http::{
    Auth, AuthorizationCode, Client, Environment, OAuthClient, Position, Proof, Quota, Renewal, Request, Response,
    page::{At, End},
};

use crate::{
    company::Reach,
    config::Config,
    errors::{self, Errors, again, explained},
    wire::Wire,
};

/// The vendor's largest page.
pub(crate) const PAGE_MAX: u32 = 1000;
/// Calls a minute for each client and path, over all companies of the client.
const PER_MINUTE: u32 = 600;

/// The paths of one resource and what its calls are named in errors.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The vendor's name, which is the stream's.
    pub(crate) name: &'static str,
    pub(crate) all: &'static str,
    pub(crate) one: &'static str,
    pub(crate) list: &'static str,
    pub(crate) get: &'static str,
    pub(crate) find: &'static str,
    pub(crate) create: &'static str,
    pub(crate) update: &'static str,
    pub(crate) remove: &'static str,
    /// The field that moves with changes, if there is one.
    pub(crate) modified: Option<&'static str>,
    /// The field with the moment of creation, if there is one. Records that were never changed may show it alone.
    pub(crate) created: Option<&'static str>,
}

/// The interface as one connection sees it.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: Client,
}

/// The grant of a person's consent.
pub(crate) fn grant(config: &Config, environment: &Environment) -> Result<AuthorizationCode> {
    let Environment { transport, limits, timer, .. } = environment;
    let token_url = config.identity_url("/connect/token")?;
    let http = Client::builder(transport.clone(), token_url).limits(limits.clone()).timer(timer.clone()).build()?;
    let client = OAuthClient::new(&config.client_id, Proof::Basic(config.client_secret.clone()));
    let redirect = config.redirect_url.clone().unwrap_or_default();
    let client = client.scopes(&config.scopes);
    // PKCE is nowhere mentioned by the vendor. Without select_account a user with a default company binds that one
    // without being asked; the service id keeps companies without eEkonomi out of the list.
    Ok(AuthorizationCode::new(http, client, config.identity_url("/connect/authorize")?, redirect)
        .without_pkce()
        .param("prompt", "select_account")
        .param("acr_values", "service:44643EB1-3F76-4C1C-A672-402AE8085934"))
}

impl Api {
    /// With a token that renews itself.
    pub(crate) fn new(connection: &str, config: &Config, environment: &Environment) -> Result<Self> {
        let grant = Arc::new(grant(config, environment)?);
        Self::signed_in(
            config,
            environment,
            Auth::renewing(Renewal::new(grant, environment.tokens.clone(), connection)),
        )
    }
    /// With this sign-in.
    pub(crate) fn signed_in(config: &Config, environment: &Environment, auth: Auth) -> Result<Self> {
        let builder = Client::builder(environment.transport.clone(), config.base_url()?)
            .auth(auth)
            .errors(Arc::new(Errors))
            .limits(environment.limits.clone())
            .limit_each_path(format!("eekonomi:{}", config.client_id), Quota::per_minute(PER_MINUTE))
            .timer(environment.timer.clone());
        Ok(Self { http: builder.build()? })
    }

    /// One page of a list.
    pub(crate) async fn page(
        &self,
        cx: &Context,
        of: &Resource,
        reach: Reach,
        order: &'static str,
        from: &ListFrom,
        size: u32,
    ) -> Result<RawPage> {
        let place = Place::of(of, from)?;
        let position = Position::resume(of.list, place.position.as_ref(), Position::page(1))?;
        let At::Page(number) = position.at() else { return Err(strange(of.list)) };
        let mut request = Request::get(of.list, of.all).query("$page", number).query("$pagesize", size);
        if let Some(filter) = place.since.map(|since| since.filter(of)).transpose()? {
            // what was created since is among all there is: where the list takes no such filter, a document that may
            // have been made is looked for there
            if reach.since || !matches!(place.since, Some(Since::Created(_))) {
                request = request.query("$filter", filter);
            }
        }
        if reach.sorted {
            // the order of an unsorted list is not promised, and pages of it may overlap
            request = request.query("$orderby", order);
        }
        let answer = self.http.send(cx, request).await.map_err(listing_error)?;
        let page: Envelope = answer.json()?;
        let last = page.meta.total_number_of_pages;
        if page.data.is_empty() && *number < last {
            let what = format!("page {number} of {last} without records; nothing is taken as removed for that");
            return Err(answer.error(ErrorKind::Protocol, what));
        }
        let next = position.turn(of.list, page.data.iter().map(|row| row.get()), End::LastPage(last))?;
        let cursor = next.map(|next| Place { since: place.since, position: Some(next.to_json()) });
        Ok(match cursor {
            Some(cursor) => RawPage::more(page.data, serde_json::to_value(cursor).unwrap_or_default()),
            None => RawPage::last(page.data),
        })
    }
    /// All records that a filter lets through, or all there are: for lists that fit in memory.
    pub(crate) async fn all(
        &self,
        cx: &Context,
        operation: &'static str,
        path: &'static str,
        filter: Option<&str>,
    ) -> Result<Vec<Box<RawValue>>> {
        self.all_of(cx, operation, || {
            let request = Request::get(operation, path);
            filter.iter().fold(request, |request, filter| request.query("$filter", filter))
        })
        .await
    }
    /// All records under one: `path` has `{id}`.
    pub(crate) async fn all_under(
        &self,
        cx: &Context,
        operation: &'static str,
        path: &'static str,
        id: &str,
    ) -> Result<Vec<Box<RawValue>>> {
        self.all_of(cx, operation, || Request::get(operation, path).path("id", id)).await
    }
    async fn all_of(
        &self,
        cx: &Context,
        operation: &'static str,
        request: impl Fn() -> Request,
    ) -> Result<Vec<Box<RawValue>>> {
        let mut rows = Vec::new();
        let mut position = Position::page(1);
        loop {
            let At::Page(number) = position.at() else { return Err(strange(operation)) };
            let request = request().query("$page", number).query("$pagesize", PAGE_MAX);
            let page: Envelope = self.http.send(cx, request).await.map_err(listing_error)?.json()?;
            let end = End::LastPage(page.meta.total_number_of_pages);
            let next = position.turn(operation, page.data.iter().map(|row| row.get()), end)?;
            rows.extend(page.data);
            match next {
                Some(next) => position = next,
                None => return Ok(rows),
            }
        }
    }
    /// Whether a list takes such a filter and order: asked with one record a page.
    pub(crate) async fn takes(
        &self,
        cx: &Context,
        of: &Resource,
        filter: Option<&str>,
        order: Option<&str>,
    ) -> Result<bool> {
        let mut request = Request::get(of.list, of.all).query("$page", 1).query("$pagesize", 1);
        if let Some(filter) = filter {
            request = request.query("$filter", filter);
        }
        if let Some(order) = order {
            request = request.query("$orderby", order);
        }
        match self.http.send(cx, request).await {
            Ok(answer) => answer.json::<Envelope>().map(|_| true),
            Err(error) if matches!(errors::code(&error), Some(6000 | 6001)) => Ok(false),
            Err(error) => Err(explained(error)),
        }
    }
    /// A single object, such as the company's settings.
    pub(crate) async fn object(&self, cx: &Context, operation: &'static str, path: &'static str) -> Result<Wire> {
        self.http.send(cx, Request::get(operation, path)).await.map_err(explained)?.json()
    }
    /// A record by id; `None` if there is none.
    pub(crate) async fn get(&self, cx: &Context, of: &Resource, id: &str) -> Result<Option<Box<RawValue>>> {
        self.get_at(cx, of, &[("id", id)]).await
    }
    /// A record by the parts of its path; `None` if there is none.
    pub(crate) async fn get_at(
        &self,
        cx: &Context,
        of: &Resource,
        at: &[(&'static str, &str)],
    ) -> Result<Option<Box<RawValue>>> {
        let request = at.iter().fold(Request::get(of.get, of.one), |request, (name, part)| request.path(name, part));
        match self.http.fetch(cx, request).await {
            Ok(answer) => answer.map(|answer| answer.json()).transpose(),
            // which status goes with "no such record" is not published
            Err(error) if errors::code(&error) == Some(3000) => Ok(None),
            Err(error) => Err(explained(error)),
        }
    }
    /// Makes a record.
    pub(crate) async fn create(&self, cx: &Context, of: &Resource, body: &Wire) -> Result<Answer> {
        let answer = self.http.send(cx, Request::post(of.create, of.all).json(body)).await;
        Ok(shown(&answer.map_err(|error| missing_reference(of.create, error))?, None))
    }
    /// Replaces a record.
    pub(crate) async fn replace(&self, cx: &Context, of: &Resource, id: &str, body: &Wire) -> Result<Answer> {
        let answer = self.http.send(cx, Request::put(of.update, of.one).path("id", id).json(body)).await;
        Ok(shown(
            &answer.map_err(|error| match error.kind() {
                ErrorKind::NotFound => error,
                _ => missing_reference(of.update, error),
            })?,
            Some(id),
        ))
    }
    /// Replaces rows under a record, and gives what the answer shows of them: `path` has `{id}`.
    pub(crate) async fn replace_rows(
        &self,
        cx: &Context,
        of: &Resource,
        path: &'static str,
        id: &str,
        rows: &[Wire],
    ) -> Result<Vec<Box<RawValue>>> {
        let sent = self.http.send(cx, Request::put(of.update, path).path("id", id).json(rows)).await;
        let answer = sent.map_err(|error| missing_reference(of.update, error))?;
        // they are written, whatever the answer looks like
        Ok(answer.json::<Envelope>().map(|page| page.data).unwrap_or_default())
    }
    /// Deletes a record.
    pub(crate) async fn remove(&self, cx: &Context, of: &Resource, id: &str) -> Result<()> {
        let sent = self.http.send(cx, Request::delete(of.remove, of.one).path("id", id)).await;
        sent.map(|_| ()).map_err(gone)
    }
    /// A step on a record: `path` has `{id}`.
    pub(crate) async fn step(
        &self,
        cx: &Context,
        operation: &'static str,
        path: &'static str,
        id: &str,
        query: &[(&'static str, bool)],
        body: Option<&Wire>,
    ) -> Result<Response> {
        self.stepped(cx, Request::post(operation, path).path("id", id), query, body).await
    }
    /// The same for a step that the vendor wants as a replace, without a body.
    pub(crate) async fn put_step(
        &self,
        cx: &Context,
        operation: &'static str,
        path: &'static str,
        id: &str,
    ) -> Result<Response> {
        self.stepped(cx, Request::put(operation, path).path("id", id), &[], None).await
    }
    async fn stepped(
        &self,
        cx: &Context,
        mut request: Request,
        query: &[(&'static str, bool)],
        body: Option<&Wire>,
    ) -> Result<Response> {
        for (name, value) in query {
            request = request.query(*name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.http.send(cx, request).await.map_err(gone)
    }
}

/// What a write's answer shows: the whole record as it is stored, or nothing.
pub(crate) fn shown(answer: &Response, id: Option<&str>) -> Answer {
    match serde_json::from_slice::<Box<RawValue>>(answer.bytes()) {
        Ok(row) if row.get().starts_with('{') => Answer::row(row),
        _ => id.map_or_else(Answer::done, Answer::id),
    }
}

/// Code 3000 in a create: something that the body refers to is not there.
fn missing_reference(operation: &'static str, error: Error) -> Error {
    if errors::code(&error) != Some(3000) {
        return explained(error);
    }
    let line = format!("{operation}: something that the record refers to is not in eEkonomi; see the vendor's words");
    again(&error, ErrorKind::Invalid, line)
}

/// Code 3000 in a call about one record: the record is not there.
fn gone(error: Error) -> Error {
    if errors::code(&error) == Some(3000) {
        return again(&error, ErrorKind::NotFound, "the record is not in eEkonomi any more");
    }
    explained(error)
}

/// A query that was taken when the connection was made and is not any more: nothing can be read, and no record is to blame.
fn listing_error(error: Error) -> Error {
    match errors::code(&error) {
        Some(6000 | 6001) => {
            let line =
                "eEkonomi does not take this filter any more; connect anew, so that it is found out what it takes";
            again(&error, ErrorKind::Protocol, line)
        }
        _ => explained(error),
    }
}

fn strange(operation: &'static str) -> Error {
    Error::new(ErrorKind::Internal, operation, "a place in a list that is counted otherwise than in pages; report this")
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Meta")]
    meta: Meta,
    #[serde(rename = "Data")]
    data: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    total_number_of_pages: u64,
}

/// A place in a listing: the filter goes with it, since the next page is another call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    since: Option<Since>,
    position: Option<Json>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Since {
    Modified(DateTime<Utc>),
    Created(DateTime<Utc>),
}

impl Place {
    fn of(of: &Resource, from: &ListFrom) -> Result<Self> {
        Ok(match from {
            ListFrom::Beginning => Self { since: None, position: None },
            ListFrom::ModifiedSince(at) => Self { since: Some(Since::Modified(*at)), position: None },
            ListFrom::CreatedSince(at) => Self { since: Some(Since::Created(*at)), position: None },
            ListFrom::Page(cursor) => Self::deserialize(&cursor.0).map_err(|error| {
                let what = "the stored place in the list cannot be read; start the listing from the beginning";
                Error::new(ErrorKind::Protocol, of.list, what).with_detail(error.to_string())
            })?,
        })
    }
}

impl Since {
    fn filter(self, of: &Resource) -> Result<String> {
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let unsupported = |what: &str| {
            Err(Error::new(ErrorKind::Unsupported, of.list, format!("'{}' {what}; list all of it", of.name)))
        };
        match (self, of.modified, of.created) {
            (Self::Modified(at), Some(modified), created) => Ok(changed(modified, created, &stamp(at))),
            (Self::Created(at), _, Some(created)) => Ok(format!("{created} ge {}", stamp(at))),
            (Self::Modified(_), None, _) => unsupported("does not tell what changed"),
            (Self::Created(_), _, None) => unsupported("does not tell when it was created"),
        }
    }
}

/// Records that were never changed may have no moment of change, only that of their creation.
fn changed(modified: &str, created: Option<&str>, at: &str) -> String {
    match created {
        Some(created) => format!("{modified} ge {at} or {created} ge {at}"),
        None => format!("{modified} ge {at}"),
    }
}

/// The filter with which a listing of changes asks: for the trial at connecting.
pub(crate) fn trial_of_changes(of: &Resource, at: DateTime<Utc>) -> Option<String> {
    let since = if of.modified.is_some() { Since::Modified(at) } else { Since::Created(at) };
    since.filter(of).ok()
}

/// `name eq 'value'`, the value quoted.
pub(crate) fn equals(name: &str, value: &str) -> String {
    format!("{name} eq '{}'", value.replace('\'', "''"))
}
