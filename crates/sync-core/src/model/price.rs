use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Item;
use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use crate::EntityKind;

fields! {
    /// Price of one unit of an item, in one list and currency, from one quantity.
    pub struct Price {
        /// The item.
        item: Field<LinkTo<Item>>,
        /// Number of the item.
        sku: Field<String> as Number,
        /// Code of the price list; empty for the item's own price.
        list: Field<String>,
        /// Currency of all amounts, ISO 4217: `SEK`.
        currency: Field<String>,
        /// The least quantity that it holds for; 0 or 1 for the ordinary price.
        from_quantity: Field<Decimal>,
        /// The amounts include VAT.
        includes_vat: Field<bool>,
        /// The ordinary amount.
        amount: Field<Decimal>,
        /// The amount during a campaign.
        campaign_amount: Field<Decimal>,
        /// First day of the campaign.
        campaign_from: Field<NaiveDate>,
        /// Last day of the campaign.
        campaign_to: Field<NaiveDate>,
    }
}
impl Canonical for Price {
    const KIND: EntityKind = EntityKind::Price;
}
