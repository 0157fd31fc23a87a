//! What goes where: filters, conditions, records that leave their scope and come back.

use sync_core::model::{Order, Organisation, Person};

use super::*;

fn scoped(when: &str) -> String {
    format!("{SHARED}\n[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"{when}\"]\n")
}

#[test]
fn only_what_is_in_scope_is_made_and_a_change_of_the_gate_starts_it() {
    let mut world = two(&scoped("category = customer"), plain, plain);
    let id = world.system("crm").put("company", company("A", "1").category("prospect"));
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 0);
    world.system("crm").edit::<Organisation>("company", &id, |o| o.category("customer"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "A".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn what_leaves_its_scope_is_frozen_and_edits_made_meanwhile_count_on_return() {
    let mut world = two(&scoped("category = customer"), plain, |s| s.only(&["name", "registration_number", "phone"]));
    let id = world.system("crm").put("company", company("A", "1").category("customer"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &id, |o| o.category("lost").name("B"));
    assert_eq!(world.run().writes(), 0, "frozen: nothing is written");
    assert_eq!(world.system("erp").all("customer").len(), 1, "and nothing is removed");
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.phone("08-1"));
    assert_eq!(world.run().writes(), 0, "and nothing is taken from it");
    world.system("crm").edit::<Organisation>("company", &id, |o| o.category("customer"));
    world.run();
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "B".into());
    assert_eq!(world.system("crm").one::<Organisation>("company").phone, "08-1".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_condition_over_a_link_is_taken_up_when_the_linked_record_changes() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
        [entities.people]
        kind = "person"
        master = "crm"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
        [[entities.people.scope]]
        at = "erp"
        when = ["organisation.category = customer"]
    "#;
    let mut world = World::new(1)
        .with(
            Mock::new("crm")
                .stream::<Organisation>("company", |s| s.since(1))
                .stream::<Person>("person", |s| s.since(1)),
        )
        .with(Mock::new("erp").stream::<Organisation>("customer", plain).stream::<Person>("contact", plain))
        .policy(policy);
    let crm = world.system("crm").clone();
    let id = crm.put("company", company("A", "1").category("prospect"));
    crm.put("person", Person::new().last_name("Berg").organisation(crm.at("company").id(&id)));
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").all("contact").len(), 0);
    crm.edit::<Organisation>("company", &id, |o| o.category("customer"));
    world.run();
    world.run();
    let contact = world.system("erp").one::<Person>("contact");
    assert_eq!(contact.last_name, "Berg".into());
    let customer = world.system("erp").all("customer").keys().next().unwrap().clone();
    assert_eq!(
        contact.organisation.value().and_then(|link| link.external()),
        Some(&world.system("erp").at("customer").id(&customer))
    );
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn rule_sets_share_a_kind_by_their_filters() {
    let policy = r#"
        [entities.a_customers]
        kind = "organisation"
        where = ["is_customer = true"]
        master = "crm"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true, streams = ["customer"] }
        [entities.b_suppliers]
        kind = "organisation"
        where = ["is_supplier = true"]
        master = "crm"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true, streams = ["supplier"] }
    "#;
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain))
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", |s| s.holds("is_customer", true))
                .stream::<Organisation>("supplier", |s| s.holds("is_supplier", true)),
        )
        .policy(policy);
    world.system("crm").put("company", company("C", "1").is_customer(true));
    world.system("crm").put("company", company("S", "2").is_supplier(true));
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "C".into());
    assert_eq!(world.system("erp").one::<Organisation>("supplier").name, "S".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_linked_record_is_made_before_the_record_that_points_to_it_and_is_refused_its_place_if_it_cannot_be() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
        [entities.people]
        kind = "person"
        master = "crm"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
    "#;
    for requires in [true, false] {
        one_of_two_is_refused(policy, requires);
    }
}

