//! Payments, voiding, credit notes.

use serde_json::{Value, json};

use crate::client::{Erp, decimal, path};

async fn set_up() -> (Erp, Value, String) {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    let at = path("customerinvoices", &invoice);
    (erp, invoice, at)
}

async fn pay(erp: &Erp, at: &str, amount: &str, changes: Value) -> crate::client::Answer {
    erp.post(&format!("{at}/payments"), erp.payment_body(amount, changes).await).await
}

#[tokio::test]
async fn a_payment_is_taken_and_never_shown() {
    let (erp, _, at) = set_up().await;
    erp.advance(60);
    let paid = pay(&erp, &at, "100", json!({ "Reference": "se-1" })).await.of(201);
    assert!(paid["BankTransactionId"].is_string() && paid.get("Id").is_none());
    let part = erp.get(&at).await.of(200);
    assert_eq!((&part["RemainingAmountInvoiceCurrency"], &part["PaymentStatus"]), (&json!(150), &json!(1)));
    assert_eq!((&part["PaymentDate"], &part["ModifiedUtc"]), (&Value::Null, &Value::Null));
    erp.get(&format!("{at}/payments")).await.of(404);
    pay(&erp, &at, "150", json!({ "PaymentType": "CompletePayment", "PaymentDate": "2026-02-16" })).await.of(201);
    let whole = erp.get(&at).await.of(200);
    assert_eq!((&whole["RemainingAmount"], &whole["PaymentStatus"]), (&json!(0), &json!(0)));
    assert_eq!(whole["PaymentDate"], "2026-02-16T00:00:00Z");
    let journal = erp.emulator.state()["companies"][0]["payments"].clone();
    assert_eq!(journal.as_array().unwrap().len(), 2);
    assert_eq!(journal[0]["Reference"], "se-1");
}

#[tokio::test]
async fn what_a_payment_must_keep() {
    let (erp, _, at) = set_up().await;
    for (changes, code) in [
        (json!({ "PaymentDate": null }), 2000),
        (json!({ "PaymentCurrency": "EUR" }), 2000),
        (json!({ "PaymentType": 5 }), 2000),
        (json!({ "PaymentType": "Barter" }), 2000),
        (json!({ "CompanyBankAccountId": "6f9619ff-8b86-d011-b42d-00c04fc964ff" }), 3000),
        (json!({ "PaymentDate": "2026-02-18" }), 4023),
        (json!({ "DomesticPaymentAmount": 100 }), 4039),
        (json!({ "PaymentAmount": 0 }), 2000),
        (json!({ "PaymentDate": "2019-12-31" }), 4013),
    ] {
        let refused = pay(&erp, &at, "100", changes.clone()).await;
        assert_eq!((refused.status, &refused.body["ErrorCode"]), (400, &json!(code)), "{changes}");
    }
    assert_eq!(erp.get(&at).await.of(200)["RemainingAmount"], 250);
}

#[tokio::test]
async fn today_is_where_the_company_is() {
    // Half past midnight in Sweden, the evening before in UTC; in summer two hours ahead, in winter one.
    for (now, today, tomorrow) in
        [("2026-07-01T22:30:00Z", "2026-07-02", "2026-07-03"), ("2026-01-10T22:30:00Z", "2026-01-10", "2026-01-11")]
    {
        let erp = Erp::start_at(now).await;
        let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
        let invoice = erp.invoice(&customer, &article, json!({})).await;
        assert_eq!(invoice["InvoiceDate"], format!("{today}T00:00:00Z"));
        let at = path("customerinvoices", &invoice);
        pay(&erp, &at, "100", json!({ "PaymentDate": tomorrow })).await.refused(400, 4023);
        pay(&erp, &at, "100", json!({ "PaymentDate": today })).await.of(201);
    }
}

#[tokio::test]
async fn paying_too_much() {
    let (erp, _, at) = set_up().await;
    pay(&erp, &at, "250.01", json!({})).await.refused(400, 4002);
    pay(&erp, &at, "-1", json!({})).await.refused(400, 4002);
    erp.switch("overpayment", "accepted");
    pay(&erp, &at, "260", json!({})).await.of(201);
    assert_eq!(erp.get(&at).await.of(200)["RemainingAmount"], -10);
}

#[tokio::test]
async fn a_complete_payment_of_too_little() {
    let (erp, _, at) = set_up().await;
    pay(&erp, &at, "249", json!({ "PaymentType": 2 })).await.of(201);
    assert_eq!(erp.get(&at).await.of(200)["RemainingAmount"], 1);
    erp.switch("short_complete_payment", "closes");
    pay(&erp, &at, "0.50", json!({ "PaymentType": 2 })).await.of(201);
    assert_eq!(erp.get(&at).await.of(200)["PaymentStatus"], 0);
}

