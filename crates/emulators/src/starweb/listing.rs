//! Lists: pages, filters, order and what is included.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::frame::{Cx, Request};

use super::{
    refusal::Refusal,
    switches::{PAGE_SIZE, TIME_FILTERS, UNKNOWN_INCLUDE, Z_TIMES},
    value::{Fields, instant},
};

/// A request's query, read as the vendor reads it. Parameters that it does not know are ignored.
pub(super) struct Query<'a> {
    pairs: Vec<(String, String)>,
    cx: &'a Cx<'a>,
}

/// One side of a time filter.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// From this instant on.
    Since(DateTime<Utc>),
    /// Up to this instant.
    Until(DateTime<Utc>),
}

/// The names in `include`.
#[derive(Default)]
pub(super) struct Includes(BTreeSet<String>);

impl Includes {
    /// Whether `name`, or something below it, is to be included.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|wanted| wanted == name || wanted.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Everything that `names` names.
    pub(super) fn all(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

impl<'a> Query<'a> {
    pub(super) fn new(request: &Request, cx: &'a Cx<'a>) -> Self {
        Self { pairs: request.query_pairs(), cx }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.text(name) {
            None | Some("" | "0" | "false") => Ok(false),
            Some("1" | "true") => Ok(true),
            Some(other) => Err(Refusal::invalid(format!("{name}: {other:?} is neither true nor false"))),
        }
    }

    pub(super) fn id(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let read = |text: &str| text.parse().map_err(|_| Refusal::invalid(format!("{name}: {text:?} is no id")));
        self.text(name).map(read).transpose()
    }

    /// A time filter's instant. A bare `+` came as a space and makes the time unreadable.
    fn instant(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let refused = text.ends_with(['Z', 'z']) && self.cx.switches.is(&Z_TIMES, "refused");
        let read = instant(text).filter(|_| !refused);
        read.map(Some).ok_or_else(|| Refusal::invalid(format!("{name}: {text:?} is no ISO 8601 time")))
    }

    pub(super) fn since(&self, name: &str) -> Result<Option<Bound>, Refusal> {
        Ok(self.instant(name)?.map(Bound::Since))
    }

    pub(super) fn until(&self, name: &str) -> Result<Option<Bound>, Refusal> {
        Ok(self.instant(name)?.map(Bound::Until))
    }

    /// Whether `at` is within the bound, if there is one.
    pub(super) fn within(&self, bound: Option<Bound>, at: DateTime<Utc>) -> bool {
        let (past, edge) = match bound {
            None => return true,
            Some(Bound::Since(edge)) => (at > edge, edge),
            Some(Bound::Until(edge)) => (at < edge, edge),
        };
        past || (at == edge && self.cx.switches.is(&TIME_FILTERS, "inclusive"))
    }

    /// The sort key and whether it descends.
    pub(super) fn sort(&self, keys: &[&'static str], descends: bool) -> Result<(&'static str, bool), Refusal> {
        let first = keys.first().copied().unwrap_or_default();
        let key = match self.text("sortBy") {
            None => first,
            Some(wanted) => match keys.iter().find(|key| **key == wanted) {
                Some(key) => key,
                None => return Err(Refusal::invalid(format!("sortBy: must be one of {}", keys.join(", ")))),
            },
        };
        match self.text("sortOrder") {
            None => Ok((key, descends)),
            Some("ASC") => Ok((key, false)),
            Some("DESC") => Ok((key, true)),
            Some(_) => Err(Refusal::invalid("sortOrder: must be ASC or DESC")),
        }
    }

    pub(super) fn includes(&self, known: &[&str]) -> Result<Includes, Refusal> {
        let named = self.text("include").unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut wanted = BTreeSet::new();
        for name in named {
            if known.contains(&name) {
                wanted.insert(name.to_owned());
            } else if self.cx.switches.is(&UNKNOWN_INCLUDE, "refused") {
                return Err(Refusal::invalid(format!("include: there is no {name:?}")));
            }
        }
        Ok(Includes(wanted))
    }

    /// The records of the wanted page and the answer's `meta`. A page beyond the last is empty.
    pub(super) fn page<T>(&self, records: Vec<T>) -> Result<(Vec<T>, Value), Refusal> {
        let total = records.len();
        self.page_of(records.into_iter(), total)
    }

    /// As [`page`](Query::page), from records that need not all be looked at.
    pub(super) fn page_of<T>(
        &self,
        records: impl Iterator<Item = T>,
        total: usize,
    ) -> Result<(Vec<T>, Value), Refusal> {
        let page = match self.text("page") {
            None => 1,
            Some(text) => match text.parse::<usize>() {
                Ok(page) if page >= 1 => page,
                _ => return Err(Refusal::invalid(format!("page: {text:?} is no page"))),
            },
        };
        let size = usize::try_from(self.cx.switches.number(&PAGE_SIZE)).unwrap_or(100);
        let skipped = (page - 1).saturating_mul(size);
        let records = records.skip(skipped).take(size).collect::<Vec<_>>();
        let meta = json!({ "pagination": {
            "current_page": page,
            "per_page": size,
            "total": total,
            "count": records.len(),
            "total_pages": total.div_ceil(size).max(1),
        } });
        Ok((records, meta))
    }
}

/// The body of a paged list.
pub(super) fn paged(records: impl IntoIterator<Item = Fields>, meta: Value) -> Value {
    json!({ "data": super::value::list(records), "meta": meta })
}
