//! Products come, change and go. The calls on `/products` and `/products/{id}`.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switch};

use super::{
    By, Starweb,
    catalogue::{NESTED, Product},
    check,
    hooks::Event,
    listing::Includes,
    product_models::{PRODUCT_PATCH, PRODUCT_WHOLE},
    product_parts::Part,
    refusal::Refusal,
    switches::{PATCH_LISTS, PRODUCT_ANSWER, PUT_LEFT_OUT, PUT_VARIANTS, VARIANTLESS},
    value::{Fields, data, fields, instant, rows, text, whole_seconds},
    variants::Variant,
};

/// The fields of a product that nobody gave.
pub(super) fn defaults() -> Fields {
    fields(json!({
        "externalId": "", "externalIdType": null, "defaultVatRate": null, "visibility": "hidden",
        "visibilityPricelistIds": [], "moreInfoUrl": "", "manufacturerId": null, "unitId": null, "sortIndex": null,
        "type": "basic", "isBackInStockWatchable": true, "bundleUseManualPrice": false, "accounting": null,
    }))
}

impl Starweb {
    pub(super) fn route_products(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let Some((id, below)) = path.split_first() else {
            return match method {
                "GET" => self.list_products(cx, request),
                "POST" => {
                    let model = [PRODUCT_PATCH, PRODUCT_WHOLE].concat();
                    let body = check::body(request, &model, cx.switches)?;
                    let id = self.create_product(cx, body, By::Api)?;
                    self.product_reply(cx, 201, id)
                }
                _ => Err(Refusal::not_found()),
            };
        };
        let id = id.parse().map_err(|_| Refusal::not_found())?;
        self.product(id)?;
        match (method, below) {
            ("GET", []) => self.get_product(cx, id, request),
            ("PUT", []) => {
                let model = [PRODUCT_PATCH, PRODUCT_WHOLE].concat();
                let body = check::body(request, &model, cx.switches)?;
                self.update_product(cx, id, body, true, By::Api)?;
                self.product_reply(cx, 200, id)
            }
            ("PATCH", []) => {
                let body = check::body(request, PRODUCT_PATCH, cx.switches)?;
                self.update_product(cx, id, body, false, By::Api)?;
                self.product_reply(cx, 200, id)
            }
            ("DELETE", []) => {
                self.delete_product(cx, id, By::Api)?;
                Ok(Reply::empty(204))
            }
            (_, ["variants", rest @ ..]) => self.route_variants(cx, id, rest, request),
            (_, ["bundled-products", rest @ ..]) => self.route_bundle(cx, id, rest, request),
            ("GET", ["attributes", rest @ ..]) => self.read_attributes(id, rest),
            (_, [name, rest @ ..]) => {
                let part = Part::named(name).ok_or_else(Refusal::not_found)?;
                self.route_part(cx, id, part, rest, request)
            }
            _ => Err(Refusal::not_found()),
        }
    }

    fn product_reply(&self, cx: &Cx<'_>, status: u16, id: u64) -> Result<Reply, Refusal> {
        let includes = match cx.switches.word(&PRODUCT_ANSWER) {
            "primary" => Includes::all(&["primaryVariant"]),
            _ => Includes::default(),
        };
        let view = self.product_view(cx.switches, self.product(id)?, &includes);
        Ok(Reply::json(status, &data(Value::Object(view))))
    }

    /// Makes a product from checked fields. Gives its id.
    pub(super) fn create_product(&mut self, cx: &Cx<'_>, mut body: Fields, by: By) -> Result<u64, Refusal> {
        let variants = rows(body.remove("variants"));
        if variants.is_empty() && cx.switches.is(&VARIANTLESS, "refused") {
            return Err(Refusal::invalid("variants: a product needs one at least"));
        }
        self.check_variants(cx, &variants, &[])?;
        let now = whole_seconds(cx.now);
        // Ids are given in the order in which things are seen: the product before its variants.
        let id = self.ids.next();
        let nested = NESTED.map(|name| (name, Vec::new())).into();
        let fields = defaults();
        let mut product = Product { id, created: now, modified: now, fields, nested, variants: Vec::new() };
        self.fill_product(cx, &mut product, body)?;
        product.variants = variants.into_iter().map(|variant| self.new_variant(cx, variant)).collect();
        product.variants.iter().for_each(|variant| self.births.note(cx, "variants", variant.id));
        self.births.note(cx, "products", id);
        self.catalogue.insert(product);
        self.fire_product(cx, Event::ProductCreated, id, by);
        Ok(id)
    }

    /// What variants in the body of a product must keep. `own`: the product's variants now.
    fn check_variants(&self, cx: &Cx<'_>, variants: &[Fields], own: &[Variant]) -> Result<(), Refusal> {
        for (place, variant) in variants.iter().enumerate() {
            let named = own.iter().find(|known| known.sku() == text(variant, "sku")).map(|known| known.id);
            let twice = variants.iter().take(place).any(|other| text(other, "sku") == text(variant, "sku"));
            let checked = match twice {
                true => Err(Refusal::invalid("sku: is in the body twice")),
                false => self.check_variant(cx, variant, named),
            };
            let checked = checked.and_then(|()| self.check_new_variant(cx, variant, place));
            checked.map_err(|refusal| Refusal::invalid(format!("variants.{place}.{}", refusal.description)))?;
        }
        Ok(())
    }

