//! Walking through a list: pages are numbered, and nothing else can be asked for.
//!
//! Rows move while a list is read. Lists are therefore read oldest id first, so that what is new comes at the end; what
//! is met twice does no harm, and what a removal makes us miss is asked for by id before anybody takes it as gone.
//!
//! Orders have no filter on their change. They are read newest change first, back to the moment asked for. An order that
//! changes meanwhile moves to a page that was read already; its stamp is newer than all that was seen, so that the next
//! reading finds it.

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sync_core::{
    connector::{Cursor, ListFrom},
    error::{Error, ErrorKind, Result},
    handler::RawPage,
};
use sync_http::{
    Position,
    page::{At, End},
};

use crate::{client::ListPage, wire::Told};

/// Rows in a page: the vendor's own number, which cannot be changed.
pub(super) const PAGE: u32 = 100;
/// Seconds that windows of changes overlap: whether the vendor's filters include their own moment, and how precisely
/// they compare, is not documented.
pub(super) const OVERLAP_S: u32 = 300;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Window {
    All,
    ModifiedSince(DateTime<Utc>),
    CreatedSince(DateTime<Utc>),
}

/// A place in a list; its JSON is the cursor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walk {
    pub(super) window: Window,
    at: Position,
}

/// The stamp of a row's last change, beside its id.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stamped {
    modified_at: Told<DateTime<FixedOffset>>,
}

impl Walk {
    pub(super) fn from(operation: &'static str, from: &ListFrom) -> Result<Self> {
        let window = match from {
            ListFrom::Beginning => Window::All,
            ListFrom::ModifiedSince(at) => Window::ModifiedSince(*at),
            ListFrom::CreatedSince(at) => Window::CreatedSince(*at - TimeDelta::seconds(i64::from(OVERLAP_S))),
            ListFrom::Page(Cursor(place)) => {
                return Self::deserialize(place).map_err(|_| {
                    let line = "the stored place in the list cannot be read; start the listing from the beginning";
                    Error::new(ErrorKind::Protocol, operation, line)
                });
            }
        };
        Ok(Self { window, at: Position::page(1) })
    }
    /// The number of the page.
    pub(super) fn page(&self) -> u64 {
        match self.at.at() {
            At::Page(page) => *page,
            _ => 1,
        }
    }
    /// The page, with the place of the next one.
    pub(super) fn turn(self, operation: &'static str, page: ListPage) -> Result<RawPage> {
        self.go_on(operation, page, false)
    }
    /// The same for a list that is read newest change first: it ends where the window does.
    pub(super) fn turn_back(self, operation: &'static str, page: ListPage) -> Result<RawPage> {
        let Window::ModifiedSince(since) = self.window else { return self.go_on(operation, page, false) };
        // a stamp that cannot be read ends nothing
        let last = page.data.last().and_then(|row| serde_json::from_str::<Stamped>(row.get()).ok());
        let stamp = last.and_then(|row| row.modified_at.get());
        self.go_on(operation, page, stamp.is_some_and(|at| at < since))
    }
    fn go_on(self, operation: &'static str, page: ListPage, ended: bool) -> Result<RawPage> {
        let end = match &page.meta {
            _ if ended => End::More(false),
            Some(meta) => End::LastPage(meta.pagination.total_pages),
            None => End::Empty,
        };
        let next = self.at.turn(operation, page.data.iter().map(|row| row.get()), end)?;
        let next = next.map(|at| Cursor(serde_json::to_value(Self { at, ..self }).unwrap_or_default()));
        Ok(RawPage { rows: page.data, next })
    }
}

/// A moment as the vendor's filters take it: whether they take `Z` is not documented, so the offset is in figures.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(stamps: &[&str], pages: u64) -> ListPage {
        let rows: Vec<String> = stamps
            .iter()
            .enumerate()
            .map(|(id, at)| format!(r#"{{"orderId":{},"modifiedAt":"{at}"}}"#, id + 1))
            .collect();
        let meta = format!(r#"{{"pagination":{{"current_page":1,"total_pages":{pages}}}}}"#);
        serde_json::from_str(&format!(r#"{{"data":[{}],"meta":{meta}}}"#, rows.join(","))).unwrap()
    }
    fn since(at: &str) -> Walk {
        Walk::from("list", &ListFrom::ModifiedSince(at.parse().unwrap())).unwrap()
    }

    #[test]
    fn going_back_ends_with_the_first_page_whose_last_row_is_older() {
        let newer = page(&["2024-03-01T13:00:00+01:00", "2024-03-01T12:00:00+01:00"], 9);
        let here = since("2024-03-01T11:00:00Z");
        let next = here.turn_back("list", newer).unwrap().next.unwrap();
        let there = Walk::from("list", &ListFrom::Page(next)).unwrap();
        assert_eq!((there.page(), there.window), (2, since("2024-03-01T11:00:00Z").window));
        let older = page(&["2024-03-01T12:00:00+01:00", "2024-03-01T11:59:59+01:00"], 9);
        let last = there.turn_back("list", older).unwrap();
        assert_eq!((last.rows.len(), last.next), (2, None));
    }

    #[test]
    fn a_row_without_a_readable_stamp_ends_nothing_and_the_last_page_does() {
        assert!(since("2024-03-01T11:00:00Z").turn_back("list", page(&["then"], 2)).unwrap().next.is_some());
        assert!(since("2024-03-01T11:00:00Z").turn_back("list", page(&["then"], 1)).unwrap().next.is_none());
    }

    #[test]
    fn the_number_of_pages_counts_and_without_it_an_empty_page() {
        let all = || Walk::from("list", &ListFrom::Beginning).unwrap();
        assert!(all().turn("list", page(&["x"], 1)).unwrap().next.is_none());
        let without = |rows: &str| serde_json::from_str(&format!(r#"{{"data":[{rows}]}}"#)).unwrap();
        assert!(all().turn("list", without("{}")).unwrap().next.is_some());
        assert!(all().turn("list", without("")).unwrap().next.is_none());
    }

    #[test]
    fn a_list_that_serves_one_page_for_ever_is_stopped() {
        let mut walk = Walk::from("list", &ListFrom::Beginning).unwrap();
        let error = loop {
            match walk.turn("list", page(&["x", "y"], 9)) {
                Ok(turned) => walk = Walk::from("list", &ListFrom::Page(turned.next.unwrap())).unwrap(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }

    #[test]
    fn a_strange_cursor_starts_over_and_a_moment_has_its_offset_in_figures() {
        let error = Walk::from("list", &ListFrom::Page(Cursor(serde_json::json!(7)))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert_eq!(stamp("2024-03-01T11:00:00.9Z".parse().unwrap()), "2024-03-01T11:00:00+00:00");
    }
}
