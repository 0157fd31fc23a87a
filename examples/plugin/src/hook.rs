//! A hook that changes a standard flow. Orders go to the ERP by themselves; those over a sum, or to a country that the
//! house does not deliver to every day, wait until somebody has looked at them and said so by their status in the shop.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use samklang::sync_core::{
    FieldPath, Result,
    hook::{Hook, Outbound, Place, Verdict},
};
use serde::Deserialize;

const GROSS: FieldPath = FieldPath::from_static("content.gross");
const CURRENCY: FieldPath = FieldPath::from_static("content.currency");
const DELIVERY: FieldPath = FieldPath::from_static("content.delivery.country");
const BILLING: FieldPath = FieldPath::from_static("content.billing.country");
/// The shop's own word for where the order stands. A row of the map in `samklang.toml` brings it: `fulfilment` would not
/// do, since it says here what goes to the ERP, where every order begins as a draft.
const SHOP_STATUS: FieldPath = FieldPath::from_static("x.shop_status");

/// What the file says under `with`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// By currency, VAT included: what is more waits.
    over: BTreeMap<String, Decimal>,
    /// Where orders go by themselves; anywhere if it is left out.
    #[serde(default)]
    countries: BTreeSet<String>,
    /// The shop's status that says that somebody has looked.
    looked_at: String,
}

/// Reads itself from the file.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Settings")]
pub(crate) struct HoldBigOrders(Settings);

/// What serde cannot check. The message is `what is wrong; what to do`; the program puts the line before it.
impl TryFrom<Settings> for HoldBigOrders {
    type Error = String;

    fn try_from(settings: Settings) -> std::result::Result<Self, String> {
        match settings.over.iter().find(|(_, limit)| **limit <= Decimal::ZERO) {
            Some((currency, limit)) => {
                Err(format!("no order is small enough for {limit} {currency}; write a sum above zero"))
            }
            None => Ok(Self(settings)),
        }
    }
}

/// Pure: no call, no clock; the same order gives the same verdict. It is asked again at every run while the order waits.
impl Hook for HoldBigOrders {
    fn before_write(&self, _: &Place<'_>, order: &Outbound<'_>) -> Result<Verdict> {
        let looked_at = &self.0.looked_at;
        if !order.creates || order.fields.text(SHOP_STATUS) == Some(looked_at) {
            return Ok(Verdict::Keep);
        }
        Ok(match self.over_the_limit(order).or_else(|| self.far_away(order)) {
            Some(why) => {
                Verdict::Hold(format!("{why}: look at it, and set it to '{looked_at}' in the shop to let it go"))
            }
            None => Verdict::Keep,
        })
    }
}

impl HoldBigOrders {
    /// A currency without a limit has none that anybody thought of, so a person looks.
    fn over_the_limit(&self, order: &Outbound<'_>) -> Option<String> {
        let gross = order.fields.get(GROSS)?.as_decimal()?;
        let currency = order.fields.text(CURRENCY)?;
        match self.0.over.get(currency) {
            Some(limit) if gross <= *limit => None,
            Some(limit) => Some(format!("{gross} {currency} is more than the {limit} that go by themselves")),
            None => Some(format!("there is no limit for orders in {currency}")),
        }
    }
    fn far_away(&self, order: &Outbound<'_>) -> Option<String> {
        let country = order.fields.text(DELIVERY).or_else(|| order.fields.text(BILLING))?;
        let is_near = self.0.countries.is_empty() || self.0.countries.contains(country);
        (!is_near).then(|| format!("it goes to {country}"))
    }
}
