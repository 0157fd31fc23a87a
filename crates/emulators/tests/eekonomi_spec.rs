//! A long session over HTTP, whose every request and answer is held against the vendor's own description.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers of tests are tests too")]

#[path = "eekonomi/client.rs"]
mod client;
#[path = "eekonomi/trade_session.rs"]
mod trade_session;

use std::path::PathBuf;

use client::{Erp, decimal, order_row, path};
use serde_json::{Value, json};
use spec_check::{Exception, Exceptions, Spec};

const DESCRIPTION: &str = "eekonomi/spec/eaccounting-v2-openapi-3.1-2026-02.json";

const NO_STATUS: &str = "the description declares success and 400 only; the code table of the vendor names the refusal";

static EXCEPTIONS: &[Exception] = &[
    Exception { place: "* 401", at: "", keyword: "status", reason: NO_STATUS },
    Exception { place: "* 403", at: "", keyword: "status", reason: NO_STATUS },
    Exception { place: "* 404", at: "", keyword: "status", reason: NO_STATUS },
    Exception { place: "* 409", at: "", keyword: "status", reason: NO_STATUS },
    Exception { place: "* 429", at: "", keyword: "status", reason: NO_STATUS },
    Exception {
        place: "DELETE /customerlabels/* 404",
        at: "",
        keyword: "body",
        reason: "404 bodies are not declared; the emulator says what is missing in the shape of all refusals",
    },
    Exception {
        place: "* body",
        at: "*Date*",
        keyword: "format",
        reason: "calendar dates are declared as date-time, and the field texts ask for YYYY-MM-DD",
    },
    Exception {
        place: "GET * query",
        at: "$*",
        keyword: "unknown",
        reason: "the common query options of lists are described in the vendor's guides only",
    },
    Exception {
        place: "* /customerlabels/{customerlabelid} path",
        at: "customerLabelId",
        keyword: "required",
        reason: "path and parameter differ in the case of one letter",
    },
    Exception {
        place: "GET /*/print 200",
        at: "",
        keyword: "body",
        reason: "the answer is the file itself, which the description tells in words only",
    },
    Exception {
        place: "POST /customerinvoices body",
        at: "",
        keyword: "required",
        reason: "sent on purpose, to be refused",
    },
];

fn description() -> Option<Spec> {
    #[allow(clippy::disallowed_methods, reason = "where the vendors' descriptions are is told to tests from outside")]
    let vendors = std::env::var("SAMKLANG_VENDORS").map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vendors"));
    let file = vendors.unwrap_or(beside).join(DESCRIPTION);
    if !file.exists() {
        eprintln!("NOT CHECKED: there is no {}; set SAMKLANG_VENDORS to the folder of the vendors", file.display());
        return None;
    }
    Some(Spec::load(file).unwrap())
}

#[tokio::test]
async fn all_that_is_sent_and_answered_is_as_described() {
    session(&[]).await;
}

#[tokio::test]
async fn so_it_is_with_the_other_forms_of_answers() {
    session(&[
        ("nulls", "left_out"),
        ("list_rows", "empty"),
        ("stamp_precision", "millis"),
        ("modified_utc_new", "created"),
        ("vat_rate", "percent"),
        ("vat_percent", "fraction"),
        ("order_amount", "gross"),
        ("invoice_names_draft", "yes"),
        ("void_makes_credit", "no"),
        ("total_roundings", "beside"),
    ])
    .await;
}

async fn session(switches: &[(&str, &str)]) {
    let erp = Erp::start().await;
    for (name, value) in switches {
        erp.switch(name, *value);
    }
    code_lists(&erp).await;
    let (customer, article) = registers(&erp).await;
    orders(&erp, &customer, &article).await;
    drafts(&erp, &customer, &article).await;
    invoices(&erp, &customer, &article).await;
    trade_session::trade(&erp, &customer, &article).await;
    ledger(&erp, &customer).await;
    refusals(&erp, &customer, &article).await;

    let Some(spec) = description() else { return };
    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let mut left = Vec::new();
    let mut covered = std::collections::BTreeSet::new();
    for one in erp.exchanges.borrow().iter() {
        let mut found = spec.check_request(&one.method, &one.path, &one.query, &one.sent);
        found.extend(spec.check_response(&one.method, &one.path, one.status, &one.body));
        left.extend(exceptions.filter(found));
        covered.insert(format!("{} {}", one.method, one.path.split('/').nth(1).unwrap_or_default()));
    }
    let count = erp.exchanges.borrow().len();
    eprintln!("{count} exchanges over {} methods and resources", covered.len());
    assert!(
        left.is_empty(),
        "{} problems:\n{}",
        left.len(),
        left.iter().map(|one| format!("{one}\n")).collect::<String>()
    );
    assert!(count > 120, "only {count} exchanges");
    assert!(exceptions.unused().is_empty(), "not needed: {:#?}", exceptions.unused());
}

