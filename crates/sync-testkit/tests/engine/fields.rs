//! Who decides a field, and what lossy systems do to it.

use sync_core::model::{Address, Organisation};
use sync_core::store::{HeldWhy, StateStore};
use sync_testkit::drive;

use super::*;

#[test]
fn a_change_is_made_once_and_arrives_once() {
    let mut world = two(ONE_WAY, plain, plain);
    let id = world.system("crm").put("company", company("Nordic Widgets AB", "556677-8899"));
    assert_eq!(world.adopt().writes(), 0);
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Nordic Widgets AB".into());
    assert!(world.system("crm").edit::<Organisation>("company", &id, |o| o.name("Nordic Widgets Group AB")));
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Nordic Widgets Group AB".into());
    assert_eq!(world.run().writes(), 0);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_change_elsewhere_than_at_the_master_is_taken_back_and_journaled() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("Right", "1"));
    world.adopt();
    world.run();
    let id = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").edit::<Organisation>("customer", &id, |o| o.name("Wrong"));
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Right".into());
    let journal = format!("{:?}", drive(world.store().journal(&[], 100)).unwrap());
    assert!(journal.contains("Wrong"), "what was overridden stands in the journal: {journal}");
}

#[test]
fn a_system_that_cuts_edits_nothing_and_gives_nothing_cut_back() {
    let mut world = two(SHARED, plain, |s| s.cuts("name", 10).cuts("billing.street", 8));
    let long = company("Nordic Widgets Aktiebolag", "1")
        .billing(Address::new().street("Storgatan 12 B").city("Oslo").postal_code("0150"));
    let id = world.system("crm").put("company", long);
    world.adopt();
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.run().writes(), 0);
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").edit::<Organisation>("customer", &erp, |o| {
        let billing = o.billing.clone().city("Bergen");
        o.billing(billing)
    });
    assert_eq!(world.run().writes(), 1);
    let crm = world.system("crm").get::<Organisation>("company", &id).unwrap();
    assert_eq!(crm.billing.city, "Bergen".into());
    assert_eq!(crm.billing.street, "Storgatan 12 B".into(), "the cut street does not travel with the edited city");
    assert_eq!(crm.name, "Nordic Widgets Aktiebolag".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn an_undeclared_recoding_is_no_edit_where_the_answer_shows_it() {
    let mut world = two(SHARED, plain, |s| s.recodes("phone", "070-123 45 67", "+46701234567"));
    world.system("crm").put("company", company("A", "1").phone("070-123 45 67"));
    world.adopt();
    world.run();
    assert_eq!(world.run().writes(), 0);
    assert_eq!(world.system("crm").one::<Organisation>("company").phone, "070-123 45 67".into());
}

#[test]
fn edits_of_different_fields_on_both_sides_merge() {
    let mut world = two(SHARED, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1").email("old@a.se"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.email("new@a.se"));
    world.run();
    assert_eq!(world.run().writes(), 0);
    for (system, stream) in [("crm", "company"), ("erp", "customer")] {
        let record = world.system(system).one::<Organisation>(stream);
        assert_eq!((record.name, record.email), ("B".into(), "new@a.se".into()), "{system}");
    }
}

#[test]
fn two_edits_of_one_group_are_one_conflict_with_whole_values_and_wait_for_a_person() {
    let mut world = two(SHARED, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1").billing(Address::new().street("S 1").city("Oslo")));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    let street = |o: Organisation| {
        let b = o.billing.clone().street("S 2");
        o.billing(b)
    };
    let city = |o: Organisation| {
        let b = o.billing.clone().city("Bergen");
        o.billing(b)
    };
    world.system("crm").edit::<Organisation>("company", &crm, street);
    world.system("erp").edit::<Organisation>("customer", &erp, city);
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert_eq!(report.exit_code(), 3);
    let [held] = report.held.as_slice() else { panic!("{:?}", report.held) };
    assert_eq!(held.unit.map(|u| u.as_str()), Some("billing"));
    assert!(matches!(held.why, HeldWhy::Field(_)));
    assert!(held.values.iter().all(|(_, value)| value.len() >= 2), "both values are whole addresses: {held:?}");
    // it stays, run after run, and untouched
    assert_eq!(world.run().held.len(), 1);
    // until both say the same
    world.system("crm").edit::<Organisation>("company", &crm, city);
    world.system("erp").edit::<Organisation>("customer", &erp, street);
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_preferred_system_wins_and_the_loser_is_journaled_and_overwritten() {
    let mut world = two(SHARED, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1").email("old@a.se"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.email("crm@a.se"));
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.email("erp@a.se"));
    world.run();
    assert_eq!(world.system("crm").one::<Organisation>("company").email, "erp@a.se".into());
    assert_eq!(world.run().writes(), 0);
    let journal = format!("{:?}", drive(world.store().journal(&[], 100)).unwrap());
    assert!(journal.contains("crm@a.se"));
}

#[test]
fn first_contact_takes_the_same_meaning_for_the_same_value() {
    let mut world = two(SHARED, plain, plain);
    world.system("crm").put("company", company("A", "5566778899").phone("+46 70 123 45 67"));
    world.system("erp").put("customer", company("A", "556677-8899").phone("0046701234567"));
    let report = world.adopt();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(report.bound, 2);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_joining_side_is_filled_and_blanks_nobody() {
    let mut world = two(SHARED, plain, plain);
    world.system("crm").put("company", company("A", "1").email("a@a.se"));
    world.system("erp").put("customer", company("A", "1").phone("08-1"));
    world.adopt();
    world.run();
    for (system, stream) in [("crm", "company"), ("erp", "customer")] {
        let record = world.system(system).one::<Organisation>(stream);
        assert_eq!((record.email, record.phone), ("a@a.se".into(), "08-1".into()), "{system}");
    }
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_cut_edit_is_held_since_nobody_knows_what_was_meant() {
    let mut world = two(SHARED, plain, |s| s.cuts("name", 10));
    world.system("crm").put("company", company("Nordic Widgets Aktiebolag", "1"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("Nordic Gadgets Aktiebolag"));
    let report = world.run();
    assert_eq!(report.held.len(), 1);
    assert!(report.held[0].text.contains("beginning"), "{}", report.held[0].text);
    assert_eq!(world.system("crm").one::<Organisation>("company").name, "Nordic Widgets Aktiebolag".into());
}

#[test]
fn a_seed_is_copied_once_and_then_everybody_has_his_own() {
    let policy = format!("{ONE_WAY}\n fields.name = {{ rule = \"seed\", from = \"crm\" }}");
    let mut world = two(&policy, plain, plain);
    let id = world.system("crm").put("company", company("First", "1"));
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "First".into());
    world.system("crm").edit::<Organisation>("company", &id, |o| o.name("Second"));
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "First".into());
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("Third"));
    assert_eq!(world.run().writes(), 0);
    assert_eq!(world.system("crm").one::<Organisation>("company").name, "Second".into());
}

/// Two shops and an ERP: each order's buyer belongs to the shop that he bought in.
const SHOPS: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "@origin"
    match = [{ on = ["registration_number"] }]
    systems.no = { read = true, update = true }
    systems.se = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.phone = { rule = "seed", from = "@origin" }
"#;

#[test]
fn the_system_that_a_record_came_from_decides_it() {
    let mut world = World::new(1)
        .with(Mock::new("no").stream::<Organisation>("buyer", plain))
        .with(Mock::new("se").stream::<Organisation>("buyer", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain))
        .policy(SHOPS);
    world.adopt();
    let buyers = ["no", "se"].map(|shop| world.system(shop).put("buyer", company(shop, shop).phone("070-1")));
    assert_eq!(world.run().writes(), 2);
    let phones = world.system("erp").all("customer");
    assert!(phones.values().all(|fields| fields.text(Organisation::PHONE) == Some("070-1")), "{phones:?}");
    for (id, _) in world.system("erp").all("customer") {
        world.system("erp").edit::<Organisation>("customer", &id, |o| o.name("Of the ERP"));
    }
    assert_eq!(world.run().writes(), 2, "each is taken back");
    for (shop, id) in ["no", "se"].into_iter().zip(&buyers) {
        let there = world.system(shop).get::<Organisation>("buyer", id).unwrap();
        assert_eq!(there.name, shop.into(), "nothing was written to the shop");
        world.system(shop).edit::<Organisation>("buyer", id, |o| o.name(format!("{shop} 2").as_str()));
    }
    assert_eq!(world.run().writes(), 2);
    let names: Vec<String> = world.system("erp").all("customer").values().map(|r| format!("{r:?}")).collect();
    assert!(names.iter().any(|n| n.contains("no 2")) && names.iter().any(|n| n.contains("se 2")), "{names:?}");
    assert_eq!(world.run().writes(), 0);
}
