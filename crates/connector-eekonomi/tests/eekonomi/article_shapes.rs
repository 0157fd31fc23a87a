//! What an article says, its price and its stock, and what is sent for it, letter by letter.

use connector_eekonomi::{PriceBasis, StockUse};
use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind, Field, FieldMap, Value,
    capability::{RemoveMode, UpdateMode},
    connector::{Action, Connector, ListFrom, ListQuery, Writable},
    model::{Item, Money, Price, StockLevel},
};

use crate::{
    support::dec,
    vendor::{Vendor, create, page, part, reference, update, write},
};

const ID: &str = "a0000000-0000-4000-8000-000000000001";
const AT: &str = "/v2/articles/a0000000-0000-4000-8000-000000000001";
const UNIT: &str = "50000000-0000-4000-8000-000000000001";
const GOODS_25: &str = "60000000-0000-4000-8000-000000000025";
const GOODS_12: &str = "60000000-0000-4000-8000-000000000012";
const TEA: &str = "90000000-0000-4000-8000-000000000002";

fn article() -> Json {
    serde_json::from_str(include_str!("../fixtures/article.json")).unwrap()
}
fn with(set: Json) -> Json {
    let mut article = article();
    for (name, value) in set.as_object().unwrap() {
        article[name.as_str()] = value.clone();
    }
    article
}
/// The article as it goes back, but for what `set` changes.
fn sent(set: Json) -> Json {
    let mut body = with(json!({ "NetPrice": 79.99 }));
    for name in [
        "Id",
        "CodingName",
        "UnitName",
        "UnitAbbreviation",
        "NetPriceWithDiscount",
        "DiscountPercentage",
        "StockBalanceManuallyChangedUtc",
        "StockBalanceReserved",
        "StockBalanceAvailable",
        "StockValue",
        "CreatedUtc",
        "ChangedUtc",
        "PurchasePriceManuallyChangedUtc",
        "FreightCostsManuallyChangedUtc",
        "ShowStockInformation",
        "IsServiceArticle",
        "MessageThreads",
        "Notes",
    ] {
        body.as_object_mut().unwrap().remove(name);
    }
    for (name, value) in set.as_object().unwrap() {
        body[name.as_str()] = value.clone();
    }
    body
}
fn coffee() -> Item {
    Item::new().number("K-100").name("Mellanrost 500 g").unit(UNIT).vat_rate(12)
}
fn price(amount: &str) -> Price {
    Price::new().item(reference("articles", ID)).amount(dec(amount)).currency("SEK").includes_vat(false)
}

#[tokio::test]
async fn one_record_shows_an_item_its_price_and_its_stock() {
    let vendor = Vendor::with(|config| _ = config.more_streams.insert("suppliers".to_owned()), |_| {}).await;
    let records = vendor.decoded("articles", ID, &article());
    let names: Vec<&str> = records.iter().map(|record| record.reference.at.stream.as_str()).collect();
    assert_eq!(names, ["articles", "article_price", "article_stock"]);
    assert!(records.iter().all(|record| &*record.reference.id == ID), "a facet has its host's id");
    let item = Item::from_fields(&records[0].fields).unwrap();
    assert_eq!((item.vat_rate, item.category), (Field::Set(12.into()), "90000000-0000-4000-8000-000000000001".into()));
    assert_eq!(
        item.supplier.value().unwrap().external(),
        Some(&reference("suppliers", "d0000000-0000-4000-8000-000000000001"))
    );
    assert_eq!(records[0].created_at.unwrap().to_rfc3339(), "2025-11-01T08:00:00+00:00");
    assert_eq!((&records[0].writable, &records[2].writable), (&Writable::All, &Writable::All));
    let price = Price::from_fields(&records[1].fields).unwrap();
    assert_eq!((price.list, price.amount), (Field::Empty, dec("79.99").into()));
    assert_eq!((price.currency, price.includes_vat, price.sku), ("SEK".into(), false.into(), "K-100".into()));
    assert_eq!(price.item.value().unwrap().external(), Some(&reference("articles", ID)));
    let stock = StockLevel::from_fields(&records[2].fields).unwrap();
    assert_eq!((stock.on_hand, stock.reserved), (dec("12.5").into(), dec("2").into()));
    assert_eq!((stock.available, stock.location), (dec("10.5").into(), Field::Empty));

    let gross = Vendor::with(|config| config.article_prices = PriceBasis::WithVat, |_| {}).await;
    let price = Price::from_fields(&gross.fields("articles", ID, &article(), "article_price")).unwrap();
    assert_eq!((price.amount, price.includes_vat), (dec("89.59").into(), true.into()));
}

