//! What the tests over the wire share: a server made by hand for connections that break, and clients with virtual time.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sync_core::Context;
use sync_http::{Client, ClientBuilder, Jitter, Transport, VirtualTime};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() // 2026-01-01
}

pub(crate) fn leaping() -> Arc<VirtualTime> {
    Arc::new(VirtualTime::leaping(start()))
}

pub(crate) fn context(time: &Arc<VirtualTime>) -> Context {
    Context::new(time.clone(), "test")
}

pub(crate) fn builder(base: &str, time: &Arc<VirtualTime>) -> ClientBuilder {
    Client::builder(Transport::new().unwrap(), Url::parse(base).unwrap())
        .timer(time.clone())
        .jitter(Jitter::seeded(1))
        .timeout(Duration::from_secs(20))
}

/// What a connection does once it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Closes before anything is read.
    CloseAtOnce,
    /// Reads the whole request, then closes.
    ReadAndClose,
    /// Answers this, then closes. A body shorter than announced is one that was cut off.
    Answer(&'static str),
    /// Reads the whole request and holds the connection open until the test ends.
    Hang,
}

/// A server whose first connection does the first thing, and so on; the last one is repeated.
pub(crate) struct Server {
    pub(crate) url: String,
    /// The whole requests that were read, head and body.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    pub(crate) connections: Arc<Mutex<usize>>,
}

impl Server {
    pub(crate) async fn with(script: &'static [Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (seen, opened) = (requests.clone(), connections.clone());
        tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let number = {
                    let mut opened = opened.lock().unwrap();
                    *opened += 1;
                    *opened - 1
                };
                let does = script[number.min(script.len() - 1)];
                if does == Does::CloseAtOnce {
                    continue;
                }
                let request = read_request(&mut stream).await;
                seen.lock().unwrap().push(request);
                match does {
                    Does::Answer(text) => {
                        stream.write_all(text.as_bytes()).await.unwrap();
                        stream.shutdown().await.unwrap();
                    }
                    Does::Hang => held.push(stream),
                    Does::CloseAtOnce | Does::ReadAndClose => {}
                }
            }
        });
        Self { url, requests, connections }
    }
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(|n| n.parse().unwrap()))
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        if read == 0 {
            return text;
        }
    }
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
