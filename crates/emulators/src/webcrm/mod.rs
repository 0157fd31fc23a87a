//! webCRM: its REST API, as far as organisations, orders and what belongs to them go.
//!
//! Written from the vendor's description of 2019 and from what has been seen of the API since. There are log-in and
//! refresh, organisations, persons, opportunities, deliveries, quotation lines, the catalogue of items
//! (`/QuotationLines/LinkedData`) with its set-up, users, fields metadata, and `/Queries`. Currencies are a list of
//! the metadata, as with the vendor. Hooks watch the records that are here. There are no documents, activities, events,
//! support cases, products (assets), relations, revenues, budgets, milestones, time entries and B2C persons, and no
//! linked data of other areas than quotation lines; nor the log-ins with a person's name, nor XML.
//!
//! Several systems may live in one emulator, each with its own application tokens and records; the token of a call
//! decides which one answers. Seeds and acts mean the first unless they name another: see `seed.rs` and `acts.rs`.
//! `GET /_emulator/state` has the first system's collections, and those of the others under `systems` by id.

mod acts;
mod check;
mod gate;
mod hooks;
mod items;
mod listing;
mod model;
mod query;
mod refusal;
mod seed;
mod setup;
mod store;
mod switches;
mod value;
mod write;

use serde_json::{Map, Value};

use crate::frame::{Call, Cx, Refused, Reply, Request, Switch, Switches, Vendor};

use gate::{Gate, Right};
use model::Entity;
use refusal::Refusal;
use store::System;
use value::{Fields, id};
use write::How;

/// An application token: what an administrator makes for one integration.
#[derive(Clone, Debug)]
pub struct ApplicationToken {
    /// The GUID that `Auth/ApiLogin` takes as `authCode`.
    pub auth_code: String,
    /// Its name: writes are stamped as by `api2 <name>`.
    pub name: String,
}

/// One customer's system.
#[derive(Clone, Debug)]
pub struct SystemSettings {
    /// As the log-in's answer tells it.
    pub system_id: u64,
    /// Each with its own limit on speed and its own rights.
    pub tokens: Vec<ApplicationToken>,
    /// The id before the first that is given: systems with different starts share none.
    pub first_id: u64,
}

/// What the emulator holds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// At least one.
    pub systems: Vec<SystemSettings>,
}

/// The application token of the first system unless settings say otherwise.
pub const AUTH_CODE: &str = "7d0c1f6e-2b64-4b61-9f0e-5f1c6f6f7a01";

impl Default for Settings {
    /// One system, 39001, with the token [`AUTH_CODE`] named `samklang`.
    fn default() -> Self {
        let token = ApplicationToken { auth_code: AUTH_CODE.into(), name: "samklang".into() };
        Self { systems: vec![SystemSettings { system_id: 39_001, tokens: vec![token], first_id: 100 }] }
    }
}

/// The emulated vendor.
#[derive(Debug)]
pub struct WebCrm {
    settings: Settings,
    gate: Gate,
    systems: Vec<System>,
}

impl Default for WebCrm {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl WebCrm {
    /// Systems with their lists and no records.
    pub fn new(settings: Settings) -> Self {
        let systems = settings.systems.iter().cloned().map(System::new).collect();
        Self { settings, gate: Gate::default(), systems }
    }

    /// The place of the system that a seed or act means; takes the name out.
    fn system_of(&self, arguments: &mut Fields, name: &str) -> Result<usize, Refused> {
        if !arguments.contains_key(name) {
            return Ok(0);
        }
        let wanted = id(arguments, name);
        arguments.remove(name);
        let place = self.systems.iter().position(|system| Some(system.settings.system_id) == wanted);
        place.ok_or_else(|| Refused::new(format!("{name}: there is no such system")))
    }

