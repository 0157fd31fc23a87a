//! What products refer to, each kind a small register of its own with all five calls: units, categories,
//! manufacturers, meta data types, stock statuses, stock locations, attributes with values, tags with options.
//!
//! Price lists, media files and customers' tags are kept here too; their calls differ and are found in their modules.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    Starweb,
    check::{self, Field},
    listing::{Query, paged},
    order::linked,
    product_models::{
        ATTRIBUTE, ATTRIBUTE_VALUE, CATEGORY, LOCATION, MANUFACTURER, META_TYPE, STOCK_STATUS, TAG, TAG_OPTION, UNIT,
    },
    refusal::Refusal,
    switches::PUT_LEFT_OUT,
    value::{Fields, data, fields, id, list, rows, text},
};

/// The registers that seeds and state name; those that belong to records of another come with them.
pub(super) const SEEDED: [&str; 11] = [
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
];

/// The records of all registers, by path and id.
#[derive(Debug, Default)]
pub(super) struct Registers(BTreeMap<&'static str, BTreeMap<u64, Fields>>);

impl Registers {
    pub(super) fn get(&self, name: &str, id: u64) -> Option<&Fields> {
        self.0.get(name)?.get(&id)
    }

    pub(super) fn put(&mut self, name: &'static str, id: u64, record: Fields) {
        self.0.entry(name).or_default().insert(id, record);
    }

    pub(super) fn remove(&mut self, name: &str, id: u64) -> Option<Fields> {
        self.0.get_mut(name)?.remove(&id)
    }

    pub(super) fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &Fields> {
        self.0.get(name).into_iter().flat_map(BTreeMap::values)
    }

    pub(super) fn all_mut(&mut self, name: &str) -> impl Iterator<Item = &mut Fields> {
        self.0.get_mut(name).into_iter().flat_map(BTreeMap::values_mut)
    }
}

/// One register.
pub(super) struct Register {
    /// Its path, or what stands in it below the record that it belongs to.
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    model: &'static [Field],
    /// What POST and PUT need.
    required: &'static [&'static str],
    defaults: fn() -> Value,
    /// Answers have `data` around the languages.
    wraps: bool,
    /// The field with the record that it belongs to; not shown.
    pub(super) parent: Option<&'static str>,
}

const fn register(
    name: &'static str,
    key: &'static str,
    model: &'static [Field],
    required: &'static [&'static str],
    defaults: fn() -> Value,
) -> Register {
    Register { name, key, model, required, defaults, wraps: true, parent: None }
}

pub(super) static REGISTERS: [Register; 10] = [
    register(
        "product-units",
        "unitId",
        UNIT,
        &[],
        || json!({ "externalId": "", "externalIdType": null, "languages": data(json!([])) }),
    ),
    register("product-categories", "categoryId", CATEGORY, &[], || {
        json!({ "parentId": null, "visibility": "visible", "sortIndex": 0, "openPage": false, "imageFileId": null,
            "externalId": null, "externalIdType": null, "languages": data(json!([])) })
    }),
    register(
        "product-manufacturers",
        "manufacturerId",
        MANUFACTURER,
        &["name"],
        || json!({ "externalId": "", "externalIdType": null, "name": "", "url": null }),
    ),
    register("product-meta-data-types", "metaDataTypeId", META_TYPE, &[], || json!({ "languages": data(json!([])) })),
    register("product-stock-statuses", "stockStatusId", STOCK_STATUS, &[], || {
        json!({ "idCode": null, "sortIndex": 0, "stockoutNewStatusId": null, "productBuyable": true, "inStock": false,
            "languages": data(json!([])) })
    }),
    register("stock-locations", "stockLocationId", LOCATION, &["visibility", "sortIndex", "languages"], || {
        json!({ "externalId": "", "externalIdType": null, "visibility": "never_show_in_store", "sortIndex": 0,
            "ecommerceStockLocation": false, "languages": data(json!([])) })
    }),
    register(
        "product-attributes",
        "attributeId",
        ATTRIBUTE,
        &[],
        || json!({ "externalId": "", "externalIdType": null, "languages": data(json!([])) }),
    ),
    Register {
        parent: Some("attributeId"),
        ..register("values", "attributeValueId", ATTRIBUTE_VALUE, &[], || {
            json!({ "externalId": "", "externalIdType": null, "skuSuffix": "", "sortIndex": 0,
                "languages": data(json!([])) })
        })
    },
    Register {
        wraps: false,
        ..register("product-tags", "tagId", TAG, &["name", "type", "languages"], || json!({ "languages": [] }))
    },
    Register {
        wraps: false,
        parent: Some("tagId"),
        ..register("options", "tagOptionId", TAG_OPTION, &["languages"], || json!({ "sortIndex": 0, "languages": [] }))
    },
];

