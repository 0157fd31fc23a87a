//! `/suppliers`: an organisation that we buy from, and the one contact person in its columns.

use std::sync::Arc;

use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, Link, Result, StreamId,
    capability::{FieldCapability, RemoveMode, Shows, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Address, Organisation, Person, Statistics},
};

use super::{Row, Shared, declare_own, write_own};
use crate::{
    client::{Resource, equals},
    columns::{self, Column, Form, column, within},
    config::LongNames,
    wire::Wire,
};

pub(crate) static SUPPLIERS: Resource = Resource {
    name: "suppliers",
    all: "/suppliers",
    one: "/suppliers/{id}",
    list: "list suppliers",
    get: "read supplier",
    find: "find suppliers",
    create: "create supplier",
    update: "update supplier",
    remove: "delete supplier",
    modified: Some("ModifiedUtc"),
    created: Some("CreatedUtc"),
};

/// The contact person in a supplier's columns.
const CONTACT: &str = "supplier_contact";

/// What the vendor computes. The payment code repeats what its id names, and neither can be set.
const COMPUTED: [&str; 10] = [
    "Id",
    "UnpaidInvoicesAmount",
    "CreatedUtc",
    "ModifiedUtc",
    "MessageThreads",
    "Notes",
    "ForeignPaymentCodeId",
    "ForeignPaymentCode",
    "ApprovalOrderType",
    "LastInvoiceDate",
];

#[derive(Debug)]
pub(crate) struct Suppliers {
    shared: Arc<Shared>,
    columns: Vec<Column>,
    contact: Vec<Column>,
}

impl Suppliers {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = organisation_columns(&shared);
        let contact = vec![
            column("ContactPersonName", Person::NAME, Form::Text).cut(50),
            column("ContactPersonEmail", Person::EMAIL, Form::Text).exact(255),
            column("ContactPersonPhone", Person::PHONE, Form::Text).exact(50),
            column("ContactPersonMobile", Person::MOBILE, Form::Text).exact(50),
        ];
        Self { shared, columns, contact }
    }
}

fn organisation_columns(shared: &Shared) -> Vec<Column> {
    let text = Form::Text;
    let name = column("Name", Organisation::NAME, text).required();
    let name = if shared.config.long_names == LongNames::Cut { name.cut(50) } else { name.exact(50) };
    let has_terms = shared.config.fillers.payment_terms.is_some() || shared.company.payment_terms.is_some();
    let billing = |leaf| within(Organisation::BILLING, leaf);
    let figure = |leaf| within(Organisation::STATISTICS, leaf);
    vec![
        name,
        column("SupplierNumber", Organisation::NUMBER, text).exact(16),
        column("CorporateIdentityNumber", Organisation::REGISTRATION_NUMBER, text).exact(20),
        column("VatNumber", Organisation::VAT_NUMBER, text).exact(20),
        column("IsActive", Organisation::IS_ACTIVE, Form::Flag),
        column("EmailAddress", Organisation::EMAIL, text).exact(255),
        column("Telephone", Organisation::PHONE, text).exact(50),
        column("MobilePhone", Organisation::MOBILE, text).exact(50),
        column("WwwAddress", Organisation::WEBSITE, text).exact(255),
        column("Address1", billing(Address::STREET), text).exact(50),
        column("Address2", billing(Address::STREET_2), text).exact(50),
        column("PostalCode", billing(Address::POSTAL_CODE), text).exact(10),
        column("City", billing(Address::CITY), text).exact(50),
        column("CountryCode", billing(Address::COUNTRY), text).exact(2),
        column("CurrencyCode", Organisation::CURRENCY, text).exact(3),
        column("PurchaseDocumentLanguage", Organisation::LANGUAGE, text).exact(2),
        column("TermsOfPaymentId", Organisation::PAYMENT_TERMS, Form::Code).required_if(!has_terms),
        column("Note", Organisation::NOTE, text).cut(4000),
        column("UnpaidInvoicesAmount", figure(Statistics::BALANCE), Form::Number).read_only(),
        column("LastInvoiceDate", figure(Statistics::LAST_INVOICE_ON), Form::Day).read_only(),
    ]
}

