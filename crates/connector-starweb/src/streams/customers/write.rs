//! What is sent to a customer: its own fields, and its two addresses, in which its name stands.

use serde_json::{Map, Value as Json, json, value::RawValue};
use sync_core::{
    Context, Field, FieldMap, FieldPath,
    capability::{FieldCapability, StreamCapability},
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode},
    model::{Address, Organisation, Party},
};
use sync_http::Request;

use super::{CUSTOMERS, Customer};
use crate::{client::Shop, codes, goods::names, pricelists::PriceList, wire::Whole};

const CUSTOM_INFO_1: FieldPath = FieldPath::from_static("x.starweb.custom_info_1");
const CUSTOM_INFO_2: FieldPath = FieldPath::from_static("x.starweb.custom_info_2");
const EXTERNAL_ID: FieldPath = FieldPath::from_static("x.starweb.external_id");
const EXTERNAL_ID_TYPE: FieldPath = FieldPath::from_static("x.starweb.external_id_type");
/// Characters of a company's name.
const COMPANY_MAX: u32 = 80;
/// Characters of a first name, and of a last name.
const PERSON_MAX: usize = 35;

/// Leaves of an address that are a field of the vendor's, with its name and how much it holds.
const LEAVES: [(FieldPath, &str, u32); 6] = [
    (Address::CARE_OF, "careOf", 80),
    (Address::STREET, "address", 50),
    (Address::POSTAL_CODE, "postalCode", 12),
    (Address::CITY, "city", 30),
    (Address::REGION, "state", 30),
    (Address::COUNTRY, "countryCode", 2),
];

/// All shares of a write.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct CustomerWrite {
    customer: Map<String, Json>,
    invoice: Option<AddressWrite>,
    delivery: Option<AddressWrite>,
}

/// What becomes of an address.
#[derive(Debug, PartialEq)]
struct AddressWrite {
    change: Map<String, Json>,
    /// All of it, for a customer without one.
    whole: Map<String, Json>,
}

/// Makes the fields writable that are.
pub(super) fn declare(can: &mut StreamCapability) {
    let exact = |max| FieldCapability::read_write().cut_to(max).exact();
    can.fields.extend([
        (Organisation::NAME, FieldCapability::read_write().cut_to(COMPANY_MAX)),
        (Organisation::PARTY, FieldCapability::read_write().required()),
        (Organisation::EMAIL, exact(255).required()),
        (Organisation::REGISTRATION_NUMBER, exact(20)),
        (Organisation::VAT_NUMBER, exact(20)),
        (Organisation::PHONE, exact(30)),
        (Organisation::MOBILE, exact(30)),
        (Organisation::PRICE_LIST, FieldCapability::read_write()),
        (CUSTOM_INFO_1, FieldCapability::read_write().cut_to(255)),
        (CUSTOM_INFO_2, FieldCapability::read_write().cut_to(255)),
        (EXTERNAL_ID, FieldCapability::read_write()),
        (EXTERNAL_ID_TYPE, FieldCapability::read_write()),
    ]);
    for at in [Organisation::BILLING, Organisation::DELIVERY] {
        can.fields.extend(LEAVES.map(|(leaf, _, max)| (at.join(leaf.as_str()), exact(max))));
        // without one of its own an address shows its person: what is emptied would come back
        if let Some(attention) = can.fields.get_mut(&at.join(Address::ATTENTION.as_str())) {
            (attention.write_on_create, attention.max_len, attention.exact) = (true, Some(80), true);
        }
    }
    let name = Organisation::DELIVERY.join(Address::NAME.as_str());
    can.fields.insert(name, FieldCapability::read_write().cut_to(COMPANY_MAX));
}

