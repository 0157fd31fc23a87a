//! Visma.net ERP: the ERP API of 2025 (`/v1`, `/v2`), with what was added until 2026, the order service (`/api/v3`) and
//! the token endpoint, all at one address.
//!
//! There are log-in for several companies by client credentials or by a person's consent; customers with their persons,
//! delivery places, documents and balances, suppliers, items, customers' prices, code lists, projects with tasks, sales
//! orders in the order service, shipments, customer invoices and credit notes, payments, journals, files, calls in the
//! background, webhooks. There are no orders in the older service but their actions (`createShipment`, `prepareInvoice`,
//! cancel, reopen), and no `correct` of an invoice, printing, supplier documents, discounts, price worksheets, stock
//! documents, cash sales, write-offs, ROT and RUT, direct debits, employees, timesheets and budgets; parts of bodies that
//! belong to these are taken and not kept. Code lists cannot be written. The order service has no discounts of its own,
//! no commissions and no attribute filter. Answers are JSON only. Filters by attributes and
//! parameters that are not known are not looked at. The old address answers too (`/API/controller/api/v1`), but has no
//! log-in of its own.
//!
//! A company's code lists start as `tables/company.json` has them: an example, since every company sets up its own.
//! Stock falls when a shipment is confirmed; orders book none of it. Amounts in another currency are turned into the company's own by multiplication with the rate.

mod accept;
mod access;
mod acts;
mod attachments;
mod background;
mod billing;
mod codes;
mod collection;
mod consent;
mod documents;
mod hooks;
mod jobs;
mod journals;
mod limits;
mod listing;
mod masters;
mod orders;
mod payments;
mod projects;
mod refusal;
mod routes;
mod seed;
mod shape;
mod shipping;
mod store;
mod sums;
mod switches;
mod value;
mod write;

use serde_json::{Map, Value, json};

use crate::frame::{Call, Cx, Refused, Reply, Request, Switch, Switches, Vendor};

use access::{Access, Tenant, Who};
use background::Background;
use limits::{Limits, Service};
use refusal::Refusal;
use store::Company;
use switches::{BACKGROUND_DELAY, BACKGROUND_EVENT, COMPANY_HEADER};
use value::Fields;

/// The client that the emulator knows unless settings say otherwise.
pub const CLIENT_ID: &str = "isv_samklang";
/// Its secret.
pub const CLIENT_SECRET: &str = "visma-net-secret";
/// Where a consent leads back to.
pub const REDIRECT_URI: &str = "http://localhost:8400/callback";
/// The first company's tenant.
pub const TENANT: &str = "4f1c7a52-2f0b-11ee-be56-0242ac120002";
/// The second company's tenant.
pub const OTHER_TENANT: &str = "9b2d6c10-2f0b-11ee-be56-0242ac120002";
/// The tenant of the customer who owns the first company: it gets tokens that open nothing.
pub const CUSTOMER_TENANT: &str = "c0ffee00-2f0b-11ee-be56-0242ac120002";

/// One company.
#[derive(Clone, Debug)]
pub struct CompanySettings {
    /// As `tenant_id` names it.
    pub tenant_id: String,
    /// As the consent page shows it.
    pub name: String,
    /// The number that the header `ipp-company-id` has.
    pub number: String,
    /// The currency of its books; one of `NOK`, `SEK`, `DKK`, `EUR`.
    pub base_currency: String,
    /// The internal number before the first that is given: companies with different starts share none.
    pub first_id: u64,
}

/// What the emulator holds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Where a consent leads back to.
    pub redirect_uri: String,
    /// The scopes that it may ask for.
    pub scopes: Vec<String>,
    /// At least one.
    pub companies: Vec<CompanySettings>,
    /// Tenants of customers: they get tokens with which every call is refused.
    pub customer_tenants: Vec<String>,
}

impl Default for Settings {
    /// Two companies, one in Norwegian and one in Swedish crowns, and a client with all scopes.
    fn default() -> Self {
        let company = |tenant: &str, name: &str, number: &str, currency: &str, first_id| CompanySettings {
            tenant_id: tenant.into(),
            name: name.into(),
            number: number.into(),
            base_currency: currency.into(),
            first_id,
        };
        let erp = ["service", "interactive"].into_iter().flat_map(|flavour| {
            ["read", "create", "update", "delete"].map(|right| format!("vismanet_erp_{flavour}_api:{right}"))
        });
        let orders = ["read", "write"].map(|right| format!("visma.net.erp.salesorder:{right}"));
        Self {
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            redirect_uri: REDIRECT_URI.into(),
            scopes: erp.chain(orders).collect(),
            companies: vec![
                company(TENANT, "Samklang Norge AS", "4001", "NOK", 100),
                company(OTHER_TENANT, "Samklang Sverige AB", "4002", "SEK", 50_000),
            ],
            customer_tenants: vec![CUSTOMER_TENANT.into()],
        }
    }
}

