//! `/customerinvoices`: booked, numbered, never changed. What happens to one are acts: a payment, a mail, voiding.

use std::sync::Arc;

use serde_json::value::RawValue;
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Link, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::{ListFrom, Version, Writable, Write},
    handler::{Answer, Head, RawPage, Shown, StreamHandler},
    model::{Content, Invoice, InvoiceStage, Payment},
};

use super::{
    Row, Shared,
    document::{self, Sums},
    own, rows,
};
use crate::{
    client::{Resource, equals},
    codes,
    columns::{self, Column, Form, column},
    wire::{Wire, number},
};

pub(crate) static INVOICES: Resource = Resource {
    name: "customerinvoices",
    all: "/customerinvoices",
    one: "/customerinvoices/{id}",
    list: "list invoices",
    get: "read invoice",
    find: "find invoices",
    create: "create invoice",
    update: "update invoice",
    remove: "delete invoice",
    modified: Some("ModifiedUtc"),
    created: Some("CreatedUtc"),
};

/// The step that registers a payment: eEkonomi takes payments and never shows them again.
const PAY: &str = "payments";
/// The step that makes an invoice void.
const VOID: &str = "void";
/// The step that mails an invoice to its buyer, with the addresses and texts that eEkonomi has.
const EMAIL: &str = "email";

/// Decimals of a quantity: the text says four, the pattern two.
const QUANTITY_SCALE: u32 = 2;
/// What nobody changes in an invoice any more, were it only to be written: it is credited and made again.
const BOOKED: [FieldPath; 5] =
    [Invoice::CONTENT, Invoice::CUSTOMER, Invoice::INVOICED_ON, Invoice::DUE_ON, Invoice::IS_CREDIT];
/// `PaymentType`: part of what remains, or all of it.
const PART: i64 = 1;
const ALL: i64 = 2;

#[derive(Debug)]
pub(crate) struct Invoices {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Invoices {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let mut columns = document::columns(&shared, 100);
        columns.extend(document::billing_columns());
        columns.extend([
            column("InvoiceNumber", Invoice::NUMBER, Form::Text),
            column("PaymentReferenceNumber", Invoice::PAYMENT_REFERENCE, Form::Text),
            column("VoucherNumber", Invoice::VOUCHER_NUMBER, Form::Text),
            column("InvoiceDate", Invoice::INVOICED_ON, Form::Day),
            column("DueDate", Invoice::DUE_ON, Form::Day),
            column("PaymentDate", Invoice::PAID_ON, Form::Day),
            column("IsCreditInvoice", Invoice::IS_CREDIT, Form::Flag),
            column("RemainingAmountInvoiceCurrency", Invoice::REMAINING, Form::Number),
            column("CurrencyCode", document::content(Content::CURRENCY), Form::Text),
            column("CurrencyRate", document::content(Content::EXCHANGE_RATE), Form::Number),
        ]);
        Self { shared, columns: columns.into_iter().map(Column::read_only).collect() }
    }

