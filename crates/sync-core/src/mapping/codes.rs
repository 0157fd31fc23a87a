//! Code tables: what one system's codes are called in the hub, and back.

use std::collections::BTreeMap;

use super::{Codes, Problems, Unmapped};
use crate::value::{FieldPath, Value};

/// Canonical fields that hold codes, by the last part of their path, with the table that translates them if the
/// policy has one. Fields of lines count too.
const IMPLIED: [(&str, &str); 12] = [
    ("account", "account"),
    ("category", "category"),
    ("delivery_method", "delivery_method"),
    ("delivery_terms", "delivery_terms"),
    ("district", "district"),
    ("list", "price_list"),
    ("location", "stock_location"),
    ("payment_method", "payment_method"),
    ("payment_terms", "payment_terms"),
    ("salesperson", "salesperson"),
    ("unit", "units"),
    ("vat_code", "vat"),
];

/// Names of the tables that translate without being named by a row.
pub(crate) fn implied_tables() -> impl Iterator<Item = &'static str> {
    IMPLIED.iter().map(|(_, table)| *table)
}

/// The table that translates a canonical field without being named by a row.
pub(crate) fn implied_table(field: FieldPath) -> Option<&'static str> {
    let last = last_part(field);
    IMPLIED.iter().find(|(name, _)| *name == last).map(|(_, table)| *table)
}

fn last_part(field: FieldPath) -> &'static str {
    field.as_str().rsplit('.').next().unwrap_or_default()
}

/// One system's column of one table, looked up both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    table: String,
    canonical: BTreeMap<String, String>, // by the system's code
    theirs: BTreeMap<String, String>,    // by the canonical code
}

impl Column {
    pub(crate) fn new(table: &str, codes: &BTreeMap<String, Codes>) -> Self {
        let mut column = Self { table: table.to_owned(), canonical: BTreeMap::new(), theirs: BTreeMap::new() };
        for (ours, theirs) in codes {
            for code in theirs.all() {
                column.canonical.insert(code.clone(), ours.clone());
            }
            if let Some(first) = theirs.all().first() {
                column.theirs.insert(ours.clone(), first.clone());
            }
        }
        column
    }

    /// The canonical code; what no row translates is noted and stays unknown.
    pub(crate) fn inbound(&self, field: FieldPath, value: &Value, problems: &mut Problems) -> Option<Value> {
        self.translate(field, value, problems, |code| self.canonical.get(code))
    }

    /// The system's code. One that is there already and means the same is kept: goods and services may be two codes
    /// there and one here, and the one must not become the other.
    pub(crate) fn outbound(
        &self,
        field: FieldPath,
        value: &Value,
        current: Option<&Value>,
        problems: &mut Problems,
    ) -> Option<Value> {
        if let (Some(wanted), Some(current)) = (code(value), current)
            && code(current).is_some_and(|stored| self.canonical.get(&stored) == Some(&wanted))
        {
            return Some(current.clone());
        }
        self.translate(field, value, problems, |code| self.theirs.get(code))
    }

    fn translate<'a>(
        &'a self,
        field: FieldPath,
        value: &Value,
        problems: &mut Problems,
        find: impl Fn(&str) -> Option<&'a String>,
    ) -> Option<Value> {
        if value.is_null() {
            // a row for "" says what having none is called
            return Some(
                find("").filter(|code| !code.is_empty()).map_or(Value::Null, |code| Value::from(code.as_str())),
            );
        }
        let code = code(value).unwrap_or_else(|| value.to_string());
        let found = find(&code).map(|code| if code.is_empty() { Value::Null } else { Value::from(code.as_str()) });
        if found.is_none() {
            problems.unmapped.insert(Unmapped { table: self.table.clone(), code, field });
        }
        found
    }
}

/// A code as text; vendors send numbers and yes/no too.
fn code(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Int(whole) => Some(whole.to_string()),
        Value::Decimal(number) => Some(number.normalize().to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The columns of one system that translate by the name of the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Implied(BTreeMap<&'static str, Column>);

impl Implied {
    /// Takes the tables that have a column for the connection.
    pub(crate) fn new<'a>(tables: impl Fn(&str) -> Option<&'a BTreeMap<String, Codes>>) -> Self {
        let columns = IMPLIED.iter().filter_map(|(name, table)| Some((*name, Column::new(table, tables(table)?))));
        Self(columns.collect())
    }
    /// The column for a canonical field.
    pub(crate) fn of(&self, field: FieldPath) -> Option<&Column> {
        self.0.get(last_part(field))
    }
    /// Canonical codes everywhere in a list of lines. One that no row translates leaves the whole list unknown, since
    /// half a line is none; all of them are noted.
    pub(crate) fn lines_in(&self, field: FieldPath, lines: &[Value], problems: &mut Problems) -> Option<Value> {
        self.lines(lines, |name, column, value, _, _| column.inbound(field.join(name), value, problems))
    }
    /// The system's codes everywhere in a list of lines. `current` are the lines as they stand there.
    pub(crate) fn lines_out(
        &self,
        field: FieldPath,
        lines: &[Value],
        current: Option<&Value>,
        problems: &mut Problems,
    ) -> Option<Value> {
        let current = match current {
            Some(Value::List(current)) => current.as_slice(),
            _ => &[],
        };
        self.lines(lines, |name, column, value, line, place| {
            let line = counterpart(line, place, current);
            column.outbound(field.join(name), value, line.and_then(|line| line.get(name)), problems)
        })
    }

    fn lines(
        &self,
        lines: &[Value],
        mut translate: impl FnMut(&str, &Column, &Value, &Line, usize) -> Option<Value>,
    ) -> Option<Value> {
        let mut whole = true;
        let mut out = Vec::with_capacity(lines.len());
        for (place, line) in lines.iter().enumerate() {
            let Value::Map(line) = line else {
                out.push(line.clone());
                continue;
            };
            let mut coded = line.clone();
            for (name, column) in &self.0 {
                let Some(value) = line.get(*name) else { continue };
                match translate(name, column, value, line, place) {
                    Some(value) => coded.insert((*name).to_owned(), value),
                    None => {
                        whole = false;
                        None
                    }
                };
            }
            out.push(Value::Map(coded));
        }
        whole.then_some(Value::List(out))
    }
}

type Line = BTreeMap<String, Value>;

/// The line with the same key; the one in the same place where the lines have none.
fn counterpart<'a>(line: &Line, place: usize, current: &'a [Value]) -> Option<&'a Line> {
    let map = |value: &'a Value| match value {
        Value::Map(line) => Some(line),
        _ => None,
    };
    match line.get("key").filter(|key| !key.is_null()) {
        Some(key) => current.iter().filter_map(map).find(|line| line.get("key") == Some(key)),
        None => current.get(place).and_then(map).filter(|line| line.get("key").is_none_or(Value::is_null)),
    }
}
