//! Answers that are none, and a service that wants to be left alone for a while.

use emulators::frame::{Fault, FaultKind};
use serde_json::Value;

use crate::{
    bench::Bench,
    front::{Front, Spoilt},
    judge::{lines, one_line},
    stage::{self, PLAIN},
};

const HTML: FaultKind = FaultKind::Html { code: 200, handled: false };

/// An order and a new buyer wait; the list of orders fails, so the order waits on and the buyer does not.
#[track_caller]
fn the_order_waits_alone(bench: &Bench, set: &[&str], words: &[&str]) {
    stage::place(bench, &[PLAIN]);
    bench.shop_customers(&[(8, "Nya AB", "ny@bolaget.example")]);
    let run = [&["run"][..], set].concat();
    let ran = bench.ends(2, &run);
    one_line(&ran, words);
    assert_eq!(lines(&ran).len(), 1, "{ran:?}");
    assert!(stage::customers(bench).iter().any(|name| name == "Nya AB"), "{ran:?}");
    bench.ends(0, &run);
    assert_eq!(stage::arrived(bench), ["se-1201"]);
}

#[test]
fn a_page_of_html_instead_of_a_list() {
    let bench = stage::orders();
    bench.shop.fault(Fault::new(HTML).on("GET", "/api/v2/orders"));
    let words = ["starweb:se/orders: list orders: ", "with a page of HTML instead of JSON", "nothing was taken over"];
    the_order_waits_alone(&bench, &[], &words);
    let bench = stage::orders();
    bench.erp.fault(Fault::new(HTML).on("GET", "/v2/orders"));
    let words = ["eekonomi:erp/orders: list orders: ", "with a page of HTML instead of JSON", "nothing was taken over"];
    the_order_waits_alone(&bench, &[], &words);
}

#[test]
fn a_list_that_is_cut_off() {
    let cut = |to| Spoilt {
        to,
        times: 1,
        head: "200 OK\r\nContent-Type: application/json",
        body: "{\"data\":[{\"orderId\":12",
    };
    let bench = stage::orders();
    let front = Front::of(bench.shop.base_url());
    front.spoil(cut("GET /api/v2/orders?"));
    let set = format!("connections.se.base_url={}/api/v2", front.base_url);
    let words = ["starweb:se/orders: list orders: ", "with JSON that is cut off", "nothing was taken over"];
    the_order_waits_alone(&bench, &["--set", &set], &words);
    let bench = stage::orders();
    let front = Front::of(bench.erp.base_url());
    front.spoil(cut("GET /v2/orders?"));
    let set = format!("connections.erp.base_url={}/v2/", front.base_url);
    let words = ["eekonomi:erp/orders: list orders: ", "with JSON that is cut off", "nothing was taken over"];
    the_order_waits_alone(&bench, &["--set", &set], &words);
}

#[test]
fn a_connection_that_breaks_again_and_again() {
    let bench = stage::orders();
    bench.shop.fault(Fault::new(FaultKind::Truncate).on("GET", "/api/v2/orders").times(5));
    let words = ["starweb:se/orders: ", "the rest was lost on the way; nothing was changed, a later run tries again"];
    the_order_waits_alone(&bench, &[], &words);
}

/// Whatever became of the create, the order is there once when the dust has settled.
#[track_caller]
fn the_write_is_looked_for(kind: FaultKind) {
    let bench = stage::orders();
    stage::place(&bench, &[PLAIN]);
    bench.shop_customers(&[(8, "Nya AB", "ny@bolaget.example")]);
    bench.erp.fault(Fault::new(kind.clone()).on("POST", "/v2/orders"));
    let ran = bench.ends(2, &["run"]);
    one_line(
        &ran,
        &[
            "1 write without a clear answer (1201: create at eekonomi:erp/orders); a later run looks there before anything is sent again",
        ],
    );
    assert!(stage::customers(&bench).iter().any(|name| name == "Nya AB"), "{ran:?}");
    for _ in 0..2 {
        bench.run(&["run"]);
    }
    bench.ends(0, &["run"]);
    assert_eq!(stage::arrived(&bench), ["se-1201"], "{kind:?}");
}