impl Register {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        REGISTERS.iter().find(|register| register.name == name)
    }

    /// The register whose records belong to those of this one.
    fn children(&self) -> Option<&'static Self> {
        REGISTERS.iter().find(|child| child.parent == Some(self.key))
    }

    /// A record with its defaults.
    pub(super) fn new_record(&self, id: u64) -> Fields {
        let mut record = fields((self.defaults)());
        record.insert(self.key.into(), json!(id));
        record
    }

    /// Puts fields into a record; languages come bare or wrapped and are kept as they are shown.
    pub(super) fn fill(&self, record: &mut Fields, mut body: Fields) {
        if let Some(languages) = body.remove("languages") {
            let languages = list(rows(Some(languages)).into_iter().map(|language| self.language(language)));
            record.insert("languages".into(), if self.wraps { data(languages) } else { languages });
        }
        record.extend(body);
    }

    /// A category's address in the shop is made of its name where none is given.
    fn language(&self, mut language: Fields) -> Fields {
        if self.name == "product-categories" {
            for name in ["pageTitle", "description", "bottomDescription", "pageMetaDescription"] {
                language.entry(name).or_insert(Value::Null);
            }
            if text(&language, "permalink").is_empty() {
                language.insert("permalink".into(), json!(permalink(text(&language, "name"))));
            }
        }
        language
    }

    /// Where a record is found.
    fn uri(&self, record: &Fields) -> String {
        let own = id(record, self.key).unwrap_or_default();
        match self.parent.and_then(|parent| Some((parent, id(record, parent)?))) {
            Some(("attributeId", parent)) => format!("/product-attributes/{parent}/values/{own}"),
            Some((_, parent)) => format!("/product-tags/{parent}/options/{own}"),
            None => format!("/{}/{own}", self.name),
        }
    }
}

