//! What people do in the web client, seeds, faults.

use emulators::frame::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::client::{Erp, order_row, path};

async fn set_up() -> (Erp, Value, Value) {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    (erp, customer, article)
}

#[tokio::test]
async fn an_order_is_delivered_and_invoiced_by_hand() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({ "Status": 1 })).await;
    erp.act("start_order", json!({ "id": order["Id"] }));
    erp.act("deliver_order", json!({ "number": 1 }));
    erp.act("reopen_order", json!({ "number": 1 }));
    erp.act("deliver_order", json!({ "number": 1 }));
    let invoice = erp.act("invoice_order", json!({ "number": 1 }));
    let invoice = erp.get(&format!("/customerinvoices/{}", invoice["id"].as_str().unwrap())).await.of(200);
    assert_eq!((&invoice["CreatedFromOrderId"], &invoice["TotalAmount"]), (&order["Id"], &json!(250)));
    let refused = erp.try_act("delete_order", json!({ "number": 1 })).unwrap_err();
    assert!(refused.contains("4001"), "{refused}");
    assert!(erp.try_act("delete_order", json!({ "number": 9 })).is_err());
    assert!(erp.try_act("dance", json!({})).unwrap_err().contains("dance"));
}

/// What a person does, asked for as a test in another language asks for it.
async fn by_http(erp: &Erp, mut with: Value, action: &str) -> Value {
    with["action"] = json!(action);
    let url = format!("{}/_emulator/act", erp.emulator.base_url());
    let answer = erp.http.post(url).json(&with).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{action}");
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_person_takes_an_order_all_the_way_over_http() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({ "Status": 1, "BuyersOrderReference": "se-1" })).await;
    let at = path("orders", &order);
    for (action, with, status) in [
        ("start_order", json!({ "id": order["Id"] }), 2),
        ("edit_order", json!({ "number": 1, "set": { "YourReference": "Anna" } }), 2),
        ("deliver_order", json!({ "number": 1 }), 3),
        ("reopen_order", json!({ "number": 1 }), 2),
        ("deliver_order", json!({ "number": 1, "rows": [{ "line": 1, "quantity": 2 }] }), 3),
        ("invoice_order", json!({ "number": 1 }), 4),
    ] {
        by_http(&erp, with, action).await;
        assert_eq!(erp.get(&at).await.of(200)["Status"], status, "{action}");
    }
    by_http(&erp, json!({ "number": 1, "amount": 100 }), "register_payment").await;
    let invoices = erp.list("/customerinvoices").await;
    assert_eq!((&invoices[0]["RemainingAmount"], &invoices[0]["BuyersOrderReference"]), (&json!(150), &json!("se-1")));
    // a paid one cannot be voided; its copy can, once it is booked
    assert!(erp.try_act("void_invoice", json!({ "number": 1 })).unwrap_err().contains("4002"));
    let copy = by_http(&erp, json!({ "number": 1 }), "copy_invoice").await;
    by_http(&erp, json!({ "id": copy["id"] }), "book_draft").await;
    by_http(&erp, json!({ "number": 2 }), "void_invoice").await;
    let second = erp.list("/customerinvoices").await.into_iter().find(|one| one["InvoiceNumber"] == 2).unwrap();
    assert_eq!((&second["RemainingAmount"], &second["BuyersOrderReference"]), (&json!(0), &json!("se-1")));
    assert_eq!((&second["YourReference"], &second["CreatedFromOrderId"]), (&json!("Anna"), &Value::Null));
}

#[tokio::test]
async fn a_deleted_order_leaves_no_trace() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({})).await;
    erp.act("delete_order", json!({ "id": order["Id"] }));
    erp.get(&path("orders", &order)).await.refused(404, 3000);
    assert!(erp.list("/orders").await.is_empty());
}

