//! What a check found, and what is waived of it.

use std::fmt;

use sync_core::Error;

/// Something that a check found. `at` is the stream, or `stream/claim`: `customers`, `customers/billing.city`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub at: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// What ends the check of a stream.
#[derive(Clone, Debug)]
pub(super) struct Wrong(pub(super) String);

impl Wrong {
    pub(super) fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// How a finding begins that is the fixture's and says nothing of the connector.
const UNTRIED: &str = "the fixture ";

impl Finding {
    /// The fixture could not show it; the connector may well be right.
    pub fn is_untried(&self) -> bool {
        self.what.starts_with(UNTRIED)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        Self(format!("{:?} from {error}{detail}", error.kind()))
    }
}

/// What a check of one stream gives.
pub(super) type Outcome = Result<(), Wrong>;

/// Ends a check unless something is as it should be.
pub(super) fn sure(holds: bool, what: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Wrong(what())) }
}

/// A claim that is not shown, and why: check, place, reason. The place is that of the [`Finding`]; a `*` at its end stands
/// for any rest.
pub type Waiver<'a> = (&'a str, &'a str, &'a str);

fn covers((check, at, _): &Waiver<'_>, id: &str, finding: &Finding) -> bool {
    *check == id
        && match at.strip_suffix('*') {
            Some(head) => finding.at.starts_with(head),
            None => finding.at == *at,
        }
}

/// What is left after the waivers: findings that none covers, and waivers that cover nothing.
pub(super) fn judge(id: &str, findings: Vec<Finding>, waivers: &[Waiver<'_>]) -> Vec<Finding> {
    let unused = waivers.iter().filter(|waiver| waiver.0 == id && !findings.iter().any(|one| covers(waiver, id, one)));
    let unused = unused.map(|(_, at, why)| Finding {
        at: (*at).to_owned(),
        what: format!("this is waived ('{why}') and there is nothing to waive; take the waiver out"),
    });
    let unused: Vec<Finding> = unused.collect();
    unused.into_iter().chain(uncovered(id, findings, waivers)).collect()
}

/// Findings that no waiver covers.
pub(super) fn uncovered(id: &str, findings: Vec<Finding>, waivers: &[Waiver<'_>]) -> Vec<Finding> {
    findings.into_iter().filter(|one| !waivers.iter().any(|waiver| covers(waiver, id, one))).collect()
}
