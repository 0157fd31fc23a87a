//! C-04: every claim is exercised by at least one check. A witness between the checks and the connector notes what was
//! really done; what the capabilities claim beyond that is a finding.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use sync_core::{
    Context, ExternalRef, FieldMap, Record, Result, StreamId,
    capability::{Capabilities, RemoveMode, UpdateMode},
    connector::{Action, Connector, ConnectorInfo, Item, ListFrom, ListQuery, Page, Tenant, Write, Written},
};

/// Claims by their place: `customers/update.billing.city`.
pub(super) type Claims = BTreeSet<String>;

fn mode(mode: RemoveMode) -> &'static str {
    match mode {
        RemoveMode::Archive => "archive",
        RemoveMode::Delete => "delete",
    }
}

/// All that the capabilities claim.
pub(super) fn claimed(capabilities: &Capabilities) -> Claims {
    let mut all = Claims::new();
    for (id, can) in &capabilities.streams {
        let mut claim = |what: String| _ = all.insert(format!("{id}/{what}"));
        if let Some(list) = &can.list {
            claim("list".to_owned());
            for (holds, what) in
                [(list.since.is_some(), "since"), (list.partial, "partial"), (list.with_deleted, "with_deleted")]
            {
                if holds {
                    claim(what.to_owned());
                }
            }
        }
        for (holds, what) in [
            (can.get_max > 0, "get"),
            (can.create, "create"),
            (can.create_mark.is_some(), "create_mark"),
            (can.update != UpdateMode::None && can.facet_of.is_none(), "update"),
            (can.update_if_version, "update_if_version"),
            (can.write_batch_max > 1, "write_batch_max"),
            (can.stamps, "stamps"),
        ] {
            if holds {
                claim(what.to_owned());
            }
        }
        can.find_by.iter().for_each(|path| claim(format!("find.{path}")));
        can.remove.iter().for_each(|how| claim(format!("remove.{}", mode(*how))));
        can.acts.iter().for_each(|act| claim(format!("act.{act}")));
        can.effects.iter().for_each(|effect| claim(format!("effect.{effect}")));
        // what a facet gives to a new record counts only where its host can be made
        let host = can.facet_of.as_ref().and_then(|host| capabilities.streams.get(host)).unwrap_or(can);
        for (path, field) in can.fields.iter().filter(|(path, _)| !path.as_str().contains(".lines.")) {
            if field.read {
                claim(format!("read.{path}"));
            }
            if field.write_on_create && host.create {
                claim(format!("create.{path}"));
            }
            if field.write_on_update && host.update != UpdateMode::None {
                claim(format!("update.{path}"));
            }
        }
    }
    all
}

/// Between the checks and the connector.
#[derive(Debug)]
pub(super) struct Witness {
    inner: Arc<dyn Connector>,
    seen: Arc<Mutex<Claims>>,
}

impl Witness {
    pub(super) fn new(inner: Arc<dyn Connector>, seen: Arc<Mutex<Claims>>) -> Self {
        Self { inner, seen }
    }
    fn saw(&self, stream: &StreamId, what: impl AsRef<str>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(format!("{stream}/{}", what.as_ref()));
    }
    fn wrote(&self, write: &Write) {
        match &write.action {
            Action::Create { parts } => {
                self.saw(&write.stream, "create");
                for part in parts {
                    part.wanted.paths().for_each(|path| self.saw(&part.stream, format!("create.{path}")));
                }
                if write.mark.is_some() {
                    self.saw(&write.stream, "create_mark");
                }
            }
            Action::Update { parts, if_version, .. } => {
                self.saw(&write.stream, "update");
                for part in parts {
                    part.changed.iter().for_each(|path| self.saw(&part.stream, format!("update.{path}")));
                }
                if if_version.is_some() {
                    self.saw(&write.stream, "update_if_version");
                }
            }
            Action::Act { act, .. } => self.saw(&write.stream, format!("act.{act}")),
            Action::Remove { mode: how, .. } => self.saw(&write.stream, format!("remove.{}", mode(*how))),
            _ => {}
        }
        write.effects.iter().for_each(|effect| self.saw(&write.stream, format!("effect.{effect}")));
    }
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would not be seen")]
#[async_trait]
impl Connector for Witness {
    fn info(&self) -> &ConnectorInfo {
        self.inner.info()
    }
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        self.inner.check(cx).await
    }
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        let page = self.inner.list(cx, query).await?;
        if !page.items.is_empty() {
            self.saw(&query.stream, if matches!(query.from, ListFrom::ModifiedSince(_)) { "since" } else { "list" });
        }
        Ok(page)
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        let found = self.inner.get(cx, stream, ids).await?;
        if found.iter().any(Option::is_some) {
            self.saw(stream, "get");
        }
        Ok(found)
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        let found = self.inner.find(cx, stream, by).await?;
        if !found.is_empty() {
            by.paths().for_each(|path| self.saw(stream, format!("find.{path}")));
        }
        Ok(found)
    }
    async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let answers = self.inner.write(cx, writes).await;
        let done = writes.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        let mut count = 0;
        for (write, _) in done {
            self.wrote(write);
            count += 1;
            if count > 1 {
                self.saw(&write.stream, "write_batch_max");
            }
        }
        answers
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        let records = self.inner.decode(item)?;
        for record in &records {
            let stream = &record.reference.at.stream;
            let holds = self.capabilities().streams.get(stream).map(|can| &can.holds);
            let held = |path| holds.is_some_and(|holds| holds.get(path).is_some());
            let filled = record.fields.iter().filter(|(path, value)| !value.is_null() || held(*path));
            filled.for_each(|(path, _)| self.saw(stream, format!("read.{path}")));
            for (holds, what) in [
                (record.partial, "partial"),
                (record.deleted, "with_deleted"),
                (record.version.modified_at.is_some(), "stamps"),
            ] {
                if holds {
                    self.saw(stream, what);
                }
            }
        }
        Ok(records)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.inner.hints(headers, body)
    }
}
