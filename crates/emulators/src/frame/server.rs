//! The server: one port for the vendor's API and the control interface.

use std::{
    fmt, fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, State, connect_info::Connected},
    http::{self, HeaderName, HeaderValue, StatusCode, header::CONTENT_LENGTH},
    response::Response,
    serve::{IncomingStream, Listener},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::{
    Cx, Entry, Fault, Refused, Reply, Request, Time, Vendor, control,
    shared::{Outcome, Shared},
};

/// How an emulator starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The first instant of the emulator's clock; the real one if none.
    pub start: Option<DateTime<Utc>>,
    /// What moves the clock.
    pub time: Time,
}

impl Options {
    /// A free port and a frozen clock that starts at this instant.
    pub fn at(start: DateTime<Utc>) -> Self {
        Self { start: Some(start), ..Self::default() }
    }
}

/// A running emulator. It stops when dropped.
pub struct Emulator<V: Vendor> {
    shared: Arc<Shared<V>>,
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<io::Result<()>>>,
}

impl<V: Vendor> Emulator<V> {
    /// Starts on 127.0.0.1, within the tokio runtime that this is called in.
    ///
    /// # Errors
    /// The port cannot be had.
    pub async fn start(vendor: V, options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(vendor, &options));
        let router = Router::new().fallback(answer::<V>).with_state(Arc::clone(&shared));
        let service = router.into_make_service_with_connect_info::<Cut>();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(Port(listener), service).with_graceful_shutdown(async move {
            // An error says that the emulator was dropped: that is the signal too.
            let _ = stopped.await;
        });
        let server = tokio::spawn(async move { serving.await });
        Ok(Self { shared, base_url, stop: Some(stop), server: Some(server) })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Looks into the vendor, or changes it, under the lock. The closure must not call this emulator's other methods.
    pub fn with<R>(&self, with: impl FnOnce(&mut V, &Cx<'_>) -> R) -> R {
        self.shared.lock().cx(with)
    }

    /// The requests to the vendor's API so far, control requests not among them.
    pub fn requests(&self) -> Vec<Entry> {
        self.shared.lock().log.clone()
    }

    /// Empties the log.
    pub fn clear_requests(&self) {
        self.shared.lock().log.clear();
    }

    /// All that the emulated vendor holds.
    pub fn state(&self) -> Value {
        self.shared.lock().vendor.state()
    }

    /// Seeds collections: an object of arrays, as `POST /_emulator/seed`. Gives how many of each.
    ///
    /// # Errors
    /// Not such an object, an unknown collection, or a record that the vendor cannot hold. Collections before the
    /// faulty one stay seeded.
    pub fn seed(&self, collections: Value) -> Result<Value, Refused> {
        match collections {
            Value::Object(collections) => self.shared.lock().seed(collections),
            _ => Err(Refused::new("a seed is an object of collections")),
        }
    }

    /// Seeds from `<dir>/<collection>.json`, one JSON array each. Gives how many of each.
    ///
    /// # Errors
    /// A file that cannot be read or is no JSON, or what [`seed`](Emulator::seed) refuses; the text names the file.
    pub fn seed_dir(&self, dir: &Path) -> Result<Value, Refused> {
        self.seed(Value::Object(read_dir(dir)?))
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.lock().faults.add(fault);
    }

    /// The ordered faults and how many requests each has met: `[{"fault": …, "met": n}]`.
    pub fn faults(&self) -> Value {
        self.shared.lock().faults.describe()
    }

    /// Takes back all faults.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Sets one switch.
    ///
    /// # Errors
    /// An unknown name or value; the text lists what is known or allowed.
    pub fn switch(&self, name: &str, value: impl Into<Value>) -> Result<(), Refused> {
        self.shared.lock().switches.set(&Map::from_iter([(name.to_owned(), value.into())]))
    }

    /// The emulator's instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.lock().clock.now()
    }

    /// Moves the clock on.
    ///
    /// # Errors
    /// Beyond the end of the calendar.
    pub fn advance(&self, by: Duration) -> Result<(), Refused> {
        self.shared.lock().clock.advance(by)
    }

