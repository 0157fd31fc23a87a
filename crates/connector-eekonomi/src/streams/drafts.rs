//! `/customerinvoicedrafts`: an invoice that can still be changed. `convert` books it; there is no way back.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, Link, Result, StreamId,
    capability::{FieldCapability, Mark, RemoveMode, Step, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Content, Invoice, InvoiceStage, Line},
};

use super::{
    Row, Shared, declare_own,
    document::{self, Sums},
    invoices::INVOICES,
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
const BOOK: &str = "book";

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
        let mut document = document::capability(ROWS.quantity_scale);
        if !self.shared.company.read_only {
            can.create = true;
            can.create_mark = Some(Mark { field: mark, max_len: self.shared.config.mark.max_len() });
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            can.remove = [RemoveMode::Delete].into();
            can.acts = [BOOK.to_owned()].into();
            if self.shared.company.reach(INVOICES.name).is_some() {
                let (draft, booked) = (InvoiceStage::Draft.word(), InvoiceStage::Booked.word());
                document.steps.push(Step::new(BOOK, draft, booked).moves_to(INVOICES.name));
            }
            declare_own(&self.shared.config.own_fields(DRAFTS.name), &COMPUTED, &mut can);
        }
        can.document = Some(document);
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    /// A draft carries no moment of change at all.
    fn head(&self, read: &Wire) -> Head {
        Head {
            version: Version::default(),
            created_at: read.moment("CreatedUtc").ok().and_then(Field::into_value),
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
        if act != BOOK {
            return Err(Error::new(ErrorKind::Unsupported, "act", format!("an invoice draft has no step '{act}'")));
        }
        let source = Invoice::from_fields(with)?;
        let current = write.current.as_ref().and_then(|item| serde_json::from_str::<Wire>(&item.raw).ok());
        if let Some(draft) = &current {
            check_currency(&source, draft)?;
        }
        let body = check(&source, current.as_ref())?;
        let query: &[(&'static str, bool)] = match source.invoiced_on.is_set() {
            true => &[("keepOriginalDraftDate", true), ("overrideCompanyKeepOriginalDraftDate", true)],
            false => &[],
        };
        let path = "/customerinvoicedrafts/{id}/convert";
        let answer = self.shared.api.step(cx, "book invoice draft", path, id, query, Some(&body)).await?;
        Ok(shown(&answer, None).moved_to(INVOICES.name))
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

/// The sums that must agree before a draft is booked: those that the source means, in the form in which eEkonomi prints
/// them, as far as they are known. The call refuses a draft that has others.
///
/// Whether a draft's total contains its rounding is not published, and the rounding to whole kronor is eEkonomi's own. So
/// where the draft, as it was read just before, comes to what the source means, with its own rounding or without it,
/// what it prints goes along. Its VAT goes along too if it is the source's but for rounding, a hundredth for each row:
/// whether it is rounded by row or by rate is not published, and prices with VAT do not show it. A wrong rate is more
/// than that, and stops the booking. Rows are matched by their numbers, which only the draft knows; of a row the amount goes
/// along that the draft prints, if the source's is the same: the other one has been rounded by somebody.
fn check(source: &Invoice, draft: Option<&Wire>) -> Result<Wire> {
    let content = &source.content;
    let (gross, rounding) = (content.gross.value().copied(), content.rounding.value().copied());
    let sums = draft.map(Drafts::sums).transpose()?.flatten();
    let agree =
        sums.filter(|sums| gross.is_some_and(|gross| [sums.gross, sums.gross - sums.rounding].contains(&gross)));
    let printed =
        |name| draft.map(|draft| draft.number(name)).transpose().map(|shown| shown.and_then(Field::into_value));
    let rows = draft.map(|draft| draft.rows("Rows")).transpose()?.and_then(Field::into_value).unwrap_or_default();
    let (total, rounding) = match agree {
        Some(_) => (printed("TotalAmount")?, printed("TotalRoundings")?),
        // with a rounding, and no draft to show it, nobody knows how the total is printed
        None if draft.is_none() && rounding.is_some_and(|rounding| !rounding.is_zero()) => (None, rounding),
        None => (gross, rounding),
    };
    let a_cent_a_row = Decimal::new(1, 2) * Decimal::from(rows.len());
    let vat = content.vat.value().copied();
    let vat = match agree.filter(|sums| vat.is_some_and(|vat| (sums.vat - vat).abs() <= a_cent_a_row)) {
        Some(_) => printed("TotalVatAmount")?,
        None => vat,
    };
    let mut body = Wire::default();
    for (name, amount) in [
        ("TotalAmountInvoiceCurrency", total),
        ("TotalVatAmountInvoiceCurrency", vat),
        ("TotalRoundingsInvoiceCurrency", rounding),
    ] {
        if let Some(amount) = amount {
            body.set(name, number(amount));
        }
    }
    let includes_vat = draft.map(|draft| draft.flag("IncludesVat")).transpose()?.and_then(Field::into_value);
    let checks = row_checks(content.lines.value().map_or(&[], |lines| lines), &rows, includes_vat == Some(true));
    if !checks.is_empty() {
        body.set("Rows", checks);
    }
    Ok(body)
}

/// A draft is in the currency of its customer, whatever its source is in: equal figures are not equal sums then.
fn check_currency(source: &Invoice, draft: &Wire) -> Result<()> {
    match (source.content.currency.value(), draft.text("InvoiceCurrencyCode")?.value()) {
        (Some(meant), Some(shown)) if meant != shown => {
            let what = format!(
                "the source is in {meant}, the draft in {shown}, which is its customer's currency in eEkonomi: delete the \
                 draft and invoice a customer with {meant}"
            );
            Err(Error::new(ErrorKind::Invalid, "book invoice draft", what)
                .with_context("field", document::content(Content::CURRENCY)))
        }
        _ => Ok(()),
    }
}

fn row_checks(lines: &[Line], rows: &[Wire], includes_vat: bool) -> Vec<Json> {
    if rows.len() != lines.len() {
        return Vec::new();
    }
    let checks = rows.iter().zip(lines).filter_map(|(row, line)| {
        let place = row.whole("LineNumber").ok()?.into_value()?;
        let (net, vat) = (line.net.value()?, line.vat.value());
        let (name, meant) = match includes_vat {
            true => ("TotalAmountIncVatInvoiceCurrency", *net + *vat?),
            false => ("TotalAmountNoVatInvoiceCurrency", *net),
        };
        let shown = row.number("Amount").ok()?.into_value()?;
        let mut check = Wire::default();
        check.set("LineNumber", place);
        check.set(name, number(shown));
        serde_json::to_value(check).ok().filter(|_| shown == meant)
    });
    checks.collect()
}
