//! Conditions that can never hold: they ask for a value that nobody can choose in any system.

use std::collections::BTreeSet;

use sync_core::{
    EntityKind, FieldMap, FieldPath,
    engine::Engine,
    mapping::Problems,
    policy::{Entity, Operator, Predicate, StreamTable},
};

/// A line for each value of a `where` or a `scope` that is on no list where the field is chosen from lists.
pub(super) fn never(engine: &Engine) -> Vec<String> {
    let all = &engine.policy().entities;
    let mut lines = Vec::new();
    for entity in all {
        let scoped = entity.scope.values().flatten().map(|condition| ("scope", condition));
        for (place, condition) in entity.filter.iter().map(|condition| ("where", condition)).chain(scoped) {
            let Some(known) = asked_of(all, entity.kind, condition) else { continue };
            for value in condition.operands.iter().filter(|value| !value.is_empty() && !known.contains(*value)) {
                let name = &entity.name;
                let there: Vec<&str> = known.iter().map(String::as_str).collect();
                lines.push(format!(
                    "entities.{name}.{place}: '{condition}' asks for '{value}', which no system has; there are {}",
                    there.join(", ")
                ));
            }
        }
    }
    lines
}

/// All that the field of a condition can hold, in canonical words; `None` where anything can be typed, or nobody tells.
fn asked_of(all: &[Entity], kind: EntityKind, condition: &Predicate) -> Option<BTreeSet<String>> {
    if !matches!(condition.operator, Operator::Is | Operator::In | Operator::IsNot) {
        return None;
    }
    let (kind, field) = condition.hop(kind).map_or((kind, condition.field), |hop| (hop.kind, hop.field));
    let of_kind = all.iter().filter(|entity| entity.kind == kind);
    let showing = of_kind.flat_map(|entity| entity.streams.values()).filter(|table| table.role.read);
    let mut known = BTreeSet::new();
    for table in showing {
        known.extend(shown(table, field)?);
    }
    (!known.is_empty()).then_some(known)
}

/// What a stream can show of a field; `None` where that is not a choice of some.
fn shown(table: &StreamTable, field: FieldPath) -> Option<BTreeSet<String>> {
    let read = |theirs: FieldMap| {
        let ours = table.map.inbound(&theirs, &mut Problems::default()).ok()?;
        ours.text(field).map(str::to_owned)
    };
    let mut known: BTreeSet<String> = read(FieldMap::new()).into_iter().collect(); // what is the same for all, or assumed
    for theirs in table.map.theirs(field) {
        let Some(cap) = table.cap.fields.get(&theirs).filter(|cap| cap.read) else { continue };
        if cap.choices.is_empty() {
            return None;
        }
        known.extend(cap.choices.iter().filter_map(|choice| read(FieldMap::new().with(theirs, choice.code.as_str()))));
    }
    Some(known)
}
