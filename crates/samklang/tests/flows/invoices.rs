//! Orders become invoices, and what was paid on them is settled there.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::stage::{BOARD, BOOK, CRISPBREAD, INVOICES, Stage, amount, home, payable};

/// Orders become invoices; payments by Swish and Klarna go to bank accounts of their own.
fn with_payments(klarna: bool) -> Stage {
    let mut stage = Stage::set(INVOICES);
    let (bank, swish) = (stage.bank_account(1), stage.bank_account(5));
    let klarna = if klarna { format!("Klarna = \"{bank}\", ") } else { String::new() };
    stage.rule("entities.invoices.fields.settled={ rule = \"sum\", up_to = \"content.gross\" }");
    stage.rule(&format!("entities.invoices.accounts.erp={{ {klarna}Swish = \"{swish}\" }}"));
    stage.adopt();
    stage
}

/// A guest has paid with Swish.
fn paid_with_swish(stage: &Stage, email: &str, paid: &str) -> u64 {
    let paid: Value = serde_json::from_str(paid).unwrap();
    let who = json!({
        "originalCustomerEmail": email, "addresses": { "originalInvoice": home() },
        "paymentMethodId": 110, "amountPaid": paid,
    });
    stage.buys(who, &[BOARD])
}

#[test]
fn an_order_becomes_a_booked_invoice_with_its_total() {
    let stage = Stage::set(INVOICES);
    let order = stage.guest_buys("siv@example.org", &[BOARD, CRISPBREAD, BOOK]);
    stage.runs();
    let invoice = stage.document("customerinvoices", order);
    assert_eq!(payable(&invoice), amount(&stage.shop_order(order), "amountToPay"));
    assert_eq!(amount(&invoice, "RemainingAmount"), payable(&invoice), "nothing was paid");
    stage.rests();
    assert_eq!((stage.documents_in_all(), stage.at_erp("orders").len()), (1, 0));
}

#[test]
fn until_draft_it_stays_a_draft() {
    let mut stage = Stage::set(INVOICES);
    stage.rule("entities.orders.systems.erp.until=draft");
    let order = stage.guest_buys("siv@example.org", &[BOARD, CRISPBREAD]);
    stage.runs();
    let draft = stage.document("customerinvoicedrafts", order);
    assert_eq!(payable(&draft), amount(&stage.shop_order(order), "amountToPay"));
    stage.rests();
    // the day comes when somebody wants them booked
    stage.rule("entities.orders.systems.erp.until=booked");
    stage.adopt();
    stage.runs();
    stage.document("customerinvoices", order);
    stage.rests();
}

#[test]
fn what_was_paid_is_registered_once_on_the_account_of_its_way_to_pay() {
    let stage = with_payments(true);
    let paid = paid_with_swish(&stage, "siv@example.org", "1015");
    let unpaid = stage.guest_buys("eva@example.org", &[BOARD]);
    stage.settles();
    let [payment] = stage.payments().try_into().unwrap();
    let invoice = stage.document("customerinvoices", paid);
    assert_eq!(payment["InvoiceId"], invoice["Id"]);
    assert_eq!(payment["CompanyBankAccountId"], stage.bank_account(5).as_str());
    assert_eq!(amount(&payment, "PaymentAmount"), Decimal::from(1015));
    assert_eq!(amount(&invoice, "RemainingAmount"), Decimal::ZERO);
    let other = stage.document("customerinvoices", unpaid);
    assert_eq!(amount(&other, "RemainingAmount"), Decimal::from(1015));
}

#[test]
fn what_is_paid_later_is_registered_then() {
    let stage = with_payments(true);
    let order = paid_with_swish(&stage, "siv@example.org", "15");
    stage.settles();
    assert_eq!(amount(&stage.document("customerinvoices", order), "RemainingAmount"), Decimal::from(1000));
    stage.in_shop(json!({ "action": "edit_order", "orderId": order, "set": { "amountPaid": 1015 } }));
    stage.settles();
    let amounts: Vec<Decimal> = stage.payments().iter().map(|payment| amount(payment, "PaymentAmount")).collect();
    assert_eq!(amounts, [Decimal::from(15), Decimal::from(1000)]);
    assert_eq!(amount(&stage.document("customerinvoices", order), "RemainingAmount"), Decimal::ZERO);
}

#[test]
fn what_klarna_captured_is_registered_on_klarnas_account() {
    let stage = with_payments(true);
    let order = stage.guest_buys_with_klarna("siv@example.org", &[BOARD]);
    stage.settles();
    assert_eq!(stage.payments().len(), 0, "an amount that is reserved is not paid");
    stage.in_shop(json!({ "action": "set_status", "orderId": order, "status": "completed", "payment": true }));
    stage.settles();
    let [payment] = stage.payments().try_into().unwrap();
    assert_eq!(payment["CompanyBankAccountId"], stage.bank_account(1).as_str());
    assert_eq!(amount(&payment, "PaymentAmount"), Decimal::from(1015));
}

#[test]
fn a_way_to_pay_without_a_bank_account_is_held_until_it_has_one() {
    let mut stage = with_payments(false);
    let order = stage.guest_buys_with_klarna("siv@example.org", &[BOARD]);
    stage.in_shop(json!({ "action": "set_status", "orderId": order, "status": "picking" }));
    stage.in_shop(json!({ "action": "edit_order", "orderId": order, "set": { "amountPaid": 1015 } }));
    stage.in_shop(json!({ "action": "edit_order", "orderId": order, "set": { "paymentStatus": "captured" } }));
    stage.runs();
    stage.run().holds("1015 paid by 'Klarna' have no bank account at erp", "accounts.erp");
    stage.document("customerinvoices", order);
    stage.rests_with_something_held();
    let bank = stage.bank_account(1);
    stage.rule(&format!("entities.invoices.accounts.erp.Klarna={bank}"));
    stage.settles();
    assert_eq!(stage.payments().len(), 1);
}
