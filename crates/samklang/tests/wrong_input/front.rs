//! Something between the program and a system that spoils answers in ways that the emulators do not.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
};

/// An answer to give instead of the system's own, so many times.
#[derive(Clone, Debug)]
pub(crate) struct Spoilt {
    /// The request line begins so: `GET /v2/customers`.
    pub(crate) to: &'static str,
    pub(crate) times: u32,
    /// Status line and headers, without the length.
    pub(crate) head: &'static str,
    pub(crate) body: &'static str,
}

/// A request that waits until somebody lets it go on.
#[derive(Debug)]
struct Held {
    to: &'static str,
    came: Sender<()>,
    go: Receiver<()>,
}

/// What is to be done with requests that come.
#[derive(Debug, Default)]
struct Orders {
    spoilt: Mutex<Option<Spoilt>>,
    held: Mutex<Option<Held>>,
    /// Words that answers have others for.
    words: Mutex<Vec<(&'static str, String)>>,
    closed: AtomicBool,
}

/// Passes on what comes, but for what is to be spoilt.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) base_url: String,
    orders: Arc<Orders>,
    thread: JoinHandle<()>,
}

impl Front {
    pub(crate) fn of(system: &str) -> Self {
        Self::at("127.0.0.1:0", system)
    }
    /// At an address that was another one's before.
    pub(crate) fn at(address: &str, system: &str) -> Self {
        let listener = TcpListener::bind(address.trim_start_matches("http://")).unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let orders: Arc<Orders> = Arc::default();
        let (behind, told) = (system.trim_start_matches("http://").to_owned(), orders.clone());
        let thread = thread::spawn(move || {
            for caller in listener.incoming() {
                if told.closed.load(Ordering::SeqCst) {
                    return;
                }
                let (behind, told) = (behind.clone(), told.clone());
                // a caller that goes away in the middle is none of ours
                thread::spawn(move || drop(pass_on(&caller.unwrap(), &behind, &told)));
            }
        });
        Self { base_url, orders, thread }
    }
    pub(crate) fn spoil(&self, how: Spoilt) {
        *self.orders.spoilt.lock().unwrap() = Some(how);
    }
    /// How often the answer is still to be given.
    pub(crate) fn left(&self) -> u32 {
        self.orders.spoilt.lock().unwrap().as_ref().map_or(0, |how| how.times)
    }
    /// Answers have these words instead of those, as records from before a rule was made may.
    pub(crate) fn says(&self, instead_of: &'static str, word: impl Into<String>) {
        self.orders.words.lock().unwrap().push((instead_of, word.into()));
    }
    /// The next request of this kind tells that it came and waits until it may go on.
    pub(crate) fn hold(&self, to: &'static str) -> (Receiver<()>, Sender<()>) {
        let ((came, told), (let_go, go)) = (channel(), channel());
        *self.orders.held.lock().unwrap() = Some(Held { to, came, go });
        (told, let_go)
    }
    /// From now on nobody listens there. Gives the address.
    pub(crate) fn close(self) -> String {
        self.orders.closed.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.base_url.trim_start_matches("http://")));
        self.thread.join().unwrap();
        self.base_url
    }
}

fn pass_on(caller: &TcpStream, behind: &str, orders: &Orders) -> std::io::Result<()> {
    let mut reader = BufReader::new(caller);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        if let Some(told) = lower.strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut caller = caller;
    let held = orders.held.lock().unwrap().take_if(|held| head.starts_with(held.to));
    if let Some(Held { came, go, .. }) = held {
        // whoever ordered it may be gone
        let _ = (came.send(()), go.recv());
    }
    let struck = orders.spoilt.lock().unwrap().as_mut().and_then(|how| {
        let strikes = how.times > 0 && head.starts_with(how.to);
        strikes.then(|| {
            how.times -= 1;
            how.clone()
        })
    });
    if let Some(Spoilt { head, body, .. }) = struck {
        return write!(caller, "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    }
    let mut behind = TcpStream::connect(behind)?;
    write!(behind, "{head}Connection: close\r\n\r\n")?;
    behind.write_all(&body)?;
    let words = orders.words.lock().unwrap().clone();
    if words.is_empty() {
        return std::io::copy(&mut behind, &mut caller).map(drop);
    }
    let mut answer = String::new();
    behind.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body = words.iter().fold(body.to_owned(), |body, (from, to)| body.replace(from, to));
    let own = |line: &&str| !line.to_lowercase().starts_with("content-length:");
    let head: Vec<&str> = head.lines().filter(own).collect();
    write!(caller, "{}\r\nContent-Length: {}\r\n\r\n{body}", head.join("\r\n"), body.len())
}
