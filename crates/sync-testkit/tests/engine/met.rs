//! Records that are met: whose they are, what of theirs gives way, and what points to them.

use sync_core::model::Person;

use super::*;

#[test]
fn a_record_that_is_listed_and_hinted_at_is_met_once() {
    let policy = ONE_WAY.replace(
        "match = [{ on = [\"registration_number\"] }]",
        "match = [{ on = [\"registration_number\"], duplicates = \"alias\" }]",
    );
    let mut world = two(&policy, plain, plain);
    let first = world.system("crm").put("company", company("A", "1"));
    let second = world.system("crm").put("company", company("A too", "1"));
    let body = format!("{}\n", world.system("crm").at("company").id(&second));
    let system = world.system("crm").system().clone();
    drive(world.engine().unwrap().hint(&system, &[], body.as_bytes())).unwrap();
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "A".into());
    world.system("crm").edit::<Organisation>("company", &first, |o| o.name("B"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "B".into());
}

#[test]
fn a_seeded_gate_is_judged_by_what_was_agreed() {
    let policy = format!(
        "{ONE_WAY}\nfields.category = {{ rule = \"seed\", from = \"crm\" }}\n[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"category = gold\"]\n"
    );
    let mut world = two(&policy, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1").category("gold"));
    world.adopt();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.category("silver"));
    world.run();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1, "it was made for what it was agreed to be");
}

#[test]
fn a_gate_is_not_judged_by_what_a_system_makes_of_the_value() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
        systems.shop = { read = true, create = "always", update = true }
        fields.category = { rule = "shared", on_conflict = "hold" }
        [[entities.companies.scope]]
        at = "shop"
        when = ["category = gold"]
    "#;
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", |s| s.recodes("category", "gold", "silver")))
        .with(Mock::new("shop").stream::<Organisation>("buyer", plain))
        .policy(policy);
    world.system("crm").put("company", company("A", "1").category("gold"));
    world.adopt();
    world.system("shop").set_down(true);
    world.run();
    world.system("shop").set_down(false);
    world.run();
    world.run();
    assert_eq!(world.system("shop").all("buyer").len(), 1);
}

#[test]
fn what_one_system_had_for_itself_is_journaled_when_a_person_decides_for_all() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, update = true }
        systems.erp = { read = true, create = "never", update = true }
        systems.shop = { read = true, create = "never", update = true }
        fields.billing = { rule = "master", system = "crm", on_foreign_change = "hold" }
    "#;
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain))
        .with(Mock::new("shop").stream::<Organisation>("buyer", plain))
        .policy(policy);
    let [street, city] = ["billing.street", "billing.city"];
    let put = |system: &str, stream: &str, extra: FieldMap| {
        let mut fields = FieldMap::new().with("name", "A").with("registration_number", "1");
        fields.overlay(&extra);
        world.system(system).put_fields(stream, fields)
    };
    put("crm", "company", FieldMap::new().with(city, "C"));
    put("erp", "customer", FieldMap::new().with(street, "E"));
    let shop = put("shop", "buyer", FieldMap::new().with(city, "C"));
    world.adopt();
    world.run();
    world.system("shop").edit_fields("buyer", &shop, &FieldMap::new().with(city, "S"));
    let held = world.run().held.remove(0);
    let value = FieldMap::new().with(city, "S").with(street, "T");
    let take = sync_core::store::Inbox::Take { subject: held.subject, unit: held.unit.unwrap(), value };
    drive(world.engine().unwrap().post("anna", take)).unwrap();
    world.run();
    let erp = world.system("erp").all("customer").into_values().next().unwrap();
    assert_eq!(erp.text(sync_core::FieldPath::new(street)), Some("T"));
    assert!(is_journaled(&world, street, "E"));
}

