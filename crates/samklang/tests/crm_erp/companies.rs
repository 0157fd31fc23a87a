//! Companies: who takes part, who numbers them, and what becomes of edits on both sides.

use serde_json::json;
use sync_core::engine::Mode;

use crate::stage::Stage;

#[tokio::test]
async fn the_type_starts_it_and_stops_it_and_edits_made_meanwhile_arrive() {
    let stage = Stage::set().await;
    let lead = stage.company("Fjord Handel AS", "Prospect");
    let left = stage.company("Leverandøren AS", "Supplier");
    stage.settles().await;
    assert_eq!(stage.at_erp("customers").len(), 0, "neither is a customer");

    stage.crm_edits("organisations", lead, json!({ "OrganisationType": "Customer" }));
    stage.settles().await;
    assert_eq!(stage.at_erp("customers").len(), 1);
    let customer = stage.in_erp("customers", "name", "Fjord Handel AS");
    assert_eq!(
        (&customer["mainAddress"]["city"], &customer["mainAddress"]["postalCode"]),
        (&json!("Oslo"), &json!("0150"))
    );

    // whoever leaves the type is frozen on both sides
    stage.crm_edits("organisations", lead, json!({ "OrganisationType": "Partner", "OrganisationTelephone": "+47 1" }));
    stage.settles().await;
    stage.crm_edits("organisations", lead, json!({ "OrganisationWww": "https://fjord.example" }));
    stage.settles().await;
    let frozen = stage.in_erp("customers", "name", "Fjord Handel AS");
    assert_ne!(frozen["mainContact"]["phone1"], json!("+47 1"));
    assert_ne!(frozen["mainContact"]["web"], json!("https://fjord.example"));

    stage.crm_edits("organisations", lead, json!({ "OrganisationType": "Customer" }));
    stage.settles_and_rests().await;
    let customer = stage.in_erp("customers", "name", "Fjord Handel AS");
    assert_eq!(
        (&customer["mainContact"]["phone1"], &customer["mainContact"]["web"]),
        (&json!("+47 1"), &json!("https://fjord.example"))
    );
    assert_eq!(stage.organisation(left)["OrganisationExtraCustom1"], "", "it was never more than a supplier");
    assert_eq!(stage.at_erp("customers").len(), 1);
}

#[tokio::test]
async fn what_the_erp_has_comes_as_a_customer_and_goes_both_ways_from_then_on() {
    let stage = Stage::set().await;
    let number = stage.customer("Vest Te AS");
    stage.settles().await;
    let made = stage.in_crm("organisations", "OrganisationName", "Vest Te AS");
    assert_eq!((&made["OrganisationType"], &made["OrganisationExtraCustom1"]), (&json!("Customer"), &json!(number)));
    assert_eq!((&made["OrganisationAddress"], &made["OrganisationCity"]), (&json!("Kaien 1"), &json!("Bergen")));
    stage.crm_edits(
        "organisations",
        made["OrganisationId"].as_u64().unwrap(),
        json!({ "OrganisationTelephone": "+47 2" }),
    );
    stage.settles().await;
    assert_eq!(stage.in_erp("customers", "number", number.as_str())["mainContact"]["phone1"], "+47 2");
    stage.erp_edits("customers", &number, json!({ "mainContact": { "phone1": "+47 3" } }));
    stage.settles_and_rests().await;
    assert_eq!(stage.in_crm("organisations", "OrganisationName", "Vest Te AS")["OrganisationTelephone"], "+47 3");
}

#[tokio::test]
async fn the_number_is_the_erps_and_comes_into_the_field_of_the_crm() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.settles().await;
    let number = stage.in_erp("customers", "name", "Fjord Handel AS")["number"].clone();
    assert_eq!(stage.organisation(company)["OrganisationExtraCustom1"], number);
    // what somebody types over it is taken back
    stage.crm_edits("organisations", company, json!({ "OrganisationExtraCustom1": "4711" }));
    stage.settles_and_rests().await;
    assert_eq!(stage.organisation(company)["OrganisationExtraCustom1"], number);
    assert_eq!(stage.at_erp("customers").len(), 1);
}

#[tokio::test]
async fn edits_of_different_groups_on_both_sides_merge() {
    let stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.settles().await;
    let number = stage.in_erp("customers", "name", "Fjord Handel AS")["number"].as_str().unwrap().to_owned();
    stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": "+47 1" }));
    let address = json!({ "addressLine1": "Havnen 2", "city": "Stavanger", "postalCode": "4006" });
    stage.erp_edits("customers", &number, json!({ "mainAddress": address }));
    stage.settles_and_rests().await;
    let customer = stage.in_erp("customers", "number", number.as_str());
    assert_eq!(
        (&customer["mainContact"]["phone1"], &customer["mainAddress"]["city"]),
        (&json!("+47 1"), &json!("Stavanger"))
    );
    let shown = stage.organisation(company);
    assert_eq!((&shown["OrganisationTelephone"], &shown["OrganisationAddress"]), (&json!("+47 1"), &json!("Havnen 2")));
    assert_eq!((&shown["OrganisationCity"], &shown["OrganisationPostCode"]), (&json!("Stavanger"), &json!("4006")));
}

#[tokio::test]
async fn a_name_that_the_crm_cuts_does_not_come_back_cut() {
    let stage = Stage::set().await;
    let long = format!("{} AS", "Nordvestlandske ".repeat(15));
    let number = stage.customer(&long);
    stage.settles().await;
    let made = stage.in_crm("organisations", "OrganisationExtraCustom1", number.as_str());
    assert_eq!(made["OrganisationName"].as_str().unwrap().chars().count(), 200);
    stage.crm_edits(
        "organisations",
        made["OrganisationId"].as_u64().unwrap(),
        json!({ "OrganisationTelephone": "+47 9" }),
    );
    stage.settles_and_rests().await;
    let customer = stage.in_erp("customers", "number", number.as_str());
    assert_eq!((&customer["name"], &customer["mainContact"]["phone1"]), (&json!(long), &json!("+47 9")));
}

#[tokio::test]
async fn what_is_on_both_sides_before_the_first_contact_is_bound_and_not_made_again() {
    let stage = Stage::before_contact(|_| ()).await;
    let known = stage.customer("Vest Te AS");
    let company = stage.crm_makes(
        "organisations",
        json!({ "OrganisationName": "Vest Te AS", "OrganisationType": "Customer", "OrganisationAddress": "Kaien 1",
            "OrganisationPostCode": "5003", "OrganisationCity": "Bergen", "OrganisationCountry": "Norge" }),
    );
    let report = stage.adopt().await;
    assert_eq!(report.writes(), 0);
    assert_eq!(stage.run_now(Mode::DryRun).await.writes(), 0);
    stage.settles_and_rests().await;
    assert_eq!((stage.at_erp("customers").len(), stage.at_crm("organisations").len()), (1, 1));
    assert_eq!(stage.organisation(company)["OrganisationExtraCustom1"], json!(known));
}
