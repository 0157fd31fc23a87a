//! Who buys.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    orders::{arriving, numbers, told},
    records::{Files, by_text, id, rows, text},
};

pub(crate) fn check(files: &Files) {
    guests(files);
    known(files);
    foreign(files);
    made_up(files);
}

fn is_guest(order: &Value) -> bool {
    order["customerId"].is_null()
}
fn invoice_address(order: &Value) -> &Value {
    &order["addresses"]["originalInvoice"]
}

fn guests(files: &Files) {
    let orders: Vec<&Value> = arriving(files).into_iter().filter(|order| is_guest(order)).collect();
    assert_eq!((orders.len(), numbers(&orders)), (14, told(files, "arriving", "guest")));
    let mut people: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for order in &orders {
        people.entry(text(order, "originalCustomerEmail").to_lowercase()).or_default().push(order);
    }
    assert_eq!(people.len(), 9);
    let twice: Vec<&Vec<&Value>> = people.values().filter(|orders| orders.len() == 2).collect();
    assert_eq!(twice.len(), 5);
    assert!(people.values().all(|orders| orders.len() <= 2));
    let differs = |what: fn(&Value) -> Value| {
        let later = twice.iter().filter(|orders| what(orders[0]) != what(orders[1])).map(|orders| orders[1]);
        later.collect::<Vec<_>>()
    };
    let street = |order: &Value| {
        let address = invoice_address(order);
        Value::from(format!("{} {}", text(address, "address"), text(address, "postalCode")))
    };
    assert_eq!(numbers(&differs(street)), told(files, "arriving", "guest_moved"));
    assert_eq!(
        numbers(&differs(|order| order["originalCustomerEmail"].clone())),
        told(files, "arriving", "guest_capitals")
    );
    assert_eq!(told(files, "arriving", "guest_moved").len(), 1);
    assert_eq!(told(files, "arriving", "guest_capitals").len(), 1);
    let name = |order: &Value| {
        Value::from(format!(
            "{} {}",
            text(invoice_address(order), "firstName"),
            text(invoice_address(order), "lastName")
        ))
    };
    assert!(differs(name).is_empty(), "it is the same person");

    // nobody else has a guest's address
    let taken = files.list("starweb/customers").iter().map(|one| text(one, "email"));
    let taken = taken.chain(files.list("eekonomi/customers").iter().map(|one| text(one, "EmailAddress")));
    let taken: BTreeSet<String> = taken.map(str::to_lowercase).collect();
    assert!(people.keys().all(|email| !taken.contains(email)));
}

/// The ten digits of a Swedish number, however it is written.
fn digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.len() == 12 { digits[2..].to_owned() } else { digits }
}

fn known(files: &Files) {
    let erp = files.list("eekonomi/customers");
    by_text(erp, "Id");
    by_text(erp, "CustomerNumber");
    let same = |customer: &Value| -> Vec<&Value> {
        let by_number = |other: &Value| {
            let (one, other) = (digits(text(customer, "nationalIdNo")), digits(text(other, "CorporateIdentityNumber")));
            !one.is_empty() && one == other
        };
        let by_mail = |other: &Value| text(other, "EmailAddress").eq_ignore_ascii_case(text(customer, "email"));
        erp.iter().filter(|other| by_number(other) || by_mail(other)).collect()
    };
    let mut both = BTreeMap::new();
    for customer in files.list("starweb/customers") {
        match same(customer).as_slice() {
            [] => {}
            [one] => {
                assert_ne!(id(customer, "customerId").to_string(), text(one, "CustomerNumber"));
                assert_eq!(one["IsActive"], Value::Bool(true));
                both.insert(id(customer, "customerId"), *one);
            }
            _ => panic!("{customer} is ambiguous"),
        }
    }
    assert_eq!(both.len(), 6);
    let buys = |order: &Value| order["customerId"].as_u64().filter(|buyer| both.contains_key(buyer));
    let orders: Vec<&Value> = arriving(files).into_iter().filter(|order| buys(order).is_some()).collect();
    let buyers: BTreeSet<u64> = orders.iter().filter_map(|order| buys(order)).collect();
    assert_eq!((orders.len(), buyers.len()), (6, 6));
    assert_eq!(numbers(&orders), told(files, "arriving", "known_in_erp"));
    // the address is the same, but for the form of its postal code
    for order in orders {
        let (there, here) = (both[&buys(order).unwrap()], invoice_address(order));
        assert_eq!(there["InvoiceAddress1"], here["address"]);
        assert_eq!(there["InvoiceCity"], here["city"]);
        assert_eq!(digits(text(there, "InvoicePostalCode")), digits(text(here, "postalCode")));
    }
    // each is written in another way there, but for one
    let shop = files.list("starweb/customers");
    let as_written = |buyer: &u64| {
        let here = shop.iter().find(|one| id(one, "customerId") == *buyer).unwrap();
        let there = both[buyer];
        let pairs = [
            (text(here, "nationalIdNo"), text(there, "CorporateIdentityNumber")),
            (text(here, "email"), text(there, "EmailAddress")),
            (text(&here["addresses"]["invoice"], "postalCode"), text(there, "InvoicePostalCode")),
        ];
        pairs.iter().all(|(one, other)| one == other)
    };
    assert_eq!(buyers.iter().filter(|buyer| as_written(buyer)).count(), 1);
    // numbers of one side mean somebody else on the other
    let numbers: BTreeSet<String> =
        files.list("starweb/customers").iter().map(|one| id(one, "customerId").to_string()).collect();
    assert!(erp.iter().filter(|one| numbers.contains(text(one, "CustomerNumber"))).count() > 5);
}

