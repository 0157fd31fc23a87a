//! A folder with a configuration, a shop and an ERP beside it, and the program to run on them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::Duration,
};

use emulators::{
    Emulator, Options,
    eekonomi::{self, Eekonomi},
    frame::Time,
    starweb::{self, Starweb},
};
use serde_json::{Value, json};
use sync_core::Clock;
use sync_http::{FileTokens, SystemClock, Token, TokenStore};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub(crate) const SHOP_SECRET: &str = "a-shop-secret-7d1";

/// The machinery of one test.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) shop: Emulator<Starweb>,
    pub(crate) erp: Emulator<Eekonomi>,
    runtime: Runtime,
}

impl Bench {
    /// Both systems run, empty; the configuration is the preset for buyers.
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { time: Time::Real, ..Options::default() };
        let settings = starweb::Settings { client_secret: SHOP_SECRET.to_owned(), ..starweb::Settings::default() };
        let shop = runtime.block_on(Emulator::start(Starweb::new(settings), options)).unwrap();
        let erp = runtime.block_on(Emulator::start(Eekonomi::default(), options)).unwrap();
        let bench = Self { folder: tempfile::tempdir().unwrap(), shop, erp, runtime };
        bench.write("samklang.toml", &bench.preset());
        bench
    }
    /// The same, and somebody has logged in to the ERP.
    pub(crate) fn signed_in() -> Self {
        let bench = Self::new();
        bench.sign_in(json!({"action": "sign_in"}));
        bench
    }
    /// Somebody logs in to the ERP.
    pub(crate) fn sign_in(&self, act: Value) {
        let tokens = self.erp.act(act).unwrap();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let token = Token::new(text("access_token").into(), SystemClock.now(), Some(Duration::from_secs(3600)))
            .with_refresh(Some(text("refresh_token").into()));
        let store = FileTokens::new(self.folder.path().join("samklang.tokens"));
        self.runtime.block_on(store.save("erp", &token)).unwrap();
    }
    fn preset(&self) -> String {
        format!(
            "preset = \"starweb-eekonomi/buyers\"\n\
             connections.se.base_url = \"{}/api/v2\"\n\
             connections.erp.base_url = \"{}/v2/\"\n\
             connections.erp.identity_url = \"{}/\"\n\
             connections.erp.company = \"556677-8899\"\n\
             entities.buyers.every = \"0s\"\n",
            self.shop.base_url(),
            self.erp.base_url(),
            self.erp.base_url()
        )
    }
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
    /// Puts customers into the shop: number, company, e-mail.
    pub(crate) fn shop_customers(&self, customers: &[(u64, &str, &str)]) {
        let customer = |(id, name, email): &(u64, &str, &str)| {
            let now = SystemClock.now().to_rfc3339();
            json!({
                "customerId": id, "createdAt": now, "modifiedAt": now, "type": "company", "email": email,
                "nationalIdNo": format!("556677-{id:04}"),
                "addresses": { "data": { "invoice": {
                    "companyName": name, "address": "Ågatan 2", "postalCode": "582 22", "city": "Linköping", "countryCode": "SE",
                } } },
            })
        };
        let customers: Vec<Value> = customers.iter().map(customer).collect();
        self.shop.seed(json!({ "customers": customers })).unwrap();
    }
    /// The ERP's customers as it holds them.
    pub(crate) fn erp_customers(&self) -> Vec<Value> {
        self.erp.state()["companies"][0]["customers"].as_array().unwrap().clone()
    }
    /// The program with these arguments, in this folder, with the secrets of both systems around it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path(), arguments);
        command
            .env("STARWEB_CLIENT_ID", "samklang")
            .env("STARWEB_CLIENT_SECRET", SHOP_SECRET)
            .env("EEKONOMI_CLIENT_ID", eekonomi::CLIENT_ID)
            .env("EEKONOMI_CLIENT_SECRET", eekonomi::CLIENT_SECRET);
        command
    }
    /// Runs to the end. No output may ever hold a secret.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::of(&self.command(arguments).output().unwrap());
        for secret in [SHOP_SECRET, eekonomi::CLIENT_SECRET] {
            assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{arguments:?} shows a secret: {ran:?}");
        }
        ran
    }
    /// Runs to the end with this exit code.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}\n{}", ran.out, ran.err);
        ran
    }
}

/// The program in a folder, without anything of ours around it.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_samklang"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for name in ["STARWEB_CLIENT_ID", "STARWEB_CLIENT_SECRET", "EEKONOMI_CLIENT_ID", "EEKONOMI_CLIENT_SECRET"] {
        command.env_remove(name);
    }
    command
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
    /// Standard output has this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.out.contains(text), "'{text}' is not in:\n{}\n{}", self.out, self.err);
        self
    }
    /// The error stream has this.
    #[track_caller]
    pub(crate) fn complains(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "'{text}' is not in:\n{}", self.err);
        self
    }
}

/// A process under way, killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) out: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }
    /// Reads lines until one holds this; gives that one.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.out.read_line(&mut line).unwrap(), 0, "it ended before '{text}':\n{seen}");
            if line.contains(text) {
                return line;
            }
            seen.push_str(&line);
        }
    }
    /// Asks it to end, as a service manager does; gives its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }
    /// Waits for its end; gives the code and the rest of its output.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request of HTTP/1.1; gives status, head and body.
pub(crate) fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
    let url = url::Url::parse(url).unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(&host).unwrap();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "{method} {}{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{more}\r\n{body}",
        url.path(),
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}
