//! Writes: creates, PUT, batches, and the rules that a system enforces.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    check,
    model::{Entity, Kind, Own},
    refusal::Refusal,
    store::System,
    switches::{
        AUTO_NUMBER, ERP_READ_ONLY, FIXED_ORGANISATION, ID_CLASH, LINE_MOVES_HEAD, LINKED_ID, ORGANISATION_ANSWER,
        PATCH_LIMIT, PATCH_ORDER, PATCH_UPDATED, PUT_LEFT_OUT, RESPONSIBLE, UPDATE_FIELD, USER_ANSWER,
    },
    value::{Fields, history_row, id, kept, text},
};

/// Who writes, and how.
#[derive(Clone, Debug)]
pub(super) struct How {
    /// As it stands in `…UpdatedBy`.
    pub(super) author: String,
    /// A person at a screen: what only the API may not do is allowed.
    pub(super) person: bool,
    /// The whole record by PUT, not a part of it.
    pub(super) put: bool,
}

impl How {
    pub(super) fn api(token_name: &str) -> Self {
        Self { author: format!("api2 {token_name}"), person: false, put: false }
    }
}

impl System {
    /// `POST /{Entity}`: three kinds of answer.
    pub(super) fn post(&mut self, cx: &Cx<'_>, entity: Entity, request: &Request, how: &How) -> Result<Reply, Refusal> {
        let id = self.save(cx, entity, None, check::object(request)?, how)?;
        let answer = match entity {
            Entity::Organisation => cx.switches.word(&ORGANISATION_ANSWER),
            Entity::User => cx.switches.word(&USER_ANSWER),
            _ => "id",
        };
        Ok(match answer {
            "empty" => Reply::empty(200),
            "object" => {
                let view = self.view(cx.switches, entity, self.found(entity, id)?);
                Reply::json(200, &view)
            }
            _ => Reply::json(200, &id),
        })
    }

    /// `PUT /{Entity}/{id}`: no body in the answer.
    pub(super) fn put_one(
        &mut self,
        cx: &Cx<'_>,
        entity: Entity,
        id: u64,
        request: &Request,
        how: &How,
    ) -> Result<Reply, Refusal> {
        self.found(entity, id)?;
        self.save(cx, entity, Some(id), check::object(request)?, &How { put: true, ..how.clone() })?;
        Ok(Reply::empty(200))
    }

    /// `PATCH /{Entity}`: a list, updated by id or inserted; each record succeeds or fails for itself, under 200.
    pub(super) fn patch(
        &mut self,
        cx: &Cx<'_>,
        entity: Entity,
        request: &Request,
        how: &How,
    ) -> Result<Reply, Refusal> {
        let rows = check::list(request)?;
        let limit = usize::try_from(cx.switches.number(&PATCH_LIMIT)).unwrap_or(0);
        if limit > 0 && rows.len() > limit {
            return Err(Refusal::parameter(format!("No more than {limit} records are allowed")));
        }
        let key = entity.model().key();
        let mut results = rows.into_iter().map(|row| {
            let Value::Object(body) = row else { return (false, "The record must be an object".to_owned()) };
            let known = id(&body, &key);
            match self.save(cx, entity, known, body, how) {
                Ok(_) if known.is_some() && cx.switches.is(&PATCH_UPDATED, "empty") => (false, String::new()),
                Ok(id) => (known.is_none(), id.to_string()),
                Err(refusal) => (false, refusal.message),
            }
        });
        let mut results = results.by_ref().collect::<Vec<_>>();
        if cx.switches.is(&PATCH_ORDER, "inserts_first") {
            results.sort_by_key(|(inserted, _)| !inserted);
        }
        Ok(Reply::json(200, &results.into_iter().map(|(_, result)| result).collect::<Vec<_>>()))
    }

    /// Makes a record, or puts a body's fields into one that is there. Gives its id.
    pub(super) fn save(
        &mut self,
        cx: &Cx<'_>,
        entity: Entity,
        known: Option<u64>,
        body: Fields,
        how: &How,
    ) -> Result<u64, Refusal> {
        let body = check::body(entity, body, &self.setups, cx.switches)?;
        let old = known.map(|id| self.found(entity, id).cloned()).transpose()?;
        if old.is_none() && !how.person {
            self.creates = self.creates.saturating_add(1);
            if self.creates.checked_rem(cx.switches.number(&ID_CLASH)) == Some(0) {
                return Err(Refusal::server("The record could not be given an id, please try again"));
            }
        }
        let mut record = match &old {
            Some(old) if how.put && cx.switches.is(&PUT_LEFT_OUT, "cleared") => stripped(entity, old),
            Some(old) => old.clone(),
            None => entity.model().fields.iter().map(|field| (field.name.clone(), field.default())).collect(),
        };
        let touched = body.keys().cloned().collect::<Vec<_>>();
        record.extend(body);
        self.admit(cx, entity, &mut record, old.as_ref(), &touched, how)?;
        let id = known.unwrap_or_else(|| self.next_id(entity));
        record.insert(entity.model().key(), json!(id));
        self.stamp(cx, entity, &mut record, old.is_none(), how);
        if old.is_none() {
            self.births.note(cx, entity.collection(), id);
        }
        if entity == Entity::Line {
            self.line_written(cx, &record, how);
        }
        self.announce(cx, entity, id, if old.is_none() { "Create" } else { "Update" }, &record, how);
        self.put(entity, id, record);
        Ok(id)
    }

