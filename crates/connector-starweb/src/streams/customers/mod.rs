//! Customers: companies and private buyers, with their two addresses, and the contact that a company's address names.
//!
//! A customer has no name of its own: it stands in the invoice address, else in the delivery address. Its id is nobody's
//! number outside the shop, so it is the own field `x.starweb.customer_id`; as `number` it would be taken for the
//! customer of the same number elsewhere.

mod write;

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use serde::Deserialize;
use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, Field, StreamId, StreamKey, SystemId,
    capability::{Listing, RemoveMode, Shows, Since, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Write},
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Address, Organisation, Party, Person},
};
use sync_http::Request;

use self::write::CustomerWrite;
use super::{
    Own,
    address::WireAddress,
    own_fields, own_paths, reads,
    walk::{OVERLAP_S, PAGE, Walk, Window, stamp},
};
use crate::{
    client::Shop,
    codes::{self, Lists},
    config::Config,
    pricelists::{PriceList, currency_of},
    wire::{Included, Told, Whole},
};

/// The host stream.
pub(crate) const CUSTOMERS: &str = "customers";
/// The person in a company's address.
pub(crate) const CONTACT: &str = "customer_contact";

const OWN: &Own = &[
    ("customerId", "customer_id"),
    ("createdAt", "created_at"),
    ("customInfo1", "custom_info_1"),
    ("customInfo2", "custom_info_2"),
    ("approved", "approved"),
    ("approvedAt", "approved_at"),
    ("externalId", "external_id"),
    ("externalIdType", "external_id_type"),
];
const LIST: &str = "list customers";
const INCLUDE: &str = "addresses";
/// Customers that are written at the same time.
const CONCURRENCY: u32 = 4;

/// The handler.
#[derive(Debug)]
pub(crate) struct Customers {
    shop: Shop,
    at: StreamKey,
    price_lists: Vec<PriceList>,
    search_lag_s: u32,
}

impl Customers {
    pub(crate) fn new(shop: Shop, system: &SystemId, config: &Config, lists: &Lists) -> Self {
        let at = StreamKey::new(system.clone(), CUSTOMERS);
        Self { shop, at, price_lists: lists.price_lists.clone(), search_lag_s: config.search_lag_s }
    }
}

/// The id alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    customer_id: u64,
}

/// A customer as the shop sends it, in lists and alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Customer {
    customer_id: Told<i64>,
    modified_at: Told<DateTime<FixedOffset>>,
    r#type: Told<String>,
    email: Told<String>,
    national_id_no: Told<String>,
    vat_no: Told<String>,
    lang_code: Told<String>,
    pricelist_id: Told<i64>,
    addresses: Included<Addresses>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Addresses {
    invoice: Option<WireAddress>,
    delivery: Option<WireAddress>,
}

impl Customer {
    /// What it is; an unknown word is a fault, since it decides how a customer is treated everywhere.
    pub(crate) fn party(&self) -> Result<Field<Party>> {
        Ok(match &self.r#type.0 {
            Field::Unknown => Field::Unknown,
            Field::Empty => Field::Empty,
            Field::Set(word) => match codes::party(word) {
                Some(party) => Field::Set(party),
                None => {
                    let line = format!("type '{word}' of a customer is none of company, person; report it");
                    return Err(Error::new(ErrorKind::Invalid, "decode", line).with_context("field", "type"));
                }
            },
        })
    }
    fn invoice(&self) -> Option<&WireAddress> {
        self.addresses.0.value()?.invoice.as_ref().filter(|address| !address.is_blank())
    }
    fn delivery(&self) -> Option<&WireAddress> {
        self.addresses.0.value()?.delivery.as_ref().filter(|address| !address.is_blank())
    }
    fn organisation(&self, price_lists: &[PriceList]) -> Result<Organisation> {
        let main = self.invoice().or(self.delivery());
        let of_main = |field: fn(&WireAddress) -> Field<String>| main.map_or(Field::Unknown, field);
        let country = main.and_then(|address| address.canonical().country.into_value());
        let currency = currency_of(price_lists, self.pricelist_id.get(), country.as_deref());
        let shown = |address: Option<&WireAddress>| address.map(WireAddress::canonical).unwrap_or_default();
        Ok(Organisation::new()
            .name(of_main(WireAddress::name))
            .party(self.party()?)
            .registration_number(self.national_id_no.0.clone())
            .vat_number(self.vat_no.0.clone())
            .email(self.email.0.clone())
            .phone(of_main(|address| address.phone_no.0.clone()))
            .mobile(of_main(|address| address.mobile_phone_no.0.clone()))
            .language(self.lang_code.0.clone())
            .price_list(self.pricelist_id.0.map(|id| id.to_string()))
            .currency(currency.map_or(Field::Unknown, Field::Set))
            .billing(shown(self.invoice()))
            .delivery(shown(self.delivery())))
    }
    /// The person in a company's address.
    fn contact(&self, at: &StreamKey) -> Option<Person> {
        let address = self.invoice().or(self.delivery())?;
        let is_company = codes::party(self.r#type.text()) == Some(Party::Company);
        let name = address.person();
        if !is_company || !name.is_set() {
            return None;
        }
        let organisation = at.id(self.customer_id.get()?.to_string());
        Some(
            Person::new()
                .organisation(organisation)
                .name(name)
                .first_name(address.first_name.0.clone())
                .last_name(address.last_name.0.clone())
                .email(self.email.0.clone())
                .phone(address.phone_no.0.clone())
                .mobile(address.mobile_phone_no.0.clone())
                .is_primary(true),
        )
    }
}

