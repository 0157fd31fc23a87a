//! One wire record that carries several canonical ones; copies made at one moment; columns that show one of several.

use std::collections::BTreeMap;

use sync_core::model::{Address, Item, Order, Organisation, Person, StockLevel};
use sync_core::{Canonical, FieldMap, StreamId};

use super::*;

fn parts(of: &[(&str, FieldMap)]) -> BTreeMap<StreamId, FieldMap> {
    of.iter().map(|(stream, fields)| (StreamId::new(*stream), fields.clone())).collect()
}

const ARTICLES: &str = r#"
    [entities.items]
    kind = "item"
    master = "pim"
    match = [{ on = ["number"] }]
    systems.pim = { read = true }
    systems.erp = { read = true, create = "always", update = true }
    [entities.stock]
    kind = "stock_level"
    master = "pim"
    match = [{ on = ["location"] }]
    systems.pim = { read = true }
    systems.erp = { read = true, create = "always", update = true }
"#;

#[test]
fn the_changes_of_all_facets_of_a_record_go_in_one_call() {
    let mut world = World::new(1)
        .with(Mock::new("pim").stream::<Item>("item", plain).stream::<StockLevel>("stock", plain))
        .with(
            Mock::new("erp")
                .stream::<Item>("article", |s| s.replaces())
                .stream::<StockLevel>("article_stock", |s| s.facet_of("article")),
        )
        .policy(ARTICLES);
    let pim = world.system("pim").clone();
    let item = pim.put("item", Item::new().number("A-1").name("Skruv"));
    let stock = pim.put("stock", StockLevel::new().item(pim.at("item").id(&item)).location("main").available(5));
    let erp = world.system("erp").clone();
    erp.put_parts(
        "article",
        parts(&[
            ("article", Item::new().number("A-1").name("Skruv").to_fields()),
            ("article_stock", StockLevel::new().location("main").available(5).to_fields()),
        ]),
    );
    world.adopt();
    world.run();
    assert_eq!(world.run().writes(), 0);
    let before = erp.calls().get("write article").copied().unwrap_or_default();
    pim.edit::<Item>("item", &item, |i| i.name("Skruv M6"));
    pim.edit::<StockLevel>("stock", &stock, |s| s.available(4));
    world.run();
    assert_eq!(
        erp.calls().get("write article").copied().unwrap_or_default() - before,
        1,
        "two full replaces would undo each other"
    );
    let id = erp.all("article").keys().next().unwrap().clone();
    assert_eq!(erp.get::<Item>("article", &id).unwrap().name, "Skruv M6".into());
    assert_eq!(erp.get::<StockLevel>("article_stock", &id).unwrap().available, 4.into());
    assert_eq!(world.run().writes(), 0);
}

