//! What people do in the ERP at the worst moment.

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
        // and an edit of the order goes to none of them
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

#[test]
fn somebody_books_the_draft_between_our_create_and_our_look() {
    let mut stage = Stage::set(INVOICES);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let other = stage.guest_buys("eva@example.org", &[BOOK]);
    stage.relay_to_erp();
    stage.relay().keep(Keep::Answer, "POST", "/customerinvoicedrafts");
    let mut child = stage.command(&["run"]).spawn().unwrap();
    stage.relay().wait();
    child.kill().unwrap();
    child.wait().unwrap();
    let draft = stage.at_erp("customerinvoicedrafts")[0].clone();
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
    let mut child = stage.command(&["run"]).spawn().unwrap();
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
