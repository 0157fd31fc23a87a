//! A server that gives one answer to everything, whatever that is, and a token to who asks for one.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// The token that it gives; no error may show it.
pub(crate) const TOKEN: &str = "hush-token-5a1c";

/// Status, body, and whether who asks for a token is told the same.
type Answer = Arc<Mutex<(u16, Vec<u8>, bool)>>;

/// The server; it ends with the test's process.
pub(crate) struct Says {
    pub(crate) url: String,
    answer: Answer,
}

impl Says {
    /// It gives a token where the path ends in `tokens_at`.
    pub(crate) fn start(tokens_at: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Answer::default();
        let shared = answer.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // who hangs up in the middle has had enough
                let _ = served(stream, tokens_at, &shared);
            }
        });
        Self { url, answer }
    }
    /// The next answers are these.
    pub(crate) fn says(&self, status: u16, body: Vec<u8>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = (status, body, false);
    }
    /// The same where tokens are, too.
    pub(crate) fn says_to_all(&self, status: u16, body: Vec<u8>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = (status, body, true);
    }
}

fn served(mut stream: TcpStream, tokens_at: &str, answer: &Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? < 3 {
            break;
        }
        if let Some(told) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = told.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    let asks = first.split(' ').nth(1).is_some_and(|path| path.ends_with(tokens_at));
    let (status, body, to_all) = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (status, body) = if asks && !to_all {
        (200, format!(r#"{{"access_token":"{TOKEN}","expires_in":3600}}"#).into_bytes())
    } else {
        (status, body)
    };
    let head = format!("HTTP/1.1 {status} Told\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}
