//! What is read of a company once a day: who it is, what its edition has, its code lists, and which queries its lists
//! take. All of it is in the snapshot that the store keeps, so that an idle run spends no call on it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, value::RawValue};
use sync_core::{Context, Error, ErrorKind, Field, Result, capability::Choice, connector::Tenant, store::Snapshot};

use crate::{
    client::{Api, Resource, trial_of_changes},
    codes,
    config::{Config, org_number},
    errors, streams,
    wire::Wire,
};

/// The form in which a snapshot is stored; another one is read anew.
const FORMAT: u32 = 3;
/// How many entries of a list an error tells.
const MOST_TOLD: usize = 20;
/// How long a snapshot is good.
const GOOD_FOR: TimeDelta = TimeDelta::hours(24);

/// What is known of a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Company {
    format: u32,
    /// Its name, with which a person sees whether the login went to the right one.
    pub name: String,
    /// Its organisation number as eEkonomi shows it.
    pub org_number: String,
    /// The vendor's own id of it, if shown.
    pub identifier: Option<String>,
    /// ISO 3166-1 alpha-2: `SE`.
    pub country: String,
    /// ISO 4217: `SEK`.
    pub currency: String,
    /// The edition in the vendor's word: `Pro`, `Invoicing`.
    pub edition: String,
    /// Names of the modules that are switched on, as far as the vendor shows them.
    pub modules: Vec<String>,
    /// It may be read but not written to.
    pub read_only: bool,
    /// Rows may name cost centres: a setting of the company.
    pub uses_cost_centres: bool,
    /// The id of the terms of payment that a new customer gets.
    pub payment_terms: Option<String>,
    /// Bookings up to this day are locked.
    pub locked_to: Option<NaiveDate>,
    /// Code lists by the vendor's resource: `termsofpayments`, `units`, `articleaccountcodings` …
    pub lists: BTreeMap<String, Vec<Code>>,
    /// Lists and streams that this login does not reach, with why.
    pub closed: BTreeMap<String, String>,
    /// What the streams' lists take; a stream that is not here is closed.
    pub(crate) streams: BTreeMap<String, Reach>,
}

/// An entry of a code list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Code {
    /// The code: a GUID for most lists, the code itself for currencies and countries.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The short form on documents: `st`, `FK`, `25%`.
    pub short: Option<String>,
    /// VAT in percent, where the entry has one.
    pub vat_rate: Option<Decimal>,
    /// The account that domestic sales with VAT are booked on.
    pub account: Option<String>,
    /// What an article account coding is for, in the vendor's word: goods or services.
    pub kind: Option<String>,
    /// Whether it is in use, where the list says so.
    pub is_active: Option<bool>,
    /// ISO 4217, where the entry is in a currency: a price list.
    pub currency: Option<String>,
}

/// What the list of a stream takes. Whether a property can be filtered by is published for a few only, so it is tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reach {
    /// Its rows can be sorted by their key.
    pub(crate) sorted: bool,
    /// Filters by the stamps of change, or of creation where there are no others.
    pub(crate) since: bool,
    /// Properties that can be looked for.
    pub(crate) find: BTreeSet<String>,
}

/// The code lists that are read, and the fields of their entries.
const LISTS: [(&str, &str); 15] = [
    ("termsofpayments", "/termsofpayments"),
    ("units", "/units"),
    ("articleaccountcodings", "/articleaccountcodings"),
    ("currencies", "/currencies"),
    ("countries", "/countries"),
    ("deliverymethods", "/deliverymethods"),
    ("deliveryterms", "/deliveryterms"),
    ("customerlabels", "/customerlabels"),
    ("vatcodes", "/vatcodes"),
    ("bankaccounts", "/bankaccounts"),
    ("articlelabels", "/articlelabels"),
    ("salespricelists", "/salespricelists"),
    ("discountagreements", "/discountagreements"),
    ("costcenters", "/costcenters"),
    ("accounts", "/accounts"),
];

