//! Lost answers, refusals, crashes: nothing is doubled and nothing is lost.

use sync_core::engine::{Cancel, Mode, Silent};
use sync_core::model::Organisation;
use sync_testkit::drive;

use super::*;

#[test]
fn a_lost_answer_to_a_create_makes_no_second_record() {
    for look in ["mark", "find", "list", "key"] {
        let habits = |s: Habits| {
            let s = s.loses_answers(1000).late(90);
            match look {
                "mark" => s.marks("x.mock.origin"),
                "find" => s.finds("registration_number"),
                "key" => s.idempotent(),
                _ => s,
            }
        };
        let mut world = two(ONE_WAY, plain, habits);
        world.system("crm").put("company", company("A", "1"));
        world.adopt();
        for _ in 0..8 {
            world.run();
        }
        assert_eq!(world.system("erp").all("customer").len(), 1, "{look}");
        world.system("crm").put("company", company("B", "2"));
        for _ in 0..8 {
            world.run();
        }
        assert_eq!(world.system("erp").all("customer").len(), 2, "{look}");
        let report = world.run();
        assert_eq!((report.writes(), report.unclear), (0, 0), "{look}");
    }
}

#[test]
fn a_refused_record_is_parked_with_its_reason_and_the_others_go_on() {
    let mut world = two(ONE_WAY, plain, |s| s.refuses("name", "Forbidden"));
    let bad = world.system("crm").put("company", company("Forbidden AB", "1"));
    world.system("crm").put("company", company("Fine AB", "2"));
    world.adopt();
    let report = world.run();
    assert_eq!(report.writes(), 1);
    let [parked] = report.parked.as_slice() else { panic!("{:?}", report.parked) };
    assert_eq!(parked.vendor, Some(("E42".to_owned(), "forbidden word".to_owned())));
    assert_eq!(report.exit_code(), 3);
    // corrected, it goes without anybody's help
    world.system("crm").edit::<Organisation>("company", &bad, |o| o.name("Allowed AB"));
    world.pass(3600);
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.run().writes(), 0);
    assert_eq!(world.system("erp").all("customer").len(), 2);
}

#[test]
fn an_unavailable_system_loses_nothing() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.system("erp").set_down(true);
    let report = world.run();
    assert_eq!(report.exit_code(), 2);
    world.system("erp").set_down(false);
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "A".into());
}

#[test]
fn a_run_that_dies_anywhere_is_taken_up_by_the_next_one() {
    // every place where a run waits for somebody is a place where the process may end
    for place in 0..60 {
        let mut world = two(ONE_WAY, plain, |s| s.marks("x.mock.origin"));
        world.system("crm").put("company", company("A", "1"));
        world.system("crm").put("company", company("B", "2"));
        world.adopt();
        world.pass(60);
        let engine = world.engine().unwrap();
        let cancel = Cancel::new();
        {
            let mut run = std::pin::pin!(engine.run(Mode::Sync, &Silent, &cancel));
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            let mut polls = 0;
            while polls < place && run.as_mut().poll(&mut cx).is_pending() {
                polls += 1;
            }
        }
        world.pass(700); // the dead run's lease runs out
        for _ in 0..4 {
            world.run();
        }
        let erp = world.system("erp").all("customer");
        assert_eq!(erp.len(), 2, "died at {place}");
        assert_eq!(world.run().writes(), 0, "died at {place}");
    }
}

#[test]
fn an_edit_behind_our_back_is_seen_before_a_shared_field_is_written() {
    let mut world = two(SHARED, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    world.pass(60);
    let engine = world.engine().unwrap();
    let cancel = Cancel::new();
    let mut run = std::pin::pin!(engine.run(Mode::Sync, &Silent, &cancel));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let mut edited = false;
    let report = loop {
        // the ERP was read; its user edits before we write
        if !edited && world.system("erp").calls().get("list customer").is_some_and(|n| *n == 3) {
            world.clock().advance(chrono::TimeDelta::seconds(40));
            world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("C"));
            edited = true;
        }
        if let std::task::Poll::Ready(report) = run.as_mut().poll(&mut cx) {
            break report.unwrap();
        }
    };
    assert!(edited);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "C".into(), "not overwritten");
    assert_eq!(report.held.len(), 1, "{:?}", report.held);
}

