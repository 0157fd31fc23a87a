//! Small records to try a store with.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sync_core::{
    CanonicalId, EntityKind, EntityName, Error, ErrorKind, ExternalRef, FieldMap, FieldPath, Result, StreamKey,
    connector::{Action, Part},
    store::{
        Binding, BoundSide, Commit, Committed, EffectKey, Event, Held, HeldWhy, Inbox, InboxEntry, Intent, Journal,
        Lease, MatchKey, Parked, Share, StateStore, Waiting,
    },
};
use uuid::Uuid;

pub(super) const NAME: FieldPath = FieldPath::from_static("name");
pub(super) const TTL: Duration = Duration::from_secs(60);

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}
pub(super) fn id(n: u64) -> CanonicalId {
    CanonicalId::from_uuid(Uuid::from_u64_pair(n, n))
}
pub(super) fn shop() -> StreamKey {
    StreamKey::new("shop:se", "customers")
}
pub(super) fn erp() -> StreamKey {
    StreamKey::new("erp:main", "customer")
}
pub(super) fn buyers() -> EntityName {
    "buyers".into()
}
pub(super) fn named(name: &str) -> FieldMap {
    FieldMap::new().with(NAME, name)
}
pub(super) fn binding(n: u64) -> Binding {
    Binding::new(id(n), buyers(), EntityKind::Organisation, "shop:se".into())
}
/// The same binding with a side that is there.
pub(super) fn with_side(mut binding: Binding, reference: &ExternalRef) -> Binding {
    let mut side = side();
    (side.id, side.shadow) = (Some(reference.id.clone()), named("Anna Ek"));
    binding.sides.insert(reference.at.clone(), side);
    binding
}
pub(super) fn side() -> BoundSide {
    BoundSide::default()
}
pub(super) fn key(text: &str) -> MatchKey {
    MatchKey { entity: buyers(), rule: "email".to_owned(), key: text.to_owned() }
}
pub(super) fn effect(subject: u64, trigger: &str) -> EffectKey {
    EffectKey { subject: id(subject), effect: "notify_buyer".to_owned(), trigger: trigger.to_owned() }
}
pub(super) fn intent(key: &str, seconds: i64, subject: u64) -> Intent {
    let part = Part { stream: erp().stream, wanted: named("Anna Ek"), changed: [NAME].into() };
    let action = Action::Update { id: Arc::from("7"), parts: vec![part], if_version: None };
    let share = Share {
        subject: id(subject),
        at: erp(),
        units: [NAME].into(),
        ours: named("Anna Ek"),
        instead: FieldMap::new(),
    };
    Intent::new(key.to_owned(), "registers", at(seconds), erp(), action, vec![share])
}
pub(super) fn held(n: u64, text: &str) -> Held {
    Held::new(id(n), buyers(), HeldWhy::Ambiguous, text.to_owned(), "choose one", at(0))
}
pub(super) fn parked(key: &str, text: &str) -> Parked {
    Parked::new(key.to_owned(), &Error::new(ErrorKind::Invalid, "update customer", text).with_vendor("17", "too long"))
}
pub(super) fn waiting(reference: &ExternalRef, on: &[&str]) -> Waiting {
    let on = on.iter().map(|on| (*on).to_owned()).collect();
    Waiting { reference: reference.clone(), on, reason: "its buyer is not there yet".to_owned() }
}
pub(super) fn journal(n: u64, seconds: i64, unit: &str) -> Journal {
    let event = Event::Settled {
        unit: unit.into(),
        old: named("Anna Ek"),
        new: named("Anna Berg"),
        from: "shop:se".into(),
        overridden: vec![("erp:main".into(), named("A Ek"))],
        because: "the shop is master".to_owned(),
    };
    Journal { at: at(seconds), run: "run 1".to_owned(), subject: id(n), event }
}
pub(super) fn entry(seconds: i64, what: Inbox) -> InboxEntry {
    InboxEntry { at: at(seconds), by: "kim".to_owned(), what }
}

/// The lease of a test.
pub(super) async fn lease(store: &dyn StateStore) -> Result<Lease> {
    given(store.acquire("registers", at(0), TTL).await?)
}
/// A lease that has to be free.
pub(super) fn given(lease: Option<Lease>) -> Result<Lease> {
    lease.ok_or_else(|| Error::new(ErrorKind::Internal, "store suite", "a lease that is free was not given"))
}
/// A commit that is expected to be kept.
pub(super) async fn keep(store: &dyn StateStore, lease: &Lease, commit: Commit) -> Result<()> {
    assert_eq!(store.commit(lease, commit).await?, Committed::Done);
    Ok(())
}
/// A commit of bindings that is expected to be kept.
pub(super) async fn bind(store: &dyn StateStore, lease: &Lease, bindings: Vec<Binding>) -> Result<()> {
    keep(store, lease, Commit { bindings, ..Commit::default() }).await
}
