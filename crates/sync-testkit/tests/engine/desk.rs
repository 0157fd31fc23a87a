//! What people decide about what is held and set aside: each choice, and that it stays decided.

use sync_core::{
    ExternalRef, FieldPath,
    desk::Choice,
    model::{Address, Item},
    store::{Held, HeldWhy, Inbox},
};

use super::*;

fn held(world: &World) -> Vec<Held> {
    drive(world.store().held(None)).unwrap()
}

/// The one thing that is held.
fn only(world: &World) -> Held {
    let mut all = held(world);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn decide(world: &World, held: &Held, choice: &Choice) {
    let engine = world.engine().unwrap();
    let entries = drive(engine.answers(held, choice)).unwrap();
    assert!(!entries.is_empty());
    drive(engine.post_all("anna", entries)).unwrap();
}

fn refusal(world: &World, held: &Held, choice: &Choice) -> String {
    drive(world.engine().unwrap().answers(held, choice)).unwrap_err().message().to_owned()
}

fn decisions(world: &World) -> Vec<String> {
    let journal = drive(world.store().journal(&[], usize::MAX)).unwrap();
    let decided = |event: Event| match event {
        Event::Decided { by, what } => Some(format!("{by}: {what}")),
        _ => None,
    };
    journal.into_iter().filter_map(|entry| decided(entry.event)).collect()
}

/// The same name was changed on both sides.
fn conflict() -> (World, ExternalRef, ExternalRef) {
    let mut world = two(SHARED, plain, plain);
    let crm = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("C"));
    world.run();
    let (crm, erp) = (world.system("crm").at("company").id(&crm), world.system("erp").at("customer").id(&erp));
    (world, crm, erp)
}

fn names(world: &World) -> [String; 2] {
    let name = |system: &str, stream: &str| world.system(system).one::<Organisation>(stream).name;
    [name("crm", "company"), name("erp", "customer")].map(|name| name.into_value().unwrap())
}

#[test]
fn one_side_is_taken_and_the_journal_says_who_said_so() {
    let (mut world, ..) = conflict();
    decide(&world, &only(&world), &Choice::Take("erp".to_owned()));
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(names(&world), ["C", "C"]);
    assert_eq!(decisions(&world), ["anna: name is to be: name 'C'"]);
    assert!(is_journaled(&world, "name", "B"), "what lost is told");
    assert_eq!(world.run().writes(), 0);
    assert_eq!(decisions(&world).len(), 1, "a decision is taken up once");
}

#[test]
fn a_value_of_ones_own_is_taken_everywhere_and_a_wrong_one_is_refused() {
    let (mut world, ..) = conflict();
    let held = only(&world);
    let other = Choice::Value(vec![(FieldPath::new("email"), "x@y.se".to_owned())]);
    assert!(refusal(&world, &held, &other).contains("name is asked about"));
    let unknown = Choice::Take("warehouse".to_owned());
    assert!(refusal(&world, &held, &unknown).contains("those that do: crm, erp"));
    assert!(refusal(&world, &held, &Choice::Remove).contains("take, value, leave"));
    decide(&world, &held, &Choice::Value(vec![(FieldPath::new("name"), "D".to_owned())]));
    world.run();
    assert_eq!(names(&world), ["D", "D"]);
    assert!(world.run().held.is_empty());
}

#[test]
fn what_is_left_alone_is_neither_written_nor_read_until_somebody_takes_that_back() {
    let (mut world, _, erp) = conflict();
    let held = only(&world);
    assert!(refusal(&world, &held, &Choice::Leave(None)).contains("crm, erp"));
    decide(&world, &held, &Choice::Leave(Some("erp".to_owned())));
    let report = world.run();
    assert!(report.held.is_empty(), "{:?}", report.held);
    assert_eq!(names(&world), ["B", "C"], "each keeps what it has");
    world.system("erp").edit::<Organisation>("customer", &erp.id, |o| o.name("E"));
    assert_eq!(world.run().writes(), 0);
    let again = Inbox::Retract(sync_core::store::Verdict::Ignored(erp));
    drive(world.engine().unwrap().post("anna", again)).unwrap();
    let report = world.run();
    assert_eq!(names(&world), ["B", "E"]);
    assert_eq!(report.held.len(), 1, "edits made meanwhile count: {:?}", report.held);
}

