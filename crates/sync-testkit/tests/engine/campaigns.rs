//! Prices that are others today, and campaigns that the configuration makes.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use sync_core::{Canonical, model::Price};

use super::*;

const POLICY: &str = r#"
    [entities.prices]
    kind = "price"
    master = "erp"
    time_zone = "Europe/Stockholm"
    match = [{ on = ["sku", "list", "currency", "from_quantity"] }]
    systems.erp = { read = true }
    systems.se = { read = true, create = "always", update = true }
"#;

/// A shop that knows no dates.
fn shop() -> Mock {
    Mock::new("se").stream::<Price>("prices", |s| {
        s.only(&["sku", "list", "currency", "from_quantity", "amount", "campaign_amount"])
    })
}

/// An ERP that knows them, or one that knows no campaigns at all.
fn erp(dated: bool) -> Mock {
    Mock::new("erp").stream::<Price>("prices", |s| match dated {
        true => s,
        false => s.only(&["sku", "list", "currency", "from_quantity", "amount"]),
    })
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn price(sku: &str, amount: i64) -> Price {
    let price = Price::new().sku(sku).currency("SEK").from_quantity(1).amount(amount);
    Price::from_fields(&price.to_fields().with(Price::LIST, Value::Null)).unwrap()
}

fn world(dated: bool, more: &str) -> World {
    World::new(2).with(shop()).with(erp(dated)).policy(&format!("{POLICY}{more}"))
}

/// Puts the clock to a moment; a run is a minute later.
fn until(world: &World, text: &str) {
    use sync_core::Clock;
    let gap = at(text) - world.clock().now() - TimeDelta::seconds(60);
    assert!(gap >= TimeDelta::zero(), "{text} is over");
    world.clock().advance(gap);
}

fn of(world: &World, system: &str, sku: &str, list: Option<&str>) -> (Arc<str>, Price) {
    let all = world.system(system).all("prices").into_iter();
    let all = all.map(|(id, fields)| (id, Price::from_fields(&fields).unwrap()));
    let mut fits = all.filter(|(_, price)| price.sku == sku.into() && price.list.value().map(String::as_str) == list);
    fits.next().unwrap()
}

fn running(world: &World, sku: &str) -> Option<Decimal> {
    of(world, "se", sku, None).1.campaign_amount.value().copied()
}

fn dec(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

#[test]
fn a_campaign_begins_and_ends_at_midnight_though_no_system_changed() {
    let mut world = world(true, "");
    let campaign = price("A", 100).campaign_amount(79).campaign_from(day("2026-03-28")).campaign_to(day("2026-03-29"));
    world.system("erp").put("prices", campaign);
    world.system("erp").put("prices", price("B", 50));
    world.adopt();
    assert_eq!(world.run().writes(), 2);
    assert_eq!((of(&world, "se", "A", None).1.amount, running(&world, "A")), (100.into(), None));
    // Stockholm is an hour ahead of UTC in winter, and two from the morning of the 29th on
    for (moment, writes, shown) in [
        ("2026-03-27T22:58:00Z", 0, None),
        ("2026-03-27T23:01:00Z", 1, dec("79")),
        ("2026-03-29T21:58:00Z", 0, dec("79")),
        ("2026-03-29T22:01:00Z", 1, None),
        ("2026-03-31T12:00:00Z", 0, None),
    ] {
        until(&world, moment);
        assert_eq!(world.run().writes(), writes, "{moment}");
        assert_eq!(running(&world, "A"), shown, "{moment}");
        assert_eq!(world.run().writes(), 0, "after {moment}");
    }
}

#[test]
fn what_people_do_to_a_campaign_in_the_shop_is_set_right() {
    let mut world = world(true, "");
    world.system("erp").put("prices", price("A", 100).campaign_amount(79).campaign_from(day("2026-01-01")));
    world.adopt();
    world.run();
    assert_eq!(running(&world, "A"), dec("79"));
    let (id, _) = of(&world, "se", "A", None);
    world.system("se").edit::<Price>("prices", &id, |price| price.campaign_amount(60));
    world.run();
    assert_eq!(running(&world, "A"), dec("79"));
    // the ERP ends it early
    let (id, _) = of(&world, "erp", "A", None);
    world.system("erp").edit::<Price>("prices", &id, |price| price.campaign_to(day("2026-01-31")));
    world.run();
    assert_eq!(running(&world, "A"), None);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_target_that_knows_dates_gets_them_at_once() {
    let shop = Mock::new("se").stream::<Price>("prices", plain);
    let policy = POLICY.replace("    time_zone = \"Europe/Stockholm\"\n", "");
    let mut world = World::new(2).with(shop).with(erp(true)).policy(&policy);
    world.system("erp").put("prices", price("A", 100).campaign_amount(79).campaign_from(day("2026-05-01")));
    world.adopt();
    world.run();
    let (_, shown) = of(&world, "se", "A", None);
    assert_eq!((shown.campaign_amount, shown.campaign_from), (79.into(), day("2026-05-01").into()));
    until(&world, "2026-05-01T00:00:00Z");
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn a_table_of_the_configuration_is_a_campaign_and_a_changed_one_is_taken_up() {
    let campaign = |amounts: &str, days: &str| format!("    campaign = {{ amounts = {{ {amounts} }}, {days} }}\n");
    let mut world = world(false, &campaign(r#""A" = "79.00""#, r#"from = "2026-03-03", to = "2026-03-10""#));
    for (sku, amount) in [("A", 100), ("B", 50)] {
        world.system("erp").put("prices", price(sku, amount));
    }
    world.adopt();
    world.run();
    assert_eq!((running(&world, "A"), running(&world, "B")), (None, None));
    until(&world, "2026-03-02T23:01:00Z");
    world.run();
    assert_eq!((running(&world, "A"), running(&world, "B")), (dec("79"), None));
    assert_eq!(world.run().writes(), 0);
    let more = campaign(r#""A" = "69", "B" = 40"#, r#"from = "2026-03-03", to = "2026-03-10""#);
    world = world.policy(&format!("{POLICY}{more}"));
    assert_eq!(world.run().writes(), 2);
    assert_eq!((running(&world, "A"), running(&world, "B")), (dec("69"), dec("40")));
    world = world.policy(&format!("{POLICY}{}", campaign(r#""B" = 40"#, r#"from = "2026-03-03", to = "2026-03-10""#)));
    assert_eq!(world.run().writes(), 1);
    assert_eq!((running(&world, "A"), running(&world, "B")), (None, dec("40")));
    until(&world, "2026-03-10T23:01:00Z");
    assert_eq!(world.run().writes(), 1);
    assert_eq!(running(&world, "B"), None);
    assert_eq!(world.run().writes(), 0);
}

#[test]
fn amounts_of_a_list_are_a_campaign_of_the_base_price() {
    let mut world = world(false, "    campaign = { list = \"KAMPANJ\", from = \"2026-03-01\", to = \"2026-03-31\" }\n");
    let erp = world.system("erp").clone();
    erp.put("prices", price("A", 100));
    erp.put("prices", price("A", 90).list("VIP"));
    let special = erp.put("prices", price("A", 79).list("KAMPANJ"));
    world.adopt();
    world.run();
    assert_eq!(running(&world, "A"), dec("79"));
    let shown = world.system("se").all("prices");
    let mut lists: Vec<_> =
        shown.values().map(|price| price.text(Price::LIST).unwrap_or_default().to_owned()).collect();
    lists.sort();
    assert_eq!(lists, ["", "VIP"], "the campaign's list is no list of the shop's");
    assert_eq!(of(&world, "se", "A", Some("VIP")).1.campaign_amount.value(), None);
    assert_eq!(world.run().writes(), 0);
    erp.edit::<Price>("prices", &special, |price| price.amount(75));
    assert_eq!(world.run().writes(), 1);
    assert_eq!(running(&world, "A"), dec("75"));
    until(&world, "2026-03-31T22:01:00Z");
    world.run();
    assert_eq!(running(&world, "A"), None);
}

#[test]
fn prices_are_one_by_item_list_currency_and_quantity() {
    let mut world = world(true, "");
    let tables =
        "    [tables.price_list]\n    erp = { \"\" = \"\", vip = \"VIP\" }\n    se = { \"\" = \"1\", vip = \"7\" }\n";
    world = world.policy(&format!("{POLICY}{tables}"));
    let (erp, se) = (world.system("erp").clone(), world.system("se").clone());
    erp.put("prices", price("A", 100));
    erp.put("prices", price("A", 90).list("VIP"));
    erp.put("prices", price("A", 80).from_quantity(10));
    let base = se.put("prices", price("A", 1).list("1").from_quantity(Decimal::ZERO));
    let vip = se.put("prices", price("A", 2).list("7"));
    let many = se.put("prices", price("A", 3).list("1").from_quantity("10.0".parse::<Decimal>().unwrap()));
    let stranger = se.put("prices", price("A", 4).list("9"));
    let report = world.adopt();
    assert!(report.unmapped.keys().any(|(_, code)| code.code == "9"), "{:?}", report.unmapped);
    world.run();
    let amount = |id: &Arc<str>| se.get::<Price>("prices", id).unwrap().amount;
    assert_eq!((amount(&base), amount(&vip), amount(&many)), (100.into(), 90.into(), 80.into()));
    assert_eq!(amount(&stranger), 4.into(), "no table names its list");
    assert_eq!(se.all("prices").len(), 4);
    assert_eq!(se.get::<Price>("prices", &base).unwrap().list, "1".into());
    assert_eq!(world.run().writes(), 0);
}
