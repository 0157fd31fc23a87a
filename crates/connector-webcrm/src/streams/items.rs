//! The catalogue that quotation lines are made of (`/QuotationLines/LinkedData`; what the vendor calls products is something
//! else). It comes all at once and without stamps. What a column holds is each system's own matter.

use std::sync::Arc;

use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, Field, StreamId, StreamKey, SystemId,
    capability::{FieldCapability, Listing, StreamCapability},
    connector::ListFrom,
    error::{Error, ErrorKind, Result},
    handler::{Head, RawPage, Shown, StreamHandler},
    model::{Item, Money, Price},
};
use sync_http::Request;

use super::records::Row;
use crate::{
    client::{Api, PAGE_MAX},
    codes::Lists,
    config::{Columns, Config},
    fields::{Form, OwnFields, family},
    wire::Wire,
};

/// The host stream.
pub(crate) const ITEMS: &str = "items";
/// The price of an item.
pub(crate) const PRICES: &str = "item_prices";

const PREFIX: &str = "QuotationLineLinkedDataItem";
/// Stands for nothing: a column may not be empty.
const NOTHING: &str = "-";

/// The handler.
#[derive(Debug)]
pub(crate) struct Items {
    api: Api,
    at: StreamKey,
    columns: Columns,
    currency: Option<String>,
    own: OwnFields,
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
        let mut own = OwnFields::default();
        own.reads(PREFIX, Form::Text, family("Data", 9));
        own.reads(PREFIX, Form::Text, ["VatCode", "EntityType"]);
        own.reads(PREFIX, Form::Number, ["Id"]);
        let at = StreamKey::new(system.clone(), ITEMS);
        Self { api, at, columns, currency: config.catalogue_currency.clone(), own }
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
    fn currency(&self) -> Field<String> {
        self.currency.clone().map_or(Field::Unknown, Field::Set)
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
    type Body = ();

    fn stream(&self) -> StreamId {
        ITEMS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        can.list = Some(Listing::complete(PAGE_MAX));
        can.get_max = 1;
        self.own.declare(&mut can);
        let mut reads = vec![Item::NUMBER, Item::NAME, Item::DESCRIPTION, Item::CATEGORY, Item::COST.join("amount")];
        reads.extend(self.columns.unit.map(|_| Item::UNIT));
        reads.extend(self.columns.barcode.map(|_| Item::BARCODE));
        reads.extend(self.currency.as_ref().map(|_| Item::COST.join("currency")));
        can.fields.extend(reads.into_iter().map(|path| (path, FieldCapability::read_only())));
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let mut price = StreamCapability::new(EntityKind::Price);
        let mut reads = vec![Price::ITEM, Price::SKU, Price::LIST, Price::AMOUNT];
        reads.extend(self.currency.as_ref().map(|_| Price::CURRENCY));
        price.fields.extend(reads.into_iter().map(|path| (path, FieldCapability::read_only())));
        vec![(PRICES.into(), price)]
    }
    fn row_id(&self, row: &Row) -> String {
        row.id(PREFIX)
    }
    fn head(&self, _: &Wire) -> Head {
        Head::default()
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let own = self.own.read(read, &Lists::default())?;
        let host = Shown::of(self.stream(), &self.item(read)?).extras(&own);
        Ok(vec![host, Shown::of(PRICES, &self.price(read)?)])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, _page_size: u32) -> Result<RawPage> {
        const LIST: &str = "list items";
        match from {
            ListFrom::Beginning => {
                Ok(RawPage::last(self.api.read(cx, Request::get(LIST, "/QuotationLines/LinkedData")).await?))
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
        let mut found = Vec::new();
        for id in ids {
            let request = Request::get("get item", "/QuotationLines/LinkedData/{id}").path("id", id);
            found.extend(self.api.record(cx, request).await?);
        }
        Ok(found)
    }
}
