//! What a connection to a webCRM system needs to know.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use sync_core::{
    EntityKind, FieldPath,
    error::{Error, ErrorKind, Result},
    model::{Content, FieldType, Order, field},
};
use url::Url;

/// One webCRM system, as it stands under `[connections.<name>]` (`system` and what the program itself reads there left out).
///
/// `Debug` does not show the token. Unknown keys are refused.
///
/// ```
/// let config: connector_webcrm::Config = serde_json::from_str(r#"{
///     "application_token": "not-a-real-one",
///     "line_price": "unit",
///     "columns": { "number": 1, "name": 2, "unit": 4 }
/// }"#)?;
/// assert!(!format!("{config:?}").contains("not-a-real-one"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Address of the interface; `https://api.webcrm.com`, which all systems share, if left out.
    #[serde(default = "base_url")]
    pub base_url: Url,
    /// The application token, a GUID that an administrator makes (Configuration, Integration, API, REST). It names the
    /// system and carries its rights.
    #[serde(deserialize_with = "secret")]
    pub application_token: SecretString,
    /// What the price of a quotation line means in this system. It differs between systems and nothing in the interface tells
    /// it, so it has no default.
    pub line_price: LinePrice,
    /// Which data columns of the catalogue and of quotation lines hold what: each system decides that for itself. Without them
    /// the catalogue is not read, and lines of documents have neither number nor unit.
    #[serde(default)]
    pub columns: Option<Columns>,
    /// The field that keeps our mark on deliveries, and opportunities, that are made: `ErpId`, which is for the other system, if left
    /// out; else `Search1`, `Search2`, or one of `Custom1` to `Custom15`. A create whose answer is lost is found by it.
    #[serde(default = "mark")]
    pub mark: String,
    /// Who numbers deliveries. `webcrm` if left out; `others` lets numbers be written. Then automatic numbering must be off in
    /// webCRM: it takes a number twice, and lets neither delivery be changed any more.
    #[serde(default)]
    pub numbers: Numbers,
    /// Fields of deliveries that hold what webCRM has no field for, by the names of the model:
    /// `{ invoice_numbers = "Custom2", invoiced_on = "Custom4", "content.delivery_on" = "Custom1" }`. They may be `Custom1` to
    /// `15`, `Plus1` to `20`, `Search1`, `Search2`, `Comment`, `Memo`, `NextFollowUp`, `WonDate` and `LostDate`.
    #[serde(default)]
    pub deliveries: BTreeMap<String, String>,
    /// A check mark of deliveries, one of `Custom1` to `15`, that says whether there is an invoice: it is set with the field that
    /// `deliveries` names for `invoicing`, or for `invoice_numbers`.
    #[serde(default)]
    pub booked: Option<String>,
    /// The same as `deliveries`, of opportunities.
    #[serde(default)]
    pub opportunities: BTreeMap<String, String>,
    /// Quotes of other systems become opportunities, lines and all, and what changes in them is written. No if left out: then
    /// opportunities are read and told what became of them. A new one carries our mark in the field `mark`, as deliveries do.
    #[serde(default)]
    pub make_opportunities: bool,
    /// Every line with money must name a record of the catalogue: some systems refuse it otherwise. No if left out.
    #[serde(default)]
    pub lines_name_items: bool,
    /// Decimals that prices, quantities and discounts of lines keep, 0 to 6. 4 if left out: how many there are is not documented.
    /// What is finer is rounded before it is sent, or refused.
    #[serde(default = "decimals")]
    pub decimals: u32,
    /// Whether prices on lines include VAT. The interface does not tell; unknown if left out.
    #[serde(default)]
    pub prices_include_vat: Option<bool>,
    /// This system takes the contact and the description of a delivery by their newer names (`DeliveryOpportunityPersonId`).
    /// Both names are read in any case. No if left out.
    #[serde(default)]
    pub newer_names: bool,
    /// Currencies by the index that documents name them with (`"00"`), ISO 4217, where the system's own list does not tell.
    #[serde(default)]
    pub currencies: BTreeMap<String, String>,
    /// Currency of the catalogue's prices and costs, ISO 4217; unknown if left out.
    #[serde(default)]
    pub catalogue_currency: Option<String>,
    /// Countries as this system's users write them, by ISO 3166-1 alpha-2 (`DK = "Danmark"`): read and written so. What is not
    /// named here is read by its name in English, Danish, Swedish, Norwegian or Finnish, and written as the system's list has it,
    /// or by its two letters where there is no list.
    #[serde(default)]
    pub countries: BTreeMap<String, String>,
    /// What a change leaves out: kept by the vendor (`merge`, likely), or emptied (`replace`). With `replace` the whole record
    /// is sent, passwords never. `merge` if left out.
    #[serde(default)]
    pub updates: Updates,
    /// Changes of organisations and persons that go in one call, 1 to 1000; 1 sends each alone. 50 if left out: the vendor does
    /// not tell how many it takes.
    #[serde(default = "batch")]
    pub batch: u32,
    /// Calls in any minute. The vendor allows 250 for each application token, which is taken if this is left out.
    #[serde(default = "calls_per_minute")]
    pub calls_per_minute: u32,
    /// Seconds until a record that was made is sure to be found: how soon is not documented. 60 if left out.
    #[serde(default = "search_lag")]
    pub search_lag_s: u32,
}

