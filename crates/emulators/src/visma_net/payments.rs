//! Customer payments: what they settle, and what a void undoes.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    accept::accept_action,
    documents,
    hooks::Happened,
    refusal::Refusal,
    shape::shape,
    store::Company,
    value::{Fields, amount, cents, decimal, flag, list, number, object, rows, set_at, shown_day, text, text_at},
    write::{Draft, apply},
};

/// The collection that a document of this type is in.
fn collection_of(kind: &str) -> &'static str {
    if kind == "CreditNote" { "credit-notes" } else { "invoices" }
}

/// Checks and completes a payment.
pub(super) fn settle(draft: &mut Draft<'_>) {
    if draft.old.is_some_and(|old| !matches!(text(old, "status"), "Hold" | "Balanced")) {
        return draft.refuse("Payment can't be updated because it is already released.");
    }
    let Some(customer) = documents::owner(draft) else { return };
    draft.default("type", "Payment");
    draft.default("hold", false);
    draft.required("paymentRef", "Payment Ref.");
    let today = shown_day(draft.today());
    draft.default("applicationDate", today);
    draft.default("currency", text(&customer, "currencyId"));
    for (to, from) in [("location", "location"), ("paymentMethod", "paymentMethod")] {
        let value = customer.get(from).cloned().unwrap_or_default();
        draft.default(to, value);
    }
    let account =
        draft.company.all("cash-accounts").next().map(|(_, record)| text(&record.fields, "number").to_owned());
    draft.default("cashAccount", account.unwrap_or_default());
    let branch = draft.company.all("branches").next().map(|(_, record)| text(&record.fields, "number").to_owned());
    draft.default("branch", branch.unwrap_or_default());
    documents::period(draft, "applicationDate", "closedInCustomerLedger");
    let period = draft.new.get("financialPeriod").cloned().unwrap_or_default();
    draft.new.insert("applicationPeriod".into(), period);
    applied_lines(draft);
    orders(draft);
    sums(draft);
    let status = if flag(&draft.new, "hold") { "Hold" } else { "Balanced" };
    draft.new.insert("status".into(), json!(status));
}

fn applied_lines(draft: &mut Draft<'_>) {
    let mut kept = rows(&draft.new, "paymentLines").cloned().collect::<Vec<_>>();
    for row in rows(draft.given, "paymentLines").cloned().collect::<Vec<_>>() {
        let (kind, wanted) = (text(&row, "documentType").to_owned(), text(&row, "refNbr").to_owned());
        let place = kept.iter().position(|line| text(line, "refNbr") == wanted && text(line, "documentType") == kind);
        let mut line = match (text(&row, "operation"), place) {
            ("Delete", Some(place)) => {
                kept.remove(place);
                continue;
            }
            ("Insert" | "Update", Some(place)) => kept.remove(place),
            ("Insert", None) => Fields::new(),
            ("", _) => continue,
            _ => {
                draft.refuse(format!("Document '{wanted}' cannot be found in the system."));
                continue;
            }
        };
        let mut errors = Vec::new();
        apply(
            draft.company,
            draft.cx.switches,
            (shape("paymentLinesUpdate"), shape("paymentLine")),
            &row,
            &mut line,
            &mut errors,
        );
        draft.errors.extend(errors);
        let owner = text_at(&draft.new, "customer.number").to_owned();
        let found =
            draft.company.find(collection_of(&kind), "referenceNumber", &wanted).map(|(_, record)| &record.fields);
        let Some(document) = found.filter(|fields| text_at(fields, "customer.number") == owner) else {
            draft.refuse(format!("Document '{wanted}' cannot be found in the system."));
            continue;
        };
        let balance = amount(document, "balanceInCurrency");
        if text(document, "status") != "Open" {
            draft.refuse(format!("Document '{wanted}' has the status '{}'.", text(document, "status")));
        }
        line.entry("amountPaid").or_insert_with(|| number(balance));
        if amount(&line, "amountPaid").abs() > balance {
            draft.refuse(format!("Document '{wanted}': the amount is greater than the balance."));
        }
        for (to, from) in [
            ("date", "documentDate"),
            ("dueDate", "documentDueDate"),
            ("description", "invoiceText"),
            ("currency", "currencyId"),
            ("postPeriod", "postPeriod"),
            ("customerOrder", "customerRefNumber"),
        ] {
            line.insert(to.into(), document.get(from).cloned().unwrap_or_default());
        }
        line.insert("balance".into(), number(balance.saturating_sub(amount(&line, "amountPaid"))));
        for name in ["cashDiscountTaken", "balanceWriteOff", "cashDiscountBalance"] {
            line.entry(name).or_insert_with(|| json!(0));
        }
        line.entry("crossRate").or_insert_with(|| json!(1));
        kept.push(line);
    }
    draft.new.insert("paymentLines".into(), list(kept));
}

