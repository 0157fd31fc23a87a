//! Articles, over HTTP.

use crate::support::{Stage, create, of, part, write};
use serde_json::json;
use sync_core::{
    Canonical, ErrorKind, Field, FieldMap,
    capability::RemoveMode,
    connector::{Action, Connector},
    model::{Item, Price, StockLevel},
};

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
    assert_eq!((item.is_service, item.is_stocked, item.is_active), (false.into(), false.into(), true.into()));
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

fn kettle(stage: &Stage) -> Item {
    Item::new().number("V-1").name("Vattenkokare").unit(stage.erp.code("units", "Styck").as_str()).vat_rate(12)
}

#[tokio::test]
async fn an_article_with_its_price_goes_out_in_one_call_and_comes_back() {
    let stage = Stage::set().await;
    let price = Price::new().amount(299).currency("SEK").includes_vat(false);
    let parts = vec![part("articles", kettle(&stage).to_fields()), part("article_price", price.to_fields())];
    let written = stage.erp.write(&stage.connection, create("articles", parts)).await.unwrap();
    assert_eq!(stage.erp.calls(), ["POST /v2/articles"]);
    let shown = stage.connection.router.decode(&written.item.unwrap()).unwrap();
    let item = Item::from_fields(&of(&shown, "articles")[0].fields).unwrap();
    assert_eq!((item.number, item.vat_rate), ("V-1".into(), Field::Set(12.into())));
    assert_eq!(item.posting_group, stage.erp.code("articleaccountcodings", "Varor 12 %").as_str().into());
    let price = Price::from_fields(&of(&shown, "article_price")[0].fields).unwrap();
    assert_eq!(price.amount, 299.into());
    let stored = stage.erp.stored("articles").into_iter().find(|article| article["Number"] == "V-1").unwrap();
    assert_eq!(stored["GrossPrice"].to_string(), "334.88");
}

#[tokio::test]
async fn a_change_of_item_and_price_is_one_replace_that_keeps_the_rest() {
    let stage = Stage::set().await;
    let (erp, id) = (&stage.erp, stage.article.id.clone());
    erp.act(
        "edit_article",
        json!({ "number": "A-1", "set": { "NameEnglish": "Screw", "StockLocationReference": "A12" } }),
    );
    let parts = || {
        let price = Price::new().amount(120).includes_vat(false);
        vec![part("articles", Item::new().name("Skruv").to_fields()), part("article_price", price.to_fields())]
    };
    erp.emulator.clear_requests();
    erp.update(&stage.connection, "articles", &id, parts()).await.unwrap();
    assert_eq!(erp.calls().iter().filter(|call| call.starts_with("PUT")).count(), 1);
    let stored = erp.stored("articles").into_iter().find(|article| article["Number"] == "A-1").unwrap();
    for (name, value) in [("Name", "Skruv"), ("NameEnglish", "Screw"), ("StockLocationReference", "A12")] {
        assert_eq!(stored[name], value, "{name}");
    }
    assert_eq!((stored["NetPrice"].to_string(), stored["GrossPrice"].to_string()), ("120".into(), "150".into()));
    assert_eq!(stored["StockBalance"].to_string(), "50", "it is not emptied by a change of something else");
    // the same again is a look and no write
    erp.emulator.clear_requests();
    erp.update(&stage.connection, "articles", &id, parts()).await.unwrap();
    assert_eq!(erp.calls(), [format!("GET /v2/articles/{id}")]);
}

#[tokio::test]
async fn a_taken_number_is_a_refusal_of_the_record_and_a_removal_sets_aside() {
    let stage = Stage::set().await;
    let again = part("articles", kettle(&stage).number("A-1").to_fields());
    let error = stage.erp.write(&stage.connection, create("articles", vec![again])).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::AlreadyExists, Some("4000")));
    let id = stage.food.id.clone();
    let remove = write("articles", Action::Remove { id: id.clone(), mode: RemoveMode::Archive });
    stage.erp.write(&stage.connection, remove).await.unwrap();
    let stored = stage.erp.stored("articles").into_iter().find(|article| article["Number"] == "F-1").unwrap();
    assert_eq!((&stored["IsActive"], stored["NetPrice"].to_string()), (&json!(false), "100".to_owned()));
}

#[tokio::test]
async fn stock_is_shown_beside_the_article() {
    let stage = Stage::set().await;
    let records = stage.erp.records(&stage.connection, "articles").await;
    let levels = of(&records, "article_stock");
    let goods: Vec<_> = levels.iter().filter(|record| record.reference.id == stage.article.id).collect();
    let level = StockLevel::from_fields(&goods[0].fields).unwrap();
    assert_eq!((level.on_hand, level.sku), (50.into(), "A-1".into()));
    assert!(levels.iter().all(|record| record.fields.text(StockLevel::SKU) != Some("FRAKT")), "a service has none");
}
