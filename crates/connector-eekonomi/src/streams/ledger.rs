//! `/customerledgeritems`: what customers owe, invoices that were made and numbered elsewhere among it. Whether those of
//! eEkonomi itself are listed too is not published.

use std::sync::Arc;

use serde_json::value::RawValue;
use sync_core::{
    Canonical, Context, EntityKind, Field, Link, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::{ListFrom, Version, Writable},
    handler::{Head, RawPage, Shown, StreamHandler},
    model::{Content, Invoice, InvoiceStage},
};

use super::{Row, Shared, document};
use crate::{
    client::Resource,
    codes,
    columns::{self, Column, Form, column},
    wire::Wire,
};

pub(crate) static LEDGER_ITEMS: Resource = Resource {
    name: "customerledgeritems",
    all: "/customerledgeritems",
    one: "/customerledgeritems/{id}",
    list: "list ledger items",
    get: "read ledger item",
    find: "find ledger items",
    create: "create ledger item",
    update: "update ledger item",
    remove: "delete ledger item",
    modified: Some("ModifiedUtc"),
    created: None,
};

#[derive(Debug)]
pub(crate) struct LedgerItems {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl LedgerItems {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let content = document::content;
        let columns = [
            column("InvoiceNumber", Invoice::NUMBER, Form::Text),
            column("PaymentReferenceNumber", Invoice::PAYMENT_REFERENCE, Form::Text),
            column("InvoiceDate", Invoice::INVOICED_ON, Form::Day),
            column("DueDate", Invoice::DUE_ON, Form::Day),
            column("IsCreditInvoice", Invoice::IS_CREDIT, Form::Flag),
            column("RemainingAmountInvoiceCurrency", Invoice::REMAINING, Form::Number),
            column("TotalAmountInvoiceCurrency", content(Content::GROSS), Form::Number),
            column("VATAmountInvoiceCurrency", content(Content::VAT), Form::Number),
            column("RoundingsAmountInvoiceCurrency", content(Content::ROUNDING), Form::Number),
            column("CurrencyCode", content(Content::CURRENCY), Form::Text),
        ];
        Self { shared, columns: columns.into_iter().map(Column::read_only).collect() }
    }
}

impl StreamHandler for LedgerItems {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        LEDGER_ITEMS.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Invoice);
        can.holds.set(Invoice::STAGE, InvoiceStage::Booked.word());
        columns::declare(&self.columns, &mut can);
        for path in [Invoice::STAGE, Invoice::CUSTOMER, Invoice::SETTLED, Invoice::PAYMENT] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        self.shared.declare(&LEDGER_ITEMS, &mut can, true, &[]);
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let modified_at = read.moment("ModifiedUtc").ok().and_then(Field::into_value);
        let writable = Writable::Nothing("it stands in the ledger; correct it in eEkonomi".to_owned());
        Head { version: Version { etag: None, modified_at }, writable, ..Head::default() }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut invoice = Invoice::from_fields(&columns::read(&self.columns, read)?)?;
        invoice.customer = read.id("CustomerId")?.map(|id| Link::External(self.shared.link("customers", id)).into());
        if let (Field::Set(total), Field::Set(remaining)) = (&invoice.content.gross, &invoice.remaining) {
            invoice.payment = codes::payment(*total, *remaining, rust_decimal::Decimal::ZERO).into();
            invoice.settled = Field::Set((*total - *remaining).normalize());
        }
        let own = self.shared.own_fields(&LEDGER_ITEMS, read);
        Ok(vec![Shown::of(LEDGER_ITEMS.name, &invoice).extras(&own)])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &LEDGER_ITEMS, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &LEDGER_ITEMS, ids).await
    }
}
