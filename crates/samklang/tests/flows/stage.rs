//! A shop, an ERP, a configuration that connects them, and the program to run on it.

use std::{
    collections::BTreeSet,
    process::{Command, Output, Stdio},
    time::Duration,
};

use chrono::TimeDelta;
use emulators::{
    Emulator, Options,
    eekonomi::{self, Eekonomi},
    frame::{Fault, FaultKind, Time},
    starweb::{self, Starweb},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sync_core::Clock;
use sync_http::{FileTokens, SystemClock, Token, TokenStore};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::relay::Relay;

/// The shop's ids of ways to pay: Klarna, invoice, Swish.
pub(crate) const KLARNA: u64 = 102;
pub(crate) const FAKTURA: u64 = 105;

/// Where the ERP keeps documents.
const DOCUMENTS: [&str; 3] = ["orders", "customerinvoicedrafts", "customerinvoices"];

/// A collection of the sample data.
macro_rules! sample {
    ($system:literal, $collection:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            "../../../../examples/sample-data/",
            $system,
            "/",
            $collection,
            ".json"
        )))
        .unwrap()
    };
}

/// Rules of a test, beside the preset.
pub(crate) type Rules<'a> = &'a [&'a str];

/// The machinery of one test.
pub(crate) struct Stage {
    pub(crate) shop: Emulator<Starweb>,
    pub(crate) erp: Emulator<Eekonomi>,
    pub(crate) folder: TempDir,
    preset: &'static str,
    rules: Vec<String>,
    relay: Option<Relay>,
    pub(crate) runtime: Runtime,
}

impl Stage {
    /// Both systems run with their lists and a few articles, somebody has logged in, and everything was adopted.
    pub(crate) fn set(rules: Rules<'_>) -> Self {
        let stage = Self::before_contact(rules);
        stage.adopt();
        stage
    }

    /// The same before the first contact.
    pub(crate) fn before_contact(rules: Rules<'_>) -> Self {
        Self::of_preset("shop-leads", rules)
    }

    /// The same for another preset than the one where the shop leads.
    pub(crate) fn of_preset(preset: &'static str, rules: Rules<'_>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { time: Time::Real, ..Options::default() };
        let shop = runtime.block_on(Emulator::start(Starweb::new(starweb::Settings::default()), options)).unwrap();
        let erp = runtime.block_on(Emulator::start(Eekonomi::default(), options)).unwrap();
        shop.seed(shop_lists()).unwrap();
        erp.seed(erp_lists()).unwrap();
        erp.seed(json!({ "articles": articles(&["HEM-1002", "MAT-1009", "BOK-1004"]) })).unwrap();
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let stage = Self { shop, erp, folder: tempfile::tempdir().unwrap(), preset, rules, relay: None, runtime };
        stage.configure();
        stage.sign_in();
        stage
    }

    /// All calls to the ERP go through a relay from now on, which can keep a request or its answer.
    pub(crate) fn relay_to_erp(&mut self) -> &Relay {
        let relay = Relay::start(self.erp.base_url());
        self.rules.push(format!("connections.erp.base_url={}/v2/", relay.base_url()));
        self.relay.insert(relay)
    }
    /// The same for the shop.
    pub(crate) fn relay_to_shop(&mut self) -> &Relay {
        let relay = Relay::start(self.shop.base_url());
        self.rules.push(format!("connections.se.base_url={}/api/v2", relay.base_url()));
        self.relay.insert(relay)
    }
    pub(crate) fn relay(&self) -> &Relay {
        self.relay.as_ref().unwrap()
    }

    fn configure(&self) {
        // the machine's own day decides what is before the start
        let start = (SystemClock.now() - TimeDelta::days(30)).date_naive();
        let (shop, erp) = (self.shop.base_url(), self.erp.base_url());
        let mut text = format!(
            "preset = \"starweb-eekonomi/{}\"\n\
             connections.se.base_url = \"{shop}/api/v2\"\n\
             connections.erp.base_url = \"{erp}/v2/\"\n\
             connections.erp.identity_url = \"{erp}/\"\n\
             connections.erp.company = \"556677-8899\"\n\
             connections.erp.search_lag_s = 0\n",
            self.preset,
        );
        if self.preset == "buyers" {
            text.push_str("entities.buyers.every = \"0s\"\n");
        } else {
            text.push_str("entities.items.every = \"0s\"\n");
        }
        if self.preset != "buyers" && !self.preset.starts_with("initial-") {
            let when = format!("[\"@created_on >= {start}\", \"fulfilment in [open, picking]\"]");
            text.push_str(&format!("entities.orders.scope = [{{ at = \"erp\", when = {when} }}]\n"));
            text.push_str(include_str!("rules.toml"));
        }
        std::fs::write(self.folder.path().join("samklang.toml"), text).unwrap();
    }
    /// The rest is played with another preset and other rules, and the same state file.
    pub(crate) fn go_on_with(&mut self, preset: &'static str, rules: Rules<'_>) {
        self.preset = preset;
        self.rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        self.configure();
    }
    fn sign_in(&self) {
        let tokens = self.erp.act(json!({"action": "sign_in"})).unwrap();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let token = Token::new(text("access_token").into(), SystemClock.now(), Some(Duration::from_secs(3600)))
            .with_refresh(Some(text("refresh_token").into()));
        let store = FileTokens::new(self.folder.path().join("samklang.tokens"));
        self.runtime.block_on(store.save("erp", &token)).unwrap();
    }

    /// One more rule from now on; of two for one key the later one counts.
    pub(crate) fn rule(&mut self, rule: &str) -> &mut Self {
        self.rules.push(rule.to_owned());
        self
    }
    /// First contact, and whatever it counted is allowed.
    #[track_caller]
    pub(crate) fn adopt(&self) {
        let report = self.program(&["adopt", "--json"]).report();
        for id in report["adopted"].as_array().into_iter().flatten() {
            let approved = self.program(&["approve", id.as_str().unwrap()]);
            assert_eq!((approved.code, approved.err.as_str()), (0, ""));
        }
    }
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_samklang"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for rule in &self.rules {
            command.args(["--set", rule]);
        }
        command
            .env("STARWEB_CLIENT_ID", starweb::Settings::default().client_id)
            .env("STARWEB_CLIENT_SECRET", starweb::Settings::default().client_secret)
            .env("EEKONOMI_CLIENT_ID", eekonomi::CLIENT_ID)
            .env("EEKONOMI_CLIENT_SECRET", eekonomi::CLIENT_SECRET);
        command
    }
    /// The program, to its end.
    pub(crate) fn program(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }
    /// One run, whatever comes of it.
    #[track_caller]
    pub(crate) fn run(&self) -> Report {
        let ran = self.program(&["run", "--json"]);
        Report { told: ran.report(), code: ran.code }
    }
    /// One run that ends well and leaves nothing for anybody.
    #[track_caller]
    pub(crate) fn runs(&self) -> Report {
        let report = self.run();
        assert_eq!(report.code, 0, "{report:#?}");
        report
    }
    /// Three more runs write nothing.
    #[track_caller]
    pub(crate) fn rests(&self) {
        self.stays(0);
    }
    /// The same while something waits for a person.
    #[track_caller]
    pub(crate) fn rests_with_something_held(&self) {
        self.stays(3);
    }
    /// Runs, with second looks where an answer was lost, until nothing is left to do; then three more runs write
    /// nothing.
    #[track_caller]
    pub(crate) fn settles(&self) {
        self.runs_to_the_end();
        self.rests();
    }
    /// The same without the three runs.
    #[track_caller]
    pub(crate) fn runs_to_the_end(&self) {
        for _ in 0..8 {
            let report = self.run();
            assert_eq!(report.told["busy"], json!([]), "the dead hold nobody up");
            if (report.code, &report.told["written"]) == (0, &json!({})) {
                return;
            }
            assert!(matches!(report.code, 0 | 2), "{report:#?}");
        }
        panic!("it comes to no end: {:#?}", self.run());
    }
    #[track_caller]
    fn stays(&self, code: i32) {
        for _ in 0..3 {
            let report = self.run();
            assert_eq!((report.code, &report.told["written"]), (code, &json!({})), "{report:#?}");
        }
    }

    // ---- what people do --------------------------------------------------------------------------------------------
    #[track_caller]
    pub(crate) fn in_shop(&self, act: Value) -> Value {
        self.shop.act(act).unwrap()
    }
    #[track_caller]
    pub(crate) fn in_erp(&self, act: Value) -> Value {
        self.erp.act(act).unwrap()
    }
    /// A guest buys by invoice.
    pub(crate) fn guest_buys(&self, email: &str, items: &[Bought]) -> u64 {
        self.buys(json!({ "originalCustomerEmail": email, "addresses": { "originalInvoice": home() } }), items)
    }
    /// Somebody buys: `who` has what makes the order his.
    pub(crate) fn buys(&self, who: Value, items: &[Bought]) -> u64 {
        self.in_shop(basket(&who, items))["orderId"].as_u64().unwrap()
    }
    /// The same with Klarna, where an amount is reserved.
    pub(crate) fn guest_buys_with_klarna(&self, email: &str, items: &[Bought]) -> u64 {
        let who = json!({
            "originalCustomerEmail": email, "addresses": { "originalInvoice": home() },
            "paymentMethodId": KLARNA, "paymentStatus": "reserved",
        });
        self.buys(who, items)
    }
    pub(crate) fn fault_at_erp(&self, kind: FaultKind, method: &str, path: &str) {
        self.erp.fault(Fault::new(kind).on(method, path));
    }

    // ---- what the systems hold -------------------------------------------------------------------------------------
    pub(crate) fn at_erp(&self, collection: &str) -> Vec<Value> {
        self.erp.state()["companies"][0][collection].as_array().unwrap().clone()
    }
    pub(crate) fn at_shop(&self, collection: &str) -> Vec<Value> {
        self.shop.state()[collection].as_array().unwrap().clone()
    }
    /// The ERP's record of this id.
    #[track_caller]
    pub(crate) fn erp_record(&self, collection: &str, id: &str) -> Value {
        self.at_erp(collection).into_iter().find(|record| record["Id"] == id).unwrap()
    }
    #[track_caller]
    pub(crate) fn shop_order(&self, number: u64) -> Value {
        self.at_shop("orders").into_iter().find(|order| order["orderId"] == number).unwrap()
    }
    /// The word of the shop's order's status.
    pub(crate) fn shop_status(&self, number: u64) -> String {
        status_in(&self.shop.state(), number)
    }
    /// All documents of the ERP that bear the mark of a shop's order: collection and record.
    pub(crate) fn documents(&self, number: u64) -> Vec<(&'static str, Value)> {
        self.documents_with(&format!("se-{number}"))
    }
    /// All documents of the ERP that bear this mark.
    pub(crate) fn documents_with(&self, mark: &str) -> Vec<(&'static str, Value)> {
        let state = self.erp.state();
        let of = |name: &'static str| {
            let all = state["companies"][0][name].as_array().unwrap().iter();
            all.filter(|record| record["BuyersOrderReference"] == mark).map(move |record| (name, record.clone()))
        };
        DOCUMENTS.into_iter().flat_map(of).collect()
    }
    /// The one document that a shop's order became.
    #[track_caller]
    pub(crate) fn document(&self, collection: &str, number: u64) -> Value {
        let mut all = self.documents(number);
        assert_eq!(all.len(), 1, "documents of {number}: {all:#?}");
        let (name, record) = all.swap_remove(0);
        assert_eq!(name, collection, "{record:#?}");
        record
    }
    /// How many documents there are in all, whoever made them.
    pub(crate) fn documents_in_all(&self) -> usize {
        let state = self.erp.state();
        DOCUMENTS.iter().map(|name| state["companies"][0][name].as_array().unwrap().len()).sum()
    }
    /// The buyer of a document.
    #[track_caller]
    pub(crate) fn buyer_of(&self, document: &Value) -> Value {
        self.erp_record("customers", document["CustomerId"].as_str().unwrap())
    }
    pub(crate) fn payments(&self) -> Vec<Value> {
        self.at_erp("payments")
    }
    /// The id of a bank account of this type: 1 the bank, 2 cash, 5 Swish.
    pub(crate) fn bank_account(&self, kind: u64) -> String {
        let accounts = self.at_erp("bankaccounts");
        let account = accounts.iter().find(|account| account["BankAccountType"] == kind).unwrap();
        account["Id"].as_str().unwrap().to_owned()
    }
    /// Mails to shoppers, captured payments, payments given up.
    pub(crate) fn effects(&self) -> [usize; 3] {
        ["mails", "captures", "cancellations"].map(|name| self.at_shop(name).len())
    }
    /// Mails and the rest since, as an order itself mails when it is placed.
    pub(crate) fn effects_since(&self, before: [usize; 3]) -> [usize; 3] {
        let now = self.effects();
        [0, 1, 2].map(|at| now[at] - before[at])
    }
    /// Delivers an order of the ERP by hand.
    #[track_caller]
    pub(crate) fn deliver(&self, number: u64) {
        let order = self.document("orders", number);
        self.in_erp(json!({"action": "deliver_order", "id": order["Id"]}));
    }
    /// Invoices an order of the ERP by hand; gives the invoice's id.
    #[track_caller]
    pub(crate) fn invoice(&self, number: u64) -> String {
        let orders = self.documents(number);
        let (_, order) = orders.iter().find(|(name, _)| *name == "orders").unwrap();
        let invoice = self.in_erp(json!({"action": "invoice_order", "id": order["Id"]}));
        invoice["id"].as_str().unwrap().to_owned()
    }
}