#[tokio::test]
async fn fees_count_as_paid() {
    let (erp, _, at) = set_up().await;
    pay(&erp, &at, "240", json!({ "BankFeeAmount": 10 })).await.of(201);
    assert_eq!(erp.get(&at).await.of(200)["PaymentStatus"], 0);
}

#[tokio::test]
async fn settlement_moves_the_stamp_by_switch() {
    let (erp, invoice, at) = set_up().await;
    erp.advance(60);
    erp.act("register_payment", json!({ "number": 1, "amount": 50 }));
    assert_eq!(erp.get(&at).await.of(200)["ModifiedUtc"], Value::Null);
    erp.switch("settlement_moves_modified", "yes");
    erp.act("register_payment", json!({ "id": invoice["Id"] }));
    let paid = erp.get(&at).await.of(200);
    assert_eq!((&paid["ModifiedUtc"], &paid["PaymentStatus"]), (&json!("2026-02-17T09:01:00Z"), &json!(0)));
}

#[tokio::test]
async fn voiding_makes_a_credit_note_or_none() {
    for (switch, notes) in [("yes", 1), ("no", 0)] {
        let (erp, invoice, at) = set_up().await;
        erp.switch("void_makes_credit", switch);
        erp.advance(60);
        let answer = erp.act_on(&format!("{at}/void")).await;
        assert_eq!((answer.status, answer.body), (200, json!("")));
        let voided = erp.get(&at).await.of(200);
        assert_eq!(voided["SetOffAmountInvoiceCurrency"], 250);
        assert_eq!((&voided["RemainingAmount"], &voided["PaymentStatus"]), (&json!(0), &json!(0)));
        assert_eq!(voided["ModifiedUtc"], "2026-02-17T09:01:00Z");
        assert_eq!(voided["CreditedBy"].as_array().unwrap().len(), notes);
        let all = erp.list("/customerinvoices").await;
        assert_eq!(all.len(), 1 + notes);
        if notes == 1 {
            let note = &all[1];
            assert_eq!((&note["IsCreditInvoice"], &note["TotalAmount"]), (&json!(true), &json!(-250)));
            assert_eq!((&note["ReferringInvoiceId"], &note["RemainingAmount"]), (&invoice["Id"], &json!(0)));
        }
        erp.act_on(&format!("{at}/void")).await.refused(400, 4002);
    }
}

#[tokio::test]
async fn what_cannot_be_voided() {
    let (erp, _, at) = set_up().await;
    pay(&erp, &at, "1", json!({})).await.of(201);
    erp.act_on(&format!("{at}/void")).await.refused(400, 4002);
    let customer = erp.list("/customers").await.remove(0);
    let article = erp.list("/articles").await.remove(0);
    for field in ["IsQuickInvoice", "IsSold"] {
        let mut seeded = erp.invoice_body(&customer, &article, json!({}));
        seeded[field] = json!(true);
        erp.emulator.seed(json!({ "customerinvoices": [seeded] })).unwrap();
        let seeded = erp.list("/customerinvoices").await.pop().unwrap();
        erp.act_on(&format!("{}/void", path("customerinvoices", &seeded))).await.refused(400, 4002);
    }
}

#[tokio::test]
async fn a_part_credit_by_hand_is_tied_and_sets_off() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let row = |price: i64| json!({ "ArticleId": article["Id"], "Quantity": 1, "UnitPrice": price });
    let invoice = erp.invoice(&customer, &article, json!({ "Rows": [row(100), row(60)] })).await;
    let at = path("customerinvoices", &invoice);
    let note = erp.act("credit_invoice", json!({ "id": invoice["Id"], "lines": [2] }));
    let credited = erp.get(&at).await.of(200);
    assert_eq!(credited["CreditedBy"], json!([{ "CreditInvoiceId": note["id"] }]));
    assert_eq!((&credited["SetOffAmountInvoiceCurrency"], &credited["RemainingAmount"]), (&json!(75), &json!(125)));
    pay(&erp, &at, "125", json!({})).await.of(201);
    assert!(erp.try_act("credit_invoice", json!({ "id": note["id"] })).is_err(), "a note is not credited");
    let second = erp.act("credit_invoice", json!({ "id": invoice["Id"], "lines": [1] }));
    let note = erp.get(&format!("/customerinvoices/{}", second["id"].as_str().unwrap())).await.of(200);
    assert_eq!(note["RemainingAmount"], decimal("-125"), "the invoice was paid: the money is owed back");
}
