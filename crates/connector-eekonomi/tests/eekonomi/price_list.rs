//! Prices of lists: what is read, what is sent in a batch, and what becomes of a refused one.

use connector_eekonomi::PriceListWrites;
use mockito::Matcher;
use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind,
    connector::{Action, Connector, ListFrom, ListQuery, Write},
    model::Price,
};

use crate::{
    support::dec,
    vendor::{Vendor, allowed, create, page, part, reference, write},
};

const LIST: &str = "b0000000-0000-4000-8000-000000000001";
const EXPORT: &str = "b0000000-0000-4000-8000-000000000002";
const PUT: &str = "/v2/salespricelists/b0000000-0000-4000-8000-000000000001/prices";
const ALL: &str = "/v2/salespricelists/prices/b0000000-0000-4000-8000-000000000001?$page=1&$pagesize=1000";

fn article(number: u32) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}
fn row(number: u32, net: &str) -> Json {
    let net: Json = serde_json::from_str(net).unwrap();
    json!({ "SalesPriceListId": LIST, "ArticleId": article(number), "NetPrice": net, "GrossPrice": 125,
        "CurrencyCode": "SEK", "ChangedUtc": "2026-02-16T08:00:00Z" })
}
fn sent(number: u32, net: &str) -> Json {
    let net: Json = serde_json::from_str(net).unwrap();
    json!({ "ArticleId": article(number), "NetPrice": net })
}
fn change(list: &str, number: u32, net: &str) -> Write {
    let parts = vec![part("salespricelistprices", Price::new().amount(dec(net)).to_fields())];
    let id = format!("{list}/{}", article(number));
    write("salespricelistprices", Action::Update { id: id.into(), parts, if_version: None }, None)
}
fn new(list: &str, number: u32, net: &str) -> Write {
    let price = Price::new().item(reference("articles", &article(number))).list(list).amount(dec(net));
    create("salespricelistprices", vec![part("salespricelistprices", price.to_fields())])
}
async fn changing() -> Vendor {
    Vendor::with(|config| config.price_list_writes = PriceListWrites::Changed, |_| {}).await
}
fn refusal() -> String {
    json!({ "ErrorCode": 2000, "DeveloperErrorMessage": "DataModelValidationError", "ErrorId": "e", "Errors": [] })
        .to_string()
}

#[tokio::test]
async fn a_price_is_known_by_its_list_and_its_article() {
    let mut vendor = Vendor::start().await;
    let path = "/v2/salespricelists/prices?$page=1&$pagesize=1000&$orderby=SalesPriceListId%2CArticleId";
    let mock = vendor.shows(path, page(&[row(1, "90.50"), json!({ "ArticleId": "x" })], 1, 1)).await;
    let listed = vendor.connection.router.list(&vendor.cx, &ListQuery::all("salespricelistprices")).await.unwrap();
    mock.assert_async().await;
    assert_eq!((listed.items.len(), listed.rejected.len()), (1, 1), "a row without its list is nobody's");
    assert_eq!(*listed.items[0].reference.id, *format!("{LIST}/{}", article(1)));
    let record = vendor.connection.router.decode(&listed.items[0]).unwrap().remove(0);
    let price = Price::from_fields(&record.fields).unwrap();
    assert_eq!((price.list, price.amount), (LIST.into(), dec("90.5").into()));
    assert_eq!((price.currency, price.includes_vat), ("SEK".into(), false.into()));
    assert_eq!(price.item.value().unwrap().external(), Some(&reference("articles", &article(1))));

    let one = format!("/v2/salespricelists/prices/{LIST}/{}", article(1));
    let mock = vendor.shows(&one, row(1, "90.5")).await;
    let id = listed.items[0].reference.id.clone();
    let got = vendor.connection.router.get(&vendor.cx, &"salespricelistprices".into(), &[id]).await.unwrap();
    assert!(got[0].is_some());
    mock.assert_async().await;
}

#[tokio::test]
async fn a_thousand_changes_are_one_call() {
    let mut vendor = changing().await;
    let body: Vec<Json> = (1..=1000).map(|number| sent(number, "12.5")).collect();
    let shown: Vec<Json> = (1..=1000).map(|number| row(number, "12.5")).collect();
    let mock = vendor.takes(("PUT", PUT), json!(body), (200, page(&shown, 1, 1))).await;
    let writes: Vec<Write> = (1..=1000).map(|number| change(LIST, number, "12.50")).collect();
    let written = vendor.connection.router.write(&vendor.cx, &writes).await;
    mock.assert_async().await;
    assert_eq!(written.len(), 1000);
    assert!(written.iter().all(|one| one.as_ref().unwrap().item.is_some()), "the answer shows them");
}

#[tokio::test]
async fn the_whole_list_goes_along_as_long_as_nobody_says_that_the_rest_stays() {
    let mut vendor = Vendor::start().await;
    let there = vendor.shows(ALL, page(&[row(1, "10"), row(2, "20.00")], 1, 1)).await;
    let body = json!([sent(2, "21.5"), sent(3, "30"), sent(1, "10")]);
    let put = vendor.takes(("PUT", PUT), body, (200, page(&[], 1, 1))).await;
    let writes = [change(LIST, 2, "21.499999"), new(LIST, 3, "30")];
    let written = vendor.connection.router.write(&vendor.cx, &writes).await;
    there.assert_async().await;
    put.assert_async().await;
    let made = written[1].as_ref().unwrap();
    assert_eq!(*made.reference.id, *format!("{LIST}/{}", article(3)));
    assert!(made.item.is_none(), "the answer was another page, and a call for each would cost too much");
}

