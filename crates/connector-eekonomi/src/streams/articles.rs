//! `/articles`: an item, its own price and its stock, all in one record. A write replaces the whole of it, so the shares
//! of all three go in one call.

use std::sync::Arc;

use serde_json::{Value as Json, json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Link, Result, StreamId, Value,
    capability::{FieldCapability, RemoveMode, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Writable, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Item, Money},
};

use super::{Row, Shared, article_price, article_stock, codings, declare_own, own, write_own};
use crate::{
    client::{Resource, equals},
    columns::{self, Column, Form, column, within},
    config::LongNames,
    wire::Wire,
};

pub(crate) static ARTICLES: Resource = Resource {
    name: "articles",
    all: "/articles",
    one: "/articles/{id}",
    list: "list articles",
    get: "read article",
    find: "find articles",
    create: "create article",
    update: "update article",
    remove: "set article inactive",
    modified: Some("ChangedUtc"),
    created: Some("CreatedUtc"),
};

/// Its own price.
pub(crate) const PRICE: &str = "article_price";
/// Its stock.
pub(crate) const STOCK: &str = "article_stock";
/// Labels, as a text of their names: an own field that is no scalar.
const LABELS: &str = "ArticleLabels";

/// Room for an article's number.
const NUMBER_MAX: usize = 40;

/// What the vendor computes; not the balance of stock, which may be nobody's count but ours, and would be zero if it were
/// left out. `NetPriceWithDiscount` and `DiscountPercentage` are those of a customer that was asked for.
const COMPUTED: [&str; 18] = [
    "Id",
    "CodingName",
    "UnitName",
    "UnitAbbreviation",
    "NetPriceWithDiscount",
    "DiscountPercentage",
    "StockBalanceManuallyChangedUtc",
    "StockBalanceReserved",
    "StockBalanceAvailable",
    "StockValue",
    "CreatedUtc",
    "ChangedUtc",
    "PurchasePriceManuallyChangedUtc",
    "FreightCostsManuallyChangedUtc",
    "ShowStockInformation",
    "IsServiceArticle",
    "MessageThreads",
    "Notes",
];

#[derive(Debug)]
pub(crate) struct Articles {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Articles {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let text = Form::Text;
        let name = column("Name", Item::NAME, text).required();
        let name = if shared.config.long_names == LongNames::Cut { name.cut(50) } else { name.exact(50) };
        let stocked = column("IsStock", Item::IS_STOCKED, Form::Flag);
        let columns = vec![
            name,
            column("Number", Item::NUMBER, text).exact(40).required(),
            column("UnitId", Item::UNIT, Form::Code).required_if(shared.config.fillers.unit.is_none()),
            column("CodingId", Item::POSTING_GROUP, Form::Code),
            column("PurchasePrice", cost(Money::AMOUNT), Form::Number).rounded(2),
            column("SupplierArticleNumber", Item::SUPPLIER_ITEM_NUMBER, text).exact(16),
            column("IsActive", Item::IS_ACTIVE, Form::Flag),
            column("IsServiceArticle", Item::IS_SERVICE, Form::Flag).read_only(),
            // only the stock module has stock articles
            if shared.company.has_stock_module() { stocked } else { stocked.read_only() },
            column("Note", Item::NOTE, text).cut(4000),
        ];
        Self { shared, columns }
    }

