//! How products are asked for: in a list, by id, by number.

use std::sync::Arc;

use serde_json::json;
use sync_core::{
    FieldMap, StreamId,
    connector::{Connector, ListFrom, ListQuery},
    model::Item,
};

use crate::{
    double::{INCLUDE, answer, shop},
    support::fixture_json,
};

fn query(from: ListFrom) -> ListQuery {
    ListQuery { stream: "products".into(), from, page_size: None }
}

#[tokio::test]
async fn a_page_of_products_is_one_call_and_one_more_for_each_with_several_variants() {
    let (mut server, bench, router, met) = shop().await;
    let mut shirt = fixture_json("product");
    shirt["productId"] = json!(502);
    shirt["hasSeveralVariants"] = json!(true);
    let mut lone = fixture_json("product");
    lone["productId"] = json!(503);
    lone.as_object_mut().unwrap().remove("variants");
    lone["primaryVariant"] = json!({ "data": { "variantId": 931, "sku": "LÖS" } });
    let pages = json!({ "data": [fixture_json("product"), shirt, lone],
        "meta": { "pagination": { "current_page": 1, "total_pages": 1 } } });
    met.answers(&mut server, "GET", "/products", 200, &pages.to_string()).await;
    let other = json!({ "variantId": 913, "sku": "SKJORTA-BX" });
    let variants = json!({ "data": [fixture_json("variant"), other] }).to_string();
    met.answers(&mut server, "GET", "/products/502/variants", 200, &variants).await;
    let since = "2024-03-01T11:00:00Z".parse().unwrap();
    let page = router.list(&bench.cx, &query(ListFrom::ModifiedSince(since))).await.unwrap();
    let ids: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
    assert_eq!(ids, ["501-901", "502-912", "502-913", "503-931"]);
    assert!(page.rejected.is_empty() && page.next.is_none());
    let lines = met.lines();
    let list = format!(
        "GET /products?{INCLUDE}&sortBy=productId&sortOrder=ASC&page=1&updatedSince=2024-03-01T11%3A00%3A00%2B00%3A00"
    );
    let variants = "GET /products/502/variants?include=prices%2CattributeValues&page=1";
    assert_eq!(lines, [list.as_str(), variants]);
    let records = page.items.iter().flat_map(|item| router.decode(item).unwrap());
    let numbers: Vec<String> =
        records.filter_map(|record| record.fields.text(Item::NUMBER).map(str::to_owned)).collect();
    assert_eq!(numbers, ["LAMPA-1", "SKJORTA-RX", "SKJORTA-BX", "LÖS"]);
}

#[tokio::test]
async fn a_product_shows_the_same_in_a_list_and_alone() {
    let (mut server, bench, router, met) = shop().await;
    let mut shirt = fixture_json("product");
    shirt["productId"] = json!(502);
    shirt["hasSeveralVariants"] = json!(true);
    let list = json!({ "data": [fixture_json("product"), shirt], "meta": { "pagination": { "total_pages": 1 } } });
    met.answers(&mut server, "GET", "/products", 200, &list.to_string()).await;
    met.answers(&mut server, "GET", "/products/501", 200, &answer(&fixture_json("product"))).await;
    met.answers(&mut server, "GET", "/products/502", 200, &answer(&shirt)).await;
    let variant = fixture_json("variant");
    met.answers(&mut server, "GET", "/products/502/variants", 200, &json!({ "data": [variant] }).to_string()).await;
    met.answers(&mut server, "GET", "/products/502/variants/912", 200, &answer(&variant)).await;
    met.answers(&mut server, "GET", "/products/502/variants/901", 404, "{}").await;
    met.answers(&mut server, "GET", "/products/(7|501%2Fx)", 404, "{}").await;
    let listed = router.list(&bench.cx, &query(ListFrom::Beginning)).await.unwrap().items;
    let stream = StreamId::new("products");
    let ids: Vec<Arc<str>> = listed.iter().map(|item| item.reference.id.clone()).collect();
    let alone = router.get(&bench.cx, &stream, &ids).await.unwrap();
    assert_eq!(alone, listed.into_iter().map(Some).collect::<Vec<_>>());
    met.calls();

    // a webhook names the product alone
    let named = router.get(&bench.cx, &stream, &["501".into()]).await.unwrap().remove(0).unwrap();
    assert_eq!((&*named.reference.id, met.lines().len()), ("501-901", 1));
    for gone in ["501-902", "502-901", "7-1", "7", "501/x"] {
        if gone == "501-902" {
            met.answers(&mut server, "GET", "/products/501/variants/902", 404, "{}").await;
        }
        assert_eq!(router.get(&bench.cx, &stream, &[gone.into()]).await.unwrap(), [None], "{gone}");
    }
}

#[tokio::test]
async fn a_product_is_found_by_its_number_and_an_odd_number_in_the_whole_list() {
    let (mut server, bench, router, met) = shop().await;
    let list = json!({ "data": [fixture_json("product")], "meta": { "pagination": { "total_pages": 1 } } });
    met.answers(&mut server, "GET", "/products", 200, &list.to_string()).await;
    let stream = StreamId::new("products");
    let find = |number: &str| {
        let by = FieldMap::new().with(Item::NUMBER, number);
        let (router, cx, stream) = (&router, &bench.cx, &stream);
        async move { router.find(cx, stream, &by).await.unwrap().len() }
    };
    assert_eq!((find("LAMPA-1").await, find("lampa-1").await, find("LAMPA 1").await), (1, 0, 0));
    let filters: Vec<bool> = met.lines().iter().map(|line| line.contains("&filterSku=")).collect();
    assert_eq!(filters, [true, true, false]);
}
