//! Reading: rows, hashes, decoding, gates.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use sync_core::{
    Error, ErrorKind, FieldMap, Link, Result, StreamKey, Value,
    connector::{Connector, Cursor, Item, ListFrom, ListQuery, Page, Writable},
    handler::{Router, StreamHandler},
    model::{Item as Article, Price, StockLevel},
};

use crate::vendor::{Vendor, articles, articles::GROUP, connect, cx, get, ids, now, only};

fn list(router: &Router, query: &ListQuery) -> Result<Page> {
    now(router.list(&cx(), query))
}

fn decode_row(row: &str) -> Result<Vec<sync_core::connector::Record>> {
    let (vendor, router) = connect();
    vendor.seed("article", "A1", row);
    let item = get(&router, "article", "A1");
    router.decode(&item)
}

fn kind<T: std::fmt::Debug>(answer: Result<T>) -> ErrorKind {
    answer.map_err(|error: Error| error.kind()).unwrap_err()
}

#[test]
fn a_page_is_split_without_being_understood_and_a_row_without_id_is_rejected_alone() {
    let (vendor, router) = connect();
    let rows =
        [r#"{"number":"A1",  "price":"no price"}"#, r#"{"name":"secret"}"#, r#"{"number":""}"#, r#"{"number":"A2"}"#];
    vendor.set(|state| state.page = Some((rows.map(ToOwned::to_owned).to_vec(), Some(json!(2)))));

    let page = list(&router, &ListQuery::all("article")).unwrap();
    let ids: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
    assert_eq!(ids, ["A1", "A2"]);
    assert_eq!(&*page.items[0].raw, rows[0], "byte for byte");
    assert_eq!(page.next, Some(Cursor(json!(2))));
    assert_eq!(page.rejected.len(), 2);
    assert!(page.rejected[0].message().contains("row 2"), "{}", page.rejected[0]);
    assert!(!page.rejected.iter().any(|error| error.to_string().contains("secret")));

    // the fault inside the first one shows when it is decoded, and stays with it
    let error = router.decode(&page.items[0]).unwrap_err();
    assert_eq!((error.kind(), error.disposition()), (ErrorKind::Invalid, sync_core::Disposition::ParkRecord));
    assert!(error.to_string().contains("'A1'"), "{error}");
    assert!(!error.to_string().contains("no price"), "{error}");
    assert!(router.decode(&page.items[1]).is_ok());
}

#[test]
fn the_hash_leaves_out_volatile_keys_and_nothing_else() {
    let (vendor, router) = connect();
    let hash = |row: &str| {
        vendor.seed("article", "A1", row);
        let item = get(&router, "article", "A1");
        (item.hash, router.decode(&item).unwrap()[0].fields.fingerprint())
    };
    let first = hash(r#"{"number":"A1","name":"Lamp","retrieved":1}"#);
    assert_eq!(first, hash(r#"{"number":"A1","name":"Lamp","retrieved":2}"#));
    assert_ne!(first.0, hash(r#"{"number":"A1","name":"Lamps","retrieved":1}"#).0);
    let shuffled = hash(r#"{"name":"Lamp","number":"A1","retrieved":1}"#);
    assert_ne!(first.0, shuffled.0, "keys in another order cost a decode");
    assert_eq!(first.1, shuffled.1, "and are no change");
}

#[test]
fn one_row_gives_the_host_and_its_facets_with_one_id() {
    let row = r#"{"number":"A1","name":"Lamp","price":10.10,"stock":3,"group":"north","mark":"shop-7","changed":"2026-11-21T10:00:00Z"}"#;
    let records = decode_row(row).unwrap();
    let at: Vec<String> = records.iter().map(|record| record.reference.to_string()).collect();
    assert_eq!(at, ["toy:a/article#A1", "toy:a/article_price#A1", "toy:a/article_stock#A1"]);
    let [item, price, stock] = &records[..] else { panic!() };
    assert_eq!(item.fields.text(Article::NAME), Some("Lamp"));
    assert_eq!(item.fields.text(GROUP), Some("north"), "own fields come along");
    assert_eq!(item.fields.get(Article::IS_SERVICE), Some(&Value::Bool(false)), "what the stream holds is filled in");
    assert_eq!(price.fields.get(Price::AMOUNT).unwrap().to_string(), "10.10", "with its scale");
    let link = Link::External(StreamKey::new("toy:a", "article").id("A1"));
    assert_eq!(stock.fields.get(StockLevel::ITEM), Some(&Value::Link(link)));
    assert_eq!(stock.fields.get(StockLevel::AVAILABLE), Some(&Value::Decimal(Decimal::from(3))));
    assert_eq!(price.version.modified_at, "2026-11-21T10:00:00Z".parse().ok());
    assert_eq!(item.mark.as_deref(), Some("shop-7"));
    assert_eq!(stock.mark, None, "the mark is the host's");
    assert_eq!((&item.writable, &price.writable), (&Writable::All, &Writable::Except([Price::ITEM].into())));
}

#[test]
fn a_facet_that_is_not_there_is_left_out_and_a_missing_field_is_unknown() {
    let records = decode_row(r#"{"number":"A1","price":1}"#).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].fields.get(Article::NAME), Some(&Value::Null));
    assert_eq!(records[0].fields.get(Article::BARCODE), None);
}

#[test]
fn the_head_goes_to_all_facets() {
    let records =
        decode_row(r#"{"number":"A1","stock":1,"gone":true,"locked":"counted; ask the store","merged_into":"B2"}"#)
            .unwrap();
    let [item, price, stock] = &records[..] else { panic!() };
    assert!(item.deleted && price.deleted && stock.deleted);
    assert_eq!(item.merged_into.as_ref().unwrap().to_string(), "toy:a/article#B2");
    assert_eq!(stock.merged_into.as_ref().unwrap().to_string(), "toy:a/article_stock#B2");
    assert_eq!(stock.writable, Writable::Nothing("counted; ask the store".to_owned()));
    assert!(matches!(price.writable, Writable::Except(_)), "its own word goes first");
}

#[test]
fn decoding_asks_nobody_and_gives_the_same_twice() {
    let (vendor, router) = connect();
    vendor.seed("article", "A1", r#"{"number":"A1","price":1}"#);
    let item = get(&router, "article", "A1");
    vendor.requests();
    vendor.set(|state| state.rows.clear());
    assert_eq!(router.decode(&item).unwrap(), router.decode(&item).unwrap());
    assert_eq!(vendor.requests(), [""; 0]);
    // a handler is pure by itself too: no router, no vendor content
    let read = serde_json::from_str(&item.raw).unwrap();
    assert_eq!(articles::Articles(Vendor::default()).decode(&read).unwrap().len(), 2);
}

#[test]
fn a_handler_that_shows_what_it_did_not_declare_is_at_fault() {
    let (_, router) = connect();
    for no in [404, 500, 501] {
        let raw = format!(r#"{{"no":{no}}}"#);
        let item = Item {
            reference: StreamKey::new("toy:a", "order").id("1"),
            hash: sync_core::Fingerprint::of_bytes(b""),
            raw: raw.into(),
            partial: false,
        };
        assert_eq!(kind(router.decode(&item)), ErrorKind::Internal, "{no}");
    }
}

#[test]
fn by_id_comes_in_the_order_asked_for_in_calls_of_the_declared_size() {
    let (vendor, router) = connect();
    for id in ["A1", "A2", "A4"] {
        vendor.seed("article", id, format!(r#"{{"number":"{id}"}}"#));
    }
    let found = now(router.get(&cx(), &"article".into(), &ids(&["A4", "A1", "A3", "A2", "A9"]))).unwrap();
    let found: Vec<_> = found.iter().map(|item| item.as_ref().map(|item| &*item.reference.id)).collect();
    assert_eq!(found, [Some("A4"), Some("A1"), None, Some("A2"), None]);
    assert_eq!(vendor.requests(), ["get article A4 A1", "get article A3 A2", "get article A9"]);
}

#[test]
fn one_answer_to_one_id_is_it_even_if_its_id_is_written_otherwise_or_cannot_be_read() {
    let (vendor, router) = connect();
    vendor.seed("article", "10", r#"{"number":"0010"}"#);
    vendor.seed("article", "11", r#"{"price":1}"#);
    assert_eq!(&*get(&router, "article", "10").reference.id, "0010");
    let item = get(&router, "article", "11");
    assert_eq!(&*item.reference.id, "11");
    assert_eq!(kind(router.decode(&item)), ErrorKind::Invalid);
    // among several nobody knows whose it is, and "not there" would be a lie
    vendor.seed("article", "A1", r#"{"number":"A1"}"#);
    for bad in ["10", "11"] {
        assert_eq!(kind(now(router.get(&cx(), &"article".into(), &ids(&["A1", bad])))), ErrorKind::Protocol);
    }
}

#[test]
fn rows_of_a_partial_listing_are_partial_and_those_by_id_are_not() {
    let (vendor, router) = connect();
    vendor.seed("price", "A1", r#"{"number":"A1"}"#);
    let item = list(&router, &ListQuery::all("price")).unwrap().items.remove(0);
    assert!(item.partial && only(router.decode(&item).unwrap()).partial);
    let item = get(&router, "price", "A1");
    assert!(!item.partial && !only(router.decode(&item).unwrap()).partial);
}

#[test]
fn a_page_is_never_larger_than_declared() {
    let (vendor, router) = connect();
    for size in [None, Some(0), Some(7), Some(1_000)] {
        list(&router, &ListQuery { page_size: size, ..ListQuery::all("article") }).unwrap();
    }
    let sizes = [50, 1, 7, 50].map(|size| format!("list article Beginning by {size}"));
    assert_eq!(vendor.requests(), sizes);
}

#[test]
fn a_listing_that_does_not_advance_is_stopped() {
    let (vendor, router) = connect();
    vendor.set(|state| state.page = Some((vec![], Some(json!({"page": 2})))));
    let from = |page| ListQuery { from: ListFrom::Page(Cursor(page)), ..ListQuery::all("article") };
    assert!(list(&router, &from(json!({"page": 1}))).is_ok());
    assert_eq!(kind(list(&router, &from(json!({"page": 2})))), ErrorKind::Protocol);
}

#[test]
fn finding_gives_what_is_there_and_a_found_row_without_id_is_no_absence() {
    let (vendor, router) = connect();
    let by = FieldMap::new().with(Article::NUMBER, "A1");
    assert_eq!(now(router.find(&cx(), &"article".into(), &by)).unwrap(), []);
    vendor.seed("article", "A1", r#"{"number":"A1"}"#);
    assert_eq!(now(router.find(&cx(), &"article".into(), &by)).unwrap().len(), 1);
    vendor.seed("article", "A1", "{}");
    assert_eq!(kind(now(router.find(&cx(), &"article".into(), &by))), ErrorKind::Protocol);
}

#[test]
fn what_is_not_offered_is_refused_without_a_request() {
    let (vendor, router) = connect();
    let number = FieldMap::new().with(Article::NUMBER, "A1");
    let since = ListQuery { from: ListFrom::ModifiedSince(DateTime::<Utc>::UNIX_EPOCH), ..ListQuery::all("price") };
    let answers = [
        kind(list(&router, &ListQuery::all("nowhere"))),
        kind(list(&router, &ListQuery::all("order"))),
        kind(list(&router, &ListQuery::all("article_price"))),
        kind(list(&router, &since)),
        kind(now(router.get(&cx(), &"order".into(), &ids(&["1"])))),
        kind(now(router.get(&cx(), &"article_price".into(), &ids(&["1"])))),
        kind(now(router.find(&cx(), &"price".into(), &number))),
        kind(now(router.find(&cx(), &"article".into(), &FieldMap::new().with(Article::NAME, "x")))),
        kind(now(router.find(&cx(), &"article".into(), &FieldMap::new()))),
        kind(router.hints(&[], b"{}")),
    ];
    assert_eq!(answers, [ErrorKind::Unsupported; 10]);
    assert_eq!(vendor.requests(), [""; 0]);
    // where it is offered it goes out
    let since = ListQuery { from: ListFrom::ModifiedSince(DateTime::<Utc>::UNIX_EPOCH), ..ListQuery::all("article") };
    list(&router, &since).unwrap();
    assert_eq!(vendor.requests().len(), 1);
}

#[test]
fn facets_are_declared_as_parts_of_their_host_and_names_are_taken_once() {
    let (vendor, router) = connect();
    let streams = &router.capabilities().streams;
    assert_eq!(streams.len(), 6);
    assert_eq!(streams["article_price"].facet_of, Some("article".into()));
    assert_eq!(streams["article"].facet_of, None);
    assert_eq!(
        streams["article_price"].update,
        sync_core::capability::UpdateMode::Replace,
        "what can be written goes with the host"
    );
    assert_eq!(now(router.check(&cx())).unwrap().id, "5");
    assert_eq!(kind(router.with(articles::Prices(vendor))), ErrorKind::Internal);
}
