//! One module for each kind of resource.

mod balances;
mod contacts;
mod direct;
mod document;
mod inventory;
mod invoice_lines;
mod invoices;
mod journal;
mod order_lines;
mod orders;
mod organisations;
mod own;
mod payments;
mod projects;
mod sales_prices;
mod shipments;

use std::sync::Arc;

use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, Error, ErrorKind, ExternalRef, Field, FieldMap, FieldPath, Result, StreamKey, SystemId, Value,
    capability::{Listing, Since, StreamCapability},
    connector::{ListFrom, Version},
    handler::{Head, RawPage, Router},
    model::LinkTo,
};

use crate::{
    client::{Api, PAGE_MAX, Resource},
    columns::{self, Column, own_columns},
    company::Company,
    config::Config,
    wire::Wire,
};

pub(crate) use journal::series;
pub(crate) use orders::stream as order_stream;

/// Streams that are there where the configuration asks for them.
pub(crate) const MORE: [&str; 7] = [
    "suppliers",
    "sales_prices",
    "payments",
    direct::SOLD_BY_INVOICE,
    projects::PROJECTS,
    journal::JOURNAL,
    balances::BALANCES,
];

/// What stands in each row of a list and counts the others.
const METADATA: [&str; 1] = ["metadata"];

/// Adds the streams that the connection is to have.
pub(crate) fn add(mut router: Router, shared: &Arc<Shared>) -> Result<Router> {
    router = router.with(organisations::Organisations::new(shared.clone(), &organisations::CUSTOMER))?;
    router = router.with(contacts::Contacts::new(shared.clone()))?;
    router = router.with(inventory::Inventory::new(shared.clone()))?;
    if !shared.config.order_scopes.is_empty() {
        for (place, order_type) in shared.config.order_types.iter().enumerate() {
            router = router.with(orders::Orders::new(shared.clone(), order_type, place == 0))?;
        }
    }
    router = router.with(invoices::Invoices::new(shared.clone(), &invoices::INVOICE))?;
    router = router.with(invoices::Invoices::new(shared.clone(), &invoices::CREDIT_NOTE))?;
    if shared.config.wants("suppliers") {
        router = router.with(organisations::Organisations::new(shared.clone(), &organisations::SUPPLIER))?;
    }
    if shared.config.wants("sales_prices") {
        router = router.with(sales_prices::SalesPrices::new(shared.clone()))?;
    }
    if shared.config.wants("payments") {
        router = router.with(payments::Payments::new(shared.clone()))?;
    }
    if shared.config.wants(projects::PROJECTS) {
        router = router.with(projects::Projects::new(shared.clone()))?;
    }
    if shared.config.wants(journal::JOURNAL) {
        router = router.with(journal::Journal::new(shared.clone()))?;
    }
    if shared.config.wants(balances::BALANCES) {
        router = router.with(balances::Balances::new(shared.clone()))?;
    }
    Ok(router)
}

/// What all streams of a connection share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) api: Api,
    pub(crate) config: Arc<Config>,
    pub(crate) company: Arc<Company>,
    pub(crate) system: SystemId,
}

/// Stamps are of a clock that is not ours, and nobody says how soon a change shows: so far each listing of changes goes
/// back.
const LAG_S: u32 = 120;

