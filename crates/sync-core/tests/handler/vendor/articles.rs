//! Articles carry their price and stock and are replaced whole; prices are also written in batches.

#![allow(clippy::disallowed_types, reason = "the derived reader of a flattened map names floats")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Context, EntityKind, ErrorKind, FieldMap, FieldPath, Link, Result, StreamId, StreamKey,
    capability::{FieldCapability, Listing, Mark, RemoveMode, Since, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Writable, Write},
    handler::{Answer, Encode, Head, Outgoing, RawPage, Shown, Step, StreamHandler, extras},
    model::{Item, Price, StockLevel},
};

use super::{Answers, Vendor};

pub(crate) const GROUP: FieldPath = FieldPath::from_static("x.toy.group");
pub(crate) const NOTE: FieldPath = FieldPath::from_static("x.toy.mark");

#[derive(Debug)]
pub(crate) struct Articles(pub(crate) Vendor);

#[derive(Deserialize)]
pub(crate) struct Row {
    number: String,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Article {
    number: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default, with = "rust_decimal::serde::arbitrary_precision_option")]
    price: Option<Decimal>,
    #[serde(
        default,
        with = "rust_decimal::serde::arbitrary_precision_option",
        skip_serializing_if = "Option::is_none"
    )]
    stock: Option<Decimal>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Json>,
}

impl Article {
    fn says(&self, key: &str) -> Option<&str> {
        self.rest.get(key).and_then(Json::as_str)
    }
}

impl StreamHandler for Articles {
    type Row = Row;
    type Read = Article;
    type Body = Article;

    fn stream(&self) -> StreamId {
        "article".into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        let since = Since { precision_ms: 1_000, ..Since::default() };
        can.list = Some(Listing::complete(50).since(since));
        can.get_max = 2;
        can.find_by = [Item::NUMBER].into();
        can.create = true;
        can.create_mark = Some(Mark { field: NOTE, max_len: 12 });
        can.update = UpdateMode::Replace;
        can.remove = [RemoveMode::Delete].into();
        can.acts = ["lock".to_owned()].into();
        can.effects = ["announce".to_owned()].into();
        can.holds = FieldMap::new().with(Item::IS_SERVICE, false);
        can.fields = [
            (Item::NUMBER, FieldCapability::read_write().required().cut_to(6).exact()),
            (Item::NAME, FieldCapability::read_write().cut_to(10)),
            (Item::BARCODE, FieldCapability::read_only()),
            (Item::IS_SERVICE, FieldCapability::read_only().required()),
            (GROUP, FieldCapability::read_write()),
        ]
        .into();
        can.fields.entry(Item::NUMBER).and_modify(|field| field.write_on_update = false);
        can.fields
            .entry(GROUP)
            .and_modify(|field| field.one_of = Some(["north".to_owned(), "south".to_owned()].into()));
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let mut price = StreamCapability::new(EntityKind::Price);
        price.fields = [(Price::AMOUNT, FieldCapability::read_write().rounded_to(2).exact())].into();
        let mut stock = StreamCapability::new(EntityKind::StockLevel);
        stock.fields = [(StockLevel::AVAILABLE, FieldCapability::read_write().rounded_to(0))].into();
        vec![("article_price".into(), price), ("article_stock".into(), stock)]
    }
    fn volatile(&self) -> &[&'static str] {
        &["retrieved"]
    }
    fn reads_back(&self, _: &Write) -> bool {
        !self.0.set(|state| state.keeps_as_sent)
    }
    fn row_id(&self, row: &Row) -> String {
        row.number.clone()
    }
    fn head(&self, read: &Article) -> Head {
        Head {
            created_at: None,
            version: Version {
                etag: None,
                modified_at: read.says("changed").and_then(|text| text.parse::<DateTime<Utc>>().ok()),
            },
            deleted: read.rest.get("gone") == Some(&Json::Bool(true)),
            partial: false,
            writable: read.says("locked").map_or(Writable::All, |why| Writable::Nothing(why.to_owned())),
            merged_into: read.says("merged_into").map(ToOwned::to_owned),
            mark: read.says("mark").map(ToOwned::to_owned),
        }
    }
    fn decode(&self, read: &Article) -> Result<Vec<Shown>> {
        let item = Item::new().number(read.number.as_str()).name(read.name.clone());
        let of = Link::External(StreamKey::new("toy:a", self.stream()).id(&read.number));
        let mut shown = vec![Shown::of(self.stream(), &item).extras(&extras("toy", &read.rest, ["group"]))];
        let price = Price::new().item(of.clone()).amount(read.price);
        shown.push(Shown::of("article_price", &price).writable(Writable::Except([Price::ITEM].into())));
        if let Some(stock) = read.stock {
            shown.push(Shown::of("article_stock", &StockLevel::new().item(of).available(stock)));
        }
        Ok(shown)
    }
    fn encode(&self, encode: &Encode<'_, Article>) -> Result<Article> {
        let item: Item = encode.wanted("article")?;
        let price: Price = encode.sent_as("article_price")?;
        let stock: StockLevel = encode.sent_as("article_stock")?;
        let mut body = Article {
            number: encode.id().map(ToOwned::to_owned).or(item.number.into_value()).unwrap_or_default(),
            name: item.name.into_value(),
            price: price.amount.into_value().or(encode.current().and_then(|current| current.price)),
            stock: stock.available.into_value().or(encode.current().and_then(|current| current.stock)),
            rest: encode.current().map(|current| current.rest.clone()).unwrap_or_default(),
        };
        if let Some(group) = encode.sent("article").text(GROUP) {
            body.rest.insert("group".to_owned(), group.into());
        }
        if let Some(mark) = encode.mark() {
            body.rest.insert("mark".to_owned(), mark.into());
        }
        if encode.has_effect("announce") {
            body.rest.insert("announce".to_owned(), true.into());
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Article, current: &Article) -> bool {
        body == current
    }

    async fn list(&self, _: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.0.ask(format!("list article {from:?} by {page_size}"))?;
        Ok(self.0.page("article"))
    }
    async fn get(&self, _: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.0.ask(format!("get article {}", ids.join(" ")))?;
        Ok(self.0.some("article", ids))
    }
    async fn find(&self, _: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let number = by.text(Item::NUMBER).unwrap_or_default();
        self.0.ask(format!("find article {number}"))?;
        Ok(self.0.some("article", &[Arc::from(number)]))
    }
    async fn post(&self, _: &Context, body: &Article, _: &Write) -> Result<Answer> {
        self.0.ask(format!("post article {}", body.number))?;
        Ok(self.0.store("article", &body.number, body))
    }
    async fn put(&self, _: &Context, id: &str, body: &Article, _: &Write) -> Result<Answer> {
        self.0.ask(format!("put article {id}"))?;
        Ok(self.0.store("article", id, body))
    }
    async fn act(&self, _: &Context, id: &str, act: &str, with: &FieldMap, _: &Write) -> Result<Answer> {
        self.0.ask(format!("{act} article {id} with {}", with.len()))?;
        Ok(Answer::done())
    }
    async fn remove(&self, _: &Context, id: &str, mode: RemoveMode, _: &Write) -> Result<()> {
        self.0.ask(format!("remove article {id} {mode:?}"))?;
        self.0.set(|state| state.rows.remove(&("article", id.to_owned())));
        Ok(())
    }
}

impl Vendor {
    pub(crate) fn store(&self, stream: &'static str, id: &str, body: &impl Serialize) -> Answer {
        let row = serde_json::value::to_raw_value(body).unwrap();
        self.seed(stream, id, row.get());
        match self.set(|state| state.answers) {
            Answers::Row => Answer::row(row),
            Answers::Id => Answer::id(id),
            Answers::Nothing => Answer::done(),
        }
    }
}

/// Up to three prices in one request; a listing's row has no amount.
#[derive(Debug)]
pub(crate) struct Prices(pub(crate) Vendor);

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct PriceRow {
    number: String,
    #[serde(default, with = "rust_decimal::serde::arbitrary_precision_option")]
    amount: Option<Decimal>,
}

impl StreamHandler for Prices {
    type Row = Row;
    type Read = PriceRow;
    type Body = PriceRow;

