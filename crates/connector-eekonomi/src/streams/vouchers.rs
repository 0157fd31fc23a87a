//! `/vouchers`: what is booked. A voucher has many rows, and each is an entry of the ledger by itself; so a page of vouchers
//! is read as a page of rows, each with what the voucher says of all of them. Vouchers cannot be changed, and a row is not
//! enough to make one: it is read only.

use std::sync::Arc;

use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, Link, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::{ListFrom, Version, Writable},
    handler::{Head, RawPage, Shown, StreamHandler},
    model::LedgerEntry,
};

use super::{Row, Shared, own};
use crate::{
    client::Resource,
    columns::{self, Column, Form, column},
    wire::Wire,
};

pub(crate) static VOUCHERS: Resource = Resource {
    name: "vouchers",
    all: "/vouchers",
    one: "/vouchers/{year}/{id}",
    list: "list vouchers",
    get: "read voucher",
    find: "find vouchers",
    create: "create voucher",
    update: "update voucher",
    remove: "delete voucher",
    modified: Some("ModifiedUtc"),
    created: Some("CreatedUtc"),
};

/// The row of a voucher, put into what is left of the voucher.
const ROW: &str = "Row";
const POSITION: &str = "Position";
/// Vouchers that an invoice to a customer was booked by; their source is the invoice.
const OF_INVOICES: [i64; 2] = [14, 15];

#[derive(Debug)]
pub(crate) struct Vouchers {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Vouchers {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = [
            column("VoucherDate", LedgerEntry::BOOKED_ON, Form::Day),
            column("VoucherText", LedgerEntry::TEXT, Form::Text),
            column("NumberSeries", LedgerEntry::VOUCHER_SERIES, Form::Text),
        ];
        Self { shared, columns: columns.into_iter().map(Column::read_only).collect() }
    }
}

/// The number of a voucher in its series. They are shown together, and in which form is not published: the series, if it
/// is shown by itself too, stands in front or behind.
fn number(read: &Wire) -> Result<Field<String>> {
    let series = read.text("NumberSeries")?.into_value().unwrap_or_default();
    Ok(read.text("NumberAndNumberSeries")?.map(|both| {
        let both = both.trim();
        let cut = both.strip_prefix(series.as_str()).or_else(|| both.strip_suffix(series.as_str())).unwrap_or(both);
        let cut = cut.trim_matches([' ', '-', '/', ':']);
        if cut.is_empty() { both.to_owned() } else { cut.to_owned() }
    }))
}

impl StreamHandler for Vouchers {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        VOUCHERS.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::LedgerEntry);
        columns::declare(&self.columns, &mut can);
        for path in [
            LedgerEntry::VOUCHER_NUMBER,
            LedgerEntry::POSITION,
            LedgerEntry::ACCOUNT,
            LedgerEntry::ACCOUNT_NAME,
            LedgerEntry::AMOUNT,
            LedgerEntry::QUANTITY,
            LedgerEntry::VAT_CODE,
            LedgerEntry::COST_CENTRE,
            LedgerEntry::PROJECT,
            LedgerEntry::INVOICE,
            own("voucher_type"),
        ] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        self.shared.declare(&VOUCHERS, &mut can, false, &[]);
        // one voucher is asked for by its fiscal year too, which it does not show
        can.get_max = 0;
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let stamp = |name| read.moment(name).ok().and_then(Field::into_value);
        let modified_at = stamp("ModifiedUtc").or_else(|| stamp("CreatedUtc"));
        let writable = Writable::Nothing("it is booked; correct it by another voucher in eEkonomi".to_owned());
        Head {
            version: Version { etag: None, modified_at },
            created_at: stamp("CreatedUtc"),
            writable,
            ..Head::default()
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut entry = LedgerEntry::from_fields(&columns::read(&self.columns, read)?)?;
        let row: Wire = read.get(ROW).and_then(|row| serde_json::from_value(row.clone()).ok()).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "decode", "a row of a voucher is no JSON object").with_context("field", ROW)
        })?;
        let amount = |name| row.number(name).map(|amount| amount.into_value().unwrap_or_default());
        entry.voucher_number = number(read)?;
        entry.position = read.whole(POSITION)?;
        entry.account = row.text("AccountNumber")?;
        entry.account_name = row.text("AccountDescription")?;
        entry.amount = Field::Set((amount("DebitAmount")? - amount("CreditAmount")?).normalize());
        entry.quantity = row.number("Quantity")?;
        entry.vat_code = row.id("VatCodeId")?;
        entry.cost_centre = row.id("CostCenterItemId1")?;
        if let Field::Set(text) = row.text("TransactionText")? {
            entry.text = Field::Set(text);
        }
        entry.project = row.id("ProjectId")?.map(|id| Link::External(self.shared.link("projects", id)).into());
        let kind = read.whole("VoucherType")?;
        if kind.value().is_some_and(|kind| OF_INVOICES.contains(kind)) {
            let of = read.id("SourceId")?;
            entry.invoice = of.map(|id| Link::External(self.shared.link("customerinvoices", id)).into());
        }
        let shown = Shown::of(VOUCHERS.name, &entry).extras(&self.shared.own_fields(&VOUCHERS, read));
        Ok(vec![match kind {
            Field::Set(kind) => shown.extra(own("voucher_type"), kind),
            _ => shown,
        }])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let page = self.shared.page(cx, &VOUCHERS, from, page_size).await?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for voucher in &page.rows {
            rows.extend(apart(voucher)?);
        }
        Ok(RawPage { rows, next: page.next })
    }
}

/// The rows of a voucher, each with the rest of it. What cannot be read goes on as it is, to be told as such.
fn apart(voucher: &RawValue) -> Result<Vec<Box<RawValue>>> {
    let as_it_is = || Ok(vec![voucher.to_owned()]);
    let Ok(whole) = serde_json::from_str::<Wire>(voucher.get()) else { return as_it_is() };
    let (Ok(Field::Set(id)), Ok(Field::Set(rows))) = (whole.id("Id"), whole.rows("Rows")) else { return as_it_is() };
    let rest = whole.without(&["Rows"]);
    rows.into_iter()
        .zip(1_i64..)
        .map(|(row, position)| {
            let mut one = rest.clone();
            one.set("Id", format!("{id}/{position}"));
            one.set(POSITION, position);
            one.set(ROW, serde_json::to_value(row).unwrap_or(Json::Null));
            serde_json::value::to_raw_value(&one).map_err(|error| {
                Error::new(ErrorKind::Internal, VOUCHERS.list, "a voucher cannot be taken apart").with_source(error)
            })
        })
        .collect()
}
