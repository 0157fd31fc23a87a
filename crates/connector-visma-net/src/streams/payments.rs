//! `/v1/customerPayment`: what customers paid, and which invoices that settles. Read only.

use std::sync::Arc;

use serde::Deserialize;
use sync_core::{
    Context, EntityKind, Field, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::ListFrom,
    handler::{Head, RawPage, Shown, StreamHandler},
    model::{Money, Payment},
};

use super::{METADATA, Shared, organisations::CUSTOMERS, own as own_fields, with_own};
use crate::{
    client::Resource,
    codes::DOCUMENT_STATUS,
    columns::{self, Column, Form, column, within},
    wire::Wire,
};

const PAYMENTS: &str = "payments";
static RESOURCE: Resource = Resource {
    name: PAYMENTS,
    all: "/v1/customerPayment",
    one: "/v1/customerPayment/{id}",
    create_at: "/v1/customerPayment",
    list: "list payments",
    get: "read payment",
    find: "find payments",
    create: "create payment",
    update: "update payment",
    remove: "delete payment",
    given: None,
    paged: true,
    created: false,
    with: &[],
};

/// The key of a row, and nothing else: a payment and what voids it may have one number.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "refNbr")]
    number: String,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Payments {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Payments {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = vec![
            column("refNbr", Payment::NUMBER, Form::Text),
            column("applicationDate", Payment::PAID_ON, Form::Day),
            column("paymentMethod.id", Payment::METHOD, Form::Code),
            column("cashAccount", Payment::ACCOUNT, Form::Code),
            column("paymentRef", Payment::REFERENCE, Form::Text),
            column("currency", within(Payment::PAID, Money::CURRENCY), Form::Code),
        ];
        Self { columns: with_own(columns, own_fields::PAYMENT), shared }
    }
    /// The one invoice that it settles.
    fn invoice(read: &Wire) -> Result<Field<String>> {
        let rows = match read.rows("paymentLines")? {
            Field::Unknown => return Ok(Field::Unknown),
            rows => rows.into_value().unwrap_or_default(),
        };
        let mut numbers = Vec::new();
        for row in &rows {
            if row.text("documentType")?.as_deref() == Some("Invoice") {
                numbers.extend(row.text("refNbr")?.into_value());
            }
        }
        numbers.dedup();
        Ok(match numbers.as_slice() {
            [] => Field::Empty,
            [one] => Field::Set(one.clone()),
            // of several nobody says which one is meant
            _ => Field::Unknown,
        })
    }
}

impl StreamHandler for Payments {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        PAYMENTS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Payment);
        columns::declare(&self.columns, &mut can);
        let shown = [Payment::CUSTOMER, Payment::INVOICE, Payment::IS_REVERSED, within(Payment::PAID, Money::AMOUNT)];
        can.fields.extend(shown.map(|path| (path, FieldCapability::read_only())));
        self.shared.declare(&mut can, false);
        // a number is that of several records of different types
        can.get_max = 0;
        let names = [
            (Payment::CUSTOMER, "customer.number"),
            (Payment::INVOICE, "paymentLines.refNbr"),
            (within(Payment::PAID, Money::AMOUNT), "paymentAmount"),
            (Payment::IS_REVERSED, "status"),
        ];
        self.shared.describe(&mut can, &names);
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        format!("{}/{}", row.kind, row.number)
    }
    fn head(&self, read: &Wire) -> Head {
        self.shared.head(read)
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        let mut payment = Payment::new();
        let amount = super::document::in_currency(read, "paymentAmount")?;
        let back = matches!(read.text("type")?.as_deref(), Some("Refund" | "VoidPayment"));
        payment.paid.amount = amount.map(|amount| if back { -amount.abs() } else { amount });
        payment.customer = self.shared.linked(CUSTOMERS, read.text("customer.number")?);
        payment.invoice = self.shared.linked("invoices", Self::invoice(read)?);
        payment.is_reversed = read.word("status", &DOCUMENT_STATUS)?.map(|status| status == "Voided");
        Ok(vec![Shown::of(PAYMENTS, &payment).extras(&fields)])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &RESOURCE, from, page_size).await
    }
}