    fn takes_payments(&self) -> bool {
        self.shared.company.takes_payments(&self.shared.config)
    }
    fn settle(read: &Wire, invoice: &mut Invoice) -> Result<()> {
        let amount = |name| read.number(name).map(Field::into_value);
        let (total, remaining) = (amount("TotalAmountInvoiceCurrency")?, amount("RemainingAmountInvoiceCurrency")?);
        let set_off = amount("SetOffAmountInvoiceCurrency")?.unwrap_or_default();
        if let (Some(total), Some(remaining)) = (total, remaining) {
            // what is to be paid, not what is printed: the two differ by the rounding
            let due = invoice.content.gross.value().copied().unwrap_or(total);
            invoice.settled = Field::Set((due - remaining).normalize());
            invoice.payment = codes::payment(due, remaining, set_off).into();
        }
        Ok(())
    }
    fn sums(&self, read: &Wire) -> Result<Option<Sums>> {
        let amount = |name| read.number(name).map(Field::into_value);
        let Some(total) = amount("TotalAmountInvoiceCurrency")? else { return Ok(None) };
        let vat = amount("TotalVatAmountInvoiceCurrency")?.unwrap_or_default();
        // the rounding is shown in the company's currency, and only documents in that are rounded
        let at_home = read.text("CurrencyCode")?.value().is_none_or(|code| *code == self.shared.company.currency);
        let rounding = amount("TotalRoundings")?.filter(|_| at_home).unwrap_or_default();
        Ok(Some(Sums::of(total, vat, rounding, rows::sum(read, "AmountNoVat")?, true)))
    }
    /// The body of a payment.
    fn payment(&self, cx: &Context, with: &FieldMap, current: Option<&Wire>) -> Result<Wire> {
        let payment = Payment::from_fields(with)?;
        let wrong = |path: FieldPath, what: &str| {
            Err(Error::new(ErrorKind::Invalid, "register payment", what).with_context("field", path))
        };
        let Some(paid) = payment.paid.amount.value().filter(|amount| !amount.is_zero()) else {
            return wrong(Payment::PAID, "a payment needs an amount");
        };
        let shown =
            |name| current.map(|current| current.text(name)).transpose().map(|text| text.and_then(Field::into_value));
        let Some(currency) = payment.paid.currency.value().cloned().or(shown("CurrencyCode")?) else {
            return wrong(Payment::PAID, "a payment needs the currency of its invoice");
        };
        let account = payment.account.value().or(self.shared.config.bank_account.as_ref());
        let Some(account) = account else {
            return wrong(
                Payment::ACCOUNT,
                "a payment needs the bank account that it came to; set bank_account for those that name none",
            );
        };
        let today = cx.clock.now().with_timezone(&self.shared.company.zone()).date_naive();
        let day = payment.paid_on.value().copied().unwrap_or(today);
        if day > today {
            return wrong(Payment::PAID_ON, "the day of payment lies in the future where the company is");
        }
        let remaining = match current {
            Some(current) => current.number("RemainingAmountInvoiceCurrency")?.into_value(),
            None => None,
        };
        let mut body = Wire::default();
        body.set("CompanyBankAccountId", account.as_str());
        body.set("PaymentDate", day.to_string());
        body.set("PaymentAmount", number(*paid));
        body.set("PaymentCurrency", currency);
        body.set("PaymentType", if remaining == Some(*paid) { ALL } else { PART });
        if let Some(reference) = payment.reference.value() {
            body.set("Reference", reference.chars().take(100).collect::<String>());
        }
        Ok(body)
    }
}