/// What is in every shop.
pub(crate) fn shop_lists() -> Value {
    json!({
        "shop": sample!("starweb", "shop"), "currencies": sample!("starweb", "currencies"),
        "vat-rates": sample!("starweb", "vat-rates"), "payment-methods": sample!("starweb", "payment-methods"),
        "shipping-methods": sample!("starweb", "shipping-methods"),
        "order-statuses": sample!("starweb", "order-statuses"), "pricelists": sample!("starweb", "pricelists"),
        "product-units": sample!("starweb", "product-units"),
    })
}

/// What is in every company, the articles that carry rows that are no items among it.
pub(crate) fn erp_lists() -> Value {
    json!({
        "companies": sample!("eekonomi", "companies"),
        "articleaccountcodings": sample!("eekonomi", "articleaccountcodings"),
        "termsofpayments": sample!("eekonomi", "termsofpayments"), "units": sample!("eekonomi", "units"),
        "deliverymethods": sample!("eekonomi", "deliverymethods"),
        "articles": articles(&["FRAKT", "AVG", "RAB", "ORES"]),
    })
}

/// Articles of the sample whose numbers begin so.
fn articles(wanted: &[&str]) -> Vec<Value> {
    let Value::Array(all) = sample!("eekonomi", "articles") else { unreachable!("the sample is a list") };
    all.into_iter()
        .filter(|article| wanted.iter().any(|start| article["Number"].as_str().unwrap().starts_with(start)))
        .collect()
}

