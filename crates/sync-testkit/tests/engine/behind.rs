//! What the engine is shown beside what it asked about, and what it must not do twice in one run.

use super::*;

const MASTER_AND_SHARED: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["registration_number"] }]
    systems.crm = { read = true, create = "always", update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.name = { rule = "shared", on_conflict = { prefer = ["crm", "erp"] } }
"#;

#[test]
fn a_create_without_an_answer_is_not_sent_again_when_the_record_is_decided_once_more() {
    const POLICY: &str = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, create = "never", update = true }
        systems.erp = { read = true, create = "always", update = true }
        systems.shop = { read = true, create = "never", update = true }
        fields.name = { rule = "shared", on_conflict = { prefer = ["crm", "shop"] } }
    "#;
    for place in 0..60 {
        let mut world = World::new(1)
            .with(Mock::new("crm").stream::<Organisation>("company", plain))
            .with(Mock::new("erp").stream::<Organisation>("customer", |s| s.loses_answers(1000)))
            .with(Mock::new("shop").stream::<Organisation>("buyer", plain))
            .policy(POLICY);
        let crm = world.system("crm").put("company", company("A", "1"));
        let shop = world.system("shop").put("buyer", company("A", "1"));
        world.adopt();
        world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
        run_while(&world, |world, turn| {
            if turn == place {
                world.pass(40); // what was read is no longer fresh
                world.system("shop").edit::<Organisation>("buyer", &shop, |o| o.name("C"));
            }
        });
        assert_eq!(world.system("erp").all("customer").len(), 1, "edited at turn {place}");
    }
}

#[test]
fn an_edit_that_only_the_look_before_a_write_showed_is_not_written_over_in_silence() {
    let mut world = two(MASTER_AND_SHARED, plain, |s| s.since(1000).late(400));
    let crm = world.system("crm").put("company", company("A", "1").email("one@example.com"));
    world.adopt();
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.pass(1000);
    world.run();
    // its listing does not show this before 400 seconds have passed; the look before the write of the name does
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.email("two@example.com"));
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    world.run();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.email("three@example.com"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").email, "three@example.com".into());
    assert!(is_journaled(&world, "email", "two@example.com"));
}

/// A run that ends at a turn, and the time after which its lease is over.
fn dies_at(world: &World, place: usize) {
    world.pass(60);
    let engine = world.engine().unwrap();
    let cancel = Cancel::new();
    {
        let mut run = std::pin::pin!(engine.run(Mode::Sync, &Silent, &cancel));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut turns = 0;
        while turns < place && run.as_mut().poll(&mut cx).is_pending() {
            turns += 1;
        }
    }
    world.pass(700);
}

#[test]
fn a_record_that_users_removed_where_nobody_reads_does_not_keep_a_create_waiting_for_ever() {
    for place in 0..40 {
        let policy = ONE_WAY.replace("systems.erp = { read = true", "systems.erp = { read = false");
        let mut world = two(&policy, plain, plain);
        world.system("crm").put("company", company("A", "1"));
        world.adopt();
        world.run();
        let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
        world.system("erp").delete("customer", &erp);
        world.system("crm").put("company", company("B", "2"));
        dies_at(&world, place);
        for _ in 0..4 {
            world.run();
        }
        assert_eq!(world.run().unclear, 0, "died at {place}");
        assert_eq!(world.system("erp").one::<Organisation>("customer").name, "B".into(), "died at {place}");
    }
}

#[test]
fn what_was_decided_after_a_create_was_sent_under_its_key_arrives_later() {
    for place in 0..40 {
        let policy = ONE_WAY.replace("systems.erp = { read = true", "systems.erp = { read = false");
        let mut world = two(&policy, plain, |s| s.idempotent().incomplete());
        let crm = world.system("crm").put("company", company("A", "1"));
        world.adopt();
        dies_at(&world, place);
        world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
        for _ in 0..4 {
            world.run();
        }
        assert_eq!(world.system("erp").one::<Organisation>("customer").name, "B".into(), "died at {place}");
        assert_eq!(world.run().writes(), 0, "died at {place}");
    }
}

