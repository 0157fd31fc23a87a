//! What every flow does with orders, their status and their buyers, played flow by flow where no other test does.

use std::ops::Deref;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sync_core::Clock;
use sync_http::SystemClock;
use toml::Table;

use crate::{
    goods::{article, of, product, shown_in},
    stage::{BOARD, BOOK, INVOICES, Rules, Stage, amount, home, payable},
    two::Two,
};

/// Goods at every run.
const GOODS: [&str; 3] = ["entities.prices.every=0s", "entities.stock.every=0s", "entities.stock.complete_every=0s"];
/// What new articles need in this company.
const NEW_ARTICLES: [&str; 2] = [
    "connections.erp.fillers.unit=deaa377a-4985-598c-9c57-b9b018f1b7d4",
    "connections.erp.codings={ goods = { 25 = \"7b58e06c-5295-53a8-9935-7afe30f3aab2\" } }",
];
const FROM_SHOP: &str = include_str!("../../../../examples/presets/starweb-eekonomi/initial-from-shop.toml");

/// The machinery of one flow.
enum Flow {
    One(Box<Stage>),
    Two(Box<Two>),
}

impl Deref for Flow {
    type Target = Stage;
    fn deref(&self) -> &Stage {
        match self {
            Self::One(stage) => stage,
            Self::Two(two) => two,
        }
    }
}

impl Flow {
    /// A flow by the name of its preset: shop and ERP have the board, and everything was adopted.
    fn set(preset: &'static str, rules: Rules<'_>) -> Self {
        let own: &[&str] = match preset {
            "multishop" => return Self::Two(Box::new(Two::set(rules))),
            "erp-leads" => &GOODS,
            "combined" => &[GOODS[0], GOODS[1], GOODS[2], NEW_ARTICLES[0], NEW_ARTICLES[1]],
            _ => &[],
        };
        let stage = Stage::of_preset(preset, &[own, rules].concat());
        if preset == "combined" {
            product(&stage, "HEM-1002", "Bräda", 812);
        }
        stage.adopt();
        stage.runs();
        Self::One(Box::new(stage))
    }
}

// ---- orders and their status -------------------------------------------------------------------------------------------

#[track_caller]
fn orders_become_orders(preset: &'static str) {
    let flow = Flow::set(preset, &[]);
    let order = flow.guest_buys("siv@example.org", &[BOARD]);
    flow.runs();
    let document = flow.document("orders", order);
    assert_eq!(payable(&document), amount(&flow.shop_order(order), "amountToPay"));
    assert_eq!(flow.buyer_of(&document)["EmailAddress"], "siv@example.org");
    flow.runs_to_the_end();
    flow.rests();
    assert_eq!(flow.documents_in_all(), 1);
}

#[test]
fn where_the_erp_leads_orders_become_orders_with_their_buyers() {
    orders_become_orders("erp-leads");
}

#[test]
fn in_the_combined_flow_orders_become_orders_with_their_buyers() {
    orders_become_orders("combined");
}

#[track_caller]
fn orders_become_invoices(preset: &'static str) {
    let flow = Flow::set(preset, INVOICES);
    let order = flow.guest_buys("siv@example.org", &[BOARD]);
    flow.runs();
    let invoice = flow.document("customerinvoices", order);
    assert_eq!(payable(&invoice), amount(&flow.shop_order(order), "amountToPay"));
    assert_eq!(flow.buyer_of(&invoice)["EmailAddress"], "siv@example.org");
    flow.runs_to_the_end();
    flow.rests();
    assert_eq!(flow.documents_in_all(), 1);
}

#[test]
fn where_the_erp_leads_orders_become_booked_invoices() {
    orders_become_invoices("erp-leads");
}

#[test]
fn in_the_combined_flow_orders_become_booked_invoices() {
    orders_become_invoices("combined");
}

#[track_caller]
fn the_status_goes_back(preset: &'static str) {
    let flow = Flow::set(preset, &[]);
    let (delivered, paid) =
        (flow.guest_buys("siv@example.org", &[BOARD]), flow.guest_buys("eva@example.org", &[BOARD]));
    flow.runs();
    let before = flow.effects();
    flow.deliver(delivered);
    flow.deliver(paid);
    let invoice = flow.invoice(paid);
    flow.in_erp(json!({ "action": "register_payment", "id": invoice }));
    flow.runs_to_the_end();
    assert_eq!((flow.shop_status(delivered).as_str(), flow.shop_status(paid).as_str()), ("completed", "Betald"));
    assert_eq!(flow.effects_since(before), [0, 0, 0], "nobody asked for a mail or for money");
    flow.rests();
}

#[test]
fn where_the_erp_leads_the_status_goes_back() {
    the_status_goes_back("erp-leads");
}

#[test]
fn in_the_combined_flow_the_status_goes_back() {
    the_status_goes_back("combined");
}

#[test]
fn what_was_ordered_before_the_start_stays_wherever_the_erp_has_prices_and_stock() {
    for preset in ["erp-leads", "combined"] {
        let flow = Flow::set(preset, &[]);
        let early = (SystemClock.now() - TimeDelta::days(40)).to_rfc3339();
        flow.buys(
            json!({
                "createdAt": early, "originalCustomerEmail": "siv@example.org",
                "addresses": { "originalInvoice": home() },
            }),
            &[BOARD],
        );
        flow.runs_to_the_end();
        flow.rests();
        assert_eq!(flow.documents_in_all(), 0, "{preset}");
    }
}

// ---- buyers, and what people change of them later ----------------------------------------------------------------------

