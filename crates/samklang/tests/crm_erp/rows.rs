//! Rows of the mapping that a user adds.

use serde_json::json;
use sync_core::engine::Mode;

use crate::stage::{Stage, row};

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
