//! What a demo came to, for programs: the last line of `demo --json`.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;
use sync_core::{
    CanonicalId, StreamKey,
    engine::{Engine, Report},
    store::{Held, HeldWhy},
};

/// All of it. The order of the fields is that of the output.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    pub(super) flow: String,
    /// What the sample data was generated from.
    pub(super) seed: u64,
    /// Records that the first contact read, by kind.
    pub(super) read: BTreeMap<String, u64>,
    /// Records that became part of a binding, in all runs.
    pub(super) bound: u64,
    /// Writes of all runs, by connection and kind.
    pub(super) written: BTreeMap<String, BTreeMap<String, u64>>,
    /// What waits for a person at the end.
    pub(super) held: Vec<Waiting>,
    pub(super) totals: Totals,
    /// Side effects that the systems' own journals show for the runs.
    pub(super) effects: BTreeMap<&'static str, u64>,
    pub(super) second_run: SecondRun,
    pub(super) edits: Edits,
}

/// A record that waits.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Waiting {
    /// The number that people know it by; several with commas between them.
    pub(super) number: String,
    pub(super) why: String,
    /// Source and target, where they are the reason.
    pub(super) sums: Option<[Sum; 2]>,
}

/// An amount, written as a plain JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Sum(#[serde(with = "rust_decimal::serde::arbitrary_precision")] pub(super) Decimal);

/// Documents with the same totals on both sides, and those held because theirs are not.
#[derive(Debug, Default, Serialize)]
pub(super) struct Totals {
    pub(super) equal: u64,
    pub(super) held: u64,
}

/// The run that follows the first one at once.
#[derive(Debug, Default, Serialize)]
pub(super) struct SecondRun {
    pub(super) writes: u64,
    pub(super) reads: BTreeMap<String, u64>,
}

/// Edits by people, and those that can be seen where they were to arrive.
#[derive(Debug, Default, Serialize)]
pub(super) struct Edits {
    pub(super) made: u64,
    pub(super) arrived: u64,
}

impl Summary {
    /// Adds what a run bound and wrote.
    pub(super) fn add(&mut self, engine: &Engine, report: &Report) {
        self.bound = self.bound.saturating_add(report.bound);
        for (stream, count) in &report.written {
            let kinds = self.written.entry(stream.system.connection().to_owned()).or_default();
            let sum = kinds.entry(kind_of(engine, stream)).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    /// Takes over what waits at the end: a line for each record, parked ones too.
    pub(super) fn waiting(&mut self, report: &Report) {
        let of = |id: CanonicalId| report.held.iter().filter(move |held| held.subject == id);
        let mut told = BTreeSet::new();
        for held in &report.held {
            if told.insert(held.subject) {
                self.held.push(waiting(of(held.subject)));
                let sums = of(held.subject).any(|held| held.why == HeldWhy::Totals);
                self.totals.held = self.totals.held.saturating_add(u64::from(sums));
            }
        }
        let parked = report.parked.iter().map(|parked| Waiting {
            number: if parked.numbers.is_empty() { parked.key.clone() } else { joined(&parked.numbers) },
            why: parked.text.clone(),
            sums: None,
        });
        self.held.extend(parked);
        self.held.sort_by(|a, b| a.number.cmp(&b.number));
    }
}

fn kind_of(engine: &Engine, stream: &StreamKey) -> String {
    let tables = engine.policy().entities.iter().flat_map(|entity| entity.streams.values());
    let mut fitting = tables.filter(|table| table.key == *stream);
    fitting.next().map_or_else(|| stream.stream.to_string(), |table| table.cap.kind.to_string())
}

/// One record with all that is held of it.
fn waiting<'a>(all: impl Iterator<Item = &'a Held>) -> Waiting {
    let (mut numbers, mut why, mut sums) = (BTreeSet::new(), Vec::new(), None);
    for held in all {
        numbers.extend(held.numbers.iter().cloned());
        why.push(held.text.as_str());
        sums = sums.or_else(|| sums_of(held));
    }
    Waiting { number: joined(&numbers), why: why.join("; "), sums }
}

/// What the two sides come to, of a record whose sums are the reason.
fn sums_of(held: &Held) -> Option<[Sum; 2]> {
    if held.why != HeldWhy::Totals {
        return None;
    }
    // where nobody tells the VAT, the totals without it are compared
    let sides = |leaf: &str| {
        let mut found = held.values.iter().filter_map(|(_, values)| {
            let (_, value) = values.iter().find(|(path, _)| path.as_str().ends_with(leaf))?;
            value.as_decimal().map(Sum)
        });
        Some([found.next()?, found.next()?])
    };
    sides("gross").or_else(|| sides("net"))
}

fn joined(numbers: &BTreeSet<String>) -> String {
    numbers.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Lines for what waits and should not, and for what should wait and does not.
pub(super) fn unexpected(held: &[Waiting], mut wanted: Vec<(u64, &str)>) -> Vec<String> {
    let mut lines = Vec::new();
    for waiting in held {
        let is = |number: u64| waiting.number.split(", ").any(|one| one == number.to_string());
        match wanted.iter().position(|(number, _)| is(*number)) {
            Some(place) => drop(wanted.remove(place)),
            None => lines.push(format!("{} waits: {}", waiting.number, waiting.why)),
        }
    }
    lines.extend(wanted.into_iter().map(|(number, fate)| format!("{number} should wait for a person ({fate})")));
    lines
}

#[cfg(test)]
mod tests {
    use super::{super::sample::About, *};

    fn waiting(number: &str) -> Waiting {
        Waiting { number: number.to_owned(), why: "something".to_owned(), sums: None }
    }

    #[test]
    fn what_should_wait_and_does_not_is_told_and_the_other_way_round() {
        let about = About::read().unwrap();
        let all: Vec<u64> = about.must_wait(false).into_iter().map(|(number, _)| number).collect();
        let mut held: Vec<Waiting> = all.iter().map(|number| waiting(&format!("{number}, 55"))).collect();
        assert!(unexpected(&held, about.must_wait(false)).is_empty());
        held.pop();
        held.push(waiting("9"));
        let lines = unexpected(&held, about.must_wait(false));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("9 waits"), "{lines:?}");
    }

    #[test]
    fn the_summary_has_the_promised_form() {
        let mut summary = Summary { flow: "f".to_owned(), ..Summary::default() };
        summary
            .held
            .push(Waiting { sums: Some([Sum(Decimal::new(12340, 2)), Sum(Decimal::new(12341, 2))]), ..waiting("7") });
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            r#"{"flow":"f","seed":0,"read":{},"bound":0,"written":{},"held":[{"number":"7","why":"something","sums":[123.40,123.41]}],"totals":{"equal":0,"held":0},"effects":{},"second_run":{"writes":0,"reads":{}},"edits":{"made":0,"arrived":0}}"#
        );
    }
}
