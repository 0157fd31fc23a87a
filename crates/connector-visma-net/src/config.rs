//! What a connection to Visma.net ERP is told.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error as _};
use sync_core::{Error, ErrorKind, Result};
use url::Url;

use crate::streams;

mod choices;

pub use choices::{
    BillingAddress, InvoiceMark, InvoiceSending, InvoiceStamps, ItemCost, NewInvoices, OrderMark, OrderShipments,
    Prices, SignIn, Stock,
};

/// The settings of a connection: one company. Unknown keys are refused; `Debug` shows no secret.
///
/// ```
/// let config: connector_visma_net::Config = serde_json::from_str(r#"{
///     "client_id": "isv_example", "client_secret": "not-a-real-one", "tenant_id": "a-company"
/// }"#)?;
/// assert!(!format!("{config:?}").contains("not-a-real-one"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The client id that the vendor registered; `isv_…`.
    pub client_id: String,
    /// Its secret.
    #[serde(deserialize_with = "secret")]
    pub client_secret: SecretString,
    /// The Company Tenant ID of the company (not the Customer Tenant ID). It decides which company a token opens.
    pub tenant_id: String,
    /// How tokens are had.
    #[serde(default)]
    pub sign_in: SignIn,
    /// Where the vendor sends people back to after a login: as registered, to the letter. Only `login` needs it.
    #[serde(default)]
    pub redirect_url: Option<String>,
    /// Scopes that are asked for at the ERP API; those of reading, creating and changing if left out. One that the
    /// company has not granted makes signing in fail.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// Scopes that are asked for at the order service; an empty list leaves orders out.
    #[serde(default = "order_scopes")]
    pub order_scopes: Vec<String>,
    /// Another address of the ERP API, for tests and doubles.
    #[serde(default = "base_url")]
    pub base_url: Url,
    /// Another address of the order service.
    #[serde(default = "order_url")]
    pub order_url: Url,
    /// Another address of the identity server.
    #[serde(default = "identity_url")]
    pub identity_url: Url,
    /// The zone of the ERP's stamps, which come without one and which nobody publishes: `Europe/Oslo` if left out.
    #[serde(default = "time_zone", deserialize_with = "zone")]
    pub time_zone: Tz,
    /// The branch that calls are made for, by its number; the one of the user or the company if left out.
    #[serde(default)]
    pub branch: Option<String>,
    /// The order types that are orders here, a stream for each; new orders are made in the first one. They are the
    /// company's own; `SO` is usual.
    #[serde(default = "order_types")]
    pub order_types: Vec<String>,
    /// Streams that are there where they are asked for only: `suppliers`, `sales_prices`, `payments`, `sold_by_invoice`,
    /// `projects`, `journal`, `customer_balances`.
    #[serde(default)]
    pub more_streams: BTreeSet<String>,
    /// Which address of a customer is the billing address.
    #[serde(default)]
    pub billing_address: BillingAddress,
    /// Which of an item's costs is its cost.
    #[serde(default)]
    pub item_cost: ItemCost,
    /// Whether the stock of items is read.
    #[serde(default)]
    pub stock: Stock,
    /// Warehouses whose stock counts; all if left out.
    #[serde(default)]
    pub warehouses: BTreeSet<String>,
    /// Whether prices of items and documents are without VAT or with it: it hangs on how the company's VAT is set up.
    #[serde(default)]
    pub prices: Prices,
    /// Decimals of a unit price. Two are taken everywhere, the most is four.
    #[serde(default = "two")]
    pub price_decimals: u32,
    /// Decimals of a quantity, at most four.
    #[serde(default = "two")]
    pub quantity_decimals: u32,
    /// The field of an order that keeps our mark.
    #[serde(default)]
    pub order_mark: OrderMark,
    /// The field of an invoice or credit note that keeps our mark.
    #[serde(default)]
    pub invoice_mark: InvoiceMark,
    /// How a new invoice is kept until it is released.
    #[serde(default)]
    pub new_invoices: NewInvoices,
    /// Whether credit notes are made too. A rule set that makes invoices has to name its `streams` then: what a document of
    /// another system is to become cannot be told from it.
    #[serde(default)]
    pub make_credit_notes: bool,
    /// Whether the ERP prints, mails or sends on the invoices that are made here.
    #[serde(default)]
    pub invoice_sending: InvoiceSending,
    /// Whether the stamp of an invoice moves when it is paid: nobody publishes it.
    #[serde(default)]
    pub invoice_stamps: InvoiceStamps,
    /// Whether orders tell what their shipments say: parcels, invoices, the day of the latest delivery.
    #[serde(default)]
    pub order_shipments: OrderShipments,
    /// The template of new projects that name none.
    #[serde(default)]
    pub project_template: Option<String>,
    /// The default subaccount of new projects without a template: the value of each of its segments, by their numbers.
    #[serde(default, deserialize_with = "segments")]
    pub project_subaccount: BTreeMap<u32, String>,
    /// The secret that the Developer Portal showed when webhooks were subscribed to.
    #[serde(default, deserialize_with = "maybe_secret")]
    pub webhook_secret: Option<SecretString>,
    /// The header with the signature of a webhook, which the vendor does not publish: look at a call that came. Webhooks
    /// are taken only where both settings are given.
    #[serde(default)]
    pub webhook_header: Option<String>,
    /// The number of an item that stands for lines of text on orders: the order service takes no line without an item.
    #[serde(default)]
    pub text_item: Option<String>,
    /// The account of invoice lines that name neither an item nor an account.
    #[serde(default)]
    pub line_account: Option<String>,
    /// Seconds until a created record shows in listings. Nothing is published about it.
    #[serde(default = "search_lag")]
    pub search_lag_s: u32,
}

