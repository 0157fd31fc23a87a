//! Reading a list page by page, one page per call, with a position that can be stored as JSON and taken up again.
//!
//! The connector fetches the page that a [`Position`] names, and hands back what it saw; [`Position::turn`] gives the next
//! position, none at the end, or `Protocol` when the vendor serves the same page for ever.
//!
//! ```
//! use sync_http::page::{At, End, Position};
//!
//! # fn main() -> sync_core::Result<()> {
//! let start = Position::resume("list orders", None, Position::page(1))?;
//! let At::Page(number) = start.at() else { unreachable!() };
//! assert_eq!(*number, 1);
//! // … GET /orders?page=1 answers two rows and says that there are three in all …
//! let next = start.turn("list orders", ["17", "18"], End::Total(3))?;
//! let stored = next.map(|next| next.to_json()); // this is the cursor
//! assert!(stored.is_some());
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::error::{Error, ErrorKind, Result};
use url::Url;
use xxhash_rust::xxh3::Xxh3;

/// Where the next page begins, in the vendor's own way of counting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// The page's number.
    Page(u64),
    /// How many rows are skipped.
    Offset(u64),
    /// The address that the vendor gave; checked to lead to the vendor itself.
    Link(String),
    /// The last key read: the next page asks for greater ones.
    Key(String),
}

/// How the end of a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// Only by a page without rows. The safe one where a vendor may give fewer rows than asked for.
    Empty,
    /// By a page with fewer rows than this, the size that the vendor really serves.
    Short(u64),
    /// When so many rows were read, counted over all pages. A page without rows ends too.
    Total(u64),
    /// After the page of this number, empty pages before it included. For [`At::Page`].
    LastPage(u64),
    /// When the vendor says that there is no more, empty pages before it included.
    More(bool),
    /// When the vendor gives no further link. For [`At::Link`]; the link may be relative.
    Link(Option<&'a str>),
    /// By a page without rows; else the next page asks for keys greater than this one. For [`At::Key`].
    LastKey(&'a str),
}

/// A place in a listing: the JSON form is a connector's cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    at: At,
    /// Rows read before this page.
    read: u64,
    guard: Guard,
}

impl Position {
    /// The first page of a list counted by pages: 0 or 1, as the vendor counts.
    pub fn page(first: u64) -> Self {
        Self::start(At::Page(first))
    }
    /// The start of a list counted by rows.
    pub fn offset() -> Self {
        Self::start(At::Offset(0))
    }
    /// The start of a list whose pages are linked.
    pub fn link(first: &Url) -> Self {
        Self::start(At::Link(first.to_string()))
    }
    /// The start of a list read in the order of a key: one that is less than all.
    pub fn key(least: impl Into<String>) -> Self {
        Self::start(At::Key(least.into()))
    }
    fn start(at: At) -> Self {
        Self { at, read: 0, guard: Guard::default() }
    }
    /// The position stored as `cursor`, or `start` where there is none.
    ///
    /// Errors: `Protocol` for a cursor of another form, such as one stored by another version.
    pub fn resume(operation: &'static str, cursor: Option<&Value>, start: Self) -> Result<Self> {
        let Some(cursor) = cursor else { return Ok(start) };
        let position = Self::deserialize(cursor).ok();
        position.filter(|found| std::mem::discriminant(&found.at) == std::mem::discriminant(&start.at)).ok_or_else(
            || {
                let message = "the stored place in the list cannot be read; start the listing from the beginning";
                Error::new(ErrorKind::Protocol, operation, message)
            },
        )
    }
    /// The form to store.
    pub fn to_json(&self) -> Value {
        // plain fields with text keys: this cannot fail
        serde_json::to_value(self).unwrap_or_default()
    }
    /// Where this page begins.
    pub fn at(&self) -> &At {
        &self.at
    }
    /// Rows read before this page.
    pub fn read(&self) -> u64 {
        self.read
    }
    /// The position after this page, which held the rows with these ids. `None` at the end.
    ///
    /// Errors: `Protocol` when the page is one that was served before, when a key or link does not advance, or when a
    /// link leads to another host.
    pub fn turn<I: AsRef<str>>(
        &self,
        operation: &'static str,
        ids: impl IntoIterator<Item = I>,
        end: End<'_>,
    ) -> Result<Option<Self>> {
        let seen = Seen::of(ids);
        let read = self.read.saturating_add(seen.rows);
        let Some(at) = self.next(operation, &seen, read, end)? else { return Ok(None) };
        let stuck = |what: &str| {
            let message = format!(
                "the vendor's list does not advance after {read} rows ({what}); the listing stops here and keeps its place"
            );
            Error::new(ErrorKind::Protocol, operation, message)
        };
        if at == self.at {
            return Err(stuck("the next page is this one"));
        }
        let mark = seen.mark.unwrap_or_else(|| Seen::of([format!("{:?}", self.at)]).mark.unwrap_or_default());
        let guard = self.guard.after(mark, seen.rows).ok_or_else(|| stuck("a page came twice"))?;
        Ok(Some(Self { at, read, guard }))
    }

