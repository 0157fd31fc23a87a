//! The process is killed while an answer is on its way, or before the request arrives. What comes after makes nothing
//! twice and leaves nothing out.

use std::process::Stdio;

use serde_json::json;

use crate::{
    answers::{each_is_invoiced_and_paid_once, each_is_told_and_charged_once, three_paid_orders, two_deliveries},
    relay::Keep,
    stage::{BOARD, INVOICES, Stage},
};

/// A run that is killed at this request.
#[track_caller]
fn killed_at(stage: &Stage, keep: Keep, method: &str, path_end: &str) {
    stage.relay().keep(keep, method, path_end);
    let mut child = stage.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    stage.relay().wait();
    child.kill().unwrap();
    child.wait().unwrap();
}

fn on_the_way_to_a_paid_invoice(keep: Keep, path_end: &str) {
    let (mut stage, orders) = three_paid_orders();
    stage.relay_to_erp();
    if path_end == "/payments" {
        stage.run();
    }
    killed_at(&stage, keep, "POST", path_end);
    each_is_invoiced_and_paid_once(&stage, orders);
}

#[test]
fn before_the_draft() {
    on_the_way_to_a_paid_invoice(Keep::Request, "/customerinvoicedrafts");
}

#[test]
fn after_the_draft() {
    on_the_way_to_a_paid_invoice(Keep::Answer, "/customerinvoicedrafts");
}

#[test]
fn before_the_booking() {
    on_the_way_to_a_paid_invoice(Keep::Request, "/convert");
}

#[test]
fn after_the_booking() {
    on_the_way_to_a_paid_invoice(Keep::Answer, "/convert");
}

#[test]
fn before_the_payment() {
    on_the_way_to_a_paid_invoice(Keep::Request, "/payments");
}

#[test]
fn after_the_payment() {
    on_the_way_to_a_paid_invoice(Keep::Answer, "/payments");
}

fn on_the_way_to_a_status(keep: Keep) {
    let (mut stage, orders, before) = two_deliveries();
    stage.relay_to_shop();
    killed_at(&stage, keep, "PATCH", &format!("/orders/{}", orders[0]));
    each_is_told_and_charged_once(&stage, orders, before);
}

#[test]
fn before_the_status() {
    on_the_way_to_a_status(Keep::Request);
}

#[test]
fn after_the_status() {
    on_the_way_to_a_status(Keep::Answer);
}

fn on_the_way_to_an_order(keep: Keep) {
    let mut stage = Stage::set(&[]);
    let orders = ["siv@example.org", "eva@example.org"].map(|email| stage.guest_buys(email, &[BOARD]));
    stage.relay_to_erp();
    killed_at(&stage, keep, "POST", "/orders");
    stage.settles();
    for order in orders {
        assert_eq!(stage.document("orders", order)["Status"], 2);
    }
    assert_eq!((stage.documents_in_all(), stage.at_erp("customers").len()), (2, 2));
}

#[test]
fn before_the_order() {
    on_the_way_to_an_order(Keep::Request);
}

#[test]
fn after_the_order() {
    on_the_way_to_an_order(Keep::Answer);
}

#[test]
fn while_it_reads() {
    let (mut stage, orders) = three_paid_orders();
    stage.relay_to_erp();
    stage.relay().keep(Keep::Answer, "GET", "/customers");
    let mut child = stage.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    stage.relay().wait();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(stage.documents_in_all(), 0);
    each_is_invoiced_and_paid_once(&stage, orders);
}

#[test]
fn nothing_is_sent_again_for_as_long_as_it_may_still_turn_up() {
    let mut stage = Stage::set(INVOICES);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.relay_to_erp();
    stage.rule("connections.erp.search_lag_s=3600");
    killed_at(&stage, Keep::Request, "POST", "/customerinvoicedrafts");
    let other = stage.guest_buys("eva@example.org", &[BOARD]);
    for _ in 0..3 {
        let report = stage.run();
        assert_eq!((report.code, &report.told["unclear"]), (2, &json!(1)), "{report:#?}");
    }
    assert_eq!(stage.documents(order), []);
    stage.document("customerinvoices", other);
    stage.rule("connections.erp.search_lag_s=0");
    stage.settles();
    stage.document("customerinvoices", order);
    assert_eq!(stage.documents_in_all(), 2);
}
