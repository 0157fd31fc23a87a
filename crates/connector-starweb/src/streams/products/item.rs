//! A product with one variant as an item, in both directions.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use sync_core::{
    Field, FieldMap, FieldPath, Value,
    capability::{FieldCapability, StreamCapability},
    error::{Error, ErrorKind, Result},
    handler::Encode,
    model::{Item, Money},
};

use super::{
    PRODUCTS,
    wire::{Product, Text, Variant},
};
use crate::{
    codes::{Lists, name_in},
    goods::names,
    streams::{Own, own_fields, own_paths, reads},
    wire::{Told, Whole, number, rounded},
};

/// Own fields of the product.
const OF_PRODUCT: &Own = &[
    ("productId", "product_id"),
    ("externalId", "external_id"),
    ("externalIdType", "external_id_type"),
    ("createdAt", "created_at"),
    ("visibility", "visibility"),
    ("moreInfoUrl", "more_info_url"),
    ("manufacturerId", "manufacturer_id"),
    ("unitId", "unit_id"),
    ("sortIndex", "sort_index"),
    ("type", "type"),
    ("isBackInStockWatchable", "is_back_in_stock_watchable"),
    ("bundleUseManualPrice", "bundle_use_manual_price"),
    ("priceMode", "price_mode"),
    ("defaultVatRate", "default_vat_rate"),
    ("hasSeveralVariants", "has_several_variants"),
];
/// Own fields of the variant.
const OF_VARIANT: &Own = &[
    ("variantId", "variant_id"),
    ("externalId", "variant_external_id"),
    ("externalIdType", "variant_external_id_type"),
    ("sortIndex", "variant_sort_index"),
    ("stockStatusId", "stock_status_id"),
    ("imageFileId", "image_file_id"),
];
const EXTERNAL_ID: FieldPath = FieldPath::from_static("x.starweb.external_id");
const EXTERNAL_ID_TYPE: FieldPath = FieldPath::from_static("x.starweb.external_id_type");
const MORE_INFO_URL: FieldPath = FieldPath::from_static("x.starweb.more_info_url");
const VISIBILITY: FieldPath = FieldPath::from_static("x.starweb.visibility");
const VARIANT_EXTERNAL_ID: FieldPath = FieldPath::from_static("x.starweb.variant_external_id");
const VARIANT_EXTERNAL_ID_TYPE: FieldPath = FieldPath::from_static("x.starweb.variant_external_id_type");
const PERMALINK: FieldPath = FieldPath::from_static("x.starweb.permalink");
const PRODUCT_NAME: FieldPath = FieldPath::from_static("x.starweb.product_name");
const CATEGORY_IDS: FieldPath = FieldPath::from_static("x.starweb.category_ids");
const MEDIA_FILE_IDS: FieldPath = FieldPath::from_static("x.starweb.media_file_ids");

/// Nobody but the shop's staff sees it.
pub(super) const HIDDEN: &str = "hidden";
const VISIBLE: &str = "visible";
/// Characters of a variant's number.
const NUMBER_MAX: usize = 40;
/// Characters of a product's name.
const NAME_MAX: u32 = 150;
const TEXT_MAX: u32 = 65_535;
/// Decimals of a weight in kilograms; how many the vendor keeps is not documented.
const GRAMS: u32 = 3;

/// What belongs to the product, and so to all of its variants.
pub(super) fn shared_paths() -> [FieldPath; 11] {
    [
        Item::NAME,
        Item::DESCRIPTION,
        Item::UNIT,
        Item::VAT_RATE,
        Item::SALES_ACCOUNT,
        Item::MANUFACTURER,
        Item::IS_SOLD_ONLINE,
        EXTERNAL_ID,
        EXTERNAL_ID_TYPE,
        MORE_INFO_URL,
        VISIBILITY,
    ]
}

/// What a write does to product and variant themselves.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ItemWrite {
    pub(super) product: Map<String, Json>,
    pub(super) variant: Map<String, Json>,
    pub(super) text: Option<TextBody>,
    pub(super) category: Option<i64>,
}

/// Texts in one language. The name is in every request, since the vendor demands it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextBody {
    pub(super) lang_code: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) short_description: Option<String>,
}

