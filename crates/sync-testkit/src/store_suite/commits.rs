//! Commits: whole, atomic, checked.

use sync_core::{
    ErrorKind, Fingerprint, Value,
    connector::Tenant,
    store::{Approval, Checkpoint, Commit, Committed, EntityState, Event, Inbox, Indexed, Snapshot, Staged, Verdict},
};

use super::{
    Checked, StoreFixture, everything,
    random::agree,
    random_commit, refused,
    samples::{
        NAME, at, bind, binding, effect, entry, erp, held, id, intent, journal, keep, key, lease, named, parked, shop,
        waiting, with_side,
    },
};
use crate::MemoryStore;

/// One of everything that a commit can carry.
fn full() -> Commit {
    let mut anna = with_side(with_side(binding(1), &shop().id("c1")), &erp().id("7"));
    anna.agreed =
        named("Anna Ek").with("credit_limit", rust_decimal::Decimal::new(1050, 2)).with("vat_no", Value::Null);
    anna.origins.insert(NAME, "shop:se".into());
    anna.aliases.insert(shop().id("c0"));
    anna.keys.insert(key("anna@example.se"));
    anna.numbers.insert("1001".to_owned());
    anna.wake_at = Some(at(50));
    let mut told = intent("op1", 1, 1);
    told.effects.insert(effect(1, "delivered"));
    let hash = Fingerprint::of_bytes(b"{}");
    Commit {
        bindings: vec![anna],
        indexed: vec![Indexed { reference: shop().id("c1"), hash }],
        checkpoints: vec![(shop(), Checkpoint::default())],
        entities: vec![("buyers".into(), EntityState::default())],
        tenants: vec![("shop:se".into(), Tenant { id: "9".into(), name: "Ek AB".into(), base_currency: None })],
        snapshots: vec![(
            "shop:se".into(),
            Snapshot { at: at(2), content: serde_json::json!({"terms": ["30", 10.50]}) },
        )],
        intents: vec![told],
        held: vec![(id(1), vec![held(1, "two records fit")])],
        parked: vec![parked("shop:se/customers#c9", "the name is too long")],
        waiting: vec![waiting(&shop().id("c8"), &["erp:main/customer#8"])],
        verdicts: vec![Verdict::Ignored(shop().id("c7"))],
        staged: vec![Staged {
            id: "p1".to_owned(),
            group: "registers".to_owned(),
            at: at(3),
            counted: Approval::default(),
            approved_by: None,
            plan: r#"{"ops": [1, 2.50]}"#.into(),
        }],
        journal: vec![journal(1, 4, "name")],
        ..Commit::default()
    }
}

/// What goes in comes out, in another process too.
pub async fn a_commit_keeps_all_that_it_names(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let full = full();
    keep(&*store, &lease, full.clone()).await?;
    drop(store);
    let store = fixture.open().await?;
    let kept = store.bindings(&[id(1)]).await?;
    let expected: Vec<_> = full
        .bindings
        .into_iter()
        .map(|mut b| {
            b.rev = 1;
            b
        })
        .collect();
    assert_eq!(kept, expected);
    let hash = full.indexed.first().map(|indexed| indexed.hash).unwrap_or(Indexed::unseen());
    assert_eq!(store.index(&shop(), None, 10).await?, [(Indexed::key_of("c1"), hash)]);
    assert_eq!(store.checkpoints(&[shop()]).await?, full.checkpoints);
    assert_eq!(store.entities(&["buyers".into()]).await?, full.entities);
    assert_eq!(store.tenants(&["shop:se".into()]).await?, full.tenants);
    assert_eq!(store.snapshot(&"shop:se".into()).await?.as_ref(), full.snapshots.first().map(|(_, s)| s));
    assert_eq!(store.intents("registers").await?, full.intents);
    assert_eq!(store.effects_used(&[effect(1, "delivered")]).await?, [effect(1, "delivered")]);
    let released = Commit { released: vec![effect(1, "delivered")], ..Commit::default() };
    assert_eq!(store.commit(&lease, released).await?, Committed::Done);
    assert!(store.effects_used(&[effect(1, "delivered")]).await?.is_empty(), "what was not made may be done after all");
    assert_eq!(store.held(None).await?, [held(1, "two records fit")]);
    assert_eq!(store.parked(None).await?, full.parked);
    assert_eq!(store.waiting(&["erp:main/customer#8".to_owned()]).await?, full.waiting);
    assert_eq!(store.verdicts(&[shop().id("c7")]).await?, full.verdicts);
    assert_eq!(store.staged(Some("p1")).await?.pop().as_ref(), full.staged.first());
    assert_eq!(store.journal(&[], 10).await?, full.journal);
    Ok(())
}

