//! Forgetting.

use sync_core::{
    ErrorKind, SystemId, Value,
    connector::Action,
    store::{Approval, Commit, Committed, Event, Inbox, Indexed, Journal, Staged, Verdict, forgotten_hash},
};

use super::{
    Checked, StoreFixture, everything, refused,
    samples::{
        NAME, at, bind, binding, buyers, entry, erp, held, id, intent, journal, keep, key, lease, named, parked, shop,
        waiting, with_side,
    },
};

fn anna() -> sync_core::store::Binding {
    let mut anna = with_side(with_side(binding(1), &shop().id("anna")), &erp().id("7"));
    anna.agreed = named("Anna Ek");
    anna.origins.insert(NAME, "shop:se".into());
    anna.aliases.insert(shop().id("anna-guest"));
    anna.keys.insert(key("anna@example.se"));
    anna.numbers.insert("1001".to_owned());
    anna.wake_at = Some(at(5));
    anna
}

/// Its references are known as forgotten, and nothing finds it but its id.
pub async fn a_forgotten_record_leaves_a_tombstone_only(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    refused(store.forget(id(1), at(9)).await, ErrorKind::NotFound);
    bind(&*store, &lease, vec![anna(), with_side(binding(2), &shop().id("other"))]).await?;
    let read = store.bindings(&[id(1)]).await?;
    store.forget(id(1), at(9)).await?;

    let left = store.bindings(&[id(1)]).await?;
    assert_eq!(left.len(), 1);
    let tombstone = &left[0];
    assert_eq!((tombstone.rev, tombstone.ended_at, tombstone.kind), (2, Some(at(9)), read[0].kind));
    let mut expected = read[0].forgotten(at(9));
    expected.rev = 2;
    assert_eq!(*tombstone, expected);
    assert!(!format!("{tombstone:?}").contains("nna"), "{tombstone:?}");
    let names = [shop().id("anna"), shop().id("anna-guest"), erp().id("7"), shop().id("other"), shop().id("new")];
    assert_eq!(store.forgotten(&names).await?, [erp().id("7"), shop().id("anna"), shop().id("anna-guest")]);
    assert_eq!(store.bound(&names).await?, [(shop().id("other"), id(2))]);
    assert_eq!(store.keyed(&[key("anna@example.se")]).await?, []);
    assert_eq!(store.numbered("1001").await?, []);
    assert_eq!(store.due(&buyers(), at(99), 9).await?, []);
    assert_eq!(store.counts(&[shop(), erp()]).await?, [1, 0]);

    // whoever read it before cannot bring it back without looking again
    let late = Commit { bindings: read, ..Commit::default() };
    assert_eq!(store.commit(&lease, late).await?, Committed::Stale(vec![id(1)]));
    store.forget(id(1), at(20)).await?;
    assert_eq!(store.forgotten(&names).await?.len(), 3, "forgetting twice does not forget that it was forgotten");
    assert_eq!(store.bindings(&[id(1)]).await?[0].ended_at, Some(at(9)));

    let hash = forgotten_hash(store.identity().await?.id, &shop().id("anna"));
    assert_ne!(hash, forgotten_hash(uuid::Uuid::from_u128(99), &shop().id("anna")), "no use in another store");
    Ok(())
}