/// Two customers with one number, so that nobody knows which is meant.
fn twins() -> World {
    let mut world = two(ONE_WAY, plain, plain);
    world.system("erp").put("customer", company("Alfa Bygg AB", "556677-8899"));
    world.system("crm").put("company", company("Alfa Bygg", "556677-8899"));
    world.system("crm").put("company", company("Alfa Filial", "556677-8899"));
    world.adopt();
    world.run();
    world
}

fn named(world: &World, name: &str) -> Held {
    let of = |held: &Held| {
        let binding = drive(world.store().bindings(&[held.subject])).unwrap().remove(0);
        let shows = |fields: &FieldMap| fields.text(Organisation::NAME) == Some(name);
        binding.sides.values().any(|side| shows(&side.shadow) || shows(&side.pending)) || shows(&binding.agreed)
    };
    held(world).into_iter().find(of).unwrap()
}

#[test]
fn an_ambiguous_record_is_bound_to_a_known_one_and_the_other_is_made() {
    let mut world = twins();
    assert_eq!(held(&world).len(), 3, "{:#?}", held(&world));
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    let erp = world.system("erp").at("customer").id(&erp);
    let own = named(&world, "Alfa Bygg");
    let candidates = drive(world.engine().unwrap().candidates(own.subject, 5)).unwrap();
    assert!(candidates.iter().any(|one| one.references.contains(&erp) && one.score >= 80), "{candidates:#?}");
    decide(&world, &own, &Choice::BindTo(erp.clone()));
    decide(&world, &named(&world, "Alfa Filial"), &Choice::Create);
    let report = world.run();
    assert!(report.held.is_empty(), "{:#?}", report.held);
    assert_eq!(world.run().writes(), 0);
    let all: Vec<FieldMap> = world.system("erp").all("customer").into_values().collect();
    let names: Vec<&str> = all.iter().filter_map(|fields| fields.text(Organisation::NAME)).collect();
    assert_eq!(names, ["Alfa Bygg", "Alfa Filial"], "one was bound and written, one was made");
    assert!(drive(world.store().inbox()).unwrap().is_empty(), "what is done is taken out");
}

#[test]
fn a_record_that_stands_alone_is_bound_by_hand_and_what_is_known_elsewhere_is_not() {
    let mut world = two(ONE_WAY, plain, plain);
    let lone = world.system("erp").put("customer", company("Beta AB", "5"));
    world.system("crm").put("company", company("Beta", "7"));
    let policy = ONE_WAY.replace("create = \"always\"", "create = \"never\"");
    world = world.policy(&policy);
    world.adopt();
    world.run();
    let engine = world.engine().unwrap();
    let crm = world.system("crm").all("company").keys().next().unwrap().clone();
    let crm = drive(engine.meant(&world.system("crm").at("company").id(&crm).to_string())).unwrap().records[0];
    let erp = world.system("erp").at("customer").id(&lone);
    drive(engine.post("anna", Inbox::Bind(erp.clone(), crm))).unwrap();
    assert_eq!(world.run().writes(), 1, "the name of the leading system");
    assert_eq!(world.run().writes(), 0);
    let now = drive(world.store().bound(&[erp])).unwrap();
    assert_eq!(now[0].1, crm);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Beta".into());
}

#[test]
fn in_batches_of_one_a_bound_record_still_finds_its_other_half() {
    let mut world = twins().at_once(1);
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    let erp = world.system("erp").at("customer").id(&erp);
    decide(&world, &named(&world, "Alfa Bygg"), &Choice::BindTo(erp));
    world.run();
    world.run();
    assert_eq!(held(&world).len(), 1);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Alfa Bygg".into());
}

