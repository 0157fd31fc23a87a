//! The accounting system Visma eEkonomi (Spiris Bokföring & Fakturering), eAccounting API v2.
//!
//! One port answers for three hosts of the vendor: the API under `/v2/`, the identity server under `/connect/`, and
//! the file store under `/temp/`. It starts with one company that has settings and code lists and nothing else, one
//! registered client, and no tokens.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use emulators::{Emulator, Options, eekonomi::Eekonomi};
//! use serde_json::json;
//!
//! let emulator = Emulator::start(Eekonomi::default(), Options::default()).await?;
//! let tokens = emulator.act(json!({ "action": "sign_in" }))?;
//! // GET {base_url}/v2/customers with `Authorization: Bearer {tokens["access_token"]}`
//! emulator.seed(json!({ "customers": [{ "CustomerNumber": "1001", "Name": "Exempel AB", "IsActive": true }] }))?;
//! # Ok(())
//! # }
//! ```
//!
//! **Seeds**: `clients` (`client_id`, `client_secret`, `redirect_uris`, `sandbox`), `companies` (`Id`, `Name`, and any
//! field of the company settings), and one collection for each resource under the name of its path, in the vendor's
//! shapes. `"$company": "<Id>"` in a record names its company; the first one is meant without it.
//!
//! **State**: `{"companies": [{"Id", "Settings", "payments", "customers": […], …}], "mails": […]}`. `mails` has all
//! that went to somebody; `payments` has what the API takes and never shows. Records are as stored: dates plain, VAT
//! rates as fractions.
//!
//! **Not emulated**: supplier invoices, voucher drafts, balances, cost centres, bank transactions, reports, message
//! threads, files of the ledger and webshop orders. Published paths that are not answered give 501. Deductions for
//! house work and green technology are refused.
//!
//! Price rows are seeded as `salespricelistprices` (`SalesPriceListId`, `ArticleId`, `NetPrice`); a discount agreement's
//! `percent`, a fraction, is the emulator's own key for what the vendor shows nowhere but in `GET /articles?customerId=`.
//!
//! What people do in the web client: see the table of [`Eekonomi`]. What the vendor's documentation leaves open is a
//! switch each, listed with its meaning by `GET /_emulator/switches`.

mod access;
mod acts;
mod articles;
mod attachments;
mod booking;
mod call;
mod collection;
mod company;
mod consent;
mod control_digit;
mod customers;
mod drafts;
mod filter;
mod filter_text;
mod identity;
mod intake;
mod invoices;
mod ledger_items;
mod listing;
mod orders;
mod party;
mod price_lists;
mod problem;
mod projects;
mod quotes;
mod reading;
mod record;
mod registers;
mod routes;
mod rows;
mod sample;
mod schema;
mod seed;
mod sending;
mod settlement;
mod stock_acts;
mod suppliers;
mod switches;
mod tables;
mod totals;
mod vat;
mod view;
mod vouchers;

use serde_json::{Map, Value, json};

use crate::frame::{Cx, Refused, Reply, Request, Switch, Vendor};

use access::Quota;
use call::{Call, Mint};
use collection::Resource;
use company::Company;
use identity::{Client, Grant, Identity};
use problem::Refusal;

/// The registered client's id.
pub const CLIENT_ID: &str = "samklang";
/// The registered client's secret.
pub const CLIENT_SECRET: &str = "emulated-secret";
/// The one address to which the registered client may have its codes sent.
pub const REDIRECT_URI: &str = "http://localhost:8085/callback";
/// The id of the company that is there from the start.
pub const COMPANY: &str = "0f8e3c52-6a1d-4b7e-9c35-2d4f60718293";

/// The scopes of a sign-in that names none.
const DEFAULT_SCOPES: &str = "ea:api offline_access ea:sales ea:accounting ea:purchase";

/// The codes for which no HTTP status is known; 4002 where it is about content.
const UNKNOWN_STATUS: [u16; 20] = [
    3001, 3002, 4001, 4002, 4008, 4013, 4023, 4024, 4025, 4026, 4027, 4028, 4031, 4034, 4035, 4039, 5003, 5004, 5005,
    5007,
];

const COLLECTIONS: &[&str] = &[
    "clients",
    "companies",
    "currencies",
    "countries",
    "users",
    "units",
    "vatcodes",
    "articleaccountcodings",
    "termsofpayments",
    "deliverymethods",
    "deliveryterms",
    "fiscalyears",
    "accounts",
    "bankaccounts",
    "customerlabels",
    "articlelabels",
    "salespricelists",
    "discountagreements",
    "suppliers",
    "customers",
    "articles",
    "salespricelistprices",
    "projects",
    "quotedrafts",
    "quotes",
    "orders",
    "customerinvoicedrafts",
    "customerinvoices",
    "vouchers",
    "customerledgeritems",
    "notes",
    "salesdocumentattachments",
    "partnerresourcelinks",
];

