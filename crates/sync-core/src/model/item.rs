use rust_decimal::Decimal;

use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use super::{Money, Organisation};
use crate::EntityKind;

fields! {
    /// One sellable number: an article, a product variant, a service.
    pub struct Item {
        /// Number (SKU).
        number: Field<String> as Number,
        /// Name.
        name: Field<String> as Name,
        /// Longer text for the buyer.
        description: Field<String>,
        /// Number or name of the product that it is a variant of.
        product: Field<String>,
        /// What tells it from the product's other variants: `red, XL`.
        variant: Field<String>,
        /// Bar code (GTIN, EAN).
        barcode: Field<String> as Number,
        /// Code of the unit that it is sold in.
        unit: Field<String>,
        /// Code of the category.
        category: Field<String>,
        /// Code of the group that governs VAT and accounts.
        posting_group: Field<String>,
        /// VAT code.
        vat_code: Field<String>,
        /// VAT in percent: 25 is twenty-five percent.
        vat_rate: Field<Decimal>,
        /// Account that sales are booked on.
        sales_account: Field<String>,
        /// What one unit costs us.
        cost: Money as group,
        /// Weight of one unit in kilograms.
        weight: Field<Decimal>,
        /// Maker or brand.
        manufacturer: Field<String>,
        /// From whom we buy it.
        supplier: Field<LinkTo<Organisation>>,
        /// The supplier's number for it.
        supplier_item_number: Field<String> as Number,
        /// It can be sold.
        is_active: Field<bool>,
        /// It is a service and no goods.
        is_service: Field<bool>,
        /// Stock is kept of it.
        is_stocked: Field<bool>,
        /// It is shown in a shop.
        is_sold_online: Field<bool>,
        /// Note for the house.
        note: Field<String>,
    }
}
impl Canonical for Item {
    const KIND: EntityKind = EntityKind::Item;
}
