//! Stock: the location that the web shop sells from, and others that the configuration names.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};
use sync_core::{
    EntityKind, ExternalRef, Field, FieldPath,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    error::{Error, ErrorKind, Result},
    handler::{Encode, Shown},
    model::StockLevel,
};

use super::wire::{Product, Variant};
use crate::{
    config::Config,
    goods::{Goods, Location, StockStatus, names},
    wire::{Whole, number, rounded},
};

/// The location that the web shop sells from; the streams of others begin with it.
pub(crate) const STOCK: &str = "stock";
/// The most that the vendor takes, above and below zero.
const MOST: Decimal = Decimal::from_parts(100_000_000, 0, 0, false, 0);

/// The stock of one location.
#[derive(Debug)]
pub(super) struct StockFacet {
    pub(super) stream: String,
    /// `None` in a shop without locations: stock is a matter of the product alone.
    location: Option<Location>,
    /// The location is the one that needs no name.
    is_main: bool,
    /// It stands on the product, in whole numbers; other locations are written and not read, with decimals.
    on_product: bool,
    statuses: Vec<StockStatus>,
}

/// What becomes of the stock at one location.
#[derive(Debug, PartialEq)]
pub(super) struct StockWrite {
    /// `None`: it is written to the product itself.
    pub(super) location: Option<i64>,
    pub(super) quantity: Option<Decimal>,
    pub(super) status: Option<i64>,
    /// The quantity that a location without this product is given, if it is known.
    pub(super) whole: Option<Decimal>,
    /// The status that a location without this product is given; the vendor demands one.
    pub(super) first_status: Option<i64>,
    /// It goes with the product that is made.
    pub(super) on_product: bool,
}

impl StockFacet {
    /// All that the configuration asks for: the location that the web shop sells from first.
    pub(super) fn all(goods: &Goods, config: &Config) -> Result<Vec<Self>> {
        let only = goods.locations.first().filter(|_| goods.locations.len() == 1);
        let main = goods.ecommerce().or(only);
        let on_product = config.stock_on_product.unwrap_or(goods.locations.len() <= 1);
        let facet = |location: Option<&Location>, stream: String, is_main: bool| Self {
            stream,
            location: location.cloned(),
            is_main,
            on_product: is_main && (on_product || location.is_none()),
            statuses: goods.stock_statuses.clone(),
        };
        let mut all = Vec::new();
        if main.is_some() || goods.locations.is_empty() {
            all.push(facet(main, STOCK.to_owned(), true));
        }
        for called in &config.stock_locations {
            let location = goods.location(called)?;
            if !all.iter().any(|one| one.location.as_ref() == Some(location)) {
                all.push(facet(Some(location), format!("{STOCK}_{}", location.id), false));
            }
        }
        Ok(all)
    }
    fn code(&self) -> Field<String> {
        match &self.location {
            Some(location) if !self.is_main => Field::Set(location.code.clone()),
            _ => Field::Empty,
        }
    }

