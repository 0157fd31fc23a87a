//! Bindings and what finds them.

use std::sync::Arc;

use sync_core::{
    ErrorKind, Fingerprint,
    store::{Commit, Indexed, SideState},
};

use super::{
    Checked, StoreFixture, refused,
    samples::{at, bind, binding, buyers, erp, id, keep, key, lease, shop, side, with_side},
};

/// A reference, be it of a side or an alias, alive or removed, belongs to one living binding.
pub async fn a_reference_has_one_living_owner(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut first = with_side(binding(1), &shop().id("1"));
    first.aliases.insert(shop().id("2"));
    let mut gone = side();
    (gone.id, gone.state) = (Some(Arc::from("7")), SideState::Removed);
    first.sides.insert(erp(), gone);
    bind(&*store, &lease, vec![first]).await?;
    let all = [shop().id("1"), erp().id("7"), shop().id("2"), shop().id("3")];
    let expected = [(erp().id("7"), id(1)), (shop().id("1"), id(1)), (shop().id("2"), id(1))];
    assert_eq!(store.bound(&all).await?, expected);

    for taken in &all[..3] {
        let mut alias = binding(2);
        alias.aliases.insert(taken.clone());
        for other in [alias, with_side(binding(2), taken)] {
            let commit = Commit { bindings: vec![other], ..Commit::default() };
            refused(store.commit(&lease, commit).await, ErrorKind::AlreadyExists);
        }
    }
    let both = vec![with_side(binding(3), &shop().id("3")), with_side(binding(4), &shop().id("3"))];
    refused(store.commit(&lease, Commit { bindings: both, ..Commit::default() }).await, ErrorKind::AlreadyExists);
    let mut itself = with_side(binding(5), &shop().id("5"));
    itself.aliases.insert(shop().id("5"));
    bind(&*store, &lease, vec![itself]).await?;
    assert_eq!(store.counts(&[shop()]).await?, [2]);
    // a reference holds its separators
    bind(&*store, &lease, vec![with_side(binding(6), &shop().id("a#b/c"))]).await?;
    assert_eq!(store.bound(&[shop().id("a#b/c")]).await?, [(shop().id("a#b/c"), id(6))]);
    Ok(())
}

/// In whichever order the bindings stand in the commit.
pub async fn a_reference_moves_within_a_commit(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    bind(&*store, &lease, vec![with_side(binding(1), &shop().id("1")), binding(2)]).await?;
    for turn in 0..4 {
        let mut pair = store.bindings(&[id(1), id(2)]).await?;
        let (from, to) = if turn % 2 == 0 { (0, 1) } else { (1, 0) };
        let moved = std::mem::take(&mut pair[from].sides);
        pair[to].sides = moved;
        if turn > 1 {
            pair.reverse();
        }
        let owner = id(if to == 0 { 1 } else { 2 });
        bind(&*store, &lease, pair).await?;
        assert_eq!(store.bound(&[shop().id("1")]).await?, [(shop().id("1"), owner)]);
        assert_eq!(store.counts(&[shop()]).await?, [1]);
    }
    Ok(())
}

/// Its references may be used anew, and belong to nobody until then.
pub async fn an_ended_binding_gives_its_names_free(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    bind(&*store, &lease, vec![with_side(binding(1), &shop().id("1"))]).await?;
    let mut ended = store.bindings(&[id(1)]).await?;
    ended[0].ended_at = Some(at(5));
    bind(&*store, &lease, ended).await?;
    assert_eq!(store.bound(&[shop().id("1")]).await?, []);
    assert_eq!(store.counts(&[shop()]).await?, [0]);
    bind(&*store, &lease, vec![with_side(binding(2), &shop().id("1"))]).await?;
    assert_eq!(store.bound(&[shop().id("1")]).await?, [(shop().id("1"), id(2))]);

    let mut back = store.bindings(&[id(1)]).await?;
    assert_eq!(back[0].reference(&shop()), Some(shop().id("1")), "a tombstone keeps its content");
    back[0].ended_at = None;
    refused(store.commit(&lease, Commit { bindings: back, ..Commit::default() }).await, ErrorKind::AlreadyExists);
    Ok(())
}

/// As every list does.
pub async fn bindings_come_in_order_and_once(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    bind(&*store, &lease, vec![binding(3), binding(1), binding(2)]).await?;
    let found = store.bindings(&[id(3), id(1), id(9), id(3), id(2)]).await?;
    assert_eq!(found.iter().map(|b| b.id).collect::<Vec<_>>(), [id(1), id(2), id(3)]);
    assert_eq!(store.bindings(&[]).await?, []);
    assert_eq!(store.identity().await?, fixture.open().await?.identity().await?);
    Ok(())
}

