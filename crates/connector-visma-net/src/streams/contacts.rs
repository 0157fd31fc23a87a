//! `/v1/contact`: the persons under customers and suppliers. The list has no pages: a full listing is one call.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Context, EntityKind, Error, ErrorKind, Field, FieldMap, Result, StreamId, Value,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    connector::{ListFrom, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::Person,
};

use super::{
    METADATA, Shared, filter, key_of,
    organisations::{CUSTOMERS, SUPPLIERS},
    own as own_fields, with_own,
};
use crate::{
    client::Resource,
    columns::{self, Column, Form, column},
    wire::{Body, Dialect, Wire},
};

const CONTACTS: &str = "contacts";
static RESOURCE: Resource = Resource {
    name: CONTACTS,
    all: "/v1/contact",
    one: "/v1/contact/{id}",
    create_at: "/v1/contact",
    list: "list contacts",
    get: "read contact",
    find: "find contacts",
    create: "create contact",
    update: "update contact",
    remove: "delete contact",
    given: None,
    paged: false,
    created: false,
    with: &[],
};
/// The customer or supplier, by its number.
const OWNER: &str = "businessAccount";
const FIRST: &str = "firstName";
const LAST: &str = "lastName";
/// Room for each part of a name; nobody tells it, so it is that of a name in the order service.
const NAME_MAX: u32 = 255;

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "contactId")]
    id: i64,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Contacts {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Contacts {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let text = |at, path, max| column(at, path, Form::Text).to(at).exact(max);
        let columns = vec![
            text(FIRST, Person::FIRST_NAME, NAME_MAX),
            text("position", Person::TITLE, 255),
            text("email", Person::EMAIL, 255),
            text("phone1", Person::PHONE, 50),
            column("active", Person::IS_ACTIVE, Form::Flag).to("active"),
        ];
        let mut columns = with_own(columns, own_fields::CONTACT);
        // they are told by hand
        columns.retain(|column| ![LAST, OWNER].contains(&column.at()));
        Self { shared, columns }
    }
    /// The stream of whom a contact belongs to: most are a customer's. Which words tell is not published.
    fn owner_stream(&self, read: &Wire) -> Result<Option<&'static str>> {
        let kind = read.text("businessAccountType")?.into_value().unwrap_or_default().to_lowercase();
        let of_supplier = (kind.contains("supplier") || kind.contains("vendor")) && !kind.contains("customer");
        Ok(match of_supplier {
            false => Some(CUSTOMERS),
            true => self.shared.config.wants(SUPPLIERS).then_some(SUPPLIERS),
        })
    }
    /// The last name as it is, else the last word of the whole name. Visma.net needs one.
    fn names(&self, encode: &Encode<'_, Wire>, sent: &FieldMap, body: &mut Body) -> Result<()> {
        let whole = sent.text(Person::NAME).map(str::trim).filter(|name| !name.is_empty());
        let parts = [Person::FIRST_NAME, Person::LAST_NAME];
        let mut last = sent.get(Person::LAST_NAME).map(|value| value.as_text().unwrap_or_default().to_owned());
        if let Some(name) = whole.filter(|_| !parts.iter().any(|part| sent.filled(*part).is_some())) {
            let (first, family) = name.rsplit_once(' ').unwrap_or(("", name));
            body.wrapped(FIRST, first.trim());
            last = Some(family.to_owned());
        }
        if encode.is_create() && last.is_none() {
            last = Some(String::new());
        }
        let Some(last) = last else { return Ok(()) };
        if last.trim().is_empty() {
            let what = "Visma.net needs the last name of a contact: fill it in at the source";
            return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", Person::LAST_NAME));
        }
        body.wrapped(LAST, last);
        Ok(())
    }
}

impl StreamHandler for Contacts {
    type Row = Row;
    type Read = Wire;
    type Body = Body;

    fn stream(&self) -> StreamId {
        CONTACTS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Person);
        columns::declare(&self.columns, &mut can);
        can.fields.insert(Person::NAME, FieldCapability::read_write());
        can.fields.insert(Person::LAST_NAME, FieldCapability::read_write().cut_to(NAME_MAX).exact());
        can.fields.insert(Person::ORGANISATION, FieldCapability::read_write());
        self.shared.declare(&mut can, false);
        can.find_by = [Person::EMAIL].into();
        can.create = self.shared.config.may(":create");
        if self.shared.config.may(":update") {
            can.update = UpdateMode::Merge;
            can.write_concurrency = 4;
        }
        let names = [(Person::NAME, "displayName"), (Person::LAST_NAME, LAST), (Person::ORGANISATION, OWNER)];
        self.shared.describe(&mut can, &names);
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.to_string()
    }
    fn head(&self, read: &Wire) -> Head {
        self.shared.head(read)
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        let (first, last) = (read.text(FIRST)?, read.text(LAST)?);
        let name = match (&first, &last) {
            (Field::Unknown, Field::Unknown) => Field::Unknown,
            _ => [&first, &last].map(|part| part.as_deref().unwrap_or_default()).join(" ").trim().into(),
        };
        let mut person = Person::new().name(name).last_name(last);
        if let Some(stream) = self.owner_stream(read)? {
            person.organisation = self.shared.linked(stream, read.text(OWNER)?);
        }
        Ok(vec![Shown::of(CONTACTS, &person).extras(&fields)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Body> {
        let sent = encode.sent(CONTACTS);
        let mut body = Body::default();
        columns::write(&self.columns, &sent, encode.is_create(), Dialect::Wrapped, &mut body)?;
        if body.0.contains_key("address") && !body.0.contains_key("sameAsAccount") {
            // else it is the owner's
            body.wrapped("sameAsAccount", false);
        }
        self.names(encode, &sent, &mut body)?;
        match sent.get(Person::ORGANISATION) {
            Some(Value::Null) if encode.is_create() => {}
            Some(value) => body.wrapped(OWNER, key_of(value).map_or(Json::Null, Json::from)),
            None => {}
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Body, _: &Wire) -> bool {
        body.is_empty()
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &RESOURCE, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &RESOURCE, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        self.shared.find(cx, &RESOURCE, by, &[filter(Person::EMAIL, "email", "email")]).await
    }
    async fn post(&self, cx: &Context, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &RESOURCE, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.change(cx, &RESOURCE, id, body).await
    }
}
