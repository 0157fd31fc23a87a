//! What hangs on a product in lists of its own: translations, VAT rates, categories, files, meta data, tags.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    By, Starweb,
    catalogue::{Product, found, is_member},
    check::{self, Field},
    product_models::{CATEGORY_LINK, MEDIA_LINK, META_DATA, PRODUCT_LANGUAGE, PRODUCT_VAT_RATE, TAG_LINK},
    refusal::Refusal,
    registers::permalink,
    switches::{PARTS_BUMP, PUT_LEFT_OUT},
    value::{Fields, amount, data, fields, id, list, rows, text},
};

/// One kind of such a list.
#[derive(Debug)]
pub(super) struct Part {
    /// In a path.
    path: &'static str,
    /// In a product.
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    model: &'static [Field],
    required: &'static [&'static str],
    /// The register that the key must be of.
    of: Option<&'static str>,
    /// PUT makes what is not there.
    put_creates: bool,
    /// There is PUT and PATCH.
    changes: bool,
}

const fn part(path: &'static str, name: &'static str, key: &'static str, model: &'static [Field]) -> Part {
    Part { path, name, key, model, required: &[], of: None, put_creates: false, changes: true }
}

static PARTS: [Part; 6] = [
    Part { required: &["langCode", "name"], ..part("languages", "languages", "langCode", PRODUCT_LANGUAGE) },
    Part { required: &["countryCode"], ..part("vat-rates", "vatRates", "countryCode", PRODUCT_VAT_RATE) },
    Part {
        required: &["categoryId"],
        of: Some("product-categories"),
        ..part("categories", "categories", "categoryId", CATEGORY_LINK)
    },
    Part {
        required: &["mediaFileId"],
        of: Some("media-files"),
        ..part("media-files", "mediaFiles", "mediaFileId", MEDIA_LINK)
    },
    Part {
        required: &["metaDataTypeId"],
        of: Some("product-meta-data-types"),
        put_creates: true,
        ..part("meta-data", "metaData", "metaDataTypeId", META_DATA)
    },
    Part {
        required: &["tagOptionId"],
        of: Some("options"),
        changes: false,
        ..part("tags", "tags", "tagOptionId", TAG_LINK)
    },
];

impl Part {
    /// All of them.
    pub(super) const ALL: &'static [Part] = &PARTS;

    pub(super) fn named(path: &str) -> Option<&'static Self> {
        PARTS.iter().find(|part| part.path == path)
    }

    /// Whether two rows are of the same key.
    pub(super) fn same(&self, one: &Fields, other: &Fields) -> bool {
        match other.get(self.key) {
            Some(Value::String(key)) => is_member(one, self.key, key),
            Some(key) => one.get(self.key) == Some(key),
            None => false,
        }
    }

    /// The first file has the index 0, the next one 1, and so on.
    pub(super) fn settle(&self, rows: &mut [Fields]) {
        if self.name == "mediaFiles" {
            rows.sort_by_key(|row| amount(row, "sortIndex"));
            for (place, row) in rows.iter_mut().enumerate() {
                row.insert("sortIndex".into(), json!(place));
            }
        }
    }
}

impl Starweb {
    /// A row as it is kept: `body` over `old`, or over the defaults.
    pub(super) fn part_row(
        &mut self,
        part: &Part,
        mut body: Fields,
        old: Option<&Fields>,
        product: &Product,
    ) -> Result<Fields, Refusal> {
        if old.is_none() {
            check::required(&body, part.required)?;
        }
        if let Some(register) = part.of {
            self.refuse_unknown_ids(&body, &[(part.key, register)])?;
        }
        let mut row = old.cloned().unwrap_or_else(|| {
            fields(match part.name {
                "languages" => json!({ "shortDescription": "", "longDescription": "", "permalink": "",
                    "pageTitle": "", "pageMetaDescription": "" }),
                "vatRates" => json!({ "vatRate": 0 }),
                "tags" => json!({}),
                _ => json!({ "sortIndex": product.part(part.name).len() }),
            })
        });
        if let Some(languages) = body.remove("languages") {
            row.insert("languages".into(), data(languages));
        }
        row.extend(body);
        match part.name {
            "languages" if text(&row, "permalink").is_empty() => {
                let permalink = permalink(text(&row, "name"));
                row.insert("permalink".into(), json!(permalink));
            }
            "vatRates" => {
                let code = text(&row, "countryCode").to_lowercase();
                row.insert("countryCode".into(), json!(code));
            }
            "mediaFiles" => {
                let file = id(&row, "mediaFileId").and_then(|file| self.registers.get("media-files", file));
                let image = file.is_some_and(|file| text(file, "mime").starts_with("image/"));
                row.insert("type".into(), json!(if image { "image" } else { "document" }));
                row.entry("productMediaFileId").or_insert_with(|| json!(self.ids.next()));
            }
            "metaData" => {
                row.entry("metaDataId").or_insert_with(|| json!(self.ids.next()));
                row.entry("languages").or_insert_with(|| data(json!([])));
            }
            "tags" => {
                let option = id(&row, "tagOptionId").and_then(|option| self.registers.get("options", option));
                let tag = option.and_then(|option| option.get("tagId")).cloned().unwrap_or_default();
                row.insert("tagId".into(), tag);
            }
            _ => {}
        }
        Ok(row)
    }

