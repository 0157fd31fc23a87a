//! Signing in, who it is, what is kept, and how fast.

use connector_webcrm::{Config, LinePrice};
use mockito::{Matcher, Server, ServerGuard};
use serde_json::json;
use sync_core::{
    ErrorKind, FieldPath,
    connector::{Connector, ListFrom},
    model::FieldType,
    store::Snapshot,
};

use crate::support::{Bench, Crm, SECRET, TOKEN, config, fixture_json, kept};

async fn system(queries: usize) -> ServerGuard {
    system_without("", 403, queries).await
}
async fn system_without(denied: &str, refusal: usize, queries: usize) -> ServerGuard {
    let mut server = Server::new_async().await;
    server.mock("POST", "/Auth/ApiLogin").with_body(TOKEN).create_async().await;
    for (entity, fields) in fixture_json("fields").as_object().unwrap() {
        let path = format!("/FieldsMetadata/{entity}");
        let is_denied = entity == denied || denied == "All";
        let status = if is_denied { refusal } else { 200 };
        let told = server.mock("GET", path.as_str()).with_status(status).with_body(fields.to_string());
        told.expect(if is_denied { 2 } else { 1 }).create_async().await;
    }
    let queries_answer = server.mock("GET", Matcher::Regex("^/Queries".into())).with_status(queries);
    queries_answer.with_body("[]").create_async().await;
    server
}

#[tokio::test]
async fn the_application_token_goes_in_a_form_and_the_other_one_as_bearer() {
    let mut server = Server::new_async().await;
    let login = server
        .mock("POST", "/Auth/ApiLogin")
        .match_header("content-type", "application/x-www-form-urlencoded")
        .match_body(format!("authCode={SECRET}").as_str())
        .with_body(TOKEN)
        .expect(1)
        .create_async()
        .await;
    let list = server
        .mock("GET", "/Persons?Page=1&Size=1000")
        .match_header("authorization", "Bearer t-1")
        .with_body("[]")
        .expect(2)
        .create_async()
        .await;
    let bench = Bench::new();
    let config = config(&server.url());
    let router = bench.connect(&config, Some(kept(&server.url(), json!({})))).await.unwrap().router;
    for _ in 0..2 {
        let query = sync_core::connector::ListQuery::all("persons");
        assert!(router.list(&bench.cx, &query).await.unwrap().next.is_none());
    }
    login.assert_async().await;
    list.assert_async().await;
}

#[tokio::test]
async fn fields_and_lists_are_read_once_a_day() {
    let server = system(200).await;
    let (bench, config) = (Bench::new(), config(&server.url()));
    let first = bench.connect(&config, None).await.unwrap();
    assert!(first.lists.ordered_queries && first.lists.lines_in_queries);
    assert_eq!(first.lists.label("OrganisationExtraCustom2"), Some("Kundenummer"));
    assert_eq!(first.lists.fields["OrganisationExtraCustom2"].max_len, Some(20));
    assert_eq!(first.lists.fields["OrganisationType"].choices[1].text, "Kunde");
    assert_eq!(first.snapshot.content, kept(&server.url(), json!({})).content);
    // a second time they would be asked for again, which is not expected
    let again = bench.connect(&config, Some(first.snapshot.clone())).await.unwrap();
    assert_eq!(again.lists, first.lists);
    let strange = Snapshot { content: json!({ "of": "another version" }), ..first.snapshot.clone() };
    assert_eq!(bench.connect(&config, Some(strange)).await.unwrap().lists, first.lists);
}

