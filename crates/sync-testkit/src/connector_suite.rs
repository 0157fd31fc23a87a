//! The rules for connectors as named tests, for any connector.
//!
//! ```
//! # mod fixture { }
//! use sync_testkit::connector_suite::{CHECKS, Check};
//!
//! let ids: Vec<&str> = CHECKS.iter().flat_map(|family| family.iter().map(Check::id)).collect();
//! assert!(ids.contains(&"C-10") && ids.contains(&"C-91"));
//! ```
//!
//! An author writes a [`ConnectorFixture`]: the connector before its vendor's double, a hand on the double's other side,
//! and samples of records. [`connector_suite!`](crate::connector_suite!) makes one test of each check. A check goes over all
//! host streams and tries those that claim what it proves; what it finds is named `stream` or `stream/field`. A finding that
//! is a fact of the vendor's, and no fault, is waived with its reason; a waiver that covers nothing fails.
//!
//! ```text
//! mod conformance {
//!     sync_testkit::connector_suite! {
//!         fixture: crate::fixture::emulated(),       // a future; it is awaited once for each test
//!         run: crate::fixture::run,                  // fn(impl Future<Output = T>) -> T
//!         waivers: &[("C-33", "customers", "the vendor's search does not take quotes: see its page on filters")],
//!     }
//! }
//! ```
//!
//! Not here, since it is no connector's: what a change behind our back does between reading and writing (C-54) is the engine's
//! own matter and tested there. Wrapping, retries, waiting and redaction are tested where they are, in the core and the HTTP
//! client; the suite shows that a connector uses them.

mod bench;
mod claims;
mod content;
mod creating;
mod documents;
mod faults;
mod fixture;
mod listing;
mod live;
mod reading;
mod removing;
mod report;
mod since;
mod system;
mod updating;
mod values;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::LocalBoxFuture;
use sync_core::{capability::StreamCapability, connector::Connector};

pub use fixture::{
    ConnectorFixture, EffectCase, HookCase, Redirected, Sample, Sent, StepCase, Stranger, Trouble, TroubleKind,
};
pub use live::{Live, LiveSamples, LiveValues};
pub use report::{Finding, Waiver};

use bench::{Bench, Stream};
use report::{Outcome, Wrong};

/// One rule, and how it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    id: &'static str,
    gate: &'static str,
    what: &'static str,
    makes_trouble: bool,
    proof: Proof,
}

#[derive(Clone, Copy, Debug)]
enum Proof {
    System(for<'a> fn(&'a Bench) -> LocalBoxFuture<'a, Outcome>),
    Stream {
        claims: fn(&StreamCapability) -> bool,
        prove: for<'a> fn(&'a Bench, &'a Stream) -> LocalBoxFuture<'a, Outcome>,
    },
}

impl Check {
    const fn of_system(
        id: &'static str,
        gate: &'static str,
        what: &'static str,
        prove: for<'a> fn(&'a Bench) -> LocalBoxFuture<'a, Outcome>,
    ) -> Self {
        Self { id, gate, what, makes_trouble: false, proof: Proof::System(prove) }
    }
    const fn of_stream(
        id: &'static str,
        gate: &'static str,
        what: &'static str,
        claims: fn(&StreamCapability) -> bool,
        prove: for<'a> fn(&'a Bench, &'a Stream) -> LocalBoxFuture<'a, Outcome>,
    ) -> Self {
        Self { id, gate, what, makes_trouble: false, proof: Proof::Stream { claims, prove } }
    }
    const fn with_trouble(self) -> Self {
        Self { makes_trouble: true, ..self }
    }
    /// `C-10`.
    pub fn id(&self) -> &'static str {
        self.id
    }
    /// The claim that opens it, in the words of the capabilities.
    pub fn gate(&self) -> &'static str {
        self.gate
    }
    /// What it shows.
    pub fn what(&self) -> &'static str {
        self.what
    }
    /// It orders faults, so it is not made of a real account.
    pub fn makes_trouble(&self) -> bool {
        self.makes_trouble
    }
}

/// All checks, by family. C-04 is not among them: it is all of them together.
pub const CHECKS: &[&[Check]] = &[
    system::CHECKS,
    listing::CHECKS,
    since::CHECKS,
    reading::CHECKS,
    creating::CHECKS,
    updating::CHECKS,
    removing::CHECKS,
    faults::CHECKS,
    content::CHECKS,
    documents::CHECKS,
];

fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().flat_map(|family| family.iter()).find(|check| check.id == id)
}

/// What one check finds, before waivers. The fixture is one that nothing was done with yet.
///
/// # Errors
/// There is no check of that number.
pub async fn findings(id: &str, fixture: Arc<dyn ConnectorFixture>) -> Result<Vec<Finding>, String> {
    let check = check(id).ok_or_else(|| format!("there is no check {id}"))?;
    let connector = fixture.connector();
    Ok(found(check, fixture, connector).await)
}

async fn found(check: &Check, fixture: Arc<dyn ConnectorFixture>, connector: Arc<dyn Connector>) -> Vec<Finding> {
    if check.makes_trouble && fixture.is_live() {
        return Vec::new();
    }
    let bench = Bench::new(fixture, connector);
    match check.proof {
        Proof::System(prove) => {
            if let Err(Wrong(what)) = prove(&bench).await {
                bench.note("system", what);
            }
        }
        Proof::Stream { claims, prove } => {
            for stream in bench.streams().iter().filter(|stream| claims(&stream.can)) {
                if let Err(Wrong(what)) = prove(&bench, stream).await {
                    bench.note(stream.id.as_str(), what);
                }
                bench.fixture.calm();
            }
        }
    }
    bench.tidy().await;
    let is_live = bench.fixture.is_live();
    bench.findings().into_iter().filter(|finding| !(is_live && finding.is_untried())).collect()
}

/// What is claimed and was not exercised by any check, as C-04; each check gets a fixture of its own.
pub async fn unexercised<F: Future<Output = Arc<dyn ConnectorFixture>>>(open: impl Fn() -> F) -> Vec<Finding> {
    let seen = Arc::new(Mutex::new(claims::Claims::new()));
    let mut claimed = claims::Claims::new();
    for check in CHECKS.iter().flat_map(|family| family.iter()).filter(|check| !check.makes_trouble) {
        let fixture = open().await;
        let connector = fixture.connector();
        claimed.extend(claims::claimed(connector.capabilities()));
        let witness = Arc::new(claims::Witness::new(connector, seen.clone()));
        found(check, fixture, witness).await;
    }
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let what = "it is claimed, and no check could exercise it".to_owned();
    claimed.difference(&seen).map(|at| Finding { at: at.clone(), what: what.clone() }).collect()
}

