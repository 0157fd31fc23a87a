//! What a connector can do natively, per stream and field. Nothing may be claimed that it would have to fake.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::{
    id::{EntityKind, StreamId},
    model::{self, FieldType},
    value::{FieldMap, FieldPath, Value},
};

/// All streams of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// By the vendor's own resource names.
    pub streams: BTreeMap<StreamId, StreamCapability>,
}

/// What one stream can do. Made with [`StreamCapability::new`], then field by field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamCapability {
    /// What its records are. One stream holds one kind.
    pub kind: EntityKind,
    /// What a record of it is a picture of.
    pub shows: Shows,
    /// The stream whose wire record carries this one, if it has none of its own. A facet has its host's id; the host
    /// record is the unit of reading, of writing and of locking.
    pub facet_of: Option<StreamId>,
    /// Canonical fields that are the same in all its records: `supplier` holds `is_supplier = true`.
    pub holds: FieldMap,
    /// How it can be listed; `None` if it cannot.
    pub list: Option<Listing>,
    /// How many records one call can fetch by id; 0 if none.
    pub get_max: u32,
    /// Fields that `find` can look for.
    pub find_by: BTreeSet<FieldPath>,
    /// Records can be created.
    pub create: bool,
    /// A create sent twice with one key makes one record.
    pub create_with_idempotency_key: bool,
    /// Where our mark is kept on records that we create.
    pub create_mark: Option<Mark>,
    /// How records can be changed.
    pub update: UpdateMode,
    /// An update can be made to fail if the record moved since the version we name.
    pub update_if_version: bool,
    /// A write answers with the record as that very write left it.
    pub write_returns_record: bool,
    /// How many writes one call takes; at least 1.
    pub write_batch_max: u32,
    /// How many writes may be under way at once; at least 1.
    pub write_concurrency: u32,
    /// Seconds until a created record can be found by looking.
    pub search_lag_s: u32,
    /// How records can be removed.
    pub remove: BTreeSet<RemoveMode>,
    /// Business steps that are not field writes, by the vendor's words: `convert`, `book`.
    pub acts: BTreeSet<String>,
    /// Side effects that a write can be told to have: `notify_buyer`, `capture`.
    pub effects: BTreeSet<String>,
    /// The id is a number that the vendor may give to somebody else after a removal.
    pub natural_key: bool,
    /// Records carry the moment of their last change.
    pub stamps: bool,
    /// What is special about documents; for orders and invoices only.
    pub document: Option<DocumentCapability>,
    /// What can be done with each field: canonical paths, and `x.<vendor>.<name>`.
    pub fields: BTreeMap<FieldPath, FieldCapability>,
}

impl StreamCapability {
    /// What a field of this stream holds: the model's own says it, of a vendor's own field the connector if it knows.
    pub fn type_of(&self, field: FieldPath) -> Option<FieldType> {
        model::field(self.kind, field).map(|spec| spec.ty).or_else(|| self.fields.get(&field)?.holds)
    }
    /// A stream of `kind` that can do nothing yet.
    pub fn new(kind: EntityKind) -> Self {
        Self {
            kind,
            shows: Shows::Record,
            facet_of: None,
            holds: FieldMap::new(),
            list: None,
            get_max: 0,
            find_by: BTreeSet::new(),
            create: false,
            create_with_idempotency_key: false,
            create_mark: None,
            update: UpdateMode::None,
            update_if_version: false,
            write_returns_record: false,
            write_batch_max: 1,
            write_concurrency: 1,
            search_lag_s: 0,
            remove: BTreeSet::new(),
            acts: BTreeSet::new(),
            effects: BTreeSet::new(),
            natural_key: false,
            stamps: false,
            document: None,
            fields: BTreeMap::new(),
        }
    }
    /// Whether a create that may have been sent can be looked up afterwards: by mark or by a field.
    pub fn can_look(&self) -> bool {
        self.create_mark.is_some() || !self.find_by.is_empty() || self.list.as_ref().is_some_and(|l| l.complete)
    }
}

