//! The program with its plug-ins as a user meets it: a process, its exit code and what it prints, between emulators over
//! real HTTP.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may")]
#![cfg(test)]

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use chrono::TimeDelta;
use emulators::{
    Emulator, Options,
    eekonomi::{self, Eekonomi},
    frame::Time,
    starweb::{self, Starweb},
};
use samklang::sync_core::Clock;
use serde_json::{Value, json};
use sync_http::{FileTokens, SystemClock, Token, TokenStore};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const CONFIG: &str = include_str!("../samklang.toml");
/// What belongs to the emulators, and every entity at every run.
const RULES: [&str; 9] = [
    "connections.erp.search_lag_s=0",
    "entities.items.every=0s",
    "entities.prices.every=0s",
    "entities.stock.every=0s",
    "entities.stock.complete_every=0s",
    "entities.buyers.every=0s",
    "entities.orders.every=0s",
    "entities.invoices.every=0s",
    "tables.payment_terms.erp={ invoice = \"9b889a04-2ba0-563b-a6f2-4b6edeb103f2\" }",
];
const BOARD: &str = "HEM-1002";
const INVOICE: u64 = 105;

macro_rules! sample {
    ($path:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../sample-data/", $path, ".json"))).unwrap()
    };
}

/// A folder with the example's configuration, a shop and an ERP.
struct House {
    folder: TempDir,
    shop: Emulator<Starweb>,
    erp: Emulator<Eekonomi>,
    runtime: Runtime,
}

