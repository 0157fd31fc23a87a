//! A campaign of the configuration begins and ends at midnight, though neither system reports anything.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::minutes::Minutes;

const PRESET: &str = include_str!("../../../../examples/presets/starweb-eekonomi/erp-leads.toml");
/// The play begins at eight in the morning of the day before, in Stockholm.
const RULES: &str = r#"
tables.payment_terms.erp = {}
[entities.prices.campaign]
amounts = { "HEM-1002" = "699.00" }
from    = "2026-02-18"
to      = "2026-02-19"
"#;

/// The special price of the one product.
fn special(world: &Minutes) -> Value {
    let shop = world.shop.state();
    let variant = &shop["products"][0]["variants"]["data"][0];
    assert_eq!((&variant["sku"], &variant["prices"][0]["priceExVat"]), (&json!("HEM-1002"), &json!(812)));
    variant["prices"][0]["specialPriceExVat"].clone()
}

#[test]
fn a_campaign_holds_from_the_first_midnight_to_the_last() {
    let mut world = Minutes::start();
    let article = json!({
        "Number": "HEM-1002", "Name": "Bräda", "CodingId": "7b58e06c-5295-53a8-9935-7afe30f3aab2",
        "UnitId": "deaa377a-4985-598c-9c57-b9b018f1b7d4", "NetPrice": 812, "GrossPrice": 1015, "IsActive": true,
        "SendToWebshop": true, "StockBalance": 5,
    });
    world.erp.seed(json!({ "articles": [article] })).unwrap();
    world.connect(PRESET, RULES, |_| ());
    let after = |hours: i64, minutes: i64| {
        world.pass(TimeDelta::hours(hours) + TimeDelta::minutes(minutes));
        let written: u64 = world.minute().written.values().sum();
        (special(&world), written)
    };
    after(0, 0);
    assert_eq!(after(15, 55), (Value::Null, 0), "two minutes to midnight");
    assert_eq!(after(0, 10), (json!(699), 1));
    assert_eq!(after(24, 0), (json!(699), 0), "the second day");
    assert_eq!(after(23, 30), (json!(699), 0), "late on the second day");
    assert_eq!(after(0, 30), (Value::Null, 1));
    assert_eq!(after(24, 0), (Value::Null, 0));
}
