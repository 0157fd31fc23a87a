//! How an invoice is settled: payments, credit notes, voiding.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::booking::{self, Booking};
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::orders::{each_row, touch_stock};
use super::problem::Refusal;
use super::record::{Record, date, date_value, decimal, filled, flag, has, int, number, put, rows as rows_of, text};
use super::schema::render;
use super::switches;
use super::tables::invoice::INVOICE_PAYMENT;
use super::totals::round;
use super::vouchers::{self, Entry};

/// The names of payment types, which one client is known to send instead of their numbers.
const TYPES: [&str; 4] = ["PartialPayment", "CompletePayment", "Rounding", "BankCharge"];
const COMPLETE: i64 = 2;
const RECEIVABLES: i64 = 1510;

/// Registers a payment. Gives the answer: the payment with the id of its bank transaction.
///
/// # Errors
/// 4023 for a date after today where the company is, 4039, 4002 for too much, 3000 for an unknown bank account.
pub(crate) fn pay(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<Value, Refusal> {
    let invoice = company.find(Resource::Invoices, id)?.clone();
    let mut payment = call.accept(&INVOICE_PAYMENT, &with_type_number(body))?;
    let bank = company.referred(call, Resource::BankAccounts, &payment, "CompanyBankAccountId")?;
    let account = bank.map_or(0, |bank| int(bank, "LedgerAccountNumber"));
    let Some(day) = date(&payment, "PaymentDate") else {
        return Err(Refusal::field("PaymentDate", "is required"));
    };
    if day > company.today(call.now) {
        return Err(Refusal::future_date("PaymentDate is in the future where the company is"));
    }
    let currency = text(&invoice, "CurrencyCode").unwrap_or_default();
    if text(&payment, "PaymentCurrency") != Some(currency) {
        return Err(Refusal::field("PaymentCurrency", format!("the invoice is in {currency}")));
    }
    if currency == company.currency() && !decimal(&payment, "DomesticPaymentAmount").is_zero() {
        return Err(Refusal::domestic_amount("DomesticPaymentAmount is for foreign invoices"));
    }
    company.may_book(day)?;
    let paid = decimal(&payment, "PaymentAmount")
        + decimal(&payment, "BankFeeAmount")
        + decimal(&payment, "FactoringFeeAmount");
    let remaining = decimal(&invoice, "RemainingAmountInvoiceCurrency");
    let left = after(call, remaining, paid, int(&payment, "PaymentType"))?;
    put(&mut payment, "BankTransactionId", call.id());
    let rate = rate_of(&invoice);
    let text = format!("Betalning {}", int(&invoice, "InvoiceNumber"));
    let kind = if paid < Decimal::ZERO { 11 } else { 10 };
    let source = filled(&payment, "BankTransactionId").map(str::to_owned);
    let base = round((remaining - left) * rate, 2);
    vouchers::post(
        company,
        call,
        Entry { day, text, kind, series: "C", source },
        vec![(account, base), (RECEIVABLES, -base)],
    );
    set_remaining(company, call, id, left);
    if left.is_zero() {
        company.of_mut(Resource::Invoices).change(id, |invoice| put(invoice, "PaymentDate", date_value(day)));
    }
    let printed = render(&INVOICE_PAYMENT, &payment, &call.view());
    put(&mut payment, "InvoiceId", id);
    put(&mut payment, "at", json!(call.now));
    company.payments.push(Value::Object(payment));
    Ok(printed)
}

fn with_type_number(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(given) = body.get_mut("PaymentType")
        && let Some(at) = TYPES.iter().position(|name| given == name)
    {
        *given = json!(at.saturating_add(1));
    }
    body
}

/// What remains after a payment.
fn after(call: &Call<'_>, remaining: Decimal, paid: Decimal, kind: i64) -> Result<Decimal, Refusal> {
    if paid.is_zero() {
        return Err(Refusal::field("PaymentAmount", "must not be zero"));
    }
    let left = remaining - paid;
    let too_much = remaining.is_zero() || left * remaining < Decimal::ZERO || left.abs() > remaining.abs();
    if too_much && call.is(&switches::OVERPAYMENT, "refused") {
        return Err(Refusal::cannot_update(format!("{paid} is more than the remaining {remaining}")));
    }
    Ok(if kind == COMPLETE && call.is(&switches::SHORT_COMPLETE, "closes") { Decimal::ZERO } else { left })
}

fn rate_of(invoice: &Record) -> Decimal {
    let rate = decimal(invoice, "CurrencyRate");
    if rate.is_zero() { Decimal::ONE } else { rate }
}

/// Sets what remains, and the stamp where the switch says that it moves.
fn set_remaining(company: &mut Company, call: &Call<'_>, id: &str, left: Decimal) {
    company.of_mut(Resource::Invoices).change(id, |invoice| {
        put(invoice, "RemainingAmountInvoiceCurrency", number(left));
        put(invoice, "RemainingAmount", number(round(left * rate_of(invoice), 2)));
        if call.is(&switches::SETTLEMENT_STAMP, "yes") {
            put(invoice, "ModifiedUtc", call.stamp());
        }
    });
}

/// Cancels an invoice.
///
/// # Errors
/// 4002 when it has payments or credit relations, is a quick invoice or was sold.
pub(crate) fn void(company: &mut Company, call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    let update_stock = call.flag("updateStock")?;
    let invoice = company.find(Resource::Invoices, id)?.clone();
    let paid = company.payments.iter().any(|payment| payment.get("InvoiceId").is_some_and(|of| of == id));
    let related = has(&invoice, "ReferringInvoiceId")
        || flag(&invoice, "voided")
        || rows_of(&invoice, "CreditedBy").next().is_some();
    if paid || related || flag(&invoice, "IsQuickInvoice") || flag(&invoice, "IsSold") {
        return Err(Refusal::cannot_update("the invoice has payments or credits, is a quick invoice or was sold"));
    }
    if call.is(&switches::VOID, "yes") {
        credit(company, call, id, None)?;
        if !update_stock {
            booking::move_stock(company, &invoice, Decimal::NEGATIVE_ONE);
        }
    } else {
        if update_stock {
            booking::move_stock(company, &invoice, Decimal::ONE);
        }
        let total = decimal(&invoice, "payable");
        company.of_mut(Resource::Invoices).change(id, |invoice| {
            put(invoice, "SetOffAmountInvoiceCurrency", number(total));
        });
        set_remaining(company, call, id, Decimal::ZERO);
    }
    touch_stock(company, call, &invoice);
    company.of_mut(Resource::Invoices).change(id, |invoice| {
        put(invoice, "voided", true);
        put(invoice, "ModifiedUtc", call.stamp());
    });
    Ok(())
}

/// Credits an invoice as a person does in the web client: the credit note and the invoice name each other, and set
/// each other off. `only` names the line numbers that are credited; all when none. Gives the credit note's id.
pub(crate) fn credit(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    only: Option<&[i64]>,
) -> Result<String, Refusal> {
    let invoice = company.find(Resource::Invoices, id)?.clone();
    if flag(&invoice, "IsCreditInvoice") {
        return Err(Refusal::cannot_update("a credit note cannot be credited"));
    }
    let mut note = booking::from_document(&invoice);
    if let (Some(only), Some(Value::Array(stored))) = (only, note.get_mut("Rows")) {
        let wanted = |row: &Value| row.as_object().is_some_and(|row| only.contains(&int(row, "LineNumber")));
        stored.retain(wanted);
    }
    each_row(&mut note, |row| {
        let back = number(-decimal(row, "Quantity"));
        put(row, "Quantity", back);
        put(row, "Id", call.mint.id());
    });
    put(&mut note, "IsCreditInvoice", true);
    put(&mut note, "ReferringInvoiceId", id);
    put(&mut note, "CurrencyRate", number(rate_of(&invoice)));
    let currency = text(&invoice, "CurrencyCode").unwrap_or_default().to_owned();
    let day = company.today(call.now);
    let note_id = booking::book(company, call, Booking { invoice: note, currency, day, reversed_by: None })?;
    let credited = company.get(Resource::Invoices, &note_id).map_or(Decimal::ZERO, |note| -decimal(note, "payable"));
    let remaining = decimal(&invoice, "RemainingAmountInvoiceCurrency");
    let set_off = credited.min(remaining);
    company.of_mut(Resource::Invoices).change(id, |invoice| {
        let before = decimal(invoice, "SetOffAmountInvoiceCurrency");
        put(invoice, "SetOffAmountInvoiceCurrency", number(before + credited));
        if let Some(Value::Array(by)) = invoice.get_mut("CreditedBy") {
            by.push(json!({ "CreditInvoiceId": note_id }));
        }
    });
    set_remaining(company, call, id, remaining - set_off);
    set_remaining(company, call, &note_id, set_off - credited);
    Ok(note_id)
}
