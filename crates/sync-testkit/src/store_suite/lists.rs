//! What is kept beside bindings.

use sync_core::{
    Fingerprint,
    connector::Tenant,
    store::{Approval, Checkpoint, Commit, EntityState, Snapshot, Staged, Verdict},
};

use super::{
    Checked, StoreFixture,
    samples::{at, erp, held, id, journal, keep, lease, parked, shop, waiting},
};

/// Checkpoints, entities, tenants and snapshots: one each, the last one.
pub async fn facts_are_replaced_by_name(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut read = Checkpoint::default();
    (read.high_water, read.listed) = (Some(at(7)), 12);
    let mut shaped = EntityState::default();
    shaped.adopted = Some(Fingerprint::of_bytes(b"policy"));
    shaped.units.insert("name".into(), Fingerprint::of_bytes(b"rule"));
    let tenant = |name: &str| Tenant { id: "1".into(), name: name.to_owned(), base_currency: Some("SEK".into()) };
    let told = |n: i64| Snapshot { at: at(n), content: serde_json::json!({ "n": n }) };
    let first = Commit {
        checkpoints: vec![(shop(), Checkpoint::default()), (erp(), read.clone())],
        entities: vec![("buyers".into(), EntityState::default())],
        tenants: vec![("shop:se".into(), tenant("Old AB"))],
        snapshots: vec![("shop:se".into(), told(1)), ("erp:main".into(), told(2))],
        ..Commit::default()
    };
    keep(&*store, &lease, first).await?;
    let second = Commit {
        checkpoints: vec![(shop(), read.clone())],
        entities: vec![("buyers".into(), shaped.clone())],
        tenants: vec![("shop:se".into(), tenant("New AB"))],
        snapshots: vec![("shop:se".into(), told(3))],
        ..Commit::default()
    };
    keep(&*store, &lease, second).await?;
    assert_eq!(store.checkpoints(&[shop(), erp(), shop()]).await?, [(erp(), read.clone()), (shop(), read)]);
    assert_eq!(store.entities(&["buyers".into(), "orders".into()]).await?, [("buyers".into(), shaped)]);
    assert_eq!(store.tenants(&["erp:main".into(), "shop:se".into()]).await?, [("shop:se".into(), tenant("New AB"))]);
    assert_eq!(store.snapshot(&"shop:se".into()).await?, Some(told(3)));
    assert_eq!(store.snapshot(&"erp:main".into()).await?, Some(told(2)));
    assert_eq!(store.snapshot(&"crm:a".into()).await?, None);
    Ok(())
}

/// All that is held of a subject is named each time.
pub async fn held_is_replaced_for_each_subject(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let hold = |of: Vec<(u64, Vec<&str>)>| Commit {
        held: of.into_iter().map(|(n, texts)| (id(n), texts.into_iter().map(|t| held(n, t)).collect())).collect(),
        ..Commit::default()
    };
    keep(&*store, &lease, hold(vec![(2, vec!["b", "a"]), (1, vec!["c"])])).await?;
    assert_eq!(store.held(None).await?, [held(1, "c"), held(2, "b"), held(2, "a")]);
    assert_eq!(store.held(Some(&[id(2), id(3), id(2)])).await?, [held(2, "b"), held(2, "a")]);
    keep(&*store, &lease, hold(vec![(2, vec!["d"]), (1, vec![])])).await?;
    assert_eq!(store.held(None).await?, [held(2, "d")]);
    assert_eq!(store.held(Some(&[])).await?, []);
    Ok(())
}

/// A record is set aside once.
pub async fn parked_is_kept_by_key(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let park = |parked| Commit { parked, ..Commit::default() };
    keep(&*store, &lease, park(vec![parked("b", "first"), parked("a", "first")])).await?;
    let mut again = parked("a", "second");
    (again.attempts, again.raw, again.subject) = (2, Some("{\"id\":1}".into()), Some(id(1)));
    keep(&*store, &lease, park(vec![again.clone()])).await?;
    assert_eq!(store.parked(None).await?, [again.clone(), parked("b", "first")]);
    let keys = ["b".to_owned(), "a".to_owned(), "c".to_owned()];
    assert_eq!(store.parked(Some(&keys)).await?, [again, parked("b", "first")]);
    keep(&*store, &lease, Commit { unparked: vec!["a".to_owned(), "c".to_owned()], ..Commit::default() }).await?;
    assert_eq!(store.parked(None).await?, [parked("b", "first")]);
    assert_eq!(store.parked(Some(&[])).await?, []);
    Ok(())
}

