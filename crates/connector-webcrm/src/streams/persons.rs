//! Persons. Each belongs to one organisation for good: one who moves is made anew.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value as Json, value::RawValue};
use sync_core::{
    Context, EntityKind, Field, FieldMap, FieldPath, Link, StreamId, StreamKey, SystemId, Value,
    capability::{FieldCapability, Listing, StreamCapability},
    connector::{ListFrom, Write},
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode, Head, Outgoing, RawPage, Shown, StreamHandler},
    model::Person,
};
use sync_http::Request;

use super::{
    organisations::ORGANISATIONS,
    records::{Records, Row, VOLATILE, without_passwords},
    walk::{Walk, Window},
};
use crate::{
    client::{Api, PAGE_MAX, Resource},
    codes::{ACTIVE, Lists, PERSON_STATUS, RESIGNED},
    config::Config,
    fields::{Form, OwnFields, chosen, describe, emptied, family, own_path, text_capability},
    wire::Wire,
};

/// The stream.
pub(crate) const PERSONS: &str = "persons";

const RESOURCE: Resource = Resource {
    entity: "Person",
    all: "/Persons",
    one: "/Persons/{id}",
    list: "list persons",
    get: "get person",
    find: "find persons",
    create: "create person",
    update: "update person",
};
const FIRST: &str = "PersonFirstName";
const LAST: &str = "PersonLastName";
const EMAIL: &str = "PersonEmail";
const STATUS: &str = "PersonStatus";
/// Stands for no last name: the vendor takes no person without one.
const NOBODY: &str = "-";

/// Texts that are one field on both sides.
const TEXTS: [(FieldPath, &str); 6] = [
    (Person::FIRST_NAME, FIRST),
    (Person::TITLE, "PersonTitle"),
    (Person::EMAIL, EMAIL),
    (Person::PHONE, "PersonDirectPhone"),
    (Person::MOBILE, "PersonMobilePhone"),
    (Person::NOTE, "PersonComment"),
];

/// The handler.
#[derive(Debug)]
pub(crate) struct Persons {
    records: Records,
    organisations: StreamKey,
    search_lag_s: u32,
}

