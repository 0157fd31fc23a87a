//! Walking through lists. There are two ways, and neither tells how much there is:
//!
//! - **Pages by number** of the vendor's own lists, whose order is not documented. They end with an empty page, or with one
//!   that has fewer rows than a page of the same kind was seen to hold: any other short one may be the vendor's own limit.
//! - **Queries by id**: from the last id on, always the first page. What changes meanwhile can neither be missed nor move
//!   anything, since its stamp is newer than the moment that the next reading begins with.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sync_core::{
    connector::{Cursor, ListFrom},
    error::{Error, ErrorKind, Result},
    handler::RawPage,
};
use sync_http::{
    Position,
    page::{At, End},
};

/// Seconds that windows of changes overlap.
pub(super) const OVERLAP_S: u32 = 300;
/// The same length of time.
pub(super) const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// The zone of a moment in a request is not documented: read in Copenhagen's in summer it is two hours off. So much more is
/// asked for on both sides.
pub(super) const SLACK: TimeDelta = TimeDelta::hours(3);

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Window {
    All,
    ModifiedSince(DateTime<Utc>),
    CreatedSince(DateTime<Utc>),
    /// The quotation lines that changed since; the documents that did follow them.
    LinesSince(DateTime<Utc>),
    /// Documents that did not change themselves, and whose lines did; they come last.
    NamedByLines(DateTime<Utc>),
}

/// A place in a list; its JSON is the cursor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walk {
    pub(super) window: Window,
    /// The end of a window, fixed when the reading began.
    pub(super) until: DateTime<Utc>,
    at: Position,
    /// Documents whose lines changed, with the latest stamp of these; those that were shown are taken out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) stamps: BTreeMap<i64, String>,
}

