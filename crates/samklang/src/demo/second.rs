//! A second shop, made of the sample data of the first: it sells in Norwegian crowns, and shoppers who bought in them there
//! bought here too, under the same order numbers. It counts on from the same number, too.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::states::{rows, text};

/// Its currency.
const CURRENCY: &str = "NOK";
/// Before any order is taken over.
const OLD: &str = "2025-12-30T12:00:00+01:00";
/// The list of the first shop that its prices are taken from.
const LIST: u64 = 113;
/// The list of the ERP that they are kept in.
const ERP_LIST: &str = "5b0e7c1e-8f0f-4f0e-9a51-6a1c0d1f2c01";

/// Its collections, out of those of the first shop.
pub(super) fn shop(mut all: Map<String, Value>) -> Map<String, Value> {
    for shop in all.get_mut("shop").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
    {
        let own = json!({
            "name": "Eksempelbutikken", "idCode": "eksempelbutikken", "baseCurrency": CURRENCY, "shopCountryCode": "NO",
            "defaultCustomerCountryCode": "NO",
        });
        shop.extend(own.as_object().cloned().unwrap_or_default());
    }
    all.remove("products");
    all.insert("currencies".to_owned(), json!([{"code": CURRENCY, "exchangeRate": "1.0", "precision": 2}]));
    // the id is that of the list that an emulated shop has already
    all.insert(
        "pricelists".to_owned(),
        json!([{
            "pricelistId": 108, "name": "Norge", "countryCodes": ["NO"], "currencyCode": CURRENCY, "externalId": null,
            "externalIdType": null, "isActive": true, "isCountryPricelist": true, "isCustomerPricelist": false,
            "isMaster": true, "parentPricelistId": null, "region": "selected",
        }]),
    );
    let mut buyers = Vec::new();
    if let Some(Value::Array(orders)) = all.get_mut("orders") {
        let last = orders.iter().filter_map(|order| order.get("orderId")?.as_u64()).max();
        orders.retain(|order| text(order, "currencyCode") == CURRENCY);
        // one from before the start date, with the number that the first shop has come to
        let mut old = orders.first().cloned().unwrap_or_default();
        for (name, value) in [("orderId", json!(last)), ("createdAt", json!(OLD)), ("modifiedAt", json!(OLD))] {
            old.as_object_mut().and_then(|old| old.insert(name.to_owned(), value));
        }
        orders.push(old);
        for order in orders.iter_mut().filter_map(Value::as_object_mut) {
            order.insert("currencyExchangeRate".to_owned(), json!(1));
            buyers.extend(order.get("customerId").cloned());
        }
    }
    if let Some(Value::Array(customers)) = all.get_mut("customers") {
        customers.retain(|customer| customer.get("customerId").is_some_and(|id| buyers.contains(id)));
    }
    all
}

/// Of the ERP's articles those alone are meant for the web shop that the first shop has.
pub(super) fn for_sale(shop: &Map<String, Value>, erp: &mut Map<String, Value>) {
    let products = shop.get("products").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let sold: BTreeSet<&str> =
        products.iter().flat_map(|product| rows(product, "variants")).map(|variant| text(variant, "sku")).collect();
    let articles = erp.get_mut("articles").and_then(Value::as_array_mut).into_iter().flatten();
    for article in articles.filter_map(Value::as_object_mut) {
        let number = article.get("Number").and_then(Value::as_str).unwrap_or_default();
        if !sold.contains(number) {
            article.insert("SendToWebshop".to_owned(), json!(false));
        }
    }
}

/// Gives the ERP a price list in the second shop's currency, with what the first shop asks there.
pub(super) fn price_list(shop: &Map<String, Value>, erp: &mut Map<String, Value>) {
    let products = shop.get("products").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let variants = products.iter().flat_map(|product| rows(product, "variants"));
    let articles = erp.get("articles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let prices: Vec<Value> = variants
        .filter_map(|variant| {
            let asked = rows(variant, "prices").iter().find(|price| price.get("pricelistId") == Some(&LIST.into()))?;
            let article = articles.iter().find(|article| text(article, "Number") == text(variant, "sku"))?;
            Some(json!({
                "SalesPriceListId": ERP_LIST, "ArticleId": article.get("Id")?, "NetPrice": asked.get("priceExVat")?,
            }))
        })
        .collect();
    erp.insert(
        "salespricelists".to_owned(),
        json!([{"Id": ERP_LIST, "Name": "Norge", "Number": 2, "CurrencyCode": CURRENCY, "IsActive": true}]),
    );
    erp.insert("salespricelistprices".to_owned(), prices.into());
}

#[cfg(test)]
mod tests {
    use super::super::sample::{About, Sample};
    use super::*;

    #[test]
    fn it_has_the_orders_that_must_arrive_and_one_that_must_not() {
        let all = Sample::TwoShops.second().unwrap().unwrap();
        let number = |order: &Value| order["orderId"].as_u64().unwrap();
        let numbers: BTreeSet<u64> = rows(&all, "orders").iter().map(number).collect();
        let mut wanted: BTreeSet<u64> = About::read().unwrap().of_second().into_iter().collect();
        wanted.insert(1263);
        assert_eq!((numbers, rows(&all, "customers").len()), (wanted, 2));
        let first = Sample::TwoShops.starweb().unwrap();
        assert_eq!(rows(&first, "orders").iter().map(number).max(), Some(1263));
    }

    #[test]
    fn the_erp_has_a_price_in_its_currency_for_all_goods() {
        let erp = Sample::TwoShops.eekonomi().unwrap();
        assert_eq!(rows(&erp, "salespricelistprices").len(), 200);
        assert_eq!(text(&rows(&erp, "salespricelists")[0], "CurrencyCode"), CURRENCY);
    }
}