/// The emulated vendor. What people do in the web client, as actions:
///
/// | action | arguments | does |
/// |---|---|---|
/// | `sign_in` | `scopes` | gives tokens without the consent page |
/// | `change_password` | | refresh tokens die |
/// | `set_company` | `api_addon`, `startup_guide`, `licence`, `user_access`, `read_only_user`, `sandbox`, `stock_module`, `default`, `settings` | what is given is set; `settings` in the vendor's shape |
/// | `start_order`, `deliver_order`, `reopen_order`, `invoice_order`, `delete_order` | document; `rows`: `[{"line", "quantity"}]` for part deliveries | the order's steps |
/// | `edit_order`, `edit_draft`, `edit_customer`, `edit_article` | document; `set`: fields | changes fields as a PUT of the whole record would |
/// | `book_draft`, `delete_draft` | document; `keep_date` | by hand |
/// | `copy_invoice` | document; `book` | a new draft with the same texts and references, or a new invoice |
/// | `credit_invoice` | document; `lines`: line numbers | a credit note that is tied to its invoice |
/// | `void_invoice` | document | |
/// | `create_article` | fields of an article; coding, unit and the other price follow where they are not given | |
/// | `set_price` | article; `net` or `gross` | the other price follows |
/// | `set_list_price` | article; `list`: number, name or id of a price list, the standard one if not given; `net` | |
/// | `sell_from_stock`, `receive_stock` | article; `quantity`; `purchase_price` | goods leave or come; without the stock module the balance is written by hand |
/// | `edit_supplier`, `edit_project` | record; `set` | as for the others |
/// | `accept_quote`, `order_quote` | document | the customer says yes; it becomes an order |
/// | `register_payment` | document; `amount`, `date`, `type`, `bank_account` | what remains, today, if not said otherwise |
///
/// A document is named by `id` or by `number` (customers and articles by their number too), a company by `company`;
/// the first one is meant without it. Each action answers with the id of what came of it.
#[derive(Debug)]
pub struct Eekonomi {
    identity: Identity,
    companies: Vec<Company>,
    mails: Vec<Value>,
    quota: Quota,
    mint: Mint,
    calls: usize,
}

impl Default for Eekonomi {
    fn default() -> Self {
        let client = Client {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            sandbox: false,
        };
        Self {
            identity: Identity::new(client),
            companies: vec![sample::company(COMPANY, "Exempelbolaget AB")],
            mails: Vec::new(),
            quota: Quota::default(),
            mint: Mint::default(),
            calls: 0,
        }
    }
}

/// The tokens of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Goes as `Authorization: Bearer` and lives for an hour.
    pub access_token: String,
    /// There with the scope `offline_access`.
    pub refresh_token: Option<String>,
}

impl Eekonomi {
    /// Signs in to a company without the consent page. `scopes` are separated by spaces.
    ///
    /// # Errors
    /// There is no such company.
    pub fn sign_in(&mut self, cx: &Cx<'_>, company: &str, scopes: &str) -> Result<Tokens, Refused> {
        let at = self.at(Some(company))?;
        let company = self.companies.get(at).map(|company| company.id.clone()).unwrap_or_default();
        let client = self.identity.clients.first().map(|client| client.client_id.clone()).unwrap_or_default();
        let scopes = scopes.split_whitespace().map(str::to_owned).collect();
        let pair = self.identity.issue(cx, &mut self.mint, Grant { client, company, scopes });
        Ok(Tokens { access_token: pair.access, refresh_token: pair.refresh })
    }

    /// The place of a company in the list; the first without a name.
    fn at(&self, id: Option<&str>) -> Result<usize, Refused> {
        let found = match id {
            None => (!self.companies.is_empty()).then_some(0),
            Some(id) => self.companies.iter().position(|company| company.id == id),
        };
        found.ok_or_else(|| Refused::new(format!("there is no company {id:?}")))
    }

