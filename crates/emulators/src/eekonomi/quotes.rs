//! Quotes, their drafts, and what becomes of them.

use serde_json::{Value, json};

use super::booking::{self, Booking};
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::drafts;
use super::orders::{self, each_row};
use super::party;
use super::problem::Refusal;
use super::record::{Record, copy, date, date_value, filled, flag, has, int, number, put, text};
use super::rows;
use super::switches;
use super::tables::quote::{QUOTE, QUOTE_CONVERSION};

const DRAFT: i64 = 0;
const ONGOING: i64 = 1;
const APPROVED: i64 = 2;
const INVOICED: i64 = 3;
const ORDERED: i64 = 4;

/// Fills and checks what a body says of a quote.
pub(crate) fn prepare(
    company: &Company,
    call: &mut Call<'_>,
    mut quote: Record,
    old: Option<&Record>,
) -> Result<Record, Refusal> {
    let customer = company.referred(call, Resource::Customers, &quote, "CustomerId")?.cloned().unwrap_or_default();
    let currency = filled(&customer, "CurrencyCode").unwrap_or(company.currency()).to_owned();
    put(&mut quote, "CurrencyCode", currency.as_str());
    put(&mut quote, "CurrencyRate", number(company.rate(&currency)));
    let today = company.today(call.now);
    let day = date(&quote, "QuoteDate").unwrap_or(today);
    put(&mut quote, "QuoteDate", date_value(day));
    let due = date(&quote, "DueDate").unwrap_or(day);
    put(&mut quote, "DueDate", date_value(due));
    if date(&quote, "DeliveryDate").is_some_and(|delivery| delivery < day) {
        return Err(Refusal::field("DeliveryDate", "is before QuoteDate"));
    }
    let private = flag(&customer, "IsPrivatePerson");
    put(&mut quote, "CustomerIsPrivatePerson", private);
    let includes_vat = old.map_or_else(|| company.includes_vat(call, private), |old| flag(old, "IncludesVat"));
    put(&mut quote, "IncludesVat", includes_vat);
    let named = quote.get("TermsOfPayment").and_then(|terms| terms.get("Id")).cloned().unwrap_or_default();
    put(&mut quote, "TermsOfPaymentId", named);
    party::from_customer(company, call, &customer, &mut quote)?;
    let terms = text(&quote, "TermsOfPaymentId").and_then(|id| company.get(Resource::Terms, id)).cloned();
    put(&mut quote, "TermsOfPayment", terms.map_or(Value::Null, Value::Object));
    each_row(&mut quote, |row| {
        let is_text = !has(row, "ArticleId");
        put(row, "IsTextRow", is_text);
    });
    let mut how = party::terms(company, &customer, &quote, &currency);
    how.renumber = true;
    put(&mut quote, "IsDomestic", how.domestic);
    rows::settle(company, call, &mut quote, how)?;
    let totals = rows::sum(company, call, &mut quote, &currency, "Quantity");
    put(&mut quote, "TotalAmount", number(rows::printed_total(call, &totals)));
    put(&mut quote, "VatAmount", number(totals.vat));
    put(&mut quote, "RoundingsAmount", number(totals.rounding));
    Ok(quote)
}

/// Creates a quote, or a draft of one. Gives its id.
pub(crate) fn create(
    company: &mut Company,
    call: &mut Call<'_>,
    resource: Resource,
    body: &Value,
) -> Result<String, Refusal> {
    let quote = call.accept(&QUOTE, body)?;
    let quote = prepare(company, call, quote, None)?;
    Ok(store_new(company, call, resource, quote))
}

/// Gives a prepared quote its id, stamps and, unless it is a draft, number.
pub(crate) fn store_new(company: &mut Company, call: &mut Call<'_>, resource: Resource, mut quote: Record) -> String {
    let id = call.mint.id();
    put(&mut quote, "Id", id.as_str());
    put(&mut quote, "CreatedUtc", call.stamp());
    put(&mut quote, "ModifiedUtc", call.first_modified());
    put(&mut quote, "Status", DRAFT);
    if resource == Resource::Quotes {
        put(&mut quote, "Status", ONGOING);
        put(&mut quote, "Number", company.next_number("NextQuoteNumber"));
    }
    company.of_mut(resource).put(quote);
    id
}

/// Replaces a quote that nothing was made of yet, or a draft.
pub(crate) fn replace(
    company: &mut Company,
    call: &mut Call<'_>,
    resource: Resource,
    id: &str,
    body: &Value,
) -> Result<(), Refusal> {
    let old = company.find(resource, id)?.clone();
    open(&old, "changed")?;
    let quote = call.accept(&QUOTE, body)?;
    let mut quote = prepare(company, call, quote, Some(&old))?;
    copy(&old, &mut quote, &["Id", "Number", "CreatedUtc", "Status", "ApprovedDate", "Notes"]);
    put(&mut quote, "ModifiedUtc", call.stamp());
    company.of_mut(resource).put(quote);
    Ok(())
}

fn open(quote: &Record, action: &str) -> Result<(), Refusal> {
    match int(quote, "Status") {
        INVOICED | ORDERED => Err(Refusal::cannot_update(format!("a quote that became something cannot be {action}"))),
        _ => Ok(()),
    }
}

