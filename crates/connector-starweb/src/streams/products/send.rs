//! Calls: what a product takes beyond one request.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json, value::RawValue};
use sync_core::{
    Context,
    capability::RemoveMode,
    error::{Error, ErrorKind, Result},
    handler::Answer,
};
use sync_http::Request;

use super::{
    item::{HIDDEN, ItemWrite, TextBody},
    prices::PriceWrite,
    stock::StockWrite,
    wire::{Id, Peek, VariantId, with_variant},
};
use crate::{client::Shop, streams::walk::PAGE};

/// What comes with products in a list and alone: all that there is for both.
pub(super) const INCLUDE: &str = "primaryVariant,primaryVariant.prices,languages,categories,mediaFiles";
/// What comes with variants.
const OF_VARIANT: &str = "prices,attributeValues";
const PRODUCT: &str = "/products/{product}";
const VARIANT: &str = "/products/{product}/variants/{variant}";

/// All shares of a write.
#[derive(Debug, PartialEq)]
pub(crate) struct ProductWrite {
    pub(super) item: ItemWrite,
    pub(super) prices: Vec<PriceWrite>,
    pub(super) stock: Vec<StockWrite>,
}

impl ProductWrite {
    /// Whether shoppers see it from now on.
    pub(super) fn shows(&self) -> bool {
        self.item.product.get("visibility").is_some_and(|word| word != HIDDEN)
    }
    /// Whether all of it is seen when the product is read. Prices from a quantity, and stock that does not stand on the
    /// product, are not.
    fn can_be_seen(&self) -> bool {
        self.prices.iter().all(|price| price.from.is_none()) && self.stock.iter().all(|stock| stock.on_product)
    }
}

/// The product that a create made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    product_id: u64,
}

/// The calls for one product after another.
#[derive(Clone, Debug)]
pub(super) struct Calls(pub(super) Shop);

impl Calls {
    /// A product's rows: one for each of its variants. Only a product with several, or one that came without, costs a call.
    pub(super) async fn rows(&self, cx: &Context, row: Box<RawValue>) -> Result<Vec<Box<RawValue>>> {
        let Some(peek) = Peek::at(&row) else { return Ok(vec![row]) };
        if let (false, Some(variant)) = (peek.has_several(), peek.variant()) {
            return Ok(vec![with_variant(&row, Some(&variant))?]);
        }
        let variants = self.variants(cx, peek.product_id).await?;
        if variants.is_empty() {
            return Ok(vec![with_variant(&row, None)?]);
        }
        variants.iter().map(|variant| with_variant(&row, Some(variant))).collect()
    }
    /// All variants of a product. Their pages do not tell how many there are.
    async fn variants(&self, cx: &Context, product: u64) -> Result<Vec<Box<RawValue>>> {
        let mut all = Vec::new();
        for page in 1_u64.. {
            let request = Request::get("list variants", "/products/{product}/variants")
                .path("product", product)
                .query("include", OF_VARIANT)
                .query("page", page);
            let listed = self.0.page(cx, request).await?;
            let full = u32::try_from(listed.data.len()).is_ok_and(|rows| rows >= PAGE);
            let more = listed.meta.as_ref().map_or(full, |meta| page < meta.pagination.total_pages);
            all.extend(listed.data);
            if !more {
                break;
            }
        }
        Ok(all)
    }
    /// One row by id; of a product alone, which is what a webhook names, that of its first variant.
    pub(super) async fn get(&self, cx: &Context, text: &str) -> Result<Option<Box<RawValue>>> {
        let id = Id::parse(text);
        let product = id.map_or_else(|| text.to_owned(), |id| id.product.to_string());
        let request = Request::get("get product", PRODUCT).path("product", product).query("include", INCLUDE);
        let Some(row) = self.0.record(cx, request).await? else { return Ok(None) };
        let (Some(id), Some(peek)) = (id, Peek::at(&row)) else { return Ok(Some(row)) };
        let shown = peek.variant();
        let first = shown.as_deref().and_then(variant_id);
        let wanted = id.variant.or(first);
        match (wanted, shown) {
            // the variant of a product with one is all there
            (Some(wanted), Some(variant)) if first == Some(wanted) && !peek.has_several() => {
                with_variant(&row, Some(&variant)).map(Some)
            }
            (Some(wanted), _) => {
                let request = Request::get("get variant", VARIANT)
                    .path("product", id.product)
                    .path("variant", wanted)
                    .query("include", OF_VARIANT);
                let variant = self.0.record(cx, request).await?;
                variant.map(|variant| with_variant(&row, Some(&variant))).transpose()
            }
            (None, _) => {
                let variants = self.variants(cx, id.product).await?;
                with_variant(&row, variants.first().map(|first| &**first)).map(Some)
            }
        }
    }

