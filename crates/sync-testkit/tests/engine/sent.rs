//! Writes that are taken as sent: whose answer shows nothing, and whose record need not be read. And calls that take
//! several writes.

use sync_core::model::{Item, Organisation};

use super::*;

/// How often the ERP was asked for this.
fn asked(world: &World, what: &str) -> usize {
    world.system("erp").calls().get(what).map_or(0, |count| usize::try_from(*count).unwrap())
}

#[test]
fn what_was_sent_is_taken_as_what_is_kept_and_nobody_looks() {
    let habits = |s: Habits| s.keeps_as_sent().cuts("name", 6);
    let mut world = two(ONE_WAY, plain, habits);
    let id = world.system("crm").put("company", company("Nordic Widgets", "1").email("a@nordic.example"));
    world.adopt();
    assert_eq!(world.run().writes(), 1);
    assert_eq!(asked(&world, "get customer"), 0, "nobody read what was made");
    // before anything is listed: only what changed goes out, without a look
    world.system("crm").edit::<Organisation>("company", &id, |o| o.email("b@nordic.example"));
    assert_eq!(world.run().writes(), 1);
    assert_eq!((asked(&world, "get customer"), asked(&world, "write customer")), (0, 2));
    let kept = world.system("erp").one::<Organisation>("customer");
    assert_eq!((kept.name, kept.email), ("Nordic".into(), "b@nordic.example".into()));
    // the listing shows what is known: a name that was cut is no edit
    for _ in 0..2 {
        assert_eq!(world.run().writes(), 0);
    }
    assert_eq!(world.system("crm").one::<Organisation>("company").name, "Nordic Widgets".into());
}

#[test]
fn what_may_be_kept_in_several_forms_is_not_known_until_it_is_read() {
    let habits = |s: Habits| s.keeps_as_sent().uppercases("name");
    let mut world = two(SHARED, plain, habits);
    world.system("crm").put("company", company("Nordic", "1"));
    world.adopt();
    for _ in 0..3 {
        world.run();
    }
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "NORDIC".into());
    assert_eq!(world.system("crm").one::<Organisation>("company").name, "Nordic".into(), "another case is no edit");
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn an_edit_after_a_write_that_nobody_read_is_an_edit() {
    let mut world = two(SHARED, plain, |s| s.keeps_as_sent());
    world.system("crm").put("company", company("A", "1"));
    world.adopt();
    assert_eq!(world.run().writes(), 1);
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("C"));
    for _ in 0..3 {
        world.run();
    }
    assert_eq!(world.system("crm").one::<Organisation>("company").name, "C".into());
    assert!(world.run().held.is_empty());
}

/// Somebody wants to hear of names that are changed in the ERP.
const HOLDING: &str = r#"
    [guards]
    max_change_percent = 100
    [entities.items]
    kind = "item"
    master = "pim"
    match = [{ on = ["number"] }]
    systems.pim = { read = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.name = { rule = "master", system = "pim", on_foreign_change = "hold" }
"#;

/// So many items that both have.
fn shelf(count: usize, habits: impl FnOnce(Habits) -> Habits) -> (World, Vec<std::sync::Arc<str>>) {
    let mut world = World::new(1)
        .with(Mock::new("pim").stream::<Item>("item", plain))
        .with(Mock::new("erp").stream::<Item>("article", habits))
        .policy(HOLDING);
    let item = |place: usize| Item::new().number(format!("A-{place:04}")).name(format!("Skruv {place}"));
    let pim = world.system("pim").clone();
    let ids = (0..count).map(|place| pim.put("item", item(place))).collect();
    (0..count).for_each(|place| _ = world.system("erp").put("article", item(place)));
    world.adopt();
    assert_eq!(world.run().writes(), 0);
    (world, ids)
}

#[test]
fn the_looks_before_a_call_for_many_records_are_few_calls() {
    let (world, ids) = shelf(40, |s| s.batches(20, 1).gets(10));
    for id in &ids {
        world.system("pim").edit::<Item>("item", id, |item| item.name("Bult"));
    }
    world.pass(3600);
    let (before, listed) = (asked(&world, "get article"), asked(&world, "list article"));
    let mut is_old = false;
    // by the time of the writes the listing is older than what they may rest on
    let report = run_while(&world, |world, _| {
        if !is_old && asked(world, "list article") > listed {
            world.clock().advance(chrono::TimeDelta::seconds(40));
            is_old = true;
        }
    });
    assert_eq!(report.writes(), 40);
    assert_eq!(asked(&world, "get article") - before, 4, "two calls of 20 writes, ten looks in a call");
}

#[test]
fn a_call_that_takes_more_than_a_wave_is_not_cut() {
    let (mut world, ids) = shelf(600, |s| s.batches(1000, 1));
    for id in &ids {
        world.system("pim").edit::<Item>("item", id, |item| item.name("Bult"));
    }
    let before = asked(&world, "send article");
    assert_eq!(world.run().writes(), 600);
    assert_eq!(asked(&world, "send article") - before, 1);
}
