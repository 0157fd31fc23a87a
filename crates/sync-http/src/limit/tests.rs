use chrono::DateTime;
use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;
use crate::time::VirtualTime;

const SECOND: Duration = Duration::from_secs(1);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn stepped() -> (Arc<VirtualTime>, Arc<Limits>) {
    let time = Arc::new(VirtualTime::stepped(DateTime::UNIX_EPOCH));
    (time.clone(), Arc::new(Limits::new(time)))
}

fn limit(calls: u32, window: Duration) -> Limit {
    Limit::known(LimitKey::new("shop"), Quota::new(calls, window))
}

/// Lets all tasks run until none has anything to do.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[derive(Clone, Debug)]
struct Caller {
    arrives_ms: u64,
    takes_ms: u64,
    lane: Lane,
    /// Gives up after this time, wherever it is then.
    patience_ms: Option<u64>,
}

fn caller() -> impl Strategy<Value = Caller> {
    let lane = prop_oneof![Just(Lane::Listing), Just(Lane::Change), Just(Lane::Desk)];
    (0_u64..3000, 0_u64..800, lane, prop::option::weighted(0.2, 0_u64..2000))
        .prop_map(|(arrives_ms, takes_ms, lane, patience_ms)| Caller { arrives_ms, takes_ms, lane, patience_ms })
}