    /// Does what a person does in the vendor's screens: `{"action": "<name>", …}`.
    ///
    /// # Errors
    /// An unknown action, or one that the vendor does not allow.
    pub fn act(&self, action: Value) -> Result<Value, Refused> {
        let Value::Object(arguments) = action else { return Err(Refused::new("an act is a JSON object")) };
        self.with(|vendor, cx| control::act(arguments, |name, rest| vendor.act(cx, name, rest)))
    }

    /// All webhook deliveries.
    pub fn webhooks(&self) -> Value {
        self.shared.lock().vendor.webhooks()
    }

    /// Sends the webhook calls that are due, each once and in order; gives `[{id, url, status, error}]`.
    pub async fn deliver_webhooks(&self) -> Value {
        self.shared.deliver(false, 1).await
    }

    /// Stops taking requests, lets those under way end, and frees the port.
    pub async fn stop(mut self) {
        self.stop = None;
        if let Some(server) = self.server.take() {
            // The server has no failure of its own to tell at this point.
            let _ = server.await;
        }
    }
}

impl<V: Vendor> fmt::Debug for Emulator<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

fn read_dir(dir: &Path) -> Result<Map<String, Value>, Refused> {
    let named = |path: &Path, error: &dyn fmt::Display| Refused::new(format!("{}: {error}", path.display()));
    let mut collections = Map::new();
    for entry in fs::read_dir(dir).map_err(|error| named(dir, &error))? {
        let path = entry.map_err(|error| named(dir, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read(&path).map_err(|error| named(&path, &error))?;
            let value = serde_json::from_slice(&text).map_err(|error| named(&path, &error))?;
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            collections.insert(name, value);
        }
    }
    Ok(collections)
}

const BODY_LIMIT: usize = 64 << 20;

async fn answer<V: Vendor>(
    State(shared): State<Arc<Shared<V>>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: http::Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return whole(Reply::text(413, "text/plain", "the emulator reads no body over 64 MiB"));
    };
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(header).collect(),
        body: body.to_vec(),
    };
    if request.path.strip_prefix(control::ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return whole(control::answer(&shared, &request).await);
    }
    match shared.serve(request).await {
        Outcome::Reply(reply) => whole(reply),
        Outcome::Half(reply) => half(reply),
        Outcome::Nothing => {
            cut.0.store(true, Ordering::Release);
            Response::new(Body::empty())
        }
    }
}

fn whole(reply: Reply) -> Response {
    let Reply { status, headers, body } = reply;
    with_head(status, headers, Body::from(body))
}

/// Announces the whole length, sends half of it and breaks the connection.
fn half(reply: Reply) -> Response {
    let Reply { status, headers, body } = reply;
    let announced = HeaderValue::from(body.len());
    let first = Bytes::copy_from_slice(body.get(..body.len() / 2).unwrap_or_default());
    let chunks = stream::unfold(0, move |step| {
        let first = first.clone();
        async move {
            if step == 0 {
                return Some((Ok(first), 1));
            }
            // Lets the server send what it has before it hears of the break.
            tokio::task::yield_now().await;
            Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), 1))
        }
    });
    let mut response = with_head(status, headers, Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_LENGTH, announced);
    response
}

fn with_head(status: u16, headers: Vec<(String, String)>, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Once true, the connection takes no more bytes: the server then closes it, and its peer never sees an answer.
#[derive(Clone, Default)]
struct Cut(Arc<AtomicBool>);

impl Connected<IncomingStream<'_, Port>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Port>) -> Self {
        stream.io().cut.clone()
    }
}

struct Port(TcpListener);

impl Listener for Port {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for one another; a refusal only makes them slower.
        let _ = stream.set_nodelay(true);
        (Connection { stream, cut: Cut::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

struct Connection {
    stream: TcpStream,
    cut: Cut,
}

impl Connection {
    fn open(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.cut.0.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.open() {
            Ok(stream) => stream.poll_write(cx, bytes),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