/// The request for a create or an update.
pub(super) fn encode(lists: &[PriceList], encode: &Encode<'_, Whole<Customer>>) -> Result<CustomerWrite> {
    let (sent, whole): (Organisation, Organisation) = (encode.sent_as(CUSTOMERS)?, encode.wanted(CUSTOMERS)?);
    let own = encode.sent(CUSTOMERS);
    let party = whole.party.into_value().or_else(|| codes::party(encode.current()?.known.r#type.text()));
    let customer = customer_body(lists, &sent, &own, encode.is_create())?;
    let invoice = Side { kept: "invoice", at: Organisation::BILLING, name: Organisation::NAME };
    let delivery = Side {
        kept: "delivery",
        at: Organisation::DELIVERY,
        name: Organisation::DELIVERY.join(Address::NAME.as_str()),
    };
    let all = encode.part(CUSTOMERS).map(|part| part.wanted.clone()).unwrap_or_default();
    Ok(CustomerWrite {
        customer,
        invoice: invoice.write(&own, &all, party)?,
        delivery: delivery.write(&own, &all, party)?,
    })
}

fn customer_body(
    lists: &[PriceList],
    sent: &Organisation,
    own: &FieldMap,
    is_create: bool,
) -> Result<Map<String, Json>> {
    let mut body = Map::new();
    if let Some(word) = sent.party.value().and_then(|party| codes::party_word(*party)) {
        body.insert("type".to_owned(), word.into());
    }
    if sent.email.is_empty() {
        let line = "a customer of the shop always has an e-mail address; give one".to_owned();
        return Err(wrong(Organisation::EMAIL, line));
    }
    for (name, field) in
        [("email", &sent.email), ("nationalIdNo", &sent.registration_number), ("vatNo", &sent.vat_number)]
    {
        match field {
            Field::Unknown => {}
            Field::Empty if is_create => {}
            field => _ = body.insert(name.to_owned(), field.as_deref().unwrap_or_default().into()),
        }
    }
    match &sent.price_list {
        Field::Unknown => {}
        Field::Empty if is_create => {}
        Field::Empty => _ = body.insert("pricelistId".to_owned(), Json::Null),
        Field::Set(code) => {
            let list = lists.iter().find(|list| list.id.to_string() == *code).ok_or_else(|| {
                let known = names(lists.iter().map(|list| format!("{} ({})", list.id, list.name)));
                let line = format!("the shop has no price list '{code}'; map it to one of {known}");
                wrong(Organisation::PRICE_LIST, line)
            })?;
            body.insert("pricelistId".to_owned(), list.id.into());
        }
    }
    // the first two take an empty text for nothing, the others null
    for (path, name, max, nothing) in [
        (CUSTOM_INFO_1, "customInfo1", 255, Json::from("")),
        (CUSTOM_INFO_2, "customInfo2", 255, Json::from("")),
        (EXTERNAL_ID, "externalId", usize::MAX, Json::Null),
        (EXTERNAL_ID_TYPE, "externalIdType", usize::MAX, Json::Null),
    ] {
        match own.get(path) {
            None => {}
            Some(value) if value.is_null() && is_create => {}
            Some(value) => {
                let text = value.as_text().map(|text| text.chars().take(max).collect::<String>());
                body.insert(name.to_owned(), text.map_or(nothing, Json::from));
            }
        }
    }
    Ok(body)
}

/// One of a customer's addresses: what the vendor calls it, where it stands in ours, and where its name does.
struct Side {
    kept: &'static str,
    at: FieldPath,
    name: FieldPath,
}

impl Side {
    fn is_invoice(&self) -> bool {
        self.kept == "invoice"
    }
    fn write(&self, sent: &FieldMap, all: &FieldMap, party: Option<Party>) -> Result<Option<AddressWrite>> {
        let mut change = self.body(sent);
        // whether a name is a company's or a person's decides where it goes
        if sent.get(self.name).is_some() || sent.get(Organisation::PARTY).is_some() {
            change.extend(self.named(all, party)?);
        }
        if change.is_empty() {
            return Ok(None);
        }
        let mut whole = self.body(all);
        whole.extend(self.named(all, party)?);
        whole.retain(|_, value| value != "");
        Ok(Some(AddressWrite { change, whole }))
    }
    /// What there is of the address, but for its name.
    fn body(&self, from: &FieldMap) -> Map<String, Json> {
        let mut body = Map::new();
        let attention = (Address::ATTENTION, "attention", 80);
        for (leaf, name, _) in LEAVES.into_iter().chain([attention]) {
            if let Some(value) = from.get(self.at.join(leaf.as_str())) {
                let text = value.as_text().unwrap_or_default();
                if leaf != Address::COUNTRY {
                    body.insert(name.to_owned(), text.into());
                } else if !text.is_empty() {
                    body.insert(name.to_owned(), text.to_uppercase().into()); // it takes two letters, and no empty text
                }
            }
        }
        if self.is_invoice() {
            for (path, name) in [(Organisation::PHONE, "phoneNo"), (Organisation::MOBILE, "mobilePhoneNo")] {
                if let Some(value) = from.get(path) {
                    body.insert(name.to_owned(), value.as_text().unwrap_or_default().into());
                }
            }
        }
        body
    }
    /// The name as company or as first and last name.
    fn named(&self, all: &FieldMap, party: Option<Party>) -> Result<Map<String, Json>> {
        let Some(name) = all.get(self.name).map(|value| value.as_text().unwrap_or_default().trim()) else {
            return Ok(Map::new());
        };
        let names = match party {
            Some(Party::Company) => {
                let max = usize::try_from(COMPANY_MAX).unwrap_or(usize::MAX);
                vec![("companyName", name.chars().take(max).collect::<String>())]
            }
            Some(Party::Private) => {
                let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
                if [first, last].iter().any(|name| name.chars().count() > PERSON_MAX) {
                    let line = format!("'{name}' is too long: first and last name take {PERSON_MAX} characters each");
                    return Err(wrong(self.name, line));
                }
                vec![
                    ("companyName", String::new()),
                    ("firstName", first.trim().to_owned()),
                    ("lastName", last.to_owned()),
                ]
            }
            _ => {
                let line = "the shop keeps names of companies and of persons apart, and which this is is not known; \
                            map party, or answer it"
                    .to_owned();
                return Err(wrong(self.name, line));
            }
        };
        Ok(names.into_iter().map(|(key, name)| (key.to_owned(), Json::from(name))).collect())
    }
}

impl CustomerWrite {
    pub(super) async fn create(&self, cx: &Context, shop: &Shop) -> Result<Answer> {
        let mut body = self.customer.clone();
        let sides = [("invoice", &self.invoice), ("delivery", &self.delivery)];
        let filled = |address: &&AddressWrite| !address.whole.is_empty();
        let addresses: Map<String, Json> = sides
            .into_iter()
            .filter_map(|(kept, address)| {
                let address = address.as_ref().filter(filled)?;
                Some((kept.to_owned(), Json::Object(address.whole.clone())))
            })
            .collect();
        if !addresses.is_empty() {
            body.insert("addresses".to_owned(), json!(addresses));
        }
        let made: Box<RawValue> = shop.made(cx, Request::post("create customer", "/customers").json(&body)).await?;
        let row: super::Row = serde_json::from_str(made.get()).map_err(|_| {
            let line = "the shop made a customer, but does not tell its id; it is looked for";
            Error::new(ErrorKind::AmbiguousWrite, "create customer", line)
        })?;
        Ok(Answer::id(row.customer_id.to_string()))
    }
    /// Addresses go through their own address: what a part of one in a change of the customer does to the rest is not
    /// documented. One that is not there is made.
    pub(super) async fn update(&self, cx: &Context, shop: &Shop, id: &str) -> Result<Answer> {
        const ADDRESS: &str = "/customers/{id}/addresses/{kind}";
        if !self.customer.is_empty() {
            let request = Request::patch("update customer", "/customers/{id}").path("id", id).json(&self.customer);
            shop.write(cx, request).await?;
        }
        for (kind, address) in [("invoice", &self.invoice), ("delivery", &self.delivery)] {
            let Some(address) = address else { continue };
            let request = Request::patch("update address", ADDRESS).path("id", id).path("kind", kind);
            match shop.write(cx, request.json(&address.change)).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.set_address(cx, shop, id, kind, address).await?;
                }
                other => other?,
            }
        }
        Ok(Answer::done())
    }
    /// An address that there is none of. Whether it can be made at its own address is likely and not certain; with the
    /// customer it can.
    async fn set_address(&self, cx: &Context, shop: &Shop, id: &str, kind: &str, address: &AddressWrite) -> Result<()> {
        let request = Request::put("set address", "/customers/{id}/addresses/{kind}").path("id", id).path("kind", kind);
        match shop.write(cx, request.json(&address.whole)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let addresses = json!({ "addresses": { kind: address.whole } });
                let request = Request::patch("set address", "/customers/{id}").path("id", id);
                shop.write(cx, request.json(&addresses)).await
            }
            other => other,
        }
    }
}

fn wrong(field: FieldPath, line: String) -> Error {
    Error::new(ErrorKind::Invalid, "write customer", line).with_context("field", field)
}