#[test]
fn a_value_that_goes_back_while_a_write_is_unclear_is_written() {
    let mut world = two(ONE_WAY, plain, |s| s.marks("x.mock.origin").loses_answers(1000));
    let crm = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    for _ in 0..4 {
        world.run();
    }
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    let report = world.run();
    let unclear: Vec<String> = report.unclear_writes.iter().map(ToString::to_string).collect();
    assert_eq!(
        (report.unclear, unclear),
        (1, vec![format!("companies mock:crm/company#{crm}: update at mock:erp/customer")])
    );
    world.system("erp").set_down(true);
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("A"));
    world.run();
    world.system("erp").set_down(false);
    for _ in 0..4 {
        world.run();
    }
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "A".into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn what_a_record_that_looks_like_ours_lacks_is_filled() {
    // the run dies between the intent and the call, and somebody types the record meanwhile, without its e-mail
    for place in 0..40 {
        let policy = ONE_WAY.replace("systems.erp = { read = true", "systems.erp = { read = false");
        let mut world = two(&policy, plain, plain);
        let full = company("A", "1").phone("1").website("a.se").email("a@a.se");
        world.system("crm").put("company", full);
        world.adopt();
        dies_at(&world, place);
        if world.system("erp").all("customer").is_empty() {
            world.system("erp").put("customer", company("A", "1").phone("1").website("a.se"));
        }
        for _ in 0..4 {
            world.run();
        }
        let emails = world.system("erp").all("customer").into_values();
        let emails: Vec<_> = emails.filter(|fields| fields.text(Organisation::EMAIL) == Some("a@a.se")).collect();
        assert_eq!(emails.len(), 1, "died at {place}");
    }
}

#[test]
fn an_edit_that_nobody_was_shown_is_journaled_when_a_person_decides_against_it() {
    let mut world = two(SHARED, plain, |s| s.since(1).late(100_000));
    let crm = world.system("crm").put("company", company("A", "1").phone("1"));
    world.adopt();
    world.run();
    world.pass(200_000);
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("C"));
    world.pass(200_000);
    let held = world.run().held.remove(0);
    // the ERP's listing does not name this yet
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("D"));
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.phone("2"));
    world.run(); // the look before the phone is written shows it
    let value = FieldMap::new().with(Organisation::NAME, "E");
    let take = sync_core::store::Inbox::Take { subject: held.subject, unit: held.unit.unwrap(), value };
    drive(world.engine().unwrap().post("anna", take)).unwrap();
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "E".into());
    assert!(is_journaled(&world, "name", "D"));
}

#[test]
fn a_record_under_its_next_name_is_looked_at_before_it_is_written() {
    let policy = SHARED.replace(
        "match = [{ on = [\"registration_number\"] }]",
        "match = [{ on = [\"registration_number\"], duplicates = \"alias\" }]",
    );
    let mut world = two(&policy, |s| s.tombstones(), plain);
    let first = world.system("crm").put("company", company("A", "1").email("one@a.se"));
    world.adopt();
    world.run();
    world.system("crm").put("company", company("A", "1").email("two@a.se"));
    world.run();
    let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("crm").delete("company", &first);
    world.system("erp").edit::<Organisation>("customer", &erp, |o| o.email("three@a.se"));
    for _ in 0..3 {
        world.run();
    }
    assert_eq!(world.system("crm").one::<Organisation>("company").email, "three@a.se".into());
    assert!(is_journaled(&world, "email", "two@a.se"));
}

#[test]
fn rows_with_few_fields_are_read_whole_as_long_as_their_stamp_may_stay_whatever_the_clock_says() {
    let mut world = two(ONE_WAY, |s| s.partial_rows(&["name"]).since(86_400_000), plain);
    world.system("crm").put_clock(-3 * 86_400);
    let crm = world.system("crm").put("company", company("A", "1").email("one@a.se"));
    world.adopt();
    world.run();
    for email in ["two@a.se", "three@a.se"] {
        world.system("crm").edit::<Organisation>("company", &crm, |o| o.email(email));
        world.run();
        assert_eq!(world.system("erp").one::<Organisation>("customer").email, email.into());
    }
    world.pass(3 * 86_400);
    world.run();
    let calls = |world: &World| world.system("crm").calls().get("get company").copied();
    let before = calls(&world);
    world.run();
    assert_eq!(calls(&world), before, "an old stamp is trusted");
}

