//! Answers that are lost: nothing is made twice.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_company_is_made_once_on_either_side() {
    let stage = Stage::set().await;
    stage.company("Fjord Handel AS", "Customer");
    stage.lose_answer_of_erp("POST", "/v1/customer");
    stage.settles_and_rests().await;
    assert_eq!(stage.at_erp("customers").len(), 1);
    stage.customer("Vest Te AS");
    stage.lose_answer_of_crm("POST", "/Organisations");
    stage.settles_and_rests().await;
    assert_eq!((stage.at_erp("customers").len(), stage.at_crm("organisations").len()), (2, 2));
    assert!(stage.at_crm("organisations").iter().all(|company| company["OrganisationExtraCustom1"] != ""));
    assert!(all_were_lost(&stage));
}

#[tokio::test]
async fn a_person_is_made_once_on_either_side() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.settles().await;
    let person = json!({ "PersonOrganisationId": company, "PersonFirstName": "Eva", "PersonLastName": "Holm",
        "PersonEmail": "eva@fjord.example", "PersonStatus": "Active", "PersonCheckMark1": true });
    stage.crm_makes("persons", person);
    stage.lose_answer_of_erp("POST", "/v1/contact");
    stage.settles_and_rests().await;
    assert_eq!(stage.at_erp("contacts").len(), 1);
    let number = stage.in_erp("customers", "name", "Fjord Handel AS")["number"].clone();
    let contact =
        json!({ "firstName": "Nils", "lastName": "Berg", "email": "nils@fjord.example", "businessAccount": number });
    stage.erp_makes("contacts", contact);
    stage.lose_answer_of_crm("POST", "/Persons");
    stage.settles_and_rests().await;
    assert_eq!((stage.at_erp("contacts").len(), stage.at_crm("persons").len()), (2, 2));
    assert!(all_were_lost(&stage));
}

#[tokio::test]
async fn an_order_is_made_once_and_told_its_number_once() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
    stage.lose_answer_of_erp("POST", "/api/v3/SalesOrders");
    stage.lose_answer_of_crm("PUT", "/Deliveries/*");
    stage.settles_and_rests().await;
    assert_eq!(stage.delivered(delivery)["DeliveryCustom1"], stage.the_order()["orderId"]);
    assert_eq!(stage.the_order()["status"], "Open");
    assert_eq!(stage.at_crm("deliveries").len(), 1);
    assert!(all_were_lost(&stage));
}

/// Each answer that was to be lost was lost.
fn all_were_lost(stage: &Stage) -> bool {
    let faults = [stage.crm.faults(), stage.erp.faults()];
    let mut faults = faults.iter().flat_map(|faults| faults.as_array().unwrap());
    faults.all(|fault| fault["met"].as_u64().unwrap() > 0)
}
