//! Two shops, in Swedish and in Norwegian crowns, and one ERP that leads.

use chrono::TimeDelta;
use emulators::frame::{Fault, FaultKind};
use serde_json::json;
use sync_core::Clock;
use sync_http::SystemClock;

use crate::{
    goods::{Goods, shown},
    stage::{BOARD, BOOK, INVOICES, amount, basket, home, payable},
    two::{LIST, Two},
};

/// The status goes back to the Norwegian shop too, with its own table.
const BACK_TO_NO: &str = "entities.orders.systems.no={ read = true, update = true }";

#[test]
fn articles_become_products_of_both_shops_with_the_price_of_each() {
    let two = Two::set(&[]);
    let wanted = |prices: [&str; 3]| {
        vec![
            Goods::of("BOK-1004", "Handbok: trädgårdens vinter", prices[0], 187),
            Goods::of("HEM-1002", "Skärbräda mässing", prices[1], 500),
            Goods::of("MAT-1009", "Kanelknäcke 1 kg", prices[2], 478),
        ]
    };
    assert_eq!(shown(&two), wanted(["311.27", "812", "136.56"]));
    assert_eq!(two.shown_in_no(), wanted(["264", "799", "139.5"]));
    two.rests();
}

#[test]
fn another_price_goes_to_the_shop_whose_currency_it_is_in() {
    let two = Two::set(&[]);
    two.in_erp(json!({ "action": "set_price", "number": "HEM-1002", "net": 749.5 }));
    two.runs();
    assert_eq!(two.price("HEM-1002"), ["749.5", "799"]);
    two.prices(&[("HEM-1002", "720")]);
    two.runs();
    assert_eq!(two.price("HEM-1002"), ["749.5", "720"]);
    two.rests();
}

#[test]
fn stock_goes_to_both_shops_and_what_one_of_them_sold_neither_offers() {
    let two = Two::set(&[]);
    two.in_erp(json!({ "action": "sell_from_stock", "number": "HEM-1002", "quantity": 7 }));
    two.runs();
    assert_eq!(two.stock("HEM-1002"), [493, 493]);
    let order = two.guest_buys_in_no("siv@example.org", &[BOARD]);
    two.runs();
    two.order_of("no", order);
    assert_eq!(two.stock("HEM-1002"), [492, 492]);
}

#[test]
fn an_order_that_cannot_arrive_lowers_what_the_other_shop_shows() {
    let two = Two::set(&[]);
    let down = Fault::new(FaultKind::Status { code: 503, handled: false });
    two.erp.fault(down.on("POST", "/v2/orders").times(20));
    two.guest_buys("siv@example.org", &[BOARD]);
    two.guest_buys_in_no("eva@example.org", &[BOARD]);
    two.run();
    assert_eq!((two.documents_in_all(), two.stock("HEM-1002")), (0, [498, 498]));
}

#[test]
fn orders_with_one_number_in_both_shops_are_two_orders_in_the_erp() {
    let two = Two::set(&[]);
    let (one, other) =
        (two.guest_buys("siv@example.org", &[BOARD, BOOK]), two.guest_buys_in_no("eva@example.org", &[BOARD]));
    assert_eq!(one, other, "both shops count from the same number");
    two.runs();
    let (swedish, norwegian) = (two.order_of("se", one), two.order_of("no", other));
    assert_eq!((&swedish["CurrencyCode"], &norwegian["CurrencyCode"]), (&json!("SEK"), &json!("NOK")));
    assert_eq!(payable(&swedish), amount(&two.shop_order(one), "amountToPay"));
    assert_eq!(payable(&norwegian), amount(&two.order_in_no(other), "amountToPay"));
    assert_ne!(swedish["CustomerId"], norwegian["CustomerId"]);
    two.runs_to_the_end();
    two.rests();
    assert_eq!(two.documents_in_all(), 2);
}