impl Walk {
    /// `by_id`: changes are walked through by id.
    pub(super) fn from(operation: &'static str, from: &ListFrom, now: DateTime<Utc>, by_id: bool) -> Result<Self> {
        let window = match from {
            ListFrom::Beginning => Window::All,
            ListFrom::ModifiedSince(at) => Window::ModifiedSince(*at),
            ListFrom::CreatedSince(at) => Window::CreatedSince(*at - OVERLAP),
            ListFrom::Page(Cursor(place)) => {
                return Self::deserialize(place).map_err(|_| {
                    let line = "the stored place in the list cannot be read; start the listing from the beginning";
                    Error::new(ErrorKind::Protocol, operation, line)
                });
            }
        };
        let by_id = by_id && matches!(window, Window::ModifiedSince(_));
        let at = if by_id { Position::key("0") } else { Position::page(1) };
        Ok(Self { window, until: now + SLACK, at, stamps: BTreeMap::new() })
    }
    /// The first page of another window.
    pub(super) fn onward(&self, window: Window, by_id: bool) -> Self {
        let at = if by_id { Position::key("0") } else { Position::page(1) };
        Self { window, until: self.until, at, stamps: self.stamps.clone() }
    }
    /// The same place with these stamps.
    pub(super) fn with_stamps(&self, stamps: BTreeMap<i64, String>) -> Self {
        Self { window: self.window, until: self.until, at: self.at.clone(), stamps }
    }
    /// The number of the page; the first one of a query by id.
    pub(super) fn page(&self) -> u64 {
        match self.at.at() {
            At::Page(page) => *page,
            _ => 1,
        }
    }
    /// The least id that is asked for, where it is walked by id.
    pub(super) fn least_id(&self) -> Option<u64> {
        match self.at.at() {
            At::Key(last) => last.parse().ok(),
            _ => None,
        }
    }
    pub(super) fn cursor(&self) -> Cursor {
        // plain fields with text keys: this cannot fail
        Cursor(serde_json::to_value(self).unwrap_or_default())
    }
    /// The place after these rows. `id` reads a row's id. A page with fewer rows than `whole` is the last one; 0 where it is
    /// not known what a page holds.
    pub(super) fn next(
        &self,
        operation: &'static str,
        rows: &[Box<RawValue>],
        whole: usize,
        id: impl Fn(&RawValue) -> Option<u64>,
    ) -> Result<Option<Cursor>> {
        if rows.len() < whole {
            return Ok(None);
        }
        let texts = rows.iter().map(|row| row.get());
        let at = match self.at.at() {
            At::Key(_) => {
                let greatest = rows.iter().filter_map(|row| id(row)).max();
                let Some(next) = greatest.and_then(|id| id.checked_add(1)) else {
                    let line = "rows without a readable id cannot be walked through; report it";
                    let fault = || Error::new(ErrorKind::Protocol, operation, line);
                    return if rows.is_empty() { Ok(None) } else { Err(fault()) };
                };
                self.at.turn(operation, texts, End::LastKey(&next.to_string()))?
            }
            _ => self.at.turn(operation, texts, End::Empty)?,
        };
        Ok(at.map(|at| Self { at, ..self.clone() }.cursor()))
    }
    /// The page, with the place of the next one.
    pub(super) fn turn(
        &self,
        operation: &'static str,
        rows: Vec<Box<RawValue>>,
        whole: usize,
        id: impl Fn(&RawValue) -> Option<u64>,
    ) -> Result<RawPage> {
        let next = self.next(operation, &rows, whole, id)?;
        Ok(RawPage { rows, next })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(ids: &[u64]) -> Vec<Box<RawValue>> {
        ids.iter().map(|id| RawValue::from_string(format!(r#"{{"Id":{id}}}"#)).unwrap()).collect()
    }
    fn id(row: &RawValue) -> Option<u64> {
        serde_json::from_str::<serde_json::Value>(row.get()).ok()?["Id"].as_u64()
    }
    fn noon() -> DateTime<Utc> {
        "2024-03-01T11:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_short_page_is_no_end_and_an_empty_one_is() {
        let walk = Walk::from("list", &ListFrom::Beginning, noon(), true).unwrap();
        let next = walk.turn("list", rows(&[1]), 0, id).unwrap().next.unwrap();
        let walk = Walk::from("list", &ListFrom::Page(next), noon(), true).unwrap();
        assert_eq!((walk.page(), walk.least_id()), (2, None));
        assert_eq!(walk.turn("list", rows(&[]), 0, id).unwrap().next, None);
    }

    #[test]
    fn changes_are_walked_by_id_whatever_their_order() {
        let since = ListFrom::ModifiedSince(noon());
        let walk = Walk::from("list", &since, noon(), true).unwrap();
        assert_eq!(walk.least_id(), Some(0));
        let next = walk.turn("list", rows(&[7, 3]), 0, id).unwrap().next.unwrap();
        let walk = Walk::from("list", &ListFrom::Page(next), noon(), true).unwrap();
        assert_eq!((walk.least_id(), walk.page()), (Some(8), 1));
        assert_eq!(walk.turn("list", rows(&[]), 0, id).unwrap().next, None);
        let lost = vec![RawValue::from_string("{}".to_owned()).unwrap()];
        assert_eq!(walk.turn("list", lost, 0, id).unwrap_err().kind(), ErrorKind::Protocol);
    }

    #[test]
    fn a_page_with_fewer_rows_than_one_was_seen_to_hold_is_the_last() {
        for by_id in [true, false] {
            let walk = Walk::from("list", &ListFrom::ModifiedSince(noon()), noon(), by_id).unwrap();
            assert_eq!(walk.turn("list", rows(&[1, 2]), 3, id).unwrap().next, None);
            assert!(walk.turn("list", rows(&[1, 2, 3]), 3, id).unwrap().next.is_some());
            assert!(walk.turn("list", rows(&[1]), 0, id).unwrap().next.is_some(), "nobody knows what a page holds");
        }
    }

    #[test]
    fn the_end_of_a_window_stays_and_a_strange_cursor_starts_over() {
        let walk = Walk::from("list", &ListFrom::ModifiedSince(noon()), noon(), false).unwrap();
        let next = walk.turn("list", rows(&[1]), 0, id).unwrap().next.unwrap();
        let later = Walk::from("list", &ListFrom::Page(next), noon() + TimeDelta::hours(9), false).unwrap();
        assert_eq!(later.until, noon() + SLACK);
        let error = Walk::from("list", &ListFrom::Page(Cursor(json!(7))), noon(), false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }

    #[test]
    fn a_list_that_serves_one_page_for_ever_is_stopped() {
        let mut walk = Walk::from("list", &ListFrom::Beginning, noon(), false).unwrap();
        let error = loop {
            match walk.turn("list", rows(&[1, 2]), 0, id) {
                Ok(turned) => walk = Walk::from("list", &ListFrom::Page(turned.next.unwrap()), noon(), false).unwrap(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}
