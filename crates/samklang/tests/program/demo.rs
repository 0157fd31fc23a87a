//! The demo: a whole flow between emulators, told to people or to programs.

use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Ran, Running, program};

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
fn told_to_stop_it_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &["demo"]);
    command.env("TMPDIR", folder.path());
    let mut running = Running::start(command);
    running.until("adopt: everything is read");
    assert!(!is_empty(folder.path()));
    assert_eq!(running.terminate(), Some(2));
    assert!(is_empty(folder.path()));
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

#[test]
fn orders_of_the_shop_go_to_the_erp_with_their_totals_and_edits_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["flow"], "starweb-eekonomi/shop-leads");
    assert_eq!(summary["read"]["order"], 63);
    assert_eq!(summary["totals"], json!({"equal": 57, "held": 1}), "{summary}");
    let held = summary["held"].as_array().unwrap();
    let numbers: Vec<&str> = held.iter().map(|held| held["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["1210", "1243", "1244"], "{summary}");
    let why = |place: usize| held[place]["why"].as_str().unwrap();
    assert!(why(0).contains("Postförskott") && why(1).contains("UTG-8841"), "{summary}");
    let sums = held[2]["sums"].as_array().unwrap();
    assert!(sums.len() == 2 && sums[0] != sums[1], "{summary}");
    assert!(held[0]["sums"].is_null() && held[1]["sums"].is_null(), "{summary}");
    assert_eq!(summary["second_run"]["writes"], 0);
    let reads = |name: &str| summary["second_run"]["reads"][name].as_u64().unwrap();
    assert!((1..=3).contains(&reads("se")) && (1..=7).contains(&reads("erp")), "{summary}");
    assert_eq!(summary["edits"], json!({"made": 4, "arrived": 4}), "{summary}");
    assert_eq!(sum(&summary["effects"]), 0, "{summary}");
    assert!(is_empty(folder.path()));
}

#[test]
fn articles_of_the_erp_go_to_the_shop_with_price_and_stock_and_edits_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/erp-leads", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["flow"], "starweb-eekonomi/erp-leads");
    assert_eq!(summary["totals"], json!({"equal": 57, "held": 1}), "{summary}");
    rests(&summary);
    // another price, another name, a sale in the ERP, and an order in the shop
    assert_eq!(summary["edits"], json!({"made": 4, "arrived": 4}), "{summary}");
    assert_eq!(sum(&summary["effects"]), 0, "{summary}");
    assert!(is_empty(folder.path()));
}

#[test]
fn products_of_the_shop_go_to_the_erp_and_prices_and_stock_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/combined", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["totals"], json!({"equal": 57, "held": 1}), "{summary}");
    rests(&summary);
    // another price and a sale in the ERP, another bar code and an order in the shop
    assert_eq!(summary["edits"], json!({"made": 4, "arrived": 4}), "{summary}");
    assert_eq!(sum(&summary["effects"]), 0, "{summary}");
}

/// A first product sync: both have the same goods afterwards, and nothing waits.
#[track_caller]
fn first_sync(flow: &str, made: &str) {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &[flow, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["flow"], flow);
    assert_eq!(summary["held"], json!([]), "{summary}");
    // 200 at first, then the edits
    assert!(summary["written"][made]["item"].as_u64() > Some(200), "{summary}");
    assert_eq!(summary["written"].as_object().unwrap().len(), 1, "the other side is left alone: {summary}");
    assert!(summary["read"]["order"].is_null() && summary["read"]["organisation"].is_null(), "{summary}");
    rests(&summary);
    assert_eq!(summary["edits"]["made"], summary["edits"]["arrived"], "{summary}");
    assert!(summary["edits"]["made"].as_u64() >= Some(3), "{summary}");
    assert_eq!(sum(&summary["effects"]), 0, "{summary}");
    assert!(is_empty(folder.path()));
}

/// The second run wrote nothing and read little: of each shop a page each of customers, orders and products, of the ERP six,
/// and one for each thousand of articles and of open documents. What the run before wrote to products has a new stamp, so
/// it is read once more, in the shop's pages of a hundred.
#[track_caller]
fn rests(summary: &Value) {
    assert_eq!(summary["second_run"]["writes"], 0);
    for (connection, calls) in summary["second_run"]["reads"].as_object().unwrap() {
        let written = summary["written"][connection]["item"].as_u64().unwrap_or_default();
        let most = if connection == "erp" { 6 + 1 } else { 2 + written.div_ceil(100).max(1) };
        assert!((1..=most).contains(&calls.as_u64().unwrap()), "{connection}: {summary}");
    }
}

#[test]
fn goods_of_the_shop_become_articles_of_an_erp_that_has_none() {
    first_sync("starweb-eekonomi/initial-from-shop", "erp");
}

#[test]
fn articles_of_the_erp_become_goods_of_a_shop_that_has_none() {
    first_sync("starweb-eekonomi/initial-from-erp", "se");
}

