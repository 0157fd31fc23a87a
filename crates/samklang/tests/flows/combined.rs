//! The shop leads its products, the ERP prices and stock.

use serde_json::json;

use crate::{
    goods::{article, of, product},
    stage::{BOARD, Stage, amount},
};

/// Everything at every run, and what new articles need in this company.
const RULES: [&str; 5] = [
    "entities.prices.every=0s",
    "entities.stock.every=0s",
    "entities.stock.complete_every=0s",
    "connections.erp.fillers.unit=deaa377a-4985-598c-9c57-b9b018f1b7d4",
    "connections.erp.codings={ goods = { 25 = \"7b58e06c-5295-53a8-9935-7afe30f3aab2\" } }",
];

/// Both have the board, and the shop a candlestick that the ERP lacks.
fn stage() -> Stage {
    let stage = Stage::of_preset("combined", &RULES);
    product(&stage, "HEM-1002", "Bräda", 812);
    product(&stage, "HEM-2000", "Ljusstake", 400);
    stage.adopt();
    stage.runs();
    // what there is of a new article is read after it was made
    stage.runs();
    stage
}

#[test]
fn products_become_articles_once_with_the_price_of_the_shop() {
    let stage = stage();
    let made = article(&stage, "HEM-2000");
    assert_eq!((made["Name"].as_str(), made["SendToWebshop"].as_bool()), (Some("Ljusstake"), Some(true)), "{made}");
    assert_eq!((amount(&made, "NetPrice"), amount(&made, "GrossPrice")), (400.into(), 500.into()));
    let kept = of(&stage, "HEM-2000");
    assert_eq!((kept.price, kept.stock), (400.into(), 0), "the price stays, and the ERP has received none yet");
    assert_eq!(article(&stage, "HEM-1002")["Name"], "Bräda", "the shop's name counts");
    assert_eq!(stage.at_shop("products").len(), 2, "no article becomes a product");
    stage.rests();
}

#[test]
fn prices_and_stock_come_from_the_erp() {
    let stage = stage();
    assert_eq!((of(&stage, "HEM-1002").price, of(&stage, "HEM-1002").stock), (812.into(), 500));
    let id = article(&stage, "HEM-2000")["Id"].clone();
    stage.in_erp(json!({ "action": "set_price", "id": id, "net": 450 }));
    stage.in_erp(json!({ "action": "receive_stock", "id": id, "quantity": 12 }));
    stage.runs();
    let shown = of(&stage, "HEM-2000");
    assert_eq!((shown.price, shown.stock, shown.name.as_str()), (450.into(), 12, "Ljusstake"));
    stage.rests();
}

#[test]
fn an_edit_of_a_product_goes_to_the_erp_and_leaves_its_price() {
    let stage = stage();
    stage.in_shop(json!({ "action": "edit_variant", "sku": "HEM-2000", "set": { "ean": "2000000020006" } }));
    stage.runs();
    let made = article(&stage, "HEM-2000");
    assert_eq!((&made["Barcodes"][0]["Barcode"], amount(&made, "NetPrice")), (&json!("2000000020006"), 400.into()));
    stage.rests();
}

#[test]
fn an_order_lowers_what_is_shown_and_arrives() {
    let stage = stage();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    stage.document("orders", order);
    assert_eq!(of(&stage, "HEM-1002").stock, 499);
}
