//! Customer invoice drafts and their conversion.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, path};

async fn set_up() -> (Erp, Value, Value) {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({ "InvoiceAddress1": "Storgatan 1" })).await, erp.article("A").await);
    (erp, customer, article)
}

async fn draft(erp: &Erp, customer: &Value, article: &Value, changes: Value) -> Value {
    erp.post("/customerinvoicedrafts", erp.draft_body(customer, article, changes)).await.of(201)
}

#[tokio::test]
async fn post_code_city_and_country_are_the_customers() {
    let (erp, customer, article) = set_up().await;
    let changes = json!({ "InvoicePostalCode": "99999", "InvoiceCity": "Kiruna", "InvoiceAddress1": "Annan gata", "DeliveryCity": "Kiruna" });
    let draft = draft(&erp, &customer, &article, changes).await;
    for (field, value) in [
        ("InvoicePostalCode", json!("252 34")),
        ("InvoiceCity", json!("Helsingborg")),
        ("InvoiceAddress1", json!("Annan gata")),
        ("DeliveryCity", json!("Kiruna")),
        ("InvoiceCurrencyCode", json!("SEK")),
        ("InvoiceDate", json!("2026-02-17T00:00:00Z")),
        ("DueDate", json!("2026-03-19T00:00:00Z")),
        ("TotalAmount", json!(250)),
        ("TotalVatAmount", json!(50)),
    ] {
        assert_eq!(draft[field], value, "{field}");
    }
    assert!(draft.get("ModifiedUtc").is_none() && draft["CreatedUtc"].is_string());
    assert!(draft.get("InvoiceNumber").is_none());
    erp.act("edit_customer", json!({ "id": customer["Id"], "set": { "InvoiceCity": "Lund" } }));
    let shown = erp.get(&path("customerinvoicedrafts", &draft)).await.of(200);
    assert_eq!(shown["InvoiceCity"], "Helsingborg", "the draft keeps what it took");
}

#[tokio::test]
async fn rows_and_prices() {
    let (erp, customer, article) = set_up().await;
    let row = |changes: Value| {
        let mut row = json!({ "IsTextRow": false, "ArticleId": article["Id"], "Quantity": 1, "ReversedConstructionServicesVatFree": false });
        crate::client::merge(&mut row, changes);
        json!({ "Rows": [row] })
    };
    let refused = async |changes: Value| {
        erp.post("/customerinvoicedrafts", erp.draft_body(&customer, &article, row(changes))).await.refused(400, 2000)
    };
    refused(json!({ "Quantity": decimal("1.234") })).await;
    refused(json!({ "ReversedConstructionServicesVatFree": null })).await;
    refused(json!({ "ArticleId": null })).await;
    assert_eq!(draft(&erp, &customer, &article, row(json!({}))).await["TotalAmount"], 0, "no price is a price of zero");
    let mut replaced = row(json!({}));
    replaced["ReplaceUnitPriceWhenZero"] = json!(true);
    assert_eq!(draft(&erp, &customer, &article, replaced).await["TotalAmount"], 125);
    let private = erp.customer(json!({ "IsPrivatePerson": true })).await;
    let body = erp.draft_body(&private, &article, json!({ "ElectronicReference": "x" }));
    erp.post("/customerinvoicedrafts", body.clone()).await.refused(400, 2000);
    let overridden = erp.post("/customerinvoicedrafts?overrideCustomerIsPrivatePerson=true", body).await.of(201);
    assert_eq!(overridden["CustomerIsPrivatePerson"], false);
}

#[tokio::test]
async fn rows_are_numbered_from_one_or_zero() {
    let (erp, customer, article) = set_up().await;
    assert_eq!(draft(&erp, &customer, &article, json!({})).await["Rows"][0]["LineNumber"], 1);
    erp.switch("first_line_number", 0);
    assert_eq!(draft(&erp, &customer, &article, json!({})).await["Rows"][0]["LineNumber"], 0);
}

#[tokio::test]
async fn converting_books_and_takes_the_draft_away() {
    let (erp, customer, article) = set_up().await;
    let draft =
        draft(&erp, &customer, &article, json!({ "BuyersOrderReference": "se-1", "YourReference": "Anna" })).await;
    let at = path("customerinvoicedrafts", &draft);
    let invoice = erp.act_on(&format!("{at}/convert")).await.of(201);
    for (field, value) in [
        ("InvoiceNumber", json!(1)),
        ("BuyersOrderReference", json!("se-1")),
        ("YourReference", json!("Anna")),
        ("RemainingAmountInvoiceCurrency", json!(250)),
        ("PaymentStatus", json!(1)),
        ("PaymentReferenceNumber", json!("18")),
        ("VoucherNumber", json!("B1")),
        ("CreatedFromDraftId", Value::Null),
    ] {
        assert_eq!(invoice[field], value, "{field}");
    }
    assert_ne!(invoice["Id"], draft["Id"]);
    erp.get(&at).await.refused(404, 3000);
    erp.act_on(&format!("{at}/convert")).await.refused(404, 3000);
    assert!(erp.list("/customerinvoicedrafts").await.is_empty());
}