async fn code_lists(erp: &Erp) {
    erp.get("/companysettings").await.of(200);
    for list in [
        "articleaccountcodings",
        "units",
        "termsofpayments",
        "deliverymethods",
        "deliveryterms",
        "vatcodes",
        "fiscalyears",
        "bankaccounts",
    ] {
        let records = erp.list(&format!("/{list}?$pagesize=2&$page=1")).await;
        erp.get(&path(list, &records[0])).await.of(200);
    }
    for list in ["countries", "currencies", "users", "accounts", "vouchers", "notes", "customerlabels", "articlelabels"]
    {
        erp.get(&format!("/{list}")).await.of(200);
    }
    erp.get("/countries/NO").await.of(200);
    erp.get("/currencies/exchangerate?sourceCurrencyCode=EUR&targetCurrencyCode=SEK").await.of(200);
    erp.get("/vatcodes?vatRateDate=2026-01-01").await.of(200);
    let year = erp.id("/fiscalyears", "StartDate", "2026-01-01T00:00:00Z").await;
    erp.get(&format!("/accounts/{year}")).await.of(200);
    erp.get(&format!("/accounts/{year}/1930")).await.of(200);
    erp.post("/deliverymethods", json!({ "Name": "Budbil", "Code": "BUD" })).await.of(200);
    erp.post("/deliveryterms", json!({ "Name": "Fritt vårt lager" })).await.of(200);
}

async fn registers(erp: &Erp) -> (Value, Value) {
    let label = erp.post("/customerlabels", json!({ "Name": "Webb", "Description": "från butiken" })).await.of(201);
    erp.put(&path("customerlabels", &label), json!({ "Name": "Webbkund" })).await.of(200);
    erp.get(&path("customerlabels", &label)).await.of(200);
    let article_label = erp.post("/articlelabels", json!({ "Name": "Vår" })).await.of(201);
    let customer = erp
        .customer(json!({
            "EmailAddress": "faktura@example.se",
            "EmailAddresses": ["kopia@example.se"],
            "InvoiceAddress1": "Storgatan 1",
            "InvoiceCountryCode": "SE",
            "VatNumber": "SE556677889901",
            "DeliveryCustomerName": "Lagret",
            "DiscountPercentage": decimal("0.05"),
        }))
        .await;
    erp.get(&path("customers", &customer)).await.of(200);
    let mut whole = writable(&customer);
    whole["Note"] = json!("ny");
    erp.put(&path("customers", &customer), whole).await.of(200);
    erp.get("/customers?$filter=ChangedUtc%20ge%202026-01-01T00:00:00Z&$orderby=Name").await.of(200);
    erp.get("/customers?$page=7").await.of(200);
    let gone = erp.customer(json!({ "Name": "Bort" })).await;
    erp.delete(&path("customers", &gone)).await.of(200);
    let article = erp.article("A-100").await;
    erp.get(&path("articles", &article)).await.of(200);
    let mut body = erp.article_body("A-100", "Varor 25 %", "120", "150").await;
    body["StockBalance"] = json!(10);
    body["Barcodes"] = json!([{ "Barcode": "7310865000000", "BarcodeType": 0 }]);
    erp.put(&path("articles", &article), body).await.of(200);
    erp.get("/articles?$filter=contains(Number,'A-')").await.of(200);
    erp.delete(&path("articlelabels", &article_label)).await.of(200);
    erp.delete(&path("customerlabels", &label)).await.of(200);
    erp.delete(&path("customerlabels", &label)).await.refused(404, 3000);
    (customer, article)
}

/// The record without what is read-only, as a careful client sends it.
fn writable(customer: &Value) -> Value {
    let mut body = customer.clone();
    for field in ["Id", "ChangedUtc", "TermsOfPayment", "LastInvoiceDate", "MessageThreads", "Notes", "PayToAccountId"]
    {
        body.as_object_mut().unwrap().remove(field);
    }
    for field in ["IsFutureInvoiceDateAllowed", "UnpaidInvoicesAmount"] {
        body.as_object_mut().unwrap().remove(field);
    }
    body
}