/// An order of these, by whom `who` says.
pub(crate) fn basket(who: &Value, items: &[Bought]) -> Value {
    let mut order = json!({
        "action": "place_order", "paymentMethodId": FAKTURA, "paymentStatus": "", "shippingMethodId": 101,
        "shippingVatRate": 25, "paymentVatRate": 25, "currencyPrecision": 2,
        "items": items.iter().map(Bought::row).collect::<Vec<_>>(),
    });
    order.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    order
}

/// An address of a private person.
pub(crate) fn home() -> Value {
    json!({
        "firstName": "Siv", "lastName": "Åström", "address": "Ågatan 2", "postalCode": "58222", "city": "Linköping",
        "countryCode": "SE",
    })
}

/// A row of an order.
pub(crate) struct Bought {
    sku: &'static str,
    quantity: u64,
    with_vat: &'static str,
    rate: u64,
}

impl Bought {
    fn row(&self) -> Value {
        let price: Value = serde_json::from_str(self.with_vat).unwrap();
        json!({
            "sku": self.sku, "description": format!("Vara {}", self.sku), "quantity": self.quantity,
            "unitPriceIncVat": price, "vatRate": self.rate,
        })
    }
    pub(crate) const fn of(sku: &'static str, quantity: u64, with_vat: &'static str, rate: u64) -> Self {
        Self { sku, quantity, with_vat, rate }
    }
}

