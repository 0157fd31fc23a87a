//! What users of other integrations complain about, where no test of a flow shows it. `docs/trust.md` tells which test
//! stands for what.

use sync_core::{
    FieldPath,
    model::{Item, Organisation, Person},
    store::StateStore,
};

use super::{documents::is_quiet, webcrm_faults::calls, *};

#[test]
fn a_record_that_is_heard_of_before_its_parent_finds_it() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        every = "1d"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
        [entities.people]
        kind = "person"
        master = "crm"
        every = "1d"
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
    "#;
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain).stream::<Person>("person", plain))
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", plain)
                .stream::<Person>("contact", |s| s.requires("organisation")),
        )
        .policy(policy);
    world.adopt();
    world.run();
    let crm = world.system("crm").clone();
    let parent = crm.at("company").id(crm.put("company", company("A", "1")));
    let child = crm.at("person").id(crm.put("person", Person::new().last_name("Ek").organisation(parent.clone())));
    // both are announced, the child first; neither is listed before tomorrow
    let hear = |world: &World, of: &sync_core::ExternalRef| {
        let body = format!("{of}\n");
        drive(world.engine().unwrap().hint(crm.system(), &[], body.as_bytes())).unwrap();
    };
    hear(&world, &child);
    world.run();
    assert!(world.system("erp").all("contact").is_empty());
    hear(&world, &parent);
    world.run();
    world.run();
    let contact = world.system("erp").one::<Person>("contact");
    let customer = world.system("erp").all("customer").keys().next().unwrap().clone();
    let named = contact.organisation.value().and_then(|link| link.external().cloned());
    assert_eq!(named, Some(world.system("erp").at("customer").id(&customer)));
    is_quiet(&mut world);
}

#[test]
fn what_was_made_while_a_system_was_away_arrives_once() {
    let mut world = two(ONE_WAY, |s| s.since(1_000).late(120), plain);
    world.adopt();
    let crm = world.system("crm").clone();
    for minute in 0..20 {
        // what is made shows two minutes later, with the stamp of its making
        crm.put("company", company(&format!("C{minute}"), &minute.to_string()));
        crm.set_down((5..9).contains(&minute));
        world.system("erp").set_down((8..14).contains(&minute));
        world.run();
    }
    for _ in 0..5 {
        world.run();
    }
    let made = world.system("erp").log();
    assert_eq!((made.len(), world.system("erp").all("customer").len()), (20, 20));
    is_quiet(&mut world);
}

#[test]
fn a_yes_that_changed_nothing_stands_in_the_journal() {
    let mut world = two(ONE_WAY, plain, |s| s.ignores("phone"));
    let id = world.system("crm").put("company", company("A", "1").phone("08-1"));
    world.adopt();
    world.run();
    world.system("crm").edit::<Organisation>("company", &id, |o| o.phone("08-2"));
    world.run();
    let journal = drive(world.store().journal(&[], usize::MAX)).unwrap();
    let altered = |event: &Event| match event {
        Event::Altered { sent, shown, .. } => Some((sent.clone(), shown.clone())),
        _ => None,
    };
    let told: Vec<_> = journal.iter().filter_map(|entry| altered(&entry.event)).collect();
    let phone = |text: &str| FieldMap::new().with("phone", text);
    assert_eq!(told, [(phone("08-2"), phone("08-1"))]);
    is_quiet(&mut world);
}

#[test]
fn a_yes_that_nobody_can_see_is_not_asked_for_again_for_ever() {
    let mut world = two(ONE_WAY, plain, |s| s.ignores("phone").answers_without_record());
    let id = world.system("crm").put("company", company("A", "1").phone("08-1"));
    world.adopt();
    world.run();
    world.system("crm").edit::<Organisation>("company", &id, |o| o.phone("08-2"));
    let writes: u64 = (0..12).map(|_| world.run().writes()).sum();
    let report = world.run();
    assert!(writes <= 7, "{writes}");
    assert_eq!(report.held.len(), 1, "{:?}", report.held);
    assert!(
        report.held[0].text.contains("phone") && report.held[0].text.contains("does not stay"),
        "{:?}",
        report.held
    );
    assert_eq!((report.writes(), report.exit_code()), (0, 3));
}

