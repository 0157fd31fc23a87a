//! `/customerinvoicedrafts`: an invoice that can still be changed. `convert` books it; there is no way back.

use std::sync::Arc;

use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, Link, Result, StreamId,
    capability::{FieldCapability, Mark, RemoveMode, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Content, Invoice, InvoiceStage, Line},
};

use super::{
    Row, Shared, declare_own,
    document::{self, Sums},
    own,
    rows::{self, RowKind},
    write_own,
};
use crate::{
    client::{Resource, equals, shown},
    columns::{self, Column, Form, column},
    wire::{Wire, number},
};

pub(crate) static DRAFTS: Resource = Resource {
    name: "customerinvoicedrafts",
    all: "/customerinvoicedrafts",
    one: "/customerinvoicedrafts/{id}",
    list: "list invoice drafts",
    get: "read invoice draft",
    find: "find invoice drafts",
    create: "create invoice draft",
    update: "update invoice draft",
    remove: "delete invoice draft",
    modified: None,
    created: Some("CreatedUtc"),
};

const COMPUTED: [&str; 22] = [
    "Id",
    "CreatedUtc",
    "MaxAllowedTaxReductionAmount",
    "InvoiceCustomerName",
    "InvoicePostalCode",
    "InvoiceCity",
    "InvoiceCountryCode",
    "InvoiceCurrencyCode",
    "CustomerIsPrivatePerson",
    "ReverseChargeOnConstructionServices",
    "SalesDocumentAttachments",
    "MessageThreads",
    "Notes",
    "TotalAmount",
    "TotalVatAmount",
    "TotalRoundings",
    "TotalAmountBaseCurrency",
    "TotalVatAmountBaseCurrency",
    "CustomerNumber",
    "CustomerName",
    "IncludesVat",
    "ContributionMargin",
];
const DAYS: [&str; 3] = ["InvoiceDate", "DueDate", "DeliveryDate"];
const ROWS: RowKind = RowKind {
    quantity_scale: 2,
    flags: &["ReversedConstructionServicesVatFree"],
    computed: &[
        "Id",
        "IsServiceArticle",
        "UnitId",
        "UnitAbbreviation",
        "UnitAbbreviationEnglish",
        "UnitName",
        "ArticleNumber",
        "IsDiscountInFixedAmount",
        "DiscountFixedAmount",
        "VatRateId",
        "VatRate",
        "ContributionMargin",
        "PurchasePrice",
        "Amount",
        "FreightCosts",
    ],
};
/// The step that books a draft.
const CONVERT: &str = "convert";

#[derive(Debug)]
pub(crate) struct Drafts {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Drafts {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let mut columns = document::columns(&shared, 50);
        // name, postal code, city and country come from the customer and cannot be set: a street alone would make an
        // address that nobody wrote
        columns.extend(document::billing_columns().into_iter().map(Column::read_only));
        columns.push(column("InvoiceCurrencyCode", document::content(Content::CURRENCY), Form::Text).read_only());
        columns.push(column("InvoiceDate", Invoice::INVOICED_ON, Form::Day));
        columns.push(column("DueDate", Invoice::DUE_ON, Form::Day));
        columns.push(column("IsCreditInvoice", Invoice::IS_CREDIT, Form::Flag));
        Self { shared, columns }
    }

    fn sums(read: &Wire) -> Result<Option<Sums>> {
        let amount = |name| read.number(name).map(Field::into_value);
        let Some(total) = amount("TotalAmount")? else { return Ok(None) };
        let vat = amount("TotalVatAmount")?.unwrap_or_default();
        let rounding = amount("TotalRoundings")?.unwrap_or_default();
        let includes_vat = read.flag("IncludesVat")?.into_value().unwrap_or(false);
        let net = rows::sum(read, "Amount")?.map(|sum| if includes_vat { sum - vat } else { sum });
        Ok(Some(Sums::of(total, vat, rounding, net, true)))
    }
    fn begin(&self, encode: &Encode<'_, Wire>, body: &mut Wire) {
        body.set_default("IsCreditInvoice", false);
        body.set("EuThirdParty", false);
        body.set("RotReducedInvoicingType", 0);
        // a price of zero is meant
        body.set("ReplaceUnitPriceWhenZero", false);
        if let Some(mark) = encode.mark() {
            body.set(self.shared.config.mark.name(), mark);
        }
    }
}

