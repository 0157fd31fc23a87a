//! What a resource's fields are: kinds, limits, who writes them, and whether lists can be
//! filtered by them.
//!
//! One table per resource (in the module of that resource) drives three things: taking a body
//! in ([`accept`]), printing a record ([`render`]) and `$filter`, `$orderby`, `$select`.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::intake::{Intake, Problems};
use super::record::{Record, number};
use super::view::View;

/// The kind of a field, with its limits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// Whole number within bounds.
    Int(i64, i64),
    /// Number within bounds (whole numbers) and with at most so many decimals.
    Number(i64, i64, u32),
    /// A VAT rate, stored as a fraction; printed as the switch `vat_rate` says.
    Rate,
    /// A VAT percentage, stored as a fraction; printed as the switch `vat_percent` says.
    Percent,
    /// True or false.
    Flag,
    /// Id of a record.
    Guid,
    /// Calendar date, stored as `YYYY-MM-DD`; printed as the switch `dates` says.
    Date,
    /// Instant.
    Stamp,
    /// List of texts.
    Texts,
    /// List of ids.
    Guids,
    /// List of whole numbers.
    Ints,
    /// List of objects.
    Rows(&'static Schema),
    /// One object.
    Object(&'static Schema),
}

/// Whether a list can be filtered by a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Nothing says that it can.
    No,
    /// The reference marks it, or its kind, as in use.
    Yes,
    /// The reference marks it UNKNOWN by name.
    Unknown,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// The vendor's name.
    pub(crate) name: &'static str,
    /// Kind and limits.
    pub(crate) kind: Kind,
    /// Must be in a body.
    pub(crate) required: bool,
    /// Given by the server; what a body says about it is not used.
    pub(crate) read_only: bool,
    /// May be null.
    pub(crate) nullable: bool,
    /// May be used in `$filter`.
    pub(crate) filter: Filter,
    /// May be filtered by but is not printed.
    pub(crate) hidden: bool,
}

/// The fields of one resource.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The fields, in the vendor's order.
    pub(crate) fields: &'static [Field],
}

const fn field(name: &'static str, kind: Kind, nullable: bool) -> Field {
    Field { name, kind, required: false, read_only: false, nullable, filter: Filter::No, hidden: false }
}

/// Text with a length limit that may be null.
pub(crate) const fn text(name: &'static str, max: usize) -> Field {
    field(name, Kind::Text(max), true)
}

/// Text without a limit that may be null.
pub(crate) const fn free_text(name: &'static str) -> Field {
    field(name, Kind::Text(usize::MAX), true)
}

/// Whole number within bounds.
pub(crate) const fn int(name: &'static str, min: i64, max: i64) -> Field {
    field(name, Kind::Int(min, max), false)
}

/// Whole number of 32 bits.
pub(crate) const fn int32(name: &'static str) -> Field {
    int(name, -2_147_483_648, 2_147_483_647)
}

/// Whole number of 64 bits.
pub(crate) const fn int64(name: &'static str) -> Field {
    int(name, i64::MIN, i64::MAX)
}

/// Number without bounds.
pub(crate) const fn amount(name: &'static str) -> Field {
    bounded(name, i64::MIN, i64::MAX, 28)
}

/// Number with at most so many decimals.
pub(crate) const fn scaled(name: &'static str, decimals: u32) -> Field {
    bounded(name, i64::MIN, i64::MAX, decimals)
}

/// Number within bounds and with at most so many decimals.
pub(crate) const fn bounded(name: &'static str, min: i64, max: i64, decimals: u32) -> Field {
    field(name, Kind::Number(min, max, decimals), false)
}

/// True or false.
pub(crate) const fn flag(name: &'static str) -> Field {
    field(name, Kind::Flag, false)
}

/// Reference that may be null.
pub(crate) const fn guid(name: &'static str) -> Field {
    field(name, Kind::Guid, true)
}

/// The record's own id.
pub(crate) const ID: Field = field("Id", Kind::Guid, false).read_only().filtered();

/// Calendar date that may be null.
pub(crate) const fn date(name: &'static str) -> Field {
    field(name, Kind::Date, true)
}

/// Instant set by the server.
pub(crate) const fn stamp(name: &'static str) -> Field {
    field(name, Kind::Stamp, false).read_only()
}

/// A field of another kind.
pub(crate) const fn of(name: &'static str, kind: Kind) -> Field {
    field(name, kind, false)
}

impl Field {
    /// Must be given.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self.nullable = false;
        self
    }

    /// Given by the server.
    pub(crate) const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// May be null.
    pub(crate) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Never null.
    pub(crate) const fn always(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Lists can be filtered by it.
    pub(crate) const fn filtered(mut self) -> Self {
        self.filter = Filter::Yes;
        self
    }

    /// Whether lists can be filtered by it is unknown.
    pub(crate) const fn maybe_filtered(mut self) -> Self {
        self.filter = Filter::Unknown;
        self
    }

    /// Exists for `$filter` only.
    pub(crate) const fn filter_only(mut self) -> Self {
        self.filter = Filter::Yes;
        self.hidden = true;
        self
    }

    /// The value of a field that nobody gave.
    fn default(&self) -> Value {
        if self.nullable {
            return Value::Null;
        }
        match self.kind {
            Kind::Text(_) => Value::from(""),
            Kind::Int(..) | Kind::Number(..) | Kind::Rate | Kind::Percent => Value::from(0),
            Kind::Flag => Value::from(false),
            Kind::Texts | Kind::Guids | Kind::Ints | Kind::Rows(_) => Value::Array(Vec::new()),
            Kind::Guid | Kind::Date | Kind::Stamp | Kind::Object(_) => Value::Null,
        }
    }
}