#[test]
fn orders_of_both_shops_become_invoices_in_their_currencies_where_that_is_chosen() {
    let two = Two::set(INVOICES);
    let one = two.guest_buys("siv@example.org", &[BOARD, BOOK]);
    let other = two.guest_buys_in_no("eva@example.org", &[BOARD]);
    two.runs();
    let (swedish, norwegian) = (two.order_of("se", one), two.order_of("no", other));
    assert_eq!((&swedish["CurrencyCode"], &norwegian["CurrencyCode"]), (&json!("SEK"), &json!("NOK")));
    assert_eq!(payable(&swedish), amount(&two.shop_order(one), "amountToPay"));
    assert_eq!(payable(&norwegian), amount(&two.order_in_no(other), "amountToPay"));
    assert_eq!(two.at_erp("customerinvoices").len(), 2, "both are booked");
    two.runs_to_the_end();
    two.rests();
}

#[test]
fn another_name_and_an_end_of_sale_go_to_both_shops() {
    let two = Two::set(&[]);
    two.in_erp(json!({ "action": "edit_article", "number": "HEM-1002", "set": { "Name": "Bräda, stor" } }));
    two.in_erp(json!({ "action": "edit_article", "number": "BOK-1004", "set": { "IsActive": false } }));
    two.runs();
    for shop in [shown(&two), two.shown_in_no()] {
        let of = |sku: &str| shop.iter().find(|goods| goods.sku == sku).unwrap();
        assert_eq!((of("HEM-1002").name.as_str(), of("HEM-1002").on_sale), ("Bräda, stor", true));
        assert!(!of("BOK-1004").on_sale, "{shop:?}");
    }
    two.rests();
}

#[test]
fn a_new_article_becomes_a_product_of_both_shops_once() {
    let two = Two::set(&[]);
    two.in_erp(json!({
        "action": "create_article", "Number": "HEM-2000", "Name": "Ljusstake", "NetPrice": 400, "GrossPrice": 500,
        "StockBalance": 12, "SendToWebshop": true,
    }));
    two.prices(&[("HEM-2000", "390")]);
    two.runs();
    assert_eq!((two.price("HEM-2000"), two.stock("HEM-2000")), (["400".to_owned(), "390".to_owned()], [12, 12]));
    assert!(shown(&two).iter().chain(&two.shown_in_no()).all(|goods| goods.on_sale));
    two.rests();
    assert_eq!((shown(&two).len(), two.shown_in_no().len()), (4, 4));
}

#[test]
fn the_answer_to_a_new_product_of_the_second_shop_is_lost_and_it_is_made_once() {
    let two = Two::before_contact(&[]);
    two.prices(&[("BOK-1004", "264"), ("HEM-1002", "799"), ("MAT-1009", "139.5")]);
    two.adopt();
    two.no.fault(Fault::new(FaultKind::DropAfter).on("POST", "/api/v2/products"));
    two.settles();
    assert_eq!((two.shown_in_no().len(), two.price("HEM-1002")), (3, ["812".to_owned(), "799".to_owned()]));
}

#[test]
fn what_is_in_an_order_is_decided_by_the_shop_that_sold_it() {
    let two = Two::set(&[]);
    let order = two.guest_buys_in_no("siv@example.org", &[BOARD]);
    two.runs();
    two.in_no(json!({ "action": "edit_row", "orderId": order, "sku": "HEM-1002", "set": { "quantity": 3 } }));
    two.runs();
    let document = two.order_of("no", order);
    assert_eq!(payable(&document), amount(&two.order_in_no(order), "amountToPay"));
    assert_eq!(amount(&document["Rows"][0], "Quantity"), 3.into());
    two.runs_to_the_end();
    two.rests();
}

#[test]
fn one_buyer_in_both_shops_is_one_customer() {
    let two = Two::set(&[]);
    let one = two.guest_buys("siv@example.org", &[BOARD]);
    let other = two.guest_buys_in_no("Siv@Example.org", &[BOOK]);
    two.runs();
    assert_eq!(two.order_of("se", one)["CustomerId"], two.order_of("no", other)["CustomerId"]);
    assert_eq!(two.at_erp("customers").len(), 1);
    two.runs_to_the_end();
    two.rests();
}

