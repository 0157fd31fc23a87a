//! What people say of something that is held.

use super::{typed, unit_of};
use crate::{
    Engine,
    decide::Why,
    error::{Error, ErrorKind, Result},
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    store::{Binding, Held, HeldWhy, Inbox, SideState, Verdict},
    value::{FieldMap, FieldPath},
};

/// What a person says of something that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// What the system of this connection says is right.
    Take(String),
    /// Each field with its text as a person types it: that is right.
    Value(Vec<(FieldPath, String)>),
    /// It is the same as this known record.
    Bind(CanonicalId),
    /// This record of a system is it.
    BindTo(ExternalRef),
    /// It is to be made; of one that could not be matched: it is a record of its own.
    Create,
    /// It is the record that it was, although all that it is known by changed.
    Same,
    /// Its removal stands: it is to be removed in the other systems too.
    Remove,
    /// The record of this connection is left alone from now on; without a name, the one that is asked about.
    Leave(Option<String>),
    /// The status that its table asks about is to be written.
    Confirm,
}

impl Choice {
    /// As it is called on the command line.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Take(_) => "take",
            Self::Value(_) => "value",
            Self::Bind(_) | Self::BindTo(_) => "bind",
            Self::Create => "create",
            Self::Same => "same",
            Self::Remove => "remove",
            Self::Leave(_) => "leave",
            Self::Confirm => "confirm",
        }
    }
}

impl HeldWhy {
    /// Its name: `conflict`, `ambiguous`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Field(Why::Conflict) => "conflict",
            Self::Field(Why::ForeignChange) => "foreign_change",
            Self::Field(Why::CutEdit) => "cut_edit",
            Self::Field(Why::SameAmountTwice) => "same_amount_twice",
            Self::Field(Why::OverTotal) => "over_total",
            Self::Ambiguous => "ambiguous",
            Self::Unmapped => "unmapped",
            Self::Incomplete => "incomplete",
            Self::Locked => "locked",
            Self::Removed => "removed",
            Self::RemovedAndChanged => "removed_and_changed",
            Self::MissingLink => "missing_link",
            Self::Totals => "totals",
            Self::BuyerDiffers => "buyer_differs",
            Self::Confirm => "confirm",
            Self::Unclear => "unclear",
            Self::Hook => "hook",
            Self::Loop => "loop",
        }
    }
    /// The choices that answer it, by their words. Where only `leave` does, the cause is to be mended where it is.
    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Field(_) | Self::Loop => &["take", "value", "leave"],
            Self::Ambiguous => &["bind", "create", "same", "leave"],
            Self::Unclear => &["bind", "create"],
            Self::Removed | Self::RemovedAndChanged => &["create", "remove", "leave"],
            Self::Confirm => &["confirm", "leave"],
            Self::Incomplete => &["value", "leave"],
            Self::Locked => &["value", "leave"],
            Self::Unmapped | Self::MissingLink | Self::Totals | Self::BuyerDiffers | Self::Hook => &["leave"],
        }
    }
}

fn refused(line: String) -> Error {
    Error::new(ErrorKind::Invalid, "decide", line)
}

impl Engine {
    /// What is to be said for a choice, for [`post_all`](Engine::post_all); nothing is posted yet.
    ///
    /// # Errors
    /// `Invalid` for a choice that does not answer this, or that cannot be carried out, with those that can; the
    /// store's own.
    pub async fn answers(&self, held: &Held, choice: &Choice) -> Result<Vec<Inbox>> {
        if !held.why.choices().contains(&choice.word()) {
            let can = held.why.choices().join(", ");
            return Err(refused(format!("'{}' does not answer this ({}); what can: {can}", choice.word(), held.text)));
        }
        let Some(binding) = self.store.bindings(&[held.subject]).await?.pop() else {
            return Err(refused(format!("the record {} is no longer there", held.subject)));
        };
        match choice {
            Choice::Take(connection) => Ok(vec![taken(held, &binding, connection)?]),
            Choice::Value(fields) => values(held, &binding, fields),
            Choice::Bind(other) => self.binds(&binding, *other).await,
            Choice::BindTo(reference) => self.binds_to(&binding, reference).await,
            Choice::Create => self.creates(held, &binding).await,
            Choice::Same => Ok(vec![Inbox::Same(binding.id)]),
            Choice::Remove => Ok(vec![Inbox::Remove(binding.id)]),
            Choice::Leave(connection) => {
                let names = left(held, &binding, connection.as_deref())?;
                Ok(names.into_iter().map(|name| Inbox::Verdict(Verdict::Ignored(name))).collect())
            }
            Choice::Confirm => Ok(vec![Inbox::Confirm(binding.id)]),
        }
    }