impl Persons {
    pub(crate) fn new(api: Api, system: &SystemId, config: &Config, lists: Arc<Lists>) -> Self {
        let own = own_fields(&lists);
        let records = Records::new(api, &RESOURCE, lists, own, config);
        let organisations = StreamKey::new(system.clone(), ORGANISATIONS);
        Self { records, organisations, search_lag_s: config.search_lag_s }
    }
    /// Vendor's names by ours.
    fn keys(&self) -> BTreeMap<FieldPath, String> {
        let mut keys = self.records.own.keys();
        keys.extend(TEXTS.map(|(path, key)| (path, key.to_owned())));
        let own = [(Person::LAST_NAME, LAST), (Person::ORGANISATION, "PersonOrganisationId")];
        keys.extend(own.map(|(path, key)| (path, key.to_owned())));
        keys
    }
    fn lists(&self) -> &Lists {
        &self.records.lists
    }
    fn person(&self, wire: &Wire) -> Result<Person> {
        let text = |key: &str| Ok::<_, Error>(chosen(wire.text(key)?, self.lists(), key));
        let last = match text(LAST)? {
            Field::Set(name) if name.trim() == NOBODY => Field::Empty,
            other => other,
        };
        let first = text(FIRST)?;
        let name = match (&first, &last) {
            (Field::Unknown, Field::Unknown) => Field::Unknown,
            _ => {
                let parts = [first.as_deref(), last.as_deref()].map(Option::unwrap_or_default);
                parts.join(" ").trim().into()
            }
        };
        let organisation = wire.link("PersonOrganisationId")?;
        Ok(Person::new()
            .organisation(match organisation {
                Field::Set(id) => self.organisations.id(id.to_string()).into(),
                Field::Empty => Field::Empty,
                Field::Unknown => Field::Unknown,
            })
            .name(name)
            .first_name(first)
            .last_name(last)
            .title(text("PersonTitle")?)
            .email(text(EMAIL)?)
            .phone(text("PersonDirectPhone")?)
            .mobile(text("PersonMobilePhone")?)
            .note(text("PersonComment")?)
            .is_active(wire.word(STATUS, &PERSON_STATUS)?.map(|word| word == ACTIVE)))
    }
    fn sent(&self, encode: &Encode<'_, Wire>) -> Result<Map<String, Json>> {
        let sent = encode.sent(PERSONS);
        let mut body = Map::new();
        for (path, key) in TEXTS {
            match sent.get(path) {
                Some(value) if value.is_null() && encode.is_create() => {}
                Some(value) => {
                    let text = value.as_text().map(Json::from);
                    body.insert(key.to_owned(), text.unwrap_or_else(|| emptied(self.lists(), key)));
                }
                None => {}
            }
        }
        self.names(encode, &sent, &mut body)?;
        if let Some(value) = sent.get(Person::ORGANISATION) {
            body.insert("PersonOrganisationId".to_owned(), organisation(value)?.into());
        }
        if let Some(Value::Bool(active)) = sent.get(Person::IS_ACTIVE) {
            body.insert(STATUS.to_owned(), if *active { ACTIVE } else { RESIGNED }.into());
        }
        self.records.own.write(&sent, self.lists(), encode.is_create(), &mut body)?;
        Ok(body)
    }
    /// The last name as it is, else the last word of the whole name, else what stands for none.
    fn names(&self, encode: &Encode<'_, Wire>, sent: &FieldMap, body: &mut Map<String, Json>) -> Result<()> {
        let parts = [Person::FIRST_NAME, Person::LAST_NAME];
        let mut last = sent.get(Person::LAST_NAME).map(|value| value.as_text().unwrap_or_default().to_owned());
        if let Some(name) = sent.text(Person::NAME).filter(|_| !parts.iter().any(|part| sent.filled(*part).is_some())) {
            let (first, family) = name.trim().rsplit_once(' ').unwrap_or(("", name.trim()));
            body.insert(FIRST.to_owned(), first.trim().into());
            last = Some(family.to_owned());
        }
        if encode.is_create() {
            last = Some(last.unwrap_or_default());
        }
        if let Some(last) = last {
            let last = if last.trim().is_empty() { NOBODY.to_owned() } else { last };
            body.insert(LAST.to_owned(), last.into());
        }
        for key in [FIRST, LAST] {
            let max = self.lists().max_len(key).and_then(|max| usize::try_from(max).ok());
            let length = body.get(key).and_then(Json::as_str).map_or(0, |text| text.chars().count());
            if max.is_some_and(|max| length > max) {
                let line = format!("{key} takes {} characters; this name is longer", max.unwrap_or_default());
                return Err(Error::new(ErrorKind::Invalid, "encode", line).with_context("field", Person::NAME));
            }
        }
        Ok(())
    }
}

fn organisation(value: &Value) -> Result<u32> {
    let id = match value.as_link() {
        Some(Link::External(reference)) => reference.id.parse::<u32>().ok(),
        _ => None,
    };
    id.ok_or_else(|| {
        let line = "a person of webCRM belongs to an organisation there; this one has none";
        Error::new(ErrorKind::Invalid, "encode", line).with_context("field", Person::ORGANISATION)
    })
}

/// Own fields. Passwords and the log of a person are none.
fn own_fields(lists: &Lists) -> OwnFields {
    const E: &str = "Person";
    let mut own = OwnFields::default();
    own.reads(E, Form::Number, ["Id"]);
    own.reads(E, Form::Text, ["CreatedBy", "UpdatedBy"]);
    own.reads(E, Form::Moment, ["CreatedAt", "UpdatedAt"]);
    own.reads(E, Form::Moment, ["LastLoginDateTime"]);
    own.reads(E, Form::Day, ["MemberStartDate"]);
    own.writes(E, Form::Day, None, lists, ["Birthday"]);
    own.reads(E, Form::Text, ["Name", "ImageFileExtension", "MarketDateId", "MemberNumber", "TelephoneSearch"]);
    own.reads(E, Form::Number, ["MemberGroupId", "MemberLanguageId", "MemberStatusId", "SupportLanguageId"]);
    own.reads(E, Form::Flag, ["EmailBounces", "Email2Bounces"]);
    own.writes(E, Form::Word(&PERSON_STATUS), None, lists, ["Status"]);
    own.writes(E, Form::Text, None, lists, ["MiddleName", "Salutation", "Email2", "Skype", "Memo"]);
    own.writes(E, Form::Number, None, lists, ["SortOrder"]);
    own.writes(E, Form::Flag, None, lists, ["BlockMassEmail", "BlockMassEmail2"]);
    own.writes(E, Form::Flag, None, lists, family("CheckMark", 10));
    own.set_up(E, None, lists, family("Custom", 15).chain(family("Plus", 20)));
    own
}

