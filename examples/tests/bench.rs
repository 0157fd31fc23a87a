//! The measurement runs, and the calls are as many as they must be. Its times mean nothing here, and are not looked at.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::process::Command;

use serde_json::{Value, json};

/// What the bench prints for so many articles.
fn measured(articles: u64) -> Value {
    let arguments = ["items", "--rounds", "1", "--delay-ms", "1", "--json", "--articles", &articles.to_string()];
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "time and memory are read as Linux tells them")]
fn fifty_articles_take_the_calls_that_they_must_and_no_more() {
    let told = measured(50);
    assert_eq!(told["settings"], json!({ "articles": 50, "concurrency": 8, "rounds": 1 }));
    let delays: Vec<&Value> = told["measured"].as_array().unwrap().iter().collect();
    assert_eq!(delays.iter().map(|one| one["delay_ms"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(0)]);
    for one in delays {
        let load = json!({
            "erp GET /v2/articles": 1, "erp GET /v2/companysettings": 1,
            "se GET /api/v2/shop": 1, "se GET /api/v2/products": 1,
            "se POST /api/v2/products": 50, "se GET /api/v2/products/{}": 50,
            "se POST /api/v2/products/{}/variants/{}/prices": 50, "se PATCH /api/v2/products/{}": 50,
        });
        assert_eq!(one["load"]["calls_by_kind"], load);
        let change = json!({
            "erp GET /v2/articles": 1, "se GET /api/v2/products": 1,
            "se PATCH /api/v2/products/{}/variants/{}/prices/{}": 1,
        });
        assert_eq!(one["change"]["calls_by_kind"], change);
        assert_eq!(one["complete"]["calls_by_kind"], change, "51 products are one page, too");
        for (scenario, operations) in [("load", 150), ("change", 1), ("complete", 1)] {
            let one = &one[scenario];
            assert_eq!(one["operations"], operations, "{scenario}");
            assert_eq!(one["calls"], one["minimum"], "{scenario}");
            for figure in ["engine_wall_us", "bare_wall_us", "engine_cpu_us", "bare_cpu_us", "peak_kib", "before_kib"] {
                assert!(one[figure].as_u64().is_some_and(|figure| figure > 0), "{scenario}: {figure}");
            }
            for figure in ["ratio", "engine_cpu_us_per_operation"] {
                assert!(!one[figure].is_null(), "{scenario}: {figure}");
            }
        }
    }
}

#[test]
fn an_idle_run_between_a_crm_and_its_erp_is_a_call_for_each_stream() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(["pair", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let idle = json!({
        "crm GET /Organisations/FindByUpdateDates/{}/{}": 1, "crm GET /Queries Person": 1,
        "crm GET /Queries Delivery": 1, "crm GET /Queries QuotationLine": 1,
        "erp GET /v1/customer": 1, "erp GET /v1/contact": 1, "erp GET /v1/inventory": 1,
        "erp GET /v1/customerinvoice": 1, "erp GET /v1/customerCreditNote": 1, "erp GET /api/v3/SalesOrders/SO": 1,
    });
    assert_eq!(told["idle"], json!({ "written": 0, "crm": 4, "erp": 6, "calls_by_kind": idle }));
    assert_eq!(told["edit"]["written"], 1);
    assert!(told["edit"]["crm"].as_u64().unwrap() <= 6, "{}", told["edit"]);
    assert!(told["edit"]["erp"].as_u64().unwrap() <= 9, "{}", told["edit"]);
    assert!(["load", "after_load", "later"].iter().all(|run| told[run]["crm"].as_u64().unwrap() > 0), "{told}");
}

#[test]
fn what_cannot_be_measured_is_refused_in_words() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(["items", "--articles", "3"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("--articles"), "{told}");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "time and memory are read as Linux tells them")]
fn a_store_that_was_filled_by_pattern_knows_every_record_and_its_changes_are_found() {
    let arguments = ["scale", "--records", "2300", "--json"]; // three pages, and not by hundreds alone
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!told["peak_growth"].is_null());
    for (size, records) in [(&told["sizes"][0], 2300), (&told["sizes"][1], 4600)] {
        assert_eq!(size["records"], records);
        let counts = |scenario: &str| {
            ["listed", "differing", "operations"].map(|figure| size[scenario][figure].as_u64().unwrap())
        };
        assert_eq!(counts("unchanged"), [records, 0, 0]);
        assert_eq!(counts("changed"), [records, records / 100, records / 100]);
        let [listed, _, operations] = counts("mapper");
        assert_eq!((listed, operations), (records, records));
        for scenario in ["unchanged", "changed", "mapper"] {
            for figure in ["wall_us", "cpu_us", "before_kib", "peak_kib"] {
                assert!(size[scenario][figure].as_u64().is_some_and(|figure| figure > 0), "{scenario}: {figure}");
            }
        }
    }
}
