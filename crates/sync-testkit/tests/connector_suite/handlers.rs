//! The connector: three resources over the vendor's wire, as an author writes them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, ExternalRef, FieldMap, FieldPath, Result, StreamId, Value,
    capability::{
        DocumentCapability, FieldCapability, Listing, Mark, Prices, RemoveMode, Shows, Since, Step, StreamCapability,
        UpdateMode,
    },
    connector::{Action, ConnectorInfo, ListFrom, Tenant, Version, Writable, Write},
    handler::{Answer, Encode, Head, Outgoing, RawPage, Session, Shown, Step as Sending, StreamHandler},
    model::{Content, Invoice, Line, LineKind, Lines, Order, Organisation, Person, Project},
};

use crate::vendor::{Vendor, Wire};

pub(crate) const CARDS: &str = "cards";
pub(crate) const CONTACT: &str = "card_contact";
pub(crate) const TASKS: &str = "tasks";
pub(crate) const PAPERS: &str = "papers";
pub(crate) const BILLS: &str = "bills";
pub(crate) const MARK: FieldPath = FieldPath::from_static("x.shelf.mark");
const PAGE: u32 = 3;

/// A register: customers with their contact, tasks whose number is their id, orders, invoices.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) vendor: Vendor,
    pub(crate) name: &'static str,
}

#[derive(Deserialize)]
pub(crate) struct Row {
    id: String,
}

fn rw() -> FieldCapability {
    FieldCapability::read_write()
}

