//! Which record a person means.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    Engine,
    error::Result,
    id::{CanonicalId, ExternalRef},
};

/// What a text means: a number, a reference such as `starweb:se/customers#17`, or our id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meant {
    /// The records, of any age, most recently changed first. Several may share a number.
    pub records: Vec<CanonicalId>,
    /// The reference, where the text is one.
    pub reference: Option<ExternalRef>,
}

impl Engine {
    /// The records that a text may mean.
    ///
    /// # Errors
    /// The store's own.
    pub async fn meant(&self, text: &str) -> Result<Meant> {
        if let Ok(id) = text.parse::<Uuid>() {
            let id = CanonicalId::from_uuid(id);
            let known = self.store.bindings(&[id]).await?;
            return Ok(Meant { records: known.into_iter().map(|binding| binding.id).collect(), reference: None });
        }
        let reference = text.parse::<ExternalRef>().ok();
        if let Some(reference) = &reference {
            let bound = self.store.bound(std::slice::from_ref(reference)).await?;
            if !bound.is_empty() {
                let records = bound.into_iter().map(|(_, id)| id).collect();
                return Ok(Meant { records, reference: Some(reference.clone()) });
            }
        }
        let mut seen = BTreeSet::new();
        let numbered = self.store.numbered(text).await?;
        Ok(Meant { records: numbered.into_iter().filter(|id| seen.insert(*id)).collect(), reference })
    }
}