impl Settings {
    fn tenant(&self, id: &str) -> Option<Tenant> {
        let company = self.companies.iter().position(|company| company.tenant_id.eq_ignore_ascii_case(id));
        let customer = self.customer_tenants.iter().any(|known| known.eq_ignore_ascii_case(id));
        company.map(Tenant::Company).or(customer.then_some(Tenant::Customer))
    }
}

/// The emulated vendor.
#[derive(Debug)]
pub struct VismaNet {
    settings: Settings,
    access: Access,
    limits: Limits,
    background: Background,
    companies: Vec<Company>,
    /// Refusals so far: their ids come of it.
    refused: u64,
}

impl Default for VismaNet {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl VismaNet {
    /// Companies with their code lists and no records.
    pub fn new(settings: Settings) -> Self {
        let companies = settings.companies.iter().cloned().map(Company::new).collect();
        Self {
            settings,
            access: Access::default(),
            limits: Limits::default(),
            background: Background::default(),
            companies,
            refused: 0,
        }
    }

    /// The place of the company that a seed or act means; takes the name out.
    fn place_of(&self, arguments: &mut Fields, name: &str) -> Result<usize, Refused> {
        let Some(wanted) = arguments.remove(name) else { return Ok(0) };
        let place = self.settings.companies.iter().position(|company| wanted == company.tenant_id.as_str());
        place.ok_or_else(|| Refused::new(format!("{name}: there is no such company")))
    }

    fn company_of(&mut self, arguments: &mut Fields, name: &str) -> Result<&mut Company, Refused> {
        let place = self.place_of(arguments, name)?;
        self.companies.get_mut(place).ok_or_else(|| Refused::new("there is no company"))
    }

    /// Does what is due: releases, and calls in the background.
    fn tick(&mut self, cx: &Cx<'_>) {
        while let Some(call) = self.background.due(cx.now) {
            let then = Cx { now: call.due, switches: cx.switches };
            self.tick_companies(&then);
            let reply = self.inner(&then, &call.who, &call.request);
            let reply = reply.unwrap_or_else(|refusal| self.refuse(&then, refusal));
            self.background.ended(call.id, call.due, reply);
            let company = self.companies.get_mut(call.who.company);
            if let (Some(company), Some(pairs)) = (company, &call.pairs) {
                let (tenant, id) = (company.settings.tenant_id.clone(), call.id.to_string());
                let uri = format!("https://api.finance.visma.net/v1/background/{id}");
                let event = cx.switches.word(&BACKGROUND_EVENT);
                company.hooks.emit(&then, &tenant, event, &uri, &id, pairs);
            }
        }
        self.tick_companies(cx);
    }

    fn tick_companies(&mut self, cx: &Cx<'_>) {
        for company in &mut self.companies {
            company.tick(cx);
        }
    }

    fn refuse(&mut self, cx: &Cx<'_>, refusal: Refusal) -> Reply {
        self.refused = self.refused.saturating_add(1);
        refusal.reply(cx.switches, self.refused)
    }

    fn route(&mut self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let path = segments(request);
        let low = path.iter().map(|segment| segment.to_lowercase()).collect::<Vec<_>>();
        let words = low.iter().map(String::as_str).collect::<Vec<_>>();
        if let Some(reply) = self.access.answer(cx, &self.settings, &words, request) {
            return Ok(reply);
        }
        let service = match words.as_slice() {
            ["api", "v3", ..] => Service::Orders,
            ["v1" | "v2", ..] if is_old(request) => Service::Old,
            ["v1" | "v2", ..] => Service::Erp,
            _ => return Err(Refusal::Path),
        };
        let who = self.access.who(cx, request)?;
        let print = limits::print_of(&who, request);
        if let Err(reply) = self.limits.count(cx, &who, service, print) {
            return Ok(reply);
        }
        let reply = self.allowed(cx, &who, service, &words, request);
        let reply = reply.unwrap_or_else(|refusal| self.refuse(cx, refusal));
        self.limits.ended(cx, print, reply.status);
        Ok(self.limits.marked(cx, &who, service, reply))
    }

