//! Prices: one facet for each list that is kept up to date, and one for each quantity from which a lower price holds.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};
use sync_core::{
    EntityKind, ExternalRef, Field, FieldPath,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    error::{Error, ErrorKind, Result},
    handler::{Encode, Shown},
    model::Price,
};

use super::wire::{Product, Variant};
use crate::{
    config::Config,
    pricelists::{PriceList, list_called},
    wire::{Told, Whole, number, rounded},
};

/// The shop's own prices; the streams of other lists and of quantities begin with it.
pub(crate) const PRICES: &str = "prices";

/// The prices of one list, from one quantity.
#[derive(Debug)]
pub(super) struct PriceFacet {
    pub(super) stream: String,
    list: PriceList,
    /// Volume prices are written and cannot be read: they do not come with products.
    from: Option<u32>,
    decimals: u32,
}

/// What becomes of one price.
#[derive(Debug, PartialEq)]
pub(super) struct PriceWrite {
    pub(super) list: i64,
    pub(super) from: Option<u32>,
    /// It is the shop's own price.
    pub(super) is_own: bool,
    /// What changes; `None`: the price is taken away.
    pub(super) change: Option<Map<String, Json>>,
    /// All of it, for a list that has no price yet; `None` if it has no amount.
    pub(super) whole: Option<Map<String, Json>>,
}

impl PriceFacet {
    /// All that the configuration asks for: the master list first.
    pub(super) fn all(known: &[PriceList], config: &Config) -> Result<Vec<Self>> {
        let mut lists: Vec<&PriceList> = known.iter().filter(|list| list.is_master).take(1).collect();
        for called in &config.price_lists {
            let list = list_called(known, called)?;
            if !lists.contains(&list) {
                lists.push(list);
            }
        }
        let decimals = config.price_decimals;
        let from = |from: Option<u32>| lists.iter().map(move |list| Self::new(list, from, decimals));
        Ok(from(None).chain(config.volume_quantities.iter().flat_map(|quantity| from(Some(*quantity)))).collect())
    }
    fn new(list: &PriceList, from: Option<u32>, decimals: u32) -> Self {
        let mut stream = PRICES.to_owned();
        if !list.is_master {
            stream.push_str(&format!("_{}", list.id));
        }
        if let Some(from) = from {
            stream.push_str(&format!("_from_{from}"));
        }
        Self { stream, list: list.clone(), from, decimals }
    }
    /// Currency of its prices, ISO 4217.
    pub(super) fn currency(&self) -> &str {
        &self.list.currency
    }
    /// Whether this variant has a price in it, more than nothing; `true` where its prices did not come along.
    pub(super) fn has_price(&self, variant: &Variant) -> bool {
        let Field::Set(rows) = &variant.prices.0 else { return variant.prices.0.is_unknown() };
        let mut own = rows.iter().filter(|row| row.pricelist_id.get() == Some(self.list.id));
        own.any(|row| row.price_ex_vat.get().is_some_and(|amount| amount > Decimal::ZERO))
    }
    /// The shop's own price of one piece.
    pub(super) fn is_own(&self) -> bool {
        self.list.is_master && self.from.is_none()
    }
    /// The shop's own prices are in no list.
    fn code(&self) -> Field<String> {
        if self.list.is_master { Field::Empty } else { Field::Set(self.list.id.to_string()) }
    }
    /// The ordinary price holds from one.
    fn quantity(&self) -> Decimal {
        Decimal::from(self.from.unwrap_or(1))
    }

