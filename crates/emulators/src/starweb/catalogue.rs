//! Products and variants, to be read; their stock moves with orders.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    Starweb,
    listing::{Includes, Query, paged},
    order::linked,
    refusal::Refusal,
    switches::{FILTER_SKU, PRIMARY_KEY, STOCK_BUMPS, VARIANT_LISTS},
    value::{Fields, amount, data, id, list, stamp, text, whole_seconds},
};

const PRODUCT_INCLUDES: [&str; 13] = [
    "primaryVariant",
    "primaryVariant.prices",
    "primaryVariant.attributeValues",
    "attributes",
    "mediaFiles",
    "languages",
    "vatRates",
    "categories",
    "unit",
    "metaData",
    "bundledProducts",
    "bundledProducts.prices",
    "tags",
];

const VARIANT_INCLUDES: [&str; 3] = ["prices", "attributeValues", "attributeValues.attribute"];

/// What hangs on a product, each a list under its own key and call.
pub(super) const NESTED: [&str; 8] =
    ["attributes", "mediaFiles", "languages", "vatRates", "categories", "metaData", "bundledProducts", "tags"];

/// One product. Its first variant is the primary one.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    pub(super) fields: Fields,
    /// Bare lists under the names of [`NESTED`].
    pub(super) nested: BTreeMap<&'static str, Vec<Fields>>,
    /// Each with bare lists `prices` and `attributeValues`.
    pub(super) variants: Vec<Fields>,
}

/// All products, found by id and by article number.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    products: BTreeMap<u64, Product>,
    /// Article number to product and the variant's place in it.
    skus: BTreeMap<String, (u64, usize)>,
}

impl Catalogue {
    pub(super) fn insert(&mut self, product: Product) {
        for (place, variant) in product.variants.iter().enumerate() {
            self.skus.insert(text(variant, "sku").to_owned(), (product.id, place));
        }
        self.products.insert(product.id, product);
    }

    pub(super) fn products(&self) -> impl DoubleEndedIterator<Item = &Product> {
        self.products.values()
    }

    pub(super) fn by_sku(&self, sku: &str) -> Option<(&Product, &Fields)> {
        let (id, place) = self.skus.get(sku)?;
        let product = self.products.get(id)?;
        Some((product, product.variants.get(*place)?))
    }

    /// Adds to a variant's stock, or takes from it; an unknown number is a free-text row.
    pub(super) fn move_stock(&mut self, cx: &Cx<'_>, sku: &str, by: i64) {
        let Some((id, place)) = self.skus.get(sku) else { return };
        let Some(product) = self.products.get_mut(id) else { return };
        if cx.switches.is(&STOCK_BUMPS, "yes") {
            product.modified = whole_seconds(cx.now);
        }
        if let Some(variant) = product.variants.get_mut(*place) {
            let now = variant.get("stockQuantity").and_then(Value::as_i64).unwrap_or(0);
            variant.insert("stockQuantity".into(), json!(now.saturating_add(by)));
        }
    }
}

/// The VAT rate of a product in a country; the shop's general one where the product has none.
pub(super) fn vat_rate(product: &Product, shop: &Fields) -> Decimal {
    match product.fields.get("defaultVatRate") {
        Some(Value::Null) | None => amount(shop, "generalDefaultVatRate"),
        Some(_) => amount(&product.fields, "defaultVatRate"),
    }
}

fn variant_view(variant: &Fields, switches: &Switches, includes: &Includes, below: &str) -> Fields {
    let mut view = variant.clone();
    for name in ["prices", "attributeValues"] {
        let list = view.remove(name).unwrap_or_else(|| json!([]));
        if includes.has(&format!("{below}{name}")) {
            let wrapped = switches.is(&VARIANT_LISTS, "wrapped");
            view.insert(name.into(), if wrapped { data(list) } else { list });
        }
    }
    view
}

impl Starweb {
    fn product_view(&self, switches: &Switches, product: &Product, includes: &Includes) -> Fields {
        let mut view = product.fields.clone();
        view.insert("productId".into(), json!(product.id));
        view.insert("createdAt".into(), stamp(product.created));
        view.insert("modifiedAt".into(), stamp(product.modified));
        view.insert("hasSeveralVariants".into(), json!(product.variants.len() > 1));
        if includes.has("primaryVariant") {
            let primary = product.variants.first();
            let primary = primary.map(|variant| variant_view(variant, switches, includes, "primaryVariant."));
            let shown = match switches.word(&PRIMARY_KEY) {
                "primaryVariant" => data(primary.map_or(Value::Null, Value::Object)),
                _ => data(list(primary)),
            };
            view.insert(switches.word(&PRIMARY_KEY).into(), shown);
        }
        for (name, rows) in &product.nested {
            if includes.has(name) {
                // For speed the vendor includes one language only, without its long texts.
                let rows = if *name == "languages" { slim(rows) } else { rows.clone() };
                view.insert((*name).into(), data(list(rows)));
            }
        }
        if includes.has("unit") {
            let unit = self.lists.units.iter().find(|unit| id(unit, "unitId") == id(&product.fields, "unitId"));
            view.insert("unit".into(), data(unit.cloned().map_or(Value::Null, Value::Object)));
        }
        linked(switches, view, &format!("/products/{}", product.id))
    }

