//! Edits of `starweb-eekonomi/multishop`, and what both shops must have in common with the ERP.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    edit::Edit,
    erp_leads::{basket, items, own_price, price, stock},
    sample::About,
    stage::Stage,
    states::{States, rows, text},
    totals::compare,
};
use crate::fail::Failure;

/// The preset's start date.
const START: &str = "2026-01-01";

/// In the ERP a price for each shop, another name and a sale; an order in each shop, both under the same number.
pub(super) fn edits(stage: &Stage, _: &About) -> Result<Vec<Edit>, Failure> {
    let states = stage.states();
    let [priced, named, counted, ordered] = items(&states)?;
    Ok(vec![
        price(stage, priced.clone())?,
        price_in_crowns(stage, priced)?,
        name(stage, named)?,
        sale(stage, &states, counted)?,
        orders(stage, &states, ordered)?,
    ])
}

/// Both shops.
fn shops(states: &States) -> impl Iterator<Item = &States> {
    [states].into_iter().chain(states.second.as_deref())
}

fn price_in_crowns(stage: &Stage, sku: String) -> Result<Edit, Failure> {
    let net = Decimal::from(133);
    stage.in_erp(json!({"action": "set_list_price", "number": sku, "list": "Norge", "net": 133}))?;
    let what = format!("in the ERP: {sku} costs {net} NOK in the list Norge");
    Ok(Edit::new(what, "the Norwegian shop sells it for that, and the Swedish one does not", move |states: &States| {
        let second = states.second.as_deref().and_then(|second| own_price(second, &sku));
        second == Some(net) && own_price(states, &sku) != Some(net)
    }))
}

fn name(stage: &Stage, sku: String) -> Result<Edit, Failure> {
    let name = "Nytt namn på varan";
    stage.in_erp(json!({"action": "edit_article", "number": sku, "set": {"Name": name}}))?;
    let what = format!("in the ERP: {sku} is now called {name}");
    Ok(Edit::new(what, "so it is called in both shops", move |states: &States| {
        shops(states).all(|shop| {
            let texts = shop.variant(&sku).map_or(&[][..], |(product, _)| rows(product, "languages"));
            texts.first().is_some_and(|told| text(told, "name") == name)
        })
    }))
}

fn shown(states: &States, sku: &str) -> Option<i64> {
    states.variant(sku).map(|(_, variant)| stock(variant))
}

fn sale(stage: &Stage, states: &States, sku: String) -> Result<Edit, Failure> {
    let left = shown(states, &sku).unwrap_or_default() - 5;
    stage.in_erp(json!({"action": "sell_from_stock", "number": sku, "quantity": 5}))?;
    let what = format!("in the ERP: five of {sku} are sold");
    Ok(Edit::new(what, format!("both shops show {left}"), move |states: &States| {
        shops(states).all(|shop| shown(shop, &sku) == Some(left))
    }))
}

/// Two shops count their orders each for itself, so numbers meet; what one of them sold neither must offer.
fn orders(stage: &Stage, states: &States, sku: String) -> Result<Edit, Failure> {
    let left = shown(states, &sku).unwrap_or_default() - 5;
    let in_sweden = stage.in_shop(basket(&sku, 2))?;
    let number = in_sweden.get("orderId").and_then(Value::as_u64).unwrap_or_default();
    stage.in_second(basket(&sku, 3))?;
    let what = format!("in both shops: an order {number} is placed, two of {sku} in one and three in the other");
    let becomes = format!("the ERP has both, each with its total and currency, and both shops show {left}");
    Ok(Edit::new(what, becomes, move |states: &States| {
        shops(states).all(|shop| compare(shop, &[number]).equal == 1 && shown(shop, &sku) == Some(left))
    }))
}

/// A line for all goods that only one of the shops has, or that both show another number of; and for orders of the second
/// one that should not have been taken over.
pub(super) fn settled(states: &States) -> Vec<String> {
    let Some(second) = states.second.as_deref() else { return Vec::new() };
    let products = states.erp("articles").iter().map(|article| text(article, "Number"));
    let sold = products.filter(|sku| states.variant(sku).is_some());
    let differs = |sku: &&str| shown(states, sku) != shown(second, sku);
    let line = |sku| format!("{sku}: {:?} in one shop, {:?} in the other", shown(states, sku), shown(second, sku));
    let early = second.shop("orders").iter().filter(|order| text(order, "createdAt") < START);
    let early =
        early.filter_map(|order| order.get("orderId")?.as_u64()).filter(|number| second.document(*number).is_some());
    let too_early = early.map(|number| format!("{number} is from before the start date, and in the ERP"));
    sold.filter(differs).map(line).chain(too_early).collect()
}
