//! What goes wrong between a CRM and an ERP in the CRM vendor's own integration, played here with mocks that have the same
//! habits. `docs/trust.md` tells which test stands for what.

use std::{cell::Cell, sync::Arc};

use sync_core::{
    Canonical, ExternalRef, FieldPath,
    capability::Prices,
    engine::Engine,
    model::{Content, Item, Line, LineKind, Lines, Order},
};
use sync_testkit::mock::{Change, Who};

use super::{
    documents::{ROUNDED, ROWS, bought, dec, goods, is_quiet, open, order, place, row},
    *,
};

fn names(world: &World, system: &str, stream: &str) -> Vec<String> {
    let all = world.system(system).all(stream);
    let mut names: Vec<_> = all.values().map(|fields| fields.text(Organisation::NAME).unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Calls of a name until now.
pub(super) fn calls(world: &World, system: &str, call: &str) -> u64 {
    world.system(system).calls().get(call).copied().unwrap_or_default()
}

/// What the engine made in a system, or changed there.
fn by_engine(world: &World, system: &str) -> Vec<Change> {
    let mut log = world.system(system).log();
    log.retain(|change| change.who == Who::Engine);
    log
}

#[test]
fn changes_on_more_pages_than_one_are_read_before_the_mark_moves() {
    let policy = format!("{ONE_WAY}\n[guards]\nmax_change_percent = 100");
    let mut world = two(&policy, |s| s.since(1_000).pages(10), plain);
    let crm = world.system("crm").clone();
    let ids: Vec<Arc<str>> =
        (0..35).map(|number| crm.put("company", company(&format!("A{number}"), &number.to_string()))).collect();
    let rename = |to: &str| {
        for id in &ids {
            crm.edit::<Organisation>("company", id, |o| o.name(format!("{to}{id}")));
        }
    };
    world.adopt();
    assert_eq!(world.run().writes(), 35);
    rename("B"); // all within one second
    assert_eq!(world.run().writes(), 35);
    rename("C");
    let before = calls(&world, "crm", "list company");
    let report = run_while(&world, |world, _| {
        if calls(world, "crm", "list company") == before + 2 {
            world.system("crm").set_down(true); // between two pages
        }
    });
    assert_eq!(report.exit_code(), 2);
    crm.set_down(false);
    world.run();
    assert!(names(&world, "erp", "customer").iter().all(|name| name.starts_with('C')));
    is_quiet(&mut world);
}

#[test]
fn a_call_that_fails_is_made_later_though_its_source_does_not_list_the_record_again() {
    let mut world = two(ONE_WAY, |s| s.since(1), plain);
    let crm = world.system("crm").clone();
    let id = crm.put("company", company("A", "1"));
    let other = crm.put("company", company("Z", "2"));
    world.adopt();
    world.run();
    crm.edit::<Organisation>("company", &id, |o| o.name("B"));
    world.pass(10);
    crm.edit::<Organisation>("company", &other, |o| o.name("Y"));
    let before = calls(&world, "erp", "send customer");
    let report = run_while(&world, |world, _| {
        if calls(world, "erp", "send customer") > before {
            world.system("erp").set_down(true); // it has read all, and writes
        }
    });
    assert_eq!(report.writes(), 0);
    world.system("erp").set_down(false);
    let looks = crm.looks().len();
    world.run();
    world.run();
    assert!(crm.looks()[looks..].iter().all(|look| look.reference.id != id), "the mark has moved past it");
    assert_eq!(names(&world, "erp", "customer"), ["B", "Y"]);
}

#[test]
fn a_customer_whose_systems_are_down_ends_no_loop_over_customers() {
    let customer = || {
        let mut world = two(ONE_WAY, plain, plain);
        world.adopt();
        world.system("crm").put("company", company("A", "1"));
        world
    };
    let mut customers = [customer(), customer(), customer()];
    customers[0].system("crm").set_down(true);
    customers[1].system("erp").set_down(true);
    // a run whose systems fail has a report and is no error: `?` in a loop goes on
    let reports = customers.each_mut().map(World::run);
    assert_eq!(reports.each_ref().map(Report::exit_code), [2, 2, 0]);
    assert_eq!(reports.each_ref().map(Report::writes), [0, 0, 1]);
}

/// The ERP numbers its customers, and the CRM shows the number.
const NUMBERED: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    systems.crm = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.number = { rule = "master", system = "erp" }
"#;

#[test]
fn a_number_that_cannot_be_written_back_makes_no_second_customer() {
    for answers_lost in [0, 1000] {
        let mut world = two(NUMBERED, |s| s.loses_answers(answers_lost), |s| s.numbers("number", 1001));
        let id = world.system("crm").put("company", company("A", "1"));
        world.adopt();
        run_while(&world, |world, _| {
            if answers_lost == 0 && !world.system("erp").all("customer").is_empty() {
                world.system("crm").set_down(true); // the customer is there, his number is not told yet
            }
        });
        let told = world.system("crm").one::<Organisation>("company").number;
        assert_eq!(told.value().is_some(), answers_lost > 0);
        world.system("crm").calm();
        world.system("crm").edit::<Organisation>("company", &id, |o| o.name("B"));
        for _ in 0..4 {
            world.run();
        }
        assert_eq!(names(&world, "erp", "customer"), ["B"]);
        assert_eq!(world.system("crm").one::<Organisation>("company").number, "1001".into());
        is_quiet(&mut world);
    }
}

#[test]
fn a_process_that_ends_before_the_number_is_written_back_makes_no_second_customer() {
    for place in 0..60 {
        let mut world = two(NUMBERED, plain, |s| s.numbers("number", 1001).finds("registration_number"));
        let id = world.system("crm").put("company", company("A", "1"));
        world.adopt();
        world.pass(60);
        let engine = world.engine().unwrap();
        let cancel = Cancel::new();
        {
            let mut run = std::pin::pin!(engine.run(Mode::Sync, &Silent, &cancel));
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            let mut polls = 0;
            while polls < place && run.as_mut().poll(&mut cx).is_pending() {
                polls += 1;
            }
        }
        world.system("crm").edit::<Organisation>("company", &id, |o| o.name("B"));
        world.pass(700); // the dead run's lease runs out
        for _ in 0..4 {
            world.run();
        }
        assert_eq!(names(&world, "erp", "customer"), ["B"], "ended at {place}");
        assert_eq!(world.system("crm").one::<Organisation>("company").number, "1001".into(), "ended at {place}");
    }
}

#[test]
fn what_people_type_while_a_number_is_written_back_stays() {
    for seconds in [0, 40] {
        let mut world = two(NUMBERED, Habits::replaces, |s| s.numbers("number", 1001));
        let id = world.system("crm").put("company", company("A", "1").phone("08-1"));
        world.adopt();
        let typed = Cell::new(false);
        run_while(&world, |world, _| {
            if !typed.get() && calls(world, "erp", "send customer") > 0 {
                world.pass(seconds); // since the CRM was read
                typed.set(world.system("crm").edit::<Organisation>("company", &id, |o| o.phone("08-2")));
            }
        });
        for _ in 0..3 {
            world.run();
        }
        let there = world.system("crm").one::<Organisation>("company");
        assert_eq!((there.number, there.phone), ("1001".into(), "08-2".into()), "after {seconds} s");
        assert_eq!(world.system("erp").one::<Organisation>("customer").phone, "08-2".into());
    }
}

#[test]
fn what_people_type_while_their_own_edit_is_answered_stays() {
    for seconds in [0, 5, 31] {
        let mut world = two(SHARED, Habits::replaces, plain);
        let id = world.system("crm").put("company", company("A", "1").website("a.example"));
        world.adopt();
        world.run();
        let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
        world.system("crm").edit::<Organisation>("company", &id, |o| o.name("B"));
        world.system("erp").edit::<Organisation>("customer", &erp, |o| o.phone("08-2"));
        let before = calls(&world, "erp", "list customer") + calls(&world, "crm", "list company");
        let typed = Cell::new(false);
        run_while(&world, |world, _| {
            let both = calls(world, "erp", "list customer") + calls(world, "crm", "list company");
            if !typed.get() && both == before + 2 {
                world.pass(seconds);
                typed.set(world.system("crm").edit::<Organisation>("company", &id, |o| o.website("b.example")));
            }
        });
        assert!(typed.get());
        for _ in 0..3 {
            world.run();
        }
        let there = world.system("crm").one::<Organisation>("company");
        assert_eq!((there.phone, there.website), ("08-2".into(), "b.example".into()), "after {seconds} s");
    }
}

#[test]
fn a_number_in_a_field_of_their_own_is_read_there_and_written_there_and_nowhere_else() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        systems.crm = { read = true, update = true }
        systems.erp = { read = true, create = "always", update = true }
        fields.vat_number = { rule = "shared", on_conflict = "hold" }
        [[entities.companies.map]]
        field = "vat_number"
        crm = "x.crm.vat"
    "#;
    let mut world = two(policy, |s| s.has("x.crm.vat"), plain);
    let vat = |text: &str| FieldMap::new().with("x.crm.vat", text);
    let id = world.system("crm").put_fields("company", vat("SE556677889901").with("name", "A").with("vat_number", ""));
    world.adopt();
    world.run();
    let shown = |world: &World| world.system("erp").one::<Organisation>("customer").vat_number;
    assert_eq!(shown(&world), "SE556677889901".into());
    world.system("crm").edit_fields("company", &id, &vat("SE112233445501"));
    world.run();
    assert_eq!(shown(&world), "SE112233445501".into());
    let customer = world.system("erp").all("customer").keys().next().unwrap().clone();
    world.system("erp").edit::<Organisation>("customer", &customer, |o| o.vat_number("SE998877665501"));
    world.run();
    let fields = world.system("crm").fields("company", &id).unwrap();
    assert_eq!(fields.text("x.crm.vat".into()), Some("SE998877665501"));
    assert_eq!(fields.filled(Organisation::VAT_NUMBER), None, "the standard field is left alone");
    is_quiet(&mut world);
}

fn first_line(world: &World) -> Line {
    order(world).content.lines.value().unwrap()[0].clone()
}

#[test]
fn an_order_names_the_same_article_when_it_is_made_and_when_it_is_changed() {
    let mut world = documents::world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithVat), |s| s);
    let article = {
        let all = world.system("erp").all("articles");
        let (id, _) = all.iter().find(|(_, fields)| fields.text(Item::NUMBER) == Some("A")).unwrap();
        world.system("erp").at("articles").id(id)
    };
    let named = |world: &World| -> (Option<ExternalRef>, Option<String>) {
        let line = first_line(world);
        let item = line.item.value().and_then(|item| item.external().cloned());
        (item, line.sku.value().cloned())
    };
    let id = place(&world, vec![row(LineKind::Item, "A", 1, "100", 25)], "100");
    world.adopt();
    world.run();
    assert_eq!(named(&world), (Some(article.clone()), Some("A".to_owned())));
    world.system("shop").edit_fields("orders", &id, &bought(vec![row(LineKind::Item, "A", 3, "100", 25)], "300"));
    world.run();
    assert_eq!(order(&world).content.gross, 300.into());
    assert_eq!(named(&world), (Some(article), Some("A".to_owned())));
}

