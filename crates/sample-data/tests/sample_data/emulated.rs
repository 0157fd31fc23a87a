//! The emulators take the files, and answer what is in them.

use std::collections::BTreeSet;

use emulators::{
    Emulator, Options,
    eekonomi::Eekonomi,
    frame::{Request, Vendor},
    starweb::{Settings, Starweb},
};
use serde_json::{Value, json};

use crate::{
    arithmetic::adds_up,
    orders::told,
    records::{Files, folder, id, rows, text},
};

/// A started emulator with a token.
pub(crate) struct Side<V: Vendor> {
    pub(crate) emulator: Emulator<V>,
    token: String,
}

pub(crate) async fn shop() -> Side<Starweb> {
    let emulator = Emulator::start(Starweb::new(Settings::default()), start()).await.unwrap();
    let form = "grant_type=client_credentials&client_id=samklang&client_secret=secret";
    let request = Request {
        method: "POST".into(),
        path: "/api/v2/token".into(),
        headers: vec![("content-type".into(), "application/x-www-form-urlencoded".into())],
        body: form.into(),
        ..Request::default()
    };
    let reply = emulator.with(|shop, cx| shop.handle(cx, &request));
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    let token = text(&answer, "access_token").to_owned();
    Side { emulator, token }
}

pub(crate) async fn erp() -> Side<Eekonomi> {
    let emulator = Emulator::start(Eekonomi::default(), start()).await.unwrap();
    let tokens = emulator.act(json!({ "action": "sign_in" })).unwrap();
    let token = text(&tokens, "access_token").to_owned();
    Side { emulator, token }
}

fn start() -> Options {
    Options::at("2026-02-17T09:00:00Z".parse().unwrap())
}

impl<V: Vendor> Side<V> {
    /// Sends a request and expects that it is carried out.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: vec![
                ("authorization".into(), format!("Bearer {}", self.token)),
                ("content-type".into(), "application/json".into()),
            ],
            body: body.map(Value::to_string).unwrap_or_default().into(),
        };
        let reply = self.emulator.with(|vendor, cx| vendor.handle(cx, &request));
        let said = String::from_utf8_lossy(&reply.body);
        assert!((200..300).contains(&reply.status), "{method} {path} {body:?}: {} {said}", reply.status);
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }
    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, None)
    }
}

/// All orders as the shop's API shows them.
fn shown(shop: &Side<Starweb>) -> Vec<Value> {
    let answer =
        shop.get("/api/v2/orders?sortBy=orderId&sortOrder=ASC&include=items.bundledItems,addresses,customer,status");
    let mut orders = rows(&answer, "data").to_vec();
    for order in &mut orders {
        order["items"] = order["items"]["data"].take();
    }
    orders
}

const SUMS: [&str; 4] = ["totalAmount", "totalVat", "amountToPay", "totalWeight"];

#[tokio::test]
async fn the_shop_answers_what_the_files_say() {
    let shop = shop().await;
    let counts = shop.emulator.seed_dir(&folder().join("starweb")).unwrap();
    let files = Files::of_repository();
    assert_eq!((&counts["orders"], &counts["products"]), (&json!(63), &json!(500)));
    let orders = shown(&shop);
    let wrong = told(&files, "fates", "held_wrong_sums");
    assert_eq!(orders.len(), 63);
    for (order, file) in orders.iter().zip(files.list("starweb/orders")) {
        let number = id(order, "orderId");
        assert_eq!(number, id(file, "orderId"));
        for name in SUMS.into_iter().chain(["createdAt", "modifiedAt", "currencyCode", "statusId", "paymentMethodName"])
        {
            assert_eq!(order[name], file[name], "{number}: {name}");
        }
        assert_eq!(adds_up(order), !wrong.contains(&number), "{number}");
        assert_eq!(rows(order, "items").len(), rows(file, "items").len());
        for (row, written) in rows(order, "items").iter().zip(rows(file, "items")) {
            assert_eq!(row["unitPrice"], written["unitPrice"], "{number}: the net price is that of the price with VAT");
        }
        assert_eq!(order["customer"].is_null(), file["customerId"].is_null(), "{number}");
    }
    let (mut page, mut seen) = (1, 0);
    loop {
        let products = shop.get(&format!("/api/v2/products?page={page}&include=primaryVariant.prices,languages"));
        let count = rows(&products, "data").len();
        if count == 0 {
            break;
        }
        (page, seen) = (page + 1, seen + count);
    }
    assert_eq!(seen, 500);
}

/// The shop's own sums of the rows are the ones in the files, but for the order whose are wrong.
#[tokio::test]
async fn the_shop_would_have_come_to_the_same_totals() {
    let shop = shop().await;
    for data in (0..4).map(sample_data::generate).chain([sample_data::generate(sample_data::SEED)]) {
        let wrong = told(&Files::of(&data), "fates", "held_wrong_sums");
        let mut seed = data.seed_of("starweb");
        let written = rows(&seed, "orders").to_vec();
        for order in seed["orders"].as_array_mut().unwrap() {
            SUMS.iter().for_each(|name| drop(order.as_object_mut().unwrap().remove(*name)));
        }
        shop.emulator.seed(seed).unwrap();
        for (order, file) in shown(&shop).iter().zip(&written) {
            let same = SUMS.iter().all(|name| order[name] == file[name]);
            let number = id(file, "orderId");
            assert_eq!(same, !wrong.contains(&number), "{number}: {order} {file}");
        }
    }
}

/// The files replace what a new company or shop has, and leave no second entry beside it.
#[tokio::test]
async fn code_lists_are_not_doubled() {
    let (shop, erp) = (shop().await, erp().await);
    shop.emulator.seed_dir(&folder().join("starweb")).unwrap();
    erp.emulator.seed_dir(&folder().join("eekonomi")).unwrap();
    let files = Files::of_repository();
    for list in ["payment-methods", "shipping-methods", "order-statuses", "product-units", "pricelists", "vat-rates"] {
        let answer = shop.get(&format!("/api/v2/{list}"));
        assert_eq!(rows(&answer, "data").len(), files.list(&format!("starweb/{list}")).len(), "{list}");
    }
    for list in ["units", "articleaccountcodings", "termsofpayments", "deliverymethods", "customers"] {
        let answer = erp.get(&format!("/v2/{list}?$pagesize=1000"));
        assert_eq!(rows(&answer, "Data").len(), files.list(&format!("eekonomi/{list}")).len(), "{list}");
        let names: BTreeSet<&str> = rows(&answer, "Data").iter().map(|entry| text(entry, "Name")).collect();
        assert_eq!(names.len(), rows(&answer, "Data").len(), "{list}: a name twice");
    }
    let articles = erp.get("/v2/articles?$pagesize=1000");
    assert_eq!(rows(&articles, "Data").len(), 509);
    let company = erp.get("/v2/companysettings");
    assert_eq!((&company["ProductVariant"], text(&company, "CorporateIdentityNumber")), (&json!(5), "556677-8899"));
    let currencies = erp.get("/v2/currencies");
    for code in ["SEK", "EUR", "NOK"] {
        assert!(rows(&currencies, "Data").iter().any(|currency| text(currency, "Code") == code), "{code}");
    }
    let terms = erp.get("/v2/termsofpayments");
    for chosen in rows(files.about(), "erp_terms") {
        assert!(rows(&terms, "Data").iter().any(|term| term["Id"] == chosen["TermsOfPaymentId"]), "{chosen}");
    }
}