/// Of two companies the ERP refuses one. Its contact waits, whether the ERP would take it without a company or not.
fn one_of_two_is_refused(policy: &str, requires: bool) {
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain).stream::<Person>("person", plain))
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", |s| s.refuses("name", "Bad"))
                .stream::<Person>("contact", |s| if requires { s.requires("organisation") } else { s }),
        )
        .policy(policy);
    let crm = world.system("crm").clone();
    let good = crm.put("company", company("Good", "1"));
    let bad = crm.put("company", company("Bad", "2"));
    crm.put("person", Person::new().last_name("Good").organisation(crm.at("company").id(&good)));
    crm.put("person", Person::new().last_name("Bad").organisation(crm.at("company").id(&bad)));
    world.adopt();
    let report = world.run();
    assert_eq!(world.system("erp").all("contact").len(), 1);
    assert_eq!(report.held.len(), 1, "{:?}", report.held);
    assert!(report.held[0].text.contains("points to"), "{}", report.held[0].text);
    crm.edit::<Organisation>("company", &bad, |o| o.name("Better"));
    world.pass(3600);
    world.run();
    let report = world.run();
    assert_eq!(world.system("erp").all("contact").len(), 2);
    assert!(report.held.is_empty(), "{:?}", report.held);
}

/// The CRM knows what a company is to us, the ERP only customers: what comes from it is one until the CRM says otherwise.
#[test]
fn a_type_that_one_system_lacks_is_assumed_and_the_others_word_starts_and_stops_it() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        where = ["category in [prospect, customer, lost]"]
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, create = "always", update = true }
        systems.erp = { read = true, create = "always", update = true }
        scope = [{ at = "erp", when = ["category = customer"] }]
        [entities.companies.fields]
        name = { rule = "shared", on_conflict = { prefer = ["erp", "crm"] } }
        [[entities.companies.map]]
        field = "category"
        crm   = "category"
        erp   = { value = "customer" }
    "#;
    let mut world = two(policy, plain, |s| s.only(&["name", "registration_number"]));
    let (crm, erp) = (world.system("crm").clone(), world.system("erp").clone());
    let prospect = crm.put("company", company("Prospect", "1").category("prospect"));
    // both have it, and the CRM calls it something else: nothing is assumed of it
    crm.put("company", company("Known", "2").category("lost"));
    erp.put("customer", company("Known", "2"));
    erp.put("customer", company("From the ERP", "3"));
    world.adopt();
    assert_eq!(world.run().held.len(), 0);
    let category = |name: &str| {
        let all = crm.all("company");
        let one = all.values().find(|fields| fields.text(Organisation::NAME) == Some(name)).unwrap();
        one.text(Organisation::CATEGORY).map(str::to_owned)
    };
    assert_eq!(category("From the ERP").as_deref(), Some("customer"));
    assert_eq!(category("Known").as_deref(), Some("lost"));
    assert_eq!(erp.all("customer").len(), 2, "a prospect does not go there");

    crm.edit::<Organisation>("company", &prospect, |o| o.category("customer"));
    world.run();
    assert_eq!(erp.all("customer").len(), 3, "it is a customer now");
    crm.edit::<Organisation>("company", &prospect, |o| o.category("lost").name("Was one"));
    world.run();
    assert!(!format!("{:?}", erp.all("customer")).contains("Was one"), "it is left alone");
    assert_eq!(category("Was one").as_deref(), Some("lost"), "and nobody makes it a customer again");
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn why_an_order_does_not_go_is_told_where_its_users_see_it_until_it_goes() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
        scope = [{ at = "erp", when = ["category = customer"] }]

        [entities.deliveries]
        kind = "order"
        master = "crm"
        systems.crm = { read = true, update = true }
        systems.erp = { read = true, create = "always", update = true }
        scope = [{ at = "erp", when = ["customer.category = customer"], tell = "x.not_sent" }]
        [[entities.deliveries.map]]
        field = "x.not_sent"
        crm   = "x.crm.remark"
    "#;
    let fields = ["number", "customer", "description", "x.crm.remark"];
    let mut world = World::new(1)
        .with(
            Mock::new("crm")
                .stream::<Organisation>("company", |s| s.since(1))
                .stream::<Order>("delivery", |s| s.since(1).only(&fields).has("x.crm.remark")),
        )
        .with(Mock::new("erp").stream::<Organisation>("customer", plain).stream::<Order>("order", |s| s.only(&fields)))
        .policy(policy);
    let crm = world.system("crm").clone();
    let buyer = crm.put("company", company("A", "1").category("prospect"));
    let delivery = crm.put("delivery", Order::new().number("7").customer(crm.at("company").id(&buyer)));
    world.adopt();
    world.run();
    let remark = || crm.all("delivery")[&delivery].text("x.crm.remark".into()).map(str::to_owned);
    assert_eq!(remark().as_deref(), Some("erp: customer.category = customer does not hold"));
    assert_eq!(world.system("erp").all("order").len(), 0);
    assert_eq!(world.run().writes(), 0, "told once");

    crm.edit_fields("delivery", &delivery, &FieldMap::new().with("x.crm.remark", "typed over it"));
    world.run();
    assert!(remark().unwrap().starts_with("erp: "), "it is the hub's to say");

    crm.edit::<Organisation>("company", &buyer, |o| o.category("customer"));
    world.run();
    world.run();
    assert_eq!(world.system("erp").all("order").len(), 1);
    assert_eq!(remark(), None, "there is nothing to tell any more");
    assert_eq!(world.run().writes(), 0);
}

