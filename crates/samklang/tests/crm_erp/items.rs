//! Items: the ERP's are the CRM's catalogue.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::stage::{Stage, amount, values};

const NUMBER: &str = "QuotationLineLinkedDataItemData1";

fn shown(stage: &Stage, number: &str) -> (String, String, Decimal, Decimal) {
    let item = stage.in_crm("linked-data", NUMBER, number);
    let text = |name: &str| item[format!("QuotationLineLinkedDataItem{name}")].as_str().unwrap().to_owned();
    let sum = |name: &str| amount(&item, &format!("QuotationLineLinkedDataItem{name}"));
    (text("Data2"), text("Data4"), sum("Price"), sum("CostPrice"))
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[tokio::test]
async fn what_changes_in_the_erp_is_in_the_catalogue() {
    let stage = Stage::set().await;
    assert_eq!(shown(&stage, "BOLT"), ("Name of BOLT".into(), "STK".into(), dec("12.5"), dec("0")));
    let set = json!({ "description": "Bolt M8", "salesUnit": "PK", "baseUnit": "PK", "defaultPrice": 13.75 });
    stage.erp_edits("items", "BOLT", set);
    let cost: Value = serde_json::from_str("8.25").unwrap();
    stage
        .erp
        .act(json!({ "action": "set", "collection": "items", "key": "BOLT", "fields": { "currentCost": cost } }))
        .unwrap();
    stage.settles_and_rests().await;
    assert_eq!(shown(&stage, "BOLT"), ("Bolt M8".into(), "PK".into(), dec("13.75"), dec("8.25")));
    assert_eq!(stage.at_crm("linked-data").len(), 2);
}

#[tokio::test]
async fn a_price_that_somebody_types_in_the_crm_is_taken_back() {
    let stage = Stage::set().await;
    let item = stage.in_crm("linked-data", NUMBER, "HOUR")["QuotationLineLinkedDataItemId"].as_u64().unwrap();
    stage.crm_edits(
        "linked-data",
        item,
        json!({ "QuotationLineLinkedDataItemPrice": 1, "QuotationLineLinkedDataItemData2": "Mine" }),
    );
    // the catalogue has no time stamps: it is read as a whole, every six hours
    stage.pass(7 * 3600);
    stage.settles_and_rests().await;
    assert_eq!((shown(&stage, "HOUR").0, shown(&stage, "HOUR").2), ("Name of HOUR".into(), dec("900")));
    assert_eq!(amount(&stage.in_erp("items", "inventoryNumber", "HOUR"), "defaultPrice"), dec("900"));
}

#[tokio::test]
async fn what_may_not_be_sold_is_not_offered() {
    let stage = Stage::set().await;
    for (number, status) in [("OLD", "Inactive"), ("NOSALES", "NoSales"), ("NUT", "Active")] {
        let set = json!({ "inventoryNumber": number, "description": number, "itemClass": "GOODS", "status": status,
            "defaultPrice": 5 });
        stage.erp_makes("items", set);
    }
    stage.settles().await;
    let offered = |numbers: &[&str]| numbers.iter().map(|number| (*number).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(values(&stage.at_crm("linked-data"), NUMBER), offered(&["BOLT", "HOUR", "NUT"]));
    stage.erp_edits("items", "OLD", json!({ "status": "Active" }));
    stage.settles_and_rests().await;
    assert_eq!(values(&stage.at_crm("linked-data"), NUMBER), offered(&["BOLT", "HOUR", "NUT", "OLD"]));
}
