//! Stock that shops are told of: orders count before the ERP has them, and once only.

use std::sync::Arc;

use rust_decimal::Decimal;
use sync_core::{
    Canonical,
    model::{Content, Fulfilment, Invoice, Item, Line, Lines, Order, StockLevel},
};
use sync_testkit::mock::Documents;

use super::*;

mod house;
use house::{House, erp, parts, shop};

const POLICY: &str = r#"
    [entities.items]
    kind = "item"
    master = "erp"
    match = [{ on = ["number"] }]
    systems.erp = { read = true }
    systems.se = { read = true }
    [entities.orders]
    kind = "order"
    master = "se"
    systems.se = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.number = { rule = "off" }
    fields.fulfilment = { rule = "shared", on_conflict = { prefer = ["se", "erp"] } }
    [[entities.orders.scope]]
    at = "erp"
    when = ["fulfilment >= open"]
    [entities.stock]
    kind = "stock_level"
    master = "erp"
    match = [{ on = ["sku"] }]
    systems.erp = { read = true }
    systems.se = { read = false, update = true }
    [entities.stock.reserve]
    orders = ["orders"]
"#;

fn two_shops() -> String {
    let more = POLICY
        .replace("systems.se = { read = true }", "systems.se = { read = true }\n    systems.no = { read = true }");
    let more = more.replace(
        "systems.se = { read = true, update = true }",
        "systems.se = { read = true, update = true }\n    systems.no = { read = true, update = true }",
    );
    more.replace(
        "systems.se = { read = false, update = true }",
        "systems.se = { read = false, update = true }\n    systems.no = { read = true, update = true }",
    )
}

fn house(on_hand: i64) -> House {
    House::new(World::new(3).with(shop("se")).with(erp(plain, plain)).policy(POLICY), &["se"], on_hand)
}

#[test]
fn the_shop_is_told_what_the_erp_has() {
    let mut house = house(10);
    assert_eq!(house.shown("se"), 10);
    house.deliver(5);
    house.run();
    assert_eq!(house.shown("se"), 15);
    house.settles();
}

#[test]
fn two_hundred_orders_minute_by_minute() {
    let worlds = [
        ("each listing whole", World::new(3).with(shop("se")).with(erp(plain, plain))),
        ("changes only", World::new(4).with(shop("se")).with(erp(|s| s.since(1_000), |s| s.since(1_000).late(5)))),
        ("stamps that miss", World::new(5).with(shop("se")).with(erp(|s| s.since(1_000), |s| s.since(1_000).misses()))),
        ("lost answers", World::new(6).with(shop("se")).with(erp(|s| s.loses_answers(300).late(90), plain))),
    ];
    for ((name, world), minutes) in worlds.into_iter().zip([100, 40, 40, 40]) {
        let mut house = House::new(world.policy(POLICY), &["se"], 110);
        for minute in 0..minutes {
            let mut placed: Vec<Arc<str>> = Vec::new();
            for _ in 0..2 {
                placed.extend(house.buy("se", 1 + minute % 2));
            }
            if minute % 7 == 3 {
                house.deliver(11);
            }
            if let Some(order) = placed.pop().filter(|_| minute % 10 == 9) {
                house.cancel("se", &order); // the ERP never has it
            }
            house.run();
            assert!(house.left() >= 0, "{name}: sold {} too many", -house.left());
            assert!(house.shown("se") <= house.left(), "{name}, minute {minute}");
        }
        house.world.system("erp").calm();
        house.settles();
        assert!(house.sold.len() > 150 || minutes < 100, "{name}: {}", house.sold.len());
    }
}

