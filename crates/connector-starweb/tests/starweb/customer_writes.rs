//! What is sent to a customer, before a server that says only what the test wrote.

use std::sync::{Arc, Mutex};

use mockito::{Matcher, Server};
use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, FieldMap, FieldPath, Result, Value,
    capability::RemoveMode,
    connector::{Action, Connector, Part, Write, Written},
    model::{Address, Organisation},
};

use crate::support::{Bench, assert_shows, config, fixture, item, of, offline};

const TOKEN: &str = r#"{"access_token":"t-1","expires_in":3600}"#;

fn write(action: Action) -> Write {
    Write {
        stream: "customers".into(),
        action,
        idempotency_key: "key-1".into(),
        mark: None,
        effects: Default::default(),
        current: None,
    }
}
fn fields(of: &[(FieldPath, &str)]) -> FieldMap {
    of.iter().map(|(path, text)| (*path, Value::from(*text))).collect()
}
fn part(wanted: FieldMap, changed: &[FieldPath]) -> Part {
    Part { stream: "customers".into(), wanted, changed: changed.iter().copied().collect() }
}
fn update(wanted: &[(FieldPath, &str)], changed: &[FieldPath]) -> Write {
    write(Action::Update { id: "301".into(), parts: vec![part(fields(wanted), changed)], if_version: None })
}
fn billing(leaf: FieldPath) -> FieldPath {
    Organisation::BILLING.join(leaf.as_str())
}
fn delivery(leaf: FieldPath) -> FieldPath {
    Organisation::DELIVERY.join(leaf.as_str())
}