impl StreamHandler for Customers {
    type Row = Row;
    type Read = Whole<Customer>;
    type Body = CustomerWrite;

    fn stream(&self) -> StreamId {
        self.at.stream.clone()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Organisation);
        can.holds.set(Organisation::IS_CUSTOMER, true);
        let since = Since { precision_ms: 1000, inclusive: false, lag_s: OVERLAP_S, ascending: false, misses: true };
        can.list = Some(Listing::complete(PAGE).since(since));
        can.get_max = 1;
        can.stamps = true;
        let addresses = [Organisation::BILLING, Organisation::DELIVERY];
        reads(&mut can, addresses.iter().flat_map(|at| ADDRESS.map(|leaf| at.join(leaf.as_str()))));
        reads(&mut can, OF_ORGANISATION);
        reads(&mut can, [Organisation::IS_CUSTOMER, Organisation::PRICE_LIST]);
        reads(&mut can, own_paths(OWN));
        can.create = true;
        can.update = UpdateMode::Merge;
        can.write_concurrency = CONCURRENCY;
        can.search_lag_s = self.search_lag_s;
        can.remove = [RemoveMode::Delete].into();
        write::declare(&mut can);
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let mut contact = StreamCapability::new(EntityKind::Person);
        contact.shows = Shows::Slot;
        contact.holds.set(Person::IS_PRIMARY, true);
        reads(
            &mut contact,
            [
                Person::ORGANISATION,
                Person::NAME,
                Person::FIRST_NAME,
                Person::LAST_NAME,
                Person::EMAIL,
                Person::PHONE,
                Person::MOBILE,
                Person::IS_PRIMARY,
            ],
        );
        vec![(CONTACT.into(), contact)]
    }
    fn row_id(&self, row: &Row) -> String {
        row.customer_id.to_string()
    }
    fn head(&self, read: &Self::Read) -> Head {
        let modified_at = read.known.modified_at.get().map(|at| at.to_utc());
        Head { version: Version { etag: None, modified_at }, ..Head::default() }
    }
    fn decode(&self, read: &Self::Read) -> Result<Vec<Shown>> {
        let host =
            Shown::of(self.stream(), &read.known.organisation(&self.price_lists)?).extras(&own_fields(&read.all, OWN));
        let contact = read.known.contact(&self.at).map(|person| Shown::of(CONTACT, &person));
        Ok([host].into_iter().chain(contact).collect())
    }
    fn encode(&self, encode: &Encode<'_, Self::Read>) -> Result<Self::Body> {
        write::encode(&self.price_lists, encode)
    }
    async fn post(&self, cx: &Context, body: &Self::Body, _write: &Write) -> Result<Answer> {
        body.create(cx, &self.shop).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Self::Body, _write: &Write) -> Result<Answer> {
        body.update(cx, &self.shop, id).await
    }
    async fn remove(&self, cx: &Context, id: &str, _mode: RemoveMode, _write: &Write) -> Result<()> {
        self.shop.write(cx, Request::delete("delete customer", "/customers/{id}").path("id", id)).await
    }

    async fn list(&self, cx: &Context, from: &ListFrom, _page_size: u32) -> Result<RawPage> {
        let walk = Walk::from(LIST, from)?;
        let mut request = Request::get(LIST, "/customers")
            .query("include", INCLUDE)
            .query("includeWithoutAccount", true)
            .query("sortBy", "customerId")
            .query("sortOrder", "ASC")
            .query("page", walk.page());
        request = match walk.window {
            Window::All => request,
            Window::ModifiedSince(at) => request.query("updatedSince", stamp(at)),
            Window::CreatedSince(at) => request.query("createdSince", stamp(at)),
        };
        let page = self.shop.page(cx, request).await?;
        walk.turn(LIST, page)
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut found = Vec::new();
        for id in ids {
            let request = Request::get("get customer", "/customers/{id}").path("id", id).query("include", INCLUDE);
            found.extend(self.shop.record(cx, request).await?);
        }
        Ok(found)
    }
}

/// Leaves of an address that are shown.
pub(super) const ADDRESS: [sync_core::FieldPath; 9] = [
    Address::NAME,
    Address::ATTENTION,
    Address::CARE_OF,
    Address::STREET,
    Address::POSTAL_CODE,
    Address::CITY,
    Address::REGION,
    Address::COUNTRY,
    Address::PHONE,
];
/// What customers and buyers on orders show alike.
pub(super) const OF_ORGANISATION: [sync_core::FieldPath; 9] = [
    Organisation::NAME,
    Organisation::PARTY,
    Organisation::REGISTRATION_NUMBER,
    Organisation::VAT_NUMBER,
    Organisation::EMAIL,
    Organisation::PHONE,
    Organisation::MOBILE,
    Organisation::LANGUAGE,
    Organisation::CURRENCY,
];