/// A catalogue without stamps costs a whole reading; the other system's changes need not wait for it.
#[test]
fn a_system_can_be_read_less_often_than_its_rule_set() {
    let policy = SHARED.replace("systems.crm = { ", "systems.crm = { every = \"1h\", ");
    assert_ne!(policy, SHARED);
    let mut world = two(&policy, plain, plain);
    world.adopt();
    world.run();
    let read = |world: &World, system: &str| {
        let calls = world.system(system).calls();
        calls.iter().filter(|(call, _)| call.starts_with("list ")).map(|(_, count)| *count).sum::<u64>()
    };
    let (crm, erp) = (read(&world, "crm"), read(&world, "erp"));
    for _ in 0..3 {
        world.pass(600);
        world.run();
    }
    assert_eq!(read(&world, "crm"), crm, "its hour is not over");
    assert_eq!(read(&world, "erp"), erp + 3);
    world.pass(3600);
    world.run();
    assert_eq!(read(&world, "crm"), crm + 1);
}

/// A contact that is met in the ERP is judged by what the ERP shows of it: nobody else knows whose it is.
#[test]
fn what_comes_from_the_system_that_a_scope_guards_is_known_from_there() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, create = "always", update = true }
        systems.erp = { read = true, create = "always", update = true }
        scope = [{ at = "erp", when = ["category = customer"] }]
        [[entities.companies.map]]
        field = "category"
        crm   = "category"
        erp   = { value = "customer" }
        [entities.people]
        kind = "person"
        master = "crm"
        match = [{ on = ["email"] }]
        systems.crm = { read = true, create = "always", update = true }
        systems.erp = { read = true, create = "always", update = true }
        fields.phone = { rule = "shared", on_conflict = "hold" }
        scope = [{ at = "erp", when = ["organisation.category = customer", "x.relevant = true"] }]
        [[entities.people.map]]
        field = "x.relevant"
        crm   = "x.crm.relevant"
        erp   = { value = true }
    "#;
    let erp_has = ["name", "registration_number"];
    let mut world =
        World::new(1)
            .with(Mock::new("crm").stream::<Organisation>("company", plain).stream::<Person>("person", |s| {
                s.only(&["name", "email", "phone", "organisation"]).has("x.crm.relevant")
            }))
            .with(
                Mock::new("erp")
                    .stream::<Organisation>("customer", |s| s.only(&erp_has))
                    .stream::<Person>("contact", |s| s.only(&["name", "email", "phone", "organisation"])),
            )
            .policy(policy);
    let (crm, erp) = (world.system("crm").clone(), world.system("erp").clone());
    let customer = erp.put("customer", company("From the ERP", "3"));
    let person = |name: &str| Person::new().name(name).email(format!("{name}@a.example").as_str());
    let contact = erp.put("contact", person("Kari").organisation(erp.at("customer").id(&customer)));
    let known = crm.put("company", company("Known", "4").category("customer"));
    crm.put("person", person("Mette").organisation(crm.at("company").id(&known)));
    world.adopt();
    world.run();
    world.run();
    let relevant = |name: &str| {
        let all = crm.all("person");
        all.values()
            .find(|fields| fields.text(Person::NAME) == Some(name))
            .map(|f| f.get("x.crm.relevant".into()).cloned())
    };
    assert_eq!(relevant("Kari"), Some(Some(Value::Bool(true))), "who comes from there is relevant there");
    assert_eq!(relevant("Mette"), Some(None));
    assert_eq!(erp.all("contact").len(), 1, "and nobody else is");
    erp.edit::<Person>("contact", &contact, |p| p.phone("22 33"));
    world.run();
    assert!(format!("{:?}", crm.all("person")).contains("22 33"), "it is listened to");
    assert_eq!(world.run().writes(), 0);
}

