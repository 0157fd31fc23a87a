//! Orders and what can be done with them.

use rust_decimal::Decimal;
use serde_json::Value;

use super::booking::{self, Booking};
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::party;
use super::problem::Refusal;
use super::record::{Record, copy, date, date_value, decimal, flag, has, int, number, put, rows, text};
use super::rows;
use super::switches;
use super::tables::order::{ORDER, ORDER_CONVERSION};
use super::totals::round;

/// Not sent to anybody yet.
pub(crate) const DRAFT: i64 = 1;
/// To be delivered.
pub(crate) const ONGOING: i64 = 2;
/// Delivered.
pub(crate) const SHIPPED: i64 = 3;
/// Invoiced.
pub(crate) const INVOICED: i64 = 4;

/// The status of an order.
pub(crate) fn status(order: &Record) -> i64 {
    int(order, "Status")
}

/// Fills and checks what a body says of an order.
pub(crate) fn prepare(
    company: &Company,
    call: &mut Call<'_>,
    mut order: Record,
    old: Option<&Record>,
) -> Result<Record, Refusal> {
    let customer = company.referred(call, Resource::Customers, &order, "CustomerId")?.cloned().unwrap_or_default();
    let currency = text(&order, "CurrencyCode").unwrap_or_default().to_owned();
    if !company.has_currency(&currency) {
        return Err(Refusal::field("CurrencyCode", format!("{currency:?} is no currency of the company")));
    }
    let Some(day) = date(&order, "OrderDate") else {
        return Err(Refusal::field("OrderDate", "is required"));
    };
    company.fiscal_year(day)?;
    let private = flag(&customer, "IsPrivatePerson");
    put(&mut order, "CustomerIsPrivatePerson", private);
    let includes_vat = match old {
        Some(old) => flag(old, "IncludesVat"),
        None => company.includes_vat(call, private),
    };
    put(&mut order, "IncludesVat", includes_vat);
    party::from_customer(company, call, &customer, &mut order)?;
    let mut terms = party::terms(company, &customer, &order, &currency);
    terms.reversed_by = flag(&order, "ReverseChargeOnConstructionServices").then_some("EligibleForReverseChargeOnVat");
    rows::settle(company, call, &mut order, terms)?;
    total(company, call, &mut order)?;
    Ok(order)
}

/// Works out the sums anew.
pub(crate) fn total(company: &Company, call: &Call<'_>, order: &mut Record) -> Result<(), Refusal> {
    let currency = text(order, "CurrencyCode").unwrap_or_default().to_owned();
    let with_vat = flag(order, "IncludesVat") || call.is(&switches::ORDER_AMOUNT, "gross");
    for (quantity, stem) in [("Quantity", ""), ("DeliveredQuantity", "Delivered")] {
        let totals = rows::sum(company, call, order, &currency, quantity);
        if totals.payable() < Decimal::ZERO {
            return Err(Refusal::field("Rows", "the order's total must be positive"));
        }
        let amount = if with_vat { rows::printed_total(call, &totals) } else { totals.net };
        put(order, &format!("{stem}Amount"), number(amount));
        put(order, &format!("{stem}VatAmount"), number(totals.vat));
        put(order, &format!("{stem}RoundingsAmount"), number(totals.rounding));
    }
    Ok(())
}

/// Creates an order. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let order = call.accept(&ORDER, body)?;
    if status(&order) == INVOICED {
        return Err(Refusal::cannot_update("an order becomes invoiced by being converted"));
    }
    let order = prepare(company, call, order, None)?;
    Ok(store_new(company, call, order))
}

/// Gives a prepared order its id, stamps and number.
pub(crate) fn store_new(company: &mut Company, call: &mut Call<'_>, mut order: Record) -> String {
    let id = call.mint.id();
    put(&mut order, "Id", id.as_str());
    put(&mut order, "CreatedUtc", call.stamp());
    put(&mut order, "ModifiedUtc", call.first_modified());
    if status(&order) != DRAFT || call.is(&switches::DRAFT_ORDER_NUMBER, "at_once") {
        number_it(company, &mut order);
    }
    touch_stock(company, call, &order);
    company.of_mut(Resource::Orders).put(order);
    id
}

