//! What a person says, and how persons are listed and found.

use serde_json::json;
use sync_core::{ErrorKind, FieldMap, connector::ListFrom, model::Person};

use crate::support::{Crm, assert_shows, changed, decoded, fixture_json, noon, offline, query};

#[tokio::test]
async fn a_person_with_a_link_and_own_fields_and_no_password() {
    let records = decoded(&offline().await, "persons", &fixture_json("person")).unwrap();
    assert_shows(
        &records[0].fields,
        &[
            ("organisation", "→webcrm:crm/organisations#145"),
            ("name", "'Eva Holm'"),
            ("first_name", "'Eva'"),
            ("last_name", "'Holm'"),
            ("title", "'Indkøber'"),
            ("email", "'eva@fjord.example'"),
            ("phone", "'86000001'"),
            ("mobile", "(empty)"),
            ("is_active", "true"),
            ("x.webcrm.status", "'Active'"),
            ("x.webcrm.check_mark_7", "true"),
            ("x.webcrm.check_mark_1", "false"),
            ("x.webcrm.custom_1", "(empty)"), // the list's placeholder
            ("x.webcrm.custom_2", "'Yes'"),
            ("x.webcrm.custom_3", "'[]'"),
            ("x.webcrm.plus_2", "'7'"), // a number in a query is the text that it is elsewhere
            ("x.webcrm.birthday", "(empty)"),
        ],
    );
    assert!(!format!("{:?}", records[0].fields).contains("hush"));
}

#[tokio::test]
async fn no_password_goes_further_than_the_answer() {
    let mut crm = Crm::open().await;
    let mut person = fixture_json("person");
    let rows = json!([person]).to_string();
    crm.lists("/Persons", &rows).await;
    // queries show columns of the database too, under names of their own make
    person["p_password"] = json!("hush");
    crm.lists("/Queries", &json!([person]).to_string()).await;
    crm.answers("GET", "/Persons/58", 200, fixture_json("person").to_string()).await;
    let mut items = crm.items("persons", ListFrom::Beginning).await;
    items.extend(crm.find("persons", FieldMap::new().with(Person::EMAIL, "eva@fjord.example")).await.unwrap());
    items.extend(crm.get("persons", "58").await.unwrap());
    assert_eq!(items.len(), 3);
    for item in items {
        assert!(!item.raw.contains("hush") && item.raw.contains("PersonEmail"), "{}", item.raw);
    }
}

#[tokio::test]
async fn nobody_is_called_dash_and_only_active_is_there() {
    let router = offline().await;
    let of = |members| decoded(&router, "persons", &changed("person", members)).unwrap().remove(0).fields;
    let fields = of(json!({ "PersonLastName": "-", "PersonStatus": "Resigned", "PersonOrganisationId": 0,
        "PersonBirthday": "1980-05-01T00:00:00+01:00" }));
    let expected = [
        ("last_name", "(empty)"),
        ("name", "'Eva'"),
        ("is_active", "false"),
        ("organisation", "(empty)"),
        ("x.webcrm.birthday", "1980-05-01"),
    ];
    assert_shows(&fields, &expected);
    for status in [json!("Other"), json!(3), json!("Guest")] {
        assert_shows(&of(json!({ "PersonStatus": status })), &[("is_active", "false")]);
    }
    let error = decoded(&router, "persons", &changed("person", json!({ "PersonStatus": "Retired" }))).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains("PersonStatus"), "{error}");
    assert_shows(&of(json!({ "PersonFirstName": "@out", "PersonLastName": "@out" })), &[("name", "-")]);
}

#[tokio::test]
async fn changes_are_walked_through_by_id() {
    let mut crm = Crm::open().await;
    let row = |id: u8, at: &str| json!({ "PersonId": id, "PersonUpdatedAt": at });
    let first = json!([row(4, "2024-06-12T12:00:00+01:00"), row(9, "2024-06-12T11:00:00+01:00")]);
    crm.answers("GET", &query("FROM Person ", "PersonId >= 0 ", ".*"), 200, first.to_string()).await;
    crm.answers("GET", &query("FROM Person ", "PersonId >= 10 ", ".*"), 200, "[]").await;
    assert_eq!(crm.list("persons", ListFrom::ModifiedSince(noon())).await, ["4"], "the other one is older");
    let lines = crm.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.contains("Page=1&Size=2")), "{lines:?}");
    // three hours earlier: in which zone the vendor reads it is not documented
    assert!(lines[0].contains("2024-06-12T08%3A00%3A00.0000000Z"), "{}", lines[0]);
}

#[tokio::test]
async fn what_was_made_since_is_not_told_and_nothing_is_asked() {
    let crm = Crm::open().await;
    let error = crm.page("persons", ListFrom::CreatedSince(noon())).await.unwrap_err();
    assert_eq!((error.kind(), crm.lines().len()), (ErrorKind::Unsupported, 0));
}

#[tokio::test]
async fn two_persons_with_one_address_are_two() {
    let mut crm = Crm::open().await;
    let row = |id: u8| json!({ "PersonId": id, "PersonEmail": "eva@fjord.example" });
    crm.lists("/Queries", &json!([row(1), row(2)]).to_string()).await;
    let by = FieldMap::new().with(Person::EMAIL, "eva@fjord.example");
    assert_eq!(crm.find("persons", by).await.unwrap().len(), 2);
}