impl Company {
    /// The one in a stored snapshot, if it is of today and in today's form.
    pub(crate) fn stored(snapshot: Option<&Snapshot>, now: DateTime<Utc>) -> Option<Self> {
        let snapshot = snapshot.filter(|snapshot| now.signed_duration_since(snapshot.at) < GOOD_FOR)?;
        Self::deserialize(&snapshot.content).ok().filter(|company| company.format == FORMAT)
    }
    /// Reads all of it. Some forty calls.
    pub(crate) async fn read(cx: &Context, api: &Api, config: &Config) -> Result<Self> {
        let mut company = Self::settings(cx, api).await?;
        company.check(config)?;
        for (name, path) in LISTS {
            if name == "costcenters" && !company.uses_cost_centres {
                continue;
            }
            match api.all(cx, "read code lists", path, None).await {
                Ok(rows) => _ = company.lists.insert(name.to_owned(), entries(name, &rows)?),
                Err(error) => company.close(name, error)?,
            }
        }
        for of in streams::RESOURCES.into_iter().filter(|of| config.wants(of.name)) {
            match reach(cx, api, of, config).await {
                Ok(reach) => _ = company.streams.insert(of.name.to_owned(), reach),
                Err(error) => company.close(of.name, error)?,
            }
        }
        if company.streams.is_empty() {
            let why = company.closed.get("customers").cloned().unwrap_or_default();
            let what = format!("nothing of '{}' ({}) can be reached: {why}", company.name, company.edition);
            return Err(Error::new(ErrorKind::Permission, "connect", what));
        }
        Ok(company)
    }
    /// Who it is, in one call.
    pub(crate) async fn settings(cx: &Context, api: &Api) -> Result<Self> {
        let settings = api.object(cx, "read company settings", "/companysettings").await?;
        let text = |name| settings.text(name).map(Field::into_value);
        let status = settings.whole("CompanyStatus")?.into_value();
        let name = text("Name")?.unwrap_or_default();
        if status == Some(0) {
            let what = format!("the company '{name}' is not active in eEkonomi: ask the vendor's support");
            return Err(Error::new(ErrorKind::Permission, "connect", what));
        }
        let modules = settings.get("ActivatedModules").and_then(|modules| modules.as_array());
        Ok(Self {
            format: FORMAT,
            org_number: text("CorporateIdentityNumber")?.unwrap_or_default(),
            identifier: text("CompanyIdentifier")?,
            country: text("CountryCode")?.unwrap_or_default(),
            currency: text("CurrencyCode")?.unwrap_or_default(),
            edition: codes::edition(settings.whole("ProductVariant")?.into_value().unwrap_or_default()).to_owned(),
            modules: modules.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
            read_only: status == Some(2),
            uses_cost_centres: settings.flag("UsesCostCenter")?.into_value().unwrap_or_default(),
            payment_terms: settings.id("TermsOfPaymentId")?.into_value(),
            locked_to: settings.day("AccountingLockedTo")?.into_value(),
            lists: BTreeMap::new(),
            closed: BTreeMap::new(),
            streams: BTreeMap::new(),
            name,
        })
    }
    /// Refuses a company that the configuration does not name: a person with a default company is led to that one in
    /// silence.
    pub(crate) fn check(&self, config: &Config) -> Result<()> {
        if org_number(&self.org_number) == org_number(&config.company) {
            return Ok(());
        }
        let what = format!(
            "the login belongs to '{}' ({}), the configuration names {}: log in again and choose that company",
            self.name, self.org_number, config.company
        );
        Err(Error::new(ErrorKind::Auth, "connect", what))
    }
    /// Whom we talk to.
    pub(crate) fn tenant(&self) -> Tenant {
        Tenant {
            id: self.identifier.clone().unwrap_or_else(|| org_number(&self.org_number)),
            name: self.name.clone(),
            base_currency: Some(self.currency.clone()).filter(|currency| !currency.is_empty()),
        }
    }
    /// What the store keeps.
    pub(crate) fn snapshot(&self, at: DateTime<Utc>) -> Result<Snapshot> {
        let content = serde_json::to_value(self).map_err(|error| {
            Error::new(ErrorKind::Internal, "connect", "what was read of the company cannot be stored")
                .with_source(error)
        })?;
        Ok(Snapshot { at, content })
    }
    /// The zone of its business dates.
    pub(crate) fn zone(&self) -> Tz {
        codes::zone(&self.country)
    }
    /// What the list of a stream takes; none if the stream is closed.
    pub(crate) fn reach(&self, stream: &str) -> Option<Reach> {
        self.streams.get(stream).cloned()
    }
    /// What a list offers to people; nothing of a list that this login does not reach.
    pub(crate) fn choices(&self, list: &str) -> Vec<Choice> {
        let used = self.lists.get(list).into_iter().flatten().filter(|code| code.is_active != Some(false));
        used.map(|code| Choice::new(&code.id, &code.name)).collect()
    }
    /// An entry of a list.
    pub(crate) fn code(&self, list: &str, id: &str) -> Option<&Code> {
        self.lists.get(list)?.iter().find(|code| code.id == id)
    }
    /// The entry of a list that a document names by name or by short form.
    pub(crate) fn named(&self, list: &str, name: Option<&str>, short: Option<&str>) -> Option<&Code> {
        let codes = self.lists.get(list)?;
        let by_short = short.and_then(|short| codes.iter().find(|code| code.short.as_deref() == Some(short)));
        by_short.or_else(|| name.and_then(|name| codes.iter().find(|code| code.name == name)))
    }
    /// Whether it is known of each stream that the connection is to have whether the company has it.
    pub(crate) fn covers(&self, config: &Config) -> bool {
        let known = |name: &str| self.streams.contains_key(name) || self.closed.contains_key(name);
        config.more_streams.iter().all(|name| known(name))
    }
    /// Refuses configured codes that the company does not have.
    pub(crate) fn check_named(&self, config: &Config) -> Result<()> {
        self.check_bank_account(config)?;
        self.check_codes(config)
    }
    /// Refuses a configured bank account that the company does not have, where its accounts can be read.
    fn check_bank_account(&self, config: &Config) -> Result<()> {
        let (Some(account), Some(known)) = (&config.bank_account, self.lists.get("bankaccounts")) else {
            return Ok(());
        };
        if known.iter().any(|code| code.id.eq_ignore_ascii_case(account)) {
            return Ok(());
        }
        let what = format!(
            "bank_account names '{account}', which '{}' does not have; there are {}",
            self.name,
            self.told("bankaccounts", |_| true)
        );
        Err(Error::new(ErrorKind::Config, "connect", what))
    }
    /// Refuses a configured coding or unit that the company does not have, where those lists can be read.
    fn check_codes(&self, config: &Config) -> Result<()> {
        let codings = [("codings.goods", &config.codings.goods), ("codings.services", &config.codings.services)];
        let named = codings.into_iter().flat_map(|(key, rates)| {
            rates.iter().map(move |(rate, id)| (format!("{key}.{rate}"), "articleaccountcodings", id))
        });
        let unit = config.fillers.unit.iter().map(|id| ("fillers.unit".to_owned(), "units", id));
        for (key, list, id) in named.chain(unit) {
            if self.lists.contains_key(list) && self.code(list, id).is_none() {
                let what = format!(
                    "{key} names '{id}', which '{}' does not have; there are {}",
                    self.name,
                    self.told(list, |_| true)
                );
                return Err(Error::new(ErrorKind::Config, "connect", what));
            }
        }
        Ok(())
    }
    /// Entries of a list with their ids, for a person who is to name one.
    pub(crate) fn told(&self, list: &str, which: impl Fn(&Code) -> bool) -> String {
        let codes: Vec<&Code> = self.lists.get(list).into_iter().flatten().filter(|code| which(code)).collect();
        let mut told: Vec<String> =
            codes.iter().take(MOST_TOLD).map(|code| format!("{} ({})", code.id, code.name)).collect();
        match codes.len().saturating_sub(MOST_TOLD) {
            0 => {}
            more => told.push(format!("and {more} more")),
        }
        if told.is_empty() { "none".to_owned() } else { told.join(", ") }
    }
    /// Whether the company keeps stock in the vendor's own stock module, as far as its modules' names tell. How that one
    /// is called is not published.
    pub(crate) fn has_stock_module(&self) -> bool {
        self.modules.iter().any(|module| module.to_ascii_lowercase().contains("stock"))
    }
    /// Whether a payment can be registered: it is booked on a bank account, and one is known.
    pub(crate) fn takes_payments(&self, config: &Config) -> bool {
        let listed = self.lists.get("bankaccounts").is_some_and(|accounts| !accounts.is_empty());
        !self.read_only && (config.bank_account.is_some() || listed)
    }