#[tokio::test]
async fn edits_by_hand_move_the_stamps() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({})).await;
    erp.advance(60);
    erp.act("edit_customer", json!({ "number": "1001", "set": { "Name": "Nytt namn" } }));
    erp.act("edit_article", json!({ "number": "A", "set": { "NetPrice": 80, "GrossPrice": 100 } }));
    let rows = json!([order_row(1, &article, "5", "100")]);
    erp.act("edit_order", json!({ "number": 1, "set": { "Rows": rows } }));
    let changed = erp.get(&path("customers", &customer)).await.of(200);
    assert_eq!((&changed["Name"], &changed["ChangedUtc"]), (&json!("Nytt namn"), &json!("2026-02-17T09:01:00Z")));
    assert_eq!(changed["InvoiceCity"], "Helsingborg");
    assert_eq!(erp.get(&path("articles", &article)).await.of(200)["NetPrice"], 80);
    let order = erp.get(&path("orders", &order)).await.of(200);
    assert_eq!((&order["Amount"], &order["ModifiedUtc"]), (&json!(500), &json!("2026-02-17T09:01:00Z")));
    assert_eq!(order["CustomerName"], "Nytt namn");
    assert!(erp.try_act("edit_customer", json!({ "number": "1001", "set": { "Name": "" } })).is_err());
}

#[tokio::test]
async fn a_draft_is_booked_corrected_or_deleted_by_hand() {
    let (erp, customer, article) = set_up().await;
    let draft =
        async || erp.post("/customerinvoicedrafts", erp.draft_body(&customer, &article, json!({}))).await.of(201);
    let (first, second) = (draft().await, draft().await);
    erp.act("edit_draft", json!({ "id": first["Id"], "set": { "YourReference": "Anna" } }));
    let invoice = erp.act("book_draft", json!({ "id": first["Id"] }));
    let invoice = erp.get(&format!("/customerinvoices/{}", invoice["id"].as_str().unwrap())).await.of(200);
    assert_eq!(invoice["YourReference"], "Anna");
    erp.act("delete_draft", json!({ "id": second["Id"] }));
    assert!(erp.list("/customerinvoicedrafts").await.is_empty());
}

#[tokio::test]
async fn a_copy_carries_the_same_references() {
    let (erp, customer, article) = set_up().await;
    let invoice =
        erp.invoice(&customer, &article, json!({ "BuyersOrderReference": "se-1", "OurReference": "Bo" })).await;
    let copied = erp.act("copy_invoice", json!({ "number": 1 }));
    let draft = erp.get(&format!("/customerinvoicedrafts/{}", copied["id"].as_str().unwrap())).await.of(200);
    assert_eq!((&draft["BuyersOrderReference"], &draft["OurReference"]), (&json!("se-1"), &json!("Bo")));
    assert_eq!((&draft["TotalAmount"], &draft["InvoiceCurrencyCode"]), (&json!(250), &json!("SEK")));
    let booked = erp.act("copy_invoice", json!({ "id": invoice["Id"], "book": true }));
    let copy = erp.get(&format!("/customerinvoices/{}", booked["id"].as_str().unwrap())).await.of(200);
    assert_eq!((&copy["InvoiceNumber"], &copy["BuyersOrderReference"]), (&json!(2), &json!("se-1")));
    assert_eq!(copy["CreatedFromOrderId"], Value::Null);
}

