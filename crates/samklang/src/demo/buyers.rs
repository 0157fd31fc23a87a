//! Edits of `starweb-eekonomi/buyers`.

use serde_json::{Value, json};

use super::{
    edit::{Edit, nothing_for},
    sample::About,
    stage::Stage,
    states::{States, text},
};
use crate::fail::Failure;

/// A new e-mail address and a new customer in the shop, and another name in the ERP, where the name is its own.
pub(super) fn edits(stage: &Stage, _: &About) -> Result<Vec<Edit>, Failure> {
    let states = stage.states();
    let mut both = states.shop("customers").iter().filter_map(|customer| {
        let email = text(customer, "email");
        let mut there = states.erp("customers").iter().filter(|one| text(one, "EmailAddress") == email);
        let found = there.next()?;
        there.next().is_none().then_some((customer, found))
    });
    let (first, second) = (both.next(), both.next());
    let ((customer, _), (_, known)) = first.zip(second).ok_or_else(|| nothing_for("edit on both sides"))?;
    Ok(vec![new_email(stage, customer)?, new_customer(stage)?, another_name(stage, known)?])
}

fn new_email(stage: &Stage, customer: &Value) -> Result<Edit, Failure> {
    let (old, new) = (text(customer, "email").to_owned(), "ny.adress@example.se");
    let id = customer.get("customerId");
    stage.in_shop(json!({"action": "edit_customer", "customerId": id, "set": {"email": new}}))?;
    let what = format!("in the shop: {old} has the new e-mail address {new}");
    Ok(Edit::new(what, "the ERP has the new one in place of the old one", move |states: &States| {
        has_email(states, new) && !has_email(states, &old)
    }))
}

fn new_customer(stage: &Stage) -> Result<Edit, Failure> {
    let email = "ny.kund@example.se";
    let address = json!({
        "firstName": "Nya", "lastName": "Kundén", "address": "Ågatan 2", "postalCode": "58222", "city": "Linköping",
        "countryCode": "SE",
    });
    let customer =
        json!({"action": "create_customer", "type": "person", "email": email, "addresses": {"invoice": address}});
    stage.in_shop(customer)?;
    Ok(Edit::new("in the shop: the customer Nya Kundén is new", "the ERP has her too", move |states: &States| {
        let made = states.erp("customers").iter().find(|one| text(one, "EmailAddress") == email);
        made.is_some_and(|one| text(one, "Name") == "Nya Kundén" && text(one, "InvoiceCity") == "Linköping")
    }))
}

fn another_name(stage: &Stage, known: &Value) -> Result<Edit, Failure> {
    let number = text(known, "CustomerNumber").to_owned();
    let name = format!("{} (stamkund)", text(known, "Name"));
    stage.in_erp(json!({"action": "edit_customer", "number": number, "set": {"Name": name}}))?;
    let what = format!("in the ERP: customer {number} is now called {name}");
    Ok(Edit::new(what, "the ERP keeps it: a name is copied once, then it is the ERP's own", move |states: &States| {
        let named = |one: &&Value| text(one, "CustomerNumber") == number;
        let kept = states.erp("customers").iter().find(named).is_some_and(|one| text(one, "Name") == name);
        let elsewhere = states.shop("customers").iter().flat_map(|one| names(one));
        kept && !elsewhere.into_iter().any(|last| last.contains("(stamkund)"))
    }))
}

/// Last names and company names in all addresses of a shop's customer.
fn names(customer: &Value) -> Vec<&str> {
    let addresses = customer.get("addresses");
    let addresses = addresses.and_then(|addresses| addresses.get("data")).or(addresses).and_then(Value::as_object);
    let all = addresses.into_iter().flat_map(|addresses| addresses.values());
    all.map(|address| address.get("data").unwrap_or(address))
        .flat_map(|address| [text(address, "lastName"), text(address, "companyName")])
        .collect()
}

fn has_email(states: &States, email: &str) -> bool {
    states.erp("customers").iter().any(|one| text(one, "EmailAddress") == email)
}
