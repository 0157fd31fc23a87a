//! Price lists: the master, those for countries, those for customers. The calls on `/pricelists`.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    Starweb,
    check::{self, Field},
    order::linked,
    product_models::{COUNTRY_LIST, CUSTOMER_LIST, MASTER_LIST},
    refusal::Refusal,
    switches::{ACTIVATION, PUT_LEFT_OUT},
    value::{Fields, data, fields, flag, id, list, text},
    variants::Price,
};

/// The three shapes of what is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Master,
    Country,
    Customer,
}

impl Kind {
    fn of(old: Option<&Fields>, body: &Value) -> Self {
        match old {
            Some(old) if flag(old, "isMaster", false) => Self::Master,
            Some(old) if flag(old, "isCustomerPricelist", false) => Self::Customer,
            Some(_) => Self::Country,
            None if body.get("parentPricelistId").is_some_and(|parent| !parent.is_null()) => Self::Customer,
            None => Self::Country,
        }
    }

    /// What may be written, and what must be, in PATCH too.
    fn model(self) -> (&'static [Field], &'static [&'static str]) {
        match self {
            Self::Master => (MASTER_LIST, &["currencyCode"]),
            Self::Country => (COUNTRY_LIST, &["name", "currencyCode"]),
            Self::Customer => (CUSTOMER_LIST, &["name", "parentPricelistId"]),
        }
    }
}

/// What only decides how staff and shoppers see prices; no answer shows it.
const DISPLAY: [&str; 2] = ["pricesInclVatByDefault", "inputAdminProductPricesInclVat"];

fn defaults() -> Fields {
    fields(json!({
        "externalId": "", "externalIdType": null, "name": "", "isMaster": false, "isActive": false, "region": "all",
        "countryCodes": [], "currencyCode": "", "parentPricelistId": null, "isCustomerPricelist": false,
        "isCountryPricelist": true, "pricesInclVatByDefault": true, "inputAdminProductPricesInclVat": false,
    }))
}

impl Starweb {
    pub(super) fn route_price_lists(
        &mut self,
        cx: &Cx<'_>,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let (key, status) = match (request.method.as_str(), path) {
            ("GET", []) => {
                let shown =
                    |list: &&Fields| !self.births.hides(cx, "pricelists", id(list, "pricelistId").unwrap_or_default());
                let lists = self.registers.all("pricelists").filter(shown).map(|list| view(cx, list));
                return Ok(Reply::json(200, &data(list(lists))));
            }
            ("POST", []) => {
                let key = self.ids.next();
                let mut record = defaults();
                record.insert("pricelistId".into(), json!(key));
                self.write_price_list(cx, request, key, record, None)?;
                self.births.note(cx, "pricelists", key);
                (key, 201)
            }
            (method, [key]) => {
                let key = key.parse().map_err(|_| Refusal::not_found())?;
                let old = self.registers.get("pricelists", key).cloned().ok_or_else(Refusal::not_found)?;
                match method {
                    "GET" => {}
                    "DELETE" => return self.delete_price_list(key, &old),
                    "PUT" | "PATCH" => {
                        let mut record = old.clone();
                        if method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared") {
                            let kept = ["isActive", "region", "countryCodes", "externalId", "externalIdType"];
                            let kept = kept.iter().chain(&DISPLAY);
                            record.extend(defaults().into_iter().filter(|(name, _)| kept.clone().any(|k| k == name)));
                        }
                        self.write_price_list(cx, request, key, record, Some(&old))?;
                    }
                    _ => return Err(Refusal::not_found()),
                }
                (key, 200)
            }
            _ => return Err(Refusal::not_found()),
        };
        let record = self.registers.get("pricelists", key).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(status, &data(Value::Object(view(cx, record)))))
    }

    fn delete_price_list(&mut self, key: u64, old: &Fields) -> Result<Reply, Refusal> {
        if flag(old, "isMaster", false) {
            return Err(Refusal::forbidden("The master price list cannot be deleted"));
        }
        if self.registers.all("pricelists").any(|list| id(list, "parentPricelistId") == Some(key)) {
            return Err(Refusal::forbidden("Other price lists are under this one"));
        }
        self.registers.remove("pricelists", key);
        self.forget("pricelists", key);
        Ok(Reply::empty(204))
    }

    fn write_price_list(
        &mut self,
        cx: &Cx<'_>,
        request: &Request,
        key: u64,
        mut record: Fields,
        old: Option<&Fields>,
    ) -> Result<(), Refusal> {
        let kind = Kind::of(old, &request.json().unwrap_or_default());
        let (model, required) = kind.model();
        let mut body = check::body(request, model, cx.switches)?;
        check::required(&body, required)?;
        self.check_price_list(&body, key)?;
        if kind == Kind::Customer {
            let parent = id(&body, "parentPricelistId").and_then(|parent| self.registers.get("pricelists", parent));
            record.insert("currencyCode".into(), json!(parent.map(|list| text(list, "currencyCode"))));
            record.insert("isCustomerPricelist".into(), json!(true));
            record.insert("isCountryPricelist".into(), json!(false));
        }
        if let Some(codes) = body.remove("countryCodes") {
            body.insert("countryCodes".into(), countries(codes.as_str().unwrap_or_default())?);
        }
        record.extend(body);
        if text(&record, "region") != "selected" && kind == Kind::Country {
            record.insert("countryCodes".into(), json!([]));
        } else if kind == Kind::Country && record.get("countryCodes") == Some(&json!([])) {
            return Err(Refusal::invalid("countryCodes: are required with the region selected"));
        }
        let was_active = old.is_some_and(|old| flag(old, "isActive", false));
        let activated = !was_active && flag(&record, "isActive", false);
        self.registers.put("pricelists", key, record);
        if activated {
            self.zero_prices(key, cx.switches.is(&ACTIVATION, "all_prices"));
        }
        Ok(())
    }

    fn check_price_list(&self, body: &Fields, key: u64) -> Result<(), Refusal> {
        let name = text(body, "name");
        let mut others = self.registers.all("pricelists").filter(|list| id(list, "pricelistId") != Some(key));
        if !name.is_empty() && others.any(|list| text(list, "name") == name) {
            return Err(Refusal::invalid("name: another price list has it"));
        }
        if id(body, "parentPricelistId") == Some(key) {
            return Err(Refusal::invalid("parentPricelistId: must be another list"));
        }
        self.refuse_unknown_ids(body, &[("parentPricelistId", "pricelists")])?;
        let code = body.get("currencyCode");
        if code.is_some() && !self.lists.currencies.iter().any(|currency| currency.get("code") == code) {
            return Err(Refusal::invalid("currencyCode: the shop has no such currency"));
        }
        Ok(())
    }

    /// A list that becomes active shows 0 for everything until it is written: for all, or for what has no price there.
    fn zero_prices(&mut self, key: u64, all: bool) {
        let variants = self.catalogue.products_mut().flat_map(|product| &mut product.variants);
        for variant in variants {
            match variant.prices.iter_mut().find(|price| price.list == key) {
                Some(price) if all => *price = Price::zero(key),
                Some(_) => {}
                None => variant.prices.push(Price::zero(key)),
            }
        }
    }
}

fn view(cx: &Cx<'_>, record: &Fields) -> Fields {
    let mut view = record.clone();
    DISPLAY.iter().for_each(|name| drop(view.remove(*name)));
    let uri = format!("/pricelists/{}", id(record, "pricelistId").unwrap_or_default());
    linked(cx.switches, view, &uri)
}

/// Written with commas between, shown as a list.
fn countries(codes: &str) -> Result<Value, Refusal> {
    let codes = codes.split(',').filter(|code| !code.is_empty()).collect::<Vec<_>>();
    match codes.iter().all(|code| code.len() == 2 && code.chars().all(|letter| letter.is_ascii_alphabetic())) {
        true => Ok(codes.iter().map(|code| code.to_uppercase()).collect()),
        false => Err(Refusal::invalid("countryCodes: must be two letters each, with commas between")),
    }
}