#[tokio::test]
async fn stock_is_shown_where_it_is_kept_and_locked_where_it_is_counted() {
    let vendor = Vendor::start().await;
    for (set, kept) in [
        (json!({ "ShowStockInformation": false }), false),
        (json!({ "ShowStockInformation": null, "IsServiceArticle": true }), false),
        (json!({ "ShowStockInformation": null, "IsServiceArticle": false }), true),
    ] {
        let count = vendor.decoded("articles", ID, &with(set.clone())).len();
        assert_eq!(count == 3, kept, "{set}");
    }
    let counted = vendor.decoded("articles", ID, &with(json!({ "IsStock": true })));
    assert!(matches!(&counted[2].writable, Writable::Nothing(why) if why.contains("stock module")));
}

#[tokio::test]
async fn several_labels_are_no_category_and_keep_it_locked() {
    let vendor = Vendor::with(
        |config| _ = config.own_fields.insert("articles".to_owned(), ["ArticleLabels".to_owned()].into()),
        |_| {},
    )
    .await;
    let labels = json!([{ "Id": "1", "Name": "Kaffe" }, { "Id": "2", "Name": "Te" }]);
    let record = vendor.decoded("articles", ID, &with(json!({ "ArticleLabels": labels }))).remove(0);
    assert_eq!(record.fields.get(Item::CATEGORY), None);
    assert_eq!(record.fields.text("x.eekonomi.ArticleLabels".into()), Some("Kaffe, Te"));
    assert_eq!(record.writable, Writable::Except([Item::CATEGORY].into()));
    let foreign = vendor.decoded("articles", ID, &with(json!({ "CurrencyCode": "EUR" }))).remove(0);
    assert_eq!(foreign.writable, Writable::Except([Item::COST].into()), "its cost is kept in another currency");
}

#[tokio::test]
async fn an_article_is_made_with_its_price_in_one_call() {
    let mut vendor = Vendor::start().await;
    let body = json!({ "Number": "K-100", "Name": "Mellanrost 500 g", "IsActive": true, "UnitId": UNIT,
        "CodingId": GOODS_12, "NetPrice": 80, "GrossPrice": 89.6, "Barcodes": [{ "Barcode": "7310865004703", "BarcodeType": 0 }] });
    let mock = vendor.takes(("POST", "/v2/articles"), body, (201, article())).await;
    let price = Price::new().sku("K-100").amount(80).currency("SEK").includes_vat(false);
    let parts =
        vec![part("articles", coffee().barcode("7310865004703").to_fields()), part("article_price", price.to_fields())];
    let written = vendor.write(create("articles", parts)).await.unwrap();
    assert_eq!((&*written.reference.id, written.item.is_some()), (ID, true));
    mock.assert_async().await;
}

#[tokio::test]
async fn with_vat_leading_the_price_without_it_follows() {
    let mut vendor = Vendor::with(|config| config.article_prices = PriceBasis::WithVat, |_| {}).await;
    let body = json!({ "Number": "K-100", "Name": "Mellanrost 500 g", "IsActive": false, "UnitId": UNIT,
        "CodingId": GOODS_12, "NetPrice": 88.39, "GrossPrice": 99 });
    let mock = vendor.takes(("POST", "/v2/articles"), body, (201, article())).await;
    let parts = vec![
        part("articles", coffee().is_active(false).to_fields()),
        part("article_price", Price::new().amount(99).includes_vat(true).to_fields()),
    ];
    vendor.write(create("articles", parts)).await.unwrap();
    mock.assert_async().await;
}

