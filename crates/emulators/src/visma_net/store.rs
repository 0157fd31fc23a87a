//! One company's records.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::{Births, Cx, Switches};

use super::{
    CompanySettings,
    attachments::Blob,
    collection::{self, Collection, Stamp},
    hooks::Hooks,
    jobs::Job,
    shape::{Kind, Shape, shape},
    switches::{AMOUNT_PAIRS, AMOUNT_SCALE, ETAGS, UNSET},
    value::{Fields, at, decimal, number, shown_stamp, text, text_at, version},
};

/// A record in the shape of answers, and what the server knows beside it. Fields whose names begin with `_` are the
/// emulator's own.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) fields: Fields,
    pub(super) version: u64,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
}

/// One company.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) settings: CompanySettings,
    tables: BTreeMap<&'static str, BTreeMap<u64, Record>>,
    last_ids: BTreeMap<&'static str, u64>,
    /// The last number of each series.
    pub(super) series: BTreeMap<String, u64>,
    versions: u64,
    /// Actions asked for so far: their ids come of it.
    actions: u64,
    pub(super) births: Births,
    pub(super) hooks: Hooks,
    pub(super) jobs: Vec<(DateTime<Utc>, Job)>,
    pub(super) blobs: BTreeMap<Uuid, Blob>,
}

/// The collection of the order service's orders.
pub(super) const ORDERS: &str = "orders";

impl Company {
    pub(super) fn new(settings: CompanySettings) -> Self {
        let last_ids = BTreeMap::new();
        let mut company = Self {
            versions: 0x4D18_2200,
            actions: 0,
            settings,
            tables: BTreeMap::new(),
            last_ids,
            series: BTreeMap::new(),
            births: Births::default(),
            hooks: Hooks::default(),
            jobs: Vec::new(),
            blobs: BTreeMap::new(),
        };
        super::codes::fill(&mut company);
        company
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = (u64, &Record)> {
        self.tables.get(name).into_iter().flatten().map(|(id, record)| (*id, record))
    }

    pub(super) fn get(&self, name: &str, id: u64) -> Option<&Record> {
        self.tables.get(name)?.get(&id)
    }

    /// The record with this key: human keys are compared without regard to case.
    pub(super) fn by_key(&self, collection: &Collection, key: &str) -> Option<(u64, &Record)> {
        self.find(collection.name, collection.key, key)
    }

    /// The record of a named collection with this key.
    pub(super) fn named(&self, collection: &str, key: &str) -> Option<&Record> {
        let known = collection::named(collection)?;
        self.by_key(known, key).map(|(_, record)| record)
    }

    /// The first record that has this in that field.
    pub(super) fn find(&self, name: &str, field: &str, wanted: &str) -> Option<(u64, &Record)> {
        self.all(name).find(|(_, record)| match at(&record.fields, field) {
            Some(Value::String(text)) => text.eq_ignore_ascii_case(wanted),
            Some(Value::Number(number)) => number.to_string() == wanted,
            _ => false,
        })
    }

    /// An id that no record of this collection has had.
    pub(super) fn next_id(&mut self, name: &'static str) -> u64 {
        let first = self.settings.first_id;
        let last = self.last_ids.entry(name).or_insert(first);
        *last = last.saturating_add(1);
        *last
    }

    /// The next number of a series that no record has: six digits, or as many as the first had.
    pub(super) fn next_number(&mut self, series: &str, first: u64, taken: impl Fn(&Self, &str) -> bool) -> String {
        loop {
            let last = self.series.entry(series.to_owned()).or_insert_with(|| first.saturating_sub(1));
            *last = last.saturating_add(1);
            let number = if first < 100_000 && first > 9_999 { format!("{last}") } else { format!("{last:06}") };
            if !taken(self, &number) {
                return number;
            }
        }
    }

    fn next_version(&mut self) -> u64 {
        self.versions = self.versions.saturating_add(0x22);
        self.versions
    }

    /// The id of one more action.
    pub(super) fn action_id(&mut self) -> Uuid {
        self.actions = self.actions.saturating_add(1);
        let name = format!("visma-net action {} {}", self.settings.tenant_id, self.actions);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }

    /// Puts a record in place as it is.
    pub(super) fn put(
        &mut self,
        name: &'static str,
        id: u64,
        fields: Fields,
        created: DateTime<Utc>,
        modified: DateTime<Utc>,
    ) {
        let version = self.next_version();
        let last = self.last_ids.entry(name).or_insert(self.settings.first_id);
        *last = (*last).max(id);
        self.tables.entry(name).or_default().insert(id, Record { fields, version, created, modified });
    }

    /// A new record, made now.
    pub(super) fn add(&mut self, cx: &Cx<'_>, name: &'static str, id: u64, fields: Fields) {
        self.births.note(cx, name, id);
        self.put(name, id, fields, cx.now, cx.now);
    }

    /// Changes a record: its stamp and version move.
    pub(super) fn change(&mut self, cx: &Cx<'_>, name: &str, id: u64, change: impl FnOnce(&mut Fields)) {
        let version = self.next_version();
        if let Some(record) = self.tables.get_mut(name).and_then(|table| table.get_mut(&id)) {
            change(&mut record.fields);
            record.version = version;
            record.modified = cx.now;
        }
    }

    /// Moves the stamps of all records, as an upgrade of the vendor's does.
    pub(super) fn touch_all(&mut self, cx: &Cx<'_>) {
        for record in self.tables.values_mut().flat_map(BTreeMap::values_mut) {
            record.modified = cx.now;
        }
    }

    pub(super) fn remove(&mut self, name: &str, id: u64) -> Option<Record> {
        self.tables.get_mut(name)?.remove(&id)
    }

    /// Whether lists leave the record out.
    pub(super) fn hidden(&self, cx: &Cx<'_>, name: &'static str, id: u64) -> bool {
        self.births.hides(cx, name, id)
    }

    /// When a job is done: a number of seconds from now.
    pub(super) fn later(&mut self, cx: &Cx<'_>, seconds: i64, job: Job) {
        self.jobs.push((cx.now + TimeDelta::seconds(seconds), job));
    }

    /// A reference to a record in the shape that `shape` has for it: its key, its name and what else both have.
    pub(super) fn reference(known: &Collection, record: &Record, shape: &Shape) -> Value {
        let key = at(&record.fields, known.key).cloned().unwrap_or_default();
        let label = text_at(&record.fields, known.label);
        let part = |name: &str| match name {
            _ if record.fields.get(name).is_some_and(|value| !value.is_object() && !value.is_array()) => {
                record.fields.get(name).cloned()
            }
            "id" | "number" => Some(key.clone()),
            "description" | "name" => Some(json!(label)),
            _ => None,
        };
        let fields = shape.fields.iter().filter_map(|field| Some((field.name.clone(), part(&field.name)?)));
        Value::Object(fields.collect())
    }

    /// All that there is, in the shapes in which it can be seeded again.
    pub(super) fn state(&self, switches: &Switches) -> Fields {
        let mut state = Fields::new();
        for known in collection::ALL {
            let rows = self.all(known.name).map(|(_, record)| Value::Object(view(known, record, switches)));
            state.insert(known.name.into(), rows.collect());
        }
        let orders = self.all(ORDERS).map(|(_, record)| Value::Object(super::orders::view::state(record)));
        state.insert(ORDERS.into(), orders.collect());
        state.insert("files".into(), self.files());
        state.insert("webhook-subscriptions".into(), self.hooks.subscriptions());
        state
    }
}

/// Whether this resource has row versions at this setting, and what the field is called.
pub(super) fn stamp_name(known: &Collection, switches: &Switches) -> Option<&'static str> {
    match known.stamp {
        Stamp::Never => None,
        Stamp::Shown(name) => Some(name),
        Stamp::Early => Some("timeStamp"),
        Stamp::Late => switches.is(&ETAGS, "2026").then_some("timeStamp"),
    }
}