impl StreamHandler for Drafts {
    type Row = Row;
    type Read = Wire;
    type Body = Wire;

    fn stream(&self) -> StreamId {
        DRAFTS.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Invoice);
        can.holds.set(Invoice::STAGE, InvoiceStage::Draft.word());
        columns::declare(&self.columns, &mut can);
        document::declare(&mut can, true);
        can.fields.insert(Invoice::STAGE, FieldCapability::read_only());
        can.fields.insert(Invoice::CUSTOMER, FieldCapability::read_write().required());
        let mark = own(self.shared.config.mark.name());
        can.fields.insert(mark, FieldCapability::read_only());
        self.shared.declare(&DRAFTS, &mut can, false, &[(self.shared.config.mark.name(), mark)]);
        if !self.shared.company.read_only {
            can.create = true;
            can.create_mark = Some(Mark { field: mark, max_len: self.shared.config.mark.max_len() });
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            can.remove = [RemoveMode::Delete].into();
            can.acts = [CONVERT.to_owned()].into();
            declare_own(&self.shared.config.own_fields(DRAFTS.name), &COMPUTED, &mut can);
        }
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    /// A draft carries no moment of change at all.
    fn head(&self, read: &Wire) -> Head {
        Head {
            version: Version::default(),
            partial: rows::are_left_out(read, "TotalAmount"),
            writable: rows::lock_of_fixed_discounts(read),
            mark: document::mark(&self.shared, read),
            ..Head::default()
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read)?;
        document::read_delivery(&self.shared, read, &mut fields)?;
        let mut invoice = Invoice::from_fields(&fields)?;
        invoice.customer = read.id("CustomerId")?.map(|id| Link::External(self.shared.link("customers", id)).into());
        invoice.content.lines = rows::decode(&self.shared, read, "TotalAmount")?;
        invoice.content.prices_include_vat = read.flag("IncludesVat")?;
        if let Some(sums) = Self::sums(read)? {
            sums.put(&mut invoice.content);
        }
        let shown = Shown::of(DRAFTS.name, &invoice).extras(&self.shared.own_fields(&DRAFTS, read));
        let mark = self.shared.config.mark.name();
        Ok(vec![shown.extra(own(mark), read.text(mark)?.into_value().unwrap_or_default())])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Wire> {
        let mut sent = encode.sent(DRAFTS.name);
        let invoice: Invoice = encode.wanted(DRAFTS.name)?;
        rows::check_whole(encode.current(), "TotalAmount")?;
        let mut body = encode.current().map(replaced).unwrap_or_default();
        document::check_prices(&invoice.content, encode.current())?;
        if encode.is_create() {
            sent = document::without_empty_addresses(&sent);
        }
        columns::write(&self.columns, &sent, &mut body)?;
        document::write_delivery(&self.shared, &sent, &mut body)?;
        write_own(&sent, &mut body)?;
        if encode.sends(DRAFTS.name, Invoice::CUSTOMER) {
            let customer = invoice.customer.value().and_then(|link| link.external());
            body.set("CustomerId", customer.map_or(Json::Null, |customer| Json::from(&*customer.id)));
        }
        if encode.is_create() {
            self.begin(encode, &mut body);
        }
        if encode.sends(DRAFTS.name, document::content(Content::LINES)) {
            let old = body.rows("Rows")?.into_value().unwrap_or_default();
            body.set("Rows", rows::encode(&self.shared, &ROWS, &invoice.content, None, &old)?);
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Wire, current: &Wire) -> bool {
        *body == replaced(current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &DRAFTS, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &DRAFTS, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let mark = self.shared.config.mark.name();
        self.shared.find(cx, &DRAFTS, by, |path, text| (path == own(mark)).then(|| equals(mark, text))).await
    }
    async fn post(&self, cx: &Context, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &DRAFTS, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.replace(cx, &DRAFTS, id, body).await
    }
    /// Books the draft. `with` is the invoice as its source has it: its sums are checked by eEkonomi before it books, and
    /// its day is kept; without a day eEkonomi takes that of today, unless the company has set otherwise.
    async fn act(&self, cx: &Context, id: &str, act: &str, with: &FieldMap, write: &Write) -> Result<Answer> {
        if act != CONVERT {
            return Err(Error::new(ErrorKind::Unsupported, "act", format!("an invoice draft has no step '{act}'")));
        }
        let source = Invoice::from_fields(with)?;
        let current = write.current.as_ref().and_then(|item| serde_json::from_str::<Wire>(&item.raw).ok());
        let body = check(&source, current.as_ref())?;
        let query: &[(&'static str, bool)] = match source.invoiced_on.is_set() {
            true => &[("keepOriginalDraftDate", true), ("overrideCompanyKeepOriginalDraftDate", true)],
            false => &[],
        };
        let path = "/customerinvoicedrafts/{id}/convert";
        let answer = self.shared.api.step(cx, "book invoice draft", path, id, query, Some(&body)).await?;
        Ok(shown(&answer, None).moved_to("customerinvoices"))
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        self.shared.api.remove(cx, &DRAFTS, id).await
    }
}

fn replaced(current: &Wire) -> Wire {
    let mut body = current.clone().without(&COMPUTED).with_plain_days(&DAYS);
    super::strip(&mut body, "Rows", ROWS.computed);
    super::strip(&mut body, "Persons", &["Id"]);
    body
}

/// The sums that must agree before a draft is booked: those of the source, as far as it knows them.
///
/// Whether a draft's total contains its rounding is not published, so with a rounding the total goes along only if the
/// draft, as it was read just before, shows how it counts. Rows are matched by their numbers, which only the draft knows.
fn check(source: &Invoice, draft: Option<&Wire>) -> Result<Wire> {
    let mut body = Wire::default();
    let content = &source.content;
    let rounding = content.rounding.value().copied().unwrap_or_default();
    if let Some(vat) = content.vat.value() {
        body.set("TotalVatAmountInvoiceCurrency", number(*vat));
    }
    if let Some(gross) = content.gross.value() {
        let shown = draft.map(|draft| draft.number("TotalAmount")).transpose()?.and_then(Field::into_value);
        let total = match shown {
            _ if rounding.is_zero() => Some(*gross),
            Some(shown) if shown == *gross - rounding => Some(shown),
            Some(_) => Some(*gross),
            None => None,
        };
        if let Some(total) = total {
            body.set("TotalAmountInvoiceCurrency", number(total));
        }
    }
    if content.rounding.is_set() {
        body.set("TotalRoundingsInvoiceCurrency", number(rounding));
    }
    let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
    let rows = draft.map(|draft| draft.rows("Rows")).transpose()?.and_then(Field::into_value).unwrap_or_default();
    if rows.len() == lines.len() {
        let checks = rows.iter().zip(lines).filter_map(|(row, line)| {
            let place = row.whole("LineNumber").ok()?.into_value()?;
            let (net, vat) = (line.net.value()?, line.vat.value()?);
            let mut check = Wire::default();
            check.set("LineNumber", place);
            check.set("TotalAmountNoVatInvoiceCurrency", number(*net));
            check.set("TotalAmountIncVatInvoiceCurrency", number(*net + *vat));
            serde_json::to_value(check).ok()
        });
        let checks: Vec<Json> = checks.collect();
        if !checks.is_empty() {
            body.set("Rows", checks);
        }
    }
    Ok(body)
}