#[tokio::test]
async fn a_change_of_all_three_is_one_replace_of_the_whole() {
    let mut vendor = Vendor::with(|config| config.stock = StockUse::Write, |_| {}).await;
    let can = &vendor.connection.router.capabilities().streams;
    assert!(can["article_stock"].fields[&StockLevel::ON_HAND].write_on_update);
    let body = sent(json!({ "Name": "Mörkrost 500 g", "NetPrice": 84.5, "GrossPrice": 94.64, "StockBalance": 7.13 }));
    let mock = vendor.takes(("PUT", AT), body, (200, article())).await;
    let parts = vec![
        part("articles", Item::new().name("Mörkrost 500 g").to_fields()),
        part("article_price", price("84.50").to_fields().filter(|path| path != Price::ITEM)),
        part("article_stock", StockLevel::new().on_hand(dec("7.125")).to_fields()),
    ];
    vendor.write(update("articles", ID, &article(), parts)).await.unwrap();
    mock.assert_async().await;
}

#[tokio::test]
async fn a_change_of_the_rate_moves_the_price_with_vat_and_keeps_a_coding_that_has_it() {
    let mut vendor = Vendor::start().await;
    let body = sent(json!({ "CodingId": GOODS_25, "GrossPrice": 99.99 }));
    let mock = vendor.takes(("PUT", AT), body, (200, article())).await;
    let change = || vec![part("articles", Item::new().vat_rate(25).to_fields())];
    vendor.write(update("articles", ID, &article(), change())).await.unwrap();
    mock.assert_async().await;
    // a person chose the other coding of that rate: it stays, and there is nothing to send
    let service = with(json!({ "CodingId": "60000000-0000-4000-8000-000000000125", "IsServiceArticle": true }));
    let written = vendor.write(update("articles", ID, &service, change())).await.unwrap();
    assert!(written.item.is_some());
}

#[tokio::test]
async fn what_is_as_wanted_is_not_sent() {
    let vendor = Vendor::start().await;
    let same = Item::new().name("Mellanrost 500 g").note("Torrt").barcode("7310865004703").vat_rate(12);
    let same =
        same.category("90000000-0000-4000-8000-000000000001").cost(Money::new().amount(dec("41.30")).currency("SEK"));
    let parts = vec![
        part("articles", same.to_fields()),
        part("article_price", Price::new().amount(dec("79.99")).includes_vat(false).to_fields()),
    ];
    vendor.write(update("articles", ID, &article(), parts)).await.unwrap();
}

#[tokio::test]
async fn labels_costs_and_empty_fields_are_written() {
    let mut vendor = Vendor::start().await;
    let body = sent(json!({ "ArticleLabels": [{ "Id": TEA, "Name": "Te" }], "PurchasePrice": 50.13,
        "PurchasePriceWithCurrency": 50.13, "Barcodes": [], "Note": null, "SupplierArticleNumber": null }));
    let mock = vendor.takes(("PUT", AT), body, (200, article())).await;
    let mut change = Item::new().category(TEA).cost(Money::new().amount(dec("50.125")).currency("SEK"));
    (change.note, change.barcode, change.supplier_item_number) = (Field::Empty, Field::Empty, Field::Empty);
    vendor.write(update("articles", ID, &article(), vec![part("articles", change.to_fields())])).await.unwrap();
    mock.assert_async().await;
    let mut bare = Item::new();
    bare.category = Field::Empty;
    let mock = vendor.takes(("PUT", AT), sent(json!({ "ArticleLabels": [] })), (200, article())).await;
    vendor.write(update("articles", ID, &article(), vec![part("articles", bare.to_fields())])).await.unwrap();
    mock.assert_async().await;
}