    /// Does something with one company and the surroundings of a call. What is `seeded` was there before.
    fn on<R>(
        &mut self,
        cx: &Cx<'_>,
        at: usize,
        request: &Request,
        seeded: bool,
        then: impl FnOnce(&mut Company, &mut Call<'_>) -> R,
    ) -> Option<R> {
        self.calls = self.calls.saturating_add(1);
        let params = request.query_pairs();
        let host = format!("http://{}", request.header("host").unwrap_or("localhost"));
        let company = self.companies.get_mut(at)?;
        let mut call = Call {
            now: cx.now,
            cx,
            mint: &mut self.mint,
            mails: &mut self.mails,
            params: &params,
            host,
            serial: self.calls,
        };
        let done = then(company, &mut call);
        if seeded {
            company.skip_births();
        } else {
            company.note_births(cx);
        }
        Some(done)
    }

    fn api(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        let decoded: Vec<String> = request.segments().into_iter().skip(1).map(with_plain_id).collect();
        let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
        let grant = request.bearer().and_then(|token| self.identity.grant(cx.now, token)).cloned();
        let Some(grant) = grant else {
            return self.refused(cx, &Refusal::not_authorized("Authorization has been denied for this request."));
        };
        if let Err(seconds) = self.quota.count(cx, &grant.client, request, &segments) {
            return self.too_many(cx, seconds.limit, seconds.left);
        }
        let sandbox = self.identity.is_sandbox(&grant.client);
        let Ok(at) = self.at(Some(&grant.company)) else {
            return self.refused(cx, &Refusal::no_user_access("the company is not there any more"));
        };
        let admitted = match self.companies.get(at) {
            Some(company) => access::admit(cx, company, &grant, sandbox, request, &segments),
            None => return Reply::empty(404),
        };
        let answer = match admitted {
            Err(refusal) => Err(refusal),
            Ok(area) if !area.emulated => {
                return Reply::text(501, "text/plain", &format!("the emulator does not answer {}", request.path));
            }
            Ok(_) => self
                .on(cx, at, request, false, |company, call| routes::answer(company, call, request, &segments))
                .unwrap_or_else(|| Ok(Reply::empty(404))),
        };
        answer.unwrap_or_else(|refusal| self.refused(cx, &refusal))
    }

    /// A refusal as the vendor answers it.
    fn refused(&mut self, cx: &Cx<'_>, refusal: &Refusal) -> Reply {
        let missing = cx.switches.word(&switches::MISSING);
        if refusal.missing && missing == "404_empty" {
            return Reply::empty(404);
        }
        let status = match refusal.status {
            _ if refusal.missing && missing == "400" => 400,
            400 if UNKNOWN_STATUS.contains(&refusal.code) && cx.switches.is(&switches::REFUSAL_STATUS, "409") => 409,
            status => status,
        };
        Reply::json(status, &refusal.body(&self.mint.id()))
    }

    fn too_many(&mut self, cx: &Cx<'_>, limit: u32, seconds: i64) -> Reply {
        let reply = self.refused(cx, &Refusal::too_many(limit, seconds));
        if cx.switches.is(&switches::RETRY_AFTER, "present") {
            reply.with_header("retry-after", seconds.to_string())
        } else {
            reply
        }
    }

    fn seed_client(&mut self, record: Value) -> Result<(), String> {
        let client: Client = serde_json::from_value(record).map_err(|error| error.to_string())?;
        self.identity.clients.retain(|known| known.client_id != client.client_id);
        self.identity.clients.push(client);
        Ok(())
    }

    fn seed_company(&mut self, record: &Value) -> Result<(), String> {
        let id = record.get("Id").and_then(Value::as_str).ok_or("a company needs an Id")?;
        if self.at(Some(id)).is_err() {
            let name = record.get("Name").and_then(Value::as_str).unwrap_or("Bolaget AB");
            self.companies.push(sample::company(id, name));
        }
        match self.companies.iter_mut().find(|company| company.id == id) {
            Some(company) => seed::settings(company, record),
            None => Ok(()),
        }
    }

    fn seed_record(&mut self, cx: &Cx<'_>, resource: Resource, record: &Value) -> Result<(), String> {
        let company = record.get("$company").and_then(Value::as_str);
        let at = self.at(company).map_err(|refused| refused.0)?;
        let nothing = Request::default();
        let seeded = self.on(cx, at, &nothing, true, |company, call| seed::record(company, call, resource, record));
        seeded.unwrap_or(Ok(()))
    }
}

/// An id in a path in the one form in which ids are stored.
fn with_plain_id(segment: String) -> String {
    match uuid::Uuid::parse_str(&segment) {
        Ok(id) if segment.len() >= 32 => id.to_string(),
        _ => segment,
    }
}

impl Vendor for Eekonomi {
    fn name(&self) -> &'static str {
        "eekonomi"
    }

