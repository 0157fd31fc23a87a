//! Whose books they are: every system says so on first contact, and once a day.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Engine, report::Mode, run::LEASE, work::Tally};
use crate::{
    connector::Tenant,
    context::Context,
    error::{Disposition, Error, ErrorKind, Result},
    id::{StreamKey, SystemId},
    store::{Checkpoint, Commit},
};

/// A connection that was repaired may lead to another company by the next day.
const TENANT_GOOD_FOR: TimeDelta = TimeDelta::hours(24);

/// Where the store keeps when a system was asked last: no stream has this name.
fn asked(system: &SystemId) -> StreamKey {
    StreamKey::new(system.clone(), "-")
}

impl Engine {
    /// Asks every system who it is, where that is not known or was last asked a day ago. Another answer than before is
    /// another company's books: nothing is read there or written.
    pub(super) async fn tenants(&self, cx: &Context, mode: Mode, tally: &mut Tally) -> Result<()> {
        let systems: Vec<SystemId> = self.systems.keys().cloned().collect();
        let known: BTreeMap<SystemId, Tenant> = self.store.tenants(&systems).await?.into_iter().collect();
        let keys: Vec<StreamKey> = systems.iter().map(asked).collect();
        let last: BTreeMap<StreamKey, Checkpoint> = self.store.checkpoints(&keys).await?.into_iter().collect();
        let now = self.now();
        let mut met = Vec::new();
        for (system, connector) in &self.systems {
            let at = asked(system);
            let fresh = last.get(&at).and_then(|last| last.read_at).is_some_and(|at| is_fresh(at, now));
            if mode != Mode::Adopt && fresh && known.contains_key(system) {
                continue;
            }
            match connector.check(cx).await {
                Ok(tenant) => match known.get(system) {
                    Some(before) if before.id != tenant.id => {
                        let line = format!(
                            "{system} is {} ({}), but the store belongs to {} ({}); correct the connection, or start with a new store",
                            tenant.name, tenant.id, before.name, before.id
                        );
                        tally.stop(&at, Error::new(ErrorKind::Config, "check tenant", line));
                    }
                    _ => met.push((system.clone(), tenant)),
                },
                // who it was yesterday it is likely to be still: the next run asks again
                Err(error) if known.contains_key(system) && error.disposition() != Disposition::StopSystem => {}
                Err(error) => {
                    tally.stopped.insert(system.clone());
                    tally.report.stopped_systems.insert(system.clone(), error);
                }
            }
        }
        if mode != Mode::DryRun {
            self.keep_tenants(mode, met).await?;
        }
        Ok(())
    }

    async fn keep_tenants(&self, mode: Mode, met: Vec<(SystemId, Tenant)>) -> Result<()> {
        if met.is_empty() {
            return Ok(());
        }
        let Some(lease) = self.store.acquire("@tenants", self.now(), LEASE).await? else { return Ok(()) };
        let read = Checkpoint { read_at: Some(self.now()), ..Checkpoint::default() };
        let checkpoints = met.iter().map(|(system, _)| (asked(system), read.clone())).collect();
        let tenants = if mode == Mode::Adopt { met } else { Vec::new() };
        let kept = self.store.commit(&lease, Commit { tenants, checkpoints, ..Commit::default() }).await;
        self.store.release(lease).await?;
        let _ = kept?;
        Ok(())
    }
}

/// Whether an answer of then still counts; a clock that was put back makes none of them younger.
fn is_fresh(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= at && now.signed_duration_since(at) < TENANT_GOOD_FOR
}
