//! The shop's files, in the shapes of Shop API v2's answers.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::{
    articles::{Article, Unit},
    basket::FEE,
    cases::Fate,
    collections::Collections,
    json::{members, number},
    money::net_price,
    orders::{Order, Pays, Row, goes_to},
    people::{Address, Buyer, People},
    sums::{Discount, Priced},
};

/// Ids of statuses: ongoing, being picked, done, cancelled, and one of the shop's own for what is invoiced and paid.
const STATUSES: [(u64, Option<&str>, &str, bool); 5] = [
    (107, Some("created"), "Order skapad", true),
    (103, Some("picking"), "Plockas", false),
    (109, Some("completed"), "Slutförd", true),
    (104, Some("canceled"), "Makulerad", true),
    (115, None, "Betald", true),
];
/// Price lists: the shop's own one in SEK, and those for EUR and NOK.
const LISTS: [(u64, &str, &str, &[&str]); 3] = [
    (108, "Sverige", "SEK", &["SE"]),
    (112, "Euroländer och Danmark", "EUR", &["FI", "DK"]),
    (113, "Norge", "NOK", &["NO"]),
];
/// Ways of delivery; the shop's owner typed the ERP's codes.
const DELIVERIES: [(u64, &str, &str); 3] =
    [(101, "Paket till ombud", "PKT"), (106, "Hemleverans", "HEM"), (111, "Brev på lådan", "BREV")];
/// What one SEK is in EUR and NOK.
const RATES: [(&str, &str); 3] = [("SEK", "1.0"), ("EUR", "0.0889"), ("NOK", "1.0204")];
/// When the first product was entered; the others followed one by one.
const FIRST: &str = "2025-04-01T09:00:00+02:00";
const HOURS_BETWEEN: i64 = 7;
/// The id before that of the first product.
const BEFORE_FIRST: u64 = 3000;

/// Id, name and title to shoppers.
const fn way_to_pay(pays: Pays) -> (u64, &'static str, &'static str) {
    match pays {
        Pays::Klarna => (102, "Klarna", "Klarna – betala nu eller senare"),
        Pays::Invoice => (105, "Faktura", "Faktura 30 dagar"),
        Pays::Swish => (110, "Swish", "Swish"),
        Pays::OnDelivery => (114, "Postförskott", "Postförskott"),
    }
}

/// All of the shop's files.
pub(crate) fn collections(articles: &[Article], people: &People, orders: &[Order]) -> Collections {
    let stock = stock(articles, orders);
    let product = |article: &Article| product(article, stock.get(&article.sku).copied().unwrap_or_default());
    let weights: BTreeMap<&str, Decimal> =
        articles.iter().map(|article| (article.sku.as_str(), article.weight)).collect();
    BTreeMap::from([
        ("shop", vec![shop()]),
        ("currencies", currencies()),
        ("vat-rates", vat_rates()),
        ("product-units", units()),
        ("pricelists", LISTS.iter().map(price_list).collect()),
        ("payment-methods", [Pays::Klarna, Pays::Invoice, Pays::Swish, Pays::OnDelivery].map(payment).to_vec()),
        ("shipping-methods", DELIVERIES.map(shipping).to_vec()),
        ("order-statuses", STATUSES.map(status).to_vec()),
        ("products", articles.iter().map(product).collect()),
        ("customers", people.registered().into_iter().map(customer).collect()),
        ("orders", orders.iter().map(|one| order(one, &weights)).collect()),
    ])
}

