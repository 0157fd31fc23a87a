use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::declare::fields;
use super::field::{Canonical, Field};
use super::line::DeliveredLine;
use super::lines::Lines;
use super::link::LinkTo;
use super::{Content, Fulfilment, InvoiceState, Invoicing, OrderStage, Organisation, PaymentState, Person, Tracking};
use crate::EntityKind;

fields! {
    /// A quote or an order.
    pub struct Order {
        /// Number.
        number: Field<String> as Number,
        /// Quote or order.
        stage: Field<OrderStage>,
        /// Who buys.
        customer: Field<LinkTo<Organisation>>,
        /// The buyer's contact.
        contact: Field<LinkTo<Person>>,
        /// When it was placed.
        ordered_at: Field<DateTime<Utc>>,
        /// Day on which it was placed, in the seller's country.
        ordered_on: Field<NaiveDate>,
        /// Last day on which a quote holds.
        expires_on: Field<NaiveDate>,
        /// How far the goods are.
        fulfilment: Field<Fulfilment>,
        /// How far the invoicing is.
        invoicing: Field<Invoicing>,
        /// What became of its invoices, drafts and void ones too.
        invoice_state: Field<InvoiceState>,
        /// How far the payment is.
        payment: Field<PaymentState>,
        /// Paid so far, with VAT, in the document's currency.
        paid: Field<Decimal>,
        /// Day of the latest delivery.
        delivered_on: Field<NaiveDate>,
        /// What is delivered of each line.
        delivered: Field<Lines<DeliveredLine>>,
        /// Where the parcel is.
        tracking: Tracking as group,
        /// Numbers of its invoices, oldest first, with `, ` between.
        invoice_numbers: Field<String>,
        /// Day of its latest invoice.
        invoiced_on: Field<NaiveDate>,
        /// Code of the stock location that it is delivered from.
        location: Field<String>,
        /// What it is about, in a line.
        description: Field<String>,
        /// Note for the house.
        note: Field<String>,
        /// Lines, totals, addresses, terms.
        content: Content as group,
    }
}
impl Canonical for Order {
    const KIND: EntityKind = EntityKind::Order;
}