    /// Makes a product, hidden; then its prices, its stock at locations of their own; and shows it last, if it has a price.
    ///
    /// Once the product is there nothing is an error any more: what is missing is seen when it is read, and goes on
    /// lagging. If it cannot be read, nobody knows, and it is looked for. But where something that nobody can see is refused,
    /// the product, which nobody knows yet, is taken back: else it would be missing without a word.
    pub(super) async fn create(&self, cx: &Context, write: &ProductWrite) -> Result<Answer> {
        let mut item = write.item.product.clone();
        let visible = item.insert("visibility".to_owned(), HIDDEN.into()).filter(|word| word != HIDDEN);
        item.insert("type".to_owned(), "basic".into());
        if let Some(text) = &write.item.text {
            item.insert("languages".to_owned(), json!([text]));
        }
        if let Some(category) = write.item.category {
            item.insert("categories".to_owned(), json!([{ "categoryId": category }]));
        }
        let mut variant = write.item.variant.clone();
        variant.insert("attributeValueLinks".to_owned(), json!([]));
        for stock in write.stock.iter().filter(|stock| stock.on_product) {
            variant.extend(stock.change());
        }
        item.insert("variants".to_owned(), json!([variant]));
        let made: Box<RawValue> = self.0.made(cx, Request::post("create product", "/products").json(&item)).await?;
        let at = self.made(cx, &made).await.map_err(unclear)?;
        let id = format!("{}-{}", at.0, at.1);
        match self.furnish(cx, at, write, visible).await {
            Ok(()) => Ok(Answer::id(id)),
            Err(error) if !write.can_be_seen() => {
                let request = Request::delete("take product back", PRODUCT).path("product", at.0);
                let back = self.0.write(cx, request).await;
                Err(if back.is_ok() { error } else { unclear(error) })
            }
            Err(error) => match self.get(cx, &id).await {
                Ok(Some(row)) => Ok(Answer::row(row)),
                Ok(None) | Err(_) => Err(unclear(error)),
            },
        }
    }
    /// The ids of a new product and of its variant, which the answer may or may not show.
    async fn made(&self, cx: &Context, answer: &RawValue) -> Result<(u64, u64)> {
        let wrong = |_| Error::new(ErrorKind::Protocol, "create product", "the answer does not tell the product's id");
        let made: Made = serde_json::from_str(answer.get()).map_err(wrong)?;
        let shown = Peek::at(answer).and_then(|peek| variant_id(peek.variant()?.as_ref()));
        if let Some(variant) = shown {
            return Ok((made.product_id, variant));
        }
        // by its id, since a list may not show yet what was made just now
        let row = self.get(cx, &made.product_id.to_string()).await?;
        let first = row.and_then(|row| variant_id(Peek::at(&row)?.variant()?.as_ref()));
        let none = || Error::new(ErrorKind::Protocol, "create product", "the new product has no variant");
        Ok((made.product_id, first.ok_or_else(none)?))
    }
    /// What a new product cannot be made with.
    async fn furnish(&self, cx: &Context, at: (u64, u64), write: &ProductWrite, visible: Option<Json>) -> Result<()> {
        for price in &write.prices {
            self.first_price(cx, at, price).await?;
        }
        for stock in write.stock.iter().filter(|stock| !stock.on_product) {
            if let Some(location) = stock.location {
                self.put_stock(cx, at, location, stock).await?;
            }
        }
        // nobody is to buy it for nothing: without a price it stays hidden, and is shown by a later change
        if let Some(word) = visible.filter(|_| write.prices.iter().any(|price| price.is_own && price.whole.is_some())) {
            self.patch(cx, "show product", at, &Map::from_iter([("visibility".to_owned(), word)])).await?;
        }
        Ok(())
    }

