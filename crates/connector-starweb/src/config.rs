//! What a connection to a shop needs to know.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use sync_core::error::{Error, ErrorKind, Result};
use url::Url;

/// One shop, as it stands under `[connections.<name>]` (`system` and what the program itself reads there left out).
///
/// `Debug` shows neither secret. Unknown keys are refused.
///
/// ```
/// let config: connector_starweb::Config = serde_json::from_str(r#"{
///     "base_url": "https://example.starwebserver.se/api/v2",
///     "client_id": "partner.integration",
///     "client_secret": "not-a-real-one"
/// }"#)?;
/// assert!(!format!("{config:?}").contains("not-a-real-one"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Address of the shop's interface, `https://<shop>.starwebserver.se/api/v2`. Each shop has a host of its own.
    pub base_url: Url,
    /// Client id, as the shop's admin lists it among its API clients.
    pub client_id: String,
    /// Secret of that client in this shop.
    #[serde(deserialize_with = "secret")]
    pub client_secret: SecretString,
    /// What a partner of the vendor puts before the secret of every shop; nothing for most.
    #[serde(default, deserialize_with = "optional_secret")]
    pub secret_prefix: Option<SecretString>,
    /// Name of the external service that marks an order as known elsewhere (`x.starweb.marker`), at most 40
    /// characters. Two installations on one shop need two names. `Samklang` if left out.
    #[serde(default = "marker")]
    pub marker: String,
    /// Which of an order's addresses counts, the first one that has anything in it: which one the shop itself
    /// prefers is not documented. All three, in the order of [`AddressSource`], if left out.
    #[serde(default = "address_order")]
    pub addresses: Vec<AddressSource>,
    /// Lists orders whose payment was not finished too, with `x.starweb.is_complete = false`. Off if left out: they
    /// are carts that nobody has paid or confirmed.
    #[serde(default)]
    pub unfinished_orders: bool,
    /// Price lists beside the shop's own prices, by id or name. Each is a stream of its own, `prices_<id>`, with a record
    /// for every product: name those that are kept up to date, and no others. None if left out.
    #[serde(default)]
    pub price_lists: Vec<String>,
    /// Quantities from which a lower price holds, in each of the lists. Each is a stream of its own, `prices_from_<n>`, that is
    /// written and cannot be read. None if left out.
    #[serde(default)]
    pub volume_quantities: Vec<u32>,
    /// Stock locations beside the one that the web shop sells from, by id or code. Each is a stream of its own,
    /// `stock_<id>`, that is written and cannot be read. None if left out.
    #[serde(default)]
    pub stock_locations: Vec<String>,
    /// Decimals that the shop keeps of a price and of what an item costs, at least 2: the vendor does not say how many there
    /// are, and what is lost on the way would be written again for ever. 2 if left out.
    #[serde(default = "price_decimals")]
    pub price_decimals: u32,
    /// Whether the quantity that stands on a product is that of the location that the web shop sells from, so that stock can be read
    /// with the products. If left out: yes where the shop has one location; for several the vendor does not say.
    #[serde(default)]
    pub stock_on_product: Option<bool>,
    /// Calls per minute; 800 if left out. The vendor allows 1000, and does not say whether for each shop or for each
    /// client, so all calls of the process with the same host or the same client id share this.
    #[serde(default = "calls_per_minute")]
    pub calls_per_minute: u32,
    /// Seconds until a customer or a product that was made is sure to be listed and found: how soon is not documented. An
    /// unclear create is looked for twice, so long apart, before it is sent again. 60 if left out.
    #[serde(default = "search_lag")]
    pub search_lag_s: u32,
}

/// Where an order's addresses come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AddressSource {
    /// What the payment provider gave back: a checkout that owns the address.
    PaymentMethod,
    /// What was entered in the checkout.
    Original,
    /// What was registered on the customer.
    Customer,
}

impl Config {
    /// A configuration with all defaults.
    pub fn new(base_url: Url, client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self {
            base_url,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            secret_prefix: None,
            marker: marker(),
            addresses: address_order(),
            unfinished_orders: false,
            price_lists: Vec::new(),
            volume_quantities: Vec::new(),
            stock_locations: Vec::new(),
            stock_on_product: None,
            price_decimals: price_decimals(),
            calls_per_minute: calls_per_minute(),
            search_lag_s: search_lag(),
        }
    }

