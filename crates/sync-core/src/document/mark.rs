//! Our mark on documents that we make: `<connection>-<source number>`, so that they are found again.

use crate::{policy::Entity, store::Binding};

/// Our mark on records made for this binding: `<connection>-<number or id in its source>`. None where no stream of it
/// keeps one.
pub(crate) fn mark(entity: &Entity, binding: &Binding) -> Option<String> {
    let marks = |key: &crate::StreamKey| entity.streams.get(key).is_some_and(|table| table.cap.create_mark.is_some());
    if !binding.sides.keys().any(marks) {
        return None;
    }
    let source = binding.sides.iter().find(|(key, side)| key.system == binding.origin && side.id.is_some())?;
    let id = source.1.id.as_ref()?;
    Some(format!("{}-{id}", binding.origin.connection()))
}
