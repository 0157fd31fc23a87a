//! `/v2/journaltransaction`: batches of journal transactions. An entry of the ledger is one line of a batch, so a page is
//! read as a page of lines, each with what its batch says of all of them. That is how the vendor counts too: a page has so
//! many lines, and a batch whose lines do not fit goes on in the next one. A line is not enough to make a batch that
//! balances: entries are read only.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::{ListFrom, Writable},
    handler::{Head, RawPage, Shown, StreamHandler},
    model::{LedgerEntry, Money},
};
use sync_http::{
    Position, Request,
    page::{At, End},
};

use super::{METADATA, Shared, own::Own, projects::PROJECTS, with_own};
use crate::{
    client::{Place, Resource, Since, strange, told},
    codes::filter_stamp,
    columns::{
        self, Column,
        Form::{Day, Flag, Moment, Number, Text},
        column, within,
    },
    wire::Wire,
};

/// The stream.
pub(crate) const JOURNAL: &str = "journal";
static RESOURCE: Resource = Resource {
    name: JOURNAL,
    all: "/v2/journaltransaction",
    one: "/v2/journaltransaction/{id}",
    create_at: "/v2/journaltransaction",
    list: "list journal",
    get: "read batch",
    find: "find batches",
    create: "create batch",
    update: "update batch",
    remove: "delete batch",
    given: None,
    paged: true,
    created: false,
    with: &[],
};
/// The list wants a period or a stamp: all of it is what moved since before there was any.
const EVER: &str = "1900-01-01T00:00:00.000";
/// The lines of a batch; in what is left of a batch for one of them, that line.
const LINES: &str = "journalTransactionLines";
/// What names a line: the batch with its workspace, and the line's number.
const ENTRY: &str = "entry";
/// A batch in one of these is not in the ledger: it waits, or was made void.
const NOT_BOOKED: [&str; 4] = ["Hold", "Balanced", "Scheduled", "Voided"];
/// A batch in one of these was released. Of another word nobody knows which of the two it means.
const BOOKED: [&str; 5] = ["Unposted", "Posted", "Completed", "Released", "PartiallyReleased"];

const OWN: &[Own] = &[
    ("status", Text, None),
    ("module", Text, None),
    ("transactionDate", Day, None),
    ("financialPeriod", Text, None),
    ("postPeriod", Text, None),
    ("ledger", Text, None),
    ("ledgerDescription", Text, None),
    ("branch", Text, None),
    ("currencyId", Text, None),
    ("exchangeRate", Number, None),
    ("autoReversing", Flag, None),
    ("reversingEntry", Flag, None),
    ("originalBatchNumber", Text, None),
    ("transactionCode", Text, None),
    ("description", Text, None),
    ("lastModifiedDateTime", Moment, None),
    ("journalTransactionLines.description", Text, None),
    ("journalTransactionLines.referenceNumber", Text, None),
    ("journalTransactionLines.customerSupplier", Text, None),
    ("journalTransactionLines.transactionType", Text, None),
    ("journalTransactionLines.branch", Text, None),
    ("journalTransactionLines.vat.id", Text, None),
    ("journalTransactionLines.subaccount.description", Text, None),
    ("journalTransactionLines.project.id", Text, None),
    ("journalTransactionLines.projectTask.id", Text, None),
    ("journalTransactionLines.inventoryNumber", Text, None),
    ("journalTransactionLines.uom", Text, None),
    ("journalTransactionLines.note", Text, None),
];

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    entry: String,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Journal {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Journal {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = vec![
            column("batchNumber", LedgerEntry::VOUCHER_NUMBER, Text),
            column("journalTransactionLines.accountNumber", LedgerEntry::ACCOUNT, Text),
            column("journalTransactionLines.quantity", LedgerEntry::QUANTITY, Number),
            column("journalTransactionLines.vatCode.id", LedgerEntry::VAT_CODE, Text),
            column("journalTransactionLines.subaccount.subaccountNumber", LedgerEntry::COST_CENTRE, Text),
        ];
        Self { columns: with_own(columns, OWN), shared }
    }
    fn entry(&self, read: &Wire) -> Result<LedgerEntry> {
        let mut entry = LedgerEntry::new();
        entry.voucher_series = read.text("module")?.map(|module| series(&module).to_owned());
        let position = read.number("journalTransactionLines.lineNumber")?;
        entry.position = match position.map(|number| number.normalize()) {
            Field::Set(number) if !number.is_integer() => {
                let what = "the number of a line is no whole number";
                return Err(Error::new(ErrorKind::Invalid, "decode", what).with_context("field", LINES));
            }
            number => number.map(|number| i64::try_from(number).unwrap_or_default()),
        };
        entry.booked_on = match read.text("status")?.into_value().as_deref() {
            Some(word) if NOT_BOOKED.contains(&word) => Field::Empty,
            Some(word) if BOOKED.contains(&word) => read.day("transactionDate", self.shared.api.zone)?,
            _ => Field::Unknown,
        };
        let text = read.text("journalTransactionLines.transactionDescription")?;
        entry.text = if text.is_set() { text } else { read.text("description")? };
        entry.amount = sides(read, "")?;
        let ours = self.shared.company.currency.as_deref();
        entry.original.currency = match read.text("currencyId")? {
            Field::Set(currency) if Some(currency.as_str()) == ours => Field::Empty,
            currency => currency,
        };
        entry.original.amount = match entry.original.currency {
            Field::Set(_) => sides(read, "InCurrency")?,
            _ => Field::Empty,
        };
        if self.shared.config.wants(PROJECTS) {
            entry.project = self.shared.linked(PROJECTS, read.text("journalTransactionLines.project.id")?);
        }
        Ok(entry)
    }
}