/// Sides alive or removed, and aliases; nothing of a record that has ended.
pub async fn names_are_those_of_the_living(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut first = with_side(with_side(binding(1), &shop().id("9")), &erp().id("a#b"));
    first.aliases.insert(shop().id("10"));
    if let Some(side) = first.sides.get_mut(&erp()) {
        side.state = SideState::Removed;
    }
    let mut ended = with_side(binding(2), &shop().id("2"));
    ended.ended_at = Some(at(1));
    bind(&*store, &lease, vec![first, ended, with_side(binding(3), &shop().id("3"))]).await?;
    let expected =
        [(id(1), erp().id("a#b")), (id(1), shop().id("10")), (id(1), shop().id("9")), (id(3), shop().id("3"))];
    assert_eq!(store.names(&[id(3), id(1), id(2), id(7), id(1)]).await?, expected);
    let keyed = |n: u64, keys: &[&str]| {
        let mut binding = binding(n);
        binding.keys.extend(keys.iter().map(|text| key(text)));
        binding
    };
    let mut ended = keyed(5, &["a"]);
    ended.ended_at = Some(at(1));
    bind(&*store, &lease, vec![keyed(4, &["b", "a"]), ended, keyed(6, &["a"])]).await?;
    let expected = [(id(4), key("a")), (id(4), key("b")), (id(6), key("a"))];
    assert_eq!(store.keys(&[id(6), id(5), id(4), id(1)]).await?, expected);
    Ok(())
}

/// In the order in which they came, in pages; a change moves nothing.
pub async fn a_scan_pages_over_bindings_of_any_age(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut some: Vec<_> = (0..=255).step_by(51).map(|n| binding(n << 56)).collect(); // high bits set, too
    some[2].ended_at = Some(at(1));
    some[3].entity = "suppliers".into();
    some.reverse();
    let first = some[0].clone();
    bind(&*store, &lease, some).await?;
    bind(&*store, &lease, store.bindings(&[first.id]).await?).await?;
    let mut pages = Vec::new();
    let mut after = None;
    for _page in 0..20 {
        let page = store.scan(&buyers(), after, 2).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        pages.push(page);
    }
    let n = |n: u64| id((n * 51) << 56);
    assert_eq!(pages, [vec![n(5), n(4)], vec![n(2), n(1)], vec![n(0)]]);
    assert_eq!(store.scan(&"nobody".into(), None, 5).await?, []);
    assert_eq!(store.scan(&buyers(), None, usize::MAX).await?.len(), 5);
    Ok(())
}

/// Several may share one.
pub async fn match_keys_find_the_living(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut three = [binding(1), binding(2), binding(3)];
    for one in &mut three {
        one.keys.insert(key("anna@example.se"));
    }
    three[0].keys.insert(key("ek@example.se"));
    three[2].ended_at = Some(at(1));
    bind(&*store, &lease, three.to_vec()).await?;
    let found = store.keyed(&[key("ek@example.se"), key("anna@example.se"), key("nobody")]).await?;
    let expected = [(key("anna@example.se"), id(1)), (key("anna@example.se"), id(2)), (key("ek@example.se"), id(1))];
    assert_eq!(found, expected);
    let mut other = key("anna@example.se");
    other.rule = "name".to_owned();
    assert_eq!(store.keyed(&[other]).await?, []);

    let mut moved = store.bindings(&[id(1)]).await?;
    moved[0].keys = [key("new@example.se")].into();
    bind(&*store, &lease, moved).await?;
    let found = store.keyed(&[key("ek@example.se"), key("anna@example.se"), key("new@example.se")]).await?;
    assert_eq!(found, [(key("anna@example.se"), id(2)), (key("new@example.se"), id(1))]);
    Ok(())
}

/// Whoever looks a number up means the record that moved last.
pub async fn numbers_find_all_ages_latest_change_first(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut three = [binding(1), binding(2), binding(3)];
    for one in &mut three {
        one.numbers.insert("1001".to_owned());
    }
    three[1].ended_at = Some(at(1));
    bind(&*store, &lease, three.to_vec()).await?;
    assert_eq!(store.numbered("1001").await?, [id(3), id(2), id(1)]);
    bind(&*store, &lease, store.bindings(&[id(1)]).await?).await?;
    assert_eq!(store.numbered("1001").await?, [id(1), id(3), id(2)]);
    let mut without = store.bindings(&[id(3)]).await?;
    without[0].numbers.clear();
    bind(&*store, &lease, without).await?;
    assert_eq!(store.numbered("1001").await?, [id(1), id(2)]);
    assert_eq!(store.numbered("1002").await?, []);
    Ok(())
}

