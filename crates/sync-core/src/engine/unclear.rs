//! What runs do about intents without an outcome.

use std::collections::BTreeSet;

use super::{
    planning::Locks,
    recover::{self, Found},
    subject::Sight,
    told::Told,
    work::{Tally, Work},
};
use crate::{
    connector::Action,
    error::Result,
    fault::{self, Fault},
    id::{CanonicalId, StreamKey},
    store::{Commit, Event, Held, HeldWhy, Intent, Share},
};

impl Work<'_> {
    pub(super) async fn recover(&mut self, tally: &mut Tally, told: &Told) -> Result<()> {
        let mut shown = Vec::new();
        for intent in self.store.intents(&self.group.lease).await? {
            if tally.is_stopped(&intent.host) {
                tally.report.unclear += 1;
                continue;
            }
            let connector = match self.engine.connector(&intent.host.system) {
                Ok(connector) => connector.clone(),
                Err(error) => {
                    tally.stop(&intent.host, error);
                    continue;
                }
            };
            if self.settled_by_matching(&intent).await? {
                self.finish(&intent).await?;
                continue;
            }
            let found = match recover::look(self, connector.as_ref(), &intent).await {
                Ok((found, beside)) => {
                    shown.extend(beside);
                    found
                }
                Err(error) => {
                    tally.report.unclear += 1;
                    tally.stop(&intent.host, error);
                    continue;
                }
            };
            let denied = |share: &Share| {
                let to_be_made = told.of.get(&share.subject).is_some_and(|words| words.creates.contains(&share.at));
                to_be_made && intent.action.id().is_none()
            };
            let found = match found {
                Found::Several(_) | Found::Blind if intent.shares.iter().any(denied) => Found::NotMade,
                found => found,
            };
            shown.extend(self.found(tally, intent, found).await?);
        }
        self.set_aside(shown).await
    }
    /// A create, or a step that moves its record, whose outcome was met and recognised in the meantime.
    pub(super) async fn settled_by_matching(&self, intent: &Intent) -> Result<bool> {
        let ids: BTreeSet<CanonicalId> = intent.shares.iter().map(|share| share.subject).collect();
        let made = match &intent.action {
            Action::Create { .. } => None,
            Action::Act { act, .. } => match self.moves_to(&intent.host, act) {
                Some(there) => Some(there),
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        let bindings = self.load(&ids).await?;
        Ok(intent.shares.iter().any(|share| {
            let binding = bindings.get(&share.subject);
            match &made {
                None => binding.and_then(|b| b.sides.get(&share.at)).is_none_or(|side| side.id.is_some()),
                Some(there) => binding.and_then(|b| b.live_side(there)).is_some_and(|side| side.id.is_some()),
            }
        }))
    }
    /// The stream that a step brings its record to, if it is another.
    pub(super) fn moves_to(&self, host: &StreamKey, act: &str) -> Option<StreamKey> {
        let document = self.table(host)?.document.as_ref()?;
        let step = document.cap.steps.iter().find(|step| step.act == act)?;
        Some(StreamKey { system: host.system.clone(), stream: step.moves_to.clone()? })
    }
    /// Takes in what was found out; gives back what was shown beside it.
    pub(super) async fn found(&mut self, tally: &mut Tally, mut intent: Intent, found: Found) -> Result<Vec<Sight>> {
        match found {
            Found::Made { reference, sights } => return self.recovered(tally, &intent, reference, sights).await,
            Found::NotMade => self.not_made(&intent).await?,
            Found::SendAgain => {} // the open intent lets the same create through, and goes on claiming its record
            Found::Gone => self.given_up(tally, &intent).await?,
            Found::LookAgain => {
                match intent.under_way {
                    true => tally.report.under_way += 1,
                    false => tally.report.unclear += 1,
                }
                intent.looks.push(self.now());
                let commit = Commit { intents: vec![intent], ..Commit::default() };
                let _ = self.store.commit(&self.lease, commit).await?;
            }
            Found::Several(references) => {
                if intent.mark.is_some() {
                    self.contested.extend(references.iter().cloned());
                }
                let names: Vec<String> = references.iter().map(ToString::to_string).collect();
                let line = format!("may have been made as any of {}", names.join(", "));
                self.hold_intent(tally, &intent, HeldWhy::Ambiguous, &line, "say which one it is").await?;
            }
            Found::Blind => {
                let line = format!("may have been written to {}, and the system gives no way to look", intent.host);
                self.hold_intent(tally, &intent, HeldWhy::Unclear, &line, "look there, and say whether it is there")
                    .await?;
            }
        }
        Ok(Vec::new())
    }
    pub(super) async fn hold_intent(
        &self,
        tally: &mut Tally,
        intent: &Intent,
        why: HeldWhy,
        line: &str,
        cure: &str,
    ) -> Result<()> {
        tally.report.unclear += 1;
        let ids: BTreeSet<CanonicalId> = intent.shares.iter().map(|share| share.subject).collect();
        let mut commit = Commit::default();
        for (id, binding) in self.load(&ids).await? {
            let text = format!("{} {line}", super::diff::name_of(&binding));
            let mut held = Held::new(id, binding.entity.clone(), why, text, cure, intent.at);
            held.numbers = binding.numbers;
            let mut all = self.store.held(Some(&[id])).await?;
            all.retain(|other| other.why != why);
            all.push(held.clone());
            tally.unclear.entry(id).or_default().push(held);
            commit.held.push((id, all));
        }
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }
    /// What was certainly not made may be planned again, side effects included.
    async fn not_made(&self, intent: &Intent) -> Result<()> {
        let released = intent.effects.iter().cloned().collect();
        let commit = Commit { finished: vec![intent.key.clone()], released, ..Commit::default() };
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }

    /// Nobody can say any more whether it was made. Side effects are not risked twice, so a person is told of them.
    async fn given_up(&self, tally: &mut Tally, intent: &Intent) -> Result<()> {
        let mut commit = Commit { finished: vec![intent.key.clone()], ..Commit::default() };
        if !intent.effects.is_empty() {
            let ids: BTreeSet<CanonicalId> = intent.shares.iter().map(|share| share.subject).collect();
            let effects: BTreeSet<&str> = intent.effects.iter().map(|key| key.effect.as_str()).collect();
            let effects = effects.into_iter().collect::<Vec<_>>().join(", ");
            for (id, binding) in self.load(&ids).await? {
                let why = format!("{effects} may have happened at {} or not, and is not asked for again", intent.host);
                let name = super::diff::name_of(&binding);
                tally.report.effects_in_doubt.push(format!("{name}: {why}; look there, and do it by hand if need be"));
                commit.journal.push(self.journal(id, Event::Skipped { at: intent.host.clone(), why }));
            }
        }
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }
    pub(super) async fn finish(&self, intent: &Intent) -> Result<()> {
        let commit = Commit { finished: vec![intent.key.clone()], ..Commit::default() };
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }
    /// A create that makes no second record when it is sent again under its key, and that nobody can look for, or that was
    /// looked for often enough.
    fn sends_again(&self, intent: &Intent) -> bool {
        let connector = self.engine.systems.get(&intent.host.system);
        let cap = connector.and_then(|connector| connector.capabilities().streams.get(&intent.host.stream));
        cap.is_some_and(|cap| {
            cap.create_with_idempotency_key && (!cap.can_look() || recover::enough(cap, intent, self.now()))
        })
    }

    /// Learns which creates may have been made.
    pub(super) async fn open_creates(&mut self) -> Result<()> {
        self.creates = self.store.intents(&self.group.lease).await?;
        self.creates.retain(|intent| intent.action.id().is_none());
        Ok(())
    }

    /// What has an open intent is not touched.
    pub(super) async fn locks(&self) -> Result<Locks> {
        let mut locks = Locks::default();
        if fault::on(Fault::OpenIntentDoesNotLock) {
            return Ok(locks);
        }
        for intent in self.store.intents(&self.group.lease).await? {
            match intent.action.id() {
                Some(id) => {
                    locks.hosts.insert(intent.host.id(id));
                }
                None if self.sends_again(&intent) => {}
                None => locks.creates.extend(intent.shares.iter().map(|share| (share.subject, share.at.clone()))),
            }
        }
        Ok(locks)
    }
}
