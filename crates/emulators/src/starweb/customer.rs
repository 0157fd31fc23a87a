//! Customers: what they hold and the calls under `/customers`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    By, Starweb, check,
    hooks::Event,
    listing::{Includes, Query, paged},
    models::{CUSTOMER, CUSTOMER_ADDRESS_TYPES},
    order::linked,
    refusal::Refusal,
    switches::{EMAIL_UNIQUE, PUT_LEFT_OUT},
    value::{Fields, data, fields, instant, list, stamp, text, whole_addresses, whole_seconds},
};

pub(super) const INCLUDES: [&str; 3] = ["tags", "externalServices", "addresses"];

/// One customer. There is no name beside those in the addresses.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) id: u64,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    pub(super) fields: Fields,
    pub(super) addresses: Fields,
    pub(super) tags: Vec<Fields>,
    pub(super) services: Vec<Fields>,
    /// Lists leave out those without, unless asked.
    pub(super) has_account: bool,
}

/// The fields that a customer has from the start.
pub(super) fn defaults() -> Fields {
    fields(json!({
        "type": "person", "email": "", "nationalIdNo": "", "vatNo": "", "customInfo1": "", "customInfo2": "",
        "approved": null, "approvedAt": null, "pricelistId": null, "externalId": null, "externalIdType": null,
    }))
}

impl Customer {
    pub(super) fn view(&self, switches: &Switches, includes: &Includes) -> Fields {
        let mut view = self.fields.clone();
        view.insert("customerId".into(), json!(self.id));
        view.insert("createdAt".into(), stamp(self.created));
        view.insert("modifiedAt".into(), stamp(self.modified));
        if includes.has("addresses") {
            view.insert("addresses".into(), data(self.address_view()));
        }
        if includes.has("tags") {
            view.insert("tags".into(), data(list(self.tags.iter().cloned())));
        }
        if includes.has("externalServices") {
            view.insert("externalServices".into(), data(list(self.services.iter().cloned())));
        }
        linked(switches, view, &format!("/customers/{}", self.id))
    }

    /// Both addresses; null where there is none.
    pub(super) fn address_view(&self) -> Value {
        let entry = |name: &&str| ((*name).to_owned(), self.addresses.get(*name).cloned().unwrap_or(Value::Null));
        Value::Object(CUSTOMER_ADDRESS_TYPES.iter().map(entry).collect())
    }

    /// The customer's name, as the order list sorts and searches by it.
    pub(super) fn name(&self) -> String {
        let address = self.addresses.get("invoice").and_then(Value::as_object);
        address.map(address_name).unwrap_or_default()
    }
}

/// The name in an address: the company's, else the person's.
pub(super) fn address_name(address: &Fields) -> String {
    match text(address, "companyName") {
        "" => format!("{} {}", text(address, "firstName"), text(address, "lastName")).trim().to_owned(),
        company => company.to_owned(),
    }
}

impl Starweb {
    pub(super) fn list_customers(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let query = Query::new(request, cx);
        let includes = query.includes(&INCLUDES)?;
        let (created, updated) = (query.since("createdSince")?, query.since("updatedSince")?);
        let all = query.flag("includeWithoutAccount")?;
        let (_, descends) = query.sort(&["customerId"], true)?;
        let hides = self.births.any(cx);
        let wanted = |customer: &&Customer| {
            !(hides && self.births.hides(cx, "customers", customer.id))
                && (all || customer.has_account)
                && query.within(created, customer.created)
                && query.within(updated, customer.modified)
        };
        let mut found = self.customers.values().filter(wanted).collect::<Vec<_>>();
        if descends {
            found.reverse();
        }
        let (page, meta) = query.page(found)?;
        let views = page.into_iter().map(|customer| customer.view(cx.switches, &includes));
        Ok(Reply::json(200, &paged(views, meta)))
    }

    pub(super) fn get_customer(&self, cx: &Cx<'_>, id: u64, request: &Request) -> Result<Reply, Refusal> {
        let includes = Query::new(request, cx).includes(&INCLUDES)?;
        let customer = self.customers.get(&id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(200, &data(Value::Object(customer.view(cx.switches, &includes)))))
    }

