//! Creates and updates of the older service.

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    accept::accept,
    collection::{self, Collection, Stamp},
    documents,
    hooks::Happened,
    journals, masters, payments, projects,
    refusal::Refusal,
    shape::{Field, Kind, Shape, shape},
    store::{Company, Record, stamp_name},
    switches::{
        CREATE_BODY, FIELD_LENGTHS, IF_MATCH_CHECKED, IF_MATCH_FORM, LOCATION_HOST, LOCATION_SLASH, NULL_MEANS,
        SUPPLIED_NUMBER,
    },
    value::{Fields, at, day, flag, set_at, shown_day, text, version},
};

/// A record in the making.
pub(super) struct Draft<'a> {
    pub(super) company: &'a Company,
    pub(super) cx: &'a Cx<'a>,
    /// The body without its wrappers.
    pub(super) given: &'a Fields,
    /// The record before; none in a create.
    pub(super) old: Option<&'a Fields>,
    pub(super) new: Fields,
    /// The rules that were broken.
    pub(super) errors: Vec<String>,
}

impl Draft<'_> {
    pub(super) fn refuse(&mut self, rule: impl Into<String>) {
        self.errors.push(rule.into());
    }

    /// Sets what is not set yet.
    pub(super) fn default(&mut self, path: &str, value: impl Into<Value>) {
        if at(&self.new, path).is_none() {
            set_at(&mut self.new, path, value.into());
        }
    }

    /// Refuses an empty field.
    pub(super) fn required(&mut self, path: &str, name: &str) {
        let empty = at(&self.new, path).is_none_or(|value| value.is_null() || value == "");
        if empty {
            self.refuse(format!("'{name}' cannot be empty."));
        }
    }

    /// Sets a reference to the record with this key, if there is one.
    pub(super) fn refer(&mut self, path: &str, collection: &str, key: &str, read: &str) {
        let known = collection::named(collection);
        let found = known.and_then(|known| Some((known, self.company.by_key(known, key)?.1)));
        if let Some((known, record)) = found {
            set_at(&mut self.new, path, Company::reference(known, record, shape(read)));
        }
    }

    pub(super) fn today(&self) -> NaiveDate {
        super::value::local(self.cx.now, self.cx.switches).date()
    }
}

/// Puts what a body says where answers have it. Lists are left to those who know their rules.
pub(super) fn apply(
    company: &Company,
    switches: &Switches,
    shapes: (&Shape, &Shape),
    given: &Fields,
    into: &mut Fields,
    errors: &mut Vec<String>,
) {
    let (write, read) = shapes;
    for field in &write.fields {
        let (Some(value), Some(target)) = (given.get(&field.name), &field.target) else { continue };
        let first = target.split('.').next().unwrap_or_default();
        let shown = read.field(first).map(|known| &known.kind);
        match (&field.kind, value) {
            (_, Value::Null) => {
                if switches.is(&NULL_MEANS, "clears") {
                    set_at(into, target, Value::Null);
                }
            }
            (Kind::Many(_), _) => {}
            (Kind::One(inner), Value::Object(part)) => {
                let mut inside = into.get(target).cloned().map(super::value::object).unwrap_or_default();
                let part_shape = match shown {
                    Some(Kind::One(name)) => shape(name),
                    _ => shape(""),
                };
                apply(company, switches, (shape(inner), part_shape), part, &mut inside, errors);
                into.insert(target.clone(), Value::Object(inside));
            }
            (Kind::Date, Value::String(text)) => {
                set_at(into, target, day(text).map(shown_day).unwrap_or_default());
            }
            (Kind::Text(_), Value::String(text)) if too_long(switches, &field.name, text).is_some() => {
                let limit = too_long(switches, &field.name, text).unwrap_or_default();
                match switches.word(&FIELD_LENGTHS) {
                    "cut" => set_at(into, target, json!(text.chars().take(limit).collect::<String>())),
                    _ => errors.push(format!("'{}' has more than {limit} characters.", field.name)),
                }
            }
            (_, value) => match refer(company, field, value, shown) {
                Ok(value) => set_at(into, target, value),
                Err(rule) => errors.push(rule),
            },
        }
    }
}

/// The lengths that the order service has for fields that both services know.
const LENGTHS: [(&str, usize); 16] = [
    ("addressLine1", 50),
    ("addressLine2", 50),
    ("addressLine3", 50),
    ("city", 50),
    ("postalCode", 20),
    ("name", 255),
    ("attention", 255),
    ("email", 255),
    ("phone1", 50),
    ("phone2", 50),
    ("phone3", 50),
    ("description", 255),
    ("note", 2048),
    ("uom", 6),
    ("customerRefNumber", 40),
    ("externalReference", 40),
];

/// The most characters that a field takes, if this is more and lengths are looked at.
fn too_long(switches: &Switches, name: &str, text: &str) -> Option<usize> {
    let (_, limit) = LENGTHS.iter().find(|(known, _)| *known == name)?;
    (!switches.is(&FIELD_LENGTHS, "free") && text.chars().count() > *limit).then_some(*limit)
}

