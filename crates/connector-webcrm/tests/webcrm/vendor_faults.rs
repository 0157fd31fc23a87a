//! What goes wrong in the vendor's own integration with ERP systems, played against the emulated system. Those of its faults
//! that are not here are the engine's matter, or stand with what they are about: rows and their articles, breaks between head
//! and rows, and rows that move no stamp in `orders.rs`, `emulated.rs` and `engine.rs`, cut names and numbers in fields of
//! their own in `engine.rs`, refusals in `faults.rs` and `fault_table.rs`.

use std::time::Duration;

use chrono::TimeDelta;
use emulators::{
    Emulator, Options,
    frame::{Fault, FaultKind},
    webcrm::{AUTH_CODE, ApplicationToken, Settings, SystemSettings, WebCrm},
};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use sync_core::{
    FieldMap,
    connector::{Connector, ListFrom, ListQuery, Write},
    model::{Item, Order, Organisation, Person},
};

use crate::{
    emulated::System,
    engine::House,
    support::{Bench, assert_shows, config, noon, write},
};

#[tokio::test]
async fn more_changes_than_a_page_holds_are_all_read_whatever_the_page() {
    for (size_max, probed) in [(1000, 0), (250, 0), (1000, 12), (250, 12)] {
        let emulator = Emulator::start(WebCrm::new(Settings::default()), Options::at(noon())).await.unwrap();
        emulator.switch("rate_limit_per_minute", 0).unwrap();
        emulator.switch("size_max", size_max).unwrap();
        let stamped = |id: u64, at: &str| json!({ "OrganisationId": id, "OrganisationName": format!("O{id}"), "OrganisationUpdatedAt": at });
        // what was there when the connection was made tells how much a page holds
        let before: Vec<Json> = (1..=probed).map(|id| stamped(id, "2024-06-01T10:00:00Z")).collect();
        emulator.seed(json!({ "organisations": before })).unwrap();
        let system = System::before(emulator, |config| config.calls_per_minute = 1_000_000).await;
        // all within one second
        let changed: Vec<Json> = (100..2445).map(|id| stamped(id, "2024-06-12T10:59:00Z")).collect();
        system.emulator.seed(json!({ "organisations": changed })).unwrap();
        let since = ListFrom::ModifiedSince(noon() - TimeDelta::hours(1));
        let mut listed = system.list("organisations", since).await;
        listed.sort();
        listed.dedup();
        assert_eq!(listed.len(), 2345, "{size_max} {probed}");
        let calls = system.calls().len();
        let pages = 2345_usize.div_ceil(size_max);
        assert!(calls <= pages + 1, "{calls} calls for {pages} pages");
    }
}

#[tokio::test]
async fn persons_and_lines_that_changed_are_all_read_too() {
    let system = System::open_with(|config| config.calls_per_minute = 1_000_000).await;
    system.emulator.switch("rate_limit_per_minute", 0).unwrap();
    system.emulator.switch("size_max", 100).unwrap();
    let person = |id: u64| json!({ "PersonId": id, "PersonOrganisationId": 1, "PersonLastName": "Holm", "PersonUpdatedAt": "2024-06-12T10:59:00Z" });
    let line = |id: u64| json!({ "QuotationLineId": id, "QuotationLineOpportunityId": 1000 + id % 120, "QuotationLineUpdatedAt": "2024-06-12T10:59:00Z" });
    let delivery =
        |id: u64| json!({ "DeliveryId": id, "DeliveryOrganisationId": 1, "DeliveryUpdatedAt": "2024-01-12T10:59:00Z" });
    system
        .emulator
        .seed(json!({ "persons": (1000..1350).map(person).collect::<Vec<_>>(), "deliveries": (1000..1120).map(delivery).collect::<Vec<_>>(),
            "quotation-lines": (1000..1350).map(line).collect::<Vec<_>>() }))
        .unwrap();
    let since = || ListFrom::ModifiedSince(noon() - TimeDelta::hours(1));
    let unique = |mut ids: Vec<String>| {
        ids.retain(|id| id.len() == 4);
        ids.sort();
        ids.dedup();
        ids.len()
    };
    assert_eq!(unique(system.list("persons", since()).await), 350);
    assert_eq!(unique(system.list("deliveries", since()).await), 120);
}

