//! What people do in the system's own screens, for `POST /_emulator/act`.
//!
//! | action | arguments |
//! |---|---|
//! | `create` | `collection` (`organisations`, `persons`, `opportunities`, `deliveries`, `linked-data`, `quotation-lines`, `users`), `set`: its fields. Gives `id`. A row without `QuotationLinePrice` gets it from list price, discount and, where the price is a total, quantity |
//! | `edit` | `collection`, `id`, `set`: fields; a change of `OrganisationType` is one of these. A person may move a person to another organisation and renumber a delivery |
//! | `delete` | `collection`, `id`: with all that hangs on the record |
//! | `merge` | `collection` (`organisations` or `persons`), `keep`, `remove`: what hangs on the removed record goes to the kept one |
//! | `convert` | `collection` (`opportunities` or `deliveries`), `id`, `level` of the new opportunity. Gives `id` |
//! | `set_field` | the keys of `fields-metadata`: sets up a field |
//! | `set_rights` | `area` (the first word of paths: `Persons`), `rights`: `none`, `read` or `write`; `token`: an application token, or none for the first |
//! | `revoke_tokens` | all access and refresh tokens end |
//!
//! `system` names the system by its id; without it the first is meant. `user` is the name that stands in `…UpdatedBy`.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Refused};

use super::{
    WebCrm,
    gate::Right,
    model::Entity,
    refusal::Refusal,
    store::System,
    switches::PRICE_IS,
    value::{Fields, amount, id, kept, number, text},
    write::How,
};

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.message)
    }
}

/// What hangs on what: the field that names the other record.
const HANGS: [(Entity, Entity, &str); 8] = [
    (Entity::Organisation, Entity::Person, "PersonOrganisationId"),
    (Entity::Organisation, Entity::Opportunity, "OpportunityOrganisationId"),
    (Entity::Organisation, Entity::Delivery, "DeliveryOrganisationId"),
    (Entity::Organisation, Entity::Line, "QuotationLineOrganisationId"),
    (Entity::Person, Entity::Opportunity, "OpportunityPersonId"),
    (Entity::Person, Entity::Delivery, "DeliveryPersonId"),
    (Entity::Opportunity, Entity::Line, "QuotationLineOpportunityId"),
    (Entity::Delivery, Entity::Line, "QuotationLineOpportunityId"),
];

fn required(arguments: &Fields, name: &str) -> Result<u64, Refused> {
    id(arguments, name).ok_or_else(|| Refused::new(format!("{name}: is required, an id")))
}

impl WebCrm {
    pub(super) fn do_act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Fields) -> Result<Value, Refused> {
        let mut arguments = arguments.clone();
        let place = self.system_of(&mut arguments, "system")?;
        match action {
            "set_rights" => {
                let right = match text(&arguments, "rights") {
                    "none" => Right::None,
                    "read" => Right::Read,
                    "write" => Right::Write,
                    other => return Err(Refused::new(format!("rights: none, read or write, not {other:?}"))),
                };
                let code = text(&arguments, "token");
                let tokens =
                    self.settings.systems.get(place).map(|system| system.tokens.as_slice()).unwrap_or_default();
                let token = tokens.iter().position(|token| code.is_empty() || token.auth_code == code);
                let token = token.ok_or_else(|| Refused::new("token: there is no such application token"))?;
                self.gate.set_right((place, token), text(&arguments, "area"), right);
                Ok(json!({}))
            }
            "revoke_tokens" => {
                self.gate.revoke(place);
                Ok(json!({}))
            }
            _ => {
                let system = self.systems.get_mut(place).ok_or_else(|| Refused::new("there is no system"))?;
                system.act(cx, action, arguments)
            }
        }
    }
}