/// In the shop the e-mail address is changed, which is the shop's own; in the ERP the name and the address, which are its
/// own, and the e-mail, which is not.
#[track_caller]
fn later_edits(preset: &'static str) {
    let flow = Flow::set(preset, &[]);
    let customer = flow.in_shop(json!({
        "action": "create_customer", "type": "person", "email": "siv@example.org", "addresses": { "invoice": home() },
    }))["customerId"]
        .clone();
    flow.runs();
    let in_erp = || -> Value {
        let all = flow.at_erp("customers");
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0].clone()
    };
    let number = in_erp()["CustomerNumber"].clone();
    flow.in_shop(json!({ "action": "edit_customer", "customerId": customer, "set": { "email": "ny@example.org" } }));
    flow.runs();
    assert_eq!((&in_erp()["EmailAddress"], &in_erp()["CustomerNumber"]), (&json!("ny@example.org"), &number));
    flow.rests();

    let set = json!({ "Name": "Siv Öberg", "InvoiceCity": "Norrköping" });
    flow.in_erp(json!({ "action": "edit_customer", "id": in_erp()["Id"], "set": set }));
    flow.runs();
    flow.rests();
    assert_eq!((&in_erp()["Name"], &in_erp()["InvoiceCity"]), (&json!("Siv Öberg"), &json!("Norrköping")));
    let shops = flow.at_shop("customers");
    let at_shop = shops.iter().find(|known| known["customerId"] == customer).unwrap();
    assert_eq!((&at_shop["email"], shops.len()), (&json!("ny@example.org"), 1));
    let address = &at_shop["addresses"]["data"];
    assert!(address.to_string().contains("Linköping") && !address.to_string().contains("Norrköping"), "{at_shop:#}");

    let set = json!({ "EmailAddress": "annan@example.org" });
    flow.in_erp(json!({ "action": "edit_customer", "id": in_erp()["Id"], "set": set }));
    flow.runs();
    assert_eq!(in_erp()["EmailAddress"], "ny@example.org", "the shop has the say");
    flow.rests();
}

#[test]
fn where_the_shop_leads_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields() {
    later_edits("shop-leads");
}

#[test]
fn where_the_erp_leads_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields() {
    later_edits("erp-leads");
}

#[test]
fn in_the_combined_flow_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields() {
    later_edits("combined");
}

#[test]
fn with_several_shops_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields() {
    later_edits("multishop");
}

#[test]
fn of_buyers_alone_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields() {
    later_edits("buyers");
}

// ---- goods -------------------------------------------------------------------------------------------------------------

#[test]
fn where_the_shop_leads_its_products_become_articles_once_the_preset_is_told_so() {
    let all: Table = toml::from_str(FROM_SHOP).unwrap();
    let mut stage = Stage::of_preset("shop-leads", &NEW_ARTICLES);
    for name in ["items", "prices"] {
        stage.rule(&format!("entities.{name}={}", all["entities"][name]));
    }
    stage.rule("connections.erp.own_fields.articles=[\"SendToWebshop\"]");
    stage.rule("entities.items.every=0s").rule("entities.prices.every=0s");
    product(&stage, "HEM-2000", "Ljusstake", 400);
    stage.adopt();
    let order = stage.guest_buys("siv@example.org", &[BOOK]);
    stage.runs();
    let made = article(&stage, "HEM-2000");
    assert_eq!((made["Name"].as_str(), amount(&made, "NetPrice")), (Some("Ljusstake"), 400.into()));
    stage.document("orders", order);
    stage.in_shop(json!({ "action": "edit_variant", "sku": "HEM-2000", "set": { "ean": "2000000020006" } }));
    stage.in_erp(json!({ "action": "set_price", "id": made["Id"], "net": 450 }));
    stage.runs();
    let then = article(&stage, "HEM-2000");
    assert_eq!((&then["Barcodes"][0]["Barcode"], amount(&then, "NetPrice")), (&json!("2000000020006"), 450.into()));
    assert_eq!(of(&stage, "HEM-2000").price, 400.into(), "each side has its own price");
    stage.rests();
}

/// A campaign of the configuration is a special price in the shop, and the price stays beside it.
#[track_caller]
fn a_campaign_goes(preset: &'static str) {
    let mut flow = Flow::set(preset, &[]);
    let special = |flow: &Flow| -> Value {
        let shop = flow.shop.state();
        let products = shop["products"].as_array().unwrap().iter();
        let mut variants = products.flat_map(|product| product["variants"]["data"].as_array().unwrap());
        let board = variants.find(|variant| variant["sku"] == "HEM-1002").unwrap();
        board["prices"][0]["specialPriceExVat"].clone()
    };
    assert_eq!(special(&flow), Value::Null);
    let rule = "entities.prices.campaign={ amounts = { HEM-1002 = \"699.00\" } }";
    match &mut flow {
        Flow::One(stage) => stage.rule(rule),
        Flow::Two(two) => two.rule(rule),
    };
    flow.adopt();
    flow.runs_to_the_end();
    assert_eq!((amount(&json!({ "x": special(&flow) }), "x"), of(&flow, "HEM-1002").price), (699.into(), 812.into()));
    flow.rests();
    if let Flow::Two(two) = &flow {
        let norwegian = shown_in(&two.no.state());
        assert!(norwegian.iter().any(|goods| goods.price == 799.into()), "the other shop has prices of its own");
    }
}

#[test]
fn where_the_erp_leads_a_campaign_is_a_special_price() {
    a_campaign_goes("erp-leads");
}

#[test]
fn in_the_combined_flow_a_campaign_is_a_special_price() {
    a_campaign_goes("combined");
}

#[test]
fn with_several_shops_a_campaign_is_a_special_price_where_its_currency_is() {
    a_campaign_goes("multishop");
}
