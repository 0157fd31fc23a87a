//! Articles, over HTTP.

use crate::support::{Stage, of};
use serde_json::json;
use sync_core::{Canonical, Field, FieldMap, connector::Connector, model::Item};

#[tokio::test]
async fn an_article_shows_its_codes_and_what_its_coding_says() {
    let Stage { erp, connection, .. } = Stage::set().await;
    erp.act(
        "edit_article",
        json!({ "number": "F-1", "set": {
        "Barcodes": [{ "Barcode": "7310865004703", "BarcodeType": 0 }], "PurchasePrice": 40.50, "Note": "Kyl" } }),
    );
    let records = erp.records(&connection, "articles").await;
    let items = of(&records, "articles");
    assert_eq!(items.len(), 3, "two pages");
    let record = items.iter().find(|record| record.fields.text(Item::NUMBER) == Some("F-1")).unwrap();
    let item = Item::from_fields(&record.fields).unwrap();
    assert_eq!(item.name, "Artikel F-1".into());
    assert_eq!(item.barcode, "7310865004703".into());
    assert_eq!(item.unit, erp.code("units", "Styck").as_str().into());
    assert_eq!(item.posting_group, erp.code("articleaccountcodings", "Varor 12 %").as_str().into());
    assert_eq!((item.vat_rate, item.sales_account), (Field::Set(12.into()), "3002".into()));
    assert_eq!((item.cost.amount.value().unwrap().to_string(), item.cost.currency), ("40.5".into(), "SEK".into()));
    assert_eq!((item.is_service, item.is_stocked, item.is_active), (false.into(), true.into(), true.into()));
    assert_eq!(record.version.modified_at, Some(erp.emulator.now()));
    let plain = items.iter().find(|record| record.fields.text(Item::NUMBER) == Some("A-1")).unwrap();
    assert_eq!(Item::from_fields(&plain.fields).unwrap().barcode, Field::Empty);
}

#[tokio::test]
async fn one_is_found_by_its_number_to_the_letter() {
    let Stage { erp, connection, .. } = Stage::set().await;
    for (number, found) in [("A-1", 1), ("a-1", 0), ("A-", 0), ("'", 0)] {
        let by = FieldMap::new().with(Item::NUMBER, number);
        assert_eq!(connection.router.find(&erp.cx, &"articles".into(), &by).await.unwrap().len(), found, "{number}");
    }
}