    /// Notes what this login does not reach, and what is not offered at all. Errors: those that are about something else
    /// than the edition, a module, a scope or a right of the user.
    fn close(&mut self, name: &str, error: Error) -> Result<()> {
        let about_access = matches!(errors::code(&error), Some(4002 | 4006 | 4007 | 4009));
        // the add-on for integrations is missing: then nothing works, and the person must hear of that alone
        let add_on = error.vendor_text().and_then(codes::module) == Some("api_standard");
        let not_offered = error.kind() == ErrorKind::Unsupported;
        if not_offered || error.kind() == ErrorKind::Permission && about_access && !add_on {
            self.closed.insert(name.to_owned(), error.message().to_owned());
            return Ok(());
        }
        Err(error)
    }
}

fn entries(list: &str, rows: &[Box<RawValue>]) -> Result<Vec<Code>> {
    let mut codes: Vec<Code> = Vec::with_capacity(rows.len());
    for row in rows {
        let wire: Wire = serde_json::from_str(row.get()).map_err(|_| {
            Error::new(ErrorKind::Protocol, "read code lists", "an entry of a code list is no JSON object")
        })?;
        if list == "costcenters" {
            // three dimensions; what rows of documents name are the items in them
            for item in wire.rows("Items")?.into_value().unwrap_or_default() {
                codes.push(entry(&item)?);
            }
            continue;
        }
        let code = entry(&wire)?;
        // an account stands there once for each fiscal year
        if list != "accounts" || !codes.iter().any(|known| known.id == code.id) {
            codes.push(code);
        }
    }
    Ok(codes)
}

