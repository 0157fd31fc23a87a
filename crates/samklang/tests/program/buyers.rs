//! The preset for buyers, from first contact on.

use emulators::frame::{Fault, FaultKind};
use serde_json::json;

use crate::bench::Bench;

#[test]
fn from_first_contact_to_the_journal() {
    let bench = Bench::signed_in();
    bench.shop_customers(&[(7, "Bolaget AB", "inkop@bolaget.example"), (8, "Firman AB", "info@firman.example")]);
    bench
        .erp
        .seed(json!({ "customers": [{
            "CustomerNumber": "1001", "Name": "Firman AB", "IsActive": true, "IsPrivatePerson": false,
            "CorporateIdentityNumber": "556677-0008", "EmailAddress": "info@firman.example",
            "InvoiceAddress1": "Ågatan 2", "InvoicePostalCode": "582 22", "InvoiceCity": "Linköping", "InvoiceCountryCode": "SE",
        }] }))
        .unwrap();

    bench.ends(0, &["check"]).says("Exempel").says("erp: edition ").says("fits the systems");
    assert!(!bench.folder.path().join("samklang.db").exists(), "looking makes no file");

    bench.ends(3, &["run"]).says("run adopt");
    let adopted = bench.ends(0, &["adopt"]);
    adopted.says("create eekonomi:erp/customers").says("samklang approve");
    assert_eq!(bench.erp_customers().len(), 1, "adopt writes nothing");

    let id = adopted.out.rsplit_once("samklang approve ").unwrap().1.split_whitespace().next().unwrap().to_owned();
    bench.ends(0, &["approve", &id]).says("1 creates at eekonomi:erp/customers");
    bench.ends(1, &["approve", "nothing"]).complains("'nothing'");

    bench
        .ends(0, &["plan"])
        .says("create eekonomi:erp/customers (buyers) 'Bolaget AB'")
        .says("email: (nothing) → 'inkop@bolaget.example'");
    let plan = bench.ends(0, &["plan", "--json"]).json();
    assert_eq!(plan["plan"]["ops"].as_array().unwrap().len(), 1, "{plan}");
    assert_eq!(bench.erp_customers().len(), 1, "a plan writes nothing");

    let report = bench.ends(0, &["run", "--json"]).json();
    assert_eq!(report["written"], json!({"eekonomi:erp/customers": 1}), "{report}");
    let customers = bench.erp_customers();
    let made = customers.iter().find(|customer| customer["Name"] == "Bolaget AB").unwrap();
    assert_eq!(
        (made["EmailAddress"].as_str(), made["InvoiceCity"].as_str()),
        (Some("inkop@bolaget.example"), Some("Linköping"))
    );
    assert_eq!(customers.len(), 2, "the other one was recognised");

    let again = bench.ends(0, &["run", "--json"]).json();
    assert_eq!(again["written"], json!({}), "{again}");

    bench.shop_customers(&[(7, "Bolaget AB", "ny@bolaget.example")]);
    bench.ends(0, &["run"]).says("written eekonomi:erp/customers");
    assert!(bench.erp_customers().iter().any(|customer| customer["EmailAddress"] == "ny@bolaget.example"));

    let number = made["CustomerNumber"].as_str().unwrap();
    bench
        .ends(0, &["journal", number])
        .says("is starweb:se/customers#7")
        .says("create eekonomi:erp/customers#")
        .says("email: 'inkop@bolaget.example' → 'ny@bolaget.example', from se");
    let history = bench.ends(0, &["journal", "starweb:se/customers#7", "--json"]).json();
    assert!(history[0]["journal"].as_array().unwrap().len() > 3, "{history}");
    bench.ends(1, &["journal", "4711"]).complains("no record is known by '4711'");
    bench.ends(0, &["held"]).says("Nothing is held.");
    bench.ends(0, &["parked"]).says("Nothing is parked.");
}

#[test]
fn what_waits_for_a_person_is_listed_and_shown() {
    let bench = Bench::signed_in();
    let twin = |number: &str| {
        json!({
            "CustomerNumber": number, "Name": "Bolaget AB", "IsActive": true, "IsPrivatePerson": false,
            "CorporateIdentityNumber": "556677-0007", "InvoicePostalCode": "111 11", "InvoiceCity": "Stockholm",
        })
    };
    bench.erp.seed(json!({ "customers": [twin("1001"), twin("1002")] })).unwrap();
    bench.ends(3, &["adopt"]).says("Waiting for a person");
    bench.ends(3, &["run"]);
    let held = bench.ends(3, &["held", "--json"]).json();
    let first = &held["held"][0];
    let subject = first["subject"].as_str().unwrap();
    bench.ends(3, &["held"]).says(first["text"].as_str().unwrap()).says(first["cure"].as_str().unwrap());
    bench.ends(3, &["held", "show", subject]).says("what to do").says(subject);
    bench.ends(1, &["held", "show", "4711"]).complains("nothing of 4711 is held");
}

#[test]
fn a_guard_stops_everything_until_somebody_approves() {
    let bench = Bench::signed_in();
    bench.ends(0, &["adopt"]);
    bench.shop_customers(&[(7, "Bolaget AB", "a@a.example"), (8, "Firman AB", "b@b.example")]);
    let few = ["--set", "guards.max_create=1"];
    let plan = bench.ends(7, &[&["plan"][..], &few].concat());
    plan.says("max_create: 2 at eekonomi:erp/customers, allowed are 1");
    let run = bench.ends(7, &[&["run"][..], &few].concat());
    assert!(bench.erp_customers().is_empty());
    let id = run.out.rsplit_once("samklang approve ").unwrap().1.trim().to_owned();
    bench.ends(0, &["approve", &id]).says("2 creates");
    bench.ends(0, &[&["run"][..], &few].concat());
    assert_eq!(bench.erp_customers().len(), 2);
}

#[test]
fn a_refused_record_is_parked_and_the_others_go_on() {
    let bench = Bench::signed_in();
    bench.ends(0, &["adopt"]);
    bench.shop_customers(&[(7, "Bolaget AB", "a@a.example"), (8, "Firman AB", "b@b.example")]);
    let refusal = FaultKind::Status { code: 400, handled: false };
    bench.erp.fault(Fault::new(refusal).on("POST", "/v2/customers"));
    let report = bench.ends(3, &["run", "--json"]).json();
    assert_eq!(report["written"], json!({"eekonomi:erp/customers": 1}), "{report}");
    let parked = bench.ends(3, &["parked", "--json"]).json();
    let key = parked["parked"][0]["key"].as_str().unwrap();
    bench.ends(3, &["parked"]).says(key);
    bench.ends(3, &["parked", "show", key]).says("tried");
}
