//! Bundles: products that are sold as one and kept in stock apart. The calls below `/products/{id}/bundled-products`.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    By, Starweb,
    catalogue::{found, is_member, member},
    check,
    listing::Query,
    product_models::{BUNDLE_PRICE, BUNDLED},
    refusal::Refusal,
    switches::{DUPLICATE_PRICE, PARTS_BUMP, PRICES_BUMP, PUT_LEFT_OUT, VARIANT_LISTS},
    value::{Fields, amount, data, fields, id, list, number, rows, text},
};

impl Starweb {
    /// A part as it is kept, its prices bare.
    pub(super) fn bundled_row(&self, bundle: u64, body: Fields) -> Result<Fields, Refusal> {
        let part = id(&body, "bundledProductId").ok_or_else(|| Refusal::invalid("bundledProductId: is required"))?;
        let product = self.catalogue.get(part).filter(|_| part != bundle);
        let Some(product) = product else {
            return Err(Refusal::invalid("bundledProductId: there is no such product"));
        };
        if product.is_bundle() {
            return Err(Refusal::invalid("bundledProductId: a bundle cannot be part of another"));
        }
        let sku = text(&body, "variantSku");
        if !sku.is_empty() && !product.variants.iter().any(|variant| variant.sku() == sku) {
            return Err(Refusal::invalid("variantSku: the product has no such variant"));
        }
        for price in rows(body.get("prices").cloned()) {
            check::required(&price, &["pricelistId"])?;
            self.refuse_unknown_ids(&price, &[("pricelistId", "pricelists")])?;
        }
        let mut row = fields(json!({ "singleVariant": !sku.is_empty(), "quantity": 1, "sortIndex": 0, "prices": [] }));
        row.extend(body);
        if row.get("quantity") == Some(&Value::Null) {
            row.insert("quantity".into(), json!(1));
        }
        Ok(row)
    }

    pub(super) fn bundled_views(&self, rows: &[Fields], with_prices: bool, switches: &Switches) -> Vec<Fields> {
        let view = |row: &Fields| {
            let mut view = row.clone();
            let prices = view.remove("prices").unwrap_or_else(|| json!([]));
            if with_prices {
                let wrapped = switches.is(&VARIANT_LISTS, "wrapped");
                view.insert("prices".into(), if wrapped { data(prices) } else { prices });
            }
            view
        };
        rows.iter().map(view).collect()
    }

    /// What a bundle takes from stock: product and variant of each part, with how many. None for what is no bundle.
    pub(super) fn parts_of_bundle(&self, sku: &str) -> Option<Vec<((u64, u64), Decimal)>> {
        let (bundle, _) = self.catalogue.by_sku(sku)?;
        if !bundle.is_bundle() {
            return None;
        }
        let part = |row: &Fields| {
            let product = self.catalogue.get(id(row, "bundledProductId")?)?;
            let named = product.variants.iter().find(|variant| variant.sku() == text(row, "variantSku"));
            let variant = named.or_else(|| product.variants.first())?;
            Some(((product.id, variant.id), amount(row, "quantity")))
        };
        Some(bundle.part("bundledProducts").iter().filter_map(part).collect())
    }

    /// The rows that an order shows under a bundle's.
    pub(super) fn bundled_items(&self, sku: &str, quantity: Decimal) -> Vec<Fields> {
        let row = |((product, variant), each): ((u64, u64), Decimal)| {
            let product = self.catalogue.get(product)?;
            Some(fields(json!({
                "sku": product.variant(variant)?.sku(), "description": product.name(),
                "quantity": number(each * quantity), "unitSymbol": "", "unitPrice": 0, "vatRate": 0, "discount": 0,
                "discountType": "percent",
            })))
        };
        self.parts_of_bundle(sku).unwrap_or_default().into_iter().filter_map(row).collect()
    }

