//! Identities: who a record is, here and at each vendor.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id! {
    /// One configured tenant of one vendor, `<system>:<connection>`: `starweb:se`.
    SystemId
}
text_id! {
    /// A vendor resource in the vendor's own words: `customer`, `orders`. It has an id space, abilities and a cursor.
    StreamId
}
text_id! {
    /// The name of a rule set, the key of `[entities.<name>]`: `buyers`, `orders`.
    EntityName
}

impl SystemId {
    /// The hub itself: the origin of values that it computes from other records.
    pub fn hub() -> Self {
        Self::new("@hub")
    }
    /// A person: the origin of values that somebody decided from a work list.
    pub fn person() -> Self {
        Self::new("@person")
    }
    /// The system that a record was met in first, whichever that is: where a rule leaves it open.
    pub fn origin() -> Self {
        Self::new("@origin")
    }
    /// The connection's name in the configuration: `se` of `starweb:se`.
    pub fn connection(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, name)| name)
    }
}

/// What a record is. Declaration order is the order of a run, since later kinds link to earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntityKind {
    /// Whoever we trade with: company, authority or private buyer.
    Organisation,
    /// A contact under an organisation.
    Person,
    /// A project that documents and ledger entries point to.
    Project,
    /// One sellable number.
    Item,
    /// A quote or an order, with its lines.
    Order,
    /// An invoice or a credit note, with its lines.
    Invoice,
    /// Money that settles an invoice.
    Payment,
    /// Stock of one item at one location.
    StockLevel,
    /// Price of one item in one list, in one currency, from one quantity.
    Price,
    /// One row of a voucher.
    LedgerEntry,
}

impl EntityKind {
    /// All kinds in the order of a run.
    pub const ALL: [Self; 10] = [
        Self::Organisation,
        Self::Person,
        Self::Project,
        Self::Item,
        Self::Order,
        Self::Invoice,
        Self::Payment,
        Self::StockLevel,
        Self::Price,
        Self::LedgerEntry,
    ];

    /// The name as it stands in configuration and stored data: `ledger_entry`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Person => "person",
            Self::Project => "project",
            Self::Item => "item",
            Self::Order => "order",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::StockLevel => "stock_level",
            Self::Price => "price",
            Self::LedgerEntry => "ledger_entry",
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One stream of one tenant. As text `starweb:se/orders`, since it is a map key in stored JSON.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct StreamKey {
    /// The tenant.
    pub system: SystemId,
    /// The vendor's resource.
    pub stream: StreamId,
}

impl StreamKey {
    /// From its two parts.
    pub fn new(system: impl Into<SystemId>, stream: impl Into<StreamId>) -> Self {
        Self { system: system.into(), stream: stream.into() }
    }
    /// A record of this stream.
    pub fn id(&self, id: impl AsRef<str>) -> ExternalRef {
        ExternalRef { at: self.clone(), id: Arc::from(id.as_ref()) }
    }
}
impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.system, self.stream)
    }
}
impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl From<StreamKey> for String {
    fn from(key: StreamKey) -> Self {
        key.to_string()
    }
}
impl TryFrom<String> for StreamKey {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
impl FromStr for StreamKey {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (system, stream) = text.split_once('/').ok_or_else(|| format!("'{text}' is not system/stream"))?;
        Ok(Self::new(system, stream))
    }
}

/// A record as a vendor names it. As text `starweb:se/orders#1234`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ExternalRef {
    /// Where it is.
    pub at: StreamKey,
    /// The vendor's id.
    pub id: Arc<str>,
}

impl fmt::Display for ExternalRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.at, self.id)
    }
}
impl fmt::Debug for ExternalRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl From<ExternalRef> for String {
    fn from(reference: ExternalRef) -> Self {
        reference.to_string()
    }
}
impl TryFrom<String> for ExternalRef {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
impl FromStr for ExternalRef {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (at, id) = text.split_once('#').ok_or_else(|| format!("'{text}' is not system/stream#id"))?;
        Ok(Self { at: at.parse()?, id: Arc::from(id) })
    }
}

/// Ours: opaque, never reused, never shown to a vendor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CanonicalId(Uuid);

impl CanonicalId {
    /// UUIDv5 of the store's id, the least reference met in the run that made the binding, and a generation.
    ///
    /// The generation grows when a reference returns after unlink, removal or `forget`, so that it does not collide
    /// with its own tombstone.
    pub fn derive(store: Uuid, first: &ExternalRef, generation: u32) -> Self {
        Self(Uuid::new_v5(&store, format!("{first}#{generation}").as_bytes()))
    }
    /// Of the record of another kind that is derived from one.
    pub fn derived(source: CanonicalId, kind: EntityKind) -> Self {
        Self(Uuid::new_v5(&source.0, kind.name().as_bytes()))
    }
    /// From stored bytes.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }
    /// The UUID itself, for stores.
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}
impl fmt::Display for CanonicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for CanonicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_survives_its_text_even_with_separators_in_the_id() {
        let at = StreamKey::new("visma-net:5102", "customer");
        for id in ["7", "a#b", "x/y", "å ä", ""] {
            let reference = at.id(id);
            assert_eq!(reference.to_string().parse::<ExternalRef>().as_ref(), Ok(&reference));
            let json = serde_json::to_string(&reference).unwrap();
            assert_eq!(serde_json::from_str::<ExternalRef>(&json).unwrap(), reference);
        }
        assert!("nothing".parse::<ExternalRef>().is_err());
        assert_eq!(at.system.connection(), "5102");
    }

    #[test]
    fn a_generation_makes_another_id() {
        let store = Uuid::from_u128(7);
        let first = StreamKey::new("crm:a", "company").id("1");
        assert_eq!(CanonicalId::derive(store, &first, 0), CanonicalId::derive(store, &first, 0));
        assert_ne!(CanonicalId::derive(store, &first, 0), CanonicalId::derive(store, &first, 1));
        assert_ne!(CanonicalId::derive(Uuid::from_u128(8), &first, 0), CanonicalId::derive(store, &first, 0));
    }

    #[test]
    fn names_of_kinds_are_their_stored_form() {
        for kind in EntityKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
