//! 500 articles on both sides.

use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use crate::records::{Files, amount, by_text, id, rows, text, variant};

/// VAT of a product in percent: the shop's general rate where it says none.
pub(crate) fn rate(product: &Value) -> Decimal {
    if product["defaultVatRate"].is_null() { 25.into() } else { amount(product, "defaultVatRate") }
}

/// The price in the shop's own list.
fn price(product: &Value) -> &Value {
    &rows(variant(product), "prices")[0]
}

pub(crate) fn check(files: &Files) {
    let products = files.list("starweb/products");
    let skus: BTreeSet<&str> = products.iter().map(|product| text(variant(product), "sku")).collect();
    assert_eq!((products.len(), skus.len()), (500, 500));
    let legal = |sku: &str| sku.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"._-".contains(&letter));
    assert!(skus.iter().all(|sku| legal(sku)));
    for name in ["productId", "variantId"] {
        let of = |product: &Value| if name == "productId" { id(product, name) } else { id(variant(product), name) };
        assert_eq!(products.iter().map(of).collect::<BTreeSet<_>>().len(), 500, "{name}");
    }

    let count = |wanted: &dyn Fn(&Value) -> bool| products.iter().filter(|product| wanted(product)).count();
    let of_rate = |percent: u32| count(&|product| rate(product) == percent.into());
    assert_eq!([25, 12, 6, 0].map(of_rate), [300, 120, 65, 15]);
    assert!(count(&|product| product["defaultVatRate"].is_null()) > 50, "some name no rate");
    for letter in ['å', 'ä', 'ö'] {
        let has = |product: &Value| text(&product["languages"][0], "name").to_lowercase().contains(letter);
        assert!(count(&has) >= 50, "{letter}");
    }
    let campaign = |product: &Value| !price(product)["specialPriceExVat"].is_null();
    assert_eq!(count(&campaign), 40);
    for product in products.iter().filter(|product| campaign(product)) {
        let (special, usual) = (amount(price(product), "specialPriceExVat"), amount(price(product), "priceExVat"));
        assert!(special > Decimal::ZERO && special < usual, "{product}");
    }
    let is_active = |product: &Value| variant(product)["isActive"] == json!(true);
    assert_eq!(count(&|product| !is_active(product)), 20);
    assert_eq!(count(&|product| !is_active(product) && campaign(product)), 0);
    assert_eq!(count(&|product| text(product, "visibility") == "hidden"), 20);
    bundles(products);
    in_erp(files);
}

fn bundles(products: &[Value]) {
    let bundles = products.iter().filter(|product| text(product, "type") == "bundle");
    for bundle in bundles {
        let parts = rows(bundle, "bundledProducts");
        assert!(parts.len() > 1);
        for part in parts {
            let whole = products.iter().find(|product| id(product, "productId") == id(part, "bundledProductId"));
            let whole = whole.expect("a bundle's part is a product");
            assert_eq!((text(variant(whole), "sku"), rate(whole)), (text(part, "variantSku"), rate(bundle)));
            assert_eq!(variant(whole)["isActive"], json!(true));
        }
    }
}

/// VAT of an article of the ERP in percent, from its coding.
fn erp_rate(files: &Files, article: &Value) -> Decimal {
    let codings = by_text(files.list("eekonomi/articleaccountcodings"), "Id");
    amount(codings[text(article, "CodingId")], "VatRatePercent")
}

fn in_erp(files: &Files) {
    let articles = by_text(files.list("eekonomi/articles"), "Number");
    by_text(files.list("eekonomi/articles"), "Id");
    let units = by_text(files.list("eekonomi/units"), "Id");
    let symbols = files.list("starweb/product-units");
    let round = |amount: Decimal| amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    for product in files.list("starweb/products") {
        let sku = text(variant(product), "sku");
        let article = articles[sku];
        let name = text(&product["languages"][0], "name");
        assert_eq!(text(article, "Name"), name);
        assert!(name.chars().count() <= 50, "{name}");
        assert_eq!(article["IsActive"], variant(product)["isActive"], "{sku}");
        assert_eq!(erp_rate(files, article), rate(product), "{sku}");
        let unit = symbols.iter().find(|unit| unit["unitId"] == product["unitId"]).unwrap();
        assert_eq!(units[text(article, "UnitId")]["Abbreviation"], unit["languages"]["data"][0]["symbol"]);
        let (net, gross) = (amount(article, "NetPrice"), amount(article, "GrossPrice"));
        assert_eq!(net, amount(price(product), "priceExVat"), "{sku}");
        assert_eq!(net, round(gross / (Decimal::ONE + rate(product) / Decimal::ONE_HUNDRED)), "{sku}");
    }
    let carriers: Vec<(&str, Decimal)> =
        [("FRAKT25", 25), ("FRAKT12", 12), ("FRAKT6", 6), ("FRAKT0", 0), ("AVG25", 25), ("RAB25", 25), ("RAB12", 12)]
            .into_iter()
            .chain([("RAB6", 6), ("ORES", 0)])
            .map(|(number, rate): (&str, u32)| (number, rate.into()))
            .collect();
    for (number, rate) in &carriers {
        assert_eq!(
            (erp_rate(files, articles[number]), &articles[number]["IsActive"]),
            (*rate, &json!(true)),
            "{number}"
        );
    }
    assert_eq!(articles.len(), 500 + carriers.len());
    assert_eq!(articles.values().filter(|article| article["IsActive"] == json!(false)).count(), 20);
}