/// A commit that fails in any of its parts has no effect in any other.
pub async fn a_commit_is_all_or_nothing(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut done = intent("op0", 0, 2);
    done.effects.insert(effect(2, "delivered"));
    let first =
        Commit { bindings: vec![with_side(binding(2), &erp().id("8"))], intents: vec![done], ..Commit::default() };
    keep(&*store, &lease, first).await?;
    store.post(&[entry(0, Inbox::Approve("p0".to_owned()))]).await?;
    let before = everything(&*store).await?;

    let consumed: Vec<u64> = store.inbox().await?.into_iter().map(|(id, _)| id).collect();
    let rest = || Commit { finished: vec!["op0".to_owned()], consumed: consumed.clone(), ..full() };
    let mut taken = rest();
    taken.bindings.push(with_side(binding(3), &erp().id("8")));
    refused(store.commit(&lease, taken).await, ErrorKind::AlreadyExists);
    assert_eq!(everything(&*store).await?, before, "a reference of another binding");

    let mut repeated = rest();
    let mut again = intent("op9", 9, 2);
    again.effects.insert(effect(2, "delivered"));
    repeated.intents.push(again);
    refused(store.commit(&lease, repeated).await, ErrorKind::AlreadyExists);
    assert_eq!(everything(&*store).await?, before, "an effect that was done before");

    let mut stale = rest();
    stale.bindings.push(binding(2));
    assert_eq!(store.commit(&lease, stale).await?, Committed::Stale(vec![id(2)]));
    assert_eq!(everything(&*store).await?, before, "a binding that moved");

    keep(&*store, &lease, rest()).await?;
    assert_ne!(everything(&*store).await?, before, "the same commit without the fault changes a lot");
    Ok(())
}

/// Revisions count up by one; a commit at another one is told of, not kept.
pub async fn a_stale_revision_keeps_nothing_and_is_named(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    bind(&*store, &lease, vec![binding(1), binding(2), binding(3)]).await?;
    let mut kept = store.bindings(&[id(1), id(2)]).await?;
    assert!(kept.iter().all(|binding| binding.rev == 1));
    bind(&*store, &lease, store.bindings(&[id(2)]).await?).await?;

    kept.push(binding(3)); // as if it was new, which it is not
    let mut unknown = binding(4);
    unknown.rev = 5;
    kept.push(unknown);
    let answer = store.commit(&lease, Commit { bindings: kept, ..Commit::default() }).await?;
    assert_eq!(answer, Committed::Stale(vec![id(2), id(3), id(4)]));
    let revs: Vec<u64> = store.bindings(&[id(1), id(2), id(3), id(4)]).await?.iter().map(|b| b.rev).collect();
    assert_eq!(revs, [1, 2, 1]);

    let twice = Commit { bindings: vec![binding(5), binding(5)], ..Commit::default() };
    assert_eq!(store.commit(&lease, twice).await?, Committed::Stale(vec![id(5)]));
    Ok(())
}

