//! A user logs in, for the Interactive API.

use std::sync::Arc;

use connector_visma_net::{Config, Environment, Login, SignIn, connect};
use emulators::visma_net::{REDIRECT_URI, TENANT};
use sync_core::ErrorKind;
use sync_http::{Limits, MemoryTokens, Redirected, TokenStore, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::emulated::Double;

fn interactive(double: &Double) -> Config {
    let mut config = double.config();
    config.sign_in = SignIn::Interactive;
    config.redirect_url = Some(REDIRECT_URI.to_owned());
    config
}
fn environment(double: &Double, tokens: Arc<MemoryTokens>) -> Environment {
    let limits = Arc::new(Limits::new(double.time.clone()));
    let mut environment = Environment::new(Transport::new().unwrap(), limits, tokens);
    environment.timer = double.time.clone();
    environment
}

/// Goes through the vendor's page as a person does, and gives the address that the browser ends at.
async fn consent(double: &Double, url: &url::Url, company: &str) -> String {
    let base: url::Url = double.emulator.base_url().parse().unwrap();
    let host = format!("{}:{}", base.host_str().unwrap(), base.port().unwrap());
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let target = format!("/connect/consent?{}&company={company}", url.query().unwrap());
    let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("location:"));
    line.unwrap_or_else(|| panic!("{answer}")).split_once(':').unwrap().1.trim().to_owned()
}

#[tokio::test]
async fn a_user_consents_once_to_both_services_and_the_token_renews_itself() {
    let double = Double::start().await;
    let tokens = Arc::new(MemoryTokens::new());
    let login = Login::new("erp", interactive(&double), environment(&double, tokens.clone())).unwrap();
    let begun = login.begin().unwrap();
    let scope = begun.url().query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    for wanted in ["vismanet_erp_interactive_api:read", "visma.net.erp.salesorder:write", "offline_access"] {
        assert!(scope.split(' ').any(|scope| scope == wanted), "{scope}");
    }
    let back = consent(&double, begun.url(), TENANT).await;
    let tenant = login.finish(&double.cx, &begun, &Redirected::parse(&back).unwrap()).await.unwrap();
    assert!(!tenant.name.is_empty());
    assert!(tokens.load("erp").await.unwrap().unwrap().refresh.is_some());

    let connection =
        connect(&double.cx, "erp", interactive(&double), environment(&double, tokens), None).await.unwrap();
    double.advance(2 * 3600);
    for stream in ["contacts", "orders_SO"] {
        let query = sync_core::connector::ListQuery::all(stream);
        sync_core::connector::Connector::list(&connection.router, &double.cx, &query).await.unwrap();
    }
}

#[tokio::test]
async fn a_user_without_the_right_is_told_and_nothing_is_stored() {
    let double = Double::start().await;
    double.act("api_role", serde_json::json!({ "allowed": false }));
    let tokens = Arc::new(MemoryTokens::new());
    let login = Login::new("erp", interactive(&double), environment(&double, tokens.clone())).unwrap();
    let begun = login.begin().unwrap();
    let back = consent(&double, begun.url(), TENANT).await;
    let error = login.finish(&double.cx, &begun, &Redirected::parse(&back).unwrap()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Config | ErrorKind::Auth), "{error}");
    assert!(tokens.load("erp").await.unwrap().is_none());
}

#[tokio::test]
async fn a_login_needs_its_settings() {
    let double = Double::start().await;
    let tokens = Arc::new(MemoryTokens::new());
    let error = Login::new("erp", double.config(), environment(&double, tokens.clone())).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.message().contains("sign_in"), "{error}");
    let mut config = interactive(&double);
    config.redirect_url = None;
    let error = Login::new("erp", config, environment(&double, tokens)).unwrap_err();
    assert!(error.message().contains("redirect_url"), "{error}");
}
