//! Random calls out of dice: equal dice, equal calls. A proptest over lists of dice shrinks by leaving calls out.

use std::{fmt::Debug, sync::Arc};

use sync_core::{
    CanonicalId, EntityName, ErrorKind, ExternalRef, Fingerprint, Result, StreamKey,
    connector::Tenant,
    store::{
        Approval, Binding, BoundSide, Checkpoint, Commit, EffectKey, EntityState, Inbox, Indexed, Intent, MatchKey,
        SideState, Snapshot, Staged, StateStore, Verdict,
    },
};

use super::samples::{self, TTL, at, effect, entry, held, id, journal, named, parked, waiting};

/// A small world, so that chance meets itself.
const IDS: u64 = 6;

/// Out of one number many, the same each time: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn some<T>(&mut self, most: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    fn id(&mut self) -> CanonicalId {
        id(self.below(IDS))
    }
    fn stream(&mut self) -> StreamKey {
        streams().swap_remove(usize::try_from(self.below(3)).unwrap_or_default())
    }
    fn reference(&mut self) -> ExternalRef {
        let n = self.below(6);
        self.stream().id(n.to_string())
    }
    fn entity(&mut self) -> EntityName {
        if self.one_in(3) { "suppliers".into() } else { "buyers".into() }
    }
    fn seconds(&mut self) -> i64 {
        i64::try_from(self.below(40)).unwrap_or_default()
    }
    fn word(&mut self, of: &str) -> String {
        format!("{of}{}", self.below(4))
    }

    fn binding(&mut self) -> Binding {
        let mut binding = samples::binding(self.below(IDS));
        binding.entity = self.entity();
        binding.agreed = named(&self.word("Anna "));
        for _ in 0..self.below(3) {
            let (at, side) = (self.stream(), self.side());
            binding.sides.insert(at, side);
        }
        if self.one_in(3) {
            binding.aliases.insert(self.reference());
        }
        binding.keys = self
            .some(2, |dice| MatchKey { entity: dice.entity(), ..samples::key(&dice.word("k")) })
            .into_iter()
            .collect();
        binding.numbers = self.some(2, |dice| dice.word("10")).into_iter().collect();
        binding.wake_at = self.one_in(2).then(|| at(self.seconds()));
        binding.ended_at = self.one_in(5).then(|| at(self.seconds()));
        binding
    }
    fn side(&mut self) -> BoundSide {
        let mut side = BoundSide::default();
        side.id = (!self.one_in(4)).then(|| Arc::from(self.below(6).to_string()));
        side.shadow = named(&self.word("Anna "));
        side.state = match self.below(5) {
            0 => SideState::Removed,
            1 => SideState::Missing(1),
            _ => SideState::Live,
        };
        side.mark = side.id.as_ref().map(|id| format!("se-{id}"));
        side
    }
    fn intent(&mut self) -> Intent {
        let mut intent = samples::intent(&self.word("op"), self.seconds(), self.below(IDS));
        if self.one_in(3) {
            "documents".clone_into(&mut intent.group);
        }
        intent.effects = self.some(1, Self::effect).into_iter().collect();
        intent
    }
    fn effect(&mut self) -> EffectKey {
        effect(self.below(IDS), &self.word("t"))
    }
    fn verdict(&mut self) -> Verdict {
        if self.one_in(2) {
            Verdict::Ignored(self.reference())
        } else {
            let (a, b) = (self.reference(), self.reference());
            Verdict::NotSame(a.clone().min(b.clone()), a.max(b))
        }
    }
    fn inbox(&mut self) -> Inbox {
        match self.below(6) {
            0 => Inbox::Hint(self.reference()),
            1 => Inbox::Take { subject: self.id(), unit: samples::NAME, value: named(&self.word("Anna ")) },
            2 => Inbox::Bind(self.reference(), self.id()),
            3 => Inbox::Retract(self.verdict()),
            4 => Inbox::Create { subject: self.id(), at: self.stream() },
            _ => Inbox::Retry(self.parking()),
        }
    }
    fn parking(&mut self) -> String {
        if self.one_in(3) { format!("{}@{}", self.id(), self.stream()) } else { self.reference().to_string() }
    }
    fn staged(&mut self) -> Staged {
        let plan = serde_json::json!({"subject": self.id().to_string(), "amount": 10.10}).to_string().into();
        let (id, group) = (self.word("p"), "registers".to_owned());
        Staged { id, group, at: at(self.seconds()), counted: Approval::default(), approved_by: None, plan }
    }
    fn indexed(&mut self) -> Indexed {
        let hash = Fingerprint::of_bytes(self.word("raw ").as_bytes());
        Indexed { reference: self.reference(), hash }
    }
    fn checkpoint(&mut self) -> Checkpoint {
        let mut checkpoint = Checkpoint::default();
        (checkpoint.high_water, checkpoint.listed) = (Some(at(self.seconds())), self.below(100));
        checkpoint.open = [Arc::from(checkpoint.listed.to_string())].into();
        checkpoint
    }

    fn commit(&mut self) -> Commit {
        let mut commit = Commit {
            bindings: self.some(3, Self::binding),
            indexed: self.some(2, Self::indexed),
            unindexed: self.some(1, Self::reference),
            journal: self.some(2, |dice| journal(dice.below(IDS), dice.seconds(), "name")),
            ..Commit::default()
        };
        if self.one_in(2) {
            commit.intents = self.some(2, Self::intent);
            commit.finished = self.some(2, |dice| dice.word("op"));
            commit.held = self.some(2, |dice| {
                let n = dice.below(IDS);
                (id(n), dice.some(2, |dice| held(n, &dice.word("h"))))
            });
        }
        if self.one_in(2) {
            commit.parked = self.some(2, |dice| {
                let mut parked = parked(&dice.parking(), &dice.word("Anna "));
                parked.subject = dice.one_in(2).then(|| dice.id());
                parked
            });
            commit.unparked = self.some(1, Self::parking);
            commit.waiting = self.some(2, |dice| waiting(&dice.reference(), &[&dice.word("w"), &dice.word("w")]));
            commit.unwaiting = self.some(1, Self::reference);
        }
        if self.one_in(2) {
            commit.verdicts = self.some(2, Self::verdict);
            commit.retracted = self.some(1, Self::verdict);
            commit.staged = self.some(1, Self::staged);
            commit.unstaged = self.some(1, |dice| dice.word("p"));
            commit.consumed = self.some(3, |dice| 1 + dice.below(20));
        }
        if self.one_in(3) {
            commit.checkpoints = self.some(2, |dice| (dice.stream(), dice.checkpoint()));
            commit.entities = self.some(1, |dice| (dice.entity(), EntityState::default()));
            commit.tenants = self.some(1, |dice| {
                (dice.stream().system, Tenant { id: dice.word("t"), name: "Ek AB".to_owned(), base_currency: None })
            });
            commit.snapshots = self.some(1, |dice| {
                (dice.stream().system, Snapshot { at: at(dice.seconds()), content: serde_json::json!(dice.below(9)) })
            });
        }
        commit
    }
}