#[test]
fn a_run_whose_writes_were_all_turned_away_says_so() {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    let report = run_while(&world, |world, _| {
        let both_are_read = calls(world, "erp", "list customer") + calls(world, "crm", "list company") == 4;
        world.system("erp").set_down(both_are_read);
    });
    let put_off: Vec<u64> = report.put_off.values().map(|(writes, _)| *writes).collect();
    assert_eq!((put_off.as_slice(), report.exit_code()), (&[2][..], 2), "{report:?}");
    world.system("erp").set_down(false);
    let report = world.run();
    assert_eq!((report.writes(), report.exit_code(), report.put_off.len()), (2, 0, 0));
}

#[test]
fn why_a_record_does_not_go_is_counted_and_stands_in_its_journal() {
    let policy = format!("{ONE_WAY}\n[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"is_customer = true\"]\n");
    let mut world = two(&policy, plain, plain);
    let id = world.system("crm").put("company", company("A", "1").is_customer(false));
    world.system("crm").put("company", company("B", "2").is_customer(true));
    let report = world.adopt();
    let told: Vec<(&str, &str, u64)> =
        report.left_out.iter().map(|((at, why), records)| (at.connection(), why.as_str(), *records)).collect();
    assert_eq!(told, [("erp", "is_customer = true", 1)]);
    assert_eq!(world.run().writes(), 1);
    world.system("crm").edit::<Organisation>("company", &id, |o| o.is_customer(true));
    let report = world.run();
    assert_eq!((report.writes(), report.left_out.len()), (1, 0));
    let journal = drive(world.store().journal(&[], usize::MAX)).unwrap();
    let scopes: Vec<bool> = journal
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Scope { within, .. } => Some(*within),
            _ => None,
        })
        .collect();
    assert_eq!(scopes, [false, true], "why not, and that it goes now; once each");
}

#[test]
fn a_long_gap_is_shown_to_a_person_before_it_is_caught_up() {
    let mut world = two(&format!("{ONE_WAY}\n[guards]\nmax_create = 20"), |s| s.since(1), plain);
    world.adopt();
    world.run();
    world.system("erp").set_down(true);
    for day in 0..31 {
        world.system("crm").put("company", company(&format!("C{day}"), &day.to_string()));
        world.pass(86_400);
        world.run();
    }
    world.system("erp").set_down(false);
    // people had helped themselves meanwhile
    world.system("erp").put("customer", company("C7, by hand", "7"));
    let report = world.run();
    assert_eq!((report.exit_code(), report.writes()), (7, 0));
    let dry = world.dry_run().plan;
    assert_eq!(dry.counted().creates.values().sum::<u64>(), 30, "all but the one that is there");
    let id = report.tripped().unwrap().to_owned();
    drive(world.engine().unwrap().approve(&id, "anna")).unwrap();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 31);
    is_quiet(&mut world);
}

#[test]
fn a_copied_product_is_a_product_of_its_own_though_it_shows_the_others_link() {
    let policy = r#"
        [entities.items]
        kind = "item"
        master = "shop"
        match = [{ on = ["number"] }]
        systems.shop = { read = true, update = true }
        systems.erp = { read = true, create = "always", update = true }
        fields.x.erp_id = { rule = "master", system = "erp" }
        [[entities.items.map]]
        field = "x.erp_id"
        shop = "x.shop.synced_as"
        erp = "x.erp.id"
    "#;
    let mut world = World::new(1)
        .with(Mock::new("shop").stream::<Item>("products", |s| s.only(&["number", "name"]).has("x.shop.synced_as")))
        .with(
            Mock::new("erp")
                .stream::<Item>("articles", |s| s.only(&["number", "name"]).numbers("x.erp.id", 501).has("x.erp.id")),
        )
        .policy(policy);
    let shop = world.system("shop").clone();
    let first = shop.put("products", Item::new().number("A").name("Apples"));
    world.adopt();
    world.run();
    world.run();
    let link = |id: &str| shop.fields("products", id).unwrap().text("x.shop.synced_as".into()).map(str::to_owned);
    assert_eq!(link(&first).as_deref(), Some("501"));
    let copy = shop.copy("products", &first).unwrap();
    shop.edit::<Item>("products", &copy, |item| item.number("B").name("Bananas"));
    assert_eq!(link(&copy).as_deref(), Some("501"), "the copy shows the link of its original");
    for _ in 0..3 {
        world.run();
    }
    let articles = world.system("erp").all("articles");
    let mut names: Vec<_> = articles.values().filter_map(|fields| fields.text(FieldPath::new("name"))).collect();
    names.sort_unstable();
    assert_eq!(names, ["Apples", "Bananas"]);
    assert_eq!(link(&copy).as_deref(), Some("502"), "and gets its own");
    is_quiet(&mut world);
}