    pub(super) fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Price);
        can.update = UpdateMode::Merge;
        can.holds.set(Price::LIST, self.code().into_value().unwrap_or_default());
        can.holds.set(Price::FROM_QUANTITY, self.quantity());
        let (mut shown, mut guarded) = (FieldCapability::read_only(), FieldCapability::read_only());
        can.fields.insert(Price::SKU, shown.clone());
        // List, quantity, currency and VAT cannot be chosen. They are said to be writable where another price than the one
        // that stands here would do harm: that it is another is told when it is to be written.
        guarded.write_on_update = true;
        let guard = |guards: bool| if guards { guarded.clone() } else { FieldCapability::read_only() };
        let mut currency = FieldCapability::read_write();
        currency.one_of = Some([self.list.currency.clone()].into());
        can.fields.extend([
            (Price::LIST, guard(!self.list.is_master)),
            (Price::FROM_QUANTITY, guard(self.from.is_some())),
            (Price::CURRENCY, currency),
            (Price::INCLUDES_VAT, FieldCapability::read_write()),
        ]);
        let mut amount = FieldCapability::read_write().rounded_to(self.decimals);
        amount.read = self.from.is_none();
        if self.from.is_none() {
            can.fields.insert(Price::CAMPAIGN_AMOUNT, amount.clone());
        }
        shown.write_on_create = true; // it names the product that is made with it
        can.fields.extend([(Price::ITEM, shown), (Price::AMOUNT, amount)]);
        can
    }

    /// It is shown for every product, also where the list has no price for it: a price can only be written to what is
    /// there.
    pub(super) fn shown(&self, item: ExternalRef, variant: &Variant) -> Shown {
        let price = Price::new()
            .item(item)
            .sku(variant.sku.0.clone())
            .list(self.code())
            .from_quantity(self.quantity())
            .currency(self.list.currency.as_str())
            .includes_vat(false);
        let row = |of: fn(&super::wire::PriceRow) -> &Told<Decimal>| match &variant.prices.0 {
            Field::Unknown => Field::Unknown,
            Field::Empty => Field::Empty,
            Field::Set(rows) => rows
                .iter()
                .find(|row| row.pricelist_id.get() == Some(self.list.id))
                .map_or(Field::Empty, |row| of(row).0),
        };
        let price = match self.from {
            None => price.amount(row(|row| &row.price_ex_vat)).campaign_amount(row(|row| &row.special_price_ex_vat)),
            Some(_) => price,
        };
        Shown::of(self.stream.as_str(), &price)
    }

    /// What is to be sent for it; nothing if it has no share in the write.
    pub(super) fn encode(&self, encode: &Encode<'_, Whole<Product>>) -> Result<Option<PriceWrite>> {
        let (sent, whole): (Price, Price) = (encode.sent_as(&self.stream)?, encode.wanted(&self.stream)?);
        self.fits(&whole, encode.is_create())?;
        if sent.amount.is_unknown() && sent.campaign_amount.is_unknown() {
            return Ok(None);
        }
        let all = whole.amount.is_set().then(|| self.body(&whole.amount, &whole.campaign_amount));
        let change = match sent.amount {
            Field::Empty if encode.is_create() => return Ok(None),
            Field::Empty if self.is_own() => {
                let line = "a product in the shop always has a price; give one, 0 if it costs nothing";
                return Err(wrong(Price::AMOUNT, line.to_owned()));
            }
            Field::Empty => None,
            amount => Some(self.body(&amount, &sent.campaign_amount)),
        };
        if encode.is_create() && all.is_none() {
            return Ok(None);
        }
        Ok(Some(PriceWrite { list: self.list.id, from: self.from, is_own: self.is_own(), change, whole: all }))
    }
    /// The list is in the body although it stands in the address, too: so the vendor wants it.
    fn body(&self, amount: &Field<Decimal>, campaign: &Field<Decimal>) -> Map<String, Json> {
        let mut body = Map::from_iter([("pricelistId".to_owned(), Json::from(self.list.id))]);
        if let Some(from) = self.from {
            body.insert("quantity".to_owned(), Json::from(from));
        }
        if let Some(amount) = amount.value() {
            body.insert("priceExVat".to_owned(), number(rounded(*amount, self.decimals)));
        }
        if !campaign.is_unknown() && self.from.is_none() {
            let amount = campaign.into_value().map(|amount| number(rounded(amount, self.decimals)));
            body.insert("specialPriceExVat".to_owned(), amount.unwrap_or_default());
        }
        body
    }
    /// Prices are of this list and quantity, without VAT, in the list's currency, and not below zero.
    fn fits(&self, price: &Price, is_create: bool) -> Result<()> {
        let other = |path, what: &str| {
            let stream = &self.stream;
            let line = format!(
                "this is the price of another {what} than '{stream}' holds; match prices by sku, list and from_quantity"
            );
            Err(wrong(path, line))
        };
        if !is_create && !self.list.is_master && !price.list.is_unknown() && price.list != self.code() {
            return other(Price::LIST, "list");
        }
        let from = price.from_quantity;
        if !is_create && self.from.is_some() && !from.is_unknown() && from != Field::Set(self.quantity()) {
            return other(Price::FROM_QUANTITY, "quantity");
        }
        if price.includes_vat == Field::Set(true) {
            let line = "the shop's prices are without VAT, and this one includes it; map the price without VAT";
            return Err(wrong(Price::INCLUDES_VAT, line.to_owned()));
        }
        if let Some(wanted) = price.currency.as_deref().filter(|wanted| *wanted != self.list.currency) {
            let own = &self.list.currency;
            let line = format!(
                "price list {} is in {own}, and this price is in {wanted}; name the list of that currency",
                self.list.id
            );
            return Err(wrong(Price::CURRENCY, line));
        }
        for (path, amount) in [(Price::AMOUNT, &price.amount), (Price::CAMPAIGN_AMOUNT, &price.campaign_amount)] {
            if amount.value().is_some_and(|amount| amount.is_sign_negative() && !amount.is_zero()) {
                return Err(wrong(path, "a price in the shop cannot be below zero; correct it".to_owned()));
            }
        }
        Ok(())
    }
}

fn wrong(field: FieldPath, line: String) -> Error {
    Error::new(ErrorKind::Invalid, "write price", line).with_context("field", field)
}
