//! What the ERP invoices without an order becomes a delivery, once.

use serde_json::{Value, json};
use toml::Table;

use crate::stage::{Stage, amount, put};

/// Somebody writes an invoice in the ERP, for two hours at this price.
fn writes(stage: &Stage, customer: &str, text: &str, price: u64) -> String {
    let set = json!({ "customerNumber": customer, "documentDate": "2026-02-16", "invoiceText": text, "hold": false,
        "invoiceLines": [{ "operation": "Insert", "inventoryNumber": "HOUR", "quantity": 2, "unitPriceInCurrency": price }] });
    stage.erp_makes("invoices", set)
}

fn books(stage: &Stage, invoice: &str) {
    stage.erp.act(json!({ "action": "release", "collection": "invoices", "key": invoice })).unwrap();
}

/// The one delivery of an invoice.
fn of(stage: &Stage, invoice: &str) -> Value {
    stage.in_crm("deliveries", "DeliveryCustom2", invoice)
}

#[tokio::test]
async fn an_invoice_without_an_order_becomes_one_delivery_with_its_lines() {
    for abroad in [false, true] {
        let stage = Stage::set().await;
        let number = if abroad { stage.abroad("Vest Te AS") } else { stage.customer("Vest Te AS") };
        stage.settles().await;
        let invoice = writes(&stage, &number, "Ristekurs", 850);
        stage.settles().await;
        assert!(stage.at_crm("deliveries").is_empty(), "a draft is none yet");
        books(&stage, &invoice);
        stage.settles_and_rests().await;
        let delivery = of(&stage, &invoice);
        let company = stage.in_crm("organisations", "OrganisationName", "Vest Te AS");
        assert_eq!(delivery["DeliveryOrganisationId"], company["OrganisationId"]);
        assert_eq!(delivery["DeliveryDescription"], "Ristekurs");
        assert_eq!(delivery["DeliveryStatus"], "Completed");
        for day in ["DeliveryOrderDate", "DeliveryCustom3"] {
            assert!(delivery[day].as_str().unwrap().starts_with("2026-02-16"), "{day}: {}", delivery[day]);
        }
        let lines = stage.at_crm("quotation-lines");
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["QuotationLineData1"], "HOUR");
        assert_eq!(
            (amount(&lines[0], "QuotationLineQuantity"), amount(&lines[0], "QuotationLinePrice")),
            (2.into(), 850.into())
        );
        assert_eq!(stage.at_crm("deliveries").len(), 1);
        assert_eq!((stage.at_erp("invoices").len(), stage.at_erp("orders").len()), (1, 0), "nothing goes back");
    }
}

#[tokio::test]
async fn what_is_paid_credited_or_void_later_fills_the_same_delivery() {
    let stage = Stage::set().await;
    let number = stage.customer("Vest Te AS");
    stage.settles().await;
    let all = ["Betalt", "Kreditert", "Annullert"].map(|text| writes(&stage, &number, text, 850));
    all.iter().for_each(|invoice| books(&stage, invoice));
    stage.settles().await;
    let shown = |text: &str| {
        let delivery = stage.in_crm("deliveries", "DeliveryDescription", text);
        ["DeliveryCustom8", "DeliveryCustom6"].map(|field| delivery[field].as_str().unwrap_or_default().to_owned())
    };
    assert!(["Betalt", "Kreditert", "Annullert"].iter().all(|text| shown(text) == ["Approved", "Unpaid"]));
    stage.erp.act(json!({ "action": "pay", "invoice": all[0] })).unwrap();
    stage.erp.act(json!({ "action": "reverse", "collection": "invoices", "key": all[1], "apply": true })).unwrap();
    let fields = json!({ "status": "Voided" });
    stage.erp.act(json!({ "action": "set", "collection": "invoices", "key": all[2], "fields": fields })).unwrap();
    stage.settles_and_rests().await;
    assert_eq!(shown("Betalt"), ["Approved", "Paid"]);
    assert_eq!(shown("Annullert")[0], "Cancelled");
    assert_eq!(shown("Kreditert")[0], "Credited");
    assert_eq!(stage.at_crm("deliveries").len(), 3, "a credit note is none");
}

#[tokio::test]
async fn invoices_and_credit_notes_of_a_deliverys_order_make_no_second_delivery() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5"), ("HOUR", 2, "850")]);
    stage.settles().await;
    let invoice = stage.ships(&stage.the_order());
    stage.settles().await;
    assert_eq!(stage.delivered(delivery)["DeliveryCustom2"], json!(invoice));
    stage.erp.act(json!({ "action": "reverse", "collection": "invoices", "key": invoice, "apply": true })).unwrap();
    stage.settles_and_rests().await;
    assert_eq!((stage.at_crm("deliveries").len(), stage.at_erp("orders").len()), (1, 1));
    assert_eq!((stage.at_erp("invoices").len(), stage.at_erp("credit-notes").len()), (1, 1));
}

#[tokio::test]
async fn where_deliveries_go_as_invoices_those_that_people_write_come_back_and_ours_do_not() {
    let stage = Stage::set_with(as_invoices).await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let ours = stage.delivery(company, &[("HOUR", 3, "900")]);
    stage.settles_and_rests().await;
    let invoice = stage.at_erp("invoices")[0]["referenceNumber"].as_str().unwrap().to_owned();
    stage.erp_edits("invoices", &invoice, json!({ "hold": false }));
    books(&stage, &invoice);
    let number = stage.in_erp("customers", "name", "Fjord Handel AS")["number"].as_str().unwrap().to_owned();
    let theirs = writes(&stage, &number, "Ristekurs", 850);
    books(&stage, &theirs);
    stage.settles_and_rests().await;
    assert_eq!(of(&stage, &invoice)["DeliveryId"], ours);
    let shown = of(&stage, &theirs);
    assert_eq!((&shown["DeliveryDescription"], &shown["DeliveryStatus"]), (&json!("Ristekurs"), &json!("Completed")));
    assert_eq!((&shown["DeliveryCustom8"], &shown["DeliveryCustom6"]), (&json!("Approved"), &json!("Unpaid")));
    assert_eq!(amount(&stage.in_erp("invoices", "referenceNumber", theirs), "amount"), 2125.into(), "2 × 850 and VAT");
    assert_eq!((stage.at_crm("deliveries").len(), stage.at_erp("invoices").len()), (2, 2));
    assert!(stage.at_erp("orders").is_empty() && stage.at_erp("credit-notes").is_empty());
}

/// Deliveries go as invoices that people book.
fn as_invoices(preset: &mut Table) {
    put(preset, "entities.deliveries.systems.erp.becomes", r#""invoice""#);
    put(preset, "entities.deliveries.systems.erp.until", r#""draft""#);
    put(preset, "entities.deliveries.systems.erp.streams", r#"["sold_by_invoice"]"#);
    put(preset, "entities.deliveries.fields.number", r#"{ rule = "off" }"#);
}
