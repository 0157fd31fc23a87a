use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use super::{Address, Money, Party};
use crate::EntityKind;

fields! {
    /// Whoever we trade with: a company, an authority, or a private buyer.
    pub struct Organisation {
        /// Number as customer or supplier.
        number: Field<String> as Number,
        /// Name as it stands in the register; of a private buyer, first and last name.
        name: Field<String> as Name,
        /// Company or private buyer.
        party: Field<Party>,
        /// Number in the public register of companies, or of persons for a sole trader or private buyer.
        registration_number: Field<String> as RegistrationNumber,
        /// VAT number with its country's letters.
        vat_number: Field<String> as VatNumber,
        /// We sell to it.
        is_customer: Field<bool>,
        /// We buy from it.
        is_supplier: Field<bool>,
        /// It is in use.
        is_active: Field<bool>,
        /// The organisation that it belongs to.
        parent: Field<LinkTo<Organisation>>,
        /// General e-mail address.
        email: Field<String> as Email,
        /// E-mail address for invoices.
        invoice_email: Field<String> as Email,
        /// E-mail address for orders and quotes.
        order_email: Field<String> as Email,
        /// Telephone.
        phone: Field<String> as Phone,
        /// Mobile telephone.
        mobile: Field<String> as Phone,
        /// Home page.
        website: Field<String>,
        /// Where invoices go.
        billing: Address as group,
        /// Where goods go.
        delivery: Address as group,
        /// Where visitors go.
        visiting: Address as group,
        /// Global location number (GLN, EAN), to which electronic invoices are addressed.
        global_location_number: Field<String> as Number,
        /// Other address for electronic invoices, with its scheme where there is one.
        electronic_address: Field<String>,
        /// Currency of its documents, ISO 4217: `SEK`.
        currency: Field<String>,
        /// Language of its documents, ISO 639-1: `sv`.
        language: Field<String>,
        /// Code of the VAT group or tax zone.
        vat_group: Field<String>,
        /// Code of the customer or supplier group that governs how it is booked.
        posting_group: Field<String>,
        /// Code of the terms of payment.
        payment_terms: Field<String>,
        /// Code of the terms of delivery.
        delivery_terms: Field<String>,
        /// Code of the way of delivery.
        delivery_method: Field<String>,
        /// Code of the price list.
        price_list: Field<String>,
        /// General discount in percent: 10 is ten percent.
        discount_percent: Field<Decimal>,
        /// The most that may be outstanding.
        credit_limit: Money as group,
        /// Code of the category or type.
        category: Field<String>,
        /// Code of the district.
        district: Field<String>,
        /// Code of the salesperson.
        salesperson: Field<String>,
        /// Note for the house.
        note: Field<String>,
        /// Figures that follow from other records.
        statistics: Statistics,
    }
}
impl Canonical for Organisation {
    const KIND: EntityKind = EntityKind::Organisation;
}

fields! {
    /// Figures of an organisation that follow from its documents. Amounts are in the seller's own currency.
    pub struct Statistics {
        /// Invoiced this year, without VAT.
        turnover: Field<Decimal>,
        /// Invoiced last year, without VAT.
        turnover_last_year: Field<Decimal>,
        /// Invoiced and not paid, with VAT.
        balance: Field<Decimal>,
        /// The part of the balance that is past its due day.
        overdue: Field<Decimal>,
        /// Day of the latest order.
        last_order_on: Field<NaiveDate>,
        /// Day of the latest invoice.
        last_invoice_on: Field<NaiveDate>,
    }
}