#[tokio::test]
async fn what_eekonomi_would_refuse_is_refused_by_name_before_it_is_sent() {
    let vendor = Vendor::start().await;
    let no_price = FieldMap::new();
    let long = "x".repeat(41);
    for (item, price, field, words) in [
        (coffee().number(long.as_str()), no_price.clone(), "number", "41 characters, eEkonomi takes 40"),
        (coffee().vat_rate(7), no_price.clone(), "vat_rate", "no coding for goods of 7 % VAT"),
        (
            coffee().vat_rate(6),
            no_price.clone(),
            "vat_rate",
            "codings.goods.6: 60000000-0000-4000-8000-000000000006 (Böcker",
        ),
        (coffee().vat_rate(12).is_service(true), no_price.clone(), "vat_rate", "services of 12 % VAT"),
        (coffee().posting_group("X"), no_price.clone(), "posting_group", "'X' is no coding"),
        (
            coffee().posting_group(GOODS_25),
            no_price.clone(),
            "posting_group",
            "has 25 % VAT in eEkonomi, the article is to have 12 %",
        ),
        (coffee().unit("st"), no_price.clone(), "unit", "50000000-0000-4000-8000-000000000001 (Styck)"),
        (coffee().category("X"), no_price.clone(), "category", "'X' is no article label"),
        (coffee().cost(Money::new().amount(1).currency("EUR")), no_price.clone(), "cost.currency", "in EUR"),
        (coffee(), Price::new().amount(1).currency("EUR").to_fields(), "currency", "in EUR"),
        (
            coffee(),
            Price::new().amount(1).includes_vat(true).to_fields(),
            "includes_vat",
            "article_prices = \"with_vat\"",
        ),
        (coffee(), Price::new().amount(-1).to_fields(), "amount", "-1"),
    ] {
        let mut parts = vec![part("articles", item.to_fields())];
        if !price.is_empty() {
            parts.push(part("article_price", price));
        }
        let error = vendor.write(create("articles", parts)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(words), "{error}");
        assert!(error.context().contains(&("field", field.to_owned())), "{field}: {error:?}");
    }
    let mut without_rate = coffee();
    without_rate.vat_rate = Field::Unknown;
    for (item, field) in [(without_rate, "vat_rate"), (Item::new().name("X").vat_rate(25).unit(UNIT), "number")] {
        let error = vendor.write(create("articles", vec![part("articles", item.to_fields())])).await.unwrap_err();
        assert!(error.context().contains(&("field", field.to_owned())), "{error:?}");
    }
}

#[tokio::test]
async fn settings_choose_the_coding_and_fill_the_unit() {
    let book = "60000000-0000-4000-8000-000000000106";
    let mut vendor = Vendor::with(
        |config| {
            config.fillers.unit = Some(UNIT.to_owned());
            config.codings.goods.insert("6".to_owned(), book.to_owned());
        },
        |_| {},
    )
    .await;
    assert!(!vendor.connection.router.capabilities().streams["articles"].fields[&Item::UNIT].required_on_create);
    let body = json!({ "Number": "B-1", "Name": "Bok", "IsActive": true, "UnitId": UNIT, "CodingId": book });
    let mock = vendor.takes(("POST", "/v2/articles"), body, (201, article())).await;
    let item = Item::new().number("B-1").name("Bok").vat_rate(6);
    vendor.write(create("articles", vec![part("articles", item.to_fields())])).await.unwrap();
    mock.assert_async().await;
}