/// Those of ended bindings never come.
pub async fn wake_ups_come_longest_due_first(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut some: Vec<_> = (1..=6).map(binding).collect();
    for (one, seconds) in some.iter_mut().zip([30, 10, 20, 10, 5, 5]) {
        one.wake_at = Some(at(seconds));
    }
    some[4].ended_at = Some(at(1));
    some[5].entity = "suppliers".into();
    bind(&*store, &lease, some).await?;
    assert_eq!(store.due(&buyers(), at(9), 9).await?, []);
    assert_eq!(store.due(&buyers(), at(20), 9).await?, [id(2), id(4), id(3)]);
    assert_eq!(store.due(&buyers(), at(99), 2).await?, [id(2), id(4)]);
    let nearly = at(20) - chrono::TimeDelta::nanoseconds(1);
    assert_eq!(store.due(&buyers(), nearly, 9).await?, [id(2), id(4)]);
    let mut done = store.bindings(&[id(2)]).await?;
    done[0].wake_at = None;
    bind(&*store, &lease, done).await?;
    assert_eq!(store.due(&buyers(), at(99), 9).await?, [id(4), id(3), id(1)]);
    Ok(())
}

/// A side to be created is not there yet, and a removed one no more.
pub async fn counts_are_of_living_sides(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let mut some: Vec<_> = (1..=5).map(|n| with_side(binding(n), &shop().id(n.to_string()))).collect();
    some[0].sides.insert(erp(), side());
    some[1] = with_side(some[1].clone(), &erp().id("2"));
    if let Some(missing) = some[1].sides.get_mut(&shop()) {
        missing.state = SideState::Missing(1);
    }
    if let Some(removed) = some[2].sides.get_mut(&shop()) {
        removed.state = SideState::Removed;
    }
    some[3].ended_at = Some(at(1));
    bind(&*store, &lease, some).await?;
    let nowhere = sync_core::StreamKey::new("crm:a", "company");
    assert_eq!(store.counts(&[shop(), nowhere, erp(), shop()]).await?, [3, 0, 1, 3]);

    let mut changed = store.bindings(&[id(1), id(3)]).await?;
    changed[0] = with_side(changed[0].clone(), &erp().id("1"));
    if let Some(back) = changed[1].sides.get_mut(&shop()) {
        back.state = SideState::Live;
    }
    bind(&*store, &lease, changed).await?;
    assert_eq!(store.counts(&[shop(), erp()]).await?, [4, 2]);
    Ok(())
}

/// Keys use all 64 bits; the records behind them can be had back.
pub async fn an_index_pages_in_order_of_unsigned_keys(fixture: &dyn StoreFixture) -> Checked {
    let store = fixture.open().await?;
    let lease = lease(&*store).await?;
    let hash = |text: &str| Fingerprint::of_bytes(text.as_bytes());
    let entry = |n: u32, text: &str| Indexed { reference: shop().id(n.to_string()), hash: hash(text) };
    let mut indexed: Vec<Indexed> = (0..64).map(|n| entry(n, "a")).collect();
    indexed.push(Indexed { reference: erp().id("5"), hash: Indexed::unseen() });
    keep(&*store, &lease, Commit { indexed, ..Commit::default() }).await?;
    let unindexed = vec![shop().id("7"), shop().id("none"), sync_core::StreamKey::new("crm:a", "company").id("7")];
    keep(&*store, &lease, Commit { indexed: vec![entry(1, "b")], unindexed, ..Commit::default() }).await?;

    let mut seen = Vec::new();
    let mut after = None;
    for _page in 0..20 {
        let page = store.index(&shop(), after, 10).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        seen.extend(page);
    }
    let left = (0..64).filter(|n| *n != 7);
    let mut expected: Vec<(u64, Fingerprint)> =
        left.map(|n: u32| (Indexed::key_of(&n.to_string()), hash(if n == 1 { "b" } else { "a" }))).collect();
    expected.sort();
    assert!(expected[0].0 < 1 << 63 && expected[62].0 > 1 << 63, "keys on both sides of the middle");
    assert_eq!(seen, expected);
    assert_eq!(store.index(&erp(), None, 9).await?, [(Indexed::key_of("5"), Indexed::unseen())]);
    assert_eq!(store.index(&sync_core::StreamKey::new("crm:a", "company"), None, 9).await?, []);
    assert_eq!(store.index(&shop(), Some(u64::MAX), 9).await?, []);

    let keys = ["9", "10", "7", "9", "none"].map(Indexed::key_of);
    assert_eq!(store.index_refs(&shop(), &keys).await?, [shop().id("10"), shop().id("9")]);
    assert_eq!(store.index_refs(&sync_core::StreamKey::new("crm:a", "company"), &keys).await?, []);
    Ok(())
}
