//! Products: one record for each variant, with its prices and its stock.
//!
//! A product comes in a list with its first variant, with that variant's prices and with its stock, so one listing serves
//! three kinds. A product with several variants costs one call more, for all of them. The id is that of the product and of
//! the variant: it stays when a product gets further variants.
//!
//! A product is never replaced: what the vendor does with what a replacement leaves out is not documented.

mod item;
mod prices;
mod send;
mod stock;
mod wire;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, FieldMap, StreamId, StreamKey, SystemId,
    capability::{Listing, RemoveMode, Since, StreamCapability, UpdateMode},
    connector::{Action, ListFrom, Part, Version, Writable, Write},
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Item, Price},
};
use sync_http::Request;

use self::{
    prices::{PRICES, PriceFacet},
    send::{Calls, INCLUDE, ProductWrite},
    stock::StockFacet,
    wire::{Id, Product, Row},
};
use super::walk::{OVERLAP_S, PAGE, Walk, Window, stamp};
use crate::{
    client::Shop,
    codes::Lists,
    config::Config,
    wire::{Data, Told, Whole},
};

/// The host stream.
pub(crate) const PRODUCTS: &str = "products";

const LIST: &str = "list products";
/// Products that are written at the same time.
const CONCURRENCY: u32 = 4;

/// The handler.
#[derive(Debug)]
pub(crate) struct Products {
    calls: Calls,
    at: StreamKey,
    lists: Lists,
    prices: Vec<PriceFacet>,
    stock: Vec<StockFacet>,
    decimals: u32,
    search_lag_s: u32,
}

impl Products {
    /// # Errors
    /// `Config` for a price list or a stock location that the shop does not have.
    pub(crate) fn new(shop: Shop, system: &SystemId, config: &Config, lists: Lists) -> Result<Self> {
        Ok(Self {
            calls: Calls(shop),
            at: StreamKey::new(system.clone(), PRODUCTS),
            prices: PriceFacet::all(&lists.price_lists, config)?,
            stock: StockFacet::all(&lists.goods, config)?,
            lists,
            decimals: config.price_decimals,
            search_lag_s: config.search_lag_s,
        })
    }
    async fn page(&self, cx: &Context, request: Request, walk: Walk) -> Result<RawPage> {
        let page = self.calls.0.page(cx, request).await?;
        let page = walk.turn(LIST, page)?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            rows.extend(self.calls.rows(cx, row).await?);
        }
        Ok(RawPage { rows, next: page.next })
    }

    /// Nobody is to buy anything for nothing: what is to be shown needs a price of the shop's own, now or from before.
    async fn can_be_shown(&self, cx: &Context, id: &str, body: &ProductWrite) -> Result<()> {
        let priced = body.prices.iter().any(|price| price.is_own && price.change.is_some());
        let Some(own) = self.prices.iter().find(|facet| facet.is_own()).filter(|_| body.shows() && !priced) else {
            return Ok(());
        };
        // what is gone, and what cannot be read, is told by the write itself
        let row = self.calls.get(cx, id).await?;
        let read = row.and_then(|row| serde_json::from_str::<Whole<Product>>(row.get()).ok());
        let free = |variant: &wire::Variant| !own.has_price(variant);
        if read.as_ref().and_then(|read| read.known.variant()).is_some_and(free) {
            let line = format!(
                "the product has no price in {}, so it stays hidden: give it one where its prices come from, or show it in \
                 the shop by hand if it costs nothing",
                own.currency()
            );
            return Err(Error::new(ErrorKind::Invalid, "show product", line)
                .with_context("field", sync_core::model::Price::AMOUNT));
        }
        Ok(())
    }
}

fn listing(walk: &Walk) -> Request {
    Request::get(LIST, "/products")
        .query("include", INCLUDE)
        .query("sortBy", "productId")
        .query("sortOrder", "ASC")
        .query("page", walk.page())
}

impl StreamHandler for Products {
    type Row = Row;
    type Read = Whole<Product>;
    type Body = ProductWrite;