    fn next(&self, operation: &'static str, seen: &Seen, read: u64, end: End<'_>) -> Result<Option<At>> {
        let empty = seen.rows == 0;
        let done = match end {
            End::Empty | End::LastKey(_) => empty,
            End::Short(size) => empty || seen.rows < size,
            End::Total(total) => empty || read >= total,
            End::LastPage(last) => matches!(self.at, At::Page(page) if page >= last),
            End::More(more) => !more,
            End::Link(link) => link.is_none_or(|link| link.trim().is_empty()),
        };
        if done {
            return Ok(None);
        }
        let next = match (&self.at, end) {
            (At::Link(here), End::Link(Some(link))) => At::Link(same_origin(operation, here, link)?),
            (At::Key(_), End::LastKey(key)) => At::Key(key.to_owned()),
            (At::Link(_) | At::Key(_), _) | (_, End::Link(_) | End::LastKey(_)) => {
                let message = "the connector mixes two ways of paging; report this";
                return Err(Error::new(ErrorKind::Internal, operation, message));
            }
            (At::Page(page), _) => At::Page(page.saturating_add(1)),
            (At::Offset(rows), _) => At::Offset(rows.saturating_add(seen.rows)),
        };
        Ok(Some(next))
    }
}

/// `link` seen from `here`, if it leads to the same scheme, host and port.
fn same_origin(operation: &'static str, here: &str, link: &str) -> Result<String> {
    let wrong = |what: &str| {
        let message = format!("the vendor's list goes on at {what}; nothing was sent there");
        Error::new(ErrorKind::Protocol, operation, message)
    };
    let here = Url::parse(here).map_err(|_| wrong("an address that cannot be read"))?;
    let there = here.join(link.trim()).map_err(|_| wrong("an address that cannot be read"))?;
    if there.origin() != here.origin() || !there.username().is_empty() || there.password().is_some() {
        return Err(wrong(&format!("another host ({})", there.host_str().unwrap_or("none"))));
    }
    Ok(there.into())
}

/// What a page held.
struct Seen {
    rows: u64,
    /// A hash of its ids, if it has any.
    mark: Option<u64>,
}

impl Seen {
    fn of<I: AsRef<str>>(ids: impl IntoIterator<Item = I>) -> Self {
        let mut hash = Xxh3::new();
        let mut rows = 0_u64;
        for id in ids {
            let id = id.as_ref().as_bytes();
            hash.update(id);
            hash.update(&id.len().to_le_bytes());
            rows = rows.saturating_add(1);
        }
        Self { rows, mark: (rows > 0).then(|| hash.digest()) }
    }
}

/// Brent's way to find a circle in a sequence of pages while remembering one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Guard {
    mark: Option<u64>,
    steps: u64,
    power: u64,
    met: u8,
}

