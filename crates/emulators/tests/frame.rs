//! The frame around the smallest vendor there can be: a counter.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use emulators::{
    Emulator, Options,
    frame::{Allowed, Call, Cx, Fault, FaultKind, Refused, Reply, Request, Switch, Time, Vendor},
};
use reqwest::Client;
use serde_json::{Map, Value, json};

const STEP: Switch =
    Switch { name: "step", about: "how far one POST counts", allowed: Allowed::Number { min: 1, max: 9, default: 1 } };

#[derive(Default)]
struct Counter {
    count: i64,
    hook: Option<String>,
    calls: Vec<Value>,
}

impl Vendor for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }
    fn switches(&self) -> &'static [Switch] {
        &[STEP]
    }
    fn collections(&self) -> &'static [&'static str] {
        &["counts"]
    }
    fn handle(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        if request.method == "POST" {
            self.count += cx.switches.number(&STEP);
        }
        Reply::json(200, &json!({ "count": self.count, "padding": "x".repeat(2000) }))
    }
    fn state(&self) -> Value {
        json!({ "counts": [self.count], "calls": self.calls })
    }
    fn seed(&mut self, _: &Cx<'_>, _: &str, records: Vec<Value>) -> Result<(), Refused> {
        for (place, record) in records.iter().enumerate() {
            self.count += record.as_i64().ok_or_else(|| Refused::new(format!("record {place} is no number")))?;
        }
        Ok(())
    }
    fn failure(&self, status: u16) -> Reply {
        Reply::json(status, &json!({ "fault": status }))
    }
    fn rate_limited(&self) -> Reply {
        Reply::json(429, &json!({ "fault": "slow down" }))
    }
    fn act(&mut self, _: &Cx<'_>, action: &str, arguments: &Map<String, Value>) -> Result<Value, Refused> {
        match (action, arguments.get("url")) {
            ("hook", Some(Value::String(url))) => {
                self.hook = Some(url.clone());
                Ok(json!({}))
            }
            _ => Err(Refused::new("only hook")),
        }
    }
    fn due_calls(&mut self, _: &Cx<'_>) -> Vec<Call> {
        let call = |url: &String| Call { id: "1".into(), url: url.clone(), headers: vec![], body: b"hello".to_vec() };
        self.hook.iter().map(call).collect()
    }
    fn call_answered(&mut self, _: &Cx<'_>, id: &str, status: Option<u16>) {
        self.calls.push(json!([id, status]));
    }
}

fn client() -> Client {
    // A second test of this process finds the provider installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().build().unwrap()
}

async fn started() -> (Emulator<Counter>, Client) {
    (Emulator::start(Counter::default(), Options::at(DateTime::UNIX_EPOCH)).await.unwrap(), client())
}

