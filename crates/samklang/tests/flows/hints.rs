//! Webhooks, twice and together with the run that would have found the order anyway.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::json;

use crate::stage::{BOARD, BOOK, INVOICES, Stage};

/// `run --every --listen` under way, killed when dropped.
struct Watching {
    child: Child,
    out: BufReader<ChildStdout>,
    base: String,
}

impl Watching {
    fn start(stage: &Stage, every: &str) -> Self {
        let mut command = stage.command(&["run", "--every", every, "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("webhooks are taken at") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended before it listened");
        }
        let base = line.split_whitespace().last().unwrap().replace("<connection>", "se");
        Self { child, out, base }
    }
    /// The next run has ended.
    #[track_caller]
    fn ran(&mut self) -> String {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.out.read_line(&mut line).unwrap(), 0, "it ended: {said}");
            said.push_str(&line);
            if line.contains("parked") {
                return said;
            }
        }
    }
    fn hook(&self, event: &str, order: u64) -> u16 {
        let body = json!({
            "uuid": "5f1c", "eventId": event, "shopIdCode": "exempelbutiken",
            "eventTimestamp": "2026-03-01T12:00:00+01:00", "orderId": order,
        })
        .to_string();
        let url = self.base.trim_start_matches("http://");
        let (host, path) = url.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }
    fn ends(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_same_webhook_twice_makes_one_document() {
    let stage = Stage::set(INVOICES);
    let mut watching = Watching::start(&stage, "1s");
    watching.ran();
    let order = stage.guest_buys("siv@example.org", &[BOARD]);
    for _ in 0..2 {
        assert_eq!(watching.hook("order-created", order), 204);
    }
    while !watching.ran().contains("written eekonomi:erp/customerinvoicedrafts") {}
    assert_eq!(watching.hook("order-created", order), 204);
    assert_eq!(watching.hook("order-updated", order), 204);
    watching.ran();
    watching.ran();
    watching.ends();
    stage.document("customerinvoices", order);
    stage.settles();
    assert_eq!((stage.documents_in_all(), stage.at_erp("customers").len()), (1, 1));
}

#[test]
fn a_webhook_and_the_poll_that_finds_the_same_make_one_document() {
    let stage = Stage::set(&[]);
    let mut watching = Watching::start(&stage, "1s");
    watching.ran();
    let orders =
        [("siv@example.org", BOARD), ("eva@example.org", BOOK)].map(|(email, what)| stage.guest_buys(email, &[what]));
    assert_eq!(watching.hook("order-created", orders[0]), 204);
    while stage.documents_in_all() < 2 {
        watching.ran();
        assert_eq!(watching.hook("order-updated", orders[0]), 204);
    }
    watching.ran();
    watching.ends();
    stage.settles();
    orders.iter().for_each(|order| drop(stage.document("orders", *order)));
    assert_eq!((stage.documents_in_all(), stage.at_erp("customers").len()), (2, 2));
}

#[test]
fn a_second_process_at_the_same_time_makes_no_second_document() {
    let stage = Stage::set(INVOICES);
    let orders =
        ["siv@example.org", "eva@example.org", "per@example.org"].map(|email| stage.guest_buys(email, &[BOARD]));
    let quiet = || stage.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut both = [quiet(), quiet()];
    both.iter_mut().for_each(|one| assert!(one.wait().unwrap().code().is_some()));
    stage.settles();
    orders.iter().for_each(|order| drop(stage.document("customerinvoices", *order)));
    assert_eq!((stage.documents_in_all(), stage.at_erp("customers").len()), (3, 3));
}