async fn orders(erp: &Erp, customer: &Value, article: &Value) {
    let rows = json!([
        order_row(1, article, "2", "100"),
        {
            "LineNumber": 2,
            "IsTextRow": true,
            "Text": "Fri text",
            "IsWorkCost": false,
            "EligibleForReverseChargeOnVat": false,
        },
    ]);
    let draft =
        erp.order(customer, article, json!({ "Status": 1, "Rows": rows, "BuyersOrderReference": "se-1" })).await;
    let at = path("orders", &draft);
    erp.get(&at).await.of(200);
    erp.get(&format!("{at}/print")).await.refused(400, 2000);
    erp.act_on(&format!("{at}/converteddrafttoorder")).await.of(200);
    let body = erp.order_body(customer, article, json!({ "DeliveryMethodName": "Paket" })).await;
    erp.put(&at, body).await.of(200);
    erp.act_on(&format!("{at}/completed")).await.of(200);
    erp.act_on(&format!("{at}/voided")).await.of(200);
    erp.act("deliver_order", json!({ "id": draft["Id"], "rows": [{ "line": 1, "quantity": 1 }] }));
    let back = erp.act_on(&format!("{at}/backorder")).await.of(200);
    erp.post(&format!("{at}/email"), json!({ "Email": "a@example.se", "Subject": "Order ####" })).await.of(200);
    erp.get(&format!("{at}/print")).await.of(200);
    erp.get(&format!("{at}/deliverynote/print")).await.of(200);
    erp.act_on(&format!("{at}/convert")).await.of(200);
    erp.act_on(&format!("{at}/convert")).await.refused(400, 4002);
    erp.delete(&at).await.refused(400, 4001);
    erp.delete(&path("orders", &back)).await.of(200);
    erp.get("/orders?$filter=CreatedUtc%20ge%202026-01-01T00:00:00Z&$orderby=CreatedUtc%20desc").await.of(200);
    let note =
        erp.post("/notes", json!({ "Text": "Kolli 1234", "AttachedTo": draft["Id"], "DocumentType": 6 })).await.of(200);
    erp.get(&path("notes", &note)).await.of(200);
    erp.put(&path("notes", &note), json!({ "Text": "Kolli 12345", "IsDone": true })).await.of(200);
}

async fn drafts(erp: &Erp, customer: &Value, article: &Value) {
    let draft = erp.post("/customerinvoicedrafts", erp.draft_body(customer, article, json!({}))).await.of(201);
    let at = path("customerinvoicedrafts", &draft);
    erp.get(&at).await.of(200);
    erp.put(&at, erp.draft_body(customer, article, json!({ "YourReference": "Anna" }))).await.of(200);
    erp.get("/customerinvoicedrafts").await.of(200);
    let check = json!({ "TotalAmountInvoiceCurrency": 1 });
    erp.post(&format!("{at}/convert"), check).await.refused(400, 2000);
    let check = json!({
        "TotalAmountInvoiceCurrency": 250,
        "TotalVatAmountInvoiceCurrency": 50,
        "TotalRoundingsInvoiceCurrency": 0,
        "Rows": [{ "LineNumber": 1, "TotalAmountNoVatInvoiceCurrency": 200, "TotalAmountIncVatInvoiceCurrency": 250 }],
    });
    erp.post(&format!("{at}/convert?keepOriginalDraftDate=true"), check).await.of(201);
    erp.get(&at).await.refused(404, 3000);
    let draft = erp.post("/customerinvoicedrafts", erp.draft_body(customer, article, json!({}))).await.of(201);
    erp.delete(&path("customerinvoicedrafts", &draft)).await.of(200);
}

