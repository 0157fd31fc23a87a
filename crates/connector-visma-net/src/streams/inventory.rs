//! `/v1/inventory`: an item, its default price, and its stock over the warehouses that count, all in one record.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, FieldPath, Result, StreamId, Value,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    connector::{ListFrom, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::{Item, Money, Price, StockLevel},
};

use super::{
    Filter, METADATA, Shared, keyed,
    organisations::{SUPPLIERS, attributes},
    own as own_fields, with_own,
};
use crate::{
    client::{Place, Resource, Since},
    codes::{self, ITEM_STATUS},
    columns::{self, Column, Form, column, own, within},
    config::{ItemCost, Prices, Stock},
    wire::{Body, Dialect, Wire, number},
};

/// The stream of items.
pub(crate) const INVENTORY: &str = "inventory";
/// Its default price.
const PRICE: &str = "inventory_price";
/// Its stock.
const STOCK: &str = "inventory_stock";
const DEFAULT_PRICE: &str = "defaultPrice";
const STATUS: &str = "status";
const KIND: &str = "type";

static RESOURCE: Resource = Resource {
    name: INVENTORY,
    all: "/v1/inventory",
    one: "/v1/inventory/{id}",
    create_at: "/v1/inventory",
    list: "list items",
    get: "read item",
    find: "find items",
    create: "create item",
    update: "update item",
    remove: "delete item",
    given: Some("inventoryNumber"),
    paged: true,
    created: true,
    with: &[
        ("expandAccountInformation", "false"),
        ("expandAttachment", "false"),
        ("expandAttribute", "true"),
        ("expandCrossReference", "true"),
        ("expandInventoryUnits", "false"),
        ("expandNote", "false"),
        ("expandSalesCategories", "false"),
        ("expandSupplierDetails", "true"),
        ("expandWarehouseDetail", "true"),
    ],
};

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "inventoryNumber")]
    number: String,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Inventory {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Inventory {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let cost = match shared.config.item_cost {
            ItemCost::Current => "currentCost",
            ItemCost::Last => "lastCost",
        };
        let code = |at, path, to| column(at, path, Form::Code).to(to);
        let columns = vec![
            column("inventoryNumber", Item::NUMBER, Form::Text).to("inventoryNumber").once().exact(30).required(),
            column("description", Item::NAME, Form::Text).to("description").cut(255),
            code("salesUnit", Item::UNIT, "salesUnit").exact(6),
            code("itemClass.id", Item::CATEGORY, "itemClass").required(),
            code("postingClass.id", Item::POSTING_GROUP, "postingClass"),
            code("vatCode.id", Item::VAT_CODE, "vatCode"),
            column("stockItem", Item::IS_STOCKED, Form::Flag),
            column(cost, within(Item::COST, Money::AMOUNT), Form::Number),
        ];
        let mut columns = with_own(columns, own_fields::ITEM);
        // what a facet shows, and what is told by hand
        columns.retain(|column| ![DEFAULT_PRICE, STATUS, KIND].contains(&column.at()));
        Self { shared, columns }
    }
    fn filters() -> Vec<Filter> {
        vec![keyed(Item::NUMBER, "inventoryNumber")]
    }
    fn item(&self, read: &Wire) -> Result<Item> {
        let mut item = Item::new();
        if read.number("currentCost")?.is_set() || read.number("lastCost")?.is_set() {
            item.cost.currency = self.currency();
        }
        if let Field::Set(status) = read.word(STATUS, &ITEM_STATUS)? {
            item.is_active = codes::is_sold(status).map_or(Field::Unknown, Field::Set);
        }
        item.is_service = read.text(KIND)?.map(|kind| codes::is_service(&kind));
        item.barcode = barcode(read)?;
        self.supplier(read, &mut item)?;
        Ok(item)
    }
    /// The supplier that is the item's own, and its number for the item.
    fn supplier(&self, read: &Wire, item: &mut Item) -> Result<()> {
        let rows = match read.rows("supplierDetails")? {
            Field::Unknown => return Ok(()),
            rows => rows.into_value().unwrap_or_default(),
        };
        let is_default = |row: &&Wire| row.flag("default").ok().and_then(Field::into_value) == Some(true);
        let row = rows.iter().find(is_default).cloned().unwrap_or_default();
        item.supplier_item_number = row.text("supplierItemId")?.or(Field::Empty);
        if self.shared.config.wants(SUPPLIERS) {
            item.supplier = self.shared.linked(SUPPLIERS, row.text("supplierId")?.or(Field::Empty));
        }
        Ok(())
    }
    fn currency(&self) -> Field<String> {
        self.shared.company.currency.as_deref().map_or(Field::Unknown, Field::from)
    }
    fn price(&self, read: &Wire) -> Result<Price> {
        let mut price = Price::new().amount(read.amount(DEFAULT_PRICE)?).list(Field::Empty);
        price.item = self.shared.linked(INVENTORY, read.text("inventoryNumber")?);
        price.sku = read.text("inventoryNumber")?;
        price.currency = self.currency();
        price.includes_vat = Field::Set(self.shared.config.prices == Prices::WithVat);
        Ok(price)
    }
    /// The stock of the warehouses that count, added up; absent where none is kept.
    fn stock(&self, read: &Wire) -> Result<Option<StockLevel>> {
        let config = &self.shared.config;
        let free = match config.stock {
            Stock::Off => return Ok(None),
            Stock::AvailableForShipment => "availableForShipment",
            Stock::Available => "available",
        };
        if read.flag("stockItem")? != Field::Set(true) {
            return Ok(None);
        }
        let Field::Set(rows) = read.rows("warehouseDetails")? else { return Ok(None) };
        let (mut on_hand, mut available) = (Decimal::ZERO, Decimal::ZERO);
        for row in &rows {
            let warehouse = row.text("warehouse")?.into_value().unwrap_or_default();
            if config.warehouses.is_empty() || config.warehouses.contains(&warehouse) {
                on_hand += row.number("quantityOnHand")?.into_value().unwrap_or_default();
                available += row.number(free)?.into_value().unwrap_or_default();
            }
        }
        let mut level = StockLevel::new().on_hand(on_hand.normalize()).available(available.normalize());
        level.item = self.shared.linked(INVENTORY, read.text("inventoryNumber")?);
        level.sku = read.text("inventoryNumber")?;
        Ok(Some(level.location(Field::Empty)))
    }
}

