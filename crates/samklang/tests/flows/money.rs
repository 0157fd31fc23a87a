//! Totals are the same on both sides, to the smallest unit, however the ERP computes.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::stage::{BOARD, BOOK, Bought, CRISPBREAD, INVOICES, Rules, Stage, amount, home, payable};

/// Rounded prices without VAT that do not make the total.
const ODD: [Bought; 2] = [Bought::of("MAT-1009", 7, "152.95", 12), Bought::of("BOK-1004", 11, "329.95", 6)];

/// A company, whose prices are without VAT in the ERP.
fn a_company() -> Value {
    let mut address = home();
    address["companyName"] = json!("Bolaget AB");
    json!({
        "originalCustomerEmail": "inkop@bolaget.example", "originalCustomerNationalIdNo": "556677-0007",
        "addresses": { "originalInvoice": address },
    })
}

fn rounding_rows(document: &Value) -> usize {
    document["Rows"].as_array().unwrap().iter().filter(|row| row["ArticleNumber"] == "ORES").count()
}

/// A company, a private person and odd prices: all come to the same in both systems.
fn all_come_to_the_same(collection: &str, rules: Rules<'_>, switches: &[(&str, &str)]) {
    let stage = Stage::before_contact(rules);
    for (name, value) in switches {
        stage.erp.switch(name, *value).unwrap();
    }
    stage.adopt();
    let mut company = a_company();
    company["shippingCost"] = json!(79.2);
    company["paymentFee"] = json!(23.2);
    let orders = [
        stage.guest_buys("siv@example.org", &[BOARD, CRISPBREAD, BOOK]),
        stage.guest_buys("eva@example.org", &ODD),
        stage.buys(company, &ODD),
    ];
    stage.runs_to_the_end();
    for order in orders {
        let (shop, document) = (stage.shop_order(order), stage.document(collection, order));
        assert_eq!(payable(&document), amount(&shop, "amountToPay"), "{switches:?} {document:#}");
    }
    assert_eq!(stage.documents_in_all(), orders.len());
}

#[test]
fn a_rounding_row_makes_up_for_prices_without_vat() {
    let stage = Stage::set(&[]);
    let odd = stage.buys(a_company(), &ODD);
    let even = stage.guest_buys("eva@example.org", &[BOARD]);
    stage.runs();
    let document = stage.document("orders", odd);
    assert_eq!(payable(&document), amount(&stage.shop_order(odd), "amountToPay"));
    assert_eq!(rounding_rows(&document), 1);
    assert_eq!(rounding_rows(&stage.document("orders", even)), 0, "only where it is needed");
}

#[test]
fn without_a_rounding_row_the_order_is_held_with_both_sums() {
    let stage = Stage::set(&["entities.orders.rows.erp.rounding={ article = \"ORES\", enabled = false }"]);
    let odd = stage.buys(a_company(), &ODD);
    let even = stage.guest_buys("eva@example.org", &[BOARD]);
    let report = stage.run();
    report.holds("comes to", "rounding row");
    let sums: Vec<Decimal> = report.told["held"][0]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value[1]["content.gross"]["v"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(sums.len(), 2, "{report:#?}");
    assert_eq!(sums[0], amount(&stage.shop_order(odd), "amountToPay"));
    assert_ne!(sums[0], sums[1]);
    assert_eq!(stage.documents(odd), []);
    stage.document("orders", even);
    stage.rests_with_something_held();
}

#[test]
fn orders_come_to_the_same_whatever_prices_include() {
    for prices in ["checked_includes", "checked_excludes"] {
        all_come_to_the_same("orders", &[], &[("prices_excl_vat", prices)]);
    }
}

#[test]
fn orders_come_to_the_same_however_vat_is_rounded() {
    for rounding in ["per_rate", "per_row"] {
        all_come_to_the_same("orders", &[], &[("vat_rounding", rounding)]);
    }
}

#[test]
fn orders_come_to_the_same_the_other_way_in_both() {
    all_come_to_the_same("orders", &[], &[("prices_excl_vat", "checked_excludes"), ("vat_rounding", "per_row")]);
}

#[test]
fn invoices_come_to_the_same_whatever_prices_include() {
    for prices in ["checked_includes", "checked_excludes"] {
        all_come_to_the_same("customerinvoices", INVOICES, &[("prices_excl_vat", prices)]);
    }
}

#[test]
fn invoices_come_to_the_same_however_vat_is_rounded() {
    for rounding in ["per_rate", "per_row"] {
        all_come_to_the_same("customerinvoices", INVOICES, &[("vat_rounding", rounding)]);
    }
}