#[test]
fn the_last_piece_is_sold_once_whenever_it_is_sold() {
    for turn in 0..40 {
        let house = std::cell::RefCell::new(house(1));
        let clock = house.borrow().world.clock().clone();
        clock.advance(chrono::TimeDelta::seconds(60));
        let engine = house.borrow().world.engine().unwrap();
        let cancel = Cancel::new();
        let mut run = Box::pin(engine.run(Mode::Sync, &Silent, &cancel));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut now = 0;
        loop {
            if now == turn {
                house.borrow_mut().buy("se", 1).unwrap();
            }
            if run.as_mut().poll(&mut cx).is_ready() {
                break;
            }
            now += 1;
        }
        let mut house = house.into_inner();
        if now < turn {
            house.buy("se", 1).unwrap();
        }
        for _ in 0..5 {
            assert!(house.buy("se", 1).is_none(), "sold twice, at turn {turn}");
            house.run();
        }
    }
}

#[test]
fn an_order_that_is_held_or_waits_for_its_trigger_counts() {
    let tables = "\n    [tables.payment_method]\n    se = { invoice = \"invoice\" }\n    erp = { invoice = \"30\" }\n";
    let held = format!("{POLICY}{tables}");
    let untriggered = POLICY.replace("fulfilment >= open", "fulfilment >= picking");
    for policy in [held, untriggered] {
        let world = World::new(3).with(shop("se")).with(erp(plain, plain)).policy(&policy);
        let mut house = House::new(world, &["se"], 10);
        house.buy("se", 3).unwrap();
        house.deliver(1);
        house.run();
        assert!(house.world.system("erp").all("order").is_empty(), "{policy}");
        assert_eq!(house.shown("se"), 8, "{policy}");
    }
}

#[test]
fn a_cancelled_order_gives_back_and_an_old_one_never_took() {
    let later = POLICY.replace("fulfilment >= open", "fulfilment >= picking");
    let world = World::new(3).with(shop("se")).with(erp(plain, plain)).policy(&later);
    let mut house = House::new(world, &["se"], 10);
    let order = house.buy("se", 4).unwrap();
    house.run();
    assert_eq!(house.shown("se"), 6);
    house.cancel("se", &order);
    house.settles();
    assert_eq!(house.shown("se"), 10);

    let gate = "\n    [[entities.orders.scope]]\n    at = \"erp\"\n    when = [\"@created_on >= 2026-03-01\"]\n";
    let shop = Mock::new("se")
        .stream::<Order>("orders", |s| s.only(&["content", "fulfilment", "ordered_on"]))
        .stream::<Item>("variants", |s| s.only(&["number", "name"]))
        .stream::<StockLevel>("stock", |s| s.only(&["sku", "available"]).facet_of("variants"));
    let lines = Lines::new().with(Line::new().key("1").sku("A").quantity(3).unit_price(100).vat_rate(25));
    let day: chrono::NaiveDate = "2020-01-01".parse().unwrap();
    shop.put("orders", Order::new().content(Content::new().lines(lines).gross(375)).ordered_on(day));
    let world = World::new(3).with(shop).with(erp(plain, plain)).policy(&format!("{POLICY}{gate}"));
    let mut house = House::new(world, &["se"], 10);
    assert_eq!(house.shown("se"), 10, "it is older than what is ever transferred");
    house.settles();
}

#[test]
fn orders_of_every_shop_count_for_every_shop() {
    let world = World::new(3).with(shop("se")).with(shop("no")).with(erp(plain, plain)).policy(&two_shops());
    let mut house = House::new(world, &["se", "no"], 10);
    house.buy("se", 3).unwrap();
    house.buy("no", 2).unwrap();
    house.run();
    assert_eq!((house.shown("se"), house.shown("no")), (5, 5));
    house.settles();
    // only what both sell between two runs can be sold twice
    house.buy("se", 5).unwrap();
    house.run();
    assert_eq!(house.shown("no"), 0);
    assert!(house.buy("no", 1).is_none());
}

#[test]
fn a_delivery_that_hides_an_order_leaves_the_shop_no_poorer() {
    let mut house = house(10);
    house.buy("se", 2).unwrap();
    house.deliver(2);
    house.run();
    assert_eq!(house.shown("se"), 10, "the shop counted down to 8 by itself");
    house.settles();
}

#[test]
fn a_buffer_is_kept_back_and_a_new_one_is_taken_up() {
    let mut house = house(10);
    house.world = house.world.policy(&format!("{POLICY}    buffer = 3\n"));
    house.run();
    assert_eq!(house.shown("se"), 7);
    let report = house.run();
    assert_eq!(report.writes(), 0);
}