#[tokio::test]
async fn an_article_is_set_aside_by_a_replace_of_what_stands_there() {
    let mut vendor = Vendor::start().await;
    let remove = || write("articles", Action::Remove { id: ID.into(), mode: RemoveMode::Archive }, None);
    let read = vendor.shows(AT, article()).await;
    let put = vendor.takes(("PUT", AT), sent(json!({ "IsActive": false })), (200, article())).await;
    vendor.write(remove()).await.unwrap();
    read.assert_async().await;
    put.assert_async().await;
    vendor.server.reset();
    vendor.shows(AT, with(json!({ "IsActive": false }))).await;
    vendor.write(remove()).await.unwrap();
    vendor.server.reset();
    let body =
        json!({ "ErrorCode": 3000, "DeveloperErrorMessage": "ResourceNotFound", "ErrorId": "e", "Errors": null });
    vendor.server.mock("GET", AT).with_status(400).with_body(body.to_string()).create_async().await;
    assert_eq!(vendor.write(remove()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_number_that_is_taken_says_so() {
    let mut vendor = Vendor::start().await;
    let body =
        json!({ "ErrorCode": 4000, "DeveloperErrorMessage": "Conflict - Number", "ErrorId": "e", "Errors": null });
    let answers = vendor.server.mock("POST", "/v2/articles").with_status(409).with_body(body.to_string());
    answers.create_async().await;
    let error = vendor.write(create("articles", vec![part("articles", coffee().to_fields())])).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::AlreadyExists, Some("4000")));
    assert!(error.message().contains("link to it"), "{error}");
}

#[tokio::test]
async fn what_a_company_can_is_declared() {
    let can = |vendor: &Vendor| vendor.connection.router.capabilities().streams.clone();
    let plain = can(&Vendor::start().await);
    let articles = &plain["articles"];
    assert!(articles.create && articles.remove == [RemoveMode::Archive].into());
    assert_eq!((articles.update, articles.write_batch_max), (UpdateMode::Replace, 1));
    assert!(articles.list.unwrap().since.unwrap().misses, "stock may move without the stamp");
    assert_eq!(plain["article_price"].update, UpdateMode::Replace);
    assert_eq!(plain["article_price"].holds.get(Price::LIST), Some(&Value::Null));
    assert_eq!(plain["article_stock"].update, UpdateMode::None);
    assert!(!plain["article_stock"].fields[&StockLevel::ON_HAND].write_on_update);
    assert!(!articles.fields[&Item::IS_STOCKED].write_on_create, "no stock module is known");

    let counted = Vendor::with(
        |config| config.stock = StockUse::Write,
        |company| company["modules"] = json!(["api_standard", "stock_standard"]),
    );
    let counted = can(&counted.await);
    assert!(!counted["article_stock"].fields[&StockLevel::ON_HAND].write_on_update, "the module counts");
    assert!(counted["articles"].fields[&Item::IS_STOCKED].write_on_create);

    let seen = Vendor::with(|config| config.scopes = vec!["ea:api".into(), "ea:sales_readonly".into()], |_| {}).await;
    assert!(!can(&seen)["articles"].create && can(&seen)["article_price"].update == UpdateMode::None);
}

#[tokio::test]
async fn twenty_thousand_articles_are_twenty_pages_of_all_three() {
    let mut vendor = Vendor::start().await;
    let mut pages = Vec::new();
    for number in 1..=20_u32 {
        let rows = (0..1000).map(|at| json!({ "Id": format!("{number}-{at}"), "Number": format!("{number}-{at}") }));
        let rows: Vec<Json> = rows.collect();
        let path = format!("/v2/articles?$page={number}&$pagesize=1000&$orderby=Id");
        pages.push(vendor.shows(&path, page(&rows, number, 20)).await);
    }
    let mut query = ListQuery::all("articles");
    let mut seen = 0;
    loop {
        let page = vendor.connection.router.list(&vendor.cx, &query).await.unwrap();
        seen += page.items.len();
        match page.next {
            Some(next) => query.from = ListFrom::Page(next),
            None => break,
        }
    }
    assert_eq!(seen, 20_000);
    for page in pages {
        page.assert_async().await;
    }
}
