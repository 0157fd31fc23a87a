//! `/customers`: an organisation, and the one contact person that stands in its columns.

use std::sync::Arc;

use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Link, Result, StreamId, Value,
    capability::{FieldCapability, RemoveMode, Shows, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Address, Organisation, Party, Person, Statistics},
};

use super::{Row, Shared, declare_own, write_own};
use crate::{
    client::{Resource, equals},
    columns::{self, Column, Form, column, within},
    config::{Filled, LongNames},
    wire::Wire,
};

pub(crate) static CUSTOMERS: Resource = Resource {
    name: "customers",
    all: "/customers",
    one: "/customers/{id}",
    list: "list customers",
    get: "read customer",
    find: "find customers",
    create: "create customer",
    update: "update customer",
    remove: "delete customer",
    modified: Some("ChangedUtc"),
    created: None,
};

/// The contact person in a customer's columns.
const CONTACT: &str = "customer_contact";

/// What the vendor computes. `TermsOfPayment` repeats the terms that `TermsOfPaymentId` names: sent back beside another
/// id it would contradict it.
const COMPUTED: [&str; 9] = [
    "Id",
    "PayToAccountId",
    "TermsOfPayment",
    "LastInvoiceDate",
    "ChangedUtc",
    "MessageThreads",
    "Notes",
    "IsFutureInvoiceDateAllowed",
    "UnpaidInvoicesAmount",
];
const DAYS: [&str; 2] = ["AutoInvoiceActivationEmailSentDate", "AutoInvoiceRegistrationRequestSentDate"];

#[derive(Debug)]
pub(crate) struct Customers {
    shared: Arc<Shared>,
    columns: Vec<Column>,
    contact: Vec<Column>,
}

impl Customers {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = organisation_columns(&shared);
        Self { shared, columns, contact: contact_columns() }
    }
    /// City and postal code as they are shown: a filler is nobody's.
    fn without_fillers(&self, fields: &mut FieldMap) {
        let fillers = &self.shared.config.fillers;
        for (path, filler) in [(city(), &fillers.city), (postal_code(), &fillers.postal_code)] {
            if filler.is_some() && fields.text(path) == filler.as_deref() {
                fields.set(path, Value::Null);
            }
        }
    }
    /// What eEkonomi requires and the source may lack.
    fn fill(&self, body: &mut Wire) {
        let fillers = &self.shared.config.fillers;
        let terms = fillers.payment_terms.as_ref().or(self.shared.company.payment_terms.as_ref());
        for (name, filler) in
            [("InvoiceCity", fillers.city.as_ref()), ("InvoicePostalCode", fillers.postal_code.as_ref())]
        {
            if let (Some(filler), Ok(Field::Unknown | Field::Empty)) = (filler, body.text(name)) {
                body.set(name, filler.as_str());
            }
        }
        if let Some(terms) = terms {
            body.set_default("TermsOfPaymentId", terms.as_str());
        }
        if let Some(party) = fillers.party {
            body.set_default("IsPrivatePerson", party == Filled::Private);
        }
        body.set_default("IsActive", true);
    }
}

fn city() -> FieldPath {
    within(Organisation::BILLING, Address::CITY)
}
fn postal_code() -> FieldPath {
    within(Organisation::BILLING, Address::POSTAL_CODE)
}