/// Once, however many of them are asked for.
pub async fn waiting_is_found_by_any_of_its_reasons(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let (first, second) = (shop().id("2"), shop().id("10"));
    let wait = |waiting| Commit { waiting, ..Commit::default() };
    keep(&*store, &lease, wait(vec![waiting(&first, &["a", "b"]), waiting(&second, &["b", "c"])])).await?;
    let on = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let both = [waiting(&second, &["b", "c"]), waiting(&first, &["a", "b"])];
    assert_eq!(store.waiting(&on(&["a", "b", "x"])).await?, both);
    assert_eq!(store.waiting(&on(&["a"])).await?, [waiting(&first, &["a", "b"])]);
    keep(&*store, &lease, wait(vec![waiting(&first, &["d"])])).await?;
    assert_eq!(store.waiting(&on(&["a"])).await?, []);
    assert_eq!(store.waiting(&on(&["d"])).await?, [waiting(&first, &["d"])]);
    keep(&*store, &lease, Commit { unwaiting: vec![first, second], ..Commit::default() }).await?;
    assert_eq!(store.waiting(&on(&["a", "b", "c", "d"])).await?, []);
    Ok(())
}

/// Found by each reference that they name.
pub async fn verdicts_stand_until_retracted(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let (a, b, c) = (erp().id("1"), shop().id("1"), shop().id("2"));
    let apart = Verdict::NotSame(a.clone(), b.clone());
    let alone = Verdict::Ignored(b.clone());
    let said = Commit { verdicts: vec![alone.clone(), apart.clone(), apart.clone()], ..Commit::default() };
    keep(&*store, &lease, said.clone()).await?;
    keep(&*store, &lease, said).await?;
    assert_eq!(store.verdicts(std::slice::from_ref(&a)).await?, std::slice::from_ref(&apart));
    assert_eq!(store.verdicts(&[b.clone(), a.clone(), b.clone()]).await?, [apart.clone(), alone.clone()]);
    assert_eq!(store.verdicts(&[c]).await?, []);
    keep(&*store, &lease, Commit { retracted: vec![apart], ..Commit::default() }).await?;
    assert_eq!(store.verdicts(&[a, b]).await?, [alone]);
    Ok(())
}

/// Under their ids.
pub async fn staged_plans_are_replaced_and_approved(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut counted = Approval::default();
    counted.creates.insert(erp(), 20_000);
    counted.short_listings.insert(shop());
    let plan = r#"{"ops": [{"amount": 10.10}]}"#.into();
    let (group, id) = ("registers".to_owned(), "k7".to_owned());
    let staged = Staged { id, group, at: at(1), counted, approved_by: None, plan };
    keep(&*store, &lease, Commit { staged: vec![staged.clone()], ..Commit::default() }).await?;
    assert_eq!(store.staged(Some("k7")).await?.pop(), Some(staged.clone()));
    assert_eq!(store.staged(None).await?, std::slice::from_ref(&staged));
    let approved = Staged { approved_by: Some("kim".to_owned()), ..staged };
    keep(&*store, &lease, Commit { staged: vec![approved.clone()], ..Commit::default() }).await?;
    assert_eq!(store.staged(Some("k7")).await?.pop(), Some(approved));
    keep(&*store, &lease, Commit { unstaged: vec!["k7".to_owned()], ..Commit::default() }).await?;
    assert_eq!(store.staged(Some("k7")).await?.pop(), None);
    Ok(())
}

/// The newest ones, oldest first.
pub async fn the_journal_is_in_order_and_limited(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let write = |journal| Commit { journal, ..Commit::default() };
    // in the order in which they were kept, whatever their clock said
    keep(&*store, &lease, write(vec![journal(1, 9, "a"), journal(2, 1, "b"), journal(1, 3, "c")])).await?;
    keep(&*store, &lease, write(vec![journal(3, 0, "d"), journal(1, 2, "e")])).await?;
    let (a, b, c) = (journal(1, 9, "a"), journal(2, 1, "b"), journal(1, 3, "c"));
    let (d, e) = (journal(3, 0, "d"), journal(1, 2, "e"));
    assert_eq!(store.journal(&[], 9).await?, [a.clone(), b.clone(), c.clone(), d.clone(), e.clone()]);
    assert_eq!(store.journal(&[], 2).await?, [d, e.clone()]);
    assert_eq!(store.journal(&[id(1), id(2), id(1)], 9).await?, [a, b, c.clone(), e.clone()]);
    assert_eq!(store.journal(&[id(1)], 2).await?, [c, e]);
    assert_eq!(store.journal(&[id(7)], 2).await?, []);
    assert_eq!(store.journal(&[], 0).await?, []);
    Ok(())
}