impl Shelf {
    fn is(&self, name: &str) -> bool {
        self.name == name
    }
    fn id(&self) -> StreamId {
        StreamId::new(self.name)
    }
    fn cards(&self, can: &mut StreamCapability) {
        can.holds.set(Organisation::IS_CUSTOMER, true);
        can.get_max = 2;
        can.find_by.insert(Organisation::NUMBER);
        (can.create, can.create_with_idempotency_key) = (true, true);
        (can.update, can.update_if_version) = (UpdateMode::Replace, true);
        (can.write_returns_record, can.write_batch_max, can.write_concurrency) = (true, 3, 4);
        can.search_lag_s = 30;
        can.effects.insert("mail".to_owned());
        can.fields.extend([
            (Organisation::IS_CUSTOMER, FieldCapability::read_only()),
            (Organisation::NUMBER, rw().cut_to(20).exact()),
            (Organisation::NAME, rw().required().cut_to(30)),
            (Organisation::EMAIL, rw()),
            (Organisation::PHONE, rw()),
            (Organisation::IS_ACTIVE, rw()),
            (Organisation::DISCOUNT_PERCENT, rw().rounded_to(2)),
        ]);
        if self.vendor.lies("C-02") {
            can.fields.insert(FieldPath::new("colour"), rw());
        }
        if self.vendor.lies("C-04") {
            can.fields.insert(Organisation::WEBSITE, FieldCapability::read_only());
        }
    }
    fn tasks(can: &mut StreamCapability) {
        can.get_max = 1;
        (can.create, can.update, can.natural_key) = (true, UpdateMode::Merge, true);
        can.remove.insert(RemoveMode::Archive);
        if let Some(list) = &mut can.list {
            (list.partial, list.with_deleted) = (true, true);
        }
        can.fields.extend([
            (Project::NUMBER, {
                let mut once = FieldCapability::read_only().required();
                once.write_on_create = true;
                once
            }),
            (Project::NAME, rw()),
            (Project::STARTS_ON, rw()),
            (Project::IS_FINISHED, rw()),
        ]);
    }
    fn papers(can: &mut StreamCapability) {
        can.get_max = 1;
        (can.create, can.update) = (true, UpdateMode::Replace);
        can.write_returns_record = true;
        can.create_mark = Some(Mark { field: MARK, max_len: 20 });
        can.find_by.insert(MARK);
        can.acts.insert("open".to_owned());
        let content = |leaf: FieldPath| Order::CONTENT.join(leaf.as_str());
        can.fields.extend([
            (MARK, FieldCapability::read_only()),
            (Order::FULFILMENT, FieldCapability::read_only()),
            (content(Content::LINES), rw()),
            (content(Content::BUYER_REFERENCE), rw()),
        ]);
        for leaf in [Content::NET, Content::VAT, Content::GROSS, Content::PRICES_INCLUDE_VAT] {
            can.fields.insert(content(leaf), FieldCapability::read_only());
        }
        let mut document = DocumentCapability::default();
        document.arithmetic.prices = Prices::WithoutVat;
        document.lines = [Line::SKU, Line::TEXT, Line::QUANTITY, Line::UNIT_PRICE].into();
        document.names_items = true;
        document.steps = vec![Step::new("open", "draft", "open")];
        can.document = Some(document);
    }
    fn bills(can: &mut StreamCapability) {
        can.get_max = 1;
        can.acts.insert("pay".to_owned());
        let mut settled = FieldCapability::read_only();
        settled.write_on_update = true;
        can.fields.extend([(Invoice::SETTLED, settled), (Invoice::NUMBER, FieldCapability::read_only())]);
        let mut document = DocumentCapability::default();
        document.pays = Some("pay".to_owned());
        can.document = Some(document);
    }
    fn raw(&self, wire: &Wire, as_row: bool) -> Box<RawValue> {
        let mut wire = wire.clone();
        if as_row && self.is(TASKS) {
            wire.is_row = true;
            for fields in wire.parts.values_mut() {
                fields.remove(Project::STARTS_ON);
            }
        }
        RawValue::from_string(serde_json::to_string(&wire).unwrap()).unwrap()
    }
    fn answer(&self, id: &str) -> Answer {
        match self.vendor.find(&self.id(), id) {
            Some(wire) if !self.is(TASKS) => Answer::row(self.raw(&wire, false)),
            _ => Answer::id(id),
        }
    }
    fn one(&self, write: &Write, step: &Sending<'_, BTreeMap<StreamId, FieldMap>>) -> Result<Answer> {
        let (vendor, stream) = (&self.vendor, self.id());
        match step {
            Sending::Post(parts) => {
                if self.is(CARDS)
                    && !vendor.lies("C-44")
                    && let Some(id) = vendor.kept().keys.get(&write.idempotency_key)
                {
                    return Ok(Answer::id(id));
                }
                let parts = self.kept_of(parts.clone(), None)?;
                let number = parts.get(&stream).and_then(|fields| fields.text(Project::NUMBER)).map(str::to_owned);
                let taken = number.clone().filter(|number| vendor.find(&stream, number).is_some());
                let id = number.filter(|_| self.is(TASKS) && taken.is_none() && !vendor.lies("C-49"));
                let id = id.unwrap_or_else(|| vendor.new_id());
                let mark = write.mark.clone().filter(|_| !vendor.lies("C-43"));
                vendor.put(&stream, id.clone(), parts, mark);
                vendor.kept().keys.insert(write.idempotency_key.clone(), id.clone());
                Ok(self.answer(&id))
            }
            Sending::Put(id, parts) => {
                let old = vendor.find(&stream, id);
                if let Action::Update { if_version: Some(version), .. } = &write.action
                    && let Some(old) = &old
                    && *version != old.version()
                    && !vendor.lies("C-53")
                {
                    return Err(Error::new(ErrorKind::VersionConflict, "update", "somebody was faster"));
                }
                let parts = self.kept_of(parts.clone(), old.as_ref())?;
                vendor.change(&stream, id, |wire| {
                    for (part, fields) in parts {
                        wire.parts.entry(part).or_default().overlay(&fields);
                    }
                    if vendor.lies("C-50") {
                        wire.parts.entry(stream.clone()).or_default().set(Organisation::PHONE, Value::Null);
                    }
                    if vendor.lies("C-51") {
                        wire.other = Json::Null;
                    }
                })?;
                if write.effects.contains("mail") || vendor.lies("C-58") {
                    vendor.kept().mails += 1;
                }
                Ok(self.answer(id))
            }
            Sending::Act(id, act, with) => self.act_on(id, act, with),
            Sending::Remove(id, mode) => {
                if *mode == RemoveMode::Archive && !vendor.lies("C-61") {
                    vendor.change(&stream, id, |wire| {
                        wire.parts.entry(stream.clone()).or_default().set(Project::IS_FINISHED, true);
                    })?;
                } else {
                    vendor.change(&stream, id, |wire| wire.removed = !vendor.lies("C-60"))?;
                }
                Ok(Answer::done())
            }
        }
    }
    fn act_on(&self, id: &str, act: &str, with: &FieldMap) -> Result<Answer> {
        let (vendor, stream) = (&self.vendor, self.id());
        let found = vendor.find(&stream, id).and_then(|wire| wire.parts.get(&stream).cloned()).unwrap_or_default();
        if act == "pay" {
            let paid = with.iter().find_map(|(_, value)| value.as_decimal()).unwrap_or_default();
            let paid = if vendor.lies("C-92") { paid * Decimal::TWO } else { paid };
            let settled = found.get(Invoice::SETTLED).and_then(Value::as_decimal).unwrap_or_default() + paid;
            vendor.change(&stream, id, |wire| {
                wire.parts.entry(stream.clone()).or_default().set(Invoice::SETTLED, Value::Decimal(settled));
            })?;
            return Ok(self.answer(id));
        }
        if found.text(Order::FULFILMENT) != Some("draft") && !vendor.lies("C-90") {
            return Err(Error::new(ErrorKind::Invalid, "open", "only drafts are opened"));
        }
        vendor.change(&stream, id, |wire| {
            wire.parts.entry(stream.clone()).or_default().set(Order::FULFILMENT, "open");
        })?;
        Ok(self.answer(id))
    }
    /// What the vendor keeps of what it is sent.
    fn kept_of(&self, parts: BTreeMap<StreamId, FieldMap>, old: Option<&Wire>) -> Result<BTreeMap<StreamId, FieldMap>> {
        let vendor = &self.vendor;
        let mut kept = BTreeMap::new();
        for (part, fields) in parts {
            let mut own = FieldMap::new();
            for (path, value) in fields.iter() {
                let value = match value {
                    Value::Null if vendor.lies("C-52") => continue,
                    Value::Text(text) if path == Organisation::NAME => {
                        let max = if vendor.lies("C-42") { 12 } else { 30 };
                        Value::from(text.chars().take(max).collect::<String>())
                    }
                    Value::Decimal(amount) => Value::Decimal(amount.round_dp(if vendor.lies("C-80") { 0 } else { 2 })),
                    Value::Date(day) if vendor.lies("C-81") => Value::Date(*day - chrono::TimeDelta::days(1)),
                    other => other.clone(),
                };
                own.set(path, value);
            }
            if self.is(PAPERS) {
                own = self.document(own, old.and_then(|old| old.parts.get(&part)))?;
            }
            kept.insert(part, own);
        }
        Ok(kept)
    }
    fn document(&self, fields: FieldMap, old: Option<&FieldMap>) -> Result<FieldMap> {
        let vendor = &self.vendor;
        let sent = Order::from_fields(&fields)?;
        let mut order = old.map(Order::from_fields).transpose()?.unwrap_or_default();
        let mut lines: Vec<Line> = match &order.content.lines {
            sync_core::Field::Set(lines) if vendor.lies("C-55") => lines.clone().into_iter().collect(),
            _ => Vec::new(),
        };
        let Some(given) = sent.content.lines.value() else { return Ok(fields) };
        for line in given.clone() {
            let text = line.kind.value() == Some(&LineKind::Text);
            if !text && line.sku.value().is_none() {
                return Err(Error::new(ErrorKind::Invalid, "write", "a row needs its item"));
            }
            let line = line.key((lines.len() + 1).to_string());
            lines.push(if vendor.lies("C-94") { line.text(sync_core::Field::Unknown) } else { line });
        }
        let sum = |line: &Line| {
            line.quantity.value().copied().unwrap_or_default() * line.unit_price.value().copied().unwrap_or_default()
        };
        let net: Decimal = lines.iter().map(sum).sum();
        let net = if vendor.lies("C-93") { net + Decimal::TEN } else { net };
        let vat = (net * Decimal::new(25, 2)).round_dp(2);
        order.content =
            sent.content.lines(lines.into_iter().collect::<Lines<Line>>()).net(net).vat(vat).gross(net + vat);
        order.content.prices_include_vat = false.into();
        let mut out = order.to_fields();
        if old.is_none() {
            out.set(Order::FULFILMENT, "draft");
        }
        Ok(out)
    }
}