fn entry(wire: &Wire) -> Result<Code> {
    let text = |name| wire.text(name).map(Field::into_value);
    let first = |names: &[&'static str]| -> Result<Option<String>> {
        for name in names {
            if let Some(found) = text(name)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    };
    let rate = match wire.number("VatRatePercent")?.into_value() {
        Some(percent) => Some(percent),
        // codings write their rate as text, `25%`; VAT codes as a number
        None => wire.number("VatRate").ok().and_then(Field::into_value),
    };
    Ok(Code {
        id: first(&["Id", "Code", "Number"])?.unwrap_or_default(),
        name: first(&["Name", "Description", "Code"])?.unwrap_or_default(),
        short: first(&["Abbreviation", "ShortName", "Code", "Number"])?,
        vat_rate: rate.map(codes::vat_percent),
        account: text("DomesticSalesSubjectToVatAccountNumber")?,
        // accounts have a type too, a number
        kind: wire.get("Type").and_then(Json::as_str).map(str::to_owned),
        is_active: wire.flag("IsActive")?.into_value(),
        currency: text("CurrencyCode")?,
    })
}

/// Tries what the list of a resource takes.
async fn reach(cx: &Context, api: &Api, of: &Resource, config: &Config) -> Result<Reach> {
    let since = trial_of_changes(of, cx.clock.now());
    let mut reach = Reach::default();
    // the usual answer comes first; nothing at all asked for must work
    for (since_too, sorted) in [(true, true), (true, false), (false, true), (false, false)] {
        let filter = since.as_deref().filter(|_| since_too);
        let order = sorted.then(|| streams::key_of(of));
        if (since_too && filter.is_none()) || !api.takes(cx, of, filter, order).await? {
            continue;
        }
        reach = Reach { sorted, since: since_too, find: BTreeSet::new() };
        break;
    }
    for (name, filter) in streams::looked_for(of.name, config) {
        if api.takes(cx, of, Some(&filter), None).await? {
            reach.find.insert(name.to_owned());
        }
    }
    Ok(reach)
}
