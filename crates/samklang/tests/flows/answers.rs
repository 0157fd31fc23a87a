//! Answers that never come: the connection breaks after the system did what it was asked. Nothing is made twice.

use emulators::frame::FaultKind;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::stage::{BOARD, BOOK, INVOICES, Stage, amount, distinct, home, payable};

/// A shop with three paid orders; payments are registered on the account of their way to pay.
pub(crate) fn three_paid_orders() -> (Stage, [u64; 3]) {
    let mut stage = Stage::before_contact(INVOICES);
    let swish = stage.bank_account(5);
    stage.rule("entities.invoices.fields.settled={ rule = \"sum\", up_to = \"content.gross\" }");
    stage.rule(&format!("entities.invoices.accounts.erp={{ Swish = \"{swish}\" }}"));
    stage.adopt();
    let paid = |email: &str| {
        let who = json!({
            "originalCustomerEmail": email, "addresses": { "originalInvoice": home() },
            "paymentMethodId": 110, "amountPaid": 1015,
        });
        stage.buys(who, &[BOARD])
    };
    let orders = ["siv@example.org", "eva@example.org", "per@example.org"].map(paid);
    (stage, orders)
}

/// Each order is one invoice, paid once; nothing else was made, and three more runs make nothing.
#[track_caller]
pub(crate) fn each_is_invoiced_and_paid_once(stage: &Stage, orders: [u64; 3]) {
    stage.settles();
    for order in orders {
        let invoice = stage.document("customerinvoices", order);
        assert_eq!((payable(&invoice), amount(&invoice, "RemainingAmount")), (Decimal::from(1015), Decimal::ZERO));
    }
    let payments = stage.payments();
    assert_eq!((payments.len(), distinct(&payments, "InvoiceId")), (3, 3), "{payments:#?}");
    assert_eq!((stage.documents_in_all(), stage.at_erp("customers").len()), (3, 3));
}

fn after_a_lost_answer(path: &str) {
    after(FaultKind::DropAfter, path);
}

#[track_caller]
fn after(fault: FaultKind, path: &str) {
    let (stage, orders) = three_paid_orders();
    stage.fault_at_erp(fault, "POST", path);
    each_is_invoiced_and_paid_once(&stage, orders);
    let lost = stage.erp.requests().iter().filter(|request| request.fault.is_some()).count();
    assert_eq!(lost, 1, "the fault struck");
}

#[test]
fn the_answer_to_a_new_customer_is_lost() {
    after_a_lost_answer("/v2/customers");
}

#[test]
fn the_answer_to_a_new_draft_is_lost() {
    after_a_lost_answer("/v2/customerinvoicedrafts");
}

#[test]
fn the_answer_to_the_booking_is_lost() {
    after_a_lost_answer("/v2/customerinvoicedrafts/*/convert");
}

#[test]
fn the_answer_to_the_payment_is_lost() {
    after_a_lost_answer("/v2/customerinvoices/*/payments");
}

#[test]
fn a_server_error_after_all_was_done_is_no_refusal() {
    after(FaultKind::Status { code: 500, handled: true }, "/v2/customerinvoicedrafts");
    after(FaultKind::Status { code: 500, handled: true }, "/v2/customerinvoices/*/payments");
}

#[test]
fn half_an_answer_or_a_gateways_page_says_nothing_of_what_was_done() {
    after(FaultKind::Truncate, "/v2/customerinvoicedrafts");
    after(FaultKind::Html { code: 502, handled: true }, "/v2/customerinvoicedrafts/*/convert");
}

#[test]
fn a_connection_that_breaks_before_anything_is_done_leaves_nothing_out() {
    after(FaultKind::DropBefore, "/v2/customerinvoicedrafts");
    after(FaultKind::DropBefore, "/v2/customerinvoices/*/payments");
}