/// Deletes a quote that nothing was made of, or a draft.
pub(crate) fn delete(company: &mut Company, resource: Resource, id: &str) -> Result<(), Refusal> {
    let quote = company.find(resource, id)?;
    open(quote, "deleted").map_err(|refusal| Refusal::cannot_delete(refusal.text))?;
    company.of_mut(resource).remove(id);
    Ok(())
}

/// A draft becomes a quote under the same id.
pub(crate) fn convert_draft(company: &mut Company, call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    let mut quote = company.find(Resource::QuoteDrafts, id)?.clone();
    company.of_mut(Resource::QuoteDrafts).remove(id);
    put(&mut quote, "Status", ONGOING);
    put(&mut quote, "Number", company.next_number("NextQuoteNumber"));
    put(&mut quote, "ModifiedUtc", call.stamp());
    company.of_mut(Resource::Quotes).put(quote);
    Ok(())
}

/// The customer says yes.
pub(crate) fn accept(company: &mut Company, call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    let quote = company.find(Resource::Quotes, id)?;
    if int(quote, "Status") != ONGOING {
        return Err(Refusal::cannot_update("only an ongoing quote can be approved"));
    }
    let today = date_value(company.today(call.now));
    settle(company, call, id, APPROVED);
    company.of_mut(Resource::Quotes).change(id, |quote| put(quote, "ApprovedDate", today));
    Ok(())
}

fn settle(company: &mut Company, call: &Call<'_>, id: &str, status: i64) {
    company.of_mut(Resource::Quotes).change(id, |quote| {
        put(quote, "Status", status);
        put(quote, "ModifiedUtc", call.stamp());
    });
}

/// A quote that may become something else, and the conversion that is asked for.
fn convertible(company: &Company, call: &Call<'_>, id: &str, body: &Value) -> Result<(Record, Record), Refusal> {
    let quote = company.find(Resource::Quotes, id)?.clone();
    let asked = if body.is_null() { Record::new() } else { call.accept(&QUOTE_CONVERSION, body)? };
    let early = int(&quote, "Status") == ONGOING && call.is(&switches::QUOTE_CONVERT_FROM, "ongoing_or_approved");
    if int(&quote, "Status") != APPROVED && !early {
        return Err(Refusal::cannot_update(format!("a quote in status {} cannot be converted", int(&quote, "Status"))));
    }
    Ok((quote, asked))
}

/// The order that a quote becomes, prepared but not stored.
pub(crate) fn as_order(company: &Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<Record, Refusal> {
    let (quote, asked) = convertible(company, call, id, body)?;
    let mut order = common(&quote);
    put(&mut order, "CurrencyCode", text(&quote, "CurrencyCode"));
    put(&mut order, "OrderDate", date_value(company.today(call.now)));
    put(&mut order, "Status", if int(&asked, "Type") == 1 { orders::ONGOING } else { orders::DRAFT });
    put(&mut order, "RotReducedInvoicingType", 0);
    put(&mut order, "CreatedFromQuoteId", text(&quote, "Id"));
    each_row(&mut order, |row| put(row, "DeliveredQuantity", 0));
    orders::prepare(company, call, order, Some(&quote))
}

/// What orders and invoices take over, under their own names.
fn common(quote: &Record) -> Record {
    let mut document = Record::new();
    let taken = ["CustomerId", "EuThirdParty", "BuyersOrderReference", "DeliveryDate", "TermsOfPaymentId", "Rows"];
    copy(quote, &mut document, &taken);
    put(&mut document, "YourReference", quote.get("CustomerReference").cloned().unwrap_or_default());
    put(&mut document, "OurReference", quote.get("CompanyReference").cloned().unwrap_or_default());
    document
}

/// A quote becomes an order, or a draft of one. Gives the order's id.
pub(crate) fn to_order(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<String, Refusal> {
    let order = as_order(company, call, id, body)?;
    let order = orders::store_new(company, call, order);
    settle(company, call, id, ORDERED);
    Ok(order)
}

/// A quote becomes an invoice, booked at once. Gives the invoice's id.
pub(crate) fn to_invoice(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    body: &Value,
) -> Result<String, Refusal> {
    let (quote, _) = convertible(company, call, id, body)?;
    let mut invoice = drafts::prepare(company, call, common(&quote), None)?;
    put(&mut invoice, "CreatedFromQuoteId", text(&quote, "Id"));
    let currency = text(&quote, "CurrencyCode").unwrap_or_default().to_owned();
    let day = company.today(call.now);
    let invoice = booking::book(company, call, Booking { invoice, currency, day, reversed_by: None })?;
    settle(company, call, id, INVOICED);
    Ok(invoice)
}

/// Sends a quote by e-mail.
pub(crate) fn email(company: &Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let quote = company.find(Resource::Quotes, id)?;
    let number = int(quote, "Number");
    let mut mail = super::sending::email(company, call, quote, "EmailAddressQuote", number, body)?;
    if let Some(mail) = mail.as_object_mut() {
        mail.extend(
            [("kind", json!("email")), ("document", json!("quote")), ("id", json!(id)), ("number", json!(number))]
                .map(|(name, value)| (name.to_owned(), value)),
        );
    }
    call.sent(&company.id, mail);
    Ok(())
}