/// And nothing else does.
pub async fn what_speaks_of_a_forgotten_record_goes(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut named_parked = parked("x", "Anna Ek is too long");
    named_parked.subject = Some(id(1));
    let staged = |name: &str, n: u64| Staged {
        id: name.to_owned(),
        group: "registers".to_owned(),
        at: at(1),
        counted: Approval::default(),
        approved_by: None,
        plan: serde_json::json!({"ops": [{"subject": id(n).to_string(), "name": "Anna Ek"}]}),
    };
    let there = format!("{}@erp:main/customer", id(1));
    let indexed = |name: &str| Indexed { reference: shop().id(name), hash: Indexed::unseen() };
    let all = Commit {
        bindings: vec![anna(), with_side(binding(2), &shop().id("other"))],
        held: vec![(id(1), vec![held(1, "Anna Ek or Anna Berg")]), (id(2), vec![held(2, "stays")])],
        parked: vec![
            named_parked,
            parked("shop:se/customers#anna", "Anna Ek"),
            parked(&there, "Anna Ek"),
            parked("shop:se/customers#other", "stays"),
        ],
        indexed: vec![indexed("anna"), indexed("other")],
        waiting: vec![waiting(&shop().id("anna"), &["a"]), waiting(&shop().id("other"), &["a"])],
        verdicts: vec![
            Verdict::Ignored(shop().id("anna")),
            Verdict::NotSame(erp().id("7"), shop().id("other")),
            Verdict::Ignored(shop().id("other")),
        ],
        staged: vec![staged("gone", 1), staged("stays", 2)],
        journal: vec![journal(1, 1, "name"), journal(2, 2, "name")],
        ..Commit::default()
    };
    keep(&*store, &lease, all).await?;
    let stays = entry(1, Inbox::Hint(shop().id("other")));
    let posts = [
        Inbox::Hint(shop().id("anna")),
        Inbox::Take { subject: id(1), unit: NAME, value: named("Anna Ek") },
        Inbox::Bind(shop().id("someone"), id(1)),
        Inbox::Verdict(Verdict::NotSame(shop().id("anna"), shop().id("other"))),
        Inbox::Create { subject: id(1), at: erp() },
        Inbox::Retry(there),
        Inbox::Retry("shop:se/customers#anna".to_owned()),
    ];
    store.post(&posts.map(|what| entry(0, what))).await?;
    store.post(std::slice::from_ref(&stays)).await?;
    store.forget(id(1), at(9)).await?;

    assert_eq!(store.held(None).await?, [held(2, "stays")]);
    assert_eq!(store.parked(None).await?, [parked("shop:se/customers#other", "stays")]);
    assert_eq!(store.waiting(&["a".to_owned()]).await?, [waiting(&shop().id("other"), &["a"])]);
    let keys = ["anna", "other"].map(Indexed::key_of);
    assert_eq!(store.index_refs(&shop(), &keys).await?, [shop().id("other")]);
    let verdicts = store.verdicts(&[shop().id("anna"), erp().id("7"), shop().id("other")]).await?;
    assert_eq!(verdicts, [Verdict::Ignored(shop().id("other"))]);
    assert_eq!(store.inbox().await?.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), [stays]);
    assert_eq!((store.staged("gone").await?, store.staged("stays").await?.is_some()), (None, true));
    let events = store.journal(&[], 9).await?;
    assert_eq!(events[0], Journal { event: journal(1, 1, "name").event.forgotten(), ..journal(1, 1, "name") });
    assert_eq!(events[1], journal(2, 2, "name"));
    let rest = everything(&*store).await?.join("\n");
    assert!(!rest.contains("Anna Ek or") && !rest.contains("anna-guest"), "{rest}");
    Ok(())
}

/// A run that did not know yet may still tell of it.
pub async fn what_is_said_of_a_forgotten_record_later_is_reduced(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    bind(&*store, &lease, vec![anna()]).await?;
    store.forget(id(1), at(9)).await?;
    let mut named_parked = parked("x", "Anna Ek is too long");
    named_parked.subject = Some(id(1));
    let systems: Vec<(SystemId, _)> = vec![("erp:main".into(), named("Anna"))];
    let settled = Event::Settled {
        unit: NAME,
        old: named("Anna"),
        new: named("Anna"),
        from: "shop:se".into(),
        overridden: systems,
        because: "Anna".to_owned(),
    };
    let (to, at_erp) = (erp().id("Anna"), erp().id("Anna"));
    let wrote = Event::Wrote {
        to,
        action: "update".to_owned(),
        fields: named("Anna"),
        effects: vec!["send".to_owned()],
        calls: Vec::new(),
    };
    let altered = Event::Altered { at: at_erp, sent: named("Anna"), shown: named("Anna") };
    let scope = Event::Scope { at: "erp:main".into(), within: false, because: "Anna".to_owned() };
    let decided = Event::Decided { by: "kim".to_owned(), what: "Anna".to_owned() };
    let names = [Event::Bound, Event::Aliased, Event::Removed].map(|event| event(erp().id("Anna")));
    let events = names.into_iter().chain([settled, wrote, altered, scope, decided]);
    let late = Commit {
        held: vec![(id(1), vec![held(1, "Anna Ek")])],
        parked: vec![named_parked],
        journal: events.map(|event| Journal { event, ..journal(1, 1, "name") }).collect(),
        ..Commit::default()
    };
    keep(&*store, &lease, late).await?;
    assert_eq!(store.held(None).await?, []);
    assert_eq!(store.parked(None).await?, []);
    let kept = store.journal(&[id(1)], 99).await?;
    assert_eq!(kept.len(), 8);
    assert!(!format!("{kept:?}").contains("Anna"), "{kept:?}");
    assert!(format!("{kept:?}").contains("send"), "what was done is still known");
    Ok(())
}

/// Its outcome would be told of a record that is no more, and a document might be made twice.
pub async fn a_record_with_an_open_intent_is_not_forgotten(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    bind(&*store, &lease, vec![anna(), binding(2)]).await?;
    let mut linking = intent("b", 1, 2);
    let link = Value::Link(sync_core::Link::Canonical(id(1)));
    if let Action::Update { parts, .. } = &mut linking.action {
        parts[0].wanted.set("organisation".into(), link);
    }
    store.intend(&lease, &[intent("a", 1, 1), linking]).await?;
    let before = everything(&*store).await?;
    refused(store.forget(id(1), at(9)).await, ErrorKind::Unavailable);
    assert_eq!(everything(&*store).await?, before);
    keep(&*store, &lease, Commit { finished: vec!["a".to_owned()], ..Commit::default() }).await?;
    store.forget(id(1), at(9)).await?; // a link to it is another record's business
    assert_eq!(store.intents("registers").await?.len(), 1);
    Ok(())
}
