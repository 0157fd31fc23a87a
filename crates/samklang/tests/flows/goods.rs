//! What a shop shows of its goods.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::stage::{Stage, amount};

/// The shop's own price list.
const MASTER: u64 = 108;

/// One product as shoppers see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Goods {
    pub(crate) sku: String,
    pub(crate) name: String,
    /// Without VAT.
    pub(crate) price: Decimal,
    pub(crate) stock: i64,
    /// It can be seen and bought.
    pub(crate) on_sale: bool,
}

impl Goods {
    pub(crate) fn of(sku: &str, name: &str, price: &str, stock: i64) -> Self {
        Self { sku: sku.to_owned(), name: name.to_owned(), price: price.parse().unwrap(), stock, on_sale: true }
    }
}

/// A product of the shop, which has three of it.
pub(crate) fn product(stage: &Stage, sku: &str, name: &str, price: u64) {
    stage.in_shop(json!({
        "action": "create_product", "name": name, "visibility": "visible", "defaultVatRate": "25",
        "variant": { "sku": sku, "stockQuantity": 3 },
    }));
    stage.in_shop(json!({ "action": "set_price", "sku": sku, "price": price }));
}

/// The ERP's one article of this number.
#[track_caller]
pub(crate) fn article(stage: &Stage, number: &str) -> Value {
    let mut all = stage.at_erp("articles");
    all.retain(|article| article["Number"] == number);
    assert_eq!(all.len(), 1, "{number}: {all:#?}");
    all.swap_remove(0)
}

/// All goods of the shop, by number.
pub(crate) fn shown(stage: &Stage) -> Vec<Goods> {
    shown_in(&stage.shop.state())
}

/// All goods of a shop's state, by number.
pub(crate) fn shown_in(shop: &Value) -> Vec<Goods> {
    let mut all: Vec<Goods> = shop["products"].as_array().unwrap().iter().flat_map(of_product).collect();
    all.sort();
    all
}

/// The one product of this number.
#[track_caller]
pub(crate) fn of(stage: &Stage, sku: &str) -> Goods {
    let mut all = shown(stage);
    all.retain(|goods| goods.sku == sku);
    assert_eq!(all.len(), 1, "{sku}: {all:#?}");
    all.swap_remove(0)
}

fn of_product(product: &Value) -> Vec<Goods> {
    let of_variant = |variant: &Value| {
        let prices = variant["prices"].as_array().unwrap();
        let own = prices.iter().find(|price| price["pricelistId"] == MASTER);
        Goods {
            sku: variant["sku"].as_str().unwrap().to_owned(),
            name: product["languages"]["data"][0]["name"].as_str().unwrap().to_owned(),
            price: own.map(|price| amount(price, "priceExVat")).unwrap_or_default(),
            stock: variant["stockQuantity"].as_i64().unwrap_or_default(),
            on_sale: product["visibility"] == "visible" && variant["isActive"] == true,
        }
    };
    product["variants"]["data"].as_array().unwrap().iter().map(of_variant).collect()
}
