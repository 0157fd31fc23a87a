//! Organisations. The vendor has no number of a customer: it stands in a field that an administrator chose, so it is an own
//! field here, and a mapping names it.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value as Json, value::RawValue};
use sync_core::{
    Context, EntityKind, Field, FieldMap, FieldPath, StreamId, Value,
    capability::{FieldCapability, Listing, StreamCapability},
    connector::{ListFrom, Write},
    error::Result,
    handler::{Answer, Encode, Head, Outgoing, RawPage, Shown, StreamHandler},
    model::{Address, Organisation},
};
use sync_http::Request;

use super::{
    records::{Records, Row, VOLATILE, at_most},
    walk::{SLACK, Walk, Window},
};
use crate::{
    client::{Api, PAGE_MAX, Resource},
    codes::{Countries, Lists},
    config::Config,
    fields::{Form, OwnFields, chosen, cut, describe, emptied, family, own_path, text_capability},
    wire::Wire,
};

/// The stream.
pub(crate) const ORGANISATIONS: &str = "organisations";

const RESOURCE: Resource = Resource {
    entity: "Organisation",
    all: "/Organisations",
    one: "/Organisations/{id}",
    list: "list organisations",
    get: "get organisation",
    find: "find organisations",
    create: "create organisation",
    update: "update organisation",
};
const NAME: &str = "OrganisationName";
const ADDRESS: &str = "OrganisationAddress";
const COUNTRY: &str = "OrganisationCountry";
const LINE_BREAK: &str = "\r\n";