    pub(super) fn list_products(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let query = Query::new(request, cx);
        let includes = query.includes(&PRODUCT_INCLUDES)?;
        let (created, updated) = (query.since("createdSince")?, query.since("updatedSince")?);
        let visible = query.flag("filterVisible")?;
        let sku = query.text("filterSku");
        if sku.is_some_and(|sku| sku.is_empty() || !sku.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)))
        {
            return Err(Refusal::invalid("filterSku: letters, digits, dot, underscore and hyphen only"));
        }
        let (_, descends) = query.sort(&["productId"], false)?;
        let searched = if cx.switches.is(&FILTER_SKU, "primary") { 1 } else { usize::MAX };
        let has = |product: &Product, sku| product.variants.iter().take(searched).any(|own| text(own, "sku") == sku);
        let wanted = |product: &&Product| {
            query.within(created, product.created)
                && query.within(updated, product.modified)
                && (!visible || text(&product.fields, "visibility") == "visible")
                && sku.is_none_or(|sku| has(product, sku))
        };
        let mut found = self.catalogue.products().filter(wanted).collect::<Vec<_>>();
        if descends {
            found.reverse();
        }
        let (page, meta) = query.page(found)?;
        let views = page.into_iter().map(|product| self.product_view(cx.switches, product, &includes));
        Ok(Reply::json(200, &paged(views, meta)))
    }

    /// The calls below `/products/{id}`.
    pub(super) fn read_product(&self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        let (number, below) = path.split_first().ok_or_else(Refusal::not_found)?;
        let product = number.parse().ok().and_then(|id| self.catalogue.products.get(&id));
        let product = product.ok_or_else(Refusal::not_found)?;
        let query = Query::new(request, cx);
        let nested = |name: &str| list(product.nested.get(name).cloned().unwrap_or_default());
        let answer = match below {
            [] => {
                let view = self.product_view(cx.switches, product, &query.includes(&PRODUCT_INCLUDES)?);
                data(Value::Object(view))
            }
            ["variants"] => {
                let includes = query.includes(&VARIANT_INCLUDES)?;
                let (page, _) = query.page(product.variants.iter().collect())?;
                data(list(page.into_iter().map(|variant| variant_view(variant, cx.switches, &includes, ""))))
            }
            ["variants", variant, rest @ ..] => {
                let variant = member(&product.variants, "variantId", variant).ok_or_else(Refusal::not_found)?;
                let prices = super::value::rows(variant.get("prices").cloned());
                match rest {
                    [] => {
                        let includes = query.includes(&VARIANT_INCLUDES)?;
                        data(Value::Object(variant_view(variant, cx.switches, &includes, "")))
                    }
                    ["prices"] => data(list(prices)),
                    ["prices", id] => found(&prices, "pricelistId", id)?,
                    _ => return Err(Refusal::not_found()),
                }
            }
            ["languages"] => data(nested("languages")),
            ["languages", code] => found(&super::value::rows(Some(nested("languages"))), "langCode", code)?,
            ["vat-rates"] => data(nested("vatRates")),
            ["vat-rates", code] => found(&super::value::rows(Some(nested("vatRates"))), "countryCode", code)?,
            ["categories"] => data(nested("categories")),
            _ => return Err(Refusal::not_found()),
        };
        Ok(Reply::json(200, &answer))
    }

    /// The product as it can be seeded again.
    pub(super) fn whole_product(&self, switches: &Switches, product: &Product) -> Fields {
        let mut view = self.product_view(switches, product, &Includes::default());
        view.insert("variants".into(), data(list(product.variants.iter().cloned())));
        for (name, rows) in &product.nested {
            view.insert((*name).into(), data(list(rows.iter().cloned())));
        }
        view
    }
}

/// The member of a list by its key, whose case does not count.
pub(super) fn member<'a>(rows: &'a [Fields], key: &str, wanted: &str) -> Option<&'a Fields> {
    rows.iter().find(|row| match row.get(key) {
        Some(Value::String(text)) => text.eq_ignore_ascii_case(wanted),
        Some(other) => other.is_u64() && other.as_u64() == wanted.parse().ok(),
        None => false,
    })
}

/// The member in an answer.
pub(super) fn found(rows: &[Fields], key: &str, wanted: &str) -> Result<Value, Refusal> {
    member(rows, key, wanted).cloned().map(|row| data(Value::Object(row))).ok_or_else(Refusal::not_found)
}

fn slim(languages: &[Fields]) -> Vec<Fields> {
    let kept = |name: &String| ["langCode", "name", "shortDescription", "permalink"].contains(&name.as_str());
    let slim = |row: &Fields| row.iter().filter(|(name, _)| kept(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
    languages.iter().take(1).map(slim).collect()
}
