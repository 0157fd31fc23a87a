use rust_decimal::Decimal;

use super::declare::fields;
use super::field::Field;
use super::link::LinkTo;
use super::status::LineKind;
use super::{Item, Project};

fields! {
    /// A line of a document. Amounts are in the document's currency, without VAT unless its
    /// [`prices_include_vat`](super::Content::prices_include_vat) says otherwise.
    pub struct Line {
        /// The source's row id; where it has none, the line's position from 1.
        key: Field<String>,
        /// What it stands for.
        kind: Field<LineKind>,
        /// Number of the item, as the source wrote it.
        sku: Field<String> as Number,
        /// The item, where the source names a record.
        item: Field<LinkTo<Item>>,
        /// Text for the reader.
        text: Field<String>,
        /// How many units; below zero for returned goods.
        quantity: Field<Decimal>,
        /// Code of the unit.
        unit: Field<String>,
        /// Price of one unit before discount; with VAT if the document's prices include it.
        unit_price: Field<Decimal>,
        /// Discount on the whole line in percent: 10 is ten percent.
        discount_percent: Field<Decimal>,
        /// Discount on the whole line as an amount, taken off once; with VAT if the document's prices include it.
        discount_amount: Field<Decimal>,
        /// VAT in percent: 25 is twenty-five percent.
        vat_rate: Field<Decimal>,
        /// VAT code.
        vat_code: Field<String>,
        /// Amount of the line after discount, without VAT.
        net: Field<Decimal>,
        /// VAT of the line.
        vat: Field<Decimal>,
        /// Account that the line is booked on, where the document itself names it.
        account: Field<String>,
        /// Code of the cost centre that the line is booked on.
        cost_centre: Field<String>,
        /// The project that the line is booked on.
        project: Field<LinkTo<Project>>,
    }
}

fields! {
    /// How much of an order's line is delivered. It stands beside the content, since another system may say it.
    pub struct DeliveredLine {
        /// Key of the order's line, where the deliverer knows it.
        key: Field<String>,
        /// Number of the item.
        sku: Field<String> as Number,
        /// Delivered so far, in units of the line.
        delivered: Field<Decimal>,
        /// Still to be delivered, in units of the line.
        remaining: Field<Decimal>,
    }
}
