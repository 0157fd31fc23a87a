//! Removals, returns, and records that go missing.

use sync_core::model::Organisation;
use sync_core::store::HeldWhy;

use super::*;

fn removing(rule: &str) -> String {
    format!(
        "{}\n    on_remove = \"{rule}\"\n",
        ONE_WAY
            .replace("update = true }", "update = true, remove = true }")
            .replace("systems.crm", "complete_every = \"1m\"\n    systems.crm")
    )
}

#[test]
fn a_removal_needs_two_listings_and_a_proof_and_is_held_by_default() {
    let mut world = two(&removing("hold"), plain, plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    world.system("crm").delete("company", &id);
    assert!(world.run().held.is_empty(), "one listing is no proof");
    let report = world.run();
    assert_eq!(report.held.iter().filter(|held| held.why == HeldWhy::Removed).count(), 1, "{:?}", report.held);
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 2);
}

#[test]
fn a_removal_is_propagated_where_the_rule_says_so() {
    let mut world = two(&removing("propagate"), plain, plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    world.system("crm").delete("company", &id);
    for _ in 0..3 {
        world.run();
    }
    let left: Vec<_> = world.system("erp").all("customer").into_values().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].text(Organisation::NAME), Some("B"));
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn what_is_removed_is_not_written_at_the_same_time() {
    let policy = removing("propagate");
    let mut world = two(&policy, |s| s.since(1).tombstones(), plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    // the edit is agreed, and does not arrive
    world.system("crm").edit::<Organisation>("company", &id, |o| o.name("A2"));
    world.system("erp").set_down(true);
    world.run();
    world.system("erp").set_down(false);
    world.system("crm").delete("company", &id);
    let sent = |world: &World| world.system("erp").calls().get("write customer").copied().unwrap_or_default();
    let before = sent(&world);
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1);
    assert_eq!(sent(&world) - before, 1, "the removal, and nothing else");
}

#[test]
fn tombstones_are_proof_enough() {
    let mut world = two(&removing("propagate"), |s| s.since(1).tombstones(), plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    world.system("crm").delete("company", &id);
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1);
}

#[test]
fn empty_and_truncated_listings_remove_nothing() {
    let mut world = two(&removing("propagate"), |s| s.pages(5), plain);
    for number in 0..20 {
        world.system("crm").put("company", company(&format!("C{number}"), &number.to_string()));
    }
    world.adopt();
    world.run();
    let crm = world.system("crm").clone();
    // the listing is empty, again and again: the guard does not believe it
    let hidden = crm.all("company").keys().cloned().collect::<Vec<_>>();
    assert_eq!(hidden.len(), 20);
    let mut world = World::new(2)
        .with(Mock::new("crm").stream::<Organisation>("company", |s| s.pages(5).short_listings(400, 300)))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain))
        .policy(&removing("propagate"));
    for number in 0..20 {
        world.system("crm").put("company", company(&format!("C{number}"), &number.to_string()));
    }
    world.adopt();
    for _ in 0..40 {
        world.run();
    }
    assert_eq!(world.system("erp").all("customer").len(), 20);
}

#[test]
fn a_record_that_a_user_removes_at_the_target_is_asked_about_and_not_made_for_ever() {
    let mut world = two(&removing("hold"), plain, plain);
    world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").put("customer", company("another", "9"));
    world.run();
    world.system("erp").delete("customer", &erp);
    for _ in 0..4 {
        world.run();
    }
    assert_eq!(world.system("erp").all("customer").len(), 1);
    let report = world.run();
    assert_eq!(report.held.iter().filter(|held| held.why == HeldWhy::Removed).count(), 1, "{:?}", report.held);
}

#[test]
fn a_new_record_takes_the_place_of_a_removed_one() {
    let mut world = two(&removing("hold"), plain, plain);
    world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").put("customer", company("another", "9"));
    world.run();
    world.system("erp").delete("customer", &erp);
    for _ in 0..3 {
        world.run();
    }
    world.system("erp").put("customer", company("A by hand", "1"));
    world.run();
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    let names: Vec<_> = world.system("erp").all("customer").into_values().collect();
    assert_eq!(names.len(), 2);
    assert!(names.iter().any(|fields| fields.text(Organisation::NAME) == Some("A")), "{names:?}");
}