#[tokio::test]
async fn a_list_that_cannot_be_sent_whole_is_not_sent() {
    let mut vendor = Vendor::start().await;
    let rows: Vec<Json> = (1..=1000).map(|number| row(number, "10")).collect();
    vendor.shows(ALL, page(&rows, 1, 1)).await;
    let error = vendor.write(new(LIST, 1001, "10")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.message().contains("1001 prices") && error.message().contains("price_list_writes"), "{error}");
}

#[tokio::test]
async fn one_bad_row_does_not_stop_the_others() {
    let mut vendor = changing().await;
    let bad = Matcher::Regex(article(3));
    let refused = vendor.server.mock("PUT", PUT).match_body(bad).with_status(400).with_body(refusal());
    let refused = refused.expect(4).create_async().await;
    let good = |body: Json| (body, page(&[], 1, 1).to_string());
    for (body, answer) in [
        good(json!([sent(1, "1"), sent(2, "1")])),
        good(json!([sent(4, "1")])),
        good(json!([sent(5, "1"), sent(6, "1"), sent(7, "1"), sent(8, "1")])),
    ] {
        vendor.server.mock("PUT", PUT).match_body(Matcher::Json(body)).with_body(answer).expect(1).create_async().await;
    }
    let writes: Vec<Write> = (1..=8).map(|number| change(LIST, number, "1")).collect();
    let written = vendor.connection.router.write(&vendor.cx, &writes).await;
    refused.assert_async().await;
    let failed: Vec<usize> = (0..8).filter(|at| written[*at].is_err()).collect();
    assert_eq!(failed, [2]);
    assert_eq!(written[2].as_ref().unwrap_err().vendor_code(), Some("2000"));
}

#[tokio::test]
async fn a_lost_answer_leaves_each_row_unclear_and_none_is_sent_again() {
    let mut vendor = changing().await;
    let mock = vendor.server.mock("PUT", PUT).with_status(500).expect(1).create_async().await;
    let written = vendor.connection.router.write(&vendor.cx, &[change(LIST, 1, "1"), change(LIST, 2, "1")]).await;
    assert!(written.iter().all(|one| one.as_ref().unwrap_err().kind() == ErrorKind::AmbiguousWrite));
    mock.assert_async().await;
}

#[tokio::test]
async fn lists_are_written_apart_and_answers_stay_in_order() {
    let mut vendor = changing().await;
    allowed("PUT", PUT, "", &json!([sent(1, "1")]));
    let export = "/v2/salespricelists/b0000000-0000-4000-8000-000000000002/prices";
    let first = vendor.takes(("PUT", PUT), json!([sent(1, "1"), sent(3, "3")]), (200, page(&[], 1, 1))).await;
    let second = vendor.takes(("PUT", export), json!([sent(2, "2")]), (200, page(&[], 1, 1))).await;
    let writes = [new(LIST, 1, "1"), new(EXPORT, 2, "2"), new(LIST, 3, "3")];
    let written = vendor.connection.router.write(&vendor.cx, &writes).await;
    let ids: Vec<String> = written.iter().map(|one| one.as_ref().unwrap().reference.id.to_string()).collect();
    let expected = [(LIST, 1), (EXPORT, 2), (LIST, 3)].map(|(list, number)| format!("{list}/{}", article(number)));
    assert_eq!(ids, expected);
    first.assert_async().await;
    second.assert_async().await;
}

#[tokio::test]
async fn what_cannot_be_a_price_of_the_list_is_refused_by_name() {
    let vendor = Vendor::start().await;
    let price = || Price::new().item(reference("articles", &article(1))).list(LIST).amount(1);
    for (price, field, words) in [
        (price().list("Grossist"), "list", "b0000000-0000-4000-8000-000000000001 (Grossist)"),
        (price().list(EXPORT).currency("SEK"), "currency", "in EUR"),
        (price().includes_vat(true), "includes_vat", "without VAT"),
        (price().amount(-1), "amount", "below zero"),
        (price().item(reference("orders", "x")), "item", "link the item"),
    ] {
        let parts = vec![part("salespricelistprices", price.to_fields())];
        let error = vendor.write(create("salespricelistprices", parts)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(words), "{error}");
        assert!(error.context().contains(&("field", field.to_owned())), "{error:?}");
    }
}

#[tokio::test]
async fn computed_prices_may_be_missed_and_other_editions_have_no_lists() {
    let vendor = Vendor::start().await;
    let can = &vendor.connection.router.capabilities().streams["salespricelistprices"];
    assert!(can.list.unwrap().since.unwrap().misses && can.create_with_idempotency_key);
    assert_eq!((can.write_batch_max, can.write_concurrency, can.get_max), (1000, 1, 1));
    let why = "the company's edition of eEkonomi does not include this: change the edition, or leave this out";
    let standard = Vendor::with(
        |_| {},
        |company| {
            company["streams"].as_object_mut().unwrap().remove("salespricelistprices");
            company["closed"]["salespricelistprices"] = json!(why);
        },
    );
    let standard = standard.await;
    assert!(!standard.connection.router.capabilities().streams.contains_key("salespricelistprices"));
    assert_eq!(standard.connection.company.closed["salespricelistprices"], why);
    let since = ListFrom::ModifiedSince("2026-02-17T08:58:00Z".parse().unwrap());
    let query = ListQuery { stream: "salespricelistprices".into(), from: since, page_size: None };
    assert_eq!(standard.connection.router.list(&standard.cx, &query).await.unwrap_err().kind(), ErrorKind::Unsupported);
}
