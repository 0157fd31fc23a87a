//! Goods and prices that cannot go as they are, while the others go on.

use std::fs;

use emulators::{
    Emulator, Options,
    frame::Time,
    starweb::{Settings, Starweb},
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::{
    bench::{Bench, Ran},
    front::Front,
    judge::{clean, lines, one_line},
};

const CODINGS: &str = include_str!("../../../../examples/sample-data/eekonomi/articleaccountcodings.json");
const UNITS: &str = include_str!("../../../../examples/sample-data/eekonomi/units.json");
const PIECE: &str = "deaa377a-4985-598c-9c57-b9b018f1b7d4";
const SECOND_25: &str = "7b58e06c-5295-53a8-9935-7afe30f3aab9";
const GOODS_25: &str = "7b58e06c-5295-53a8-9935-7afe30f3aab2";

/// A configuration by a preset of this name, with more keys of the root.
fn configured(bench: &Bench, preset: &str, more: &str) {
    let (shop, erp) = (bench.shop.base_url(), bench.erp.base_url());
    let text = format!(
        "preset = \"starweb-eekonomi/{preset}\"\n\
         connections.se.base_url = \"{shop}/api/v2\"\n\
         connections.erp.base_url = \"{erp}/v2/\"\n\
         connections.erp.identity_url = \"{erp}/\"\n\
         connections.erp.company = \"556677-8899\"\n\
         connections.erp.search_lag_s = 0\n\
         entities.items.every = \"0s\"\n\
         entities.prices.every = \"0s\"\n\
         {more}"
    );
    bench.write("samklang.toml", &text);
}

fn bench(preset: &str, more: &str) -> Bench {
    let bench = Bench::signed_in();
    let json_of = |text| serde_json::from_str::<Value>(text).unwrap();
    bench.erp.seed(json!({ "articleaccountcodings": json_of(CODINGS), "units": json_of(UNITS) })).unwrap();
    configured(&bench, preset, more);
    bench
}

/// The shop has the goods; the ERP gets articles.
fn from_shop() -> Bench {
    let more = format!(
        "connections.erp.fillers.unit = \"{PIECE}\"\nconnections.erp.codings = {{ goods = {{ 25 = \"{GOODS_25}\" }} }}\n"
    );
    bench("initial-from-shop", &more)
}

/// The ERP has the goods; the shop gets products.
fn from_erp() -> Bench {
    bench("initial-from-erp", "entities.stock.every = \"0s\"\nentities.items.complete_every = \"0s\"\n")
}

/// A product of the shop, seeded as it is.
fn product(id: u64, sku: &str, vat: &str) -> Value {
    let price = json!([{ "pricelistId": 108, "priceExVat": 100 }]);
    json!({
        "productId": id, "defaultVatRate": vat, "languages": [{ "langCode": "sv", "name": format!("Vara {id}") }],
        "type": "basic", "visibility": "visible",
        "variants": [{ "variantId": id + 5000, "sku": sku, "attributeValueLinks": [], "isActive": true, "prices": price }],
    })
}

fn in_shop(bench: &Bench, products: &[Value]) {
    bench.shop.seed(json!({ "products": products })).unwrap();
}

/// An article of the ERP, seeded as it is.
fn article(number: &str, name: &str) -> Value {
    json!({
        "Number": number, "Name": name, "CodingId": GOODS_25, "UnitId": PIECE, "NetPrice": 80, "GrossPrice": 100,
        "IsActive": true, "SendToWebshop": true, "StockBalance": 5,
    })
}

fn in_erp(bench: &Bench, articles: &[Value]) {
    bench.erp.seed(json!({ "articles": articles })).unwrap();
}

/// Numbers of the ERP's articles.
fn articles(bench: &Bench) -> Vec<String> {
    let state = bench.erp.state();
    let all = state["companies"][0]["articles"].as_array().unwrap().iter();
    let mut numbers: Vec<String> = all.map(|article| article["Number"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    numbers
}

/// Numbers of the shop's goods.
fn goods(bench: &Bench) -> Vec<String> {
    let state = bench.shop.state();
    let products = state["products"].as_array().unwrap().iter();
    let variants = products.flat_map(|product| product["variants"]["data"].as_array().unwrap().clone());
    let mut numbers: Vec<String> = variants.map(|variant| variant["sku"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    numbers
}

/// Two more runs write nothing, and tell the same.
#[track_caller]
fn stays(bench: &Bench, code: i32, sets: &[&str]) {
    for _ in 0..2 {
        let report = bench.ends(code, &[&["run", "--json"], sets].concat()).json();
        assert_eq!(report["written"], json!({}), "{report:#}");
    }
}

/// The same where a refusal rests for a while before it is tried again: it is listed all the same.
#[track_caller]
fn rests(bench: &Bench, words: &str, sets: &[&str]) {
    for _ in 0..2 {
        let report = bench.run(&[&["run", "--json"], sets].concat()).json();
        assert_eq!(report["written"], json!({}), "{report:#}");
    }
    bench.ends(3, &["parked"]).says(words);
}

/// First contact, and a run.
#[track_caller]
fn runs(bench: &Bench, code: i32, sets: &[&str]) -> Ran {
    bench.run(&[&["adopt"], sets].concat());
    bench.ends(code, &[&["run"], sets].concat())
}

/// How many lines have all of these words.
fn told(ran: &Ran, words: &[&str]) -> usize {
    lines(ran).iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
}

#[test]
fn a_vat_rate_without_a_coding_keeps_its_product_in_the_shop_and_no_other() {
    let bench = from_shop();
    in_shop(&bench, &[product(1, "A-1", "25"), product(2, "A-2", "17"), product(3, "A-3", "12")]);
    let ran = runs(&bench, 3, &[]);
    one_line(&ran, &["A-2", "no coding for goods of 17 % VAT", "codings.goods.17; there are those of 0, 6, 12, 25 %"]);
    assert_eq!((articles(&bench), lines(&ran).len()), (vec!["A-1".to_owned(), "A-3".to_owned()], 1));
    rests(&bench, "17 % VAT", &[]);
}

#[test]
fn several_codings_of_one_rate_are_named_and_one_is_asked_for() {
    let bench = bench("initial-from-shop", &format!("connections.erp.fillers.unit = \"{PIECE}\"\n"));
    let Value::Array(codings) = serde_json::from_str(CODINGS).unwrap() else { panic!("codings are a list") };
    let mut second = codings[0].clone();
    (second["Id"], second["Name"]) = (json!(SECOND_25), json!("Begagnat 25 %"));
    bench.erp.seed(json!({ "articleaccountcodings": [second] })).unwrap();
    in_shop(&bench, &[product(1, "A-1", "25"), product(2, "A-2", "12")]);
    let ran = runs(&bench, 3, &[]);
    one_line(&ran, &["A-1", "several codings for goods of 25 % VAT", "codings.goods.25", "Begagnat 25 %"]);
    assert_eq!(articles(&bench), ["A-2"]);
}

#[test]
fn a_number_that_is_too_long_for_the_erp_keeps_its_product_in_the_shop() {
    let bench = from_shop();
    in_shop(&bench, &[product(1, "A-1", "25"), product(2, "A-2", "25")]);
    let front = Front::of(bench.shop.base_url());
    front.says("\"A-2\"", format!("\"{}\"", "N".repeat(41)));
    let set = format!("connections.se.base_url={}/api/v2", front.base_url);
    let ran = runs(&bench, 3, &["--set", &set]);
    one_line(&ran, &["NNN at ", "has 41 characters", "takes 40: shorten it"]);
    assert_eq!((articles(&bench), lines(&ran).len()), (vec!["A-1".to_owned()], 1));
    rests(&bench, "41 characters", &["--set", &set]);
}

#[test]
fn a_number_that_is_too_long_for_the_shop_keeps_its_article_in_the_erp() {
    let bench = from_erp();
    in_erp(&bench, &[article("A-1", "Ett"), article("A-2", "Två")]);
    let front = Front::of(bench.erp.base_url());
    front.says("\"A-2\"", format!("\"{}\"", "N".repeat(41)));
    let set = format!("connections.erp.base_url={}/v2/", front.base_url);
    let ran = runs(&bench, 3, &["--set", &set]);
    one_line(&ran, &["NNN at ", "has 41 characters", "takes 40: shorten it"]);
    assert_eq!((goods(&bench), lines(&ran).len()), (vec!["A-1".to_owned()], 1));
    rests(&bench, "41 characters", &["--set", &set]);
}

/// Each of the two is told, as an item and with its price; nobody guesses which of them is meant.
const TWICE: &[&str] = &["items A-2 cannot be matched", "have the same number", "merge the duplicates"];

#[test]
fn a_number_that_two_products_have_is_a_matter_for_people() {
    let bench = from_shop();
    in_shop(&bench, &[product(1, "A-1", "25"), product(2, "A-2", "25"), product(3, "A-2", "25")]);
    let ran = runs(&bench, 3, &[]);
    assert_eq!(told(&ran, TWICE), 2, "{ran:?}");
    clean(&ran);
    assert_eq!(articles(&bench), ["A-1"]);
    stays(&bench, 3, &[]);
    // once one of them has a number of its own, both go
    bench.shop.act(json!({ "action": "edit_variant", "sku": "A-2", "set": { "sku": "A-3" } })).unwrap();
    let ran = bench.run(&["run"]);
    assert_eq!(
        (ran.code, articles(&bench)),
        (0, vec!["A-1".to_owned(), "A-2".to_owned(), "A-3".to_owned()]),
        "{ran:?}"
    );
}

#[test]
fn a_number_that_two_articles_have_is_a_matter_for_people() {
    let bench = from_erp();
    in_erp(&bench, &[article("A-1", "Ett"), article("A-2", "Två"), article("A-3", "Tre")]);
    let front = Front::of(bench.erp.base_url());
    front.says("\"A-3\"", "\"A-2\"");
    let set = format!("connections.erp.base_url={}/v2/", front.base_url);
    let ran = runs(&bench, 3, &["--set", &set]);
    assert_eq!(told(&ran, TWICE), 2, "{ran:?}");
    clean(&ran);
    assert_eq!(goods(&bench), ["A-1"]);
    stays(&bench, 3, &["--set", &set]);
}

/// A product in two colours.
fn two_colours(bench: &Bench, skus: [&str; 2]) {
    let mut both = product(9, skus[0], "25");
    let mut other = both["variants"][0].clone();
    (other["variantId"], other["sku"]) = (json!(5010), json!(skus[1]));
    let colour = |id: u64, name: &str| json!([{ "attributeId": 60, "attributeValueId": id, "languages": [{ "langCode": "sv", "name": name }] }]);
    both["variants"][0]["attributeValues"] = colour(61, "Röd");
    other["attributeValues"] = colour(62, "Blå");
    both["variants"].as_array_mut().unwrap().push(other);
    in_shop(bench, &[both]);
}

#[test]
fn each_variant_of_a_product_becomes_an_article_of_its_own() {
    let bench = from_shop();
    two_colours(&bench, ["B-R", "B-B"]);
    in_shop(&bench, &[product(1, "A-1", "25")]);
    runs(&bench, 0, &[]);
    assert_eq!(articles(&bench), ["A-1", "B-B", "B-R"]);
    let state = bench.erp.state();
    let names: Vec<&str> =
        state["companies"][0]["articles"].as_array().unwrap().iter().filter_map(|one| one["Name"].as_str()).collect();
    assert!(names.contains(&"Vara 9, Röd") && names.contains(&"Vara 9, Blå"), "{names:?}");
    stays(&bench, 0, &[]);
}

#[test]
fn what_belongs_to_all_variants_of_a_product_is_not_written_for_one_of_them() {
    let bench = from_erp();
    two_colours(&bench, ["B-R", "B-B"]);
    in_erp(&bench, &[article("A-1", "Ett"), article("B-R", "Ett annat namn")]);
    let ran = runs(&bench, 3, &[]);
    one_line(&ran, &["name of items B-R cannot be changed at starweb:se/products", "change it there by hand"]);
    assert_eq!((goods(&bench), lines(&ran).len()), (["A-1", "B-B", "B-R"].map(str::to_owned).to_vec(), 1));
    assert_eq!(bench.shop.state()["products"][0]["languages"]["data"][0]["name"], "Vara 9");
    stays(&bench, 3, &[]);
}

#[test]
fn a_product_that_was_deleted_in_the_shop_is_asked_about_and_not_made_again() {
    let bench = from_erp();
    in_erp(&bench, &["A-1", "A-2", "A-3", "A-4"].map(|number| article(number, number)));
    runs(&bench, 0, &[]);
    bench.shop.act(json!({ "action": "delete_product", "sku": "A-2" })).unwrap();
    // it is missed twice before it is believed
    bench.ends(0, &["run"]);
    let ran = bench.ends(3, &["run"]);
    one_line(&ran, &["items A-2 was removed at starweb:se/products", "have it made again, or leave it"]);
    clean(&ran);
    bench.erp.act(json!({ "action": "set_price", "number": "A-3", "net": 90 })).unwrap();
    bench.erp.act(json!({ "action": "set_price", "number": "A-2", "net": 90 })).unwrap();
    let report = bench.ends(3, &["run", "--json"]).json();
    assert_eq!(report["written"], json!({ "starweb:se/products": 1 }), "the rest goes on: {report:#}");
    assert_eq!(goods(&bench), ["A-1", "A-3", "A-4"]);
    stays(&bench, 3, &[]);
}

#[test]
fn a_price_list_that_the_shop_does_not_have_is_told_with_those_that_it_has() {
    let bench = from_erp();
    let ran = bench.ends(1, &["check", "--set", "connections.se.price_lists=[\"Danmark\"]"]);
    one_line(&ran, &["price_lists names 'Danmark'", "it has 108 ("]);
}

const LISTS: &str = "entities.prices.systems.erp.streams=[\"article_price\", \"salespricelistprices\"]";

#[test]
fn a_price_list_that_the_erp_does_not_have_is_told_with_those_that_it_has() {
    let bench = from_erp();
    let (erp, se) =
        ("tables.price_list.erp={ \"\" = \"\", vip = \"no-such\" }", "tables.price_list.se={ \"\" = \"\" }");
    let ran = bench.ends(1, &["check", "--set", LISTS, "--set", erp, "--set", se]);
    let state = bench.erp.state();
    let standard = state["companies"][0]["salespricelists"][0]["Id"].as_str().unwrap().to_owned();
    one_line(
        &ran,
        &["tables.price_list.erp: 'no-such' is no price list of erp", &format!("there are '', '{standard}'")],
    );
    let erp = format!("tables.price_list.erp={{ \"\" = \"\", vip = \"{standard}\" }}");
    bench.ends(0, &["check", "--set", LISTS, "--set", &erp, "--set", se]).says("The configuration fits the systems.");
}

#[test]
fn price_lists_of_an_edition_without_them_are_told() {
    let bench = from_erp();
    bench.erp.act(json!({ "action": "set_company", "settings": { "ProductVariant": 4 } })).unwrap();
    let ran = bench.ends(1, &["check", "--set", LISTS]);
    ran.says("salespricelistprices cannot be reached: the company's edition of eEkonomi does not include this");
    one_line(&ran, &["'erp' has no stream 'salespricelistprices'", "write one of article_price"]);
}

/// A shop in Norwegian crowns, by the name `no`.
fn norwegian(bench: &Bench) -> (Emulator<Starweb>, Runtime) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = Options { time: Time::Real, ..Options::default() };
    let no = runtime.block_on(Emulator::start(Starweb::new(Settings::default()), options)).unwrap();
    let list = json!({
        "pricelistId": 108, "name": "Norge", "countryCodes": ["NO"], "currencyCode": "NOK", "isActive": true,
        "isCountryPricelist": true, "isCustomerPricelist": false, "isMaster": true, "region": "selected",
    });
    let shop = json!({ "baseCurrency": "NOK", "shopCountryCode": "NO", "name": "Butikken" });
    no.seed(json!({ "shop": [shop], "pricelists": [list] })).unwrap();
    fs::write(bench.folder.path().join("no.secret"), Settings::default().client_secret).unwrap();
    let more = format!(
        "connections.no.base_url = \"{}/api/v2\"\nconnections.no.client_id = \"samklang\"\n\
         connections.no.client_secret = {{ file = \"no.secret\" }}\nentities.prices_no.every = \"0s\"\n\
         entities.stock.every = \"0s\"\n",
        no.base_url()
    );
    configured(bench, "multishop", &more);
    (no, runtime)
}

#[test]
fn a_shop_in_a_currency_in_which_the_erp_has_no_price_list_is_told_by_name() {
    let bench = bench("initial-from-erp", "");
    let (no, _runtime) = norwegian(&bench);
    let ran = bench.ends(1, &["check"]);
    one_line(&ran, &["no/prices takes prices in NOK", "no price of erp is in NOK", "make a price list in NOK"]);
    in_erp(&bench, &[article("A-1", "Ett")]);
    bench.run(&["adopt"]).says("make a price list in NOK");
    let ran = bench.ends(3, &["run"]);
    assert_eq!(goods(&bench), ["A-1"], "the other shop sells it");
    one_line(&ran, &["A-1", "no price in NOK, so it stays hidden"]);
    assert_eq!(no.state()["products"][0]["visibility"], "hidden");
}
