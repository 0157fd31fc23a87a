//! Products with their variants: what they hold, how they are found and shown.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    Starweb,
    listing::{Includes, Query, paged},
    order::linked,
    refusal::Refusal,
    switches::{FILTER_SKU, PRIMARY_KEY},
    value::{Fields, amount, data, flag, id, list, stamp, text},
    variants::Variant,
};

pub(super) const PRODUCT_INCLUDES: [&str; 13] = [
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

/// What hangs on a product, each a list under its own key and call.
pub(super) const NESTED: [&str; 7] =
    ["mediaFiles", "languages", "vatRates", "categories", "metaData", "bundledProducts", "tags"];

/// One product. Its first variant is the primary one.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    pub(super) fields: Fields,
    /// Bare lists under the names of [`NESTED`].
    pub(super) nested: BTreeMap<&'static str, Vec<Fields>>,
    pub(super) variants: Vec<Variant>,
}

impl Product {
    pub(super) fn is_bundle(&self) -> bool {
        text(&self.fields, "type") == "bundle"
    }

    pub(super) fn variant(&self, id: u64) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.id == id)
    }

    pub(super) fn part(&self, name: &str) -> &[Fields] {
        self.nested.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The name in the first language.
    pub(super) fn name(&self) -> &str {
        self.part("languages").first().map(|language| text(language, "name")).unwrap_or_default()
    }
}

/// All products, found by id and by article number.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    products: BTreeMap<u64, Product>,
    /// Article number to products and variants; more than one only where the shop lets numbers be shared.
    skus: HashMap<String, Vec<(u64, u64)>>,
}

impl Catalogue {
    /// Adds a product or replaces the one with its id.
    pub(super) fn insert(&mut self, product: Product) {
        self.remove(product.id);
        for variant in &product.variants {
            let place = (product.id, variant.id);
            self.skus.entry(variant.sku().to_owned()).or_default().push(place);
        }
        self.products.insert(product.id, product);
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Product> {
        let product = self.products.remove(&id)?;
        for variant in &product.variants {
            let of_sku = self.skus.entry(variant.sku().to_owned()).or_default();
            of_sku.retain(|(product, _)| *product != id);
            if of_sku.is_empty() {
                self.skus.remove(variant.sku());
            }
        }
        Some(product)
    }

    pub(super) fn get(&self, id: u64) -> Option<&Product> {
        self.products.get(&id)
    }

    /// Changes a product; its variants and their numbers stay.
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Product> {
        self.products.get_mut(&id)
    }

    pub(super) fn variant_mut(&mut self, product: u64, variant: u64) -> Option<&mut Variant> {
        self.get_mut(product)?.variants.iter_mut().find(|known| known.id == variant)
    }

    pub(super) fn len(&self) -> usize {
        self.products.len()
    }

    pub(super) fn products(&self) -> impl DoubleEndedIterator<Item = &Product> {
        self.products.values()
    }

    pub(super) fn products_mut(&mut self) -> impl Iterator<Item = &mut Product> {
        self.products.values_mut()
    }

    /// All variants with this number.
    pub(super) fn with_sku(&self, sku: &str) -> impl Iterator<Item = (&Product, &Variant)> {
        let places = self.skus.get(sku).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|(product, variant)| {
            let product = self.products.get(product)?;
            Some((product, product.variant(*variant)?))
        })
    }

    pub(super) fn by_sku(&self, sku: &str) -> Option<(&Product, &Variant)> {
        self.with_sku(sku).next()
    }
}

/// The VAT rate of a product in a country; the shop's general one where the product has none.
pub(super) fn vat_rate(product: &Product, shop: &Fields) -> Decimal {
    match product.fields.get("defaultVatRate") {
        Some(Value::Null) | None => amount(shop, "generalDefaultVatRate"),
        Some(_) => amount(&product.fields, "defaultVatRate"),
    }
}