fn streams() -> Vec<StreamKey> {
    vec![samples::shop(), samples::erp(), StreamKey::new("shop:no", "customers")]
}

/// A commit with anything in it. Its revisions are all 0.
pub fn random_commit(dice: u64) -> Commit {
    Dice(dice).commit()
}

/// Puts the calls that the dice name to both stores and compares every answer, then all that both know. Both stores
/// have to be empty and to have the same id.
///
/// # Errors
/// Those of reading; errors of the calls themselves only have to be equal in kind.
pub async fn agree(model: &dyn StateStore, other: &dyn StateStore, dice: &[u64]) -> Result<()> {
    let (mut lease, beside) = (samples::lease(model).await?, samples::lease(other).await?);
    assert_eq!(lease, beside);
    for (n, roll) in dice.iter().enumerate() {
        let mut dice = Dice(*roll);
        let call = match dice.below(16) {
            0 => {
                let (now, give) = (at(dice.seconds() * 10), dice.one_in(3));
                if give {
                    same(n, "release", &model.release(lease.clone()).await, &other.release(lease.clone()).await);
                }
                let (a, b) = (model.acquire("registers", now, TTL).await, other.acquire("registers", now, TTL).await);
                same(n, "acquire", &a, &b);
                lease = a?.unwrap_or(lease);
                "acquire"
            }
            1 => {
                let now = at(dice.seconds() * 10);
                same(n, "renew", &model.renew(&lease, now, TTL).await, &other.renew(&lease, now, TTL).await);
                "renew"
            }
            2 => {
                let entries = dice.some(3, |dice| entry(dice.seconds(), dice.inbox()));
                same(n, "post", &model.post(&entries).await, &other.post(&entries).await);
                "post"
            }
            3 => {
                let (id, now) = (dice.id(), at(dice.seconds()));
                same(n, "forget", &model.forget(id, now).await, &other.forget(id, now).await);
                "forget"
            }
            4 | 5 => {
                let intents = dice.some(3, Dice::intent);
                same(n, "intend", &model.intend(&lease, &intents).await, &other.intend(&lease, &intents).await);
                "intend"
            }
            _ => {
                let commit = as_read(model, dice.commit(), dice.one_in(10)).await?;
                same(n, "commit", &model.commit(&lease, commit.clone()).await, &other.commit(&lease, commit).await);
                "commit"
            }
        };
        assert_eq!(everything(model).await?, everything(other).await?, "after call {n}, {call}");
    }
    Ok(())
}

