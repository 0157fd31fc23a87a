//! `run --every`: one run after the other, and webhooks between them.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use sync_core::{
    ErrorKind, SystemId,
    engine::{Cancel, Engine, Mode},
    policy::Span,
};
use tokio::net::TcpListener;

use crate::{
    args::Run,
    command::{Shell, once, print},
    fail::Failure,
    session::Session,
};

/// More than any vendor's webhook.
const BODY_MAX: usize = 1 << 20;

/// Runs until somebody says stop; then the run under way ends where that loses nothing.
///
/// # Errors
/// The address cannot be listened on. A run that fails is told, and the next one tries again.
pub(crate) async fn watch(session: Session, every: Span, how: &Run, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let engine = Arc::new(session.engine);
    if let Some(address) = how.listen {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::usage(format!("--listen {address} cannot be had: {error}; choose another")))?;
        let at = listener.local_addr().map_err(|error| Failure::stopped(format!("--listen {address}: {error}")))?;
        writeln!(shell.out, "webhooks are taken at http://{at}/hooks/<connection>")?;
        shell.out.flush()?;
        let router = hooks(engine.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    loop {
        let cancel = Cancel::new();
        let running = Box::pin(once(&engine, Mode::Sync, shell.terminal, &cancel));
        let (report, told_to_stop) = until_stopped(running, &cancel).await?;
        match report {
            Ok(report) => print(&report, how.form, shell)?,
            Err(failure) => print_failure(&failure),
        }
        if told_to_stop || pause(Duration::from_secs(every.as_secs())).await? {
            return Ok(0);
        }
    }
}

/// The loop goes on, so the failure is a line in its log.
fn print_failure(failure: &Failure) {
    use std::io::Write;
    // nobody is left to hear of a closed error stream
    let _ = writeln!(std::io::stderr(), "{failure}");
}

/// Whether somebody said stop before the time was over.
#[allow(clippy::disallowed_methods, reason = "the one wait between two runs")]
async fn pause(time: Duration) -> Result<bool, Failure> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(false),
        stop = stopped() => stop.map(|()| true),
    }
}

/// Lets work come to its end; asks it to stop when somebody says so. Tells whether that was so.
///
/// # Errors
/// The machine gives no signals.
pub(crate) async fn until_stopped<T>(
    work: impl Future<Output = T> + Unpin,
    cancel: &Cancel,
) -> Result<(T, bool), Failure> {
    let mut work = work;
    tokio::select! {
        done = &mut work => Ok((done, false)),
        stop = stopped() => {
            stop?;
            cancel.cancel();
            Ok((work.await, true))
        }
    }
}

/// Comes back when somebody says stop.
///
/// # Errors
/// The machine gives no signals.
#[cfg(unix)]
pub(crate) async fn stopped() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error| Failure::stopped(format!("the machine gives no signals: {error}"));
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt()).map_err(failed)?, signal(SignalKind::terminate()).map_err(failed)?);
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// Comes back when somebody says stop.
///
/// # Errors
/// The machine gives no signals.
#[cfg(not(unix))]
pub(crate) async fn stopped() -> Result<(), Failure> {
    tokio::signal::ctrl_c().await.map_err(|error| Failure::stopped(format!("the machine gives no signals: {error}")))
}

fn hooks(engine: Arc<Engine>) -> Router {
    Router::new().route("/hooks/{connection}", post(hook)).layer(DefaultBodyLimit::max(BODY_MAX)).with_state(engine)
}

/// What it names is looked at by the next run; nothing of its content is used.
async fn hook(
    State(engine): State<Arc<Engine>>,
    Path(connection): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(system) = system_of(&engine, &connection) else { return StatusCode::NOT_FOUND };
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers: Vec<(String, String)> = headers.iter().map(header).collect();
    match engine.hint(&system, &headers, &body).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(error) => match error.kind() {
            ErrorKind::Auth | ErrorKind::Permission => StatusCode::UNAUTHORIZED,
            ErrorKind::Invalid | ErrorKind::Protocol | ErrorKind::Unsupported => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}

fn system_of(engine: &Engine, connection: &str) -> Option<SystemId> {
    let mut systems = engine.policy().entities.iter().flat_map(|entity| entity.systems.keys());
    systems.find(|system| system.connection() == connection).cloned()
}
