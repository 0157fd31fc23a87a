//! Hooks: who asked for what, and the calls that come of it. What a call carries, and whether it is repeated, is not
//! documented; a leftover of the vendor's own integration reads a record's address out of one.
//!
//! Of the filters only `All` lets anything through: the others mean records of the user who made the hook, and an
//! application token is no user.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::frame::{Call, Cx, Reply, Request};

use super::{
    check,
    listing::page,
    model::Entity,
    refusal::Refusal,
    store::System,
    switches::{HOOK_BODY, HOOK_TRIES, OWN_WRITES_FIRE},
    value::{Fields, fields, kept, shown, text},
    write::How,
};

const EVENTS: [&str; 3] = ["Create", "Update", "Delete"];

#[derive(Debug)]
struct HookCall {
    id: String,
    url: String,
    kind: &'static str,
    body: String,
    tries: i64,
    /// What the receiver answered last.
    status: Option<u16>,
    waits: bool,
}

/// The hooks of one system and the calls that they made.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    registered: BTreeMap<u64, (Entity, Fields)>,
    calls: Vec<HookCall>,
    /// How many were ever made: no id is given twice.
    made: u64,
}

impl Hooks {
    /// All hooks, each with the collection that it watches.
    pub(super) fn registered(&self) -> Value {
        let rows = self.registered.values().map(|(entity, hook)| {
            let mut hook = hook.clone();
            hook.insert("collection".into(), json!(entity.collection()));
            Value::Object(hook)
        });
        rows.collect()
    }

    /// All calls, oldest first.
    pub(super) fn calls(&self) -> impl Iterator<Item = Value> {
        self.calls.iter().map(|call| {
            json!({ "id": call.id, "url": call.url, "body": call.body, "tries": call.tries, "status": call.status,
                "waits": call.waits })
        })
    }

    pub(super) fn due(&self) -> impl Iterator<Item = Call> {
        self.calls.iter().filter(|call| call.waits).map(|call| Call {
            id: call.id.clone(),
            url: call.url.clone(),
            headers: vec![("content-type".into(), call.kind.into())],
            body: call.body.clone().into_bytes(),
        })
    }

    pub(super) fn answered(&mut self, cx: &Cx<'_>, id: &str, status: Option<u16>) {
        for call in self.calls.iter_mut().filter(|call| call.id == id) {
            call.tries = call.tries.saturating_add(1);
            call.status = status;
            let taken = status.is_some_and(|status| (200..300).contains(&status));
            call.waits = !taken && call.tries < cx.switches.number(&HOOK_TRIES);
        }
    }
}

/// What a hook on these records may filter by.
fn filters(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Organisation => &["All", "Owner", "Owner2"],
        Entity::Delivery => {
            &["All", "Responsible", "Responsible2", "Responsible3", "OrganisationOwner", "OrganisationOwner2"]
        }
        Entity::Opportunity => &["All", "Responsible", "Responsible2", "OrganisationOwner", "OrganisationOwner2"],
        Entity::User => &["All", "Current"],
        Entity::Person | Entity::Line => &["All", "OrganisationOwner", "OrganisationOwner2"],
        Entity::Item => &[],
    }
}

