//! Edits of `starweb-eekonomi/shop-leads`.

use rust_decimal::Decimal;
use serde_json::{Number, Value, json};

use super::{
    edit::{Edit, nothing_for},
    sample::About,
    stage::Stage,
    states::{DRAFTS, Document, ORDERS, States, decimal, rows, text},
    totals::compare,
};
use crate::fail::Failure;

/// The shop's own status for what is invoiced and paid; see the demo's part of the configuration.
const PAID: &str = "Betald";

/// In the shop another quantity and another address of what is open in the ERP; in the ERP a delivery, and an invoice
/// that is paid. An edit for which there is nothing, as a delivery where orders become invoices, is left out.
pub(super) fn edits(stage: &Stage, about: &About) -> Result<Vec<Edit>, Failure> {
    let states = stage.states();
    let mut left: Vec<u64> = about.plain_orders();
    let mut take = |fits: &dyn Fn(Document<'_>) -> bool| {
        let place = left.iter().position(|number| states.document(*number).is_some_and(fits))?;
        Some(left.remove(place))
    };
    let (quantity, address) = (take(&|document| document.is_open()), take(&|document| document.is_open()));
    let (delivered, paid) = (take(&|document| document.is_open() && document.at == ORDERS), take(&|_| true));
    let made = [
        quantity.map(|number| another_quantity(stage, &states, number)),
        address.map(|number| another_address(stage, &states, number)),
        delivered.map(|number| delivery(stage, &states, number)),
        paid.map(|number| paid_invoice(stage, &states, number)),
    ];
    made.into_iter().flatten().collect()
}

fn another_quantity(stage: &Stage, states: &States, number: u64) -> Result<Edit, Failure> {
    let row = states.shop_order(number).and_then(|order| rows(order, "items").first());
    let row = row.ok_or_else(|| nothing_for("change a quantity of"))?;
    let (sku, old) = (text(row, "sku").to_owned(), decimal(row, "quantity").unwrap_or_default());
    let new = old + Decimal::ONE;
    let set = json!({"quantity": json_number(new)});
    stage.in_shop(json!({"action": "edit_row", "orderId": number, "itemId": row.get("itemId"), "set": set}))?;
    let what = format!("in the shop: order {number} has {new} of {sku} instead of {old}");
    Ok(Edit::new(what, "the ERP's order too, and its total is the shop's", move |states: &States| {
        let rows = states.document(number).map_or(&[][..], |document| rows(document.record, "Rows"));
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
    Ok(Edit::new(what, "the ERP's order goes there too", move |states: &States| {
        states.document(number).is_some_and(|document| {
            text(document.record, "DeliveryAddress1") == street && text(document.record, "DeliveryCity") == city
        })
    }))
}

fn delivery(stage: &Stage, states: &States, number: u64) -> Result<Edit, Failure> {
    let order = states.document(number).ok_or_else(|| nothing_for("deliver"))?;
    start(stage, order)?;
    stage.in_erp(json!({"action": "deliver_order", "id": order.id()}))?;
    let what = format!("in the ERP: the order of {number} is delivered");
    Ok(Edit::new(what, "the shop's order is completed", move |states: &States| {
        states.shop_order(number).is_some_and(|order| states.status_word(order) == "completed")
    }))
}

fn paid_invoice(stage: &Stage, states: &States, number: u64) -> Result<Edit, Failure> {
    let document = states.document(number).ok_or_else(|| nothing_for("invoice"))?;
    start(stage, document)?;
    let by = |action| stage.in_erp(json!({"action": action, "id": document.id()}));
    let invoice = match document.at {
        ORDERS => by("invoice_order")?,
        DRAFTS => by("book_draft")?,
        _ => json!({"id": document.id()}),
    };
    stage.in_erp(json!({"action": "register_payment", "id": text(&invoice, "id")}))?;
    let what = format!("in the ERP: {number} is invoiced, and the invoice is paid");
    let becomes = format!("the shop's order has the status that the shop made for it, {PAID}");
    Ok(Edit::new(what, becomes, move |states: &States| {
        states.shop_order(number).is_some_and(|order| states.status_word(order) == PAID)
    }))
}

/// A draft of an order becomes one.
fn start(stage: &Stage, document: Document<'_>) -> Result<(), Failure> {
    if document.at == ORDERS && document.status() == Some(1) {
        stage.in_erp(json!({"action": "start_order", "id": document.id()}))?;
    }
    Ok(())
}
