//! Records put in place as they are, ids and stamps included.
//!
//! The shapes are those of the vendor's answers, with or without `data` around nested things. Three keys are the
//! emulator's own: `unitPriceIncVat` on an order's row (see [`Item`]), `comments` on an order, and `hasAccount` on a
//! customer (true if left out).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::frame::{Cx, Refused, Switches};

use super::{
    Starweb,
    catalogue::{NESTED, Product},
    check::{self, Field},
    customer::{self, Customer},
    models::{ADDRESS, CUSTOMER, ITEM, ORDER},
    order::{self, Item, Order, WITH_VAT},
    product_models::PRODUCT_SEED,
    product_parts, products,
    registers::Register,
    stocks,
    switches::ALL,
    totals,
    value::{
        Fields, data, decimal, fields, flag, id, instant, list, rows, text, unwrapped, whole_address, whole_seconds,
    },
};

/// In the order in which they hang on one another. `product-attributes` come with `values`, `product-tags` with
/// `options`.
pub(super) const COLLECTIONS: [&str; 22] = [
    "shop",
    "currencies",
    "vat-rates",
    "media-files",
    "product-units",
    "product-categories",
    "product-manufacturers",
    "product-meta-data-types",
    "product-stock-statuses",
    "product-attributes",
    "product-tags",
    "stock-locations",
    "customer-tags",
    "pricelists",
    "shipping-tracking-types",
    "payment-methods",
    "shipping-methods",
    "order-statuses",
    "products",
    "customers",
    "orders",
    "web-hooks",
];

/// What answers carry and no record holds.
const COMPUTED: [&str; 7] = [
    "links",
    "status",
    "customer",
    "hasComments",
    "paymentMethodIdCode",
    "paymentMethodExternalId",
    "shippingMethodExternalId",
];

impl Starweb {
    pub(super) fn seed_one(&mut self, cx: &Cx<'_>, collection: &str, record: Fields) -> Result<(), String> {
        let lists = &mut self.lists;
        match collection {
            "shop" => lists.shop.extend(record),
            "currencies" => replace(&mut lists.currencies, "code", record)?,
            "vat-rates" => replace(&mut lists.vat_rates, "countryCode", record)?,
            "pricelists" | "media-files" | "customer-tags" => self.seed_plain(collection, record)?,
            "shipping-tracking-types" => replace(&mut lists.tracking_types, "type", record)?,
            "payment-methods" => replace(&mut lists.payment_methods, "paymentMethodId", record)?,
            "shipping-methods" => replace(&mut lists.shipping_methods, "shippingMethodId", record)?,
            "order-statuses" => self.seed_status(record)?,
            "products" => self.seed_product(cx, record)?,
            "customers" => self.seed_customer(cx, record)?,
            "orders" => self.seed_order(cx, record)?,
            "web-hooks" => {
                let id = own_id(&record, "webHookId")?;
                self.ids.saw(id);
                self.hooks.register(id, record);
            }
            name => self.seed_register(Register::named(name).ok_or("there is no such collection")?, record)?,
        }
        Ok(())
    }

    /// Records that are kept as they are given.
    fn seed_plain(&mut self, collection: &str, mut record: Fields) -> Result<(), String> {
        let (name, key) = match collection {
            "pricelists" => ("pricelists", "pricelistId"),
            "media-files" => ("media-files", "mediaFileId"),
            _ => ("customer-tags", "tagId"),
        };
        let id = own_id(&record, key)?;
        record.remove("links");
        self.ids.saw(id);
        self.registers.put(name, id, record);
        Ok(())
    }

    fn seed_register(&mut self, register: &'static Register, mut record: Fields) -> Result<(), String> {
        let id = own_id(&record, register.key)?;
        for (name, child) in [("values", "attributeId"), ("options", "tagId")] {
            for mut row in rows(record.remove(name)) {
                row.insert(child.into(), json!(id));
                self.seed_register(Register::named(name).ok_or("there is no such collection")?, row)?;
            }
        }
        for computed in ["links", "hasChildren", "externalType"] {
            record.remove(computed);
        }
        self.ids.saw(id);
        let mut whole = register.new_record(id);
        register.fill(&mut whole, record);
        self.registers.put(register.name, id, whole);
        self.settled(register, id, false);
        Ok(())
    }