#[test]
fn records_merged_in_their_system_become_one_and_nothing_is_removed_for_it() {
    let mut world = two(&removing("propagate"), |s| s.since(1).tombstones(), plain);
    let a = world.system("crm").put("company", company("A", "1"));
    let b = world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    // both are in the ERP: a person must say what becomes of the second
    world.system("crm").merge("company", &b, &a);
    world.run();
    let report = world.run();
    assert_eq!(world.system("erp").all("customer").len(), 2, "a merge is no removal");
    assert!(report.held.iter().any(|held| held.text.contains("merged")), "{:?}", report.held);
    // one that is nowhere else is simply one more name
    let policy = format!(
        "{}\n[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"category = customer\"]",
        removing("propagate")
    );
    let mut world = two(&policy, |s| s.since(1).tombstones(), plain);
    let a = world.system("crm").put("company", company("A", "1").category("customer"));
    let c = world.system("crm").put("company", company("C", "3"));
    world.adopt();
    world.run();
    world.system("crm").merge("company", &c, &a);
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_record_goes_on_under_its_next_name_when_its_first_one_is_removed() {
    let policy = removing("propagate").replace(
        "match = [{ on = [\"registration_number\"] }]",
        "match = [{ on = [\"email\"], duplicates = \"alias\" }]",
    );
    let mut world = two(&policy, plain, plain);
    let first = world.system("crm").put("company", Organisation::new().name("Anna").email("a@a.se"));
    let second = world.system("crm").put("company", Organisation::new().name("Anna A").email("a@a.se"));
    world.system("crm").put("company", Organisation::new().name("Bo").email("b@a.se"));
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 2);
    world.system("crm").delete("company", &first);
    for _ in 0..4 {
        world.run();
    }
    assert_eq!(world.system("erp").all("customer").len(), 2, "she is still there, under her other name");
    world.system("crm").edit::<Organisation>("company", &second, |o| o.name("Anna B"));
    world.run();
    let names: Vec<_> = world.system("erp").all("customer").into_values().collect();
    assert!(names.iter().any(|f| f.text(Organisation::NAME) == Some("Anna B")), "{names:?}");
}

#[test]
fn a_number_that_is_given_to_somebody_else_is_no_edit_of_every_field() {
    let mut world = two(ONE_WAY, |s| s.natural_key(), plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    world.system("crm").edit::<Organisation>("company", &id, |o| o.name("Quite another").registration_number("2"));
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert_eq!(report.held.len(), 1, "{:?}", report.held);
    assert_eq!(world.run().held.len(), 1, "it stays held");
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "A".into());
    world.system("crm").edit::<Organisation>("company", &id, |o| o.name("Quite another").registration_number("1"));
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Quite another".into());
}

#[test]
fn a_long_run_keeps_its_lease() {
    // each write takes a minute; the lease alone would run out after ten
    #[derive(Debug)]
    struct Slow(sync_testkit::VirtualClock);
    impl sync_core::hook::Hook for Slow {
        fn after_write(&self, _: &sync_core::hook::Place<'_>, _: &sync_core::connector::Written) {
            self.0.advance(chrono::TimeDelta::seconds(2));
        }
    }
    use std::sync::Arc;
    use sync_core::engine::{Cancel, Engine, Mode, Silent};
    let world = two(ONE_WAY, plain, plain);
    for number in 0..700 {
        world.system("crm").put("company", company(&format!("C{number}"), &number.to_string()));
    }
    let engine = Engine::builder(Arc::new(world.store().clone()), Arc::new(world.clock().clone()))
        .system(Arc::new(world.system("crm").clone()))
        .system(Arc::new(world.system("erp").clone()))
        .policy(sync_core::policy::Policy::from_toml(ONE_WAY).unwrap())
        .hook("erp", "companies", Slow(world.clock().clone()))
        .build()
        .unwrap();
    sync_testkit::drive(engine.run(Mode::Adopt, &Silent, &Cancel::new())).unwrap();
    let report = sync_testkit::drive(engine.run(Mode::Sync, &Silent, &Cancel::new())).unwrap();
    assert_eq!(report.writes(), 700);
}

#[test]
fn what_returns_under_a_forgotten_name_is_skipped() {
    use sync_core::Clock;
    let habits: [fn(Habits) -> Habits; 2] = [plain, |s| s.partial_rows(&["name"])];
    for habits in habits {
        let mut world = two(ONE_WAY, habits, plain);
        let crm = world.system("crm").put("company", company("A", "1"));
        world.system("crm").put("company", company("B", "2"));
        world.adopt();
        world.run();
        let reference = world.system("crm").at("company").id(&crm);
        let id = drive(world.store().bound(std::slice::from_ref(&reference))).unwrap()[0].1;
        drive(world.store().forget(id, world.clock().now())).unwrap();
        world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("C"));
        let body = format!("{reference}\n");
        let system = world.system("crm").system().clone();
        drive(world.engine().unwrap().hint(&system, &[], body.as_bytes())).unwrap();
        for _ in 0..3 {
            assert_eq!(world.run().writes(), 0);
        }
        assert_eq!(world.system("erp").all("customer").len(), 2);
        assert!(drive(world.store().bound(&[reference])).unwrap().is_empty());
    }
}
