use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind, FieldMap, Link, StreamId,
    capability::RemoveMode,
    connector::{Action, Connector, Writable, Write},
    model::{Address, Content, Invoice, Line, LineKind, Lines, Order},
};

use crate::support::{
    Erp, act, assert_shows, changed, create, dec, decoded, fields, fixture, fixture_json, offline, offline_with,
    reference, shown, update, write,
};

fn released(members: Json) -> Json {
    let mut members = members;
    if members.get("status").is_none() {
        members["status"] = json!("Open");
    }
    changed("invoice", members)
}
fn lines(read: &FieldMap) -> Vec<Line> {
    Invoice::from_fields(read).unwrap().content.lines.into_value().unwrap().iter().cloned().collect()
}
fn line(sku: &str, quantity: &str, price: &str) -> Line {
    Line::new().kind(LineKind::Item).sku(sku).quantity(dec(quantity)).unit_price(dec(price))
}
fn invoice(lines: Vec<Line>) -> FieldMap {
    let content = Content::new().lines(Lines::from(lines)).currency("NOK").buyer_order_number("PO-9");
    let day: chrono::NaiveDate = "2026-02-16".parse().unwrap();
    let customer = Link::External(reference("customers", "10001"));
    Invoice::new().customer(customer).invoiced_on(day).content(content).to_fields()
}

#[tokio::test]
async fn a_draft_is_read_with_its_rows_and_sums() {
    let router = offline().await;
    let read = fields(&router, "invoices", &fixture_json("invoice"), "invoices");
    assert_shows(
        &read,
        &[
            ("number", "'003547'"),
            ("stage", "'draft'"),
            ("is_credit", "false"),
            ("is_cancelled", "false"),
            ("customer", "→visma-net:erp/customers#10001"),
            ("order", "→visma-net:erp/orders_SO#000101"),
            ("invoiced_on", "2026-02-16"),
            ("due_on", "2026-03-18"),
            ("payment", "-"),
            ("payment_reference", "'0035470'"),
            ("description", "'Kaffe til messen'"),
            ("content.net", "309.5"),
            ("content.vat", "77.375"),
            ("content.gross", "386.875"),
            ("content.buyer_order_number", "'PO-77'"),
            ("content.billing.street", "'Boks 9'"),
            ("content.billing.name", "'Fjord Kaffe AS'"),
            ("x.visma-net.status", "'Balanced'"),
            ("x.visma-net.externalReference", "'shop-1001'"),
            ("x.visma-net.branchNumber.number", "'1'"),
        ],
    );
    let lines = lines(&read);
    assert_eq!((lines[0].sku.as_deref(), lines[0].account.as_deref()), (Some("RISTING"), Some("3000")));
    assert_eq!(lines[1].kind.value(), Some(&LineKind::Freight));
    let record = decoded(&router, "invoices", &fixture_json("invoice")).unwrap().remove(0);
    assert_eq!((record.mark.as_deref(), record.writable), (Some("shop-1001"), Writable::All));
    assert_eq!(record.created_at, None, "stamps move: open ones need not be read again");
}

#[tokio::test]
async fn a_released_document_is_locked_and_shows_what_is_paid() {
    let router = offline().await;
    for (status, balance, payment, remaining) in [
        ("Open", "386.875", "'unpaid'", "386.875"),
        ("Open", "100", "'partly_paid'", "100"),
        ("Closed", "0", "'paid'", "0"),
    ] {
        let balance: Json = balance.parse::<serde_json::Number>().unwrap().into();
        let raw = released(json!({ "status": status, "balance": balance, "balanceInCurrency": balance }));
        let record = decoded(&router, "invoices", &raw).unwrap().remove(0);
        assert_shows(&record.fields, &[("stage", "'booked'"), ("payment", payment), ("remaining", remaining)]);
        assert!(matches!(record.writable, Writable::Nothing(why) if why.contains("credit it")));
    }
    let void = decoded(&router, "invoices", &released(json!({ "status": "Voided" }))).unwrap().remove(0);
    assert_shows(&void.fields, &[("is_cancelled", "true"), ("stage", "'booked'")]);
    let error = decoded(&router, "invoices", &released(json!({ "status": "Odd" }))).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("status"), "{error}");
}

#[tokio::test]
async fn a_total_that_shows_after_the_release_only_is_that_of_the_rows() {
    let router = offline().await;
    let raw = changed("invoice", json!({ "amount": 0.0, "amountInCurrency": 0.0 }));
    let read = fields(&router, "invoices", &raw, "invoices");
    assert_shows(&read, &[("content.gross", "386.875"), ("content.rounding", "0")]);
    let raw = changed("invoice", json!({ "amountInCurrency": 387.0, "roundingDiff": -0.125 }));
    let read = fields(&router, "invoices", &raw, "invoices");
    assert_shows(&read, &[("content.gross", "387"), ("content.rounding", "0.125"), ("content.net", "309.5")]);
}

