//! Quotes, projects, suppliers, files on documents and links to partners.

use serde_json::{Value, json};

use crate::client::{Erp, merge, order_row, path};

fn quote_body(customer: &Value, article: &Value, changes: Value) -> Value {
    let mut body = json!({
        "CustomerId": customer["Id"],
        "QuoteDate": "2026-02-17",
        "DueDate": "2026-03-17",
        "CustomerReference": "Anna",
        "BuyersOrderReference": "se-1",
        "Rows": [{ "ArticleId": article["Id"], "Quantity": 2, "UnitPrice": 100 }, { "Text": "Fri text" }],
    });
    merge(&mut body, changes);
    body
}

#[tokio::test]
async fn a_quote_goes_from_draft_to_order() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let draft = erp.post("/quotedrafts", quote_body(&customer, &article, json!({}))).await.of(201);
    assert_eq!((&draft["Status"], &draft["Number"], &draft["TotalAmount"]), (&json!(0), &Value::Null, &json!(250)));
    assert_eq!((&draft["Rows"][1]["IsTextRow"], &draft["VatAmount"]), (&json!(true), &json!(50)));
    let quote = erp.send("PUT", &format!("{}/convert", path("quotedrafts", &draft)), None).await.of(200);
    assert_eq!((&quote["Status"], &quote["Number"], &quote["Id"]), (&json!(1), &json!(1), &draft["Id"]));
    erp.get(&path("quotedrafts", &draft)).await.refused(404, 3000);
    let at = path("quotes", &quote);
    let preview = erp.act_on(&format!("{at}/previeworder")).await;
    assert_eq!(preview.body["ErrorCode"], 4002, "not before it is approved");
    erp.send("PUT", &format!("{at}/accept"), None).await.of(200);
    erp.send("PUT", &format!("{at}/accept"), None).await.refused(400, 4002);
    let approved = erp.get(&at).await.of(200);
    assert_eq!((&approved["Status"], &approved["ApprovedDate"]), (&json!(2), &json!("2026-02-17T00:00:00Z")));
    erp.post(&format!("{at}/previeworder"), json!({ "Type": 1 })).await.of(200);
    assert!(erp.list("/orders").await.is_empty());
    let order = erp.post(&format!("{at}/converttoorder"), json!({ "Type": 1 })).await.of(200);
    assert_eq!(
        (&order["Status"], &order["CreatedFromQuoteId"], &order["YourReference"]),
        (&json!(2), &quote["Id"], &json!("Anna"))
    );
    assert_eq!((&order["BuyersOrderReference"], &order["Amount"]), (&json!("se-1"), &json!(200)));
    assert_eq!(erp.get(&at).await.of(200)["Status"], 4);
    erp.post(&format!("{at}/converttoorder"), json!({})).await.refused(400, 4002);
    erp.put(&at, quote_body(&customer, &article, json!({}))).await.refused(400, 4002);
    erp.delete(&at).await.refused(400, 4001);
}

