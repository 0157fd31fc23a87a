//! Stock, what moves it, and records that are too new for lists.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, path};

/// An article that is kept in stock, with a balance of ten.
async fn stocked(erp: &Erp) -> Value {
    erp.act("set_company", json!({ "stock_module": true }));
    let mut body = erp.article_body("A", "Varor 25 %", "100", "125").await;
    body["IsStock"] = json!(true);
    let article = erp.post("/articles", body).await.of(201);
    erp.act("receive_stock", json!({ "number": "A", "quantity": 10, "purchase_price": decimal("40.5") }));
    article
}

async fn shown(erp: &Erp, article: &Value) -> Value {
    erp.get(&path("articles", article)).await.of(200)
}

#[tokio::test]
async fn goods_come_and_go() {
    let erp = Erp::start().await;
    let article = stocked(&erp).await;
    let after = shown(&erp, &article).await;
    assert_eq!([&after["StockBalance"], &after["StockValue"]], [&json!(10), &json!(405)]);
    erp.act("sell_from_stock", json!({ "number": "A", "quantity": decimal("2.5") }));
    assert_eq!(shown(&erp, &article).await["StockBalance"], decimal("7.5"));
    assert!(erp.try_act("sell_from_stock", json!({ "number": "A" })).is_err());
    erp.act("create_article", json!({ "Number": "B", "NetPrice": 80 }));
    let found = erp.list("/articles?$filter=Number eq 'B'").await;
    assert_eq!([&found[0]["GrossPrice"], &found[0]["Name"]], [&json!(100), &json!("B")]);
}

#[tokio::test]
async fn a_movement_moves_the_articles_stamp_by_switch() {
    for (word, stamp) in [("no", "2026-02-17T09:00:00Z"), ("yes", "2026-02-17T09:01:00Z")] {
        let erp = Erp::start().await;
        let article = stocked(&erp).await;
        erp.switch("stock_moves_changed", word);
        erp.advance(60);
        erp.act("sell_from_stock", json!({ "number": "A", "quantity": 1 }));
        assert_eq!(shown(&erp, &article).await["ChangedUtc"], stamp, "{word}");
    }
    let erp = Erp::start().await;
    let article = erp.article("A").await;
    erp.advance(60);
    erp.act("sell_from_stock", json!({ "number": "A", "quantity": 1 }));
    let after = shown(&erp, &article).await;
    let stamp = json!("2026-02-17T09:01:00Z");
    assert_eq!([&after["ChangedUtc"], &after["StockBalanceManuallyChangedUtc"]], [&stamp, &stamp], "written by hand");
}

#[tokio::test]
async fn a_balance_keeps_an_article_what_it_is() {
    let erp = Erp::start().await;
    let article = stocked(&erp).await;
    let mut body = erp.article_body("A", "Varor 25 %", "100", "125").await;
    erp.put(&path("articles", &article), body.clone()).await.refused(400, 5003);
    body["IsStock"] = json!(true);
    body["CodingId"] = json!(erp.id("/articleaccountcodings", "Name", "Tjänster 25 %").await);
    erp.put(&path("articles", &article), body.clone()).await.refused(400, 5004);
    erp.act("sell_from_stock", json!({ "number": "A", "quantity": 10 }));
    assert_eq!(erp.put(&path("articles", &article), body).await.of(200)["IsStock"], false, "a service is kept nowhere");
}

#[tokio::test]
async fn details_of_an_article_are_checked() {
    let erp = Erp::start().await;
    for (change, code) in [
        (json!({ "Barcodes": [{ "Barcode": "1", "BarcodeType": 1 }] }), 2000),
        (json!({ "Barcodes": [{ "Barcode": "1", "BarcodeType": 0 }, { "Barcode": "2", "BarcodeType": 0 }] }), 2000),
        (json!({ "CurrencyCode": "XXX" }), 2000),
        (json!({ "SupplierId": "6f9619ff-8b86-d011-b42d-00c04fc964ff" }), 3000),
        (json!({ "SupplierArticleNumber": "x".repeat(17) }), 2000),
        (json!({ "Number": "x".repeat(41) }), 2000),
        (json!({ "Name": "x".repeat(51) }), 2000),
        (json!({ "ArticleLabels": [{ "Id": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "Name": "x" }] }), 3000),
    ] {
        let mut body = erp.article_body("A", "Varor 25 %", "100", "125").await;
        crate::client::merge(&mut body, change);
        erp.post("/articles", body).await.refused(400, code);
    }
}

#[tokio::test]
async fn stock_fields_without_the_module_by_switch() {
    let erp = Erp::start().await;
    let mut body = erp.article_body("A", "Varor 25 %", "100", "125").await;
    body["IsStock"] = json!(true);
    body["OrderingPoint"] = json!(3);
    erp.switch("stock_fields_without_module", "refused");
    erp.post("/articles", body.clone()).await.refused(400, 2000);
    erp.switch("stock_fields_without_module", "ignored");
    let made = erp.post("/articles", body).await.of(201);
    assert_eq!([&made["IsStock"], &made["OrderingPoint"]], [&json!(false), &Value::Null]);
}

#[tokio::test]
async fn a_balance_with_the_module_by_switch() {
    for (word, balance) in [("read_only", 10), ("adjusts", 4)] {
        let erp = Erp::start().await;
        let article = stocked(&erp).await;
        erp.switch("stock_balance_with_module", word);
        let mut body = erp.article_body("A", "Varor 25 %", "100", "125").await;
        body["IsStock"] = json!(true);
        body["StockBalance"] = json!(4);
        assert_eq!(erp.put(&path("articles", &article), body).await.of(200)["StockBalance"], balance, "{word}");
    }
}

#[tokio::test]
async fn what_is_new_is_left_out_of_lists_for_a_while() {
    for (lag, at_once) in [(0, [1, 1, 1, 1, 1]), (30, [0, 0, 0, 0, 0])] {
        let erp = Erp::start().await;
        erp.switch("listing_lag_s", lag);
        let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
        let order = erp.order(&customer, &article, json!({})).await;
        let invoice = erp.invoice(&customer, &article, json!({})).await;
        for (list, record) in
            [("customers", &customer), ("articles", &article), ("orders", &order), ("customerinvoices", &invoice)]
        {
            erp.get(&path(list, record)).await.of(200);
        }
        let counts = async || {
            let mut counts = Vec::new();
            for list in ["/customers", "/articles", "/articles?$filter=Number eq 'A'", "/orders", "/customerinvoices"] {
                counts.push(erp.list(list).await.len());
            }
            counts
        };
        assert_eq!(counts().await, at_once, "{lag}");
        erp.post("/articles", erp.article_body("A", "Varor 25 %", "1", "1.25").await).await.refused(409, 4000);
        erp.emulator
            .seed(json!({ "articles": [{ "Number": "B", "Name": "B", "CodingId": article["CodingId"],
            "UnitId": article["UnitId"], "NetPrice": 1 }] }))
            .unwrap();
        assert_eq!(erp.list("/articles?$filter=Number eq 'B'").await.len(), 1, "what is seeded was there before");
        erp.advance(30);
        assert_eq!(counts().await, [1, 2, 1, 1, 1]);
    }
}