/// What `QuotationLinePrice` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinePrice {
    /// The price of one unit, after the line's discount.
    Unit,
    /// The amount of the whole line, after its discount.
    LineTotalAfterDiscount,
}

/// Who numbers deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Numbers {
    /// webCRM, or its users.
    #[default]
    Webcrm,
    /// Other systems; automatic numbering is off in webCRM.
    Others,
}

/// What a change leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Updates {
    /// Stays.
    #[default]
    Merge,
    /// Is emptied.
    Replace,
}

/// Data columns, 1 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Columns {
    /// Number of the item.
    pub number: u8,
    /// Its name.
    pub name: u8,
    /// Its unit, if it has one.
    #[serde(default)]
    pub unit: Option<u8>,
    /// Its bar code, if it has one.
    #[serde(default)]
    pub barcode: Option<u8>,
}

impl Columns {
    /// Those that hold something.
    pub(crate) fn all(&self) -> Vec<u8> {
        [Some(self.number), Some(self.name), self.unit, self.barcode].into_iter().flatten().collect()
    }
}

impl Config {
    /// A configuration with all defaults.
    pub fn new(base_url: Url, application_token: impl Into<SecretString>, line_price: LinePrice) -> Self {
        Self {
            base_url,
            application_token: application_token.into(),
            line_price,
            columns: None,
            mark: mark(),
            numbers: Numbers::default(),
            deliveries: BTreeMap::new(),
            booked: None,
            opportunities: BTreeMap::new(),
            make_opportunities: false,
            lines_name_items: false,
            decimals: decimals(),
            prices_include_vat: None,
            newer_names: false,
            currencies: BTreeMap::new(),
            catalogue_currency: None,
            countries: BTreeMap::new(),
            updates: Updates::default(),
            batch: batch(),
            calls_per_minute: calls_per_minute(),
            search_lag_s: search_lag(),
        }
    }
    /// The same with these columns.
    #[must_use]
    pub fn with_columns(self, number: u8, name: u8, unit: Option<u8>, barcode: Option<u8>) -> Self {
        Self { columns: Some(Columns { number, name, unit, barcode }), ..self }
    }
    /// # Errors
    /// `Config`, naming the key, for what cannot work.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::new(ErrorKind::Config, "connect", what));
        if self.application_token.expose_secret().trim().is_empty() {
            return wrong("application_token is empty; an administrator makes one under Integration, API, REST".into());
        }
        if !(1..=1000).contains(&self.batch) {
            return wrong(format!("batch is {}; give 1 to 1000", self.batch));
        }
        if self.decimals > 6 {
            return wrong(format!("decimals is {}; give 0 to 6", self.decimals));
        }
        if self.calls_per_minute == 0 {
            return wrong("calls_per_minute is 0; the vendor allows 250".to_owned());
        }
        if let Some(columns) = &self.columns {
            let mut used = columns.all();
            if let Some(column) = used.iter().find(|column| !(1..=9).contains(*column)) {
                return wrong(format!("columns has {column}; data columns are 1 to 9"));
            }
            used.sort_unstable();
            if used.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                return wrong("columns names one data column twice; each holds one thing".to_owned());
            }
        }
        if !MARKS.contains(&self.mark.as_str()) && !is_of("Custom", 15, &self.mark) {
            return wrong(format!("mark is '{}'; give ErpId, Search1, Search2, or Custom1 to Custom15", self.mark));
        }
        if let Some(booked) = &self.booked {
            let told = ["invoicing", "invoice_numbers"].iter().any(|path| self.deliveries.contains_key(*path));
            if !is_of("Custom", 15, booked) || !told {
                let why = "give Custom1 to Custom15, and name a field for invoicing or invoice_numbers in deliveries";
                return wrong(format!("booked is '{booked}'; {why}"));
            }
        }
        for (setting, places) in [("deliveries", &self.deliveries), ("opportunities", &self.opportunities)] {
            let own = std::iter::once(&self.mark).chain(&self.booked).map(String::as_str);
            let made = self.make_opportunities.then_some(self.mark.as_str());
            let mut used: Vec<&str> = match setting {
                "deliveries" => own.collect(),
                _ => made.into_iter().collect(),
            };
            if matches!(used.as_slice(), [mark, booked] if mark == booked) {
                return wrong(format!("mark and booked are both {}; a field holds one thing", self.mark));
            }
            for (path, name) in places {
                if let Some(why) = misplaced(path, name) {
                    return wrong(format!("{setting}.\"{path}\" is '{name}': {why}"));
                }
                if used.contains(&name.as_str()) {
                    return wrong(format!(
                        "{setting} names {name} twice, or it is the mark, or booked; a field holds one thing"
                    ));
                }
                used.push(name);
            }
        }
        let codes = self.currencies.values().map(|code| ("currencies", code, 3));
        let codes = codes.chain(self.catalogue_currency.iter().map(|code| ("catalogue_currency", code, 3)));
        for (key, code, letters) in codes.chain(self.countries.keys().map(|code| ("countries", code, 2))) {
            if code.len() != letters || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
                return wrong(format!("{key} has '{code}'; give a code of {letters} capitals"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.base_url.host_str())
            .field("line_price", &self.line_price)
            .field("columns", &self.columns)
            .field("mark", &self.mark)
            .field("numbers", &self.numbers)
            .field("deliveries", &self.deliveries)
            .field("booked", &self.booked)
            .field("opportunities", &self.opportunities)
            .field("make_opportunities", &self.make_opportunities)
            .field("lines_name_items", &self.lines_name_items)
            .field("decimals", &self.decimals)
            .field("prices_include_vat", &self.prices_include_vat)
            .field("newer_names", &self.newer_names)
            .field("currencies", &self.currencies)
            .field("catalogue_currency", &self.catalogue_currency)
            .field("countries", &self.countries)
            .field("updates", &self.updates)
            .field("batch", &self.batch)
            .field("calls_per_minute", &self.calls_per_minute)
            .field("search_lag_s", &self.search_lag_s)
            .finish_non_exhaustive()
    }
}