#[tokio::test]
async fn a_quote_can_be_invoiced_deleted_and_sent() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({ "EmailAddress": "a@example.se" })).await, erp.article("A").await);
    let quote = erp.post("/quotes", quote_body(&customer, &article, json!({}))).await.of(201);
    let at = path("quotes", &quote);
    let changed = quote_body(&customer, &article, json!({ "CustomerReference": "Bo", "Status": 2 }));
    let changed = erp.put(&at, changed).await.of(200);
    assert_eq!((&changed["Status"], &changed["CustomerReference"]), (&json!(1), &json!("Bo")));
    erp.post(&format!("{at}/email"), json!({ "Subject": "Offert ####" })).await.of(200);
    assert_eq!(erp.mails()[0]["subject"], "Offert 1");
    erp.act("accept_quote", json!({ "number": 1 }));
    let invoice = erp.act_on(&format!("{at}/converttocustomerinvoice")).await.of(200);
    assert_eq!((&invoice["CreatedFromQuoteId"], &invoice["TotalAmount"]), (&quote["Id"], &json!(250)));
    assert_eq!(erp.get(&at).await.of(200)["Status"], 3);
    let early = quote_body(&customer, &article, json!({ "DeliveryDate": "2026-02-16" }));
    erp.post("/quotes", early).await.refused(400, 2000);
    let other = erp.post("/quotes", quote_body(&customer, &article, json!({}))).await.of(201);
    erp.delete(&path("quotes", &other)).await.of(200);
    let terms = erp.terms("30 dagar").await;
    let named = quote_body(&customer, &article, json!({ "TermsOfPayment": { "Id": terms } }));
    assert_eq!(erp.post("/quotes", named).await.of(201)["TermsOfPayment"]["Id"], terms);
    erp.act("set_company", json!({ "settings": { "ActivatedModules": ["api_standard"] } }));
    erp.get("/quotes").await.refused(403, 4002);
}

#[tokio::test]
async fn a_quote_may_be_converted_early_by_switch() {
    for (word, status) in [("approved", 400), ("ongoing_or_approved", 200)] {
        let erp = Erp::start().await;
        erp.switch("quote_convert_from", word);
        let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
        let quote = erp.post("/quotes", quote_body(&customer, &article, json!({}))).await.of(201);
        assert_eq!(erp.act_on(&format!("{}/converttoorder", path("quotes", &quote))).await.status, status, "{word}");
    }
}

#[tokio::test]
async fn projects_have_numbers_and_end() {
    let erp = Erp::start().await;
    let customer = erp.customer(json!({})).await;
    let body = json!({ "Number": "P1", "Name": "Mässa", "Status": 1, "StartDate": "2026-02-01", "CustomerId": customer["Id"] });
    let project = erp.post("/projects", body.clone()).await.of(201);
    assert_eq!(project["CustomerName"], customer["Name"]);
    erp.post("/projects", body.clone()).await.refused(409, 4000);
    for (change, code) in [
        (json!({ "Number": "1234567890" }), 2000),
        (json!({ "StartDate": null }), 2000),
        (json!({ "EndDate": "2026-01-31" }), 2000),
        (json!({ "Status": 3 }), 2000),
        (json!({ "CustomerId": "6f9619ff-8b86-d011-b42d-00c04fc964ff" }), 3000),
    ] {
        let mut bad = body.clone();
        bad["Number"] = json!("P2");
        merge(&mut bad, change);
        erp.post("/projects", bad).await.refused(400, code);
    }
    let article = erp.article("A").await;
    let mut row = order_row(1, &article, "1", "100");
    row["ProjectId"] = project["Id"].clone();
    let order = erp.order_body(&customer, &article, json!({ "Rows": [row] })).await;
    erp.post("/orders", order.clone()).await.of(201);
    let mut ended = body;
    ended["Status"] = json!(2);
    erp.put(&path("projects", &project), ended).await.of(201);
    erp.post("/orders", order).await.refused(400, 5005);
    erp.delete(&path("projects", &project)).await.of(405);
    assert_eq!(erp.list("/projects?$filter=Number eq 'P1'").await.len(), 1);
    erp.sign_in(json!({ "scopes": "ea:api ea:sales" }));
    erp.get("/projects").await.of(200);
    erp.post("/projects", json!({})).await.refused(403, 4006);
}

