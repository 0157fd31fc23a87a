//! One module for each resource of the vendor's.

mod article_price;
mod article_stock;
mod articles;
mod codings;
mod customers;
mod document;
mod drafts;
mod invoices;
mod ledger;
mod orders;
mod price_list;
mod projects;
mod quotes;
mod rows;
mod suppliers;
mod vouchers;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Context, Error, ErrorKind, ExternalRef, Field, FieldMap, FieldPath, Result, StreamKey, SystemId, Value,
    capability::{FieldCapability, Listing, Since, StreamCapability},
    connector::ListFrom,
    handler::{RawPage, Router, extras},
    model::{Item, Organisation},
};

use crate::{
    client::{Api, PAGE_MAX, Resource, equals},
    company::{Company, Reach},
    config::{Config, org_number},
    wire::{Wire, number},
};

/// The streams that have a list of their own.
pub(crate) const NAMES: [&str; 12] = [
    "customers",
    "articles",
    "salespricelistprices",
    "orders",
    "quotes",
    "quotedrafts",
    "customerinvoicedrafts",
    "customerinvoices",
    "customerledgeritems",
    "projects",
    "suppliers",
    "vouchers",
];

/// Those of kinds that others show too: they are there where the configuration asks for them.
pub(crate) const MORE: [&str; 3] = ["quotes", "quotedrafts", "suppliers"];

/// Their resources.
pub(crate) const RESOURCES: [&Resource; 12] = [
    &customers::CUSTOMERS,
    &articles::ARTICLES,
    &price_list::PRICES,
    &orders::ORDERS,
    &quotes::QUOTES,
    &quotes::DRAFTS,
    &drafts::DRAFTS,
    &invoices::INVOICES,
    &ledger::LEDGER_ITEMS,
    &projects::PROJECTS,
    &suppliers::SUPPLIERS,
    &vouchers::VOUCHERS,
];

/// The properties by which a list is sorted, so that its pages do not overlap.
pub(crate) fn key_of(of: &Resource) -> &'static str {
    match of.name {
        "salespricelistprices" => "SalesPriceListId,ArticleId",
        _ => "Id",
    }
}

/// The properties that a stream would look for records by, each with a filter to try.
pub(crate) fn looked_for(stream: &str, config: &Config) -> Vec<(&'static str, String)> {
    let texts = |names: &[&'static str]| names.iter().map(|name| (*name, equals(name, "-"))).collect::<Vec<_>>();
    let mark = config.mark.name();
    match stream {
        "customers" => texts(&["CustomerNumber", "EmailAddress", "CorporateIdentityNumber"]),
        "articles" | "projects" => texts(&["Number"]),
        "suppliers" => texts(&["SupplierNumber", "EmailAddress", "CorporateIdentityNumber"]),
        "quotes" | "quotedrafts" => texts(&[quotes::mark_name(config)]),
        "orders" | "customerinvoicedrafts" => texts(&[mark]),
        "customerinvoices" => {
            let number = ("InvoiceNumber", "InvoiceNumber eq 0".to_owned());
            texts(&[mark]).into_iter().chain([number]).collect()
        }
        _ => Vec::new(),
    }
}

/// Adds the streams that the company reaches.
pub(crate) fn add(mut router: Router, shared: &Arc<Shared>) -> Result<Router> {
    let has = |of: &Resource| shared.has(of.name);
    if has(&customers::CUSTOMERS) {
        router = router.with(customers::Customers::new(shared.clone()))?;
    }
    if has(&articles::ARTICLES) {
        router = router.with(articles::Articles::new(shared.clone()))?;
    }
    if has(&price_list::PRICES) {
        router = router.with(price_list::ListPrices::new(shared.clone()))?;
    }
    if has(&orders::ORDERS) {
        router = router.with(orders::Orders::new(shared.clone()))?;
    }
    for of in [&quotes::QUOTES, &quotes::DRAFTS] {
        if has(of) {
            router = router.with(quotes::Quotes::new(shared.clone(), of))?;
        }
    }
    if has(&drafts::DRAFTS) {
        router = router.with(drafts::Drafts::new(shared.clone()))?;
    }
    if has(&invoices::INVOICES) {
        router = router.with(invoices::Invoices::new(shared.clone()))?;
    }
    if has(&ledger::LEDGER_ITEMS) {
        router = router.with(ledger::LedgerItems::new(shared.clone()))?;
    }
    if has(&projects::PROJECTS) {
        router = router.with(projects::Projects::new(shared.clone()))?;
    }
    if has(&suppliers::SUPPLIERS) {
        router = router.with(suppliers::Suppliers::new(shared.clone()))?;
    }
    if has(&vouchers::VOUCHERS) {
        router = router.with(vouchers::Vouchers::new(shared.clone()))?;
    }
    Ok(router)
}

/// Of every row the id alone.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "Id")]
    pub(crate) id: String,
}

