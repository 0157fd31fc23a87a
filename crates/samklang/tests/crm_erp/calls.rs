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

#[tokio::test]
async fn deliveries_that_nobody_touches_are_not_read_again_whoever_made_them() {
    for from_erp in [true, false] {
        let set = |preset: &mut _| put(preset, "connections.erp.order_types", r#"["SO", "IN"]"#);
        let mut stage = Stage::set_with(set).await;
        let number = stage.customer("Vest Te AS");
        stage.company("Nord Kaffe AS", "Customer");
        stage.settles().await;
        let company = stage.in_crm("organisations", "OrganisationName", "Vest Te AS")["OrganisationId"].clone();
        let company = company.as_u64().unwrap();
        for name in ["Holm", "Lie", "Dahl", "Moe", "Vik", "Lund", "Berg", "Haug"] {
            let set = json!({ "PersonOrganisationId": company, "PersonLastName": name, "PersonStatus": "Active" });
            stage.crm_makes("persons", set);
        }
        for _ in 0..3 {
            if from_erp {
                let order = json!({ "type": "SO", "customer": { "id": number },
                    "orderLines": [{ "inventoryId": "BOLT", "quantity": 4 }] });
                stage.erp.act(json!({ "action": "enter_order", "order": order })).unwrap();
            } else {
                stage.delivery(company, &[("BOLT", 10, "12.5")]);
            }
        }
        stage.settles().await;
        assert_eq!(stage.at_crm("deliveries").len(), 3);
        // work elsewhere; what a page of the CRM holds shows when the connection is made, anew each day
        stage.pass(8 * 3600);
        stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": "+47 1" }));
        let person = stage.in_crm("persons", "PersonLastName", "Holm")["PersonId"].as_u64().unwrap();
        stage.crm_edits("persons", person, json!({ "PersonTitle": "Chef" }));
        stage.settles().await;
        stage.restart().await;
        // for so long the stamps of what was written may stand for another change
        for _ in 0..2 {
            stage.pass(1800);
            stage.settles().await;
        }
        stage.pass(3600);
        assert_eq!(stage.run().await.writes(), 0);
        let (crm, erp) = (stage.crm_calls(), stage.erp_calls());
        assert_eq!((crm.len(), erp.len()), (4, 7), "from erp {from_erp}: {crm:#?} {erp:#?}");
        let read = |crm: Vec<String>| crm.iter().filter(|call| call.starts_with("GET /Deliveries/")).count();
        assert_eq!(read(crm), 0);
        stage.pass(13 * 3600); // with the catalogue
        stage.run().await;
        assert_eq!(read(stage.crm_calls()), 0, "from erp {from_erp}");
        // a line that changes alone moves no stamp of its delivery, and is seen all the same
        let line = stage.at_crm("quotation-lines").remove(0);
        let line_id = line["QuotationLineId"].as_u64().unwrap();
        stage.crm_edits("quotation-lines", line_id, json!({ "QuotationLineQuantity": 3 }));
        stage.run().await;
        let crm = stage.crm_calls();
        let path = format!("GET /Deliveries/{}", line["QuotationLineOpportunityId"]);
        assert!(crm.contains(&path), "from erp {from_erp}: {crm:#?}");
        assert_eq!(read(crm), 2, "the delivery and its lines, and no other");
    }
}