fn orders(draft: &mut Draft<'_>) {
    let mut kept = rows(&draft.new, "ordersToApply").cloned().collect::<Vec<_>>();
    for row in rows(draft.given, "ordersToApply").cloned().collect::<Vec<_>>() {
        let (kind, wanted) = (text(&row, "orderType").to_owned(), text(&row, "orderNumber").to_owned());
        kept.retain(|known| text(known, "orderNo") != wanted || text(known, "orderType") != kind);
        if text(&row, "operation") == "Delete" {
            continue;
        }
        let order = draft.company.order(&kind, &wanted).and_then(|id| draft.company.get(super::store::ORDERS, id));
        let Some(order) = order else {
            draft.refuse(format!("Sales order '{wanted}' cannot be found in the system."));
            continue;
        };
        kept.push(object(json!({ "orderType": kind, "orderNo": wanted, "status": text(&order.fields, "status"),
            "appliedToOrder": number(amount(&row, "appliedToOrder")), "orderTotal": number(amount(&order.fields, "orderTotal")),
            "currency": text(&order.fields, "currencyId") })));
    }
    draft.new.insert("ordersToApply".into(), list(kept));
}

fn sums(draft: &mut Draft<'_>) {
    let applied = super::listing::sum(rows(&draft.new, "paymentLines"), "amountPaid");
    let to_orders = super::listing::sum(rows(&draft.new, "ordersToApply"), "appliedToOrder");
    let paid = match draft.new.get("_paid").or_else(|| draft.given.get("paymentAmount")).and_then(decimal) {
        Some(_) if draft.given.contains_key("paymentAmount") => amount(draft.given, "paymentAmount"),
        Some(paid) => paid,
        None => applied,
    };
    if draft.given.contains_key("paymentAmount") {
        draft.new.insert("_paid".into(), number(paid));
    }
    let left = paid.saturating_sub(applied).saturating_sub(to_orders);
    if left < Decimal::ZERO {
        draft.refuse("The documents' amounts are greater than the payment.");
    }
    let rate = documents::rate_of(draft.company, text(&draft.new, "currency"));
    for (name, sum) in [("paymentAmount", paid), ("availableBalance", left)] {
        draft.new.insert(format!("{name}InCurrency"), number(sum));
        draft.new.insert(name.into(), number(cents(sum.saturating_mul(rate))));
    }
    draft.new.insert("appliedToDocuments".into(), number(applied));
    draft.new.insert("appliedToOrders".into(), number(to_orders));
    for name in ["writeOffAmount", "financeCharges", "deductedCharges"] {
        draft.new.insert(name.into(), json!(0));
    }
}

/// One document's balance falls, or rises where `paid` is negative, and it remembers by what.
pub(super) fn pay(company: &mut Company, cx: &Cx<'_>, kind: &str, reference: &str, paid: Decimal, by: (&str, &str)) {
    let name = collection_of(kind);
    let Some((id, _)) = company.find(name, "referenceNumber", reference) else { return };
    company.change(cx, name, id, |fields| {
        let left = amount(fields, "balanceInCurrency").saturating_sub(paid);
        let rate = amount(fields, "exchangeRate");
        let rate = if rate.is_zero() { Decimal::ONE } else { rate };
        fields.insert("balanceInCurrency".into(), number(left));
        fields.insert("balance".into(), number(cents(left.saturating_mul(rate))));
        let status = if left.is_zero() { "Closed" } else { "Open" };
        fields.insert("status".into(), json!(status));
        let mut all = rows(fields, "applications").cloned().collect::<Vec<_>>();
        let (by_kind, number_of) = by;
        all.push(object(
            json!({ "docType": by_kind, "refNbr": number_of, "amountPaid": number(paid), "released": true,
            "balance": number(left), "applicationDate": shown_day(super::value::local(cx.now, cx.switches).date()) }),
        ));
        fields.insert("applications".into(), list(all));
    });
    if let Some(known) = super::collection::named(name) {
        company.tell(cx, known, id, Happened::Status);
    }
}

