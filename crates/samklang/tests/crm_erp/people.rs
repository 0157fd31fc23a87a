//! Persons: a check mark sends them to the ERP; what the ERP has comes, known by e-mail.

use serde_json::json;

use crate::stage::{Stage, values};

#[tokio::test]
async fn the_check_mark_starts_it_and_whoever_has_none_stays() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let person = |first: &str, email: &str, marked: bool| {
        stage.crm_makes(
            "persons",
            json!({ "PersonOrganisationId": company, "PersonFirstName": first, "PersonLastName": "Holm",
                "PersonEmail": email, "PersonStatus": "Active", "PersonCheckMark1": marked }),
        )
    };
    person("Eva", "eva@fjord.example", true);
    let later = person("Bo", "bo@fjord.example", false);
    stage.settles().await;
    assert_eq!(values(&stage.at_erp("contacts"), "email"), ["eva@fjord.example".to_owned()].into());
    stage.crm_edits("persons", later, json!({ "PersonCheckMark1": true }));
    stage.settles().await;
    let made = stage.in_erp("contacts", "email", "bo@fjord.example");
    assert_eq!((&made["firstName"], &made["lastName"]), (&json!("Bo"), &json!("Holm")));
    assert_eq!(made["businessAccount"], stage.in_erp("customers", "name", "Fjord Handel AS")["number"]);
    stage.crm_edits("persons", later, json!({ "PersonFirstName": "Bodil" }));
    stage.settles_and_rests().await;
    assert_eq!(stage.in_erp("contacts", "email", "bo@fjord.example")["firstName"], "Bodil");
    assert_eq!((stage.at_erp("contacts").len(), stage.at_crm("persons").len()), (2, 2));
}

#[tokio::test]
async fn a_person_of_a_company_that_is_no_customer_waits_for_its_type() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Prospect");
    let person = json!({ "PersonOrganisationId": company, "PersonFirstName": "Eva", "PersonLastName": "Holm",
        "PersonEmail": "eva@fjord.example", "PersonStatus": "Active", "PersonCheckMark1": true });
    stage.crm_makes("persons", person);
    stage.settles().await;
    assert!(stage.at_erp("contacts").is_empty() && stage.at_erp("customers").is_empty());
    stage.crm_edits("organisations", company, json!({ "OrganisationType": "Customer" }));
    stage.settles_and_rests().await;
    assert_eq!(stage.at_erp("contacts").len(), 1);
}

#[tokio::test]
async fn contacts_of_the_erp_all_come_and_one_that_is_there_is_known_by_its_email() {
    let stage = Stage::set().await;
    let number = stage.customer("Vest Te AS");
    stage.settles().await;
    let company = stage.in_crm("organisations", "OrganisationName", "Vest Te AS")["OrganisationId"].clone();
    let known = json!({ "PersonOrganisationId": company, "PersonFirstName": "Kari", "PersonLastName": "Olsen",
        "PersonEmail": "Kari@vest.example", "PersonStatus": "Active" });
    let known = stage.crm_makes("persons", known);
    stage.settles().await;
    for (first, last, email) in [("Kari", "Olsen", "kari@vest.example"), ("Nils", "Berg", "nils@vest.example")] {
        let contact = json!({ "firstName": first, "lastName": last, "email": email, "businessAccount": number });
        stage.erp_makes("contacts", contact);
    }
    stage.settles_and_rests().await;
    let persons = stage.at_crm("persons");
    assert_eq!(persons.len(), 2, "{persons:#?}");
    assert!(persons.iter().all(|person| person["PersonOrganisationId"] == company));
    let nils = stage.in_crm("persons", "PersonEmail", "nils@vest.example");
    assert_eq!((&nils["PersonFirstName"], &nils["PersonLastName"]), (&json!("Nils"), &json!("Berg")));
    assert_eq!(nils["PersonCheckMark1"], true, "whoever comes from the ERP is relevant for it");
    // from now on they are one; what the CRM says of her goes once she is marked there
    stage.crm_edits("persons", known, json!({ "PersonLastName": "Olsen Dahl", "PersonCheckMark1": true }));
    stage.settles_and_rests().await;
    assert_eq!(stage.in_erp("contacts", "firstName", "Kari")["lastName"], "Olsen Dahl");
    assert_eq!((stage.at_erp("contacts").len(), stage.at_crm("persons").len()), (2, 2));
}