/// When each call left and when its answer came; the vendor saw it somewhere in between.
fn play(callers: &[Caller], limit: &Limit) -> Vec<(u64, u64)> {
    runtime().block_on(async {
        let (time, limits) = stepped();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = callers
            .iter()
            .cloned()
            .map(|caller| {
                let (time, limits, limit, seen) = (time.clone(), limits.clone(), limit.clone(), seen.clone());
                tokio::spawn(async move {
                    let ms = |time: &VirtualTime| u64::try_from(time.elapsed().as_millis()).unwrap();
                    time.sleep(Duration::from_millis(caller.arrives_ms)).await;
                    let call = async {
                        let mut permits = limits.acquire("test", &[limit], caller.lane, None).await.unwrap();
                        permits.sent();
                        let index = {
                            let mut seen = seen.lock().unwrap();
                            seen.push((ms(&time), u64::MAX));
                            seen.len() - 1
                        };
                        time.sleep(Duration::from_millis(caller.takes_ms)).await;
                        seen.lock().unwrap()[index].1 = ms(&time);
                    };
                    match caller.patience_ms {
                        None => call.await,
                        Some(patience) => tokio::select! {
                            () = call => {}
                            () = time.sleep(Duration::from_millis(patience)) => {}
                        },
                    }
                })
            })
            .collect();
        for _ in 0..4000 {
            settle().await;
            if tasks.iter().all(tokio::task::JoinHandle::is_finished) {
                break;
            }
            time.advance(Duration::from_millis(50));
        }
        assert!(tasks.iter().all(tokio::task::JoinHandle::is_finished), "somebody waits for ever");
        seen.lock().unwrap().clone()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_window_ever_holds_more_than_the_quota(
        callers in prop::collection::vec(caller(), 1..24),
        calls in 1_u32..5,
        window_ms in 100_u64..1500,
    ) {
        let seen = play(&callers, &limit(calls, Duration::from_millis(window_ms)));
        // the vendor may have counted at the very start or the very end of each call, or anywhere between
        for counted in [|call: &(u64, u64)| call.0, |call: &(u64, u64)| if call.1 == u64::MAX { call.0 } else { call.1 }] {
            let moments: Vec<u64> = seen.iter().map(counted).collect();
            for start in &moments {
                let inside = moments.iter().filter(|at| (*start..start + window_ms).contains(at)).count();
                prop_assert!(inside <= usize::try_from(calls).unwrap(), "{inside} in {window_ms} ms from {start}: {seen:?}");
            }
        }
    }
    #[test]
    fn never_more_at_once_than_allowed(callers in prop::collection::vec(caller(), 1..24), at_once in 1_u32..4) {
        let limit = Limit::known(LimitKey::new("shop"), Quota::per_minute(1000).at_once(at_once));
        let seen = play(&callers, &limit);
        for (start, _) in &seen {
            let inside = seen.iter().filter(|(from, to)| from <= start && start < to && *to != u64::MAX).count();
            prop_assert!(inside <= usize::try_from(at_once).unwrap(), "{seen:?}");
        }
    }
    #[test]
    fn who_waits_at_the_same_time_goes_by_lane_then_by_arrival(lanes in prop::collection::vec(0_usize..3, 1..12)) {
        let lanes: Vec<Lane> = lanes.into_iter().map(|lane| [Lane::Listing, Lane::Change, Lane::Desk][lane]).collect();
        let order = runtime().block_on(async {
            let (time, limits) = stepped();
            let mut first = limits.acquire("test", &[limit(1, SECOND)], Lane::Listing, None).await.unwrap();
            first.sent();
            let order = Arc::new(Mutex::new(Vec::new()));
            let mut tasks = Vec::new();
            for (index, lane) in lanes.iter().copied().enumerate() {
                let (limits, order) = (limits.clone(), order.clone());
                tasks.push(tokio::spawn(async move {
                    let mut permits = limits.acquire("test", &[limit(1, SECOND)], lane, None).await.unwrap();
                    permits.sent();
                    order.lock().unwrap().push((Reverse(lane), index));
                }));
                settle().await;
            }
            drop(first);
            while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
                settle().await;
                time.advance(SECOND);
            }
            order.lock().unwrap().clone()
        });
        let mut expected = order.clone();
        expected.sort();
        prop_assert_eq!(order, expected);
    }
}

#[tokio::test]
async fn a_learnt_pause_holds_everybody_and_a_long_one_is_not_waited_for() {
    let (time, limits) = stepped();
    let key = LimitKey::new("shop");
    let hint = |wait| LimitHint { wait: Some(wait), ..LimitHint::default() };
    limits.learn(&key, &hint(55 * SECOND));
    let task = tokio::spawn({
        let limits = limits.clone();
        async move { limits.acquire("list orders", &[Limit::learnt(LimitKey::new("shop"))], Lane::Change, None).await }
    });
    settle().await;
    time.advance(54 * SECOND);
    settle().await;
    assert!(!task.is_finished());
    time.advance(SECOND);
    drop(task.await.unwrap().unwrap());

    limits.learn(&key, &hint(Duration::from_secs(u64::MAX)));
    let error = limits.acquire("list orders", &[Limit::learnt(key.clone())], Lane::Desk, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry(), Retry::Later { after: Some(LONGEST_PAUSE) });
}

#[tokio::test]
async fn a_learnt_quota_replaces_the_known_one() {
    let (_, limits) = stepped();
    let key = LimitKey::new("shop");
    let known = [limit(5, SECOND)];
    let mut permits = limits.acquire("x", &known, Lane::Change, None).await.unwrap();
    permits.sent();
    drop(permits);
    let quota = Some(Quota::new(1, SECOND));
    limits.learn(&key, &LimitHint { quota, ..LimitHint::default() });
    assert_eq!(limits.quota(&key), quota);
    let error = limits.acquire("x", &known, Lane::Change, Some(SECOND / 2)).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Later { after: Some(SECOND) });
}

#[tokio::test]
async fn a_slot_that_was_never_used_is_free_again_and_two_limits_do_not_block_each_other() {
    let (_, limits) = stepped();
    let two =
        |first: &str, second: &str| [first, second].map(|key| Limit::known(LimitKey::new(key), Quota::new(1, SECOND)));
    for (first, second) in [("a", "b"), ("b", "a"), ("a", "a")] {
        drop(limits.acquire("x", &two(first, second), Lane::Change, Some(Duration::ZERO)).await.unwrap());
    }
}

#[tokio::test]
async fn a_waiter_that_is_dropped_lets_the_next_one_go() {
    let (_, limits) = stepped();
    let one = [Limit::known(LimitKey::new("shop"), Quota::per_minute(100).at_once(1))];
    let held = limits.acquire("x", &one, Lane::Change, None).await.unwrap();
    let mut first = Box::pin(limits.acquire("x", &one, Lane::Desk, None));
    let mut second = Box::pin(limits.acquire("x", &one, Lane::Change, None));
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    drop(first);
    drop(held);
    assert!(second.await.is_ok());
}