impl StreamHandler for Persons {
    type Row = Row;
    type Read = Wire;
    type Body = Map<String, Json>;

    fn stream(&self) -> StreamId {
        PERSONS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Person);
        let listing = Listing::complete(PAGE_MAX);
        let since = self.lists().ordered_queries;
        can.list = Some(if since { listing.since(Records::since()) } else { listing });
        can.get_max = 1;
        can.stamps = true;
        can.create = true;
        can.update = self.records.update_mode();
        can.write_batch_max = u32::try_from(self.records.batch_max()).unwrap_or(1);
        can.search_lag_s = self.search_lag_s;
        can.find_by = [Person::EMAIL].into();
        let keys = family("Custom", 15).map(|name| own_path(&name));
        can.find_by.extend(keys.filter(|path| self.records.own.is_set_up(*path)));
        self.records.own.declare(&mut can);
        can.fields.extend(TEXTS.map(|(path, key)| (path, text_capability(self.lists(), key, None))));
        can.fields.insert(Person::LAST_NAME, text_capability(self.lists(), LAST, None));
        can.fields.insert(Person::NAME, FieldCapability::read_write());
        can.fields.insert(Person::IS_ACTIVE, FieldCapability::read_write());
        let mut organisation = FieldCapability::read_only().required();
        organisation.write_on_create = true;
        can.fields.insert(Person::ORGANISATION, organisation);
        describe(&mut can, &self.keys(), self.lists());
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &VOLATILE
    }
    fn row_id(&self, row: &Row) -> String {
        row.id(RESOURCE.entity)
    }
    fn head(&self, read: &Wire) -> Head {
        self.records.head(read)
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let own = self.records.own.read(read, self.lists())?;
        Ok(vec![Shown::of(self.stream(), &self.person(read)?).extras(&own)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Self::Body> {
        self.records.body(encode, self.sent(encode)?)
    }
    fn unchanged(&self, body: &Self::Body, current: &Wire) -> bool {
        Records::unchanged(body, current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let size = Records::page_size(page_size);
        if matches!(from, ListFrom::CreatedSince(_)) {
            let line = "webCRM does not tell which persons were made since; list all of them";
            return Err(Error::new(ErrorKind::Unsupported, RESOURCE.list, line));
        }
        let walk = Walk::from(RESOURCE.list, from, cx.clock.now(), true)?;
        let id = |row: &RawValue| self.records.id_of(row);
        let mut page = match walk.window {
            Window::ModifiedSince(at) => {
                let rows = self.records.changed(cx, &walk, RESOURCE.entity, at, size).await?;
                let mut page = walk.turn(RESOURCE.list, rows, self.records.whole(size), id)?;
                page.rows = self.records.newer(page.rows, "UpdatedAt", at);
                page
            }
            _ => {
                let request = Request::get(RESOURCE.list, RESOURCE.all);
                walk.turn(RESOURCE.list, self.records.page(cx, &walk, request, size).await?, 0, id)?
            }
        };
        page.rows = without_passwords(page.rows);
        Ok(page)
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.records.get(cx, ids).await.map(without_passwords)
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let key = |path| match path {
            Person::EMAIL => Some(EMAIL.to_owned()),
            path => self.records.own.key_of(path).map(str::to_owned),
        };
        self.records.find(cx, by, key).await.map(without_passwords)
    }
    async fn post(&self, cx: &Context, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.records.made(cx, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.records.api.change(cx, &RESOURCE, id, body).await.map(|()| Answer::done())
    }
    async fn write(&self, cx: &Context, batch: &[Outgoing<'_, Self::Body>]) -> Vec<Result<Answer>> {
        self.records.write(cx, batch).await
    }
}