#[tokio::test]
async fn a_credit_note_is_below_zero_and_names_what_it_credits() {
    let router = offline().await;
    let mut raw = fixture_json("invoice");
    raw["lines"] = raw["invoiceLines"].take();
    raw["applications"] = json!([{ "docType": "Invoice", "refNbr": "003500", "amountPaid": 100.0 }]);
    raw["status"] = json!("Open");
    let read = fields(&router, "credit_notes", &raw, "credit_notes");
    assert_shows(
        &read,
        &[
            ("is_credit", "true"),
            ("credits", "→visma-net:erp/invoices#003500"),
            ("content.gross", "-386.875"),
            ("content.net", "-309.5"),
            ("remaining", "-386.875"),
        ],
    );
    assert_eq!(lines(&read)[0].quantity.value(), Some(&dec("-2")));
}

#[tokio::test]
async fn a_new_invoice_is_held_told_to_nobody_and_marked() {
    let mut erp = Erp::open_with(|config| config.line_account = Some("3900".to_owned())).await;
    erp.answers_with("POST", "/v2/customerinvoice", 201, &[("location", "/v1/customerinvoice/003548")], "").await;
    erp.answers(
        "GET",
        "/v1/customerinvoice/003548",
        200,
        json!([changed("invoice", json!({ "referenceNumber": "003548" }))]).to_string(),
    )
    .await;
    let freight = Line::new().kind(LineKind::Freight).text("Frakt").quantity(1).unit_price(dec("50.5")).vat_code("3");
    let wanted = invoice(vec![line("RISTING", "2", "129.50").text("Risting"), freight]);
    let create = Write { mark: Some("shop-7".to_owned()), ..create("invoices", wanted) };
    let written = erp.write(create.clone()).await.unwrap();
    assert_eq!(&*written.reference.id, "003548");
    assert!(written.item.is_some(), "one in a list of one is read");
    let number = |text: &str| text.parse::<serde_json::Number>().unwrap();
    assert_eq!(
        erp.met()[0].json(),
        json!({ "customerNumber": { "value": "10001" }, "documentDate": { "value": "2026-02-16T00:00:00" },
            "currencyId": { "value": "NOK" }, "customerRefNumber": { "value": "PO-9" },
            "externalReference": { "value": "shop-7" }, "hold": { "value": true }, "dontPrint": { "value": true },
            "dontEmail": { "value": true }, "sendToAutoInvoice": { "value": false },
            "invoiceLines": [
                { "operation": "Insert", "inventoryNumber": { "value": "RISTING" }, "description": { "value": "Risting" },
                    "quantity": { "value": 2 }, "unitPriceInCurrency": { "value": number("129.5") },
                    "discountPercent": { "value": 0 } },
                { "operation": "Insert", "description": { "value": "Frakt" }, "quantity": { "value": 1 },
                    "unitPriceInCurrency": { "value": number("50.5") }, "discountPercent": { "value": 0 },
                    "vatCodeId": { "value": "3" }, "accountNumber": { "value": "3900" } }] })
    );
}

#[tokio::test]
async fn sending_can_be_left_to_the_customers_settings() {
    let mut erp = Erp::open_with(|config| {
        config.invoice_sending = connector_visma_net::InvoiceSending::AsCustomer;
    })
    .await;
    erp.answers_with("POST", "/v2/customerinvoice", 201, &[("location", "/v1/customerinvoice/003548")], "").await;
    erp.answers("GET", "/v1/customerinvoice/003548", 200, fixture("invoice")).await;
    erp.write(create("invoices", invoice(vec![line("RISTING", "2", "129.50")]))).await.unwrap();
    let body = erp.met()[0].json();
    assert!(["dontPrint", "dontEmail", "sendToAutoInvoice"].iter().all(|name| body.get(name).is_none()), "{body}");
}

#[tokio::test]
async fn a_line_of_nothing_is_refused() {
    let erp = Erp::open().await;
    let error =
        erp.write(create("invoices", invoice(vec![Line::new().kind(LineKind::Fee).quantity(1).unit_price(9)]))).await;
    let error = error.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("line_account"), "{error}");
    assert!(erp.met().is_empty());
}