impl Shared {
    /// The record of a stream of this connection.
    pub(crate) fn link(&self, stream: &str, id: impl AsRef<str>) -> ExternalRef {
        StreamKey { system: self.system.clone(), stream: stream.into() }.id(id)
    }
    /// A link to the record with this number.
    pub(crate) fn linked<K>(&self, stream: &str, id: Field<String>) -> Field<LinkTo<K>> {
        match id {
            Field::Set(id) => self.link(stream, id).into(),
            Field::Empty => Field::Empty,
            Field::Unknown => Field::Unknown,
        }
    }
    /// What every stream of the ERP API can do.
    pub(crate) fn declare(&self, can: &mut StreamCapability, misses: bool) {
        // stamps have milliseconds; whole seconds are the coarsest that filters take
        let since = Since { precision_ms: 1000, inclusive: true, lag_s: LAG_S, ascending: false, misses };
        can.list = Some(Listing::complete(PAGE_MAX).since(since));
        can.get_max = 1;
        can.stamps = true;
        can.search_lag_s = self.config.search_lag_s;
    }
    /// What people want to know of fields: what the vendor calls those that no column declares, and what can be chosen.
    pub(crate) fn describe(&self, can: &mut StreamCapability, names: &[(FieldPath, &str)]) {
        columns::call(can, names);
        let is_order = can.kind == EntityKind::Order;
        for (path, field) in &mut can.fields {
            let own = path.as_str().strip_prefix("x.visma-net.");
            let at = field.vendor_name.as_deref().or(own).unwrap_or_default();
            // what other records call a type is no order type
            if field.choices.is_empty() && (is_order || at != "type") {
                field.choices = self.company.choices(at);
            }
        }
    }
    /// How old a record is.
    pub(crate) fn head(&self, read: &Wire) -> Head {
        let stamp = read.moment("lastModifiedDateTime", self.api.zone);
        Head { version: Version { etag: None, modified_at: stamp.ok().and_then(Field::into_value) }, ..Head::default() }
    }
    /// One page.
    pub(crate) async fn page(&self, cx: &Context, of: &Resource, from: &ListFrom, size: u32) -> Result<RawPage> {
        self.api.page(cx, of, from, size).await
    }
    /// Records by their keys.
    pub(crate) async fn get(&self, cx: &Context, of: &Resource, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(self.api.get(cx, of, id).await?);
        }
        Ok(rows)
    }
    /// Records that all of `by` is true of. How exactly a filter of the vendor's compares is not published: what it lets
    /// through beyond the value asked for is left out.
    pub(crate) async fn find(
        &self,
        cx: &Context,
        of: &Resource,
        by: &FieldMap,
        filters: &[Filter],
    ) -> Result<Vec<Box<RawValue>>> {
        let mut asked = Vec::new();
        let mut keyed = None;
        for (path, value) in by.iter() {
            let filter = filters.iter().find(|filter| filter.path == path);
            let (Some(filter), Some(text)) = (filter, value.as_text()) else {
                let what = format!("'{path}' cannot be looked for with {value}");
                return Err(Error::new(ErrorKind::Unsupported, of.find, what).with_context("field", path));
            };
            match filter.name {
                Some(name) => asked.push((name, filter.at, text)),
                None => keyed = Some((filter.at, text)),
            }
        }
        let rows = match keyed {
            Some((_, number)) => self.api.get(cx, of, number).await?.into_iter().collect(),
            None => {
                let with: Vec<(&'static str, &str)> = asked.iter().map(|(name, _, text)| (*name, *text)).collect();
                self.api.all(cx, of, of.find, &with).await?
            }
        };
        let says = |row: &RawValue, at: &str, text: &str| {
            let wire: Option<Wire> = serde_json::from_str(row.get()).ok();
            let said = wire.and_then(|wire| wire.text(at).ok()?.into_value()).unwrap_or_default();
            said.trim().to_lowercase() == text.trim().to_lowercase()
        };
        let fits = |row: &RawValue| {
            asked.iter().all(|(_, at, text)| says(row, at, text)) && keyed.is_none_or(|(at, text)| says(row, at, text))
        };
        Ok(rows.into_iter().filter(|row| fits(row)).collect())
    }
}

/// How a field is looked for.
#[derive(Debug)]
pub(crate) struct Filter {
    path: FieldPath,
    /// The list's parameter; none for the key of the record.
    name: Option<&'static str>,
    /// Where it stands in a record.
    at: &'static str,
}

impl Filter {
    pub(crate) fn path(&self) -> FieldPath {
        self.path
    }
}

/// A field that the list of a resource can be filtered by.
pub(crate) fn filter(path: FieldPath, name: &'static str, at: &'static str) -> Filter {
    Filter { path, name: Some(name), at }
}

/// The field that is the key of a resource.
pub(crate) fn keyed(path: FieldPath, at: &'static str) -> Filter {
    Filter { path, name: None, at }
}

/// The columns, and an own field for each of `fields` that none of them shows.
pub(crate) fn with_own(mut columns: Vec<Column>, fields: &[own::Own]) -> Vec<Column> {
    let rest: Vec<own::Own> =
        fields.iter().filter(|(at, ..)| columns.iter().all(|column| column.at() != *at)).copied().collect();
    columns.extend(own_columns(&rest).into_iter().map(|column| match own::words(column.at()) {
        Some(words) => column.one_of(words),
        None => column,
    }));
    columns
}

/// The vendor's key in a link that is to be sent.
pub(crate) fn key_of(value: &Value) -> Option<&str> {
    match value.as_link()? {
        sync_core::Link::External(reference) => Some(&reference.id),
        sync_core::Link::Canonical(_) => None,
    }
}
