//! Price lists, of which one thing is used: in which currency a customer buys. A customer has no currency of its own;
//! a shop has price lists for countries and for customers, each in one currency.

use serde::{Deserialize, Serialize};

use crate::wire::Told;

/// A price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PriceList {
    /// The shop's id of it.
    pub id: i64,
    /// Currency of its prices, ISO 4217.
    pub currency: String,
    /// ISO 3166-1 alpha-2, in capitals: the countries that it is made for, if some were selected.
    pub countries: Vec<String>,
    /// It is for whoever has no other: a list for all countries, not for single customers.
    pub everywhere: bool,
    /// Prices of the shop are taken from it.
    pub is_active: bool,
}

/// The currency in which a customer buys: that of the price list that he was given, else that of the list for his
/// country, else that of the lists for all countries. Unknown where they do not agree, and where the shop has lists for
/// a part of the world only: which countries are in it the interface does not tell.
pub(crate) fn currency_of(lists: &[PriceList], own: Option<i64>, country: Option<&str>) -> Option<String> {
    if let Some(own) = lists.iter().find(|list| Some(list.id) == own) {
        return Some(own.currency.clone());
    }
    let country = country?;
    let active = || lists.iter().filter(|list| list.is_active);
    let named = active().filter(|list| list.countries.iter().any(|known| known.eq_ignore_ascii_case(country)));
    one(named).or_else(|| {
        let by_region = active().any(|list| !list.everywhere && list.countries.is_empty());
        one(active().filter(|list| list.everywhere)).filter(|_| !by_region)
    })
}

/// The currency that all of them have.
fn one<'l>(mut lists: impl Iterator<Item = &'l PriceList>) -> Option<String> {
    let first = lists.next()?;
    lists.all(|list| list.currency == first.currency).then(|| first.currency.clone())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WirePriceList {
    pricelist_id: Told<i64>,
    currency_code: Told<String>,
    region: Told<String>,
    country_codes: Option<Vec<String>>,
    is_customer_pricelist: Told<bool>,
    parent_pricelist_id: Told<i64>,
    is_active: Told<bool>,
}

impl WirePriceList {
    /// None without an id or a currency. A list for customers is reached by its id alone.
    pub(crate) fn list(&self) -> Option<PriceList> {
        let for_customers = self.is_customer_pricelist.get() == Some(true) || self.parent_pricelist_id.0.is_set();
        let countries = self.country_codes.iter().flatten().filter(|_| !for_customers);
        Some(PriceList {
            id: self.pricelist_id.get()?,
            currency: self.currency_code.get()?.to_uppercase(),
            countries: countries.map(|code| code.trim().to_uppercase()).collect(),
            everywhere: !for_customers && self.region.text() == "all",
            is_active: !for_customers && self.is_active.get() == Some(true),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(json: &str) -> Vec<PriceList> {
        let wire: Vec<WirePriceList> = serde_json::from_str(json).unwrap();
        wire.iter().filter_map(WirePriceList::list).collect()
    }

    const NORDIC: &str = r#"[
        {"pricelistId":1,"currencyCode":"SEK","region":"selected","countryCodes":["se"],"isActive":true,"isMaster":true},
        {"pricelistId":2,"currencyCode":"EUR","region":"selected","countryCodes":["FI","DK"],"isActive":true},
        {"pricelistId":3,"currencyCode":"NOK","region":"selected","countryCodes":["NO"],"isActive":false},
        {"pricelistId":4,"currencyCode":"USD","parentPricelistId":1,"isCustomerPricelist":true,"countryCodes":["SE"],
         "isActive":true}
    ]"#;

    #[test]
    fn the_customers_own_list_goes_before_that_of_the_country() {
        let lists = lists(NORDIC);
        let of = |own, country| currency_of(&lists, own, country);
        assert_eq!(of(None, Some("SE")).as_deref(), Some("SEK"), "a list for customers says nothing of a country");
        assert_eq!(of(None, Some("fi")).as_deref(), Some("EUR"));
        assert_eq!(of(Some(4), Some("FI")).as_deref(), Some("USD"));
        assert_eq!(of(Some(4), None).as_deref(), Some("USD"));
        assert_eq!(of(Some(99), Some("DK")).as_deref(), Some("EUR"), "a list that is not there says nothing");
        assert_eq!(of(None, Some("NO")), None, "a list that is off says nothing");
        assert_eq!(of(None, None), None);
    }

    #[test]
    fn a_list_for_all_countries_counts_where_no_other_could() {
        let everywhere = r#"{"pricelistId":1,"currencyCode":"SEK","region":"all","countryCodes":[],"isActive":true}"#;
        let of = |more: &str| currency_of(&lists(&format!("[{everywhere}{more}]")), None, Some("FI"));
        assert_eq!(of("").as_deref(), Some("SEK"));
        let finnish =
            r#",{"pricelistId":2,"currencyCode":"EUR","region":"selected","countryCodes":["FI"],"isActive":true}"#;
        assert_eq!(of(finnish).as_deref(), Some("EUR"));
        let union = r#",{"pricelistId":2,"currencyCode":"EUR","region":"EU","countryCodes":[],"isActive":true}"#;
        assert_eq!(of(union), None, "whether Finland is in it the shop does not say");
        let second = r#",{"pricelistId":2,"currencyCode":"EUR","region":"all","countryCodes":null,"isActive":true}"#;
        assert_eq!(of(second), None);
    }
}
