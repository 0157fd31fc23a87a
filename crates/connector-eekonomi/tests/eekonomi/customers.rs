//! Customers and their contact persons, over HTTP.

use crate::support::{Erp, create, of, part, path, write};
use serde_json::json;
use sync_core::{
    Canonical, ErrorKind, Field,
    capability::RemoveMode,
    connector::{Action, Connector, ListFrom},
    model::{Address, Organisation, Party, Person},
};

fn nordic() -> Organisation {
    Organisation::new()
        .name("Nordic Widgets AB")
        .party(Party::Company)
        .registration_number("556036-0793")
        .email("faktura@nordic.example")
        .billing(Address::new().street("Storgatan 1").postal_code("252 20").city("Helsingborg").country("SE"))
}

#[tokio::test]
async fn a_customer_goes_out_and_comes_back() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let anna = Person::new().name("Anna Berg").email("anna@nordic.example");
    let parts = vec![part("customers", nordic().to_fields()), part("customer_contact", anna.to_fields())];
    let written = erp.write(&connection, create("customers", parts)).await.unwrap();

    let shown = connection.router.decode(&written.item.unwrap()).unwrap();
    let organisation = Organisation::from_fields(&of(&shown, "customers")[0].fields).unwrap();
    assert_eq!(organisation.name, "Nordic Widgets AB".into());
    assert_eq!(organisation.number, "1001".into(), "given by eEkonomi");
    assert_eq!(organisation.is_customer, Field::Set(true));
    assert_eq!(organisation.payment_terms, erp.code("termsofpayments", "30 dagar").as_str().into(), "the company's");
    assert_eq!(organisation.billing.city, "Helsingborg".into());
    assert_eq!(organisation.delivery.city, Field::Empty);
    let contact = Person::from_fields(&of(&shown, "customer_contact")[0].fields).unwrap();
    assert_eq!(contact.email, "anna@nordic.example".into());
    assert_eq!(contact.organisation.value().unwrap().external().unwrap().id, written.reference.id);
    assert_eq!(contact.is_primary, Field::Set(true));

    let listed = erp.records(&connection, "customers").await;
    assert_eq!(listed.len(), 2);
    assert_eq!(of(&listed, "customers")[0].fields, of(&shown, "customers")[0].fields);
}

#[tokio::test]
async fn a_change_keeps_what_we_do_not_know() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let created =
        erp.write(&connection, create("customers", vec![part("customers", nordic().to_fields())])).await.unwrap();
    let set = json!({ "TaxDeductionNumber": "77", "EmailAddresses": ["cc@nordic.example"], "DiscountPercentage": 0.125,
        "ForceBookkeepVat": false, "ReverseChargeOnConstructionServices": false });
    erp.act("edit_customer", json!({ "number": "1001", "set": set }));
    let id = created.reference.id;

    let change = Organisation::new().phone("042-10 00 00").note("Rings först");
    let written = erp.update(&connection, "customers", &id, vec![part("customers", change.to_fields())]).await.unwrap();
    assert!(written.item.is_some());
    let stored = &erp.stored("customers")[0];
    for (name, value) in [
        ("TaxDeductionNumber", json!("77")),
        ("EmailAddresses", json!(["cc@nordic.example"])),
        ("Telephone", json!("042-10 00 00")),
        ("Name", json!("Nordic Widgets AB")),
        ("InvoiceCity", json!("Helsingborg")),
    ] {
        assert_eq!(stored[name], value, "{name}");
    }
    assert_eq!(stored["DiscountPercentage"].to_string(), "0.125");

    // the same again is no call
    erp.emulator.clear_requests();
    erp.update(&connection, "customers", &id, vec![part("customers", change.to_fields())]).await.unwrap();
    assert_eq!(erp.calls(), [format!("GET /v2/customers/{id}")]);
}

#[tokio::test]
async fn other_terms_are_not_contradicted_by_the_old_ones() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let created =
        erp.write(&connection, create("customers", vec![part("customers", nordic().to_fields())])).await.unwrap();
    let ten = erp.code("termsofpayments", "10 dagar");
    erp.emulator.clear_requests();
    let change = part("customers", Organisation::new().payment_terms(ten.as_str()).to_fields());
    erp.update(&connection, "customers", &created.reference.id, vec![change]).await.unwrap();
    let sent = erp.emulator.requests().into_iter().find(|sent| sent.method == "PUT").unwrap().json();
    assert_eq!(sent["TermsOfPaymentId"], ten.as_str());
    assert!(sent.get("TermsOfPayment").is_none() && sent.get("ChangedUtc").is_none(), "{sent}");
}

