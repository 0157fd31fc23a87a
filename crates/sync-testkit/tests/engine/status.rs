//! Status words, axes, and what a written status brings about.

use std::collections::BTreeSet;

use sync_core::model::Order;
use sync_core::policy::Policy;

use super::*;

fn policy(write: &str) -> String {
    format!(
        r#"
    [entities.orders]
    kind = "order"
    master = "shop"
    match = [{{ on = ["number"] }}]
    systems.shop = {{ read = true, update = true }}
    systems.erp = {{ read = true, create = "always", update = true }}
    fields.fulfilment = {{ rule = "master", system = "erp" }}
    [[entities.orders.scope]]
    at = "erp"
    when = ["fulfilment in [open, picking]"]
    [entities.orders.status.shop]
    field = "x.shop.status"
    read = [
      {{ status = "created", means = {{ fulfilment = "open" }} }},
      {{ status = "completed", means = {{ fulfilment = "delivered" }} }},
      {{ status = "canceled", means = {{ fulfilment = "cancelled" }} }},
    ]
    write = [
      {write}
    ]
    [entities.orders.status.erp]
    field = "x.erp.status"
    read = [
      {{ status = "2", means = {{ fulfilment = "open" }} }},
      {{ status = "3", means = {{ fulfilment = "delivered" }} }},
      {{ status = "9", means = {{ fulfilment = "cancelled" }} }},
    ]
"#
    )
}

const DELIVERED: &str = r#"{ when = { fulfilment = "delivered" }, status = "completed", effects = ["notify_buyer"] },"#;

pub(super) fn world(write: &str, lost: u32) -> World {
    let no_axes = |s: Habits, own: &str| s.only(&["number", "note"]).has(own);
    World::new(3)
        .with(Mock::new("shop").stream::<Order>("orders", |s| {
            no_axes(s, "x.shop.status").offers_effect("notify_buyer").loses_answers(lost)
        }))
        .with(Mock::new("erp").stream::<Order>("order", |s| no_axes(s, "x.erp.status")))
        .policy(&policy(write))
}

pub(super) fn order(world: &World, number: &str, status: &str) -> std::sync::Arc<str> {
    let fields = sync_core::FieldMap::new().with(Order::NUMBER, number).with("x.shop.status", status);
    world.system("shop").put_fields("orders", fields)
}

fn status(world: &World, system: &str, stream: &str) -> Vec<String> {
    let own = format!("x.{system}.status");
    let all = world.system(system).all(stream);
    all.values().map(|fields| fields.text(own.as_str().into()).unwrap_or("-").to_owned()).collect()
}

fn deliver(world: &World, word: &str) {
    let erp = world.system("erp");
    let id = erp.all("order").keys().next().unwrap().clone();
    erp.edit_fields("order", &id, &sync_core::FieldMap::new().with("x.erp.status", word));
}

#[test]
fn a_status_travels_by_its_axes_and_its_effect_happens_once() {
    let mut world = world(DELIVERED, 0);
    order(&world, "1", "created");
    order(&world, "2", "canceled");
    world.adopt();
    world.run();
    assert_eq!(world.system("erp").all("order").len(), 1, "a cancelled order starts no transfer");
    deliver(&world, "2");
    assert_eq!(world.run().writes(), 0, "'open' has no row and is left alone");
    deliver(&world, "3");
    let report = world.run();
    assert_eq!(report.effects.get("notify_buyer"), Some(&1));
    assert!(status(&world, "shop", "orders").contains(&"completed".to_owned()));
    for _ in 0..3 {
        assert_eq!(world.run().writes(), 0);
    }
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
}