/// Fields of a delivery that may keep our mark, beside those called custom.
const MARKS: [&str; 3] = ["ErpId", "Search1", "Search2"];
/// Fields of documents that the configuration may give a meaning to, beside those called custom and plus.
const PLACES: [&str; 7] = ["Search1", "Search2", "Comment", "Memo", "NextFollowUp", "WonDate", "LostDate"];
/// What webCRM has a field for.
const NATIVE: [FieldPath; 7] =
    [Order::NUMBER, Order::STAGE, Order::CUSTOMER, Order::CONTACT, Order::ORDERED_ON, Order::DESCRIPTION, Order::NOTE];

fn is_of(family: &str, count: u8, name: &str) -> bool {
    let nth = name.strip_prefix(family).filter(|nth| !nth.starts_with('0'));
    nth.and_then(|nth| nth.parse::<u8>().ok()).is_some_and(|nth| (1..=count).contains(&nth))
}

/// Why this field of the model cannot stand in that field of webCRM.
fn misplaced(path: &str, name: &str) -> Option<String> {
    if !PLACES.contains(&name) && !is_of("Custom", 15, name) && !is_of("Plus", 20, name) {
        let places = PLACES.join(", ");
        return Some(format!("documents have Custom1 to Custom15, Plus1 to Plus20, {places}"));
    }
    let path = FieldPath::new(path);
    let inside = [Content::LINES, Content::CURRENCY].map(|leaf| Order::CONTENT.join(leaf.as_str()));
    if NATIVE.contains(&path) || inside.contains(&path) {
        return Some(format!("webCRM has a field for '{path}' already"));
    }
    let Some(spec) = field(EntityKind::Order, path) else {
        return Some(format!("an order has no field '{path}'"));
    };
    let fits = match spec.ty {
        FieldType::Text => true,
        FieldType::Date => !PLACES.contains(&name) || ["NextFollowUp", "WonDate", "LostDate"].contains(&name),
        FieldType::Bool | FieldType::Decimal => !PLACES.contains(&name),
        _ => return Some(format!("'{path}' is neither text, day, number nor yes and no")),
    };
    let moment = spec.ty == FieldType::Text && ["NextFollowUp", "WonDate", "LostDate"].contains(&name);
    (!fits || moment).then(|| format!("it cannot hold '{path}'"))
}