#[tokio::test]
async fn a_guest_without_city_gets_the_filler_and_shows_none() {
    let erp = Erp::start().await;
    let mut config = erp.config();
    config.fillers.city = Some("-".to_owned());
    config.fillers.postal_code = Some("00000".to_owned());
    config.fillers.party = Some(connector_eekonomi::Filled::Private);
    let connection = erp.try_connect(config, None).await.unwrap();
    let can = &connection.router.capabilities().streams["customers"];
    assert!(!can.fields[&path("billing.city")].required_on_create && !can.fields[&path("party")].required_on_create);

    let guest = Organisation::new().name("Karin Gäst").email("karin@guest.example");
    let written =
        erp.write(&connection, create("customers", vec![part("customers", guest.to_fields())])).await.unwrap();
    assert_eq!(erp.stored("customers")[0]["InvoiceCity"], "-");
    let shown = connection.router.decode(&written.item.unwrap()).unwrap();
    assert_eq!(shown.len(), 1, "no contact person is no record of one");
    let organisation = Organisation::from_fields(&shown[0].fields).unwrap();
    assert_eq!((organisation.billing.city, organisation.billing.postal_code), (Field::Empty, Field::Empty));
    assert_eq!(organisation.party, Party::Private.into());
}

#[tokio::test]
async fn without_fillers_the_source_must_say_it() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let can = &connection.router.capabilities().streams["customers"];
    for required in ["name", "party", "billing.city", "billing.postal_code"] {
        assert!(can.fields[&path(required)].required_on_create, "{required}");
    }
    assert!(!can.fields[&path("payment_terms")].required_on_create, "the company's settings name some");
    erp.emulator.clear_requests();
    let create_x = create("customers", vec![part("customers", Organisation::new().name("X").to_fields())]);
    let error = erp.write(&connection, create_x).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("'party'"), "{error}");
    assert!(erp.calls().is_empty());
}

#[tokio::test]
async fn changes_are_listed_by_stamp_over_pages() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    for name in ["A", "B", "C"] {
        let one = part("customers", nordic().name(name).to_fields());
        erp.write(&connection, create("customers", vec![one])).await.unwrap();
    }
    erp.advance(600);
    erp.act("edit_customer", json!({ "number": "1002", "set": { "Name": "Bo" } }));
    let since = ListFrom::ModifiedSince(erp.emulator.now() - chrono::TimeDelta::seconds(60));
    let changed = erp.records_from(&connection, "customers", since).await;
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].fields.text(Organisation::NAME), Some("Bo"));
    assert_eq!(changed[0].version.modified_at, Some(erp.emulator.now()));
    assert_eq!(erp.records(&connection, "customers").await.len(), 3, "two pages");
}

#[tokio::test]
async fn they_are_found_by_number_email_and_any_form_of_the_organisation_number() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let odd = nordic().name("O'Brien & Co").email("o'brien+x@nordic.example");
    erp.write(&connection, create("customers", vec![part("customers", odd.to_fields())])).await.unwrap();
    for (by, value, found) in [
        (Organisation::NUMBER, "1001", 1),
        (Organisation::EMAIL, "o'brien+x@nordic.example", 1),
        (Organisation::REGISTRATION_NUMBER, "5560360793", 1),
        (Organisation::REGISTRATION_NUMBER, "16556036-0793", 1),
        (Organisation::REGISTRATION_NUMBER, "556036-0794", 0),
    ] {
        let by = sync_core::FieldMap::new().with(by, value);
        assert_eq!(connection.router.find(&erp.cx, &"customers".into(), &by).await.unwrap().len(), found, "{by:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_says_what_to_do() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let created =
        erp.write(&connection, create("customers", vec![part("customers", nordic().to_fields())])).await.unwrap();
    let id = created.reference.id;
    let remove = || write("customers", Action::Remove { id: id.clone(), mode: RemoveMode::Delete });
    erp.emulator
        .seed(json!({ "customerledgeritems": [{ "CustomerId": &*id, "InvoiceNumber": 7, "CurrencyCode": "SEK",
        "IsCreditInvoice": false, "TotalAmountInvoiceCurrency": 1, "RemainingAmountInvoiceCurrency": 1 }] }))
        .unwrap();
    let error = erp.write(&connection, remove()).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Invalid, Some("4001")));
    assert!(error.message().contains("inactive"), "{error}");
}

