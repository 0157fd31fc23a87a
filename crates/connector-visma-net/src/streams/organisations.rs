//! `/v1/customer` and `/v1/supplier`: whom we sell to, and whom we buy from.
//!
//! A record is known by its number. The ERP has an internal id beside it, which outlives a change of the number; but all
//! that names a customer (contacts, invoices, payments, orders that are sent, the answer to a new customer) names the
//! number.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};
use sync_core::{
    Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Result, StreamId, Value,
    capability::{Choice, FieldCapability, StreamCapability, UpdateMode},
    connector::{ListFrom, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Address, FieldType, Money, Organisation},
};

use super::{Filter, METADATA, Shared, filter, key_of, keyed, own as own_fields, with_own};
use crate::{
    client::Resource,
    codes::{CUSTOMER_STATUS, SUPPLIER_STATUS},
    columns::{self, Column, Form, column, own, within},
    company::Company,
    config::BillingAddress,
    wire::{Body, Dialect, Wire},
};

/// The stream of customers.
pub(crate) const CUSTOMERS: &str = "customers";
/// The stream of suppliers.
pub(crate) const SUPPLIERS: &str = "suppliers";
/// The organisation that one belongs to.
const PARENT: (&str, &str) = ("parentRecord.number", "parentRecordNumber");
const STATUS: &str = "status";

/// Which of the two.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) of: Resource,
    statuses: &'static [&'static str],
    is_customer: bool,
}

/// Whom we sell to.
pub(crate) static CUSTOMER: Kind = Kind {
    of: Resource {
        name: CUSTOMERS,
        all: "/v1/customer",
        one: "/v1/customer/{id}",
        create_at: "/v1/customer",
        list: "list customers",
        get: "read customer",
        find: "find customers",
        create: "create customer",
        update: "update customer",
        remove: "delete customer",
        given: Some("number"),
        paged: true,
        created: true,
        with: &[
            ("expandAccountInformation", "false"),
            ("expandPaymentMethods", "false"),
            ("expandDirectDebit", "false"),
        ],
    },
    statuses: &CUSTOMER_STATUS,
    is_customer: true,
};
/// Whom we buy from.
pub(crate) static SUPPLIER: Kind = Kind {
    of: Resource {
        name: SUPPLIERS,
        all: "/v1/supplier",
        one: "/v1/supplier/{id}",
        create_at: "/v1/supplier",
        list: "list suppliers",
        get: "read supplier",
        find: "find suppliers",
        create: "create supplier",
        update: "update supplier",
        remove: "delete supplier",
        given: Some("number"),
        paged: true,
        created: false,
        with: &[("expandAccountInformation", "false")],
    },
    statuses: &SUPPLIER_STATUS,
    is_customer: false,
};

/// A field of an address or contact: its name when read, its name when written, ours, and its longest text.
type Part = (&'static str, &'static str, FieldPath, u32);

/// An address of the ERP as a group of ours. Lengths are those of the order service, for nobody tells others.
fn address(group: FieldPath, parts: [Part; 5]) -> impl Iterator<Item = Column> {
    parts.into_iter().map(move |(at, to, leaf, max)| column(at, within(group, leaf), Form::Text).to(to).exact(max))
}

macro_rules! address_of {
    ($name:literal) => {
        [
            (concat!($name, ".addressLine1"), concat!($name, ".addressLine1"), Address::STREET, 50),
            (concat!($name, ".addressLine2"), concat!($name, ".addressLine2"), Address::STREET_2, 50),
            (concat!($name, ".postalCode"), concat!($name, ".postalCode"), Address::POSTAL_CODE, 20),
            (concat!($name, ".city"), concat!($name, ".city"), Address::CITY, 50),
            (concat!($name, ".country.id"), concat!($name, ".countryId"), Address::COUNTRY, 2),
        ]
    };
}

fn text(at: &'static str, path: FieldPath, max: u32) -> Column {
    column(at, path, Form::Text).to(at).exact(max)
}

/// What both have.
fn shared_columns() -> Vec<Column> {
    let code = |at, path, to| column(at, path, Form::Code).to(to);
    vec![
        column("number", Organisation::NUMBER, Form::Text).to("number").once().exact(30),
        column("name", Organisation::NAME, Form::Text).to("name").cut(255).required(),
        text("corporateId", Organisation::REGISTRATION_NUMBER, 50),
        text("vatRegistrationId", Organisation::VAT_NUMBER, 50),
        text("mainContact.email", Organisation::EMAIL, 255),
        text("mainContact.phone1", Organisation::PHONE, 50),
        text("mainContact.web", Organisation::WEBSITE, 255),
        code("currencyId", Organisation::CURRENCY, "currencyId"),
        code("vatZone.id", Organisation::VAT_GROUP, "vatZoneId"),
        code("creditTerms.id", Organisation::PAYMENT_TERMS, "creditTermsId"),
    ]
}

