use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Item;
use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use crate::EntityKind;

fields! {
    /// Stock of one item at one location, in units of the item.
    pub struct StockLevel {
        /// The item.
        item: Field<LinkTo<Item>>,
        /// Number of the item.
        sku: Field<String> as Number,
        /// Code of the location; empty where a system has one.
        location: Field<String>,
        /// There.
        on_hand: Field<Decimal>,
        /// There, but promised.
        reserved: Field<Decimal>,
        /// Free to sell.
        available: Field<Decimal>,
        /// On its way from suppliers.
        incoming: Field<Decimal>,
        /// Day on which the next of it is expected.
        incoming_on: Field<NaiveDate>,
        /// Code of the status that a shop shows.
        status: Field<String>,
    }
}
impl Canonical for StockLevel {
    const KIND: EntityKind = EntityKind::StockLevel;
}