/// The workspace without the word that all of them begin with.
pub(crate) fn series(module: &str) -> &str {
    module.strip_prefix("Module").unwrap_or(module)
}

/// Debit less credit.
fn sides(read: &Wire, suffix: &str) -> Result<Field<Decimal>> {
    let side = |name: &str| read.number(&format!("{LINES}.{name}Amount{suffix}"));
    let (debit, credit) = (side("debit")?, side("credit")?);
    if debit == Field::Unknown && credit == Field::Unknown {
        return Ok(Field::Unknown);
    }
    let amount = debit.into_value().unwrap_or_default() - credit.into_value().unwrap_or_default();
    Ok(Field::Set(amount.normalize()))
}

impl StreamHandler for Journal {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        JOURNAL.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::LedgerEntry);
        columns::declare(&self.columns, &mut can);
        let mut names = vec![
            (LedgerEntry::VOUCHER_SERIES, "module"),
            (LedgerEntry::POSITION, "journalTransactionLines.lineNumber"),
            (LedgerEntry::BOOKED_ON, "transactionDate"),
            (LedgerEntry::TEXT, "journalTransactionLines.transactionDescription"),
            (LedgerEntry::AMOUNT, "journalTransactionLines.debitAmount"),
            (within(LedgerEntry::ORIGINAL, Money::AMOUNT), "journalTransactionLines.debitAmountInCurrency"),
            (within(LedgerEntry::ORIGINAL, Money::CURRENCY), "currencyId"),
        ];
        if self.shared.config.wants(PROJECTS) {
            names.push((LedgerEntry::PROJECT, "journalTransactionLines.project.id"));
        }
        can.fields.extend(names.iter().map(|(path, _)| (*path, FieldCapability::read_only())));
        self.shared.declare(&mut can, false);
        if let Some(since) = can.list.as_mut().and_then(|list| list.since.as_mut()) {
            // the one stamp that has no condition: whether the moment itself is included is not published
            since.inclusive = false;
        }
        // a number is asked for without the workspace, and may be that of several batches
        can.get_max = 0;
        self.shared.describe(&mut can, &names);
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        row.entry.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let writable =
            Writable::Nothing("a line of a journal batch; correct it by another batch in Visma.net".to_owned());
        Head { writable, ..self.shared.head(read) }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        if !matches!(read.get(LINES), Some(Json::Object(_))) {
            let what = "a line of a batch is no JSON object";
            return Err(Error::new(ErrorKind::Invalid, "decode", what).with_context("field", LINES));
        }
        let mut all = fields;
        all.overlay(&self.entry(read)?.to_fields());
        Ok(vec![Shown::fields(JOURNAL, all)])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let place = Place::of(RESOURCE.list, from, RESOURCE.created)?;
        let position = Position::resume(RESOURCE.list, place.position.as_ref(), Position::page(1))?;
        let At::Page(number) = *position.at() else { return Err(strange(RESOURCE.list)) };
        let since = match place.since {
            Some(Since::Modified(at)) => filter_stamp(at, self.shared.api.zone),
            _ => EVER.to_owned(),
        };
        let request = Request::get(RESOURCE.list, RESOURCE.all).query("lastModifiedDateTime", since);
        let request =
            request.query("expandAttachments", "false").query("pageNumber", number).query("pageSize", page_size);
        let batches: Vec<Box<RawValue>> = self.shared.api.read(cx, request).await?.json()?;
        let end = match told(&batches) {
            // lines are counted: how many of a batch that goes on in the next page are shown here does not matter
            Some((Some(total), max)) => {
                let size = u64::from(page_size).min(max.unwrap_or(u64::MAX)).max(1);
                End::More(!batches.is_empty() && number.saturating_mul(size) < total)
            }
            _ => End::Empty,
        };
        let next = position.turn(RESOURCE.list, batches.iter().map(|batch| batch.get()), end)?;
        let mut rows = Vec::new();
        for batch in &batches {
            rows.extend(apart(batch)?);
        }
        Ok(match next {
            Some(next) => RawPage::more(rows, Place { since: place.since, position: Some(next.to_json()) }.json()),
            None => RawPage::last(rows),
        })
    }
}