#[test]
fn a_page_of_html_instead_of_the_answer_to_a_write() {
    the_write_is_looked_for(FaultKind::Html { code: 502, handled: false });
    the_write_is_looked_for(FaultKind::Html { code: 200, handled: true });
}

#[test]
fn an_answer_to_a_write_that_is_cut_off() {
    the_write_is_looked_for(FaultKind::Truncate);
}

#[test]
fn a_page_of_html_instead_of_the_answer_to_a_status_of_the_shop() {
    let bench = stage::orders();
    stage::place(&bench, &[PLAIN]);
    let run = ["run", "--set", "entities.orders.systems.se.update=true"];
    // with another role the rule set is adopted anew
    bench.ends(0, &["adopt", "--set", "entities.orders.systems.se.update=true"]);
    bench.ends(0, &run);
    let state = bench.erp.state();
    let id = &state["companies"][0]["orders"][0]["Id"];
    bench.erp.act(serde_json::json!({"action": "deliver_order", "id": id})).unwrap();
    for method in ["PUT", "PATCH", "POST"] {
        let html = FaultKind::Html { code: 502, handled: false };
        bench.shop.fault(Fault::new(html).on(method, "/api/v2/orders/*").times(9));
    }
    let ran = bench.ends(2, &run);
    assert_eq!(lines(&ran).len(), 1, "{ran:?}");
    one_line(&ran, &["without a clear answer (", "1201: update at starweb:se/orders)"]);
    let clear = format!("{}/_emulator/faults", bench.shop.base_url());
    assert_eq!(crate::bench::request("DELETE", &clear, &[], "").0, 200);
    for _ in 0..2 {
        bench.run(&run);
    }
    bench.ends(0, &run);
    let shop = bench.shop.state();
    let order = shop["orders"].as_array().and_then(|orders| orders.first()).cloned().unwrap_or(Value::Null);
    assert_eq!(order["statusId"], 109, "{order}");
}

#[test]
fn a_storm_of_429_is_waited_out_where_that_is_short_and_ends_the_run_where_it_is_long() {
    let bench = stage::orders();
    let (shop, erp) = (Front::of(bench.shop.base_url()), Front::of(bench.erp.base_url()));
    let (at_shop, at_erp) = (
        format!("connections.se.base_url={}/api/v2", shop.base_url),
        format!("connections.erp.base_url={}/v2/", erp.base_url),
    );
    let run = ["run", "--set", &at_shop, "--set", &at_erp];
    let short = |to| Spoilt { to, times: 2, head: "429 Too Many Requests\r\nRetry-After: 1", body: "{}" };
    stage::place(&bench, &[PLAIN]);
    shop.spoil(short("GET /api/v2/orders?"));
    erp.spoil(short("POST /v2/orders"));
    bench.ends(0, &run);
    assert_eq!((shop.left(), erp.left()), (0, 0));
    assert_eq!(stage::arrived(&bench), ["se-1201"]);

    let long = |to| Spoilt { to, times: 99, head: "429 Too Many Requests\r\nRetry-After: 600", body: "{}" };
    stage::place(&bench, &[stage::Order { number: 1202, ..PLAIN }]);
    bench.shop_customers(&[(8, "Nya AB", "ny@bolaget.example")]);
    shop.spoil(long("GET /api/v2/orders?"));
    let ran = bench.ends(2, &run);
    one_line(&ran, &["starweb:se/orders: ", "too many calls", "a later run goes on from here", "wait 600 s"]);
    assert_eq!(shop.left(), 98, "asked once");
    assert!(stage::customers(&bench).iter().any(|name| name == "Nya AB"), "{ran:?}");
    shop.spoil(Spoilt { times: 0, ..long("") });
    bench.ends(0, &run);
    assert_eq!(stage::arrived(&bench), ["se-1201", "se-1202"]);
}