/// One thing at 25 %.
pub(crate) const BOARD: Bought = Bought::of("HEM-1002", 1, "1015", 25);
/// Two packs at 12 %, whose rounded rows do not make the total.
pub(crate) const CRISPBREAD: Bought = Bought::of("MAT-1009", 3, "152.95", 12);
/// A book at 6 %.
pub(crate) const BOOK: Bought = Bought::of("BOK-1004", 1, "329.95", 6);

/// Orders become orders, as the preset has it.
pub(crate) const ORDERS: Rules<'static> = &[];
/// Orders become booked invoices.
pub(crate) const INVOICES: Rules<'static> =
    &["entities.orders.systems.erp.becomes=invoice", "entities.orders.systems.erp.until=booked"];

/// A number of a record, with its decimals.
#[track_caller]
pub(crate) fn amount(of: &Value, name: &str) -> Decimal {
    let text = of[name].to_string();
    text.parse().or_else(|_| Decimal::from_scientific(&text)).unwrap_or_else(|_| panic!("{name} is {text}"))
}

/// What a row of an invoice or order is to be paid with VAT: rows, VAT, and no rounding of the ERP's own.
pub(crate) fn payable(document: &Value) -> Decimal {
    let rows: Decimal = document["Rows"].as_array().unwrap().iter().map(|row| amount(row, "Amount")).sum();
    if document["IncludesVat"] == true {
        return rows;
    }
    let vat = ["VatAmount", "TotalVatAmountInvoiceCurrency", "TotalVatAmount"];
    rows + amount(document, vat.iter().find(|name| !document[**name].is_null()).unwrap())
}

