//! What the shop lets stand in its registers, and what hangs on a record of one.

use serde_json::{Value, json};

use crate::frame::Cx;

use super::{
    Starweb,
    refusal::Refusal,
    registers::Register,
    switches::LOCATION_LIMIT,
    value::{Fields, flag, id, rows, text},
};

impl Starweb {
    /// Refuses ids that no register has. Null is no id.
    pub(super) fn refuse_unknown_ids(&self, body: &Fields, named: &[(&str, &str)]) -> Result<(), Refusal> {
        let unknown = |(field, register): &&(&str, &str)| {
            id(body, field).is_some_and(|wanted| self.registers.get(register, wanted).is_none())
        };
        match named.iter().find(unknown) {
            Some((field, _)) => Err(Refusal::invalid(format!("{field}: there is none with this id"))),
            None => Ok(()),
        }
    }

    /// Lets a record be as it is to be, or says why not. `old` is what it was.
    pub(super) fn admit(
        &self,
        cx: &Cx<'_>,
        register: &Register,
        record: &mut Fields,
        old: Option<&Fields>,
    ) -> Result<(), Refusal> {
        match register.name {
            "product-categories" => {
                if let Some(kind) = record.remove("externalType").filter(|kind| !kind.is_null()) {
                    record.insert("externalIdType".into(), kind);
                }
                self.refuse_unknown_ids(record, &[("parentId", "product-categories"), ("imageFileId", "media-files")])?;
                if id(record, "parentId") == id(record, "categoryId") {
                    return Err(Refusal::invalid("parentId: a category cannot be its own parent"));
                }
            }
            "product-stock-statuses" => {
                self.refuse_unknown_ids(record, &[("stockoutNewStatusId", "product-stock-statuses")])?;
                if id(record, "stockoutNewStatusId") == id(record, "stockStatusId") {
                    return Err(Refusal::invalid("stockoutNewStatusId: must be another status"));
                }
                let standard = old.filter(|old| !text(old, "idCode").is_empty());
                if standard.is_some_and(|old| old.get("languages") != record.get("languages")) {
                    return Err(Refusal::invalid("languages: names of standard statuses cannot be changed"));
                }
            }
            "stock-locations" => {
                let limit = usize::try_from(cx.switches.number(&LOCATION_LIMIT)).unwrap_or(0);
                if old.is_none() && limit > 0 && self.registers.all("stock-locations").count() >= limit {
                    return Err(Refusal::forbidden("The shop cannot have more stock locations"));
                }
                let sold = old.is_some_and(|old| flag(old, "ecommerceStockLocation", false));
                if sold && !flag(record, "ecommerceStockLocation", false) {
                    return Err(Refusal::forbidden("One location must be the one that the shop sells from"));
                }
            }
            "product-tags" => {
                record.remove("name");
                if old.is_some_and(|old| text(old, "type") != text(record, "type")) {
                    return Err(Refusal::invalid("type: cannot be changed"));
                }
                none_empty(record)?;
            }
            "options" => none_empty(record)?,
            _ => {}
        }
        Ok(())
    }

    /// After a record was written.
    pub(super) fn settled(&mut self, register: &Register, key: u64, new: bool) {
        let record = self.registers.get(register.name, key).cloned().unwrap_or_default();
        match register.name {
            "stock-locations" if flag(&record, "ecommerceStockLocation", false) => {
                for other in self.registers.all_mut("stock-locations") {
                    let own = id(other, "stockLocationId") == Some(key);
                    other.insert("ecommerceStockLocation".into(), json!(own));
                }
            }
            // A tag that is on or off has one option, by which products are linked to it.
            "product-tags" if new && text(&record, "type") == "boolean" => {
                let option = self.ids.next();
                let value =
                    json!({ "tagOptionId": option, "tagId": key, "value": true, "sortIndex": 0, "languages": [] });
                self.registers.put("options", option, super::value::fields(value));
            }
            _ => {}
        }
    }

    /// # Errors
    /// 403 for a record that the shop cannot do without.
    pub(super) fn may_delete(&self, register: &Register, record: &Fields) -> Result<(), Refusal> {
        match register.name {
            "product-stock-statuses" => {
                let own = id(record, "stockStatusId");
                let holds = |stock: &Fields| id(stock, "stockStatusId") == own;
                let mut variants = self.catalogue.products().flat_map(|product| &product.variants);
                if !text(record, "idCode").is_empty() {
                    Err(Refusal::forbidden("Standard stock statuses cannot be deleted"))
                } else if variants.any(|variant| variant.stocks.values().any(holds)) {
                    Err(Refusal::forbidden("The stock status is in use"))
                } else {
                    Ok(())
                }
            }
            "stock-locations" if flag(record, "ecommerceStockLocation", false) => {
                Err(Refusal::forbidden("The location that the shop sells from cannot be deleted"))
            }
            _ => Ok(()),
        }
    }

    /// Takes a deleted record out of all that named it.
    pub(super) fn forget(&mut self, register: &str, key: u64) {
        let clears = |fields: &mut Fields, name: &str| {
            if id(fields, name) == Some(key) {
                fields.insert(name.into(), Value::Null);
            }
        };
        match register {
            "product-categories" => {
                self.registers.all_mut("product-categories").for_each(|category| clears(category, "parentId"));
            }
            "product-stock-statuses" => {
                let statuses = self.registers.all_mut("product-stock-statuses");
                statuses.for_each(|status| clears(status, "stockoutNewStatusId"));
            }
            "product-attributes" => self.forget_children("values", "attributeId", key),
            "product-tags" => self.forget_children("options", "tagId", key),
            "pricelists" => {
                self.customers.values_mut().for_each(|customer| clears(&mut customer.fields, "pricelistId"));
            }
            _ => {}
        }
        for product in self.catalogue.products_mut() {
            let link = match register {
                "product-categories" => Some(("categories", "categoryId")),
                "product-meta-data-types" => Some(("metaData", "metaDataTypeId")),
                "media-files" => Some(("mediaFiles", "mediaFileId")),
                "product-tags" => Some(("tags", "tagId")),
                "options" => Some(("tags", "tagOptionId")),
                "product-units" => {
                    clears(&mut product.fields, "unitId");
                    None
                }
                "product-manufacturers" => {
                    clears(&mut product.fields, "manufacturerId");
                    None
                }
                _ => None,
            };
            if let Some((part, name)) = link {
                product.nested.entry(part).or_default().retain(|row| id(row, name) != Some(key));
            }
            for variant in &mut product.variants {
                match register {
                    "stock-locations" => drop(variant.stocks.remove(&key)),
                    "pricelists" => variant.prices.retain(|price| price.list != key),
                    "media-files" => clears(&mut variant.fields, "imageFileId"),
                    _ => {}
                }
            }
        }
    }

    fn forget_children(&mut self, register: &'static str, parent: &str, key: u64) {
        let children = self.registers.all(register).filter(|child| id(child, parent) == Some(key));
        let ids = children.filter_map(|child| id(child, Register::named(register)?.key)).collect::<Vec<_>>();
        ids.into_iter().for_each(|child| drop(self.registers.remove(register, child)));
    }
}

/// Tags and their options need a language at least.
fn none_empty(record: &Fields) -> Result<(), Refusal> {
    match rows(record.get("languages").cloned()).is_empty() {
        true => Err(Refusal::invalid("languages: needs one at least")),
        false => Ok(()),
    }
}