#[tokio::test]
async fn one_that_is_gone_is_absent_and_not_an_error() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let created =
        erp.write(&connection, create("customers", vec![part("customers", nordic().to_fields())])).await.unwrap();
    let id = created.reference.id;
    let current = erp.item(&connection, "customers", &id).await;
    let remove = write("customers", Action::Remove { id: id.clone(), mode: RemoveMode::Delete });
    erp.write(&connection, remove).await.unwrap();
    for status in ["404", "404_empty", "400"] {
        erp.switch("missing", status);
        assert!(erp.item(&connection, "customers", &id).await.is_none(), "{status}");
        let remove = write("customers", Action::Remove { id: id.clone(), mode: RemoveMode::Delete });
        assert_eq!(erp.write(&connection, remove).await.unwrap_err().kind(), ErrorKind::NotFound, "{status}");
    }
    erp.switch("missing", "404");
    let parts = vec![part("customers", Organisation::new().name("New").to_fields())];
    let mut update = write("customers", Action::Update { id, parts, if_version: None });
    update.current = current;
    assert_eq!(erp.write(&connection, update).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_taken_number_a_wrong_vat_number_and_unknown_terms_are_refusals_of_the_record() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let one = |organisation: Organisation| create("customers", vec![part("customers", organisation.to_fields())]);
    erp.write(&connection, one(nordic().number("A1"))).await.unwrap();
    let error = erp.write(&connection, one(nordic().number("A1"))).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::AlreadyExists, Some("4000")));
    let error = erp.write(&connection, one(nordic().vat_number("SE1"))).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Invalid, Some("4025")));
    for status in ["400", "404"] {
        erp.switch("bad_reference", status);
        let terms = nordic().payment_terms("11111111-2222-4333-8444-555555555555");
        let error = erp.write(&connection, one(terms)).await.unwrap_err();
        assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Invalid, Some("3000")), "{status}");
    }
}

#[tokio::test]
async fn own_fields_are_read_and_written_where_the_configuration_names_them() {
    let erp = Erp::start().await;
    let mut config = erp.config();
    let names = ["ElectronicReference", "ForceBookkeepVat", "IsFutureInvoiceDateAllowed"].map(str::to_owned);
    config.own_fields.insert("customers".to_owned(), names.into());
    let connection = erp.try_connect(config, None).await.unwrap();
    let can = &connection.router.capabilities().streams["customers"].fields;
    assert!(can[&path("x.eekonomi.ElectronicReference")].write_on_update);
    assert!(!can[&path("x.eekonomi.IsFutureInvoiceDateAllowed")].write_on_update);
    let wanted = nordic().to_fields().with("x.eekonomi.ElectronicReference", "REF-1");
    let written = erp.write(&connection, create("customers", vec![part("customers", wanted)])).await.unwrap();
    let shown = connection.router.decode(&written.item.unwrap()).unwrap();
    assert_eq!(shown[0].fields.text(path("x.eekonomi.ElectronicReference")), Some("REF-1"));
    assert_eq!(shown[0].fields.get(path("x.eekonomi.ForceBookkeepVat")), Some(&false.into()));
}

#[tokio::test]
async fn as_many_are_written_side_by_side_as_is_claimed() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    assert_eq!(connection.router.capabilities().streams["customers"].write_concurrency, 4);
    let one = |name: &str| create("customers", vec![part("customers", nordic().name(name).to_fields())]);
    let (a, b, c, d) = tokio::join!(
        erp.write(&connection, one("A")),
        erp.write(&connection, one("B")),
        erp.write(&connection, one("C")),
        erp.write(&connection, one("D")),
    );
    let mut ids: Vec<_> = [a, b, c, d].map(|written| written.unwrap().reference.id).into();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), erp.stored("customers").len()), (4, 4));
}