    pub(super) fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::StockLevel);
        can.update = UpdateMode::Merge;
        can.holds.set(StockLevel::LOCATION, self.code().into_value().unwrap_or_default());
        let (mut item, mut location) = (FieldCapability::read_only(), FieldCapability::read_only());
        let (mut available, mut status) = (FieldCapability::read_write(), FieldCapability::read_write());
        item.write_on_create = true; // it names the product that is made with it
        (available.read, status.read) = (self.on_product, self.on_product);
        if self.on_product {
            available = available.rounded_to(0);
        }
        // it cannot be chosen; that a quantity is of another location is told when it is to be written
        location.write_on_update = !self.is_main;
        status.one_of = Some(self.statuses.iter().map(|status| status.word.clone()).collect());
        can.fields.extend([
            (StockLevel::ITEM, item),
            (StockLevel::SKU, FieldCapability::read_only()),
            (StockLevel::LOCATION, location),
            (StockLevel::AVAILABLE, available),
            (StockLevel::STATUS, status),
        ]);
        can
    }

    pub(super) fn shown(&self, item: ExternalRef, variant: &Variant) -> Shown {
        let level = StockLevel::new().item(item).sku(variant.sku.0.clone()).location(self.code());
        let level = match self.on_product {
            true => level.available(variant.stock_quantity.0).status(self.word(&variant.stock_status_id.0)),
            false => level,
        };
        Shown::of(self.stream.as_str(), &level)
    }
    /// The word of a status; one that was added since the lists were read is its id until they are read again.
    fn word(&self, id: &Field<i64>) -> Field<String> {
        id.map(|id| {
            let known = self.statuses.iter().find(|status| status.id == id);
            known.map_or_else(|| id.to_string(), |status| status.word.clone())
        })
    }

    /// What is to be sent for it; nothing if it has no share in the write.
    pub(super) fn encode(&self, encode: &Encode<'_, Whole<Product>>) -> Result<Option<StockWrite>> {
        let (sent, whole): (StockLevel, StockLevel) = (encode.sent_as(&self.stream)?, encode.wanted(&self.stream)?);
        if !encode.is_create() && !self.is_main && !whole.location.is_unknown() && whole.location != self.code() {
            let stream = &self.stream;
            let line =
                format!("this is the stock of another location than '{stream}' holds; match stock by sku and location");
            return Err(wrong(StockLevel::LOCATION, line));
        }
        let quantity = self.quantity(&sent.available, encode.is_create())?;
        let status = self.status(&sent.status, encode.is_create())?;
        if quantity.is_none() && status.is_none() {
            return Ok(None);
        }
        let shown = encode.current().and_then(|current| current.known.variant());
        let shown = shown.filter(|_| self.on_product).and_then(|variant| variant.stock_status_id.get());
        let whole_quantity = self.quantity(&whole.available, true)?;
        let first_status = match self.status(&whole.status, true)?.or(shown) {
            Some(status) => Some(status),
            None => self.first_status(whole_quantity),
        };
        Ok(Some(StockWrite {
            location: self.location.as_ref().map(|location| location.id),
            quantity,
            status,
            whole: whole_quantity,
            first_status,
            on_product: self.on_product,
        }))
    }
    fn quantity(&self, field: &Field<Decimal>, empty_is_none: bool) -> Result<Option<Decimal>> {
        let quantity = match field {
            Field::Unknown => return Ok(None),
            Field::Empty if empty_is_none => return Ok(None),
            Field::Empty => {
                let line = "the shop keeps a quantity of everything; give one, 0 if there is nothing".to_owned();
                return Err(wrong(StockLevel::AVAILABLE, line));
            }
            Field::Set(quantity) => *quantity,
        };
        if quantity.abs() > MOST {
            let line = format!("the shop takes no quantity above {MOST}; correct {quantity}");
            return Err(wrong(StockLevel::AVAILABLE, line));
        }
        Ok(Some(match self.on_product {
            true => rounded(quantity, 0),
            false => quantity,
        }))
    }
    fn status(&self, field: &Field<String>, empty_is_none: bool) -> Result<Option<i64>> {
        let words = || names(self.statuses.iter().map(|status| status.word.clone()));
        match field {
            Field::Unknown => Ok(None),
            Field::Empty if empty_is_none => Ok(None),
            Field::Empty => {
                let line = format!("a product always has a stock status; give one of {}", words());
                Err(wrong(StockLevel::STATUS, line))
            }
            Field::Set(word) => match self.statuses.iter().find(|status| status.word == *word) {
                Some(status) => Ok(Some(status.id)),
                None => {
                    let line = format!("the shop has no stock status '{word}'; it has {}", words());
                    Err(wrong(StockLevel::STATUS, line))
                }
            },
        }
    }
    /// The status for a location that has never had this product: in stock, standard ones first, with the vendor's own
    /// rule for a quantity below zero.
    fn first_status(&self, quantity: Option<Decimal>) -> Option<i64> {
        let fits = |status: &&StockStatus| status.in_stock && status.is_buyable;
        let standard = self.statuses.iter().find(|status| fits(status) && status.id_code.is_some());
        let status = standard.or_else(|| self.statuses.iter().find(fits))?;
        let negative = quantity.is_some_and(|quantity| quantity < Decimal::ZERO);
        status.when_negative.filter(|_| negative).or(Some(status.id))
    }
}

impl StockWrite {
    /// A change: a status that nobody asked for is left to the shop's own rules.
    pub(super) fn change(&self) -> Map<String, Json> {
        let quantity = self.quantity.map(|quantity| ("stockQuantity".to_owned(), number(quantity)));
        let status = self.status.map(|status| ("stockStatusId".to_owned(), Json::from(status)));
        quantity.into_iter().chain(status).collect()
    }
    /// The stock of a location that has never had this product.
    ///
    /// # Errors
    /// `Invalid` if the quantity is not known, or the shop has no status to give.
    pub(super) fn first(&self) -> Result<Map<String, Json>> {
        let Some(quantity) = self.whole else {
            let line = "the location has no stock of this yet, and no quantity is known; give one".to_owned();
            return Err(wrong(StockLevel::AVAILABLE, line));
        };
        let Some(status) = self.first_status else {
            let line = "the shop has no stock status for what is in stock; make one, or map the status".to_owned();
            return Err(wrong(StockLevel::STATUS, line));
        };
        Ok(Map::from_iter([
            ("stockQuantity".to_owned(), number(quantity)),
            ("stockStatusId".to_owned(), Json::from(status)),
        ]))
    }
}

fn wrong(field: FieldPath, line: String) -> Error {
    Error::new(ErrorKind::Invalid, "write stock", line).with_context("field", field)
}