fn barcode(read: &Wire) -> Result<Field<String>> {
    let rows = match read.rows("crossReferences")? {
        Field::Unknown => return Ok(Field::Unknown),
        rows => rows.into_value().unwrap_or_default(),
    };
    for row in rows {
        if row.text("alternateType")?.as_deref() == Some("Barcode") {
            return row.text("alternateID");
        }
    }
    Ok(Field::Empty)
}

fn facet(kind: EntityKind, shown: &[FieldPath], once: &[FieldPath]) -> StreamCapability {
    let mut can = StreamCapability::new(kind);
    can.fields.extend(shown.iter().map(|path| (*path, FieldCapability::read_only())));
    for path in once {
        // they are the item's own: given with it, and never by themselves
        let mut field = FieldCapability::read_only();
        field.write_on_create = true;
        can.fields.insert(*path, field);
    }
    can
}

impl StreamHandler for Inventory {
    type Row = Row;
    type Read = Wire;
    type Body = Body;

    fn stream(&self) -> StreamId {
        INVENTORY.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Item);
        columns::declare(&self.columns, &mut can);
        let shown = [Item::IS_SERVICE, Item::BARCODE, Item::SUPPLIER_ITEM_NUMBER, within(Item::COST, Money::CURRENCY)];
        can.fields.extend(shown.map(|path| (path, FieldCapability::read_only())));
        if self.shared.config.wants(SUPPLIERS) {
            can.fields.insert(Item::SUPPLIER, FieldCapability::read_only());
        }
        can.fields.insert(Item::IS_ACTIVE, FieldCapability::read_write());
        let mut status = FieldCapability::read_write();
        status.one_of = Some(ITEM_STATUS.iter().map(|word| (*word).to_owned()).collect());
        can.fields.insert(own(STATUS), status);
        let mut kind = FieldCapability::read_only();
        kind.write_on_create = true;
        can.fields.insert(own(KIND), kind);
        attributes::declare(&self.shared.company.item_attributes, &self.shared.company, &mut can);
        // costs and stock have stamps of their own
        self.shared.declare(&mut can, true);
        can.find_by = Self::filters().iter().map(Filter::path).collect();
        can.natural_key = true;
        can.create = self.shared.config.may(":create");
        if self.shared.config.may(":update") {
            can.update = UpdateMode::Merge;
            can.write_concurrency = 4;
        }
        let names = [
            (Item::IS_ACTIVE, STATUS),
            (Item::IS_SERVICE, KIND),
            (Item::BARCODE, "crossReferences"),
            (Item::SUPPLIER, "supplierDetails.supplierId"),
            (Item::SUPPLIER_ITEM_NUMBER, "supplierDetails.supplierItemId"),
        ];
        self.shared.describe(&mut can, &names);
        can
    }
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        let (item, sku) = (Price::ITEM, Price::SKU);
        let mut price = facet(EntityKind::Price, &[Price::LIST, Price::CURRENCY, Price::INCLUDES_VAT], &[item, sku]);
        price.holds.set(Price::LIST, Value::Null);
        price.fields.insert(Price::AMOUNT, FieldCapability::read_write().called(DEFAULT_PRICE));
        if self.shared.config.may(":update") {
            price.update = UpdateMode::Merge;
        }
        let mut facets = vec![(PRICE.into(), price)];
        if self.shared.config.stock != Stock::Off {
            let shown =
                [StockLevel::ITEM, StockLevel::SKU, StockLevel::LOCATION, StockLevel::ON_HAND, StockLevel::AVAILABLE];
            let mut stock = facet(EntityKind::StockLevel, &shown, &[]);
            stock.holds.set(StockLevel::LOCATION, Value::Null);
            facets.push((STOCK.into(), stock));
        }
        facets
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        row.number.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        self.shared.head(read)
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        for name in [STATUS, KIND] {
            if let Field::Set(word) = read.text(name)? {
                fields.set(own(name), word);
            }
        }
        attributes::read(&self.shared.company.item_attributes, read, &mut fields)?;
        // the currency stands beside the amount, which is a column
        fields.overlay(&self.item(read)?.to_fields());
        let mut shown = vec![Shown::fields(INVENTORY, fields), Shown::of(PRICE, &self.price(read)?)];
        shown.extend(self.stock(read)?.map(|level| Shown::of(STOCK, &level)));
        Ok(shown)
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Body> {
        let sent = encode.sent(INVENTORY);
        let mut body = Body::default();
        columns::write(&self.columns, &sent, encode.is_create(), Dialect::Wrapped, &mut body)?;
        if let Some(Value::Bool(active)) = sent.get(Item::IS_ACTIVE) {
            body.wrapped(STATUS, if *active { "Active" } else { "Inactive" });
        }
        for (name, may) in [(STATUS, true), (KIND, encode.is_create())] {
            if let Some(word) = sent.text(own(name)).filter(|_| may) {
                body.wrapped(name, word);
            }
        }
        attributes::write(&self.shared.company.item_attributes, &sent, encode.is_create(), &mut body);
        if let Some(amount) = encode.sent(PRICE).get(Price::AMOUNT) {
            let currency = encode.wanted::<Price>(PRICE)?.currency;
            let ours = self.shared.company.currency.as_deref();
            if let (Some(given), Some(ours)) = (currency.as_deref(), ours)
                && !given.eq_ignore_ascii_case(ours)
            {
                let what =
                    format!("the price is in {given}, the default price of an item in {ours}: give it in {ours}");
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", Price::CURRENCY));
            }
            body.wrapped(DEFAULT_PRICE, number(amount.as_decimal().unwrap_or_default()));
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Body, _: &Wire) -> bool {
        body.is_empty()
    }

    /// What changed, and where stock is read, after that what moved: each has a stamp of its own.
    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let place = Place::of(RESOURCE.list, from, RESOURCE.created)?;
        let mut page = self.shared.page(cx, &RESOURCE, from, page_size).await?;
        if let (None, Some(Since::Modified(at)), true) =
            (&page.next, place.since, self.shared.config.stock != Stock::Off)
        {
            page = RawPage::more(page.rows, Place { since: Some(Since::Available(at)), position: None }.json());
        }
        Ok(page)
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &RESOURCE, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        self.shared.find(cx, &RESOURCE, by, &Self::filters()).await
    }
    async fn post(&self, cx: &Context, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &RESOURCE, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.change(cx, &RESOURCE, id, body).await
    }
}
