//! Price lists of an ERP in its edition Pro, and what a shop asks for in lists and from quantities of its own.

use emulators::frame::{Request, Vendor};
use serde_json::{Value, json};

use crate::{
    goods::product,
    stage::{Stage, amount},
};

/// The ERP's lists: for resellers, for countries with the euro, and for whoever takes ten.
const RESELLERS: &str = "11111111-0000-4000-8000-000000000001";
const EURO: &str = "11111111-0000-4000-8000-000000000002";
const TEN: &str = "11111111-0000-4000-8000-000000000003";
/// The shop's: its own, for resellers, and for countries with the euro.
const OWN: u64 = 108;
const SHOP_RESELLERS: u64 = 120;
const SHOP_EURO: u64 = 112;

/// Everything at every run, and both streams of the ERP.
fn rules(lists: String) -> Vec<String> {
    vec![
        "entities.prices.every=0s".to_owned(),
        "entities.prices.complete_every=0s".to_owned(),
        "entities.stock.every=0s".to_owned(),
        "entities.prices.systems.erp={ read = true, streams = [\"article_price\", \"salespricelistprices\"] }"
            .to_owned(),
        "connections.se.price_lists=[\"Återförsäljare\", \"Euroländer och Danmark\"]".to_owned(),
        format!("tables.price_list={lists}"),
    ]
}

/// A list's code is the shop's own; ten has none there.
fn as_in_the_shop() -> String {
    format!(
        "{{ erp = {{ \"\" = \"\", \"{SHOP_RESELLERS}\" = \"{RESELLERS}\", \"{SHOP_EURO}\" = \"{EURO}\", ten = \"{TEN}\" }} }}"
    )
}

/// The ERP has its lists and the shop two of them; nothing was adopted.
fn before_contact(preset: &'static str, codes: String) -> Stage {
    let mut stage = Stage::of_preset(preset, &[]);
    let list = |id: &str, name: &str, number: u64, currency: &str| json!({ "Id": id, "Name": name, "Number": number, "CurrencyCode": currency, "IsActive": true });
    let lists = [list(RESELLERS, "ÅF", 2, "SEK"), list(EURO, "Euro", 3, "EUR"), list(TEN, "Från 10", 4, "SEK")];
    stage.erp.seed(json!({ "salespricelists": lists })).unwrap();
    let resellers = json!({
        "pricelistId": SHOP_RESELLERS, "name": "Återförsäljare", "countryCodes": [], "currencyCode": "SEK",
        "isActive": true, "isCountryPricelist": false, "isCustomerPricelist": true, "isMaster": false,
        "parentPricelistId": OWN, "region": "all",
    });
    stage.shop.seed(json!({ "pricelists": [resellers] })).unwrap();
    for rule in rules(codes) {
        stage.rule(&rule);
    }
    stage
}

/// Two lists have prices, and the shop has them too.
fn stage() -> Stage {
    let stage = before_contact("erp-leads", as_in_the_shop());
    costs(&stage, "ÅF", &[("HEM-1002", "600"), ("BOK-1004", "250")]);
    costs(&stage, "Euro", &[("HEM-1002", "75.5")]);
    stage.adopt();
    stage.runs();
    stage
}

fn costs(stage: &Stage, list: &str, prices: &[(&str, &str)]) {
    for (number, net) in prices {
        let net: Value = serde_json::from_str(net).unwrap();
        stage.in_erp(json!({ "action": "set_list_price", "number": number, "list": list, "net": net }));
    }
}

/// A call to the ERP as a program of somebody else makes it.
#[track_caller]
fn somebody_deletes(stage: &Stage, path: &str) {
    let token = stage.in_erp(json!({ "action": "sign_in" }))["access_token"].as_str().unwrap().to_owned();
    let call = Request {
        method: "DELETE".to_owned(),
        path: path.to_owned(),
        headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
        ..Request::default()
    };
    let reply = stage.erp.with(|vendor, cx| vendor.handle(cx, &call));
    assert!(reply.status < 300, "{path}: {}", reply.status);
}

fn rows<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of[name]["data"].as_array().or(of[name].as_array()).into_iter().flatten()
}

/// What the shop asks for an item: list, least quantity, amount without VAT.
fn asked(stage: &Stage, sku: &str) -> Vec<(u64, u64, String)> {
    let shop = stage.shop.state();
    let variant = rows(&shop, "products").flat_map(|product| rows(product, "variants"));
    let variant = variant.filter(|variant| variant["sku"] == sku).collect::<Vec<_>>()[0];
    let figure = |price: &Value| amount(price, "priceExVat").normalize().to_string();
    let mut all = Vec::new();
    for price in rows(variant, "prices") {
        let list = price["pricelistId"].as_u64().unwrap();
        all.push((list, 1, figure(price)));
        let volume = rows(price, "volumePrices");
        all.extend(volume.map(|price| (list, price["quantity"].as_u64().unwrap(), figure(price))));
    }
    all.sort();
    all
}

