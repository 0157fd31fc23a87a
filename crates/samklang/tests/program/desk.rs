//! What a person decides at the command line, and that the next run does it.

use emulators::frame::{Fault, FaultKind};
use serde_json::json;

use crate::bench::Bench;

/// Two customers in the ERP that the shop's one may be.
fn twins() -> Bench {
    let bench = Bench::signed_in();
    let twin = |number: &str, name: &str| {
        json!({
            "CustomerNumber": number, "Name": name, "IsActive": true, "IsPrivatePerson": false,
            "CorporateIdentityNumber": "556677-0007", "EmailAddress": "info@bolaget.example",
            "InvoicePostalCode": "111 11", "InvoiceCity": "Stockholm", "InvoiceCountryCode": "SE",
        })
    };
    bench.erp.seed(json!({ "customers": [twin("1001", "Bolaget AB"), twin("1002", "Bolaget Filial")] })).unwrap();
    bench.shop_customers(&[(7, "Bolaget AB", "info@bolaget.example")]);
    bench.ends(3, &["adopt"]);
    bench.ends(3, &["run"]);
    bench
}

/// The id of what is held of the shop's customer.
fn of_the_shop(bench: &Bench) -> String {
    let ids = bench.ends(3, &["held", "--json"]).json();
    let ids = ids["held"].as_array().unwrap().iter().map(|held| held["subject"].as_str().unwrap().to_owned());
    ids.into_iter()
        .find(|id| bench.ends(0, &["journal", id]).out.contains("starweb:se/customers#7"))
        .expect("the shop's customer is held")
}

#[test]
fn one_that_may_be_either_is_bound_to_the_right_one() {
    let bench = twins();
    let id = of_the_shop(&bench);
    let shown = bench.ends(3, &["held", "show", &id]);
    shown.says("--bind RECORD").says("like it").says("1001").says("the same email");
    bench.ends(1, &["held", "decide", &id, "--take", "erp"]).complains("--bind, --create, --same, --leave");
    bench.ends(1, &["held", "decide", &id, "--bind", "4711"]).complains("no record is known by '4711'");
    bench.ends(1, &["held", "decide", "4711", "--create"]).complains("nothing of 4711 is held");
    bench.ends(0, &["held", "decide", &id, "--bind", "1001", "--dry-run"]).says("1 would be decided");
    bench.ends(3, &["run"]);
    assert_eq!(of_the_shop(&bench), id, "a dry run decides nothing");

    bench
        .ends(0, &["held", "decide", &id, "--bind", "1001"])
        .says("is this record too")
        .says("the next run takes it up");
    bench.ends(3, &["run"]);
    bench.ends(0, &["journal", "1001"]).says("starweb:se/customers#7").says("decided: starweb:se/customers#7 is this");
    let left = bench.ends(3, &["held", "--json"]).json();
    assert_eq!(left["held"].as_array().unwrap().len(), 1, "the other twin still waits: {left}");
    bench.ends(0, &["held", "decide", "1002", "--leave"]).says("is left alone");
    bench.ends(0, &["run"]);
    bench.ends(0, &["held"]).says("Nothing is held.");
    assert_eq!(bench.erp_customers().len(), 2, "nothing was made");
}

#[test]
fn many_are_decided_at_once_and_shown_before() {
    let bench = twins();
    let all = ["held", "decide", "--all", "--why", "ambiguous", "--create"];
    bench.ends(0, &[&all[..], &["--dry-run"]].concat()).says("3 would be decided");
    let done = bench.ends(0, &[&all[..], &["--json"]].concat()).json();
    assert_eq!(done["decided"].as_array().unwrap().len(), 3, "{done}");
    bench.ends(0, &["run"]);
    assert_eq!(bench.erp_customers().len(), 3, "each is one of its own, so the shop's is made");
    bench.ends(1, &["held", "decide", "--all", "--remove"]).complains("nothing that is held fits");
}

