//! Our mark on documents that we make: `<connection>-<source number>`, so that they are found again.

use crate::{id::SystemId, policy::Entity, store::Binding};

/// Our mark on records made for this binding. None where no stream of it keeps one.
pub(crate) fn mark(entity: &Entity, binding: &Binding) -> Option<String> {
    let marks = |key: &crate::StreamKey| entity.streams.get(key).is_some_and(|table| table.cap.create_mark.is_some());
    binding.sides.keys().any(marks).then(|| mark_of(binding)).flatten()
}

/// `<connection>-<number or id in its source>`; of a derived record, that of the one that it was derived from.
pub(crate) fn mark_of(binding: &Binding) -> Option<String> {
    let id_at = |system: &SystemId| {
        let side = binding.sides.iter().find(|(key, side)| key.system == *system && side.id.is_some())?;
        side.1.id.as_deref()
    };
    if binding.derived_from.is_some() {
        return id_at(&SystemId::hub()).map(str::to_owned);
    }
    Some(format!("{}-{}", binding.origin.connection(), id_at(&binding.origin)?))
}
