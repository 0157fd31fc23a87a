//! `/v1/customerinvoice` and `/v1/customerCreditNote`: ledger documents, drafts until they are released, and never
//! changed after that. A credit note shows amounts above zero for what it takes off; here they are below zero.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Result, StreamId,
    capability::{FieldCapability, Mark, RemoveMode, Step, StreamCapability, UpdateMode},
    connector::{ListFrom, Writable, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Address, Content, Invoice, InvoiceStage},
};

use super::{
    Filter, METADATA, Shared, direct,
    document::{self, Sums, content, in_currency},
    filter, invoice_lines as lines, key_of, keyed, orders,
    organisations::CUSTOMERS,
    own as own_fields, with_own,
};
use crate::{
    client::Resource,
    codes::{self, DOCUMENT_STATUS},
    columns::{self, Column, Form, column, own, within},
    config::{InvoiceSending, InvoiceStamps, NewInvoices, Prices},
    wire::{Body, Dialect, Wire},
};

/// The step that makes a draft binding.
const RELEASE: &str = "release";
/// References have as much room as those of the order service: nobody tells another figure.
const REFERENCE_MAX: u32 = 40;

/// Which of the two.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) of: Resource,
    release_at: &'static str,
    release: &'static str,
    is_credit: bool,
    rows: &'static str,
    address: &'static str,
}

/// What goes with a listing: sums and addresses are shown, the rest is not asked for.
const WITH: &[(&str, &str)] = &[
    ("expandApplications", "true"),
    ("expandAttachments", "false"),
    ("expandDunningInformation", "false"),
    ("expandInvoiceAddress", "true"),
    ("expandTaxDetails", "false"),
];

/// Invoices.
pub(crate) static INVOICE: Kind = Kind {
    of: Resource {
        name: "invoices",
        all: "/v1/customerinvoice",
        one: "/v1/customerinvoice/{id}",
        create_at: "/v2/customerinvoice",
        list: "list invoices",
        get: "read invoice",
        find: "find invoices",
        create: "create invoice",
        update: "update invoice",
        remove: "delete invoice",
        given: None,
        paged: true,
        created: true,
        with: WITH,
    },
    release_at: "/v1/customerinvoice/{id}/action/release",
    release: "release invoice",
    is_credit: false,
    rows: "invoiceLines",
    address: "billingAddress",
};
/// Credit notes.
pub(crate) static CREDIT_NOTE: Kind = Kind {
    of: Resource {
        name: "credit_notes",
        all: "/v1/customerCreditNote",
        one: "/v1/customerCreditNote/{id}",
        create_at: "/v2/customerCreditNote",
        list: "list credit notes",
        get: "read credit note",
        find: "find credit notes",
        create: "create credit note",
        update: "update credit note",
        remove: "delete credit note",
        given: None,
        paged: true,
        created: true,
        with: WITH,
    },
    release_at: "/v1/customerCreditNote/{id}/action/release",
    release: "release credit note",
    is_credit: true,
    rows: "lines",
    address: "invoiceAddress",
};

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "referenceNumber")]
    number: String,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Invoices {
    shared: Arc<Shared>,
    kind: &'static Kind,
    columns: Vec<Column>,
    /// Written as a whole, with the word that they are not the customer's.
    addresses: Vec<Column>,
}