/// Within a commit, keeping wins over dropping.
pub async fn what_is_dropped_and_kept_is_kept(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let both = |full: Commit| Commit {
        bindings: Vec::new(),
        unindexed: vec![shop().id("c1")],
        finished: vec!["op2".to_owned()],
        intents: vec![intent("op2", 2, 1)],
        unparked: vec!["shop:se/customers#c9".to_owned()],
        unwaiting: vec![shop().id("c8")],
        retracted: vec![Verdict::Ignored(shop().id("c7"))],
        unstaged: vec!["p1".to_owned()],
        ..full
    };
    keep(&*store, &lease, both(full())).await?;
    keep(&*store, &lease, both(full())).await?;
    assert_eq!(store.index(&shop(), None, 10).await?.len(), 1);
    assert_eq!(store.intents("registers").await?.len(), 1);
    assert_eq!(store.parked(None).await?.len(), 1);
    assert_eq!(store.waiting(&["erp:main/customer#8".to_owned()]).await?.len(), 1);
    assert_eq!(store.verdicts(&[shop().id("c7")]).await?.len(), 1);
    assert!(store.staged(Some("p1")).await?.pop().is_some());

    let nothing =
        Commit { indexed: vec![], intents: vec![], parked: vec![], waiting: vec![], verdicts: vec![], ..full() };
    keep(&*store, &lease, Commit { staged: vec![], ..both(nothing) }).await?;
    assert_eq!(store.index(&shop(), None, 10).await?.len(), 0);
    assert_eq!(store.parked(None).await?.len(), 0);
    assert_eq!(store.waiting(&["erp:main/customer#8".to_owned()]).await?.len(), 0);
    assert_eq!(store.verdicts(&[shop().id("c7")]).await?.len(), 0);
    assert_eq!(store.staged(Some("p1")).await?.pop(), None);
    Ok(())
}

/// Two records that are always committed with the same name are never read with two.
pub async fn readers_see_the_state_before_or_after(fixture: &dyn StoreFixture) -> Checked {
    let writer = fixture.open().await?;
    let reader = fixture.open().await?;
    let lease = lease(&*writer).await?;
    let rename = |mut bindings: Vec<sync_core::store::Binding>, name: String| {
        bindings.iter_mut().for_each(|binding| binding.agreed.set(NAME, name.clone()));
        let event = Event::Decided { by: "kim".to_owned(), what: name };
        let entry = sync_core::store::Journal { event, ..journal(1, 0, "name") };
        Commit { bindings, journal: vec![entry], ..Commit::default() }
    };
    keep(&*writer, &lease, rename(vec![binding(1), binding(2)], "Anna 0".to_owned())).await?;
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let watching = std::thread::spawn(move || {
        futures_executor::block_on(async {
            let mut seen = std::collections::BTreeSet::new();
            loop {
                let last = stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected);
                let pair = reader.bindings(&[id(1), id(2)]).await?;
                let names: std::collections::BTreeSet<_> = pair.iter().filter_map(|b| b.agreed.text(NAME)).collect();
                assert_eq!((pair.len(), names.len()), (2, 1), "half of a commit: {pair:?}");
                seen.extend(names.into_iter().map(ToOwned::to_owned));
                if last {
                    return Ok::<_, sync_core::Error>(seen);
                }
            }
        })
    });
    for n in 1..=60 {
        let pair = writer.bindings(&[id(1), id(2)]).await?;
        keep(&*writer, &lease, rename(pair, format!("Anna {n}"))).await?;
    }
    drop(stop);
    let seen = watching.join();
    assert!(matches!(&seen, Ok(Ok(names)) if names.contains("Anna 60")), "{seen:?}");
    Ok(())
}

/// A first few random commits; [`agree`] is for more of them.
pub async fn random_commits_read_back_as_the_model_has_them(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let model = MemoryStore::new(store.identity().await?.id);
    let dice: Vec<u64> = (0..40).collect();
    agree(&model, &*store, &dice).await?;
    assert_ne!(random_commit(1), random_commit(2));
    Ok(())
}
