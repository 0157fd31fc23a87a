//! The first product sync, from the shop or from the ERP: numbers match afterwards, and no order moves.

use emulators::frame::{Fault, FaultKind};
use serde_json::json;

use crate::{
    goods::{Goods, article, of, product, shown},
    stage::{BOARD, Stage, amount},
};

/// What articles that are made need in this company, and everything at every run.
const FROM_SHOP: [&str; 3] = [
    "entities.prices.every=0s",
    "connections.erp.fillers.unit=deaa377a-4985-598c-9c57-b9b018f1b7d4",
    "connections.erp.codings={ goods = { 25 = \"7b58e06c-5295-53a8-9935-7afe30f3aab2\" } }",
];
const FROM_ERP: [&str; 3] = ["entities.prices.every=0s", "entities.stock.every=0s", "entities.stock.complete_every=0s"];

/// The shop has two products, of which the ERP has one.
fn shop_alone() -> Stage {
    let stage = Stage::of_preset("initial-from-shop", &FROM_SHOP);
    product(&stage, "HEM-2000", "Ljusstake", 400);
    product(&stage, "HEM-1002", "Bräda", 700);
    stage
}

#[test]
fn products_become_articles_with_their_numbers_and_prices() {
    let stage = shop_alone();
    let before = stage.at_erp("articles").len();
    stage.adopt();
    assert_eq!(stage.at_erp("articles").len(), before, "nothing is written by the first contact");
    stage.runs();
    let made = article(&stage, "HEM-2000");
    assert_eq!((made["Name"].as_str(), amount(&made, "NetPrice")), (Some("Ljusstake"), 400.into()));
    assert_eq!(stage.at_erp("articles").len(), before + 1, "what the ERP has already is not made again");
    let known = article(&stage, "HEM-1002");
    assert_eq!((known["Name"].as_str(), amount(&known, "NetPrice")), (Some("Bräda"), 812.into()), "its price stays");
    assert_eq!(of(&stage, "HEM-1002").price, 700.into(), "in the shop too");
    stage.rests();
}

#[test]
fn afterwards_each_side_has_its_own_price() {
    let stage = shop_alone();
    stage.adopt();
    stage.runs();
    stage.in_erp(json!({ "action": "set_price", "number": "HEM-2000", "net": 450 }));
    stage.in_shop(json!({ "action": "set_price", "sku": "HEM-2000", "price": 420 }));
    stage.rests();
    assert_eq!(
        (amount(&article(&stage, "HEM-2000"), "NetPrice"), of(&stage, "HEM-2000").price),
        (450.into(), 420.into())
    );
}

#[test]
fn the_answer_to_a_new_article_is_lost_and_it_is_made_once() {
    let stage = shop_alone();
    stage.adopt();
    stage.fault_at_erp(FaultKind::DropAfter, "POST", "/v2/articles");
    stage.settles();
    article(&stage, "HEM-2000");
}

#[test]
fn articles_for_the_web_shop_become_products_with_price_and_stock() {
    let stage = Stage::of_preset("initial-from-erp", &FROM_ERP);
    stage.adopt();
    assert_eq!(shown(&stage), [], "nothing is written by the first contact");
    stage.runs();
    let wanted = [
        Goods::of("BOK-1004", "Handbok: trädgårdens vinter", "311.27", 187),
        Goods::of("HEM-1002", "Skärbräda mässing", "812", 500),
        Goods::of("MAT-1009", "Kanelknäcke 1 kg", "136.56", 478),
    ];
    assert_eq!(shown(&stage), wanted, "freight, fees and discounts stay in the ERP");
    stage.rests();
    stage.in_erp(json!({ "action": "sell_from_stock", "number": "HEM-1002", "quantity": 7 }));
    stage.in_erp(json!({ "action": "set_price", "number": "BOK-1004", "net": 299 }));
    stage.runs();
    assert_eq!((of(&stage, "HEM-1002").stock, of(&stage, "BOK-1004").price), (493, 299.into()));
    stage.rests();
}

#[test]
fn the_answer_to_a_new_product_is_lost_and_it_is_made_once() {
    let stage = Stage::of_preset("initial-from-erp", &FROM_ERP);
    stage.adopt();
    stage.shop.fault(Fault::new(FaultKind::DropAfter).on("POST", "/api/v2/products"));
    stage.settles();
    assert_eq!(shown(&stage).len(), 3);
}

#[test]
fn no_order_and_no_buyer_moves() {
    for (preset, rules) in [("initial-from-shop", FROM_SHOP), ("initial-from-erp", FROM_ERP)] {
        let stage = Stage::of_preset(preset, &rules);
        product(&stage, "HEM-1002", "Bräda", 812);
        let order = stage.guest_buys("siv@example.org", &[BOARD]);
        stage.adopt();
        stage.runs();
        stage.rests();
        assert_eq!((stage.documents_in_all(), stage.at_erp("customers").len()), (0, 0), "{preset}");
        assert_eq!(stage.shop_status(order), "created");
    }
}

/// With another preset and the same state file nothing is made a second time.
fn goes_on_with(first: &'static str, rules: &[&str], then: &'static str, later: &[&str]) {
    let mut stage = Stage::of_preset(first, rules);
    if first == "initial-from-shop" {
        product(&stage, "HEM-2000", "Ljusstake", 400);
    }
    stage.adopt();
    stage.runs();
    let (articles, products) = (stage.at_erp("articles").len(), shown(&stage).len());
    stage.go_on_with(then, later);
    stage.adopt();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs_to_the_end();
    stage.document("orders", order);
    assert_eq!((stage.at_erp("articles").len(), shown(&stage).len()), (articles, products), "{first}, then {then}");
    stage.rests();
}

#[test]
fn another_preset_goes_on_with_what_the_first_sync_made() {
    goes_on_with("initial-from-erp", &FROM_ERP, "erp-leads", &FROM_ERP);
    goes_on_with("initial-from-shop", &FROM_SHOP, "shop-leads", &[]);
    let combined = [&FROM_SHOP[..], &FROM_ERP[1..]].concat();
    goes_on_with("initial-from-shop", &FROM_SHOP, "combined", &combined);
}