    /// A standard status takes the place of the one with its code.
    fn seed_status(&mut self, mut status: Fields) -> Result<(), String> {
        let id = own_id(&status, "statusId")?;
        let languages = list(rows(status.remove("languages")));
        status.insert("languages".into(), data(languages));
        status.entry("idCode").or_insert(Value::Null);
        status.entry("shouldSendEmail").or_insert(json!(false));
        if let Some(old) = self.lists.status(text(&status, "idCode")).filter(|old| *old != id) {
            if self.orders.values().any(|order| order.status() == Some(old)) {
                return Err(format!("orders have the status {old} that this one would replace"));
            }
            self.lists.statuses.remove(&old);
        }
        self.ids.saw(id);
        self.lists.statuses.insert(id, status);
        Ok(())
    }

    fn seed_product(&mut self, cx: &Cx<'_>, mut record: Fields) -> Result<(), String> {
        let id = own_id(&record, "productId")?;
        let (created, modified) = stamps(cx, &mut record)?;
        let variants = rows(record.remove("variants")).into_iter().map(|variant| self.seeded_variant(cx, variant));
        let variants = variants.collect::<Result<Vec<_>, _>>()?;
        if variants.is_empty() {
            return Err("a product has at least one variant".into());
        }
        let nested = NESTED.map(|name| (name, product_parts::seeded(name, record.remove(name)))).into();
        for computed in ["links", "productId", "unit", "hasSeveralVariants", "attributes"] {
            record.remove(computed);
        }
        let mut fields = products::defaults();
        fields
            .extend(record.remove("visibilityPricelistIds").map(|lists| ("visibilityPricelistIds".to_owned(), lists)));
        fields.extend(checked(record, PRODUCT_SEED)?);
        self.ids.saw(id);
        self.catalogue.insert(Product { id, created, modified, fields, nested, variants });
        Ok(())
    }

    fn seed_customer(&mut self, cx: &Cx<'_>, mut record: Fields) -> Result<(), String> {
        let id = own_id(&record, "customerId")?;
        let (created, modified) = stamps(cx, &mut record)?;
        let has_account = flag(&record, "hasAccount", true);
        let addresses = addresses(record.remove("addresses"))?;
        let (tags, services) = (rows(record.remove("tags")), rows(record.remove("externalServices")));
        let mut fields = customer::defaults();
        for name in ["approved", "approvedAt", "langCode"] {
            fields.extend(record.remove(name).map(|value| (name.to_owned(), value)));
        }
        for computed in ["links", "customerId", "hasAccount"] {
            record.remove(computed);
        }
        fields.extend(checked(record, CUSTOMER)?);
        self.ids.saw_customer(id);
        let customer = Customer { id, created, modified, fields, addresses, tags, services, has_account };
        self.customers.insert(id, customer);
        Ok(())
    }

    fn seed_order(&mut self, cx: &Cx<'_>, mut record: Fields) -> Result<(), String> {
        let id = own_id(&record, "orderId")?;
        let (created, modified) = stamps(cx, &mut record)?;
        let items = rows(record.remove("items"));
        let items = items.into_iter().enumerate().map(|(place, item)| self.seed_item(item, place));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        let addresses = addresses(record.remove("addresses"))?;
        let (services, comments) = (rows(record.remove("externalServices")), rows(record.remove("comments")));
        comments.iter().filter_map(|comment| super::value::id(comment, "commentId")).for_each(|id| self.ids.saw(id));
        COMPUTED.iter().chain(&["orderId"]).for_each(|name| drop(record.remove(*name)));

        let shop = |name: &str| self.lists.shop.get(name).cloned().unwrap_or_default();
        let mut fields = order::defaults();
        fields.extend(super::value::fields(json!({
            "currencyCode": shop("baseCurrency"), "baseCurrencyCode": shop("baseCurrency"),
            "shopCountryCode": shop("shopCountryCode"), "langCode": shop("defaultLangCode"),
            "statusId": self.lists.status("created"), "isComplete": true,
            "stockLocationId": stocks::ecommerce(&self.registers),
            "shippingTrackerType": self.lists.tracking_types.first().and_then(|kind| kind.get("type")),
        })));
        let given = ["totalAmount", "totalVat", "amountToPay"].iter().all(|name| record.contains_key(*name));
        let kept = record.iter().filter(|(name, _)| name.starts_with("total") || name.starts_with("amountToPay"));
        fields.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
        fields.extend(checked(record, ORDER)?);
        let order = Order { id, created, modified, fields, items, addresses, services, comments };
        if order.status().is_none_or(|status| !self.lists.statuses.contains_key(&status)) {
            return Err("statusId: there is no such status; seed order-statuses too, or leave it out".into());
        }
        self.ids.saw_order(id);
        self.orders.insert(id, order);
        if given {
            self.orders.entry(id).and_modify(totals::write_in_base);
        } else {
            self.recompute(cx, id);
        }
        Ok(())
    }

