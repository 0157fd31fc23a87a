//! Whom we talk to, what it has, and what a person is told when it has not.

use crate::support::{COMPANY, Erp};
use serde_json::json;
use sync_core::{Disposition, ErrorKind, connector::Connector};
use sync_http::{Redirected, TokenStore};

#[tokio::test]
async fn a_day_long_no_call_is_spent_on_the_company() {
    let erp = Erp::start().await;
    let first = erp.connect().await;
    assert_eq!((first.company.name.as_str(), first.company.edition.as_str()), ("Exempelbolaget AB", "Pro"));
    assert_eq!(first.company.currency, "SEK");
    let terms = &first.company.lists["termsofpayments"];
    assert!(terms.iter().any(|code| code.name == "30 dagar" && !code.id.is_empty()));
    let codings = &first.company.lists["articleaccountcodings"];
    let goods = codings.iter().find(|code| code.name == "Varor 25 %").unwrap();
    assert_eq!((goods.vat_rate.unwrap().to_string(), goods.account.as_deref()), ("25".to_owned(), Some("3001")));
    assert_eq!(first.company.lists["currencies"][0].id, "SEK");
    assert_eq!(first.company.lists["units"][0].short.as_deref(), Some("st"));
    assert!(erp.calls().len() < 40, "{}", erp.calls().len());

    erp.emulator.clear_requests();
    erp.advance(86_000);
    erp.sign_in(json!({})).await;
    let again = erp.try_connect(erp.config(), Some(first.snapshot.clone())).await.unwrap();
    assert!(erp.calls().is_empty());
    assert_eq!(again.router.capabilities(), first.router.capabilities());
    erp.advance(500);
    erp.sign_in(json!({})).await;
    erp.try_connect(erp.config(), Some(first.snapshot)).await.unwrap();
    assert!(!erp.calls().is_empty(), "it is read anew after a day");
}

#[tokio::test]
async fn check_tells_the_company_and_another_companys_login_is_refused() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let tenant = connection.router.check(&erp.cx).await.unwrap();
    assert_eq!((tenant.name.as_str(), tenant.base_currency.as_deref()), ("Exempelbolaget AB", Some("SEK")));
    assert_eq!(tenant.id, emulators::eekonomi::COMPANY);

    let other = "9b1c9f52-0000-4b7e-9c35-2d4f60718293";
    let company = json!({ "Id": other, "Name": "Annat AB", "CorporateIdentityNumber": "556036-0793" });
    erp.emulator.seed(json!({ "companies": [company] })).unwrap();
    erp.sign_in(json!({ "company": other })).await;
    for refused in [
        erp.try_connect(erp.config(), None).await.map(|_| ()).unwrap_err(),
        // the lists of yesterday do not hide that the login is another one
        erp.try_connect(erp.config(), Some(connection.snapshot.clone()))
            .await
            .unwrap()
            .router
            .check(&erp.cx)
            .await
            .map(|_| ())
            .unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Auth);
        assert!(refused.message().contains("Annat AB") && refused.message().contains(COMPANY), "{refused}");
    }
}

#[tokio::test]
async fn a_person_is_told_what_to_do_about_the_company() {
    for (set, code, words) in [
        (json!({ "api_addon": false }), "4002", "add-on"),
        (json!({ "startup_guide": false }), "4003", "start-up guide"),
        (json!({ "licence": false }), "4012", "licence"),
        (json!({ "user_access": false }), "4011", "another one"),
    ] {
        let erp = Erp::start().await;
        erp.act("set_company", set.clone());
        let connected = erp.try_connect(erp.config(), None).await;
        let error = connected.unwrap_err();
        assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Permission, Some(code)), "{set}");
        assert!(error.message().contains(words), "{error}");
        assert!(error.context().iter().any(|(key, _)| *key == "error_id"), "{error:?}");
        assert_eq!(error.disposition(), Disposition::StopSystem);
    }
}

#[tokio::test]
async fn streams_that_the_edition_or_a_module_lacks_are_not_there() {
    let erp = Erp::start().await;
    erp.act("set_company", json!({ "settings": { "ActivatedModules": ["api_standard"] } }));
    let connection = erp.connect().await;
    let streams = &connection.router.capabilities().streams;
    assert!(streams.contains_key("customers") && !streams.contains_key("orders"));
    assert!(connection.company.closed["orders"].contains("'sales_standard'"), "{:?}", connection.company.closed);

    let erp = Erp::start().await;
    erp.act("set_company", json!({ "settings": { "ProductVariant": 3 } }));
    let connection = erp.connect().await;
    let streams = &connection.router.capabilities().streams;
    assert!(!streams.contains_key("customers") && !streams.contains_key("articles"), "an edition without sales");
    assert!(connection.company.closed["customers"].contains("edition"), "{:?}", connection.company.closed);
}

#[tokio::test]
async fn without_a_scope_its_lists_are_left_out() {
    let erp = Erp::start().await;
    erp.sign_in(json!({ "scopes": "ea:api offline_access ea:sales" })).await;
    let connection = erp.connect().await;
    assert!(connection.company.closed.contains_key("bankaccounts"), "{:?}", connection.company.closed);
    assert!(connection.router.capabilities().streams.contains_key("customers"));
}

