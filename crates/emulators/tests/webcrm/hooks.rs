//! Hooks and their calls.

use serde_json::{Value, json};

use crate::client::{Crm, OTHER_CODE};

pub(crate) fn hook(event: &str) -> Value {
    json!({ "Id": 0, "EventType": event, "Filter": ["All"], "IsEnabled": true, "TargetUrl": "http://127.0.0.1:1/hooks/crm" })
}

/// The bodies of the calls that wait.
fn waiting(crm: &Crm) -> Vec<Value> {
    let calls = crm.emulator.webhooks();
    let calls = calls.as_array().unwrap().iter().filter(|call| call["waits"] == true);
    calls.map(|call| serde_json::from_str(call["body"].as_str().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn a_hook_is_made_read_changed_and_deleted_by_its_own_token() {
    let mut crm = Crm::open().await;
    let id = crm.expect(200, "POST", "Deliveries/Hooks", hook("Update")).await.id();
    let target = format!("Deliveries/Hooks/{id}");
    let read = crm.expect(200, "GET", &target, Value::Null).await.body;
    assert_eq!(
        (read["EventType"].clone(), read["CreatedAt"].clone()),
        (json!("Update"), json!("2024-07-01T12:00:00+01:00"))
    );
    let mut off = hook("Update");
    off["IsEnabled"] = json!(false);
    crm.expect(200, "PUT", &target, off).await;
    assert_eq!(crm.get("Deliveries/Hooks").await.all("IsEnabled"), [json!(false)]);
    assert_eq!(crm.get("Persons/Hooks").await.text, "[]");
    crm.expect(404, "GET", &format!("Persons/Hooks/{id}"), Value::Null).await;
    for (name, value) in [
        ("EventType", json!("Sing")),
        ("Filter", json!([])),
        ("Filter", json!(["Owner"])),
        ("TargetUrl", json!("x")),
        ("IsEnabled", Value::Null),
    ] {
        let mut wrong = hook("Create");
        wrong[name] = value;
        crm.expect(400, "POST", "Deliveries/Hooks", wrong).await;
    }
    assert_eq!(crm.emulator.state()["hooks"][0]["collection"], "deliveries");
    crm.expect(200, "DELETE", &target, Value::Null).await;
    crm.expect(404, "GET", &target, Value::Null).await;
    crm.expect(200, "POST", "Persons/Hooks", hook("Create")).await;
    crm.token = crm.token_for(OTHER_CODE).await.body["AccessToken"].as_str().unwrap().to_owned();
    assert_eq!(crm.get("Persons/Hooks").await.text, "[]");
}

#[tokio::test]
async fn each_event_calls_the_hooks_on_it() {
    let crm = Crm::open().await;
    for event in ["Create", "Update", "Delete"] {
        crm.expect(200, "POST", "Organisations/Hooks", hook(event)).await;
    }
    let mut owners = hook("Update");
    owners["Filter"] = json!(["Owner"]);
    crm.expect(200, "POST", "Organisations/Hooks", owners).await;
    crm.expect(200, "POST", "Organisations", json!({ "OrganisationName": "N" })).await;
    crm.act(json!({ "action": "edit", "collection": "organisations", "id": 2, "set": {} }));
    crm.act(json!({ "action": "merge", "collection": "organisations", "keep": 2, "remove": 3 }));
    crm.act(json!({ "action": "edit", "collection": "persons", "id": 1, "set": {} }));
    let call = |event: &str, id: u64| json!({ "EventType": event, "ItemResourceUrl": format!("https://api.webcrm.com/Organisations/{id}") });
    assert_eq!(waiting(&crm), [call("Create", 101), call("Update", 2), call("Delete", 3), call("Update", 2)]);
}
