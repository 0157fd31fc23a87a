//! What a connection to eEkonomi is told.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use sync_core::{Error, ErrorKind, Result};
use url::Url;

/// The settings of a connection. Unknown keys are refused; `Debug` shows no secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The client id that the vendor registered.
    pub client_id: String,
    /// Its secret.
    #[serde(deserialize_with = "secret")]
    pub client_secret: SecretString,
    /// The organisation number of the company. A login to another company is refused.
    pub company: String,
    /// Where the vendor sends people back to after a login: as registered, to the letter. Only `login` needs it.
    #[serde(default)]
    pub redirect_url: Option<String>,
    /// What a login asks for.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Another address of the interface, for tests and doubles.
    #[serde(default)]
    pub base_url: Option<Url>,
    /// Another address of the identity server.
    #[serde(default)]
    pub identity_url: Option<Url>,
    /// What fills fields that eEkonomi requires of a new customer and the source may lack.
    #[serde(default)]
    pub fillers: Fillers,
    /// What becomes of a name that is longer than eEkonomi has room for.
    #[serde(default)]
    pub long_names: LongNames,
    /// Vendor fields to be had as `x.eekonomi.<name>`, by stream.
    #[serde(default)]
    pub own_fields: BTreeMap<String, BTreeSet<String>>,
    /// Streams of kinds that others show too: `suppliers` beside customers, `quotes` and `quotedrafts` beside orders. A
    /// rule set that names no streams takes all of its kind; so these are there only where they are asked for.
    #[serde(default)]
    pub more_streams: BTreeSet<String>,
    /// The field of orders, quotes and drafts that keeps our mark.
    #[serde(default)]
    pub mark: MarkField,
    /// The bank account (its id in eEkonomi) that payments are booked on when a payment names none. One that the company
    /// does not have is refused when the connection is made, if the login may read the company's accounts.
    #[serde(default)]
    pub bank_account: Option<String>,
    /// Whether the price of an article is had, and written, without VAT or with it. eEkonomi keeps both; here one of them
    /// leads, and the other one follows by the rate of the article's coding.
    #[serde(default)]
    pub article_prices: PriceBasis,
    /// The article account codings that a new article, or one with a new VAT rate, gets by its rate. A rate that is not
    /// named here is looked for among the company's codings, and refused where several have it.
    #[serde(default)]
    pub codings: Codings,
    /// Whether the stock of articles is written. Only where the company has no stock module.
    #[serde(default)]
    pub stock: StockUse,
    /// What is sent when prices of a list are written.
    #[serde(default)]
    pub price_list_writes: PriceListWrites,
    /// Seconds until a created record shows in listings. Nothing is published about it.
    #[serde(default = "search_lag")]
    pub search_lag_s: u32,
}

impl Config {
    /// With the vendor's addresses and no settings of taste.
    pub fn new(client_id: impl Into<String>, client_secret: SecretString, company: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret,
            company: company.into(),
            redirect_url: None,
            scopes: scopes(),
            base_url: None,
            identity_url: None,
            fillers: Fillers::default(),
            long_names: LongNames::default(),
            own_fields: BTreeMap::new(),
            more_streams: BTreeSet::new(),
            mark: MarkField::default(),
            bank_account: None,
            article_prices: PriceBasis::default(),
            codings: Codings::default(),
            stock: StockUse::default(),
            price_list_writes: PriceListWrites::default(),
            search_lag_s: search_lag(),
        }
    }

    /// Refuses what cannot be meant.
    pub(crate) fn checked(self) -> Result<Self> {
        let wrong = |what: String| Err(Error::new(ErrorKind::Config, "connect", what));
        if org_number(&self.company).is_empty() {
            return wrong("company is empty: give the organisation number of the company in eEkonomi".to_owned());
        }
        if self.client_id.trim().is_empty() {
            return wrong("client_id is empty: give the one that the vendor registered".to_owned());
        }
        if let Some(stream) = self.own_fields.keys().find(|stream| !crate::streams::NAMES.contains(&stream.as_str())) {
            let known = crate::streams::NAMES.join(", ");
            return wrong(format!("own_fields names '{stream}', which is no stream; there are {known}"));
        }
        if let Some(stream) = self.more_streams.iter().find(|stream| !crate::streams::MORE.contains(&stream.as_str())) {
            let known = crate::streams::MORE.join(", ");
            return wrong(format!("more_streams names '{stream}', which is none of {known}"));
        }
        for (name, rates) in [("goods", &self.codings.goods), ("services", &self.codings.services)] {
            if let Some(rate) = rates.keys().find(|rate| rate.parse::<Decimal>().is_err()) {
                return wrong(format!("codings.{name} names '{rate}', which is no VAT rate; give percent, such as 25"));
            }
        }
        Ok(self)
    }
    /// Whether the connection is to have this stream.
    pub(crate) fn wants(&self, stream: &str) -> bool {
        !crate::streams::MORE.contains(&stream) || self.more_streams.contains(stream)
    }
    /// Whether a login asks for this scope. What it does not ask for cannot be written.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|asked| asked == scope)
    }
    /// Where the interface is.
    pub(crate) fn base_url(&self) -> Result<Url> {
        url(self.base_url.as_ref(), "https://eaccountingapi.vismaonline.com/v2/")
    }
    /// An address of the identity server.
    pub(crate) fn identity_url(&self, path: &str) -> Result<Url> {
        let mut url = url(self.identity_url.as_ref(), "https://identity.vismaonline.com/")?;
        url.set_path(path);
        Ok(url)
    }
    /// The vendor's own fields wanted of a stream.
    pub(crate) fn own_fields(&self, stream: &str) -> Vec<String> {
        self.own_fields.get(stream).into_iter().flatten().cloned().collect()
    }
}