/// Texts that are one field on both sides, with what the vendor's description says of their length.
fn texts() -> [(FieldPath, &'static str, Option<u32>); 9] {
    let billing = |leaf: FieldPath| Organisation::BILLING.join(leaf.as_str());
    [
        (Organisation::PHONE, "OrganisationTelephone", Some(50)),
        (Organisation::WEBSITE, "OrganisationWww", Some(50)),
        (Organisation::VAT_NUMBER, "OrganisationVatNumber", Some(50)),
        (Organisation::VAT_GROUP, "OrganisationVatGroup", Some(20)),
        (Organisation::CATEGORY, "OrganisationType", None),
        (Organisation::NOTE, "OrganisationComment", None),
        (billing(Address::POSTAL_CODE), "OrganisationPostCode", None),
        (billing(Address::CITY), "OrganisationCity", Some(50)),
        (billing(Address::REGION), "OrganisationState", None),
    ]
}

/// Texts that are looked for.
const FIND: [(FieldPath, &str); 2] = [(Organisation::NAME, NAME), (Organisation::VAT_NUMBER, "OrganisationVatNumber")];

/// The handler.
#[derive(Debug)]
pub(crate) struct Organisations {
    records: Records,
    countries: Countries,
    search_lag_s: u32,
}

impl Organisations {
    pub(crate) fn new(api: Api, config: &Config, lists: Arc<Lists>) -> Self {
        let countries = Countries::new(&config.countries, &lists);
        let own = own_fields(&lists);
        let records = Records::new(api, &RESOURCE, lists, own, config);
        Self { records, countries, search_lag_s: config.search_lag_s }
    }
    /// Vendor's names by ours.
    fn keys(&self) -> BTreeMap<FieldPath, String> {
        let mut keys = self.records.own.keys();
        keys.extend(texts().map(|(path, key, _)| (path, key.to_owned())));
        keys.insert(Organisation::NAME, NAME.to_owned());
        keys.insert(Organisation::BILLING.join(Address::COUNTRY.as_str()), COUNTRY.to_owned());
        keys
    }
    fn lists(&self) -> &Lists {
        &self.records.lists
    }
    fn street_max(&self) -> u32 {
        // both lines and the break between them
        self.lists().max_len(ADDRESS).unwrap_or(250).saturating_sub(2) / 2
    }
    fn name(&self) -> FieldCapability {
        FieldCapability::read_write().required().cut_to(self.lists().max_len(NAME).unwrap_or(200))
    }
    fn organisation(&self, wire: &Wire) -> Result<Organisation> {
        let text = |key: &str| Ok::<_, sync_core::Error>(chosen(wire.text(key)?, self.lists(), key));
        let (street, street_2) = lines(wire.text(ADDRESS)?);
        let billing = Address::new()
            .street(street)
            .street_2(street_2)
            .postal_code(text("OrganisationPostCode")?)
            .city(text("OrganisationCity")?)
            .region(text("OrganisationState")?)
            .country(self.country(wire)?);
        let (street, street_2) = lines(wire.text("OrganisationDeliveryAddress")?);
        let delivery = Address::new()
            .street(street)
            .street_2(street_2)
            .postal_code(text("OrganisationDeliveryPostCode")?)
            .city(text("OrganisationDeliveryCity")?);
        Ok(Organisation::new()
            .name(text(NAME)?)
            .vat_number(text("OrganisationVatNumber")?)
            .phone(text("OrganisationTelephone")?)
            .website(text("OrganisationWww")?)
            .vat_group(text("OrganisationVatGroup")?)
            .category(text("OrganisationType")?)
            .note(text("OrganisationComment")?)
            .billing(billing)
            .delivery(delivery))
    }
    /// A name that somebody typed, or an object that has the code too.
    fn country(&self, wire: &Wire) -> Result<Field<String>> {
        if let Some(Json::Object(country)) = wire.0.get(COUNTRY) {
            let country = Wire(country.clone());
            return Ok(match country.text("CodeISO")? {
                Field::Set(code) if code.len() == 2 => Field::Set(code.to_uppercase()),
                _ => country.text("Name")?.map(|name| self.countries.read(&name)),
            });
        }
        Ok(chosen(wire.text(COUNTRY)?, self.lists(), COUNTRY).map(|name| self.countries.read(&name)))
    }
    fn sent(&self, encode: &Encode<'_, Wire>) -> Result<Map<String, Json>> {
        let sent = encode.sent(ORGANISATIONS);
        let mut body = Map::new();
        let mut put = |key: &str, value: &Value, max: Option<u32>| {
            if let Some(text) = value.as_text() {
                body.insert(key.to_owned(), cut(text, max).into());
            } else if !encode.is_create() {
                body.insert(key.to_owned(), emptied(self.lists(), key));
            }
        };
        for (path, key, max) in texts() {
            if let Some(value) = sent.get(path) {
                put(key, value, text_capability(self.lists(), key, max).max_len);
            }
        }
        if let Some(value) = sent.get(Organisation::NAME) {
            put(NAME, value, self.name().max_len);
        }
        if let Some(value) = sent.get(Organisation::BILLING.join(Address::COUNTRY.as_str())) {
            let name = value.as_text().map(|code| self.countries.write(code)).transpose()?;
            put(COUNTRY, &name.map_or(Value::Null, Value::from), None);
        }
        let [street, street_2] =
            [Address::STREET, Address::STREET_2].map(|leaf| Organisation::BILLING.join(leaf.as_str()));
        if encode.sends(ORGANISATIONS, street) || encode.sends(ORGANISATIONS, street_2) {
            let settled = encode.part(ORGANISATIONS).map(|part| part.wanted.clone()).unwrap_or_default();
            put(ADDRESS, &joined(&settled, street, street_2), None);
        }
        self.records.own.write(&sent, self.lists(), encode.is_create(), &mut body)?;
        Ok(body)
    }
}

/// Own fields: those that the model has no word for, and those that an administrator sets up.
fn own_fields(lists: &Lists) -> OwnFields {
    const E: &str = "Organisation";
    let mut own = OwnFields::default();
    own.reads(E, Form::Number, ["Id", "ApprovalStatus", "Sla"]);
    own.writes(E, Form::Id, None, lists, ["TerritoryId", "Owner", "Owner2"]);
    own.reads(E, Form::Number, ["MarketDataProviderId", "OutlookSync", "ReportTemp"]);
    own.reads(E, Form::Text, ["Gps", "ImageFileExtension", "MarketDataId", "OverlayUrl", "TelephoneSearch"]);
    own.reads(E, Form::Moment, ["LastDisplayedAt", "LastItemUpdatedAt"]);
    own.reads(E, Form::Text, ["CompareName", "CreatedBy", "UpdatedBy", "VatStatus", "LastItemType"]);
    // only newer systems have it
    if lists.fields.contains_key("OrganisationCurrencyName") {
        own.writes(E, Form::Text, None, lists, ["CurrencyName"]);
    } else {
        own.reads(E, Form::Text, ["CurrencyName"]);
    }
    own.reads(E, Form::Moment, ["CreatedAt", "UpdatedAt", "VatVerifiedAt"]);
    own.writes(E, Form::Day, None, lists, ["XDate1", "XDate2"]);
    own.reads(E, Form::Flag, ["NoAds"]);
    let fifty = ["Fax", "Domain", "Industry", "Alert"];
    own.writes(E, Form::Text, Some(50), lists, fifty);
    own.writes(E, Form::Text, Some(200), lists, ["DivisionName"]);
    own.writes(E, Form::Text, Some(10), lists, ["VatCountry"]);
    own.writes(E, Form::Text, None, lists, ["Status", "Memo"]);
    own.set_up(E, Some(50), lists, family("ExtraCustom", 8));
    own.set_up(E, None, lists, family("Custom", 15).chain(family("Plus", 20)));
    own.set_up(E, Some(50), lists, family("XText", 8));
    own.set_up(E, None, lists, family("XMemo", 2));
    own.writes(E, Form::Number, None, lists, family("XInt", 8));
    own
}

/// The first line, and the others with a comma between.
fn lines(address: Field<String>) -> (Field<String>, Field<String>) {
    let Field::Set(address) = address else { return (address.clone(), address) };
    let mut lines = address.split('\n').map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    let rest: Vec<&str> = lines.collect();
    (first.as_str().into(), rest.join(", ").as_str().into())
}

fn joined(settled: &FieldMap, street: FieldPath, street_2: FieldPath) -> Value {
    let lines: Vec<&str> = [street, street_2].into_iter().filter_map(|path| settled.text(path)).collect();
    Value::from(lines.join(LINE_BREAK))
}

impl StreamHandler for Organisations {
    type Row = Row;
    type Read = Wire;
    type Body = Map<String, Json>;

    fn stream(&self) -> StreamId {
        ORGANISATIONS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Organisation);
        can.list = Some(Listing::complete(PAGE_MAX).since(Records::since()));
        can.get_max = 1;
        can.stamps = true;
        can.create = true;
        can.update = self.records.update_mode();
        can.write_batch_max = u32::try_from(self.records.batch_max()).unwrap_or(1);
        can.search_lag_s = self.search_lag_s;
        can.find_by = FIND.iter().map(|(path, _)| *path).collect();
        let keys = family("ExtraCustom", 8).chain(family("Custom", 15)).map(|name| own_path(&name));
        can.find_by.extend(keys.filter(|path| self.records.own.is_set_up(*path)));
        self.records.own.declare(&mut can);
        can.fields.extend(texts().map(|(path, key, max)| (path, text_capability(self.lists(), key, max))));
        can.fields.insert(Organisation::NAME, self.name());
        let billing = |leaf: FieldPath| Organisation::BILLING.join(leaf.as_str());
        let street = FieldCapability::read_write().cut_to(self.street_max()).exact();
        can.fields.insert(billing(Address::STREET), street.clone());
        can.fields.insert(billing(Address::STREET_2), street);
        can.fields.insert(billing(Address::COUNTRY), FieldCapability::read_write());
        for leaf in [Address::STREET, Address::STREET_2, Address::POSTAL_CODE, Address::CITY] {
            can.fields.insert(Organisation::DELIVERY.join(leaf.as_str()), FieldCapability::read_only());
        }
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
        Ok(vec![Shown::of(self.stream(), &self.organisation(read)?).extras(&own)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Self::Body> {
        self.records.body(encode, self.sent(encode)?)
    }
    fn unchanged(&self, body: &Self::Body, current: &Wire) -> bool {
        Records::unchanged(body, current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let walk = Walk::from(RESOURCE.list, from, cx.clock.now(), false)?;
        // in the sortable form without a zone, as the vendor's own client writes it
        let window = |path, at: chrono::DateTime<chrono::Utc>| {
            let stamp = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%S").to_string();
            Request::get(RESOURCE.list, path).path("from", stamp(at - SLACK)).path("until", stamp(walk.until))
        };
        let (request, stamp) = match walk.window {
            Window::ModifiedSince(at) => {
                (window("/Organisations/FindByUpdateDates/{from}/{until}", at), Some(("UpdatedAt", at)))
            }
            Window::CreatedSince(at) => {
                (window("/Organisations/FindByCreateDates/{from}/{until}", at), Some(("CreatedAt", at)))
            }
            _ => (Request::get(RESOURCE.list, RESOURCE.all), None),
        };
        let size = Records::page_size(page_size);
        let rows = self.records.page(cx, &walk, request, size).await?;
        let changes = matches!(walk.window, Window::ModifiedSince(_));
        let whole = if changes { at_most(self.lists().pages.changes, size) } else { 0 };
        let mut page = walk.turn(RESOURCE.list, rows, whole, |row| self.records.id_of(row))?;
        if let Some((stamp, at)) = stamp {
            page.rows = self.records.newer(page.rows, stamp, at);
        }
        Ok(page)
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.records.get(cx, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let key = |path| {
            let named = FIND.iter().find(|(field, _)| *field == path).map(|(_, key)| (*key).to_owned());
            named.or_else(|| self.records.own.key_of(path).map(str::to_owned))
        };
        self.records.find(cx, by, key).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_address_are_split_however_they_are_broken() {
        let of = |text: &str| lines(Field::Set(text.to_owned()));
        assert_eq!(of("Vej 1\r\n2. sal\n Baghus"), (Field::from("Vej 1"), Field::from("2. sal, Baghus")));
        assert_eq!(of("Vej 1"), (Field::from("Vej 1"), Field::Empty));
        assert_eq!(lines(Field::Unknown), (Field::Unknown, Field::Unknown));
    }
}