#[test]
fn an_ambiguous_record_that_is_left_alone_is_not_asked_about_again() {
    let mut world = twins();
    decide(&world, &named(&world, "Alfa Filial"), &Choice::Leave(None));
    world.run();
    assert!(held(&world).is_empty(), "the others are what they could be: {:#?}", held(&world));
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Alfa Bygg".into());
    assert_eq!(world.run().writes(), 0);
}

/// Removed where it leads, and nobody has said what that means.
fn removed(erp_role: &str) -> World {
    let policy =
        ONE_WAY.replace("update = true }", erp_role).replace("systems.crm", "complete_every = \"1m\"\n    systems.crm");
    let mut world = two(&policy, plain, plain);
    let id = world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    world.system("crm").delete("company", &id);
    world.run();
    world.run();
    world
}

#[test]
fn a_removal_that_stands_is_carried_out_even_if_the_system_is_down_just_then() {
    let mut world = removed("update = true, remove = true }");
    decide(&world, &only(&world), &Choice::Remove);
    world.system("erp").set_down(true);
    world.run();
    world.system("erp").set_down(false);
    for _ in 0..3 {
        world.run();
    }
    assert!(held(&world).is_empty(), "{:#?}", held(&world));
    assert_eq!(world.system("erp").all("customer").len(), 1);
}

#[test]
fn a_removal_that_the_role_does_not_allow_says_so() {
    let mut world = removed("update = true }");
    decide(&world, &only(&world), &Choice::Remove);
    world.run();
    let held = only(&world);
    assert!(held.text.contains("does not let") && held.cure.contains("by hand"), "{held:?}");
    assert_eq!(world.system("erp").all("customer").len(), 2);
}

#[test]
fn a_removed_record_is_left_in_the_other_system_for_good() {
    let mut world = removed("update = true, remove = true }");
    decide(&world, &only(&world), &Choice::Leave(None));
    for _ in 0..3 {
        assert!(world.run().held.is_empty());
    }
    assert_eq!(world.system("erp").all("customer").len(), 2);
}

#[test]
fn a_removed_counterpart_is_made_again() {
    let policy = ONE_WAY.replace("systems.crm", "complete_every = \"1m\"\n    systems.crm");
    let mut world = two(&policy, plain, plain);
    world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    let gone = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").delete("customer", &gone);
    world.run();
    world.run();
    decide(&world, &only(&world), &Choice::Create);
    let report = world.run();
    assert!(report.held.is_empty(), "{:#?}", report.held);
    assert_eq!(world.system("erp").all("customer").len(), 2);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_refused_write_is_edited_and_tried_at_once() {
    let mut world = two(ONE_WAY, plain, |s| s.refuses("name", "A/B"));
    world.system("crm").put("company", company("A/B", "1"));
    world.adopt();
    let report = world.run();
    assert_eq!(report.parked.len(), 1);
    let engine = world.engine().unwrap();
    let parked = drive(world.store().parked(None)).unwrap().remove(0);
    let wrong = drive(engine.edits(&parked, &[(FieldPath::new("nmae"), "A".to_owned())])).unwrap_err();
    assert!(wrong.message().contains("'name'"), "{wrong}");
    let entries = drive(engine.edits(&parked, &[(FieldPath::new("name"), "A och B".to_owned())])).unwrap();
    drive(engine.post_all("anna", entries)).unwrap();
    world.pass(-50); // no rest is over yet
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "A och B".into());
    assert!(drive(world.store().parked(None)).unwrap().is_empty());
}