    /// Two records are one: the one that stands alone joins the other.
    async fn binds(&self, binding: &Binding, other: CanonicalId) -> Result<Vec<Inbox>> {
        let Some(other) = self.store.bindings(&[other]).await?.pop().filter(Binding::is_live) else {
            return Err(refused(format!("there is no record {other}")));
        };
        if other.id == binding.id {
            return Err(refused("a record is the same as itself already; name the other one".to_owned()));
        }
        if other.entity != binding.entity {
            let line = format!("one is of {}, the other of {}: they cannot be the same", binding.entity, other.entity);
            return Err(refused(line));
        }
        match (only_name(binding), only_name(&other)) {
            (Some(name), _) => Ok(vec![Inbox::Bind(name, other.id)]),
            (None, Some(name)) => Ok(vec![Inbox::Bind(name, binding.id)]),
            (None, None) => {
                let line = "both are known in several systems; merge them in one of these systems first";
                Err(refused(line.to_owned()))
            }
        }
    }

    async fn binds_to(&self, binding: &Binding, reference: &ExternalRef) -> Result<Vec<Inbox>> {
        match self.store.bound(std::slice::from_ref(reference)).await?.pop() {
            Some((_, other)) => self.binds(binding, other).await,
            None => Ok(vec![Inbox::Bind(reference.clone(), binding.id)]),
        }
    }

    async fn creates(&self, held: &Held, binding: &Binding) -> Result<Vec<Inbox>> {
        if binding.ambiguous || held.why == HeldWhy::Ambiguous && binding.sides.values().all(|side| side.id.is_some()) {
            return Ok(vec![Inbox::Own(binding.id)]);
        }
        let to_be_made = binding.sides.iter().filter(|(_, side)| match held.why {
            HeldWhy::Removed | HeldWhy::RemovedAndChanged => side.state == SideState::Removed,
            _ => side.id.is_none(),
        });
        let create = |at: &StreamKey| Inbox::Create { subject: binding.id, at: at.clone() };
        Ok(to_be_made.map(|(at, _)| create(at)).collect())
    }
}

/// The streams that have a side of it; what the hub computes is no system's.
fn places(binding: &Binding) -> impl Iterator<Item = &StreamKey> {
    binding.sides.keys().filter(|at| at.system != SystemId::hub())
}

/// The name of a record that is known in one place only.
fn only_name(binding: &Binding) -> Option<ExternalRef> {
    let mut names = places(binding).filter_map(|at| binding.reference(at));
    names.next().filter(|_| names.next().is_none())
}

/// The unit as one system has it.
fn taken(held: &Held, binding: &Binding, connection: &str) -> Result<Inbox> {
    let Some(unit) = held.unit else {
        return Err(refused(format!("no single field is asked about: {}", held.text)));
    };
    let says = |(system, value): &(SystemId, FieldMap)| (system.connection() == connection).then(|| value.clone());
    let agreed = || {
        let from = binding.origins.get(&unit)?;
        (from.connection() == connection).then(|| binding.agreed.under(unit))
    };
    let value = held.values.iter().find_map(says).or_else(agreed).filter(|value| !value.is_empty());
    let Some(value) = value else {
        let mut who: Vec<&str> = held.values.iter().map(|(system, _)| system.connection()).collect();
        who.extend(binding.origins.get(&unit).map(SystemId::connection).filter(|name| !who.contains(name)));
        let line = format!("'{connection}' says nothing of {unit}; those that do: {}; or give a value", who.join(", "));
        return Err(refused(line));
    };
    Ok(Inbox::Take { subject: binding.id, unit, value })
}

