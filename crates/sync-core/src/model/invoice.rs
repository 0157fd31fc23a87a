use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use super::{Content, InvoiceStage, Order, Organisation, PaymentState, Person};
use crate::EntityKind;

fields! {
    /// An invoice, or a credit note: an invoice that `credits` another, with amounts below zero.
    pub struct Invoice {
        /// Number.
        number: Field<String> as Number,
        /// How far it is from leaving the house.
        stage: Field<InvoiceStage>,
        /// The order that it was made of.
        order: Field<LinkTo<Order>>,
        /// The invoice that it credits.
        credits: Field<LinkTo<Invoice>>,
        /// It is a credit note, whether or not the credited invoice is known.
        is_credit: Field<bool>,
        /// It was made void.
        is_cancelled: Field<bool>,
        /// Who is to pay.
        customer: Field<LinkTo<Organisation>>,
        /// The payer's contact.
        contact: Field<LinkTo<Person>>,
        /// Day of the invoice.
        invoiced_on: Field<NaiveDate>,
        /// Last day to pay.
        due_on: Field<NaiveDate>,
        /// How far the payment is.
        payment: Field<PaymentState>,
        /// Settled so far by payment or credit, with VAT, in the document's currency.
        settled: Field<Decimal>,
        /// Still to pay, with VAT, in the document's currency.
        remaining: Field<Decimal>,
        /// Day of the latest payment.
        paid_on: Field<NaiveDate>,
        /// Reference that the payer is to give: OCR or KID.
        payment_reference: Field<String> as Number,
        /// Number of the voucher that it is booked on, with its series.
        voucher_number: Field<String> as Number,
        /// What it is about, in a line.
        description: Field<String>,
        /// Note for the house.
        note: Field<String>,
        /// Lines, totals, addresses, terms.
        content: Content as group,
    }
}
impl Canonical for Invoice {
    const KIND: EntityKind = EntityKind::Invoice;
}
