//! Articles and their stock.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, order_row, path};

#[tokio::test]
async fn an_article_shows_what_its_coding_and_unit_say() {
    let erp = Erp::start().await;
    let article = erp.article("A-1").await;
    for (field, value) in [
        ("CodingName", json!("Varor 25 %")),
        ("UnitAbbreviation", json!("st")),
        ("IsServiceArticle", json!(false)),
        ("SendToWebshop", json!(true)),
        ("NetPrice", json!(100)),
        ("CreatedUtc", json!("2026-02-17T09:00:00Z")),
    ] {
        assert_eq!(article[field], value, "{field}");
    }
    erp.post("/articles", erp.article_body("T", "Tjänster 25 %", "100", "125").await).await.of(201);
    assert_eq!(erp.list("/articles?$filter=CodingType eq 2").await[0]["Number"], "T");
    assert!(article.get("CodingType").is_none());
}

#[tokio::test]
async fn net_and_gross_must_agree() {
    let erp = Erp::start().await;
    for (number, coding, net, gross, status) in [
        ("A", "Varor 25 %", "100", "120", 400),
        ("B", "Varor 12 %", "17.77", "19.90", 201),
        ("C", "Varor 12 %", "17.77", "19.91", 400),
        ("D", "Varor 6 %", "100", "106", 201),
        ("E", "Varor momsfria", "50", "50", 201),
        ("F", "Varor 25 %", "10.001", "12.5", 400),
        ("G", "Varor 25 %", "-1", "-1.25", 400),
    ] {
        let body = erp.article_body(number, coding, net, gross).await;
        assert_eq!(erp.post("/articles", body).await.status, status, "{number}");
    }
    let mut one = erp.article_body("H", "Varor 12 %", "1", "19.90").await;
    one.as_object_mut().unwrap().remove("NetPrice");
    erp.post("/articles", one.clone()).await.refused(400, 2000);
    erp.switch("single_price", "computed");
    assert_eq!(erp.post("/articles", one).await.of(201)["NetPrice"], decimal("17.77"));
}

#[tokio::test]
async fn numbers_are_unique_and_references_exist() {
    let erp = Erp::start().await;
    erp.article("A").await;
    erp.post("/articles", erp.article_body("A", "Varor 25 %", "1", "1.25").await).await.refused(409, 4000);
    let mut body = erp.article_body("B", "Varor 25 %", "1", "1.25").await;
    body["UnitId"] = json!("6f9619ff-8b86-d011-b42d-00c04fc964ff");
    erp.post("/articles", body).await.refused(400, 3000);
}

#[tokio::test]
async fn put_stamps_what_was_changed_by_hand() {
    let erp = Erp::start().await;
    let article = erp.article("A").await;
    erp.advance(60);
    let mut body = erp.article_body("A", "Varor 25 %", "100", "125").await;
    body["StockBalance"] = json!(7);
    let changed = erp.put(&path("articles", &article), body.clone()).await.of(200);
    assert_eq!((&changed["StockBalance"], &changed["StockBalanceAvailable"]), (&json!(7), &json!(7)));
    assert_eq!(changed["StockBalanceManuallyChangedUtc"], "2026-02-17T09:01:00Z");
    assert_eq!(changed["PurchasePriceManuallyChangedUtc"], Value::Null);
    erp.act("set_company", json!({ "stock_module": true }));
    body["StockBalance"] = json!(99);
    assert_eq!(
        erp.put(&path("articles", &article), body).await.of(200)["StockBalance"],
        7,
        "read-only with the module"
    );
}

#[tokio::test]
async fn open_orders_reserve_and_invoices_take() {
    let erp = Erp::start().await;
    erp.act("set_company", json!({ "stock_module": true }));
    let coding = erp.id("/articleaccountcodings", "Name", "Varor 25 %").await;
    let unit = erp.id("/units", "Abbreviation", "st").await;
    let seeded = json!([{ "Number": "A", "Name": "A", "CodingId": coding, "UnitId": unit, "NetPrice": 100, "IsStock": true, "StockBalance": 10 }]);
    erp.emulator.seed(json!({ "articles": seeded })).unwrap();
    let article = erp.list("/articles").await.remove(0);
    assert_eq!(article["GrossPrice"], 125, "a seed may give one price");
    let customer = erp.customer(json!({})).await;
    let stock = async || {
        let shown = erp.get(&path("articles", &article)).await.of(200);
        [shown["StockBalance"].clone(), shown["StockBalanceReserved"].clone(), shown["StockBalanceAvailable"].clone()]
    };
    let order = erp.order(&customer, &article, json!({ "Rows": [order_row(1, &article, "3", "100")] })).await;
    assert_eq!(stock().await, [10, 3, 7]);
    erp.act("deliver_order", json!({ "id": order["Id"] }));
    assert_eq!(stock().await, [10, 3, 7]);
    erp.act_on(&format!("{}/convert", path("orders", &order))).await.of(200);
    assert_eq!(stock().await, [7, 0, 7]);
    let invoice = erp.list("/customerinvoices").await.remove(0);
    erp.act_on(&format!("{}/void?updateStock=true", path("customerinvoices", &invoice))).await.of(200);
    assert_eq!(stock().await, [10, 0, 10]);
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    erp.act_on(&format!("{}/void", path("customerinvoices", &invoice))).await.of(200);
    assert_eq!(stock().await, [8, 0, 8], "not told to, the void leaves the stock alone");
    erp.switch("filterable", "all");
    assert_eq!(erp.list("/articles?$filter=StockBalanceAvailable lt 9").await.len(), 1);
}

#[tokio::test]
async fn a_sale_moves_the_articles_stamp_by_switch() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    erp.advance(60);
    erp.order(&customer, &article, json!({})).await;
    let stamp = async || erp.get(&path("articles", &article)).await.of(200)["ChangedUtc"].clone();
    assert_eq!(stamp().await, article["ChangedUtc"]);
    erp.switch("stock_moves_changed", "yes");
    erp.order(&customer, &article, json!({})).await;
    assert_eq!(stamp().await, "2026-02-17T09:01:00Z");
}