fn number_it(company: &mut Company, order: &mut Record) {
    if !has(order, "Number") {
        put(order, "Number", company.next_number("NextOrderNumber"));
    }
}

/// Replaces an order.
pub(crate) fn replace(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::Orders, id)?.clone();
    let order = call.accept(&ORDER, body)?;
    let (was, becomes) = (status(&old), status(&order));
    if was == INVOICED {
        return Err(Refusal::field("Status", "an invoiced order cannot be changed"));
    }
    if was != becomes && (becomes == INVOICED || call.is(&switches::PUT_STATUS, "refused")) {
        return Err(Refusal::cannot_update(format!("the status cannot go from {was} to {becomes} by a PUT")));
    }
    let mut order = prepare(company, call, order, Some(&old))?;
    copy(&old, &mut order, &["Id", "Number", "CreatedUtc", "CreatedFromQuoteId", "Notes", "backordered"]);
    if becomes != DRAFT {
        number_it(company, &mut order);
    }
    store(company, call, order);
    Ok(())
}

/// Stores a changed order.
pub(crate) fn store(company: &mut Company, call: &Call<'_>, mut order: Record) {
    put(&mut order, "ModifiedUtc", call.stamp());
    touch_stock(company, call, &order);
    company.of_mut(Resource::Orders).put(order);
}

/// Moves the stamps of the order's articles, where the switch says that stock does.
pub(crate) fn touch_stock(company: &mut Company, call: &Call<'_>, document: &Record) {
    if call.is(&switches::STOCK_STAMP, "yes") {
        for id in rows(document, "Rows").filter_map(|row| text(row, "ArticleId")) {
            company.of_mut(Resource::Articles).change(id, |article| put(article, "ChangedUtc", call.stamp()));
        }
    }
}

/// Deletes an order that nothing was delivered of.
pub(crate) fn delete(company: &mut Company, call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    let order = company.find(Resource::Orders, id)?.clone();
    if status(&order) >= SHIPPED {
        return Err(Refusal::cannot_delete("a shipped or invoiced order cannot be deleted"));
    }
    touch_stock(company, call, &order);
    company.of_mut(Resource::Orders).remove(id);
    Ok(())
}

fn expect(order: &Record, allowed: &[i64], action: &str) -> Result<(), Refusal> {
    if allowed.contains(&status(order)) {
        Ok(())
    } else {
        Err(Refusal::cannot_update(format!("an order in status {} cannot be {action}", status(order))))
    }
}

/// A draft becomes an order.
pub(crate) fn start(company: &mut Company, call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    let mut order = company.find(Resource::Orders, id)?.clone();
    expect(&order, &[DRAFT], "converted from a draft")?;
    put(&mut order, "Status", ONGOING);
    number_it(company, &mut order);
    store(company, call, order);
    Ok(())
}

/// An ongoing order is shipped today. `fill` sets what is delivered to what was ordered where nothing is.
pub(crate) fn complete(company: &mut Company, call: &mut Call<'_>, id: &str, fill: bool) -> Result<(), Refusal> {
    let mut order = company.find(Resource::Orders, id)?.clone();
    expect(&order, &[ONGOING], "completed")?;
    put(&mut order, "Status", SHIPPED);
    put(&mut order, "ShippedDateTime", date_value(company.today(call.now)));
    if fill && rows(&order, "Rows").all(|row| decimal(row, "DeliveredQuantity").is_zero()) {
        each_row(&mut order, |row| {
            let all = round(decimal(row, "Quantity"), 2);
            put(row, "DeliveredQuantity", number(all));
        });
    }
    total(company, call, &mut order)?;
    store(company, call, order);
    Ok(())
}

/// Changes all rows.
pub(crate) fn each_row(order: &mut Record, mut change: impl FnMut(&mut Record)) {
    if let Some(Value::Array(stored)) = order.get_mut("Rows") {
        stored.iter_mut().filter_map(Value::as_object_mut).for_each(&mut change);
    }
}

