//! Deliberate faults, to show that the simulation finds them. Without the feature `faults` this is nothing at all.

/// One deliberate fault of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    dead_code,
    unreachable_pub,
    reason = "each name says what is done wrong; without the feature nothing names them"
)]
pub enum Fault {
    ShadowIsAgreed,
    NoIntent,
    NoWait,
    OneLook,
    CursorBeforeDecision,
    LaggingForgotten,
    LaggingIsNoWork,
    AgreedDoesNotContend,
    JoiningWins,
    LosersShadowNotKept,
    OpenIntentDoesNotLock,
    FacetsWrittenApart,
    EffectKeyNotStored,
    GuardOff,
    AbsenceFromPartialListing,
    TotalsUnchecked,
    AliasMergedFrom,
    ScopeExitIsRemoval,
}

#[cfg(feature = "faults")]
mod chosen {
    use super::Fault;
    use std::cell::Cell;

    thread_local!(static CHOSEN: Cell<Option<Fault>> = const { Cell::new(None) });

    /// Chooses the fault of this thread, or none.
    pub fn choose(fault: Option<Fault>) {
        CHOSEN.set(fault);
    }
    pub(crate) fn on(fault: Fault) -> bool {
        CHOSEN.get() == Some(fault)
    }
}
#[cfg(feature = "faults")]
pub use chosen::choose;
#[cfg(feature = "faults")]
pub(crate) use chosen::on;

#[cfg(not(feature = "faults"))]
pub(crate) const fn on(_: Fault) -> bool {
    false
}