fn organisation_columns(shared: &Shared) -> Vec<Column> {
    let (text, code) = (Form::Text, Form::Code);
    let fillers = &shared.config.fillers;
    let name = column("Name", Organisation::NAME, text).required();
    let name = if shared.config.long_names == LongNames::Cut { name.cut(50) } else { name.exact(50) };
    let has_terms = fillers.payment_terms.is_some() || shared.company.payment_terms.is_some();
    let delivery = |leaf| within(Organisation::DELIVERY, leaf);
    let billing = |leaf| within(Organisation::BILLING, leaf);
    vec![
        name,
        column("CustomerNumber", Organisation::NUMBER, text).exact(16),
        column("CorporateIdentityNumber", Organisation::REGISTRATION_NUMBER, text).exact(20),
        column("VatNumber", Organisation::VAT_NUMBER, text).exact(20),
        column("IsActive", Organisation::IS_ACTIVE, Form::Flag),
        column("EmailAddress", Organisation::EMAIL, text).exact(255),
        column("EmailAddressOrder", Organisation::ORDER_EMAIL, text).exact(255),
        column("Telephone", Organisation::PHONE, text).exact(50),
        column("MobilePhone", Organisation::MOBILE, text).exact(50),
        column("WwwAddress", Organisation::WEBSITE, text).exact(255),
        column("InvoiceAddress1", billing(Address::STREET), text).exact(50),
        column("InvoiceAddress2", billing(Address::STREET_2), text).exact(50),
        column("InvoicePostalCode", postal_code(), text).exact(10).required_if(fillers.postal_code.is_none()),
        column("InvoiceCity", city(), text).exact(50).required_if(fillers.city.is_none()),
        column("InvoiceCountryCode", billing(Address::COUNTRY), text).exact(2),
        column("DeliveryCustomerName", delivery(Address::NAME), text).exact(100),
        column("DeliveryAddress1", delivery(Address::STREET), text).exact(50),
        column("DeliveryAddress2", delivery(Address::STREET_2), text).exact(50),
        column("DeliveryPostalCode", delivery(Address::POSTAL_CODE), text).exact(10),
        column("DeliveryCity", delivery(Address::CITY), text).exact(50),
        column("DeliveryCountryCode", delivery(Address::COUNTRY), text).exact(2),
        column("EdiGlnNumber", Organisation::GLOBAL_LOCATION_NUMBER, text).exact(255),
        column("ElectronicAddress", Organisation::ELECTRONIC_ADDRESS, text).exact(255),
        column("CurrencyCode", Organisation::CURRENCY, text).exact(3),
        column("SalesDocumentLanguage", Organisation::LANGUAGE, text).exact(2),
        column("TermsOfPaymentId", Organisation::PAYMENT_TERMS, code).required_if(!has_terms),
        column("DeliveryTermId", Organisation::DELIVERY_TERMS, code),
        column("DeliveryMethodId", Organisation::DELIVERY_METHOD, code),
        column("SalesPriceListId", Organisation::PRICE_LIST, code),
        column("DiscountPercentage", Organisation::DISCOUNT_PERCENT, Form::Fraction),
        column("Note", Organisation::NOTE, text).cut(4000),
        column("UnpaidInvoicesAmount", within(Organisation::STATISTICS, Statistics::BALANCE), Form::Number).read_only(),
        column("LastInvoiceDate", within(Organisation::STATISTICS, Statistics::LAST_INVOICE_ON), Form::Day).read_only(),
    ]
}

fn contact_columns() -> Vec<Column> {
    vec![
        column("ContactPersonName", Person::NAME, Form::Text).cut(100),
        column("ContactPersonEmail", Person::EMAIL, Form::Text).exact(255),
        column("ContactPersonPhone", Person::PHONE, Form::Text).exact(50),
        column("ContactPersonMobile", Person::MOBILE, Form::Text).exact(50),
    ]
}

impl StreamHandler for Customers {
    type Row = Row;
    type Read = Wire;
    type Body = Wire;