/// What all streams of a connection share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) api: Api,
    pub(crate) config: Arc<Config>,
    pub(crate) company: Arc<Company>,
    pub(crate) system: SystemId,
}

/// Stamps are compared with a clock that is not ours, and nobody says how soon a change shows: so far each listing of
/// changes goes back.
const LAG_S: u32 = 120;

/// Our fields that hold ids of the vendor's lists, by the last part of their paths, with the lists' names.
const LISTS_OF: [(FieldPath, &str); 6] = [
    (Organisation::PAYMENT_TERMS, "termsofpayments"),
    (Organisation::DELIVERY_TERMS, "deliveryterms"),
    (Organisation::DELIVERY_METHOD, "deliverymethods"),
    (Organisation::PRICE_LIST, "salespricelists"),
    (Item::UNIT, "units"),
    (Item::POSTING_GROUP, "articleaccountcodings"),
];

impl Shared {
    /// The record of a stream of this connection.
    pub(crate) fn link(&self, stream: &str, id: String) -> ExternalRef {
        StreamKey { system: self.system.clone(), stream: stream.into() }.id(id)
    }
    /// Whether the connection has this stream.
    pub(crate) fn has(&self, stream: &str) -> bool {
        self.company.reach(stream).is_some() && self.config.wants(stream)
    }
    /// Whether records may be written that need this scope.
    pub(crate) fn writes(&self, scope: &str) -> bool {
        !self.company.read_only && self.config.has_scope(scope)
    }
    fn reach(&self, of: &Resource) -> Reach {
        self.company.reach(of.name).unwrap_or_default()
    }
    /// What every stream can do: be listed, read by id, and looked for by those of `find` that its list takes.
    pub(crate) fn declare(
        &self,
        of: &Resource,
        can: &mut StreamCapability,
        misses: bool,
        find: &[(&'static str, FieldPath)],
    ) {
        let reach = self.reach(of);
        let mut listing = Listing::complete(PAGE_MAX);
        if reach.since && of.modified.is_some() {
            // stamps of whole seconds are the coarsest that the vendor's samples show
            listing =
                listing.since(Since { precision_ms: 1000, inclusive: true, lag_s: LAG_S, ascending: false, misses });
        }
        can.list = Some(listing);
        can.get_max = 1;
        can.stamps = of.modified.is_some();
        can.search_lag_s = self.config.search_lag_s;
        can.find_by = find.iter().filter(|(name, _)| reach.find.contains(*name)).map(|(_, path)| *path).collect();
        for name in self.config.own_fields(of.name) {
            can.fields.insert(own(&name), FieldCapability::read_only());
        }
        for (path, field) in &mut can.fields {
            let list = LISTS_OF.iter().find(|(ours, _)| path.as_str().rsplit('.').next() == Some(ours.as_str()));
            field.choices = list.map(|(_, list)| self.company.choices(list)).unwrap_or_default();
        }
    }
    /// One page.
    pub(crate) async fn page(&self, cx: &Context, of: &Resource, from: &ListFrom, size: u32) -> Result<RawPage> {
        self.api.page(cx, of, self.reach(of), key_of(of), from, size).await
    }
    /// Records by id.
    pub(crate) async fn get(&self, cx: &Context, of: &Resource, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(self.api.get(cx, of, id).await?);
        }
        Ok(rows)
    }
    /// Records that all of `by` is true of; `filter` says how a field is asked for.
    pub(crate) async fn find(
        &self,
        cx: &Context,
        of: &Resource,
        by: &FieldMap,
        filter: impl Fn(FieldPath, &str) -> Option<String>,
    ) -> Result<Vec<Box<RawValue>>> {
        let mut parts = Vec::new();
        for (path, value) in by.iter() {
            let part = value.as_text().and_then(|text| filter(path, text));
            parts.push(part.ok_or_else(|| {
                let what = format!("'{path}' cannot be looked for with {value}");
                Error::new(ErrorKind::Unsupported, of.find, what).with_context("field", path)
            })?);
        }
        self.api.all(cx, of.find, of.all, Some(&parts.join(" and "))).await
    }
    /// The vendor's own fields that the configuration wants of a record.
    pub(crate) fn own_fields(&self, of: &Resource, wire: &Wire) -> FieldMap {
        let names = self.config.own_fields(of.name);
        extras("eekonomi", wire.map(), names.iter().map(String::as_str))
    }
}

/// Takes fields out of each row of a list.
pub(crate) fn strip(body: &mut Wire, list: &str, names: &[&str]) {
    if let Ok(Field::Set(rows)) = body.rows(list) {
        let rows = rows.into_iter().map(|row| serde_json::to_value(row.without(names)).unwrap_or_default());
        body.set(list, rows.collect::<Vec<Json>>());
    }
}

/// Numbers are stored as somebody typed them: with a hyphen or without, with the century or without.
pub(crate) fn registration_filter(text: &str) -> String {
    let short = org_number(text);
    let hyphen = match short.split_at_checked(short.len().saturating_sub(4)) {
        Some((front, back)) if short.len() >= 10 => format!("{front}-{back}"),
        _ => String::new(),
    };
    let mut forms = vec![text.to_owned()];
    for form in [short, hyphen] {
        if !form.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    }
    let parts: Vec<String> = forms.iter().map(|form| equals("CorporateIdentityNumber", form)).collect();
    format!("({})", parts.join(" or "))
}

/// The path of one of the vendor's own fields.
pub(crate) fn own(name: &str) -> FieldPath {
    FieldPath::new(&format!("x.eekonomi.{name}"))
}

/// Makes the wanted own fields writable, but those that the vendor computes.
pub(crate) fn declare_own(names: &[String], read_only: &[&str], can: &mut StreamCapability) {
    for name in names.iter().filter(|name| !read_only.contains(&name.as_str())) {
        can.fields.insert(own(name), FieldCapability::read_write());
    }
}

/// Writes the vendor's own fields that are to be sent.
pub(crate) fn write_own(fields: &FieldMap, body: &mut Wire) -> Result<()> {
    for (path, value) in fields.iter().filter(|(path, _)| path.is_extension()) {
        let Some(name) = path.as_str().strip_prefix("x.eekonomi.") else { continue };
        let json = match value {
            Value::Null => Json::Null,
            Value::Bool(yes) => Json::from(*yes),
            Value::Int(whole) => Json::from(*whole),
            Value::Decimal(amount) => number(*amount),
            Value::Text(text) => Json::from(&**text),
            Value::Date(day) => Json::from(day.to_string()),
            _ => {
                let what = format!("'{path}' cannot hold {value}");
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", path));
            }
        };
        let same = matches!((body.get(name), &json), (Some(Json::Number(is)), Json::Number(wanted))
            if is.to_string().parse::<rust_decimal::Decimal>().ok() == wanted.to_string().parse().ok());
        if !same {
            body.set(name, json);
        }
    }
    Ok(())
}