#[tokio::test]
async fn every_field_that_can_be_mapped_is_told_with_what_users_call_it() {
    let server = system(200).await;
    let mut config = config(&server.url());
    config.deliveries = [("invoice_numbers".to_owned(), "Custom2".to_owned())].into();
    let connected = Bench::new().connect(&config, None).await.unwrap();
    let streams = &connected.router.capabilities().streams;
    let one = |stream: &str, path: &str| streams[stream].fields[&FieldPath::new(path)].clone();
    let number = one("organisations", "x.webcrm.extra_custom_2");
    assert_eq!(
        (number.label.as_deref(), number.max_len, number.holds),
        (Some("Kundenummer"), Some(20), Some(FieldType::Text))
    );
    let kind = one("organisations", "category");
    let codes: Vec<&str> = kind.choices.iter().map(|choice| choice.code.as_str()).collect();
    assert_eq!(codes, ["Kunde", "Emne"], "in the system's order, the placeholder left out");
    let placed = one("deliveries", "invoice_numbers");
    assert_eq!(placed.label.as_deref(), Some("Fakturanummer"));
    assert!(!one("deliveries", "x.webcrm.custom_2").write_on_update, "it is written by its other name");
    for (path, holds) in
        [("erp_sync_date_time", FieldType::Instant), ("won_date", FieldType::Date), ("win_yes_no", FieldType::Bool)]
    {
        assert_eq!(one("deliveries", &format!("x.webcrm.{path}")).holds, Some(holds), "{path}");
    }
    for (stream, path, name) in [
        ("organisations", "name", "OrganisationName"),
        ("organisations", "x.webcrm.extra_custom_2", "OrganisationExtraCustom2"),
        ("persons", "organisation", "PersonOrganisationId"),
        ("deliveries", "invoice_numbers", "DeliveryCustom2"),
        ("items", "cost.amount", "QuotationLineLinkedDataItemCostPrice"),
        ("item_prices", "amount", "QuotationLineLinkedDataItemPrice"),
    ] {
        assert_eq!(one(stream, path).vendor_name.as_deref(), Some(name), "{path}");
    }
    // nothing of the vendor's own is without a name and a type
    for (stream, can) in streams {
        for (path, field) in can.fields.iter().filter(|(path, _)| path.is_extension()) {
            assert!(field.holds.is_some() && field.vendor_name.is_some(), "{stream}: {path}");
        }
    }
}

#[tokio::test]
async fn a_field_that_is_not_set_up_cannot_be_given_a_meaning() {
    let server = system(200).await;
    let odd = |change: fn(&mut Config)| {
        let mut config = config(&server.url());
        change(&mut config);
        config
    };
    for config in [
        odd(|config| config.mark = "Custom9".to_owned()),
        odd(|config| drop(config.deliveries.insert("invoice_numbers".to_owned(), "Custom9".to_owned()))),
    ] {
        let kept = kept(&server.url(), json!({}));
        let error = Bench::new().connect(&config, Some(kept)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("DeliveryCustom9"), "{error}");
    }
}

#[tokio::test]
async fn lists_of_another_system_are_none_of_ours() {
    let server = system(200).await;
    let bench = Bench::new();
    let other = Config::new(server.url().parse().unwrap(), "another-token".to_owned(), LinePrice::Unit);
    let mut strange = kept(&server.url(), json!({}));
    strange.content["fields"] = json!({});
    let connected = bench.connect(&other, Some(strange)).await.unwrap();
    assert!(!connected.lists.fields.is_empty());
}

#[tokio::test]
async fn a_system_that_refuses_such_queries_tells_no_changes_of_persons_and_documents() {
    let server = system(400).await;
    let connected = Bench::new().connect(&config(&server.url()), None).await.unwrap();
    let can = |stream: &str| connected.router.capabilities().streams[stream].list.unwrap();
    assert!(can("organisations").since.is_some());
    for stream in ["persons", "deliveries", "opportunities"] {
        assert!(can(stream).since.is_none() && can(stream).complete, "{stream}");
    }
}

