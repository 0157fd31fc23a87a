//! Deliveries, which are orders, and opportunities, which are quotes: two resources of one make. Their lines stand apart, and a
//! line that changes does not move its document's stamp: so lists show heads alone, and what changed is asked of both.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, value::RawValue};
use sync_core::{
    Context, EntityKind, Field, StreamId, StreamKey, SystemId,
    capability::{FieldCapability, Listing, StreamCapability},
    connector::{ListFrom, Write},
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Content, LinkTo, Order, OrderStage},
};
use sync_http::Request;

use super::{
    lines::lines,
    organisations::ORGANISATIONS,
    persons::PERSONS,
    records::{Records, Row},
    walk::{SLACK, Walk, Window},
};
use crate::{
    client::{Api, PAGE_MAX, Resource},
    codes::{Currencies, DELIVERY_STATUS, ERP_STATUS, Lists, since},
    config::Config,
    fields::{Form, OwnFields, chosen, family, text_capability},
    wire::Wire,
};

/// Orders.
pub(crate) const DELIVERIES: &str = "deliveries";
/// Quotes.
pub(crate) const OPPORTUNITIES: &str = "opportunities";
/// Where the lines stand in a document that was read whole.
const LINES: &str = "QuotationLines";
/// The stamp of a changed line beside its document, which shows no change of its own.
const LINE_STAMP: &str = "QuotationLineUpdatedAt";
/// Documents that are asked for in one query.
const TOGETHER: usize = 50;

/// Which of the two.
#[derive(Debug)]
pub(crate) struct Kind {
    stream: &'static str,
    stage: OrderStage,
    of: Resource,
    lines: &'static str,
    created: &'static str,
}

/// Orders.
pub(crate) const DELIVERY: Kind = Kind {
    stream: DELIVERIES,
    stage: OrderStage::Order,
    of: Resource {
        entity: "Delivery",
        all: "/Deliveries",
        one: "/Deliveries/{id}",
        list: "list deliveries",
        get: "get delivery",
        find: "find deliveries",
        create: "create delivery",
        update: "update delivery",
    },
    lines: "/Deliveries/{id}/QuotationLines",
    created: "/Deliveries/FindByCreateDates/{from}/{until}",
};
/// Quotes.
pub(crate) const OPPORTUNITY: Kind = Kind {
    stream: OPPORTUNITIES,
    stage: OrderStage::Quote,
    of: Resource {
        entity: "Opportunity",
        all: "/Opportunities",
        one: "/Opportunities/{id}",
        list: "list opportunities",
        get: "get opportunity",
        find: "find opportunities",
        create: "create opportunity",
        update: "update opportunity",
    },
    lines: "/Opportunities/{id}/QuotationLines",
    created: "/Opportunities/FindByCreateDates/{from}/{until}",
};

/// The handler.
#[derive(Debug)]
pub(crate) struct Documents {
    kind: &'static Kind,
    records: Records,
    config: Config,
    currencies: Currencies,
    organisations: StreamKey,
    persons: StreamKey,
}