#[tokio::test]
async fn a_new_credit_note_takes_off_what_is_below_zero() {
    let mut erp = Erp::open_with(|config| config.make_credit_notes = true).await;
    erp.answers_with("POST", "/v2/customerCreditNote", 201, &[("location", "/v1/customerCreditNote/0007")], "").await;
    erp.answers("GET", "/v1/customerCreditNote/0007", 200, "{}").await;
    let mut wanted = invoice(vec![line("RISTING", "-2", "129.50")]);
    wanted.set(Invoice::DUE_ON, "2026-03-01".parse::<chrono::NaiveDate>().unwrap());
    erp.write(create("credit_notes", wanted)).await.unwrap();
    let body = erp.met()[0].json();
    assert_eq!(body["lines"][0]["quantity"], json!({ "value": 2 }));
    assert!(body.get("documentDueDate").is_none() && body.get("invoiceLines").is_none());
}

#[tokio::test]
async fn a_change_says_what_becomes_of_each_row() {
    let mut erp = Erp::open_with(|config| config.line_account = Some("3900".to_owned())).await;
    erp.answers("PUT", "/v1/customerinvoice/003547", 204, "").await;
    erp.answers("GET", "/v1/customerinvoice/003547", 200, fixture("invoice")).await;
    let content = Content::new()
        .lines(Lines::from(vec![
            line("RISTING", "3", "129.5").key("1").text("Risting"),
            line("MALING", "1", "5").key("8"),
        ]))
        .billing(Address::new().street("Gata 2"));
    let wanted = Invoice::new().content(content).to_fields();
    erp.write(update("invoices", "003547", wanted, Some(&fixture_json("invoice")))).await.unwrap();
    assert_eq!(
        erp.met()[0].json(),
        json!({ "billingAddress": { "value": { "addressLine1": { "value": "Gata 2" }, "overrideAddress": { "value": true } } },
            "invoiceLines": [
                { "operation": "Update", "lineNumber": { "value": 1 }, "quantity": { "value": 3 } },
                { "operation": "Insert", "inventoryNumber": { "value": "MALING" }, "quantity": { "value": 1 },
                    "unitPriceInCurrency": { "value": 5 }, "discountPercent": { "value": 0 } },
                { "operation": "Delete", "lineNumber": { "value": 2 } }] })
    );
}

#[tokio::test]
async fn a_release_takes_a_document_off_hold_first_and_is_looked_at_once() {
    let mut erp = Erp::open().await;
    erp.answers("PUT", "/v1/customerinvoice/003547", 204, "").await;
    let done = json!({ "actionId": "a", "actionResult": "Queued", "errorInfo": "" }).to_string();
    let accepts = erp.answers("POST", "/v1/customerinvoice/003547/action/release", 200, done).await;
    let booked = erp.answers("GET", "/v1/customerinvoice/003547", 200, released(json!({})).to_string()).await;
    erp.write(act("invoices", "003547", "release", Some(&fixture_json("invoice")))).await.unwrap();
    let (step, look) =
        ("POST /v1/customerinvoice/003547/action/release".to_owned(), "GET /v1/customerinvoice/003547".to_owned());
    assert_eq!(erp.lines(), [step.clone(), look.clone()]);
    let held = changed("invoice", json!({ "status": "Hold", "hold": true }));
    erp.write(act("invoices", "003547", "release", Some(&held))).await.unwrap();
    assert_eq!(erp.lines(), ["PUT /v1/customerinvoice/003547".to_owned(), step, look]);
    booked.remove_async().await;

    for (members, kind) in
        [(json!({}), ErrorKind::UnderWay), (json!({ "errorInfo": "Period is closed" }), ErrorKind::Invalid)]
    {
        let waits =
            erp.answers("GET", "/v1/customerinvoice/003547", 200, changed("invoice", members).to_string()).await;
        let error = erp.write(act("invoices", "003547", "release", Some(&fixture_json("invoice")))).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        waits.remove_async().await;
    }
    accepts.remove_async().await;
    let failed = json!({ "actionResult": "Failed", "errorInfo": "Period is closed" }).to_string();
    erp.answers("POST", "/v1/customerinvoice/003547/action/release", 200, failed).await;
    let error = erp.write(act("invoices", "003547", "release", Some(&fixture_json("invoice")))).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.vendor_text() == Some("Period is closed"), "{error:?}");
}