    fn switches(&self) -> &'static [Switch] {
        switches::ALL
    }

    fn collections(&self) -> &'static [&'static str] {
        COLLECTIONS
    }

    fn handle(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        let segments = request.segments();
        match segments.first().map(String::as_str) {
            Some("connect") => {
                let name = |company: &Company| record::text(&company.settings, "Name").unwrap_or_default().to_owned();
                let companies: Vec<_> = self.companies.iter().map(|one| (one.id.clone(), name(one))).collect();
                self.identity.answer(cx, &mut self.mint, request, &companies)
            }
            Some("temp") if request.method == "GET" && segments.len() == 3 => {
                let mut reply = Reply::text(200, "application/pdf", "");
                reply.body = sending::paper("invoice");
                reply
            }
            Some("v2") => self.api(cx, request),
            _ => Reply::empty(404),
        }
    }

    fn state(&self) -> Value {
        let company = |company: &Company| {
            let mut shown = Map::new();
            shown.insert("Id".to_owned(), json!(company.id));
            shown.insert("Settings".to_owned(), json!(company.settings));
            shown.insert("payments".to_owned(), json!(company.payments));
            for resource in Resource::ALL {
                shown.insert(resource.name().to_owned(), company.all(resource).cloned().map(Value::Object).collect());
            }
            Value::Object(shown)
        };
        json!({ "companies": self.companies.iter().map(company).collect::<Vec<_>>(), "mails": self.mails })
    }

    fn seed(&mut self, cx: &Cx<'_>, collection: &str, records: Vec<Value>) -> Result<(), Refused> {
        for (place, record) in records.into_iter().enumerate() {
            let seeded = match (collection, Resource::named(collection)) {
                ("clients", _) => self.seed_client(record),
                ("companies", _) => self.seed_company(&record),
                (_, Some(resource)) => self.seed_record(cx, resource, &record),
                (name, None) => Err(format!("there is no collection {name}")),
            };
            seeded.map_err(|why| Refused::new(format!("record {place}: {why}")))?;
        }
        Ok(())
    }

    fn failure(&self, status: u16) -> Reply {
        // the code that the vendor gives with this status; others come from what stands before it, with a body of its own
        let (code, name) = match status {
            400 => (2000, "DataModelValidationError"),
            401 => (4005, "AuthorizationException"),
            403 => (4006, "NoAccessToScopes"),
            404 => (3000, "ResourceNotFound"),
            409 => (4000, "Conflict"),
            429 => (4010, "TooManyRequests"),
            500..600 => (5000, "InternalServerError"),
            _ => return Reply::json(status, &json!({ "Message": format!("injected fault {status}") })),
        };
        let body = json!({
            "ErrorCode": code,
            "DeveloperErrorMessage": format!("{name} - injected fault {status}"),
            "ErrorId": uuid::Uuid::from_u64_pair(u64::from(status), u64::MAX).to_string(),
            "Errors": [],
        });
        Reply::json(status, &body)
    }

    fn rate_limited(&self) -> Reply {
        let refusal = Refusal::too_many(600, 55);
        Reply::json(refusal.status, &refusal.body(&uuid::Uuid::from_u64_pair(4010, u64::MAX).to_string()))
    }

    fn act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Map<String, Value>) -> Result<Value, Refused> {
        let company = arguments.get("company").and_then(Value::as_str);
        let at = self.at(company)?;
        let id = self.companies.get(at).map(|company| company.id.clone()).unwrap_or_default();
        match action {
            "sign_in" => {
                let scopes = arguments.get("scopes").and_then(Value::as_str).unwrap_or(DEFAULT_SCOPES);
                let tokens = self.sign_in(cx, &id, scopes)?;
                Ok(json!({ "access_token": tokens.access_token, "refresh_token": tokens.refresh_token }))
            }
            "change_password" => {
                self.identity.password_changed();
                Ok(json!({}))
            }
            "set_company" => {
                if let Some(Value::Bool(default)) = arguments.get("default") {
                    self.identity.default_company = default.then_some(id);
                }
                let set = self.companies.get_mut(at).map(|company| acts::set_company(company, arguments));
                set.unwrap_or_else(|| Ok(json!({}))).map_err(Refused::new)
            }
            action => {
                let nothing = Request::default();
                let done =
                    self.on(cx, at, &nothing, false, |company, call| acts::act(company, call, action, arguments));
                done.unwrap_or_else(|| Ok(json!({}))).map_err(Refused::new)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_can_be_seeded() {
        let names: Vec<_> = ["clients", "companies"].into_iter().chain(Resource::ALL.map(Resource::name)).collect();
        assert_eq!(COLLECTIONS, names);
    }
}
