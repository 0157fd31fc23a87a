//! The judgement of a world with one order, buyer and article, as it must be and with each thing wrong.

use serde_json::{Value, json};

use super::*;

fn ledger(becomes: Becomes) -> Ledger {
    let mut ledger = Ledger::new(becomes);
    let row = Row { sku: "ART-0000".to_owned(), quantity: 2, price: 125 };
    let order = Order {
        email: "siv@example.org".to_owned(),
        way: Way::Klarna,
        rows: vec![row],
        step: Step::Done,
        placed: 1,
        edited: 0,
    };
    ledger.orders.insert(7, order);
    let buyer =
        Buyer { account: Some(3), phone: Some("013-1".to_owned()), phone_side: None, erp_name: Some("Siv".to_owned()) };
    ledger.buyers.insert("siv@example.org".to_owned(), buyer);
    let article = Article { name: "Bräda".to_owned(), net: 100.into(), stock: 5, ordered: false };
    ledger.articles.insert("ART-0000".to_owned(), article);
    ledger
}

/// A delivered order, told and charged.
fn systems() -> (Value, Value) {
    let shop = json!({
        "order-statuses": [{ "statusId": 1, "idCode": "created" }, { "statusId": 2, "idCode": "completed" },
            { "statusId": 3, "languages": [{ "name": "Betald" }] }],
        "orders": [{ "orderId": 7, "statusId": 2 }],
        "mails": [{ "orderId": 7, "statusId": 1 }, { "orderId": 7, "statusId": 2 }],
        "captures": [{ "orderId": 7, "statusId": 2 }],
        "customers": [{ "customerId": 3, "addresses": { "data": { "invoice": { "phoneNo": "013-1" } } } }],
        "products": [{ "visibility": "visible", "languages": { "data": [{ "name": "Bräda" }] },
            "variants": { "data": [{ "sku": "ART-0000", "stockQuantity": 5,
                "prices": [{ "pricelistId": 108, "priceExVat": 100 }] }] } }],
    });
    let document = json!({ "Id": "d", "BuyersOrderReference": "se-7", "CustomerId": "c", "Status": 3,
        "IncludesVat": true, "Rows": [{ "ArticleNumber": "ART-0000", "Quantity": 2, "Amount": 250 }] });
    let erp = json!({
        "orders": [document], "customerinvoicedrafts": [], "customerinvoices": [], "payments": [],
        "customers": [{ "Id": "c", "EmailAddress": "siv@example.org", "Name": "Siv", "Telephone": "013-1" }],
        "articles": [{ "Number": "ART-0000", "Name": "Bräda", "NetPrice": 100 }],
    });
    (shop, erp)
}

/// The same in whichever system the path exists.
fn set((shop, erp): &mut (Value, Value), path: &str, value: Value) {
    match (shop.pointer_mut(path), erp.pointer_mut(path)) {
        (Some(found), None) | (None, Some(found)) => *found = value,
        _ => panic!("{path} is in both or neither"),
    }
}

#[track_caller]
fn judged(state: &(Value, Value)) -> Verdict {
    judge(&ledger(Becomes::Orders), &state.0, &state.1)
}

#[test]
fn what_is_as_it_must_be_is_clean() {
    assert_eq!(judged(&systems()), Verdict::default());
}

#[test]
fn whatever_is_missing_or_reverted_is_lost() {
    for (path, value) in [
        ("/orders/0/BuyersOrderReference", json!("")),
        ("/orders/0/Rows/0/Quantity", json!(1)),
        ("/orders/0/Rows/0/Amount", json!(249.99)),
        ("/orders/0/Status", json!(2)),
        ("/orders/0/CustomerId", json!("other")),
        ("/orders/0/statusId", json!(1)),
        ("/mails/1/statusId", json!(1)),
        ("/captures", json!([])),
        ("/customers/0/addresses/data/invoice/phoneNo", json!("013-0")),
        ("/customers/0/Telephone", json!("013-0")),
        ("/customers/0/Name", json!("Siv Åström")),
        ("/customers/0/EmailAddress", json!("eva@example.org")),
        ("/articles/0/NetPrice", json!(90)),
        ("/products/0/languages/data/0/name", json!("Planka")),
        ("/products/0/visibility", json!("hidden")),
        ("/products/0/variants/data/0/prices/0/priceExVat", json!(90)),
        ("/products/0/variants/data/0/stockQuantity", json!(6)),
        ("/products", json!([])),
    ] {
        let mut state = systems();
        set(&mut state, path, value);
        let verdict = judged(&state);
        assert!(!verdict.lost.is_empty(), "{path}: {verdict:?}");
    }
}

#[test]
fn whatever_is_there_twice_is_doubled() {
    for path in ["/captures", "/products", "/articles", "/mails"] {
        let mut state = systems();
        let one = state.0.pointer(path).or(state.1.pointer(path)).unwrap().as_array().unwrap().last().unwrap().clone();
        let mut all = state.0.pointer(path).or(state.1.pointer(path)).unwrap().clone();
        all.as_array_mut().unwrap().push(one);
        set(&mut state, path, all);
        let verdict = judged(&state);
        assert!(!verdict.doubled.is_empty() && verdict.lost.is_empty(), "{path}: {verdict:?}");
    }
    // the names of these are in both systems
    for collection in ["orders", "customers"] {
        let (shop, mut erp) = systems();
        let one = erp[collection][0].clone();
        erp[collection].as_array_mut().unwrap().push(one);
        let verdict = judged(&(shop, erp));
        assert!(!verdict.doubled.is_empty() && verdict.lost.is_empty(), "{collection}: {verdict:?}");
    }
}

#[test]
fn a_document_in_two_collections_is_doubled_and_one_that_nobody_booked_is_wrong() {
    let (shop, mut erp) = systems();
    let order = erp["orders"][0].clone();
    erp["customerinvoices"] = json!([order]);
    assert!(!judged(&(shop, erp.clone())).doubled.is_empty());
    let (shop, _) = systems();
    erp["orders"] = json!([]);
    let verdict = judge(&ledger(Becomes::Drafts), &shop, &erp);
    assert!(verdict.lost.iter().any(|line| line.contains("status of order 7 in the shop")), "{verdict:?}");
    assert!(verdict.doubled.iter().any(|line| line.contains("captures of order 7")), "{verdict:?}");
}

#[test]
fn a_payment_that_nobody_made_or_two_of_one_are_doubled() {
    let (shop, mut erp) = systems();
    erp["payments"] = json!([{ "InvoiceId": "d" }]);
    assert!(judged(&(shop, erp)).doubled[0].contains("payments of order 7: 1, not 0"));
}
