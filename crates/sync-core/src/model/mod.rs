//! The canonical model: one struct for each kind of record, typed on the outside, a [`FieldMap`](crate::FieldMap) to
//! the engine.
//!
//! Every field is [unknown, empty or set](Field). A field is named once, in its declaration, from which come the path
//! table ([`spec`]), both conversions, the setters and the path constants. Names: booleans are statements (`is_active`),
//! moments end in `_at`, days in `_on`; codes (units, terms, categories) are the canonical ones, which tables translate.
//! Vendors' own fields (`x.<vendor>.<name>`) have no place here; they live in the map.
//!
//! ```
//! use sync_core::model::{Address, Canonical, Organisation};
//!
//! let organisation = Organisation::new().name("Nordic").billing(Address::new().city("Oslo"));
//! let fields = organisation.to_fields();
//! assert_eq!(fields.text(Organisation::BILLING.join("city")), Some("Oslo"));
//! assert_eq!(Organisation::from_fields(&fields)?.name, "Nordic".into());
//! # Ok::<(), sync_core::Error>(())
//! ```

mod address;
mod content;
pub(crate) mod declare;
pub(crate) mod field;
mod invoice;
mod item;
mod key;
mod ledger_entry;
mod line;
mod lines;
mod link;
mod money;
mod order;
mod organisation;
mod payment;
mod person;
mod price;
mod project;
mod spec;
mod status;
mod stock_level;
#[cfg(test)]
mod tests;
mod tracking;
pub(crate) mod words;

pub use address::Address;
pub use content::Content;
pub use field::{Canonical, Field, Fields, Scalar};
pub use invoice::Invoice;
pub use item::Item;
pub(crate) use key::key_part;
pub use ledger_entry::LedgerEntry;
pub use line::{DeliveredLine, Line};
pub use lines::Lines;
pub use link::LinkTo;
pub use money::Money;
pub use order::Order;
pub use organisation::{Organisation, Statistics};
pub use payment::Payment;
pub use person::Person;
pub use price::Price;
pub use project::Project;
pub use spec::{FieldSpec, FieldType, Mark, field, group_of, spec};
pub use status::{Fulfilment, InvoiceStage, InvoiceState, Invoicing, LineKind, OrderStage, Party, PaymentState};
pub use stock_level::StockLevel;
pub use tracking::Tracking;
pub use words::Word;