#[test]
fn an_effect_whose_answer_was_lost_is_not_asked_for_again() {
    let mut world = world(DELIVERED, 1000);
    order(&world, "1", "created");
    world.adopt();
    world.run();
    deliver(&world, "3");
    for _ in 0..6 {
        world.run();
    }
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
    assert_eq!(status(&world, "shop", "orders"), ["completed"]);
    // a person sets it back, and the ERP's word is written again: without a second mail
    let id = world.system("shop").all("orders").keys().next().unwrap().clone();
    world.system("shop").edit_fields("orders", &id, &sync_core::FieldMap::new().with("x.shop.status", "created"));
    for _ in 0..4 {
        world.run();
    }
    assert_eq!(status(&world, "shop", "orders"), ["completed"]);
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
}

#[test]
fn an_effect_of_which_nobody_can_say_whether_it_happened_is_told_and_not_asked_for_again() {
    let mut world = world(DELIVERED, 1000);
    order(&world, "1", "created");
    world.adopt();
    world.run();
    deliver(&world, "3");
    world.run(); // the mail goes, and the answer is lost
    let id = world.system("shop").all("orders").keys().next().unwrap().clone();
    world.system("shop").edit_fields("orders", &id, &sync_core::FieldMap::new().with("x.shop.status", "created"));
    let told: Vec<String> = (0..4).flat_map(|_| world.run().effects_in_doubt).collect();
    assert!(
        matches!(told.as_slice(), [line] if line.contains("orders 1: notify_buyer may have happened at mock:shop/orders")),
        "{told:?}"
    );
    assert_eq!(world.system("shop").effects(), ["notify_buyer"]);
}

#[test]
fn a_status_goes_forward_only_and_an_unknown_word_is_told() {
    let mut world = world(DELIVERED, 0);
    order(&world, "1", "created");
    world.adopt();
    world.run();
    deliver(&world, "3");
    world.run();
    deliver(&world, "2");
    assert_eq!(world.run().writes(), 0, "delivered is not open again");
    deliver(&world, "7");
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert!(report.unmapped.keys().any(|(_, code)| code.code == "7"), "{:?}", report.unmapped);
    assert_eq!(report.exit_code(), 3, "somebody must say what it means");
    let told: Vec<String> = report.waiting().collect();
    assert!(
        matches!(told.as_slice(), [line] if line.contains("status '7'") && line.contains("status.erp")),
        "{told:?}"
    );
}

#[test]
fn a_status_that_a_person_is_to_confirm_is_held() {
    let row = r#"{ when = { fulfilment = "cancelled" }, status = "canceled", apply = "hold" },"#;
    let mut world = world(row, 0);
    order(&world, "1", "created");
    world.adopt();
    world.run();
    deliver(&world, "9");
    world.run();
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert!(report.held.iter().any(|held| held.text.contains("canceled")), "{:?}", report.held);
    assert_eq!(status(&world, "shop", "orders"), ["created"]);
    // somebody sets it by hand: nothing is left to ask
    let id = world.system("shop").all("orders").keys().next().unwrap().clone();
    world.system("shop").edit_fields("orders", &id, &sync_core::FieldMap::new().with("x.shop.status", "canceled"));
    world.run();
    assert!(world.run().held.is_empty());
}

#[test]
fn a_status_table_is_checked_like_all_else() {
    let wrong = [
        (DELIVERED.replace("notify_buyer", "notify_byer"), "did you mean 'notify_buyer'"),
        (DELIVERED.replace("\"delivered\" }", "\"deliverd\" }"), "did you mean 'delivered'"),
        (DELIVERED.replace("fulfilment =", "fulfillment ="), "did you mean 'fulfilment'"),
        (DELIVERED.replace("\"completed\"", "\"done\""), "reading it back"),
    ];
    for (row, told) in wrong {
        let world = world(&row, 0);
        let Err(mistakes) = world.engine() else { panic!("{row} was taken") };
        let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(all.iter().any(|line| line.contains(told)), "{row}: {all:?}");
    }
    let names: BTreeSet<_> = Policy::from_toml(&policy(DELIVERED)).unwrap().entities.into_keys().collect();
    assert_eq!(names.len(), 1);
}
