//! Log-in, tokens, rights, tenants and the limit on speed.

use emulators::webcrm::AUTH_CODE;
use serde_json::{Value, json};

use crate::client::{Crm, OTHER_CODE};

#[tokio::test]
async fn a_token_comes_in_three_ways_and_has_eight_fields() {
    let crm = Crm::open().await;
    let answer = crm.token_for(AUTH_CODE).await;
    let fields =
        ["AccessToken", "Error", "ErrorDescription", "ExpiresIn", "IsError", "RefreshToken", "SystemId", "TokenType"];
    assert_eq!(answer.body.as_object().unwrap().keys().collect::<Vec<_>>(), fields);
    assert_eq!((answer.body["ExpiresIn"].clone(), answer.body["SystemId"].clone()), (json!(3600), json!(39_001)));

    let multipart = format!("--b\r\nContent-Disposition: form-data; name=\"authCode\"\r\n\r\n{AUTH_CODE}\r\n--b--\r\n");
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    assert_eq!(crm.send("POST", "Auth/ApiLogin", &multipart, &kind).await.status, 200);
    assert_eq!(crm.send("POST", &format!("auth/apilogin?AUTHCODE={AUTH_CODE}"), "", &[]).await.status, 200);
    assert_eq!(crm.token_for("nobody").await.status, 400);
}

#[tokio::test]
async fn tokens_end_and_refresh_gives_new_ones() {
    let mut crm = Crm::open().await;
    let given = crm.token_for(AUTH_CODE).await.body;
    crm.token = given["AccessToken"].as_str().unwrap().to_owned();
    crm.expect(200, "GET", "Users/3", Value::Null).await;
    crm.advance(3600);
    assert_eq!(crm.expect(401, "GET", "Users/3", Value::Null).await.text, "");
    let refresh = [("refreshToken", given["RefreshToken"].as_str().unwrap())];
    let again = crm.send("POST", "Auth/ApiRefresh", "", &refresh).await;
    crm.token = again.body["AccessToken"].as_str().unwrap().to_owned();
    crm.expect(200, "GET", "Users/3", Value::Null).await;
    let wrong = crm.send("POST", "Auth/ApiRefresh", "", &[("refreshToken", "x")]).await;
    assert!(wrong.status == 400 && wrong.text.contains("invalid_grant"));
    crm.act(json!({ "action": "revoke_tokens" }));
    crm.expect(401, "GET", "Users/3", Value::Null).await;
    assert_eq!(crm.send("GET", "Users/3", "", &[]).await.status, 401);
}

#[tokio::test]
async fn the_token_decides_whose_records_are_seen() {
    let mut crm = Crm::open().await;
    let there = json!({ "_system": 39_002, "OrganisationId": 1, "OrganisationName": "Elsewhere" });
    crm.emulator.seed(json!({ "organisations": [there] })).unwrap();
    crm.token = crm.token_for(OTHER_CODE).await.body["AccessToken"].as_str().unwrap().to_owned();
    assert_eq!(crm.get("Organisations").await.all("OrganisationName"), [json!("Elsewhere")]);
    crm.expect(200, "POST", "Organisations", json!({ "OrganisationName": "New" })).await;
    let state = crm.emulator.state();
    let other = &state["systems"]["39002"]["organisations"];
    assert_eq!(
        (other[1]["OrganisationId"].clone(), other[1]["OrganisationCreatedBy"].clone()),
        (json!(5001), json!("api2 other"))
    );
    assert_eq!(state["organisations"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_window_of_250_calls_slides() {
    let mut crm = Crm::open().await;
    for _ in 0..200 {
        crm.expect(200, "GET", "Users/3", Value::Null).await;
    }
    crm.advance(20);
    for _ in 0..50 {
        crm.expect(200, "GET", "Users/3", Value::Null).await;
    }
    let refused = crm.expect(429, "GET", "Users/3", Value::Null).await;
    let message = "The request was throttled. The limit of 250 requests per minute is reached";
    let body = json!({ "RetryAfterSeconds": 40, "Message": message, "Type": "TooManyRequestsException" });
    assert_eq!((refused.retry_after, refused.body), (Some(40), body));
    // The limit is the application token's, whatever the access token.
    crm.log_in().await;
    crm.expect(429, "GET", "Users/3", Value::Null).await;
    crm.advance(40);
    for _ in 0..200 {
        crm.expect(200, "GET", "Users/3", Value::Null).await;
    }
    assert_eq!(crm.expect(429, "GET", "Users/3", Value::Null).await.retry_after, Some(20));
}

#[tokio::test]
async fn rights_are_per_area() {
    let crm = Crm::open().await;
    crm.act(json!({ "action": "set_rights", "area": "Persons", "rights": "read" }));
    crm.expect(200, "GET", "Persons/1", Value::Null).await;
    crm.expect(401, "PUT", "Persons/1", json!({ "PersonTitle": "x" })).await;
    crm.act(json!({ "action": "set_rights", "area": "Persons", "rights": "none" }));
    crm.expect(401, "GET", "Persons/1", Value::Null).await;
    crm.expect(200, "GET", "Organisations/1", Value::Null).await;
}
