//! Customers.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, merge, path};

async fn body(erp: &Erp, changes: Value) -> Value {
    let mut body = json!({
        "Name": "Exempel AB",
        "IsPrivatePerson": false,
        "IsActive": true,
        "InvoiceCity": "Helsingborg",
        "InvoicePostalCode": "252 34",
        "TermsOfPaymentId": erp.terms("30 dagar").await,
    });
    merge(&mut body, changes);
    body
}

#[tokio::test]
async fn the_system_fills_what_is_left_out() {
    let erp = Erp::start().await;
    let customer = erp.customer(json!({})).await;
    assert_eq!(customer["CustomerNumber"], "1001");
    assert_eq!(customer["CurrencyCode"], "SEK");
    assert_eq!(customer["TermsOfPayment"]["Name"], "30 dagar");
    assert_eq!(customer["ChangedUtc"], "2026-02-17T09:00:00Z");
    assert_eq!(erp.get("/companysettings").await.of(200)["NextCustomerNumber"], 1002);
    erp.customer(json!({ "CustomerNumber": "1002" })).await;
    assert_eq!(erp.customer(json!({})).await["CustomerNumber"], "1003", "a number in use is passed over");
}

#[tokio::test]
async fn required_fields_and_lengths() {
    let erp = Erp::start().await;
    for field in ["Name", "IsPrivatePerson", "IsActive", "InvoiceCity", "InvoicePostalCode", "TermsOfPaymentId"] {
        let refused = erp.post("/customers", body(&erp, json!({ field: null })).await).await.refused(400, 2000);
        assert_eq!(refused["Errors"][0]["Field"], field);
    }
    for (field, length) in [("Name", 50), ("InvoicePostalCode", 10), ("CustomerNumber", 16), ("InvoiceAddress1", 50)] {
        let long = body(&erp, json!({ field: "å".repeat(length + 1) })).await;
        let refused = erp.post("/customers", long).await.refused(400, 2000);
        assert_eq!(refused["Errors"].as_array().unwrap().len(), 1);
        erp.post("/customers", body(&erp, json!({ field: "å".repeat(length) })).await).await.of(201);
    }
    let two = body(&erp, json!({ "Name": 7, "DiscountPercentage": decimal("0.12345") })).await;
    assert_eq!(erp.post("/customers", two).await.refused(400, 2000)["Errors"].as_array().unwrap().len(), 2);
    let count = erp.list("/customers").await.len();
    assert_eq!(count, 4, "what was refused left nothing");
}

#[tokio::test]
async fn leniency_is_a_switch() {
    let erp = Erp::start().await;
    let blank = body(&erp, json!({ "InvoiceCity": " " })).await;
    erp.post("/customers", blank.clone()).await.refused(400, 2000);
    erp.switch("blank", "accepted");
    erp.post("/customers", blank).await.of(201);
    erp.switch("required", "defaulted");
    let created = erp.post("/customers", body(&erp, json!({ "IsActive": null })).await).await.of(201);
    assert_eq!(created["IsActive"], false);
    erp.post("/customers", body(&erp, json!({ "Name": null })).await).await.refused(400, 2000);
}

#[tokio::test]
async fn unknown_and_read_only_fields() {
    let erp = Erp::start().await;
    let customer = erp.customer(json!({ "Nonsense": 1, "UnpaidInvoicesAmount": 99, "Id": "x" })).await;
    assert_eq!(customer["UnpaidInvoicesAmount"], 0);
    assert!(customer.get("Nonsense").is_none());
    erp.put(&path("customers", &customer), customer.clone()).await.of(200);
    erp.switch("read_only_in_body", "refused");
    erp.put(&path("customers", &customer), customer.clone()).await.refused(400, 2000);
}

#[tokio::test]
async fn put_replaces_but_for_the_keepers() {
    let erp = Erp::start().await;
    let customer = erp.customer(json!({ "Iban": "SE35", "Telephone": "042-1", "Note": "x" })).await;
    erp.advance(60);
    let replaced = erp.put(&path("customers", &customer), body(&erp, json!({ "Name": "Nytt AB" })).await).await.of(200);
    assert_eq!((&replaced["Telephone"], &replaced["Note"]), (&Value::Null, &Value::Null));
    assert_eq!((&replaced["Iban"], &replaced["CustomerNumber"]), (&json!("SE35"), &json!("1001")));
    assert_eq!((&replaced["Id"], &replaced["ChangedUtc"]), (&customer["Id"], &json!("2026-02-17T09:01:00Z")));
}

