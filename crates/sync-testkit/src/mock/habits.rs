//! How a mock's stream behaves.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    EntityKind, FieldMap, FieldPath, StreamId, Value,
    capability::{FieldCapability, Listing, Mark, RemoveMode, Shows, Since, StreamCapability, UpdateMode},
    model::{self, FieldType},
};

use super::Documents;

/// The behaviour of one stream: what it declares, and what it does beyond that.
#[derive(Clone, Debug)]
pub struct Habits {
    cap: StreamCapability,
    /// Stamps are rounded down to this.
    pub(super) stamp_ms: i64,
    /// A change is listed so late, in seconds.
    pub(super) late_s: i64,
    /// Fields that rows of a listing carry; all if empty.
    pub(super) row_fields: BTreeSet<FieldPath>,
    /// Codes that come back as other codes.
    pub(super) recodes: BTreeMap<(FieldPath, String), String>,
    /// Chances in a thousand.
    pub(super) loses_answers: u32,
    pub(super) unavailable: u32,
    pub(super) rate_limited: u32,
    pub(super) short_listings: u32,
    pub(super) empty_listings: u32,
    pub(super) shuffles: u32,
    pub(super) doubles: u32,
    /// Turns that a call may take beyond the usual ones.
    pub(super) slow: usize,
    /// Records in which this field holds this text are always refused.
    pub(super) refuses: Option<(FieldPath, String)>,
    /// Removed records leave a tombstone in listings.
    pub(super) tombstones: bool,
    /// What is special about its documents.
    pub(super) documents: Option<Documents>,
    /// What a write left need not be read.
    pub(super) as_sent: bool,
    /// A new record without this field gets the next number from here on.
    pub(super) numbers: Option<(FieldPath, u64)>,
    /// Changes under this path do not move a record's stamp.
    pub(super) unstamped: Option<FieldPath>,
    /// Writes of this field are answered with yes, and it stays as it was.
    pub(super) ignores: Option<FieldPath>,
    /// So many rows of a document are taken before the connection breaks, and how often that is.
    pub(super) breaks_off: Option<(usize, u32)>,
    /// Searches go out as a text in a language of the vendor's.
    pub(super) asks: Option<Quotes>,
}

/// What a connector does to quotes in a value that it puts into a vendor's query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Doubles them, as the language has it.
    Escaped,
    /// Pastes the value as it is.
    Pasted,
}

impl Habits {
    pub(super) fn new(kind: EntityKind) -> Self {
        let mut cap = StreamCapability::new(kind);
        cap.list = Some(Listing::complete(100));
        cap.get_max = 50;
        cap.create = true;
        cap.update = UpdateMode::Merge;
        cap.write_returns_record = true;
        cap.remove = BTreeSet::from([RemoveMode::Delete, RemoveMode::Archive]);
        cap.stamps = true;
        cap.fields = model::spec(kind).iter().map(|field| (field.path, FieldCapability::read_write())).collect();
        Self {
            cap,
            stamp_ms: 1,
            late_s: 0,
            row_fields: BTreeSet::new(),
            recodes: BTreeMap::new(),
            loses_answers: 0,
            unavailable: 0,
            rate_limited: 0,
            short_listings: 0,
            empty_listings: 0,
            shuffles: 0,
            doubles: 0,
            slow: 0,
            refuses: None,
            tombstones: false,
            documents: None,
            as_sent: false,
            numbers: None,
            unstamped: None,
            ignores: None,
            breaks_off: None,
            asks: None,
        }
    }
    pub(super) fn capability(&self) -> StreamCapability {
        self.cap.clone()
    }
    pub(super) fn cap(&self) -> &StreamCapability {
        &self.cap
    }

    fn field(mut self, path: &str, change: impl FnOnce(FieldCapability) -> FieldCapability) -> Self {
        let slot = self.cap.fields.entry(FieldPath::new(path)).or_insert_with(FieldCapability::read_write);
        *slot = change(slot.clone());
        self
    }
    fn declare(mut self, change: impl FnOnce(&mut StreamCapability)) -> Self {
        change(&mut self.cap);
        self
    }

