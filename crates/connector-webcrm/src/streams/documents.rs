//! Deliveries, which are orders, and opportunities, which are quotes: two resources of one make. Their lines stand apart, and a
//! line that changes does not move its document's stamp: so lists show heads alone, and what changed is asked of both.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicUsize},
};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, value::RawValue};
use sync_core::{
    Context, EntityKind, Field, FieldMap, FieldPath, Link, StreamId, StreamKey, SystemId, Value,
    capability::{DocumentCapability, FieldCapability, Listing, Mark, Prices, StreamCapability},
    connector::{ListFrom, Write},
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode, Head as Shows, RawPage, Shown, StreamHandler},
    model::{Content, Line, LinkTo, Order},
};
use sync_http::Request;

use super::{
    changed_lines::raw,
    items::ITEMS,
    kind::{self, DELIVERIES, Kind},
    lines::lines,
    organisations::ORGANISATIONS,
    persons::PERSONS,
    records::{Records, Row, VOLATILE, answer},
    rows::{Head, Rows, Wanted},
    walk::{SLACK, Walk, Window},
    writing::{partly, unfinished},
};
use crate::{
    client::{Api, PAGE_MAX},
    codes::{Currencies, Lists},
    config::{Config, Numbers},
    fields::{chosen, describe, text_capability},
    wire::{NO_MOMENT, Wire, midnight},
};

/// Where the lines stand in a document that was read whole.
const LINES: &str = "QuotationLines";
/// What makes a delivery of an opportunity.
const CONVERT: &str = "convert";
/// Characters of our mark where the system does not tell how long its field is.
const MARK_MAX: u32 = 50;
/// What of a line is sent, and shown again. The item goes along, and is not shown.
const LEAVES: [FieldPath; 6] =
    [Line::SKU, Line::TEXT, Line::QUANTITY, Line::UNIT_PRICE, Line::DISCOUNT_PERCENT, Line::VAT_RATE];

/// The handler.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(super) kind: &'static Kind,
    pub(super) records: Records,
    config: Config,
    currencies: Currencies,
    organisations: StreamKey,
    persons: StreamKey,
    items: StreamKey,
    /// The most lines that one page had since the connection was made.
    pub(super) longest: AtomicUsize,
}

/// What is sent for a document: its head, and what its lines are to be. It has no `Debug`: it is somebody's data.
pub(crate) struct Body {
    /// None where nothing of it changes.
    head: Option<Map<String, Json>>,
    /// A number that is given to it, which no other may have.
    number: Option<String>,
    lines: Option<LinesToBe>,
}

pub(super) struct LinesToBe {
    pub(super) wanted: Vec<Wanted>,
    /// The rows as they were read just before, where they were.
    pub(super) known: Option<Vec<Wire>>,
    pub(super) organisation: Option<u32>,
}