/// The lines of a batch, each with the rest of it. What cannot be read goes on as it is, to be told as such.
fn apart(batch: &RawValue) -> Result<Vec<Box<RawValue>>> {
    let as_it_is = || Ok(vec![batch.to_owned()]);
    let Ok(whole) = serde_json::from_str::<Wire>(batch.get()) else { return as_it_is() };
    let (Ok(Field::Set(module)), Ok(Field::Set(number)), Ok(Field::Set(lines))) =
        (whole.text("module"), whole.text("batchNumber"), whole.rows(LINES))
    else {
        return as_it_is();
    };
    let one = |line: Wire| {
        let mut row = whole.clone();
        // one without a number is told as unreadable, by its row without a key
        if let Ok(Field::Set(position)) = line.text("lineNumber") {
            row.set(ENTRY, format!("{}/{number}/{position}", series(&module)));
        }
        row.set(LINES, line.into_json());
        row.raw().ok_or_else(|| Error::new(ErrorKind::Internal, RESOURCE.list, "a batch cannot be taken apart"))
    };
    lines.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(batch: &str) -> Vec<String> {
        let batch: Box<RawValue> = serde_json::from_str(batch).unwrap();
        let rows = apart(&batch).unwrap();
        rows.iter()
            .map(|row| serde_json::from_str::<Row>(row.get()).map_or_else(|_| "?".to_owned(), |row| row.entry))
            .collect()
    }

    #[test]
    fn a_batch_is_told_line_by_line() {
        let two = r#"{"module":"ModuleGL","batchNumber":"000007","journalTransactionLines":[{"lineNumber":1},{"lineNumber":2}]}"#;
        assert_eq!(ids(two), ["GL/000007/1", "GL/000007/2"]);
        assert_eq!(ids(r#"{"module":"ModuleGL","batchNumber":"1","journalTransactionLines":[]}"#), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_one_row_without_a_key() {
        for odd in [
            "[]",
            r#"{"batchNumber":"1","journalTransactionLines":[{"lineNumber":1}]}"#,
            r#"{"module":"ModuleGL","batchNumber":"1","journalTransactionLines":[7]}"#,
            r#"{"module":"ModuleGL","batchNumber":"1","journalTransactionLines":[{"accountNumber":"3000"}]}"#,
        ] {
            assert_eq!(ids(odd), ["?"], "{odd}");
        }
    }
}
