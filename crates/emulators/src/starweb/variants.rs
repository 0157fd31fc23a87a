//! Variants: what is sold. The calls below `/products/{id}/variants`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    By, Starweb,
    catalogue::Product,
    check,
    listing::{Includes, Query},
    product_models::{VARIANT, VARIANT_PATCH},
    refusal::Refusal,
    stocks,
    switches::{
        LAST_VARIANT, NEW_VARIANT_PRICES, NEW_VARIANT_STOCK, PUT_LEFT_OUT, SKU_UNIQUE, VARIANT_LINKS, VARIANT_LISTS,
        VARIANTS_BUMP,
    },
    value::{Fields, data, fields, id, list, rows, text},
};

const VARIANT_INCLUDES: [&str; 3] = ["prices", "attributeValues", "attributeValues.attribute"];

/// One variant. Its stock is kept per location; what it shows of it follows from that.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) id: u64,
    pub(super) fields: Fields,
    /// Values that a seed brought along and no register has.
    pub(super) values: Vec<Fields>,
    pub(super) prices: Vec<Price>,
    /// By location.
    pub(super) stocks: BTreeMap<u64, Fields>,
}

/// The price of a variant in one list.
#[derive(Clone, Debug)]
pub(super) struct Price {
    pub(super) list: u64,
    pub(super) fields: Fields,
    /// By the quantity from which they hold.
    pub(super) volume: BTreeMap<u64, Fields>,
}

impl Variant {
    pub(super) fn new(id: u64) -> Self {
        Self { id, fields: defaults(), values: Vec::new(), prices: Vec::new(), stocks: BTreeMap::new() }
    }

    pub(super) fn sku(&self) -> &str {
        text(&self.fields, "sku")
    }

    pub(super) fn price(&self, list: u64) -> Option<&Price> {
        self.prices.iter().find(|price| price.list == list)
    }
}

/// The fields of a variant that nobody gave. Its stock is not among them.
fn defaults() -> Fields {
    fields(json!({
        "externalId": "", "externalIdType": null, "isActive": true, "sortIndex": 0, "weightInKg": null,
        "costPrice": null, "ean": null, "mpn": null, "imageFileId": null, "attributeValueLinks": [],
        "volumePricingInheritancePricelistIds": [],
    }))
}

fn ids(body: &Fields, name: &str) -> Vec<u64> {
    let ids = body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    ids.iter().filter_map(Value::as_u64).collect()
}

impl Starweb {
    pub(super) fn variant_view(
        &self,
        switches: &Switches,
        variant: &Variant,
        includes: &Includes,
        below: &str,
    ) -> Fields {
        let mut view = variant.fields.clone();
        view.insert("variantId".into(), json!(variant.id));
        stocks::show(variant, &self.registers, switches, &mut view);
        let wrapped = switches.is(&VARIANT_LISTS, "wrapped");
        let shown = |rows: Value| if wrapped { data(rows) } else { rows };
        if includes.has(&format!("{below}prices")) {
            let prices = variant.prices.iter().map(|price| price.fields.clone());
            view.insert("prices".into(), shown(list(prices)));
        }
        if includes.has(&format!("{below}attributeValues")) {
            let with_attribute = includes.has(&format!("{below}attributeValues.attribute"));
            let values = self.variant_values(variant, with_attribute);
            view.insert("attributeValues".into(), shown(list(values)));
        }
        view
    }

    fn variant_values(&self, variant: &Variant, with_attribute: bool) -> Vec<Fields> {
        let value = |link: u64| {
            let Some(value) = self.registers.get("values", link) else {
                return variant.values.iter().find(|known| id(known, "attributeValueId") == Some(link)).cloned();
            };
            let mut view = value.clone();
            let attribute = view.remove("attributeId").as_ref().and_then(Value::as_u64);
            if let Some(attribute) = attribute.and_then(|id| self.registers.get("product-attributes", id))
                && with_attribute
            {
                view.insert("attribute".into(), data(Value::Object(attribute.clone())));
            }
            Some(view)
        };
        let known = ids(&variant.fields, "attributeValueLinks").into_iter().filter_map(value).collect::<Vec<_>>();
        if known.is_empty() { variant.values.clone() } else { known }
    }

    /// The attributes that the variants of a product have values of.
    pub(super) fn product_attributes(&self, product: &Product) -> Vec<Fields> {
        let links = product.variants.iter().flat_map(|variant| ids(&variant.fields, "attributeValueLinks"));
        let mut attributes =
            links.filter_map(|link| id(self.registers.get("values", link)?, "attributeId")).collect::<Vec<_>>();
        attributes.sort_unstable();
        attributes.dedup();
        attributes.into_iter().filter_map(|id| self.registers.get("product-attributes", id)).cloned().collect()
    }

