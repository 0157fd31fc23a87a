//! Documents that go to people: by e-mail, as e-invoice, as reminder, on paper. Each is noted under `mails`.

use serde_json::{Value, json};

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::invoices;
use super::orders;
use super::problem::Refusal;
use super::record::{Record, filled, int, put, text};
use super::tables::invoice::{ELECTRONIC_INVOICE_REQUEST, EMAIL, PAYMENT_REMINDER_EMAIL};

/// Sends an order by e-mail; a draft cannot be.
pub(crate) fn order(company: &Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let order = printable_order(company, id)?;
    let number = int(order, "Number");
    let mail = email(company, call, order, "EmailAddressOrder", number, body)?;
    note(company, call, "email", "order", (id, number), mail);
    Ok(())
}

/// An order that may be printed or sent.
pub(crate) fn printable_order<'a>(company: &'a Company, id: &str) -> Result<&'a Record, Refusal> {
    let order = company.find(Resource::Orders, id)?;
    if orders::status(order) == orders::DRAFT {
        return Err(Refusal::field("Status", "a draft cannot be printed or sent"));
    }
    Ok(order)
}

/// Sends an invoice by e-mail.
pub(crate) fn invoice(company: &Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let invoice = company.find(Resource::Invoices, id)?;
    let number = int(invoice, "InvoiceNumber");
    let mail = email(company, call, invoice, "EmailAddress", number, body)?;
    note(company, call, "email", "customerinvoice", (id, number), mail);
    Ok(())
}

/// Sends an invoice electronically.
pub(crate) fn einvoice(company: &Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let invoice = company.find(Resource::Invoices, id)?;
    let number = int(invoice, "InvoiceNumber");
    let request = call.accept(&ELECTRONIC_INVOICE_REQUEST, body)?;
    let kind = int(&request, "SendType");
    if kind == 0 {
        return Err(Refusal::field("SendType", "must be 1 to 4"));
    }
    if kind == 3 && company.country() == "SE" {
        return Err(Refusal::field("SendType", "3 is not for Swedish companies"));
    }
    note(company, call, "einvoice", "customerinvoice", (id, number), json!({ "send_type": kind }));
    Ok(())
}

/// Reminds of an overdue invoice.
pub(crate) fn reminder(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let invoice = company.find(Resource::Invoices, id)?;
    if int(&invoices::computed(company, call.now, invoice), "PaymentStatus") != 2 {
        return Err(Refusal::cannot_update("the invoice is not overdue"));
    }
    let body = if body.is_null() { &json!({}) } else { body };
    let request = call.accept(&PAYMENT_REMINDER_EMAIL, body)?;
    let details = request.get("EmailDetails").cloned().unwrap_or_default();
    let number = int(invoice, "InvoiceNumber");
    let mail = email(company, call, invoice, "EmailAddress", number, &details)?;
    note(company, call, "reminder", "customerinvoice", (id, number), mail);
    let today = super::record::date_value(company.today(call.now));
    company.of_mut(Resource::Invoices).change(id, |invoice| {
        let sent = int(invoice, "PaymentRemindersCount");
        put(invoice, "PaymentRemindersCount", sent.saturating_add(1));
        put(invoice, "PaymentReminderIssued", true);
        put(invoice, "LastPaymentReminderSentDate", today);
    });
    Ok(())
}

/// Who gets it and under which subject: what the body says, else the customer's addresses.
pub(crate) fn email(
    company: &Company,
    call: &Call<'_>,
    document: &Record,
    purpose: &str,
    number: i64,
    body: &Value,
) -> Result<Value, Refusal> {
    let empty = json!({});
    let body = if body.is_null() { &empty } else { body };
    let given = call.accept(&EMAIL, body)?;
    let customer = text(document, "CustomerId").and_then(|id| company.get(Resource::Customers, id));
    let own = customer.and_then(|known| filled(known, purpose).or_else(|| filled(known, "EmailAddress")));
    let Some(to) = filled(&given, "Email").or(own) else {
        return Err(Refusal::field("Email", "neither the call nor the customer has an address"));
    };
    let explicit_none = body.get("CcRecipients").is_some_and(Value::is_null);
    let named = given.get("CcRecipients").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let cc = match (explicit_none, named) {
        (true, _) => json!([]),
        (_, true) => given.get("CcRecipients").cloned().unwrap_or_default(),
        _ => customer
            .and_then(|known| known.get("EmailAddresses"))
            .filter(|cc| cc.is_array())
            .cloned()
            .unwrap_or(json!([])),
    };
    let subject = filled(&given, "Subject").map(|subject| subject.replace("####", &number.to_string()));
    Ok(json!({ "to": to, "cc": cc, "subject": subject, "message": given.get("Message") }))
}

fn note(company: &Company, call: &mut Call<'_>, kind: &str, document: &str, of: (&str, i64), mut mail: Value) {
    if let Some(mail) = mail.as_object_mut() {
        put(mail, "kind", kind);
        put(mail, "document", document);
        put(mail, "id", of.0);
        put(mail, "number", of.1);
    }
    call.sent(&company.id, mail);
}

/// A paper: just enough of a PDF to be told from anything else.
pub(crate) fn paper(title: &str) -> Vec<u8> {
    format!("%PDF-1.4\n% {title}\n%%EOF\n").into_bytes()
}
