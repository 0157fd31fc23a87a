//! The ERP leads: its articles, prices and stock go to the shop, and the shop's orders come back.

use emulators::frame::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::{
    goods::{Goods, article, of, shown},
    stage::{BOARD, Stage},
};

/// Everything at every run.
const ALWAYS: [&str; 3] = ["entities.prices.every=0s", "entities.stock.every=0s", "entities.stock.complete_every=0s"];

/// The shop has what the ERP had at first contact.
fn stage() -> Stage {
    let stage = Stage::of_preset("erp-leads", &ALWAYS);
    stage.adopt();
    stage.runs();
    stage
}

#[track_caller]
fn at_article(stage: &Stage, action: &str, number: &str, with: Value) {
    let mut act = json!({ "action": action, "id": article(stage, number)["Id"] });
    act.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    stage.in_erp(act);
}

#[test]
fn articles_for_the_web_shop_become_products_with_price_and_stock() {
    let stage = stage();
    let wanted = [
        Goods::of("BOK-1004", "Handbok: trädgårdens vinter", "311.27", 187),
        Goods::of("HEM-1002", "Skärbräda mässing", "812", 500),
        Goods::of("MAT-1009", "Kanelknäcke 1 kg", "136.56", 478),
    ];
    assert_eq!(shown(&stage), wanted, "freight, fees and discounts stay in the ERP");
    stage.rests();
    assert_eq!(shown(&stage), wanted);
}

#[test]
fn what_the_shop_has_already_is_not_made_again() {
    let stage = Stage::of_preset("erp-leads", &ALWAYS);
    let product = json!({
        "action": "create_product", "name": "Bräda", "visibility": "visible", "defaultVatRate": "25",
        "variant": { "sku": "HEM-1002", "stockQuantity": 3 },
    });
    stage.in_shop(product);
    stage.in_shop(json!({ "action": "set_price", "sku": "HEM-1002", "price": 700 }));
    stage.adopt();
    stage.runs();
    assert_eq!(of(&stage, "HEM-1002"), Goods::of("HEM-1002", "Skärbräda mässing", "812", 500));
    assert_eq!(shown(&stage).len(), 3);
    stage.rests();
}

#[test]
fn a_new_article_becomes_a_product_once() {
    let stage = stage();
    let like = article(&stage, "HEM-1002");
    stage.in_erp(json!({
        "action": "create_article", "Number": "HEM-2000", "Name": "Ljusstake", "CodingId": like["CodingId"],
        "UnitId": like["UnitId"], "NetPrice": 400, "GrossPrice": 500, "StockBalance": 12, "SendToWebshop": true,
    }));
    stage.runs();
    assert_eq!(of(&stage, "HEM-2000"), Goods::of("HEM-2000", "Ljusstake", "400", 12));
    stage.rests();
    assert_eq!(shown(&stage).len(), 4);
}

#[test]
fn the_answer_to_a_new_product_is_lost_and_it_is_made_once() {
    let stage = Stage::of_preset("erp-leads", &ALWAYS);
    stage.adopt();
    stage.shop.fault(Fault::new(FaultKind::DropAfter).on("POST", "/api/v2/products"));
    stage.settles();
    assert_eq!(shown(&stage).len(), 3);
    assert_eq!(of(&stage, "BOK-1004"), Goods::of("BOK-1004", "Handbok: trädgårdens vinter", "311.27", 187));
}

#[test]
fn another_price_goes_to_the_shop() {
    let stage = stage();
    at_article(&stage, "set_price", "HEM-1002", json!({ "net": 749.5 }));
    stage.runs();
    assert_eq!(of(&stage, "HEM-1002"), Goods::of("HEM-1002", "Skärbräda mässing", "749.5", 500));
    assert_eq!(of(&stage, "MAT-1009"), Goods::of("MAT-1009", "Kanelknäcke 1 kg", "136.56", 478));
    stage.rests();
}

#[test]
fn a_sale_in_the_erp_lowers_what_the_shop_shows() {
    let stage = stage();
    at_article(&stage, "sell_from_stock", "HEM-1002", json!({ "quantity": 7 }));
    stage.runs();
    assert_eq!(of(&stage, "HEM-1002").stock, 493);
    stage.rests();
}

#[test]
fn an_order_of_the_shop_is_subtracted_until_the_erp_counts_it() {
    let stage = stage();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    assert_eq!(of(&stage, "HEM-1002").stock, 499, "the shop counts by itself");
    // it cannot arrive, while goods do: the ERP's number moves, and does not know of the order
    let down = Fault::new(FaultKind::Status { code: 503, handled: false });
    stage.erp.fault(down.on("POST", "/v2/orders").times(20));
    at_article(&stage, "receive_stock", "HEM-1002", json!({ "quantity": 10 }));
    for _ in 0..2 {
        stage.run();
        assert_eq!((stage.documents(order).len(), of(&stage, "HEM-1002").stock), (0, 509));
    }
    stage.erp.clear_faults();
    stage.settles();
    stage.document("orders", order);
    assert!(LEFT.contains(&(of(&stage, "HEM-1002").stock - 10)));
}

/// What may be shown when one of 500 pieces was ordered. A number that the ERP shows soon after the order came may be from
/// before it; until two minutes have passed the order is subtracted from it once more, rather than sold twice.
const LEFT: std::ops::RangeInclusive<i64> = 498..=499;

#[test]
fn stock_is_not_raised_again_while_an_order_arrives() {
    let stage = stage();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    stage.document("orders", order);
    assert_eq!(of(&stage, "HEM-1002").stock, 499, "the ERP's number from before is less by the order");
    for _ in 0..3 {
        stage.runs();
        assert!(LEFT.contains(&of(&stage, "HEM-1002").stock));
    }
    stage.rests();
}

#[test]
fn an_article_that_is_set_inactive_cannot_be_bought() {
    let stage = stage();
    at_article(&stage, "edit_article", "HEM-1002", json!({ "set": { "IsActive": false } }));
    stage.runs();
    let board = of(&stage, "HEM-1002");
    assert!(!board.on_sale && of(&stage, "MAT-1009").on_sale, "{board:?}");
    stage.rests();
    at_article(&stage, "edit_article", "HEM-1002", json!({ "set": { "IsActive": true } }));
    stage.runs();
    assert!(of(&stage, "HEM-1002").on_sale);
    stage.rests();
}