/// A payment is released: what it settles is settled.
pub(super) fn release(company: &mut Company, cx: &Cx<'_>, id: u64) {
    let Some(fields) = company.get("payments", id).map(|record| record.fields.clone()) else { return };
    if !matches!(text(&fields, "status"), "Hold" | "Balanced") {
        return;
    }
    for line in rows(&fields, "paymentLines") {
        let by = (text(&fields, "type"), text(&fields, "refNbr"));
        pay(company, cx, text(line, "documentType"), text(line, "refNbr"), amount(line, "amountPaid"), by);
    }
    let status = if amount(&fields, "availableBalance").is_zero() { "Closed" } else { "Open" };
    company.change(cx, "payments", id, |fields| {
        fields.insert("status".into(), json!(status));
        fields.insert("hold".into(), json!(false));
    });
}

/// `action/void`: another payment of the same number takes it back.
pub(super) fn void(company: &mut Company, cx: &Cx<'_>, id: u64, request: &Request) -> Result<Reply, Refusal> {
    let given = accept_action("voidPaymentAction", request, cx.switches)?;
    let number_of = void_now(company, cx, id)?;
    let action = company.action_id();
    let mut body = json!({ "actionId": action, "actionResult": "Done", "type": "VoidPayment", "refNbr": number_of });
    let made = company.all("payments").find(|(_, record)| {
        text(&record.fields, "refNbr") == number_of && text(&record.fields, "type") == "VoidPayment"
    });
    let known = super::collection::named("payments").filter(|_| flag(&given, "returnVoidPayment"));
    if let (Some((_, record)), Some(known), Some(body)) = (made, known, body.as_object_mut()) {
        body.insert("voidPayment".into(), Value::Object(super::store::view(known, record, cx.switches)));
    }
    Ok(Reply::json(200, &body))
}

/// Voids a payment; gives its number.
pub(super) fn void_now(company: &mut Company, cx: &Cx<'_>, id: u64) -> Result<String, Refusal> {
    let fields = company.get("payments", id).map(|record| record.fields.clone()).unwrap_or_default();
    if !matches!(text(&fields, "status"), "Open" | "Closed") || text(&fields, "type") == "VoidPayment" {
        let rule = format!("The payment has the status '{}'.", text(&fields, "status"));
        return Err(Refusal::business("Error voiding the payment.", rule));
    }
    let mut void = fields.clone();
    let mut lines = Vec::new();
    for mut line in rows(&fields, "paymentLines").cloned() {
        let back = -amount(&line, "amountPaid");
        let by = ("VoidPayment", text(&fields, "refNbr"));
        pay(company, cx, text(&line, "documentType"), text(&line, "refNbr"), back, by);
        line.insert("amountPaid".into(), number(back));
        lines.push(line);
    }
    for name in ["paymentAmount", "paymentAmountInCurrency", "appliedToDocuments"] {
        let back = number(-amount(&fields, name));
        void.insert(name.into(), back);
    }
    for (name, value) in [
        ("type", json!("VoidPayment")),
        ("status", json!("Closed")),
        ("availableBalance", json!(0)),
        ("availableBalanceInCurrency", json!(0)),
        ("paymentLines", list(lines)),
    ] {
        set_at(&mut void, name, value);
    }
    let made = company.next_id("payments");
    company.add(cx, "payments", made, void);
    company.change(cx, "payments", id, |fields| drop(fields.insert("status".into(), json!("Voided"))));
    Ok(text(&fields, "refNbr").to_owned())
}
