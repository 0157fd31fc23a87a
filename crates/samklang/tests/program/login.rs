//! Consent: by the browser at a loopback port, and by a pasted address.

use std::{io::Write, net::TcpListener, process::Stdio};

use emulators::eekonomi;
use serde_json::json;

use crate::bench::{Bench, Running, request};

/// A port that was free a moment ago, registered with the vendor as the place to come back to.
fn register(bench: &Bench, scheme: &str) -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let back = format!("{scheme}://localhost:{port}/callback");
    let client = json!({
        "client_id": eekonomi::CLIENT_ID, "client_secret": eekonomi::CLIENT_SECRET, "redirect_uris": [back],
    });
    bench.erp.seed(json!({ "clients": [client] })).unwrap();
    back
}

/// Agrees on the vendor's page; gives the address that the browser is sent to.
fn consent(address: &str) -> String {
    let address = address.trim().replace("/connect/authorize", "/connect/consent");
    let (status, head, body) = request("GET", &format!("{address}&company={}", eekonomi::COMPANY), &[], "");
    assert!((300..400).contains(&status), "{status} {body}");
    let location = head.lines().find_map(|line| line.strip_prefix("location: "));
    location.unwrap().trim().to_owned()
}

#[test]
fn the_browser_comes_back_to_the_loopback_port() {
    let bench = Bench::new();
    let back = register(&bench, "http");
    let set = format!("connections.erp.redirect_url={back}");
    let mut running = Running::start(bench.command(&["login", "erp", "--set", &set]));
    let address = running.until("/connect/authorize");
    running.until("Waiting for the browser");
    let (status, _, page) = request("GET", &consent(&address).replace("localhost", "127.0.0.1"), &[], "");
    assert_eq!(status, 200);
    assert!(page.contains("close this page"), "{page}");
    let (code, rest) = running.end();
    assert_eq!(code, Some(0), "{rest}");
    assert!(
        rest.contains("erp is signed in to") && rest.contains("556677-8899") || rest.contains(eekonomi::COMPANY),
        "{rest}"
    );
    bench.ends(0, &["check"]);
}

#[test]
fn the_address_can_be_pasted() {
    let bench = Bench::new();
    let back = register(&bench, "https");
    let set = format!("connections.erp.redirect_url={back}");
    let mut command = bench.command(&["login", "erp", "--set", &set]);
    command.stdin(Stdio::piped());
    let mut running = Running::start(command);
    let address = running.until("/connect/authorize");
    running.until("paste the address");
    writeln!(running.child.stdin.take().unwrap(), "\n{}", consent(&address)).unwrap();
    let (code, rest) = running.end();
    assert_eq!(code, Some(0), "{rest}");
    assert!(bench.read("samklang.tokens/erp.token.json").contains("refresh"));
}

#[test]
fn what_is_no_answer_is_refused_and_nothing_is_stored() {
    let bench = Bench::new();
    let back = register(&bench, "https");
    let set = format!("connections.erp.redirect_url={back}");
    let ran = bench.ends(1, &["login", "erp", "--set", &set]);
    ran.complains("no answer was given");
    bench.ends(1, &["login", "se"]).complains("se needs no login");
    bench.ends(1, &["login", "epr"]).complains("did you mean 'erp'?");
    assert!(!bench.folder.path().join("samklang.tokens").exists());
}
