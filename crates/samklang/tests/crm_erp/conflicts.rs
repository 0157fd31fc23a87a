//! An address is one value: two edits of it are shown to a person, whole.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_street_here_and_a_city_there_is_one_conflict_of_two_whole_addresses() {
    for system in ["erp", "crm"] {
        let stage = Stage::set().await;
        let company = stage.company("Fjord Handel AS", "Customer");
        stage.settles().await;
        let number = stage.in_erp("customers", "name", "Fjord Handel AS")["number"].as_str().unwrap().to_owned();
        stage.crm_edits("organisations", company, json!({ "OrganisationAddress": "Storgata 9" }));
        stage.erp_edits("customers", &number, json!({ "mainAddress": { "city": "Bergen", "postalCode": "5003" } }));
        let report = stage.comes_to_an_end().await;
        assert_eq!(report.held.len(), 1, "{:#?}", report.held);
        let held = &report.held[0];
        for part in ["Storgata 9", "Oslo", "Gata 1", "Bergen"] {
            assert!(format!("{:?}", held.values).contains(part), "{part}: {:#?}", held.values);
        }
        // neither half went over
        assert_eq!(stage.organisation(company)["OrganisationCity"], "Oslo");
        assert_eq!(stage.in_erp("customers", "number", number.as_str())["mainAddress"]["addressLine1"], "Gata 1");

        stage.take(held, system).await;
        stage.settles_and_rests().await;
        let wanted = if system == "crm" { ("Storgata 9", "Oslo", "0150") } else { ("Gata 1", "Bergen", "5003") };
        let (shown, customer) = (stage.organisation(company), stage.in_erp("customers", "number", number.as_str()));
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let crm = ["OrganisationAddress", "OrganisationCity", "OrganisationPostCode"].map(|name| text(&shown[name]));
        let erp = ["addressLine1", "city", "postalCode"].map(|name| text(&customer["mainAddress"][name]));
        assert_eq!(crm, [wanted.0, wanted.1, wanted.2], "{system}");
        assert_eq!(erp, crm, "{system}");
    }
}
