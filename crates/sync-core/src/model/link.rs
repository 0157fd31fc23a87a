//! Typed links between records.

use std::{fmt, marker::PhantomData, ops::Deref};

use super::field::{Canonical, Field, Scalar, expected};
use super::spec::FieldType;
use crate::{CanonicalId, ExternalRef, Link, Result, Value};

/// A link to a record of kind `K`. Read it as a [`Link`]; make it of an [`ExternalRef`] in a connector.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkTo<K> {
    link: Link,
    kind: PhantomData<fn() -> K>,
}

impl<K> LinkTo<K> {
    /// The vendor's id, if the link is still, or again, an external one.
    pub fn external(&self) -> Option<&ExternalRef> {
        match &self.link {
            Link::External(reference) => Some(reference),
            Link::Canonical(_) => None,
        }
    }
    /// Our id, if the link is canonical.
    pub fn canonical(&self) -> Option<CanonicalId> {
        match &self.link {
            Link::Canonical(id) => Some(*id),
            Link::External(_) => None,
        }
    }
}

impl<K> Deref for LinkTo<K> {
    type Target = Link;
    fn deref(&self) -> &Link {
        &self.link
    }
}
impl<K> fmt::Debug for LinkTo<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.link, f)
    }
}
impl<K> From<Link> for LinkTo<K> {
    fn from(link: Link) -> Self {
        Self { link, kind: PhantomData }
    }
}
impl<K> From<Link> for Field<LinkTo<K>> {
    fn from(link: Link) -> Self {
        Self::Set(LinkTo::from(link))
    }
}
impl<K> From<ExternalRef> for Field<LinkTo<K>> {
    fn from(reference: ExternalRef) -> Self {
        Link::External(reference).into()
    }
}
/// `None` is known to be empty: an order without customer.
impl<K> From<Option<ExternalRef>> for Field<LinkTo<K>> {
    fn from(reference: Option<ExternalRef>) -> Self {
        reference.map_or(Self::Empty, Self::from)
    }
}
impl<K> From<CanonicalId> for Field<LinkTo<K>> {
    fn from(id: CanonicalId) -> Self {
        Link::Canonical(id).into()
    }
}

impl<K: Canonical> Scalar for LinkTo<K> {
    const TYPE: FieldType = FieldType::Link(K::KIND);
    fn to_value(&self) -> Value {
        Value::Link(self.link.clone())
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_link().cloned().map(Self::from).ok_or_else(|| expected(Self::TYPE, value))
    }
}