    /// The calls on one of these lists and its members.
    pub(super) fn route_part(
        &mut self,
        cx: &Cx<'_>,
        product: u64,
        part: &'static Part,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let whole = self.product(product)?;
        let there = whole.part(part.name);
        let (key, status) = match (method, path) {
            ("GET", []) => return Ok(Reply::json(200, &data(list(there.iter().cloned())))),
            ("POST", []) => {
                let body = check::body(request, part.model, cx.switches)?;
                check::required(&body, part.required)?;
                if there.iter().any(|row| part.same(row, &body)) {
                    return Err(Refusal::invalid(format!("{}: is there already", part.key)));
                }
                let key = body.get(part.key).map(key_text).unwrap_or_default();
                self.put_part(product, part, &key, body, false)?;
                (key, 201)
            }
            ("GET", [key]) => return Ok(Reply::json(200, &found(there, part.key, key)?)),
            ("DELETE", [key]) => {
                super::catalogue::member(there, part.key, key).ok_or_else(Refusal::not_found)?;
                self.last_language(product, part)?;
                let rows = self.catalogue.get_mut(product).and_then(|whole| whole.nested.get_mut(part.name));
                let rows = rows.ok_or_else(Refusal::not_found)?;
                rows.retain(|row| !is_member(row, part.key, key));
                part.settle(rows);
                self.part_changed(cx, product, By::Api, &PARTS_BUMP);
                return Ok(Reply::empty(204));
            }
            ("PUT" | "PATCH", [key]) if part.changes => {
                let known = super::catalogue::member(there, part.key, key).is_some();
                let creates = part.put_creates && method == "PUT";
                if !known && !creates {
                    return Err(Refusal::not_found());
                }
                let mut body = check::body(request, part.model, cx.switches)?;
                if method == "PUT" {
                    check::required(&body, part.required)?;
                }
                let named = body.get(part.key).map(key_text);
                if named.is_some_and(|named| !named.eq_ignore_ascii_case(key)) {
                    return Err(Refusal::invalid(format!("{}: is not the one in the path", part.key)));
                }
                if !known && part.key != "langCode" && part.key != "countryCode" {
                    let number = key.parse::<u64>().map_err(|_| Refusal::not_found())?;
                    body.insert(part.key.into(), json!(number));
                }
                let clears = method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
                self.put_part(product, part, key, body, clears)?;
                ((*key).to_owned(), 200)
            }
            _ => return Err(Refusal::not_found()),
        };
        self.part_changed(cx, product, By::Api, &PARTS_BUMP);
        Ok(Reply::json(status, &found(self.product(product)?.part(part.name), part.key, &key)?))
    }

    /// Writes one row, which is made if it is not there.
    fn put_part(&mut self, product: u64, part: &Part, key: &str, body: Fields, clears: bool) -> Result<(), Refusal> {
        let whole = self.product(product)?.clone();
        let place = whole.part(part.name).iter().position(|row| is_member(row, part.key, key));
        let old = place.and_then(|place| whole.part(part.name).get(place)).filter(|_| !clears);
        let row = self.part_row(part, body, old, &whole)?;
        let product = self.catalogue.get_mut(product).ok_or_else(Refusal::not_found)?;
        let rows = product.nested.entry(part.name).or_default();
        match place.and_then(|place| rows.get_mut(place)) {
            Some(old) => *old = row,
            None => rows.push(row),
        }
        part.settle(rows);
        Ok(())
    }

    /// A product keeps a name.
    fn last_language(&self, product: u64, part: &Part) -> Result<(), Refusal> {
        match part.name == "languages" && self.product(product)?.part("languages").len() == 1 {
            true => Err(Refusal::invalid("The last language of a product cannot be deleted")),
            false => Ok(()),
        }
    }

    /// The calls on `/products/{id}/attributes`, only to be read.
    pub(super) fn read_attributes(&self, product: u64, path: &[&str]) -> Result<Reply, Refusal> {
        let attributes = self.product_attributes(self.product(product)?);
        let answer = match path {
            [] => data(list(attributes)),
            [key] => found(&attributes, "attributeId", key)?,
            _ => return Err(Refusal::not_found()),
        };
        Ok(Reply::json(200, &answer))
    }

    /// The calls on `/customers/{id}/tags`: linked and taken off, never made here.
    pub(super) fn customer_tags(
        &mut self,
        cx: &Cx<'_>,
        customer: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let tags = &self.customers.get(&customer).ok_or_else(Refusal::not_found)?.tags;
        match (request.method.as_str(), path) {
            ("GET", []) => Ok(Reply::json(200, &data(list(tags.iter().cloned())))),
            ("GET", [key]) => Ok(Reply::json(200, &found(tags, "tagId", key)?)),
            ("POST", []) => {
                let body = check::body(request, super::product_models::CUSTOMER_TAG, cx.switches)?;
                let tag = id(&body, "tagId").and_then(|tag| self.registers.get("customer-tags", tag));
                let tag = tag.cloned().ok_or_else(|| Refusal::invalid("tagId: there is no such tag"))?;
                let customer = self.customers.get_mut(&customer).ok_or_else(Refusal::not_found)?;
                if customer.tags.iter().any(|other| id(other, "tagId") == id(&tag, "tagId")) {
                    return Err(Refusal::invalid("tagId: the customer has this tag already"));
                }
                customer.tags.push(tag.clone());
                Ok(Reply::json(201, &data(Value::Object(tag))))
            }
            ("DELETE", [key]) => {
                found(tags, "tagId", key)?;
                let customer = self.customers.get_mut(&customer).ok_or_else(Refusal::not_found)?;
                customer.tags.retain(|tag| !is_member(tag, "tagId", key));
                Ok(Reply::empty(204))
            }
            _ => Err(Refusal::not_found()),
        }
    }
}

fn key_text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

/// The parts of a seeded product. Languages within them may come wrapped.
pub(super) fn seeded(name: &str, given: Option<Value>) -> Vec<Fields> {
    let mut kept = rows(given);
    if name == "metaData" {
        for row in &mut kept {
            let languages = list(rows(row.remove("languages")));
            row.insert("languages".into(), data(languages));
        }
    }
    kept
}
