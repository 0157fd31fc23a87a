//! The catalogue that quotation lines are made of (`/QuotationLines/LinkedData`; what the vendor calls products is something
//! else). It comes all at once and without stamps. What a column holds is each system's own matter.

use std::sync::Arc;

use serde_json::{Map, Value as Json, value::RawValue};
use sync_core::{
    Context, EntityKind, Field, FieldMap, FieldPath, StreamId, StreamKey, SystemId, Value,
    capability::{FieldCapability, Listing, StreamCapability},
    connector::{ListFrom, Write},
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Item, Money, Price},
};
use sync_http::Request;

use super::records::{Records, Row};
use crate::{
    client::{Api, PAGE_MAX, Resource, quoted},
    codes::Lists,
    config::{Columns, Config},
    fields::{Form, OwnFields, describe},
    wire::{Wire, number},
};

/// The host stream.
pub(crate) const ITEMS: &str = "items";
/// The price of an item.
pub(crate) const PRICES: &str = "item_prices";

const PREFIX: &str = "QuotationLineLinkedDataItem";
const COLUMN: &str = "QuotationLineLinkedDataItemData";
/// The place of products in the vendor's list of what linked data may belong to.
const PRODUCT: u8 = 7;
/// Stands for nothing: a column may not be empty.
pub(super) const NOTHING: &str = "-";

const RESOURCE: Resource = Resource {
    entity: PREFIX,
    all: "/QuotationLines/LinkedData",
    one: "/QuotationLines/LinkedData/{id}",
    list: "list items",
    get: "get item",
    find: "find items",
    create: "create item",
    update: "update item",
};
/// All the columns: none of them may be empty.
const COLUMNS: u8 = 9;

/// The handler.
#[derive(Debug)]
pub(crate) struct Items {
    records: Records,
    at: StreamKey,
    columns: Columns,
    currency: Option<String>,
    search_lag_s: u32,
}

/// The text of a column, without what stands for nothing.
pub(super) fn column(wire: &Wire, prefix: &str, column: Option<u8>) -> Result<Field<String>> {
    let Some(column) = column else { return Ok(Field::Unknown) };
    Ok(match wire.text(&format!("{prefix}Data{column}"))? {
        Field::Set(text) if text.trim() == NOTHING => Field::Empty,
        other => other,
    })
}