/// The commit with the revisions that its bindings have in the store, or with old ones.
async fn as_read(store: &dyn StateStore, mut commit: Commit, old: bool) -> Result<Commit> {
    let mut once = std::collections::BTreeSet::new();
    commit.bindings.retain(|binding| once.insert(binding.id));
    for binding in &mut commit.bindings {
        let rev = store.bindings(&[binding.id]).await?.first().map_or(0, |kept| kept.rev);
        binding.rev = if old { rev.saturating_sub(1) } else { rev };
    }
    Ok(commit)
}

fn same<T: Debug>(n: usize, call: &str, a: &Result<T>, b: &Result<T>) {
    let text = |answer: &Result<T>| match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}", error.kind()),
    };
    assert_eq!(text(a), text(b), "call {n}, {call}: {a:?} and {b:?}");
    let known = [ErrorKind::VersionConflict, ErrorKind::AlreadyExists, ErrorKind::NotFound, ErrorKind::Unavailable];
    assert!(!matches!(a, Err(error) if !known.contains(&error.kind())), "call {n}, {call}: {a:?}");
}

/// All answers of a store to questions about the small world of this suite, as text.
///
/// # Errors
/// Those of reading.
pub async fn everything(store: &dyn StateStore) -> Result<Vec<String>> {
    let mut told = Vec::new();
    let mut tell = |what: &str, answer: &dyn Debug| told.push(format!("{what}: {answer:?}"));
    let ids: Vec<CanonicalId> = (0..IDS + 4).map(id).collect();
    let words = |of: &str, most: u64| (0..most).map(|n| format!("{of}{n}")).collect::<Vec<_>>();
    let references: Vec<ExternalRef> =
        streams().iter().flat_map(|at| words("", 10).into_iter().map(|n| at.id(n))).collect();
    let entities: [EntityName; 2] = ["buyers".into(), "suppliers".into()];
    let systems: Vec<_> = streams().into_iter().map(|at| at.system).collect();

    tell("identity", &store.identity().await?);
    tell("bindings", &store.bindings(&ids).await?);
    tell("bound", &store.bound(&references).await?);
    tell("names", &store.names(&ids).await?);
    tell("keys", &store.keys(&ids).await?);
    tell("counts", &store.counts(&streams()).await?);
    for entity in &entities {
        let keys: Vec<MatchKey> =
            words("k", 4).iter().map(|k| MatchKey { entity: entity.clone(), ..samples::key(k) }).collect();
        tell("keyed", &store.keyed(&keys).await?);
        tell("scan", &store.scan(entity, None, 3).await?);
        tell("scan on", &store.scan(entity, Some(id(2)), 9).await?);
        tell("due", &store.due(entity, at(20), 4).await?);
    }
    for number in words("10", 4) {
        tell("numbered", &store.numbered(&number).await?);
    }
    for host in streams() {
        tell("index", &store.index(&host, None, 99).await?);
        tell("index on", &store.index(&host, Some(1 << 62), 2).await?);
        let keys: Vec<u64> = words("", 4).iter().map(|id| Indexed::key_of(id)).collect();
        tell("index refs", &store.index_refs(&host, &keys).await?);
    }
    tell("checkpoints", &store.checkpoints(&streams()).await?);
    tell("entities", &store.entities(&entities).await?);
    tell("tenants", &store.tenants(&systems).await?);
    for system in &systems {
        tell("snapshot", &store.snapshot(system).await?);
    }
    tell("intents", &store.intents("registers").await?);
    tell("intents", &store.intents("documents").await?);
    let effects: Vec<EffectKey> =
        (0..IDS).flat_map(|n| words("t", 4).into_iter().map(move |t| effect(n, &t))).collect();
    tell("effects", &store.effects_used(&effects).await?);
    tell("held", &store.held(None).await?);
    tell("held of", &store.held(Some(&ids[1..3])).await?);
    tell("parked", &store.parked(None).await?);
    tell("waiting", &store.waiting(&words("w", 4)).await?);
    tell("inbox", &store.inbox().await?);
    tell("verdicts", &store.verdicts(&references).await?);
    for plan in words("p", 4) {
        tell("staged", &store.staged(Some(&plan)).await?.pop());
    }
    tell("journal", &store.journal(&[], 50).await?);
    tell("journal of", &store.journal(&ids[1..3], 3).await?);
    tell("forgotten", &store.forgotten(&references).await?);
    Ok(told)
}