    /// The rules of each kind of record.
    fn admit(
        &self,
        cx: &Cx<'_>,
        entity: Entity,
        record: &mut Fields,
        old: Option<&Fields>,
        touched: &[String],
        how: &How,
    ) -> Result<(), Refusal> {
        self.required(cx, entity, record, old.is_none(), touched)?;
        match entity {
            Entity::Organisation => self.admit_organisation(record)?,
            Entity::Person => self.keep_organisation(cx, entity, record, old, how)?,
            Entity::Opportunity | Entity::Delivery => self.admit_deal(cx, entity, record, old, how)?,
            Entity::Line => {
                let parent = id(record, "QuotationLineOpportunityId").and_then(|id| self.parent(id));
                parent.ok_or_else(|| Refusal::invalid("QuotationLineOpportunityId: there is no such record"))?;
                let item = id(record, "QuotationLineLinkedDataId");
                if item.is_none() && cx.switches.is(&LINKED_ID, "required") && !how.person {
                    return Err(Refusal::invalid("QuotationLineLinkedDataId: is required"));
                }
                if item.is_some_and(|item| self.get(Entity::Item, item).is_none()) {
                    return Err(Refusal::invalid("QuotationLineLinkedDataId: there is no such item"));
                }
            }
            Entity::Item | Entity::User => {}
        }
        Ok(())
    }

    fn required(
        &self,
        cx: &Cx<'_>,
        entity: Entity,
        record: &Fields,
        new: bool,
        touched: &[String],
    ) -> Result<(), Refusal> {
        let model = entity.model();
        let own: &[&str] = match entity {
            Entity::Organisation | Entity::User => &["Name"],
            Entity::Person => &["LastName", "OrganisationId"],
            Entity::Opportunity | Entity::Delivery => &["OrganisationId"],
            Entity::Line => &["OpportunityId"],
            Entity::Item => &["Data1", "Data2", "Data3", "Data4", "Data5", "Data6", "Data7", "Data8", "Data9"],
        };
        let own = own.iter().map(|name| model.name(name));
        for name in own.chain(self.setups.mandatory(entity).cloned()) {
            let placeholder = self.setups.of(&name, cx.switches).map_or("", |setup| setup.placeholder());
            let empty = match record.get(&name) {
                Some(Value::String(text)) => text.trim().is_empty() || text == placeholder,
                Some(Value::Number(number)) => number.as_i64() == Some(0),
                other => other.is_none_or(Value::is_null),
            };
            if empty && (new || touched.contains(&name)) {
                return Err(Refusal::invalid(format!("{name}: is required")));
            }
        }
        Ok(())
    }

    fn admit_organisation(&self, record: &Fields) -> Result<(), Refusal> {
        let own = id(record, "OrganisationId");
        for name in self.setups.unique() {
            let value = text(record, name);
            let same = |(other, record): (u64, &Fields)| {
                Some(other) != own && text(record, name).to_lowercase() == value.to_lowercase()
            };
            if !value.is_empty() && self.all(Entity::Organisation).any(same) {
                return Err(Refusal::invalid(format!("{name}: the value '{value}' is used already")));
            }
        }
        Ok(())
    }

    /// The organisation is there, and stays what it was unless a person moves the record.
    fn keep_organisation(
        &self,
        cx: &Cx<'_>,
        entity: Entity,
        record: &mut Fields,
        old: Option<&Fields>,
        how: &How,
    ) -> Result<(), Refusal> {
        let name = entity.model().name("OrganisationId");
        let before = old.and_then(|old| id(old, &name));
        if let Some(before) = before.filter(|before| id(record, &name) != Some(*before) && !how.person) {
            if cx.switches.is(&FIXED_ORGANISATION, "refused") {
                return Err(Refusal::invalid(format!("{name}: cannot be changed")));
            }
            record.insert(name.clone(), json!(before));
        }
        match id(record, &name).filter(|id| self.get(Entity::Organisation, *id).is_some()) {
            Some(_) => Ok(()),
            None => Err(Refusal::invalid(format!("{name}: there is no such organisation"))),
        }
    }