    fn stream(&self) -> StreamId {
        CUSTOMERS.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Organisation);
        can.holds.set(Organisation::IS_CUSTOMER, true);
        columns::declare(&self.columns, &mut can);
        let party = FieldCapability::read_write();
        let party = if self.shared.config.fillers.party.is_none() { party.required() } else { party };
        can.fields.insert(Organisation::PARTY, party);
        can.fields.insert(Organisation::IS_CUSTOMER, FieldCapability::read_only());
        let find = [
            ("CustomerNumber", Organisation::NUMBER),
            ("EmailAddress", Organisation::EMAIL),
            ("CorporateIdentityNumber", Organisation::REGISTRATION_NUMBER),
        ];
        // what is owed, and when it was last invoiced, follow from other records and may not move the stamp
        self.shared.declare(&CUSTOMERS, &mut can, true, &find);
        if !self.shared.company.read_only {
            can.create = true;
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            can.write_concurrency = 4;
            can.remove = [RemoveMode::Delete].into();
            declare_own(&self.shared.config.own_fields(CUSTOMERS.name), &COMPUTED, &mut can);
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
        vec![(CONTACT.into(), can)]
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let modified_at = read.moment("ChangedUtc").ok().and_then(Field::into_value);
        Head { version: Version { etag: None, modified_at }, ..Head::default() }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read)?;
        self.without_fillers(&mut fields);
        let mut organisation: Organisation = Canonical::from_fields(&fields)?;
        organisation.party = read.flag("IsPrivatePerson")?.map(party_of);
        let own = self.shared.own_fields(&CUSTOMERS, read);
        let mut shown = vec![Shown::of(CUSTOMERS.name, &organisation).extras(&own)];
        let contact = columns::read(&self.contact, read)?;
        if !contact.all_null() {
            let mut person: Person = Canonical::from_fields(&contact)?;
            let of = read.id("Id")?.map(|id| self.shared.link(CUSTOMERS.name, id));
            person.organisation = of.map(|reference| Link::External(reference).into());
            shown.push(Shown::of(CONTACT, &person));
        }
        Ok(shown)
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Wire> {
        let mut body = encode.current().map(replaced).unwrap_or_default();
        let sent = encode.sent(CUSTOMERS.name);
        let organisation: Organisation = encode.sent_as(CUSTOMERS.name)?;
        columns::write(&self.columns, &sent, &mut body)?;
        if let Some(party) = organisation.party.value() {
            body.set("IsPrivatePerson", *party == Party::Private);
        }
        columns::write(&self.contact, &encode.sent(CONTACT), &mut body)?;
        write_own(&sent, &mut body)?;
        self.fill(&mut body);
        complete(body)
    }
    fn unchanged(&self, body: &Wire, current: &Wire) -> bool {
        *body == replaced(current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &CUSTOMERS, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &CUSTOMERS, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let filter = |path, text: &str| match path {
            Organisation::NUMBER => Some(equals("CustomerNumber", text)),
            Organisation::EMAIL => Some(equals("EmailAddress", text)),
            Organisation::REGISTRATION_NUMBER => Some(super::registration_filter(text)),
            _ => None,
        };
        self.shared.find(cx, &CUSTOMERS, by, filter).await
    }
    async fn post(&self, cx: &Context, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &CUSTOMERS, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.replace(cx, &CUSTOMERS, id, body).await
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        self.shared.api.remove(cx, &CUSTOMERS, id).await
    }
}

/// Refuses what eEkonomi would refuse, in our words.
fn complete(body: Wire) -> Result<Wire> {
    let required = [
        ("Name", Organisation::NAME),
        ("IsPrivatePerson", Organisation::PARTY),
        ("InvoiceCity", city()),
        ("InvoicePostalCode", postal_code()),
        ("TermsOfPaymentId", Organisation::PAYMENT_TERMS),
    ];
    match required.iter().find(|(name, _)| body.get(name).is_none_or(Json::is_null)) {
        None => Ok(body),
        Some((_, path)) => {
            let what = format!("eEkonomi needs '{path}' of a customer: fill it in at the source, or set a filler");
            Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", path))
        }
    }
}

/// What goes back of a customer that is replaced.
fn replaced(current: &Wire) -> Wire {
    current.clone().without(&COMPUTED).with_plain_days(&DAYS)
}

fn party_of(is_private: bool) -> Party {
    if is_private { Party::Private } else { Party::Company }
}