#[tokio::test]
async fn suppliers_have_numbers_and_articles() {
    let erp = Erp::start().await;
    let terms = erp.terms("30 dagar").await;
    let body = json!({ "Name": "Leverantören AB", "TermsOfPaymentId": terms });
    let supplier = erp.post("/suppliers", body.clone()).await.of(201);
    assert_eq!((&supplier["SupplierNumber"], &supplier["CurrencyCode"]), (&json!("1"), &json!("SEK")));
    assert_eq!((&supplier["IsActive"], &supplier["ModifiedUtc"]), (&json!(true), &Value::Null));
    let mut numbered = body.clone();
    numbered["SupplierNumber"] = json!("1");
    erp.post("/suppliers", numbered).await.refused(409, 4000);
    erp.post("/suppliers", json!({ "Name": "Utan villkor" })).await.refused(400, 2000);
    let at = path("suppliers", &supplier);
    erp.advance(60);
    let changed = erp.put(&at, body).await.of(200);
    assert_eq!((&changed["SupplierNumber"], &changed["ModifiedUtc"]), (&json!("1"), &json!("2026-02-17T09:01:00Z")));
    erp.act("set_company", json!({ "stock_module": true }));
    let mut article = erp.article_body("A", "Varor 25 %", "100", "125").await;
    article["SupplierId"] = supplier["Id"].clone();
    let made = erp.post("/articles", article.clone()).await.of(201);
    erp.delete(&at).await.refused(400, 4001);
    article["SupplierId"] = json!("00000000-0000-0000-0000-000000000000");
    assert_eq!(erp.put(&path("articles", &made), article).await.of(200)["SupplierId"], Value::Null);
    erp.delete(&at).await.of(200);
    erp.act("set_company", json!({ "settings": { "ProductVariant": 2 } }));
    erp.get("/suppliers").await.refused(403, 4009);
}

#[tokio::test]
async fn files_hang_on_documents() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let order = erp.order(&customer, &article, json!({})).await;
    let body = json!({ "ContentType": "application/pdf", "FileName": "följesedel.pdf", "DockumentId": order["Id"], "Data": "SGVq" });
    let file = erp.post("/salesdocumentattachments/order", body.clone()).await.of(201);
    assert_eq!((&file["OriginalFilename"], &file["DocumentSize"]), (&json!("följesedel.pdf"), &json!(3)));
    assert_eq!(erp.get(&path("orders", &order)).await.of(200)["SalesDocumentAttachments"], json!([file["Id"]]));
    assert_eq!(erp.get(&format!("{}.pdf", path("salesdocumentattachments", &file))).await.of(200), json!("Hej"));
    for (change, code) in [
        (json!({ "ContentType": "text/plain" }), 2000),
        (json!({ "Data": null }), 2000),
        (json!({ "Data": "inte base64" }), 2000),
        (json!({ "DockumentId": customer["Id"] }), 5007),
    ] {
        let mut bad = body.clone();
        merge(&mut bad, change);
        erp.post("/salesdocumentattachments/order", bad).await.refused(400, code);
    }
    let at =
        format!("/salesdocumentattachments/order/{}/{}", order["Id"].as_str().unwrap(), file["Id"].as_str().unwrap());
    erp.delete(&at).await.of(200);
    erp.delete(&at).await.refused(404, 3000);
    assert_eq!(erp.get(&path("orders", &order)).await.of(200)["SalesDocumentAttachments"], json!([]));
}

#[tokio::test]
async fn records_are_linked_to_partners() {
    let erp = Erp::start().await;
    let article = erp.article("A").await;
    let body = json!({ "ResourceId": article["Id"], "ResourceType": 0, "Href": "https://example.com/1",
        "PartnerCompanyName": "Exempel", "PartnerSystemName": "Butik" });
    let link = erp.post("/partnerresourcelinks", body.clone()).await.of(201);
    let at = path("partnerresourcelinks", &link);
    let mut other = body;
    other["Href"] = json!("https://example.com/2");
    assert_eq!(erp.put(&at, other.clone()).await.of(200)["Href"], "https://example.com/2");
    other["ResourceType"] = json!(1);
    erp.post("/partnerresourcelinks", other).await.refused(400, 3000);
    assert_eq!(erp.list("/partnerresourcelinks").await.len(), 1);
    erp.delete(&at).await.of(200);
    erp.get(&at).await.refused(404, 3000);
}