fn columns(kind: &Kind, billing: BillingAddress) -> Vec<Column> {
    let mut columns = shared_columns();
    if kind.is_customer {
        columns.extend([
            column("customerClass.id", Organisation::POSTING_GROUP, Form::Code).to("customerClassId"),
            column("priceClass.id", Organisation::PRICE_LIST, Form::Code).to("priceClassId"),
            column("creditLimit", within(Organisation::CREDIT_LIMIT, Money::AMOUNT), Form::Number).to("creditLimit"),
            text("gln", Organisation::GLOBAL_LOCATION_NUMBER, 50),
            text("invoiceContact.email", Organisation::INVOICE_EMAIL, 255),
        ]);
        columns.extend(address(Organisation::DELIVERY, address_of!("deliveryAddress")));
        match billing {
            BillingAddress::Main => columns.extend(address(Organisation::BILLING, address_of!("mainAddress"))),
            BillingAddress::Invoice => {
                columns.extend(address(Organisation::BILLING, address_of!("invoiceAddress")));
                columns.extend(address(Organisation::VISITING, address_of!("mainAddress")));
            }
        }
        return with_own(columns, own_fields::CUSTOMER);
    }
    columns.push(column("supplierClass.id", Organisation::POSTING_GROUP, Form::Code).to("supplierClassId"));
    columns.push(column("documentLanguage", own("documentLanguage"), Form::Code).to("documentLanguage"));
    columns.extend(address(Organisation::BILLING, address_of!("mainAddress")));
    with_own(columns, own_fields::SUPPLIER)
}

/// The company's own fields of a record, as texts: `x.visma-net.attributes.<code>`.
pub(crate) mod attributes {
    use super::*;

    /// The path of one.
    pub(crate) fn path(code: &str) -> FieldPath {
        own(&format!("attributes.{code}"))
    }
    /// Declares those of these codes, as people of the company know them.
    pub(crate) fn declare<'a>(
        codes: impl IntoIterator<Item = &'a String>,
        company: &Company,
        can: &mut StreamCapability,
    ) {
        for code in codes {
            let mut field = FieldCapability::read_write().holding(FieldType::Text);
            if let Some(known) = company.attributes.get(code) {
                let choices = known.values.iter().map(|value| Choice::new(&value.id, &value.name));
                field = field.labelled(&known.name).choices(choices);
            }
            can.fields.insert(path(code), field);
        }
    }
    /// Reads those of these codes. A record that has a list of them has none of those that are not in it.
    pub(crate) fn read<'a>(
        codes: impl IntoIterator<Item = &'a String>,
        wire: &Wire,
        fields: &mut FieldMap,
    ) -> Result<()> {
        let rows = match wire.rows("attributes")? {
            Field::Unknown => return Ok(()),
            rows => rows.into_value().unwrap_or_default(),
        };
        for code in codes {
            let mut value = Value::Null;
            for row in &rows {
                if row.text("id")?.as_deref() == Some(code.as_str()) {
                    value = row.text("value")?.into_value().map_or(Value::Null, Value::from);
                }
            }
            fields.set(path(code), value);
        }
        Ok(())
    }
    /// Writes those that are to be sent.
    pub(crate) fn write<'a>(
        codes: impl IntoIterator<Item = &'a String>,
        sent: &FieldMap,
        is_create: bool,
        body: &mut Body,
    ) {
        let mut lines: Vec<Json> = Vec::new();
        for code in codes {
            let Some(value) = sent.get(path(code)).filter(|value| !(is_create && value.is_null())) else { continue };
            let value = value.as_text().map_or_else(|| shown(value), str::to_owned);
            lines.push(json!({ "attributeId": { "value": code }, "attributeValue": { "value": value } }));
        }
        if !lines.is_empty() {
            body.bare("attributeLines", lines);
        }
    }
    fn shown(value: &Value) -> String {
        if value.is_null() { String::new() } else { value.to_string() }
    }
}

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    number: String,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Organisations {
    shared: Arc<Shared>,
    kind: &'static Kind,
    columns: Vec<Column>,
}