impl House {
    /// Both systems run with their lists, and somebody has logged in. The ERP has one article to sell.
    fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { time: Time::Real, ..Options::default() };
        let shop = runtime.block_on(Emulator::start(Starweb::new(starweb::Settings::default()), options)).unwrap();
        let erp = runtime.block_on(Emulator::start(Eekonomi::default(), options)).unwrap();
        let house = Self { folder: tempfile::tempdir().unwrap(), shop, erp, runtime };
        house.seed();
        house.sign_in();
        house.configure(CONFIG);
        house
    }
    fn seed(&self) {
        self.shop
            .seed(json!({
                "shop": sample!("starweb/shop"), "currencies": sample!("starweb/currencies"),
                "vat-rates": sample!("starweb/vat-rates"), "payment-methods": sample!("starweb/payment-methods"),
                "shipping-methods": sample!("starweb/shipping-methods"),
                "order-statuses": sample!("starweb/order-statuses"), "pricelists": sample!("starweb/pricelists"),
                "product-units": sample!("starweb/product-units"),
            }))
            .unwrap();
        let all = sample!("eekonomi/articles");
        let wanted = |article: &&Value| {
            let number = article["Number"].as_str().unwrap();
            ["FRAKT", "AVG", "RAB", "ORES", BOARD].iter().any(|start| number.starts_with(start))
        };
        let mut articles: Vec<Value> = all.as_array().unwrap().iter().filter(wanted).cloned().collect();
        let board = articles.iter_mut().find(|article| article["Number"] == BOARD).unwrap();
        board["Name"] = "Skärbräda (mässing, 20 cm)".into();
        self.erp
            .seed(json!({
                "companies": sample!("eekonomi/companies"), "articles": articles,
                "articleaccountcodings": sample!("eekonomi/articleaccountcodings"),
                "termsofpayments": sample!("eekonomi/termsofpayments"), "units": sample!("eekonomi/units"),
                "deliverymethods": sample!("eekonomi/deliverymethods"),
            }))
            .unwrap();
    }
    fn sign_in(&self) {
        let tokens = self.erp.act(json!({"action": "sign_in"})).unwrap();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let token = Token::new(text("access_token").into(), SystemClock.now(), Some(Duration::from_secs(3600)))
            .with_refresh(Some(text("refresh_token").into()));
        let store = FileTokens::new(self.folder.path().join("samklang.tokens"));
        self.runtime.block_on(store.save("erp", &token)).unwrap();
    }
    fn configure(&self, text: &str) {
        std::fs::write(self.folder.path().join("samklang.toml"), text).unwrap();
    }
    /// The file with one part changed.
    fn change(&self, from: &str, to: &str) {
        let text = CONFIG.replacen(from, to, 1);
        assert_ne!(text, CONFIG, "the change must hit");
        self.configure(&text);
    }
    /// The program, to its end.
    fn program(&self, arguments: &[&str]) -> Ran {
        let (shop, erp) = (self.shop.base_url(), self.erp.base_url());
        let start = (SystemClock.now() - TimeDelta::days(30)).date_naive(); // the machine's own day decides
        let here = [
            format!("connections.se.base_url={shop}/api/v2"),
            format!("connections.erp.base_url={erp}/v2/"),
            format!("connections.erp.identity_url={erp}/"),
            format!(
                "entities.orders.scope=[{{ at = \"erp\", when = [\"@created_on >= {start}\", \"fulfilment in [open, picking]\"] }}]"
            ),
        ];
        let mut command = Command::new(env!("CARGO_BIN_EXE_plugin"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for rule in RULES.into_iter().chain(here.iter().map(String::as_str)) {
            command.args(["--set", rule]);
        }
        let output = command
            .env("STARWEB_CLIENT_ID", starweb::Settings::default().client_id)
            .env("STARWEB_CLIENT_SECRET", starweb::Settings::default().client_secret)
            .env("EEKONOMI_CLIENT_ID", eekonomi::CLIENT_ID)
            .env("EEKONOMI_CLIENT_SECRET", eekonomi::CLIENT_SECRET)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
    /// The same, with the exit code that it must have.
    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.program(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}\n{}", ran.out, ran.err);
        ran
    }
    /// First contact, and whatever it counted is allowed.
    #[track_caller]
    fn adopt(&self) {
        let report = self.program(&["adopt", "--json"]).json();
        for id in report["adopted"].as_array().into_iter().flatten() {
            self.ends(0, &["approve", id.as_str().unwrap()]);
        }
    }
    /// Somebody in Sweden buys boards by invoice.
    fn buys(&self, boards: u64, country: &str) -> u64 {
        let home = json!({
            "firstName": "Siv", "lastName": "Åström", "address": "Ågatan 2", "postalCode": "58222", "city": "Linköping",
            "countryCode": country,
        });
        let order = json!({
            "action": "place_order", "paymentMethodId": INVOICE, "paymentStatus": "", "shippingMethodId": 101,
            "shippingVatRate": 25, "paymentVatRate": 25, "currencyPrecision": 2,
            "originalCustomerEmail": "siv@example.org", "addresses": { "originalInvoice": home },
            "items": [{
                "sku": BOARD, "description": "Skärbräda", "quantity": boards, "unitPriceIncVat": 1015, "vatRate": 25,
            }],
        });
        self.shop.act(order).unwrap()["orderId"].as_u64().unwrap()
    }
    /// How many of the ERP's documents came of this order of the shop.
    fn documents(&self, collection: &str, number: u64) -> usize {
        let (state, mark) = (self.erp.state(), format!("se-{number}"));
        let all = state["companies"][0][collection].as_array().unwrap().iter();
        all.filter(|document| document["BuyersOrderReference"] == mark).count()
    }
    /// Whether the ERP has this order of the shop.
    fn has(&self, number: u64) -> bool {
        self.documents("orders", number) == 1
    }
    /// Name and text that the shop's one product has.
    fn shown(&self) -> (String, String) {
        let state = self.shop.state();
        let products = state["products"].as_array().unwrap();
        assert_eq!(products.len(), 1, "{products:#?}");
        let texts = &products[0]["languages"]["data"][0];
        (texts["name"].as_str().unwrap().to_owned(), texts["shortDescription"].as_str().unwrap_or_default().to_owned())
    }
    /// What the shop's owner writes of the board.
    fn describes(&self, name: &str, text: &str) {
        let all = sample!("starweb/products");
        let mut board =
            all.as_array().unwrap().iter().find(|product| product["variants"][0]["sku"] == BOARD).unwrap().clone();
        board["languages"] = json!([{ "langCode": "sv", "name": name, "shortDescription": text }]);
        board["modifiedAt"] = SystemClock.now().to_rfc3339().into();
        self.shop.seed(json!({ "products": [board] })).unwrap();
    }
    /// The ERP's article.
    fn board(&self) -> Value {
        let state = self.erp.state();
        let articles = state["companies"][0]["articles"].as_array().unwrap();
        articles.iter().find(|article| article["Number"] == BOARD).unwrap().clone()
    }
    /// The ERP's one line for it.
    fn line(&self) -> String {
        self.board()["Name"].as_str().unwrap().to_owned()
    }
    /// Somebody in the ERP writes another line.
    fn renames(&self, line: &str) {
        let board = self.board();
        self.erp.act(json!({"action": "edit_article", "id": board["Id"], "set": { "Name": line }})).unwrap();
    }
}

/// What a process left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
    #[track_caller]
    fn says(&self, text: &str) -> &Self {
        assert!(self.out.contains(text), "'{text}' is not in:\n{}\n{}", self.out, self.err);
        self
    }
    #[track_caller]
    fn complains(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "'{text}' is not in:\n{}", self.err);
        self
    }
}

