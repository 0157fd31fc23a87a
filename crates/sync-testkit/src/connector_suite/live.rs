//! A real account: what the suite makes there is marked, and that alone is taken away again.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use sync_core::{
    Context, FieldPath, StreamId, Value,
    capability::RemoveMode,
    connector::{Action, Connector, Item, Write},
};

use super::fixture::{ConnectorFixture, Sample, Sent};

/// What new records on a real account are made of: a stream's sample, given the prefix of this run and a number. The
/// prefix goes where a person sees it: into the name or the number.
pub type LiveSamples = Arc<dyn Fn(&StreamId, &str, usize) -> Option<Sample> + Send + Sync>;
/// A value to try in a field, as [`ConnectorFixture::value`].
pub type LiveValues = Arc<dyn Fn(&StreamId, FieldPath, usize) -> Option<Value> + Send + Sync>;

/// A record of ours: its stream and its id.
type Made = (StreamId, Arc<str>);

/// The suite on a real account, through nothing but the connector.
///
/// It orders no trouble, moves no clock and counts no requests; checks that need these are left out, and so is whatever
/// the samples have nothing for. It writes to no record but those that it made, removes these when a check has done with
/// them, and nothing else ever: what cannot be removed stays, with the run's prefix in it.
#[derive(Clone)]
pub struct Live {
    connector: Arc<dyn Connector>,
    cx: Context,
    prefix: String,
    samples: LiveSamples,
    values: LiveValues,
    volatile: Vec<&'static str>,
    nth: Arc<AtomicUsize>,
    made: Arc<Mutex<BTreeSet<Made>>>,
}

impl Live {
    /// An account, with the prefix of this run (`samklang-7f3a`) and what may be made there.
    pub fn new(connector: Arc<dyn Connector>, cx: Context, prefix: impl Into<String>, samples: LiveSamples) -> Self {
        let values: LiveValues = Arc::new(|_, _, _| None);
        let (nth, made) = (Arc::default(), Arc::default());
        Self { connector, cx, prefix: prefix.into(), samples, values, volatile: Vec::new(), nth, made }
    }
    /// The same with values for fields whose type does not suggest them: codes, links.
    #[must_use]
    pub fn with_values(self, values: LiveValues) -> Self {
        Self { values, ..self }
    }
    /// The same with keys of wire records that every write changes: stamps, revisions.
    #[must_use]
    pub fn with_volatile(self, keys: impl IntoIterator<Item = &'static str>) -> Self {
        Self { volatile: keys.into_iter().collect(), ..self }
    }
    fn write(&self, stream: &StreamId, action: Action) -> Write {
        let nth = self.nth.fetch_add(1, Ordering::Relaxed);
        Write {
            stream: stream.clone(),
            action,
            idempotency_key: format!("{}-{nth}", self.prefix),
            mark: None,
            effects: BTreeSet::new(),
            current: None,
        }
    }
    fn is_ours(&self, stream: &StreamId, id: &str) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.contains(&(stream.clone(), Arc::from(id)))
    }
    async fn take_away(&self, stream: &StreamId, id: &Arc<str>) -> bool {
        let can = self.connector.capabilities().streams.get(stream);
        let mode = can.and_then(|can| can.remove.iter().next_back().copied());
        let Some(mode) = mode else { return false };
        let write = self.write(stream, Action::Remove { id: id.clone(), mode });
        let done = self.connector.write(&self.cx, &[write]).await.iter().all(Result::is_ok);
        done && mode == RemoveMode::Delete
    }
}

#[async_trait]
impl ConnectorFixture for Live {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connector.clone()
    }
    fn context(&self) -> Context {
        self.cx.clone()
    }
    fn is_live(&self) -> bool {
        true
    }
    async fn sample(&self, stream: &StreamId, _: usize) -> Option<Sample> {
        (self.samples)(stream, &self.prefix, self.nth.fetch_add(1, Ordering::Relaxed))
    }
    fn value(&self, stream: &StreamId, path: FieldPath, nth: usize) -> Option<Value> {
        (self.values)(stream, path, nth)
    }
    fn requests(&self) -> Option<Vec<Sent>> {
        None
    }
    fn volatile(&self, _: &StreamId) -> &[&str] {
        &self.volatile
    }
    fn made(&self, item: &Item) {
        let reference = (item.reference.at.stream.clone(), item.reference.id.clone());
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(reference);
    }
    async fn remove_behind(&self, stream: &StreamId, id: &str) -> bool {
        self.is_ours(stream, id) && self.take_away(stream, &Arc::from(id)).await
    }
    async fn done_with(&self, item: &Item) {
        let stream = &item.reference.at.stream;
        if self.is_ours(stream, &item.reference.id) {
            self.take_away(stream, &item.reference.id).await;
        }
    }
}
