//! Every mistake of a policy at once, each with its place and its cure.

use std::fmt;

/// One mistake in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `entities.orders.fields.email`.
    pub place: String,
    /// What is wrong.
    pub fault: String,
    /// What to write instead.
    pub cure: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.fault, self.cure)
    }
}
