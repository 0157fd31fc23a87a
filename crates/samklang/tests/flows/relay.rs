//! A relay between the program and a system that keeps a request, or the answer to one, until the program is dead or it
//! is told to let go.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The request: it is never carried out.
    Request,
    /// The answer: the request is carried out, and nobody hears of it.
    Answer,
}

/// Which request is kept.
#[derive(Clone, Debug)]
struct Wanted {
    method: String,
    path_end: String,
    keep: Keep,
}

#[derive(Debug, Default)]
struct State {
    wanted: Option<Wanted>,
    kept: bool,
    let_go: bool,
}

type Shared = Arc<(Mutex<State>, Condvar)>;

/// Forwards every byte, but for what it is told to keep.
pub(crate) struct Relay {
    base_url: String,
    shared: Shared,
}

impl Relay {
    pub(crate) fn start(to: &str) -> Self {
        let to = to.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Shared::default();
        let state = shared.clone();
        // it ends with the test's process
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&to) else { continue };
                connect(client, server, &state);
            }
        });
        Self { base_url, shared }
    }
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }
    /// Keeps the next request of this method whose path ends so, or its answer.
    pub(crate) fn keep(&self, keep: Keep, method: &str, path_end: &str) {
        let mut state = self.shared.0.lock().unwrap();
        let wanted = Wanted { method: method.to_owned(), path_end: path_end.to_owned(), keep };
        *state = State { wanted: Some(wanted), ..State::default() };
    }
    /// Sends on what it kept.
    pub(crate) fn let_go(&self) {
        self.shared.0.lock().unwrap().let_go = true;
        self.shared.1.notify_all();
    }
    /// Waits until it has something. A request that never comes ends the test instead of hanging it.
    #[track_caller]
    pub(crate) fn wait(&self) {
        let (state, told) = &*self.shared;
        let limit = Duration::from_secs(60);
        let (state, _) = told.wait_timeout_while(state.lock().unwrap(), limit, |state| !state.kept).unwrap();
        assert!(state.kept, "{:?} never came", state.wanted);
    }
}

fn connect(client: TcpStream, server: TcpStream, shared: &Shared) {
    let holds_answer = Arc::new(Mutex::new(false));
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (state, flag) = (shared.clone(), holds_answer.clone());
    thread::spawn(move || requests(from_client, to_server, &state, &flag));
    let state = shared.clone();
    thread::spawn(move || answers(server, client, &state, &holds_answer));
}

/// A client sends a request's head in one piece, and the next request after the answer to the last one.
fn requests(mut from: TcpStream, mut to: TcpStream, shared: &Shared, holds_answer: &Mutex<bool>) {
    let mut bytes = [0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        match struck(shared, &bytes[..count]) {
            Some(Keep::Request) => {
                kept(shared);
                // nobody lets go of what a killed program sent: the thread ends with the test's process
                let (state, told) = &**shared;
                drop(told.wait_while(state.lock().unwrap(), |state| !state.let_go).unwrap());
            }
            Some(Keep::Answer) => *holds_answer.lock().unwrap() = true,
            None => {}
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn answers(mut from: TcpStream, mut to: TcpStream, shared: &Shared, holds_answer: &Mutex<bool>) {
    let mut bytes = [0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if *holds_answer.lock().unwrap() {
            kept(shared);
            continue;
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn struck(shared: &Shared, head: &[u8]) -> Option<Keep> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let line = String::from_utf8_lossy(line);
    let (method, rest) = line.split_once(' ')?;
    let path = rest.split([' ', '?']).next()?;
    let mut state = shared.0.lock().unwrap();
    let wanted = state.wanted.clone()?;
    if method != wanted.method || !path.ends_with(&wanted.path_end) {
        return None;
    }
    state.wanted = None;
    Some(wanted.keep)
}

fn kept(shared: &Shared) {
    shared.0.lock().unwrap().kept = true;
    shared.1.notify_all();
}