impl StreamHandler for Suppliers {
    type Row = Row;
    type Read = Wire;
    type Body = Wire;

    fn stream(&self) -> StreamId {
        SUPPLIERS.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Organisation);
        can.holds.set(Organisation::IS_SUPPLIER, true);
        columns::declare(&self.columns, &mut can);
        can.fields.insert(Organisation::IS_SUPPLIER, FieldCapability::read_only());
        let find = [
            ("SupplierNumber", Organisation::NUMBER),
            ("EmailAddress", Organisation::EMAIL),
            ("CorporateIdentityNumber", Organisation::REGISTRATION_NUMBER),
        ];
        // what we owe follows from other records, and may not move the stamp
        self.shared.declare(&SUPPLIERS, &mut can, true, &find);
        if self.shared.writes("ea:purchase") {
            can.create = true;
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            can.remove = [RemoveMode::Delete].into();
            declare_own(&self.shared.config.own_fields(SUPPLIERS.name), &COMPUTED, &mut can);
        }
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let mut can = StreamCapability::new(EntityKind::Person);
        can.shows = Shows::Slot;
        can.holds.set(Person::IS_PRIMARY, true);
        can.fields.insert(Person::IS_PRIMARY, FieldCapability::read_only());
        can.fields.insert(Person::ORGANISATION, FieldCapability::read_only());
        columns::declare(&self.contact, &mut can);
        if self.shared.writes("ea:purchase") {
            can.update = UpdateMode::Replace;
        }
        vec![(CONTACT.into(), can)]
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let stamp = |name| read.moment(name).ok().and_then(Field::into_value);
        let modified_at = stamp("ModifiedUtc").or_else(|| stamp("CreatedUtc"));
        Head { version: Version { etag: None, modified_at }, created_at: stamp("CreatedUtc"), ..Head::default() }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let fields = columns::read(&self.columns, read)?;
        let own = self.shared.own_fields(&SUPPLIERS, read);
        let mut shown = vec![Shown::fields(SUPPLIERS.name, fields).extras(&own)];
        let contact = columns::read(&self.contact, read)?;
        if !contact.all_null() {
            let mut person: Person = Canonical::from_fields(&contact)?;
            let of = read.id("Id")?.map(|id| self.shared.link(SUPPLIERS.name, id));
            person.organisation = of.map(|reference| Link::External(reference).into());
            shown.push(Shown::of(CONTACT, &person));
        }
        Ok(shown)
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Wire> {
        let mut body = encode.current().map(replaced).unwrap_or_default();
        let sent = encode.sent(SUPPLIERS.name);
        columns::write(&self.columns, &sent, &mut body)?;
        columns::write(&self.contact, &encode.sent(CONTACT), &mut body)?;
        write_own(&sent, &mut body)?;
        let filler = self.shared.config.fillers.payment_terms.as_ref();
        if let Some(terms) = filler.or(self.shared.company.payment_terms.as_ref()) {
            body.set_default("TermsOfPaymentId", terms.as_str());
        }
        body.set_default("IsActive", true);
        for (name, path) in [("Name", Organisation::NAME), ("TermsOfPaymentId", Organisation::PAYMENT_TERMS)] {
            if body.get(name).is_none_or(Json::is_null) {
                let what = format!("eEkonomi needs '{path}' of a supplier: fill it in at the source, or set a filler");
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", path));
            }
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Wire, current: &Wire) -> bool {
        *body == replaced(current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &SUPPLIERS, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &SUPPLIERS, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let filter = |path, text: &str| match path {
            Organisation::NUMBER => Some(equals("SupplierNumber", text)),
            Organisation::EMAIL => Some(equals("EmailAddress", text)),
            Organisation::REGISTRATION_NUMBER => Some(super::registration_filter(text)),
            _ => None,
        };
        self.shared.find(cx, &SUPPLIERS, by, filter).await
    }
    async fn post(&self, cx: &Context, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &SUPPLIERS, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.replace(cx, &SUPPLIERS, id, body).await
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        self.shared.api.remove(cx, &SUPPLIERS, id).await
    }
}

fn replaced(current: &Wire) -> Wire {
    current.clone().without(&COMPUTED)
}
