//! The catalogue.

use serde_json::json;
use sync_core::{ErrorKind, connector::ListFrom};

use crate::support::{Crm, assert_shows, changed, decoded, fixture_json, noon, offline, offline_with, write};

#[tokio::test]
async fn an_item_and_its_price_as_the_columns_say() {
    let records = decoded(&offline().await, "items", &fixture_json("item")).unwrap();
    assert_eq!(records.len(), 2);
    assert_shows(
        &records[0].fields,
        &[
            ("number", "'LAMPE-1'"),
            ("name", "'Bordlampe'"),
            ("unit", "'stk'"),
            ("barcode", "(empty)"), // a dash is nothing
            ("description", "'Messing'"),
            ("category", "'Lamper'"),
            ("cost.amount", "(empty)"),
            ("cost.currency", "-"),
            ("x.webcrm.data_3", "'erp-77'"),
            ("x.webcrm.vat_code", "'1010'"),
        ],
    );
    let price = [("item", "→webcrm:crm/items#31"), ("sku", "'LAMPE-1'"), ("amount", "399.50"), ("list", "(empty)")];
    assert_shows(&records[1].fields, &price);
    assert_eq!(records[1].reference.at.stream.as_str(), "item_prices");
}

#[tokio::test]
async fn prices_have_the_currency_of_the_catalogue_where_somebody_says_which() {
    let router = offline_with(|mut config| {
        config.catalogue_currency = Some("DKK".to_owned());
        config
    })
    .await;
    let more = json!({ "QuotationLineLinkedDataItemCostPrice": 120.25 });
    let records = decoded(&router, "items", &changed("item", more)).unwrap();
    assert_shows(&records[0].fields, &[("cost.amount", "120.25"), ("cost.currency", "'DKK'")]);
    assert_shows(&records[1].fields, &[("currency", "'DKK'")]);
}

#[tokio::test]
async fn the_catalogue_comes_at_once_and_tells_no_changes() {
    let mut crm = Crm::open().await;
    let all = json!([fixture_json("item"), changed("item", json!({ "QuotationLineLinkedDataItemId": 32 }))]);
    crm.answers("GET", "/QuotationLines/LinkedData", 200, all.to_string()).await;
    crm.answers("GET", "/QuotationLines/LinkedData/31", 200, fixture_json("item").to_string()).await;
    assert_eq!(crm.list("items", ListFrom::Beginning).await, ["31", "32"]);
    assert_eq!(crm.get("items", "31").await.unwrap().unwrap().reference.id.as_ref(), "31");
    crm.lines();
    for from in [ListFrom::ModifiedSince(noon()), ListFrom::CreatedSince(noon())] {
        assert_eq!(crm.page("items", from).await.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let refused = crm.write(&[write("items", Some("31"), Default::default())]).await.remove(0).unwrap_err();
    assert_eq!((refused.kind(), crm.lines().len()), (ErrorKind::Unsupported, 0));
}