#[test]
fn an_erp_that_counts_only_what_is_delivered() {
    let mut house = house(10);
    house.reserves = false;
    house.world = house.world.policy(&format!("{POLICY}    counted = \"delivered\"\n"));
    house.buy("se", 4).unwrap();
    for _ in 0..4 {
        house.run();
        assert_eq!(house.shown("se"), 6, "it is there, and not in the number");
    }
    let erp = house.world.system("erp").clone();
    let there = erp.all("order").keys().next().unwrap().clone();
    let order = house.world.system("se").all("orders").keys().next().unwrap().clone();
    let delivered = Order::new().fulfilment(Fulfilment::Delivered).to_fields();
    house.world.system("se").edit_fields("orders", &order, &delivered);
    erp.edit_fields("order", &there, &delivered);
    erp.edit_fields("numbers", &house.article, &StockLevel::new().available(6).to_fields());
    house.run(); // which of the two came first, nobody can tell
    assert!(house.shown("se") <= 6);
    for _ in 0..3 {
        house.run();
        assert_eq!(house.shown("se"), 6);
    }
}

#[test]
fn a_run_that_ends_anywhere_sells_nothing_twice() {
    let mut turn = 1;
    loop {
        let mut house = house(10);
        house.buy("se", 3).unwrap();
        house.deliver(4);
        let ended = house.crash_at(turn);
        house.check();
        house.buy("se", 1);
        house.settles();
        assert_eq!(house.world.system("erp").all("order").len(), house.sold.len());
        if !ended {
            break;
        }
        turn += 1;
    }
    assert!(turn > 10, "{turn}");
}

