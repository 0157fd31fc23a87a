//! Invoices, credit notes, payments, journals.

use serde_json::{Value, json};

use crate::client::{Net, wrapped};

fn line(quantity: i64) -> Value {
    json!({ "operation": "Insert", "inventoryNumber": "HOUR", "quantity": quantity })
}

#[tokio::test]
async fn an_invoice_computes_its_sums() {
    let net = Net::open().await;
    let body = json!({ "customerNumber": "10000", "documentDate": "2024-11-10", "customerRefNumber": "PO", "invoiceLines": [
        line(3),
        { "operation": "Insert", "description": "Free text", "quantity": 2, "unitPriceInCurrency": 10.005, "vatCodeId": "31" },
        { "operation": "Insert", "inventoryNumber": "HOUR", "unitPriceInCurrency": 100, "discountPercent": 12.5, "quantity": 1 },
        { "operation": "Insert", "description": "By hand", "quantity": 5, "manualAmountInCurrency": 7, "vatCodeId": "0" },
        { "description": "Without operation", "quantity": 1 }] });
    let key = net.expect(201, "POST", "v2/customerinvoice", wrapped(body)).await.key();
    let known = net.get(&format!("v1/customerinvoice/{key}")).await.body;
    let lines = known["invoiceLines"].as_array().unwrap();
    let amounts = lines.iter().map(|line| line["amountInCurrency"].clone()).collect::<Value>();
    assert_eq!(amounts, json!([1500, 20.01, 87.5, 7]));
    assert_eq!((&lines[0]["account"]["number"], &lines[2]["discountAmountInCurrency"]), (&json!("3000"), &json!(12.5)));
    for (name, sum) in [
        ("detailTotal", json!(1614.51)),
        ("vatTaxableTotal", json!(1607.51)),
        ("vatExemptTotal", json!(7)),
        ("vatTotal", json!(399.88)),
        ("amount", json!(2014.39)),
        ("balanceInCurrency", json!(2014.39)),
    ] {
        assert_eq!(known[name], sum, "{name}");
    }
    let details = known["taxDetails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["taxId"], row["vatAmount"]]))
        .collect::<Value>();
    assert_eq!(details, json!([["3", 396.88], ["31", 3]]));
    assert_eq!((&known["status"], &known["documentDueDate"]), (&json!("Balanced"), &json!("2024-12-10T00:00:00")));
    assert_eq!((&known["financialPeriod"], &known["postPeriod"]), (&json!("202411"), &json!("202411")));
    assert_eq!(
        (&known["invoiceAddress"]["addressLine1"], &known["invoiceContact"]["businessName"]),
        (&json!("Postboks 1"), &json!("Nordlys AS"))
    );
}

#[tokio::test]
async fn another_currency_is_turned_into_the_companys_own() {
    let net = Net::open().await;
    let body = json!({ "customerNumber": "10001", "invoiceLines": [{ "operation": "Insert", "inventoryNumber": "HOUR", "quantity": 1, "unitPriceInCurrency": 1000 }] });
    let key = net.expect(201, "POST", "v2/customerinvoice", wrapped(body)).await.key();
    let known = net.get(&format!("v1/customerinvoice/{key}")).await.body;
    assert_eq!((&known["currencyId"], &known["exchangeRate"]), (&json!("SEK"), &json!(0.95)));
    assert_eq!(
        (&known["amountInCurrency"], &known["amount"], &known["vatTotal"]),
        (&json!(1000), &json!(950), &json!(0))
    );
    assert_eq!((&known["vatExemptTotal"], &known["invoiceLines"][0]["unitPrice"]), (&json!(950), &json!(950)));
    assert_eq!(known["taxDetails"][0]["taxId"], "52");
}

#[tokio::test]
async fn lines_follow_their_operations() {
    let net = Net::open().await;
    let target = "v1/customerinvoice/000801";
    let change = |lines: Value| wrapped(json!({ "invoiceLines": lines }));
    net.expect(204, "PUT", target, change(json!([line(1), { "operation": "Update", "lineNumber": 1, "quantity": 4 }])))
        .await;
    let known = net.get(target).await.body;
    let quantities =
        known["invoiceLines"].as_array().unwrap().iter().map(|line| line["quantity"].clone()).collect::<Value>();
    assert_eq!((quantities, &known["amount"]), (json!([4, 1]), &json!(3125)));
    // The vendor's own example.
    net.expect(204, "PUT", target, change(json!([{ "operation": "Insert", "lineNumber": 1, "quantity": 1 }]))).await;
    net.expect(204, "PUT", target, change(json!([{ "operation": "Delete", "lineNumber": 2 }]))).await;
    assert_eq!(net.get(target).await.body["amount"], 625);
    let missing = net.expect(400, "PUT", target, change(json!([{ "operation": "Update", "lineNumber": 9 }]))).await;
    assert!(missing.message().contains("Line '9'"), "{}", missing.message());
    net.expect(400, "PUT", target, json!({ "invoiceLines": { "value": [] } })).await;
}

#[tokio::test]
async fn what_an_invoice_refuses() {
    let net = Net::open().await;
    for (change, rule) in [
        (json!({ "customerNumber": "?" }), "Customer '?' cannot be found"),
        (json!({ "invoiceLines": [{ "operation": "Insert", "inventoryNumber": "HAT" }] }), "only non-stock items"),
        (json!({ "invoiceLines": [{ "operation": "Insert", "inventoryNumber": "NONE" }] }), "InventoryID 'NONE'"),
        (
            json!({ "invoiceLines": [{ "operation": "Insert", "vatCodeId": "9" }] }),
            "TaxCategoryID '9' cannot be found in the system.",
        ),
        (json!({ "invoiceLines": [{ "operation": "Insert", "accountNumber": "1" }] }), "Account '1'"),
        (
            json!({ "invoiceLines": [{ "operation": "Insert", "subaccount": [{ "segmentId": 1, "segmentValue": "9" }] }] }),
            "Subaccount '9'",
        ),
        (json!({ "creditTermsId": "1" }), "Terms '1'"),
        (json!({ "financialPeriod": "203501" }), "Financial period '203501'"),
        (json!({ "financialPeriod": "202401" }), "Financial period '202401' is closed"),
        (json!({ "postPeriod": "012024" }), "Financial period '202401' is closed"),
    ] {
        net.act(json!({ "action": "set", "collection": "financial-periods", "key": "202401", "fields": { "closedInCustomerLedger": true } }));
        let mut body = json!({ "customerNumber": "10000" });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let mut body = wrapped(body);
        if let Some(segments) = body.pointer_mut("/invoiceLines/0/subaccount") {
            *segments = json!([{ "segmentId": 1, "segmentValue": "9" }]);
        }
        let answer = net.expect(400, "POST", "v2/customerinvoice", body).await;
        assert!(answer.message().contains("Error creating document."), "{}", answer.message());
        assert!(answer.message().contains(rule), "{rule}: {}", answer.message());
    }
    net.act(json!({ "action": "edit", "collection": "customers", "key": "10002", "set": { "status": "Inactive" } }));
    net.expect(400, "POST", "v2/customerinvoice", wrapped(json!({ "customerNumber": "10002" }))).await;
    net.act(json!({ "action": "edit", "collection": "items", "key": "OLD", "set": { "status": "Inactive" } }));
    let old =
        json!({ "customerNumber": "10000", "invoiceLines": [{ "operation": "Insert", "inventoryNumber": "OLD" }] });
    net.expect(400, "POST", "v2/customerinvoice", wrapped(old)).await;
}

#[tokio::test]
async fn a_release_is_taken_and_done_later() {
    let net = Net::open().await;
    let target = "v1/customerinvoice/000801";
    net.expect(204, "PUT", target, wrapped(json!({ "hold": true }))).await;
    assert_eq!(net.get(target).await.body["status"], "Hold");
    net.expect(400, "POST", &format!("{target}/action/release"), Value::Null).await;
    net.expect(204, "PUT", target, wrapped(json!({ "hold": false }))).await;
    let taken = net.expect(200, "POST", &format!("{target}/action/release"), Value::Null).await.body;
    assert_eq!((&taken["actionResult"], taken.get("errorInfo")), (&json!("Queued"), None));
    assert_eq!(net.get(target).await.body["status"], "Balanced");
    net.advance(1);
    assert_eq!(net.get(target).await.body["status"], "Balanced");
    net.advance(1);
    let open = net.get(target).await.body;
    assert_eq!((&open["status"], &open["lastModifiedDateTime"]), (&json!("Open"), &json!("2024-11-20T13:00:02")));
    for (method, path, body) in [
        ("PUT", "", wrapped(json!({ "invoiceText": "x" }))),
        ("DELETE", "", Value::Null),
        ("POST", "/action/release", Value::Null),
    ] {
        let answer = net.expect(400, method, &format!("{target}{path}"), body).await;
        assert!(answer.message().contains("released") || answer.message().contains("Open"), "{}", answer.message());
    }
    assert_eq!(net.get("v1/customer/10000/balance").await.body["balance"], 2500);
    // a release moves the balance of its customer, and of nobody else
    let since = "v1/customer/balance?lastModifiedDateTime=2024-11-20T13:00:02&lastModifiedDateTimeCondition=%3E%3D";
    assert_eq!(net.get(since).await.all("/customer/number"), json!(["10000"]));
    assert!(net.get("v1/customer/balance").await.rows().len() > 1);
    assert_eq!(net.get(&since.replace("20T", "21T")).await.rows().len(), 0);
    net.expect(400, "GET", &since.replace(":02", ":02Z"), Value::Null).await;
}

#[tokio::test]
async fn a_draft_is_deleted_and_its_number_is_gone() {
    let net = Net::open().await;
    net.expect(204, "DELETE", "v1/customerinvoice/000801", Value::Null).await;
    net.expect(404, "GET", "v1/customerinvoice/000801", Value::Null).await;
    net.expect(400, "DELETE", "v1/customerinvoice/000800", Value::Null).await;
    let own = json!({ "customerNumber": "10000", "referenceNumber": "A1", "overrideNumberSeries": true });
    assert_eq!(net.expect(201, "POST", "v1/customerinvoice", wrapped(own.clone())).await.key(), "A1");
    net.expect(400, "POST", "v2/customerinvoice", wrapped(own)).await;
}

#[tokio::test]
async fn a_branch_may_stand_in_a_header() {
    let net = Net::open().await;
    net.emulator.seed(json!({ "branches": [{ "number": "2", "name": "Second", "isActive": true }] })).unwrap();
    let body = || wrapped(json!({ "customerNumber": "10000" }));
    for (branch, expected) in [("2", Some("2")), ("9", None)] {
        let made = net.with("POST", "v2/customerinvoice", body(), &[("branchid", branch)]).await;
        assert_eq!(made.status, if expected.is_some() { 201 } else { 400 }, "{}", made.text);
        if let Some(expected) = expected {
            let known = net.get(&format!("v1/customerinvoice/{}", made.key())).await.body;
            assert_eq!(known["branchNumber"]["number"], expected);
        }
    }
}

#[tokio::test]
async fn a_credit_note_settles_an_invoice_when_it_is_released() {
    let net = Net::open().await;
    let apply = |paid: i64| json!([{ "operation": "Insert", "documentType": "Invoice", "refNbr": "000800", "amountPaid": paid }]);
    let note =
        |paid: i64| wrapped(json!({ "customerNumber": "10000", "lines": [line(1)], "applicationLines": apply(paid) }));
    net.expect(400, "POST", "v2/customerCreditNote", note(9999)).await;
    let key = net.expect(201, "POST", "v2/customerCreditNote", note(625)).await.key();
    let target = format!("v1/customerCreditNote/{key}");
    assert_eq!(net.get("v1/customerinvoice/000800").await.body["balance"], 1250);
    net.expect(200, "POST", &format!("{target}/action/release"), Value::Null).await;
    net.advance(2);
    let settled = net.get("v1/customerinvoice/000800").await.body;
    assert_eq!(
        (&settled["balance"], &settled["status"], &settled["applications"][0]["refNbr"]),
        (&json!(625), &json!("Open"), &json!(key))
    );
    let known = net.get(&target).await.body;
    assert_eq!(
        (&known["status"], &known["balance"], &known["documentType"]),
        (&json!("Closed"), &json!(0), &json!("CreditNote"))
    );
}

#[tokio::test]
async fn a_released_invoice_is_reversed_by_a_credit_note() {
    let net = Net::open().await;
    net.expect(400, "POST", "v1/customerinvoice/000801/action/reverse", Value::Null).await;
    let made = net
        .expect(200, "POST", "v1/customerinvoice/000800/action/reverse", json!({ "returnCreditNote": false }))
        .await
        .body;
    let target = format!("v1/customerCreditNote/{}", made["referenceNumber"].as_str().unwrap());
    let note = net.get(&target).await.body;
    assert_eq!(
        (&note["status"], &note["amount"], &note["lines"][0]["quantity"]),
        (&json!("Balanced"), &json!(1250), &json!(2))
    );
    assert_eq!(net.get("v1/customerinvoice/000800").await.body["status"], "Open");
    net.expect(
        200,
        "POST",
        "v1/customerinvoice/000800/action/reverseandapplytonote",
        json!({ "returnCreditNote": false }),
    )
    .await;
    assert_eq!(net.get("v1/customerinvoice/000800").await.body["status"], "Closed");
    assert_eq!(net.get("v1/customerdocument?documentType=CreditNote&status=Closed").await.rows().len(), 1);
}

fn paying(amount: Value, lines: Value) -> Value {
    let mut body = json!({ "customer": "10000", "paymentRef": "bank", "paymentLines": lines });
    if !amount.is_null() {
        body["paymentAmount"] = amount;
    }
    wrapped(body)
}

fn part(reference: &str, paid: i64) -> Value {
    json!({ "operation": "Insert", "documentType": "Invoice", "refNbr": reference, "amountPaid": paid })
}

#[tokio::test]
async fn a_payment_closes_an_invoice_and_a_void_opens_it_again() {
    let net = Net::open().await;
    let key =
        net.expect(201, "POST", "v1/customerPayment", paying(json!(1500), json!([part("000800", 1000)]))).await.key();
    let target = format!("v1/customerPayment/{key}");
    let more = json!({ "paymentLines": [{ "operation": "Update", "documentType": "Invoice", "refNbr": "000800", "amountPaid": 1250 }] });
    net.expect(204, "PUT", &target, wrapped(more)).await;
    let known = net.get(&target).await.body;
    assert_eq!(
        (&known["status"], &known["availableBalance"], &known["appliedToDocuments"]),
        (&json!("Balanced"), &json!(250), &json!(1250))
    );
    assert_eq!(net.get("v1/customerinvoice/000800").await.body["balance"], 1250);
    net.expect(400, "POST", &format!("{target}/action/void"), json!({ "type": "Payment" })).await;
    net.expect(400, "POST", &format!("{target}/action/release"), json!({ "type": "Payment" })).await;
    net.expect(200, "POST", &format!("{target}/action/release"), json!({ "type": { "value": "Payment" } })).await;
    net.advance(2);
    assert_eq!(net.get("v1/customerinvoice/000800").await.body["status"], "Closed");
    assert_eq!(net.get(&target).await.body["status"], "Open");
    assert_eq!(net.get("v1/customer/10000/balance").await.body["balance"], -250);
    let late = net.expect(400, "PUT", &target, wrapped(json!({ "invoiceText": "x" }))).await;
    assert!(late.message().ends_with("Payment can't be updated because it is already released."), "{}", late.message());

    let void = net
        .expect(200, "POST", &format!("{target}/action/void"), json!({ "type": "Payment", "returnVoidPayment": true }))
        .await
        .body;
    assert_eq!(
        (&void["type"], &void["voidPayment"]["paymentLines"][0]["amountPaid"]),
        (&json!("VoidPayment"), &json!(-1250))
    );
    let invoice = net.get("v1/customerinvoice/000800").await.body;
    assert_eq!((&invoice["status"], &invoice["balance"]), (&json!("Open"), &json!(1250)));
    assert_eq!(net.get("v1/customerPayment").await.all("/status"), json!(["Voided", "Closed"]));
    assert_eq!(net.get("v1/customerPayment?paymentType=VoidPayment&invoiceRefNbr=000800").await.rows().len(), 1);
}

#[tokio::test]
async fn what_a_payment_refuses() {
    let net = Net::open().await;
    for (body, rule) in [
        (paying(Value::Null, json!([part("000801", 1)])), "status 'Balanced'"),
        (paying(Value::Null, json!([part("999999", 1)])), "Document '999999' cannot be found"),
        (paying(Value::Null, json!([part("000800", 1251)])), "greater than the balance"),
        (paying(json!(1), json!([part("000800", 2)])), "greater than the payment"),
        (wrapped(json!({ "customer": "10000" })), "'Payment Ref.'"),
        (wrapped(json!({ "paymentRef": "x" })), "'Customer'"),
        (wrapped(json!({ "customer": "10000", "paymentRef": "x", "cashAccount": "1" })), "Cash account '1'"),
    ] {
        let answer = net.expect(400, "POST", "v1/customerPayment", body).await;
        assert!(answer.message().contains(rule), "{rule}: {}", answer.message());
    }
    let key =
        net.expect(201, "POST", "v1/customerPayment", paying(Value::Null, json!([part("000800", 5)]))).await.key();
    assert_eq!(net.get(&format!("v1/customerPayment/{key}")).await.body["paymentAmount"], 5);
}

#[tokio::test]
async fn a_batch_must_balance() {
    let net = Net::open().await;
    let lines = |debit: i64| {
        json!([{ "operation": "Insert", "accountNumber": "4300", "debitAmountInCurrency": debit, "project": "X" },
        { "operation": "Insert", "accountNumber": "1920", "creditAmountInCurrency": 10 }])
    };
    net.expect(400, "POST", "v2/journaltransaction", wrapped(json!({ "journalTransactionLines": lines(9) }))).await;
    net.expect(
        400,
        "POST",
        "v2/journaltransaction",
        wrapped(json!({ "journalTransactionLines": lines(10), "controlTotalInCurrency": 11 })),
    )
    .await;
    let held = wrapped(json!({ "journalTransactionLines": lines(9), "hold": true, "description": "x" }));
    let key = net.expect(201, "POST", "v2/journaltransaction", held).await.key();
    let target = format!("v2/journaltransaction/{key}");
    net.expect(400, "PUT", &target, wrapped(json!({ "hold": false }))).await;
    let cured = json!({ "hold": false, "journalTransactionLines": [{ "operation": "Update", "lineNumber": 1, "debitAmountInCurrency": 10 }] });
    net.expect(204, "PUT", &target, wrapped(cured)).await;
    let known = net.get(&target).await.body;
    assert_eq!(
        (&known["status"], &known["postPeriod"], &known["financialPeriod"]),
        (&json!("Balanced"), &json!("112024"), &json!("202411"))
    );
    assert_eq!(known["journalTransactionLines"][0]["project"]["description"], "Non-project");
    net.expect(200, "POST", &format!("{target}/action/release"), Value::Null).await;
    net.advance(2);
    assert_eq!(net.get(&target).await.body["status"], "Unposted");
    net.expect(400, "PUT", &target, wrapped(json!({ "description": "y" }))).await;
    let own = json!({ "journalTransactionLines": lines(10), "batchNumber": "MINE", "overrideNumberSeries": true });
    assert_eq!(net.expect(201, "POST", "v2/journaltransaction", wrapped(own)).await.key(), "MINE");
}
