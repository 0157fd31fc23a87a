//! Consent, codes, tokens.

use emulators::eekonomi::{CLIENT_ID, CLIENT_SECRET, COMPANY, REDIRECT_URI};
use serde_json::{Value, json};

use crate::client::{Answer, Erp};

const SCOPES: &str = "ea:api offline_access ea:sales";

async fn authorize(erp: &Erp, more: &[(&str, &str)]) -> (u16, String, String) {
    let mut query = vec![
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", SCOPES),
        ("state", "s 1"),
    ];
    query.retain(|(name, _)| !more.iter().any(|(known, _)| known == name));
    query.extend(more);
    let url = format!("{}/connect/authorize", erp.emulator.base_url());
    let answer = erp.http.get(url).query(&query).send().await.unwrap();
    let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), location, answer.text().await.unwrap())
}

async fn follow(erp: &Erp, link: &str) -> String {
    let answer = erp.http.get(format!("{}{link}", erp.emulator.base_url())).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

fn links(page: &str) -> Vec<String> {
    let hrefs = page.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    hrefs.map(|(link, _)| link.replace("&amp;", "&")).collect()
}

fn in_query(location: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(location).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

async fn token(erp: &Erp, form: &[(&str, &str)], secret: &str) -> Answer {
    let url = format!("{}/connect/token", erp.emulator.base_url());
    let answer = erp.http.post(url).basic_auth(CLIENT_ID, Some(secret)).form(form).send().await.unwrap();
    let status = answer.status().as_u16();
    Answer { status, body: answer.json().await.unwrap(), headers: Vec::new() }
}

async fn by_code(erp: &Erp, code: &str) -> Answer {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
    token(erp, &form, CLIENT_SECRET).await
}

async fn refresh(erp: &Erp, refresh: &Value) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str().unwrap())];
    token(erp, &form, CLIENT_SECRET).await
}

#[tokio::test]
async fn the_user_chooses_the_company_that_the_tokens_open() {
    let erp = Erp::start().await;
    erp.emulator.seed(json!({ "companies": [{ "Id": "c-2", "Name": "Andra & Co" }] })).unwrap();
    let (status, _, page) = authorize(&erp, &[]).await;
    assert_eq!(status, 200);
    assert!(page.contains("Exempelbolaget AB") && page.contains("Andra &amp; Co"), "{page}");
    let links = links(&page);
    assert_eq!(links.len(), 3, "two companies and a refusal");
    let back = follow(&erp, &links[1]).await;
    assert!(back.starts_with(REDIRECT_URI));
    assert_eq!(in_query(&back, "state").unwrap(), "s 1");
    let code = in_query(&back, "code").unwrap();
    let tokens = by_code(&erp, &code).await.of(200);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(3600)));
    assert!(tokens["refresh_token"].is_string());
    erp.token.replace(tokens["access_token"].as_str().unwrap().to_owned());
    assert_eq!(erp.get("/companysettings").await.of(200)["Name"], "Andra & Co");
    assert_eq!(by_code(&erp, &code).await.of(400), json!({ "error": "invalid_grant" }), "a code is for one use");
    let refused = follow(&erp, &links[2]).await;
    assert_eq!(in_query(&refused, "error").unwrap(), "access_denied");
}

#[tokio::test]
async fn a_default_company_is_bound_silently_unless_the_choice_is_asked_for() {
    let erp = Erp::start().await;
    erp.emulator.seed(json!({ "companies": [{ "Id": "c-2", "Name": "Andra" }] })).unwrap();
    erp.act("set_company", json!({ "company": COMPANY, "default": true }));
    let (status, location, _) = authorize(&erp, &[]).await;
    assert_eq!(status, 302);
    assert!(in_query(&location, "code").is_some());
    let (status, _, page) = authorize(&erp, &[("prompt", "login select_account")]).await;
    assert_eq!((status, links(&page).len()), (200, 3));
}