    fn stream(&self) -> StreamId {
        self.at.stream.clone()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        // whether a variant, a price, a stock or a text moves the product's stamp is not documented
        let since = Since { precision_ms: 1000, inclusive: false, lag_s: OVERLAP_S, ascending: false, misses: true };
        can.list = Some(Listing::complete(PAGE).since(since));
        can.get_max = 1;
        can.find_by = [Item::NUMBER].into();
        can.stamps = true;
        can.create = true;
        can.search_lag_s = self.search_lag_s;
        can.update = UpdateMode::Merge;
        can.write_concurrency = CONCURRENCY;
        can.remove = [RemoveMode::Archive, RemoveMode::Delete].into();
        item::declare(&mut can, &self.lists, self.decimals);
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let prices = self.prices.iter().map(|facet| (facet.stream.as_str().into(), facet.capability()));
        prices.chain(self.stock.iter().map(|facet| (facet.stream.as_str().into(), facet.capability()))).collect()
    }
    fn row_id(&self, row: &Row) -> String {
        row.id().to_string()
    }
    fn head(&self, read: &Self::Read) -> Head {
        let modified_at = read.known.modified_at.get().map(|at| at.to_utc());
        let created_at = read.known.created_at.get().map(|at| at.to_utc());
        Head { version: Version { etag: None, modified_at }, created_at, ..Head::default() }
    }
    fn decode(&self, read: &Self::Read) -> Result<Vec<Shown>> {
        let (Some(variant), Some(id)) = (read.known.variant(), read.known.id()) else {
            let line = "the product has no variant, so it has no number and cannot be sold; give it one in the shop";
            return Err(Error::new(ErrorKind::Invalid, "decode", line).with_context("field", "variants"));
        };
        let (item, own) = item::shown(&self.lists, read, variant);
        let mut host = Shown::of(self.stream(), &item).extras(&own);
        if read.known.has_several() {
            host = host.writable(Writable::Except(item::shared_paths().into()));
        }
        let own_id = || self.at.id(&id);
        let prices = self.prices.iter().map(|facet| facet.shown(own_id(), variant));
        let stock = self.stock.iter().map(|facet| facet.shown(own_id(), variant));
        Ok([host].into_iter().chain(prices).chain(stock).collect())
    }
    fn encode(&self, encode: &Encode<'_, Self::Read>) -> Result<Self::Body> {
        let prices = self.prices.iter().filter_map(|facet| facet.encode(encode).transpose());
        let stock = self.stock.iter().filter_map(|facet| facet.encode(encode).transpose());
        Ok(ProductWrite {
            item: item::encode(&self.lists, self.decimals, encode)?,
            prices: prices.collect::<Result<_>>()?,
            stock: stock.collect::<Result<_>>()?,
        })
    }

    /// Not after a change of prices or stock alone, nor after a product was made with its price: a call more for each of
    /// 20 000 articles is 25 minutes at 800 calls a minute, and the next listing shows them in 200. What is asked for is sent,
    /// and numbers are rounded here. Without a price a product stays hidden, whatever was asked for, so that one is read.
    fn reads_back(&self, write: &Write) -> bool {
        match &write.action {
            Action::Create { parts } => {
                let priced =
                    |part: &Part| part.stream.as_str() == PRICES && part.wanted.filled(Price::AMOUNT).is_some();
                !parts.iter().any(priced)
            }
            Action::Update { parts, .. } => parts.iter().any(|part| part.stream == self.at.stream),
            _ => true,
        }
    }

    async fn list(&self, cx: &Context, from: &ListFrom, _page_size: u32) -> Result<RawPage> {
        let walk = Walk::from(LIST, from)?;
        let request = match walk.window {
            Window::All => listing(&walk),
            Window::ModifiedSince(at) => listing(&walk).query("updatedSince", stamp(at)),
            Window::CreatedSince(at) => listing(&walk).query("createdSince", stamp(at)),
        };
        self.page(cx, request, walk).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut found = Vec::new();
        for id in ids {
            found.extend(self.calls.get(cx, id).await?);
        }
        Ok(found)
    }
    /// The vendor's filter takes letters, digits, dot, underscore and hyphen; any other number is looked for in the whole
    /// list. Whether the filter finds further variants of a product is not documented: what we make is never one.
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let number = by.text(Item::NUMBER).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let filter = !number.is_empty() && number.bytes().all(plain);
        let mut found = Vec::new();
        let mut from = ListFrom::Beginning;
        loop {
            let walk = Walk::from("find product", &from)?;
            let request = listing(&walk);
            let request = if filter { request.query("filterSku", number) } else { request };
            let page = self.page(cx, request, walk).await?;
            found.extend(page.rows.into_iter().filter(|row| has_number(row, number)));
            match page.next {
                Some(next) => from = ListFrom::Page(next),
                None => return Ok(found),
            }
        }
    }
    async fn post(&self, cx: &Context, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.calls.create(cx, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.can_be_shown(cx, id, body).await?;
        self.calls.update(cx, Id::whole("update product", id)?, body).await?;
        Ok(Answer::done())
    }
    async fn remove(&self, cx: &Context, id: &str, mode: RemoveMode, _write: &Write) -> Result<()> {
        self.calls.remove(cx, Id::whole("remove product", id)?, mode).await
    }
}

fn has_number(row: &RawValue, number: &str) -> bool {
    #[derive(Deserialize)]
    struct Numbered {
        variants: Data<Vec<Variant>>,
    }
    #[derive(Deserialize)]
    struct Variant {
        #[serde(default)]
        sku: Told<String>,
    }
    let row = serde_json::from_str::<Numbered>(row.get());
    row.is_ok_and(|row| row.variants.data.iter().any(|variant| variant.sku.text() == number))
}
