//! What checks have in their hands: calls that say what they expect.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use sync_core::{
    Context, Error, ErrorKind, FieldMap, FieldPath, StreamId,
    capability::StreamCapability,
    connector::{Action, Connector, Cursor, Item, ListFrom, ListQuery, Page, Part, Record, Write, Written},
};

use super::{
    fixture::{ConnectorFixture, Sample, Sent, Trouble, TroubleKind},
    report::{Finding, Outcome, Wrong},
};

/// A host stream with the streams in its records.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) id: StreamId,
    pub(super) can: StreamCapability,
    pub(super) facets: Vec<(StreamId, StreamCapability)>,
}

impl Stream {
    /// The host itself and its facets.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&StreamId, &StreamCapability)> {
        std::iter::once((&self.id, &self.can)).chain(self.facets.iter().map(|(id, can)| (id, can)))
    }
    /// What a stream among them can do.
    pub(super) fn part(&self, stream: &StreamId) -> Option<&StreamCapability> {
        self.parts().find(|(id, _)| *id == stream).map(|(_, can)| can)
    }
}

/// One check at work.
pub(super) struct Bench {
    pub(super) fixture: Arc<dyn ConnectorFixture>,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) cx: Context,
    findings: Mutex<Vec<Finding>>,
    made: Mutex<Vec<Item>>,
    next: Mutex<usize>,
}

impl Bench {
    pub(super) fn new(fixture: Arc<dyn ConnectorFixture>, connector: Arc<dyn Connector>) -> Self {
        let cx = fixture.context();
        let (findings, made, next) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { fixture, connector, cx, findings, made, next }
    }
    pub(super) fn streams(&self) -> Vec<Stream> {
        let all = &self.connector.capabilities().streams;
        let facets = |host: &StreamId| -> Vec<(StreamId, StreamCapability)> {
            let own = all.iter().filter(|(_, can)| can.facet_of.as_ref() == Some(host));
            own.map(|(id, can)| (id.clone(), can.clone())).collect()
        };
        let hosts = all.iter().filter(|(_, can)| can.facet_of.is_none());
        hosts.map(|(id, can)| Stream { id: id.clone(), can: can.clone(), facets: facets(id) }).collect()
    }
    /// Notes what is wrong and lets the check go on.
    pub(super) fn note(&self, at: impl Into<String>, what: impl Into<String>) {
        let finding = Finding { at: at.into(), what: what.into() };
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
    }
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// What was made and is to be taken away again.
    pub(super) async fn tidy(&self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for item in made.iter().rev() {
            self.fixture.done_with(item).await;
        }
    }

    /// The requests that a call made, signing in left out; none where nobody counts.
    pub(super) async fn counted<T>(&self, call: impl Future<Output = T>) -> (T, Option<Vec<Sent>>) {
        let before = self.fixture.requests().map(|all| all.len());
        let answer = call.await;
        let after = self.fixture.requests();
        let new = before
            .zip(after)
            .map(|(before, after)| after.into_iter().skip(before).filter(|sent| !sent.signs_in).collect::<Vec<_>>());
        (answer, new)
    }
    /// A call that must not reach the vendor.
    pub(super) async fn silent<T>(&self, what: &str, call: impl Future<Output = T>) -> Result<T, Wrong> {
        let (answer, sent) = self.counted(call).await;
        match sent.as_deref() {
            Some([first, ..]) => Err(Wrong(format!("{what} reached the vendor: {}", first.line))),
            _ => Ok(answer),
        }
    }
    /// Orders trouble, or ends the check.
    pub(super) fn trouble(&self, kind: TroubleKind, on_writes: bool, carried_out: bool, times: u32) -> Outcome {
        match self.fixture.order(Trouble { kind, on_writes, carried_out, times }) {
            true => Ok(()),
            false => Err(Wrong(format!("the fixture cannot make this trouble: {kind:?}"))),
        }
    }

