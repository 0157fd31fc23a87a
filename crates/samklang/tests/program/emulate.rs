//! Emulators from the command line.

use crate::bench::{Ran, Running, program, request};

#[test]
fn an_emulator_answers_with_its_sample_data_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let sample = r#"[{"customerId": 1, "createdAt": "2024-01-10T09:00:00+01:00", "modifiedAt": "2024-02-10T09:00:00+01:00", "type": "company", "email": "a@b.example"}]"#;
    std::fs::write(folder.path().join("customers.json"), sample).unwrap();
    let mut running = Running::start(program(folder.path(), &["emulate", "starweb", "--seed", "."]));
    let base = running.until("base_url").split_whitespace().nth(1).unwrap().to_owned();
    let id = running.until("client_id").split_whitespace().nth(1).unwrap().to_owned();
    let secret = running.until("client_secret").split_whitespace().nth(1).unwrap().to_owned();
    running.until("Ctrl-C");

    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let (status, _, answer) = request("POST", &format!("{base}/token"), &form, &body);
    assert_eq!(status, 200, "{answer}");
    let state = base.replace("/api/v2", "/_emulator/state");
    let (status, _, state) = request("GET", &state, &[], "");
    assert_eq!(status, 200);
    assert!(state.contains("a@b.example"), "{state}");
    assert_eq!(running.terminate(), Some(0));
}

#[test]
fn a_crm_answers_to_the_application_token_that_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let sample = r#"[{"OrganisationId": 7, "OrganisationName": "Nordlys AS"}]"#;
    std::fs::write(folder.path().join("organisations.json"), sample).unwrap();
    let mut running = Running::start(program(folder.path(), &["emulate", "webcrm", "--seed", "."]));
    let base = running.until("base_url").split_whitespace().nth(1).unwrap().to_owned();
    let code = running.until("application_token").split_whitespace().nth(1).unwrap().to_owned();
    running.until("Ctrl-C");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let (status, _, answer) = request("POST", &format!("{base}Auth/ApiLogin"), &form, &format!("authCode={code}"));
    assert_eq!(status, 200, "{answer}");
    let token = serde_json::from_str::<serde_json::Value>(&answer).unwrap()["AccessToken"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let (status, _, list) = request("GET", &format!("{base}Organisations"), &[("Authorization", &bearer)], "");
    assert_eq!(status, 200);
    assert!(list.contains("Nordlys AS"), "{list}");
    assert_eq!(running.terminate(), Some(0));
}

#[test]
fn an_erp_of_two_services_gives_a_token_for_the_company_that_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let sample = r#"[{"number": "10000", "name": "Nordlys AS"}]"#;
    std::fs::write(folder.path().join("customers.json"), sample).unwrap();
    let mut running = Running::start(program(folder.path(), &["emulate", "visma-net", "--seed", "."]));
    let mut hint = |name: &str| running.until(name).split_whitespace().nth(1).unwrap().to_owned();
    let base = hint("base_url");
    let (identity, id, secret) = (hint("identity_url"), hint("client_id"), hint("client_secret"));
    let tenant = hint("tenant_id");
    running.until("Ctrl-C");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let scope = "vismanet_erp_service_api:read";
    let body =
        format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&tenant_id={tenant}&scope={scope}");
    let (status, _, answer) = request("POST", &format!("{identity}connect/token"), &form, &body);
    assert_eq!(status, 200, "{answer}");
    let token =
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let (status, _, list) = request("GET", &format!("{base}v1/customer"), &[("Authorization", &bearer)], "");
    assert_eq!(status, 200);
    assert!(list.contains("Nordlys AS"), "{list}");
    assert_eq!(running.terminate(), Some(0));
}

#[test]
fn both_systems_have_one_and_others_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(program(folder.path(), &["emulate", "eekonomi"]));
    let base = running.until("identity_url").split_whitespace().nth(1).unwrap().to_owned();
    assert_eq!(request("GET", &format!("{base}_emulator/switches"), &[], "").0, 200);

    let port = url::Url::parse(&base).unwrap().port().unwrap().to_string();
    let ran = |arguments: &[&str]| Ran::of(&program(folder.path(), arguments).output().unwrap());
    let taken = ran(&["emulate", "starweb", "--port", &port]);
    assert_eq!(taken.code, 1);
    taken.complains(&format!("port {port} is taken"));
    let unknown = ran(&["emulate", "starwib"]);
    assert_eq!(unknown.code, 1);
    unknown.complains("did you mean 'starweb'?");
    ran(&["emulate", "webcmr"]).complains("did you mean 'webcrm'?");
    std::fs::write(folder.path().join("orders.json"), "{").unwrap();
    let broken = ran(&["emulate", "starweb", "--seed", "."]);
    assert_eq!(broken.code, 1);
    broken.complains("orders.json");
}