/// What is written where eEkonomi requires something of a new customer or article and the source has nothing. What is not set here
/// must come from the source. A filler that is read back counts as empty, so it does not spread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fillers {
    /// For a customer without city.
    pub city: Option<String>,
    /// For a customer without postal code.
    pub postal_code: Option<String>,
    /// The id of the terms of payment for a customer without any; those of the company's settings if not set.
    pub payment_terms: Option<String>,
    /// For a customer of whom nobody says whether it is a company: `company` or `private`. It decides about VAT.
    pub party: Option<Filled>,
    /// The id of the unit for an article without one.
    pub unit: Option<String>,
}

/// See [`Fillers::party`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filled {
    /// A company.
    Company,
    /// A private person.
    Private,
}

/// What becomes of a name over 50 characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongNames {
    /// It is cut.
    #[default]
    Cut,
    /// The record is refused before it is sent.
    Refuse,
}

/// Whether prices of articles are without VAT or with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceBasis {
    /// `NetPrice`.
    #[default]
    WithoutVat,
    /// `GrossPrice`.
    WithVat,
}

/// Ids of article account codings by VAT rate in percent: `{ goods = { 25 = "…", 12 = "…" } }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Codings {
    /// For goods, and for articles of which nobody says what they are.
    pub goods: BTreeMap<String, String>,
    /// For services.
    pub services: BTreeMap<String, String>,
}

impl Codings {
    /// The coding named for a rate.
    pub(crate) fn of(&self, rate: Decimal, is_service: bool) -> Option<&str> {
        let rates = if is_service { &self.services } else { &self.goods };
        rates.iter().find(|(percent, _)| percent.parse() == Ok(rate)).map(|(_, id)| id.as_str())
    }
}

/// What is done with the stock of articles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockUse {
    /// It is read.
    #[default]
    Read,
    /// It is read; what is on hand is written too, for articles that no stock module counts.
    Write,
}

/// What is sent when prices of a list are written. Whether rows that are not sent stay is not published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceListWrites {
    /// The whole list, read just before: right in either case, for lists of at most 1000 prices.
    #[default]
    Whole,
    /// The changed rows alone: for companies where it was tried that the others stay.
    Changed,
}

/// Where our mark is kept. The field is ours then: it is not shown as the buyer's or the seller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum MarkField {
    /// 35 characters.
    #[default]
    BuyersOrderReference,
    /// 100 characters.
    OurReference,
}

impl MarkField {
    /// The vendor's name of it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BuyersOrderReference => "BuyersOrderReference",
            Self::OurReference => "OurReference",
        }
    }
    pub(crate) fn max_len(self) -> u32 {
        match self {
            Self::BuyersOrderReference => 35,
            Self::OurReference => 100,
        }
    }
}

/// The digits of an organisation number, without the century that some systems put before a company's: `16556677-8899`
/// and `556677-8899` are one.
pub(crate) fn org_number(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("16") {
        Some(short) if digits.len() == 12 => short.to_owned(),
        _ => digits,
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}
fn scopes() -> Vec<String> {
    // payments need a bank account, and bank accounts are read with a purchase scope
    ["ea:api", "offline_access", "ea:sales", "ea:accounting_readonly", "ea:purchase_readonly"].map(str::to_owned).into()
}
fn search_lag() -> u32 {
    60
}
fn url(given: Option<&Url>, otherwise: &str) -> Result<Url> {
    given.cloned().map_or_else(|| Url::parse(otherwise), Ok).map_err(|error| {
        Error::new(ErrorKind::Internal, "connect", "an address of the vendor's cannot be read").with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        client_id = "our-client"
        client_secret = "hush-hush"
        company = "556677-8899"
        mark = "OurReference"
    "#;

    #[test]
    fn it_is_read_with_the_vendors_addresses_and_shows_no_secret() {
        let config: Config = toml::from_str(TEXT).unwrap();
        assert_eq!(config.base_url().unwrap().as_str(), "https://eaccountingapi.vismaonline.com/v2/");
        let token = config.identity_url("/connect/token").unwrap();
        assert_eq!(token.as_str(), "https://identity.vismaonline.com/connect/token");
        assert_eq!(config.mark.max_len(), 100);
        assert!(!format!("{config:?}").contains("hush-hush"));
        assert!(config.checked().is_ok());
    }

    #[test]
    fn slips_are_refused_by_name() {
        let slip = toml::from_str::<Config>(&format!("compny = \"1\"\n{TEXT}")).unwrap_err();
        assert!(slip.to_string().contains("compny"), "{slip}");
        let mut config: Config = toml::from_str(TEXT).unwrap();
        config.own_fields.insert("customer".to_owned(), BTreeSet::new());
        assert!(config.clone().checked().unwrap_err().message().contains("customers"));
        config.own_fields.clear();
        config.codings.goods.insert("25 %".to_owned(), "x".to_owned());
        assert!(config.clone().checked().unwrap_err().message().contains("codings.goods"));
        config.codings.goods = [("25.0".to_owned(), "x".to_owned())].into();
        assert_eq!(config.codings.of(25.into(), false), Some("x"));
        assert_eq!(config.codings.of(25.into(), true), None);
        config.company = " - ".to_owned();
        assert_eq!(config.checked().unwrap_err().kind(), ErrorKind::Config);
    }

    #[test]
    fn one_organisation_number_in_its_forms() {
        for form in ["556677-8899", "5566778899", "16556677-8899", "SE 556677 8899"] {
            assert_eq!(org_number(form), "5566778899", "{form}");
        }
        assert_ne!(org_number("198001010000"), org_number("8001010000"), "centuries of persons count");
    }
}