/// A shipped order is ongoing again.
pub(crate) fn void(company: &mut Company, call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    let mut order = company.find(Resource::Orders, id)?.clone();
    expect(&order, &[SHIPPED], "voided")?;
    if flag(&order, "backordered") {
        return Err(Refusal::cannot_void_order("backorders hang on the order"));
    }
    put(&mut order, "Status", ONGOING);
    put(&mut order, "ShippedDateTime", Value::Null);
    store(company, call, order);
    Ok(())
}

/// Makes an order of what was not delivered. It carries the same references and names no origin. Gives its id.
pub(crate) fn backorder(company: &mut Company, call: &mut Call<'_>, id: &str) -> Result<String, Refusal> {
    let order = company.find(Resource::Orders, id)?.clone();
    expect(&order, &[SHIPPED, INVOICED], "backordered")?;
    if flag(&order, "backordered") {
        return Err(Refusal::cannot_update("the order has a backorder already"));
    }
    let mut rest = order.clone();
    let left: Vec<Value> = rows(&order, "Rows")
        .filter_map(|row| {
            let left = decimal(row, "Quantity") - decimal(row, "DeliveredQuantity");
            let mut row = row.clone();
            put(&mut row, "Id", call.id());
            put(&mut row, "Quantity", number(left));
            put(&mut row, "DeliveredQuantity", 0);
            (left > Decimal::ZERO).then_some(Value::Object(row))
        })
        .collect();
    if left.is_empty() {
        return Err(Refusal::cannot_update("everything was delivered"));
    }
    put(&mut rest, "Rows", left);
    put(&mut rest, "Status", ONGOING);
    put(&mut rest, "Number", Value::Null);
    put(&mut rest, "ShippedDateTime", Value::Null);
    total(company, call, &mut rest)?;
    company.of_mut(Resource::Orders).change(id, |order| put(order, "backordered", true));
    Ok(store_new(company, call, rest))
}

/// Invoices an order. Gives the invoice's id.
pub(crate) fn convert(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<String, Refusal> {
    let mut order = company.find(Resource::Orders, id)?.clone();
    if !body.is_null() {
        call.accept(&ORDER_CONVERSION, body)?;
    }
    let allowed: &[i64] = if call.is(&switches::CONVERT_FROM, "shipped") { &[SHIPPED] } else { &[ONGOING, SHIPPED] };
    expect(&order, allowed, "converted")?;
    let delivered = status(&order) == SHIPPED && call.is(&switches::CONVERT_QUANTITY, "delivered");
    let mut source = order.clone();
    each_row(&mut source, |row| {
        let quantity = if delivered { decimal(row, "DeliveredQuantity") } else { decimal(row, "Quantity") };
        put(row, "Quantity", number(round(quantity, 2)));
    });
    let carries = |row: &Record| has(row, "ArticleId") && !decimal(row, "Quantity").is_zero();
    if !rows(&source, "Rows").any(carries) {
        return Err(Refusal::missing_order_articles("nothing of the order is left to invoice"));
    }
    if let Some(Value::Array(stored)) = source.get_mut("Rows") {
        stored.retain(|row| row.as_object().is_some_and(|row| flag(row, "IsTextRow") || carries(row)));
    }
    let currency = text(&order, "CurrencyCode").unwrap_or_default().to_owned();
    let mut invoice = booking::from_document(&source);
    put(&mut invoice, "CreatedFromOrderId", id);
    put(&mut invoice, "DeliveryDate", order.get("DeliveryDate").cloned().unwrap_or_default());
    let reversed_by = flag(&order, "ReverseChargeOnConstructionServices").then_some("EligibleForReverseChargeOnVat");
    let day = company.today(call.now);
    let invoice = booking::book(company, call, Booking { invoice, currency, day, reversed_by })?;
    put(&mut order, "Status", INVOICED);
    store(company, call, order);
    Ok(invoice)
}
