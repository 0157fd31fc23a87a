//! Records put in place as they are, ids and stamps included, in the shapes of the vendor's answers.
//!
//! Beside the collections of records there are `fields-metadata`, the vendor's `FieldMetadata…` fields with three keys
//! of the emulator's own (`kind`: text, list, checkbox, multi, date or number; `mandatory`; `unique`), and
//! `linked-setup`, of one record. A record with `_system` goes to the system with that id, without it to the first.

use serde_json::{Value, json};

use crate::frame::{Cx, Refused, Switches};

use super::{
    WebCrm, check,
    model::{Entity, Own},
    store::System,
    switches::ALL,
    value::{Fields, fields, id, kept, read_instant},
    write::settle_names,
};

/// In the order in which they hang on one another.
pub(super) const COLLECTIONS: [&str; 9] = [
    "fields-metadata",
    "linked-setup",
    "users",
    "organisations",
    "persons",
    "opportunities",
    "deliveries",
    "linked-data",
    "quotation-lines",
];

/// The seed of one collection; the text names the record at fault by its place.
pub(super) fn seed(webcrm: &mut WebCrm, cx: &Cx<'_>, collection: &str, records: Vec<Value>) -> Result<(), Refused> {
    for (place, record) in records.into_iter().enumerate() {
        let Value::Object(mut record) = record else {
            return Err(Refused::new(format!("record {place} is no object")));
        };
        let system = webcrm.system_of(&mut record, "_system")?;
        let system = webcrm.systems.get_mut(system).ok_or_else(|| Refused::new("there is no system"))?;
        let seeded = match (collection, Entity::of_collection(collection)) {
            (_, Some(entity)) => seed_record(system, cx, entity, record),
            ("fields-metadata", None) => system.setups.set(&record),
            (_, None) => seed_setup(system, record),
        };
        seeded.map_err(|why| Refused::new(format!("record {place}: {why}")))?;
    }
    Ok(())
}

fn seed_setup(system: &mut System, record: Fields) -> Result<(), String> {
    if let Some(name) = record.keys().find(|name| !system.linked_setup.contains_key(*name)) {
        return Err(format!("{name}: there is no such field, or a switch decides it"));
    }
    system.linked_setup.extend(record);
    Ok(())
}

fn seed_record(system: &mut System, cx: &Cx<'_>, entity: Entity, given: Fields) -> Result<(), String> {
    let model = entity.model();
    let key = id(&given, &model.key()).ok_or_else(|| format!("{}: is required, a whole number from 1", model.key()))?;
    let mut lenient = Switches::new(ALL);
    lenient.set(&fields(json!({ "drift": "beside" }))).map_err(|refused| refused.to_string())?;
    // What answers show beside the older names is not written twice.
    let newer = check::ALIASES.iter().filter(|(_, older)| given.contains_key(*older)).map(|(newer, _)| *newer);
    let newer = newer.collect::<Vec<_>>();
    let own = model.fields.iter().filter(|field| field.own == Own::Server);
    let own = own.map(|field| field.name.as_str()).collect::<Vec<_>>();
    let mut record: Fields = model.fields.iter().map(|field| (field.name.clone(), field.default())).collect();
    for (name, value) in &given {
        let Some(field) = model.field(name).filter(|_| own.contains(&name.as_str())) else { continue };
        let value = match (value.as_str(), field.default()) {
            (Some(stamp), Value::String(default)) if default == super::value::NO_DATE => {
                read_instant(stamp, &lenient).ok_or_else(|| format!("{name}: must be an ISO 8601 time"))?
            }
            _ => value.clone(),
        };
        record.insert(field.name.clone(), value);
    }
    let written = given.into_iter().filter(|(name, _)| !newer.contains(&name.as_str())).collect();
    record.extend(check::body(entity, written, &system.setups, &lenient).map_err(|refusal| refusal.message)?);
    for stamp in ["CreatedAt", "UpdatedAt"] {
        let name = model.name(stamp);
        let unset = record.get(&name).is_some_and(|at| super::value::instant(at).is_none());
        if unset {
            let other = record.get(&model.name("CreatedAt")).filter(|at| super::value::instant(at).is_some()).cloned();
            record.insert(name, other.unwrap_or_else(|| kept(cx.now)));
        }
    }
    if matches!(entity, Entity::Organisation | Entity::Person) {
        settle_names(entity, &mut record);
    }
    record.insert(model.key(), json!(key));
    hangs_together(system, entity, &record)?;
    system.put(entity, key, record);
    Ok(())
}

fn hangs_together(system: &System, entity: Entity, record: &Fields) -> Result<(), String> {
    let parent = match entity {
        Entity::Person | Entity::Opportunity | Entity::Delivery => entity.model().name("OrganisationId"),
        Entity::Line => "QuotationLineOpportunityId".into(),
        _ => return Ok(()),
    };
    let known = id(record, &parent).is_some_and(|id| match entity {
        Entity::Line => system.parent(id).is_some(),
        _ => system.get(Entity::Organisation, id).is_some(),
    });
    if known { Ok(()) } else { Err(format!("{parent}: there is no such record")) }
}