/// What the ERP had before the day that the two systems were joined is nobody's business, and nobody is asked about it.
#[test]
fn what_its_own_systems_scope_shuts_out_is_left_alone_everywhere() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, create = "always", update = true }
        systems.erp = { read = true, create = "always", update = true }
        scope = [{ at = "erp", when = ["category in [customer]"] }]
        [[entities.companies.map]]
        field = "category"
        crm   = "category"
        erp   = { value = "customer" }

        [entities.deliveries]
        kind = "order"
        master = "@origin"
        systems.crm = { read = true, create = "always", update = true }
        systems.erp = { read = true, create = "always", update = true }
        scope = [{ at = "erp", when = ["customer.category = customer", "@created_on >= 2026-01-01"], tell = "x.not_sent" }]
        [[entities.deliveries.map]]
        field = "x.not_sent"
        crm   = "x.crm.remark"
    "#;
    let needs_buyer = |s: Habits| s.only(&["number", "customer", "ordered_on", "description"]).requires("customer");
    let mut world = World::new(1)
        .with(
            Mock::new("crm")
                .stream::<Organisation>("company", plain)
                .stream::<Order>("delivery", |s| needs_buyer(s).has("x.crm.remark")),
        )
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", |s| s.only(&["name", "registration_number"]))
                .stream::<Order>("order", |s| needs_buyer(s).partial_rows(&["number", "ordered_on"])),
        )
        .policy(policy);
    let erp = world.system("erp").clone();
    let buyer = erp.put("customer", company("A", "1"));
    world.system("crm").put("company", company("A", "1").category("customer"));
    let order = |number: &str, year| {
        let day = chrono::NaiveDate::from_ymd_opt(year, 1, 2).unwrap();
        Order::new().number(number).ordered_on(day).customer(erp.at("customer").id(&buyer))
    };
    let old = erp.put("order", order("100", 2025));
    erp.put("order", order("101", 2026));
    world.adopt();
    for _ in 0..3 {
        world.run();
    }
    let crm = world.system("crm");
    assert_eq!(crm.all("delivery").len(), 1);
    assert_eq!(crm.one::<Order>("delivery").number, "101".into());
    assert_eq!(drive(world.store().held(None)).unwrap(), [], "nobody is asked about the old one");
    erp.edit::<Order>("order", &old, |o| o.description("paid at last"));
    assert_eq!(world.run().writes(), 0);
    assert_eq!(drive(world.store().held(None)).unwrap(), []);
}