    fn seed_item(&mut self, mut item: Fields, place: usize) -> Result<Item, String> {
        let bundled = rows(item.remove("bundledItems"));
        let with_vat = item.remove(WITH_VAT);
        let id = id(&item, "itemId").unwrap_or_else(|| self.ids.item());
        self.ids.saw(id);
        ["links", "itemId"].iter().for_each(|name| drop(item.remove(*name)));
        let mut item = Item { bundled, ..Item::new(id, checked(item, ITEM)?, place) };
        if let Some(price) = with_vat {
            item.set_price_with_vat(decimal(&price).ok_or("unitPriceIncVat: must be a number")?);
        }
        Ok(item)
    }
}

fn own_id(record: &Fields, name: &str) -> Result<u64, String> {
    id(record, name).filter(|id| *id > 0).ok_or_else(|| format!("{name}: is required, a whole number from 1"))
}

/// Replaces the member with the same key, or adds it.
fn replace(rows: &mut Vec<Fields>, key: &str, record: Fields) -> Result<(), String> {
    let own = record.get(key).ok_or_else(|| format!("{key}: is required"))?;
    match rows.iter_mut().find(|row| row.get(key) == Some(own)) {
        Some(row) => *row = record,
        None => rows.push(record),
    }
    Ok(())
}

/// `createdAt` and `modifiedAt`; now, or the other one, where they are left out.
fn stamps(cx: &Cx<'_>, record: &mut Fields) -> Result<(DateTime<Utc>, DateTime<Utc>), String> {
    let mut take = |name: &str| match record.remove(name) {
        None => Ok(None),
        Some(value) => match value.as_str().and_then(instant) {
            Some(at) => Ok(Some(at)),
            None => Err(format!("{name}: must be an ISO 8601 time with an offset")),
        },
    };
    let (created, modified) = (take("createdAt")?, take("modifiedAt")?);
    let first = created.or(modified).unwrap_or_else(|| whole_seconds(cx.now));
    Ok((first, modified.unwrap_or(first)))
}

/// The record under the vendor's own rules. Nulls that answers show for "nothing" fall away.
pub(super) fn checked(record: Fields, model: &[Field]) -> Result<Fields, String> {
    let mut switches = Switches::new(ALL);
    let lenient = fields(json!({ "read_only_fields": "ignored" }));
    switches.set(&lenient).map_err(|refused| refused.to_string())?;
    let record = record.into_iter().filter(|(_, value)| !value.is_null()).collect();
    check::object(record, model, &switches, "").map_err(|refusal| refusal.description)
}

fn addresses(given: Option<Value>) -> Result<Fields, String> {
    let mut kept = Fields::new();
    for (name, address) in fields(given.map(unwrapped).unwrap_or_default()) {
        if let Value::Object(address) = unwrapped(address) {
            let address = checked(address, ADDRESS).map_err(|why| format!("addresses.{name}.{why}"))?;
            kept.insert(name, Value::Object(whole_address(address)));
        }
    }
    Ok(kept)
}

/// The seed of one collection; the text names the record at fault by its place.
pub(super) fn seed(starweb: &mut Starweb, cx: &Cx<'_>, collection: &str, records: Vec<Value>) -> Result<(), Refused> {
    for (place, record) in records.into_iter().enumerate() {
        let Value::Object(record) = record else { return Err(Refused::new(format!("record {place} is no object"))) };
        starweb.seed_one(cx, collection, record).map_err(|why| Refused::new(format!("record {place}: {why}")))?;
    }
    Ok(())
}
