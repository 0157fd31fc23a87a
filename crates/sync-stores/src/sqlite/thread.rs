//! The thread that owns the connection: calls to SQLite block, and an executor's thread must not.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::mpsc,
    thread::JoinHandle,
};

use futures_channel::oneshot;
use rusqlite::Connection;
use sync_core::{Error, ErrorKind, Result};

use super::{fault::Failure, open::Opened};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A connection on its own thread. Jobs are done one after another, in the order in which they were handed in, whether
/// or not somebody still waits for the answer.
pub(super) struct Worker {
    path: PathBuf,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.path, f)
    }
}

impl Worker {
    /// Starts the thread and opens the connection there.
    pub(super) async fn start(
        path: PathBuf,
        open: impl FnOnce(&Path) -> Result<Opened, Failure> + Send + 'static,
    ) -> Result<Self> {
        let (jobs, todo) = mpsc::channel::<Job>();
        let (opened, answer) = oneshot::channel();
        let place = path.clone();
        let thread = std::thread::Builder::new().name("state store".to_owned()).spawn(move || {
            let connection = open(&place);
            match connection {
                Ok((mut connection, _presence)) => {
                    let awaited = opened.send(Ok(())).is_ok();
                    while let Some(job) = todo.recv().ok().filter(|_| awaited) {
                        job(&mut connection);
                    }
                }
                Err(failure) => {
                    let _nobody_waits = opened.send(Err(failure));
                }
            }
        });
        let thread = thread.map_err(|e| Failure::from(e).told("open the store", &path))?;
        let worker = Self { path, jobs: Some(jobs), thread: Some(thread) };
        match answer.await {
            Ok(Ok(())) => Ok(worker),
            Ok(Err(failure)) => Err(failure.told("open the store", &worker.path)),
            Err(oneshot::Canceled) => Err(worker.gone("open the store")),
        }
    }

    /// Does a job on the thread. It is done even if the caller does not wait for its answer.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _nobody_waits = done.send(job(connection));
        });
        let handed_in = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        match answer.await {
            Ok(result) => result.map_err(|failure| failure.told(operation, &self.path)),
            Err(oneshot::Canceled) => Err(self.gone(operation).with_context("handed_in", handed_in)),
        }
    }

    fn gone(&self, operation: &'static str) -> Error {
        let text = format!("the store's thread has died; start the program again, {} is in order", self.path.display());
        Error::new(ErrorKind::Internal, operation, text).with_detail("a job panicked, its transaction was rolled back")
    }
}

/// Waits until all jobs are done and the file is closed, so that whoever opens it next finds it at rest.
impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _panicked_before = thread.join();
        }
    }
}