    pub(super) fn post_customer(&mut self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let body = check::body(request, CUSTOMER, cx.switches)?;
        let id = self.create_customer(cx, body, true, By::Api)?;
        Ok(self.customer_reply(cx, 201, id))
    }

    /// Makes a customer from checked fields.
    pub(super) fn create_customer(
        &mut self,
        cx: &Cx<'_>,
        body: Fields,
        has_account: bool,
        by: By,
    ) -> Result<u64, Refusal> {
        self.refuse_taken_email(cx, &body, None)?;
        self.refuse_unknown_price_list(&body)?;
        let id = self.ids.customer();
        let now = whole_seconds(cx.now);
        let (tags, services) = (Vec::new(), Vec::new());
        let mut customer = Customer {
            id,
            created: now,
            modified: now,
            fields: defaults(),
            addresses: Fields::new(),
            tags,
            services,
            has_account,
        };
        apply(&mut customer, body);
        self.customers.insert(id, customer);
        self.births.note(cx, "customers", id);
        self.fire_customer(cx, Event::CustomerCreated, id, by);
        Ok(id)
    }

    /// PUT and PATCH.
    pub(super) fn write_customer(&mut self, cx: &Cx<'_>, id: u64, request: &Request) -> Result<Reply, Refusal> {
        if !self.customers.contains_key(&id) {
            return Err(Refusal::not_found());
        }
        let body = check::body(request, CUSTOMER, cx.switches)?;
        let clears = request.method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
        self.update_customer(cx, id, body, clears, By::Api)?;
        Ok(self.customer_reply(cx, 200, id))
    }

    /// Writes checked fields; `clears` resets all others first.
    pub(super) fn update_customer(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        body: Fields,
        clears: bool,
        by: By,
    ) -> Result<(), Refusal> {
        self.refuse_taken_email(cx, &body, Some(id))?;
        self.refuse_unknown_price_list(&body)?;
        let customer = self.customers.get_mut(&id).ok_or_else(Refusal::not_found)?;
        if clears {
            customer.fields = defaults();
            customer.addresses.clear();
        }
        apply(customer, body);
        customer.modified = whole_seconds(cx.now);
        self.fire_customer(cx, Event::CustomerUpdated, id, by);
        Ok(())
    }

    pub(super) fn delete_customer(&mut self, cx: &Cx<'_>, id: u64, by: By) -> Result<Reply, Refusal> {
        if !self.customers.contains_key(&id) {
            return Err(Refusal::not_found());
        }
        self.fire_customer(cx, Event::CustomerDeleted, id, by);
        self.customers.remove(&id);
        Ok(Reply::empty(204))
    }

    fn customer_reply(&self, cx: &Cx<'_>, status: u16, id: u64) -> Reply {
        let view = self.customers.get(&id).map(|customer| customer.view(cx.switches, &Includes::default()));
        Reply::json(status, &data(view.map_or(Value::Null, Value::Object)))
    }

    fn refuse_taken_email(&self, cx: &Cx<'_>, body: &Fields, own: Option<u64>) -> Result<(), Refusal> {
        let email = text(body, "email");
        let taken = |customer: &Customer| {
            Some(customer.id) != own && text(&customer.fields, "email").eq_ignore_ascii_case(email)
        };
        if !email.is_empty() && cx.switches.is(&EMAIL_UNIQUE, "yes") && self.customers.values().any(taken) {
            return Err(Refusal::invalid(format!("email: {email} belongs to another customer")));
        }
        Ok(())
    }

    fn refuse_unknown_price_list(&self, body: &Fields) -> Result<(), Refusal> {
        let wanted = super::value::id(body, "pricelistId");
        if wanted.is_some_and(|list| self.registers.get("pricelists", list).is_none()) {
            return Err(Refusal::invalid("pricelistId: there is no such price list"));
        }
        Ok(())
    }
}

fn apply(customer: &mut Customer, mut body: Fields) {
    if let Some(addresses) = body.remove("addresses") {
        customer.addresses.extend(whole_addresses(addresses));
    }
    if let Some(created) = body.remove("createdAt").as_ref().and_then(Value::as_str).and_then(instant) {
        customer.created = created;
    }
    customer.fields.extend(body);
}