/// Fields as a person typed them, unit by unit. Leaves that he does not name stay as one of the systems has them.
fn values(held: &Held, binding: &Binding, fields: &[(FieldPath, String)]) -> Result<Vec<Inbox>> {
    let mut entries: Vec<Inbox> = Vec::new();
    for (path, text) in fields {
        let value = typed(binding.kind, *path, text).map_err(refused)?;
        let unit = unit_of(binding.kind, *path);
        if held.unit.is_some_and(|asked| !path.is_under(asked) && asked != unit) {
            let asked = held.unit.map(FieldPath::as_str).unwrap_or_default();
            return Err(refused(format!("{asked} is asked about, not {path}")));
        }
        let known = entries.iter_mut().find_map(|entry| match entry {
            Inbox::Take { unit: other, value, .. } if *other == unit => Some(value),
            _ => None,
        });
        match known {
            Some(map) => map.set(*path, value),
            None => entries.push(Inbox::Take { subject: binding.id, unit, value: FieldMap::new().with(*path, value) }),
        }
    }
    if entries.is_empty() {
        return Err(refused("name at least one field with its value".to_owned()));
    }
    Ok(entries)
}

/// The names that are left alone: of one connection, else of the side that is asked about.
fn left(held: &Held, binding: &Binding, connection: Option<&str>) -> Result<Vec<ExternalRef>> {
    let asked = |at: &StreamKey| match (connection, held.why) {
        (Some(name), _) => at.system.connection() == name,
        (None, HeldWhy::Removed | HeldWhy::RemovedAndChanged) => {
            binding.sides.get(at).is_some_and(|side| side.state == SideState::Removed)
        }
        (None, _) => true,
    };
    let names: Vec<ExternalRef> =
        places(binding).filter(|at| asked(at)).filter_map(|at| binding.reference(at)).collect();
    let places: Vec<&str> = places(binding).map(|at| at.system.connection()).collect();
    match names.as_slice() {
        [] => Err(refused(format!("it has no record there; it is known in: {}", places.join(", ")))),
        [_] => Ok(names),
        _ if connection.is_some() || matches!(held.why, HeldWhy::Removed | HeldWhy::RemovedAndChanged) => Ok(names),
        _ => Err(refused(format!("say in which system it is to be left alone: {}", places.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EntityKind;

    #[test]
    fn every_reason_is_answered_by_something() {
        let all = [
            HeldWhy::Field(Why::Conflict),
            HeldWhy::Ambiguous,
            HeldWhy::Unmapped,
            HeldWhy::Incomplete,
            HeldWhy::Locked,
            HeldWhy::Removed,
            HeldWhy::RemovedAndChanged,
            HeldWhy::MissingLink,
            HeldWhy::Totals,
            HeldWhy::BuyerDiffers,
            HeldWhy::Confirm,
            HeldWhy::Unclear,
            HeldWhy::Hook,
            HeldWhy::Loop,
        ];
        assert!(all.into_iter().all(|why| !why.choices().is_empty()));
    }

    #[test]
    fn a_typed_value_is_one_of_its_field() {
        let organisation = EntityKind::Organisation;
        assert_eq!(typed(organisation, "name".into(), "Alfa AB"), Ok("Alfa AB".into()));
        assert_eq!(typed(organisation, "is_customer".into(), "yes"), Ok(true.into()));
        let wrong = typed(organisation, "discount_percent".into(), "ten").unwrap_err();
        assert!(wrong.contains("a decimal number"), "{wrong}");
        assert!(typed(organisation, "nmae".into(), "x").unwrap_err().contains("'name'"));
    }
}