#[tokio::test]
async fn drafts_can_be_deleted_and_are_found_by_mark_and_number() {
    let mut erp = Erp::open().await;
    erp.answers("DELETE", "/v1/customerinvoice/003547", 204, "").await;
    erp.answers("GET", r"/v1/customerinvoice\?.*", 200, format!("[{}]", fixture("invoice"))).await;
    erp.answers("GET", "/v1/customerinvoice/003547", 200, fixture("invoice")).await;
    erp.write(write("invoices", Action::Remove { id: "003547".into(), mode: RemoveMode::Delete })).await.unwrap();
    assert_eq!(erp.lines(), ["DELETE /v1/customerinvoice/003547"]);
    let mark = FieldMap::new().with("x.visma-net.externalReference", "shop-1001");
    assert_eq!(erp.find("invoices", mark).await.unwrap().len(), 1);
    assert!(erp.met()[0].query.contains("externalReference=shop-1001"));
    assert_eq!(erp.find("invoices", FieldMap::new().with(Invoice::NUMBER, "003547")).await.unwrap().len(), 1);
    let can = erp.router.capabilities().streams[&StreamId::new("invoices")].clone();
    assert_eq!(can.create_mark.unwrap().max_len, 40);
}

#[tokio::test]
async fn the_mark_can_be_kept_in_the_other_field_and_stamps_can_be_distrusted() {
    let router = offline_with(|config| {
        config.invoice_mark = connector_visma_net::InvoiceMark::CustomerRefNumber;
        config.invoice_stamps = connector_visma_net::InvoiceStamps::Miss;
    })
    .await;
    let record = decoded(&router, "invoices", &fixture_json("invoice")).unwrap().remove(0);
    assert_eq!(record.mark.as_deref(), Some("PO-77"));
    assert_eq!(shown(&record.fields, "content.buyer_order_number"), "'shop-1001'");
    assert_eq!(record.created_at, Some("2026-02-16T07:00:00Z".parse().unwrap()));
    assert!(router.capabilities().streams[&StreamId::new("invoices")].list.unwrap().since.unwrap().misses);
}

/// The fixture as somebody at the ERP makes it: without an order, and without our mark.
fn direct(members: Json) -> Json {
    let mut raw = released(members);
    for row in raw["invoiceLines"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().retain(|name, _| !name.starts_with("soOrder"));
    }
    raw
}

#[tokio::test]
async fn a_released_invoice_without_an_order_is_one_itself() {
    let with = |config: &mut connector_visma_net::Config| {
        config.more_streams.insert("sold_by_invoice".to_owned());
    };
    let router = offline_with(with).await;
    let both = |raw: &Json| decoded(&router, "invoices", raw).unwrap();
    let raw = direct(json!({ "externalReference": "@out", "balance": 86.875, "balanceInCurrency": 86.875 }));
    let shown = both(&raw);
    assert_eq!(shown.len(), 2);
    assert_shows(&shown[0].fields, &[("order", "→visma-net:erp/sold_by_invoice#003547")]);
    let order = &shown[1];
    assert_eq!((order.reference.at.stream.as_str(), &order.mark), ("sold_by_invoice", &None));
    assert!(matches!(order.writable, Writable::Nothing(_)));
    assert_shows(
        &order.fields,
        &[
            ("stage", "'order'"),
            ("number", "-"),
            ("customer", "→visma-net:erp/customers#10001"),
            ("ordered_on", "2026-02-16"),
            ("fulfilment", "'delivered'"),
            ("invoicing", "'invoiced'"),
            ("invoice_numbers", "'003547'"),
            ("invoiced_on", "2026-02-16"),
            ("payment", "'partly_paid'"),
            ("paid", "300"),
            ("description", "'Kaffe til messen'"),
            ("content.gross", "386.875"),
            ("content.buyer_order_number", "'PO-77'"),
            ("x.visma-net.status", "'Open'"),
        ],
    );
    let rows = Order::from_fields(&order.fields).unwrap().content.lines.into_value().unwrap();
    assert_eq!(lines(&shown[0].fields), rows.iter().cloned().collect::<Vec<_>>());
    let void = both(&direct(json!({ "externalReference": null, "status": "Voided" })));
    assert_shows(&void[1].fields, &[("fulfilment", "'cancelled'"), ("invoicing", "-")]);
    // a draft, one of ours, one whose row names an order, and one that shows no rows
    for raw in [
        direct(json!({ "externalReference": "@out", "status": "Balanced" })),
        direct(json!({})),
        released(json!({ "externalReference": "@out" })),
        released(json!({ "externalReference": "@out", "invoiceLines": "@out" })),
    ] {
        let shown = both(&raw);
        assert_eq!(shown.len(), 1, "{raw}");
        assert!(!shown[0].fields.text("order".into()).unwrap_or_default().contains("sold"), "{raw}");
    }
    // who did not ask for them has none
    assert_eq!(decoded(&offline().await, "invoices", &raw).unwrap().len(), 1);
    let can = &router.capabilities().streams[&StreamId::new("sold_by_invoice")];
    assert!(can.fields.values().all(|field| !field.writable(true) && !field.writable(false)));
    for path in order.fields.paths() {
        assert!(can.fields.contains_key(&path), "{path} is shown and not declared");
    }
}
