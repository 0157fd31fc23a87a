//! The part of the session that is about price lists, quotes and the registers around articles.

use serde_json::{Value, json};

use crate::client::{Erp, path};

pub(crate) async fn trade(erp: &Erp, customer: &Value, article: &Value) {
    price_lists(erp, article).await;
    quotes(erp, customer, article).await;
    registers(erp, customer).await;
    let order = erp.order(customer, article, json!({})).await;
    let invoice = erp.invoice(customer, article, json!({})).await;
    let quote = erp
        .post("/quotes", json!({ "CustomerId": customer["Id"], "QuoteDate": "2026-02-17", "Rows": [] }))
        .await
        .of(201);
    for (kind, document) in [("order", &order), ("customerinvoice", &invoice), ("quote", &quote)] {
        let body = json!({ "ContentType": "application/pdf", "FileName": "a.pdf", "DockumentId": document["Id"], "Data": "SGVq" });
        let file = erp.post(&format!("/salesdocumentattachments/{kind}"), body).await.of(201);
        erp.get(&path("salesdocumentattachments", &file)).await.of(200);
        let (document, file) = (document["Id"].as_str().unwrap(), file["Id"].as_str().unwrap());
        erp.delete(&format!("/salesdocumentattachments/{kind}/{document}/{file}")).await.of(200);
    }
    erp.get("/salesdocumentattachments").await.of(200);
    erp.get(&path("orders", &order)).await.of(200);
    erp.get(&format!("{}?customerId={}", path("articles", article), customer["Id"].as_str().unwrap())).await.of(200);
}

async fn price_lists(erp: &Erp, article: &Value) {
    let list =
        erp.post("/salespricelists", json!({ "Name": "Åf", "CurrencyCode": "SEK", "IsActive": true })).await.of(201);
    let at = path("salespricelists", &list);
    erp.get("/salespricelists?$filter=ChangedUtc%20ge%202026-01-01T00:00:00Z").await.of(200);
    erp.get(&at).await.of(200);
    erp.put(&at, json!({ "Name": "Återförsäljare", "CurrencyCode": "SEK" })).await.of(200);
    let rows = json!([{ "ArticleId": article["Id"], "NetPrice": 80 }]);
    erp.put(&format!("{at}/prices?updateRecurringInvoices=false"), rows).await.of(200);
    let id = list["Id"].as_str().unwrap();
    erp.get("/salespricelists/prices").await.of(200);
    erp.get(&format!("/salespricelists/prices/{id}")).await.of(200);
    erp.get(&format!("/salespricelists/prices/{id}/{}", article["Id"].as_str().unwrap())).await.of(200);
    erp.delete(&at).await.of(200);
    let agreement =
        json!({ "Id": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "Number": 1, "Name": "Tio", "IsActive": true });
    erp.emulator.seed(json!({ "discountagreements": [agreement] })).unwrap();
    erp.get("/discountagreements").await.of(200);
    erp.get("/discountagreements/6f9619ff-8b86-d011-b42d-00c04fc964ff").await.of(200);
}

async fn quotes(erp: &Erp, customer: &Value, article: &Value) {
    let body = json!({
        "CustomerId": customer["Id"],
        "QuoteDate": "2026-02-17",
        "DueDate": "2026-03-17",
        "DeliveryDate": "2026-02-20",
        "CompanyReference": "Bo",
        "EuThirdParty": false,
        "RotReducedInvoicingType": 0,
        "Rows": [{ "ArticleId": article["Id"], "Quantity": 2, "UnitPrice": 100, "DiscountPercentage": 0 }, { "Text": "Fri text" }],
    });
    let draft = erp.post("/quotedrafts", body.clone()).await.of(201);
    let at = path("quotedrafts", &draft);
    erp.get("/quotedrafts").await.of(200);
    erp.get(&at).await.of(200);
    erp.put(&at, body.clone()).await.of(200);
    let quote = erp.send("PUT", &format!("{at}/convert"), None).await.of(200);
    let dropped = erp.post("/quotedrafts", body.clone()).await.of(201);
    erp.delete(&path("quotedrafts", &dropped)).await.of(200);
    let at = path("quotes", &quote);
    erp.get("/quotes?$filter=ModifiedUtc%20ge%202026-01-01T00:00:00Z").await.of(200);
    erp.get(&at).await.of(200);
    erp.put(&at, body.clone()).await.of(200);
    erp.send("PUT", &format!("{at}/accept"), None).await.of(200);
    erp.post(&format!("{at}/previeworder"), json!({ "Type": 1 })).await.of(200);
    erp.post(&format!("{at}/email"), json!({ "Email": "a@example.se" })).await.of(200);
    erp.post(&format!("{at}/converttoorder"), json!({ "Type": 1 })).await.of(200);
    let other = erp.post("/quotes", body.clone()).await.of(201);
    erp.send("PUT", &format!("{}/accept", path("quotes", &other)), None).await.of(200);
    erp.post(&format!("{}/converttocustomerinvoice", path("quotes", &other)), json!({})).await.of(200);
    let gone = erp.post("/quotes", body).await.of(201);
    erp.delete(&path("quotes", &gone)).await.of(200);
}

async fn registers(erp: &Erp, customer: &Value) {
    let project = json!({ "Number": "P1", "Name": "Mässa", "Status": 1, "StartDate": "2026-02-01", "CustomerId": customer["Id"] });
    let made = erp.post("/projects", project.clone()).await.of(201);
    erp.get("/projects").await.of(200);
    erp.get(&path("projects", &made)).await.of(200);
    erp.put(&path("projects", &made), project).await.of(201);
    let supplier = json!({ "Name": "Leverantören", "TermsOfPaymentId": erp.terms("30 dagar").await, "BankgiroNumber": "123-4567" });
    let made = erp.post("/suppliers", supplier.clone()).await.of(201);
    erp.get("/suppliers").await.of(200);
    erp.get(&path("suppliers", &made)).await.of(200);
    erp.put(&path("suppliers", &made), supplier).await.of(200);
    erp.delete(&path("suppliers", &made)).await.of(200);
    let link = json!({ "ResourceId": customer["Id"], "ResourceType": 1, "Href": "https://example.com/1",
        "PartnerCompanyName": "Exempel", "PartnerSystemName": "Butik" });
    let made = erp.post("/partnerresourcelinks", link.clone()).await.of(201);
    erp.get("/partnerresourcelinks").await.of(200);
    erp.get(&path("partnerresourcelinks", &made)).await.of(200);
    erp.put(&path("partnerresourcelinks", &made), link).await.of(200);
    erp.delete(&path("partnerresourcelinks", &made)).await.of(200);
}