    /// The secret as it is sent.
    pub(crate) fn secret(&self) -> SecretString {
        match &self.secret_prefix {
            Some(prefix) => format!("{}{}", prefix.expose_secret(), self.client_secret.expose_secret()).into(),
            None => self.client_secret.clone(),
        }
    }

    /// # Errors
    /// `Config`, naming the key, for what cannot work.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |what: &str| Err(Error::new(ErrorKind::Config, "connect", what));
        let length = self.marker.chars().count();
        if length == 0 || length > MARKER_MAX {
            return wrong(&format!("marker has {length} characters; give it a name of 1 to {MARKER_MAX}"));
        }
        if self.addresses.is_empty() {
            return wrong("addresses is empty; name at least one of payment_method, original, customer");
        }
        if let Some(quantity) = self.volume_quantities.iter().find(|quantity| **quantity < 2) {
            return wrong(&format!("volume_quantities has {quantity}; a lower price holds from 2 or more"));
        }
        if !(2..=10).contains(&self.price_decimals) {
            return wrong(&format!("price_decimals is {}; give 2 to 10", self.price_decimals));
        }
        if self.client_id.trim().is_empty() || self.client_secret.expose_secret().is_empty() {
            return wrong("client_id or client_secret is empty; the shop's admin lists both among its API clients");
        }
        Ok(())
    }
}

/// Characters that the name of an external service, and its value, may have.
pub(crate) const MARKER_MAX: usize = 40;

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.base_url.host_str())
            .field("client_id", &self.client_id)
            .field("secret_prefix", &self.secret_prefix.is_some())
            .field("marker", &self.marker)
            .field("addresses", &self.addresses)
            .field("unfinished_orders", &self.unfinished_orders)
            .field("price_lists", &self.price_lists)
            .field("volume_quantities", &self.volume_quantities)
            .field("stock_locations", &self.stock_locations)
            .field("stock_on_product", &self.stock_on_product)
            .field("price_decimals", &self.price_decimals)
            .field("calls_per_minute", &self.calls_per_minute)
            .field("search_lag_s", &self.search_lag_s)
            .finish_non_exhaustive()
    }
}

fn marker() -> String {
    "Samklang".to_owned()
}
fn address_order() -> Vec<AddressSource> {
    vec![AddressSource::PaymentMethod, AddressSource::Original, AddressSource::Customer]
}
fn calls_per_minute() -> u32 {
    800
}
fn price_decimals() -> u32 {
    2
}
fn search_lag() -> u32 {
    60
}
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}
fn optional_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.map(SecretString::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Config, serde_json::Error> {
        let text = format!(
            r#"{{"base_url":"https://a.starwebserver.se/api/v2","client_id":"a.b","client_secret":"hush1"{more}}}"#
        );
        serde_json::from_str(&text)
    }

    #[test]
    fn defaults_are_the_careful_ones() {
        let config = read("").unwrap();
        assert!(!config.unfinished_orders);
        assert_eq!((config.calls_per_minute, config.search_lag_s, config.marker.as_str()), (800, 60, "Samklang"));
        assert_eq!(config.addresses[0], AddressSource::PaymentMethod);
        config.check().unwrap();
    }

    #[test]
    fn the_prefix_stands_before_the_secret_and_neither_is_shown() {
        let config = read(r#","secret_prefix":"hush0-""#).unwrap();
        assert_eq!(config.secret().expose_secret(), "hush0-hush1");
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn unknown_keys_and_settings_that_cannot_work_are_refused() {
        assert!(read(r#","secrets":"x""#).unwrap_err().to_string().contains("secrets"));
        assert!(read(r#","addresses":["nearest"]"#).is_err());
        let long = format!(r#","marker":"{}""#, "m".repeat(41));
        for (more, key) in [
            (long.as_str(), "marker"),
            (r#","addresses":[]"#, "addresses"),
            (r#","volume_quantities":[10,1]"#, "volume_quantities"),
            (r#","price_decimals":1"#, "price_decimals"),
        ] {
            let error = read(more).unwrap().check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains(key), "{error}");
        }
    }
}
