//! What a customer says.

use serde_json::json;
use sync_core::{ErrorKind, connector::Connector};

use crate::support::{assert_shows, changed, fixture, item, of, offline};

#[tokio::test]
async fn a_company_is_an_organisation_with_the_person_of_its_address_as_contact() {
    let records = offline().await.decode(&item("customers", "301", &fixture("customer_company"))).unwrap();
    assert_eq!(records.len(), 2);
    let customer = of(&records, "customers").unwrap();
    assert_shows(
        customer,
        &[
            ("name", "'Fjell Handel AS'"),
            ("party", "'company'"),
            ("is_customer", "true"),
            ("registration_number", "'998877665'"),
            ("vat_number", "'NO998877665MVA'"),
            ("email", "'inkop@fjell.example'"),
            ("phone", "'+4722000000'"),
            ("mobile", "'+4790000000'"),
            ("language", "'nb'"),
            ("price_list", "'12'"),
            ("currency", "'EUR'"), // that of its price list
            ("billing.name", "'Fjell Handel AS'"),
            ("billing.attention", "'Kari Nilsen'"),
            ("billing.postal_code", "'0155'"),
            ("delivery.city", "-"),
            ("number", "-"),
            ("x.starweb.customer_id", "301"),
            ("x.starweb.custom_info_1", "'Grossist'"),
            ("x.starweb.custom_info_2", "(empty)"),
            ("x.starweb.approved", "true"),
        ],
    );
    assert_shows(
        of(&records, "customer_contact").unwrap(),
        &[
            ("organisation", "→starweb:se/customers#301"),
            ("name", "'Kari Nilsen'"),
            ("first_name", "'Kari'"),
            ("last_name", "'Nilsen'"),
            ("email", "'inkop@fjell.example'"),
            ("is_primary", "true"),
        ],
    );
    assert_eq!(records[0].version.modified_at, Some("2024-02-28T07:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn a_private_buyer_has_no_contact_and_is_named_by_the_address_that_there_is() {
    let records = offline().await.decode(&item("customers", "302", &fixture("customer_person"))).unwrap();
    assert_eq!(records.len(), 1);
    assert_shows(
        &records[0].fields,
        &[
            ("name", "'Eva Ek'"),
            ("party", "'private'"),
            ("registration_number", "(empty)"),
            ("vat_number", "(empty)"),
            ("price_list", "(empty)"),
            ("currency", "-"), // no list, and no country
            ("language", "-"),
            ("billing.city", "-"),
            ("delivery.city", "'Lund'"),
            ("x.starweb.approved", "(empty)"),
        ],
    );
}

#[tokio::test]
async fn a_customer_buys_in_the_currency_of_his_price_list_else_in_that_of_his_country() {
    let router = offline().await;
    for (pricelist, country, currency) in [
        (json!(12), "SE", "'EUR'"),
        (json!(null), "NO", "'EUR'"),
        (json!(null), "SE", "'SEK'"),
        (json!(77), "SE", "'SEK'"),
        (json!(null), "JP", "-"),
    ] {
        let address = json!({ "data": { "invoice": { "lastName": "Ek", "countryCode": country } } });
        let raw = changed("customer_company", json!({ "addresses": address, "pricelistId": pricelist }));
        let records = router.decode(&item("customers", "301", &raw)).unwrap();
        assert_shows(&records[0].fields, &[("currency", currency)]);
    }
}

#[tokio::test]
async fn a_customer_without_addresses_has_no_known_name() {
    let router = offline().await;
    for addresses in [json!("@out"), json!(null), json!({ "data": null }), json!({ "data": { "invoice": null } })] {
        let raw = changed("customer_company", json!({ "addresses": addresses }));
        let records = router.decode(&item("customers", "301", &raw)).unwrap();
        assert_eq!(records.len(), 1, "{addresses}");
        assert_shows(&records[0].fields, &[("name", "-"), ("billing.city", "-"), ("email", "'inkop@fjell.example'")]);
    }
}

#[tokio::test]
async fn an_unknown_type_is_refused_by_name_and_faults_show_no_content() {
    let router = offline().await;
    let raw = changed("customer_company", json!({ "type": "robot" }));
    let error = router.decode(&item("customers", "301", &raw)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("'robot'") && error.message().contains("company, person"), "{error}");
    let raw = changed("customer_company", json!({ "email": { "secret": "inkop@fjell.example" } }));
    let error = router.decode(&item("customers", "301", &raw)).unwrap_err();
    assert!(error.message().contains("expected text in email"), "{error}");
    assert!(!format!("{error:?}").contains("fjell"), "{error:?}");
}