impl Guard {
    /// `None` when the page was met before. A page of one row is met twice first: a row that moves by one because
    /// another one came in before it shows again without anything being wrong.
    fn after(&self, mark: u64, rows: u64) -> Option<Self> {
        let met = self.met.saturating_add(u8::from(self.mark == Some(mark)));
        if met > u8::from(rows == 1) {
            return None;
        }
        let steps = self.steps.saturating_add(1);
        if steps >= self.power.max(1) {
            let power = self.power.max(1).saturating_mul(2);
            return Some(Self { mark: Some(mark), steps: 0, power, met });
        }
        Some(Self { mark: self.mark, steps, power: self.power, met })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a list to its end over stored cursors; the rows, or the error.
    fn walk(start: Position, mut page: impl FnMut(&At) -> (Vec<String>, Option<End<'static>>)) -> Result<Vec<String>> {
        let (mut rows, mut cursor) = (Vec::new(), None);
        loop {
            let here = Position::resume("list", cursor.as_ref(), start.clone())?;
            let (ids, end) = page(here.at());
            rows.extend(ids.iter().cloned());
            match here.turn("list", &ids, end.unwrap_or(End::Empty))? {
                Some(next) => cursor = Some(next.to_json()),
                None => return Ok(rows),
            }
            assert!(rows.len() < 100_000, "it goes on for ever");
        }
    }

    fn number(at: &At) -> usize {
        match at {
            At::Page(number) | At::Offset(number) => usize::try_from(*number).unwrap(),
            At::Link(_) | At::Key(_) => panic!("{at:?}"),
        }
    }

    proptest! {
        #[test]
        fn every_row_is_read_once_in_each_way_of_counting(total in 0_usize..60, size in 1_usize..9) {
            let all: Vec<String> = (0..total).map(|row| row.to_string()).collect();
            let pages: Vec<Vec<String>> = all.chunks(size).map(<[String]>::to_vec).collect();
            let page = |index: usize| pages.get(index).cloned().unwrap_or_default();
            let size_u64 = u64::try_from(size).unwrap();
            for end in [End::Empty, End::Short(size_u64), End::Total(u64::try_from(total).unwrap())] {
                prop_assert_eq!(&walk(Position::page(1), |at| (page(number(at) - 1), Some(end))).unwrap(), &all);
                prop_assert_eq!(&walk(Position::offset(), |at| {
                    (all.iter().skip(number(at)).take(size).cloned().collect(), Some(end))
                }).unwrap(), &all);
            }
            let last = u64::try_from(pages.len()).unwrap();
            prop_assert_eq!(&walk(Position::page(1), |at| (page(number(at) - 1), Some(End::LastPage(last)))).unwrap(), &all);
        }
        #[test]
        fn pages_that_go_in_a_circle_end_with_protocol(lead in 0_usize..20, circle in 1_usize..20, rows in 1_usize..3) {
            let error = walk(Position::page(0), |at| {
                let index = number(at);
                let index = if index < lead { index } else { lead + (index - lead) % circle };
                ((0..rows).map(|row| format!("{index}-{row}")).collect(), None)
            }).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::Protocol);
        }
    }

    #[test]
    fn a_page_number_that_the_vendor_ignores_is_found_at_the_second_page() {
        let mut asked = 0;
        let error = walk(Position::page(1), |_| {
            asked += 1;
            (vec!["1".to_owned(), "2".to_owned()], None)
        });
        assert_eq!((error.unwrap_err().kind(), asked), (ErrorKind::Protocol, 2));
    }

    #[test]
    fn a_filter_may_leave_pages_empty_before_the_last() {
        let pages = [vec!["1"], vec![], vec!["2"]];
        let read = walk(Position::page(1), |at| {
            (pages[number(at) - 1].iter().map(ToString::to_string).collect(), Some(End::LastPage(3)))
        });
        assert_eq!(read.unwrap(), ["1", "2"]);
    }

    #[test]
    fn a_row_that_moved_to_the_next_page_is_no_circle() {
        let mut pages = ["1", "1", "2", "3"].into_iter().map(|id| vec![id.to_owned()]);
        let read = walk(Position::page(1), |_| (pages.next().unwrap_or_default(), None));
        assert_eq!(read.unwrap().len(), 4);
    }

    #[test]
    fn links_are_followed_on_the_same_host_only() {
        let start = Position::link(&Url::parse("https://api.example.com/v1/orders?top=2").unwrap());
        let turn = |link| start.turn("list", ["1"], End::Link(link));
        let next = turn(Some("/v1/orders?skip=2")).unwrap().unwrap();
        assert_eq!(next.at(), &At::Link("https://api.example.com/v1/orders?skip=2".to_owned()));
        assert_eq!(turn(None).unwrap(), None);
        for bad in [
            "https://evil.example.com/v1/orders",
            "http://api.example.com/v1/orders",
            "https://api.example.com:8443/v1/orders",
            "https://user:pass@api.example.com/v1/orders",
            "//evil.example.com/",
            "https://api.example.com/v1/orders?top=2",
        ] {
            assert_eq!(turn(Some(bad)).unwrap_err().kind(), ErrorKind::Protocol, "{bad}");
        }
    }

    #[test]
    fn keys_must_advance() {
        let start = Position::key("0");
        let next = start.turn("list", ["5"], End::LastKey("5")).unwrap().unwrap();
        assert_eq!(next.turn("list", ["5"], End::LastKey("5")).unwrap_err().kind(), ErrorKind::Protocol);
        assert_eq!(next.turn("list", Vec::<String>::new(), End::LastKey("")).unwrap(), None);
    }

    #[test]
    fn a_cursor_of_another_form_is_refused() {
        for cursor in [serde_json::json!({"page": 3}), Position::offset().to_json()] {
            assert_eq!(
                Position::resume("list", Some(&cursor), Position::page(1)).unwrap_err().kind(),
                ErrorKind::Protocol
            );
        }
    }
}