#[tokio::test]
async fn seeds_stand_as_given_and_fill_the_rest() {
    let erp = Erp::start().await;
    let coding = erp.id("/articleaccountcodings", "Name", "Varor 12 %").await;
    let unit = erp.id("/units", "Abbreviation", "st").await;
    let id = |at: u8| format!("1b0e9f4e-00{at:02}-4000-8000-000000000001");
    let row = json!({ "LineNumber": 1, "ArticleId": id(2), "Quantity": 2, "UnitPrice": 100 });
    let seed = json!({
        "customers": [{ "Id": id(1), "CustomerNumber": "77", "Name": "Sådd", "ChangedUtc": "2025-01-01T00:00:00Z" }],
        "articles": [{ "Id": id(2), "Number": "A", "Name": "A", "CodingId": coding, "UnitId": unit, "NetPrice": 100 }],
        "orders": [{ "Id": id(3), "Number": 40, "CustomerId": id(1), "CurrencyCode": "SEK", "OrderDate": "2025-12-01", "Status": 3, "Rows": [row] }],
        "customerinvoicedrafts": [{ "Id": id(4), "CustomerId": id(1), "CreatedUtc": "2025-12-02T10:00:00Z", "Rows": [row] }],
        "customerinvoices": [{ "Id": id(5), "InvoiceNumber": 90, "InvoiceDate": "2025-12-03", "CustomerId": id(1), "CreatedFromOrderId": id(3), "Rows": [row] }],
    });
    let counts = erp.emulator.seed(seed.clone()).unwrap();
    assert_eq!(counts["orders"], 1);
    erp.emulator.seed(json!({ "customers": seed["customers"] })).unwrap();
    assert_eq!(erp.list("/customers").await.len(), 1, "the same id replaces");
    assert_eq!(erp.list("/customers").await[0]["ChangedUtc"], "2025-01-01T00:00:00Z");
    let order = erp.get(&format!("/orders/{}", id(3))).await.of(200);
    assert_eq!((&order["Number"], &order["Status"], &order["VatAmount"]), (&json!(40), &json!(3), &json!(24)));
    let draft = erp.get(&format!("/customerinvoicedrafts/{}", id(4))).await.of(200);
    assert_eq!((&draft["TotalAmount"], &draft["CreatedUtc"]), (&json!(224), &json!("2025-12-02T10:00:00Z")));
    let invoice = erp.get(&format!("/customerinvoices/{}", id(5))).await.of(200);
    assert_eq!((&invoice["InvoiceNumber"], &invoice["PaymentStatus"]), (&json!(90), &json!(2)));
    assert_eq!(invoice["CreatedFromOrderId"], id(3));
    let settings = erp.get("/companysettings").await.of(200);
    assert_eq!((&settings["NextOrderNumber"], &settings["NextCustomerInvoiceNumber"]), (&json!(41), &json!(91)));
    let refused = erp
        .emulator
        .seed(json!({ "orders": [{ "CustomerId": id(9), "CurrencyCode": "SEK", "OrderDate": "2025-12-01" }] }));
    assert!(refused.unwrap_err().0.contains("record 0"), "the record is named");
    assert!(erp.emulator.seed(json!({ "customers": [{ "ChangedUtc": "yesterday" }] })).is_err());
}

#[tokio::test]
async fn a_lost_answer_leaves_the_document() {
    let (erp, customer, article) = set_up().await;
    erp.emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", "/v2/customerinvoices"));
    let url = format!("{}/v2/customerinvoices", erp.emulator.base_url());
    let body = erp.invoice_body(&customer, &article, json!({ "BuyersOrderReference": "se-1" }));
    let token = erp.token.borrow().clone();
    assert!(erp.http.post(url).bearer_auth(token).json(&body).send().await.is_err());
    let invoices = erp.list("/customerinvoices").await;
    assert_eq!((invoices.len(), &invoices[0]["BuyersOrderReference"]), (1, &json!("se-1")));
    erp.emulator.fault(Fault::new(FaultKind::Status { code: 500, handled: false }));
    assert_eq!(erp.get("/customers").await.refused(500, 5000)["Errors"], json!([]));
    erp.emulator.fault(Fault::new(FaultKind::RateLimit));
    erp.get("/customers").await.refused(429, 4010);
}

#[tokio::test]
async fn the_state_tells_all() {
    let (erp, customer, _) = set_up().await;
    let state = erp.emulator.state();
    assert_eq!(state["companies"][0]["customers"][0]["Id"], customer["Id"]);
    assert_eq!(state["companies"][0]["Settings"]["Name"], "Exempelbolaget AB");
    assert_eq!(state["mails"], json!([]));
}

#[tokio::test]
async fn notes_hang_on_documents() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({})).await;
    let note =
        erp.post("/notes", json!({ "Text": "Kolli 1", "AttachedTo": order["Id"], "DocumentType": 6 })).await.of(200);
    let at = path("orders", &order);
    assert_eq!(erp.get(&at).await.of(200)["Notes"], json!([note["Id"]]));
    erp.put(&at, erp.order_body(&customer, &article, json!({})).await).await.of(200);
    assert_eq!(erp.get(&at).await.of(200)["Notes"], json!([note["Id"]]), "a PUT leaves it there");
    erp.post("/notes", json!({ "Text": "x".repeat(257) })).await.refused(400, 2000);
    erp.post("/notes", json!({ "Text": "x", "AttachedTo": "6f9619ff-8b86-d011-b42d-00c04fc964ff" }))
        .await
        .refused(400, 3000);
}
