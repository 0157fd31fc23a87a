//! An invoice comes into being: booked, numbered, and from then on immutable.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::orders::touch_stock;
use super::party;
use super::problem::Refusal;
use super::record::{Record, copy, date_value, decimal, flag, has, int, number, put, rows, text};
use super::rows;
use super::totals::{Totals, round};
use super::vat;
use super::vouchers::{self, Entry};

/// The account of customers' debts.
const RECEIVABLES: i64 = 1510;
/// The account of roundings.
const ROUNDINGS: i64 = 3740;
/// The account of outgoing VAT where no VAT code names one.
const VAT: i64 = 2611;

/// What becomes an invoice.
pub(crate) struct Booking {
    /// The invoice with its rows settled, without id, number and sums.
    pub(crate) invoice: Record,
    /// Its currency.
    pub(crate) currency: String,
    /// Its date.
    pub(crate) day: NaiveDate,
    /// The row field that asks for reverse charge.
    pub(crate) reversed_by: Option<&'static str>,
}

const HEAD: [&str; 33] = [
    "CustomerId",
    "CustomerNumber",
    "CustomerName",
    "CustomerIsPrivatePerson",
    "IsCreditInvoice",
    "IncludesVat",
    "EuThirdParty",
    "RotReducedInvoicingType",
    "TermsOfPaymentId",
    "OurReference",
    "YourReference",
    "BuyersOrderReference",
    "ElectronicReference",
    "SubscriptionNumber",
    "ContractNumber",
    "InvoiceCustomerName",
    "InvoiceAddress1",
    "InvoiceAddress2",
    "InvoicePostalCode",
    "InvoiceCity",
    "InvoiceCountryCode",
    "DeliveryCustomerName",
    "DeliveryAddress1",
    "DeliveryAddress2",
    "DeliveryPostalCode",
    "DeliveryCity",
    "DeliveryCountryCode",
    "DeliveryMethodName",
    "DeliveryMethodCode",
    "DeliveryTermName",
    "DeliveryTermCode",
    "DeliveryDate",
    "Rows",
];

/// The part of an order, draft or invoice that goes over into an invoice made of it.
pub(crate) fn from_document(document: &Record) -> Record {
    let mut invoice = Record::new();
    copy(document, &mut invoice, &HEAD);
    invoice
}

/// Books an invoice. Gives its id.
///
/// # Errors
/// 4023 for a date in the future, 3001 and 4013 for one that cannot be booked on, 4013 for a number series that never
/// started, 4024 and 4027 where the coding has no account for the sale.
pub(crate) fn book(company: &mut Company, call: &mut Call<'_>, booking: Booking) -> Result<String, Refusal> {
    let Booking { mut invoice, currency, day, reversed_by } = booking;
    if day > company.today(call.now) {
        return Err(Refusal::future_date("the invoice date is in the future"));
    }
    company.may_book(day)?;
    let customer = company.referred(call, Resource::Customers, &invoice, "CustomerId")?.cloned().unwrap_or_default();
    let accounts = sales_accounts(company, &customer, &invoice, &currency, reversed_by)?;
    let totals = rows::sum(company, call, &mut invoice, &currency, "Quantity");
    let Some(invoice_number) = company.next_number("NextCustomerInvoiceNumber") else {
        return Err(Refusal::cannot_book("the series of invoice numbers has not been started"));
    };
    let id = call.mint.id();
    let rate = match decimal(&invoice, "CurrencyRate") {
        given if given.is_zero() => company.rate(&currency),
        given => given,
    };
    head(company, call, &mut invoice, &customer, &id, invoice_number, day);
    put(&mut invoice, "CurrencyCode", currency);
    put(&mut invoice, "CurrencyRate", number(rate));
    money(call, &mut invoice, &totals, rate);
    let credit = flag(&invoice, "IsCreditInvoice");
    let text = format!("{} {invoice_number}", if credit { "Kreditfaktura" } else { "Kundfaktura" });
    let entry = Entry { day, text, kind: if credit { 15 } else { 14 }, series: "B", source: Some(id.clone()) };
    let posted = postings(company, &accounts, &totals, rate);
    let (voucher, voucher_number) = vouchers::post(company, call, entry, posted);
    put(&mut invoice, "VoucherId", voucher);
    put(&mut invoice, "VoucherNumber", voucher_number);
    move_stock(company, &invoice, Decimal::NEGATIVE_ONE);
    touch_stock(company, call, &invoice);
    send(company, call, &invoice);
    company.of_mut(Resource::Invoices).put(invoice);
    Ok(id)
}

/// The account of each row that carries money, in their order.
fn sales_accounts(
    company: &Company,
    customer: &Record,
    invoice: &Record,
    currency: &str,
    reversed_by: Option<&'static str>,
) -> Result<Vec<i64>, Refusal> {
    let mut terms = party::terms(company, customer, invoice, currency);
    terms.reversed_by = reversed_by;
    let of = |row: &Record| {
        let article = text(row, "ArticleId").and_then(|id| company.get(Resource::Articles, id));
        let coding = article.and_then(|article| text(article, "CodingId"));
        match coding.and_then(|id| company.get(Resource::Codings, id)) {
            Some(coding) => vat::account(coding, rows::row_sale(row, terms)),
            None => Err(Refusal::no_sales_account("the article has no coding")),
        }
    };
    rows(invoice, "Rows").filter(|row| has(row, "ArticleId")).map(of).collect()
}