#[test]
fn two_shops_sell_what_the_erp_has_and_it_gets_the_orders_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["starweb-eekonomi/multishop", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["totals"], json!({"equal": 59, "held": 1}), "{summary}");
    let held: Vec<&str> =
        summary["held"].as_array().unwrap().iter().map(|held| held["number"].as_str().unwrap()).collect();
    assert_eq!(held, ["1210", "1243", "1244"], "{summary}");
    rests(&summary);
    // a price for each shop, a name, a sale, and an order in each shop under one number
    assert_eq!(summary["edits"], json!({"made": 5, "arrived": 5}), "{summary}");
    assert_eq!(sum(&summary["effects"]), 0, "{summary}");
    assert!(is_empty(folder.path()));
}

#[test]
fn without_the_rounding_row_orders_that_need_it_are_held_with_both_sums() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["--json", "--set", "entities.orders.rows.erp.rounding.enabled=false"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let summary = summary(&ran);
    let held = summary["totals"]["held"].as_u64().unwrap();
    assert!(held > 1, "{summary}");
    assert_eq!(summary["totals"]["equal"].as_u64().unwrap() + held, 58, "each order that needs it, and only these");
    let with_sums = summary["held"].as_array().unwrap().iter().filter(|held| held["sums"].is_array());
    assert_eq!(u64::try_from(with_sums.count()), Ok(held));
    assert_eq!(summary["second_run"]["writes"], 0);
}

#[test]
fn effects_happen_where_the_configuration_names_them_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let write = "entities.orders.status.se.write=[{ when = { fulfilment = \"delivered\" }, status = \"completed\", \
                 effects = [\"notify_buyer\", \"capture\"] }]";
    let ran = demo(folder.path(), &["--json", "--set", write]);
    // without the row for what is paid its status cannot arrive
    assert_eq!(ran.code, 3, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["effects"], json!({"notify_buyer": 1, "capture": 1, "cancel_payment": 0, "send": 0}));
    assert_eq!(summary["edits"], json!({"made": 4, "arrived": 3}), "{summary}");
}

/// Orders become invoices: each with its total, in its own currency; those whose buyer stands otherwise in the ERP wait.
fn as_invoices(sets: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["--json", "--set", "entities.orders.systems.erp.becomes=invoice"];
    arguments.extend(sets.iter().flat_map(|set| ["--set", set]));
    let ran = demo(folder.path(), &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["totals"], json!({"equal": 55, "held": 1}), "{summary}");
    let held = summary["held"].as_array().unwrap();
    let told = |number: &str| {
        let one = held.iter().find(|held| held["number"] == number).unwrap_or_else(|| panic!("{number}: {summary}"));
        one["why"].as_str().unwrap().to_owned()
    };
    assert!(told("1232").contains("'SEK'") && told("1232").contains("'EUR'"), "he bought in euro before: {summary}");
    assert!(told("1256").contains("address"), "{summary}");
    assert_eq!(held.len(), 5, "and the three that wait as orders too: {summary}");
    assert_eq!(summary["second_run"]["writes"], 0);
    assert_eq!(summary["edits"]["made"], summary["edits"]["arrived"], "{summary}");
    assert_eq!(sum(&summary["effects"]), 0, "{summary}");
    ran
}

#[test]
fn one_setting_makes_invoices_of_the_orders_for_people_to_book() {
    as_invoices(&[]);
}

#[test]
fn invoices_can_be_booked_at_once() {
    let ran = as_invoices(&["entities.orders.systems.erp.until=booked"]);
    // a step is called as people call it, and told for each round of writes
    let booked = ran.err.lines().filter_map(|line| line.strip_prefix("eekonomi:erp/customerinvoicedrafts: book: "));
    let done = booked.filter_map(|told| told.strip_suffix(" done")?.parse::<u64>().ok());
    assert_eq!(done.sum::<u64>(), 55, "{}", ran.err);
}

#[test]
fn orders_can_be_left_as_drafts_for_people_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["--json", "--set", "entities.orders.systems.erp.until=draft"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["totals"]["equal"], 57);
    assert_eq!(summary["edits"], json!({"made": 4, "arrived": 4}), "{summary}");
}

#[test]
fn a_crm_and_its_erp_agree_on_companies_contacts_catalogue_and_sales() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["webcrm-visma-net", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    assert_eq!(summary["flow"], "webcrm-visma-net");
    // 99 organisations and 65 customers; 60 deliveries, of which one cannot be read, 34 orders and two invoices without one
    assert_eq!(summary["read"]["organisation"], 164, "{summary}");
    assert_eq!(summary["read"]["order"], 95, "{summary}");
    assert_eq!(summary["totals"], json!({"equal": 85, "held": 0}), "{summary}");
    let held = summary["held"].as_array().unwrap();
    let numbers: Vec<&str> = held.iter().map(|held| held["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["", "20064", "20065", "webcrm:crm/deliveries#7060"], "{summary}");
    let why = |place: usize| held[place]["why"].as_str().unwrap();
    assert!(why(0).contains("several records") && why(3).contains("line_price"), "{summary}");
    assert_eq!(summary["second_run"]["writes"], 0, "{summary}");
    // four in the CRM, five in the ERP
    assert_eq!(summary["edits"], json!({"made": 9, "arrived": 9}), "{summary}");
    assert_eq!(summary["effects"], json!({}), "nothing is mailed, captured or booked: {summary}");
    assert!(is_empty(folder.path()));
}
