//! The shop's lists that products are described with: stock locations, stock statuses, units, makers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::{
    context::Context,
    error::{Error, ErrorKind, Result},
};
use sync_http::Request;

use crate::{
    client::Shop,
    codes::{Named, name_in},
    wire::{Included, Told},
};

/// What products are described with. Ids differ from shop to shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Goods {
    /// Stock locations.
    pub locations: Vec<Location>,
    /// Stock statuses.
    pub stock_statuses: Vec<StockStatus>,
    /// Units that products are sold in.
    pub units: Vec<Unit>,
    /// Makers and brands.
    pub manufacturers: Vec<Manufacturer>,
}

/// A stock location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// The shop's id of it.
    pub id: i64,
    /// The code in `location`: what the shop's owner typed for another system, else its name.
    pub code: String,
    /// The web shop sells from it.
    pub is_ecommerce: bool,
}

/// A stock status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StockStatus {
    /// The shop's id of it.
    pub id: i64,
    /// What it is called in `status`: the vendor's word for a standard one, else its name.
    pub word: String,
    /// The vendor's word; own statuses have none.
    pub id_code: Option<String>,
    /// It is shown as being in stock.
    pub in_stock: bool,
    /// What can be bought in it.
    pub is_buyable: bool,
    /// The status that takes its place when the quantity falls below zero.
    pub when_negative: Option<i64>,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unit {
    /// The shop's id of it.
    pub id: i64,
    /// The code in `unit`: what the shop's owner typed for another system, else its symbol, else its name.
    pub code: String,
}

/// A maker or brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manufacturer {
    /// The shop's id of it.
    pub id: i64,
    /// Its name, which is the word in `manufacturer`.
    pub name: String,
}

impl Goods {
    /// Reads them all: four calls.
    ///
    /// # Errors
    /// As the vendor answers.
    pub(crate) async fn read(cx: &Context, shop: &Shop, language: &str) -> Result<Self> {
        let places = locations(cx, shop).await?;
        let statuses: Vec<WireStockStatus> =
            shop.read(cx, Request::get("read stock statuses", "/product-stock-statuses")).await?;
        let units: Vec<WireUnit> = shop.read(cx, Request::get("read units", "/product-units")).await?;
        let makers: Vec<WireMaker> =
            shop.read(cx, Request::get("read manufacturers", "/product-manufacturers")).await?;
        let mut goods = Self {
            locations: places.iter().filter_map(|place| place.location(language)).collect(),
            stock_statuses: statuses.iter().filter_map(|status| status.status(language)).collect(),
            units: units.iter().filter_map(|unit| unit.unit(language)).collect(),
            manufacturers: makers.iter().filter_map(WireMaker::maker).collect(),
        };
        tell_apart(goods.locations.iter_mut().map(|one| (one.id, &mut one.code)));
        tell_apart(goods.units.iter_mut().map(|one| (one.id, &mut one.code)));
        tell_apart(goods.manufacturers.iter_mut().map(|one| (one.id, &mut one.name)));
        tell_apart(goods.stock_statuses.iter_mut().map(|one| (one.id, &mut one.word)));
        Ok(goods)
    }
    /// The location that the web shop sells from.
    pub fn ecommerce(&self) -> Option<&Location> {
        self.locations.iter().find(|place| place.is_ecommerce)
    }
    /// The stock location of that id or code.
    ///
    /// # Errors
    /// `Config`, with those that there are.
    pub(crate) fn location(&self, called: &str) -> Result<&Location> {
        let found = self.locations.iter().find(|place| place.id.to_string() == called || place.code == called);
        let known = || names(self.locations.iter().map(|place| format!("{} ({})", place.id, place.code)));
        found.ok_or_else(|| unknown("stock_locations", called, "stock location", known()))
    }
}

/// The stock locations; none where the shop's plan has no such list, and stock is kept on products alone.
async fn locations(cx: &Context, shop: &Shop) -> Result<Vec<WireLocation>> {
    match shop.read(cx, Request::get("read stock locations", "/stock-locations")).await {
        Err(error) if matches!(error.kind(), ErrorKind::Permission | ErrorKind::NotFound) => Ok(Vec::new()),
        other => other,
    }
}

/// A setting that names something that the shop does not have.
pub(crate) fn unknown(key: &str, called: &str, what: &str, known: String) -> Error {
    let line = format!("{key} names '{called}', but the shop has no such {what}; it has {known}");
    Error::new(ErrorKind::Config, "connect", line)
}

