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
    /// What it would have everybody show: what it shows, but for leaves that merely show the agreed value in a way of
    /// their own. A cut street does not travel with an edited city. Who saw the agreed value speaks for all of it, also
    /// for leaves that the system does not have; and emptiness that is met is no word against it.
    pub fn claim(&self, agreed: Option<Agreed<'_>>) -> FieldMap {
        let informed = !self.unaware(agreed);
        let fills = informed || self.shadow.is_some_and(|shadow| !shadow.is_empty());
        self.claim_of(agreed, informed, fills)
    }
    /// The same of a side whose emptiness counts from the start.
    pub(super) fn claim_with_blanks(&self, agreed: Option<Agreed<'_>>) -> FieldMap {
        self.claim_of(agreed, !self.unaware(agreed), false)
    }
    fn claim_of(&self, agreed: Option<Agreed<'_>>, completes: bool, fills: bool) -> FieldMap {
        let mut claim = match agreed {
            Some(agreed) if completes => agreed.value.clone(),
            _ => FieldMap::new(),
        };
        for (path, now) in self.shown().iter() {
            let wanted = agreed.and_then(|agreed| agreed.value.get(path));
            match wanted {
                Some(wanted) if self.restates(path, now, wanted) => claim.set(path, wanted.clone()),
                _ if fills && self.is_silent(path, agreed) => {}
                _ => claim.set(path, now.clone()),
            }
        }
        claim
    }
    /// Changed since we looked last.
    pub fn edited(&self) -> bool {
        self.seen.is_some_and(|seen| seen.paths().any(|path| self.edited_at(path)))
    }
    /// This leaf was changed since we looked last.
    pub(super) fn edited_at(&self, path: FieldPath) -> bool {
        match (self.seen.and_then(|seen| seen.get(path)), self.shadow.and_then(|shadow| shadow.get(path))) {
            (Some(now), Some(before)) => now != before,
            (Some(_), None) => fault::on(Fault::JoiningWins),
            (None, _) => false,
        }
    }
    /// This leaf is shown, and was never shown before.
    pub(super) fn is_first(&self, path: FieldPath) -> bool {
        !fault::on(Fault::JoiningWins)
            && self.seen.is_some_and(|seen| seen.get(path).is_some())
            && self.shadow.is_none_or(|shadow| shadow.get(path).is_none())
    }
    /// This leaf is empty and nobody made it so since: it is met empty, or nothing is agreed of it yet, or what is
    /// agreed is still on its way. That is no word against any value.
    pub(super) fn is_silent(&self, path: FieldPath, agreed: Option<Agreed<'_>>) -> bool {
        let now = self.seen.and_then(|seen| seen.get(path)).or_else(|| self.shadow.and_then(|shadow| shadow.get(path)));
        let open = || self.lagging || agreed.is_none_or(|agreed| agreed.value.get(path).is_none());
        now.is_some_and(Value::is_null) && !self.edited_at(path) && (self.is_first(path) || open())
    }
    /// What it shows for the first time and what is not empty. That can be old, so it is no edit; and emptiness is
    /// nothing.
    pub(super) fn news(&self) -> impl Iterator<Item = (FieldPath, &Value)> {
        self.seen.into_iter().flat_map(FieldMap::iter).filter(|(path, value)| !value.is_null() && self.is_first(*path))
    }
    /// Shows something for the first time, and changed nothing.
    pub fn joins(&self) -> bool {
        !self.edited() && self.news().next().is_some()
    }
    /// It shows something that is not agreed, and that nobody has decided about: for the first time, or before anything
    /// was agreed.
    pub(super) fn adds(&self, agreed: Option<Agreed<'_>>) -> bool {
        let Some(agreed) = agreed else { return !self.shown().all_null() };
        self.news().any(|(path, now)| agreed.value.get(path).is_none_or(|wanted| !self.restates(path, now, wanted)))
    }
    /// Whoever changed it had not seen the agreed value.
    pub(super) fn unaware(&self, agreed: Option<Agreed<'_>>) -> bool {
        self.lagging
            || self.news().any(|(path, now)| {
                agreed.is_none_or(|a| a.value.get(path).is_some_and(|wanted| !self.restates(path, now, wanted)))
            })
    }
    /// The leaf holds `value`, or merely shows it in its own way.
    pub(super) fn shows_at(&self, path: FieldPath, now: &Value, value: &Value) -> bool {
        self.restates(path, now, value) || represents(now, value, self.fields.get(path))
    }
    /// Whether `now` says nothing else than `wanted`. Of what nobody touched, forms of writing that mean the same are
    /// equal too: first contact would drown people else. Of what was typed, a rounded amount is a new one, since two
    /// roundings represent it.
    fn restates(&self, path: FieldPath, now: &Value, wanted: &Value) -> bool {
        let shows = represents(now, wanted, self.fields.get(path));
        if self.edited_at(path) {
            return now == wanted || (shows && matches!(now, Value::Text(_)));
        }
        shows || same_meaning(self.kind, path, now, wanted)
    }
    /// What it shows is what it would show after `value` was written to it.
    pub fn shows(&self, value: &FieldMap) -> bool {
        self.shown().iter().all(|(path, now)| value.get(path).is_none_or(|wanted| self.shows_at(path, now, wanted)))
    }
    /// The side showed `agreed` cut, a text that fills its length again was typed, and `value` takes it over.
    pub(super) fn cuts(&self, agreed: &FieldMap, value: &FieldMap) -> bool {
        let (Some(seen), Some(shadow)) = (self.seen, self.shadow) else { return false };
        seen.iter().any(|(path, now)| {
            let (Some(max), Some(Value::Text(long)), Some(before), Value::Text(text)) =
                (self.fields.get(path).max_len, agreed.get(path), shadow.get(path), now)
            else {
                return false;
            };
            let max = usize::try_from(max).unwrap_or(usize::MAX);
            value.get(path) == Some(now)
                && before != now
                && long.chars().count() > max
                && text.chars().count() >= max
                && represents(before, &Value::Text(long.clone()), self.fields.get(path))
        })
    }
}

/// Whether two values of a field mean the same in its normal form: phone, registration number, post code, country.
pub(crate) fn same_meaning(kind: EntityKind, path: FieldPath, a: &Value, b: &Value) -> bool {
    model::field(kind, path).is_some_and(|field| match (field.form.of(a), field.form.of(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    })
}
