//! Tokens, companies, scopes and limits.

use emulators::visma_net::{CLIENT_ID, CLIENT_SECRET, CUSTOMER_TENANT, OTHER_TENANT, REDIRECT_URI, TENANT};
use serde_json::{Value, json};

use crate::client::{ERP, Net, ORDERS};

#[tokio::test]
async fn a_token_is_of_one_company_and_ends() {
    let mut net = Net::open().await;
    assert_eq!(net.expect(200, "GET", "v1/customer/10000", Value::Null).await.body["name"], "Nordlys AS");
    let given = net.ask(&[("grant_type", "client_credentials"), ("tenant_id", OTHER_TENANT), ("scope", ERP)]).await;
    assert_eq!((given.body["expires_in"].clone(), given.body["token_type"].clone()), (json!(3600), json!("Bearer")));
    assert_eq!(given.body.get("refresh_token"), None);
    net.token = given.body["access_token"].as_str().unwrap().to_owned();
    net.expect(404, "GET", "v1/customer/10000", Value::Null).await;
    net.expect(403, "GET", "api/v3/SalesOrders", Value::Null).await;
    assert_eq!(net.get("v1/currency/SEK").await.body["isBaseCurrency"], true);
    net.advance(3599);
    net.expect(200, "GET", "v1/branch", Value::Null).await;
    net.advance(1);
    net.expect(401, "GET", "v1/branch", Value::Null).await;
}

#[tokio::test]
async fn what_the_token_endpoint_refuses() {
    let net = Net::open().await;
    let grant = ("grant_type", "client_credentials");
    for (pairs, error) in [
        (vec![grant, ("tenant_id", TENANT), ("scope", "vismanet_erp_service_api:everything")], "invalid_scope"),
        (vec![grant, ("tenant_id", TENANT)], "invalid_scope"),
        (vec![grant, ("tenant_id", "nobody"), ("scope", ERP)], "invalid_tenant"),
        (vec![("grant_type", "password")], "unsupported_grant_type"),
        (vec![("grant_type", "authorization_code"), ("code", "x")], "invalid_grant"),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "x")], "invalid_grant"),
    ] {
        let answer = net.ask(&pairs).await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (400, Some(error)), "{pairs:?}");
    }
    let wrong = net.form(&[("client_id", CLIENT_ID), ("client_secret", "x"), grant], &[]).await;
    assert_eq!((wrong.status, wrong.body["error"].as_str()), (400, Some("invalid_client")));
}

#[tokio::test]
async fn each_method_needs_its_scope() {
    let mut net = Net::open().await;
    let tenant = TENANT;
    net.token = net.token_for(tenant, "vismanet_erp_service_api:read").await;
    net.expect(200, "GET", "v1/customer", Value::Null).await;
    net.expect(403, "POST", "v1/customer", json!({})).await;
    net.expect(403, "PUT", "v1/customer/10000", json!({})).await;
    net.expect(403, "DELETE", "v1/customerinvoice/000801", Value::Null).await;
    net.expect(403, "GET", "api/v3/SalesOrders", Value::Null).await;
    net.token = net.token_for(tenant, "visma.net.erp.salesorder:write").await;
    net.expect(403, "GET", "api/v3/SalesOrders", Value::Null).await;
    net.expect(201, "POST", "api/v3/SalesOrders", json!({ "type": "SO", "customer": { "id": "10000" } })).await;
    net.expect(403, "GET", "v1/customer", Value::Null).await;
    net.token = net.token_for(tenant, "vismanet_erp_interactive_api:read").await;
    net.expect(200, "GET", "v1/customer", Value::Null).await;
}

#[tokio::test]
async fn a_customers_tenant_and_no_token_open_nothing() {
    let mut net = Net::open().await;
    net.token = net.token_for(CUSTOMER_TENANT, ERP).await;
    net.expect(401, "GET", "v1/branch", Value::Null).await;
    assert_eq!(net.send("GET", "v1/branch", b"", &[]).await.status, 401);
    net.act(json!({ "action": "revoke_tokens" }));
}