fn shop() -> Value {
    json!({
        "name": "Exempelbutiken", "idCode": "exempelbutiken", "status": "open", "defaultLangCode": "sv",
        "activeLangCodes": ["sv", "en"], "baseCurrency": "SEK", "defaultCustomerCountryCode": "SE",
        "generalDefaultVatRate": 25, "shopCompanyName": "Exempelhandel i Norr AB", "shopAddress": "Fyrvägen 3",
        "shopPostalCode": "252 20", "shopCity": "Helsingborg", "shopOrgNo": "556677-8899", "shopPhoneNo": "",
        "shopVatNo": "SE556677889901", "shopCountryCode": "SE",
    })
}
fn currencies() -> Vec<Value> {
    RATES.map(|(code, rate)| json!({ "code": code, "exchangeRate": rate, "precision": 2 })).to_vec()
}
/// The shop sells within the EU with the VAT of Sweden, out of it without.
fn vat_rates() -> Vec<Value> {
    let of = |(country, rate): (&str, u32)| {
        json!({
            "countryCode": country, "defaultVatRate": rate, "fixedOrderPaymentVatRate": null,
            "fixedOrderShippingVatRate": null, "fixedOrderDiscountVatRate": null,
        })
    };
    [("se", 25), ("fi", 25), ("dk", 25), ("no", 0)].map(of).to_vec()
}
const fn unit_id(unit: Unit) -> u64 {
    match unit {
        Unit::Piece => 1,
        Unit::Pair => 2,
        Unit::Pack => 3,
    }
}
fn units() -> Vec<Value> {
    let named = [(Unit::Piece, "Styck"), (Unit::Pair, "Par"), (Unit::Pack, "Förpackning")];
    let one = |(unit, name): (Unit, &str)| {
        json!({
            "unitId": unit_id(unit), "externalId": null, "externalIdType": null,
            "languages": in_swedish(json!({ "name": name, "symbol": unit.symbol() })),
        })
    };
    named.map(one).to_vec()
}
fn price_list((id, name, currency, countries): &(u64, &str, &str, &[&str])) -> Value {
    json!({
        "pricelistId": id, "externalId": null, "externalIdType": null, "name": name, "isMaster": *currency == "SEK",
        "isActive": true, "region": "selected", "countryCodes": countries, "currencyCode": currency,
        "parentPricelistId": null, "isCustomerPricelist": false, "isCountryPricelist": true,
    })
}
fn payment(pays: Pays) -> Value {
    let (id, name, title) = way_to_pay(pays);
    let fee = if pays == Pays::Invoice { net_price(Decimal::from(FEE), 25) } else { Decimal::ZERO };
    let own =
        json!({ "paymentMethodId": id, "idCode": "custom", "fee": number(fee), "validForShippingMethods": "all" });
    let languages = in_swedish(json!({ "name": name, "title": title, "shortDescription": "" }));
    method(own, json!({ "externalId": null, "languages": languages }))
}
fn shipping((id, name, code): (u64, &str, &str)) -> Value {
    let own = json!({ "shippingMethodId": id, "freeShippingMinItemsSubtotal": null, "freeShippingMinWeight": null });
    let languages = in_swedish(json!({ "name": name, "title": name, "shortDescription": "" }));
    method(own, json!({ "externalId": code, "languages": languages }))
}
fn method(own: Value, named: Value) -> Value {
    let common = json!({
        "active": true, "validForCountries": "all", "validCountriesSelected": [], "validForMinItemsSubtotal": null,
        "validForMaxItemsSubtotal": null, "validForMinWeight": null, "validForMaxWeight": null,
        "validForCustomerType": null, "isClickAndCollect": false,
    });
    Value::Object([own, named, common].into_iter().flat_map(members).collect())
}
fn status((id, code, name, mails): (u64, Option<&str>, &str, bool)) -> Value {
    json!({
        "statusId": id, "idCode": code, "shouldSendEmail": mails,
        "languages": in_swedish(json!({ "name": name })),
    })
}
fn in_swedish(texts: Value) -> Value {
    let mut texts = members(texts);
    texts.insert("langCode".into(), json!("sv"));
    json!({ "data": [texts] })
}

