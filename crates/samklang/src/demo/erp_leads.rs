//! Edits of `starweb-eekonomi/erp-leads`, and of `combined`, where the ERP leads prices and stock alone.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    edit::{Edit, nothing_for},
    sample::About,
    stage::Stage,
    states::{States, decimal, rows, text},
    totals::compare,
};
use crate::fail::Failure;

/// In the ERP another price, another name and a sale; in the shop an order. Each is of an item of its own, which both have.
pub(super) fn edits(stage: &Stage, _: &About) -> Result<Vec<Edit>, Failure> {
    let states = stage.states();
    let [priced, named, counted, ordered] = items(&states)?;
    Ok(vec![
        price(stage, priced)?,
        name(stage, named)?,
        sale(stage, &states, counted)?,
        order(stage, &states, ordered)?,
    ])
}

/// The same where the shop leads its products: another bar code there in place of another name in the ERP.
pub(super) fn edits_of_combined(stage: &Stage, _: &About) -> Result<Vec<Edit>, Failure> {
    let states = stage.states();
    let [priced, coded, counted, ordered] = items(&states)?;
    Ok(vec![
        price(stage, priced)?,
        bar_code(stage, coded)?,
        sale(stage, &states, counted)?,
        order(stage, &states, ordered)?,
    ])
}

/// Numbers of items that both sell.
pub(super) fn items(states: &States) -> Result<[String; 4], Failure> {
    let sold = states.erp("articles").iter().map(|article| text(article, "Number"));
    let mut both = sold.filter(|sku| states.variant(sku).is_some_and(|(product, variant)| is_plain(product, variant)));
    let mut item = || both.next().map(str::to_owned).ok_or_else(|| nothing_for("sell in both systems"));
    Ok([item()?, item()?, item()?, item()?])
}

/// It is on sale at the common rate, and there are some.
fn is_plain(product: &Value, variant: &Value) -> bool {
    text(product, "defaultVatRate") == "25"
        && variant.get("isActive") == Some(&Value::Bool(true))
        && stock(variant) > 100
}

pub(super) fn stock(variant: &Value) -> i64 {
    variant.get("stockQuantity").and_then(Value::as_i64).unwrap_or_default()
}

pub(super) fn price(stage: &Stage, sku: String) -> Result<Edit, Failure> {
    let net = Decimal::new(1225, 1);
    stage.in_erp(json!({"action": "set_price", "number": sku, "net": 122.5}))?;
    Ok(Edit::new(
        format!("in the ERP: {sku} costs {net} without VAT"),
        "the shop sells it for that",
        move |states: &States| own_price(states, &sku) == Some(net),
    ))
}

pub(super) fn name(stage: &Stage, sku: String) -> Result<Edit, Failure> {
    let name = "Nytt namn på varan";
    stage.in_erp(json!({"action": "edit_article", "number": sku, "set": {"Name": name}}))?;
    Ok(Edit::new(
        format!("in the ERP: {sku} is now called {name}"),
        "so it is called in the shop",
        move |states: &States| {
            let texts = states.variant(&sku).map_or(&[][..], |(product, _)| rows(product, "languages"));
            texts.first().is_some_and(|told| text(told, "name") == name)
        },
    ))
}

pub(super) fn bar_code(stage: &Stage, sku: String) -> Result<Edit, Failure> {
    let code = "2000000099990";
    stage.in_shop(json!({"action": "edit_variant", "sku": sku, "set": {"ean": code}}))?;
    Ok(Edit::new(
        format!("in the shop: {sku} has the bar code {code}"),
        "its article has it too",
        move |states: &States| {
            let article = states.erp("articles").iter().find(|article| text(article, "Number") == sku);
            let codes = article.map_or(&[][..], |article| rows(article, "Barcodes"));
            codes.first().is_some_and(|told| text(told, "Barcode") == code)
        },
    ))
}

pub(super) fn sale(stage: &Stage, states: &States, sku: String) -> Result<Edit, Failure> {
    let left = states.variant(&sku).map(|(_, variant)| stock(variant)).unwrap_or_default() - 5;
    stage.in_erp(json!({"action": "sell_from_stock", "number": sku, "quantity": 5}))?;
    Ok(Edit::new(
        format!("in the ERP: five of {sku} are sold"),
        format!("the shop shows {left}"),
        move |states: &States| states.variant(&sku).is_some_and(|(_, variant)| stock(variant) == left),
    ))
}

/// What a shop asks for an item, without VAT.
pub(super) fn own_price(states: &States, sku: &str) -> Option<Decimal> {
    let prices = states.variant(sku).map_or(&[][..], |(_, variant)| rows(variant, "prices"));
    let own = prices.iter().find(|price| price.get("pricelistId") == states.own_list());
    own.and_then(|price| decimal(price, "priceExVat"))
}

/// A guest's order of so many, to be paid by invoice.
pub(super) fn basket(sku: &str, quantity: u64) -> Value {
    let address = json!({
        "firstName": "Nya", "lastName": "Kundén", "address": "Ågatan 2", "postalCode": "58222", "city": "Linköping",
        "countryCode": "SE",
    });
    let item = json!({"sku": sku, "description": sku, "quantity": quantity, "unitPriceIncVat": 125, "vatRate": 25});
    json!({
        "action": "place_order", "originalCustomerEmail": "ny.kund@example.se", "paymentMethodId": 105,
        "paymentStatus": "", "shippingMethodId": 101, "shippingVatRate": 25, "paymentVatRate": 25,
        "currencyPrecision": 2, "addresses": {"originalInvoice": address}, "items": [item],
    })
}

fn order(stage: &Stage, states: &States, sku: String) -> Result<Edit, Failure> {
    let shown = states.variant(&sku).map(|(_, variant)| stock(variant)).unwrap_or_default();
    let placed = stage.in_shop(basket(&sku, 2))?;
    let number = placed.get("orderId").and_then(Value::as_u64).unwrap_or_default();
    let left = shown - 2;
    let becomes = format!("the ERP has it with its total, and the shop shows {left}");
    Ok(Edit::new(format!("in the shop: order {number} is placed, two of {sku}"), becomes, move |states: &States| {
        compare(states, &[number]).equal == 1 && states.variant(&sku).is_some_and(|(_, variant)| stock(variant) == left)
    }))
}
