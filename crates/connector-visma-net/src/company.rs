//! What is read of a company once a day: who it is, its code lists, own fields and order types. All of it is in the
//! snapshot that the store keeps, so that an idle run spends no call on it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sync_core::{
    Context, Error, ErrorKind, Field, Result, capability::Choice, connector::Tenant, model::OrderStage, store::Snapshot,
};

use crate::{client::Api, codes, config::Config, wire::Wire};

/// The form in which a snapshot is stored; another one is read anew.
const FORMAT: u32 = 1;
/// How long a snapshot is good.
const GOOD_FOR: TimeDelta = TimeDelta::hours(24);

/// What is known of a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Company {
    format: u32,
    /// Which company and where: what was read there says nothing of another one.
    place: String,
    /// Its name, with which a person sees whether the credentials open the right one.
    pub name: String,
    /// The code of the organisation in the ERP.
    pub number: String,
    /// Its currency, ISO 4217: `NOK`.
    pub currency: Option<String>,
    /// Code lists by the vendor's resource: `creditTerm`, `vatZone`, `vatCategory`, `customerClass`, `itemClass`,
    /// `currency`, `branch`, `salesperson`, `warehouse`, `paymentmethod`, `itemPostClass`, `cashaccount`; and where their
    /// streams are asked for `supplierClass` (suppliers) and `account` (projects, journal).
    pub lists: BTreeMap<String, Vec<Code>>,
    /// The company's own fields (attributes), by their codes.
    pub attributes: BTreeMap<String, Attribute>,
    /// Codes of the attributes that customers have, by their classes.
    pub customer_attributes: BTreeSet<String>,
    /// Codes of the attributes that items have, by their classes.
    pub item_attributes: BTreeSet<String>,
    /// Order types by their codes.
    pub order_types: BTreeMap<String, OrderType>,
    /// What these credentials do not reach, with why.
    pub closed: BTreeMap<String, String>,
}

/// An entry of a code list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Code {
    /// The code.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

/// A field that the company added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attribute {
    /// Its name for people.
    pub name: String,
    /// The values that it takes, where it takes only some: their codes.
    pub values: Vec<Code>,
}

/// An order type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrderType {
    /// Its name for people.
    pub name: String,
    /// What it is, in the vendor's word: `SalesOrder`, `Invoice`, `Quote`, `RMAOrder`, `CreditMemo`.
    pub behavior: String,
    /// Whether it is in use.
    pub active: bool,
}

/// Lists that only streams use which are there on demand.
const SUPPLIER_CLASS: &str = "supplierClass";
const ACCOUNT: &str = "account";

/// Code lists: our name, the path, the keys of code and name, and the shape: no pages, pages of rows, pages in an envelope.
const LISTS: [(&str, &str, &str, &str, Option<bool>); 14] = [
    ("creditTerm", "/v1/creditTerm", "termsId", "description", Some(true)),
    ("vatZone", "/v1/vatZone", "id", "description", Some(false)),
    ("vatCategory", "/v1/vatCategory", "vatCategoryId", "description", None),
    ("customerClass", "/v1/customer/customerClass", "id", "description", None),
    ("itemClass", "/v1/inventory/itemClass", "id", "description", None),
    ("currency", "/v1/currency", "id", "description", None),
    ("branch", "/v1/branch", "number", "name", None),
    ("salesperson", "/v1/salesperson", "salespersonID", "name", Some(true)),
    ("warehouse", "/v1/warehouse", "warehouseID", "description", None),
    ("paymentmethod", "/v1/paymentmethod", "paymentMethodID", "description", None),
    ("itemPostClass", "/v1/inventory/itemPostClass", "id", "description", None),
    ("cashaccount", "/v1/cashaccount", "number", "description", None),
    (SUPPLIER_CLASS, "/v1/supplier/supplierClass", "id", "description", None),
    (ACCOUNT, "/v1/account", "accountCD", "description", None),
];