impl System {
    /// The calls below `/{Entity}/Hooks`; a token sees its own hooks only.
    pub(super) fn route_hooks(
        &mut self,
        cx: &Cx<'_>,
        entity: Entity,
        path: &[&str],
        request: &Request,
        how: &How,
    ) -> Result<Reply, Refusal> {
        let own = |hook: &(Entity, Fields)| hook.0 == entity && text(&hook.1, "CreatedBy") == how.author;
        let view = |hook: &Fields| {
            let mut view = hook.clone();
            for stamp in ["CreatedAt", "UpdatedAt"] {
                view.insert(stamp.into(), shown(hook.get(stamp).unwrap_or(&Value::Null), false, cx.switches));
            }
            view
        };
        match (request.method.as_str(), path) {
            ("GET", []) => {
                let found =
                    self.hooks.registered.values().filter(|hook| own(hook)).map(|(_, hook)| view(hook)).collect();
                Ok(Reply::json(200, &page(cx, request, found)?))
            }
            ("POST", []) => {
                let mut hook = checked(entity, check::object(request)?)?;
                self.hooks.made = self.hooks.made.saturating_add(1);
                let id = self.settings.first_id.saturating_add(self.hooks.made);
                for (name, value) in [("CreatedAt", kept(cx.now)), ("CreatedBy", json!(how.author)), ("Id", json!(id))]
                {
                    hook.insert(name.into(), value);
                }
                self.keep_hook(cx, id, entity, hook, how);
                Ok(Reply::json(200, &id))
            }
            (method, [id]) => {
                let id = id.parse().map_err(|_| Refusal::no_path())?;
                let old = self.hooks.registered.get(&id).filter(|hook| own(hook)).ok_or_else(Refusal::missing)?;
                let mut hook = old.1.clone();
                match method {
                    "GET" => return Ok(Reply::json(200, &view(&hook))),
                    "PUT" => {
                        hook.extend(checked(entity, check::object(request)?)?);
                        self.keep_hook(cx, id, entity, hook, how);
                    }
                    "DELETE" => drop(self.hooks.registered.remove(&id)),
                    _ => return Err(Refusal::no_path()),
                }
                Ok(Reply::empty(200))
            }
            _ => Err(Refusal::no_path()),
        }
    }

    fn keep_hook(&mut self, cx: &Cx<'_>, id: u64, entity: Entity, mut hook: Fields, how: &How) {
        hook.insert("UpdatedAt".into(), kept(cx.now));
        hook.insert("UpdatedBy".into(), json!(how.author));
        self.hooks.registered.insert(id, (entity, hook));
    }

    /// Queues a call for each hook on this event. `record`: as it is, or was before it was deleted.
    pub(super) fn announce(&mut self, cx: &Cx<'_>, entity: Entity, id: u64, event: &str, record: &Fields, how: &How) {
        if !how.person && cx.switches.is(&OWN_WRITES_FIRE, "no") {
            return;
        }
        let url = format!("https://api.webcrm.com/{}/{id}", entity.model().path);
        let (kind, body) = match cx.switches.word(&HOOK_BODY) {
            "url_text" => ("text/plain", url),
            "record" => ("application/json", Value::Object(self.view(cx.switches, entity, record)).to_string()),
            _ => ("application/json", json!({ "EventType": event, "ItemResourceUrl": url }).to_string()),
        };
        let wanted = |(watched, hook): &&(Entity, Fields)| {
            let all = hook.get("Filter").and_then(Value::as_array).is_some_and(|filter| filter.contains(&json!("All")));
            *watched == entity && all && text(hook, "EventType") == event && hook.get("IsEnabled") == Some(&json!(true))
        };
        let targets = self.hooks.registered.values().filter(wanted).map(|(_, hook)| text(hook, "TargetUrl").to_owned());
        for target in targets.collect::<Vec<_>>() {
            let number = self.hooks.calls.len().saturating_add(1);
            let id = format!("{}-{number}", self.settings.system_id);
            let call = HookCall { id, url: target, kind, body: body.clone(), tries: 0, status: None, waits: true };
            self.hooks.calls.push(call);
        }
    }
}

/// The fields of a hook that a client sends.
fn checked(entity: Entity, body: Fields) -> Result<Fields, Refusal> {
    let wrong = |name: &str| Refusal::invalid(format!("{name}: is required, or not valid"));
    let event = text(&body, "EventType");
    let event = EVENTS.iter().find(|known| **known == event).ok_or_else(|| wrong("EventType"))?;
    let filter = body.get("Filter").and_then(Value::as_array).filter(|filter| !filter.is_empty());
    let filter = filter.ok_or_else(|| wrong("Filter"))?;
    if filter.iter().any(|word| !filters(entity).iter().any(|known| word == *known)) {
        return Err(wrong("Filter"));
    }
    let enabled = body.get("IsEnabled").and_then(Value::as_bool).ok_or_else(|| wrong("IsEnabled"))?;
    let target = text(&body, "TargetUrl");
    url::Url::parse(target).map_err(|_| wrong("TargetUrl"))?;
    Ok(fields(json!({ "EventType": event, "Filter": filter, "IsEnabled": enabled, "TargetUrl": target })))
}