#[tokio::test]
async fn an_invoice_may_name_the_draft_that_it_was() {
    let (erp, customer, article) = set_up().await;
    erp.switch("invoice_names_draft", "yes");
    let draft = draft(&erp, &customer, &article, json!({})).await;
    let at = path("customerinvoicedrafts", &draft);
    assert_eq!(erp.act_on(&format!("{at}/convert")).await.of(201)["CreatedFromDraftId"], draft["Id"]);
}

#[tokio::test]
async fn the_date_moves_to_today_unless_it_is_kept() {
    let (erp, customer, article) = set_up().await;
    let early = json!({ "InvoiceDate": "2026-02-01", "DueDate": "2026-02-05" });
    let convert = async |changes: Value, query: &str| {
        let draft = draft(&erp, &customer, &article, changes).await;
        erp.act_on(&format!("{}/convert{query}", path("customerinvoicedrafts", &draft))).await
    };
    let moved = convert(early.clone(), "").await.of(201);
    assert_eq!(
        (&moved["InvoiceDate"], &moved["DueDate"]),
        (&json!("2026-02-17T00:00:00Z"), &json!("2026-03-19T00:00:00Z"))
    );
    let kept = convert(early.clone(), "?keepOriginalDraftDate=true").await.of(201);
    assert_eq!(
        (&kept["InvoiceDate"], &kept["DueDate"]),
        (&json!("2026-02-01T00:00:00Z"), &json!("2026-02-05T00:00:00Z"))
    );
    erp.act("set_company", json!({ "settings": { "KeepOriginalDraftDate": true } }));
    assert_eq!(convert(early.clone(), "").await.of(201)["InvoiceDate"], "2026-02-01T00:00:00Z");
    let overridden = convert(early, "?overrideCompanyKeepOriginalDraftDate=true").await.of(201);
    assert_eq!(overridden["InvoiceDate"], "2026-02-17T00:00:00Z");
    convert(json!({ "InvoiceDate": "2026-02-18" }), "").await.refused(400, 4023);
    convert(json!({ "InvoiceDate": "2019-12-31" }), "").await.refused(400, 4013);
    convert(json!({ "InvoiceDate": "1999-12-31" }), "").await.refused(400, 3001);
}

#[tokio::test]
async fn the_check_body_guards_every_sum() {
    let (erp, customer, article) = set_up().await;
    let draft = draft(&erp, &customer, &article, json!({})).await;
    let convert = format!("{}/convert", path("customerinvoicedrafts", &draft));
    for (check, field) in [
        (json!({ "TotalAmountInvoiceCurrency": decimal("250.01") }), "TotalAmountInvoiceCurrency"),
        (json!({ "TotalVatAmountInvoiceCurrency": 0 }), "TotalVatAmountInvoiceCurrency"),
        (json!({ "TotalRoundingsInvoiceCurrency": 1 }), "TotalRoundingsInvoiceCurrency"),
        (
            json!({ "Rows": [{ "LineNumber": 1, "TotalAmountNoVatInvoiceCurrency": 199 }] }),
            "Rows[0].TotalAmountNoVatInvoiceCurrency",
        ),
        (
            json!({ "Rows": [{ "LineNumber": 2, "TotalAmountIncVatInvoiceCurrency": 250 }] }),
            "Rows[0].TotalAmountIncVatInvoiceCurrency",
        ),
    ] {
        let refused = erp.post(&convert, check).await.refused(400, 2000);
        assert_eq!(refused["Errors"][0]["Field"], field);
    }
    erp.switch("check_failure", "4002");
    erp.post(&convert, json!({ "TotalAmountInvoiceCurrency": 1 })).await.refused(400, 4002);
    assert_eq!(erp.list("/customerinvoices").await.len(), 0);
    erp.get(&path("customerinvoicedrafts", &draft)).await.of(200);
    erp.post(&convert, json!({ "TotalAmountInvoiceCurrency": decimal("250.00"), "Rows": null })).await.of(201);
}

#[tokio::test]
async fn credit_notes_have_negative_quantities_or_turned_ones() {
    let (erp, customer, article) = set_up().await;
    let row = |quantity: i64| {
        json!({ "IsCreditInvoice": true, "Rows": [{
            "IsTextRow": false,
            "ArticleId": article["Id"],
            "Quantity": quantity,
            "UnitPrice": 100,
            "ReversedConstructionServicesVatFree": false,
        }] })
    };
    let note = draft(&erp, &customer, &article, row(-2)).await;
    assert_eq!(note["TotalAmount"], -250);
    erp.switch("credit_quantity", "positive");
    assert_eq!(draft(&erp, &customer, &article, row(2)).await["TotalAmount"], -250);
    let check = json!({ "TotalAmountInvoiceCurrency": -250 });
    let booked = erp.post(&format!("{}/convert", path("customerinvoicedrafts", &note)), check).await.of(201);
    assert_eq!((&booked["IsCreditInvoice"], &booked["RemainingAmount"]), (&json!(true), &json!(-250)));
    assert_eq!(booked["ReferringInvoiceId"], Value::Null, "the caller cannot tie it to an invoice");
}
