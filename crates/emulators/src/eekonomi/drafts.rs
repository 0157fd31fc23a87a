//! Customer invoice drafts and their conversion into invoices.

use serde_json::Value;

use super::booking::{self, Booking};
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::party;
use super::problem::{FieldProblem, Refusal};
use super::record::{
    Record, copy, date, date_value, decimal, filled, flag, has, int, number, put, rows, text, to_decimal,
};
use super::rows;
use super::switches;
use super::tables::draft::{CUSTOMER_INVOICE_DRAFT, CUSTOMER_INVOICE_DRAFT_VALIDATION};
use super::totals::round;

/// Fills and checks what a body says of a draft or of an invoice that is to be booked at once.
///
/// `private` overrides what the customer is; `old` is the draft that is replaced.
pub(crate) fn prepare(
    company: &Company,
    call: &mut Call<'_>,
    mut draft: Record,
    old: Option<&Record>,
) -> Result<Record, Refusal> {
    let customer = company.referred(call, Resource::Customers, &draft, "CustomerId")?.cloned().unwrap_or_default();
    let private = match old {
        Some(old) => flag(old, "CustomerIsPrivatePerson"),
        None => flag(&customer, "IsPrivatePerson") != call.flag("overrideCustomerIsPrivatePerson")?,
    };
    if private && filled(&draft, "ElectronicReference").is_some() {
        return Err(Refusal::field("ElectronicReference", "is for companies only"));
    }
    put(&mut draft, "CustomerIsPrivatePerson", private);
    let includes_vat = match old {
        Some(old) => flag(old, "IncludesVat"),
        None => company.includes_vat(call, private),
    };
    put(&mut draft, "IncludesVat", includes_vat);
    let currency = filled(&customer, "CurrencyCode").unwrap_or(company.currency()).to_owned();
    put(&mut draft, "InvoiceCurrencyCode", currency.as_str());
    let reversed = flag(&customer, "ReverseChargeOnConstructionServices");
    put(&mut draft, "ReverseChargeOnConstructionServices", reversed);
    party::from_customer(company, call, &customer, &mut draft)?;
    let day = date(&draft, "InvoiceDate").unwrap_or_else(|| company.today(call.now));
    put(&mut draft, "InvoiceDate", date_value(day));
    let mut terms = party::terms(company, &customer, &draft, &currency);
    terms.turned = flag(&draft, "IsCreditInvoice") && call.is(&switches::CREDIT_QUANTITY, "positive");
    terms.reversed_by = reversed_by(&draft);
    rows::settle(company, call, &mut draft, terms)?;
    Ok(draft)
}

/// The row field that asks for reverse charge: it counts only for a customer who has it.
fn reversed_by(draft: &Record) -> Option<&'static str> {
    flag(draft, "ReverseChargeOnConstructionServices").then_some("ReversedConstructionServicesVatFree")
}

fn total(company: &Company, call: &Call<'_>, draft: &mut Record) {
    let currency = text(draft, "InvoiceCurrencyCode").unwrap_or_default().to_owned();
    let rate = company.rate(&currency);
    let totals = rows::sum(company, call, draft, &currency, "Quantity");
    let total = rows::printed_total(call, &totals);
    put(draft, "TotalAmount", number(total));
    put(draft, "TotalVatAmount", number(totals.vat));
    put(draft, "TotalRoundings", number(totals.rounding));
    put(draft, "TotalAmountBaseCurrency", number(round(total * rate, 2)));
    put(draft, "TotalVatAmountBaseCurrency", number(round(totals.vat * rate, 2)));
    if !has(draft, "DueDate") {
        let day = date(draft, "InvoiceDate").unwrap_or_default();
        let due = company.due(day, text(draft, "TermsOfPaymentId").unwrap_or_default());
        put(draft, "DueDate", date_value(due));
    }
}

/// Creates a draft. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let draft = call.accept(&CUSTOMER_INVOICE_DRAFT, body)?;
    let draft = prepare(company, call, draft, None)?;
    Ok(store_new(company, call, draft))
}