/// What is left on the shelves: the shop has counted its own orders.
fn stock(articles: &[Article], orders: &[Order]) -> BTreeMap<String, Decimal> {
    let mut left: BTreeMap<String, Decimal> =
        articles.iter().map(|article| (article.sku.clone(), Decimal::from(article.stock))).collect();
    for row in orders.iter().filter(|order| order.case.fate != Fate::Before).flat_map(|order| &order.rows) {
        if let Some(stock) = left.get_mut(&row.sku) {
            *stock -= row.price.quantity;
        }
    }
    left
}
fn product(article: &Article, stock: Decimal) -> Value {
    let [kronor, euro, norwegian] = LISTS.map(|(id, ..)| id);
    let net = |gross: Decimal| number(net_price(gross, article.rate));
    let parts = article.parts.iter().zip(1_u64..).map(|(part, place)| {
        json!({
            "bundledProductId": part.product, "singleVariant": false, "variantSku": part.sku,
            "quantity": part.quantity, "sortIndex": place,
        })
    });
    let mut product = members(json!({
        "productId": article.product,
        "createdAt": entered(article.product),
        "defaultVatRate": article.says_rate.then(|| article.rate.to_string()),
        "visibility": if article.active { "visible" } else { "hidden" },
        "unitId": unit_id(article.unit),
        "type": if article.parts.is_empty() { "basic" } else { "bundle" },
        "languages": [{ "langCode": "sv", "name": article.name }],
        "variants": [{
            "variantId": article.variant,
            "sku": article.sku,
            "isActive": article.active,
            "stockQuantity": number(stock),
            "weightInKg": number(article.weight),
            "costPrice": article.cost.to_string(),
            "ean": article.ean,
            "attributeValueLinks": [],
            "prices": [
                { "pricelistId": kronor, "priceExVat": net(article.gross), "specialPriceExVat": article.campaign.map(net) },
                { "pricelistId": euro, "priceExVat": net(article.gross_eur) },
                { "pricelistId": norwegian, "priceExVat": number(article.net_nok) },
            ],
        }],
    }));
    if !article.parts.is_empty() {
        product.insert("priceMode".into(), json!("normal"));
        product.insert("bundledProducts".into(), parts.collect());
    }
    Value::Object(product)
}

/// When a product was entered.
fn entered(product: u64) -> String {
    let hours = i64::try_from(product.saturating_sub(BEFORE_FIRST)).unwrap_or_default().saturating_mul(HOURS_BETWEEN);
    let first = DateTime::parse_from_rfc3339(FIRST).unwrap_or_default();
    first.checked_add_signed(TimeDelta::hours(hours)).unwrap_or(first).to_rfc3339()
}

fn customer(buyer: &Buyer) -> Value {
    let registered = 2 + (buyer.number % 22);
    json!({
        "customerId": buyer.number,
        "createdAt": format!("2025-10-{registered:02}T12:{:02}:00+02:00", buyer.number % 60),
        "type": if buyer.is_company() { "company" } else { "person" },
        "email": buyer.email,
        "nationalIdNo": buyer.registration,
        "vatNo": buyer.vat_number,
        "langCode": buyer.language,
        "addresses": { "invoice": address(&buyer.invoice), "delivery": address(goes_to(buyer)) },
    })
}
/// Only what is filled in.
fn address(address: &Address) -> Value {
    let fields = [
        ("companyName", &address.company),
        ("firstName", &address.first),
        ("lastName", &address.last),
        ("careOf", &address.care_of),
        ("reference", &address.reference),
        ("address", &address.street),
        ("postalCode", &address.postal_code),
        ("city", &address.city),
        ("countryCode", &address.country),
        ("mobilePhoneNo", &address.mobile),
    ];
    let filled = fields.into_iter().filter(|(_, text)| !text.is_empty());
    Value::Object(filled.map(|(name, text)| (name.to_owned(), json!(text))).collect())
}