#[test]
fn a_buyer_of_the_second_shop_alone_becomes_a_customer_with_name_and_address() {
    let two = Two::set(&[]);
    let address = home();
    two.in_no(json!({ "action": "create_customer", "type": "person", "email": "kari@example.no", "addresses": { "invoice": address } }));
    two.runs();
    let all = two.at_erp("customers");
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!((all[0]["Name"].as_str(), all[0]["InvoiceCity"].as_str()), (Some("Siv Åström"), Some("Linköping")));
    two.rests();
}

#[test]
fn the_status_goes_back_to_the_shop_that_sold() {
    let two = Two::set(&[BACK_TO_NO]);
    let (one, other) = (two.guest_buys("siv@example.org", &[BOARD]), two.guest_buys_in_no("eva@example.org", &[BOARD]));
    two.runs();
    let delivered = two.order_of("no", other);
    two.in_erp(json!({ "action": "deliver_order", "id": delivered["Id"] }));
    two.runs();
    assert_eq!((two.shop_status(one), two.status_in_no(other)), ("created".to_owned(), "completed".to_owned()));
    two.rests();
    two.deliver(one);
    two.runs();
    assert_eq!(two.shop_status(one), "completed");
    two.rests();
}

#[test]
fn what_was_ordered_before_the_start_stays_in_either_shop() {
    let two = Two::set(&[]);
    let early = (SystemClock.now() - TimeDelta::days(40)).to_rfc3339();
    let who = json!({
        "createdAt": early, "originalCustomerEmail": "siv@example.org", "addresses": { "originalInvoice": home() },
    });
    two.in_shop(basket(&who, &[BOARD]));
    two.in_no(basket(&who, &[BOARD]));
    two.runs_to_the_end();
    two.rests();
    assert_eq!(two.documents_in_all(), 0);
}

#[test]
fn while_one_shop_cannot_be_reached_the_other_goes_on() {
    let two = Two::set(&[]);
    let (one, other) = (two.guest_buys("siv@example.org", &[BOARD]), two.guest_buys_in_no("eva@example.org", &[BOARD]));
    two.no.fault(Fault::new(FaultKind::Status { code: 503, handled: false }).on("GET", "/api/v2/orders").times(20));
    assert_eq!(two.run().code, 2);
    two.order_of("se", one);
    assert_eq!(two.documents_with(&format!("no-{other}")), []);
    two.no.clear_faults();
    two.runs_to_the_end();
    two.order_of("no", other);
    assert_eq!(two.documents_in_all(), 2);
}

#[test]
fn of_two_price_lists_in_one_currency_one_is_named() {
    let named = format!("entities.prices_no.where=[\"currency = NOK\", \"list = {LIST}\"]");
    let two = Two::before_contact(&[&named]);
    let other = json!({ "Name": "Norge, butiker", "Number": 3, "CurrencyCode": "NOK", "IsActive": true });
    two.erp.seed(json!({ "salespricelists": [other] })).unwrap();
    two.prices(&[("BOK-1004", "264"), ("HEM-1002", "799"), ("MAT-1009", "139.5")]);
    two.in_erp(json!({ "action": "set_list_price", "number": "HEM-1002", "list": "Norge, butiker", "net": 500 }));
    two.adopt();
    two.runs();
    assert_eq!(two.price("HEM-1002"), ["812", "799"]);
    two.rests();
}

#[test]
fn goods_without_a_price_in_its_currency_are_not_sold_in_the_second_shop() {
    let two = Two::before_contact(&[]);
    two.prices(&[("BOK-1004", "264")]);
    two.adopt();
    let report = two.run();
    let on_sale = || {
        let all = two.shown_in_no().into_iter().filter(|goods| goods.on_sale);
        all.map(|goods| (goods.sku, goods.price.normalize().to_string())).collect::<Vec<_>>()
    };
    let book = ("BOK-1004".to_owned(), "264".to_owned());
    let parked: Vec<String> =
        report.told["parked"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!((report.code, parked.len(), on_sale()), (3, 2, vec![book]), "{report:#?}");
    assert!(parked.iter().all(|text| text.contains("no price in NOK")), "{parked:?}");
    assert_eq!(shown(&two).iter().filter(|goods| goods.on_sale).count(), 3, "in the other shop they are");
    two.prices(&[("HEM-1002", "799")]);
    two.run();
    assert_eq!(two.price("HEM-1002"), ["812", "799"]);
}
