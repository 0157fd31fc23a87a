//! Every mistake of a policy at once, each with its place and its cure.

use std::fmt;

/// One mistake in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line of the file, from 1, where it is known: see [`Mistake::find_line`].
    pub line: Option<usize>,
    /// Where: `entities.orders.fields.email`.
    pub place: String,
    /// What is wrong.
    pub fault: String,
    /// What to write instead.
    pub cure: String,
}

impl Mistake {
    /// A mistake whose line is not known.
    pub fn new(place: impl Into<String>, fault: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { line: None, place: place.into(), fault: fault.into(), cure: cure.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}; {}", self.fault, self.cure)
    }
}

/// "did you mean 'erp'?", or the words there are if none is near.
pub(super) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    match (nearest(word, &known), known.len()) {
        (Some(near), _) => format!("did you mean '{near}'?"),
        (None, 0) => "there are none".to_owned(),
        (None, 1..=15) => format!("write one of {}", known.join(", ")),
        (None, _) => "no name that is known comes near it".to_owned(),
    }
}

/// The word that is most like this one, if any is like it: a slip of the hand, or the last part of a path.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let distance = |candidate: &str| {
        let last = candidate.rsplit('.').next().is_some_and(|last| last == word);
        if last { 0 } else { strsim::osa_distance(word, candidate) }
    };
    let near = known.iter().map(|candidate| (distance(candidate), *candidate));
    near.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}
