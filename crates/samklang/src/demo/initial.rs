//! Edits of the first product syncs, `starweb-eekonomi/initial-from-shop` and `initial-from-erp`, and what both systems
//! must have in common after them.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    edit::{Edit, nothing_for},
    erp_leads::{bar_code, items, name, price, sale},
    sample::About,
    stage::Stage,
    states::{States, decimal, rows, text},
};
use crate::fail::Failure;

/// The number of what is new in both.
const NEW: &str = "NY-9001";
/// What it costs without VAT.
const COST: i64 = 249;

/// In the shop a new product, another bar code and another name.
pub(super) fn edits_in_shop(stage: &Stage, _: &About) -> Result<Vec<Edit>, Failure> {
    let [coded, named, ..] = items(&stage.states())?;
    Ok(vec![new_product(stage)?, bar_code(stage, coded)?, name_in_shop(stage, named)?])
}

/// In the ERP a new article, another price, another name and a sale.
pub(super) fn edits_in_erp(stage: &Stage, _: &About) -> Result<Vec<Edit>, Failure> {
    let states = stage.states();
    let [priced, named, counted, like] = items(&states)?;
    Ok(vec![
        new_article(stage, &states, &like)?,
        price(stage, priced)?,
        name(stage, named)?,
        sale(stage, &states, counted)?,
    ])
}

fn new_product(stage: &Stage) -> Result<Edit, Failure> {
    stage.in_shop(json!({
        "action": "create_product", "name": "Ny lampa", "visibility": "visible", "defaultVatRate": "25",
        "variant": {"sku": NEW, "stockQuantity": 7},
    }))?;
    stage.in_shop(json!({"action": "set_price", "sku": NEW, "price": COST}))?;
    Ok(Edit::new(
        format!("in the shop: {NEW} is new, for {COST} without VAT"),
        "the ERP has its article, at that price",
        |states: &States| articles(states).get(NEW).is_some_and(|article| article.price == Some(COST.into())),
    ))
}

fn name_in_shop(stage: &Stage, sku: String) -> Result<Edit, Failure> {
    let name = "Nytt namn på varan";
    let states = stage.states();
    let (product, _) = states.variant(&sku).ok_or_else(|| nothing_for("rename"))?;
    let texts = json!({"languages": [{"langCode": "sv", "name": name}]});
    stage.in_shop(json!({"action": "edit_product", "productId": product.get("productId"), "set": texts}))?;
    Ok(Edit::new(format!("in the shop: {sku} is now called {name}"), "so is its article", move |states: &States| {
        articles(states).get(&sku).is_some_and(|article| article.name == name)
    }))
}

fn new_article(stage: &Stage, states: &States, like: &str) -> Result<Edit, Failure> {
    let like = states.erp("articles").iter().find(|article| text(article, "Number") == like);
    let like = like.ok_or_else(|| nothing_for("make another one like"))?;
    stage.in_erp(json!({
        "action": "create_article", "Number": NEW, "Name": "Ny lampa", "CodingId": like.get("CodingId"),
        "UnitId": like.get("UnitId"), "NetPrice": COST, "StockBalance": 12, "SendToWebshop": true,
    }))?;
    Ok(Edit::new(
        format!("in the ERP: {NEW} is new, for {COST} without VAT, and there are 12"),
        "the shop sells it for that, and shows 12",
        |states| {
            let goods = products(states);
            let stock = states.variant(NEW).and_then(|(_, variant)| decimal(variant, "stockQuantity"));
            goods.get(NEW).is_some_and(|sold| sold.price == Some(COST.into())) && stock == Some(Decimal::from(12))
        },
    ))
}

/// What is sold, as one side has it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sold {
    name: String,
    /// Without VAT.
    price: Option<Decimal>,
    /// In percent.
    vat: Option<Decimal>,
}

