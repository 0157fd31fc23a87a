//! Two systems that hold nothing: a catalogue whose rows are written down as they are listed, and books that take what
//! they are given and show nothing.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{json, value::RawValue};
use sync_core::{
    Context, EntityKind, Error, ErrorKind, FieldMap, Result, StreamId, SystemId,
    capability::{FieldCapability, Listing, StreamCapability, UpdateMode},
    connector::{ConnectorInfo, ListFrom, Tenant, Write},
    handler::{Answer, Encode, Head, RawPage, Router, Session, Shown, StreamHandler},
    model::Item,
};

/// Records on a page of the catalogue.
pub(crate) const PAGE: u32 = 1000;
/// Writes that the books take at once, one in a call.
const AT_ONCE: u32 = 8;

/// What the catalogue shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shows {
    /// The number of the first record.
    pub(crate) first: u64,
    /// So many records.
    pub(crate) records: u64,
    /// One in so many has another name than at first; none if 0.
    pub(crate) one_in: u64,
}

impl Shows {
    /// Writes down one record, about 330 bytes of JSON.
    pub(crate) fn row(self, number: u64, into: &mut String) {
        let edition = if number.checked_rem(self.one_in) == Some(0) { "second" } else { "first" };
        // a text takes all that is written to it
        let _ = write!(
            into,
            r#"{{"id":"{number:08}","number":"A-{number:08}","name":"Article {number:08}, {edition} edition","description":"As it stands in the printed catalogue, with a picture on the opposite page; prices on request","barcode":"73500{number:08}","unit":"pcs","category":"hardware","vat_rate":25,"active":true,"note":"kept on the shelf to the left of the door"}}"#
        );
    }

    /// Writes down a page, in the envelope in which it comes over the wire; `after` so many records.
    pub(crate) fn page(self, after: u64) -> String {
        let first = self.first.saturating_add(after);
        let end = self.first.saturating_add(after.saturating_add(PAGE.into()).min(self.records));
        let mut text = String::with_capacity(400_000);
        text.push_str(r#"{"rows":["#);
        for number in first..end {
            if number > first {
                text.push(',');
            }
            self.row(number, &mut text);
        }
        text.push_str("]}");
        text
    }
}

/// Who a system is; there is nobody to sign in to.
#[derive(Debug)]
struct Known(ConnectorInfo);

impl Session for Known {
    fn info(&self) -> &ConnectorInfo {
        &self.0
    }
    async fn check(&self, _: &Context) -> Result<Tenant> {
        Ok(Tenant { id: self.0.system.to_string(), name: "Bench".to_owned(), base_currency: None })
    }
}

fn router(name: &str, handler: impl StreamHandler) -> Result<Router> {
    let info = ConnectorInfo::new("bench", SystemId::new(format!("bench:{name}")), "1");
    Router::new(Known(info)).with(handler)
}

/// The system that records come from.
pub(crate) fn catalogue(shows: Shows) -> Result<Router> {
    router("catalogue", Catalogue(shows))
}

/// The system that they go to.
pub(crate) fn books() -> Result<Router> {
    router("books", Books)
}

#[derive(Debug)]
struct Catalogue(Shows);

/// Of every row of every listing.
#[derive(Deserialize)]
struct Row {
    id: String,
}

/// The whole record, parsed where its row is new.
#[derive(Deserialize)]
struct Read {
    number: String,
    name: String,
    description: String,
    barcode: String,
    unit: String,
    category: String,
    vat_rate: i64,
    active: bool,
    note: String,
}

#[derive(Deserialize)]
struct Envelope {
    rows: Vec<Box<RawValue>>,
}

impl StreamHandler for Catalogue {
    type Row = Row;
    type Read = Read;
    type Body = ();

    fn stream(&self) -> StreamId {
        "articles".into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        can.list = Some(Listing::complete(PAGE));
        let fields = [Item::NUMBER, Item::NAME, Item::DESCRIPTION, Item::BARCODE, Item::UNIT, Item::CATEGORY];
        let fields = fields.into_iter().chain([Item::VAT_RATE, Item::IS_ACTIVE, Item::NOTE]);
        can.fields.extend(fields.map(|path| (path, FieldCapability::read_only())));
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, _: &Read) -> Head {
        Head::default()
    }
    fn decode(&self, read: &Read) -> Result<Vec<Shown>> {
        let item = Item::new()
            .number(read.number.as_str())
            .name(read.name.as_str())
            .description(read.description.as_str())
            .barcode(read.barcode.as_str())
            .unit(read.unit.as_str())
            .category(read.category.as_str())
            .vat_rate(read.vat_rate)
            .is_active(read.active)
            .note(read.note.as_str());
        Ok(vec![Shown::of(self.stream(), &item)])
    }
    async fn list(&self, _: &Context, from: &ListFrom, _: u32) -> Result<RawPage> {
        let after = match from {
            ListFrom::Beginning => 0,
            ListFrom::Page(cursor) => cursor.0.as_u64().unwrap_or(self.0.records),
            _ => return Err(Error::new(ErrorKind::Unsupported, "list", "the catalogue is listed whole")),
        };
        let text = self.0.page(after);
        let page: Envelope = serde_json::from_str(&text)
            .map_err(|error| Error::new(ErrorKind::Protocol, "list", "this is no page").with_source(error))?;
        let next = after.saturating_add(PAGE.into());
        Ok(if next < self.0.records { RawPage::more(page.rows, json!(next)) } else { RawPage::last(page.rows) })
    }
}

#[derive(Debug)]
struct Books;

impl StreamHandler for Books {
    type Row = Row;
    type Read = ();
    type Body = ();

    fn stream(&self) -> StreamId {
        "articles".into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        can.create = true;
        can.update = UpdateMode::Merge;
        can.find_by = [Item::NUMBER].into(); // as any register of articles: what was sent can be looked up
        can.write_concurrency = AT_ONCE;
        let fields = [Item::NUMBER, Item::NAME, Item::DESCRIPTION, Item::BARCODE, Item::UNIT, Item::CATEGORY];
        let fields = fields.into_iter().chain([Item::VAT_RATE, Item::IS_ACTIVE, Item::NOTE]);
        can.fields.extend(fields.map(|path| (path, FieldCapability::read_write())));
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, (): &()) -> Head {
        Head::default()
    }
    fn decode(&self, (): &()) -> Result<Vec<Shown>> {
        Ok(Vec::new())
    }
    fn encode(&self, _: &Encode<'_, ()>) -> Result<()> {
        Ok(())
    }
    fn reads_back(&self, _: &Write) -> bool {
        false
    }
    async fn find(&self, _: &Context, _: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        Ok(Vec::new())
    }
    async fn post(&self, _: &Context, (): &(), write: &Write) -> Result<Answer> {
        let number = write.action.parts().first().and_then(|part| part.wanted.text(Item::NUMBER));
        Ok(Answer::id(format!("books of {}", number.unwrap_or_default())))
    }
    async fn put(&self, _: &Context, _: &str, (): &(), _: &Write) -> Result<Answer> {
        Ok(Answer::done())
    }
}
