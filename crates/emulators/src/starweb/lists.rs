//! The shop itself, its code lists, and order statuses, which alone of them can be written.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    Settings, Starweb,
    catalogue::found,
    check,
    models::STATUS,
    refusal::Refusal,
    registers::Registers,
    switches::PUT_LEFT_OUT,
    value::{Fields, data, fields, list, rows, text},
};

/// What a shop has from the start. Ids differ from shop to shop.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) shop: Fields,
    pub(super) statuses: BTreeMap<u64, Fields>,
    pub(super) payment_methods: Vec<Fields>,
    pub(super) shipping_methods: Vec<Fields>,
    pub(super) tracking_types: Vec<Fields>,
    pub(super) vat_rates: Vec<Fields>,
    pub(super) currencies: Vec<Fields>,
}

/// The places of a new shop's standard statuses among the ids; never those that are written in examples.
const STATUS_PLACES: [(u64, &str, &str, bool); 4] = [
    (7, "created", "Order skapad", true),
    (3, "picking", "Plockas", false),
    (9, "completed", "Slutförd", true),
    (4, "canceled", "Makulerad", true),
];

impl Lists {
    pub(super) fn new(settings: &Settings) -> Self {
        let base = settings.first_id;
        let status = |(place, code, name, mails): (u64, &str, &str, bool)| {
            let id = base.saturating_add(place);
            let languages = data(json!([{ "langCode": "sv", "name": name }]));
            let status = json!({ "statusId": id, "idCode": code, "shouldSendEmail": mails, "languages": languages });
            (id, fields(status))
        };
        Self {
            shop: fields(json!({
                "name": "Exempelbutiken", "idCode": settings.shop_id_code, "status": "open",
                "defaultLangCode": "sv", "activeLangCodes": ["sv"], "baseCurrency": "SEK",
                "defaultCustomerCountryCode": "SE", "generalDefaultVatRate": 25,
                "shopCompanyName": "Exempelbutiken AB", "shopAddress": "Storgatan 1", "shopPostalCode": "111 22",
                "shopCity": "Stockholm", "shopOrgNo": "556677-0000", "shopPhoneNo": "08-123 45 67",
                "shopVatNo": "SE556677000001", "shopCountryCode": "SE",
            })),
            statuses: STATUS_PLACES.map(status).into(),
            payment_methods: vec![
                payment(base.saturating_add(2), "Kort", "KORT", 0),
                payment(base.saturating_add(5), "Faktura", "FAKTURA", 19),
            ],
            shipping_methods: vec![
                shipping(base.saturating_add(1), "Paket till ombud", Some("OMBUD"), false),
                shipping(base.saturating_add(6), "Hämtas i butik", None, true),
            ],
            tracking_types: vec![fields(json!({ "type": 1, "name": "Posten Sverige" }))],
            vat_rates: vec![fields(json!({
                "countryCode": "se", "defaultVatRate": 25, "fixedOrderPaymentVatRate": null,
                "fixedOrderShippingVatRate": null, "fixedOrderDiscountVatRate": null,
            }))],
            currencies: vec![fields(json!({ "code": "SEK", "exchangeRate": "1.0", "precision": 2 }))],
        }
    }

    /// The id of a standard status.
    pub(super) fn status(&self, code: &str) -> Option<u64> {
        self.statuses.iter().find(|(_, status)| text(status, "idCode") == code).map(|(id, _)| *id)
    }

    /// The list under its path, with the key of its members.
    fn named(&self, path: &str) -> Option<(&[Fields], &'static str)> {
        Some(match path {
            "payment-methods" => (&self.payment_methods, "paymentMethodId"),
            "shipping-methods" => (&self.shipping_methods, "shippingMethodId"),
            "shipping-tracking-types" => (&self.tracking_types, ""),
            "vat-rates" => (&self.vat_rates, "countryCode"),
            "currencies" => (&self.currencies, "code"),
            _ => return None,
        })
    }

    /// The calls on the lists that are only read.
    pub(super) fn read(&self, path: &[&str]) -> Result<Reply, Refusal> {
        let answer = match path {
            ["shop"] => data(Value::Object(self.shop.clone())),
            [name] => {
                let (rows, _) = self.named(name).ok_or_else(Refusal::not_found)?;
                data(list(rows.iter().cloned()))
            }
            [name, member] => {
                let (rows, key) = self.named(name).ok_or_else(Refusal::not_found)?;
                found(rows, key, member)?
            }
            _ => return Err(Refusal::not_found()),
        };
        Ok(Reply::json(200, &answer))
    }
}