impl Documents {
    pub(crate) fn new(kind: &'static Kind, api: Api, system: &SystemId, config: &Config, lists: Arc<Lists>) -> Self {
        let currencies = Currencies::new(&config.currencies, &lists, &kind.of.key("CurrencyName"));
        let own = kind::own_fields(kind, config, &lists);
        Self {
            kind,
            records: Records::new(api, &kind.of, lists, own, config),
            config: config.clone(),
            currencies,
            organisations: StreamKey::new(system.clone(), ORGANISATIONS),
            persons: StreamKey::new(system.clone(), PERSONS),
            items: StreamKey::new(system.clone(), ITEMS),
            longest: AtomicUsize::new(0),
        }
    }
    /// Vendor's names by ours.
    fn keys(&self) -> BTreeMap<FieldPath, String> {
        let own = [(Order::NUMBER, "Number"), (Order::CUSTOMER, "OrganisationId"), (Order::ORDERED_ON, "OrderDate")];
        let mut keys = self.records.own.keys();
        keys.extend(own.map(|(path, name)| (path, self.kind.key(name))));
        keys.insert(Order::CONTACT, self.person_key());
        keys.extend(self.texts());
        keys
    }
    /// The name by which this system takes a field that has two.
    fn drifted(&self, name: &str) -> String {
        let newer = self.config.newer_names && self.kind.is_order();
        self.kind.key(&if newer { format!("Opportunity{name}") } else { name.to_owned() })
    }
    fn person_key(&self) -> String {
        self.drifted("PersonId")
    }
    /// Texts that are one field on both sides.
    fn texts(&self) -> [(FieldPath, String); 2] {
        [(Order::DESCRIPTION, self.drifted("Description")), (Order::NOTE, self.kind.key("Note"))]
    }
    fn order(&self, wire: &Wire) -> Result<Order> {
        let text = |name: &str| {
            let key = self.kind.key(name);
            Ok::<_, Error>(chosen(wire.text(&key)?, &self.records.lists, &key))
        };
        // newer systems say the same of a delivery by another name
        let person = filled(wire.link(&self.kind.key("PersonId"))?, wire.link(&self.kind.key("OpportunityPersonId"))?);
        let description = filled(text("Description")?, text("OpportunityDescription")?);
        Ok(Order::new()
            .number(text("Number")?)
            .stage(self.kind.stage)
            .customer(link(wire.link(&self.kind.key("OrganisationId"))?, &self.organisations))
            .contact(link(person, &self.persons))
            .ordered_on(wire.day(&self.kind.key("OrderDate"))?)
            .description(description)
            .note(text("Note")?)
            .content(self.content(wire)?))
    }
    fn content(&self, wire: &Wire) -> Result<Content> {
        let index = wire.text(&self.kind.key("CurrencyName"))?;
        let content = Content::new().currency(index.map(|index| self.currencies.read(&index)));
        let Some(rows) = wire.rows(LINES)? else { return Ok(content) };
        let discount = wire.decimal(&self.kind.key("Discount"))?.into_value().unwrap_or_default();
        if !discount.is_zero() {
            let key = self.kind.key("Discount");
            let line = format!(
                "{key} is set, and whether it is a percentage or an amount nobody tells; put the discount on the lines"
            );
            return Err(Error::new(ErrorKind::Invalid, "decode", line).with_context("field", key));
        }
        let content = content.lines(lines(&rows, self.config.line_price, self.config.columns.as_ref())?);
        Ok(match self.config.prices_include_vat {
            Some(include) => content.prices_include_vat(include),
            None => content,
        })
    }
    /// What is sent of the head.
    fn sent(&self, encode: &Encode<'_, Wire>) -> Result<Map<String, Json>> {
        let sent = encode.sent(self.kind.stream);
        let (is_create, lists) = (encode.is_create(), &self.records.lists);
        let mut body = Map::new();
        let texts = self.texts().into_iter().chain([(Order::NUMBER, self.kind.key("Number"))]);
        for (path, key) in texts {
            match sent.get(path) {
                Some(value) if is_create && value.is_null() => {}
                Some(value) => drop(body.insert(key, value.as_text().unwrap_or_default().into())),
                None => {}
            }
        }
        if let Some(value) = sent.get(Order::CUSTOMER) {
            let id = linked(value, &self.organisations, Order::CUSTOMER)?.ok_or_else(|| {
                let line =
                    format!("one of webCRM's {} belongs to an organisation there; this has none", self.kind.stream);
                Error::new(ErrorKind::Invalid, "encode", line).with_context("field", Order::CUSTOMER)
            })?;
            body.insert(self.kind.key("OrganisationId"), id.into());
        }
        if let Some(value) = sent.get(Order::CONTACT) {
            let id = linked(value, &self.persons, Order::CONTACT)?.unwrap_or_default();
            body.insert(self.person_key(), id.into());
        }
        match sent.get(Order::ORDERED_ON) {
            Some(Value::Date(day)) => drop(body.insert(self.kind.key("OrderDate"), midnight(*day).into())),
            Some(_) if !is_create => drop(body.insert(self.kind.key("OrderDate"), NO_MOMENT.into())),
            _ => {}
        }
        if let Some(currency) = sent.text(content(Content::CURRENCY)) {
            body.insert(self.kind.key("CurrencyName"), self.currencies.write(currency)?.into());
        }
        self.records.own.write(&sent, lists, is_create, &mut body)?;
        if let Some((key, yes)) = self.booked(&sent) {
            body.insert(key, if yes { "Yes" } else { "No" }.into());
        }
        if let Some(mark) = encode.mark() {
            body.insert(self.kind.key(&self.config.mark), mark.into());
        }
        Ok(body)
    }
    /// The check mark that says whether there is an invoice, where what tells that is sent.
    fn booked(&self, sent: &FieldMap) -> Option<(String, bool)> {
        let key = self.config.booked.as_ref().filter(|_| self.kind.is_order())?;
        let by_word = sent.get(Order::INVOICING).map(|word| word.as_text().is_some_and(|word| word != "none"));
        let by_number = || sent.get(Order::INVOICE_NUMBERS).map(|_| sent.filled(Order::INVOICE_NUMBERS).is_some());
        Some((self.kind.key(key), by_word.or_else(by_number)?))
    }
    /// What the lines are to be.
    fn lines_to_be(&self, encode: &Encode<'_, Wire>) -> Result<LinesToBe> {
        let wanted: Order = encode.wanted(self.kind.stream)?;
        let head = encode.current();
        let known = head.map(|head| head.rows(LINES)).transpose()?.flatten();
        let customer = wanted.customer.value().and_then(|link| link.external()).and_then(|link| link.id.parse().ok());
        let shown = head.and_then(|head| organisation(head, &self.kind.key("OrganisationId")));
        Ok(LinesToBe { wanted: self.rows().wanted(&wanted.content)?, known, organisation: customer.or(shown) })
    }
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows { config: &self.config, items: &self.items }
    }
}