impl Starweb {
    pub(super) fn product_view(&self, switches: &Switches, product: &Product, includes: &Includes) -> Fields {
        let mut view = product.fields.clone();
        view.insert("productId".into(), json!(product.id));
        view.insert("createdAt".into(), stamp(product.created));
        view.insert("modifiedAt".into(), stamp(product.modified));
        view.insert("hasSeveralVariants".into(), json!(product.variants.len() > 1));
        let manual = flag(&product.fields, "bundleUseManualPrice", false);
        view.entry("priceMode").or_insert_with(|| json!(if manual { "manual" } else { "normal" }));
        if includes.has("primaryVariant") {
            let primary = product.variants.first();
            let primary = primary.map(|variant| self.variant_view(switches, variant, includes, "primaryVariant."));
            let shown = match switches.word(&PRIMARY_KEY) {
                "primaryVariant" => data(primary.map_or(Value::Null, Value::Object)),
                _ => data(list(primary)),
            };
            view.insert(switches.word(&PRIMARY_KEY).into(), shown);
        }
        for (name, rows) in &product.nested {
            if includes.has(name) {
                let rows = match *name {
                    // For speed the vendor includes one language only, without its long texts.
                    "languages" => slim(rows),
                    "bundledProducts" => self.bundled_views(rows, includes.has("bundledProducts.prices"), switches),
                    _ => rows.clone(),
                };
                view.insert((*name).into(), data(list(rows)));
            }
        }
        if includes.has("attributes") {
            view.insert("attributes".into(), data(list(self.product_attributes(product))));
        }
        if includes.has("unit") {
            let unit = id(&product.fields, "unitId").and_then(|unit| self.registers.get("product-units", unit));
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
        let hides = self.births.any(cx);
        let wanted = |product: &&Product| {
            query.within(created, product.created)
                && query.within(updated, product.modified)
                && (!visible || text(&product.fields, "visibility") == "visible")
                && !(hides && self.births.hides(cx, "products", product.id))
        };
        let (page, meta) = match sku {
            Some(sku) => query.page(self.with_sku(cx, sku).into_iter().filter(wanted).collect())?,
            None if created.is_none() && updated.is_none() && !visible && !hides => {
                let all = self.catalogue.products();
                let total = self.catalogue.len();
                if descends { query.page_of(all.rev(), total)? } else { query.page_of(all, total)? }
            }
            None => {
                let mut found = self.catalogue.products().filter(wanted).collect::<Vec<_>>();
                if descends {
                    found.reverse();
                }
                query.page(found)?
            }
        };
        let views = page.into_iter().map(|product| self.product_view(cx.switches, product, &includes));
        Ok(Reply::json(200, &paged(views, meta)))
    }

    /// The products that `filterSku` finds.
    fn with_sku(&self, cx: &Cx<'_>, sku: &str) -> Vec<&Product> {
        let primary_only = cx.switches.is(&FILTER_SKU, "primary");
        let primary = |product: &Product, variant: &Variant| {
            product.variants.first().is_some_and(|primary| primary.id == variant.id)
        };
        let found =
            self.catalogue.with_sku(sku).filter(|(product, variant)| !primary_only || primary(product, variant));
        let mut found = found.map(|(product, _)| product).collect::<Vec<_>>();
        found.dedup_by_key(|product| product.id);
        found
    }

    pub(super) fn product(&self, id: u64) -> Result<&Product, Refusal> {
        self.catalogue.get(id).ok_or_else(Refusal::not_found)
    }

    pub(super) fn get_product(&self, cx: &Cx<'_>, id: u64, request: &Request) -> Result<Reply, Refusal> {
        let includes = Query::new(request, cx).includes(&PRODUCT_INCLUDES)?;
        let view = self.product_view(cx.switches, self.product(id)?, &includes);
        Ok(Reply::json(200, &data(Value::Object(view))))
    }

    /// The product as it can be seeded again.
    pub(super) fn whole_product(&self, switches: &Switches, product: &Product) -> Fields {
        let mut view = self.product_view(switches, product, &Includes::default());
        let variants = product.variants.iter().map(|variant| self.whole_variant(switches, variant));
        view.insert("variants".into(), data(list(variants)));
        for (name, rows) in &product.nested {
            view.insert((*name).into(), data(list(rows.iter().cloned())));
        }
        view
    }
}

/// The member of a list by its key, whose case does not count.
pub(super) fn member<'a>(rows: &'a [Fields], key: &str, wanted: &str) -> Option<&'a Fields> {
    rows.iter().find(|row| is_member(row, key, wanted))
}

pub(super) fn is_member(row: &Fields, key: &str, wanted: &str) -> bool {
    match row.get(key) {
        Some(Value::String(text)) => text.eq_ignore_ascii_case(wanted),
        Some(other) => other.is_u64() && other.as_u64() == wanted.parse().ok(),
        None => false,
    }
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
