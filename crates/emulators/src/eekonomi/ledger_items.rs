//! Customer ledger items: open items that were entered as such, and, by the switch, those of invoices.

use rust_decimal::Decimal;
use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, copy, date, date_value, decimal, has, int, number, put, text};
use super::switches;
use super::tables::invoice::{CUSTOMER_LEDGER_ITEM, CUSTOMER_LEDGER_ITEM_WITH_VOUCHER};
use super::vouchers;

/// All items.
pub(crate) fn all(company: &Company, call: &Call<'_>) -> Vec<Record> {
    let entered = company.all(Resource::LedgerItems).cloned();
    if call.is(&switches::LEDGER, "no") {
        return entered.collect();
    }
    company.all(Resource::Invoices).map(of_invoice).chain(entered).collect()
}

fn of_invoice(invoice: &Record) -> Record {
    let mut item = Record::new();
    copy(
        invoice,
        &mut item,
        &[
            "CurrencyCode",
            "CurrencyRate",
            "CustomerId",
            "DueDate",
            "InvoiceDate",
            "InvoiceNumber",
            "IsCreditInvoice",
            "PaymentReferenceNumber",
            "RemainingAmountInvoiceCurrency",
            "VoucherId",
        ],
    );
    put(&mut item, "Id", text(invoice, "ledger_id"));
    put(&mut item, "ModifiedUtc", text(invoice, "ModifiedUtc").or(text(invoice, "CreatedUtc")));
    put(&mut item, "CurrencyRateUnit", 1);
    put(&mut item, "TotalAmountInvoiceCurrency", number(decimal(invoice, "payable")));
    put(&mut item, "VATAmountInvoiceCurrency", number(decimal(invoice, "TotalVatAmountInvoiceCurrency")));
    put(&mut item, "RoundingsAmountInvoiceCurrency", number(decimal(invoice, "TotalRoundings")));
    item
}

/// Creates an item for a voucher that exists: a manual one or one of an import. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let item = call.accept(&CUSTOMER_LEDGER_ITEM, body)?;
    let voucher = company.referred(call, Resource::Vouchers, &item, "VoucherId")?;
    if !voucher.is_some_and(|voucher| matches!(int(voucher, "VoucherType"), 2 | 9)) {
        return Err(Refusal::field("VoucherId", "must be a manual voucher or one of an import"));
    }
    store(company, call, item)
}

/// Creates an item with its voucher. Gives the item's id.
pub(crate) fn create_with_voucher(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let mut item = call.accept(&CUSTOMER_LEDGER_ITEM_WITH_VOUCHER, body)?;
    check(company, call, &item)?;
    let voucher = body.get("Voucher").cloned().unwrap_or_default();
    let voucher = vouchers::create(company, call, &voucher)?;
    item.remove("Voucher");
    put(&mut item, "VoucherId", voucher);
    store(company, call, item)
}

fn check(company: &Company, call: &Call<'_>, item: &Record) -> Result<(), Refusal> {
    company.referred(call, Resource::Customers, item, "CustomerId")?;
    let currency = text(item, "CurrencyCode").unwrap_or_default();
    if !company.has_currency(currency) {
        return Err(Refusal::field("CurrencyCode", format!("{currency:?} is no currency of the company")));
    }
    let number = int(item, "InvoiceNumber");
    let taken = company.all(Resource::LedgerItems).chain(company.all(Resource::Invoices));
    if taken.into_iter().any(|known| int(known, "InvoiceNumber") == number) {
        return Err(Refusal::conflict(format!("there is an item with invoice number {number}")));
    }
    Ok(())
}

fn store(company: &mut Company, call: &mut Call<'_>, mut item: Record) -> Result<String, Refusal> {
    check(company, call, &item)?;
    let today = company.today(call.now);
    for field in ["InvoiceDate", "DueDate"] {
        let day = date(&item, field).unwrap_or(today);
        put(&mut item, field, date_value(day));
    }
    if !has(&item, "CurrencyRate") || decimal(&item, "CurrencyRate").is_zero() {
        let rate = text(&item, "CurrencyCode").map_or(Decimal::ONE, |code| company.rate(code));
        put(&mut item, "CurrencyRate", number(rate));
        put(&mut item, "CurrencyRateUnit", 1);
    }
    let id = call.mint.id();
    put(&mut item, "Id", id.as_str());
    put(&mut item, "ModifiedUtc", call.stamp());
    company.of_mut(Resource::LedgerItems).put(item);
    Ok(id)
}
