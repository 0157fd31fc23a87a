//! What a run would write, and all of it where that is much.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::Bench;

/// More than is decided at once, and so more than is printed.
const MANY: usize = 400;

#[test]
fn all_of_a_long_plan_is_in_its_file() {
    let bench = Bench::signed_in();
    let names: Vec<(String, String)> =
        (0..MANY).map(|n| (format!("Kund {n} AB"), format!("info{n}@kund.example"))).collect();
    let customers: Vec<(u64, &str, &str)> =
        (1..).zip(&names).map(|(n, (name, email))| (n, name.as_str(), email.as_str())).collect();
    bench.shop_customers(&customers);
    bench.ends(0, &["adopt"]);
    let ran = bench.ends(0, &["plan", "--file", "plan.jsonl"]);
    ran.says("These are the first").says("put into a file by plan --file");

    let keys: BTreeSet<String> = bench
        .read("plan.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), MANY, "each once");
    bench.ends(1, &["plan", "--file", "no/such/folder"]).complains("no/such/folder cannot be written");
    assert_eq!(bench.erp_customers().len(), 0, "nothing was made");
}
