//! Orders: rows, statuses, actions.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, merge, order_row, path};

async fn set_up() -> (Erp, Value, Value) {
    let erp = Erp::start().await;
    let (customer, article) = (
        erp.customer(json!({ "InvoiceAddress1": "Storgatan 1", "DeliveryCity": "Lund", "EmailAddress": "a@b.se" }))
            .await,
        erp.article("A").await,
    );
    (erp, customer, article)
}

async fn status(erp: &Erp, order: &Value) -> Value {
    erp.get(&path("orders", order)).await.of(200)["Status"].clone()
}

#[tokio::test]
async fn an_order_takes_from_its_customer_what_it_does_not_say() {
    let (erp, customer, article) = set_up().await;
    let order =
        erp.order(&customer, &article, json!({ "DeliveryMethodCode": "PKT", "DeliveryTermName": "Egen text" })).await;
    for (field, value) in [
        ("Number", json!(1)),
        ("CustomerName", json!("Exempel AB")),
        ("InvoiceAddress1", json!("Storgatan 1")),
        ("DeliveryCity", json!("Lund")),
        ("InvoiceCity", json!("Helsingborg")),
        ("TermsOfPaymentId", customer["TermsOfPaymentId"].clone()),
        ("DeliveryTermName", json!("Egen text")),
        ("DeliveryTermId", Value::Null),
        ("Amount", json!(200)),
        ("VatAmount", json!(50)),
        ("DeliveredAmount", json!(0)),
    ] {
        assert_eq!(order[field], value, "{field}");
    }
    assert!(order["DeliveryMethodId"].is_string(), "the code is that of a known method");
    assert_eq!(order["Rows"][0]["Text"], "Artikel A");
    assert_eq!(order["Rows"][0]["ArticleNumber"], "A");
}

#[tokio::test]
async fn rows() {
    let (erp, customer, article) = set_up().await;
    let with = async |row: Value| {
        let mut whole = order_row(1, &article, "1", "10");
        merge(&mut whole, row);
        erp.post("/orders", erp.order_body(&customer, &article, json!({ "Rows": [whole] })).await).await
    };
    for (row, code) in [
        (json!({ "ArticleId": null }), 2000),
        (json!({ "ArticleId": "6f9619ff-8b86-d011-b42d-00c04fc964ff" }), 3000),
        (json!({ "IsTextRow": true, "Text": "" }), 2000),
        (json!({ "LineNumber": 1001 }), 2000),
        (json!({ "LineNumber": null }), 2000),
        (json!({ "UnitPrice": decimal("10.123") }), 2000),
        (json!({ "Quantity": decimal("1.00001") }), 2000),
        (json!({ "DeliveredQuantity": decimal("1.001") }), 2000),
        (json!({ "DiscountPercentage": 10 }), 2000),
        (json!({ "Text": "x".repeat(2001) }), 2000),
        (json!({ "ProjectId": "6f9619ff-8b86-d011-b42d-00c04fc964ff" }), 3000),
        (json!({ "Quantity": -1 }), 2000),
    ] {
        with(row.clone()).await.refused(400, code)["Errors"].as_array().unwrap_or_else(|| panic!("{row}"));
    }
    let text = with(json!({ "IsTextRow": true, "Text": "hej", "UnitPrice": 99 })).await.of(201);
    assert_eq!((&text["Amount"], &text["Rows"][0]["UnitPrice"]), (&json!(0), &json!(0)), "text carries no money");
    assert_eq!(text["Rows"][0]["VatRate"], Value::Null);
    let four = erp.customer(json!({ "InvoiceCountryCode": "NO" })).await;
    let row = order_row(1, &article, "1.2345", "10.1234");
    erp.post("/orders", erp.order_body(&four, &article, json!({ "Rows": [row] })).await).await.of(201);
    let rows = json!([order_row(1, &article, "2", "10"), order_row(2, &article, "-1", "5")]);
    assert_eq!(
        erp.order(&customer, &article, json!({ "Rows": rows })).await["Amount"],
        15,
        "a negative row is allowed"
    );
}