    /// It has only these fields, and what lies under them.
    #[must_use]
    pub fn only(self, fields: &[&str]) -> Self {
        self.declare(|cap| {
            cap.fields.retain(|path, _| fields.iter().any(|field| path.is_under(FieldPath::new(field))));
        })
    }
    /// It has a field of its own.
    #[must_use]
    pub fn has(self, path: &str) -> Self {
        self.field(path, |field| field)
    }
    /// It has a field of its own beside the model's, and tells what that holds.
    #[must_use]
    pub fn has_own(self, path: &str, what: FieldType) -> Self {
        self.field(path, |field| field.holding(what))
    }
    /// It cuts a text.
    #[must_use]
    pub fn cuts(self, path: &str, length: u32) -> Self {
        self.field(path, |field| field.cut_to(length))
    }
    /// It rounds an amount.
    #[must_use]
    pub fn rounds(self, path: &str, scale: u32) -> Self {
        self.field(path, |field| field.rounded_to(scale))
    }
    /// It keeps a text in capitals.
    #[must_use]
    pub fn uppercases(self, path: &str) -> Self {
        self.field(path, FieldCapability::folding_case)
    }
    /// It keeps another code than it was given, without declaring that.
    #[must_use]
    pub fn recodes(mut self, path: &str, given: &str, kept: &str) -> Self {
        self.recodes.insert((FieldPath::new(path), given.to_owned()), kept.to_owned());
        self
    }
    /// A field that it shows and does not take.
    #[must_use]
    pub fn read_only(self, path: &str) -> Self {
        self.field(path, |_| FieldCapability::read_only())
    }
    /// A field that a create needs.
    #[must_use]
    pub fn requires(self, path: &str) -> Self {
        self.field(path, FieldCapability::required)
    }
    /// A field that is the same in all its records.
    #[must_use]
    pub fn holds(self, path: &str, value: impl Into<Value>) -> Self {
        let holds = FieldMap::new().with(path, value);
        self.declare(|cap| cap.holds.overlay(&holds))
    }
    /// It can tell what changed since, with stamps of so many milliseconds.
    #[must_use]
    pub fn since(mut self, precision_ms: u32) -> Self {
        self.stamp_ms = i64::from(precision_ms.max(1));
        let since = Since { precision_ms, inclusive: true, lag_s: 0, ascending: true, misses: false };
        self.declare(|cap| cap.list = cap.list.map(|list| list.since(since)))
    }
    /// What changed shows so late in its listings, and it says so.
    #[must_use]
    pub fn late(mut self, seconds: u32) -> Self {
        self.late_s = i64::from(seconds);
        self.declare(|cap| {
            cap.search_lag_s = seconds;
            if let Some(list) = cap.list.as_mut()
                && let Some(since) = list.since.as_mut()
            {
                since.lag_s = seconds;
            }
        })
    }
    /// Pages of at most so many records.
    #[must_use]
    pub fn pages(self, records: u32) -> Self {
        self.declare(|cap| {
            cap.list = cap.list.map(|mut list| {
                list.page_max = records;
                list
            })
        })
    }
    /// Rows of its listings carry only these fields.
    #[must_use]
    pub fn partial_rows(mut self, fields: &[&str]) -> Self {
        self.row_fields = fields.iter().map(|field| FieldPath::new(field)).collect();
        self.declare(|cap| {
            cap.list = cap.list.map(|mut list| {
                list.partial = true;
                list
            })
        })
    }
    /// Removed records are listed as such.
    #[must_use]
    pub fn tombstones(mut self) -> Self {
        self.tombstones = true;
        self.declare(|cap| {
            cap.list = cap.list.map(|mut list| {
                list.with_deleted = true;
                list
            })
        })
    }
    /// What is not sent is emptied.
    #[must_use]
    pub fn replaces(self) -> Self {
        self.declare(|cap| cap.update = UpdateMode::Replace)
    }
    /// It checks versions.
    #[must_use]
    pub fn versions(self) -> Self {
        self.declare(|cap| cap.update_if_version = true)
    }
    /// It takes idempotency keys.
    #[must_use]
    pub fn idempotent(self) -> Self {
        self.declare(|cap| cap.create_with_idempotency_key = true)
    }
    /// It keeps our mark in a field, and can look for it.
    #[must_use]
    pub fn marks(self, path: &str) -> Self {
        let field = FieldPath::new(path);
        self.has(path).declare(|cap| {
            cap.create_mark = Some(Mark { field, max_len: 50 });
            cap.find_by.insert(field);
        })
    }
    /// Its records are documents: it computes their sums, and may take steps and payments.
    #[must_use]
    pub fn documents(self, how: impl FnOnce(Documents) -> Documents) -> Self {
        let documents = how(Documents::default());
        let mut habits = self.declare(|cap| documents.declare(cap));
        habits.documents = Some(documents);
        habits
    }
    /// It keeps our mark in a field, which only a listing shows.
    #[must_use]
    pub fn marks_unsearched(self, path: &str) -> Self {
        let field = FieldPath::new(path);
        self.has(path).declare(|cap| cap.create_mark = Some(Mark { field, max_len: 50 }))
    }
    /// It can look for records by a field.
    #[must_use]
    pub fn finds(self, path: &str) -> Self {
        let field = FieldPath::new(path);
        self.declare(|cap| {
            cap.find_by.insert(field);
        })
    }
    /// It does not answer a write with the record.
    #[must_use]
    pub fn answers_without_record(self) -> Self {
        self.declare(|cap| cap.write_returns_record = false)
    }
    /// The same, and it keeps what it is sent, cut and rounded as declared: nobody need read it.
    #[must_use]
    pub fn keeps_as_sent(self) -> Self {
        Self { as_sent: true, ..self.answers_without_record() }
    }
    /// So many records by id in a call.
    #[must_use]
    pub fn gets(self, in_a_call: u32) -> Self {
        self.declare(|cap| cap.get_max = in_a_call)
    }
    /// So many writes in a call, and so many calls at once.
    #[must_use]
    pub fn batches(self, in_a_call: u32, at_once: u32) -> Self {
        self.declare(|cap| {
            cap.write_batch_max = in_a_call.max(1);
            cap.write_concurrency = at_once.max(1);
        })
    }
    /// It is part of another stream's record.
    #[must_use]
    pub fn facet_of(self, host: &str) -> Self {
        let host = StreamId::new(host);
        self.declare(|cap| {
            cap.facet_of = Some(host);
            cap.create = false;
            cap.list = None;
        })
    }
    /// Some changes do not move its stamps, and it says so.
    #[must_use]
    pub fn misses(self) -> Self {
        self.declare(|cap| {
            if let Some(since) = cap.list.as_mut().and_then(|list| list.since.as_mut()) {
                since.misses = true;
            }
        })
    }
    /// Changes under a path do not move its stamps, and it says that its listing of changes misses some: in some systems
    /// the rows of a document have stamps of their own.
    #[must_use]
    pub fn misses_changes_of(mut self, path: &str) -> Self {
        self.unstamped = Some(FieldPath::new(path));
        self.misses()
    }
    /// It numbers its new records in a field, from this number on, unless they come with one.
    #[must_use]
    pub fn numbers(mut self, path: &str, first: u64) -> Self {
        self.numbers = Some((FieldPath::new(path), first));
        self
    }
    /// It answers changes of a field through the connector with yes, and leaves it as it was.
    #[must_use]
    pub fn ignores(mut self, path: &str) -> Self {
        self.ignores = Some(FieldPath::new(path));
        self
    }
    /// It takes the rows of a document one by one, and so often in a thousand the connection breaks after so many of them:
    /// the document is left with those alone, and nobody is answered.
    #[must_use]
    pub fn breaks_off(mut self, after_rows: usize, per_mille: u32) -> Self {
        self.breaks_off = Some((after_rows, per_mille));
        self
    }
    /// It can look for records by a text field, and is asked in a query language: `name = 'O''Hara'`. What cannot be read
    /// as such it refuses.
    #[must_use]
    pub fn finds_by_query(mut self, path: &str) -> Self {
        self.asks = Some(Quotes::Escaped);
        self.finds(path)
    }
    /// The same with a careless connector, which puts values into the query as they are.
    #[must_use]
    pub fn finds_by_pasted_query(mut self, path: &str) -> Self {
        self.asks = Some(Quotes::Pasted);
        self.finds(path)
    }
    /// It takes what it is given and shows nothing.
    #[must_use]
    pub fn shows_nothing(self) -> Self {
        self.answers_without_record().declare(|cap| {
            cap.list = None;
            cap.get_max = 0;
        })
    }
    /// It is a copy made at one moment.
    #[must_use]
    pub fn snapshot(self) -> Self {
        self.declare(|cap| {
            cap.shows = Shows::Snapshot;
            cap.update = UpdateMode::None;
            for field in cap.fields.values_mut() {
                *field = FieldCapability::read_only();
            }
        })
    }
    /// A write can be told to have this side effect.
    #[must_use]
    pub fn offers_effect(self, name: &str) -> Self {
        self.declare(|cap| {
            cap.effects.insert(name.to_owned());
        })
    }
    /// It shows one of several.
    #[must_use]
    pub fn slot(self) -> Self {
        self.declare(|cap| cap.shows = Shows::Slot)
    }
    /// Its numbers may be given to somebody else later.
    #[must_use]
    pub fn natural_key(self) -> Self {
        self.declare(|cap| cap.natural_key = true)
    }
    /// Writes succeed and their answers are lost, so often in a thousand.
    #[must_use]
    pub fn loses_answers(self, per_mille: u32) -> Self {
        Self { loses_answers: per_mille, ..self }
    }
    /// It is not there, so often in a thousand.
    #[must_use]
    pub fn unavailable(self, per_mille: u32) -> Self {
        Self { unavailable: per_mille, ..self }
    }
    /// It has had enough, so often in a thousand.
    #[must_use]
    pub fn rate_limited(self, per_mille: u32) -> Self {
        Self { rate_limited: per_mille, ..self }
    }
    /// A full listing ends early without saying so, or is empty, so often in a thousand each.
    #[must_use]
    pub fn short_listings(self, ends_early: u32, empty: u32) -> Self {
        Self { short_listings: ends_early, empty_listings: empty, ..self }
    }
    /// A write arrives twice, so often in a thousand; not a create, unless it has a key.
    #[must_use]
    pub fn doubles(self, per_mille: u32) -> Self {
        Self { doubles: per_mille, ..self }
    }
    /// Calls take up to so many turns more than usual, so that answers come in another order.
    #[must_use]
    pub fn slow(self, turns: usize) -> Self {
        Self { slow: turns, ..self }
    }
    /// Its listings never promise to be complete.
    #[must_use]
    pub fn incomplete(self) -> Self {
        self.declare(|cap| {
            cap.list = cap.list.map(|mut list| {
                list.complete = false;
                list
            })
        })
    }
    pub(super) fn calm(&mut self) {
        self.loses_answers = 0;
        self.unavailable = 0;
        self.rate_limited = 0;
        self.short_listings = 0;
        self.empty_listings = 0;
        self.shuffles = 0;
        self.doubles = 0;
        self.breaks_off = None;
    }
    /// A listing comes in another order, so often in a thousand.
    #[must_use]
    pub fn shuffles(self, per_mille: u32) -> Self {
        Self { shuffles: per_mille, ..self }
    }
    /// Records in which a field holds this text are always refused.
    #[must_use]
    pub fn refuses(self, path: &str, text: &str) -> Self {
        Self { refuses: Some((FieldPath::new(path), text.to_owned())), ..self }
    }

    /// What a field keeps of what it is given.
    pub(super) fn keeps(&self, path: FieldPath, value: &Value) -> Value {
        let Some(cap) = self.cap.fields.get(&path) else { return value.clone() };
        match value {
            Value::Text(text) => {
                let text: &str = self.recodes.get(&(path, text.to_string())).map_or(text, String::as_str);
                let cut: String = match cap.max_len {
                    Some(max) => text.chars().take(usize::try_from(max).unwrap_or(usize::MAX)).collect(),
                    None => text.to_owned(),
                };
                Value::from(if cap.folds_case { cut.to_uppercase() } else { cut })
            }
            Value::Decimal(amount) => Value::Decimal(cap.max_scale.map_or(*amount, |scale| {
                amount.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
            })),
            other => other.clone(),
        }
    }
}