#[test]
fn what_an_order_says_of_its_rows_and_its_terms_arrives_whole() {
    let mut world = documents::world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithVat), |s| s);
    let line = row(LineKind::Item, "A", 3, "80", 12).key("1").discount_percent(dec("12.5")).unit("kg").text("by hand");
    let content = Content::new().lines(Lines::new().with(line)).gross(dec("210")).prices_include_vat(true);
    let content = content.currency("EUR").payment_terms("30").delivery_terms("DAP").delivery_method("road");
    let content = content.buyer_reference("Anna Ek").buyer_order_number("PO-7").remark("mind the dog");
    let fields = Order::new().content(content.clone()).to_fields().with("x.shop.status", "created");
    world.system("shop").put_fields("orders", fields);
    world.adopt();
    world.run();
    let made = order(&world).content;
    let kept = made.lines.value().unwrap()[0].clone();
    assert_eq!((kept.discount_percent, kept.vat_rate, kept.unit), (dec("12.5").into(), 12.into(), "kg".into()));
    assert_eq!((kept.quantity, kept.unit_price, kept.text), (3.into(), 80.into(), "by hand".into()));
    assert_eq!((&made.currency, &made.gross), (&content.currency, &content.gross));
    assert_eq!((&made.payment_terms, &made.delivery_terms), (&content.payment_terms, &content.delivery_terms));
    assert_eq!((&made.buyer_reference, &made.buyer_order_number), (&"Anna Ek".into(), &"PO-7".into()));
    assert_eq!((&made.delivery_method, &made.remark), (&"road".into(), &"mind the dog".into()));
}