#[tokio::test]
async fn numbers_are_unique() {
    let erp = Erp::start().await;
    let first = erp.customer(json!({ "CustomerNumber": "A" })).await;
    let second = erp.customer(json!({ "CustomerNumber": "B" })).await;
    erp.post("/customers", body(&erp, json!({ "CustomerNumber": "A" })).await).await.refused(409, 4000);
    let steal = body(&erp, json!({ "CustomerNumber": "A" })).await;
    erp.put(&path("customers", &second), steal.clone()).await.refused(409, 4000);
    erp.put(&path("customers", &first), steal).await.of(200);
    erp.delete(&path("customers", &first)).await.of(200);
    erp.put(&path("customers", &second), body(&erp, json!({ "CustomerNumber": "A" })).await).await.of(200);
    erp.post("/customers", body(&erp, json!({ "CustomerNumber": "B" })).await).await.of(201);
}

#[tokio::test]
async fn references_must_exist() {
    let erp = Erp::start().await;
    let bad = body(&erp, json!({ "TermsOfPaymentId": "6f9619ff-8b86-d011-b42d-00c04fc964ff" })).await;
    erp.post("/customers", bad.clone()).await.refused(400, 3000);
    erp.switch("bad_reference", "404");
    erp.post("/customers", bad).await.refused(404, 3000);
    erp.post("/customers", body(&erp, json!({ "CurrencyCode": "XXX" })).await).await.refused(400, 2000);
}

#[tokio::test]
async fn rules_over_several_fields() {
    let erp = Erp::start().await;
    for (changes, code) in [
        (json!({ "ReverseChargeOnConstructionServices": true }), 2000),
        (json!({ "DeliveryBasedVat": true }), 2000),
        (json!({ "EmailAddresses": ["a@b.se"] }), 2000),
        (json!({ "EmailAddress": "a@b.se", "EmailAddresses": ["1", "2", "3", "4", "5", "6"] }), 2000),
        (json!({ "ForceBookkeepVat": true, "InvoiceCountryCode": "DE" }), 4035),
        (json!({ "VatNumber": "se556677889901" }), 4025),
        (json!({ "VatNumber": "SE55" }), 4025),
    ] {
        erp.post("/customers", body(&erp, changes).await).await.refused(400, code);
    }
    erp.customer(json!({ "ForceBookkeepVat": true, "InvoiceCountryCode": "NO" })).await;
    erp.switch("refusal_status", "409");
    erp.post("/customers", body(&erp, json!({ "VatNumber": "SE55" })).await).await.refused(409, 4025);
    let vat = body(&erp, json!({ "VatNumber": "SE556677889901" })).await;
    erp.post("/customers", vat.clone()).await.of(201);
    erp.switch("vies", "down");
    erp.post("/customers", vat).await.refused(500, 5001);
}

#[tokio::test]
async fn control_digits_are_checked_by_switch() {
    let erp = Erp::start().await;
    let wrong = body(&erp, json!({ "CorporateIdentityNumber": "212000-0143" })).await;
    erp.post("/customers", wrong.clone()).await.of(201);
    erp.switch("org_number_check", "on");
    erp.post("/customers", wrong).await.refused(400, 4008);
    erp.customer(json!({ "CorporateIdentityNumber": "212000-0142" })).await;
}

#[tokio::test]
async fn labels_are_linked_by_id_or_name() {
    let erp = Erp::start().await;
    let label = erp.post("/customerlabels", json!({ "Name": "Webb" })).await.of(201);
    let other = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
    let by_id = erp.customer(json!({ "CustomerLabels": [{ "Id": label["Id"], "Name": "whatever" }] })).await;
    assert_eq!(by_id["CustomerLabels"], json!([{ "Id": label["Id"], "Name": "Webb", "Description": null }]));
    let named = body(&erp, json!({ "CustomerLabels": [{ "Id": other, "Name": "Webb" }] })).await;
    erp.post("/customers", named.clone()).await.refused(400, 3000);
    erp.switch("label_link", "name");
    assert_eq!(erp.post("/customers", named).await.of(201)["CustomerLabels"][0]["Id"], label["Id"]);
    erp.delete(&path("customerlabels", &label)).await.of(200);
    assert_eq!(erp.get(&path("customers", &by_id)).await.of(200)["CustomerLabels"], json!([]));
}

#[tokio::test]
async fn a_customer_with_transactions_stays() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let order = erp.order(&customer, &article, json!({})).await;
    erp.delete(&path("customers", &customer)).await.refused(400, 4001);
    erp.delete(&path("orders", &order)).await.of(200);
    let answer = erp.delete(&path("customers", &customer)).await;
    assert_eq!((answer.status, answer.body), (200, json!("")));
    erp.get(&path("customers", &customer)).await.refused(404, 3000);
}

#[tokio::test]
async fn what_is_owed_shows_on_the_customer() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    erp.invoice(&customer, &article, json!({ "InvoiceDate": "2026-02-10" })).await;
    let shown = erp.get(&path("customers", &customer)).await.of(200);
    assert_eq!(
        (&shown["UnpaidInvoicesAmount"], &shown["LastInvoiceDate"]),
        (&json!(250), &json!("2026-02-10T00:00:00Z"))
    );
    assert_eq!(shown["ChangedUtc"], customer["ChangedUtc"], "an invoice does not move the customer's stamp");
}
