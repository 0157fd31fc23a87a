//! Customer invoices: made, read, sent.

use serde_json::{Value, json};

use crate::client::{Erp, path};

async fn set_up() -> (Erp, Value, Value) {
    let erp = Erp::start().await;
    let customer = json!({ "EmailAddress": "a@b.se", "EmailAddresses": ["kopia@b.se"] });
    let (customer, article) = (erp.customer(customer).await, erp.article("A").await);
    (erp, customer, article)
}

#[tokio::test]
async fn an_invoice_is_booked_and_numbered_at_once() {
    let (erp, customer, article) = set_up().await;
    let invoice = erp.invoice(&customer, &article, json!({ "InvoiceNumber": 77, "InvoiceCity": "Lund" })).await;
    assert_eq!((&invoice["InvoiceNumber"], &invoice["InvoiceCity"]), (&json!(1), &json!("Lund")));
    assert_eq!(
        invoice["VatSpecification"],
        json!([{ "AmountInvoiceCurrency": 200, "VatAmountInvoiceCurrency": 50, "VatPercent": 25 }])
    );
    let year = erp.id("/fiscalyears", "StartDate", "2026-01-01T00:00:00Z").await;
    let voucher = erp.get(&format!("/vouchers/{year}/{}", invoice["VoucherId"].as_str().unwrap())).await.of(200);
    assert_eq!((&voucher["VoucherType"], &voucher["SourceId"]), (&json!(14), &invoice["Id"]));
    let rows: Vec<_> = voucher["Rows"].as_array().unwrap().iter().collect();
    let booked = |row: &Value| (row["AccountNumber"].clone(), row["DebitAmount"].clone(), row["CreditAmount"].clone());
    assert_eq!(booked(rows[0]), (json!(1510), json!(250), json!(0)));
    assert_eq!(booked(rows[1]), (json!(3001), json!(0), json!(200)));
    assert_eq!(booked(rows[2]), (json!(2611), json!(0), json!(50)));
    assert_eq!(erp.invoice(&customer, &article, json!({})).await["InvoiceNumber"], 2);
    assert!(erp.mails().is_empty(), "nothing is sent that nobody asked for");
}

#[tokio::test]
async fn rows_without_an_article_are_text() {
    let (erp, customer, article) = set_up().await;
    let rows = json!({ "Rows": [{ "Text": "Tack!" }, { "ArticleId": article["Id"], "Quantity": 1, "UnitPrice": 10 }] });
    let invoice = erp.invoice(&customer, &article, rows).await;
    assert_eq!(invoice["Rows"][0]["IsTextRow"], true);
    assert_eq!((&invoice["Rows"][1]["LineNumber"], &invoice["Rows"][1]["AmountNoVat"]), (&json!(2), &json!(10)));
    erp.post("/customerinvoices", erp.invoice_body(&customer, &article, json!({ "Rows": [] })))
        .await
        .refused(400, 2000);
    erp.post("/customerinvoices", erp.invoice_body(&customer, &article, json!({ "Rows": [{}] })))
        .await
        .refused(400, 2000);
}

#[tokio::test]
async fn what_cannot_be_booked_leaves_no_trace() {
    let (erp, customer, article) = set_up().await;
    let post =
        async |changes: Value| erp.post("/customerinvoices", erp.invoice_body(&customer, &article, changes)).await;
    post(json!({ "InvoiceDate": "2026-02-18" })).await.refused(400, 4023);
    post(json!({ "InvoiceDate": "2019-06-01" })).await.refused(400, 4013);
    erp.act("set_company", json!({ "settings": { "NextCustomerInvoiceNumber": 0 } }));
    post(json!({})).await.refused(400, 4013);
    assert!(erp.list("/customerinvoices").await.is_empty() && erp.list("/vouchers").await.is_empty());
    erp.act("set_company", json!({ "settings": { "NextCustomerInvoiceNumber": 500 } }));
    assert_eq!(post(json!({})).await.of(201)["InvoiceNumber"], 500);
}