#[test]
fn what_is_dropped_is_not_tried_until_somebody_asks_for_it() {
    let mut world = two(ONE_WAY, plain, |s| s.refuses("name", "A/B"));
    let id = world.system("crm").put("company", company("A/B", "1"));
    world.adopt();
    world.run();
    let parked = drive(world.store().parked(None)).unwrap().remove(0);
    drive(world.engine().unwrap().post("anna", Inbox::Drop(parked.key.clone()))).unwrap();
    for _ in 0..5 {
        world.pass(100_000);
        assert_eq!(world.run().parked.len(), 0);
    }
    assert!(drive(world.store().parked(None)).unwrap().is_empty());
    world.system("crm").edit::<Organisation>("company", &id, |o| o.name("A"));
    world.run();
    assert!(world.system("erp").all("customer").is_empty(), "nobody asked for it");
    let engine = world.engine().unwrap();
    let entries = drive(engine.replays(parked.subject.unwrap())).unwrap();
    drive(engine.post_all("anna", entries)).unwrap();
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 1);
}

/// A number was given to somebody else, or its owner changed in all that he is known by.
fn given_away() -> World {
    let mut world = two(ONE_WAY, |s| s.natural_key(), plain);
    let id = world.system("crm").put("company", company("Alfa Bygg AB", "556677-8899"));
    world.adopt();
    world.run();
    world.system("crm").edit::<Organisation>("company", &id, |_| company("Beta Transport AB", "112233-4455"));
    assert_eq!(world.run().writes(), 0);
    world
}

#[test]
fn a_record_that_changed_in_all_it_is_known_by_is_the_same_if_somebody_says_so() {
    let mut world = given_away();
    decide(&world, &only(&world), &Choice::Same);
    let report = world.run();
    assert_eq!((report.writes(), report.held.len()), (1, 0), "{:#?}", report.held);
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Beta Transport AB".into());
}

#[test]
fn or_it_is_another_one_and_the_first_keeps_its_own() {
    let mut world = given_away();
    decide(&world, &only(&world), &Choice::Create);
    world.run();
    world.run();
    let all: Vec<FieldMap> = world.system("erp").all("customer").into_values().collect();
    let names: Vec<&str> = all.iter().filter_map(|fields| fields.text(Organisation::NAME)).collect();
    assert_eq!(names, ["Alfa Bygg AB", "Beta Transport AB"]);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn changes_since_a_day_are_read_once_more() {
    let mut world = two(ONE_WAY, |s| s.since(1), plain);
    world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    world.run();
    let before = world.system("crm").calls();
    let engine = world.engine().unwrap();
    let system = world.system("crm").system().clone();
    let from = sync_core::Clock::now(world.clock()) - chrono::TimeDelta::days(1);
    drive(engine.post_all("anna", engine.replays_since(&[system], from))).unwrap();
    let report = world.run();
    assert_eq!(report.read.values().sum::<u64>(), 1, "{:?} {before:?}", report.read);
    assert_eq!(report.writes(), 0);
    assert_eq!(world.run().read.values().sum::<u64>(), 0, "once");
}

#[test]
fn every_stream_of_a_system_is_read_once_more() {
    let policy = format!(
        "{ONE_WAY}\n[entities.goods]\nkind = \"item\"\nmaster = \"crm\"\nsystems.crm = {{ read = true }}\n\
         systems.erp = {{ read = true, create = \"always\" }}\n"
    );
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", |s| s.since(1)).stream::<Item>("item", |s| s.since(1)))
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", |s| s.since(1))
                .stream::<Item>("article", |s| s.since(1)),
        )
        .policy(&policy);
    world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("item", Item::new().number("1").name("Bult"));
    world.adopt();
    world.run();
    world.run();
    assert_eq!(world.run().read.values().sum::<u64>(), 0);
    let system = world.system("crm").system().clone();
    let from = sync_core::Clock::now(world.clock()) - chrono::TimeDelta::days(1);
    let engine = world.engine().unwrap();
    drive(engine.post_all("anna", engine.replays_since(&[system], from))).unwrap();
    let read: Vec<u64> = world.run().read.into_values().collect();
    assert_eq!(read, [1, 1], "of each kind, though they are of two groups");
    assert!(drive(world.store().inbox()).unwrap().is_empty());
}

