//! What the server does after it has answered: releases, one by one, as the emulator's clock passes them.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    accept::accept_action,
    collection::Collection,
    hooks::Happened,
    journals, payments,
    refusal::Refusal,
    store::Company,
    switches::{ACTION_RESULT, RELEASE_DELAY, RELEASE_FAILS},
    value::{Fields, amount, flag, list, number, rows, text},
};

/// Something to do later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// A document is released.
    Release(&'static str, u64),
    /// A release goes wrong.
    Fail(&'static str, u64),
}

impl Company {
    /// Does what is due, each at its own time.
    pub(super) fn tick(&mut self, cx: &Cx<'_>) {
        self.jobs.sort_by_key(|(due, _)| *due);
        while let Some((due, job)) = self.jobs.first().filter(|(due, _)| *due <= cx.now).cloned() {
            self.jobs.remove(0);
            let then = Cx { now: due, switches: cx.switches };
            match job {
                Job::Release(name, id) => self.release_now(&then, name, id),
                Job::Fail(name, id) => self.change(&then, name, id, |fields| {
                    fields.insert("errorInfo".into(), json!("The document could not be released."));
                }),
            }
        }
    }

    /// `action/release`: accepted at once, done later.
    pub(super) fn release(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        id: u64,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        if known.name == "payments" {
            accept_action("releasePaymentAction", request, cx.switches)?;
        }
        self.if_match(cx, known, id, request)?;
        self.releasable(known, id)?;
        let action = self.action_id();
        let delay = cx.switches.number(&RELEASE_DELAY);
        let (result, error) = match cx.switches.word(&RELEASE_FAILS) {
            "at_once" => ("Failed", "The document could not be released."),
            "later" => {
                self.later(cx, delay, Job::Fail(known.name, id));
                (cx.switches.word(&ACTION_RESULT), "")
            }
            _ => {
                self.later(cx, delay, Job::Release(known.name, id));
                (cx.switches.word(&ACTION_RESULT), "")
            }
        };
        let mut body = json!({ "actionId": action, "actionResult": result });
        if let (false, Some(body)) = (error.is_empty(), body.as_object_mut()) {
            body.insert("errorInfo".into(), json!(error));
        }
        Ok(Reply::json(200, &body))
    }

    /// Whether a document waits to be released.
    pub(super) fn releasable(&self, known: &Collection, id: u64) -> Result<(), Refusal> {
        let status = self.get(known.name, id).map(|record| text(&record.fields, "status").to_owned());
        let status = status.unwrap_or_default();
        if status == "Balanced" {
            return Ok(());
        }
        let noun = known.called;
        let rule = match status.as_str() {
            "Hold" => format!("{noun} is on hold and cannot be released."),
            _ => format!("{noun} can't be released because it has the status '{status}'."),
        };
        Err(Refusal::business("Error releasing the document.", rule))
    }

    /// Releases a document.
    pub(super) fn release_now(&mut self, cx: &Cx<'_>, name: &'static str, id: u64) {
        match name {
            "payments" => return payments::release(self, cx, id),
            "journals" => return journals::release(self, cx, id),
            _ => {}
        }
        let Some(fields) = self.get(name, id).map(|record| record.fields.clone()) else { return };
        if flag(&fields, "_released") {
            return;
        }
        let status = if amount(&fields, "amountInCurrency").is_zero() { "Closed" } else { "Open" };
        self.change(cx, name, id, |fields| {
            fields.insert("_released".into(), json!(true));
            fields.insert("status".into(), json!(status));
            fields.remove("errorInfo");
        });
        if let Some(known) = super::collection::named(name) {
            self.tell(cx, known, id, Happened::Status);
        }
        let own = text(&fields, "referenceNumber").to_owned();
        for line in rows(&fields, "_applies") {
            let (reference, paid) = (text(line, "refNbr"), amount(line, "amountPaid"));
            payments::pay(self, cx, "Invoice", reference, paid, ("CreditNote", &own));
            payments::pay(self, cx, "CreditNote", &own, paid, ("Invoice", reference));
        }
        self.orders_invoiced(cx, &fields);
    }

    /// `action/reverse`: a credit note over the whole invoice, not yet released; `apply` releases it and settles the
    /// invoice with it.
    pub(super) fn reverse(&mut self, cx: &Cx<'_>, id: u64, request: &Request, apply: bool) -> Result<Reply, Refusal> {
        accept_action("reverseInvoiceAction", request, cx.switches)?;
        let number = self.reverse_now(cx, id, apply)?;
        let action = self.action_id();
        let body = json!({ "actionId": action, "actionResult": "Done", "referenceNumber": number });
        Ok(Reply::json(200, &body))
    }

    /// Makes the credit note; gives its number.
    pub(super) fn reverse_now(&mut self, cx: &Cx<'_>, id: u64, apply: bool) -> Result<String, Refusal> {
        let invoice = self.get("invoices", id).map(|record| record.fields.clone()).unwrap_or_default();
        if !flag(&invoice, "_released") {
            return Err(Refusal::business("Error reversing the invoice.", "Only released documents can be reversed."));
        }
        let mut note = invoice.clone();
        let lines = note.remove("invoiceLines").unwrap_or_default();
        note.insert("lines".into(), lines);
        for name in ["documentDueDate", "applications", "_released", "attachments"] {
            note.remove(name);
        }
        let total = ["", "InCurrency"]
            .map(|suffix| (format!("balance{suffix}"), number(amount(&note, &format!("amount{suffix}")))));
        note.extend(total);
        note.insert("documentType".into(), json!("CreditNote"));
        note.insert("status".into(), json!("Balanced"));
        note.insert("origInvoiceDate".into(), invoice.get("documentDate").cloned().unwrap_or_default());
        if apply {
            let paid = number(amount(&invoice, "balanceInCurrency"));
            let line = Fields::from_iter([
                ("refNbr".to_owned(), invoice.get("referenceNumber").cloned().unwrap_or_default()),
                ("amountPaid".to_owned(), paid),
            ]);
            note.insert("_applies".into(), list([line]));
        }
        let taken = |company: &Self, number: &str| company.find("credit-notes", "referenceNumber", number).is_some();
        let number = self.next_number("credit-notes", 1, taken);
        note.insert("referenceNumber".into(), json!(number));
        let made = self.next_id("credit-notes");
        self.add(cx, "credit-notes", made, note);
        if apply {
            self.release_now(cx, "credit-notes", made);
        }
        Ok(number)
    }

    /// `DELETE` of a document that is not released.
    pub(super) fn delete_document(&mut self, cx: &Cx<'_>, known: &'static Collection, id: u64) -> Result<(), Refusal> {
        let released = self.get(known.name, id).is_some_and(|record| flag(&record.fields, "_released"));
        if released {
            let rule = "The document cannot be deleted because it is already released.";
            return Err(Refusal::business("Error deleting the document.", rule));
        }
        if let Some(record) = self.remove(known.name, id) {
            self.invoice_gone(cx, &record.fields);
        }
        Ok(())
    }

    /// What a customer owes, has ordered and has bought.
    pub(super) fn balance_of(&self, cx: &Cx<'_>, id: u64) -> Fields {
        let customer = self.get("customers", id).map(|record| record.fields.clone()).unwrap_or_default();
        let own = text(&customer, "number");
        let of = |name: &'static str| {
            let records = self.all(name).map(|(_, record)| &record.fields);
            records.filter(move |fields| super::listing::customer_of(fields) == own)
        };
        let open = |fields: &&Fields| text(fields, "status") == "Open";
        let owed = super::listing::sum(of("invoices").filter(open), "balance");
        let credited = super::listing::sum(of("credit-notes").filter(open), "balance");
        let paid = super::listing::sum(of("payments").filter(open), "availableBalance");
        let period = super::value::local(cx.now, cx.switches).format("%Y%m").to_string();
        let sold = |part: &str| {
            let fits =
                |fields: &&Fields| flag(fields, "_released") && text(fields, "financialPeriod").starts_with(part);
            let sold = super::listing::sum(of("invoices").filter(fits), "detailTotal");
            sold.saturating_sub(super::listing::sum(of("credit-notes").filter(fits), "detailTotal"))
        };
        let orders = self.all(super::store::ORDERS).map(|(_, record)| &record.fields);
        let orders = orders.filter(|fields| {
            super::value::text_at(fields, "customer.id") == own
                && matches!(text(fields, "status"), "Open" | "Hold" | "BackOrder" | "Shipping")
        });
        let ordered = super::listing::sum(orders, "orderTotalInBaseCurrency");
        let reference = ["internalId", "number", "name"].into_iter();
        let reference = reference.filter_map(|name| Some((name.to_owned(), customer.get(name)?.clone()))).collect();
        let moved = ["invoices", "credit-notes", "payments"].into_iter().flat_map(|name| self.all(name));
        let moved = moved.filter(|(_, record)| super::listing::customer_of(&record.fields) == own);
        let moved =
            moved.map(|(_, record)| record.modified).chain(self.get("customers", id).map(|record| record.modified));
        let last = moved.max().unwrap_or(cx.now);
        Fields::from_iter([
            ("customer".to_owned(), Value::Object(reference)),
            ("balance".to_owned(), number(owed.saturating_sub(credited).saturating_sub(paid))),
            ("totalOrder".to_owned(), number(ordered)),
            ("totalLoan".to_owned(), json!(0)),
            ("totalSalePeriod".to_owned(), number(sold(&period))),
            ("totalSaleYear".to_owned(), number(sold(period.get(..4).unwrap_or_default()))),
            ("totalDiscountPeriod".to_owned(), json!(0)),
            ("totalDiscountYear".to_owned(), json!(0)),
            ("lastModified".to_owned(), super::value::shown_stamp(last, cx.switches)),
        ])
    }
}