    fn admit_deal(
        &self,
        cx: &Cx<'_>,
        entity: Entity,
        record: &mut Fields,
        old: Option<&Fields>,
        how: &How,
    ) -> Result<(), Refusal> {
        let model = entity.model();
        self.keep_organisation(cx, entity, record, old, how)?;
        let responsible = if entity == Entity::Delivery { "Responsible" } else { "AssignedTo" };
        if old.is_none() && cx.switches.is(&RESPONSIBLE, "yes") && id(record, &model.name(responsible)).is_none() {
            return Err(Refusal::invalid(format!("{}: is required", model.name(responsible))));
        }
        if let Some(old) = old.filter(|_| !how.person) {
            let locked = text(old, &model.name("ErpReadOnly")).eq_ignore_ascii_case("true");
            if locked && cx.switches.is(&ERP_READ_ONLY, "locks") {
                return Err(Refusal::invalid("The record is read-only for others than the ERP system"));
            }
        }
        if entity == Entity::Delivery {
            match old {
                None if cx.switches.is(&AUTO_NUMBER, "on") && text(record, "DeliveryNumber").is_empty() => {
                    record.insert("DeliveryNumber".into(), json!(self.next_number()));
                }
                Some(old) if !how.person && self.shares_number(old) => {
                    let number = text(old, "DeliveryNumber");
                    return Err(Refusal::invalid(format!("DeliveryNumber: '{number}' is used by several deliveries")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn next_number(&self) -> String {
        let numbers = self.all(Entity::Delivery).filter_map(|(_, one)| text(one, "DeliveryNumber").parse::<u64>().ok());
        numbers.max().unwrap_or(0).saturating_add(1).to_string()
    }

    /// A number may be given twice; then neither record can be written through the API.
    fn shares_number(&self, record: &Fields) -> bool {
        let (number, own) = (text(record, "DeliveryNumber"), id(record, "DeliveryId"));
        let same = |(other, record): (u64, &Fields)| Some(other) != own && text(record, "DeliveryNumber") == number;
        !number.is_empty() && self.all(Entity::Delivery).any(same)
    }

    /// What the server makes itself: stamps, search keys, history.
    fn stamp(&self, cx: &Cx<'_>, entity: Entity, record: &mut Fields, new: bool, how: &How) {
        let model = entity.model();
        if entity != Entity::Item {
            for (stamp, author) in [("CreatedAt", "CreatedBy"), ("UpdatedAt", "UpdatedBy")] {
                if new || stamp == "UpdatedAt" {
                    record.insert(model.name(stamp), kept(cx.now));
                    record.insert(model.name(author), json!(how.author));
                }
            }
        }
        match entity {
            Entity::Item if cx.switches.is(&UPDATE_FIELD, "data9") => {
                record.insert(model.name("Data9"), json!(cx.now.format("%Y-%m-%d").to_string()));
            }
            Entity::Organisation | Entity::Person => settle_names(entity, record),
            _ => {}
        }
        if let Some(Value::String(history)) = record.get(&model.name("History")) {
            let what = match entity {
                Entity::Organisation => text(record, "OrganisationType"),
                Entity::Person => text(record, "PersonStatus"),
                Entity::Delivery => text(record, "DeliveryStatus"),
                _ => text(record, "OpportunityDescription"),
            };
            let row = history_row(cx.now, &how.author, what);
            record.insert(model.name("History"), json!(format!("{row}{history}")));
        }
    }

    /// What a written or deleted row does to its head.
    pub(super) fn line_written(&mut self, cx: &Cx<'_>, line: &Fields, how: &How) {
        let parent = id(line, "QuotationLineOpportunityId").and_then(|id| Some((self.parent(id)?, id)));
        if let Some((entity, id)) = parent.filter(|_| cx.switches.is(&LINE_MOVES_HEAD, "yes"))
            && let Some(head) = self.get_mut(entity, id)
        {
            head.insert(entity.model().name("UpdatedAt"), kept(cx.now));
            head.insert(entity.model().name("UpdatedBy"), json!(how.author));
        }
    }
}

/// A record without what a client wrote, but for what it belongs to.
fn stripped(entity: Entity, old: &Fields) -> Fields {
    let fields = entity.model().fields.iter().map(|field| {
        let stays = field.own == Own::Server || field.name.ends_with("OrganisationId") && field.kind == Kind::Int;
        let stays = stays || field.name == "QuotationLineOpportunityId";
        let value = old.get(&field.name).filter(|_| stays).cloned();
        (field.name.clone(), value.unwrap_or_else(|| field.default()))
    });
    fields.collect()
}

/// Search keys and the whole name.
pub(super) fn settle_names(entity: Entity, record: &mut Fields) {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if entity == Entity::Organisation {
        let name = format!("{}{}", text(record, "OrganisationName"), text(record, "OrganisationDivisionName"));
        let key = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect::<String>();
        let phone = format!("-{}-", digits(text(record, "OrganisationTelephone")));
        record.insert("OrganisationCompareName".into(), json!(key));
        record.insert("OrganisationTelephoneSearch".into(), json!(phone));
    } else {
        let names = ["PersonFirstName", "PersonMiddleName", "PersonLastName"].map(|name| text(record, name).trim());
        let name = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
        let phones = ["PersonDirectPhone", "PersonMobilePhone"].map(|name| digits(text(record, name)));
        record.insert("PersonName".into(), json!(name));
        record.insert("PersonTelephoneSearch".into(), json!(format!("-{}", phones.join("-"))));
    }
}