/// What can be done with the fields of an item.
pub(super) fn declare(can: &mut StreamCapability, lists: &Lists, decimals: u32) {
    let (text, exact) = (FieldCapability::read_write, |max| FieldCapability::read_write().cut_to(max).exact());
    reads(can, own_paths(OF_PRODUCT).chain(own_paths(OF_VARIANT)));
    reads(can, [PERMALINK, PRODUCT_NAME, CATEGORY_IDS, MEDIA_FILE_IDS, Item::PRODUCT, Item::VARIANT]);
    let mut category = FieldCapability::read_only();
    category.write_on_create = true;
    let mut unit = text();
    unit.one_of = Some(lists.goods.units.iter().map(|unit| unit.code.clone()).collect());
    let mut currency = text();
    currency.one_of = lists.shop.base_currency.clone().map(|currency| [currency].into());
    let mut visibility = text();
    visibility.one_of = Some([HIDDEN, VISIBLE].map(str::to_owned).into());
    can.fields.extend([
        (Item::NUMBER, exact(40).required()),
        (Item::NAME, text().cut_to(NAME_MAX).required()),
        (Item::DESCRIPTION, text().cut_to(TEXT_MAX)),
        (Item::BARCODE, exact(20)),
        (Item::SUPPLIER_ITEM_NUMBER, exact(40)),
        (Item::UNIT, unit),
        (Item::CATEGORY, category),
        (Item::VAT_RATE, text()),
        (Item::SALES_ACCOUNT, text()),
        (Item::MANUFACTURER, text()),
        (Item::COST.join(Money::AMOUNT.as_str()), text().rounded_to(decimals)),
        (Item::COST.join(Money::CURRENCY.as_str()), currency),
        (Item::WEIGHT, text().rounded_to(GRAMS)),
        (Item::IS_ACTIVE, text()),
        (Item::IS_SOLD_ONLINE, text()),
        (EXTERNAL_ID, exact(40)),
        (EXTERNAL_ID_TYPE, exact(20)),
        (MORE_INFO_URL, exact(255)),
        (VISIBILITY, visibility),
        (VARIANT_EXTERNAL_ID, exact(40)),
        (VARIANT_EXTERNAL_ID_TYPE, exact(20)),
    ]);
}

/// The item that a row shows, with its own fields.
pub(super) fn shown(lists: &Lists, read: &Whole<Product>, variant: &Variant) -> (Item, FieldMap) {
    let product = &read.known;
    let text = product.text(lists.shop.language.as_deref().unwrap_or_default());
    let name = text.map_or(Field::Unknown, |text| text.name.0.clone());
    let differs = product.has_several().then(|| distinction(lists, variant)).flatten();
    let full = match &differs {
        Some(differs) => name.clone().map(|name| format!("{name}, {differs}")),
        None => name.clone(),
    };
    let unit = |id: i64| {
        let known = lists.goods.units.iter().find(|unit| unit.id == id);
        known.map_or_else(|| id.to_string(), |unit| unit.code.clone())
    };
    let maker = |id: i64| {
        let known = lists.goods.manufacturers.iter().find(|maker| maker.id == id);
        known.map_or_else(|| id.to_string(), |maker| maker.name.clone())
    };
    let vat_rate = match product.default_vat_rate.0 {
        Field::Empty => lists.shop.vat_rate.map_or(Field::Unknown, Field::Set), // no rate of its own is no rate of zero
        told => told,
    };
    let mut cost = Money::new().amount(variant.cost_price.0);
    if cost.amount.is_set() {
        cost = cost.currency(lists.shop.base_currency.clone().map_or(Field::Unknown, Field::Set));
    }
    let group = match product.has_several() {
        true => product.external_id.get().or_else(|| product.product_id.get().map(|id| id.to_string())).into(),
        false => Field::Empty,
    };
    let categories = ids(&product.categories.0, |category| &category.category_id);
    let item = Item::new()
        .number(variant.sku.0.clone())
        .name(full)
        .description(text.map_or(Field::Unknown, |text| text.short_description.0.clone()))
        .product(group)
        .variant(differs)
        .barcode(variant.ean.0.clone())
        .unit(product.unit_id.0.map(unit))
        .category(categories.as_ref().map(|all| all.first().cloned()).flatten_field())
        .vat_rate(vat_rate)
        .sales_account(product.accounting.0.clone())
        .cost(cost)
        .weight(variant.weight_in_kg.0)
        .manufacturer(product.manufacturer_id.0.map(maker))
        .supplier_item_number(variant.mpn.0.clone())
        .is_active(match variant.is_active.0 {
            Field::Empty => Field::Set(true), // the vendor's default
            told => told,
        })
        .is_sold_online(product.visibility.0.as_ref().map(|word| word != HIDDEN));
    let own = own(read, text, &name, &categories);
    (item, own)
}