    fn allowed(
        &mut self,
        cx: &Cx<'_>,
        who: &Who,
        service: Service,
        words: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        if service == Service::Orders {
            who.may_order(&request.method)?;
            return self.inner(cx, who, request);
        }
        who.may(cx, &request.method, words.contains(&"action"))?;
        if let ["v1", "background", id, rest @ ..] = words {
            return match rest {
                [] => self.background.answer(cx, who, id, false),
                ["content"] => self.background.answer(cx, who, id, true),
                _ => Err(Refusal::Path),
            };
        }
        if let Some(pairs) = background::asked(request)? {
            let seconds = cx.switches.number(&BACKGROUND_DELAY);
            return Ok(self.background.take(cx, who.clone(), request, pairs, seconds));
        }
        self.inner(cx, who, request)
    }

    /// The call itself, by whoever may make it.
    fn inner(&mut self, cx: &Cx<'_>, who: &Who, request: &Request) -> Result<Reply, Refusal> {
        let company = self.companies.get_mut(who.company).ok_or(Refusal::Token)?;
        let path = segments(request);
        if path.first().is_some_and(|word| word.eq_ignore_ascii_case("api")) {
            let path = path.iter().map(String::as_str).collect::<Vec<_>>();
            return company.order_service(cx, path.get(2..).unwrap_or_default(), request);
        }
        let reply = company.erp(cx, &path, request)?;
        let astray = cx.switches.is(&COMPANY_HEADER, "checked")
            && request.method == "GET"
            && request.header("ipp-company-id") != Some(company.settings.number.as_str());
        let listed = astray && reply.body.first() == Some(&b'[');
        Ok(if listed { Reply::json(200, &json!([])) } else { reply })
    }
}

/// What the old address has before a path.
const OLD: [&str; 3] = ["api", "controller", "api"];

/// Whether the call came to the old address.
fn is_old(request: &Request) -> bool {
    let path = request.segments();
    path.len() > OLD.len() && OLD.iter().zip(&path).all(|(old, given)| given.eq_ignore_ascii_case(old))
}

/// The path's segments, with keys as they are meant, and without what the old address has before them.
fn segments(request: &Request) -> Vec<String> {
    let skipped = if is_old(request) { OLD.len() } else { 0 };
    request.segments().iter().skip(skipped).map(|segment| value::key(segment)).collect()
}

impl Vendor for VismaNet {
    fn name(&self) -> &'static str {
        "visma-net"
    }

    fn switches(&self) -> &'static [Switch] {
        switches::ALL
    }

    fn collections(&self) -> &'static [&'static str] {
        seed::collections()
    }

    fn handle(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        self.tick(cx);
        self.route(cx, request).unwrap_or_else(|refusal| self.refuse(cx, refusal))
    }

    fn state(&self) -> Value {
        let switches = Switches::new(switches::ALL);
        let mut companies = self.companies.iter();
        let mut state = companies.next().map(|company| company.state(&switches)).unwrap_or_default();
        let others =
            companies.map(|company| (company.settings.tenant_id.clone(), Value::Object(company.state(&switches))));
        state.insert("companies".into(), Value::Object(others.collect()));
        Value::Object(state)
    }

    fn seed(&mut self, cx: &Cx<'_>, collection: &str, records: Vec<Value>) -> Result<(), Refused> {
        seed::seed(self, cx, collection, records)
    }

    fn failure(&self, status: u16) -> Reply {
        refusal::failure(status)
    }

    fn rate_limited(&self) -> Reply {
        Reply::empty(429).with_header("Retry-After", "60").with_header("X-RateLimit-Remaining", "0")
    }

    fn act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Map<String, Value>) -> Result<Value, Refused> {
        self.do_act(cx, action, arguments)
    }

    fn webhooks(&self) -> Value {
        self.companies.iter().flat_map(|company| company.hooks.calls()).collect()
    }

    fn due_calls(&mut self, cx: &Cx<'_>) -> Vec<Call> {
        self.companies.iter().flat_map(|company| company.hooks.due(cx.switches)).collect()
    }

    fn call_answered(&mut self, cx: &Cx<'_>, id: &str, status: Option<u16>) {
        for company in &mut self.companies {
            company.hooks.answered(cx, id, status);
        }
    }
}