#[test]
fn a_name_with_an_apostrophe_is_looked_for_and_found() {
    let look = |habits: fn(Habits) -> Habits| {
        let mut world = two(ONE_WAY, plain, move |s| habits(s.late(90).loses_answers(1000)));
        world.system("crm").put("company", company("O'Hara's 'best'", "1"));
        world.adopt();
        for _ in 0..6 {
            world.run();
        }
        assert_eq!(world.system("erp").all("customer").len(), 1);
        world.run()
    };
    let report = look(|s| s.finds_by_query("name").incomplete());
    assert_eq!((report.unclear, report.exit_code()), (0, 0), "{report:?}");
    // a connector that pastes names into its query is told so, and what it was to find is not taken for absent
    let report = look(|s| s.finds_by_pasted_query("name").incomplete());
    assert_ne!(report.exit_code(), 0, "{report:?}");
}

#[test]
fn two_runs_at_once_undo_nothing_of_each_other() {
    let mut met = 0;
    for head_start in 0..40 {
        let mut world = two(SHARED, |s| s.since(1), |s| s.since(1));
        let crm = world.system("crm").put("company", company("A", "1").phone("08-1"));
        world.adopt();
        world.run();
        let erp = world.system("erp").all("customer").keys().next().unwrap().clone();
        world.system("crm").edit::<Organisation>("company", &crm, |o| o.name("B"));
        world.system("erp").edit::<Organisation>("customer", &erp, |o| o.phone("08-2"));
        world.pass(60);
        let engines: [Engine; 2] = [world.engine().unwrap(), world.engine().unwrap()];
        let cancel = Cancel::new();
        let mut runs = engines.each_ref().map(|engine| Box::pin(engine.run(Mode::Sync, &Silent, &cancel)));
        let mut reports = [None, None];
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        for turn in 0.. {
            let late = usize::from(turn >= head_start);
            for one in 0..=late {
                if reports[one].is_none()
                    && let std::task::Poll::Ready(report) = runs[one].as_mut().poll(&mut cx)
                {
                    reports[one] = Some(report.unwrap());
                }
            }
            if reports.iter().all(Option::is_some) {
                break;
            }
        }
        met += usize::from(reports.iter().flatten().any(|report| !report.busy.is_empty()));
        for _ in 0..2 {
            world.run();
        }
        for (system, stream) in [("crm", "company"), ("erp", "customer")] {
            let there = world.system(system).one::<Organisation>(stream);
            assert_eq!((there.name, there.phone), ("B".into(), "08-2".into()), "{system}, {head_start} ahead");
        }
        assert_eq!((by_engine(&world, "crm").len(), by_engine(&world, "erp").len()), (1, 2), "{head_start} ahead");
        is_quiet(&mut world);
    }
    assert!(met > 3, "the runs met {met} times only");
}