#[test]
fn a_shop_that_shows_nothing_is_written_all_the_same() {
    let se = Mock::new("se")
        .stream::<Order>("orders", |s| s.only(&["content", "fulfilment"]))
        .stream::<StockLevel>("stock", |s| s.only(&["sku", "available"]).shows_nothing().idempotent());
    let policy = POLICY
        .replace("    systems.se = { read = true }\n    [entities.orders]", "    [entities.orders]")
        .replace("systems.se = { read = false, update = true }", "systems.se = { create = \"always\", update = true }");
    let mut world = World::new(3).with(se).with(erp(plain, plain)).policy(&policy);
    let erp = world.system("erp").clone();
    let article = erp.put_parts("articles", parts(["articles", "numbers"], "A", 7));
    world.adopt();
    world.run();
    assert_eq!(world.system("se").one::<StockLevel>("stock").available, 7.into());
    assert_eq!(world.run().writes(), 0);
    erp.edit_fields("numbers", &article, &StockLevel::new().available(5).to_fields());
    world.run();
    assert_eq!(world.system("se").one::<StockLevel>("stock").available, 5.into());
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn what_is_sold_while_a_run_writes_is_right_after_the_next_one() {
    let world = World::new(9).with(shop("se")).with(erp(plain, plain)).policy(POLICY);
    let dice = world.dice().clone();
    let house = std::cell::RefCell::new(House::new(world, &["se"], 40));
    for minute in 0..60 {
        if minute % 5 == 0 {
            house.borrow_mut().deliver(9);
        }
        let before = house.borrow().left();
        house.borrow().world.clock().advance(chrono::TimeDelta::seconds(60));
        let engine = house.borrow().world.engine().unwrap();
        let cancel = Cancel::new();
        let mut run = Box::pin(engine.run(Mode::Sync, &Silent, &cancel));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        while run.as_mut().poll(&mut cx).is_pending() {
            house.borrow().reserve();
            if dice.per_mille(250) {
                house.borrow_mut().buy("se", 1);
            }
        }
        drop(run);
        let mut house = house.borrow_mut();
        let sold = before - house.left();
        house.look_away();
        house.run();
        assert!(house.shown("se") <= house.left().max(0), "minute {minute}");
        assert!(before > 0 || sold == 0, "only what this very run could not know is sold twice");
    }
    let mut house = house.into_inner();
    assert!(house.sold.len() > 60, "{}", house.sold.len());
    house.settles();
}

#[test]
fn an_order_that_becomes_an_invoice_counts_until_that_is_booked() {
    let policy = POLICY
        .replace("create = \"always\", update = true }", "create = \"always\", update = true, becomes = \"invoice\" }")
        .replace("prefer = [\"se\", \"erp\"]", "prefer = [\"se\"]");
    let invoices = "\n    [entities.invoices]\n    kind = \"invoice\"\n    master = \"erp\"\n    systems.erp = { read = true, create = \"always\" }\n";
    let erp = Mock::new("erp")
        .stream::<Item>("articles", |s| s.only(&["number", "name"]))
        .stream::<StockLevel>("numbers", |s| s.only(&["sku", "available"]).facet_of("articles"))
        .stream::<Invoice>("drafts", |s| {
            let s = s.only(&["content", "number"]).marks("x.erp.mark");
            s.documents(|d| d.names_items("articles").step_into("book", "draft", "booked", "invoices", 0))
        })
        .stream::<Invoice>("invoices", |s| {
            let s = s.only(&["content", "number"]).marks("x.erp.mark");
            s.documents(|d| d.names_items("articles").all_are("booked").numbered(501).locked())
        });
    let world = World::new(3).with(shop("se")).with(erp).policy(&format!("{policy}{invoices}"));
    let mut house = House::new(world, &["se"], 10);
    house.reserves = false; // a draft takes no stock
    house.buy("se", 4).unwrap();
    let erp = house.world.system("erp").clone();
    for _ in 0..4 {
        house.run();
        assert_eq!((house.shown("se"), erp.all("drafts").len()), (6, 1));
    }
    let draft = erp.all("drafts").keys().next().unwrap().clone();
    erp.step("drafts", &draft, "book").unwrap();
    erp.edit_fields("numbers", &house.article, &StockLevel::new().available(6).to_fields());
    house.run();
    assert!(house.shown("se") <= 6);
    for _ in 0..3 {
        house.run();
        assert_eq!(house.shown("se"), 6);
    }
    // it is voided: the goods are back in the number, and the order still stands
    let invoice = erp.all("invoices").keys().next().unwrap().clone();
    erp.edit_fields("invoices", &invoice, &Invoice::new().is_cancelled(true).to_fields());
    erp.edit_fields("numbers", &house.article, &StockLevel::new().available(10).to_fields());
    for _ in 0..3 {
        house.run();
    }
    assert_eq!(house.shown("se"), 6);
}

#[test]
fn a_first_contact_is_approved_and_a_dry_run_shows_it_once() {
    let mut world = World::new(3).with(shop("se")).with(erp(plain, plain)).policy(POLICY);
    for number in 0..60 {
        let sku = format!("S-{number}");
        world.system("erp").put_parts("articles", parts(["articles", "numbers"], &sku, 7));
        world.system("se").put_parts("variants", parts(["variants", "stock"], &sku, 0));
    }
    let adopted = world.adopt().adopted;
    let report = world.run();
    assert_eq!(report.writes(), 0, "a guard trips: all of them would change");
    for id in adopted.iter().chain(report.tripped.keys()).take(1) {
        drive(world.engine().unwrap().approve(id, "anna")).unwrap();
    }
    let shown = world.dry_run().plan.ops.len();
    assert_eq!(shown, 60);
    assert_eq!(world.run().writes(), 60);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn places_are_counted_each_by_itself() {
    let erp = Mock::new("erp")
        .stream::<Item>("articles", |s| s.only(&["number", "name"]))
        .stream::<StockLevel>("numbers", |s| s.only(&["sku", "available", "location"]))
        .stream::<Order>("order", |s| {
            let s = s.only(&["content", "number", "fulfilment"]).marks("x.erp.mark");
            s.documents(|d: Documents| d.names_items("articles"))
        });
    let se = Mock::new("se")
        .stream::<Order>("orders", |s| s.only(&["content", "fulfilment", "location"]))
        .stream::<Item>("variants", |s| s.only(&["number"]))
        .stream::<StockLevel>("stock", |s| s.only(&["sku", "available", "location"]));
    let policy = POLICY
        .replace("on = [\"sku\"]", "on = [\"sku\", \"location\"]")
        .replace("fulfilment >= open", "fulfilment >= picking")
        .replace("{ read = false, update = true }", "{ create = \"always\", update = true }");
    let mut world = World::new(3).with(se).with(erp).policy(&policy);
    for place in ["oslo", "lund"] {
        world.system("erp").put("numbers", StockLevel::new().sku("A").location(place).available(10));
    }
    world.adopt();
    world.run();
    let shown = |world: &World| -> Vec<(String, Decimal)> {
        let all = world.system("se").all("stock");
        let level = |fields: &FieldMap| {
            let number = fields.get(StockLevel::AVAILABLE).and_then(Value::as_decimal).unwrap();
            (fields.text(StockLevel::LOCATION).unwrap().to_owned(), number)
        };
        let mut all: Vec<_> = all.values().map(level).collect();
        all.sort();
        all
    };
    let order = |place: Option<&str>| {
        let lines = Lines::new().with(Line::new().key("1").sku("A").quantity(3).unit_price(100).vat_rate(25));
        let order = Order::new().content(Content::new().lines(lines).gross(375)).fulfilment(Fulfilment::Open);
        match place {
            Some(place) => order.location(place),
            None => order,
        }
    };
    world.system("se").put("orders", order(Some("oslo")));
    world.run();
    assert_eq!(shown(&world), [("lund".to_owned(), 10.into()), ("oslo".to_owned(), 7.into())]);
    world.system("se").put("orders", order(None));
    world.run();
    assert_eq!(shown(&world), [("lund".to_owned(), 7.into()), ("oslo".to_owned(), 4.into())]);
}

#[test]
fn a_number_that_stays_the_same_is_written_again_after_an_order() {
    let erp = Mock::new("erp")
        .stream::<StockLevel>("numbers", |s| s.only(&["sku", "available"]))
        .stream::<Order>("order", |s| s.only(&["content", "number", "fulfilment"]).marks("x.erp.mark"));
    let se = Mock::new("se")
        .stream::<Order>("orders", |s| s.only(&["content", "fulfilment"]))
        .stream::<StockLevel>("stock", |s| s.only(&["sku", "available"]));
    let items = &POLICY[POLICY.find("[entities.items]").unwrap()..POLICY.find("[entities.orders]").unwrap()];
    let policy =
        POLICY.replace(items, "").replace("{ read = false, update = true }", "{ create = \"always\", update = true }");
    let mut world = World::new(3).with(se).with(erp).policy(&policy);
    let (erp, se) = (world.system("erp").clone(), world.system("se").clone());
    let number = erp.put("numbers", StockLevel::new().sku("A").available(10));
    world.adopt();
    world.run();
    let shown = se.all("stock").keys().next().unwrap().clone();
    assert_eq!(se.one::<StockLevel>("stock").available, 10.into());
    // two are sold, and the shop counts down by itself; two come in
    se.edit_fields("stock", &shown, &StockLevel::new().available(8).to_fields());
    let lines = Lines::new().with(Line::new().key("1").sku("A").quantity(2).unit_price(100).vat_rate(25));
    let order = Order::new().content(Content::new().lines(lines).gross(250)).fulfilment(Fulfilment::Open);
    se.put("orders", order);
    erp.edit_fields("numbers", &number, &StockLevel::new().available(12).to_fields());
    world.run();
    assert_eq!(
        se.one::<StockLevel>("stock").available,
        10.into(),
        "12, less 2, is 10 as before: and the shop showed 8"
    );
    // the ERP counts it now
    erp.edit_fields("numbers", &number, &StockLevel::new().available(10).to_fields());
    for _ in 0..3 {
        world.run();
        assert_eq!(se.one::<StockLevel>("stock").available, 10.into());
    }
    assert_eq!(world.run().writes(), 0);
}