    /// Changes a product: texts, variant, prices, stock, and at last the product itself, so that nothing is shown that has
    /// no price yet. Each call may be made twice without harm.
    pub(super) async fn update(&self, cx: &Context, at: (u64, u64), write: &ProductWrite) -> Result<()> {
        if let Some(text) = &write.item.text {
            self.text(cx, at, text).await?;
        }
        if !write.item.variant.is_empty() {
            let request = Request::patch("update variant", VARIANT).path("product", at.0).path("variant", at.1);
            self.0.write(cx, request.json(&write.item.variant)).await?;
        }
        for price in &write.prices {
            self.price(cx, at, price).await?;
        }
        for stock in &write.stock {
            self.stock(cx, at, stock).await?;
        }
        if !write.item.product.is_empty() {
            self.patch(cx, "update product", at, &write.item.product).await?;
        }
        Ok(())
    }
    async fn patch(
        &self,
        cx: &Context,
        operation: &'static str,
        at: (u64, u64),
        body: &Map<String, Json>,
    ) -> Result<()> {
        self.0.write(cx, Request::patch(operation, PRODUCT).path("product", at.0).json(body)).await
    }
    /// Through the language's own address: what a list of languages in a change of the product does to the others is not
    /// documented.
    async fn text(&self, cx: &Context, at: (u64, u64), text: &TextBody) -> Result<()> {
        let request = Request::patch("update texts", "/products/{product}/languages/{language}")
            .path("product", at.0)
            .path("language", &text.lang_code)
            .json(text);
        if found(self.0.write(cx, request).await)? {
            return Ok(());
        }
        let request = Request::post("add texts", "/products/{product}/languages").path("product", at.0).json(text);
        self.0.write(cx, request).await
    }