impl Config {
    /// With the vendor's addresses and no settings of taste.
    pub fn new(client_id: impl Into<String>, client_secret: SecretString, tenant_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret,
            tenant_id: tenant_id.into(),
            sign_in: SignIn::default(),
            redirect_url: None,
            scopes: None,
            order_scopes: order_scopes(),
            base_url: base_url(),
            order_url: order_url(),
            identity_url: identity_url(),
            time_zone: time_zone(),
            branch: None,
            order_types: order_types(),
            more_streams: BTreeSet::new(),
            billing_address: BillingAddress::default(),
            item_cost: ItemCost::default(),
            stock: Stock::default(),
            warehouses: BTreeSet::new(),
            prices: Prices::default(),
            price_decimals: two(),
            quantity_decimals: two(),
            order_mark: OrderMark::default(),
            invoice_mark: InvoiceMark::default(),
            new_invoices: NewInvoices::default(),
            make_credit_notes: false,
            invoice_sending: InvoiceSending::default(),
            invoice_stamps: InvoiceStamps::default(),
            order_shipments: OrderShipments::default(),
            project_template: None,
            project_subaccount: BTreeMap::new(),
            webhook_secret: None,
            webhook_header: None,
            text_item: None,
            line_account: None,
            search_lag_s: search_lag(),
        }
    }

    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::new(ErrorKind::Config, "connect", what));
        for (key, value) in [
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose_secret()),
            ("tenant_id", self.tenant_id.as_str()),
        ] {
            if value.trim().is_empty() {
                return wrong(format!("{key} is empty; the vendor's Developer Portal and App Store show it"));
            }
        }
        for order_type in &self.order_types {
            if order_type.is_empty() || !order_type.chars().all(char::is_alphanumeric) {
                return wrong(format!("order_types has '{order_type}'; give codes of order types, such as SO"));
            }
        }
        let mut types = self.order_types.clone();
        types.sort_unstable();
        if types.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return wrong("order_types names one type twice".to_owned());
        }
        if let Some(stream) = self.more_streams.iter().find(|stream| !streams::MORE.contains(&stream.as_str())) {
            return wrong(format!("more_streams names '{stream}', which is none of {}", streams::MORE.join(", ")));
        }
        match (&self.webhook_secret, &self.webhook_header) {
            (Some(secret), Some(header)) => {
                let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
                if secret.expose_secret().trim().is_empty() {
                    return wrong(
                        "webhook_secret is empty; the Developer Portal showed it when you subscribed".to_owned(),
                    );
                }
                if header.is_empty() || !header.chars().all(is_token) {
                    return wrong(format!("webhook_header is '{header}', which is no name of a header"));
                }
            }
            (None, None) => {}
            (Some(_), None) => {
                return wrong("webhook_secret needs webhook_header: the header that signs a call".to_owned());
            }
            (None, Some(_)) => {
                return wrong("webhook_header needs webhook_secret, with which calls are signed".to_owned());
            }
        }
        for (key, decimals) in [("price_decimals", self.price_decimals), ("quantity_decimals", self.quantity_decimals)]
        {
            if decimals > 4 {
                return wrong(format!("{key} is {decimals}; the vendor keeps four at most"));
            }
        }
        Ok(())
    }
    /// Whether the connection is to have this stream.
    pub(crate) fn wants(&self, stream: &str) -> bool {
        !streams::MORE.contains(&stream) || self.more_streams.contains(stream)
    }
    /// Whether records may be written that need this right. An unusual list of scopes is taken to allow it.
    pub(crate) fn may(&self, right: &str) -> bool {
        let known = |scope: &&String| scope.contains("_api:");
        match &self.scopes {
            Some(scopes) if scopes.iter().any(|scope| known(&scope)) => {
                scopes.iter().filter(known).any(|scope| scope.ends_with(right))
            }
            _ => true,
        }
    }
    /// What is asked for at the ERP API.
    pub(crate) fn erp_scopes(&self) -> Vec<String> {
        let family = match self.sign_in {
            SignIn::Service => "vismanet_erp_service_api",
            SignIn::Interactive => "vismanet_erp_interactive_api",
        };
        let usual = || ["read", "create", "update", "delete"].map(|right| format!("{family}:{right}")).into();
        self.scopes.clone().unwrap_or_else(usual)
    }
    /// An address of the identity server.
    pub(crate) fn identity(&self, path: &str) -> Url {
        let mut url = self.identity_url.clone();
        url.set_path(&format!("{}{path}", self.identity_url.path().trim_end_matches('/')));
        url
    }
}