impl Schema {
    /// The field of that name, also one that is for filters only.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Takes a body in: keeps what may be written, fills the rest with defaults, and notes all
/// broken rules.
///
/// Fields that the schema does not have are ignored; read-only ones too, unless the switch
/// `read_only_in_body` says that they are refused.
pub(crate) fn accept(schema: &Schema, body: &Value, intake: Intake) -> Result<Record, Problems> {
    let mut problems = Problems::default();
    let record = accept_object(schema, body, intake, "", &mut problems);
    if problems.is_empty() { Ok(record) } else { Err(problems) }
}

pub(super) fn accept_object(
    schema: &Schema,
    body: &Value,
    intake: Intake,
    path: &str,
    problems: &mut Problems,
) -> Record {
    let Value::Object(given) = body else {
        problems.add(path, "an object is expected");
        return Record::new();
    };
    let mut record = Record::new();
    for field in schema.fields.iter().filter(|field| !field.hidden) {
        let path = match path {
            "" => field.name.to_owned(),
            path => format!("{path}.{}", field.name),
        };
        let found = given.get(field.name);
        let value = if field.read_only && !intake.seed {
            if found.is_some() && intake.refuses_read_only {
                problems.add(&path, "is read-only");
            }
            field.default()
        } else {
            match found {
                Some(value) => intake.value(field, value, &path, problems),
                None => {
                    if field.required && intake.wants_required(field) {
                        problems.add(&path, "is required");
                    }
                    field.default()
                }
            }
        };
        record.insert(field.name.to_owned(), value);
    }
    record
}

/// A record as it is printed: all fields of the schema, absent ones as null or as the kind's default.
pub(crate) struct Shown<'a> {
    /// The resource's fields.
    pub(crate) schema: &'static Schema,
    /// What is stored.
    pub(crate) record: &'a Record,
    /// What is worked out when it is read; it goes before what is stored.
    pub(crate) computed: Option<&'a Record>,
    /// The forms of values.
    pub(crate) view: View,
    /// Only these fields, if they are named.
    pub(crate) select: Option<&'a [&'static Field]>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut printed = serializer.serialize_map(None)?;
        for field in self.schema.fields.iter().filter(|field| !field.hidden) {
            if self.select.is_some_and(|select| !select.iter().any(|wanted| wanted.name == field.name)) {
                continue;
            }
            let computed = self.computed.and_then(|computed| computed.get(field.name));
            let value = computed.or_else(|| self.record.get(field.name)).filter(|value| !value.is_null());
            match value {
                Some(value) => printed.serialize_entry(field.name, &Printed(field.kind, value, self.view))?,
                // An object, id or date that is never null and is not there has no value to print.
                None => match field.default() {
                    Value::Null if !field.nullable || self.view.leaves_out_nulls() => {}
                    default => printed.serialize_entry(field.name, &default)?,
                },
            }
        }
        printed.end()
    }
}

/// One value of a kind.
struct Printed<'a>(Kind, &'a Value, View);

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(kind, value, view) = *self;
        match (kind, value) {
            (Kind::Date, Value::String(date)) => view.date(date).serialize(serializer),
            (Kind::Rate, value) => view.rate(value).serialize(serializer),
            (Kind::Percent, value) => view.percent(value).serialize(serializer),
            (Kind::Number(..), Value::Number(plain)) if is_plain(plain.as_str()) => value.serialize(serializer),
            (Kind::Number(..), value) => {
                super::record::to_decimal(value).map_or_else(|| value.clone(), number).serialize(serializer)
            }
            (Kind::Rows(schema), Value::Array(rows)) => {
                let rows = rows.iter().filter_map(Value::as_object);
                serializer.collect_seq(rows.map(|record| Shown { schema, record, computed: None, view, select: None }))
            }
            (Kind::Object(schema), Value::Object(record)) => {
                Shown { schema, record, computed: None, view, select: None }.serialize(serializer)
            }
            (_, value) => value.serialize(serializer),
        }
    }
}

/// Whether a number has no needless digits.
fn is_plain(number: &str) -> bool {
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'.');
    digits && !(number.contains('.') && number.ends_with(['0', '.']))
}

/// Prints a record alone.
pub(crate) fn render(schema: &'static Schema, record: &Record, view: &View) -> Value {
    let shown = Shown { schema, record, computed: None, view: *view, select: None };
    // Records hold nothing that JSON could not.
    serde_json::to_value(shown).unwrap_or_default()
}