/// What stands under one of two names of a field: which of them a system fills is not documented.
fn filled<T>(older: Field<T>, newer: Field<T>) -> Field<T> {
    if older.is_set() || newer.is_unknown() { older } else { newer }
}

/// A link to a record of that stream.
fn link<T>(id: Field<i64>, at: &StreamKey) -> Field<LinkTo<T>> {
    match id {
        Field::Set(id) => at.id(id.to_string()).into(),
        Field::Empty => Field::Empty,
        Field::Unknown => Field::Unknown,
    }
}

fn content(leaf: FieldPath) -> FieldPath {
    Order::CONTENT.join(leaf.as_str())
}

pub(super) fn organisation(wire: &Wire, key: &str) -> Option<u32> {
    wire.link(key).ok().and_then(Field::into_value).and_then(|id| id.try_into().ok())
}

/// The id of the record that is linked to; none for none.
fn linked(value: &Value, at: &StreamKey, path: FieldPath) -> Result<Option<u32>> {
    let id = match value.as_link() {
        _ if value.is_null() => return Ok(None),
        Some(Link::External(reference)) if reference.at == *at => reference.id.parse::<u32>().ok(),
        _ => None,
    };
    let wrong = || {
        let line = format!("'{path}' is no record of {}", at.stream);
        Error::new(ErrorKind::Invalid, "encode", line).with_context("field", path)
    };
    id.map(Some).ok_or_else(wrong)
}