#[allow(clippy::expect_used, reason = "a constant")]
fn base_url() -> Url {
    Url::parse("https://api.webcrm.com").expect("an address")
}
fn batch() -> u32 {
    50
}
fn decimals() -> u32 {
    4
}
fn mark() -> String {
    "ErpId".to_owned()
}
fn calls_per_minute() -> u32 {
    250
}
fn search_lag() -> u32 {
    60
}
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Config, serde_json::Error> {
        serde_json::from_str(&format!(r#"{{"application_token":"hush1","line_price":"unit"{more}}}"#))
    }

    #[test]
    fn defaults_are_the_careful_ones_and_the_token_is_not_shown() {
        let config = read("").unwrap();
        assert_eq!((config.calls_per_minute, config.batch, config.updates), (250, 50, Updates::Merge));
        assert_eq!(config.base_url.as_str(), "https://api.webcrm.com/");
        assert!(!format!("{config:?}").contains("hush1"));
        config.check().unwrap();
    }

    #[test]
    fn fields_of_documents_can_be_given_a_meaning() {
        let places = r#","deliveries":{"invoice_numbers":"Custom2","invoiced_on":"Plus20","delivered_on":"WonDate"},
            "opportunities":{"content.buyer_reference":"Search1"},"mark":"Custom15","numbers":"others""#;
        let config = read(places).unwrap();
        config.check().unwrap();
        assert_eq!((config.numbers, read("").unwrap().numbers), (Numbers::Others, Numbers::Webcrm));
        assert_eq!(read("").unwrap().mark, "ErpId");
    }

    #[test]
    fn what_a_price_means_has_no_default() {
        let error = serde_json::from_str::<Config>(r#"{"application_token":"x"}"#).unwrap_err();
        assert!(error.to_string().contains("line_price"), "{error}");
        assert!(serde_json::from_str::<Config>(r#"{"application_token":"x","line_price":"gross"}"#).is_err());
    }

    #[test]
    fn unknown_keys_and_settings_that_cannot_work_are_refused() {
        assert!(read(r#","token":"x""#).unwrap_err().to_string().contains("token"));
        for (more, key) in [
            (r#","batch":0"#, "batch"),
            (r#","batch":1001"#, "batch"),
            (r#","calls_per_minute":0"#, "calls_per_minute"),
            (r#","columns":{"number":0,"name":2}"#, "columns"),
            (r#","columns":{"number":1,"name":10}"#, "columns"),
            (r#","columns":{"number":1,"name":2,"unit":1}"#, "columns"),
            (r#","currencies":{"00":"kr"}"#, "currencies"),
            (r#","decimals":7"#, "decimals"),
            (r#","mark":"Custom16""#, "mark"),
            (r#","mark":"Number""#, "mark"),
            (r#","deliveries":{"invoiced_on":"Custom0"}"#, "invoiced_on"),
            (r#","deliveries":{"invoiced_on":"Search1"}"#, "invoiced_on"),
            (r#","deliveries":{"invoice_numbers":"WonDate"}"#, "invoice_numbers"),
            (r#","deliveries":{"colour":"Custom1"}"#, "colour"),
            (r#","deliveries":{"number":"Custom1"}"#, "number"),
            (r#","deliveries":{"customer":"Custom1"}"#, "customer"),
            (r#","deliveries":{"content.lines":"Custom1"}"#, "content.lines"),
            (r#","deliveries":{"ordered_at":"Custom1"}"#, "ordered_at"),
            (r#","deliveries":{"invoice_numbers":"Custom1","tracking.number":"Custom1"}"#, "Custom1"),
            (r#","mark":"Custom1","deliveries":{"invoice_numbers":"Custom1"}"#, "Custom1"),
            (r#","opportunities":{"invoice_numbers":"Custom21"}"#, "opportunities"),
            (r#","make_opportunities":true,"opportunities":{"content.buyer_reference":"ErpId"}"#, "ErpId"),
            (
                r#","make_opportunities":true,"mark":"Search1","opportunities":{"content.buyer_reference":"Search1"}"#,
                "Search1",
            ),
            (r#","booked":"Custom3""#, "booked"),
            (r#","booked":"Plus3","deliveries":{"invoicing":"Custom1"}"#, "booked"),
            (r#","booked":"Custom1","deliveries":{"invoicing":"Custom1"}"#, "Custom1"),
            (r#","booked":"Custom1","mark":"Custom1","deliveries":{"invoicing":"Custom2"}"#, "Custom1"),
            (r#","catalogue_currency":"dkk""#, "catalogue_currency"),
            (r#","countries":{"Danmark":"DK"}"#, "countries"),
        ] {
            let error = read(more).unwrap().check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains(key), "{error}");
        }
        let empty = Config::new(base_url(), " ".to_owned(), LinePrice::Unit);
        assert!(empty.check().unwrap_err().message().contains("application_token"));
    }
}
