//! A vendor in memory: articles that carry price and stock, orders that become invoices, prices in batches.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Clock, Context, Error, ErrorKind, FieldMap, FieldPath, Result,
    capability::RemoveMode,
    connector::{Action, Connector, ConnectorInfo, Item, Part, Record, Tenant, Write},
    handler::{RawPage, Router, Session},
};

pub(crate) mod articles;
pub(crate) mod orders;

/// What the vendor holds, and every request that reached it.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) rows: BTreeMap<(&'static str, String), String>,
    pub(crate) requests: Vec<String>,
    /// Requests that start so fail.
    pub(crate) failing: Option<(&'static str, ErrorKind)>,
    /// What an answer to a write shows.
    pub(crate) answers: Answers,
    /// Articles need not be read back.
    pub(crate) keeps_as_sent: bool,
    /// The page that every listing answers, if one is set.
    pub(crate) page: Option<(Vec<String>, Option<Json>)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Answers {
    #[default]
    Row,
    Id,
    Nothing,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Vendor(Arc<Mutex<State>>);

impl Vendor {
    pub(crate) fn set<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }
    pub(crate) fn seed(&self, stream: &'static str, id: &str, row: impl Into<String>) {
        self.set(|state| state.rows.insert((stream, id.to_owned()), row.into()));
    }
    pub(crate) fn row(&self, stream: &'static str, id: &str) -> Json {
        self.set(|state| serde_json::from_str(&state.rows[&(stream, id.to_owned())]).unwrap())
    }
    /// What was asked since the last look.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.set(|state| std::mem::take(&mut state.requests))
    }
    fn ask(&self, request: String) -> Result<()> {
        self.set(|state| {
            let fault = state.failing.filter(|(start, _)| request.starts_with(start));
            state.requests.push(request);
            fault.map_or(Ok(()), |(_, kind)| Err(Error::new(kind, "vendor", "as told")))
        })
    }
    fn page(&self, stream: &'static str) -> RawPage {
        self.set(|state| {
            let all = || state.rows.iter().filter(|((of, _), _)| *of == stream).map(|(_, row)| row.clone()).collect();
            let (rows, next): (Vec<String>, _) = state.page.clone().unwrap_or_else(|| (all(), None));
            let rows = rows.into_iter().map(|row| RawValue::from_string(row).unwrap()).collect();
            match next {
                Some(next) => RawPage::more(rows, next),
                None => RawPage::last(rows),
            }
        })
    }
    /// In another order than they were asked for.
    fn some(&self, stream: &'static str, ids: &[Arc<str>]) -> Vec<Box<RawValue>> {
        self.set(|state| {
            let row = |id: &Arc<str>| state.rows.get(&(stream, id.to_string())).cloned();
            ids.iter().rev().filter_map(row).map(|row| RawValue::from_string(row).unwrap()).collect()
        })
    }
}

#[derive(Debug)]
struct Login {
    info: ConnectorInfo,
    vendor: Vendor,
}
impl Session for Login {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    async fn check(&self, _: &Context) -> Result<Tenant> {
        self.vendor.ask("check".to_owned())?;
        Ok(Tenant { id: "5".to_owned(), name: "Nordic".to_owned(), base_currency: None })
    }
}

/// A tenant and the vendor behind it.
pub(crate) fn connect() -> (Vendor, Router) {
    let vendor = Vendor::default();
    let login = Login { info: ConnectorInfo::new("toy", "toy:a".into(), "1"), vendor: vendor.clone() };
    let router = Router::new(login)
        .with(articles::Articles(vendor.clone()))
        .and_then(|router| router.with(articles::Prices(vendor.clone())))
        .and_then(|router| router.with(orders::Orders(vendor.clone())))
        .and_then(|router| router.with(orders::Invoices(vendor.clone())))
        .unwrap();
    (vendor, router)
}

/// Every call advances it by a second.
#[derive(Debug)]
pub(crate) struct Ticks(Mutex<DateTime<Utc>>);
impl Clock for Ticks {
    fn now(&self) -> DateTime<Utc> {
        let mut now = self.0.lock().unwrap();
        *now += TimeDelta::seconds(1);
        *now
    }
}

pub(crate) fn cx() -> Context {
    Context::new(Arc::new(Ticks(Mutex::new(DateTime::UNIX_EPOCH))), "run-1")
}

/// Nothing in memory ever waits.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("nothing waits")
}

pub(crate) fn ids(ids: &[&str]) -> Vec<Arc<str>> {
    ids.iter().map(|id| Arc::from(*id)).collect()
}

pub(crate) fn part(stream: &str, wanted: FieldMap, changed: &[&str]) -> Part {
    Part { stream: stream.into(), wanted, changed: changed.iter().map(|path| FieldPath::new(path)).collect() }
}

pub(crate) fn write(stream: &str, action: Action) -> Write {
    Write {
        stream: stream.into(),
        action,
        idempotency_key: "key-1".to_owned(),
        mark: None,
        effects: Default::default(),
        current: None,
    }
}

pub(crate) fn create(stream: &str, parts: Vec<Part>) -> Write {
    write(stream, Action::Create { parts })
}

pub(crate) fn update(stream: &str, id: &str, parts: Vec<Part>) -> Write {
    write(stream, Action::Update { id: Arc::from(id), parts, if_version: None })
}

pub(crate) fn remove(stream: &str, id: &str) -> Write {
    write(stream, Action::Remove { id: Arc::from(id), mode: RemoveMode::Delete })
}

pub(crate) fn get(of: &dyn Connector, stream: &str, id: &str) -> Item {
    now(of.get(&cx(), &stream.into(), &ids(&[id]))).unwrap().remove(0).unwrap()
}

pub(crate) fn only(records: Vec<Record>) -> Record {
    let [record] = <[Record; 1]>::try_from(records).unwrap();
    record
}
