//! The records of one resource in one company.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::record::{Record, instant, text};
use super::schema::Schema;
use super::tables::{codes, draft, invoice, ledger, order, quote, register, trade};

/// What the emulator keeps, under the names of the paths, which are those of the seeds too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Currencies,
    Countries,
    Users,
    Units,
    VatCodes,
    Codings,
    Terms,
    DeliveryMethods,
    DeliveryTerms,
    FiscalYears,
    Accounts,
    BankAccounts,
    CustomerLabels,
    ArticleLabels,
    PriceLists,
    DiscountAgreements,
    Suppliers,
    Customers,
    Articles,
    PriceRows,
    Projects,
    QuoteDrafts,
    Quotes,
    Orders,
    Drafts,
    Invoices,
    Vouchers,
    LedgerItems,
    Notes,
    Attachments,
    PartnerLinks,
}

impl Resource {
    /// All, in the order in which one refers to the other.
    pub(crate) const ALL: [Self; 31] = [
        Self::Currencies,
        Self::Countries,
        Self::Users,
        Self::Units,
        Self::VatCodes,
        Self::Codings,
        Self::Terms,
        Self::DeliveryMethods,
        Self::DeliveryTerms,
        Self::FiscalYears,
        Self::Accounts,
        Self::BankAccounts,
        Self::CustomerLabels,
        Self::ArticleLabels,
        Self::PriceLists,
        Self::DiscountAgreements,
        Self::Suppliers,
        Self::Customers,
        Self::Articles,
        Self::PriceRows,
        Self::Projects,
        Self::QuoteDrafts,
        Self::Quotes,
        Self::Orders,
        Self::Drafts,
        Self::Invoices,
        Self::Vouchers,
        Self::LedgerItems,
        Self::Notes,
        Self::Attachments,
        Self::PartnerLinks,
    ];

    /// The first segment of its path.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Currencies => "currencies",
            Self::Countries => "countries",
            Self::Users => "users",
            Self::Units => "units",
            Self::VatCodes => "vatcodes",
            Self::Codings => "articleaccountcodings",
            Self::Terms => "termsofpayments",
            Self::DeliveryMethods => "deliverymethods",
            Self::DeliveryTerms => "deliveryterms",
            Self::FiscalYears => "fiscalyears",
            Self::Accounts => "accounts",
            Self::BankAccounts => "bankaccounts",
            Self::CustomerLabels => "customerlabels",
            Self::ArticleLabels => "articlelabels",
            Self::Customers => "customers",
            Self::Articles => "articles",
            Self::Orders => "orders",
            Self::Drafts => "customerinvoicedrafts",
            Self::Invoices => "customerinvoices",
            Self::Vouchers => "vouchers",
            Self::LedgerItems => "customerledgeritems",
            Self::Notes => "notes",
            Self::PartnerLinks => "partnerresourcelinks",
            Self::Attachments => "salesdocumentattachments",
            Self::Quotes => "quotes",
            Self::QuoteDrafts => "quotedrafts",
            Self::Projects => "projects",
            Self::PriceRows => "salespricelistprices",
            Self::Suppliers => "suppliers",
            Self::DiscountAgreements => "discountagreements",
            Self::PriceLists => "salespricelists",
        }
    }

    /// The resource of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.name() == name)
    }

    /// Its fields.
    pub(crate) const fn schema(self) -> &'static Schema {
        match self {
            Self::Currencies => &codes::CURRENCY,
            Self::Countries => &codes::COUNTRY,
            Self::Users => &codes::USER,
            Self::Units => &codes::UNIT,
            Self::VatCodes => &codes::VAT_CODE,
            Self::Codings => &codes::ARTICLE_ACCOUNT_CODING,
            Self::Terms => &codes::TERMS_OF_PAYMENT,
            Self::DeliveryMethods => &codes::DELIVERY_METHOD,
            Self::DeliveryTerms => &codes::DELIVERY_TERM,
            Self::FiscalYears => &ledger::FISCAL_YEAR,
            Self::Accounts => &ledger::ACCOUNT,
            Self::BankAccounts => &ledger::BANK_ACCOUNT,
            Self::CustomerLabels | Self::ArticleLabels => &register::LABEL,
            Self::Customers => &register::CUSTOMER,
            Self::Articles => &register::ARTICLE,
            Self::Orders => &order::ORDER,
            Self::Drafts => &draft::CUSTOMER_INVOICE_DRAFT,
            Self::Invoices => &invoice::CUSTOMER_INVOICE,
            Self::Vouchers => &ledger::VOUCHER,
            Self::LedgerItems => &invoice::CUSTOMER_LEDGER_ITEM,
            Self::Notes => &codes::NOTE,
            Self::PartnerLinks => &trade::PARTNER_RESOURCE_LINK,
            Self::Attachments => &trade::SALES_DOCUMENT_ATTACHMENT,
            Self::Quotes => &quote::QUOTE,
            Self::QuoteDrafts => &quote::QUOTE,
            Self::Projects => &trade::PROJECT,
            Self::PriceRows => &trade::SALES_PRICE_LIST_ROW,
            Self::Suppliers => &trade::SUPPLIER,
            Self::DiscountAgreements => &trade::DISCOUNT_AGREEMENT,
            Self::PriceLists => &trade::SALES_PRICE_LIST,
        }
    }

    /// The human number that no two records may share.
    pub(crate) const fn key(self) -> Option<&'static str> {
        match self {
            Self::Customers => Some("CustomerNumber"),
            Self::Articles | Self::Projects => Some("Number"),
            Self::Suppliers => Some("SupplierNumber"),
            _ => None,
        }
    }

    /// The field that names a record in a path.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Currencies | Self::Countries => "Code",
            // The vendor's rows have no id; list and article together are theirs.
            Self::PriceRows => "key",
            _ => "Id",
        }
    }
}

