//! The demo's time: one clock for the engine and the emulators, on which a wait is over at once.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use emulators::{Emulator, frame::Vendor};
use sync_core::Clock;
use sync_http::{Timer, VirtualTime};

/// Time that passes only when somebody waits, and then for everybody. So a rate limit is kept to the second, as the
/// emulators count it too, and nobody sits and waits for it.
#[derive(Debug)]
pub(super) struct Time {
    inner: VirtualTime,
    systems: Vec<Arc<dyn Passing>>,
}

/// Somebody for whom time passes.
pub(super) trait Passing: Debug + Send + Sync {
    /// So much later.
    fn pass(&self, length: Duration);
}

impl<V: Vendor> Passing for Emulator<V> {
    /// The calendar's end, which alone could stop it, is further than a demo goes.
    fn pass(&self, length: Duration) {
        let _ = self.advance(length);
    }
}

impl Time {
    /// Starts at the instant at which the emulators' frozen clocks stand.
    pub(super) fn new(start: DateTime<Utc>, systems: Vec<Arc<dyn Passing>>) -> Self {
        Self { inner: VirtualTime::leaping(start), systems }
    }
    /// So much later.
    pub(super) fn pass(&self, length: Duration) {
        self.inner.advance(length);
        self.emulators(length);
    }
    fn emulators(&self, length: Duration) {
        self.systems.iter().for_each(|system| system.pass(length));
    }
}

impl Clock for Time {
    fn now(&self) -> DateTime<Utc> {
        self.inner.now()
    }
}

#[async_trait]
impl Timer for Time {
    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }
    async fn sleep(&self, length: Duration) {
        self.emulators(length);
        self.inner.sleep(length).await;
    }
}

#[cfg(test)]
mod tests {
    use emulators::{
        Options,
        eekonomi::Eekonomi,
        starweb::{Settings, Starweb},
    };

    use super::*;

    #[tokio::test]
    async fn a_wait_moves_everybody_and_lasts_no_time() {
        let start = DateTime::UNIX_EPOCH;
        let shop = Arc::new(Emulator::start(Starweb::new(Settings::default()), Options::at(start)).await.unwrap());
        let erp = Arc::new(Emulator::start(Eekonomi::default(), Options::at(start)).await.unwrap());
        let time = Time::new(start, vec![shop.clone(), erp.clone()]);
        time.sleep(Duration::from_secs(3600)).await;
        time.pass(Duration::from_secs(60));
        let then = DateTime::from_timestamp(3660, 0).unwrap();
        assert_eq!((time.now(), shop.now(), erp.now()), (then, then, then));
        assert_eq!(time.elapsed(), Duration::from_secs(3660));
    }
}