    fn route(&mut self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let path = request.segments().iter().map(|segment| segment.to_lowercase()).collect::<Vec<_>>();
        let path = path.iter().map(String::as_str).collect::<Vec<_>>();
        match (request.method.as_str(), path.as_slice()) {
            ("POST", ["auth", "apilogin"]) => {
                return Ok(self.gate.log_in(cx, &self.settings, request).unwrap_or_else(|refusal| refusal));
            }
            ("POST", ["auth", "apirefresh"]) => return Ok(self.gate.refresh(cx, &self.settings, request)),
            _ => {}
        }
        let who = self.gate.who(cx, request)?;
        if let Err(refusal) = self.gate.slow_down(cx, who) {
            return Ok(refusal);
        }
        let area = path.first().copied().unwrap_or_default();
        let needed = if request.method == "GET" { Right::Read } else { Right::Write };
        self.gate.allow(who, area, needed)?;
        let system = self.systems.get_mut(who.0).ok_or_else(Refusal::token)?;
        let token = system.settings.tokens.get(who.1).map(|token| token.name.clone()).unwrap_or_default();
        system.route(cx, &path, request, &How::api(&token))
    }
}

impl System {
    fn route(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request, how: &How) -> Result<Reply, Refusal> {
        match (request.method.as_str(), path) {
            ("GET", ["queries"]) => self.query(cx, request),
            ("GET", ["fieldsmetadata"]) => Ok(Reply::json(200, &self.setups.read("all", cx.switches)?)),
            ("GET", ["fieldsmetadata", kind]) => Ok(Reply::json(200, &self.setups.read(kind, cx.switches)?)),
            (_, ["quotationlines", "linkeddata", rest @ ..]) => self.linked_data(cx, rest, request, how),
            ("GET", ["quotationlines", "linkedsetup"]) => Ok(self.linked_setup(cx)),
            (_, [name, rest @ ..]) => {
                let named = |entity: &Entity| entity.model().path.eq_ignore_ascii_case(name) && *entity != Entity::Item;
                let entity = model::ENTITIES.into_iter().find(named).ok_or_else(Refusal::no_path)?;
                self.route_records(cx, entity, rest, request, how)
            }
            _ => Err(Refusal::no_path()),
        }
    }

    /// The calls on one kind of record; `path` is what follows its name.
    fn route_records(
        &mut self,
        cx: &Cx<'_>,
        entity: Entity,
        path: &[&str],
        request: &Request,
        how: &How,
    ) -> Result<Reply, Refusal> {
        let Some((first, rest)) = path.split_first() else {
            return match request.method.as_str() {
                "GET" => self.list(cx, entity, request, |_| true),
                "POST" => self.post(cx, entity, request, how),
                "PATCH" => self.patch(cx, entity, request, how),
                _ => Err(Refusal::no_path()),
            };
        };
        if *first == "hooks" && entity != Entity::Item {
            return self.route_hooks(cx, entity, rest, request, how);
        }
        let Ok(key) = first.parse::<u64>() else { return self.route_lists(cx, entity, path, request) };
        match (request.method.as_str(), rest) {
            ("GET", []) => self.get_one(cx, entity, key),
            ("PUT", []) => self.put_one(cx, entity, key, request, how),
            ("DELETE", []) if entity == Entity::Line => {
                self.delete(cx, entity, key, how)?;
                Ok(Reply::empty(200))
            }
            ("DELETE", []) => Err(Refusal::undeletable()),
            ("GET", ["persons"]) if entity == Entity::Organisation => self.persons_of(cx, key, request),
            ("GET", ["quotationlines"]) if entity.is_deal() => {
                self.found(entity, key)?;
                self.list_lines(cx, key, request)
            }
            ("POST", ["move"]) if entity.is_deal() => self.move_deal(cx, entity, key, request, how),
            ("POST", ["converttodelivery"]) if entity == Entity::Opportunity => {
                Ok(Reply::json(200, &self.convert(cx, entity, key, None, how)?))
            }
            ("POST", ["converttoopportunity", level]) if entity == Entity::Delivery => {
                let level = level.parse().map_err(|_| Refusal::parameter("The level is not valid."))?;
                Ok(Reply::json(200, &self.convert(cx, entity, key, Some(level), how)?))
            }
            _ => Err(Refusal::no_path()),
        }
    }