const ORDERS: &str = r#"
    [entities.buyers]
    kind = "organisation"
    master = "shop"
    match = [{ on = ["email"], duplicates = "alias" }]
    systems.shop = { read = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.billing = { rule = "seed", from = "shop" }
    fields.name = { rule = "seed", from = "shop" }
    fields.email = { rule = "shared", on_conflict = { prefer = ["erp", "shop"] } }
    [entities.orders]
    kind = "order"
    master = "shop"
    systems.shop = { read = true }
    systems.erp = { read = true, create = "always", update = true }
"#;

#[test]
fn a_guest_buys_twice_and_is_one_customer_with_his_first_address() {
    let mut world = World::new(1)
        .with(
            Mock::new("shop")
                .stream::<Order>("orders", plain)
                .stream::<Organisation>("order_buyer", |s| s.facet_of("orders").snapshot()),
        )
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", plain)
                .stream::<Order>("order", |s| s.requires("customer").marks("x.mock.reference")),
        )
        .policy(ORDERS);
    let shop = world.system("shop").clone();
    let order = |number: &str, email: &str, city: &str| {
        let id = shop.put_parts(
            "orders",
            parts(&[
                ("orders", Order::new().number(number).to_fields()),
                (
                    "order_buyer",
                    Organisation::new().name("Anna").email(email).billing(Address::new().city(city)).to_fields(),
                ),
            ]),
        );
        shop.edit_fields("orders", &id, &Order::new().customer(shop.at("order_buyer").id(&id)).to_fields());
        id
    };
    order("1001", "anna@a.se", "Oslo");
    world.adopt();
    world.run();
    order("1002", "Anna@A.se", "Bergen");
    world.run();
    world.run();
    let customers = world.system("erp").all("customer");
    assert_eq!(customers.len(), 1, "{customers:?}");
    assert_eq!(world.system("erp").one::<Organisation>("customer").billing.city, "Oslo".into(), "a copy is no edit");
    let orders: Vec<Order> =
        world.system("erp").all("order").values().map(|f| Order::from_fields(f).unwrap()).collect();
    assert_eq!(orders.len(), 2);
    let id = customers.keys().next().unwrap();
    for order in orders {
        assert_eq!(
            order.customer.value().and_then(|link| link.external()),
            Some(&world.system("erp").at("customer").id(id))
        );
    }
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_slot_that_holds_somebody_else_renames_nobody() {
    let policy = r#"
        [entities.people]
        kind = "person"
        master = "crm"
        match = [{ on = ["email"] }]
        systems.crm = { read = true, update = true }
        systems.erp = { read = true, update = true }
        fields.last_name = { rule = "shared", on_conflict = "hold" }
        fields.email = { rule = "shared", on_conflict = "hold" }
        fields.phone = { rule = "shared", on_conflict = "hold" }
    "#;
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Person>("person", plain))
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", plain)
                .stream::<Person>("customer_contact", |s| s.facet_of("customer").slot()),
        )
        .policy(policy);
    let anna = world.system("crm").put("person", Person::new().last_name("Anna").email("anna@a.se"));
    let bo = world.system("crm").put("person", Person::new().last_name("Bo").email("bo@a.se"));
    let erp = world.system("erp").clone();
    let customer = erp.put_parts(
        "customer",
        parts(&[
            ("customer", company("A", "1").to_fields()),
            ("customer_contact", Person::new().last_name("Anna").email("anna@a.se").to_fields()),
        ]),
    );
    world.adopt();
    world.run();
    erp.edit_fields(
        "customer_contact",
        &customer,
        &Person::new().last_name("Bo").email("bo@a.se").phone("08-2").to_fields(),
    );
    world.run();
    world.run();
    let crm = world.system("crm");
    assert_eq!(crm.get::<Person>("person", &anna).unwrap().last_name, "Anna".into());
    assert_eq!(crm.get::<Person>("person", &bo).unwrap().phone, "08-2".into(), "the slot now shows Bo");
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn what_was_settled_on_both_sides_adds_up() {
    use sync_core::model::Invoice;
    let policy = r#"
        [entities.invoices]
        kind = "invoice"
        master = "a"
        match = [{ on = ["number"] }]
        systems.a = { read = true, update = true }
        systems.b = { read = true, update = true }
        fields.settled = { rule = "sum" }
    "#;
    let mut world = World::new(1)
        .with(Mock::new("a").stream::<Invoice>("invoice", plain))
        .with(Mock::new("b").stream::<Invoice>("invoice", plain))
        .policy(policy);
    let a = world.system("a").put("invoice", Invoice::new().number("1").settled(0));
    let b = world.system("b").put("invoice", Invoice::new().number("1").settled(0));
    world.adopt();
    world.run();
    world.system("a").edit::<Invoice>("invoice", &a, |i| i.settled(500));
    world.system("b").edit::<Invoice>("invoice", &b, |i| i.settled(300));
    world.run();
    world.run();
    for system in ["a", "b"] {
        assert_eq!(world.system(system).one::<Invoice>("invoice").settled, 800.into(), "{system}");
    }
    assert_eq!(world.run().writes(), 0);
    world.system("a").edit::<Invoice>("invoice", &a, |i| i.settled(900));
    world.system("b").edit::<Invoice>("invoice", &b, |i| i.settled(900));
    let report = world.run();
    assert_eq!(report.held.len(), 1, "the same amount on both sides may be one payment: {:?}", report.held);
    world.system("a").edit::<Invoice>("invoice", &a, |i| i.settled(950));
    assert_eq!(world.run().held.len(), 1, "and more on one side is still that one and more");
    world.system("a").edit::<Invoice>("invoice", &a, |i| i.settled(800));
    let report = world.run();
    assert!(report.held.is_empty(), "taken back on one side, it is the other's: {:?}", report.held);
    for system in ["a", "b"] {
        assert_eq!(world.system(system).one::<Invoice>("invoice").settled, 900.into(), "{system}");
    }
}

#[test]
fn a_new_record_is_made_with_its_facets_in_one_call() {
    let mut world = World::new(1)
        .with(Mock::new("pim").stream::<Item>("item", plain).stream::<StockLevel>("stock", plain))
        .with(
            Mock::new("erp")
                .stream::<Item>("article", plain)
                .stream::<StockLevel>("article_stock", |s| s.facet_of("article")),
        )
        .policy(ARTICLES);
    let pim = world.system("pim").clone();
    let item = pim.put("item", Item::new().number("A-1").name("Skruv"));
    pim.put("stock", StockLevel::new().item(pim.at("item").id(&item)).location("main").available(5));
    world.adopt();
    world.run();
    let erp = world.system("erp").clone();
    assert_eq!(erp.calls().get("write article"), Some(&1));
    let id = erp.all("article").keys().next().unwrap().clone();
    assert_eq!(erp.get::<StockLevel>("article_stock", &id).unwrap().available, 5.into());
    world.run();
    assert_eq!(world.run().writes(), 0);
    assert_eq!(erp.all("article").len(), 1);
}