#[test]
fn what_is_said_is_heard_by_those_whom_it_is_about() {
    let policy = format!(
        "{ONE_WAY}\n[entities.goods]\nkind = \"item\"\nmaster = \"crm\"\nsystems.crm = {{ read = true, update = true }}\n\
         systems.erp = {{ read = true, create = \"always\", update = true }}\n\
         fields.name = {{ rule = \"shared\", on_conflict = \"hold\" }}\n"
    );
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain).stream::<Item>("item", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain).stream::<Item>("article", plain))
        .policy(&policy);
    world.system("crm").put("company", company("A", "1"));
    let crm = world.system("crm").put("item", Item::new().number("1").name("Bult"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("article").keys().next().unwrap().clone();
    world.system("crm").edit::<Item>("item", &crm, |item| item.name("Skruv"));
    world.system("erp").edit::<Item>("article", &erp, |item| item.name("Mutter"));
    world.run();
    decide(&world, &only(&world), &Choice::Leave(Some("erp".to_owned())));
    let report = world.run();
    assert!(report.held.is_empty(), "{:#?}", report.held);
    assert_eq!(decisions(&world).len(), 1, "{:?}", decisions(&world));
}

#[test]
fn a_decision_survives_a_restart_and_a_run_under_way() {
    let (world, ..) = conflict();
    let held = only(&world);
    let mut said = false;
    run_while(&world, |world, turn| {
        if turn == 1 && !said {
            said = true; // the lease is taken
            decide(world, &held, &Choice::Take("crm".to_owned()));
        }
    });
    let mut world = world;
    world.run(); // with an engine of its own
    assert_eq!(names(&world), ["B", "B"]);
}

#[test]
fn a_status_that_its_table_asks_about_is_confirmed_once() {
    let write =
        r#"{ when = { fulfilment = "delivered" }, status = "completed", apply = "hold", effects = ["notify_buyer"] },"#;
    let mut world = super::status::world(write, 0);
    super::status::order(&world, "1001", "created");
    world.adopt();
    world.run();
    let erp = world.system("erp").all("order").keys().next().unwrap().clone();
    world.system("erp").edit_fields("order", &erp, &FieldMap::new().with("x.erp.status", "3"));
    world.run();
    let asked = only(&world);
    assert_eq!(asked.why, HeldWhy::Confirm);
    decide(&world, &asked, &Choice::Confirm);
    world.system("shop").set_down(true);
    world.run();
    world.system("shop").set_down(false);
    world.run();
    world.run();
    assert!(held(&world).is_empty(), "{:#?}", held(&world));
    let order = world.system("shop").all("orders").into_values().next().unwrap();
    assert_eq!(order.text(FieldPath::new("x.shop.status")), Some("completed"));
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
}

/// Numbers of this system are given away again. What waits for a person is kept aside by itself, and that no number and no
/// name is among it says nothing about them.
#[test]
fn an_address_that_was_decided_makes_nobody_another() {
    let by_name = "match = [{ on = [\"registration_number\"] }, { on = [\"name\", \"billing.postal_code\"] }]";
    let policy = SHARED.replace("match = [{ on = [\"registration_number\"] }]", by_name);
    assert_ne!(policy, SHARED);
    let mut world = two(&policy, plain, |s| s.natural_key());
    let there = |code: &str, city: &str| Address::new().street("Gata 1").postal_code(code).city(city);
    let crm = world.system("crm").put("company", company("A", "1").billing(there("0150", "Oslo")));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.billing(there("0150", "Oslo").street("Gata 9")));
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.billing(there("5003", "Bergen")));
    let held = world.run().held;
    assert_eq!(held.len(), 1);
    decide(&world, &held[0], &Choice::Take("erp".to_owned()));
    let report = world.run();
    assert!(report.held.is_empty(), "{:#?}", report.held);
    assert_eq!(world.system("crm").one::<Organisation>("company").billing.city, "Bergen".into());
    assert_eq!(world.run().writes(), 0);
}
