//! Customer invoices: made and read, never changed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::booking::{self, Booking};
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::drafts;
use super::problem::Refusal;
use super::record::{Record, date, decimal, flag, has, int, put, text};
use super::switches;
use super::tables::invoice::CUSTOMER_INVOICE;

/// Creates and books an invoice, or books the draft that the body names. Gives the invoice's id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let mut invoice = call.accept(&CUSTOMER_INVOICE, body)?;
    if let Some(draft) = text(&invoice, "CreatedFromDraftId") {
        if company.get(Resource::Drafts, draft).is_none() {
            return Err(call.no_such("CreatedFromDraftId", draft));
        }
        let keep = flag(&company.settings, "KeepOriginalDraftDate");
        return drafts::convert_as(company, call, draft, keep, int(&invoice, "SendType"));
    }
    match invoice.get_mut("Rows") {
        Some(Value::Array(rows)) if !rows.is_empty() => {
            for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                let is_text = !has(row, "ArticleId");
                put(row, "IsTextRow", is_text);
                put(row, "LineNumber", Value::Null);
            }
        }
        _ => return Err(Refusal::field("Rows", "an invoice needs a row")),
    }
    let invoice = drafts::prepare(company, call, invoice, None)?;
    let day = date(&invoice, "InvoiceDate").unwrap_or_else(|| company.today(call.now));
    let currency = text(&invoice, "InvoiceCurrencyCode").unwrap_or_default().to_owned();
    booking::book(company, call, Booking { invoice, currency, day, reversed_by: None })
}

/// What is worked out when an invoice is read: it becomes overdue without being written to.
pub(crate) fn computed(company: &Company, now: DateTime<Utc>, invoice: &Record) -> Record {
    let status = if decimal(invoice, "RemainingAmountInvoiceCurrency").is_zero() {
        0
    } else if date(invoice, "DueDate").is_some_and(|due| due < company.today(now)) {
        2
    } else {
        1
    };
    let mut computed = Record::new();
    put(&mut computed, "PaymentStatus", status);
    computed
}

/// Whether an invoice is among those modified since an instant.
pub(crate) fn modified_since(call: &Call<'_>, invoice: &Record, since: DateTime<Utc>) -> bool {
    let at = |field| text(invoice, field).and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let by_created = call.is(&switches::SINCE_NEW, "by_created");
    let stamp = at("ModifiedUtc").or_else(|| at("CreatedUtc").filter(|_| by_created));
    let inclusive = call.is(&switches::MODIFIED_SINCE, "inclusive");
    stamp.is_some_and(|stamp| if inclusive { stamp >= since } else { stamp > since })
}