#[test]
fn the_answer_to_a_new_order_is_lost() {
    let stage = Stage::set(&[]);
    let orders = ["siv@example.org", "eva@example.org"].map(|email| stage.guest_buys(email, &[BOARD]));
    stage.fault_at_erp(FaultKind::DropAfter, "POST", "/v2/orders");
    stage.settles();
    for order in orders {
        assert_eq!(stage.document("orders", order)["Status"], 2);
    }
    assert_eq!(stage.documents_in_all(), 2);
}

/// A list that leaves out what is new proves nothing: who looks once, or at once, makes a second one.
#[test]
fn an_order_whose_answer_is_lost_and_that_lists_leave_out_for_a_while_is_not_made_twice() {
    let mut stage = Stage::set(&[]);
    stage.rule("connections.erp.search_lag_s=2");
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.erp.switch("listing_lag_s", 1).unwrap();
    stage.fault_at_erp(FaultKind::DropAfter, "POST", "/v2/orders");
    let looks = (0..200).take_while(|_| {
        let report = stage.run();
        assert!(matches!(report.code, 0 | 2), "{report:#?}");
        (report.code, &report.told["written"]) != (0, &json!({}))
    });
    assert!(looks.count() > 1, "the first run after the lost answer cannot know yet");
    assert_eq!(stage.document("orders", order)["Status"], 2);
    assert_eq!(stage.documents_in_all(), 1);
    stage.rests();
}

#[test]
fn the_answer_to_the_step_of_an_order_is_lost() {
    let stage = Stage::set(&[]);
    let orders = ["siv@example.org", "eva@example.org"].map(|email| stage.guest_buys(email, &[BOARD]));
    stage.fault_at_erp(FaultKind::DropAfter, "POST", "/v2/orders/*/converteddrafttoorder");
    stage.settles();
    for order in orders {
        assert_eq!(stage.document("orders", order)["Status"], 2);
    }
    assert_eq!(stage.documents_in_all(), 2);
}

/// Two delivered orders, whose status mails and captures.
pub(crate) fn two_deliveries() -> (Stage, [u64; 2], [usize; 3]) {
    let stage = Stage::set(&["entities.orders.status.se.write=[\
        { when = { fulfilment = \"delivered\" }, status = \"completed\", effects = [\"notify_buyer\", \"capture\"] }]"]);
    let orders = [("siv@example.org", BOARD), ("eva@example.org", BOOK)]
        .map(|(email, what)| stage.guest_buys_with_klarna(email, &[what]));
    stage.runs();
    let before = stage.effects();
    orders.iter().for_each(|order| stage.deliver(*order));
    (stage, orders, before)
}

/// Each buyer got one mail, and each payment was taken once.
#[track_caller]
pub(crate) fn each_is_told_and_charged_once(stage: &Stage, orders: [u64; 2], before: [usize; 3]) {
    stage.settles();
    let of = |name: &str, number: u64| {
        let told: Vec<Value> = stage.at_shop(name);
        told.iter().filter(|one| one["orderId"] == number && one["statusId"] != 107).count()
    };
    for order in orders {
        assert_eq!(stage.shop_status(order), "completed");
        assert_eq!((of("mails", order), of("captures", order)), (1, 1), "{order}");
    }
    assert_eq!(stage.effects_since(before), [2, 2, 0]);
}

#[test]
fn the_answer_to_the_status_is_lost() {
    let (stage, orders, before) = two_deliveries();
    let path = format!("/api/v2/orders/{}", orders[0]);
    stage.shop.fault(emulators::frame::Fault::new(FaultKind::DropAfter).on("PATCH", &path));
    each_is_told_and_charged_once(&stage, orders, before);
}

#[test]
fn a_status_that_the_shop_refuses_at_first_is_written_later() {
    let (stage, orders, before) = two_deliveries();
    let path = format!("/api/v2/orders/{}", orders[0]);
    let down = FaultKind::Status { code: 503, handled: false };
    stage.shop.fault(emulators::frame::Fault::new(down).on("PATCH", &path));
    each_is_told_and_charged_once(&stage, orders, before);
}