fn page(scope: &str) -> String {
    let pairs = [
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "s t"),
    ];
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Opens the page, chooses the company and gives what comes back to the client.
async fn consented(net: &Net, scope: &str, company: &str) -> Vec<(String, String)> {
    let shown = net.send("GET", &format!("connect/authorize?{}", page(scope)), b"", &[]).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let links = shown.text.split("href=\"/").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    let link = links
        .into_iter()
        .find(|link| if company.is_empty() { !link.contains("company=") } else { link.contains(company) });
    let chosen = net.send("GET", &link.unwrap(), b"", &[]).await;
    assert_eq!(chosen.status, 302);
    let back = url::Url::parse(chosen.header("location")).unwrap();
    assert!(back.as_str().starts_with(REDIRECT_URI));
    back.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_person_chooses_a_company_and_the_client_refreshes() {
    let mut net = Net::open().await;
    let scope = format!("openid offline_access vismanet_erp_interactive_api:read {ORDERS}");
    let back = consented(&net, &scope, TENANT).await;
    assert_eq!(back[1], ("state".to_owned(), "s t".to_owned()));
    let code = back[0].1.clone();
    let exchange = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT_URI)];
    let given = net.ask(&exchange).await;
    assert_eq!(given.status, 200, "{}", given.text);
    net.token = given.body["access_token"].as_str().unwrap().to_owned();
    net.expect(200, "GET", "v1/customer/10000", Value::Null).await;
    assert_eq!(net.ask(&exchange).await.body["error"], "invalid_grant");
    let old = given.body["refresh_token"].as_str().unwrap().to_owned();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", old.as_str())];
    let next = net.ask(&refresh).await;
    assert_eq!(next.status, 200, "{}", next.text);
    assert_eq!(net.ask(&refresh).await.body["error"], "invalid_grant");
    net.token = next.body["access_token"].as_str().unwrap().to_owned();
    net.expect(200, "GET", "v1/customer/10000", Value::Null).await;
    assert_eq!(consented(&net, &scope, "").await[0].1, "access_denied");
}

#[tokio::test]
async fn a_person_without_the_role_gets_no_token_and_a_wrong_page_none_either() {
    let net = Net::open().await;
    net.act(json!({ "action": "api_role", "allowed": false }));
    let code = consented(&net, "openid", TENANT).await[0].1.clone();
    let exchange = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT_URI)];
    assert_eq!(net.ask(&exchange).await.body["error"], "invalid_tenant");
    for (from, to, error) in [
        ("redirect_uri=http", "redirect_uri=https", "invalid_redirect_uri"),
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("scope=openid", "scope=all", "invalid_scope"),
        ("client_id=isv", "client_id=x", "unauthorized_client"),
    ] {
        let query = page("openid").replace(from, to);
        let answer = net.send("GET", &format!("connect/authorize?{query}"), b"", &[]).await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (400, Some(error)));
    }
}

#[tokio::test]
async fn a_proof_of_the_code_is_held_against_its_challenge() {
    let net = Net::open().await;
    // The pair of RFC 7636.
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    for (shown, status) in [("wrong", 400), (verifier, 200)] {
        let link = format!("connect/consent?{}&company={TENANT}&code_challenge={challenge}", page("openid"));
        let back = url::Url::parse(net.send("GET", &link, b"", &[]).await.header("location")).unwrap();
        let code = back.query_pairs().next().unwrap().1.into_owned();
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", shown),
        ];
        assert_eq!(net.ask(&exchange).await.status, status);
    }
}

#[tokio::test]
async fn every_answer_tells_what_is_left_of_the_hour() {
    let mut net = Net::open().await;
    net.switch("token_lifetime_s", 7200);
    net.token = net.token_for(TENANT, ERP).await;
    net.switch("rate_limit_per_hour", 2);
    let first = net.get("v1/branch").await;
    let told =
        ["limit", "remaining", "reset", "policy"].map(|name| first.header(&format!("x-ratelimit-{name}")).to_owned());
    assert_eq!(told, ["2", "1", "3600", "4-fixed-window"]);
    assert_eq!(net.get("v1/customer/?").await.header("x-ratelimit-remaining"), "0");
    net.advance(600);
    let refused = net.get("v1/branch").await;
    assert_eq!(
        (refused.status, refused.header("retry-after"), refused.header("x-ratelimit-remaining")),
        (429, "3000", "0")
    );
    net.advance(3000);
    net.expect(200, "GET", "v1/branch", Value::Null).await;
}

#[tokio::test]
async fn both_ways_to_show_the_clients_secret() {
    let net = Net::open().await;
    use base64_of as coded;
    let basic = format!("Basic {}", coded(&format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    let pairs = [("grant_type", "client_credentials"), ("tenant_id", TENANT), ("scope", ERP)];
    assert_eq!(net.form(&pairs, &[("authorization", &basic)]).await.status, 200);
}

/// Base64, by hand: tests have no crate for it.
pub(crate) fn base64_of(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = bits << 8 | u32::from(*chunk.get(place).unwrap_or(&0));
        }
        for place in 0..4 {
            let letter = LETTERS[usize::try_from(bits >> (18 - 6 * place) & 63).unwrap()];
            out.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}