/// The table may have a column for the shop too: then the list has a name of its own.
#[test]
fn a_list_may_have_a_name_that_is_no_systems_own() {
    let lists = format!(
        "{{ erp = {{ \"\" = \"\", resellers = \"{RESELLERS}\", euro = \"{EURO}\", ten = \"{TEN}\" }}, \
         se = {{ \"\" = \"\", resellers = \"{SHOP_RESELLERS}\", euro = \"{SHOP_EURO}\" }} }}"
    );
    let stage = before_contact("erp-leads", lists);
    costs(&stage, "ÅF", &[("HEM-1002", "600")]);
    stage.adopt();
    stage.runs();
    assert_eq!(asked(&stage, "HEM-1002"), prices([(OWN, 1, "812"), (SHOP_RESELLERS, 1, "600")]));
    costs(&stage, "ÅF", &[("HEM-1002", "580")]);
    stage.runs();
    assert_eq!(asked(&stage, "HEM-1002"), prices([(OWN, 1, "812"), (SHOP_RESELLERS, 1, "580")]));
    stage.rests();
}

fn prices<const N: usize>(all: [(u64, u64, &str); N]) -> Vec<(u64, u64, String)> {
    all.into_iter().map(|(list, from, amount)| (list, from, amount.to_owned())).collect()
}

#[test]
fn prices_of_several_lists_go_each_to_its_own() {
    let stage = stage();
    let wanted = prices([(OWN, 1, "812"), (SHOP_EURO, 1, "75.5"), (SHOP_RESELLERS, 1, "600")]);
    assert_eq!(asked(&stage, "HEM-1002"), wanted);
    assert_eq!(asked(&stage, "BOK-1004"), prices([(OWN, 1, "311.27"), (SHOP_RESELLERS, 1, "250")]));
    assert_eq!(asked(&stage, "MAT-1009"), prices([(OWN, 1, "136.56")]));
    stage.rests();
    assert_eq!(asked(&stage, "HEM-1002"), wanted);
}

#[test]
fn another_price_and_a_new_one_go_to_their_list_alone() {
    let stage = stage();
    costs(&stage, "ÅF", &[("HEM-1002", "590")]);
    costs(&stage, "Euro", &[("MAT-1009", "12.25")]);
    stage.runs();
    let wanted = prices([(OWN, 1, "812"), (SHOP_EURO, 1, "75.5"), (SHOP_RESELLERS, 1, "590")]);
    assert_eq!(asked(&stage, "HEM-1002"), wanted);
    assert_eq!(asked(&stage, "MAT-1009"), prices([(OWN, 1, "136.56"), (SHOP_EURO, 1, "12.25")]));
    stage.in_erp(json!({ "action": "set_price", "number": "HEM-1002", "net": 799 }));
    stage.runs();
    let wanted = prices([(OWN, 1, "799"), (SHOP_EURO, 1, "75.5"), (SHOP_RESELLERS, 1, "590")]);
    assert_eq!(asked(&stage, "HEM-1002"), wanted, "the item's own price is in no list");
    stage.rests();
}

#[test]
fn a_list_that_is_deleted_is_asked_about_and_its_prices_stay() {
    let stage = stage();
    somebody_deletes(&stage, &format!("/v2/salespricelists/{EURO}"));
    stage.run();
    stage.run().holds("was removed at eekonomi:erp/salespricelistprices", "removed in the others too, or left alone");
    let wanted = prices([(OWN, 1, "812"), (SHOP_EURO, 1, "75.5"), (SHOP_RESELLERS, 1, "600")]);
    assert_eq!(asked(&stage, "HEM-1002"), wanted);
    costs(&stage, "ÅF", &[("HEM-1002", "590")]);
    assert_eq!(stage.run().code, 3);
    let wanted = prices([(OWN, 1, "812"), (SHOP_EURO, 1, "75.5"), (SHOP_RESELLERS, 1, "590")]);
    assert_eq!(asked(&stage, "HEM-1002"), wanted, "the other list goes on");
    stage.rests_with_something_held();
}

#[test]
fn a_list_of_the_erp_is_the_price_of_ten() {
    let mut stage = before_contact("erp-leads", as_in_the_shop());
    for rule in [
        "connections.se.volume_quantities=[10]",
        "entities.prices.where=[\"list != ten\"]",
        "entities.prices_of_ten={ kind = \"price\", master = \"erp\", match = [{ on = [\"item\", \"currency\"] }] }",
        "entities.prices_of_ten.systems.erp={ read = true, streams = [\"salespricelistprices\"] }",
        "entities.prices_of_ten.systems.se={ read = true, create = \"always\", update = true, streams = [\"prices_from_10\"] }",
        "entities.prices_of_ten.fields={ list = { rule = \"off\" }, from_quantity = { rule = \"off\" } }",
        "entities.prices.systems.se={ read = true, create = \"always\", update = true, streams = [\"prices\", \"prices_112\", \"prices_120\"] }",
    ] {
        stage.rule(rule);
    }
    costs(&stage, "Från 10", &[("HEM-1002", "700")]);
    costs(&stage, "ÅF", &[("HEM-1002", "600")]);
    stage.adopt();
    stage.runs();
    assert_eq!(asked(&stage, "HEM-1002"), prices([(OWN, 1, "812"), (OWN, 10, "700"), (SHOP_RESELLERS, 1, "600")]));
    stage.rests();
}