#[tokio::test]
async fn a_draft_can_be_booked_by_naming_it() {
    let (erp, customer, article) = set_up().await;
    let draft = erp.post("/customerinvoicedrafts", erp.draft_body(&customer, &article, json!({}))).await.of(201);
    let body =
        erp.invoice_body(&customer, &article, json!({ "CreatedFromDraftId": draft["Id"], "SendType": 1, "Rows": [] }));
    assert_eq!(erp.post("/customerinvoices", body.clone()).await.of(201)["TotalAmount"], 250);
    assert_eq!(erp.mails()[0]["send_type"], 1);
    erp.post("/customerinvoices", body).await.refused(400, 3000);
}

#[tokio::test]
async fn the_currency_is_the_customers() {
    let (erp, _, article) = set_up().await;
    let customer = erp.customer(json!({ "CurrencyCode": "EUR" })).await;
    let invoice = erp.invoice(&customer, &article, json!({ "CurrencyCode": "USD" })).await;
    assert_eq!((&invoice["CurrencyCode"], &invoice["TotalAmount"]), (&json!("EUR"), &crate::client::decimal("2812.5")));
    let invoice = erp.invoice(&customer, &article, json!({ "CurrencyRate": 10 })).await;
    assert_eq!((&invoice["TotalAmountInvoiceCurrency"], &invoice["TotalAmount"]), (&json!(250), &json!(2500)));
}

