//! What is sent for organisations and persons, and how odd answers are taken.

use connector_webcrm::Updates;
use serde_json::json;
use sync_core::{
    ErrorKind, FieldMap, Link, StreamKey, Value,
    connector::{Connector, Write},
    model::{Address, Organisation, Person},
};

use crate::support::{Crm, changed, fixture, item, write};

fn billing(leaf: sync_core::FieldPath) -> sync_core::FieldPath {
    Organisation::BILLING.join(leaf.as_str())
}
fn organisation_link(id: &str) -> Value {
    Value::Link(Link::External(StreamKey::new("webcrm:crm", "organisations").id(id)))
}

#[tokio::test]
async fn a_new_organisation_has_id_0_and_nothing_that_is_empty() {
    let mut crm = Crm::open().await;
    crm.answers("POST", "/Organisations", 200, "145").await;
    crm.answers("GET", "/Organisations/145", 200, fixture("organisation")).await;
    let wanted = FieldMap::new()
        .with(Organisation::NAME, "x".repeat(60).as_str())
        .with(Organisation::PHONE, "")
        .with(Organisation::CATEGORY, "Kunde")
        .with(billing(Address::STREET), "Havnegade 4")
        .with(billing(Address::STREET_2), "2. sal")
        .with(billing(Address::COUNTRY), "DK")
        .with("x.webcrm.extra_custom_2", "K-1001");
    let written = crm.write(&[write("organisations", None, wanted)]).await.remove(0).unwrap();
    assert_eq!((&*written.reference.id, written.item.is_some()), ("145", true));
    let expected = json!({ "OrganisationId": 0, "OrganisationName": "x".repeat(50), "OrganisationType": "Kunde",
        "OrganisationAddress": "Havnegade 4\r\n2. sal", "OrganisationCountry": "DK",
        "OrganisationExtraCustom2": "K-1001" });
    assert_eq!(crm.met()[0].json(), expected);
}

#[tokio::test]
async fn three_kinds_of_answer_to_a_new_organisation() {
    for told in ["145", r#""145""#, r#"{"OrganisationId":145}"#, r#"{"OrganisationId":"145","OrganisationName":"x"}"#] {
        let mut crm = Crm::open().await;
        crm.answers("POST", "/Organisations", 200, told).await;
        crm.answers("GET", "/Organisations/145", 200, fixture("organisation")).await;
        let wanted = FieldMap::new().with(Organisation::NAME, "Fjord");
        let written = crm.write(&[write("organisations", None, wanted)]).await.remove(0).unwrap();
        assert_eq!(&*written.reference.id, "145", "{told}");
    }
    for told in ["", "null", "0", "-3", "[]", "{}", r#""made""#, "<html>"] {
        let mut crm = Crm::open().await;
        crm.answers("POST", "/Organisations", 200, told).await;
        let wanted = FieldMap::new().with(Organisation::NAME, "Fjord");
        let error = crm.write(&[write("organisations", None, wanted)]).await.remove(0).unwrap_err();
        assert_eq!((error.kind(), crm.lines().len()), (ErrorKind::AmbiguousWrite, 1), "{told}");
    }
}

#[tokio::test]
async fn a_change_sends_what_changed_and_empties_in_the_vendors_words() {
    let mut crm = Crm::open().await;
    crm.answers("PUT", "/Organisations/145", 200, "").await;
    crm.answers("GET", "/Organisations/145", 200, fixture("organisation")).await;
    let wanted = FieldMap::new()
        .with(Organisation::PHONE, "")
        .with(Organisation::CATEGORY, "")
        .with("x.webcrm.status", "")
        .with("x.webcrm.x_int_1", Value::Decimal(7.into()));
    crm.write(&[write("organisations", Some("145"), wanted)]).await.remove(0).unwrap();
    let expected = json!({ "OrganisationId": 145, "OrganisationTelephone": "", "OrganisationType": "-- vælg --",
        "OrganisationStatus": "-- vælg --", "OrganisationXInt1": 7 });
    assert_eq!(crm.met()[0].json(), expected);
}