impl Company {
    /// The one in a stored snapshot, if it is this company, of today and in today's form.
    pub(crate) fn stored(snapshot: &Snapshot, config: &Config, now: DateTime<Utc>) -> Option<Self> {
        let age = now.signed_duration_since(snapshot.at);
        let fresh = age >= TimeDelta::zero() && age < GOOD_FOR;
        let company = Self::deserialize(&snapshot.content).ok().filter(|_| fresh)?;
        (company.format == FORMAT && company.place == place(config)).then_some(company)
    }
    /// Who it is, in one call.
    pub(crate) async fn tell(cx: &Context, api: &Api, config: &Config) -> Result<Self> {
        let organizations = api.code_list(cx, "/v1/organization", None).await?;
        let first = organizations.first().cloned().unwrap_or_default();
        let text = |at| Ok::<_, Error>(first.text(at)?.into_value());
        Ok(Self {
            format: FORMAT,
            place: place(config),
            name: text("name")?.unwrap_or_default(),
            number: text("organizationCd")?.unwrap_or_default(),
            currency: text("baseCurrency")?.or(text("currency.id")?),
            lists: BTreeMap::new(),
            attributes: BTreeMap::new(),
            customer_attributes: BTreeSet::new(),
            item_attributes: BTreeSet::new(),
            order_types: BTreeMap::new(),
            closed: BTreeMap::new(),
        })
    }
    /// Reads all of it. Fifteen calls, if no list is longer than a page, and one for each list that is there on demand.
    pub(crate) async fn read(cx: &Context, api: &Api, config: &Config) -> Result<Self> {
        let mut company = Self::tell(cx, api, config).await?;
        let wanted = |name: &str| match name {
            SUPPLIER_CLASS => config.wants("suppliers"),
            ACCOUNT => config.wants("projects") || config.wants("journal"),
            _ => true,
        };
        for (name, path, id, label, pages) in LISTS.into_iter().filter(|(name, ..)| wanted(name)) {
            let Some(rows) = company.open(name, api.code_list(cx, path, pages).await)? else { continue };
            match name {
                "customerClass" => company.customer_attributes = class_attributes(&rows)?,
                "itemClass" => company.item_attributes = class_attributes(&rows)?,
                "currency" if company.currency.is_none() => company.currency = base_currency(&rows)?,
                _ => {}
            }
            company.lists.insert(name.to_owned(), codes_of(&rows, id, label)?);
        }
        if let Some(rows) = company.open("attribute", api.code_list(cx, "/v1/attribute", Some(false)).await)? {
            company.attributes = attributes(&rows)?;
        }
        if !config.order_types.is_empty() && !config.order_scopes.is_empty() {
            let rows = api.code_list(cx, "/v1/salesordertype", Some(false)).await;
            if let Some(rows) = company.open("salesordertype", rows)? {
                company.order_types = order_types(&rows)?;
            }
        }
        Ok(company)
    }
    /// Whom we talk to. A token opens the one company that it was asked for, so its id is the company's.
    pub(crate) fn tenant(&self, config: &Config) -> Tenant {
        let name = if self.name.is_empty() { self.number.clone() } else { self.name.clone() };
        Tenant { id: config.tenant_id.trim().to_owned(), name, base_currency: self.currency.clone() }
    }
    /// What the store keeps.
    pub(crate) fn snapshot(&self, at: DateTime<Utc>) -> Snapshot {
        // plain fields with text keys: this cannot fail
        Snapshot { at, content: serde_json::to_value(self).unwrap_or_default() }
    }
    /// Refuses order types that the company does not have, or that are no orders.
    pub(crate) fn check(&self, config: &Config) -> Result<()> {
        if config.order_scopes.is_empty() || self.closed.contains_key("salesordertype") {
            return Ok(());
        }
        for code in &config.order_types {
            let wrong = match self.order_types.get(code) {
                None => "which the company does not have",
                Some(known) if !known.active => "which is not in use",
                Some(known) if codes::stage(&known.behavior).is_none() => "which is for returns or credits, no orders",
                Some(_) => continue,
            };
            let there: Vec<String> = self
                .order_types
                .iter()
                .filter(|(_, known)| known.active && codes::stage(&known.behavior).is_some())
                .map(|(code, known)| format!("{code} ({})", known.name))
                .collect();
            let what = format!("order_types names '{code}', {wrong}; there are {}", there.join(", "));
            return Err(Error::new(ErrorKind::Config, "connect", what));
        }
        Ok(())
    }
    /// What can be chosen in a field of that name, where it holds a code of a list that is read. What items and lines call
    /// a VAT code is a VAT category.
    pub(crate) fn choices(&self, at: &str) -> Vec<Choice> {
        let list = match at {
            "creditTerms.id" | "financialInformation.terms.id" => "creditTerm",
            "vatZone.id" | "customerVatZone.id" | "customer.taxZone.id" => "vatZone",
            "vatCode.id" | "journalTransactionLines.vatCode.id" => "vatCategory",
            "customerClass.id" => "customerClass",
            "itemClass.id" => "itemClass",
            "currencyId" | "currency" => "currency",
            "branchNumber.number" | "branch.id" | "branch.number" | "branch" | "journalTransactionLines.branch" => {
                "branch"
            }
            "salesPerson.id" => "salesperson",
            "defaultWarehouse.id" | "shipping.preferredWarehouse.id" => "warehouse",
            "paymentMethod.id" | "paymentSettings.paymentMethod.id" | "defaultPaymentMethodId" => "paymentmethod",
            "postingClass.id" => "itemPostClass",
            "cashAccount" => "cashaccount",
            "supplierClass.id" => SUPPLIER_CLASS,
            "journalTransactionLines.accountNumber" | "defAccount.number" | "defAccrualAccount.number" => ACCOUNT,
            "type" | "origin.orderType" => {
                return self.order_types.iter().map(|(code, known)| Choice::new(code, &known.name)).collect();
            }
            _ => return Vec::new(),
        };
        let known = self.lists.get(list).map_or(&[][..], Vec::as_slice);
        known.iter().map(|code| Choice::new(&code.id, &code.name)).collect()
    }
    /// What an order of this type is.
    pub(crate) fn stage(&self, order_type: &str) -> OrderStage {
        let known = self.order_types.get(order_type).and_then(|known| codes::stage(&known.behavior));
        known.unwrap_or(OrderStage::Order)
    }
    /// The same of what may not be reached: then it is noted, with why.
    fn open(&mut self, name: &str, rows: Result<Vec<Wire>>) -> Result<Option<Vec<Wire>>> {
        match rows {
            Ok(rows) => Ok(Some(rows)),
            Err(error)
                if matches!(error.kind(), ErrorKind::Permission | ErrorKind::NotFound | ErrorKind::Unsupported) =>
            {
                self.closed.insert(name.to_owned(), error.message().to_owned());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn place(config: &Config) -> String {
    format!("{}#{}", config.base_url, config.tenant_id.trim())
}

fn codes_of(rows: &[Wire], id: &str, name: &str) -> Result<Vec<Code>> {
    let mut codes = Vec::with_capacity(rows.len());
    for row in rows {
        if let Field::Set(id) = row.text(id)? {
            codes.push(Code { id, name: row.text(name)?.into_value().unwrap_or_default() });
        }
    }
    Ok(codes)
}

fn class_attributes(rows: &[Wire]) -> Result<BTreeSet<String>> {
    let mut codes = BTreeSet::new();
    for class in rows {
        for attribute in class.rows("attributes")?.into_value().unwrap_or_default() {
            codes.extend(attribute.text("attributeId")?.into_value());
        }
    }
    Ok(codes)
}

fn base_currency(rows: &[Wire]) -> Result<Option<String>> {
    for row in rows {
        if row.flag("isBaseCurrency")? == Field::Set(true) {
            return Ok(row.text("id")?.into_value());
        }
    }
    Ok(None)
}

fn attributes(rows: &[Wire]) -> Result<BTreeMap<String, Attribute>> {
    let mut known = BTreeMap::new();
    for row in rows {
        let Field::Set(id) = row.text("attributeID")? else { continue };
        let values = codes_of(&row.rows("details")?.into_value().unwrap_or_default(), "valueId", "description")?;
        known.insert(id, Attribute { name: row.text("description")?.into_value().unwrap_or_default(), values });
    }
    Ok(known)
}

fn order_types(rows: &[Wire]) -> Result<BTreeMap<String, OrderType>> {
    let mut known = BTreeMap::new();
    for row in rows {
        let text = |at| Ok::<_, Error>(row.text(at)?.into_value().unwrap_or_default());
        let active = row.flag("active")?.into_value().unwrap_or(true);
        known.insert(text("orderType")?, OrderType { name: text("description")?, behavior: text("behavior")?, active });
    }
    Ok(known)
}