/// What a run told.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) told: Value,
    pub(crate) code: i32,
}

impl Report {
    /// Text and cure of everything that is held.
    pub(crate) fn held(&self) -> Vec<(String, String)> {
        let text = |held: &Value, name: &str| held[name].as_str().unwrap().to_owned();
        self.told["held"].as_array().unwrap().iter().map(|held| (text(held, "text"), text(held, "cure"))).collect()
    }
    /// The one thing that is held says both.
    #[track_caller]
    pub(crate) fn holds(&self, text: &str, cure: &str) {
        let held = self.held();
        assert_eq!((self.code, held.len()), (3, 1), "{self:#?}");
        assert!(held[0].0.contains(text) && held[0].1.contains(cure), "{held:#?}");
    }
    /// How often this effect was asked for.
    pub(crate) fn effect(&self, name: &str) -> u64 {
        self.told["effects"][name].as_u64().unwrap_or_default()
    }
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
    #[track_caller]
    fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{self:#?}"))
    }
}

/// The word of the status of an order in a shop's state.
#[track_caller]
pub(crate) fn status_in(shop: &Value, number: u64) -> String {
    let all = |name: &str| shop[name].as_array().unwrap().iter();
    let order = all("orders").find(|order| order["orderId"] == number).unwrap();
    let status = all("order-statuses").find(|status| status["statusId"] == order["statusId"]).unwrap();
    let name = status["languages"]["data"][0]["name"].as_str().or(status["languages"][0]["name"].as_str());
    status["idCode"].as_str().or(name).unwrap().to_owned()
}

/// Distinct values of a field.
pub(crate) fn distinct(records: &[Value], name: &str) -> usize {
    records.iter().map(|record| record[name].to_string()).collect::<BTreeSet<_>>().len()
}