#[tokio::test]
async fn half_an_address_is_sent_with_its_other_half() {
    let mut crm = Crm::open().await;
    crm.answers("PUT", "/Organisations/145", 200, "").await;
    crm.answers("GET", "/Organisations/145", 200, fixture("organisation")).await;
    let wanted = FieldMap::new().with(billing(Address::STREET), "Kaj 1").with(billing(Address::STREET_2), "Port 3");
    let mut change = write("organisations", Some("145"), wanted);
    if let sync_core::connector::Action::Update { parts, .. } = &mut change.action {
        parts[0].changed = [billing(Address::STREET)].into();
    }
    crm.write(&[change]).await.remove(0).unwrap();
    assert_eq!(crm.met()[0].json(), json!({ "OrganisationId": 145, "OrganisationAddress": "Kaj 1\r\nPort 3" }));
}

#[tokio::test]
async fn what_is_there_already_is_not_sent() {
    let mut crm = Crm::open().await;
    crm.answers("PUT", "/Organisations/145", 200, "").await;
    let wanted = FieldMap::new().with(Organisation::NAME, "Fjord Handel A/S").with("x.webcrm.plus_1", "");
    let mut change = write("organisations", Some("145"), wanted);
    change.current = Some(item("organisations", "145", &fixture("organisation")));
    crm.write(&[change]).await.remove(0).unwrap();
    assert!(crm.lines().is_empty());
}

#[tokio::test]
async fn where_a_change_replaces_all_of_it_goes_but_no_password() {
    let change = |config: connector_webcrm::Config| {
        let mut config = config;
        config.updates = Updates::Replace;
        config
    };
    let mut crm = Crm::open_with(change, json!({})).await;
    crm.answers("PUT", "/Persons/58", 200, "").await;
    crm.answers("GET", "/Persons/58", 200, fixture("person")).await;
    let mut one = write("persons", Some("58"), FieldMap::new().with(Person::EMAIL, "ny@fjord.example"));
    let raw = changed("person", json!({ "PersonSomethingNew": "stays" })).to_string();
    one.current = Some(item("persons", "58", &raw));
    crm.write(&[one]).await.remove(0).unwrap();
    let met = crm.met();
    let sent = met[0].json();
    assert_eq!((&sent["PersonEmail"], &sent["PersonSomethingNew"]), (&json!("ny@fjord.example"), &json!("stays")));
    assert_eq!(sent["PersonCustom1"], "--Velg--", "a placeholder goes back as it came");
    assert!(!met[0].body.contains("hush") && !met[0].body.contains("History") && !met[0].body.contains("UpdatedAt"));
}

fn changes(ids: &[&str]) -> Vec<Write> {
    ids.iter().map(|id| write("persons", Some(id), FieldMap::new().with(Person::TITLE, *id))).collect()
}