#[test]
fn the_spelling_that_a_system_had_stays_when_somebody_elses_edit_is_taken_back() {
    let policy = format!("{ONE_WAY}\nsystems.shop = {{ read = true, create = \"never\", update = true }}");
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain))
        .with(Mock::new("shop").stream::<Organisation>("buyer", plain))
        .policy(&policy);
    world.system("crm").put("company", company("A", "1").email("Anna@a.se"));
    world.system("erp").put("customer", company("A", "1").email("anna@a.se"));
    let shop = world.system("shop").put("buyer", company("A", "1").email("Anna@a.se"));
    world.adopt();
    world.run();
    world.system("shop").edit::<Organisation>("buyer", &shop, |o| o.email("other@a.se"));
    world.run();
    assert_eq!(world.system("shop").one::<Organisation>("buyer").email, "Anna@a.se".into());
    assert_eq!(world.system("erp").one::<Organisation>("customer").email, "anna@a.se".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_late_joiner_whose_value_gives_way_is_journaled_where_foreign_changes_are_ignored() {
    let policy =
        format!("{ONE_WAY}\nfields.phone = {{ rule = \"master\", system = \"crm\", on_foreign_change = \"ignore\" }}")
            .replace("create = \"always\"", "create = \"never\"");
    let mut world = two(&policy, plain, plain);
    world.system("crm").put("company", company("A", "1").phone("1"));
    world.adopt();
    world.run();
    world.system("erp").put("customer", company("A", "1").phone("2"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").phone, "1".into());
    assert!(is_journaled(&world, "phone", "2"));
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_joiner_that_shows_nothing_of_a_field_is_filled() {
    let mut world = two(&ONE_WAY.replace("\"always\"", "\"never\""), plain, plain);
    world.system("crm").put("company", company("A", "1").phone("1"));
    world.adopt();
    world.run();
    world.system("erp").put("customer", company("A", "1"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").phone, "1".into());
    assert_eq!(world.run().writes(), 0);
}

const PEOPLE: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["registration_number"] }]
    systems.crm = { read = true }
    systems.erp = { read = true, create = "never", update = true }
    [entities.people]
    kind = "person"
    master = "crm"
    match = [{ on = ["email"] }]
    systems.crm = { read = true }
    systems.erp = { read = true, create = "always", update = true }
"#;

fn people() -> World {
    World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain).stream::<Person>("person", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain).stream::<Person>("contact", plain))
        .policy(PEOPLE)
}

#[test]
fn a_link_that_cannot_be_given_holds_back_that_link_alone() {
    let mut world = people();
    let crm = world.system("crm").clone();
    let id = crm.put("company", company("A", "1"));
    let person = Person::new().last_name("Berg").email("b@a.se").title("Head").organisation(crm.at("company").id(&id));
    crm.put("person", person);
    world.system("erp").put("contact", Person::new().last_name("Berg").email("b@a.se").title("Foot"));
    world.adopt();
    let report = world.run();
    assert_eq!(world.system("erp").one::<Person>("contact").title, "Head".into());
    let [held] = report.held.as_slice() else { panic!("{:?}", report.held) };
    assert_eq!(held.unit, Some(Person::ORGANISATION));
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_link_to_a_record_that_finds_its_place_in_another_one_goes_there() {
    let mut world = people();
    let crm = world.system("crm").clone();
    let first = crm.put("company", company("A", "1"));
    let second = crm.put("company", company("A too", "1"));
    let erp = world.system("erp").put("customer", company("A", "1"));
    world.system("crm").delete("company", &second);
    world.adopt();
    world.run();
    // the same number twice: nobody knows yet which record is meant
    let second = crm.put("company", company("A too", "1"));
    let person = Person::new().last_name("Berg").email("b@a.se").organisation(crm.at("company").id(&second));
    crm.put("person", person);
    world.run();
    crm.delete("company", &first);
    for _ in 0..5 {
        world.run();
    }
    let contact = world.system("erp").one::<Person>("contact");
    let link = contact.organisation.value().and_then(|link| link.external()).cloned();
    assert_eq!(link, Some(world.system("erp").at("customer").id(&erp)));
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_record_that_is_removed_while_it_has_one_more_name_is_asked_about() {
    let policy = ONE_WAY.replace("update = true }", "update = true, remove = true }").replace(
        "match = [{ on = [\"registration_number\"] }]",
        "on_remove = \"propagate\"\n    match = [{ on = [\"registration_number\"], duplicates = \"alias\" }]",
    );
    let habits: [fn(Habits) -> Habits; 2] = [plain, |s| s.tombstones()];
    for erp in habits {
        let mut world = two(&policy, |s| s.tombstones(), erp);
        let crm = world.system("crm").put("company", company("A", "1"));
        world.system("crm").put("company", company("B", "2"));
        world.adopt();
        world.run();
        let mut customers = world.system("erp").all("customer").into_iter();
        let first = customers.find(|(_, fields)| fields.text(Organisation::NAME) == Some("A")).unwrap().0;
        world.system("crm").delete("company", &crm);
        let copy = world.system("erp").copy("customer", &first).unwrap();
        world.run();
        world.run();
        let report = world.run();
        assert_eq!(report.held.len(), 1, "{:?}", report.held);
        assert!(world.system("erp").all("customer").contains_key(&copy));
        world.system("erp").delete("customer", &copy);
        world.run();
        world.run();
        let report = world.run();
        assert!(report.held.is_empty(), "{:?}", report.held);
    }
}

#[test]
fn a_field_whose_foreign_change_is_to_be_held_is_looked_at_before_it_is_written() {
    let policy =
        format!("{ONE_WAY}\nfields.phone = {{ rule = \"master\", system = \"crm\", on_foreign_change = \"hold\" }}");
    let mut world = two(&policy, plain, |s| s.since(1).late(400));
    let crm = world.system("crm").put("company", company("A", "1").phone("1"));
    world.adopt();
    world.run();
    world.pass(1000);
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.phone("2")); // not listed yet
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.phone("3"));
    let report = world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").phone, "2".into(), "not written over");
    assert_eq!(report.held.len(), 1, "{:?}", report.held);
}

#[test]
fn a_winner_that_has_only_half_of_a_group_does_not_end_the_conflict_about_the_other_half() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, update = true }
        systems.erp = { read = true, create = "never", update = true }
        systems.shop = { read = true, create = "never", update = true }
        fields.billing = { rule = "shared", on_conflict = { newest = { otherwise = "shop" } } }
    "#;
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain))
        .with(Mock::new("shop").stream::<Organisation>("buyer", plain))
        .policy(policy);
    let address = |of: &str| {
        let own = FieldMap::new().with("name", "A").with("registration_number", "1");
        own.with("billing.street", of).with("billing.city", of)
    };
    world.system("crm").put_fields("company", address("C"));
    world.system("erp").put_fields("customer", address("E"));
    let shop = world.system("shop").put("buyer", company("A", "1"));
    world.adopt();
    assert_eq!(world.run().held.len(), 1);
    world.system("shop").edit_fields("buyer", &shop, &FieldMap::new().with("billing.city", "S"));
    let report = world.run();
    assert_eq!(report.held.len(), 1, "nobody said which street is right: {:?}", report.held);
    assert_eq!(report.writes(), 0);
}
