//! The catalogue.

use serde_json::json;
use sync_core::{
    ErrorKind, FieldMap, Value,
    connector::{Action, ListFrom, Part, Write},
    model::{Item, Price},
};

use crate::support::{Crm, assert_shows, changed, decoded, fixture_json, noon, offline, offline_with, query, write};

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
}

fn both(id: Option<&str>, item: FieldMap, price: FieldMap) -> Write {
    let mut one = write("items", id, item);
    let part = Part { stream: "item_prices".into(), changed: price.paths().collect(), wanted: price };
    match &mut one.action {
        Action::Create { parts } | Action::Update { parts, .. } => parts.push(part),
        _ => unreachable!(),
    }
    one
}

#[tokio::test]
async fn a_new_item_leaves_no_column_empty_and_takes_its_price_along() {
    let mut crm = Crm::open().await;
    crm.answers("POST", "/QuotationLines/LinkedData", 200, "31").await;
    crm.answers("GET", "/QuotationLines/LinkedData/31", 200, fixture_json("item").to_string()).await;
    let number = |text: &str| Value::Decimal(text.parse().unwrap());
    let item = FieldMap::new()
        .with(Item::NUMBER, "LAMPE-2")
        .with(Item::NAME, "Gulvlampe")
        .with(Item::UNIT, "")
        .with(Item::COST.join("amount"), number("120.50"))
        .with("x.webcrm.data_3", "erp-78");
    let price = FieldMap::new().with(Price::AMOUNT, number("399"));
    let made = crm.write(&[both(None, item, price)]).await.remove(0).unwrap();
    assert_eq!(&*made.reference.id, "31");
    let sent = crm.met().remove(0).json();
    let key = |name: &str| format!("QuotationLineLinkedDataItem{name}");
    let columns: Vec<&str> = (1..=9).map(|nth| sent[key(&format!("Data{nth}"))].as_str().unwrap()).collect();
    assert_eq!(columns, ["LAMPE-2", "Gulvlampe", "erp-78", "-", "-", "-", "-", "-", "-"]);
    assert_eq!(
        (&sent[key("Id")], &sent[key("EntityType")], &sent[key("DataMemo")]),
        (&json!(0), &json!("Product"), &json!(""))
    );
    assert_eq!((sent[key("Price")].to_string(), sent[key("CostPrice")].to_string()), ("399".into(), "120.5".into()));
}

#[tokio::test]
async fn a_changed_item_sends_what_changed_in_one_call_and_nothing_removes_one() {
    let mut crm = Crm::open().await;
    crm.answers("PUT", "/QuotationLines/LinkedData/31", 200, "").await;
    crm.answers("GET", "/QuotationLines/LinkedData/31", 200, fixture_json("item").to_string()).await;
    let item = FieldMap::new().with(Item::NAME, "Bordlampe 2").with(Item::BARCODE, "").with(Item::DESCRIPTION, "");
    let price = FieldMap::new().with(Price::AMOUNT, Value::Decimal("410".parse().unwrap()));
    crm.write(&[both(Some("31"), item, price)]).await.remove(0).unwrap();
    let met = crm.met();
    let key = |name: &str| format!("QuotationLineLinkedDataItem{name}");
    let expected = json!({ key("Id"): 31, key("Data2"): "Bordlampe 2", key("Data5"): "-", key("DataMemo"): "", key("Price"): 410 });
    assert_eq!((met[0].json(), met.iter().filter(|met| met.line.starts_with("PUT")).count()), (expected, 1));
    assert!(met.iter().all(|met| !met.line.starts_with("DELETE")));
}

#[tokio::test]
async fn an_item_is_looked_for_by_its_number_and_by_nothing_near_it() {
    let mut crm = Crm::open().await;
    let found = json!([{ "LinkedDataItemId": 31, "LinkedDataItemData1": "lampe-1" }, { "LinkedDataItemId": 32 }]);
    let asked = query("FROM LinkedData ", "LinkedDataItemEntityType = 7 AND LinkedDataItemData1 = ", "");
    crm.lists(&asked, &found.to_string()).await;
    crm.answers("GET", "/QuotationLines/LinkedData/31", 200, fixture_json("item").to_string()).await;
    let other =
        changed("item", json!({ "QuotationLineLinkedDataItemId": 32, "QuotationLineLinkedDataItemData1": "lampe-1" }));
    crm.answers("GET", "/QuotationLines/LinkedData/32", 200, other.to_string()).await;
    let by = FieldMap::new().with(Item::NUMBER, "LAMPE-1");
    let found = crm.find("items", by).await.unwrap();
    assert_eq!(found.iter().map(|item| &*item.reference.id).collect::<Vec<_>>(), ["31"]);
}
