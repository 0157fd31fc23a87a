//! Working out the call of an operation, or why it cannot be made.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    call::{self, Blocked},
    diff::name_of,
    subject::Sight,
    work::{Tally, Work},
};
use crate::{
    error::Result,
    fault::{self, Fault},
    id::{CanonicalId, StreamKey},
    plan::{Doing, Op},
    store::{Binding, Commit, EffectKey, Event, Held, HeldWhy, Intent},
    value::{FieldPath, Link},
};

/// One operation on its way.
pub(super) struct Flight {
    pub(super) op: Op,
    pub(super) intent: Intent,
    /// What the look before it showed.
    pub(super) looked: Vec<Sight>,
    /// What it came to on the wire.
    pub(super) calls: Arc<[String]>,
}

impl Flight {
    pub(super) fn new(op: Op, intent: Intent) -> Self {
        Self { op, intent, looked: Vec::new(), calls: Arc::from([]) }
    }
}

impl Work<'_> {
    /// An operation with its call worked out; `None` if it cannot go now.
    pub(super) async fn prepare(
        &self,
        tally: &mut Tally,
        mut op: Op,
        bindings: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<Option<Flight>> {
        if tally.is_stopped(&op.host) {
            return Ok(None);
        }
        let connector = self.engine.connector(&op.host.system)?;
        let host = connector.capabilities().streams.get(&op.host.stream);
        let keyed = host.is_some_and(|cap| cap.create_with_idempotency_key);
        if let Some(first) = self.creates.iter().find(|first| keyed && first.key == op.key) {
            // under its key the system answers with what the first try made: it is sent as it was, and what was decided
            // since goes on lagging; looks from before say nothing of this try
            op.shares.clone_from(&first.shares);
            let intent = Intent { at: self.now(), looks: Vec::new(), ..first.clone() };
            return Ok(Some(Flight::new(op, intent)));
        }
        let call::Sendable { action, shares, missing } =
            match call::action(&op, &self.tables, bindings, connector.capabilities()) {
                Ok(sendable) => sendable,
                Err((subject, blocked)) => {
                    self.blocked(tally, &op.host, (subject, None), blocked, bindings).await?;
                    return Ok(None);
                }
            };
        for (subject, unit, link) in missing {
            self.blocked(tally, &op.host, (subject, Some(unit)), Blocked::MissingLink(link), bindings).await?;
        }
        op.shares = shares;
        if op.shares.iter().all(|share| share.units.is_empty())
            && !matches!(op.doing, Doing::Remove { .. } | Doing::Act { .. } | Doing::Create)
        {
            return Ok(None);
        }
        let marks = connector.capabilities().streams.get(&op.host.stream).is_some_and(|cap| cap.create_mark.is_some());
        let mut intent =
            Intent::new(op.key.clone(), &self.group.lease, self.now(), op.host.clone(), action, op.shares.clone());
        if marks && matches!(op.doing, Doing::Create | Doing::Act { .. }) {
            let share = op.shares.iter().find(|share| share.at == op.host);
            let binding = share.and_then(|share| bindings.get(&share.subject));
            let entity = self.entities_of(&op.host).into_iter().find(|entity| entity.name == op.entity);
            intent.mark =
                binding.zip(entity).and_then(|(binding, entity)| crate::document::mark::mark(entity, binding));
        }
        intent.effects = self.unused(&op).await?;
        Ok(Some(Flight::new(op, intent)))
    }
    /// The side effects that were never asked for: each happens at most once, ever.
    pub(super) async fn unused(&self, op: &Op) -> Result<BTreeSet<EffectKey>> {
        if op.effects.is_empty() || fault::on(Fault::EffectKeyNotStored) {
            return Ok(op.effects.clone());
        }
        let keys: Vec<EffectKey> = op.effects.iter().cloned().collect();
        let used: BTreeSet<EffectKey> = self.store.effects_used(&keys).await?.into_iter().collect();
        Ok(op.effects.difference(&used).cloned().collect())
    }
    /// What cannot go now is held with its reason, or noted where a hook left it out.
    pub(super) async fn blocked(
        &self,
        tally: &mut Tally,
        at: &StreamKey,
        (subject, unit): (CanonicalId, Option<FieldPath>),
        blocked: Blocked,
        bindings: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<()> {
        let Some(binding) = bindings.get(&subject) else { return Ok(()) };
        let name = name_of(binding);
        let (why, text, cure) = match blocked {
            Blocked::MissingLink(missing) => {
                let other = match missing {
                    Link::Canonical(id) => bindings.get(&id).map_or_else(|| id.to_string(), name_of),
                    Link::External(reference) => reference.to_string(),
                };
                let cure = "see why that one is not there: out of scope, held, or not yet made";
                (HeldWhy::MissingLink, format!("{name} points to {other}, which is not at {}", at.system), cure)
            }
            Blocked::Hold(why) => (HeldWhy::Hook, format!("{name} is not written to {at}: {why}"), "do what it says"),
            Blocked::Failed(why) => {
                (HeldWhy::Hook, format!("{name} is not written to {at}: {why}"), "correct the hook")
            }
            Blocked::Skip(why) => {
                let skipped = self.journal(binding.id, Event::Skipped { at: at.clone(), why });
                let _ = self.store.commit(&self.lease, Commit { journal: vec![skipped], ..Commit::default() }).await?;
                return Ok(());
            }
        };
        let mut held = Held::new(binding.id, binding.entity.clone(), why, text, cure, self.as_of);
        held.numbers = binding.numbers.clone();
        held.unit = unit;
        let all = tally.held.entry(binding.id).or_default();
        all.push(held);
        let commit = Commit { held: vec![(binding.id, all.clone())], ..Commit::default() };
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }
}
