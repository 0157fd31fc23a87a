//! Where a description is known to be wrong.

use crate::{Problem, glob};

/// One known fault of a description. The first three are compared with the problem's fields of the same name; `*`
/// stands for any run of characters.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// See [`Problem::place`].
    pub place: &'static str,
    /// See [`Problem::at`].
    pub at: &'static str,
    /// See [`Problem::keyword`].
    pub keyword: &'static str,
    /// Why it is no problem, and on whose word.
    pub reason: &'static str,
}

/// A table of exceptions that remembers which were needed.
#[derive(Debug)]
pub struct Exceptions {
    table: Vec<(Exception, bool)>,
}

impl Exceptions {
    /// None of `table` needed yet.
    pub fn new(table: &[Exception]) -> Self {
        Self { table: table.iter().map(|exception| (*exception, false)).collect() }
    }

    /// The problems that no exception covers.
    #[must_use]
    pub fn filter(&mut self, problems: Vec<Problem>) -> Vec<Problem> {
        problems.into_iter().filter(|problem| !self.covers(problem)).collect()
    }

    fn covers(&mut self, problem: &Problem) -> bool {
        let mut covered = false;
        for (exception, used) in &mut self.table {
            let fits = glob::fits(exception.place, &problem.place)
                && glob::fits(exception.at, &problem.at)
                && glob::fits(exception.keyword, &problem.keyword);
            *used |= fits;
            covered |= fits;
        }
        covered
    }

    /// The exceptions that covered nothing so far.
    pub fn unused(&self) -> Vec<Exception> {
        self.table.iter().filter(|(_, used)| !used).map(|(exception, _)| *exception).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_covers_what_it_names_and_tells_when_it_was_not_needed() {
        let problem = |at: &str| Problem {
            place: "GET /orders 200".into(),
            at: at.into(),
            keyword: "type".into(),
            message: String::new(),
        };
        let exception = |at| Exception { place: "GET /orders *", at, keyword: "type", reason: "" };
        let mut exceptions = Exceptions::new(&[exception("/data/*/a"), exception("/never")]);
        let left = exceptions.filter(vec![problem("/data/0/a"), problem("/data/0/b")]);
        assert_eq!(left, [problem("/data/0/b")]);
        assert_eq!(exceptions.unused().iter().map(|exception| exception.at).collect::<Vec<_>>(), ["/never"]);
    }
}
