//! `run --every`, with webhooks between the runs.

use crate::bench::{Bench, Running, request};

#[test]
fn it_runs_takes_webhooks_and_ends_when_told() {
    let bench = Bench::signed_in();
    bench.ends(0, &["adopt"]);
    bench.shop_customers(&[(7, "Bolaget AB", "a@a.example")]);
    let mut running = Running::start(bench.command(&["run", "--every", "1h", "--listen", "127.0.0.1:0"]));
    let line = running.until("webhooks are taken at");
    let base = line.split_whitespace().last().unwrap().replace("<connection>", "");
    running.until("written eekonomi:erp/customers");
    running.until("parked");
    let hook = |connection: &str, body: &str| request("POST", &format!("{base}{connection}"), &[], body).0;
    assert_eq!(hook("nobody", "{}"), 404);
    assert_eq!(hook("se", "no webhook"), 400);
    assert_eq!(running.terminate(), Some(0));
    assert_eq!(bench.erp_customers().len(), 1);
}

#[test]
fn a_webhook_brings_its_record_into_the_next_run() {
    let bench = Bench::signed_in();
    bench.shop_customers(&[(7, "Bolaget AB", "a@a.example")]);
    bench.ends(0, &["adopt"]);
    bench.ends(0, &["run"]);
    bench.shop_customers(&[(7, "Bolaget AB", "b@b.example")]);
    let seldom = "entities.buyers.every=1d";
    bench.ends(0, &["run", "--set", seldom]);
    assert!(!bench.erp_customers().iter().any(|customer| customer["EmailAddress"] == "b@b.example"), "not due yet");

    let mut running =
        Running::start(bench.command(&["run", "--every", "1s", "--listen", "127.0.0.1:0", "--set", seldom]));
    let line = running.until("webhooks are taken at");
    let base = line.split_whitespace().last().unwrap().replace("<connection>", "");
    let body = |shop: &str| {
        format!(
            r#"{{"uuid":"5f1c","eventId":"customer-updated","shopIdCode":"{shop}","eventTimestamp":"2026-03-01T12:00:00+01:00","customerId":7}}"#
        )
    };
    assert_eq!(request("POST", &format!("{base}se"), &[], &body("skobutiken")).0, 401);
    assert_eq!(request("POST", &format!("{base}se"), &[], &body("exempelbutiken")).0, 204);
    running.until("written eekonomi:erp/customers");
    running.until("parked");
    assert_eq!(running.terminate(), Some(0));
    assert!(bench.erp_customers().iter().any(|customer| customer["EmailAddress"] == "b@b.example"));
}
