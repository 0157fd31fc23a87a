//! How far a document is, and the next step towards where it is to be.

use crate::{
    capability::Step,
    id::EntityKind,
    model,
    policy::{DocumentTable, Until, axis},
    value::FieldMap,
};

/// The step that a document takes next; `None` where it is as binding as it is to be, or where no step leads on.
pub(crate) fn next<'t>(table: &'t DocumentTable, kind: EntityKind, shown: &FieldMap) -> Option<&'t Step> {
    let until = rank(kind, table.until?)?;
    let now = shown.text(axis(kind)?)?;
    table.cap.steps.iter().find(|step| step.from == now && place(kind, &step.to).is_some_and(|to| to <= until))
}

/// The word under which a document is made: where its first step starts, if the stream has steps.
pub(crate) fn first(table: &DocumentTable) -> Option<&str> {
    table.cap.steps.first().map(|step| step.from.as_str())
}

/// Whether the record shows that a step was made: its word, or one further on.
pub(crate) fn is_made(kind: EntityKind, step: &Step, shown: &FieldMap) -> bool {
    let now = axis(kind).and_then(|axis| shown.text(axis));
    match (now.and_then(|now| place(kind, now)), place(kind, &step.to)) {
        (Some(now), Some(to)) => now >= to,
        _ => now.is_some_and(|now| now != step.from),
    }
}

fn rank(kind: EntityKind, until: Until) -> Option<usize> {
    place(kind, until.word())
}
fn place(kind: EntityKind, word: &str) -> Option<usize> {
    model::field(kind, axis(kind)?)?.words.iter().position(|known| known.name == word)
}