#[tokio::test]
async fn codes_expire_and_belong_to_their_client_and_address() {
    let erp = Erp::start().await;
    let code = async || {
        let (_, _, page) = authorize(&erp, &[]).await;
        in_query(&follow(&erp, &links(&page)[0]).await, "code").unwrap()
    };
    let late = code().await;
    erp.advance(301);
    by_code(&erp, &late).await.of(400);
    let form = [("grant_type", "authorization_code"), ("code", &code().await), ("redirect_uri", "http://localhost/")];
    token(&erp, &form, CLIENT_SECRET).await.of(400);
    for (name, value) in [("client_id", "nobody"), ("redirect_uri", "http://evil.example/")] {
        let (status, location, _) = authorize(&erp, &[(name, value)]).await;
        assert_eq!((status, location.as_str()), (400, ""), "{name}: nothing goes to an unknown address");
    }
    let (_, location, _) = authorize(&erp, &[("scope", "ea:everything")]).await;
    assert_eq!(in_query(&location, "error").unwrap(), "invalid_scope");
}

#[tokio::test]
async fn wrong_client() {
    let erp = Erp::start().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(token(&erp, &form, "wrong").await.of(401), json!({ "error": "invalid_client" }));
    erp.switch("invalid_client_status", "400");
    token(&erp, &form, "wrong").await.of(400);
    token(&erp, &form, CLIENT_SECRET).await.of(400);
}

#[tokio::test]
async fn the_client_may_name_itself_in_the_form() {
    let erp = Erp::start().await;
    let tokens = erp.sign_in(json!({}));
    let url = format!("{}/connect/token", erp.emulator.base_url());
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    assert_eq!(erp.http.post(url).form(&form).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn refresh_tokens_rotate_or_stay() {
    let erp = Erp::start().await;
    let first = erp.sign_in(json!({}))["refresh_token"].clone();
    let second = refresh(&erp, &first).await.of(200)["refresh_token"].clone();
    assert_ne!(first, second);
    assert_eq!(refresh(&erp, &first).await.of(400), json!({ "error": "invalid_grant" }));
    erp.switch("refresh_tokens", "reusable");
    let third = refresh(&erp, &second).await.of(200);
    assert_eq!(third["refresh_token"], second);
    erp.token.replace(third["access_token"].as_str().unwrap().to_owned());
    erp.get("/customers").await.of(200);
    refresh(&erp, &second).await.of(200);
}

#[tokio::test]
async fn tokens_die_by_age_password_and_revocation() {
    let erp = Erp::start().await;
    let tokens = erp.sign_in(json!({}));
    erp.get("/customers").await.of(200);
    erp.advance(3600);
    let refused = erp.get("/customers").await.refused(401, 4005);
    assert_eq!(
        refused["DeveloperErrorMessage"],
        "AuthorizationException - Authorization has been denied for this request."
    );
    assert!(refused.get("Errors").is_none());
    let tokens = refresh(&erp, &tokens["refresh_token"]).await.of(200);
    erp.token.replace(tokens["access_token"].as_str().unwrap().to_owned());
    erp.act("change_password", json!({}));
    refresh(&erp, &tokens["refresh_token"]).await.of(400);
    erp.get("/customers").await.of(200);
    let url = format!("{}/connect/revocation", erp.emulator.base_url());
    let form = [("token", erp.token.borrow().clone())];
    let answer = erp.http.post(&url).basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(&form).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, ""));
    erp.get("/customers").await.refused(401, 4005);
}

#[tokio::test]
async fn without_its_scope_there_is_no_refresh_token() {
    let erp = Erp::start().await;
    let tokens = erp.sign_in(json!({ "scopes": "ea:api ea:sales" }));
    assert!(tokens["refresh_token"].is_null());
    let claims = tokens["access_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    assert!(claims.len() > 100, "the token has the form of a JWT");
}