impl Items {
    pub(crate) fn new(api: Api, system: &SystemId, config: &Config, columns: Columns) -> Self {
        // the catalogue is none of the kinds whose fields the vendor tells of
        let lists = Arc::new(Lists::default());
        let mut own = OwnFields::default();
        let named = columns.all();
        let (taken, free): (Vec<u8>, Vec<u8>) = (1..=COLUMNS).partition(|nth| named.contains(nth));
        let names = |columns: Vec<u8>| columns.into_iter().map(|nth| format!("Data{nth}")).collect::<Vec<_>>();
        own.reads(PREFIX, Form::Text, names(taken));
        own.writes(PREFIX, Form::Text, None, &lists, names(free));
        own.writes(PREFIX, Form::Text, None, &lists, ["VatCode"]);
        own.reads(PREFIX, Form::Text, ["EntityType"]);
        own.reads(PREFIX, Form::Number, ["Id"]);
        Self {
            records: Records::new(api, &RESOURCE, lists, own, config),
            at: StreamKey::new(system.clone(), ITEMS),
            columns,
            currency: config.catalogue_currency.clone(),
            search_lag_s: config.search_lag_s,
        }
    }
    /// Texts that are one field on both sides.
    fn texts(&self) -> impl Iterator<Item = (FieldPath, String)> {
        let columns = [
            (Item::NUMBER, Some(self.columns.number)),
            (Item::NAME, Some(self.columns.name)),
            (Item::UNIT, self.columns.unit),
            (Item::BARCODE, self.columns.barcode),
        ];
        let columns = columns.into_iter().filter_map(|(path, nth)| Some((path, Self::key(&format!("Data{}", nth?)))));
        columns.chain([(Item::DESCRIPTION, Self::key("DataMemo")), (Item::CATEGORY, Self::key("ItemGroup"))])
    }
    fn key(name: &str) -> String {
        format!("{PREFIX}{name}")
    }
    fn item(&self, wire: &Wire) -> Result<Item> {
        let column = |nth| column(wire, PREFIX, nth);
        let cost = Money::new().amount(wire.decimal(&Self::key("CostPrice"))?).currency(self.currency());
        Ok(Item::new()
            .number(column(Some(self.columns.number))?)
            .name(column(Some(self.columns.name))?)
            .unit(column(self.columns.unit)?)
            .barcode(column(self.columns.barcode)?)
            .description(wire.text(&Self::key("DataMemo"))?)
            .category(wire.text(&Self::key("ItemGroup"))?)
            .cost(cost))
    }
    /// The catalogue has one currency: an amount in another one is refused, not written as if it were in that.
    fn currency_is(&self) -> Option<FieldCapability> {
        let currency = self.currency.clone()?;
        let mut can = FieldCapability::read_write();
        can.one_of = Some([currency].into());
        Some(can)
    }
    fn currency(&self) -> Field<String> {
        self.currency.clone().map_or(Field::Unknown, Field::Set)
    }
    fn sent(&self, encode: &Encode<'_, Wire>) -> Result<Map<String, Json>> {
        let sent = encode.sent(ITEMS);
        let mut body = Map::new();
        if encode.is_create() {
            for nth in 1..=COLUMNS {
                body.insert(Self::key(&format!("Data{nth}")), NOTHING.into());
            }
            body.extend([(Self::key("DataMemo"), "".into()), (Self::key("ItemGroup"), "".into())]);
            body.insert(Self::key("EntityType"), "Product".into());
        }
        for (path, key) in self.texts() {
            if let Some(value) = sent.get(path) {
                body.insert(key, value.as_text().unwrap_or_default().into());
            }
        }
        self.records.own.write(&sent, &self.records.lists, encode.is_create(), &mut body)?;
        for (key, value) in &mut body {
            if key.starts_with(COLUMN)
                && !key.ends_with("Memo")
                && value.as_str().is_some_and(|text| text.trim().is_empty())
            {
                *value = NOTHING.into();
            }
        }
        let prices = encode.sent(PRICES);
        let amounts = [("CostPrice", sent.get(Item::COST.join("amount"))), ("Price", prices.get(Price::AMOUNT))];
        for (name, value) in amounts {
            match value {
                Some(value) if value.is_null() && encode.is_create() => {}
                // null may mean that it stays
                Some(value) => {
                    body.insert(Self::key(name), number(value.as_decimal().unwrap_or_default()));
                }
                None => {}
            }
        }
        Ok(body)
    }
    fn price(&self, wire: &Wire) -> Result<Price> {
        let id = wire.link(&Self::key("Id"))?.into_value();
        let item = id.map_or(Field::Unknown, |id| self.at.id(id.to_string()).into());
        Ok(Price::new()
            .item(item)
            .sku(column(wire, PREFIX, Some(self.columns.number))?)
            .list(Field::Empty)
            .currency(self.currency())
            .amount(wire.decimal(&Self::key("Price"))?))
    }
}

impl StreamHandler for Items {
    type Row = Row;
    type Read = Wire;
    type Body = Map<String, Json>;