fn foreign(files: &Files) {
    let arriving = arriving(files);
    let in_currency = |code: &str, key: &str, wanted: &dyn Fn(&Value) -> bool| {
        let found: Vec<&Value> =
            arriving.iter().filter(|order| text(order, "currencyCode") == code && wanted(order)).copied().collect();
        assert_eq!(numbers(&found), told(files, "arriving", key), "{key}");
        found
    };
    let country = |order: &Value| text(invoice_address(order), "countryCode").to_owned();
    let is_company = |order: &Value| !text(invoice_address(order), "companyName").is_empty();
    let has_vat = |order: &Value| rows(order, "items").iter().any(|row| row["vatRate"] != 0);
    let is_eu = |order: &Value| ["FI", "DK"].contains(&country(order).as_str());

    let companies = in_currency("EUR", "eu_company", &|order| is_company(order));
    assert_eq!(companies.len(), 2);
    for order in companies {
        assert!(is_eu(order) && !has_vat(order) && text(order, "originalCustomerVatNo").starts_with(&country(order)));
    }
    let norwegians = in_currency("NOK", "norway", &|_| true);
    assert_eq!(norwegians.len(), 2);
    assert!(norwegians.iter().all(|order| country(order) == "NO" && !is_company(order) && !has_vat(order)));
    let private = in_currency("EUR", "private_in_eur", &|order| !is_company(order));
    let [private] = private.as_slice() else { panic!("one private buyer in EUR") };
    assert!(is_eu(private) && has_vat(private));
    let too = in_currency("SEK", "same_buyer_in_sek", &|order| order["customerId"] == private["customerId"]);
    assert_eq!(too.len(), 1);
    assert_eq!(arriving.iter().filter(|order| text(order, "currencyCode") != "SEK").count(), 5);
    assert_eq!(arriving.iter().filter(|order| country(order) != "SE").count(), 6, "the sixth is that buyer in SEK");
}

/// The rule of ten over all ten digits.
fn is_right(number: &str) -> bool {
    let weighted = |(at, digit): (usize, char)| {
        let twice = digit.to_digit(10).unwrap() * if at % 2 == 0 { 2 } else { 1 };
        twice / 10 + twice % 10
    };
    number.len() == 10 && number.chars().enumerate().map(weighted).sum::<u32>() % 10 == 0
}

/// Nobody real: reserved domains, numbers in ranges that are not given out.
fn made_up(files: &Files) {
    let shop = files.list("starweb/customers");
    let erp = files.list("eekonomi/customers");
    let mails = shop.iter().map(|one| text(one, "email"));
    let mails = mails.chain(erp.iter().map(|one| text(one, "EmailAddress")));
    let mails = mails.chain(files.list("starweb/orders").iter().map(|one| text(one, "originalCustomerEmail")));
    for mail in mails {
        let (_, domain) = mail.split_once('@').unwrap_or_else(|| panic!("{mail:?}"));
        let domain = domain.to_lowercase();
        let reserved = ["example.com", "example.org", "example.se", "example.no"];
        assert!(reserved.iter().any(|one| domain == *one || domain.ends_with(&format!(".{one}"))), "{mail}");
        assert!(mail.is_ascii());
    }
    let companies: Vec<&Value> = erp.iter().filter(|one| one["IsPrivatePerson"] == Value::Bool(false)).collect();
    assert!(companies.len() >= 3);
    for company in companies {
        let number = digits(text(company, "CorporateIdentityNumber"));
        assert!(is_right(&number) && number.starts_with("5598"), "{company}");
    }
    for person in shop.iter().filter(|one| text(one, "type") == "person") {
        assert_eq!(text(person, "nationalIdNo"), "", "no numbers of persons");
    }
    for mobile in shop.iter().map(|one| text(&one["addresses"]["invoice"], "mobilePhoneNo")) {
        assert!(mobile.is_empty() || ("+46701740605"..="+46701740699").contains(&mobile), "{mobile}");
    }
    assert!(is_right(&digits(text(&files.list("eekonomi/companies")[0], "CorporateIdentityNumber"))));
}