fn order(order: &Order, weights: &BTreeMap<&str, Decimal>) -> Value {
    let (payment, _, title) = way_to_pay(order.pays);
    let place = usize::try_from(order.shipping).unwrap_or_default();
    let (shipping, delivery, _) = DELIVERIES.get(place).copied().unwrap_or_default();
    let [created, picking, ..] = STATUSES.map(|(id, ..)| id);
    let weight: Decimal = order
        .rows
        .iter()
        .map(|row| row.price.quantity * weights.get(row.sku.as_str()).copied().unwrap_or_default())
        .sum();
    let rate = RATES.iter().find(|(code, _)| *code == order.currency).and_then(|(_, rate)| rate.parse().ok());
    let mut record = members(json!({
        "orderId": order.number,
        "createdAt": order.created.to_rfc3339(),
        "modifiedAt": order.modified.to_rfc3339(),
        "statusId": if order.is_picked { picking } else { created },
        "isComplete": true,
        "currencyCode": order.currency,
        "currencyExchangeRate": number(rate.unwrap_or(Decimal::ONE)),
        "langCode": order.buyer.language,
        "paymentMethodId": payment,
        "paymentMethodName": title,
        "paymentFee": number(order.fee.net),
        "paymentVatRate": order.fee.rate,
        "shippingMethodId": shipping,
        "shippingMethodName": delivery,
        "shippingCost": number(order.freight.net),
        "shippingVatRate": order.freight.rate,
        "totalAmount": number(order.sums.net),
        "totalVat": number(order.sums.vat),
        "amountToPay": number(order.sums.gross),
        "totalWeight": number(weight),
        "originalCustomerEmail": order.buyer.email,
        "addresses": order_addresses(order),
        "items": order.rows.iter().zip(0_u64..).map(|(row, place)| item(row, place)).collect::<Vec<_>>(),
    }));
    record.extend(paid(order));
    for (name, text) in [
        ("originalCustomerNationalIdNo", order.buyer.registration.as_str()),
        ("originalCustomerVatNo", order.buyer.vat_number.as_str()),
        ("discountCode", order.code),
    ] {
        if !text.is_empty() {
            record.insert(name.into(), json!(text));
        }
    }
    if order.buyer.number > 0 {
        record.insert("customerId".into(), json!(order.buyer.number));
    }
    Value::Object(record)
}
/// Klarna holds the money until the goods leave, Swish has it at once.
fn paid(order: &Order) -> Map<String, Value> {
    let reference = |mark: &str| format!("{mark}{:010}", order.number * 7_919_317);
    members(match order.pays {
        Pays::Klarna => json!({ "paymentStatus": "reserved", "paymentReference": reference("kl-") }),
        Pays::Swish => json!({ "amountPaid": number(order.sums.gross), "paymentReference": reference("sw-") }),
        Pays::Invoice | Pays::OnDelivery => json!({}),
    })
}
fn order_addresses(order: &Order) -> Value {
    let (invoice, delivery) = (address(&order.buyer.invoice), address(goes_to(&order.buyer)));
    let mut all = Map::new();
    let mut put = |invoice_name: &str, delivery_name: &str| {
        all.insert(invoice_name.to_owned(), invoice.clone());
        all.insert(delivery_name.to_owned(), delivery.clone());
    };
    put("originalInvoice", "originalDelivery");
    if order.buyer.number > 0 {
        put("customerInvoice", "customerDelivery");
    }
    if order.pays == Pays::Klarna {
        put("paymentMethodInvoice", "paymentMethodDelivery");
    }
    Value::Object(all)
}

fn item(row: &Row, place: u64) -> Value {
    let mut item = members(json!({
        "itemId": row.id, "sku": row.sku, "description": row.text, "unitSymbol": row.unit.symbol(), "sortIndex": place,
    }));
    item.extend(priced(&row.price));
    if !row.parts.is_empty() {
        let part = |((id, part), place): (&(u64, crate::articles::Part), u64)| {
            json!({
                "itemId": id, "sku": part.sku, "description": part.name, "quantity": part.quantity, "unitSymbol": "st",
                "unitPrice": 0, "vatRate": row.price.rate, "discount": 0, "discountType": "percent", "sortIndex": place,
            })
        };
        item.insert("bundledItems".into(), row.parts.iter().zip(0_u64..).map(part).collect());
    }
    Value::Object(item)
}
fn priced(price: &Priced) -> Map<String, Value> {
    let (kind, discount) = match price.discount {
        Discount::None => ("percent", Decimal::ZERO),
        Discount::Percent(percent) => ("percent", percent),
        Discount::Amount(amount) => ("amount", amount),
    };
    let mut told = members(json!({
        "quantity": number(price.quantity), "unitPrice": number(price.net), "vatRate": price.rate,
        "discount": number(discount), "discountType": kind,
    }));
    if let Some(gross) = price.gross {
        told.insert("unitPriceIncVat".into(), number(gross));
    }
    told
}