#[test]
fn what_was_refused_is_tried_again_edited_or_dropped() {
    let bench = Bench::signed_in();
    bench.ends(0, &["adopt"]);
    bench.shop_customers(&[(7, "Bolaget AB", "a@a.example"), (8, "Firman AB", "b@b.example")]);
    let refusal = FaultKind::Status { code: 400, handled: false };
    bench.erp.fault(Fault::new(refusal).on("POST", "/v2/customers").times(2));
    bench.ends(3, &["run"]);
    let parked = bench.ends(3, &["parked", "--json"]).json();
    let keys: Vec<&str> = parked["parked"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 2, "{parked}");
    bench.ends(1, &["parked", "edit", keys[0], "nmae=Bolaget"]).complains("did you mean 'name'");
    bench.ends(1, &["parked", "edit", keys[0], "name"]).complains("email=info@example.com");
    bench.ends(0, &["parked", "edit", keys[0], "name=Bolaget i Lund AB"]).says("The next run takes it up.");
    bench.ends(0, &["parked", "drop", keys[1]]).says("is not to be tried again");
    bench.ends(0, &["run"]);
    let names: Vec<String> =
        bench.erp_customers().iter().map(|customer| customer["Name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["Bolaget i Lund AB"], "at once, and only the one");
    bench.ends(0, &["parked"]).says("Nothing is parked.");
    bench.ends(1, &["parked", "retry", keys[1]]).complains("is parked");
    let dropped = keys[1].split('@').next().unwrap();
    bench.ends(0, &["replay", dropped]).says("is to be tried again");
    bench.ends(0, &["run"]);
    assert_eq!(bench.erp_customers().len(), 2, "somebody asked for it");
}

#[test]
fn a_forgotten_person_is_gone_from_the_state_file_and_does_not_come_back() {
    let bench = Bench::signed_in();
    bench.ends(0, &["adopt"]);
    bench.shop_customers(&[(7, "Anna Ek", "anna.ek@person.example")]);
    bench.ends(0, &["run"]);
    let number = bench.erp_customers()[0]["CustomerNumber"].as_str().unwrap().to_owned();
    bench.ends(0, &["forget", &number]).says("add --yes").says("starweb:se/customers#7");
    bench.ends(0, &["journal", &number]).says("Anna Ek");
    bench.ends(0, &["forget", &number, "--yes"]).says("is forgotten here");
    bench.ends(1, &["journal", &number]).complains("no record is known");
    bench.shop_customers(&[(7, "Anna Ek", "anna@person.example")]);
    let ran = bench.ends(0, &["run", "--json"]).json();
    assert_eq!(ran["written"], json!({}), "{ran}");
    let file = std::fs::read(bench.folder.path().join("samklang.db")).unwrap();
    let wal = std::fs::read(bench.folder.path().join("samklang.db-wal")).unwrap_or_default();
    let holds =
        |text: &str| [&file, &wal].iter().any(|bytes| bytes.windows(text.len()).any(|at| at == text.as_bytes()));
    assert!(!holds("anna.ek@person.example"), "nothing of it is left in the file");
}

#[test]
fn records_and_days_are_looked_at_once_more() {
    let bench = Bench::signed_in();
    bench.shop_customers(&[(7, "Bolaget AB", "a@a.example")]);
    bench.ends(0, &["adopt"]);
    bench.ends(0, &["run"]);
    bench.ends(0, &["run"]);
    let idle = bench.ends(0, &["run", "--json"]).json();
    assert_eq!(idle["read"], json!({}), "{idle}");
    bench.ends(0, &["replay", "starweb:se/customers#7"]).says("starweb:se/customers#7 is looked at");
    let ran = bench.ends(0, &["run", "--json"]).json();
    assert_eq!((&ran["written"], &ran["read"]["organisation"]), (&json!({}), &json!(2)), "{ran}");
    bench.ends(0, &["run"]); // what was looked at by itself is listed once more
    bench.ends(0, &["replay", "--since", "2020-01-01", "--connection", "se"]).says("changes of se since 2020-01-01");
    let ran = bench.ends(0, &["run", "--json"]).json();
    assert_eq!((&ran["written"], &ran["read"]["organisation"]), (&json!({}), &json!(1)), "{ran}");
    bench.ends(1, &["replay", "--since", "2020-01-01", "--connection", "no"]).complains("there is no connection 'no'");
    bench.ends(1, &["replay", "--since", "tomorrow"]).complains("2026-11-01");
    bench.ends(1, &["replay", "4711"]).complains("no record is known");
}