    fn stream(&self) -> StreamId {
        "price".into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Price);
        let mut listing = Listing::complete(10);
        listing.partial = true;
        can.list = Some(listing);
        can.get_max = 100;
        can.update = UpdateMode::Merge;
        can.write_batch_max = 3;
        can.fields = [
            (Price::AMOUNT, FieldCapability::read_write()),
            (Price::LIST, FieldCapability::read_write().cut_to(2).exact()),
        ]
        .into();
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.number.clone()
    }
    fn head(&self, _: &PriceRow) -> Head {
        Head::default()
    }
    fn decode(&self, read: &PriceRow) -> Result<Vec<Shown>> {
        Ok(vec![Shown::of(self.stream(), &Price::new().sku(read.number.as_str()).amount(read.amount))])
    }
    fn encode(&self, encode: &Encode<'_, PriceRow>) -> Result<PriceRow> {
        let price: Price = encode.sent_as("price")?;
        match price.amount.into_value() {
            Some(amount) if amount.is_sign_negative() => {
                Err(sync_core::Error::new(ErrorKind::Invalid, "encode", "a price below zero cannot be said"))
            }
            amount => Ok(PriceRow { number: encode.id().unwrap_or_default().to_owned(), amount }),
        }
    }
    async fn list(&self, _: &Context, _: &ListFrom, _: u32) -> Result<RawPage> {
        self.0.ask("list price".to_owned())?;
        Ok(self.0.page("price"))
    }
    async fn get(&self, _: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.0.ask(format!("get price {}", ids.join(" ")))?;
        Ok(self.0.some("price", ids))
    }
    async fn write(&self, _: &Context, batch: &[Outgoing<'_, PriceRow>]) -> Vec<Result<Answer>> {
        let rows: Vec<&PriceRow> =
            batch.iter().filter_map(|one| if let Step::Put(_, row) = &one.step { Some(row) } else { None }).collect();
        let named: Vec<&str> = rows.iter().map(|row| &*row.number).collect();
        if let Err(error) = self.0.ask(format!("put prices {}", named.join(" "))) {
            return vec![Err(error)]; // one answer, however many were sent
        }
        rows.iter().map(|row| Ok(self.0.store("price", &row.number, row))).collect()
    }
}
