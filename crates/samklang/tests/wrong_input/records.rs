//! Records that cannot be taken over as they are, while the others go on.

use emulators::frame::{Fault, FaultKind};

use crate::{
    judge::{lines, one_line},
    stage::{self, Order, PLAIN},
};

#[test]
fn codes_without_a_row_keep_their_orders_waiting_and_no_others() {
    let bench = stage::orders();
    let orders = [
        PLAIN,
        Order { number: 1202, freight: Some(17), ..PLAIN },
        Order { number: 1203, payment: (102, "Klarna"), ..PLAIN },
        Order { number: 1204, status: 115, ..PLAIN },
        Order { number: 1205, payment: (999, "Bitcoin"), ..PLAIN },
    ];
    stage::place(&bench, &orders);
    let ran = bench.ends(3, &["run"]);
    assert_eq!(stage::arrived(&bench), ["se-1201"]);
    one_line(&ran, &["1202", "17"]);
    one_line(&ran, &["orders 1203: payment_terms \"klarna\" has no code at eekonomi:erp; add a row"]);
    one_line(&ran, &["'Betald' means, so it is left alone (1 record)", "entities.<name>.status.se"]);
    one_line(&ran, &["orders 1205: payment_terms \"Bitcoin\"", "add a row"]);
    assert_eq!(lines(&ran).len(), 4, "{ran:?}");

    let more =
        "klarna = \"226fed49-ce46-5049-a229-a83c3c6e7113\", bitcoin = \"3b78577d-473a-58ac-b6ad-0f4fe4450a5f\", ";
    let text = bench.read("samklang.toml").replace("swish = \"994", &format!("{more}swish = \"994"));
    let text = text
        + "se = { klarna = \"Klarna\", invoice = \"Faktura\", swish = \"Swish\", bitcoin = \"Bitcoin\" }\n"
        + "[entities.orders.status.se]\nread = [\n"
        + "{ status = \"created\", means = { fulfilment = \"open\" } }, { status = \"Betald\", means = { fulfilment = \"open\" } },\n"
        + "{ status = \"completed\", means = { fulfilment = \"delivered\" } }, { status = \"canceled\", means = { fulfilment = \"cancelled\" } },\n]\n";
    bench.write("samklang.toml", &text);
    let ran = bench.ends(3, &["run"]);
    assert_eq!(lines(&ran).len(), 1, "the freight alone is left: {ran:?}");
    assert_eq!(stage::arrived(&bench), ["se-1201", "se-1203", "se-1204", "se-1205"], "{ran:?}");
}

const LONG: &str = "Bolaget som har ett namn som är längre än femtio tecken AB";

#[test]
fn a_name_that_is_too_long_is_refused_in_the_vendors_words_and_not_forgotten() {
    let bench = stage::orders();
    let run = ["run", "--set", "connections.erp.long_names=refuse"];
    bench.shop_customers(&[(8, LONG, "a@bolaget.example"), (9, "Firman AB", "b@bolaget.example")]);
    let ran = bench.ends(3, &run);
    let line =
        one_line(&ran, &["refused: correct the record as the vendor says", "it says: ", "50", "samklang parked show"]);
    assert!(!line.contains("femtio"), "{line}");
    assert_eq!(lines(&ran).len(), 1);
    assert!(stage::customers(&bench).iter().any(|name| name == "Firman AB"));
    let key = line.rsplit_once("samklang parked show ").unwrap().1;
    bench.ends(3, &["parked", "show", key]).says("tried       1 times").says("next  ");

    // what is refused rests for a minute; until then it is listed and not forgotten
    bench.shop_customers(&[(8, "Ett kortare namn AB", "a@bolaget.example")]);
    bench.ends(3, &run);
    bench.ends(3, &["parked"]).says("50 characters");
}

#[test]
fn without_a_word_names_are_cut_and_nobody_waits() {
    let bench = stage::orders();
    bench.shop_customers(&[(8, LONG, "a@bolaget.example")]);
    bench.ends(0, &["run"]);
    let cut: String = LONG.chars().take(50).collect();
    assert!(stage::customers(&bench).iter().any(|name| *name == cut.trim_end()), "{:?}", stage::customers(&bench));
    let report = bench.ends(0, &["run", "--json"]).json();
    assert_eq!(report["written"], serde_json::json!({}), "what was cut is no edit");
}

#[test]
fn what_the_vendor_refuses_is_parked_with_its_words() {
    let bench = stage::orders();
    bench.erp.fault(Fault::new(FaultKind::Status { code: 400, handled: false }).on("POST", "/v2/orders"));
    stage::place(&bench, &[PLAIN, Order { number: 1202, ..PLAIN }]);
    let ran = bench.ends(3, &["run"]);
    let line = one_line(
        &ran,
        &["at eekonomi:erp/orders: ", "the content is refused", "it says: 2000", "samklang parked show"],
    );
    assert!(line.starts_with("1201") || line.starts_with("1202"), "{line}");
    assert_eq!(stage::arrived(&bench).len(), 1);
}