    /// A change of a price; one that is not there is made.
    async fn price(&self, cx: &Context, at: (u64, u64), price: &PriceWrite) -> Result<()> {
        let Some(change) = &price.change else {
            return found(self.0.write(cx, price_at(Request::delete, "remove price", at, price)).await).map(drop);
        };
        let request = price_at(Request::patch, "update price", at, price);
        if found(self.0.write(cx, request.json(change)).await)? {
            return Ok(());
        }
        let Some(whole) = &price.whole else {
            let line = "the list has no price for this yet, and no amount is known; give one";
            return Err(Error::new(ErrorKind::Invalid, "write price", line));
        };
        self.0.write(cx, add_price(at, price).json(whole)).await
    }
    /// The price of a product that was just made: the list has none, or one of zero that came with the product.
    async fn first_price(&self, cx: &Context, at: (u64, u64), price: &PriceWrite) -> Result<()> {
        let (Some(change), Some(whole)) = (&price.change, &price.whole) else { return Ok(()) };
        match self.0.write(cx, add_price(at, price).json(whole)).await {
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let request = price_at(Request::patch, "update price", at, price);
                self.0.write(cx, request.json(change)).await.map_err(|_| error)
            }
            other => other,
        }
    }
    /// A change of stock; a location that has never had the product takes it whole.
    async fn stock(&self, cx: &Context, at: (u64, u64), stock: &StockWrite) -> Result<()> {
        let Some(location) = stock.location else {
            let request = Request::patch("update stock", VARIANT).path("product", at.0).path("variant", at.1);
            return self.0.write(cx, request.json(&stock.change())).await;
        };
        let request = stock_at(Request::patch, "update stock", at, location);
        if found(self.0.write(cx, request.json(&stock.change())).await)? {
            return Ok(());
        }
        self.put_stock(cx, at, location, stock).await
    }
    async fn put_stock(&self, cx: &Context, at: (u64, u64), location: i64, stock: &StockWrite) -> Result<()> {
        self.0.write(cx, stock_at(Request::put, "set stock", at, location).json(&stock.first()?)).await
    }

    /// Sets a product aside, or deletes it. Of a product with several variants only this one: the product is looked at
    /// first, since deleting it takes all of them.
    pub(super) async fn remove(&self, cx: &Context, at: (u64, u64), mode: RemoveMode) -> Result<()> {
        let look = Request::get("get product", PRODUCT).path("product", at.0).query("include", INCLUDE);
        let gone = || Error::new(ErrorKind::NotFound, "remove product", "the product is gone already");
        let row = self.0.record(cx, look).await?.ok_or_else(gone)?;
        let peek = Peek::at(&row).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "remove product", "the product is not in the form that is expected")
        })?;
        let only = !peek.has_several() && peek.variant().as_deref().and_then(variant_id) == Some(at.1);
        match (mode, only) {
            (RemoveMode::Archive, true) => {
                let hidden = Map::from_iter([("visibility".to_owned(), HIDDEN.into())]);
                self.patch(cx, "hide product", at, &hidden).await
            }
            (RemoveMode::Archive, false) => {
                let request = Request::patch("hide variant", VARIANT).path("product", at.0).path("variant", at.1);
                self.0.write(cx, request.json(&json!({ "isActive": false }))).await
            }
            (RemoveMode::Delete, true) => {
                self.0.write(cx, Request::delete("delete product", PRODUCT).path("product", at.0)).await
            }
            (RemoveMode::Delete, false) => {
                let request = Request::delete("delete variant", VARIANT).path("product", at.0).path("variant", at.1);
                self.0.write(cx, request).await
            }
        }
    }
}

fn variant_id(variant: &RawValue) -> Option<u64> {
    serde_json::from_str::<VariantId>(variant.get()).ok().map(|one| one.variant_id)
}

/// Whether a call met what it is about; other refusals are errors.
fn found(answer: Result<()>) -> Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

type Method = fn(&'static str, &'static str) -> Request;

fn price_at(method: Method, operation: &'static str, at: (u64, u64), price: &PriceWrite) -> Request {
    const ONE: &str = "/products/{product}/variants/{variant}/prices/{list}";
    const FROM: &str = "/products/{product}/variants/{variant}/prices/{list}/volume/{from}";
    let request = method(operation, if price.from.is_some() { FROM } else { ONE });
    let request = request.path("product", at.0).path("variant", at.1).path("list", price.list);
    match price.from {
        Some(from) => request.path("from", from),
        None => request,
    }
}
fn add_price(at: (u64, u64), price: &PriceWrite) -> Request {
    const ALL: &str = "/products/{product}/variants/{variant}/prices";
    const VOLUMES: &str = "/products/{product}/variants/{variant}/prices/{list}/volume";
    let request = Request::post("add price", if price.from.is_some() { VOLUMES } else { ALL });
    let request = request.path("product", at.0).path("variant", at.1);
    if price.from.is_some() { request.path("list", price.list) } else { request }
}
fn stock_at(method: Method, operation: &'static str, at: (u64, u64), location: i64) -> Request {
    let request = method(operation, "/products/{product}/variants/{variant}/stocks/{location}");
    request.path("product", at.0).path("variant", at.1).path("location", location)
}

/// A product was made, and nobody could see what became of it: it is looked for, not made again.
fn unclear(error: Error) -> Error {
    let line = "the product was made, but what it has is not known; it is looked for";
    Error::new(ErrorKind::AmbiguousWrite, "create product", line).with_detail(error.message())
}