fn head(
    company: &Company,
    call: &mut Call<'_>,
    invoice: &mut Record,
    customer: &Record,
    id: &str,
    invoice_number: i64,
    day: NaiveDate,
) {
    put(invoice, "Id", id);
    put(invoice, "InvoiceNumber", invoice_number);
    put(invoice, "InvoiceDate", date_value(day));
    if !has(invoice, "DueDate") {
        let due = company.due(day, text(invoice, "TermsOfPaymentId").unwrap_or_default());
        put(invoice, "DueDate", date_value(due));
    }
    let by = company.all(Resource::Users).find(|user| flag(user, "IsCurrentUser"));
    put(invoice, "CreatedByUserId", by.and_then(|user| text(user, "Id")));
    put(invoice, "CustomerEmail", text(customer, "EmailAddress"));
    put(invoice, "ElectronicAddress", text(customer, "ElectronicAddress"));
    if flag(&company.settings, "UsesPaymentReferenceNumber") {
        put(invoice, "PaymentReferenceNumber", reference_number(invoice_number));
    }
    put(invoice, "CreatedUtc", call.stamp());
    put(invoice, "ModifiedUtc", call.first_modified());
    put(invoice, "CreditedBy", json!([]));
    put(invoice, "ledger_id", call.id());
}

/// The invoice's number with a control digit by the rule of ten.
fn reference_number(invoice_number: i64) -> String {
    let digits = invoice_number.to_string();
    let control = super::control_digit::control_digit(&digits).unwrap_or(0);
    format!("{digits}{control}")
}

fn money(call: &Call<'_>, invoice: &mut Record, totals: &Totals, rate: Decimal) {
    let base = |amount: Decimal| number(round(amount * rate, 2));
    let total = rows::printed_total(call, totals);
    put(invoice, "TotalAmount", base(total));
    put(invoice, "TotalVatAmount", base(totals.vat));
    put(invoice, "TotalRoundings", base(totals.rounding));
    put(invoice, "TotalAmountInvoiceCurrency", number(total));
    put(invoice, "TotalVatAmountInvoiceCurrency", number(totals.vat));
    put(invoice, "RemainingAmount", base(totals.payable()));
    put(invoice, "RemainingAmountInvoiceCurrency", number(totals.payable()));
    put(invoice, "payable", number(totals.payable()));
    let per_rate = totals.rates.iter().map(|(rate, net, vat)| {
        json!({
            "AmountInvoiceCurrency": number(*net),
            "VatAmountInvoiceCurrency": number(*vat),
            "VatPercent": number(*rate),
        })
    });
    put(invoice, "VatSpecification", per_rate.collect::<Value>());
    if let Some(Value::Array(stored)) = invoice.get_mut("Rows") {
        for row in stored.iter_mut().filter_map(Value::as_object_mut) {
            put(row, "IsTextRow", !has(row, "ArticleId"));
            let percent = number(decimal(row, "VatRate"));
            put(row, "PercentVat", percent);
        }
    }
}

/// What is booked where, in the company's currency; debits positive.
fn postings(company: &Company, accounts: &[i64], totals: &Totals, rate: Decimal) -> Vec<(i64, Decimal)> {
    let mut posted = vec![(RECEIVABLES, round(totals.payable() * rate, 2))];
    for (account, row) in accounts.iter().zip(&totals.rows) {
        add(&mut posted, *account, -round(row.net * rate, 2));
    }
    for (vat_rate, _, vat) in &totals.rates {
        let coded = company
            .all(Resource::VatCodes)
            .filter(|code| decimal(code, "VatRate") == *vat_rate)
            .find_map(|code| code.get("RelatedAccounts")?.get("AccountNumber1")?.as_i64());
        add(&mut posted, coded.unwrap_or(VAT), -round(*vat * rate, 2));
    }
    add(&mut posted, ROUNDINGS, -round(totals.rounding * rate, 2));
    // What rounding row by row and in another currency leaves over belongs to the roundings too.
    let left = posted.iter().map(|(_, amount)| *amount).sum::<Decimal>();
    add(&mut posted, ROUNDINGS, -left);
    posted
}

fn add(posted: &mut Vec<(i64, Decimal)>, account: i64, amount: Decimal) {
    if amount.is_zero() {
        return;
    }
    match posted.iter_mut().find(|(known, _)| *known == account) {
        Some((_, sum)) => *sum += amount,
        None => posted.push((account, amount)),
    }
}

/// With the stock module on, goods leave (−1) or come back (+1).
pub(crate) fn move_stock(company: &mut Company, invoice: &Record, sign: Decimal) {
    if !company.stock_module {
        return;
    }
    for row in rows(invoice, "Rows") {
        let moved = decimal(row, "Quantity") * sign;
        let id = text(row, "ArticleId").unwrap_or_default();
        company.of_mut(Resource::Articles).change(id, |article| {
            if flag(article, "IsStock") {
                let balance = decimal(article, "StockBalance") + moved;
                put(article, "StockBalance", number(balance));
            }
        });
    }
}

/// An invoice that was made with a `SendType` goes to the buyer at once.
fn send(company: &Company, call: &mut Call<'_>, invoice: &Record) {
    let kind = int(invoice, "SendType");
    if kind != 0 {
        let mail = json!({
            "kind": "einvoice",
            "document": "customerinvoice",
            "id": invoice.get("Id"),
            "number": invoice.get("InvoiceNumber"),
            "send_type": kind,
        });
        call.sent(&company.id, mail);
    }
}
