//! An order as the shop sends it.

use chrono::{DateTime, FixedOffset};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    codes::WireStatus,
    config::AddressSource,
    streams::{address::WireAddress, customers::Customer},
    wire::{Included, Told},
};

/// The id alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(super) order_id: u64,
}

/// An order with its children, in lists and alone. Both show the same: a list could give the parts of bundles too, a
/// single order cannot, so nobody asks for them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Order {
    pub(super) order_id: Told<i64>,
    pub(super) modified_at: Told<DateTime<FixedOffset>>,
    pub(super) created_at: Told<DateTime<FixedOffset>>,
    pub(super) customer_id: Told<i64>,
    pub(super) status_id: Told<i64>,
    pub(super) is_complete: Told<bool>,
    pub(super) stock_location_id: Told<String>,
    pub(super) currency_code: Told<String>,
    pub(super) currency_exchange_rate: Told<Decimal>,
    pub(super) lang_code: Told<String>,
    pub(super) total_amount: Told<Decimal>,
    pub(super) total_vat: Told<Decimal>,
    pub(super) amount_to_pay: Told<Decimal>,
    pub(super) amount_paid: Told<Decimal>,
    pub(super) payment_status: Told<String>,
    pub(super) payment_method_id: Told<i64>,
    pub(super) payment_method_external_id: Told<String>,
    pub(super) payment_method_name: Told<String>,
    pub(super) payment_fee: Told<Decimal>,
    pub(super) payment_vat_rate: Told<Decimal>,
    pub(super) shipping_method_id: Told<i64>,
    pub(super) shipping_method_external_id: Told<String>,
    pub(super) shipping_method_name: Told<String>,
    pub(super) shipping_cost: Told<Decimal>,
    pub(super) shipping_vat_rate: Told<Decimal>,
    pub(super) shipping_tracker_type: Told<i64>,
    pub(super) shipping_tracking_no: Told<String>,
    pub(super) discount_code: Told<String>,
    pub(super) internal_comment: Told<String>,
    pub(super) original_customer_email: Told<String>,
    pub(super) original_customer_national_id_no: Told<String>,
    pub(super) original_customer_vat_no: Told<String>,
    pub(super) items: Included<Vec<Item>>,
    pub(super) addresses: Included<Addresses>,
    pub(super) external_services: Included<Vec<Service>>,
    pub(super) customer: Included<Customer>,
    pub(super) status: Included<WireStatus>,
}

/// A row of an order. The price is for one, without VAT, before the discount; the discount is for the whole row.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Item {
    pub(super) item_id: Told<i64>,
    pub(super) sku: Told<String>,
    pub(super) description: Told<String>,
    pub(super) quantity: Told<Decimal>,
    pub(super) unit_symbol: Told<String>,
    pub(super) unit_price: Told<Decimal>,
    pub(super) vat_rate: Told<Decimal>,
    pub(super) discount: Told<Decimal>,
    pub(super) discount_type: Told<String>,
    pub(super) sort_index: Told<i64>,
}

/// The order's own addresses, copies all of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Addresses {
    original_invoice: Option<WireAddress>,
    original_delivery: Option<WireAddress>,
    customer_invoice: Option<WireAddress>,
    customer_delivery: Option<WireAddress>,
    payment_method_invoice: Option<WireAddress>,
    payment_method_delivery: Option<WireAddress>,
}

/// An order's number in another system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Service {
    pub(super) service_name: Told<String>,
    pub(super) external_id_value: Told<String>,
    pub(super) read_only: Told<bool>,
}

impl Order {
    /// The customer in the shop's register. A guest has none, and neither has an order whose customer was removed: its
    /// number is still there, but no customer comes with it. Whether one that is not there is left out or null is not
    /// documented, so being left out tells only where other children came along.
    pub(super) fn customer(&self) -> Option<i64> {
        let with_children = !self.items.0.is_unknown();
        let gone = self.customer.0.is_empty() || with_children && self.customer.0.is_unknown();
        self.customer_id.get().filter(|id| *id > 0 && !gone)
    }
    /// The first address of these sources that has anything in it.
    pub(super) fn invoice(&self, order: &[AddressSource]) -> Option<&WireAddress> {
        let addresses = self.addresses.0.value()?;
        order.iter().find_map(|source| {
            let address = match source {
                AddressSource::PaymentMethod => &addresses.payment_method_invoice,
                AddressSource::Original => &addresses.original_invoice,
                AddressSource::Customer => &addresses.customer_invoice,
            };
            address.as_ref().filter(|address| !address.is_blank())
        })
    }
    /// The same for where the goods go.
    pub(super) fn delivery(&self, order: &[AddressSource]) -> Option<&WireAddress> {
        let addresses = self.addresses.0.value()?;
        order.iter().find_map(|source| {
            let address = match source {
                AddressSource::PaymentMethod => &addresses.payment_method_delivery,
                AddressSource::Original => &addresses.original_delivery,
                AddressSource::Customer => &addresses.customer_delivery,
            };
            address.as_ref().filter(|address| !address.is_blank())
        })
    }
    /// The external service of that name; unknown if services were not asked for.
    pub(super) fn service(&self, name: &str) -> Option<&Service> {
        self.external_services.0.value()?.iter().find(|service| service.service_name.text() == name)
    }
}