/// What a record is a picture of (a copy made at one moment is never an edit).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// The entity itself, for as long as it lives.
    #[default]
    Record,
    /// A copy made at one moment: the buyer on an order. It matches and seeds a create.
    Snapshot,
    /// Columns that show one of several: the contact on a customer. It may hold somebody else tomorrow.
    Slot,
}

/// How a stream can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Listing {
    /// A full listing names every live record, so that absence means something.
    pub complete: bool,
    /// Rows carry fewer fields than `get`.
    pub partial: bool,
    /// Removed records are listed too, marked as such.
    pub with_deleted: bool,
    /// Largest page.
    pub page_max: u32,
    /// Listing of what changed; `None` if every listing is a full one.
    pub since: Option<Since>,
}

impl Listing {
    /// A complete listing with pages of at most `page_max` records.
    pub fn complete(page_max: u32) -> Self {
        Self { complete: true, partial: false, with_deleted: false, page_max, since: None }
    }
    /// The same that can also tell what changed since a moment.
    #[must_use]
    pub fn since(self, since: Since) -> Self {
        Self { since: Some(since), ..self }
    }
}

/// How precisely a vendor answers "what changed since".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The smallest step of its stamps, in milliseconds: 86 400 000 for days.
    pub precision_ms: u32,
    /// A record exactly at the moment asked for is included.
    pub inclusive: bool,
    /// Seconds until a change can be seen in such a listing.
    pub lag_s: u32,
    /// Rows come oldest change first; only then may a place inside the window be kept.
    pub ascending: bool,
    /// Some changes do not move the stamp: such streams are read whole on a timetable of their own.
    pub misses: bool,
}

/// Where our mark is kept on created records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The field.
    pub field: FieldPath,
    /// How many characters it takes.
    pub max_len: u32,
}

/// How a record can be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateMode {
    /// Not at all.
    #[default]
    None,
    /// Fields that are not sent stay.
    Merge,
    /// What is not sent is emptied, so the whole record is sent.
    Replace,
}

/// How a record can be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoveMode {
    /// Set aside; it can be taken back.
    Archive,
    /// Gone.
    Delete,
}

/// What is special about the documents of a stream: their sums, their lines, their way to being binding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentCapability {
    /// How they add up.
    pub arithmetic: Arithmetic,
    /// The leaves of a [`Line`](crate::model::Line) that it takes; what is not named is not sent, and not compared.
    pub lines: BTreeSet<FieldPath>,
    /// A line with money names a record of an item in this system.
    pub names_items: bool,
    /// Acts that bring a document nearer to being binding, one after the other.
    pub steps: Vec<Step>,
    /// The act that registers a payment: its fields are those of a [`Payment`](crate::model::Payment). What is settled
    /// is shown in [`Invoice::settled`](crate::model::Invoice).
    pub pays: Option<String>,
}

/// How a vendor's documents add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Arithmetic {
    /// Whether prices on lines include VAT.
    pub prices: Prices,
    /// Decimals of a unit price.
    pub price_scale: u32,
    /// Decimals of a quantity.
    pub quantity_scale: u32,
    /// Decimals of a discount in percent; `None` if lines take none.
    pub discount_scale: Option<u32>,
    /// VAT is rounded for each row (`true`), or once for each rate (`false`); `None` if nobody says.
    pub vat_per_row: Option<bool>,
}

impl Default for Arithmetic {
    /// Prices as they are given, two decimals everywhere, VAT per rate.
    fn default() -> Self {
        Self {
            prices: Prices::default(),
            price_scale: 2,
            quantity_scale: 2,
            discount_scale: Some(2),
            vat_per_row: Some(false),
        }
    }
}

/// Whether the prices of a vendor's documents include VAT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prices {
    /// As the document says that is sent.
    #[default]
    AsGiven,
    /// Never.
    WithoutVat,
    /// Always.
    WithVat,
    /// The vendor decides when a document is made, and shows it; most likely it includes VAT for private buyers. A wrong
    /// guess is seen in what the vendor shows, and the lines are sent again.
    ByBuyer,
}

/// A business step of a document, from one status word to the next: of `fulfilment` for orders, of `stage` for invoices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// The act, one of [`StreamCapability::acts`].
    pub act: String,
    /// The word before.
    pub from: String,
    /// The word after.
    pub to: String,
    /// The stream in which the document lives afterwards, if it moves.
    pub moves_to: Option<StreamId>,
}