#[test]
fn a_list_of_the_shop_goes_to_the_erps_in_one_call() {
    let mut stage = before_contact("erp-leads", as_in_the_shop());
    for rule in [
        "entities.prices.where=[\"list != 120\"]",
        "entities.prices.systems.se={ read = true, create = \"always\", update = true, streams = [\"prices\", \"prices_112\"] }",
        "entities.prices_af={ kind = \"price\", master = \"se\", match = [{ on = [\"item\", \"list\", \"currency\"] }] }",
        "entities.prices_af.systems.erp={ read = true, create = \"always\", update = true, streams = [\"salespricelistprices\"] }",
        "entities.prices_af.systems.se={ read = true, streams = [\"prices_120\"] }",
    ] {
        stage.rule(rule);
    }
    costs(&stage, "ÅF", &[("MAT-1009", "99")]);
    costs(&stage, "Från 10", &[("MAT-1009", "98")]);
    stage.adopt();
    stage.runs();
    for (sku, price) in [("HEM-1002", 610), ("BOK-1004", 260)] {
        stage.in_shop(json!({ "action": "set_price", "sku": sku, "pricelistId": SHOP_RESELLERS, "price": price }));
    }
    stage.erp.clear_requests();
    stage.runs();
    let writes: Vec<String> =
        stage.erp.requests().into_iter().filter(|call| call.method != "GET").map(|call| call.path).collect();
    assert_eq!(writes, [format!("/v2/salespricelists/{RESELLERS}/prices")], "all in one call");
    let mut all: Vec<(String, String, String)> = stage
        .at_erp("salespricelistprices")
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let number = stage.erp_record("articles", &text("ArticleId"))["Number"].as_str().unwrap().to_owned();
            (text("SalesPriceListId"), number, amount(row, "NetPrice").normalize().to_string())
        })
        .collect();
    all.sort();
    let row = |list: &str, number: &str, net: &str| (list.to_owned(), number.to_owned(), net.to_owned());
    let wanted = [
        row(RESELLERS, "BOK-1004", "260"),
        row(RESELLERS, "HEM-1002", "610"),
        row(RESELLERS, "MAT-1009", "99"),
        row(TEN, "MAT-1009", "98"),
    ];
    assert_eq!(all, wanted, "what the shop has no price for stays");
    stage.rests();
}

/// Of the items' own prices a new article is given the shop's; the lists are in a rule set of their own.
#[test]
fn in_the_combined_flow_prices_of_lists_come_from_the_erp() {
    let mut stage = before_contact("combined", as_in_the_shop());
    for rule in [
        "connections.erp.fillers.unit=deaa377a-4985-598c-9c57-b9b018f1b7d4",
        "connections.erp.codings={ goods = { 25 = \"7b58e06c-5295-53a8-9935-7afe30f3aab2\" } }",
        "entities.prices.systems.erp={ read = true, create = \"always\", streams = [\"article_price\"] }",
        "entities.list_prices={ kind = \"price\", master = \"erp\" }",
        "entities.list_prices.match=[{ on = [\"item\", \"list\", \"currency\", \"from_quantity\"] }]",
        "entities.list_prices.systems.erp={ read = true, streams = [\"salespricelistprices\"] }",
        "entities.list_prices.systems.se={ read = true, update = true, streams = [\"prices_112\", \"prices_120\"] }",
    ] {
        stage.rule(rule);
    }
    for (sku, name, price) in [("HEM-1002", "Bräda", 700), ("HEM-2000", "Ljusstake", 400)] {
        product(&stage, sku, name, price);
    }
    costs(&stage, "ÅF", &[("HEM-1002", "600")]);
    stage.adopt();
    stage.runs();
    assert_eq!(asked(&stage, "HEM-1002"), prices([(OWN, 1, "812"), (SHOP_RESELLERS, 1, "600")]));
    assert_eq!(asked(&stage, "HEM-2000"), prices([(OWN, 1, "400")]));
    stage.runs();
    costs(&stage, "ÅF", &[("HEM-1002", "590")]);
    costs(&stage, "Euro", &[("HEM-2000", "37.5")]);
    stage.runs();
    assert_eq!(asked(&stage, "HEM-1002"), prices([(OWN, 1, "812"), (SHOP_RESELLERS, 1, "590")]));
    assert_eq!(asked(&stage, "HEM-2000"), prices([(OWN, 1, "400"), (SHOP_EURO, 1, "37.5")]));
    stage.rests();
    assert_eq!(stage.at_erp("salespricelistprices").len(), 2, "no row is made for goods without a price in a list");
}