impl Documents {
    pub(crate) fn new(kind: &'static Kind, api: Api, system: &SystemId, config: &Config, lists: Arc<Lists>) -> Self {
        let currencies = Currencies::new(&config.currencies, &lists, &kind.of.key("CurrencyName"));
        let own = own_fields(kind, &lists);
        Self {
            kind,
            records: Records::new(api, &kind.of, lists, own, config),
            config: config.clone(),
            currencies,
            organisations: StreamKey::new(system.clone(), ORGANISATIONS),
            persons: StreamKey::new(system.clone(), PERSONS),
        }
    }
    fn key(&self, name: &str) -> String {
        self.kind.of.key(name)
    }
    /// Texts that are one field on both sides.
    fn texts(&self) -> [(sync_core::FieldPath, String); 2] {
        [(Order::DESCRIPTION, self.key("Description")), (Order::NOTE, self.key("Note"))]
    }
    fn order(&self, wire: &Wire) -> Result<Order> {
        let text = |name: &str| {
            let key = self.key(name);
            Ok::<_, Error>(chosen(wire.text(&key)?, &self.records.lists, &key))
        };
        // newer systems say the same of a delivery by another name
        let person = wire.link(&self.key("PersonId"))?.or(wire.link(&self.key("OpportunityPersonId"))?);
        let description = text("Description")?.or(text("OpportunityDescription")?);
        Ok(Order::new()
            .number(text("Number")?)
            .stage(self.kind.stage)
            .customer(link(wire.link(&self.key("OrganisationId"))?, &self.organisations))
            .contact(link(person, &self.persons))
            .ordered_on(wire.day(&self.key("OrderDate"))?)
            .description(description)
            .note(text("Note")?)
            .content(self.content(wire)?))
    }
    fn content(&self, wire: &Wire) -> Result<Content> {
        let index = wire.text(&self.key("CurrencyName"))?;
        let content = Content::new().currency(index.map(|index| self.currencies.read(&index)));
        let Some(rows) = wire.rows(LINES)? else { return Ok(content) };
        let discount = wire.decimal(&self.key("Discount"))?.into_value().unwrap_or_default();
        if !discount.is_zero() {
            let key = self.key("Discount");
            let line = format!(
                "{key} is set, and whether it is a percentage or an amount nobody tells; put the discount on the lines"
            );
            return Err(Error::new(ErrorKind::Invalid, "decode", line).with_context("field", key));
        }
        Ok(content.lines(lines(&rows, self.config.line_price, self.config.columns.as_ref())?))
    }

    /// Documents whose lines changed since, with the stamp of the latest change: without it they would look as before.
    async fn by_lines(&self, cx: &Context, walk: &Walk, at: DateTime<Utc>, size: u32) -> Result<RawPage> {
        const TABLE: &str = "QuotationLine";
        let list = self.kind.of.list;
        let rows = match walk.least_id() {
            Some(from) => {
                let script = since(TABLE, TABLE, "UpdatedAt", at - SLACK, from);
                self.records.page(cx, walk, crate::client::query(list, &script), size).await?
            }
            None => self.records.page(cx, walk, Request::get(list, "/QuotationLines"), size).await?,
        };
        let id = |row: &RawValue| {
            let line: Wire = serde_json::from_str(row.get()).ok()?;
            line.whole("QuotationLineId").ok()?.into_value()?.try_into().ok()
        };
        let next = walk.next(list, &rows, id)?;
        let mut parents: BTreeMap<i64, String> = BTreeMap::new();
        for row in &rows {
            let Ok(line) = serde_json::from_str::<Wire>(row.get()) else { continue };
            let Some(parent) = line.link("QuotationLineOpportunityId").ok().and_then(Field::into_value) else {
                continue;
            };
            let changed = line.moment(LINE_STAMP).ok().and_then(Field::into_value);
            if changed.is_some_and(|changed| changed < at) {
                continue;
            }
            let stamp = changed.map_or_else(|| row.get().len().to_string(), crate::wire::moment);
            let latest = parents.entry(parent).or_default();
            if *latest < stamp {
                *latest = stamp;
            }
        }
        Ok(RawPage { rows: self.heads(cx, &parents).await?, next })
    }
    /// Lines name a document of either kind; the query gives those of this one.
    async fn heads(&self, cx: &Context, parents: &BTreeMap<i64, String>) -> Result<Vec<Box<RawValue>>> {
        let entity = self.kind.of.entity;
        let ids: Vec<&i64> = parents.keys().collect();
        let mut heads = Vec::new();
        for chunk in ids.chunks(TOGETHER) {
            let any: Vec<String> = chunk.iter().map(|id| format!("{entity}Id = {id}")).collect();
            let script = format!("SELECT * FROM {entity} WHERE {}", any.join(" OR "));
            for row in self.records.api.query(cx, self.kind.of.list, &script).await? {
                let Ok(mut head) = serde_json::from_str::<Wire>(row.get()) else {
                    heads.push(row);
                    continue;
                };
                let id = head.whole(&self.key("Id")).ok().and_then(Field::into_value);
                if let Some(stamp) = id.and_then(|id| parents.get(&id)) {
                    head.0.insert(LINE_STAMP.to_owned(), stamp.as_str().into());
                }
                heads.extend(raw(head));
            }
        }
        Ok(heads)
    }
}