impl Step {
    /// A step within its stream.
    pub fn new(act: &str, from: &str, to: &str) -> Self {
        Self { act: act.to_owned(), from: from.to_owned(), to: to.to_owned(), moves_to: None }
    }
    /// The same into another stream.
    #[must_use]
    pub fn moves_to(self, stream: impl Into<StreamId>) -> Self {
        Self { moves_to: Some(stream.into()), ..self }
    }
}

/// What can be done with one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FieldCapability {
    /// It is shown.
    pub read: bool,
    /// It can be given when the record is created.
    pub write_on_create: bool,
    /// It can be changed later.
    pub write_on_update: bool,
    /// A create without it is refused.
    pub required_on_create: bool,
    /// Longer text is cut to so many characters.
    pub max_len: Option<u32>,
    /// Decimals beyond this are rounded away.
    pub max_scale: Option<u32>,
    /// What does not fit the two limits above is refused before it is sent, not cut or rounded: half a number or
    /// address is a wrong one.
    pub exact: bool,
    /// Text comes back in another case.
    pub folds_case: bool,
    /// The words that it takes.
    pub one_of: Option<BTreeSet<String>>,
    /// What it holds, of a field of the vendor's own; the model knows its own fields.
    pub holds: Option<FieldType>,
    /// What users of the system see beside it.
    pub label: Option<String>,
    /// What the vendor's own screens and documents call it, where that is not our name: `OrganisationCustom3`.
    pub vendor_name: Option<String>,
    /// What a user can choose there, in the system's order; nothing where anything can be typed or it is not known.
    pub choices: Vec<Choice>,
}

/// What can be chosen in a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// What the connector shows and takes.
    pub code: String,
    /// What users of the system see; empty if that is the code itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

impl Choice {
    /// A code with what users see.
    pub fn new(code: impl Into<String>, label: impl Into<String>) -> Self {
        Self { code: code.into(), label: label.into() }
    }
}

impl FieldCapability {
    /// Shown, and writable at any time.
    pub fn read_write() -> Self {
        Self { read: true, write_on_create: true, write_on_update: true, ..Self::default() }
    }
    /// Shown only.
    pub fn read_only() -> Self {
        Self { read: true, ..Self::default() }
    }
    /// The same, needed by a create.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required_on_create: true, ..self }
    }
    /// The same, cut to `max` characters.
    #[must_use]
    pub fn cut_to(self, max: u32) -> Self {
        Self { max_len: Some(max), ..self }
    }
    /// The same, rounded to `scale` decimals.
    #[must_use]
    pub fn rounded_to(self, scale: u32) -> Self {
        Self { max_scale: Some(scale), ..self }
    }
    /// The same, but what does not fit is refused.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { exact: true, ..self }
    }
    /// The same, in whatever case the vendor likes.
    #[must_use]
    pub fn folding_case(self) -> Self {
        Self { folds_case: true, ..self }
    }
    /// The same, as users of the system know it.
    #[must_use]
    pub fn labelled(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }
    /// The same by the vendor's own name.
    #[must_use]
    pub fn called(self, name: impl Into<String>) -> Self {
        Self { vendor_name: Some(name.into()), ..self }
    }
    /// The same, holding this: for a field of the vendor's own.
    #[must_use]
    pub fn holding(self, ty: FieldType) -> Self {
        Self { holds: Some(ty), ..self }
    }
    /// The same with what can be chosen there.
    #[must_use]
    pub fn choices(self, choices: impl IntoIterator<Item = Choice>) -> Self {
        Self { choices: choices.into_iter().collect(), ..self }
    }
    /// The same without what only people want to know of it.
    pub(crate) fn bare(&self) -> Self {
        Self { label: None, vendor_name: None, holds: None, choices: Vec::new(), ..self.clone() }
    }
    /// What it does to a canonical value that has another form there.
    pub(crate) fn of_any_form(self) -> Self {
        Self { max_len: None, folds_case: false, one_of: None, ..self }
    }
    /// Whether it can be written when the record is created (`true`) or later.
    pub fn writable(&self, on_create: bool) -> bool {
        if on_create { self.write_on_create } else { self.write_on_update }
    }
}