#[test]
fn a_dry_run_and_an_adopt_run_write_nothing_and_a_dry_run_remembers_nothing() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    let report = world.dry_run();
    assert_eq!(report.plan.ops.len(), 1);
    assert_eq!(world.system("erp").all("customer").len(), 0);
    let report = world.adopt();
    assert_eq!((report.writes(), report.plan.ops.len(), report.adopted.len()), (0, 1, 1));
    assert_eq!(world.system("erp").all("customer").len(), 0);
    assert_eq!(world.run().writes(), 1);
}

#[test]
fn without_a_first_contact_nothing_runs() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert_eq!(report.adopt_first.len(), 1);
    assert_eq!(report.exit_code(), 3);
}

#[test]
fn another_tenant_is_refused() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.system("erp").become_tenant("somebody else");
    let report = world.adopt();
    assert_eq!(report.stopped_systems.len(), 1);
    assert_eq!(report.exit_code(), 2);
}

#[test]
fn who_a_system_is_is_asked_again_once_a_day() {
    let mut world = two(ONE_WAY, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    assert_eq!(world.run().writes(), 1);
    world.system("erp").become_tenant("somebody else");
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    assert_eq!(world.run().writes(), 1, "who it was an hour ago it still is");
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("C"));
    world.pass(25 * 3600);
    for _ in 0..2 {
        let report = world.run();
        assert_eq!((report.writes(), report.stopped_systems.len()), (0, 1), "{report:?}");
        let told = format!("{:?}", report.stopped_systems);
        assert!(told.contains("somebody else") && told.contains("belongs to"), "{told}");
    }
    world.system("erp").become_tenant("erp");
    let report = world.run();
    assert_eq!((report.writes(), report.stopped_systems.len()), (1, 0));
}

#[test]
fn too_many_creates_trip_the_guard_until_a_person_approves() {
    let policy = format!("{ONE_WAY}\n[guards]\nmax_create = 2");
    let mut world = two(&policy, plain, plain);
    world.adopt();
    for number in 0..5 {
        world.system("crm").put("company", company(&format!("C{number}"), &number.to_string()));
    }
    let report = world.run();
    assert_eq!(report.exit_code(), 7);
    assert_eq!(world.system("erp").all("customer").len(), 0);
    let id = report.tripped().unwrap().to_owned();
    assert!(drive(world.engine().unwrap().approve("nonsense", "anna")).is_err());
    drive(world.engine().unwrap().approve(&id, "anna")).unwrap();
    assert_eq!(world.run().writes(), 5);
    assert_eq!(world.run().writes(), 0);
}

/// What a run decides at once is no matter to a guard: it is judged on all before the first write.
#[test]
fn a_guard_counts_all_batches_before_anything_is_written() {
    for at_once in [1, 3] {
        let mut world = two(&format!("{ONE_WAY}\n[guards]\nmax_create = 4"), plain, plain).at_once(at_once);
        world.adopt();
        for number in 0..9 {
            world.system("crm").put("company", company(&format!("C{number}"), &number.to_string()));
        }
        let dry = world.dry_run().plan;
        assert_eq!((dry.ops.len(), dry.counted().creates.values().sum::<u64>()), (at_once, 9));
        assert_eq!(dry.words().values().sum::<u64>(), 9);
        let report = world.run();
        assert_eq!((report.exit_code(), report.tripped.values().flatten().next().unwrap().found), (7, 9));
        assert_eq!(world.system("erp").all("customer").len(), 0);
        let known = drive(world.store().scan(&"companies".into(), None, 99)).unwrap();
        assert_eq!(known.len(), 0, "nothing is kept of a plan that tripped");
        let id = report.tripped().unwrap().to_owned();
        drive(world.engine().unwrap().approve(&id, "anna")).unwrap();
        assert_eq!(world.run().writes(), 9);
        assert_eq!(world.run().writes(), 0);
    }
}

#[test]
fn many_records_go_in_batches() {
    let mut world = two(ONE_WAY, plain, |s| s.batches(10, 4));
    for number in 0..400 {
        world.system("crm").put("company", company(&format!("C{number}"), &number.to_string()));
    }
    world.adopt();
    assert_eq!(world.run().writes(), 400);
    assert_eq!(world.system("erp").all("customer").len(), 400);
    assert_eq!(world.run().writes(), 0);
}
