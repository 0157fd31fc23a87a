//! What an organisation says, and how organisations are listed and found.

use serde_json::json;
use sync_core::{ErrorKind, FieldMap, connector::ListFrom, model::Organisation};

use crate::support::{Crm, assert_shows, changed, decoded, fixture_json, noon, offline, offline_with};

#[tokio::test]
async fn an_organisation_with_its_own_fields() {
    let records = decoded(&offline().await, "organisations", &fixture_json("organisation")).unwrap();
    assert_eq!(records.len(), 1);
    assert_shows(
        &records[0].fields,
        &[
            ("name", "'Fjord Handel A/S'"),
            ("vat_number", "'DK10203040'"),
            ("vat_group", "'Indland'"),
            ("phone", "'+45 86 00 00 00'"),
            ("website", "'www.fjord.example'"),
            ("category", "'Kunde'"),
            ("note", "'Ring først'"),
            ("billing.street", "'Havnegade 4'"),
            ("billing.street_2", "'2. sal'"),
            ("billing.postal_code", "'8000'"),
            ("billing.city", "'Aarhus C'"),
            ("billing.region", "(empty)"),
            ("billing.country", "'DK'"),
            ("delivery.city", "-"),
            ("number", "-"),
            ("x.webcrm.id", "145"),
            ("x.webcrm.extra_custom_1", "(empty)"),
            ("x.webcrm.extra_custom_2", "'K-1001'"),
            ("x.webcrm.custom_1", "'07: 7 dage'"),
            ("x.webcrm.custom_2", "'Yes'"),
            ("x.webcrm.custom_3", "-"),
            ("x.webcrm.plus_1", "(empty)"),
            ("x.webcrm.x_int_1", "0"),
            ("x.webcrm.status", "(empty)"),          // the list's placeholder
            ("x.webcrm.vat_verified_at", "(empty)"), // the year 1
            ("x.webcrm.updated_at", "2024-06-11T08:15:00Z"),
        ],
    );
    assert_eq!(records[0].version.modified_at, Some("2024-06-11T08:15:00Z".parse().unwrap()));
    assert_eq!(records[0].created_at, Some("2024-01-10T08:00:00Z".parse().unwrap()));
    assert!(!records[0].fields.paths().any(|path| path.as_str().contains("history")));
}

#[tokio::test]
async fn a_country_is_a_name_in_any_language_or_an_object() {
    let router = offline_with(|mut config| {
        config.countries = [("NO".to_owned(), "Norge (uden for EU)".to_owned())].into();
        config
    })
    .await;
    for (written, read) in [
        (json!("Sverige"), "'SE'"),
        (json!("United Kingdom"), "'GB'"),
        (json!("norge (uden for EU)"), "'NO'"),
        (json!("Atlantis"), "'Atlantis'"),
        (json!(""), "(empty)"),
        (json!(null), "(empty)"),
        (json!("@out"), "-"),
        (json!({ "Name": "Danmark", "CodeISO": "DK", "CodeUN": 208 }), "'DK'"),
        (json!({ "Name": "Danmark", "CodeISO": "DNK" }), "'DK'"),
        (json!({}), "-"),
    ] {
        let raw = changed("organisation", json!({ "OrganisationCountry": written }));
        let records = decoded(&router, "organisations", &raw).unwrap();
        assert_shows(&records[0].fields, &[("billing.country", read)]);
    }
}

#[tokio::test]
async fn what_newer_systems_say_of_a_delivery_address_is_read() {
    let more = json!({ "OrganisationDeliveryAddress": "Lager 2\nPort 7", "OrganisationDeliveryCity": "Vejle",
        "OrganisationDeliveryPostCode": "" });
    let records = decoded(&offline().await, "organisations", &changed("organisation", more)).unwrap();
    let expected = [
        ("delivery.street", "'Lager 2'"),
        ("delivery.street_2", "'Port 7'"),
        ("delivery.city", "'Vejle'"),
        ("delivery.postal_code", "(empty)"),
    ];
    assert_shows(&records[0].fields, &expected);
}

#[tokio::test]
async fn what_cannot_be_understood_is_named_without_its_value() {
    let router = offline().await;
    for (key, value) in [
        ("OrganisationName", json!(["Fjord"])),
        ("OrganisationXInt1", json!("many")),
        ("OrganisationNoAds", json!("perhaps")),
        ("OrganisationVatVerifiedAt", json!("yesterday")),
    ] {
        let raw = changed("organisation", json!({ key: value }));
        let error = decoded(&router, "organisations", &raw).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(key), "{error}");
        assert!(!error.to_string().contains("yesterday") && !error.to_string().contains("many"), "{error}");
    }
}

