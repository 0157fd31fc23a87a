//! Lines of deliveries that change, in either system.

use serde_json::{Value, json};

use emulators::frame::{Fault, FaultKind};

use crate::stage::{Stage, amount};

/// A line of the catalogue's item at its list price less a discount, as a user of the CRM enters it.
fn reduced(
    stage: &Stage,
    deal: u64,
    organisation: u64,
    (sku, quantity, list, percent, price): (&str, u64, u64, u64, u64),
) {
    let item = stage.in_crm("linked-data", "QuotationLineLinkedDataItemData1", sku);
    let line = json!({ "QuotationLineOpportunityId": deal, "QuotationLineOrganisationId": organisation,
        "QuotationLineLinkedDataItemId": item["QuotationLineLinkedDataItemId"], "QuotationLineData1": sku,
        "QuotationLineQuantity": quantity, "QuotationLineListPrice": list, "QuotationLineDiscount": percent,
        "QuotationLinePrice": price, "QuotationLineVatPercentage": 25, "QuotationLineSortOrder": 50 });
    stage.crm_makes("quotation-lines", line);
}

/// Item, quantity, price and discount of an order's rows.
fn rows(order: &Value) -> Vec<String> {
    let row = |line: &Value| {
        let of = |name: &str| amount(line, name);
        let item = line["inventory"]["id"].as_str().unwrap();
        format!("{item} {} x {} - {} %", of("quantity"), of("unitPrice"), of("discountPercent"))
    };
    order["orderLines"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn discount_currency_and_vat_of_a_delivery_arrive() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let head = json!({ "DeliveryOrganisationId": company, "DeliveryDescription": "Til lageret",
        "DeliveryOrderDate": "2026-02-16T00:00:00", "DeliveryStatus": "New", "DeliveryCurrencyName": "02" });
    let delivery = stage.crm_makes("deliveries", head);
    reduced(&stage, delivery, company, ("BOLT", 10, 20, 10, 18));
    stage.settles_and_rests().await;
    let order = stage.the_order();
    assert_eq!(rows(&order), ["BOLT 10 x 20 - 10 %"]);
    assert_eq!(order["currencyId"], "EUR");
    assert_eq!(amount(&order, "orderTotal"), 225.into(), "180 and VAT");
}

#[tokio::test]
async fn a_line_that_changes_alone_is_seen_and_a_new_one_names_its_item() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
    stage.crm.switch("line_price", "unit").unwrap();
    stage.settles_and_rests().await;
    let head = stage.delivered(delivery)["DeliveryUpdatedAt"].clone();
    let line = stage.at_crm("quotation-lines")[0]["QuotationLineId"].as_u64().unwrap();
    stage.crm_edits("quotation-lines", line, json!({ "QuotationLineQuantity": 12 }));
    assert_eq!(stage.delivered(delivery)["DeliveryUpdatedAt"], head, "the head does not tell");
    stage.settles_and_rests().await;
    assert_eq!(rows(&stage.the_order()), ["BOLT 12 x 12.5 - 0 %"]);
    stage.line(delivery, company, 1, ("HOUR", 2, "850"));
    stage.settles_and_rests().await;
    assert_eq!(rows(&stage.the_order()), ["BOLT 12 x 12.5 - 0 %", "HOUR 2 x 850 - 0 %"]);
    assert_eq!(stage.at_erp("orders").len(), 1);
}

#[tokio::test]
async fn a_delivery_whose_lines_cannot_be_written_keeps_what_it_had_and_gets_them_later() {
    let stage = Stage::set().await;
    let number = stage.customer("Vest Te AS");
    stage.settles().await;
    let lines = json!([{ "inventoryId": "BOLT", "quantity": 4 }, { "inventoryId": "HOUR", "quantity": 1 }]);
    let order = json!({ "type": "SO", "customer": { "id": number }, "orderLines": lines });
    let order = stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap()["key"].clone();
    stage.settles_and_rests().await;
    let quantities = |stage: &Stage| {
        let lines = stage.at_crm("quotation-lines");
        lines.iter().map(|line| amount(line, "QuotationLineQuantity")).collect::<Vec<_>>()
    };
    assert_eq!(quantities(&stage), [4.into(), 1.into()]);
    for (method, path) in [("PUT", "/QuotationLines/*"), ("PATCH", "/QuotationLines"), ("POST", "/QuotationLines")] {
        let failing = FaultKind::Status { code: 500, handled: false };
        stage.crm.fault(Fault::new(failing).on(method, path).times(u32::MAX));
    }
    let lines = json!([{ "lineId": 1, "quantity": 6 }]);
    stage.erp.act(json!({ "action": "edit_order", "type": "SO", "key": order, "lines": lines })).unwrap();
    stage.run().await;
    assert_eq!(quantities(&stage), [4.into(), 1.into()], "no line is gone");
    assert!(stage.crm.faults()[0]["met"].as_u64().unwrap() > 0);
    stage.crm.clear_faults();
    stage.settles_and_rests().await;
    assert_eq!(quantities(&stage), [6.into(), 1.into()]);
}