impl Invoices {
    pub(crate) fn new(shared: Arc<Shared>, kind: &'static Kind) -> Self {
        let text = |at, path, max| column(at, path, Form::Text).to(at).exact(max);
        let terms = column("creditTerms.id", content(Content::PAYMENT_TERMS), Form::Code);
        let due = column("documentDueDate", Invoice::DUE_ON, Form::Day);
        // a credit note takes neither
        let (terms, due) =
            if kind.is_credit { (terms, due) } else { (terms.to("creditTermsId"), due.to("documentDueDate")) };
        let columns = vec![
            column("referenceNumber", Invoice::NUMBER, Form::Text),
            column("documentDate", Invoice::INVOICED_ON, Form::Day).to("documentDate"),
            due,
            terms,
            column("paymentReference", Invoice::PAYMENT_REFERENCE, Form::Text),
            column("invoiceText", Invoice::DESCRIPTION, Form::Text).to("invoiceText").cut(255),
            column("note", Invoice::NOTE, Form::Text).to("note").cut(2048),
            column("currencyId", content(Content::CURRENCY), Form::Code).to("currencyId"),
            column("exchangeRate", content(Content::EXCHANGE_RATE), Form::Number),
            column("salesPerson.id", content(Content::SALESPERSON), Form::Code).to("salesperson"),
            text(shared.config.invoice_mark.other(), content(Content::BUYER_ORDER_NUMBER), REFERENCE_MAX),
        ];
        let addresses = addresses(kind);
        let mut own_columns = with_own([columns.clone(), addresses.clone()].concat(), own_fields::INVOICE);
        own_columns.drain(..columns.len() + addresses.len());
        own_columns.retain(|column| !kind.is_credit || !own_fields::CREDIT_NOTES_LACK.contains(&column.at()));
        let takes = |column: &Column| !kind.is_credit || own_fields::CREDIT_NOTES_TAKE.contains(&column.at());
        let own_columns =
            own_columns.into_iter().map(|column| if takes(&column) { column } else { column.read_only() });
        let columns = columns.into_iter().chain(own_columns).collect();
        Self { shared, kind, columns, addresses }
    }
    fn sign(&self) -> Decimal {
        if self.kind.is_credit { Decimal::NEGATIVE_ONE } else { Decimal::ONE }
    }
    fn filters(&self) -> Vec<Filter> {
        let mark = self.shared.config.invoice_mark.name();
        vec![keyed(Invoice::NUMBER, "referenceNumber"), filter(own(mark), mark, mark)]
    }
    fn sums(&self, read: &Wire) -> Result<Option<Sums>> {
        let amount = |name| Ok::<_, Error>(in_currency(read, name)?.into_value());
        let Some(rows) = amount("detailTotal")? else { return Ok(None) };
        let rows = rows - amount("discountTotal")?.unwrap_or_default();
        let vat = amount("vatTotal")?.unwrap_or_default();
        let rounding = read.amount("roundingDiff")?.into_value().unwrap_or_default();
        let with_vat = self.shared.config.prices == Prices::WithVat;
        Ok(Some(Sums::of(amount("amount")?, rows, vat, rounding, with_vat)))
    }
    /// Whether it is shown as an order too.
    fn is_direct(&self, read: &Wire) -> Result<bool> {
        if self.kind.is_credit || !self.shared.config.wants(direct::SOLD_BY_INVOICE) {
            return Ok(false);
        }
        let Field::Set(rows) = read.rows(self.kind.rows)? else { return Ok(false) };
        direct::is_direct(read, &rows, self.shared.config.invoice_mark.name())
    }
    /// How far it is, and what is paid of it.
    fn settle(&self, read: &Wire, invoice: &mut Invoice) -> Result<()> {
        let Field::Set(status) = read.word("status", &DOCUMENT_STATUS)? else { return Ok(()) };
        let stage = codes::document_stage(status);
        invoice.stage = stage.into();
        invoice.is_cancelled = (status == "Voided").into();
        let total = in_currency(read, "amount")?.into_value();
        let balance = in_currency(read, "balance")?.into_value();
        if let (InvoiceStage::Booked, Some(total), Some(balance)) = (stage, total, balance) {
            let sign = self.sign();
            invoice.payment = codes::payment(total, balance).into();
            invoice.settled = Field::Set((sign * (total - balance)).normalize());
            invoice.remaining = Field::Set((sign * balance).normalize());
        }
        Ok(())
    }
    /// The order whose shipment it was made of: the one that all its rows name, if its type is read here.
    fn order(&self, rows: &[Wire]) -> Result<Field<(String, String)>> {
        let mut found: Option<(String, String)> = None;
        for row in rows {
            let (Field::Set(kind), Field::Set(number)) = (row.text("soOrderType")?, row.text("soOrderNbr")?) else {
                continue;
            };
            match &found {
                Some(known) if *known != (kind.clone(), number.clone()) => return Ok(Field::Unknown),
                _ => found = Some((kind, number)),
            }
        }
        Ok(match found {
            Some((kind, number)) if self.shared.config.order_types.contains(&kind) => Field::Set((kind, number)),
            Some(_) => Field::Unknown,
            None => Field::Empty,
        })
    }
    /// The invoice that a credit note settles, if it settles one.
    fn credits(read: &Wire) -> Result<Field<String>> {
        let rows = match read.rows("applications")? {
            Field::Unknown => return Ok(Field::Unknown),
            rows => rows.into_value().unwrap_or_default(),
        };
        let mut numbers = Vec::new();
        for row in &rows {
            if row.text("docType")?.as_deref() == Some("Invoice") {
                numbers.extend(row.text("refNbr")?.into_value());
            }
        }
        numbers.dedup();
        Ok(match numbers.as_slice() {
            [] => Field::Empty,
            [one] => Field::Set(one.clone()),
            _ => Field::Unknown,
        })
    }
    fn invoice(&self, read: &Wire, fields: &FieldMap) -> Result<Invoice> {
        let mut invoice = Invoice::from_fields(&fields.filter(|path| !path.is_extension()))?;
        invoice.is_credit = self.kind.is_credit.into();
        invoice.customer = self.shared.linked(CUSTOMERS, read.text("customer.number")?);
        let rows = read.rows(self.kind.rows)?;
        if self.kind.is_credit {
            invoice.credits = self.shared.linked("invoices", Self::credits(read)?);
        } else if let Some(rows) = rows.value() {
            invoice.order = match self.order(rows)? {
                Field::Set((kind, number)) => self.shared.link(&orders::stream(&kind), number).into(),
                // the order that it is itself
                Field::Empty if self.is_direct(read)? => {
                    self.shared.linked(direct::SOLD_BY_INVOICE, read.text("referenceNumber")?)
                }
                Field::Empty => Field::Empty,
                Field::Unknown => Field::Unknown,
            };
        }
        invoice.content.lines = lines::decode(&self.shared, rows, self.sign())?;
        invoice.content.prices_include_vat = (self.shared.config.prices == Prices::WithVat).into();
        if let Some(sums) = self.sums(read)? {
            let sums = if self.kind.is_credit { sums.negated() } else { sums };
            sums.put(&mut invoice.content);
        }
        self.settle(read, &mut invoice)?;
        Ok(invoice)
    }
    /// What became of a release that was accepted.
    async fn released(&self, cx: &Context, id: &str) -> Result<Answer> {
        let operation = self.kind.release;
        let look = self.shared.api.get(cx, &self.kind.of, id).await.ok().flatten();
        let document = look.as_ref().and_then(|row| serde_json::from_str::<Wire>(row.get()).ok()).unwrap_or_default();
        if let (true, Some(row)) = (is_booked(&document), look) {
            return Ok(Answer::row(row));
        }
        if let Ok(Field::Set(words)) = document.text("errorInfo") {
            let line = format!("{operation}: it was accepted and did not succeed; correct the document in Visma.net");
            return Err(Error::new(ErrorKind::Invalid, operation, line).with_vendor("errorInfo", words));
        }
        let line = format!("{operation}: it was accepted and runs on by itself; a later look shows whether it is done");
        Err(Error::new(ErrorKind::UnderWay, operation, line))
    }
    /// What a new document is told beside its content.
    fn begin(&self, encode: &Encode<'_, Wire>, body: &mut Body) {
        body.wrapped("hold", self.shared.config.new_invoices == NewInvoices::Hold);
        if self.shared.config.invoice_sending == InvoiceSending::Off {
            body.wrapped("dontPrint", true);
            body.wrapped("dontEmail", true);
            body.wrapped("sendToAutoInvoice", false);
        }
        if let Some(mark) = encode.mark() {
            body.wrapped(self.shared.config.invoice_mark.name(), mark);
        }
    }
}

