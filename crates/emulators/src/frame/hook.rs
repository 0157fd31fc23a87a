//! Webhook calls that really go out.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

/// One webhook call to make: a POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The vendor's handle for the answer; not sent.
    pub id: String,
    /// Where it goes. Only `http:` is sent; emulators and receivers share a machine.
    pub url: String,
    /// Beside host and length.
    pub headers: Vec<(String, String)>,
    /// As sent.
    pub body: Vec<u8>,
}

const PATIENCE: Duration = Duration::from_secs(10);

/// Makes the call and gives the receiver's status, or why there was none.
pub(super) async fn send(call: &Call) -> io::Result<u16> {
    tokio::time::timeout(PATIENCE, exchange(call))
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer within 10 s")))
}

async fn exchange(call: &Call) -> io::Result<u16> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    let url = Url::parse(&call.url).map_err(|error| invalid(format!("{}: {error}", call.url)))?;
    let (Some(host), "http", Some(port)) = (url.host_str(), url.scheme(), url.port_or_known_default()) else {
        return Err(invalid(format!("{}: emulators send webhooks to http: addresses only", call.url)));
    };
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut message = format!("POST {}{query} HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n", url.path());
    for (name, value) in &call.headers {
        message.push_str(&format!("{name}: {value}\r\n"));
    }
    message.push_str(&format!("content-length: {}\r\n\r\n", call.body.len()));

    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    stream.write_all(message.as_bytes()).await?;
    stream.write_all(&call.body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let head = String::from_utf8_lossy(&answer);
    let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the receiver closed without an answer"))
}