    /// Writes checked fields. `put`: as PUT does.
    pub(super) fn update_product(
        &mut self,
        cx: &Cx<'_>,
        id: u64,
        mut body: Fields,
        put: bool,
        by: By,
    ) -> Result<(), Refusal> {
        let mut product = self.product(id)?.clone();
        let variants = body.remove("variants");
        if put && cx.switches.is(&PUT_LEFT_OUT, "cleared") {
            product.fields = defaults();
            product.nested.values_mut().for_each(Vec::clear);
        }
        let given = rows(variants.clone());
        self.check_variants(cx, &given, &product.variants)?;
        self.fill_product(cx, &mut product, body)?;
        match variants {
            Some(_) if given.is_empty() && cx.switches.is(&VARIANTLESS, "refused") => {
                return Err(Refusal::invalid("variants: a product needs one at least"));
            }
            Some(_) => self.replace_variants(cx, &mut product, given),
            None if put && cx.switches.is(&PUT_VARIANTS, "deleted") => product.variants.truncate(1),
            None => {}
        }
        product.modified = whole_seconds(cx.now);
        self.catalogue.insert(product);
        self.fire_product(cx, Event::ProductUpdated, id, by);
        Ok(())
    }

    /// Variants are the same if their numbers are; those that are not named go.
    fn replace_variants(&mut self, cx: &Cx<'_>, product: &mut Product, given: Vec<Fields>) {
        let mut old = std::mem::take(&mut product.variants);
        for body in given {
            let place = old.iter().position(|known| known.sku() == text(&body, "sku"));
            let variant = match place.map(|place| old.remove(place)) {
                Some(mut variant) => {
                    self.fill_variant(cx, &mut variant, body, false);
                    variant
                }
                None => {
                    let variant = self.new_variant(cx, body);
                    self.births.note(cx, "variants", variant.id);
                    variant
                }
            };
            product.variants.push(variant);
        }
    }

    /// Puts checked fields into a product, if they are what the shop allows.
    fn fill_product(&mut self, cx: &Cx<'_>, product: &mut Product, mut body: Fields) -> Result<(), Refusal> {
        self.refuse_unknown_ids(&body, &[("manufacturerId", "product-manufacturers"), ("unitId", "product-units")])?;
        for name in ["visibilityPricelistIds", "moreInfoUrl", "bundleUseManualPrice"] {
            if body.get(name) == Some(&Value::Null) {
                let default = defaults().remove(name).unwrap_or_default();
                body.insert(name.into(), default);
            }
        }
        if let Some(at) = body.remove("createdAt").as_ref().and_then(Value::as_str).and_then(instant) {
            product.created = at;
        }
        for part in Part::ALL {
            let Some(given) = body.remove(part.name) else { continue };
            let replaces = cx.switches.is(&PATCH_LISTS, "replace");
            let mut kept = if replaces { Vec::new() } else { product.part(part.name).to_vec() };
            for row in rows(Some(given)) {
                let old = kept.iter().position(|known| part.same(known, &row));
                let row = self.part_row(part, row, old.and_then(|place| kept.get(place)), product)?;
                match old.and_then(|place| kept.get_mut(place)) {
                    Some(_) if replaces => {
                        return Err(Refusal::invalid(format!("{}: {} is there twice", part.name, part.key)));
                    }
                    Some(place) => *place = row,
                    None => kept.push(row),
                }
            }
            part.settle(&mut kept);
            product.nested.insert(part.name, kept);
        }
        if let Some(bundled) = body.remove("bundledProducts").filter(|bundled| !bundled.is_null()) {
            let bundled = rows(Some(bundled)).into_iter().map(|row| self.bundled_row(product.id, row));
            product.nested.insert("bundledProducts", bundled.collect::<Result<_, _>>()?);
        }
        product.fields.extend(body);
        self.check_visibility(&product.fields)
    }

    /// Price lists are named for one kind of visibility, and must be then.
    fn check_visibility(&self, fields: &Fields) -> Result<(), Refusal> {
        let lists = fields.get("visibilityPricelistIds").and_then(Value::as_array).cloned().unwrap_or_default();
        let by_list = text(fields, "visibility") == "pricelists";
        if by_list == lists.is_empty() {
            let why = if by_list { "is required with" } else { "goes only with" };
            return Err(Refusal::invalid(format!("visibilityPricelistIds: {why} the visibility pricelists")));
        }
        let known = |list: &Value| list.as_u64().is_some_and(|list| self.registers.get("pricelists", list).is_some());
        match lists.iter().all(known) {
            true => Ok(()),
            false => Err(Refusal::invalid("visibilityPricelistIds: there is no such price list")),
        }
    }

    pub(super) fn delete_product(&mut self, cx: &Cx<'_>, id: u64, by: By) -> Result<(), Refusal> {
        self.product(id)?;
        self.fire_product(cx, Event::ProductRemoved, id, by);
        self.catalogue.remove(id);
        for product in self.catalogue.products_mut() {
            let bundled = product.nested.entry("bundledProducts").or_default();
            bundled.retain(|row| super::value::id(row, "bundledProductId") != Some(id));
        }
        Ok(())
    }

    /// After a write to what hangs on a product: it moves the product's stamp, and fires, if the switch says so.
    pub(super) fn part_changed(&mut self, cx: &Cx<'_>, id: u64, by: By, bumps: &Switch) {
        if cx.switches.is(bumps, "yes")
            && let Some(product) = self.catalogue.get_mut(id)
        {
            product.modified = whole_seconds(cx.now);
            self.fire_product(cx, Event::ProductUpdated, id, by);
        }
    }
}