impl StreamHandler for Invoices {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        INVOICES.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Invoice);
        can.holds.set(Invoice::STAGE, InvoiceStage::Booked.word());
        columns::declare(&self.columns, &mut can);
        document::declare(&mut can, false);
        let mark = own(self.shared.config.mark.name());
        for path in [
            Invoice::STAGE,
            Invoice::CUSTOMER,
            Invoice::ORDER,
            Invoice::CREDITS,
            Invoice::PAYMENT,
            Invoice::SETTLED,
            mark,
            own("status"),
        ] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        // a payment or a credit note may not move the stamp
        let find = [(self.shared.config.mark.name(), mark), ("InvoiceNumber", Invoice::NUMBER)];
        self.shared.declare(&INVOICES, &mut can, true, &find);
        if !self.shared.company.read_only {
            can.acts = [PAY, VOID, EMAIL].map(str::to_owned).into();
        }
        // mailing is no step: an invoice shows that its mail failed, never that it was sent
        let mut document = document::capability(QUANTITY_SCALE);
        if self.takes_payments() {
            document.pays = Some(PAY.to_owned());
            let mut settled = FieldCapability::read_only();
            settled.write_on_update = true;
            can.fields.insert(Invoice::SETTLED, settled);
        }
        can.document = Some(document);
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let stamp = |name| read.moment(name).ok().and_then(Field::into_value);
        Head {
            version: Version { etag: None, modified_at: stamp("ModifiedUtc").or_else(|| stamp("CreatedUtc")) },
            created_at: stamp("CreatedUtc"),
            partial: rows::are_left_out(read, "TotalAmountInvoiceCurrency"),
            writable: if self.takes_payments() {
                Writable::Except(BOOKED.into())
            } else {
                Writable::Nothing("it is booked; credit it and invoice again".to_owned())
            },
            mark: document::mark(&self.shared, read),
            ..Head::default()
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read)?;
        document::read_delivery(&self.shared, read, &mut fields)?;
        let mut invoice = Invoice::from_fields(&fields)?;
        let link = |stream: &'static str| move |id: String| Link::External(self.shared.link(stream, id));
        invoice.customer = read.id("CustomerId")?.map(link("customers")).map(Into::into);
        // an invoice made of several orders names them row by row and has no order of its own
        invoice.order = read.id("CreatedFromOrderId")?.map(link("orders")).map(Into::into);
        invoice.credits = read.id("ReferringInvoiceId")?.map(link("customerinvoices")).map(Into::into);
        invoice.content.lines = rows::decode(&self.shared, read, "TotalAmountInvoiceCurrency")?;
        invoice.content.prices_include_vat = read.flag("IncludesVat")?;
        if let Some(sums) = self.sums(read)? {
            sums.put(&mut invoice.content);
        }
        Self::settle(read, &mut invoice)?;
        let mut shown = Shown::of(INVOICES.name, &invoice).extras(&self.shared.own_fields(&INVOICES, read));
        if let Some(word) = read.whole("PaymentStatus")?.into_value().and_then(codes::payment_word) {
            shown = shown.extra(own("status"), word);
        }
        let mark = self.shared.config.mark.name();
        Ok(vec![shown.extra(own(mark), read.text(mark)?.into_value().unwrap_or_default())])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &INVOICES, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &INVOICES, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let mark = self.shared.config.mark.name();
        // the vendor counts invoices: what is no such number is no invoice's
        if by.text(Invoice::NUMBER).is_some_and(|number| number.parse::<u32>().is_err()) {
            return Ok(Vec::new());
        }
        let filter = |path, text: &str| match path {
            Invoice::NUMBER => text.parse::<u32>().ok().map(|number| format!("InvoiceNumber eq {number}")),
            path if path == own(mark) => Some(equals(mark, text)),
            _ => None,
        };
        self.shared.find(cx, &INVOICES, by, filter).await
    }
    /// `payments`: `with` is a payment in the model's fields (`paid`, `paid_on`, `account` with the id of a bank account,
    /// `reference`). `void` and `email` are told nothing.
    async fn act(&self, cx: &Context, id: &str, act: &str, with: &FieldMap, write: &Write) -> Result<Answer> {
        let api = &self.shared.api;
        match act {
            PAY => {
                let current = write.current.as_ref().and_then(|item| serde_json::from_str::<Wire>(&item.raw).ok());
                let body = self.payment(cx, with, current.as_ref())?;
                let path = "/customerinvoices/{id}/payments";
                api.step(cx, "register payment", path, id, &[], Some(&body)).await?;
            }
            VOID => {
                let stock = [("updateStock", false)];
                api.step(cx, "void invoice", "/customerinvoices/{id}/void", id, &stock, None).await?;
            }
            EMAIL => {
                let own_texts = Wire::default();
                let path = "/customerinvoices/{id}/email";
                api.step(cx, "mail invoice", path, id, &[], Some(&own_texts)).await?;
            }
            _ => return Err(Error::new(ErrorKind::Unsupported, "act", format!("an invoice has no step '{act}'"))),
        }
        Ok(Answer::done())
    }
}