#[tokio::test]
async fn several_changes_go_together_and_are_answered_one_by_one() {
    let mut crm = Crm::open().await;
    crm.answers("PATCH", "/Persons", 200, r#"["1","",null,"The e-mail address is in use"]"#).await;
    crm.answers("GET", r"/Persons/\d+", 404, "").await;
    let written = crm.write(&changes(&["1", "2", "3", "4"])).await;
    assert!(written[..3].iter().all(Result::is_ok));
    let refused = written[3].as_ref().unwrap_err();
    assert_eq!((refused.kind(), refused.vendor_text()), (ErrorKind::Invalid, Some("The e-mail address is in use")));
    let met = crm.met();
    assert_eq!(met.iter().filter(|met| met.line.starts_with("PATCH")).count(), 1);
    assert_eq!(met[0].json()[3], json!({ "PersonId": 4, "PersonTitle": "4" }));
}

#[tokio::test]
async fn an_answer_that_does_not_tell_which_is_which_leaves_all_open() {
    for told in [r#"["1"]"#, r#"["2","1"]"#, r#"["1","2","3"]"#, r#"{"done":true}"#, ""] {
        let mut crm = Crm::open().await;
        crm.answers("PATCH", "/Persons", 200, told).await;
        for written in crm.write(&changes(&["1", "2"])).await {
            assert_eq!(written.unwrap_err().kind(), ErrorKind::AmbiguousWrite, "{told}");
        }
        assert_eq!(crm.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_of_the_whole_call_is_everybodys() {
    let mut crm = Crm::open().await;
    crm.answers("PATCH", "/Persons", 403, r#"{"Message":"no rights","Type":"AccessException"}"#).await;
    for written in crm.write(&changes(&["1", "2"])).await {
        let error = written.unwrap_err();
        assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Permission, Some("AccessException")));
    }
}

#[tokio::test]
async fn batches_are_as_large_as_is_said_and_one_goes_alone() {
    let two = |config: connector_webcrm::Config| {
        let mut config = config;
        config.batch = 2;
        config
    };
    let mut crm = Crm::open_with(two, json!({})).await;
    crm.answers("PATCH", "/Persons", 200, r#"["",""]"#).await;
    crm.answers("PUT", "/Persons/3", 200, "").await;
    crm.answers("GET", r"/Persons/\d+", 404, "").await;
    assert!(crm.write(&changes(&["1", "2", "3"])).await.iter().all(Result::is_ok));
    let lines = crm.lines();
    let calls: Vec<&String> = lines.iter().filter(|line| !line.starts_with("GET")).collect();
    assert_eq!(calls, ["PATCH /Persons", "PUT /Persons/3"]);
}

#[tokio::test]
async fn new_records_go_one_by_one() {
    let mut crm = Crm::open().await;
    crm.answers("POST", "/Persons", 200, "7").await;
    crm.answers("GET", "/Persons/7", 200, fixture("person")).await;
    let one = || {
        let person =
            FieldMap::new().with(Person::LAST_NAME, "Holm").with(Person::ORGANISATION, organisation_link("145"));
        write("persons", None, person)
    };
    let told: Vec<_> = crm.write(&[one(), one()]).await.into_iter().map(|one| one.map_err(|why| why.kind())).collect();
    // an id that another new record has already says nothing of this one
    assert!(told[0].is_ok() && matches!(told[1], Err(ErrorKind::AmbiguousWrite)), "{told:?}");
    let posts = crm.lines().into_iter().filter(|line| line == "POST /Persons").count();
    assert_eq!(posts, 2);
}

async fn person(id: Option<&str>, wanted: FieldMap) -> Result<serde_json::Value, sync_core::Error> {
    let mut crm = Crm::open().await;
    crm.answers("POST", "/Persons", 200, "58").await;
    crm.answers("PUT", "/Persons/58", 200, "").await;
    crm.answers("GET", "/Persons/58", 200, fixture("person")).await;
    crm.write(&[write("persons", id, wanted)]).await.remove(0)?;
    Ok(crm.met()[0].json())
}

#[tokio::test]
async fn a_name_is_parts_or_is_taken_apart_and_somebody_without_last_name_is_a_dash() {
    let at = || FieldMap::new().with(Person::ORGANISATION, organisation_link("145"));
    let sent = person(None, at().with(Person::NAME, "Eva Maria Holm")).await.unwrap();
    let expected = json!({ "PersonId": 0, "PersonOrganisationId": 145, "PersonFirstName": "Eva Maria",
        "PersonLastName": "Holm" });
    assert_eq!(sent, expected);
    let both = at().with(Person::NAME, "Eva M. Holm").with(Person::FIRST_NAME, "Eva").with(Person::LAST_NAME, "Holm");
    let sent = person(None, both).await.unwrap();
    assert_eq!((&sent["PersonFirstName"], &sent["PersonLastName"]), (&json!("Eva"), &json!("Holm")));
    let sent = person(None, at().with(Person::FIRST_NAME, "Eva")).await.unwrap();
    assert_eq!(sent["PersonLastName"], "-");
    let sent = person(Some("58"), FieldMap::new().with(Person::LAST_NAME, "")).await.unwrap();
    assert_eq!(sent, json!({ "PersonId": 58, "PersonLastName": "-" }));
    let sent = person(Some("58"), FieldMap::new().with(Person::IS_ACTIVE, Value::Bool(false))).await.unwrap();
    assert_eq!(sent, json!({ "PersonId": 58, "PersonStatus": "Resigned" }));
}

#[tokio::test]
async fn what_a_person_cannot_be_is_refused_before_anything_is_sent() {
    let nowhere = FieldMap::new().with(Person::LAST_NAME, "Holm").with(Person::ORGANISATION, Value::Null);
    let long = FieldMap::new()
        .with(Person::NAME, format!("Eva {}", "x".repeat(31)).as_str())
        .with(Person::ORGANISATION, organisation_link("145"));
    for wanted in [nowhere, long] {
        assert_eq!(person(None, wanted).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    let crm = Crm::open().await;
    let odd = write("persons", Some("58/../1"), FieldMap::new().with(Person::TITLE, "x"));
    let refused = crm.write(&[odd]).await.remove(0).unwrap_err();
    assert_eq!((refused.kind(), crm.lines().len()), (ErrorKind::Invalid, 0));
    assert!(crm.router.capabilities().streams["persons"].remove.is_empty());
}
