//! Which records are one and the same.

use sync_core::model::Organisation;
use sync_core::store::HeldWhy;

use super::*;

const GUESTS: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["registration_number"] }, { on = ["email"], duplicates = "alias" }]
    systems.crm = { read = true }
    systems.erp = { read = true, create = "always", update = true }
"#;

#[test]
fn records_that_exist_on_both_sides_are_bound_and_not_made_again() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("Nordic", "556677-8899"));
    world.system("erp").put("customer", company("Nordic AB", "5566778899"));
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Nordic".into());
}

#[test]
fn duplicates_in_a_register_are_held_and_sorted_out_when_the_duplicate_goes() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    let twin = world.system("crm").put("company", company("A again", "1"));
    world.system("erp").put("customer", company("A", "1"));
    world.adopt();
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert!(report.held.iter().filter(|held| held.why == HeldWhy::Ambiguous).count() >= 2, "{:?}", report.held);
    assert_eq!(world.system("erp").all("customer").len(), 1, "nothing is made of a record that nobody can place");
    world.system("crm").edit::<Organisation>("company", &twin, |o| o.registration_number("2"));
    world.run();
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(world.system("erp").all("customer").len(), 2);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_returning_buyer_is_an_alias_and_nothing_is_taken_from_it() {
    let mut world = two(GUESTS, plain, plain);
    world.system("crm").put("company", Organisation::new().name("Anna").email("anna@a.se"));
    world.adopt();
    world.run();
    world.system("crm").put("company", Organisation::new().name("Anna Andersson").email("ANNA@a.se"));
    let report = world.run();
    assert_eq!(report.writes(), 0, "an alias is no edit");
    assert!(report.held.is_empty());
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Anna".into());
}

#[test]
fn the_order_of_reading_does_not_matter_for_who_is_bound_to_whom() {
    for order in [["1", "2", "3"], ["3", "1", "2"]] {
        let mut world = two(ONE_WAY, plain, plain);
        for number in order {
            world.system("crm").put("company", company(&format!("C{number}"), number));
            world.system("erp").put("customer", company(&format!("E{number}"), number));
        }
        world.adopt();
        world.run();
        let mut names: Vec<_> = world
            .system("erp")
            .all("customer")
            .values()
            .map(|f| f.text(Organisation::NAME).unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["C1", "C2", "C3"]);
    }
}

#[test]
fn a_matching_record_that_turns_up_later_is_bound_and_not_copied() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("erp").put("customer", company("Old", "1"));
    world.adopt();
    world.run();
    world.system("crm").put("company", company("New", "1"));
    assert_eq!(world.run().writes(), 1);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "New".into());
}

#[test]
fn a_record_that_fits_two_duplicates_elsewhere_is_no_third_one() {
    for policy in [ONE_WAY.to_owned(), ONE_WAY.replace("crm", "zcrm")] {
        let name = if policy.contains("zcrm") { "zcrm" } else { "crm" };
        let mut world = World::new(1)
            .with(Mock::new(name).stream::<Organisation>("company", plain))
            .with(Mock::new("erp").stream::<Organisation>("customer", plain))
            .policy(&policy);
        world.system("erp").put("customer", company("A", "1"));
        let twin = world.system("erp").put("customer", company("A too", "1"));
        world.system(name).put("company", company("A", "1"));
        world.adopt();
        let report = world.run();
        assert_eq!((report.writes(), report.held.len()), (0, 3), "{name}: {:?}", report.held);
        // a fourth that comes later is held as well
        world.system(name).put("company", company("A once more", "1"));
        assert_eq!(world.run().writes(), 0, "{name}");
        world.system("erp").delete("customer", &twin);
    }
}

#[test]
fn a_seed_does_not_go_over_what_a_matched_record_has() {
    let policy = format!("{ONE_WAY}\n fields.name = {{ rule = \"seed\", from = \"crm\" }}");
    let mut world = two(&policy, plain, plain);
    world.system("crm").put("company", company("Of the shop", "1"));
    world.system("erp").put("customer", company("Of the books", "1"));
    world.adopt();
    assert_eq!(world.run().writes(), 0);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Of the books".into());
}
