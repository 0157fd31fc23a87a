//! Rows of the mapping that a user adds.

use serde_json::json;
use sync_core::engine::Mode;

use crate::stage::{Stage, put, row};

#[tokio::test]
async fn a_row_for_an_own_field_writes_what_it_is_about_and_nobody_is_asked_to_adopt() {
    let mut stage = Stage::set().await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.company("Vest Te AS", "Customer");
    stage.crm_edits("organisations", company, json!({ "OrganisationCustom5": "A" }));
    stage.settles_and_rests().await;

    let segment = "field = 'x.segment'\ncrm = 'x.webcrm.custom_5'\nerp = 'x.visma-net.attributes.SEGMENT'";
    stage.reconfigure(|preset| row(preset, "companies", segment)).await;
    stage.pass(150);
    let plan = stage.run_now(Mode::DryRun).await;
    assert!(plan.adopt_first.is_empty(), "{:#?}", plan.adopt_first);
    assert_eq!((plan.plan.ops.len(), plan.writes()), (1, 0), "{:#?}", plan.plan);
    let report = stage.run().await;
    assert!(report.adopt_first.is_empty() && report.held.is_empty(), "{report:#?}");
    assert_eq!(report.writes(), 1, "{:#?}", report.written);
    stage.settles_and_rests().await;
    let segment = |name: &str| stage.in_erp("customers", "name", name)["attributes"].to_string();
    assert!(segment("Fjord Handel AS").contains(r#""A""#), "{}", segment("Fjord Handel AS"));
    assert!(!segment("Vest Te AS").contains(r#""A""#), "{}", segment("Vest Te AS"));
    // and it goes on both ways
    stage.crm_edits("organisations", company, json!({ "OrganisationCustom5": "B" }));
    stage.settles_and_rests().await;
    let segment = stage.in_erp("customers", "name", "Fjord Handel AS")["attributes"].to_string();
    assert!(segment.contains(r#""B""#), "{segment}");
}

#[tokio::test]
async fn codes_go_through_their_tables_both_ways() {
    let stage = Stage::set_with(|preset| {
        preset["entities"]["companies"]["fields"].as_table_mut().unwrap().remove("vat_group");
        let same = "field = 'vat_group'\ncrm = 'vat_group'\nerp = 'vat_group'\ntable = 'vat_group'";
        row(preset, "companies", same);
        row(preset, "companies", "field = 'payment_terms'\ncrm = 'x.webcrm.custom_4'\nerp = 'payment_terms'");
        let tables = "vat_group.crm = { home = 'Domestic', abroad = 'Export' }\nvat_group.erp = { home = '01', abroad = '02' }\n\
            payment_terms.crm = { net14 = '14 dage', net30 = '30 dage' }\npayment_terms.erp = { net14 = '14', net30 = '30' }";
        preset["tables"].as_table_mut().unwrap().extend(tables.parse::<toml::Table>().unwrap());
    })
    .await;
    let company = stage.company("Fjord Handel AS", "Customer");
    stage.crm_edits(
        "organisations",
        company,
        json!({ "OrganisationVatGroup": "Export", "OrganisationCustom4": "14 dage" }),
    );
    stage.settles().await;
    let customer = stage.in_erp("customers", "name", "Fjord Handel AS");
    assert_eq!((&customer["vatZone"]["id"], &customer["creditTerms"]["id"]), (&json!("02"), &json!("14")));
    let number = customer["number"].as_str().unwrap();
    stage.erp_edits("customers", number, json!({ "vatZoneId": "01", "creditTermsId": "30" }));
    stage.comes_to_an_end().await;
    let shown = stage.organisation(company);
    // the CRM is master of both, as the preset has it: what it says stands
    assert_eq!((&shown["OrganisationVatGroup"], &shown["OrganisationCustom4"]), (&json!("Export"), &json!("14 dage")));
    let customer = stage.in_erp("customers", "number", number);
    assert_eq!((&customer["vatZone"]["id"], &customer["creditTerms"]["id"]), (&json!("02"), &json!("14")));
    // and what the ERP has alone comes in the CRM's words
    stage.abroad("Vest Te AS");
    stage.settles_and_rests().await;
    let made = stage.in_crm("organisations", "OrganisationName", "Vest Te AS");
    assert_eq!((&made["OrganisationVatGroup"], &made["OrganisationCustom4"]), (&json!("Export"), &json!("30 dage")));
}

#[tokio::test]
async fn each_kind_goes_one_way_or_not_at_all_where_that_is_set() {
    let stage = Stage::set_with(|preset| {
        preset["entities"].as_table_mut().unwrap().remove("people");
        put(preset, "entities.companies.systems.crm", "{ read = true, update = true }");
        put(preset, "entities.companies.systems.erp", r#"{ read = true, create = "always", streams = ["customers"] }"#);
    })
    .await;
    let company = stage.company("Fjord Handel AS", "Customer");
    let person = json!({ "PersonOrganisationId": company, "PersonFirstName": "Eva", "PersonLastName": "Holm",
        "PersonEmail": "eva@fjord.example", "PersonStatus": "Active", "PersonCheckMark1": true });
    stage.crm_makes("persons", person);
    let number = stage.customer("Vest Te AS");
    stage.erp_makes("contacts", json!({ "lastName": "Berg", "email": "nils@vest.example", "businessAccount": number }));
    stage.settles_and_rests().await;
    assert_eq!((stage.at_erp("contacts").len(), stage.at_crm("persons").len()), (1, 1), "persons are off");
    assert_eq!(stage.at_crm("organisations").len(), 1, "companies are made in the ERP and not in the CRM");
    assert_eq!(stage.at_erp("customers").len(), 2);
    // made and not changed
    stage.crm_edits("organisations", company, json!({ "OrganisationTelephone": "+47 1" }));
    stage.settles_and_rests().await;
    assert_eq!(
        stage.in_erp("customers", "name", "Fjord Handel AS")["mainContact"]["phone1"].as_str().unwrap_or_default(),
        ""
    );
}