    pub(super) async fn page(&self, stream: &StreamId, from: ListFrom, page_size: Option<u32>) -> Result<Page, Error> {
        self.connector.list(&self.cx, &ListQuery { stream: stream.clone(), from, page_size }).await
    }
    /// All pages; a listing that does not end is wrong.
    pub(super) async fn pages(
        &self,
        stream: &StreamId,
        mut from: ListFrom,
        size: Option<u32>,
    ) -> Result<Vec<Vec<Item>>, Wrong> {
        let (mut pages, mut met): (Vec<Vec<Item>>, Vec<Cursor>) = (Vec::new(), Vec::new());
        loop {
            let page = self.page(stream, from, size).await?;
            if let Some(rejected) = page.rejected.first() {
                return Err(Wrong(format!("a row was rejected: {rejected}")));
            }
            pages.push(page.items);
            let Some(next) = page.next else { return Ok(pages) };
            if met.contains(&next) || pages.len() > 10_000 {
                return Err(Wrong(format!("the listing does not end: page {} leads back", pages.len())));
            }
            met.push(next.clone());
            // as a store keeps it between two runs
            let kept = serde_json::to_string(&next).map_err(Wrong::new)?;
            from = ListFrom::Page(serde_json::from_str(&kept).map_err(Wrong::new)?);
        }
    }
    pub(super) async fn list(&self, stream: &StreamId, from: ListFrom) -> Result<Vec<Item>, Wrong> {
        Ok(self.pages(stream, from, None).await?.into_iter().flatten().collect())
    }
    /// Whether a listing names the record.
    pub(super) async fn lists(&self, stream: &StreamId, from: ListFrom, id: &str) -> Result<bool, Wrong> {
        Ok(self.list(stream, from).await?.iter().any(|item| *item.reference.id == *id))
    }
    pub(super) async fn get(&self, stream: &StreamId, id: &str) -> Result<Option<Item>, Wrong> {
        let found = self.connector.get(&self.cx, stream, &[Arc::from(id)]).await?;
        match <[Option<Item>; 1]>::try_from(found) {
            Ok([item]) => Ok(item),
            Err(other) => Err(Wrong(format!("one record was asked for and {} came", other.len()))),
        }
    }
    /// The record, by id or, where that cannot be had, out of a listing.
    pub(super) async fn look(&self, stream: &Stream, id: &str) -> Result<Item, Wrong> {
        let found = match stream.can.get_max {
            0 => self.list(&stream.id, ListFrom::Beginning).await?.into_iter().find(|item| *item.reference.id == *id),
            _ => self.get(&stream.id, id).await?,
        };
        found.ok_or_else(|| Wrong(format!("{id} is not there")))
    }
    pub(super) fn decode(&self, item: &Item) -> Result<Vec<Record>, Wrong> {
        Ok(self.connector.decode(item)?)
    }
    /// What the record shows in one of its streams.
    pub(super) fn shown(&self, item: &Item, stream: &StreamId) -> Result<FieldMap, Wrong> {
        let found = self.decode(item)?.into_iter().find(|record| record.reference.at.stream == *stream);
        Ok(found.map(|record| record.fields).unwrap_or_default())
    }
    pub(super) fn host(&self, item: &Item) -> Result<Record, Wrong> {
        let stream = &item.reference.at.stream;
        let found = self.decode(item)?.into_iter().find(|record| record.reference.at.stream == *stream);
        found.ok_or_else(|| Wrong(format!("{} does not show itself", item.reference)))
    }