#[tokio::test]
async fn a_company_that_may_only_be_read_offers_no_writes() {
    let erp = Erp::start().await;
    erp.act("set_company", json!({ "settings": { "CompanyStatus": 2 } }));
    let connection = erp.connect().await;
    for (name, can) in &connection.router.capabilities().streams {
        assert!(!can.create && can.remove.is_empty() && can.acts.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_a_list_cannot_be_asked_is_not_claimed() {
    let erp = Erp::start().await;
    erp.switch("filter_stamps", "off");
    erp.switch("filter_lookups", "off");
    let connection = erp.connect().await;
    let can = &connection.router.capabilities().streams["customers"];
    assert!(can.list.unwrap().since.is_none());
    let found: Vec<&str> = can.find_by.iter().map(|path| path.as_str()).collect();
    assert_eq!(found, ["number"]);
}

#[tokio::test]
async fn a_dead_login_says_so() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    erp.act("change_password", json!({}));
    erp.advance(4000);
    let error = connection.router.check(&erp.cx).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Auth, Some("invalid_grant")));
}

#[tokio::test]
async fn tokens_are_renewed_and_stored_in_both_of_the_vendors_modes() {
    for mode in ["rotating", "reusable"] {
        let erp = Erp::start().await;
        erp.switch("refresh_tokens", mode);
        let connection = erp.connect().await;
        for _ in 0..3 {
            erp.advance(3600);
            connection.router.check(&erp.cx).await.unwrap();
        }
        let before = erp.tokens.load("erp").await.unwrap().unwrap();
        assert!(before.refresh.is_some(), "{mode}");
        // a new process begins with what was stored
        erp.advance(3600);
        erp.try_connect(erp.config(), None).await.unwrap();
    }
}

#[tokio::test]
async fn too_many_calls_wait_as_long_as_the_text_says() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let fault = emulators::frame::Fault::new(emulators::frame::FaultKind::RateLimit).on("GET", "/v2/companysettings");
    erp.emulator.fault(fault);
    connection.router.check(&erp.cx).await.unwrap();
    let waited: u64 = erp.time.slept().iter().map(std::time::Duration::as_secs).sum();
    assert!((55..=60).contains(&waited), "{:?}", erp.time.slept());
}

mod login {
    use super::*;
    use connector_eekonomi::Login;

    /// Goes through the vendor's page as a person does, and gives the address that the browser ends at.
    async fn consent(erp: &Erp, url: &url::Url, company: &str) -> String {
        let url = format!("{}/connect/consent?{}&company={company}", erp.emulator.base_url(), url.query().unwrap());
        crate::support::location(&url).await
    }

    #[tokio::test]
    async fn a_person_logs_in_and_sees_the_companys_name() {
        let erp = Erp::start().await;
        let mut environment = erp.environment();
        let tokens = std::sync::Arc::new(sync_http::MemoryTokens::new());
        environment.tokens = tokens.clone();
        let login = Login::new("erp", erp.config(), environment.clone()).unwrap();
        let begun = login.begin().unwrap();
        let asked: std::collections::BTreeMap<_, _> = begun.url().query_pairs().into_owned().collect();
        assert_eq!(asked["prompt"], "select_account", "or a default company is taken in silence");
        assert!(asked["scope"].contains("offline_access") && asked["acr_values"].starts_with("service:"));
        let back = consent(&erp, begun.url(), emulators::eekonomi::COMPANY).await;
        let redirected = Redirected::parse(&back).unwrap();
        let tenant = login.finish(&erp.cx, &begun, &redirected).await.unwrap();
        assert_eq!(tenant.name, "Exempelbolaget AB");
        assert!(tokens.load("erp").await.unwrap().unwrap().refresh.is_some());
        let connection = connector_eekonomi::connect(&erp.cx, "erp", erp.config(), environment, None).await.unwrap();
        assert_eq!(connection.company.name, "Exempelbolaget AB");
    }

    #[tokio::test]
    async fn the_wrong_company_is_refused_and_nothing_is_stored() {
        let erp = Erp::start().await;
        let other = "9b1c9f52-0000-4b7e-9c35-2d4f60718293";
        let company = json!({ "Id": other, "Name": "Annat AB", "CorporateIdentityNumber": "556036-0793" });
        erp.emulator.seed(json!({ "companies": [company] })).unwrap();
        let mut environment = erp.environment();
        let tokens = std::sync::Arc::new(sync_http::MemoryTokens::new());
        environment.tokens = tokens.clone();
        let login = Login::new("erp", erp.config(), environment).unwrap();
        let begun = login.begin().unwrap();
        let redirected = Redirected::parse(&consent(&erp, begun.url(), other).await).unwrap();
        let error = login.finish(&erp.cx, &begun, &redirected).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(error.message().contains("Annat AB"), "{error}");
        assert!(tokens.load("erp").await.unwrap().is_none());
    }

    #[test]
    fn without_a_redirect_address_there_is_no_login() {
        let environment = sync_http_environment();
        let config = connector_eekonomi::Config::new("id", "hush-hush".into(), COMPANY);
        let error = Login::new("erp", config, environment).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.message().contains("redirect_url"), "{error}");
    }

    fn sync_http_environment() -> connector_eekonomi::Environment {
        let limits = std::sync::Arc::new(sync_http::Limits::new(std::sync::Arc::new(sync_http::TokioTimer::new())));
        let tokens = std::sync::Arc::new(sync_http::MemoryTokens::new());
        connector_eekonomi::Environment::new(sync_http::Transport::new().unwrap(), limits, tokens)
    }
}

#[tokio::test]
async fn no_secret_is_shown() {
    let erp = Erp::start().await;
    let connection = erp.connect().await;
    let shown = format!("{:?} {:?} {:?}", erp.config(), erp.environment(), connection);
    assert!(!shown.contains(emulators::eekonomi::CLIENT_SECRET), "{shown}");
}
