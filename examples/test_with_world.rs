//! How a test suite uses `Mock` and `World`: the cases are functions as they would stand under `#[test]`, called one after
//! the other here. No network, no sleeping: time goes on when a test says so.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]
use sync_core::model::Organisation;
use sync_testkit::{Mock, World};

const RULES: &str = r#"
    [entities.customers]
    kind   = "organisation"
    master = "crm"
    match  = [{ on = ["registration_number"] }]
    systems.crm = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.phone = { rule = "shared", on_conflict = "hold" }
"#;

/// Your systems, with the habits that yours have: here an ERP that cuts names and looks for customers by number.
fn world() -> World {
    let crm = Mock::new("crm").stream::<Organisation>("company", |stream| stream);
    let erp = Mock::new("erp").stream::<Organisation>("customer", |stream| stream.cuts("name", 20));
    World::new(7).with(crm).with(erp).policy(RULES) // the seed decides all that chance decides
}

fn company() -> Organisation {
    Organisation::new().name("Nordic Widgets Aktiebolag").registration_number("556677-8899").phone("+46 8 1")
}

fn a_cut_name_is_no_edit() {
    let mut world = world();
    let id = world.system("crm").put("company", company());
    world.adopt();
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Nordic Widgets Aktie".into());
    assert_eq!(world.run().writes(), 0);
    let kept = world.system("crm").get::<Organisation>("company", &id).unwrap_or_default();
    assert_eq!(kept.name, "Nordic Widgets Aktiebolag".into());
}

fn who_is_there_already_is_not_made_again() {
    let mut world = world();
    world.system("crm").put("company", company());
    world.system("erp").put("customer", company());
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1);
}

fn two_edits_of_one_number_are_shown_to_a_person() {
    let mut world = world();
    let id = world.system("crm").put("company", company());
    world.adopt();
    world.run();
    world.system("crm").edit::<Organisation>("company", &id, |company| company.phone("+46 8 2"));
    let number = world.system("erp").all("customer").keys().next().cloned().unwrap_or_default();
    world.system("erp").edit::<Organisation>("customer", &number, |customer| customer.phone("+46 8 3"));
    let report = world.run();
    assert_eq!((report.writes(), report.held.len()), (0, 1));
    println!("  a person reads: {}", report.waiting().collect::<Vec<_>>().join("; "));
}

fn a_system_that_is_down_costs_nothing_but_time() {
    let mut world = world();
    world.adopt();
    world.system("crm").put("company", company());
    world.system("erp").set_down(true);
    assert_eq!(world.run().writes(), 0);
    world.system("erp").set_down(false);
    world.pass(3600);
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.run().writes(), 0);
}

fn lost_answers_double_nothing() {
    for seed in 0..50 {
        let crm = Mock::new("crm").stream::<Organisation>("company", |stream| stream);
        // every second answer to a write is lost after the write was made
        let erp = Mock::new("erp")
            .stream::<Organisation>("customer", |stream| stream.finds("registration_number").loses_answers(500));
        let mut world = World::new(seed).with(crm).with(erp).policy(RULES);
        world.adopt();
        for number in 0..10 {
            world.system("crm").put("company", company().registration_number(format!("5566-{number}")));
        }
        for _ in 0..10 {
            world.run();
        }
        assert_eq!(world.system("erp").all("customer").len(), 10, "seed {seed}");
    }
}

fn main() {
    let cases: [(&str, fn()); 5] = [
        ("a cut name is no edit", a_cut_name_is_no_edit),
        ("who is there already is not made again", who_is_there_already_is_not_made_again),
        ("two edits of one number are shown to a person", two_edits_of_one_number_are_shown_to_a_person),
        ("a system that is down costs nothing but time", a_system_that_is_down_costs_nothing_but_time),
        ("lost answers double nothing, 50 histories", lost_answers_double_nothing),
    ];
    for (name, case) in cases {
        case();
        println!("holds: {name}");
    }
}