/// A name as it stands in an address.
pub(super) fn permalink(name: &str) -> String {
    let plain = |letter: char| match letter {
        'å' | 'ä' => 'a',
        'ö' => 'o',
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '-',
    };
    let slug = name.to_lowercase().chars().map(plain).collect::<String>();
    slug.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

impl Starweb {
    /// The calls on a register and below; `path` is what follows its name.
    pub(super) fn route_register(
        &mut self,
        cx: &Cx<'_>,
        register: &'static Register,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        match path {
            [] | [_] => self.register_call(cx, register, None, path, request),
            [owner, name, rest @ ..] => {
                let child = register.children().filter(|child| child.name == *name).ok_or_else(Refusal::not_found)?;
                let owner = owner.parse().map_err(|_| Refusal::not_found())?;
                let record = self.registers.get(register.name, owner).ok_or_else(Refusal::not_found)?;
                if text(record, "type") == "boolean" && request.method != "GET" {
                    return Err(Refusal::not_allowed("A tag of this type has no options of its own"));
                }
                self.register_call(cx, child, Some(owner), rest, request)
            }
        }
    }

    fn register_call(
        &mut self,
        cx: &Cx<'_>,
        register: &'static Register,
        owner: Option<u64>,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let (key, status) = match (method, path) {
            ("GET", []) => return self.list_register(cx, register, owner, request),
            ("POST", []) => {
                let body = check::body(request, register.model, cx.switches)?;
                check::required(&body, register.required)?;
                let key = self.ids.next();
                let mut record = register.new_record(key);
                record.extend(register.parent.zip(owner).map(|(name, owner)| (name.to_owned(), json!(owner))));
                self.write_record(cx, register, record, body, None)?;
                self.births.note(cx, register.name, key);
                (key, 201)
            }
            (method, [key]) => {
                let key = key.parse().map_err(|_| Refusal::not_found())?;
                let record = self.registers.get(register.name, key).cloned();
                let ours = |record: &Fields| register.parent.is_none_or(|parent| id(record, parent) == owner);
                let old = record.filter(ours).ok_or_else(Refusal::not_found)?;
                match method {
                    "GET" => {}
                    "DELETE" => {
                        self.may_delete(register, &old)?;
                        self.registers.remove(register.name, key);
                        self.forget(register.name, key);
                        return Ok(Reply::empty(204));
                    }
                    "PUT" | "PATCH" => {
                        let body = check::body(request, register.model, cx.switches)?;
                        self.rewrite(cx, register, old, body, method == "PUT")?;
                    }
                    _ => return Err(Refusal::not_found()),
                }
                (key, 200)
            }
            _ => return Err(Refusal::not_found()),
        };
        let record = self.registers.get(register.name, key).ok_or_else(Refusal::not_found)?;
        let view = self.register_view(cx, register, record, languages_wanted(cx, register, request)?);
        Ok(Reply::json(status, &data(Value::Object(view))))
    }

    fn rewrite(
        &mut self,
        cx: &Cx<'_>,
        register: &'static Register,
        old: Fields,
        body: Fields,
        put: bool,
    ) -> Result<(), Refusal> {
        // The description asks for all of a tag even in PATCH.
        if put || ["product-tags", "options", "product-manufacturers"].contains(&register.name) {
            check::required(&body, register.required)?;
        } else if body.is_empty() && register.name == "stock-locations" {
            return Err(Refusal::invalid("at least one field is required"));
        }
        let mut record = old.clone();
        if put && cx.switches.is(&PUT_LEFT_OUT, "cleared") {
            record = register.new_record(id(&old, register.key).unwrap_or_default());
            for kept in ["idCode", "type", "attributeId", "tagId"] {
                record.extend(old.get(kept).map(|value| (kept.to_owned(), value.clone())));
            }
        }
        self.write_record(cx, register, record, body, Some(&old))
    }

    /// Puts checked fields into a record and keeps it, if the shop's rules let it be so.
    fn write_record(
        &mut self,
        cx: &Cx<'_>,
        register: &'static Register,
        mut record: Fields,
        body: Fields,
        old: Option<&Fields>,
    ) -> Result<(), Refusal> {
        register.fill(&mut record, body);
        self.admit(cx, register, &mut record, old)?;
        let key = id(&record, register.key).unwrap_or_default();
        self.registers.put(register.name, key, record);
        self.settled(register, key, old.is_none());
        Ok(())
    }

    fn list_register(
        &self,
        cx: &Cx<'_>,
        register: &'static Register,
        owner: Option<u64>,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let query = Query::new(request, cx);
        let with_languages = languages_wanted(cx, register, request)?;
        let categories = register.name == "product-categories";
        let (external, parent) = (query.text("externalId").filter(|_| categories), query.id("parent")?);
        let visible = categories && query.flag("filterVisible")?;
        let wanted = |record: &&Fields| {
            let key = id(record, register.key).unwrap_or_default();
            register.parent.is_none_or(|parent| id(record, parent) == owner)
                && !self.births.hides(cx, register.name, key)
                && external.is_none_or(|external| text(record, "externalId") == external)
                && (!categories || parent.is_none() || id(record, "parentId") == parent)
                && (!visible || text(record, "visibility") == "visible")
        };
        let found = self.registers.all(register.name).filter(wanted).collect::<Vec<_>>();
        if !categories {
            let views = found.into_iter().map(|record| self.register_view(cx, register, record, with_languages));
            return Ok(Reply::json(200, &data(list(views))));
        }
        let (page, meta) = query.page(found)?;
        let views = page.into_iter().map(|record| self.register_view(cx, register, record, with_languages));
        Ok(Reply::json(200, &paged(views, meta)))
    }

    /// A register as it can be seeded again.
    pub(super) fn whole_register(&self, name: &str) -> Vec<Fields> {
        let child = Register::named(name).and_then(Register::children);
        let whole = |record: &Fields| {
            let mut whole = record.clone();
            if let (Some(child), Some(register)) = (child, Register::named(name)) {
                let own = id(record, register.key);
                let belongs = |row: &&Fields| child.parent.is_some_and(|parent| id(row, parent) == own);
                whole.insert(child.name.into(), list(self.registers.all(child.name).filter(belongs).cloned()));
            }
            whole
        };
        self.registers.all(name).map(whole).collect()
    }

    /// The calls on `/customer-tags`, only to be read.
    pub(super) fn read_customer_tags(&self, path: &[&str]) -> Result<Reply, Refusal> {
        let tags = self.registers.all("customer-tags").cloned().collect::<Vec<_>>();
        let answer = match path {
            [] => data(list(tags)),
            [key] => super::catalogue::found(&tags, "tagId", key)?,
            _ => return Err(Refusal::not_found()),
        };
        Ok(Reply::json(200, &answer))
    }

    fn register_view(&self, cx: &Cx<'_>, register: &Register, record: &Fields, with_languages: bool) -> Fields {
        let mut view = record.clone();
        if let Some(parent) = register.parent {
            view.remove(parent);
        }
        if !with_languages {
            view.remove("languages");
        }
        if register.name == "product-categories" {
            let own = id(record, "categoryId");
            let mut all = self.registers.all("product-categories");
            view.insert("hasChildren".into(), json!(all.any(|other| id(other, "parentId") == own)));
            let kind = record.get("externalIdType").cloned().unwrap_or_default();
            view.insert("externalType".into(), kind);
        }
        linked(cx.switches, view, &register.uri(record))
    }
}

/// Only categories leave their languages out unless asked.
fn languages_wanted(cx: &Cx<'_>, register: &Register, request: &Request) -> Result<bool, Refusal> {
    if register.name != "product-categories" {
        return Ok(true);
    }
    Ok(Query::new(request, cx).includes(&["languages"])?.has("languages"))
}
