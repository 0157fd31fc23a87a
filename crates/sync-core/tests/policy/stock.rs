//! Stock and campaigns: what is wrong with them, and what a change of them moves.

use sync_core::{
    EntityKind,
    capability::{Capabilities, FieldCapability},
};

use crate::world::{Systems, compiled_with, listed, mistakes_with, stream};

const STOCK: &str = r#"
[entities.orders]
kind = "order"
master = "se"
systems.se = { read = true }
systems.erp = { read = true, create = "always", update = true }
[entities.stock]
kind = "stock_level"
master = "erp"
match = [{ on = ["sku"] }]
systems.erp = { read = true }
systems.se = { update = true }
[entities.stock.reserve]
orders = ["orders"]
"#;

const PRICES: &str = r#"
[entities.prices]
kind = "price"
master = "erp"
time_zone = "Europe/Stockholm"
match = [{ on = ["sku", "list", "currency", "from_quantity"] }]
systems.erp = { read = true }
systems.se = { read = true, update = true }
[entities.prices.campaign]
amounts = { "A" = "79.00" }
from = "2026-11-27"
to = "2026-11-30"
"#;

fn systems() -> Systems {
    use EntityKind::{Order, Price, StockLevel};
    let [mut se, mut erp] = [Capabilities::default(), Capabilities::default()];
    se.streams.insert("orders".into(), stream(Order, &["content.lines", "fulfilment"]));
    se.streams.insert("stock".into(), stream(StockLevel, &["sku", "available"]));
    se.streams.insert("prices".into(), stream(Price, &["sku", "list", "amount", "campaign_amount"]));
    erp.streams.insert("orders".into(), stream(Order, &["content.lines", "fulfilment"]));
    erp.streams.insert("stock".into(), {
        let mut cap = stream(StockLevel, &["sku"]);
        cap.fields.insert("available".into(), FieldCapability::read_write());
        cap
    });
    erp.streams.insert("prices".into(), stream(Price, &["sku", "list", "currency", "from_quantity", "amount"]));
    [("starweb:se", se), ("eekonomi:erp", erp)].map(|(id, cap)| (id.into(), cap)).into()
}

fn changed(whole: &str, from: &str, to: &str) -> Vec<String> {
    let text = whole.replacen(from, to, 1);
    assert_ne!(text, whole, "the change must hit: {from}");
    match sync_core::policy::Policy::from_toml(&text) {
        Ok(_) => mistakes_with(&text, &systems()),
        Err(mistakes) => listed(&mistakes),
    }
}

fn told(whole: &str, cases: &[(&str, &str, &[&str])]) {
    assert_eq!(mistakes_with(whole, &systems()), [""; 0]);
    for (from, to, expected) in cases {
        assert_eq!(changed(whole, from, to), *expected, "{from} -> {to}");
    }
}

#[test]
fn every_mistake_of_reserved_stock_is_told() {
    told(
        STOCK,
        &[
            (
                "[\"orders\"]",
                "[]",
                &[
                    "entities.stock.reserve.orders: no rule set of orders is named; name the rule sets whose orders count: orders = [\"orders\"]",
                ],
            ),
            (
                "[\"orders\"]",
                "[\"order\"]",
                &["entities.stock.reserve.orders[0]: there is no rule set 'order'; did you mean 'orders'?"],
            ),
            (
                "[\"orders\"]",
                "[\"stock\"]",
                &[
                    "entities.stock.reserve.orders[0]: 'stock' is of kind stock_level, and only orders count against stock; did you mean 'orders'?",
                ],
            ),
            (
                "systems.erp = { read = true, create = \"always\", update = true }\n[entities.stock]",
                "[entities.stock]",
                &[
                    "entities.stock.reserve.orders[0]: orders of 'orders' never reach 'erp', so they would count for ever; let erp take part in 'orders'",
                ],
            ),
            (
                "orders = [\"orders\"]",
                "orders = [\"orders\"]\nbuffer = -1",
                &["entities.stock.reserve.buffer: a buffer of -1 would sell more than there is; write 0 or more"],
            ),
            (
                "orders = [\"orders\"]",
                "orders = [\"orders\"]\nwhen = [\"fulfillment = open\"]",
                &["entities.stock.reserve.when[0]: order has no field 'fulfillment'; did you mean 'fulfilment'?"],
            ),
            (
                "orders = [\"orders\"]",
                "orders = [\"orders\"]\nwhen = [\"customer.name = A\"]",
                &[
                    "entities.stock.reserve.when[0]: 'customer.name' is a field of another record; name a field of the order itself",
                ],
            ),
            (
                "orders = [\"orders\"]",
                "orders = [\"orders\"]\ncounted = \"shipped\"",
                &[
                    "line 15: entities.stock.reserve.counted: unknown word 'shipped'; write one of arrived, booked, delivered",
                ],
            ),
            (
                "systems.erp = { read = true }\n",
                "systems.erp = { read = true, update = true }\n",
                &[
                    "entities.stock.systems.erp.update: the hub starts from the stock of 'erp', and would write what is left back to it; set update = false",
                ],
            ),
            (
                "systems.se = { update = true }",
                "systems.se = { read = true }",
                &[
                    "entities.stock.reserve: no system is told what is left; let a shop update its stock, or take reserve out",
                ],
            ),
            (
                "[entities.stock.reserve]",
                "fields.available = { rule = \"master\", system = \"erp\" }\n[entities.stock.reserve]",
                &[
                    "entities.stock.fields.available: the hub computes 'available', and this rule leaves it to somebody else; take the rule out, or take out reserve",
                ],
            ),
        ],
    );
    let mut blind = systems();
    blind
        .get_mut("eekonomi:erp")
        .unwrap()
        .streams
        .get_mut("stock")
        .unwrap()
        .fields
        .remove(&sync_core::FieldPath::new("sku"));
    let shown = "entities.stock.reserve: the hub starts from the stock of 'erp', which does not show 'sku'; fill it by a map row";
    assert!(mistakes_with(STOCK, &blind).contains(&shown.to_owned()));
    let second = "[entities.more]\nkind = \"stock_level\"\nwhere = ['location = x']\nmaster = \"erp\"\nsystems.erp = { read = true }\n\
                  systems.se = { update = true }\nreserve = { orders = [\"orders\"], counted = \"delivered\" }\n";
    let text = format!("{STOCK}{second}");
    let found = mistakes_with(&text, &systems());
    assert!(found.contains(&"entities.stock.reserve.orders[0]: 'more' counts the orders of 'orders' too, in another way; give both one master, one 'counted' and one 'when'".to_owned()), "{found:#?}");
}