/// The value of a field that names a record: a reference, or the record's key as it is written there.
fn refer(company: &Company, field: &Field, value: &Value, shown: Option<&Kind>) -> Result<Value, String> {
    let known = field.refers.as_deref().and_then(collection::named);
    let (Some(known), Some(key)) = (known, value.as_str()) else { return Ok(value.clone()) };
    if key.is_empty() {
        return Ok(Value::Null);
    }
    let missing = || format!("{} '{key}' cannot be found in the system.", known.called);
    let (_, record) = company.by_key(known, key).ok_or_else(missing)?;
    Ok(match shown {
        Some(Kind::One(inner)) => Company::reference(known, record, shape(inner)),
        _ => at(&record.fields, known.key).cloned().unwrap_or_default(),
    })
}

/// What refusals say was tried.
fn tried(known: &Collection, create: bool) -> String {
    let noun = known.called.to_lowercase();
    match (known.name, create) {
        ("invoices" | "credit-notes", true) => "Error creating document.".into(),
        ("items", true) => "Error inserting the inventory.".into(),
        ("items", false) => "Error updating the inventory.".into(),
        (_, true) => format!("Error inserting the {noun}."),
        (_, false) => format!("Error updating the {noun}."),
    }
}

impl Company {
    /// `POST` of a record.
    pub(super) fn create(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let mut given = accept(known.write, &known.dto(), request, cx.switches)?;
        if let Some(branch) = request.header("branchid").filter(|_| shape(known.write).field("branchNumber").is_some())
        {
            given.entry("branchNumber").or_insert_with(|| json!(branch));
        }
        let id = self.create_from(cx, known, &given)?;
        Ok(self.created(cx, known, id, request))
    }

    /// The answer to a create.
    pub(super) fn created(&self, cx: &Cx<'_>, known: &Collection, id: u64, request: &Request) -> Reply {
        let record = self.get(known.name, id);
        let key = record.map(|record| key_of(known, record)).unwrap_or_default();
        let reply = match cx.switches.word(&CREATE_BODY) {
            "object" => Reply::json(201, &json!({})),
            _ => Reply::empty(201),
        };
        let reply = reply.with_header("location", location(cx, request, known.path, &key));
        let late = matches!(known.name, "contacts" | "prices") && stamp_name(known, cx.switches).is_some();
        match record.filter(|_| late) {
            Some(record) => reply.with_header("etag", etag(record)),
            None => reply,
        }
    }

    /// Makes a record of a body without its wrappers.
    pub(super) fn create_from(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        given: &Fields,
    ) -> Result<u64, Refusal> {
        let (mut new, errors) = self.drafted(cx, known, given, None);
        if !errors.is_empty() {
            return Err(Refusal::Create(tried(known, true), errors));
        }
        let id = self.next_id(known.name);
        if !known.id.is_empty() {
            new.insert(known.id.into(), json!(id));
        }
        self.number(cx, known, given, &mut new)?;
        self.add(cx, known.name, id, new);
        masters::after(self, cx, known, id, given);
        self.tell(cx, known, id, Happened::Created);
        Ok(id)
    }

    fn drafted(&self, cx: &Cx<'_>, known: &Collection, given: &Fields, old: Option<&Fields>) -> (Fields, Vec<String>) {
        let (mut new, mut errors) = (old.cloned().unwrap_or_default(), Vec::new());
        let shapes = (shape(known.write), shape(known.read));
        apply(self, cx.switches, shapes, given, &mut new, &mut errors);
        let mut draft = Draft { company: self, cx, given, old, new, errors };
        match known.name {
            "invoices" | "credit-notes" => documents::settle(&mut draft, known.name == "invoices"),
            "payments" => payments::settle(&mut draft),
            "journals" => journals::settle(&mut draft),
            "projects" | "project-tasks" => projects::settle(&mut draft, known.name == "projects"),
            _ => masters::settle(&mut draft, known.name),
        }
        (draft.new, draft.errors)
    }

    /// Gives a record its key: the one supplied where that counts, or the next of its series.
    fn number(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        given: &Fields,
        new: &mut Fields,
    ) -> Result<(), Refusal> {
        let (written, first) = match known.name {
            "customers" => ("number", 10_000),
            "suppliers" => ("number", 50_000),
            "projects" => ("projectID", 1),
            "invoices" | "credit-notes" => ("referenceNumber", 1),
            "payments" => ("referenceNumber", 1),
            "journals" => ("batchNumber", 1),
            _ => return Ok(()),
        };
        let supplied = text(given, written).to_owned();
        let manual = known.name == "customers"
            && self.named("number-sequences", "CUSTOMER").is_some_and(|series| flag(&series.fields, "manualNumbering"));
        let counts = flag(given, "overrideNumberSeries")
            || manual
            || known.name == "projects"
            || cx.switches.is(&SUPPLIED_NUMBER, "used");
        let key = if counts && !supplied.is_empty() {
            if self.by_key(known, &supplied).is_some() {
                let rule = format!("{} '{supplied}' already exists.", known.called);
                return Err(Refusal::Create(tried(known, true), vec![rule]));
            }
            supplied
        } else if manual {
            return Err(Refusal::Create(tried(known, true), vec![format!("'{} ID' cannot be empty.", known.called)]));
        } else {
            self.next_number(known.name, first, |company, number| company.by_key(known, number).is_some())
        };
        new.insert(known.key.into(), json!(key));
        Ok(())
    }