async fn invoices(erp: &Erp, customer: &Value, article: &Value) {
    let invoice = erp.invoice(customer, article, json!({ "BuyersOrderReference": "se-2" })).await;
    let at = path("customerinvoices", &invoice);
    erp.get(&at).await.of(200);
    erp.get(&format!("{at}/pdf")).await.of(200);
    erp.get(&format!("{at}/print")).await.of(200);
    erp.post(&format!("{at}/email"), json!({ "CcRecipients": ["b@example.se"] })).await.of(200);
    erp.post(&format!("{at}/einvoice"), json!({ "SendType": 1 })).await.of(200);
    erp.post(&format!("{at}/paymentreminders"), json!({ "LatePaymentFee": 60 })).await.refused(400, 4002);
    erp.post(&format!("{at}/payments"), erp.payment_body("100", json!({})).await).await.of(201);
    erp.post(&format!("{at}/payments"), erp.payment_body("150", json!({ "PaymentType": 2 })).await).await.of(201);
    erp.act_on(&format!("{at}/void")).await.refused(400, 4002);
    let other = erp.invoice(customer, article, json!({})).await;
    erp.act_on(&format!("{}/void?updateStock=true", path("customerinvoices", &other))).await.of(200);
    erp.get("/customerinvoices").await.of(200);
    erp.get("/customerinvoices?modifiedSinceUtc=2026-01-01T00:00:00Z&$filter=PaymentStatus%20eq%201").await.of(200);
    let late = json!({ "InvoiceDate": "2026-01-01", "DueDate": "2026-01-10" });
    let late = erp.invoice(customer, article, late).await;
    let at = path("customerinvoices", &late);
    erp.post(&format!("{at}/paymentreminders"), json!({ "LatePaymentFee": 60 })).await.of(200);
    erp.get(&at).await.of(200);
}

async fn ledger(erp: &Erp, customer: &Value) {
    let items = erp.list("/customerledgeritems").await;
    erp.get(&path("customerledgeritems", &items[0])).await.of(200);
    let voucher = json!({
        "VoucherDate": "2026-02-17",
        "VoucherText": "Dagskassa",
        "Rows": [
            { "AccountNumber": 1510, "DebitAmount": 125 },
            { "AccountNumber": 3001, "CreditAmount": 100 },
            { "AccountNumber": 2611, "CreditAmount": 25 },
        ],
    });
    let made = erp.post("/vouchers", voucher.clone()).await.of(201);
    let year = erp.id("/fiscalyears", "StartDate", "2026-01-01T00:00:00Z").await;
    erp.get(&format!("/vouchers/{year}")).await.of(200);
    erp.get(&format!("/vouchers/{year}/{}", made["Id"].as_str().unwrap())).await.of(200);
    let item = |number: i64| {
        json!({
            "CurrencyCode": "SEK",
            "CustomerId": customer["Id"],
            "InvoiceNumber": number,
            "InvoiceDate": "2026-02-17",
            "DueDate": "2026-03-17",
            "IsCreditInvoice": false,
            "RemainingAmountInvoiceCurrency": 125,
            "TotalAmountInvoiceCurrency": 125,
            "VATAmountInvoiceCurrency": 25,
        })
    };
    let mut with_id = item(90001);
    with_id["VoucherId"] = made["Id"].clone();
    erp.post("/customerledgeritems", with_id).await.of(201);
    let mut with_voucher = item(90002);
    with_voucher["Voucher"] = voucher;
    erp.post("/customerledgeritems/customerledgeritemswithvoucher", with_voucher).await.of(201);
    erp.get("/customerledgeritems").await.of(200);
}

async fn refusals(erp: &Erp, customer: &Value, article: &Value) {
    erp.customer(json!({ "CustomerNumber": "K-1" })).await;
    let twice = json!({
        "CustomerNumber": "K-1",
        "Name": "En till",
        "IsPrivatePerson": false,
        "IsActive": true,
        "InvoiceCity": "Lund",
        "InvoicePostalCode": "222 22",
        "TermsOfPaymentId": customer["TermsOfPaymentId"],
    });
    erp.post("/customers", twice).await.refused(409, 4000);
    erp.get("/customers?$filter=Nonsense%20eq%201").await.refused(400, 6000);
    erp.get("/orders?$filter=CreatedUtc%20gt%20yesterday").await.refused(400, 6000);
    erp.get("/customerinvoices?$pagesize=1001").await.refused(400, 6000);
    erp.delete(&path("customers", customer)).await.refused(400, 4001);
    erp.post("/customerinvoices", erp.invoice_body(customer, article, json!({ "Rows": null })))
        .await
        .refused(400, 2000);
    erp.act("set_company", json!({ "api_addon": false }));
    erp.get("/customers").await.refused(403, 4002);
    erp.act("set_company", json!({ "api_addon": true }));
    erp.switch("rate_limit", 1);
    erp.get("/currencies").await.refused(429, 4010);
    erp.switch("rate_limit", 600);
    let token = erp.token.replace("nonsense".to_owned());
    erp.get("/customers").await.refused(401, 4005);
    erp.token.replace(token);
}