#[allow(clippy::expect_used, reason = "constants")]
fn address(text: &str) -> Url {
    Url::parse(text).expect("an address")
}
fn base_url() -> Url {
    address("https://api.finance.visma.net")
}
fn order_url() -> Url {
    address("https://salesorder.visma.net")
}
fn identity_url() -> Url {
    address("https://connect.visma.com")
}
fn order_scopes() -> Vec<String> {
    // a token that may only write cannot read an order's version, without which nothing is written
    ["visma.net.erp.salesorder:read", "visma.net.erp.salesorder:write"].map(str::to_owned).into()
}
fn order_types() -> Vec<String> {
    vec!["SO".to_owned()]
}
fn time_zone() -> Tz {
    chrono_tz::Europe::Oslo
}
fn two() -> u32 {
    2
}
fn search_lag() -> u32 {
    60
}
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}
fn maybe_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(SecretString::from))
}
/// Keys of a table are texts.
fn segments<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<u32, String>, D::Error> {
    let told = BTreeMap::<String, String>::deserialize(from)?;
    let number = |(segment, value): (String, String)| {
        let number = segment.trim().parse();
        let wrong = || D::Error::custom(format!("project_subaccount has the segment '{segment}', which is no number"));
        Ok((number.map_err(|_| wrong())?, value))
    };
    told.into_iter().map(number).collect()
}
fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(from)?;
    name.parse().map_err(|_| D::Error::custom(format!("time_zone '{name}' is no zone; give one such as Europe/Oslo")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        client_id = "isv_ours"
        client_secret = "hush-hush"
        tenant_id = "a-company"
    "#;

    fn read(more: &str) -> Result<Config, toml::de::Error> {
        toml::from_str(&format!("{TEXT}{more}"))
    }

    #[test]
    fn defaults_are_the_vendors_and_the_careful_ones_and_no_secret_is_shown() {
        let config = read("").unwrap();
        assert_eq!(config.base_url.as_str(), "https://api.finance.visma.net/");
        assert_eq!(config.order_url.as_str(), "https://salesorder.visma.net/");
        assert_eq!(config.identity("/connect/token").as_str(), "https://connect.visma.com/connect/token");
        assert_eq!((config.new_invoices, config.stock), (NewInvoices::Hold, Stock::Off));
        assert_eq!(config.erp_scopes().first().map(String::as_str), Some("vismanet_erp_service_api:read"));
        assert!(!format!("{config:?}").contains("hush-hush"));
        config.check().unwrap();
    }

    #[test]
    fn slips_are_refused_by_name() {
        let slip = read("tenantid = \"x\"").unwrap_err();
        assert!(slip.to_string().contains("tenantid"), "{slip}");
        assert!(read("time_zone = \"Mars\"").unwrap_err().to_string().contains("Mars"));
        for (more, key) in [
            ("order_types = [\"S O\"]", "order_types"),
            ("order_types = [\"SO\", \"SO\"]", "order_types"),
            ("more_streams = [\"supplier\"]", "more_streams"),
            ("price_decimals = 5", "price_decimals"),
            ("webhook_secret = \"hush\"", "webhook_header"),
            ("webhook_header = \"x-sign\"", "webhook_secret"),
            ("webhook_secret = \" \"\nwebhook_header = \"x-sign\"", "webhook_secret is empty"),
            ("webhook_secret = \"hush\"\nwebhook_header = \"x sign\"", "'x sign'"),
            ("webhook_secret = \"hush\"\nwebhook_header = \"\"", "webhook_header"),
        ] {
            let error = read(more).unwrap().check().unwrap_err();
            assert!(error.kind() == ErrorKind::Config && error.message().contains(key), "{error}");
        }
        let wrong = read("project_subaccount = { first = \"0\" }").unwrap_err();
        assert!(wrong.to_string().contains("'first'"), "{wrong}");
        let empty = Config::new("x", " ".into(), "t");
        assert!(empty.check().unwrap_err().message().contains("client_secret"));
    }

    #[test]
    fn segments_and_the_secret_of_webhooks_are_read_and_the_secret_is_not_shown() {
        let more = "project_subaccount = { 2 = \"10\", 1 = \"0\" }\nwebhook_secret = \"hook-hush\"\nwebhook_header = \"X-Sign\"";
        let config = read(more).unwrap();
        config.check().unwrap();
        assert_eq!(config.project_subaccount.into_iter().collect::<Vec<_>>(), [(1, "0".into()), (2, "10".into())]);
        assert!(!format!("{:?}", read(more).unwrap()).contains("hook-hush"));
    }

    #[test]
    fn what_is_not_asked_for_cannot_be_done() {
        let config = read("scopes = [\"vismanet_erp_service_api:read\"]").unwrap();
        assert!(config.may(":read") && !config.may(":create"));
        assert!(read("").unwrap().may(":delete"));
        let config = read("sign_in = \"interactive\"").unwrap();
        assert!(config.erp_scopes().contains(&"vismanet_erp_interactive_api:update".to_owned()));
    }
}