    /// `PUT` of a record: only what the body has is changed.
    pub(super) fn update(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        id: u64,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let given = accept(known.write, &known.dto(), request, cx.switches)?;
        self.if_match(cx, known, id, request)?;
        self.update_from(cx, known, id, &given)?;
        let record = self.get(known.name, id);
        let key = record.map(|record| key_of(known, record)).unwrap_or_default();
        let reply = Reply::empty(204).with_header("location", location(cx, request, known.path, &key));
        Ok(match record.filter(|_| checked(known) && stamp_name(known, cx.switches).is_some()) {
            Some(record) => reply.with_header("etag", etag(record)),
            None => reply,
        })
    }

    /// Changes a record by a body without its wrappers.
    pub(super) fn update_from(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        id: u64,
        given: &Fields,
    ) -> Result<(), Refusal> {
        let Some(old) = self.get(known.name, id).map(|record| record.fields.clone()) else { return Ok(()) };
        let (mut new, errors) = self.drafted(cx, known, given, Some(&old));
        if !errors.is_empty() {
            return Err(Refusal::Business(tried(known, false), errors));
        }
        // A key is given once.
        for name in [known.key, known.id] {
            if let Some(value) = old.get(name) {
                new.insert(name.to_owned(), value.clone());
            }
        }
        self.change(cx, known.name, id, |fields| *fields = new);
        masters::after(self, cx, known, id, given);
        self.tell(cx, known, id, Happened::Updated);
        Ok(())
    }

    /// Holds `If-Match` against the record where the resource has row versions.
    pub(super) fn if_match(&self, cx: &Cx<'_>, known: &Collection, id: u64, request: &Request) -> Result<(), Refusal> {
        let (Some(given), Some(record)) = (request.header("if-match"), self.get(known.name, id)) else { return Ok(()) };
        let late_only = known.stamp == Stamp::Late && cx.switches.is(&IF_MATCH_CHECKED, "background");
        let looked_at = checked(known) && stamp_name(known, cx.switches).is_some();
        if !looked_at || late_only && !in_background(request) {
            return Ok(());
        }
        if same_version(cx.switches, given, record) {
            return Ok(());
        }
        Err(Refusal::Status(412, "The record has been changed by another process.".into()))
    }

    /// Tells subscribers.
    pub(super) fn tell(&mut self, cx: &Cx<'_>, known: &Collection, id: u64, happened: Happened) {
        let Some(key) = self.get(known.name, id).map(|record| key_of(known, record)) else { return };
        self.tell_of(cx, known, &key, happened);
    }

    /// Tells subscribers of a record that may be gone.
    pub(super) fn tell_of(&mut self, cx: &Cx<'_>, known: &Collection, key: &str, happened: Happened) {
        let uri = format!("https://api.finance.visma.net/{}/{key}", known.path);
        let tenant = self.settings.tenant_id.clone();
        self.hooks.happened(cx, &tenant, known.name, happened, &uri, key);
    }
}

fn checked(known: &Collection) -> bool {
    matches!(known.stamp, Stamp::Early | Stamp::Late)
}

/// Whether the call runs in the background.
pub(super) fn in_background(request: &Request) -> bool {
    request.header("erp-api-background").is_some()
}

/// Whether `If-Match` names the record's present version.
pub(super) fn same_version(switches: &Switches, given: &str, record: &Record) -> bool {
    let given = given.trim();
    let quoted = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let wanted = match quoted {
        Some(inner) => inner,
        None if switches.is(&IF_MATCH_FORM, "quoted") => return false,
        None => given,
    };
    wanted == "*" || wanted == version(record.version)
}

/// The record's version as a header has it.
pub(super) fn etag(record: &Record) -> String {
    format!("\"{}\"", version(record.version))
}

/// The last segment of a record's address.
pub(super) fn key_of(known: &Collection, record: &Record) -> String {
    match at(&record.fields, known.key) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// The absolute address of a record. A slash is a part of most keys, and between the two of a delivery place or order.
pub(super) fn location(cx: &Cx<'_>, request: &Request, path: &str, key: &str) -> String {
    let double = matches!(path, "v1/location" | "api/v3/SalesOrders") || cx.switches.is(&LOCATION_SLASH, "plain");
    let coded = key.bytes().map(|byte| match byte {
        b'/' if double => "/".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    let coded = coded.collect::<String>();
    match cx.switches.word(&LOCATION_HOST) {
        "other" => format!("http://integration.visma.net/API/controller/api/{path}/{coded}"),
        _ => format!("http://{}/{path}/{coded}", request.header("host").unwrap_or("localhost")),
    }
}