fn pair(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[test]
fn the_mapper_splits_the_erps_line_into_name_and_text() {
    let house = House::new();
    house.adopt();
    house.ends(0, &["run"]);
    assert_eq!(house.shown(), pair("Skärbräda", "mässing, 20 cm"));
    house.renames("Skärbräda (ek, 30 cm)");
    house.ends(0, &["run"]);
    assert_eq!(house.shown(), pair("Skärbräda", "ek, 30 cm"));
    house.renames("Brödbräda");
    house.ends(0, &["run"]);
    assert_eq!(house.shown(), pair("Brödbräda", ""));
    let again = house.ends(0, &["run", "--json"]).json();
    assert_eq!(again["written"], json!({}), "it comes to rest");
}

/// The other way round: the shop's products become the ERP's articles.
const SHOP_LEADS: &str = r#"
preset = "starweb-eekonomi/combined"
connections.erp.company = "556677-8899"
connections.erp.fillers.unit = "deaa377a-4985-598c-9c57-b9b018f1b7d4"

[[entities.items.map]]
field  = "name"
erp    = "name"
mapper = "article_text"
"#;

#[test]
fn the_mapper_joins_name_and_text_for_the_erp() {
    let house = House::new();
    house.configure(SHOP_LEADS);
    house.describes("Skärbräda", "mässing, 20 cm"); // as the ERP has it
    house.adopt();
    house.ends(0, &["run"]);
    assert_eq!(house.line(), "Skärbräda (mässing, 20 cm)");
    house.describes("Bräda", "ek");
    house.ends(0, &["run"]);
    assert_eq!(house.line(), "Bräda (ek)");
    house.describes("Skärbräda", "");
    house.ends(0, &["run"]);
    assert_eq!(house.line(), "Skärbräda");
    house.describes("Skärbräda", "ek, oljad, med ränna för saften och handtag av läder");
    house.ends(3, &["run"]).says("have 50 characters together in the ERP; shorten one of them");
    assert_eq!(house.line(), "Skärbräda", "half of it is never written");
    house.describes("Skärbräda", "ek, oljad");
    house.ends(0, &["run"]);
    assert_eq!(house.line(), "Skärbräda (ek, oljad)");
    let again = house.ends(0, &["run", "--json"]).json();
    assert_eq!(again["written"], json!({}), "it comes to rest");
}

#[test]
fn what_the_mapper_refuses_is_set_aside_and_comes_when_it_is_corrected() {
    let house = House::new();
    house.adopt();
    house.ends(0, &["run"]);
    house.renames("(mässing, 20 cm)");
    house.ends(3, &["run"]).says("a text in brackets and no name; write the name before it");
    house.ends(3, &["parked"]).says("write the name before it");
    assert_eq!(house.shown(), pair("Skärbräda", "mässing, 20 cm"), "nothing is wiped");
    let order = house.buys(1, "SE");
    house.ends(3, &["run"]);
    assert!(house.has(order), "the others go on");
    house.renames("Bräda (mässing, 20 cm)");
    house.ends(0, &["run"]);
    assert_eq!(house.shown(), pair("Bräda", "mässing, 20 cm"));
    house.ends(0, &["parked"]).says("Nothing is parked.");
}

#[test]
fn big_orders_and_those_to_far_countries_wait_until_somebody_has_looked() {
    let house = House::new();
    house.adopt();
    house.ends(0, &["run"]);
    let [small, big, far] = [house.buys(2, "SE"), house.buys(10, "SE"), house.buys(1, "CH")];
    house.ends(3, &["run"]).says("10150 SEK is more than the 10000 that go by themselves").says("it goes to CH");
    assert_eq!([small, big, far].map(|order| house.has(order)), [true, false, false]);
    house.ends(3, &["run"]);
    house.ends(3, &["held"]).says("set it to 'picking' in the shop to let it go");
    assert_eq!([small, big, far].map(|order| house.has(order)), [true, false, false], "nobody has looked yet");

    house.shop.act(json!({"action": "set_status", "orderId": big, "status": "picking"})).unwrap();
    house.ends(3, &["run"]);
    assert_eq!([small, big, far].map(|order| house.has(order)), [true, true, false]);
    house.shop.act(json!({"action": "set_status", "orderId": far, "status": "picking"})).unwrap();
    house.ends(0, &["run"]);
    assert_eq!([small, big, far].map(|order| house.has(order)), [true, true, true]);
    house.ends(0, &["held"]).says("Nothing is held.");
}

#[test]
fn where_orders_become_invoices_the_hook_stands_with_those() {
    let house = House::new();
    let invoices = ["--set", "entities.orders.systems.erp.becomes=invoice"];
    house.ends(1, &["check", invoices[0], invoices[1]]).complains(
        "'erp' makes invoices of these, and is called for them as such; put the hook under [[entities.invoices.hooks]]",
    );
    house.change("[[entities.orders.hooks]]", "[[entities.invoices.hooks]]");
    house.ends(0, &["check", invoices[0], invoices[1]]).says("hold_big_orders");
    for id in house.program(&["adopt", "--json", invoices[0], invoices[1]]).json()["adopted"].as_array().unwrap() {
        house.ends(0, &["approve", id.as_str().unwrap()]);
    }
    house.ends(0, &["run", invoices[0], invoices[1]]);
    let [small, big] = [house.buys(2, "SE"), house.buys(10, "SE")];
    house.ends(3, &["run", invoices[0], invoices[1]]).says("10150 SEK is more than the 10000 that go by themselves");
    assert_eq!([small, big].map(|order| house.documents("customerinvoicedrafts", order)), [1, 0]);
}

#[test]
fn what_the_file_says_decides_which_orders_wait() {
    let house = House::new();
    house.change("SEK = 10000", "SEK = \"2000.00\"");
    house.adopt();
    house.ends(0, &["run"]);
    let [small, more] = [house.buys(1, "SE"), house.buys(2, "SE")];
    house.ends(3, &["run"]).says("2030 SEK is more than the 2000.00 that");
    assert_eq!([house.has(small), house.has(more)], [true, false]);
    // taken out of the file it does nothing
    let (before, _) = CONFIG.split_once("[[entities.orders.hooks]]").unwrap();
    house.configure(before);
    house.ends(0, &["check"]).says("Hooks that no rule set names, so they do nothing: hold_big_orders");
    house.ends(0, &["run"]);
    assert!(house.has(more));
}

#[test]
fn check_tells_what_is_on_and_the_schema_knows_the_names() {
    let house = House::new();
    house.ends(0, &["check"]).says("hook that is on").says("hold_big_orders").says("fits the systems");
    let schema = house.ends(0, &["schema"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let fits = |text: &str| validator.is_valid(&toml::from_str::<Value>(text).unwrap());
    assert!(fits(CONFIG));
    assert!(!fits(&CONFIG.replace("hold_big_orders", "hold_big_order")));
    assert!(!fits(&CONFIG.replace("article_text", "article_texts")));
}

#[test]
fn names_that_the_program_does_not_bring_are_told_with_their_line() {
    let house = House::new();
    let line = |text: &str| CONFIG.lines().position(|line| line.starts_with(text)).unwrap() + 1;
    for (from, to, told) in [
        (
            "\"hold_big_orders\"",
            "\"hold_big_order\"",
            format!(
                "line {}: entities.orders.hooks[0].hook: there is no hook 'hold_big_order'; did you mean 'hold_big_orders'?",
                line("hook =")
            ),
        ),
        (
            "\"article_text\"",
            "\"artikel_text\"",
            format!(
                "line {}: entities.items.map[0].mapper: there is no mapper 'artikel_text'; did you mean 'article_text'?",
                line("mapper =")
            ),
        ),
        (
            "at   = \"erp\"  ",
            "at   = \"er\"  ",
            format!(
                "line {}: entities.orders.hooks[0].at: there is no connection 'er'; did you mean 'erp'?",
                line("at ")
            ),
        ),
        (
            "over = {",
            "ovr = {",
            format!(
                "line {}: entities.orders.hooks[0].with.ovr: unknown key 'ovr'; did you mean 'over'?",
                line("with")
            ),
        ),
        (
            "SEK = 10000",
            "SEK = 0",
            format!(
                "line {}: entities.orders.hooks[0].with: no order is small enough for 0 SEK; write a sum above zero",
                line("with")
            ),
        ),
        (
            "at   = \"erp\"  ",
            "att  = \"erp\"  ",
            format!("line {}: entities.orders.hooks[0].att: unknown key 'att'; did you mean 'at'?", line("at ")),
        ),
    ] {
        house.change(from, to);
        house.ends(1, &["check"]).complains(&told);
        house.ends(1, &["run"]).complains(&told);
    }
}

const GUIDE: &str = include_str!("../../../docs/guide/plug-ins.md");

/// Blocks of the guide in this language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    GUIDE.split("```").skip(1).step_by(2).filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}

#[test]
fn the_guide_shows_what_is_here_and_what_it_says_of_mistakes() {
    let sources = [
        include_str!("../src/main.rs"),
        include_str!("../src/mapper.rs"),
        include_str!("../src/hook.rs"),
        include_str!("../samklang.toml"),
    ];
    let here: Vec<&str> = sources.into_iter().flat_map(str::lines).map(|line| bare(line).trim()).collect();
    let shown = blocks("rust").chain(blocks("toml").filter(|block| !block.starts_with("[dependencies]")));
    let lines: Vec<&str> = shown.flat_map(str::lines).map(|line| bare(line).trim()).collect();
    assert!(lines.len() > 50, "{lines:#?}");
    for line in lines {
        assert!(here.contains(&line), "the guide shows what is not here: {line}");
    }
    let house = House::new();
    let wrong = [("\"hold_big_orders\"", "\"hold_big_order\""), ("\"article_text\"", "\"artikel_text\"")];
    house.configure(&wrong.into_iter().fold(CONFIG.to_owned(), |text, (from, to)| text.replace(from, to)));
    let told = house.ends(1, &["check"]).err;
    assert!(blocks("").any(|block| block == told), "the guide does not show this:\n{told}");
}

/// Without the remark at the end of a line of TOML.
fn bare(line: &str) -> &str {
    line.split_once("  #").map_or(line, |(line, _)| line)
}