#[test]
fn every_mistake_of_a_campaign_is_told() {
    told(
        PRICES,
        &[
            (
                "Europe/Stockholm",
                "Stockholm",
                &[
                    "line 5: entities.prices.time_zone: 'Stockholm' is no time zone; write one by region and city: \"Europe/Stockholm\"",
                ],
            ),
            (
                "time_zone = \"Europe/Stockholm\"\n",
                "",
                &[
                    "entities.prices.time_zone: 'se' knows no dates, so somebody has to say where the days of a campaign begin; write time_zone = \"Europe/Stockholm\", or another one",
                ],
            ),
            (
                "amounts = { \"A\" = \"79.00\" }\n",
                "",
                &[
                    "entities.prices.campaign: nothing says what the amounts are; write list = \"<price list>\", or amounts = { \"<item number>\" = \"79.00\" }",
                ],
            ),
            (
                "amounts =",
                "list = \"K\"\namounts =",
                &[
                    "entities.prices.campaign: the amounts come from a list, or from a table, not from both; take list or amounts out",
                ],
            ),
            (
                "amounts = { \"A\" = \"79.00\" }",
                "list = \"K\"\nbase = \"K\"",
                &[
                    "entities.prices.campaign.base: the campaign's list is the one that its amounts are for; name the list that gets them, or leave it out",
                ],
            ),
            ("\"79.00\"", "-1", &["entities.prices.campaign.amounts.A: -1 is no price; write 0 or more"]),
            (
                "2026-11-30",
                "2026-11-20",
                &[
                    "entities.prices.campaign.to: the campaign ends on 2026-11-20, before it begins on 2026-11-27; write a later day",
                ],
            ),
            (
                "2026-11-27",
                "27/11",
                &[
                    "line 11: entities.prices.campaign.from: '27/11' is no day; write year, month and day: \"2026-11-27\"",
                ],
            ),
            (
                "[entities.prices.campaign]",
                "fields.campaign_to = { rule = \"master\", system = \"erp\" }\n[entities.prices.campaign]",
                &[
                    "entities.prices.fields.campaign_to: 'erp' does not show 'campaign_to'; take the rule out: no system shows it",
                    "entities.prices.fields.campaign_to: the hub computes 'campaign_to', and this rule leaves it to somebody else; take the rule out",
                ],
            ),
        ],
    );
    let of_items =
        "[entities.e]\nkind = \"stock_level\"\nmaster = \"erp\"\nsystems.erp = { read = true }\ntime_zone = \"UTC\"\n";
    assert_eq!(
        mistakes_with(of_items, &systems()),
        ["entities.e.time_zone: only prices have campaigns, and this is of kind stock_level; take it out"]
    );
}

#[test]
fn a_new_buffer_or_table_moves_its_own_unit_only() {
    let moved = |whole: &str, from: &str, to: &str| -> (bool, Vec<String>) {
        let at = |text: &str| compiled_with(text, &systems()).entities.pop().unwrap();
        let (before, after) = (at(whole), at(&whole.replacen(from, to, 1)));
        let units = before.unit_shapes.iter().filter(|(unit, shape)| after.unit_shapes.get(*unit) != Some(*shape));
        (before.shape != after.shape, units.map(|(unit, _)| unit.as_str().to_owned()).collect())
    };
    let buffer = moved(STOCK, "orders = [\"orders\"]", "orders = [\"orders\"]\nbuffer = 2");
    assert_eq!(buffer, (false, vec!["available".to_owned()]));
    let amounts = moved(PRICES, "79.00", "69.00");
    let units = ["campaign_amount", "campaign_from", "campaign_to", "x.hub.campaign_amount"].map(str::to_owned);
    assert_eq!(amounts, (false, units.to_vec()));
    assert_eq!(moved(PRICES, "79.00", "79.0"), (false, Vec::new()), "the same amount");
}