/// Own fields: the scalars of product and variant, and what is linked to them.
fn own(read: &Whole<Product>, text: Option<&Text>, name: &Field<String>, categories: &Field<Vec<String>>) -> FieldMap {
    let mut own = own_fields(&read.all, OF_PRODUCT);
    own.overlay(&variant_fields(&read.all));
    let media = ids(&read.known.media_files.0, |media| &media.media_file_id);
    let joined = |all: &Field<Vec<String>>| all.as_ref().map(|all| all.join(","));
    let permalink = text.map_or(Field::Unknown, |text| text.permalink.0.clone());
    for (path, field) in [
        (CATEGORY_IDS, joined(categories)),
        (MEDIA_FILE_IDS, joined(&media)),
        (PRODUCT_NAME, name.clone()),
        (PERMALINK, permalink),
    ] {
        if let Some(value) = told(&field) {
            own.set(path, value);
        }
    }
    own
}

/// What tells a variant from the others: the names of its values, in the vendor's order.
fn distinction(lists: &Lists, variant: &Variant) -> Option<String> {
    let language = lists.shop.language.as_deref().unwrap_or_default();
    let values = variant.attribute_values.0.value()?;
    let names: Vec<String> = values.iter().filter_map(|value| name_in(value.languages.0.value(), language)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn variant_fields(all: &Map<String, Json>) -> FieldMap {
    let variant = all.get("variants").and_then(|list| list.get("data")?.get(0)?.as_object());
    variant.map(|variant| own_fields(variant, OF_VARIANT)).unwrap_or_default()
}

/// The ids of what a product is linked to, in the vendor's order; unknown if they did not come along.
fn ids<T>(all: &Field<Vec<T>>, id: impl Fn(&T) -> &Told<i64>) -> Field<Vec<String>> {
    all.as_ref().map(|all| all.iter().filter_map(|one| id(one).get()).map(|id| id.to_string()).collect())
}

/// As it goes into a field map: nothing for what is not known.
fn told(field: &Field<String>) -> Option<Value> {
    match field {
        Field::Unknown => None,
        Field::Empty => Some(Value::Null),
        Field::Set(text) => Some(Value::from(text.as_str())),
    }
}

/// A field whose value may turn out to be none.
trait FlattenField<T> {
    fn flatten_field(self) -> Field<T>;
}
impl<T> FlattenField<T> for Field<Option<T>> {
    fn flatten_field(self) -> Field<T> {
        match self {
            Field::Set(value) => value.into(),
            Field::Empty => Field::Empty,
            Field::Unknown => Field::Unknown,
        }
    }
}

/// What is to be sent of the item itself.
pub(super) fn encode(lists: &Lists, decimals: u32, encode: &Encode<'_, Whole<Product>>) -> Result<ItemWrite> {
    let item: Item = encode.sent_as(PRODUCTS)?;
    let mut write = ItemWrite {
        product: product_body(lists, &item, &encode.sent(PRODUCTS))?,
        variant: variant_body(lists, &item, &encode.sent(PRODUCTS), decimals, encode.is_create())?,
        text: text_body(lists, &item, encode)?,
        category: None,
    };
    if encode.is_create() {
        write.product.retain(|_, value| !value.is_null());
        let number = |code: &String| whole("category", Item::CATEGORY, code);
        write.category = item.category.value().map(number).transpose()?;
    }
    Ok(write)
}

fn product_body(lists: &Lists, item: &Item, sent: &FieldMap) -> Result<Map<String, Json>> {
    let mut body = Map::new();
    match item.vat_rate {
        Field::Unknown => {}
        Field::Empty => {
            let line = "a product without a VAT rate gets the shop's own; give the rate in percent".to_owned();
            return Err(wrong(Item::VAT_RATE, line));
        }
        Field::Set(rate) if rate < Decimal::ZERO || rate > Decimal::ONE_HUNDRED => {
            return Err(wrong(Item::VAT_RATE, format!("{rate} is no VAT rate in percent; correct it")));
        }
        Field::Set(rate) => _ = body.insert("defaultVatRate".to_owned(), rate.normalize().to_string().into()),
    }
    let units = lists.goods.units.iter().map(|unit| (unit.id, unit.code.as_str()));
    let makers = lists.goods.manufacturers.iter().map(|maker| (maker.id, maker.name.as_str()));
    if let Some(id) = coded(&item.unit, units, Item::UNIT, "unit")? {
        body.insert("unitId".to_owned(), id);
    }
    if let Some(id) = coded(&item.manufacturer, makers, Item::MANUFACTURER, "manufacturer")? {
        body.insert("manufacturerId".to_owned(), id);
    }
    match &item.sales_account {
        Field::Unknown => {}
        Field::Empty => _ = body.insert("accounting".to_owned(), Json::Null),
        Field::Set(account) => {
            let number = whole("sales account", Item::SALES_ACCOUNT, account)?;
            if !(100..=9999).contains(&number) {
                let line = format!("the shop takes sales accounts from 100 to 9999, not {number}");
                return Err(wrong(Item::SALES_ACCOUNT, line));
            }
            body.insert("accounting".to_owned(), number.into());
        }
    }
    for (path, name) in
        [(EXTERNAL_ID, "externalId"), (EXTERNAL_ID_TYPE, "externalIdType"), (MORE_INFO_URL, "moreInfoUrl")]
    {
        if let Some(value) = sent.get(path) {
            body.insert(name.to_owned(), value.as_text().map_or(Json::Null, Json::from));
        }
    }
    let shown = match item.is_sold_online {
        Field::Unknown => None,
        Field::Set(true) => Some(VISIBLE),
        Field::Set(false) | Field::Empty => Some(HIDDEN),
    };
    let word = match sent.get(VISIBILITY).map(|value| value.as_text().unwrap_or_default()) {
        None => shown,
        Some(HIDDEN) => Some(HIDDEN),
        Some(VISIBLE) => Some(VISIBLE),
        Some(other) => {
            let line = format!("visibility '{other}' cannot be written; give hidden or visible");
            return Err(wrong(VISIBILITY, line));
        }
    };
    if let Some(word) = word {
        body.insert("visibility".to_owned(), word.into());
    }
    Ok(body)
}

/// A change of a variant takes no null: texts are emptied with an empty text, numbers cannot be emptied.
fn variant_body(
    lists: &Lists,
    item: &Item,
    sent: &FieldMap,
    decimals: u32,
    is_create: bool,
) -> Result<Map<String, Json>> {
    let mut body = Map::new();
    if let Some(number) = item.number.value().filter(|number| number.chars().count() > NUMBER_MAX) {
        let length = number.chars().count();
        let line = format!("the number '{number}' has {length} characters, the shop takes {NUMBER_MAX}: shorten it");
        return Err(wrong(Item::NUMBER, line));
    }
    let texts = [
        ("sku", item.number.clone()),
        ("ean", item.barcode.clone()),
        ("mpn", item.supplier_item_number.clone()),
        ("externalId", own_text(sent, VARIANT_EXTERNAL_ID)),
        ("externalIdType", own_text(sent, VARIANT_EXTERNAL_ID_TYPE)),
    ];
    for (name, field) in texts {
        match field {
            Field::Unknown => {}
            Field::Empty if name == "sku" => {
                return Err(wrong(Item::NUMBER, "a product in the shop always has a number; give one".to_owned()));
            }
            Field::Empty if is_create => {}
            Field::Empty => _ = body.insert(name.to_owned(), "".into()),
            Field::Set(text) => _ = body.insert(name.to_owned(), text.into()),
        }
    }
    let cost = Item::COST.join(Money::AMOUNT.as_str());
    if let (Some(wanted), Some(own)) = (item.cost.currency.as_deref(), &lists.shop.base_currency)
        && wanted != own
    {
        let line = format!("the shop keeps what an item costs in {own}, not in {wanted}; map it in {own}");
        return Err(wrong(Item::COST.join(Money::CURRENCY.as_str()), line));
    }
    for (path, amount) in [(cost, item.cost.amount), (Item::WEIGHT, item.weight)] {
        match amount {
            Field::Unknown => {}
            Field::Empty if is_create => {}
            Field::Empty => {
                return Err(wrong(path, format!("'{path}' cannot be emptied in the shop; give 0, or empty it there")));
            }
            Field::Set(amount) if amount < Decimal::ZERO => {
                return Err(wrong(path, format!("'{path}' cannot be below zero in the shop; correct {amount}")));
            }
            // the one is a number in the vendor's description, the other a text
            Field::Set(amount) if path == cost => {
                body.insert("costPrice".to_owned(), rounded(amount, decimals).normalize().to_string().into());
            }
            Field::Set(amount) => _ = body.insert("weightInKg".to_owned(), number(rounded(amount, GRAMS))),
        }
    }
    if let Field::Set(active) = item.is_active {
        body.insert("isActive".to_owned(), active.into());
    }
    Ok(body)
}

fn text_body(lists: &Lists, item: &Item, encode: &Encode<'_, Whole<Product>>) -> Result<Option<TextBody>> {
    if item.name.is_unknown() && item.description.is_unknown() {
        return Ok(None);
    }
    let current = encode.current().map(|read| &read.known);
    let language = lists.shop.language.clone();
    let language = language.or_else(|| current?.text("")?.lang_code.get()).ok_or_else(|| {
        wrong(Item::NAME, "the shop does not tell its first language; set one in its admin".to_owned())
    })?;
    let settled: Item = encode.wanted(PRODUCTS)?;
    let name = settled.name.into_value().or_else(|| current?.text(&language)?.name.get());
    let name = name.ok_or_else(|| wrong(Item::NAME, "a product in the shop always has a name; give one".to_owned()))?;
    let description = match &item.description {
        Field::Unknown => None,
        Field::Empty if encode.is_create() => None,
        Field::Empty => Some(String::new()),
        Field::Set(text) => Some(cut(text, TEXT_MAX)),
    };
    Ok(Some(TextBody { lang_code: language, name: cut(&name, NAME_MAX), short_description: description }))
}

fn own_text(sent: &FieldMap, path: FieldPath) -> Field<String> {
    match sent.get(path) {
        None => Field::Unknown,
        Some(value) => value.as_text().into(),
    }
}

/// The id of what stands under a code; null where it is to be empty.
fn coded<'a>(
    field: &Field<String>,
    known: impl Iterator<Item = (i64, &'a str)> + Clone,
    path: FieldPath,
    what: &str,
) -> Result<Option<Json>> {
    match field {
        Field::Unknown => Ok(None),
        Field::Empty => Ok(Some(Json::Null)),
        Field::Set(code) => match known.clone().find(|(_, known)| known == code) {
            Some((id, _)) => Ok(Some(id.into())),
            None => {
                let known = names(known.map(|(_, code)| code.to_owned()));
                let line = format!("the shop has no {what} '{code}'; make it there, or map it to one of {known}");
                Err(wrong(path, line))
            }
        },
    }
}

fn whole(what: &str, path: FieldPath, text: &str) -> Result<i64> {
    text.trim().parse().map_err(|_| wrong(path, format!("'{text}' is no number of a {what} in the shop; map it")))
}

fn cut(text: &str, max: u32) -> String {
    text.chars().take(usize::try_from(max).unwrap_or(usize::MAX)).collect()
}

fn wrong(field: FieldPath, line: String) -> Error {
    Error::new(ErrorKind::Invalid, "write product", line).with_context("field", field)
}
