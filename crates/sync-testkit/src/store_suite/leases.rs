//! Leases.

use sync_core::{
    ErrorKind,
    store::{Commit, Lease},
};

use super::{
    Checked, StoreFixture, everything, refused,
    samples::{TTL, at, binding, given, intent, keep},
};

/// Tokens only grow.
pub async fn a_lease_has_one_holder_until_it_runs_out(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let other = fixture.open().await?;
    let first = given(store.acquire("registers", at(0), TTL).await?)?;
    assert_eq!((first.name.as_str(), first.until), ("registers", at(60)));
    assert_eq!(other.acquire("registers", at(59), TTL).await?, None);
    assert!(other.acquire("documents", at(0), TTL).await?.is_some(), "another name is another lease");
    let second = given(other.acquire("registers", at(60), TTL).await?)?;
    assert!(second.token > first.token);
    assert_eq!(second.until, at(120));
    Ok(())
}

/// It can be had at once after that, and no longer under the old token.
pub async fn a_lease_is_kept_and_given_back(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let first = given(store.acquire("registers", at(0), TTL).await?)?;
    let longer = store.renew(&first, at(50), TTL).await?;
    assert_eq!(longer, Lease { until: at(110), ..first.clone() });
    assert_eq!(store.acquire("registers", at(70), TTL).await?, None);
    let late = store.renew(&first, at(500), TTL).await?;
    keep(&*store, &late, Commit::default()).await?; // nobody took it meanwhile
    store.release(late.clone()).await?;
    refused(store.renew(&late, at(501), TTL).await, ErrorKind::VersionConflict);
    refused(store.commit(&late, Commit::default()).await, ErrorKind::VersionConflict);
    let second = given(store.acquire("registers", at(501), TTL).await?)?;
    assert!(second.token > first.token);
    store.release(late).await?; // changes nothing for the new holder
    keep(&*store, &second, Commit::default()).await
}

/// Only the holder puts anything aside, and the next one finds nothing of it.
pub async fn what_is_put_aside_goes_with_its_lease(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let first = given(store.acquire("registers", at(0), TTL).await?)?;
    let other = given(store.acquire("documents", at(0), TTL).await?)?;
    let row = |n: u64| (n, format!("text {n}"));
    store.spill(&first, vec![row(1), row(u64::MAX)]).await?;
    store.spill(&first, vec![row(2)]).await?;
    store.spill(&other, vec![(1, "another".to_owned())]).await?;
    assert_eq!(store.spilled(&first, &[2, 7, u64::MAX, 1]).await?, [row(2).1, row(u64::MAX).1, row(1).1]);
    assert_eq!(store.spilled(&other, &[1, 2]).await?, ["another"]);
    store.release(first.clone()).await?;
    refused(store.spill(&first, vec![row(3)]).await, ErrorKind::VersionConflict);
    let second = given(store.acquire("registers", at(1), TTL).await?)?;
    assert_eq!(store.spilled(&second, &[1, 2]).await?, [""; 0]);
    store.spill(&second, vec![row(4)]).await?;
    store.release(first).await?; // changes nothing for the new holder
    assert_eq!(store.spilled(&second, &[4]).await?, [row(4).1]);
    let third = given(store.acquire("registers", at(500), TTL).await?)?; // the second one's time is over
    assert_eq!(store.spilled(&third, &[4]).await?, [""; 0]);
    Ok(())
}

/// Fencing: the old holder may live on and not know.
pub async fn a_lease_that_was_taken_over_writes_nothing(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let other = fixture.open().await?;
    let old = given(store.acquire("registers", at(0), TTL).await?)?;
    keep(&*store, &old, Commit { bindings: vec![binding(1)], ..Commit::default() }).await?;
    let new = given(other.acquire("registers", at(61), TTL).await?)?;
    let before = everything(&*store).await?;
    refused(
        store.commit(&old, Commit { bindings: vec![binding(2)], ..Commit::default() }).await,
        ErrorKind::VersionConflict,
    );
    refused(store.intend(&old, &[intent("a", 1, 1)]).await, ErrorKind::VersionConflict);
    refused(store.renew(&old, at(62), TTL).await, ErrorKind::VersionConflict);
    let invented = Lease { name: "documents".to_owned(), ..new.clone() };
    refused(store.intend(&invented, &[]).await, ErrorKind::VersionConflict);
    assert_eq!(everything(&*store).await?, before);
    store.intend(&new, &[intent("a", 1, 1)]).await
}
