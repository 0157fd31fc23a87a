//! One side of one unit.

use chrono::{DateTime, Utc};

use super::Agreed;
use crate::{
    capability::represents,
    fault::{self, Fault},
    id::{EntityKind, SystemId},
    model,
    policy::FieldTable,
    value::{FieldMap, FieldPath, Value},
};

/// What one system shows of one unit. Built by `diff`, which leaves out sides whose changes never count: aliases,
/// frozen and removed ones.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// Which system.
    pub system: &'a SystemId,
    /// What its record is.
    pub kind: EntityKind,
    /// The leaves that it shows now; `None` if it was not read this time.
    pub seen: Option<&'a FieldMap>,
    /// The leaves that it showed when they were settled last.
    pub shadow: Option<&'a FieldMap>,
    /// The agreed value has not reached this side yet.
    pub lagging: bool,
    /// When the record was changed last, by its own clock.
    pub modified_at: Option<DateTime<Utc>>,
    /// The unit is all that changed in the record since the shadow.
    pub only_change: bool,
    /// What the stream does to each leaf.
    pub fields: &'a FieldTable,
}

impl Side<'_> {
    /// Whether it shows the unit at all, now or before.
    pub fn knows(&self) -> bool {
        self.seen.is_some_and(|v| !v.is_empty()) || self.shadow.is_some_and(|v| !v.is_empty())
    }
    /// What it shows: what was read now over what was read before.
    pub fn shown(&self) -> FieldMap {
        let mut shown = self.shadow.cloned().unwrap_or_default();
        if let Some(seen) = self.seen {
            shown.overlay(seen);
        }
        shown
    }
    /// What it would have everybody show: what it shows, but for leaves that were not touched and merely show the
    /// agreed value in a shorter way. A cut street does not travel with an edited city.
    pub fn claim(&self, agreed: Option<Agreed<'_>>) -> FieldMap {
        let mut claim = self.shown();
        let (Some(agreed), Some(shadow)) = (agreed, self.shadow) else { return claim };
        for (path, wanted) in agreed.value.iter() {
            let untouched = claim
                .get(path)
                .is_some_and(|now| shadow.get(path) == Some(now) && represents(now, wanted, &self.fields.get(path)));
            if untouched {
                claim.set(path, wanted.clone());
            }
        }
        claim
    }
    /// Changed since we looked last.
    pub fn edited(&self) -> bool {
        let at_first = fault::on(Fault::JoiningWins);
        let moved = |path, value| match self.shadow.and_then(|shadow| shadow.get(path)) {
            Some(before) => before != value,
            None => at_first,
        };
        self.seen.is_some_and(|seen| seen.iter().any(|(path, value)| moved(path, value)))
    }
    /// Shows something for the first time. That can be an old value, so it is no edit; and emptiness is nothing.
    pub fn joins(&self) -> bool {
        self.seen.is_some_and(|seen| {
            !self.edited()
                && seen
                    .iter()
                    .any(|(path, value)| !value.is_null() && self.shadow.is_none_or(|s| s.get(path).is_none()))
        })
    }
    /// Whoever changed it had not seen the agreed value.
    pub fn uninformed(&self) -> bool {
        self.lagging || self.joins()
    }
    /// What it shows is what it would show after `value` was written to it.
    pub fn shows(&self, value: &FieldMap) -> bool {
        self.compare(value, |path, shown, wanted| represents(shown, wanted, &self.fields.get(path)))
    }
    /// The same, with forms of writing that mean the same taken as equal: first contact would drown people else.
    pub fn shows_at_first(&self, value: &FieldMap) -> bool {
        self.compare(value, |path, shown, wanted| {
            represents(shown, wanted, &self.fields.get(path)) || same_meaning(self.kind, path, shown, wanted)
        })
    }
    /// The side showed `agreed` cut, and the new value fills its length again.
    pub fn cut(&self, agreed: &FieldMap) -> bool {
        let (Some(seen), Some(shadow)) = (self.seen, self.shadow) else { return false };
        seen.iter().any(|(path, now)| {
            let (Some(max), Some(Value::Text(long)), Some(before), Value::Text(now)) =
                (self.fields.get(path).max_len, agreed.get(path), shadow.get(path), now)
            else {
                return false;
            };
            let max = usize::try_from(max).unwrap_or(usize::MAX);
            before.as_text() != Some(now)
                && long.chars().count() > max
                && now.chars().count() >= max
                && represents(before, &Value::Text(long.clone()), &self.fields.get(path))
        })
    }

    fn compare(&self, value: &FieldMap, same: impl Fn(FieldPath, &Value, &Value) -> bool) -> bool {
        let shown = self.shown();
        shown.iter().all(|(path, shown)| value.get(path).is_none_or(|wanted| same(path, shown, wanted)))
    }
}

/// Whether two values of a field mean the same in its normal form: phone, registration number, post code, country.
pub(crate) fn same_meaning(kind: EntityKind, path: FieldPath, a: &Value, b: &Value) -> bool {
    model::field(kind, path).is_some_and(|field| match (field.form.of(a), field.form.of(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    })
}