/// The calls that change something, in their order, with these answers.
async fn calls(write: Write, answers: &[(&str, &str, usize, &str)]) -> (Result<Written>, Vec<(String, Json)>) {
    let mut server = Server::new_async().await;
    server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
    let customer = format!(r#"{{"data":{}}}"#, fixture("customer_company"));
    server.mock("GET", Matcher::Regex("^/api/v2/customers/301".into())).with_body(customer).create_async().await;
    let met: Arc<Mutex<Vec<(String, Json)>>> = Arc::default();
    for (method, path, status, answer) in answers {
        let (met, answer) = (met.clone(), (*answer).to_owned());
        let line = format!("{method} {path}");
        server
            .mock(method, format!("/api/v2{path}").as_str())
            .with_status(*status)
            .with_body_from_request(move |request| {
                let body = serde_json::from_slice(request.body().unwrap()).unwrap_or_default();
                met.lock().unwrap().push((line.clone(), body));
                answer.clone().into_bytes()
            })
            .create_async()
            .await;
    }
    let bench = Bench::new();
    let router = bench.connect_kept("se", &config(&server.url())).await;
    let written = router.write(&bench.cx, &[write]).await.remove(0);
    let calls = std::mem::take(&mut *met.lock().unwrap());
    (written, calls)
}
async fn done(write: Write, answers: &[(&str, &str, usize)]) -> Vec<(String, Json)> {
    let answers: Vec<_> = answers.iter().map(|(method, path, status)| (*method, *path, *status, "{}")).collect();
    let (written, calls) = calls(write, &answers).await;
    written.unwrap();
    calls
}

#[tokio::test]
async fn a_new_company_is_made_with_its_addresses_in_one_call() {
    let wanted = fields(&[
        (Organisation::NAME, "Fjell Handel AS"),
        (Organisation::PARTY, "company"),
        (Organisation::EMAIL, "inkop@fjell.example"),
        (Organisation::REGISTRATION_NUMBER, "998877665"),
        (Organisation::VAT_NUMBER, ""),
        (Organisation::PHONE, "+4722000000"),
        (Organisation::PRICE_LIST, "12"),
        (billing(Address::STREET), "Storgata 1"),
        (billing(Address::POSTAL_CODE), "0155"),
        (billing(Address::CITY), "Oslo"),
        (billing(Address::COUNTRY), "no"),
        (billing(Address::ATTENTION), "Kari Nilsen"),
        (delivery(Address::NAME), "Fjell lager"),
        (delivery(Address::CITY), "Moss"),
        (delivery(Address::REGION), ""),
        (FieldPath::new("x.starweb.external_id"), "K-9"),
    ]);
    let changed: Vec<FieldPath> = wanted.paths().collect();
    let create = write(Action::Create { parts: vec![part(wanted, &changed)] });
    let (written, calls) = calls(create, &[("POST", "/customers", 201, r#"{"data":{"customerId":301}}"#)]).await;
    let written = written.unwrap();
    assert_eq!((&*written.reference.id, written.item.is_some()), ("301", true), "it is read back");
    let body = json!({ "type": "company", "email": "inkop@fjell.example", "nationalIdNo": "998877665", "pricelistId": 12,
        "externalId": "K-9", "addresses": {
            "invoice": { "companyName": "Fjell Handel AS", "attention": "Kari Nilsen", "address": "Storgata 1",
                "postalCode": "0155", "city": "Oslo", "countryCode": "NO", "phoneNo": "+4722000000" },
            "delivery": { "companyName": "Fjell lager", "city": "Moss" } } });
    assert_eq!(calls, [("POST /customers".to_owned(), body)]);
}

#[tokio::test]
async fn a_private_buyers_name_is_first_and_last_and_comes_back_as_it_was() {
    for (name, first, last) in [("Eva Ek", "Eva", "Ek"), ("Anna Karin Berg", "Anna Karin", "Berg"), ("Eva", "Eva", "")]
    {
        let wanted = [(Organisation::NAME, name), (Organisation::PARTY, "private")];
        let answers = [("PATCH", "/customers/301/addresses/invoice", 200)];
        let calls = done(update(&wanted, &[Organisation::NAME]), &answers).await;
        let body = json!({ "companyName": "", "firstName": first, "lastName": last });
        assert_eq!(calls, [("PATCH /customers/301/addresses/invoice".to_owned(), body.clone())]);
        let shown = json!({ "customerId": 301, "type": "person", "addresses": { "data": { "invoice": body } } });
        let records = offline().await.decode(&item("customers", "301", &shown.to_string())).unwrap();
        assert_shows(of(&records, "customers").unwrap(), &[("name", &format!("'{name}'"))]);
    }
}

#[tokio::test]
async fn a_change_goes_where_the_field_stands_and_nowhere_else() {
    let email = [(Organisation::EMAIL, "ny@fjell.example"), (Organisation::NAME, "Fjell Handel AS")];
    let calls = done(update(&email, &[Organisation::EMAIL]), &[("PATCH", "/customers/301", 200)]).await;
    assert_eq!(calls, [("PATCH /customers/301".to_owned(), json!({ "email": "ny@fjell.example" }))]);

    let emptied = [
        (Organisation::VAT_NUMBER, ""),
        (Organisation::PRICE_LIST, ""),
        (FieldPath::new("x.starweb.custom_info_1"), ""),
        (FieldPath::new("x.starweb.external_id"), ""),
    ];
    let changed: Vec<FieldPath> = emptied.iter().map(|(path, _)| *path).collect();
    let calls = done(update(&emptied, &changed), &[("PATCH", "/customers/301", 200)]).await;
    let body = json!({ "vatNo": "", "pricelistId": null, "customInfo1": "", "externalId": null });
    assert_eq!(calls[0].1, body);

    // an address that there is none of is made of all that is known of it
    let moved = [
        (Organisation::NAME, "Fjell Handel AS"),
        (Organisation::PARTY, "company"),
        (Organisation::MOBILE, "+4790000000"),
        (billing(Address::STREET), "Storgata 2"),
        (billing(Address::CITY), "Oslo"),
        (billing(Address::REGION), ""),
        (billing(Address::COUNTRY), ""),
        (delivery(Address::CITY), "Moss"),
    ];
    let changed = [billing(Address::STREET), billing(Address::REGION), billing(Address::COUNTRY)];
    let path = "/customers/301/addresses/invoice";
    let calls = done(update(&moved, &changed), &[("PATCH", path, 404), ("PUT", path, 200)]).await;
    assert_eq!(calls[0], (format!("PATCH {path}"), json!({ "address": "Storgata 2", "state": "" })));
    let whole = json!({ "companyName": "Fjell Handel AS", "address": "Storgata 2", "city": "Oslo",
        "mobilePhoneNo": "+4790000000" });
    assert_eq!(calls[1], (format!("PUT {path}"), whole));
}

#[tokio::test]
async fn who_becomes_a_company_has_his_name_moved() {
    let wanted = [(Organisation::NAME, "Fjell Handel AS"), (Organisation::PARTY, "company")];
    let path = "/customers/301/addresses/invoice";
    let answers = [("PATCH", "/customers/301", 200), ("PATCH", path, 200)];
    let calls = done(update(&wanted, &[Organisation::PARTY]), &answers).await;
    assert_eq!(calls[0].1, json!({ "type": "company" }));
    assert_eq!(calls[1], (format!("PATCH {path}"), json!({ "companyName": "Fjell Handel AS" })));
    // the kind that was read serves where none is settled
    let mut known = update(&[(Organisation::NAME, "Fjell AS")], &[Organisation::NAME]);
    known.current = Some(item("customers", "301", &fixture("customer_company")));
    assert_eq!(done(known, &[("PATCH", path, 200)]).await[0].1, json!({ "companyName": "Fjell AS" }));
}

#[tokio::test]
async fn what_the_shop_cannot_hold_is_refused_before_anything_is_sent() {
    let long = format!("Eva {}", "x".repeat(36));
    for (wanted, word) in [
        (vec![(Organisation::NAME, "Eva Ek")], "map party"),
        (vec![(Organisation::NAME, long.as_str()), (Organisation::PARTY, "private")], "35 characters each"),
        (vec![(Organisation::EMAIL, "")], "always has an e-mail"),
        (vec![(Organisation::PRICE_LIST, "99")], "map it to one of 11 (Sverige), 12 (Utland)"),
    ] {
        let changed: Vec<FieldPath> = wanted.iter().map(|(path, _)| *path).collect();
        let (written, calls) = calls(update(&wanted, &changed), &[]).await;
        let error = written.unwrap_err();
        assert_eq!((error.kind(), calls.len()), (ErrorKind::Invalid, 0), "{error}");
        assert!(error.message().contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_create_whose_answer_cannot_be_read_is_looked_for_and_a_removal_is_one_call() {
    let wanted = fields(&[(Organisation::EMAIL, "a@b.example"), (Organisation::PARTY, "private")]);
    for odd in ["", "{}", r#"{"data":{"email":"a@b.example"}}"#] {
        let create = write(Action::Create { parts: vec![part(wanted.clone(), &[])] });
        let (written, calls) = calls(create, &[("POST", "/customers", 201, odd)]).await;
        assert_eq!((written.unwrap_err().kind(), calls.len()), (ErrorKind::AmbiguousWrite, 1), "{odd}");
    }
    let remove = write(Action::Remove { id: "301".into(), mode: RemoveMode::Delete });
    assert_eq!(done(remove, &[("DELETE", "/customers/301", 204)]).await.len(), 1);
}