    /// The one label of an article as its category. With several nobody says which one is meant.
    fn category(read: &Wire) -> Result<Field<String>> {
        Ok(match read.rows(LABELS)? {
            Field::Unknown => Field::Unknown,
            Field::Empty => Field::Empty,
            Field::Set(labels) => match labels.as_slice() {
                [] => Field::Empty,
                [label] => label.id("Id")?,
                _ => Field::Unknown,
            },
        })
    }
    fn write_category(&self, sent: &FieldMap, body: &mut Wire) -> Result<()> {
        let Some(wanted) = sent.get(Item::CATEGORY) else { return Ok(()) };
        let now = Self::category(body)?;
        let labels = match wanted.as_text() {
            None if now.is_set() => json!([]),
            Some(id) if now != Field::Set(id.to_owned()) => {
                let label = self.shared.company.code("articlelabels", id).ok_or_else(|| {
                    let known = self.shared.company.told("articlelabels", |_| true);
                    let what = format!("the category '{id}' is no article label in eEkonomi; there are {known}");
                    refused(Item::CATEGORY, &what)
                })?;
                // by which of the two the vendor knows a label is not published
                json!([{ "Id": label.id, "Name": label.name }])
            }
            _ => return Ok(()),
        };
        body.set(LABELS, labels);
        Ok(())
    }
    /// Refuses a unit that the company does not have, where its units could be read.
    fn check_unit(&self, sent: &FieldMap) -> Result<()> {
        let company = &self.shared.company;
        match sent.text(Item::UNIT) {
            Some(unit) if company.lists.contains_key("units") && company.code("units", unit).is_none() => {
                let known = company.told("units", |_| true);
                let what = format!(
                    "the unit '{unit}' is none of eEkonomi's, which are {known}: add a row to the table of units"
                );
                Err(refused(Item::UNIT, &what).with_context("code", unit))
            }
            _ => Ok(()),
        }
    }
    /// The cost in the company's currency. The same amount stands in the article's purchase currency beside it.
    fn check_cost(&self, encode: &Encode<'_, Wire>, item: &Item, body: &mut Wire) -> Result<()> {
        if !encode.sends(ARTICLES.name, cost(Money::AMOUNT)) {
            return Ok(());
        }
        let ours = &self.shared.company.currency;
        if let Some(currency) = item.cost.currency.value().filter(|currency| *currency != ours) {
            let what = format!("the cost is in {currency}, eEkonomi keeps it in {ours}: give it in {ours}");
            return Err(refused(cost(Money::CURRENCY), &what));
        }
        if body.get("PurchasePriceWithCurrency").is_some_and(|beside| !beside.is_null()) {
            let amount = body.get("PurchasePrice").cloned().unwrap_or_default();
            body.set("PurchasePriceWithCurrency", amount);
        }
        Ok(())
    }
    /// What cannot be written to this very article.
    fn writable(&self, read: &Wire) -> Result<Writable> {
        let mut locked = Vec::new();
        if read.rows(LABELS)?.value().is_some_and(|labels| labels.len() > 1) {
            locked.push(Item::CATEGORY);
        }
        if read.text("CurrencyCode")?.value().is_some_and(|currency| *currency != self.shared.company.currency) {
            locked.push(Item::COST);
        }
        Ok(if locked.is_empty() { Writable::All } else { Writable::Except(locked.into_iter().collect()) })
    }
    fn own_fields(&self, read: &Wire) -> Result<FieldMap> {
        let mut own_fields = self.shared.own_fields(&ARTICLES, read);
        if self.shared.config.own_fields(ARTICLES.name).iter().any(|name| name == LABELS) {
            let labels = read.rows(LABELS)?.into_value().unwrap_or_default();
            let names = labels.iter().filter_map(|label| label.text("Name").ok()?.into_value());
            let names = names.collect::<Vec<_>>().join(", ");
            own_fields.set(own(LABELS), if names.is_empty() { Value::Null } else { Value::from(names) });
        }
        Ok(own_fields)
    }
}

fn cost(leaf: FieldPath) -> FieldPath {
    within(Item::COST, leaf)
}

impl StreamHandler for Articles {
    type Row = Row;
    type Read = Wire;
    type Body = Wire;

