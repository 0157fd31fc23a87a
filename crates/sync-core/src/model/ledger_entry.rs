use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use super::{Invoice, Money, Organisation, Project};
use crate::EntityKind;

fields! {
    /// One row of a voucher.
    pub struct LedgerEntry {
        /// Series of the voucher.
        voucher_series: Field<String>,
        /// Number of the voucher in its series and year.
        voucher_number: Field<String> as Number,
        /// Place of the row in the voucher, from 1.
        position: Field<i64>,
        /// Day of booking.
        booked_on: Field<NaiveDate>,
        /// Account.
        account: Field<String>,
        /// Name of the account.
        account_name: Field<String>,
        /// Debit above zero, credit below, in the ledger's own currency.
        amount: Field<Decimal>,
        /// The amount in the currency of the deal, where it is another.
        original: Money as group,
        /// Quantity, where the ledger keeps it.
        quantity: Field<Decimal>,
        /// VAT code.
        vat_code: Field<String>,
        /// Text of the row, or of the voucher.
        text: Field<String>,
        /// Code of the cost centre.
        cost_centre: Field<String>,
        /// The project.
        project: Field<LinkTo<Project>>,
        /// The customer or supplier.
        organisation: Field<LinkTo<Organisation>>,
        /// The invoice that it comes from.
        invoice: Field<LinkTo<Invoice>>,
    }
}
impl Canonical for LedgerEntry {
    const KIND: EntityKind = EntityKind::LedgerEntry;
}
