//! People's decisions, hints, hooks, mappers, policies that change.

use sync_core::engine::Engine;
use sync_core::hook::{Hook, Outbound, Place, Verdict};
use sync_core::model::Organisation;
use sync_core::store::{Inbox, StateStore, Verdict as Said};
use sync_core::{FieldMap, FieldPath};
use sync_testkit::drive;

use super::*;

fn engine(world: &World) -> Engine {
    world.engine().unwrap()
}

#[test]
fn a_person_decides_a_conflict_and_it_is_written_everywhere() {
    let mut world = two(SHARED, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("C"));
    let held = world.run().held.remove(0);
    let take = Inbox::Take {
        subject: held.subject,
        unit: held.unit.unwrap(),
        value: FieldMap::new().with(Organisation::NAME, "D"),
    };
    drive(engine(&world).post("anna", take)).unwrap();
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(world.system("crm").one::<Organisation>("company").name, "D".into());
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "D".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_hint_is_looked_at_and_its_content_is_never_data() {
    let mut world = two(ONE_WAY, |s| s.since(1), plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    world.system("crm").edit::<Organisation>("company", &id, |o| o.name("B"));
    let body = format!("{}\n", world.system("crm").at("company").id(&id));
    let system = world.system("crm").system().clone();
    let engine = engine(&world);
    for _ in 0..5 {
        assert_eq!(drive(engine.hint(&system, &[], body.as_bytes())).unwrap(), 1);
    }
    assert!(drive(engine.hint(&system, &[], b"nonsense")).is_err());
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.run().writes(), 0);
    assert!(drive(world.store().inbox()).unwrap().is_empty());
}

#[test]
fn an_ignored_record_is_left_alone_and_two_that_are_not_the_same_are_not_bound() {
    let mut world = two(ONE_WAY, plain, plain);
    world.adopt();
    let a = world.system("crm").put("company", company("A", "1"));
    let b = world.system("crm").put("company", company("B", "2"));
    let other = world.system("erp").put("customer", company("B too", "2"));
    let (at, erp) = (world.system("crm").at("company"), world.system("erp").at("customer"));
    let same = Said::NotSame(at.id(&b).min(erp.id(&other)), at.id(&b).max(erp.id(&other)));
    drive(engine(&world).post("anna", Inbox::Verdict(Said::Ignored(at.id(&a))))).unwrap();
    drive(engine(&world).post("anna", Inbox::Verdict(same))).unwrap();
    world.run();
    world.run();
    let mut names: Vec<_> =
        world.system("erp").all("customer").values().map(|f| f.text(Organisation::NAME).unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["B", "B too"]);
}

#[derive(Debug)]
struct Polite;

impl Hook for Polite {
    fn before_write(&self, _: &Place<'_>, write: &Outbound<'_>) -> sync_core::Result<Verdict> {
        Ok(match write.fields.text(Organisation::NAME) {
            Some("Hold") => Verdict::Hold("a person must look; do so".into()),
            Some("Skip") => Verdict::Skip("not today".into()),
            Some("Change") => Verdict::Change(FieldMap::new().with(Organisation::NAME, "Changed")),
            _ => Verdict::Keep,
        })
    }
}

#[test]
fn a_hook_changes_holds_or_skips_a_write() {
    use std::sync::Arc;
    use sync_core::engine::{Cancel, Mode, Silent};
    let world = two(ONE_WAY, plain, plain);
    for (number, name) in ["Hold", "Skip", "Change", "Keep"].into_iter().enumerate() {
        world.system("crm").put("company", company(name, &number.to_string()));
    }
    let build = || {
        Engine::builder(Arc::new(world.store().clone()), Arc::new(world.clock().clone()))
            .system(Arc::new(world.system("crm").clone()))
            .system(Arc::new(world.system("erp").clone()))
            .policy(sync_core::policy::Policy::from_toml(ONE_WAY).unwrap())
            .hook("erp", "companies", Polite)
            .build()
            .unwrap()
    };
    drive(build().run(Mode::Adopt, &Silent, &Cancel::new())).unwrap();
    let report = drive(build().run(Mode::Sync, &Silent, &Cancel::new())).unwrap();
    let mut names: Vec<_> =
        world.system("erp").all("customer").values().map(|f| f.text(Organisation::NAME).unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["Changed", "Keep"]);
    assert_eq!(report.held.len(), 1);
    world.pass(60);
    assert_eq!(drive(build().run(Mode::Sync, &Silent, &Cancel::new())).unwrap().writes(), 0);
    let wrong = Engine::builder(Arc::new(world.store().clone()), Arc::new(world.clock().clone()))
        .system(Arc::new(world.system("crm").clone()))
        .system(Arc::new(world.system("erp").clone()))
        .policy(sync_core::policy::Policy::from_toml(ONE_WAY).unwrap())
        .hook("erp", "people", Polite)
        .build();
    assert!(wrong.is_err());
}

#[test]
fn a_changed_table_is_no_edit_and_is_carried_through() {
    let tables =
        |code: &str| format!("{ONE_WAY}\n[tables.category]\ncrm = {{ good = \"A\" }}\nerp = {{ good = \"{code}\" }}\n");
    let mut world = two(&tables("1"), plain, plain);
    world.system("crm").put("company", company("X", "1").category("A"));
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").category, "1".into());
    let mut world = world.policy(&tables("2"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").category, "2".into(), "the new code is written");
    assert_eq!(world.system("crm").one::<Organisation>("company").category, "A".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn an_unmapped_code_holds_its_record_and_is_told_once_for_all() {
    let table = |rows: &str| {
        format!("{ONE_WAY}\n[tables.category]\ncrm = {{ good = \"A\", bad = \"B\" }}\nerp = {{ {rows} }}\n")
    };
    let mut world = two(&table("good = \"1\""), plain, plain);
    for number in 0..3 {
        world.system("crm").put("company", company(&format!("C{number}"), &number.to_string()).category("B"));
    }
    world.system("crm").put("company", company("Fine", "9").category("A"));
    world.adopt();
    let report = world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1);
    assert_eq!(report.held.len(), 3);
    let mut world = world.policy(&table("good = \"1\", bad = \"2\""));
    world.run();
    let report = world.run();
    assert_eq!(world.system("erp").all("customer").len(), 4);
    assert!(report.held.is_empty(), "{:?}", report.held);
}

#[test]
fn a_new_master_asks_for_a_first_contact_and_a_new_rule_does_not() {
    let mut world = two(SHARED, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    let mut world = world.policy(&SHARED.replace(
        "name = { rule = \"shared\", on_conflict = \"hold\" }",
        "name = { rule = \"master\", system = \"crm\" }",
    ));
    let report = world.run();
    assert!(report.adopt_first.is_empty());
    let mut world = world.policy(&SHARED.replace("master = \"crm\"", "master = \"erp\""));
    let report = world.run();
    assert_eq!(report.adopt_first.len(), 1);
    world.adopt();
    assert!(world.run().adopt_first.is_empty());
}

#[test]
fn a_locked_record_is_held_with_its_cure_and_written_when_it_opens() {
    let mut world = two(ONE_WAY, plain, plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").lock_record("customer", &erp, Some("booked; credit it"));
    world.system("crm").edit::<Organisation>("company", &id, |o| o.name("B"));
    world.run();
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert!(report.held.iter().any(|held| held.cure.contains("credit it")), "{:?} {:?}", report.held, report.parked);
    world.system("erp").lock_record("customer", &erp, None);
    world.pass(7200);
    world.run();
    let report = world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "B".into());
    assert!(report.held.is_empty(), "{:?}", report.held);
    let _ = FieldPath::new("x");
}