/// Runs every check that orders no trouble on a real account, one after the other.
///
/// # Errors
/// All findings that no waiver covers. A waiver may stay unused: a real account shows less than a double.
pub async fn prove_live(live: &Live, waivers: &[Waiver<'_>]) -> Result<(), String> {
    let mut lines = Vec::new();
    for check in CHECKS.iter().flat_map(|family| family.iter()).filter(|check| !check.makes_trouble) {
        let fixture: Arc<dyn ConnectorFixture> = Arc::new(live.clone());
        let connector = fixture.connector();
        let all = found(check, fixture, connector).await;
        lines.extend(
            report::uncovered(check.id, all, waivers).iter().map(|finding| format!("  {}, {finding}", check.id)),
        );
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

/// Runs one check as a test does: `Err` names everything that is neither right nor waived.
///
/// # Errors
/// Findings that no waiver covers, and waivers that cover nothing.
pub async fn prove<F: Future<Output = Arc<dyn ConnectorFixture>>>(
    id: &str,
    open: impl Fn() -> F,
    waivers: &[Waiver<'_>],
) -> Result<(), String> {
    let (what, all) = match id {
        "C-04" => ("every claim is exercised", unexercised(open).await),
        id => (check(id).map_or("", |check| check.what), findings(id, open().await).await?),
    };
    let left = report::judge(id, all, waivers);
    if left.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = left.iter().map(|finding| format!("  {finding}")).collect();
    Err(format!("{id}, {what}:\n{}", lines.join("\n")))
}

/// Whether each waiver names a check that there is, and a reason.
///
/// # Errors
/// The first one that does not.
pub fn waivers_make_sense(waivers: &[Waiver<'_>]) -> Result<(), String> {
    for (id, at, why) in waivers {
        if *id != "C-04" && check(id).is_none() {
            return Err(format!("there is no check {id} to waive"));
        }
        if at.is_empty() || why.split_whitespace().count() < 3 {
            return Err(format!("the waiver of {id} at '{at}' needs a place and a reason"));
        }
    }
    Ok(())
}

/// One test for each check. See [`mod@crate::connector_suite`].
#[macro_export]
macro_rules! connector_suite {
    (fixture: $fixture:expr, run: $run:expr, waivers: $waivers:expr $(,)?) => {
        $crate::connector_suite!(@tests [$fixture] [$run] [$waivers]
            c_01_who_we_are = "C-01"
            c_02_capabilities_are_well_formed = "C-02"
            c_03_unclaimed_is_refused_unsent = "C-03"
            c_04_claims_are_exercised = "C-04"
            c_05_what_is_shown_is_declared = "C-05"
            c_10_every_record_once = "C-10"
            c_11_sizes_of_pages = "C-11"
            c_12_ground_that_moves = "C-12"
            c_13_foreign_cursors = "C-13"
            c_14_partial_rows = "C-14"
            c_15_complete_listings = "C-15"
            c_16_odd_ids = "C-16"
            c_17_undecodable_alone = "C-17"
            c_18_decoding_is_pure = "C-18"
            c_19_facets_in_one_read = "C-19"
            c_20_boundary_of_a_window = "C-20"
            c_21_changes_of_one_moment = "C-21"
            c_22_hour_that_comes_twice = "C-22"
            c_23_late_changes = "C-23"
            c_24_created_since = "C-24"
            c_25_search_lag = "C-25"
            c_26_tombstones = "C-26"
            c_30_nobodys_id = "C-30"
            c_31_several_by_id = "C-31"
            c_32_searches = "C-32"
            c_33_searches_for_odd_texts = "C-33"
            c_40_creates_show_what_was_sent = "C-40"
            c_41_required_fields = "C-41"
            c_42_limits_of_values = "C-42"
            c_43_marks = "C-43"
            c_44_idempotency_keys = "C-44"
            c_45_failed_read_back = "C-45"
            c_46_answers_to_writes = "C-46"
            c_47_batches = "C-47"
            c_48_writes_at_once = "C-48"
            c_49_natural_keys = "C-49"
            c_50_only_what_was_set = "C-50"
            c_51_there_and_back = "C-51"
            c_52_emptying = "C-52"
            c_53_versions = "C-53"
            c_55_lines = "C-55"
            c_56_facets_in_one_write = "C-56"
            c_57_locks = "C-57"
            c_58_effects = "C-58"
            c_59_writes_to_the_gone = "C-59"
            c_60_deletes = "C-60"
            c_61_archives = "C-61"
            c_70_broken_reads = "C-70"
            c_71_too_fast = "C-71"
            c_72_lost_answers = "C-72"
            c_73_expired_tokens = "C-73"
            c_74_other_hosts = "C-74"
            c_75_calls_given_up = "C-75"
            c_76_broken_writes = "C-76"
            c_80_amounts = "C-80"
            c_81_dates = "C-81"
            c_90_steps = "C-90"
            c_91_webhooks = "C-91"
            c_92_payments = "C-92"
            c_93_totals = "C-93"
            c_94_leaves_of_lines = "C-94"
        );
        #[test]
        fn the_waivers_make_sense() {
            let waivers: &[$crate::connector_suite::Waiver<'_>] = $waivers;
            assert_eq!($crate::connector_suite::waivers_make_sense(waivers), Ok(()));
        }
    };
    (@tests [$fixture:expr] [$run:expr] $waivers:tt $($name:ident = $id:literal)+) => {
        $($crate::connector_suite!(@test [$fixture] [$run] $waivers $name = $id);)+
    };
    (@test [$fixture:expr] [$run:expr] [$waivers:expr] $name:ident = $id:literal) => {
        #[test]
        fn $name() {
            let waivers: &[$crate::connector_suite::Waiver<'_>] = $waivers;
            let open = async || {
                let fixture: std::sync::Arc<dyn $crate::connector_suite::ConnectorFixture> =
                    std::sync::Arc::new($fixture.await);
                fixture
            };
            let verdict = ($run)($crate::connector_suite::prove($id, open, waivers));
            if let Err(found) = verdict {
                panic!("{found}");
            }
        }
    };
}