/// Whether a document is released.
pub(super) fn is_booked(read: &Wire) -> bool {
    let status = read.word("status", &DOCUMENT_STATUS).ok().and_then(Field::into_value);
    status.is_some_and(|status| codes::document_stage(status) == InvoiceStage::Booked)
}

/// Address and addressee of a document, which differ in name between reading and writing.
fn addresses(kind: &Kind) -> Vec<Column> {
    let billing = |leaf| content(within(Content::BILLING, leaf));
    let leaves = [
        (
            "invoiceAddress.addressLine1",
            ["billingAddress.addressLine1", "invoiceAddress.addressLine1"],
            Address::STREET,
            50,
        ),
        (
            "invoiceAddress.addressLine2",
            ["billingAddress.addressLine2", "invoiceAddress.addressLine2"],
            Address::STREET_2,
            50,
        ),
        (
            "invoiceAddress.postalCode",
            ["billingAddress.postalCode", "invoiceAddress.postalCode"],
            Address::POSTAL_CODE,
            20,
        ),
        ("invoiceAddress.city", ["billingAddress.city", "invoiceAddress.city"], Address::CITY, 50),
        ("invoiceAddress.country.id", ["billingAddress.countryId", "invoiceAddress.countryId"], Address::COUNTRY, 2),
        ("invoiceContact.businessName", ["invoiceContact.name", "invoiceContact.name"], Address::NAME, 255),
        ("invoiceContact.attention", ["invoiceContact.attention", "invoiceContact.attention"], Address::ATTENTION, 255),
    ];
    let one = |(at, [invoice, credit], leaf, max): (&'static str, [&'static str; 2], FieldPath, u32)| {
        let to = if kind.is_credit { credit } else { invoice };
        column(at, billing(leaf), Form::Text).to(to).exact(max)
    };
    leaves.into_iter().map(one).collect()
}