/// A line for each number that is not in both systems once, or not with the same name, price and VAT rate.
pub(super) fn settled(states: &States) -> Vec<String> {
    let (shop, erp) = (products(states), articles(states));
    let numbers: BTreeSet<&String> = shop.keys().chain(erp.keys()).collect();
    let mut lines: Vec<String> = numbers
        .into_iter()
        .filter_map(|number| match (shop.get(number), erp.get(number)) {
            (Some(one), Some(other)) if one == other => None,
            (Some(one), Some(other)) => Some(format!("{number}: {one:?} in the shop, {other:?} in the ERP")),
            (Some(_), None) => Some(format!("{number} is in the shop alone")),
            (None, _) => Some(format!("{number} is in the ERP alone")),
        })
        .collect();
    if shop.is_empty() {
        lines.push("there are no goods in the shop".to_owned());
    }
    let several = rows_of(states).len() != shop.len() || wanted(states).count() != erp.len();
    lines.extend(several.then(|| "some number is there more than once".to_owned()));
    lines
}

fn rows_of(states: &States) -> Vec<(&Value, &Value)> {
    let products = states.shop("products").iter();
    products.flat_map(|product| rows(product, "variants").iter().map(move |variant| (product, variant))).collect()
}

/// The shop's goods by number.
fn products(states: &States) -> BTreeMap<String, Sold> {
    let general = states.shop("shop").first().and_then(|shop| decimal(shop, "generalDefaultVatRate"));
    let sold = |product: &Value, variant: &Value| {
        let own = rows(variant, "prices").iter().find(|price| price.get("pricelistId") == states.own_list());
        Sold {
            name: rows(product, "languages").first().map(|told| text(told, "name").to_owned()).unwrap_or_default(),
            price: own.and_then(|price| decimal(price, "priceExVat")).map(|price| price.normalize()),
            vat: text(product, "defaultVatRate").parse().ok().or(general).map(|rate: Decimal| rate.normalize()),
        }
    };
    let all = rows_of(states).into_iter();
    all.map(|(product, variant)| (text(variant, "sku").to_owned(), sold(product, variant))).collect()
}

/// Articles that are meant for the web shop, or are in it, if hidden.
fn wanted(states: &States) -> impl Iterator<Item = &Value> {
    let in_shop = |article: &Value| states.variant(text(article, "Number")).is_some();
    let online = |article: &Value| article.get("SendToWebshop") != Some(&Value::Bool(false));
    states.erp("articles").iter().filter(move |article| online(article) || in_shop(article))
}

/// The ERP's articles of them, by number.
fn articles(states: &States) -> BTreeMap<String, Sold> {
    let rate = |article: &Value| {
        let mut codings = states.erp("articleaccountcodings").iter();
        let coding = codings.find(|coding| coding.get("Id") == article.get("CodingId"))?;
        // a fraction of one, as the vendor writes rates, or percent
        let rate = decimal(coding, "VatRatePercent")?;
        Some(if rate <= Decimal::ONE { rate * Decimal::ONE_HUNDRED } else { rate })
    };
    let sold = |article: &Value| Sold {
        name: text(article, "Name").to_owned(),
        price: decimal(article, "NetPrice").map(|price| price.normalize()),
        vat: rate(article).map(|rate| rate.normalize()),
    };
    wanted(states).map(|article| (text(article, "Number").to_owned(), sold(article))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(skus: &[&str], numbers: &[&str]) -> States {
        let product = |sku: &&str| {
            json!({"languages": [{"name": "Bräda"}], "defaultVatRate": "25",
                "variants": [{"sku": sku, "prices": [{"pricelistId": 1, "priceExVat": 10}]}]})
        };
        let article = |number: &&str| json!({"Number": number, "Name": "Bräda", "NetPrice": 10.00, "CodingId": "c", "SendToWebshop": true});
        let shop = json!({
            "products": skus.iter().map(product).collect::<Vec<_>>(), "pricelists": [{"pricelistId": 1, "isMaster": true}],
        });
        let erp = json!({"companies": [{
            "articles": numbers.iter().map(article).collect::<Vec<_>>(),
            "articleaccountcodings": [{"Id": "c", "VatRatePercent": 0.25}],
        }]});
        States::new("se", shop, erp)
    }

    #[test]
    fn numbers_on_one_side_or_twice_are_told() {
        assert_eq!(settled(&states(&["A", "B"], &["A"])), ["B is in the shop alone"]);
        assert_eq!(settled(&states(&["A"], &["B"])).len(), 2);
        assert_eq!(settled(&states(&["A"], &["A", "A"])), ["some number is there more than once"]);
        assert_eq!(settled(&states(&[], &[])), ["there are no goods in the shop"]);
    }
}
