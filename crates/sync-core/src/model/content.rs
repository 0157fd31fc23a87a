use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::declare::fields;
use super::field::Field;
use super::line::Line;
use super::lines::Lines;
use super::link::LinkTo;
use super::{Address, Project};

fields! {
    /// What a document says: the same for orders and invoices, so that one can be carried over to the other as it is.
    /// It is decided as one value.
    pub struct Content {
        /// The lines in their order: items, freight, fees, discounts, rounding, text.
        lines: Field<Lines<Line>>,
        /// Sum of all lines without VAT, in `currency`.
        net: Field<Decimal>,
        /// Sum of VAT, in `currency`.
        vat: Field<Decimal>,
        /// What the buyer pays: net, VAT and rounding, in `currency`.
        gross: Field<Decimal>,
        /// What the vendor added to round the total, in `currency`, and shows on no line.
        rounding: Field<Decimal>,
        /// Currency of every amount, ISO 4217: `SEK`.
        currency: Field<String>,
        /// One unit of `currency` in the seller's own currency.
        exchange_rate: Field<Decimal>,
        /// Unit prices and discounts on lines include VAT.
        prices_include_vat: Field<bool>,
        /// Where the invoice goes.
        billing: Address as group,
        /// Where the goods go.
        delivery: Address as group,
        /// Code of the terms of payment.
        payment_terms: Field<String>,
        /// Code of the way to pay.
        payment_method: Field<String>,
        /// Code of the terms of delivery.
        delivery_terms: Field<String>,
        /// Code of the way of delivery.
        delivery_method: Field<String>,
        /// Day on which delivery is wanted or promised.
        delivery_on: Field<NaiveDate>,
        /// The buyer's reference: a person, or a word that the buyer wants to see.
        buyer_reference: Field<String>,
        /// The seller's reference: a person.
        seller_reference: Field<String>,
        /// Number under which the buyer keeps it: order or requisition number.
        buyer_order_number: Field<String> as Number,
        /// Code that the buyer used for a discount; what it gave stands on lines.
        discount_code: Field<String>,
        /// Code of the salesperson.
        salesperson: Field<String>,
        /// The project that it is for.
        project: Field<LinkTo<Project>>,
        /// Language of its texts, ISO 639-1: `sv`.
        language: Field<String>,
        /// Text for the buyer on the document.
        remark: Field<String>,
    }
}
