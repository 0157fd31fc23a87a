//! Settings that are one of a few words.

use serde::Deserialize;

/// How tokens are had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignIn {
    /// By the client's own credentials (the Service API).
    #[default]
    Service,
    /// By the consent of a user, who logs in once (the Interactive API).
    Interactive,
}

/// Which address of a customer is the billing address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BillingAddress {
    /// The main address.
    #[default]
    Main,
    /// The invoice address; the main address is that for visits then.
    Invoice,
}

/// Which of an item's costs is its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ItemCost {
    /// `currentCost`.
    #[default]
    Current,
    /// `lastCost`.
    Last,
}

/// Whether the stock of items is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stock {
    /// It is not: a run has one call less.
    #[default]
    Off,
    /// What can be sold is what is available for shipment: the careful one.
    AvailableForShipment,
    /// What can be sold is what is available.
    Available,
}

/// Whether prices are without VAT or with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prices {
    /// Without.
    #[default]
    WithoutVat,
    /// With.
    WithVat,
}

/// The field of an order that keeps our mark: 40 characters either way, and neither can be searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderMark {
    /// `customer.refNo`; the buyer's order number is `customer.order`.
    #[default]
    RefNo,
    /// `customer.order`; the buyer's reference is `customer.refNo`.
    Order,
}

/// The field of an invoice that keeps our mark. Both can be searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvoiceMark {
    /// `externalReference`; the buyer's order number is `customerRefNumber`.
    #[default]
    ExternalReference,
    /// `customerRefNumber`; the buyer's order number is `externalReference`.
    CustomerRefNumber,
}

impl InvoiceMark {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ExternalReference => "externalReference",
            Self::CustomerRefNumber => "customerRefNumber",
        }
    }
    /// The field beside it.
    pub(crate) fn other(self) -> &'static str {
        match self {
            Self::ExternalReference => "customerRefNumber",
            Self::CustomerRefNumber => "externalReference",
        }
    }
}

/// How a new invoice is kept until it is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NewInvoices {
    /// On hold: nobody can release it by mistake.
    #[default]
    Hold,
    /// Balanced: it waits for its release among the others.
    Balanced,
}

/// Whether the ERP prints, mails or sends on the invoices that are made here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvoiceSending {
    /// It does not: each new document says so.
    #[default]
    Off,
    /// As the customer's settings in the ERP have it.
    AsCustomer,
}

/// Whether the stamp of an invoice moves when it is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvoiceStamps {
    /// It moves: what changed since is one call.
    #[default]
    Move,
    /// It may not: open invoices are read again in each run, which is a call more for each stream of them.
    Miss,
}

/// Whether an order tells what its shipments say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderShipments {
    /// It does not.
    #[default]
    Off,
    /// It does: an order of which something was shipped or billed costs a call more each time it is read whole, and one
    /// for each of its shipments.
    Read,
}