/// Is `stored` what this field would hold after `wanted` was written to it?
///
/// It avoids needless writes and makes first contact quiet where a vendor has always shortened names. It is *not* how
/// changes are detected: the shadow does that. Both usual roundings are accepted.
pub fn represents(stored: &Value, wanted: &Value, cap: &FieldCapability) -> bool {
    match (stored, wanted) {
        (Value::Text(s), Value::Text(w)) => {
            let max = cap.max_len.filter(|_| !cap.exact).and_then(|max| usize::try_from(max).ok());
            let end = max.and_then(|max| w.char_indices().nth(max)).map_or(w.len(), |(end, _)| end);
            let kept = w.get(..end).unwrap_or(w);
            let same = |a: &str, b: &str| a == b || (cap.folds_case && a.to_lowercase() == b.to_lowercase());
            // trailing blanks of the cut go too: no vendor keeps them, and their loss is no edit
            same(s, kept) || same(s, kept.trim_end())
        }
        (Value::Decimal(s), Value::Decimal(w)) => {
            cap.max_scale.filter(|_| !cap.exact).map_or(s == w, |scale| rounds_to(*s, *w, scale))
        }
        (s, w) => s == w,
    }
}

/// What this field holds after `wanted` was written to it; `None` where [`represents`] allows several values.
pub(crate) fn kept(wanted: &Value, cap: &FieldCapability) -> Option<Value> {
    match wanted {
        Value::Text(text) => {
            let cut = cap.max_len.filter(|_| !cap.exact).and_then(|max| usize::try_from(max).ok());
            let kept: String = text.chars().take(cut.unwrap_or(usize::MAX)).collect();
            (!cap.folds_case && kept.trim_end() == kept).then(|| Value::from(kept))
        }
        Value::Decimal(decimal) => {
            let Some(scale) = cap.max_scale.filter(|_| !cap.exact) else { return Some(wanted.clone()) };
            let kept = decimal.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
            let other = decimal.round_dp_with_strategy(scale, RoundingStrategy::MidpointNearestEven);
            (kept == other).then_some(Value::Decimal(kept))
        }
        other => Some(other.clone()),
    }
}

fn rounds_to(stored: Decimal, wanted: Decimal, scale: u32) -> bool {
    [RoundingStrategy::MidpointAwayFromZero, RoundingStrategy::MidpointNearestEven]
        .iter()
        .any(|how| stored == wanted.round_dp_with_strategy(scale, *how))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::from(text)
    }

    #[test]
    fn a_cut_rounded_or_folded_value_represents_what_was_written() {
        let cap = FieldCapability::read_write().cut_to(6).folding_case();
        assert!(represents(&text("NORDIC"), &text("Nordic Widgets"), &cap));
        assert!(represents(&text("ab cd"), &text("ab cd efgh"), &cap), "the blank at the cut is gone");
        assert!(!represents(&text("Nordin"), &text("Nordic Widgets"), &cap));
        assert!(!represents(&text("Nordic Widgets"), &text("Nordic"), &cap), "longer than the field can be");

        let cap = FieldCapability::read_write().rounded_to(2);
        for stored in ["1.22", "1.23"] {
            assert!(represents(
                &Value::Decimal(stored.parse().unwrap()),
                &Value::Decimal("1.225".parse().unwrap()),
                &cap
            ));
        }
        assert!(!represents(&Value::Decimal("1.21".parse().unwrap()), &Value::Decimal("1.225".parse().unwrap()), &cap));
    }

    #[test]
    fn without_a_declared_loss_only_the_same_value_represents() {
        let cap = FieldCapability::read_write();
        assert!(!represents(&text("Nordi"), &text("Nordic"), &cap));
        assert!(!represents(&Value::Null, &text("x"), &cap));
        assert!(!represents(&text("Nordi"), &text("Nordic"), &cap.clone().cut_to(5).exact()));
        assert!(represents(&Value::Decimal("10.1".parse().unwrap()), &Value::Decimal("10.10".parse().unwrap()), &cap));
    }
}
