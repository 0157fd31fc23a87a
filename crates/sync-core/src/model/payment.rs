use chrono::NaiveDate;

use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use super::{Invoice, Money, Order, Organisation};
use crate::EntityKind;

fields! {
    /// Money that settles an invoice, or that a shopper has paid on an order.
    pub struct Payment {
        /// Number.
        number: Field<String> as Number,
        /// The invoice that it settles.
        invoice: Field<LinkTo<Invoice>>,
        /// The order that it was paid on.
        order: Field<LinkTo<Order>>,
        /// Who paid.
        customer: Field<LinkTo<Organisation>>,
        /// What was paid; below zero for what was paid back.
        paid: Money as group,
        /// Day of payment.
        paid_on: Field<NaiveDate>,
        /// Code of the way to pay.
        method: Field<String>,
        /// Account that the money came to.
        account: Field<String>,
        /// Reference of the payer or of the payment provider.
        reference: Field<String>,
        /// Number of the voucher that it is booked on, with its series.
        voucher_number: Field<String> as Number,
        /// It was taken back.
        is_reversed: Field<bool>,
    }
}
impl Canonical for Payment {
    const KIND: EntityKind = EntityKind::Payment;
}
