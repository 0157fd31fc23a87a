//! Who buys: recognised in the ERP, or made there, once.

use serde_json::{Value, json};

use crate::stage::{BOARD, BOOK, INVOICES, Stage, home};

/// A customer of the ERP, with what a test adds.
fn known(stage: &Stage, with: Value) {
    let mut customer = json!({
        "CustomerNumber": "1029", "Name": "Åström", "IsActive": true, "IsPrivatePerson": false,
        "InvoiceAddress1": "Ågatan 2", "InvoicePostalCode": "58222", "InvoiceCity": "Linköping",
        "InvoiceCountryCode": "SE",
    });
    customer.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    stage.erp.seed(json!({ "customers": [customer] })).unwrap();
}

/// A customer of the shop; gives its number.
fn in_shop(stage: &Stage, with: Value) -> u64 {
    let mut customer = json!({
        "action": "create_customer", "type": "company", "email": "inkop@bolaget.example",
        "addresses": { "invoice": {
            "companyName": "Bolaget AB", "address": "Ågatan 2", "postalCode": "58222", "city": "Linköping",
            "countryCode": "SE",
        } },
    });
    customer.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    stage.in_shop(customer)["customerId"].as_u64().unwrap()
}

#[test]
fn a_customer_is_recognised_by_its_number() {
    let stage = Stage::before_contact(&[
        // the shop's staff type the ERP's number there
        "entities.buyers.map=[{ field = \"number\", se = \"x.starweb.custom_info_1\", erp = \"number\" }]",
        "entities.buyers.match=[{ on = [\"number\"] }]",
    ]);
    let customer = in_shop(&stage, json!({ "customInfo1": "1029" }));
    known(&stage, json!({ "Name": "Bolaget" }));
    stage.adopt();
    let order = stage.buys(json!({ "customerId": customer }), &[BOARD]);
    stage.runs();
    assert_eq!(stage.at_erp("customers").len(), 1);
    assert_eq!(stage.buyer_of(&stage.document("orders", order))["CustomerNumber"], "1029");
    stage.rests();
}

#[test]
fn a_customer_is_recognised_by_e_mail() {
    let stage = Stage::before_contact(&[]);
    let customer = in_shop(&stage, json!({}));
    known(&stage, json!({ "EmailAddress": "Inkop@bolaget.example", "Name": "Bolaget" }));
    stage.adopt();
    let order = stage.buys(json!({ "customerId": customer }), &[BOARD]);
    stage.runs();
    assert_eq!(stage.at_erp("customers").len(), 1);
    assert_eq!(stage.buyer_of(&stage.document("orders", order))["Name"], "Bolaget", "the name is the ERP's own");
    stage.rests();
}

#[test]
fn a_customer_is_recognised_by_organisation_number_before_its_e_mail() {
    let stage = Stage::before_contact(&[]);
    let customer = in_shop(&stage, json!({ "nationalIdNo": "5566770007" }));
    known(&stage, json!({ "CorporateIdentityNumber": "556677-0007", "EmailAddress": "faktura@bolaget.example" }));
    stage.adopt();
    let order = stage.buys(json!({ "customerId": customer }), &[BOARD]);
    stage.runs();
    let customers = stage.at_erp("customers");
    assert_eq!(customers.len(), 1);
    assert_eq!(stage.buyer_of(&stage.document("orders", order))["CustomerNumber"], "1029");
    assert_eq!(customers[0]["EmailAddress"], "inkop@bolaget.example", "the shop leads");
    stage.rests();
}

#[test]
fn a_guest_is_made_a_customer() {
    let stage = Stage::set(&[]);
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    let buyer = stage.buyer_of(&stage.document("orders", order));
    assert_eq!(stage.at_erp("customers").len(), 1);
    assert_eq!(
        (&buyer["Name"], &buyer["EmailAddress"], &buyer["IsPrivatePerson"], &buyer["InvoiceCity"]),
        (&json!("Siv Åström"), &json!("siv@example.org"), &json!(true), &json!("Linköping"))
    );
    stage.rests();
}

#[test]
fn a_returning_guest_is_the_same_customer() {
    let stage = Stage::set(&[]);
    let first = stage.guest_buys("siv@example.org", &[BOARD]);
    let at_once = stage.guest_buys("siv@example.org", &[BOOK]);
    stage.runs();
    let later = stage.guest_buys("SIV@example.org", &[BOOK]);
    let somebody_else = stage.guest_buys("eva@example.org", &[BOOK]);
    stage.runs();
    let buyer = |order| stage.document("orders", order)["CustomerId"].clone();
    assert_eq!(stage.at_erp("customers").len(), 2);
    assert_eq!((buyer(at_once), buyer(later)), (buyer(first), buyer(first)));
    assert_ne!(buyer(somebody_else), buyer(first));
    stage.rests();
}

#[test]
fn a_guest_who_moved_keeps_the_address_that_the_erp_has() {
    let stage = Stage::set(&[]);
    stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    let mut elsewhere = home();
    elsewhere["city"] = json!("Norrköping");
    let who = json!({ "originalCustomerEmail": "siv@example.org", "addresses": { "originalInvoice": elsewhere } });
    let later = stage.buys(who, &[BOOK]);
    stage.runs();
    let order = stage.document("orders", later);
    assert_eq!(order["InvoiceCity"], "Norrköping");
    assert_eq!(stage.buyer_of(&order)["InvoiceCity"], "Linköping");
    stage.rests();
}