    /// Records to try things with: the vendor's users', else made here.
    pub(super) async fn seed(&self, stream: &Stream, count: usize) -> Result<Vec<Arc<str>>, Wrong> {
        if let Some(ids) = self.fixture.seed(&stream.id, count).await {
            return Ok(ids);
        }
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            ids.push(self.make(stream).await?.0.reference.id);
        }
        Ok(ids)
    }
    pub(super) async fn seed_one(&self, stream: &Stream) -> Result<Arc<str>, Wrong> {
        self.seed(stream, 1).await?.pop().ok_or_else(|| Wrong::new("the fixture made no record"))
    }
    /// The next sample of the stream.
    pub(super) async fn sample(&self, stream: &Stream) -> Result<Sample, Wrong> {
        let nth = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next += 1;
            *next - 1
        };
        let missing = || Wrong::new("the fixture has no sample of a new record");
        self.fixture.sample(&stream.id, nth).await.ok_or_else(missing)
    }
    /// A new record through the connector, out of the next sample.
    pub(super) async fn make(&self, stream: &Stream) -> Result<(Written, Sample), Wrong> {
        let sample = self.sample(stream).await?;
        Ok((self.write(self.create(&stream.id, &sample)).await?, sample))
    }
    pub(super) fn create(&self, stream: &StreamId, sample: &Sample) -> Write {
        let parts = sample.iter().map(|(stream, fields)| part(stream, fields)).collect();
        self.plain(stream, Action::Create { parts })
    }
    /// A change of these fields, with the record as it is just now where the engine would hand it over.
    pub(super) async fn update(&self, stream: &Stream, id: &str, parts: Vec<Part>) -> Result<Write, Wrong> {
        let current = match stream.can.get_max {
            0 => None,
            _ => self.get(&stream.id, id).await?,
        };
        let whole = |part: Part| -> Result<Part, Wrong> {
            // all that is settled, as the engine hands it over: what the record shows, and the change
            let Some(item) = &current else { return Ok(part) };
            let writes = |path: FieldPath| {
                stream
                    .part(&part.stream)
                    .and_then(|can| can.fields.get(&path))
                    .is_some_and(|field| field.writable(false))
            };
            let mut wanted = self.shown(item, &part.stream)?.filter(writes);
            wanted.overlay(&part.wanted);
            Ok(Part { wanted, ..part })
        };
        let parts = parts.into_iter().map(whole).collect::<Result<Vec<_>, _>>()?;
        let action = Action::Update { id: Arc::from(id), parts, if_version: None };
        Ok(Write { current, ..self.plain(&stream.id, action) })
    }
    pub(super) fn plain(&self, stream: &StreamId, action: Action) -> Write {
        // one key never stands for two writes, not of two checks of one account either
        static WRITES: AtomicU64 = AtomicU64::new(1);
        let nth = WRITES.fetch_add(1, Ordering::Relaxed);
        Write {
            stream: stream.clone(),
            action,
            idempotency_key: format!("suite-{nth}-{}", self.cx.clock.now().timestamp()),
            mark: None,
            effects: BTreeSet::new(),
            current: None,
        }
    }
    pub(super) async fn write(&self, write: Write) -> Result<Written, Error> {
        let mut written = self.write_all(std::slice::from_ref(&write)).await;
        let none = || Err(Error::new(ErrorKind::Internal, "write", "a write was not answered"));
        let extra = written.len() > 1;
        let first = written.drain(..).next().unwrap_or_else(none);
        if extra {
            return Err(Error::new(ErrorKind::Internal, "write", "a write was answered more than once"));
        }
        first
    }
    pub(super) async fn write_all(&self, writes: &[Write]) -> Vec<Result<Written, Error>> {
        let answers = self.connector.write(&self.cx, writes).await;
        for (write, answer) in writes.iter().zip(&answers) {
            if let (Action::Create { .. }, Ok(written)) = (&write.action, answer) {
                self.remember(written);
            }
        }
        answers
    }
    fn remember(&self, written: &Written) {
        let bare = Item {
            reference: written.reference.clone(),
            hash: sync_core::Fingerprint::of_bytes(b""),
            raw: Arc::from("null"),
            partial: false,
        };
        let item = written.item.clone().unwrap_or(bare);
        self.fixture.made(&item);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }
}

/// A share in which everything is to be written.
pub(super) fn part(stream: &StreamId, fields: &FieldMap) -> Part {
    Part { stream: stream.clone(), wanted: fields.clone(), changed: fields.paths().collect() }
}