impl System {
    fn act(&mut self, cx: &Cx<'_>, action: &str, arguments: Fields) -> Result<Value, Refused> {
        if action == "set_field" {
            return self.setups.set(&arguments).map(|()| json!({})).map_err(Refused::new);
        }
        const ACTIONS: [&str; 5] = ["create", "edit", "delete", "merge", "convert"];
        if !ACTIONS.contains(&action) {
            let all = ACTIONS.join(", ");
            let why =
                format!("webcrm knows no action {action:?}; there are: {all}, set_field, set_rights, revoke_tokens");
            return Err(Refused::new(why));
        }
        let collection = text(&arguments, "collection");
        let entity = Entity::of_collection(collection);
        let entity = entity.ok_or_else(|| Refused::new(format!("collection: there is none called {collection:?}")))?;
        let user = arguments.get("user").and_then(Value::as_str).unwrap_or("Anne Jensen");
        let how = How { author: user.to_owned(), person: true, put: false };
        let set = arguments.get("set").and_then(Value::as_object).cloned().unwrap_or_default();
        match action {
            "create" => {
                let made = self.save(cx, entity, None, self.priced(cx, entity, None, set), &how)?;
                Ok(json!({ "id": made }))
            }
            "edit" => {
                let id = required(&arguments, "id")?;
                let set = self.priced(cx, entity, self.get(entity, id), set);
                self.save(cx, entity, Some(id), set, &how)?;
                Ok(json!({}))
            }
            "delete" => {
                self.delete(cx, entity, required(&arguments, "id")?, &how)?;
                Ok(json!({}))
            }
            "convert" if entity.is_deal() => {
                let level = arguments.get("level").and_then(Value::as_i64);
                Ok(json!({ "id": self.convert(cx, entity, required(&arguments, "id")?, level, &how)? }))
            }
            "merge" if matches!(entity, Entity::Organisation | Entity::Person) => {
                let (keep, remove) = (required(&arguments, "keep")?, required(&arguments, "remove")?);
                self.merge(cx, entity, keep, remove, &how)
            }
            _ => Err(Refused::new(format!("{action} is nothing for {collection}"))),
        }
    }

    /// A row's price as the screen makes it where nobody typed one.
    fn priced(&self, cx: &Cx<'_>, entity: Entity, old: Option<&Fields>, mut set: Fields) -> Fields {
        let bases = ["QuotationLineListPrice", "QuotationLineQuantity", "QuotationLineDiscount"];
        let touched = bases.iter().any(|name| set.contains_key(*name));
        if entity != Entity::Line || !touched || set.contains_key("QuotationLinePrice") {
            return set;
        }
        let mut whole = old.cloned().unwrap_or_default();
        whole.extend(set.clone());
        let [list, quantity, discount] = bases.map(|name| amount(&whole, name));
        let left = Decimal::ONE_HUNDRED.saturating_sub(discount);
        let unit = list.checked_mul(left).and_then(|price| price.checked_div(Decimal::ONE_HUNDRED)).unwrap_or_default();
        let total = cx.switches.is(&PRICE_IS, "line_total");
        let price = if total { unit.checked_mul(quantity).unwrap_or_default() } else { unit };
        set.insert("QuotationLinePrice".into(), number(price));
        set
    }

    /// What hangs on a record, by kind and id.
    fn hanging(&self, entity: Entity, on: u64) -> Vec<(Entity, u64, &'static str)> {
        let kinds = HANGS.iter().filter(|(head, ..)| *head == entity);
        let found = kinds.flat_map(|(_, kind, field)| {
            let ours = self.all(*kind).filter(|(_, record)| id(record, field) == Some(on));
            ours.map(|(id, _)| (*kind, id, *field))
        });
        found.collect()
    }

    /// Deletes a record with its rows, deals and persons; a person's deals stay and lose the person.
    pub(super) fn delete(&mut self, cx: &Cx<'_>, entity: Entity, key: u64, how: &How) -> Result<(), Refusal> {
        let record = self.remove(entity, key).ok_or_else(Refusal::missing)?;
        self.announce(cx, entity, key, "Delete", &record, how);
        if entity == Entity::Line {
            self.line_written(cx, &record, how);
        }
        for (kind, id, field) in self.hanging(entity, key) {
            if entity == Entity::Person {
                if let Some(record) = self.get_mut(kind, id) {
                    record.insert(field.to_owned(), json!(0));
                }
            } else if self.get(kind, id).is_some() {
                self.delete(cx, kind, id, how)?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, cx: &Cx<'_>, entity: Entity, keep: u64, remove: u64, how: &How) -> Result<Value, Refused> {
        if keep == remove || self.get(entity, keep).is_none() || self.get(entity, remove).is_none() {
            return Err(Refused::new("merge: keep and remove are two records that are there"));
        }
        let moved = self.hanging(entity, remove);
        for (kind, id, field) in &moved {
            if let Some(record) = self.get_mut(*kind, *id) {
                record.insert((*field).to_owned(), json!(keep));
                record.insert(kind.model().name("UpdatedAt"), kept(cx.now));
                record.insert(kind.model().name("UpdatedBy"), json!(how.author));
            }
        }
        if let Some(gone) = self.remove(entity, remove) {
            self.announce(cx, entity, remove, "Delete", &gone, how);
        }
        self.save(cx, entity, Some(keep), Fields::new(), how)?;
        Ok(json!({ "moved": moved.len() }))
    }
}