impl StreamHandler for Shelf {
    type Row = Row;
    type Read = Wire;
    type Body = BTreeMap<StreamId, FieldMap>;

    fn stream(&self) -> StreamId {
        self.id()
    }
    fn capability(&self) -> StreamCapability {
        let kind = match self.name {
            CARDS => EntityKind::Organisation,
            TASKS => EntityKind::Project,
            PAPERS => EntityKind::Order,
            _ => EntityKind::Invoice,
        };
        let mut can = StreamCapability::new(kind);
        let since = Since { precision_ms: 1, inclusive: true, lag_s: 30, ascending: true, misses: false };
        can.list = Some(Listing::complete(PAGE).since(since));
        can.stamps = true;
        if !self.is(BILLS) {
            can.remove.insert(RemoveMode::Delete);
        }
        match self.name {
            CARDS => self.cards(&mut can),
            TASKS => Self::tasks(&mut can),
            PAPERS => Self::papers(&mut can),
            _ => Self::bills(&mut can),
        }
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        if !self.is(CARDS) {
            return Vec::new();
        }
        let mut can = StreamCapability::new(EntityKind::Person);
        can.shows = Shows::Slot;
        can.holds.set(Person::IS_PRIMARY, true);
        can.fields.extend([
            (Person::IS_PRIMARY, FieldCapability::read_only()),
            (Person::NAME, rw()),
            (Person::EMAIL, rw()),
        ]);
        vec![(CONTACT.into(), can)]
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        Head {
            version: if self.is(CARDS) {
                read.version()
            } else {
                Version { modified_at: Some(read.changed), etag: None }
            },
            created_at: Some(read.made),
            deleted: read.removed,
            partial: read.is_row,
            writable: read.locked.clone().map_or(Writable::All, Writable::Nothing),
            mark: read.mark.clone(),
            ..Head::default()
        }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let shown = |(part, fields): (&StreamId, &FieldMap)| Shown::fields(part.clone(), fields.clone());
        let mut all: Vec<Shown> = read.parts.iter().map(shown).collect();
        if self.is(PAPERS) {
            for host in &mut all {
                host.fields.set(MARK, read.mark.clone().unwrap_or_default());
            }
        }
        Ok(all)
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Self::Body> {
        let parts = [self.name, CONTACT].into_iter().filter(|part| encode.part(part).is_some());
        Ok(parts.map(|part| (StreamId::new(part), encode.sent(part))).collect())
    }

    async fn list(&self, _: &Context, from: &ListFrom, size: u32) -> Result<RawPage> {
        let size = if self.vendor.lies("C-11") { 1000 } else { size };
        self.vendor.call(&format!("GET /{}", self.name), false, || {
            let (kind, at, after) = place(from, self.vendor.lies("C-13"))?;
            let mut rows: Vec<(usize, Wire)> = self.vendor.visible(&self.id()).into_iter().enumerate().collect();
            rows.retain(|(_, wire)| {
                let gone = wire.removed && (!self.is(TASKS) || self.vendor.lies("C-26"));
                let left_out = wire.idle && self.vendor.lies("C-15");
                let wanted = match kind.as_str() {
                    "modified" => wire.changed >= at,
                    "created" => wire.made >= at,
                    _ => true,
                };
                !gone && !left_out && wanted
            });
            if kind == "modified" {
                rows.sort_by_key(|(place, wire)| (wire.changed, *place));
            }
            if self.vendor.lies("C-12") {
                rows = rows.into_iter().enumerate().map(|(place, (_, wire))| (place, wire)).collect();
            }
            let rows: Vec<(usize, Wire)> = match after {
                Some(after) if self.vendor.lies("C-12") => rows.into_iter().skip(after + 1).collect(),
                Some(after) if kind != "modified" => rows.into_iter().filter(|(place, _)| *place > after).collect(),
                Some(after) => rows.into_iter().skip_while(|(place, _)| *place != after).skip(1).collect(),
                None => rows,
            };
            let taken: Vec<&(usize, Wire)> = rows.iter().take(usize::try_from(size).unwrap()).collect();
            let next = taken.last().filter(|_| taken.len() < rows.len());
            let next = next.map(|(place, _)| json!({ "kind": kind, "at": at, "after": place }));
            let raw = taken.iter().map(|(_, wire)| self.raw(wire, true)).collect();
            Ok(match next {
                Some(next) => RawPage::more(raw, next),
                None => RawPage::last(raw),
            })
        })
    }
    async fn get(&self, _: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let cut = |id: &str| id.split(|sign: char| !sign.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned();
        let id = |id: &Arc<str>| if self.vendor.lies("C-16") { cut(id) } else { id.to_string() };
        let found = || Ok(ids.iter().filter_map(|asked| self.vendor.find(&self.id(), &id(asked))).collect::<Vec<_>>());
        match self.vendor.call(&format!("GET /{}/id", self.name), false, found) {
            Ok(found) => Ok(found.iter().map(|wire| self.raw(wire, false)).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
    async fn find(&self, _: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let fits = |wire: &&Wire| {
            let shown = wire.parts.get(&self.id()).cloned().unwrap_or_default();
            let mark = |value: &Value| wire.mark.as_deref() == value.as_text();
            by.iter().all(|(path, value)| shown.get(path) == Some(value) || path == MARK && mark(value))
                || self.vendor.lies("C-32")
        };
        self.vendor.call(&format!("GET /{}?by", self.name), false, || {
            let all = self.vendor.visible(&self.id());
            Ok(all.iter().filter(|wire| !wire.removed).filter(fits).map(|wire| self.raw(wire, false)).collect())
        })
    }
    async fn write(&self, _: &Context, batch: &[Outgoing<'_, Self::Body>]) -> Vec<Result<Answer>> {
        let apart = self.vendor.lies("C-56") && batch.iter().any(|one| one.write.action.parts().len() > 1);
        if apart {
            let _ = self.vendor.call("PUT /part", true, || Ok(()));
        }
        let mut answers = Vec::new();
        let sent = self.vendor.call(&format!("POST /{}", self.name), true, || {
            answers = batch.iter().map(|one| self.one(one.write, &one.step)).collect();
            Ok(())
        });
        match sent {
            Ok(()) => answers,
            Err(error) => batch.iter().map(|_| Err(Error::new(error.kind(), "write", error.message()))).collect(),
        }
    }
}

/// Where a listing stands: what is asked for, and the place after which it goes on.
fn place(from: &ListFrom, any: bool) -> Result<(String, DateTime<Utc>, Option<usize>)> {
    #[derive(Deserialize)]
    struct Place {
        kind: String,
        at: DateTime<Utc>,
        after: usize,
    }
    let first = |kind: &str, at: DateTime<Utc>| Ok((kind.to_owned(), at, None));
    match from {
        ListFrom::Beginning => first("all", DateTime::UNIX_EPOCH),
        ListFrom::ModifiedSince(at) => first("modified", *at),
        ListFrom::CreatedSince(at) => first("created", *at),
        ListFrom::Page(cursor) => match serde_json::from_value::<Place>(cursor.0.clone()) {
            Ok(place) => Ok((place.kind, place.at, Some(place.after))),
            Err(_) if any => first("all", DateTime::UNIX_EPOCH),
            Err(_) => Err(Error::new(ErrorKind::Protocol, "list", "this is no place in a listing")),
        },
    }
}

/// Who answers.
pub(crate) struct Desk {
    pub(crate) info: ConnectorInfo,
    pub(crate) vendor: Vendor,
    pub(crate) key: String,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Session for Desk {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    async fn check(&self, _: &Context) -> Result<Tenant> {
        self.vendor.call("GET /me", false, || match self.key.as_str() {
            "" => Err(Error::new(ErrorKind::Unavailable, "check", "nobody is there")),
            "wrong" => Err(Error::new(ErrorKind::Auth, "check", "this key opens nothing")),
            _ => Ok(Tenant { id: "b17".to_owned(), name: "The shelf".to_owned(), base_currency: None }),
        })
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        if !headers.iter().any(|(name, value)| name == "signature" && value == "right") {
            return Err(Error::new(ErrorKind::Auth, "hints", "somebody else calls"));
        }
        let told: Json = serde_json::from_slice(body).unwrap_or_default();
        let id = told.get("card").and_then(Json::as_str);
        let wrong = || Error::new(ErrorKind::Invalid, "hints", "this is no call of ours");
        let at = sync_core::StreamKey::new(self.info.system.clone(), CARDS);
        id.map(|id| vec![at.id(id)]).ok_or_else(wrong)
    }
}