/// Words for a person to choose from.
pub(crate) fn names(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// Puts the id behind words that stand for two things.
fn tell_apart<'a>(all: impl Iterator<Item = (i64, &'a mut String)>) {
    let mut same: BTreeMap<String, Vec<(i64, &'a mut String)>> = BTreeMap::new();
    for (id, word) in all {
        same.entry(word.clone()).or_default().push((id, word));
    }
    for (id, word) in same.into_values().filter(|group| group.len() > 1).flatten() {
        *word = format!("{word}#{id}");
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireLocation {
    stock_location_id: Told<i64>,
    external_id: Told<String>,
    ecommerce_stock_location: Told<bool>,
    languages: Included<Vec<Named>>,
}

impl WireLocation {
    fn location(&self, language: &str) -> Option<Location> {
        let id = self.stock_location_id.get()?;
        let code = self.external_id.get().or_else(|| name_in(self.languages.0.value(), language));
        Some(Location {
            id,
            code: code.unwrap_or_else(|| id.to_string()),
            is_ecommerce: self.ecommerce_stock_location.get().unwrap_or_default(),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireStockStatus {
    stock_status_id: Told<i64>,
    id_code: Told<String>,
    in_stock: Told<bool>,
    product_buyable: Told<bool>,
    stockout_new_status_id: Told<i64>,
    languages: Included<Vec<Named>>,
}

impl WireStockStatus {
    fn status(&self, language: &str) -> Option<StockStatus> {
        let id = self.stock_status_id.get()?;
        let word = self.id_code.get().or_else(|| name_in(self.languages.0.value(), language));
        Some(StockStatus {
            id,
            word: word.unwrap_or_else(|| id.to_string()),
            id_code: self.id_code.get(),
            in_stock: self.in_stock.get().unwrap_or_default(),
            is_buyable: self.product_buyable.get().unwrap_or(true),
            when_negative: self.stockout_new_status_id.get(),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireUnit {
    unit_id: Told<i64>,
    external_id: Told<String>,
    languages: Included<Vec<Symbol>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Symbol {
    lang_code: Told<String>,
    symbol: Told<String>,
    name: Told<String>,
}

impl WireUnit {
    fn unit(&self, language: &str) -> Option<Unit> {
        let id = self.unit_id.get()?;
        let all = || self.languages.0.value().into_iter().flatten();
        let own = || all().filter(|one| one.lang_code.text() == language).chain(all());
        let symbol = || own().find_map(|one| one.symbol.get()).or_else(|| own().find_map(|one| one.name.get()));
        Some(Unit { id, code: self.external_id.get().or_else(symbol).unwrap_or_else(|| id.to_string()) })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireMaker {
    manufacturer_id: Told<i64>,
    name: Told<String>,
}

impl WireMaker {
    fn maker(&self) -> Option<Manufacturer> {
        Some(Manufacturer { id: self.manufacturer_id.get()?, name: self.name.get()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_called_what_the_owner_typed_else_by_its_symbol() {
        let unit = |json: &str| serde_json::from_str::<WireUnit>(json).unwrap().unit("sv").unwrap().code;
        let languages = r#""languages":{"data":[{"langCode":"en","symbol":"pcs"},{"langCode":"sv","symbol":"st"}]}"#;
        assert_eq!(unit(&format!(r#"{{"unitId":1,"externalId":"ST",{languages}}}"#)), "ST");
        assert_eq!(unit(&format!(r#"{{"unitId":1,"externalId":"",{languages}}}"#)), "st");
        assert_eq!(unit(r#"{"unitId":1,"languages":{"data":[{"langCode":"en","name":"Pair","symbol":""}]}}"#), "Pair");
        assert_eq!(unit(r#"{"unitId":"1"}"#), "1");
    }

    #[test]
    fn words_that_stand_for_two_things_get_their_id() {
        let mut units = [(1, "st".to_owned()), (2, "kg".to_owned()), (3, "st".to_owned())];
        tell_apart(units.iter_mut().map(|(id, word)| (*id, word)));
        assert_eq!(units.map(|(_, word)| word), ["st#1", "kg", "st#3"]);
    }

    #[test]
    fn a_location_that_there_is_none_of_is_told_with_those_that_there_are() {
        let place: WireLocation = serde_json::from_str(r#"{"stockLocationId":4,"externalId":"BUTIK"}"#).unwrap();
        let goods = Goods { locations: vec![place.location("sv").unwrap()], ..Goods::default() };
        assert_eq!(goods.location("4").unwrap(), goods.location("BUTIK").unwrap());
        let error = goods.location("Syd").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("'Syd'") && error.message().contains("4 (BUTIK)"), "{error}");
        assert!(Goods::default().location("Syd").unwrap_err().message().contains("it has none"));
    }
}