    pub(super) fn route_bundle(
        &mut self,
        cx: &Cx<'_>,
        product: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        const KEY: &str = "bundledProductId";
        let method = request.method.as_str();
        let query = Query::new(request, cx);
        let prices = query.includes(&["prices", "stocks"])?.has("prices");
        let there = self.product(product)?.part("bundledProducts");
        let (key, status) = match (method, path) {
            ("GET", []) => {
                let (page, _) = query.page(there.to_vec())?;
                return Ok(Reply::json(200, &data(list(self.bundled_views(&page, prices, cx.switches)))));
            }
            ("POST", []) => {
                let body = check::body(request, BUNDLED, cx.switches)?;
                let key = id(&body, KEY).unwrap_or_default();
                if there.iter().any(|row| id(row, KEY) == Some(key)) {
                    return Err(Refusal::invalid("bundledProductId: is part of the bundle already"));
                }
                let row = self.bundled_row(product, body)?;
                self.bundle_mut(product)?.push(row);
                (key.to_string(), 201)
            }
            (method, [key, rest @ ..]) => {
                let old = member(there, KEY, key).cloned().ok_or_else(Refusal::not_found)?;
                match (method, rest) {
                    ("GET", []) => {}
                    ("PUT" | "PATCH", []) => {
                        let body = check::body(request, BUNDLED, cx.switches)?;
                        let clears = method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
                        let mut whole = if clears { Fields::new() } else { old };
                        whole.extend(body);
                        let row = self.bundled_row(product, whole)?;
                        if !is_member(&row, KEY, key) {
                            return Err(Refusal::invalid("bundledProductId: is not the one in the path"));
                        }
                        let rows = self.bundle_mut(product)?.iter_mut();
                        rows.filter(|known| is_member(known, KEY, key)).for_each(|known| *known = row.clone());
                    }
                    ("DELETE", []) => {
                        self.bundle_mut(product)?.retain(|row| !is_member(row, KEY, key));
                        self.part_changed(cx, product, By::Api, &PARTS_BUMP);
                        return Ok(Reply::empty(204));
                    }
                    (_, ["prices", rest @ ..]) => return self.bundle_prices(cx, (product, key), rest, request),
                    _ => return Err(Refusal::not_found()),
                }
                ((*key).to_owned(), 200)
            }
            _ => return Err(Refusal::not_found()),
        };
        if method != "GET" {
            self.part_changed(cx, product, By::Api, &PARTS_BUMP);
        }
        let row = member(self.product(product)?.part("bundledProducts"), KEY, &key).ok_or_else(Refusal::not_found)?;
        let views = self.bundled_views(std::slice::from_ref(row), prices, cx.switches);
        Ok(Reply::json(status, &data(views.into_iter().next().map_or(Value::Null, Value::Object))))
    }

    fn bundle_mut(&mut self, product: u64) -> Result<&mut Vec<Fields>, Refusal> {
        let product = self.catalogue.get_mut(product).ok_or_else(Refusal::not_found)?;
        Ok(product.nested.entry("bundledProducts").or_default())
    }

    /// The calls on the campaign prices of one part, by price list.
    fn bundle_prices(
        &mut self,
        cx: &Cx<'_>,
        (product, part): (u64, &str),
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let row = member(self.product(product)?.part("bundledProducts"), "bundledProductId", part);
        let mut prices = rows(row.and_then(|row| row.get("prices")).cloned());
        let reply = match (method, path) {
            ("GET", []) => return Ok(Reply::json(200, &data(list(prices)))),
            ("GET", [key]) => return Ok(Reply::json(200, &found(&prices, "pricelistId", key)?)),
            ("DELETE", [key]) => {
                found(&prices, "pricelistId", key)?;
                prices.retain(|price| !is_member(price, "pricelistId", key));
                Reply::empty(204)
            }
            ("POST" | "PUT" | "PATCH", path) if path.len() == usize::from(method != "POST") => {
                let body = check::body(request, BUNDLE_PRICE, cx.switches)?;
                check::required(&body, &["pricelistId"])?;
                self.refuse_unknown_ids(&body, &[("pricelistId", "pricelists")])?;
                let key = path
                    .first()
                    .map_or_else(|| id(&body, "pricelistId").unwrap_or_default().to_string(), |key| (*key).to_owned());
                if !is_member(&body, "pricelistId", &key) {
                    return Err(Refusal::invalid("pricelistId: is not the one in the path"));
                }
                let there = member(&prices, "pricelistId", &key).is_some();
                match (method, there) {
                    ("POST", true) if cx.switches.is(&DUPLICATE_PRICE, "refused") => {
                        return Err(Refusal::invalid("pricelistId: the part has a price in this list already"));
                    }
                    ("PUT" | "PATCH", false) => return Err(Refusal::not_found()),
                    _ => {}
                }
                let mut price = fields(json!({ "specialPriceExVat": null }));
                price.extend(member(&prices, "pricelistId", &key).cloned().unwrap_or_default());
                price.extend(body);
                prices.retain(|price| !is_member(price, "pricelistId", &key));
                prices.push(price.clone());
                Reply::json(if method == "POST" { 201 } else { 200 }, &data(Value::Object(price)))
            }
            _ => return Err(Refusal::not_found()),
        };
        for row in self.bundle_mut(product)?.iter_mut().filter(|row| is_member(row, "bundledProductId", part)) {
            row.insert("prices".into(), list(prices.iter().cloned()));
        }
        self.part_changed(cx, product, By::Api, &PRICES_BUMP);
        Ok(reply)
    }
}