    /// The variant as it can be seeded again.
    pub(super) fn whole_variant(&self, switches: &Switches, variant: &Variant) -> Fields {
        let mut view = self.variant_view(switches, variant, &Includes::default(), "");
        let prices = variant.prices.iter().map(|price| {
            let mut whole = price.fields.clone();
            if !price.volume.is_empty() {
                whole.insert("volumePrices".into(), data(list(price.volume.values().cloned())));
            }
            whole
        });
        view.insert("prices".into(), list(prices));
        view.insert("attributeValues".into(), list(variant.values.iter().cloned()));
        view.insert("stocks".into(), list(variant.stocks.values().cloned()));
        view
    }

    /// The calls on `/products/{id}/variants` and below.
    pub(super) fn route_variants(
        &mut self,
        cx: &Cx<'_>,
        product: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let Some((variant, below)) = path.split_first() else {
            return match method {
                "GET" => self.list_variants(cx, product, request),
                "POST" => self.post_variant(cx, product, request),
                _ => Err(Refusal::not_found()),
            };
        };
        let variant = variant.parse().map_err(|_| Refusal::not_found())?;
        self.product(product)?.variant(variant).ok_or_else(Refusal::not_found)?;
        match (method, below) {
            ("GET", []) => {
                let includes = Query::new(request, cx).includes(&VARIANT_INCLUDES)?;
                self.variant_reply(cx, 200, product, variant, &includes)
            }
            ("PUT" | "PATCH", []) => {
                let put = method == "PUT";
                let body = check::body(request, if put { VARIANT } else { VARIANT_PATCH }, cx.switches)?;
                if put {
                    check::required(&body, &["sku", "attributeValueLinks"])?;
                }
                let clears = put && cx.switches.is(&PUT_LEFT_OUT, "cleared");
                self.update_variant(cx, product, variant, body, clears, By::Api)?;
                self.variant_reply(cx, 200, product, variant, &Includes::default())
            }
            ("DELETE", []) => {
                self.delete_variant(cx, product, variant, By::Api)?;
                Ok(Reply::empty(204))
            }
            (_, ["prices", rest @ ..]) => self.route_prices(cx, (product, variant), rest, request),
            (_, ["stocks", rest @ ..]) => self.route_stocks(cx, (product, variant), rest, request),
            _ => Err(Refusal::not_found()),
        }
    }

    fn list_variants(&self, cx: &Cx<'_>, product: u64, request: &Request) -> Result<Reply, Refusal> {
        let query = Query::new(request, cx);
        let includes = query.includes(&VARIANT_INCLUDES)?;
        let variants = self.product(product)?.variants.iter();
        let listed = variants.filter(|variant| !self.births.hides(cx, "variants", variant.id)).collect();
        let (page, _) = query.page(listed)?;
        let views = page.into_iter().map(|variant| self.variant_view(cx.switches, variant, &includes, ""));
        Ok(Reply::json(200, &data(list(views))))
    }

    fn variant_reply(
        &self,
        cx: &Cx<'_>,
        status: u16,
        product: u64,
        variant: u64,
        includes: &Includes,
    ) -> Result<Reply, Refusal> {
        let variant = self.product(product)?.variant(variant).ok_or_else(Refusal::not_found)?;
        let view = self.variant_view(cx.switches, variant, includes, "");
        Ok(Reply::json(status, &data(Value::Object(view))))
    }

    fn post_variant(&mut self, cx: &Cx<'_>, product: u64, request: &Request) -> Result<Reply, Refusal> {
        self.product(product)?;
        let body = check::body(request, VARIANT, cx.switches)?;
        let id = self.create_variant(cx, product, body, By::Api)?;
        self.variant_reply(cx, 201, product, id, &Includes::default())
    }

    /// Adds a variant from checked fields to a product. Gives its id.
    pub(super) fn create_variant(&mut self, cx: &Cx<'_>, product: u64, body: Fields, by: By) -> Result<u64, Refusal> {
        let others = self.product(product)?.variants.len();
        self.check_variant(cx, &body, None)?;
        self.check_new_variant(cx, &body, others)?;
        let variant = self.new_variant(cx, body);
        let id = variant.id;
        let mut whole = self.catalogue.remove(product).ok_or_else(Refusal::not_found)?;
        whole.variants.push(variant);
        self.catalogue.insert(whole);
        self.births.note(cx, "variants", id);
        self.part_changed(cx, product, by, &VARIANTS_BUMP);
        Ok(id)
    }

    /// What a variant needs when it comes into being.
    pub(super) fn check_new_variant(&self, cx: &Cx<'_>, body: &Fields, others: usize) -> Result<(), Refusal> {
        check::required(body, &["sku", "attributeValueLinks"])?;
        match body.get("attributeValueLinks") {
            Some(Value::Null) => Err(Refusal::invalid("attributeValueLinks: must be a list of ids")),
            Some(Value::Array(links)) if links.is_empty() && others > 0 && cx.switches.is(&VARIANT_LINKS, "needed") => {
                Err(Refusal::invalid("attributeValueLinks: must tell the variant from the others"))
            }
            _ => Ok(()),
        }
    }

