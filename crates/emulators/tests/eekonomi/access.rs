//! Add-on, edition, module, scope, user, quota; and what is not there.

use emulators::eekonomi::COMPANY;
use serde_json::json;

use crate::client::{Erp, path};

#[tokio::test]
async fn without_the_add_on_every_call_is_refused_with_the_vendors_words() {
    let erp = Erp::start().await;
    erp.act("set_company", json!({ "api_addon": false }));
    let body = erp.get("/companysettings").await.refused(403, 4002);
    assert_eq!(body["DeveloperErrorMessage"], "ForbiddenRequestException - No access to module: api_standard");
    assert_eq!(body["Errors"], json!([]));
    let again = erp.get("/companysettings").await.refused(403, 4002);
    assert_ne!(body["ErrorId"], again["ErrorId"]);
}

#[tokio::test]
async fn other_doors() {
    let erp = Erp::start().await;
    for (door, open, code) in [("startup_guide", false, 4003), ("licence", false, 4012), ("user_access", false, 4011)] {
        erp.act("set_company", json!({ door: open }));
        erp.get("/customers").await.refused(403, code);
        erp.act("set_company", json!({ door: !open }));
    }
    erp.act("set_company", json!({ "read_only_user": true }));
    erp.get("/customers").await.of(200);
    erp.post("/customerlabels", json!({ "Name": "x" })).await.refused(403, 4019);
    erp.act("set_company", json!({ "read_only_user": false, "settings": { "CompanyStatus": 0 } }));
    erp.get("/customers").await.refused(403, 4004);
    assert!(erp.try_act("set_company", json!({ "licence": "yes" })).is_err());
}

#[tokio::test]
async fn a_sandbox_client_needs_a_sandbox_company() {
    let erp = Erp::start().await;
    let client = json!({
        "client_id": emulators::eekonomi::CLIENT_ID,
        "client_secret": "s",
        "redirect_uris": [],
        "sandbox": true,
    });
    erp.emulator.seed(json!({ "clients": [client] })).unwrap();
    erp.get("/customers").await.refused(400, 4034);
    erp.act("set_company", json!({ "sandbox": true }));
    erp.get("/customers").await.of(200);
}

#[tokio::test]
async fn the_edition_decides_what_there_is() {
    let erp = Erp::start().await;
    assert_eq!(erp.get("/companysettings").await.of(200)["ProductVariant"], 5);
    assert_eq!(erp.get("/costcenters").await.status, 501, "published, in the edition, not emulated");
    for (variant, refused, allowed) in [
        (2, vec!["/suppliers", "/accountbalances/2026-01-01", "/salespricelists"], vec!["/orders", "/customers"]),
        (4, vec!["/orders", "/customerlabels"], vec!["/customers", "/customerinvoices"]),
        (3, vec!["/customers", "/orders"], vec!["/accounts", "/bankaccounts"]),
    ] {
        erp.act("set_company", json!({ "settings": { "ProductVariant": variant } }));
        for path in refused {
            erp.get(path).await.refused(403, 4009);
        }
        for path in allowed {
            erp.get(path).await.of(200);
        }
    }
}

#[tokio::test]
async fn orders_need_their_module() {
    let erp = Erp::start().await;
    erp.act("set_company", json!({ "settings": { "ActivatedModules": ["api_standard"] } }));
    let body = erp.get("/orders").await.refused(403, 4002);
    assert_eq!(body["DeveloperErrorMessage"], "ForbiddenRequestException - No access to module: sales_standard");
    erp.get("/customerinvoices").await.of(200);
}

#[tokio::test]
async fn scopes() {
    let erp = Erp::start().await;
    erp.sign_in(json!({ "scopes": "ea:api ea:sales" }));
    erp.get("/customers").await.of(200);
    erp.get("/bankaccounts").await.refused(403, 4006);
    erp.get("/vatcodes").await.refused(403, 4006);
    erp.sign_in(json!({ "scopes": "ea:api ea:sales_readonly ea:purchase_readonly" }));
    erp.get("/orders").await.of(200);
    erp.get("/bankaccounts").await.of(200);
    erp.post("/customerlabels", json!({ "Name": "x" })).await.refused(403, 4006);
    erp.sign_in(json!({ "scopes": "ea:sales" }));
    erp.get("/customers").await.refused(403, 4006);
}