#[tokio::test]
async fn heads() {
    let (erp, customer, article) = set_up().await;
    for (changes, code) in [
        (json!({ "OrderDate": null }), 2000),
        (json!({ "OrderDate": "1999-12-31" }), 3001),
        (json!({ "OrderDate": "tomorrow" }), 6001),
        (json!({ "CurrencyCode": "XXX" }), 2000),
        (json!({ "Status": 5 }), 2000),
        (json!({ "Status": 4 }), 4002),
        (json!({ "BuyersOrderReference": "x".repeat(36) }), 2000),
        (json!({ "RotReducedInvoicingType": 1 }), 2000),
        (json!({ "EuThirdParty": null }), 2000),
    ] {
        let body = erp.order_body(&customer, &article, changes.clone()).await;
        let refused = erp.post("/orders", body).await;
        assert_eq!((refused.status, &refused.body["ErrorCode"]), (400, &json!(code)), "{changes}");
    }
    assert!(erp.list("/orders").await.is_empty());
    assert_eq!(erp.order(&customer, &article, json!({ "CurrencyCode": "EUR" })).await["CurrencyCode"], "EUR");
}

#[tokio::test]
async fn put_replaces_and_gives_rows_new_ids() {
    let (erp, customer, article) = set_up().await;
    let order =
        erp.order(&customer, &article, json!({ "YourReference": "Anna", "BuyersOrderReference": "se-1" })).await;
    erp.advance(60);
    let body = erp.order_body(&customer, &article, json!({ "OurReference": "Bo" })).await;
    let put = erp.put(&path("orders", &order), body).await.of(200);
    assert_eq!((&put["YourReference"], &put["BuyersOrderReference"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&put["Id"], &put["Number"], &put["CreatedUtc"]),
        (&order["Id"], &order["Number"], &order["CreatedUtc"])
    );
    assert_eq!(put["ModifiedUtc"], "2026-02-17T09:01:00Z");
    assert_ne!(put["Rows"][0]["Id"], order["Rows"][0]["Id"]);
}

#[tokio::test]
async fn the_way_of_an_order() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({ "Status": 1 })).await;
    let at = path("orders", &order);
    assert_eq!(order["Number"], Value::Null, "a draft has no number yet");
    erp.act_on(&format!("{at}/completed")).await.refused(400, 4002);
    assert_eq!(erp.act_on(&format!("{at}/converteddrafttoorder")).await.of(200)["Number"], 1);
    erp.act_on(&format!("{at}/converteddrafttoorder")).await.refused(400, 4002);
    let shipped = erp.act_on(&format!("{at}/completed")).await.of(200);
    assert_eq!((&shipped["Status"], &shipped["ShippedDateTime"]), (&json!(3), &json!("2026-02-17T00:00:00Z")));
    assert_eq!(shipped["Rows"][0]["DeliveredQuantity"], 2);
    assert_eq!(shipped["DeliveredAmount"], 200);
    erp.delete(&at).await.refused(400, 4001);
    let back = erp.act_on(&format!("{at}/voided")).await.of(200);
    assert_eq!((&back["Status"], &back["ShippedDateTime"]), (&json!(2), &Value::Null));
    erp.act_on(&format!("{at}/voided")).await.refused(400, 4002);
    erp.act_on(&format!("{at}/completed")).await.of(200);
    let invoice = erp.act_on(&format!("{at}/convert")).await.of(200);
    assert_eq!(invoice["CreatedFromOrderId"], order["Id"]);
    assert_eq!(invoice["TotalAmountInvoiceCurrency"], 250);
    assert_eq!(status(&erp, &order).await, 4);
    let body = erp.order_body(&customer, &article, json!({ "Status": 4 })).await;
    erp.put(&at, body).await.refused(400, 2000);
}

#[tokio::test]
async fn drafts_may_be_numbered_at_once() {
    let (erp, customer, article) = set_up().await;
    erp.switch("draft_order_number", "at_once");
    assert_eq!(erp.order(&customer, &article, json!({ "Status": 1 })).await["Number"], 1);
}

#[tokio::test]
async fn put_may_change_the_status_or_not() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({})).await;
    let shipped = erp.order_body(&customer, &article, json!({ "Status": 3, "ShippedDateTime": "2026-02-16" })).await;
    assert_eq!(
        erp.put(&path("orders", &order), shipped.clone()).await.of(200)["ShippedDateTime"],
        "2026-02-16T00:00:00Z"
    );
    let invoiced = erp.order_body(&customer, &article, json!({ "Status": 4 })).await;
    erp.put(&path("orders", &order), invoiced).await.refused(400, 4002);
    erp.switch("put_order_status", "refused");
    let other = erp.order(&customer, &article, json!({})).await;
    erp.put(&path("orders", &other), shipped).await.refused(400, 4002);
    erp.put(&path("orders", &order), erp.order_body(&customer, &article, json!({ "Status": 3 })).await).await.of(200);
}