    fn stream(&self) -> StreamId {
        ITEMS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        can.list = Some(Listing::complete(PAGE_MAX));
        can.get_max = 1;
        can.create = true;
        can.update = self.records.update_mode();
        can.find_by.insert(Item::NUMBER);
        can.search_lag_s = self.search_lag_s;
        self.records.own.declare(&mut can);
        can.fields.extend(self.texts().map(|(path, _)| (path, FieldCapability::read_write())));
        can.fields.insert(Item::NUMBER, FieldCapability::read_write().required());
        can.fields.insert(Item::COST.join("amount"), FieldCapability::read_write());
        can.fields.extend(self.currency_is().map(|can| (Item::COST.join("currency"), can)));
        let mut keys = self.records.own.keys();
        keys.extend(self.texts().chain([(Item::COST.join("amount"), Self::key("CostPrice"))]));
        describe(&mut can, &keys, &self.records.lists);
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let mut price = StreamCapability::new(EntityKind::Price);
        // by these a new price finds the item that it is made with
        let mut once = FieldCapability::read_only();
        once.write_on_create = true;
        price.fields.extend([Price::ITEM, Price::SKU].map(|path| (path, once.clone())));
        price.fields.insert(Price::LIST, FieldCapability::read_only());
        price.fields.insert(Price::AMOUNT, FieldCapability::read_write().called(Self::key("Price")));
        price.fields.extend(self.currency_is().map(|can| (Price::CURRENCY, can)));
        vec![(PRICES.into(), price)]
    }
    fn row_id(&self, row: &Row) -> String {
        row.id(PREFIX)
    }
    fn head(&self, _: &Wire) -> Head {
        Head::default()
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let own = self.records.own.read(read, &self.records.lists)?;
        let plain = |value: &Value| if value.as_text() == Some(NOTHING) { Value::Null } else { value.clone() };
        let own: FieldMap = own.iter().map(|(path, value)| (path, plain(value))).collect();
        let host = Shown::of(self.stream(), &self.item(read)?).extras(&own);
        Ok(vec![host, Shown::of(PRICES, &self.price(read)?)])
    }

    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Self::Body> {
        self.records.body(encode, self.sent(encode)?)
    }
    fn unchanged(&self, body: &Self::Body, current: &Wire) -> bool {
        Records::unchanged(body, current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, _page_size: u32) -> Result<RawPage> {
        const LIST: &str = RESOURCE.list;
        match from {
            ListFrom::Beginning => {
                Ok(RawPage::last(self.records.api.read(cx, Request::get(LIST, RESOURCE.all)).await?))
            }
            ListFrom::Page(_) => {
                let line = "the catalogue comes on one page; this is no place in it";
                Err(Error::new(ErrorKind::Protocol, LIST, line))
            }
            _ => {
                let line = "webCRM's catalogue does not tell what changed; list all of it";
                Err(Error::new(ErrorKind::Unsupported, LIST, line))
            }
        }
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.records.get(cx, ids).await
    }
    /// The query knows the catalogue by other names, so what it finds is read by id.
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let number = by.text(Item::NUMBER).unwrap_or_default();
        let column = format!("LinkedDataItemData{}", self.columns.number);
        let script = format!(
            "SELECT * FROM LinkedData WHERE LinkedDataItemEntityType = {PRODUCT} AND {column} = {}",
            quoted(number)
        );
        let mut ids: Vec<Arc<str>> = Vec::new();
        for row in self.records.query(cx, RESOURCE.find, &script).await? {
            let row: Option<Wire> = serde_json::from_str(row.get()).ok();
            let id = row.and_then(|row| row.link("LinkedDataItemId").ok()?.into_value());
            let id = id.ok_or_else(|| {
                let line = "an item was found whose id cannot be read";
                Error::new(ErrorKind::Protocol, RESOURCE.find, line)
            })?;
            ids.push(id.to_string().into());
        }
        let exact = |row: &RawValue| {
            let item: Option<Wire> = serde_json::from_str(row.get()).ok();
            let told = item.and_then(|item| column_of(&item, self.columns.number));
            told.as_deref() == Some(number)
        };
        Ok(self.records.get(cx, &ids).await?.into_iter().filter(|row| exact(row)).collect())
    }
    async fn post(&self, cx: &Context, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.records.made(cx, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Self::Body, _write: &Write) -> Result<Answer> {
        self.records.api.change(cx, &RESOURCE, id, body).await.map(|()| Answer::done())
    }
}

fn column_of(item: &Wire, nth: u8) -> Option<String> {
    column(item, PREFIX, Some(nth)).ok()?.into_value()
}
