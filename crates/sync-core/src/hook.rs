//! Where an integrator changes a standard flow.
//!
//! A hook is bound to a connection and an entity in the configuration and is called by the engine at three moments. It
//! is pure and synchronous: no I/O, no clock, the same input gives the same answer. What needs the outer world belongs
//! into a connector, what is a matter of one field into a mapper.
//!
//! ```
//! use sync_core::hook::{Hook, Outbound, Place, Verdict};
//! use sync_core::mapping::Problems;
//! use sync_core::{FieldMap, FieldPath, Result};
//!
//! const GIFT: FieldPath = FieldPath::from_static("x.starweb.gift_wrap");
//! const NOTE: FieldPath = FieldPath::from_static("note");
//!
//! /// Gift wrapping becomes a note for the packer; an order without a buyer's reference is not sent on.
//! #[derive(Debug)]
//! struct GiftWrap;
//!
//! impl Hook for GiftWrap {
//!     fn before_decide(&self, _: &Place<'_>, fields: &mut FieldMap, _: &mut Problems) -> Result<()> {
//!         if fields.get(GIFT) == Some(&true.into()) {
//!             fields.set(NOTE, "wrap as a gift");
//!         }
//!         Ok(())
//!     }
//!     fn before_write(&self, _: &Place<'_>, write: &Outbound<'_>) -> Result<Verdict> {
//!         match write.fields.filled(FieldPath::new("buyer_reference")) {
//!             None if write.creates => Ok(Verdict::Hold("the buyer's reference is missing; ask for it".to_owned())),
//!             _ => Ok(Verdict::Keep),
//!         }
//!     }
//! }
//! ```

use std::{collections::BTreeSet, fmt};

use crate::{
    connector::Written,
    error::Result,
    id::{CanonicalId, EntityName, ExternalRef, SystemId},
    mapping::Problems,
    value::{FieldMap, FieldPath},
};

/// Which record of which system a hook is asked about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The tenant.
    pub system: &'a SystemId,
    /// The rule set.
    pub entity: &'a EntityName,
    /// Our id, once the record is bound.
    pub id: Option<CanonicalId>,
    /// The vendor's id, once the vendor has the record.
    pub reference: Option<&'a ExternalRef>,
}

impl<'a> Place<'a> {
    /// A record that neither we nor the vendor know yet.
    pub fn new(system: &'a SystemId, entity: &'a EntityName) -> Self {
        Self { system, entity, id: None, reference: None }
    }
    /// The same record, bound.
    #[must_use]
    pub fn bound(self, id: CanonicalId) -> Self {
        Self { id: Some(id), ..self }
    }
    /// The same record, as the vendor names it.
    #[must_use]
    pub fn called(self, reference: &'a ExternalRef) -> Self {
        Self { reference: Some(reference), ..self }
    }
}

/// What is about to go to a system.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outbound<'a> {
    /// The record is to be made there; else it is changed.
    pub creates: bool,
    /// The whole settled record in canonical fields.
    pub fields: &'a FieldMap,
    /// Those that are to be sent.
    pub changed: &'a BTreeSet<FieldPath>,
}

impl<'a> Outbound<'a> {
    /// From its parts.
    pub fn new(creates: bool, fields: &'a FieldMap, changed: &'a BTreeSet<FieldPath>) -> Self {
        Self { creates, fields, changed }
    }
}

/// What becomes of a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It goes out as it is.
    #[default]
    Keep,
    /// It goes out with these canonical fields instead of, or beside, the settled ones. They are written to this system
    /// only and are not agreed upon.
    Change(FieldMap),
    /// It waits for a person; the text tells why and what to do.
    Hold(String),
    /// It is left out this time; the text goes to the journal. The side stays behind and is asked about again.
    Skip(String),
}

/// Code that is called while records are decided and written. All methods have an empty default.
pub trait Hook: fmt::Debug + Send + Sync {
    /// A record as the system shows it, in canonical fields, before it is compared. What it showed last goes through
    /// the same hook, so a hook that is put in or taken out is not taken for an edit.
    ///
    /// Codes that the hook cannot translate go to `problems`, so that a person sees all of them at once.
    ///
    /// # Errors
    /// The record is set aside with the error's message; the others go on.
    fn before_decide(&self, _at: &Place<'_>, _fields: &mut FieldMap, _problems: &mut Problems) -> Result<()> {
        Ok(())
    }
    /// A write that is planned for the system. Nothing was sent yet.
    ///
    /// # Errors
    /// The record is set aside with the error's message; the others go on.
    fn before_write(&self, _at: &Place<'_>, _write: &Outbound<'_>) -> Result<Verdict> {
        Ok(Verdict::Keep)
    }
    /// A write that succeeded. It cannot fail: what is done is done.
    fn after_write(&self, _at: &Place<'_>, _written: &Written) {}
}