impl Organisations {
    pub(crate) fn new(shared: Arc<Shared>, kind: &'static Kind) -> Self {
        let columns = columns(kind, shared.config.billing_address);
        Self { shared, kind, columns }
    }
    fn filters(&self) -> Vec<Filter> {
        let mut filters = vec![
            keyed(Organisation::NUMBER, "number"),
            filter(Organisation::NAME, "name", "name"),
            filter(Organisation::REGISTRATION_NUMBER, "corporateId", "corporateId"),
            filter(Organisation::VAT_NUMBER, "vatRegistrationId", "vatRegistrationId"),
        ];
        if self.kind.is_customer {
            filters.push(filter(Organisation::EMAIL, "email", "mainContact.email"));
        }
        filters
    }
    fn attributes(&self) -> Vec<String> {
        let company = &self.shared.company;
        if self.kind.is_customer { company.customer_attributes.iter().cloned().collect() } else { Vec::new() }
    }
}

impl StreamHandler for Organisations {
    type Row = Row;
    type Read = Wire;
    type Body = Body;

    fn stream(&self) -> StreamId {
        self.kind.of.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Organisation);
        let role = if self.kind.is_customer { Organisation::IS_CUSTOMER } else { Organisation::IS_SUPPLIER };
        can.holds.set(role, true);
        columns::declare(&self.columns, &mut can);
        can.fields.insert(role, FieldCapability::read_only());
        can.fields.insert(Organisation::PARENT, FieldCapability::read_write());
        can.fields.insert(Organisation::IS_ACTIVE, FieldCapability::read_write());
        let mut status = FieldCapability::read_write();
        status.one_of = Some(self.kind.statuses.iter().map(|word| (*word).to_owned()).collect());
        can.fields.insert(own(STATUS), status);
        attributes::declare(&self.attributes(), &self.shared.company, &mut can);
        // whether the stamp moves with what only another address or contact says is not published
        self.shared.declare(&mut can, true);
        can.find_by = self.filters().iter().map(Filter::path).collect();
        // a number that was changed is free for somebody else
        can.natural_key = true;
        can.create = self.shared.config.may(":create");
        if self.shared.config.may(":update") {
            can.update = UpdateMode::Merge;
            can.write_concurrency = 4;
        }
        let names = [(Organisation::PARENT, PARENT.0), (Organisation::IS_ACTIVE, STATUS)];
        self.shared.describe(&mut can, &names);
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        row.number.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let created = read.moment("createdDateTime", self.shared.api.zone);
        Head { created_at: created.ok().and_then(Field::into_value), ..self.shared.head(read) }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        let status = read.word(STATUS, self.kind.statuses)?;
        if let Field::Set(status) = status {
            fields.set(own(STATUS), status);
            fields.set(Organisation::IS_ACTIVE, status != "Inactive");
        }
        let mut organisation = Organisation::new();
        organisation.parent = self.shared.linked(self.kind.of.name, read.text(PARENT.0)?);
        attributes::read(&self.attributes(), read, &mut fields)?;
        Ok(vec![Shown::of(self.kind.of.name, &organisation).extras(&fields)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Body> {
        let sent = encode.sent(self.kind.of.name);
        let mut body = Body::default();
        columns::write(&self.columns, &sent, encode.is_create(), Dialect::Wrapped, &mut body)?;
        if encode.is_create() && body.0.contains_key("number") {
            // a number that is given is kept only if it is said that the series is passed over
            body.wrapped("overrideNumberSeries", true);
        }
        match sent.get(Organisation::PARENT) {
            Some(value) if !(encode.is_create() && value.is_null()) => {
                body.wrapped(PARENT.1, key_of(value).map_or(Json::Null, Json::from));
            }
            _ => {}
        }
        // who is on hold stays so: a change is sent, and in use is all that it is about
        if let Some(Value::Bool(active)) = sent.get(Organisation::IS_ACTIVE) {
            body.wrapped(STATUS, if *active { "Active" } else { "Inactive" });
        }
        if let Some(status) = sent.text(own(STATUS)) {
            if !self.kind.statuses.contains(&status) {
                let what = format!("the status '{status}' is none of {}", self.kind.statuses.join(", "));
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", own(STATUS)));
            }
            body.wrapped(STATUS, status);
        }
        attributes::write(&self.attributes(), &sent, encode.is_create(), &mut body);
        Ok(body)
    }
    fn unchanged(&self, body: &Body, _: &Wire) -> bool {
        body.is_empty()
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &self.kind.of, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &self.kind.of, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        self.shared.find(cx, &self.kind.of, by, &self.filters()).await
    }
    async fn post(&self, cx: &Context, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &self.kind.of, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.change(cx, &self.kind.of, id, body).await
    }
}
