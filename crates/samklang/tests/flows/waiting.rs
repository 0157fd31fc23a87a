//! What cannot be carried over waits, tells why and what to do, and goes on once that is done.

use serde_json::json;

use crate::stage::{BOARD, Bought, INVOICES, ORDERS, Stage};

#[test]
fn an_unknown_article_is_held_and_taken_up_once_it_is_there() {
    for (rules, collection) in [(ORDERS, "orders"), (INVOICES, "customerinvoices")] {
        let stage = Stage::set(rules);
        let unknown = stage.guest_buys("siv@example.org", &[BOARD, Bought::of("NY-1", 2, "125", 25)]);
        let known = stage.guest_buys("eva@example.org", &[BOARD]);
        stage.run().holds("'NY-1'", "create the item there");
        assert_eq!(stage.documents(unknown), []);
        stage.document(collection, known);
        stage.rests_with_something_held();
        let mut article = stage.at_erp("articles").into_iter().find(|one| one["Number"] == "HEM-1002").unwrap();
        let fields = article.as_object_mut().unwrap();
        fields.insert("Number".to_owned(), json!("NY-1"));
        fields.retain(|name, _| !["Id", "ChangedUtc", "CreatedUtc", "Barcodes"].contains(&name.as_str()));
        stage.erp.seed(json!({ "articles": [article] })).unwrap();
        stage.runs();
        stage.document(collection, unknown);
        stage.rests();
    }
}

#[test]
fn an_unmapped_way_to_pay_is_held_and_taken_up_once_it_has_a_row() {
    for (rules, collection) in [(ORDERS, "orders"), (INVOICES, "customerinvoices")] {
        let mut stage = Stage::before_contact(rules);
        let method = json!({
            "active": true, "idCode": "custom", "paymentMethodId": 900, "fee": 0,
            "languages": { "data": [{ "name": "Qliro", "langCode": "sv", "title": "Qliro", "shortDescription": "" }] },
        });
        stage.shop.seed(json!({ "payment-methods": [method] })).unwrap();
        stage.adopt();
        let known = stage.guest_buys("eva@example.org", &[BOARD]);
        let who = json!({
            "originalCustomerEmail": "siv@example.org", "addresses": { "originalInvoice": crate::stage::home() },
            "paymentMethodId": 900,
        });
        let unmapped = stage.buys(who, &[BOARD]);
        let report = stage.run();
        report.holds("Qliro", "payment_terms");
        assert_eq!(report.told["unmapped"][0]["code"], "Qliro", "{report:#?}");
        assert_eq!(stage.documents(unmapped), []);
        stage.document(collection, known);
        stage.rests_with_something_held();
        stage.rule("tables.payment_terms.se.klarna=[\"Klarna\", \"Qliro\"]");
        stage.runs();
        let document = stage.document(collection, unmapped);
        if collection == "orders" {
            assert_eq!(document["TermsOfPaymentId"], "226fed49-ce46-5049-a229-a83c3c6e7113");
        }
        stage.rests();
    }
}
