//! Edits of `starweb-eekonomi/shop-leads`.

use rust_decimal::Decimal;
use serde_json::{Number, Value, json};

use super::{
    edit::{Edit, nothing_for},
    sample::About,
    stage::Stage,
    states::{States, decimal, rows, text},
    totals::compare,
};
use crate::fail::Failure;

/// The shop's own status for what is invoiced and paid; see the demo's part of the configuration.
const PAID: &str = "Betald";

/// In the shop another quantity and another address of open orders; in the ERP a delivery, and an invoice that is paid.
pub(super) fn edits(stage: &Stage, about: &About) -> Result<Vec<Edit>, Failure> {
    let states = stage.states();
    let open = |number: &u64| {
        let status = states.erp_document(*number).and_then(|order| order.get("Status")).and_then(Value::as_u64);
        matches!(status, Some(1 | 2))
    };
    let mut open = about.plain_orders().into_iter().filter(open);
    let mut next = |what| open.next().ok_or_else(|| nothing_for(what));
    let (quantity, address) = (next("change a quantity of")?, next("change the address of")?);
    let (delivered, paid) = (next("deliver")?, next("invoice")?);
    Ok(vec![
        another_quantity(stage, &states, quantity)?,
        another_address(stage, &states, address)?,
        delivery(stage, &states, delivered)?,
        paid_invoice(stage, &states, paid)?,
    ])
}

fn another_quantity(stage: &Stage, states: &States, number: u64) -> Result<Edit, Failure> {
    let row = states.shop_order(number).and_then(|order| rows(order, "items").first());
    let row = row.ok_or_else(|| nothing_for("change a quantity of"))?;
    let (sku, old) = (text(row, "sku").to_owned(), decimal(row, "quantity").unwrap_or_default());
    let new = old + Decimal::ONE;
    let set = json!({"quantity": json_number(new)});
    stage.in_shop(json!({"action": "edit_row", "orderId": number, "itemId": row.get("itemId"), "set": set}))?;
    let what = format!("in the shop: order {number} has {new} of {sku} instead of {old}");
    Ok(Edit::new(what, "the ERP's order too, and its total is the shop's", move |states| {
        let rows = states.erp_document(number).map_or(&[][..], |order| rows(order, "Rows"));
        let changed = rows.iter().any(|row| text(row, "ArticleNumber") == sku && decimal(row, "Quantity") == Some(new));
        changed && compare(states, &[number]).equal == 1
    }))
}

fn json_number(value: Decimal) -> Value {
    value.normalize().to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

fn another_address(stage: &Stage, states: &States, number: u64) -> Result<Edit, Failure> {
    let (street, city) = ("Malmvägen 12", "Kiruna");
    let address = json!({
        "firstName": "Bud", "lastName": "Mottagare", "address": street, "postalCode": "98132", "city": city,
        "countryCode": "SE",
    });
    // the one that a payment provider told goes before the one of the checkout
    let told = states.shop_order(number).and_then(|order| order.get("addresses"));
    let told = told.and_then(|all| all.get("data").unwrap_or(all).get("paymentMethodDelivery"));
    let kind = if told.is_some_and(|told| !told.is_null()) { "paymentMethodDelivery" } else { "originalDelivery" };
    stage.in_shop(json!({"action": "set_address", "orderId": number, "type": kind, "address": address}))?;
    let what = format!("in the shop: order {number} goes to {street}, {city}");
    Ok(Edit::new(what, "the ERP's order goes there too", move |states| {
        states
            .erp_document(number)
            .is_some_and(|order| text(order, "DeliveryAddress1") == street && text(order, "DeliveryCity") == city)
    }))
}

fn delivery(stage: &Stage, states: &States, number: u64) -> Result<Edit, Failure> {
    let id = id_in_erp(states, number)?;
    stage.in_erp(json!({"action": "deliver_order", "id": id}))?;
    let what = format!("in the ERP: the order of {number} is delivered");
    Ok(Edit::new(what, "the shop's order is completed, and nobody got a mail", move |states| {
        states.shop_order(number).is_some_and(|order| states.status_word(order) == "completed")
    }))
}

fn paid_invoice(stage: &Stage, states: &States, number: u64) -> Result<Edit, Failure> {
    let id = id_in_erp(states, number)?;
    let invoice = stage.in_erp(json!({"action": "invoice_order", "id": id}))?;
    stage.in_erp(json!({"action": "register_payment", "id": text(&invoice, "id")}))?;
    let what = format!("in the ERP: the order of {number} is invoiced, and the invoice is paid");
    let becomes = format!("the shop's order has the status that the shop made for it, {PAID}");
    Ok(Edit::new(what, becomes, move |states| {
        states.shop_order(number).is_some_and(|order| states.status_word(order) == PAID)
    }))
}

fn id_in_erp(states: &States, number: u64) -> Result<String, Failure> {
    let found = states.erp_document(number).map(|order| text(order, "Id").to_owned());
    found.ok_or_else(|| nothing_for("deliver"))
}