impl StreamHandler for Invoices {
    type Row = Row;
    type Read = Wire;
    type Body = Body;

    fn stream(&self) -> StreamId {
        self.kind.of.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let config = &self.shared.config;
        let mut can = StreamCapability::new(EntityKind::Invoice);
        can.holds.set(Invoice::IS_CREDIT, self.kind.is_credit);
        columns::declare(&self.columns, &mut can);
        columns::declare(&self.addresses, &mut can);
        document::declare(&mut can);
        let link = if self.kind.is_credit { Invoice::CREDITS } else { Invoice::ORDER };
        for path in [
            Invoice::STAGE,
            Invoice::IS_CREDIT,
            Invoice::IS_CANCELLED,
            Invoice::PAYMENT,
            Invoice::SETTLED,
            Invoice::REMAINING,
            link,
        ] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        can.fields.insert(Invoice::CUSTOMER, FieldCapability::read_write().required());
        let mark = own(config.invoice_mark.name());
        can.fields.insert(mark, FieldCapability::read_only());
        self.shared.declare(&mut can, config.invoice_stamps == InvoiceStamps::Miss);
        can.find_by = self.filters().iter().map(Filter::path).collect();
        let mut document = document::capability(config, &lines::LEAVES, false);
        let makes = !self.kind.is_credit || config.make_credit_notes;
        if config.may(":create") && makes {
            can.create = true;
            can.create_mark = Some(Mark { field: mark, max_len: REFERENCE_MAX });
            can.acts = [RELEASE.to_owned()].into();
            document.steps.push(Step::new(RELEASE, InvoiceStage::Draft.word(), InvoiceStage::Booked.word()));
        }
        if config.may(":update") {
            // a write names the rows that it changes, so what stands there must be known
            can.update = UpdateMode::Replace;
        }
        if config.may(":delete") {
            can.remove = [RemoveMode::Delete].into();
        }
        can.document = Some(document);
        let names = [
            (Invoice::CUSTOMER, "customer.number"),
            (Invoice::STAGE, "status"),
            (Invoice::REMAINING, "balance"),
            (Invoice::ORDER, "soOrderNbr"),
            (Invoice::CREDITS, "applications.refNbr"),
            (content(Content::LINES), self.kind.rows),
            (content(Content::VAT), "vatTotal"),
            (content(Content::GROSS), "amount"),
            (content(Content::ROUNDING), "roundingDiff"),
        ];
        self.shared.describe(&mut can, &names);
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        if self.kind.is_credit || !self.shared.config.wants(direct::SOLD_BY_INVOICE) {
            return Vec::new();
        }
        vec![(direct::SOLD_BY_INVOICE.into(), direct::capability(&self.capability(), &self.shared.config))]
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        row.number.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let text = |name| read.text(name).ok().and_then(Field::into_value);
        let miss = self.shared.config.invoice_stamps == InvoiceStamps::Miss;
        let created = read.moment("createdDateTime", self.shared.api.zone).ok().and_then(Field::into_value);
        Head {
            // told where open documents are to be read again
            created_at: created.filter(|_| miss),
            writable: match is_booked(read) {
                true => Writable::Nothing("it is released in Visma.net; credit it and invoice again".to_owned()),
                false => Writable::All,
            },
            mark: text(self.shared.config.invoice_mark.name()),
            ..self.shared.head(read)
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        fields.overlay(&columns::read(&self.addresses, read, self.shared.api.zone)?);
        let invoice = self.invoice(read, &fields)?;
        let mark = self.shared.config.invoice_mark.name();
        let shown = Shown::of(self.kind.of.name, &invoice).extras(&fields.filter(|path| path.is_extension()));
        let mut shown = vec![shown.extra(own(mark), read.text(mark)?.into_value().unwrap_or_default())];
        if self.is_direct(read)? {
            let order = Shown::of(direct::SOLD_BY_INVOICE, &direct::order(&invoice));
            shown.push(order.extra(own(direct::STATUS), read.text(direct::STATUS)?.into_value().unwrap_or_default()));
        }
        Ok(shown)
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Body> {
        let stream = self.kind.of.name;
        let sent = encode.sent(stream);
        let invoice: Invoice = encode.wanted(stream)?;
        let mut body = Body::default();
        columns::write(&self.columns, &sent, encode.is_create(), Dialect::Wrapped, &mut body)?;
        columns::write(&self.addresses, &sent, encode.is_create(), Dialect::Wrapped, &mut body)?;
        if body.0.contains_key(self.kind.address) {
            body.wrapped(&format!("{}.overrideAddress", self.kind.address), true);
        }
        if body.0.contains_key("invoiceContact") {
            body.wrapped("invoiceContact.overrideContact", true);
        }
        if let Some(customer) = sent.get(Invoice::CUSTOMER).filter(|value| !value.is_null()) {
            body.wrapped("customerNumber", key_of(customer).map_or(Json::Null, Json::from));
        }
        if encode.is_create() {
            self.begin(encode, &mut body);
        }
        if encode.sends(stream, content(Content::LINES)) {
            let old = encode.current().map(|current| current.rows(self.kind.rows)).transpose()?;
            let old = old.and_then(Field::into_value).unwrap_or_default();
            let rows = lines::encode(&self.shared, &invoice.content, &old, self.sign())?;
            if !rows.is_empty() {
                body.bare(self.kind.rows, rows);
            }
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Body, _: &Wire) -> bool {
        body.is_empty()
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &self.kind.of, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &self.kind.of, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        self.shared.find(cx, &self.kind.of, by, &self.filters()).await
    }
    async fn post(&self, cx: &Context, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &self.kind.of, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.change(cx, &self.kind.of, id, body).await
    }
    /// The release runs on by itself, so the document is looked at once: one that is not booked by then has to be looked at
    /// again, and must not be released a second time meanwhile. What is on hold cannot be released, so it is taken off
    /// hold first.
    async fn act(&self, cx: &Context, id: &str, act: &str, _: &FieldMap, write: &Write) -> Result<Answer> {
        if act != RELEASE {
            return Err(Error::new(ErrorKind::Unsupported, "act", format!("an invoice has no step '{act}'")));
        }
        let current = write.current.as_ref().and_then(|item| serde_json::from_str::<Wire>(&item.raw).ok());
        let is_held = |current: Wire| {
            let status = current.word("status", &DOCUMENT_STATUS).ok()?.into_value();
            Some(status == Some("Hold") || current.flag("hold").ok()?.into_value() == Some(true))
        };
        // of one that nobody read just now it is as new ones are
        let held = current.map_or(self.shared.config.new_invoices == NewInvoices::Hold, |current| {
            is_held(current).unwrap_or_default()
        });
        if held {
            let mut off = Body::default();
            off.wrapped("hold", false);
            self.shared.api.change(cx, &self.kind.of, id, &off).await?;
        }
        self.shared.api.step(cx, self.kind.release, self.kind.release_at, id).await?;
        self.released(cx, id).await
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        self.shared.api.remove(cx, &self.kind.of, id).await
    }
}