#[tokio::test]
async fn what_the_token_may_not_see_is_not_offered() {
    for refusal in [401, 403] {
        let server = system_without("Opportunity", refusal, 200).await;
        let connected = Bench::new().connect(&config(&server.url()), None).await.unwrap();
        assert_eq!(connected.lists.denied, ["Opportunity".to_owned()].into());
        let streams = &connected.router.capabilities().streams;
        assert!(streams.contains_key("deliveries") && !streams.contains_key("opportunities"), "{refusal}");
        let nothing = system_without("All", refusal, 200).await;
        let error = Bench::new().connect(&config(&nothing.url()), None).await.unwrap_err();
        assert_eq!(error.kind(), if refusal == 401 { ErrorKind::Auth } else { ErrorKind::Permission });
    }
}

#[tokio::test]
async fn the_login_tells_which_system_it_is() {
    let crm = Crm::open().await;
    let tenant = crm.router.check(&crm.bench.cx).await.unwrap();
    assert_eq!((tenant.id.as_str(), tenant.name.as_str(), tenant.base_currency), ("39", "webCRM 39", None));
}

#[tokio::test]
async fn an_older_system_is_known_by_its_token_and_shows_none_of_it() {
    let mut server = Server::new_async().await;
    let token = r#"{"AccessToken":"t-1","IsError":false,"ExpiresIn":3600}"#;
    server.mock("POST", "/Auth/ApiLogin").with_body(token).create_async().await;
    let bench = Bench::new();
    let router = bench.connect(&config(&server.url()), Some(kept(&server.url(), json!({})))).await.unwrap().router;
    let (one, two) = (router.check(&bench.cx).await.unwrap(), router.check(&bench.cx).await.unwrap());
    assert_eq!(one, two);
    assert!(one.id.starts_with("token-") && !one.id.contains(SECRET));
}