impl Documents {
    /// What is claimed of documents that are made here.
    fn makes(&self, can: &mut StreamCapability) {
        can.create = true;
        let mark = Kind::mark(&self.config);
        let max_len = self.records.lists.max_len(&self.kind.key(&self.config.mark)).unwrap_or(MARK_MAX);
        can.create_mark = Some(Mark { field: mark, max_len });
        can.find_by.insert(mark);
        let mut customer = FieldCapability::read_only().required();
        customer.write_on_create = true;
        can.fields.insert(Order::CUSTOMER, customer);
        for path in [Order::CONTACT, Order::ORDERED_ON, content(Content::LINES)] {
            can.fields.insert(path, FieldCapability::read_write());
        }
        let known = self.currencies.known();
        let mut currency = FieldCapability::read_write();
        currency.one_of = (!known.is_empty()).then_some(known);
        can.fields.insert(content(Content::CURRENCY), currency);
        if self.config.numbers == Numbers::Others && self.kind.is_order() {
            can.fields.insert(Order::NUMBER, text_capability(&self.records.lists, &self.kind.key("Number"), None));
        }
        let mut document = DocumentCapability::default();
        document.arithmetic.prices = match self.config.prices_include_vat {
            None => Prices::AsGiven,
            Some(false) => Prices::WithoutVat,
            Some(true) => Prices::WithVat,
        };
        document.arithmetic.price_scale = self.config.decimals;
        document.arithmetic.quantity_scale = self.config.decimals;
        document.arithmetic.discount_scale = Some(self.config.decimals);
        document.arithmetic.vat_per_row = None;
        document.lines = LEAVES.into();
        if self.config.columns.is_none() {
            document.lines.remove(&Line::SKU);
        } else if self.config.columns.is_some_and(|columns| columns.unit.is_some()) {
            document.lines.insert(Line::UNIT);
        }
        document.names_items = self.config.lines_name_items;
        can.document = Some(document);
    }
}

impl StreamHandler for Documents {
    type Row = Row;
    type Read = Wire;
    type Body = Body;