/// A link to a record of that stream.
fn link<T>(id: Field<i64>, at: &StreamKey) -> Field<LinkTo<T>> {
    match id {
        Field::Set(id) => at.id(id.to_string()).into(),
        Field::Empty => Field::Empty,
        Field::Unknown => Field::Unknown,
    }
}

fn raw(record: Wire) -> Option<Box<RawValue>> {
    // a map of what was parsed: this cannot fail
    serde_json::value::to_raw_value(&Json::Object(record.0)).ok()
}

/// Own fields: the handshake with the other system among them.
fn own_fields(kind: &Kind, lists: &Lists) -> OwnFields {
    let e = kind.of.entity;
    let mut own = OwnFields::default();
    own.reads(e, Form::Number, ["Id", "AssignedTo", "AssignedTo2", "OrderValue", "OrderGmValue", "Discount"]);
    own.reads(e, Form::Text, ["CreatedBy", "UpdatedBy", "CurrencyName", "CurrencySymbol", "ErpReadOnly", "Product"]);
    own.reads(e, Form::Moment, ["CreatedAt", "UpdatedAt", "NextFollowUp"]);
    own.reads(e, Form::Number, ["Percent", "ProductId", "QuotationLanguageId", "UserGroupId"]);
    own.reads(e, Form::Number, ["WinPercent", "WinPercent2"]);
    own.reads(e, Form::Number, family("Revenue", 12).chain(family("GmRevenue", 12)));
    own.reads(e, Form::Flag, ["WinYesNo"]);
    own.reads(e, Form::Text, ["SpentTime"]);
    own.writes(e, Form::Text, None, lists, ["ErpId", "Comment", "Memo", "Search1", "Search2"]);
    own.writes(e, Form::Word(&ERP_STATUS), None, lists, ["ErpStatus"]);
    own.writes(e, Form::Moment, None, lists, ["ErpSyncDateTime"]);
    match kind.stage {
        OrderStage::Order => {
            own.writes(e, Form::Word(&DELIVERY_STATUS), None, lists, ["Status"]);
            own.reads(e, Form::Number, ["Responsible", "Type"]);
            own.reads(e, Form::Text, ["Risk", "OpportunityMemo"]);
            own.reads(e, Form::Day, ["WonDate"]);
            own.reads(e, Form::Text, family("OpportunityCustom", 15).chain(family("OpportunityPlus", 20)));
        }
        _ => {
            // a system may make a delivery of what reaches a level: that is no change of a field
            own.reads(e, Form::Number, ["Level"]);
            own.reads(e, Form::Text, ["LevelText", "Lost1", "Lost2", "Lost3"]);
            own.reads(e, Form::Day, ["LostDate"]);
        }
    }
    own.set_up(e, None, lists, family("Custom", 15).chain(family("Plus", 20)));
    own.never_made()
}

impl StreamHandler for Documents {
    type Row = Row;
    type Read = Wire;
    type Body = Map<String, Json>;