#[tokio::test]
async fn a_wrong_token_is_a_matter_for_who_typed_it_however_it_is_told() {
    let told = [
        (400, r#"{"Message":"no such code","Type":"X"}"#.to_owned()),
        (401, String::new()),
        (200, r#"{"AccessToken":null,"IsError":true,"Error":"invalid_grant","ErrorDescription":"no"}"#.to_owned()),
    ];
    for (status, body) in told {
        let mut server = Server::new_async().await;
        server.mock("POST", "/Auth/ApiLogin").with_status(status).with_body(&body).create_async().await;
        let bench = Bench::new();
        let router = bench.connect(&config(&server.url()), Some(kept(&server.url(), json!({})))).await.unwrap().router;
        let query = sync_core::connector::ListQuery::all("persons");
        let listed = router.list(&bench.cx, &query).await.unwrap_err();
        for error in [router.check(&bench.cx).await.unwrap_err(), listed] {
            assert_eq!(error.kind(), ErrorKind::Auth, "{status} {error:?}");
            assert!(error.message().contains("application_token"), "{error}");
            assert!(!format!("{error:?}").contains(SECRET));
        }
    }
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_once() {
    let mut crm = Crm::open().await;
    crm.answers("GET", r"/Persons/5", 401, "").await;
    let error = crm.get("persons", "5").await.unwrap_err();
    assert_eq!((error.kind(), crm.lines().len()), (ErrorKind::Auth, 2));
}

#[tokio::test]
async fn the_call_after_so_many_in_a_minute_waits_for_the_first_of_them() {
    let mut crm = Crm::open_with(
        |mut config| {
            config.calls_per_minute = 5;
            config
        },
        json!({}),
    )
    .await;
    crm.answers("GET", r"/Persons/\d+", 404, "").await;
    for id in 1..=4 {
        crm.get("persons", &id.to_string()).await.unwrap();
    }
    assert!(crm.bench.time.slept().is_empty(), "four calls and the login are five");
    crm.get("persons", "5").await.unwrap();
    let slept: std::time::Duration = crm.bench.time.slept().iter().sum();
    assert!(slept.as_secs() >= 59, "{slept:?}");
}

#[tokio::test]
async fn too_fast_waits_as_long_as_the_vendor_says() {
    let mut crm = Crm::open().await;
    let told = r#"{"RetryAfterSeconds":14,"Message":"too fast","Type":"TooManyRequestsException"}"#;
    let refused = crm.server.mock("GET", Matcher::Regex("^/Persons".into())).with_status(429);
    refused.with_header("retry-after", "14").with_body(told).expect(1).create_async().await;
    crm.lists("/Persons", "[]").await;
    crm.page("persons", ListFrom::Beginning).await.unwrap();
    let slept: std::time::Duration = crm.bench.time.slept().iter().sum();
    assert!(slept.as_secs() >= 14, "{slept:?}");
}

#[tokio::test]
async fn what_each_stream_can_do_is_what_the_system_has() {
    let crm = Crm::open().await;
    let streams = &crm.router.capabilities().streams;
    let names: Vec<&str> = streams.keys().map(|stream| stream.as_str()).collect();
    assert_eq!(names, ["deliveries", "item_prices", "items", "opportunities", "organisations", "persons"]);
    let field = |stream: &str, path: &str| streams[stream].fields[&FieldPath::new(path)].clone();
    let name = field("organisations", "name");
    assert!(name.required_on_create && name.max_len == Some(50) && !name.exact);
    let number = field("organisations", "x.webcrm.extra_custom_2");
    assert!(number.write_on_update && number.exact && number.max_len == Some(20));
    assert!(!field("organisations", "x.webcrm.extra_custom_7").write_on_create, "it is not set up");
    assert_eq!(field("organisations", "category").one_of, Some(["Emne".to_owned(), "Kunde".to_owned()].into()));
    assert!(!field("organisations", "x.webcrm.updated_at").write_on_update);
    let organisation = field("persons", "organisation");
    assert!(organisation.required_on_create && organisation.write_on_create && !organisation.write_on_update);
    let status = field("deliveries", "x.webcrm.erp_status");
    assert!(status.write_on_update && status.write_on_create && status.one_of.unwrap().len() == 3);
    assert!(!field("opportunities", "x.webcrm.erp_status").write_on_create && !streams["opportunities"].create);
    assert!(!field("deliveries", "number").write_on_update, "nobody said that others number deliveries");
    let mark = streams["deliveries"].create_mark.unwrap();
    assert_eq!((mark.field, mark.max_len), (FieldPath::new("x.webcrm.erp_id"), 50));
    assert_eq!(field("deliveries", "content.currency").one_of, Some(["DKK".to_owned(), "EUR".to_owned()].into()));
    assert!(streams["opportunities"].acts.contains("convert"));
    assert!(streams["items"].create && streams["items"].list.unwrap().since.is_none());
    assert!(streams["items"].remove.is_empty(), "a deletion without an id takes the whole catalogue");
    for (stream, can) in streams {
        let secret = can.fields.keys().find(|path| path.as_str().contains("password"));
        assert!(secret.is_none(), "{stream}: {secret:?}");
    }
    for (stream, can) in streams {
        for path in &can.find_by {
            assert!(can.fields[path].read, "{stream} is searched by {path}, which is not read");
        }
        for (path, field) in &can.fields {
            assert!(field.read, "{stream}: {path}");
            assert!(!field.required_on_create || field.write_on_create, "{stream}: {path}");
            let made = can.facet_of.as_ref().map_or(can, |host| &streams[host]).create;
            assert!(made || !field.write_on_create, "{stream}: {path} of a record that is not made");
        }
    }
    let looked_for = &streams["organisations"].find_by;
    assert!(looked_for.contains(&FieldPath::new("x.webcrm.extra_custom_2")));
    assert!(!looked_for.contains(&FieldPath::new("x.webcrm.extra_custom_7")), "it is not set up");
    let without = Crm::open_with(
        |mut config| {
            config.columns = None;
            config
        },
        json!({}),
    )
    .await;
    assert!(!without.router.capabilities().streams.contains_key("items"));
}
