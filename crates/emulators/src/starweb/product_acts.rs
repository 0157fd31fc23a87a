//! What the shop's staff do to products, prices and stock, for `POST /_emulator/act`; the table stands in `acts.rs`.

use serde_json::{Value, json};

use crate::frame::{Cx, Refused};

use super::{
    By, Starweb,
    acts::object,
    check,
    product_models::{LOCATION_STOCK, PRICE, PRODUCT_PATCH, PRODUCT_WHOLE, VARIANT, VARIANT_PATCH},
    refusal::Refusal,
    stocks::ecommerce,
    switches::PRICES_BUMP,
    value::{Fields, fields, id, text},
};

impl Starweb {
    /// None for an action that is not about products.
    pub(super) fn act_on_product(
        &mut self,
        cx: &Cx<'_>,
        action: &str,
        arguments: &Fields,
    ) -> Result<Option<Value>, Refused> {
        let mut answer = json!({});
        match action {
            "create_product" => answer = self.staff_product(cx, arguments.clone())?,
            "edit_product" => {
                let body = check::object(object(arguments, "set")?, PRODUCT_PATCH, cx.switches, "set")?;
                self.update_product(cx, self.product_named(arguments)?, body, false, By::Shop)?;
            }
            "delete_product" => self.delete_product(cx, self.product_named(arguments)?, By::Shop)?,
            "add_variant" => {
                let mut body = check::object(object(arguments, "variant")?, VARIANT, cx.switches, "variant")?;
                body.entry("attributeValueLinks").or_insert(json!([]));
                let id = self.create_variant(cx, self.product_named(arguments)?, body, By::Shop)?;
                answer = json!({ "variantId": id });
            }
            "edit_variant" => {
                let body = check::object(object(arguments, "set")?, VARIANT_PATCH, cx.switches, "set")?;
                let (product, variant) = self.variant_named(arguments)?;
                self.update_variant(cx, product, variant, body, false, By::Shop)?;
            }
            "delete_variant" => {
                let (product, variant) = self.variant_named(arguments)?;
                self.delete_variant(cx, product, variant, By::Shop)?;
            }
            "set_price" => self.staff_price(cx, arguments)?,
            "remove_price" => {
                let (product, variant) = self.variant_named(arguments)?;
                let list = self.list_named(arguments)?;
                let variant = self.catalogue.variant_mut(product, variant).ok_or_else(Refusal::not_found)?;
                variant.prices.retain(|price| price.list != list);
                self.part_changed(cx, product, By::Shop, &PRICES_BUMP);
            }
            "set_stock" => self.staff_stock(cx, arguments)?,
            _ => return Ok(None),
        }
        Ok(Some(answer))
    }

    fn variant_named(&self, arguments: &Fields) -> Result<(u64, u64), Refused> {
        let sku = text(arguments, "sku");
        let found = self.catalogue.by_sku(sku).map(|(product, variant)| (product.id, variant.id));
        found.ok_or_else(|| Refused::new(format!("sku: there is no variant {sku:?}")))
    }

    fn product_named(&self, arguments: &Fields) -> Result<u64, Refused> {
        match id(arguments, "productId") {
            Some(id) => Ok(id),
            None => self.variant_named(arguments).map(|(product, _)| product),
        }
    }

    fn list_named(&self, arguments: &Fields) -> Result<u64, Refused> {
        let master = || {
            let mut lists = self.registers.all("pricelists");
            lists.find(|list| list.get("isMaster") == Some(&json!(true))).and_then(|list| id(list, "pricelistId"))
        };
        let list = id(arguments, "pricelistId").or_else(master);
        let known = list.filter(|list| self.registers.get("pricelists", *list).is_some());
        known.ok_or_else(|| Refused::new("pricelistId: there is no such price list"))
    }

    fn staff_product(&mut self, cx: &Cx<'_>, mut arguments: Fields) -> Result<Value, Refused> {
        let mut variant = super::value::fields(arguments.remove("variant").unwrap_or_else(|| json!({})));
        variant.extend(arguments.remove("sku").map(|sku| ("sku".to_owned(), sku)));
        variant.entry("attributeValueLinks").or_insert(json!([]));
        if let Some(name) = arguments.remove("name") {
            let language = self.lists.shop.get("defaultLangCode").cloned().unwrap_or_default();
            arguments.insert("languages".into(), json!([{ "langCode": language, "name": name }]));
        }
        arguments.insert("variants".into(), json!([variant]));
        let model = [PRODUCT_PATCH, PRODUCT_WHOLE].concat();
        let id = self.create_product(cx, check::object(arguments, &model, cx.switches, "")?, By::Shop)?;
        let variant = self.product(id)?.variants.first().map(|variant| variant.id);
        Ok(json!({ "productId": id, "variantId": variant }))
    }

    fn staff_price(&mut self, cx: &Cx<'_>, arguments: &Fields) -> Result<(), Refused> {
        let (place, list) = (self.variant_named(arguments)?, self.list_named(arguments)?);
        let mut body = Fields::new();
        for (own, name) in [("price", "priceExVat"), ("special", "specialPriceExVat")] {
            body.extend(arguments.get(own).map(|amount| (name.to_owned(), amount.clone())));
        }
        let body = check::object(body, PRICE, cx.switches, "")?;
        Ok(self.set_price(cx, place, list, body, false, By::Shop)?)
    }

    fn staff_stock(&mut self, cx: &Cx<'_>, arguments: &Fields) -> Result<(), Refused> {
        let place = self.variant_named(arguments)?;
        let location = id(arguments, "stockLocationId").unwrap_or_else(|| ecommerce(&self.registers));
        if self.registers.get("stock-locations", location).is_none() {
            return Err(Refused::new("stockLocationId: there is no such location"));
        }
        let mut body = fields(json!({ "stockQuantity": arguments.get("quantity") }));
        body.extend(arguments.get("stockStatusId").map(|status| ("stockStatusId".to_owned(), status.clone())));
        body.retain(|_, value| !value.is_null());
        let body = check::object(body, LOCATION_STOCK, cx.switches, "")?;
        Ok(self.set_stock(cx, place, location, &body, By::Shop)?)
    }
}