#[test]
fn an_order_of_a_hundred_rows_is_whole_again_after_a_break_in_the_middle() {
    let rows = |count: usize| (0..count).map(|_| goods("1", 25)).collect::<Vec<_>>();
    let mut world =
        documents::world(&format!("{ROWS}{ROUNDED}"), |d| d.prices(Prices::WithVat), |s| s.breaks_off(40, 800));
    let id = place(&world, rows(100), "100");
    world.adopt();
    for (count, sum) in [(100, "100"), (90, "90"), (99, "99")] {
        if count < 100 {
            world.system("shop").edit_fields("orders", &id, &bought(rows(count), sum));
        }
        for _ in 0..12 {
            world.run();
        }
        let there = order(&world); // and there is one
        assert_eq!((there.content.lines.value().unwrap().len(), &there.content.gross), (count, &dec(sum).into()));
        assert!(open(&there));
    }
    let in_part = |change: &Change| Order::from_fields(&change.after).unwrap().content.gross == 40.into();
    let broken = by_engine(&world, "erp").iter().filter(|change| in_part(change)).count();
    assert!(broken > 1, "it broke {broken} times only");
    for acted in world.system("erp").acts() {
        let gross = acted.before.get(FieldPath::new("content.gross"));
        assert_eq!(gross, Some(&Value::Decimal(dec("100.00"))), "no step with half an order: {acted:?}");
    }
    is_quiet(&mut world);
}

