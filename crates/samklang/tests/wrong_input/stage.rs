//! A shop with a buyer and orders, an ERP with the articles, and the preset in which the shop leads.

use std::time::Duration;

use serde_json::{Value, json};
use sync_core::Clock;
use sync_http::{FileTokens, SystemClock, Token, TokenStore};
use tokio::runtime::Builder;

use crate::bench::{Bench, Ran, SHOP_SECRET};

const TERMS: &str = include_str!("../../../../examples/sample-data/eekonomi/termsofpayments.json");
const CODINGS: &str = include_str!("../../../../examples/sample-data/eekonomi/articleaccountcodings.json");
const UNITS: &str = include_str!("../../../../examples/sample-data/eekonomi/units.json");
const ARTICLES: &str = include_str!("../../../../examples/sample-data/eekonomi/articles.json");
const STATUSES: &str = include_str!("../../../../examples/sample-data/starweb/order-statuses.json");
const METHODS: &str = include_str!("../../../../examples/sample-data/starweb/payment-methods.json");

/// An article that costs 25 % VAT.
pub(crate) const SKU: &str = "HEM-1002";

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Both systems know each other, without an order so far.
pub(crate) fn orders() -> Bench {
    let bench = Bench::signed_in();
    let Value::Array(mut articles) = json_of(ARTICLES) else { panic!("articles are a list") };
    articles.truncate(24);
    let erp = json!({
        "termsofpayments": json_of(TERMS), "articleaccountcodings": json_of(CODINGS), "units": json_of(UNITS),
        "articles": articles,
    });
    bench.erp.seed(erp).unwrap();
    let shop = json!({ "order-statuses": json_of(STATUSES), "payment-methods": json_of(METHODS) });
    bench.shop.seed(shop).unwrap();
    bench.write("samklang.toml", &configuration(&bench));
    bench.shop_customers(&[(7, "Bolaget AB", "inkop@bolaget.example")]);
    bench.ends(0, &["adopt"]);
    bench.ends(0, &["run"]);
    bench
}

fn configuration(bench: &Bench) -> String {
    format!(
        "preset = \"starweb-eekonomi/shop-leads\"\n\
         connections.se.base_url = \"{}/api/v2\"\n\
         connections.erp.base_url = \"{}/v2/\"\n\
         connections.erp.identity_url = \"{}/\"\n\
         connections.erp.company = \"556677-8899\"\n\
         connections.erp.search_lag_s = 0\n\
         entities.buyers.every = \"0s\"\n\
         entities.orders.every = \"0s\"\n\
         entities.invoices.every = \"0s\"\n\
         [tables.payment_terms]\n\
         erp = {{ invoice = \"9b889a04-2ba0-563b-a6f2-4b6edeb103f2\", swish = \"994f43b4-cae5-53dd-83f8-ef914e052cfb\" }}\n",
        bench.shop.base_url(),
        bench.erp.base_url(),
        bench.erp.base_url(),
    )
}

/// What is special about an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) number: u64,
    /// Its id in the shop and its name.
    pub(crate) payment: (u64, &'static str),
    pub(crate) status: u64,
    /// Freight with VAT of this rate, if any.
    pub(crate) freight: Option<u64>,
}

/// Paid by Swish, just made.
pub(crate) const PLAIN: Order = Order { number: 1201, payment: (110, "Swish"), status: 107, freight: None };

/// Puts orders of the one customer into the shop.
pub(crate) fn place(bench: &Bench, orders: &[Order]) {
    let made = |order: &Order| {
        let now = SystemClock.now().to_rfc3339();
        let address = json!({
            "companyName": "Bolaget AB", "address": "Ågatan 2", "postalCode": "582 22", "city": "Linköping", "countryCode": "SE",
        });
        json!({
            "orderId": order.number, "customerId": 7, "createdAt": now, "modifiedAt": now,
            "addresses": { "originalInvoice": address, "originalDelivery": address },
            "isComplete": true, "originalCustomerEmail": "inkop@bolaget.example",
            "items": [{
                "itemId": order.number * 10, "sku": SKU, "description": "Kaffekopp", "discount": 0, "discountType": "percent",
                "quantity": 2, "sortIndex": 0, "unitPrice": 100, "unitSymbol": "st", "vatRate": 25,
            }],
            "paymentMethodId": order.payment.0, "paymentMethodName": order.payment.1, "statusId": order.status,
            "shippingCost": order.freight.map_or(0, |_| 40), "shippingVatRate": order.freight.unwrap_or(25),
        })
    };
    let orders: Vec<Value> = orders.iter().map(made).collect();
    bench.shop.seed(json!({ "orders": orders })).unwrap();
}

/// The marks of the ERP's orders: `se-1201`.
pub(crate) fn arrived(bench: &Bench) -> Vec<String> {
    let state = bench.erp.state();
    let orders = state["companies"][0]["orders"].as_array().unwrap();
    let mut marks: Vec<String> =
        orders.iter().map(|order| order["BuyersOrderReference"].as_str().unwrap_or_default().to_owned()).collect();
    marks.sort();
    marks
}

/// Somebody logs in to the ERP, and an hour goes by.
pub(crate) fn sign_in_long_ago(bench: &Bench) {
    let tokens = bench.erp.act(json!({"action": "sign_in"})).unwrap();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let token = Token::new(text("access_token").into(), SystemClock.now(), Some(Duration::ZERO))
        .with_refresh(Some(text("refresh_token").into()));
    let store = FileTokens::new(bench.folder.path().join("samklang.tokens"));
    Builder::new_current_thread().build().unwrap().block_on(store.save("erp", &token)).unwrap();
}

/// Runs to this exit code with a variable of the environment replaced, or without it.
#[track_caller]
pub(crate) fn ends_with(bench: &Bench, code: i32, arguments: &[&str], (name, value): (&str, Option<&str>)) -> Ran {
    let mut command = bench.command(arguments);
    match value {
        Some(value) => command.env(name, value),
        None => command.env_remove(name),
    };
    let ran = Ran::of(&command.output().unwrap());
    assert_eq!(ran.code, code, "{arguments:?}: {}\n{}", ran.out, ran.err);
    for secret in [SHOP_SECRET, emulators::eekonomi::CLIENT_SECRET].into_iter().chain(value) {
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "a secret is shown: {ran:?}");
    }
    ran
}

/// Names of the ERP's customers.
pub(crate) fn customers(bench: &Bench) -> Vec<String> {
    bench.erp_customers().iter().map(|customer| customer["Name"].as_str().unwrap_or_default().to_owned()).collect()
}