#[test]
fn a_record_is_looked_at_before_it_is_removed() {
    let policy = ONE_WAY.replace("update = true }", "update = true, remove = true }");
    let policy = policy.replace("master = \"crm\"", "master = \"crm\"\n    on_remove = \"propagate\"");
    let mut world = two(&policy, |s| s.tombstones(), plain);
    let crm = world.system("crm").put("company", company("A", "1"));
    world.system("crm").put("company", company("B", "2"));
    world.adopt();
    world.run();
    let mut erp = world.system("erp").all("customer").into_iter();
    let erp = erp.find(|(_, fields)| fields.text(Organisation::NAME) == Some("A")).unwrap().0;
    world.system("crm").delete("company", &crm);
    let listed = |world: &World| world.system("erp").calls().get("list customer").copied();
    let before = listed(&world);
    let mut edited = false;
    let report = run_while(&world, |world, _| {
        if !edited && listed(world) != before {
            world.pass(40);
            world.system("erp").edit::<Organisation>("customer", &erp, |o| o.phone("1"));
            edited = true;
        }
    });
    assert!(edited);
    assert_eq!(world.system("erp").all("customer").len(), 2, "its user changed it");
    let why: Vec<_> = report.held.iter().map(|held| held.why).collect();
    assert_eq!(why, [sync_core::store::HeldWhy::RemovedAndChanged]);
    // and stays so until somebody says which of the two is to stand
    world.pass(8 * 86_400);
    world.run();
    assert_eq!(world.system("erp").all("customer").len(), 2);
    let held: Vec<_> = drive(world.store().held(None)).unwrap().iter().map(|held| held.why).collect();
    assert_eq!(held, [sync_core::store::HeldWhy::RemovedAndChanged]);
}

#[test]
fn what_a_look_showed_before_a_write_says_nothing_of_what_was_written() {
    let policy = MASTER_AND_SHARED.replace("[\"crm\", \"erp\"]", "[\"erp\", \"crm\"]");
    let mut world = two(&policy, plain, |s| s.answers_without_record());
    let crm = world.system("crm").put("company", company("A", "1"));
    world.adopt();
    world.run();
    world.run();
    world.pass(60);
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
    run_while(&world, |world, _| {
        // it is written, and the look after it fails
        let written = world.system("erp").one::<Organisation>("customer").name == "B".into();
        world.system("erp").set_down(written);
    });
    assert_eq!(world.system("crm").one::<Organisation>("company").name, "B".into());
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "B".into());
}

#[test]
fn looks_from_before_say_nothing_of_a_create_that_was_sent_anew() {
    for place in 0..40 {
        let mut world = two(ONE_WAY, plain, |s| s.late(400).loses_answers(1000));
        world.system("crm").put("company", company("A", "1"));
        world.adopt();
        dies_at(&world, place);
        world.pass(25_200);
        world.run();
        world.pass(900);
        for _ in 0..5 {
            world.run();
        }
        assert_eq!(world.system("erp").all("customer").len(), 1, "died at {place}");
    }
}

#[test]
fn a_create_whose_record_became_another_one_stays_a_question() {
    let mut met = 0;
    for place in 0..40 {
        let mut world = two(ONE_WAY, plain, |s| s.idempotent());
        world.system("crm").put("company", company("A", "1").phone("1"));
        world.adopt();
        dies_at(&world, place);
        let made = world.system("erp").all("customer").into_keys().next();
        let Some(erp) = made.filter(|id| {
            let reference = world.system("erp").at("customer").id(id);
            drive(world.store().bound(&[reference])).unwrap().is_empty()
        }) else {
            continue;
        };
        met += 1;
        // nobody can tell any more what it was made for
        world.system("erp").edit::<Organisation>("customer", &erp, |o| o.name("B").registration_number("2").phone("2"));
        for _ in 0..8 {
            world.run();
        }
        let report = world.run();
        assert_eq!(report.held.len(), 1, "died at {place}: {:?}", report.held);
        assert_eq!(world.system("erp").all("customer").len(), 1);
    }
    assert!(met > 0);
}