#[tokio::test]
async fn some_writes_are_open_to_readers_as_documented() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({ "EmailAddress": "a@b.se" })).await, erp.article("A").await);
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    let email = format!("{}/email", path("customerinvoices", &invoice));
    erp.sign_in(json!({ "scopes": "ea:api ea:sales_readonly" }));
    erp.post(&email, json!({})).await.of(200);
    erp.switch("readonly_writes", "refused");
    erp.post(&email, json!({})).await.refused(403, 4006);
}

#[tokio::test]
async fn companies_do_not_see_each_other_and_share_the_quota_of_their_client() {
    let erp = Erp::start().await;
    erp.emulator.seed(json!({ "companies": [{ "Id": "c-2", "Name": "Andra" }] })).unwrap();
    let customer = erp.customer(json!({})).await;
    erp.sign_in(json!({ "company": "c-2" }));
    erp.get(&path("customers", &customer)).await.refused(404, 3000);
    assert!(erp.list("/customers").await.is_empty());
    let other = erp.customer(json!({ "Name": "Andra kunden" })).await;
    assert_ne!(customer["TermsOfPaymentId"], other["TermsOfPaymentId"]);

    erp.switch("rate_limit", 2);
    erp.advance(60);
    erp.get("/units").await.of(200);
    erp.sign_in(json!({ "company": COMPANY }));
    erp.get("/units").await.of(200);
    erp.advance(5);
    let body = erp.get("/units").await.refused(429, 4010);
    assert_eq!(
        body["DeveloperErrorMessage"],
        "API calls quota exceeded! maximum admitted 2 per Minute. Try again in 55 seconds."
    );
    assert!(body.get("Errors").is_none());
    erp.get("/currencies").await.of(200);
    erp.advance(54);
    erp.get("/units").await.refused(429, 4010);
    erp.advance(1);
    erp.get("/units").await.of(200);
}

#[tokio::test]
async fn the_quota_is_per_endpoint_or_per_url() {
    let erp = Erp::start().await;
    let units = erp.list("/units").await;
    erp.switch("rate_limit", 1);
    erp.get(&path("units", &units[0])).await.of(200);
    let refused = erp.get(&path("units", &units[1])).await;
    assert!(!refused.headers.iter().any(|(name, _)| name == "retry-after"));
    refused.refused(429, 4010);
    erp.advance(60);
    erp.switch("rate_key", "url");
    erp.switch("retry_after", "present");
    erp.get(&path("units", &units[0])).await.of(200);
    erp.get(&path("units", &units[1])).await.of(200);
    let refused = erp.get(&path("units", &units[1])).await;
    assert!(refused.headers.contains(&("retry-after".to_owned(), "60".to_owned())));
}

#[tokio::test]
async fn what_is_hidden_or_forbidden_is_404_or_405() {
    let erp = Erp::start().await;
    let (customer, article) = (erp.customer(json!({})).await, erp.article("A").await);
    let invoice = erp.invoice(&customer, &article, json!({})).await;
    for (method, path, status) in [
        ("POST", "/customers/batch".to_owned(), 405),
        ("POST", "/orders/dryrun".to_owned(), 405),
        ("PATCH", path("customers", &customer), 405),
        ("DELETE", path("articles", &article), 405),
        ("PUT", path("customerinvoices", &invoice), 405),
        ("DELETE", path("customerinvoices", &invoice), 405),
        ("GET", format!("{}/payments", path("customerinvoices", &invoice)), 404),
        ("POST", "/webhooks".to_owned(), 404),
    ] {
        assert_eq!(erp.send(method, &path, Some(&json!({}))).await.status, status, "{method} {path}");
    }
}
