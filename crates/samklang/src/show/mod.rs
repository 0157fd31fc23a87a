//! What people and programs read of a report.

pub(crate) mod json;
pub(crate) mod text;

use sync_core::engine::Report;

/// 7: a guard tripped.
const TRIPPED: u8 = 7;
/// 2: try later.
const LATER: u8 = 2;

/// The report's own code; also for a plan that a guard would stop, and for a run that was told to stop.
pub(crate) fn exit_code(report: &Report) -> u8 {
    match report.exit_code() {
        _ if !report.plan.tripped.is_empty() => TRIPPED,
        0 | 3 if report.cancelled => LATER,
        code => code,
    }
}