/// The records of one resource, in the order of their creation.
#[derive(Debug)]
pub(crate) struct Collection {
    resource: Resource,
    records: BTreeMap<u64, Record>,
    by_id: HashMap<String, u64>,
    by_key: HashMap<String, u64>,
    next: u64,
    /// The places of records that came since somebody asked.
    fresh: Vec<u64>,
    /// The field that says when a record was changed last, and the places by it.
    stamp: Option<&'static str>,
    stamps: BTreeSet<(DateTime<Utc>, u64)>,
    /// Orders of all records, or of some, that were asked for since the last change.
    orders: Mutex<HashMap<String, Arc<Vec<u64>>>>,
}

impl Collection {
    /// Nothing yet.
    pub(crate) fn new(resource: Resource) -> Self {
        Self {
            resource,
            records: BTreeMap::new(),
            by_id: HashMap::new(),
            by_key: HashMap::new(),
            next: 0,
            fresh: Vec::new(),
            stamp: ["ChangedUtc", "ModifiedUtc"].into_iter().find(|name| resource.schema().field(name).is_some()),
            stamps: BTreeSet::new(),
            orders: Mutex::default(),
        }
    }

    /// The field that says when a record was changed last.
    pub(crate) fn stamp_field(&self) -> Option<&'static str> {
        self.stamp
    }

    /// The places of the records that were changed since an instant.
    pub(crate) fn since(&self, from: DateTime<Utc>, inclusive: bool) -> Vec<u64> {
        let start = if inclusive { (from, 0) } else { (from, u64::MAX) };
        self.stamps.range(start..).map(|(_, place)| *place).collect()
    }

    /// Places in an order that was worked out before, if nothing has changed since then.
    pub(crate) fn ordered(&self, name: &str, make: impl FnOnce() -> Vec<u64>) -> Arc<Vec<u64>> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = orders.get(name) {
            return Arc::clone(known);
        }
        let made = Arc::new(make());
        orders.insert(name.to_owned(), Arc::clone(&made));
        made
    }

    fn stamp_of(&self, place: u64) -> Option<(DateTime<Utc>, u64)> {
        let stamp = text(self.records.get(&place)?, self.stamp?)?;
        Some((instant(stamp)?, place))
    }

    /// Before a record in that place is changed or goes.
    fn leave(&mut self, place: u64) {
        self.orders.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        if let Some(stamp) = self.stamp_of(place) {
            self.stamps.remove(&stamp);
        }
    }

    /// After a record in that place was changed or came.
    fn enter(&mut self, place: u64) {
        self.stamps.extend(self.stamp_of(place));
    }

    /// All records.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// All records with their places.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u64, &Record)> {
        self.records.iter().map(|(place, record)| (*place, record))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// The places of records that came since the last time.
    pub(crate) fn take_fresh(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.fresh)
    }

    /// The place of the record with that human number.
    pub(crate) fn place_of_key(&self, key: &str) -> Option<u64> {
        self.by_key.get(key).copied()
    }

    /// The record with that id.
    pub(crate) fn get(&self, id: &str) -> Option<&Record> {
        self.records.get(self.by_id.get(id)?)
    }

    /// The place of the record with that id.
    pub(crate) fn place_of(&self, id: &str) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    /// The record in that place.
    pub(crate) fn at(&self, place: u64) -> Option<&Record> {
        self.records.get(&place)
    }

    /// The record with that human number.
    pub(crate) fn by_key(&self, key: &str) -> Option<&Record> {
        self.records.get(self.by_key.get(key)?)
    }

    /// Adds a record, or replaces the one with its id, which keeps its place.
    pub(crate) fn put(&mut self, record: Record) {
        let id = text(&record, self.resource.id()).unwrap_or_default().to_owned();
        let at = self.by_id.get(&id).copied().unwrap_or_else(|| {
            self.next = self.next.saturating_add(1);
            self.fresh.push(self.next);
            self.next
        });
        self.leave(at);
        let key_of = |record: &Record| self.resource.key().and_then(|key| text(record, key)).map(str::to_owned);
        if let Some(old) = self.records.get(&at).and_then(key_of) {
            self.by_key.remove(&old);
        }
        if let Some(key) = key_of(&record) {
            self.by_key.insert(key, at);
        }
        self.by_id.insert(id, at);
        self.records.insert(at, record);
        self.enter(at);
    }

    /// Changes a record in place, but for its human number.
    pub(crate) fn change(&mut self, id: &str, change: impl FnOnce(&mut Record)) {
        let Some(place) = self.by_id.get(id).copied() else { return };
        self.leave(place);
        if let Some(record) = self.records.get_mut(&place) {
            change(record);
        }
        self.enter(place);
    }

    /// Takes a record out.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Record> {
        let place = self.by_id.remove(id)?;
        self.leave(place);
        let record = self.records.remove(&place)?;
        if let Some(key) = self.resource.key().and_then(|key| text(&record, key)) {
            self.by_key.remove(key);
        }
        Some(record)
    }
}
