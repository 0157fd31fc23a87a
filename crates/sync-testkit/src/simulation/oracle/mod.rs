//! Judges a history at its end. Shares no code with the engine: what happened is read from the systems' own logs;
//! bindings, journal and work lists are taken for claims of the engine, to be proven or refuted.

mod facts;
mod lineage;
mod state;
mod writes;

use super::{Verdict, stage::Stage};
use facts::Facts;

pub(super) fn judge(stage: Stage<'_>) -> Verdict {
    let mut verdict = stage.verdict.clone();
    let facts = Facts::gather(&stage);
    verdict.held = u64::try_from(facts.held.len()).unwrap_or_default();
    verdict.parked = u64::try_from(facts.parked.len()).unwrap_or_default();
    lineage::judge(&facts, &mut verdict);
    state::judge(&facts, &mut verdict);
    writes::judge(&facts, &mut verdict);
    verdict
}
