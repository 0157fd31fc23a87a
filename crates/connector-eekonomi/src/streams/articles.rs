//! `/articles`: an item. Prices and stock of the same record are not served yet.

use std::sync::Arc;

use serde_json::value::RawValue;
use sync_core::{
    Canonical, Context, EntityKind, Field, FieldMap, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::{ListFrom, Version},
    handler::{Head, RawPage, Shown, StreamHandler},
    model::{Item, Money},
};

use super::{Row, Shared};
use crate::{
    client::{Resource, equals},
    columns::{self, Column, Form, column, within},
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
    remove: "delete article",
    modified: Some("ChangedUtc"),
    created: Some("CreatedUtc"),
};

#[derive(Debug)]
pub(crate) struct Articles {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Articles {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = vec![
            column("Number", Item::NUMBER, Form::Text).exact(40).read_only(),
            column("Name", Item::NAME, Form::Text).read_only(),
            column("UnitId", Item::UNIT, Form::Code).read_only(),
            column("CodingId", Item::POSTING_GROUP, Form::Code).read_only(),
            column("PurchasePrice", within(Item::COST, Money::AMOUNT), Form::Number).read_only(),
            column("SupplierArticleNumber", Item::SUPPLIER_ITEM_NUMBER, Form::Text).read_only(),
            column("IsActive", Item::IS_ACTIVE, Form::Flag).read_only(),
            column("IsServiceArticle", Item::IS_SERVICE, Form::Flag).read_only(),
            column("IsStock", Item::IS_STOCKED, Form::Flag).read_only(),
            column("Note", Item::NOTE, Form::Text).read_only(),
        ];
        Self { shared, columns }
    }
}

impl StreamHandler for Articles {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        ARTICLES.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        columns::declare(&self.columns, &mut can);
        for path in [Item::BARCODE, Item::VAT_RATE, Item::SALES_ACCOUNT, within(Item::COST, Money::CURRENCY)] {
            can.fields.insert(path, FieldCapability::read_only());
        }
        // nobody says whether a movement of stock moves the stamp
        self.shared.declare(&ARTICLES, &mut can, true, &[("Number", Item::NUMBER)]);
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let modified_at = read.moment("ChangedUtc").ok().and_then(Field::into_value);
        Head { version: Version { etag: None, modified_at }, ..Head::default() }
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
        let coding = item.posting_group.value().and_then(|id| self.shared.company.code("articleaccountcodings", id));
        if let Some(coding) = coding {
            item.vat_rate = coding.vat_rate.map_or(Field::Unknown, Field::Set);
            item.sales_account = coding.account.as_deref().map_or(Field::Unknown, Field::from);
        }
        let own = self.shared.own_fields(&ARTICLES, read);
        Ok(vec![Shown::of(ARTICLES.name, &item).extras(&own)])
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
}
