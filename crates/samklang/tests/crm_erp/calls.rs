//! What a run costs, counted in the systems' own logs without signing in.

use serde_json::json;

use crate::stage::{Stage, put};

#[tokio::test]
async fn an_idle_run_is_a_call_for_each_stream_and_an_edit_at_most_two_more() {
    let mut stage = Stage::set_with(|preset| put(preset, "connections.erp.order_types", r#"["SO", "IN"]"#)).await;
    let company = stage.company("Fjord Handel AS", "Customer");
    for name in ["Vest Te AS", "Nord Kaffe AS"] {
        stage.company(name, "Customer");
    }
    let person = |first: &str| {
        let email = format!("{}@fjord.example", first.to_lowercase());
        let set = json!({ "PersonOrganisationId": company, "PersonFirstName": first, "PersonLastName": "Holm",
            "PersonEmail": email, "PersonStatus": "Active", "PersonCheckMark1": true });
        stage.crm_makes("persons", set)
    };
    let person = ["Bo", "Kari", "Nils", "Siv", "Eva"].map(person)[4];
    let delivery = stage.delivery(company, &[("BOLT", 10, "12.5")]);
    stage.settles().await;
    // a day on which people work; what a page of the CRM holds shows when the connection is made, anew each day
    stage.pass(8 * 3600);
    stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": "+47 1" }));
    stage.crm_edits("persons", person, json!({ "PersonFirstName": "Eva Marie" }));
    stage.crm_edits("deliveries", delivery, json!({ "DeliveryDescription": "Haster" }));
    stage.settles().await;
    stage.restart().await;
    stage.pass(5 * 3600);
    stage.settles().await;

    assert_eq!(stage.run().await.writes(), 0);
    let (crm, erp) = (stage.crm_calls(), stage.erp_calls());
    assert_eq!(crm.len(), 4, "{crm:#?}");
    assert_eq!(erp.len(), 7, "{erp:#?}");
    assert!(crm.iter().chain(&erp).all(|call| call.starts_with("GET ")));

    stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": "+47 2" }));
    assert_eq!(stage.run().await.writes(), 1);
    let edited = stage.crm_calls();
    assert!(edited.len() <= 6, "{edited:#?}");
    assert_eq!(stage.in_erp("customers", "name", "Fjord Handel AS")["mainContact"]["phone1"], "+47 2");
    stage.settles().await;
}
