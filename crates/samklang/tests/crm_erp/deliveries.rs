//! Deliveries: orders of the ERP with their lines, and what the ERP makes of them; and the other way round.

use serde_json::json;

use crate::stage::{Stage, amount};

const CUSTOMER: &str = "Customer";

#[tokio::test]
async fn a_delivery_becomes_an_order_with_its_lines_and_its_total_and_is_told_its_number() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", CUSTOMER);
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5"), ("HOUR", 2, "850")]);
    stage.settles_and_rests().await;
    let order = stage.the_order();
    assert_eq!((&order["type"], &order["status"]), (&json!("SO"), &json!("Open")));
    assert_eq!(order["description"], "Til lageret");
    let lines = order["orderLines"].as_array().unwrap();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| (line["inventory"]["id"].as_str().unwrap(), amount(line, "quantity"), amount(line, "unitPrice")))
        .collect();
    assert_eq!(seen, [("BOLT", 10.into(), "12.5".parse().unwrap()), ("HOUR", 2.into(), 850.into())]);
    assert_eq!(amount(&order, "orderTotal"), "2281.25".parse().unwrap(), "10 × 12.50 + 2 × 850, and VAT");
    let shown = stage.delivered(delivery);
    assert_eq!(shown["DeliveryCustom1"], order["orderId"]);
    assert_eq!(shown["DeliveryCustom4"], "", "nothing keeps it");
    assert_eq!(stage.at_crm("deliveries").len(), 1);
}

#[tokio::test]
async fn what_is_shipped_and_invoiced_in_two_parts_comes_back() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", CUSTOMER);
    let delivery = stage.delivery(company, &[("BOLT", 1500, "12.5")]);
    stage.settles().await;
    let order = stage.the_order();
    assert_eq!(stage.delivered(delivery)["DeliveryStatus"], "New", "what means open may stay");
    let first = stage.ships(&order);
    stage.settles().await;
    let part = stage.delivered(delivery);
    assert_eq!(part["DeliveryCustom2"], json!(first));
    assert_ne!(part["DeliveryStatus"], "Completed", "a part is still to come");
    assert!(part["DeliveryCustom3"].as_str().unwrap().contains("2026"), "{}", part["DeliveryCustom3"]);

    stage.erp.act(json!({ "action": "stock", "item": "BOLT", "warehouse": "1", "by": 500 })).unwrap();
    let second = stage.ships(&order);
    stage.settles_and_rests().await;
    let whole = stage.delivered(delivery);
    let numbers = whole["DeliveryCustom2"].as_str().unwrap();
    assert!(numbers.contains(&first) && numbers.contains(&second), "{numbers}");
    assert_eq!(whole["DeliveryStatus"], "Completed");
    assert_eq!((stage.at_crm("deliveries").len(), stage.at_erp("invoices").len()), (1, 2));
}

#[tokio::test]
async fn an_invoice_counts_once_it_is_booked() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", CUSTOMER);
    let delivery = stage.delivery(company, &[("BOLT", 5, "12.5")]);
    stage.settles().await;
    let act = json!({ "action": "ship_order", "type": "SO", "key": stage.the_order()["orderId"], "invoice": true });
    let invoice = stage.erp.act(act).unwrap()["invoice"].clone();
    stage.settles().await;
    assert_eq!(stage.delivered(delivery)["DeliveryCustom2"], "", "a draft is none");
    stage.erp.act(json!({ "action": "release", "collection": "invoices", "key": invoice })).unwrap();
    stage.settles_and_rests().await;
    assert_eq!(stage.delivered(delivery)["DeliveryCustom2"], invoice);
}

#[tokio::test]
async fn why_a_delivery_does_not_go_stands_in_the_crm_and_it_goes_by_itself_once_it_may() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Prospect");
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
    stage.settles().await;
    assert!(stage.at_erp("orders").is_empty() && stage.at_erp("customers").is_empty());
    let why = stage.delivered(delivery)["DeliveryCustom4"].as_str().unwrap().to_owned();
    assert!(why.contains("customer.category in [Customer]"), "{why:?}");
    assert!(stage.journal().await.contains("customer.category in [Customer]"));

    stage.crm_edits("organisations", company, json!({ "OrganisationType": "Customer" }));
    stage.settles_and_rests().await;
    let (order, shown) = (stage.the_order(), stage.delivered(delivery));
    assert_eq!((&shown["DeliveryCustom4"], &shown["DeliveryCustom1"]), (&json!(""), &order["orderId"]));
}

#[tokio::test]
async fn an_opportunity_that_a_user_converts_becomes_an_order() {
    for how in ["moves", "copies"] {
        let stage = Stage::set().await;
        stage.crm.switch("convert", how).unwrap();
        let company = stage.company("Fjord Handel AS", CUSTOMER);
        let deal = json!({ "OpportunityOrganisationId": company, "OpportunityDescription": "Tilbud", "OpportunityLevel": 2,
            "OpportunityOrderDate": "2026-02-16T00:00:00", "OpportunityCurrencyName": "03" });
        let deal = stage.crm_makes("opportunities", deal);
        stage.line(deal, company, 0, ("BOLT", 7, "12.5"));
        stage.settles().await;
        assert!(stage.at_erp("orders").is_empty(), "a quote is no order");
        let act = json!({ "action": "convert", "collection": "opportunities", "id": deal });
        let delivery = stage.crm.act(act).unwrap()["id"].as_u64().unwrap();
        stage.settles_and_rests().await;
        let order = stage.the_order();
        assert_eq!(amount(&order, "orderTotal"), "109.38".parse().unwrap(), "{how}");
        assert_eq!(stage.delivered(delivery)["DeliveryCustom1"], order["orderId"], "{how}");
    }
}

#[tokio::test]
async fn a_line_that_fits_the_other_meaning_of_its_price_keeps_its_delivery_and_is_told() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", CUSTOMER);
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
    let line = stage.at_crm("quotation-lines")[0]["QuotationLineId"].as_u64().unwrap();
    stage.crm_edits("quotation-lines", line, json!({ "QuotationLinePrice": 125 }));
    let report = stage.comes_to_an_end().await;
    assert!(stage.at_erp("orders").is_empty());
    assert_eq!(report.set_aside, 1, "{report:#?}");
    let parked = sync_core::store::StateStore::parked(&*stage.store, None).await.unwrap();
    assert!(parked[0].line().contains("line_price"), "{}", parked[0].line());
    // the others go on, and it goes once it is right
    stage.delivery(company, &[("HOUR", 1, "900")]);
    stage.comes_to_an_end().await;
    assert_eq!(stage.at_erp("orders").len(), 1);
    stage.crm_edits("quotation-lines", line, json!({ "QuotationLinePrice": 12.5 }));
    stage.settles_and_rests().await;
    assert_eq!(stage.at_erp("orders").len(), 2);
    assert_ne!(stage.delivered(delivery)["DeliveryCustom1"], "");
}