    /// What all writes of a variant must keep. `own` is the variant that is written.
    pub(super) fn check_variant(&self, cx: &Cx<'_>, body: &Fields, own: Option<u64>) -> Result<(), Refusal> {
        let sku = text(body, "sku");
        let taken = self.catalogue.with_sku(sku).any(|(_, variant)| Some(variant.id) != own);
        if body.contains_key("sku") && taken && cx.switches.is(&SKU_UNIQUE, "yes") {
            return Err(Refusal::invalid(format!("sku: {sku} belongs to another variant")));
        }
        for (name, register) in
            [("attributeValueLinks", "values"), ("volumePricingInheritancePricelistIds", "pricelists")]
        {
            if let Some(unknown) = ids(body, name).into_iter().find(|id| self.registers.get(register, *id).is_none()) {
                return Err(Refusal::invalid(format!("{name}: there is none with the id {unknown}")));
            }
        }
        self.refuse_unknown_ids(body, &[("stockStatusId", "product-stock-statuses"), ("imageFileId", "media-files")])
    }

    /// A variant from checked fields, under a fresh id.
    pub(super) fn new_variant(&mut self, cx: &Cx<'_>, body: Fields) -> Variant {
        let mut variant = Variant::new(self.ids.next());
        if cx.switches.is(&NEW_VARIANT_PRICES, "zero") {
            let active = self.registers.all("pricelists").filter(|list| list.get("isActive") == Some(&json!(true)));
            variant.prices = active.filter_map(|list| id(list, "pricelistId")).map(Price::zero).collect();
        }
        let starts = cx.switches.is(&NEW_VARIANT_STOCK, "row");
        self.fill_variant(cx, &mut variant, body, starts);
        variant
    }

    /// Puts checked fields into a variant. `starts`: it has a stock from now on even if they do not say so.
    pub(super) fn fill_variant(&self, cx: &Cx<'_>, variant: &mut Variant, mut body: Fields, starts: bool) {
        let (quantity, status) = (body.remove("stockQuantity"), body.remove("stockStatusId"));
        stocks::write_short(variant, &self.registers, cx.switches, quantity, status, starts);
        if body.get("attributeValueLinks") == Some(&Value::Null) {
            body.insert("attributeValueLinks".into(), json!([]));
        }
        variant.fields.extend(body);
    }

    /// Writes checked fields of a variant; `clears` resets all others but the stock first.
    pub(super) fn update_variant(
        &mut self,
        cx: &Cx<'_>,
        product: u64,
        variant: u64,
        body: Fields,
        clears: bool,
        by: By,
    ) -> Result<(), Refusal> {
        self.check_variant(cx, &body, Some(variant))?;
        self.product(product)?.variant(variant).ok_or_else(Refusal::not_found)?;
        let mut whole = self.catalogue.remove(product).ok_or_else(Refusal::not_found)?;
        if let Some(variant) = whole.variants.iter_mut().find(|known| known.id == variant) {
            if clears {
                variant.fields = defaults();
            }
            self.fill_variant(cx, variant, body, false);
        }
        self.catalogue.insert(whole);
        self.part_changed(cx, product, by, &VARIANTS_BUMP);
        Ok(())
    }

    /// # Errors
    /// 404, or 400 for the last variant, where the switch says so.
    pub(super) fn delete_variant(&mut self, cx: &Cx<'_>, product: u64, variant: u64, by: By) -> Result<(), Refusal> {
        let whole = self.product(product)?;
        whole.variant(variant).ok_or_else(Refusal::not_found)?;
        if whole.variants.len() == 1 && cx.switches.is(&LAST_VARIANT, "stays") {
            return Err(Refusal::invalid("The last variant of a product cannot be deleted"));
        }
        let mut whole = self.catalogue.remove(product).ok_or_else(Refusal::not_found)?;
        whole.variants.retain(|known| known.id != variant);
        self.catalogue.insert(whole);
        self.part_changed(cx, product, by, &VARIANTS_BUMP);
        Ok(())
    }

    /// A variant of a seed.
    pub(super) fn seeded_variant(&mut self, cx: &Cx<'_>, mut record: Fields) -> Result<Variant, String> {
        let id = id(&record, "variantId").unwrap_or_else(|| self.ids.next());
        self.ids.saw(id);
        let mut variant = Variant::new(id);
        variant.values = rows(record.remove("attributeValues"));
        for price in rows(record.remove("prices")) {
            variant.prices.push(Price::seeded(price)?);
        }
        let stocks = record.remove("stocks").map(|stocks| rows(Some(stocks)));
        for name in ["attributeValueLinks", "volumePricingInheritancePricelistIds"] {
            variant.fields.extend(record.remove(name).map(|value| (name.to_owned(), value)));
        }
        for computed in ["links", "variantId"] {
            record.remove(computed);
        }
        let body = super::seed::checked(record, VARIANT)?;
        if text(&body, "sku").is_empty() {
            return Err("sku: is required".into());
        }
        self.fill_variant(cx, &mut variant, body, stocks.is_none());
        if let Some(stocks) = stocks {
            variant.stocks = stocks.into_iter().map(stocks::seeded).collect::<Result<_, _>>()?;
        }
        Ok(variant)
    }
}