    fn stream(&self) -> StreamId {
        self.kind.stream.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Order);
        can.holds.set(Order::STAGE, self.kind.stage.to_string());
        let mut listing = Listing::complete(PAGE_MAX);
        listing.partial = true; // without lines
        can.list = Some(if self.records.lists.ordered_queries { listing.since(Records::since()) } else { listing });
        can.get_max = 1;
        can.stamps = true;
        can.update = self.records.update_mode();
        self.records.own.declare(&mut can);
        let content = |leaf: sync_core::FieldPath| Order::CONTENT.join(leaf.as_str());
        let reads = [
            Order::NUMBER,
            Order::STAGE,
            Order::CUSTOMER,
            Order::CONTACT,
            Order::ORDERED_ON,
            content(Content::CURRENCY),
            content(Content::LINES),
        ];
        can.fields.extend(reads.map(|path| (path, FieldCapability::read_only())));
        for (path, key) in self.texts() {
            let mut text = text_capability(&self.records.lists, &key, None);
            text.write_on_create = false;
            can.fields.insert(path, text);
        }
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id(self.kind.of.entity)
    }
    fn head(&self, read: &Wire) -> Head {
        Head { partial: !read.0.contains_key(LINES), ..self.records.head(read) }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let own = self.records.own.read(read, &self.records.lists)?;
        Ok(vec![Shown::of(self.stream(), &self.order(read)?).extras(&own)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Self::Body> {
        let sent = encode.sent(self.kind.stream);
        let mut body = Map::new();
        for (path, key) in self.texts() {
            if let Some(value) = sent.get(path) {
                body.insert(key, value.as_text().unwrap_or_default().into());
            }
        }
        self.records.own.write(&sent, &self.records.lists, encode.is_create(), &mut body)?;
        self.records.body(encode, body)
    }
    fn unchanged(&self, body: &Self::Body, current: &Wire) -> bool {
        Records::unchanged(body, current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let (of, size) = (&self.kind.of, Records::page_size(page_size));
        let walk = Walk::from(of.list, from, cx.clock.now(), true)?;
        let id = |row: &RawValue| self.records.id_of(row);
        match walk.window {
            Window::ModifiedSince(at) => {
                let rows = self.records.changed(cx, &walk, of.entity, at, size).await?;
                let mut page = walk.turn(of.list, rows, id)?;
                page.rows = self.records.newer(page.rows, "UpdatedAt", at);
                if page.next.is_none() {
                    page.next = Some(walk.onward(Window::LinesSince(at), self.records.lists.lines_in_queries));
                }
                Ok(page)
            }
            Window::LinesSince(at) => self.by_lines(cx, &walk, at, size).await,
            Window::CreatedSince(at) => {
                let stamp = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S").to_string();
                let request = Request::get(of.list, self.kind.created);
                let request = request.path("from", stamp(at - SLACK)).path("until", stamp(walk.until));
                let mut page = walk.turn(of.list, self.records.page(cx, &walk, request, size).await?, id)?;
                page.rows = self.records.newer(page.rows, "CreatedAt", at);
                Ok(page)
            }
            Window::All => {
                let request = Request::get(of.list, of.all);
                walk.turn(of.list, self.records.page(cx, &walk, request, size).await?, id)
            }
        }
    }
    /// The head, and its lines: they are a list like any other, whose pages end with an empty one.
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut found = Vec::new();
        for id in ids {
            let head = Request::get(self.kind.of.get, self.kind.of.one).path("id", id);
            let Some(head) = self.records.api.record(cx, head).await? else { continue };
            let lines = || Request::get(self.kind.of.get, self.kind.lines).path("id", id);
            let lines = self.records.api.all(cx, self.kind.of.get, lines).await?;
            let Ok(mut head) = serde_json::from_str::<Wire>(head.get()) else {
                found.push(head);
                continue;
            };
            let lines: Vec<Json> = lines.iter().filter_map(|line| serde_json::from_str(line.get()).ok()).collect();
            head.0.insert(LINES.to_owned(), lines.into());
            found.extend(raw(head));
        }
        Ok(found)
    }
    async fn put(&self, cx: &Context, id: &str, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.records.api.change(cx, &self.kind.of, id, body).await.map(|()| Answer::done())
    }
}