#[tokio::test]
async fn completing_may_leave_the_quantities_alone() {
    let (erp, customer, article) = set_up().await;
    erp.switch("completed_delivers", "nothing");
    let order = erp.order(&customer, &article, json!({})).await;
    let at = path("orders", &order);
    assert_eq!(erp.act_on(&format!("{at}/completed")).await.of(200)["Rows"][0]["DeliveredQuantity"], 0);
    erp.act_on(&format!("{at}/convert")).await.refused(400, 4031);
    erp.switch("convert_quantity", "ordered");
    assert_eq!(erp.act_on(&format!("{at}/convert")).await.of(200)["Rows"][0]["Quantity"], 2);
}

#[tokio::test]
async fn an_ongoing_order_may_be_invoiced_or_not() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({})).await;
    let convert = format!("{}/convert", path("orders", &order));
    erp.switch("convert_from", "shipped");
    erp.act_on(&convert).await.refused(400, 4002);
    erp.switch("convert_from", "ongoing_or_shipped");
    erp.post(&convert, json!({ "WorkHouseOtherCosts": null })).await.of(200);
    let draft = erp.order(&customer, &article, json!({ "Status": 1 })).await;
    erp.act_on(&format!("{}/convert", path("orders", &draft))).await.refused(400, 4002);
}

#[tokio::test]
async fn what_was_not_delivered_becomes_an_order_without_a_link() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({ "BuyersOrderReference": "se-1" })).await;
    let at = path("orders", &order);
    erp.act_on(&format!("{at}/backorder")).await.refused(400, 4002);
    erp.act("deliver_order", json!({ "number": 1, "rows": [{ "line": 1, "quantity": decimal("0.5") }] }));
    let rest = erp.act_on(&format!("{at}/backorder")).await.of(200);
    assert_eq!((&rest["Number"], &rest["Status"]), (&json!(2), &json!(2)));
    assert_eq!(rest["Rows"][0]["Quantity"], decimal("1.5"));
    assert_eq!(rest["BuyersOrderReference"], "se-1", "the same mark twice");
    erp.act_on(&format!("{at}/backorder")).await.refused(400, 4002);
    erp.act_on(&format!("{at}/voided")).await.refused(400, 4028);
    let invoice = erp.act_on(&format!("{at}/convert")).await.of(200);
    assert_eq!(invoice["TotalAmountInvoiceCurrency"], decimal("62.5"), "what was delivered is invoiced");
}

#[tokio::test]
async fn an_invoice_of_an_order_has_the_orders_currency() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({ "CurrencyCode": "EUR" })).await;
    let invoice = erp.act_on(&format!("{}/convert", path("orders", &order))).await.of(200);
    assert_eq!(invoice["CurrencyCode"], "EUR");
    assert_eq!((&invoice["TotalAmountInvoiceCurrency"], &invoice["TotalAmount"]), (&json!(250), &decimal("2812.5")));
}

#[tokio::test]
async fn mails_of_orders() {
    let (erp, customer, article) = set_up().await;
    let order = erp.order(&customer, &article, json!({})).await;
    let email = format!("{}/email", path("orders", &order));
    erp.post(&email, json!({ "Subject": "Order ####" })).await.of(200);
    let mails = erp.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (&mails[0]["to"], &mails[0]["subject"], &mails[0]["document"]),
        (&json!("a@b.se"), &json!("Order 1"), &json!("order"))
    );
    let nobody = erp.customer(json!({ "Name": "Utan adress" })).await;
    let order = erp.order(&nobody, &article, json!({})).await;
    erp.post(&format!("{}/email", path("orders", &order)), json!({})).await.refused(400, 2000);
    let draft = erp.order(&customer, &article, json!({ "Status": 1 })).await;
    erp.post(&format!("{}/email", path("orders", &draft)), json!({})).await.refused(400, 2000);
    assert_eq!(erp.mails().len(), 1);
}