/// The records that a new shop has in its registers.
pub(super) fn registers(settings: &Settings) -> Registers {
    let base = settings.first_id;
    let mut registers = Registers::default();
    let named = |name: &str| data(json!([{ "langCode": "sv", "name": name }]));
    let mut put = |name: &'static str, key: &str, id: u64, record: Value| {
        let mut record = fields(record);
        record.insert(key.into(), json!(id));
        registers.put(name, id, record);
    };
    put(
        "product-units",
        "unitId",
        1,
        json!({
            "externalId": null, "externalIdType": null,
            "languages": data(json!([{ "langCode": "sv", "name": "Styck", "symbol": "st" }])),
        }),
    );
    put(
        "pricelists",
        "pricelistId",
        base.saturating_add(8),
        json!({
            "externalId": null, "externalIdType": null, "name": "Sverige", "isMaster": true, "isActive": true,
            "region": "all", "countryCodes": [], "currencyCode": "SEK", "parentPricelistId": null,
            "isCustomerPricelist": false, "isCountryPricelist": true,
        }),
    );
    put(
        "stock-locations",
        "stockLocationId",
        base.saturating_add(10),
        json!({
            "externalId": "", "externalIdType": null, "visibility": "never_show_in_store", "sortIndex": 0,
            "ecommerceStockLocation": true, "languages": named("Webblager"),
        }),
    );
    let (stocked, out) = (base.saturating_add(11), base.saturating_add(12));
    put(
        "product-stock-statuses",
        "stockStatusId",
        stocked,
        json!({
            "idCode": "inStock", "sortIndex": 0, "stockoutNewStatusId": out, "productBuyable": true, "inStock": true,
            "languages": named("I lager"),
        }),
    );
    put(
        "product-stock-statuses",
        "stockStatusId",
        out,
        json!({
            "idCode": null, "sortIndex": 1, "stockoutNewStatusId": null, "productBuyable": false, "inStock": false,
            "languages": named("Slut i lager"),
        }),
    );
    registers
}

fn method(id_name: &str, id: u64, title: &str, external: Option<&str>, collect: bool) -> Fields {
    let languages = json!([{ "langCode": "sv", "name": title, "title": title, "shortDescription": "" }]);
    let mut method = fields(json!({
        "active": true, "validForCountries": "all", "validCountriesSelected": [],
        "validForMinItemsSubtotal": null, "validForMaxItemsSubtotal": null, "validForMinWeight": null,
        "validForMaxWeight": null, "validForCustomerType": null, "isClickAndCollect": collect,
        "externalId": external, "languages": data(languages),
    }));
    method.insert(id_name.into(), json!(id));
    method
}

fn payment(id: u64, title: &str, external: &str, fee: u64) -> Fields {
    let mut method = method("paymentMethodId", id, title, Some(external), false);
    method.extend(fields(json!({ "idCode": "custom", "fee": fee, "validForShippingMethods": "all" })));
    method
}

fn shipping(id: u64, title: &str, external: Option<&str>, collect: bool) -> Fields {
    let mut method = method("shippingMethodId", id, title, external, collect);
    method.extend(fields(json!({ "freeShippingMinItemsSubtotal": null, "freeShippingMinWeight": null })));
    method
}

/// What shoppers see of a method.
pub(super) fn title(method: &Fields) -> String {
    let languages = rows(method.get("languages").cloned());
    languages.first().map(|language| text(language, "title").to_owned()).unwrap_or_default()
}

impl Starweb {
    /// The calls under `/order-statuses`.
    pub(super) fn statuses(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        match (request.method.as_str(), path) {
            ("GET", []) => Ok(Reply::json(200, &data(list(self.lists.statuses.values().cloned())))),
            ("POST", []) => {
                let body = check::body(request, STATUS, cx.switches)?;
                let id = self.ids.status();
                let start =
                    json!({ "statusId": id, "idCode": null, "shouldSendEmail": false, "languages": data(json!([])) });
                self.lists.statuses.insert(id, with_languages(fields(start), body));
                Ok(self.status_reply(201, id))
            }
            (method, [id]) => {
                let id = id.parse().ok().filter(|id| self.lists.statuses.contains_key(id));
                let id = id.ok_or_else(Refusal::not_found)?;
                match method {
                    "GET" => Ok(self.status_reply(200, id)),
                    "DELETE" => self.delete_status(id),
                    "PUT" | "PATCH" => self.write_status(cx, id, request),
                    _ => Err(Refusal::not_found()),
                }
            }
            _ => Err(Refusal::not_found()),
        }
    }

    fn status_reply(&self, status: u16, id: u64) -> Reply {
        let view = self.lists.statuses.get(&id).cloned();
        Reply::json(status, &data(view.map_or(Value::Null, Value::Object)))
    }

    fn refuse_standard(&self, id: u64) -> Result<(), Refusal> {
        let standard = self.lists.statuses.get(&id).is_some_and(|status| !text(status, "idCode").is_empty());
        if standard { Err(Refusal::forbidden("Standard order statuses cannot be changed")) } else { Ok(()) }
    }

    fn delete_status(&mut self, id: u64) -> Result<Reply, Refusal> {
        self.refuse_standard(id)?;
        if self.orders.values().any(|order| order.status() == Some(id)) {
            return Err(Refusal::forbidden("The order status is in use"));
        }
        self.lists.statuses.remove(&id);
        Ok(Reply::empty(204))
    }

    fn write_status(&mut self, cx: &Cx<'_>, id: u64, request: &Request) -> Result<Reply, Refusal> {
        self.refuse_standard(id)?;
        let body = check::body(request, STATUS, cx.switches)?;
        let mut status = self.lists.statuses.remove(&id).unwrap_or_default();
        if request.method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared") {
            status.extend(fields(json!({ "shouldSendEmail": false, "languages": data(json!([])) })));
        }
        self.lists.statuses.insert(id, with_languages(status, body));
        Ok(self.status_reply(200, id))
    }
}

/// Written bare, kept as it is read.
fn with_languages(mut status: Fields, mut body: Fields) -> Fields {
    if let Some(languages) = body.remove("languages") {
        status.insert("languages".into(), data(languages));
    }
    status.extend(body);
    status
}