async fn control(emulator: &Emulator<Counter>, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_emulator/{path}", emulator.base_url());
    let request = client().request(method.parse().unwrap(), url);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn the_log_tells_what_was_sent_and_what_was_answered() {
    let (emulator, client) = started().await;
    let url = format!("{}/count/a%20b?q=1%2B1", emulator.base_url());
    client.post(url).header("X-Test", "yes").json(&json!({ "n": 1.50 })).send().await.unwrap();
    let (_, log) = control(&emulator, "GET", "requests", Value::Null).await;
    assert_eq!(log.as_array().unwrap().len(), 1, "control requests are not in the log");
    assert_eq!(log[0]["path"], "/count/a%20b");
    assert_eq!(log[0]["query"], "q=1%2B1");
    assert_eq!(log[0]["headers"]["x-test"], "yes");
    assert_eq!(log[0]["body"], "{\"n\":1.5}");
    assert_eq!((&log[0]["method"], &log[0]["status"], &log[0]["fault"]), (&json!("POST"), &json!(200), &Value::Null));
    assert_eq!(log[0]["at"], "1970-01-01T00:00:00Z");
    assert_eq!(emulator.requests()[0].json(), json!({ "n": 1.5 }));
    control(&emulator, "DELETE", "requests", Value::Null).await;
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn a_drop_before_leaves_no_trace_and_a_drop_after_does() {
    let (emulator, client) = started().await;
    let url = format!("{}/count", emulator.base_url());
    for (kind, count) in [(FaultKind::DropBefore, 0), (FaultKind::DropAfter, 1)] {
        emulator.fault(Fault::new(kind).on("POST", "/count"));
        let error = client.post(&url).send().await.unwrap_err();
        assert!(error.is_request() && error.status().is_none(), "{error:?}");
        assert_eq!(emulator.with(|counter, _| counter.count), count);
    }
    let log = emulator.requests();
    assert_eq!(
        log.iter().map(|entry| (entry.status, entry.fault)).collect::<Vec<_>>(),
        [(None, Some("drop_before")), (None, Some("drop_after"))]
    );
    let answer = client.post(&url).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["count"], 2);
}

#[tokio::test]
async fn a_truncated_answer_has_a_good_status_and_a_broken_body() {
    let (emulator, client) = started().await;
    emulator.fault(Fault::new(FaultKind::Truncate));
    let mut answer = client.post(format!("{}/count", emulator.base_url())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.content_length().unwrap() > 2000);
    let mut got = 0;
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => got += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && (1000..2000).contains(&got), "{broken} {got}");
    assert_eq!(emulator.with(|counter, _| counter.count), 1);
}

#[tokio::test]
async fn ordered_statuses_come_in_the_vendors_shape() {
    let (emulator, client) = started().await;
    let url = format!("{}/count", emulator.base_url());
    let faults = json!([
        { "kind": "status", "code": 500 },
        { "kind": "status", "code": 503, "handled": true, "nth": 2 },
        { "kind": "html", "nth": 3 },
        { "kind": "rate_limit", "nth": 4 },
        { "kind": "delay_ms", "ms": 1, "nth": 5 },
        { "kind": "empty", "nth": 6 },
    ]);
    let (status, listed) = control(&emulator, "POST", "faults", faults).await;
    assert_eq!((status, listed.as_array().unwrap().len()), (200, 6));
    let mut seen = Vec::new();
    for _ in 0..6 {
        let answer = client.post(&url).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        seen.push((status, text, emulator.with(|counter, _| counter.count)));
    }
    let expected = [
        (500, "{\"fault\":500}", 0),
        (503, "{\"fault\":503}", 1),
        (502, "<html><head><title>5", 1),
        (429, "{\"fault\":\"slow down", 1),
        (200, "{\"count\":2,\"padding\"", 2),
        (500, "", 2),
    ];
    for (seen, (status, text, count)) in seen.iter().zip(expected) {
        assert_eq!((seen.0, seen.2), (status, count));
        assert!(seen.1.starts_with(text), "{seen:?}");
    }
    let (_, listed) = control(&emulator, "GET", "faults", Value::Null).await;
    assert_eq!(listed[0]["met"], 6);
    control(&emulator, "DELETE", "faults", Value::Null).await;
    assert_eq!(control(&emulator, "GET", "faults", Value::Null).await.1, json!([]));
}

#[tokio::test]
async fn the_clock_moves_when_told_or_with_each_request() {
    let (emulator, client) = started().await;
    let (status, clock) = control(&emulator, "POST", "clock", json!({ "advance_s": 3600 })).await;
    assert_eq!((status, &clock["now"]), (200, &json!("1970-01-01T01:00:00Z")));
    assert_eq!(control(&emulator, "POST", "clock", json!({ "advance_s": -1 })).await.0, 400);
    let options = Options { time: Time::PerRequest(Duration::from_secs(2)), ..Options::at(DateTime::UNIX_EPOCH) };
    let stepping = Emulator::start(Counter::default(), options).await.unwrap();
    client.get(stepping.base_url()).send().await.unwrap();
    assert_eq!(stepping.now(), DateTime::UNIX_EPOCH + TimeDelta::seconds(2));
}

