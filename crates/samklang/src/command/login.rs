//! `login`: a person gives consent in the vendor's page, once.

use std::{
    io::{self, BufRead},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{RawQuery, State},
    response::Html,
    routing::get,
};
use sync_core::Context;
use sync_http::{Consent, Redirected};
use tokio::{net::TcpListener, sync::oneshot};
use url::{Host, Url};

use super::Shell;
use crate::{
    fail::Failure,
    file::{Config, suggest},
    session,
};

/// Prints the address, waits for the code, stores the token, shows the company.
///
/// # Errors
/// A connection without login, a refusal, or another company than configured; nothing is stored then.
pub(super) async fn login(config: &Config, name: &str, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let connection = config.connections.get(name).ok_or_else(|| {
        let names: Vec<&str> = config.connections.keys().map(String::as_str).collect();
        Failure::usage(format!("no connection is named '{name}'; {}", suggest(name, &names)))
    })?;
    let id = session::id_of(name, connection);
    let failed = |error| Failure::of_system(&id, &error);
    let Some(login) = connection.settings.login(&id, &session::shared(config, &shell.machine)?).map_err(failed)? else {
        let line =
            format!("{name} needs no login: {} takes the credentials of the configuration", connection.system.name);
        return Err(Failure::usage(line));
    };
    let consent = login.begin().map_err(failed)?;
    writeln!(shell.out, "Open this address, sign in, choose the company and agree:\n\n  {}\n", consent.url())?;
    let redirected = answer(&consent, shell).await?;
    let cx = Context::new(shell.machine.clock.clone(), "login");
    let tenant = login.finish(&cx, &consent, &redirected).await.map_err(failed)?;
    writeln!(shell.out, "{name} is signed in to {} ({}).", tenant.name, tenant.id)?;
    Ok(0)
}

/// What comes first: the browser at the loopback port, or a pasted line.
async fn answer(consent: &Consent, shell: &mut Shell<'_>) -> Result<Redirected, Failure> {
    let redirect = redirect_of(consent.url());
    let mut browser = match redirect.as_ref().and_then(|url| Some((url, loopback(url)?))) {
        Some((url, address)) => listen(url.path(), address).await,
        None => None,
    };
    let hint = if browser.is_some() {
        "Waiting for the browser. If it cannot reach this machine, paste the address that it ended at:"
    } else {
        "Then paste the address that the browser ended at:"
    };
    writeln!(shell.out, "{hint}")?;
    shell.out.flush()?;
    let mut pasted = lines();
    let nothing =
        || Failure::usage("no answer was given; log in again and paste the address that the browser ended at");
    loop {
        let text = match &mut browser {
            Some(arrived) => tokio::select! {
                query = arrived => query.map_err(|_| nothing())?,
                line = pasted.recv() => match line {
                    Some(line) => line,
                    // nobody can paste; the browser may still come
                    None => browser.take().ok_or_else(nothing)?.await.map_err(|_| nothing())?,
                },
            },
            None => pasted.recv().await.ok_or_else(nothing)?,
        };
        if !text.trim().is_empty() {
            return Ok(Redirected::parse(&text)?);
        }
    }
}

fn redirect_of(address: &Url) -> Option<Url> {
    let (_, redirect) = address.query_pairs().find(|(key, _)| key == "redirect_uri")?;
    Url::parse(&redirect).ok()
}

/// The port of this machine that the vendor sends the browser to, if it is one.
fn loopback(redirect: &Url) -> Option<SocketAddr> {
    let local = match redirect.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    let port = redirect.port_or_known_default()?;
    (local && redirect.scheme() == "http").then_some(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// Takes one request at the redirect address. None if the port is taken: then the address is pasted.
async fn listen(path: &str, address: SocketAddr) -> Option<oneshot::Receiver<String>> {
    let listener = TcpListener::bind(address).await.ok()?;
    let (send, arrived) = oneshot::channel();
    let router = Router::new().route(path, get(took)).with_state(Arc::new(Mutex::new(Some(send))));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Some(arrived)
}

type Waiting = Arc<Mutex<Option<oneshot::Sender<String>>>>;

/// Passes on the first query that comes.
async fn took(State(waiting): State<Waiting>, RawQuery(query): RawQuery) -> Html<&'static str> {
    let sender = waiting.lock().map(|mut sender| sender.take()).unwrap_or_default();
    if let (Some(sender), Some(query)) = (sender, query) {
        // the command may have ended with a pasted line
        let _ = sender.send(query);
    }
    Html("<p>Samklang has the answer. You can close this page.</p>")
}

/// Lines of standard input, read beside everything else: nothing interrupts a read of a terminal.
fn lines() -> tokio::sync::mpsc::Receiver<String> {
    let (send, lines) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_address_is_listened_on() {
        let port = |url: &str| loopback(&Url::parse(url).unwrap()).map(|address| address.to_string());
        assert_eq!(port("http://localhost:8085/callback").as_deref(), Some("127.0.0.1:8085"));
        assert_eq!(port("http://127.0.0.1:9/x").as_deref(), Some("127.0.0.1:9"));
        assert_eq!(port("https://localhost:8085/callback"), None, "there is no certificate for it");
        assert_eq!(port("http://example.com:8085/"), None);
    }

    #[test]
    fn the_redirect_is_read_from_the_address_of_the_login() {
        let url = Url::parse("https://id.example/authorize?x=1&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb").unwrap();
        assert_eq!(redirect_of(&url).unwrap().as_str(), "http://localhost:1/cb");
    }
}