/// Orders of a CRM that go to an ERP, as they are.
fn deliveries(rules: &str) -> String {
    format!(
        r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        systems.crm = {{ read = true }}
        systems.erp = {{ read = true, create = "always", update = true }}
        [entities.orders]
        kind = "order"
        master = "crm"
        complete_every = "2h"
        systems.crm = {{ read = true }}
        systems.erp = {{ read = true, create = "always", update = true }}
        {rules}
    "#
    )
}

fn trade(rules: &str, habits: impl FnOnce(Habits) -> Habits) -> World {
    let fields = ["number", "customer", "content"];
    World::new(1)
        .with(
            Mock::new("crm")
                .stream::<Organisation>("company", |s| s.since(1))
                .stream::<Order>("delivery", |s| habits(s.since(1).only(&fields))),
        )
        .with(Mock::new("erp").stream::<Organisation>("customer", plain).stream::<Order>("order", |s| s.only(&fields)))
        .policy(&deliveries(rules))
}

#[test]
fn orders_obey_the_filter_of_their_buyers() {
    let mut world = trade("[[entities.orders.scope]]\nat = \"erp\"\nwhen = [\"customer.category = customer\"]", plain);
    let crm = world.system("crm").clone();
    let mut ids = Vec::new();
    for (number, category) in [("1", "customer"), ("2", "prospect")] {
        let id = crm.put("company", company(&format!("C{number}"), number).category(category));
        crm.put("delivery", Order::new().number(number).customer(crm.at("company").id(&id)));
        ids.push(id);
    }
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").one::<Order>("order").number, "1".into());
    crm.edit::<Organisation>("company", &ids[1], |o| o.category("customer"));
    world.run();
    world.run();
    assert_eq!(world.system("erp").all("order").len(), 2, "the order itself did not change");
}

#[test]
fn rows_that_change_without_a_stamp_of_their_order_arrive() {
    let mut world = trade("", |s| s.misses_changes_of("content"));
    let crm = world.system("crm").clone();
    let of = |quantity: i64| {
        let lines = Lines::new().with(Line::new().key("1").sku("A").quantity(quantity).unit_price(10));
        Order::new().number("1").content(Content::new().lines(lines))
    };
    let id = crm.put("delivery", of(1));
    world.adopt();
    world.run();
    world.pass(1200);
    crm.put("delivery", Order::new().number("2"));
    world.run();
    let quantity = |world: &World| {
        let all = world.system("erp").all("order");
        let one = all.values().find(|fields| fields.text(Order::NUMBER) == Some("1")).unwrap();
        let order = Order::from_fields(one).unwrap();
        order.content.lines.value().unwrap()[0].quantity
    };
    assert_eq!(quantity(&world), 1.into());
    crm.edit_fields("delivery", &id, &of(5).to_fields());
    world.run();
    assert_eq!(quantity(&world), 1.into(), "what changed is listed, and this is not in it");
    world.pass(2 * 3600);
    world.run();
    assert_eq!(quantity(&world), 5.into());
    is_quiet(&mut world);
}

#[test]
fn what_comes_from_the_erp_fits_the_filter_of_what_goes_there() {
    let rules = SHARED.replace("master = \"crm\"", "where = [\"is_customer = true\"]\n    master = \"crm\"");
    let mut world =
        two(&rules, plain, |s| s.holds("is_customer", true).only(&["name", "registration_number", "phone"]));
    world.adopt();
    world.system("erp").put("customer", company("Of the ERP", "1"));
    world.system("crm").put("company", company("No customer", "2"));
    world.run();
    assert_eq!(names(&world, "erp", "customer"), ["Of the ERP"], "what the filter leaves out stays where it is");
    let made = world.system("crm").all("company");
    let (id, fields) = made.iter().find(|(_, fields)| fields.text(Organisation::NAME) == Some("Of the ERP")).unwrap();
    assert_eq!(fields.get(Organisation::IS_CUSTOMER), Some(&Value::Bool(true)));
    world.system("crm").edit::<Organisation>("company", id, |o| o.phone("08-1"));
    world.run();
    assert_eq!(world.system("erp").one::<Organisation>("customer").phone, "08-1".into());
    is_quiet(&mut world);
}