#[tokio::test]
async fn seeds_come_as_bodies_and_as_folders_and_bad_ones_are_refused_in_words() {
    let (emulator, _) = started().await;
    let (status, counts) = control(&emulator, "POST", "seed", json!({ "counts": [3, 4] })).await;
    assert_eq!((status, counts), (200, json!({ "counts": 2 })));
    assert_eq!(control(&emulator, "GET", "state", Value::Null).await.1["counts"], json!([7]));
    let (status, error) = control(&emulator, "POST", "seed", json!({ "sheep": [] })).await;
    assert_eq!((status, &error["error"]), (400, &json!("there is no collection \"sheep\"; there are: counts")));
    let (_, error) = control(&emulator, "POST", "seed", json!({ "counts": ["x"] })).await;
    assert_eq!(error["error"], "counts: record 0 is no number");

    let dir = std::env::temp_dir().join(format!("emulators-seed-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("counts.json"), "[10]").unwrap();
    std::fs::write(dir.join("notes.txt"), "not a collection").unwrap();
    assert_eq!(emulator.seed_dir(&dir).unwrap(), json!({ "counts": 1 }));
    assert_eq!(emulator.with(|counter, _| counter.count), 17);
    std::fs::write(dir.join("counts.json"), "[").unwrap();
    assert!(emulator.seed_dir(&dir).unwrap_err().0.contains("counts.json"));
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn switches_change_behaviour_and_unknown_ones_are_refused() {
    let (emulator, client) = started().await;
    assert_eq!(control(&emulator, "POST", "switches", json!({ "step": 5 })).await.1["step"]["value"], 5);
    client.post(emulator.base_url()).send().await.unwrap();
    assert_eq!(emulator.with(|counter, _| counter.count), 5);
    assert_eq!(control(&emulator, "POST", "switches", json!({ "speed": 5 })).await.0, 400);
    assert_eq!(control(&emulator, "POST", "switches", json!({ "step": 10 })).await.0, 400);
    emulator.switch("step", 1).unwrap();
    assert_eq!(control(&emulator, "GET", "switches", Value::Null).await.1["step"]["value"], 1);
}

#[tokio::test]
async fn webhooks_really_go_out_and_their_fate_is_told() {
    let (emulator, _) = started().await;
    let receiver = Emulator::start(Counter::default(), Options::default()).await.unwrap();
    let url = format!("{}/hook?x=1", receiver.base_url());
    assert_eq!(control(&emulator, "POST", "act", json!({ "action": "hook", "url": url })).await.0, 200);
    assert_eq!(control(&emulator, "POST", "act", json!({ "action": "sing" })).await.0, 400);
    let (_, results) = control(&emulator, "POST", "webhooks/deliver", json!({ "repeat": 2 })).await;
    assert_eq!(results.as_array().unwrap().len(), 2);
    assert_eq!((&results[0]["status"], &results[0]["error"]), (&json!(200), &Value::Null));
    let got = receiver.requests();
    assert_eq!((got.len(), got[0].query.as_str(), got[0].body.as_str()), (2, "x=1", "hello"));
    let gone = receiver.base_url().to_owned();
    receiver.stop().await;
    emulator.act(json!({ "action": "hook", "url": gone })).unwrap();
    assert!(emulator.deliver_webhooks().await[0]["error"].is_string());
    assert_eq!(emulator.state()["calls"], json!([["1", 200], ["1", 200], ["1", null]]));
}

#[tokio::test]
async fn a_stopped_emulator_frees_its_port_and_so_does_a_dropped_one() {
    let (emulator, client) = started().await;
    let url = emulator.base_url().to_owned();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    emulator.stop().await;
    assert!(client.get(&url).send().await.unwrap_err().is_connect());

    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let again = Emulator::start(Counter::default(), Options { port, ..Options::default() }).await.unwrap();
    assert_eq!(again.base_url(), url);
    drop(again);
    while client.get(&url).send().await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_unknown_control_call_lists_the_known_ones() {
    let (emulator, _) = started().await;
    let (status, body) = control(&emulator, "GET", "stats", Value::Null).await;
    assert_eq!(status, 404);
    assert!(body["error"].as_str().unwrap().contains("requests, state, seed"));
}
