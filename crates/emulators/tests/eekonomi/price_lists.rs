//! Price lists, discounts and what a customer pays.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, path};

async fn standard(erp: &Erp) -> String {
    erp.id("/salespricelists", "Name", "Standardprislista").await
}

async fn rows(erp: &Erp, list: &str) -> Vec<Value> {
    erp.list(&format!("/salespricelists/prices/{list}?$pagesize=1000")).await
}

#[tokio::test]
async fn lists_are_for_the_edition_pro_alone() {
    let erp = Erp::start().await;
    for (variant, status) in [(1, 403), (2, 403), (3, 403), (4, 403), (5, 200)] {
        erp.act("set_company", json!({ "settings": { "ProductVariant": variant } }));
        for target in ["/salespricelists", "/salespricelists/prices", "/discountagreements"] {
            let answer = erp.get(target).await;
            assert_eq!(answer.status, status, "{target} in {variant}");
            assert!(status == 200 || answer.body["ErrorCode"] == 4009);
        }
    }
}

#[tokio::test]
async fn a_list_is_made_changed_and_deleted_unless_a_customer_has_it() {
    let erp = Erp::start().await;
    let made = erp.post("/salespricelists", json!({ "Name": "Återförsäljare" })).await.of(201);
    assert_eq!((&made["Number"], &made["CurrencyCode"], &made["IsActive"]), (&json!(2), &json!("SEK"), &json!(true)));
    assert_eq!(made["IsStandard"], false);
    erp.advance(60);
    let body = json!({ "Name": "Åf", "CurrencyCode": "SEK", "Note": "2026", "IsActive": true, "Number": 9 });
    let changed = erp.put(&path("salespricelists", &made), body).await.of(200);
    assert_eq!((&changed["Number"], &changed["ChangedUtc"]), (&json!(2), &json!("2026-02-17T09:01:00Z")));
    erp.post("/salespricelists", json!({ "CurrencyCode": "XXX" })).await.refused(400, 2000);
    erp.post("/salespricelists", json!({ "Name": "x".repeat(71) })).await.refused(400, 2000);
    let customer = erp.customer(json!({ "SalesPriceListId": made["Id"] })).await;
    erp.delete(&path("salespricelists", &made)).await.refused(400, 4001);
    erp.delete(&path("customers", &customer)).await.of(200);
    erp.delete(&path("salespricelists", &made)).await.of(200);
    erp.get(&path("salespricelists", &made)).await.refused(404, 3000);
    erp.delete(&format!("/salespricelists/{}", standard(&erp).await)).await.refused(400, 4001);
    let foreign = erp.post("/salespricelists", json!({ "Name": "Euro", "CurrencyCode": "EUR" })).await.of(201);
    let mut body = customer.clone();
    body.as_object_mut().unwrap().remove("Id");
    body["SalesPriceListId"] = foreign["Id"].clone();
    erp.post("/customers", body).await.refused(400, 2000);
}

#[tokio::test]
async fn rows_are_written_in_bulk_and_show_the_price_with_vat() {
    let erp = Erp::start().await;
    let (a, b) = (erp.article("A").await, erp.article("B").await);
    let list = standard(&erp).await;
    let at = format!("/salespricelists/{list}/prices");
    let body = json!([{ "ArticleId": a["Id"], "NetPrice": decimal("79.20"), "GrossPrice": 1 }]);
    let page = erp.put(&at, body).await.of(200);
    assert_eq!(page["Meta"]["TotalNumberOfResults"], 1);
    let row = &page["Data"][0];
    assert_eq!(
        (&row["NetPrice"], &row["GrossPrice"], &row["CurrencyCode"]),
        (&decimal("79.2"), &json!(99), &json!("SEK"))
    );
    assert_eq!((&row["SalesPriceListId"], &row["ChangedUtc"]), (&json!(list), &json!("2026-02-17T09:00:00Z")));
    let one = format!("/salespricelists/prices/{list}/{}", a["Id"].as_str().unwrap());
    assert_eq!(erp.get(&one).await.of(200), *row);
    assert_eq!(erp.list("/salespricelists/prices").await.len(), 1);
    erp.get(&format!("/salespricelists/prices/{list}/{}", b["Id"].as_str().unwrap())).await.refused(404, 3000);
    for (bad, code) in [
        (json!({ "ArticleId": a["Id"] }), 2000),
        (json!([{ "NetPrice": 1 }]), 2000),
        (json!([{ "ArticleId": a["Id"], "NetPrice": -1 }]), 2000),
        (
            json!([{ "ArticleId": b["Id"], "NetPrice": 1 }, { "ArticleId": b["Id"], "NetPrice": decimal("1.005") }]),
            2000,
        ),
        (json!([{ "ArticleId": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "NetPrice": 1 }]), 3000),
    ] {
        erp.put(&at, bad).await.refused(400, code);
    }
    let row = json!({ "ArticleId": a["Id"], "NetPrice": 1 });
    erp.put(&at, Value::Array(vec![row.clone(); 1001])).await.refused(400, 2000);
    erp.put(&format!("{at}?updateRecurringInvoices=true"), Value::Array(vec![row; 1000])).await.of(200);
    assert_eq!(rows(&erp, &list).await.len(), 1, "one row for list and article");
    erp.advance(60);
    erp.put(&at, json!([{ "ArticleId": b["Id"], "NetPrice": 5 }])).await.of(200);
    let since = format!("/salespricelists/prices/{list}?$filter=ChangedUtc gt 2026-02-17T09:00:30Z");
    assert_eq!(erp.list(&since).await.len(), 1);
}