    /// The calls that list by something else than all.
    fn route_lists(&self, cx: &Cx<'_>, entity: Entity, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        if request.method != "GET" {
            return Err(Refusal::no_path());
        }
        let responsible = if entity == Entity::Delivery { "Responsible" } else { "AssignedTo" };
        let main = entity.is_deal() || entity == Entity::Organisation;
        match (entity, path) {
            (_, ["findbycreatedates", start, end]) if main => {
                self.find_by_dates(cx, entity, "CreatedAt", (start, end), request)
            }
            (Entity::Organisation, ["findbyupdatedates", start, end]) => {
                self.find_by_dates(cx, entity, "UpdatedAt", (start, end), request)
            }
            (Entity::Organisation | Entity::Person, ["search"]) => self.search(cx, entity, request),
            (Entity::Person | Entity::Opportunity | Entity::Delivery, ["byorganisation", wanted]) => {
                self.list_by(cx, entity, "OrganisationId", wanted, request)
            }
            (Entity::Opportunity | Entity::Delivery, ["byresponsible", wanted]) => {
                self.list_by(cx, entity, responsible, wanted, request)
            }
            (Entity::Opportunity | Entity::Delivery, ["byresponsible2", wanted]) => {
                self.list_by(cx, entity, "AssignedTo2", wanted, request)
            }
            (Entity::Opportunity, ["bypipelinelevel", wanted]) => self.list_by(cx, entity, "Level", wanted, request),
            (Entity::Delivery, ["bystatus", wanted]) => self.list_by(cx, entity, "Status", wanted, request),
            (Entity::User, ["allactive"]) => self.list(cx, entity, request, |_| true),
            _ => Err(Refusal::no_path()),
        }
    }
}

impl Vendor for WebCrm {
    fn name(&self) -> &'static str {
        "webcrm"
    }

    fn switches(&self) -> &'static [Switch] {
        switches::ALL
    }

    fn collections(&self) -> &'static [&'static str] {
        &seed::COLLECTIONS
    }

    fn handle(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        self.route(cx, request).unwrap_or_else(|refusal| refusal.reply(cx.switches))
    }

    fn state(&self) -> Value {
        let switches = Switches::new(switches::ALL);
        let mut systems = self.systems.iter();
        let mut state = systems.next().map(|system| system.state(&switches)).unwrap_or_default();
        let others =
            systems.map(|system| (system.settings.system_id.to_string(), Value::Object(system.state(&switches))));
        state.insert("systems".into(), Value::Object(others.collect()));
        Value::Object(state)
    }

    fn seed(&mut self, cx: &Cx<'_>, collection: &str, records: Vec<Value>) -> Result<(), Refused> {
        seed::seed(self, cx, collection, records)
    }

    fn failure(&self, status: u16) -> Reply {
        refusal::failure(status)
    }

    fn rate_limited(&self) -> Reply {
        refusal::too_fast(&Switches::new(switches::ALL), 14)
    }

    fn act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Map<String, Value>) -> Result<Value, Refused> {
        self.do_act(cx, action, arguments)
    }

    fn webhooks(&self) -> Value {
        self.systems.iter().flat_map(|system| system.hooks.calls()).collect()
    }

    fn due_calls(&mut self, _: &Cx<'_>) -> Vec<Call> {
        self.systems.iter().flat_map(|system| system.hooks.due()).collect()
    }

    fn call_answered(&mut self, cx: &Cx<'_>, id: &str, status: Option<u16>) {
        for system in &mut self.systems {
            system.hooks.answered(cx, id, status);
        }
    }
}