    fn stream(&self) -> StreamId {
        self.kind.stream.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Order);
        let is_made = self.kind.is_made(&self.config);
        can.holds.set(Order::STAGE, self.kind.stage.to_string());
        let mut listing = Listing::complete(PAGE_MAX);
        listing.partial = true; // without lines
        can.list = Some(if self.records.lists.ordered_queries { listing.since(Records::since()) } else { listing });
        can.get_max = 1;
        can.stamps = true;
        can.update = self.records.update_mode();
        can.find_by.insert(Order::NUMBER);
        can.search_lag_s = self.config.search_lag_s;
        self.records.own.declare(&mut can);
        for path in [Order::STAGE, Order::NUMBER, Order::CUSTOMER, Order::CONTACT, Order::ORDERED_ON] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        for path in [content(Content::CURRENCY), content(Content::LINES)] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        if self.config.prices_include_vat.is_some() {
            can.fields.insert(content(Content::PRICES_INCLUDE_VAT), FieldCapability::read_only());
        }
        for (path, key) in self.texts() {
            let mut text = text_capability(&self.records.lists, &key, None);
            text.write_on_create = is_made;
            can.fields.insert(path, text);
        }
        if is_made {
            self.makes(&mut can);
        }
        if !self.kind.is_order() && !self.records.lists.denied.contains("Delivery") {
            can.acts.insert(CONVERT.to_owned());
        }
        describe(&mut can, &self.keys(), &self.records.lists);
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &VOLATILE
    }
    fn row_id(&self, row: &Row) -> String {
        row.id(self.kind.of.entity)
    }
    fn head(&self, read: &Wire) -> Shows {
        let kept = read.text(&self.kind.key(&self.config.mark)).ok().and_then(Field::into_value);
        let mark = kept.filter(|_| self.kind.is_made(&self.config));
        Shows { partial: !read.0.contains_key(LINES), mark, ..self.records.head(read) }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let own = self.records.own.read(read, &self.records.lists)?;
        Ok(vec![Shown::of(self.stream(), &self.order(read)?).extras(&own)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Self::Body> {
        let head = self.sent(encode)?;
        let number_key = self.kind.key("Number");
        let number = head.get(&number_key).filter(|number| {
            let shown = encode.current().and_then(|current| current.0.get(&number_key));
            number.as_str() != Some("") && shown != Some(*number)
        });
        let number = number.and_then(Json::as_str).map(str::to_owned);
        let lines = encode.sends(self.kind.stream, content(Content::LINES)).then(|| self.lines_to_be(encode));
        let head = (encode.is_create() || !head.is_empty()).then(|| self.records.body(encode, head));
        Ok(Body { head: head.transpose()?, number, lines: lines.transpose()? })
    }
    fn unchanged(&self, body: &Self::Body, current: &Wire) -> bool {
        let head = body.head.as_ref().is_none_or(|head| Records::unchanged(head, current));
        head && body.lines.as_ref().is_none_or(|lines| {
            let nowhere = Head { id: "", organisation: None };
            lines.known.as_ref().is_some_and(|known| self.rows().changes(&nowhere, &lines.wanted, known).is_empty())
        })
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let (of, size) = (&self.kind.of, Records::page_size(page_size));
        let mut walk = Walk::from(of.list, from, cx.clock.now(), true)?;
        if let ListFrom::ModifiedSince(at) = from {
            walk = walk.onward(Window::LinesSince(*at), self.records.lists.lines_in_queries);
        }
        let id = |row: &RawValue| self.records.id_of(row);
        match walk.window {
            Window::LinesSince(at) => self.by_lines(cx, &walk, at, size).await,
            Window::ModifiedSince(at) => self.by_heads(cx, &walk, at, size).await,
            Window::NamedByLines(at) => self.by_names(cx, &walk, at).await,
            Window::CreatedSince(at) => {
                let stamp = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S").to_string();
                let request = Request::get(of.list, self.kind.created);
                let request = request.path("from", stamp(at - SLACK)).path("until", stamp(walk.until));
                let mut page = walk.turn(of.list, self.records.page(cx, &walk, request, size).await?, 0, id)?;
                page.rows = self.records.newer(page.rows, "CreatedAt", at);
                Ok(page)
            }
            Window::All => {
                let request = Request::get(of.list, of.all);
                walk.turn(of.list, self.records.page(cx, &walk, request, size).await?, 0, id)
            }
        }
    }
    /// The head, and its lines.
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut found = Vec::new();
        for id in ids {
            let head = Request::get(self.kind.of.get, self.kind.of.one).path("id", id);
            let Some(head) = self.records.api.record(cx, head).await? else { continue };
            let lines = self.rows_of(cx, id).await?;
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
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let key = |path| match path {
            Order::NUMBER => Some(self.kind.key("Number")),
            path => self.records.own.key_of(path).map(str::to_owned),
        };
        self.records.find(cx, by, key).await
    }
    /// The head, then its lines: nothing of the vendor's makes both at once.
    async fn post(&self, cx: &Context, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.number_is_free(cx, None, body.number.as_deref()).await?;
        let head = body.head.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Internal, self.kind.of.create, "a document is to be made, and it has no head")
        })?;
        let id = self.records.api.made(cx, &self.kind.of, head).await?;
        match (id, &body.lines) {
            (Some(id), Some(lines)) => {
                self.write_lines(cx, &id, lines, true).await.map_err(|error| unfinished(&error, &id))?;
                Ok(Answer::id(id))
            }
            (id, _) => Ok(answer(id)),
        }
    }
    /// The lines first: where the head says that the other system has got it, all of it must be there.
    async fn put(&self, cx: &Context, id: &str, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.number_is_free(cx, Some(id), body.number.as_deref()).await?;
        if let Some(lines) = &body.lines {
            self.write_lines(cx, id, lines, false).await?;
        }
        if let Some(head) = &body.head {
            let sent = self.records.api.change(cx, &self.kind.of, id, head).await;
            sent.map_err(|error| partly(error, body.lines.is_some()))?;
        }
        Ok(Answer::done())
    }
    /// Makes a delivery of an opportunity. Whether it keeps its id is not documented: the answer tells it.
    async fn act(&self, cx: &Context, id: &str, act: &str, _with: &FieldMap, _write: &Write) -> Result<Answer> {
        const OPERATION: &str = "convert opportunity";
        if act != CONVERT || self.kind.is_order() {
            return Err(Error::new(ErrorKind::Unsupported, "act", format!("webCRM has no step '{act}' here")));
        }
        let request = Request::post(OPERATION, "/Opportunities/{id}/ConvertToDelivery").path("id", id);
        let made = self.records.api.id_of(cx, request, "DeliveryId").await?.ok_or_else(|| {
            let line = "webCRM made a delivery, and its answer does not tell which";
            Error::new(ErrorKind::AmbiguousWrite, OPERATION, line)
        })?;
        Ok(Answer::id(made).moved_to(DELIVERIES))
    }
}
