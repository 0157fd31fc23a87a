//! Intents, their effects, and the inbox.

use sync_core::{
    ErrorKind,
    store::{Commit, Inbox},
};

use super::{
    Checked, StoreFixture, refused,
    samples::{at, effect, entry, id, intent, keep, lease, named, shop},
};

/// They outlive their process, and end with the commit that records their outcome.
pub async fn intents_are_durable_and_oldest_first(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut other = intent("x", 0, 1);
    other.group = "documents".to_owned();
    store.intend(&lease, &[intent("c", 5, 1), intent("b", 5, 1), other.clone()]).await?;
    store.intend(&lease, &[intent("z", 1, 2)]).await?;
    drop(store);
    let store = fixture.open().await?;
    assert_eq!(store.intents("registers").await?, [intent("z", 1, 2), intent("b", 5, 1), intent("c", 5, 1)]);
    assert_eq!(store.intents("documents").await?, [other]);
    let outcome = Commit { finished: vec!["b".to_owned(), "unknown".to_owned()], ..Commit::default() };
    keep(&*store, &lease, outcome).await?;
    assert_eq!(store.intents("registers").await?, [intent("z", 1, 2), intent("c", 5, 1)]);
    Ok(())
}

/// Whatever became of the intent that took it.
pub async fn an_effect_happens_once(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let told = |key: &str, trigger: &str| {
        let mut told = intent(key, 1, 1);
        told.effects.insert(effect(1, trigger));
        told
    };
    store.intend(&lease, &[told("a", "delivered")]).await?;
    for _ in 0..2 {
        refused(store.intend(&lease, &[intent("b", 1, 1), told("c", "delivered")]).await, ErrorKind::AlreadyExists);
        let commit = Commit { intents: vec![told("c", "delivered")], ..Commit::default() };
        refused(store.commit(&lease, commit).await, ErrorKind::AlreadyExists);
        keep(&*store, &lease, Commit { finished: vec!["a".to_owned()], ..Commit::default() }).await?;
        assert_eq!(store.intents("registers").await?, [], "nothing of a refused batch is kept");
    }
    refused(store.intend(&lease, &[told("a", "delivered")]).await, ErrorKind::AlreadyExists);
    refused(store.intend(&lease, &[told("d", "paid"), told("e", "paid")]).await, ErrorKind::AlreadyExists);
    store.intend(&lease, &[told("d", "paid")]).await?;
    let asked = [effect(1, "paid"), effect(1, "sent"), effect(1, "delivered"), effect(2, "paid"), effect(1, "paid")];
    assert_eq!(store.effects_used(&asked).await?, [effect(1, "delivered"), effect(1, "paid")]);
    Ok(())
}

/// One more look at it is noted.
pub async fn an_intent_may_be_kept_again_while_it_is_open(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut told = intent("a", 1, 1);
    told.effects.insert(effect(1, "delivered"));
    store.intend(&lease, &[told.clone()]).await?;
    told.looks.push(at(60));
    keep(&*store, &lease, Commit { intents: vec![told.clone()], ..Commit::default() }).await?;
    assert_eq!(store.intents("registers").await?, [told.clone()]);
    store.intend(&lease, &[told.clone()]).await?;
    assert_eq!(store.intents("registers").await?, [told.clone()]);
    let again = Commit { finished: vec!["a".to_owned()], intents: vec![told], ..Commit::default() };
    refused(store.commit(&lease, again).await, ErrorKind::AlreadyExists);
    Ok(())
}

/// Ids are not used twice, so that an old list consumes nothing new.
pub async fn the_inbox_is_in_order_and_needs_no_lease(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let hint = entry(9, Inbox::Hint(shop().id("1")));
    let take = entry(1, Inbox::Take { subject: id(1), unit: "name".into(), value: named("Anna Berg") });
    let retry = entry(5, Inbox::Retry("shop:se/customers#1".to_owned()));
    store.post(&[hint.clone(), take.clone()]).await?;
    fixture.open().await?.post(std::slice::from_ref(&retry)).await?;
    let inbox = store.inbox().await?;
    assert_eq!(inbox.iter().map(|(_, entry)| entry.clone()).collect::<Vec<_>>(), [hint.clone(), take.clone(), retry]);
    let ids: Vec<u64> = inbox.iter().map(|(id, _)| *id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));

    let lease = lease(&*store).await?;
    keep(&*store, &lease, Commit { consumed: vec![ids[2], ids[0]], ..Commit::default() }).await?;
    assert_eq!(store.inbox().await?, [(ids[1], take.clone())]);
    store.post(std::slice::from_ref(&hint)).await?;
    keep(&*store, &lease, Commit { consumed: ids.clone(), ..Commit::default() }).await?;
    let left = store.inbox().await?;
    assert_eq!(left.len(), 1);
    assert!(left[0].0 > ids[2] && left[0].1 == hint);
    Ok(())
}