/// The record as answers have it.
pub(super) fn view(known: &Collection, record: &Record, switches: &Switches) -> Fields {
    let read = shape(known.read);
    let mut view = shaped(read, &record.fields, switches);
    for (name, at) in [("lastModifiedDateTime", record.modified), ("createdDateTime", record.created)] {
        if read.field(name).is_some() {
            view.insert(name.into(), shown_stamp(at, switches));
        }
    }
    if let Some(name) = stamp_name(known, switches) {
        view.insert(name.into(), json!(version(record.version)));
    }
    let error = text(&record.fields, "errorInfo");
    if !error.is_empty() {
        view.insert("errorInfo".into(), json!(error));
    }
    view
}

/// The fields that a shape knows, in its forms.
pub(super) fn shaped(shape_of: &Shape, fields: &Fields, switches: &Switches) -> Fields {
    let mut out = Fields::new();
    for field in &shape_of.fields {
        let value = match (&field.kind, fields.get(&field.name)) {
            (_, None | Some(Value::Null)) => Value::Null,
            (Kind::One(inner), Some(Value::Object(part))) => Value::Object(shaped(shape(inner), part, switches)),
            (Kind::Many(inner), Some(Value::Array(rows))) => {
                let rows = rows.iter().filter_map(Value::as_object);
                rows.map(|row| Value::Object(shaped(shape(inner), row, switches))).collect()
            }
            (Kind::Num, Some(value)) => match decimal(value) {
                Some(amount) if switches.is(&AMOUNT_SCALE, "four") => {
                    let mut four = amount.round_dp(4);
                    four.rescale(4);
                    serde_json::from_str(&four.to_string()).unwrap_or_default()
                }
                Some(amount) => number(amount),
                None => value.clone(),
            },
            (_, Some(value)) => value.clone(),
        };
        let value = if value.is_null() && matches!(field.kind, Kind::Many(_)) { json!([]) } else { value };
        if !value.is_null() || switches.is(&UNSET, "null") {
            out.insert(field.name.clone(), value);
        }
    }
    if switches.is(&AMOUNT_PAIRS, "swapped") {
        for foreign in shape_of.fields.iter().filter(|field| field.name.ends_with("InCurrency")) {
            let own = foreign.name.trim_end_matches("InCurrency");
            if let (Some(first), Some(second)) = (out.get(own).cloned(), out.get(&foreign.name).cloned()) {
                out.insert(own.to_owned(), second);
                out.insert(foreign.name.clone(), first);
            }
        }
    }
    out
}