#[tokio::test]
async fn a_name_with_an_apostrophe_is_looked_for_and_found_in_every_kind() {
    let system = System::open_with(|config| config.numbers = connector_webcrm::Numbers::Others).await;
    let odd = "O'Hara's \"A/S\" & 100 %";
    let mut item = json!({ "QuotationLineLinkedDataItemId": 31, "QuotationLineLinkedDataItemEntityType": "Product" });
    for nth in 1..=9 {
        item[format!("QuotationLineLinkedDataItemData{nth}")] = json!(if nth == 1 { odd } else { "-" });
    }
    system
        .emulator
        .seed(json!({ "organisations": [{ "OrganisationId": 90, "OrganisationName": odd }],
            "persons": [{ "PersonId": 90, "PersonOrganisationId": 1, "PersonLastName": "H", "PersonEmail": odd }],
            "deliveries": [{ "DeliveryId": 91, "DeliveryOrganisationId": 1, "DeliveryNumber": odd }],
            "opportunities": [{ "OpportunityId": 92, "OpportunityOrganisationId": 1, "OpportunityNumber": odd }],
            "linked-data": [item] }))
        .unwrap();
    for (stream, path, id) in [
        ("organisations", Organisation::NAME, "90"),
        ("persons", Person::EMAIL, "90"),
        ("deliveries", Order::NUMBER, "91"),
        ("opportunities", Order::NUMBER, "92"),
        ("items", Item::NUMBER, "31"),
    ] {
        let find = async |text: &str| {
            let by = FieldMap::new().with(path, text);
            let found = system.router.find(&system.bench.cx, &stream.into(), &by).await.unwrap();
            found.iter().map(|item| item.reference.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(find(odd).await, [id], "{stream}");
        assert!(find("' OR 'a' = 'a").await.is_empty(), "{stream}");
    }
}

#[tokio::test]
async fn a_new_organisation_that_is_answered_with_nothing_is_known_at_once_and_never_taken_for_another() {
    let made = async |name: &str, phone: &str, before: Json| {
        let system = System::open().await;
        system.emulator.seed(json!({ "organisations": before })).unwrap();
        let wanted = FieldMap::new().with(Organisation::NAME, name).with(Organisation::PHONE, phone);
        let made = system.write(write("organisations", None, wanted)).await;
        let all = system.emulator.state()["organisations"].as_array().unwrap().clone();
        let new = all.iter().filter_map(|one| one["OrganisationId"].as_u64()).max().unwrap().to_string();
        made.map(|made| assert_eq!(*made.reference.id, new)).map_err(|error| error.kind())
    };
    let named = |at: &str| json!([{ "OrganisationId": 20, "OrganisationName": "O'Hara", "OrganisationTelephone": "1", "OrganisationCreatedAt": at }]);
    assert_eq!(made("O'Hara", "1", json!([])).await, Ok(()));
    // one of the same name, which is old, or differs, is another; one that was made this minute may be it
    assert_eq!(made("O'Hara", "1", named("2024-06-11T10:00:00Z")).await, Ok(()));
    assert_eq!(made("O'Hara", "2", named("2024-06-12T11:00:00Z")).await, Ok(()));
    let unclear = Err(sync_core::ErrorKind::AmbiguousWrite);
    assert_eq!(made("O'Hara", "1", named("2024-06-12T11:00:00Z")).await, unclear);
    // what is not found yet stays open, also where one that we made just before is its very image
    let system = System::open().await;
    let new = || write("organisations", None, FieldMap::new().with(Organisation::NAME, "Ny"));
    system.write(new()).await.unwrap();
    system.emulator.switch("listing_lag_s", 30).unwrap();
    system.emulator.advance(Duration::from_secs(31)).unwrap();
    assert_eq!(system.write(new()).await.unwrap_err().kind(), sync_core::ErrorKind::AmbiguousWrite);
}

#[tokio::test]
async fn two_tenants_in_parallel_never_see_each_other() {
    let token = |code: &str| vec![ApplicationToken { auth_code: code.to_owned(), name: "samklang".to_owned() }];
    let systems = vec![
        SystemSettings { system_id: 1, tokens: token(AUTH_CODE), first_id: 100 },
        SystemSettings { system_id: 2, tokens: token("another-code"), first_id: 5000 },
    ];
    let emulator = Emulator::start(WebCrm::new(Settings { systems }), Options::at(noon())).await.unwrap();
    let own = |system: u64, id: u64| json!({ "_system": system, "OrganisationId": id, "OrganisationName": format!("of {system}") });
    let all: Vec<Json> = (0..20).flat_map(|nth| [own(1, 10 + nth), own(2, 50 + nth)]).collect();
    emulator.seed(json!({ "organisations": all })).unwrap();
    // one process: one transport, one set of limits, one store of tokens
    let bench = Bench::new();
    let mut sides = Vec::new();
    for (name, code) in [("one", AUTH_CODE), ("two", "another-code")] {
        let mut config = config(emulator.base_url());
        config.application_token = code.to_owned().into();
        let environment = bench.environment.clone();
        sides.push(connector_webcrm::connect(&bench.cx, name, config, environment, None).await.unwrap().router);
    }
    for round in 0..5 {
        if round == 2 {
            // both sign in anew, at once
            bench.time.advance(Duration::from_secs(3600));
            emulator.advance(Duration::from_secs(3600)).unwrap();
        }
        let calls = (0..20).map(|nth| {
            let (side, router) = (nth % 2, &sides[nth % 2]);
            async move {
                let query = ListQuery { stream: "organisations".into(), from: ListFrom::Beginning, page_size: None };
                let page = router.list(&bench_cx(), &query).await.unwrap();
                (side, page.items.iter().map(|item| item.raw.to_string()).collect::<Vec<_>>())
            }
        });
        for (side, rows) in join_all(calls).await {
            assert_eq!(rows.len(), 20);
            assert!(rows.iter().all(|row| row.contains(&format!("of {}", side + 1))), "{round} {side}");
        }
    }
    let tenants = [sides[0].check(&bench.cx).await.unwrap().id, sides[1].check(&bench.cx).await.unwrap().id];
    assert_eq!(tenants, ["1", "2"]);
}

fn bench_cx() -> sync_core::Context {
    sync_core::Context::new(std::sync::Arc::new(sync_http::VirtualTime::leaping(noon())), "run-1")
}

#[tokio::test]
async fn ten_calls_with_a_token_that_ended_sign_in_once() {
    let system = System::open().await;
    system.list("persons", ListFrom::Beginning).await;
    system.emulator.act(json!({ "action": "revoke_tokens" })).unwrap();
    system.emulator.clear_requests();
    let query = ListQuery { stream: "persons".into(), from: ListFrom::Beginning, page_size: None };
    let calls = (0..10).map(|_| system.router.list(&system.bench.cx, &query));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    let logins = system.emulator.requests().iter().filter(|call| call.path == "/Auth/ApiLogin").count();
    assert_eq!(logins, 1);
}

#[tokio::test]
async fn what_people_type_while_a_number_is_written_back_stays() {
    let system = System::open().await;
    // as it was when the write was worked out
    let organisation = system.get("organisations", "2").await;
    let delivery = system.get("deliveries", "8").await;
    system.edit("organisations", 2, json!({ "OrganisationTelephone": "+45 77", "OrganisationComment": "Ring først" }));
    system.edit("deliveries", 8, json!({ "DeliveryDescription": "Haster", "DeliveryStatus": "Planned" }));
    let number = FieldMap::new().with("x.webcrm.extra_custom_2", "K-501");
    let told = FieldMap::new().with("x.webcrm.erp_id", "SO-1").with("x.webcrm.erp_status", "Synchronized");
    let back = Write { current: organisation, ..write("organisations", Some("2"), number) };
    system.write(back).await.unwrap();
    let back = Write { current: delivery, ..write("deliveries", Some("8"), told) };
    system.write(back).await.unwrap();
    let expected = [("phone", "'+45 77'"), ("note", "'Ring først'"), ("x.webcrm.extra_custom_2", "'K-501'")];
    assert_shows(&system.shows("organisations", "2").await, &expected);
    let expected = [("description", "'Haster'"), ("x.webcrm.status", "'Planned'"), ("x.webcrm.erp_id", "'SO-1'")];
    assert_shows(&system.shows("deliveries", "8").await, &expected);
}

#[tokio::test]
async fn a_right_that_is_missing_in_one_area_stops_nothing_else_whatever_its_status() {
    for refusal in ["401", "403"] {
        let house = House::build_in(&[("organisation_answer", "id"), ("rights_refusal", refusal)], |_| ()).await;
        let rights = json!({ "action": "set_rights", "area": "Organisations", "rights": "read" });
        house.crm.emulator.act(rights).unwrap();
        let (customer, _) = house.erp.all("customer").into_iter().next().unwrap();
        house.erp.edit::<Organisation>("customer", &customer, |one| one.name("Fjord Lys"));
        house.crm.edit("persons", 1, json!({ "PersonLastName": "Holm-Lund" }));
        let report = house.report().await;
        let stopped = format!("{:?}", report.stopped);
        assert!(report.stopped_systems.is_empty() && stopped.contains("Permission"), "{refusal}: {stopped}");
        let names = house.erp.all("contact").values().any(|one| one.text(Person::NAME) == Some("Holm-Lund"));
        assert!(names, "{refusal}: persons go on");
    }
}

#[tokio::test]
async fn a_call_that_fails_is_an_error_and_not_a_line_in_a_log() {
    let system = System::open().await;
    for (method, path) in [("PUT", "/Organisations/2"), ("PUT", "/Deliveries/8"), ("PATCH", "/Persons")] {
        system.emulator.fault(Fault::new(FaultKind::Status { code: 403, handled: false }).on(method, path).times(99));
    }
    let phone = FieldMap::new().with(Organisation::PHONE, "1");
    assert!(system.write(write("organisations", Some("2"), phone)).await.is_err());
    assert!(system.write(write("deliveries", Some("8"), FieldMap::new().with(Order::NOTE, "x"))).await.is_err());
    let title = |id: &str| write("persons", Some(id), FieldMap::new().with(Person::TITLE, "x"));
    let both = system.router.write(&system.bench.cx, &[title("1"), title("2")]).await;
    assert!(both.iter().all(Result::is_err));
}