/// Gives a prepared draft its sums, id and stamp: there is only the one of its creation.
pub(crate) fn store_new(company: &mut Company, call: &mut Call<'_>, mut draft: Record) -> String {
    total(company, call, &mut draft);
    let id = call.mint.id();
    put(&mut draft, "Id", id.as_str());
    put(&mut draft, "CreatedUtc", call.stamp());
    company.of_mut(Resource::Drafts).put(draft);
    id
}

/// Replaces a draft.
pub(crate) fn replace(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::Drafts, id)?.clone();
    let draft = call.accept(&CUSTOMER_INVOICE_DRAFT, body)?;
    let mut draft = prepare(company, call, draft, Some(&old))?;
    total(company, call, &mut draft);
    copy(&old, &mut draft, &["Id", "CreatedUtc", "Notes"]);
    company.of_mut(Resource::Drafts).put(draft);
    Ok(())
}

/// Books a draft. Gives the invoice's id.
///
/// # Errors
/// The sums of the check body do not agree; or what [`booking::book`] refuses. The draft stays then.
pub(crate) fn convert(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<String, Refusal> {
    let draft = company.find(Resource::Drafts, id)?.clone();
    if !body.is_null() {
        let check = call.accept(&CUSTOMER_INVOICE_DRAFT_VALIDATION, body)?;
        compare(call, &draft, &check)?;
    }
    let keep = if call.flag("overrideCompanyKeepOriginalDraftDate")? {
        call.flag("keepOriginalDraftDate")?
    } else {
        call.flag("keepOriginalDraftDate")? || flag(&company.settings, "KeepOriginalDraftDate")
    };
    convert_as(company, call, id, keep, 0)
}

/// Books a draft, its date kept or moved to today, and sends it in the way named. Gives the invoice's id.
pub(crate) fn convert_as(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    keep: bool,
    send_type: i64,
) -> Result<String, Refusal> {
    let draft = company.find(Resource::Drafts, id)?.clone();
    if rows(&draft, "Rows").next().is_none() {
        return Err(Refusal::field("Rows", "an invoice needs a row"));
    }
    let today = company.today(call.now);
    let own = date(&draft, "InvoiceDate").unwrap_or(today);
    let day = if keep { own } else { today };
    let mut invoice = booking::from_document(&draft);
    if day == own {
        copy(&draft, &mut invoice, &["DueDate"]);
    }
    if call.is(&switches::NAMES_DRAFT, "yes") {
        put(&mut invoice, "CreatedFromDraftId", id);
    }
    put(&mut invoice, "SendType", send_type);
    let currency = text(&draft, "InvoiceCurrencyCode").unwrap_or_default().to_owned();
    let reversed_by = reversed_by(&draft);
    let invoice = booking::book(company, call, Booking { invoice, currency, day, reversed_by })?;
    company.of_mut(Resource::Drafts).remove(id);
    Ok(invoice)
}

/// The check body: what it names must agree to the last digit.
fn compare(call: &Call<'_>, draft: &Record, check: &Record) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    let mut agree = |record: &Record, field: &str, path: String, is: rust_decimal::Decimal| {
        if let Some(wanted) = record.get(field).and_then(to_decimal)
            && wanted != is
        {
            wrong.push(FieldProblem { field: path, message: format!("is {is}, not {wanted}") });
        }
    };
    for (field, own) in [
        ("TotalAmountInvoiceCurrency", "TotalAmount"),
        ("TotalVatAmountInvoiceCurrency", "TotalVatAmount"),
        ("TotalRoundingsInvoiceCurrency", "TotalRoundings"),
    ] {
        agree(check, field, field.to_owned(), decimal(draft, own));
    }
    for (at, row) in rows(check, "Rows").enumerate() {
        let line = int(row, "LineNumber");
        let own = rows(draft, "Rows").find(|own| int(own, "LineNumber") == line).cloned().unwrap_or_default();
        for (field, own_field) in
            [("TotalAmountNoVatInvoiceCurrency", "AmountNoVat"), ("TotalAmountIncVatInvoiceCurrency", "gross")]
        {
            agree(row, field, format!("Rows[{at}].{field}"), decimal(&own, own_field));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let mut refusal = if call.is(&switches::CHECK_CODE, "4002") {
        Refusal::cannot_update("the draft's sums are not those of the check")
    } else {
        Refusal::invalid("the draft's sums are not those of the check")
    };
    refusal.fields = wrong;
    Err(refusal)
}