#[tokio::test]
async fn modified_since() {
    let (erp, customer, article) = set_up().await;
    erp.invoice(&customer, &article, json!({})).await;
    erp.advance(60);
    erp.invoice(&customer, &article, json!({})).await;
    let since = async |at: &str| {
        let found = erp.list(&format!("/customerinvoices?modifiedSinceUtc={at}")).await;
        found.iter().map(|invoice| invoice["InvoiceNumber"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(since("2026-02-17T09:00:00Z").await, [1, 2]);
    assert_eq!(since("2026-02-17T09:01:00Z").await, [2]);
    erp.switch("modified_since", "exclusive");
    assert_eq!(since("2026-02-17T09:00:00Z").await, [2]);
    erp.switch("modified_since_new", "hidden");
    assert!(since("2026-02-17T08:00:00Z").await.is_empty());
    erp.act("void_invoice", json!({ "number": 1 }));
    assert_eq!(since("2026-02-17T08:00:00Z").await, [1]);
    erp.get("/customerinvoices?modifiedSinceUtc=yesterday").await.refused(400, 6001);
}

#[tokio::test]
async fn an_invoice_becomes_overdue_without_being_touched() {
    let (erp, customer, article) = set_up().await;
    let invoice = erp.invoice(&customer, &article, json!({ "DueDate": "2026-02-18" })).await;
    let at = path("customerinvoices", &invoice);
    assert_eq!(invoice["PaymentStatus"], 1);
    erp.post(&format!("{at}/paymentreminders"), json!({})).await.refused(400, 4002);
    erp.advance(2 * 86_400);
    erp.sign_in(json!({}));
    let late = erp.get(&at).await.of(200);
    assert_eq!((&late["PaymentStatus"], &late["ModifiedUtc"]), (&json!(2), &Value::Null));
    assert_eq!(erp.list("/customerinvoices?$filter=PaymentStatus eq 2").await.len(), 1);
    erp.post(&format!("{at}/paymentreminders"), json!({})).await.of(200);
    let reminded = erp.get(&at).await.of(200);
    assert_eq!((&reminded["PaymentRemindersCount"], &reminded["PaymentReminderIssued"]), (&json!(1), &json!(true)));
    assert_eq!(erp.mails()[0]["kind"], "reminder");
}

#[tokio::test]
async fn mails_of_invoices() {
    let (erp, customer, article) = set_up().await;
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    let at = path("customerinvoices", &invoice);
    let answer = erp.act_on(&format!("{at}/email")).await;
    assert_eq!((answer.status, answer.body), (200, json!("")));
    erp.post(&format!("{at}/email"), json!({ "Email": "x@y.se", "CcRecipients": null, "Subject": "Faktura ####" }))
        .await
        .of(200);
    erp.post(&format!("{at}/einvoice"), json!({ "SendType": 3 })).await.refused(400, 2000);
    erp.post(&format!("{at}/einvoice"), json!({ "SendType": 2 })).await.of(200);
    let mails = erp.mails();
    assert_eq!(mails.len(), 3);
    assert_eq!((&mails[0]["to"], &mails[0]["cc"]), (&json!("a@b.se"), &json!(["kopia@b.se"])));
    assert_eq!(
        (&mails[1]["to"], &mails[1]["cc"], &mails[1]["subject"]),
        (&json!("x@y.se"), &json!([]), &json!("Faktura 1"))
    );
    assert_eq!((&mails[2]["kind"], &mails[2]["number"]), (&json!("einvoice"), &json!(1)));
}

#[tokio::test]
async fn the_pdf_lies_behind_an_anonymous_link() {
    let (erp, customer, article) = set_up().await;
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    let link = erp.get(&format!("{}/pdf", path("customerinvoices", &invoice))).await.of(200)["Url"].clone();
    let link = link.as_str().unwrap();
    assert!(link.starts_with(erp.emulator.base_url()) && !link.contains("/v2/"), "{link}");
    let answer = erp.http.get(link).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "application/pdf")
    );
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF"));
}

#[tokio::test]
async fn open_items() {
    let (erp, customer, article) = set_up().await;
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    let items = erp.list("/customerledgeritems").await;
    assert_eq!((&items[0]["InvoiceNumber"], &items[0]["RemainingAmountInvoiceCurrency"]), (&json!(1), &json!(250)));
    assert_eq!(items[0]["VoucherId"], invoice["VoucherId"]);
    assert_ne!(items[0]["Id"], invoice["Id"]);
    let open = erp.list("/customerledgeritems?$filter=RemainingAmountInvoiceCurrency gt 0").await;
    assert_eq!(open.len(), 1);
    erp.switch("ledger_lists_invoices", "no");
    assert!(erp.list("/customerledgeritems").await.is_empty());
    erp.get(&path("customerledgeritems", &items[0])).await.refused(404, 3000);
}

#[tokio::test]
async fn ledger_items_need_a_manual_voucher_and_a_free_number() {
    let (erp, customer, article) = set_up().await;
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    let item = |number: i64, voucher: &Value| {
        json!({
            "CurrencyCode": "SEK",
            "CustomerId": customer["Id"],
            "InvoiceNumber": number,
            "IsCreditInvoice": false,
            "RemainingAmountInvoiceCurrency": 100,
            "TotalAmountInvoiceCurrency": 100,
            "VoucherId": voucher,
        })
    };
    erp.post("/customerledgeritems", item(900, &invoice["VoucherId"])).await.refused(400, 2000);
    let rows = |credit: i64| json!([{ "AccountNumber": 1510, "DebitAmount": 100 }, { "AccountNumber": 3004, "CreditAmount": credit }]);
    let voucher = |rows: Value| json!({ "VoucherDate": "2026-02-17", "VoucherText": "x", "Rows": rows });
    erp.post("/vouchers", voucher(rows(99))).await.refused(400, 2000);
    erp.post("/vouchers", voucher(json!([{ "AccountNumber": 4711 }]))).await.refused(400, 3002);
    let mut locked = voucher(rows(100));
    locked["VoucherDate"] = json!("2019-12-31");
    erp.post("/vouchers", locked).await.refused(400, 4026);
    let made = erp.post("/vouchers", voucher(rows(100))).await.of(201);
    assert_eq!(made["NumberAndNumberSeries"], "A1");
    erp.post("/customerledgeritems", item(1, &made["Id"])).await.refused(409, 4000);
    erp.post("/customerledgeritems", item(900, &made["Id"])).await.of(201);
}