#[tokio::test]
async fn a_listing_ends_with_an_empty_page_and_not_with_a_short_one() {
    let mut crm = Crm::open().await;
    for (page, rows) in
        [(1, r#"[{"OrganisationId":1},{"OrganisationId":2}]"#), (2, r#"[{"OrganisationId":7}]"#), (3, "[]")]
    {
        crm.answers("GET", &format!(r"/Organisations\?Page={page}&Size=2"), 200, rows).await;
    }
    assert_eq!(crm.list("organisations", ListFrom::Beginning).await, ["1", "2", "7"]);
    assert_eq!(crm.lines().len(), 3);
}

#[tokio::test]
async fn changes_are_asked_for_with_slack_on_both_sides_and_what_is_older_is_left_out() {
    let mut crm = Crm::open().await;
    let rows = json!([
        { "OrganisationId": 1, "OrganisationUpdatedAt": "2024-06-12T09:59:59+01:00" },
        { "OrganisationId": 2, "OrganisationUpdatedAt": "2024-06-12T10:00:00+01:00" },
        { "OrganisationId": 3, "OrganisationUpdatedAt": "then" }
    ]);
    crm.lists("/Organisations/FindByUpdateDates/.*", &rows.to_string()).await;
    let since = ListFrom::ModifiedSince("2024-06-12T09:00:00Z".parse().unwrap());
    assert_eq!(crm.list("organisations", since).await, ["2", "3"]);
    let lines = crm.lines();
    let window = "/Organisations/FindByUpdateDates/2024-06-12T06:00:00/2024-06-12T14:00:00?Page=1&Size=2";
    assert_eq!(lines[0].replace("%3A", ":"), format!("GET {window}"));
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn what_was_made_since_is_asked_for_by_its_own_address() {
    let mut crm = Crm::open().await;
    let rows = json!([
        { "OrganisationId": 1, "OrganisationCreatedAt": "2024-06-12T09:00:00+01:00" },
        { "OrganisationId": 2, "OrganisationCreatedAt": "2024-06-12T12:00:00+01:00" }
    ]);
    crm.lists("/Organisations/FindByCreateDates/.*", &rows.to_string()).await;
    assert_eq!(crm.list("organisations", ListFrom::CreatedSince(noon())).await, ["2"]);
}

#[tokio::test]
async fn a_search_is_escaped_and_finds_exactly_that() {
    let mut crm = Crm::open().await;
    let row = |id: u8, name: &str| json!({ "OrganisationId": id, "OrganisationName": name });
    let rows = json!([row(1, "Bent's & Søn"), row(2, "BENT'S & SØN")]);
    crm.lists("/Queries", &rows.to_string()).await;
    let found = crm.find("organisations", FieldMap::new().with(Organisation::NAME, "Bent's & Søn")).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|item| &*item.reference.id).collect();
    assert_eq!(ids, ["1"]);
    let line = &crm.lines()[0];
    let url: url::Url = format!("http://x{}", line.trim_start_matches("GET ")).parse().unwrap();
    let pairs: Vec<(String, String)> =
        url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    assert_eq!(pairs[0].1, "SELECT * FROM Organisation WHERE OrganisationName = 'Bent''s & Søn'");
    assert_eq!(pairs[1], ("formatCustomFields".to_owned(), "true".to_owned()));
}

#[tokio::test]
async fn a_number_in_a_field_of_its_own_is_looked_for_there() {
    let mut crm = Crm::open().await;
    crm.lists("/Queries", &json!([fixture_json("organisation")]).to_string()).await;
    let by = FieldMap::new().with("x.webcrm.extra_custom_2", "K-1001");
    assert_eq!(crm.find("organisations", by).await.unwrap().len(), 1);
    assert!(crm.lines()[0].contains("OrganisationExtraCustom2"));
    let none = FieldMap::new().with("x.webcrm.extra_custom_2", "k-1001");
    assert!(crm.find("organisations", none).await.unwrap().is_empty(), "capitals count");
    let not_offered = FieldMap::new().with(Organisation::PHONE, "1");
    assert_eq!(crm.find("organisations", not_offered).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_record_that_is_not_there_is_none_however_that_is_told() {
    for (status, body) in [(404, ""), (204, ""), (200, "null")] {
        let mut crm = Crm::open().await;
        crm.answers("GET", "/Organisations/9", status, body).await;
        assert_eq!(crm.get("organisations", "9").await.unwrap(), None, "{status}");
    }
    let mut crm = Crm::open().await;
    crm.answers("GET", "/Organisations/9", 200, "").await;
    assert_eq!(crm.get("organisations", "9").await.unwrap_err().kind(), ErrorKind::Protocol);
}
