//! The demo: a whole flow between emulators, told to people or to programs.

use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Ran, program};

fn demo(folder: &Path, arguments: &[&str]) -> Ran {
    // whatever its temporary folder is called, it lies in here and must be gone
    Ran::of(&program(folder, &[&["demo"][..], arguments].concat()).env("TMPDIR", folder).output().unwrap())
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// The last line of standard output; with `--json` the only one.
#[track_caller]
fn summary(ran: &Ran) -> Value {
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    ran.json()
}

fn sum(of: &Value) -> u64 {
    of.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn buyers_go_to_the_erp_once_and_edits_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/buyers", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["flow"], "starweb-eekonomi/buyers");
    assert_eq!(summary["seed"], 20_260_101);
    assert_eq!(summary["read"], json!({"organisation": 68}), "40 in the shop and 28 in the ERP");
    // 34 are new, six are brought up to date; then one more of each
    assert_eq!(summary["written"], json!({"erp": {"organisation": 42}}));
    assert_eq!(summary["bound"], 69, "and nobody twice");
    assert_eq!(summary["held"], json!([]));
    assert_eq!(summary["second_run"]["writes"], 0);
    assert!(sum(&summary["second_run"]["reads"]) <= 2, "{summary}");
    assert_eq!(summary["edits"], json!({"made": 3, "arrived": 3}));
    assert_eq!(sum(&summary["effects"]), 0);
    let keys = ["notify_buyer", "capture", "cancel_payment", "send"];
    assert!(keys.iter().all(|effect| summary["effects"][effect] == 0), "{summary}");
    assert!(is_empty(folder.path()), "nothing is left behind");
}

#[test]
fn people_read_it_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/buyers"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for step in
        ["made-up data (seed 20260101)", "login erp: signed in to", "adopt", "approve ", "run again", "so it is"]
    {
        ran.says(step);
    }
    assert!(!ran.out.contains("NOT"), "{}", ran.out);
    ran.complains("eekonomi:erp/customers: create: 34 done");
}

#[test]
fn what_a_set_breaks_is_told_and_the_demo_fails() {
    let folder = tempfile::tempdir().unwrap();
    let without = ["starweb-eekonomi/buyers", "--json", "--set", "entities.buyers.fields.email={ rule = \"off\" }"];
    let ran = demo(folder.path(), &without);
    assert_eq!(ran.code, 3, "{ran:?}");
    ran.complains("the demo did not go as it should").complains("but not: the ERP has the new one");
    let summary = summary(&ran);
    assert_eq!(summary["edits"]["made"], 3);
    assert!(summary["edits"]["arrived"].as_u64() < Some(3), "{summary}");
    assert!(is_empty(folder.path()));
}

#[test]
fn what_a_guard_stops_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/buyers", "--set", "guards.max_create=0"]);
    // the approval covers what was counted; the customer who comes later is one too many
    assert_eq!(ran.code, 3, "{ran:?}");
    ran.complains("a guard tripped").complains("the ERP has her too");
}

#[test]
fn wrong_usage_is_told_with_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/byers"]);
    assert_eq!(ran.code, 1);
    ran.complains("did you mean 'starweb-eekonomi/buyers'?");
    let ran = demo(folder.path(), &["starweb-eekonomi/buyers", "--set", "entities.buyers.mastr=se"]);
    assert_eq!(ran.code, 1);
    ran.complains("did you mean 'master'?");
    assert!(is_empty(folder.path()));
    std::fs::write(folder.path().join("something"), "").unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/buyers", "--keep", "."]);
    assert_eq!(ran.code, 1);
    ran.complains("there is something in it");
}

#[test]
fn what_is_kept_can_be_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/buyers", "--keep", "kept"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.says("samklang held --config kept/samklang.toml");
    let kept = folder.path().join("kept");
    let then = |arguments: &[&str]| Ran::of(&program(&kept, arguments).output().unwrap());
    let held = then(&["held"]);
    assert_eq!(held.code, 0, "{held:?}");
    held.says("Nothing is held.");
    let journal = then(&["journal", "starweb:se/customers#1009"]);
    assert_eq!(journal.code, 0, "{journal:?}");
    journal.says("ny.adress@example.se").says("2026-02-17T");
}
