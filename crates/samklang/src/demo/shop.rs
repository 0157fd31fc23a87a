//! Flows between shops and an ERP: what differs from one to the next.

use super::{
    edit::Edit,
    sample::{About, Sample},
    stage::Stage,
    states::States,
    summary::{self, Waiting},
    systems::Verdict,
    totals,
};
use crate::fail::Failure;

/// One of them.
#[derive(Debug)]
pub(super) struct Shop {
    /// What is in the systems before it.
    pub(super) sample: Sample,
    /// Makes edits in the systems.
    pub(super) edits: fn(&Stage, &About) -> Result<Vec<Edit>, Failure>,
    /// Whether it carries orders, so that the sample data says which must arrive and which must be held.
    pub(super) has_orders: bool,
    /// A line for everything that the systems must have in common in the end and have not.
    pub(super) settled: fn(&States) -> Vec<String>,
}

/// Of flows that are held against the sample data's own orders alone.
fn nothing_else(_: &States) -> Vec<String> {
    Vec::new()
}

impl Shop {
    /// A flow between a shop and an ERP that both have their goods.
    pub(super) const fn of_both(edits: fn(&Stage, &About) -> Result<Vec<Edit>, Failure>) -> Self {
        Self { sample: Sample::Both, edits, has_orders: true, settled: nothing_else }
    }

    /// Holds what is there in the end against what the sample data says.
    pub(super) fn judge(&self, states: &States, about: &About, become_invoices: bool, held: &[Waiting]) -> Verdict {
        if !self.has_orders {
            let waits = held.iter().map(|held| format!("{} waits: {}", held.number, held.why));
            return Verdict { compared: None, wrong: waits.chain((self.settled)(states)).collect() };
        }
        let (wanted, waiting) = (about.must_arrive(become_invoices), about.must_wait(become_invoices));
        let mut compared = totals::compare(states, &wanted);
        let mut wrong = Vec::new();
        let of_second = states.second.as_ref().map(|_| about.of_second()).unwrap_or_default();
        if let Some(second) = &states.second {
            compared.add(totals::compare(second, &of_second));
            wrong.extend(second.twice().into_iter().map(|mark| format!("{mark} is in the ERP more than once")));
        }
        let is_there = |number: &u64| states.document(*number).is_some();
        let there = waiting.iter().map(|(number, _)| *number).filter(is_there);
        wrong.extend(there.map(|number| format!("{number} should wait for a person, and is in the ERP")));
        wrong.extend(summary::unexpected(held, waiting));
        let too_early = about.fate("before_start").into_iter().filter(is_there);
        wrong.extend(states.twice().into_iter().map(|mark| format!("{mark} is in the ERP more than once")));
        wrong.extend(too_early.map(|number| format!("{number} is from before the start date, and in the ERP")));
        wrong.extend((self.settled)(states));
        Verdict { compared: Some((compared, wanted.len().saturating_add(of_second.len()))), wrong }
    }
}