    fn stream(&self) -> StreamId {
        ARTICLES.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        columns::declare(&self.columns, &mut can);
        let (shown, given) = (FieldCapability::read_only, FieldCapability::read_write);
        can.fields.insert(Item::SALES_ACCOUNT, shown());
        if self.shared.has("suppliers") {
            can.fields.insert(Item::SUPPLIER, shown());
        }
        for path in [Item::BARCODE, Item::CATEGORY, Item::VAT_RATE, cost(Money::CURRENCY)] {
            can.fields.insert(path, given());
        }
        // goods or services: it follows from the coding, and helps to choose it
        let mut service = shown();
        service.write_on_create = true;
        can.fields.insert(Item::IS_SERVICE, service);
        // nobody says whether a movement of stock moves the stamp
        self.shared.declare(&ARTICLES, &mut can, true, &[("Number", Item::NUMBER)]);
        if self.shared.writes("ea:sales") {
            can.create = true;
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            can.write_concurrency = 4;
            can.remove = [RemoveMode::Archive].into();
            let computed: Vec<&str> = COMPUTED.iter().copied().chain([LABELS]).collect();
            declare_own(&self.shared.config.own_fields(ARTICLES.name), &computed, &mut can);
        }
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let mut price = article_price::capability(&self.shared);
        if self.shared.writes("ea:sales") {
            price.update = UpdateMode::Replace;
        }
        vec![(PRICE.into(), price), (STOCK.into(), article_stock::capability(&self.shared))]
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let stamp = |name| read.moment(name).ok().and_then(Field::into_value);
        let version = Version { etag: None, modified_at: stamp("ChangedUtc") };
        Head { version, created_at: stamp("CreatedUtc"), ..Head::default() }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut item = Item::from_fields(&columns::read(&self.columns, read)?)?;
        if item.cost.amount.is_set() {
            item.cost.currency = self.shared.company.currency.as_str().into();
        }
        // one bar code at most, and of one type
        item.barcode = match read.rows("Barcodes")? {
            Field::Set(codes) => codes.first().map_or(Ok(Field::Empty), |code| code.text("Barcode"))?,
            other => other.map(|_| String::new()),
        };
        item.category = Self::category(read)?;
        if self.shared.has("suppliers") {
            let supplier = read.id("SupplierId")?;
            item.supplier = supplier.map(|id| Link::External(self.shared.link("suppliers", id)).into());
        }
        let coding = item.posting_group.value().and_then(|id| self.shared.company.code(codings::LIST, id));
        if let Some(coding) = coding {
            item.vat_rate = coding.vat_rate.map_or(Field::Unknown, Field::Set);
            item.sales_account = coding.account.as_deref().map_or(Field::Unknown, Field::from);
        }
        let host = Shown::of(ARTICLES.name, &item).extras(&self.own_fields(read)?).writable(self.writable(read)?);
        let mut shown = vec![host, article_price::decode(&self.shared, read)?];
        shown.extend(article_stock::decode(&self.shared, read)?);
        Ok(shown)
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Wire> {
        let mut body = encode.current().map(replaced).transpose()?.unwrap_or_default();
        let sent = encode.sent(ARTICLES.name);
        let item: Item = encode.wanted(ARTICLES.name)?;
        columns::write(&self.columns, &sent, &mut body)?;
        self.check_cost(encode, &item, &mut body)?;
        match sent.get(Item::BARCODE) {
            None => {}
            Some(code) => match code.as_text() {
                Some(code) => body.set("Barcodes", json!([{ "Barcode": code, "BarcodeType": 0 }])),
                None => body.set("Barcodes", json!([])),
            },
        }
        self.write_category(&sent, &mut body)?;
        write_own(&sent, &mut body)?;
        let now = encode.current().map(|current| current.id("CodingId")).transpose()?.and_then(Field::into_value);
        if let Some(coding) = codings::chosen(&self.shared, encode, &item)?.or(now) {
            body.set("CodingId", coding);
        }
        self.check_unit(&sent)?;
        if encode.is_create() {
            if let Some(unit) = &self.shared.config.fillers.unit {
                body.set_default("UnitId", unit.as_str());
            }
            body.set_default("IsActive", true);
        }
        article_price::write(&self.shared, encode, &mut body)?;
        article_stock::write(&self.shared, encode, &mut body)?;
        complete(body)
    }
    fn unchanged(&self, body: &Wire, current: &Wire) -> bool {
        replaced(current).is_ok_and(|current| *body == current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &ARTICLES, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &ARTICLES, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let filter = |path, text: &str| (path == Item::NUMBER).then(|| equals("Number", text));
        self.shared.find(cx, &ARTICLES, by, filter).await
    }
    async fn post(&self, cx: &Context, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &ARTICLES, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.replace(cx, &ARTICLES, id, body).await
    }
    /// An article cannot be deleted: it is set inactive. That is a full replace too, of what stands there at the moment.
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        let gone = || Error::new(ErrorKind::NotFound, ARTICLES.remove, "the article is not in eEkonomi any more");
        let row = self.shared.api.get(cx, &ARTICLES, id).await?.ok_or_else(gone)?;
        let current: Wire = serde_json::from_str(row.get()).map_err(|_| {
            Error::new(ErrorKind::Protocol, ARTICLES.remove, "the article that eEkonomi shows is no JSON object")
        })?;
        if current.flag("IsActive")? == Field::Set(false) {
            return Ok(());
        }
        let mut body = replaced(&current)?;
        body.set("IsActive", false);
        self.shared.api.replace(cx, &ARTICLES, id, &body).await.map(|_| ())
    }
}

/// Refuses what eEkonomi would refuse, in our words.
fn complete(body: Wire) -> Result<Wire> {
    for (name, path) in [("Number", Item::NUMBER), ("Name", Item::NAME), ("UnitId", Item::UNIT)] {
        if body.get(name).is_none_or(Json::is_null) {
            let cure = if path == Item::UNIT { ", or set fillers.unit" } else { "" };
            let what = format!("eEkonomi needs '{path}' of an article: fill it in at the source{cure}");
            return Err(refused(path, &what));
        }
    }
    let number = body.text("Number")?.into_value().unwrap_or_default();
    let length = number.chars().count();
    if length > NUMBER_MAX {
        let what = format!("the number '{number}' has {length} characters, eEkonomi takes {NUMBER_MAX}: shorten it");
        return Err(refused(Item::NUMBER, &what));
    }
    Ok(body)
}

/// What goes back of an article that is replaced.
fn replaced(current: &Wire) -> Result<Wire> {
    let mut body = current.clone().without(&COMPUTED);
    article_price::round(&mut body)?;
    Ok(body)
}

pub(super) fn refused(path: FieldPath, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, "encode", what).with_context("field", path)
}