#[tokio::test]
async fn rows_sent_are_added_or_are_all_by_switch() {
    for (word, left) in [("upsert", 2), ("replace", 1)] {
        let erp = Erp::start().await;
        erp.switch("put_prices", word);
        let (a, b) = (erp.article("A").await, erp.article("B").await);
        let list = standard(&erp).await;
        for article in [a, b] {
            let body = json!([{ "ArticleId": article["Id"], "NetPrice": 5 }]);
            erp.put(&format!("/salespricelists/{list}/prices"), body).await.of(200);
        }
        assert_eq!(rows(&erp, &list).await.len(), left, "{word}");
    }
}

#[tokio::test]
async fn the_standard_list_may_follow_the_articles() {
    for (word, prices) in
        [("own_rows", vec![json!([80, false])]), ("follows_articles", vec![json!([80, false]), json!([100, true])])]
    {
        let erp = Erp::start().await;
        erp.switch("standard_price_list", word);
        let (a, b) = (erp.article("A").await, erp.article("B").await);
        let list = standard(&erp).await;
        erp.put(&format!("/salespricelists/{list}/prices"), json!([{ "ArticleId": a["Id"], "NetPrice": 80 }]))
            .await
            .of(200);
        let found = rows(&erp, &list).await;
        let found: Vec<_> = found.iter().map(|row| json!([row["NetPrice"], row["ChangedUtc"].is_null()])).collect();
        assert_eq!(found, prices, "{word}");
        let row = erp.get(&format!("/salespricelists/prices/{list}/{}", b["Id"].as_str().unwrap())).await;
        assert_eq!(row.status, if word == "own_rows" { 404 } else { 200 });
    }
}

#[tokio::test]
async fn a_customer_pays_the_price_of_the_list_less_the_agreed_discount() {
    let erp = Erp::start().await;
    let article = erp.article("A").await;
    let list = erp.post("/salespricelists", json!({ "Name": "Åf" })).await.of(201);
    let price = json!([{ "ArticleId": article["Id"], "NetPrice": 80 }]);
    erp.put(&format!("{}/prices", path("salespricelists", &list)), price).await.of(200);
    let agreement = json!({ "Id": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "Number": 1, "Name": "Tio procent", "IsActive": true, "percent": decimal("0.1") });
    erp.emulator.seed(json!({ "discountagreements": [agreement] })).unwrap();
    let agreements = erp.list("/discountagreements").await;
    assert!(agreements[0].get("percent").is_none());
    let customer =
        erp.customer(json!({ "SalesPriceListId": list["Id"], "DiscountAgreementId": agreements[0]["Id"] })).await;
    let at = format!("{}?customerId={}", path("articles", &article), customer["Id"].as_str().unwrap());
    let shown = erp.get(&at).await.of(200);
    assert_eq!(
        [&shown["NetPrice"], &shown["GrossPrice"], &shown["DiscountPercentage"], &shown["NetPriceWithDiscount"]],
        [&json!(80), &json!(100), &decimal("0.1"), &json!(72)]
    );
    let plain = erp.get(&path("articles", &article)).await.of(200);
    assert_eq!([&plain["NetPrice"], &plain["NetPriceWithDiscount"]], [&json!(100), &json!(100)]);
    let zero = json!([{ "IsTextRow": false, "ArticleId": article["Id"], "Quantity": 1, "UnitPrice": 0, "ReversedConstructionServicesVatFree": false }]);
    let draft = erp.draft_body(&customer, &article, json!({ "ReplaceUnitPriceWhenZero": true, "Rows": zero }));
    let draft = erp.post("/customerinvoicedrafts", draft).await.of(201);
    assert_eq!(draft["Rows"][0]["UnitPrice"], 80);
    erp.post(
        "/customers",
        json!({ "Name": "X", "IsPrivatePerson": false, "IsActive": true, "InvoiceCity": "Y",
        "InvoicePostalCode": "1", "TermsOfPaymentId": erp.terms("30 dagar").await,
        "DiscountAgreementId": "6f9619ff-8b86-d011-b42d-00c04fc964fe" }),
    )
    .await
    .refused(400, 3000);
}

#[tokio::test]
async fn a_price_is_edited_in_the_web_client() {
    let erp = Erp::start().await;
    let article = erp.article("A").await;
    erp.act("set_price", json!({ "number": "A", "gross": decimal("99") }));
    let shown = erp.get(&path("articles", &article)).await.of(200);
    assert_eq!([&shown["NetPrice"], &shown["GrossPrice"]], [&decimal("79.2"), &json!(99)]);
    erp.act("set_price", json!({ "number": "A", "net": 40 }));
    assert_eq!(erp.get(&path("articles", &article)).await.of(200)["GrossPrice"], 50);
    erp.act("set_list_price", json!({ "number": "A", "list": 1, "net": 30 }));
    assert_eq!(erp.list("/salespricelists/prices").await[0]["NetPrice"], 30);
    assert!(erp.try_act("set_list_price", json!({ "number": "A", "list": 7, "net": 30 })).is_err());
    assert!(erp.try_act("set_price", json!({ "number": "A" })).is_err());
}
