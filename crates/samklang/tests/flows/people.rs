//! What people do in the ERP at the worst moment.

use std::process::Stdio;

use serde_json::json;

use crate::{
    relay::Keep,
    stage::{BOARD, BOOK, INVOICES, Stage},
};

#[test]
fn a_copy_of_our_invoice_is_none_of_ours() {
    for book in [false, true] {
        let stage = Stage::set(INVOICES);
        let order = stage.guest_buys("siv@example.org", &[BOARD]);
        let other = stage.guest_buys("eva@example.org", &[BOOK]);
        stage.runs();
        let invoice = stage.document("customerinvoices", order);
        let copy = stage.in_erp(json!({"action": "copy_invoice", "id": invoice["Id"], "book": book}));
        stage.runs();
        // the copy bears the mark too, and is left alone
        stage.rests();
        assert_eq!(stage.documents(order).len(), 2);
        let collection = if book { "customerinvoices" } else { "customerinvoicedrafts" };
        let copy = stage.erp_record(collection, copy["id"].as_str().unwrap());
        assert_eq!(copy["Rows"].as_array().unwrap().len(), invoice["Rows"].as_array().unwrap().len());
        stage.document("customerinvoices", other);
        assert_eq!((stage.documents_in_all(), stage.payments().len()), (3, 0));
    }
}

#[test]
fn a_draft_that_somebody_books_is_our_invoice() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("entities.orders.systems.erp.until=draft");
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let other = stage.guest_buys("eva@example.org", &[BOOK]);
    stage.runs();
    let draft = stage.document("customerinvoicedrafts", order);
    stage.in_erp(json!({"action": "book_draft", "id": draft["Id"]}));
    stage.runs();
    stage.rests();
    let invoice = stage.document("customerinvoices", order);
    stage.document("customerinvoicedrafts", other);
    assert_eq!(stage.documents_in_all(), 2);
    // it is known as the order's invoice
    stage.in_erp(json!({"action": "register_payment", "id": invoice["Id"]}));
    stage.runs();
    assert_eq!((stage.shop_status(order), stage.shop_status(other)), ("Betald".to_owned(), "created".to_owned()));
    stage.rests();
}

/// A run that is killed when the ERP has made the draft of the first order, and does not know it.
fn killed_after_the_draft(stage: &mut Stage) -> serde_json::Value {
    stage.relay_to_erp();
    stage.relay().keep(Keep::Answer, "POST", "/customerinvoicedrafts");
    let mut child = stage.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    stage.relay().wait();
    child.kill().unwrap();
    child.wait().unwrap();
    stage.at_erp("customerinvoicedrafts")[0].clone()
}

#[test]
fn somebody_books_and_copies_what_we_do_not_know_of_yet() {
    let mut stage = Stage::set(INVOICES);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let draft = killed_after_the_draft(&mut stage);
    let invoice = stage.in_erp(json!({"action": "book_draft", "id": draft["Id"]}));
    stage.in_erp(json!({"action": "copy_invoice", "id": invoice["id"], "book": true}));
    // nobody can tell which of the two is ours: a person is asked, and no third one is made
    for _ in 0..4 {
        let report = stage.run();
        assert!([2, 3].contains(&report.code), "{report:#?}");
    }
    assert_eq!(stage.documents(order).len(), 2);
    assert_eq!(stage.documents_in_all(), 2);
    assert!(format!("{:?}", stage.run().held()).contains(&order.to_string()));
}

#[test]
fn somebody_deletes_the_draft_that_we_do_not_know_of_yet() {
    let mut stage = Stage::set(INVOICES);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let draft = killed_after_the_draft(&mut stage);
    stage.in_erp(json!({"action": "delete_draft", "id": draft["Id"]}));
    stage.settles();
    stage.document("customerinvoices", order);
    assert_eq!(stage.documents_in_all(), 1);
}

#[test]
fn a_draft_that_somebody_deletes_is_not_made_again() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("entities.orders.systems.erp.until=draft");
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let other = stage.guest_buys("eva@example.org", &[BOOK]);
    stage.runs();
    let draft = stage.document("customerinvoicedrafts", order);
    stage.in_erp(json!({"action": "delete_draft", "id": draft["Id"]}));
    stage.run();
    stage.run().holds("was removed", "or left alone");
    assert_eq!(stage.documents(order), []);
    stage.document("customerinvoicedrafts", other);
    stage.rests_with_something_held();
}

#[test]
fn somebody_books_the_draft_between_our_create_and_our_look() {
    let mut stage = Stage::set(INVOICES);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let other = stage.guest_buys("eva@example.org", &[BOOK]);
    let draft = killed_after_the_draft(&mut stage);
    stage.in_erp(json!({"action": "book_draft", "id": draft["Id"]}));
    stage.settles();
    stage.document("customerinvoices", order);
    stage.document("customerinvoices", other);
    assert_eq!(stage.documents_in_all(), 2);
}

#[test]
fn somebody_books_the_draft_just_before_we_do() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("entities.orders.systems.erp.until=draft");
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let other = stage.guest_buys("eva@example.org", &[BOOK]);
    stage.runs();
    stage.rule("entities.orders.systems.erp.until=booked");
    stage.adopt();
    let draft = stage.document("customerinvoicedrafts", order);
    // while our request is on its way, somebody clicks
    stage.relay_to_erp();
    let path = format!("/customerinvoicedrafts/{}/convert", draft["Id"].as_str().unwrap());
    stage.relay().keep(Keep::Request, "POST", &path);
    let mut child = stage.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    stage.relay().wait();
    stage.in_erp(json!({"action": "book_draft", "id": draft["Id"]}));
    stage.relay().let_go();
    child.wait().unwrap();
    stage.settles();
    stage.document("customerinvoices", order);
    stage.document("customerinvoices", other);
    assert_eq!(stage.documents_in_all(), 2);
}

#[test]
fn an_order_that_somebody_invoices_before_its_delivery_is_one_document_of_each() {
    let stage = Stage::set(&[]);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    let invoice = stage.invoice(order);
    stage.runs();
    stage.rests();
    assert_eq!((stage.at_erp("orders").len(), stage.at_erp("customerinvoices").len()), (1, 1));
    assert_eq!(stage.erp_record("customerinvoices", &invoice)["CreatedFromOrderId"], stage.at_erp("orders")[0]["Id"]);
}
