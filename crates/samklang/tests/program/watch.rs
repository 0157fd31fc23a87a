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