/// A guest whose e-mail a customer of the ERP has, with another currency.
fn known_in_euro() -> Stage {
    let stage = Stage::before_contact(INVOICES);
    known(&stage, json!({ "EmailAddress": "siv@example.org", "CurrencyCode": "EUR", "IsPrivatePerson": true }));
    stage.adopt();
    stage
}

#[test]
fn a_customer_of_the_erp_keeps_his_currency_and_an_invoice_in_another_waits() {
    let stage = known_in_euro();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.run().holds("has the currency 'SEK', and its buyer 'EUR'", "correct the buyer there");
    assert_eq!(stage.documents(order), [], "no figures in the wrong currency");
    assert_eq!(stage.at_erp("customers")[0]["CurrencyCode"], "EUR", "what the ERP has is its own");
}

#[test]
fn the_buyers_currency_is_corrected_in_the_erp_and_the_invoice_is_made() {
    let stage = known_in_euro();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.run();
    stage.in_erp(json!({"action": "edit_customer", "number": "1029", "set": { "CurrencyCode": "SEK" }}));
    stage.runs();
    let invoice = stage.document("customerinvoices", order);
    assert_eq!(invoice["CurrencyCode"], "SEK");
    stage.rests();
}

/// An order whose address is not the guest's first one.
fn moved_guest_buys(stage: &Stage, city: &str) -> u64 {
    let mut elsewhere = home();
    elsewhere["city"] = json!(city);
    let who = json!({ "originalCustomerEmail": "siv@example.org", "addresses": { "originalInvoice": elsewhere } });
    stage.buys(who, &[BOOK])
}

#[test]
fn an_order_in_another_currency_goes_as_an_order_where_the_rules_say_so() {
    let mut stage = known_in_euro();
    stage.rule("entities.orders.buyer_differs.currency=\"as_order\"");
    stage.adopt();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    let at_home = stage.guest_buys("eva@example.org", &[BOOK]);
    stage.runs();
    assert_eq!(stage.document("orders", order)["CurrencyCode"], "SEK");
    stage.document("customerinvoices", at_home);
    assert_eq!(stage.documents_in_all(), 2, "one document for each order");
    assert_eq!(stage.at_erp("customers")[0]["CurrencyCode"], "EUR", "what the ERP has is its own");
    stage.rests();
    stage.in_erp(json!({"action": "edit_customer", "number": "1029", "set": { "CurrencyCode": "SEK" }}));
    stage.runs();
    stage.rests();
    assert_eq!(stage.documents_in_all(), 2, "what went as an order stays one");
}

#[test]
fn orders_that_people_make_in_the_erp_become_no_invoices_where_orders_may_go_as_orders() {
    let mut stage = known_in_euro();
    stage.rule("entities.orders.buyer_differs.currency=\"as_order\"");
    stage.adopt();
    let customer = stage.at_erp("customers")[0]["Id"].clone();
    let own = json!({ "CustomerId": customer, "CustomerNumber": "1029", "CurrencyCode": "EUR", "OrderDate": "2026-03-01", "Status": 1,
        "Rows": [] });
    stage.erp.seed(json!({ "orders": [own] })).unwrap();
    stage.runs();
    stage.rests();
    assert_eq!(stage.documents_in_all(), 1);
}

#[test]
fn the_register_is_corrected_first_where_the_rules_say_so() {
    let mut stage = known_in_euro();
    stage.rule("entities.orders.buyer_differs.currency=\"update_register\"");
    stage.adopt();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    stage.runs();
    assert_eq!(stage.at_erp("customers")[0]["CurrencyCode"], "SEK");
    assert_eq!(stage.document("customerinvoices", order)["CurrencyCode"], "SEK");
    stage.rests();
    assert_eq!(stage.documents_in_all(), 1);
}

#[test]
fn two_invoices_with_two_addresses_go_one_after_the_other() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("entities.orders.buyer_differs.address=\"update_register\"");
    stage.adopt();
    let orders = ["Linköping", "Norrköping", "Motala"].map(|city| moved_guest_buys(&stage, city));
    stage.runs();
    for (order, city) in orders.into_iter().zip(["Linköping", "Norrköping", "Motala"]) {
        assert_eq!(stage.document("customerinvoices", order)["InvoiceCity"], city);
    }
    assert_eq!(stage.at_erp("customers").len(), 1);
    stage.rests();
    assert_eq!(stage.documents_in_all(), 3);
}

#[test]
fn an_order_with_another_address_goes_as_an_order_where_the_rules_say_so() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("entities.orders.buyer_differs.address=\"as_order\"");
    stage.adopt();
    let orders = ["Linköping", "Norrköping"].map(|city| moved_guest_buys(&stage, city));
    stage.runs();
    assert_eq!(stage.document("customerinvoices", orders[0])["InvoiceCity"], "Linköping");
    assert_eq!(stage.document("orders", orders[1])["InvoiceCity"], "Norrköping");
    stage.rests();
    assert_eq!(stage.documents_in_all(), 2);
}

#[test]
fn invoices_that_wait_for_their_buyers_count_for_the_guard_too() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("guards.max_create=3");
    for email in ["siv@example.org", "eva@example.org", "ada@example.org"] {
        stage.guest_buys(email, &[BOARD]);
        stage.guest_buys(email, &[BOOK]);
    }
    let report = stage.run();
    assert_eq!(report.code, 7, "{report:#?}");
    assert_eq!((stage.at_erp("customers").len(), stage.documents_in_all()), (3, 0));
    let (id, _) = report.told["tripped"].as_object().unwrap().iter().next().unwrap();
    stage.program(&["approve", id]);
    stage.runs();
    assert_eq!(stage.documents_in_all(), 6);
    stage.rests();
}
